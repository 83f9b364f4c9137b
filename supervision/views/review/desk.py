"""审核页: the frozen version beside its documents, and at the right all that matters for a decision (page 30)."""

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from enterprises.shown import marked, marks_of
from portal.errors import wants_json
from portal.notifications.told import told_about
from portal.reveals import reason_given, require_fresh, shown
from portal.together import Together
from supervision.actions import accept_review, note_look, reveal_head, reveal_officer
from supervision.actions.confirming import proposal_of
from supervision.around import Seen, about, stations_at_work, story_of
from supervision.candidates import COMPARED, Candidate, Match, candidates_for, compared, possible_for
from supervision.frozen import Change, changes_since, place_label
from supervision.location import location_in
from supervision.models import (
    CheckMark,
    DeficiencyItem,
    Filing,
    FilingVersion,
    Letter,
    Look,
    MaterialRule,
    Note,
    Review,
    ReviewDecision,
)
from supervision.permit_news import begun_jointly, news_of
from supervision.progress import StationBox, station_boxes, timeline, was_passed
from supervision.scope import scope_of
from supervision.site_map import map_of
from supervision.views.papers import addenda_of
from supervision.views.review.inbox import UNTAKEN, back_of, desk_url, name_of, neighbours, review_seen, visible_review
from supervision.views.review.sheet import Sheet, anchor_of, documents_of, view_url, viewer_of
from supervision.views.review.steps import Desk, desk_of, offered

WHY_SAME = {
    Match.PROJECT: gettext_lazy("同一项目或项目编号相同"),
    Match.PERMIT: gettext_lazy("施工许可证编号相同"),
    Match.OWNER_AND_NAME: gettext_lazy("建设单位相同、名称相近、相距不超过500米"),
}


def review_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reading writes nothing; that it was read says a small form, which the page's script sends (`review_look`)."""
    review, back = visible_review(request, pk, DESK), back_of(request)
    filing = review.filing
    codes = [party["uscc"] for party in review.version.data["parties"] if party.get("uscc")]
    handed_in = {"module": filing.module, "handed_in": filing.pk if filing.round else None}
    seen = AROUND.ask(**about(filing), **compared(filing), **handed_in, review=review.pk, codes=codes)
    boxes, desk = station_boxes(filing, request.user, seen=seen), desk_of(request.user, review)
    suspects = candidates_for(filing, seen["possible"])
    mine = [item for item in seen["items"] if item.review_id == review.pk]
    context = {
        "review": review,
        "filing": filing,
        "name": name_of(review),
        "scope": scope_of(review),
        "entries": timeline(filing, boxes, request.user, seen=seen),
        "told": told_about(filing, seen["messages"]),
        "back": back,
        "list_url": reverse("review:list") + (f"?{back}" if back else ""),
        "addenda": addenda_of(filing) if was_passed(filing, boxes) else [],
        **both(boxes, review),
        **ways_on(desk, back),
        **under_way(desk),
        "notes": seen["notes"],
        **neighbours(request.user, review, back),
        **elsewhere(review, suspects, request.user),
        "news": news_of(filing, request.user, found=suspects, begun=seen["begun"]),
    }
    context |= paper(request, review, mine, back, seen, may_note=context["may_note"])
    return render(request, "supervision/review/desk.html", context)


def surroundings(
    review: UUID, filing: UUID, name: str, project: UUID, project_no: str, codes: list[str], module: str,
    handed_in: UUID, **compared: Any,
) -> dict[str, QuerySet]:  # fmt: skip
    """What the page says besides the review and its version."""
    return {
        **stations_at_work(filing),
        **story_of(filing, name),
        "notes": notes_of(review, filing),
        "begun": begun_jointly(project, project_no),
        "possible": possible_for(project=project, project_no=project_no, **compared),
        "marked": marked(codes),
        "rules": MaterialRule.objects.in_force_for(module, handed_in),
    }


AROUND = Together(
    surroundings, **COMPARED | {"review": UUID, "filing": UUID, "name": str, "codes": list, "module": str, "handed_in": UUID}
)  # fmt: skip


