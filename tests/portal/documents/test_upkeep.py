"""manage.py documents: files without a row, and bytes that are no longer those that were stored."""

import os
import time

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from portal.documents import storage
from portal.documents.models import Document
from tests.portal.documents import files

pytestmark = pytest.mark.django_db

OLD = time.time() - 2 * 86400


@pytest.fixture(autouse=True)
def note(settings, tmp_path):
    settings.PORTAL_VAR = tmp_path
    return tmp_path / "integrity.last"


def stray(folder, key, at=OLD):
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (at, at))


def age(folder):
    for path in folder.rglob("*"):
        os.utime(path, (OLD, OLD))


def test_files_without_a_row_are_named_and_removed_only_when_asked(kept, folder, lying, capsys):
    kept(files.pdf(), "a.pdf"), kept(files.phone_photo(), "b.jpg")
    age(folder)
    mine = lying()
    stray(folder, "2025/01/feed.thumb")
    stray(folder, "2025/01/young", time.time())
    stray(folder, "exports/of another kind")
    call_command("documents", "orphans")
    said = capsys.readouterr().out.splitlines()
    assert said == ["2025/01/feed.thumb", "1 orphans found; --remove deletes them."]
    assert len(lying()) == len(mine) + 3
    call_command("documents", "orphans", "--remove")
    assert lying() == sorted([*mine, "2025/01/young", "exports/of another kind"])


def test_every_document_is_hashed_anew(kept, folder, capsys):
    kept(files.image(), "a.jpg", kind="test_photo"), kept(files.pdf(), "b.pdf")
    call_command("documents", "integrity")
    assert capsys.readouterr().out == "2 documents are sound.\n"


def test_lost_and_changed_bytes_are_named(kept, folder, capsys):
    photo, lost, changed, sound = (
        kept(files.image(), "a.jpg", kind="test_photo"),
        *(kept(files.pdf(), f"{n}.pdf") for n in "bcd"),
    )
    (folder / photo.key).write_bytes(b"sealed by nobody")
    (folder / lost.key).unlink()
    with open(folder / changed.key, "r+b") as file:
        file.seek(20)
        file.write(b"!")
    with pytest.raises(CommandError, match="1 lost, 2 changed, 1 sound."):
        call_command("documents", "integrity")
    said = set(capsys.readouterr().out.splitlines())
    assert said == {f"lost {lost.pk}", f"changed {changed.pk}", f"changed {photo.pk}"}
    assert sound.pk


def test_an_interrupted_look_goes_on_where_it_stopped(kept, note, capsys):
    first = kept(files.pdf(), "a.pdf")
    kept(files.pdf(), "b.pdf")
    note.write_text(str(first.pk))
    call_command("documents", "integrity")
    assert capsys.readouterr().out.splitlines() == [f"Going on after {first.pk}.", "1 documents are sound."]
    assert not note.exists()
    note.write_text(str(first.pk))
    call_command("documents", "integrity", "--restart")
    assert capsys.readouterr().out == "2 documents are sound.\n"


def test_shared_bytes_belong_to_each_that_shares_them(kept, person, folder, capsys):
    from_one = files.pdf()
    first = kept(from_one, "a.pdf")
    second = kept(from_one, "b.pdf")
    age(folder)
    assert (second.shared, second.key) == (True, first.key)
    call_command("documents", "orphans")
    assert capsys.readouterr().out == "0 orphans found; --remove deletes them.\n"
    assert default_storage.exists(storage.key_of(second, "thumb")) and Document.objects.count() == 2
