"""经办人和管理员 of an enterprise; and the answer of a person who was asked to be the agent."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.views import me
from enterprises.actions import (
    answer_agency,
    appoint_administrator,
    propose_agent,
    remove_administrator,
    withdraw_agency,
)
from enterprises.actions.administrators import has_own_account, may_go
from enterprises.forms.administrators import AgentForm, AppointForm
from enterprises.models import AgentChange, Appointment, Enterprise
from enterprises.permissions import agencies_asked_of, appointed
from enterprises.shown import at_work
from enterprises.views.management import administered, page_of_enterprise
from portal.forms import posted
from portal.once import once

SHOWN = 20  # of the history
TONES = {"waiting": "blue", "done": "green", "declined": "orange", "withdrawn": "grey", "lapsed": "grey"}


def administrators(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The agent, who is asked to be it, who was it; and the members who administer the enterprise."""
    enterprise = administered(request, pk)
    people = seats_of(enterprise)
    shown = {"people": people, "alone": not people, "reachable": has_own_account(enterprise)}
    return page_of_enterprise(request, "administrators", enterprise, "detail", changes=history_of(enterprise), **shown)


def seats_of(enterprise: Enterprise) -> QuerySet[Appointment]:
    in_force = Appointment.objects.filter(ended_at=None, member__in=appointed().filter(enterprise=enterprise))
    return in_force.select_related("member__user", "member__position", "appointed_by").order_by("appointed_at", "pk")


def history_of(enterprise: Enterprise) -> list[tuple[AgentChange, str]]:
    """The newest changes of the agent, each with the colour of its state."""
    rows = enterprise.agent_changes.select_related("proposed_by").order_by("-proposed_at", "-pk")[:SHOWN]
    return [(change, TONES[change.status]) for change in rows]


def agent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """变更经办人. The password is asked for again: this gives the enterprise's own account to another human."""
    administered(request, pk)
    return propose(request, pk)


@reauthentication_required
@once
def propose(request: HttpRequest, pk: UUID) -> HttpResponse:
    enterprise = administered(request, pk)
    form = AgentForm(**posted(request), people=at_work(enterprise))
    if form.is_valid():
        change = propose_agent(enterprise, **form.person, by=me(request))
        change.refresh_from_db()
        messages.success(request, DONE if change.status == AgentChange.Status.DONE else ASKED)
        return redirect("enterprises:administrators", pk)
    return page_of_enterprise(request, "agent", enterprise, "detail", form=form)


ASKED = gettext_lazy("已请对方确认。对方同意前，经办人没有变化。")
DONE = gettext_lazy("经办人已变更为您本人。请在登录页“忘记密码”中为企业管理员账号设置新密码。")


@once
def agent_withdraw(request: HttpRequest, pk: UUID, change: UUID) -> HttpResponse:
    """撤回: asks first."""
    enterprise = administered(request, pk)
    found = get_object_or_404(enterprise.agent_changes.select_related("enterprise"), pk=change)
    if request.method == "POST":
        withdraw_agency(found, by=me(request))
        messages.success(request, _("已撤回，经办人没有变化。"))
        return redirect("enterprises:administrators", pk)
    return page_of_enterprise(request, "agent_withdraw", enterprise, "detail", change=found)


def administrator_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    """指定管理员. The password is asked for again."""
    administered(request, pk)
    return appoint(request, pk)


@reauthentication_required
@once
def appoint(request: HttpRequest, pk: UUID) -> HttpResponse:
    enterprise = administered(request, pk)
    people = at_work(enterprise).exclude(pk__in=appointed().filter(enterprise=enterprise).values("pk"))
    form = AppointForm(**posted(request), people=people)
    if form.is_valid():
        member = form.cleaned_data["member"]
        appoint_administrator(member, by=me(request))
        messages.success(request, _("%(name)s已成为企业管理员，已通知本人。") % {"name": member.user.name})
        return redirect("enterprises:administrators", pk)
    return page_of_enterprise(request, "administrator_add", enterprise, "detail", form=form, offered=people.exists())


@once
def administrator_remove(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """移除: says first what follows, and why not if nobody else were left."""
    enterprise = administered(request, pk)
    found = get_object_or_404(appointed().filter(enterprise=enterprise).select_related("user", "enterprise"), pk=member)
    if request.method == "POST":
        remove_administrator(found, by=me(request))
        messages.success(request, _("%(name)s不再是企业管理员。") % {"name": found.user.name})
        gone = found.user_id == me(request).pk
        return redirect("home") if gone else redirect("enterprises:administrators", pk)
    shown = {"member": found, "oneself": found.user_id == me(request).pk, "last": not may_go(enterprise, found)}
    return page_of_enterprise(request, "administrator_remove", enterprise, "detail", **shown)


@require_POST
def agency_answer(request: HttpRequest, pk: UUID, move: str) -> HttpResponse:
    """同意 or 不同意 by the person who was asked."""
    found = get_object_or_404(agencies_asked_of(me(request)).select_related("enterprise"), pk=pk)
    if move not in ("accept", "decline"):
        raise Http404
    answer_agency(found, move, by=me(request))
    text = TAKEN if move == "accept" else _("您没有同意担任%(name)s的经办人。")
    messages.success(request, text % {"name": found.enterprise})
    return redirect("enterprises:invitations")


TAKEN = gettext_lazy("您已成为%(name)s的经办人。请在登录页“忘记密码”中用统一社会信用代码为企业管理员账号设置新密码。")
