"""What a list page offers besides its rows: views, columns, export. One question to the database."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from portal.forms import SearchForm
from portal.lists.kinds import Column, ListKind
from portal.lists.models import SavedView
from portal.written import written

ALL = "view=all"  # the list without conditions, also where a view is the default


@dataclass(frozen=True)
class Tools:
    """What `components/list_tools.html` needs, and the columns for the table."""

    kind: ListKind
    form: SearchForm  # the conditions, as they came with the address
    columns: list[Column]
    views: list[dict[str, Any]]
    conditions: str  # in force, as a view would keep them
    default_url: str  # where a visit without conditions leads, "" for nowhere

    @property
    def codes(self) -> set[str]:
        return {column.code for column in self.columns}

    @property
    def all_url(self) -> str:
        """The list without conditions."""
        return f"?{ALL}" if any(view["is_default"] for view in self.views) else "?"

    @property
    def columns_url(self) -> str:
        return self._address("lists:columns")

    @property
    def views_url(self) -> str:
        return self._address("lists:views")

    @property
    def is_kept(self) -> bool:
        """Some view holds exactly what is in force."""
        return any(view["current"] for view in self.views)

    def _address(self, name: str) -> str:
        return f"{reverse(name, args=[self.kind.code])}?{urlencode({'from': self.conditions})}"


def tools_of(request: HttpRequest, kind: ListKind) -> Tools:
    user: Any = request.user
    kept = kept_by(user=user.pk, kind=kind.code)
    form = kind.form(request.GET)
    conditions = kind.conditions_in(form)
    views = [
        {
            "name": view.name,
            "url": f"?{view.query}",
            "current": view.query == conditions,
            "is_default": view.is_default,
        }
        for view in kept
        if view.name
    ]
    columns: list[str] = next((view.columns for view in kept if not view.name), [])
    default = next((f"{kind.url()}{view['url']}" for view in views if view["is_default"]), "")
    return Tools(kind, form, kind.chosen(columns), views, conditions, "" if request.GET else default)


@written
def kept_by(*, user: UUID, kind: str) -> QuerySet:
    return SavedView.objects.filter(user=user, kind=kind).order_by("created_at", "pk")


def back_to(kind: ListKind, query: str) -> str:
    """The list's address with conditions that came along; they are cleaned."""
    conditions = kind.conditions(QueryDict(query).urlencode())
    return f"{kind.url()}?{conditions or ALL}"
