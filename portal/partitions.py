"""The audit trail and the inbox in parts by time, so that old parts rest: vacuum, backups and caches work on the newest.

Both tables are split by their primary key, which grows with time (a number, a UUIDv7), so that no model, query, foreign
key or trigger changes. What lies there becomes the first part where it is; no row is copied. The seals of the trail stay
whole, because each entry may have one only, which a split table cannot promise.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

AHEAD = 3  # parts that stand ready
ENTRIES = 10_000_000  # audit entries in one part


class PartitionFault(Exception):
    """The table cannot be split as it is; one sentence."""


class Part(NamedTuple):
    """The half-open range [begin, end) of the key, as SQL literals."""

    name: str
    begin: str
    end: str


@dataclass(frozen=True)
class Split:
    table: str
    label: str

    def parts_from(self, newest: str | None) -> Iterator[Part]:
        """Ranges one after the other, the first of which begins above `newest`, the highest key so far."""
        raise NotImplementedError


class ByNumber(Split):
    def parts_from(self, newest: str | None) -> Iterator[Part]:
        begin = (int(newest or 0) // ENTRIES + 1) * ENTRIES
        while True:
            yield Part(f"{self.table}_{begin // 1_000_000:06d}m", str(begin), str(begin + ENTRIES))
            begin += ENTRIES


class ByMonth(Split):
    def parts_from(self, newest: str | None) -> Iterator[Part]:
        now = timezone.now().astimezone(UTC)
        month = next_month(datetime(now.year, now.month, 1, tzinfo=UTC))
        while True:
            after = next_month(month)
            yield Part(f"{self.table}_{month:%Y_%m}", first_id(month), first_id(after))
            month = after


def next_month(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def first_id(moment: datetime) -> str:
    """The lowest UUIDv7 of a moment, quoted."""
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"'{digits[:8]}-{digits[8:]}-7000-8000-000000000000'"


SPLITS = (ByNumber("portal_auditentry", "audit trail"), ByMonth("portal_message", "inbox"))


# What stands


def is_split(cursor: Any, table: str) -> bool:
    cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass", [table])
    return cursor.fetchone()[0]


def parts_of(cursor: Any, table: str) -> list[tuple[str, str, int]]:
    """Name, range and estimated rows of each part; the table itself while it is whole."""
    cursor.execute(
        "SELECT c.relname, coalesce(pg_get_expr(c.relpartbound, c.oid), 'whole'), greatest(c.reltuples, 0)::bigint "
        "FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid "
        "WHERE c.relkind = 'r' AND (c.oid = %s::regclass OR i.inhparent = %s::regclass) ORDER BY 1",
        [table, table],
    )
    return cursor.fetchall()


def highest(cursor: Any, table: str) -> str | None:
    cursor.execute(f"SELECT id::text FROM {table} ORDER BY id DESC LIMIT 1")
    row = cursor.fetchone()
    return row[0] if row else None


# Doing it


def missing_parts(cursor: Any, split: Split) -> list[Part]:
    """The parts that should stand ready and do not."""
    present = {name for name, _range, _rows in parts_of(cursor, split.table)}
    ranges = split.parts_from(highest(cursor, split.table))
    return [part for part in (next(ranges) for _ in range(AHEAD)) if part.name not in present]


def add_part(cursor: Any, split: Split, part: Part) -> None:
    """Nothing if it stands meanwhile. Raises PartitionFault if rows of this range came before their part stood."""
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {split.table}_rest WHERE id >= {part.begin} AND id < {part.end})")
    if cursor.fetchone()[0]:
        raise PartitionFault(
            f"{split.table}_rest holds rows of {part.name} already; they stay there and are found there."
        )
    cursor.execute("SELECT portal_add_part(%s, %s, %s, %s)", [split.table, part.name, part.begin, part.end])


# The worker's role owns no table, so it makes parts through this function of the owner's, which makes nothing else.
ADD_PART = """
CREATE OR REPLACE FUNCTION portal_add_part(whole text, part text, low text, high text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '5s' AS $$
BEGIN
  IF whole NOT IN ('portal_auditentry', 'portal_message') OR part !~ ('^' || whole || '_[0-9]{4,6}(m|_[0-9]{2})$') THEN
    RAISE EXCEPTION '% is no part of %', part, whole;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('portal_add_part'));
  IF to_regclass('public.' || part) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)', part, whole, btrim(low, chr(39)), btrim(high, chr(39)));
  IF whole = 'portal_auditentry' AND session_user <> current_user THEN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON public.%I FROM %I', part, session_user);
  END IF;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION portal_add_part(text, text, text, text) FROM PUBLIC;
