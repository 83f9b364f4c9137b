"""Everything that changes a document."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import connection, models, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.crypto import seal_bytes
from portal.documents import storage
from portal.documents.arrivals import LostFile, StoredFile, arrived, of_bytes
from portal.documents.kinds import MEDIA_TYPES, DocumentKind, extension_of, kind_of, size_text
from portal.documents.models import Document
from portal.documents.names import clean_file_name
from portal.documents.sniffing import HEAD, HEIC, PHOTOS_OF_PHONES, disguise
from portal.errors import Refused
from portal.limits import hit
from portal.relay import nudge

logger = logging.getLogger(__name__)


class NoRoom(Refused):
    """The server cannot take a file now, whatever the file; not the fault of the person who sent it."""


def store(
    file: File, *, kind: str | DocumentKind, holder: models.Model, by: Any = None, replaces: Document | None = None
) -> Document:
    """Keep an upload for `holder` and have it checked; Refused names the rule it breaks.

    A kind that allows one file replaces what is there; `replaces` names the file to replace of any other kind.
    """
    kind = kind_of(kind)
    name = clean_file_name(file.name or "")
    require_acceptable(file, name, kind)
    if by is not None:
        require_share(by, file.size or 0)
    document = Document(
        kind=kind.code,
        holder_type=holder._meta.label_lower,
        holder_id=holder.pk,
        name=name,
        media_type=MEDIA_TYPES[extension_of(name)],
        key=storage.new_key(),
        sealed=kind.personal,
        uploaded_by=by,
    )
    keep_bytes(document, file)
    try:
        return take_in(document, kind, replaces, by=by)
    except BaseException:
        with suppress(*storage.AWAY):  # what stays is an orphan, which the command finds
            storage.discard([document.key])
        raise


def require_acceptable(file: File, name: str, kind: DocumentKind) -> None:
    """What can be told at once: type, size and whether the first bytes belong to the type. Raises Refused."""
    if isinstance(file, LostFile) and file.full:
        raise no_space()
    require_size_and_type(name, file.size or 0, kind)
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if problem := disguise(head, extension_of(name)):
        raise Refused(problem)


def require_size_and_type(name: str, size: int, kind: DocumentKind) -> None:
    """What can be told before a byte has arrived. Raises Refused."""
    extension = extension_of(name)
    if extension in PHOTOS_OF_PHONES:
        raise Refused(HEIC)
    if extension not in kind.extensions:
        raise Refused(kind.rule if kind.hint else f"{kind.rule}{other_format(extension)}")
    if size > kind.max_bytes:
        raise Refused(f"{kind.rule}{excess(size, kind.max_bytes)}")
    if size <= 0:
        raise Refused(_("文件是空的（0 字节），请重新选择。"))


def require_share(by: Any, size: int) -> None:
    """Refuse what would be more than one person may send in a day."""
    since = timezone.now() - timedelta(days=1)
    sent = Document.objects.filter(uploaded_by=by, uploaded_at__gt=since).aggregate(sum=Sum("size"))["sum"] or 0
    if sent + size > settings.UPLOADS_A_DAY:
        raise NoRoom(
            _("您在 24 小时内已上传 %(sent)s，达到上限 %(most)s，这个文件没有保存；请明天继续，或联系平台运营人员。")
            % {"sent": size_text(sent), "most": size_text(settings.UPLOADS_A_DAY)}
        )


def other_format(extension: str) -> str:
    """Which format it is that is not accepted."""
    if not extension:
        return _("（这个文件没有扩展名）")
    return _("（这个文件是 .%(extension)s 格式）") % {"extension": extension[:10]}


def excess(size: int, most: int) -> str:
    """How large a file is that is too large, in bytes where rounding would hide it."""
    if size_text(size) == size_text(most):
        return _("（这个文件超出 %(bytes)d 字节）") % {"bytes": size - most}
    return _("（这个文件有 %(size)s）") % {"size": size_text(size)}


def keep_bytes(document: Document, file: File) -> None:
    """Write the file to the storage, sealed where the kind is personal; note its size and hash on the row."""
    try:
        if isinstance(file, StoredFile):
            document.key, document.size, document.sha256 = file.key, file.size, file.sha256
            document.sent_sha256 = document.sha256
            return
        arriving = arrived(file)
        document.size, document.sha256 = arriving.size, arriving.sha256
        document.sent_sha256 = document.sha256
        if document.sealed:
            with arriving:
                sealed = seal_bytes(arriving.read(), storage.aad(document))
            arriving = of_bytes(sealed)
        storage.keep(arriving, document.key)
    except storage.AWAY as error:
        logger.error("A document could not be stored: %s", error)
        raise no_space() from error


def no_space() -> NoRoom:
    return NoRoom(
        _("服务器存储空间不足，文件没有保存，请稍后再试或联系平台运营人员。"),
        heading=_("文件没有保存"),
        safe=_("以前上传的文件不受影响。"),
    )


@transaction.atomic
def take_in(document: Document, kind: DocumentKind, replaces: Document | None, *, by: Any) -> Document:
    """Write the row of a stored file; others who add to the same holder and kind wait meanwhile."""
    wait_for_turn(document)
    held = Document.objects.filter(
        holder_type=document.holder_type, holder_id=document.holder_id, kind=kind.code
    ).exclude(state=Document.State.REMOVED)
    if replaces is None and kind.most == 1:
        replaces = held.order_by("-uploaded_at").first()
    if replaces is not None:
        replaces = mark_removed(held.filter(pk=replaces.pk))
    elif kind.most and held.count() >= kind.most:
        raise Refused(
            _("“%(kind)s”最多上传 %(most)d 个文件，请先删除不需要的。") % {"kind": kind.label, "most": kind.most}
        )
    document.replaces = replaces
    document.save(force_insert=True)
    record("document.stored", document, by=by, kind=kind.code, size=document.size, sha256=document.sha256)
    nudge("portal.check_documents")
    return document


def same_bytes(held: models.QuerySet[Document], sha256: str) -> Document | None:
    """What lies there already with the same bytes, unless it was refused."""
    sound = held.filter(sent_sha256=sha256).exclude(state__in=[Document.State.REFUSED, Document.State.STUCK])
    if same := sound.exclude(state=Document.State.REMOVED).first():
        same.repeated = True
    return same


def wait_for_turn(document: Document) -> None:
    place = f"document:{document.holder_type}:{document.holder_id}:{document.kind}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [place])


def mark_removed(found: models.QuerySet[Document]) -> Document:
    """Mark the one document of the queryset removed; Refused if it is there no more."""
    document = found.select_for_update(of=("self",), no_key=True).first()
    if document is None:
        raise Refused(_("这个文件已经被替换或删除，请刷新页面查看最新状态。"))
    document.state, document.removed_at, document.lease_until = Document.State.REMOVED, timezone.now(), None
    document.save(update_fields=["state", "removed_at", "lease_until"])
    return document


@transaction.atomic
def remove(document: Document, *, by: Any) -> None:
    """Take a document away from its holder. Its bytes stay until `purge`."""
    removed = mark_removed(Document.objects.filter(pk=document.pk).exclude(state=Document.State.REMOVED))
    record("document.removed", removed, by=by, kind=removed.kind)


@transaction.atomic
def rename(document: Document, name: str, *, by: Any) -> Document:
    """Show a document under another name; its extension stays, for it says what the file is. Refused if it is empty."""
    document = Document.objects.locked(document.pk)
    extension = extension_of(document.name)
    stem = clean_file_name(f"{name.strip()}.{extension}").removesuffix(f".{extension}")
    if not name.strip():
        raise Refused(_("请填写文件名。"))
    document.name = f"{stem.removesuffix(f'.{extension}')}.{extension}"
    document.save(update_fields=["name"])
    record("document.renamed", document, by=by, kind=document.kind)
    return document


@transaction.atomic
def check_again(document: Document, *, by: Any) -> Document:
    """Have a file checked anew whose check got stuck. Refused if it is not stuck any more."""
    document = Document.objects.locked(document.pk)
    if not document.is_stuck:
        raise Refused(_("这个文件已不在“检查未完成”中，请刷新页面查看最新状态。"))
    document.state, document.problem, document.attempts = Document.State.CHECKING, "", 0
    document.checked_at, document.lease_until, document.requeued_at = None, None, timezone.now()
    document.save(update_fields=["state", "problem", "attempts", "checked_at", "lease_until", "requeued_at"])
    record("document.requeued", document, by=by, kind=document.kind)
    nudge("portal.check_documents")
    return document


def rehold(old_holder: models.Model, new_holder: models.Model) -> int:
    """Hand everything `old_holder` has to `new_holder`, in the caller's transaction; returns how many."""
    return Document.objects.of(old_holder).update(holder_type=new_holder._meta.label_lower, holder_id=new_holder.pk)


