"""What happens to applications that nobody decides (decisions 6; domain §5.3; agreement texts)."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from portal.audit.actions import record
from portal.calendar import due_day, overrides
from portal.errors import Refused
from portal.notifications.actions import notify
from projects.actions.ending import expire
from projects.models import ProjectUser
from projects.permissions import approvers_of

REMIND_AFTER, ESCALATE_AFTER = 3, 5  # working days
NUDGE_AFTER = timedelta(days=1)
EXPIRE_AFTER = timedelta(days=30)
CLOSED = (ProjectUser.Status.REJECTED, ProjectUser.Status.WITHDRAWN, ProjectUser.Status.EXPIRED)


@transaction.atomic
def remind_approvers(today: date | None = None) -> tuple[int, int]:
    """Remind who should decide after three working days, and hand over to the 施工单位's administrator after five.

    Returns (reminded, escalated). Each happens once to an application, however often this runs.
    """
    today = today or timezone.localdate()
    days = overrides(today - timedelta(days=60), today + timedelta(days=60))
    reminded = escalated = 0
    for application in claimed(waiting().filter(Q(reminded_at=None) | Q(escalated_at=None))):
        if application.escalated_at is None and due_day(application.applied_at, ESCALATE_AFTER, days) < today:
            escalate(application)
            escalated += 1
        elif application.reminded_at is None and due_day(application.applied_at, REMIND_AFTER, days) < today:
            remind(application)
            reminded += 1
    return reminded, escalated


def waiting() -> QuerySet[ProjectUser]:
    """Those that wait, old enough to matter: fewer than three days cannot be three working days."""
    young = timezone.now() - timedelta(days=REMIND_AFTER)
    return ProjectUser.objects.filter(status=ProjectUser.Status.SUBMITTED, applied_at__lt=young)


def claimed(found: QuerySet[ProjectUser]) -> list[ProjectUser]:
    """The rows, locked; those that somebody is deciding at this moment are left for the next time."""
    return list(found.select_for_update(of=("self",), no_key=True, skip_locked=True))


def remind(application: ProjectUser) -> None:
    application.reminded_at = timezone.now()
    application.save(update_fields=["reminded_at"])
    tell(application, approvers_of(application), "project_user.waiting")


@transaction.atomic
def nudge_approvers(application: ProjectUser, *, by: User) -> None:
    """The applicant asks those who decide to look: after a day, and once a day. Refused before."""
    if application.user_id != by.pk:
        raise Http404
    application = ProjectUser.objects.locked(application.pk)
    if application.status != ProjectUser.Status.SUBMITTED:
        raise Refused(_("该申请已不在“待审核”中，无需提醒。"))
    if (free_at := may_nudge_at(application)) > timezone.now():
        at = f"{timezone.localtime(free_at):%m-%d %H:%M}"
        raise Refused(_("提醒每天一次，%(at)s 之后可以再提醒。审核人已收到通知，您的申请仍在“待审核”中。") % {"at": at})
    approvers = approvers_of(application)
    if not approvers:
        raise Refused(_("该项目的施工单位尚未在平台注册，暂时没有审核人。施工单位注册后会自动收到您的申请。"))
    application.nudged_at = timezone.now()
    application.save(update_fields=["nudged_at"])
    record("project_user.nudged", application, by=by)
    tell(application, approvers, "project_user.nudged")


def may_nudge_at(application: ProjectUser) -> datetime:
    """From when on the applicant may remind whoever decides."""
    return (application.nudged_at or application.applied_at) + NUDGE_AFTER


def escalate(application: ProjectUser) -> None:
    """From now on the administrator may decide too; the manager still may."""
    before = {account.pk for account in approvers_of(application)}
    application.escalated_at = timezone.now()
    application.reminded_at = application.reminded_at or application.escalated_at
    application.save(update_fields=["escalated_at", "reminded_at"])
    record("project_user.escalated", application, by=None)
    added = [account for account in approvers_of(application) if account.pk not in before]
    tell(application, added, "project_user.escalated")


def tell(application: ProjectUser, accounts: list, event: str) -> None:
    link = reverse("projects:approval", args=[application.pk])
    notify(accounts, event, about=application, link=link, application=application)


@transaction.atomic
def expire_applications() -> int:
    """Close what nobody answered for thirty days; the person may ask again. Returns how many."""
    due = ProjectUser.objects.filter(status=ProjectUser.Status.SUBMITTED, applied_at__lt=timezone.now() - EXPIRE_AFTER)
    found = claimed(due)
    for application in found:
        expire(application)
    return len(found)
