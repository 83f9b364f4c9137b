"""The operator's pages about projects: 合并重复项目, 关闭项目, 作废报监 (product §13)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from portal.forms import posted
from portal.once import once
from portal.pages import page_of
from portal.search import find
from projects.actions import close_project, reopen_project, with_number
from projects.models import Project, ProjectUser
from supervision.actions import answer_merge, ask_merge, cancel_merge, void_filing
from supervision.forms.changes import ConsentForm, MergeForm, ProjectSearch, ReasonForm
from supervision.models import Filing, ProjectMerge, SupervisionNumber
from supervision.permissions import consents_of
from supervision.progress import filing_tag
from supervision.views.submit import moment


def require_operator(request: HttpRequest) -> None:
    """Raise Http404 for everybody but operators."""
    if not request.user.is_operator:  # type: ignore[union-attr]
        raise Http404


def project_list(request: HttpRequest) -> HttpResponse:
    """All projects by keyword; a number that was merged away leads to the project that goes on."""
    require_operator(request)
    filter = ProjectSearch(request.GET)
    keyword = filter.given.get("q", "")
    if survivor := with_number(keyword.strip()):
        return redirect("console:project", survivor.pk)
    rows = find(Project.objects.filter(merged_into=None).select_related("district"), keyword)
    page = page_of(request, rows.order_by("-created_at", "pk"))
    waiting = ProjectMerge.objects.filter(status=ProjectMerge.Status.WAITING).select_related("survivor", "duplicate")
    return render(request, "supervision/console/projects.html", {"filter": filter, "page": page, "waiting": waiting})


def project_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One project with its filings and what may be done; of one that was merged, the project it leads to."""
    require_operator(request)
    project = get_object_or_404(Project.objects.select_related("district", "merged_into"), pk=pk)
    if project.merged_into:
        return redirect("console:project", project.survivor.pk)
    merges = ProjectMerge.objects.filter(survivor=project).select_related("duplicate").order_by("-asked_at")
    context = {"project": project, "side": side_of(project), "merges": merges}
    return render(request, "supervision/console/project.html", context)


def side_of(project: Project) -> dict[str, Any]:
    """What an operator compares: facts, numbers, filings, people; nothing personal."""
    numbers = SupervisionNumber.objects.filter(project=project, ended_at=None).order_by("role")
    waiting = project.project_users.filter(status=ProjectUser.Status.SUBMITTED).count()
    joined = project.project_users.filter(status=ProjectUser.Status.APPROVED).count()
    units = "；".join(
        f"{one.get_party_type_display()} {one.unit_name}" for one in project.parties.filter(ended_at=None)
    )
    facts: list[tuple[Any, Any]] = [
        (_("工程名称"), project.works_name),
        (_("项目名称"), project.name),
        (_("项目编号"), project.project_no or ""),
        (_("临时编号"), project.temporary_no or ""),
        (_("所属区域"), project.district or ""),
        (_("工程地址"), project.address),
        (_("责任主体"), units),
        (_("监督注册号"), "；".join(str(number) for number in numbers)),
        (_("项目用户"), _("已通过 %(joined)d 人，待审核 %(waiting)d 人") % {"joined": joined, "waiting": waiting}),
        (_("报监完毕时间"), moment(project.filed_at)),
        (_("状态"), _("已关闭：%(reason)s") % {"reason": project.closed_reason} if project.closed_at else _("正常")),
    ]
    filings = project.filings.select_related("permit", "enterprise").order_by("-created_at")
    return {"project": project, "facts": facts, "filings": [(filing, filing_tag(filing)) for filing in filings]}


# Closing and voiding


@once
def project_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_operator(request)
    project = get_object_or_404(Project, pk=pk)
    form = ReasonForm(**posted(request))
    if form.is_valid():
        expired = close_project(project, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("项目已关闭，%(count)d 个待审核的申请已过期并告知本人。") % {"count": expired})
        return redirect("console:project", pk)
    waiting = project.project_users.filter(status=ProjectUser.Status.SUBMITTED).count()
    return render(request, "supervision/console/close.html", {"form": form, "project": project, "waiting": waiting})


