from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.celery import app
from portal.tasks import clear_sessions, housekeeping


@pytest.mark.parametrize(
    "name", ["portal.deliver", "portal.seal_audit", "portal.clear_sessions", "portal.housekeeping"]
)
def test_the_worker_knows_the_task_by_its_name(name):
    assert name in app.tasks


@pytest.mark.django_db
def test_ended_sessions_are_dropped():
    for key, days in [("ended", -1), ("running", 1)]:
        ends = timezone.now() + timedelta(days=days)
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    clear_sessions()
    assert [row.session_key for row in Session.objects.all()] == ["running"]


@pytest.mark.django_db
def test_housekeeping_runs_on_an_empty_database():
    housekeeping()
