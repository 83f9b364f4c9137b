"""Identifiers: RFC 9562, in order, never twice."""

import os
import time
from threading import Thread
from uuid import UUID

import pytest

from portal import ids
from portal.ids import uuid7


def test_an_id_says_its_version_its_variant_and_its_time():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after + 1


def test_each_id_is_greater_than_the_one_before():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_stay_in_order_when_the_clock_goes_back(monkeypatch):
    first = uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert uuid7() > first


def test_a_full_counter_moves_on_to_the_next_millisecond(monkeypatch):
    full = (1 << ids.RANDOM_BITS) - 1
    monkeypatch.setattr(ids, "_last", (5_000, full))
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert uuid7().int >> 80 == 5_001


def test_threads_never_get_the_same_id():
    made: list[UUID] = []
    threads = [Thread(target=lambda: made.extend([uuid7() for _ in range(2_000)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 16_000


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # newer Pythons dislike forks beside threads
def test_a_forked_worker_does_not_count_on_where_its_parent_stood():
    uuid7()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, repr(ids._last).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"(0, 0)"
