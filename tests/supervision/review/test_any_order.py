"""Whatever two stations, their chiefs and the applicant do, in whatever order (domain §5.4 Aggregation, features G1–G4).

Every rule of the machine tries one act as one person; a refusal is an answer too. After each act the promises hold.
"""

import datetime
import os
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import Station, Target
from portal.errors import Refused
from supervision.actions import (
    accept_review,
    add_item,
    agree_late_item,
    answer_withdrawal,
    approve_review,
    assign_review,
    claim_review,
    confirm_approval,
    confirm_rejection,
    copy_filing,
    decline_approval,
    decline_rejection,
    finish_survey,
    let_go_of_unanswered,
    order_survey,
    overall,
    propose_rejection,
    recuse,
    release_review,
    request_withdrawal,
    return_review,
    transfer_review,
    undo_decision,
    why_not_undone,
    withdraw_filing,
)
from supervision.actions.transfer import stations_to_take
from supervision.models import Filing, Review, ReviewDecision, WithdrawalRequest
from supervision.permissions import chiefs_of, officers_of
from tests import make
from tests.supervision.acts import resubmit, submit

ROLES = st.sampled_from(list(Target))
WHO = st.sampled_from(["officer", "colleague", "chief"])
ENDED = {"filed", "withdrawn"}  # rejected: the applicant may copy it
DECIDING = ("approve", "return", "reject")
UNDOING = ("undo_approve", "undo_return")
MATERIAL = "works_name"


