"""The moves at a desk beside the decision: who has it, surveys, 不予通过, undo, notes, drafts, several at once."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import Delegation
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    accept_review,
    add_item,
    agree_late_item,
    answer_item,
    approve_review,
    assign_review,
    claim_review,
    confirm_rejection,
    decline_rejection,
    finish_survey,
    open_items,
    order_survey,
    propose_rejection,
    release_review,
    return_review,
    undo_decision,
    write_note,
)
from supervision.models import Filing, Look, OpinionDraft, Review, Survey
from tests import make
from tests.supervision.acts import resubmit, review_of, states, submit, together
from tests.supervision.screen import form_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return make.officer("safety", chief=True)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def url_of(review, name="detail", *args):
    return reverse(f"review:{name}", args=[review.pk, *args])


def text_of(client, review, name="detail", **query):
    return client.get(url_of(review, name), query).content.decode()


# 领取, 退回待领取, 指派


def test_claiming_puts_a_review_on_my_pile_before_受理(desk, review, officer, filing):
    assert url_of(review, "claim") in text_of(desk, review)
    assert desk.post(url_of(review, "claim"))["Location"] == url_of(review, "detail")
    assert (fresh(review).assignee, states(filing)[0]) == (officer, "submitted")
    assert [row.review for row in desk.get("/review/", {"scope": "mine"}).context["rows"]] == [review]
    for act in (claim_review, accept_review):
        with pytest.raises(Refused, match=r"李\*\*"):
            act(review, by=make.officer("safety"))
    assert accept_review(review, by=officer).status == "accepted"


def test_a_stranger_claims_nothing(client, review, author):
    for stranger in (make.officer("quality"), make.officer("safety", area="WC"), author):
        client.force_login(stranger)
        assert client.post(url_of(review, "claim")).status_code == 404


def test_what_is_put_back_waits_for_everybody_with_its_notes_and_its_deadline(desk, taken, officer, filing):
    item = add_item(taken, section="basics", place="address", text="请核实。", by=officer)
    due = taken.due_on
    desk.post(url_of(taken, "release"), {"reason": "专业不符。"})
    review = fresh(taken)
    assert (review.status, review.assignee, review.due_on, review.accepted_at) == ("waiting", None, due, None)
    assert states(filing)[0] == "submitted"
    colleague = make.officer("safety")
    accept_review(review, by=colleague)
    assert fresh(item).text == "请核实。"
    with pytest.raises(PermissionDenied):
        release_review(fresh(taken), by=officer)


def test_put_back_in_a_later_round_it_waits_as_待复核(taken, officer, filing, author):
    make.returned(review_of(filing, "quality"))
    add_item(taken, section="basics", place="address", text="请核实。", by=officer)
    return_review(taken, version=taken.version, by=officer)
    resubmit(filing, author)
    accept_review(taken, by=officer)
    assert release_review(fresh(taken), by=officer).status == "recheck"


def test_the_chief_hands_out_what_nobody_has_yet(client, review, chief):
    officer = make.officer("safety")
    client.force_login(chief)
    assert "目前无人领取" in text_of(client, review, "assign")
    client.post(url_of(review, "assign"), {"officer": officer.pk, "reason": "由你办理。"})
    assert (fresh(review).assignee, fresh(review).status) == (officer, "waiting")
    assert Message.objects.get(event="review.assigned").user == officer


def test_an_officer_who_left_does_not_block_what_he_had(review, officer):
    claim_review(review, by=officer)
    officer.station_posts.update(ended_at=timezone.now())
    colleague = make.officer("safety")
    assert accept_review(review, by=colleague).assignee == colleague


# Several at once


def several(client, do, reviews, **more):
    return client.post("/review/several/", {"do": do, "row": [review.pk for review in reviews], **more})


def test_several_are_claimed_and_each_row_says_what_became_of_it(desk, officer):
    mine, theirs = (review_of(make.submitted_filing(), "safety") for _ in range(2))
    assert 'name="row"' in desk.get("/review/").content.decode()
    claim_review(theirs, by=make.officer("safety"))
    page = several(desk, "claim", [mine, theirs]).content.decode()
    assert "共 2 件，已领取 1 件。" in page and "已由 李** 领取" in page
    assert (fresh(mine).assignee, fresh(theirs).assignee == officer) == (officer, False)


def test_the_chief_hands_out_several_officers_do_not(client, chief, officer):
    reviews = [review_of(make.submitted_filing(), "safety") for _ in range(2)]
    client.force_login(officer)
    assert several(client, "assign", reviews, officer=chief.pk).status_code == 422
    client.force_login(chief)
    assert several(client, "assign", reviews).status_code == 422
    page = several(client, "assign", reviews, officer=officer.pk).content.decode()
    assert "已指派给 李审核 2 件" in page
    assert [fresh(review).assignee for review in reviews] == [officer, officer]


def test_nothing_ticked_too_much_ticked_or_a_strangers_row_is_explained(desk, monkeypatch, review):
    assert "请先勾选" in several(desk, "claim", []).content.decode()
    elsewhere = review_of(make.submitted_filing(jurisdiction_area_id="WC"), "safety")
    assert several(desk, "claim", [elsewhere]).status_code == 422
    assert fresh(elsewhere).assignee is None
    monkeypatch.setattr("supervision.forms.desk.MOST_AT_ONCE", 0)
    assert "一次最多办理 0 件" in several(desk, "claim", [review]).content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_two_officers_claiming_at_once_one_has_it(attempt):
    review = review_of(make.submitted_filing(), "safety")
    officers = [make.officer("safety") for _ in range(2)]
    outcomes = together(*[lambda by=by: claim_review(review, by=by) for by in officers])
    assert sorted(outcomes) == ["Refused", "done"]


# 现场踏勘


def test_a_survey_stops_the_clock_tells_the_applicant_and_goes_on_with_the_days_left(desk, taken, filing, author):
    Review.objects.filter(pk=taken.pk).update(clock_started_at=timezone.now() - timedelta(days=4))
    day = timezone.localdate() + timedelta(days=1)
    page = text_of(desk, taken, "survey")
    assert filing.address in page
    given = {"day": day, "place": "二七街道工地", "note": "请备好图纸", "version": 1}
    desk.post(url_of(taken, "survey"), given)
    review = fresh(taken)
    assert (review.status, review.clock_started_at, states(filing)[0]) == ("survey_ordered", None, "under_review")
    told = Message.objects.get(event="review.survey_ordered")
    assert told.user == author and f"{day:%Y-%m-%d}" in told.body and "请备好图纸" in told.body
    assert "暂停计时" in text_of(desk, taken)

    desk.post(url_of(taken, "survey"), given | {"place": "改到南门"})
    assert Survey.objects.get().place == "改到南门"
    desk.post(url_of(taken, "survey-result"), {"result": "现场与图纸一致。"})
    review = fresh(taken)
    assert review.status == "accepted" and review.clock_started_at is not None
    assert review.days_used >= 1 and review.due_on > day
    assert "现场与图纸一致。" in text_of(desk, taken)


def test_a_survey_yesterday_or_without_a_place_or_by_a_colleague_is_refused(taken, officer):
    yesterday = timezone.localdate() - timedelta(days=1)
    today = timezone.localdate()
    with pytest.raises(Refused, match="不能早于今天"):
        order_survey(taken, day=yesterday, place="工地", version=1, by=officer)
    with pytest.raises(Refused, match="踏勘地点"):
        order_survey(taken, day=today, place=" ", version=1, by=officer)
    with pytest.raises(PermissionDenied):
        order_survey(taken, day=today, place="工地", version=1, by=make.officer("safety"))
    with pytest.raises(Http404):
        order_survey(taken, day=today, place="工地", version=1, by=make.officer("quality"))
    order_survey(taken, day=today, place="工地", version=1, by=officer)
    with pytest.raises(Refused, match="踏勘结果"):
        finish_survey(taken, result="", by=officer)
    with pytest.raises(Refused):
        approve_review(taken, version=1, by=officer)


# 不予通过


def test_an_officer_proposes_不予通过_and_the_chief_confirms(client, taken, officer, chief, filing, author):
    client.force_login(officer)
    page = text_of(client, taken, "decide", move="reject")
    assert "将站内通知：刘站长确认" in page
    decide = {"move": "reject", "version": 1}
    assert "请写明不予通过的理由" in client.post(url_of(taken, "decide"), decide).content.decode()
    client.post(url_of(taken, "decide"), decide | {"opinion": "无用地手续。"})
    assert (fresh(taken).status, states(filing)[0]) == ("rejecting", "under_review")
    assert Message.objects.get(event="review.rejection_proposed").user == chief
    client.force_login(author)
    assert "无用地手续" not in client.get(filing.get_absolute_url()).content.decode()

    client.force_login(chief)
    assert url_of(taken, "rejection") in text_of(client, taken)
    assert "无用地手续。" in text_of(client, taken, "rejection")
    client.post(url_of(taken, "rejection"), {"move": "confirm", "opinion": "", "version": 1})
    assert states(filing) == ("rejected", "rejected", "cancelled")
    assert fresh(taken).decided_by == chief
    client.force_login(author)
    page = client.get(filing.get_absolute_url()).content.decode()
    assert "无用地手续。" in page and reverse("filing:copy", args=[filing.pk]) in page
    assert Message.objects.get(event="review.rejected").user == author
    copied = client.post(reverse("filing:copy", args=[filing.pk]))
    copy = Filing.objects.get(copied_from=filing)
    assert copied["Location"] == reverse("filing:hub", args=[copy.pk])


def test_the_chief_declines_and_the_officer_goes_on(taken, officer, chief):
    propose_rejection(taken, opinion="无用地手续。", version=1, by=officer)
    with pytest.raises(PermissionDenied):
        confirm_rejection(taken, version=1, by=officer)
    with pytest.raises(Refused, match="请填写原因"):
        decline_rejection(taken, reason="", by=chief)
    decline_rejection(taken, reason="已补交。", by=chief)
    assert (fresh(taken).status, fresh(taken).opinion) == ("accepted", "")
    assert Message.objects.get(event="review.rejection_declined").user == officer


def test_nobody_proposes_and_confirms(client, review, chief):
    accept_review(review, by=chief)
    with pytest.raises(Refused, match="须由另一位站长确认"):
        propose_rejection(review, opinion="无用地手续。", version=1, by=chief)
    second = make.officer("safety", chief=True)
    propose_rejection(review, opinion="无用地手续。", version=1, by=chief)
    with pytest.raises(Refused, match="同一人"):
        confirm_rejection(review, version=1, by=chief)
    client.force_login(chief)
    assert "同意不予通过" not in text_of(client, review, "rejection")
    assert decline_rejection(review, reason="收回。", by=chief).status == "accepted"
    propose_rejection(review, opinion="无用地手续。", version=1, by=chief)
    assert confirm_rejection(review, version=1, by=second).status == "rejected"


def test_handing_in_again_takes_an_open_proposal_back(taken, officer, chief, filing, author):
    propose_rejection(taken, opinion="无用地手续。", version=1, by=officer)
    make.returned(review_of(filing, "quality"))
    resubmit(filing, author)
    assert (fresh(taken).status, fresh(taken).version.number) == ("accepted", 2)
    with pytest.raises(Refused):
        confirm_rejection(taken, version=2, by=chief)


# 首轮遗漏


def test_a_late_finding_needs_the_chiefs_tick(client, filing, author, chief):
    make.returned(review_of(filing, "safety"))
    resubmit(filing, author)
    review = review_of(filing, "safety")
    officer = review.assignee
    accept_review(review, by=officer)
    item = add_item(review, section="basics", place="address", text="地址不完整。", by=officer)
    with pytest.raises(Refused, match="首轮遗漏"):
        return_review(review, version=2, by=officer)
    client.force_login(officer)
    assert "须站长同意才能发出" in text_of(client, review)
    assert client.post(url_of(review, "item-agree", item.pk)).status_code == 403
    assert "属于“首轮遗漏”" in text_of(client, review, "decide", move="return")
    client.force_login(chief)
    client.post(url_of(review, "item-agree", item.pk))
    assert fresh(item).late_agreed_by == chief
    assert return_review(review, version=2, by=officer).status == "returned"


def test_a_stranger_ticks_nothing(taken, officer):
    item = add_item(taken, section="basics", place="address", text="地址不完整。", by=officer)
    with pytest.raises(Http404):
        agree_late_item(item, by=make.officer("quality", chief=True))


def test_the_fourth_round_reminds_the_chief(filing, author, chief):
    for _round in range(2):
        make.returned(review_of(filing, "safety"))
        resubmit(filing, author)
    assert not Message.objects.filter(event="review.many_rounds").exists()
    make.returned(review_of(filing, "safety"))
    resubmit(filing, author)
    assert Message.objects.get(event="review.many_rounds").user == chief
    assert review_of(filing, "safety").round == 4


# 撤销决定


def test_the_chief_undoes_an_approval_with_a_reason(client, filing, chief, author):
    review = make.approved(review_of(filing, "safety"))
    number, officer = review.supervision_no, review.assignee
    client.force_login(chief)
    assert url_of(review, "undo") in text_of(client, review)
    client.post(url_of(review, "undo"), {"reason": "看错了图纸。"})
    review = fresh(review)
    assert (review.status, review.assignee, review.decided_at) == ("accepted", officer, None)
    assert review.clock_started_at is not None and review.supervision_no == number
    told = Message.objects.get(event="review.undone")
    assert told.user == author and "看错了图纸。" in told.body
    assert approve_review(review, version=1, by=officer).supervision_no == number


def test_an_undone_return_gives_the_notes_back_to_the_officer(filing, chief):
    review = make.returned(review_of(filing, "safety"))
    item = review.items.get()
    undo_decision(review, reason="退错了项目。", by=chief)
    assert states(filing) == ("under_review", "accepted", "waiting")
    assert fresh(item).sent_at is None and not open_items(filing).exists()
    return_review(review, version=1, by=review.assignee)
    assert states(filing)[0] == "returned" and open_items(filing).count() == 1


def test_what_is_filed_answered_old_or_refused_is_not_undone(filing, chief, author):
    review = make.returned(review_of(filing, "safety"))
    answer_item(open_items(filing).get(), kind="corrected", by=author)
    with pytest.raises(Refused, match="已开始答复"):
        undo_decision(review, reason="x", by=chief)
    other = submit(make.ready_filing(by=author), author)
    early = make.approved(review_of(other, "safety"))
    Review.objects.filter(pk=early.pk).update(decided_at=timezone.now() - timedelta(days=12))
    with pytest.raises(Refused, match="已超过 5 个工作日"):
        undo_decision(early, reason="x", by=chief)
    make.approved(review_of(other, "quality"))
    with pytest.raises(Refused, match="已报监完毕"):
        undo_decision(early, reason="x", by=chief)


def test_only_the_chief_undoes_and_says_why(filing, chief):
    review = make.approved(review_of(filing, "safety"))
    with pytest.raises(PermissionDenied):
        undo_decision(review, reason="x", by=review.assignee)
    with pytest.raises(Http404):
        undo_decision(review, reason="x", by=make.officer("quality", chief=True))
    with pytest.raises(Refused, match="撤销原因"):
        undo_decision(review, reason=" ", by=chief)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_undoing_while_the_other_station_completes_it_ends_one_way(attempt):
    filing = make.submitted_filing()
    chief = make.officer("safety", chief=True)
    safety, quality = make.approved(review_of(filing, "safety")), review_of(filing, "quality")
    officer = make.officer("quality")
    accept_review(quality, by=officer)
    outcomes = together(
        lambda: undo_decision(safety, reason="x", by=chief),
        lambda: approve_review(quality, version=1, by=officer),
    )
    ends = {("under_review", "accepted", "approved"): ["done", "done"], ("filed", "approved", "approved"): 0}
    assert states(filing) in ends
    assert sorted(outcomes) == (ends[states(filing)] or ["Refused", "done"])


# What I have seen, what I have typed, what we tell each other


def look_at(client, review):
    """标记为已阅, as the page's form says it."""
    client.post(url_of(review, "look"), form_on(client.get(url_of(review))))


