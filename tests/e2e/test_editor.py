"""The editor of a filing in a real browser: it saves by itself, finds enterprises, takes files, and loses nothing."""

import re

import pytest
from playwright.sync_api import expect

from supervision.actions import save_basics, save_parties
from supervision.models import Attachment, Filing
from tests import make
from tests.e2e.conftest import work
from tests.e2e.test_projects import as_file, sign_in
from tests.supervision.acts import submit
from tests.supervision.test_corrections import give_back

PAGES = ("", "basics/", "parties/", "unit-works/", "attachments/")


@pytest.fixture
def author(reference):
    return make.site_officer()


def phone_of(user):
    return user.phone


def at(people, author, path, **options):
    """Somebody signed in who stands on this page."""
    person = people(**options)
    sign_in(person, phone_of(author))
    person.opens(path)
    return person, person.page


def editor(filing, page=""):
    return f"/filing/{filing.pk}/edit/{page}"


def saved(page):
    expect(page.locator("[data-save-line]")).to_have_text(re.compile(r"已自动保存 \d\d:\d\d"))


def stored(filing):
    return Filing.objects.get(pk=filing.pk)


def test_every_page_of_the_editor_can_be_read_and_used(people, author):
    filing = make.ready_filing("early_intervention", by=author)
    person, page = at(people, author, "/filing/early/", phone=True)
    person.looks()
    for path in ("/filing/early/new/", "/filing/advance/new/", *(editor(filing, name) for name in PAGES)):
        page.goto(path)
        person.looks()


def test_what_is_typed_saves_itself_and_says_so(people, author):
    filing = make.draft_filing(by=author)
    _person, page = at(people, author, editor(filing, "basics/"))
    page.fill("#works_name", "二七云栖府一期")
    page.fill("#planned_start_date", "2026-12-01")
    page.fill("#planned_completion_date", "2026-12-31")
    page.fill("#longitude", "东经一百一十四度")
    saved(page)
    expect(page.locator("#duration_days")).to_have_value("31")
    expect(page.locator("#longitude_error")).to_contain_text("数字")
    assert (stored(filing).works_name, stored(filing).duration_days) == ("二七云栖府一期", 31)
    page.fill("#longitude", "30.6421")
    page.fill("#latitude", "114.3182")
    page.get_by_role("button", name="交换经纬度").click()
    page.wait_for_load_state()
    assert str(stored(filing).longitude) == "114.318200"
    expect(page.locator("#longitude")).to_have_value("114.3182")
    assert stored(filing).malformed == {}


def test_a_lost_connection_is_said_and_the_save_comes_later(people, author):
    filing = make.draft_filing(by=author)
    person, page = at(people, author, editor(filing, "basics/"))
    person.context.set_offline(True)
    page.fill("#works_name", "断网时填写")
    expect(page.locator("[data-save-line]")).to_have_text("未能保存，正在重试(1)")
    person.context.set_offline(False)
    saved(page)
    assert stored(filing).works_name == "断网时填写"


def test_two_people_are_shown_both_values(people, author):
    filing = make.draft_filing(by=author, works_name="原名")
    person, page = at(people, author, editor(filing, "basics/"))
    save_basics(filing, {"works_name": "对方的名称"}, version=0, by=author)
    page.fill("#works_name", "我的名称")
    expect(page.locator("[data-save-line]")).to_contain_text("他人修改过")
    page.get_by_role("button", name="保存", exact=True).click()
    assert person.sees("两个人同时修改了这一部分")
    person.looks()
    page.get_by_role("radio", name="我的名称").check()
    page.get_by_role("button", name="按所选保存").click()
    assert person.sees("已保存")
    assert stored(filing).works_name == "我的名称"


def test_a_registered_enterprise_is_found_while_typing(people, author):
    unit = make.enterprise("武汉江城云栖置业有限公司", types=["owner"])
    filing = make.draft_filing(by=author)
    person, page = at(people, author, editor(filing, "parties/"))
    page.locator('[id="owner.unit_name"]').type("江城云栖")
    page.get_by_role("button", name=unit.name).click()
    person.looks()
    page.locator('[id="owner.head_name"]').fill("周启明")
    saved(page)
    with page.expect_response("**/edit/parties/"):
        page.locator('[id="owner.head_name"]').fill("周启亮")
    saved(page)
    party = filing.parties.get()
    assert (party.uscc, party.enterprise, party.head_name) == (unit.uscc, unit, "周启亮")


