"""Celery's clock, of which any number may run: one ticks, the others stand by.

Who ticks holds an advisory lock of PostgreSQL in a session of its own. When that session ends, however it ends, the
lock is free and the next clock takes it; a clock that lost its session stops ticking before it looks again.
"""

import logging
from contextlib import suppress
from typing import Any

import psycopg2
from celery.beat import PersistentScheduler
from celery.schedules import crontab
from django.db import connection

logger = logging.getLogger(__name__)

LOCK = 7_081_101  # any number that nothing else in this database uses
LOOK = 2.0  # seconds between two looks at the lock: as long as the clock may stand still when its process dies


class OneOfAll(PersistentScheduler):
    """Ticks only while it holds the lock."""

    session: "psycopg2.extensions.connection | None" = None
    ticks = False

    def setup_schedule(self) -> None:
        """Read the settings, where moments are written without Celery."""
        for entry in self.app.conf.beat_schedule.values():
            entry["schedule"] = moment(entry["schedule"])
        super().setup_schedule()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, if it is ours to send; seconds until the next look."""
        if not self.holds_lock():
            return LOOK
        return min(super().tick(*args, **kwargs), LOOK)

    def holds_lock(self) -> bool:
        """Whether this clock is the one that ticks; takes the lock where it is free."""
        try:
            session = self.session = self.session or own_session()
            with session.cursor() as cursor:
                cursor.execute("SELECT 1" if self.ticks else f"SELECT pg_try_advisory_lock({LOCK})")
                held = bool(cursor.fetchone()[0])
        except psycopg2.Error as fault:
            logger.warning("The clock stands still: %s", type(fault).__name__)
            self.let_go()
            return False
        if held and not self.ticks:
            logger.warning("This clock ticks now.")
        self.ticks = held
        return held

    def let_go(self) -> None:
        """Give the lock up, if it is ours."""
        self.ticks = False
        session, self.session = self.session, None
        if session is None:
            return
        with suppress(psycopg2.Error), session.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        session.close()

    def close(self) -> None:
        """Write down what was sent when, and let the next clock tick."""
        super().close()
        self.let_go()


def moment(schedule: Any) -> Any:
    """As the settings say it, as Celery wants it."""
    return crontab(**schedule) if isinstance(schedule, dict) else schedule


def own_session() -> "psycopg2.extensions.connection":
    """A connection outside of Django's, which closes and reopens its own too freely to hold a lock."""
    parameters = connection.get_connection_params()
    for django_only in ("cursor_factory", "context"):
        parameters.pop(django_only, None)
    session = psycopg2.connect(**parameters, connect_timeout=5)
    session.autocommit = True
    return session
