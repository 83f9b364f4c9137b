"""审核: the reviews of the officer's stations and roles, by state, by who has them, by deadline (interface page 29)."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, Concat
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import Delegation, StationPost
from portal.links import link_to
from portal.lists.kinds import list_kind
from portal.lists.tools import tools_of
from portal.pages import Page, page_of
from portal.replica import may_read_replica
from portal.search import find
from portal.together import Together
from projects.places import POST, list_here, parts_of
from supervision.actions.delegate import led_by
from supervision.clock import Remaining, calendar_for, remaining
from supervision.forms.review import LATEST_FIRST, SCOPES, STATES, InboxFilter
from supervision.missing import handed_in_without
from supervision.models import Filing, Review
from supervision.progress import Tag, review_tag
from supervision.views.review.queue import (
    STATUSES,
    UNTAKEN,
    Duty,
    duty_of,
    in_scope,
    in_state,
    numbers_of,
    page_shown,
    shape_of,
)

# What waits for the chief's word is 审核中, so its filter leads to that tab.
GOES_WITH: dict[tuple[str, str], dict[str, str]] = {("scope", "confirm"): {"state": "reviewing"}}
FILTERS = ("q", "module", "district")
SHOWN = ("filing__district", "station", "assignee", "version")
KIND = "review"  # under which name columns, views and exports of the inbox are kept
NOT_SHOWN = ("version__data", "version__acknowledged", "filing__search_tokens", "filing__search_text")
LONGEST_QUERY = 1000
REACH = 500  # how far 上一件/下一件 look through a list


@dataclass(frozen=True)
class Row:
    """A review as the inbox shows it."""

    review: Review
    name: str  # as it was handed in
    tag: Tag
    deadline: Remaining | None
    is_changed: bool  # handed in again since the first round
    is_mine: bool  # this officer may take or decide it
    url: str


@may_read_replica
def review_list(request: HttpRequest) -> HttpResponse:
    duty = duty_of(request.user)
    if not duty.posts:
        raise Http404
    tools = tools_of(request, list_kind(KIND))
    filter = cast(InboxFilter, tools.form)
    if url := tools.default_url or list_here(request, POST):
        return redirect(url)
    page, numbers = page_and_numbers(request, filter, duty)
    return render(
        request,
        "supervision/review/list.html",
        {
            "filter": filter,
            "tools": tools,
            "codes": tools.codes,
            "page": page,
            "rows": rows_of(page.rows, request.user, request.GET.urlencode()),
            **tabs_of(request, filter, numbers),
            **ways_on(page.rows, request.user, duty),
        },
    )


def page_and_numbers(request: HttpRequest, filter: InboxFilter, duty: Duty) -> tuple[Page, dict[tuple[str, str], int]]:
    """By questions that were written before; what seldom is asked is written anew."""
    if asked := shape_of(duty, filter):
        return page_shown(request, filter, *asked), numbers_of(filter, *asked)
    found = reviews_found(request.user, filter)
    page = page_of(request, with_shown(shown(request.user, filter, found)), by_key=True)
    return page, counted(found, request.user)


def ways_on(reviews: list[Any], user: Any, duty: Duty) -> dict[str, Any]:
    """What may be done with several rows at once: taken by anybody, handed out by the chief."""
    tickable = [review for review in reviews if review.status in UNTAKEN]
    officers = led_by(user) if tickable and duty.is_chief else []
    return {"may_tick": {review.pk for review in tickable}, "officers": officers}


def officers_led(user: Any) -> list[Any]:
    """To whom this officer may hand out reviews: nobody unless he is chief."""
    posts = StationPost.objects.held().filter(user=user, is_chief=True)
    return led_by(user) if posts.exists() else []


def require_post(user: Any) -> None:
    """The inbox is there for officers; raise Http404 for all others."""
    if not StationPost.objects.held().filter(user=user).exists():
        raise Http404


def review_seen(person: UUID, pk: UUID) -> dict[str, QuerySet[Review]]:
    """The review with its filing and version, if this officer may see it."""
    filing = [f"filing__{name}" for name in ("enterprise", "converts", "jurisdiction_area", "created_by", "permit")]
    related = (*filing, "station", "assignee", "version")
    return {"reviews": Review.objects.visible_to(person).filter(pk=pk).select_related(*related)}


REVIEW = Together(review_seen, person=UUID, pk=UUID)


def visible_review(request: HttpRequest, pk: UUID, asked: Together = REVIEW) -> Review:
    """The review with its filing and version; `asked` may ask for more beside it. Http404 for strangers."""
    for review in asked.ask(person=request.user.pk, pk=pk)["reviews"]:
        return review
    raise Http404


def name_of(review: Review) -> str:
    """The works as they were handed in, not as the applicant is rewording them."""
    labels = review.version.data["labels"]
    return labels.get("works_name") or labels.get("project_name") or str(review.filing)


def reviews_found(user: Any, filter: InboxFilter) -> QuerySet[Review]:
    """Everything the officer may see that meets the search, whatever its state."""
    reviews = Review.objects.visible_to(user)
    given = {name: filter.given[name] for name in FILTERS if name in filter.given}
    sort, key = parts_of(filter.given.get("place", ""))
    if sort == POST:
        post = StationPost.objects.filter(pk=key, station=OuterRef("station"), role=OuterRef("role"))
        reviews = reviews.filter(Exists(post))
    if "papers" in filter.given:
        reviews = handed_in_without(reviews)
    if not given:
        return reviews
    district = given["district"].pk if "district" in given else ""
    filings = find(held_by_stations_of(user), given.get("q", ""), module=given.get("module", ""), district=district)
    return reviews.filter(filing__in=filings.values("pk"))


def held_by_stations_of(user: Any) -> QuerySet[Filing]:
    """The filings of the officer's stations by their tokens, to be searched; whose reviews they are is asked besides."""
    posts = StationPost.objects.held().filter(user=user)
    token = Concat(Value("station:"), Cast("station_id", TextField()), output_field=TextField())
    return Filing.objects.filter(search_tokens__overlap=posts.values_list(token))


