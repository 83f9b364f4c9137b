"""平台管理: who gets in, what stands there, and that it costs the same for few and many."""

import pytest
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import grant_systems, revoke_system
from enterprises.models import BusinessSystem, Enterprise
from portal.audit.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db

TABS = ["detail", "systems", "members", "log"]


def address(name, enterprise, *more):
    return reverse(f"enterprises:{name}", args=[enterprise.pk, *more])


def test_the_list_shows_the_own_enterprise_and_leads_to_it(desk, enterprise):
    other = make.enterprise("武汉天兴洲建筑工程有限公司")

    page = desk.get(reverse("enterprises:list")).content.decode()

    assert "企业用户管理" in page and address("detail", enterprise) in page
    assert other.name not in page and "共 1 条" in page


def test_the_tabs_stand_in_the_order_of_the_guide(desk, enterprise):
    for tab in TABS:
        page = desk.get(address(tab, enterprise)).content.decode().partition('<nav class="tabs"')[2]
        places = [page.index(label) for label in ("企业信息", "系统授权", "用户管理", "操作日志")]
        assert places == sorted(places)


@pytest.mark.parametrize("tab", [*TABS, "system-add", "member-add"])
def test_an_enterprise_is_found_by_its_own_administrator_only(client, enterprise, tab):
    url = address(tab, enterprise)
    strangers = [make.administrator_of(make.enterprise()), make.member(enterprise).user, make.operator()]

    for stranger in strangers:
        client.force_login(stranger)
        assert (client.get(url).status_code, client.post(url).status_code) == (404, 404)
    client.logout()
    assert client.get(url).status_code == 302
    client.force_login(make.administrator_of(enterprise))
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("who", [make.person, make.operator, make.auditor])
def test_the_list_is_for_administrators_only(client, who):
    client.force_login(who())
    assert client.get(reverse("enterprises:list")).status_code == 404


def test_the_agent_stands_there_masked(desk, enterprise):
    page = desk.get(address("detail", enterprise)).content.decode()

    assert enterprise.agent_phone not in page and enterprise.agent_id_number not in page
    assert f"{enterprise.agent_phone[:3]}****{enterprise.agent_phone[-4:]}" in page


# 系统授权


def systems(*codes):
    return BusinessSystem.objects.filter(pk__in=codes)


def held(enterprise) -> set:
    return set(enterprise.grants.filter(revoked_at=None).values_list("system_id", flat=True))


def test_the_seven_systems_are_offered_by_their_names(desk, enterprise):
    page = desk.get(address("system-add", enterprise)).content.decode()
    for name in ("项目报监", "安全监督", "督查巡查", "危大工程", "项目评价", "人员评价", "信用监管"):
        assert name in page
    assert page.count('type="checkbox" name="systems"') == 7


def test_ticked_systems_are_authorised_and_noted(desk, enterprise, administrator):
    response = desk.post(address("system-add", enterprise), {"systems": ["filing", "credit"]}, follow=True)

    assert held(enterprise) == {"filing", "credit"}
    assert "已授权：项目报监、信用监管。" in response.content.decode()
    entries = AuditEntry.objects.filter(event="system.granted", enterprise_id=enterprise.pk)
    assert [(entry.actor, entry.subject_label) for entry in entries.order_by("id")] == [
        (administrator, "项目报监"),
        (administrator, "信用监管"),
    ]


def test_nothing_ticked_is_refused(desk, enterprise):
    page = desk.post(address("system-add", enterprise), {}).content.decode()
    assert "请至少勾选一个系统" in page and not held(enterprise)


def test_authorising_twice_changes_nothing(enterprise, administrator):
    grant_systems(enterprise, systems("filing"), by=administrator)
    assert grant_systems(enterprise, systems("filing"), by=administrator) == []
    assert enterprise.grants.count() == 1


def test_withdrawing_says_first_what_it_stops_and_keeps_the_history(desk, enterprise, administrator):
    make.granted(enterprise)
    make.member(enterprise)
    grant = enterprise.grants.get()
    url = address("system-revoke", enterprise, grant.pk)

    assert "1 名在职用户将不能使用" in desk.get(url).content.decode()
    page = desk.post(url, follow=True).content.decode()

    grant.refresh_from_db()
    assert (grant.revoked_by, held(enterprise)) == (administrator, set())
    assert "授权历史" in page and "已取消“项目报监”的授权。" in page
    assert AuditEntry.objects.get(event="system.revoked").enterprise_id == enterprise.pk


def test_what_other_apps_know_of_the_consequences_is_said(desk, enterprise, monkeypatch):
    make.granted(enterprise)

    def open_filings(enterprise, *, system, user):
        return [f"有 2 件在办{system}"]

    monkeypatch.setattr("enterprises.permissions._consequences", [open_filings])
    page = desk.get(address("system-revoke", enterprise, enterprise.grants.get().pk)).content.decode()
    assert "有 2 件在办项目报监" in page


def test_a_grant_is_withdrawn_once(desk, enterprise, administrator):
    make.granted(enterprise)
    grant = enterprise.grants.get()
    revoke_system(grant, by=administrator)

    response = desk.post(address("system-revoke", enterprise, grant.pk))

    assert response.status_code == 409 and "已经取消" in response.content.decode()


def test_a_grant_of_another_enterprise_does_not_exist_here(desk, enterprise):
    theirs = make.granted(make.enterprise()).grants.get()
    assert desk.post(address("system-revoke", enterprise, theirs.pk)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_a_withdrawn_system_can_be_authorised_again(enterprise, administrator):
    make.granted(enterprise)
    revoke_system(enterprise.grants.get(), by=administrator)
    grant_systems(enterprise, systems("filing"), by=administrator)
    assert (held(enterprise), enterprise.grants.count()) == ({"filing"}, 2)


# 操作日志


def test_the_log_says_who_did_what_to_whom_when_and_from_where(desk, enterprise):
    desk.post(address("system-add", enterprise), {"systems": ["filing"]})

    page = desk.get(address("log", enterprise)).content.decode()

    for text in ("授权业务系统", "项目报监", "127.0.0.1", f"{timezone.localtime():%Y-%m-%d}"):
        assert text in page


def test_the_log_of_another_enterprise_is_not_shown(desk, enterprise):
    other = make.enterprise()
    grant_systems(other, systems("credit"), by=make.administrator_of(other))
    assert "授权业务系统" not in desk.get(address("log", enterprise)).content.decode()


# Cost


def grants(enterprise, count):
    codes = ["filing", "credit", "patrol"][:count]
    grant_systems(enterprise, systems(*codes), by=make.administrator_of(enterprise))


def people(enterprise, count):
    for _ in range(count):
        make.member(enterprise)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("tab", "fill", "queries"),
    [("systems", grants, 5), ("members", people, 8), ("log", grants, 6)],
)
def test_a_list_asks_the_database_equally_often(desk, enterprise, django_assert_num_queries, tab, fill, queries, count):
    fill(enterprise, count)
    with django_assert_num_queries(queries):
        page = desk.get(address(tab, enterprise)).content.decode()
    assert page.count("<tr>") == count + 1


def test_the_list_of_enterprises_costs_the_same_with_many_people(desk, enterprise, django_assert_num_queries):
    people(enterprise, 3)
    with django_assert_num_queries(5):
        page = desk.get(reverse("enterprises:list")).content.decode()
    assert page.count("<tr>") == 2 and Enterprise.objects.count() == 1
