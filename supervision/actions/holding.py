"""The locks of a filing, always in one order: projects, then filings."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from portal.errors import Refused
from projects.models import Project
from supervision.models import Filing, Review


def locked_projects(pks: Iterable[UUID]) -> dict[UUID, Project]:
    """Lock several projects in the order of their keys, so that two transactions never wait for each other."""
    rows = Project.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(pks)).order_by("pk")
    return {project.pk: project for project in rows}


def locked_filing(pk: UUID) -> Filing:
    """The filing, locked together with its project."""
    project = Filing.objects.values_list("project_id", flat=True).get(pk=pk)
    locked_projects([project])
    filing = Filing.objects.locked(pk)
    if filing.project_id != project:
        raise Refused(_("该报监刚刚被修改，请刷新页面后重试。"))
    return filing


def locked_review(pk: UUID) -> tuple[Filing, Review]:
    """A review with its filing; whoever else wants to change either waits."""
    filing = locked_filing(Review.objects.values_list("filing_id", flat=True).get(pk=pk))
    review = Review.objects.locked(pk)
    review.filing = filing
    return filing, review
