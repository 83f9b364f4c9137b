"""The receipt: in Chinese without a missing glyph, verifiable by anyone, silent about persons."""

import io

import pikepdf
import pypdfium2
import pytest
from django.urls import reverse

from accounts.models import Station
from portal.places import District, JurisdictionArea
from supervision import receipt_pdf as pdf
from supervision.catalogue import Module
from supervision.models import Receipt
from tests import make

pytestmark = pytest.mark.django_db


def text_of(data):
    document = pypdfium2.PdfDocument(data)
    return "".join(page.get_textpage().get_text_range() for page in document)


def plain(text):
    return "".join(text.split())


@pytest.fixture
def author():
    return make.site_officer()


def test_the_pdf_says_what_the_portal_knows(client, author):
    filing = make.filed_filing(Module.JOINT, by=author)
    receipt = Receipt.objects.get(filing=filing)
    client.force_login(author)
    response = client.get(reverse("filing:receipt", args=[filing.pk]))
    assert response["Content-Type"] == "application/pdf"
    text = plain(text_of(response.content))
    for fact in (filing.number, filing.works_name, filing.permit_no, receipt.code):
        assert plain(fact) in text
    for review in filing.reviews.all():
        assert review.supervision_no in text
        assert review.station.name in text
    assert plain(pdf.EARLY_NOTE) not in text


@pytest.mark.parametrize("module", [Module.EARLY, Module.ADVANCE])
def test_an_early_receipt_says_that_it_is_no_permission_to_start(module):
    receipt = Receipt.objects.get(filing=make.filed_filing(module))
    assert plain(pdf.EARLY_NOTE) in plain(text_of(pdf.receipt_pdf(receipt)))


def test_the_font_is_embedded_as_a_subset_and_the_page_stays_small():
    receipt = Receipt.objects.get(filing=make.filed_filing())
    data = pdf.receipt_pdf(receipt)
    with pikepdf.open(io.BytesIO(data)) as document:
        fonts = list(document.pages[0].Resources.Font.values())
        assert any("/FontFile2" in font.get("/FontDescriptor", {}) for font in fonts)
        assert len(document.pages) == 1
    assert len(data) < 200_000


def test_no_word_that_a_receipt_may_hold_lacks_a_glyph():
    make.reference()
    names = [*District.objects.values_list("name", flat=True), *JurisdictionArea.objects.values_list("name", flat=True)]
    names += Station.objects.values_list("name", flat=True)
    fixed = [pdf.TITLE, pdf.EARLY_NOTE, pdf.VERIFY_NOTE, *pdf.ROLES.values(), *map(str, Module.labels)]
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz（）〔〕【】“”、，。：；·—-–#№㎡²°℃±《》〓"
    assert pdf.missing_glyphs("".join([*names, *fixed, signs])) == set()


def test_a_sign_the_font_does_not_know_is_shown_as_missing_and_breaks_nothing():
    filing = make.filed_filing(works_name="𠮷兴大厦")
    assert pdf.missing_glyphs("𠮷") == {"𠮷"}
    assert "〓兴大厦" in plain(text_of(pdf.receipt_pdf(Receipt.objects.get(filing=filing))))


def test_names_with_signs_of_markup_are_shown_as_they_are():
    filing = make.filed_filing(works_name="A&B <一期> 大厦")
    assert plain("A&B <一期> 大厦") in plain(text_of(pdf.receipt_pdf(Receipt.objects.get(filing=filing))))


def test_anyone_may_verify_it_and_reads_nothing_personal(client):
    filing = make.filed_filing()
    receipt = Receipt.objects.get(filing=filing)
    page = client.get(reverse("receipt-verify", args=[receipt.code])).content.decode()
    assert filing.number in page
    assert filing.works_name in page
    for review in filing.reviews.all():
        assert review.supervision_no in page
    for party in filing.parties.all():
        for personal in (party.head_name, party.head_phone, party.head_id_number):
            assert personal not in page
    assert receipt.filing.submitted_by.name not in page


@pytest.mark.parametrize("code", ["unknown", "x" * 200, "报监"])
def test_an_unknown_code_is_told_so(client, code):
    response = client.get(reverse("receipt-verify", args=[code]))
    assert response.status_code == 404
    assert "没有找到这份回执" in response.content.decode()


def test_a_stranger_does_not_get_the_pdf(client):
    filing = make.filed_filing()
    client.force_login(make.site_officer())
    assert client.get(reverse("filing:receipt", args=[filing.pk])).status_code == 404


def test_there_is_no_receipt_before_it_is_complete(client, author):
    filing = make.submitted_filing(by=author)
    client.force_login(author)
    assert client.get(reverse("filing:receipt", args=[filing.pk])).status_code == 404
