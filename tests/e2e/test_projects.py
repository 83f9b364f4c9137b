"""项目用户注册 and its approval in a real browser, from an empty form to the business systems."""

import re

import pytest

from projects.actions import reject_application
from projects.models import ProjectUser
from tests import make
from tests.e2e.conftest import last_text_to, work
from tests.projects.acts import PASSWORD, applied, filed, party, site

PHONE = "13800138001"


def as_file(upload):
    return {"name": upload.name, "mimeType": upload.content_type, "buffer": upload.read()}


def sign_in(person, account: str, password: str = make.PASSWORD):
    page = person.opens("/")
    page.fill("[name=account]", account)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("(home|applications)/$"))
    return page


def agree(visitor):
    page = visitor.opens("/register/project-user/")
    page.check("[name=agree]")
    page.check("[name=consent]")
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/details/")
    return page


def choose_place(page, contractor, project, scripts: bool):
    """Type, look up, choose: with a script the lists come by themselves."""
    page.fill("[name=company]", contractor.name[:8])
    if not scripts:
        page.locator("button[name=find][value=company]").click()
    page.get_by_role("radio", name=contractor.name).check()
    if not scripts:
        page.locator("button[name=find][value=works]").click()
    page.get_by_role("radio", name=str(project)).check()


def fill_in(page):
    page.select_option("[name=position]", label="安全员")
    page.fill("[name=name]", "赵敏")
    page.fill("[name=id_number]", make.id_number())
    page.set_input_files("[name=id_photo]", as_file(make.jpeg(size=(800, 500))))
    page.set_input_files("[name=letter]", as_file(make.pdf()))
    page.fill("[name=phone]", PHONE)


def await_uploads(page):
    """Until the server has both files."""
    page.locator("[data-document]").nth(1).wait_for()


def code_for(phone: str) -> str:
    found = re.search(r"[0-9]{6}", last_text_to(phone, "5 分钟内有效"))
    assert found
    return found[0]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_newcomer_registers_and_the_manager_approves(reference, people, scripts):
    project, contractor, manager = site()
    filed(None, party("contractor", contractor, manager), name="第二个工程")
    visitor = people(scripts=scripts)
    page = agree(visitor)
    choose_place(page, contractor, project, scripts)
    fill_in(page)
    page.get_by_role("button", name="获取验证码").click()
    assert visitor.sees("验证码已发送")
    if scripts:
        await_uploads(page)
    page.fill("[name=code]", code_for(PHONE))
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/done/")
    assert visitor.sees("陈**")
    work()

    page = sign_in(visitor, PHONE, PASSWORD)
    assert visitor.sees("申请进度")
    assert page.get_by_role("link", name="应用中心").count() == 0

    chief = people(scripts=scripts)
    page = sign_in(chief, manager.phone)
    page.get_by_role("link", name="项目管理").first.click()
    page.get_by_role("link", name="赵敏", exact=True).click()
    page.locator("summary", has_text="身份证号").click()
    page.locator("details[open]").get_by_label("查看理由").select_option("papers")
    page.get_by_role("button", name="显示完整身份证号").click()
    number = ProjectUser.objects.get().user.id_number
    assert chief.sees(number)
    if not scripts:
        page.go_back()
    page.get_by_role("link", name="通过", exact=True).click()
    page.check("[name=checked]")
    page.get_by_role("button", name="通过").click()
    assert chief.sees("已通过 赵敏 的申请。")

    page = visitor.opens("/projects/")
    assert visitor.sees("二七云栖府") and visitor.sees("项目用户 · 安全员")
    assert page.get_by_role("link", name="应用中心").count() == 1


def test_an_error_and_a_reload_lose_nothing(reference, people):
    project, contractor, manager = site()
    filed(None, party("contractor", contractor, manager), name="第二个工程")
    visitor = people()
    page = agree(visitor)
    choose_place(page, contractor, project, scripts=True)
    fill_in(page)
    page.fill("[name=id_number]", "420102199001011234")
    await_uploads(page)
    page.locator("main").get_by_role("button", name="下一步").last.click()
    assert visitor.sees("提交的内容需要修改")
    for _again in range(2):
        assert page.input_value("[name=name]") == "赵敏"
        assert page.get_by_role("radio", name=str(project)).is_checked()
        assert visitor.sees("照片.jpg")
        page = visitor.opens("/register/project-user/details/")


def test_the_pages_are_accessible(reference, people):
    project, contractor, manager = site()
    applications = [applied(project, contractor, make.person(name)) for name in ("赵敏", "吴倩", "郑海波")]
    marked = ["person", "id_photo", "letter"]
    reject_application(applications[2], reason="办理承诺函未盖章，请盖章后重新上传。", marked=marked, by=manager)

    def look(person, path):
        person.opens(path)
        person.looks()

    visitor = people(phone=True)
    look(visitor, "/register/project-user/")
    page = agree(visitor)
    look(visitor, page.url)
    page.locator("main").get_by_role("button", name="下一步").last.click()
    assert visitor.sees("提交的内容需要修改")
    visitor.looks()
    choose_place(page, contractor, project, scripts=True)
    fill_in(page)
    await_uploads(page)
    work()
    page.wait_for_timeout(1500)
    look(visitor, "/register/project-user/cancel/")

    chief = people(phone=True)
    sign_in(chief, manager.phone)
    one = applications[0].pk
    paths = ["approvals/", "approvals/?state=rejected", f"approvals/{one}/", f"approvals/{one}/approve/"]
    paths += [f"approvals/{one}/reject/", "", f"{project.pk}/", "join/"]
    for path in paths:
        look(chief, f"/projects/{path}")
    chief.opens("/projects/approvals/").get_by_label("关键字").fill("没有这个人")
    chief.page.get_by_role("button", name="搜索").click()
    look(chief, chief.page.url)

    waiting, refused = people(phone=True), people(phone=True)
    sign_in(waiting, applications[1].user.phone)
    look(waiting, "/projects/applications/")
    look(waiting, f"/projects/applications/{applications[1].pk}/")
    sign_in(refused, applications[2].user.phone)
    look(refused, f"/projects/applications/{applications[2].pk}/")

    office = people(phone=True)
    sign_in(office, contractor.uscc)
    look(office, "/projects/approvals/")
    assert [each.complaints for each in (visitor, chief, waiting, refused, office)] == [[], [], [], [], []]
