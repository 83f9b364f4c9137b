"""Write and find audit entries."""

import json
import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _

from portal.audit.models import AuditEntry
from portal.facts import facts
from portal.masking import mask_name

# A mobile number, or an ID number: region, a birth date that can be an adult's, serial, check digit.
# Permit numbers (18 digits with a date since 2014) and digests pass.
PHONE = r"(?<![0-9A-Za-z])(?:\+?86)?1[3-9]\d{9}(?![0-9A-Za-z])"
ID_NUMBER = (
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:19\d\d|200\d|201[0-3])(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"(?![0-9A-Za-z])"
)
PERSONAL_NUMBER = re.compile(f"{PHONE}|{ID_NUMBER}", re.ASCII)


def record(
    event: str, subject: models.Model, *, by: Any, enterprise_id: UUID | None = None, **details: Any
) -> AuditEntry:
    """Write that `by` (None: a visitor, or the system) did `event` to `subject`, in the caller's transaction.

    Whatever it raises must fail the act. ValueError: an unmasked phone or ID number was about to be written; words
    that somebody typed may hold one, so pass them through `masked`.
    Without `enterprise_id` the subject's own, if it has one, decides in whose 操作日志 the entry stands.
    """
    entry = entry_of(event, subject, by=by, enterprise_id=enterprise_id, **details)
    entry.save(force_insert=True)
    return entry


def record_each(event: str, subjects: Iterable[models.Model], *, by: Any, **details: Any) -> None:
    """`record` for many subjects in one statement."""
    AuditEntry.objects.bulk_create([entry_of(event, subject, by=by, **details) for subject in subjects])


def entry_of(
    event: str, subject: models.Model, *, by: Any, enterprise_id: UUID | None = None, **details: Any
) -> AuditEntry:
    require_masked(json.dumps(details, cls=DjangoJSONEncoder, ensure_ascii=False))
    return AuditEntry(
        actor=by,
        actor_label=label_of(by) if by else _("访客") if facts().request_id else _("系统"),
        event=event,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=masked(label_of(subject))[:200],
        enterprise_id=enterprise_id or getattr(subject, "enterprise_id", None),
        address=facts().address or None,
        request_id=facts().request_id,
        details=details,
    )


def entries_about(subject: models.Model) -> models.QuerySet[AuditEntry]:
    """What happened to `subject`, first things first."""
    of_subject = AuditEntry.objects.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))
    return of_subject.order_by("id")


def label_of(thing: Any) -> str:
    """A thing's `audit_label` where it has one; a person's masked name; else what it is called."""
    if label := getattr(thing, "audit_label", None):
        return str(label)
    if hasattr(thing, "get_username"):
        return mask_name(thing.name) if getattr(thing, "name", "") else thing.get_username()
    return str(thing)


def masked(text: str) -> str:
    """What somebody typed, with the middle of each phone and ID number in it replaced by stars."""
    return PERSONAL_NUMBER.sub(lambda found: f"{found[0][:3]}****{found[0][-4:]}", text)


def require_masked(text: str) -> None:
    if PERSONAL_NUMBER.search(text):
        raise ValueError("An audit entry must not hold a phone or ID number; mask it first (portal.masking).")
