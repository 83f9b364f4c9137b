"""移送: the jurisdiction was wrong, another station of the same role goes on; the clock does too (edge case 15)."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Station, StationRole
from portal.audit import record
from portal.errors import Refused
from portal.notifications import mark_handled, notify
from supervision.actions.assign import IN_HAND
from supervision.actions.deciding import note_decision
from supervision.actions.holding import locked_review
from supervision.actions.review import tell_applicants
from supervision.actions.settle import settle
from supervision.actions.survey import end_survey
from supervision.models import Review
from supervision.permissions import officers_of, require_chief

Status = Review.Status


def stations_to_take(review: Review):
    """The other stations that hold this role somewhere today."""
    held = StationRole.objects.on(timezone.localdate()).filter(role=review.role)
    stations = Station.objects.filter(pk__in=held.values("station"), is_active=True)
    return stations.exclude(pk=review.station_id).order_by("name")


@transaction.atomic
def transfer_review(review: Review, *, station: Station, reason: str, by) -> Review:
    """Hand a review to another station with a reason; it waits there for an officer, due on the same day."""
    filing, review = locked_review(review.pk)
    seat = require_chief(by, review, _("只有站长可以移送其他监督站。"))
    if not reason.strip():
        raise Refused(_("请填写移送原因。"))
    if review.status not in IN_HAND:
        raise Refused(_("当前状态为“%(state)s”，不能移送。") % {"state": review.get_status_display()})
    if not stations_to_take(review).filter(pk=station.pk).exists():
        raise Refused(_("请选择承担%(role)s职责的其他监督站。") % {"role": review.get_role_display()})
    note_decision(review, "transfer", f"{station}：{reason.strip()}", by=by, behalf=seat.behalf_of_chief)
    was = review.station_id
    move_to(review, station, by=by)
    review.save()
    record("review.transferred", review, by=by, filing=filing.number, role=review.role, was=was, now=station.pk)
    mark_handled(review)
    settle(filing, by=by)
    link = reverse("review:detail", args=[review.pk])
    told = officers_of(station, review.role)
    notify(told, "review.transferred", about=review, link=link, filing=filing, review=review, reason=reason.strip())
    tell_applicants(review, "review.moved_station", reason=reason.strip())
    return review


def move_to(review: Review, station: Station, *, by) -> None:
    """The review lies with another station now, for its officers to take up anew; an open survey ends.

    Unsent notes stay behind: they are words of officers who have nothing to do with it any more.
    """
    if review.status == Status.SURVEY:
        end_survey(review, str(_("移送其他监督站，未完成踏勘。")), by=by)
    if review.status in IN_HAND:
        again = review.status == Status.RECHECK or review.round > 1
        review.move("hand_over_again" if again and review.can("hand_over_again") else "hand_over")
    review.station, review.assignee, review.accepted_at = station, None, None
    review.items.filter(sent_at=None).delete()
    review.opinion_drafts.all().delete()
