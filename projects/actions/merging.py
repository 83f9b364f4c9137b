"""Bringing a project that was made twice under the one that goes on (domain §5.7 33)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.search import reindex
from projects.actions.completion import COPIED
from projects.actions.ending import expire
from projects.models import AwardRecord, ConstructionPermit, Project, ProjectGrant, ProjectParty, ProjectUser


@transaction.atomic
def merge_projects(survivor: Project, duplicate: Project, *, by) -> dict[str, int]:
    """Re-point all that belongs to `duplicate`, both locked by the caller; how many rows of each sort moved."""
    moved = {
        "permits": ConstructionPermit.objects.filter(project=duplicate).update(project=survivor),
        "awards": AwardRecord.objects.filter(project=duplicate).update(project=survivor),
        "users": move_users(survivor, duplicate, by=by),
        "parties": move_parties(survivor, duplicate),
        "delegations": move_grants(survivor, duplicate),
    }
    Project.objects.filter(parent=duplicate).update(parent=survivor)
    Project.objects.filter(merged_into=duplicate).update(merged_into=survivor)
    take_over(survivor, duplicate)
    record("project.merged", duplicate, by=by, into=str(survivor.pk), number=duplicate.number)
    record("project.absorbed", survivor, by=by, other=str(duplicate.pk), number=duplicate.number)
    return moved


def take_over(survivor: Project, duplicate: Project) -> None:
    """What the survivor does not know it learns; the other leads to it from now on."""
    for name in (*COPIED, "name", "category", "project_no"):
        if getattr(survivor, name) in (None, "") and getattr(duplicate, name) not in (None, ""):
            setattr(survivor, name, getattr(duplicate, name))
    if survivor.project_no == duplicate.project_no:
        duplicate.project_no = None  # a number stands on one row; the survivor carries it now
    filed = [at for at in (survivor.filed_at, duplicate.filed_at) if at]
    survivor.filed_at = min(filed, default=None)
    duplicate.merged_into, duplicate.merged_at, duplicate.filed_at = survivor, timezone.now(), None
    duplicate.index_search()
    duplicate.save()
    survivor.index_search()
    survivor.save()


def move_users(survivor: Project, duplicate: Project, *, by) -> int:
    """A person who is on both stays once; an approval outlives an application."""
    live = (ProjectUser.Status.SUBMITTED, ProjectUser.Status.APPROVED)
    there = {row.user_id: row for row in survivor.project_users.filter(status__in=live).select_for_update(of=("self",))}
    for row in duplicate.project_users.filter(status__in=live).select_for_update(of=("self",)):
        if other := there.get(row.user_id):
            settle_twice(row, other, by=by)
    rows = ProjectUser.objects.filter(project=duplicate)
    pks = list(rows.values_list("pk", flat=True))
    rows.update(project=survivor)
    reindex(ProjectUser.objects.filter(pk__in=pks).select_related("user", "project"))
    return len(pks)


def settle_twice(row: ProjectUser, other: ProjectUser, *, by) -> None:
    """Of two memberships of one person the weaker ends."""
    weaker = other if row.status == ProjectUser.Status.APPROVED != other.status else row
    if weaker.status == ProjectUser.Status.SUBMITTED:
        expire(weaker, reason=_("重复项目已合并，本人在合并后的项目中已有申请或身份。"), by=by)
        return
    weaker.move("end")
    weaker.ended_at = timezone.now()
    weaker.save(update_fields=["status", "ended_at"])


def move_parties(survivor: Project, duplicate: Project) -> int:
    """The same unit in the same capacity stands once; a lead who has an account is not lost."""
    present = {(one.party_type, one.uscc): one for one in survivor.parties.filter(ended_at=None)}
    for party in duplicate.parties.filter(ended_at=None):
        same = present.get((party.party_type, party.uscc))
        if same is None:
            continue
        if same.lead_id is None and party.lead_id and same.lead_id_index == party.lead_id_index:
            same.lead, same.lead_since = party.lead, party.lead_since
            same.save(update_fields=["lead", "lead_since"])
        party.acting.filter(ended_at=None).update(ended_at=timezone.now())
        party.ended_at = timezone.now()
        party.save(update_fields=["ended_at"])
    return ProjectParty.objects.filter(project=duplicate).update(project=survivor)


def move_grants(survivor: Project, duplicate: Project) -> int:
    """Delegations, each once."""
    held = set(ProjectGrant.objects.filter(content_object=survivor).values_list("user", "permission"))
    count = 0
    for grant in ProjectGrant.objects.filter(content_object=duplicate):
        if (grant.user_id, grant.permission_id) in held:
            grant.delete()
            continue
        grant.content_object = survivor
        grant.save(update_fields=["content_object"])
        count += 1
    return count


def with_number(number: str) -> Project | None:
    """The project that a number leads to now, be it the number of one that was merged into it."""
    if not number:
        return None
    found = Project.objects.filter(project_no=number).select_related("merged_into").first()
    found = found or Project.objects.filter(temporary_no=number).select_related("merged_into").first()
    return found.survivor if found else None
