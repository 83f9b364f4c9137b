"""What happens to accounts by itself."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.actions import close_unused_accounts
from accounts.activation import forget_old_activations
from accounts.devices import forget_old_devices
from accounts.drafts import expired_drafts
from accounts.locks import forget_old_locks
from accounts.models import VerificationCode
from accounts.privacy.copies import TASK, claim, make_copy, wipe_old_copies
from accounts.privacy.requests import drop_old_drafts
from accounts.tickets import finish_due_tickets, purge_old_materials
from portal.documents.actions import purge
from portal.documents.models import Document
from portal.relay import nudge


@shared_task(name=TASK)
def make_data_copies() -> None:
    """Make what people asked for, one after the other; a few at a time, the rest is left to another call."""
    for _turn in range(5):
        if (copy := claim()) is None:
            return
        make_copy(copy)
    nudge(TASK)


@shared_task(name="accounts.tidy")
def tidy() -> None:
    """Close accounts that nobody came for; drop drafts and codes that count no more (security S4, PIPL art. 47)."""
    close_unused_accounts()
    forget_old_activations()
    forget_old_devices()
    forget_old_locks()
    purge_old_materials()
    wipe_old_copies()
    drop_old_drafts()
    VerificationCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()
    for draft in expired_drafts():
        purge(Document.objects.of(draft).kept())
        draft.delete()


@shared_task(name="accounts.finish_tickets")
def finish_tickets() -> None:
    """Changes of phone take effect when their time has come."""
    finish_due_tickets()
