"""登录设备 and 登录日志 in 个人中心, and how long the session lasts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.devices import end_device, live_devices
from accounts.middleware import seconds_left, stay
from accounts.views import me
from portal.audit.actions import entries_about
from portal.errors import wants_json
from portal.masking import mask_address
from portal.pages import page_of

RESULTS = {
    "account.signed_in": (gettext_lazy("登录成功"), "green"),
    "account.sign_in_failed": (gettext_lazy("登录失败"), "orange"),
    "account.sign_in_locked": (gettext_lazy("已锁定"), "red"),
    "account.signed_out": (gettext_lazy("退出登录"), "grey"),
    "account.device_ended": (gettext_lazy("让设备下线"), "grey"),
    "account.unlocked": (gettext_lazy("运营人员解除锁定"), "grey"),
}


@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """登录设备: where the account is signed in now."""
    rows = [
        {"device": device, "is_this": device.session_key == request.session.session_key}
        for device in live_devices(me(request))
    ]
    return render(request, "accounts/devices.html", {"rows": rows, "others": sum(not row["is_this"] for row in rows)})


@require_POST
def device_end(request: HttpRequest, pk: int) -> HttpResponse:
    """下线 of one device."""
    end_device(me(request), pk)
    messages.success(request, _("该设备已下线。如果不认识它，请马上修改密码。"))
    return redirect("accounts:devices")


@require_POST
def devices_end(request: HttpRequest) -> HttpResponse:
    """下线 of all but this one."""
    others = [each for each in live_devices(me(request)) if each.session_key != request.session.session_key]
    for device in others:
        end_device(me(request), device.pk)
    messages.success(request, _("其他 %(n)d 台设备已下线。") % {"n": len(others)})
    return redirect("accounts:devices")


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """登录日志: when, from where (masked), with what, and whether it went well."""
    entries = entries_about(me(request)).filter(event__in=RESULTS).order_by("-id")
    page = page_of(request, entries)
    rows = [row_of(entry) for entry in page.rows]
    return render(request, "accounts/sign_ins.html", {"page": page, "rows": rows})


def row_of(entry) -> dict[str, str]:
    result, tone = RESULTS[entry.event]
    device = entry.details.get("device") or "—"
    return {"at": entry.at, "address": mask_address(entry.address) or "—", "device": device} | {
        "result": result,
        "tone": tone,
    }


@require_safe
@never_cache
def time_left(request: HttpRequest) -> JsonResponse:
    """How many seconds the session lasts if nothing is done. Asking does not prolong it."""
    return JsonResponse({"left": min(seconds_left(request))})


@require_POST
def stay_signed_in(request: HttpRequest) -> HttpResponse:
    """继续: the idle time begins anew."""
    stay(request)
    if wants_json(request):
        return JsonResponse({"left": min(seconds_left(request))})
    return redirect("home")
