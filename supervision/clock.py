"""How long a station may take, in working days; shown to both sides as 服务承诺时限 (domain §2.4).

Each review has its own clock. It starts with the submission, counts from the working day after (17:30 rule), pauses
while the filing lies with the applicant because this review returned it, and ends with the decision.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.calendar import Days, due_day, first_counting_day, overrides, workdays_between
from supervision.models import Review


@dataclass(frozen=True)
class Limit:
    """Working days; `source` is where the numbers come from."""

    target: int
    hard: int
    source: str


LIMIT = Limit(target=3, hard=5, source="服务承诺时限")
# A returned review comes back with the days it has left, but never without a day to look at the corrections.
SHORTEST_ROUND = 1


@dataclass(frozen=True)
class Remaining:
    """What the deadline tag says; `tone` is a tone of components/tag.html."""

    days: int  # working days left; negative: over
    text: str
    tone: str

    @property
    def is_overdue(self) -> bool:
        return self.days < 0


def start_clock(review: Review, at: datetime, *, afresh: bool = False) -> None:
    """Let the clock run from `at`; `afresh` forgets the days of earlier stretches."""
    if afresh:
        review.days_used = 0
    review.clock_started_at = at
    review.due_on = due_day(at, max(LIMIT.hard - review.days_used, SHORTEST_ROUND))


def stop_clock(review: Review, at: datetime) -> None:
    """Pause or end: add the working days of this stretch, today included, to those used before."""
    if review.clock_started_at is None:
        return
    review.days_used += days_since(review.clock_started_at, at)
    review.clock_started_at = None


def days_since(started: datetime, at: datetime) -> int:
    """The working days that count between two moments; 0 on the day of the submission itself."""
    first, today = first_counting_day(started), timezone.localdate(at)
    return 0 if today < first else workdays_between(first, today) + 1


def remaining(review: Review, *, today: date | None = None, days: Days | None = None) -> Remaining | None:
    """The working days left; None while the clock stands. Lists load `days` once (`calendar_for`)."""
    if review.clock_started_at is None or review.due_on is None:
        return None
    left = min(workdays_between(today or timezone.localdate(), review.due_on, days), LIMIT.hard)
    if left < 0:
        return Remaining(left, _("超 %(days)d 个工作日") % {"days": -left}, "red")
    close = left <= LIMIT.hard - LIMIT.target  # 60 % of the time is gone
    text = _("剩 %(days)d 个工作日") % {"days": left} if left else _("今日到期")
    return Remaining(left, text, "orange" if close else "blue")


def remaining_text(review: Review) -> str:
    """The tag in words: 剩 2 个工作日, 今日到期, 超 1 个工作日; "" while the clock stands."""
    left = remaining(review)
    return left.text if left else ""


def calendar_for(reviews: list[Review], *, today: date | None = None) -> dict[date, bool]:
    """The holidays that a list of deadlines needs, in one query; hand it to `remaining` as `days`."""
    day = today or timezone.localdate()
    dates = [day, *(review.due_on for review in reviews if review.due_on)]
    return overrides(min(dates), max(dates))
