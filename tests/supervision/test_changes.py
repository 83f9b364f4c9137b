"""人员变更 after approval (domain §5.7 19)."""

import io
import zipfile

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.models import Target
from portal.audit.models import AuditEntry
from portal.calendar import due_day
from portal.documents.models import Document
from portal.errors import Refused
from portal.notifications.models import Message
from projects.models import PartyType, ProjectParty, ProjectUser
from projects.permissions import approvable_by, led_by, manager_of
from supervision.actions import (
    begin_change,
    confirm_change,
    consent_to_change,
    decline_change,
    return_change,
    save_change,
    send_change,
    withdraw_change,
)
from supervision.actions.changes import missing_in
from supervision.catalogue import CHANGE_FILES, ChangeFile
from supervision.models import ChangeConfirmation, Filing, PersonnelChange
from supervision.permissions import may_read_of_change
from tests import make
from tests.projects.acts import applied, told
from tests.supervision.acts import together
from tests.supervision.changed import add_file, at_the_stations, confirmed, drafted, fresh, named, site

pytestmark = pytest.mark.django_db
WHY = {"reason": "papers"}  # each look has a reason
Status = PersonnelChange.Status


def url(name, change, *args):
    return reverse(f"filing:{name}", args=[change.filing_id, change.pk, *args])


def head_of(filing):
    return filing.parties.get(party_type=PartyType.CONTRACTOR).head_name


def test_pm_changed_after_filing_needs_consent_papers_and_both_stations_and_then_all_moves_at_once():
    """19: owner's consent, hand-over, 授权书 + 承诺书, certificate; 5 working days; approvals and applications follow."""
    where = site()
    waiting = applied(where.project, where.contractor)
    assert approvable_by(where.manager).filter(pk=waiting.pk).exists()

    change = drafted(where)
    send_change(change, by=where.clerk)
    assert fresh(change).status == Status.CONSENT
    assert told("change.consent_asked") == ["周启明"]

    consent_to_change(change, by=where.principal)
    change = fresh(change)
    assert (change.status, change.round, change.consented_by) == (Status.SUBMITTED, 1, where.principal)
    assert change.due_on == due_day(change.submitted_at, 5)

    confirm_change(change, role=Target.SAFETY, round=1, by=where.officers["safety"])
    assert (fresh(change).status, head_of(where.filing)) == (Status.SUBMITTED, "陈建桥")
    assert manager_of(where.project) == where.manager

    confirm_change(change, role=Target.QUALITY, round=1, by=where.officers["quality"])
    change, filing = fresh(change), fresh(where.filing)
    assert (change.status, head_of(filing)) == (Status.CONFIRMED, "王铁山")
    assert manager_of(where.project) == where.successor
    assert not approvable_by(where.manager).filter(pk=waiting.pk).exists()
    assert approvable_by(where.successor).filter(pk=waiting.pk).exists()
    assert told("project_user.handed_over") == ["王铁山"]
    assert told("project.lead_replaced") == ["陈建桥"]
    assert told("project.lead_appointed").count("王铁山") == 1


def test_what_was_said_of_the_manager_who_leaves_does_not_stay_with_the_next_one():
    where = site()
    where.filing.parties.filter(party_type="contractor").update(exception_case="a", note="同一工程分期施工。")
    confirmed(where)
    party = where.filing.parties.get(party_type="contractor")
    assert (party.head_name, party.exception_case, party.note) == ("王铁山", "", "")


def test_it_becomes_the_next_version_with_its_papers_and_the_reviews_stand_on_it():
    where = site()
    change = confirmed(where)
    version = change.version
    assert version.number == 2
    party = next(one for one in version.data["parties"] if one["party_type"] == "contractor")
    assert (party["head_name"], party["head_id_index"]) == ("王铁山", where.successor.id_index)
    assert [one["kind"] for one in version.data["change"]["files"]] == sorted(
        kind.value for kind in CHANGE_FILES[PartyType.CONTRACTOR]
    )
    assert {review.version for review in where.filing.reviews.all()} == {version}
    assert fresh(where.filing).status == Filing.Status.FILED
    assert where.filing.versions.get(number=1).data["parties"] != version.data["parties"]


