"""Who carries texts out. A provider is a class named in SMS_PROVIDER or EMAIL_PROVIDER."""

import smtplib
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.module_loading import import_string

from portal.notifications.models import Delivery, TrayEntry


class NotSent(Exception):
    """The provider certainly did not take it: it may be tried again. The text is shown to operators."""


class Refusal(NotSent):
    """The provider will never take it, however often it is asked: a number that is none, a template unknown."""


class Provider(Protocol):
    """Whatever else `send` raises, a timeout above all, leaves open whether the text went out."""

    honours_keys: bool  # the same key again is not sent again, so an unclear attempt may be repeated

    def send(self, *, key: str, channel: str, address: str, text: str, **more: Any) -> None:
        """Hand one text over within TIMEOUT seconds. Returning means that the provider has it.

        `more`: `event` and `values` for templates kept at the provider, `subject` of an e-mail.
        """


TIMEOUT = 10  # seconds


class Tray:
    """Keeps in the database what would have been sent; /dev/outbox/ shows it."""

    honours_keys = True

    def send(self, *, key: str, channel: str, address: str, text: str, subject: str = "", **more: Any) -> None:
        shown = f"{subject}\n\n{text}" if subject else text
        TrayEntry.objects.get_or_create(key=key, defaults={"channel": channel, "address": address, "text": shown})


class Smtp:
    """E-mail through EMAIL_HOST. A mail server keeps no keys; the key is the Message-ID, by which copies are told."""

    honours_keys = False

    def send(self, *, key: str, address: str, text: str, subject: str = "", **more: Any) -> None:
        connection = get_connection("django.core.mail.backends.smtp.EmailBackend", timeout=TIMEOUT)
        headers = {"Message-ID": f"<{key.replace(':', '.')}@{message_host()}>", "Auto-Submitted": "auto-generated"}
        mail = EmailMessage(subject, text, to=[address], headers=headers, connection=connection)
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as fault:
            raise NotSent(f"SMTP: {type(fault).__name__}")
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as fault:
            raise worded("recipient", next(iter(fault.recipients.values()))[0])
        except smtplib.SMTPResponseException as fault:  # an answer, and not "accepted"
            raise worded(type(fault).__name__, fault.smtp_code)
        finally:
            connection.close()


def worded(what: str, code: int) -> NotSent:
    """5xx is the server's last word, 4xx asks to come again (RFC 5321 §4.2.1)."""
    return (Refusal if code >= 500 else NotSent)(f"SMTP {code}: {what}")


def message_host() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"


def provider_of(channel: str) -> Provider:
    """The provider in use; NotSent if the setting names none that exists."""
    path = settings.SMS_PROVIDER if channel == Delivery.Channel.SMS else settings.EMAIL_PROVIDER
    try:
        return import_string(path)()
    except ImportError:
        raise NotSent(f"There is no provider {path}.")


def tray_is_used() -> bool:
    return settings.TRAY in {settings.SMS_PROVIDER, settings.EMAIL_PROVIDER}
