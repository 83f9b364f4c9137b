"""One's own account: data, password, second factor."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from portal.audit.models import AuditEntry
from tests import make
from tests.accounts.steps import NEW, is_signed_in, page, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make.person("王小明", phone="13800138000")


@pytest.fixture
def browser(person) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def test_numbers_are_masked_until_asked_for(browser, person):
    shown = page(browser.get("/account/"))
    assert "138****8000" in shown and "13800138000" not in shown
    assert person.id_number not in shown and f"{person.id_number[:3]}***" in shown


def test_showing_ones_own_number_is_recorded(browser, person):
    said = browser.post("/account/show/id-number/", headers={"accept": "application/json"})
    assert said.json()["value"] == person.id_number
    assert "13800138000" in page(browser.post("/account/show/phone/"))
    entries = AuditEntry.objects.filter(event="account.revealed", actor=person).order_by("id")
    assert [entry.details for entry in entries] == [{"field": "id-number"}, {"field": "phone"}]
    assert browser.get("/account/show/phone/").status_code == 405
    assert browser.post("/account/show/password/").status_code == 404


def test_staff_have_no_numbers_to_show(client):
    client.force_login(make.operator())
    shown = page(client.get("/account/"))
    assert "手机号" not in shown and "身份证号" not in shown and "第二重验证" in shown
    assert client.post("/account/show/phone/").status_code == 404


def test_the_ways_to_another_phone_are_shown(browser):
    assert "更换手机号" in page(browser.get("/account/")) and "手机号更换" in page(Client().get("/recover/"))


def change(browser: Client, old: str = make.PASSWORD, new: str = NEW):
    return browser.post("/account/password/", {"old_password": old, "password": new, "password_again": new})


def test_the_password_is_changed_with_the_old_one(browser, person):
    other = Client()
    other.force_login(person)
    assert change(browser).url == "/account/"
    assert "密码已修改" in page(browser.get("/account/"))
    assert other.get("/account/").status_code == 302
    assert sign_in(Client(), "13800138000", NEW).status_code == 302


def test_without_the_old_password_nothing_changes(browser, person):
    assert "密码不正确" in page(change(browser, old="Wrong-one-1"))
    person.refresh_from_db()
    assert person.check_password(make.PASSWORD)


def test_the_old_password_cannot_be_guessed_at(browser):
    for _ in range(5):
        assert "密码不正确" in page(change(browser, old="Wrong-one-1"))
    assert "输错次数过多，请 15 分钟后再试" in page(change(browser))


@pytest.mark.parametrize("password", ["Zjwh@123!2026x", "Ab-13800138000", make.PASSWORD])
def test_poor_and_unchanged_passwords_are_refused(browser, person, password):
    assert change(browser, new=password).status_code == 200
    person.refresh_from_db()
    assert person.check_password(make.PASSWORD)


# The second factor


def digits(secret: str, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def enrolled() -> tuple[str, list[str]]:
    """An officer who set up the authenticator: its secret and the recovery codes."""
    officer = make.staff(username="ja-safety")
    browser = Client()
    browser.force_login(officer)
    assert (
        browser.get("/account/2fa/totp/activate/").url == "/account/confirm/?next=%2Faccount%2F2fa%2Ftotp%2Factivate%2F"
    )
    confirmed = browser.post("/account/confirm/", {"password": make.PASSWORD, "next": "/account/2fa/totp/activate/"})
    assert confirmed.url == "/account/2fa/totp/activate/"
    shown = page(browser.get("/account/2fa/totp/activate/"))
    secret = browser.session["mfa.totp.secret"]
    assert "data:image/svg+xml;base64," in shown and secret in shown and "style=" not in shown
    done = browser.post("/account/2fa/totp/activate/", {"code": digits(secret)})
    assert done.url == "/account/2fa/recovery-codes/"
    kept = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    codes = page(browser.get("/account/2fa/recovery-codes/"))
    assert all(code in codes for code in kept) and len(kept) == 10
    assert "已启用" in page(browser.get("/account/2fa/")) and "还有 10 个" in page(browser.get("/account/2fa/"))
    assert "已启用，管理" in page(browser.get("/account/"))
    return secret, kept


def test_the_second_factor_is_asked_for_once_it_is_set_up():
    secret, kept = enrolled()
    browser = Client()
    response = sign_in(browser, "ja-safety", side="staff", next="/workbench/")
    assert (response.url, is_signed_in(browser)) == ("/account/2fa/authenticate/", False)
    assert AuditEntry.objects.filter(event="account.signed_in").count() == 0
    assert "验证码错误或已过期" in page(browser.post(response.url, {"code": "000000"}))
    done = browser.post(response.url, {"code": digits(secret, 1)})
    assert (done.url, is_signed_in(browser)) == ("/workbench/", True)
    assert AuditEntry.objects.filter(event="account.signed_in").count() == 1
    replay = Client()
    sign_in(replay, "ja-safety", side="staff")
    assert not is_signed_in(replay) and "验证码错误" in page(replay.post(response.url, {"code": digits(secret, 1)}))


def test_a_recovery_code_works_once():
    _secret, kept = enrolled()
    for expected in [True, False]:
        browser = Client()
        sign_in(browser, "ja-safety", side="staff")
        browser.post("/account/2fa/authenticate/", {"code": kept[0]})
        assert is_signed_in(browser) is expected


def test_the_six_digits_cannot_be_guessed_at():
    secret, _kept = enrolled()
    browser = Client()
    sign_in(browser, "ja-safety", side="staff")
    for _ in range(5):
        browser.post("/account/2fa/authenticate/", {"code": "000000"})
    assert "输错次数过多" in page(browser.post("/account/2fa/authenticate/", {"code": digits(secret, 1)}))
    assert not is_signed_in(browser)


def test_the_secret_is_sealed_in_the_database():
    secret, _kept = enrolled()
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored and len(stored) > 60


def test_switching_off_asks_for_the_password_again():
    enrolled()
    browser = Client()
    browser.force_login(make.User.objects.get(username="ja-safety"))
    assert browser.get("/account/2fa/totp/deactivate/").url.startswith("/account/confirm/")
    browser.post("/account/confirm/", {"password": make.PASSWORD})
    assert "停用" in page(browser.get("/account/2fa/totp/deactivate/"))
    assert browser.post("/account/2fa/totp/deactivate/").url == "/account/2fa/"
    assert Authenticator.objects.count() == 0
