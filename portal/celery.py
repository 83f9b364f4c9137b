"""The worker's application. Its schedule and options are in settings."""

import os

from celery import Celery
from celery.signals import task_prerun

from portal.facts import working_on

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


@task_prerun.connect
def begin_facts(task_id: str = "", **kwargs) -> None:
    """Log lines and audit entries of a task carry the task's id, as those of a request carry the request's."""
    working_on(task_id.replace("-", "")[:16])


app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