@once
def project_reopen(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_operator(request)
    project = get_object_or_404(Project, pk=pk)
    if request.method == "POST":
        reopen_project(project, by=request.user)
        messages.success(request, _("项目已恢复，可以再次申请加入。"))
        return redirect("console:project", pk)
    return render(request, "supervision/console/reopen.html", {"project": project})


@once
def filing_void(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_operator(request)
    filing = get_object_or_404(Filing.objects.select_related("project"), pk=pk)
    form = ReasonForm(**posted(request))
    if form.is_valid():
        void_filing(filing, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("%(number)s 已作废，已通知有关单位和监督站。") % {"number": filing.number})
        return redirect("console:project", filing.project_id)
    return render(request, "supervision/console/void.html", {"form": form, "filing": filing})


# Merging


def merge_find(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look for the other one."""
    require_operator(request)
    project = get_object_or_404(Project, pk=pk, merged_into=None)
    filter = ProjectSearch(request.GET)
    keyword = filter.given.get("q", "") or project.name[:6]
    rows = find(Project.objects.filter(merged_into=None).exclude(pk=pk).select_related("district"), keyword)
    page = page_of(request, rows.order_by("-created_at", "pk"))
    return render(request, "supervision/console/merge_find.html", {"project": project, "filter": filter, "page": page})


@once
def merge_new(request: HttpRequest, pk: UUID, other: UUID) -> HttpResponse:
    """Both side by side; which goes on, and why they are one."""
    require_operator(request)
    pair = [get_object_or_404(Project.objects.select_related("district"), pk=key) for key in (pk, other)]
    form = MergeForm(**posted(request), pair=pair, initial={"survivor": str(pk)})
    if form.is_valid():
        chosen = next(one for one in pair if str(one.pk) == form.cleaned_data["survivor"])
        loser = next(one for one in pair if one is not chosen)
        merge = ask_merge(chosen, loser, reason=form.cleaned_data["reason"], by=request.user)
        done = merge.status == ProjectMerge.Status.DONE
        messages.success(request, _("已合并。") if done else _("已请监督站确认，同意后自动合并。"))
        return redirect(merge)
    context = {"form": form, "project": pair[0], "sides": [side_of(one) for one in pair]}
    return render(request, "supervision/console/merge_new.html", context)


@once
def merge_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Both sides, what the stations say; a chief answers here."""
    found = ProjectMerge.objects.visible_to(request.user).select_related("survivor__district", "duplicate__district")
    merge = get_object_or_404(found, pk=pk)
    mine = consents_of(request.user, merge).filter(agreed=None).first()
    is_open = merge.status == ProjectMerge.Status.WAITING
    form = ConsentForm(**posted(request)) if mine and is_open else None
    if form and form.is_valid():
        given = form.cleaned_data
        answer_merge(mine, agreed=given["agreed"] == "yes", opinion=given["opinion"], by=request.user)
        messages.success(request, _("意见已提交。"))
        return redirect(merge)
    context = {
        "merge": merge,
        "form": form,
        "mine": mine,
        "consents": merge.consents.select_related("station", "decided_by"),
        "sides": [side_of(merge.survivor), side_of(merge.duplicate)],
        "may_cancel": is_open and request.user.is_operator,  # type: ignore[union-attr]
        "rows": [
            (_("保留的项目"), f"{merge.survivor}（{merge.survivor.number}）"),
            (_("并入的项目"), f"{merge.duplicate}（{merge.duplicate.number}）"),
            (_("合并理由"), merge.reason),
            (_("提出时间"), moment(merge.asked_at)),
            (_("状态"), merge.get_status_display()),
        ],
    }
    return render(request, "supervision/console/merge.html", context)


@once
def merge_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    require_operator(request)
    merge = get_object_or_404(ProjectMerge.objects.select_related("survivor", "duplicate"), pk=pk)
    if request.method == "POST":
        cancel_merge(merge, by=request.user)
        messages.success(request, _("合并已取消，两个项目都没有变化。"))
        return redirect(merge)
    return render(request, "supervision/console/merge_cancel.html", {"merge": merge})
