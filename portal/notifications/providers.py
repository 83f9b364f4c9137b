"""Who carries texts out. A provider is a class named in SMS_PROVIDER or EMAIL_PROVIDER."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from portal.notifications.models import Delivery, TrayEntry


class NotSent(Exception):
    """The provider certainly did not take it: it may be tried again. The text is shown to operators."""


class Provider(Protocol):
    """Whatever else `send` raises, a timeout above all, leaves open whether the text went out."""

    honours_keys: bool  # the same key again is not sent again, so an unclear attempt may be repeated

    def send(self, *, key: str, channel: str, address: str, text: str) -> None:
        """Hand one text over within TIMEOUT seconds. Returning means that the provider has it."""


TIMEOUT = 10  # seconds


class Tray:
    """Keeps in the database what would have been sent; /dev/outbox/ shows it."""

    honours_keys = True

    def send(self, *, key: str, channel: str, address: str, text: str) -> None:
        TrayEntry.objects.get_or_create(key=key, defaults={"channel": channel, "address": address, "text": text})


def provider_of(channel: str) -> Provider:
    """The provider in use; NotSent if the setting names none that exists."""
    path = settings.SMS_PROVIDER if channel == Delivery.Channel.SMS else settings.EMAIL_PROVIDER
    try:
        return import_string(path)()
    except ImportError:
        raise NotSent(f"There is no provider {path}.")


def tray_is_used() -> bool:
    return settings.TRAY in {settings.SMS_PROVIDER, settings.EMAIL_PROVIDER}
