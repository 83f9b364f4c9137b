"""委托审核: the project manager lets somebody decide in their place from one day to another (decisions 5)."""

from datetime import date
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from portal.audit import record
from portal.errors import Refused
from portal.notifications import notify
from projects.models import Project, ProjectGrant
from projects.permissions import DELEGATED, delegable, delegations, delegations_of, may_delegate

LONGEST = 30  # days, as of somebody who stands in for a manager; it may be given anew


@transaction.atomic
def delegate_approvals(project: Project, *, user: User, since: date, until: date, by: User) -> ProjectGrant:
    """Let `user` approve project users of the project on these days; the manager still may.

    Raises Http404 for everybody but the manager, Refused for who has no place there or for more than thirty days.
    """
    project = Project.objects.locked(project.pk)
    if not may_delegate(by, project):
        raise Http404
    if not delegable(project, by=by).filter(pk=user.pk).exists():
        raise Refused(_("请选择施工单位在职人员或本项目的项目用户。"))
    require_sound_days(since, until)
    held = delegations_of(project).filter(user=user).first()
    if held and (held.since is None or (held.until and held.until >= timezone.localdate())):
        raise Refused(_("此人已受委托审核该项目，请先结束现在的委托。"))
    delegations_of(project).filter(user=user).delete()  # one that ran out and was not noted yet
    app, codename = DELEGATED.split(".")
    permission = Permission.objects.get(codename=codename, content_type__app_label=app)
    grant = ProjectGrant.objects.create(
        user=user, permission=permission, content_object=project, since=since, until=until, given_by=by
    )
    days: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
    record("project.approval_delegated", project, by=by, user=str(user.pk), **days)
    link = reverse("projects:approvals")
    notify([user], "project.approval_delegated", about=project, link=link, project=project, grant=grant)
    return grant


def require_sound_days(since: date, until: date) -> None:
    if until < since or until < timezone.localdate():
        raise Refused(_("截止日期不能早于开始日期和今天。"))
    if (until - since).days + 1 > LONGEST:
        raise Refused(_("一次委托最长 %(most)d 天，到期后可以再次委托。") % {"most": LONGEST})


@transaction.atomic
def end_delegation(grant: ProjectGrant, *, by: User) -> None:
    """The manager takes it back, or whom it was given to gives it back. Http404 for everybody else."""
    project = Project.objects.locked(grant.content_object_id)
    if grant.user_id != by.pk and not may_delegate(by, project):
        raise Http404
    current = delegations_of(project).filter(pk=grant.pk).first()
    if current is None:
        raise Refused(_("该委托已结束。"))
    finish_delegation(current, by=by)


def finish_delegation(grant: ProjectGrant, *, by: User | None) -> None:
    project, told = grant.content_object, [account for account in (grant.user, grant.given_by) if account]
    grant.delete()
    record("project.delegation_ended", project, by=by, user=str(grant.user_id))
    others = [account for account in told if by is None or account.pk != by.pk]
    notify(others, "project.delegation_ended", about=project, link="", project=project, grant=grant)


def end_past_delegations(today: date | None = None) -> int:
    """Note which delegations ran out and say so; their rights ended with the day itself. Returns how many."""
    count = 0
    over = delegations().filter(until__lt=today or timezone.localdate())
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            rows = ProjectGrant.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
            if grant := rows.filter(pk=pk).first():
                finish_delegation(grant, by=None)
                count += 1
    return count
