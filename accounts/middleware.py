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
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.signin import TIMED_OUT, landing_with, safe_next
from portal.errors import wants_json

Respond = Callable[[HttpRequest], HttpResponse]

HOURS = {"staff": 8, "other": 12}
BEGAN, SEEN = "signed_in_at", "seen_at"  # in the session, in seconds
WRITE_EVERY = 60


class SessionLimits:
    """Ends a session that was idle too long, or that began too long ago (security 7.3).

    Writes at most once a minute. Without a script, one redirect to the sign-in page and back; scripts get a 401.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        if is_over(request):
            logout(request)
            return timed_out(request)
        # a page that looks for news by itself is nobody at the keyboard
        if "X-Live" not in request.headers and time.time() - request.session.get(SEEN, 0) >= WRITE_EVERY:
            request.session[SEEN] = int(time.time())
        return self.get_response(request)


def is_over(request: HttpRequest) -> bool:
    now = time.time()
    sort = "staff" if cast(User, request.user).kind == User.Kind.STAFF else "other"
    idle = now - request.session.get(SEEN, now) > settings.SESSION_IDLE[sort]
    return idle or now - request.session.setdefault(BEGAN, int(now)) > HOURS[sort] * 3600


def timed_out(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"ok": False, "heading": str(TIMED_OUT), "reasons": [str(TIMED_OUT)]}, status=401)
    came_from = urlsplit(request.headers.get("Referer", ""))
    back = request.get_full_path() if request.method == "GET" else came_from.path
    return redirect(landing_with(timeout="1", next=safe_next(request, back)))


@receiver(user_logged_in)
def begin_session(sender, request: HttpRequest, user, **kwargs) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


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
