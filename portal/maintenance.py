"""Maintenance: a kind page for everybody but operators. A file in the data folder says so, or MAINTENANCE=yes.

No database is asked, for it may be what is being maintained. `manage.py maintenance on|off` writes the file; with
several machines it is written on each, or the setting is used.
"""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from portal.errors import said, standalone

Respond = Callable[[HttpRequest], HttpResponse]

ALWAYS_OPEN = ("/healthz", "/readyz", "/metrics", "/static/")
WAY_IN = ("/signout/", "/account/")  # second factor and reauthentication of operators
RETRY = 600  # seconds


def switch() -> Path:
    return settings.PORTAL_VAR / "maintenance"


def is_on() -> bool:
    return settings.MAINTENANCE or switch().exists()


class Maintenance:
    """503 for everybody but operators, who sign in at /?side=staff. Stands after the session is known."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_on() or request.path.startswith((*ALWAYS_OPEN, *WAY_IN)) or may_pass(request):
            return self.get_response(request)
        return being_maintained()


def may_pass(request: HttpRequest) -> bool:
    is_way_in = request.path == "/" and "staff" in (request.GET.get("side"), request.POST.get("side"))
    return is_way_in or getattr(request.user, "is_operator", False)


def being_maintained() -> HttpResponse:
    page = said(
        _("系统正在维护"),
        _("平台正在进行维护，完成后即可继续使用。请稍后刷新页面。"),
        safe=_("已经保存和提交的内容不受影响；维护期间的办理期限以监督站通知为准。"),
    )
    response = standalone("503.html", page, status=503)
    response["Retry-After"] = str(RETRY)
    return response
