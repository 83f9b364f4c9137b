"""Tell people, if and only if the caller's transaction commits. Nothing is sent here: rows are, by a task."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, models, transaction
from django.template import Context, loader
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.notifications.kinds import Kind, kind_of
from portal.notifications.models import Delivery, Message, MessageSettings
from portal.relay import nudge

TASK = "portal.deliver"
DIGEST = "messages.digest"  # the event of an e-mail that gathers several messages


class Telling(NamedTuple):
    """What `notify` is given, to be told with others at once."""

    users: list[Any]
    event: str
    about: models.Model | None = None
    link: str = ""
    context: dict[str, Any] = {}


def notify(
    users: Iterable[Any], event: str, *, about: models.Model | None = None, link: str = "", **context: Any
) -> list[Message]:
    """Put one message into the inbox of each of `users`, and on the other ways that its kind and the reader want.

    The text is templates/messages/<event>.txt, rendered for each user with `user`, `about`, `link` and `context`;
    its first line is the subject. Somebody named twice is told once.
    """
    return notify_all([Telling(list(users), event, about, link, context)])


@transaction.atomic
def notify_all(tellings: Iterable[Telling]) -> list[Message]:
    """`notify` for several things at once: the messages in one statement, what leaves the portal in another."""
    messages = [message for telling in tellings for message in messages_of(telling)]
    Message.objects.bulk_create(messages)
    queue(deliveries_of(messages))
    return messages


def messages_of(telling: Telling) -> Iterator[Message]:
    event, about, link, kind = telling.event, telling.about, telling.link, kind_of(telling.event)
    facts = {"event": event, "link": link, "area": kind.asks.value if kind.asks else ""}
    facts["about_type"], facts["about_id"] = (about._meta.label_lower, str(about.pk)) if about is not None else ("", "")
    for user in {user.pk: user for user in telling.users}.values():
        subject, body = rendered(event, user=user, about=about, link=link, **telling.context)
        yield Message(user=user, subject=subject, body=body, **facts)


@transaction.atomic
def notify_once(key: str, users: Iterable[Any], event: str, **about: Any) -> bool:
    """`notify`, but for this `key` only once for good, also when two tasks come with it at the same moment.

    Returns whether it was this time. While there is nobody to tell, nothing is settled.
    """
    users = list(users)
    if not users or not is_first(key):
        return False
    notify(users, event, **about)
    return True


def is_first(key: str) -> bool:
    """Claim the key; a twin waits for this transaction and then learns that it came second."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO portal_notified (key, at) VALUES (%s, now()) ON CONFLICT DO NOTHING", [key])
        return cursor.rowcount == 1


def deliveries_of(messages: list[Message]) -> Iterator[Delivery]:
    """What leaves the portal for these messages. Each key is the message's, so that nothing is queued twice.

    E-mails to officers are gathered (portal.notifications.digests); only kinds of security are not.
    """
    chosen = {row.user_id: row for row in MessageSettings.objects.filter(user__in=[each.user_id for each in messages])}
    for message in messages:
        kind = kind_of(message.event)
        wishes = chosen.get(message.user_id) or MessageSettings()
        wanted = [way for way in kind.channels if kind.security or wishes.wants(kind.event, way)]
        if "sms" in wanted and (phone := phone_of(message.user)):
            yield text_of(message, phone, kind)
        if "email" in wanted and not kind.digest and (address := email_of(message.user, wishes)):
            yield email_to(address, message.subject, [message.body, *link_of(message)], message=message)


def text_of(message: Message, phone: str, kind: Kind) -> Delivery:
    text = signed("\n".join(part for part in [message.subject, message.body, *link_of(message)] if part))
    delivery = Delivery(message=message, event=message.event, channel="sms", address=phone, text=text)
    delivery.key, delivery.values = f"{message.pk}:sms", {"subject": message.subject}
    delivery.due_at = timezone.now() if kind.security else by_day(timezone.now())
    return delivery


def email_to(
    address: str, subject: str, parts: list[str], *, message: Message | None = None, key: str = ""
) -> Delivery:
    closing = str(_("此邮件由%(platform)s自动发出，请勿回复。")) % {"platform": settings.PLATFORM_NAME}
    text = "\n\n".join(part for part in [*parts, closing] if part)
    event = message.event if message else DIGEST
    facts = {"event": event, "channel": "email", "address": address, "subject": subject, "text": text}
    return Delivery(message=message, key=key or f"{message.pk if message else ''}:email", **facts)


def link_of(message: Message) -> list[str]:
    return [settings.PUBLIC_URL + message.link] if message.link else []


@transaction.atomic
def send_text(
    phone: str, event: str, *, key: str, wipe: bool = False, lifetime: timedelta | None = None, **context: Any
) -> None:
    """Text somebody without an inbox, or a code (`wipe`: never sent twice, dropped when it no longer counts).

    What is to be wiped counts for `lifetime`, or as long as codes do. The same `key` again does nothing. The whole of templates/messages/<event>.txt is the text.
    """
    kind_of(event)
    delivery = Delivery(event=event, channel="sms", address=phone, key=key, wipe=wipe)
    delivery.text = signed("\n".join(part for part in rendered(event, **context) if part))
    delivery.values = {name: str(value) for name, value in context.items()}
    delivery.expires_at = timezone.now() + (lifetime or settings.CODE_LIFETIME) if wipe else None
    if not wipe and not kind_of(event).security:
        delivery.due_at = by_day(timezone.now())
    queue([delivery])


def queue(deliveries: Iterable[Delivery]) -> None:
    if rows := list(deliveries):
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        nudge(TASK)


def mark_handled(about: models.Model, *events: str) -> int:
    """Take the messages about `about` (of these events, or all) off everybody's count: it has been done."""
    messages = Message.objects.about(about).filter(handled_at=None)
    if events:
        messages = messages.filter(event__in=events)
    return messages.update(handled_at=timezone.now())


def rendered(event: str, **context: Any) -> tuple[str, str]:
    """(subject, body) of the event's template. Plain text: pages escape it when they show it."""
    template = loader.get_template(f"messages/{event}.txt").template  # type: ignore[attr-defined]
    names = {"platform": settings.PLATFORM_NAME, "support_contact": settings.SUPPORT_CONTACT}
    text = template.render(Context(names | context, autoescape=False))
    subject, _line_end, body = text.strip().partition("\n")
    return subject.strip(), body.strip()


def signed(text: str) -> str:
    return f"【{settings.PLATFORM_SHORT_NAME}】{text}"


def phone_of(user: Any) -> str:
    """Where to reach somebody: an enterprise's account answers with the number kept on the enterprise.

    People of the demo have invented numbers that may be somebody's: they are written to the tray only.
    """
    if getattr(user, "is_sample", False) and settings.SMS_PROVIDER != settings.TRAY:
        return ""
    contact_phone = getattr(user, "contact_phone", None)
    return (contact_phone() if callable(contact_phone) else getattr(user, "phone", "")) or ""


def email_of(user: Any, wishes: MessageSettings) -> str:
    """The address somebody gave in 消息设置; people of the demo are written to in the tray only."""
    if getattr(user, "is_sample", False) and settings.EMAIL_PROVIDER != settings.TRAY:
        return ""
    return wishes.email


def by_day(at: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours in which it lies (QUIET_HOURS, local time)."""
    if not settings.QUIET_HOURS:
        return at
    begin, end = settings.QUIET_HOURS
    here = timezone.localtime(at)
    now = here.time()
    quiet = begin <= now or now < end if begin > end else begin <= now < end
    if not quiet:
        return at
    morning = here.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return morning if now < end else morning + timedelta(days=1)
