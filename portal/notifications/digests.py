"""E-mails to officers, gathered: at the set times one with what still waits, instead of one for each message."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.notifications.actions import email_of, email_to, queue
from portal.notifications.kinds import digested, label_of
from portal.notifications.models import Message, MessageSettings

MOST = 50  # lines of one e-mail; the inbox has them all


def send_digests(now: datetime | None = None) -> int:
    """Write the e-mails of the last set time, where they are not written yet; returns how many."""
    slot = last_slot(now or timezone.now())
    if slot is None:
        return 0
    due = MessageSettings.objects.filter(gathered_until__lt=slot).values_list("pk", flat=True)
    return sum(gather(pk, slot) for pk in list(due))


def last_slot(now: datetime) -> datetime | None:
    """The latest of DIGEST_TIMES that has come, today's or yesterday's; None where no times are set."""
    here = timezone.localtime(now)
    days = [here.date(), here.date() - timedelta(days=1)]
    slots = [timezone.make_aware(datetime.combine(day, at)) for day in days for at in settings.DIGEST_TIMES]
    return max((slot for slot in slots if slot <= now), default=None)


@transaction.atomic
def gather(pk, slot: datetime) -> bool:
    """One person's e-mail, once: two that come with it at the same moment wait for each other on the row."""
    wishes = MessageSettings.objects.locked(pk)
    if wishes.gathered_until >= slot:
        return False
    rows = Message.objects.filter(user=wishes.user_id, created_at__gt=wishes.gathered_until, created_at__lte=slot)
    events = [event for event in digested() if wishes.wants(event, "email")]
    waiting = list(rows.unread().filter(event__in=events).order_by("created_at")[: MOST + 1])
    wishes.gathered_until = slot
    wishes.save(update_fields=["gathered_until"])
    address = email_of(wishes.user, wishes)
    if not waiting or not address:
        return False
    queue(
        [email_to(address, subject_of(waiting), lines_of(waiting), key=f"digest:{wishes.user_id}:{slot:%Y%m%dT%H%M}")]
    )
    return True


def subject_of(messages: list[Message]) -> str:
    count = f"{MOST}+" if len(messages) > MOST else str(len(messages))
    return _("%(count)s 条消息待您处理") % {"count": count}


def lines_of(messages: list[Message]) -> list[str]:
    lines = [f"{label_of(each.event)}：{each.subject}\n{settings.PUBLIC_URL}{each.link}" for each in messages[:MOST]]
    return [_("以下事项自上次邮件以来发生，您还没有查看，也没有人办理。"), *lines, f"{settings.PUBLIC_URL}/messages/"]