def copy_to(holder: models.Model, document: Document, *, by: Any) -> Document:
    """The same file once more, for another holder; it is checked again."""
    with storage.opened(document) as file:
        return store(ContentFile(file.read(), name=document.name), kind=document.kind, holder=holder, by=by)


def purge(documents: Iterable[Document]) -> int:
    """Delete the bytes and the names of `documents` for good and mark the rows removed; returns how many.

    Not to be undone, so call it outside of transactions. What is interrupted keeps its key and is found again.
    """
    done = 0
    for document in documents:
        Document.objects.filter(pk=document.pk).exclude(state=Document.State.REMOVED).update(
            state=Document.State.REMOVED, removed_at=timezone.now(), lease_until=None
        )
        current = Document.objects.get(pk=document.pk)
        if current.key:
            let_go(current)
            done += 1
    return done


@transaction.atomic
def let_go(document: Document) -> None:
    """Forget a document, and delete its bytes if no other document shares them."""
    storage.wait_for_key(document.key)
    others = Document.objects.filter(key=document.key).exclude(pk=document.pk)
    if (heir := others.order_by("uploaded_at").first()) is None:
        storage.discard(storage.keys_of(document))
    was_first = not document.shared
    forget(document)
    if heir is not None and was_first:
        Document.objects.filter(pk=heir.pk).update(shared=False)


