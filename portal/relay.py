"""The way from a committed row to a worker: a notification in PostgreSQL, heard by one relay, handed on by name.

No web request talks to the broker. The rows are the queue: what is lost on the way is found again by the sweep.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psycopg2
from django.conf import settings
from django.db import connection
from django.utils.module_loading import autodiscover_modules

from portal.later import Later

if TYPE_CHECKING:
    import kombu
    import kombu.exceptions
    import redis.exceptions
    from celery import Celery
else:
    kombu, redis = Later("kombu"), Later("redis")

logger = logging.getLogger(__name__)

CHANNEL = "portal_work"
SWEEP = 5.0  # seconds
LONGEST_QUEUE = 50  # tasks; beyond it the workers know enough, and an absent worker must not fill the broker
EXPIRES = 60  # seconds; an older wake-up tells a worker nothing that a newer one does not
LONGEST_PAUSE = 5.0  # seconds between two attempts to reach PostgreSQL
BROKER_PATIENCE = 2  # seconds
GATHER = 0.02  # seconds in which further notifications join the first


def nudge(task_name: str) -> None:
    """Ask for a task as soon as the caller's transaction commits; if it rolls back, nobody hears of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, task_name])


class Broker:
    """The connection to the broker, made anew after each failure. Its absence is logged once and delays nobody."""

    def __init__(self, app: Celery, url: str = "") -> None:
        self.app, self.url = app, url or settings.CELERY_BROKER_URL
        self.connection: kombu.Connection | None = None
        self.is_away = False
        self.unknown: set[str] = set()

    def hand_on(self, names: Iterable[str]) -> None:
        """Send the tasks of these names once each, unless the queue is long already."""
        known = [name for name in dict.fromkeys(names) if self.knows(name)]
        try:
            if known and self.waiting() < LONGEST_QUEUE:
                for name in known:
                    self.app.send_task(name, connection=self.connected(), retry=False, expires=EXPIRES)
        except (OSError, kombu.exceptions.KombuError, redis.exceptions.RedisError) as fault:
            self.note_absence(fault)
        else:
            if self.is_away:
                logger.info("The broker is back.")
            self.is_away = False

    def knows(self, name: str) -> bool:
        """Whether there is such a task; a name that nobody registered is logged once."""
        if name not in self.app.tasks and name not in self.unknown:
            self.unknown.add(name)
            logger.warning("There is no task of the name %s.", name[:100])
        return name in self.app.tasks

    def waiting(self) -> int:
        """How many tasks no worker has taken yet."""
        channel: Any = self.connected().default_channel
        return channel.client.llen(self.app.conf.task_default_queue)

    def connected(self) -> kombu.Connection:
        if self.connection is None:
            options = {"socket_timeout": BROKER_PATIENCE, "socket_connect_timeout": BROKER_PATIENCE, "max_retries": 1}
            self.connection = kombu.Connection(self.url, connect_timeout=BROKER_PATIENCE, transport_options=options)
        return self.connection

    def note_absence(self, fault: Exception) -> None:
        if not self.is_away:
            logger.warning("The broker is away; rows wait in their tables. %s", type(fault).__name__)
        self.is_away = True
        self.close()

    def close(self) -> None:
        """Drop the connection; a broker that is gone cannot say goodbye."""
        closing, self.connection = self.connection, None
        try:
            if closing:
                closing.release()
        except (OSError, kombu.exceptions.KombuError, redis.exceptions.RedisError):
            pass


def listen() -> psycopg2.extensions.connection:
    """A connection of its own that hears the notifications; Django's is closed and reopened too freely."""
    parameters = connection.get_connection_params()
    for django_only in ("cursor_factory", "context"):
        parameters.pop(django_only, None)
    ear = psycopg2.connect(**parameters)
    ear.autocommit = True
    with ear.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    return ear


ALIVE = "INSERT INTO portal_heartbeat (name, at) VALUES ('relay', now()) ON CONFLICT (name) DO UPDATE SET at = now()"


def note_life(ear: psycopg2.extensions.connection) -> None:
    """For the operator's page: that the relay is at work. It works on where it may not say so."""
    try:
        with ear.cursor() as cursor:
            cursor.execute(ALIVE)
    except psycopg2.Error:
        if ear.closed:
            raise
    with ear.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")  # again, which changes nothing: pg_stat_activity names what it is there for


def heard(ear: psycopg2.extensions.connection, stop: int, seconds: float) -> list[str]:
    """The names notified of within the time; returns early when `stop` becomes readable."""
    ready, _, _ = select.select([ear, stop], [], [], max(0.0, seconds))
    if ear in ready:
        time.sleep(GATHER)
        ear.poll()
    names = [notice.payload for notice in ear.notifies]
    ear.notifies.clear()
    return names


def relay_until(stop: int, app: Celery, sweep: float = SWEEP) -> None:
    """Hand on what is notified, and sweep every few seconds, until the file `stop` becomes readable."""
    broker, ear, pause = Broker(app), None, 0.1
    next_sweep = time.monotonic()
    while not is_readable(stop):
        try:
            ear = ear or listen()
            pause = 0.1
            names = heard(ear, stop, next_sweep - time.monotonic())
            if time.monotonic() >= next_sweep:
                note_life(ear)
        except psycopg2.Error as fault:
            logger.warning("PostgreSQL is away; the next attempt is in %.1f s. %s", pause, type(fault).__name__)
            ear, names = None, []
            select.select([stop], [], [], pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        if time.monotonic() >= next_sweep:
            names += settings.RELAY_SWEEP
            next_sweep = time.monotonic() + sweep
        broker.hand_on(names)
    broker.close()
    if ear:
        ear.close()


def is_readable(file: int) -> bool:
    return bool(select.select([file], [], [], 0)[0])


def run(app: Celery) -> None:
    """The relay's process: works until it is asked to end."""
    ending, end = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: os.write(end, b"."))
    autodiscover_modules("tasks")
    relay_until(ending, app)
