"""发送记录: who was told what on which way, what is stuck, and whether the processes behind the pages are at work."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages as said
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from portal.console.gates import for_operators
from portal.crypto import Undecipherable
from portal.forms import SearchForm
from portal.home.context import who
from portal.masking import mask_email, mask_phone
from portal.notifications.delivery import resend
from portal.notifications.kinds import all_kinds, label_of
from portal.notifications.models import Delivery, Heartbeat
from portal.once import once
from portal.pages import page_of

State = Delivery.State
TONES = {State.SENT: "green", State.DEAD: "red", State.UNKNOWN: "orange", State.FAILED: "orange"}
GROUPS = {
    "stuck": (gettext_lazy("需要处理"), [State.DEAD, State.UNKNOWN]),
    "waiting": (gettext_lazy("等待发送"), [State.QUEUED, State.SENDING, State.FAILED]),
    "sent": (gettext_lazy("已发送"), [State.SENT]),
}
LATE = timedelta(minutes=1)
PROCESSES = {  # and after how long a silence something is wrong
    "relay": (gettext_lazy("转发进程"), timedelta(seconds=30)),
    "worker": (gettext_lazy("后台任务"), timedelta(seconds=90)),
    "beat": (gettext_lazy("定时任务"), timedelta(minutes=3)),
}


class DeliverySearchForm(SearchForm):
    """By kind and way."""

    event = forms.ChoiceField(label=gettext_lazy("消息类别"))
    channel = forms.ChoiceField(
        label=gettext_lazy("方式"), choices=[("", gettext_lazy("全部")), *Delivery.Channel.choices]
    )
    show = forms.ChoiceField(choices=[(code, label) for code, (label, _s) in GROUPS.items()], widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = sorted((str(kind.label), kind.event) for kind in all_kinds())
        self.fields["event"].choices = [("", _("全部")), *((event, label) for label, event in kinds)]  # type: ignore[attr-defined]


@require_safe
@for_operators
def deliveries(request: HttpRequest) -> HttpResponse:
    """What needs a hand first; nobody's full number and no text."""
    form = DeliverySearchForm(request.GET or None)
    given = {name: form.given[name] for name in ("event", "channel") if name in form.given}
    shown = form.given.get("show", "stuck")
    rows = Delivery.objects.filter(**given)
    page = page_of(request, rows.filter(state__in=GROUPS[shown][1]).order_by("-created_at", "-pk").defer("text"))
    context = {
        "filter": form,
        "page": page,
        "lines": [line_of(row) for row in page.rows],
        "tabs": tabs_of(request, rows, shown),
        "queue": queue_of(),
        "processes": processes(),
    }
    return render(request, "console/deliveries.html", context)


def tabs_of(request: HttpRequest, rows: QuerySet, shown: str) -> list[dict[str, Any]]:
    counts = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
    tabs = []
    for code, (label, states) in GROUPS.items():
        query = request.GET.copy()
        query.pop("page", None)
        query["show"] = code
        badge = sum(counts.get(state, 0) for state in states)
        tabs.append({"label": label, "current": code == shown, "badge": badge, "url": f"?{query.urlencode()}"})
    return tabs


def line_of(row: Any) -> dict[str, Any]:
    may_resend = row.state in GROUPS["stuck"][1] and not row.wipe
    tag = {"text": row.get_state_display(), "tone": TONES.get(row.state, "grey")}
    return {"row": row, "label": label_of(row.event), "address": address_of(row), "tag": tag, "may_resend": may_resend}


def address_of(row: Any) -> str:
    try:
        return mask_email(row.address) if row.channel == Delivery.Channel.EMAIL else mask_phone(row.address)
    except Undecipherable:
        return "—"


def queue_of() -> dict[str, Any]:
    """How many are due and not sent, and since when the oldest is."""
    found = Delivery.objects.due().order_by().aggregate(count=Count("pk"), oldest=Min("due_at"))
    late = found["oldest"] is not None and timezone.now() - found["oldest"] > LATE
    return found | {"is_late": late}


def processes() -> list[dict[str, Any]]:
    """The processes behind the pages: when each was last at work."""
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    lines = []
    for name, (label, patience) in PROCESSES.items():
        at = seen.get(name)
        lines.append({"label": label, "at": at, "is_well": at is not None and timezone.now() - at < patience})
    return lines


@require_POST
@once
@for_operators
def delivery_resend(request: HttpRequest, pk) -> HttpResponse:
    """重发."""
    resend(get_object_or_404(Delivery, pk=pk), by=who(request))
    said.success(request, _("已重新排队发送，几秒后可在“已发送”中看到结果。"))
    return redirect("deliveries")
