"""What an officer does with a review: take it, note what is wrong, return or approve it (decisions 9, S10)."""

from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from portal.audit import record
from portal.errors import Refused
from portal.masking import mask_name
from portal.notifications import mark_handled, notify
from supervision.actions.deciding import keep_look, note_decision, require_separate
from supervision.actions.holding import locked_review
from supervision.actions.notices import issue_notice
from supervision.actions.numbers import number_for
from supervision.actions.people import applicants_of
from supervision.actions.settle import settle
from supervision.catalogue import Section
from supervision.clock import stop_clock
from supervision.frozen import changes_since, label_of, value_at
from supervision.models import DeficiencyItem, Filing, FilingVersion, Material, OpinionDraft, Review
from supervision.permissions import Seat, is_tied, posts_for, require_chief, require_officer, require_untied

DECIDED = (Review.Status.APPROVED, Review.Status.RETURNED, Review.Status.REJECTED)
OLD_VALUE_LENGTH = DeficiencyItem._meta.get_field("old_value").max_length


@transaction.atomic
def accept_review(review: Review, *, by) -> Review:
    """Take a review on; its clock has been running since the filing was handed in."""
    filing, review = locked_review(review.pk)
    seat = require_officer(by, review)
    if review.status == Review.Status.ACCEPTED and review.assignee_id == by.pk:
        return review
    if review.status == Review.Status.ACCEPTED:
        raise Refused(_("该申请已由 %(name)s 受理。") % {"name": masked(review.assignee)})
    require_free(review, seat)
    require_untied(by, review)
    behalf = seat.behalf(review) if review.assignee_id else None
    review.move("accept")
    review.assignee = review.assignee if behalf and behalf == review.assignee_id else by
    review.accepted_at = timezone.now()
    require_separate(review, by)
    review.save(update_fields=["status", "assignee", "accepted_at"])
    note_decision(review, "accept", by=by, behalf=behalf)
    record("review.accepted", review, by=by, **facts_of(review, behalf))
    mark_handled(review, "filing.submitted", "filing.resubmitted")
    settle(filing, by=by)
    tell_applicants(review, "review.accepted")
    return review


def pass_review(filing: Filing, review: Review, opinion: str, *, by, behalf) -> Review:
    """What an approval that counts brings with it; the review has moved, and is saved here."""
    review.supervision_no = number_for(review)
    review.save()
    note_decision(review, "approve", opinion, by=by, behalf=behalf)
    record("review.approved", review, by=by, number=review.supervision_no, **facts_of(review, behalf))
    mark_handled(review)
    tell_applicants(review, "review.approved")
    settle(filing, by=by)
    return review


def require_deciding(review: Review, version, *, by) -> Seat:
    """As `require_decider`, and nothing is noted that was not sent: 通过 and 不予通过 would lose it."""
    seat = require_decider(review, version, by=by)
    require_no_drafts(review)
    return seat


@transaction.atomic
def return_review(review: Review, *, opinion: str = "", version, by) -> Review:
    """退回补正: the items noted so far go to the applicant at once; the other station goes on undisturbed."""
    filing, review = locked_review(review.pk)
    seat = require_decider(review, version, by=by)
    items = review.items.filter(sent_at=None)
    if not items.exists():
        raise Refused(_("请先添加至少一条补正意见，写明需要修改的位置和原因。"))
    require_late_agreed(review)
    review.move("return")
    decide(review, opinion, by=by)
    review.save()
    count = items.update(sent_at=review.decided_at)
    behalf = seat.behalf(review)
    issue_notice(note_decision(review, "return", opinion, by=by, behalf=behalf), filing)
    record("review.returned", review, by=by, items=count, **facts_of(review, behalf))
    mark_handled(review)
    settle(filing, by=by)
    tell_applicants(review, "review.returned", link=reverse("filing:correct", args=[filing.pk]), count=count)
    return review


def masked(user: User | None) -> str:
    """A colleague's name as a refusal gives it."""
    return mask_name(user.name) if user else ""


