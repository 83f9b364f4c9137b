"""Sign-in. The landing page shows it:

    context, response = handle_sign_in(request)
    return response or render(request, "home/landing.html", context | {...})

`context` holds what components/signin_card.html needs. One message for every cause, and the same work is done for
accounts that do not exist: nobody learns here who has one.
"""

import re
import unicodedata
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import is_unused
from accounts.adapter import enterprise_id_of
from accounts.codes import matching_code, send_code_to_account, steady, use_code
from accounts.devices import device_name
from accounts.forms import LOCKED, SignInForm
from accounts.limits import (
    Gate,
    admit,
    begins_everywhere,
    is_code_due,
    locked_until,
    not_counted,
    note_failure,
    note_success,
)
from accounts.locks import note_lock
from accounts.models import User
from accounts.passwords import LONGEST
from portal.audit.actions import record
from portal.facts import facts
from portal.forms import posted
from portal.masking import mask_id, mask_phone
from portal.validators import normalise_mobile, normalise_uscc

ENTERPRISE, STAFF = "enterprise", "staff"
TIMED_OUT = gettext_lazy("登录已超时，请重新登录，已保存的内容不会丢失")


def handle_sign_in(request: HttpRequest) -> tuple[dict[str, Any], HttpResponse | None]:
    """The context of the sign-in card, and the response once somebody is signed in or asked for a second factor."""
    asked = request.POST if request.method == "POST" else request.GET
    side = STAFF if asked.get("side") == STAFF else ENTERPRISE
    target = safe_next(request, asked.get("next", ""))
    account = canonical_account(asked.get("account", ""), side)
    with_code = side == ENTERPRISE and request.method == "POST" and is_code_due(account)
    form, response = SignInForm(side=side, with_code=with_code, **posted(request)), None
    if "send_code" in request.POST:
        form = send_sign_in_code(request, account, side)
    elif form.is_valid():
        form, response = sign_in(request, form, account, side, target)
    if request.method != "POST" and "timeout" in request.GET:
        messages.warning(request, TIMED_OUT)
    return card(form, side, target), response


def card(form: SignInForm, side: str, target: str) -> dict[str, Any]:
    """What components/signin_card.html needs."""
    return {
        "form": form,
        "side": side,
        "next": target,
        "action": landing_with(),
        "enterprise_url": landing_with(next=target),
        "staff_url": landing_with(side=STAFF, next=target),
        "forgot_url": reverse("accounts:recover"),
        "register_url": reverse("register"),
    }


def sign_in(
    request: HttpRequest, form: SignInForm, account: str, side: str, target: str
) -> tuple[SignInForm, HttpResponse | None]:
    gate = admit(account, staff=side == STAFF)
    if gate is Gate.LOCKED:
        form.add_error(None, LOCKED)
        if side == STAFF and begins_everywhere(account):
            note_lock(account, masked(account), find_account(account, STAFF))
        until = f"{localtime(locked_until(account)):%H:%M}"
        form.add_error(None, _("最迟 %(until)s 自动解锁；急用请联系平台运营人员解锁。") % {"until": until})
    elif gate is Gate.CODE and not form.cleaned_data.get("code"):
        not_counted(account)
        form = SignInForm(side=side, with_code=True, initial={"account": form.cleaned_data["account"]})
        messages.warning(request, _("为保护账号安全，请获取短信验证码，与密码一起输入。"))
    elif user := known_person(request, form, account, side, gate):
        return form, let_in(request, user, account, side, target)
    return form, None


def known_person(request: HttpRequest, form: SignInForm, account: str, side: str, gate: Gate) -> User | None:
    """The account, if password and code are right and it may be used; else the form says the one sentence."""
    user = find_account(account, side)
    right = has_password(user, form.cleaned_data["password"])
    if gate is Gate.CODE:
        right = has_code(request, user, form.cleaned_data["code"], right)
    if right and user and may_sign_in(user):
        return user
    begins_lock = note_failure(account)
    note_in_audit("account.sign_in_failed", user, account, side)
    if begins_lock:
        note_in_audit("account.sign_in_locked", user, account, side)
        note_lock(account, masked(account), user)
    form.add_error(None, _("账号、密码或短信验证码错误") if gate is Gate.CODE else _("账号或密码错误"))
    return None


