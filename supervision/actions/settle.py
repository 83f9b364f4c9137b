"""What the reviews amount to. Nobody sets a filing's status by hand (decisions 9, 10; domain §5.4 Aggregation)."""

from collections.abc import Callable, Collection, Iterable, Mapping

from django.utils import timezone

from accounts.models import Target
from portal.audit import record
from portal.notifications import mark_handled, notify
from projects.actions import complete_project
from supervision.actions.changes import end_changes
from supervision.actions.ending import close_request, refuse_rest
from supervision.actions.numbers import number_for
from supervision.actions.people import applicants_of, concerned_by
from supervision.actions.receipts import issue_receipt
from supervision.actions.waiting import tell_waiting
from supervision.frozen import BASICS
from supervision.models import Filing, Review

Status = Review.Status
Quantifier = Callable[[Iterable[bool]], bool]

# The first line that fits: any or all of the reviews in one of these states, and what the filing is then.
RULES: list[tuple[Quantifier, Collection[str], Filing.Status]] = [
    (any, {Status.REJECTED}, Filing.Status.REJECTED),
    (any, {Status.RETURNED}, Filing.Status.RETURNED),
    (all, {Status.APPROVED, Status.KEPT}, Filing.Status.APPROVED),
    (all, {Status.WAITING, Status.RECHECK}, Filing.Status.SUBMITTED),
    (any, set(Status), Filing.Status.UNDER_REVIEW),
]
MOVES = {
    Filing.Status.SUBMITTED: "wait",
    Filing.Status.UNDER_REVIEW: "review",
    Filing.Status.RETURNED: "return",
    Filing.Status.APPROVED: "approve",
    Filing.Status.FILED: "file",
    Filing.Status.REJECTED: "reject",
}


def overall(statuses: Mapping[str, str], *, targets: Iterable[str], needed: Iterable[str] = tuple(Target)) -> str:
    """The status of a filing, from the states of its reviews by role. Pure.

    `targets` are those it was handed in for, one without a review counts as waiting; `needed` are those that
    together make it 报监完毕.
    """
    states = [statuses.get(target, Status.WAITING) for target in targets]
    status = next(result for quantifier, among, result in RULES if quantifier(state in among for state in states))
    complete = status == Filing.Status.APPROVED and set(needed) <= set(targets)
    return Filing.Status.FILED if complete else status


def settle(filing: Filing, *, by, reviews: Iterable[Review] | None = None) -> None:
    """Set the status of a locked filing from its reviews, and do what a new status brings with it.

    `reviews`: all that it has, where the caller has just made them.
    """
    rows = filing.reviews.values_list("role", "status") if reviews is None else [(r.role, r.status) for r in reviews]
    statuses = dict(rows)
    status = overall(statuses, targets=filing.targets, needed=filing.spec.targets)
    if status == filing.status:
        return
    filing.move(MOVES[Filing.Status(status)])
    filing.changed_at = timezone.now()
    if status == Filing.Status.FILED:
        filing.filed_at = filing.changed_at
        supersede(filing, by=by)
    if status == Filing.Status.REJECTED:
        filing.live_key = None
    filing.index_search()
    filing.save(update_fields=["status", "changed_at", "filed_at", "live_key", "search_tokens", "search_text"])
    tell_waiting(filing)
    if status in (Filing.Status.FILED, Filing.Status.REJECTED):
        close_request(filing)
    if status == Filing.Status.FILED:
        conclude(filing, by=by)
    elif status == Filing.Status.REJECTED:
        refuse_rest(filing, by=by)
        mark_handled(filing)
        record("filing.rejected", filing, by=by, number=filing.number)
    elif status == Filing.Status.APPROVED:
        record("filing.approved", filing, by=by, targets=filing.targets)
        notify(applicants_of(filing), "filing.approved", about=filing, link=filing.get_absolute_url(), filing=filing)


def supersede(filing: Filing, *, by) -> None:
    """A conversion takes the place of the early filing that it names."""
    if filing.converts_id is None:
        return
    earlier = Filing.objects.locked(filing.converts_id)
    earlier.move("supersede")
    filing.live_key, earlier.live_key = earlier.live_key, None
    earlier.changed_at = timezone.now()
    earlier.index_search()
    earlier.save(update_fields=["status", "live_key", "changed_at", "search_tokens", "search_text"])
    end_changes(earlier)
    inherit_numbers(filing)
    record("filing.superseded", earlier, by=by, successor=filing.number)
    link = filing.get_absolute_url()
    notify(applicants_of(earlier), "filing.superseded", about=earlier, link=link, filing=earlier, successor=filing)


def inherit_numbers(filing: Filing) -> None:
    """A kept approval carries the project's number too."""
    for review in filing.reviews.filter(supervision_no=None, status__in=Review.PASSED).select_related("version"):
        review.supervision_no = number_for(review)
        review.save(update_fields=["supervision_no"])


def conclude(filing: Filing, *, by) -> None:
    """报监完毕: the receipt, the project's facts and people, and word to everyone concerned (decisions 10)."""
    version = filing.versions.latest("number")
    receipt = issue_receipt(filing, version)
    values = {name: getattr(filing, name) for name in BASICS} | {"filed_at": filing.filed_at}
    complete_project(filing.project, values=values, parties=parties_for_project(filing), by=by)
    record("filing.filed", filing, by=by, number=filing.number, receipt=receipt.code)
    mark_handled(filing)
    notify(concerned_by(filing), "filing.filed", about=filing, link=filing.get_absolute_url(), filing=filing)


def parties_for_project(filing: Filing) -> list[dict]:
    """The parties as `complete_project` takes them; only who answers for its sort leads there (edge case 30)."""
    return [
        {
            "party_type": party.party_type,
            "enterprise": party.enterprise,
            "unit_name": party.unit_name,
            "uscc": party.uscc,
            "lead_name": party.head_name,
            "lead_id_number": None if party.is_member else party.head_id_number,
            "lead_id_index": None if party.is_member else party.head_id_index,
        }
        for party in filing.parties.select_related("enterprise")
        if not party.exempt
    ]
