"""项目管理 /projects/approvals/: who may let people into a project decides about those who ask (guide 二.5)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.views import me
from portal.crypto import blind_index
from portal.documents.models import Document
from portal.errors import Refused
from portal.forms import posted
from portal.pages import page_of
from portal.reveals import reason_given, require_fresh, shown
from portal.search import find
from portal.validators import normalise_mobile
from projects.actions import approve_application, end_membership, reject_application, reveal
from projects.actions.deciding import decided_text
from projects.find import uuid_of
from projects.forms import ApprovalFilter, ApproveForm, RejectForm, keep_keyword
from projects.models import ProjectUser
from projects.permissions import approvable_by, is_manager, is_party, led_by
from projects.views.confirming import must_confirm

STATES = {
    "pending": [ProjectUser.Status.SUBMITTED],
    "approved": [ProjectUser.Status.APPROVED, ProjectUser.Status.ENDED],
    "rejected": [ProjectUser.Status.REJECTED],
}
RESULTS = "approved_several"  # in the session: what came of the last 批量通过, by application
SHOWN = ("user", "project", "enterprise", "position", "decided_by")


def require_approver(request: HttpRequest) -> None:
    """The pages are there for who leads a project and for the administrators of enterprises; 404 for others."""
    if not me(request).is_enterprise_account and not is_manager(me(request)):
        raise Http404


def mine(request: HttpRequest) -> QuerySet[ProjectUser]:
    require_approver(request)
    return approvable_by(me(request))


@never_cache
def approvals(request: HttpRequest) -> HttpResponse:
    """待审核, 已通过, 已驳回 with the guide's search and columns."""
    applications = mine(request)
    if request.method == "POST":
        return redirect(request.path + searched_query(request))
    filter = ApprovalFilter(request)
    state = filter.given.get("state", "")
    state = state if state in STATES else "pending"
    found = searched(applications, filter.given.get("keyword", ""))
    rows = found.filter(status__in=STATES[state]).select_related(*SHOWN)
    order = "applied_at" if state == "pending" else "-decided_at"
    shown = {
        "filter": filter,
        "page": page_of(request, rows.order_by(order, "pk")),
        "state": state,
        "tabs": tabs_of(applications, state, filter),
        **frame(request),
    }
    return render(request, "projects/approvals.html", shown)


def searched(applications: QuerySet[ProjectUser], keyword: str) -> QuerySet[ProjectUser]:
    """By name and project, by a whole phone number, or by its last four digits."""
    phone = normalise_mobile(keyword)
    if phone.isdigit() and len(phone) == 11:
        return find(applications, "", phone=blind_index(phone, purpose="phone"))
    if phone.isdigit() and len(phone) == 4:
        return find(applications, "", tail=phone)
    return find(applications, keyword)


def searched_query(request: HttpRequest) -> str:
    """The query of the list for a posted search: names and numbers stay out of addresses and logs (security 14.2.1)."""
    query = {"state": request.POST.get("state", ""), "q": keep_keyword(request)}
    return "?" + urlencode({name: value for name, value in query.items() if value})


def tabs_of(applications: QuerySet[ProjectUser], state: str, filter: ApprovalFilter) -> list[dict[str, Any]]:
    labels = {"pending": _("待审核"), "approved": _("已通过"), "rejected": _("已驳回")}
    keyword = filter.given.get("keyword", "")
    waiting = searched(applications, keyword).filter(status__in=STATES["pending"]).count()
    kept = {"q": filter.mark} if keyword else {}
    tabs = [
        {"label": label, "url": f"?{urlencode({'state': code} | kept)}", "current": code == state}
        for code, label in labels.items()
    ]
    return [tabs[0] | {"badge": waiting, "tone": "red" if waiting else ""}, *tabs[1:]]


def frame(request: HttpRequest) -> dict[str, Any]:
    """项目管理 for people; 平台管理 → 项目用户审核 for the administrator of a 施工单位."""
    by_administration = me(request).is_enterprise_account
    layout = "enterprises/_platform.html" if by_administration else "projects/_approvals_frame.html"
    return {"layout": layout, "title": _("项目用户审核") if by_administration else _("项目管理"), "enterprise": None}


def one_of_mine(request: HttpRequest, pk: UUID) -> ProjectUser:
    return get_object_or_404(mine(request).select_related(*SHOWN), pk=pk)


