"""Asking for an export, making it, and letting it go."""

import logging
import secrets
import tempfile
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.audit import masked, record
from portal.errors import Refused
from portal.exports.models import KEPT, Export
from portal.exports.workbook import write_workbook
from portal.limits import hit
from portal.lists.kinds import ListKind, list_kind
from portal.masking import mask_name
from portal.notifications import notify
from portal.relay import nudge
from portal.replica import from_replica
from portal.search import capped_count

logger = logging.getLogger(__name__)

TASK = "portal.make_exports"
AN_HOUR = 10  # exports a person may ask for
AT_ONCE = 3  # exports of a person that are not done yet
TIME_LIMIT = 1200  # seconds for one run of the task; a hundred thousand rows take a few minutes
LEASE = timedelta(seconds=TIME_LIMIT + 60)
ATTEMPTS = 3
CHUNK = 1000  # rows read at once
REMEMBERED = timedelta(days=90)  # after that the row goes too

BROKEN = gettext_lazy("生成文件时出错，请稍后重新导出；仍不成功请联系平台运营人员。")
CLOSED = gettext_lazy("您现在没有查看这份列表的权限，没有生成文件。")


def ask_for_export(kind: ListKind, query: str, *, by: Any) -> Export:
    """Ask for the list under these conditions. The same question that waits already is not asked twice.

    Refused beyond the limits of rows, of exports an hour and at once; call it outside of transactions.
    """
    conditions = kind.conditions(query)
    waiting = Export.objects.filter(user=by, status__in=Export.UNDONE)
    if same := waiting.filter(kind=kind.code, query=conditions, status=Export.Status.WAITING).first():
        return same
    if waiting.count() >= AT_ONCE:
        raise Refused(
            _("您已有 %(count)d 份导出正在生成，请等待完成后再导出。") % {"count": AT_ONCE},
            heading=_("暂不能导出"),
            action=my_exports(),
        )
    require_few(kind, conditions, by)
    if not hit(f"export:{by.pk}", limit=AN_HOUR, seconds=3600):
        raise Refused(
            _("每小时最多导出 %(count)d 次，请稍后再试。") % {"count": AN_HOUR},
            heading=_("导出过于频繁"),
            action=my_exports(),
        )
    return write_down(kind, conditions, by=by)


def require_few(kind: ListKind, conditions: str, by: Any) -> None:
    most = settings.EXPORT_ROWS
    if capped_count(kind.rows(by, QueryDict(conditions)), cap=most) > most:
        raise Refused(
            _("符合条件的超过 %(most)d 条，一次最多导出 %(most)d 条。请按日期、区域或状态缩小范围，分几次导出。")
            % {"most": most},
            heading=_("符合条件的太多"),
            action=(_("返回列表"), f"{kind.url()}?{conditions}"),
        )


def my_exports() -> tuple[str, str]:
    return _("我的导出"), reverse("exports:list")


@transaction.atomic
def write_down(kind: ListKind, conditions: str, *, by: Any) -> Export:
    words = kind.in_words(conditions)[:500]
    export = Export.objects.create(user=by, kind=kind.code, query=conditions, words=words)
    record("export.asked", export, by=by, list=kind.code, conditions=masked(words))
    nudge(TASK)
    return export


# The worker's side. Every step may happen twice without harm: a lease says who is at it, each try has its own file.


@transaction.atomic
def claim() -> Export | None:
    """The oldest export that waits or whose worker was lost, taken for LEASE; one tried too often fails."""
    now = timezone.now()
    free = Q(status=Export.Status.WAITING) | Q(status=Export.Status.RUNNING, lease_until__lt=now)
    taken = Export.objects.filter(free).order_by("asked_at", "pk").select_for_update(skip_locked=True, of=("self",))
    export = taken.first()
    if export is None:
        return None
    export.move("begin")
    export.attempts += 1
    export.lease_until = now + LEASE
    export.save(update_fields=["status", "attempts", "lease_until"])
    return export


