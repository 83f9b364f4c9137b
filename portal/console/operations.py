"""How the platform runs: /readyz for the load balancer, /metrics for Prometheus, 运行状况 for operators."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.audit.models import AuditCheck
from portal.backup.alarm import freshness
from portal.calendar import today
from portal.console.gates import for_operators
from portal.documents.models import Document
from portal.exports.models import Export
from portal.facts import facts
from portal.later import Later
from portal.measures import Sample, as_text, counted
from portal.notifications.models import Delivery
from projects.models import FeedRun, FeedState, QuarantinedRow
from supervision.models import Review

if TYPE_CHECKING:
    import kombu
    import kombu.exceptions
    import redis.exceptions
else:
    kombu, redis = Later("kombu"), Later("redis")

PATIENCE = 1  # seconds for the broker
LEAST_FREE = 0.02  # of the disk; below it the next upload may fail
LATE = 900  # seconds that work may wait before a worker must be missing


class Queue(NamedTuple):
    """Work that waits in a table: how much, and how long the oldest has waited, in seconds."""

    code: str
    label: Any
    depth: int
    age: float

    @property
    def is_late(self) -> bool:
        return self.age > LATE


class Check(NamedTuple):
    code: str
    label: Any
    fault: str

    @property
    def is_well(self) -> bool:
        return not self.fault


def queues() -> list[Queue]:
    """Everything that workers have to do."""
    due = Delivery.objects.filter(state__in=[Delivery.State.QUEUED, Delivery.State.FAILED], due_at__lte=timezone.now())
    checking = Document.objects.filter(state=Document.State.CHECKING)
    return [
        queue("deliveries", _("短信和邮件"), due, "due_at"),
        queue("documents", _("文件检查"), checking, "uploaded_at"),
        queue("exports", _("导出"), Export.objects.filter(status__in=Export.UNDONE), "asked_at"),
        queue("audit_checks", _("审计链核验"), AuditCheck.objects.filter(ended_at=None), "asked_at"),
        queue("feed_runs", _("数据接入"), FeedRun.objects.filter(status__in=FeedRun.OPEN), "due_at"),
    ]


def queue(code: str, label: Any, waiting: QuerySet, since: str) -> Queue:
    seen: dict[str, Any] = waiting.order_by().aggregate(depth=Count("pk"), oldest=Min(since))
    return Queue(code, label, seen["depth"], seconds_since(seen["oldest"]))


def seconds_since(moment: datetime | None) -> float:
    return max((timezone.now() - moment).total_seconds(), 0) if moment else 0


def checks() -> list[Check]:
    """What must be well for the platform to serve people; a fault is the name of what went wrong, never its text."""
    tried: list[tuple[str, Any, Callable[[], str]]] = [
        ("database", _("数据库"), database_fault),
        ("migrations", _("数据库结构"), migrations_fault),
        ("broker", _("任务队列服务"), broker_fault),
        ("storage", _("文件存储"), storage_fault),
        ("queues", _("后台任务"), queues_fault),
    ]
    return [Check(code, label, fault_of(ask)) for code, label, ask in tried]


def fault_of(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except Exception as fault:  # of any driver: a probe answers, whatever is broken
        return type(fault).__name__


def database_fault() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations_fault() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} migrations wait" if waiting else ""


def broker_fault() -> str:
    options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "max_retries": 0}
    try:
        with kombu.Connection(
            settings.CELERY_BROKER_URL, connect_timeout=PATIENCE, transport_options=options
        ) as broker:
            channel: Any = broker.default_channel
            channel.client.ping()
    except (OSError, kombu.exceptions.KombuError, redis.exceptions.RedisError) as fault:
        return type(fault).__name__
    return ""


def storage_fault() -> str:
    default_storage.exists("portal-ready")  # asks the folder or the bucket; writes nothing
    share = free_share()
    return "full" if share is not None and share < LEAST_FREE else ""


def free_share() -> float | None:
    """How much of the data folder's disk is free; None where documents lie in a bucket."""
    if "FileSystemStorage" not in str(settings.STORAGES["default"]):
        return None
    disk = shutil.disk_usage(settings.PORTAL_VAR)
    return disk.free / disk.total


def queues_fault() -> str:
    return ", ".join(row.code for row in queues() if row.is_late)


# The pages


def is_trusted(request: HttpRequest) -> bool:
    """With the operations token, from this machine, or an operator."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.OPERATIONS_TOKEN
    is_known = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    return is_known or facts().is_loopback


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve people: 200 or 503. What is wrong is told only to those who run it."""
    seen = checks()
    well = all(check.is_well for check in seen)
    status = 200 if well else 503
    if not seen[0].is_well or not (is_trusted(request) or getattr(request.user, "is_operator", False)):
        return HttpResponse("ready" if well else "not ready", content_type="text/plain", status=status)
    found = {check.code: check.fault or "ok" for check in seen}
    waiting = {row.code: {"depth": row.depth, "oldest_seconds": int(row.age)} for row in queues()}
    told = {"ready": well, "checks": found, "queues": waiting, "backup": backup_told()}
    return JsonResponse(told, status=status)


def backup_told() -> dict[str, Any]:
    """How old the last good backup is. A late one is an alarm, but no reason to send people elsewhere."""
    kept = freshness()
    return {"last_good_seconds": None if kept.age is None else int(kept.age), "late": kept.is_late}


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for this machine or with the operations token; to others it does not exist."""
    if not is_trusted(request):
        raise Http404
    return HttpResponse(as_text([*counted(), *standing()]), content_type="text/plain; version=0.0.4; charset=utf-8")


def standing() -> list[Sample]:
    """What stands in the tables now."""
    try:
        waiting = queues()
        feeds = list(FeedState.objects.all())
        overdue = Review.objects.filter(status__in=Review.UNDECIDED, due_on__lt=today()).count()
        states = Delivery.objects.order_by().values_list("state").annotate(count=Count("pk"))
        rows = [("portal_deliveries", {"state": state}, number) for state, number in states]
        quarantined = QuarantinedRow.objects.count()
        kept = freshness()
    except DatabaseError:
        return [("portal_database_up", {}, 0)]
    rows += [("portal_queue_depth", {"queue": row.code}, row.depth) for row in waiting]
    rows += [("portal_queue_age_seconds", {"queue": row.code}, row.age) for row in waiting]
    rows += [("portal_feed_lag_seconds", {"feed": feed.feed}, seconds_since(feed.checked_at)) for feed in feeds]
    rows += [("portal_backup_late", {}, kept.is_late)]
    rows += [("portal_backup_age_seconds", {}, kept.age)] if kept.age is not None else []
    rows += [("portal_quarantined_rows", {}, quarantined), ("portal_clock_breaches", {}, overdue)]
    return [("portal_database_up", {}, 1), *rows]


@require_safe
@for_operators
def operations(request: HttpRequest) -> HttpResponse:
    """运行状况: what is well, what waits, how fresh the feeds are and how much room is left."""
    share = free_share()
    context = {
        "checks": checks(),
        "queues": queues(),
        "feeds": FeedState.objects.order_by("feed"),
        "quarantined": QuarantinedRow.objects.count(),
        "undelivered": Delivery.objects.filter(state=Delivery.State.DEAD).count(),
        "backup": freshness(),
        "free": None if share is None else round(share * 100),
    }
    return render(request, "console/operations.html", context)
