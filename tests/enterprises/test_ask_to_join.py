"""请经办人添加我 (product §3)."""

import pytest
from django.urls import reverse

from enterprises.models import JoinRequest, Member
from portal.audit.models import AuditEntry
from portal.notifications.models import Delivery, Message
from tests import make
from tests.enterprises import register
from tests.enterprises.register import EXISTS, STEP_2
from tests.enterprises.test_add_member import values

pytestmark = pytest.mark.django_db


def arrive(client, enterprise) -> None:
    """At the page of duplicates, with the enterprise's code typed."""
    register.agree(client)
    assert client.post(STEP_2, register.enterprise(uscc=enterprise.uscc)).url == EXISTS


def ask(client, phone, **changed):
    code = register.code_for(client, phone, EXISTS, "phone")
    return client.post(EXISTS, {"name": "吴倩", "phone": phone, "message": "二七项目资料员", "code": code} | changed)


@pytest.fixture
def asked(client, enterprise):
    arrive(client, enterprise)
    ask(client, "19912345678")
    return JoinRequest.objects.get()


def test_the_administrator_is_told_and_the_visitor_thanked(client, enterprise, administrator):
    arrive(client, enterprise)

    page = ask(client, "19912345678").content.decode()

    asked = JoinRequest.objects.get()
    assert (asked.enterprise, asked.name, asked.phone, asked.message) == (
        enterprise,
        "吴倩",
        "19912345678",
        "二七项目资料员",
    )
    assert "已通知经办人" in page and "19912345678" not in page
    message = Message.objects.get(event="enterprise.join_requested")
    assert message.user == administrator and "吴* " in message.subject and "199****5678" in message.body
    assert Delivery.objects.get(event="enterprise.join_requested").address == enterprise.agent_phone
    assert AuditEntry.objects.get(event="enterprise.join_requested").enterprise_id == enterprise.pk


def test_a_wrong_code_leaves_no_word(client, enterprise):
    arrive(client, enterprise)
    page = ask(client, make.phone(), code="000000").content.decode()
    assert "验证码错误或已过期" in page and "二七项目资料员" in page
    assert not JoinRequest.objects.exists()


def test_who_waits_already_is_noted_once_and_answered_the_same(client, enterprise, asked, monkeypatch):
    monkeypatch.setattr("accounts.codes.WAIT", 0)
    page = ask(client, asked.phone).content.decode()
    assert "已通知经办人" in page
    assert JoinRequest.objects.count() == Message.objects.filter(event="enterprise.join_requested").count() == 1


def test_the_page_of_duplicates_opens_only_from_the_form(client, enterprise):
    make.reference()
    assert client.get(EXISTS).status_code == 302


def test_the_request_stands_above_the_list_and_prefills_the_form(client, enterprise, administrator, asked):
    client.force_login(administrator)
    page = client.get(reverse("enterprises:members", args=[enterprise.pk])).content.decode()
    assert "申请加入本企业" in page and "吴倩 199****5678" in page and "19912345678" not in page

    new = reverse("enterprises:member-add", args=[enterprise.pk]) + f"?request={asked.pk}"
    form = client.get(new).content.decode()
    assert 'value="吴倩"' in form and 'value="19912345678"' in form
    client.post(new, values(name="吴倩", phone="19912345678"))

    asked.refresh_from_db()
    assert Member.objects.get().user.phone == "19912345678"
    assert (asked.handled_by, Message.objects.get(event="enterprise.join_requested").handled_at is None) == (
        administrator,
        False,
    )


def test_the_request_can_be_ignored(client, enterprise, administrator, asked):
    client.force_login(administrator)
    url = reverse("enterprises:request-dismiss", args=[enterprise.pk, asked.pk])
    client.post(url)
    asked.refresh_from_db()
    assert asked.handled_by == administrator
    assert client.post(url).status_code == 404


def test_a_request_to_another_enterprise_does_not_exist_here(client, asked):
    other = make.enterprise()
    client.force_login(make.administrator_of(other))
    for url in (
        reverse("enterprises:request-dismiss", args=[other.pk, asked.pk]),
        reverse("enterprises:member-add", args=[other.pk]) + f"?request={asked.pk}",
        reverse("enterprises:member-add", args=[other.pk]) + "?request=x",
    ):
        assert client.get(url).status_code == 404
