"""附件: each file by itself, kept with its history, read by whom it concerns."""

import hashlib
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client
from django.urls import reverse

from enterprises.models import Member
from portal.audit.models import AuditEntry
from portal.documents.models import Document
from portal.documents.tasks import check_documents
from portal.errors import Refused
from supervision.actions import attach, remove_attachment
from supervision.catalogue import Module
from supervision.gaps import badges
from supervision.models import Attachment, Filing, Material
from tests import make
from tests.supervision.acts import submit
from tests.supervision.screen import words
from tests.supervision.test_corrections import give_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return make.draft_filing(Module.EARLY, by=author)


@pytest.fixture
def browser(author):
    return signed_in(author)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def url(filing, material=""):
    return f"/filing/{filing.pk}/edit/attachments/" + (f"?material={material}" if material else "")


def material(code="M01"):
    return Material.objects.get(pk=code)


def by_script(browser, filing, file, code="M01", **values):
    return browser.post(
        url(filing, code), {"field": code, "file": file, **values}, headers={"accept": "application/json"}
    )


def in_force(filing):
    return [str(each.document) for each in Attachment.objects.filter(filing=filing, removed_at=None, replaced_by=None)]


# The action


def test_a_file_is_kept_for_its_material_and_checked(author, filing):
    attachment = attach(filing, material=material(), file=make.pdf("登记表.pdf"), by=author)
    assert (attachment.material_id, attachment.document.state, attachment.added_by) == ("M01", "checking", author)
    check_documents()
    assert Document.objects.get(pk=attachment.document_id).state == "ready"


def test_replacing_keeps_the_earlier_file_with_who_and_when(author, filing):
    first = attach(filing, material=material(), file=make.pdf("旧.pdf"), by=author)
    second = attach(
        filing, material=material(), file=make.pdf("新.pdf"), replaces=first.document_id, reason="盖章不清", by=author
    )
    first.refresh_from_db()
    assert (second.replaces, first.removed_by, first.removed_because) == (first, author, "盖章不清")
    assert in_force(filing) == ["新.pdf"]
    with pytest.raises(Refused, match="已经被替换或删除"):
        attach(filing, material=material(), file=make.pdf(), replaces=first.document_id, by=author)


def test_a_removed_file_is_gone_from_the_list_and_stays_on_record(author, filing):
    attachment = attach(filing, material=material(), file=make.pdf(), by=author)
    remove_attachment(filing, document=attachment.document_id, by=author)
    assert in_force(filing) == []
    assert Attachment.objects.get().removed_by == author


def test_strangers_and_closed_filings(author, filing):
    with pytest.raises(Http404):
        attach(filing, material=material(), file=make.pdf(), by=make.site_officer())
    closed = submit(make.ready_filing(by=author), author)
    with pytest.raises(Refused, match="不能修改"):
        attach(closed, material=material(), file=make.pdf(), by=author)


def test_a_material_the_module_does_not_ask_for_is_refused(author):
    joint = make.draft_filing(Module.JOINT, by=author)
    with pytest.raises(Refused, match="本模块不需要"):
        attach(joint, material=material("M03"), file=make.pdf(), by=author)


def test_a_page_renamed_to_a_photo_is_refused(author, filing):
    file = SimpleUploadedFile("现场.jpg", b"<html><script>alert(1)</script></html>", content_type="image/jpeg")
    with pytest.raises(Refused):
        attach(filing, material=material("M29"), file=file, by=author)
    assert in_force(filing) == []
    assert Document.objects.count() == 0


@pytest.mark.parametrize(("code", "taken"), [("M21", True), ("M22", True), ("M01", False)])
def test_only_the_long_plans_may_come_as_text(author, filing, code, taken):
    file = SimpleUploadedFile("方案.docx", b"PK\x03\x04" + bytes(200))
    if taken:
        assert attach(filing, material=material(code), file=file, by=author).document.kind == "material_text"
        return
    with pytest.raises(Refused, match="50M"):
        attach(filing, material=material(code), file=file, by=author)


def test_papers_about_a_person_are_sealed(author, filing):
    assert attach(filing, material=material("M30"), file=make.pdf(), by=author).document.sealed