def test_without_an_account_the_new_managers_applications_fall_to_the_administrator():
    where = site()
    waiting = applied(where.project, where.contractor)
    stranger = make.person("新来的")
    number = stranger.id_number
    stranger.delete()
    change = at_the_stations(where, new_name="新来的", new_id_number=number)
    confirmed(where, change)
    assert manager_of(where.project) is None
    administrator = make.administrator_of(where.contractor)
    assert approvable_by(administrator).filter(pk=waiting.pk).exists()
    assert told("project_user.handed_over") == [administrator.name]


def test_the_former_managers_membership_as_lead_ends_and_delegations_with_it():
    where = site()
    deputy = make.person("代办人")
    assign_perm("projects.approve_project_users", deputy, where.project)
    membership = ProjectUser.objects.create(
        project=where.project,
        enterprise=where.contractor,
        user=where.manager,
        position_id="1009",
        status="approved",
        decided_by=where.clerk,
        decided_at=timezone.now(),
    )
    confirmed(where)
    assert fresh(membership).status == "ended"
    assert not fresh(deputy).has_perm("projects.approve_project_users", where.project)
    assert not led_by(where.manager).exists()


def test_a_paper_with_the_owners_stamp_does_instead_of_a_click():
    where = site()
    files = [*CHANGE_FILES[PartyType.CONTRACTOR], ChangeFile.CONSENT]
    change = drafted(where, files=files)
    send_change(change, by=where.clerk)
    assert fresh(change).status == Status.SUBMITTED
    assert told("change.consent_asked") == []


def test_an_owner_without_people_on_the_platform_is_asked_for_the_paper():
    where = site()
    where.owner.members.all().delete()
    change = drafted(where)
    with pytest.raises(Refused, match="还没有可以确认的人员"):
        send_change(change, by=where.clerk)
    assert fresh(change).status == Status.DRAFT


def test_the_owners_own_person_who_hands_it_in_has_agreed():
    where = site()
    colleague = make.member(where.owner, make.person("周副")).user
    change = drafted(where, post=PartyType.OWNER, by=where.principal, person=colleague)
    send_change(change, by=where.principal)
    assert (fresh(change).status, fresh(change).consented_by) == (Status.SUBMITTED, where.principal)


def test_nothing_is_sent_before_everything_is_there():
    where = site()
    change = drafted(where, files=[], certificate_no="", reason="")
    sentences = missing_in(change)
    assert "请填写注册证书编号" in sentences and "请填写变更原因" in sentences
    assert sum("请上传" in sentence for sentence in sentences) == 4
    with pytest.raises(Refused):
        send_change(change, by=where.clerk)


def test_a_paper_under_check_is_not_there_yet():
    where = site()
    change = drafted(where, files=[])
    for kind in CHANGE_FILES[PartyType.CONTRACTOR]:
        add_file(change, kind, where.clerk, Document.State.CHECKING)
    assert all("正在检查" in sentence for sentence in missing_in(change))
    assert len(missing_in(change)) == 4


def test_the_same_person_is_no_change():
    where = site()
    change = drafted(where, person=where.manager)
    assert missing_in(change) == ["新负责人与原负责人是同一人，请核对身份证号。"]


def test_the_owner_may_decline_and_says_why():
    where = site()
    change = drafted(where)
    send_change(change, by=where.clerk)
    with pytest.raises(Refused, match="原因"):
        decline_change(change, reason=" ", by=where.principal)
    decline_change(change, reason="合同未解除。", by=where.principal)
    assert (fresh(change).status, fresh(change).consent_note) == (Status.DECLINED, "合同未解除。")
    send_change(change, by=where.clerk)
    assert fresh(change).status == Status.CONSENT


def test_one_station_returns_it_and_the_next_round_asks_both_again():
    where = site()
    change = at_the_stations(where)
    confirm_change(change, role="safety", round=1, by=where.officers["safety"])
    with pytest.raises(Refused, match="退回原因"):
        return_change(change, role="quality", round=1, opinion="", by=where.officers["quality"])
    return_change(change, role="quality", round=1, opinion="承诺书未签字。", by=where.officers["quality"])
    assert fresh(change).status == Status.RETURNED
    assert head_of(where.filing) == "陈建桥"

    send_change(fresh(change), by=where.clerk)
    rows = ChangeConfirmation.objects.filter(change=change).values_list("round", "role", "status")
    assert set(rows) == {
        (1, "safety", "confirmed"),
        (1, "quality", "returned"),
        (2, "safety", "waiting"),
        (2, "quality", "waiting"),
    }
    with pytest.raises(Refused, match="重新提交"):
        confirm_change(change, role="quality", round=1, by=where.officers["quality"])
    assert confirmed(where, fresh(change)).status == Status.CONFIRMED


