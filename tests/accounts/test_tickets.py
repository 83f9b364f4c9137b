"""手机号更换 without the old number: an application, two operators, three days (decisions 4, security S6)."""

import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import create_person
from accounts.models import RecoveryTicket, Registration, User
from accounts.tasks import tidy
from accounts.tickets import (
    confirm_ticket,
    dispute_phone,
    finish_due_tickets,
    finish_ticket,
    propose_ticket,
    refuse_ticket,
    stop_ticket,
    submit_ticket,
)
from portal.audit.models import AuditEntry
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.models import Message
from tests import make
from tests.accounts.steps import code_to, page, sign_in, stripped, sure, told

OLD, NEW = "13800138000", "13900139000"
Status = RecoveryTicket.Status
pytestmark = pytest.mark.django_db
WHY = {"reason": "papers"}  # each look has a reason


@pytest.fixture
def person() -> User:
    return make.person("张建国", phone=OLD)


@pytest.fixture
def operators() -> list[User]:
    return [make.operator("甲"), make.operator("乙")]


def draft() -> Registration:
    return Registration.objects.create(kind="recovery", expires_at=timezone.now() + timedelta(hours=1))


def ticket_for(person: User, phone: str = NEW) -> RecoveryTicket:
    claim = {"name": person.name, "id_number": person.id_number}
    return submit_ticket(draft(), kind="phone", claim=claim, new_phone=phone)


def agent_ticket(enterprise) -> RecoveryTicket:
    claim = {"uscc": enterprise.uscc, "legal_representative": enterprise.legal_representative}
    claim |= {"name": "王新", "id_number": make.id_number()}
    return submit_ticket(draft(), kind="agent", claim=claim, new_phone=NEW)


def agreed(ticket: RecoveryTicket, operators: list[User]) -> RecoveryTicket:
    propose_ticket(ticket, finding="已核对身份证照片。", by=operators[0])
    confirm_ticket(ticket, by=operators[1])
    ticket.refresh_from_db()
    return ticket


def let_time_pass(ticket: RecoveryTicket, hours: int = 73) -> None:
    at = timezone.now() + timedelta(hours=72 - hours)
    RecoveryTicket.objects.filter(pk=ticket.pk).update(effective_at=at)


def apply(browser: Client, person: dict, phone: str = NEW, kind: str = "phone"):
    browser.post("/recover/phone/", {"kind": kind})
    browser.post("/codes/?purpose=new_phone", {"phone": phone})
    posted = person | {"phone": phone, "code": code_to(phone)}
    return browser.post(f"/recover/apply/{kind}/", posted)


def test_a_person_applies_and_looks_the_state_up_by_number(person, operators):
    browser = Client()
    given = {"name": "张建国", "id_number": person.id_number, "held_id": make.jpeg()}
    answer = apply(browser, given)
    ticket = RecoveryTicket.objects.get()
    assert answer.url == f"/recover/ticket/?number={ticket.number}"
    assert (ticket.account, ticket.new_phone, ticket.status) == (person, NEW, Status.SUBMITTED)
    assert [document.kind for document in Document.objects.held_by(ticket)] == ["recovery_id"]
    shown = page(Client().get(answer.url))
    assert ticket.number in shown and "待核验" in shown
    assert not any(secret in shown for secret in (NEW, OLD, person.name, person.id_number[-4:]))
    assert told(NEW) == ["account.ticket_received"] and told(OLD) == []
    assert Message.objects.filter(event="account.ticket_arrived").count() == 2
    assert Client().get("/recover/ticket/?number=ZH000000-22222222").status_code == 200


def test_an_application_needs_its_papers_and_the_right_code(person):
    browser = Client()
    shown = page(apply(browser, {"name": "张建国", "id_number": person.id_number}))
    assert "请上传" in shown
    posted = {"name": "张建国", "id_number": person.id_number, "phone": NEW, "code": "000000", "held_id": make.jpeg()}
    if code_to(NEW) == "000000":
        posted["code"] = "111111"
    assert "验证码错误或已过期" in page(browser.post("/recover/apply/phone/", posted))
    del posted["held_id"]  # the file that came along is kept
    assert browser.post("/recover/apply/phone/", posted | {"code": code_to(NEW)}).status_code == 302
    assert RecoveryTicket.objects.count() == 1


