"""我的数据: what is held, a copy of it, correction, deletion and the end of an account."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from accounts.models import DataCopy, DataRequest
from accounts.privacy.closing import close_account, forget_account, why_not_close
from accounts.privacy.copies import ask_for_copy, claim, make_copy, open_copy, wipe_old_copies
from accounts.privacy.requests import decline_request, draft_request, drop_old_drafts, grant_request, submit_request
from accounts.privacy.sections import sections
from accounts.tasks import make_data_copies
from portal.audit.models import AuditEntry
from portal.documents.actions import store
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.models import Message
from projects.actions import approve_application, end_membership
from projects.models import ProjectUser
from tests import make
from tests.projects.acts import applied, fresh, site, together, told

pytestmark = pytest.mark.django_db
WHY = {"reason": "papers"}  # each look has a reason
PAGE = "/account/data/"


def html(response):
    return response.content.decode()


def opened(copy, by):
    return zipfile.ZipFile(io.BytesIO(open_copy(copy, by=by)))


def made_for(user):
    copy = ask_for_copy(by=user)
    make_data_copies()
    return fresh(copy)


# What is held, and a copy


def test_the_way_there_begins_at_ones_own_account(client):
    client.force_login(make.person())
    assert PAGE in html(client.get("/account/"))


def test_the_page_says_what_is_held_for_what_and_how_long(client):
    person = make.person("赵敏")
    client.force_login(person)
    page = html(client.get(PAGE))
    assert all(str(section.label) in page for section in sections())
    assert person.phone not in page and person.id_number not in page


@pytest.mark.parametrize("who", [make.operator, make.auditor, lambda: make.administrator_of(make.enterprise())])
def test_only_people_have_such_pages(client, who):
    client.force_login(who())
    for url in (PAGE, "/account/data/requests/close/"):
        assert client.get(url).status_code == 404
    assert client.post("/account/data/copies/").status_code == 404


def test_a_copy_holds_everything_as_json_as_a_page_and_the_files():
    """59: Data export / privacy request - person can get own data; deletion limited by archive duty."""
    project, contractor, manager = site()
    person = make.person("赵敏")
    application = applied(project, contractor, person, files=False)
    make.ready_document("id_photo", application, by=person)
    filing = make.ready_filing()
    make.add_officer(filing, "赵敏", number=person.id_number)
    copy = made_for(person)
    archive = opened(copy, person)
    told_of = json.loads(archive.read("data.json"))
    by_code = {section["code"]: section["rows"] for section in told_of["sections"]}
    assert by_code["account"][0]["身份证号"] == person.id_number
    assert by_code["project_users"][0]["项目名称"] == "二七云栖府"
    assert by_code["officers"][0]["身份证号"] == person.id_number and by_code["heads"] == []
    page = archive.read("我的数据.html").decode()
    assert person.phone in page and "二七云栖府" in page
    assert "files/01-身份证照片.jpg" in archive.namelist()
    assert told("data_copy.ready") == ["赵敏"]


def test_a_copy_is_sealed_at_rest_and_gone_after_a_week():
    person = make.person("赵敏")
    copy = made_for(person)
    with default_storage.open(copy.key) as file:
        assert b"data.json" not in file.read()
    assert wipe_old_copies() == 0
    DataCopy.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused):
        open_copy(copy, by=person)
    assert wipe_old_copies() == 1 and not default_storage.exists(copy.key)
    events = AuditEntry.objects.filter(event__startswith="data_copy.").values_list("event", flat=True)
    assert set(events) == {"data_copy.asked", "data_copy.made", "data_copy.wiped"}


def test_downloading_asks_for_the_password_again_and_is_recorded(client):
    person = make.person("赵敏")
    copy = made_for(person)
    client.force_login(person)
    url = reverse("accounts:data-copy", args=[copy.pk])
    asked = client.get(url)
    assert asked.status_code == 302 and "account/confirm" in asked.url
    client.post(asked.url, {"password": make.PASSWORD})
    answer = client.get(url)
    assert answer["Content-Type"] == "application/zip" and answer.content[:2] == b"PK"
    assert AuditEntry.objects.filter(event="data_copy.downloaded").count() == 1
    client.force_login(make.person("路人"))
    assert client.get(url).status_code in {302, 404} and fresh(copy).downloads == 1


def test_a_copy_that_is_being_made_is_not_asked_twice_and_three_a_day_is_enough():
    person = make.person()
    assert ask_for_copy(by=person) == ask_for_copy(by=person)
    for _again in range(2):
        make_data_copies()
        ask_for_copy(by=person)
    make_data_copies()
    with pytest.raises(Refused, match="每天最多"):
        ask_for_copy(by=person)


def test_a_lost_worker_hinders_nobody_and_a_fault_is_told_in_the_end(monkeypatch):
    person = make.person("赵敏")
    copy = ask_for_copy(by=person)
    first = claim()
    assert claim() is None
    DataCopy.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = claim()
    make_copy(second)
    make_copy(first)  # the lost one comes back late
    assert fresh(copy).status == "ready" and told("data_copy.ready") == ["赵敏"]
    monkeypatch.setattr("accounts.privacy.copies.archive_of", lambda user: 1 / 0)
    broken = ask_for_copy(by=person)
    for _try in range(3):
        DataCopy.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        make_copy(claim())
    assert fresh(broken).status == "failed" and told("data_copy.failed") == ["赵敏"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_questions(client, count, django_assert_num_queries):
    person = make.person()
    for number in range(count):
        project, contractor, _manager = site(f"工程{number}")
        applied(project, contractor, person)
        DataCopy.objects.create(user=person, status="failed")
    client.force_login(person)
    client.get(PAGE)
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(PAGE)


PAGE_QUERIES = 21

# 更正


def correction(person, **wanted):
    """A request with proof that waits for an operator."""
    request = draft_request("correct", by=person)
    store(make.jpeg(), kind="identity_proof", holder=request, by=person)
    values = {"name": person.name, "id_number": make.id_number()} | wanted
    submit_request(request, values=values, reason="输入错误", by=person)
    return fresh(request)


def test_a_correction_with_proof_is_made_by_an_operator_and_what_stood_there_is_kept(client):
    """38: ID corrected (typo) - correction request with proof; history kept."""
    person, operator = make.person("赵敏"), make.operator()
    before = person.id_number
    request = correction(person)
    assert request.due_on == timezone.localdate() + timedelta(days=15) and told("data_request.submitted") == ["运营员"]
    wanted = request.values["id_number"]
    client.force_login(operator)
    page = html(client.get(reverse("accounts:data-request-page", args=[request.pk])))
    assert wanted not in page and before not in page
    shown = client.post(reverse("accounts:data-request-reveal", args=[request.pk, "id_number"]), WHY)
    assert wanted in html(shown)
    assert AuditEntry.objects.get(event="identity.revealed").details["purpose"] == "办理个人信息更正"
    client.post(reverse("accounts:data-request-grant", args=[request.pk]), {"checked": "on"})
    assert fresh(person).id_number == wanted
    assert fresh(request).values["id_number_was"] == before
    assert not Document.objects.of(request).kept().exists()
    assert told("data_request.answered") == ["赵敏"]


def test_without_proof_or_change_nothing_is_asked(client):
    person = make.person("赵敏")
    client.force_login(person)
    url = reverse("accounts:data-request", args=["correct"])
    same = {"name": person.name, "id_number": person.id_number, "reason": "x"}
    assert "请上传证明材料" in html(client.post(url, same))
    store(make.jpeg(), kind="identity_proof", holder=draft_request("correct", by=person), by=person)
    assert client.post(url, same).status_code == 409
    assert not DataRequest.objects.exclude(status="draft").exists()


def test_a_correction_to_a_number_that_has_an_account_is_refused():
    """37: same name, different ID - never merged."""
    other, person = make.person("赵敏"), make.person("赵敏")
    request = correction(person, id_number=other.id_number)
    with pytest.raises(Refused, match="不会合并"):
        grant_request(request, answer="", by=make.operator())
    assert fresh(request).status == "submitted"


def test_looking_at_the_form_writes_nothing(client):
    client.force_login(make.person())
    for kind in ("correct", "delete", "close"):
        assert client.get(reverse("accounts:data-request", args=[kind])).status_code == 200
    assert not DataRequest.objects.exists()


def test_what_was_not_handed_in_within_a_day_goes_with_its_files():
    person = make.person()
    draft = draft_request("correct", by=person)
    document = store(make.jpeg(), kind="identity_proof", holder=draft, by=person)
    assert drop_old_drafts() == 0
    DataRequest.objects.update(asked_at=timezone.now() - timedelta(days=1, minutes=1))
    assert drop_old_drafts() == 1 and not default_storage.exists(document.key)


def test_only_operators_answer_and_only_once(client):
    request = correction(make.person())
    for who in (make.person("路人"), make.auditor(), make.officer()):
        client.force_login(who)
        pages = ["data-requests"], ["data-request-page", request.pk], ["data-request-grant", request.pk]
        for name, *args in pages:
            assert client.get(reverse(f"accounts:{name}", args=args)).status_code == 404
        with pytest.raises(Http404):
            decline_request(request, answer="x", by=who)
    operator = make.operator()
    decline_request(request, answer="证明材料看不清，请重新上传。", by=operator)
    with pytest.raises(Refused):
        grant_request(request, answer="", by=operator)


def test_a_request_is_taken_back_by_its_owner_only(client):
    person = make.person()
    request = correction(person)
    url = reverse("accounts:data-request-withdraw", args=[request.pk])
    client.force_login(make.person("路人"))
    assert client.post(url).status_code == 404
    client.force_login(person)
    client.post(url)
    assert fresh(request).status == "withdrawn"


# 删除


def test_what_is_needed_no_more_is_deleted_and_what_is_needed_stays():
    """59: deletion limited by archive duty."""
    project, contractor, manager = site()
    person = make.person("赵敏")
    here, there = (applied(one, contractor, person, files=False) for one in (project, site("别的工程")[0]))
    kept, gone = (make.ready_document("id_photo", one, by=person) for one in (here, there))
    ProjectUser.objects.filter(pk=there.pk).update(status="ended", ended_at=timezone.now())
    request = draft_request("delete", by=person)
    submit_request(request, values=None, reason="", by=person)
    grant_request(fresh(request), answer="", by=make.operator())
    assert default_storage.exists(kept.key) and not default_storage.exists(gone.key)
    assert fresh(request).answer == "已按您的申请办理。"


# 注销


def test_who_leads_a_project_is_replaced_first(client):
    project, _contractor, manager = site()
    client.force_login(manager)
    assert "请先办理人员变更" in html(client.get(reverse("accounts:data-request", args=["close"])))
    with pytest.raises(Refused):
        close_account(manager, by=make.operator())
    assert fresh(manager).is_active and str(project) in why_not_close(manager)[0]


def member_who_works(name="赵敏"):
    """Somebody of an enterprise who is let into a project: (person, application, document)."""
    project, contractor, manager = site()
    person = make.member(contractor, make.person(name)).user
    application = applied(project, contractor, person, files=False)
    documents = [make.ready_document(kind, application, by=person) for kind in ("id_photo", "commitment_letter")]
    approve_application(application, by=manager)
    return person, application, documents[0]


def test_closing_ends_every_place_and_every_session_at_once(client):
    person, application, _document = member_who_works()
    client.force_login(person)
    request = draft_request("close", by=person)
    submit_request(request, values=None, reason="", by=person)
    grant_request(fresh(request), answer="", by=make.operator())
    assert not fresh(person).is_active and fresh(person).closed_at
    assert fresh(application).status == "ended" and person.memberships.get().status == "left"
    assert client.get("/home/").status_code == 302


def test_after_thirty_days_nothing_tells_who_it_was():
    person, application, document = member_who_works("赵敏")
    number, phone = person.id_number, person.phone
    copy = made_for(person)
    close_account(person, by=None)
    forget_account(fresh(person))
    gone = fresh(person)
    assert (gone.name, gone.phone, gone.id_number) == ("已注销用户", None, None)
    assert not default_storage.exists(document.key) and not default_storage.exists(copy.key)
    assert not Message.objects.filter(user=person).exists()
    assert "赵敏" not in fresh(application).search_text
    again = make.person("赵敏", phone=phone, id_number=number)  # the numbers are free again
    assert again.pk != person.pk


def test_an_open_account_is_not_forgotten():
    with pytest.raises(ValueError):
        forget_account(make.person())


@pytest.mark.django_db(transaction=True)
def test_two_requests_of_one_moment_leave_one():
    person = make.person()
    assert together(*[lambda: draft_request("close", by=person)] * 2) == ["done", "done"]
    assert DataRequest.objects.count() == 1
    assert together(*[lambda: ask_for_copy(by=person)] * 2) == ["done", "done"]
    assert DataCopy.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_operators_of_one_moment_answer_once():
    person = make.person()
    request = draft_request("close", by=person)
    submit_request(request, values=None, reason="", by=person)
    first, second = make.operator("甲"), make.operator("乙")
    outcomes = together(
        lambda: grant_request(request, answer="", by=first), lambda: decline_request(request, answer="不", by=second)
    )
    assert outcomes == ["Refused", "done"]


def test_an_ended_membership_frees_its_files():
    _person, application, _document = member_who_works()
    end_membership(fresh(application), by=application.user)
    assert fresh(application).status == "ended"
