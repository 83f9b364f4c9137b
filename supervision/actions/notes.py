"""Words between officers, 站间协调, what an officer has seen, and the opinion that is not yet sent."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import notify
from supervision.actions.deciding import keep_look
from supervision.models import Filing, FilingVersion, Look, Note, OpinionDraft, Review
from supervision.permissions import can_prepare, chiefs_of, require_officer, seat_of

LONGEST_OPINION = OpinionDraft._meta.get_field("text").max_length


@transaction.atomic
def write_note(review: Review, *, text: str, by) -> Note:
    """内部备注: read by the officers of this station and role only."""
    require_officer(by, review)
    note = Note(filing=review.filing, review=review, kind=Note.Kind.INTERNAL, text=worded(text), by=by)
    note.save()
    return note


@transaction.atomic
def request_coordination(filing: Filing, *, text: str, by) -> Note:
    """请求站间协调: a note to both chiefs, where the two stations ask for different things (edge case 9).

    An officer of either station may ask, and the applicant to whom both returned it.
    """
    reviews = list(filing.reviews.select_related("station"))
    if len(reviews) < 2:
        raise Refused(_("本次报监只有一个监督对象，不需要站间协调。"))
    own = next((review for review in reviews if seat_of(by, review).is_officer), None)
    if own is None and not can_prepare(by, filing):
        raise Http404
    if own is None and any(review.status != Review.Status.RETURNED for review in reviews):
        raise Refused(_("安监、质监均退回补正后，可以请求站间协调；目前请联系退回的监督站。"))
    note = Note(filing=filing, review=own, kind=Note.Kind.COORDINATION, text=worded(text), by=by)
    note.save()
    record("filing.coordination_requested", filing, by=by, role=own.role if own else "")
    for review in reviews:
        link = reverse("review:detail", args=[review.pk]) + "#notes"
        chiefs = chiefs_of(review.station, review.role)
        notify(chiefs, "filing.coordination_requested", about=review, link=link, filing=filing, note=note)
    return note


def worded(text: str) -> str:
    if not text.strip():
        raise Refused(_("请填写内容。"))
    return text.strip()


@transaction.atomic
def note_look(review: Review, *, version: int, by) -> Look | None:
    """标记为已阅: the officer has seen this version, which may not be the last any more; the next is compared with it.

    Http404 for strangers and for versions that were never before this review.
    """
    require_officer(by, review)
    seen = FilingVersion.objects.filter(filing=review.filing_id, number=version).defer("data").first()
    if seen is None or seen.number > review.version.number:
        raise Http404
    keep_look(review, seen, by=by)
    return Look.objects.filter(review=review, officer=by, version=seen).first()


@transaction.atomic
def save_opinion(review: Review, *, move: str, text: str, by) -> OpinionDraft:
    """Keep what the officer has typed so far; refused only to strangers, and when there is nothing to decide."""
    seat = require_officer(by, review)
    if review.status not in (Review.Status.ACCEPTED, *Review.PROPOSED) or not seat.decides(review):
        raise PermissionDenied(_("该申请目前不由您办理，意见没有保存。"))
    values = {"move": move[:20], "text": text[:LONGEST_OPINION], "saved_at": timezone.now()}
    draft, _made = OpinionDraft.objects.update_or_create(review=review, officer=by, defaults=values)
    return draft
