"""What ends with a filing: the reviews that are still open, and the request to take it back."""

from django.urls import reverse
from django.utils import timezone

from portal.notifications import mark_handled, notify
from supervision.clock import stop_clock
from supervision.models import Filing, Review, WithdrawalRequest
from supervision.permissions import officers_of

OPEN = WithdrawalRequest.Outcome.OPEN


def end_review(review: Review, filing: Filing, event: str, *, by=None) -> None:
    """Close a review whose filing came to an end, and tell whoever has it."""
    if not review.can("cancel"):
        return
    surveys = review.surveys.filter(ended_at=None)
    surveys.update(ended_at=timezone.now(), ended_by=by)
    stop_clock(review, timezone.now())
    review.move("cancel")
    review.save(update_fields=["status", "clock_started_at", "days_used"])
    mark_handled(review)
    officers = [officer for officer in officers_of(review.station, review.role) if review.assignee_id == officer.pk]
    link = reverse("review:detail", args=[review.pk])
    notify(officers, event, about=review, link=link, filing=filing, review=review)


def refuse_rest(filing: Filing, *, by) -> None:
    """After 不予通过: what another station passed is kept for a copy, what is open ends (domain §5.4, #10)."""
    for review in filing.reviews.select_related("station"):
        if review.status == Review.Status.APPROVED:
            review.move("keep")
            review.save(update_fields=["status"])
        end_review(review, filing, "filing.rejected", by=by)


def close_request(filing: Filing, outcome: str = WithdrawalRequest.Outcome.VOID, *, by=None, answer: str = "") -> None:
    """Nobody waits any more for a station's word on taking the filing back."""
    values = {"outcome": outcome, "answered_by": by, "answered_at": timezone.now(), "answer": answer}
    filing.withdrawal_requests.filter(outcome=OPEN).update(**values)
