"""The kernel's tasks. Those of its packages are imported here, so that the worker finds them."""

import logging

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError

from portal.audit.seals import seal
from portal.audit.tasks import check_audit, check_audit_nightly, seal_audit
from portal.backup.tasks import back_up_when_due
from portal.documents.tasks import check_documents, clear_uploads
from portal.exports.actions import wipe_old_exports
from portal.exports.tasks import make_exports
from portal.holidays.tasks import check_calendar
from portal.limits import forget_old_windows
from portal.notifications.delivery import empty_tray
from portal.notifications.tasks import deliver, gather_messages
from portal.once import forget_old_tokens
from portal.partitions import PartitionFault, make_ready
from portal.retention import carry_out, rules

logger = logging.getLogger(__name__)

__all__ = [
    "back_up_when_due",
    "check_audit",
    "check_audit_nightly",
    "check_calendar",
    "check_documents",
    "clear_sessions",
    "clear_uploads",
    "deliver",
    "gather_messages",
    "housekeeping",
    "make_parts",
    "make_exports",
    "purge",
    "seal_audit",
]


@shared_task(name="portal.clear_sessions")
def clear_sessions() -> None:
    """Drop sessions that have ended."""
    call_command("clearsessions")


@shared_task(name="portal.purge")
def purge() -> None:
    """Each night: delete what the retention rules say is due, unless an operator wants to do it by hand."""
    for rule in rules() if settings.PURGE_NIGHTLY else ():
        carry_out(rule)


@shared_task(name="portal.housekeeping")
def housekeeping() -> None:
    """Drop what no longer counts, and seal audit entries that a restore may have left behind."""
    forget_old_windows()
    forget_old_tokens()
    empty_tray()
    wipe_old_exports()
    seal(everything=True)


@shared_task(name="portal.make_parts")
def make_parts() -> None:
    """Each night: where audit trail and inbox are split by time, the parts that come next stand ready."""
    try:
        for name in make_ready():
            logger.info("Part %s stands ready.", name)
    except (PartitionFault, OperationalError) as fault:
        logger.warning("No part was made, the next night tries again: %s", fault)
