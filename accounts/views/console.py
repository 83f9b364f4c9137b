"""运营管理 → 找回与变更, and the locks of sign-in. To everybody but operators these pages do not exist."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import FindingForm, ReasonForm
from accounts.locks import lift_lock
from accounts.models import RecoveryTicket, SignInLock
from accounts.tickets import (
    comparison,
    confirm_ticket,
    propose_ticket,
    refuse_ticket,
    require_operator,
    send_back_ticket,
)
from accounts.views import me
from portal.documents.models import Document
from portal.forms import PortalForm, posted
from portal.masking import mask_id, mask_phone
from portal.once import once
from portal.pages import page_of
from portal.reveals import note_look, reason_given, require_fresh, shown

Status = RecoveryTicket.Status
TABS = {
    "submitted": ([Status.SUBMITTED], gettext_lazy("待核验")),
    "proposed": ([Status.PROPOSED], gettext_lazy("待复核")),
    "waiting": ([Status.WAITING], gettext_lazy("等待生效")),
    "closed": ([Status.DONE, Status.REFUSED, Status.STOPPED], gettext_lazy("已办结")),
}
TONES = {
    Status.SUBMITTED: "blue",
    Status.PROPOSED: "blue",
    Status.WAITING: "orange",
    Status.DONE: "green",
    Status.REFUSED: "red",
    Status.STOPPED: "grey",
}


class Move(NamedTuple):
    """A decision of an operator: its action, form, and what the page says."""

    action: Callable[..., None]
    form: type[forms.Form]
    heading: str | Promise
    confirm: str | Promise
    consequence: str | Promise
    done: str | Promise
    tone: str = "primary"


MOVES = {
    "propose": Move(
        propose_ticket,
        FindingForm,
        gettext_lazy("提交复核"),
        gettext_lazy("提交复核"),
        gettext_lazy("请先逐项核对申请内容和材料。提交后由另一位运营人员复核，您不能复核自己核验的申请。"),
        gettext_lazy("已提交复核，请另一位运营人员办理。"),
    ),
    "confirm": Move(
        confirm_ticket,
        PortalForm,
        gettext_lazy("复核通过"),
        gettext_lazy("复核通过"),
        gettext_lazy(
            "通过后进入等待期，系统通知原手机号、该账号和该企业的在职人员；期间任何一方都可以撤销。"
            "到期后手机号生效，原密码和第二重验证作废，账号在所有设备上退出。"
        ),
        gettext_lazy("已复核通过，等待生效。"),
    ),
    "send-back": Move(
        send_back_ticket,
        ReasonForm,
        gettext_lazy("退回重新核验"),
        gettext_lazy("退回"),
        gettext_lazy("申请回到待核验，账号没有变化。原因留给下一位核验人员，不发送给申请人。"),
        gettext_lazy("已退回，等待重新核验。"),
    ),
    "refuse": Move(
        refuse_ticket,
        ReasonForm,
        gettext_lazy("不予通过"),
        gettext_lazy("不予通过"),
        gettext_lazy("账号没有变化。原因以短信发送给申请人，也显示在进度查询页，请不要写入个人信息。"),
        gettext_lazy("已作不予通过处理，申请人会收到短信。"),
        "danger",
    ),
}


@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """找回与变更: what waits, oldest first."""
    require_operator(me(request))
    chosen = request.GET.get("state", "submitted")
    states, _label = TABS.get(chosen, TABS["submitted"])
    rows = RecoveryTicket.objects.filter(status__in=states).select_related("proposed_by")
    page = page_of(request, rows.order_by("-closed_at", "pk") if chosen == "closed" else rows)
    context = {"page": page, "tabs": tabs_of(chosen), "locks": SignInLock.objects.in_force().exclude(user=None).count()}
    return render(request, "accounts/tickets.html", context | {"tones": TONES})


def tabs_of(chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": f"?state={name}",
            "current": name == chosen or (name == "submitted" and chosen not in TABS),
            "badge": RecoveryTicket.objects.filter(status__in=states).count() if name != "closed" else None,
        }
        for name, (states, label) in TABS.items()
    ]


@require_safe
def ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One application: what was typed, what the account says, the papers, and who did what."""
    require_operator(me(request))
    ticket = get_object_or_404(RecoveryTicket.objects.select_related("account", "proposed_by", "confirmed_by"), pk=pk)
    moves = [
        {"name": name, "move": move, "url": reverse("accounts:ticket-move", args=[pk, name])}
        for name, move in MOVES.items()
        if may(ticket, name, me(request))
    ]
    context = {
        "ticket": ticket,
        "tone": TONES[Status(ticket.status)],
        "claim": claim_of(ticket),
        "comparison": comparison(ticket),
        "documents": Document.objects.held_by(ticket),
        "moves": moves,
        "is_own": ticket.status == Status.PROPOSED and ticket.proposed_by_id == me(request).pk,
    }
    return render(request, "accounts/ticket.html", context)


def may(ticket: RecoveryTicket, name: str, user: Any) -> bool:
    own = name == "confirm" and ticket.proposed_by_id == user.pk
    return ticket.can(name.replace("-", "_")) and not own


def claim_of(ticket: RecoveryTicket) -> dict[str, str]:
    """What was typed, with the numbers masked."""
    claim = ticket.claim
    return {
        "name": claim.get("name", ""),
        "id_number": mask_id(claim.get("id_number")),
        "uscc": claim.get("uscc", ""),
        "legal_representative": claim.get("legal_representative", ""),
        "phone": mask_phone(ticket.new_phone),
    }


@require_POST
def ticket_reveal(request: HttpRequest, pk: UUID, field: str) -> HttpResponse:
    """A number in full, to compare it with the papers; that it was shown is recorded."""
    require_operator(me(request))
    ticket = get_object_or_404(RecoveryTicket, pk=pk)
    value = {"id-number": ticket.claim.get("id_number"), "phone": ticket.new_phone}.get(field)
    if not value:
        raise Http404
    require_fresh(request)
    with transaction.atomic():
        note_look("ticket.revealed", ticket, by=me(request), reason=reason_given(request), field=field)
    label = _("新手机号") if field == "phone" else _("身份证号")
    return shown(request, value, label=label, back=reverse("accounts:ticket", args=[pk]))


def ticket_move(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """A decision, on a page of its own that says what follows. The password is asked for again."""
    require_operator(me(request))
    return decide(request, pk, name)


@reauthentication_required
@once
def decide(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    ticket = get_object_or_404(RecoveryTicket, pk=pk)
    if (move := MOVES.get(name)) is None:
        raise Http404
    form = move.form(**posted(request))
    if form.is_valid():
        move.action(ticket, **form.cleaned_data, by=me(request))
        messages.success(request, str(move.done))
        return redirect("accounts:ticket", pk)
    return render(request, "accounts/ticket_move.html", {"ticket": ticket, "move": move, "form": form})


@require_safe
def locks(request: HttpRequest) -> HttpResponse:
    """登录锁定: who cannot sign in because of wrong passwords, now."""
    require_operator(me(request))
    rows = SignInLock.objects.in_force().exclude(user=None).select_related("user").order_by("-began_at")
    return render(request, "accounts/locks.html", {"page": page_of(request, rows)})


@require_POST
def lock_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """解除锁定."""
    lift_lock(pk, by=me(request))
    messages.success(request, _("已解除锁定，该账号可以立即登录。"))
    return redirect("accounts:locks")
