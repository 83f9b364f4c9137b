"""沟通 at the station's side."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portal.forms import posted
from portal.once import once
from supervision.actions import write_letter
from supervision.actions.letters import is_open
from supervision.forms.review import LetterForm
from supervision.views.letters import said
from supervision.views.review.inbox import back_of, desk_url, name_of, visible_review


@once
def review_letters(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The thread of this station and role; the other station has its own."""
    review, back = visible_review(request, pk), back_of(request)
    form = LetterForm(**posted(request))
    if form.is_valid():
        write_letter(review, text=form.cleaned_data["text"], by=request.user)
        messages.success(request, _("已发送，申请单位会收到提醒。"))
        return redirect("review:letters", pk)
    context = {
        "review": review,
        "name": name_of(review),
        "form": form,
        "rows": said(review.letters.select_related("by"), request.user),
        "is_open": is_open(review.filing, review),
        "desk_url": desk_url(review, back),
    }
    return render(request, "supervision/review/letters.html", context)