def away_for(user: Any) -> Q:
    """What lies with somebody for whom this officer acts while away."""
    away = Delegation.objects.on(timezone.localdate()).filter(delegate=user)
    return Q(assignee__in=away.values("officer"))


def shown(user: Any, filter: InboxFilter, found: QuerySet[Review]) -> QuerySet[Review]:
    """The rows of the chosen tab and second filter, the most urgent first."""
    state = filter.state_shown
    order = ("-version__submitted_at", "-pk") if filter.given.get("sort") == LATEST_FIRST else order_of(state)
    return found.filter(in_state(state), in_scope(filter.scope_shown, user, away_for(user))).order_by(*order)


def with_shown(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """The reviews with what the inbox shows of them."""
    return reviews.select_related(*SHOWN).defer(*NOT_SHOWN)


def order_of(state: str) -> tuple[OrderBy, str]:
    """What is still to be decided by its deadline, what was decided by when, the latest first."""
    if state in ("waiting", "reviewing"):
        return F("due_on").asc(nulls_last=True), "pk"
    return F("decided_at").desc(nulls_last=True), "pk"


def tabs_of(
    request: HttpRequest, filter: InboxFilter, numbers: dict[tuple[str, str], int]
) -> dict[str, list[dict[str, Any]]]:
    """Both rows of tabs, with numbers from one query over the very rows that they lead to."""
    state, scope = filter.state_shown, filter.scope_shown

    def tab(kind: str, code: str, label: Any, current: str) -> dict[str, Any]:
        leads_to = {"state": state, "scope": scope, kind: code} | GOES_WITH.get((kind, code), {})
        url = with_query(request.GET, **{kind: code} | GOES_WITH.get((kind, code), {}))
        badge = sum(numbers.get((leads_to["scope"], status), 0) for status in STATUSES[leads_to["state"]])
        return {"label": label, "url": url, "current": code == current, "badge": badge, "tone": ""}

    return {
        "tabs": [tab("state", code, label, state) for code, label in STATES.items()],
        "scopes": [tab("scope", code, label, scope) for code, label in SCOPES.items()],
    }


def counted(found: QuerySet[Review], user: Any) -> dict[tuple[str, str], int]:
    """How many reviews each scope has in each status. One query of parts, so that each part goes by its own index."""
    rows = found.order_by().values("status")
    parts = [
        rows.filter(in_scope(code, user, away_for(user))).annotate(scope=Value(code, TextField()), number=Count("pk"))
        for code in SCOPES
    ]
    return {(row["scope"], row["status"]): row["number"] for row in parts[0].union(*parts[1:], all=True)}


def with_query(query: QueryDict, **changed: str) -> str:
    """The list's address with other conditions; another list begins on page 1."""
    kept = query.copy()
    kept.pop("page", None)
    for name, value in changed.items():
        kept[name] = value
    return f"?{kept.urlencode()}"


def rows_of(reviews: list[Any], user: Any, query: str) -> list[Row]:
    days = calendar_for(reviews)
    return [row_of(review, user, query, days) for review in reviews]


def row_of(review: Review, user: Any, query: str, days: dict) -> Row:
    return Row(
        review=review,
        name=review.works_name,
        tag=review_tag(review.role, review, viewer=user),
        deadline=remaining(review, days=days),
        is_changed=review.status in Review.UNDECIDED and review.version.number > 1,
        is_mine=review.status in Review.UNDECIDED and review.assignee_id in (None, user.pk),
        url=desk_url(review, query),
    )


# The way between the list and its reviews


def back_of(request: HttpRequest) -> str:
    """The list's conditions that came along, as a query."""
    return QueryDict(request.GET.get("return", "")[:LONGEST_QUERY]).urlencode()


def desk_url(review: Review, back: str = "", *, anchor: str = "", **query: str) -> str:
    """The address of a review's page; `back` keeps the list that the officer came from."""
    given = query | ({"return": back} if back else {})
    address = link_to("review:detail", review.pk)
    return address + (f"?{urlencode(given)}" if given else "") + (f"#{anchor}" if anchor else "")


def neighbours(user: Any, review: Review, back: str) -> dict[str, str]:
    """The addresses of 上一件 and 下一件 in the list that the officer came from.

    A review that has left the list (it was just taken or decided) is followed by the first that is still there.
    """
    filter = InboxFilter(QueryDict(back))
    pks = list(shown(user, filter, reviews_found(user, filter)).values_list("pk", flat=True)[:REACH])
    place = pks.index(review.pk) if review.pk in pks else -1
    near = {"previous": place - 1 if place > 0 else None, "next": place + 1 if place + 1 < len(pks) else None}
    return {name: desk_url(Review(pk=pks[index]), back) if index is not None else "" for name, index in near.items()}
