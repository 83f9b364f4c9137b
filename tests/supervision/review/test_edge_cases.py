"""The rows of the catalogue of edge cases (domain §5.7) that are about the stations' desk, in its words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import Delegation, Station, StationRole
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    accept_review,
    answer_withdrawal,
    approve_review,
    assign_review,
    claim_review,
    confirm_rejection,
    copy_filing,
    declare_tie,
    delegate,
    let_go_of_unanswered,
    propose_rejection,
    recuse,
    remove_attachment,
    request_coordination,
    request_withdrawal,
    transfer_review,
    withdraw_filing,
)
from supervision.clock import days_since, remaining
from supervision.models import Filing, Review, ReviewDecision, WithdrawalRequest
from tests import make
from tests.supervision.acts import resubmit, review_of, states, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return make.officer("safety", chief=True)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def rejected(review, why="用地手续不全，不具备报监条件。"):
    """The review after an officer proposed 不予通过 and the chief confirmed it."""
    by = make.officer(review.role, at=review.station)
    chief = make.officer(review.role, at=review.station, chief=True)
    accept_review(review, by=by)
    propose_rejection(fresh(review), opinion=why, version=review.version, by=by)
    confirm_rejection(fresh(review), version=review.version, by=chief)
    return fresh(review)


# 8: 安监 approves, 质监 returns → returned; safety approval kept if diff immaterial


@pytest.mark.parametrize(
    ("field", "value", "safety"), [("remarks", "补充说明", "approved"), ("works_name", "另一工程", "recheck")]
)
def test_安监_approves_质监_returns_and_the_approval_is_kept_if_the_diff_is_immaterial(
    filing, author, field, value, safety
):
    """#8"""
    make.approved(review_of(filing, "safety"))
    make.returned(review_of(filing, "quality"))
    assert states(filing) == ("returned", "approved", "returned")
    Filing.objects.filter(pk=filing.pk).update(**{field: value})
    resubmit(filing, author)
    assert states(filing)[1:] == (safety, "recheck")


# 9: Both return with contradicting demands → both shown side by side, 请求站间协调 creates a note to both chiefs


def test_both_return_with_contradicting_demands_and_both_chiefs_are_asked(client, filing, author, chief):
    """#9"""
    other_chief = make.officer("quality", chief=True)
    make.returned(review_of(filing, "safety"), text="施工面积应为 128600 平方米。")
    client.force_login(author)
    correct, ask = reverse("filing:correct", args=[filing.pk]), reverse("filing:coordinate", args=[filing.pk])
    assert ask not in client.get(correct).content.decode()
    assert client.post(ask, {"text": "不一致"}).status_code == 409
    make.returned(review_of(filing, "quality"), text="施工面积应为 128000 平方米。")

    page = client.get(correct).content.decode()
    assert "应为 128600 平方米" in page and "应为 128000 平方米" in page and ask in page
    client.post(ask, {"text": "两站要求的面积不同。"})

    asked = Message.objects.filter(event="filing.coordination_requested")
    assert {message.user for message in asked} == {chief, other_chief}
    for role, person in (("safety", chief), ("quality", other_chief)):
        client.force_login(person)
        desk = client.get(reverse("review:detail", args=[review_of(filing, role).pk])).content.decode()
        assert "应为 128600 平方米" in desk and "应为 128000 平方米" in desk and "两站要求的面积不同。" in desk


def test_officers_ask_for_coordination_too_and_strangers_find_nothing(client, filing, taken, officer):
    """#9"""
    request_coordination(filing, text="消防水池位置两站意见不一。", by=officer)
    with pytest.raises(Http404):
        request_coordination(filing, text="x", by=make.officer("safety", area="WC"))
    client.force_login(filing.created_by)
    assert "消防水池位置" not in client.get(filing.get_absolute_url()).content.decode()


# 10: 安监 approves, 质监 rejects → rejected; copy to new draft keeps safety approval as kept for 90 days


