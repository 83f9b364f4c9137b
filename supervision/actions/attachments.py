"""附件: a file is its own request; replacing adds a row, removing keeps it (decisions 16, pain E)."""

from typing import Any
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.documents.actions import remove, rename, same_bytes, store
from portal.documents.arrivals import ArrivingFile, StoredFile
from portal.documents.kinds import size_text
from portal.documents.models import Document
from portal.errors import Refused
from supervision.actions.sections import keep, opened_for_files, require_places
from supervision.catalogue import ALL_FILES_MOST, Section
from supervision.frozen import attachments_in_force
from supervision.models import Addendum, Attachment, Filing, Material, MaterialRule

MOST = 30  # files for one material


@transaction.atomic
def attach(filing: Filing, *, material: Material, file: File, replaces: Any = None, reason: str = "", by) -> Attachment:
    """Hand in one file for a material, perhaps in the place of another document; it is checked in the background.

    Refused names the rule that is broken. What a station has read is replaced with a reason only.
    """
    filing = opened_for_files(filing, by)
    require_places(filing, Section.ATTACHMENTS, [material.pk])
    if not MaterialRule.objects.for_filing(filing).filter(material=material).exists():
        raise Refused(_("本模块不需要这项材料，请上传到“其他”。"))
    held = attachments_in_force(filing).filter(material=material)
    earlier = one_of(held, replaces) if replaces else None
    if earlier is None and (same := repeated(held, file)):
        return same
    if earlier is None and held.count() >= MOST:
        raise Refused(_("同一材料最多上传 %(most)d 个文件，请合并后再上传。") % {"most": MOST})
    require_room(filing, file.size or 0)
    if earlier:
        take_away(filing, earlier, reason=reason, by=by)
    document = store(file, kind=material.kind, holder=filing, by=by)
    attachment = Attachment.objects.create(
        filing=filing,
        material=material,
        document=document,
        added_by=by,
        replaces=earlier,
        order=earlier.order if earlier else last_place(held) + 1,
        note=earlier.note if earlier else "",
    )
    keep(filing, Section.ATTACHMENTS, malformed=None, by=by, fields=[material.pk])
    return attachment


@transaction.atomic
def remove_attachment(filing: Filing, *, document: Any, reason: str = "", by) -> Attachment:
    """Take a file back; what was handed in with an earlier version stays readable there."""
    filing = opened_for_files(filing, by)
    attachment = one_of(attachments_in_force(filing), document)
    require_places(filing, Section.ATTACHMENTS, [attachment.material_id])
    take_away(filing, attachment, reason=reason, by=by)
    keep(filing, Section.ATTACHMENTS, malformed=None, by=by, fields=[attachment.material_id])
    return attachment


@transaction.atomic
def describe_attachment(filing: Filing, *, document: Any, name: str, note: str, by) -> Attachment:
    """Rename a file and say what it is. What a station has read keeps its name; it is replaced instead."""
    filing = opened_for_files(filing, by)
    attachment = one_of(attachments_in_force(filing), document)
    require_places(filing, Section.ATTACHMENTS, [attachment.material_id])
    stem = attachment.document.name.rpartition(".")[0]
    if name.strip() not in {stem, attachment.document.name}:
        if is_handed_in(filing, attachment):
            raise Refused(
                _("监督站已看过“%(name)s”，不能改名；如内容有变化请更换文件。") % {"name": attachment.document}
            )
        attachment.document = rename(attachment.document, name, by=by)
    attachment.note = note.strip()[:200]
    attachment.save(update_fields=["note"])
    keep(filing, Section.ATTACHMENTS, malformed=None, by=by, fields=[attachment.material_id])
    return attachment


@transaction.atomic
def move_attachment(filing: Filing, *, document: Any, up: bool, by) -> Attachment:
    """Put a file one place earlier or later among those of its material; at either end nothing happens."""
    filing = opened_for_files(filing, by)
    attachment = one_of(attachments_in_force(filing), document)
    require_places(filing, Section.ATTACHMENTS, [attachment.material_id])
    files = list(attachments_in_force(filing).filter(material=attachment.material_id))
    index = files.index(attachment)
    other = index - 1 if up else index + 1
    if not 0 <= other < len(files):
        return attachment
    files[index], files[other] = files[other], files[index]
    for place, file in enumerate(files, 1):
        file.order = place
    Attachment.objects.bulk_update(files, ["order"])
    keep(filing, Section.ATTACHMENTS, malformed=None, by=by, fields=[attachment.material_id])
    return attachment


def repeated(held, file: File) -> Attachment | None:
    """What the material has already with the same bytes."""
    if not isinstance(file, ArrivingFile | StoredFile) or not file.size:
        return None
    found = same_bytes(Document.objects.filter(pk__in=held.order_by().values("document_id")), file.sha256)
    if found is None:
        return None
    attachment = held.get(document=found)
    attachment.document = found  # which says that it answers a second upload
    return attachment


def last_place(held) -> int:
    return held.aggregate(last=Max("order"))["last"] or 0


def require_room(filing: Filing, size: int) -> None:
    """Refuse what would make all files of a filing together too large."""
    taken = attachments_in_force(filing).order_by().aggregate(sum=Sum("document__size"))["sum"] or 0
    if taken + size > ALL_FILES_MOST:
        facts = {"most": size_text(ALL_FILES_MOST), "taken": size_text(taken), "size": size_text(size)}
        raise Refused(
            _("全部附件合计不能超过 %(most)s（已有 %(taken)s，这个文件 %(size)s），请压缩或删除不需要的文件。") % facts
        )


def take_away(filing: Filing, attachment: Attachment, *, reason: str, by) -> None:
    """Mark it removed with who, when and why. Its document goes too, unless a station has it in a frozen version."""
    was_read = is_handed_in(filing, attachment)
    if was_read and not reason.strip():
        raise Refused(_("监督站已看过“%(name)s”，请先填写更换或删除原因。") % {"name": attachment.document})
    attachment.removed_by, attachment.removed_at = by, timezone.now()
    attachment.removed_because = reason.strip()[:200]
    attachment.save(update_fields=["removed_by", "removed_at", "removed_because"])
    shared = Attachment.objects.filter(document=attachment.document_id).exclude(pk=attachment.pk)
    if not was_read and not shared.exists():  # a copy shares the documents of its original
        remove(attachment.document, by=by)


def is_handed_in(filing: Filing, attachment: Attachment) -> bool:
    """Whether stations have it: in a frozen version, or added after approval."""
    if attachment.document.holder_type == Addendum._meta.label_lower:
        return True
    return filing.submitted_at is not None and attachment.added_at <= filing.submitted_at


def one_of(held, document: Any) -> Attachment:
    """The attachment with this document. Raises Refused when it is there no more."""
    try:
        return held.get(document_id=UUID(str(document)))
    except (ValueError, Attachment.DoesNotExist):
        raise Refused(_("这个文件已经被替换或删除，请刷新页面查看最新状态。")) from None
