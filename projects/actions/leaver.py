"""Who manages projects and leaves: a colleague stands in until another manager is filed (domain §5.7 20, 22)."""

from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enterprises.models import Enterprise, Member
from enterprises.permissions import Unfinished, register_unfinished
from portal.errors import Refused
from projects.actions.succession import appoint_acting, days_left, finish
from projects.models import PartyType, ProjectParty
from projects.permissions import UNDECIDED, led_by, of_units


def posts_of(enterprise: Enterprise, user: User) -> QuerySet[ProjectParty]:
    """The projects that this person manages for the enterprise now, in their own right or in somebody's place."""
    own = Enterprise.objects.filter(pk=enterprise.pk)
    live = led_by(user).filter(of_units(own), ended_at=None, project__filed_at__isnull=False, project__closed_at=None)
    return live.filter(party_type=PartyType.CONTRACTOR).select_related("project", "lead").order_by("pk")


def titles_of(enterprise: Enterprise, user: User) -> list[str]:
    """Each project, with how many applications wait there."""
    waiting = Count("project__project_users", filter=Q(project__project_users__status=UNDECIDED))
    return [title_of(party) for party in posts_of(enterprise, user).annotate(waiting=waiting)]


def title_of(party) -> str:
    if not party.waiting:
        return str(party.project)
    return _("%(project)s（%(count)d 项项目用户申请待审核）") % {"project": party.project, "count": party.waiting}


def hand_over_posts(member: Member, *, to: User, by: User) -> None:
    """Let a colleague stand in on each project for what is left of the thirty days; the stations are told."""
    today = timezone.localdate()
    for party in posts_of(member.enterprise, member.user):
        for acting in party.acting.in_force().filter(user=member.user).select_related("party__project", "user"):
            finish(acting, by=by)
        left = days_left(party)
        if not left:
            raise Refused(
                _("“%(project)s”本次空缺的代理期限已满，请办理项目经理变更。") % {"project": party.project},
                safe=_("还没有办理，项目也没有转交。可以先选择“暂不转交”。"),
            )
        until = today + timedelta(days=left - 1)
        appoint_acting(party, user=to, since=today, until=until, reason=str(REASON), by=by)


REASON = gettext_lazy("项目经理离职或停用，变更完成前由同事代理。")
register_unfinished(
    Unfinished(
        "projects",
        gettext_lazy("担任项目经理的项目"),
        gettext_lazy("项目和待审核的申请转交给"),
        gettext_lazy("接手人代理项目经理，最长 30 天，并通知监督站；请在此期间办理项目经理变更。"),
        titles_of,
        hand_over_posts,
    )
)
