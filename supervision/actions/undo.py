"""撤销决定: the chief takes back what his station decided, with a reason (docs/decisions.md says when)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.calendar import add_workdays
from portal.errors import Refused
from portal.notifications import mark_handled
from supervision.actions.deciding import note_decision
from supervision.actions.holding import locked_review
from supervision.actions.notices import revoke_notices
from supervision.actions.review import facts_of, tell_applicants
from supervision.actions.settle import settle
from supervision.catalogue import UNDO_WORKDAYS
from supervision.clock import start_clock
from supervision.models import Filing, Review
from supervision.permissions import require_chief, require_untied

Status = Review.Status
UNDOABLE = (Status.APPROVED, Status.RETURNED)
WHILE = (Filing.Status.SUBMITTED, Filing.Status.UNDER_REVIEW, Filing.Status.RETURNED, Filing.Status.APPROVED)


def why_not_undone(filing: Filing, review: Review) -> str:
    """Why the decision stands; "" if the chief may take it back."""
    if filing.status == Filing.Status.FILED:
        return _("已报监完毕，审核决定不能撤销。")
    if review.status not in UNDOABLE or filing.status not in WHILE or review.decided_at is None:
        return _("当前没有可以撤销的决定。不予通过经两人确认，不能撤销；申请单位可以复制为新的报监。")
    if timezone.localdate() > add_workdays(timezone.localdate(review.decided_at), UNDO_WORKDAYS):
        return _("决定作出已超过 %(days)d 个工作日，不能撤销。") % {"days": UNDO_WORKDAYS}
    if review.status == Status.RETURNED and review.items.filter(round=review.round, replied_at__isnull=False).exists():
        return _("申请单位已开始答复补正意见，不能撤销。")
    if filing.conversions.exclude(status__in=[Filing.Status.DRAFT, Filing.Status.PULLED]).exists():
        return _("该报监已转入新的报监，审核决定不能撤销。")
    return ""


@transaction.atomic
def undo_decision(review: Review, *, reason: str, by) -> Review:
    """Open a passed or returned review again; it is decided anew about what lies before the stations now.

    The officer who had it goes on with the days that are left. Items that were sent become his drafts again, and a
    supervision number stays with the review.
    """
    filing, review = locked_review(review.pk)
    seat = require_chief(by, review, _("只有站长可以撤销决定。"))
    require_untied(by, review)
    if not reason.strip():
        raise Refused(_("请填写撤销原因，申请单位会看到。"))
    if why := why_not_undone(filing, review):
        raise Refused(why)
    undone = review.status
    items = review.items.filter(round=review.round, sent_at__isnull=False, closed_at=None).update(sent_at=None)
    revoke_notices(review.pk, round=review.round)
    review.move("undo")
    review.version = filing.versions.latest("number")
    review.assignee = review.assignee or review.decided_by
    review.opinion, review.decided_by, review.decided_at = "", None, None
    start_clock(review, timezone.now())
    review.save()
    behalf = seat.behalf_of_chief
    note_decision(review, f"undo_{'approve' if undone == Status.APPROVED else 'return'}", reason, by=by, behalf=behalf)
    record("review.undone", review, by=by, undone=undone, items=items, **facts_of(review, behalf))
    mark_handled(filing, "review.returned", "review.approved", "filing.approved")
    settle(filing, by=by)
    tell_applicants(review, "review.undone", reason=reason.strip(), undone=undone)
    return review
