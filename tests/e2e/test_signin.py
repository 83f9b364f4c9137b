"""Sign-in, recovery and the session's end in a real browser, each from the visitor's first click."""

import re

from accounts.models import RecoveryTicket, User
from tests import make
from tests.e2e.conftest import last_text_to, work
from tests.e2e.test_accounts import code_for, sign_in

OLD, NEW = "13800138000", "13900139000"


def test_a_person_without_the_old_number_gets_a_new_one(reference, people):
    """Applies, two operators agree, the state is looked up, the account itself can stop it."""
    make.person("张建国", phone=OLD, id_number=(number := make.id_number()))
    operators = [make.operator("甲"), make.operator("乙")]
    visitor = people(width=390)
    page = visitor.opens("/")
    page.get_by_role("link", name="忘记密码").click()
    page.get_by_role("link", name="手机号更换").click()
    visitor.looks()
    page.get_by_role("button", name="申请更换手机号").click()
    page.fill("[name=name]", "张建国")
    page.fill("[name=id_number]", number)
    page.fill("[name=phone]", NEW)
    page.get_by_role("button", name="获取验证码").click()
    assert visitor.sees("验证码已发送")
    page.fill("[name=code]", code_for(NEW))
    photo = make.jpeg(size=(800, 500))
    page.set_input_files("[type=file]", {"name": "id.jpg", "mimeType": "image/jpeg", "buffer": photo.read()})
    assert visitor.sees("id.jpg")
    visitor.looks()
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/recover/ticket/?number=*")
    visitor.looks()
    ticket = RecoveryTicket.objects.get()
    work()

    first, second = (people(), people())
    for person, operator in zip((first, second), operators, strict=True):
        sign_in(person, operator.username, make.PASSWORD, "staff").wait_for_url("**/home/")
    page = first.opens("/console/")
    page.get_by_role("link", name="找回与变更").click()
    first.looks()
    page.get_by_role("link", name=ticket.number).click()
    first.looks()
    page.get_by_role("link", name="提交复核").click()
    page.fill("[name=password]", make.PASSWORD)
    page.get_by_role("button", name="确定").click()
    page.fill("[name=finding]", "照片、姓名与登记一致。")
    first.looks()
    page.get_by_role("button", name="提交复核").click()
    assert first.sees("须由另一位运营人员复核")

    page = second.opens(f"/console/tickets/{ticket.pk}/")
    page.get_by_role("link", name="复核通过").click()
    page.fill("[name=password]", make.PASSWORD)
    page.get_by_role("button", name="确定").click()
    page.get_by_role("button", name="复核通过").click()
    assert second.sees("等待生效")
    assert ticket.number in last_text_to(OLD)

    owner = people(width=390)
    sign_in(owner, OLD, make.PASSWORD).wait_for_url("**/home/")
    page = owner.opens("/account/")
    owner.looks()
    page.get_by_role("link", name="查看并撤销").click()
    owner.looks()
    page.get_by_role("button", name="撤销申请").click()
    assert owner.sees("申请已撤销，账号没有变化")


def test_both_codes_change_the_number_at_once(reference, people):
    user = make.person(phone=OLD)
    visitor = people(width=390)
    page = visitor.opens("/")
    page.get_by_role("link", name="忘记密码").click()
    page.get_by_role("link", name="手机号更换").click()
    page.get_by_role("link", name="用验证码更换").click()
    page.fill("[name=account]", OLD)
    page.fill("[name=id_tail]", user.id_number[-6:])
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/recover/phone/codes/")
    page.fill("[name=phone]", NEW)
    page.get_by_role("button", name="获取验证码").last.click()
    assert visitor.sees("验证码已发送，请注意查收")
    page.fill("[name=old_code]", code_for(OLD))
    page.fill("[name=code]", code_for(NEW))
    visitor.looks()
    page.get_by_role("button", name="更换手机号").click()
    assert visitor.sees("请用新手机号登录")
    assert User.objects.by_phone(NEW) == user


def test_a_passkey_is_made_and_opens_the_account_alone(reference, people, live_server):
    make.person(phone=OLD)
    person = people()
    page = person.page
    start = live_server.url.replace("127.0.0.1", "localhost")
    devtools = person.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    key |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    page.goto(start + "/")
    page.fill("[name=account]", OLD)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/home/")
    page.goto(start + "/account/")
    page.get_by_role("link", name=re.compile("未启用")).click()
    person.looks()
    page.get_by_role("link", name="添加通行密钥").click()
    page.fill("[name=password]", make.PASSWORD)
    page.get_by_role("button", name="确定").click()
    page.fill("[name=name]", "我的手机")
    page.check("[name=passwordless]")
    person.looks()
    page.get_by_role("button", name="添加").click()
    page.wait_for_url("**/recovery-codes/")
    page.goto(start + "/account/2fa/webauthn/")
    assert person.sees("我的手机")
    person.looks()
    page.goto(start + "/account/")
    person.context.clear_cookies()
    page.goto(start + "/")
    person.looks()
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/home/")


def test_an_idle_session_is_announced_and_prolonged(reference, people, settings):
    settings.SESSION_IDLE = {"staff": 100, "other": 100}  # less than the two minutes of the warning
    make.person(phone=OLD)
    person = people(width=390)
    page = sign_in(person, OLD, make.PASSWORD)
    page.wait_for_url("**/home/")
    assert person.sees("即将自动退出登录")
    person.looks()
    with page.expect_response("**/account/stay/") as answer:
        page.get_by_role("button", name="继续").click()
    assert answer.value.json()["left"] >= 99


def test_the_other_device_is_signed_out(reference, people):
    make.person(phone=OLD)
    here, there = people(width=390), people()
    for person in (there, here):
        sign_in(person, OLD, make.PASSWORD).wait_for_url("**/home/")
    page = here.opens("/account/")
    page.get_by_role("link", name="查看和下线").click()
    here.looks()
    page.get_by_role("button", name="下线").click()
    assert here.sees("该设备已下线")
    assert "?next=" in there.opens("/workbench/").url
    here.opens("/account/log/")
    here.looks()
