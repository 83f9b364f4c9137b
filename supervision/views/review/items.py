"""批注: what the applicant has to correct, noted at the very place (interface page 30)."""

from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from portal.forms import posted
from portal.once import once
from supervision.actions import add_item, change_item, drop_item, keep_phrase
from supervision.actions.review import require_noting
from supervision.catalogue import Section
from supervision.forms.review import ItemForm
from supervision.frozen import place_label, value_at
from supervision.models import DeficiencyItem, Material, Phrase, ReturnReason, Review
from supervision.views.review.inbox import back_of, desk_url, visible_review
from supervision.views.review.sheet import anchor_of


class Spot(NamedTuple):
    """Where a remark belongs: `value` is what stands there in the version under review."""

    section: str
    place: str
    label: str
    value: str


def spot_of(review: Review, section: str, place: str) -> Spot:
    """Raise Http404 for a place that no tab has."""
    if section not in ("", *Section.values) or (place and not section):
        raise Http404
    if section == Section.ATTACHMENTS and place:
        get_object_or_404(Material, pk=place)
    try:
        label = place_label(review.version.data, section, place)
    except (FieldDoesNotExist, ValueError):
        raise Http404 from None
    return Spot(section, place, label, value_at(review.version.data, section, place) if section else "")


def reasons_for(spot: Spot) -> list[ReturnReason]:
    """The library's sentences for this section, then those for a filing as a whole."""
    known = ReturnReason.objects.filter(Q(section=spot.section) | Q(section=""), is_active=True)
    return sorted(known, key=lambda reason: (reason.section != spot.section, reason.order, reason.code))


def about(spot: Spot) -> str:
    return spot.label if spot.section == Section.ATTACHMENTS and spot.place else ""


def sentences(request: HttpRequest, spot: Spot) -> dict[str, Any]:
    """The library's, and the officer's own."""
    phrases = list(Phrase.objects.filter(officer=request.user.pk))
    return {"reasons": reasons_for(spot), "phrases": phrases, "about": about(spot)}


def suggested(request: HttpRequest) -> dict[str, Any]:
    """From 审核要点 an item comes with the reason that fits."""
    reason = ReturnReason.objects.filter(pk=request.GET.get("reason", "")[:6], is_active=True).first()
    return {"reason_code": reason.pk, "text": reason.text, "basis": reason.basis} if reason else {}


def keep_own(form: ItemForm, *, by: Any) -> None:
    """存为我的常用语, where it was ticked."""
    if form.cleaned_data.pop("keep"):
        keep_phrase(text=form.cleaned_data["text"], basis=form.cleaned_data["basis"], by=by)


@once
def item_add(request: HttpRequest, pk: UUID) -> HttpResponse:
    review, back = visible_review(request, pk), back_of(request)
    require_noting(review, by=request.user)
    spot = spot_of(review, request.GET.get("section", ""), request.GET.get("place", ""))
    form = ItemForm(**posted(request), initial=suggested(request), **sentences(request, spot))
    if form.is_valid():
        keep_own(form, by=request.user)
        material = Material(pk=spot.place) if about(spot) else None
        where: dict[str, Any] = {"section": spot.section, "place": spot.place, "material": material}
        add_item(review, **where, **form.cleaned_data, by=request.user)
        return redirect(place_url(review, spot, back))
    return item_page(request, review, spot, form)


@once
def item_edit(request: HttpRequest, pk: UUID, item: UUID) -> HttpResponse:
    review, back, draft, spot = draft_of(request, pk, item)
    initial = {"reason_code": draft.reason_code, "text": draft.text, "basis": draft.basis}
    form = ItemForm(**posted(request), initial=initial, **sentences(request, spot))
    if form.is_valid():
        keep_own(form, by=request.user)
        change_item(draft, **form.cleaned_data, by=request.user)
        return redirect(place_url(review, spot, back))
    return item_page(request, review, spot, form, draft)


def item_drop(request: HttpRequest, pk: UUID, item: UUID) -> HttpResponse:
    review, back, draft, spot = draft_of(request, pk, item)
    if request.method == "POST":
        drop_item(draft, by=request.user)
        return redirect(place_url(review, spot, back))
    context = {"item": draft, "spot": spot, "desk_url": place_url(review, spot, back)}
    return render(request, "supervision/review/item_drop.html", context)


def draft_of(request: HttpRequest, pk: UUID, item: UUID) -> tuple[Review, str, DeficiencyItem, Spot]:
    """A remark of this review with its place; whether it may still be changed, the action asks."""
    review = visible_review(request, pk)
    draft = get_object_or_404(review.items.all(), pk=item)
    require_noting(review, by=request.user)
    return review, back_of(request), draft, spot_of(review, draft.section, draft.place)


def place_url(review: Review, spot: Spot, back: str) -> str:
    return desk_url(review, back, anchor=anchor_of(spot.section, spot.place) if spot.section else "drafts")


def item_page(
    request: HttpRequest, review: Review, spot: Spot, form: ItemForm, item: DeficiencyItem | None = None
) -> HttpResponse:
    desk = place_url(review, spot, back_of(request))
    context = {"review": review, "spot": spot, "form": form, "item": item, "desk_url": desk}
    return render(request, "supervision/review/item.html", context)
