"""One page of a list: the rows, how many there are, and the way to the others (interface §6)."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, OrderBy, QuerySet
from django.db.models.functions import Greatest
from django.db.models.sql.where import WhereNode
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from portal.search import CAP, capped_count
from portal.written import Written

AROUND = 2  # page numbers shown on either side of the current one


@dataclass(frozen=True)
class Page:
    """What `components/pager.html` needs. `query` holds the other parameters of the address, without `page`."""

    rows: list[Model]
    total: int
    number: int
    last: int
    per_page: int
    sizes: tuple[int, ...]
    query: QueryDict

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def total_text(self) -> str:
        """共 128 条, or 共 10000+ 条 where nobody counted further."""
        return gettext("共 %(count)s 条") % {"count": f"{CAP}+" if self.total > CAP else self.total}

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.last

    @property
    def previous_number(self) -> int:
        return self.number - 1

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def start_index(self) -> int:
        """The running number of the first row, 0 on an empty list."""
        return (self.number - 1) * self.per_page + 1 if self.rows else 0

    @property
    def window(self) -> list[int | None]:
        """The page numbers to offer: first, last, those around the current; None where some are left out."""
        near = set(range(self.number - AROUND, self.number + AROUND + 1)) & set(range(1, self.last + 1))
        shown: list[int | None] = []
        for number in sorted(near | {1, self.last}):
            if shown and number - (shown[-1] or 0) > 1:
                shown.append(number - 1 if number - (shown[-1] or 0) == 2 else None)
            shown.append(number)
        return shown


def page_of(
    request: HttpRequest, queryset: QuerySet, sizes: tuple[int, ...] = (10, 20, 50), *, by_key: bool = False
) -> Page:
    """The page that `?page=` and `?per_page=` ask for, in two queries; a page too far is the last one.

    Without an order the newest come first. Past 10 000 rows nothing is counted and no page is offered.
    `by_key` asks for the keys of the page first, then for its rows: for wide rows of lists that may be long, so
    that what is sorted, or skipped on the way to a deep page, is narrow.
    """
    per_page = _number(request.GET.get("per_page"), sizes[0])
    per_page = per_page if per_page in sizes else sizes[0]
    total = capped_count(queryset)
    last = max(1, -(-min(total, CAP) // per_page))
    number = min(max(1, _number(request.GET.get("page"), 1)), last)
    start = (number - 1) * per_page
    ordered = _ordered(queryset, total)[start : start + per_page]
    rows = (_by_key(queryset, ordered) if by_key else list(ordered)) if total else []
    query = request.GET.copy()
    query.pop("page", None)
    return Page(rows, total, number, last, per_page, tuple(sizes), query)


def written_page(
    request: HttpRequest,
    keys: Written,
    order: str,
    *shape: Hashable,
    rows: Callable[[list[Any]], Iterable[Any]],
    sizes: tuple[int, ...] = (10, 20, 50),
    **given: Any,
) -> Page:
    """The same page of a list whose keys are a question that is written once.

    `keys` gives what the list is ordered by and the key, in this order; `order` says how, by their places:
    "1 DESC, 2 DESC". `rows` gives the rows of the page's keys in any order. One question counts and finds the keys
    of the page; where more rows are than are counted, a second walks the order.
    """
    per_page = _number(request.GET.get("per_page"), sizes[0])
    per_page = per_page if per_page in sizes else sizes[0]
    wanted = max(1, _number(request.GET.get("page"), 1))
    total, found = _counted(keys, order, (wanted - 1) * per_page, per_page, shape, given)
    last = max(1, -(-min(total, CAP) // per_page))
    number = min(wanted, last)
    if total > CAP:
        walk = keys.within(
            f"%s ORDER BY {order} LIMIT %s OFFSET %s", (per_page, (number - 1) * per_page), *shape, **given
        )
        found = [row[-1] for row in walk]
    elif number != wanted:
        found = _counted(keys, order, (number - 1) * per_page, per_page, shape, given)[1]
    query = request.GET.copy()
    query.pop("page", None)
    by_key = {row.pk: row for row in rows(found)} if found else {}
    return Page([by_key[key] for key in found if key in by_key], total, number, last, per_page, tuple(sizes), query)


def _counted(
    keys: Written, order: str, start: int, per_page: int, shape: tuple, given: dict[str, Any]
) -> tuple[int, list[Any]]:
    """How many there are, no further than counted, and the keys of one page of them."""
    names = [f"o{place}" for place in range(1, order.count(",") + 2)]
    by = ", ".join(f"o{term.strip()}" for term in order.split(","))
    sql = (
        f"WITH found ({', '.join(names)}) AS MATERIALIZED (%s LIMIT {CAP + 1}) SELECT (SELECT count(*) FROM found), "
        f"ARRAY(SELECT {names[-1]} FROM found ORDER BY {by} LIMIT %s OFFSET %s)"
    )
    return keys.within(sql, (per_page, start), *shape, **given)[0]


def _by_key(queryset: QuerySet, ordered: QuerySet) -> list[Model]:
    keys = list(ordered.select_related(None).prefetch_related(None).values_list("pk", flat=True))
    of_page = queryset.order_by()
    of_page.query.where = WhereNode()  # the keys have just met the conditions
    rows = {row.pk: row for row in of_page.filter(pk__in=keys)}
    return [rows[key] for key in keys if key in rows]


def _ordered(queryset: QuerySet, total: int) -> QuerySet:
    """The rows in their order, the newest first where none is given; few enough are sorted rather than walked.

    Left alone, PostgreSQL walks the index of the order and hopes to meet enough matches early: when all of them
    are old it reads the whole table. An order by an expression that no index holds keeps it to the matches.
    """
    queryset = queryset if queryset.ordered else queryset.order_by("-pk")
    if total > CAP or queryset.query.distinct or queryset.query.combinator:
        return queryset
    terms = queryset.query.order_by or queryset.query.get_meta().ordering or []
    return queryset.order_by(*[term if _is_computed(term, queryset) else _off_index(term) for term in terms])


def _is_computed(term: Any, queryset: QuerySet) -> bool:
    """Whether it orders by an annotation, which no index holds anyway."""
    expression = term.lstrip("-") if isinstance(term, str) else getattr(term, "expression", term)
    return getattr(expression, "name", expression) in queryset.query.annotations


def _off_index(term: Any) -> OrderBy:
    """The same order as "-name" or an expression gives, through an expression that is equal and in no index."""
    order = F(term.lstrip("-")) if isinstance(term, str) else term
    if not isinstance(order, OrderBy):
        order = OrderBy(order, descending=isinstance(term, str) and term.startswith("-"))
    order = order.copy()
    order.expression = Greatest(order.expression, order.expression)
    return order


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else default
