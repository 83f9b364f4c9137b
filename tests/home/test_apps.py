"""应用中心 and its doors: seven systems, and who may enter which."""

import re

import pytest
from django.urls import reverse

from enterprises.models import BusinessSystem, MemberExclusion
from portal.home.systems import authorised_for
from projects.models import ProjectUser
from projects.permissions import may_enter
from tests import make
from tests.home.steps import applied, signed_in, text

pytestmark = pytest.mark.django_db
SYSTEMS = ["项目报监", "安全监督", "督查巡查", "危大工程", "项目评价", "人员评价", "信用监管"]
BARRED = "企业管理员账号仅用于管理企业用户，办理业务请使用个人账号"


def tiles(page) -> dict[str, tuple[str, str]]:
    """For each system the address of its icon and its note."""
    found = {}
    for tile in re.findall(r'<(?:a|div) class="system[ "].*?</(?:a|div)>', page.content.decode(), re.S):
        note = re.search(r'system__note">(.*?)<', tile)
        address = re.search(r'href="(.*?)"', tile)
        name = re.search(r'system__name">(.*?)<', tile)[1]
        found[name] = (address[1] if address else "", note[1] if note else "")
    return found


def test_the_seven_systems_stand_there_in_order_with_their_two_labels():
    browser = signed_in(make.site_officer())
    assert list(tiles(browser.get("/apps/"))) == SYSTEMS
    at_home = [name.replace("监督", "监管") if name == "安全监督" else name for name in SYSTEMS]
    assert list(tiles(browser.get("/home/"))) == at_home


def test_what_is_not_authorised_is_grey_and_says_whom_to_ask():
    person = make.site_officer()  # 项目报监 only; the agent is 张敏
    found = tiles(signed_in(person).get("/apps/"))
    assert found["项目报监"] == ("/apps/filing/", "")
    assert {found[name] for name in SYSTEMS[1:]} == {("", "未授权，请联系企业管理员 张*")}


def test_a_system_that_is_authorised_but_not_built_says_so():
    person = make.site_officer()
    make.granted(make.employer_of(person), "patrol")
    browser = signed_in(person)
    assert tiles(browser.get("/apps/"))["督查巡查"] == ("/apps/patrol/", "建设中")
    page = browser.get("/apps/patrol/")
    assert page.status_code == 200
    assert "建设中" in text(page) and "建成后可以办理" in text(page) and "双随机" in text(page)


def test_every_system_that_is_not_built_says_what_it_will_do():
    person = make.site_officer()
    for system in BusinessSystem.objects.filter(is_open=False):
        make.granted(make.employer_of(person), system.pk)
        assert "建成后可以办理" in text(signed_in(person).get(f"/apps/{system.pk}/"))


def test_the_door_leads_into_the_system():
    assert signed_in(make.site_officer()).get("/apps/filing/")["Location"] == reverse("filing:list", args=["joint"])


def test_the_door_stays_closed_without_authorisation_and_says_whom_to_ask():
    page = signed_in(make.member(make.enterprise()).user).get("/apps/filing/")
    assert page.status_code == 403 and "未授权，请联系企业管理员 张*" in text(page)
    page = signed_in(make.person()).get("/apps/filing/")
    assert page.status_code == 403 and "未授权，请联系企业管理员" in text(page)


@pytest.mark.parametrize("name", SYSTEMS)
def test_an_enterprise_administrator_is_turned_away_at_every_door_with_the_one_sentence(name):
    enterprise = make.granted(make.enterprise())
    browser = signed_in(make.administrator_of(enterprise))
    page = browser.get(tiles(browser.get("/apps/"))[name][0])
    assert page.status_code == 403 and BARRED in text(page)


def test_an_officer_finds_the_reviews_behind_the_door_and_other_staff_do_not():
    assert signed_in(make.officer()).get("/apps/filing/")["Location"] == reverse("review:list")
    page = signed_in(make.operator()).get("/apps/filing/")
    assert page.status_code == 403 and "仅限监督站审核人员" in text(page)


def test_there_is_no_door_to_what_does_not_exist():
    make.reference()
    assert signed_in(make.site_officer()).get("/apps/nonsense/").status_code == 404


def test_the_icons_and_the_doors_of_the_apps_agree():
    """One rule in two forms: for one system, and for all at once."""
    plain, excluded, left, invited, nobody = (make.site_officer() for _ in range(5))
    membership = excluded.memberships.get()
    MemberExclusion.objects.create(member=membership, system_id="filing", created_by=membership.created_by)
    left.memberships.update(status="left", ended_at=membership.created_at)
    invited.memberships.update(status="invited")
    nobody.memberships.all().delete()
    on_site, waiting, elsewhere = make.person(), make.person(), make.person()
    for person, enterprise in ((on_site, make.granted(make.enterprise())), (elsewhere, make.enterprise())):
        application = applied(person, make.project(), enterprise)
        ProjectUser.objects.filter(pk=application.pk).update(
            status="approved", decided_by=plain, decided_at=application.applied_at
        )
    applied(waiting, make.project(), make.granted(make.enterprise()))
    suspended = make.site_officer()
    suspended.memberships.get().enterprise.__class__.objects.filter(members__user=suspended).update(status="suspended")
    people = [plain, excluded, left, invited, nobody, on_site, waiting, elsewhere, suspended]
    assert [("filing" in authorised_for(person)) for person in people] == [
        may_enter(person, "filing") for person in people
    ]
    assert may_enter(plain, "filing") and may_enter(on_site, "filing")