def test_reading_the_desk_writes_nothing(client, filing):
    review = review_of(filing, "safety")
    client.force_login(make.officer("safety"))
    assert "标记为已阅" in text_of(client, review)
    assert not Look.objects.exists()


def test_what_counts_as_seen_is_the_version_that_the_page_showed(desk, officer, filing, author):
    review = review_of(filing, "safety")
    shown = form_on(desk.get(url_of(review)))
    make.returned(review_of(filing, "quality"))
    resubmit(filing, author)
    desk.post(url_of(review, "look"), shown)
    assert list(Look.objects.filter(officer=officer).values_list("version__number", flat=True)) == [1]
    assert "标记为已阅" in text_of(desk, review)
    look_at(desk, review)
    assert ">已阅<" in text_of(desk, review)
    assert desk.post(url_of(review, "look"), {"version": "9"}).status_code == 404
    desk.force_login(make.officer("quality"))
    assert desk.post(url_of(review, "look"), {"version": "1"}).status_code == 404


def test_noting_and_deciding_say_what_was_seen_too(filing, officer):
    review = review_of(filing, "safety")
    accept_review(review, by=officer)
    assert not Look.objects.exists()
    add_item(review, section="basics", text="请核实。", by=officer)
    assert list(Look.objects.values_list("officer", "version__number")) == [(officer.pk, 1)]


