"""What a backup refuses, finds and forgets. The whole way there and back is the drill's."""

import hashlib
import io
import json
import os
import re
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from portal.backup import places, rows
from portal.backup.actions import back_up, drop_old, list_of_last, restore, snapshot, verify, written_to
from portal.backup.alarm import freshness
from portal.backup.files import copy_files, entries, keys
from portal.backup.manifest import manifest_of
from portal.backup.models import BackupRun
from portal.backup.places import Damaged, NotDone, backups_in, find
from portal.backup.tasks import back_up_when_due, is_due, last_time
from portal.documents.models import Document
from portal.documents.storage import keep_part
from tests import make
from tests.home.steps import signed_in, text


def refusal(source, **options):
    with pytest.raises(NotDone) as caught:
        restore(source, **options)
    return str(caught.value)


def changed(folder, name, change):
    """Rewrite a JSON part of the newest backup, and whatever vouches for it."""
    backup = find(folder)
    manifest = json.loads((backup.folder / "manifest.json").read_text())
    content = manifest if name == "manifest.json" else json.loads((backup.folder / name).read_text())
    change(content)
    data = json.dumps(content).encode()
    (backup.folder / name).write_bytes(data)
    if name != "manifest.json":
        manifest["head"] = [name, len(data), hashlib.sha256(data).hexdigest()]
        data = json.dumps(manifest).encode()
        (backup.folder / "manifest.json").write_bytes(data)
    (backup.folder / "manifest.sha256").write_text(hashlib.sha256(data).hexdigest())


# What is refused


def test_no_key_stands_in_a_backup_only_its_fingerprint(empty):
    text = "".join(path.read_text() for path in empty.rglob("*.json"))
    for key in (*settings.FIELD_KEYS.values(), settings.INDEX_KEY, settings.SECRET_KEY):
        assert key not in text
    head = json.loads((find(empty).folder / "head.json").read_text())
    assert set(head["field_keys"]) == set(settings.FIELD_KEYS)
    assert {path.stat().st_mode & 0o77 for path in empty.rglob("*")} == {0}


def test_another_key_under_the_same_name_is_refused(empty, settings):
    settings.FIELD_KEYS = dict.fromkeys(settings.FIELD_KEYS, "00112233445566778899aabbccddeeff")
    assert "is not the one that the backup was made with" in refusal(empty)


def test_a_key_that_is_missing_is_named(empty, settings):
    settings.FIELD_KEYS = {"k9": "00112233445566778899aabbccddeeff"}
    assert "which FIELD_KEYS lacks" in refusal(empty)


def test_another_index_key_is_refused(empty, settings):
    settings.INDEX_KEY = "0f" * 32
    assert refusal(empty).startswith("INDEX_KEY is not the one")


def test_a_newer_schema_is_refused(empty):
    changed(empty, "head.json", lambda head: head["migrations"].append(["portal", "0999_later"]))
    assert "newer schema than this code (portal.0999_later)" in refusal(empty)


def test_a_later_format_is_refused(empty):
    changed(empty, "head.json", lambda head: head.update(format=2))
    assert "made by a later portal" in refusal(empty)


def test_a_database_with_rows_is_refused(empty):
    make.reference()
    assert re.match(r"The database is not empty \(\w+ has rows\)", refusal(empty))


def test_a_storage_with_other_files_is_refused_unless_they_are_to_stay(empty):
    default_storage.save("2026/11/" + "a" * 32, io.BytesIO(b"somebody's"))
    assert "The storage is not empty" in refusal(empty)
    restore(empty, keep_files=True)
    assert default_storage.open("2026/11/" + "a" * 32).read() == b"somebody's"


def test_each_damaged_or_missing_part_is_named_and_nothing_is_restored(empty):
    part = next((find(empty).folder / "tables").rglob("*.gz"))
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + b"?")
    assert f"{part.name} of the backup is damaged" in refusal(empty)
    part.unlink()
    assert "is missing" in refusal(empty)
    part.write_bytes(whole)
    (find(empty).folder / "manifest.json").write_text("{}")
    assert "manifest of the backup" in refusal(empty)


def test_a_backup_that_was_cut_off_does_not_count(empty):
    folder = find(empty).folder
    folder.rename(folder.with_suffix(".part"))
    assert "There is no whole backup in" in refusal(empty)
    folder.mkdir()
    assert "its manifest is missing" in refusal(empty)


def test_a_second_backup_at_the_same_time_is_refused_and_noted(db, tmp_path):
    with snapshot(), pytest.raises(NotDone, match="Another backup is being made"):
        back_up(tmp_path)
    assert BackupRun.objects.get().fault == "NotDone" and not list(tmp_path.iterdir())


def test_a_tar_holds_the_same_and_a_cut_or_foreign_one_is_refused(db, tmp_path):
    stream = io.BytesIO()
    outcome = back_up(stream)
    (tmp_path / "a").mkdir()
    backup = places.unpack(io.BytesIO(stream.getvalue()), tmp_path / "a")
    assert verify(backup).manifest == outcome.manifest
    for number, wrong in enumerate((stream.getvalue()[:-20_000], b"not a tar", b"")):
        with pytest.raises(NotDone):
            verify(places.unpack(io.BytesIO(wrong), tmp_path / f"b{number}"))


