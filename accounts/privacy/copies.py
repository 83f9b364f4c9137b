"""我的数据导出: asked for by the person, made by a worker, sealed at rest, gone after a week. Each step is recorded."""

import io
import json
import logging
import secrets
import zipfile
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import DataCopy, User
from accounts.models.personal_data import COPY_KEPT
from accounts.privacy.sections import files_about, lines_of, sections, shown_time
from portal.audit.actions import record
from portal.crypto import open_bytes, seal_bytes
from portal.documents import storage
from portal.errors import Refused
from portal.limits import hit
from portal.notifications.actions import notify
from portal.relay import nudge

logger = logging.getLogger(__name__)

TASK = "accounts.make_data_copies"
A_DAY = 3
LEASE = timedelta(minutes=10)
ATTEMPTS = 3
MOST_BYTES = 100 * 1024 * 1024  # of files in one copy; what does not fit is named in it
REMEMBERED = timedelta(days=90)  # after that the row goes too


def ask_for_copy(*, by: User) -> DataCopy:
    """Ask for one's own data; what is being made already is not asked twice. Refused beyond three a day."""
    if waiting := DataCopy.objects.filter(user=by, status__in=DataCopy.UNDONE).first():
        return waiting
    if not hit(f"data-copy:{by.pk}", limit=A_DAY, seconds=24 * 3600):
        raise Refused(_("每天最多导出 %(count)d 次，请明天再试。已生成的文件在有效期内仍可下载。") % {"count": A_DAY})
    try:
        with transaction.atomic():
            copy = DataCopy.objects.create(user=by)
            record("data_copy.asked", copy, by=by)
            nudge(TASK)
            return copy
    except IntegrityError:  # asked in two windows at once
        return DataCopy.objects.get(user=by, status__in=DataCopy.UNDONE)


# The worker's side. Every step may happen twice without harm: a lease says who is at it.


@transaction.atomic
def claim() -> DataCopy | None:
    """The oldest copy that waits or whose worker was lost."""
    now = timezone.now()
    free = Q(status=DataCopy.Status.WAITING) | Q(status=DataCopy.Status.RUNNING, lease_until__lt=now)
    rows = DataCopy.objects.filter(free).order_by("asked_at", "pk").select_for_update(skip_locked=True, of=("self",))
    if copy := rows.first():
        copy.move("begin")
        copy.attempts, copy.lease_until = copy.attempts + 1, now + LEASE
        copy.save(update_fields=["status", "attempts", "lease_until"])
    return copy


def make_copy(copy: DataCopy) -> None:
    """Write the archive and tell its owner; a fault is tried again and told in the end."""
    if copy.attempts > ATTEMPTS or not copy.user.is_active:
        give_up(copy)
        return
    try:
        data = archive_of(copy.user)
        key = default_storage.save(new_key(), ContentFile(seal_bytes(data, copy.place)))
    except Exception:
        logger.exception("Data copy %s was not made.", copy.pk)
        give_up(copy) if copy.attempts >= ATTEMPTS else postpone(copy)
        return
    if not finish(copy, key=key, size=len(data)):
        default_storage.delete(key)