def require_free(review: Review, seat: Seat) -> None:
    """Refuse to take what was handed to a colleague; the chief, and who acts for the colleague, may."""
    holds_post = posts_for(review.station, review.role).filter(user=review.assignee_id)
    if review.assignee_id and not seat.decides(review) and holds_post.exists():
        raise Refused(_("该申请已分派给 %(name)s，请由其受理，或由站长改派。") % {"name": masked(review.assignee)})


def require_no_drafts(review: Review) -> None:
    if review.items.filter(sent_at=None).exists():
        raise Refused(_("还有未发出的补正意见。请先删除这些意见，或选择“退回补正”。"))


def require_late_agreed(review: Review) -> None:
    """What stood there unchanged in round 1 is raised later only with the chief's tick (one-time notice)."""
    late = review.items.filter(sent_at=None, missed_in_first_round=True, late_agreed_at=None)
    if count := late.count():
        raise Refused(
            _("有 %(count)d 条意见针对首轮提交后没有变化的内容，属于“首轮遗漏”，须站长勾选同意后才能发出。")
            % {"count": count},
            _("请站长在审核页“待发送的批注”中勾选，或删除这些意见。"),
            safe=_("批注和审核意见已保留。"),
            action=(_("返回审核页"), reverse("review:detail", args=[review.pk]) + "#drafts"),
        )


def require_decider(review: Review, version, *, by) -> Seat:
    """Raise Http404 for strangers; Refused if it is decided, somebody else's, or the officer saw an older version."""
    seat = require_officer(by, review)
    if review.status in DECIDED:
        facts = {"name": masked(review.decided_by), "time": f"{timezone.localtime(review.decided_at):%H:%M}"}
        raise Refused(
            _("该申请已由 %(name)s 于 %(time)s 处理。") % facts,
            heading=_("该申请已处理"),
            action=(_("查看最新状态"), reverse("review:detail", args=[review.pk])),
        )
    require_current(review, version, by=by)
    if review.assignee_id and not seat.decides(review):
        raise PermissionDenied(_("该申请由 %(name)s 办理，您不能代为决定。") % {"name": masked(review.assignee)})
    require_untied(by, review)
    require_separate(review, by)
    return seat


def require_current(review: Review, version, *, by) -> None:
    """Refuse a decision about another version than the one under review, and say what changed (decisions 9).

    Who decides about the present one has looked at it.
    """
    number = str(getattr(version, "number", version))
    if number == str(review.version.number):
        return keep_look(review, by=by)
    versions = FilingVersion.objects.filter(filing=review.filing_id)
    seen = versions.filter(number=number).first() if number.isdecimal() and len(number) < 5 else None
    changes = changes_since(seen, review.version) if seen else []
    raise Refused(
        *[f"{change.label}：{change.old or _('（空）')} → {change.new or _('（空）')}" for change in changes],
        _("请查看最新内容后再作决定。"),
        heading=_("申请人已重新提交，您看到的不是最新内容"),
        safe=_("您的决定没有提交。已添加的补正意见仍保留。"),
        action=(_("查看最新内容"), reverse("review:detail", args=[review.pk])),
    )


def decide(review: Review, opinion: str, *, by) -> None:
    review.opinion = opinion.strip()
    review.decided_by, review.decided_at = by, timezone.now()
    stop_clock(review, review.decided_at)
    OpinionDraft.objects.filter(review=review).delete()


def facts_of(review: Review, behalf=None) -> dict:
    """For the audit entry; who reviews both roles of one filing is seen there (edge case 17)."""
    others = Review.objects.filter(filing=review.filing_id, assignee=review.assignee_id).exclude(pk=review.pk)
    return {
        "filing": review.filing.number,
        "role": review.role,
        "round": review.round,
        "version": review.version.number,
        "reviews_both": review.assignee_id is not None and others.exists(),
    } | ({"on_behalf_of": behalf} if behalf else {})


def tell_applicants(review: Review, event: str, *, link: str = "", **context) -> None:
    filing: Filing = review.filing
    link = link or filing.get_absolute_url()
    notify(applicants_of(filing), event, about=filing, link=link, filing=filing, review=review, **context)


# Items: what has to be corrected. Until the review is returned they are the officer's draft.


