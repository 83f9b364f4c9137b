"""How often a password may be guessed (decisions 3). The counts are in PostgreSQL and know no spelling.

A guess is counted before the password is looked at and given back when it was right, so that forty guesses at the
same moment are not forty guesses. Unknown accounts are counted and locked in the same way.
"""

from datetime import datetime, timedelta
from enum import Enum

from django.db import connection
from django.utils import timezone

from portal.facts import facts
from portal.limits import LimitWindow, forget, hit, hits, index_of

GUESSES, LOCK = 5, 15 * 60  # from one address
GUESSES_EVERYWHERE, HOUR = 20, 3600


class Gate(Enum):
    """What a sign-in needs: the password, a code besides it, or patience."""

    OPEN = "open"
    CODE = "code"
    LOCKED = "locked"


def admit(account: str, *, staff: bool) -> Gate:
    """Count one guess at `account` from this request's address and say what it needs."""
    here = key_here(account)
    if hits(f"lock:{here}", LOCK) or not hit(here, limit=GUESSES, seconds=LOCK):
        return Gate.LOCKED
    if hit(key_everywhere(account), limit=GUESSES_EVERYWHERE, seconds=span(staff)):
        return Gate.OPEN
    return Gate.LOCKED if staff else Gate.CODE


def note_failure(account: str) -> bool:
    """Begin the lock if this was the last guess from here; True if it began with this one."""
    here = key_here(account)
    return hits(here, LOCK) >= GUESSES and hit(f"lock:{here}", limit=1, seconds=LOCK)


def locked_until(account: str) -> datetime:
    """When the lock on `account` from this request's address ends; at the latest, if it is locked from everywhere."""
    window = LimitWindow.objects.filter(key=index_of(f"lock:{key_here(account)}"), seconds=LOCK).first()
    began = max(window.moments, default=timezone.now()) if window else timezone.now()
    return began + timedelta(seconds=LOCK)


def begins_everywhere(account: str) -> bool:
    """Whether staff are locked out from everywhere, and nobody noted that yet."""
    if hits(key_everywhere(account), LOCK) < GUESSES_EVERYWHERE:
        return False
    return hit(noted_key(account), limit=1, seconds=LOCK)


def noted_key(account: str) -> str:
    return f"lock-noted:{account}"


def keys_of_lock(account: str) -> list[str]:
    """What to forget so that `account` may be tried again, from here and from everywhere. Hashed."""
    here = key_here(account)
    return [index_of(key) for key in (here, f"lock:{here}", key_everywhere(account), noted_key(account))]


def forget_keys(keys: list[str]) -> None:
    """Lift a lock: count anew under these hashed keys."""
    LimitWindow.objects.filter(key__in=keys).delete()


def note_success(account: str, *, staff: bool) -> None:
    """The password was right: nothing was guessed."""
    forget(key_here(account))
    give_back(key_everywhere(account), span(staff))


def is_code_due(account: str) -> bool:
    """Whether so much was guessed at the account that a code is asked for besides the password."""
    return hits(key_everywhere(account), HOUR) >= GUESSES_EVERYWHERE


def not_counted(account: str) -> None:
    """Take back the guess of `admit`: no password was looked at."""
    give_back(key_here(account), LOCK)


def give_back(key: str, seconds: int) -> None:
    """Uncount the newest hit under `key`."""
    sql = "UPDATE portal_limitwindow SET moments = moments[:cardinality(moments) - 1] WHERE key = %s AND seconds = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [index_of(key), seconds])


def key_here(account: str) -> str:
    return f"sign-in:{account}@{facts().network}"


def key_everywhere(account: str) -> str:
    return f"sign-in:{account}"


def span(staff: bool) -> int:
    """Staff have no phone on file for a code: twenty guesses lock their account for the usual quarter of an hour."""
    return LOCK if staff else HOUR
