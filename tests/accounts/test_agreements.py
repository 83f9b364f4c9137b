"""A new version of a text: published by an operator, agreed to at the next sign-in, refused without loss."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.agreements import asked_of, publish_agreement, withdraw_agreement
from accounts.models import Acceptance, Agreement
from portal.audit.models import AuditEntry
from portal.errors import Refused
from tests import make
from tests.accounts.steps import is_signed_in, page

pytestmark = pytest.mark.django_db
TEXT = {"title": "隐私政策", "body": "一、我们收集什么", "changes": "新增：项目评价使用姓名。"}
AGREE = "/agree/"


def published(version: str = "2026-2", kind: str = "privacy", *, days: int = 0, **texts) -> Agreement:
    day = timezone.localdate() + timedelta(days=days)
    return publish_agreement(kind, version=version, effective_on=day, by=make.operator(), **(TEXT | texts))


def browser_of(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def signed_in(user) -> Client:
    browser = Client()
    said = browser.post("/", {"side": "enterprise", "account": user.phone, "password": make.PASSWORD})
    assert said.status_code == 302
    return browser


def test_a_new_version_is_agreed_to_at_the_next_sign_in_and_kept_with_version_and_time():
    person, running = make.person(), None
    running = signed_in(person)
    text = published()
    assert running.get("/home/").status_code == 200  # a session that runs is not interrupted

    browser = signed_in(person)
    asked = browser.get("/workbench/")
    assert asked["Location"] == f"{AGREE}?next=%2Fworkbench%2F"
    shown = page(browser.get(asked["Location"]))
    assert "新增：项目评价使用姓名。" in shown and "一、我们收集什么" in shown and "版本 2026-2" in shown
    assert browser.post(AGREE, {}).status_code == 200 and not Acceptance.objects.exists()  # nothing ticked
    done = browser.post(AGREE, {f"agree_{text.pk}": "on", "next": "/workbench/"})
    assert done["Location"] == "/workbench/" and browser.get("/workbench/").status_code == 200
    kept = Acceptance.objects.get(user=person)
    assert kept.agreement.version == "2026-2" and timezone.now() - kept.accepted_at < timedelta(minutes=1)
    assert AuditEntry.objects.get(event="agreement.accepted").details["version"] == "2026-2"
    assert signed_in(person).get("/home/").status_code == 200  # asked once


def test_whoever_does_not_agree_is_signed_out_and_loses_nothing():
    person = make.person()
    published()
    browser = signed_in(person)
    gone = browser.post("/agree/refuse/", follow=True)
    assert "您的资料和办理中的业务都原样保留" in page(gone) and not is_signed_in(browser)
    assert not Acceptance.objects.exists()
    assert AuditEntry.objects.get(event="agreement.refused").actor == person
    assert signed_in(person).get("/home/")["Location"].startswith(AGREE)
    assert browser.get(AGREE)["Location"].startswith("/?next=")


def test_every_change_since_the_accepted_version_is_shown():
    person = make.person()
    first = published("1")
    first.acceptances.create(user=person, text_hash="x" * 64)
    Agreement.objects.filter(pk=first.pk).update(effective_from=timezone.now() - timedelta(days=9))
    second = published("2", changes="二改了保存期限。")
    Agreement.objects.filter(pk=second.pk).update(effective_from=timezone.now() - timedelta(days=5))
    published("3", changes="三改了联系方式。")
    shown = page(signed_in(person).get(AGREE))
    assert "二改了保存期限。" in shown and "三改了联系方式。" in shown and "新增：项目评价" not in shown


def test_it_is_asked_of_whom_it_concerns_and_from_its_day_on():
    person, registered = make.person(), make.person()
    old = Agreement.objects.create(
        kind="project_user", version="1", title="注册协议", body="正", effective_from=timezone.now() - timedelta(days=9)
    )
    old.acceptances.create(user=registered, text_hash="x" * 64)
    new = published("2", "project_user")
    assert asked_of(registered) == [new] and asked_of(person) == []
    published("9", "id_photo")  # a separate consent is no condition of signing in (PIPL art. 29)
    later = published("9", "terms", days=3)
    assert asked_of(registered) == [new] and asked_of(person) == []
    Agreement.objects.filter(pk=later.pk).update(effective_from=timezone.now())
    assert asked_of(person) == [later] and asked_of(make.staff()) == [later]


def test_scripts_are_told_and_a_second_device_that_agreed_ends_the_question():
    person = make.person()
    text = published()
    browser, phone = signed_in(person), signed_in(person)
    assert browser.get("/live/", headers={"Accept": "application/json"}).status_code == 403
    phone.post(AGREE, {f"agree_{text.pk}": "on"})
    assert browser.get(f"{AGREE}?next=/messages/")["Location"] == "/messages/"
    assert browser.get("/messages/").status_code == 200
    assert phone.get(f"{AGREE}?next=https://evil.example/")["Location"] == "/home/"


def test_an_operator_publishes_sees_who_agreed_and_takes_back_what_has_not_begun():
    browser = browser_of(make.operator())
    person = make.person()
    day = timezone.localdate() + timedelta(days=10)
    form = {"kind": "privacy", "version": "1", "effective_on": day.isoformat(), **TEXT}
    assert browser.post("/console/agreements/new/", form)["Location"] == "/console/agreements/"
    text = Agreement.objects.get()
    assert "待生效" in page(browser.get("/console/agreements/")) and "待生效" in page(Client().get("/agreements/"))
    refused = browser.post("/console/agreements/new/", form | {"version": "2"})
    assert refused.status_code == 409 and "请先撤回它" in page(refused)
    browser.post(f"/console/agreements/{text.pk}/withdraw/")
    assert Client().get(f"/agreements/{text.pk}/").status_code == 404
    now = form | {"version": "2", "effective_on": timezone.localdate().isoformat()}
    browser.post("/console/agreements/new/", now)
    text = Agreement.objects.get(version="2")
    text.acceptances.create(user=person, text_hash="x" * 64)
    shown = page(browser.get("/console/agreements/"))
    assert "1 个账号，其中个人 1 个" in shown and "还有 1 个待同意" in shown  # the operator himself
    events = AuditEntry.objects.filter(event__startswith="agreement.").order_by("id").values_list("event", flat=True)
    assert list(events) == ["agreement.published", "agreement.withdrawn", "agreement.published"]


def test_what_may_not_be_published_or_taken_back():
    text = published("1")
    for given, why in (
        ({"version": "1"}, "已有版本 1"),
        ({"days": -1}, "不能早于今天"),
        ({"version": "2", "changes": ""}, "请写明与上一版本相比改了什么"),
    ):
        with pytest.raises(Refused, match=why):
            published(**given)
    with pytest.raises(Refused, match="只有尚未生效的版本可以撤回"):
        withdraw_agreement(text, by=make.operator())


@pytest.mark.parametrize("maker", [make.person, make.auditor, make.staff])
def test_to_others_the_console_of_agreements_does_not_exist(maker):
    text, browser = published(), browser_of(maker())
    session = browser.session
    session.pop("asked_to_agree", None)
    session.save()
    for path in ("", "new/", f"{text.pk}/withdraw/"):
        assert browser.get(f"/console/agreements/{path}").status_code == 404
    assert browser.post("/console/agreements/new/", {}).status_code == 404


def test_the_lists_ask_as_often_for_three_as_for_one(client, django_assert_num_queries):
    text = published("1")
    operator = make.operator()
    text.acceptances.create(user=operator, text_hash="x" * 64)
    client.force_login(operator)
    for extra in ("2", "3"):
        with django_assert_num_queries(8):
            client.get(reverse("accounts:agreements-console"))
        with django_assert_num_queries(2):
            Client().get(reverse("accounts:agreements"))
        Agreement.objects.filter(version=extra).delete()
        last = published(extra)
        last.acceptances.create(user=operator, text_hash="x" * 64)


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_publish_one_version_one_is_refused():
    operators, outcomes = [make.operator(), make.operator("另一位")], []

    def publish(by) -> None:
        try:
            publish_agreement("terms", version="1", effective_on=timezone.localdate(), by=by, **TEXT)
            outcomes.append("published")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=[one]) for one in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", "refused"] and Agreement.objects.count() == 1
