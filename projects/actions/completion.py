"""报监完毕: the project takes over what was filed, and its parties get their leads (decisions 6, 8)."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from enterprises.models import Enterprise, Member
from enterprises.permissions import register_arrival
from portal.audit import record
from portal.notifications import notify
from projects.models import Project, ProjectParty, ProjectUser
from projects.permissions import of_units, working

COPIED = (
    "works_name",
    "district",
    "jurisdiction_area",
    "address",
    "longitude",
    "latitude",
    "coordinate_datum",
    "construction_area_m2",
    "contract_amount_wan",
    "construction_status",
)


@transaction.atomic
def complete_project(project: Project, *, values: dict[str, Any], parties: list[dict[str, Any]], by) -> None:
    """Copy a completed filing onto its project, open it for project users, and appoint the leads who have accounts."""
    project = Project.objects.locked(project.pk)
    for name in COPIED:
        setattr(project, name, values[name])
    project.name, project.category = values["project_name"], values["project_category"]
    project.filed_at = project.filed_at or values["filed_at"]
    project.index_search()
    project.save()
    renew_parties(project, parties)
    record("project.completed", project, by=by)
    for party in project.parties.filter(ended_at=None, lead=None, enterprise__isnull=False):
        appoint_if_member(party, by=by)


def renew_parties(project: Project, parties: list[dict[str, Any]]) -> None:
    """The parties as filed; those no longer named end, and a lead stays while the same person is named."""
    present = {(party.party_type, party.uscc): party for party in project.parties.filter(ended_at=None)}
    enterprises = Enterprise.objects.in_bulk([each["uscc"] for each in parties if each["uscc"]], field_name="uscc")
    for named in parties:
        party = present.pop((named["party_type"], named["uscc"]), None)
        party = party or ProjectParty(project=project, party_type=named["party_type"], uscc=named["uscc"])
        name_lead(party, named)
        party.unit_name, party.enterprise = named["unit_name"], enterprises.get(named["uscc"])
        party.save()
    for party in present.values():
        party.ended_at = timezone.now()
        party.save(update_fields=["ended_at"])


def name_lead(party: ProjectParty, named: dict[str, Any]) -> None:
    """Write who leads; another person than before leaves the post empty until one is appointed."""
    number, index = named["lead_id_number"] or None, named["lead_id_index"]
    if index != party.lead_id_index:
        party.lead, party.lead_since = None, None
    party.lead_name, party.lead_id_number, party.lead_id_index = named["lead_name"], number, index


def appoint_if_member(party: ProjectParty, *, by) -> bool:
    """Make the named person the party's lead if their account belongs to that party's enterprise."""
    person = User.objects.filter(kind=User.Kind.PERSONAL, id_index=party.lead_id_index, is_active=True).first()
    if party.lead_id_index is None or person is None or not belongs(person, party):
        return False
    appoint(party, person, by=by)
    return True


def belongs(person: User, party: ProjectParty) -> bool:
    """Whether somebody who may say so has put the person there: the administrator, or who let them into the project."""
    memberships = Member.objects.filter(user=person, enterprise=party.enterprise, status=Member.Status.ACTIVE)
    return (
        memberships.exists()
        or working()
        .filter(user=person, enterprise=party.enterprise, project=party.project, position__leads=True)
        .exists()
    )


def appoint(party: ProjectParty, person: User, *, by) -> None:
    party.lead, party.lead_since = person, timezone.now()
    party.save(update_fields=["lead", "lead_since", "enterprise"])
    unit = party.enterprise_id
    record("project.lead_appointed", party.project, by=by, enterprise_id=unit, party_type=party.party_type)
    link = reverse("projects:detail", args=[party.project_id])
    notify([person], "project.lead_appointed", about=party.project, link=link, project=party.project, party=party)


@transaction.atomic
def appoint_waiting_leads(member: Member, *, by) -> int:
    """Confirm the posts for which a filing named this person, now that they belong to that party's enterprise.

    The administrator who makes somebody a member of the enterprise confirms it by that (decisions 6).
    """
    own = Enterprise.objects.filter(pk=member.enterprise_id)
    named_here = waiting_posts(member.user).filter(of_units(own)).select_related("project")
    return sum(take_post(party, member.enterprise, by=by) for party in named_here)


def appoint_named(application: ProjectUser, *, by) -> int:
    """The administrator has let somebody into the project as its lead: so they are, where the filing names them."""
    own = Enterprise.objects.filter(pk=application.enterprise_id)
    named_here = waiting_posts(application.user).filter(of_units(own), project=application.project)
    return sum(take_post(party, application.enterprise, by=by) for party in named_here.select_related("project"))


def waiting_posts(person: User):
    """The parties of filed projects that name this person as lead and have none yet."""
    named_there = ProjectParty.objects.filter(lead_id_index=person.id_index, lead=None, ended_at=None)
    return named_there.filter(project__filed_at__isnull=False).exclude(lead_id_index=None)


def take_post(party: ProjectParty, enterprise: Enterprise, *, by) -> bool:
    party.enterprise = enterprise  # it may have registered after the filing
    return appoint_if_member(party, by=by)


register_arrival(appoint_waiting_leads)
