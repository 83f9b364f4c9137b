"""我的项目 /projects/, 加入项目 and 申请进度: what a person sees of their own."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.actions import has_accepted
from accounts.drafts import open_draft
from accounts.models import Agreement, Registration
from accounts.views import me
from enterprises.models import Enterprise
from enterprises.shown import named_then, present_names
from portal.documents.models import Document
from portal.documents.views import receive, take_uploads
from portal.forms import posted
from portal.masking import mask_name
from portal.once import repeated, settle_once
from portal.pages import page_of
from portal.replica import may_read_replica
from portal.search import find
from projects.actions import (
    end_membership,
    join_project,
    nudge_approvers,
    resubmit_application,
    withdraw_application,
)
from projects.actions.waiting import may_nudge_at
from projects.catalogue import FILES
from projects.forms import JoinForm, ProjectFilter, ResubmitForm
from projects.models import Project, ProjectUser
from projects.permissions import (
    approvable_by,
    awaiting_manager,
    employers_of,
    files_of,
    known_to,
    led_by,
    managed_by,
    may_delegate,
    may_report_standstill,
    may_rewrite_identity,
    may_split,
    parties_of,
    standing_in,
    working,
)
from projects.places import ENTERPRISE, PROJECT, list_here, parts_of, place_of
from projects.views.registration import KIND, looked_up, named_approvers

PLACE = ("project__district", "enterprise", "position", "decided_by", "user")


def require_person(request: HttpRequest) -> None:
    """These pages are for people; enterprise and staff accounts have none."""
    if not me(request).is_personal:
        raise Http404


# 我的项目


@may_read_replica
def project_list(request: HttpRequest) -> HttpResponse:
    """The projects that the person works on, leads, or knows by their enterprise."""
    require_person(request)
    if url := list_here(request, ENTERPRISE, PROJECT):
        return redirect(url)
    filter = ProjectFilter(request.GET)
    mine = known_to(me(request))
    applications = me(request).project_memberships.filter(status=ProjectUser.Status.SUBMITTED).count()
    if applications and not mine.exists():
        return redirect("projects:applications")
    here = at_place(mine, filter.given.get("place", ""))
    rows = find(here.select_related("district"), filter.given.get("q", "")).order_by("-filed_at", "pk")
    page = page_of(request, rows)
    shown = {"page": page, "rows": with_roles(page.rows, me(request)), "filter": filter, "waiting": applications}
    return render(request, "projects/project_list.html", shown)


def at_place(projects: Any, code: str) -> Any:
    """Those that one enterprise is a party of, or one project."""
    sort, key = parts_of(code)
    if sort == ENTERPRISE:
        return projects.filter(pk__in=parties_of(Enterprise.objects.filter(pk=key)).values("project"))
    return projects.filter(pk=key) if sort == PROJECT else projects


def with_roles(projects: list[Any], user) -> list[dict[str, Any]]:
    """Each project with what the person is there."""
    led = led_by(user).filter(project__in=projects).select_related(None)
    roles: dict[UUID, list[str]] = {project.pk: [] for project in projects}
    for party in led:
        roles[party.project_id].append(_("%(party)s负责人") % {"party": party.get_party_type_display()})
    for joined in working().filter(user=user, project__in=projects).select_related("position"):
        roles[joined.project_id].append(_("项目用户 · %(position)s") % {"position": joined.position})
    awaiting = set(awaiting_manager().filter(pk__in=list(roles)).values_list("pk", flat=True))
    return [
        {
            "project": project,
            "roles": roles[project.pk] or [_("本单位参建")],
            "awaits_manager": project.pk in awaiting,
        }
        for project in projects
    ]


def project_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Facts, parties with their leads masked, and for who lets people in those who work there."""
    require_person(request)
    if merged := Project.objects.filter(pk=pk, merged_into__isnull=False).first():  # an old address
        return redirect("projects:detail", get_object_or_404(known_to(me(request)), pk=merged.survivor.pk).pk)
    project = get_object_or_404(known_to(me(request)).select_related("district", "jurisdiction_area", "parent"), pk=pk)
    approvable = approvable_by(me(request)).filter(project=project)
    own = working().filter(user=me(request), project=project).select_related("position", "enterprise").first()
    people = page_of(request, people_of(approvable)) if is_gate(me(request), project) else None
    shown = {
        "project": project,
        "facts": facts_of(project),
        "parties": parties_shown(project),
        "own": own,
        "may_delegate": may_delegate(me(request), project),
        "page": people,
        "waiting": approvable.filter(status=ProjectUser.Status.SUBMITTED).count(),
        "awaits_manager": awaiting_manager().filter(pk=project.pk).exists(),
        "still": project.standstills.filter(resumed_on=None).first(),
        "parts": parts_shown(project, me(request)),
        "may_split": project.parent_id is None and may_split(me(request), project),
        "may_report_standstill": may_report_standstill(me(request), project),
    }
    return render(request, "projects/project_detail.html", shown)


