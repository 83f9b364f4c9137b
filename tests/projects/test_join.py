"""我的项目, 加入项目 and 申请进度: what people with an account do."""

import pytest
from django.http import Http404
from django.urls import reverse

from accounts.models import Acceptance, Agreement
from enterprises.models import Member
from enterprises.permissions import belongs_elsewhere, consequences
from portal.documents.models import Document
from portal.errors import Refused
from projects.actions import (
    approve_application,
    reject_application,
    resubmit_application,
    withdraw_application,
)
from projects.models import PartyType, ProjectUser
from projects.permissions import files_of
from tests import make
from tests.projects.acts import applied, documents_of, filed, fresh, party, site, together, told, upload

pytestmark = pytest.mark.django_db
JOIN = "/projects/join/"
QUERIES = {"list": 9, "applications": 5, "detail": 20}


def html(answer):
    return answer.content.decode()


def place(project, enterprise, **more):
    return {"company": enterprise.name, "enterprise": enterprise.pk, "project": project.pk, "position": "1018"} | more


def approved(project, contractor, manager, user):
    application = applied(project, contractor, user, files=False)
    for kind, file in (("id_photo", make.jpeg("本人.jpg", (800, 500))), ("commitment_letter", make.pdf("承诺.pdf"))):
        make.ready_document(kind, application, file)
    approve_application(application, by=manager)
    return fresh(application)


# 加入项目


def test_somebody_with_files_joins_a_second_project_in_three_clicks(client):
    project, contractor, manager = site()
    person = make.person("赵敏")
    first = approved(project, contractor, manager, person)
    second_project = filed(None, party(PartyType.CONTRACTOR, contractor, manager), name="第二个工程")
    client.force_login(person)
    assert JOIN in html(client.get("/projects/"))
    page = html(client.get(JOIN))
    assert "沿用已上传的身份证照片" in page and "沿用已上传的办理承诺函" in page and contractor.name in page
    reuse = {"reuse_id_photo": "on", "reuse_letter": "on", "consent": "on"}
    answer = client.post(JOIN, place(second_project, contractor, **reuse))
    second = ProjectUser.objects.get(project=second_project)
    assert answer.url == reverse("projects:application", args=[second.pk])
    assert (second.status, second.user) == ("submitted", person)
    assert sorted(documents_of(second)) == sorted(documents_of(first)) == ["commitment_letter", "id_photo"]
    copies = Document.objects.held_by(second).values_list("name", "state")
    assert set(copies) == {("本人.jpg", "checking"), ("承诺.pdf", "checking")}
    assert Acceptance.objects.filter(user=person, agreement__kind="id_photo").count() == 1
    assert told("project_user.applied") == ["陈建桥"]


def test_the_photo_that_the_enterprise_keeps_of_me_serves_again():
    member = make.member(make.enterprise(), make.person())
    photo = make.ready_document("id_photo", member)
    assert files_of(member.user) == {"id_photo": photo}
    assert files_of(make.person()) == {}


def test_new_files_come_in_the_place_of_the_old_ones(client):
    project, contractor, manager = site()
    person = make.person("赵敏")
    approved(project, contractor, manager, person)
    second_project = filed(None, party(PartyType.CONTRACTOR, contractor, manager), name="第二个工程")
    client.force_login(person)
    assert "请上传身份证照片" in html(
        client.post(JOIN, place(second_project, contractor, reuse_letter="on", consent="on"))
    )
    assert upload(client, "id_photo", make.jpeg("新的.jpg"), "projects:join-file").status_code == 201
    client.post(JOIN, place(second_project, contractor, reuse_letter="on", consent="on"))
    second = ProjectUser.objects.get(project=second_project)
    assert set(Document.objects.held_by(second).values_list("name", flat=True)) == {"新的.jpg", "承诺.pdf"}


def test_the_consent_about_the_photo_is_needed_once(client):
    project, contractor, _manager = site()
    person = make.person()
    client.force_login(person)
    files = {"id_photo": make.jpeg(size=(800, 500)), "letter": make.pdf()}
    assert "请勾选“单独同意处理我的身份证照片”" in html(client.post(JOIN, place(project, contractor, **files)))
    assert not ProjectUser.objects.exists()
    Acceptance.objects.create(agreement=Agreement.objects.current("id_photo"), user=person, text_hash="x")
    assert 'name="consent"' not in html(client.get(JOIN))
    assert client.post(JOIN, place(project, contractor)).status_code == 302


def test_joining_twice_is_refused(client):
    project, contractor, manager = site()
    person = make.person()
    approved(project, contractor, manager, person)
    client.force_login(person)
    given = place(project, contractor, reuse_id_photo="on", reuse_letter="on", consent="on")
    answer = client.post(JOIN, given)
    assert answer.status_code == 409 and "您已是该项目用户" in html(answer)


def test_the_lead_of_the_project_need_not_join(client):
    project, contractor, manager = site()
    client.force_login(manager)
    files = {"id_photo": make.jpeg(size=(800, 500)), "letter": make.pdf()}
    answer = client.post(JOIN, place(project, contractor, consent="on", **files))
    assert answer.status_code == 409 and "您是该项目的负责人" in html(answer)


@pytest.mark.django_db(transaction=True)
def test_two_applications_of_one_person_at_one_moment_are_one():
    project, contractor, _manager = site()
    person = make.person()
    outcomes = together(*[lambda: applied(project, contractor, person, files=False)] * 2)
    assert outcomes == ["IntegrityError", "done"]


