"""Who may act in an enterprise, and which enterprises a person may act for in a business system."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, Member, MemberExclusion, SystemGrant

ADMINISTRATOR_BARRED = _("企业管理员账号仅用于管理企业用户，办理业务请使用个人账号")


def administered_by(user):
    """The enterprises whose 平台管理 this account may open."""
    if not user.is_enterprise_account:
        return Enterprise.objects.none()
    return Enterprise.objects.filter(administrators__user=user)


def enterprises_granted(user, system: str):
    """The enterprises for which this person may enter `system`: active member, granted, not switched off."""
    if not user.is_personal:
        return Enterprise.objects.none()
    excluded = MemberExclusion.objects.filter(system=system).values("member")
    memberships = Member.objects.filter(user=user, status=Member.Status.ACTIVE).exclude(pk__in=excluded)
    granted = SystemGrant.objects.filter(system=system, revoked_at=None)
    return Enterprise.objects.filter(
        status=Enterprise.Status.ACTIVE, pk__in=memberships.values("enterprise")
    ).filter(pk__in=granted.values("enterprise"))


def bar_administrator(user):
    """Refuse an enterprise administrator account at the door of a business system (guide §一.4, product §1)."""
    if user.is_enterprise_account:
        raise PermissionDenied(str(ADMINISTRATOR_BARRED))