def test_marks_are_about_what_changed_since_my_own_last_look(client, filing, author):
    first, second = make.officer("safety"), make.officer("safety")
    review = review_of(filing, "safety")
    client.force_login(first)
    look_at(client, review)
    for value in ("第二版说明", "第三版说明"):
        make.returned(review_of(filing, "quality"))
        Filing.objects.filter(pk=filing.pk).update(remarks=value)
        resubmit(filing, author)
        if value == "第二版说明":
            client.force_login(second)
            look_at(client, review)
    page = text_of(client, review)
    assert "与您上次查看的第 2 版相比" in page and "第二版说明" in page
    client.force_login(first)
    for _reload in range(2):  # the marks stay until the next version
        page = text_of(client, review)
        assert "与您上次查看的第 1 版相比" in page and "第二版说明" not in page


def test_the_opinion_is_kept_while_it_is_typed_and_is_mine_alone(desk, client, taken, officer):
    draft = url_of(taken, "draft")
    assert f'data-keep="{draft}"' in text_of(desk, taken, "decide")
    assert desk.post(draft, {"move": "return", "opinion": "面积与图纸不"}).status_code == 200
    assert desk.post(draft, {"move": "return", "opinion": "面积与图纸不符"})["Content-Type"] == "application/json"
    page = text_of(desk, taken, "decide")
    assert "面积与图纸不符" in page and "已恢复" in page
    assert desk.post(draft, {"move": "return", "opinion": "面积", "save": "1"}).status_code == 302
    assert OpinionDraft.objects.get().text == "面积"
    client.force_login(make.officer("safety"))
    assert client.post(draft, {"opinion": "别人写的"}).status_code == 403
    client.force_login(make.officer("quality"))
    assert client.post(draft, {"opinion": "别人写的"}).status_code == 404
    approve_review(taken, version=1, by=officer)
    assert not OpinionDraft.objects.exists()


