"""Files that come in pieces: how they go on, whose they are, and that nothing is kept twice or half."""

import hashlib
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.documents import storage, transfers
from portal.documents.actions import purge, store
from portal.documents.models import Document, Transfer
from portal.documents.tasks import check_documents, clear_uploads
from tests.portal.documents import files

pytestmark = pytest.mark.django_db

SCRIPT = {"HTTP_ACCEPT": "application/json"}
DATA = files.pdf() + bytes(300_000) + b"%%EOF"


@pytest.fixture
def browser(web, owner):
    web.force_login(owner)
    return web


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def begin(browser, data=DATA, name="合同.pdf", to="/papers/", **changed):
    facts = {"transfer": "begin", "name": name, "size": len(data), "sha256": sha256(data), "field": "papers"}
    return browser.post(to, facts | changed, **SCRIPT)


def send(browser, transfer, offset, data=DATA, upto=None, to="/papers/", **changed):
    piece = data[offset:upto]
    headers = {"Upload-Transfer": transfer, "Upload-Offset": str(offset), "Upload-Checksum": sha256(piece)} | changed
    return browser.post(
        to, piece, content_type="application/octet-stream", headers={"Accept": "application/json", **headers}
    )


def end(browser, transfer, to="/papers/", **more):
    return browser.post(to, {"transfer": "finish", "id": transfer, **more}, **SCRIPT)


def parts():
    return sorted(path.name for path in transfers.folder().iterdir())


def test_a_file_arrives_in_pieces_and_takes_the_way_of_any_other(browser, owner, lying):
    begun = begin(browser).json()
    assert (begun["offset"], begun["direct"], begun["name"]) == (0, False, "合同.pdf")
    assert send(browser, begun["transfer"], 0, upto=100_000).json() == {"offset": 100_000}
    assert send(browser, begun["transfer"], 100_000).json() == {"offset": len(DATA)}
    answer = end(browser, begun["transfer"])
    document = Document.objects.get()
    assert (answer.status_code, answer.json()["id"], answer.json()["state"]) == (201, str(document.pk), "checking")
    assert (document.uploaded_by, document.sha256, storage.read(document)) == (owner, sha256(DATA), DATA)
    assert (lying(), parts()) == ([document.key], [])
    check_documents()
    document.refresh_from_db()
    assert document.state == "ready"


def test_after_a_break_the_server_says_what_it_has_and_the_file_goes_on(browser):
    """Edge case 46: a lost connection at 60 percent goes on at 60 percent."""
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0, upto=200_000)
    assert browser.post("/papers/", {"transfer": "look", "id": transfer}, **SCRIPT).json()["offset"] == 200_000
    again = begin(browser, name="重命名.pdf").json()  # chosen again after the page was closed
    assert (again["transfer"], again["offset"]) == (transfer, 200_000)
    send(browser, transfer, 200_000)
    assert end(browser, transfer).status_code == 201
    looked = browser.post("/papers/", {"transfer": "look", "id": transfer}, **SCRIPT)
    assert (looked.status_code, Document.objects.count()) == (201, 1)


def test_the_end_is_answered_again_and_done_once(browser):
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0)
    first, second = end(browser, transfer).json(), end(browser, transfer).json()
    assert first["id"] == second["id"] and Document.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_ends_at_the_same_moment_make_one_document(browser, owner):
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0)
    start, answers = Barrier(2, timeout=10), []

    def finish():
        other = Client()
        other.cookies = browser.cookies
        start.wait()
        answers.append(end(other, transfer).json()["id"])
        connection.close()

    threads = [Thread(target=finish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 2 and len(set(answers)) == 1 and Document.objects.count() == 1


@pytest.mark.parametrize("offset", [1, 200_000])
def test_a_piece_at_a_wrong_place_is_refused_with_the_right_one(browser, offset):
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0, upto=100_000)
    answer = send(browser, transfer, offset)
    assert (answer.status_code, answer.json()["offset"]) == (409, 100_000)
    assert end(browser, transfer).status_code == 409


def test_a_piece_that_was_damaged_on_the_way_does_not_count(browser):
    transfer = begin(browser).json()["transfer"]
    answer = send(browser, transfer, 0, **{"Upload-Checksum": sha256(b"other")})
    assert (answer.status_code, answer.json()["offset"]) == (409, 0)
    assert answer.json()["reasons"] == ["这一段在传输中损坏，将自动重传。"]
    assert send(browser, transfer, 0).json() == {"offset": len(DATA)}


def test_more_than_was_announced_is_refused(browser, monkeypatch):
    transfer = begin(browser).json()["transfer"]
    assert send(browser, transfer, 0, data=DATA + b"x").status_code == 422
    monkeypatch.setattr(transfers, "PIECE", 1000)
    assert send(browser, transfer, 0).status_code == 422
    for offset in ("-1", "x", "", "9" * 30):
        assert send(browser, transfer, 0, **{"Upload-Offset": offset}).status_code == 422
    assert parts() == [] and Transfer.objects.get().offset == 0


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"size": 21 * 1024 * 1024}, "（这个文件有 21 MB）"),
        ({"name": "a.exe"}, "（这个文件是 .exe 格式）"),
        ({"size": 0}, "文件是空的（0 字节），请重新选择。"),
        ({"sha256": "x"}, "上传请求不完整，请刷新页面后重试。"),
        ({"size": "x"}, "上传请求不完整，请刷新页面后重试。"),
        ({"transfer": "fly"}, "上传请求不完整，请刷新页面后重试。"),
    ],
)
def test_what_breaks_a_rule_is_refused_before_a_byte_has_travelled(browser, facts, words):
    answer = begin(browser, **facts)
    assert answer.status_code == 422 and answer.json()["reasons"][0].endswith(words)
    assert Transfer.objects.count() == 0


