"""Lists and exports may be read from a copy of the database that follows it (REPLICA_URL); everything else never is.

A view opts in with `may_read_replica`, a worker with `from_replica`. Inside, the ORM reads from the copy and still writes
to the first. Whoever changed something carries the place in the log up to which the copy must have come (`Wrote`); a
copy that is not there yet, lags, or is away is passed over, and the visitor sees no difference.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse

from portal.measures import count

logger = logging.getLogger(__name__)

ALIAS = "replica"
SAFE = {"GET", "HEAD"}
BEGINNING, NEVER = "0/0", "FFFFFFFF/FFFFFFFF"  # places in the log: every copy has the first, none the second
PLACE = re.compile("[0-9A-F]{1,8}/[0-9A-F]{1,8}")
REST = 10  # seconds in which nobody asks a copy that did not answer
CATCH_UP = 5.0  # seconds that an export waits for the copy
TIMED_OUT = "57014"  # SQLSTATE of a statement that took too long: it would on the first as well
# How far the copy has come, and how old it is: the relay writes its heartbeat on the first every five seconds.
STATE = (
    "SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false),"
    " extract(epoch FROM clock_timestamp() - (SELECT at FROM portal_heartbeat WHERE name = 'relay'))"
)

View = TypeVar("View", bound=Callable[..., HttpResponse])
Result = TypeVar("Result")

_reading: ContextVar[bool] = ContextVar("reading", default=False)
_rests_until = 0.0


class Router:
    """Django's question which database to ask."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return ALIAS if _reading.get() else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The first, from which the rest is then read as well: the copy does not have it yet."""
        _reading.set(False)
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *args: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, *args: Any, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


@contextmanager
def reading() -> Iterator[None]:
    """The ORM reads from the copy."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def is_there() -> bool:
    return ALIAS in settings.DATABASES


def reading_alias() -> str:
    """For SQL by hand: `connections[reading_alias()]`."""
    return ALIAS if _reading.get() else DEFAULT_DB_ALIAS


# Views


def may_read_replica(view: View) -> View:
    """A view that only reads, and may read from the copy: where that fails it is simply called again."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_there() or request.method not in SAFE:
            return view(request, *args, **kwargs)
        if has_come_to(place_of(request)):
            try:
                with reading():
                    response = view(request, *args, **kwargs)
                count("portal_list_reads_total", 1, {"from": ALIAS})
                return response
            except DatabaseError as fault:
                if not passed_over(fault):
                    raise
        count("portal_list_reads_total", 1, {"from": "primary"})
        return view(request, *args, **kwargs)

    return answer  # type: ignore[return-value]


def has_come_to(place: str) -> bool:
    """Whether the copy answers, holds the log up to this place, and is not older than REPLICA_LAG."""
    if time.monotonic() < _rests_until:
        return False
    try:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(STATE, [place])
            holds, age = cursor.fetchone()
    except DatabaseError as fault:
        passed_over(fault)
        return False
    return bool(holds) and age is not None and age <= settings.REPLICA_LAG


def passed_over(fault: DatabaseError) -> bool:
    """Note that the copy failed; whether asking the first is any use."""
    global _rests_until
    if getattr(fault.__cause__, "pgcode", None) == TIMED_OUT:
        return False
    logger.warning("The replica did not answer; the primary does. %s", type(fault).__name__)
    if isinstance(fault, OperationalError | InterfaceError):
        _rests_until = time.monotonic() + REST
    connections[ALIAS].close()
    return True


# Whoever wrote


def cookie_name() -> str:
    return "__Host-wrote" if settings.PRODUCTION else "wrote"


def place_of(request: HttpRequest) -> str:
    """What this person's browser says they have written up to; no secret, and false only to whoever forged it."""
    said = request.COOKIES.get(cookie_name(), BEGINNING)
    return said if PLACE.fullmatch(said) else NEVER


class Wrote:
    """After each change somebody makes, their browser keeps the place in the log up to which they must see it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in {*SAFE, "OPTIONS"} and request.user.is_authenticated:
            response.set_cookie(
                cookie_name(), written_up_to(), max_age=settings.REPLICA_PIN,
                secure=settings.PRODUCTION, httponly=True, samesite="Lax",
            )  # fmt: skip
        return response


def written_up_to() -> str:
    """The end of the first's log: whatever was committed before lies below it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            return cursor.fetchone()[0]
    except DatabaseError:
        return NEVER


# Workers


def from_replica(do: Callable[[str], Result]) -> Result:
    """What `do(alias)` makes of the copy, which holds all that is committed now; of the first if the copy fails.

    `do` may be called twice.
    """
    if is_there() and caught_up():
        try:
            with reading():
                return do(ALIAS)
        except DatabaseError as fault:
            if not passed_over(fault):
                raise
    return do(DEFAULT_DB_ALIAS)


def caught_up(seconds: float = CATCH_UP) -> bool:
    """Wait until the copy has everything that is committed now, a few seconds at most."""
    place, until = written_up_to(), time.monotonic() + seconds
    while not (there := has_come_to(place)) and time.monotonic() < until and time.monotonic() >= _rests_until:
        time.sleep(0.1)
    return there
