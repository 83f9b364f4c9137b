"""Documents in a bucket, in a real browser: a large file goes there by itself, under addresses that the portal signed."""

import pytest
from playwright.sync_api import expect

from supervision.models import Attachment
from tests import make
from tests.e2e.conftest import work
from tests.e2e.test_projects import sign_in
from tests.stores import lay_documents_in, s3

MB = 1024 * 1024


@pytest.fixture
def bucket(settings):
    """The names of what lies there, once browsers are allowed to send to it."""
    with s3() as address:
        allowed = settings.CONTENT_SECURITY_POLICY
        settings.CONTENT_SECURITY_POLICY = allowed.replace("connect-src 'self'", f"connect-src 'self' {address}")
        yield address, lay_documents_in(address, settings)


def test_a_large_file_goes_straight_to_the_bucket_and_nobody_else_gets_it(people, reference, bucket):
    address, names = bucket
    author = make.site_officer()
    filing = make.draft_filing("early_intervention", by=author)
    large = make.pdf("施工图审查合格书.pdf").read() + bytes(9 * MB) + b"%%EOF"
    person = people(width=390)
    sign_in(person, author.phone)
    page, sent = person.opens(f"/filing/{filing.pk}/edit/attachments/"), []
    page.on("request", lambda one: one.method == "PUT" and sent.append(one.url))
    box = page.locator("#M29")
    box.locator("input[type=file]").set_input_files(
        [{"name": "施工图审查合格书.pdf", "mimeType": "application/pdf", "buffer": large}]
    )
    expect(box.locator("[data-document]")).to_contain_text("施工图审查合格书.pdf", timeout=15_000)
    document = Attachment.objects.get(filing=filing).document
    assert len(sent) == 2 and all(url.startswith(address) and "X-Amz-Signature=" in url for url in sent)
    assert (document.size, document.state) == (len(large), "checking") and document.key in names()
    expect(box.locator("[data-document]")).to_contain_text("检查中")
    work()
    expect(box.locator("[data-document]")).not_to_contain_text("检查中", timeout=20_000)
    document.refresh_from_db()
    assert document.state == "ready" and page.request.get(f"/documents/{document.pk}/preview/1/").ok

    fetched = page.request.get(f"/documents/{document.pk}/")
    assert fetched.url.startswith(address) and "X-Amz-Expires=60&" in fetched.url and fetched.body() == large

    stranger = people()
    sign_in(stranger, make.site_officer("陌生人").phone)
    for path in (f"/documents/{document.pk}/", f"/documents/{document.pk}/preview/1/"):
        assert stranger.page.request.get(path).status == 404
