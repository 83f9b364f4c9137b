"""The lists of the portal: what can be searched, which columns there are, and what an export of them holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.utils.functional import Promise

from portal.forms import SearchForm, shown_value

Text = str | Promise
LONGEST_QUERY = 1000


@dataclass(frozen=True)
class Column:
    """One column. `value` gives what an export writes of a row: a text, a number, a day, or None."""

    code: str
    label: Text
    value: Callable[[Any], Any]
    is_shown: bool = True  # until the person chooses
    is_fixed: bool = False  # the row's own name: always there, and first
    width: int = 18  # of the export's column, in characters


@dataclass(frozen=True)
class ListKind:
    """A list by the name under which people's columns, views and exports of it are kept."""

    code: str
    label: Text
    columns: tuple[Column, ...]
    url: Callable[[], str]
    form: Callable[[QueryDict], SearchForm]
    may_open: Callable[[Any], bool]
    rows: Callable[[Any, QueryDict], QuerySet]  # (user, query): what the list shows, in its order
    prepared: Callable[[Iterable[Any], Any], Iterable[Any]]  # (rows, user): what the columns take

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)

    def chosen(self, codes: Iterable[str]) -> list[Column]:
        """The columns to show: the fixed ones and those chosen, in the list's order; none chosen: as we would."""
        wanted = set(codes)
        by_default = not any(column.code in wanted for column in self.columns)
        return [
            column
            for column in self.columns
            if column.is_fixed or (column.is_shown if by_default else column.code in wanted)
        ]

    def conditions(self, query: str) -> str:
        """The part of a query that restricts or orders the list, in the form's order: what a view keeps."""
        return self.conditions_in(self.form(QueryDict(query[:LONGEST_QUERY])))

    def conditions_in(self, form: SearchForm) -> str:
        """The same of a form that is bound to an address."""
        given, data = form.given, cast(QueryDict, form.data)
        kept = [(name, value) for name in form.fields if name in given for value in data.getlist(name) if value]
        return urlencode(kept)

    def in_words(self, query: str) -> str:
        """The conditions as people read them: 关键字：谌家；状态：草稿."""
        form = self.form(QueryDict(query))
        return "；".join(
            f"{field.label}：{shown_value(field, form.given[field.name])}" for field in form if field.name in form.given
        )


_kinds: dict[str, ListKind] = {}


def register(*kinds: ListKind) -> None:
    for kind in kinds:
        if _kinds.setdefault(kind.code, kind) is not kind:
            raise ImproperlyConfigured(f"Two lists are called {kind.code}.")


def list_kind(code: str) -> ListKind:
    """The list; LookupError if no app has it."""
    if code not in _kinds:
        raise LookupError(f"There is no list {code}.")
    return _kinds[code]


def list_for(user: Any, code: str) -> ListKind:
    """The list, for somebody who may open it; Http404 for all others."""
    kind = _kinds.get(code)
    if kind is None or not kind.may_open(user):
        raise Http404
    return kind
