"""Files that come in pieces. The server knows how much of each has arrived, so an interrupted one goes on from there.

A piece is written where it belongs in a file of its own below `TRANSFERS` and counts once its checksum is right and it
follows what came before. When all have arrived the file is hashed whole and takes the same way as any other upload.
Where documents lie in a bucket, pieces of files that need no sealing go straight there under signed addresses.
"""

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Sum
from django.http import Http404, UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.documents import remote, storage
from portal.documents.actions import (
    NoRoom,
    check_quota,
    no_space,
    require_share,
    require_size_and_type,
    same_bytes,
)
from portal.documents.arrivals import ArrivingFile, StoredFile
from portal.documents.kinds import DocumentKind, size_text
from portal.documents.models import Document, Transfer, TransferQuerySet
from portal.documents.names import clean_file_name
from portal.errors import Refused
from portal.facts import facts

logger = logging.getLogger(__name__)

MB = 1024 * 1024
PIECE = 4 * MB  # bytes of the largest piece
KEPT = timedelta(hours=24)  # after its last piece an unfinished file is dropped (security S4)
MOST_UNFINISHED = 40  # files of one person
READ = 256 * 1024
RESERVE = 64 * MB  # of the disk, for everything else
DIGEST = re.compile(r"[0-9a-f]{64}")


class Readable(Protocol):
    """A request, or a file."""

    def read(self, size: int, /) -> bytes: ...


class OutOfStep(Exception):
    """A piece does not follow what has arrived; `offset` is where to go on."""

    def __init__(self, offset: int, reason: str = "") -> None:
        super().__init__(reason)
        self.offset, self.reason = offset, reason


@dataclass(frozen=True)
class Place:
    """Where files go that arrive at one address: what the calling view has found the person may add to.

    `keep(file, replaces, facts)` stores a file that has arrived whole; `held` is what lies there already.
    """

    address: str
    kind: DocumentKind
    holder: models.Model
    by: Any
    held: models.QuerySet[Document]
    keep: Callable[[File, str], Document]

    @property
    def transfers(self) -> TransferQuerySet:
        """Those of this person at this place; to all others they do not exist."""
        return Transfer.objects.filter(  # type: ignore[return-value]
            place=self.address[:300],
            kind=self.kind.code,
            holder_type=self.holder._meta.label_lower,
            holder_id=self.holder.pk,
            started_by=self.by,
        )

    def find(self, pk: str) -> Transfer:
        try:
            return self.transfers.get(pk=UUID(pk))
        except (ValueError, Transfer.DoesNotExist):
            raise Http404 from None


def begin(place: Place, *, name: str, size: int, sha256: str) -> Transfer | Document:
    """Start a file, or go on with the same one; the Document if it is there already. Raises Refused before any byte."""
    if not DIGEST.fullmatch(sha256):
        raise Refused(_("上传请求不完整，请刷新页面后重试。"))
    name = clean_file_name(name)
    require_size_and_type(name, size, place.kind)
    if same := same_bytes(place.held, sha256):
        return same
    if known := place.transfers.unfinished().filter(size=size, sha256=sha256).order_by("-touched_at").first():
        return known
    require_quota(place, size)
    transfer = Transfer(
        place=place.address[:300],
        kind=place.kind.code,
        holder_type=place.holder._meta.label_lower,
        holder_id=place.holder.pk,
        started_by=place.by,
        name=name,
        size=size,
        sha256=sha256,
    )
    if remote.is_remote() and not place.kind.personal and size > remote.PART:
        transfer.key = storage.new_key()
        transfer.remote = remote.begin(transfer.key, "application/octet-stream")
    transfer.save(force_insert=True)
    return transfer


def require_quota(place: Place, size: int) -> None:
    """Refuse a file for which the person, the visitors together or the disk have no room."""
    if place.by is None:
        check_quota(place.holder, facts().network)
        theirs = Transfer.objects.unfinished().filter(holder_type=place.holder._meta.label_lower, started_by=None)
        waiting = theirs.aggregate(sum=Sum("size"))["sum"] or 0
        if waiting + size > settings.QUARANTINE_BYTES:
            raise NoRoom(_("上传繁忙，请稍后再试。"))
        theirs = theirs.filter(holder_id=place.holder.pk)
    else:
        require_share(place.by, size)
        theirs = Transfer.objects.unfinished().filter(started_by=place.by)
    if theirs.count() >= MOST_UNFINISHED:
        raise NoRoom(
            _("有 %(most)d 个文件还没有传完，请先继续或取消这些上传；24 小时没有进展的会自动清除。")
            % {"most": MOST_UNFINISHED}
        )
    if shutil.disk_usage(folder()).free < size + RESERVE:
        logger.error("No room for an upload of %d bytes.", size)
        raise no_space()