def test_content_that_belies_its_name_is_refused_at_the_end_and_leaves_nothing(browser, lying):
    data = b"<html>" * 1000
    transfer = begin(browser, data).json()["transfer"]
    send(browser, transfer, 0, data)
    answer = end(browser, transfer)
    assert answer.status_code == 422 and "不是有效的PDF" in answer.json()["reasons"][0]
    assert (Transfer.objects.count(), parts(), lying()) == (0, [], [])


def test_other_bytes_than_announced_are_refused_and_leave_nothing(browser, lying):
    transfer = begin(browser, sha256=sha256(b"other")).json()["transfer"]
    send(browser, transfer, 0)
    answer = end(browser, transfer)
    assert answer.status_code == 422 and "与选择的文件不一致" in answer.json()["reasons"][0]
    assert (Transfer.objects.count(), parts(), lying()) == (0, [], [])


def test_another_persons_transfer_does_not_exist(browser, person):
    transfer = begin(browser).json()["transfer"]
    stranger = Client()
    stranger.force_login(person("何静"))
    assert send(stranger, transfer, 0).status_code == 404
    for what in ("look", "finish", "cancel", "part"):
        assert stranger.post("/papers/", {"transfer": what, "id": transfer}, **SCRIPT).status_code == 404
    assert send(browser, transfer, 0, to="/photo/").status_code == 404
    assert send(browser, "no id", 0).status_code == 404
    assert Transfer.objects.get().offset == 0


def test_a_transfer_is_cancelled_and_gives_its_room_back(browser):
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0, upto=1000)
    assert parts() != []
    assert browser.post("/papers/", {"transfer": "cancel", "id": transfer}, **SCRIPT).json() == {"cancelled": transfer}
    assert (Transfer.objects.count(), parts()) == (0, [])
    assert send(browser, transfer, 1000).status_code == 404


def test_what_nobody_goes_on_with_is_dropped_after_a_day(browser):
    stale = begin(browser).json()["transfer"]
    send(browser, stale, 0, upto=1000)
    fresh = begin(browser, DATA + b"x").json()["transfer"]
    stray = transfers.folder() / "of a row that is gone.part"
    stray.write_bytes(b"x")
    os.utime(stray, (0, 0))
    Transfer.objects.filter(pk=stale).update(touched_at=timezone.now() - timedelta(hours=25))
    clear_uploads()
    assert [str(left.pk) for left in Transfer.objects.all()] == [fresh]
    assert parts() == []


def test_a_document_survives_the_end_of_its_transfer(browser):
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0)
    end(browser, transfer)
    Transfer.objects.update(touched_at=timezone.now() - timedelta(hours=25))
    clear_uploads()
    assert Transfer.objects.count() == 0 and storage.read(Document.objects.get()) == DATA


def test_pieces_that_are_gone_let_the_file_begin_anew(browser):
    transfer = begin(browser).json()["transfer"]
    send(browser, transfer, 0)
    (transfers.folder() / parts()[0]).unlink()
    answer = end(browser, transfer)
    assert (answer.status_code, answer.json()["offset"]) == (409, 0)
    send(browser, transfer, 0)
    assert end(browser, transfer).status_code == 201


