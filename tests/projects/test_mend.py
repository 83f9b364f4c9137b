"""After 驳回: what was marked is mended, nothing else; reminders by the applicant; delegation; the code after many."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import VerificationCode
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Delivery
from projects.actions import (
    approve_application,
    delegate_approvals,
    end_delegation,
    end_past_delegations,
    nudge_approvers,
    reject_application,
    resubmit_application,
)
from projects.models import ProjectGrant, ProjectUser
from projects.permissions import approvers_of, is_manager, may_approve
from tests import make
from tests.projects.acts import applied, code_sent_to, fresh, site, together, told, upload

pytestmark = pytest.mark.django_db


def html(response):
    return response.content.decode()


def sent_back(*marked, user=None):
    """An application that was sent back with these parts marked: (application, manager)."""
    project, contractor, manager = site()
    application = applied(project, contractor, user)
    reject_application(application, reason="请修改。", marked=marked, by=manager)
    return fresh(application), manager


def page_of(application):
    return reverse("projects:application", args=[application.pk])


# 修改后重新提交


def test_only_what_was_marked_can_be_changed(client):
    application, _manager = sent_back("letter")
    client.force_login(application.user)
    page = html(client.get(page_of(application)))
    assert 'name="letter"' in page and 'name="position"' not in page and 'name="id_photo"' not in page
    assert f"请在 {timezone.localdate() + timedelta(days=28)} 前重新提交" in page
    photo = upload(client, "id_photo", make.jpeg(), "projects:application-file", application.pk)
    assert photo.status_code == 404
    assert upload(client, "letter", make.pdf(), "projects:application-file", application.pk).status_code == 201
    client.post(page_of(application), {"position": "1009", "name": "别人"})
    again = fresh(application)
    assert (again.status, again.position_id, again.user.name, again.marked) == ("submitted", "1018", "赵敏", [])


def test_a_marked_file_must_be_a_new_one(client):
    application, _manager = sent_back("letter")
    client.force_login(application.user)
    answer = client.post(page_of(application), {})
    assert answer.status_code == 409 and "请重新上传：办理承诺函" in html(answer)
    assert fresh(application).status == "rejected"


def test_a_plain_no_is_final_and_the_person_may_ask_anew(client):
    application, _manager = sent_back()
    client.force_login(application.user)
    assert "这份申请已经结束" in html(client.get(page_of(application)))
    assert 'name="letter"' not in html(client.get(page_of(application)))
    with pytest.raises(Refused, match="没有要求修改"):
        resubmit_application(application, by=application.user)
    applied(application.project, application.enterprise, application.user)
    assert application.user.project_memberships.count() == 2


def test_a_mistyped_id_number_is_mended_by_who_was_confirmed_by_nobody_yet(client):
    """38: ID corrected (typo) - correction request with proof; history kept."""
    application, _manager = sent_back("person")
    client.force_login(application.user)
    number, before = make.id_number(), application.user.id_number
    assert client.post(page_of(application), {"name": "赵敏敏", "id_number": number}).status_code == 302
    person = fresh(application.user)
    assert (person.name, person.id_number) == ("赵敏敏", number)
    entry = AuditEntry.objects.get(event="account.identity_corrected")
    assert entry.details["id_number_was"] == before[:3] + "***********" + before[-4:]
    assert number not in str(entry.details)


def test_who_is_confirmed_somewhere_needs_proof_to_change_who_they_are(client):
    person = make.site_officer("赵敏")
    application, _manager = sent_back("person", user=person)
    client.force_login(person)
    page = html(client.get(page_of(application)))
    assert "更正需要证明" in page and 'name="id_number"' not in page
    before = person.id_number
    client.post(page_of(application), {"name": "别人", "id_number": make.id_number()})
    assert fresh(person).id_number == before and fresh(application).status == "submitted"


def test_an_id_number_that_has_an_account_is_not_taken_over(client):
    """37: same name, different ID - never merged."""
    other = make.person("赵敏")
    application, _manager = sent_back("person")
    client.force_login(application.user)
    answer = client.post(page_of(application), {"name": "赵敏", "id_number": other.id_number})
    assert answer.status_code == 409 and "不会合并" in html(answer)
    assert fresh(application).status == "rejected"


def test_the_page_of_the_manager_offers_what_to_mark(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    client.force_login(manager)
    url = reverse("projects:reject", args=[application.pk])
    client.post(url, {"reason": "承诺函未盖章。", "marked": ["letter"], "checked": "on"})
    assert fresh(application).marked == ["letter"]
    text = next(row.text for row in Delivery.objects.filter(event="project_user.rejected") if row.channel == "sms")
    assert "需要修改：办理承诺函" in text


# 提醒审核人


def test_an_applicant_reminds_after_a_day_and_once_a_day(client):
    project, contractor, _manager = site()
    application = applied(project, contractor)
    client.force_login(application.user)
    url = reverse("projects:nudge", args=[application.pk])
    assert "提醒审核人" not in html(client.get(page_of(application)))
    assert client.post(url).status_code == 409 and told("project_user.nudged") == []
    ProjectUser.objects.update(applied_at=timezone.now() - timedelta(days=1, minutes=1))
    assert "提醒审核人" in html(client.get(page_of(application)))
    client.post(url)
    assert told("project_user.nudged") == ["陈建桥"]
    assert client.post(url).status_code == 409
    ProjectUser.objects.update(nudged_at=timezone.now() - timedelta(days=1, minutes=1))
    client.post(url)
    assert told("project_user.nudged") == ["陈建桥", "陈建桥"]


def test_strangers_remind_nobody(client):
    project, contractor, manager = site()
    application = applied(project, contractor, applied_at=timezone.now() - timedelta(days=2))
    client.force_login(manager)
    assert client.post(reverse("projects:nudge", args=[application.pk])).status_code == 404
    with pytest.raises(Http404):
        nudge_approvers(application, by=manager)


# 委托审核


def days(first=0, last=7):
    today = timezone.localdate()
    return {"since": today + timedelta(days=first), "until": today + timedelta(days=last)}


def colleague(contractor, name="吴倩"):
    return make.member(contractor, make.person(name)).user


def test_a_manager_lets_a_colleague_decide_on_certain_days(client):
    project, contractor, manager = site()
    deputy = colleague(contractor)
    application = applied(project, contractor)
    client.force_login(manager)
    url = reverse("projects:delegation", args=[project.pk])
    assert url in html(client.get(reverse("projects:detail", args=[project.pk])))
    given = {name: day.isoformat() for name, day in days().items()}
    assert client.post(url, {"user": str(deputy.pk), **given}).url == url
    assert is_manager(deputy) and may_approve(deputy, application) and may_approve(manager, application)
    assert {one.name for one in approvers_of(application)} == {"陈建桥", "吴倩"}
    assert told("project.approval_delegated") == ["吴倩"]
    approve_application(application, by=deputy)
    assert fresh(application).decided_by == deputy


@pytest.mark.parametrize(("first", "last"), [(1, 5), (-5, -1)])
def test_before_and_after_the_days_the_deputy_decides_nothing(first, last):
    project, contractor, manager = site()
    deputy = colleague(contractor)
    grant = delegate_approvals(project, user=deputy, **days(), by=manager)
    today = timezone.localdate()
    ProjectGrant.objects.filter(pk=grant.pk).update(
        since=today + timedelta(days=first), until=today + timedelta(days=last)
    )
    assert not may_approve(deputy, applied(project, contractor)) and not is_manager(deputy)


def test_a_delegation_that_ran_out_is_noted_once_and_may_be_given_anew():
    project, contractor, manager = site()
    deputy = colleague(contractor)
    delegate_approvals(project, user=deputy, **days(), by=manager)
    assert end_past_delegations() == 0
    assert end_past_delegations(timezone.localdate() + timedelta(days=8)) == 1
    assert end_past_delegations(timezone.localdate() + timedelta(days=8)) == 0
    assert told("project.delegation_ended") == ["吴倩", "陈建桥"]
    delegate_approvals(project, user=deputy, **days(), by=manager)


def test_who_left_the_contractor_decides_no_more():
    """39: User leaves company - what they did for it ends at once."""
    project, contractor, manager = site()
    deputy = colleague(contractor)
    delegate_approvals(project, user=deputy, **days(), by=manager)
    deputy.memberships.update(status="left", ended_at=timezone.now())
    assert not may_approve(deputy, applied(project, contractor))


def test_a_deputy_never_decides_about_themselves_nor_hands_it_on():
    project, contractor, manager = site()
    deputy, third = colleague(contractor), colleague(contractor, "郑海波")
    delegate_approvals(project, user=deputy, **days(), by=manager)
    assert not may_approve(deputy, applied(project, contractor, deputy))
    with pytest.raises(Http404):
        delegate_approvals(project, user=third, **days(), by=deputy)


@pytest.mark.parametrize("case", ["stranger", "too long", "past", "twice"])
def test_a_delegation_is_refused_where_it_is_unsound(case):
    project, contractor, manager = site()
    deputy = colleague(contractor)
    given = {"user": deputy, **days()}
    if case == "stranger":
        given["user"] = make.person("路人")
    if case == "too long":
        given |= days(0, 30)
    if case == "past":
        given |= days(-3, -1)
    if case == "twice":
        delegate_approvals(project, **given, by=manager)
    with pytest.raises(Refused):
        delegate_approvals(project, **given, by=manager)


def test_the_deputy_gives_it_back_and_strangers_find_nothing(client):
    project, contractor, manager = site()
    deputy, third = colleague(contractor), colleague(contractor, "郑海波")
    grant = delegate_approvals(project, user=deputy, **days(), by=manager)
    url = reverse("projects:delegation-end", args=[project.pk, grant.pk])
    client.force_login(third)
    assert client.get(url).status_code == client.post(url).status_code == 404
    assert client.get(reverse("projects:delegation", args=[project.pk])).status_code == 404
    client.force_login(deputy)
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 302 and not ProjectGrant.objects.exists()
    with pytest.raises(Refused):
        end_delegation(grant, by=manager)


# 批量通过


def rows_of(applications):
    return {"row": [str(one.pk) for one in applications]}


def test_what_came_of_each_row_is_shown(client):
    project, contractor, manager = site()
    sound = applied(project, contractor, make.person("赵敏"))
    lacking = applied(project, contractor, make.person("吴倩"), files=False)
    client.force_login(manager)
    answer = client.post(reverse("projects:approve-several"), {**rows_of([sound, lacking]), "checked": "on"})
    assert answer.url == reverse("projects:approved-several")
    page = html(client.get(answer.url))
    assert "已通过 1 人，未通过 1 人" in page and "还没有通过检查" in page
    assert (fresh(sound).status, fresh(lacking).status) == ("approved", "submitted")


def test_the_results_of_another_are_not_shown(client):
    project, contractor, manager = site()
    application = applied(project, contractor)
    other = site("别的工程", manager="孙国安")[2]
    client.force_login(other)
    session = client.session
    session["approved_several"] = {str(application.pk): ""}
    session.save()
    assert client.get(reverse("projects:approved-several")).url == reverse("projects:approvals")


@pytest.mark.parametrize("count", [1, 3])
def test_the_results_cost_the_same_for_few_and_many(client, count, django_assert_num_queries):
    project, contractor, manager = site()
    applications = [applied(project, contractor, make.person(f"赵{n}")) for n in "一二三"[:count]]
    client.force_login(manager)
    client.post(reverse("projects:approve-several"), {**rows_of(applications), "checked": "on"})
    client.get(reverse("projects:approved-several"))
    with django_assert_num_queries(RESULT_QUERIES):
        client.get(reverse("projects:approved-several"))


RESULT_QUERIES = 6

# A code after many approvals


@pytest.fixture
def few(settings):
    settings.APPROVALS_A_DAY = 1


def test_the_approval_beyond_the_days_number_asks_for_a_code(client, few):
    project, contractor, manager = site()
    first, second = (applied(project, contractor, make.person(name)) for name in ("赵敏", "吴倩"))
    approve_application(first, by=manager)
    client.force_login(manager)
    url = reverse("projects:approve", args=[second.pk])
    asked = client.post(url, {"checked": "on"}).url
    assert asked.startswith(reverse("projects:approvals-confirm")) and fresh(second).status == "submitted"
    client.post("/codes/?purpose=approval", headers={"Accept": "application/json"})
    assert client.post(asked, {"code": "000000"}).status_code == 200
    assert client.post(asked, {"code": code_sent_to(manager.phone)}).url == url
    client.post(url, {"checked": "on"})
    assert fresh(second).status == "approved"
    assert VerificationCode.objects.filter(purpose="approval").count() == 1


def test_a_batch_beyond_the_number_keeps_what_was_chosen(client, few):
    project, contractor, manager = site()
    chosen = [applied(project, contractor, make.person(name)) for name in ("赵敏", "吴倩")]
    client.force_login(manager)
    asked = client.post(reverse("projects:approve-several"), {**rows_of(chosen), "checked": "on"}).url
    client.post(asked, {"send_code": "1"})
    back = client.post(asked, {"code": code_sent_to(manager.phone)}).url
    assert all(str(one.pk) in back for one in chosen)
    assert "通过 2 人的申请" in html(client.get(back))


def test_the_way_back_leads_nowhere_else(client, few):
    _project, _contractor, manager = site()
    client.force_login(manager)
    for evil in ("https://evil.example/", "//evil.example", "/account/", "/projects/approvals/@evil//"):
        asked = f"{reverse('projects:approvals-confirm')}?next={evil}"
        client.post(asked, {"send_code": "1"})
        answer = client.post(asked, {"code": code_sent_to(manager.phone) or "0"})
        assert answer.status_code == 200 or answer.url.startswith("/projects/approvals/")


def test_who_approves_nothing_has_no_such_page(client):
    client.force_login(make.person("路人"))
    assert client.get(reverse("projects:approvals-confirm")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_delegations_of_one_moment_leave_one():
    project, contractor, manager = site()
    deputy = colleague(contractor)

    def act():
        delegate_approvals(project, user=deputy, **days(), by=manager)

    assert together(act, act) == ["Refused", "done"]
    assert ProjectGrant.objects.count() == 1
