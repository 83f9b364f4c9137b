"""企业合并与分立 (domain §5.7 26): one operator proposes with proof, another confirms, and everything goes over at once."""

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from enterprises.actions import appoint_administrator, propose_agent
from enterprises.models import Appointment, Enterprise, Member
from enterprises.permissions import administered_by, enterprises_granted
from portal.audit.models import AuditEntry
from portal.errors import Refused
from portal.notifications.models import Message
from projects.actions.handover import confirm_handover, decline_handover, propose_handover, withdraw_handover
from projects.catalogue import HANDOVER_PROOF
from projects.models import EnterpriseHandover, ProjectParty, ProjectUser
from projects.permissions import is_manager
from supervision.models import Filing, FilingVersion
from tests import make
from tests.home.steps import managed_project
from tests.supervision.acts import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    return make.granted(make.enterprise("武汉旧名建设有限公司"))


@pytest.fixture
def target():
    return make.enterprise("武汉新名建设集团有限公司")


@pytest.fixture
def manager(source):
    """Leads a project of the source and has filed for it."""
    return make.site_officer("陈建桥", at=source)


@pytest.fixture
def project(source, manager):
    return managed_project(manager, source)


def proposed(source, target, *, by=None, kind="merge", projects=()):
    make.ready_document(HANDOVER_PROOF.code, source, make.pdf())
    facts = {"kind": kind, "projects": [one.pk for one in projects], "evidence": "企业合并登记〔2026〕12 号"}
    return propose_handover(source, target, **facts, by=by or make.operator("提出人"))


def confirmed(*args, **more):
    return confirm_handover(proposed(*args, **more), by=make.operator("复核人"))


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def test_26_a_merged_enterprise_goes_over_with_people_systems_projects_and_filings(source, target, manager, project):
    """26: Enterprise merged/split (new USCC): new enterprise + transfer_projects with evidence."""
    draft, submitted = make.draft_filing(by=manager), make.submitted_filing(by=manager)
    version = submitted.versions.get() if hasattr(submitted, "versions") else FilingVersion.objects.get()
    before = version.data
    administrator = make.administrator_of(source)

    handover = confirmed(source, target)

    assert fresh(source).status == "merged" and fresh(source).merged_into == target
    assert list(enterprises_granted(manager, "filing")) == [target]
    assert Member.objects.get(user=manager).enterprise == target
    party = ProjectParty.objects.get(project=project)
    assert (party.enterprise, party.uscc, party.unit_name, party.lead) == (target, target.uscc, target.name, manager)
    assert is_manager(manager)
    assert {fresh(one).enterprise for one in (draft, submitted)} == {target}
    assert {draft.pk, submitted.pk} <= set(Filing.objects.visible_to(manager).values_list("pk", flat=True))
    assert fresh(version).data == before  # what was handed in keeps the name of its time
    assert not fresh(administrator).is_active
    assert handover.moved["filings"] == 2 and handover.moved["members"] == 1
    assert Message.objects.filter(user=manager, event="member.moved").exists()
    entries = AuditEntry.objects.filter(event="handover.done").values_list("enterprise_id", flat=True)
    assert set(entries) == {source.pk, target.pk}


def test_26_of_a_split_the_chosen_projects_go_over_and_their_people_are_asked(source, target, manager, project):
    """26: Enterprise merged/split (new USCC): new enterprise + transfer_projects with evidence."""
    other = managed_project(None, source)
    colleague = make.site_officer("何静", at=source)
    ProjectUser.objects.create(
        project=project, enterprise=source, user=colleague, position_id="1023", status="approved",
        decided_by=manager, decided_at=timezone.now(),
    )  # fmt: skip

    handover = confirmed(source, target, kind="split", projects=[project])

    assert fresh(source).status == "active"
    assert ProjectParty.objects.get(project=project).enterprise == target
    assert ProjectParty.objects.get(project=other).enterprise == source
    assert ProjectUser.objects.get().enterprise == target
    assert handover.moved["invited"] == 2
    for person in (manager, colleague):
        states = dict(person.memberships.values_list("enterprise__name", "status"))
        assert states == {source.name: "active", target.name: "invited"}
        assert Message.objects.filter(user=person, event="member.invited").exists()


