"""手机号更换 with the old number at hand: a code to each number (product §4)."""

import pytest
from django.test import Client

from accounts.models import RecoveryTicket, User
from portal.notifications.models import Message
from tests import make
from tests.accounts.steps import code_to, is_signed_in, page, sign_in, stripped, sure, told

OLD, NEW = "13800138000", "13900139000"
WRONG = "验证码错误或已过期"
pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make.person(phone=OLD)


def begin(browser: Client, account: str, id_tail: str, address: str = "127.0.0.1"):
    posted = {"account": account, "id_tail": id_tail}
    return browser.post("/recover/phone/change/", posted, REMOTE_ADDR=address)


def ask_new(browser: Client, phone: str = NEW):
    return browser.post("/codes/?purpose=new_phone", {"phone": phone}).json()["ok"]


def finish(browser: Client, old_code: str, code: str, phone: str = NEW):
    return browser.post("/recover/phone/codes/", {"old_code": old_code, "phone": phone, "code": code})


def test_both_codes_change_the_number_end_every_session_and_tell_both(person):
    other = Client()
    sign_in(other, OLD)
    browser = Client()
    assert begin(browser, OLD, person.id_number[-6:]).url == "/recover/phone/codes/"
    assert ask_new(browser)
    assert finish(browser, code_to(OLD), code_to(NEW)).url == "/"
    assert User.objects.by_phone(NEW) == person and User.objects.by_phone(OLD) is None
    assert other.get("/home/").status_code == 302
    assert told(OLD) == told(NEW) == ["account.phone_replaced"]
    assert Message.objects.filter(user=person, event="account.phone_changed").count() == 1
    assert sign_in(Client(), NEW).status_code == 302


def test_an_enterprises_number_is_its_agents():
    enterprise = make.enterprise()
    was = enterprise.agent_phone
    browser = Client()
    begin(browser, enterprise.uscc, enterprise.agent_id_number[-6:])
    ask_new(browser)
    assert finish(browser, code_to(was), code_to(NEW)).url == "/"
    enterprise.refresh_from_db()
    assert enterprise.agent_phone == NEW
    assert told(was) == told(NEW) == ["account.phone_replaced"]


def test_somebody_signed_in_types_the_password_again_and_then_the_codes(person):
    browser = Client()
    browser.force_login(person)
    assert browser.get("/account/phone/").url.startswith("/account/confirm/")
    assert sure(browser).get("/account/phone/").url == "/recover/phone/codes/"
    assert browser.post("/codes/?purpose=phone_change").json()["ok"] and ask_new(browser)
    assert finish(browser, code_to(OLD), code_to(NEW)).url == "/"
    assert not is_signed_in(browser)
    assert User.objects.by_phone(NEW) == person


def test_without_script_each_button_asks_for_its_own_code(person):
    browser = Client()
    begin(browser, OLD, person.id_number[-6:])
    shown = page(browser.post("/recover/phone/codes/", {"send_code": "code", "phone": NEW, "old_code": ""}))
    assert "验证码已发送" in shown and f'value="{NEW}"' in shown
    assert "一分钟只能获取一次" in page(browser.post("/recover/phone/codes/", {"send_code": "old_code"}))
    assert finish(browser, code_to(OLD), code_to(NEW)).url == "/"


def test_a_wrong_code_uses_up_neither(person):
    browser = Client()
    begin(browser, OLD, person.id_number[-6:])
    ask_new(browser)
    wrong = "000000" if code_to(OLD) != "000000" else "111111"
    assert WRONG in page(finish(browser, wrong, code_to(NEW)))
    assert finish(browser, code_to(OLD), code_to(NEW)).url == "/"


def test_unknown_wrong_and_known_accounts_look_the_same(person):
    seen = []
    for n, (account, tail) in enumerate([(OLD, person.id_number[-6:]), (OLD, "111111"), ("13700137000", "222222")]):
        browser = Client(REMOTE_ADDR=f"10.9.{n}.1")
        first = begin(browser, account, tail, f"10.9.{n}.1")
        second = stripped(browser.get("/recover/phone/codes/"))
        seen.append((first.status_code, first.url, second, stripped(finish(browser, "123456", "123456"))))
    assert seen[0] == seen[1] == seen[2]


def test_the_second_page_needs_the_first():
    assert Client().get("/recover/phone/codes/").url == "/recover/phone/"
    assert Client().post("/codes/?purpose=phone_change").status_code == 404


def test_the_number_of_another_person_is_not_taken_but_asked_about(person):
    """41. Phone recycled: SMS proves possession only; never auto-merge."""
    holder = make.person("旧机主", phone=NEW)
    browser = Client()
    begin(browser, OLD, person.id_number[-6:])
    ask_new(browser)
    assert "绑定在另一个账号上" in page(finish(browser, code_to(OLD), code_to(NEW)))
    holder.refresh_from_db()
    assert (holder.phone, holder.phone_disputed_at is not None) == (NEW, True)
    assert User.objects.by_phone(OLD) == person
    assert RecoveryTicket.objects.get().account == holder