# Pieces


def folder() -> Path:
    place = Path(settings.TRANSFERS)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def path_of(transfer: Transfer) -> Path:
    return folder() / f"{transfer.pk.hex}.part"


def append(place: Place, pk: str, piece: Readable, *, offset: int, length: int, sha256: str) -> Transfer:
    """Write a piece at `offset`, streaming. Raises OutOfStep when it does not fit, NoRoom when the disk is full.

    The row is not locked while bytes arrive: two writers of one file bring the same bytes, and the whole is hashed.
    """
    transfer = place.find(pk)
    if transfer.remote:
        raise Refused(_("上传请求不完整，请刷新页面后重试。"))
    if transfer.document_id or offset != transfer.offset:
        raise OutOfStep(transfer.offset)
    if not 0 < length <= min(PIECE, transfer.size - offset):
        raise Refused(_("这一段超出了文件的大小，没有保存，请重新选择文件。"))
    try:
        digest, written = write_piece(path_of(transfer), piece, offset, length)
    except UnreadablePostError as error:  # the connection broke; nobody hears the answer
        raise OutOfStep(offset) from error
    except OSError as error:
        logger.error("A piece of an upload could not be written: %s", error.strerror)
        cut(transfer)
        raise no_space() from error
    if written != length or digest != sha256:
        raise OutOfStep(offset, _("这一段在传输中损坏，将自动重传。"))
    return advance(transfer, offset, offset + length)


def write_piece(path: Path, piece: Readable, offset: int, length: int) -> tuple[str, int]:
    """The SHA-256 and the length of what was written; less than `length` if the connection broke."""
    digest, done = hashlib.sha256(), 0
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while done < length and (block := piece.read(min(READ, length - done))):
            digest.update(block)
            view = memoryview(block)
            while view:
                count = os.pwrite(handle, view, offset + done)
                view, done = view[count:], done + count
    finally:
        os.close(handle)
    return digest.hexdigest(), done


@transaction.atomic
def advance(transfer: Transfer, offset: int, reached: int) -> Transfer:
    """Let a written piece count. Raises OutOfStep if another request was quicker."""
    current = Transfer.objects.locked(transfer.pk)
    if current.offset != offset or current.document_id:
        raise OutOfStep(current.offset)
    current.offset, current.touched_at = reached, timezone.now()
    current.save(update_fields=["offset", "touched_at"])
    return current


def cut(transfer: Transfer) -> None:
    """Give back the room of a piece that did not fit; what counted before stays."""
    with suppress(OSError, Transfer.DoesNotExist), transaction.atomic():
        current = Transfer.objects.locked(transfer.pk)
        os.truncate(path_of(transfer), current.offset)


# Straight to a bucket


def next_part(place: Place, pk: str) -> tuple[Transfer, str]:
    """How much the store has of a file now, and the address for its next part ("" when all have arrived)."""
    transfer = place.find(pk)
    if not transfer.remote:
        raise Http404
    whole = remote.parts(transfer.key, transfer.remote)
    reached = min(sum(part["Size"] for part in whole), transfer.size)
    Transfer.objects.filter(pk=transfer.pk).update(offset=reached, touched_at=timezone.now())
    transfer.offset = reached
    if reached == transfer.size:
        return transfer, ""
    size = min(remote.PART, transfer.size - reached)
    return transfer, remote.address_of_part(transfer.key, transfer.remote, len(whole) + 1, size)


# The end


def finish(place: Place, pk: str, replaces: str = "") -> Document:
    """Keep the file that has arrived whole; asked again it answers with the same document.

    Raises OutOfStep if something is missing, Refused if the file breaks a rule: then the transfer is over.
    """
    transfer = place.find(pk)
    try:
        document = kept(place, transfer, replaces)
    except OutOfStep as missing:
        if missing.offset == 0 and transfer.offset:
            logger.error("The pieces of an unfinished upload are gone; it begins anew.")
            Transfer.objects.filter(pk=transfer.pk, document=None).update(offset=0)
        raise
    except NoRoom:
        raise
    except Refused:
        forget(transfer)
        raise
    path_of(transfer).unlink(missing_ok=True)
    return document


