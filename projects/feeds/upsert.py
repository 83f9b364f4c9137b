"""Many rows at once into the register: new ones by COPY, changed ones through a temporary table.

A row that comes again as it was is known by its digest and not even read. Only what is new or changed is written.
A row that a source no longer has stays; nothing is ever deleted.
"""

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.ids import uuid7
from projects.feeds.rows import (
    NOTHING,
    NUMBERS,
    BadRow,
    Reader,
    Row,
    cells_of,
    digest_of,
    kept,
    number_in,
    order_of,
)
from projects.models import AwardRecord, ConstructionPermit, Feed, FeedRun, QuarantinedRow

MODELS: dict[str, type[ConstructionPermit] | type[AwardRecord]] = {
    Feed.PERMITS: ConstructionPermit,
    Feed.AWARDS: AwardRecord,
}
REVOKED = ConstructionPermit.Status.REVOKED
PIECE = 256 * 1024  # characters that are handed to COPY at once


@dataclass
class Sorted:
    """A batch, sorted: what is written, how much of it is new, and what is kept aside."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    respelled: list[Row] = field(default_factory=list)  # unchanged, but written in another way
    unchanged: int = 0
    outdated: int = 0
    revoked: int = 0
    bad: list[QuarantinedRow] = field(default_factory=list)
    sound: list[str] = field(default_factory=list)  # the numbers of all rows that could be read


def sort_rows(run: FeedRun, reader: Reader, numbered: Iterable[tuple[int, Any]]) -> Sorted:
    """Read the rows and hold them against what is known; nothing is written yet."""
    result = Sorted()
    came = [(row_no, raw, number_in(raw, run.feed), digest_of(raw)) for row_no, raw in numbered]
    often = Counter(number for _row_no, _raw, number, _digest in came)
    known = known_rows(run.feed, often)
    rows: dict[str, Row] = {}
    bad: dict[str, QuarantinedRow] = {}
    for row_no, raw, number, digest in came:
        if often[number] == 1 and number in known and known[number].raw_digest == digest:
            result.unchanged += 1
            result.sound.append(number)
            continue
        try:
            row = reader.row(raw)
        except BadRow as error:
            facts = {"row_no": row_no, "raw": kept(raw, run.feed), "reasons": error.reasons}
            bad[error.key] = QuarantinedRow(feed=run.feed, run=run, key=error.key, **facts)
            continue
        row.raw_digest = digest
        if is_older(row.version, rows[row.number].version if row.number in rows else ""):
            result.outdated += 1
            continue
        result.unchanged += row.number in rows  # the same number twice in one page: the later row counts
        rows[row.number] = row
    result.sound += rows
    result.bad = list(bad.values())
    compare(rows, known, result)
    return result


def compare(rows: dict[str, Row], known: dict[str, "Known"], result: Sorted) -> None:
    """Which rows are new, changed, or older than what we have."""
    for number, row in rows.items():
        before = known.get(number)
        if before is None:
            result.new.append(row)
        elif is_older(row.version, before.version):
            result.outdated += 1
        elif before.digest == row.digest:
            result.unchanged += 1
            result.respelled.append(row)
        else:
            result.changed.append(row)
            result.revoked += before.status != REVOKED and row.status == REVOKED


@dataclass(frozen=True)
class Known:
    """What the register holds under a number."""

    digest: str
    raw_digest: str
    version: str
    status: str = ""


def known_rows(feed: str, numbers: Iterable[str]) -> dict[str, Known]:
    columns = [NUMBERS[feed], "digest", "raw_digest", "source_version", *(["status"] if feed == Feed.PERMITS else [])]
    stored = MODELS[Feed(feed)].objects.filter(**{f"{NUMBERS[feed]}__in": list(numbers)})
    return {number: Known(*facts) for number, *facts in stored.values_list(*columns)}


def is_older(version: str, than: str) -> bool:
    return bool(version and than) and order_of(version) < order_of(than)


def write(run: FeedRun, batch: Sorted) -> None:
    """Write a sorted batch in the caller's transaction, and count it on the run."""
    now = timezone.now()
    if batch.new:
        add(run.feed, batch.new, now)
    if batch.changed:
        change(run.feed, batch.changed, now)
    if batch.respelled:
        remember_spelling(run.feed, batch.respelled)
    QuarantinedRow.objects.filter(feed=run.feed, key__in=batch.sound).delete()
    QuarantinedRow.objects.bulk_create(
        batch.bad,
        update_conflicts=True,
        unique_fields=["feed", "key"],
        update_fields=["run", "row_no", "raw", "reasons", "kept_at"],
    )
    run.rows_new += len(batch.new)
    run.rows_changed += len(batch.changed)
    run.rows_unchanged += batch.unchanged
    run.rows_outdated += batch.outdated
    run.rows_revoked += batch.revoked
    run.rows_quarantined += len(batch.bad)


def columns_of(feed: str) -> list[str]:
    return ["id", "is_sample", "received_at", NUMBERS[feed], *taken_of(feed)]


def taken_of(feed: str) -> list[str]:
    """What a row brings each time; what the register knows besides (project, first arrival) stays."""
    return [*cells_of(feed), "source_version", "digest", "raw_digest", "changed_at"]


def add(feed: str, rows: list[Row], now: datetime) -> None:
    """Rows that are not there yet, straight into the register; who reads a feed is alone with it (its lease)."""
    with connection.cursor() as cursor:
        copy_into(cursor, MODELS[Feed(feed)]._meta.db_table, feed, rows, now)


def change(feed: str, rows: list[Row], now: datetime) -> None:
    """Write rows over what stands under their numbers."""
    table, number = MODELS[Feed(feed)]._meta.db_table, NUMBERS[feed]
    updates = ", ".join(f"{name} = came.{name}" for name in taken_of(feed))
    if feed == Feed.PERMITS:
        updates += ", passed_on_at = NULL"  # 联合报监 has to look at it again
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS feed_stage_{feed} (LIKE {table}) ON COMMIT DROP")
        cursor.execute(f"TRUNCATE feed_stage_{feed}")
        copy_into(cursor, f"feed_stage_{feed}", feed, rows, now)
        cursor.execute(
            f"UPDATE {table} SET {updates} FROM feed_stage_{feed} AS came WHERE {table}.{number} = came.{number}"
        )


def remember_spelling(feed: str, rows: list[Row]) -> None:
    """What comes again in this spelling needs no reading any more."""
    table, number = MODELS[Feed(feed)]._meta.db_table, NUMBERS[feed]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET raw_digest = came.digest "
            f"FROM unnest(%s::text[], %s::text[]) AS came (number, digest) WHERE {table}.{number} = came.number",
            [[row.number for row in rows], [row.raw_digest for row in rows]],
        )


def copy_into(cursor: Any, table: str, feed: str, rows: list[Row], now: datetime) -> None:
    columns = ", ".join(columns_of(feed))
    lines = (
        [str(uuid7()), "f", str(now), row.number, *row.cells, row.version.replace("\\", "\\\\"), row.digest]
        + [row.raw_digest, str(now)]
        for row in rows
    )
    text = io.StringIO("".join("\t".join(line) + "\n" for line in lines))
    cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (NULL '{NOTHING}')", text, PIECE)