def is_gate(user, project: Project) -> bool:
    return led_by(user).filter(project=project).exists() or managed_by(user).filter(pk=project.pk).exists()


def people_of(approvable):
    rows = working().filter(pk__in=approvable.values("pk"))
    return rows.select_related("user", "position", "enterprise").order_by("position__order", "pk")


def facts_of(project: Project) -> list[tuple]:
    area = f"{project.construction_area_m2:,.2f} m²" if project.construction_area_m2 is not None else ""
    return [
        (_("工程名称"), project.works_name),
        (_("项目名称"), project.name),
        (_("项目编号"), project.number),
        *([(_("所属项目"), f"{project.parent}（{project.parent.number}）")] if project.parent else []),
        (_("所属区域"), project.district or ""),
        (_("工程地址"), project.address),
        (_("施工面积"), area),
        (_("管辖区域"), project.jurisdiction_area or ""),
        (_("报监完毕时间"), f"{timezone.localtime(project.filed_at):%Y-%m-%d %H:%M}" if project.filed_at else ""),
    ]


def parts_shown(project: Project, user) -> list[dict[str, Any]]:
    """The phases and lots of a project; those the person may open are links."""
    rows = list(project.parts.filter(merged_into=None).order_by("created_at", "pk"))
    known = set(known_to(user).filter(parent=project).values_list("pk", flat=True)) if rows else set()
    return [
        {
            "part": part,
            "is_known": part.pk in known,
            "state": _("报监完毕") if part.filed_at else _("尚未报监完毕"),
            "tone": "done" if part.filed_at else "grey",
        }
        for part in rows
    ]


def parties_shown(project: Project) -> list[dict[str, str]]:
    """Each party under the name of its time, with who leads and who stands in for them today."""
    parties = list(project.parties.filter(ended_at=None).order_by("party_type"))
    present = present_names(party.uscc for party in parties)
    acting = {one.party_id: one for one in standing_in().filter(party__in=parties).select_related("user")}
    return [party_rows(party, present, acting.get(party.pk)) for party in parties]


def party_rows(party, present: dict, acting) -> dict[str, str]:
    lead = mask_name(party.lead_name)
    facts = {"lead": lead, "who": mask_name(acting.user.name), "until": f"{acting.until:%Y-%m-%d}"} if acting else {}
    return {
        "type": party.get_party_type_display(),
        "unit": named_then(party.unit_name, party.uscc, present),
        "lead": _("%(lead)s（%(who)s 代理至 %(until)s）") % facts if acting else lead,
        "state": _("已注册") if party.lead_id else _("尚未注册"),
        "tone": "green" if party.lead_id else "grey",
    }


# 加入项目


