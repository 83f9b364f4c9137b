"""The backup at set times, where BACKUP_TO names a folder."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from portal.backup.actions import back_up
from portal.backup.models import BackupRun
from portal.backup.places import NotDone

logger = logging.getLogger(__name__)

MOST = 12 * 3600  # seconds; a longer one is for a timer of the system's own
AGAIN = timedelta(hours=1)  # after one that failed


# Acknowledged when it begins: a redelivered one would be a second backup beside the first.
@shared_task(name="portal.back_up", acks_late=False, reject_on_worker_lost=False, time_limit=MOST, ignore_result=True)
def back_up_when_due() -> bool:
    """Make the backup whose time has come; looked at every ten minutes, so that no restart makes us miss one."""
    if not is_due(timezone.now()):
        return False
    try:
        back_up(Path(settings.BACKUP_TO), keep_days=settings.BACKUP_KEEP_DAYS)
    except NotDone as fault:
        logger.warning("No backup was made: %s", fault)
        return False
    return True


def is_due(now: datetime) -> bool:
    """Whether one of the times has passed since the last try, or a failed try is an hour old."""
    if not settings.BACKUP_TO:
        return False
    last = BackupRun.objects.order_by("-begun_at").first()
    if last is None or last.begun_at < last_time(now):
        return True
    return bool(last.fault) and last.begun_at < now - AGAIN


def last_time(now: datetime) -> datetime:
    """The newest of the set times that has passed."""
    today = timezone.localtime(now)
    days = (today, today - timedelta(days=1))
    times = [
        day.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        for day in days
        for at in settings.BACKUP_AT
    ]
    return max((moment for moment in times if moment <= now), default=now - timedelta(days=1))
