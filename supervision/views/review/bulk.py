"""批量领取 and 批量指派: each row stands alone, and the page says what became of it (features G17)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.models import User
from supervision.actions import assign_many, claim_many
from supervision.forms.desk import CLAIM, BulkForm
from supervision.models import Review
from supervision.views.review.inbox import NOT_SHOWN, SHOWN, back_of, desk_url, officers_led, require_post


@require_POST
def review_bulk(request: HttpRequest) -> HttpResponse:
    require_post(request.user)
    back = back_of(request)
    officers = User.objects.filter(pk__in=[user.pk for user in officers_led(request.user)])
    reviews = Review.objects.visible_to(request.user).select_related(*SHOWN).defer(*NOT_SHOWN)
    form = BulkForm(request.POST, reviews=reviews, officers=officers)
    outcomes = done(form.cleaned_data, by=request.user) if form.is_valid() else []
    rows = [(outcome, desk_url(outcome.review, back)) for outcome in outcomes]
    context = {
        "rows": rows,
        "good": sum(1 for outcome in outcomes if not outcome.problem),
        "problems": [message for messages in form.errors.values() for message in messages],
        "is_claim": form.cleaned_data.get("do", CLAIM) == CLAIM,
        "officer": form.cleaned_data.get("officer"),
        "back": back,
    }
    return render(request, "supervision/review/bulk.html", context, status=200 if form.is_valid() else 422)


def done(given: dict[str, Any], *, by: Any) -> list:
    if given["do"] == CLAIM:
        return claim_many(given["row"], by=by)
    return assign_many(given["row"], officer=given["officer"], by=by)
