"""The tray: what would have been sent. For trying the portal out, never in production."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from portal.facts import facts
from portal.notifications.models import TrayEntry
from portal.notifications.providers import tray_is_used

SHOWN = 50


@require_safe
@login_not_required
def tray(request: HttpRequest) -> HttpResponse:
    if not may_open_tray(request.GET.get("key", "")):
        raise Http404
    return render(request, "notifications/tray.html", {"entries": TrayEntry.objects.all()[:SHOWN]})


def may_open_tray(key: str) -> bool:
    """From this machine's own browser, or with the key that the start printed."""
    if settings.PRODUCTION or not tray_is_used():
        return False
    return facts().is_loopback or bool(settings.TRAY_KEY) and constant_time_compare(key, settings.TRAY_KEY)
