"""The drill: back up while people work, lose everything, restore elsewhere, compare every row and every file."""

import hashlib
import itertools
import random
import threading
import time
import zlib
from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.models import User
from portal.audit.actions import record
from portal.audit.seals import seal
from portal.backup.actions import back_up, verify
from portal.backup.files import entries
from portal.backup.places import find
from portal.documents.actions import store
from portal.documents.tasks import settle
from portal.notifications.models import Message
from tests import make
from tests.backup.drill import manage, new_folder, rows_of, second_database, url_of
from tests.supervision.acts import submit

FILINGS = 12
LARGE = 6  # files of 4 MB
MESSAGES = 20_000


def prepare():
    """What lies there before anybody begins: filings, large files, many messages, a sealed chain."""
    people = [make.site_officer() for _ in range(FILINGS)]
    filings = [(make.ready_filing(by=person), person) for person in people]
    for _ in range(LARGE):
        document = make.document_row("material", filings[0][0])
        data = random.randbytes(4_000_000)
        document.size, document.sha256 = len(data), hashlib.sha256(data).hexdigest()
        default_storage.save(document.key, SimpleUploadedFile("x", data))
        document.save()
    rows = (Message(user=people[0], event="drill", subject=f"第{n}条", body="正文") for n in range(MESSAGES))
    Message.objects.bulk_create(rows, batch_size=5000)
    seal()
    return filings


class Writers:
    """People who go on working: each act that was acknowledged is noted with its time."""

    def __init__(self, filings):
        self.filings, self.done, self.acts = iter(filings), threading.Event(), itertools.count()
        self.submitted, self.uploaded, self.faults = [], [], []
        self.people = [person for _filing, person in filings]
        self.holder = filings[0][0]
        self.threads = [threading.Thread(target=self.run, args=[act]) for act in (self.submit, self.upload, self.note)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *fault):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def run(self, act):
        try:
            while not self.done.is_set() and act():
                next(self.acts)
        except Exception as fault:
            self.faults.append(repr(fault))
        finally:
            connection.close()

    def submit(self):
        filing, person = next(self.filings, (None, None))
        if filing is None:
            return False
        submit(filing, person)
        self.submitted.append((datetime.now(UTC), filing.pk))
        time.sleep(0.1)
        return True

    def upload(self):
        """A photo whose check replaces the bytes by clean ones, as the worker does."""
        document = store(make.jpeg(), kind="id_photo", holder=User(), by=self.people[0])
        time.sleep(0.01)
        clean = random.randbytes(2000)
        facts = {"pages": None, "width": 320, "height": 200, "media_type": "image/jpeg"}
        settle(document, facts, {"clean": clean, "thumb": clean[:500]})
        self.uploaded.append((datetime.now(UTC), document.pk))
        return True

    def note(self):
        record("drill.noted", self.holder, by=self.people[0])
        seal()
        time.sleep(0.01)
        return True


@pytest.mark.django_db(transaction=True)
def test_what_was_backed_up_under_load_comes_back_elsewhere_row_by_row_and_byte_by_byte(tmp_path, capsys):
    target = tmp_path / "backups"
    with Writers(prepare()) as people:
        while not (people.submitted and people.uploaded):
            time.sleep(0.01)
        before = next(people.acts)
        outcome = back_up(target)
        during = next(people.acts) - before
        time.sleep(0.2)
    assert people.faults == [] and during > 3, "somebody worked meanwhile"
    assert not outcome.manifest.gone and not outcome.manifest.lost

    backup = find(target)
    read_again = verify(backup)
    var = new_folder(tmp_path / "elsewhere")
    with second_database() as elsewhere:
        began = time.monotonic()
        restored = manage("restore", str(target), database=elsewhere, var=var)
        seconds = time.monotonic() - began
        assert restored.returncode == 0, restored.stderr
        assert "the audit trail is sound" in restored.stdout
        there = rows_of(elsewhere)
        again = manage("restore", str(target), database=elsewhere, var=var)
        assert again.returncode == 1 and "The database is not empty" in again.stderr

    # every row is what the snapshot held
    assert there == rows_in(backup, outcome.manifest)
    # every file: those the rows name, byte by byte
    listed = {entry.key: entry.sha256 for entry in entries(backup, outcome.manifest.files)}
    documents = var / "documents"
    assert {str(path.relative_to(documents)) for path in documents.rglob("*") if path.is_file()} == set(listed)
    for key, sha256 in listed.items():
        data = (documents / key).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256
        if default_storage.exists(key):
            with default_storage.open(key) as file:
                assert file.read() == data
    # whatever had been acknowledged before the snapshot is in it, and nothing is there by half
    moment = datetime.fromisoformat(outcome.at)
    ids = {line.split("\t")[0] for line in there["portal_document"]}
    assert {str(pk) for at, pk in people.uploaded if at < moment} <= ids
    submitted = {str(pk) for at, pk in people.submitted if at < moment}
    versions = [line for line in there["supervision_filingversion"]]
    entries_about = [line for line in there["portal_auditentry"] if "\tfiling.submitted\t" in line]
    assert len(submitted) <= len(versions) == len(entries_about)

    # a second backup writes only the files that are new, and holds what lies there now
    second = back_up(tmp_path / "backups")
    large = LARGE * 4_000_000
    assert outcome.written > large > second.written
    assert rows_in(find(target), second.manifest) == rows_of(url_of(connection.settings_dict["NAME"])) | {
        "portal_backuprun": rows_in(find(target), second.manifest)["portal_backuprun"]
    }
    with capsys.disabled():
        print(f"\nbackup {outcome.pace}; read again {read_again.pace}; restore {seconds:.1f} s; second {second.pace}")


def rows_in(backup, manifest) -> dict[str, list[str]]:
    """Every row of every table as the backup holds it, sorted."""
    return {
        table.name: sorted(
            b"".join(zlib.decompress(backup.read(part), wbits=31) for part in table.parts).decode().splitlines()
        )
        for table in manifest.tables
    }
