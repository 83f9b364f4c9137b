"""What happens to filings by itself."""

import time

from celery import shared_task
from django.db import transaction

from portal.relay import nudge
from supervision.actions import follow_permits

FOLLOW = "supervision.follow_permits"
ROUND = 60  # seconds of work after which others get their turn


@shared_task(name=FOLLOW)
def follow_the_permits() -> int:
    """Bring new and changed permits into 联合报监; returns how many. What is done twice changes nothing."""
    until, done = time.monotonic() + ROUND, 0
    while count := follow_permits():
        done += count
        if time.monotonic() > until:
            with transaction.atomic():
                nudge(FOLLOW)
            break
    return done
