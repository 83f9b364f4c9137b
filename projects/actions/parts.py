"""A project split into phases or lots: parts of it, to which new permits attach (domain §5.7 34)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.numbers import next_number
from portal.validators import check_project_no, clean_name, normalise_project_no
from projects.actions.vacancy import tell_people
from projects.models import Project
from projects.permissions import may_split


@transaction.atomic
def split_project(parent: Project, *, works_name: str, project_no: str = "", by) -> Project:
    """Add a phase or lot to a filed project. Http404 for everybody who does not work for its 建设单位."""
    if not may_split(by, parent):
        raise Http404
    parent = Project.objects.locked(parent.pk)
    works_name, project_no = clean_name(works_name), normalise_project_no(project_no)
    require_splittable(parent)
    require_new_name(parent, works_name)
    require_free_number(project_no)
    part = new_part(parent, works_name=works_name, project_no=project_no)
    record("project.part_added", parent, by=by, part=str(part.pk), number=part.number)
    tell_people(parent, "project.part_added", by=by, part=part)
    return part


def require_splittable(parent: Project) -> None:
    safe = _("原项目没有改变。")
    if parent.filed_at is None or parent.closed_at or parent.merged_into_id:
        raise Refused(_("项目尚未报监完毕、已关闭或已合并，不能划分分期或标段。"), safe=safe)
    if parent.parent_id:
        raise Refused(_("该项目本身是分期或标段，请在其所属项目中划分。"), safe=safe)


def require_new_name(parent: Project, works_name: str) -> None:
    if not works_name:
        raise Refused(_("请填写分期或标段的工程名称。"))
    if parent.parts.filter(works_name=works_name).exists():
        raise Refused(_("该项目已有同名的分期或标段，请核对工程名称。"), safe=_("已有的分期和标段没有改变。"))


def require_free_number(project_no: str) -> None:
    if not project_no:
        return
    try:
        check_project_no(project_no)
    except ValidationError as error:
        raise Refused(*error.messages) from None
    if Project.objects.filter(project_no=project_no).exists():
        raise Refused(
            _("该项目编号已用于其他项目。分期或标段沿用原项目编号的，请将此项留空。"), safe=_("原项目没有改变。")
        )


def new_part(parent: Project, *, works_name: str, project_no: str = "") -> Project:
    """The row of a part; without a number of its own it gets a temporary one (domain §3.5)."""
    day = timezone.localdate()
    number = None if project_no else f"LS{day:%Y%m%d}{next_number(f'LS-{day:%Y%m%d}'):04d}"
    part = Project(
        parent=parent,
        name=parent.name,
        works_name=works_name,
        category=parent.category,
        project_no=project_no or None,
        temporary_no=number,
        is_sample=parent.is_sample,
    )
    part.index_search()
    part.save()
    return part


def part_for(project: Project, works_name: str) -> Project:
    """Where a new permit of this project belongs: itself, or once it is split the part of that name.

    A permit whose works no part is named after makes one: nothing new attaches to what was split.
    """
    if not project.parts.exists():
        return project
    project = Project.objects.locked(project.pk)
    name = clean_name(works_name)
    part = project.parts.filter(works_name=name).select_related("merged_into").first()
    if part is None:
        part = new_part(project, works_name=name or project.works_name or project.name or project.number)
        record("project.part_added", project, by=None, part=str(part.pk), number=part.number)
    return part.survivor
