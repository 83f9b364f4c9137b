"""企业注册 (product §3)."""

import io
import zipfile
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from accounts.actions import accept_agreement
from accounts.codes import send_code
from accounts.drafts import open_draft
from accounts.models import Acceptance, Agreement, Registration, User
from enterprises.actions import AlreadyRegistered, register_enterprise
from enterprises.models import Administrator, Enterprise
from portal.audit.models import AuditEntry
from portal.documents.models import Document
from portal.notifications.models import Delivery, Message
from portal.places import District
from tests import make
from tests.enterprises import register
from tests.enterprises.register import DONE, EXISTS, REGISTER, STEP_2, STEP_3

pytestmark = pytest.mark.django_db


def test_registering_makes_the_enterprise_its_account_and_all_that_belongs_to_them(client):
    uscc, phone = make.uscc(), make.phone()

    response = register.walk(client, uscc=uscc.lower(), agent_phone=f"+86 {phone}")

    assert response.url == DONE
    made = Enterprise.objects.get(uscc=uscc)
    account = User.objects.get(username=uscc)
    assert (made.types, made.district_id, made.agent_name, made.agent_phone) == (
        ["contractor", "owner"],
        "420102",
        "张三丰",
        phone,
    )
    assert Administrator.objects.get(enterprise=made).user == account
    assert (account.kind, account.must_change_password, account.phone, account.id_number) == (
        "enterprise",
        False,
        None,
        None,
    )
    assert account.check_password(register.PASSWORD)
    assert Document.objects.held_by(made).values_list("kind", flat=True)[0] == "business_licence"
    agreed = {acceptance.agreement for acceptance in Acceptance.objects.filter(user=account)}
    assert agreed == {Agreement.objects.current(kind) for kind in ("enterprise", "terms", "privacy")}
    assert AuditEntry.objects.get(event="enterprise.registered").enterprise_id == made.pk
    assert Message.objects.get(event="enterprise.registered").user == account
    assert Delivery.objects.get(event="enterprise.registered").address == phone
    draft = Registration.objects.get()
    assert (draft.data, draft.key_index, draft.completed_at is None) == ({}, None, False)


def test_the_done_page_names_the_account_and_leads_to_the_next_two_steps(client):
    uscc = make.uscc()
    register.walk(client, uscc=uscc)
    made = Enterprise.objects.get(uscc=uscc)

    page = client.get(DONE).content.decode()

    assert uscc in page and "无法进入业务系统" in page
    for name in ("systems", "members"):
        assert reverse(f"enterprises:{name}", args=[made.pk]) in page


def test_the_done_page_shows_nothing_to_another_browser(client):
    assert client.get(DONE).status_code == 302


def test_the_new_account_can_sign_in_and_open_its_enterprise(client):
    uscc = make.uscc()
    register.walk(client, uscc=uscc)
    client.post("/", {"side": "enterprise", "account": uscc, "password": register.PASSWORD})

    assert client.get(reverse("enterprises:list")).status_code == 200


def test_the_steps_stand_on_every_page_in_their_order(client):
    register.agree(client)
    for page in (REGISTER, STEP_2):
        text = client.get(page).content.decode().partition('<ol class="steps"')[2]
        places = [text.index(step) for step in ("阅读注册协议", "填写企业信息", "填写经办人信息", "完成注册")]
        assert places == sorted(places)


@pytest.mark.parametrize("page", [STEP_2, STEP_3])
def test_no_step_opens_before_the_agreement(client, page):
    make.reference()
    assert client.get(page).url == REGISTER
    assert client.post(page, register.enterprise()).url == REGISTER
    assert not Registration.objects.exists()


def test_the_agreement_must_be_ticked(client):
    make.reference()
    page = client.post(REGISTER, {}).content.decode()
    assert "请勾选“我已阅读并同意《企业注册协议》”" in page


def test_the_agent_is_not_asked_before_the_enterprise_is_complete(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise(uscc="123"))
    assert client.get(STEP_3).url == STEP_2


def test_what_was_made_wrong_again_on_an_earlier_step_is_asked_for_again(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise())
    client.post(STEP_2, {"name": "", "uscc": "", "back": "1"})

    response = client.post(STEP_3, register.agent(code="000000"), follow=True)

    assert response.redirect_chain[-1][0] == STEP_2
    assert "请先把企业信息填写完整" in response.content.decode()


def test_every_required_field_is_asked_for_by_name(client):
    register.agree(client)
    page = client.post(STEP_2, {}).content.decode()
    for text in (
        "请填写企业名称",
        "请填写统一社会信用代码",
        "请选择企业类型",
        "请填写法定代表人",
        "请选择所属区域",
        "请填写注册地址",
        "请上传营业执照",
    ):
        assert text in page


