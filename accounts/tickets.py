"""手机号更换: by codes to both numbers, or by a ticket that two operators settle (product §4, decisions 4, security S6).

Who applies learns nothing about the account: an application that fits none is taken in the same way and found wanting
by the operators. What a ticket changes takes effect after RECOVERY_WAIT, during which the old contact, and everybody
of the enterprise, can stop it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import PASSWORD_FIELDS, end_sessions, locked
from accounts.adapter import enterprise_id_of
from accounts.drafts import close_draft
from accounts.models import RecoveryTicket, Registration, User
from portal.audit.actions import record
from portal.crypto import blind_index
from portal.documents.actions import purge, rehold
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.actions import mark_handled, notify, send_text
from portal.validators import clean_name

Kind, Status = RecoveryTicket.Kind, RecoveryTicket.Status
MATERIALS_KEPT = timedelta(days=180)  # after the decision; the trail keeps what was decided
PHONE_TAKEN = _("新手机号已绑定其他账号，不能更换。")


# What the applicant does


@transaction.atomic
def submit_ticket(draft: Registration, *, kind: str, claim: dict[str, str], new_phone: str) -> RecoveryTicket:
    """Take in an application, with the files of its draft, whether or not there is such an account."""
    account = account_claimed(kind, claim)
    ticket = RecoveryTicket(kind=kind, account=account, claim=claim, new_phone=new_phone)
    ticket.save(force_insert=True)
    rehold(draft, ticket)
    close_draft(draft)
    record("ticket.submitted", ticket, by=None, kind=kind)
    send_text(new_phone, "account.ticket_received", key=f"ticket:{ticket.pk}:received", ticket=ticket)
    tell_operators(ticket)
    return ticket


def account_claimed(kind: str, claim: dict[str, str]) -> User | None:
    """Whose account it is about: a person by the ID number, an enterprise by the credit code."""
    if kind == Kind.AGENT:
        return User.objects.filter(kind=User.Kind.ENTERPRISE, username=claim["uscc"]).first()
    return User.objects.by_id_number(claim["id_number"])


def tell_operators(ticket: RecoveryTicket) -> None:
    operators = User.objects.filter(kind=User.Kind.STAFF, duty=User.Duty.OPERATOR, is_active=True)
    notify(operators, "account.ticket_arrived", about=ticket, link=address_in_console(ticket), ticket=ticket)


def address_in_console(ticket: RecoveryTicket) -> str:
    return reverse("accounts:ticket", args=[ticket.pk])


@transaction.atomic
def dispute_phone(holder: User, *, phone: str) -> RecoveryTicket | None:
    """Somebody else proved to have the number of `holder` (edge case 41): never merged, but no code opens the account.

    Both are told, and operators settle it. None while that is under way already.
    """
    holder = locked(holder)
    if holder.phone_disputed_at is not None:
        return None
    holder.phone_disputed_at = timezone.now()
    holder.save(update_fields=["phone_disputed_at"])
    ticket = RecoveryTicket(kind=Kind.RECYCLED, account=holder, claim={}, new_phone=phone)
    ticket.save(force_insert=True)
    record("account.phone_disputed", holder, by=None, ticket=ticket.number)
    notify([holder], "account.phone_disputed", about=ticket, link=address_to_stop(ticket), ticket=ticket)
    send_text(phone, "account.phone_claimed", key=f"ticket:{ticket.pk}:received", ticket=ticket)
    tell_operators(ticket)
    return ticket


def address_to_stop(ticket: RecoveryTicket) -> str:
    return reverse("accounts:ticket-stop", args=[ticket.pk])


@transaction.atomic
def stop_ticket(ticket: RecoveryTicket, *, by: User | None) -> None:
    """撤销 by whoever is concerned, or (`by` None) by whoever proved to have the old number. Http404 for strangers."""
    ticket = RecoveryTicket.objects.locked(ticket.pk)
    if by is not None and by not in concerned(ticket):
        raise Http404
    ticket.move("stop")
    close(ticket, by=by)
    settle_dispute(ticket)
    record("ticket.stopped", ticket, by=by, enterprise_id=enterprise_id_of(ticket.account))
    tell_contacts(ticket, "account.ticket_stopped")


def concerned(ticket: RecoveryTicket) -> list[User]:
    """Who may stop it and is told of it: the account, and the people of its enterprise."""
    if ticket.account is None:
        return []
    return [ticket.account, *colleagues(ticket.account)]


def colleagues(account: User) -> list[User]:
    """The active people of the enterprise whose account it is."""
    administrator = getattr(account, "administrator", None)
    if administrator is None:
        return []
    members = administrator.enterprise.members.filter(status="active", user__is_active=True)
    return [member.user for member in members.select_related("user")]


# What operators do


def require_operator(by: User) -> None:
    if not by.is_operator:
        raise Http404


@transaction.atomic
def propose_ticket(ticket: RecoveryTicket, *, finding: str, by: User) -> None:
    """The first operator compared everything and asks a second one to confirm. Refused where nothing can be changed."""
    ticket = opened(ticket, by)
    require_changeable(ticket)
    ticket.move("propose")
    ticket.proposed_by, ticket.proposed_at, ticket.finding = by, timezone.now(), finding
    try:
        with transaction.atomic():
            ticket.save(update_fields=["status", "proposed_by", "proposed_at", "finding"])
    except IntegrityError:
        raise Refused(_("该账号已有另一份申请在复核或等待生效，请先处理那一份。")) from None
    record("ticket.proposed", ticket, by=by)


def opened(ticket: RecoveryTicket, by: User) -> RecoveryTicket:
    require_operator(by)
    return RecoveryTicket.objects.locked(ticket.pk)


def require_changeable(ticket: RecoveryTicket) -> None:
    """There is an account, and the new number is free for it."""
    if ticket.account is None:
        raise Refused(_("没有与申请相符的账号，只能作“不予通过”。"))
    if is_taken(ticket):
        raise Refused(PHONE_TAKEN)


def is_taken(ticket: RecoveryTicket) -> bool:
    """Whether the new number is another person's. An enterprise's agent may have an account of his own with it."""
    return ticket.kind == Kind.PHONE and User.objects.by_phone(ticket.new_phone) not in (None, ticket.account)


@transaction.atomic
def send_back_ticket(ticket: RecoveryTicket, *, reason: str, by: User) -> None:
    """复核不同意: it has to be looked into again, by anybody."""
    ticket = opened(ticket, by)
    ticket.move("send_back")
    ticket.proposed_by, ticket.proposed_at, ticket.finding = None, None, reason
    ticket.save(update_fields=["status", "proposed_by", "proposed_at", "finding"])
    record("ticket.sent_back", ticket, by=by)


@transaction.atomic
def confirm_ticket(ticket: RecoveryTicket, *, by: User) -> None:
    """The second operator agrees: it takes effect after RECOVERY_WAIT unless somebody stops it.

    Refused for whoever proposed it; the database would refuse that, too.
    """
    ticket = opened(ticket, by)
    require_changeable(ticket)
    ticket.move("confirm")
    if ticket.proposed_by_id == by.pk:
        raise Refused(_("核验和复核须由两位运营人员分别进行，请由另一位同事复核。"))
    ticket.confirmed_by, ticket.effective_at = by, timezone.now() + settings.RECOVERY_WAIT
    ticket.save(update_fields=["status", "confirmed_by", "effective_at"])
    record("ticket.confirmed", ticket, by=by, enterprise_id=enterprise_id_of(ticket.account))
    notify(concerned(ticket), "account.ticket_waiting", about=ticket, link=address_to_stop(ticket), ticket=ticket)
    tell_contacts(ticket, "account.ticket_confirmed")


@transaction.atomic
def refuse_ticket(ticket: RecoveryTicket, *, reason: str, by: User) -> None:
    """不予通过: nothing changes, and the applicant reads why."""
    ticket = opened(ticket, by)
    ticket.move("refuse")
    ticket.reason = reason
    close(ticket, by=by)
    settle_dispute(ticket)
    record("ticket.refused", ticket, by=by)
    tell(ticket, ticket.new_phone, "account.ticket_refused")


def close(ticket: RecoveryTicket, *, by: User | None) -> None:
    ticket.closed_at, ticket.closed_by = timezone.now(), by
    ticket.save(update_fields=["status", "closed_at", "closed_by", "reason"])
    mark_handled(ticket)


def settle_dispute(ticket: RecoveryTicket) -> None:
    """The number stays with whom it was: codes to it count again."""
    if ticket.kind == Kind.RECYCLED:
        User.objects.filter(recovery_tickets=ticket).update(phone_disputed_at=None)


# What happens then


def finish_due_tickets() -> int:
    """Let those take effect whose time has come; returns how many."""
    due = RecoveryTicket.objects.filter(status=Status.WAITING, effective_at__lte=timezone.now())
    return sum(finish_ticket(pk) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def finish_ticket(pk: Any) -> bool:
    """Bind the new number, make the password void and end every session; False if somebody was quicker."""
    ticket = RecoveryTicket.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=pk).first()
    if ticket is None or ticket.status != Status.WAITING or ticket.account is None:
        return False
    old_phone = locked_contact(ticket.account).contact_phone()
    if is_taken(ticket):
        ticket.move("fail")
        ticket.reason = str(PHONE_TAKEN)
        close(ticket, by=None)
        tell(ticket, ticket.new_phone, "account.ticket_refused")
        return True
    ticket.move("finish")
    take_effect(ticket)
    close(ticket, by=None)
    record("ticket.done", ticket, by=None, enterprise_id=enterprise_id_of(ticket.account))
    notify([*concerned(ticket)], "account.ticket_done", about=ticket, ticket=ticket)
    for phone in filter(None, {old_phone, ticket.new_phone}):
        tell(ticket, phone, "account.ticket_finished")
    return True


_replaced: list[Callable[[RecoveryTicket, str], object]] = []


def register_replacement(fn: Callable[[RecoveryTicket, str], object]) -> None:
    """`fn(ticket, former_name)` runs in the transaction in which a ticket gives an enterprise another agent."""
    _replaced.append(fn)


def take_effect(ticket: RecoveryTicket) -> None:
    account = ticket.account
    assert account is not None
    if ticket.kind == Kind.RECYCLED:
        bind_phone(account, None)
        end_sessions(account)
        return
    former = account.administrator.enterprise.agent_name if ticket.kind == Kind.AGENT else ""  # type: ignore[attr-defined]
    bind_phone(account, ticket.new_phone, ticket.claim if ticket.kind == Kind.AGENT else None)
    close_access(account)
    for fn in _replaced if ticket.kind == Kind.AGENT else ():
        fn(ticket, former)


def close_access(account: User) -> None:
    """Whoever knew the password or held the second factor got in with the old number's owner: neither counts more."""
    account.set_unusable_password()
    account.must_change_password, account.initial_until = False, None
    account.save(update_fields=PASSWORD_FIELDS)
    Authenticator.objects.filter(user_id=account.pk).delete()
    end_sessions(account)


