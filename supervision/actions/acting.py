"""代理项目经理 as the stations see it: they are told at once and add their note (domain §5.7 20)."""

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from projects.actions import register_appointment, register_standstill
from projects.models import ActingLead, Standstill
from supervision.models import Filing, Review
from supervision.permissions import officers_of, supervises


def tell_stations(acting: ActingLead) -> None:
    """Every officer of the stations that passed the project."""
    passed = Review.objects.filter(filing__project=acting.party.project_id, filing__status=Filing.Status.FILED)
    reviews = passed.filter(status__in=Review.PASSED).select_related("station")
    people = [officer for review in reviews for officer in officers_of(review.station, review.role)]
    link = reverse("review:acting", args=[acting.pk])
    notify(people, "acting.appointed", about=acting, link=link, acting=acting, project=acting.party.project)


@transaction.atomic
def note_acting(acting: ActingLead, *, note: str, by) -> ActingLead:
    """The station's note; the first that comes stands for all. Http404 for stations that do not supervise the project."""
    acting = ActingLead.objects.locked(acting.pk)
    if not supervises(by, acting.party.project):
        raise Http404
    if acting.noted_at:
        raise Refused(_("监督站已备注：%(note)s") % {"note": acting.note})
    if not note.strip():
        raise Refused(_("请填写备注。"))
    acting.note, acting.noted_by, acting.noted_at = note.strip(), by, timezone.now()
    acting.save(update_fields=["note", "noted_by", "noted_at"])
    mark_handled(acting)
    record("acting.noted", acting, by=by, enterprise_id=acting.party.enterprise_id)
    link = reverse("projects:acting", args=[acting.party_id])
    notify([acting.appointed_by], "acting.noted", about=acting, link=link, acting=acting)
    return acting


def tell_of_standstill(still: Standstill, event: str) -> None:
    """The officers of the stations that passed the project learn that its works stand still, or go on."""
    passed = Review.objects.filter(filing__project=still.project_id, filing__status=Filing.Status.FILED)
    for review in passed.filter(status__in=Review.PASSED).select_related("station"):
        link = reverse("review:detail", args=[review.pk])
        people = officers_of(review.station, review.role)
        notify(people, event, about=review, link=link, project=still.project, still=still)


register_standstill(tell_of_standstill)
register_appointment(tell_stations)
