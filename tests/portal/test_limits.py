from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from portal import limits
from portal.limits import LimitWindow, forget, forget_old_windows, hit, hits


@pytest.mark.django_db
def test_the_limit_is_exact_and_the_keys_do_not_share_it():
    assert [hit("login:a", limit=3, seconds=60) for _ in range(5)] == [True, True, True, False, False]
    assert hit("login:b", limit=3, seconds=60)
    assert (hits("login:a", 60), hits("login:b", 60), hits("login:c", 60)) == (3, 1, 0)


@pytest.mark.django_db
def test_a_limit_of_zero_allows_nothing():
    assert [hit("k", limit=0, seconds=60) for _ in range(2)] == [False, False]


@pytest.mark.django_db
def test_the_window_slides():
    for _ in range(3):
        hit("k", limit=3, seconds=60)
    age(seconds=30, which="moments[1:2]")
    assert not hit("k", limit=3, seconds=60)
    age(seconds=40, which="moments[1:2]")
    assert hits("k", 60) == 1
    assert [hit("k", limit=3, seconds=60) for _ in range(3)] == [True, True, False]


@pytest.mark.django_db
def test_knocking_on_does_not_prolong_a_lock():
    hit("k", limit=1, seconds=60)
    for _ in range(10):
        hit("k", limit=1, seconds=60)
    age(seconds=61, which="moments[1:1]")
    assert hit("k", limit=1, seconds=60)


@pytest.mark.django_db
def test_windows_of_one_key_count_separately_and_are_forgotten_together():
    hit("sms", limit=1, seconds=60)
    hit("sms", limit=10, seconds=86400)
    assert not hit("sms", limit=1, seconds=60)
    assert hit("sms", limit=10, seconds=86400)
    forget("sms")
    assert (hits("sms", 60), hits("sms", 86400)) == (0, 0)
    assert hit("sms", limit=1, seconds=60)


@pytest.mark.django_db
def test_the_key_is_not_readable_in_the_database():
    hit("phone:13800138000", limit=1, seconds=60)
    keys = list(LimitWindow.objects.values_list("key", flat=True))
    assert keys and not any("13800138000" in key for key in keys)


@pytest.mark.django_db
def test_old_windows_are_dropped_and_live_ones_kept():
    hit("old", limit=1, seconds=60)
    hit("live", limit=1, seconds=60)
    LimitWindow.objects.filter(key=limits.index_of("old")).update(expires_at="2026-01-01T00:00Z")
    forget_old_windows()
    assert (hits("old", 60), hits("live", 60)) == (0, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("allowed", [1, 5])
def test_forty_at_the_same_moment_get_exactly_the_limit(allowed):
    answers, start = [], Barrier(40, timeout=20)

    def knock():
        connection.ensure_connection()
        start.wait()
        answers.append(hit("login:race", limit=allowed, seconds=300))
        connection.close()

    threads = [Thread(target=knock) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (answers.count(True), answers.count(False)) == (allowed, 40 - allowed)


@pytest.mark.django_db(transaction=True)
def test_a_hit_outside_of_a_transaction_survives_what_comes_after():
    hit("k", limit=5, seconds=60)
    with pytest.raises(RuntimeError), transaction.atomic():
        hit("k", limit=5, seconds=60)
        raise RuntimeError
    assert hits("k", 60) == 1


def age(*, seconds, which):
    """Let some of the hits lie further back."""
    low, high = which.removeprefix("moments[").rstrip("]").split(":")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_limitwindow SET moments = ARRAY(SELECT CASE WHEN place BETWEEN %s AND %s "
            "THEN moment - make_interval(secs => %s) ELSE moment END "
            "FROM unnest(moments) WITH ORDINALITY AS m(moment, place) ORDER BY place)",
            [int(low), int(high), seconds],
        )