def locked_contact(account: User) -> User:
    """The account as it is now; before an enterprise's own account the enterprise, as everybody who changes its agent."""
    if account.is_enterprise_account:
        enterprise: Any = account.administrator.enterprise  # type: ignore[attr-defined]
        type(enterprise).objects.locked(enterprise.pk)
    return locked(account)


def bind_phone(account: User, phone: str | None, agent: dict[str, str] | None = None) -> None:
    """The number that reaches an account: a person's own, an enterprise's agent (with `agent`, another human)."""
    if account.is_enterprise_account:
        enterprise: Any = account.administrator.enterprise  # type: ignore[attr-defined]
        name, number = enterprise.agent_name, enterprise.agent_id_number
        if agent:
            name, number = agent["name"], agent["id_number"]
        enterprise.set_agent(name=name, id_number=number, phone=phone)
        fields = ["agent_name", "agent_id_number", "agent_id_index", "agent_phone", "agent_phone_index"]
        enterprise.save(update_fields=fields)
        return
    account.set_phone(phone)
    account.phone_verified_at = timezone.now() if phone else None
    account.phone_disputed_at = None
    account.save(update_fields=["phone", "phone_index", "phone_tail", "phone_verified_at", "phone_disputed_at"])


@transaction.atomic
def change_phone(account: User, phone: str) -> None:
    """Codes to the old and the new number were right: the new one counts at once, and every session ends.

    Refused if the number is another person's; then that one is asked about (edge case 41); and if the account has
    another number by now than the one that was proved.
    """
    old = account.contact_phone()
    account = locked_contact(account)
    if account.contact_phone() != old:
        raise Refused(_("该账号的手机号刚刚已变更，请重新办理。"), safe=_("没有任何改动。"))
    if old == phone:
        raise Refused(_("新手机号与现在的手机号相同，没有变化。"))
    bind_phone(account, phone)
    end_sessions(account)
    record("account.phone_changed", account, by=account, enterprise_id=enterprise_id_of(account))
    changed = timezone.now()
    notify([account], "account.phone_changed", at=changed)
    for number in filter(None, [old, phone]):
        key = f"phone:{account.pk}:{changed.timestamp()}:{blind_index(number, purpose='told')[:16]}"
        send_text(number, "account.phone_replaced", key=key, at=changed)


