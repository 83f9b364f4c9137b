"""The first operator, and who may keep the dictionaries."""

import re
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import recovery
from accounts.models import Station, StationRole, User
from portal.audit.models import AuditEntry
from tests import make
from tests.accounts.steps import NEW, is_signed_in, page, sign_in

pytestmark = pytest.mark.django_db


def link(name: str = "first.operator") -> str:
    said = StringIO()
    call_command("operator", name, stdout=said)
    found = re.search(r"http://[^/]+(/operator/\S+)", said.getvalue())
    assert found
    return found[1]


def use(path: str, password: str = NEW):
    return Client().post(path, {"password": password, "password_again": password})


def test_the_command_makes_an_operator_with_a_link():
    path = link("First.Operator")
    user = User.objects.get(username="first.operator")
    assert (user.kind, user.duty, user.has_usable_password()) == ("staff", "operator", False)
    assert "first.operator" in page(Client().get(path))
    assert use(path).url == "/?side=staff"
    browser = Client()
    sign_in(browser, "first.operator", NEW, side="staff")
    assert is_signed_in(browser)
    assert [entry.event for entry in AuditEntry.objects.filter(subject_id=user.pk).order_by("id")] == [
        "account.created", "account.link_made", "account.password_changed", "account.signed_in"
    ]  # fmt: skip


def test_the_link_works_once():
    path = link()
    use(path)
    assert Client().get(path).status_code == 404
    assert use(path, "Another-one-1").status_code == 404


def test_the_link_works_for_a_day(monkeypatch):
    path = link()
    later = timezone.now() + timedelta(hours=24, seconds=2)
    monkeypatch.setattr(recovery.signing.time, "time", later.timestamp)
    assert Client().get(path).status_code == 404


def test_a_forged_link_opens_nothing():
    path = link()
    for forged in [path[:-2] + "x/", "/operator/x/", path.replace("operator/", "operator/a")]:
        assert Client().get(forged).status_code == 404


def test_the_link_takes_no_poor_password():
    path = link()
    assert "不能使用初始密码" in page(use(path, "Zjwh@123!2026"))
    assert not User.objects.get(username="first.operator").has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_the_link_at_once_one_sets_the_password():
    path = link()
    start, said = threading.Barrier(2, timeout=30), []

    def go(password: str) -> None:
        start.wait()
        said.append(use(path, password).status_code)
        connection.close()

    threads = [threading.Thread(target=go, args=[f"Chun-tian-{n}x"]) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [302, 404]
    assert AuditEntry.objects.filter(event="account.password_changed").count() == 1


def test_the_command_refuses_other_peoples_names():
    make.staff(username="ja-safety")
    for name in ["ja-safety", "x", "王小明", "91420106MAXC1B011K x"]:
        with pytest.raises(CommandError):
            link(name)


def test_officers_and_auditors_begin_with_a_link_too():
    for duty, kept in [("officer", ""), ("auditor", "auditor")]:
        call_command("operator", f"new-{duty}", name="李四", duty=duty, stdout=StringIO())
        user = User.objects.get(username=f"new-{duty}")
        assert (user.kind, user.name, user.duty) == ("staff", "李四", kept)


# Dictionaries


def people() -> dict[str, User]:
    enterprise = make.enterprise()
    return {
        "person": make.person(),
        "enterprise": make.administrator_of(enterprise),
        "officer": make.staff(),
        "auditor": make.auditor(),
    }


PAGES = [
    "/dictionaries/",
    "/dictionaries/accounts/station/",
    "/dictionaries/accounts/station/add/",
    "/dictionaries/accounts/stationrole/",
    "/dictionaries/accounts/stationpost/",
]


def test_the_dictionaries_are_closed_to_all_but_operators():
    for who, user in people().items():
        browser = Client()
        browser.force_login(user)
        for path in PAGES:
            response = browser.get(path, follow=True)
            assert response.status_code == 403, (who, path)
            assert "只有平台运营人员可以维护字典" in page(response)


def test_a_visitor_is_sent_to_the_portals_own_sign_in():
    response = Client().get("/dictionaries/accounts/station/", follow=True)
    assert response.redirect_chain == [("/?next=/dictionaries/accounts/station/", 302)]
    assert Client().post("/dictionaries/login/", {"username": "x", "password": "y"}).url.startswith("/?side=staff")


@pytest.fixture
def desk() -> Client:
    browser = Client()
    browser.force_login(make.operator())
    return browser


def test_operators_see_them_and_delete_nothing(desk):
    make.reference()
    for path in PAGES:
        assert desk.get(path).status_code == 200, path
    station = Station.objects.first()
    assert desk.get(f"/dictionaries/accounts/station/{station.pk}/delete/").status_code == 403
    for closed in ["auth/group", "accounts/user", "account/emailaddress", "mfa/authenticator"]:
        assert desk.get(f"/dictionaries/{closed}/").status_code in (403, 404), closed
        assert f"/dictionaries/{closed}/" not in page(desk.get("/dictionaries/"))


def test_the_admin_has_no_sign_out_and_password_page_of_its_own(desk):
    assert desk.get("/dictionaries/password_change/").url == "/account/password/"
    assert desk.get("/dictionaries/logout/").url == "/home/"
    assert desk.post("/dictionaries/logout/").url == "/"
    assert not is_signed_in(desk)


def test_every_save_is_recorded(desk):
    desk.post("/dictionaries/accounts/station/add/", {"name": "新洲区建筑管理站", "phone": "", "is_active": "on"})
    station = Station.objects.get(name="新洲区建筑管理站")
    desk.post(
        f"/dictionaries/accounts/station/{station.pk}/change/",
        {"name": station.name, "phone": "027-1", "is_active": "on"},
    )
    entries = AuditEntry.objects.filter(event="dictionary.changed", subject_id=station.pk).order_by("id")
    assert [entry.details for entry in entries] == [
        {"created": True, "fields": ["name", "separate_reviewers"]},
        {"created": False, "fields": ["phone"]},
    ]


def test_two_bodies_cannot_hold_one_role_in_one_area(desk):
    make.reference()
    held = StationRole.objects.filter(valid_to=None).first()
    other = Station.objects.create(name="另一个站")
    posted = {
        "station": str(other.pk),
        "role": held.role,
        "area": held.area_id,
        "valid_from": "2026-01-01",
        "valid_to": "",
    }
    response = desk.post("/dictionaries/accounts/stationrole/add/", posted)
    assert "已由另一监督机构承担" in page(response)
