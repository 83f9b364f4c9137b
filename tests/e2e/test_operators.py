"""What operators and auditors do, each from the first click, and what the people concerned see of it."""

from django.utils import timezone

from accounts.models import Station, StationPost
from enterprises.models import BusinessSystem, Enterprise, Member
from portal.audit.models import AuditEntry
from portal.audit.tasks import check_audit, seal_audit
from projects.models import EnterpriseHandover
from tests import make
from tests.e2e import walk
from tests.home.steps import managed_project


def at_console(people, user, *links: str):
    """Sign in at the 管理端 and follow the links, the first of them in the top bar."""
    person = people(phone=True)
    page = walk.sign_in(person, user.username, side="管理端")
    for place, link in zip((".top", *["main"] * len(links)), links, strict=False):
        page.locator(place).get_by_role("link", name=link).first.click()
    return person, page


def hands_over(people, source: Enterprise, target: Enterprise, proposed) -> None:
    """企业维护 → 合并/分立 → proof → another operator looks at it and confirms; the first reads what went over."""
    operators = make.operator("提出人"), make.operator("复核人")
    first, page = at_console(people, operators[0], "运营管理", "企业维护")
    page.get_by_role("link", name=f"合并/分立 {source.name}").click()
    walk.press(page, "提出")
    first.sees("提交的内容需要修改")
    first.looks()
    page.fill("[name=target]", target.uscc)
    page.fill("[name=evidence]", "登记机关通知书〔2026〕12 号")
    proposed(page)
    page.set_input_files("[name=proof]", walk.as_file(make.pdf("登记通知书.pdf")))
    walk.press(page, "提出")
    first.sees("已提出，等待另一名运营人员复核。")
    first.looks()
    assert not page.get_by_role("link", name="复核通过").count()
    walk.work()

    second, page = at_console(people, operators[1], "运营管理", "企业维护", "企业合并与分立")
    page.get_by_role("link", name=source.name).click()
    second.sees("登记通知书.pdf")
    page.get_by_role("link", name="复核通过").click()
    second.sees("生效后不能撤销")
    second.looks()
    walk.press(page, "确认生效")
    second.sees("已处理。")
    second.looks()
    assert EnterpriseHandover.objects.get().status == "done"


def test_two_operators_merge_an_enterprise_into_another(reference, people):
    """Its account is closed, its people find themselves in the enterprise that goes on (domain §5.7 26)."""
    source, target = make.granted(make.enterprise("武汉旧名建设有限公司")), make.enterprise("武汉新名集团有限公司")
    manager = make.site_officer("陈建桥", at=source)
    managed_project(manager, source)
    hands_over(people, source, target, lambda page: page.select_option("[name=kind]", value="merge"))

    closed = people()
    page = closed.opens("/")
    walk.type_in(page, account=source.uscc, password=make.PASSWORD)
    walk.press(page, "登录")
    page.get_by_role("alert").first.wait_for()
    person = people(phone=True)
    walk.sign_in(person, manager.phone)
    page = walk.visit(person, "/invitations/")
    page.locator("main").get_by_text(target.name).first.wait_for()
    assert Member.objects.get(user=manager, status="active").enterprise == target


def test_two_operators_split_a_project_off_and_its_people_are_asked(reference, people):
    """The chosen project goes over; its manager agrees to belong to the new enterprise (domain §5.7 26)."""
    source, target = make.granted(make.enterprise("武汉旧名建设有限公司")), make.enterprise("武汉新名集团有限公司")
    manager = make.site_officer("陈建桥", at=source)
    project = managed_project(manager, source)

    def chosen(page):
        page.select_option("[name=kind]", value="split")
        page.get_by_role("checkbox", name=str(project)).check()

    hands_over(people, source, target, chosen)
    person = people(phone=True)
    page = walk.sign_in(person, manager.phone)
    page = person.opens("/invitations/")
    person.looks()
    agree = page.get_by_role("button", name=f"同意加入 {target.name}", exact=True)
    agree.click()
    agree.wait_for(state="detached")
    active = Member.objects.filter(user=manager, status="active").values_list("enterprise__name", flat=True)
    assert sorted(active) == sorted([source.name, target.name])


