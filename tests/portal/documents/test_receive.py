"""The way in through pages: by script file by file, or with the form."""

import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal.documents import arrivals, views
from portal.documents.actions import check_quota
from portal.documents.kinds import ID_PHOTO_HINT
from portal.documents.models import Document
from portal.documents.sniffing import NOT_AN_IMAGE
from portal.documents.tasks import check_documents
from tests.portal.documents import files

pytestmark = pytest.mark.django_db

SCRIPT = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def browser(web, owner):
    web.force_login(owner)
    return web


def photo(name="照片.jpg", data=None):
    return SimpleUploadedFile(name, files.image() if data is None else data)


def test_a_script_sends_one_file_and_learns_what_became_of_it(browser, owner, lying):
    response = browser.post("/photo/", {"file": photo(), "field": "photo"}, **SCRIPT)

    document = Document.objects.get()
    answer = response.json()
    assert response.status_code == 201
    assert (answer["id"], answer["name"], answer["state"]) == (str(document.pk), "照片.jpg", "checking")
    assert (answer["size"], answer["problem"]) == (len(files.image()), "")
    assert answer["urls"] == {
        "status": f"/documents/{document.pk}/status/",
        "file": f"/documents/{document.pk}/",
    }
    assert "检查中" in answer["html"] and f'name="remove_photo" value="{document.pk}"' in answer["html"]
    assert (document.uploaded_by, lying()) == (owner, [document.key])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: photo(data=b"<html>"), NOT_AN_IMAGE),
        (lambda: photo("a.gif"), ID_PHOTO_HINT),
        (lambda: photo(data=b""), "文件是空的（0 字节），请重新选择。"),
        (lambda: "no file", "没有收到文件，请重新选择。"),
    ],
)
def test_a_script_learns_why_a_file_was_not_taken(browser, file, words):
    response = browser.post("/photo/", {"file": file()}, **SCRIPT)
    assert (response.status_code, response.json()) == (422, {"reasons": [words]})
    assert Document.objects.count() == 0


def test_a_script_replaces_and_removes(browser, owner):
    first = browser.post("/papers/", {"file": photo("a.jpg")}, **SCRIPT).json()["id"]
    browser.post("/papers/", {"file": photo("b.jpg", files.image(size=(30, 30)))}, **SCRIPT)
    browser.post("/papers/", {"file": photo("c.jpg"), "replaces": first}, **SCRIPT)
    assert [document.name for document in Document.objects.held_by(owner)] == ["b.jpg", "c.jpg"]
    last = Document.objects.held_by(owner).last()
    assert browser.post("/papers/", {"remove": last.pk}, **SCRIPT).json() == {"removed": str(last.pk)}
    assert [document.name for document in Document.objects.held_by(owner)] == ["b.jpg"]
    for twice in ({"remove": last.pk}, {"remove": "x"}, {"file": photo("d.jpg"), "replaces": first}):
        assert browser.post("/papers/", twice, **SCRIPT).status_code == 422


def test_nobody_removes_what_somebody_else_holds(browser, person):
    other = person("何静")
    theirs = views.store(files.upload(files.image(), "a.jpg"), kind="test_papers", holder=other, by=other)
    assert browser.post("/papers/", {"remove": theirs.pk}, **SCRIPT).status_code == 422
    assert Document.objects.held_by(other).count() == 1


def test_a_plain_form_is_left_to_the_page(browser):
    assert browser.post("/photo/", {"file": photo()}).content == b"plain"
    assert browser.get("/photo/", **SCRIPT).content == b"plain"
    assert Document.objects.count() == 0


def test_the_page_shows_rule_control_and_what_the_server_has(browser, kept):
    assert str(ID_PHOTO_HINT) in browser.get("/page/").content.decode()
    kept(files.image(), "照片.jpg", kind="test_photo")
    page = browser.get("/page/").content.decode()
    assert "将文件拖到此处，或" in page and 'type="file" name="photo" id="id_photo"' in page
    assert 'accept=".jpg,.jpeg,.png"' in page and 'data-url="/photo/"' in page
    assert "照片.jpg" in page and "可用" in page and "更换文件" in page and "style=" not in page


def test_a_file_survives_another_fields_error(browser, owner):
    page = browser.post("/page/", {"name": "", "photo": photo()}).content.decode()
    assert "照片.jpg" in page and "done" not in page
    assert browser.post("/page/", {"name": "李晓楠"}).content.decode() == "done 照片.jpg"
    assert Document.objects.held_by(owner).count() == 1


def test_a_form_names_one_cause_only(browser):
    page = browser.post("/page/", {"name": "李晓楠", "photo": photo(data=b"<html>")}).content.decode()
    assert NOT_AN_IMAGE in page and "请上传身份证照片" not in page
    assert "请上传身份证照片" in browser.post("/page/", {"name": "李晓楠"}).content.decode()


