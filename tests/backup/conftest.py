"""A backup to restore from, without a database of its own."""

import pytest

from portal.backup.actions import written_to
from portal.backup.models import BackupRun
from portal.limits import LimitWindow


@pytest.fixture
def empty(db, tmp_path, settings):
    """A backup of a database without rows, and a storage without files to restore it into."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "documents"},
        }
    }
    LimitWindow.objects.all().delete()  # what other tests counted stays, as limits outlive what was rolled back
    written_to(tmp_path / "backups", BackupRun())
    return tmp_path / "backups"
