"""Public identifiers: UUIDv7, made here and not by the database, so that they exist before the row does."""

import os
import secrets
import threading
import time
from uuid import UUID

from django.db import models

RANDOM_BITS = 74  # RFC 9562, 5.7: 12 bits rand_a + 62 bits rand_b, used as one counter within a millisecond
_lock = threading.Lock()
_last = (0, 0)  # milliseconds, random part


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562); each is greater than the one before it in this process."""
    global _last
    with _lock:
        now = time.time_ns() // 1_000_000
        millisecond, tail = _last
        if now > millisecond:
            millisecond, tail = now, secrets.randbits(RANDOM_BITS - 1)  # the top bit stays free for counting up
        else:
            tail += 1 + secrets.randbits(32)
            if tail >> RANDOM_BITS:
                millisecond, tail = millisecond + 1, secrets.randbits(RANDOM_BITS - 1)
        _last = (millisecond, tail)
    return UUID(int=_compose(millisecond, tail))


def _compose(millisecond: int, tail: int) -> int:
    version, variant = 0x7, 0b10
    return millisecond << 80 | version << 76 | (tail >> 62) << 64 | variant << 62 | tail & (1 << 62) - 1


def _forget_parent() -> None:
    """A forked worker must not count on from the same number as its siblings."""
    global _lock, _last
    _lock, _last = threading.Lock(), (0, 0)


os.register_at_fork(after_in_child=_forget_parent)


class Identified(models.Model):
    """Anything with an address: its primary key is public, ordered by time, and known before it is saved."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True
