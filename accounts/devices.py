"""Which browser it is, what it is called, and the notice about one that an account never used before."""

import re
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Device, User
from portal.audit.actions import record
from portal.crypto import blind_index
from portal.facts import facts
from portal.masking import mask_address
from portal.notifications.actions import notify

COOKIE, YEAR = "device", 365 * 24 * 3600
KEPT = timedelta(days=180)  # a browser not used for longer is new again (security 2.3: half a year of logs)
FRESH = "fresh_device_cookie"  # on the request, until the reply is sent
BROWSERS = [
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("HarmonyOS", "鸿蒙"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
]


def device_name(agent: str) -> str:
    """A browser as its owner would call it: Chrome · Windows."""
    found = [next((name for sign, name in known if sign in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) or _("未知设备")


@transaction.atomic
def note_device(request: HttpRequest, user: User) -> Device:
    """Somebody signed in: keep with which browser, and tell the owner if it is a new one.

    The first browser of an account is no news. An earlier session of the same browser ends.
    """
    index = blind_index(f"{cookie_of(request)}:{user.pk}", purpose="device")
    earlier = Device.objects.filter(user=user).exists()
    key = request.session.session_key or ""
    seen: dict[str, Any] = {"name": device_name(facts().agent), "address": mask_address(facts().address)}
    seen |= {"signed_in_at": timezone.now(), "session_key": key}
    device = Device.objects.select_for_update().filter(user=user, index=index).first()
    if device is None:
        device = Device.objects.create(user=user, index=index, **seen)
        if earlier:
            notify([user], "account.new_device", at=device.first_at, device=device.name, address=device.address)
        return device
    Session.objects.filter(pk=device.session_key).exclude(pk=key).delete()
    Device.objects.filter(pk=device.pk).update(**seen)
    return device


def cookie_of(request: HttpRequest) -> str:
    """What the browser is known by; a new random value if it has none yet."""
    value = request.COOKIES.get(COOKIE, "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{32}", value):
        value = getattr(request, FRESH, "") or secrets.token_urlsafe(24)
        setattr(request, FRESH, value)
    return value


def remember_device(request: HttpRequest, response: HttpResponse) -> None:
    """Give a browser that was just met its cookie."""
    if value := getattr(request, FRESH, ""):
        secure = bool(settings.SESSION_COOKIE_SECURE)
        response.set_cookie(COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", secure=secure)


def live_devices(user: User) -> list[Device]:
    """The browsers that are signed in now, last one first."""
    devices = list(user.devices.exclude(session_key="").order_by("-signed_in_at", "pk"))
    live = Session.objects.filter(pk__in=[device.session_key for device in devices], expire_date__gt=timezone.now())
    keys = {session.pk for session in live if session.get_decoded().get("_auth_user_id") == str(user.pk)}
    return [device for device in devices if device.session_key in keys]


def follow_session(request: HttpRequest, user: User, old_key: str | None) -> None:
    """The session of this browser goes on under a new key, as after a changed password."""
    devices = Device.objects.filter(user=user, session_key=old_key or "-")
    devices.update(session_key=request.session.session_key or "")


@transaction.atomic
def end_device(user: User, pk: int) -> None:
    """下线: its session is gone with its next request. Http404 for a device of somebody else."""
    device = Device.objects.select_for_update().filter(user=user, pk=pk).first()
    if device is None:
        raise Http404
    Session.objects.filter(pk=device.session_key or "-").delete()
    Device.objects.filter(pk=device.pk).update(session_key="")
    record("account.device_ended", user, by=user, device=device.name)


def forget_old_devices() -> None:
    """Drop browsers that were not used for half a year."""
    Device.objects.filter(signed_in_at__lt=timezone.now() - KEPT).delete()
