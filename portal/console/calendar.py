"""工作日历: a year month by month, one day, and the notice of a year with what it would change."""

import calendar
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.calendar import CalendarYear, WorkDay, today
from portal.console.gates import for_operators
from portal.forms import posted
from portal.holidays.actions import (
    FIRST_YEAR,
    LAST_YEAR,
    Changed,
    changes_by,
    missing_year,
    set_day,
    take_notice,
    unnamed,
)
from portal.holidays.forms import NO, YES, DayForm, NoticeForm
from portal.holidays.notice import read_notice
from portal.once import once

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@require_safe
@for_operators
def year_page(request: HttpRequest, year: int | None = None) -> HttpResponse:
    year = year or today().year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    rows = {row.date: row for row in WorkDay.objects.filter(date__year=year)}
    months = [month_of(year, month, rows) for month in range(1, 13)]
    context = {
        "year": year,
        "notice": CalendarYear.objects.filter(year=year).select_related("taken_by").first(),
        "months": months,
        "weekdays": WEEKDAYS,
        "count": sum(cell["is_workday"] for month in months for week in month["weeks"] for cell in week if cell),
        "missing": missing_year(),
        "before": year - 1 if year > FIRST_YEAR else None,
        "after": year + 1 if year < LAST_YEAR else None,
    }
    return render(request, "console/calendar_year.html", context)


def month_of(year: int, month: int, rows: dict[date, WorkDay]) -> dict[str, Any]:
    """A month as weeks from Monday on; None where another month begins or ends."""
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return {
        "name": _("%(month)d 月") % {"month": month},
        "weeks": [[cell_of(day, rows.get(day)) if day.month == month else None for day in week] for week in weeks],
    }


def cell_of(day: date, row: WorkDay | None) -> dict[str, Any]:
    """A day with what it is; `mark` only where it differs from the week."""
    usual = day.weekday() < 5
    is_workday = row.is_workday if row else usual
    marks = {(True, False): _("班"), (False, True): _("休")}
    facts = {"day": day, "is_workday": is_workday, "note": row.note if row else "", "is_today": day == today()}
    return facts | {"mark": marks.get((is_workday, usual), "")}


@once
@for_operators
def day_page(request: HttpRequest, day: date) -> HttpResponse:
    """One day, with the reason for the change."""
    row = WorkDay.objects.filter(date=day).first()
    now = cell_of(day, row)
    initial = {"is_workday": YES if now["is_workday"] else NO, "note": now["note"]}
    form = DayForm(**posted(request), initial=initial)
    if form.is_valid():
        say(request, set_day(day, **form.cleaned_data, by=request.user))
        return redirect("calendar-year", day.year)
    context = {"day": day, "weekday": WEEKDAYS[day.weekday()], "now": now, "form": form}
    return render(request, "console/calendar_day.html", context)


@once
@for_operators
def import_page(request: HttpRequest) -> HttpResponse:
    """Paste, look at what would change, take it."""
    year = missing_year() or today().year
    form = NoticeForm(**posted(request), initial={"year": request.GET.get("year", year)})
    if not form.is_valid() or "back" in request.POST:
        return render(request, "console/calendar_import.html", {"form": form})
    given = form.cleaned_data
    reading = read_notice(given["text"], given["year"])
    if "take" in request.POST and reading.days and (given["checked"] or not reading.unread):
        say(request, take_notice(given["year"], text=given["text"], source=given["source"], by=request.user))
        return redirect(reverse("calendar-year", args=[given["year"]]))
    changes = {day.date for day in changes_by(reading.days)}
    rows = [
        {"day": day, "weekday": WEEKDAYS[day.date.weekday()], "is_new": day.date in changes} for day in reading.days
    ]
    context = {
        "given": given,
        "rows": rows,
        "change_count": len(changes),
        "not_read": reading.unread,
        "kept": unnamed(reading, given["year"]) if reading.days else [],
        "unticked": "take" in request.POST and bool(reading.unread),
        "again": CalendarYear.objects.filter(year=given["year"]).first(),
    }
    return render(request, "console/calendar_preview.html", context)


def say(request: HttpRequest, changed: Changed) -> None:
    """How much was changed, and what moved with it."""
    facts = {"days": changed.days, "moved": changed.moved}
    if changed.days == 0:
        messages.success(request, _("日历没有变化。"))
    elif changed.moved:
        messages.success(request, _("已更新 %(days)d 天；%(moved)d 个审核的办理期限随之顺延。") % facts)
    else:
        messages.success(request, _("已更新 %(days)d 天；没有审核的办理期限因此改变。") % facts)
