"""Sending goes on when nudged, and every few seconds."""

from celery import shared_task

from portal.notifications.delivery import deliver_due


@shared_task(name="portal.deliver")
def deliver() -> None:
    """Send what is due. Doing it twice, or at the same time, sends nothing twice."""
    deliver_due()
