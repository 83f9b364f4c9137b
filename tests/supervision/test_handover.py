"""Somebody leaves or is disabled, or 项目报监 is withdrawn: what becomes of drafts and of filings under way."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import move_member, revoke_system
from enterprises.models import MemberExclusion
from enterprises.permissions import consequences
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from supervision.models import Filing
from tests import make
from tests.supervision import acts

pytestmark = pytest.mark.django_db


def worker(enterprise, name):
    return make.member(enterprise, make.person(name, last_login=timezone.now()))


@pytest.fixture
def unit(db):
    return make.granted(make.enterprise())


@pytest.fixture
def administrator(unit):
    return make.administrator_of(unit)


@pytest.fixture
def leaver(unit):
    return worker(unit, "张三丰")


@pytest.fixture
def heir(unit):
    return worker(unit, "宋远桥")


@pytest.fixture
def draft(leaver):
    return make.draft_filing(by=leaver.user, works_name="二七云栖府")


def url(member, move="leave"):
    return reverse("enterprises:member-state", args=[member.enterprise_id, member.pk, move])


def signed_in(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("move", ["leave", "disable"])
def test_the_page_names_the_drafts_and_the_new_owner_gets_them_in_the_same_step(
    administrator, leaver, heir, draft, move
):
    """Edge case 20: who leaves, what they began goes on; of other people nothing moves."""
    theirs = make.draft_filing(by=heir.user)
    desk, old = signed_in(administrator), signed_in(leaver.user)
    page = desk.get(url(leaver, move)).content.decode()
    assert "尚未提交或等待补正的报监（1 件）" in page and "二七云栖府（草稿）" in page and "宋远桥（资料员" in page
    assert heir.user.phone not in page

    assert desk.post(url(leaver, move), {"filings": heir.pk}).status_code == 302

    draft.refresh_from_db()
    assert draft.created_by == heir.user and draft.status == "draft"
    assert Filing.objects.get(pk=theirs.pk).created_by == heir.user
    assert Message.objects.get(event="filing.handed_over").user == heir.user
    entry = AuditEntry.objects.get(event="filing.handed_over")
    assert (entry.details["of"], entry.details["to"]) == (
        "张**",
        "宋**",
    ) and entry.enterprise_id == leaver.enterprise_id
    assert signed_in(heir.user).get(draft.get_absolute_url()).status_code == 200
    assert old.get(draft.get_absolute_url()).status_code == 302  # signed out with the next request
    assert signed_in(leaver.user).get(draft.get_absolute_url()).status_code == 404


def test_without_a_new_owner_the_draft_stays_and_colleagues_go_on(administrator, leaver, heir, draft):
    assert signed_in(administrator).post(url(leaver), {"filings": ""}).status_code == 302
    draft.refresh_from_db()
    assert draft.created_by == leaver.user and not Message.objects.filter(event="filing.handed_over").exists()
    assert signed_in(heir.user).get(draft.get_absolute_url()).status_code == 200


def test_who_has_nothing_open_is_asked_for_no_new_owner(administrator, leaver, heir):
    page = signed_in(administrator).get(url(leaver)).content.decode()
    assert "报监转交给" not in page and "尚未提交" not in page


def test_only_colleagues_at_work_are_offered(administrator, leaver, heir, draft):
    outsider, gone = worker(make.granted(make.enterprise()), "外人甲"), worker(leaver.enterprise, "走了的人")
    unused = make.member(leaver.enterprise, make.person("没来过"), created_account=True)
    move_member(gone, "disable", by=administrator)
    desk = signed_in(administrator)
    page = desk.get(url(leaver)).content.decode()
    for other in (outsider, gone, unused, leaver):
        assert str(other.pk) not in page.partition("<select")[2].partition("</select>")[0]
        response = desk.post(url(leaver), {"filings": other.pk})
        assert response.status_code == 200 and "已不是本企业的在职用户" in response.content.decode()
    leaver.refresh_from_db()
    assert leaver.status == "active"


def test_a_colleague_without_the_system_takes_nothing_and_nobody_leaves(administrator, leaver, heir, draft):
    """One cascade: when one part is refused nothing of it has happened."""
    MemberExclusion.objects.create(member=heir, system_id="filing", created_by=administrator)
    with pytest.raises(Refused, match="没有项目报监的权限"):
        move_member(leaver, "leave", by=administrator, successors={"filings": heir})
    leaver.refresh_from_db(), draft.refresh_from_db()
    assert (leaver.status, draft.created_by) == ("active", leaver.user)


def test_what_was_handed_in_keeps_its_submitter(administrator, heir):
    filing = make.submitted_filing()
    person = filing.submitted_by
    member = person.memberships.get()
    colleague = worker(member.enterprise, "接手人")
    move_member(member, "leave", by=make.administrator_of(member.enterprise), successors={"filings": colleague})
    filing.refresh_from_db()
    assert (filing.submitted_by, filing.created_by) == (person, person)


def test_a_returned_filing_goes_over_and_keeps_who_handed_it_in():
    filing = make.submitted_filing()
    make.returned(filing.reviews.first())
    filing.refresh_from_db()
    member = filing.created_by.memberships.get()
    colleague = worker(member.enterprise, "接手人")
    move_member(member, "disable", by=make.administrator_of(member.enterprise), successors={"filings": colleague})
    filing.refresh_from_db()
    assert filing.status == "returned"
    assert (filing.created_by, filing.submitted_by) == (colleague.user, member.user)


@pytest.mark.django_db(transaction=True)
def test_two_who_leave_at_once_do_not_hand_to_somebody_who_is_gone():
    """Each names the other as the new owner: at most one of them leaves with a hand-over."""
    make.reference()
    unit = make.granted(make.enterprise())
    administrator = make.administrator_of(unit)
    first, second = worker(unit, "甲某某"), worker(unit, "乙某某")
    drafts = [make.draft_filing(by=one.user) for one in (first, second)]

    acts.together(
        lambda: move_member(first, "leave", by=administrator, successors={"filings": second}),
        lambda: move_member(second, "leave", by=administrator, successors={"filings": first}),
    )

    left = [one for one in (first, second) if type(one).objects.get(pk=one.pk).status == "left"]
    assert len(left) == 1
    stays = second if left == [first] else first
    assert {Filing.objects.get(pk=draft.pk).created_by for draft in drafts} == {stays.user}


# 取消授权


def test_withdrawing_the_system_says_how_many_drafts_and_filings_under_way_stop(administrator, leaver, draft):
    make.submitted_filing(by=leaver.user)
    make.filed_filing(by=leaver.user)
    make.draft_filing()  # of another enterprise
    grant = leaver.enterprise.grants.get()
    page = signed_in(administrator).get(reverse("enterprises:system-revoke", args=[leaver.enterprise_id, grant.pk]))
    said = page.content.decode()
    assert "1 件报监草稿不能继续填写和提交，内容保留" in said
    assert "1 件在办报监仍由监督站审核，但本企业不能查看、补正和撤回" in said


def test_withdrawal_works_with_the_next_request(administrator, leaver, draft):
    browser = signed_in(leaver.user)
    assert browser.get(draft.get_absolute_url()).status_code == 200
    revoke_system(leaver.enterprise.grants.get(), by=administrator)
    assert browser.get(draft.get_absolute_url()).status_code == 404


def test_another_system_or_nothing_open_says_nothing(leaver, draft):
    other = make.granted(leaver.enterprise, "safety_supervision").grants.exclude(system="filing").get().system
    assert consequences(leaver.enterprise, system=other) == []
    empty = make.granted(make.enterprise())
    assert consequences(empty, system=empty.grants.get().system) == []


def test_withdrawing_the_system_from_one_person_names_what_they_began_and_asks_first(
    administrator, leaver, heir, draft
):
    desk = signed_in(administrator)
    address = reverse("enterprises:member-systems", args=[leaver.enterprise_id, leaver.pk])
    asked = desk.post(address, {"systems": []}).content.decode()
    assert "收回 张三丰 的业务系统" in asked and "其创建的 1 件报监尚未提交或等待补正" in asked
    assert signed_in(leaver.user).get(draft.get_absolute_url()).status_code == 200
    assert desk.post(address, {"systems": [], "confirmed": "1"}).status_code == 302
    assert signed_in(leaver.user).get(draft.get_absolute_url()).status_code == 404
    assert signed_in(heir.user).get(draft.get_absolute_url()).status_code == 200
    assert desk.post(address, {"systems": ["filing"]}).status_code == 302  # giving it back asks nothing
