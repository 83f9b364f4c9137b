"""What stands between a session and the pages: how long it lasts, and the initial password."""

import time
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.agreements import asked_of
from accounts.devices import remember_device
from accounts.factors import HAS_FACTOR, needs_factor
from accounts.models import User
from accounts.signin import TIMED_OUT, landing_with, safe_next
from portal.errors import wants_json
from portal.reveals import SIGNED_IN

Respond = Callable[[HttpRequest], HttpResponse]

HOURS = {"staff": 8, "other": 12}
BEGAN, SEEN = SIGNED_IN, "seen_at"  # in the session, in seconds
ASKED = "asked_to_agree"  # in the session: a text waits for this person's consent
WRITE_EVERY = 60


class SessionLimits:
    """Ends a session that was idle too long, or that began too long ago (security 7.3).

    Writes at most once a minute. Without a script, one redirect to the sign-in page and back; scripts get a 401.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            response = self.get_response(request)
            remember_device(request, response)
            return response
        if is_over(request):
            logout(request)
            return timed_out(request)
        # a page that looks for news by itself, or asks how long is left, is nobody at the keyboard
        if "X-Live" not in request.headers and time.time() - request.session.get(SEEN, 0) >= WRITE_EVERY:
            request.session[SEEN] = int(time.time())
        return self.get_response(request)


def is_over(request: HttpRequest) -> bool:
    return min(seconds_left(request)) < 0


def seconds_left(request: HttpRequest) -> tuple[int, int]:
    """How long the session lasts if nothing is done, and how long at most."""
    now = time.time()
    sort = sort_of(cast(User, request.user))
    idle = settings.SESSION_IDLE[sort] - (now - request.session.get(SEEN, now))
    return int(idle // 1), int(HOURS[sort] * 3600 - (now - request.session.setdefault(BEGAN, int(now))))


def sort_of(user: User) -> str:
    """By which of the two rules the session of an account ends."""
    return "staff" if user.kind == User.Kind.STAFF else "other"


def stay(request: HttpRequest) -> None:
    """继续: the idle time begins anew, now and not at the next minute."""
    request.session[SEEN] = int(time.time())


def timed_out(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"ok": False, "heading": str(TIMED_OUT), "reasons": [str(TIMED_OUT)]}, status=401)
    came_from = urlsplit(request.headers.get("Referer", ""))
    back = request.get_full_path() if request.method == "GET" else came_from.path
    return redirect(landing_with(timeout="1", next=safe_next(request, back)))


@receiver(user_logged_in)
def begin_session(sender, request: HttpRequest, user, **kwargs) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())
    if asked_of(user):
        request.session[ASKED] = True


class FirstPassword:
    """Whoever signed in with the initial password gets to one page, whatever they ask for (decisions 3)."""

    OPEN = {
        "accounts:first-password",
        "accounts:signout",
        "account_logout",
        "accounts:send-code",
        "accounts:code-question",
        "text-size",  # whoever cannot read the page could not change the password either
    }

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        place = request.resolver_match.view_name if request.resolver_match else ""
        user = cast(User, request.user)
        if not user.is_authenticated or not user.must_change_password or place in self.OPEN:
            return None
        if wants_json(request):
            return JsonResponse({"ok": False, "reasons": [_("请先修改初始密码。")]}, status=403)
        return redirect("accounts:first-password")


class NewAgreements:
    """Whoever signs in after a text changed agrees to it first (PIPL art. 14); a session that runs is not interrupted.

    Asked when signing in, so that a page costs no query for it.
    """

    OPEN = FirstPassword.OPEN | {
        "accounts:agree",
        "accounts:agree-refuse",
        "accounts:agreement",
        "accounts:agreements",
        "accounts:time-left",
        "accounts:stay",
    }

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        place = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or ASKED not in request.session or place in self.OPEN:
            return None
        if wants_json(request):
            return JsonResponse({"ok": False, "reasons": [_("请先阅读并同意更新后的协议。")]}, status=403)
        came_for = safe_next(request, request.get_full_path()) if request.method == "GET" else ""
        return redirect(reverse("accounts:agree") + (f"?{urlencode({'next': came_for})}" if came_for else ""))


class SecondFactor:
    """Where the settings ask for a second factor, nothing else opens until there is one (product §1)."""

    OPEN = NewAgreements.OPEN | {
        "accounts:account",
        "accounts:time-left",
        "accounts:stay",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
    }

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        place = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or place in self.OPEN or request.session.get(HAS_FACTOR):
            return None
        if not needs_factor(cast(User, request.user)):
            return None
        if wants_json(request):
            return JsonResponse({"ok": False, "reasons": [_("请先启用第二重验证。")]}, status=403)
        return redirect("mfa_index")