class Desks(RuleBasedStateMachine):
    """One filing at two desks."""

    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        make.reference()
        self.author = make.site_officer()
        self.filing = submit(make.ready_filing(by=self.author), self.author)
        self.people = {}
        self.before, self.excused = {}, set()
        self.staff_stations()

    def teardown(self):
        event(f"filing ended as {Filing.objects.get(pk=self.filing.pk).status}")  # --hypothesis-show-statistics
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def staff_stations(self):
        """An officer, a colleague and a chief of each role, here and where reviews may be transferred to."""
        for role in Target:
            for area in ("JA", "WC"):
                station = make.station_of(role, area)
                self.people[station.pk, role] = {
                    "officer": make.officer(role, at=station),
                    "colleague": make.officer(role, at=station),
                    "chief": make.officer(role, at=station, chief=True),
                }

    @rule(is_on=st.booleans())
    def set_station(self, is_on):
        """The operator may switch 通过须站长确认 at any moment."""
        Station.objects.update(confirm_approvals=is_on)

    @rule(role=ROLES, who=WHO)
    def confirm_passing(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: confirm_approval(review, version=review.version, by=by))

    @rule(role=ROLES, who=WHO)
    def decline_passing(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: decline_approval(review, reason="请再核实。", by=by))

    @invariant()
    def nobody_confirms_what_he_proposed(self):
        for review in Review.objects.filter(filing=self.filing):
            acts = list(ReviewDecision.objects.filter(review=review).order_by("at", "id").values_list("move", "by"))
            for (move, by), (after, confirmed_by) in pairwise(acts):
                if move in ("propose_approval", "propose_rejection") and after in ("approve", "reject"):
                    assert by != confirmed_by

    def review(self, role):
        return Review.objects.get(filing=self.filing, role=role)

    def at(self, role, who):
        review = self.review(role)
        return review, self.people[review.station_id, Target(role)][who]

    def attempt(self, act, *, may_reopen=()):
        """Try; `may_reopen` are the roles whose approval this act may take back."""
        self.before = self.statuses()
        self.excused = set(may_reopen)
        try:
            with transaction.atomic():
                act()
            event("done")
        except (Refused, PermissionDenied, Http404):
            event("refused")

    def statuses(self):
        return dict(Review.objects.filter(filing=self.filing).values_list("role", "status"))

    # what people do

    @rule(role=ROLES, who=WHO)
    def claim(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: claim_review(review, by=by))

    @rule(role=ROLES, who=WHO)
    def accept(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: accept_review(review, by=by))

    @rule(role=ROLES, who=WHO)
    def release(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: release_review(review, by=by))

    @rule(role=ROLES, who=WHO)
    def assign(self, role, who):
        review, chief = self.at(role, "chief")
        officer = self.people[review.station_id, Target(role)][who]
        self.attempt(lambda: assign_review(review, officer=officer, by=chief))

    @rule(role=ROLES)
    def step_back(self, role):
        review, by = self.at(role, "colleague")
        self.attempt(lambda: recuse(review, reason="亲属在施工单位任职。", by=by))

    @rule(role=ROLES)
    def transfer(self, role):
        review, by = self.at(role, "chief")
        known = [station for station, held in self.people if held == role and station != review.station_id]
        other = stations_to_take(review).get(pk=known[0])
        self.attempt(lambda: transfer_review(review, station=other, reason="管辖有误。", by=by))

    @rule(role=ROLES, who=WHO)
    def survey(self, role, who):
        review, by = self.at(role, who)
        day = timezone.localdate()
        self.attempt(lambda: order_survey(review, day=day, place="工地", version=review.version, by=by))

    @rule(role=ROLES, who=WHO)
    def survey_done(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: finish_survey(review, result="与图纸一致。", by=by))

    @rule(role=ROLES, who=WHO)
    def approve(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: approve_review(review, version=review.version, by=by))

    @rule(role=ROLES, who=WHO, place=st.sampled_from(["works_name", "address", "remarks"]))
    def give_back(self, role, who, place):
        review, by = self.at(role, who)

        def act():
            item = add_item(review, section="basics", place=place, text="请核实。", by=by)
            if item.missed_in_first_round:
                agree_late_item(item, by=self.at(role, "chief")[1])
            return_review(review, version=review.version, by=by)

        self.attempt(act)

    @rule(role=ROLES, who=WHO)
    def propose(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: propose_rejection(review, opinion="不具备条件。", version=review.version, by=by))

    @rule(role=ROLES, who=WHO)
    def confirm(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: confirm_rejection(review, version=review.version, by=by))

    @rule(role=ROLES, who=WHO)
    def decline(self, role, who):
        review, by = self.at(role, who)
        self.attempt(lambda: decline_rejection(review, reason="证据不足。", by=by))

    @rule(role=ROLES)
    def undo(self, role):
        review, by = self.at(role, "chief")
        self.attempt(lambda: undo_decision(review, reason="看错了材料。", by=by), may_reopen=[role])

    @rule(field=st.sampled_from(["remarks", MATERIAL]))
    def correct(self, field):
        filing = Filing.objects.get(pk=self.filing.pk)
        if filing.status != "returned":
            return
        Filing.objects.filter(pk=filing.pk).update(**{field: f"第{filing.round}次修改的内容"})
        self.attempt(lambda: resubmit(filing, self.author), may_reopen=list(Target) if field == MATERIAL else ())

    @rule()
    def withdraw(self):
        self.attempt(lambda: withdraw_filing(self.filing, by=self.author))

    @rule()
    def ask_to_withdraw(self):
        self.attempt(lambda: request_withdrawal(self.filing, reason="方案调整。", by=self.author))

    @rule(role=ROLES, agree=st.booleans())
    def answer_request(self, role, agree):
        request = WithdrawalRequest.objects.filter(filing=self.filing, review__role=role).last()
        if request:
            _review, by = self.at(role, "chief")
            self.attempt(lambda: answer_withdrawal(request, agree=agree, answer="已知。", by=by))

    @rule()
    def days_pass(self):
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        WithdrawalRequest.objects.filter(filing=self.filing).update(answer_by=yesterday)
        self.attempt(let_go_of_unanswered)

    # what holds whatever they do

    @invariant()
    def the_overall_state_is_derived_from_the_reviews(self):
        filing = Filing.objects.get(pk=self.filing.pk)
        if filing.status != "withdrawn":
            assert filing.status == overall(self.statuses(), targets=filing.targets)
        else:
            assert not set(self.statuses().values()) & set(Review.UNDECIDED)

    @invariant()
    def somebody_always_has_a_move_or_it_is_over(self):
        filing = Filing.objects.get(pk=self.filing.pk)
        if filing.status in ENDED or filing.status == "returned":
            return
        if filing.status == "rejected":
            with transaction.atomic():
                assert copy_filing(filing, by=self.author).status == "draft"
                transaction.set_rollback(True)
            return
        assert any(self.moves_of(review) for review in filing.reviews.all()), self.statuses()

    def moves_of(self, review):
        """Who could go on with a review now: an officer of its station, its chief where it hangs on him."""
        officers = {officer.pk for officer in officers_of(review.station, review.role)}
        chiefs = {chief.pk for chief in chiefs_of(review.station, review.role)}
        if review.status in ("waiting", "recheck"):
            return officers
        if review.status in ("accepted", "survey_ordered", "approving", "rejecting"):
            return ({review.assignee_id} & officers) | chiefs
        return chiefs if not why_not_undone(review.filing, review) else set()

    @invariant()
    def no_approval_is_lost(self):
        after = self.statuses()
        for role, state in self.before.items():
            if state == "approved" and role not in self.excused:
                assert after[role] in {"approved", "kept"}, (self.before, after)

    @invariant()
    def one_decision_stands_in_a_round(self):
        for review in Review.objects.filter(filing=self.filing):
            moves = list(
                ReviewDecision.objects.filter(review=review, round=review.round).values_list("move", flat=True)
            )
            standing = sum(move in DECIDING for move in moves) - sum(move in UNDOING for move in moves)
            assert standing in (0, 1), moves
            assert (review.status in {"approved", "kept", "returned", "rejected"}) <= (standing == 1), moves

    @invariant()
    def the_clock_runs_exactly_while_a_station_is_at_work_and_is_never_negative(self):
        for review in Review.objects.filter(filing=self.filing):
            runs = review.status in {"waiting", "recheck", "accepted", "approving", "rejecting"}
            assert (review.clock_started_at is not None) == runs, review.status
            assert review.days_used >= 0 and review.due_on is not None

    @invariant()
    def what_is_over_holds_no_place(self):
        filing = Filing.objects.get(pk=self.filing.pk)
        assert (filing.live_key is not None) == (filing.status in Filing.LIVE)

    @invariant()
    def one_number_for_a_review_and_a_person_for_each(self):
        numbered = Review.objects.filter(filing=self.filing, status__in=["approved", "kept"])
        assert all(review.supervision_no and review.decided_by_id for review in numbered)


@pytest.mark.django_db
def test_no_filing_is_ever_stuck_no_approval_lost_and_the_overall_state_always_derived():
    machine = settings(
        max_examples=int(os.environ.get("EXAMPLES", "8")),
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Desks, settings=machine)