def test_an_application_for_nobody_gets_the_same_answer(person):
    answers = []
    for n, number in enumerate([person.id_number, make.id_number()]):
        browser, phone = Client(REMOTE_ADDR=f"10.8.{n}.1"), f"1390013900{n}"
        answer = apply(browser, {"name": "张建国", "id_number": number, "held_id": make.jpeg()}, phone)
        shown = stripped(Client(REMOTE_ADDR=f"10.7.{n}.1").get(answer.url))
        ticket = RecoveryTicket.objects.latest("submitted_at")
        answers.append((answer.status_code, shown.replace(ticket.number, "")))
        assert told(phone) == ["account.ticket_received"]
    assert answers[0] == answers[1]
    assert list(RecoveryTicket.objects.values_list("account", flat=True)) == [person.pk, None]


def test_the_fourth_application_about_one_person_a_day_is_refused(person):
    given = {"name": "张建国", "id_number": person.id_number}
    codes = [apply(Client(), given | {"held_id": make.jpeg()}, f"1390013900{n}").status_code for n in range(4)]
    assert codes == [302, 302, 302, 409]


def test_two_operators_agree_and_three_days_later_the_number_is_changed(person, operators):
    other = Client()
    sign_in(other, OLD)
    Authenticator.objects.create(user=person, type="totp", data={})
    ticket = agreed(ticket_for(person), operators)
    assert ticket.status == Status.WAITING
    assert abs(ticket.effective_at - timezone.now() - timedelta(hours=72)) < timedelta(minutes=1)
    assert told(OLD) == ["account.ticket_confirmed"]
    let_time_pass(ticket, 71)
    assert finish_due_tickets() == 0 and User.objects.by_phone(OLD) == person
    let_time_pass(ticket)
    assert finish_due_tickets() == 1
    person.refresh_from_db()
    assert (person.phone, person.has_usable_password()) == (NEW, False)
    assert other.get("/home/").status_code == 302
    assert not Authenticator.objects.filter(user=person).exists()
    assert told(OLD) == ["account.ticket_confirmed", "account.ticket_finished"]
    assert told(NEW) == ["account.ticket_received", "account.ticket_confirmed", "account.ticket_finished"]
    assert finish_due_tickets() == 0


def test_the_agent_has_left(operators):
    """40. Forgot agent / agent left: the recovery ladder; all sessions killed, the old agent told."""
    enterprise = make.enterprise()
    member = make.member(enterprise)
    was = enterprise.agent_phone
    ticket = agreed(agent_ticket(enterprise), operators)
    assert Message.objects.filter(user=member.user, event="account.ticket_waiting").count() == 1
    let_time_pass(ticket)
    finish_due_tickets()
    enterprise.refresh_from_db()
    assert (enterprise.agent_name, enterprise.agent_phone) == ("王新", NEW)
    assert not make.administrator_of(enterprise).has_usable_password()
    assert "account.ticket_finished" in told(was) and "account.ticket_finished" in told(NEW)
    assert AuditEntry.objects.get(event="ticket.done").enterprise_id == enterprise.pk
    browser = Client()
    browser.post("/recover/", {"account": enterprise.uscc, "id_tail": enterprise.agent_id_number[-6:]})
    assert code_to(NEW)


def test_who_proposed_cannot_confirm(person, operators):
    ticket = ticket_for(person)
    propose_ticket(ticket, finding="已核对。", by=operators[0])
    with pytest.raises(Refused, match="两位运营人员"):
        confirm_ticket(ticket, by=operators[0])
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        RecoveryTicket.objects.filter(pk=ticket.pk).update(confirmed_by=operators[0])


def test_an_application_for_nobody_can_only_be_refused(operators):
    ticket = submit_ticket(draft(), kind="phone", claim={"name": "无名", "id_number": make.id_number()}, new_phone=NEW)
    with pytest.raises(Refused, match="没有与申请相符的账号"):
        propose_ticket(ticket, finding="…", by=operators[0])
    refuse_ticket(ticket, reason="信息不符，请核对后重新申请。", by=operators[0])
    assert told(NEW) == ["account.ticket_received", "account.ticket_refused"]
    assert "信息不符" in page(Client().get(f"/recover/ticket/?number={ticket.number}"))


