"""责任主体信息 and 单位工程信息 in a real browser: at a desk, on a phone, and without scripts."""

import io
import os

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect

from supervision.models import Filing
from tests import make
from tests.e2e.test_editor import at, editor, saved
from tests.supervision.acts import submit

SIZES = [{"phone": True}, {"width": 390, "scripts": False}]
NAMES = ["desk-and-phone", "without-scripts"]


@pytest.fixture
def author(reference):
    return make.site_officer()


@pytest.fixture
def manager(author):
    """A colleague who may be project manager, and is so on another project that is handed in."""
    colleague = make.member(make.employer_of(author), make.person("陈建桥"), position="1009").user
    busy = make.ready_filing(by=author)
    busy.parties.get(party_type="contractor").delete()
    make.add_party(busy, "contractor", make.employer_of(author), head=colleague)
    submit(busy, author)
    return colleague


def workbook(*rows):
    book = Workbook()
    book.active.append(["*单位工程名称", "*结构类型", "*地上面积(m²)", "*造价(万元)"])
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": "单位工程.xlsx", "mimeType": kind, "buffer": buffer.getvalue()}


def press(page, name):
    page.get_by_role("button", name=name).first.click()
    page.wait_for_load_state()


def control(page, name):
    return page.locator(f'[name="{name}"]')


def looked(person, name):
    """axe, width and policy where the page has scripts; a picture where somebody wants to see it."""
    if folder := os.environ.get("PICTURES"):
        person.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    if person.scripts:
        person.looks()


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_a_party_is_picked_its_manager_chosen_and_the_exception_given(people, author, manager, size, request):
    filing = make.draft_filing(by=author)
    unit, kind = make.employer_of(author), request.node.callspec.id
    person, page = at(people, author, editor(filing, "parties/"), **size)
    looked(person, f"{kind}-parties-empty")
    control(page, "contractor.unit_name").fill(unit.name[:8])
    if person.scripts:
        page.locator("#contractor .pick__found button", has_text=unit.name).click()
        saved(page)
    else:
        page.locator("#contractor [name=find]").click()
        page.get_by_label(unit.name).check()
        press(page, "保存")
    expect(control(page, "contractor.uscc")).to_have_value(unit.uscc)
    page.locator("#contractor .party__head summary").click()
    control(page, "contractor.person").select_option(value=str(manager.memberships.get().pk))
    press(page, "带入")
    expect(control(page, "contractor.head_name")).to_have_value("陈建桥")
    expect(page.locator("#contractor .party__head")).to_contain_text("已注册")
    expect(page.locator("[data-hints]")).to_contain_text("该项目经理已在其他 1 个项目任职")
    control(page, "contractor.exception_case").select_option("b")
    control(page, "contractor.note").fill("原项目已于十月通过竣工验收。")
    press(page, "添加专职安全员")
    control(page, "officer#1.name").fill("赵敏")
    control(page, "officer#1.id_number").fill(make.id_number())
    page.get_by_text("联合体：同一责任主体有多家单位").click()
    press(page, "添加施工单位（联合体成员）")
    control(page, "contractor#2.unit_name").fill("武汉天兴洲建筑工程有限公司")
    press(page, "保存")
    looked(person, f"{kind}-parties-filled")
    contractor, partner = filing.parties.filter(party_type="contractor").order_by("consortium_role")
    assert (contractor.head_id_number, contractor.exception_case) == (manager.id_number, "b")
    assert (contractor.consortium_role, partner.consortium_role) == (1, 2)
    assert filing.safety_officers.get().name == "赵敏"


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
def test_unit_works_come_from_a_workbook_and_go_into_one(people, author, size, request):
    filing, kind = make.ready_filing(by=author), request.node.callspec.id
    person, page = at(people, author, editor(filing, "unit-works/"), **size)
    looked(person, f"{kind}-works")
    page.get_by_role("link", name="批量导入").click()
    looked(person, f"{kind}-works-import")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板").click()
    assert load_workbook(io.BytesIO(download.value.path().read_bytes())).sheetnames == ["单位工程信息", "填写说明"]
    page.locator("#file").set_input_files([workbook(["2#楼", "木头", "很大", 900])])
    press(page, "检查并预览")
    expect(page.get_by_text("第 2 行「地上面积(m²)」：")).to_be_visible()
    looked(person, f"{kind}-works-faults")
    page.locator("#file").set_input_files([workbook(["2#楼", "框架", 3000, 900], ["3#楼", "剪力墙", 4500.5, 1200])])
    press(page, "检查并预览")
    looked(person, f"{kind}-works-preview")
    page.get_by_label("追加到已有内容之后").check()
    press(page, "确认导入 2 个")
    expect(page.get_by_text("已导入 2 个单位工程")).to_be_visible()
    looked(person, f"{kind}-works-imported")
    assert list(filing.unit_works.values_list("name", flat=True)) == ["1#楼", "2#楼", "3#楼"]
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
    assert load_workbook(io.BytesIO(download.value.path().read_bytes())).worksheets[0]["A4"].value == "3#楼"
    assert Filing.objects.get(pk=filing.pk).unit_works_version == 2
