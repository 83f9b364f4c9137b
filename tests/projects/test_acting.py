"""代理项目经理 (domain §5.7 20), and projects that are closed (43)."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import move_member
from enterprises.models import Member
from portal.errors import Refused
from projects.actions import appoint_acting, close_project, end_acting, end_acting_posts, reopen_project, replace_lead
from projects.models import ActingLead, ProjectParty
from projects.permissions import approvable_by, is_manager, led_by, manager_of, projects_open_to
from tests import make
from tests.projects.acts import applied, fresh, site, together, told

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def place():
    project, contractor, manager = site()
    deputy = make.member(contractor, make.person("王铁山")).user
    party = ProjectParty.objects.get(project=project, party_type="contractor")
    return project, contractor, manager, deputy, party, make.administrator_of(contractor)


def appointed(place, *, days=10, **more):
    _project, _unit, _manager, deputy, party, by = place
    span = {"since": TODAY(), "until": TODAY() + timedelta(days=days - 1)}
    return appoint_acting(party, **{"user": deputy, "reason": "突发疾病。", "by": by} | span | more)


def test_pm_suddenly_unable_somebody_acts_for_thirty_days_at_most(place):
    """20: acting PM ≤ 30 days by the enterprise administrator."""
    project, contractor, manager, deputy, _party, _by = place
    waiting = applied(project, contractor)
    appointed(place, days=30)
    assert (manager_of(project), is_manager(deputy), is_manager(manager)) == (deputy, True, False)
    assert approvable_by(deputy).filter(pk=waiting.pk).exists()
    assert not approvable_by(manager).filter(pk=waiting.pk).exists()
    assert told("project.acting_appointed") == ["王铁山"]
    assert told("project_user.handed_over") == ["王铁山"]


def test_thirty_one_days_are_refused_and_so_are_thirty_in_parts(place):
    with pytest.raises(Refused, match="最长 30 天"):
        appointed(place, days=31)
    first = appointed(place, days=20)
    ActingLead.objects.filter(pk=first.pk).update(
        since=TODAY() - timedelta(days=30), until=TODAY() - timedelta(days=11), ended_at=None
    )
    with pytest.raises(Refused, match="还可代理 10 天"):
        appointed(place, days=11)
    appointed(place, days=10)


def test_it_ends_by_itself_with_the_day_and_is_told_once(place):
    project, _unit, manager, deputy, _party, by = place
    acting = appointed(place, days=5)
    ActingLead.objects.filter(pk=acting.pk).update(since=TODAY() - timedelta(days=5), until=TODAY() - timedelta(days=1))
    assert (manager_of(project), led_by(deputy).exists()) == (manager, False)  # no job has run yet
    assert (end_acting_posts(), end_acting_posts()) == (1, 0)
    assert told("project.acting_ended") == sorted([deputy.name, manager.name, by.name])


def test_the_administrator_may_end_it_early(place):
    project, _unit, manager, _deputy, _party, by = place
    acting = appointed(place)
    end_acting(acting, by=by)
    assert manager_of(project) == manager
    with pytest.raises(Refused):
        end_acting(acting, by=by)


def test_a_change_for_good_ends_it(place):
    project, contractor, _manager, deputy, party, by = place
    appointed(place)
    lead = {"lead_name": deputy.name, "lead_id_number": deputy.id_number, "lead_id_index": deputy.id_index}
    replace_lead(project, party_type="contractor", uscc=party.uscc, lead=lead, by=by)
    assert not ActingLead.objects.in_force().exists()
    assert manager_of(project) == deputy


@pytest.mark.parametrize("who", ["stranger", "manager", "owner"])
def test_nobody_but_the_units_administrator_appoints(place, who):
    _project, _unit, manager, _deputy, _party, _by = place
    others = {"stranger": make.administrator_of(make.enterprise()), "manager": manager, "owner": make.site_officer()}
    with pytest.raises(Http404):
        appointed(place, by=others[who])


def test_only_a_colleague_other_than_the_manager_acts(place):
    with pytest.raises(Refused, match="在职"):
        appointed(place, user=make.person())
    with pytest.raises(Refused, match="现任项目经理"):
        appointed(place, user=place[2])


@pytest.mark.django_db(transaction=True)
def test_two_appointments_at_the_same_moment_leave_one():
    project, contractor, manager = site()
    people = [make.member(contractor, make.person(name)).user for name in ("王铁山", "刘志勇")]
    party = ProjectParty.objects.get(project=project, party_type="contractor")
    place = (project, contractor, manager, people[0], party, make.administrator_of(contractor))
    acts = [lambda person=person: appointed(place, user=person) for person in people]
    assert together(*acts) == ["Refused", "done"]
    assert ActingLead.objects.filter(ended_at=None).count() == 1


def test_the_pages_of_the_administrator(client, place):
    project, _unit, manager, deputy, party, by = place
    client.force_login(by)
    assert str(project) in client.get(reverse("projects:acting-list")).content.decode()
    url = reverse("projects:acting", args=[party.pk])
    assert "还可代理 30 天" in client.get(url).content.decode()
    until = TODAY() + timedelta(days=3)
    values = {"user": str(deputy.pk), "since": TODAY().isoformat(), "until": "", "reason": "突发疾病。"}
    assert "请选择代理截止日期" in client.post(url, values).content.decode()
    assert client.post(url, values | {"until": until.isoformat()}).status_code == 302
    page = client.get(url).content.decode()
    assert "到期自动结束" in page and f"{until:%Y-%m-%d}" in page
    assert "王**" in client.get(reverse("projects:acting-list")).content.decode()
    client.force_login(deputy)
    assert "代理至" in client.get(reverse("projects:detail", args=[project.pk])).content.decode()
    assert "项目管理" in client.get(reverse("home")).content.decode()
    client.force_login(by)
    end = reverse("projects:acting-end", args=[party.pk])
    assert client.get(end).status_code == 200
    assert client.post(end).status_code == 302
    assert manager_of(project) == manager
    for who in (manager, make.administrator_of(make.enterprise()), make.operator()):
        client.force_login(who)
        assert client.get(url).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_often_for_three_projects_as_for_one(client, django_assert_num_queries, count):
    contractor = make.granted(make.enterprise())
    for number in range(count):
        head = make.member(contractor, make.person(f"经理{number}"), position="1009").user
        _project, _other, _manager = site(head=head)
        ProjectParty.objects.filter(project=_project).update(enterprise=contractor, uscc=contractor.uscc)
    client.force_login(make.administrator_of(contractor))
    client.get(reverse("projects:acting-list"))
    with django_assert_num_queries(6):
        assert client.get(reverse("projects:acting-list")).status_code == 200


def test_project_closed_with_pending_applications_they_expire_with_the_reason(client):
    """43: expired with reason."""
    project, contractor, _manager = site()
    waiting = applied(project, contractor)
    assert close_project(project, reason="工程已竣工。", by=make.operator()) == 1
    application = fresh(waiting)
    assert (application.status, application.reason) == ("expired", "项目已关闭：工程已竣工。")
    assert told("project_user.expired") == ["赵敏"]
    client.force_login(application.user)
    page = client.get(reverse("projects:application", args=[application.pk])).content.decode()
    assert "项目已关闭：工程已竣工。" in page
    assert not projects_open_to(contractor).exists()


def test_a_closed_project_is_closed_once_by_operators_and_may_come_back():
    project, contractor, manager = site()
    operator = make.operator()
    for who in (manager, make.officer(chief=True)):
        with pytest.raises(Http404):
            close_project(project, reason="x", by=who)
    close_project(project, reason="x", by=operator)
    with pytest.raises(Refused):
        close_project(project, reason="x", by=operator)
    reopen_project(project, by=operator)
    assert projects_open_to(contractor).get() == project
    with pytest.raises(Refused):
        reopen_project(project, by=operator)


def test_who_leaves_hands_the_projects_they_manage_and_what_waits_there_to_a_colleague(place, client):
    """22: the page of 离职 names them; the colleague stands in until the manager is changed."""
    project, unit, manager, deputy, _party, by = place
    Member.objects.filter(user=deputy).update(created_account=False)
    applied(project, unit)
    member, heir = unit.members.get(user=manager), unit.members.get(user=deputy)
    client.force_login(by)
    page = reverse("enterprises:member-state", args=[unit.pk, member.pk, "leave"])
    shown = client.get(page).content.decode()
    assert "担任项目经理的项目（1 件）" in shown and "（1 项项目用户申请待审核）" in shown
    assert client.post(page, {"projects": heir.pk}).status_code == 302
    assert (fresh(member).status, manager_of(project)) == ("left", deputy)
    assert told("project_user.handed_over") == ["王铁山"]
    assert not told("project.manager_left")


def test_who_stands_in_and_leaves_hands_on_what_is_left_of_the_thirty_days(place):
    _project, unit, _manager, deputy, party, by = place
    appointed(place, days=30)
    heir = make.member(unit, make.person("殷梨亭"))
    move_member(unit.members.get(user=deputy), "leave", by=by, successors={"projects": heir})
    now = party.acting.in_force().get()
    assert (now.user, now.days) == (heir.user, 29)