def test_notes_stay_within_the_desk(client, taken, officer, filing, author):
    client.force_login(officer)
    client.post(url_of(taken, "note"), {"text": "电话联系过项目经理。"})
    assert "电话联系过项目经理。" in text_of(client, taken)
    for person, page in (
        (make.officer("quality"), url_of(review_of(filing, "quality"), "detail")),
        (author, filing.get_absolute_url()),
    ):
        client.force_login(person)
        assert "电话联系过" not in client.get(page).content.decode()
    with pytest.raises(Http404):
        write_note(taken, text="x", by=author)


def test_已办_lists_what_I_decided(desk, taken, officer, filing):
    approve_review(taken, version=1, by=officer)
    page = desk.get("/review/", {"state": "closed", "scope": "done"})
    assert [row.review for row in page.context["rows"]] == [taken]
    make.approved(review_of(make.submitted_filing(), "safety"), by=make.officer("safety"))
    assert len(desk.get("/review/", {"state": "closed", "scope": "done"}).context["rows"]) == 1


# 请假代办, 回避申报


def test_leave_is_set_and_ended_on_its_page(client, officer, chief):
    colleague, today = make.officer("safety"), timezone.localdate()
    client.force_login(officer)
    given = {"officer": officer.pk, "to": colleague.pk, "first_day": today, "last_day": today + timedelta(days=3)}
    url = reverse("review:absence")
    assert client.post(url, given | {"last_day": today - timedelta(days=1)}).status_code == 200
    client.post(url, given)
    made = Delegation.objects.get()
    assert "李审核 由 李审核 代办" in client.get(url).content.decode()
    assert client.post(url, given).status_code == 409
    client.force_login(colleague)
    assert client.post(reverse("review:absence-end", args=[made.pk])).status_code == 404
    client.force_login(chief)
    client.post(reverse("review:absence-end", args=[made.pk]))
    assert fresh(made).ended_at is not None