@never_cache
def approval(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One application with photo and letter to look at."""
    application = one_of_mine(request, pk)
    shown = {
        "application": application,
        "files": files_shown(application),
        "warnings": warnings_about(application),
        "decided": decided_text(application),
        **frame(request),
    }
    return render(request, "projects/approval.html", shown)


def files_shown(application: ProjectUser) -> list[dict[str, Any]]:
    held = Document.objects.held_by(application)
    return [{"document": document, "label": document.label} for document in held]


def warnings_about(application: ProjectUser) -> list[str]:
    """What the approver should know before deciding."""
    found = []
    if not application.is_party or not is_party(application.enterprise, application.project):
        found.append(_("申请人所属企业不是该项目的责任主体或分包单位，请核实其任职关系。"))
    if application.position.leads:
        elsewhere = led_by(application.user).exclude(project=application.project).select_related("project")
        found += [_("此人已是“%(project)s”的负责人，请核实。") % {"project": party.project} for party in elsewhere]
    return found


@never_cache
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """通过: a page that asks first."""
    application = one_of_mine(request, pk)
    if response := must_confirm(request, 1):
        return response
    form = ApproveForm(**posted(request))
    if form.is_valid():
        approve_application(application, by=me(request))
        messages.success(request, _("已通过 %(name)s 的申请。") % {"name": application.user.name})
        return redirect("projects:approvals")
    return render(request, "projects/approve.html", {"form": form, "applications": [application]})


@never_cache
def approve_several(request: HttpRequest) -> HttpResponse:
    """批量通过: names everybody first; whom another decided about meanwhile is left out and named."""
    given = request.POST if request.method == "POST" else request.GET
    pks = [key for text in given.getlist("row")[:50] if (key := uuid_of(text))]
    waiting = mine(request).filter(pk__in=pks, status=ProjectUser.Status.SUBMITTED)
    applications = list(waiting.select_related(*SHOWN).order_by("applied_at"))
    if not applications:
        messages.warning(request, _("请先勾选待审核的申请。"))
        return redirect("projects:approvals")
    if response := must_confirm(request, len(applications)):
        return response
    form = ApproveForm(**posted(request))
    if form.is_valid():
        approve_all(request, applications)
        return redirect("projects:approved-several")
    return render(request, "projects/approve.html", {"form": form, "applications": applications})


def approve_all(request: HttpRequest, applications: list[ProjectUser]) -> None:
    """Each for itself, so that one that cannot be approved does not hold up the others; what came of each is kept."""
    results: dict[str, str] = {}
    for application in applications:
        try:
            approve_application(application, by=me(request))
            results[str(application.pk)] = ""
        except Refused as refusal:
            results[str(application.pk)] = "".join(map(str, refusal.reasons))
        except Http404:
            results[str(application.pk)] = _("您现在不能审核这份申请。")
    request.session[RESULTS] = results


@never_cache
def approved_several(request: HttpRequest) -> HttpResponse:
    """What came of 批量通过, row by row."""
    require_approver(request)
    results: dict[str, str] = request.session.get(RESULTS, {})
    rows = approvable_by(me(request)).filter(pk__in=list(results)).select_related(*SHOWN).order_by("applied_at", "pk")
    shown = [{"application": application, "why_not": results[str(application.pk)]} for application in rows]
    if not shown:
        return redirect("projects:approvals")
    shown.sort(key=lambda row: not row["why_not"])  # what needs attention comes first
    failed = sum(bool(row["why_not"]) for row in shown)
    counts = {"failed": failed, "done": len(shown) - failed}
    return render(request, "projects/approved_several.html", {"rows": shown, **counts, **frame(request)})


@never_cache
def reject(request: HttpRequest, pk: UUID) -> HttpResponse:
    """驳回 with a reason."""
    application = one_of_mine(request, pk)
    form = RejectForm(**posted(request))
    if form.is_valid():
        given = {"reason": form.cleaned_data["reason"], "marked": form.cleaned_data["marked"]}
        reject_application(application, **given, by=me(request))
        messages.success(request, _("已驳回 %(name)s 的申请。") % {"name": application.user.name})
        return redirect("projects:approvals")
    return render(request, "projects/reject.html", {"form": form, "application": application})


@never_cache
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """移出项目: asks first."""
    application = one_of_mine(request, pk)
    if request.method != "POST":
        return render(request, "projects/end.html", {"application": application})
    end_membership(application, by=me(request))
    messages.success(request, _("已将 %(name)s 移出项目。") % {"name": application.user.name})
    return redirect(f"{reverse('projects:approvals')}?state=approved")


@require_POST
def reveal_number(request: HttpRequest, pk: UUID, field: str) -> HttpResponse:
    """The full number, written down each time."""
    application = one_of_mine(request, pk)
    require_fresh(request)
    value = reveal(application, field, reason=reason_given(request), by=me(request))
    label = _("手机号") if field == "phone" else _("身份证号")
    back = reverse("projects:approval", args=[pk])
    return shown(request, value, label=label, back=back, of=application.user.name)
