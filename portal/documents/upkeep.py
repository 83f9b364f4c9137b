"""Looking after the storage: files that nobody knows, and bytes that are no longer those that were stored."""

import hashlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from portal.documents import storage
from portal.documents.models import Document, Transfer

logger = logging.getLogger(__name__)

YOUNG = timedelta(days=1)  # a younger file may belong to an upload whose row is not committed yet
BLOCK = 1024 * 1024


def stored(folder: str = "") -> Iterator[str]:
    """Every key in the storage below the folders of years."""
    folders, names = default_storage.listdir(folder)
    for name in sorted(names):
        if name:
            yield f"{folder}/{name}" if folder else name
    for each in sorted(folders):
        if each and (folder or (each.isdigit() and len(each) == 4)):  # others of the storage are not ours
            yield from stored(f"{folder}/{each}" if folder else each)


def orphans() -> Iterator[str]:
    """Keys that belong to no document and to no upload on its way, a day old or more."""
    before = timezone.now() - YOUNG
    for key in stored():
        stem = key.partition(".")[0]
        known = Document.objects.filter(Q(key=stem) | Q(key=f"{stem}.clean")).exists()
        if known or Transfer.objects.filter(key=stem).exists():
            continue
        try:
            if default_storage.get_modified_time(key) < before:
                yield key
        except FileNotFoundError:  # it went meanwhile
            continue


@dataclass
class Verdict:
    """What a look at every document found: how many were sound, and the ids of the others."""

    sound: int = 0
    lost: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    last: UUID | None = None

    @property
    def is_sound(self) -> bool:
        return not self.lost and not self.changed


def rehashed(*, after: UUID | None = None, until: datetime | None = None) -> Iterator[Verdict]:
    """Hash the bytes of each document anew, in the order of their ids; yields the verdict so far after each.

    `after` is where an interrupted look goes on; `until` is when it stops.
    """
    verdict = Verdict(last=after)
    while True:
        documents = Document.objects.kept().order_by("pk")
        document = (documents.filter(pk__gt=verdict.last) if verdict.last else documents).first()
        if document is None or (until and timezone.now() > until):
            return
        verdict.last = document.pk
        judge(document, verdict)
        yield verdict


def judge(document: Document, verdict: Verdict) -> None:
    try:
        is_sound = digest_of(document) == document.sha256
    except FileNotFoundError:
        current = Document.objects.kept().filter(pk=document.pk, key=document.key)
        if current.exists():  # else it was purged, or written anew, meanwhile
            verdict.lost.append(document.pk)
        return
    except Exception:
        logger.exception("Document %s cannot be read.", document.pk)
        is_sound = False
    if is_sound:
        verdict.sound += 1
    else:
        verdict.changed.append(document.pk)


def digest_of(document: Document) -> str:
    with storage.opened(document) as file:
        return hashlib.file_digest(cast(io.BufferedIOBase, file), "sha256").hexdigest()
