"""Handing documents out: to whom, and in what form."""

import io
from uuid import uuid4

import pytest
from django.utils import timezone
from PIL import Image, ImageChops

from portal.audit.models import AuditEntry
from portal.documents import permissions, storage
from portal.documents.actions import purge, remove, store
from portal.documents.models import Document
from portal.documents.views import mark_of
from tests.portal.documents import files

pytestmark = pytest.mark.django_db

WAYS = ["", "preview/", "preview/1/", "thumbnail/", "view/", "status/"]


@pytest.fixture
def open_as(web):
    """The answer to `user` (None: a visitor): open_as(user, document, "preview/")."""

    def fetch(user, document, way="", **headers):
        web.logout()
        if user:
            web.force_login(user)
        return web.get(f"/documents/{getattr(document, 'pk', document)}/{way}", **headers)

    return fetch


def test_a_document_is_handed_out_as_an_attachment_under_its_own_name(kept, owner, open_as):
    document = kept(files.pdf(), '施工 许可证\r\n"x".pdf')
    response = open_as(owner, document)

    assert (response.status_code, response.getvalue()) == (200, storage.read(document))
    assert response["Content-Type"] == "application/pdf"
    disposition = "attachment; filename*=utf-8''%E6%96%BD%E5%B7%A5%20%E8%AE%B8%E5%8F%AF%E8%AF%81%20_x_.pdf"
    assert response["Content-Disposition"] == disposition
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "private, no-store")
    assert response["Content-Length"] == str(document.size)
    assert not AuditEntry.objects.filter(event="document.opened").exists()


