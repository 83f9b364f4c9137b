"""The second factor where the settings ask for one, and what is told when one comes or goes."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from portal.audit.models import AuditEntry
from portal.notifications.models import Message
from tests import make
from tests.accounts.steps import page, sure

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(settings):
    settings.SECOND_FACTOR_REQUIRED = ["station", "operator"]


def browser_of(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("sort", ["operator", "officer"])
def test_nothing_opens_until_there_is_one(asked, sort):
    browser = browser_of(getattr(make, sort)())
    for path in ["/home/", "/console/", "/review/", "/messages/"]:
        assert browser.get(path).url == "/account/2fa/", path
    assert browser.post("/console/tickets/").status_code == 302
    assert browser.get("/home/", headers={"accept": "application/json"}).status_code == 403
    assert "须启用第二重验证" in page(browser.get("/account/2fa/"))
    assert sure(browser).get("/account/2fa/totp/activate/").status_code == 200


@pytest.mark.parametrize("sort", ["person", "staff", "auditor"])
def test_others_are_not_asked(asked, sort):
    assert browser_of(getattr(make, sort)()).get("/home/").status_code == 200


def test_by_default_nobody_is_asked():
    assert browser_of(make.operator()).get("/home/").status_code == 200


def test_setting_one_up_opens_everything_and_taking_it_off_shuts_again(asked, django_capture_on_commit_callbacks):
    user = make.operator()
    browser = sure(browser_of(user))
    browser.get("/account/2fa/totp/activate/")
    secret = browser.session["mfa.totp.secret"]
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/account/2fa/totp/activate/", {"code": code})
    assert answer.url == "/account/2fa/recovery-codes/"
    assert browser.get("/home/").status_code == 200
    assert Message.objects.filter(user=user, event="account.factor_changed").count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/account/2fa/totp/deactivate/", {})
    assert browser.get("/home/").url == "/account/2fa/"
    events = AuditEntry.objects.filter(event__startswith="account.factor").values_list("event", flat=True)
    assert list(events) == ["account.factor_added", "account.factor_removed"]


def test_everybody_may_have_one(asked):
    browser = browser_of(make.person())
    assert "通行密钥" in page(browser.get("/account/2fa/"))
    assert browser.get("/account/2fa/totp/activate/").url.startswith("/account/confirm/")
    assert browser.get("/account/2fa/webauthn/add/").url.startswith("/account/confirm/")
    assert "data-options" in page(sure(browser).get("/account/2fa/webauthn/add/"))
    assert "添加通行密钥" in page(browser.get("/account/2fa/webauthn/"))


def test_a_second_factor_is_asked_for_at_sign_in():
    user = make.person(phone="13800138000")
    TOTP.activate(user, generate_totp_secret())
    browser = Client()
    answer = browser.post("/", {"side": "enterprise", "account": "13800138000", "password": make.PASSWORD})
    assert answer.url == "/account/2fa/authenticate/"
    assert browser.get("/home/").status_code == 302
    assert Authenticator.objects.filter(user=user).count() == 1
