"""Sending goes on when nudged, and every few seconds; digests are looked for every minute."""

from celery import shared_task

from portal.notifications.delivery import deliver_due, is_alive
from portal.notifications.digests import send_digests


@shared_task(name="portal.deliver")
def deliver() -> None:
    """Send what is due. Doing it twice, or at the same time, sends nothing twice."""
    is_alive("worker")
    deliver_due()


@shared_task(name="portal.send_digests")
def gather_messages() -> None:
    """The e-mails of the set times. That this runs at all shows that the clock does."""
    is_alive("beat")
    send_digests()
