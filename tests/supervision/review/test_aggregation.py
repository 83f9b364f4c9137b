"""The table of domain §5.4 Aggregation, written out, and the moves of a review as data."""

from itertools import product

import pytest

from supervision.actions import overall
from supervision.actions.settle import MOVES
from supervision.models import Filing, Review

S = Review.Status
PASSED, IDLE = {S.APPROVED, S.KEPT}, {S.WAITING, S.RECHECK}


def expected(safety, quality):
    """The rows of the table, from the top."""
    pair = {safety, quality}
    if S.REJECTED in pair:
        return "rejected"
    if S.RETURNED in pair:
        return "returned"
    if pair <= PASSED:
        return "filed"
    return "submitted" if pair <= IDLE else "under_review"


@pytest.mark.parametrize(("safety", "quality"), list(product(S, S)))
def test_every_pair_of_states_amounts_to_what_the_table_says(safety, quality):
    pair = {"safety": safety, "quality": quality}
    assert overall(pair, targets=["safety", "quality"]) == expected(safety, quality)
    assert overall(pair, targets=["quality", "safety"]) == expected(safety, quality)


@pytest.mark.parametrize("state", list(S))
def test_one_target_alone_is_approved_at_most(state):
    alone = "approved" if state in PASSED else expected(state, state)
    assert overall({"safety": state}, targets=["safety"]) == alone


def test_what_a_module_needs_decides_when_it_is_complete():
    assert overall({"quality": S.APPROVED}, targets=["quality"], needed=["quality"]) == "filed"


REVIEW_TABLE = {
    "waiting": {"accept", "hand_over", "cancel"},
    "recheck": {"accept", "hand_over_again", "cancel"},
    "accepted": {
        "release",
        "release_again",
        "hand_over",
        "hand_over_again",
        "order_survey",
        "return",
        "approve",
        "propose_approval",
        "propose_rejection",
        "cancel",
    },
    "survey_ordered": {"finish_survey", "hand_over", "hand_over_again", "cancel"},
    "returned": {"recheck", "undo", "cancel"},
    "approved": {"recheck", "undo", "keep"},
    "approving": {"decline_approval", "confirm_approval", "hand_over", "hand_over_again", "cancel"},
    "rejecting": {"decline_rejection", "reject", "hand_over", "hand_over_again", "cancel"},
    "rejected": set(),
    "kept": {"recheck"},
    "cancelled": set(),
}


@pytest.mark.parametrize("state", list(S))
def test_the_moves_from_a_state(state):
    review = Review(status=state)
    assert {move for move in Review.MOVES if review.can(move)} == REVIEW_TABLE[state]


@pytest.mark.parametrize("target", [target for target in MOVES if target != Filing.Status.FILED])
def test_every_status_that_reviews_amount_to_can_be_reached(target):
    sources, reached = Filing.MOVES[MOVES[target]]
    assert reached == target and sources
