"""The lock says when it ends, whatever the spelling, and an operator can lift it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.locks import lift_lock
from accounts.models import SignInLock, User
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import make
from tests.accounts.steps import is_signed_in, page, sign_in

PHONE = "13800138000"
SPELLINGS = [PHONE, "+86 138 0013 8000", "138-0013-8000", "１３８００１３８０００", " 8613800138000 "]
pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make.person(phone=PHONE)


def lock_out(account: str = PHONE, side: str = "enterprise"):
    for _each in range(5):
        sign_in(Client(), account, "wrong-password", side)
    return sign_in(Client(), account, "wrong-password", side)


def test_five_spellings_are_one_person_and_the_lock_says_when_it_ends(person):
    for spelling in SPELLINGS:
        sign_in(Client(), spelling, "wrong-password")
    shown = page(sign_in(Client(), PHONE))
    end = SignInLock.objects.get().ends_at
    assert "登录失败次数过多，请 15 分钟后再试或使用“忘记密码”" in shown
    assert f"最迟 {timezone.localtime(end):%H:%M} 自动解锁" in shown
    assert abs(end - timezone.now() - timedelta(minutes=15)) < timedelta(seconds=20)


def test_the_lock_looks_the_same_where_there_is_no_account(person):
    def told(response):
        return page(response).split("登录失败次数过多")[1].split("自动解锁")[0][-30:][:20]

    assert told(lock_out()) == told(lock_out("13900139009"))
    assert set(SignInLock.objects.values_list("user", flat=True)) == {person.pk, None}


def test_an_operator_sees_who_is_locked_and_lifts_it(person):
    lock_out()
    lock_out("13900139009")
    browser, operator = Client(), make.operator()
    browser.force_login(operator)
    shown = page(browser.get("/console/locks/"))
    assert "138****8000" in shown and "139****9009" not in shown
    assert browser.post(f"/console/locks/{SignInLock.objects.get(user=person).pk}/lift/").url == "/console/locks/"
    assert "138****8000" not in page(browser.get("/console/locks/"))
    freed = Client()
    sign_in(freed, PHONE)
    assert is_signed_in(freed)
    assert AuditEntry.objects.get(event="account.unlocked").actor == operator


def test_staff_are_unlocked_too():
    make.staff(username="ja-safety")
    lock_out("ja-safety", "staff")
    lift_lock(SignInLock.objects.get().pk, by=make.operator())
    freed = Client()
    sign_in(freed, "ja-safety", side="staff")
    assert is_signed_in(freed)


def test_staff_who_are_locked_out_from_everywhere_are_seen_and_freed():
    user = make.staff(username="ja-safety")
    for n in range(21):
        sign_in(Client(), "ja-safety", "wrong-password", "staff", address=f"10.0.{n}.1")
    assert list(SignInLock.objects.values_list("user", flat=True)) == [user.pk]
    lift_lock(SignInLock.objects.get().pk, by=make.operator())
    freed = Client()
    sign_in(freed, "ja-safety", side="staff", address="10.0.99.1")
    assert is_signed_in(freed)


def test_a_lock_that_is_over_cannot_be_lifted(person):
    lock_out()
    SignInLock.objects.update(ends_at=timezone.now())
    with pytest.raises(Refused, match="已经解除或已到时间"):
        lift_lock(SignInLock.objects.get().pk, by=make.operator())


def test_the_console_counts_what_waits(person):
    lock_out()
    browser = Client()
    browser.force_login(make.operator())
    shown = page(browser.get("/console/"))
    assert "找回与变更" in shown and "登录锁定" in shown