def test_a_notice_reaches_whom_it_is_for_and_nobody_else(reference, people):
    """通知公告 → 新建公告 for the enterprises of 江岸区 → one of them reads it and puts it away, others never see it."""
    here = make.member(make.enterprise(), make.person("吴倩")).user
    elsewhere = make.member(make.enterprise(district_id="420106"), make.person("赵敏")).user
    operator, page = at_console(people, make.operator(), "运营管理", "通知公告", "新建公告")
    walk.type_in(page, title="江岸区报监窗口调整", body="自下周一起在二楼办理。")
    page.select_option("[name=audience]", label="企业")
    page.select_option("[name=district]", label="江岸区")
    operator.looks()
    walk.press(page, "保存")
    operator.sees("公告已保存")
    operator.looks()

    reader = people(phone=True)
    page = walk.sign_in(reader, here.phone)
    page.get_by_role("link", name="江岸区报监窗口调整").first.click()
    reader.sees("自下周一起在二楼办理。")
    reader.looks()
    for other, side in ((elsewhere.phone, "企业端"), (make.officer().username, "管理端")):
        stranger = people()
        page = walk.sign_in(stranger, other, side=side)
        assert not page.get_by_text("江岸区报监窗口调整").count()
        assert stranger.opens("/notices/").get_by_text("江岸区报监窗口调整").count() == 0

    page = operator.page
    page.get_by_role("link", name="提前结束").click()
    operator.looks()
    page.locator("main").get_by_role("button", name="结束").click()
    operator.sees("公告已结束，不再显示")
    page = reader.opens("/home/")
    assert not page.get_by_text("江岸区报监窗口调整").count()


def test_an_officer_of_two_stations_switches_between_them(reference, people):
    """The list of 安监 at one station, then of 质监 at another: the switcher narrows, the rights stay."""
    officer = make.officer("safety")
    filing = make.submitted_filing()
    StationPost.objects.create(user=officer, station=make.station_of("quality"), role="quality")
    person = people(phone=True)
    page = walk.sign_in(person, officer.username, side="管理端")
    for role in ("安监", "质监"):
        page.locator(".top__place summary").click()
        page.locator(".top__place").get_by_role("button", name=role).click()
        page.locator(".top__where", has_text=role).wait_for()
        page = person.opens("/review/")
        person.sees(str(filing))
        rows = page.locator("main tbody tr")
        assert rows.count() == 1 and role in rows.first.inner_text()
        person.looks()
    page.locator(".top__place summary").click()
    page.locator(".top__place").get_by_role("button", name="全部单位和项目").click()
    page.locator(".top__where", has_text="全部单位和项目").wait_for()
    assert person.opens("/review/?place=all").locator("main tbody tr").count() == 2


def test_an_operator_publishes_a_version_and_it_is_agreed_to_at_the_next_sign_in(reference, people):
    """协议 → 发布新版本 → somebody signs in, reads what changed, agrees → the operator reads how many did."""
    user = make.person()
    operator, page = at_console(people, make.operator(), "运营管理", "协议", "发布新版本")
    page.select_option("[name=kind]", value="privacy")
    walk.type_in(page, version="2026-9", title="隐私政策", changes="新增：项目评价使用姓名。", body="一、我们收集什么")
    operator.looks()
    walk.press(page, "发布")
    operator.sees("2026-9")
    operator.looks()

    reader = people(phone=True)
    page = walk.sign_in(reader, user.phone, to="**/agree/**")
    reader.sees("新增：项目评价使用姓名。")
    page.get_by_role("checkbox").check()
    walk.press(page, "同意并继续")
    page.wait_for_url("**/home/")
    row = operator.opens("/console/agreements/").get_by_role("row").filter(has_text="2026-9")
    assert "1 个账号" in row.inner_text()


def test_an_auditor_searches_exports_and_verifies_the_trail(reference, people):
    """审计记录 → keyword and event → one entry → 导出, which is itself an entry → 校验记录 → 立即校验 → 完整."""
    enterprise = make.enterprise("武汉审计对象建设有限公司")
    operator, page = at_console(people, make.operator("黄运营"), "运营管理", "企业维护")
    page.get_by_role("link", name=f"暂停 {enterprise.name}").click()
    page.fill("[name=reason]", "资质证书过期。")
    walk.press(page, "暂停")
    operator.sees("已暂停 武汉审计对象建设有限公司。")

    auditor, page = at_console(people, make.auditor())
    page.get_by_role("link", name="审计记录").first.click()
    page.fill("[name=q]", "武汉审计对象")
    page.fill("[name=since]", timezone.localdate().isoformat())
    walk.press(page, "搜索")
    auditor.sees("时间起")
    auditor.looks()
    page.get_by_role("row").filter(has_text="黄**").get_by_role("link", name="查看").click()
    auditor.sees("资质证书过期。")
    auditor.looks()
    page.go_back()
    with page.expect_download() as download:
        walk.press(page, "导出")
    text = download.value.path().read_text("utf-8-sig")
    assert "武汉审计对象建设有限公司" in text and len(text.splitlines()) == 2
    auditor.opens("/audit/")
    page.locator("td", has_text="导出审计记录").wait_for()
    page.get_by_role("link", name="校验记录").click()
    walk.press(page, "立即校验")
    auditor.sees("校验中")
    seal_audit()
    check_audit()
    page.reload()
    auditor.sees("没有被改动")
    auditor.looks()


