"""Back up, verify, restore."""

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from portal.audit.seals import first_fault
from portal.backup import files, rows
from portal.backup.files import Entry, Walk, copy_files, entries
from portal.backup.manifest import (
    Manifest,
    bring_schema_to,
    head_of,
    manifest_of,
    read_head,
    require_keys,
    require_known_schema,
    write_head,
    write_manifest,
)
from portal.backup.models import BackupRun
from portal.backup.places import Damaged, Folder, Kept, NotDone, Place, Tar, backups_in, find, objects_in, unpack
from portal.documents.upkeep import stored

logger = logging.getLogger(__name__)

LOCK = 7_301_021  # of a running backup among PostgreSQL's advisory locks
ROUNDS = 5  # snapshots that are tried until none of its files went while they were copied

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What was done, and how quickly."""

    manifest: Manifest
    name: str
    at: str  # the moment that it holds
    seconds: float
    written: int = 0  # bytes
    moved: int = 0  # bytes read or written in all

    @property
    def pace(self) -> str:
        return f"{self.seconds:.1f} s, {self.moved / 1e6 / max(self.seconds, 0.001):.1f} MB/s"


def back_up(target: Path | IO[bytes], *, keep_days: int = 0) -> Outcome:
    """Write a backup into a folder, or as a tar into a stream, and note that it was made or why not.

    Raises NotDone if another one is being made.
    """
    run = BackupRun(place=str(target) if isinstance(target, Path) else "-")
    try:
        outcome = written_to(target, run)
        if isinstance(target, Path) and keep_days:
            drop_old(target, keep_days)
    except BaseException as fault:
        run.fault = type(fault).__name__
        raise
    finally:
        run.ended_at = timezone.now()
        run.save(force_insert=True)
    return outcome


def written_to(target: Path | IO[bytes], run: BackupRun) -> Outcome:
    began = time.monotonic()
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    with snapshot() as raw:  # whoever is at it has the lock
        place: Place = Folder(target, stamp) if isinstance(target, Path) else Tar(target, stamp)
        before = list_of_last(target) if isinstance(target, Path) else iter(())
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR or None) as scratch:
        for round_number in range(1, ROUNDS + 1):
            listed = Listed(place, Path(scratch) / str(round_number))
            with snapshot() as raw:
                head = head_of(raw)
                walk = copy_files(raw, listed, before)
                if walk.gone and round_number < ROUNDS:
                    before = listed.entries()
                    continue
                run.begun_at = datetime.fromisoformat(head.at)
                manifest = finish(raw, place, listed, walk, write_head(place, head))
            break
    place.close()
    run.rows, run.files, run.bytes = manifest.rows, manifest.file_count, place.written
    run.lost = len(manifest.lost)
    for key in manifest.lost:
        logger.error("The storage has lost %s, which the backup therefore lacks.", key)
    return Outcome(manifest, stamp, head.at, time.monotonic() - began, place.written, place.written)


def finish(raw: Any, place: Place, listed: "Listed", walk: Walk, head: Any) -> Manifest:
    """The rows of the snapshot whose files were copied, and the manifest."""
    file_parts = listed.hand_over()
    with raw.cursor() as cursor:
        copied = [rows.copy_out(cursor, name, columns, place) for name, columns in rows.tables(cursor).items()]
        numbers = rows.sequences(cursor)
    manifest = Manifest(head, copied, numbers, file_parts, walk.files, walk.bytes, walk.gone, walk.lost)
    write_manifest(place, manifest)
    return manifest


class Listed:
    """A place that keeps the list of files aside until it is known to be the last one."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.aside = place, Folder(folder, "list")
        self.parts: list[rows.Part] = []

    def put(self, name: str, data: bytes) -> rows.Part:
        self.parts.append(self.aside.put(name, data))
        return self.parts[-1]

    def put_object(self, file: IO[bytes]) -> rows.Part:
        return self.place.put_object(file)

    def has_object(self, sha256: str) -> bool:
        return self.place.has_object(sha256)

    def entries(self) -> Iterator[Entry]:
        return entries(Kept(self.aside.unfinished), list(self.parts))

    def hand_over(self) -> list[rows.Part]:
        return [self.place.put(part.name, Kept(self.aside.unfinished).read(part)) for part in self.parts]


@contextmanager
def snapshot() -> Iterator[Any]:
    """A connection of its own that sees one moment of the database and writes nothing. Raises NotDone if one is open."""
    raw = connection.get_new_connection(connection.get_connection_params())
    try:
        raw.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        with raw.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                raise NotDone("Another backup is being made; it goes on, this call changed nothing.")
        yield raw
    finally:
        raw.close()


def list_of_last(root: Path) -> Iterator[Entry]:
    """The files of the newest backup of the folder; nothing if it cannot be read, then all is copied anew."""
    try:
        backup = find(root)
        return entries(backup, manifest_of(backup).files)
    except NotDone:
        return iter(())


