"""One clock of all: periodic work is sent once, however many clocks run and however they end."""

import pytest
from celery.schedules import crontab, schedule
from django.db import connection

from portal.beat import LOOK, OneOfAll
from portal.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clocks(tmp_path, monkeypatch):
    """Two clocks with one entry that is always due, and what they sent."""
    sent, made = [], []
    monkeypatch.setitem(app.conf.beat_schedule, "always", {"task": "portal.clear_sessions", "schedule": schedule(0)})
    for name in "ab":
        clock = OneOfAll(app=app, schedule_filename=str(tmp_path / name), lazy=False)
        clock.apply_async = lambda entry, name=name, **kwargs: sent.append(name)
        made.append(clock)
    yield *made, sent
    for clock in made:
        clock.let_go()
    app.conf.beat_schedule.pop("always", None)


def test_of_two_clocks_one_ticks(clocks):
    first, second, sent = clocks
    for _turn in range(3):
        first.tick()
        assert second.tick() == LOOK
    assert set(sent) == {"a"}


def test_the_other_takes_over_when_the_session_of_the_first_dies(clocks):
    first, second, sent = clocks
    first.tick()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 2000)", [first.session.info.backend_pid])
    second.tick()
    before = sent.count("a")
    first.tick()  # notices that its session is gone, and sends nothing
    first.tick()  # has a session again, and finds the lock taken
    assert sent.count("a") == before and "b" in sent
    assert not first.ticks and second.ticks


def test_a_clock_that_ends_hands_over_at_once(clocks):
    first, second, sent = clocks
    assert first.holds_lock() and not second.holds_lock()
    first.close()
    assert second.holds_lock()


def test_a_moment_of_the_settings_is_a_crontab_of_the_clock(clocks):
    first, _second, _sent = clocks
    assert first.schedule["make-parts"].schedule == crontab(hour=4, minute=10)
    assert first.schedule["housekeeping"].schedule.run_every.total_seconds() == 3600
