"""The second factor: who must have one, and what is told and recorded when one comes or goes."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import StationPost, User
from portal.audit.actions import record
from portal.notifications.actions import notify

HAS_FACTOR = "has_second_factor"  # in the session, once it is known
STATION = "station"


def is_obliged(user: User) -> bool:
    """Whether the settings ask this account for a second factor: station, operator, auditor."""
    asked = set(settings.SECOND_FACTOR_REQUIRED)
    if user.kind != User.Kind.STAFF or not asked:
        return False
    if user.duty in asked:
        return True
    return STATION in asked and StationPost.objects.held().filter(user=user).exists()


def needs_factor(user: User) -> bool:
    """Whether it must have one and has none yet."""
    return is_obliged(user) and not is_mfa_enabled(user)


@receiver([authenticator_added, authenticator_used])
def note_factor(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """This session need not be asked again whether there is one."""
    request.session[HAS_FACTOR] = True


@receiver(authenticator_added)
def tell_added(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record("account.factor_added", user, by=user, kind=authenticator.type)
        notify([user], "account.factor_changed", added=True)


@receiver(authenticator_removed)
def tell_removed(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    request.session.pop(HAS_FACTOR, None)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record("account.factor_removed", user, by=user, kind=authenticator.type)
        notify([user], "account.factor_changed", added=False)
