"""Pages of one's own account, and those before one has a session."""

from allauth.account import views as allauth_views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.actions import set_first_password, set_password
from accounts.activation import activate, open_activation
from accounts.codes import WAIT, answer_question, ask_question, send_code
from accounts.devices import follow_session
from accounts.factors import is_obliged
from accounts.forms import (
    FirstPasswordForm,
    LinkPasswordForm,
    NewPasswordForm,
    PasswordForm,
    QuestionForm,
    RecoverForm,
)
from accounts.models import RecoveryTicket
from accounts.recovery import (
    KEPT,
    begin_recovery,
    is_recovering,
    recovering_user,
    send_recovery_code,
    use_token,
    user_of_token,
)
from accounts.signin import ENTERPRISE, STAFF, canonical_account, landing_with, safe_next, send_code_for_sign_in
from accounts.views import me
from accounts.views.recovery import send_new_code, send_old_code, send_stop_code_by_script
from portal.audit.actions import record
from portal.forms import MobileField, posted
from portal.masking import mask_id, mask_name, mask_phone
from portal.reveals import require_fresh, shown

CHANGED = gettext_lazy("密码已修改，请使用新密码重新登录")
STEPS = [gettext_lazy("填写账号"), gettext_lazy("设置新密码"), gettext_lazy("重新登录")]
SENT = gettext_lazy("如信息无误，验证码已发送到预留手机")

reauthenticate = allauth_views.reauthenticate


@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """第二重验证: allauth's page, and whether the settings ask this account for one."""
    response = mfa_views.index(request)
    response.context_data["is_obliged"] = is_obliged(me(request))
    return response


def signout(request: HttpRequest) -> HttpResponse:
    """Only a post signs out: an address somebody was lured to must not."""
    if request.method != "POST":
        return redirect("home")
    record("account.signed_out", me(request), by=me(request))
    logout(request)
    response = redirect("landing")
    response["Clear-Site-Data"] = '"storage"'
    return response


@login_not_required
def to_landing(request: HttpRequest) -> HttpResponse:
    """Where allauth would show its own sign-in page."""
    target = safe_next(request, request.GET.get("next", ""))
    return redirect("home" if request.user.is_authenticated else landing_with(next=target))


@never_cache
def first_password(request: HttpRequest) -> HttpResponse:
    """首次登录修改密码: a code to the own phone, a new password, and sign in again (decisions 3)."""
    user = me(request)
    if not user.must_change_password:
        return redirect("home")
    form = FirstPasswordForm(user=user, request=request, **posted(request))
    if "send_code" in request.POST:
        form = FirstPasswordForm(user=user, request=request)
        say(request, *send_own_code(request))
    elif form.is_valid():
        set_first_password(user, form.cleaned_data["password"])
        logout(request)
        messages.success(request, CHANGED)
        return redirect("landing")
    return render(request, "accounts/first_password.html", {"form": form, "phone": mask_phone(user.contact_phone())})


