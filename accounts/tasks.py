"""What happens to accounts by itself."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.actions import close_unused_accounts
from accounts.devices import forget_old_devices
from accounts.drafts import expired_drafts
from accounts.locks import forget_old_locks
from accounts.models import VerificationCode
from accounts.tickets import finish_due_tickets, purge_old_materials
from portal.documents.actions import purge
from portal.documents.models import Document


@shared_task(name="accounts.tidy")
def tidy() -> None:
    """Close accounts that nobody came for; drop drafts and codes that count no more (security S4, PIPL art. 47)."""
    close_unused_accounts()
    forget_old_devices()
    forget_old_locks()
    purge_old_materials()
    VerificationCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()
    for draft in expired_drafts():
        purge(Document.objects.of(draft).kept())
        draft.delete()


@shared_task(name="accounts.finish_tickets")
def finish_tickets() -> None:
    """Changes of phone take effect when their time has come."""
    finish_due_tickets()