def has_password(user: User | None, password: str) -> bool:
    """Whether it is the password; takes as long when there is no account."""
    if user is None or len(password) > LONGEST or not user.has_usable_password():
        User().set_password(password[:LONGEST])
        return False
    return user.check_password(password)


def has_code(request: HttpRequest, user: User | None, code: str, right: bool) -> bool:
    """Whether it is the code texted for this sign-in. It is used up only together with the right password."""
    try:
        kept = matching_code(user.contact_phone() if user else None, code, purpose="sign_in", request=request)
        if right:
            use_code(kept)
    except ValidationError:
        return False
    return right


def may_sign_in(user: User) -> bool:
    """Open, and if the password is still the initial one, within its days."""
    return user.is_active and not is_unused(user)


def let_in(request: HttpRequest, user: User, account: str, side: str, target: str) -> HttpResponse:
    """Through allauth's stages, which ask for the second factor where one is set up."""
    note_success(account, staff=side == STAFF)
    login = Login(user=user, redirect_url=target or reverse("home"))
    return perform_password_login(request, {"username": user.username}, login)


def send_sign_in_code(request: HttpRequest, account: str, side: str) -> SignInForm:
    """The button beside the code, pressed without a script: the form again, emptied of its password."""
    text, good = send_code_for_sign_in(request, account)
    (messages.success if good else messages.error)(request, text)
    return SignInForm(side=side, with_code=side == ENTERPRISE, initial={"account": request.POST.get("account", "")})


def send_code_for_sign_in(request: HttpRequest, account: str) -> tuple[str, bool]:
    """What to say, and whether it went well. Only for accounts that were guessed at so often that a code is due."""
    try:
        with steady():
            user = find_account(account, ENTERPRISE) if is_code_due(account) else None
            phone = user.contact_phone() if user else None
            send_code_to_account(phone, account=account, purpose="sign_in", request=request)
    except ValidationError as error:
        return " ".join(error.messages), False
    return _("如信息无误，验证码已发送到预留手机"), True


def canonical_account(typed: str, side: str) -> str:
    """One spelling for each account: it is looked up and counted under this."""
    typed = typed[:100]
    if side == STAFF:
        return f"staff:{unicodedata.normalize('NFKC', typed).strip().lower()}"
    mobile = normalise_mobile(typed)
    return mobile if re.fullmatch(r"[0-9]{11}", mobile) else normalise_uscc(typed)


def find_account(account: str, side: str) -> User | None:
    """The account behind a canonical spelling. Each side knows only its own sorts (decisions 1)."""
    if side == STAFF:
        return User.objects.filter(kind=User.Kind.STAFF, username=account.removeprefix("staff:")).first()
    if len(account) == 18:
        whole = User.objects.select_related("administrator__enterprise")  # one question, whether or not there is one
        return whole.filter(kind=User.Kind.ENTERPRISE, username=account).first()
    return User.objects.by_phone(account)


def note_in_audit(event: str, user: User | None, account: str, side: str) -> None:
    """Nothing that was typed stands there in full: people type passwords into the wrong field."""
    subject = user or User(id="", username=masked(account))
    record(event, subject, by=None, enterprise_id=enterprise_id_of(user), side=side, device=device_name(facts().agent))


def masked(account: str) -> str:
    account = account.removeprefix("staff:")
    if len(account) == 18:
        return mask_id(account)
    return mask_phone(account) if re.fullmatch(r"[0-9]{11}", account) else f"{account[:1]}***"


def safe_next(request: HttpRequest, url: str) -> str:
    """`url` if it is a path on this host, else nothing."""
    plain = url.startswith("/") and not url.startswith("//") and "\\" not in url and url.isprintable()
    here = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if plain and here else ""


def landing_with(**query: str) -> str:
    """The address of the sign-in page; what is empty is left out."""
    given = {name: value for name, value in query.items() if value}
    return f"{reverse('landing')}?{urlencode(given)}" if given else reverse("landing")