"""


def make_ready() -> list[str]:
    """Make the parts that come next, of tables that are split; the names of the new ones. Two at once do no harm.

    Raises PartitionFault as add_part does, OperationalError where a table is in use for longer than five seconds.
    """
    made: list[str] = []
    with connection.cursor() as cursor:
        for split in SPLITS:
            for part in missing_parts(cursor, split) if is_split(cursor, split.table) else ():
                add_part(cursor, split, part)
                made.append(part.name)
    return made


def promise(cursor: Any, split: Split, limit: str) -> None:
    """Have the database know that every row of the whole table lies below `limit`, while people write. PartitionFault if not."""
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {split.table} WHERE id >= {limit})")
    if cursor.fetchone()[0]:
        raise PartitionFault(f"{split.table} has a key beyond {limit}, which none of its rows should have.")
    cursor.execute(f"ALTER TABLE {split.table} DROP CONSTRAINT IF EXISTS lies_before")
    cursor.execute(f"ALTER TABLE {split.table} ADD CONSTRAINT lies_before CHECK (id < {limit}) NOT VALID")
    cursor.execute(f"ALTER TABLE {split.table} VALIDATE CONSTRAINT lies_before")


def exchange(cursor: Any, split: Split, limit: str) -> list[str]:
    """Put a split table in the place of the whole one, which becomes its first part. In the caller's transaction.

    Nobody reads or writes the table meanwhile: it takes as long as renaming. Returns what is to be validated afterwards.
    """
    table, history = split.table, f"{split.table}_history"
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    indexes = all_of(cursor, INDEXES, table)
    keys = all_of(cursor, KEYS, table)
    referring = all_of(cursor, REFERRING, table)
    triggers = all_of(cursor, TRIGGERS, table)
    identity = all_of(cursor, IDENTITY, table)
    for other, name, _definition in referring:
        cursor.execute(f'ALTER TABLE {other} DROP CONSTRAINT "{name}"')
    for name, _definition in triggers:
        cursor.execute(f'DROP TRIGGER "{name}" ON {table}')
    cursor.execute(f"ALTER TABLE {table} RENAME TO {history}")
    for name, _definition in indexes:
        cursor.execute(f'ALTER INDEX "{name}" RENAME TO "{aside(name)}"')
    for name, _definition, kind in keys:
        if kind == "p":
            cursor.execute(f'ALTER INDEX "{name}" RENAME TO "{aside(name)}"')
    for _sequence, _next in identity:
        cursor.execute(f"ALTER TABLE {history} ALTER COLUMN id DROP IDENTITY")
    cursor.execute(
        f"CREATE TABLE {table} (LIKE {history} INCLUDING DEFAULTS INCLUDING STORAGE) PARTITION BY RANGE (id)"
    )
    for sequence, following in identity:
        started = f"(SEQUENCE NAME {sequence} START WITH {following})"
        cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY {started}")
    for name, definition, _kind in keys:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for _name, definition in indexes:
        cursor.execute(definition)
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {history} FOR VALUES FROM (MINVALUE) TO ({limit})")
    cursor.execute(f"ALTER TABLE {history} DROP CONSTRAINT lies_before")
    cursor.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    for _name, definition in triggers:
        cursor.execute(definition)
    for other, name, definition in referring:
        cursor.execute(f'ALTER TABLE {other} ADD CONSTRAINT "{name}" {definition} NOT VALID')
    return [f'ALTER TABLE {other} VALIDATE CONSTRAINT "{name}"' for other, name, _definition in referring]


INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
"""
KEYS = """
SELECT conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'f', 'c') AND conname <> 'lies_before'
"""
REFERRING = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE confrelid = %s::regclass AND contype = 'f'
"""
TRIGGERS = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
IDENTITY = """
SELECT s.relname, nextval(s.oid) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
WHERE d.refobjid = %s::regclass AND d.deptype = 'i'
"""


def all_of(cursor: Any, question: str, table: str) -> list[Any]:
    cursor.execute(question, [table])
    return cursor.fetchall()


def aside(name: str) -> str:
    """Another name for an index that goes with the first part."""
    return f"history_{hashlib.sha256(name.encode()).hexdigest()[:16]}"
