"""What an operator does with feeds: read now, hand in a file, decide about a run that was stopped."""

import uuid
from datetime import timedelta

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.documents import storage
from portal.documents.arrivals import LostFile, arrived
from portal.documents.kinds import extension_of, size_text
from portal.documents.names import clean_file_name
from portal.errors import Refused
from portal.relay import nudge
from projects.feeds.fetch import source_of
from projects.feeds.files import EXTENSIONS, MOST_BYTES
from projects.feeds.runs import TASK
from projects.models import FeedRun, FeedState, QuarantinedRow


def require_operator(user) -> None:
    """Feeds are there for platform operators; to everybody else they do not exist."""
    if not (user.is_authenticated and user.is_operator):
        raise Http404


@transaction.atomic
def request_run(feed: str, *, from_start: bool = False, by) -> FeedRun:
    """重新运行: read the source now, from its cursor or from the very beginning. Refused without a source."""
    require_operator(by)
    if source_of(feed) is None:
        raise Refused(_("没有配置来源，不能运行。请在环境变量中设置来源地址，或导入文件。"))
    FeedState.objects.get_or_create(feed=feed)
    state, now = FeedState.objects.locked(feed), timezone.now()
    open_runs = FeedRun.objects.filter(feed=feed, kind=FeedRun.Kind.PULL, finished_at=None)
    run = open_runs.select_for_update(no_key=True).first()
    if run and (from_start or run.status not in (FeedRun.Status.WAITING, FeedRun.Status.RETRYING)):
        raise Refused(_("该数据正在运行或等待核实，结束后才能再次运行。"), safe=_("已接入的数据没有变化。"))
    run = run or FeedRun(feed=feed, kind=FeedRun.Kind.PULL, requested_by=by)
    if from_start:
        state.cursor = state.etag = state.last_page = ""
        state.save()
    run.due_at = now
    run.save()
    record("feed.requested", run, by=by, from_start=from_start)
    nudge(TASK)
    return run


@transaction.atomic
def import_file(feed: str, file: File, *, by) -> FeedRun:
    """文件导入: keep the file and have it read in the background. Refused names the rule it breaks."""
    require_operator(by)
    name = clean_file_name(file.name or "")
    if extension_of(name) not in EXTENSIONS:
        raise Refused(_("只能导入 csv、xlsx 文件。"))
    if isinstance(file, LostFile) or (file.size or 0) > MOST_BYTES:
        raise Refused(_("文件没有保存：超过 %(most)s，或服务器存储空间不足。") % {"most": size_text(MOST_BYTES)})
    if not file.size:
        raise Refused(_("文件是空的（0 字节），请重新选择。"))
    arriving = arrived(file)
    run = FeedRun(feed=feed, kind=FeedRun.Kind.FILE, requested_by=by, file_name=name)
    run.file_sha256 = arriving.digest.hexdigest()
    run.file_key = f"feeds/{uuid.uuid4().hex}"
    try:
        storage.keep(arriving, run.file_key)
    except OSError:
        raise Refused(_("服务器存储空间不足，文件没有保存，请稍后再试。")) from None
    run.save()
    record("feed.imported", run, by=by, size=file.size, sha256=run.file_sha256)
    nudge(TASK)
    return run


@transaction.atomic
def release_run(run: FeedRun, *, by) -> FeedRun:
    """确认无误，继续: let a run that was stopped take in what it found."""
    run = stopped(run, by)
    run.move("release")
    run.allows_much, run.due_at = True, timezone.now()
    run.save()
    record("feed.released", run, by=by)
    nudge(TASK)
    return run


@transaction.atomic
def drop_run(run: FeedRun, *, by) -> FeedRun:
    """放弃: end a run that was stopped; what it took in before stays."""
    run = stopped(run, by)
    run.move("drop")
    run.finished_at = timezone.now()
    run.save()
    FeedState.objects.filter(feed=run.feed).update(due_at=timezone.now() + timedelta(hours=1))
    record("feed.dropped", run, by=by)
    if run.file_key:
        transaction.on_commit(lambda: default_storage.delete(run.file_key))
    return run


def stopped(run: FeedRun, by) -> FeedRun:
    require_operator(by)
    return FeedRun.objects.locked(run.pk)


@transaction.atomic
def drop_row(row: QuarantinedRow, *, by) -> None:
    """不再处理: take a row out of quarantine without taking it in; the trail keeps that it was there."""
    require_operator(by)
    record("feed.row_dropped", row.run, by=by, row_no=row.row_no)
    row.delete()