def review_looked_at(person: UUID, pk: UUID) -> dict[str, QuerySet[Review]]:
    return {"reviews": review_seen(person, pk)["reviews"].annotate(**around(person))}


DESK = Together(review_looked_at, person=UUID, pk=UUID)


def around(user: Any) -> dict[str, Any]:
    """What lies around a review, asked together with it."""
    here = {"review": OuterRef("pk")}
    versions = FilingVersion.objects.filter(filing=OuterRef("filing")).order_by("-number")
    letters = Letter.objects.filter(**here).order_by("-at", "-id")
    points = CheckMark.objects.filter(**here).order_by().values("review").annotate(n=Count("point", distinct=True))
    return {
        "has_looked": Exists(Look.objects.filter(**here, officer=user, version=OuterRef("version"))),
        "latest": Subquery(versions.values("number")[:1]),
        "was_answered": Subquery(letters.values("from_station")[:1]),  # None: nobody wrote
        "points_marked": Coalesce(Subquery(points.values("n")), 0),
    }


def both(boxes: list[StationBox], review: Review) -> dict[str, StationBox]:
    mine = next(box for box in boxes if box.role == review.role)
    return {"box": mine, "other": next(box for box in boxes if box is not mine)}


def ways_on(desk: Desk, back: str) -> dict[str, Any]:
    """What this officer can do now; `colleague` is who has it where it is not this officer."""
    review, seat, query = desk.review, desk.seat, "?" + urlencode({"return": back}) if back else ""
    is_at_work, is_waiting = review.status == Review.Status.ACCEPTED, review.status in UNTAKEN
    is_free = review.assignee_id is None or seat.decides(review)
    return {
        "may_accept": is_waiting and is_free and not desk.is_tied,
        "may_claim": is_waiting and review.assignee_id is None and not desk.is_tied,
        "may_note": is_at_work and desk.decides,
        "may_agree": is_at_work and seat.is_chief and not desk.is_tied,
        "colleague": review.assignee if review.status in Review.UNDECIDED and not seat.decides(review) else None,
        "is_tied": desk.is_tied and review.status in Review.UNDECIDED,
        "may_assign": review.status in Review.UNDECIDED and seat.is_chief,
        "steps": offered(desk, query),
        "query": query,
    }


def under_way(desk: Desk) -> dict[str, Any]:
    """What everybody at the desk should see first: a survey, a proposal, a request to withdraw."""
    review = desk.review
    return {
        "survey": review.surveys.filter(ended_at=None).first() if review.status == Review.Status.SURVEY else None,
        "proposal": proposal_of(review) if review.status in Review.PROPOSED else None,
        "asked": desk.request,
    }


def notes_of(review: UUID, filing: UUID) -> QuerySet[Note]:
    """What this station's officers wrote for themselves, and what was asked of both stations."""
    mine = Q(kind=Note.Kind.COORDINATION, filing=filing) | Q(review=review)
    return Note.objects.filter(mine).select_related("by", "review")


# What was handed in


def paper(request: HttpRequest, review: Any, items: list, back: str, around: Seen, *, may_note: bool) -> dict[str, Any]:
    """The sections, the viewer, and for a later round what changed and how the remarks were answered."""
    seen = version_seen(review, request.user)
    changes = changes_since(seen, review.version) if seen else []
    data = review.version.data
    marks = marks_of(around["marked"])
    sheet = Sheet(review, data, by_place(changes), items_by_place(review, items), may_note, back, marks)
    parts = sheet.parts(documents_of(review.version), around["rules"])
    asked = request.GET.get("doc", ""), request.GET.get("page", "")
    return {
        "version": review.version,
        "map": map_of(location_in(data["basics"]), data["basics"].get("district") or "", names=dict(around["places"])),
        "parts": parts,
        "viewer": viewer_of(parts, partial(view_url, review, back=back), *asked),
        "drafts": [named(review, item) for item in items if item.sent_at is None],
        "answered": [named(review, item) for item in items if item.closed_at and item.round == review.round - 1],
        "seen": seen,
        "changes": [(change, anchor_of(change.section, change.place)) for change in changes],
        "note_all_url": sheet.line("", "", "").note_url,
        "newer": review.latest > review.version.number,
        "has_looked": review.has_looked,
        "is_my_look": seen is not None and seen.is_mine,
    }


