"""平台管理 and 我的企业, each from the first click: what administrators do with names, rights and people, and how one joins."""

import re

from accounts.models import User
from enterprises.models import Enterprise, JoinRequest, Member
from projects.actions import approve_application
from projects.catalogue import FILES
from projects.models import ProjectUser
from tests import make
from tests.e2e import walk
from tests.e2e.conftest import last_text_to, work
from tests.enterprises.test_roster import row, xlsx
from tests.projects.acts import applied, filed, party, site


def at_office(people, enterprise: Enterprise, *links: str):
    """平台管理 → the enterprise's name, then the links of the page."""
    office = people(phone=True)
    page = walk.sign_in(office, enterprise.uscc)
    walk.follow(page, "平台管理")
    for link in (enterprise.name, *links):
        page.locator("main").get_by_role("link", name=link).first.click()
    return office, page


def test_an_administrator_renames_appoints_and_withdraws_systems(reference, people):
    """企业更名 with 曾用名; 指定管理员 and 移除, the last one stays; 业务系统 of one person; 取消授权 with its consequences."""
    enterprise = make.granted(make.enterprise("武汉旧名建设有限公司"))
    clerk = make.site_officer("吴倩", at=enterprise)
    office, page = at_office(people, enterprise, "企业更名")
    page.fill("[name=name]", "武汉新名建设有限公司")
    walk.upload(office, "licence", make.jpeg("新执照.jpg", (800, 500)))
    office.looks()
    walk.press(page, "确认更名")
    office.sees("更名完成。以往提交的材料仍显示当时的名称。")
    page.get_by_role("link", name="企业更名").click()
    office.sees("武汉旧名建设有限公司")

    page.go_back()
    page.get_by_role("link", name="经办人和管理员").click()
    page.get_by_role("link", name="指定管理员").click()
    page.fill("[name=password]", make.PASSWORD)  # a sensitive act
    walk.press(page, "确定")
    page.get_by_label("人员").select_option(index=1)
    office.looks()
    walk.press(page, "指定")
    page.get_by_role("link", name="移除 吴倩").wait_for()
    office.looks()
    second = people()
    theirs = walk.sign_in(second, clerk.phone)
    walk.follow(theirs, "平台管理")
    second.sees("武汉新名建设有限公司")
    page.get_by_role("link", name="移除 吴倩").click()
    office.looks()
    walk.press(page, "移除")
    office.sees("目前只有经办人一人能管理本企业")

    page.get_by_role("link", name="用户管理", exact=True).click()
    page.get_by_role("link", name="编辑 吴倩").click()
    page.get_by_role("link", name="业务系统").click()
    page.get_by_role("checkbox", name="项目报监").uncheck()
    office.looks()
    walk.press(page, "确定")
    office.sees("收回 吴倩 的业务系统？")
    office.looks()
    walk.press(page, "收回")
    page.get_by_role("heading", name="收回 吴倩 的业务系统？").wait_for(state="detached")
    assert "/filing/" not in theirs.goto("/apps/filing/").url or second.sees("授权")

    page.goto(f"/platform/enterprises/{enterprise.pk}/systems/")
    page.get_by_role("link", name="取消授权 项目报监").click()
    office.sees("名在职用户将不能使用")
    office.looks()
    walk.press(page, "取消授权")
    office.sees("授权历史")


def test_somebody_leaves_hands_the_work_on_and_is_taken_on_again(reference, people):
    """编辑 → 停用 → 启用 → 离职, the drafts go to a colleague → added again → the person agrees."""
    enterprise = make.granted(make.enterprise())
    leaver, heir = make.site_officer("吴倩", at=enterprise), make.site_officer("赵敏", at=enterprise)
    draft = make.draft_filing(by=leaver, enterprise=enterprise)
    office, page = at_office(people, enterprise, "用户管理", "编辑 吴倩")
    page.fill("[name=department]", "安全部")
    walk.press(page, "保存")
    page.get_by_role("row").filter(has_text="安全部").wait_for()
    for verb, back in (("停用", "启用"), ("启用", "停用")):
        page.get_by_role("link", name=f"{verb} 吴倩").click()
        office.looks()
        walk.press(page, verb)
        page.get_by_role("link", name=f"{back} 吴倩").wait_for()
    page.get_by_role("link", name="编辑 吴倩").click()
    page.get_by_role("link", name="离职").click()
    office.sees("（1 件）")
    page.locator("main select").first.select_option(index=1)
    office.looks()
    walk.press(page, "离职")
    office.sees("已办理离职。")
    draft.refresh_from_db()
    assert draft.created_by == heir

    page.get_by_role("link", name="新建用户").click()
    walk.type_in(page, name=leaver.name, id_number=leaver.id_number, phone=leaver.phone, department="工程部")
    page.get_by_label("职务").first.select_option(label="资料员")
    walk.upload(office, "photo", make.jpeg("身份证.jpg", (800, 500)))
    walk.upload(office, "appointment", make.pdf("任职证明.pdf"))
    page.check("[name=consent]")
    walk.press(page, "确定")
    page.wait_for_url("**/added/")
    person = people(phone=True)
    page = walk.sign_in(person, leaver.phone)
    page.goto("/invitations/")
    agree = page.get_by_role("button", name=f"同意加入 {enterprise.name}", exact=True)
    agree.click()
    agree.wait_for(state="detached")
    assert Member.objects.filter(user=leaver, status="active").exists()


