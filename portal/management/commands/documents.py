"""Look after the stored documents: orphans (files without a row), integrity (hash all anew), scan (what is 未扫描)."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.documents import clamav, storage
from portal.documents.tasks import scan_again
from portal.documents.upkeep import Verdict, orphans, rehashed

NOTE_EVERY = 100  # documents


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        what = parser.add_subparsers(dest="what", required=True)
        one = what.add_parser("orphans", help="files that belong to no document, a day old or more")
        one.add_argument("--remove", action="store_true", help="delete them; otherwise they are only named")
        two = what.add_parser("integrity", help="hash every document anew; ends with 1 if one is lost or changed")
        two.add_argument(
            "--restart", action="store_true", help="begin anew instead of going on where the last look stopped"
        )
        two.add_argument("--minutes", type=int, help="stop after so many; the next call goes on")
        what.add_parser("scan", help="have the scanner look at what it has not seen")

    def handle(self, *args, what, **options):
        getattr(self, what)(**options)

    def orphans(self, remove=False, **options):
        count = 0
        for key in orphans():
            count += 1
            self.stdout.write(key)
            if remove:
                storage.discard([key])
        self.stdout.write(f"{count} orphans {'removed' if remove else 'found; --remove deletes them'}.")

    def integrity(self, restart=False, minutes=None, **options):
        note = Path(settings.PORTAL_VAR) / "integrity.last"
        after = None if restart or not note.exists() else UUID(note.read_text().strip())
        if after:
            self.stdout.write(f"Going on after {after}.")
        until = timezone.now() + timedelta(minutes=minutes) if minutes else None
        verdict, last = Verdict(), after
        for count, verdict in enumerate(rehashed(after=after, until=until), 1):
            last = verdict.last
            if count % NOTE_EVERY == 0:
                note.write_text(str(last))
        if until and timezone.now() > until and last:
            note.write_text(str(last))
            self.stdout.write("Stopped in time; the next call goes on.")
        else:
            note.unlink(missing_ok=True)
        for word, found in (("lost", verdict.lost), ("changed", verdict.changed)):
            for pk in found:
                self.stdout.write(f"{word} {pk}")
        if not verdict.is_sound:
            raise CommandError(f"{len(verdict.lost)} lost, {len(verdict.changed)} changed, {verdict.sound} sound.")
        self.stdout.write(f"{verdict.sound} documents are sound.")

    def scan(self, **options):
        if not clamav.is_configured():
            raise CommandError("Set CLAMD first.")
        seen, found = scan_again()
        self.stdout.write(f"{seen} scanned, {found} with a finding.")