def test_a_wrong_credit_code_is_explained_and_nothing_typed_is_lost(client):
    register.agree(client)
    values = register.enterprise(uscc="91420102MA000001", phone="027-8000 0000")

    page = client.post(STEP_2, values).content.decode()
    again = client.get(STEP_2).content.decode()

    assert "统一社会信用代码应为18位，您输入了16位。" in page
    for text in ("武汉青山造船厂建设有限公司", "91420102MA000001", "周明远", "027-8000 0000", "执照.jpg"):
        assert text in page and text in again
    assert again.count("checked") == 2


def test_going_back_keeps_what_was_typed_on_every_step(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise(name="武汉东湖建设有限公司"))
    phone = make.phone()

    assert client.post(STEP_3, register.agent(agent_phone=phone, back="1")).url == STEP_2
    assert "武汉东湖建设有限公司" in client.get(STEP_2).content.decode()
    assert client.post(STEP_2, {"name": "武汉南湖建设有限公司", "back": "1"}).url == REGISTER
    assert "武汉南湖建设有限公司" in client.get(STEP_2).content.decode()
    client.post(STEP_2, register.enterprise())
    page = client.get(STEP_3).content.decode()
    assert phone in page and "张三丰" in page
    assert register.PASSWORD not in page and register.PASSWORD not in str(Registration.objects.get().data)


def test_what_a_script_keeps_is_there_after_a_reload(client):
    register.agree(client)
    keep = reverse("enterprises:register-keep", args=[2])
    assert client.post(keep, {"name": "武汉北湖建设有限公司", "types": ["design"]}).status_code == 204
    assert "武汉北湖建设有限公司" in client.get(STEP_2).content.decode()


def test_another_browser_does_not_see_the_draft(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise(uscc="x"))
    client.cookies.clear()
    assert client.get(STEP_2).url == REGISTER


def test_a_wrong_code_registers_nothing_and_keeps_the_rest(client):
    response = register.walk(client, code="000000")

    page = response.content.decode()
    assert response.status_code == 200 and "验证码错误或已过期" in page
    assert "张三丰" in page
    assert not Enterprise.objects.exists() and not User.objects.exists()


def test_a_code_for_another_number_registers_nothing(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise())
    code = register.code_for(client, make.phone())

    client.post(STEP_3, register.agent(code=code))

    assert not Enterprise.objects.exists()


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Zjwh@123!", "密码"),
        ("张三丰Abc12345!", "密码不能含有姓名、账号、手机号或证件号"),
        ("Short1!", "密码至少 10 位"),
    ],
)
def test_a_weak_password_is_refused(client, password, said):
    page = register.walk(client, password=password, password_again=password).content.decode()
    assert said in page
    assert not Enterprise.objects.exists()


def test_two_different_passwords_are_refused(client):
    page = register.walk(client, password_again="Chun-tian-2027").content.decode()
    assert "两次输入的密码不一致" in page


def test_sending_the_last_step_twice_shows_the_same_result(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise())
    values = register.agent(once="A" * 22)
    values["code"] = register.code_for(client, values["agent_phone"])

    first, second = client.post(STEP_3, values), client.post(STEP_3, values)

    assert (first.url, second.url) == (DONE, DONE)
    assert Enterprise.objects.count() == 1


def test_an_agreement_that_changed_meanwhile_is_read_again(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise())
    Agreement.objects.create(kind="enterprise", version="2026-12", title="企业注册协议", body="新")
    values = register.agent()
    values["code"] = register.code_for(client, values["agent_phone"])

    response = client.post(STEP_3, values)

    assert response.status_code == 409 and "注册协议已更新" in response.content.decode()
    assert not Enterprise.objects.exists()


def test_cancelling_deletes_what_was_typed_and_uploaded(client):
    register.agree(client)
    client.post(STEP_2, register.enterprise(uscc="x"))
    cancel = reverse("enterprises:register-cancel")

    assert "立即删除" in client.get(cancel).content.decode()
    assert client.post(cancel).url == reverse("register")

    assert not Registration.objects.exists()
    assert list(Document.objects.values_list("key", "state")) == [("", "removed")]
    assert client.get(STEP_2).url == REGISTER


def test_one_file_by_script_goes_into_the_draft_of_this_browser_only(client):
    register.agree(client)
    url = reverse("enterprises:register-file", args=["licence"])
    json = {"HTTP_ACCEPT": "application/json"}

    assert client.post(url, {"file": make.pdf("执照.pdf")}, **json).status_code == 201
    assert client.post(url, {"file": make.pdf("执照.exe")}, **json).status_code == 422
    client.cookies.clear()
    assert client.post(url, {"file": make.pdf()}, **json).status_code == 404


def test_the_blank_letter_is_a_word_file(client):
    response = client.get(reverse("enterprises:register-letter"))

    with zipfile.ZipFile(io.BytesIO(response.content)) as package:
        text = package.read("word/document.xml").decode()
    assert "授权委托书" in text and "统一社会信用代码" in text and "{platform}" not in text
    assert response["Content-Disposition"].startswith("attachment")


