"""The status of a filing follows from its reviews, whatever happens in whatever order."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import StationPost, Target
from portal.errors import Refused
from supervision.actions import (
    accept_review,
    add_item,
    approve_review,
    overall,
    return_review,
    withdraw_filing,
)
from supervision.models import Filing, Review
from tests import make
from tests.supervision.acts import resubmit, submit

BOTH = list(Target)


@pytest.mark.parametrize(
    ("safety", "quality", "status"),
    [
        ("waiting", "waiting", "submitted"),
        ("recheck", "waiting", "submitted"),
        ("accepted", "waiting", "under_review"),
        ("survey_ordered", "recheck", "under_review"),
        ("rejecting", "waiting", "under_review"),
        ("approved", "waiting", "under_review"),
        ("kept", "recheck", "under_review"),
        ("returned", "waiting", "returned"),
        ("returned", "accepted", "returned"),
        ("returned", "approved", "returned"),
        ("returned", "returned", "returned"),
        ("rejected", "returned", "rejected"),
        ("rejected", "approved", "rejected"),
        ("approved", "approved", "filed"),
        ("kept", "approved", "filed"),
        ("kept", "kept", "filed"),
    ],
)
def test_two_reviews_amount_to_one_status(safety, quality, status):
    assert overall({"safety": safety, "quality": quality}, targets=BOTH) == status
    assert overall({"safety": quality, "quality": safety}, targets=BOTH) == status


@pytest.mark.parametrize(
    ("state", "status"),
    [("waiting", "submitted"), ("accepted", "under_review"), ("returned", "returned"), ("approved", "approved")],
)
def test_one_target_alone_never_completes_a_filing(state, status):
    assert overall({"quality": state}, targets=["quality"]) == status


def test_a_target_without_a_review_counts_as_waiting():
    assert overall({"safety": "approved"}, targets=BOTH) == "under_review"


ROLES = st.sampled_from(BOTH)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), ROLES),
        st.tuples(st.just("approve"), ROLES),
        st.tuples(st.just("return"), ROLES),
        st.tuples(st.just("correct"), st.sampled_from(["remarks", "works_name"])),
        st.tuples(st.just("withdraw"), st.none()),
    ),
    min_size=1,
    max_size=14,
)


class Life:
    """One filing with its people; every step is tried, and a refusal is an answer too."""

    def __init__(self):
        self.author = make.site_officer()
        self.filing = submit(make.ready_filing(by=self.author), self.author)
        self.officers = {role: make.officer(role) for role in BOTH}

    def review(self, role):
        return Review.objects.get(filing=self.filing, role=role)

    def step(self, name, what):
        try:
            getattr(self, name)(what)
        except Refused:
            pass

    def accept(self, role):
        accept_review(self.review(role), by=self.officers[role])

    def approve(self, role):
        review = self.review(role)
        approve_review(review, version=review.version, by=self.officers[role])

    def __getattr__(self, name):
        if name == "return":
            return self.give_back
        raise AttributeError(name)

    def give_back(self, role):
        review, by = self.review(role), self.officers[role]
        add_item(review, section="basics", place="works_name", text="请核实。", by=by)
        return_review(review, version=review.version, by=by)

    def correct(self, field):
        filing = Filing.objects.get(pk=self.filing.pk)
        if filing.status == "returned":
            Filing.objects.filter(pk=filing.pk).update(**{field: f"第{filing.round}次修改的内容"})
            resubmit(filing, self.author)

    def withdraw(self, _nothing):
        withdraw_filing(self.filing, by=self.author)

    def statuses(self):
        return dict(Review.objects.filter(filing=self.filing).values_list("role", "status"))

    def status(self):
        return Filing.objects.get(pk=self.filing.pk).status

    def someone_can_act(self):
        """A station or the applicant has a move, or it is over."""
        if self.status() in {"filed", "withdrawn", "returned"}:
            return True
        held = StationPost.objects.filter(user__in=self.officers.values(), ended_at=None)
        waiting = Review.objects.filter(filing=self.filing, status__in=Review.UNDECIDED)
        return waiting.filter(station__in=held.values("station")).exists()


@pytest.mark.django_db
@settings(
    max_examples=int(os.environ.get("EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_whatever_is_done_in_whatever_order_the_filing_is_never_stuck_and_no_approval_is_lost(steps):
    life = Life()
    for name, what in steps:
        before, material = life.statuses(), (name, what) == ("correct", "works_name")
        life.step(name, what)
        after = life.statuses()
        if life.status() != "withdrawn":
            assert life.status() == overall(after, targets=BOTH)
        assert life.someone_can_act()
        for role, state in before.items():
            if state == "approved":
                assert after[role] == "approved" or (material and after[role] == "recheck")
