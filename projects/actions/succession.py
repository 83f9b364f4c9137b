"""Another person leads: after a confirmed change, or for at most thirty days in somebody's place (domain §5.7 19, 20)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.models import Enterprise, Member
from enterprises.permissions import administered_by
from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from projects.actions.completion import appoint_if_member, name_lead
from projects.actions.vacancy import tell_concerned
from projects.models import ActingLead, PartyType, Project, ProjectParty, ProjectUser
from projects.models.acting import LONGEST
from projects.permissions import approvers_of, delegations_of

MOST_DAYS = LONGEST.days
Appointed = Callable[[ActingLead], object]
_appointed: list[Appointed] = []


def register_appointment(fn: Appointed) -> None:
    """`fn(acting)` runs in the transaction in which somebody is appointed: the app above tells the stations."""
    _appointed.append(fn)


# A change for good


@transaction.atomic
def replace_lead(project: Project, *, party_type: str, uscc: str, lead: dict[str, Any], by) -> ProjectParty | None:
    """Name another lead; what the former one decided from now on falls to the new one, or to the administrator.

    `lead`: lead_name, lead_id_number, lead_id_index. None if the project has no such party now.
    """
    project = Project.objects.locked(project.pk)
    party = project.parties.filter(ended_at=None, party_type=party_type, uscc=uscc).select_related("lead").first()
    if party is None:
        return None
    former = party.lead
    name_lead(party, lead)
    party.save(update_fields=["lead", "lead_since", "lead_name", "lead_id_number", "lead_id_index"])
    party.acting.filter(ended_at=None).update(ended_at=timezone.now())
    if party_type == PartyType.CONTRACTOR:
        end_delegations(project, by=by)
    if former and former.pk != party.lead_id:
        end_posts_of(former, party, by=by)
        notify([former], "project.lead_replaced", about=project, project=project, party=party)
    if party_type == PartyType.CONTRACTOR:
        tell_concerned(party, "project.manager_changed", by=by, applicants=False)  # the change has told them
    record("project.lead_replaced", project, by=by, enterprise_id=party.enterprise_id, party_type=party_type)
    if party.lead_id is None and party.enterprise_id:
        appoint_if_member(party, by=by)
    applications_follow(project, former)
    return party


def end_delegations(project: Project, *, by) -> None:
    """What a manager delegated ends with the manager (decisions 5)."""
    if count := delegations_of(project).delete()[0]:
        record("project.delegations_ended", project, by=by, count=count)


def end_posts_of(former: User, party: ProjectParty, *, by) -> None:
    """The former lead's own membership as lead is over: replaced (domain §5.3)."""
    posts = ProjectUser.objects.filter(
        project=party.project_id, user=former, enterprise=party.enterprise_id, position__leads=True
    )
    for membership in posts.filter(status=ProjectUser.Status.APPROVED).select_for_update(of=("self",), no_key=True):
        membership.move("end")
        membership.ended_at = timezone.now()
        membership.index_search()
        membership.save()
        record("project_user.ended", membership, by=by, replaced=True)


def applications_follow(project: Project, former: User | None) -> None:
    """Those that wait go to whoever decides now, who is told once how many there are."""
    waiting = list(project.project_users.filter(status=ProjectUser.Status.SUBMITTED).select_related("enterprise"))
    told: dict[User, int] = {}
    for application in waiting:
        mark_handled(application, "project_user.applied", "project_user.waiting")
        for account in approvers_of(application):
            told[account] = told.get(account, 0) + 1
    link = f"{reverse('projects:approvals')}?state=pending"
    for account, count in told.items():
        if former is None or account.pk != former.pk:
            notify([account], "project_user.handed_over", about=project, link=link, project=project, count=count)


# In somebody's place


