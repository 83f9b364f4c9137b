"""Taking a filing back, and asking the target that was left out."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Target
from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from supervision.actions.holding import locked_filing
from supervision.actions.identity import SEARCH
from supervision.actions.settle import settle
from supervision.actions.submit import new_review, stations_for, tell_station
from supervision.clock import stop_clock
from supervision.models import Filing, Review
from supervision.permissions import officers_of, require_preparer


@transaction.atomic
def supplement_filing(filing: Filing, *, by) -> Filing:
    """补报另一监督对象: ask the target that was not chosen, about what the other one approved (edge case 7)."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    missing = [target for target in Target.values if target in filing.spec.targets - set(filing.targets)]
    if filing.status != Filing.Status.APPROVED or not missing:
        raise Refused(_("当前没有需要补报的监督对象。"))
    stations = stations_for(filing, missing)
    version = filing.versions.latest("number")
    filing.targets = [target for target in Target.values if target in {*filing.targets, *missing}]
    filing.submitted_by, filing.submitted_at = by, timezone.now()
    filing.save(update_fields=["targets", "submitted_by", "submitted_at"])
    reviews = [new_review(filing, role, station, version) for role, station in stations.items()]
    record("filing.supplemented", filing, by=by, targets=missing)
    for review in reviews:
        tell_station(review, "filing.submitted")
    settle(filing, by=by)
    return filing


@transaction.atomic
def withdraw_filing(filing: Filing, *, by) -> Filing:
    """Take a filing back while no station has passed it; the project may then be filed anew."""
    filing = locked_filing(filing.pk)
    require_preparer(by, filing)
    reviews = list(filing.reviews.select_for_update(of=("self",), no_key=True).select_related("station"))
    if passed := [review for review in reviews if review.status == Review.Status.APPROVED]:
        names = "、".join(f"{review.station}（{review.get_role_display()}）" for review in passed)
        raise Refused(_("%(names)s已审核通过，不能自行撤回。如需撤回请联系该监督站。") % {"names": names})
    filing.move("withdraw")
    filing.live_key, filing.changed_by, filing.changed_at = None, by, timezone.now()
    filing.index_search()
    filing.save(update_fields=["status", "live_key", "changed_by", "changed_at", *SEARCH])
    for review in reviews:
        end_review(review, filing)
    mark_handled(filing)
    record("filing.withdrawn", filing, by=by, round=filing.round)
    return filing


def end_review(review: Review, filing: Filing) -> None:
    """Close a review whose filing was taken back, and tell whoever has it."""
    if not review.can("cancel"):
        return
    stop_clock(review, timezone.now())
    review.move("cancel")
    review.save(update_fields=["status", "clock_started_at", "days_used"])
    mark_handled(review)
    officers = [officer for officer in officers_of(review.station, review.role) if review.assignee_id == officer.pk]
    link = reverse("review:detail", args=[review.pk])
    notify(officers, "filing.withdrawn", about=review, link=link, filing=filing)
