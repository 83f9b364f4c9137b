"""沟通: the applicant asks the station, the station answers; no decision is made here (features G13)."""

from datetime import timedelta

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from supervision.actions.holding import locked_review
from supervision.actions.people import applicants_of, in_charge_of
from supervision.catalogue import LETTERS_A_DAY
from supervision.models import Filing, Letter, Review
from supervision.permissions import can_prepare, require_untied, seat_of


def is_open(filing: Filing, review: Review) -> bool:
    """Whether the two still have something to say to each other."""
    return filing.status in Filing.LIVE and review.status != Review.Status.CANCELLED


@transaction.atomic
def write_letter(review: Review, *, text: str, by) -> Letter:
    """A message to the other side, who is told. Http404 for everybody but who prepares it and the station's officers."""
    filing, review = locked_review(review.pk)
    from_station = not by.is_personal and seat_of(by, review).is_officer
    if not from_station and not can_prepare(by, filing):
        raise Http404
    if not is_open(filing, review):
        raise Refused(_("该报监已办结或已终止，不能再发消息。"), safe=_("以前的沟通记录都还在。"))
    if not text.strip():
        raise Refused(_("请填写内容。"))
    if from_station:
        require_untied(by, review)
    else:
        require_few(review, by=by)
    letter = Letter.objects.create(review=review, from_station=from_station, text=text.strip(), by=by)
    record("letter.written", review, by=by, filing=filing.number, role=review.role)
    tell_other_side(filing, letter)
    return letter


def require_few(review: Review, *, by) -> None:
    """Nobody fills a station's desk: so many messages a day."""
    since = timezone.now() - timedelta(days=1)
    if review.letters.filter(by=by, at__gt=since).count() >= LETTERS_A_DAY:
        raise Refused(_("您今天已发送 %(most)d 条消息，请明天再发，或直接致电监督站。") % {"most": LETTERS_A_DAY})


def tell_other_side(filing: Filing, letter: Letter) -> None:
    """The officer in charge, or who handed it in; an answer settles what was asked before."""
    review = letter.review
    facts = {"filing": filing, "review": review}
    if letter.from_station:
        mark_handled(review, "letter.asked")
        link = reverse("filing:letters", args=[filing.pk]) + f"#{review.role}"
        notify(applicants_of(filing), "letter.answered", about=filing, link=link, **facts)
        return
    mark_handled(filing, "letter.answered")
    link = reverse("review:letters", args=[review.pk])
    notify(in_charge_of(review), "letter.asked", about=review, link=link, **facts)
