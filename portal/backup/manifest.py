"""What a backup says of itself, and what the portal that is to take it must agree with."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.backup.places import Damaged, Kept, NotDone, Part, Place
from portal.backup.rows import Table

FORMAT = 1
FINGERPRINT = b"fingerprint of a key of the portal"

Node = tuple[str, str]  # app and name of a migration


@dataclass
class Head:
    """What is known when a backup begins."""

    format: int
    at: str  # the moment of the snapshot, ISO 8601 in UTC
    server: str  # PostgreSQL's version
    migrations: list[Node]
    field_keys: dict[str, str]  # id: fingerprint
    index_key: str


@dataclass
class Manifest:
    """Everything that was written."""

    head: Part
    tables: list[Table]
    sequences: dict[str, int]
    files: list[Part]
    file_count: int
    file_bytes: int
    gone: list[str]
    lost: list[str]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def fingerprint(key: str) -> str:
    """Tells one key from another and tells nothing of the key, which is random."""
    return hmac.new(bytes.fromhex(key), FINGERPRINT, hashlib.sha256).hexdigest()[:32]


def head_of(raw: Any) -> Head:
    """The head for the snapshot of this connection."""
    with raw.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = cursor.fetchall()
        cursor.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        at = cursor.fetchone()[0]
    keys = {name: fingerprint(key) for name, key in settings.FIELD_KEYS.items()}
    version = f"{raw.server_version // 10_000}.{raw.server_version % 10_000}"
    return Head(FORMAT, at, version, migrations, keys, fingerprint(settings.INDEX_KEY))


def write_head(place: Place, head: Head) -> Part:
    return place.put("head.json", as_json(asdict(head)))


def write_manifest(place: Place, manifest: Manifest) -> None:
    data = as_json(asdict(manifest))
    place.put("manifest.json", data)
    place.put("manifest.sha256", f"{hashlib.sha256(data).hexdigest()}  manifest.json\n".encode())


def as_json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def manifest_of(backup: Kept) -> Manifest:
    """What the backup holds. Raises Damaged if it was cut off or changed."""
    try:
        data = (backup.folder / "manifest.json").read_bytes()
        noted = (backup.folder / "manifest.sha256").read_text().split()[0]
    except (OSError, ValueError, IndexError):
        raise Damaged(f"The backup {backup.folder.name} is not whole: its manifest is missing.") from None
    if hashlib.sha256(data).hexdigest() != noted:
        raise Damaged(f"The manifest of the backup {backup.folder.name} is damaged.")
    content = json.loads(data)
    tables = [Table(name, columns, rows, parts_of(parts)) for name, columns, rows, parts in content.pop("tables")]
    head, files = Part(*content.pop("head")), parts_of(content.pop("files"))
    return Manifest(head=head, tables=tables, files=files, **content)


def parts_of(rows: list[list[Any]]) -> list[Part]:
    return [Part(*row) for row in rows]


def read_head(backup: Kept, manifest: Manifest) -> Head:
    """Raises Damaged, or NotDone for a backup of a later portal."""
    content = json.loads(backup.read(manifest.head))
    if content["format"] > FORMAT:
        raise NotDone(f"The backup was made by a later portal (format {content['format']}, this one knows {FORMAT}).")
    content["migrations"] = [(app, name) for app, name in content["migrations"]]
    return Head(**content)


def require_keys(head: Head) -> None:
    """Raises NotDone unless this portal has every key that something in the backup may be sealed with."""
    for name, noted in head.field_keys.items():
        ours = settings.FIELD_KEYS.get(name)
        if ours is None:
            raise NotDone(
                f"The backup was made with the field key {name}, which FIELD_KEYS lacks; give it that key first."
            )
        if fingerprint(ours) != noted:
            raise NotDone(
                f"The field key {name} is not the one that the backup was made with; give FIELD_KEYS that key."
            )
    if fingerprint(settings.INDEX_KEY) != head.index_key:
        raise NotDone("INDEX_KEY is not the one that the backup was made with; without it nobody is found by number.")


def require_known_schema(head: Head) -> None:
    """Raises NotDone if the rows were written by a later version of the code."""
    disk = MigrationLoader(None).disk_migrations
    known = {*disk, *(old for migration in disk.values() for old in migration.replaces)}
    if unknown := [f"{app}.{name}" for app, name in head.migrations if (app, name) not in known]:
        raise NotDone(f"The backup has a newer schema than this code ({unknown[0]}); install the version it came from.")


def bring_schema_to(head: Head) -> None:
    """Migrate an empty database to the state of the backup. Raises NotDone if it is ahead of it."""
    noted = set(head.migrations)
    recorder = MigrationRecorder(connection)
    if ahead := sorted(set(recorder.applied_migrations()) - noted):
        raise NotDone(f"The database is ahead of the backup ({'.'.join(ahead[0])}); restore into one without tables.")
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    ours = noted & set(graph.node_map)  # without those that a squashed one replaced
    ends = [node for node in ours if not any(child.key in noted for child in graph.node_map[node].children)]
    executor.migrate(sorted(ends))
