"""Changing the calendar, and moving what was counted by it (domain §2.4, edge case 54)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit import record
from portal.calendar import CalendarYear, WorkDay, hold_calendar, today
from portal.errors import Refused
from portal.holidays.notice import Day, Reading, read_notice
from portal.notifications import mark_handled, notify_once

FIRST_YEAR, LAST_YEAR = 2020, 2099
NOTICE_MONTH = 11  # the State Council announces the next year's holidays in November at the latest

Dependant = Callable[..., int]
_dependants: list[Dependant] = []


def depends_on_calendar(fn: Dependant) -> None:
    """`fn(reason=…, by=…)` counts its stored dates again, in the transaction of the change; returns how many moved.

    A date that was already announced may become later, never earlier.
    """
    _dependants.append(fn)


def require_operator(user) -> None:
    """Raise Http404 for everybody but platform operators."""
    if not (user.is_active and user.is_operator):
        raise Http404


@dataclass(frozen=True)
class Changed:
    """How many days differ from before, and how many dates had to move with them."""

    days: int
    moved: int


@transaction.atomic
def set_day(day: date, *, is_workday: bool, note: str = "", reason: str, by) -> Changed:
    """Say of one day whether the stations work on it; a day like any other of the week keeps no row."""
    require_operator(by)
    require_year(day.year)
    if not reason.strip():
        raise Refused(_("请填写调整原因。"))
    hold_calendar(change=True)
    return apply([Day(day, is_workday, note.strip())], about=WorkDay(date=day), reason=reason.strip(), by=by)


@transaction.atomic
def take_notice(year: int, *, text: str, source: str = "", by) -> Changed:
    """Take in a year's holiday notice as `read_notice` reads it. Days that it does not name stay as they are."""
    require_operator(by)
    require_year(year)
    reading = read_notice(text, year)
    if not reading.days:
        raise Refused(_("没有读出任何日期，请粘贴通知原文，或按“日期,工作日/休息日,说明”逐行填写。"))
    hold_calendar(change=True)
    taken = {"source": source.strip(), "text": text.strip(), "taken_by": by, "taken_at": timezone.now()}
    row, _created = CalendarYear.objects.update_or_create(year=year, defaults=taken)
    mark_handled(row, "calendar.missing")
    reason = _("%(year)d 年节假日安排") % {"year": year}
    return apply(reading.days, about=row, reason=f"{reason} {source.strip()}".strip(), by=by)


def require_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(_("只能维护 %(first)d 至 %(last)d 年的日历。") % {"first": FIRST_YEAR, "last": LAST_YEAR})


def apply(days: Iterable[Day], *, about, reason: str, by) -> Changed:
    """Write the days that differ, with old and new in the audit trail, and let everything that counts by them move."""
    changes = changes_by(days)
    ordinary = [day.date for day in changes if not day.note and day.is_workday == (day.date.weekday() < 5)]
    kept = [WorkDay(**vars(day)) for day in changes if day.date not in ordinary]
    was = {row.date: described(row) for row in WorkDay.objects.filter(date__in=[day.date for day in changes])}
    WorkDay.objects.filter(date__in=ordinary).delete()
    WorkDay.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["date"], update_fields=["is_workday", "note"]
    )
    moved = sum(recount(reason=reason, by=by) for recount in _dependants) if changes else 0
    facts = [{"date": str(day.date), "old": was.get(day.date, ""), "new": described(day)} for day in changes]
    record("calendar.changed", about, by=by, reason=reason, days=facts, moved=moved)
    return Changed(len(changes), moved)


def described(day: Day | WorkDay) -> str:
    """How the trail writes a day: 休 元旦, 班 调休."""
    return f"{_('班') if day.is_workday else _('休')} {day.note}".strip()


def changes_by(days: Iterable[Day]) -> list[Day]:
    """Those of the days that are not yet so."""
    days = list(days)
    known = {row.date: row for row in WorkDay.objects.filter(date__in=[day.date for day in days])}
    return [day for day in days if not is_so(day, known)]


def is_so(day: Day, known: Mapping[date, WorkDay]) -> bool:
    row = known.get(day.date)
    if row is None:
        return not day.note and day.is_workday == (day.date.weekday() < 5)
    return (row.is_workday, row.note) == (day.is_workday, day.note)


def unnamed(reading: Reading, year: int) -> list[WorkDay]:
    """The days of the year that are kept although the notice does not name them."""
    named = [day.date for day in reading.days]
    return list(WorkDay.objects.filter(date__year=year).exclude(date__in=named))


# The year that nobody has taken in yet


def missing_year(day: date | None = None) -> int | None:
    """Next year from November on, or the present one, while its notice is not taken in; None: all is there."""
    day = day or today()
    wanted = [day.year] + [day.year + 1] * (day.month >= NOTICE_MONTH)
    known = set(CalendarYear.objects.filter(year__in=wanted).values_list("year", flat=True))
    return next((year for year in reversed(wanted) if year not in known), None)


def warn_of_missing_year(day: date | None = None) -> bool:
    """Tell the operators once that a year has no calendar yet; 预警消息 shows it until it has."""
    if (year := missing_year(day)) is None:
        return False
    duty = get_user_model().Duty.OPERATOR  # type: ignore[attr-defined]
    operators = get_user_model().objects.filter(duty=duty, is_active=True)
    about, link = CalendarYear(year=year), reverse("calendar-import") + f"?year={year}"
    return notify_once(f"calendar.missing:{year}", operators, "calendar.missing", about=about, link=link, year=year)