@never_cache
def join(request: HttpRequest) -> HttpResponse:
    """Choose the project, look at the files kept from before, send."""
    require_person(request)
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    draft = own_draft(me(request))
    if draft is None and request.method == "POST":
        draft = open_draft(request, KIND, owner=me(request))
    form = join_form(request)
    take_uploads(request, form, draft or Registration(), FILES, by=me(request))
    if draft and form.is_valid():
        with transaction.atomic():
            application = join_project(draft, place=form.place, reuse=form.reused, by=me(request))
            done = reverse("projects:application", args=[application.pk])
            settle_once(request, done)
        messages.success(request, _("申请已提交，请等待审核。"))
        return redirect(done)
    consent = Agreement.objects.current(Agreement.Kind.ID_PHOTO)
    return render(request, "projects/join.html", {"form": form, "consent": consent})


def join_form(request: HttpRequest) -> JoinForm:
    given = request.POST.dict() if request.method == "POST" else begun_here(request)
    again = given.get("find", "")
    choice = looked_up(given, own=employers_of(me(request)), signed_in=True, find_again=again, request=request)
    consent = Agreement.objects.current(Agreement.Kind.ID_PHOTO)
    known: dict[str, Any] = {"choice": choice, "earlier": files_of(me(request)), "urls": join_urls()}
    known["consented"] = consent is None or has_accepted(consent, user=me(request))
    sent = {} if again else posted(request)
    return JoinForm(**(sent or {"initial": given}), **known)


def begun_here(request: HttpRequest) -> dict[str, Any]:
    """The enterprise for which the person acts now stands in the form already."""
    here = place_of(request, ENTERPRISE)
    return {"enterprise": here.id} if here else {}


def join_urls() -> dict[str, str]:
    return {field: reverse("projects:join-file", args=[field]) for field in FILES}


def own_draft(user) -> Registration | None:
    live = Registration.objects.filter(kind=KIND, owner=user, completed_at=None, expires_at__gt=timezone.now())
    return live.order_by("-created_at").first()


@require_POST
def join_file(request: HttpRequest, field: str) -> HttpResponse:
    """One file by script, for the person's own draft."""
    require_person(request)
    if field not in FILES:
        raise Http404
    draft = own_draft(me(request)) or open_draft(request, KIND, owner=me(request))
    return receive(request, kind=FILES[field], holder=draft, by=me(request)) or redirect("projects:join")


# 申请进度


def applications(request: HttpRequest) -> HttpResponse:
    """The person's applications, the newest first."""
    require_person(request)
    page = page_of(request, me(request).project_memberships.select_related(*PLACE).order_by("-applied_at", "pk"))
    return render(request, "projects/applications.html", {"page": page, "tones": TONES})


TONES = {
    ProjectUser.Status.SUBMITTED: "blue",
    ProjectUser.Status.APPROVED: "green",
    ProjectUser.Status.REJECTED: "red",
    ProjectUser.Status.WITHDRAWN: "grey",
    ProjectUser.Status.EXPIRED: "grey",
    ProjectUser.Status.ENDED: "grey",
}


def own_application(request: HttpRequest, pk: UUID) -> ProjectUser:
    require_person(request)
    return get_object_or_404(me(request).project_memberships.select_related(*PLACE), pk=pk)


