"""Every row of every table, out of one snapshot and in again."""

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection
from psycopg2 import sql

from portal.backup.places import Kept, Part, Shelf

CHUNK = 16 * 1024 * 1024  # bytes of plain COPY text in one part
# What bare migrations leave in a database, and what may be thrown away.
THROWN_AWAY = {"django_migrations", "django_content_type", "auth_permission", "portal_cache", "portal_backuprun"}

TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""
FOREIGN_KEYS = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""
INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid) ORDER BY 1
"""
GUARDED = """
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition ORDER BY 1
"""


class Table(NamedTuple):
    name: str
    columns: list[str]
    rows: int
    parts: list[Part]


class Chunks:
    """A file to write to, which becomes compressed parts of bounded size."""

    def __init__(self, place: Shelf, folder: str) -> None:
        self.place, self.folder = place, folder
        self.parts: list[Part] = []
        self.begin()

    def begin(self) -> None:
        self.packer, self.packed, self.plain = zlib.compressobj(1, wbits=31), bytearray(), 0

    def write(self, data: bytes) -> int:
        self.packed += self.packer.compress(data)
        self.plain += len(data)
        if self.plain >= CHUNK:
            self.end()
        return len(data)

    def end(self) -> None:
        if self.plain:
            self.packed += self.packer.flush()
            self.parts.append(self.place.put(f"{self.folder}/{len(self.parts) + 1:06d}.gz", bytes(self.packed)))
        self.begin()


class Joined:
    """The parts of one table as one file to read from."""

    def __init__(self, backup: Kept, parts: list[Part]) -> None:
        self.backup, self.waiting, self.rest = backup, iter(parts), memoryview(b"")

    def read(self, size: int = CHUNK) -> bytes:
        if not self.rest:
            part = next(self.waiting, None)
            self.rest = memoryview(zlib.decompress(self.backup.read(part), wbits=31) if part else b"")
        block, self.rest = self.rest[:size], self.rest[size:]
        return bytes(block)


def tables(cursor: Any) -> dict[str, list[str]]:
    """Each table with its columns; partitions are read through the table they belong to."""
    cursor.execute(TABLES)
    return dict(cursor.fetchall())


def copy_out(cursor: Any, name: str, columns: list[str], place: Shelf) -> Table:
    """Write one table as it is in the snapshot."""
    chunks = Chunks(place, f"tables/{name}")
    cursor.copy_expert(
        sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(names(columns), sql.Identifier(name)), chunks
    )
    rows = cursor.rowcount
    chunks.end()
    return Table(name, columns, rows, chunks.parts)


def names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def sequences(cursor: Any) -> dict[str, int]:
    """Where each sequence stands. Read after the rows, it is never behind them."""
    cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
    return {name: value for name, value in cursor.fetchall() if value is not None}


# In again


def first_filled_table() -> str:
    """A table that holds rows which migrations did not make; "" for an empty database."""
    with connection.cursor() as cursor:
        for name in sorted(set(tables(cursor)) - THROWN_AWAY):
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(name)))
            if cursor.fetchone()[0]:
                return name
    return ""


def load(backup: Kept, wanted: list[Table], sequences: dict[str, int]) -> None:
    """Replace every row of the database, in the caller's transaction.

    Without foreign keys, indexes and triggers meanwhile: they are made anew over all rows at once, which is quicker,
    and the order of the tables does not matter. What breaks a foreign key raises IntegrityError at the end.
    """
    with connection.cursor() as cursor:
        present = tables(cursor)
        put_back = list(stripped(cursor))
        cursor.execute(sql.SQL("TRUNCATE {}").format(names(list(present))))
        for table in wanted:
            copy_in(cursor, table, backup)
        for name, value in sequences.items():
            cursor.execute("SELECT setval(%s, %s)", [f'public."{name}"', value])
        for statement in put_back:
            cursor.execute(statement)


def copy_in(cursor: Any, table: Table, backup: Kept) -> None:
    columns = names(table.columns)
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    cursor.copy_expert(copy.as_string(cursor.connection), Joined(backup, table.parts))
    if cursor.rowcount != table.rows:
        raise ValueError(f"{table.name}: {cursor.rowcount} rows instead of {table.rows}")


def stripped(cursor: Any) -> Iterator[sql.Composable]:
    """Take away what slows or hinders loading; yields the statements that put it back, in their order."""
    cursor.execute(GUARDED)
    guarded = [sql.Identifier(name) for (name,) in cursor.fetchall()]
    cursor.execute(FOREIGN_KEYS)
    foreign_keys = cursor.fetchall()
    cursor.execute(INDEXES)
    indexes = cursor.fetchall()
    for table in guarded:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
    for table, name, _definition in foreign_keys:
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        cursor.execute(drop.format(sql.Identifier(table), sql.Identifier(name)))
    for name, _definition in indexes:
        cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    for _name, definition in indexes:
        yield sql.SQL(definition.replace(" ON ONLY ", " ON ", 1))  # of a partitioned table: for its partitions as well
    for table, name, definition in foreign_keys:
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
        yield add.format(sql.Identifier(table), sql.Identifier(name), sql.SQL(definition))
    for table in guarded:
        yield sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table)
