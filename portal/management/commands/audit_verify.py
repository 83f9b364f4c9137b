"""Check the audit trail's chain of hashes. Ends with 1 and names the first wrong row if there is one."""

from django.core.management.base import BaseCommand, CommandError

from portal.audit.models import AuditSeal
from portal.audit.seals import first_fault, unsealed_entries


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--expect", metavar="NUMBER:HASH", help="a seal noted earlier, outside of this server")

    def handle(self, *args, expect=None, **options):
        fault, number, last = first_fault()
        if fault:
            raise CommandError(f"{fault} The {number} seals before it are sound.", returncode=1)
        if expect and not self.is_kept(expect):
            raise CommandError(f"The noted seal {expect} is not in the trail.", returncode=1)
        waiting = unsealed_entries().count()
        self.stdout.write(f"The audit trail is sound: {number} seals, {waiting} entries not sealed yet.")
        self.stdout.write(f"Last seal {number}:{last} (note it elsewhere; --expect finds a trail cut off after it)")

    def is_kept(self, expect):
        from_note = expect.partition(":")
        return AuditSeal.objects.filter(number=from_note[0], hash=from_note[2]).exists()