def test_who_is_in_both_stays_once(source, target, manager):
    make.member(target, manager)
    confirmed(source, target)
    assert sorted(manager.memberships.values_list("enterprise__name", "status")) == sorted(
        [(target.name, "active"), (source.name, "left")]
    )


def test_who_administered_the_merged_enterprise_does_not_administer_the_one_that_goes_on(source, target, manager):
    """26, 39: people go over, the right to manage does not; whoever was asked to be the agent is asked no more."""
    own, both = manager.memberships.get(), make.member(source, make.person("宋远桥", last_login=timezone.now()))
    User.objects.filter(pk=manager.pk).update(last_login=timezone.now())
    by = make.administrator_of(source)
    for member in (own, both):
        appoint_administrator(member, by=by)
    make.member(target, both.user)
    asked = propose_agent(source, name="俞莲舟", phone=make.phone(), by=by)

    confirmed(source, target)

    assert Member.objects.get(user=manager).enterprise == target
    assert not administered_by(manager).exists() and not administered_by(both.user).exists()
    assert not Appointment.objects.filter(ended_at=None).exists()
    assert AuditEntry.objects.filter(event="administrator.removed", enterprise_id=source.pk).count() == 2
    assert Message.objects.filter(event="administrator.removed").count() == 2
    assert (fresh(asked).status, fresh(asked).phone) == ("withdrawn", None)


def test_the_same_unit_in_the_same_capacity_stands_once_on_a_project(source, target, project):
    ProjectParty.objects.create(
        project=project, party_type="contractor", enterprise=target, uscc=target.uscc, unit_name=target.name
    )
    confirmed(source, target)
    assert [one.uscc for one in ProjectParty.objects.filter(project=project, ended_at=None)] == [target.uscc]


def test_who_proposed_does_not_confirm_and_nothing_has_moved(source, target, manager):
    operator = make.operator()
    handover = proposed(source, target, by=operator)
    with pytest.raises(Refused, match="另一名运营人员复核"):
        confirm_handover(handover, by=operator)
    assert fresh(source).status == "active" and Member.objects.get(user=manager).enterprise == source