def forget(document: Document) -> None:
    document.key, document.name, document.thumbnail, document.previews = "", "", False, 0
    document.sent_sha256, document.shared = "", False
    document.save(update_fields=["key", "name", "thumbnail", "previews", "sent_sha256", "shared"])
    record("document.purged", document, by=None, kind=document.kind)


def check_quota(
    holder: models.Model, address: str, *, files: int = 6, per_hour: int = 20, room: int | None = None
) -> None:
    """Refuse one more upload of a visitor: `files` a draft, `per_hour` an address, `room` bytes for all drafts together.

    Counts one upload of that address, so call it once for each and outside of transactions (security.md S4).
    """
    if Document.objects.held_by(holder).count() >= files:
        raise Refused(_("一次申请最多上传 %(files)d 个文件，请先删除不需要的。") % {"files": files})
    taken = Document.objects.filter(holder_type=holder._meta.label_lower).kept().aggregate(sum=Sum("size"))["sum"] or 0
    room = settings.QUARANTINE_BYTES if room is None else room
    if taken >= room:
        logger.error("Uploads of visitors have used up their room: %d bytes", taken)
        raise NoRoom(_("上传繁忙，请稍后再试。"))
    if not hit(f"upload:{address}", limit=per_hour, seconds=3600):
        raise NoRoom(_("上传过于频繁，请一小时后再试。"))