@login_not_required
@never_cache
def recover(request: HttpRequest) -> HttpResponse:
    """忘记密码, first page: whose account it is."""
    form = RecoverForm(**posted(request))
    if form.is_valid():
        try:
            begin_recovery(request, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.info(request, SENT)
            return redirect("accounts:recover-password")
    return render(request, "accounts/recover.html", {"form": form, "steps": STEPS})


@login_not_required
@never_cache
def recover_password(request: HttpRequest) -> HttpResponse:
    """忘记密码, second page: the code and the new password."""
    if not is_recovering(request):
        return redirect("accounts:recover")
    user = recovering_user(request)
    form = NewPasswordForm(user=user, request=request, **posted(request))
    if "send_code" in request.POST:
        form = NewPasswordForm(user=user, request=request)
        say(request, *send_code_again(request))
    elif form.is_valid() and user:
        set_password(user, form.cleaned_data["password"], by=user)
        del request.session[KEPT]
        messages.success(request, CHANGED)
        return redirect("landing")
    return render(request, "accounts/recover_password.html", {"form": form, "steps": STEPS})


@login_not_required
@require_POST
def send_code_by_script(request: HttpRequest) -> JsonResponse:
    """POST ?purpose=…, phone → {ok, text, wait}: 获取验证码 without leaving the page."""
    send = SENDERS.get(request.GET.get("purpose", ""))
    if send is None:
        raise Http404
    text, good = send(request)
    return JsonResponse({"ok": good, "text": text, "wait": WAIT if good else 0})


def send_typed_code(request: HttpRequest) -> tuple[str, bool]:
    """To a number that a visitor types into a registration."""
    try:
        phone = MobileField().clean(request.POST.get("phone", ""))
        send_code(phone, purpose=request.GET["purpose"], request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("验证码已发送，请注意查收。"), True


def send_own_code(request: HttpRequest) -> tuple[str, bool]:
    """To the number on file of somebody who is to replace the initial password."""
    if not request.user.is_authenticated or not me(request).must_change_password:
        raise Http404
    if not (phone := me(request).contact_phone()):
        return _("账号没有预留手机号，请联系平台运营人员。"), False
    try:
        send_code(phone, purpose="first_password", request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("验证码已发送，请注意查收。"), True


def send_approval_code(request: HttpRequest) -> tuple[str, bool]:
    """To the number on file of somebody who is signed in, before one more approval."""
    if not request.user.is_authenticated:
        raise Http404
    if not (phone := me(request).contact_phone()):
        return _("账号没有预留手机号，请联系平台运营人员。"), False
    try:
        send_code(phone, purpose="approval", request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("验证码已发送，请注意查收。"), True


def send_sign_in_code(request: HttpRequest) -> tuple[str, bool]:
    return send_code_for_sign_in(request, canonical_account(request.POST.get("phone", ""), ENTERPRISE))


def send_code_again(request: HttpRequest) -> tuple[str, bool]:
    if not is_recovering(request):
        raise Http404
    try:
        send_recovery_code(request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return str(SENT), True


SENDERS = {
    "enterprise_registration": send_typed_code,
    "project_user_registration": send_typed_code,
    "application_status": send_typed_code,
    "first_password": send_own_code,
    "approval": send_approval_code,
    "sign_in": send_sign_in_code,
    "password_reset": send_code_again,
    "phone_change": send_old_code,
    "new_phone": send_new_code,
    "ticket_stop": send_stop_code_by_script,
}


def say(request: HttpRequest, text: str, good: bool) -> None:
    (messages.success if good else messages.error)(request, text)


@login_not_required
@never_cache
def code_question(request: HttpRequest) -> HttpResponse:
    """The small sum between a busy network and more codes: never a block."""
    form = QuestionForm(question=ask_question(request), **posted(request))
    if form.is_valid():
        if answer_question(request, form.cleaned_data["answer"]):
            return render(request, "accounts/code_question_done.html")
        form = QuestionForm(question=ask_question(request))
        messages.error(request, _("答案不对，请回答新的问题。"))
    return render(request, "accounts/code_question.html", {"form": form})


def account(request: HttpRequest) -> HttpResponse:
    """个人中心: one's own data, masked until asked for."""
    user = me(request)
    shown = {"phone": mask_phone(user.contact_phone()), "id_number": mask_id(user.id_number)}
    open_tickets = user.recovery_tickets.filter(status__in=RecoveryTicket.OPEN[1:]) | user.recovery_tickets.filter(
        kind=RecoveryTicket.Kind.RECYCLED, status__in=RecoveryTicket.OPEN
    )
    context = {"shown": shown, "has_factor": is_mfa_enabled(user), "tickets": open_tickets}
    return render(request, "accounts/account.html", context)


@require_POST
def account_reveal(request: HttpRequest, field: str) -> HttpResponse:
    """One's own phone or ID number in full; that it was shown is recorded."""
    user = me(request)
    value = {"phone": user.contact_phone(), "id-number": user.id_number}.get(field)
    if not value:
        raise Http404
    require_fresh(request)
    record("account.revealed", user, by=user, field=field)
    label = _("手机号") if field == "phone" else _("身份证号")
    return shown(request, value, label=label, back=reverse("accounts:account"))


def account_password(request: HttpRequest) -> HttpResponse:
    """修改密码. This session goes on, all others end."""
    user = me(request)
    form = PasswordForm(user=user, **posted(request))
    if form.is_valid():
        set_password(user, form.cleaned_data["password"], by=user)
        key = request.session.session_key
        update_session_auth_hash(request, user)
        follow_session(request, user, key)
        messages.success(request, _("密码已修改，账号已在其他设备上退出登录。"))
        return redirect("accounts:account")
    return render(request, "accounts/account_password.html", {"form": form})


@login_not_required
@never_cache
def operator(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link of a staff account: sets its password and leads to the sign-in page."""
    user = user_of_token(token)
    form = LinkPasswordForm(user=user, **posted(request))
    if form.is_valid():
        use_token(token, form.cleaned_data["password"])
        messages.success(request, _("密码已设置，请在管理端登录。"))
        return redirect(landing_with(side=STAFF))
    return render(request, "accounts/operator.html", {"form": form, "username": user.username})


@login_not_required
@never_cache
def activate_account(request: HttpRequest, token: str) -> HttpResponse:
    """激活: the one-time link of a person whom an enterprise added. Looking does not use it up."""
    activation = open_activation(token)
    if activation is None:
        return render(request, "accounts/activation_over.html", status=404)
    form = LinkPasswordForm(user=activation.user, **posted(request))
    if form.is_valid():
        if activate(token, form.cleaned_data["password"]) is None:
            return render(request, "accounts/activation_over.html", status=404)
        if request.user.is_authenticated:  # somebody else's session in this browser
            logout(request)
        messages.success(request, _("账号已激活，请用手机号和新密码登录。"))
        return redirect("landing")
    shown = {"name": mask_name(activation.user.name), "phone": mask_phone(activation.user.phone)}
    return render(request, "accounts/activate.html", shown | {"form": form})