def test_a_number_of_somebody_else_is_not_given_away(person, operators):
    make.person("李四", phone=NEW)
    with pytest.raises(Refused, match="已绑定其他账号"):
        propose_ticket(ticket_for(person), finding="…", by=operators[0])


def test_a_number_that_was_taken_meanwhile_is_refused_at_the_end(person, operators):
    ticket = agreed(ticket_for(person), operators)
    make.person("李四", phone=NEW)
    let_time_pass(ticket)
    finish_due_tickets()
    ticket.refresh_from_db()
    person.refresh_from_db()
    assert (ticket.status, person.phone) == (Status.REFUSED, OLD)


def test_only_one_application_for_an_account_is_pursued(person, operators):
    first, second = ticket_for(person), ticket_for(person, "13900139001")
    propose_ticket(first, finding="…", by=operators[0])
    with pytest.raises(Refused, match="已有另一份申请"):
        propose_ticket(second, finding="…", by=operators[0])


def test_the_account_a_colleague_or_the_old_number_can_stop_it(operators):
    enterprise = make.enterprise()
    colleague, stranger = make.member(enterprise).user, make.person()
    ticket = agreed(agent_ticket(enterprise), operators)
    path = f"/account/tickets/{ticket.pk}/stop/"
    for somebody, status in ((stranger, 404), (operators[0], 404), (colleague, 200)):
        browser = Client()
        browser.force_login(somebody)
        assert browser.get(path).status_code == status
    assert browser.post(path).url == "/account/"
    ticket.refresh_from_db()
    assert ticket.status == Status.STOPPED and told(enterprise.agent_phone)[-1] == "account.ticket_stopped"
    let_time_pass(ticket)
    assert finish_due_tickets() == 0

    again = agreed(agent_ticket(enterprise), operators)
    visitor, path = Client(), f"/recover/ticket/{again.number}/stop/"
    assert "如信息无误" in page(visitor.post(path, {"send_code": "code"}))
    assert visitor.post(path, {"code": code_to(enterprise.agent_phone)}).url.endswith(again.number)
    again.refresh_from_db()
    assert again.status == Status.STOPPED
    assert visitor.get(path).status_code == 404


def test_nothing_can_be_stopped_with_a_wrong_code_or_for_nobody(person):
    ticket = submit_ticket(draft(), kind="phone", claim={"name": "无名", "id_number": make.id_number()}, new_phone=NEW)
    path = f"/recover/ticket/{ticket.number}/stop/"
    visitor = Client()
    assert visitor.post(f"/codes/?purpose=ticket_stop&number={ticket.number}").json()["ok"]
    assert "验证码错误或已过期" in page(visitor.post(path, {"code": "123456"}))
    assert Client().post("/codes/?purpose=ticket_stop&number=ZH000000-22222222").status_code == 404


def test_a_new_owner_of_a_number_disputes_it(person, operators):
    """41. If ID differs from the bound person: old binding `disputed`, reset by SMS disabled for the old account, both
    informed; never auto-merge."""
    ticket = dispute_phone(person, phone=OLD)
    assert ticket is not None and dispute_phone(person, phone=OLD) is None
    assert Message.objects.filter(user=person, event="account.phone_disputed").count() == 1
    assert told(OLD) == ["account.phone_claimed"]
    Client().post("/recover/", {"account": OLD, "id_tail": person.id_number[-6:]})
    with pytest.raises(IndexError):
        code_to(OLD)  # no code was sent
    browser = Client()
    sign_in(browser, OLD)
    assert "核实前不能用短信验证码找回密码" in page(browser.get("/account/"))
    let_time_pass(agreed(ticket, operators))
    finish_due_tickets()
    person.refresh_from_db()
    assert (person.phone, person.phone_disputed_at) == (None, None)
    newcomer = create_person(name="新机主", phone=OLD, id_number=make.id_number(), password=make.PASSWORD, by=None)
    assert newcomer.pk != person.pk
    let_time_pass(agreed(ticket_for(person), operators))  # the former owner binds another number
    finish_due_tickets()
    assert User.objects.by_phone(NEW) == person


def test_a_dispute_that_is_stopped_or_refused_leaves_the_number(person, operators):
    stop_ticket(dispute_phone(person, phone=OLD), by=person)
    person.refresh_from_db()
    assert (person.phone, person.phone_disputed_at) == (OLD, None)
    refuse_ticket(dispute_phone(person, phone=OLD), reason="号码仍属原使用人。", by=operators[0])
    person.refresh_from_db()
    assert person.phone_disputed_at is None


