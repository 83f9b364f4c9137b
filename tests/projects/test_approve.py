"""项目管理: who decides about whom, once; what follows; what is seen of it."""

import json
import re

import pytest
from django.http import Http404
from django.urls import reverse
from guardian.shortcuts import assign_perm

from portal.audit import entries_about
from portal.documents.models import Document
from portal.errors import Refused
from projects.actions import approve_application, end_membership, reject_application
from projects.models import PartyType, ProjectUser
from projects.permissions import approvable_by, is_manager, known_to, manager_of, may_enter, memberships_granted
from tests import make
from tests.projects.acts import applied, filed, fresh, party, site, together, told

pytestmark = pytest.mark.django_db
WHY = {"reason": "papers"}  # each look has a reason
LIST = "/projects/approvals/"
QUERIES = 8


def html(answer):
    return answer.content.decode()


def may_decide(user, application):
    return approvable_by(user).filter(pk=application.pk).exists()


# The decision


def test_the_manager_approves_and_the_person_works_on_the_project():
    project, contractor, manager = site()
    application = applied(project, contractor)
    approve_application(application, by=manager)
    made = fresh(application)
    assert (made.status, made.decided_by, made.decided_at is not None) == ("approved", manager, True)
    assert list(known_to(made.user)) == [project]
    assert may_enter(made.user, "filing") and not may_enter(made.user, "patrol")
    assert list(memberships_granted(made.user, "filing")) == [made]
    assert told("project_user.approved") == ["赵敏"]
    assert told("project_user.joined") == [contractor.name]
    assert [entry.event for entry in entries_about(made)] == ["project_user.approved"]


def test_the_manager_rejects_with_a_reason_that_the_person_reads():
    project, contractor, manager = site()
    application = applied(project, contractor)
    reject_application(application, reason="承诺函未盖章。", by=manager)
    assert (fresh(application).status, fresh(application).reason) == ("rejected", "承诺函未盖章。")
    assert told("project_user.rejected") == ["赵敏"]
    assert not known_to(application.user).exists()


def test_a_stranger_and_the_manager_of_another_project_find_nothing(client):
    project, contractor, _manager = site()
    application = applied(project, contractor)
    other = site("别的工程")[2]
    for who in (other, make.person("路人"), make.officer(), make.administrator_of(make.enterprise())):
        with pytest.raises(Http404):
            approve_application(application, by=who)
        client.force_login(who)
        for name in ("approval", "approve", "reject", "end"):
            assert client.get(reverse(f"projects:{name}", args=[application.pk])).status_code == 404
    assert fresh(application).status == "submitted"


def test_nobody_approves_himself():
    project, contractor, manager = site()
    application = applied(project, contractor, manager)
    with pytest.raises(Http404):
        approve_application(application, by=manager)


def test_the_agent_behind_the_administrator_account_does_not_approve_himself():
    contractor = make.enterprise()
    project = filed(None, party(PartyType.CONTRACTOR, contractor))
    agent = make.person("张敏", phone=contractor.agent_phone, id_number=contractor.agent_id_number)
    assert not may_decide(make.administrator_of(contractor), applied(project, contractor, agent))
    assert may_decide(make.administrator_of(contractor), applied(project, contractor, make.person("别人")))


def test_the_second_decision_hears_of_the_first():
    project, contractor, manager = site()
    application = applied(project, contractor)
    approve_application(application, by=manager)
    with pytest.raises(Refused) as refusal:
        reject_application(application, reason="x", by=manager)
    made = fresh(application)
    assert refusal.value.reasons[0].startswith("该申请已由 陈** 于 ")
    assert refusal.value.reasons[0].endswith(" 处理")
    assert made.status == "approved"


def test_files_that_are_not_sound_hold_the_approval_up():
    project, contractor, manager = site()
    application = applied(project, contractor)
    Document.objects.filter(kind="id_photo").update(state="checking", checked_at=None)
    with pytest.raises(Refused, match="身份证照片"):
        approve_application(application, by=manager)
    with pytest.raises(Refused, match="身份证照片和办理承诺函"):
        approve_application(applied(project, contractor, make.person("钱二"), files=False), by=manager)
    assert fresh(application).status == "submitted"


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_one_moment_are_one():
    project, contractor, manager = site()
    application = applied(project, contractor)
    outcomes = together(
        lambda: approve_application(application, by=manager),
        lambda: reject_application(application, reason="不是本项目人员", by=manager),
    )
    assert outcomes == ["Refused", "done"]
    assert len(told("project_user.approved") + told("project_user.rejected")) == 1


# Who decides