def test_another_person_after_a_return_needs_the_owners_word_again():
    where = site()
    change = at_the_stations(where)
    return_change(change, role="quality", round=1, opinion="证书过期。", by=where.officers["quality"])
    other = make.member(where.contractor, make.person("刘志勇")).user
    values = {"new_name": other.name, "new_id_number": other.id_number, "new_phone": other.phone}
    save_change(fresh(change), values, by=where.clerk)
    send_change(fresh(change), by=where.clerk)
    assert fresh(change).status == Status.CONSENT


def returned_with_another_person(where):
    """Handed in with the owner's paper, returned, and another person named."""
    change = drafted(where, files=[*CHANGE_FILES[PartyType.CONTRACTOR], ChangeFile.CONSENT])
    send_change(change, by=where.clerk)
    return_change(change, role="quality", round=1, opinion="证书过期。", by=where.officers["quality"])
    other = make.member(where.contractor, make.person("刘志勇")).user
    values = {"new_name": other.name, "new_id_number": other.id_number, "new_phone": other.phone}
    return save_change(fresh(change), values, by=where.clerk)


def test_the_owners_paper_about_somebody_else_no_longer_counts_after_a_return():
    where = site()
    change = returned_with_another_person(where)
    send_change(fresh(change), by=where.clerk)
    assert fresh(change).status == Status.CONSENT  # the owner has people here, so they are asked


def test_a_new_paper_is_asked_for_and_does(client):
    where = site()
    change = returned_with_another_person(where)
    where.owner.members.all().delete()
    with pytest.raises(Refused, match="原《建设单位同意变更的书面意见》"):
        send_change(fresh(change), by=where.clerk)
    client.force_login(where.clerk)
    assert "建设单位意见需要更新" in client.get(change.get_absolute_url()).content.decode()
    new = add_file(change, ChangeFile.CONSENT, where.clerk)
    assert "建设单位意见需要更新" not in client.get(change.get_absolute_url()).content.decode()
    send_change(fresh(change), by=where.clerk)
    change = confirmed(where, fresh(change))
    papers = [one for one in change.version.data["change"]["files"] if one["kind"] == ChangeFile.CONSENT]
    assert [one["document"] for one in papers] == [str(new.pk)]


def test_other_words_about_the_same_person_leave_the_paper_as_it_is():
    where = site()
    change = drafted(where, files=[*CHANGE_FILES[PartyType.CONTRACTOR], ChangeFile.CONSENT])
    send_change(change, by=where.clerk)
    return_change(change, role="quality", round=1, opinion="原因不清。", by=where.officers["quality"])
    save_change(fresh(change), {"reason": "原项目经理退休。"}, by=where.clerk)
    send_change(fresh(change), by=where.clerk)
    assert fresh(change).status == Status.SUBMITTED


def test_blank_forms_stand_at_the_form_with_what_is_known(client):
    where = site()
    change = drafted(where)
    client.force_login(where.clerk)
    page = client.get(change.get_absolute_url()).content.decode()
    for code in ("change_authorisation", "change_commitment", "change_handover", "change_consent"):
        url = reverse("filing:change-blank", args=[change.filing_id, change.pk, code])
        assert url in page
        said = zipfile.ZipFile(io.BytesIO(client.get(url).content)).read("word/document.xml").decode()
        assert where.successor.name in said and where.successor.id_number not in said
    assert client.get(url.replace("change_consent", "change_certificate")).status_code == 404
    client.force_login(make.site_officer())
    assert client.get(url).status_code == 404


def test_a_change_may_be_taken_back_and_leaves_everything_as_it_was():
    where = site()
    change = at_the_stations(where)
    withdraw_change(change, by=where.clerk)
    assert fresh(change).status == Status.WITHDRAWN
    assert set(change.confirmations.values_list("status", flat=True)) == {"cancelled"}
    with pytest.raises(Refused):
        confirm_change(change, role="safety", round=1, by=where.officers["safety"])
    assert begin_change(where.filing, party_type="contractor", by=where.clerk).pk != change.pk


