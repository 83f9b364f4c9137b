"""How long a station may take, in working days; shown to both sides as 服务承诺时限 (domain §2.4).

Each review has its own clock. It starts with the submission, counts from the working day after (17:30 rule), pauses
while the filing lies with the applicant because this review returned it or while a survey is ordered, and ends with
the decision. The rules stand at the top of this page, each with its source.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.calendar import (
    CITY_TIME,
    CLOSING_TIME,
    SPAN,
    Days,
    due_day,
    first_counting_day,
    held_days,
    hold_calendar,
    overrides,
    today,
    workdays_between,
)
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
class Rule:
    """A rule of the clock as people read it, and where it comes from."""

    text: str | Promise
    source: str | Promise


START = Rule(
    gettext_lazy("%(closing)s 以后或休息日提交的，视为下一工作日提交，自次日起算")
    % {"closing": f"{CLOSING_TIME:%H:%M}"},
    gettext_lazy("服务承诺时限"),
)
# While a review is in one of these states its clock stands.
PAUSES: dict[str, Rule] = {
    Review.Status.RETURNED: Rule(
        gettext_lazy("等待申请单位补正，暂停计时"), gettext_lazy("《中华人民共和国行政许可法》第三十二条")
    ),
    Review.Status.SURVEY: Rule(
        gettext_lazy("现场踏勘，暂停计时"), gettext_lazy("《中华人民共和国行政许可法》第四十五条")
    ),
}


@dataclass(frozen=True)
class Alert:
    """When `percent` of the days are used, today counted, people are told once in each round."""

    percent: int
    event: str
    tells_chief: bool = False


ALERTS = (Alert(60, "review.due_soon"), Alert(100, "review.due", tells_chief=True))


@dataclass(frozen=True)
class Remaining:
    """What the deadline tag says; `tone` is a tone of components/tag.html."""

    days: int  # working days left; negative: over
    text: str
    tone: str

    @property
    def is_overdue(self) -> bool:
        return self.days < 0


def start_clock(review: Review, at: datetime, *, afresh: bool = False, days: Days | None = None) -> None:
    """Let the clock run from `at`, in the caller's transaction; `afresh` forgets the days of earlier stretches.

    `days`: those of the calendar that the caller holds (`days_from`), where several clocks start.
    """
    if afresh:
        review.days_used = 0
    if days is None:
        hold_calendar()
    review.clock_started_at = at
    review.due_on = due_of(review, days)


def days_from(at: datetime) -> Days:
    """The calendar, held until the caller's transaction ends, for clocks that start at `at`."""
    return held_days(timezone.localdate(at, CITY_TIME))


def due_of(review: Review, days: Days | None = None) -> date:
    """The last day that a running clock has, by the calendar as it is."""
    if review.clock_started_at is None:
        raise ValueError("The clock stands.")
    return due_day(review.clock_started_at, max(LIMIT.hard - review.days_used, SHORTEST_ROUND), days)


def stop_clock(review: Review, at: datetime) -> None:
    """Pause or end: add the working days of this stretch, today included, to those used before."""
    if review.clock_started_at is None:
        return
    review.days_used += days_since(review.clock_started_at, at)
    review.clock_started_at = None


def days_since(started: datetime, at: datetime) -> int:
    """The working days that count between two moments; 0 on the day of the submission itself."""
    first, last = first_counting_day(started), timezone.localdate(at, CITY_TIME)
    return 0 if last < first else workdays_between(first, last) + 1


def remaining(review: Review, *, today: date | None = None, days: Days | None = None) -> Remaining | None:
    """The working days left; None while the clock stands. Lists load `days` once (`calendar_for`)."""
    left = days_left(review, day=today, days=days)
    if left is None:
        return None
    if left < 0:
        return Remaining(left, _("超 %(days)d 个工作日") % {"days": -left}, "red")
    close = left <= LIMIT.hard - LIMIT.target  # 60 % of the time is gone
    text = _("剩 %(days)d 个工作日") % {"days": left} if left else _("今日到期")
    return Remaining(left, text, "orange" if close else "blue")


def days_left(review: Review, *, day: date | None = None, days: Days | None = None) -> int | None:
    """Working days until the last one, 0 on that day, negative afterwards; None while the clock stands."""
    if review.clock_started_at is None or review.due_on is None:
        return None
    return min(workdays_between(day or today(), review.due_on, days), LIMIT.hard)


def percent_used(review: Review, *, day: date | None = None, days: Days | None = None) -> int:
    """How much of the time is used, `day` counted: 60 on the third of five days, 100 on the last; 0 while it stands."""
    left = days_left(review, day=day, days=days)
    return 0 if left is None else (LIMIT.hard - left) * 100 // LIMIT.hard


def alert_due(review: Review, *, day: date | None = None, days: Days | None = None) -> Alert | None:
    """The most urgent of the alerts whose time has come."""
    used = percent_used(review, day=day, days=days)
    return next((alert for alert in reversed(ALERTS) if used >= alert.percent), None)


def pause_of(review: Review) -> str:
    """Why the clock stands, for people; "" while it runs or has ended."""
    rule = PAUSES.get(review.status)
    return str(rule.text) if rule and review.clock_started_at is None else ""


def remaining_text(review: Review) -> str:
    """The tag in words: 剩 2 个工作日, 今日到期, 超 1 个工作日; "" while the clock stands."""
    left = remaining(review)
    return left.text if left else ""


def calendar_for(reviews: list[Review], *, today: date | None = None) -> dict[date, bool]:
    """The holidays that a list of deadlines needs, in one query; hand it to `remaining` as `days`."""
    day = today or timezone.localdate(timezone=CITY_TIME)
    dates = [day, *(review.due_on for review in reviews if review.due_on)]
    return overrides(min(dates), max(dates))


def calendar_of(reviews: list[Review]) -> dict[date, bool]:
    """The holidays that `due_of` needs for all of these running clocks, in one query."""
    started = [timezone.localdate(review.clock_started_at, CITY_TIME) for review in reviews if review.clock_started_at]
    return overrides(min(started), max(started) + timedelta(days=SPAN)) if started else {}