def test_papers_go_half_a_year_after_the_decision(person, operators):
    ticket = ticket_for(person)
    make.ready_document("recovery_id", ticket, make.jpeg())
    refuse_ticket(ticket, reason="照片不清晰。", by=operators[0])
    for days, left in ((179, 1), (181, 0)):
        RecoveryTicket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now() - timedelta(days=days))
        tidy()
        assert Document.objects.of(ticket).kept().count() == left


# The console


@pytest.fixture
def signed_in_operator(operators) -> Client:
    browser = Client()
    browser.force_login(operators[0])
    return browser


def test_operators_see_compare_and_decide(person, operators, signed_in_operator):
    ticket = ticket_for(person)
    make.ready_document("recovery_id", ticket, make.jpeg())
    listed = page(signed_in_operator.get("/console/tickets/"))
    assert ticket.number in listed
    path = f"/console/tickets/{ticket.pk}/"
    shown = page(signed_in_operator.get(path))
    assert "一致" in shown and "本人手持身份证照片" in shown and person.id_number not in shown and NEW not in shown
    assert signed_in_operator.get(path + "propose/").url.startswith("/account/confirm/")
    sure(signed_in_operator)
    assert "请填写核验说明" in page(signed_in_operator.post(path + "propose/", {}))
    assert signed_in_operator.post(path + "propose/", {"finding": "已核对。"}).url == path
    shown = page(signed_in_operator.get(path))
    assert "须由另一位运营人员复核" in shown and "复核通过" not in shown
    assert signed_in_operator.post(path + "confirm/", {}).status_code == 409
    second = Client()
    second.force_login(operators[1])
    sure(second)
    assert second.post(path + "send-back/", {"reason": "照片不清晰。"}).url == path
    assert signed_in_operator.post(path + "propose/", {"finding": "已重新核对。"}).url == path
    assert second.post(path + "confirm/", {}).url == path
    assert "等待生效" in page(second.get("/console/tickets/?state=waiting"))
    assert Message.objects.filter(event="account.ticket_arrived", handled_at=None).count() == 2


def test_a_number_is_shown_in_full_once_and_recorded(person, operators, signed_in_operator):
    ticket = ticket_for(person)
    path = f"/console/tickets/{ticket.pk}/show/"
    value = signed_in_operator.post(path + "phone/", WHY, headers={"accept": "application/json"}).json()["value"]
    assert value == NEW and person.id_number in page(signed_in_operator.post(path + "id-number/", WHY))
    assert AuditEntry.objects.filter(event="ticket.revealed", actor=operators[0]).count() == 2
    assert signed_in_operator.post(path + "name/").status_code == 404


@pytest.mark.parametrize("sort", ["person", "staff", "auditor"])
def test_to_others_the_console_does_not_exist(person, sort):
    ticket = ticket_for(person)
    browser = Client()
    browser.force_login(getattr(make, sort)())
    paths = ["", f"{ticket.pk}/", f"{ticket.pk}/propose/", f"{ticket.pk}/confirm/", f"{ticket.pk}/show/phone/"]
    for path in [f"/console/tickets/{path}" for path in paths] + ["/console/locks/", "/console/locks/1/lift/"]:
        assert {browser.get(path).status_code, browser.post(path).status_code} <= {404, 405}, path
    assert {browser.post(f"/console/tickets/{path}").status_code for path in paths[2:]} == {404}


def test_the_list_asks_the_same_number_of_questions_for_one_and_three(
    person, signed_in_operator, django_assert_num_queries
):
    signed_in_operator.get("/console/tickets/")
    for number in (1, 3):
        while RecoveryTicket.objects.count() < number:
            ticket_for(person)
        with django_assert_num_queries(9):
            signed_in_operator.get("/console/tickets/")


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_lets_it_take_effect():
    person, operators = make.person(phone=OLD), [make.operator("甲"), make.operator("乙")]
    ticket = agreed(ticket_for(person), operators)
    let_time_pass(ticket)
    done = []

    def work():
        done.append(finish_ticket(ticket.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, True]
    assert told(NEW).count("account.ticket_finished") == 1