def test_a_second_change_of_the_post_leads_to_the_first():
    where = site()
    first = begin_change(where.filing, party_type="contractor", by=where.clerk)
    assert begin_change(where.filing, party_type="contractor", by=where.clerk) == first


def test_only_an_approved_filing_changes_people():
    filing = make.submitted_filing()
    with pytest.raises(Refused, match="审核通过后"):
        begin_change(filing, party_type="contractor", by=filing.created_by)


def test_strangers_get_404_everywhere(client):
    where = site()
    change = at_the_stations(where)
    stranger = make.site_officer()
    with pytest.raises(Http404):
        begin_change(where.filing, party_type="contractor", by=stranger)
    for act in (lambda: withdraw_change(change, by=stranger), lambda: consent_to_change(change, by=stranger)):
        with pytest.raises(Http404):
            act()
    with pytest.raises(Http404):
        confirm_change(change, role="safety", round=1, by=make.officer("safety", area="WC"))
    client.force_login(stranger)
    for name in ("change", "change-consent", "change-decline", "change-withdraw"):
        assert client.get(url(name, change)).status_code == 404
    client.force_login(make.officer("safety", area="WC"))
    assert client.get(reverse("review:change", args=[change.pk])).status_code == 404


def test_the_clerk_does_not_agree_in_the_owners_place(client):
    where = site()
    change = drafted(where)
    send_change(change, by=where.clerk)
    client.force_login(where.clerk)
    assert client.post(url("change-consent", change)).status_code == 404


def test_the_other_partys_people_do_not_change_the_contractors_post():
    where = site()
    with pytest.raises(Http404):
        begin_change(where.filing, party_type="contractor", by=where.principal)


@pytest.mark.django_db(transaction=True)
def test_both_stations_confirm_at_the_same_moment_and_it_takes_effect_once():
    where = site()
    change = at_the_stations(where)
    acts = [
        lambda role=role: confirm_change(change, role=role, round=1, by=where.officers[role]) for role in Target.values
    ]
    assert together(*acts) == ["done", "done"]
    assert (fresh(change).status, where.filing.versions.count()) == (Status.CONFIRMED, 2)
    assert told("project.lead_replaced") == ["陈建桥"]


def test_the_way_through_the_pages(client):
    where = site()
    client.force_login(where.clerk)
    page = client.get(reverse("filing:changes", args=[where.filing.pk])).content.decode()
    assert "变更项目经理" in page and "陈**" in page
    answer = client.post(reverse("filing:change-begin", args=[where.filing.pk, "contractor"]))
    change = PersonnelChange.objects.get()
    assert answer.url == change.get_absolute_url()

    typed = {"new_name": "王铁山", "new_id_number": where.successor.id_number, "send": "1"}
    page = client.post(change.get_absolute_url(), typed).content.decode()
    assert "请填写手机号" in page and "请上传“工作交接记录”" in page
    assert fresh(change).new_name == "王铁山"  # nothing typed is lost

    for kind in CHANGE_FILES[PartyType.CONTRACTOR]:
        add_file(change, kind, where.clerk)
    typed |= {"new_phone": where.successor.phone, "certificate_no": "鄂1", "reason": "调离"}
    typed["effective_on"] = timezone.localdate().isoformat()
    assert client.post(change.get_absolute_url(), typed).status_code == 302
    assert client.post(change.get_absolute_url(), typed).status_code == 302  # sent twice

    client.force_login(where.principal)
    workbench = client.get(reverse("workbench") + "?show=changes").content.decode()
    assert change.get_absolute_url() in workbench
    assert "同意变更项目经理" in client.get(url("change-consent", change)).content.decode()
    client.post(url("change-consent", change))
    for role in Target.values:
        client.force_login(where.officers[role])
        assert str(where.filing) in client.get(reverse("workbench") + "?show=changes").content.decode()
        assert str(where.filing) in client.get(reverse("review:changes")).content.decode()
        page = client.get(reverse("review:change", args=[change.pk])).content.decode()
        assert where.successor.id_number not in page
        decide = reverse("review:change-decide", args=[change.pk, role])
        assert client.get(decide).status_code == 200
        assert "退回时必填" in client.post(decide, {"round": 1, "answer": "return"}).content.decode()
        client.post(decide, {"round": 1, "answer": "confirm"})
    assert fresh(change).status == Status.CONFIRMED
    for viewer in (where.clerk, where.officers["safety"]):
        client.force_login(viewer)
        page = client.get(where.filing.get_absolute_url()).content.decode()
        assert "项目经理变更完成" in page and "陈** → 王**" in page
        assert client.get(url("change", change) if viewer.is_personal else reverse("review:change", args=[change.pk]))


