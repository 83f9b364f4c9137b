"""Tell people, if and only if the caller's transaction commits. Nothing is sent here: rows are, by a task."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.template import Context, loader
from django.utils import timezone

from portal.notifications.kinds import kind_of
from portal.notifications.models import Delivery, Message
from portal.relay import nudge

TASK = "portal.deliver"


@transaction.atomic
def notify(
    users: Iterable[Any], event: str, *, about: models.Model | None = None, link: str = "", **context: Any
) -> list[Message]:
    """Put one message into the inbox of each of `users`, and on their phones if the kind says so.

    The text is templates/messages/<event>.txt, rendered for each user with `user`, `about`, `link` and `context`;
    its first line is the subject. Somebody named twice is told once.
    """
    kind = kind_of(event)
    about_type, about_id = (about._meta.label_lower, str(about.pk)) if about is not None else ("", "")
    messages = []
    for user in {user.pk: user for user in users}.values():
        subject, body = rendered(event, user=user, about=about, link=link, **context)
        texts = {"subject": subject, "body": body, "link": link}
        messages.append(Message(user=user, event=event, about_type=about_type, about_id=about_id, **texts))
    Message.objects.bulk_create(messages)
    if kind.sms:
        queue(text_messages(messages))
    return messages


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


def text_messages(messages: list[Message]) -> Iterator[Delivery]:
    """A text for every message whose reader has a phone. Its key is the message's, so a text is queued once."""
    for message in messages:
        if phone := phone_of(message.user):
            link = settings.PUBLIC_URL + message.link if message.link else ""
            text = signed("\n".join(part for part in [message.subject, message.body, link] if part))
            key = f"{message.pk}:sms"
            yield Delivery(message=message, event=message.event, channel="sms", address=phone, text=text, key=key)


@transaction.atomic
def send_text(phone: str, event: str, *, key: str, wipe: bool = False, **context: Any) -> None:
    """Text somebody without an inbox, or a code (`wipe`: never sent twice, dropped when it no longer counts).

    The same `key` again does nothing. The whole of templates/messages/<event>.txt is the text.
    """
    kind_of(event)
    text = signed("\n".join(part for part in rendered(event, **context) if part))
    expires_at = timezone.now() + settings.CODE_LIFETIME if wipe else None
    queue([Delivery(event=event, channel="sms", address=phone, text=text, key=key, wipe=wipe, expires_at=expires_at)])


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
