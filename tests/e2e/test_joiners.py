"""Project users after they applied, and people and their data, in a real browser from the first click."""

from datetime import timedelta

from django.utils import timezone

from accounts.tasks import make_data_copies
from projects.actions import reject_application
from projects.models import ProjectGrant, ProjectUser
from tests import make
from tests.e2e.conftest import work
from tests.e2e.test_projects import as_file, code_for, sign_in
from tests.projects.acts import applied, site


def test_an_applicant_looks_up_mends_and_reminds(reference, people):
    """First page → 申请进度查询 → phone and code → reason → sign in → mend what was marked → remind a day later."""
    project, contractor, manager = site()
    application = applied(project, contractor)
    phone = application.user.phone
    reject_application(application, reason="承诺函没有盖章。", marked=["letter"], by=manager)
    visitor = people(phone=True)
    page = visitor.opens("/")
    page.get_by_role("link", name="申请进度查询").click()
    page.fill("[name=phone]", phone)
    page.get_by_role("button", name="获取验证码").click()
    assert visitor.sees("验证码已发送")
    visitor.looks()
    page.fill("[name=code]", code_for(phone))
    page.get_by_role("button", name="查询").click()
    assert visitor.sees("承诺函没有盖章。")
    visitor.looks()
    page.get_by_role("link", name="登录后修改并重新提交").click()
    page.fill("[name=account]", phone)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.set_input_files("[name=letter]", as_file(make.pdf("盖章.pdf")))
    assert visitor.sees("盖章.pdf")
    visitor.looks()
    page.get_by_role("button", name="重新提交").click()
    assert visitor.sees("已重新提交，请等待审核。")
    ProjectUser.objects.update(applied_at=timezone.now() - timedelta(days=1, minutes=1))
    page.reload()
    page.get_by_role("button", name="提醒审核人").click()
    assert visitor.sees("已提醒审核人。")


def test_a_manager_delegates_and_the_deputy_approves_two_at_once(reference, people, settings):
    """Sign in → 我的项目 → 委托审核 → the deputy ticks two, gives the code that many approvals need, reads the results."""
    settings.APPROVALS_A_DAY = 1
    project, contractor, manager = site()
    deputy = make.member(contractor, make.person("吴倩")).user
    applied(project, contractor, make.person("赵敏"))
    applied(project, contractor, make.person("郑海波"), files=False)
    chief = people()
    page = sign_in(chief, manager.phone)
    page.goto("/projects/")
    page.get_by_role("link", name=str(project), exact=True).click()
    page.get_by_role("link", name="委托审核").click()
    page.select_option("[name=user]", value=str(deputy.pk))
    page.fill("[name=until]", (timezone.localdate() + timedelta(days=5)).isoformat())
    chief.looks()
    page.get_by_role("button", name="委托", exact=True).click()
    assert chief.sees("已委托 吴倩 审核项目用户。")
    assert ProjectGrant.objects.get().user == deputy

    other = people()
    page = sign_in(other, deputy.phone)
    page.get_by_role("link", name="项目管理").first.click()
    page.get_by_label("全选").check()
    page.get_by_role("button", name="批量通过").click()
    assert other.sees("为防止他人冒用您的账号")
    page.get_by_role("button", name="获取验证码").click()
    assert other.sees("验证码已发送")
    other.looks()
    page.fill("[name=code]", code_for(deputy.phone))
    page.get_by_role("button", name="继续").click()
    page.check("[name=checked]")
    page.get_by_role("button", name="通过", exact=True).click()
    assert other.sees("已通过 1 人，未通过 1 人")
    other.looks()
    page.get_by_role("link", name="赵敏").click()
    page.get_by_role("link", name="移出项目").click()
    page.get_by_role("button", name="移出项目").click()
    assert other.sees("已将 赵敏 移出项目。")


def test_a_person_takes_their_data_and_asks_for_a_correction(reference, people):
    """个人中心 → 我的数据 → 导出 → password → the file; 更正 with proof → an operator grants it."""
    person = make.site_officer("赵敏")
    operator = make.operator()
    mine = people(phone=True)
    page = sign_in(mine, person.phone)
    page.goto("/account/")
    page.get_by_role("link", name="我的数据").click()
    page.get_by_role("button", name="导出我的数据").click()
    make_data_copies()
    page.reload()
    mine.looks()
    page.get_by_role("link", name="下载").click()
    page.fill("[name=password]", make.PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="确定").click()
    assert download.value.suggested_filename.endswith(".zip")
    page.goto("/account/data/")
    page.get_by_role("link", name="更正姓名、身份证号").click()
    page.fill("[name=name]", "赵敏敏")
    page.fill("[name=id_number]", person.id_number)
    page.set_input_files("[name=proof]", as_file(make.jpeg(size=(800, 500))))
    assert mine.sees("照片.jpg")
    page.fill("[name=reason]", "登记时少写了一个字。")
    mine.looks()
    page.get_by_role("button", name="提交申请").click()
    assert mine.sees("申请已提交")
    work()

    desk = people()
    page = desk.opens("/?side=staff")
    page.fill("[name=account]", operator.username)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.get_by_role("link", name="运营管理").first.click()
    page.get_by_role("link", name="个人信息申请").click()
    desk.looks()
    page.get_by_role("link", name="赵*", exact=True).click()
    page.locator("summary", has_text="姓名").click()
    page.locator("details[open]").get_by_label("查看理由").select_option("papers")
    page.get_by_role("button", name="显示完整姓名").click()
    assert desk.sees("赵敏敏")
    desk.looks()
    page.get_by_role("link", name="办理", exact=True).click()
    page.check("[name=checked]")
    page.get_by_role("button", name="办理", exact=True).click()
    assert desk.sees("已办理，申请人会收到通知。")