def test_leads_of_owner_and_supervisor_let_in_people_of_their_own_unit():
    owner, contractor = make.enterprise(types=["owner"]), make.enterprise()
    lead = make.member(owner, make.person("周启明"), position="2001").user
    manager = make.member(contractor, make.person("陈建桥"), position="1009").user
    project = filed(None, party(PartyType.OWNER, owner, lead), party(PartyType.CONTRACTOR, contractor, manager))
    own, other = applied(project, owner), applied(project, contractor, make.person("钱二"))
    assert [may_decide(lead, own), may_decide(lead, other)] == [True, False]
    assert [may_decide(manager, own), may_decide(manager, other)] == [True, True]
    assert is_manager(lead) and is_manager(manager) and not is_manager(own.user)


def test_without_a_manager_the_administrator_of_the_contractor_decides():
    project, contractor, _nobody = site(manager="")
    owner = make.enterprise()
    application = applied(project, contractor)
    assert may_decide(make.administrator_of(contractor), application)
    assert not may_decide(make.administrator_of(owner), application)
    approve_application(application, by=make.administrator_of(contractor))
    assert fresh(application).decided_by == make.administrator_of(contractor)


def test_with_a_manager_the_administrator_waits_until_it_took_too_long():
    project, contractor, manager = site()
    application = applied(project, contractor)
    administrator = make.administrator_of(contractor)
    assert not may_decide(administrator, application)
    ProjectUser.objects.update(escalated_at=application.applied_at)
    assert may_decide(administrator, application) and may_decide(manager, application)


def test_a_manager_who_left_the_enterprise_manages_nothing():
    project, contractor, manager = site()
    application = applied(project, contractor)
    manager.memberships.update(status="left")
    assert not may_decide(manager, application) and not is_manager(manager) and manager_of(project) is None
    assert may_decide(make.administrator_of(contractor), application)


def test_posts_that_lead_are_confirmed_by_the_administrator_of_the_own_party():
    owner, contractor = make.enterprise(types=["owner"]), make.enterprise()
    manager = make.member(contractor, make.person("陈建桥"), position="1009").user
    project = filed(None, party(PartyType.OWNER, owner), party(PartyType.CONTRACTOR, contractor, manager))
    application = applied(project, owner, position="2001")
    assert not may_decide(manager, application)
    assert not may_decide(make.administrator_of(contractor), application)
    assert may_decide(make.administrator_of(owner), application)


def test_a_lead_of_an_enterprise_that_is_no_party_falls_to_the_contractor():
    project, contractor, _manager = site()
    strange = make.enterprise()
    application = applied(project, strange, position="1009", is_party=False)
    assert may_decide(make.administrator_of(contractor), application)
    assert not may_decide(make.administrator_of(strange), application)


def test_whom_the_filing_names_becomes_lead_when_the_administrator_approves():
    contractor, person = make.enterprise(), make.person("陈建桥")
    project = filed(None, party(PartyType.CONTRACTOR, contractor, person))
    assert manager_of(project) is None
    application = applied(project, contractor, person, position="1009")
    approve_application(application, by=make.administrator_of(contractor))
    assert manager_of(project) == person and is_manager(person)
    assert told("project.lead_appointed") == ["陈建桥"]
    end_membership(fresh(application), by=make.administrator_of(contractor))
    assert manager_of(project) is None


def test_whom_the_filing_does_not_name_works_there_but_leads_nothing():
    contractor, person = make.enterprise(), make.person("冒名者")
    project = filed(None, party(PartyType.CONTRACTOR, contractor))
    approve_application(applied(project, contractor, person, position="1009"), by=make.administrator_of(contractor))
    assert manager_of(project) is None and not is_manager(person)


def test_whom_a_manager_delegated_may_decide_on_that_project_only():
    project, contractor, _manager = site()
    deputy = make.person("副手")
    assign_perm("projects.approve_project_users", deputy, project)
    other_project, other_contractor, _other = site("别的工程")
    assert may_decide(deputy, applied(project, contractor))
    assert not may_decide(deputy, applied(other_project, other_contractor, make.person("钱二")))


def test_a_person_whom_the_enterprise_let_go_works_there_no_more():
    project, contractor, manager = site()
    person = make.member(contractor, make.person("赵敏")).user
    application = applied(project, contractor, person)
    approve_application(application, by=manager)
    assert known_to(person).exists() and may_enter(person, "filing")
    person.memberships.update(status="disabled")
    assert not known_to(person).exists() and not may_enter(person, "filing")