def test_安监_approves_质监_rejects_and_the_copy_keeps_the_approval(filing, author):
    """#10"""
    safety = make.approved(review_of(filing, "safety"))
    rejected(review_of(filing, "quality"))
    assert states(filing) == ("rejected", "kept", "rejected")
    number = safety.supervision_no

    copy = copy_filing(filing, by=author)
    assert (copy.status, copy.works_name, copy.parties.count(), copy.unit_works.count()) == (
        "draft",
        filing.works_name,
        3,
        1,
    )
    assert copy.parties.first().head_id_number == filing.parties.first().head_id_number
    submit(fresh(copy), author)

    assert states(copy) == ("under_review", "kept", "waiting")
    assert review_of(copy, "safety").supervision_no == number
    make.approved(review_of(copy, "quality"))
    assert states(copy) == ("filed", "kept", "approved")


@pytest.mark.parametrize(("days", "safety"), [(90, "kept"), (91, "waiting")])
def test_the_approval_is_kept_for_90_days(filing, author, days, safety):
    """#10"""
    make.approved(review_of(filing, "safety"))
    refused = rejected(review_of(filing, "quality"))
    copy = copy_filing(filing, by=author)
    at = timezone.now() - timedelta(days=days) + timedelta(minutes=5)
    Review.objects.filter(pk=refused.pk).update(decided_at=at)
    submit(fresh(copy), author)
    assert states(copy)[1:] == (safety, "waiting")


def test_what_was_changed_in_the_copy_is_looked_at_again(filing, author):
    """#10"""
    make.approved(review_of(filing, "safety"))
    rejected(review_of(filing, "quality"))
    copy = copy_filing(filing, by=author)
    Filing.objects.filter(pk=copy.pk).update(address="江岸区建设大道8号")
    submit(fresh(copy), author)
    assert states(copy)[1:] == ("waiting", "waiting")


def test_a_copy_shares_the_documents_and_taking_one_away_leaves_the_original_whole(client, author):
    """#10"""
    filing = submit(make.ready_filing("early_intervention", by=author), author)
    rejected(review_of(filing, "quality"))
    copy = copy_filing(filing, by=author)
    shared = copy.attachments.first()
    assert filing.attachments.filter(document=shared.document).exists()
    client.force_login(author)
    url = reverse("filing:attachments", args=[copy.pk])
    remove_attachment(fresh(copy), document=shared.document_id, by=author)
    shared.document.refresh_from_db()
    assert shared.document.state == "ready" and client.get(url).status_code == 200


def test_a_refused_filing_is_copied_once_at_a_time_and_only_by_its_people(filing, author):
    """#10"""
    with pytest.raises(Refused, match="只有不予通过或已撤回"):
        copy_filing(filing, by=author)
    rejected(review_of(filing, "quality"))
    with pytest.raises(Http404):
        copy_filing(filing, by=make.site_officer())
    copy_filing(filing, by=author)
    with pytest.raises(Refused, match="已复制过"):
        copy_filing(filing, by=author)


def test_after_a_refusal_the_project_is_free_for_another_filing(author):
    """#10"""
    number = {"project_no": "4201022603150077"}
    first = submit(make.ready_filing(by=author, **number), author)
    rejected(review_of(first, "quality"))
    again = submit(make.ready_filing("early_intervention", by=author, **number), author)
    assert Filing.objects.live().get() == again


# 14: Withdraw after one approval → request flow


def test_withdrawing_after_one_approval_is_a_request_that_this_station_confirms(client, filing, author):
    """#14"""
    review = make.approved(review_of(filing, "safety"))
    url = reverse("filing:withdraw", args=[filing.pk])
    client.force_login(author)
    assert "申请撤回报监？" in client.get(url).content.decode()
    assert client.post(url, {"reason": "项目方案调整。"})["Location"] == filing.get_absolute_url()
    page = client.get(filing.get_absolute_url()).content.decode()
    assert "已申请撤回" in page and url not in page
    assert states(filing) == ("under_review", "approved", "waiting")
    assert Message.objects.get(event="filing.withdrawal_requested").user == review.assignee

    client.force_login(review.assignee)
    desk = reverse("review:detail", args=[review.pk])
    assert "项目方案调整。" in client.get(desk).content.decode()
    client.post(reverse("review:withdrawal", args=[review.pk]), {"agree": "yes", "answer": "情况属实。"})
    assert states(filing) == ("withdrawn", "approved", "cancelled")
    assert Message.objects.get(event="filing.withdrawal_agreed").user == author