def test_an_empty_backup_restores_in_place_with_every_index_key_and_trigger_as_before(empty):
    before = structure()
    out = io.StringIO()
    call_command("restore", str(empty), stdout=out)
    assert "is restored" in out.getvalue() and "purge --do" in out.getvalue()
    assert structure() == before


def structure():
    with connection.cursor() as cursor:
        cursor.execute(rows.FOREIGN_KEYS)
        found = cursor.fetchall()
        cursor.execute(rows.INDEXES)
        found += cursor.fetchall()
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
        )
        found += cursor.fetchall()
    # written out and read again, PostgreSQL sets casts and brackets of a condition differently
    return [re.sub(r"::[\w ]+(\[\])?|[()\[\] ]", "", " ".join(map(str, row))) for row in found]


# Files


@pytest.mark.django_db(transaction=True)
def test_files_that_are_lost_damaged_replaced_or_old_are_told_apart(tmp_path):
    by = make.person()
    photo, lost, kept = (make.ready_document("id_photo", User(), by=by) for _ in range(3))
    target = tmp_path / "backups"

    # the check of a photo ends after the snapshot: another snapshot is needed
    with snapshot() as raw:
        assert len(list(keys(raw))) == 3
        keep_part(photo, "clean", b"clean")
        Document.objects.filter(pk=photo.pk).update(key=f"{photo.key}.clean")
        default_storage.delete(photo.key)
        walk = copy_files(raw, places.Folder(tmp_path / "try", "one"), iter(()))
    assert (walk.gone, walk.lost, walk.files) == ([photo.key], [], 2)

    # what the storage has lost is said, and the rest is backed up
    default_storage.delete(lost.key)
    with pytest.raises(CommandError, match="1 files are lost in the storage"):
        call_command("backup", str(target), stderr=io.StringIO())
    run = BackupRun.objects.get()
    assert (run.lost, run.files, run.fault) == (1, 2, "")

    # by hash: nothing is written twice
    first = find(target)
    wait_for_the_next_second(first)
    again = written_to(target, BackupRun())
    assert again.written < 100_000 and again.manifest.file_count == 2
    assert len(list(places.objects_in(target))) == 2

    # a file in the backup that changed is named
    entry = next(iter(list_of_last(target)))
    path = first.object(entry.sha256)
    path.write_bytes(b"?" * entry.size)
    with pytest.raises(Damaged, match=entry.sha256):
        verify(first)
    path.unlink()
    with pytest.raises(Damaged, match="is missing"):
        verify(first)

    # old backups go, with the files that only they name; the newest two stay
    old = target / "20200101T000000Z"
    shutil.copytree(first.folder, old)
    stray = target / "objects" / "00" / ("0" * 64)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"of the old one")
    os.utime(stray, (0, 0))
    shutil.copy(find(target).object(list(entries(first, manifest_of(first).files))[-1].sha256), path)
    drop_old(target, days=7)
    assert not old.exists() and not stray.exists() and len(backups_in(target)) == 2
    assert Document.objects.get(pk=kept.pk).key


def wait_for_the_next_second(backup):
    """Backups are named by their second."""
    while f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}" == backup.folder.name:
        time.sleep(0.05)


# At set times, and the alarm


@pytest.fixture
def at_night(settings, tmp_path):
    settings.BACKUP_TO, settings.BACKUP_ALARM_HOURS = str(tmp_path / "nightly"), 26
    settings.BACKUP_KEEP_DAYS = 14


def test_the_worker_makes_a_backup_when_its_time_has_come_and_once(db, at_night, tmp_path):
    assert back_up_when_due() and not back_up_when_due()
    assert len(backups_in(tmp_path / "nightly")) == 1 and not freshness().is_late


def test_a_time_that_passed_while_nobody_worked_is_made_up_for_and_a_failure_is_tried_after_an_hour(db, at_night):
    now = timezone.now()
    run = BackupRun.objects.create(place="-", begun_at=last_time(now) - timedelta(minutes=1), ended_at=now)
    assert is_due(now)
    BackupRun.objects.filter(pk=run.pk).update(begun_at=now, fault="OSError")
    assert not is_due(now + timedelta(minutes=59)) or last_time(now + timedelta(minutes=59)) > now
    assert is_due(now + timedelta(minutes=61))


def test_without_a_folder_the_portal_makes_none(db, settings):
    settings.BACKUP_TO = ""
    assert not back_up_when_due() and not BackupRun.objects.exists()


def test_a_last_good_backup_that_is_too_old_is_an_alarm_but_turns_nobody_away(client, db, at_night):
    operator = signed_in(make.operator())
    assert client.get("/readyz").json()["backup"] == {"last_good_seconds": None, "late": True}
    assert "尚无备份" in text(operator.get("/console/operations/"))
    long_ago = timezone.now() - timedelta(hours=27)
    BackupRun.objects.create(place="-", begun_at=long_ago, ended_at=long_ago)
    BackupRun.objects.create(place="-", ended_at=timezone.now(), fault="OSError")
    answer = client.get("/readyz")
    assert answer.json()["backup"]["late"] and answer.status_code == 200
    measured = client.get("/metrics").content.decode()
    assert "portal_backup_late 1" in measured and "portal_backup_age_seconds 97" in measured
    page = text(operator.get("/console/operations/"))
    assert "过期" in page and "27 小时前" in page
