"""Who finds what on 首页 and in the top menu, at each moment of an account's life."""

import pytest
from django.urls import reverse
from django.utils import timezone

from enterprises.models import JoinRequest
from portal.crypto import blind_index
from projects.models import ProjectGrant, ProjectUser
from projects.permissions import is_manager
from tests import make
from tests.home.steps import applied, managed_project, menu, signed_in, stats, text, told

pytestmark = pytest.mark.django_db
BARRED = "企业管理员账号仅用于管理企业用户，办理业务请使用个人账号"


def home(user):
    return signed_in(user).get("/home/")


def test_a_visitor_is_led_to_the_sign_in_page(client):
    for address in ("/home/", "/workbench/", "/apps/", "/apps/filing/", "/messages/"):
        page = client.get(address)
        assert page.status_code == 302 and page["Location"] == f"/?next={address}"


def test_a_person_without_an_enterprise_finds_the_frame_and_nothing_to_do():
    page = home(make.person("王五"))
    assert menu(page) == ["首页", "工作台", "应用中心"]
    assert "，王五" in text(page)
    assert set(stats(page).values()) == {0}
    assert "被退回的报监、久未审核的项目用户申请和企业的加入邀请会出现在这里。" in text(page)


def test_a_site_officer_sees_what_is_to_be_done_and_where_the_filings_stand():
    person = make.site_officer()
    make.draft_filing(by=person)
    make.draft_filing("joint", by=person)
    make.submitted_filing(by=person)
    page = home(person)
    assert stats(page) == {"退回补正": 0, "待完善": 1, "草稿": 1, "审核中": 1, "报监完毕": 0}
    assert make.employer_of(person).name in text(page)


def test_somebody_of_another_enterprise_sees_nothing_of_it():
    make.draft_filing(by=make.site_officer())
    assert set(stats(home(make.site_officer("郑海波"))).values()) == {0}


def test_a_site_officer_whose_enterprise_lost_the_authorisation_sees_no_filing():
    person = make.site_officer()
    make.draft_filing(by=person)
    enterprise = make.employer_of(person)
    by = make.administrator_of(enterprise)
    enterprise.grants.update(revoked_at=enterprise.registered_at, revoked_by=by)
    assert set(stats(home(person)).values()) == {0}


def test_an_enterprise_administrator_finds_its_people_and_what_the_account_is_for():
    enterprise = make.enterprise()
    make.member(enterprise)
    JoinRequest.objects.create(
        enterprise=enterprise, name="刘洋", phone="19912340000", phone_index=blind_index("19912340000", purpose="phone")
    )
    page = home(make.administrator_of(enterprise))
    assert menu(page) == ["首页", "工作台", "应用中心", "平台管理"]
    assert BARRED in text(page)
    assert stats(page) == {"加入申请": 1, "尚未登录": 0, "企业用户": 1, "待审核用户": 0}


def test_an_enterprise_administrator_sees_no_request_to_another_enterprise():
    other = make.enterprise()
    JoinRequest.objects.create(enterprise=other, name="刘洋", phone="19912340000", phone_index="x" * 64)
    make.member(other)
    page = home(make.administrator_of(make.enterprise()))
    assert set(stats(page).values()) == {0}


def test_an_officer_finds_the_reviews_of_the_own_station_and_role():
    make.submitted_filing()
    mine, other_role, other_place = make.officer("safety"), make.officer("quality"), make.officer("safety", area="WC")
    assert menu(home(mine)) == ["首页", "工作台", "审核", "应用中心"]
    assert stats(home(mine)) == {"我经办": 0, "待领取": 1, "已超期": 0, "已退回": 0}
    assert stats(home(other_role))["待领取"] == 1
    assert stats(home(other_place))["待领取"] == 0


def test_operator_and_auditor_find_no_business():
    operator, auditor = home(make.operator()), home(make.auditor())
    assert menu(operator) == ["首页", "运营管理", "字典维护"]
    assert menu(auditor) == ["首页", "审计记录"]
    for page in (operator, auditor):
        assert stats(page) == {} and "应用集成" not in text(page)


def test_an_officer_without_a_post_finds_no_review():
    make.submitted_filing()
    page = home(make.staff())
    assert menu(page) == ["首页", "工作台", "应用中心"] and set(stats(page).values()) == {0}


def test_a_project_manager_finds_the_people_who_wait():
    manager = make.site_officer("陈建桥")
    project = managed_project(manager, make.employer_of(manager))
    applied(make.person(), project, make.enterprise())
    page = home(manager)
    assert menu(page) == ["首页", "工作台", "应用中心", "项目管理"]
    assert stats(page)["待审核用户"] == 1


def test_a_manager_of_another_project_is_not_told():
    manager, other = make.site_officer("陈建桥"), make.site_officer("孙国安")
    managed_project(other, make.employer_of(other))
    applied(make.person(), managed_project(manager, make.employer_of(manager)), make.enterprise())
    assert stats(home(other))["待审核用户"] == 0


def test_whoever_stands_in_for_a_manager_finds_the_menu_too():
    manager, deputy, nobody = make.site_officer(), make.site_officer(), make.site_officer()
    project = managed_project(manager, make.employer_of(manager))
    permission = ProjectGrant._meta.get_field("permission").related_model.objects.get(codename="approve_project_users")
    ProjectGrant.objects.create(user=deputy, permission=permission, content_object=project)
    for person in (manager, deputy, nobody):
        assert ("项目管理" in menu(home(person))) is is_manager(person)
    assert "项目管理" in menu(home(deputy))


@pytest.mark.parametrize("status", ["submitted", "withdrawn"])
@pytest.mark.parametrize("address", ["/home/", "/workbench/", "/apps/", "/apps/filing/"])
def test_an_applicant_sees_only_how_the_application_stands(address, status):
    person = make.person()
    applied(person, make.project(), make.enterprise(), status=status)
    page = signed_in(person).get(address)
    assert page["Location"] == reverse("projects:applications")
    assert menu(signed_in(person).get("/messages/")) == ["申请进度"]


def test_an_approved_project_user_and_a_member_who_applies_see_everything():
    approver = make.person()
    approved, member = make.person(), make.site_officer()
    application = applied(approved, make.project(), make.enterprise())
    ProjectUser.objects.filter(pk=application.pk).update(
        status="approved", decided_by=approver, decided_at=application.applied_at
    )
    applied(member, make.project(), make.enterprise())
    for person in (approved, member):
        assert menu(home(person)) == ["首页", "工作台", "应用中心"]


def test_the_person_line_names_the_station_or_the_enterprise():
    officer, person = make.officer(), make.site_officer()
    assert str(officer.station_posts.get().station) in text(home(officer))
    assert make.employer_of(person).name in text(home(person))
    assert "企业管理员账号" in text(home(make.administrator_of(make.employer_of(person))))
    assert "平台运营" in text(home(make.operator()))


def test_the_bell_counts_what_is_neither_read_nor_handled():
    person = make.person()
    now = timezone.now()
    for fields in ({}, {}, {"read_at": now}, {"handled_at": now}):
        told(person, **fields)
    assert '>2<span class="vh">条未读' in home(person).content.decode()
    assert 'class="vh">条未读' not in home(make.person()).content.decode()
