"""审核页: the frozen version beside its documents, and at the right all that matters for a decision (page 30)."""

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal.errors import wants_json
from supervision.actions import accept_review, reveal_head
from supervision.candidates import Match, candidates_for
from supervision.frozen import Change, changes_since
from supervision.location import location_in
from supervision.models import DeficiencyItem, Filing, FilingVersion, MaterialRule, Review
from supervision.permissions import can_decide, is_chief
from supervision.permit_news import news_of
from supervision.progress import StationBox, station_boxes, timeline, was_passed
from supervision.scope import scope_of
from supervision.site_map import map_of
from supervision.views.papers import addenda_of
from supervision.views.review.inbox import UNTAKEN, back_of, desk_url, neighbours, visible_review
from supervision.views.review.sheet import Sheet, anchor_of, documents_of, place_label, view_url, viewer_of

WHY_SAME = {
    Match.PROJECT: gettext_lazy("同一项目或项目编号相同"),
    Match.PERMIT: gettext_lazy("施工许可证编号相同"),
    Match.OWNER_AND_NAME: gettext_lazy("建设单位相同、名称相近、相距不超过500米"),
}


def review_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    review, back = visible_review(request, pk), back_of(request)
    boxes = station_boxes(review.filing, request.user)
    context = {
        "review": review,
        "filing": review.filing,
        "name": name_of(review),
        "scope": scope_of(review),
        "entries": timeline(review.filing, boxes, request.user),
        "back": back,
        "list_url": reverse("review:list") + (f"?{back}" if back else ""),
        "addenda": addenda_of(review.filing) if was_passed(review.filing, boxes) else [],
        **both(boxes, review),
        **ways_on(review, request.user, back),
        **neighbours(request.user, review, back),
        **elsewhere(review, request.user),
        "news": news_of(review.filing, request.user),
    }
    context |= paper(request, review, back, may_note=context["may_note"])
    return render(request, "supervision/review/desk.html", context)


def name_of(review: Review) -> str:
    """The works as they were handed in, not as the applicant is rewording them."""
    labels = review.version.data["labels"]
    return labels.get("works_name") or labels.get("project_name") or str(review.filing)


def both(boxes: list[StationBox], review: Review) -> dict[str, StationBox]:
    mine = next(box for box in boxes if box.role == review.role)
    return {"box": mine, "other": next(box for box in boxes if box is not mine)}


def ways_on(review: Review, user: Any, back: str) -> dict[str, Any]:
    """What this officer can do now; `colleague` is who has it where it is not this officer."""
    decides = can_decide(user, review)
    is_at_work = review.status == Review.Status.ACCEPTED
    return {
        "may_accept": review.status in UNTAKEN,
        "may_note": is_at_work and decides,
        "colleague": review.assignee if is_at_work and not decides else None,
        "may_assign": is_at_work and is_chief(user, review),
        "query": "?" + urlencode({"return": back}) if back else "",
    }


# What was handed in


def paper(request: HttpRequest, review: Review, back: str, *, may_note: bool) -> dict[str, Any]:
    """The sections, the viewer, and for a later round what changed and how the remarks were answered."""
    seen, items = version_seen(review), items_of(review)
    changes = changes_since(seen, review.version) if seen else []
    sheet = Sheet(review, review.version.data, by_place(changes), items_by_place(review, items), may_note, back)
    rules = MaterialRule.objects.for_filing(review.filing)
    parts = sheet.parts(documents_of(review.version), rules)
    asked = request.GET.get("doc", ""), request.GET.get("page", "")
    return {
        "version": review.version,
        "map": map_of(location_in(review.version.data["basics"]), review.version.data["basics"].get("district") or ""),
        "parts": parts,
        "viewer": viewer_of(parts, partial(view_url, review, back=back), *asked),
        "drafts": [named(review, item) for item in items if item.sent_at is None],
        "answered": [named(review, item) for item in items if item.closed_at and item.round == review.round - 1],
        "seen": seen,
        "changes": [(change, anchor_of(change.section, change.place)) for change in changes],
        "note_all_url": sheet.line("", "", "").note_url,
        "newer": latest_number(review) > review.version.number,
    }


def version_seen(review: Review) -> FilingVersion | None:
    """The version that this station last acted on; where it never did, the one before. None in a first round."""
    earlier = FilingVersion.objects.filter(filing=review.version.filing_id, number__lt=review.version.number)
    if review.version.number == 1:
        return None
    acted_on = earlier.filter(pk__in=review.decisions.values("version"))
    return acted_on.order_by("-number").first() or earlier.order_by("-number").first()


def latest_number(review: Review) -> int:
    return review.filing.versions.order_by("-number").values_list("number", flat=True)[:1].get()


def items_of(review: Review) -> list[DeficiencyItem]:
    return list(review.items.order_by("created_at", "id"))


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


def elsewhere(review: Review, user: Any) -> dict[str, Any]:
    """Other filings that may be about the same project, and the one that this converts; links where they are mine."""
    filing = review.filing
    suspects = [found for found in candidates_for(filing) if found.filing.pk != filing.converts_id]
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
def review_reveal(request: HttpRequest, pk: UUID, place: str, field: str) -> HttpResponse:
    """The full number of a person in charge, written down each time."""
    review = visible_review(request, pk)
    value = reveal_head(review, place, field, by=request.user)
    if wants_json(request):
        return JsonResponse({"value": value})
    label = place_label(review.version.data, "parties", f"{place}.{field}")
    return render(request, "supervision/review/revealed.html", {"review": review, "label": label, "value": value})
