"""For whom a person acts at the moment: one of their enterprises, projects or station posts, or all of them.

The choice is kept in the session and shown in the top bar. It filters lists and fills forms in; it never widens a
right, and what has lapsed counts as no choice (decisions 5).
"""

import re
from typing import Any, NamedTuple, cast

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import StationPost, Target, User
from enterprises.models import Enterprise, Member
from projects.models import Project, ProjectParty
from projects.permissions import working

CHOSEN = "place"  # in the session and in the queries of lists
ALL = "all"
AT_MOST = 30  # of each sort in the top bar
ENTERPRISE, PROJECT, POST = "enterprise", "project", "post"
UUID_TEXT = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CODE = re.compile(rf"(?:{ENTERPRISE}|{PROJECT}):{UUID_TEXT}|{POST}:[0-9]{{1,9}}")


class Place(NamedTuple):
    """Where somebody belongs: `sort` enterprise, project or post, the row's id, and what it is called."""

    sort: str
    id: str
    name: str

    @property
    def code(self) -> str:
        return f"{self.sort}:{self.id}"

    @property
    def label(self) -> str:
        return {ENTERPRISE: _("企业"), PROJECT: _("项目"), POST: _("监督站")}[self.sort]


def places_asked() -> dict[str, ArraySubquery]:
    """What to annotate a question about accounts with; `places_in` reads the answer."""
    mine = {"user": OuterRef("pk")}
    members = Member.objects.filter(**mine, status=Member.Status.ACTIVE, enterprise__status__in=Enterprise.READING)
    led = ProjectParty.objects.filter(
        lead=OuterRef("pk"), ended_at=None, project__filed_at__isnull=False, project__merged_into=None
    )
    posts = StationPost.objects.held().filter(**mine)
    return {
        "place_enterprises": listed(members, "enterprise", "enterprise__name"),
        "place_projects": listed(working().filter(**mine), "project", "project__name"),
        "place_led": listed(led, "project", "project__name"),
        "place_posts": listed(posts, "pk", "station__name", role=F("role")),
    }


def listed(rows: QuerySet, key: str, name: str, **more: Any) -> ArraySubquery:
    shown = rows.order_by(name, "pk").annotate(found=JSONObject(id=F(key), name=F(name), **more))
    return ArraySubquery(shown.values("found")[:AT_MOST])


def places_in(row: dict[str, Any]) -> list[Place]:
    """The places in the answer: enterprises, projects, posts; a project once, however one belongs to it."""
    found = [Place(ENTERPRISE, one["id"], one["name"]) for one in row["place_enterprises"]]
    projects = {one["id"]: one["name"] for one in [*row["place_led"], *row["place_projects"]]}
    found += [Place(PROJECT, key, name) for key, name in projects.items()]
    for one in row["place_posts"]:
        found.append(Place(POST, str(one["id"]), f"{one['name']} · {Target(one['role']).label}"))
    return found


def chosen_among(places: list[Place], request: HttpRequest) -> Place | None:
    """The place the session names, while the person belongs there."""
    code = request.session.get(CHOSEN)
    return next((place for place in places if place.code == code), None) if code else None


def place_of(request: HttpRequest, *sorts: str) -> Place | None:
    """For whom the person acts now, if it is of these sorts. One question, and none where nothing was chosen."""
    if not request.session.get(CHOSEN):
        return None
    asked = places_asked()
    user = cast(User, request.user)
    row = User.objects.filter(pk=user.pk).annotate(**asked).values(*asked).get()
    place = chosen_among(places_in(row), request)
    return place if place and place.sort in sorts else None


def list_here(request: HttpRequest, *sorts: str) -> str:
    """Where a visit to a list without conditions leads: to what belongs to the chosen place; "" for nowhere."""
    place = None if request.GET else place_of(request, *sorts)
    return f"{request.path}?{CHOSEN}={place.code}" if place else ""


class PlaceField(forms.CharField):
    """The place that a list shows: kept by its searches, views and exports. `all` asks for everything."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=gettext_lazy("办理单位或项目"), max_length=60, **kwargs)

    def clean(self, value: Any) -> str:
        code = super().clean(value)
        if code and code != ALL and not CODE.fullmatch(code):
            raise ValidationError(_("没有这个单位或项目。"))
        return code

    @staticmethod
    def name_of(code: str) -> str:
        """In words, for the heading of an export."""
        sort, _colon, key = code.partition(":")
        if sort == ALL:
            return _("全部")
        if sort == POST:
            post = StationPost.objects.select_related("station").filter(pk=key).first()
            return f"{post.station} · {post.get_role_display()}" if post else "—"
        model: Any = Enterprise if sort == ENTERPRISE else Project
        return str(model.objects.filter(pk=key).first() or "—")


def parts_of(code: str) -> tuple[str, str]:
    """Sort and id of a code that the field let through; empty where everything is asked for."""
    sort, _colon, key = (code or ALL).partition(":")
    return ("", "") if sort == ALL else (sort, key)
