"""申请加入企业: somebody with an account joins one more enterprise, and nothing is uploaded twice."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agreement
from enterprises.actions import admit, appoint_administrator, ask_to_belong
from enterprises.catalogue import ID_PHOTO
from enterprises.models import JoinRequest, Member, Position
from enterprises.permissions import papers_of
from enterprises.privacy import forget_invitations, leave_all
from portal.audit.models import AuditEntry
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.models import Message
from projects.permissions import files_of
from tests import make
from tests.supervision.acts import together

pytestmark = pytest.mark.django_db
JOIN = "/enterprises/join/"


@pytest.fixture
def person():
    """Works for one enterprise already, which keeps the photo."""
    make.reference()
    found = make.person("吴倩")
    make.ready_document(ID_PHOTO.code, make.member(make.enterprise("武汉旧雨建筑有限公司"), found), make.jpeg())
    return found


@pytest.fixture
def browser(person):
    client = Client()
    client.force_login(person)
    return client


def clerk() -> Position:
    return Position.objects.get(pk="1023")


def send(browser, unit, **more):
    consent = {"consent": "on"} if Agreement.objects.current(Agreement.Kind.ID_PHOTO) else {}
    given = {"q": unit.name, "enterprise": unit.pk, "position": "1023"} | consent
    return browser.post(JOIN, given | more)


def asked_by(person, enterprise) -> JoinRequest:
    return ask_to_belong(enterprise, position=clerk(), by=person)


def test_a_person_joins_a_further_enterprise_and_the_photo_goes_along(browser, person, enterprise, desk):
    page = browser.get(JOIN, {"q": "楚天宏基"}).content.decode()
    assert "随申请沿用的材料" in page and "checked" in page.partition(str(enterprise.pk))[2][:120]

    assert send(browser, enterprise).url == reverse("enterprises:invitations")
    asked = JoinRequest.objects.get()
    assert (asked.user, asked.position, asked.name) == (person, clerk(), "吴倩")
    told = Message.objects.get(event="enterprise.join_requested")
    url = reverse("enterprises:request-admit", args=[enterprise.pk, asked.pk])
    assert told.link == url and url in desk.get(reverse("enterprises:members", args=[enterprise.pk])).content.decode()

    page = desk.get(url).content.decode()
    assert "身份证照片" in page and person.phone not in page and person.id_number not in page
    desk.post(url, {"position": "1023", "department": "工程部"})

    member = Member.objects.get(enterprise=enterprise, user=person)
    assert (member.status, member.department, member.created_account) == ("active", "工程部", False)
    assert [one.kind for one in Document.objects.held_by(member)] == [ID_PHOTO.code]
    assert Message.objects.filter(user=person, event="member.admitted").exists()
    assert Message.objects.get(pk=told.pk).handled_at
    assert AuditEntry.objects.filter(event="member.admitted", enterprise_id=enterprise.pk).exists()


def test_the_enterprise_gets_no_file_before_it_agrees_and_none_if_it_does_not(person, enterprise, desk):
    asked = asked_by(person, enterprise)
    desk.post(reverse("enterprises:request-dismiss", args=[enterprise.pk, asked.pk]))

    assert Document.objects.filter(kind=ID_PHOTO.code).count() == 1
    assert not Member.objects.filter(enterprise=enterprise).exists()
    assert Message.objects.filter(user=person, event="member.refused").exists()
    assert JoinRequest.objects.get().is_added is False


def test_a_photo_that_another_enterprise_uploaded_to_invite_somebody_is_not_theirs(enterprise):
    person = make.person()
    invitation = make.member(enterprise, person, status="invited")
    make.ready_document(ID_PHOTO.code, invitation, make.jpeg())
    assert papers_of(person) == [] and files_of(person) == {}

    invitation.status = "active"
    invitation.save()
    assert len(papers_of(person)) == 1 and "id_photo" in files_of(person)


def test_who_was_invited_answers_instead_of_asking(person, enterprise):
    make.member(enterprise, person, status="invited")
    with pytest.raises(Refused, match="请直接选择同意或不同意"):
        asked_by(person, enterprise)


def test_who_belongs_or_waits_already_is_told_so(person, enterprise):
    asked_by(person, enterprise)
    with pytest.raises(Refused, match="等待企业管理员处理"):
        asked_by(person, enterprise)
    make.member(enterprise, person)
    with pytest.raises(Refused, match="无需重复申请"):
        asked_by(person, enterprise)


def test_a_request_is_answered_once(person, enterprise, administrator):
    asked = asked_by(person, enterprise)
    admit(asked, position=clerk(), department="", by=administrator)
    with pytest.raises(Refused, match="已经处理过"):
        admit(asked, position=clerk(), department="", by=administrator)


def test_the_person_takes_the_request_back_and_nobody_else_does(person, enterprise, browser):
    asked = asked_by(person, enterprise)
    other = Client()
    other.force_login(make.person())
    url = reverse("enterprises:join-withdraw", args=[asked.pk])
    assert other.post(url).status_code == 404

    assert "撤回" in browser.get(reverse("enterprises:invitations")).content.decode()
    browser.post(url)
    assert JoinRequest.objects.get().handled_by == person
    assert Message.objects.get(event="enterprise.join_requested").handled_at


def test_another_enterprise_does_not_admit(person, enterprise):
    asked = asked_by(person, enterprise)
    stranger = make.administrator_of(make.enterprise())
    client = Client()
    client.force_login(stranger)
    url = reverse("enterprises:request-admit", args=[enterprise.pk, asked.pk])
    assert client.get(url).status_code == client.post(url, {"position": "1023"}).status_code == 404


def test_accounts_that_are_no_person_do_not_ask(desk):
    assert desk.get(JOIN).status_code == desk.post(JOIN).status_code == 404


def test_an_enterprise_has_to_be_chosen_and_a_suspended_one_is_not_found(browser, enterprise):
    assert "请在查找到的企业中选择一家" in send(browser, enterprise, enterprise="").content.decode()
    enterprise.status = "suspended"
    enterprise.save()
    assert "未找到企业" in browser.get(JOIN, {"q": enterprise.name}).content.decode()


def test_a_request_ends_with_the_account_and_is_forgotten_with_the_person(person, enterprise):
    asked_by(person, enterprise)
    leave_all(person, by=person)
    assert JoinRequest.objects.get().is_added is False
    assert Message.objects.get(event="enterprise.join_requested").handled_at
    forget_invitations(person)
    assert not JoinRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_agree_at_once_add_the_person_once():
    make.reference()
    enterprise, person = make.enterprise(), make.person("吴倩")
    desk = make.administrator_of(enterprise)
    colleague = make.member(enterprise, make.person("宋远桥", last_login=timezone.now()))
    appoint_administrator(colleague, by=desk)
    asked = asked_by(person, enterprise)
    place = {"position": clerk(), "department": ""}

    outcomes = together(*[lambda by=by: admit(asked, **place, by=by) for by in (desk, colleague.user)])

    assert sorted(outcomes) == ["Refused", "done"]
    assert Member.objects.filter(enterprise=enterprise, user=person).count() == 1
    assert AuditEntry.objects.filter(event="member.admitted").count() == 1


def test_an_appointed_administrator_sees_who_asks_on_the_home_page(person, enterprise, desk):
    chief = make.member(enterprise, make.person("宋远桥", last_login=timezone.now()))
    appoint_administrator(chief, by=make.administrator_of(enterprise))
    asked_by(person, enterprise)
    client = Client()
    client.force_login(chief.user)
    assert "加入申请" in client.get("/home/").content.decode()
    page = client.get("/workbench/?show=requests").content.decode()
    assert "吴倩" in page and person.phone not in page
    client.force_login(make.person("路人"))
    assert "加入申请" not in client.get("/home/").content.decode()
