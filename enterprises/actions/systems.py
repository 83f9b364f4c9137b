"""系统授权: which business systems an enterprise may use (guide §三.3). History is kept."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enterprises.models import BusinessSystem, Enterprise, SystemGrant
from enterprises.permissions import require_administrator
from portal.audit.actions import record
from portal.errors import Refused


@transaction.atomic
def grant_systems(enterprise: Enterprise, systems: Iterable[BusinessSystem], *, by: User) -> list[SystemGrant]:
    """Authorise the systems that the enterprise does not have yet; returns the new grants."""
    require_administrator(by, enterprise)
    enterprise = Enterprise.objects.locked(enterprise.pk)
    held = set(enterprise.grants.filter(revoked_at=None).values_list("system_id", flat=True))
    new = [system for system in systems if system.pk not in held]
    grants = [SystemGrant.objects.create(enterprise=enterprise, system=system, granted_by=by) for system in new]
    for system in new:
        record("system.granted", system, by=by, enterprise_id=enterprise.pk, system=system.pk)
    return grants


@transaction.atomic
def revoke_system(grant: SystemGrant, *, by: User) -> None:
    """Withdraw a system: from the next request on its pages are closed; what was filed stays readable."""
    require_administrator(by, grant.enterprise)
    in_force = SystemGrant.objects.filter(pk=grant.pk, revoked_at=None)
    if not in_force.update(revoked_at=timezone.now(), revoked_by=by):
        raise Refused(_("这项授权已经取消，请刷新页面查看最新状态。"))
    record("system.revoked", grant.system, by=by, enterprise_id=grant.enterprise_id, system=grant.system_id)
