"""Chain what was recorded, so that a change behind our back is found and named."""

import json
from collections.abc import Iterator
from datetime import UTC

from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from portal.audit.models import AuditEntry, AuditSeal

GENESIS = "0" * 64
LOCK = 7_301_001  # of the sealer among PostgreSQL's advisory locks
BATCH = 2000

SEALED_FIELDS = [
    *["id", "txid", "actor_id", "actor_label", "event", "subject_type", "subject_id", "subject_label"],
    *["enterprise_id", "address", "request_id", "details"],
]


@transaction.atomic
def seal(*, everything: bool = False) -> int:
    """Chain the entries that nothing can precede any more, and tell how many; 0 if somebody else is at it.

    An entry of a transaction that commits late gets a lower id than entries already committed. So only entries of
    transactions older than every running one are sealed: until then a later call finds it.
    `everything` also looks below what is known to be sealed, as after a restore.
    """
    if not lock_chain():
        return 0
    last = AuditSeal.objects.order_by("-number").first()
    oldest_running, next_one = transaction_horizon()
    entries = AuditEntry.objects.filter(Q(txid__lt=oldest_running) | Q(txid__gte=next_one))
    if last and last.horizon <= next_one and not everything:
        entries = entries.filter(txid__gte=last.horizon)
    unsealed = entries.exclude(Exists(AuditSeal.objects.filter(entry=OuterRef("pk")))).order_by("txid", "id")
    batch = list(unsealed[:BATCH])
    horizon = oldest_running if len(batch) < BATCH else min(oldest_running, batch[-1].txid)
    AuditSeal.objects.bulk_create(chained(last, batch, horizon))
    return len(batch)


def lock_chain() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return cursor.fetchone()[0]


def transaction_horizon() -> tuple[int, int]:
    """The oldest transaction still running, and the next one to come.

    An entry from at or after the next one was restored from another server, whose count was further.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now_seen)::text::bigint, pg_snapshot_xmax(now_seen)::text::bigint "
            "FROM pg_current_snapshot() AS now_seen"
        )
        return cursor.fetchone()


def chained(last: AuditSeal | None, entries: list[AuditEntry], horizon: int) -> Iterator[AuditSeal]:
    sealed, previous = (last.number, last.hash) if last else (0, GENESIS)
    for number, entry in enumerate(entries, sealed + 1):
        seal_hash = hash_of(number, entry, previous)
        yield AuditSeal(number=number, entry=entry, previous=previous, hash=seal_hash, horizon=horizon)
        previous = seal_hash


def hash_of(number: int, entry: AuditEntry, previous: str) -> str:
    """SM3 over the place in the chain, the hash before it and the entry as canonical JSON; 64 hex digits."""
    content = {name: getattr(entry, name) for name in SEALED_FIELDS}
    content |= {"at": entry.at.astimezone(UTC).isoformat(), "number": number, "previous": previous}
    text = json.dumps(content, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = Hash(SM3())
    digest.update(text.encode())
    return digest.finalize().hex()


def first_fault() -> tuple[str, int, str]:
    """Recompute the whole chain: (a sentence about the first wrong row or "", number of good seals, last hash)."""
    number, previous = 0, GENESIS
    for seal_row in AuditSeal.objects.select_related("entry").order_by("number").iterator(BATCH):
        if fault := fault_of(seal_row, number + 1, previous):
            return fault, number, previous
        number, previous = seal_row.number, seal_row.hash
    return "", number, previous


def fault_of(seal_row: AuditSeal, number: int, previous: str) -> str:
    if seal_row.number != number:
        return f"Seal {number} is missing."
    if seal_row.previous != previous:
        return f"Seal {number} does not follow seal {number - 1}."
    if seal_row.hash != hash_of(number, seal_row.entry, previous):
        return f"Audit entry {seal_row.entry_id} (seal {number}) was changed after it was sealed."
    return ""


def unsealed_entries() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.exclude(Exists(AuditSeal.objects.filter(entry=OuterRef("pk"))))
