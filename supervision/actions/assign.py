"""Who has a review: 领取, 退回待领取, 指派 and 转办, 回避, several at once (interface page 29, edge case 18)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import notify
from supervision.actions.deciding import note_decision, require_separate
from supervision.actions.holding import locked_review
from supervision.actions.review import masked
from supervision.actions.settle import settle
from supervision.catalogue import MOST_AT_ONCE
from supervision.models import Recusal, Review
from supervision.permissions import (
    chiefs_of,
    delegates_of,
    posts_for,
    require_chief,
    require_officer,
    require_untied,
    tied_among,
)

Status = Review.Status
UNTAKEN = (Status.WAITING, Status.RECHECK)
IN_HAND = (*UNTAKEN, Status.ACCEPTED, Status.SURVEY, *Review.PROPOSED)


@transaction.atomic
def claim_review(review: Review, *, by) -> Review:
    """领取: put a review that nobody has on one's own pile; the formal 受理 follows when it is looked at."""
    _filing, review = locked_review(review.pk)
    require_officer(by, review)
    if review.assignee_id == by.pk and review.status in IN_HAND:
        return review
    if review.assignee_id:
        raise Refused(_("该申请已由 %(name)s 领取。") % {"name": masked(review.assignee)})
    if review.status not in UNTAKEN:
        raise Refused(_("当前状态为“%(state)s”，不需要领取。") % {"state": review.get_status_display()})
    require_untied(by, review)
    require_separate(review, by)
    review.assignee = by
    review.save(update_fields=["assignee"])
    note_decision(review, "claim", by=by)
    record("review.claimed", review, by=by, filing=review.filing.number, role=review.role)
    return review


@transaction.atomic
def release_review(review: Review, *, reason: str = "", by) -> Review:
    """Put a review back where every colleague may take it; its clock and its noted items stay."""
    filing, review = locked_review(review.pk)
    seat = require_officer(by, review)
    if review.assignee_id is None or review.status not in (*UNTAKEN, Status.ACCEPTED):
        raise Refused(_("当前状态为“%(state)s”，不需要退回待领取。") % {"state": review.get_status_display()})
    if not seat.decides(review):
        raise PermissionDenied(_("该申请由 %(name)s 办理，您不能退回。") % {"name": masked(review.assignee)})
    behalf = seat.behalf(review)
    put_back(review)
    note_decision(review, "release", reason, by=by, behalf=behalf)
    record("review.released", review, by=by, filing=filing.number, role=review.role)
    settle(filing, by=by)
    return review


def put_back(review: Review) -> None:
    """Nobody has it any more; what was looked at before waits as 待复核."""
    if review.status == Status.ACCEPTED:
        review.move("release" if review.round == 1 else "release_again")
    review.assignee = review.accepted_at = None
    review.save(update_fields=["status", "assignee", "accepted_at"])


@transaction.atomic
def assign_review(review: Review, *, officer, reason: str = "", by) -> Review:
    """指派 or 转办, by the chief: another officer of the same station and role goes on.

    Items, clock and round stay as they are. An officer who cannot go on puts the review back or steps back.
    """
    filing, review = locked_review(review.pk)
    seat = require_chief(by, review, _("只有站长可以转办。"))
    if review.status not in IN_HAND:
        raise Refused(_("当前状态为“%(state)s”，不需要转办。") % {"state": review.get_status_display()})
    if not posts_for(review.station, review.role).filter(user=officer).exists():
        raise Refused(_("请选择本站同一职责的审核员。"))
    if review.assignee_id == officer.pk:
        return review
    if tied_among([officer.pk], review):
        raise Refused(_("%(name)s 与该项目有关联或已申请回避，请选择其他审核员。") % {"name": officer.name})
    require_separate(review, officer)
    behalf = seat.behalf_of_chief
    was, review.assignee = review.assignee_id, officer
    review.save(update_fields=["assignee"])
    note_decision(review, "assign", reason, by=by, behalf=behalf)
    record("review.assigned", review, by=by, filing=filing.number, role=review.role, was=was, now=officer.pk)
    link = reverse("review:detail", args=[review.pk])
    told = [officer, *delegates_of([officer])]
    notify(told, "review.assigned", about=review, link=link, filing=filing, review=review)
    return review


@transaction.atomic
def recuse(review: Review, *, reason: str, by) -> Review:
    """回避: the officer steps back for good; what he had waits for the chief to hand it to somebody else."""
    filing, review = locked_review(review.pk)
    seat = require_officer(by, review)
    if not reason.strip():
        raise Refused(_("请填写回避事由。"))
    if review.status not in IN_HAND:
        raise Refused(_("当前状态为“%(state)s”，不需要回避。") % {"state": review.get_status_display()})
    _recusal, is_new = Recusal.objects.get_or_create(review=review, officer=by, defaults={"reason": reason.strip()})
    if not is_new:
        return review
    mine = review.assignee_id == seat.user
    if mine and review.status in (*UNTAKEN, Status.ACCEPTED):
        put_back(review)
    elif mine:  # a survey or a proposal is under way: the chief hands it on as it is
        review.assignee = None
        review.save(update_fields=["assignee"])
    note_decision(review, "recuse", by=by)
    record("review.recused", review, by=by, filing=filing.number, role=review.role)
    link = reverse("review:detail", args=[review.pk])
    chiefs = [chief for chief in chiefs_of(review.station, review.role) if chief.pk != by.pk]
    notify(chiefs, "review.recused", about=review, link=link, filing=filing, review=review, officer=by)
    settle(filing, by=by)
    return review


# Several at once: each row stands or falls alone, and says so


@dataclass(frozen=True)
class Outcome:
    """What became of one row; `problem` is empty where it was done."""

    review: Review
    problem: str = ""


def claim_many(reviews: Iterable[Review], *, by) -> list[Outcome]:
    """批量领取."""
    return [tried(review, lambda review: claim_review(review, by=by)) for review in few(reviews)]


def assign_many(reviews: Iterable[Review], *, officer, by) -> list[Outcome]:
    """批量指派, by the chief."""
    return [tried(review, lambda review: assign_review(review, officer=officer, by=by)) for review in few(reviews)]


def few(reviews: Iterable[Review]) -> list[Review]:
    rows = list(reviews)
    if not rows:
        raise Refused(_("请先勾选要办理的报监。"))
    if len(rows) > MOST_AT_ONCE:
        raise Refused(_("一次最多办理 %(most)d 件，请减少勾选。") % {"most": MOST_AT_ONCE})
    return rows


def tried(review: Review, act: Callable[[Review], Review]) -> Outcome:
    try:
        with transaction.atomic():
            act(review)
    except Refused as refusal:
        return Outcome(review, "".join(map(str, refusal.reasons)))
    except PermissionDenied as refusal:
        return Outcome(review, str(refusal))
    except Http404:
        return Outcome(review, _("没有找到这件报监，可能已移送其他监督站。"))
    return Outcome(review)
