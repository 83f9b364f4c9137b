"""Reminders, handing over, expiry: what happens to applications that nobody decides."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from portal.calendar import CITY_TIME
from portal.documents.models import Document
from portal.retention import carry_out, rules
from projects.actions import expire_applications, reject_application, remind_approvers
from projects.models import ProjectUser
from projects.permissions import approvable_by
from projects.tasks import remind_of_waiting
from tests import make
from tests.projects.acts import applied, fresh, site, told

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=CITY_TIME)  # a working week without holidays


def waiting_since(at):
    project, contractor, manager = site()
    return applied(project, contractor, applied_at=at), contractor, manager


def day(n):
    return date(2026, 11, n)


def test_the_manager_is_reminded_after_three_working_days_and_once():
    application, _contractor, _manager = waiting_since(MONDAY)
    assert remind_approvers(day(5)) == (0, 0)
    assert remind_approvers(day(6)) == (1, 0)
    assert remind_approvers(day(6)) == (0, 0)
    assert told("project_user.waiting") == ["陈建桥"]
    assert fresh(application).reminded_at


def test_a_weekend_does_not_count():
    waiting_since(datetime(2026, 11, 5, 10, 0, tzinfo=CITY_TIME))
    assert remind_approvers(day(10)) == (0, 0)
    assert remind_approvers(day(11)) == (1, 0)


def test_after_five_working_days_the_administrator_may_decide_and_is_told_once():
    application, contractor, manager = waiting_since(MONDAY)
    remind_approvers(day(6))
    assert remind_approvers(day(9)) == (0, 0)
    assert remind_approvers(day(10)) == (0, 1)
    assert remind_approvers(day(11)) == (0, 0)
    assert told("project_user.escalated") == [contractor.name]
    assert approvable_by(make.administrator_of(contractor)).get() == application
    assert approvable_by(manager).get() == application


def test_what_was_decided_is_left_alone():
    application, _contractor, manager = waiting_since(MONDAY)
    reject_application(application, reason="x", by=manager)
    assert remind_approvers(day(30)) == (0, 0)


def test_after_thirty_days_it_is_closed_and_the_person_told():
    application, _contractor, _manager = waiting_since(timezone.now() - timedelta(days=31))
    younger = applied(application.project, application.enterprise, make.person("钱二"))
    assert expire_applications() == 1
    assert expire_applications() == 0
    assert [fresh(one).status for one in (application, younger)] == ["expired", "submitted"]
    assert told("project_user.expired") == ["赵敏"]


def test_photo_and_letter_of_what_came_to_nothing_are_deleted_within_thirty_days():
    application, _contractor, manager = waiting_since(timezone.now() - timedelta(days=40))
    reject_application(application, reason="x", by=manager)
    rule = next(rule for rule in rules() if rule.code == "refused_files")
    assert carry_out(rule).count == 0
    ProjectUser.objects.update(decided_at=timezone.now() - timedelta(days=29, hours=1))
    assert carry_out(rule).count == 2
    assert not Document.objects.held_by(application).exists()
    assert set(Document.objects.of(application).values_list("key", "name")) == {("", "")}


def test_the_task_does_all_of_it(settings):
    waiting_since(timezone.now() - timedelta(days=31))
    remind_of_waiting()
    assert ProjectUser.objects.get().status == "expired"
    assert settings.CELERY_BEAT_SCHEDULE["remind-approvers"]["task"] == remind_of_waiting.name
