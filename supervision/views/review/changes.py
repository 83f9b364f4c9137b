"""人员变更 and 代理项目经理 as the stations work through them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.forms import posted
from portal.masking import mask_id, mask_name, mask_phone
from portal.once import once
from portal.pages import page_of
from portal.reveals import reason_given, require_fresh, shown
from projects.models import ActingLead, ProjectParty
from supervision.actions import confirm_change, note_acting, return_change
from supervision.actions.reveal import reveal_successor
from supervision.forms.changes import AnswerForm, NoteForm
from supervision.models import ChangeConfirmation, PersonnelChange
from supervision.permissions import acting_seen_by, changes_waiting_for, mergers_waiting_for, posts_held_by
from supervision.views.changes import described
from supervision.views.review.inbox import require_post

STATES = ("waiting", "done", "acting")


def change_list(request: HttpRequest) -> HttpResponse:
    """What waits for this officer's station by due day, what was done, and who stands in for whom."""
    require_post(request.user)
    state = request.GET.get("state", "waiting")
    state = state if state in STATES else "waiting"
    rows = {"waiting": waiting_for(request.user), "done": done_by(request.user), "acting": acting_rows(request.user)}
    page = page_of(request, rows[state])
    labels = {"waiting": _("待确认"), "done": _("已办"), "acting": _("代理项目经理")}
    counts = {"waiting": rows["waiting"].count(), "acting": rows["acting"].filter(noted_at=None).count()}
    tabs = [
        {"label": label, "url": f"?state={code}", "current": code == state, "badge": counts.get(code, ""), "tone": ""}
        for code, label in labels.items()
    ]
    merges = mergers_waiting_for(request.user).select_related("survivor", "duplicate")
    context = {"tabs": tabs, "state": state, "page": page, "today": timezone.localdate(), "merges": merges}
    return render(request, "supervision/review/changes.html", context)


def waiting_for(user: Any):
    found = changes_waiting_for(user).select_related("filing")
    return found.defer("filing__search_text", "filing__search_tokens").order_by("due_on", "pk")


def done_by(user: Any):
    mine = ChangeConfirmation.objects.filter(posts_held_by(user)).exclude(status=ChangeConfirmation.Status.WAITING)
    return (
        PersonnelChange.objects.filter(pk__in=mine.values("change"))
        .select_related("filing")
        .order_by("-changed_at", "pk")
    )


def acting_rows(user: Any):
    related = ("party__project", "user")
    return acting_seen_by(user).select_related(*related).order_by("-appointed_at", "pk")


def seen_change(request: HttpRequest, pk: UUID) -> PersonnelChange:
    if request.user.is_personal:  # type: ignore[union-attr]
        raise Http404
    related = ("filing", "created_by", "submitted_by", "consented_by")
    return get_object_or_404(PersonnelChange.objects.visible_to(request.user).select_related(*related), pk=pk)


@never_cache
def change_review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The post, who leads and who shall, the papers, and what this station may still say."""
    change = seen_change(request, pk)
    mine = set(
        change.confirmations.filter(posts_held_by(request.user), round=change.round).values_list("role", flat=True)
    )
    context = described(change, request.user, full=True)
    context |= {
        "masked": [
            (_("身份证号"), mask_id(change.new_id_number), "new_id_number"),
            (_("手机号"), mask_phone(change.new_phone), "new_phone"),
        ],
        "mine": [answer for answer in context["answers"] if answer["code"] in mine and answer["is_waiting"]],
        "warnings": warnings_about(change),
    }
    return render(request, "supervision/review/change.html", context)


def warnings_about(change: PersonnelChange) -> list[str]:
    """The person leads elsewhere: for the station to judge (domain §5.7 21)."""
    elsewhere = ProjectParty.objects.filter(lead_id_index=change.new_id_index or "-", ended_at=None)
    others = elsewhere.exclude(project=change.filing.project_id).filter(project__closed_at=None)
    sentence = _("%(name)s现为“%(project)s”的%(post)s负责人，请核实是否符合兼任规定。")
    return [
        sentence % {"name": mask_name(change.new_name), "project": one.project, "post": one.get_party_type_display()}
        for one in others.select_related("project")[:5]
    ]


@require_POST
def change_reveal(request: HttpRequest, pk: UUID, field: str) -> HttpResponse:
    """The full number, written down each time."""
    change = seen_change(request, pk)
    require_fresh(request)
    value = reveal_successor(change, field, reason=reason_given(request), by=request.user)
    label = str(PersonnelChange._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    return shown(request, value, label=label, back=reverse("review:change", args=[pk]))


@once
def change_decide(request: HttpRequest, pk: UUID, role: str) -> HttpResponse:
    """确认 or 退回, for one of the officer's roles."""
    change = seen_change(request, pk)
    answer = get_object_or_404(change.confirmations.filter(posts_held_by(request.user)), role=role, round=change.round)
    form = AnswerForm(**posted(request), initial={"round": change.round})
    if form.is_valid():
        given = form.cleaned_data
        verb = {"confirm": confirm_change, "return": return_change}[given["answer"]]
        after = verb(change, role=role, round=given["round"], opinion=given["opinion"], by=request.user)
        messages.success(request, said_of(after))
        return redirect("review:change", pk)
    others = change.confirmations.filter(round=change.round, status=ChangeConfirmation.Status.WAITING).exclude(
        role=role
    )
    context = {
        "form": form,
        "change": change,
        "filing": change.filing,
        "answer": answer,
        "completes": not others.exists(),
    }
    return render(request, "supervision/review/change_decide.html", context)


def said_of(change: PersonnelChange) -> str:
    said = {
        PersonnelChange.Status.CONFIRMED: _("变更完成，已通知有关单位和人员。"),
        PersonnelChange.Status.RETURNED: _("已退回，申请单位会收到原因。"),
    }
    return said.get(PersonnelChange.Status(change.status), _("已确认，等待另一站确认。"))


@once
def acting_note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who stands in for whom until when; the station's note."""
    if request.user.is_personal:  # type: ignore[union-attr]
        raise Http404
    found = acting_seen_by(request.user).select_related("party__project", "user", "appointed_by", "noted_by")
    acting: ActingLead = get_object_or_404(found, pk=pk)
    form = NoteForm(**posted(request))
    if form.is_valid():
        note_acting(acting, note=form.cleaned_data["note"], by=request.user)
        messages.success(request, _("已备注，施工单位会收到。"))
        return redirect("review:acting", pk)
    return render(request, "supervision/review/acting.html", {"form": form, "acting": acting, "rows": facts_of(acting)})


def facts_of(acting: ActingLead) -> list[tuple[Any, Any]]:
    noted = f"{acting.note}（{mask_name(acting.noted_by.name)}）" if acting.noted_by else _("尚未备注")
    return [
        (_("项目名称"), acting.party.project),
        (_("施工单位"), acting.party.unit_name),
        (_("项目经理"), mask_name(acting.party.lead_name)),
        (_("代理项目经理"), mask_name(acting.user.name)),
        (_("代理期限"), f"{acting.since:%Y-%m-%d} — {acting.until:%Y-%m-%d}"),
        (_("原因"), acting.reason),
        (_("监督站备注"), noted),
    ]