def test_only_operators_take_part(source, target):
    handover = proposed(source, target)
    for who in (make.administrator_of(source), make.auditor(), make.officer()):
        for act in (
            lambda who=who: proposed(source, target, by=who),
            lambda who=who: confirm_handover(handover, by=who),
            lambda who=who: withdraw_handover(handover, by=who),
        ):
            with pytest.raises(Http404):
                act()
        client = Client()
        client.force_login(who)
        for name in ("handover", "handover-new"):
            pk = handover.pk if name == "handover" else source.pk
            assert client.get(reverse(f"projects:{name}", args=[pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_confirm_at_once_move_everything_once():
    make.reference()
    source, target = make.granted(make.enterprise("武汉旧名建设有限公司")), make.enterprise("武汉新名建设集团有限公司")
    manager = make.site_officer("陈建桥", at=source)
    handover = proposed(source, target)
    second, third = make.operator("复核人"), make.operator("另一人")
    outcomes = together(*[lambda by=by: confirm_handover(handover, by=by) for by in (second, third)])
    assert sorted(outcomes) == ["Refused", "done"] and fresh(handover).status == "done"
    assert Member.objects.get(user=manager).enterprise == target
    assert AuditEntry.objects.filter(event="handover.done").count() == 2  # one for each enterprise


@pytest.mark.django_db(transaction=True)
def test_of_a_confirmation_and_a_refusal_at_once_one_counts():
    make.reference()
    source, target = make.enterprise("武汉旧名建设有限公司"), make.enterprise("武汉新名建设集团有限公司")
    handover = proposed(source, target)
    second, third = make.operator("复核人"), make.operator("另一人")
    outcomes = together(
        lambda: confirm_handover(handover, by=second),
        lambda: decline_handover(handover, opinion="文书不清晰", by=third),
    )
    assert sorted(outcomes) == ["Refused", "done"]
    assert (fresh(handover).status == "done") == (fresh(source).status == "merged")


def test_drafts_name_the_enterprise_that_goes_on_and_what_was_handed_in_does_not_change(source, target, manager):
    draft, submitted = make.ready_filing(by=manager), make.submitted_filing(by=manager)
    at = fresh(draft).parties_version
    written = draft.parties.filter(uscc=source.uscc).count()
    before = FilingVersion.objects.get(filing=submitted).data
    confirmed(source, target)
    assert written and not draft.parties.filter(uscc=source.uscc).exists()
    assert set(draft.parties.filter(uscc=target.uscc).values_list("unit_name", flat=True)) == {target.name}
    assert fresh(draft).parties_version == at + 1  # whoever has the page open does not write the old name back
    assert submitted.parties.filter(uscc=source.uscc).count() == written
    assert FilingVersion.objects.get(filing=submitted).data == before


def test_a_split_leaves_the_drafts_to_their_authors(source, target, manager, project):
    draft = make.ready_filing(by=manager)
    confirmed(source, target, kind="split", projects=[project])
    assert draft.parties.filter(uscc=source.uscc).exists() and not draft.parties.filter(uscc=target.uscc).exists()


def test_a_handover_is_decided_once_declined_with_a_reason_or_taken_back(source, target):
    first, second = make.operator("提出人"), make.operator("复核人")
    handover = proposed(source, target, by=first)
    with pytest.raises(Refused, match="等待复核"):
        proposed(source, target, by=first)
    with pytest.raises(Refused, match="理由"):
        decline_handover(handover, opinion=" ", by=second)
    with pytest.raises(Refused, match="只有提出人"):
        withdraw_handover(handover, by=second)
    decline_handover(handover, opinion="文书不清晰", by=second)
    assert Message.objects.filter(user=first, event="handover.declined").exists()
    with pytest.raises(Refused):
        confirm_handover(handover, by=second)
    again = proposed(source, target, by=first)
    assert withdraw_handover(again, by=first).status == "withdrawn"


def test_without_proof_or_with_a_strange_project_nothing_is_proposed(source, target):
    with pytest.raises(Refused, match="证明材料"):
        propose_handover(source, target, kind="merge", evidence="登记", by=make.operator())
    with pytest.raises(Refused, match="只能选择原企业参建的项目"):
        proposed(source, target, kind="split", projects=[make.project(filed_at=timezone.now())])
    with pytest.raises(Refused, match="两家不同的企业"):
        proposed(source, source)


def test_two_operators_do_it_in_the_console(source, target, manager):
    first, second = Client(), Client()
    first.force_login(make.operator("提出人"))
    second.force_login(make.operator("复核人"))
    url = reverse("projects:handover-new", args=[source.pk])
    assert url in first.get(reverse("enterprises:console")).content.decode()
    assert "承继企业尚未在平台注册" in first.post(url, {"kind": "merge", "target": make.uscc()}).content.decode()

    sent = {"kind": "merge", "target": target.uscc, "evidence": "企业合并登记〔2026〕12 号", "proof": make.pdf()}
    page = first.post(url, sent)
    handover = EnterpriseHandover.objects.get()
    assert page.url == reverse("projects:handover", args=[handover.pk])
    assert "须由另一名运营人员复核" in first.get(page.url).content.decode()
    assert handover.source.name in second.get(reverse("projects:handovers")).content.decode()

    confirm = reverse("projects:handover-move", args=[handover.pk, "confirm"])
    assert "复核通过" in second.get(page.url).content.decode()
    make.ready_document(HANDOVER_PROOF.code, source, make.pdf())
    assert "生效后不能撤销" in second.get(confirm).content.decode()
    second.post(confirm)
    assert fresh(handover).status == "done" and Enterprise.objects.get(pk=source.pk).status == "merged"
    assert "转入用户" in first.get(page.url).content.decode()