def test_the_station_may_decline_and_then_the_review_goes_on(filing, author):
    """#14"""
    review = make.approved(review_of(filing, "safety"))
    request = request_withdrawal(filing, reason="想换模块。", by=author)
    with pytest.raises(Refused, match="不同意的原因"):
        answer_withdrawal(request, agree=False, by=review.assignee)
    answer_withdrawal(request, agree=False, answer="请先完成质监审核。", by=review.assignee)
    assert fresh(request).outcome == "declined"
    assert states(filing) == ("under_review", "approved", "waiting")
    with pytest.raises(Refused, match="不需要再答复"):
        answer_withdrawal(request, agree=True, by=review.assignee)
    assert request_withdrawal(filing, reason="再次申请。", by=author).outcome == "open"


def test_only_the_station_that_passed_it_answers(filing, author):
    """#14"""
    make.approved(review_of(filing, "safety"))
    request = request_withdrawal(filing, reason="方案调整。", by=author)
    for stranger in (make.officer("quality"), make.officer("safety", area="WC"), author):
        with pytest.raises(Http404):
            answer_withdrawal(request, agree=True, by=stranger)
    with pytest.raises(PermissionDenied):
        answer_withdrawal(request, agree=True, by=make.officer("safety"))


def test_silence_counts_as_yes_after_two_working_days(filing, author):
    """#14"""
    make.approved(review_of(filing, "safety"))
    request = request_withdrawal(filing, reason="方案调整。", by=author)
    assert let_go_of_unanswered() == 0
    WithdrawalRequest.objects.update(answer_by=timezone.localdate())
    assert let_go_of_unanswered() == 0
    WithdrawalRequest.objects.update(answer_by=timezone.localdate() - timedelta(days=1))
    assert let_go_of_unanswered() == 1
    assert fresh(request).outcome == "silent"
    assert states(filing) == ("withdrawn", "approved", "cancelled")
    assert let_go_of_unanswered() == 0


def test_a_filing_that_was_completed_meanwhile_stays_completed(filing, author):
    """#14"""
    make.approved(review_of(filing, "safety"))
    request = request_withdrawal(filing, reason="方案调整。", by=author)
    with pytest.raises(Refused, match="已提交"):
        request_withdrawal(filing, reason="再来一次。", by=author)
    make.approved(review_of(filing, "quality"))
    WithdrawalRequest.objects.update(answer_by=timezone.localdate() - timedelta(days=3))
    assert (fresh(request).outcome, let_go_of_unanswered()) == ("void", 0)
    assert states(filing)[0] == "filed"
    with pytest.raises(Refused):
        withdraw_filing(filing, by=author)
    with pytest.raises(Refused):
        request_withdrawal(filing, reason="x", by=author)


def test_without_an_approval_there_is_nothing_to_ask_for(filing, author):
    """#14"""
    with pytest.raises(Refused):
        request_withdrawal(filing, reason="x", by=author)
    with pytest.raises(Http404):
        request_withdrawal(filing, reason="x", by=make.site_officer())


# 15: Station picks the wrong jurisdiction → transfer with reason; clock continues


def test_the_wrong_jurisdiction_is_transferred_with_a_reason_and_the_clock_goes_on(client, taken, filing, chief):
    """#15"""
    other = make.station_of("safety", "WC")
    their_officer = make.officer("safety", at=other)
    before = fresh(taken)
    for reason in ("", "  "):
        with pytest.raises(Refused, match="移送原因"):
            transfer_review(taken, station=other, reason=reason, by=chief)
    client.force_login(chief)
    answer = client.post(reverse("review:transfer", args=[taken.pk]), {"station": other.pk, "reason": "属武昌区。"})
    assert answer["Location"].startswith("/review/?")

    review = fresh(taken)
    assert (review.station, review.status, review.assignee) == (other, "waiting", None)
    assert (review.due_on, review.clock_started_at) == (before.due_on, before.clock_started_at)
    assert client.get(reverse("review:detail", args=[taken.pk])).status_code == 404
    assert Message.objects.get(event="review.transferred").user == their_officer
    client.force_login(filing.created_by)
    assert "属武昌区。" in client.get(filing.get_absolute_url()).content.decode()
    client.force_login(their_officer)
    accept_review(review, by=their_officer)
    assert "属武昌区。" in client.get(reverse("review:detail", args=[taken.pk])).content.decode()


