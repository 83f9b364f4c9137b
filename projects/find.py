"""Choosing an enterprise and one of its filed projects (guide 二.4; security S3)."""

from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from enterprises.find import find_enterprises
from enterprises.models import Enterprise
from portal.search import find
from projects.models import Project, ProjectParty
from projects.permissions import of_units, projects_open_to

AT_MOST = 10
NO_PROJECT = _("未搜索到项目，代表该项目尚未在平台报监，请先完成项目报监")


class Choice(NamedTuple):
    """What a form about a place on a project offers, and what is chosen in it."""

    enterprises: list[Enterprise]
    enterprise: Enterprise | None
    projects: list[Project]
    project: Project | None
    asked: bool  # whether something was looked for
    closed: Project | None = None  # it was chosen, and was closed or voided since


def choice_of(given: dict[str, Any], *, own: list[Enterprise], signed_in: bool, find_again: str = "") -> Choice:
    """From what was typed: company, enterprise, works, project. What is the only one found counts as chosen.

    `own` are offered to somebody who belongs to them already; `find_again` ("company" or "works") drops what was chosen.
    """
    company, works = str(given.get("company", "")).strip(), str(given.get("works", "")).strip()
    enterprise = None if find_again == "company" else enterprise_with(given.get("enterprise"))
    found = [enterprise] if enterprise else list(find_enterprises(company, signed_in=signed_in)) if company else own
    if enterprise is None and len(found) == 1 and (find_again or not given.get("enterprise")):
        enterprise = found[0]
    if enterprise is None:
        return Choice(found, None, [], None, bool(company))
    chosen = None if find_again else project_with(given.get("project"), enterprise)
    closed = None if chosen or find_again else closed_project(given.get("project"), enterprise)
    offered = [chosen] if chosen else find_projects(enterprise, works)
    if chosen is None and len(offered) == 1 and (find_again or not given.get("project")):
        chosen = offered[0]
    return Choice(found, enterprise, offered, chosen, True, closed)


def enterprise_with(pk: Any) -> Enterprise | None:
    active = Enterprise.objects.filter(status=Enterprise.Status.ACTIVE).select_related("district")
    return active.filter(pk=key).first() if (key := uuid_of(pk)) else None


def project_with(pk: Any, enterprise: Enterprise) -> Project | None:
    return projects_open_to(enterprise).filter(pk=key).first() if (key := uuid_of(pk)) else None


def closed_project(pk: Any, enterprise: Enterprise) -> Project | None:
    """A project of the enterprise that was chosen but is open no more."""
    if (key := uuid_of(pk)) is None:
        return None
    parties = ProjectParty.objects.filter(of_units(Enterprise.objects.filter(pk=enterprise.pk)), project=key)
    return Project.objects.filter(pk__in=parties.values("project")).first()


def find_projects(enterprise: Enterprise, keyword: str = "") -> list[Project]:
    """At most ten of its filed projects, the newest first: name and district, nothing else is shown of them."""
    rows = find(projects_open_to(enterprise).select_related("district"), keyword[:100])
    return list(rows.order_by("-filed_at", "pk")[:AT_MOST])


def uuid_of(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
