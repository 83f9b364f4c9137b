"""The complete copy of a filing, as a page and as a PDF; each one is written down (product §9, N8)."""

import io

import pypdfium2
import pytest
from django.urls import reverse

from portal.audit.models import AuditEntry
from supervision.actions.numbers import numbers_of_works
from supervision.models import FilingParty
from supervision.receipt_pdf import EARLY_NOTE
from tests import make
from tests.supervision.acts import resubmit

pytestmark = pytest.mark.django_db


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "").replace("\n", "")


def page_of(client, filing, who, query=""):
    client.force_login(who)
    return client.get(reverse("filing:print", args=[filing.pk]) + query)


def pdf_of(client, filing, who, query=""):
    client.force_login(who)
    return client.get(reverse("filing:copy-pdf", args=[filing.pk]) + query)


def returned_and_filed():
    """A filing with a return behind it."""
    filing = make.submitted_filing()
    safety, quality = filing.reviews.get(role="safety"), filing.reviews.get(role="quality")
    officer = make.officer("safety")
    make.returned(safety, by=officer, text="请上传清晰的扫描件。")
    resubmit(filing, filing.created_by)
    make.approved(filing.reviews.get(pk=safety.pk), by=officer)
    make.approved(filing.reviews.get(pk=quality.pk))
    return type(filing).objects.get(pk=filing.pk), officer


def test_it_has_all_sections_items_decisions_and_the_list_of_papers(client):
    filing, _officer = returned_and_filed()
    page = page_of(client, filing, filing.created_by).content.decode()
    for words in (
        "基本信息",
        "责任主体信息",
        "单位工程信息",
        "附件清单",
        "安监审核",
        "质监审核",
        "补正意见与答复",
        "办理过程",
    ):
        assert words in page, words
    assert "请上传清晰的扫描件。" in page and "答复：已修改" in page
    assert numbers_of_works(filing.project_id)["safety", "1#楼"] in page
    text = text_of(pdf_of(client, filing, filing.created_by).content)
    for words in (
        "基本信息",
        "责任主体信息",
        "单位工程信息",
        "附件清单",
        "补正意见与答复",
        "办理过程",
        filing.number,
        "1#楼",
    ):
        assert words in text, words


def test_early_filings_say_that_they_are_no_permission_to_start(client):
    filing = make.submitted_filing()
    assert EARLY_NOTE in page_of(client, filing, filing.created_by).content.decode()
    assert EARLY_NOTE[:12] in text_of(pdf_of(client, filing, filing.created_by).content)


def test_personal_data_is_masked_unless_the_right_is_there(client):
    filing, officer = returned_and_filed()
    party = FilingParty.objects.get(filing=filing, party_type="contractor")
    for who in (filing.created_by, officer):
        page = page_of(client, filing, who).content.decode()
        assert party.head_id_number not in page and party.head_phone not in page and "陈**" in page
        full = page_of(client, filing, who, "?full=1").content.decode()
        assert party.head_id_number in full and party.head_phone in full
        assert party.head_id_number in text_of(pdf_of(client, filing, who, "?full=1").content)
        assert party.head_id_number not in text_of(pdf_of(client, filing, who).content)


def test_the_other_partys_people_print_it_masked_only(client):
    filing, _officer = returned_and_filed()
    unit = filing.parties.get(party_type="supervisor").enterprise
    reader = make.member(make.granted(unit), make.person("李晓楠")).user
    assert page_of(client, filing, reader).status_code == 200
    assert page_of(client, filing, reader, "?full=1").status_code == 403
    assert pdf_of(client, filing, reader, "?full=1").status_code == 403


def test_each_print_is_written_down(client):
    filing, officer = returned_and_filed()
    page_of(client, filing, filing.created_by)
    pdf_of(client, filing, officer, "?full=1")
    entries = AuditEntry.objects.filter(event="filing.printed").order_by("id")
    found = [(entry.actor_id, entry.details["form"], entry.details["full"]) for entry in entries]
    assert found == [(filing.created_by_id, "html", False), (officer.pk, "pdf", True)]


def test_strangers_get_404(client):
    filing = make.submitted_filing()
    for who in (make.site_officer(), make.officer("safety", area="WC"), make.operator()):
        assert page_of(client, filing, who).status_code == 404
        assert pdf_of(client, filing, who).status_code == 404


def test_a_draft_is_printed_as_one(client):
    filing = make.draft_filing()
    assert "草稿，尚未报监" in page_of(client, filing, filing.created_by).content.decode()
    assert pdf_of(client, filing, filing.created_by).status_code == 200


def test_long_answers_run_over_several_pages(client):
    filing = make.submitted_filing()
    filing.reviews.update(opinion="")
    review = filing.reviews.get(role="safety")
    officer = make.officer("safety")
    make.returned(review, by=officer, text="很" * 500)
    text = text_of(pdf_of(client, filing, filing.created_by).content)
    assert "很很很很" in text and "第 2 页" in text
