"""The kinds of messages. Each app's notices.py registers its own; the text is templates/messages/<event>.txt."""

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise


@dataclass(frozen=True)
class Kind:
    """An event that people are told about. `security` kinds cannot be muted."""

    event: str
    label: str | Promise
    sms: bool = False
    security: bool = False


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    for kind in kinds:
        if _kinds.setdefault(kind.event, kind) != kind:
            raise ImproperlyConfigured(f"Two kinds of message are called {kind.event}.")


def kind_of(event: str) -> Kind:
    """The kind; LookupError if no app registered it."""
    if event not in _kinds:
        raise LookupError(f"Register the message {event} in the app's notices.py.")
    return _kinds[event]


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.event)
