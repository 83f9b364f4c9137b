"""审核决定: a page of its own that says what will happen and who will be told (interface page 31)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import User
from portal.forms import posted
from portal.masking import mask_name, mask_phone
from portal.notifications.kinds import kind_of
from portal.once import once
from supervision.actions import approve_review, assign_review, return_review
from supervision.actions.people import applicants_of
from supervision.actions.settle import overall
from supervision.forms.review import APPROVE, RETURN, AssignForm, DecideForm
from supervision.models import Filing, Review
from supervision.permissions import can_decide, is_chief, posts_for
from supervision.views.review.desk import name_of, named
from supervision.views.review.inbox import back_of, desk_url, visible_review

EVENTS = {APPROVE: "review.approved", RETURN: "review.returned"}
ACTIONS = {APPROVE: approve_review, RETURN: return_review}


@once
def review_decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    review, back = visible_review(request, pk), back_of(request)
    is_at_work = review.status == Review.Status.ACCEPTED
    if request.method != "POST" and not is_at_work:
        return redirect(desk_url(review, back))
    if is_at_work and not can_decide(request.user, review):
        facts = {"name": mask_name(review.assignee.name) if review.assignee else ""}
        raise PermissionDenied(_("该申请由 %(name)s 办理，您不能代为决定。") % facts)
    drafts = list(review.items.filter(sent_at=None))
    form = DecideForm(**posted(request), initial=suggested(request, review), drafts=len(drafts) if is_at_work else None)
    if form.is_valid():
        return decided(request, review, form, back)
    return render(request, "supervision/review/decide.html", page_of(review, drafts, form, back))


def suggested(request: HttpRequest, review: Review) -> dict[str, Any]:
    """What the officer clicked; the version is the one that this page shows."""
    move = request.GET.get("move")
    return {"move": move if move in ACTIONS else None, "version": review.version.number}


def decided(request: HttpRequest, review: Review, form: DecideForm, back: str) -> HttpResponse:
    """Act, and go on to the review with word of what came of it."""
    move = form.cleaned_data["move"]
    opinion, version = form.cleaned_data["opinion"], form.cleaned_data["version"]
    ACTIONS[move](review, opinion=opinion, version=version, by=request.user)
    said = _("已通过，申请单位将收到通知。") if move == APPROVE else _("已退回补正，补正意见已发送给申请单位。")
    messages.success(request, said)
    return redirect(desk_url(review, back))


def page_of(review: Review, drafts: list, form: DecideForm, back: str) -> dict[str, Any]:
    people = applicants_of(review.filing)
    return {
        "review": review,
        "filing": review.filing,
        "name": name_of(review),
        "form": form,
        "drafts": [named(review, item) for item in drafts],
        "told": [(label, who_is_told(EVENTS[move], people)) for move, label in form.fields["move"].choices],  # type: ignore[attr-defined]
        "completes": completes(review),
        "desk_url": desk_url(review, back),
    }


def who_is_told(event: str, people: list[User]) -> str:
    """将短信通知：吴*（138****0000）; how, as the kind of the message says."""
    named_people = "、".join(f"{mask_name(user.name)}（{mask_phone(user.phone)}）" for user in people)
    if not named_people:
        return _("没有可通知的申请人")
    how = _("将短信通知：%(people)s") if kind_of(event).sms else _("将站内通知：%(people)s")
    return how % {"people": named_people}


def completes(review: Review) -> bool:
    """Whether an approval would make the filing 报监完毕."""
    filing = review.filing
    statuses = dict(filing.reviews.values_list("role", "status")) | {review.role: Review.Status.APPROVED}
    return overall(statuses, targets=filing.targets, needed=filing.spec.targets) == Filing.Status.FILED


def review_assign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """转办, for the chief."""
    review, back = visible_review(request, pk), back_of(request)
    if not is_chief(request.user, review):
        raise PermissionDenied(_("只有站长可以转办。"))
    officers = User.objects.filter(pk__in=posts_for(review.station, review.role).values("user"))
    form = AssignForm(**posted(request), officers=officers.exclude(reviews=review))
    if form.is_valid():
        assign_review(review, **form.cleaned_data, by=request.user)
        messages.success(request, _("已转办给 %(name)s。") % {"name": form.cleaned_data["officer"].name})
        return redirect(desk_url(review, back))
    context = {"review": review, "name": name_of(review), "form": form, "desk_url": desk_url(review, back)}
    return render(request, "supervision/review/assign.html", context)