@never_cache
def application(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where one application stands; after 驳回 it can be mended here."""
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    mine = own_application(request, pk)
    form = resubmit_form(request, mine)
    if form and form.is_valid():
        with transaction.atomic():
            position = form.cleaned_data.get("position")
            resubmit_application(mine, position=position, person=form.person, by=me(request))
            settle_once(request, request.path)
        messages.success(request, _("已重新提交，请等待审核。"))
        return redirect(request.path)
    shown = {
        "application": mine,
        "tone": TONES[ProjectUser.Status(mine.status)],
        "entries": story(mine),
        "files": Document.objects.held_by(mine),
        "form": form,
        "mend_until": mend_until(mine),
        "may_nudge": mine.status == ProjectUser.Status.SUBMITTED and may_nudge_at(mine) <= timezone.now(),
        "needs_proof": mine.may_mend and "person" in mine.marked and not may_rewrite_identity(me(request)),
    }
    return render(request, "projects/application.html", shown)


def mend_until(mine: ProjectUser) -> date | None:
    """The last day on which photo and letter are still there, as the agreement says; None if nothing is to be mended."""
    kept = settings.RETENTION_DAYS.get("refused_files")
    if not mine.may_mend or mine.decided_at is None or kept is None:
        return None
    return timezone.localdate(mine.decided_at) + timedelta(days=kept - 1)


def resubmit_form(request: HttpRequest, mine: ProjectUser) -> ResubmitForm | None:
    if not mine.may_mend:
        return None
    urls = {field: reverse("projects:application-file", args=[mine.pk, field]) for field in FILES}
    asked: dict[str, Any] = {"marked": mine.marked, "own_words": may_rewrite_identity(me(request))}
    known = {"position": mine.position_id, "name": me(request).name}
    form = ResubmitForm(**posted(request), initial=known, earlier={}, urls=urls, **asked)
    take_uploads(
        request, form, mine, {name: kind for name, kind in FILES.items() if name in form.fields}, by=me(request)
    )
    return form


@require_POST
def nudge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """提醒审核人."""
    mine = own_application(request, pk)
    nudge_approvers(mine, by=me(request))
    messages.success(request, _("已提醒审核人。"))
    return redirect("projects:application", mine.pk)


@require_POST
def application_file(request: HttpRequest, pk: UUID, field: str) -> HttpResponse:
    mine = own_application(request, pk)
    if not mine.may_mend or field not in FILES or field not in mine.marked:
        raise Http404
    own_page = redirect("projects:application", mine.pk)
    return receive(request, kind=FILES[field], holder=mine, by=me(request)) or own_page


def story(mine: ProjectUser) -> list[dict[str, Any]]:
    """What happened, the newest first, with what comes next on top."""
    entries = [{"title": _("提交申请"), "at": shown_time(mine.applied_at), "tone": "blue"}]
    if mine.escalated_at:
        entries.insert(
            0, {"title": _("转施工单位企业管理员审核"), "at": shown_time(mine.escalated_at), "tone": "orange"}
        )
    if mine.decided_at:
        entries.insert(0, decision(mine))
    if mine.ended_at:
        why = mine.reason if mine.status == ProjectUser.Status.EXPIRED else ""
        entries.insert(0, {"title": mine.get_status_display(), "at": shown_time(mine.ended_at), "text": why})
    if mine.status == ProjectUser.Status.SUBMITTED:
        entries.insert(0, {"title": _("等待审核"), "tone": "next", "text": next_step(mine)})
    return entries


def decision(mine: ProjectUser) -> dict[str, Any]:
    by = mine.decided_by
    who = by.name if by and by.is_enterprise_account else mask_name(by.name if by else "")
    titles = {ProjectUser.Status.REJECTED: _("已驳回")}
    tone = "red" if mine.status == ProjectUser.Status.REJECTED else "green"
    title = titles.get(ProjectUser.Status(mine.status), _("已通过"))
    text = mine.reason
    if mine.marked:
        text = _("%(reason)s 需要修改：%(parts)s。") % {"reason": text, "parts": "、".join(mine.marked_labels)}
    return {"title": title, "at": shown_time(mine.decided_at), "by": who, "text": text, "tone": tone}


def next_step(mine: ProjectUser) -> str:
    approvers = named_approvers(mine)
    if not approvers:
        return _("该项目的施工单位尚未在平台注册，注册后由其企业管理员审核。")
    return _("由 %(who)s 审核；3 个工作日未处理会自动提醒，5 个工作日未处理转施工单位企业管理员。") % {
        "who": "、".join(approvers)
    }


def shown_time(at) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """撤回: asks first."""
    mine = own_application(request, pk)
    if request.method != "POST":
        return render(request, "projects/withdraw.html", {"application": mine})
    withdraw_application(mine, by=me(request))
    messages.success(request, _("申请已撤回。"))
    return redirect("projects:applications")


def leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """退出项目: asks first."""
    mine = own_application(request, pk)
    if request.method != "POST":
        return render(request, "projects/leave.html", {"application": mine})
    end_membership(mine, by=me(request))
    messages.success(request, _("您已退出该项目。"))
    return redirect("projects:applications")
