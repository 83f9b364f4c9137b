"""What happens to accounts by itself."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.actions import close_unused_accounts
from accounts.drafts import expired_drafts
from accounts.models import VerificationCode
from portal.documents.actions import purge
from portal.documents.models import Document


@shared_task(name="accounts.tidy")
def tidy() -> None:
    """Close accounts that nobody came for; drop drafts and codes that count no more (security S4, PIPL art. 47)."""
    close_unused_accounts()
    VerificationCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()
    for draft in expired_drafts():
        purge(Document.objects.of(draft).kept())
        draft.delete()
