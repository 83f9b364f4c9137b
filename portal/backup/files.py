"""Every file that the rows of a snapshot name: copied once, known again by size and time."""

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple, cast

from django.core.files import File
from django.core.files.storage import default_storage
from psycopg2 import sql

from portal.backup.places import Kept, Part, Shelf
from portal.backup.rows import Chunks
from portal.backup.sources import holders
from portal.documents.models import Document
from portal.documents.storage import make_durable

# One row for all documents that share bytes, in the order of their keys; what the check made lies beside the file.
DOCUMENTS = """
SELECT regexp_replace(key, '\\.clean$', '') COLLATE "C" AS stem, bool_or(key NOT LIKE '%.clean'),
       bool_or(key LIKE '%.clean'), bool_or(thumbnail), max(previews)
FROM portal_document WHERE key <> '' GROUP BY 1
"""
UNCHECKED = "SELECT key FROM portal_document WHERE state = 'checking' AND key <> ''"


class Entry(NamedTuple):
    """One stored file: `mtime` is what the storage says of its last change."""

    key: str
    size: int
    mtime: str
    sha256: str


@dataclass
class Walk:
    """What a walk over the files found. `gone` are files that went after the snapshot; `lost` should be there."""

    files: int = 0
    bytes: int = 0
    parts: list[Part] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def copy_files(raw: Any, place: Shelf, before: Iterator[Entry]) -> Walk:
    """Copy every file that the snapshot of this connection names and that is not in the list `before`.

    Files that are still being checked come first: those are about to be replaced.
    """
    walk, chunks = Walk(), Chunks(place, "files")
    with raw.cursor() as cursor:
        cursor.execute(UNCHECKED)
        urgent = {key: entry for (key,) in cursor.fetchall() if (entry := copied(key, place, None))}
    known = Merged(before)
    for key in keys(raw):
        entry = urgent.get(key) or copied(key, place, known.find(key))
        if entry is None:
            (walk.lost if is_still_named(key) else walk.gone).append(key)
            continue
        chunks.write(json.dumps(entry._asdict()).encode() + b"\n")
        walk.files += 1
        walk.bytes += entry.size
    chunks.end()
    walk.parts = chunks.parts
    return walk


def keys(raw: Any) -> Iterator[str]:
    """Every key in the order of its letters' numbers, as many at a time as the cursor brings."""
    others = [
        sql.SQL("SELECT {column} COLLATE \"C\", true, false, false, 0 FROM {table} WHERE {column} <> ''").format(
            column=sql.Identifier(name), table=sql.Identifier(model._meta.db_table)
        )
        for model, name in holders()
    ]
    with raw.cursor(name="files") as cursor:
        cursor.itersize = 2000
        cursor.execute(sql.SQL("{} ORDER BY 1").format(sql.SQL(" UNION ALL ").join([sql.SQL(DOCUMENTS), *others])))
        for stem, plain, clean, thumbnail, previews in cursor:
            if plain:
                yield stem
            if clean:
                yield f"{stem}.clean"
            if thumbnail:
                yield f"{stem}.thumb"
            yield from (f"{stem}.{number}" for number in range(1, previews + 1))


def copied(key: str, place: Shelf, known: Entry | None) -> Entry | None:
    """Copy one file unless it is the one that is known; None if nothing lies there."""
    try:
        size, mtime = facts_of(key)
        if known and (known.size, known.mtime) == (size, mtime) and place.has_object(known.sha256):
            return known
        with default_storage.open(key) as file:
            part = place.put_object(cast(IO[bytes], file))
    except FileNotFoundError:
        return None
    return Entry(key, part.size, mtime, part.sha256)


def facts_of(key: str) -> tuple[int, str]:
    """Size and last change. Raises FileNotFoundError."""
    try:
        info = os.stat(default_storage.path(key))
        return info.st_size, str(info.st_mtime_ns)
    except NotImplementedError:
        if not default_storage.exists(key):
            raise FileNotFoundError(key) from None
        return default_storage.size(key), default_storage.get_modified_time(key).isoformat()


def is_still_named(key: str) -> bool:
    """Whether a row names the file now, outside of the snapshot."""
    stem, _dot, part = key.partition(".")
    names = {key} if part in {"", "clean"} else {stem, f"{stem}.clean"}
    return Document.objects.filter(key__in=names).exists() or any(
        model._base_manager.filter(**{name: key}).exists() for model, name in holders()
    )


class Merged:
    """Finds entries of a sorted list, asked in the same order."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self.entries = entries
        self.next = next(entries, None)

    def find(self, key: str) -> Entry | None:
        while self.next and order(self.next.key) < order(key):
            self.next = next(self.entries, None)
        return self.next if self.next and self.next.key == key else None


def order(key: str) -> tuple[str, int, int]:
    """As `keys` yields them: stem, then the file itself, the clean photo, the small picture, the pages."""
    stem, _dot, part = key.partition(".")
    if part.isdecimal():
        return stem, 3, int(part)
    return stem, ["", "clean", "thumb"].index(part) if part in {"", "clean", "thumb"} else 4, 0


def entries(backup: Kept, parts: list[Part]) -> Iterator[Entry]:
    """The list of a backup's files, part by part. Raises Damaged."""
    for part in parts:
        for line in zlib.decompress(backup.read(part), wbits=31).splitlines():
            yield Entry(**json.loads(line))


# Back


def is_there(entry: Entry) -> bool:
    """Whether the storage holds this very file already."""
    try:
        return facts_of(entry.key)[0] == entry.size and digest(entry.key) == entry.sha256
    except FileNotFoundError:
        return False


def exists(key: str) -> bool:
    return default_storage.exists(key)


def digest(key: str) -> str:
    hasher = hashlib.sha256()
    with default_storage.open(key) as file:
        for block in file.chunks(1024 * 1024):
            hasher.update(block)
    return hasher.hexdigest()


def put_back(backup: Kept, entry: Entry) -> None:
    """Write one file under its key, with the time it had, so that the next backup knows it again."""
    with backup.object(entry.sha256).open("rb") as file:
        saved = default_storage.save(entry.key, File(file))
    if saved != entry.key:
        default_storage.delete(saved)
        raise FileExistsError(entry.key)
    if entry.mtime.isdecimal():  # it came from a folder
        with suppress(NotImplementedError):
            os.utime(default_storage.path(entry.key), ns=(int(entry.mtime), int(entry.mtime)))
    make_durable(entry.key)
