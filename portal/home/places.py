"""The switcher of the top bar, and 最近打开."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.signin import safe_next
from portal.home.context import facts, has_lists, who
from projects.models import Project
from projects.permissions import known_to
from projects.places import ALL, CHOSEN, places_in
from supervision.models import Filing, Review

# Switching


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """For whom the person acts from now on: one of their places, or all of them."""
    code = request.POST.get("place", "")
    if code != ALL and code not in {place.code for place in places_in(facts(request))}:
        raise Http404
    if code == ALL:
        request.session.pop(CHOSEN, None)
    else:
        request.session[CHOSEN] = code
    return redirect(without_place(safe_next(request, request.POST.get("next", ""))) or "home")


def without_place(url: str) -> str:
    """A list that was narrowed to one place begins anew under the next."""
    path, _mark, query = url.partition("?")
    return path if f"{CHOSEN}=" in query else url


# 最近打开. A page that is only looked at writes nothing on the server: what was opened stands in a cookie of the
# browser, signed for the account, and is looked up again among what the account may see.

COOKIE, KEPT, DAYS = "opened", 8, 90
PAGES = {"projects:detail": "p", "filing:detail": "f", "filing:hub": "f", "review:detail": "r"}


class Opened:
    """Notes in the browser which projects, filings and reviews were opened last."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        sort = PAGES.get(match.view_name) if match else None
        if sort and request.method == "GET" and response.status_code == 200 and request.user.is_authenticated:
            remember(request, response, f"{sort}{match.kwargs['pk'].hex}")  # type: ignore[union-attr]
        return response


def remember(request: HttpRequest, response: HttpResponse, mark: str) -> None:
    before = marks_of(request)
    if before[:1] == [mark]:
        return
    marks = [mark, *(other for other in before if other != mark)][:KEPT]
    kept = {"max_age": DAYS * 24 * 3600, "httponly": True, "samesite": "Lax", "secure": settings.PRODUCTION}
    response.set_cookie(COOKIE, signer(request).sign("~".join(marks)), **kept)  # type: ignore[arg-type]


def signer(request: HttpRequest) -> Signer:
    """Another account of the same browser cannot use the list."""
    return Signer(sep=".", salt=f"portal.opened.{who(request).pk}")


def marks_of(request: HttpRequest) -> list[str]:
    try:
        return signer(request).unsign(request.COOKIES.get(COOKIE, "")).split("~")[:KEPT]
    except BadSignature:
        return []


@dataclass(frozen=True)
class Line:
    """Something that was opened: what sort of thing, its name and number, where it stands."""

    sort: str
    name: str
    number: str
    state: str
    url: str


def recently_opened(request: HttpRequest) -> list[Line]:
    """The latest first, those alone that the person may still see. One question for each sort that was opened."""
    wanted: dict[str, list[UUID]] = {sort: [] for sort in "pfr"}
    marks = [mark for mark in marks_of(request) if mark[:1] in wanted]
    for mark in marks:
        wanted[mark[0]].append(UUID(mark[1:]))
    found = {f"{sort}{pk.hex}": line for sort, pks in wanted.items() if pks for pk, line in lines(request, sort, pks)}
    return [found[mark] for mark in marks if mark in found]


def lines(request: HttpRequest, sort: str, pks: list[UUID]) -> list[tuple[UUID, Line]]:
    user = who(request)
    if sort == "p":
        return [(one.pk, project_line(one)) for one in known_to(user).filter(pk__in=pks)]
    if sort == "f":
        rows = Filing.objects.visible_to(user).filter(pk__in=pks).select_related("project")
        return [(one.pk, filing_line(one)) for one in rows]
    reviews = Review.objects.visible_to(user).filter(pk__in=pks).select_related("filing__project")
    return [(one.pk, review_line(one)) for one in reviews]


def project_line(project: Project) -> Line:
    return Line(_("项目"), str(project), project.number or "", "", reverse("projects:detail", args=[project.pk]))


def filing_line(filing: Filing) -> Line:
    state = filing.get_status_display()
    return Line(str(filing.get_module_display()), str(filing), filing.number or "", state, filing.get_absolute_url())


def review_line(review: Review) -> Line:
    filing, state = review.filing, review.get_status_display()
    sort = _("%(role)s审核") % {"role": review.get_role_display()}
    return Line(sort, str(filing), filing.number or "", state, reverse("review:detail", args=[review.pk]))


@never_cache
@require_safe
def recent(request: HttpRequest) -> HttpResponse:
    """最近打开."""
    if not has_lists(request):
        raise Http404
    return render(request, "home/recent.html", {"lines": recently_opened(request)})
