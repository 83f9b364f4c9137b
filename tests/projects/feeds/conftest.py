"""A real source on loopback, and a portal that reads it."""

import pytest
from django.conf import settings

from projects.feeds.reference_server import Source, award
from projects.models import FeedRun, FeedState
from tests import make


@pytest.fixture
def source(db, monkeypatch):
    """A source of three permits; change its `rows` and `mode` while it runs."""
    make.reference()
    with Source() as running:
        monkeypatch.setitem(settings.FEED_SOURCES, "permits", (running.url, ""))
        yield running


@pytest.fixture
def awards(db, monkeypatch):
    make.reference()
    with Source([award(number) for number in range(1, 4)]) as running:
        monkeypatch.setitem(settings.FEED_SOURCES, "awards", (running.url, ""))
        yield running


@pytest.fixture
def last_run():
    """The newest run, as it is stored."""
    return lambda: FeedRun.objects.order_by("-created_at", "-id").first()


@pytest.fixture
def due(db):
    """Let time pass: what waits for its moment is due."""

    def come() -> None:
        FeedState.objects.update(due_at="2026-01-01T00:00:00Z")
        FeedRun.objects.filter(finished_at=None).update(due_at="2026-01-01T00:00:00Z")

    return come
