"""Many rows at once into the register: COPY into a temporary table, then one INSERT … ON CONFLICT.

Only what is new or changed is written. A row that a source no longer has stays; nothing is ever deleted.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.ids import uuid7
from projects.feeds.rows import NUMBERS, BadRow, Reader, Row, kept, order_of
from projects.models import AwardRecord, ConstructionPermit, Feed, FeedRun, QuarantinedRow

MODELS: dict[str, type[ConstructionPermit] | type[AwardRecord]] = {
    Feed.PERMITS: ConstructionPermit,
    Feed.AWARDS: AwardRecord,
}
FROM_ROW = (
    "project_no project_name works_name category district_id address longitude latitude construction_area_m2 "
    "contract_amount_wan planned_start_date planned_completion_date construction_scale parties uscc_codes "
    "search_tokens search_text"
).split()
OF_FEED = {Feed.PERMITS: ["permit_no_shown", "status", "issued_on"], Feed.AWARDS: ["awarded_on"]}
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
REVOKED = ConstructionPermit.Status.REVOKED


@dataclass
class Sorted:
    """A batch, sorted: what is written, how much of it is new, and what is kept aside."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    unchanged: int = 0
    outdated: int = 0
    revoked: int = 0
    bad: list[QuarantinedRow] = field(default_factory=list)
    sound: list[str] = field(default_factory=list)  # the numbers of all rows that could be read


def sort_rows(run: FeedRun, reader: Reader, numbered: Iterable[tuple[int, Any]]) -> Sorted:
    """Read the rows and hold them against what is known; nothing is written yet."""
    result = Sorted()
    rows: dict[str, Row] = {}
    bad: dict[str, QuarantinedRow] = {}
    for row_no, raw in numbered:
        try:
            row = reader.row(raw)
        except BadRow as error:
            facts = {"row_no": row_no, "raw": kept(raw, run.feed), "reasons": error.reasons}
            bad[error.key] = QuarantinedRow(feed=run.feed, run=run, key=error.key, **facts)
            continue
        if is_older(row.version, rows[row.number].version if row.number in rows else ""):
            result.outdated += 1
            continue
        result.unchanged += row.number in rows  # the same number twice in one page: the later row counts
        rows[row.number] = row
    result.sound = list(rows)
    result.bad = list(bad.values())
    compare(run.feed, rows, result)
    return result


def compare(feed: str, rows: dict[str, Row], result: Sorted) -> None:
    """Which rows are new, changed, or older than what we have."""
    name = NUMBERS[feed]
    columns = [name, "digest", "source_version"] + (["status"] if feed == Feed.PERMITS else [])
    known = {found[0]: found[1:] for found in stored(feed, name, columns, rows)}
    for number, row in rows.items():
        if number not in known:
            result.new.append(row)
            continue
        digest, version, *status = known[number]
        if is_older(row.version, version):
            result.outdated += 1
        elif digest == row.digest:
            result.unchanged += 1
        else:
            result.changed.append(row)
            result.revoked += status != [REVOKED] and row.values.get("status") == REVOKED


def stored(feed: str, name: str, columns: list[str], rows: Iterable[str]) -> Any:
    return MODELS[Feed(feed)].objects.filter(**{f"{name}__in": list(rows)}).values_list(*columns)


def is_older(version: str, than: str) -> bool:
    return bool(version and than) and order_of(version) < order_of(than)


def write(run: FeedRun, batch: Sorted) -> None:
    """Write a sorted batch in the caller's transaction, and count it on the run."""
    if rows := [*batch.new, *batch.changed]:
        upsert(run.feed, rows, timezone.now())
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


def upsert(feed: str, rows: list[Row], now: datetime) -> None:
    """Insert or update rows by their number; what the register knows besides (project, first arrival) stays."""
    feed = Feed(feed)
    table, number = MODELS[feed]._meta.db_table, NUMBERS[feed]
    taken = [*FROM_ROW, *OF_FEED[feed], "source_version", "digest", "changed_at"]
    columns = ", ".join(["id", "is_sample", "received_at", number, *taken])
    updates = ", ".join(f"{name} = excluded.{name}" for name in taken)
    if feed == Feed.PERMITS:
        updates += ", passed_on_at = NULL"  # 联合报监 has to look at it again
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS feed_stage_{feed} (LIKE {table}) ON COMMIT DROP")
        cursor.execute(f"TRUNCATE feed_stage_{feed}")
        cursor.copy_expert(f"COPY feed_stage_{feed} ({columns}) FROM STDIN", as_copy(feed, rows, now))
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM feed_stage_{feed} "
            f"ON CONFLICT ({number}) DO UPDATE SET {updates} WHERE {table}.digest IS DISTINCT FROM excluded.digest"
        )


def as_copy(feed: str, rows: Iterable[Row], now: datetime) -> io.StringIO:
    """The rows in COPY's text format, in the order of the columns."""
    names = [*FROM_ROW, *OF_FEED[Feed(feed)]]
    lines = (
        [uuid7(), "f", now, row.number, *(row.values[name] for name in names), row.version, row.digest, now]
        for row in rows
    )
    return io.StringIO("".join("\t".join(map(cell, line)) + "\n" for line in lines))


def cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, list):
        value = as_array(value)
    return str(value).translate(ESCAPES)


def as_array(values: list[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