def test_handing_in_again_does_not_undo_a_transfer(filing, author, chief, taken):
    """#15"""
    other = make.station_of("safety", "WC")
    transfer_review(taken, station=other, reason="属武昌区。", by=chief)
    make.returned(fresh(taken), by=make.officer("safety", at=other))
    resubmit(filing, author)
    assert fresh(taken).station == other


def test_only_the_chief_transfers_and_only_to_a_station_of_the_role(taken, officer, chief):
    """#15"""
    with pytest.raises(PermissionDenied):
        transfer_review(taken, station=make.station_of("safety", "WC"), reason="x", by=officer)
    idle = Station.objects.create(name="没有职责的站")
    for station in (idle, taken.station):
        with pytest.raises(Refused, match="请选择承担"):
            transfer_review(taken, station=station, reason="x", by=chief)
    with pytest.raises(Http404):
        transfer_review(taken, station=make.station_of("safety", "WC"), reason="x", by=make.officer("quality"))


# 16: District reform / zone boundary change → effective-dated jurisdiction table; open filings keep station


def test_after_a_district_reform_open_filings_keep_their_station_and_new_ones_go_to_the_new(filing, author):
    """#16"""
    before = [review_of(filing, role).station for role in ("safety", "quality")]
    reformed = make.station("JA")
    make.returned(review_of(filing, "safety"))
    resubmit(filing, author)
    assert [review_of(filing, role).station for role in ("safety", "quality")] == before
    newer = submit(make.ready_filing(by=author), author)
    assert [review_of(newer, role).station for role in ("safety", "quality")] == [reformed, reformed]


def test_an_area_that_nobody_holds_any_more_does_not_keep_a_correction_from_being_handed_in(filing, author):
    """#16"""
    make.returned(review_of(filing, "safety"))
    StationRole.objects.filter(area="JA").update(valid_to=timezone.localdate() - timedelta(days=1))
    resubmit(filing, author)
    assert states(filing) == ("submitted", "recheck", "waiting")


def test_a_corrected_area_moves_the_review_to_the_station_of_that_area(filing, author):
    """#16"""
    make.returned(review_of(filing, "safety"))
    Filing.objects.filter(pk=filing.pk).update(jurisdiction_area_id="WC")
    resubmit(filing, author)
    assert review_of(filing, "safety").station == make.station_of("safety", "WC")


# 17: Station holds both roles → two reviews; separate_reviewers default on


@pytest.fixture
def both_roles(filing):
    """An officer with both posts at the station that holds both roles."""
    officer = make.officer("safety")
    officer.station_posts.create(station=review_of(filing, "quality").station, role="quality")
    return officer


def test_a_station_that_holds_both_roles_has_two_reviews_by_two_officers(filing, both_roles):
    """#17"""
    assert review_of(filing, "safety").station == review_of(filing, "quality").station
    accept_review(review_of(filing, "safety"), by=both_roles)
    for act in (accept_review, claim_review):
        with pytest.raises(Refused, match="须由不同人员审核"):
            act(review_of(filing, "quality"), by=both_roles)
    chief = make.officer("quality", chief=True)
    with pytest.raises(Refused, match="须由不同人员审核"):
        assign_review(review_of(filing, "quality"), officer=both_roles, by=chief)
    assert make.approved(review_of(filing, "quality"), by=make.officer("quality")).status == "approved"


def test_where_the_setting_is_off_one_officer_for_both_is_allowed_and_logged(filing, both_roles):
    """#17"""
    Station.objects.update(separate_reviewers=False)
    for role in ("safety", "quality"):
        make.approved(review_of(filing, role), by=both_roles)
    logged = AuditEntry.objects.filter(event="review.approved").order_by("id")
    assert [entry.details["reviews_both"] for entry in logged] == [False, True]
    assert states(filing)[0] == "filed"