def test_one_person_cannot_fill_the_server(browser, settings, monkeypatch):
    monkeypatch.setattr(transfers, "MOST_UNFINISHED", 1)
    begin(browser)
    answer = begin(browser, DATA + b"x")
    assert answer.status_code == 507 and answer.json()["reasons"][0].startswith("有 1 个文件还没有传完")
    Transfer.objects.all().delete()
    settings.UPLOADS_A_DAY = 1000
    answer = begin(browser)
    assert answer.status_code == 507 and "24 小时内已上传" in answer.json()["reasons"][0]


def test_the_same_bytes_at_the_same_place_are_kept_once_and_said_so(browser, kept, owner):
    data = files.pdf()
    first = kept(data, "a.pdf")
    answer = begin(browser, data, "b.pdf")
    assert (answer.status_code, answer.json()["id"], answer.json()["same"]) == (201, str(first.pk), True)
    whole = browser.post("/papers/", {"file": files.upload(data, "c.pdf")}, **SCRIPT).json()
    assert (whole["id"], whole["same"]) == (str(first.pk), True)
    assert Document.objects.held_by(owner).count() == 1


def test_the_same_bytes_at_another_place_lie_in_the_storage_once(kept, person, lying, owner):

    first = kept(files.phone_photo(), "a.jpg")
    before = lying()
    second = store(files.upload(files.phone_photo(), "b.jpg"), kind="test_papers", holder=person("何静"))
    assert len(lying()) == len(before) + 1
    check_documents()
    second.refresh_from_db()
    assert (second.state, second.shared, second.key, second.width) == ("ready", True, first.key, 400)
    assert lying() == before
    purge([first])
    second.refresh_from_db()
    assert storage.read(second).startswith(b"\xff\xd8\xff") and not second.shared
    purge([second])
    assert lying() == []


def test_sealed_files_share_nothing(kept, person):

    kept(files.image(), "a.jpg", kind="test_photo")
    second = store(files.upload(files.image(), "a.jpg"), kind="test_photo", holder=person("何静"))
    check_documents()
    second.refresh_from_db()
    assert (second.state, second.shared) == ("ready", False)


# A disk that is full


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of one megabyte; skipped where tests may not mount one."""
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("this account may not mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


BIG = files.pdf() + os.urandom(1_500_000) + b"%%EOF"


def test_a_disk_that_is_full_for_the_pieces_says_so_and_keeps_what_counted(browser, settings, tiny_disk, monkeypatch):
    monkeypatch.setattr(transfers, "RESERVE", -BIG.__len__())
    settings.TRANSFERS = str(tiny_disk)
    transfer = begin(browser, BIG).json()["transfer"]
    assert send(browser, transfer, 0, BIG, upto=500_000).status_code == 200
    answer = send(browser, transfer, 500_000, BIG)
    assert answer.status_code == 507 and answer.json()["reasons"][0].startswith("服务器存储空间不足，文件没有保存")
    assert (tiny_disk / parts()[0]).stat().st_size == 500_000
    assert Transfer.objects.get().offset == 500_000
    settings.TRANSFERS = configured.TRANSFERS


def test_a_disk_that_is_full_for_the_documents_keeps_nothing_half(browser, settings, tiny_disk):
    options = {"location": tiny_disk}
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    transfer = begin(browser, BIG).json()["transfer"]
    send(browser, transfer, 0, BIG)
    answer = end(browser, transfer)
    assert answer.status_code == 507 and answer.json()["reasons"][0].startswith("服务器存储空间不足，文件没有保存")
    whole = browser.post("/papers/", {"file": files.upload(BIG, "c.pdf")}, **SCRIPT)
    assert whole.status_code == 507
    assert [path for path in tiny_disk.rglob("*") if path.is_file()] == []
    assert Document.objects.count() == 0
    settings.STORAGES["default"]["OPTIONS"] = {"location": Path(settings.TRANSFERS).parent / "roomy"}
    settings.STORAGES = {**settings.STORAGES}
    assert end(browser, transfer).status_code == 201, "the pieces were kept: nothing has to travel again"


def test_a_disk_with_too_little_room_is_said_before_a_byte_has_travelled(browser, settings, tiny_disk):
    settings.TRANSFERS = str(tiny_disk)
    answer = begin(browser, BIG)
    assert answer.status_code == 507 and Transfer.objects.count() == 0