@transaction.atomic
def add_item(
    review: Review,
    *,
    section: str,
    place: str = "",
    material: Material | None = None,
    reason_code: str = "",
    text: str,
    basis: str = "",
    by,
) -> DeficiencyItem:
    """Note one thing to correct: where, why, on what basis. The value found there is kept beside it."""
    _filing, review = locked_review(review.pk)
    require_noting(review, by=by)
    place = material.pk if material else place
    require_place(section, place)
    if not text.strip():
        raise Refused(_("请写明退回原因。"))
    keep_look(review, by=by)
    old_value = value_at(review.version.data, section, place)[:OLD_VALUE_LENGTH] if section else ""
    return DeficiencyItem.objects.create(
        review=review,
        round=review.round,
        section=section,
        place=place,
        material=material,
        reason_code=reason_code,
        text=text.strip(),
        basis=basis.strip(),
        old_value=old_value,
        missed_in_first_round=is_late_finding(review, section, place),
        created_by=by,
    )


@transaction.atomic
def change_item(item: DeficiencyItem, *, text: str, basis: str = "", reason_code: str = "", by) -> DeficiencyItem:
    """Word a draft item differently."""
    _filing, review = locked_review(item.review_id)
    require_noting(review, by=by)
    item = draft_item(review, item)
    if not text.strip():
        raise Refused(_("请写明退回原因。"))
    item.text, item.basis, item.reason_code = text.strip(), basis.strip(), reason_code
    item.save(update_fields=["text", "basis", "reason_code"])
    return item


@transaction.atomic
def drop_item(item: DeficiencyItem, *, by) -> None:
    """Throw a draft item away; what was sent stays for ever."""
    _filing, review = locked_review(item.review_id)
    require_noting(review, by=by)
    draft_item(review, item).delete()


@transaction.atomic
def agree_late_item(item: DeficiencyItem, *, by) -> DeficiencyItem:
    """The chief's tick 首轮遗漏: this may be raised although it stood there unchanged in the first round."""
    _filing, review = locked_review(item.review_id)
    require_chief(by, review, _("只有站长可以勾选“首轮遗漏”。"))
    require_untied(by, review)
    item = draft_item(review, item)
    if not item.missed_in_first_round or item.late_agreed_at:
        return item
    item.late_agreed_by, item.late_agreed_at = by, timezone.now()
    item.save(update_fields=["late_agreed_by", "late_agreed_at"])
    record("review.late_finding_agreed", review, by=by, section=item.section, **facts_of(review))
    return item


def draft_item(review: Review, item: DeficiencyItem) -> DeficiencyItem:
    draft = review.items.filter(pk=item.pk, sent_at=None).first()
    if draft is None:
        raise Refused(_("该条意见已发送给申请人或已删除，不能再修改。"))
    return draft


def require_noting(review: Review, *, by) -> None:
    """Only who has taken the review on, or the chief, notes items."""
    seat = require_officer(by, review)
    if review.status != Review.Status.ACCEPTED:
        facts = {"status": review.get_status_display()}
        raise Refused(_("当前状态为“%(status)s”，请先受理后再添加补正意见。") % facts)
    if not seat.decides(review) or is_tied(by, review):
        raise PermissionDenied(_("该申请由 %(name)s 办理，您不能代为添加意见。") % {"name": masked(review.assignee)})


def require_place(section: str, place: str) -> None:
    """Refuse a place that no tab has, so that every item can be found and corrected."""
    try:
        label_of(section or Section.BASICS, place if section else "")
    except (FieldDoesNotExist, ValueError):
        raise Refused(_("没有这个位置，请重新选择要批注的内容。")) from None


def is_late_finding(review: Review, section: str, place: str) -> bool:
    """首轮遗漏: raised in a later round about something that stood there unchanged in the first (one-time notice)."""
    if review.round == 1 or not section:
        return False
    first = FilingVersion.objects.filter(filing=review.filing_id).earliest("number")
    named_before = review.items.filter(section=section, place=place, round__lt=review.round).exists()
    unchanged = not any(
        change.section == section and (not place or change.place == place)
        for change in changes_since(first, review.version)
    )
    return unchanged and not named_before