# 18: Officer on leave → delegate; reassign by chief; nobody reviews own relatives' (recusal)


def on_leave(officer, to, first=0, last=5):
    today = timezone.localdate()
    days = {"first_day": today + timedelta(days=first), "last_day": today + timedelta(days=last)}
    return delegate(officer=officer, to=to, **days, by=officer)


def test_while_an_officer_is_on_leave_the_delegate_sees_and_acts_and_it_is_logged_as_代(client, taken, officer):
    """#18"""
    colleague = make.officer("safety")
    colleague.name = "王代办"
    colleague.save()
    with pytest.raises(PermissionDenied):
        approve_review(taken, version=taken.version, by=colleague)
    made = on_leave(officer, colleague)
    client.force_login(colleague)
    mine = client.get("/review/", {"state": "reviewing", "scope": "mine"})
    assert [row.review for row in mine.context["rows"]] == [taken]
    approve_review(taken, version=taken.version, by=colleague)

    decision = ReviewDecision.objects.get(move="approve")
    assert (decision.by, decision.on_behalf_of) == (colleague, officer)
    assert AuditEntry.objects.get(event="review.approved").details["on_behalf_of"] == str(officer.pk)
    assert "王代办（代 李审核）" in client.get(reverse("review:detail", args=[taken.pk])).content.decode()
    assert made.last_day > timezone.localdate()


@pytest.mark.parametrize(("first", "last"), [(1, 3), (-3, -1)])
def test_before_and_after_the_leave_the_delegate_does_nothing(taken, officer, first, last):
    """#18"""
    colleague, today = make.officer("safety"), timezone.localdate()
    Delegation.objects.create(
        officer=officer,
        delegate=colleague,
        first_day=today + timedelta(days=first),
        last_day=today + timedelta(days=last),
        made_by=officer,
    )
    with pytest.raises(PermissionDenied):
        approve_review(taken, version=taken.version, by=colleague)


def test_a_delegate_of_the_chief_does_what_only_chiefs_do(taken, officer, chief):
    """#18"""
    colleague = make.officer("safety")
    on_leave(chief, colleague)
    assert assign_review(taken, officer=colleague, by=colleague).assignee == colleague
    assert ReviewDecision.objects.get(move="assign").on_behalf_of == chief


@pytest.mark.parametrize("who", ["other role", "other station", "applicant"])
def test_only_a_colleague_of_the_same_desk_acts_for_an_officer(officer, author, who):
    """#18"""
    to = {
        "other role": lambda: make.officer("quality"),
        "other station": lambda: make.officer("safety", area="WC"),
        "applicant": lambda: author,
    }[who]()
    with pytest.raises(Refused, match="同一职责的同事"):
        on_leave(officer, to)
    with pytest.raises(Http404):
        today = timezone.localdate()
        delegate(officer=officer, to=make.officer("safety"), first_day=today, last_day=today, by=to)


def test_an_officer_declares_回避_and_the_chief_reassigns(client, taken, officer, chief):
    """#18"""
    recuse(taken, reason="配偶在施工单位任职。", by=officer)
    review = fresh(taken)
    assert (review.status, review.assignee) == ("waiting", None)
    assert Message.objects.get(event="review.recused").user == chief
    for act in (accept_review, claim_review):
        with pytest.raises(PermissionDenied, match="应当回避"):
            act(review, by=officer)
    with pytest.raises(Refused, match="已申请回避"):
        assign_review(review, officer=officer, by=chief)
    client.force_login(chief)
    assert "配偶在施工单位任职。" in client.get(reverse("review:assign", args=[taken.pk])).content.decode()
    colleague = make.officer("safety")
    assign_review(review, officer=colleague, by=chief)
    with pytest.raises(Refused, match="已分派给"):
        accept_review(review, by=officer)
    assert make.approved(fresh(review), by=colleague).status == "approved"
    client.force_login(officer)
    assert "您与该项目有关联或已申请回避" not in client.get(reverse("review:detail", args=[taken.pk])).content.decode()


def test_an_officer_never_reviews_a_filing_of_his_own_enterprise_or_project(filing, review, author, officer):
    """#18"""
    make.member(make.employer_of(author), officer)
    with pytest.raises(PermissionDenied, match="应当回避"):
        accept_review(review, by=officer)
    assert states(filing)[0] == "submitted"


