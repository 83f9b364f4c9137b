"""经办人变更 and 企业管理员: who may act for an enterprise, and that somebody always can (domain §5.1, §5.7 39, 40)."""

from datetime import timedelta
from threading import Thread
from time import monotonic, sleep

import pytest
from django.db import connection, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import RecoveryTicket, User
from accounts.privacy.closing import close_account, why_not_close
from accounts.tickets import change_phone, confirm_ticket, finish_due_tickets, propose_ticket
from enterprises.actions import (
    answer_agency,
    appoint_administrator,
    move_member,
    propose_agent,
    remove_administrator,
    withdraw_agency,
)
from enterprises.actions.agents import lapse_old_agencies
from enterprises.models import AgentChange, Appointment, Enterprise, Member
from enterprises.permissions import administered_by, administrators_of
from enterprises.privacy import forget_agencies
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from tests import make
from tests.accounts.steps import sure, told
from tests.supervision.acts import together

pytestmark = pytest.mark.django_db


def worker(enterprise, name="宋远桥", **fields):
    return make.member(enterprise, make.person(name, last_login=timezone.now(), **fields))


def browser_of(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def url(enterprise, name="administrators", *more):
    return reverse(f"enterprises:{name}", args=[enterprise.pk, *more])


@pytest.fixture
def colleague(enterprise):
    return worker(enterprise)


@pytest.fixture
def second(enterprise, administrator, colleague):
    """A colleague who is an administrator."""
    appoint_administrator(colleague, by=administrator)
    return colleague


# 经办人变更


def test_a_colleague_is_asked_and_becomes_the_agent_only_by_agreeing(desk, enterprise, administrator, colleague):
    old = enterprise.agent_phone
    sure(desk)
    assert desk.post(url(enterprise, "agent"), {"member": colleague.pk}).status_code == 302
    page = desk.get(url(enterprise)).content.decode()
    assert "待本人确认" in page and "张* → 宋**" in page
    assert fresh(enterprise).agent_name == "张敏"
    assert told(old) == ["agent.announced"] and told(colleague.user.phone) == ["agent.asked"]

    person = browser_of(colleague.user)
    assert "请您担任经办人" in person.get(reverse("enterprises:invitations")).content.decode()
    change = AgentChange.objects.get()
    assert person.post(reverse("enterprises:agency-answer", args=[change.pk, "accept"])).status_code == 302

    now = fresh(enterprise)
    assert (now.agent_name, now.agent_phone) == ("宋远桥", colleague.user.phone)
    assert now.agent_id_index == colleague.user.id_index
    assert told(old) == ["agent.announced", "agent.released"]
    assert told(colleague.user.phone) == ["agent.asked", "agent.changed"]
    entry = AuditEntry.objects.get(event="agent.changed")
    assert (entry.details["former"], entry.details["name"], entry.enterprise_id) == ("张*", "宋**", enterprise.pk)
    account = User.objects.get(pk=administrator.pk)
    assert not account.has_usable_password()  # what the former agent knew opens nothing
    assert desk.get(url(enterprise)).status_code == 302
    assert person.post(reverse("enterprises:agency-answer", args=[change.pk, "accept"])).status_code == 409


def test_the_password_is_asked_for_before_the_agent_or_an_administrator_changes(desk, enterprise, second):
    for name in ("agent", "administrator-add"):
        for browser in (desk, browser_of(second.user)):
            assert browser.get(url(enterprise, name)).url.startswith("/account/confirm/")


def test_an_outsider_is_asked_by_name_and_phone_and_the_page_does_not_tell_who_has_an_account(desk, enterprise):
    outsider, nobody = make.person("俞莲舟"), make.phone()
    sure(desk)
    pages = []
    for phone in (outsider.phone, nobody):
        response = desk.post(url(enterprise, "agent"), {"name": "俞莲舟", "phone": phone}, follow=True)
        pages.append(response.content.decode().replace(phone[-4:], "").replace(phone[:3], ""))
        change = enterprise.agent_changes.get(status="waiting")
        assert desk.post(url(enterprise, "agent-withdraw", change.pk)).status_code == 302
    assert ["已请对方确认" in page for page in pages] == [True, True]
    assert [told(phone) for phone in (outsider.phone, nobody)] == [["agent.asked"], ["agent.invited"]]


def test_who_has_the_number_but_another_name_is_not_asked_to_answer(enterprise, administrator):
    stranger = make.person("灭绝")
    change = propose_agent(enterprise, name="俞莲舟", phone=stranger.phone, by=administrator)
    with pytest.raises(Http404):
        answer_agency(change, "accept", by=stranger)
    page = browser_of(stranger).get(reverse("enterprises:invitations")).content.decode()
    assert "担任经办人" not in page


def test_declined_or_withdrawn_the_agent_stays(enterprise, administrator, colleague):
    asked = {"name": "宋远桥", "phone": colleague.user.phone, "by": administrator}
    declined = propose_agent(enterprise, **asked)
    answer_agency(declined, "decline", by=colleague.user)
    withdrawn = propose_agent(enterprise, **asked)
    withdraw_agency(withdrawn, by=administrator)
    with pytest.raises(Refused):
        answer_agency(withdrawn, "accept", by=colleague.user)
    assert fresh(enterprise).agent_name == "张敏"
    assert [one.status for one in (fresh(declined), fresh(withdrawn))] == ["declined", "withdrawn"]
    assert fresh(declined).phone is None


def test_one_is_asked_at_a_time_and_an_old_invitation_counts_no_more(enterprise, administrator, colleague):
    change = propose_agent(enterprise, name="宋远桥", phone=colleague.user.phone, by=administrator)
    with pytest.raises(Refused, match="等待本人确认"):
        propose_agent(enterprise, name="别人", phone=make.phone(), by=administrator)
    AgentChange.objects.filter(pk=change.pk).update(proposed_at=timezone.now() - timedelta(days=15))
    with pytest.raises(Refused, match="已过期"):
        answer_agency(change, "accept", by=colleague.user)
    propose_agent(enterprise, name="别人", phone=make.phone(), by=administrator)
    assert fresh(change).status == "lapsed"


def test_what_nobody_answers_within_fourteen_days_is_taken_back_by_itself(enterprise, administrator, colleague):
    change = propose_agent(enterprise, name="宋远桥", phone=colleague.user.phone, by=administrator)
    assert lapse_old_agencies() == 0
    AgentChange.objects.update(proposed_at=timezone.now() - timedelta(days=15))
    assert lapse_old_agencies() == 1 and fresh(change).status == "lapsed"
    assert not Message.objects.filter(user=colleague.user, event="agent.asked", handled_at=None).exists()


def test_an_administrator_who_takes_over_agrees_by_that(enterprise, second):
    """40: agent left; a colleague who administers goes on without waiting for operators."""
    change = propose_agent(enterprise, name=second.user.name, phone=second.user.phone, by=second.user)
    assert (fresh(change).status, fresh(enterprise).agent_name) == ("done", "宋远桥")


def test_forms_of_the_agent_say_what_is_missing(desk, enterprise):
    sure(desk)
    page = desk.post(url(enterprise, "agent"), {}).content.decode()
    assert "请选择人员，或填写姓名。" in page and "请填写手机号。" in page
    stranger = worker(make.enterprise())
    assert "已不是本企业的在职用户" in desk.post(url(enterprise, "agent"), {"member": stranger.pk}).content.decode()
    assert not AgentChange.objects.exists()


def test_agent_left_the_operators_replace_them_and_the_history_says_so(enterprise, administrator, colleague):
    """40: forgot agent / agent left: recovery ladder 5.1."""
    asked = propose_agent(enterprise, name="宋远桥", phone=colleague.user.phone, by=administrator)
    claim = {"uscc": enterprise.uscc, "name": "赵新", "id_number": make.id_number(), "legal_representative": "周明远"}
    ticket = RecoveryTicket.objects.create(kind="agent", account=administrator, claim=claim, new_phone=make.phone())
    propose_ticket(ticket, finding="已核对。", by=make.operator())
    confirm_ticket(ticket, by=make.operator())
    RecoveryTicket.objects.update(effective_at=timezone.now())
    assert finish_due_tickets() == 1

    assert fresh(enterprise).agent_name == "赵新" and fresh(asked).status == "withdrawn"
    done = AgentChange.objects.get(status="done")
    assert (done.former_name, done.name, done.ticket_no) == ("张敏", "赵新", ticket.number)
    page = browser_of(make.operator()).get(reverse("enterprises:agent-history", args=[enterprise.pk])).content.decode()
    assert "张* → 赵*" in page and ticket.number in page
    assert browser_of(colleague.user).get(reverse("enterprises:agent-history", args=[enterprise.pk])).status_code == 404


# 企业管理员


def test_an_appointed_colleague_manages_with_the_personal_account_and_keeps_the_business(desk, enterprise, colleague):
    make.granted(enterprise)
    sure(desk)
    assert desk.post(url(enterprise, "administrator-add"), {"member": colleague.pk}).status_code == 302
    assert "宋远桥" in desk.get(url(enterprise)).content.decode()
    person = browser_of(colleague.user)
    assert "平台管理" in person.get("/home/").content.decode()
    for name in ("list", "detail", "systems", "members", "log"):
        where = reverse("enterprises:list") if name == "list" else url(enterprise, name)
        assert person.get(where).status_code == 200
    assert person.get(reverse("filing:list", args=["advance"])).status_code == 200
    assert person.get(url(make.enterprise(), "members")).status_code == 404
    assert told(colleague.user.phone) == ["administrator.appointed"]
    assert AuditEntry.objects.get(event="administrator.appointed").enterprise_id == enterprise.pk


def test_removed_the_right_ends_with_the_next_request_and_the_membership_stays(desk, enterprise, second):
    person = browser_of(second.user)
    assert person.get(url(enterprise)).status_code == 200
    assert "移除管理员 宋远桥？" in desk.get(url(enterprise, "administrator-remove", second.pk)).content.decode()
    assert desk.post(url(enterprise, "administrator-remove", second.pk)).status_code == 302
    assert person.get(url(enterprise)).status_code == 404 == person.get(reverse("enterprises:list")).status_code
    assert fresh(second).status == "active"
    assert told(second.user.phone)[-1] == "administrator.removed"


def test_strangers_and_ordinary_people_do_nothing(enterprise, administrator, second):
    plain, other = worker(enterprise, "俞岱岩"), make.administrator_of(make.enterprise())
    change = propose_agent(enterprise, name="别人", phone=make.phone(), by=administrator)
    pages = [
        url(enterprise),
        url(enterprise, "agent"),
        url(enterprise, "agent-withdraw", change.pk),
        url(enterprise, "administrator-add"),
        url(enterprise, "administrator-remove", second.pk),
    ]
    for who in (plain.user, other, make.operator()):
        for page in pages:
            assert (browser_of(who).get(page).status_code, browser_of(who).post(page).status_code) == (404, 404)
        with pytest.raises(Http404):
            appoint_administrator(plain, by=who)
        with pytest.raises(Http404):
            remove_administrator(second, by=who)
        with pytest.raises(Http404):
            propose_agent(enterprise, name="别人", phone=make.phone(), by=who)
        with pytest.raises(Http404):
            withdraw_agency(change, by=who)


def test_only_colleagues_at_work_who_have_signed_in_are_appointed(enterprise, administrator, second):
    unused = make.member(enterprise, make.person("没来过"), created_account=True)
    for member in (unused, worker(enterprise, "走了")):
        if member is not unused:
            Member.objects.filter(pk=member.pk).update(status="left", ended_at=timezone.now())
        with pytest.raises(Refused, match="在职用户"):
            appoint_administrator(member, by=administrator)
    with pytest.raises(Refused, match="已是企业管理员"):
        appoint_administrator(second, by=administrator)


def without_own_account(enterprise):
    """The agent's number is not known any more: nobody gets into the enterprise's own account."""
    Enterprise.objects.filter(pk=enterprise.pk).update(agent_phone_index=None)


def test_the_last_administrator_is_not_removed_does_not_leave_and_does_not_close_the_account(
    enterprise, administrator, second
):
    """39: who leaves has a successor first."""
    without_own_account(enterprise)
    for refused in (
        lambda: remove_administrator(second, by=second.user),
        lambda: move_member(second, "leave", by=administrator),
        lambda: move_member(second, "disable", by=administrator),
    ):
        with pytest.raises(Refused, match="最后一位"):
            refused()
    assert "最后一位" in why_not_close(second.user)[0]
    assert fresh(second).status == "active" and Appointment.objects.filter(ended_at=None).count() == 1

    appoint_administrator(worker(enterprise, "俞岱岩"), by=second.user)
    move_member(second, "leave", by=administrator)
    assert [one.name for one in administrators_of(enterprise)][1:] == ["俞岱岩"]


def test_who_comes_back_starts_as_an_ordinary_user(enterprise, administrator, second):
    move_member(second, "disable", by=administrator)
    move_member(second, "enable", by=administrator)
    assert not administered_by(second.user).exists()
    assert told(second.user.phone) == ["administrator.appointed", "administrator.removed", "member.disabled"]


def test_the_agent_leaves_after_another_was_named_and_nobody_sends_themselves_away(enterprise, administrator, second):
    """39, 40: the page says so and leads there."""
    agent = make.member(enterprise, make.person("张敏", last_login=timezone.now(), id_number=make.id_number()))
    enterprise.set_agent(name="张敏", id_number=agent.user.id_number, phone=agent.user.phone)
    enterprise.save()
    answer = browser_of(second.user).post(url(enterprise, "member-state", agent.pk, "leave"))
    assert answer.status_code == 409 and url(enterprise, "agent") in answer.content.decode()
    assert "经办人" in why_not_close(agent.user)[0]
    with pytest.raises(Refused, match="不能为自己"):
        move_member(second, "leave", by=second.user)

    propose_agent(enterprise, name=second.user.name, phone=second.user.phone, by=second.user)
    move_member(agent, "leave", by=administrator)
    assert fresh(agent).status == "left" and why_not_close(agent.user) == []


def test_the_history_of_agents_forgets_a_name_that_is_forgotten(enterprise, administrator):
    agent = worker(enterprise)
    change = propose_agent(enterprise, name=agent.user.name, phone=agent.user.phone, by=administrator)
    answer_agency(change, "accept", by=agent.user)
    successor = worker(enterprise, "周芷若")
    change = propose_agent(enterprise, name="周芷若", phone=successor.user.phone, by=administrator)
    answer_agency(change, "accept", by=successor.user)
    assert AgentChange.objects.filter(former_name="宋远桥").exists()

    forget_agencies(agent.user)

    names = list(AgentChange.objects.order_by("pk").values_list("former_name", "name"))
    assert [name for _former, name in names] == ["宋**", "周芷若"] and names[1][0] == "宋**"


def test_with_a_closed_account_the_appointment_ends(enterprise, second):
    close_account(second.user, by=None)
    assert not Appointment.objects.filter(ended_at=None).exists() and fresh(second).status == "left"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_once_leave_one():
    make.reference()
    enterprise = make.enterprise()
    by = make.administrator_of(enterprise)
    one, other = worker(enterprise, "甲某某"), worker(enterprise, "乙某某")
    for member in (one, other):
        appoint_administrator(member, by=by)
    without_own_account(enterprise)

    outcomes = together(
        lambda: remove_administrator(one, by=other.user), lambda: remove_administrator(other, by=one.user)
    )

    assert sorted(outcomes) == ["Http404", "done"]
    assert Appointment.objects.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_being_closed_becomes_nobodys_agent():
    """Either the person is the agent and stays, or the account is closed and the answer comes too late."""
    make.reference()
    enterprise = make.enterprise()
    colleague = worker(enterprise)
    change = propose_agent(enterprise, name="宋远桥", phone=colleague.user.phone, by=make.administrator_of(enterprise))

    outcomes = together(
        lambda: answer_agency(change, "accept", by=User.objects.get(pk=colleague.user_id)),
        lambda: close_account(User.objects.get(pk=colleague.user_id), by=None),
    )

    assert sorted(outcomes) in (["Refused", "done"], ["Http404", "done"])
    is_agent = fresh(enterprise).agent_name == "宋远桥"
    assert fresh(colleague.user).is_active == is_agent


@pytest.mark.django_db(transaction=True)
def test_two_who_step_down_at_once_leave_one():
    make.reference()
    enterprise = make.enterprise()
    by = make.administrator_of(enterprise)
    pair = [worker(enterprise, "甲某某"), worker(enterprise, "乙某某")]
    for member in pair:
        appoint_administrator(member, by=by)
    without_own_account(enterprise)
    outcomes = together(*[lambda who=who: remove_administrator(who, by=who.user) for who in pair])
    assert sorted(outcomes) == ["Refused", "done"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["codes", "ticket"])
def test_a_new_agent_and_a_new_number_at_once_wait_for_each_other(how):
    """The answer holds the enterprise while the other one begins: no deadlock, and the agent's number is the agent's."""
    make.reference()
    enterprise = make.enterprise()
    by, colleague = make.administrator_of(enterprise), worker(enterprise)
    change = propose_agent(enterprise, name="宋远桥", phone=colleague.user.phone, by=by)
    claim = {"uscc": enterprise.uscc, "name": "赵新", "id_number": make.id_number(), "legal_representative": "周明远"}
    ticket = RecoveryTicket.objects.create(kind="agent", account=by, claim=claim, new_phone=make.phone())
    propose_ticket(ticket, finding="已核对。", by=make.operator())
    confirm_ticket(ticket, by=make.operator())
    RecoveryTicket.objects.update(effective_at=timezone.now())
    other = {"codes": lambda: change_phone(User.objects.get(pk=by.pk), make.phone()), "ticket": finish_due_tickets}[how]

    outcomes = in_this_order(change, lambda: answer_agency(change, "accept", by=colleague.user), other)

    now = fresh(enterprise)
    if how == "codes":  # proved to have the former agent's number, which is the enterprise's no more
        assert outcomes == ["done", "Refused"]
        assert (now.agent_name, now.agent_phone) == ("宋远桥", colleague.user.phone)
    else:
        assert outcomes == ["done", "done"]
        assert (now.agent_name, now.agent_phone) == ("赵新", ticket.new_phone)
        assert list(enterprise.agent_changes.order_by("pk").values_list("former_name", "name", "status")) == [
            ("张敏", "宋远桥", "done"),
            ("宋远桥", "赵新", "done"),
        ]


def in_this_order(change, first, second):
    """`first` begins and waits for the row of the change, `second` begins meanwhile; then both go on."""
    outcomes = {}

    def run(name, act):
        try:
            act()
            outcomes[name] = "done"
        except Exception as fault:
            outcomes[name] = type(fault).__name__
        finally:
            connection.close()

    threads = [Thread(target=run, args=one) for one in (("first", first), ("second", second))]
    with transaction.atomic():
        AgentChange.objects.locked(change.pk)
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_for_waiters(number)
    for thread in threads:
        thread.join()
    return [outcomes["first"], outcomes["second"]]


WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def wait_for_waiters(count):
    """Until so many sessions of this database stand in a queue for a lock."""
    until = monotonic() + 10
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= count:
                return
        sleep(0.01)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_three_as_for_one(
    desk, enterprise, administrator, count, django_assert_num_queries
):
    for number in range(count):
        appoint_administrator(worker(enterprise, f"宋远{number + 1}桥"[:4]), by=administrator)
        change = propose_agent(enterprise, name="别人", phone=make.phone(), by=administrator)
        withdraw_agency(change, by=administrator)
    desk.get(url(enterprise))
    with django_assert_num_queries(QUERIES):
        desk.get(url(enterprise))


QUERIES = 7