def drop_old(root: Path, days: int) -> None:
    """Remove backups older than that, but never the newest two, and the files that no backup names any more."""
    oldest = f"{datetime.now(UTC) - timedelta(days=days):%Y%m%dT%H%M%SZ}"
    old = [path for path in backups_in(root)[:-2] if path.name < oldest]
    if not old:
        return
    for path in old:
        shutil.rmtree(path)
    began = time.time()
    for path in backups_in(root):
        backup = Kept(path)
        for entry in entries(backup, manifest_of(backup).files):  # a damaged list ends this before a file goes
            backup.object(entry.sha256).touch()
    for place in objects_in(root):
        if place.stat().st_mtime < began - 60:
            place.unlink()


# Verify and restore


def verify(backup: Kept) -> Outcome:
    """Read every byte of a backup again. Raises Damaged."""
    began = time.monotonic()
    manifest = manifest_of(backup)
    head = read_head(backup, manifest)
    moved = 0
    for table in manifest.tables:
        for part in table.parts:
            moved += len(backup.read(part))
    count = 0
    for entry in entries(backup, manifest.files):
        backup.check_object(entry.sha256)
        moved, count = moved + entry.size, count + 1
    if count != manifest.file_count:
        raise Damaged(f"The list of files has {count} lines instead of {manifest.file_count}.")
    return Outcome(manifest, backup.folder.name, head.at, time.monotonic() - began, moved=moved)


@contextmanager
def backup_at(source: Path | IO[bytes]) -> Iterator[Kept]:
    """The backup to read; one that comes as a tar is unpacked below the data folder meanwhile."""
    if isinstance(source, Path):
        yield find(source)
        return
    with tempfile.TemporaryDirectory(dir=settings.PORTAL_VAR, prefix="restoring-") as folder:
        yield unpack(source, Path(folder))


def restore(source: Path | IO[bytes], *, keep_files: bool = False, say: Say = lambda sentence: None) -> Outcome:
    """Fill an empty database and an empty storage, run by the owner of the tables. Raises NotDone before it changes
    anything if something does not fit; rows appear all at once or not at all.

    With `keep_files` the storage may hold files already (only the database was lost): what is missing is added, nothing
    is replaced.
    """
    began = time.monotonic()
    with backup_at(source) as backup:
        manifest = manifest_of(backup)
        head = read_head(backup, manifest)
        require_keys(head)
        require_known_schema(head)
        require_empty(backup, manifest, keep_files=keep_files)
        say("Reading the whole backup once …")
        outcome = verify(backup)
        say("Bringing the tables to the backup's state …")
        bring_schema_to(head)
        call_command("createcachetable", verbosity=0)
        require_tables(manifest)
        say("Writing files and rows …")
        written = write_files(backup, manifest, keep_files=keep_files)
        with transaction.atomic():
            rows.load(backup, manifest.tables, manifest.sequences)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("rights")
    fault, _number, _last = first_fault()
    if fault:
        raise NotDone(f"Everything was restored, but the audit trail is not sound: {fault}")
    outcome.seconds, outcome.written = time.monotonic() - began, written
    return outcome


def require_empty(backup: Kept, manifest: Manifest, *, keep_files: bool) -> None:
    """Raises NotDone if rows, or files other than the backup's own, would be lost or mixed up."""
    if table := rows.first_filled_table():
        raise NotDone(f"The database is not empty ({table} has rows); restore into an empty one. Nothing was changed.")
    if keep_files:
        return
    known = files.Merged(iter(entries(backup, manifest.files)))
    for key in sorted(stored_now(), key=files.order):
        entry = known.find(key)
        if entry is None or not files.is_there(entry):
            raise NotDone(
                f"The storage is not empty ({key}); restore into an empty one, or with --keep-files where only the "
                "database was lost. Nothing was changed."
            )


def stored_now() -> Iterator[str]:
    try:
        yield from stored()
    except FileNotFoundError:  # a new data folder has none yet
        return


def require_tables(manifest: Manifest) -> None:
    with connection.cursor() as cursor:
        present = rows.tables(cursor)
    for table in manifest.tables:
        if missing := sorted(set(table.columns) - set(present.get(table.name, ()))):
            raise NotDone(f"The backup has {table.name}.{missing[0]}, which this schema lacks. Nothing was changed.")


def write_files(backup: Kept, manifest: Manifest, *, keep_files: bool) -> int:
    """Write what is missing; files that an interrupted restore wrote stay. Returns bytes."""
    written = 0
    for entry in entries(backup, manifest.files):
        if files.is_there(entry) or (keep_files and files.exists(entry.key)):
            continue
        files.put_back(backup, entry)
        written += entry.size
    return written
