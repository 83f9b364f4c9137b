"""What officers do: take on, note, return, approve; each station for itself."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone

from accounts.models import Station
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    accept_review,
    add_item,
    approve_review,
    change_item,
    drop_item,
    return_review,
    withdraw_filing,
)
from supervision.models import DeficiencyItem, Receipt, Review, ReviewDecision
from tests import make
from tests.supervision.acts import resubmit, review_of, states, submit, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return submit(make.ready_filing(by=author), author)


def accepted(filing, role="safety"):
    """The review of a role after an officer took it on."""
    officer = make.officer(role)
    return accept_review(review_of(filing, role), by=officer), officer


def noted(review, by, **item):
    return add_item(review, **{"section": "basics", "place": "address", "text": "与许可证不一致。", "by": by} | item)


def test_accepting_names_the_officer_and_tells_the_applicant(filing, author):
    officer = make.officer("safety")
    review = accept_review(review_of(filing, "safety"), by=officer)
    assert (review.assignee, states(filing)) == (officer, ("under_review", "accepted", "waiting"))
    assert Message.objects.get(event="review.accepted").user == author
    assert ReviewDecision.objects.get().move == "accept"


def test_a_second_officer_learns_who_has_it(filing):
    review, _officer = accepted(filing)
    with pytest.raises(Refused, match=r"该申请已由 李\*\* 受理。"):
        accept_review(review, by=make.officer("safety"))


@pytest.mark.parametrize("who", ["other area", "other role", "applicant"])
def test_whoever_holds_no_post_for_it_does_not_find_the_review(filing, author, who):
    strangers = {
        "other area": lambda: make.officer("safety", area="WC"),
        "other role": lambda: make.officer("quality"),
        "applicant": lambda: author,
    }
    stranger, review = strangers[who](), review_of(filing, "safety")
    for act in (
        lambda: accept_review(review, by=stranger),
        lambda: approve_review(review, version=review.version, by=stranger),
        lambda: return_review(review, version=review.version, by=stranger),
        lambda: noted(review, stranger),
    ):
        with pytest.raises(Http404):
            act()


def test_both_approvals_complete_the_filing_with_a_number_per_station(filing):
    make.approved(review_of(filing, "safety"))
    assert states(filing) == ("under_review", "approved", "waiting")
    make.approved(review_of(filing, "quality"))
    assert states(filing) == ("filed", "approved", "approved")
    year = timezone.localdate().year
    numbers = [review_of(filing, role).supervision_no for role in ("safety", "quality")]
    assert numbers == [f"鄂武安监-420102-{year}-0001", f"鄂武质监-420102-{year}-0001"]
    assert Receipt.objects.get().filing == filing
    filing.project.refresh_from_db()
    assert filing.project.filed_at is not None


def test_on_completion_applicant_named_heads_and_officers_are_told(author):
    filing = make.ready_filing(by=author)
    head = make.person("陈建桥")
    filing.parties.filter(party_type="contractor").update(head_id_index=head.id_index)
    submit(filing, author)
    officers = [make.officer(role) for role in ("safety", "quality")]
    for officer, role in zip(officers, ("safety", "quality"), strict=True):
        make.approved(review_of(filing, role), by=officer)
    told = {message.user for message in Message.objects.filter(event="filing.filed")}
    assert told == {author, head, *officers}


def test_one_target_alone_is_approved_but_not_complete(author):
    filing = submit(make.ready_filing(by=author), author, targets=["safety"])
    make.approved(review_of(filing, "safety"))
    assert states(filing) == ("approved", "approved")
    assert not Receipt.objects.exists()
    filing.project.refresh_from_db()
    assert filing.project.filed_at is None


def test_returning_sends_the_items_at_once_and_leaves_the_other_station_alone(filing, author):
    review, officer = accepted(filing)
    item = noted(review, officer)
    return_review(review, opinion="请补正。", version=review.version, by=officer)
    item.refresh_from_db()
    assert states(filing) == ("returned", "returned", "waiting")
    assert item.sent_at is not None
    message = Message.objects.get(event="review.returned")
    assert message.user == author
    assert message.deliveries.filter(channel="sms").count() == 1
    assert message.link.endswith("/corrections/")

    make.approved(review_of(filing, "quality"))
    assert states(filing) == ("returned", "returned", "approved")


def test_a_return_without_an_item_is_refused(filing):
    review, officer = accepted(filing)
    with pytest.raises(Refused, match="至少一条补正意见"):
        return_review(review, version=review.version, by=officer)


def test_an_approval_over_unsent_items_is_refused(filing):
    review, officer = accepted(filing)
    noted(review, officer)
    with pytest.raises(Refused, match="未发出的补正意见"):
        approve_review(review, version=review.version, by=officer)


def test_a_decision_before_it_is_taken_on_is_refused(filing):
    officer, review = make.officer("safety"), review_of(filing, "safety")
    with pytest.raises(Refused):
        approve_review(review, version=review.version, by=officer)


def test_the_second_decision_learns_who_decided_and_when(filing):
    review = make.approved(review_of(filing, "safety"))
    at = timezone.localtime(review.decided_at)
    with pytest.raises(Refused, match=rf"该申请已由 李\*\* 于 {at:%H:%M} 处理。"):
        approve_review(review, version=review.version, by=make.officer("safety"))
    assert AuditEntry.objects.filter(event="review.approved").count() == 1


def test_a_colleague_does_not_decide_but_the_chief_does(filing):
    review, _officer = accepted(filing)
    with pytest.raises(PermissionDenied):
        approve_review(review, version=review.version, by=make.officer("safety"))
    assert approve_review(review, version=review.version, by=make.officer("safety", chief=True)).status == "approved"


@pytest.mark.parametrize("version", [None, "", 7, "x"])
def test_a_decision_without_the_version_that_was_read_is_refused(filing, version):
    review, officer = accepted(filing)
    with pytest.raises(Refused) as refusal:
        approve_review(review, version=version, by=officer)
    assert str(refusal.value.heading) == "申请人已重新提交，您看到的不是最新内容"


def test_a_decision_about_an_older_version_says_what_changed(filing, author):
    quality, quality_officer = accepted(filing, "quality")
    seen = quality.version
    make.returned(review_of(filing, "safety"))
    type(filing).objects.filter(pk=filing.pk).update(works_name="谌家矶安置房（南区）")
    resubmit(filing, author)

    with pytest.raises(Refused) as refusal:
        approve_review(review_of(filing, "quality"), version=seen, by=quality_officer)

    assert f"工程名称：{filing.works_name} → 谌家矶安置房（南区）" in map(str, refusal.value.reasons)
    quality.refresh_from_db()
    assert (quality.status, quality.version.number) == ("accepted", 2)


def test_an_item_keeps_the_value_it_found_with_numbers_masked(filing):
    review, officer = accepted(filing)
    number = filing.parties.get(party_type="contractor").head_id_number
    assert noted(review, officer).old_value == filing.address
    head = noted(review, officer, section="parties", place="contractor.head_id_number")
    assert head.old_value == number[:3] + "*" * 11 + number[-4:]


@pytest.mark.parametrize("place", [("basics", "status"), ("basics", "nothing"), ("parties", "thief.uscc"), ("x", "y")])
def test_an_item_about_a_place_that_no_tab_has_is_refused(filing, place):
    review, officer = accepted(filing)
    with pytest.raises(Refused):
        noted(review, officer, section=place[0], place=place[1])


def test_a_draft_item_can_be_reworded_and_dropped_a_sent_one_not(filing):
    review, officer = accepted(filing)
    item, other = noted(review, officer), noted(review, officer)
    assert change_item(item, text="请按证载地址填写。", by=officer).text == "请按证载地址填写。"
    drop_item(other, by=officer)
    return_review(review, version=review.version, by=officer)
    for act in (lambda: change_item(item, text="别的", by=officer), lambda: drop_item(item, by=officer)):
        with pytest.raises(Refused):
            act()
    assert DeficiencyItem.objects.count() == 1


def test_what_stood_there_unchanged_in_the_first_round_is_marked_as_missed(filing, author):
    make.returned(review_of(filing, "safety"))
    resubmit(filing, author)
    review = review_of(filing, "safety")
    accept_review(review, by=review.assignee)
    assert noted(review, review.assignee).missed_in_first_round is True
    assert noted(review, review.assignee, place="works_name").missed_in_first_round is False  # raised then already


def test_the_officer_who_reviews_both_roles_is_seen_in_the_audit_trail(filing):
    officer = make.officer("safety")
    station = review_of(filing, "quality").station
    officer.station_posts.create(station=station, role="quality")
    Station.objects.update(separate_reviewers=False)
    for role in ("safety", "quality"):
        make.approved(review_of(filing, role), by=officer)
    entries = AuditEntry.objects.filter(event="review.accepted").order_by("id")
    assert [entry.details["reviews_both"] for entry in entries] == [False, True]


# At the same moment


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(10))
def test_both_stations_deciding_at_the_same_moment_conclude_the_filing_once(attempt):
    author = make.site_officer()
    filing = submit(make.ready_filing(by=author), author)
    pairs = [accepted(filing, role) for role in ("safety", "quality")]

    outcomes = together(
        *[
            lambda review=review, officer=officer: approve_review(review, version=review.version, by=officer)
            for review, officer in pairs
        ]
    )

    assert outcomes == ["done", "done"]
    assert states(filing) == ("filed", "approved", "approved")
    assert Receipt.objects.filter(filing=filing).count() == 1
    assert AuditEntry.objects.filter(event="filing.filed").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_two_people_at_one_desk_decide_once(attempt):
    author = make.site_officer()
    filing = submit(make.ready_filing(by=author), author)
    review, officer = accepted(filing)
    chief = make.officer("safety", chief=True)
    outcomes = together(
        lambda: approve_review(review, version=review.version, by=officer),
        lambda: approve_review(review, version=review.version, by=chief),
    )
    assert sorted(outcomes) == ["Refused", "done"]
    assert ReviewDecision.objects.filter(review=review, move="approve").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_withdrawing_while_a_station_approves_ends_one_way(attempt):
    author = make.site_officer()
    filing = submit(make.ready_filing(by=author), author)
    review, officer = accepted(filing)
    outcomes = together(
        lambda: approve_review(review, version=review.version, by=officer),
        lambda: withdraw_filing(filing, by=author),
    )
    assert sorted(outcomes) == ["Refused", "done"]
    assert states(filing) in [("under_review", "approved", "waiting"), ("withdrawn", "cancelled", "cancelled")]
    assert Review.objects.filter(filing=filing).count() == 2
