"""申请加入企业 by somebody with an account, and the administrator's answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.actions import has_accepted
from accounts.models import Agreement
from accounts.views import me
from enterprises.actions import admit, ask_to_belong, withdraw_join_request
from enterprises.find import find_enterprises
from enterprises.forms.members import AdmitForm, BelongForm
from enterprises.models import Enterprise
from enterprises.permissions import papers_of
from enterprises.views.management import administered, none_found, page_of_enterprise
from portal.forms import posted
from portal.once import once


@never_cache
@once
def join(request: HttpRequest) -> HttpResponse:
    """Look the enterprise up, look at what it will get, send."""
    user = me(request)
    if not user.is_personal:
        raise Http404
    keyword = request.POST.get("q", request.GET.get("q", ""))[:100]
    found = found_by(keyword)
    consent = Agreement.objects.current(Agreement.Kind.ID_PHOTO)
    consented = consent is None or has_accepted(consent, user=user)
    form = BelongForm(**posted(request), initial=begun_with(found, user), found=found, consented=consented)
    if form.is_valid():
        given = form.cleaned_data
        asked = ask_to_belong(given["enterprise"], position=given["position"], message=given["message"], by=user)
        messages.success(request, _("已提交，%(name)s同意后会通知您。") % {"name": asked.enterprise})
        return redirect("enterprises:invitations")
    rows = list(found)
    text = none_found(True) if keyword and not rows else ""
    shown = {"form": form, "keyword": keyword, "found": rows, "text": text, "consent": consent}
    return render(request, "enterprises/join.html", shown | {"papers": papers_of(user)})


def found_by(keyword: str) -> Any:
    """As a queryset that a choice may be looked up in, which a slice is not."""
    rows = find_enterprises(keyword, signed_in=True) if keyword else Enterprise.objects.none()
    return Enterprise.objects.filter(pk__in=[one.pk for one in rows]).order_by("name", "pk")


def begun_with(found: Any, user) -> dict[str, Any]:
    """The only one found counts as chosen, and the post is as elsewhere."""
    rows = list(found[:2])
    post = user.memberships.order_by("-created_at").values_list("position", flat=True).first()
    post = post or user.project_memberships.order_by("-applied_at").values_list("position", flat=True).first()
    return {"enterprise": rows[0] if len(rows) == 1 else None, "position": post}


@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """撤回 one's own request."""
    asked = get_object_or_404(me(request).join_requests, pk=pk)
    with transaction.atomic():
        withdraw_join_request(asked, by=me(request))
    messages.success(request, _("已撤回申请。"))
    return redirect("enterprises:invitations")


@never_cache
@once
def admit_asked(request: HttpRequest, pk: UUID, asked: UUID) -> HttpResponse:
    """添加 somebody who asked with an account: the post, and nothing to upload."""
    enterprise = administered(request, pk)
    requests = enterprise.join_requests.select_related("user", "position", "enterprise")
    found = get_object_or_404(requests, pk=asked, handled_at=None, user__isnull=False)
    form = AdmitForm(**posted(request), asked=found)
    if form.is_valid():
        admit(found, **form.cleaned_data, by=me(request))
        messages.success(request, _("已添加 %(name)s，可以办理业务。") % {"name": found.name})
        return redirect("enterprises:members", enterprise.pk)
    labels = list(dict.fromkeys(str(document.label) for document in papers_of(found.user)))
    shown = {"form": form, "asked": found, "papers": labels}
    return page_of_enterprise(request, "request_admit", enterprise, "members", **shown)
