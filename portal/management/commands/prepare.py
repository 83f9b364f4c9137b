"""manage.py prepare: everything between new code and its first request. Idempotent; ./run calls it at each start."""

import hashlib
import io
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, CommandParser, call_command, get_commands
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring the database and the static files to this version of the code."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo if the database is empty")
        parser.add_argument("--signins", type=Path, help="write the demo's sign-ins to this file, if it is a demo")

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in (settings.FILE_UPLOAD_TEMP_DIR, settings.TRANSFERS):
            Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("rights")
        self.call_if_there("reference")
        if options["demo"]:
            self.call_if_there("demo", "--if-empty")
        collect_static()
        if options["signins"]:
            options["signins"].write_text(self.signins())

    def call_if_there(self, name: str, *arguments: str) -> None:
        if name in get_commands():
            call_command(name, *arguments, stdout=self.stdout)

    def signins(self) -> str:
        """The demo's table of sign-ins; empty where there is none."""
        text = io.StringIO()
        try:
            if "demo" in get_commands():
                call_command("demo", "--signins", stdout=text)
        except CommandError:
            return ""
        return text.getvalue()


def collect_static() -> None:
    """Gather the static files if one of them changed since; older versions stay for pages that are still open."""
    stamp, seen = settings.PORTAL_VAR / "static.stamp", fingerprint()
    if stamp.exists() and stamp.read_text() == seen and Path(settings.STATIC_ROOT).is_dir():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(seen)


def fingerprint() -> str:
    """Changes when a static file appears, goes, or is written."""
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            info = Path(storage.path(path)).stat()
            digest.update(f"{path} {info.st_size} {info.st_mtime_ns}\n".encode())
    return digest.hexdigest()
