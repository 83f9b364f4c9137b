"""54: a holiday shift imported late moves running deadlines in the same transaction, never forward in time's favour."""

from datetime import date, datetime

import pytest
from django.db import transaction

from portal.audit.models import AuditEntry
from portal.calendar import CITY_TIME, WorkDay
from portal.holidays.actions import Changed, set_day, take_notice
from supervision.clock import start_clock
from supervision.models import Review
from tests import make
from tests.supervision.acts import review_of, submit, together

MONDAY = datetime(2026, 11, 2, 10, tzinfo=CITY_TIME)


def day(number):
    return date(2026, 11, number)


def running(**fields):
    filing = make.submitted_filing()
    for review in filing.reviews.all():
        start_clock(review, MONDAY)
        for name, value in fields.items():
            setattr(review, name, value)
        review.save()
    return filing


def due(filing):
    return [review_of(filing, role).due_on for role in ("safety", "quality")]


def moves():
    return list(AuditEntry.objects.filter(event="filing.due_moved").order_by("id"))


@pytest.mark.django_db
def test_due_dates_are_recomputed_and_old_and_new_are_logged():
    """§5.7 54."""
    filing, operator = running(), make.operator()
    assert due(filing) == [day(9), day(9)]
    changed = take_notice(2026, text="运动会：11月4日至5日放假，共2天。", by=operator)
    assert changed == Changed(days=2, moved=2)
    assert due(filing) == [day(11), day(11)]
    assert [entry.details["old"] for entry in moves()] == ["2026-11-09"] * 2
    assert [entry.details["new"] for entry in moves()] == ["2026-11-11"] * 2
    assert {entry.subject_id for entry in moves()} == {str(filing.pk)}
    assert "2026 年节假日安排" in moves()[0].details["reason"]


@pytest.mark.django_db
def test_a_due_date_that_was_published_never_comes_earlier():
    """§5.7 54."""
    filing = running()
    assert set_day(day(7), is_workday=True, note="调休", reason="补录", by=make.operator()).moved == 0
    assert due(filing) == [day(9), day(9)] and moves() == []


@pytest.mark.django_db
def test_a_wrong_holiday_that_is_taken_back_leaves_the_later_day():
    filing, operator = running(), make.operator()
    set_day(day(4), is_workday=False, reason="误录", by=operator)
    set_day(day(4), is_workday=True, reason="更正", by=operator)
    assert due(filing) == [day(10), day(10)]


@pytest.mark.django_db
def test_a_clock_that_stands_or_has_ended_is_left_alone():
    paused, decided = running(clock_started_at=None), running()
    Review.objects.filter(filing=decided).update(status=Review.Status.KEPT)
    assert set_day(day(4), is_workday=False, reason="放假", by=make.operator()).moved == 0
    assert due(paused) == due(decided) == [day(9), day(9)]


@pytest.mark.django_db
def test_days_that_are_used_already_stay_used():
    filing = running(days_used=3)
    Review.objects.filter(filing=filing).update(due_on=day(4))
    set_day(day(4), is_workday=False, reason="放假", by=make.operator())
    assert due(filing) == [day(5), day(5)]


@pytest.mark.django_db
def test_a_holiday_after_the_due_day_moves_nothing():
    filing = running()
    assert set_day(day(11), is_workday=False, reason="放假", by=make.operator()).moved == 0
    assert due(filing) == [day(9), day(9)]


@pytest.mark.django_db
def test_both_sides_read_the_move_in_the_timeline(client):
    filing = running()
    set_day(day(4), is_workday=False, reason="放假", by=make.operator("王小明"))
    client.force_login(filing.submitted_by)
    page = client.get(filing.get_absolute_url()).content.decode()
    assert "办理期限随工作日历顺延" in page and "2026-11-09 → 2026-11-10" in page
    assert "王小明" not in page and "王**" not in page


@pytest.mark.django_db
def test_calendar_and_deadlines_change_together_or_not_at_all():
    filing = running()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        set_day(day(4), is_workday=False, reason="放假", by=make.operator())
        _ = 1 / 0
    assert due(filing) == [day(9), day(9)] and not WorkDay.objects.exists() and moves() == []


@pytest.mark.django_db
def test_the_recount_asks_for_the_calendar_once_however_many_reviews_run(django_assert_num_queries):
    operator = make.operator()
    running()
    for _count in (1, 3):
        with django_assert_num_queries(9):
            set_day(day(7), is_workday=True, note=f"调休{_count}", reason="补录", by=operator)
        running()
        running()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_what_is_handed_in_at_the_same_moment_is_counted_by_the_new_days_or_moved(attempt):
    author, operator = make.site_officer(), make.operator()
    filing = make.ready_filing(by=author)
    start = date.today()
    text = "\n".join(f"{date.fromordinal(start.toordinal() + n)},休息日,测试" for n in range(1, 8))
    acts = [lambda: submit(filing, author), lambda: take_notice(start.year, text=text, by=operator)]
    assert together(*acts) == ["done", "done"]
    for review in filing.reviews.all():
        fresh = Review(days_used=0)
        with transaction.atomic():
            start_clock(fresh, review.clock_started_at)
        assert review.due_on == fresh.due_on
