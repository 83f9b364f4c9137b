"""Blank forms and examples of materials, as operators publish and withdraw them."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.documents.actions import store
from portal.errors import Refused
from supervision.catalogue import MATERIAL_SAMPLE
from supervision.models import Material, MaterialFile


@transaction.atomic
def publish_material_file(
    material: Material, *, purpose: str, file: File, valid_from: date | None = None, note: str = "", by
) -> MaterialFile:
    """Add the next version of a template or an example; earlier versions stay and can be read."""
    require_operator(by)
    material = Material.objects.select_for_update(no_key=True).get(pk=material.pk)
    versions = MaterialFile.objects.filter(material=material, purpose=purpose)
    published = MaterialFile(
        material=material,
        purpose=purpose,
        number=(versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        note=note.strip()[:200],
        valid_from=valid_from or timezone.localdate(),
        added_by=by,
    )
    published.document = store(file, kind=MATERIAL_SAMPLE, holder=published, by=by)
    published.save(force_insert=True)
    record("material.file_published", material, by=by, purpose=purpose, number=published.number)
    return published


@transaction.atomic
def withdraw_material_file(published: MaterialFile, *, by) -> MaterialFile:
    """Take a version out of use; the one before it is offered again."""
    require_operator(by)
    published = MaterialFile.objects.locked(published.pk)
    if published.withdrawn_at:
        raise Refused(_("这个版本已经停用。"))
    published.withdrawn_by, published.withdrawn_at = by, timezone.now()
    published.save(update_fields=["withdrawn_by", "withdrawn_at"])
    facts: dict[str, Any] = {"purpose": published.purpose, "number": published.number}
    record("material.file_withdrawn", published.material, by=by, **facts)
    return published


def require_operator(user) -> None:
    if not user.is_operator:
        raise PermissionDenied(_("只有平台运营人员可以维护字典。"))
