"""What happens to the stations' deadlines by themselves: alerts, and a calendar that changed (domain §2.4, §5.7 54)."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from portal.audit import record
from portal.calendar import add_workdays, overrides, today
from portal.holidays.actions import depends_on_calendar
from portal.notifications import mark_handled, notify_once
from portal.notifications.models import Notified
from supervision.actions.people import in_charge_of
from supervision.clock import ALERTS, LIMIT, Alert, alert_due, calendar_of, due_of, remaining
from supervision.models import Review
from supervision.permissions import posts_for

# A calendar that changed


def postpone_reviews(*, reason: str, by) -> int:
    """Count every running clock again. A day that was announced may come later, never earlier; old and new are logged.

    Returns how many deadlines moved. In the transaction of the change, which holds the calendar.
    """
    running = Review.objects.filter(status__in=Review.UNDECIDED, clock_started_at__isnull=False, due_on__isnull=False)
    locked = running.select_for_update(of=("self",), no_key=True).order_by("filing", "role")
    reviews = list(locked.select_related("filing"))
    days = calendar_of(reviews)
    later = [review for review in reviews if review.due_on and due_of(review, days) > review.due_on]
    for review in later:
        old, review.due_on = str(review.due_on), due_of(review, days)
        role, new = review.get_role_display(), str(review.due_on)
        record("filing.due_moved", review.filing, by=by, role=role, old=old, new=new, reason=reason)
    Review.objects.bulk_update(later, ["due_on"], batch_size=500)
    return len(later)


depends_on_calendar(postpone_reviews)


# Alerts


def send_clock_alerts(day: date | None = None) -> int:
    """Tell the stations whose clocks have used 60 or 100 percent; each once in a round. Returns how many were told."""
    day = day or today()
    last = add_workdays(day, LIMIT.hard * (100 - ALERTS[0].percent) // 100)
    running = Review.objects.filter(status__in=Review.UNDECIDED, clock_started_at__isnull=False)
    reviews = list(running.filter(due_on__lte=last))
    days = overrides(min([day, *(review.due_on for review in reviews if review.due_on)]), last)
    due = {key_of(review, each): review.pk for review in reviews if (each := alert_due(review, day=day, days=days))}
    known = set(Notified.objects.filter(key__in=due).values_list("key", flat=True))
    return sum(alert(pk, day, days) for key, pk in due.items() if key not in known)


def key_of(review: Review, due: Alert) -> str:
    return f"clock:{review.pk}:{review.round}:{due.percent}"


@transaction.atomic
def alert(pk: UUID, day: date, days: dict[date, bool]) -> bool:
    """Tell those who can do something about one review; one that somebody is deciding now is left for the next time."""
    rows = Review.objects.filter(pk=pk, status__in=Review.UNDECIDED)
    review = rows.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    due = alert_due(review, day=day, days=days) if review else None
    if review is None or due is None:
        return False
    context = {"about": review, "link": reverse("review:detail", args=[review.pk])}
    left = remaining(review, today=day, days=days)
    texts = {"review": review, "filing": review.filing, "left": left.text if left else ""}
    told = notify_once(key_of(review, due), people_for(review, due), due.event, **context, **texts)
    if told and due is not ALERTS[0]:
        mark_handled_earlier(review, due)
    return told


def mark_handled_earlier(review: Review, due: Alert) -> None:
    """The later alert says all that the earlier one said."""
    earlier = [each.event for each in ALERTS if each.percent < due.percent]
    mark_handled(review, *earlier)


def people_for(review: Review, due: Alert) -> list:
    """The officer in charge, else everybody in the post; the chief too when time is up, or waits for his word."""
    chiefs = posts_for(review.station, review.role).filter(is_chief=True).select_related("user")
    asks_chief = due.tells_chief or review.status in Review.PROPOSED
    return [*in_charge_of(review), *(post.user for post in chiefs if asks_chief)]
