"""A project has lost its project manager: those who have to know are told at once (domain §5.7 19, 22)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from enterprises.models import Member
from enterprises.permissions import register_departure
from portal.audit import record
from portal.notifications import notify
from projects.models import PartyType, Project, ProjectParty
from projects.permissions import awaiting_manager

Concerned = Callable[[Project], Iterable[User]]
_concerned: list[Concerned] = []


def register_concerned(fn: Concerned) -> None:
    """`fn(project)` names people that the app above knows of: who filed the project."""
    _concerned.append(fn)


def note_departure(member: Member, *, by) -> int:
    """A member of the 施工单位 left or was disabled: how many projects are without their manager by it."""
    unit = member.enterprise
    posts = ProjectParty.objects.filter(lead=member.user_id, party_type=PartyType.CONTRACTOR, ended_at=None)
    return note_vacancies(posts.filter(Q(enterprise=unit) | Q(uscc=unit.uscc)), by=by)


def note_vacancies(posts, *, by) -> int:
    """Write down and tell which of these posts nobody fills now; the post itself goes on (edge case 22)."""
    vacant = posts.filter(project__in=awaiting_manager(), project__closed_at=None).select_related("project", "lead")
    for party in (found := list(vacant.order_by("pk"))):
        record("project.manager_left", party.project, by=by, enterprise_id=party.enterprise_id)
        tell_concerned(party, "project.manager_left", by=by)
    return len(found)


def tell_concerned(party: ProjectParty, event: str, *, by, applicants: bool = True) -> None:
    """The 建设单位's administrators and lead, and who filed the project; nobody is told what they did themselves.

    Without `applicants` where those learn of it by another message.
    """
    project = party.project
    facts: dict[str, Any] = {"project": project, "party": party}
    owners = project.parties.filter(party_type=PartyType.OWNER, ended_at=None)
    units = Q(administrator__enterprise__in=owners.values("enterprise"))
    units |= Q(administrator__enterprise__uscc__in=owners.exclude(uscc="").values("uscc"))
    administrators = User.objects.filter(units, is_active=True).distinct()
    if by is not None:
        administrators = administrators.exclude(pk=by.pk)
    notify(list(administrators), event, about=project, **facts)  # they have no way into a project
    people = {one for fn in _concerned for one in fn(project)} if applicants else set()
    people |= set(User.objects.filter(projects_led__in=owners, is_active=True))
    told = sorted((one for one in people if by is None or one.pk != by.pk), key=lambda one: one.pk)
    notify(told, event, about=project, link=reverse("projects:detail", args=[project.pk]), **facts)


def tell_people(project: Project, event: str, *, by, **facts: Any) -> None:
    """The leads of all parties and who filed the project, without who did it."""
    people = {one for fn in _concerned for one in fn(project)}
    people |= set(User.objects.filter(projects_led__in=project.parties.filter(ended_at=None), is_active=True))
    told = sorted((one for one in people if one.pk != by.pk), key=lambda one: one.pk)
    link = reverse("projects:detail", args=[project.pk])
    notify(told, event, about=project, link=link, project=project, **facts)


register_departure(note_departure)
