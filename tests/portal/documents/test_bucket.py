"""An S3-compatible store instead of a folder: the same life of a document, and bytes that browsers move themselves."""

import hashlib
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from portal.backup import files as backed_up
from portal.backup import places
from portal.documents import remote, storage
from portal.documents.actions import purge
from portal.documents.models import Document, Transfer
from portal.documents.tasks import check_documents
from tests.portal.documents import files
from tests.portal.documents.test_transfers import SCRIPT, begin, end, send, sha256
from tests.stores import lay_documents_in, s3

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    with s3() as address:
        yield address


@pytest.fixture
def bucket(server, settings):
    """The names in an empty bucket that holds the documents of this test."""
    return lay_documents_in(server, settings)


@pytest.fixture
def browser(web, owner):
    web.force_login(owner)
    return web


def test_a_document_lives_and_ends_in_a_bucket_as_in_a_folder(bucket, kept, owner):
    """Stored, checked, written anew, sealed, read, purged: the same keys in the same order."""
    papers, photo = kept(files.pdf(), "许可证.pdf"), kept(files.phone_photo(), "b.jpg", kind="test_photo")
    assert (papers.state, photo.state) == ("ready", "ready")
    keys = [
        papers.key,
        *(storage.key_of(papers, part) for part in ("1", "thumb")),
        photo.key,
        storage.key_of(photo, "thumb"),
    ]
    assert bucket() == sorted(keys)
    assert storage.read(photo).startswith(b"\xff\xd8\xff")
    purge([papers, photo])
    assert bucket() == []


def test_pieces_through_the_portal_end_in_the_bucket(bucket, browser):
    data = files.pdf() + bytes(300_000) + b"%%EOF"
    transfer = begin(browser, data).json()["transfer"]
    send(browser, transfer, 0, data, upto=100_000)
    send(browser, transfer, 100_000, data)
    assert end(browser, transfer).status_code == 201
    check_documents()
    document = Document.objects.get()
    assert (document.state, storage.read(document)) == ("ready", data)


def put(url, data):
    request = urllib.request.Request(url, data=data, method="PUT", headers={"Content-Type": "application/octet-stream"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


def test_a_large_file_goes_straight_to_the_bucket_in_signed_parts(bucket, browser):
    data = files.pdf() + bytes(9_000_000) + b"%%EOF"
    begun = begin(browser, data).json()
    assert begun["direct"] is True
    part = {"transfer": "part", "id": begun["transfer"]}
    for offset in (0, remote.PART):
        answer = browser.post("/papers/", part, **SCRIPT).json()
        assert answer["offset"] == offset
        asked = parse_qs(urlsplit(answer["url"]).query)
        assert int(asked["X-Amz-Expires"][0]) == remote.SEND_WITHIN and "X-Amz-Signature" in asked
        if offset == 0:
            assert end(browser, begun["transfer"]).status_code == 409, "not all has arrived"
        assert put(answer["url"], data[offset : offset + remote.PART]) == 200
    assert browser.post("/papers/", part, **SCRIPT).json()["url"] == ""
    answer = end(browser, begun["transfer"])
    assert answer.status_code == 201 and end(browser, begun["transfer"]).json()["id"] == answer.json()["id"]
    check_documents()
    document = Document.objects.get()
    assert (document.state, document.sha256) == ("ready", hashlib.sha256(data).hexdigest())
    assert document.key in bucket()


def test_other_bytes_than_were_announced_never_become_ready(bucket, browser):
    data = files.pdf() + bytes(9_000_000) + b"%%EOF"
    begun = begin(browser, data, sha256=sha256(b"other")).json()
    for offset in (0, remote.PART):
        answer = browser.post("/papers/", {"transfer": "part", "id": begun["transfer"]}, **SCRIPT).json()
        put(answer["url"], data[offset : offset + remote.PART])
    assert end(browser, begun["transfer"]).status_code == 201
    for _ in range(4):
        Document.objects.update(lease_until=None)
        check_documents()
    assert Document.objects.get().state == "stuck"


def test_an_upload_to_the_bucket_is_cancelled_there_too(bucket, browser):
    begun = begin(browser, files.pdf() + bytes(9_000_000)).json()
    browser.post("/papers/", {"transfer": "part", "id": begun["transfer"]}, **SCRIPT)
    assert browser.post("/papers/", {"transfer": "cancel", "id": begun["transfer"]}, **SCRIPT).status_code == 200
    assert (Transfer.objects.count(), bucket()) == (0, [])
    assert remote.client().list_multipart_uploads(Bucket=remote.place_of("")["Bucket"]).get("Uploads", []) == []


def test_personal_files_are_sealed_here_and_never_sent_straight(bucket, browser, settings):
    begun = begin(browser, files.image() + bytes(4_500_000), "a.jpg", to="/photo/").json()
    assert begun["direct"] is False


def test_a_download_is_a_signed_address_for_a_minute_and_the_right_is_asked_first(bucket, kept, owner, person, browser):
    papers, photo = kept(files.pdf(), "许可证.pdf"), kept(files.image(), "b.jpg", kind="test_photo")
    response = browser.get(f"/documents/{papers.pk}/")
    asked = parse_qs(urlsplit(response["Location"]).query)
    assert response.status_code == 302 and asked["X-Amz-Expires"] == [str(remote.FETCH_WITHIN)]
    assert asked["response-content-disposition"][0].startswith("attachment; filename*=utf-8''%E8%AE%B8")
    with urllib.request.urlopen(response["Location"], timeout=10) as fetched:
        assert fetched.read() == storage.read(papers)
    assert browser.get(f"/documents/{papers.pk}/preview/1/").status_code == 200
    assert browser.get(f"/documents/{photo.pk}/").status_code == 200, "what is sealed is opened here"
    browser.force_login(person("何静"))
    assert browser.get(f"/documents/{papers.pk}/").status_code == 404


def test_the_commands_know_the_bucket(bucket, kept, settings, tmp_path, capsys):
    settings.PORTAL_VAR = tmp_path
    kept(files.pdf(), "a.pdf")
    call_command("documents", "integrity")
    call_command("documents", "orphans")
    said = capsys.readouterr().out.splitlines()
    assert said == ["1 documents are sound.", "0 orphans found; --remove deletes them."]


def test_a_store_that_is_away_refuses_the_upload_soon_and_loses_nothing(bucket, browser, kept, settings):
    document = kept(files.pdf(), "a.pdf", checked=False)
    away = {**settings.STORAGES["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:1"}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": away}}
    answer = browser.post("/papers/", {"file": files.upload(files.pdf(), "b.pdf")}, **SCRIPT)
    assert answer.status_code == 507 and Document.objects.count() == 1
    check_documents()
    document.refresh_from_db()
    assert (document.state, document.attempts) == ("checking", 0)


def test_a_file_of_a_bucket_is_backed_up_once_and_put_back(bucket, tmp_path):
    key, stamp = "2026/11/" + "a" * 32, "20261123T013000Z"
    default_storage.save(key, ContentFile(b"stored"))
    place = places.Folder(tmp_path, stamp)
    entry = backed_up.copied(key, place, None)
    assert place.written == 6 and backed_up.copied(key, place, entry) is entry
    assert backed_up.copied("2026/11/nothing", place, None) is None
    place.close()
    default_storage.delete(key)
    assert not backed_up.is_there(entry)
    backed_up.put_back(places.find(tmp_path), entry)
    assert backed_up.is_there(entry) and bucket() == [key]
