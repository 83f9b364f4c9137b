"""手机号更换 (product §4): by two codes, or by an application that operators settle, whose state its number shows."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.codes import check_code, send_code, send_code_to_account, steady
from accounts.drafts import cookie_of, draft_of, open_draft, remember
from accounts.forms import (
    LostPhoneForm,
    NewAgentForm,
    PhoneChangeForm,
    RecoverForm,
    TicketForm,
    TicketNumberForm,
    TicketStopForm,
)
from accounts.models import RecoveryTicket, Registration, User
from accounts.recovery import CHANGING, begin_recovery, is_recovering, recovering_user, send_recovery_code
from accounts.tickets import change_phone, concerned, dispute_phone, stop_ticket, submit_ticket
from accounts.views import me
from portal.documents.views import receive, take_uploads
from portal.errors import Refused
from portal.facts import facts
from portal.forms import MobileField, posted
from portal.limits import hit
from portal.once import repeated, settle_once

KIND = "recovery"  # of the draft
APPLICATIONS: dict[str, type[TicketForm]] = {"phone": LostPhoneForm, "agent": NewAgentForm}
HOUR, DAY = 3600, 24 * 3600
SENT = gettext_lazy("如信息无误，验证码已发送到预留手机")
STEPS = [gettext_lazy("填写账号"), gettext_lazy("验证新旧手机号"), gettext_lazy("重新登录")]
IN_USE = gettext_lazy(
    "这个手机号现在绑定在另一个账号上，没有更换。平台已通知那个账号的使用人，并请运营人员核实；"
    "申请编号已发送到这个手机号，核实前请使用其他号码。"
)


@login_not_required
@never_cache
def phone(request: HttpRequest) -> HttpResponse:
    """手机号更换: is the old number still at hand? The buttons of the other two ways open a draft."""
    if request.method != "POST":
        return render(request, "accounts/recover_phone.html")
    kind = request.POST.get("kind", "")
    if kind not in APPLICATIONS:
        raise Http404
    if not hit(f"ticket-begin:{facts().network}", limit=30, seconds=HOUR):
        raise Refused(_("您所在的网络提交过于频繁，请一小时后再试。"))
    response = redirect("accounts:recover-apply", kind)
    remember(response, open_draft(request, KIND))
    return response


# The old number is at hand


@login_not_required
@never_cache
def change(request: HttpRequest) -> HttpResponse:
    """First page: whose account it is."""
    form = RecoverForm(**posted(request))
    if form.is_valid():
        try:
            begin_recovery(request, **form.cleaned_data, kept=CHANGING, purpose="phone_change")
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.info(request, SENT)
            return redirect("accounts:recover-phone-codes")
    return render(request, "accounts/recover_phone_change.html", {"form": form, "steps": STEPS})


@reauthentication_required
@never_cache
def own_phone(request: HttpRequest) -> HttpResponse:
    """更换手机号 in 个人中心: the password was asked for again, so the codes follow at once."""
    if not (me(request).contact_phone()):
        raise Http404
    request.session[CHANGING] = {"account": f"own:{me(request).pk}", "user": str(me(request).pk)}
    return redirect("accounts:recover-phone-codes")


@login_not_required
@never_cache
def change_codes(request: HttpRequest) -> HttpResponse:
    """Second page: a code to the old number and one to the new."""
    if not is_recovering(request, CHANGING):
        return redirect("accounts:recover-phone")
    user = recovering_user(request, CHANGING)
    form = PhoneChangeForm(user=user, request=request, **posted(request))
    if "send_code" in request.POST:
        say(request, *send_one_of_two(request))
        form = PhoneChangeForm(user=user, request=request, initial=typed(request, "old_code", "phone"))
    elif form.is_valid() and user:
        return replaced(request, user, form)
    return render(request, "accounts/recover_phone_codes.html", {"form": form, "steps": STEPS})


def replaced(request: HttpRequest, user: User, form: PhoneChangeForm) -> HttpResponse:
    """The number is changed, unless another person's account has it (edge case 41)."""
    new = form.cleaned_data["phone"]
    holder = User.objects.by_phone(new) if user.is_personal else None
    if holder and holder != user:
        dispute_phone(holder, phone=new)
        form.add_error("phone", str(IN_USE))
        return render(request, "accounts/recover_phone_codes.html", {"form": form, "steps": STEPS})
    change_phone(user, new)
    logout(request)
    messages.success(request, _("手机号已更换，账号已在所有设备上退出，请用新手机号登录。"))
    return redirect("landing")


def send_one_of_two(request: HttpRequest) -> tuple[str, bool]:
    """获取验证码 without a script: which of the two buttons was it?"""
    if request.POST["send_code"] == "old_code":
        return send_old_code(request)
    return send_new_code(request)


def send_old_code(request: HttpRequest) -> tuple[str, bool]:
    """To the number on file."""
    if not is_recovering(request, CHANGING):
        raise Http404
    try:
        send_recovery_code(request, CHANGING, "phone_change")
    except ValidationError as error:
        return " ".join(error.messages), False
    return str(SENT), True


