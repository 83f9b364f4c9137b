"""Looking at personal data that is masked: a reason each time, an entry in the trail, and an alarm when it is too often."""

import time
from dataclasses import dataclass
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.audit.actions import masked, record
from portal.errors import Refused, wants_json
from portal.limits import hit
from portal.notifications.actions import notify_once


@dataclass(frozen=True)
class DailyLimit:
    """How many looks of one account in a day are nothing unusual, and who says so."""

    most: int
    source: str


DAILY = DailyLimit(
    most=50, source="个人信息保护法第五十一条（内部管理、操作权限）；平台安全要求：每人每日超过 50 次即告警"
)
OTHER = "other"
REASONS = {
    "papers": gettext_lazy("与申请材料核对"),
    "identity": gettext_lazy("核实本人身份"),
    "contact": gettext_lazy("联系当事人"),
    "complaint": gettext_lazy("处理投诉、举报或争议"),
    OTHER: gettext_lazy("其他（请填写）"),
}
LONGEST = 100
A_DAY = 24 * 3600
SIGNED_IN = "signed_in_at"  # in the session, in seconds
FRESH = 30 * 60  # seconds since somebody last proved who sits there (platform security rules on full numbers)
SHOWN = 60  # seconds until a number is masked again (the same rules)


def proved_at(request: HttpRequest) -> float:
    """When whoever sits there last signed in, or gave the password or second factor once more; seconds, 0 = never."""
    again = [one["at"] for one in get_authentication_records(request, request.user) if one.get("reauthenticated")]  # type: ignore[arg-type]
    return max([float(request.session.get(SIGNED_IN, 0)), *again])


def require_fresh(request: HttpRequest) -> None:
    """Ask for the password or second factor, and go on with the same request afterwards, where that is FRESH ago.

    Call it when it is known that the asker may see the page, so that strangers learn nothing.
    """
    if time.time() - proved_at(request) >= FRESH:
        raise ReauthenticationRequired()


def shown(request: HttpRequest, value: str, *, label: Any, back: str, of: Any = "") -> HttpResponse:
    """The full value, to our script or as a page of its own; both go back to the masked one after SHOWN seconds."""
    if wants_json(request):
        return JsonResponse(
            {"value": value, "seconds": SHOWN, "note": _("%(seconds)d 秒后自动隐藏") % {"seconds": SHOWN}}
        )
    facts = {"value": value, "label": label, "back": back, "of": of, "seconds": SHOWN}
    response = render(request, "revealed.html", facts)
    response["Refresh"] = f"{SHOWN}; url={back}"
    response["Cache-Control"] = "no-store"
    return response


def reason_given(request: HttpRequest) -> str:
    """The reason that was chosen or typed, in words, numbers in it masked; "" where there is none."""
    chosen = request.POST.get("reason", "")
    if chosen == OTHER:
        return masked(" ".join(request.POST.get("other", "").split())[:LONGEST])
    return str(REASONS.get(chosen, ""))


def note_look(event: str, subject: models.Model, *, by: Any, reason: str, **details: Any) -> None:
    """Write down who looked at what and why, in the caller's transaction. Refused without a reason.

    After DAILY.most looks in a day the operators are told, once for the account and day; looking goes on, because
    a deadline may hang on it.
    """
    if len(reason) < 2:
        raise Refused(
            _("请选择查看完整信息的理由；选“其他”的，请写明理由。"),
            heading=_("还没有填写查看理由"),
            safe=_("没有显示任何信息。请返回上一页，选好理由后再点“显示”。"),
        )
    record(event, subject, by=by, reason=reason, **details)
    day = timezone.localdate()
    if not hit(f"reveals:{by.pk}:{day}", limit=DAILY.most, seconds=A_DAY):
        raise_alarm(by, f"{day:%Y-%m-%d}")


def raise_alarm(account: Any, day: str) -> None:
    operators = get_user_model().objects.filter(kind="staff", duty="operator", is_active=True)
    facts = {"name": account.name, "day": day, "most": DAILY.most}
    notify_once(f"reveals.many:{account.pk}:{day}", operators, "reveals.many", about=account, **facts)