def test_a_station_looks_at_the_number_once_and_it_is_written_down(client):
    where = site()
    change = at_the_stations(where)
    client.force_login(where.officers["safety"])
    reveal = reverse("review:change-reveal", args=[change.pk, "new_id_number"])
    assert client.post(reveal, WHY, headers={"Accept": "application/json"}).json()["value"] == (
        where.successor.id_number
    )
    assert AuditEntry.objects.filter(event="identity.revealed").count() == 1
    assert client.post(reverse("review:change-reveal", args=[change.pk, "reason"])).status_code == 404
    client.force_login(where.clerk)
    assert client.post(reveal).status_code == 404


def test_a_lead_elsewhere_is_told_to_the_station(client):
    where = site()
    other = make.project(filed_at=timezone.now())
    ProjectParty.objects.create(
        project=other, party_type="contractor", unit_name="某", uscc="", lead_id_index=where.successor.id_index
    )
    change = at_the_stations(where)
    client.force_login(where.officers["safety"])
    assert "请核实是否符合兼任规定" in client.get(reverse("review:change", args=[change.pk])).content.decode()


def test_papers_are_for_both_units_and_the_stations_alone(client):
    where = site()
    change = drafted(where)
    paper = Document.objects.held_by(change).first()
    seen = lambda who: client.force_login(who) or client.get(reverse("documents:file", args=[paper.pk])).status_code  # noqa: E731
    supervisor = where.filing.parties.get(party_type="supervisor").enterprise
    bystander = make.member(make.granted(supervisor), make.person("李晓楠")).user
    assert seen(where.officers["safety"]) == 404  # not handed in yet
    send_change(change, by=where.clerk)
    consent_to_change(fresh(change), by=where.principal)
    assert seen(bystander) == 404
    assert all(may_read_of_change(who, paper, None) for who in (where.officers["safety"], where.principal, where.clerk))


@pytest.mark.parametrize("count", [1, 3])
def test_the_stations_list_asks_as_often_for_three_rows_as_for_one(client, django_assert_num_queries, count):
    places = [site() for _each in range(count)]
    for where in places:
        at_the_stations(where)
    client.force_login(places[0].officers["safety"])
    client.get(reverse("review:changes"))
    with django_assert_num_queries(9):
        assert client.get(reverse("review:changes")).status_code == 200


def test_nothing_personal_is_in_messages_or_trail():
    where = site()
    confirmed(where)
    texts = [f"{message.subject}{message.body}" for message in Message.objects.all()]
    texts += [str(entry.details) for entry in AuditEntry.objects.all()]
    for secret in (where.successor.id_number, where.successor.phone, where.manager.id_number):
        assert not any(secret in text for text in texts)


def test_a_single_approved_target_is_enough_and_touches_no_project():
    """A filing that one station approved: that station confirms, no project has leads yet."""
    clerk = make.site_officer()
    owner = make.granted(make.enterprise(types=["owner"]))
    principal = make.member(owner, make.person("周启明")).user
    filing = make.submitted_filing(by=clerk, targets=["safety"])
    filing.parties.filter(party_type="owner").update(uscc=owner.uscc)
    named(filing, PartyType.OWNER, principal)
    review = filing.reviews.get()
    officer = make.officer("safety")
    make.approved(review, by=officer)
    change = begin_change(Filing.objects.get(pk=filing.pk), party_type="contractor", by=clerk)
    person = make.person("王铁山")
    values = {"new_name": person.name, "new_id_number": person.id_number, "new_phone": person.phone, "reason": "调离"}
    save_change(change, values | {"certificate_no": "1", "effective_on": timezone.localdate()}, by=clerk)
    for kind in [*CHANGE_FILES[PartyType.CONTRACTOR], ChangeFile.CONSENT]:
        add_file(change, kind, clerk)
    send_change(fresh(change), by=clerk)
    confirm_change(change, role="safety", round=1, by=officer)
    assert (fresh(change).status, fresh(filing).status) == (Status.CONFIRMED, Filing.Status.APPROVED)
