"""报监完毕: the project takes over what was filed, and its parties get their leads."""

import pytest

from enterprises.permissions import announce_arrival
from portal.audit.models import AuditEntry
from portal.places import District
from projects.models import PartyType
from projects.permissions import is_manager, manager_of
from supervision.catalogue import Module
from supervision.models import Filing
from tests import make
from tests.projects.acts import applied, filed, fresh, party, site, told

pytestmark = pytest.mark.django_db


def test_a_member_whom_the_filing_names_leads_at_once_and_is_told():
    project, contractor, manager = site()
    assert manager_of(project) == manager and is_manager(manager)
    assert told("project.lead_appointed") == ["陈建桥"]
    assert project.filed_at and project.name == "二七云栖府"
    assert AuditEntry.objects.filter(event="project.completed").count() == 1


def test_an_account_that_is_no_member_of_that_party_leads_nothing():
    contractor, elsewhere = make.enterprise(), make.enterprise()
    person = make.member(elsewhere, make.person("陈建桥")).user
    project = filed(None, party(PartyType.CONTRACTOR, contractor, person))
    assert manager_of(project) is None and not is_manager(person)


def test_whoever_is_named_leads_as_soon_as_the_administrator_makes_them_a_member():
    contractor, person = make.enterprise(), make.person("陈建桥")
    project = filed(None, party(PartyType.CONTRACTOR, contractor, person))
    member = make.member(contractor, person)
    announce_arrival(member, by=make.administrator_of(contractor))
    assert manager_of(project) == person
    assert told("project.lead_appointed") == ["陈建桥"]


def test_becoming_a_member_elsewhere_makes_nobody_a_lead():
    contractor, person = make.enterprise(), make.person("陈建桥")
    project = filed(None, party(PartyType.CONTRACTOR, contractor, person))
    other = make.enterprise()
    announce_arrival(make.member(other, person), by=make.administrator_of(other))
    assert manager_of(project) is None


def test_an_enterprise_that_registers_later_gets_its_lead():
    code, person = make.uscc(), make.person("陈建桥")
    project = filed(None, party(PartyType.CONTRACTOR, None, person, uscc=code))
    late = make.enterprise(uscc=code)
    announce_arrival(make.member(late, person), by=make.administrator_of(late))
    assert manager_of(project) == person
    assert project.parties.get().enterprise == late


def test_a_second_filing_keeps_the_lead_while_the_same_person_is_named():
    project, contractor, manager = site()
    project = filed(project, party(PartyType.CONTRACTOR, contractor, manager))
    assert manager_of(project) == manager and project.parties.count() == 1
    other = make.member(contractor, make.person("孙国安")).user
    project = filed(project, party(PartyType.CONTRACTOR, contractor, other))
    assert manager_of(project) == other and not is_manager(manager)


def test_a_party_that_is_named_no_more_ends():
    project, contractor, _manager = site()
    other = make.enterprise()
    project = filed(project, party(PartyType.CONTRACTOR, other))
    assert [one.ended_at is None for one in project.parties.order_by("pk")] == [False, True]


def test_the_real_way_from_the_stations_to_the_project():
    author = make.site_officer()
    filing = make.filed_filing(Module.ADVANCE, author)
    assert filing.status == Filing.Status.FILED
    project = fresh(filing.project)
    assert project.filed_at and project.district == District.objects.get(pk="420102")
    assert project.parties.filter(ended_at=None).count() == 3


def test_a_project_user_sees_the_filing_of_the_project_without_being_a_member():
    author = make.site_officer()
    filing = make.filed_filing(Module.ADVANCE, author)
    person = make.person("赵敏")
    applied(
        filing.project,
        make.employer_of(author),
        person,
        status="approved",
        decided_by=author,
        decided_at=filing.filed_at,
    )
    assert list(Filing.objects.visible_to(person)) == [filing]
    assert not Filing.objects.visible_to(make.person("路人")).exists()
