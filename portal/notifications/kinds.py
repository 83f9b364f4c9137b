"""The kinds of messages. Each app's notices.py registers its own; the text is templates/messages/<event>.txt.

This is the one place that says of a message who gets it, on which ways, and whether it asks for an act;
docs/messages.md is printed from it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class To(models.TextChoices):
    """Who is told."""

    PERSON = "person", _("本人")
    APPLICANT = "applicant", _("申报人")
    STATION = "station", _("监督站审核人员")
    ENTERPRISE = "enterprise", _("企业管理员")
    PROJECT = "project", _("项目管理人员")
    OPERATOR = "operator", _("平台运营人员")


class Area(models.TextChoices):
    """The word of the menu whose badge counts the kinds that ask for an act there."""

    REVIEW = "review", _("审核")
    PROJECTS = "projects", _("项目管理")
    PLATFORM = "platform", _("平台管理")
    HOME = "home", _("首页")


@dataclass(frozen=True)
class Kind:
    """An event that people are told about. `security` kinds cannot be muted and know no quiet hours.

    `asks`: somebody has to do something, and the badge of that area stays until it is done (mark_handled).
    """

    event: str
    label: str | Promise
    sms: bool = False
    security: bool = False
    to: To = To.PERSON
    asks: Area | None = None

    @property
    def is_code(self) -> bool:
        """Codes go by text to a number that proves itself, and nowhere else."""
        return self.event == "account.code"

    @property
    def digest(self) -> bool:
        """Officers get their e-mail gathered; applicants at once."""
        return self.to in {To.STATION, To.OPERATOR} and not self.security

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways besides the inbox."""
        return ("sms",) if self.is_code else (("sms", "email") if self.sms else ("email",))


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


def is_urgent(event: str) -> bool:
    """Whether it goes out at night too. A kind that no app has any more is not."""
    return event in _kinds and _kinds[event].security


def label_of(event: str) -> str:
    """What the kind is called; a kind that no app has any more is just a message."""
    return str(_kinds[event].label) if event in _kinds else str(_("消息"))


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.event)


def digested() -> Iterable[str]:
    """The events whose e-mails are gathered."""
    return [kind.event for kind in all_kinds() if kind.digest]
