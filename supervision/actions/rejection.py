"""不予通过: one officer proposes it with a reason, the chief, another person, confirms or declines (decisions 7)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from supervision.actions.confirming import others_who_confirm, proposal_of, require_another
from supervision.actions.deciding import note_decision
from supervision.actions.holding import locked_review
from supervision.actions.notices import issue_notice
from supervision.actions.review import (
    decide,
    facts_of,
    require_current,
    require_decider,
    require_no_drafts,
    tell_applicants,
)
from supervision.actions.settle import settle
from supervision.models import Review
from supervision.permissions import require_chief, require_officer, require_untied

Status = Review.Status


@transaction.atomic
def propose_rejection(review: Review, *, opinion: str, version, by) -> Review:
    """Propose 不予通过 to the chief; the clock runs on, and the proposer may take it back."""
    filing, review = locked_review(review.pk)
    seat = require_decider(review, version, by=by)
    if not opinion.strip():
        raise Refused(_("请写明不予通过的理由，站长和申请单位都会看到。"))
    require_no_drafts(review)
    behalf = seat.behalf(review)
    chiefs = others_who_confirm(review, {by.pk, behalf})
    if not chiefs:
        raise Refused(
            _("不予通过须由另一位站长确认，本站目前没有其他站长。请联系平台运营人员设置，或转办后由审核员提出。"),
            safe=_("审核意见和批注已保留。"),
        )
    review.move("propose_rejection")
    review.save(update_fields=["status"])  # the reason is nobody's business before it is confirmed
    note_decision(review, "propose_rejection", opinion, by=by, behalf=behalf)
    record("review.rejection_proposed", review, by=by, **facts_of(review, behalf))
    mark_handled(review)
    settle(filing, by=by)
    link = reverse("review:detail", args=[review.pk])
    told = {"filing": filing, "review": review, "officer": by, "reason": opinion.strip()}
    notify(chiefs, "review.rejection_proposed", about=review, link=link, **told)
    return review


@transaction.atomic
def confirm_rejection(review: Review, *, opinion: str = "", version, by) -> Review:
    """不予通过: the filing ends here; what the other station passed is kept for the copy."""
    filing, review = locked_review(review.pk)
    seat = require_chief(by, review, _("只有站长可以确认不予通过。"))
    behalf = seat.behalf_of_chief
    if review.status == Status.REJECTING:
        require_current(review, version, by=by)
        behalf = require_another(review, seat)
    require_untied(by, review)
    review.move("reject")
    decide(review, "\n".join(filter(None, [proposal_of(review).opinion, opinion.strip()])), by=by)
    review.save()
    decision = note_decision(review, "reject", opinion, by=by, behalf=behalf)
    issue_notice(decision, filing)
    record("review.rejected", review, by=by, **facts_of(review, behalf))
    mark_handled(review)
    settle(filing, by=by)
    tell_applicants(review, "review.rejected")
    return review


@transaction.atomic
def decline_rejection(review: Review, *, reason: str, by) -> Review:
    """The chief does not agree, or the proposer takes it back: the review goes on."""
    filing, review = locked_review(review.pk)
    seat = require_officer(by, review)
    if not seat.is_chief and not seat.has(review):
        raise PermissionDenied(_("只有站长或提出人可以退回该意见。"))
    if not reason.strip():
        raise Refused(_("请填写原因。"))
    review.move("decline_rejection")
    review.assignee = review.assignee or by
    review.save(update_fields=["status", "assignee"])
    behalf = seat.behalf_of_chief if seat.is_chief else seat.behalf(review)
    note_decision(review, "decline_rejection", reason, by=by, behalf=behalf)
    record("review.rejection_declined", review, by=by, **facts_of(review, behalf))
    mark_handled(review, "review.rejection_proposed")
    settle(filing, by=by)
    told = [review.assignee] if review.assignee and review.assignee_id != by.pk else []
    link = reverse("review:detail", args=[review.pk])
    notify(told, "review.rejection_declined", about=review, link=link, filing=filing, review=review, reason=reason)
    return review