@transaction.atomic
def kept(place: Place, transfer: Transfer, replaces: str) -> Document:
    """Row of the document and end of the transfer in one transaction; a second request waits and gets the same."""
    transfer = Transfer.objects.locked(transfer.pk)
    if transfer.document_id:
        return Document.objects.get(pk=transfer.document_id)
    if transfer.offset < transfer.size and not transfer.remote:
        raise OutOfStep(transfer.offset)
    file = joined(transfer) if transfer.remote else whole(transfer)
    try:
        document = place.keep(file, replaces)
    finally:
        file.close()
    if transfer.remote and document.key != transfer.key:  # the same bytes were there already
        transaction.on_commit(lambda: storage.discard([transfer.key]))
    transfer.document, transfer.touched_at = document, timezone.now()
    transfer.save(update_fields=["document", "touched_at"])
    return document


def whole(transfer: Transfer) -> ArrivingFile:
    """The file as it has arrived, hashed; a second name of it, so that the first survives until all is committed."""
    path = path_of(transfer)
    second = path.with_suffix(".whole")
    try:
        second.unlink(missing_ok=True)
        os.link(path, second)
        os.truncate(second, transfer.size)
        file = ArrivingFile.at(second, transfer.name)
    except FileNotFoundError:
        raise OutOfStep(0) from None
    except OSError as error:
        raise no_space() from error
    if file.size != transfer.size:
        file.close()
        raise OutOfStep(0)
    if file.sha256 != transfer.sha256:
        file.close()
        raise Refused(_("收到的内容与选择的文件不一致（文件可能在上传时被修改过），请重新选择文件上传。"))
    return file


def joined(transfer: Transfer) -> StoredFile:
    """The file that the store has put together; its hash is proved by the check, which reads every byte."""
    if not default_storage.exists(transfer.key):
        if sum(part["Size"] for part in remote.parts(transfer.key, transfer.remote)) != transfer.size:
            raise OutOfStep(transfer.offset)
        remote.finish(transfer.key, transfer.remote)
    if default_storage.size(transfer.key) != transfer.size:
        raise Refused(_("收到的内容与选择的文件不一致（文件可能在上传时被修改过），请重新选择文件上传。"))
    return StoredFile(transfer.key, transfer.name, transfer.size, transfer.sha256)


def cancel(place: Place, pk: str) -> None:
    """Drop an unfinished file and what has arrived of it."""
    transfer = place.find(pk)
    if not transfer.document_id:
        forget(transfer)


def forget(transfer: Transfer) -> None:
    """Delete the row and the pieces of a transfer; a document that was made of it stays."""
    if transfer.remote and not transfer.document_id:
        remote.abandon(transfer.key, transfer.remote)
        storage.discard([transfer.key])
    Transfer.objects.filter(pk=transfer.pk).delete()
    for suffix in (".part", ".whole"):
        path_of(transfer).with_suffix(suffix).unlink(missing_ok=True)


def clear_transfers() -> int:
    """Drop what has not moved for a day and what is finished for as long; returns how many."""
    old = list(Transfer.objects.filter(touched_at__lt=timezone.now() - KEPT))
    for transfer in old:
        forget(transfer)
    known = {f"{pk.hex}" for pk in Transfer.objects.values_list("pk", flat=True)}
    before = (timezone.now() - KEPT).timestamp()
    for path in folder().iterdir():
        with suppress(FileNotFoundError):
            if path.stem not in known and path.stat().st_mtime < before:
                path.unlink()
    return len(old)


def described(transfer: Transfer) -> dict[str, Any]:
    """What a script needs to go on with a file."""
    return {
        "transfer": str(transfer.pk),
        "name": transfer.name,
        "size": transfer.size,
        "size_text": size_text(transfer.size),
        "sha256": transfer.sha256,
        "offset": transfer.offset,
        "piece": PIECE,
        "direct": bool(transfer.remote),
        "until": (transfer.touched_at + KEPT).isoformat(),
    }
