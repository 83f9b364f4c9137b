"""manage.py backup FOLDER | -: rows, files and what proves them, while the portal runs (docs/operations.md)."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.backup.actions import back_up, backup_at, verify
from portal.backup.places import NotDone


class Command(BaseCommand):
    help = "Write a backup into FOLDER (files that lie there already are not written again), or as a tar to -."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", help="a folder that keeps several backups, or - for a tar to standard output")
        parser.add_argument(
            "--verify", action="store_true", help="make none; read the newest one (or a tar from -) again"
        )
        parser.add_argument("--keep-days", type=int, default=0, help="then remove older ones, but never the newest two")

    def handle(self, *args: Any, target: str, **options: Any) -> None:
        try:
            if options["verify"]:
                with backup_at(sys.stdin.buffer if target == "-" else Path(target).absolute()) as backup:
                    done, word = verify(backup), "is sound"
            else:
                place = sys.stdout.buffer if target == "-" else Path(target).absolute()
                done, word = back_up(place, keep_days=options["keep_days"]), "is written"
        except NotDone as fault:
            raise CommandError(str(fault)) from fault
        manifest = done.manifest
        self.stderr.write(
            f"Backup {done.name} {word}: {manifest.rows} rows of {len(manifest.tables)} tables, {manifest.file_count} "
            f"files; {done.pace}{f', {done.written / 1e6:.1f} MB written' if done.written else ''}."
        )
        if manifest.gone:
            self.stderr.write(f"{len(manifest.gone)} files were deleted by the portal meanwhile and are not in it.")
        if manifest.lost:
            raise CommandError(f"{len(manifest.lost)} files are lost in the storage, first {manifest.lost[0]}.")
