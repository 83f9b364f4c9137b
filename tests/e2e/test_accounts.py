"""First password, recovery and one's own account in a real browser, with and without scripts."""

import re

import pytest

from accounts.actions import create_person
from tests import make
from tests.accounts.steps import NEW
from tests.e2e.conftest import last_text_to

PHONE = "13800138000"


def code_for(phone: str) -> str:
    found = re.search(r"[0-9]{6}", last_text_to(phone))
    assert found
    return found[0]


def sign_in(person, account: str, password: str, side: str = "enterprise"):
    page = person.opens(f"/?side={side}")
    page.fill("[name=account]", account)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    return page


@pytest.mark.parametrize("scripts", [True, False])
def test_a_newcomer_replaces_the_initial_password(reference, people, scripts):
    create_person(name="王小明", phone=PHONE, id_number=make.id_number(), by=None)
    newcomer = people(scripts=scripts)
    page = sign_in(newcomer, PHONE, "Zjwh@123!")
    page.wait_for_url("**/first-password/")
    page.get_by_role("button", name="获取验证码").click()
    assert newcomer.sees("验证码已发送")
    if scripts:
        assert "秒后重发" in page.get_by_role("button", name=re.compile("重发")).inner_text()
    page.fill("[name=code]", code_for(PHONE))
    page.fill("[name=password]", NEW)
    page.fill("[name=password_again]", NEW)
    page.press("[name=password_again]", "Enter")  # sends the form, not another code
    assert newcomer.sees("密码已修改，请使用新密码重新登录")
    sign_in(newcomer, PHONE, NEW).wait_for_url("**/home/")


def test_the_pages_are_accessible_empty_and_with_errors(reference, people):
    person = make.person(phone=PHONE)
    visitor = people(phone=True)
    for path in ["/recover/", "/codes/question/"]:
        page = visitor.opens(path)
        visitor.looks()
        page.locator("main form button").last.click()
        assert visitor.sees("提交的内容需要修改")
        visitor.looks()
    page = visitor.opens("/recover/")
    page.fill("[name=account]", PHONE)
    page.fill("[name=id_tail]", person.id_number[-6:])
    page.press("[name=id_tail]", "Enter")
    page.wait_for_url("**/recover/password/")
    visitor.looks()
    sign_in(visitor, PHONE, make.PASSWORD).wait_for_url("**/home/")
    for path in ["/account/", "/account/password/"]:
        visitor.opens(path)
        visitor.looks()
    assert visitor.complaints == []


def test_one_sees_the_own_number_in_its_place_for_a_minute(reference, people):
    make.person(phone=PHONE)
    person = people()
    sign_in(person, PHONE, make.PASSWORD).wait_for_url("**/home/")
    person.page.clock.install()
    page = person.opens("/account/")
    assert person.sees("138****8000")
    page.get_by_role("button", name="显示完整手机号").click()
    assert person.sees(PHONE) and person.sees("60 秒后自动隐藏")
    person.looks()
    page.clock.run_for(55_000)
    assert page.get_by_text(PHONE).count() == 1
    page.clock.run_for(7_000)
    assert page.get_by_text(PHONE).count() == 0 and person.sees("138****8000")
    assert page.get_by_role("button", name="显示完整手机号").is_visible()


def test_an_officer_sets_up_the_second_factor_under_the_strict_policy(reference, people):
    make.staff("陈站长", username="ja-safety")
    officer = people()
    sign_in(officer, "ja-safety", make.PASSWORD, side="staff").wait_for_url("**/home/")
    page = officer.opens("/account/2fa/totp/activate/")
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    assert officer.sees("启用动态验证码")
    assert page.evaluate("document.querySelector('main img').naturalWidth") > 100
    assert officer.axe() == []