# The credit code exists


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: f" {code[:6]} {code[6:]} "])
def test_a_known_credit_code_leads_to_its_agent_masked(client, typed):
    known = make.enterprise()
    known.set_agent(name="张三丰", id_number=make.id_number(), phone="13812341234")
    known.save()
    register.agree(client)

    response = client.post(STEP_2, register.enterprise(uscc=typed(known.uscc)), follow=True)

    page = response.content.decode()
    assert response.redirect_chain[-1][0] == EXISTS
    assert "统一社会信用代码已经存在" in page and "请联系经办人 张** 138****1234" in page
    assert "13812341234" not in page and "张三丰" not in page
    assert reverse("accounts:recover") in page and "请经办人添加我" in page
    assert "经办人已离职" in page and reverse("accounts:recover-phone") in page


def test_an_agent_whose_account_is_closed_is_not_shown(client):
    known = make.enterprise()
    User.objects.filter(username=known.uscc).update(is_active=False)
    register.agree(client)

    page = client.post(STEP_2, register.enterprise(uscc=known.uscc), follow=True).content.decode()

    assert "统一社会信用代码已经存在" in page and "张*" not in page and "请经办人添加我" not in page


def test_leaving_the_field_tells_whether_the_code_is_one_and_whether_it_exists(client):
    known = make.enterprise()
    register.agree(client)
    check = reverse("enterprises:register-check")

    answers = [client.post(check, {"uscc": code}) for code in ("9142", make.uscc(), known.uscc.lower())]

    assert [answer.json()["state"] for answer in answers] == ["invalid", "valid", "exists"]
    assert "您输入了4位" in answers[0].json()["text"]
    text = answers[2].content.decode()
    assert "张" not in answers[2].json()["text"] and known.agent_phone[-4:] not in text


def test_after_ten_answers_an_hour_nobody_is_told_which_codes_exist(client):
    register.agree(client)
    codes = [make.enterprise().uscc for _ in range(11)]
    check = reverse("enterprises:register-check")

    states = [client.post(check, {"uscc": code}).json()["state"] for code in codes]
    page = client.post(STEP_2, register.enterprise(uscc=codes[-1]), follow=True).content.decode()

    assert states == ["exists"] * 10 + ["valid"]
    assert "统一社会信用代码已经存在" in page and "请联系本企业的经办人" in page
    assert "****" not in page


def test_the_check_answers_only_who_has_read_the_agreement(client):
    assert client.post(reverse("enterprises:register-check"), {"uscc": make.uscc()}).status_code == 404


def test_a_code_that_was_taken_while_the_form_was_filled_in_leads_to_the_same_page(client):
    uscc = make.uscc()
    register.agree(client)
    client.post(STEP_2, register.enterprise(uscc=uscc))
    values = register.agent()
    values["code"] = register.code_for(client, values["agent_phone"])
    make.enterprise(uscc=uscc)

    response = client.post(STEP_3, values)

    assert response.url == EXISTS
    assert "统一社会信用代码已经存在" in client.get(EXISTS).content.decode()
    assert Enterprise.objects.count() == 1


def ready_draft(phone: str) -> tuple[Registration, str, object]:
    """A draft whose agreement was accepted, and a code for its phone, as one browser has them."""
    from_browser = RequestFactory().post("/")
    from_browser.session, from_browser.user = {}, AnonymousUser()
    draft = open_draft(from_browser, "enterprise")
    accept_agreement(Agreement.objects.current("enterprise"), registration=draft)
    send_code(phone, purpose="enterprise_registration", request=from_browser)
    return draft, register.code_sent(), from_browser


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_of_two_at_the_same_moment_one_registers_and_the_other_is_told(attempt):
    make.reference()
    uscc, start, ends = make.uscc(), Barrier(2, timeout=10), []
    district = District.objects.get(pk="420102")
    drafts = [(phone, *ready_draft(phone)) for phone in (make.phone(), make.phone())]

    def submit(phone, draft, code, from_browser):
        enterprise = {
            "name": "武汉两江建设有限公司",
            "uscc": uscc,
            "types": ["owner"],
            "legal_representative": "周明远",
            "district": district,
            "address": "江岸区",
        }
        agent = {"agent_name": "张三丰", "agent_id_number": make.id_number(), "agent_phone": phone}
        secret = {"password": register.PASSWORD, "code": code}
        start.wait()
        try:
            register_enterprise(draft, enterprise=enterprise, agent=agent, **secret, request=from_browser)
            ends.append("registered")
        except AlreadyRegistered:
            ends.append("exists")
        finally:
            connection.close()

    threads = [Thread(target=submit, args=values) for values in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["exists", "registered"]
    assert Enterprise.objects.filter(uscc=uscc).count() == User.objects.filter(username=uscc).count() == 1
    assert Administrator.objects.count() == 1
