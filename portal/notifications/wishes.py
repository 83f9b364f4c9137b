"""消息设置: which kinds reach a person on which ways. The inbox has everything; security cannot be off."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.audit import record
from portal.masking import mask_email
from portal.notifications.kinds import Kind, To, all_kinds
from portal.notifications.models import MessageSettings


def wishes_of(user: Any) -> MessageSettings:
    """What somebody chose; an unsaved row, with everything on, for those who chose nothing yet."""
    return MessageSettings.objects.filter(user=user).first() or MessageSettings(user=user)


def kinds_for(user: Any) -> list[Kind]:
    """The kinds that such an account may get, codes apart."""
    audiences = {To.PERSON}
    if user.kind == user.Kind.STAFF:
        audiences |= {To.OPERATOR} if user.is_operator else {To.STATION}
    elif user.is_personal:
        audiences |= {To.APPLICANT, To.PROJECT}
    else:
        audiences |= {To.ENTERPRISE, To.PROJECT}
    return [kind for kind in all_kinds() if kind.to in audiences and not kind.is_code]


def switches(kinds: Iterable[Kind]) -> list[str]:
    """What can be turned off: "event:channel"."""
    return [f"{kind.event}:{way}" for kind in kinds if not kind.security for way in kind.channels]


@transaction.atomic
def change_wishes(user: Any, *, email: str, on: Iterable[str], by: Any) -> MessageSettings:
    """Keep the address and turn on exactly `on` of what this account may turn off."""
    row, _made = MessageSettings.objects.get_or_create(user=user)
    row = MessageSettings.objects.locked(row.pk)
    offered = set(switches(kinds_for(user)))
    had_address = bool(row.email)
    row.email = email
    row.muted = sorted((set(row.muted) - offered) | (offered - set(on)))
    if email and not had_address:
        row.gathered_until = timezone.now()  # nobody wants to read of last year
    row.save(update_fields=["email", "muted", "gathered_until"])
    record("messages.settings_changed", user, by=by, email=mask_email(email), off=len(row.muted))
    return row
