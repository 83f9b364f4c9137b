"""数据接入 /console/feeds/: where permits and awards come from, what each run brought, and what it kept aside."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.views import me
from portal.forms import posted
from portal.once import once
from portal.pages import page_of
from projects.actions import drop_row, drop_run, import_file, release_run, request_run, require_operator
from projects.feeds.fetch import source_of
from projects.feeds.files import template as blank
from projects.feeds.rows import COLUMNS
from projects.feeds.upsert import MODELS
from projects.forms import FeedImportForm
from projects.models import Feed, FeedRun, FeedState, QuarantinedRow

Status = FeedRun.Status
TONES = {Status.DONE: "green", Status.FAILED: "red", Status.HELD: "orange", Status.RETRYING: "orange"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def feed_of(code: str) -> Feed:
    if code not in Feed.values:
        raise Http404
    return Feed(code)


def own_run(request: HttpRequest, pk: UUID) -> FeedRun:
    require_operator(me(request))
    return get_object_or_404(FeedRun.objects.select_related("requested_by"), pk=pk)


def tag_of(run: FeedRun) -> dict[str, str]:
    return {"text": run.get_status_display(), "tone": TONES.get(Status(run.status), "blue")}


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """Both feeds with their sources, and the runs, newest first."""
    require_operator(me(request))
    states = FeedState.objects.in_bulk()
    aside = dict(QuarantinedRow.objects.values_list("feed").annotate(count=Count("pk")).order_by())
    page: Any = page_of(request, FeedRun.objects.select_related("requested_by").order_by("-created_at", "-id"))
    context = {
        "sources": [source_row(feed, states.get(feed), aside.get(feed, 0)) for feed in Feed],
        "page": page,
        "rows": [(each, tag_of(each)) for each in page.rows],
    }
    return render(request, "projects/feeds/feeds.html", context)


def source_row(feed: Feed, state: FeedState | None, aside: int) -> dict[str, Any]:
    source = source_of(feed)
    reading = bool(state and state.lease_until and state.lease_until > timezone.now())
    facts = [
        (_("来源"), source.shown if source else _("未配置")),
        (_("现有数据"), _("%(count)d 条") % {"count": MODELS[feed].objects.count()}),
        (_("隔离的数据"), _("%(count)d 行") % {"count": aside}),
        (_("最近检查"), moment(state and state.checked_at) or _("尚未检查")),
        (_("游标"), (state and state.cursor) or "—"),
    ]
    return {"feed": feed, "source": source, "facts": facts, "reading": reading}


def moment(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


@require_safe
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One run: what it read, what was wrong, and the rows it kept aside."""
    found = own_run(request, pk)
    page: Any = page_of(request, found.quarantined.order_by("row_no", "id"))
    headings = {column.name: column.heading for column in COLUMNS[Feed(found.feed)]} | {
        "parties": _("责任主体"),
        "": "",
    }
    context = {
        "run": found,
        "tag": tag_of(found),
        "facts": facts_of(found),
        "counts": counts_of(found),
        "problems": [
            {"at": moment(parse_datetime(problem["at"])), "text": problem["text"]} for problem in found.problems
        ],
        "page": page,
        "rows": [(row, [(headings.get(name, name), text) for name, text in row.raw.items()]) for row in page.rows],
        "is_pull": found.kind == FeedRun.Kind.PULL,
        "may_request": found.kind == FeedRun.Kind.PULL and not found.is_open and found.status != Status.HELD,
        "is_held": found.status == Status.HELD,
        "configured": source_of(found.feed) is not None,
    }
    return render(request, "projects/feeds/run.html", context)


def facts_of(run: FeedRun) -> list[tuple[str, Any]]:
    source = source_of(run.feed)
    whence = run.file_name if run.kind == FeedRun.Kind.FILE else source.shown if source else _("未配置")
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    facts = [
        (_("来源"), whence),
        (_("发起"), run.requested_by.name if run.requested_by else _("定时")),
        (_("开始时间"), moment(run.started_at) or _("尚未开始")),
        (_("结束时间"), moment(run.finished_at) or "—"),
        (_("用时"), _("%(seconds).1f 秒") % {"seconds": seconds} if seconds is not None else "—"),
    ]
    if run.kind == FeedRun.Kind.PULL:
        facts.append((_("游标"), f"{run.cursor_from or '—'} → {run.cursor_to or '—'}"))
    if run.status == Status.RETRYING:
        facts.append((_("下次重试"), moment(run.due_at)))
    return facts


def counts_of(run: FeedRun) -> list[tuple[str, int]]:
    return [
        (_("读取"), run.rows_read),
        (_("新增"), run.rows_new),
        (_("变更"), run.rows_changed),
        (_("未变"), run.rows_unchanged),
        (_("旧版本，已忽略"), run.rows_outdated),
        (_("隔离"), run.rows_quarantined),
    ]


@require_POST
@once
def request(request: HttpRequest, feed: str) -> HttpResponse:
    """重新运行, or 从头读取."""
    found = request_run(feed_of(feed), from_start="from_start" in request.POST, by=me(request))
    messages.success(request, _("已安排运行，稍后刷新本页查看结果。"))
    return redirect("projects:feed-run", pk=found.pk)


@once
def file_import(request: HttpRequest, feed: str) -> HttpResponse:
    require_operator(me(request))
    kind, form = feed_of(feed), FeedImportForm(**posted(request))
    if form.is_valid():
        found = import_file(kind, form.cleaned_data["file"], by=me(request))
        messages.success(request, _("文件已保存，正在后台导入，稍后刷新本页查看结果。"))
        return redirect("projects:feed-run", pk=found.pk)
    return render(request, "projects/feeds/import.html", {"feed": kind, "form": form, "columns": COLUMNS[kind]})


@require_safe
def template(request: HttpRequest, feed: str) -> HttpResponse:
    require_operator(me(request))
    answer = HttpResponse(blank(feed_of(feed)), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{feed}-template.xlsx"'
    return answer


@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    release_run(own_run(request, pk), by=me(request))
    messages.success(request, _("已继续运行，稍后刷新本页查看结果。"))
    return redirect("projects:feed-run", pk=pk)


@require_POST
def drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    drop_run(own_run(request, pk), by=me(request))
    messages.success(request, _("已放弃。此前写入的数据没有变化。"))
    return redirect("projects:feed-run", pk=pk)


@require_POST
def row_drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """不再处理."""
    require_operator(me(request))
    row = get_object_or_404(QuarantinedRow.objects.select_related("run"), pk=pk)
    drop_row(row, by=me(request))
    messages.success(request, _("第 %(row)d 行已移出隔离，没有写入。") % {"row": row.row_no})
    return redirect("projects:feed-run", pk=row.run_id)
