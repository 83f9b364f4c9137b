"""密码重置 tells nobody who has an account."""

import time

import pytest
from django.test import Client

from accounts.models import User
from portal.notifications.models import Delivery, Message
from tests import make
from tests.accounts.steps import NEW, is_signed_in, last_code, page, sign_in, stripped, texts

SAME = "如信息无误，验证码已发送到预留手机"
PHONE = "13800138000"
pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make.person(phone=PHONE)


def ask(browser: Client, account: str, id_tail: str, address: str = "127.0.0.1"):
    return browser.post("/recover/", {"account": account, "id_tail": id_tail}, REMOTE_ADDR=address)


def change(browser: Client, code: str, password: str = NEW):
    return browser.post("/recover/password/", {"code": code, "password": password, "password_again": password})


def test_a_person_sets_a_new_password(person):
    other = Client()
    sign_in(other, PHONE)
    browser = Client()
    assert ask(browser, "138 0013 8000", person.id_number[-6:].lower()).url == "/recover/password/"
    assert SAME in page(browser.get("/recover/password/"))
    assert change(browser, last_code()).url == "/"
    assert "密码已修改，请使用新密码重新登录" in page(browser.get("/"))
    assert other.get("/home/").url == "/?next=/home/"
    assert not is_signed_in(browser)
    assert sign_in(browser, PHONE, NEW).status_code == 302
    told = ["account.password_changed", "account.new_device"]
    assert list(Message.objects.filter(user=person).order_by("created_at").values_list("event", flat=True)) == told
    assert Delivery.objects.filter(event="account.password_changed").count() == 1


def test_an_enterprise_recovers_through_its_agent():
    enterprise = make.enterprise()
    browser = Client()
    ask(browser, enterprise.uscc, enterprise.agent_id_number[-6:])
    assert texts()[-1].address == enterprise.agent_phone
    assert change(browser, last_code()).url == "/"
    assert sign_in(browser, enterprise.uscc, NEW).status_code == 302


def answers(account: str, id_tail: str, address: str) -> list:
    """All that can be seen on the way, with what was typed taken out."""
    browser = Client(REMOTE_ADDR=address)
    first = ask(browser, account, id_tail, address)
    again = ask(browser, account, id_tail, address)
    second = browser.get("/recover/password/")
    wrong = change(browser, "123456")
    resent = browser.post("/codes/?purpose=password_reset").json()
    seen = [(first.status_code, first.url), stripped(again), stripped(second), stripped(wrong), resent]
    return [repr(part).replace(account, "").replace(id_tail, "") for part in seen]


def test_unknown_known_wrong_closed_and_staff_look_the_same(person):
    closed = make.person(phone="13800138001", is_active=False)
    make.staff(username="ja-safety")
    seen = [
        answers(PHONE, person.id_number[-6:], "10.0.0.1"),
        answers(PHONE, "111111", "10.0.0.2"),
        answers("13800138009", "222222", "10.0.0.3"),
        answers("13800138001", closed.id_number[-6:], "10.0.0.4"),
        answers("ja-safety", "333333", "10.0.0.5"),
        answers(make.uscc(), "444444", "10.0.0.6"),
    ]
    assert [one == seen[0] for one in seen] == [True] * 6
    assert len(texts()) == 1
    assert "****" not in "".join(seen[0])


def test_unknown_and_known_take_the_same_time(person):
    took: dict[str, list[float]] = {PHONE: [], "13800138009": []}
    for n in range(4):
        for account, times in took.items():
            began = time.perf_counter()
            ask(Client(), account, person.id_number[-6:], f"10.{account[-1]}.0.{n}")
            times.append(time.perf_counter() - began)
    known, unknown = map(min, took.values())
    assert known > 0.3
    assert known == pytest.approx(unknown, rel=0.2)


def test_the_code_of_an_unknown_account_never_fits(person):
    browser = Client()
    ask(browser, "13800138009", "123456")
    assert "验证码错误或已过期" in page(change(browser, "123456"))
    assert person.check_password(make.PASSWORD)


def test_the_second_page_needs_the_first():
    assert Client().get("/recover/password/").url == "/recover/"
    assert Client().post("/recover/password/", {"send_code": "1"}).url == "/recover/"


def test_a_code_is_asked_for_once_a_minute(person):
    browser = Client()
    ask(browser, PHONE, person.id_number[-6:])
    assert "一分钟只能获取一次" in page(ask(browser, PHONE, person.id_number[-6:]))
    assert len(texts()) == 1


def test_the_code_is_good_for_the_browser_that_asked_only(person):
    ask(Client(), PHONE, person.id_number[-6:])
    other = Client()
    ask(other, PHONE, "111111", "10.0.0.9")
    assert "验证码错误或已过期" in page(change(other, last_code()))


def test_a_password_with_the_persons_name_is_refused_only_after_the_right_code(person):
    browser = Client()
    ask(browser, PHONE, person.id_number[-6:])
    poor = f"Ab-{PHONE}"
    wrong = "000000" if last_code() != "000000" else "111111"
    assert "不能含有姓名" not in page(change(browser, wrong, poor))
    assert "不能含有姓名、账号、手机号或证件号" in page(change(browser, last_code(), poor))
    assert change(browser, last_code()).url == "/"


def test_recovering_ends_the_need_for_a_first_password(person):
    User.objects.filter(pk=person.pk).update(must_change_password=True)
    browser = Client()
    ask(browser, PHONE, person.id_number[-6:])
    change(browser, last_code())
    sign_in(browser, PHONE, NEW)
    assert browser.get("/home/").status_code == 200