def tell_contacts(ticket: RecoveryTicket, event: str) -> None:
    """By text to the old number and the new one."""
    old_phone = ticket.account.contact_phone() if ticket.account else None
    for phone in filter(None, {old_phone, ticket.new_phone}):
        tell(ticket, phone, event)


def tell(ticket: RecoveryTicket, phone: str, event: str) -> None:
    send_text(phone, event, key=f"ticket:{ticket.pk}:{event}:{blind_index(phone, purpose='told')[:16]}", ticket=ticket)


def comparison(ticket: RecoveryTicket) -> list[tuple[str, bool]]:
    """What the applicant typed and whether it is what the account says, for the operator."""
    account, claim = ticket.account, ticket.claim
    if account is None or ticket.kind == Kind.RECYCLED:
        return []
    if ticket.kind == Kind.PHONE:
        return [(_("姓名"), account.name == claim["name"]), (_("身份证号"), True)]
    enterprise = account.administrator.enterprise  # type: ignore[attr-defined]
    legal = clean_name(enterprise.legal_representative) == claim["legal_representative"]
    return [(_("统一社会信用代码"), True), (_("法定代表人"), legal)]


def purge_old_materials() -> None:
    """Delete what was uploaded for tickets that closed half a year ago (PIPL art. 47)."""
    old = RecoveryTicket.objects.filter(closed_at__lt=timezone.now() - MATERIALS_KEPT)
    purge(Document.objects.filter(holder_type="accounts.recoveryticket", holder_id__in=old.values("pk")).kept())
