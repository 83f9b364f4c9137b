"""Making accounts."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts.actions import (
    close_unused_accounts,
    create_enterprise_account,
    create_person,
    create_staff,
    set_initial_password,
)
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import make

pytestmark = pytest.mark.django_db


def test_a_person_with_a_password_may_sign_in_at_once():
    user = create_person(
        name="王小明", phone=make.phone(), id_number=make.id_number(), password="Chun-tian-26", by=None
    )
    user.refresh_from_db()
    assert (user.must_change_password, user.initial_until, user.kind) == (False, None, "personal")
    assert user.check_password("Chun-tian-26") and user.phone_verified_at
    assert user.username.startswith("p-")


def test_without_one_there_is_the_initial_password_for_thirty_days():
    by = make.person()
    user = create_person(name="王小明", phone=make.phone(), id_number=make.id_number(), by=by)
    assert user.must_change_password and user.check_password("Zjwh@123!") and user.phone_verified_at is None
    assert 29 <= (user.initial_until - user.created_at).days <= 30
    assert AuditEntry.objects.get(event="account.created").actor == by


@pytest.mark.parametrize("same", ["phone", "id_number"])
def test_nobody_gets_a_second_account(same):
    values = {"phone": make.phone(), "id_number": make.id_number()}
    create_person(name="王小明", **values, by=None)
    with pytest.raises(Refused, match="已有账号"):
        create_person(
            name="别人", **{"phone": make.phone(), "id_number": make.id_number(), same: values[same]}, by=None
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_of_two_who_register_one_phone_at_once_one_gets_the_account(attempt):
    number, start, said = make.phone(), Barrier(2, timeout=30), []

    def register() -> None:
        start.wait()
        try:
            create_person(name="王小明", phone=number, id_number=make.id_number(), by=None)
            said.append("made")
        except Refused as refusal:
            said.append(str(refusal.reasons[0]))
        connection.close()

    threads = [Thread(target=register) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["made", "该手机号或身份证号已有账号，请直接登录。"]


def test_an_enterprise_account_is_called_by_its_code():
    code = make.uscc()
    user = create_enterprise_account(uscc=code, name="武汉某公司", password="Chun-tian-26")
    assert (user.username, user.kind, user.phone, user.must_change_password) == (code, "enterprise", None, False)
    with pytest.raises(IntegrityError):
        create_enterprise_account(uscc=code, name="武汉某公司", password="Chun-tian-26")


def test_staff_begin_without_a_password():
    user = create_staff(username="WC-Safety", name="李四")
    assert (user.username, user.has_usable_password(), user.is_staff) == ("wc-safety", False, False)


def test_an_account_goes_back_to_the_initial_password():
    user, by = make.person(), make.person()
    set_initial_password(user, by=by)
    user.refresh_from_db()
    assert user.must_change_password and user.check_password("Zjwh@123!") and user.initial_until
    assert AuditEntry.objects.get(event="account.password_reset").actor == by


def test_an_unused_account_opens_again_and_a_suspended_one_does_not():
    by = make.person()
    unused = create_person(name="王小明", phone=make.phone(), id_number=make.id_number(), by=by)
    unused.initial_until = timezone.now() - timedelta(days=1)
    unused.save()
    suspended = make.person(is_active=False)
    close_unused_accounts()
    for user, expected in [(unused, True), (suspended, False)]:
        set_initial_password(user, by=by)
        user.refresh_from_db()
        assert user.is_active is expected
