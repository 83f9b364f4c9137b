"""Working days: weekends are free unless a row says otherwise, holidays are rows (domain §2.4).

All days are dates of the city (Asia/Shanghai). Each question asks the database once; who asks many of them
loads the rows with `overrides` and hands them over as `days`.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.written import written

CITY_TIME = ZoneInfo("Asia/Shanghai")
CLOSING_TIME = time(17, 30)
DAY = timedelta(days=1)
SPAN = 120  # days loaded at a time: more than any time limit needs, so one query is the rule

Days = Mapping[date, bool]


class WorkDay(models.Model):
    """A day that differs from the week: a holiday, or a weekend that is worked."""

    date = models.DateField(_("日期"), primary_key=True)
    is_workday = models.BooleanField(_("是否工作日"))
    note = models.CharField(_("说明"), max_length=60, blank=True)

    class Meta:
        app_label = "portal"
        ordering = ["date"]
        verbose_name = _("工作日历")
        verbose_name_plural = _("工作日历")

    def __str__(self):
        return f"{self.date} {self.note}".strip()


class CalendarYear(models.Model):
    """The holiday notice of a year as an operator took it in; without it the year knows weekends only."""

    year = models.PositiveSmallIntegerField(_("年份"), primary_key=True)
    source = models.CharField(_("依据"), max_length=120, blank=True)
    text = models.TextField(_("通知内容"))
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "portal"
        ordering = ["year"]
        verbose_name = _("年度放假安排")
        verbose_name_plural = _("年度放假安排")

    def __str__(self):
        return str(self.year)


def today() -> date:
    """The city's date, whatever time zone the process or a request is in (edge case 60)."""
    return timezone.localdate(timezone=CITY_TIME)


def held_days(first: date) -> dict[date, bool]:
    """Hold the calendar, and its days from `first` on that time limits may need."""
    hold_calendar()
    return overrides(first, first + DAY * SPAN)


def hold_calendar(*, change: bool = False) -> None:
    """Let the calendar stand still until this transaction ends; with `change`, wait for all who count by it.

    Whoever stores a date that was counted holds it, so that no date is counted by days that have just changed.
    """
    lock = "pg_advisory_xact_lock" if change else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended('calendar', 0))")


def overrides(first: date, last: date) -> dict[date, bool]:
    """The days from first to last that differ from the week, and whether they are worked."""
    return dict(days_between(first=first, last=last))


@written
def days_between(*, first: date, last: date) -> models.QuerySet:
    return WorkDay.objects.filter(date__range=(first, last)).values_list("date", "is_workday")


def is_workday(day: date, days: Days | None = None) -> bool:
    """Whether the stations work on this day."""
    return _worked(day, overrides(day, day) if days is None else days)


def add_workdays(start: date, n: int, days: Days | None = None) -> date:
    """The n-th working day after `start`; `start` itself for 0. Raises ValueError for a negative number."""
    if n < 0:
        raise ValueError("Working days are counted forward.")
    return start if n == 0 else next(islice(_workdays_after(start, days), n - 1, None))


def workdays_between(start: date, end: date, days: Days | None = None) -> int:
    """How many working days lie after `start`, up to and with `end`; negative when `end` is earlier."""
    if end < start:
        return -workdays_between(end, start, days)
    known = overrides(start, end) if days is None else days
    return sum(_worked(start + DAY * n, known) for n in range(1, (end - start).days + 1))


def first_counting_day(at: datetime, days: Days | None = None) -> date:
    """The first working day that counts for something handed in at `at`, which is the day after it counts as in."""
    return due_day(at, 1, days)


def due_day(at: datetime, n: int, days: Days | None = None) -> date:
    """The last day of a limit of n (at least 1) working days for something handed in at `at`.

    What comes after 17:30 or on a free day counts as handed in on the next working day; day one is the one after.
    """
    local = at.astimezone(CITY_TIME)
    day = local.date()
    known = overrides(day, day + DAY * SPAN) if days is None and n <= SPAN // 4 else days
    in_time = local.time() <= CLOSING_TIME and is_workday(day, known)
    return add_workdays(day, n if in_time else n + 1, known)


def _worked(day: date, days: Days) -> bool:
    return days.get(day, day.weekday() < 5)


def _workdays_after(day: date, days: Days | None) -> Iterator[date]:
    while True:
        known = overrides(day + DAY, day + DAY * SPAN) if days is None else days
        for _n in range(SPAN):
            day += DAY
            if _worked(day, known):
                yield day