def test_removing_somebody_ends_it_at_once_and_they_may_ask_again():
    project, contractor, manager = site()
    application = applied(project, contractor)
    approve_application(application, by=manager)
    end_membership(fresh(application), by=manager)
    assert not known_to(application.user).exists()
    assert told("project_user.ended") == ["赵敏"]
    applied(project, contractor, application.user)


def test_a_stranger_removes_nobody():
    project, contractor, manager = site()
    application = applied(project, contractor)
    approve_application(application, by=manager)
    with pytest.raises(Http404):
        end_membership(fresh(application), by=make.person("路人"))


# The pages


def test_the_list_has_the_guides_tabs_search_and_columns(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    client.force_login(manager)
    page = html(client.get(LIST))
    for words in ("待审核", "已通过", "已驳回", "姓名、手机号、项目名称", "共 1 条", "赵敏", "二七云栖府"):
        assert words in page
    heads = [head for head in ("姓名", "手机号", "身份证号", "职务", "项目名称", "状态", "注册时间", "操作")]
    places = [page.index(f'<th scope="col">{head}</th>') for head in heads]
    assert places == sorted(places)
    assert application.user.phone not in page and application.user.id_number not in page
    assert f"{application.user.id_number[:3]}***********{application.user.id_number[-4:]}" in page


def test_the_tabs_show_what_was_decided(client):
    project, contractor, manager = site()
    names = ["甲等待", "乙通过", "丙驳回"]
    first, second, third = (applied(project, contractor, make.person(name)) for name in names)
    approve_application(second, by=manager)
    reject_application(third, reason="x", by=manager)
    client.force_login(manager)
    seen = {state: html(client.get(LIST, {"state": state})) for state in ("pending", "approved", "rejected")}
    found = {state: [name for name in names if name in page] for state, page in seen.items()}
    assert found == {"pending": ["甲等待"], "approved": ["乙通过"], "rejected": ["丙驳回"]}


def search(client, state, keyword):
    return client.post(LIST, {"state": state, "keyword": keyword}, follow=True)


def test_what_is_searched_for_stands_in_no_address(client):
    """security 14.2.1: no phone, name or number in a URL; the address carries a mark of this session."""
    project, contractor, manager = site()
    found, other = applied(project, contractor, make.person("被搜索人")), applied(project, contractor)
    client.force_login(manager)
    answer = client.post(LIST, {"state": "pending", "keyword": found.user.phone})
    assert answer.status_code == 302
    assert found.user.phone not in answer["Location"] and "state=pending" in answer["Location"]
    page = client.get(answer["Location"])
    assert "被搜索人" in html(page) and str(other.pk) not in html(page)
    links = re.findall(r'(?:href|action)="([^"]*)"', html(page))
    assert [link for link in links if found.user.phone in link] == []


def test_the_tabs_keep_the_search_and_a_mark_of_another_session_finds_nothing_out(client):
    project, contractor, manager = site()
    applied(project, contractor, make.person("被搜索人"))
    client.force_login(manager)
    page = html(search(client, "pending", "没有此人"))
    assert "没有符合条件的申请" in page
    tab = re.search(r'href="(\?state=approved[^"]*)"', page).group(1).replace("&amp;", "&")
    assert "没有符合条件的申请" in html(client.get(LIST + tab))
    assert "被搜索人" in html(client.get(LIST, {"q": "xxxxxxxx"}))


@pytest.mark.parametrize("state", ["pending", "approved", "rejected"])
def test_no_search_shows_somebody_of_another_project(client, state):
    project, contractor, manager = site()
    other_project, other_contractor, other_manager = site("别的标记工程")
    stranger = applied(other_project, other_contractor, make.person("标记某人"))
    if state != "pending":
        decide = {"approved": approve_application, "rejected": reject_application}[state]
        decide(stranger, by=other_manager, **({"reason": "x"} if state == "rejected" else {}))
    phone = stranger.user.phone
    client.force_login(manager)
    for keyword in ("", "标记", "标记某人", "标记工程", phone, phone[-4:], "%", "别的"):
        page = html(search(client, state, keyword))
        assert ">标记某人<" not in page and str(stranger.pk) not in page
    client.force_login(other_manager)
    for keyword in ("", "标记某人", "标记工程", phone, phone[-4:]):
        assert ">标记某人<" in html(search(client, state, keyword))


def test_people_without_a_project_to_lead_find_no_such_page(client):
    for who in (make.person("路人"), make.officer(), make.operator()):
        client.force_login(who)
        assert client.get(LIST).status_code == 404


def test_the_administrator_finds_it_under_the_administration(client):
    project, contractor, _nobody = site(manager="")
    applied(project, contractor)
    client.force_login(make.administrator_of(contractor))
    page = html(client.get(LIST))
    assert "<h1>项目用户审核</h1>" in page and "赵敏" in page and "平台管理" in page


def test_approving_asks_first_and_needs_the_tick(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    client.force_login(manager)
    url = reverse("projects:approve", args=[application.pk])
    assert "本人已核对" in html(client.get(url))
    assert client.post(url, {}).status_code == 200
    assert fresh(application).status == "submitted"
    assert client.post(url, {"checked": "on"}).url == LIST
    assert fresh(application).status == "approved"


def test_rejecting_needs_a_reason_and_the_tick(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    client.force_login(manager)
    url = reverse("projects:reject", args=[application.pk])
    for given in ({"reason": "不符"}, {"checked": "on"}):
        assert client.post(url, given).status_code == 200
    assert fresh(application).status == "submitted"
    assert client.post(url, {"checked": "on", "reason": "照片不清晰"}).url == LIST
    assert fresh(application).reason == "照片不清晰"


def test_the_second_decision_is_explained_on_a_page(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    approve_application(application, by=manager)
    client.force_login(manager)
    answer = client.post(reverse("projects:approve", args=[application.pk]), {"checked": "on"})
    assert answer.status_code == 409 and "该申请已由 陈** 于" in html(answer)


def test_several_are_approved_at_once_and_whoever_cannot_is_named(client):
    project, contractor, manager = site()
    people = [applied(project, contractor, make.person(name)) for name in ("甲一", "乙二")]
    unsound = applied(project, contractor, make.person("丙三"), files=False)
    stranger = applied(*site("别的工程")[:2], make.person("丁四"))
    client.force_login(manager)
    rows = [str(one.pk) for one in (*people, unsound, stranger)]
    url = reverse("projects:approve-several")
    page = html(client.get(url, {"row": rows}))
    assert "甲一" in page and "丙三" in page and "丁四" not in page
    page = html(client.post(url, {"row": rows, "checked": "on"}, follow=True))
    assert "已通过 2 人，未通过 1 人" in page and "丙三" in page
    assert [fresh(one).status for one in (*people, unsound, stranger)] == ["approved"] * 2 + ["submitted"] * 2


def test_full_numbers_are_shown_on_a_click_and_each_time_is_written_down(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    client.force_login(manager)
    page = html(client.get(reverse("projects:approval", args=[application.pk])))
    assert application.user.phone not in page and application.user.id_number not in page
    url = reverse("projects:reveal", args=[application.pk, "id-number"])
    assert client.get(url).status_code == 405
    answer = client.post(url, WHY, headers={"Accept": "application/json"})
    assert json.loads(answer.content)["value"] == application.user.id_number
    assert application.user.phone in html(client.post(reverse("projects:reveal", args=[application.pk, "phone"]), WHY))
    entries = [entry for entry in entries_about(application) if entry.event == "identity.revealed"]
    assert [(entry.actor, entry.details) for entry in entries] == [
        (manager, {"field": "id-number", "reason": "与申请材料核对", "purpose": "审核项目用户"}),
        (manager, {"field": "phone", "reason": "与申请材料核对", "purpose": "审核项目用户"}),
    ]
    assert client.post(reverse("projects:reveal", args=[application.pk, "password"])).status_code == 404
    client.force_login(make.person("路人"))
    assert client.post(url).status_code == 404


def test_the_viewer_warns_of_an_enterprise_that_is_no_party(client):
    project, contractor, manager = site()
    client.force_login(manager)
    words = "申请人所属企业不是该项目的责任主体或分包单位"
    fine, strange = (
        applied(project, contractor),
        applied(project, make.enterprise(), make.person("钱二"), is_party=False),
    )
    assert words not in html(client.get(reverse("projects:approval", args=[fine.pk])))
    assert words in html(client.get(reverse("projects:approval", args=[strange.pk])))


def test_the_viewer_shows_photo_and_letter(client):
    project, contractor, manager = site()
    application = applied(project, contractor, files=False)
    photo = make.ready_document("id_photo", application, make.jpeg(size=(800, 500)))
    client.force_login(manager)
    page = html(client.get(reverse("projects:approval", args=[application.pk])))
    assert reverse("documents:preview", args=[photo.pk]) in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_questions(client, rows, django_assert_num_queries):
    project, contractor, manager = site()
    for n in range(rows):
        applied(project, contractor, make.person(f"某{n}"))
    client.force_login(manager)
    client.get(LIST)
    with django_assert_num_queries(QUERIES):
        client.get(LIST)
