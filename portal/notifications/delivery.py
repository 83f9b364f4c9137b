"""Send what is due. Any number of workers may do this at once; one that dies leaves a lease that runs out."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from portal.notifications.models import Delivery, TrayEntry
from portal.notifications.providers import NotSent, provider_of

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than any provider may take
PAUSES = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15)]  # before the three further attempts
TRAY_DAYS = 7
State = Delivery.State


def deliver_due() -> int:
    """Send everything that is due, one by one, and tell how many were tried."""
    tried = 0
    while delivery := claim():
        if delivery.state == State.SENDING:
            attempt(delivery)
            tried += 1
    return tried


@transaction.atomic
def claim() -> Delivery | None:
    """Take the next one that nobody else has. It comes back closed instead if it must not be sent (any more)."""
    delivery = Delivery.objects.due().select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    if delivery is None:
        return None
    if delivery.state == State.SENDING and not may_repeat(delivery):
        close(delivery, State.UNKNOWN, error="The worker ended while sending.")
    elif delivery.expires_at and delivery.expires_at <= timezone.now():
        close(delivery, State.DEAD, error="Expired before it could be sent.")
    else:
        delivery.state, delivery.lease_until = State.SENDING, timezone.now() + LEASE
        delivery.attempts += 1
        delivery.save(update_fields=["state", "lease_until", "attempts"])
    return delivery


def may_repeat(delivery: Delivery) -> bool:
    """Whether an attempt of which nobody knows the end may be made again: never a code."""
    try:
        return not delivery.wipe and provider_of(delivery.channel).honours_keys
    except NotSent:
        return False


def attempt(delivery: Delivery) -> None:
    """Hand it to the provider, outside of any transaction, and write down what came of it."""
    try:
        provider_of(delivery.channel).send(
            key=delivery.key, channel=delivery.channel, address=delivery.address, text=delivery.text
        )
    except NotSent as problem:
        settle(delivery, sent=False, error=str(problem))
    except Exception as problem:
        logger.warning("Delivery %s: %s", delivery.pk, type(problem).__name__)
        unclear = not may_repeat(delivery)
        settle(delivery, sent=False, error=type(problem).__name__, unclear=unclear)
    else:
        settle(delivery, sent=True)


@transaction.atomic
def settle(delivery: Delivery, *, sent: bool, error: str = "", unclear: bool = False) -> None:
    """Note the outcome, unless the lease ran out meanwhile and somebody else has it."""
    row = Delivery.objects.locked(delivery.pk)
    if row.state != State.SENDING or row.lease_until != delivery.lease_until:
        return
    if sent:
        close(row, State.SENT)
    elif unclear:
        close(row, State.UNKNOWN, error=error)
    elif row.attempts > len(PAUSES):
        close(row, State.DEAD, error=error)
    else:
        row.state, row.lease_until, row.error = State.FAILED, None, error[:200]
        row.due_at = timezone.now() + PAUSES[row.attempts - 1]
        row.save(update_fields=["state", "lease_until", "error", "due_at"])


def close(delivery: Delivery, state: State, *, error: str = "") -> None:
    """The last word on a delivery; a code's text goes with it."""
    delivery.state, delivery.lease_until, delivery.error = state, None, error[:200]
    delivery.sent_at = timezone.now() if state == State.SENT else None
    if delivery.wipe:
        delivery.text = ""
    delivery.save(update_fields=["state", "lease_until", "error", "sent_at", "text"])


def empty_tray() -> None:
    """Drop old texts of the tray."""
    TrayEntry.objects.filter(created_at__lt=timezone.now() - timedelta(days=TRAY_DAYS)).delete()
