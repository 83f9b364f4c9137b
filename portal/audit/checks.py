"""The chain of the audit trail, recomputed: every night, and when an auditor asks."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.models import AuditCheck
from portal.audit.seals import first_fault, unsealed_entries
from portal.relay import nudge

TASK = "portal.check_audit"
LEASE = timedelta(minutes=30)  # a check that has not ended by then was cut off, and is begun again


@transaction.atomic
def ask_for_check(*, by) -> AuditCheck:
    """Let the chain be recomputed by a worker; whoever asks while a check waits or runs gets that one."""
    open_check = AuditCheck.objects.select_for_update().filter(ended_at=None).first()
    if open_check is None:
        open_check = AuditCheck.objects.create(asked_by=by)
        record("audit.check_asked", open_check, by=by)
    nudge(TASK)
    return open_check


def run_checks() -> int:
    """Recompute the chain for the check that waits, if there is one; how many were run. Two at once share no work."""
    with transaction.atomic():
        waiting = AuditCheck.objects.select_for_update(skip_locked=True).filter(ended_at=None)
        check = waiting.exclude(begun_at__gt=timezone.now() - LEASE).first()
        if check is None:
            return 0
        check.begun_at = timezone.now()
        check.save(update_fields=["begun_at"])
    check.fault, check.seals, check.last_hash = first_fault()
    check.unsealed = unsealed_entries().count()
    check.ended_at = timezone.now()
    check.save(update_fields=["fault", "seals", "last_hash", "unsealed", "ended_at"])
    return 1
