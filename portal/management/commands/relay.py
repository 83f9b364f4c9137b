"""manage.py relay: hands what is notified in PostgreSQL to the workers. One per portal; two do no harm."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.celery import app
from portal.relay import run


class Command(BaseCommand):
    help = "Hand committed work to the workers, until stopped."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        run(app)