def test_an_operator_verifies_suspends_and_restores_an_enterprise(reference, people):
    """企业维护 → 核验 → 暂停; the enterprise reads both and why, cannot file; 恢复."""
    enterprise = make.granted(make.enterprise())
    clerk = make.site_officer(at=enterprise)
    operator, page = at_console(people, make.operator(), "运营管理", "企业维护")
    page.get_by_role("link", name=f"核验 {enterprise.name}").click()
    page.get_by_role("radio", name="一致", exact=True).check()
    page.fill("[name=note]", "国家企业信用信息公示系统，今日查询。")
    walk.press(page, "记录结论")
    operator.sees("的核验结论")
    page.get_by_role("link", name=f"暂停 {enterprise.name}").click()
    page.fill("[name=reason]", "资质证书过期。")
    operator.looks()
    walk.press(page, "暂停")
    operator.sees("已暂停")
    operator.looks()

    office, person = people(phone=True), people(phone=True)
    walk.sign_in(office, enterprise.uscc)
    office.opens(f"/platform/enterprises/{enterprise.pk}/")
    office.sees("资质证书过期。")
    office.looks()
    walk.sign_in(person, clerk.phone)
    page = person.opens("/filing/advance/new/")
    walk.press(page, "新建并填写")
    person.sees("暂停原因：资质证书过期。")
    person.looks()

    page = operator.page
    page.get_by_role("link", name=f"恢复 {enterprise.name}").click()
    operator.looks()
    walk.press(page, "恢复")
    operator.sees("已恢复")
    assert Enterprise.objects.get(pk=enterprise.pk).status == "active"


def test_an_operator_takes_the_holidays_of_a_year_from_the_notice(reference, people):
    """工作日历 → 录入放假安排 → 预览 → 确认采用 → one day by hand."""
    operator, page = at_console(people, make.operator(), "运营管理", "工作日历", "录入放假安排")
    walk.type_in(page, text="元旦：1月1日（周五）至3日（周日）放假调休，共3天。1月9日（周六）上班。")
    page.select_option("[name=year]", value="2027")
    operator.looks()
    walk.press(page, "预览")
    operator.sees("2027-01-09")
    operator.looks()
    walk.press(page, "确认采用")
    operator.sees("已更新")
    operator.looks()
    page.locator("a[href$='/2027-01-05/']").click()
    operator.looks()
    page.get_by_role("radio", name="休息日").check()
    page.fill("[name=reason]", "按补充通知。")
    walk.press(page, "保存")
    operator.sees("已更新 1 天")


def test_an_operator_keeps_stations_and_systems(reference, people):
    """监督站 → a new one; 业务系统 → another text; both recorded."""
    operator, page = at_console(people, make.operator(), "运营管理", "监督站")
    page.locator(".object-tools a").first.click()
    page.fill("[name=name]", "江岸区综合监督站")
    operator.looks()
    walk.press(page, "保存")
    page.get_by_role("link", name="江岸区综合监督站").last.wait_for()
    operator.opens("/console/")
    page.locator("main").get_by_role("link", name="业务系统").click()
    page.get_by_role("link", name="项目报监").last.click()
    page.fill("[name=purpose]", "办理报监和竣工")
    operator.looks()
    walk.press(page, "保存")
    page.get_by_role("link", name="项目报监").last.wait_for()
    assert (Station.objects.filter(name="江岸区综合监督站").count(), system_purpose()) == (1, "办理报监和竣工")
    assert AuditEntry.objects.filter(event="dictionary.changed").count() == 2


def system_purpose() -> str:
    return BusinessSystem.objects.get(pk="filing").purpose