def test_a_workbook_of_people_says_its_wrong_row_and_takes_the_others(reference, people):
    """用户管理 → 批量导入 → 检查并预览 → what is wrong with which row → 确认导入 → the wrong rows alone."""
    enterprise = make.enterprise()
    book = xlsx([row(name="王一"), row(name="李二", phone="1391234"), row(name="张三")])
    office, page = at_office(people, enterprise, "用户管理", "批量导入")
    office.looks()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.set_input_files("[name=file]", walk.as_file(book))
    page.check("[name=consent]")
    walk.press(page, "检查并预览")
    office.sees("可以导入 2 人，1 行需要更正")
    office.sees("第 3 行")
    office.looks()
    assert not Member.objects.exists()
    walk.press(page, "确认导入 2 人")
    office.sees("已导入 2 人，还有 1 行需要更正")
    office.looks()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载需要更正的行").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    assert sorted(Member.objects.values_list("user__name", flat=True)) == ["张三", "王一"]


def test_a_visitor_asks_the_agent_who_adds_them(reference, people):
    """企业注册 → the code exists → 请经办人添加我 → the administrator's list → 添加 → the phone is told."""
    enterprise = make.enterprise("武汉已在册建设有限公司")
    visitor = people(phone=True)
    walk.agree(visitor)
    walk.type_enterprise(visitor, walk.Company(enterprise.name, enterprise.uscc, walk.human("张敏")))
    page = visitor.page
    walk.press(page, "查看处理办法")
    phone = make.phone()
    walk.type_in(page, name="王小明", phone=phone)
    walk.get_code(visitor, phone)
    visitor.looks()
    walk.press(page, "请经办人添加我")
    visitor.sees("已通知经办人")
    visitor.looks()

    office, page = at_office(people, enterprise, "用户管理")
    office.looks()
    page.get_by_role("link", name="添加 王小明").click()
    assert page.input_value("[name=phone]").replace(" ", "") == phone
    page.fill("[name=id_number]", make.id_number())
    page.get_by_label("职务").first.select_option(label="资料员")
    walk.upload(office, "photo", make.jpeg("身份证.jpg", (800, 500)))
    walk.upload(office, "appointment", make.pdf("任职证明.pdf"))
    page.check("[name=consent]")
    walk.press(page, "确定")
    page.wait_for_url("**/added/")
    assert enterprise.name in last_text_to(phone, enterprise.name)
    assert JoinRequest.objects.get().is_added


def test_a_person_joins_a_further_enterprise_and_a_further_project(reference, people):
    """我的企业 → 申请加入企业 → the administrator agrees; 我的项目 → 加入项目, photo and letter used again."""
    project, contractor, manager = site()
    person = make.member(contractor, make.person("赵敏")).user
    first = applied(project, contractor, person, files=False)
    for kind, file in zip(FILES.values(), (make.jpeg(size=(800, 500)), make.pdf()), strict=True):
        make.ready_document(kind, first, file, by=person)
    approve_application(first, by=manager)
    other = make.granted(make.enterprise("武汉第二建筑有限公司"))
    second = filed(None, party("contractor", contractor, manager), name="第二个工程")
    mine = people(phone=True)
    page = walk.sign_in(mine, person.phone)
    page.goto("/invitations/")
    page.get_by_role("link", name="申请加入企业").click()
    page.fill("[name=q]", other.name)
    walk.press(page, "查找")
    page.get_by_role("radio", name=other.name).check()
    page.get_by_label("职务").first.select_option(label="资料员")
    for box in page.locator("main form [type=checkbox]").all():
        box.check()
    walk.press(page, "提交申请")
    mine.sees("等待企业管理员同意")
    mine.looks()

    office, page = at_office(people, other, "用户管理")
    page.get_by_role("link", name="添加 赵敏").click()
    office.looks()
    walk.press(page, "同意加入")
    page.get_by_role("link", name="编辑 赵敏").wait_for()
    assert Member.objects.filter(user=person, status="active").count() == 2

    page = mine.opens("/projects/")
    page.get_by_role("link", name="加入项目").first.click()
    page.fill("[name=company]", contractor.name[:8])
    page.get_by_role("radio", name=contractor.name).check()
    page.wait_for_load_state("networkidle")  # the list of projects follows the enterprise
    page.get_by_role("radio", name=str(second)).check()
    page.wait_for_load_state("networkidle")
    page.select_option("[name=position]", label="安全员")
    for name in ("consent", "reuse_id_photo", "reuse_letter"):
        if page.locator(f"[name={name}][type=checkbox]").count():
            page.check(f"[name={name}]")
    mine.looks()
    walk.press(page.locator("main .buttons").last, "提交申请")
    page.wait_for_url("**/projects/applications/**")
    mine.looks()
    assert ProjectUser.objects.filter(user=person, project=second, status="submitted").exists()


def test_an_activation_link_opens_the_account_once(reference, people, settings):
    """新建用户 → the text with the link → password → sign in; the link is over."""
    settings.ACTIVATION_BY_LINK = True
    enterprise, newcomer = make.enterprise(), walk.human("王小明", "资料员")
    office, page = at_office(people, enterprise)
    walk.add_member(office, newcomer)
    work()
    link = re.search(r"/activate/[\w-]+/", last_text_to(newcomer.phone, "/activate/"))[0]
    person = people(phone=True)
    page = person.opens(link)
    walk.type_in(page, password=make.PASSWORD, password_again=make.PASSWORD)
    walk.press(page, "激活账号")
    page.get_by_role("heading", name="激活账号").wait_for(state="detached")
    walk.sign_in(person, newcomer.phone)
    other = people()
    other.opens(link)
    other.sees("链接已失效")
    assert User.objects.by_phone(newcomer.phone).phone_verified_at
