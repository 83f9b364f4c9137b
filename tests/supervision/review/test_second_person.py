"""通过须站长确认: a station's setting (decisions 7), and who may be the second person for 通过 and 不予通过."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import Delegation, Station
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    add_item,
    approve_review,
    assign_review,
    confirm_approval,
    confirm_rejection,
    decline_approval,
    propose_rejection,
    withdraw_filing,
)
from supervision.models import Filing, Review, ReviewDecision
from tests import make
from tests.supervision.acts import resubmit, review_of, states, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(filing):
    return make.officer("safety", chief=True)


@pytest.fixture
def asked(taken):
    """At a station that has its approvals confirmed."""
    Station.objects.filter(pk=taken.station_id).update(confirm_approvals=True)
    return Review.objects.get(pk=taken.pk)


@pytest.fixture
def proposed(asked, officer, chief):
    return approve_review(asked, opinion="材料齐全。", version=1, by=officer)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def url_of(review, name="detail"):
    return reverse(f"review:{name}", args=[review.pk])


def text_of(client, review, name="detail"):
    return client.get(url_of(review, name)).content.decode()


def away(officer, delegate):
    day = timezone.localdate()
    return Delegation.objects.create(
        officer=officer, delegate=delegate, first_day=day, last_day=day + timedelta(days=2), made_by=officer
    )


def test_what_a_reviewer_passes_counts_once_the_chief_has_confirmed_it(client, asked, officer, chief, filing, author):
    client.force_login(officer)
    page = text_of(client, asked, "decide")
    assert "通过（须站长确认）" in page and chief.name in page
    answer = client.post(
        url_of(asked, "decide"), {"move": "approve", "opinion": "材料齐全。", "version": 1}, follow=True
    )
    assert "已提交站长确认" in answer.content.decode()

    review = fresh(asked)
    assert (review.status, states(filing)[0]) == ("approving", "under_review")
    assert (review.supervision_no, review.decided_by, review.opinion) == (None, None, "")
    assert review.clock_started_at is not None  # the clock runs on
    assert Message.objects.get(event="review.approval_proposed").user == chief
    assert not Message.objects.filter(event="review.approved").exists()
    assert url_of(review, "decide") not in text_of(client, review)
    with pytest.raises(Refused):
        add_item(review, section="basics", text="请核实。", by=officer)

    client.force_login(author)
    told = client.get(filing.get_absolute_url()).content.decode()
    assert "安监审核中" in told and "站长确认" not in told and "材料齐全。" not in told

    client.force_login(chief)
    assert "提出通过，待站长确认" in text_of(client, review) and "材料齐全。" in text_of(client, review, "approval")
    client.post(url_of(review, "approval"), {"move": "confirm", "opinion": "同意。", "version": 1})
    review = fresh(review)
    assert (review.status, review.decided_by, review.opinion) == ("approved", chief, "材料齐全。\n同意。")
    assert review.supervision_no and review.clock_started_at is None
    assert Message.objects.get(event="review.approved").user == author
    assert Message.objects.get(event="review.approval_confirmed").user == officer
    assert not Message.objects.filter(event="review.approval_proposed", handled_at=None).exists()
    moves = list(ReviewDecision.objects.filter(review=review).order_by("at").values_list("move", "by"))
    assert moves[1:] == [("propose_approval", officer.pk), ("approve", chief.pk)]
    trail = AuditEntry.objects.filter(event__startswith="review.appro").order_by("id")
    assert [(one.event, one.actor) for one in trail] == [
        ("review.approval_proposed", officer),
        ("review.approved", chief),
    ]


def test_with_the_setting_off_a_reviewer_passes_alone(taken, officer, chief):
    assert approve_review(taken, version=1, by=officer).status == "approved"


def test_the_chief_s_queue_待确认_holds_what_others_proposed(client, proposed, officer, chief):
    client.force_login(chief)
    context = client.get("/review/", {"state": "reviewing", "scope": "confirm"}).context
    assert [row.review for row in context["rows"]] == [proposed]
    tab = next(tab for tab in client.get("/review/").context["scopes"] if tab["label"] == "待确认")
    assert tab["badge"] == 1 and "state=reviewing" in tab["url"]
    client.force_login(officer)
    assert client.get("/review/", {"state": "reviewing", "scope": "confirm"}).context["rows"] == []


def test_the_chief_sends_it_back_with_a_reason_and_the_reviewer_goes_on(client, proposed, officer, chief, filing):
    client.force_login(chief)
    assert "请填写原因" in client.post(url_of(proposed, "approval"), {"move": "decline", "version": 1}).content.decode()
    client.post(url_of(proposed, "approval"), {"move": "decline", "opinion": "缺审图意见。", "version": 1})
    assert (fresh(proposed).status, fresh(proposed).assignee) == ("accepted", officer)
    assert Message.objects.get(event="review.approval_declined").user == officer


def test_who_proposed_it_may_take_it_back_and_not_confirm_it(client, proposed, officer):
    client.force_login(officer)
    page = text_of(client, proposed, "approval")
    assert "收回" in page and "同意通过" not in page
    with pytest.raises(PermissionDenied):
        confirm_approval(proposed, version=1, by=officer)
    assert decline_approval(proposed, reason="再看一遍。", by=officer).status == "accepted"


def test_what_waits_for_the_chief_is_a_pile_of_the_chiefs_alone(client, proposed, officer, chief):
    for reader, there in ((officer, False), (chief, True)):
        client.force_login(reader)
        assert ("待确认" in client.get("/home/").content.decode()) is there
        listed = client.get("/workbench/?show=confirm").content.decode()
        assert (url_of(proposed) in listed) is there


def test_nobody_confirms_his_own(asked, officer, chief):
    """Neither the chief himself, nor who acts for nobody but him."""
    assign_review(asked, officer=chief, by=chief)
    with pytest.raises(Refused, match="目前没有其他站长"):
        approve_review(asked, version=1, by=chief)
    second = make.officer("safety", chief=True)
    approve_review(asked, version=1, by=chief)
    away(chief, officer)
    for who in (chief, officer):
        with pytest.raises(Refused, match="不能由同一人提出和确认"):
            confirm_approval(asked, version=1, by=who)
    assert confirm_approval(asked, version=1, by=second).status == "approved"


def test_what_was_proposed_for_somebody_away_he_does_not_confirm_either(asked, officer, chief):
    deputy = make.officer("safety")
    make.officer("safety", chief=True)
    assign_review(asked, officer=chief, by=chief)
    away(chief, deputy)
    approve_review(asked, version=1, by=deputy)
    with pytest.raises(Refused, match="不能由同一人提出和确认"):
        confirm_approval(asked, version=1, by=chief)


def test_who_acts_for_a_chief_who_is_away_confirms_for_him(proposed, chief):
    deputy = make.officer("safety")
    away(chief, deputy)
    confirm_approval(proposed, version=1, by=deputy)
    last = ReviewDecision.objects.filter(review=proposed, move="approve").get()
    assert (last.by, last.on_behalf_of) == (deputy, chief)


def test_who_acts_only_for_the_proposer_does_not_confirm_不予通过(taken, chief, officer):
    second = make.officer("safety", chief=True)
    assign_review(taken, officer=chief, by=chief)
    propose_rejection(taken, opinion="无用地手续。", version=1, by=chief)
    away(chief, officer)
    with pytest.raises(Refused, match="不能由同一人提出和确认"):
        confirm_rejection(taken, version=1, by=officer)
    assert confirm_rejection(taken, version=1, by=second).status == "rejected"


def test_the_other_role_s_chief_is_a_stranger_here(client, proposed):
    other = make.officer("quality", chief=True)
    with pytest.raises(Http404):
        confirm_approval(proposed, version=1, by=other)
    client.force_login(other)
    assert client.get(url_of(proposed, "approval")).status_code == 404
    assert client.post(url_of(proposed, "approval"), {"move": "confirm", "version": 1}).status_code == 404


def test_a_correction_meanwhile_takes_the_proposal_back(proposed, filing, author, chief):
    make.returned(review_of(filing, "quality"))
    Filing.objects.filter(pk=filing.pk).update(remarks="补充说明")
    resubmit(filing, author)
    assert fresh(proposed).status == "accepted"
    assert ReviewDecision.objects.filter(review=proposed, move="lapse_approval").exists()
    with pytest.raises(Refused):
        confirm_approval(proposed, version=1, by=chief)


def test_switching_the_setting_off_leaves_what_waits_to_the_chief(proposed, chief):
    Station.objects.update(confirm_approvals=False)
    assert confirm_approval(proposed, version=1, by=chief).status == "approved"


def test_the_operator_sets_it_where_stations_are_kept(client, filing):
    station = review_of(filing, "safety").station
    client.force_login(make.operator())
    url = reverse("admin:accounts_station_change", args=[station.pk])
    assert "通过须站长确认" in client.get(url).content.decode()
    sent = {"name": station.name, "phone": "", "is_active": "on", "separate_reviewers": "on", "confirm_approvals": "on"}
    client.post(url, sent)
    assert fresh(station).confirm_approvals
    assert AuditEntry.objects.filter(event="dictionary.changed").latest("id").details["fields"] == ["confirm_approvals"]


# Two people at the same moment


@pytest.mark.django_db(transaction=True)
def test_two_chiefs_at_the_same_moment_confirm_once(proposed, chief):
    second = make.officer("safety", chief=True)
    outcomes = together(
        lambda: confirm_approval(proposed, version=1, by=chief),
        lambda: confirm_approval(proposed, version=1, by=second),
    )
    assert sorted(outcomes) == ["Refused", "done"]
    assert ReviewDecision.objects.filter(review=proposed, move="approve").count() == 1


@pytest.mark.django_db(transaction=True)
def test_confirming_while_the_reviewer_takes_it_back_ends_in_one_of_the_two(proposed, officer, chief):
    outcomes = together(
        lambda: confirm_approval(proposed, version=1, by=chief),
        lambda: decline_approval(proposed, reason="再看一遍。", by=officer),
    )
    assert sorted(outcomes) == ["Refused", "done"]
    moves = set(ReviewDecision.objects.filter(review=proposed).values_list("move", flat=True))
    assert {"approved": "approve", "accepted": "decline_approval"}[fresh(proposed).status] in moves


@pytest.mark.django_db(transaction=True)
def test_confirming_while_the_applicant_withdraws_ends_in_one_of_the_two(proposed, chief, author, filing):
    outcomes = together(
        lambda: confirm_approval(proposed, version=1, by=chief),
        lambda: withdraw_filing(filing, by=author),
    )
    assert sorted(outcomes) == ["Refused", "done"]
    assert states(filing)[:2] in {("withdrawn", "cancelled"), ("under_review", "approved"), ("submitted", "approved")}
