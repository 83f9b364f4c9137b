"""From a committed row to the broker: real PostgreSQL, and a Valkey of its own that may die."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from celery import Celery
from django.core.management import call_command
from django.db import connection, transaction
from kombu import Connection

from portal.embedded import folders
from portal.embedded.children import Child, end_group, start, stop
from portal.embedded.valkey import start_valkey
from portal.relay import LONGEST_QUEUE, nudge, relay_until
from tests.embedded.launched import data_folder, until

pytestmark = pytest.mark.django_db(transaction=True)

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN portal_work'"


class Broker:
    """A Valkey that can fall and come back, and the names that wait in its queue."""

    def __init__(self, child: Child, url: str) -> None:
        self.child, self.url = child, url

    def names(self) -> list[str]:
        with Connection(self.url) as broker:
            channel = broker.default_channel
            return [json.loads(text)["headers"]["task"] for text in reversed(channel.client.lrange("celery", 0, -1))]

    def fall(self) -> None:
        end_group(self.child)

    def come_back(self) -> None:
        start(self.child)


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    with data_folder() as folder:
        folders.open_data_folder(folder)
        yield folder


@pytest.fixture
def broker(var: Path) -> Iterator[Broker]:
    account = folders.server_account(var / "pg")
    child, url = start_valkey(var, folders.open_socket_folder(var, account), account)
    with Connection(url) as link:
        link.default_channel.client.flushall()
    yield Broker(child, url)
    stop([child])
    folders.remove_socket_folder(var)


@pytest.fixture
def relaying(broker: Broker, settings) -> Callable:
    """A relay at work in a thread, with two tasks of its own: `work` is nudged, `swept` is swept."""
    settings.CELERY_BROKER_URL = broker.url
    settings.RELAY_SWEEP = []
    app = Celery("relay-test", broker=broker.url, set_as_current=False)
    for name in ("work", "swept"):
        app.task(name=name)(nothing)

    @contextmanager
    def at_work(*swept: str, sweep: float = 60) -> Iterator[None]:
        settings.RELAY_SWEEP = list(swept)
        ending, end = os.pipe()
        relay = Thread(target=relay_until, args=(ending, app, sweep))
        relay.start()
        try:
            assert until(lambda: len(listeners()) == 1, 10)
            yield
        finally:
            os.write(end, b".")
            relay.join(10)
        assert not relay.is_alive()
        os.close(ending)
        os.close(end)

    return at_work


def nothing() -> None:
    """The tasks are only handed on; no worker runs here."""


def listeners() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(LISTENERS)
        return [pid for (pid,) in cursor.fetchall()]


def test_a_commit_wakes_the_worker_once_however_often_it_was_asked(relaying, broker):
    with relaying():
        with transaction.atomic():
            for _ in range(5):
                nudge("work")
            assert broker.names() == []
        assert until(lambda: broker.names() == ["work"], 2)


def test_a_rolled_back_action_wakes_nobody(relaying, broker):
    with relaying():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            nudge("work")
            raise ZeroDivisionError
        nudge("swept")
        assert until(lambda: broker.names() == ["swept"], 2)


def test_the_sweep_comes_by_itself(relaying, broker):
    with relaying("swept", sweep=0.2):
        assert until(lambda: broker.names()[:3] == ["swept"] * 3, 3)


def test_a_name_that_is_no_task_is_dropped_and_logged_once(relaying, broker, caplog):
    with relaying():
        nudge("no.such.task")
        nudge("work")
        assert until(lambda: broker.names() == ["work"], 2)
        nudge("no.such.task")
        nudge("swept")
        assert until(lambda: broker.names() == ["work", "swept"], 2)
    assert [r.getMessage() for r in caplog.records if "no.such.task" in r.getMessage()] == [
        "There is no task of the name no.such.task."
    ]


def test_while_the_broker_is_away_nobody_waits_and_then_it_goes_on(relaying, broker, caplog):
    caplog.set_level(logging.INFO)
    with relaying("swept", sweep=0.1):
        broker.fall()
        for _ in range(3):
            nudge("work")
        assert until(lambda: "The broker is away" in caplog.text, 10)
        broker.come_back()
        assert until(lambda: "The broker is back." in caplog.text, 10)
        assert until(lambda: "swept" in broker.names(), 10)
    assert caplog.text.count("The broker is away") == 1


def test_after_a_restart_of_postgresql_it_hears_again(relaying, broker):
    with relaying():
        (old,) = listeners()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [old])
        assert until(lambda: listeners() not in ([], [old]), 10)
        nudge("work")
        assert until(lambda: broker.names() == ["work"], 2)


def test_an_absent_worker_does_not_fill_the_broker(relaying, broker):
    with relaying("swept", sweep=0.005):
        assert until(lambda: len(broker.names()) >= LONGEST_QUEUE, 20)
        nudge("work")
    assert len(broker.names()) <= LONGEST_QUEUE + 2
    assert "work" not in broker.names()


@pytest.mark.django_db
def test_the_portals_role_gets_every_right_but_the_change_of_the_audit_trail():
    call_command("rights")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE made_later (id serial)")
        cursor.execute(
            "SELECT t, r, has_table_privilege('portal_app', t, r) FROM unnest(%s) t, unnest(%s) r ORDER BY 1, 2 DESC",
            [
                ["portal_auditentry", "portal_auditseal", "accounts_user", "made_later"],
                ["SELECT", "INSERT", "UPDATE", "DELETE"],
            ],
        )
        allowed = {(table, right) for table, right, may in cursor.fetchall() if may}
        cursor.execute("SELECT has_sequence_privilege('portal_app', 'made_later_id_seq', 'USAGE')")
        assert cursor.fetchone() == (True,)
        cursor.execute("DROP TABLE made_later")
    everything = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert allowed == {(table, right) for table in ("accounts_user", "made_later") for right in everything} | {
        (table, right) for table in ("portal_auditentry", "portal_auditseal") for right in ("SELECT", "INSERT")
    }
