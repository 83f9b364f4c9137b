"""通过 at a station that asks for the chief's word: proposed by the reviewer, counted once another person confirms."""

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
from supervision.actions.review import decide, facts_of, pass_review, require_current, require_deciding
from supervision.actions.settle import settle
from supervision.models import Filing, Review
from supervision.permissions import Seat, require_chief, require_officer, require_untied

Status = Review.Status


@transaction.atomic
def approve_review(review: Review, *, opinion: str = "", version, by) -> Review:
    """通过: the project's number of this role is given; the last approval makes the filing 报监完毕.

    Where the station has its approvals confirmed, it is proposed to the chief and nothing else happens yet.
    """
    filing, review = locked_review(review.pk)
    seat = require_deciding(review, version, by=by)
    if review.station.confirm_approvals:
        return propose(filing, review, opinion, seat, by=by)
    review.move("approve")
    decide(review, opinion, by=by)
    return pass_review(filing, review, opinion, by=by, behalf=seat.behalf(review))


def propose(filing: Filing, review: Review, opinion: str, seat: Seat, *, by) -> Review:
    """Put 通过 before the chiefs; the clock runs on, and the proposer may take it back."""
    behalf = seat.behalf(review)
    chiefs = others_who_confirm(review, {by.pk, behalf})
    if not chiefs:
        raise Refused(
            _(
                "本站设置了通过须站长确认，但目前没有其他站长可以确认。请联系平台运营人员设置，或转办后由其他审核员提出。"
            ),
            safe=_("审核意见和批注已保留。"),
        )
    review.move("propose_approval")
    review.save(update_fields=["status"])
    note_decision(review, "propose_approval", opinion, by=by, behalf=behalf)
    record("review.approval_proposed", review, by=by, **facts_of(review, behalf))
    mark_handled(review)
    settle(filing, by=by)
    told = {"filing": filing, "review": review, "officer": by, "reason": opinion.strip()}
    notify(chiefs, "review.approval_proposed", about=review, link=link_to(review), **told)
    return review


def link_to(review: Review) -> str:
    return reverse("review:detail", args=[review.pk])


@transaction.atomic
def confirm_approval(review: Review, *, opinion: str = "", version, by) -> Review:
    """The chief, another person than who proposed it, lets 通过 count."""
    filing, review = locked_review(review.pk)
    seat = require_chief(by, review, _("只有站长可以确认通过。"))
    behalf, told = None, []
    if review.status == Status.APPROVING:
        require_current(review, version, by=by)
        behalf = require_another(review, seat)
    require_untied(by, review)
    review.move("confirm_approval")
    proposal = proposal_of(review)
    decide(review, "\n".join(filter(None, [proposal.opinion, opinion.strip()])), by=by)
    review = pass_review(filing, review, opinion, by=by, behalf=behalf)
    told = [one for one in {proposal.by, review.assignee} if one and one.pk != by.pk]
    notify(told, "review.approval_confirmed", about=review, link=link_to(review), filing=filing, review=review)
    return review


@transaction.atomic
def decline_approval(review: Review, *, reason: str, by) -> Review:
    """The chief does not agree, or the proposer takes it back: the review goes on."""
    filing, review = locked_review(review.pk)
    seat = require_officer(by, review)
    if not seat.is_chief and not seat.has(review):
        raise PermissionDenied(_("只有站长或提出人可以退回该意见。"))
    if not reason.strip():
        raise Refused(_("请填写原因。"))
    review.move("decline_approval")
    review.assignee = review.assignee or by
    review.save(update_fields=["status", "assignee"])
    behalf = seat.behalf_of_chief if seat.is_chief else seat.behalf(review)
    note_decision(review, "decline_approval", reason, by=by, behalf=behalf)
    record("review.approval_declined", review, by=by, **facts_of(review, behalf))
    mark_handled(review, "review.approval_proposed")
    settle(filing, by=by)
    told = [review.assignee] if review.assignee and review.assignee_id != by.pk else []
    facts = {"filing": filing, "review": review, "reason": reason}
    notify(told, "review.approval_declined", about=review, link=link_to(review), **facts)
    return review
