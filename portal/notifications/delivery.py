"""Send what is due. Any number of workers may do this at once; one that dies leaves a lease that runs out."""

import logging
import random
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.limits import hit
from portal.notifications.actions import TASK, by_day
from portal.notifications.kinds import is_urgent
from portal.notifications.models import Delivery, Heartbeat, TrayEntry
from portal.notifications.providers import NotSent, Refusal, provider_of
from portal.relay import nudge

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than any provider may take
PAUSES = [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=15)]  # before the three further attempts
JITTER = 0.2  # so much sooner at most: what failed together does not come back together
SHIFT = 60  # seconds after which a task hands over to the next, long before its time limit
DAY = 86_400
FRUGAL = 0.8  # of the day's budget, from where on only codes and security go out
TRAY_DAYS = 7
State = Delivery.State


def deliver_due() -> int:
    """Send everything that is due, one by one, and tell how many were tried. After a minute another task goes on."""
    tried, until = 0, time.monotonic() + SHIFT
    while delivery := claim():
        if delivery.state == State.SENDING:
            attempt(delivery)
            tried += 1
        if time.monotonic() > until:
            nudge(TASK)
            break
    return tried


@transaction.atomic
def claim() -> Delivery | None:
    """Take the next one that nobody else has, codes first. It comes back closed instead if it must not be sent."""
    due = Delivery.objects.due().select_for_update(skip_locked=True, of=("self",), no_key=True)
    delivery = due.filter(wipe=True).first() or due.first()
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
        if reason := over_limit(delivery):
            hold_back(delivery, reason)
            return
        more = {"event": delivery.event, "subject": delivery.subject, "values": delivery.values}
        provider_of(delivery.channel).send(
            key=delivery.key, channel=delivery.channel, address=delivery.address, text=delivery.text, **more
        )
    except Refusal as problem:
        settle(delivery, sent=False, error=str(problem), final=True)
    except NotSent as problem:
        settle(delivery, sent=False, error=str(problem))
    except Exception as problem:
        logger.warning("Delivery %s: %s", delivery.pk, type(problem).__name__)
        unclear = not may_repeat(delivery)
        settle(delivery, sent=False, error=type(problem).__name__, unclear=unclear)
    else:
        settle(delivery, sent=True)


@transaction.atomic
def settle(delivery: Delivery, *, sent: bool, error: str = "", unclear: bool = False, final: bool = False) -> None:
    """Note the outcome, unless the lease ran out meanwhile and somebody else has it."""
    row = Delivery.objects.locked(delivery.pk)
    if row.state != State.SENDING or row.lease_until != delivery.lease_until:
        return
    if sent:
        close(row, State.SENT)
    elif unclear:
        close(row, State.UNKNOWN, error=error)
    elif final or row.attempts > len(PAUSES):
        close(row, State.DEAD, error=error)
    else:
        row.state, row.lease_until, row.error = State.FAILED, None, error[:200]
        row.due_at = next_attempt(row)
        row.save(update_fields=["state", "lease_until", "error", "due_at"])


def next_attempt(row: Delivery) -> datetime:
    """When it is tried again: later each time, never all at once, texts that can wait not at night."""
    at = timezone.now() + PAUSES[row.attempts - 1] * random.uniform(1 - JITTER, 1)
    return by_day(at) if row.channel == Delivery.Channel.SMS and not goes_first(row) else at


def goes_first(row: Delivery) -> bool:
    """Codes and what is about an account's security."""
    return row.wipe or is_urgent(row.event)


# Limits against texts by the thousand


def over_limit(delivery: Delivery) -> str:
    """Why this text may not go out now; "" if it may. Counts it for its number if it may."""
    if delivery.channel != Delivery.Channel.SMS or settings.SMS_PROVIDER == settings.TRAY:  # costs and bothers nobody
        return ""
    share = 1 if goes_first(delivery) else FRUGAL
    if texts_today() > settings.SMS_BUDGET * share:  # this one is among them
        logger.error("The day's budget of %d texts is used up to %d percent.", settings.SMS_BUDGET, share * 100)
        return "The day's budget of texts is used up (SMS_BUDGET)."
    if not hit(f"sms-day:{delivery.address}", limit=settings.SMS_A_DAY, seconds=DAY):
        return "The number got as many texts today as it may (SMS_A_DAY)."
    return ""


def texts_today() -> int:
    """Texts that left since midnight, or may have."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    left = [State.SENT, State.SENDING, State.UNKNOWN]
    return Delivery.objects.filter(channel=Delivery.Channel.SMS, state__in=left, created_at__gte=midnight).count()


@transaction.atomic
def hold_back(delivery: Delivery, reason: str) -> None:
    """A code is of no use tomorrow; everything else waits for the morning, and this was no attempt."""
    row = Delivery.objects.locked(delivery.pk)
    if row.state != State.SENDING or row.lease_until != delivery.lease_until:
        return
    if row.wipe:
        close(row, State.DEAD, error=reason)
        return
    morning = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    row.state, row.lease_until, row.error, row.due_at = State.QUEUED, None, reason, by_day(morning)
    row.attempts -= 1
    row.save(update_fields=["state", "lease_until", "error", "due_at", "attempts"])


# By an operator's hand


@transaction.atomic
def resend(delivery: Delivery, *, by) -> None:
    """重发 what was given up, or whose end nobody knows. Never a code: whoever needs one asks for a new one."""
    row = Delivery.objects.locked(delivery.pk)
    if row.wipe or row.state not in {State.DEAD, State.UNKNOWN}:
        raise Refused(
            _("“%(state)s”的消息不能重发。") % {"state": row.get_state_display()},
            heading=_("没有重发"),
            safe=_("这条消息保持原样。验证码不重发，由本人重新获取。"),
        )
    former = row.state
    row.state, row.attempts, row.error, row.due_at = State.QUEUED, 0, "", timezone.now()
    row.save(update_fields=["state", "attempts", "error", "due_at"])
    record("delivery.resent", row, by=by, message=row.event, channel=row.channel, former=former)
    nudge(TASK)


def is_alive(name: str) -> None:
    """Note that the process of that name is at work."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def close(delivery: Delivery, state: State, *, error: str = "") -> None:
    """The last word on a delivery; a code's text goes with it."""
    delivery.state, delivery.lease_until, delivery.error = state, None, error[:200]
    delivery.sent_at = timezone.now() if state == State.SENT else None
    if delivery.wipe:
        delivery.text, delivery.values = "", None
    delivery.save(update_fields=["state", "lease_until", "error", "sent_at", "text", "values"])


def empty_tray() -> None:
    """Drop old texts of the tray."""
    TrayEntry.objects.filter(created_at__lt=timezone.now() - timedelta(days=TRAY_DAYS)).delete()
