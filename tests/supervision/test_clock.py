"""Working days per review: 17:30, weekends, holidays, pauses (domain §2.4)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from portal.calendar import WorkDay
from supervision.clock import calendar_for, remaining, start_clock, stop_clock
from supervision.models import Review
from tests import make
from tests.supervision.acts import resubmit, review_of, submit

CITY = ZoneInfo("Asia/Shanghai")
pytestmark = pytest.mark.django_db


def at(day, hour=10, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=CITY)  # 2026-11-02 is a Monday


def started(moment, used=0):
    review = Review(days_used=used)
    start_clock(review, moment)
    return review


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (at(2), date(2026, 11, 9)),  # Monday morning: Tuesday is day one
        (at(2, 17, 30), date(2026, 11, 9)),
        (at(2, 17, 31), date(2026, 11, 10)),
        (at(7), date(2026, 11, 16)),  # Saturday counts as Monday
        (at(6, 18), date(2026, 11, 16)),
    ],
)
def test_five_working_days_after_the_day_it_came_in(moment, due):
    assert started(moment).due_on == due


def test_a_holiday_does_not_count_and_a_worked_weekend_does():
    WorkDay.objects.create(date=date(2026, 11, 4), is_workday=False)
    assert started(at(2)).due_on == date(2026, 11, 10)
    WorkDay.objects.create(date=date(2026, 11, 7), is_workday=True)
    assert started(at(2)).due_on == date(2026, 11, 9)


@pytest.mark.parametrize(
    ("today", "text", "tone", "overdue"),
    [
        (date(2026, 11, 3), "剩 4 个工作日", "blue", False),
        (date(2026, 11, 4), "剩 3 个工作日", "blue", False),
        (date(2026, 11, 5), "剩 2 个工作日", "orange", False),
        (date(2026, 11, 9), "今日到期", "orange", False),
        (date(2026, 11, 10), "超 1 个工作日", "red", True),
        (date(2026, 11, 16), "超 5 个工作日", "red", True),
    ],
)
def test_the_tag_says_what_is_left(today, text, tone, overdue):
    left = remaining(started(at(2)), today=today)
    assert (left.text, left.tone, left.is_overdue) == (text, tone, overdue)


def test_the_clock_stands_while_the_filing_lies_with_the_applicant():
    review = started(at(2))
    stop_clock(review, at(4))  # Tuesday and Wednesday were used
    assert (review.days_used, remaining(review)) == (2, None)
    start_clock(review, at(11))  # three days are left: Thursday, Friday, Monday
    assert review.due_on == date(2026, 11, 16)


def test_what_is_returned_on_the_day_it_came_costs_nothing():
    review = started(at(2))
    stop_clock(review, at(2, 15))
    assert review.days_used == 0


def test_a_station_that_used_all_its_days_has_one_to_look_at_the_corrections():
    assert started(at(2), used=9).due_on == date(2026, 11, 3)


def test_only_the_station_that_returned_pauses():
    author = make.site_officer()
    filing = submit(make.ready_filing(by=author), author)
    running = review_of(filing, "quality").due_on
    make.returned(review_of(filing, "safety"))
    assert remaining(review_of(filing, "safety")) is None
    resubmit(filing, author)
    assert review_of(filing, "quality").due_on == running
    assert remaining(review_of(filing, "safety")) is not None


def test_an_approval_ends_the_clock():
    author = make.site_officer()
    filing = submit(make.ready_filing(by=author), author)
    assert remaining(make.approved(review_of(filing, "safety"))) is None


def test_a_list_of_deadlines_asks_for_the_holidays_once(django_assert_num_queries):
    reviews = [started(at(day)) for day in (2, 3, 4)]
    with django_assert_num_queries(1):
        days = calendar_for(reviews, today=timezone.localdate())
        assert all(remaining(review, days=days) for review in reviews)
