"""审核决定: a page of its own that says what will happen and who will be told (interface page 31)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from portal.forms import posted
from portal.masking import mask_name, mask_phone
from portal.notifications.kinds import kind_of
from portal.once import once
from supervision.actions import approve_review, assign_review, propose_rejection, return_review, save_opinion
from supervision.actions.confirming import others_who_confirm
from supervision.actions.people import applicants_of
from supervision.actions.settle import overall
from supervision.forms.desk import DraftForm
from supervision.forms.review import APPROVE, REJECT, RETURN, AssignForm, DecideForm
from supervision.models import Filing, OpinionDraft, Review
from supervision.permissions import can_decide, is_chief, posts_for, seat_of
from supervision.views.review.checks import unmarked_count
from supervision.views.review.desk import named
from supervision.views.review.inbox import back_of, desk_url, name_of, visible_review

EVENTS = {APPROVE: "review.approved", RETURN: "review.returned"}
ACTIONS = {APPROVE: approve_review, RETURN: return_review, REJECT: propose_rejection}
SAID = {
    APPROVE: _("已通过，申请单位将收到通知。"),
    RETURN: _("已退回补正，补正意见已发送给申请单位。"),
}
PROPOSED = _("已提交站长确认。确认前您可以收回。")


@once
def review_decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    review, back = visible_review(request, pk), back_of(request)
    is_at_work = review.status == Review.Status.ACCEPTED
    if request.method != "POST" and not is_at_work:
        return redirect(desk_url(review, back))
    if is_at_work and not can_decide(request.user, review):
        facts = {"name": mask_name(review.assignee.name) if review.assignee else ""}
        raise PermissionDenied(gettext("该申请由 %(name)s 办理，您不能代为决定。") % facts)
    drafts = list(review.items.filter(sent_at=None))
    kept = OpinionDraft.objects.filter(review=review, officer=request.user.pk).first()
    initial = suggested(request, review, kept)
    waiting, confirmed = len(drafts) if is_at_work else None, review.station.confirm_approvals
    form = DecideForm(**posted(request), initial=initial, drafts=waiting, is_confirmed=confirmed)
    if form.is_valid():
        return decided(request, review, form, back)
    context = page_of(review, drafts, form, back, by=request.user) | {"kept": kept}
    return render(request, "supervision/review/decide.html", context)


def suggested(request: HttpRequest, review: Review, kept: OpinionDraft | None) -> dict[str, Any]:
    """What the officer clicked, and what was typed here before; the version is the one that this page shows."""
    move = request.GET.get("move") or (kept.move if kept else "")
    text = kept.text if kept else ""
    return {"move": move if move in ACTIONS else None, "opinion": text, "version": review.version.number}


@require_POST
def review_draft(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep what is typed on the decision page: a script sends it now and then, a button without one."""
    review, form = visible_review(request, pk), DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"saved": False}, status=400)
    draft = save_opinion(review, move=form.cleaned_data["move"], text=form.cleaned_data["opinion"], by=request.user)
    if "save" not in request.POST:
        return JsonResponse({"saved": f"{timezone.localtime(draft.saved_at):%H:%M}"})
    messages.success(request, gettext("审核意见已保存，尚未提交。"))
    return redirect(reverse("review:decide", args=[review.pk]) + return_query(back_of(request)))


def return_query(back: str) -> str:
    return "?" + urlencode({"return": back}) if back else ""


def decided(request: HttpRequest, review: Review, form: DecideForm, back: str) -> HttpResponse:
    """Act, and go on to the review with word of what came of it."""
    move = form.cleaned_data["move"]
    opinion, version = form.cleaned_data["opinion"], form.cleaned_data["version"]
    after = ACTIONS[move](review, opinion=opinion, version=version, by=request.user)
    is_proposed = after.status in Review.PROPOSED
    messages.success(request, str(PROPOSED if is_proposed else SAID[move]))
    return redirect(desk_url(review, back))


def page_of(review: Review, drafts: list, form: DecideForm, back: str, *, by: Any) -> dict[str, Any]:
    people = applicants_of(review.filing)
    told = [(label, who_is_told(EVENTS[move], people)) for move, label in form.fields["move"].choices if move in EVENTS]  # type: ignore[attr-defined]
    confirming = chiefs_told(others_who_confirm(review, {by.pk, seat_of(by, review).behalf(review)} - {None}))
    if review.station.confirm_approvals:
        told[0] = (told[0][0], confirming)
    told.append((gettext("不予通过"), confirming))
    return {
        "unmarked": unmarked_count(review),
        "review": review,
        "filing": review.filing,
        "name": name_of(review),
        "form": form,
        "drafts": [named(review, item) for item in drafts],
        "told": told,
        "completes": completes(review),
        "late": [item for item in drafts if item.missed_in_first_round and not item.late_agreed_at],
        "query": return_query(back),
        "desk_url": desk_url(review, back),
    }


def who_is_told(event: str, people: list[User]) -> str:
    """将短信通知：吴*（138****0000）; how, as the kind of the message says."""
    named_people = "、".join(f"{mask_name(user.name)}（{mask_phone(user.phone)}）" for user in people)
    if not named_people:
        return gettext("没有可通知的申请人")
    how = gettext("将短信通知：%(people)s") if kind_of(event).sms else gettext("将站内通知：%(people)s")
    return how % {"people": named_people}


def chiefs_told(chiefs: list[User]) -> str:
    names = "、".join(chief.name for chief in chiefs)
    if not names:
        return gettext("本站没有其他站长可以确认，暂不能提出")
    return gettext("将站内通知：%(people)s确认；确认后再通知申请单位") % {"people": names}


def completes(review: Review) -> bool:
    """Whether an approval would make the filing 报监完毕."""
    filing = review.filing
    statuses = dict(filing.reviews.values_list("role", "status")) | {review.role: Review.Status.APPROVED}
    return overall(statuses, targets=filing.targets, needed=filing.spec.targets) == Filing.Status.FILED


def review_assign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """指派 and 转办, for the chief."""
    review, back = visible_review(request, pk), back_of(request)
    if not is_chief(request.user, review):
        raise PermissionDenied(gettext("只有站长可以转办。"))
    officers = User.objects.filter(pk__in=posts_for(review.station, review.role).values("user"))
    form = AssignForm(**posted(request), officers=officers.exclude(reviews=review))
    if form.is_valid():
        assign_review(review, **form.cleaned_data, by=request.user)
        messages.success(request, gettext("已转办给 %(name)s。") % {"name": form.cleaned_data["officer"].name})
        return redirect(desk_url(review, back))
    context = {"review": review, "name": name_of(review), "form": form, "desk_url": desk_url(review, back)}
    context |= {"recusals": list(review.recusals.select_related("officer").order_by("at"))}
    return render(request, "supervision/review/assign.html", context)