def test_a_wrong_second_file_leaves_the_first(browser, owner):
    browser.post("/page/", {"name": "", "photo": photo("a.jpg")})
    browser.post("/page/", {"name": "x", "photo": photo("b.jpg", b"<html>")})
    assert [document.name for document in Document.objects.held_by(owner)] == ["a.jpg"]


def test_a_refused_file_does_not_fill_a_required_field(browser, kept):
    kept(files.noise((800, 600))[:9000], "a.jpg", kind="test_photo")
    assert "请上传身份证照片" in browser.post("/page/", {"name": "李晓楠"}).content.decode()


def test_removing_in_a_plain_form_does_not_send_it(browser, owner):
    browser.post("/page/", {"name": "", "photo": photo()})
    document = Document.objects.get()
    page = browser.post("/page/", {"name": "李晓楠", "remove_photo": document.pk}).content.decode()
    assert "已删除“照片.jpg”，请继续填写后提交。" in page and "done" not in page
    assert Document.objects.held_by(owner).count() == 0


def test_visitors_are_counted_by_address(web, owner, rf, monkeypatch):
    asked = []

    def count(holder, address):
        asked.append((holder, address))
        check_quota(holder, address, per_hour=1)

    monkeypatch.setattr(views, "check_quota", count)
    for status in (201, 507):
        request = rf.post("/", {"file": photo()}, **SCRIPT)
        assert views.receive(request, kind="test_papers", holder=owner).status_code == status
    assert asked == [(owner, ""), (owner, "")]


# Files on their way in


class Stopping:
    """Lets so many bytes through, then the disk is full."""

    def __init__(self, monkeypatch, room):
        real = arrivals.ArrivingFile.append

        def append(file, chunk):
            if file.size + len(chunk) > room:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(file, chunk)

        monkeypatch.setattr(arrivals.ArrivingFile, "append", append)


def test_an_upload_is_written_once_and_hashed_meanwhile(browser, monkeypatch):
    moved = []
    real = arrivals.arrived
    monkeypatch.setattr("portal.documents.actions.arrived", lambda file: moved.append(type(file)) or real(file))
    browser.post("/papers/", {"file": photo()}, **SCRIPT)
    assert moved == [arrivals.ArrivingFile]


def test_a_disk_that_is_full_on_the_way_in_refuses_clearly(browser, monkeypatch, lying, tmp_path):
    Stopping(monkeypatch, 100_000)
    response = browser.post("/photo/", {"file": photo(data=files.noise((1600, 1200)))}, **SCRIPT)
    assert response.status_code == 507
    assert response.json()["reasons"][0].startswith("服务器存储空间不足，文件没有保存")
    page = browser.post("/page/", {"name": "李晓楠", "photo": photo(data=files.noise((1600, 1200)))})
    assert page.status_code == 200 and "服务器存储空间不足" in page.content.decode()
    assert (lying(), list(tmp_path.rglob("*.part")), Document.objects.count()) == ([], [], 0)


def test_a_temporary_folder_that_cannot_be_written_refuses_clearly(browser, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(arrivals.tempfile, "NamedTemporaryFile", full)
    assert browser.post("/photo/", {"file": photo()}, **SCRIPT).status_code == 507


def test_an_endless_file_is_not_written_to_the_end(browser, monkeypatch, lying, tmp_path):
    monkeypatch.setattr(arrivals, "TAKE_AT_MOST", 6 * 1024 * 1024)
    response = browser.post("/photo/", {"file": photo(data=files.image() + bytes(8 * 1024 * 1024))}, **SCRIPT)
    assert (response.status_code, response.json()["reasons"]) == (422, [f"{ID_PHOTO_HINT}（这个文件有 8 MB）"])
    assert (lying(), list(tmp_path.rglob("*.part"))) == ([], [])


def test_after_a_request_no_temporary_file_is_left(browser, tmp_path):
    browser.post("/photo/", {"file": photo()}, **SCRIPT)
    browser.post("/papers/", {"file": photo("a.html")}, **SCRIPT)
    browser.post("/page/", {"other": photo()})
    assert list(tmp_path.rglob("*.part")) == []


def test_more_files_than_allowed_are_a_bad_request(browser, settings):
    many = {f"f{number}": photo() for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1)}
    assert browser.post("/page/", many).status_code == 400


def test_the_checked_row_offers_preview_and_download(browser, kept):
    browser.post("/photo/", {"file": photo()}, **SCRIPT)
    check_documents()
    document = Document.objects.get()
    answer = browser.get(f"/documents/{document.pk}/status/").json()
    assert set(answer["urls"]) == {"status", "file", "view", "preview", "thumbnail"}
    assert f'href="/documents/{document.pk}/view/"' in answer["html"] and "remove_" not in answer["html"]
