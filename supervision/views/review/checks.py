"""审核要点 of one review, and the officer's own 常用语 (features G9, G21)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.forms import posted
from portal.once import once
from supervision.actions import drop_phrase, keep_phrase, mark_points
from supervision.catalogue import Section
from supervision.forms.review import PhraseForm, PointsForm
from supervision.frozen import changes_since
from supervision.models import CheckMark, CheckPoint, MaterialRule, Phrase, Review
from supervision.views.review.inbox import back_of, desk_url, name_of, require_post, visible_review
from supervision.views.review.sheet import anchor_of
from supervision.views.review.steps import desk_of


def points_of(review: Review) -> list[CheckPoint]:
    """What is looked at here: of materials those that were handed in, or are asked for."""
    points = list(CheckPoint.objects.for_review(review))
    handed_in = {attached["material"] for attached in review.version.data["attachments"]}
    asked = set(MaterialRule.objects.for_filing(review.filing).values_list("material_id", flat=True))
    return [point for point in points if point.material_id is None or point.material_id in handed_in | asked]


def marks_of(review: Review) -> dict[str, CheckMark]:
    """The marks that hold: the last at each point, unless what it is about changed since."""
    marks = list(review.marks.select_related("point", "version", "by").order_by("version__number"))
    changed: dict[int, set[tuple[str, str]]] = {}
    for mark in marks:
        number = mark.version.number
        if number not in changed and number != review.version.number:
            found = changes_since(mark.version, review.version)
            changed[number] = {(str(one.section), one.place) for one in found}
    return {mark.point_id: mark for mark in marks if not touches(mark.point, changed.get(mark.version.number, set()))}


def touches(point: CheckPoint, places: set[tuple[str, str]]) -> bool:
    """Whether a change reaches what a point is about."""
    return any(
        section == point.section and (point.material_id is None or place == point.material_id)
        for section, place in places
    )


def unmarked_count(review: Review) -> int:
    marks = marks_of(review)
    return sum(1 for point in points_of(review) if point.pk not in marks)


@once
def review_points(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The list to go through, section by section; marking is for who decides, others read."""
    review, back = visible_review(request, pk), back_of(request)
    points, marks, desk = points_of(review), marks_of(review), desk_of(request.user, review)
    may_mark = review.status == Review.Status.ACCEPTED and desk.decides
    initial = {"version": review.version.number}
    form = PointsForm(**posted(request), initial=initial, points=points, marks=marks)
    if form.is_valid():
        count = mark_points(review, form.found, version=form.cleaned_data["version"], by=request.user)
        messages.success(request, _("已保存 %(count)d 项核对结果。") % {"count": count})
        query = "?" + urlencode({"return": back}) if back else ""
        return redirect(reverse("review:points", args=[review.pk]) + query)
    context = {
        "review": review,
        "name": name_of(review),
        "form": form,
        "may_mark": may_mark,
        "groups": groups_of(review, points, marks, form, back, may_note=may_mark),
        "marked": sum(1 for point in points if point.pk in marks),
        "all": len(points),
        "desk_url": desk_url(review, back),
    }
    return render(request, "supervision/review/points.html", context)


def groups_of(
    review: Review,
    points: list[CheckPoint],
    marks: dict[str, CheckMark],
    form: PointsForm,
    back: str,
    *,
    may_note: bool,
) -> list[tuple[Any, list[dict[str, Any]]]]:
    groups = []
    for section in Section:
        rows = [
            {
                "point": point,
                "mark": marks.get(point.pk),
                "outcome": form[f"outcome-{point.pk}"],
                "note": form[f"note-{point.pk}"],
                "place": desk_url(review, back, anchor=anchor_of(section, point.material_id or "")),
                "item": item_url(review, point, back) if may_note else "",
            }
            for point in points
            if point.section == section
        ]
        if rows:
            groups.append((section.label, rows))
    return groups


def item_url(review: Review, point: CheckPoint, back: str) -> str:
    """The way to a 批注 at the place of a point, with the reason that fits."""
    query = {"section": point.section, "place": point.material_id or "", "reason": point.reason_id or ""}
    given = {name: value for name, value in query.items() if value} | ({"return": back} if back else {})
    return f"{reverse('review:item-add', args=[review.pk])}?{urlencode(given)}"


# 常用语


@once
def phrases(request: HttpRequest) -> HttpResponse:
    require_post(request.user)
    form = PhraseForm(**posted(request))
    if form.is_valid():
        keep_phrase(**form.cleaned_data, by=request.user)
        messages.success(request, _("常用语已保存，添加批注时可以选用。"))
        return redirect("review:phrases")
    rows = list(Phrase.objects.filter(officer=request.user.pk))
    return render(request, "supervision/review/phrases.html", {"form": form, "rows": rows})


@once
def phrase_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    phrase = get_object_or_404(Phrase, pk=pk, officer=request.user.pk)
    form = PhraseForm(**posted(request), initial={"text": phrase.text, "basis": phrase.basis})
    if form.is_valid():
        keep_phrase(**form.cleaned_data, phrase=phrase, by=request.user)
        messages.success(request, _("常用语已保存。"))
        return redirect("review:phrases")
    return render(request, "supervision/review/phrase.html", {"form": form, "phrase": phrase})


@require_POST
def phrase_drop(request: HttpRequest, pk: UUID) -> HttpResponse:
    drop_phrase(get_object_or_404(Phrase, pk=pk, officer=request.user.pk), by=request.user)
    messages.success(request, _("常用语已删除。"))
    return redirect("review:phrases")
