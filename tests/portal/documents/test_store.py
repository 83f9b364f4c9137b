"""Keeping an upload: the quick rules, the bytes on the disk, the row, the limits."""

import errno
import hashlib
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection, transaction

from portal.audit.models import AuditEntry
from portal.documents import actions, arrivals, storage
from portal.documents.actions import NoRoom, check_quota, purge, rehold, remove, store
from portal.documents.kinds import ID_PHOTO_HINT, MB, DocumentKind, kind_of, register_kind
from portal.documents.models import Document
from portal.documents.sniffing import HEIC, NOT_A_PDF, NOT_AN_IMAGE, REALLY
from portal.errors import Refused
from tests.portal.documents import files

pytestmark = pytest.mark.django_db


def refusal(*args, **kwargs):
    with pytest.raises(Refused) as caught:
        store(*args, **kwargs)
    return str(caught.value.reasons[0])


def test_an_upload_is_kept_and_waits_for_its_check(owner, folder, lying):
    data = files.pdf()
    document = store(files.upload(data, "许可证.PDF"), kind="test_papers", holder=owner, by=owner)

    document.refresh_from_db()
    assert (document.state, document.scan, document.name) == ("checking", "unscanned", "许可证.PDF")
    assert (document.size, document.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (document.uploaded_by, document.holder_type, document.holder_id) == (owner, "accounts.user", owner.pk)
    assert lying() == [document.key]
    assert (folder / document.key).read_bytes() == storage.read(document) == data
    assert (folder / document.key).stat().st_mode & 0o777 == 0o600
    assert list(Document.objects.held_by(owner)) == list(Document.objects.held_by(owner, "test_papers")) == [document]
    assert list(Document.objects.held_by(owner, "test_photo")) == []
    entry = AuditEntry.objects.get(event="document.stored")
    assert (entry.actor, entry.subject_id, entry.subject_label) == (owner, str(document.pk), "附件")


def test_a_personal_file_is_sealed_and_opens_only_for_its_own_document(kept, folder):
    photo = files.image()
    document, other = (kept(photo, "a.jpg", kind="test_papers", checked=False) for _ in range(2))
    document = kept(photo, "a.jpg", kind="test_photo", checked=False)

    assert document.sealed and document.sha256 == hashlib.sha256(photo).hexdigest()
    assert photo[:200] not in (folder / document.key).read_bytes()
    assert storage.read(document) == photo
    other.sealed, other.key = True, document.key
    with pytest.raises(Exception, match="was not sealed for"):
        storage.read(other)


@pytest.mark.parametrize("name", ["a.Jpg", "a.JPEG", "a.png", "a.PNG", "A.JPG"])
def test_extensions_count_in_any_case(owner, name):
    assert store(files.upload(files.image(), name), kind="test_photo", holder=owner).name == name


@pytest.mark.parametrize("name", ["a.gif", "a.svg", "a.html", "a.jpg.exe", "jpg", "a", "a.pdf"])
def test_other_types_are_refused_with_the_rule(owner, lying, name):
    assert refusal(files.upload(files.image(), name), kind="test_photo", holder=owner) == ID_PHOTO_HINT
    assert (lying(), Document.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"<!DOCTYPE html><html>", "a.jpg", NOT_AN_IMAGE),
        (b"GIF89a" + bytes(40), "a.png", NOT_AN_IMAGE),
        (files.image(), "a.pdf", REALLY % ("pdf", "图片", "jpg")),
        (b"\0" * 40, "a.pdf", NOT_A_PDF),
        (files.pdf(), "IMG.JPG", REALLY % ("jpg", "PDF", "pdf")),  # edge case 47
        (b"\0\0\0\x18ftypheic" + bytes(40), "IMG.JPG", HEIC),
        (b"\0\0\0\x18ftypheic" + bytes(40), "IMG_0001.HEIC", HEIC),
        (b"<svg/>", "a.docx", "文件内容与扩展名 .docx 不符，请用办公软件打开后另存，再上传"),
        (b"", "a.jpg", "文件是空的（0 字节），请重新选择。"),
    ],
)
def test_content_that_belies_its_name_is_refused_at_once(owner, lying, data, name, words):
    assert refusal(files.upload(data, name), kind="test_papers", holder=owner) == words
    assert (lying(), Document.objects.count()) == ([], 0)


