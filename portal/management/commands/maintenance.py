"""Switch the maintenance page on or off for the servers that share this data folder."""

from django.core.management.base import BaseCommand

from portal.maintenance import is_on, switch


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("state", choices=["on", "off", "status"])

    def handle(self, *args, state, **options):
        if state == "on":
            switch().touch()
        if state == "off":
            switch().unlink(missing_ok=True)
        self.stdout.write("Maintenance is on." if is_on() else "Maintenance is off.")