@transaction.atomic
def appoint_acting(party: ProjectParty, *, user: User, since: date, until: date, reason: str, by) -> ActingLead:
    """Let one of the unit's people stand in for its project manager; the stations are told.

    Raises Http404 for everybody but the unit's administrator; Refused for more than thirty days of one vacancy.
    """
    project = Project.objects.locked(party.project_id)
    party = ProjectParty.objects.select_related("lead").get(pk=party.pk)
    require_administrator_of(party, by)
    require_appointable(party, user)
    require_days(party, since, until)
    party.acting.filter(ended_at=None).update(ended_at=timezone.now())  # one that ran out and was not noted yet
    acting = ActingLead.objects.create(
        party=party,
        user=user,
        stands_in_for=party.lead_id_index,
        since=since,
        until=until,
        reason=reason.strip(),
        appointed_by=by,
    )
    unit = party.enterprise_id
    days = {"since": since.isoformat(), "until": until.isoformat()}
    record("project.acting_appointed", project, by=by, enterprise_id=unit, user=str(user.pk), **days)
    link = reverse("projects:detail", args=[project.pk])
    notify([user], "project.acting_appointed", about=project, link=link, project=project, acting=acting)
    owners = User.objects.filter(projects_led__project=project, projects_led__party_type=PartyType.OWNER)
    notify(owners, "project.acting_told", about=project, link=link, project=project, acting=acting)
    applications_follow(project, party.lead)
    for fn in _appointed:
        fn(acting)
    return acting


def require_administrator_of(party: ProjectParty, by) -> None:
    mine = administered_by(by)
    if not mine.filter(pk=party.enterprise_id).exists() and not mine.filter(uscc=party.uscc or None).exists():
        raise Http404


def require_appointable(party: ProjectParty, user: User) -> None:
    """Only for a project manager, of a project that goes on, by a person who works for the unit."""
    if party.party_type != PartyType.CONTRACTOR or party.ended_at or party.project.filed_at is None:
        raise Refused(_("只能为已报监完毕项目的施工单位指定代理项目经理。"))
    if party.acting.in_force().exists():
        raise Refused(_("该项目已有代理项目经理，请先结束现在的代理。"))
    if user.pk == party.lead_id:
        raise Refused(_("所选人员就是现任项目经理，请选择其他人员。"))
    units = Enterprise.objects.filter(Q(pk=party.enterprise_id) | Q(uscc=party.uscc or None))
    if not Member.objects.filter(user=user, enterprise__in=units, status=Member.Status.ACTIVE).exists():
        raise Refused(_("请选择本单位在职人员。"))


def require_days(party: ProjectParty, since: date, until: date) -> None:
    """Thirty days for one vacancy, however they are divided."""
    if until < since or until < timezone.localdate():
        raise Refused(_("代理截止日期不能早于开始日期和今天。"))
    left = days_left(party)
    if (until - since).days + 1 > left:
        raise Refused(
            _("代理最长 %(most)d 天，本次空缺还可代理 %(left)d 天。") % {"most": MOST_DAYS, "left": left},
            _("届时仍不能履职的，请办理项目经理变更。"),
        )


def days_left(party: ProjectParty) -> int:
    """What is left of the thirty days while the same person is named as lead."""
    used = 0
    for earlier in party.acting.filter(stands_in_for=party.lead_id_index):
        ended = timezone.localdate(earlier.ended_at) if earlier.ended_at else earlier.until
        used += max((min(ended, earlier.until) - earlier.since).days + 1, 0)
    return max(MOST_DAYS - used, 0)


@transaction.atomic
def end_acting(acting: ActingLead, *, by) -> ActingLead:
    """The lead is back, or somebody else shall stand in. Http404 for everybody but the unit's administrator."""
    Project.objects.locked(acting.party.project_id)
    acting = ActingLead.objects.locked(acting.pk)
    require_administrator_of(acting.party, by)
    if acting.ended_at:
        raise Refused(_("该代理已结束。"))
    finish(acting, by=by)
    return acting


def end_acting_posts(today: date | None = None) -> int:
    """Note which appointments have run out and say so; their rights ended with the day itself."""
    count = 0
    over = ActingLead.objects.filter(ended_at=None, until__lt=today or timezone.localdate())
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            row = ActingLead.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
            if acting := row.filter(pk=pk, ended_at=None).first():
                finish(acting, by=None)
                count += 1
    return count


def finish(acting: ActingLead, *, by) -> None:
    acting.ended_at = timezone.now()
    acting.save(update_fields=["ended_at"])
    project = acting.party.project
    record("project.acting_ended", project, by=by, enterprise_id=acting.party.enterprise_id)
    told = [acting.user, acting.appointed_by, *([acting.party.lead] if acting.party.lead else [])]
    link = reverse("projects:detail", args=[project.pk])
    notify(told, "project.acting_ended", about=project, link=link, project=project, acting=acting)
