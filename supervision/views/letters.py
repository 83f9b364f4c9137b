"""沟通 on the applicant's side: a thread with each station (features G13)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.forms import posted
from portal.once import once
from supervision.actions import write_letter
from supervision.actions.letters import is_open
from supervision.forms.review import LetterForm
from supervision.models import Filing, Letter, Review
from supervision.permissions import require_preparer
from supervision.progress import officer_name
from supervision.views.submit import visible_filing


def said(letters: Any, viewer: Any) -> list[dict[str, Any]]:
    """The messages in order; officers' names are masked for applicants."""
    return [
        {
            "text": letter.text,
            "by": officer_name(letter.by, viewer) if letter.from_station else letter.by.name,
            "from_station": letter.from_station,
            "at": letter.at,
        }
        for letter in letters
    ]


@once
def filing_letters(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Both threads; a message goes to the station whose form was sent. For who prepares the filing."""
    filing: Filing = visible_filing(request, pk)
    require_preparer(request.user, filing)
    reviews = list(filing.reviews.select_related("station").order_by("-role"))
    letters = list(Letter.objects.filter(review__in=reviews).select_related("by"))
    sent = request.POST.get("role", "")
    forms = {review.role: form_for(request, review, sent) for review in reviews}
    if request.method == "POST":
        review = get_object_or_404(filing.reviews, role=sent)
        if forms[sent].is_valid():
            write_letter(review, text=forms[sent].cleaned_data["text"], by=request.user)
            messages.success(request, _("已发送，监督站会收到提醒。"))
            return redirect(reverse("filing:letters", args=[filing.pk]) + f"#{sent}")
    threads = [thread(filing, review, letters, forms[review.role], request.user) for review in reviews]
    context = {"filing": filing, "threads": threads, "form": forms.get(sent)}
    return render(request, "supervision/letters.html", context)


def form_for(request: HttpRequest, review: Review, sent: str) -> LetterForm:
    """Only the form that was sent is bound."""
    return LetterForm(**(posted(request) if review.role == sent else {}), auto_id=f"id_{review.role}_%s")


def thread(filing: Filing, review: Review, letters: list[Letter], form: LetterForm, viewer: Any) -> dict[str, Any]:
    mine = [letter for letter in letters if letter.review_id == review.pk]
    return {"review": review, "rows": said(mine, viewer), "form": form, "is_open": is_open(filing, review)}
