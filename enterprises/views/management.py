"""平台管理 /platform/enterprises/: the enterprise, its systems and its trail. For its administrators; others get 404."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.views import me
from enterprises.actions import grant_systems, revoke_system
from enterprises.find import as_rows, find_enterprises
from enterprises.forms.members import SystemsAddForm
from enterprises.models import Enterprise, Member
from enterprises.models.enterprise import EnterpriseType
from enterprises.permissions import administered_by, consequences
from portal.audit.models import AuditEntry
from portal.audit.names import event_name
from portal.documents.models import Document
from portal.errors import wants_json
from portal.facts import facts
from portal.forms import posted
from portal.limits import hit
from portal.masking import mask_id, mask_name, mask_phone
from portal.once import once
from portal.pages import page_of


def administered(request: HttpRequest, pk: UUID) -> Enterprise:
    """The enterprise, if this account administers it; to all others it does not exist."""
    return get_object_or_404(administered_by(me(request)).select_related("district"), pk=pk)


def page_of_enterprise(
    request: HttpRequest, template: str, enterprise: Enterprise, tab: str, **shown: Any
) -> HttpResponse:
    """A page under the four tabs."""
    shown |= {"enterprise": enterprise, "tabs": tabs_of(enterprise, tab)}
    return render(request, f"enterprises/{template}.html", shown)


def tabs_of(enterprise: Enterprise, current: str) -> list[dict[str, Any]]:
    labels = {"detail": _("企业信息"), "systems": _("系统授权"), "members": _("用户管理"), "log": _("操作日志")}
    return [
        {"label": label, "url": reverse(f"enterprises:{name}", args=[enterprise.pk]), "current": name == current}
        for name, label in labels.items()
    ]


def enterprise_list(request: HttpRequest) -> HttpResponse:
    """企业用户管理."""
    mine = administered_by(me(request))
    if not me(request).is_enterprise_account and not mine.exists():
        raise Http404
    active = Count("members", filter=Q(members__status=Member.Status.ACTIVE))
    enterprises = mine.select_related("district").annotate(people=active)
    page = page_of(request, enterprises.order_by("name", "pk"))
    return render(request, "enterprises/enterprise_list.html", {"page": page})


def enterprise_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """企业信息."""
    enterprise = administered(request, pk)
    documents = Document.objects.held_by(enterprise)
    shown = {"rows": facts_of(enterprise), "documents": documents}
    return page_of_enterprise(request, "enterprise_detail", enterprise, "detail", **shown)


def facts_of(enterprise: Enterprise) -> list[tuple[Any, Any]]:
    types = "、".join(str(EnterpriseType(one).label) for one in enterprise.types)
    return [
        (_("企业名称"), enterprise.name),
        (_("统一社会信用代码"), enterprise.uscc),
        (_("企业类型"), types),
        (_("法定代表人"), enterprise.legal_representative),
        (_("所属区域"), enterprise.district.name),
        (_("注册地址"), enterprise.address),
        (_("联系电话"), enterprise.phone),
        (_("状态"), enterprise.get_status_display()),
        (_("经办人姓名"), mask_name(enterprise.agent_name)),
        (_("经办人手机号"), mask_phone(enterprise.agent_phone)),
        (_("经办人身份证号"), mask_id(enterprise.agent_id_number)),
        (_("信息核验"), enterprise.verification_mark),
        *([(_("核验说明"), enterprise.verification_note)] if enterprise.verification_note else []),
    ]


# 系统授权


def system_list(request: HttpRequest, pk: UUID) -> HttpResponse:
    enterprise = administered(request, pk)
    grants = enterprise.grants.select_related("system", "granted_by", "revoked_by").order_by("system__order", "-pk")
    in_force = [grant for grant in grants if grant.revoked_at is None]
    ended = [(grant.revoked_at, grant.pk, grant) for grant in grants if grant.revoked_at]
    history = [grant for _at, _pk, grant in sorted(ended, reverse=True)]
    shown = {"grants": in_force, "history": history}
    return page_of_enterprise(request, "system_list", enterprise, "systems", **shown)


@once
def system_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """添加系统."""
    enterprise = administered(request, pk)
    form = SystemsAddForm(**posted(request), enterprise=enterprise)
    if form.is_valid():
        grants = grant_systems(enterprise, form.cleaned_data["systems"], by=me(request))
        names = "、".join(grant.system.name for grant in grants)
        messages.success(request, _("已授权：%(names)s。") % {"names": names})
        return redirect("enterprises:systems", enterprise.pk)
    return page_of_enterprise(request, "system_add", enterprise, "systems", form=form)


@once
def system_revoke(request: HttpRequest, pk: UUID, grant: int) -> HttpResponse:
    """取消授权: says first what it stops."""
    enterprise = administered(request, pk)
    found = get_object_or_404(enterprise.grants.select_related("system"), pk=grant)
    if request.method == "POST":
        revoke_system(found, by=me(request))
        messages.success(request, _("已取消“%(name)s”的授权。") % {"name": found.system})
        return redirect("enterprises:systems", enterprise.pk)
    off = found.system.pk
    people = enterprise.members.filter(status=Member.Status.ACTIVE).exclude(exclusions__system=off).count()
    shown = {"grant": found, "people": people, "affected": consequences(enterprise, system=found.system)}
    return page_of_enterprise(request, "system_revoke", enterprise, "systems", **shown)


# 操作日志


def log(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who did what to whom, when, from where."""
    enterprise = administered(request, pk)
    page = page_of(request, AuditEntry.objects.filter(enterprise_id=enterprise.pk).order_by("-at", "-id"))
    entries = [{"entry": entry, "event": event_name(entry.event)} for entry in page]
    return page_of_enterprise(request, "log", enterprise, "log", page=page, entries=entries)


# Search as you type


@login_not_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """?q= → at most ten enterprises as JSON {rows: [{id, name, district}]}, or as a plain page (security S3)."""
    signed_in = request.user.is_authenticated
    if not signed_in and not is_calm():
        return JsonResponse({"rows": [], "text": _("查询过于频繁，请稍后再试。")}, status=429)
    keyword = request.GET.get("q", "")
    rows = as_rows(find_enterprises(keyword, signed_in=signed_in), signed_in=signed_in)
    text = _("找到 %(count)d 家企业") % {"count": len(rows)} if rows else none_found(signed_in)
    if wants_json(request):
        return JsonResponse({"rows": rows, "text": text})
    return render(request, "enterprises/find.html", {"rows": rows, "text": text, "keyword": keyword})


def is_calm() -> bool:
    """Thirty questions a minute and two hundred a day from one address."""
    network = facts().network
    minute = hit(f"find-minute:{network}", limit=30, seconds=60)
    return minute and hit(f"find-day:{network}", limit=200, seconds=24 * 3600)


def none_found(signed_in: bool) -> str:
    if signed_in:
        return _("未找到企业，请输入企业名称（至少 2 个字）或完整的统一社会信用代码。")
    return _("未找到企业，请输入企业名称（至少 4 个字）或完整的统一社会信用代码。")
