"""经办人变更: another human behind the enterprise's own account, once they agreed (domain §5.1)."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import locked
from accounts.models import RecoveryTicket, User
from accounts.tickets import close_access, register_replacement
from enterprises.actions.administrators import address_of, lock_administration
from enterprises.models import AgentChange, Enterprise
from enterprises.permissions import ANSWER_WITHIN, administrators_of, agencies_asked_of, require_administrator
from portal.audit.actions import record
from portal.crypto import blind_index
from portal.errors import Refused
from portal.limits import hit
from portal.masking import mask_name, mask_phone
from portal.notifications.actions import mark_handled, notify, send_text

A_DAY = 5  # proposals of one enterprise
AGENT_FIELDS = ["agent_name", "agent_id_number", "agent_id_index", "agent_phone", "agent_phone_index"]
EVENTS = {"accept": "agent.accepted", "decline": "agent.declined", "withdraw": "agent.withdrawn"}


@transaction.atomic
def propose_agent(enterprise: Enterprise, *, name: str, phone: str, by: User) -> AgentChange:
    """Ask the person of this name and number to be the agent; the present one is told and can have it taken back.

    The answer is the same whether the number has an account or not. Who names themselves agrees by that.
    """
    if by.is_personal:  # who may name themselves, in the order of answer_agency
        locked(by)
    enterprise = lock_administration(enterprise, by=by)
    require_open(enterprise)
    index = blind_index(phone, purpose="phone")
    if (index, name) == (enterprise.agent_phone_index, enterprise.agent_name):
        raise Refused(_("此人就是现在的经办人，没有变化。"))
    lapse_overdue(enterprise)
    if enterprise.agent_changes.filter(status="waiting").exists():
        raise Refused(_("已有一份经办人变更在等待本人确认，请先撤回再重新发起。"))
    if not hit(f"agent-change:{enterprise.pk}", limit=A_DAY, seconds=24 * 3600):
        raise Refused(_("今天发起的经办人变更过多，请明天再试。"))
    whose = {"name": name, "phone": phone, "phone_index": index, "former_name": enterprise.agent_name}
    change = AgentChange.objects.create(enterprise=enterprise, proposed_by=by, **whose)
    shown = {"name": mask_name(name), "phone": mask_phone(phone)}
    record("agent.proposed", change, by=by, enterprise_id=enterprise.pk, **shown)
    if agencies_asked_of(by).filter(pk=change.pk).exists():
        answer_agency(change, "accept", by=by)
        return change
    ask(change, phone)
    told = {"enterprise": enterprise, "change": change} | shown
    notify(administrators_of(enterprise), "agent.announced", about=enterprise, link=address_of(enterprise), **told)
    return change


def require_open(enterprise: Enterprise) -> None:
    if enterprise.status not in Enterprise.READING:
        raise Refused(_("当前状态为“%(state)s”，不能变更经办人。") % {"state": enterprise.get_status_display()})


def lapse_old_agencies() -> int:
    """Take back what nobody answered in time, of every enterprise; returns how many."""
    old = AgentChange.objects.filter(status="waiting", proposed_at__lte=timezone.now() - ANSWER_WITHIN)
    count = 0
    for pk in list(old.values_list("enterprise", flat=True)):
        with transaction.atomic():
            count += lapse_overdue(Enterprise.objects.locked(pk))
    return count


def lapse_overdue(enterprise: Enterprise) -> int:
    """Of an enterprise that the caller has locked."""
    late = list(enterprise.agent_changes.filter(status="waiting", proposed_at__lte=timezone.now() - ANSWER_WITHIN))
    for change in late:
        settle(change, "lapse")
    return len(late)


def ask(change: AgentChange, phone: str) -> None:
    """In the account if there is one of that name, by text alone otherwise."""
    user = User.objects.by_phone(phone)
    if user and user.name == change.name:
        link = reverse("enterprises:invitations")
        notify([user], "agent.asked", about=change, link=link, enterprise=change.enterprise)
    else:
        send_text(phone, "agent.invited", key=f"agent:{change.pk}", enterprise=change.enterprise)


@transaction.atomic
def answer_agency(change: AgentChange, move: str, *, by: User) -> None:
    """accept or decline, by the person who was asked. What opened the enterprise's own account before opens it no more."""
    if not agencies_asked_of(by).filter(pk=change.pk).exists():
        raise Http404
    if locked(by).closed_at:  # before the enterprise, as whoever closes an account does
        raise Http404
    enterprise = Enterprise.objects.locked(change.enterprise_id)
    change = AgentChange.objects.locked(change.pk)
    if change.proposed_at <= timezone.now() - ANSWER_WITHIN:
        raise Refused(_("这份邀请已过期，请企业重新发起。"))
    settle(change, move)
    record(EVENTS[move], change, by=by, enterprise_id=enterprise.pk, name=mask_name(change.name))
    if move == "accept":
        require_open(enterprise)
        replace_agent(enterprise, by)
    else:
        link = address_of(enterprise)
        notify(
            administrators_of(enterprise), "agent.declined", about=enterprise, link=link, name=mask_name(change.name)
        )


