"""The inbox's questions, written once: what an officer holds, one page of reviews, the numbers at the tabs."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Delegation, StationPost, User
from portal.pages import Page, written_page
from portal.search import filter_token, words_of
from portal.written import Written, any_of, written, written_unprepared
from projects.places import POST, parts_of
from supervision.actions.confirming import for_chief
from supervision.forms.review import LATEST_FIRST, SCOPES, InboxFilter
from supervision.models import Filing, Review, ReviewDecision
from supervision.models.filing import is_any_of

Status = Review.Status
UNTAKEN: list[str] = [Status.WAITING, Status.RECHECK]
STATUSES: dict[str, list[str]] = {
    "waiting": UNTAKEN,
    "reviewing": [Status.ACCEPTED, Status.SURVEY, *Review.PROPOSED],
    "returned": [Status.RETURNED],
    "closed": [Status.APPROVED, Status.KEPT, Status.REJECTED, Status.CANCELLED],
}
DECIDING = (  # what makes it 已办
    "approve",
    "propose_approval",
    "decline_approval",
    "return",
    "propose_rejection",
    "reject",
    "decline_rejection",
)
OF_PAGE = (  # what the rows and their tags take
    *"station_id role status round due_on decided_at clock_started_at assignee__name".split(),
    *"filing__number filing__module filing__works_name filing__project_name filing__district__name".split(),
    *"version__number version__works_name version__submitted_at".split(),
)


# What an officer holds


class Post(NamedTuple):
    id: int
    station: UUID
    role: str
    is_chief: bool


@dataclass(frozen=True)
class Duty:
    """The posts an officer holds today, and for whom else he acts."""

    user: UUID
    posts: list[Post]
    away: list[UUID]

    @property
    def is_chief(self) -> bool:
        return any(post.is_chief for post in self.posts)


def duty_of(user: Any) -> Duty:
    posts, away = duties(timezone.localdate(), user=user.pk)[0]
    return Duty(user.pk, [Post(one["id"], UUID(one["station"]), one["role"], one["chief"]) for one in posts], away)


@written
def duties(day: date, *, user: UUID) -> QuerySet:
    """`day`: whose posts have begun, and whose leave lasts."""
    posts = StationPost.objects.held().filter(user=user).order_by("pk")
    shown = posts.values(found=JSONObject(id=F("pk"), station=F("station"), role=F("role"), chief=F("is_chief")))
    away = Delegation.objects.on(day).filter(delegate=user).values("officer")
    return User.objects.filter(pk=user).values_list(ArraySubquery(shown), ArraySubquery(away))


# Which reviews


def in_state(state: str) -> Q:
    return Q(status__in=STATUSES[state])


def in_scope(scope: str, user: Any, away: Any) -> Q:
    """待领取: nobody has it yet. 我经办: it lies with this officer, or with somebody for whom he acts while away.

    待确认: somebody else proposed 通过 or 不予通过, and this officer is the chief who may confirm it. 本站全部: all
    of the station. 已办: this officer decided something about it. `away`: a condition on `assignee`.
    """
    decided = decisions_of(user).values("review")
    return {
        "queue": Q(status__in=UNTAKEN, assignee=None),
        "confirm": for_chief(user),
        "mine": Q(assignee=user) | away,
        "all": Q(),
        "done": Q(is_any_of("pk", decided)),  # by its decisions: an officer has fewer than the station has reviews
    }[scope]


def decisions_of(user: Any) -> QuerySet[ReviewDecision]:
    return ReviewDecision.objects.filter(by=user, move__in=DECIDING).order_by()


class Shape(NamedTuple):
    """Which conditions a search has, without their values."""

    day: date
    posts: int
    names: frozenset[str]
    words: int


def shape_of(duty: Duty, filter: InboxFilter) -> tuple[Shape, dict[str, Any]] | None:
    """The shape of what was asked, and its values; None for what is not written once."""
    given = filter.given
    sort, key = parts_of(given.get("place", ""))
    posts = [post for post in duty.posts if sort != POST or str(post.id) == key]
    if "papers" in given or not posts:
        return None
    values: dict[str, Any] = {"user": duty.user, "actors": [duty.user, *duty.away]}
    for number, post in enumerate(posts):
        values |= {f"station{number}": post.station, f"role{number}": post.role}
    filters = {name: given[name] for name in ("module",) if name in given}
    if "district" in given:
        filters["district"] = given["district"].pk
    words = words_of(given.get("q", ""), tokens=[filter_token(*pair) for pair in filters.items()])
    if words.tokens or words.contained:
        values["stations"] = sorted({filter_token("station", post.station) for post in duty.posts})
        values["tokens"] = words.tokens
    values |= {f"word{number}": word for number, word in enumerate(words.contained)}
    return Shape(timezone.localdate(), len(posts), frozenset(values), len(words.contained)), values


def meeting(shape: Shape, values: dict[str, Any]) -> QuerySet[Review]:
    held = [Q(station=values[f"station{number}"], role=values[f"role{number}"]) for number in range(shape.posts)]
    found = Review.objects.filter(reduce(or_, held))
    if "stations" not in shape.names:
        return found
    filings = Filing.objects.filter(search_tokens__overlap=listed(values["stations"]))
    if values["tokens"]:
        filings = filings.filter(search_tokens__contains=listed(values["tokens"]))
    for number in range(shape.words):
        filings = filings.filter(search_text__contains=values[f"word{number}"])
    return found.filter(filing__in=filings.values("pk"))


def listed(tokens: list[str]) -> Value:
    return Value(tokens, ArrayField(TextField()))


def scope_of(scope: str, state: str, values: dict[str, Any]) -> Q:
    """`state`: which of STATUSES the reviews are in, "" for any."""
    actors = any_of("assignee", values["actors"])
    user = User(pk=values["user"])
    # what a search finds, or is not closed, is little beside all that an officer decided: each is asked
    if scope == "done" and ("stations" in values or state not in ("", "closed")):
        return Q(Exists(decisions_of(user).filter(review=OuterRef("pk"))))
    return actors if scope == "mine" else in_scope(scope, user, actors)


def within_scope(found: QuerySet[Review], scope: str, state: str, values: dict[str, Any]) -> QuerySet[Review]:
    return found.filter(scope_of(scope, state, values))


# One page


def order_of(state: str, is_latest_first: bool) -> tuple[str, str]:
    """What the rows go by, and how. What is still to be decided by its deadline, what was decided by when, the latest first."""
    if is_latest_first:
        return "version__submitted_at", "1 DESC, 2 DESC"
    return (
        ("due_on", "1 ASC NULLS LAST, 2 ASC")
        if state in ("waiting", "reviewing")
        else ("decided_at", "1 DESC NULLS LAST, 2 ASC")
    )


def page_shown(request: HttpRequest, filter: InboxFilter, shape: Shape, values: dict[str, Any]) -> Page:
    by, order = order_of(filter.state_shown, filter.given.get("sort") == LATEST_FIRST)
    asked: tuple[Hashable, ...] = (shape, filter.state_shown, filter.scope_shown, by)
    return written_page(request, keys_found, order, *asked, rows=rows_of_page, **values)


def rows_of_page(keys: list[UUID]) -> list[Any]:
    return reviews_of_page(keys=keys)


@written
def reviews_of_page(*, keys: list[UUID]) -> QuerySet[Review]:
    related = ("filing__district", "assignee", "version")
    return Review.objects.filter(any_of("pk", keys)).select_related(*related).only(*OF_PAGE)


@written_unprepared
def keys_found(shape: Shape, state: str, scope: str, by: str, **values: Any) -> QuerySet[Review]:
    """What the list is ordered by, and the key."""
    return within_scope(meeting(shape, values).filter(in_state(state)), scope, state, values).values_list(by, "pk")


# The numbers


def numbers_of(filter: InboxFilter, shape: Shape, values: dict[str, Any]) -> dict[tuple[str, str], int]:
    """How many reviews each scope has in the states that a tab leads to: (scope, status)."""
    if "stations" in shape.names:  # what a search finds is read once, whoever counts it
        found = numbers_searched.raw(shape, **values)
        return {(scope, row[0]): row[1 + place] for row in found for place, scope in enumerate(SCOPES)}
    rows = numbers_asked.raw(shape, filter.state_shown, filter.scope_shown, **values)
    return {(scope, status): number for status, scope, number in rows}


def tallies(rows: QuerySet) -> str:
    """Around rows of a status and, for each scope, yes or no."""
    flags = [f"in_{scope}" for scope in SCOPES]
    numbers = ", ".join(f"count(*) FILTER (WHERE {flag})" for flag in flags)
    return f"SELECT status, {numbers} FROM (%s) AS found (status, {', '.join(flags)}) GROUP BY status"


def flags_searched(shape: Shape, **values: Any) -> QuerySet[Review]:
    flags: list[Any] = [
        Case(When(scope_of(scope, "", values), then=True), default=False) for scope in SCOPES if scope != "all"
    ]
    flags.insert(list(SCOPES).index("all"), Value(True))
    return meeting(shape, values).order_by().values_list("status", *flags)


numbers_searched = Written(flags_searched, prepared=False, frame=tallies)


@written_unprepared
def numbers_asked(shape: Shape, state: str, current: str, **values: Any) -> QuerySet:
    """One query of parts, so that each goes by its own index; other scopes are counted in the current state alone."""
    found = meeting(shape, values)
    parts = []
    for scope in SCOPES:
        there = "" if scope == current else "reviewing" if scope == "confirm" else state
        counted = found.filter(in_state(there)) if there else found
        rows = within_scope(counted, scope, there, values).order_by().values("status")
        parts.append(rows.annotate(scope=Value(scope, TextField()), number=Count("pk")))
    return parts[0].union(*parts[1:], all=True)
