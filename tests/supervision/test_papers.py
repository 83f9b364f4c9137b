"""Files one by one: templates and dates of materials, versions, names and order, what is added after approval."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.audit import entries_about
from portal.documents.models import Document
from portal.documents.tasks import check_documents
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.actions import (
    answer_item,
    attach,
    describe_attachment,
    drop_addendum,
    hand_in_addendum,
    move_attachment,
    open_addendum,
    open_items,
    publish_material_file,
    remove_attachment,
    save_basics,
    withdraw_material_file,
)
from supervision.blank_forms import FORMS
from supervision.catalogue import Module
from supervision.frozen import attachments_in_force
from supervision.gaps import gaps_in
from supervision.models import Addendum, Attachment, Filing, Material, MaterialFile, MaterialRule, Review
from tests import make
from tests.supervision.acts import resubmit, review_of, submit, together
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
def filed(author):
    return make.filed_filing(Module.EARLY, by=author)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def material(code="M01"):
    return Material.objects.get(pk=code)


def names(filing, code="M01"):
    return [str(each.document) for each in attachments_in_force(filing).filter(material=code)]


def added(filed, author, *files, code="M18", **facts):
    """An addition with these files, checked, not yet handed in."""
    addendum = open_addendum(filed, material=material(code), reason="补签支付计划", by=author, **facts)
    browser = signed_in(author)
    for file in files or [make.pdf("补签.pdf")]:
        url = reverse("filing:addendum", args=[filed.pk, addendum.pk])
        browser.post(url, {"file": file}, headers={"accept": "application/json"})
    check_documents()
    return addendum


# What a module asks, and from when


def test_a_requirement_holds_from_its_day_and_ends_on_its_day(author):
    draft = make.ready_filing(Module.EARLY, by=author)
    rule = MaterialRule.objects.get(material="M27", module=Module.EARLY)
    tomorrow = timezone.localdate() + timedelta(days=1)
    MaterialRule.objects.create(material_id="M27", module=Module.EARLY, need="required", valid_from=tomorrow)
    assert [gap.place for gap in gaps_in(draft)] == []
    MaterialRule.objects.filter(material="M27", module=Module.EARLY).exclude(pk=rule.pk).update(
        valid_from=timezone.localdate()
    )
    assert [gap.place for gap in gaps_in(draft)] == ["M27"]
    yesterday = timezone.localdate() - timedelta(days=1)
    MaterialRule.objects.filter(pk=rule.pk).update(valid_to=yesterday)
    MaterialRule.objects.filter(material="M27", module=Module.EARLY).exclude(pk=rule.pk).delete()
    assert "M27" not in [each.material_id for each in MaterialRule.objects.for_filing(draft)]


def test_a_returned_filing_is_measured_by_the_list_of_the_day_it_was_handed_in(author):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    give_back(filing)
    filing = Filing.objects.get(pk=filing.pk)
    MaterialRule.objects.create(
        material_id="M27", module=Module.EARLY, need="required", valid_from=timezone.localdate() + timedelta(days=1)
    )
    first = filing.versions.get(number=1)
    assert first.submitted_at.date() <= timezone.localdate()
    assert {rule.need for rule in MaterialRule.objects.for_filing(filing) if rule.material_id == "M27"} == {"optional"}


def test_advance_service_recommends_and_never_blocks(author):
    advance = make.ready_filing(Module.ADVANCE, by=author)
    rules = {rule.material_id: rule.need for rule in MaterialRule.objects.for_filing(advance)}
    assert (rules["M03"], rules["M11"]) == ("recommended", "optional")
    assert gaps_in(advance) == []
    page = words(signed_in(author).get(f"/filing/{advance.pk}/edit/attachments/"))
    assert "建议上传" in page and "必传" not in page


def test_what_is_let_in_is_a_row_that_operators_edit(author, filing):
    file = SimpleUploadedFile("方案.docx", b"PK\x03\x04" + bytes(200))
    with pytest.raises(Refused, match="这个文件是 .docx 格式"):
        attach(filing, material=material("M17"), file=file, by=author)
    Material.objects.filter(pk="M17").update(accepts="material_text")
    assert attach(filing, material=material("M17"), file=file, by=author).document.kind == "material_text"


# Blank forms and examples


def test_an_operator_publishes_versions_and_applicants_get_the_latest_that_is_sound(author, filing):
    operator = make.operator()
    first = publish_material_file(material(), purpose="template", file=make.pdf("登记表一.pdf"), by=operator)
    check_documents()
    second = publish_material_file(material(), purpose="template", file=make.pdf("登记表二.pdf"), by=operator)
    browser, page = signed_in(author), f"/filing/{filing.pk}/edit/attachments/"
    assert (first.number, second.number) == (1, 2)
    assert "模板（第 1 版）" in words(browser.get(page))
    check_documents()
    assert "模板（第 2 版）" in words(browser.get(page))
    assert browser.get(reverse("documents:file", args=[second.document_id])).status_code == 200
    assert Client().get(reverse("documents:file", args=[second.document_id])).status_code == 404
    withdraw_material_file(second, by=operator)
    assert "模板（第 1 版）" in words(browser.get(page))
    with pytest.raises(Refused, match="已经停用"):
        withdraw_material_file(second, by=operator)


def test_a_version_for_later_waits_for_its_day(author):
    later = timezone.localdate() + timedelta(days=3)
    publish_material_file(
        material(), purpose="example", file=make.pdf(), valid_from=later, note="新格式", by=make.operator()
    )
    check_documents()
    assert not MaterialFile.objects.in_force().exists()


def test_only_operators_publish(author):
    with pytest.raises(PermissionDenied):
        publish_material_file(material(), purpose="template", file=make.pdf(), by=author)


def test_the_admin_takes_a_template_and_says_what_is_wrong_with_another(client):
    make.reference()
    client.force_login(make.operator())
    url = reverse("admin:supervision_materialfile_add")
    facts = {"material": "M01", "purpose": "template", "valid_from": "2026-11-22", "note": ""}
    wrong = client.post(url, facts | {"file": SimpleUploadedFile("a.exe", b"MZ")})
    assert "只能上传docx/xlsx/pdf" in words(wrong)
    assert client.post(url, facts | {"file": make.pdf("登记表.pdf")}).status_code == 302
    published = MaterialFile.objects.get()
    assert (published.number, published.document.name) == (1, "登记表.pdf")
    assert "登记表.pdf" in words(client.get(reverse("admin:supervision_materialfile_changelist")))
    assert client.get(reverse("admin:supervision_materialfile_change", args=[published.pk])).status_code == 200


@pytest.mark.parametrize("code", FORMS)
def test_our_own_blank_forms_are_word_files_with_what_is_known(author, code):
    filing = make.ready_filing(Module.EARLY, by=author)
    browser = signed_in(author)
    for url in (reverse("filing:blank", args=[filing.pk, code]), reverse("filing:material-blank", args=[code])):
        answer = browser.get(url)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
            text = package.read("word/document.xml").decode()
        assert str(FORMS[code].title) in text
        assert "参考格式" in text
        assert (filing.works_name in text) == (str(filing.pk) in url)
    assert "head_id" not in text
    assert signed_in(make.site_officer()).get(reverse("filing:blank", args=[filing.pk, code])).status_code == 404


def test_a_material_without_a_form_has_none(author, filing):
    assert signed_in(author).get(reverse("filing:blank", args=[filing.pk, "M05"])).status_code == 404


def test_the_list_of_materials_is_there_before_anything_is_begun(author):
    browser = signed_in(author)
    page = words(browser.get("/filing/materials/"))
    assert "质量安全监督登记表" in page and "参考表格" in page
    assert "限期补办施工许可手续承诺书" in words(browser.get("/filing/materials/?module=early_intervention"))


# One file's own page


def test_a_file_is_renamed_and_described_and_keeps_its_extension(author, filing):
    attachment = attach(filing, material=material(), file=make.pdf("IMG_0001.pdf"), by=author)
    describe_attachment(filing, document=attachment.document_id, name="登记表/盖章", note="第 1–3 页", by=author)
    attachment.refresh_from_db()
    assert (attachment.document.name, attachment.note) == ("盖章.pdf", "第 1–3 页")
    with pytest.raises(Http404):
        describe_attachment(filing, document=attachment.document_id, name="x", note="", by=make.site_officer())


def test_what_a_station_has_read_keeps_its_name(author):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    give_back(filing, ("attachments", "M18"))
    document = Attachment.objects.get(filing=filing, material="M18").document_id
    with pytest.raises(Refused, match="不能改名"):
        describe_attachment(filing, document=document, name="别的", note="", by=author)
    described = describe_attachment(filing, document=document, name="材料", note="含附表", by=author)
    assert described.note == "含附表"


def test_files_of_a_material_are_put_in_order_and_later_ones_come_last(author, filing):
    files = {name: attach(filing, material=material(), file=make.pdf(f"{name}.pdf"), by=author) for name in "甲乙丙"}
    move_attachment(filing, document=files["丙"].document_id, up=True, by=author)
    move_attachment(filing, document=files["甲"].document_id, up=True, by=author)
    assert names(filing) == ["甲.pdf", "丙.pdf", "乙.pdf"]
    attach(filing, material=material(), file=make.pdf("丁.pdf"), replaces=files["丙"].document_id, by=author)
    attach(filing, material=material(), file=make.pdf("戊.pdf"), by=author)
    assert names(filing) == ["甲.pdf", "丁.pdf", "乙.pdf", "戊.pdf"]


def test_the_page_of_a_file_does_it_all_without_script(author, filing):
    first = attach(filing, material=material(), file=make.pdf("甲.pdf"), by=author)
    attach(filing, material=material(), file=make.pdf("乙.pdf"), by=author)
    browser = signed_in(author)
    url = reverse("filing:attachment", args=[filing.pk, first.document_id])
    browser.post(url, {"do": "describe", "name": "登记表", "note": "首页"})
    browser.post(url, {"do": "down"})
    assert names(filing) == ["乙.pdf", "登记表.pdf"]
    refused = browser.post(url, {"do": "replace", "reason": "", "file": SimpleUploadedFile("a.exe", b"MZ")})
    assert "这个文件是 .exe 格式" in words(refused)
    answer = browser.post(url, {"do": "replace", "reason": "盖章不清", "file": make.pdf("新版.pdf")})
    page = words(browser.get(answer["Location"]))
    assert "第 2 版" in page and "盖章不清" in page and "登记表.pdf" in page
    gone = answer["Location"]
    assert browser.post(gone, {"do": "remove"}).status_code == 302
    assert names(filing) == ["乙.pdf"]
    assert signed_in(make.site_officer()).get(url).status_code == 404


def test_all_files_together_have_a_limit(author, filing, monkeypatch):
    attach(filing, material=material(), file=make.pdf(), by=author)
    monkeypatch.setattr("supervision.actions.attachments.ALL_FILES_MOST", 1024)
    with pytest.raises(Refused, match="全部附件合计不能超过 1 KB"):
        attach(filing, material=material(), file=make.pdf(), by=author)
    assert len(names(filing)) == 1


def test_the_page_of_the_files_says_how_many_and_how_much(author, filing):
    attach(filing, material=material(), file=make.pdf(), by=author)
    assert "共 1 个文件，合计 1 KB（上限 2048 MB）" in words(
        signed_in(author).get(f"/filing/{filing.pk}/edit/attachments/")
    )


# The viewer


def test_a_file_is_looked_at_page_by_page_and_leads_to_its_neighbours(author, filing):
    first = attach(filing, material=material(), file=make.pdf("甲.pdf", pages=3), by=author).document
    second = attach(filing, material=material("M29"), file=make.jpeg("乙.jpg"), by=author).document
    check_documents()
    browser = signed_in(author)
    url = reverse("filing:paper", args=[filing.pk, first.pk])
    page = browser.get(url, {"page": "2"}).content.decode()
    assert "第 2 / 3 页" in page and f"{url}?page=1" in page and f"{url}?page=3" in page
    assert reverse("filing:paper", args=[filing.pk, second.pk]) in page
    assert "第 3 / 3 页" in browser.get(url, {"page": "99"}).content.decode()
    assert "第 1 / 1 页" in browser.get(reverse("filing:paper", args=[filing.pk, second.pk])).content.decode()


def test_the_viewer_is_closed_to_strangers_and_to_stations_before_handing_in(author):
    filing = make.ready_filing(Module.EARLY, by=author)
    document = attach(filing, material=material("M99"), file=make.pdf(), by=author).document
    check_documents()
    url = reverse("filing:paper", args=[filing.pk, document.pk])
    officer = make.officer("safety")
    assert signed_in(officer).get(url).status_code == 404
    submit(Filing.objects.get(pk=filing.pk), author)
    assert signed_in(officer).get(url).status_code == 200
    assert signed_in(make.site_officer()).get(url).status_code == 404
    other = make.draft_filing(Module.EARLY, by=author)
    assert signed_in(author).get(reverse("filing:paper", args=[other.pk, document.pk])).status_code == 404


# 45 Attachment replaced after approval: not editable; supplement with new version and reason


def test_an_attachment_is_not_replaced_after_approval(author, filed):
    """Edge case 45, first half."""
    attachment = Attachment.objects.filter(filing=filed).first()
    for act in (
        lambda: attach(
            filed, material=attachment.material, file=make.pdf(), replaces=attachment.document_id, reason="x", by=author
        ),
        lambda: remove_attachment(filed, document=attachment.document_id, reason="x", by=author),
        lambda: describe_attachment(filed, document=attachment.document_id, name="x", note="", by=author),
        lambda: move_attachment(filed, document=attachment.document_id, up=True, by=author),
    ):
        with pytest.raises(Refused, match="报监完毕.*不能修改"):
            act()


def test_a_supplement_is_a_new_version_with_its_reason_and_nothing_frozen_changes(author, filed):
    """Edge case 45, second half."""
    old = Attachment.objects.get(filing=filed, material="M18")
    version = filed.versions.get()
    before = (version.digest, version.data)
    addendum = hand_in_addendum(added(filed, author, replaces=old.document_id), by=author)

    new = Attachment.objects.get(filing=filed, material="M18", removed_at=None)
    old.refresh_from_db()
    assert (new.replaces, old.removed_because, addendum.number) == (old, "补签支付计划", 1)
    version.refresh_from_db()
    assert (version.digest, version.data) == before
    assert Filing.objects.get(pk=filed.pk).status == "filed"
    assert {review.status for review in Review.objects.filter(filing=filed)} == {"approved"}


def test_the_stations_are_told_and_both_sides_see_it(author, filed):
    officers = {role: review_of(filed, role).assignee for role in ("safety", "quality")}
    addendum = hand_in_addendum(added(filed, author), by=author)
    told = Message.objects.filter(event="filing.addendum")
    assert [message.user for message in told] == [officers["safety"]]  # 质监 does not read M18
    assert "补签支付计划" in told.get().body
    page = words(signed_in(author).get(filed.get_absolute_url()))
    assert "第 1 次补充" in page and "补签支付计划" in page and "补签.pdf" in page
    review = review_of(filed, "safety")
    desk = signed_in(officers["safety"]).get(reverse("review:detail", args=[review.pk]))
    assert "第 1 次补充" in words(desk)
    document = Document.objects.held_by(addendum).get()
    paper = reverse("filing:paper", args=[filed.pk, document.pk])
    assert signed_in(officers["safety"]).get(paper).status_code == 200
    assert signed_in(make.site_officer()).get(paper).status_code == 404
    entry = entries_about(filed).get(event="filing.addendum")
    assert (entry.actor, entry.details["number"]) == (author, 1)


def test_a_draft_is_for_the_applicants_alone_and_waits_for_the_check(author, filed):
    addendum = open_addendum(filed, material=material("M18"), reason="补签", by=author)
    with pytest.raises(Refused, match="请先上传"):
        hand_in_addendum(addendum, by=author)
    browser = signed_in(author)
    url = reverse("filing:addendum", args=[filed.pk, addendum.pk])
    browser.post(url, {"do": "upload", "papers": make.pdf("补签.pdf")})
    with pytest.raises(Refused, match="正在检查"):
        hand_in_addendum(addendum, by=author)
    refused = browser.post(url, {"do": "upload", "papers": SimpleUploadedFile("a.exe", b"MZ")})
    assert "这个文件是 .exe 格式" in words(browser.get(refused["Location"]))
    check_documents()
    document = Document.objects.held_by(addendum).get()
    file = reverse("documents:file", args=[document.pk])
    assert browser.get(file).status_code == 200
    assert signed_in(make.officer("safety")).get(file).status_code == 404
    assert browser.post(url, {"do": "hand-in"})["Location"] == filed.get_absolute_url()
    assert signed_in(make.officer("safety")).get(file).status_code == 200
    with pytest.raises(Refused, match="已经提交"):
        hand_in_addendum(addendum, by=author)


def test_a_file_that_failed_its_check_is_not_handed_in(author, filed):
    broken = SimpleUploadedFile("坏.pdf", b"%PDF-1.7 broken")
    addendum = added(filed, author, broken)
    with pytest.raises(Refused, match="未通过检查"):
        hand_in_addendum(addendum, by=author)
    drop_addendum(addendum, by=author)
    assert not Addendum.objects.exists()


def test_adding_is_for_the_preparers_of_what_was_approved(author, filed):
    stranger = make.site_officer()
    addendum = added(filed, author)
    for act in (
        lambda: open_addendum(filed, material=material("M18"), reason="x", by=stranger),
        lambda: hand_in_addendum(addendum, by=stranger),
        lambda: drop_addendum(addendum, by=stranger),
    ):
        with pytest.raises(Http404):
            act()
    with pytest.raises(Refused, match="请填写补充原因"):
        open_addendum(filed, material=material("M18"), reason=" ", by=author)
    waiting = submit(make.ready_filing(Module.EARLY, by=author), author)
    with pytest.raises(Refused, match="审核通过或报监完毕后才能补充材料"):
        open_addendum(waiting, material=material("M18"), reason="x", by=author)
    assert signed_in(author).get(reverse("filing:addenda", args=[waiting.pk])).status_code == 404
    assert signed_in(stranger).get(reverse("filing:addenda", args=[filed.pk])).status_code == 404


def test_the_page_begins_an_addition_and_refuses_a_file_of_another_material(author, filed):
    browser = signed_in(author)
    url = reverse("filing:addenda", args=[filed.pk])
    other = Attachment.objects.get(filing=filed, material="M01").document_id
    wrong = browser.post(url, {"material": "M18", "replaces": str(other), "reason": "补签"})
    assert "请选择同一材料的文件" in words(wrong)
    answer = browser.post(url, {"material": "M18", "replaces": "", "reason": "补签"})
    addendum = Addendum.objects.get()
    assert answer["Location"] == reverse("filing:addendum", args=[filed.pk, addendum.pk])
    assert "补签" in words(browser.get(answer["Location"]))
    assert "尚未提交" in words(browser.get(url))
    browser.post(answer["Location"], {"do": "drop"})
    assert not Addendum.objects.exists()


# 版本对比


def test_two_versions_are_compared_field_by_field_by_applicant_and_station(author):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    old = filing.works_name
    officer = give_back(filing, ("basics", "works_name")).assignee
    filing = Filing.objects.get(pk=filing.pk)
    save_basics(filing, {"works_name": "改正后的工程"}, version=filing.basics_version, by=author)
    url = reverse("filing:versions", args=[filing.pk])
    mine, theirs = signed_in(author), signed_in(officer)
    unsent = words(mine.get(url))
    assert "正在修改（未提交）" in unsent and "改正后的工程" in unsent
    assert "改正后的工程" not in words(theirs.get(url, {"to": "now"}))
    resubmit(Filing.objects.get(pk=filing.pk), author)
    for browser in (mine, theirs):
        page = words(browser.get(url, {"from": "1", "to": "2"}))
        assert old in page and "改正后的工程" in page and "1 处修改" in page and "请核实。" in page
    assert "没有不同" in words(mine.get(url, {"from": "2", "to": "2"}))
    assert "改正后的工程" in words(mine.get(url, {"from": "x", "to": "9"}))
    assert signed_in(make.site_officer()).get(url).status_code == 404


def test_each_item_shows_who_asked_and_what_was_changed_for_it(client, author):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    officer = give_back(filing, ("basics", "works_name"), ("basics", "remarks")).assignee
    filing = Filing.objects.get(pk=filing.pk)
    save_basics(filing, {"works_name": "改正后的工程"}, version=filing.basics_version, by=author)
    client.force_login(author)
    page = words(client.get(reverse("filing:correct", args=[filing.pk])))
    assert "改正后的工程" in page and "内容与提交时相同，还没有修改。" in page
    assert officer.name[0] + "**" in page and officer.name not in page
    assert officer.name[0] + "**" in words(client.get(f"/filing/{filing.pk}/edit/basics/"))


def test_the_page_of_corrections_asks_the_database_equally_often(client, author):
    filings = [submit(make.ready_filing(Module.ADVANCE, by=author), author) for _ in range(2)]
    give_back(filings[0], ("basics", "works_name"))
    give_back(filings[1], ("basics", "works_name"), ("basics", "address"), ("basics", "remarks"))
    client.force_login(author)
    counts = []
    for filing in filings:
        client.get(reverse("filing:correct", args=[filing.pk]))
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("filing:correct", args=[filing.pk]))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_answers_can_be_changed_until_they_are_sent(author):
    filing = submit(make.ready_filing(Module.EARLY, by=author), author)
    give_back(filing)
    item = open_items(filing).get()
    answer_item(item, kind="explained", reply="与许可证一致。", by=author)
    assert answer_item(item, kind="corrected", by=author).reply_kind == "corrected"


# However much there is, the database is asked equally often


def several_files(author, count):
    filing = make.draft_filing(Module.EARLY, by=author)
    for n in range(count):
        attach(filing, material=material(), file=make.pdf(f"{n}.pdf"), by=author)
    return filing


def several_versions(author, count):
    filing = make.draft_filing(Module.EARLY, by=author)
    file = attach(filing, material=material(), file=make.pdf(), by=author)
    for n in range(count):
        file = attach(filing, material=material(), file=make.pdf(f"{n}.pdf"), replaces=file.document_id, by=author)
    check_documents()
    return filing, file.document_id


def several_addenda(author, count):
    filed = make.filed_filing(Module.EARLY, by=author)
    for _ in range(count):
        hand_in_addendum(added(filed, author), by=author)
    return filed


@pytest.mark.parametrize("count", [1, 3])
def test_the_pages_about_files_ask_equally_often(client, author, count):
    draft = several_files(author, count)
    versioned, document = several_versions(author, count)
    filed = several_addenda(author, count)
    client.force_login(author)
    asked = {
        "attachments": asked_by(client, reverse("filing:attachments", args=[draft.pk])),
        "attachment": asked_by(client, reverse("filing:attachment", args=[versioned.pk, document])),
        "paper": asked_by(client, reverse("filing:paper", args=[versioned.pk, document])),
        "addenda": asked_by(client, reverse("filing:addenda", args=[filed.pk])),
        "detail": asked_by(client, filed.get_absolute_url()),
    }
    assert asked == {"attachments": 7, "attachment": 7, "paper": 10, "addenda": 10, "detail": 8}


def asked_by(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.django_db(transaction=True)
def test_an_addition_is_handed_in_once_however_often_the_button_is_pressed():
    author = make.site_officer()
    addendum = added(make.filed_filing(Module.EARLY, by=author), author)
    outcomes = together(*[lambda: hand_in_addendum(addendum, by=author)] * 3)
    assert sorted(outcomes) == ["Refused", "Refused", "done"]
    assert Attachment.objects.filter(document__holder_type="supervision.addendum").count() == 1
    assert Message.objects.filter(event="filing.addendum").count() == 1
