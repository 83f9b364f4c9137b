"""Looking at personal data: for a reason, written down, and the operators hear of it when it is too often."""

import time
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse

from portal.audit.models import AuditEntry
from portal.notifications.models import Message
from portal.reveals import DAILY, FRESH, SHOWN
from projects.actions import reveal
from tests import make
from tests.home.steps import text
from tests.projects.acts import applied, site, together

pytestmark = pytest.mark.django_db


def at_work(client) -> tuple:
    project, contractor, manager = site()
    application = applied(project, contractor)
    client.force_login(manager)
    return application, manager, reverse("projects:reveal", args=[application.pk, "phone"])


def looks() -> list[dict]:
    return list(AuditEntry.objects.filter(event="identity.revealed").order_by("id").values_list("details", flat=True))


@pytest.mark.parametrize("given", [{}, {"reason": "x"}, {"reason": "other"}, {"reason": "other", "other": " 查 "}])
def test_without_a_reason_nothing_is_shown(client, given):
    application, _manager, url = at_work(client)
    page = client.post(url, given)
    assert page.status_code == 409 and "没有显示任何信息" in text(page)
    assert application.user.phone not in text(page) and looks() == []


def test_a_reason_is_chosen_or_typed_and_kept_without_numbers(client):
    application, _manager, url = at_work(client)
    assert "与申请材料核对" in text(client.get(reverse("projects:approval", args=[application.pk])))
    assert application.user.phone in text(client.post(url, {"reason": "contact"}))
    client.post(url, {"reason": "other", "other": f"来电人自称 {application.user.phone}"})
    chosen, typed = (look["reason"] for look in looks())
    assert chosen == "联系当事人" and typed.startswith("来电人自称 ") and application.user.phone not in typed


def test_a_stranger_is_not_even_asked_for_a_reason(client):
    _application, _manager, url = at_work(client)
    client.force_login(make.person())
    assert client.post(url, {}).status_code == client.post(url, {"reason": "papers"}).status_code == 404


def signed_in_ago(client, seconds: int) -> None:
    session = client.session
    session["signed_in_at"] = int(time.time()) - seconds
    session.save()


def test_half_an_hour_after_the_sign_in_the_password_is_asked_for_and_the_number_shown_then(client):
    application, manager, url = at_work(client)
    phone = application.user.phone
    signed_in_ago(client, FRESH - 5)
    assert phone in text(client.post(url, {"reason": "papers"}))
    signed_in_ago(client, FRESH + 5)
    asked = client.post(url, {"reason": "papers"})
    assert asked.status_code == 302 and asked.url.startswith("/account/confirm/") and len(looks()) == 1
    assert "验证后自动继续" in text(client.get(asked.url))
    wrong = client.post("/account/confirm/", {"password": "Wrong-one-1!", "next": url})
    assert phone not in text(wrong) and len(looks()) == 1
    right = client.post("/account/confirm/", {"password": make.PASSWORD, "next": url})
    assert phone in text(right) and [look["reason"] for look in looks()] == ["与申请材料核对"] * 2
    assert phone in text(client.post(url, {"reason": "papers"}))  # for the next half hour


def test_a_session_that_is_too_old_shows_a_script_nothing_either(client):
    application, _manager, url = at_work(client)
    signed_in_ago(client, FRESH + 5)
    asked = client.post(url, {"reason": "papers"}, headers={"accept": "application/json"}, follow=True)
    assert application.user.phone not in text(asked) and looks() == []


def test_a_stranger_with_an_old_session_is_not_asked_for_a_password(client):
    _application, _manager, url = at_work(client)
    client.force_login(make.person())
    signed_in_ago(client, FRESH + 5)
    assert client.post(url, {"reason": "papers"}).status_code == 404


def test_the_page_goes_back_to_the_masked_one_after_a_minute_and_is_kept_nowhere(client):
    application, _manager, url = at_work(client)
    page = client.post(url, {"reason": "papers"})
    back = reverse("projects:approval", args=[application.pk])
    assert SHOWN == 60 and page["Refresh"] == f"60; url={back}" and "no-store" in page["Cache-Control"]
    assert "60 秒后自动隐藏" in text(page) and f'href="{back}"' in page.content.decode()
    said = client.post(url, {"reason": "papers"}, headers={"accept": "application/json"}).json()
    assert said == {"value": application.user.phone, "seconds": 60, "note": "60 秒后自动隐藏"}


def test_the_operators_are_told_once_a_day_of_an_account_that_looks_more_than_fifty_times(client):
    assert DAILY.most == 50 and "个人信息保护法" in DAILY.source
    application, manager, url = at_work(client)
    operator, gone = make.operator(), make.operator("离职的")
    gone.is_active = False
    gone.save()
    for _look in range(50):
        client.post(url, {"reason": "papers"})
    told = Message.objects.filter(event="reveals.many")
    assert not told.exists()
    assert client.post(url, {"reason": "papers"}).status_code == 200  # the work goes on
    client.post(url, {"reason": "papers"})
    message = told.get()
    assert message.user == operator and manager.name in message.subject and "超过 50 次" in message.body
    assert len(looks()) == 52


def test_another_day_and_another_account_count_for_themselves(client, monkeypatch):
    application, manager, url = at_work(client)
    make.operator()
    monkeypatch.setattr("portal.reveals.DAILY", type(DAILY)(most=1, source="test"))
    days = iter([0, 0, 1, 1, 1])
    today = date(2026, 11, 23)
    clock = SimpleNamespace(localdate=lambda: today + timedelta(days=next(days)))
    monkeypatch.setattr("portal.reveals.timezone", clock)
    counts = []
    for _look in range(5):
        client.post(url, {"reason": "papers"})
        counts.append(Message.objects.filter(event="reveals.many").count())
    assert counts == [0, 1, 1, 2, 2]


@pytest.mark.django_db(transaction=True)
def test_looks_at_the_same_moment_raise_one_alarm(monkeypatch):
    make.reference()
    project, contractor, manager = site()
    application = applied(project, contractor)
    make.operator()
    monkeypatch.setattr("portal.reveals.DAILY", type(DAILY)(most=1, source="test"))
    together(*[lambda: reveal(application, "phone", reason="与申请材料核对", by=manager)] * 4)
    assert len(looks()) == 4 and Message.objects.filter(event="reveals.many").count() == 1
