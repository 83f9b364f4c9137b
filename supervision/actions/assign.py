"""转办: the chief hands a review over, for an officer who is away or has too much."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import notify
from supervision.actions.holding import locked_review
from supervision.models import Review, ReviewDecision
from supervision.permissions import is_chief, posts_for, require_officer


@transaction.atomic
def assign_review(review: Review, *, officer, by) -> Review:
    """Another officer of the same station and role goes on; items, clock and round stay as they are."""
    filing, review = locked_review(review.pk)
    require_officer(by, review)
    if not is_chief(by, review):
        raise PermissionDenied(_("只有站长可以转办。"))
    if review.status != Review.Status.ACCEPTED:
        raise Refused(_("当前状态为“%(state)s”，不需要转办。") % {"state": review.get_status_display()})
    if not posts_for(review.station, review.role).filter(user=officer).exists():
        raise Refused(_("请选择本站同一职责的审核员。"))
    if review.assignee_id == officer.pk:
        return review
    was, review.assignee = review.assignee_id, officer
    review.save(update_fields=["assignee"])
    ReviewDecision.objects.create(review=review, round=review.round, version=review.version, move="assign", by=by)
    record("review.assigned", review, by=by, filing=filing.number, role=review.role, was=was, now=officer.pk)
    link = reverse("review:detail", args=[review.pk])
    notify([officer], "review.assigned", about=review, link=link, filing=filing, review=review)
    return review
