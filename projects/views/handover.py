"""企业合并与分立, for operators: one proposes, another one confirms."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.views import me
from enterprises.models import Enterprise, Member
from portal.documents.models import Document
from portal.documents.views import take_uploads
from portal.forms import posted
from portal.once import once
from portal.pages import page_of
from projects.actions.handover import confirm_handover, decline_handover, propose_handover, withdraw_handover
from projects.catalogue import HANDOVER_PROOF
from projects.forms import HandoverForm, OpinionForm
from projects.models import EnterpriseHandover, Project
from projects.permissions import parties_of

TONES = {"proposed": "orange", "done": "green", "declined": "red", "withdrawn": "grey"}
COUNTED = {
    "members": gettext_lazy("转入用户"),
    "invited": gettext_lazy("邀请加入的人员"),
    "systems": gettext_lazy("新增业务系统授权"),
    "parties": gettext_lazy("承继的项目"),
    "users": gettext_lazy("承继的项目用户"),
    "filings": gettext_lazy("承继的报监"),
}


def require_operator(request: HttpRequest) -> None:
    if not me(request).is_operator:
        raise Http404


def all_handovers() -> Any:
    return EnterpriseHandover.objects.select_related("source", "target", "proposed_by", "decided_by")


def handovers(request: HttpRequest) -> HttpResponse:
    """What waits for a second operator, and what was done."""
    require_operator(request)
    page = page_of(request, all_handovers().order_by("-proposed_at", "pk"))
    return render(request, "projects/handovers.html", {"page": page})


@once
def handover_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Propose: everything of an enterprise, or some of its projects."""
    require_operator(request)
    source = get_object_or_404(Enterprise.objects.filter(status__in=Enterprise.READING), pk=pk)
    form = HandoverForm(**posted(request), source=source, projects=projects_of(source))
    take_uploads(request, form, source, {"proof": HANDOVER_PROOF.code}, by=me(request))
    if form.is_valid():
        given = form.cleaned_data
        facts = {"kind": given["kind"], "projects": [one.pk for one in given["projects"]]}
        made = propose_handover(source, given["target"], **facts, evidence=given["evidence"], by=me(request))
        messages.success(request, _("已提出，等待另一名运营人员复核。"))
        return redirect("projects:handover", made.pk)
    return render(request, "projects/handover_new.html", {"form": form, "source": source, "counts": counts_of(source)})


def projects_of(source: Enterprise) -> Any:
    parties = parties_of(Enterprise.objects.filter(pk=source.pk))
    return Project.objects.filter(pk__in=parties.values("project")).order_by("name", "pk")


def counts_of(source: Enterprise) -> dict[str, int]:
    """What a merger would take over."""
    return {
        "members": source.members.filter(status=Member.Status.ACTIVE).count(),
        "projects": projects_of(source).count(),
        "systems": source.grants.filter(revoked_at=None).count(),
    }


def handover_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of them: what is asked for with its proof, or what went over."""
    require_operator(request)
    handover = get_object_or_404(all_handovers(), pk=pk)
    shown = {
        "handover": handover,
        "tone": TONES[handover.status],
        "projects": list(Project.objects.filter(pk__in=handover.projects).order_by("name", "pk")),
        "documents": Document.objects.held_by(handover.source, HANDOVER_PROOF.code),
        "counts": counts_of(handover.source),
        "moved": [(label, handover.moved[name]) for name, label in COUNTED.items() if name in handover.moved],
        "is_own": handover.proposed_by_id == me(request).pk,
    }
    return render(request, "projects/handover.html", shown)


@once
def handover_move(request: HttpRequest, pk: UUID, move: str) -> HttpResponse:
    """confirm, decline or withdraw: asks first, and says what follows."""
    require_operator(request)
    handover = get_object_or_404(all_handovers(), pk=pk)
    if move not in ("confirm", "decline", "withdraw"):
        raise Http404
    form = OpinionForm(**posted(request)) if move == "decline" else None
    if request.method == "POST" and (form is None or form.is_valid()):
        decide(handover, move, form, by=me(request))
        messages.success(request, _("已处理。"))
        return redirect("projects:handover", handover.pk)
    shown = {"handover": handover, "move": move, "counts": counts_of(handover.source)}
    return render(request, "projects/handover_move.html", shown | {"form": form})


def decide(handover: EnterpriseHandover, move: str, form: OpinionForm | None, *, by: Any) -> None:
    if form is not None:
        decline_handover(handover, opinion=form.cleaned_data["opinion"], by=by)
    elif move == "confirm":
        confirm_handover(handover, by=by)
    else:
        withdraw_handover(handover, by=by)
