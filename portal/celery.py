"""The worker's application. Its schedule and options are in settings."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_prerun
from django.conf import settings

from portal.facts import working_on

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


@task_prerun.connect
def begin_facts(task_id: str = "", **kwargs) -> None:
    """Log lines and audit entries of a task carry the task's id, as those of a request carry the request's."""
    working_on(task_id.replace("-", "")[:16])


app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def moment(schedule: Any) -> Any:
    """As the settings say it, as Celery wants it."""
    return crontab(**schedule) if isinstance(schedule, dict) else schedule


app.conf.beat_schedule = {
    name: entry | {"schedule": moment(entry["schedule"])} for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
}