def test_a_return_opens_the_flagged_material_alone_and_asks_why_a_read_file_goes(author):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    give_back(filing, ("attachments", "M18"))
    old = Attachment.objects.get(filing=filing, material="M18").document_id
    with pytest.raises(Refused, match="只能修改被指出的部分"):
        attach(filing, material=material("M01"), file=make.pdf(), by=author)
    with pytest.raises(Refused, match="原因"):
        attach(filing, material=material("M18"), file=make.pdf("新.pdf"), replaces=old, by=author)
    attach(filing, material=material("M18"), file=make.pdf("新.pdf"), replaces=old, reason="按意见补签", by=author)
    assert Document.objects.get(pk=old).state == "ready"  # the station has read it


# The page


def test_the_checklist_says_what_each_module_asks(author):
    browser = signed_in(author)
    early, advance = (make.draft_filing(module, by=author) for module in (Module.EARLY, Module.ADVANCE))
    text = words(browser.get(url(early)))
    assert "质量安全监督登记表（盖章）" in text
    assert "必传" in text
    assert "50M" in text
    assert "必传" not in words(browser.get(url(advance)))
    assert "本模块附件均为选传" in words(browser.get(url(advance)))


def test_what_the_permit_brings_need_not_be_sent(author, browser):
    joint = make.draft_filing(Module.JOINT, by=author)
    assert "许可证自动带入" in words(browser.get(url(joint)))


def test_several_files_come_with_a_plain_form_and_one_bad_one_keeps_none_away(browser, filing):
    bad = SimpleUploadedFile("假.jpg", b"<html></html>")
    answer = browser.post(
        url(filing), {"M01": [make.pdf("甲.pdf"), make.pdf("乙.pdf")], "M29": bad, "M08": make.jpeg()}
    )
    assert sorted(in_force(filing)) == ["乙.pdf", "照片.jpg", "甲.pdf"]
    text = words(browser.get(answer["Location"]))
    assert "已收到 3 个文件" in text
    assert "假.jpg" in text


def test_a_script_sends_replaces_and_removes(browser, filing):
    sent = by_script(browser, filing, make.pdf("甲.pdf"))
    assert (sent.status_code, sent.json()["state"]) == (201, "checking")
    second = by_script(browser, filing, make.pdf("乙.pdf"), replaces=sent.json()["id"])
    assert in_force(filing) == ["乙.pdf"]
    gone = browser.post(url(filing, "M01"), {"remove": second.json()["id"]}, headers={"accept": "application/json"})
    assert gone.json() == {"removed": second.json()["id"]}
    assert in_force(filing) == []


def test_a_script_is_told_why_a_file_is_refused(browser, filing):
    answer = by_script(browser, filing, SimpleUploadedFile("表.xlsx", b"PK\x03\x04" + bytes(99)))
    assert answer.status_code == 422
    assert "只能上传pdf/jpg/jpeg/png文件，且不超过50M" in answer.json()["reasons"][0]
    assert by_script(browser, filing, make.pdf(), code="M77").status_code == 404
    assert browser.post(url(filing), {}, headers={"accept": "application/json"}).status_code == 422


def test_a_file_stays_when_another_section_is_wrong(browser, filing):
    by_script(browser, filing, make.pdf("甲.pdf"))
    browser.post(f"/filing/{filing.pk}/edit/basics/", {"version": "0", "longitude": "x"})
    assert in_force(filing) == ["甲.pdf"]
    assert "甲.pdf" in words(browser.get(url(filing)))


def test_the_page_says_how_each_file_stands_and_what_was_there_before(author, browser, filing):
    first = attach(filing, material=material(), file=make.pdf("旧版.pdf"), by=author)
    attach(filing, material=material(), file=make.pdf("新版.pdf"), replaces=first.document_id, reason="补章", by=author)
    text = words(browser.get(url(filing)))
    assert "检查中" in text
    assert "历史版本（1）" in text
    assert "旧版.pdf" in text
    assert "补章" in text
    assert badges(Filing.objects.get(pk=filing.pk))["attachments"] == "未填"


def test_each_change_counts_a_version(author, filing):
    attachment = attach(filing, material=material(), file=make.pdf(), by=author)
    remove_attachment(filing, document=attachment.document_id, by=author)
    assert Filing.objects.get(pk=filing.pk).attachments_version == 2


# Who may have the files