def test_the_limit_of_size_is_exact(owner):
    photo = files.image()
    largest = photo + bytes(5 * MB - len(photo))
    assert store(files.upload(largest, "a.jpg"), kind="test_photo", holder=owner).size == 5 * MB
    words = refusal(files.upload(largest + b"\0", "a.jpg"), kind="test_photo", holder=owner)
    assert words == f"{ID_PHOTO_HINT}（这个文件超出 1 字节）"


def test_a_kind_says_its_rule():
    assert kind_of("test_papers").rule == "只能上传pdf/jpg/jpeg/png/docx/xlsx/ofd文件，且不超过20M"
    assert kind_of("test_photo").rule == "只能上传jpg/jpeg/png/PNG/JPG/JPEG文件，且不超过5M"


def test_a_kind_is_registered_once_and_only_with_types_that_can_be_checked():
    register_kind(kind_of("test_papers"))
    with pytest.raises(ValueError):
        register_kind(DocumentKind("test_papers", "别的"))
    with pytest.raises(ValueError):
        register_kind(DocumentKind("test_new", "新的", ("exe",)))


def test_the_second_file_of_a_kind_that_allows_one_replaces_the_first(kept, owner, lying):
    first = kept(files.image(), "a.jpg", kind="test_photo", checked=False)
    second = kept(files.image(), "b.jpg", kind="test_photo", checked=False)

    first.refresh_from_db()
    assert list(Document.objects.held_by(owner)) == [second]
    assert (first.state, first.replaced_by, second.replaces) == ("removed", second, first)
    assert lying() == sorted([first.key, second.key])


def test_a_named_file_is_replaced_once(kept, owner):
    first, other = (kept(files.pdf(), f"{n}.pdf", checked=False) for n in "ab")
    second = kept(files.pdf(), "c.pdf", checked=False, replaces=first)
    assert list(Document.objects.held_by(owner)) == [other, second]
    words = refusal(files.upload(files.pdf(), "d.pdf"), kind="test_papers", holder=owner, replaces=first)
    assert words == "这个文件已经被替换或删除，请刷新页面查看最新状态。"


def test_another_holders_file_cannot_be_replaced(kept, person, lying):
    mine = kept(files.pdf(), "a.pdf", checked=False)
    stranger = person("何静")
    with pytest.raises(Refused):
        store(files.upload(files.pdf(), "b.pdf"), kind="test_papers", holder=stranger, replaces=mine)
    mine.refresh_from_db()
    assert (mine.state, lying()) == ("checking", [mine.key])


@pytest.mark.django_db(transaction=True)
def test_of_photos_sent_at_the_same_moment_one_stays(owner):
    start = Barrier(4, timeout=10)

    def send():
        start.wait()
        store(files.upload(files.image(), "a.jpg"), kind="test_photo", holder=owner)
        connection.close()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Document.objects.held_by(owner, "test_photo").count() == 1
    assert Document.objects.of(owner).count() == 4


def test_a_kind_may_limit_the_number(owner, lying):
    two = DocumentKind("test_two", "两份", most=2)
    for name in "ab":
        store(files.upload(files.pdf(), f"{name}.pdf"), kind=two, holder=owner)
    words = refusal(files.upload(files.pdf(), "c.pdf"), kind=two, holder=owner)
    assert words == "“两份”最多上传 2 个文件，请先删除不需要的。"
    assert len(lying()) == 2


def test_a_removed_file_is_held_no_more_and_removed_once(kept, owner):
    document = kept(files.pdf(), "a.pdf", checked=False)
    remove(document, by=owner)
    document.refresh_from_db()
    assert (document.state, Document.objects.held_by(owner).count()) == ("removed", 0)
    assert AuditEntry.objects.get(event="document.removed").actor == owner
    with pytest.raises(Refused):
        remove(document, by=owner)