def test_a_lead_of_the_project_does_not_review_it(filing, review, officer):
    """#18"""
    filing.project.parties.create(party_type="contractor", unit_name="某公司", uscc=make.uscc(), lead=officer)
    with pytest.raises(PermissionDenied, match="应当回避"):
        accept_review(review, by=officer)


def test_a_declared_tie_keeps_every_filing_of_that_enterprise_away(filing, taken, author, officer):
    """#18"""
    declare_tie(uscc=make.employer_of(author).uscc, reason="兄弟任项目经理。", by=officer)
    with pytest.raises(PermissionDenied, match="应当回避"):
        approve_review(taken, version=taken.version, by=officer)


# 57: Two stations number the same project twice → unique (project, role) active supervision number


def active_numbers(project, role):
    live = Review.objects.filter(filing__project=project, role=role, filing__status__in=Filing.LIVE)
    return list(live.exclude(supervision_no=None).values_list("supervision_no", flat=True))


def test_two_stations_do_not_number_the_same_project_twice(author):
    """#57: the early filing was numbered by one station, its conversion is approved by another after a reform."""
    number = "4201022603150078"
    early = make.filed_filing(by=author, project_no=number)
    given = {role: review_of(early, role).supervision_no for role in ("safety", "quality")}
    make.station("JA")
    joint = make.ready_filing("early_intervention", by=author, project_no=number)
    submit(joint, author, prior_exists=True, prior=early)
    for role in ("safety", "quality"):
        make.approved(review_of(joint, role))
    assert states(joint)[0] == "filed"
    for role in ("safety", "quality"):
        assert active_numbers(fresh(joint).project, role) == [given[role]]


def test_a_review_that_moves_to_another_station_keeps_its_number(filing, author, chief):
    """#57"""
    number = make.approved(review_of(filing, "safety")).supervision_no
    make.returned(review_of(filing, "quality"))
    Filing.objects.filter(pk=filing.pk).update(jurisdiction_area_id="WC")
    resubmit(filing, author)
    review = review_of(filing, "safety")
    assert (review.station, review.status) == (make.station_of("safety", "WC"), "recheck")
    make.approved(review)
    assert active_numbers(filing.project, "safety") == [number]


# 60: Clock at midnight/timezone → Asia/Shanghai, dates compared as local dates


@pytest.mark.parametrize(
    ("utc", "first_day"),
    [
        (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "2026-11-24"),  # Monday 17:30 in the city
        (datetime(2026, 11, 23, 9, 31, tzinfo=UTC), "2026-11-25"),  # 17:31: counts as Tuesday
        (datetime(2026, 11, 23, 15, 59, tzinfo=UTC), "2026-11-25"),  # 23:59 on Monday
        (datetime(2026, 11, 23, 16, 1, tzinfo=UTC), "2026-11-25"),  # 00:01 on Tuesday, still Monday in UTC
    ],
)
def test_the_clock_counts_days_of_the_city_not_of_utc(reference_days, utc, first_day):
    """#60"""
    day = datetime.fromisoformat(first_day).date()
    just_before = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8, minutes=1)
    assert days_since(utc, just_before) == 0
    assert days_since(utc, just_before + timedelta(minutes=2)) == 1


@pytest.fixture
def reference_days(db):
    make.reference()


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        (datetime(2026, 11, 27, 15, 59, tzinfo=UTC), 0),  # Friday 23:59 in the city
        (datetime(2026, 11, 27, 16, 1, tzinfo=UTC), 0),  # Saturday 00:01: no working day, so not late yet
        (datetime(2026, 11, 29, 15, 59, tzinfo=UTC), 0),  # Sunday 23:59
        (datetime(2026, 11, 29, 16, 1, tzinfo=UTC), -1),  # Monday 00:01, still Sunday in UTC
    ],
)
def test_a_review_is_due_until_midnight_of_the_city(review, moment, left):
    """#60"""
    Review.objects.filter(pk=review.pk).update(due_on="2026-11-27")
    assert remaining(fresh(review), today=timezone.localdate(moment)).days == left
