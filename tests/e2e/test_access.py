"""Getting in, each way from the visitor's first click: after a lock, a forgotten password, a second factor, an agent who left."""

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.utils import timezone

from accounts.models import RecoveryTicket
from accounts.tasks import finish_tickets
from enterprises.models import Enterprise
from projects.models import ProjectUser
from tests import make
from tests.e2e import walk
from tests.e2e.conftest import last_text_to, work
from tests.e2e.test_operators import at_console
from tests.e2e.test_platform import at_office
from tests.projects.acts import applied, site


def test_a_lock_says_when_it_ends_and_an_operator_lifts_it(reference, people):
    """Five wrong passwords → until when → 登录锁定 → 解除锁定 → sign in; the account is told of the new device."""
    user = make.person()
    first = people()
    walk.sign_in(first, user.phone)
    locked = people(phone=True)
    page = locked.opens("/")
    for _each in range(6):
        walk.type_in(page, account=user.phone, password="wrong-password")
        walk.press(page, "登录")
        page.get_by_role("alert").first.wait_for()
    locked.sees("自动解锁")
    locked.looks()

    operator, page = at_console(people, make.operator(), "运营管理", "登录锁定")
    operator.looks()
    walk.press(page, "解除锁定")
    operator.sees("现在没有被锁定的账号")
    walk.sign_in(locked, user.phone)
    assert "您的账号在新设备上登录" in walk.unread(locked)


def test_a_forgotten_password_is_replaced_by_a_code(reference, people):
    """忘记密码 → account and the end of the number → code → new password → sign in; the other session is over."""
    user, new = make.person(), "Qiu-tian-2027"
    other, visitor = people(), people(phone=True)
    walk.sign_in(other, user.phone)
    page = visitor.opens("/")
    page.get_by_role("link", name="忘记密码").click()
    walk.type_in(page, account=user.phone, id_tail=user.id_number[-6:])
    walk.press(page, "下一步")
    page.wait_for_url("**/recover/password/")
    walk.type_in(page, code=walk.code_for(user.phone), password=new, password_again=new)
    walk.press(page, "确定")
    page.wait_for_url(lambda url: "/recover/" not in url)
    walk.sign_in(visitor, user.phone, new)
    assert "?next=" in other.opens("/workbench/").url


def code_of(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter + steps))


def test_an_authenticator_and_a_recovery_code_open_the_account(reference, people):
    """个人中心 → 第二重验证 → password → 启用 → the recovery codes → sign in with one of them, which is spent."""
    user = make.person()
    person = people(phone=True)
    page = walk.sign_in(person, user.phone)
    page.goto("/account/")
    page.get_by_role("link", name="未启用，去设置").click()
    person.looks()
    page.get_by_role("link", name="启用", exact=True).click()
    page.fill("[name=password]", make.PASSWORD)
    person.looks()
    walk.press(page, "确定")
    secret = page.locator("main code").inner_text()
    person.looks()
    page.fill("[name=code]", code_of(secret))
    walk.press(page, "启用")
    page.wait_for_url("**/recovery-codes/")
    person.looks()
    spare = page.locator("main code").first.inner_text()

    other = people(phone=True)
    page = other.opens("/")
    for _each in range(2):
        page.goto("/")
        walk.type_in(page, account=user.phone, password=make.PASSWORD)
        walk.press(page, "登录")
        other.sees("请输入身份验证器显示的 6 位数字")
        page.fill("[name=code]", spare)
        walk.press(page, "登录")
        if _each == 0:
            page.wait_for_url("**/home/")
            walk.sign_out(other)
    other.sees("提交的内容需要修改")
    other.looks()


def test_a_new_agent_takes_over_from_one_who_left(reference, people):
    """手机号更换 → 经办人已离职 → two operators → the days of waiting → the code goes to the new agent's phone."""
    enterprise, agent = make.enterprise(), walk.human("宋远桥")
    visitor = people(phone=True)
    page = visitor.opens("/")
    page.get_by_role("link", name="忘记密码").click()
    page.get_by_role("link", name="手机号更换").click()
    walk.press(page, "申请变更经办人")
    walk.type_in(page, uscc=enterprise.uscc, legal_representative="周明远")
    walk.type_in(page, name=agent.name, id_number=agent.id_number, phone=agent.phone)
    walk.get_code(visitor, agent.phone)
    walk.upload(visitor, "licence", make.jpeg("营业执照.jpg", (800, 500)))
    walk.upload(visitor, "letter", make.pdf("授权委托书.pdf"))
    visitor.looks()
    walk.press(page, "提交申请")
    page.wait_for_url("**/recover/ticket/?number=*")
    work()
    number = RecoveryTicket.objects.get().number

    for name, tab, act in (("甲", "待核验", "提交复核"), ("乙", "待复核", "复核通过")):
        desk, page = at_console(people, make.operator(name), "运营管理", "找回与变更", tab, number)
        desk.looks()
        page.get_by_role("link", name=act).click()
        page.fill("[name=password]", make.PASSWORD)
        walk.press(page, "确定")
        if act == "提交复核":
            page.fill("[name=finding]", "已电话回访法定代表人。")
        walk.press(page, act)
        desk.sees("复核" if act == "提交复核" else "等待生效")
    RecoveryTicket.objects.update(effective_at=timezone.now())
    finish_tickets()
    assert Enterprise.objects.get().agent_name == "宋远桥"
    assert number in last_text_to(agent.phone, number)
    page = visitor.opens(f"/recover/ticket/?number={number}")
    visitor.sees("办结时间")
    visitor.looks()


def test_the_first_manager_is_approved_by_the_enterprise(reference, people):
    """A project without a manager: 平台管理 of the contractor → 项目用户审核 → the application → 通过 (domain §5.3)."""
    project, contractor, _nobody = site(manager=None)
    application = applied(project, contractor, make.person("陈建桥"), position="1009")
    work()
    office, page = at_office(people, contractor)
    page.get_by_role("link", name="项目用户审核").first.click()
    page.get_by_role("link", name="陈建桥", exact=True).click()
    office.looks()
    page.get_by_role("link", name="通过", exact=True).click()
    page.check("[name=checked]")
    office.looks()
    walk.press(page, "通过")
    office.sees("已通过 陈建桥 的申请。")
    assert ProjectUser.objects.get(pk=application.pk).status == "approved"
