"""Working days, holidays and the clock of the stations (domain §2.4)."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from portal.calendar import (
    CITY_TIME,
    WorkDay,
    add_workdays,
    due_day,
    first_counting_day,
    is_workday,
    overrides,
    workdays_between,
)

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 11, day) for day in (19, 20, 21, 22, 23))


@pytest.fixture
def national_day():
    """1 to 8 October 2026 free; Sunday 27 September and Saturday 10 October worked."""
    WorkDay.objects.bulk_create(
        [WorkDay(date=date(2026, 10, day), is_workday=False, note="国庆节、中秋节") for day in range(1, 9)]
        + [WorkDay(date=day, is_workday=True, note="调休") for day in (date(2026, 9, 27), date(2026, 10, 10))]
    )


def at(day, hour, minute=0):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CITY_TIME)


def test_weekends_are_free_unless_a_row_says_otherwise(national_day):
    assert [is_workday(day) for day in (FRIDAY, SATURDAY, SUNDAY, MONDAY)] == [True, False, False, True]
    assert [is_workday(date(2026, 10, day)) for day in (1, 9, 10, 11)] == [False, True, True, False]


def test_days_are_added_over_weekends_and_holidays(national_day):
    assert add_workdays(FRIDAY, 1) == MONDAY
    assert add_workdays(SATURDAY, 1) == MONDAY
    assert add_workdays(THURSDAY, 5) == date(2026, 11, 26)
    assert add_workdays(date(2026, 9, 30), 1) == date(2026, 10, 9)
    assert add_workdays(date(2026, 9, 30), 2) == date(2026, 10, 10)
    assert add_workdays(date(2026, 9, 25), 3) == date(2026, 9, 29)
    assert add_workdays(SUNDAY, 0) == SUNDAY


def test_days_are_not_counted_backward():
    with pytest.raises(ValueError):
        add_workdays(FRIDAY, -1)


def test_the_days_between_are_those_that_were_added(national_day):
    for n in range(30):
        end = add_workdays(date(2026, 9, 24), n)
        assert workdays_between(date(2026, 9, 24), end) == n
        assert workdays_between(end, date(2026, 9, 24)) == -n


def test_a_free_day_at_the_end_does_not_count():
    assert workdays_between(FRIDAY, FRIDAY) == 0
    assert workdays_between(FRIDAY, SUNDAY) == 0
    assert workdays_between(SATURDAY, MONDAY) == 1


@pytest.mark.parametrize(
    "handed_in, first",
    [
        (at(THURSDAY, 10), FRIDAY),
        (at(THURSDAY, 17, 30), FRIDAY),
        (at(THURSDAY, 17, 31), MONDAY),  # counts as Friday
        (at(FRIDAY, 10), MONDAY),
        (at(FRIDAY, 18), date(2026, 11, 24)),  # counts as Monday
        (at(SATURDAY, 9), date(2026, 11, 24)),
        (at(SUNDAY, 23, 59), date(2026, 11, 24)),
        (at(MONDAY, 0, 1), date(2026, 11, 24)),
    ],
)
def test_counting_starts_the_day_after_something_counts_as_handed_in(handed_in, first):
    assert first_counting_day(handed_in) == first


def test_the_day_is_the_citys_not_the_servers():
    before_midnight_in_greenwich = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)  # Thursday, 01:00 in the city
    with timezone.override("UTC"):
        assert first_counting_day(before_midnight_in_greenwich) == FRIDAY


def test_before_a_holiday_the_limit_ends_after_it(national_day):
    assert first_counting_day(at(date(2026, 9, 30), 18)) == date(2026, 10, 10)
    assert due_day(at(date(2026, 9, 30), 9), 1) == date(2026, 10, 9)
    assert due_day(at(date(2026, 9, 30), 9), 5) == date(2026, 10, 14)
    assert due_day(at(date(2026, 10, 3), 9), 3) == date(2026, 10, 13)


def test_each_question_is_one_query(django_assert_num_queries):
    for question in (
        lambda: is_workday(FRIDAY),
        lambda: add_workdays(FRIDAY, 60),
        lambda: workdays_between(FRIDAY, date(2027, 11, 20)),
        lambda: first_counting_day(at(SATURDAY, 9)),
        lambda: due_day(at(SATURDAY, 9), 20),
    ):
        with django_assert_num_queries(1):
            question()


def test_a_long_way_is_the_same_asked_at_once_or_in_parts(national_day):
    days = overrides(date(2026, 1, 1), date(2028, 12, 31))
    for n in (1, 79, 80, 81, 200, 400):
        assert add_workdays(date(2026, 5, 1), n) == add_workdays(date(2026, 5, 1), n, days)
        assert due_day(at(date(2026, 5, 2), 9), n) == due_day(at(date(2026, 5, 2), 9), n, days)


def test_a_list_loads_the_rows_once(national_day, django_assert_num_queries):
    with django_assert_num_queries(1):
        days = overrides(date(2026, 9, 1), date(2026, 12, 31))
        due = [due_day(at(date(2026, 9, day), 9), 3, days) for day in range(1, 31)]
        left = [workdays_between(date(2026, 9, 30), day, days) for day in due]
    assert (due[-1], left[-1]) == (date(2026, 10, 12), 3)
