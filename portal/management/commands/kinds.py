"""manage.py kinds: every kind of message as the page docs/messages.md."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.notifications.catalogue import page_of_kinds


class Command(BaseCommand):
    help = "Print every kind of message, its recipients and its ways."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page_of_kinds(), ending="")