def test_files_change_hands_together(kept, owner, person):
    heir = person("王铁山")
    photo = kept(files.image(), "a.jpg", kind="test_photo", checked=False)
    kept(files.pdf(), "b.pdf", checked=False)
    assert rehold(owner, heir) == 2
    assert (Document.objects.held_by(owner).count(), Document.objects.held_by(heir).count()) == (0, 2)
    assert storage.read(Document.objects.get(pk=photo.pk)) == files.image()


@pytest.mark.parametrize("checked", [True, False])
def test_purging_leaves_no_bytes_and_no_name(kept, lying, checked):
    documents = [kept(files.pdf(pages=2), "张三.pdf", checked=checked), kept(files.image(), "b.jpg", checked=checked)]
    assert purge(documents) == 2
    assert lying() == []
    assert set(Document.objects.values_list("state", "key", "name")) == {("removed", "", "")}
    assert purge(documents) == 0


# A full disk


class Full(OSError):
    def __init__(self):
        super().__init__(errno.ENOSPC, "No space left on device")


def test_a_full_storage_refuses_and_keeps_nothing(owner, lying, monkeypatch, settings):
    real = FileSystemStorage._save

    def half(self, name, content):
        real(self, name, files.upload(content.read(1000), "part"))
        raise Full

    monkeypatch.setattr(FileSystemStorage, "_save", half)
    with pytest.raises(NoRoom) as caught:
        store(files.upload(files.pdf(), "a.pdf"), kind="test_papers", holder=owner)
    assert caught.value.reasons[0].startswith("服务器存储空间不足，文件没有保存")
    assert (lying(), Document.objects.count()) == ([], 0)
    assert parts_in(settings.FILE_UPLOAD_TEMP_DIR) == []


@pytest.mark.parametrize("kind", ["test_papers", "test_photo"])
def test_a_full_temporary_folder_refuses_and_keeps_nothing(owner, lying, monkeypatch, settings, kind):
    monkeypatch.setattr(arrivals.ArrivingFile, "append", lambda self, chunk: (_ for _ in ()).throw(Full()))
    with pytest.raises(NoRoom):
        store(files.upload(files.image(), "a.jpg"), kind=kind, holder=owner)
    assert (lying(), Document.objects.count(), parts_in(settings.FILE_UPLOAD_TEMP_DIR)) == ([], 0, [])


def test_a_row_that_cannot_be_written_takes_the_file_with_it(owner, lying, monkeypatch, settings):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(actions, "record", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        store(files.upload(files.pdf(), "a.pdf"), kind="test_papers", holder=owner)
    assert (lying(), Document.objects.count(), parts_in(settings.FILE_UPLOAD_TEMP_DIR)) == ([], 0, [])


def parts_in(folder):
    return [path.name for path in Path(folder).glob("*.part")]


def test_what_a_killed_process_left_is_cleared_after_an_hour(settings):
    left = Path(arrivals.temporary_folder()) / "tmpabc.part"
    left.write_bytes(b"half")
    assert arrivals.clear_temporary_folder() == 0
    assert arrivals.clear_temporary_folder(older_than=0) == 1
    assert not left.exists()


# Visitors


def test_a_visitor_may_upload_so_many_files_and_bytes(kept, owner):
    for number in range(3):
        check_quota(owner, "10.0.0.1", files=3)
        kept(files.pdf(), f"{number}.pdf", checked=False)
    with pytest.raises(Refused, match="最多上传 3 个文件"):
        check_quota(owner, "10.0.0.1", files=3)
    held = sum(document.size for document in Document.objects.all())
    check_quota(owner, "10.0.0.1", room=held + 1)
    with pytest.raises(NoRoom, match="上传繁忙，请稍后再试。"):
        check_quota(owner, "10.0.0.1", room=held)


def test_an_address_may_upload_so_often_whatever_the_draft(owner, person):
    for holder in (owner, owner, person("何静")):
        check_quota(holder, "10.0.0.2", per_hour=3)
    with pytest.raises(NoRoom, match="上传过于频繁"):
        check_quota(owner, "10.0.0.2", per_hour=3)
    check_quota(owner, "10.0.0.3", per_hour=3)
