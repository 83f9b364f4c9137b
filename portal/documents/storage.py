"""Where the bytes lie: under keys nobody can guess, in Django's default storage (a folder, or S3 by setting).

A document's files share its key: the file itself, and with a suffix what the check made of it: `.clean` (the photo
written anew), `.thumb`, `.1`, `.2`… (page images).
"""

import errno
import io
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from portal.crypto import open_bytes, seal_bytes
from portal.documents.arrivals import ArrivingFile, of_bytes
from portal.documents.models import Document

AWAY = (OSError, BotoCoreError, ClientError)  # what a storage raises that is full, away or silent
PREVIEW_PAGES = 20  # page images that are made of a PDF


def new_key() -> str:
    """ "2026/11/" and 128 random bits: the client's name never becomes a path."""
    return f"{timezone.localdate():%Y/%m}/{secrets.token_hex(16)}"


def keep(file: ArrivingFile, key: str) -> None:
    """Move `file` under `key`; nothing lies there afterwards if this raises one of AWAY."""
    try:
        file.file.flush()
        os.fsync(file.file.fileno())
        written = os.fstat(file.file.fileno())
        saved = default_storage.save(key, file)
    except BaseException:
        with suppress(*AWAY):
            discard([key])
        raise
    finally:
        file.close()
    if saved != key:  # the storage found the name taken and chose another
        discard([saved])
        raise FileExistsError(errno.EEXIST, "The key is taken.")
    make_durable(key, written)


def make_durable(key: str, written: os.stat_result | None = None) -> None:
    """Let the new name survive a power cut; other storages than folders see to that themselves.

    A file that was moved is durable from before (`written`); one that was copied to another disk is not yet.
    """
    try:
        path = default_storage.path(key)
    except NotImplementedError:
        return
    was_moved = written is not None and os.path.samestat(os.stat(path), written)
    for place in (os.path.dirname(path),) if was_moved else (path, os.path.dirname(path)):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def wait_for_key(key: str) -> None:
    """In the caller's transaction: nobody else begins or ends to share what lies under `key` meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"bytes:{key}"])


def discard(keys: Iterable[str]) -> None:
    """Delete what lies under `keys`; nothing lying there is fine."""
    for key in keys:
        default_storage.delete(key)


def keep_part(document: Document, part: str, data: bytes) -> None:
    """Store what was made of a document, in place of what an interrupted check may have left there."""
    key = key_of(document, part)
    discard([key])
    keep(of_bytes(seal_bytes(data, aad(document, part)) if document.sealed else data), key)


def opened(document: Document, part: str = "") -> File:
    """The plain bytes of a document or of one part ("thumb", "1"…) to read from; FileNotFoundError if there are none."""
    file = default_storage.open(key_of(document, part) if part else document.key)
    if not document.sealed:
        return file
    with file:
        return File(io.BytesIO(open_bytes(file.read(), aad(document, part))))


def read(document: Document, part: str = "") -> bytes:
    """All the plain bytes of a document or of one part."""
    with opened(document, part) as file:
        return file.read()


def key_of(document: Document, part: str) -> str:
    return f"{document.key.removesuffix('.clean')}.{part}"


def aad(document: Document, part: str = "") -> str:
    """What a sealed file is bound to, so that it opens for no other document."""
    own_part = part and part != "clean"  # the clean photo is the file itself
    return f"document:{document.pk}:{part}" if own_part else f"document:{document.pk}"


def keys_of(document: Document) -> list[str]:
    """Every key that may hold something of the document."""
    stem = document.key.removesuffix(".clean")
    pages = range(1, PREVIEW_PAGES + 1) if document.media_type == "application/pdf" else ()
    return [stem, *(f"{stem}.{part}" for part in ("clean", "thumb", *pages))]
