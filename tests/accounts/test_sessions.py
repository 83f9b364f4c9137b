"""How long a session lasts, and what ends it."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.actions import end_sessions, set_password
from accounts.models import User
from portal.audit.models import AuditEntry
from tests import make
from tests.accounts.steps import NEW, is_signed_in, page, sign_in

EXPIRED = "登录已超时，请重新登录，已保存的内容不会丢失"
pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def shift(browser: Client, **seconds: int) -> None:
    """Let the session have begun, or been used, so many seconds ago."""
    session = browser.session
    for name, ago in seconds.items():
        session[name] = int(time.time()) - ago
    session.save()


@pytest.mark.parametrize(("sort", "minutes"), [("person", 30), ("staff", 15), ("operator", 15)])
def test_an_idle_session_ends(sort, minutes):
    user = getattr(make, sort)()
    browser = signed_in(user)
    shift(browser, seen_at=minutes * 60 - 5)
    assert browser.get("/home/").status_code == 200
    shift(browser, seen_at=minutes * 60 + 5)
    response = browser.get("/workbench/?page=2")
    assert (response.status_code, response.url) == (302, "/?timeout=1&next=%2Fworkbench%2F%3Fpage%3D2")
    shown = page(browser.get(response.url))
    assert EXPIRED in shown and 'value="/workbench/?page=2"' in shown
    assert not is_signed_in(browser)


@pytest.mark.parametrize(("sort", "hours"), [("person", 12), ("staff", 8)])
def test_a_busy_session_ends_too(sort, hours):
    browser = signed_in(getattr(make, sort)())
    shift(browser, seen_at=1, signed_in_at=hours * 3600 - 5)
    assert browser.get("/home/").status_code == 200
    shift(browser, seen_at=1, signed_in_at=hours * 3600 + 5)
    assert browser.get("/home/").url == "/?timeout=1&next=%2Fhome%2F"


def test_a_form_that_was_sent_too_late_leads_back_to_its_page():
    browser = signed_in(make.person())
    shift(browser, seen_at=3600)
    response = browser.post("/account/password/", {}, headers={"referer": "http://testserver/account/password/"})
    assert response.url == "/?timeout=1&next=%2Faccount%2Fpassword%2F"
    shift(browser, seen_at=3600)


def test_a_script_is_told_with_401():
    browser = signed_in(make.person())
    shift(browser, seen_at=3600)
    response = browser.get("/home/", headers={"accept": "application/json"})
    assert (response.status_code, response.json()["reasons"]) == (401, [EXPIRED])


def test_the_session_is_written_at_most_once_a_minute(django_assert_num_queries):
    browser = signed_in(make.person())
    shift(browser, seen_at=50)
    before = browser.session["seen_at"]
    browser.get("/home/")
    assert browser.session["seen_at"] == before
    shift(browser, seen_at=70)
    browser.get("/home/")
    assert time.time() - browser.session["seen_at"] < 5


def test_a_new_password_ends_every_session():
    user = make.person()
    browsers = [signed_in(user), signed_in(user)]
    set_password(user, NEW, by=user)
    assert [browser.get("/home/").status_code for browser in browsers] == [302, 302]


def test_a_closed_account_has_no_session():
    user = make.person()
    browser = signed_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert browser.get("/home/").status_code == 302


def test_sessions_can_be_ended_one_by_one():
    user, other = make.person(), make.person()
    first, second, strange = signed_in(user), signed_in(user), signed_in(other)
    assert end_sessions(user, except_key=first.session.session_key) == 1
    assert [browser.get("/home/").status_code for browser in (first, second, strange)] == [200, 302, 200]


def test_signing_out_takes_a_post():
    user = make.person()
    browser = signed_in(user)
    key = browser.session.session_key
    assert (browser.get("/signout/").url, is_signed_in(browser)) == ("/home/", True)
    response = browser.post("/signout/")
    assert (response.url, response["Clear-Site-Data"], is_signed_in(browser)) == ("/", '"storage"', False)
    assert not Session.objects.filter(pk=key).exists()
    assert AuditEntry.objects.filter(event="account.signed_out", actor=user).count() == 1


def test_signing_out_needs_a_csrf_token():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make.person())
    assert browser.post("/signout/").status_code == 403
    assert is_signed_in(browser)


def test_a_visitor_is_led_to_the_sign_in_page():
    for path in [
        "/account/",
        "/account/password/",
        "/account/2fa/",
        "/account/confirm/",
        "/first-password/",
        "/signout/",
    ]:
        response = Client().get(path)
        assert (response.status_code, response.url.partition("?")[0]) == (302, "/"), path


def test_allauths_own_pages_do_not_exist():
    for path in ["/signup/", "/accounts/signup/", "/account/signup/", "/account/login/", "/account/password/reset/"]:
        assert Client().get(path).status_code in (302, 404), path
    browser = signed_in(make.person())
    for path in ["/account/signup/", "/account/email/", "/account/password/reset/"]:
        assert browser.get(path).status_code == 404, path


def test_personal_pages_are_kept_out_of_caches():
    response = signed_in(make.person()).get("/account/")
    assert response["Cache-Control"] == "no-store"


def test_the_cookie_is_shut_to_scripts_and_other_sites():
    browser = Client()
    make.person(phone="13800138000")
    cookie = sign_in(browser, "13800138000").cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