def test_rows_are_added_copied_and_removed_in_place(people, author):
    filing = make.draft_filing(by=author)
    person, page = at(people, author, editor(filing, "unit-works/"))
    page.get_by_role("button", name="添加单位工程").click()
    page.locator('[id="new1.name"]').fill("1#楼")
    page.locator('[id="new1.area_above_m2"]').fill("2000")
    saved(page)
    page.get_by_role("button", name="复制").click()
    page.locator('[id="new2.name"]').fill("2#楼")
    expect(page.locator("[data-hints]")).to_contain_text("4000")
    person.looks()
    assert list(filing.unit_works.values_list("name", flat=True)) == ["1#楼", "2#楼"]
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删除").first.click()
    expect(page.locator("[data-hints]")).to_contain_text("面积合计 2000 m²")
    assert list(filing.unit_works.values_list("name", flat=True)) == ["2#楼"]


def test_several_files_arrive_each_by_itself(people, author):
    filing = make.draft_filing("early_intervention", by=author)
    person, page = at(people, author, editor(filing, "attachments/"))
    box = page.locator("#M01")
    box.locator("input[type=file]").set_input_files([as_file(make.pdf("甲.pdf")), as_file(make.jpeg("乙.jpg"))])
    expect(box.locator("[data-document]")).to_have_count(2)
    work()
    expect(box.locator(".is-ready")).to_have_count(2)
    person.looks()
    box.get_by_role("button", name="删除 甲.pdf").click()
    expect(box.locator("[data-document]")).to_have_count(1)
    with page.expect_file_chooser() as chooser:
        box.get_by_role("button", name="更换 乙.jpg").click()
    chooser.value.set_files(as_file(make.jpeg("丙.jpg")))
    expect(box.locator("[data-document]")).to_contain_text("丙.jpg")
    assert [each.document.name for each in Attachment.objects.filter(removed_at=None)] == ["丙.jpg"]


def test_a_returned_filing_opens_where_it_was_flagged(people, author):
    filing = submit(make.ready_filing("early_intervention", by=author), author)
    give_back(filing, ("basics", "works_name"), ("parties", "contractor.head_name"), ("attachments", "M18"))
    person, page = at(people, author, editor(filing), phone=True)
    person.looks()
    for name in PAGES[1:]:
        page.goto(editor(filing, name))
        person.looks()
    page.goto(editor(filing, "attachments/"))
    box = page.locator("#M18")
    page.fill("#reason", "按意见补签")
    with page.expect_file_chooser() as chooser:
        box.get_by_role("button", name="更换").click()
    chooser.value.set_files(as_file(make.pdf("补签.pdf")))
    expect(box.locator("[data-document]")).to_contain_text("补签.pdf")
    assert Attachment.objects.exclude(removed_at=None).get().removed_because == "按意见补签"


def test_without_script_the_same_pages_do_the_same(people, author):
    make.enterprise("武汉江城云栖置业有限公司", types=["owner"])
    filing = make.draft_filing(by=author)
    person, page = at(people, author, editor(filing, "basics/"), scripts=False)
    page.fill("#works_name", "无脚本的工程")
    page.get_by_role("button", name="保存并填写下一项").click()
    page.locator('[id="owner.unit_name"]').fill("江城云栖")
    page.locator("#owner").get_by_role("button", name="查找已注册企业").click()
    page.get_by_role("radio", name="武汉江城云栖置业有限公司").check()
    page.get_by_role("button", name="保存并填写下一项").click()
    page.get_by_role("button", name="添加单位工程").click()
    page.locator('[id="new1.name"]').fill("1#楼")
    page.get_by_role("button", name="保存并填写下一项").click()
    page.locator("#M29 input[type=file]").set_input_files([as_file(make.jpeg("东.jpg")), as_file(make.png("西.png"))])
    page.get_by_role("button", name="保存并返回清单").click()
    assert person.sees("已收到 2 个文件")
    filing = stored(filing)
    assert (filing.works_name, filing.parties.get().unit_name) == ("无脚本的工程", "武汉江城云栖置业有限公司")
    assert (filing.unit_works.get().name, filing.attachments.count()) == ("1#楼", 2)


def test_a_save_under_way_is_waited_for_by_the_button(people, author):
    filing = make.draft_filing(by=author)
    save_parties(filing, [{"party_type": "owner", "unit_name": "甲"}], version=0, by=author)
    person, page = at(people, author, editor(filing, "parties/"))
    held = []
    page.route("**/edit/parties/", lambda route: route.continue_() if held else held.append(route))
    page.locator('[id="owner.unit_name"]').fill("乙")
    expect(page.locator("[data-save-line]")).to_have_text("正在保存…")
    page.locator('[id="owner.head_name"]').fill("王五")
    page.get_by_role("button", name="保存并返回清单").click()
    held[0].continue_()
    assert person.sees("报监清单")
    party = filing.parties.get()
    assert (party.unit_name, party.head_name) == ("乙", "王五")