def version_seen(review: Review, user: Any) -> Any:
    """The version that this officer saw last, else that the station last acted on, else the one before.

    None in a first round.
    """
    if review.version.number == 1:
        return None
    earlier = FilingVersion.objects.filter(filing=review.version.filing_id, number__lt=review.version.number)
    looks = Look.objects.filter(review=review, officer=user, version=OuterRef("pk"))
    acts = ReviewDecision.objects.filter(review=review, version=OuterRef("pk"))
    known = earlier.annotate(is_mine=Exists(looks), is_acted_on=Exists(acts))
    return known.order_by("-is_mine", "-is_acted_on", "-number").first()


def by_place(changes: list[Change]) -> dict[tuple[str, str], Change]:
    return {(str(change.section), change.place): change for change in changes}


def items_by_place(review: Review, items: list[DeficiencyItem]) -> dict[tuple[str, str], list[DeficiencyItem]]:
    """The remarks of this round and of the one before, with their answers, where they belong."""
    found: dict[tuple[str, str], list[DeficiencyItem]] = {}
    for item in items:
        if item.round >= review.round - 1:
            found.setdefault((item.section, item.place), []).append(item)
    return found


def named(review: Review, item: DeficiencyItem) -> dict[str, Any]:
    label = place_label(review.version.data, item.section, item.place)
    anchor = anchor_of(item.section, item.place) if item.section else ""
    return {"item": item, "where": label, "anchor": anchor}


def elsewhere(review: Review, found: list[Candidate], user: Any) -> dict[str, Any]:
    """Other filings that may be about the same project, and the one that this converts; links where they are mine."""
    filing = review.filing
    suspects = [one for one in found if one.filing.pk != filing.converts_id]
    filings = [found.filing for found in suspects] + ([filing.converts] if filing.converts else [])
    mine = Review.objects.visible_to(user).filter(filing__in=filings).values_list("filing", "pk")
    desks = {other: reverse("review:detail", args=[pk]) for other, pk in mine}
    return {
        "suspects": [told(found.filing, desks, WHY_SAME[found.match]) for found in suspects],
        "earlier": told(filing.converts, desks) if filing.converts else None,
    }


def told(filing: Filing, desks: dict[UUID, str], why: Any = "") -> dict[str, Any]:
    return {"filing": filing, "url": desks.get(filing.pk, ""), "why": why}


# Taking it, and looking at a masked number


@require_POST
def review_accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    review = visible_review(request, pk)
    accept_review(review, by=request.user)
    messages.success(request, _("已受理，请开始审核。"))
    return redirect(desk_url(review, back_of(request)))


@require_POST
def review_look(request: HttpRequest, pk: UUID) -> HttpResponse:
    """标记为已阅: of the version that the page showed, whatever was handed in meanwhile."""
    review, number = visible_review(request, pk), request.POST.get("version", "")
    if not number.isdecimal() or len(number) > 4:
        raise Http404
    note_look(review, version=int(number), by=request.user)
    if wants_json(request):
        return JsonResponse({"looked": True})
    messages.success(request, _("已标记为已阅，重新提交后与这一版比较。"))
    return redirect(desk_url(review, back_of(request)))


@require_POST
def officer_reveal(request: HttpRequest, pk: UUID, nth: int) -> HttpResponse:
    """The full ID number of a 专职安全员, written down each time."""
    review = visible_review(request, pk)
    require_fresh(request)
    value = reveal_officer(review, nth, reason=reason_given(request), by=request.user)
    label = _("第 %(nth)d 名专职安全员 · 身份证号") % {"nth": nth}
    return shown(request, value, label=label, back=reverse("review:detail", args=[pk]))


@require_POST
def review_reveal(request: HttpRequest, pk: UUID, place: str, field: str) -> HttpResponse:
    """The full number of a person in charge, written down each time."""
    review = visible_review(request, pk)
    require_fresh(request)
    value = reveal_head(review, place, field, reason=reason_given(request), by=request.user)
    label = place_label(review.version.data, "parties", f"{place}.{field}")
    return shown(request, value, label=label, back=reverse("review:detail", args=[pk]))
