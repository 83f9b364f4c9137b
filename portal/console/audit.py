"""审计记录: the trail as auditors read it. Reading changes nothing; taking a copy away is itself an entry."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.audit import record
from portal.audit.checks import ask_for_check
from portal.audit.models import AuditCheck, AuditEntry
from portal.audit.names import event_name
from portal.console.forms import TrailSearchForm
from portal.console.gates import for_auditors
from portal.errors import Refused
from portal.home.context import who
from portal.pages import page_of
from portal.replica import may_read_replica

LOOK_BACK = timedelta(days=30)  # without a first day the list shows so much, whatever the trail has grown to
MOST_EXPORTED = 100_000  # rows of one file
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would calculate what begins like this
CHECKS_SHOWN = 10


class Line(NamedTuple):
    entry: AuditEntry
    event: str


def lines(entries: Iterable[AuditEntry]) -> list[Line]:
    return [Line(entry, event_name(entry.event)) for entry in entries]


@require_safe
@for_auditors
@may_read_replica
def entries(request: HttpRequest) -> HttpResponse:
    """The newest acts first; without a first day those of the last 30 days."""
    form = TrailSearchForm(request.GET or None)
    page = page_of(request, found(form.given))
    context = {
        "filter": form,
        "page": page,
        "lines": lines(page),
        "days": LOOK_BACK.days,
        "query": request.GET.urlencode(),
    }
    return render(request, "console/audit_list.html", context)


def found(given: dict[str, Any]) -> QuerySet[AuditEntry]:
    """The entries that meet the conditions, newest first."""
    until = given.get("until")
    since = given.get("since") or (until or timezone.localdate()) - LOOK_BACK
    rows = AuditEntry.objects.filter(at__gte=midnight(since))
    if until:
        rows = rows.filter(at__lt=midnight(until + timedelta(days=1)))
    if event := given.get("event"):
        rows = rows.filter(event=event)
    if keyword := given.get("q"):
        rows = rows.filter(about(keyword))
    return rows.order_by("-at", "-id")


def midnight(day) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def about(keyword: str) -> Q:
    """Who did it, to what, from where, or in which request."""
    parts = Q(actor_label__icontains=keyword) | Q(subject_label__icontains=keyword)
    parts |= Q(request_id=keyword) | Q(subject_id=keyword) | Q(actor__username=keyword)
    try:
        validate_ipv46_address(keyword)
    except ValidationError:
        return parts
    return parts | Q(address=keyword)


@require_safe
@for_auditors
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One act in full, with its place in the chain and what else happened to the same thing."""
    row = get_object_or_404(AuditEntry.objects.select_related("seal"), pk=pk)
    around = AuditEntry.objects.filter(subject_type=row.subject_type, subject_id=row.subject_id).exclude(pk=row.pk)
    context = {
        "line": Line(row, event_name(row.event)),
        "facts": facts_of(row),
        "details": [(name, shown(value)) for name, value in row.details.items()],
        "others": lines(around.order_by("-id")[:20]),
    }
    return render(request, "console/audit_entry.html", context)


def facts_of(row: AuditEntry) -> list[tuple[str, str]]:
    seal = getattr(row, "seal", None)
    facts = [
        (_("时间"), timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S.%f %z")),
        (_("操作人"), row.actor_label),
        (_("事件"), f"{event_name(row.event)}（{row.event}）"),
        (_("对象"), row.subject_label),
        (_("对象编号"), f"{row.subject_type} {row.subject_id}"),
        (_("地址"), row.address or ""),
        (_("请求编号"), row.request_id),
        (_("链上位置"), _("第 %(number)d 条，%(hash)s") % {"number": seal.number, "hash": seal.hash} if seal else ""),
    ]
    return [(label, value) for label, value in facts if value]


def shown(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(shown, value))
    if isinstance(value, dict):
        return "；".join(f"{name}: {shown(inner)}" for name, inner in value.items())
    return "" if value is None else str(value)


# A copy


@require_POST
@for_auditors
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly what the conditions show, as CSV; how many rows by which conditions is itself recorded."""
    form = TrailSearchForm(request.GET or None)
    rows = found(form.given)
    count = rows[: MOST_EXPORTED + 1].count()
    if count > MOST_EXPORTED:
        raise Refused(
            _("符合条件的记录超过 %(most)d 条，一个文件放不下。") % {"most": MOST_EXPORTED},
            heading=_("请缩小范围后再导出"),
            safe=_("什么都没有导出。请缩短时间范围，分几次导出。"),
        )
    conditions = {name: str(value) for name, value in form.given.items() if name != "q"}
    record(
        "audit.exported", who(request), by=who(request), rows=count, by_keyword="q" in form.given, conditions=conditions
    )
    response = StreamingHttpResponse(csv_of(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localtime():%Y%m%d-%H%M%S}.csv"'
    return response


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_of(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    """The rows as CSV that spreadsheets open as Chinese text and never calculate."""
    writer = csv.writer(Echo())  # type: ignore[arg-type]
    head = [_("编号"), _("时间"), _("操作人"), _("事件"), _("对象"), _("对象编号"), _("地址"), _("请求编号"), _("详情")]
    yield "\ufeff" + cast(str, writer.writerow(head))
    for row in rows.iterator(chunk_size=2000):
        yield cast(str, writer.writerow([harmless(cell) for cell in cells(row)]))


def cells(row: AuditEntry) -> list[str]:
    at = timezone.localtime(row.at).isoformat(timespec="milliseconds")
    subject = f"{row.subject_type} {row.subject_id}"
    details = shown(row.details)
    texts = [
        at,
        row.actor_label,
        event_name(row.event),
        row.subject_label,
        subject,
        row.address,
        row.request_id,
        details,
    ]
    return [str(row.pk), *[text or "" for text in texts]]


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


# The chain


@require_http_methods(["GET", "HEAD", "POST"])
@for_auditors
def chain(request: HttpRequest) -> HttpResponse:
    """How sound the trail was each night; POST asks for a check now, which a worker does."""
    if request.method == "POST":
        ask_for_check(by=who(request))
        return redirect("audit:chain")
    checks = list(AuditCheck.objects.select_related("asked_by")[:CHECKS_SHOWN])
    ended = next((check for check in checks if check.ended_at), None)
    return render(request, "console/audit_chain.html", {"checks": checks, "last": ended})
