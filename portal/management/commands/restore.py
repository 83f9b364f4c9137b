"""manage.py restore FOLDER | -: fill an empty database and an empty storage from a backup (docs/operations.md)."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.backup.actions import restore
from portal.backup.places import NotDone


class Command(BaseCommand):
    help = "Restore the newest backup of FOLDER, or one backup's own folder, or a tar from -, into an empty portal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the folder given to manage.py backup, one backup in it, or - for a tar")
        parser.add_argument(
            "--keep-files", action="store_true", help="only the database was lost: add files that are missing"
        )

    def handle(self, *args: Any, source: str, **options: Any) -> None:
        place = sys.stdin.buffer if source == "-" else Path(source).absolute()
        try:
            done = restore(place, keep_files=options["keep_files"], say=self.stdout.write)
        except NotDone as fault:
            raise CommandError(str(fault)) from fault
        manifest = done.manifest
        self.stdout.write(
            f"Backup {done.name} is restored: {manifest.rows} rows of {len(manifest.tables)} tables, "
            f"{manifest.file_count} files, the audit trail is sound; {done.pace}."
        )
        self.stdout.write("Before the portal opens: manage.py purge --do deletes again what had been deleted since.")
