"""Sealing goes on every few seconds; the chain is recomputed every night."""

from celery import shared_task

from portal.audit.checks import TASK, ask_for_check, run_checks
from portal.audit.seals import BATCH, seal


@shared_task(name="portal.seal_audit")
def seal_audit() -> None:
    """Chain what was recorded since. Doing it twice, or at the same time, does no harm."""
    while seal() == BATCH:
        pass


@shared_task(name=TASK)
def check_audit() -> None:
    """Recompute the chain for whoever asked."""
    while run_checks():
        pass


@shared_task(name="portal.check_audit_nightly")
def check_audit_nightly() -> None:
    """Ask for a check, as every night; the result stands where auditors look."""
    ask_for_check(by=None)