def send_new_code(request: HttpRequest) -> tuple[str, bool]:
    """To the number that was typed."""
    try:
        send_code(MobileField().clean(request.POST.get("phone", "")), purpose="new_phone", request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("验证码已发送，请注意查收。"), True


def typed(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in names}


def say(request: HttpRequest, text: str, good: bool) -> None:
    (messages.success if good else messages.error)(request, text)


# The old number is gone


@login_not_required
@never_cache
def apply(request: HttpRequest, kind: str) -> HttpResponse:
    """The application: who, the new number with its code, and the papers."""
    if kind not in APPLICATIONS:
        raise Http404
    if request.method == "POST" and (url := repeated(request)):
        return redirect(url)
    draft = draft_of(request, KIND)
    if draft is None:
        return redirect("accounts:recover-phone")
    form = APPLICATIONS[kind](**posted(request))
    if "send_code" in request.POST:
        say(request, *send_new_code(request))
        form = APPLICATIONS[kind](initial=request.POST.dict())
    take_uploads(request, form, draft, form.kinds)
    if form.is_bound and form.is_valid() and (response := submitted(request, draft, kind, form)):
        return response
    return render(request, f"accounts/apply_{kind}.html", {"form": form})


def submitted(request: HttpRequest, draft: Registration, kind: str, form: TicketForm) -> HttpResponse | None:
    """Take the application in, once; None if the code was wrong. Counted by what was typed, known or not."""
    about = form.cleaned_data["uscc" if kind == "agent" else "id_number"]
    if not hit(f"ticket:{about}", limit=3, seconds=DAY) or not hit(f"ticket@{facts().network}", limit=10, seconds=DAY):
        raise Refused(_("今天提交的申请过多，请明天再试，或用已有的申请编号查询进度。"))
    try:
        with steady(), transaction.atomic():
            new_phone = form.cleaned_data["phone"]
            check_code(new_phone, form.cleaned_data["code"], purpose="new_phone", request=request)
            ticket = submit_ticket(draft, kind=kind, claim=form.claim, new_phone=new_phone)
            url = address_of_status(ticket)
            settle_once(request, url)
    except ValidationError as error:
        form.add_error("code", error)
        return None
    messages.success(request, _("申请已提交，请记下申请编号。"))
    response = redirect(url)
    response.delete_cookie(cookie_of(KIND))
    return response


def address_of_status(ticket: RecoveryTicket) -> str:
    return f"{reverse('accounts:recover-ticket')}?{urlencode({'number': ticket.number})}"


@login_not_required
@require_POST
def file(request: HttpRequest, field: str) -> HttpResponse:
    """One file by script, for the draft of this browser."""
    draft = draft_of(request, KIND)
    kind = (LostPhoneForm.kinds | NewAgentForm.kinds).get(field)
    if draft is None or kind is None:
        raise Http404
    return receive(request, kind=kind, holder=draft) or redirect("accounts:recover-phone")


# How it stands, and 撤销


@login_not_required
@never_cache
def ticket(request: HttpRequest) -> HttpResponse:
    """查询进度 by the number of the application. Nothing personal stands there."""
    form = TicketNumberForm(request.GET)
    number = form.given.get("number", "").strip().upper()
    if number and not hit(f"ticket-look@{facts().network}", limit=60, seconds=HOUR):
        raise Refused(_("查询过于频繁，请一小时后再试。"))
    found = RecoveryTicket.objects.filter(number=number).first() if number else None
    context = {"form": form, "number": number, "ticket": found, "may_stop": found and found.can("stop")}
    return render(request, "accounts/recover_ticket.html", context)


@login_not_required
@never_cache
def ticket_stop_by_code(request: HttpRequest, number: str) -> HttpResponse:
    """撤销 by whoever has the old number. The same page whether or not the application fits an account."""
    ticket = RecoveryTicket.objects.filter(number=number).first()
    if ticket is None or not ticket.can("stop"):
        raise Http404
    form = TicketStopForm(**posted(request))
    if "send_code" in request.POST:
        say(request, *send_stop_code(request, ticket))
        form = TicketStopForm()
    elif form.is_valid() and stopped(request, ticket, form):
        return redirect(address_of_status(ticket))
    return render(request, "accounts/recover_ticket_stop.html", {"form": form, "ticket": ticket})


def send_stop_code(request: HttpRequest, ticket: RecoveryTicket) -> tuple[str, bool]:
    try:
        with steady():
            phone = ticket.account.contact_phone() if ticket.account else None
            about = f"ticket:{ticket.number}"
            send_code_to_account(phone, account=about, purpose="ticket_stop", request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return str(SENT), True


def send_stop_code_by_script(request: HttpRequest) -> tuple[str, bool]:
    """The page says in its address which application it is about."""
    ticket = RecoveryTicket.objects.filter(number=request.GET.get("number", "")).first()
    if ticket is None or not ticket.can("stop"):
        raise Http404
    return send_stop_code(request, ticket)


def stopped(request: HttpRequest, ticket: RecoveryTicket, form: TicketStopForm) -> bool:
    phone = ticket.account.contact_phone() if ticket.account else None
    try:
        check_code(phone, form.cleaned_data["code"], purpose="ticket_stop", request=request)
    except ValidationError as error:
        form.add_error("code", error)
        return False
    stop_ticket(ticket, by=None)
    messages.success(request, _("申请已撤销，账号没有变化。"))
    return True


def ticket_stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """撤销 by the account itself, or by anybody of its enterprise, who is signed in."""
    ticket = get_object_or_404(RecoveryTicket, pk=pk)
    if me(request) not in concerned(ticket):
        raise Http404
    if request.method == "POST":
        stop_ticket(ticket, by=me(request))
        messages.success(request, _("申请已撤销，账号没有变化。"))
        return redirect("accounts:account")
    return render(request, "accounts/ticket_stop.html", {"ticket": ticket, "may_stop": ticket.can("stop")})