def test_a_photo_is_shown_in_the_page_and_each_look_is_recorded(kept, owner, open_as):
    document = kept(files.phone_photo(), "身份证.jpg", kind="test_photo")
    for way, part in [("preview/", "file"), ("thumbnail/", "thumb"), ("", "file")]:
        response = open_as(owner, document, way)
        assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
        assert response.getvalue().startswith(b"\xff\xd8\xff")
        entry = AuditEntry.objects.filter(event="document.opened").latest("pk")
        assert (entry.actor, entry.subject_id, entry.details) == (owner, str(document.pk), {"part": part})
        assert "身份证.jpg" not in entry.subject_label
    assert AuditEntry.objects.filter(event="document.opened").count() == 3


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_whoever_else_looks_at_a_photo_sees_their_own_name_across_all_of_it(kept, owner, person, open_as, form):
    document = kept(files.image(form), f"身份证.{form.lower()}", kind="test_photo")
    reviewer = person("审核员")
    for way in ("preview/", ""):
        response = open_as(reviewer, document, way)
        assert response["Content-Type"] == "image/jpeg"
        plain, shown = pixels(storage.read(document)), pixels(response.getvalue())
        assert shown.size == plain.size
        changed = ImageChops.difference(plain, shown).convert("L").point(lambda level: 255 * (level > 24))
        width, height = shown.size
        for left, top in [(0, 0), (width // 2, 0), (0, height // 2), (width // 2, height // 2)]:
            quarter = changed.crop((left, top, left + width // 2, top + height // 2))
            assert quarter.getbbox(), "no quarter can be cut out unmarked"
    assert storage.read(document) == open_as(owner, document, "preview/").getvalue(), "what is kept stays clean"


def test_the_mark_says_for_what_by_whom_and_when(person, rf):
    request = rf.get("/")
    request.user = person("审核员")
    assert mark_of(request) == f"仅供核验 · 审** · {timezone.localtime():%Y-%m-%d %H:%M}"


def test_papers_of_other_kinds_carry_no_mark(kept, person, open_as):
    document = kept(files.image(), "现场.jpg")
    assert open_as(person("审核员"), document, "preview/").getvalue() == storage.read(document)


def test_the_pages_of_a_pdf_are_shown_as_pictures(kept, owner, open_as):
    document = kept(files.pdf(pages=2), "a.pdf")
    for page, status in [(1, 200), (2, 200), (0, 404), (3, 404), (21, 404)]:
        response = open_as(owner, document, f"preview/{page}/")
        assert response.status_code == status
    response = open_as(owner, document, "preview/2/")
    assert (response["Content-Type"], response["Content-Disposition"][:6]) == ("image/jpeg", "inline")


def test_there_is_no_picture_of_an_office_document(kept, owner, open_as):
    document = kept(files.docx(), "a.docx")
    assert [open_as(owner, document, way).status_code for way in WAYS] == [200, 404, 404, 404, 404, 200]


@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_a_visitor_and_a_wrong_number_find_nothing(kept, person, open_as, way):
    document = kept(files.pdf(), "a.pdf")
    assert open_as(person("何静"), document, way).status_code == 404
    assert open_as(None, document, way).status_code == 404
    assert open_as(person("审核员"), uuid4(), way).status_code == 404
    assert open_as(person("审核员"), document, way).status_code == 200


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_is_not_ready_exists_only_for_its_uploader(kept, owner, person, open_as, way):
    checking = kept(files.pdf(), "a.pdf", checked=False)
    refused = kept(files.pdf(change=files.launch), "b.pdf")
    checking.refresh_from_db()
    Document.objects.filter(pk=checking.pk).update(state="checking", checked_at=None, previews=0, thumbnail=False)
    for document in (checking, refused):
        assert open_as(person("审核员"), document, way).status_code == 404
        assert open_as(owner, document, way).status_code == (200 if way in {"", "status/"} else 404)


def test_an_app_may_say_who_sees_what_is_not_ready(kept, owner, person, open_as):
    allow, deny = lambda *asked: True, lambda *asked: False
    document = kept(files.pdf(), "a.pdf", checked=False)
    permissions.register_reader("accounts.User", deny, unready=allow)
    assert open_as(None, document).status_code == 200
    permissions.register_reader("accounts.User", allow, unready=deny)
    assert open_as(owner, document).status_code == 404


def test_a_holder_nobody_answers_for_is_closed(kept, owner, open_as):
    document = kept(files.pdf(), "a.pdf")
    permissions._readers.clear()
    assert open_as(owner, document).status_code == 404


def test_a_replaced_version_is_shown_only_where_an_app_says_so(kept, owner, person, open_as):
    old = kept(files.image(), "a.jpg", kind="test_photo")
    kept(files.image(), "b.jpg", kind="test_photo")
    assert open_as(owner, old).status_code == 404
    permissions.register_reader(
        "accounts.User", lambda *asked: True, unready=lambda user, document, _: document.was_sound
    )
    assert open_as(owner, old, "preview/").status_code == 200


def test_removed_and_purged_files_are_gone(kept, owner, open_as):
    removed, purged = kept(files.pdf(), "a.pdf"), kept(files.pdf(), "b.pdf")
    remove(removed, by=owner)
    purge([purged])
    permissions.register_reader("accounts.User", lambda *asked: True, unready=lambda *asked: True)
    assert open_as(owner, purged).status_code == 404
    permissions.register_reader("accounts.User", lambda *asked: True)
    assert open_as(owner, removed).status_code == 404


def test_a_lost_file_is_not_found_rather_than_a_crash(kept, owner, open_as, folder):
    document = kept(files.pdf(), "a.pdf")
    (folder / document.key).unlink()
    assert open_as(owner, document).status_code == 404


def test_only_reading_is_possible(web, kept, owner):
    document = kept(files.pdf(), "a.pdf")
    web.force_login(owner)
    assert web.head(f"/documents/{document.pk}/").status_code == 200
    assert web.post(f"/documents/{document.pk}/").status_code == 405


def test_the_status_tells_how_far_the_check_is(kept, owner, open_as):
    document = kept(files.pdf(change=files.launch), "a.pdf")
    answer = open_as(owner, document, "status/?field=papers").json()
    assert (answer["state"], answer["state_label"]) == ("refused", "未通过")
    assert answer["problem"] == document.problem
    assert set(answer["urls"]) == {"status", "file"}
    assert document.problem in answer["html"] and 'name="remove_papers"' in answer["html"]


def test_the_owner_of_a_draft_needs_no_account(web, owner):
    document = store(files.upload(files.image(), "a.jpg"), kind="test_photo", holder=owner)
    permissions.register_reader("accounts.User", ask_cookie, unready=ask_cookie)
    assert web.get(f"/documents/{document.pk}/").status_code == 404
    web.cookies["draft"] = "k"
    assert web.get(f"/documents/{document.pk}/").status_code == 200
    assert AuditEntry.objects.get(event="document.opened").actor is None


def ask_cookie(user, document, request):
    return request.COOKIES.get("draft") == "k"


# In parts, by nginx, by the bucket (tests of the last: test_bucket.py)


def test_a_download_goes_on_where_it_stopped(kept, owner, open_as):
    document = kept(files.pdf(), "a.pdf")
    data = storage.read(document)
    for asked, begin, end in [
        ("bytes=10-19", 10, 20),
        ("bytes=50-", 50, len(data)),
        ("bytes=-7", len(data) - 7, len(data)),
    ]:
        response = open_as(owner, document, headers={"Range": asked})
        assert (response.status_code, response.getvalue()) == (206, data[begin:end])
        assert response["Content-Range"] == f"bytes {begin}-{end - 1}/{len(data)}"
        assert response["Content-Disposition"].startswith("attachment")
    for whole in ("bytes=0-1,5-9", "lines=1-2", "bytes=-"):
        assert open_as(owner, document, headers={"Range": whole}).getvalue() == data
    beyond = open_as(owner, document, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(data)}")


def test_a_part_of_a_sealed_file_is_opened_and_recorded(kept, owner, open_as):
    document = kept(files.image(), "a.jpg", kind="test_photo")
    response = open_as(owner, document, headers={"Range": "bytes=0-2"})
    assert (response.status_code, response.getvalue()) == (206, b"\xff\xd8\xff")
    assert AuditEntry.objects.filter(event="document.opened").count() == 1


def test_behind_nginx_the_bytes_are_left_to_it(kept, owner, person, open_as, settings, folder):
    settings.ACCEL_LOCATION = "/private/"
    papers, photo = kept(files.pdf(), "许可证.pdf"), kept(files.image(), "b.jpg", kind="test_photo")
    response = open_as(owner, papers)
    assert (response["X-Accel-Redirect"], response.content) == (f"/private/{papers.key}", b"")
    assert response["Content-Type"] == "application/pdf" and response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert open_as(owner, papers, "preview/1/")["X-Accel-Redirect"] == f"/private/{storage.key_of(papers, '1')}"
    assert "X-Accel-Redirect" not in open_as(owner, photo), "what is sealed nginx cannot open"
    assert open_as(person("何静"), papers).status_code == 404
    (folder / papers.key).unlink()
    assert open_as(owner, papers).status_code == 404
