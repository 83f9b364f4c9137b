"""A list made one's own in a real browser: columns, a view, an export; wide, at 390 px, and without scripts."""

import pytest
from openpyxl import load_workbook

from portal.exports.tasks import make_exports
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(person, account: str, side: str = ""):
    page = person.opens("/?side=staff" if side else "/")
    page.fill("[name=account]", account)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/home/")


def look(person):
    """axe is a script, so a page without scripts is only looked at by its texts."""
    if person.scripts:
        person.looks()


@pytest.fixture
def author(reference):
    person = make.site_officer()
    for name in ("谌家矶安置房", "谌家矶小学教学楼", "临江商务中心"):
        make.draft_filing(by=person, works_name=name)
    make.submitted_filing(by=person, works_name="谌家矶还建房")
    return person


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_chooses_columns_keeps_a_view_and_fetches_an_export(author, people, tmp_path, scripts):
    person = people(phone=True, scripts=scripts)
    sign_in(person, author.phone)
    page = person.opens("/filing/advance/")
    person.sees("共 4 条")
    look(person)

    page.get_by_role("link", name="列设置").click()
    page.get_by_label("施工单位").check()
    page.get_by_label("项目编号").uncheck()
    look(person)
    page.locator(".btn-primary", has_text="确定").click()
    page.wait_for_url("**/filing/advance/?view=all")
    assert page.get_by_text(make.employer_of(author).name).first.is_visible()
    look(person)

    page.get_by_label("关键字").fill("家矶")
    page.get_by_label("状态").select_option("draft")
    page.get_by_role("button", name="搜索").click()
    person.sees("共 2 条")
    page.get_by_role("link", name="保存为视图").click()
    page.get_by_label("视图名称").fill("谌家矶草稿")
    look(person)
    page.get_by_role("button", name="保存", exact=True).click()
    person.sees("已保存视图“谌家矶草稿”。")
    look(person)

    page.get_by_role("link", name="全部", exact=True).click()
    person.sees("共 4 条")
    page.get_by_role("link", name="谌家矶草稿").click()
    person.sees("共 2 条")
    page.get_by_role("link", name="取消条件 状态").click()
    person.sees("共 3 条")

    page.get_by_role("button", name="导出").click()
    person.sees("排队中")
    look(person)
    make_exports()
    page.get_by_role("link", name="刷新").click()
    person.sees("可下载")
    look(person)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    file = tmp_path / "list.xlsx"
    download.value.save_as(file)
    rows = list(load_workbook(file).worksheets[0].values)
    assert {row[0] for row in rows[1:]} == {"谌家矶安置房", "谌家矶小学教学楼", "谌家矶还建房"}

    page = person.opens("/lists/filing-advance/views/")
    look(person)
    page.get_by_role("button", name="设为默认 谌家矶草稿").click()
    person.sees("打开列表时将先显示“谌家矶草稿”。")
    person.opens("/filing/advance/")
    person.sees("共 2 条")
    person.opens("/lists/filing-advance/views/").get_by_role("button", name="删除 谌家矶草稿").click()
    person.sees("还没有视图")
    look(person)


def test_an_officer_makes_the_inbox_their_own(reference, people):
    make.submitted_filing(works_name="谌家矶还建房")
    officer = make.officer("safety")
    person = people(phone=True)
    sign_in(person, officer.username, side="staff")
    page = person.opens("/review/")
    person.sees("谌家矶还建房")
    page.get_by_role("link", name="列设置").click()
    page.get_by_label("提交时间").check()
    page.locator(".btn-primary", has_text="确定").click()
    person.sees("谌家矶还建房")
    look(person)