def test_ties_are_declared_and_ended_by_oneself(client, officer, author):
    client.force_login(officer)
    url, employer = reverse("review:ties"), make.employer_of(author)
    assert client.post(url, {"uscc": "1234", "reason": "兄弟"}).status_code == 200
    client.post(url, {"uscc": employer.uscc.lower(), "reason": "兄弟任项目经理"})
    assert employer.name in client.get(url).content.decode()
    tie = officer.declared_ties.get()
    client.force_login(make.officer("safety"))
    assert client.post(reverse("review:tie-end", args=[tie.pk])).status_code == 404
    client.force_login(officer)
    client.post(reverse("review:tie-end", args=[tie.pk]))
    assert fresh(tie).ended_at is not None


@pytest.mark.parametrize(
    "name",
    ["release", "recuse", "transfer", "survey", "survey-result", "rejection", "approval", "undo", "coordinate", "note"],
)
def test_strangers_find_no_page_of_any_move(client, taken, author, name):
    for stranger in (author, make.officer("quality"), make.officer("safety", area="WC"), make.operator()):
        client.force_login(stranger)
        for ask in (client.get, client.post):
            assert ask(url_of(taken, name)).status_code == 404


@pytest.mark.parametrize("name", ["survey-result", "rejection", "approval", "undo", "withdrawal"])
def test_a_move_that_is_not_offered_leads_back_to_the_desk(desk, taken, name):
    assert desk.get(url_of(taken, name))["Location"] == url_of(taken, "detail")


def test_a_review_handed_on_is_assigned_again_with_everything_on_it(taken, officer, chief):
    order_survey(taken, day=timezone.localdate(), place="工地", version=1, by=officer)
    colleague = make.officer("safety")
    assign_review(taken, officer=colleague, by=chief)
    assert finish_survey(taken, result="一致。", by=colleague).ended_by == colleague
