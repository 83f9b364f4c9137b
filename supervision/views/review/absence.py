"""代办 while on leave, and 回避: the enterprises that an officer has ties to (edge case 18)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Delegation
from enterprises.models import Enterprise
from portal.forms import posted
from portal.once import once
from supervision.actions import declare_tie, delegate, end_delegation, end_tie
from supervision.actions.delegate import colleagues_of, led_by
from supervision.forms.desk import DelegateForm, TieForm
from supervision.models import DeclaredTie
from supervision.views.review.inbox import require_post


@once
def absence(request: HttpRequest) -> HttpResponse:
    require_post(request.user)
    officers = officers_for(request.user)
    colleagues = {user.pk: user for officer in officers for user in colleagues_of(officer)}
    form = DelegateForm(
        **posted(request),
        initial={"officer": request.user, "first_day": timezone.localdate()},
        officers=officers,
        colleagues=list(colleagues.values()),
    )
    if form.is_valid():
        delegate(**form.cleaned_data, by=request.user)
        messages.success(request, _("已设置代办，双方都会收到通知。"))
        return redirect("review:absence")
    mine = Q(officer__in=[user.pk for user in officers]) | Q(delegate=request.user)
    rows = Delegation.objects.filter(mine, last_day__gte=timezone.localdate(), ended_at=None)
    context = {
        "form": form,
        "rows": list(rows.select_related("officer", "delegate")),
        "mine": {user.pk for user in officers},
        "today": timezone.localdate(),
        "has_colleagues": bool(colleagues),
    }
    return render(request, "supervision/review/absence.html", context)


def officers_for(user: Any) -> list[Any]:
    """Oneself first, and as chief one's officers."""
    return [user, *(officer for officer in led_by(user) if officer.pk != user.pk)]


@require_POST
def absence_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_post(request.user)
    end_delegation(get_object_or_404(Delegation.objects.select_related("officer"), pk=pk), by=request.user)
    messages.success(request, _("代办已结束。"))
    return redirect("review:absence")


@once
def ties(request: HttpRequest) -> HttpResponse:
    require_post(request.user)
    form = TieForm(**posted(request))
    if form.is_valid():
        declare_tie(**form.cleaned_data, by=request.user)
        messages.success(request, _("已申报，涉及该企业的报监不会由您审核。"))
        return redirect("review:ties")
    mine = list(DeclaredTie.objects.filter(officer=request.user.pk, ended_at=None))
    names = dict(Enterprise.objects.filter(uscc__in=[tie.uscc for tie in mine]).values_list("uscc", "name"))
    rows = [(tie, names.get(tie.uscc, "")) for tie in mine]
    return render(request, "supervision/review/ties.html", {"form": form, "rows": rows})


@require_POST
def tie_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_post(request.user)
    end_tie(get_object_or_404(DeclaredTie.objects.filter(officer=request.user.pk), pk=pk), by=request.user)
    messages.success(request, _("回避申报已结束。"))
    return redirect("review:ties")