def test_enterprise_and_staff_accounts_have_no_projects_of_their_own(client):
    for who in (make.administrator_of(make.enterprise()), make.officer()):
        client.force_login(who)
        for url in ("/projects/", JOIN, "/projects/applications/"):
            assert client.get(url).status_code == 404


# 申请进度


def test_who_waits_sees_who_decides_masked(client):
    project, contractor, _manager = site()
    application = applied(project, contractor)
    client.force_login(application.user)
    page = html(client.get(reverse("projects:application", args=[application.pk])))
    assert "由 陈** 审核" in page and "陈建桥" not in page
    assert "待审核" in html(client.get("/projects/applications/"))
    assert client.get("/projects/").url == "/projects/applications/"


def test_nobody_sees_the_application_of_another(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    for who in (make.person("路人"), manager):
        client.force_login(who)
        for name in ("application", "withdraw", "leave"):
            assert client.get(reverse(f"projects:{name}", args=[application.pk])).status_code == 404


def test_after_a_rejection_the_reason_is_read_and_the_application_mended(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    reject_application(application, reason="承诺函未盖章。", marked=["letter", "position"], by=manager)
    client.force_login(application.user)
    url = reverse("projects:application", args=[application.pk])
    assert "承诺函未盖章。" in html(client.get(url))
    assert (
        upload(client, "letter", make.pdf("盖章.pdf"), "projects:application-file", application.pk).status_code == 201
    )
    assert client.post(url, {"position": "1017"}).url == url
    again = fresh(application)
    assert (again.status, again.position_id, again.reason, again.decided_by) == ("submitted", "1017", "", None)
    assert "盖章.pdf" in Document.objects.held_by(again).values_list("name", flat=True)
    assert told("project_user.applied") == ["陈建桥"]


def test_files_cannot_be_changed_while_somebody_looks_at_them(client):
    project, contractor, _manager = site()
    application = applied(project, contractor)
    client.force_login(application.user)
    assert upload(client, "letter", make.pdf(), "projects:application-file", application.pk).status_code == 404


def test_an_application_is_withdrawn_by_its_owner_only():
    project, contractor, _manager = site()
    application = applied(project, contractor)
    with pytest.raises(Http404):
        withdraw_application(application, by=make.person("路人"))
    withdraw_application(application, by=application.user)
    assert fresh(application).status == "withdrawn"
    with pytest.raises(Refused):
        withdraw_application(application, by=application.user)


def test_what_is_not_rejected_is_not_handed_in_again():
    project, contractor, _manager = site()
    application = applied(project, contractor)
    with pytest.raises(Refused):
        resubmit_application(application, position=application.position, by=application.user)


def test_leaving_asks_first_and_ends_it(client):
    project, contractor, manager = site()
    application = approved(project, contractor, manager, make.person("赵敏"))
    client.force_login(application.user)
    url = reverse("projects:leave", args=[application.pk])
    assert client.get(url).status_code == 200 and fresh(application).status == "approved"
    assert client.post(url).url == "/projects/applications/"
    assert fresh(application).status == "ended"


# 我的项目


def test_the_page_of_a_project_masks_leads_and_shows_people_to_who_lets_them_in(client):
    project, contractor, manager = site()
    application = approved(project, contractor, manager, make.person("赵敏"))
    waiting = applied(project, contractor, make.person("等待者"))
    url = reverse("projects:detail", args=[project.pk])
    client.force_login(application.user)
    page = html(client.get(url))
    assert "陈**" in page and "陈建桥" not in page and "等待者" not in page
    client.force_login(manager)
    page = html(client.get(url))
    assert "赵敏" in page and "待审核 1 人" in page and waiting.user.name not in page
    client.force_login(make.person("路人"))
    assert client.get(url).status_code == 404
    assert client.get("/projects/").status_code == 200


def test_a_member_of_a_party_knows_its_projects(client):
    project, contractor, _manager = site()
    client.force_login(make.member(contractor, make.person("同事")).user)
    page = html(client.get("/projects/"))
    assert "二七云栖府" in page and "本单位参建" in page


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", ["list", "applications"])
def test_the_lists_ask_the_same_number_of_questions(client, rows, name, django_assert_num_queries):
    person = make.person()
    for n in range(rows):
        approved(*site(f"工程{n}"), person)
    client.force_login(person)
    url = reverse(f"projects:{name}")
    client.get(url)
    with django_assert_num_queries(QUERIES[name]):
        client.get(url)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_of_a_project_asks_the_same_number_of_questions(client, rows, django_assert_num_queries):
    project, contractor, manager = site()
    for n in range(rows):
        approved(project, contractor, manager, make.person(f"某{n}"))
    client.force_login(manager)
    url = reverse("projects:detail", args=[project.pk])
    client.get(url)
    with django_assert_num_queries(QUERIES["detail"]):
        client.get(url)


# What the apps below ask


def test_leaving_an_enterprise_says_what_stops_and_the_account_counts_as_bound():
    project, contractor, manager = site()
    person = make.member(contractor, make.person("赵敏"), created_account=True).user
    assert not belongs_elsewhere(person.memberships.get())
    approved(project, contractor, manager, person)
    assert belongs_elsewhere(Member.objects.get(user=person))
    assert consequences(contractor, user=person) == ["不再是“二七云栖府”的项目用户"]
    assert consequences(contractor, user=manager) == ["不再是“二七云栖府”的负责人，不能审核项目用户"]


def test_applications_that_wait_for_who_leaves_are_counted():
    project, contractor, manager = site()
    applied(project, contractor, make.person("赵敏"), files=False)
    assert "1 项项目用户申请正等待其审核，此后由项目经理或施工单位的企业管理员审核" in consequences(
        contractor, user=manager
    )
