"""A project nobody may join any more: closed, or its filing voided. Who waits is told why (domain §5.7 43, 44)."""

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from projects.models import Project, ProjectUser


def expire(application: ProjectUser, *, reason: str = "", by=None) -> None:
    """Close an application that nobody decided; `reason` says why where it was not the time."""
    application.move("expire")
    application.ended_at, application.reason = timezone.now(), reason
    application.index_search()
    application.save()
    mark_handled(application)
    record("project_user.expired", application, by=by)
    link = reverse("projects:application", args=[application.pk])
    notify([application.user], "project_user.expired", about=application, link=link, application=application)


def expire_waiting(project: Project, *, reason: str, by) -> int:
    """Close all that wait for a project; how many."""
    waiting = project.project_users.filter(status=ProjectUser.Status.SUBMITTED)
    rows = list(waiting.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for application in rows:
        expire(application, reason=reason, by=by)
    return len(rows)


@transaction.atomic
def close_project(project: Project, *, reason: str, by) -> int:
    """An operator closes a project that is over; returns how many applications expired with it."""
    project = locked_by_operator(project, by)
    if project.closed_at:
        raise Refused(_("该项目已关闭。"))
    if not reason.strip():
        raise Refused(_("请填写关闭原因，申请人会看到。"))
    project.closed_at, project.closed_reason = timezone.now(), reason.strip()
    project.save(update_fields=["closed_at", "closed_reason"])
    expired = expire_waiting(project, reason=_("项目已关闭：%(reason)s") % {"reason": reason.strip()}, by=by)
    record("project.closed", project, by=by, expired=expired)
    return expired


@transaction.atomic
def reopen_project(project: Project, *, by) -> Project:
    """Take a closing back; expired applications stay so, people may ask again."""
    project = locked_by_operator(project, by)
    if project.closed_at is None:
        raise Refused(_("该项目没有关闭。"))
    project.closed_at, project.closed_reason = None, ""
    project.save(update_fields=["closed_at", "closed_reason"])
    record("project.reopened", project, by=by)
    return project


def locked_by_operator(project: Project, by) -> Project:
    if not by.is_operator:
        raise Http404
    return Project.objects.locked(project.pk)


@transaction.atomic
def unfile_project(project: Project, *, reason: str, by) -> int:
    """Its filing was voided and no other stands: closed to project users again; how many applications expired."""
    project = Project.objects.locked(project.pk)
    project.filed_at = None
    project.index_search()
    project.save(update_fields=["filed_at", "search_tokens", "search_text"])
    return expire_waiting(project, reason=reason, by=by)


def why_not_open(project: Project) -> str:
    """The sentence for somebody who wants to join a project that is closed or whose filing was voided; "" if neither."""
    if project.closed_at:
        facts = {"reason": project.closed_reason}
        return _("该项目已关闭（%(reason)s），不再接受项目用户申请。如有疑问请联系项目经理。") % facts
    if project.filed_at is None and project.parties.exists():
        return _("该项目的报监已作废，暂不能申请加入。重新报监完毕后可再申请，请联系本单位报监人员。")
    return ""
