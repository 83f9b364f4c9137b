"""Sealing everything anew with the current key, while the portal runs (docs/operations.md).

Every sealed value names its key, so old and new ones are read side by side. A run may be stopped at any moment: what
it has renewed is no longer found by the next. Each row is its own transaction and gives way to whoever writes it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from portal.crypto import EncryptedTextField, Undecipherable, is_current, renew, reseal, under_older_keys
from portal.documents import storage
from portal.documents.arrivals import of_bytes
from portal.documents.models import Document

logger = logging.getLogger(__name__)

ROTATING = "portal.rotating_keys"  # the setting by which the owner of the tables may reseal what is otherwise frozen
HEAD = 64  # bytes, more than the longest header of a sealed file


@dataclass(frozen=True)
class Place:
    """Somewhere sealed values lie: `stale()` finds those under older keys, `renew(one)` seals one anew (False: changed)."""

    label: str
    stale: Callable[[], Iterator[Any]]
    renew: Callable[[Any], bool]


@dataclass
class Outcome:
    label: str
    renewed: int = 0
    left: int = 0
    broken: int = 0


_more: list[Place] = []


def register_place(place: Place) -> None:
    """Apps name what is sealed elsewhere than in an encrypted field: in a JSON value, in a file."""
    _more.append(place)


def places() -> list[Place]:
    return [*columns(), Place("documents", stale_documents, renew_document), *_more]


def columns() -> list[Place]:
    """Every encrypted field of every model."""
    return [
        column(model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def column(model: type[models.Model], name: str) -> Place:
    rows = lambda: under_older_keys(model, name).only("pk", name).iterator(chunk_size=500)  # noqa: E731
    return Place(f"{model._meta.label_lower}.{name}", rows, lambda row: renew(row, name))


def rotate(place: Place, *, only_count: bool = False) -> Outcome:
    """Renew what an older key sealed; what cannot be read is counted and left as it is."""
    outcome = Outcome(place.label)
    for one in place.stale():
        if only_count:
            outcome.left += 1
            continue
        try:
            if place.renew(one):
                outcome.renewed += 1
            else:
                outcome.left += 1
        except (Undecipherable, FileNotFoundError) as fault:
            outcome.broken += 1
            logger.error("%s %s could not be sealed anew: %s", place.label, getattr(one, "pk", ""), fault)
    return outcome


@contextmanager
def resealing() -> Iterator[None]:
    """Within, this session may put another cipher text into rows that never change otherwise; the triggers see to it
    that it is the owner of the tables, and that nothing else changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', false)", [ROTATING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, '', false)", [ROTATING])


# Files


def stale_documents() -> Iterator[Document]:
    """Sealed files, by a look at the first bytes of each."""
    for document in Document.objects.filter(sealed=True).kept().order_by("pk").iterator(chunk_size=200):
        try:
            with default_storage.open(document.key) as file:
                if not is_current(file.read(HEAD) + bytes(HEAD)):
                    yield document
        except FileNotFoundError:
            logger.error("The storage has lost a file of document %s.", document.pk)


def renew_document(document: Document) -> bool:
    """Write the file and what was made of it under a new name, then let the row name that; readers see one or the other."""
    old, suffix = document.key, ".clean" if document.key.endswith(".clean") else ""
    stem = storage.new_key()
    parts = {key: key.removeprefix(old.removesuffix(".clean")) for key in storage.keys_of(document)}
    written: list[str] = []
    for key, part in parts.items():
        if not default_storage.exists(key):
            continue
        with default_storage.open(key) as file:
            data = reseal(file.read(), storage.aad(document, part.lstrip(".")))
        written.append(stem + part)
        storage.keep(of_bytes(data), stem + part)
    if not take_over(document, stem + suffix):
        storage.discard(written)
        return False
    storage.discard(parts)
    return True


@transaction.atomic
def take_over(document: Document, key: str) -> bool:
    current = Document.objects.locked(document.pk)
    if current.key != document.key:
        return False
    current.key = key
    current.save(update_fields=["key"])
    return True
