"""The printed initial password opens one page: a code to the own phone, a new password, sign in again."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.actions import close_unused_accounts, create_person
from accounts.models import User
from portal.audit.models import AuditEntry
from portal.notifications.models import Message
from tests import make
from tests.accounts.steps import NEW, is_signed_in, last_code, page, sign_in, texts

PHONE = "13800138000"
INITIAL = "Zjwh@123!"
pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer() -> User:
    return create_person(name="王小明", phone=PHONE, id_number=make.id_number(), by=make.person())


@pytest.fixture
def browser(newcomer) -> Client:
    browser = Client()
    assert sign_in(browser, PHONE, INITIAL).status_code == 302
    return browser


def change(browser: Client, password: str = NEW, code: str = "", again: str | None = None):
    return browser.post("/first-password/", {"code": code, "password": password, "password_again": again or password})


def test_the_whole_way(browser, newcomer):
    assert browser.get("/home/").url == "/first-password/"
    assert "138****8000" in page(browser.get("/first-password/"))
    said = browser.post("/codes/?purpose=first_password").json()
    assert said["ok"]
    response = change(browser, code=last_code())
    assert (response.url, is_signed_in(browser)) == ("/", False)
    assert "密码已修改，请使用新密码重新登录" in page(browser.get("/"))
    assert sign_in(browser, PHONE, INITIAL).status_code == 200
    assert sign_in(browser, PHONE, NEW).url == "/home/"
    assert browser.get("/home/").status_code == 200
    newcomer.refresh_from_db()
    assert (newcomer.must_change_password, newcomer.initial_until) == (False, None)
    assert newcomer.phone_verified_at is not None
    assert Message.objects.get(user=newcomer).event == "account.password_changed"
    assert AuditEntry.objects.filter(event="account.password_changed", actor=newcomer).count() == 1


def test_without_script_a_button_of_the_form_sends_the_code(browser):
    response = browser.post("/first-password/", {"send_code": "1"})
    assert "验证码已发送" in page(response)
    assert len(texts()) == 1
    assert change(browser, code=last_code()).status_code == 302


def all_addresses(patterns=None, prefix: str = "/") -> list[str]:
    found = []
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += all_addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            found.append(path)
    return found


SAMPLES = {
    "uuid": "018f6e2e-0000-7000-8000-000000000000",
    "int": "1",
    "slug": "joint",
    "date": "2026-11-22",
    "str": "x",
    "path": "x",
}


def sample(path: str) -> str:
    """The path with something in each of its places; empty if it is a regular expression."""
    for sort, value in SAMPLES.items():
        while f"<{sort}:" in path:
            head, _, rest = path.partition(f"<{sort}:")
            path = head + value + rest.partition(">")[2]
    return "" if "(" in path or "^" in path else path


def test_it_opens_nothing_else(browser):
    paths = {sample(path) for path in all_addresses()} - {""}
    assert len(paths) > 20
    open_paths = {"/first-password/", "/signout/", "/codes/", "/codes/question/", "/text-size/"}
    for path in paths - open_paths:
        for response in [browser.get(path), browser.post(path, {})]:
            assert (response.status_code, response.headers.get("Location")) == (302, "/first-password/"), path
    assert browser.get("/home/", headers={"accept": "application/json"}).status_code == 403


def test_the_text_may_be_made_larger_before(browser):
    response = browser.post("/text-size/", {"size": "large", "next": "/first-password/"})
    assert (response.url, response.cookies["text_size"].value) == ("/first-password/", "large")


def test_a_wrong_code_changes_nothing(browser, newcomer):
    browser.post("/first-password/", {"send_code": "1"})
    wrong = "000000" if last_code() != "000000" else "111111"
    assert "验证码错误或已过期" in page(change(browser, code=wrong))
    newcomer.refresh_from_db()
    assert newcomer.must_change_password


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        (INITIAL, "不能使用初始密码"),
        ("zjwh@123！2026", "不能使用初始密码"),
        ("Ab-13800138000", "不能含有姓名、账号、手机号或证件号"),
        ("Ab-王小明-2468x", "不能含有姓名、账号、手机号或证件号"),
        ("short-A1", "密码至少 10 位"),
    ],
)
def test_poor_passwords_are_refused_and_the_code_stays_good(browser, password, sentence):
    browser.post("/first-password/", {"send_code": "1"})
    assert sentence in page(change(browser, password, code=last_code()))
    assert change(browser, code=last_code()).status_code == 302


def test_two_different_passwords_are_refused(browser):
    browser.post("/first-password/", {"send_code": "1"})
    assert "两次输入的密码不一致" in page(change(browser, code=last_code(), again=NEW + "x"))


def test_another_session_with_the_initial_password_ends_too(browser):
    stranger = Client()
    sign_in(stranger, PHONE, INITIAL)
    assert stranger.get("/first-password/").status_code == 200
    browser.post("/first-password/", {"send_code": "1"})
    change(browser, code=last_code())
    assert stranger.get("/first-password/").url == "/?next=/first-password/"


def test_an_initial_password_that_nobody_used_opens_nothing_after_its_days(newcomer):
    assert newcomer.initial_until - timezone.now() > timedelta(days=settings.INITIAL_PASSWORD_DAYS - 1)
    User.objects.filter(pk=newcomer.pk).update(initial_until=timezone.now() - timedelta(minutes=1))
    assert "账号或密码错误" in page(sign_in(Client(), PHONE, INITIAL))
    assert close_unused_accounts() == 1
    newcomer.refresh_from_db()
    assert not newcomer.is_active
    assert AuditEntry.objects.filter(event="account.closed_unused").count() == 1
    assert close_unused_accounts() == 0


def test_people_with_their_own_password_have_no_such_page(client):
    client.force_login(make.person())
    assert client.get("/first-password/").url == "/home/"
    assert client.post("/codes/?purpose=first_password").status_code == 404