@transaction.atomic
def withdraw_agency(change: AgentChange, *, by: User) -> None:
    """撤回 by an administrator; who was asked is not bothered again."""
    require_administrator(by, change.enterprise)
    Enterprise.objects.locked(change.enterprise_id)
    change = AgentChange.objects.locked(change.pk)
    settle(change, "withdraw")
    record("agent.withdrawn", change, by=by, enterprise_id=change.enterprise_id, name=mask_name(change.name))


def settle(change: AgentChange, move: str) -> None:
    """The number is needed no longer once there is an answer."""
    change.move(move)
    change.decided_at, change.phone = timezone.now(), None
    change.save(update_fields=["status", "decided_at", "phone"])
    mark_handled(change)


def replace_agent(enterprise: Enterprise, user: User) -> None:
    """Bind the enterprise's own account to another human, and tell the old one, the new one and the administrators."""
    former, old_phone = enterprise.agent_name, enterprise.agent_phone
    enterprise.set_agent(name=user.name, id_number=user.id_number or "", phone=user.phone or "")
    enterprise.save(update_fields=AGENT_FIELDS)
    for seat in enterprise.administrators.select_related("user"):
        close_access(seat.user)
    shown = {"former": mask_name(former), "name": mask_name(user.name)}
    record("agent.changed", enterprise, by=user, enterprise_id=enterprise.pk, **shown)
    told: dict[str, Any] = {"enterprise": enterprise} | shown
    notify([user], "agent.taken", about=enterprise, enterprise=enterprise)
    notify(administrators_of(enterprise), "agent.changed", about=enterprise, link=address_of(enterprise), **told)
    if old_phone:
        key = f"agent:{enterprise.pk}:{timezone.now().timestamp()}"
        send_text(old_phone, "agent.released", key=key, **told)


def ask_no_more(enterprise: Enterprise) -> None:
    """Take back what waits for an answer, because it was settled otherwise or the enterprise was merged."""
    for change in enterprise.agent_changes.filter(status="waiting").select_for_update(of=("self",), no_key=True):
        settle(change, "withdraw")


def note_replacement(ticket: RecoveryTicket, former: str) -> None:
    """Operators replaced an agent who had left: that stands in the history, and nobody else is asked any more."""
    enterprise: Enterprise = ticket.account.administrator.enterprise  # type: ignore[union-attr]
    ask_no_more(enterprise)
    AgentChange.objects.create(
        enterprise=enterprise,
        former_name=former,
        name=enterprise.agent_name,
        status=AgentChange.Status.DONE,
        ticket_no=ticket.number,
        decided_at=timezone.now(),
    )


register_replacement(note_replacement)
