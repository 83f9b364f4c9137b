"""更名 by the administrator; 暂停 and 恢复 by operators (domain §5.7 25, 58; product §13)."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import RecoveryTicket
from accounts.views import me
from enterprises.actions import rename_enterprise, restore_enterprise, suspend_enterprise, verify_enterprise
from enterprises.catalogue import RENAMED
from enterprises.forms.standing import EnterpriseSearch, RenameForm, SuspendForm, VerifyForm
from enterprises.models import Enterprise
from enterprises.permissions import PUBLIC_PAPERS
from enterprises.views.administrators import history_of
from enterprises.views.management import administered, page_of_enterprise
from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import posted
from portal.once import once
from portal.pages import page_of
from portal.replica import may_read_replica
from portal.search import find


def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The new name and the new licence; the credit code stays."""
    enterprise = administered(request, pk)
    form = RenameForm(**posted(request), enterprise=enterprise)
    take_uploads(request, form, enterprise, {"licence": RENAMED.code}, by=me(request))
    if form.is_valid():
        rename_enterprise(enterprise, name=form.cleaned_data["name"], by=me(request))
        messages.success(request, _("更名完成。以往提交的材料仍显示当时的名称。"))
        return redirect("enterprises:detail", pk)
    former = enterprise.names.order_by("-used_until")
    return page_of_enterprise(request, "rename", enterprise, "detail", form=form, former=former)


@require_POST
def rename_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The licence by script."""
    enterprise = administered(request, pk)
    own_page = redirect("enterprises:rename", pk)
    return receive(request, kind=RENAMED, holder=enterprise, by=me(request)) or own_page


# Operators


def require_operator(request: HttpRequest) -> None:
    if not me(request).is_operator:
        raise Http404


@may_read_replica
def console(request: HttpRequest) -> HttpResponse:
    """All enterprises by keyword, with how they stand."""
    require_operator(request)
    filter = EnterpriseSearch(request.GET)
    rows = find(Enterprise.objects.select_related("district", "verified_by"), filter.given.get("q", ""))
    page = page_of(request, rows.order_by("-registered_at", "pk"))
    return render(request, "enterprises/console.html", {"filter": filter, "page": page})


def agent_history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who acts for the enterprise, who did before, and what was asked of the operators about it."""
    require_operator(request)
    enterprise = get_object_or_404(Enterprise, pk=pk)
    asked = RecoveryTicket.objects.filter(account__administrator__enterprise=enterprise).order_by("-submitted_at")
    shown = {"enterprise": enterprise, "changes": history_of(enterprise), "tickets": asked[:10]}
    return render(request, "enterprises/agent_history.html", shown)


@once
def suspend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """暂停: asks why, and says what goes on."""
    require_operator(request)
    enterprise = get_object_or_404(Enterprise, pk=pk)
    form = SuspendForm(**posted(request))
    if form.is_valid():
        suspend_enterprise(enterprise, reason=form.cleaned_data["reason"], by=me(request))
        messages.success(request, _("已暂停 %(name)s。") % {"name": enterprise.name})
        return redirect("enterprises:console")
    return render(request, "enterprises/suspend.html", {"form": form, "enterprise": enterprise})


@once
def verify(request: HttpRequest, pk: UUID) -> HttpResponse:
    """核验: the facts and the licence, the conclusion and what it rests on."""
    require_operator(request)
    enterprise = get_object_or_404(Enterprise.objects.select_related("district", "verified_by"), pk=pk)
    form = VerifyForm(**posted(request))
    if form.is_valid():
        verify_enterprise(enterprise, **form.cleaned_data, by=me(request))
        messages.success(request, _("已记录 %(name)s 的核验结论。") % {"name": enterprise.name})
        return redirect("enterprises:console")
    papers = [one for one in Document.objects.held_by(enterprise) if one.kind in PUBLIC_PAPERS]
    shown = {"form": form, "enterprise": enterprise, "documents": papers}
    return render(request, "enterprises/verify.html", shown)


@once
def restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """恢复: asks first."""
    require_operator(request)
    enterprise = get_object_or_404(Enterprise, pk=pk)
    if request.method == "POST":
        restore_enterprise(enterprise, by=me(request))
        messages.success(request, _("已恢复 %(name)s。") % {"name": enterprise.name})
        return redirect("enterprises:console")
    return render(request, "enterprises/restore.html", {"enterprise": enterprise})