def make_export(export: Export) -> None:
    """Write the file with what its owner may see now, and tell them; a fault is told too."""
    if export.attempts > ATTEMPTS:
        give_up(export, str(BROKEN))
        return
    try:
        kind = list_kind(export.kind)
        if not export.user.is_active or not kind.may_open(export.user):
            give_up(export, str(CLOSED))
            return
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
            made_at = timezone.now()
            rows = from_replica(lambda alias: write_rows(file, export, kind, using=alias))
            size = file.tell()
            key = default_storage.save(new_key(), File(file))
    except Exception:
        logger.exception("Export %s was not made.", export.pk)
        if export.attempts >= ATTEMPTS:
            give_up(export, str(BROKEN))
        else:
            postpone(export)
        return
    if not finish(export, rows=rows, size=size, key=key, made_at=made_at):
        default_storage.delete(key)


def write_rows(file: Any, export: Export, kind: ListKind, *, using: str = DEFAULT_DB_ALIAS) -> int:
    """All rows in one glance at the database, so that a change meanwhile neither doubles nor drops one."""
    file.truncate(file.seek(0))
    with transaction.atomic(using=using):
        found = kind.rows(export.user, QueryDict(export.query))[: settings.EXPORT_ROWS]
        rows = kind.prepared(found.iterator(chunk_size=CHUNK), export.user)
        return write_workbook(file, kind.columns, rows, title=str(kind.label), facts=facts_of(export))


def facts_of(export: Export) -> list[tuple[str, str]]:
    """Who exported what and when: the file carries its origin."""
    return [
        (_("平台"), settings.PLATFORM_NAME),
        (_("列表"), str(export.label)),
        (_("条件"), export.words or _("无")),
        (_("导出人"), mask_name(export.user.name)),
        (_("导出时间"), f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        (_("导出编号"), str(export.pk)),
        (_("说明"), _("个人信息已脱敏。仅限办理业务使用，请妥善保管，不得外传。")),
    ]


def new_key() -> str:
    return f"exports/{timezone.localdate():%Y/%m}/{secrets.token_hex(16)}.xlsx"


@transaction.atomic
def finish(export: Export, **made: Any) -> bool:
    """Write the result, unless another worker has taken it over or finished it meanwhile."""
    current = Export.objects.locked(export.pk)
    if current.status != Export.Status.RUNNING or current.attempts != export.attempts:
        return False
    current.move("finish")
    current.expires_at, current.lease_until = made["made_at"] + KEPT, None
    for name, value in made.items():
        setattr(current, name, value)
    current.save(update_fields=["status", "expires_at", "lease_until", *made])
    record(
        "export.made", current, by=current.user, list=current.kind, rows=current.rows, conditions=masked(current.words)
    )
    notify([current.user], "export.ready", about=current, link=reverse("exports:list"), export=current)
    return True


@transaction.atomic
def give_up(export: Export, problem: str) -> None:
    current = Export.objects.locked(export.pk)
    if current.status not in Export.UNDONE or current.attempts != export.attempts:
        return
    current.move("fail")
    current.problem, current.lease_until = problem, None
    current.save(update_fields=["status", "problem", "lease_until"])
    record("export.failed", current, by=current.user, list=current.kind)
    notify([current.user], "export.failed", about=current, link=reverse("exports:list"), export=current)


def postpone(export: Export) -> None:
    """Let it be tried again after a minute."""
    mine = Export.objects.filter(pk=export.pk, status=Export.Status.RUNNING, attempts=export.attempts)
    mine.update(lease_until=timezone.now() + timedelta(minutes=1))


# The end


@transaction.atomic
def note_download(export: Export, *, by: Any) -> None:
    record("export.downloaded", export, by=by, list=export.kind, rows=export.rows, conditions=masked(export.words))


def wipe_old_exports() -> int:
    """Delete the files whose time is over, then rows that nobody asks about any more; how many files."""
    over = Export.objects.filter(status=Export.Status.READY, expires_at__lte=timezone.now())
    count = sum(wipe(export) for export in over)
    old = Export.objects.filter(asked_at__lt=timezone.now() - REMEMBERED)
    old.filter(key="").exclude(status__in=Export.UNDONE).delete()
    return count


def wipe(export: Export) -> bool:
    """First the file, then the row: what is interrupted is found again."""
    default_storage.delete(export.key)
    with transaction.atomic():
        current = Export.objects.locked(export.pk)
        if current.status != Export.Status.READY:
            return False
        current.move("expire")
        current.key = ""
        current.save(update_fields=["status", "key"])
        record("export.wiped", current, by=None, list=current.kind)
    return True