def archive_of(user: User) -> bytes:
    """A zip with the data as JSON and as a page to read, and the person's own files."""
    told = [
        {
            "code": section.code,
            "label": str(section.label),
            "purpose": str(section.purpose),
            "kept": str(section.kept),
            "rows": lines_of(section, user),
        }
        for section in sections()
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        files = add_files(archive, user)
        about = {"platform": settings.PLATFORM_NAME, "made_at": shown_time(timezone.now())}
        whole = {**about, "sections": told, "files": files}
        archive.writestr("data.json", json.dumps(whole, ensure_ascii=False, indent=1))
        archive.writestr(f"{_('我的数据')}.html", render_to_string("accounts/data_copy_page.html", whole))
    return buffer.getvalue()


def add_files(archive: zipfile.ZipFile, user: User) -> list[dict[str, str]]:
    """Each file of the person under a number and its label; one that is too much or lost is named with the reason."""
    told, taken = [], 0
    for number, held in enumerate(files_about(user), 1):
        document = held.document
        extension = document.name.rpartition(".")[2]
        entry = {
            "name": f"files/{number:02d}-{document.label}.{extension}",
            "uploaded": shown_time(document.uploaded_at),
        }
        if taken + document.size > MOST_BYTES:
            entry["missing"] = _("文件过大，未包含在内，可在原页面下载")
        else:
            try:
                archive.writestr(entry["name"], storage.read(document))
                taken += document.size
            except FileNotFoundError:
                logger.error("The storage has lost a file of document %s.", document.pk)
                entry["missing"] = _("文件暂时无法读取，请联系平台运营人员")
        told.append(entry)
    return told


def new_key() -> str:
    return f"data-copies/{timezone.localdate():%Y/%m}/{secrets.token_hex(16)}"


@transaction.atomic
def finish(copy: DataCopy, *, key: str, size: int) -> bool:
    """Write the result, unless another worker has taken it over or finished it meanwhile."""
    current = DataCopy.objects.locked(copy.pk)
    if current.status != DataCopy.Status.RUNNING or current.attempts != copy.attempts:
        return False
    current.move("finish")
    current.made_at, current.key, current.size, current.lease_until = timezone.now(), key, size, None
    current.expires_at = current.made_at + COPY_KEPT
    current.save(update_fields=["status", "made_at", "expires_at", "key", "size", "lease_until"])
    record("data_copy.made", current, by=current.user, size=size)
    notify([current.user], "data_copy.ready", about=current, link=reverse("accounts:data"), copy=current)
    return True


@transaction.atomic
def give_up(copy: DataCopy) -> None:
    current = DataCopy.objects.locked(copy.pk)
    if current.status not in DataCopy.UNDONE or current.attempts != copy.attempts:
        return
    current.move("fail")
    current.lease_until = None
    current.save(update_fields=["status", "lease_until"])
    record("data_copy.failed", current, by=current.user)
    notify([current.user], "data_copy.failed", about=current, link=reverse("accounts:data"), copy=current)


def postpone(copy: DataCopy) -> None:
    """Let it be tried again after a minute."""
    mine = DataCopy.objects.filter(pk=copy.pk, status=DataCopy.Status.RUNNING, attempts=copy.attempts)
    mine.update(lease_until=timezone.now() + timedelta(minutes=1))


# The way out, and the end


@transaction.atomic
def open_copy(copy: DataCopy, *, by: User) -> bytes:
    """The archive, for its owner alone; each download is counted and recorded. Refused when its time is over."""
    current = DataCopy.objects.locked(copy.pk)
    if not current.is_ready:
        raise Refused(
            _("文件只保留 7 天，过期后自动删除。请重新导出。"),
            heading=_("文件已不能下载"),
            action=(_("我的数据"), reverse("accounts:data")),
        )
    with default_storage.open(current.key) as file:
        data = open_bytes(file.read(), current.place)
    current.downloads += 1
    current.save(update_fields=["downloads"])
    record("data_copy.downloaded", current, by=by, size=current.size)
    return data


def wipe_old_copies() -> int:
    """Delete the archives whose time is over, then rows that nobody asks about any more; how many archives."""
    over = DataCopy.objects.filter(status=DataCopy.Status.READY, expires_at__lte=timezone.now())
    count = sum(wipe(copy) for copy in over)
    old = DataCopy.objects.filter(asked_at__lt=timezone.now() - REMEMBERED, key="")
    old.exclude(status__in=DataCopy.UNDONE).delete()
    return count


def wipe(copy: DataCopy) -> bool:
    """First the file, then the row: what is interrupted is found again."""
    default_storage.delete(copy.key)
    with transaction.atomic():
        current = DataCopy.objects.locked(copy.pk)
        if current.status != DataCopy.Status.READY:
            return False
        current.move("expire")
        current.key = ""
        current.save(update_fields=["status", "key"])
        record("data_copy.wiped", current, by=None)
    return True