def test_files_are_for_the_applicants_and_after_submission_for_the_stations(author):
    filing = make.ready_filing(by=author)
    handed_in = attach(filing, material=material("M03"), file=make.pdf("申请表.pdf"), by=author).document
    dropped = attach(filing, material=material("M04"), file=make.pdf("撤下的.pdf"), by=author).document
    check_documents()
    remove_attachment(filing, document=dropped.pk, by=author)
    officer, stranger = make.officer("safety"), make.site_officer()
    address = address_of(handed_in)
    assert signed_in(author).get(address).status_code == 200
    assert signed_in(officer).get(address).status_code == 404
    submit(Filing.objects.get(pk=filing.pk), author)
    assert signed_in(officer).get(address).status_code == 200
    assert signed_in(make.officer("safety", area="WC")).get(address).status_code == 404
    assert signed_in(stranger).get(address).status_code == 404
    assert Client().get(address).status_code == 404
    assert signed_in(officer).get(address_of(dropped)).status_code == 404


def test_a_replaced_file_of_a_frozen_version_stays_readable_to_the_station_and_the_new_one_waits(author):
    filing = make.ready_filing(by=author)
    old = attach(filing, material=material("M03"), file=make.pdf("旧.pdf"), by=author).document
    check_documents()
    submit(Filing.objects.get(pk=filing.pk), author)
    give_back(filing, ("attachments", "M03"))
    new = attach(
        filing, material=material("M03"), file=make.pdf("新.pdf"), replaces=old.pk, reason="补签", by=author
    ).document
    check_documents()
    officer = signed_in(make.officer("safety"))
    assert officer.get(address_of(old)).status_code == 200
    assert officer.get(address_of(new)).status_code == 404


def address_of(document):
    return reverse("documents:file", args=[document.pk])


# In pieces, twice, and all as one archive


def in_pieces(browser, filing, data, name="合同.pdf", **more):
    ask = {"headers": {"accept": "application/json"}}
    facts = {"transfer": "begin", "name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    begun = browser.post(url(filing, "M01"), facts | more, **ask)
    if begun.status_code != 200:
        return begun
    transfer = begun.json()["transfer"]
    for offset in range(0, len(data), 1000):
        piece = data[offset : offset + 1000]
        headers = {"accept": "application/json", "upload-transfer": transfer, "upload-offset": str(offset)}
        headers["upload-checksum"] = hashlib.sha256(piece).hexdigest()
        sent = browser.post(url(filing, "M01"), piece, content_type="application/octet-stream", headers=headers)
        if sent.status_code != 200:
            return sent
    return browser.post(url(filing, "M01"), {"transfer": "finish", "id": transfer, "field": "M01"} | more, **ask)


def test_a_file_in_pieces_becomes_an_attachment_once(browser, filing):
    data = make.pdf("x").read()
    answer = in_pieces(browser, filing, data)
    assert answer.status_code == 201 and in_force(filing) == ["合同.pdf"]
    again = in_pieces(browser, filing, data, "再传.pdf")
    assert (again.status_code, again.json()["same"], in_force(filing)) == (201, True, ["合同.pdf"])
    page = browser.post(url(filing), {"M01": SimpleUploadedFile("第三次.pdf", data)}, follow=True)
    assert "与已上传的文件内容相同，没有重复保存" in words(page) and in_force(filing) == ["合同.pdf"]


def test_the_right_is_asked_at_each_piece(browser, author, filing):
    data = make.pdf("x").read()
    stranger = signed_in(make.site_officer())
    assert in_pieces(stranger, filing, data).status_code == 404
    real = {"transfer": "begin", "name": "a.pdf", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    transfer = browser.post(url(filing, "M01"), real, headers={"accept": "application/json"}).json()["transfer"]
    Member.objects.filter(user=author).update(status=Member.Status.DISABLED)
    headers = {"accept": "application/json", "upload-transfer": transfer, "upload-offset": "0"}
    piece = browser.post(url(filing, "M01"), data, content_type="application/octet-stream", headers=headers)
    assert piece.status_code == 404


def test_all_files_come_as_one_archive_and_that_is_written_down(browser, author, filing):
    by_script(browser, filing, make.pdf("随便起的名字.pdf"))
    archive = f"/filing/{filing.pk}/documents.zip"
    assert browser.get(archive).status_code == 409, "nothing is checked yet"
    check_documents()
    answer = browser.get(archive)
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as unpacked:
        assert unpacked.testzip() is None and unpacked.namelist()[0].startswith("01_")
        assert "随便起的名字.pdf" in unpacked.read("文件清单.csv").decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert AuditEntry.objects.get(event="filing.documents_taken").details["files"] == 1
    assert signed_in(make.site_officer()).get(archive).status_code == 404
