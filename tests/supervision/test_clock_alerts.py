"""Stations are told when 60 and 100 percent of their days are used, each once (domain §5.4, §5.6)."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from accounts.models import StationPost
from portal.calendar import CITY_TIME, WorkDay, today
from portal.home.piles import piles_of
from portal.notifications.models import Message
from supervision.actions.clocks import send_clock_alerts
from supervision.clock import PAUSES, alert_due, days_since, due_of, pause_of, percent_used, start_clock, stop_clock
from supervision.models import Review
from supervision.tasks import watch_clocks
from tests import make
from tests.supervision.acts import resubmit, review_of, together

SOON, DUE = "review.due_soon", "review.due"
HANDED_IN = datetime(2026, 11, 2, 10, tzinfo=CITY_TIME)  # a Monday: due on Monday the 9th


def day(number):
    return date(2026, 11, number)


def running(role="safety", at=HANDED_IN, **fields):
    """A review whose clock runs from Monday morning on."""
    review = review_of(make.submitted_filing(), role)
    Review.objects.filter(filing=review.filing).exclude(pk=review.pk).update(clock_started_at=None)
    for name, value in fields.items():
        setattr(review, name, value)
    start_clock(review, at)
    review.save()
    return review


def told(event):
    return {message.user for message in Message.objects.filter(event=event)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "percent", "event"),
    [(3, 20, None), (4, 40, None), (5, 60, SOON), (6, 80, SOON), (9, 100, DUE), (10, 120, DUE)],
)
def test_the_days_used_are_counted_with_today(number, percent, event):
    review = running()
    due = alert_due(review, day=day(number))
    assert (percent_used(review, day=day(number)), due.event if due else None) == (percent, event)


@pytest.mark.django_db
def test_everybody_in_the_post_is_told_while_nobody_has_taken_it():
    first, second, chief = make.officer(), make.officer(), make.officer(chief=True)
    make.officer("quality")
    make.officer(area="WC")
    running()
    assert [send_clock_alerts(day(number)) for number in (3, 4, 5)] == [0, 0, 1]
    assert told(SOON) == {first, second, chief}


@pytest.mark.django_db
def test_the_officer_in_charge_is_told_at_60_percent_and_the_chief_too_at_100():
    officer, _other, chief = make.officer(), make.officer(), make.officer(chief=True)
    running(assignee=officer)
    send_clock_alerts(day(5))
    assert (told(SOON), told(DUE)) == ({officer}, set())
    send_clock_alerts(day(9))
    assert told(DUE) == {officer, chief}


@pytest.mark.django_db
def test_the_chief_whose_word_is_waited_for_is_told_at_60_percent_too():
    officer, chief = make.officer(), make.officer(chief=True)
    running(status=Review.Status.APPROVING, assignee=officer)
    assert send_clock_alerts(day(5)) == 1
    assert told(SOON) == {officer, chief}


@pytest.mark.django_db
def test_who_left_the_post_is_not_told_but_those_who_hold_it():
    gone, officer = make.officer(), make.officer()
    StationPost.objects.filter(user=gone).update(ended_at=timezone.now())
    running(assignee=gone)
    send_clock_alerts(day(5))
    assert told(SOON) == {officer}


@pytest.mark.django_db
def test_each_alert_is_sent_once_however_often_the_task_runs():
    make.officer()
    running()
    for number in (5, 5, 6, 9, 9, 10, 13):
        send_clock_alerts(day(number))
    assert sorted(Message.objects.filter(event__in=[SOON, DUE]).values_list("event", flat=True)) == [DUE, SOON]


@pytest.mark.django_db
def test_a_task_that_comes_late_says_the_later_alone():
    make.officer()
    running()
    send_clock_alerts(day(11))
    assert not Message.objects.filter(event=SOON).exists()
    assert Message.objects.get(event=DUE).subject.startswith("超 2 个工作日")


@pytest.mark.django_db
def test_the_later_alert_takes_the_earlier_off_the_count_and_a_decision_both():
    make.officer()
    review = running()
    send_clock_alerts(day(5))
    send_clock_alerts(day(9))
    waiting = Message.objects.filter(event__in=[SOON, DUE], handled_at=None)
    assert [message.event for message in waiting] == [DUE]
    make.approved(review)
    assert not waiting.all().exists()


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Review.Status.RETURNED, Review.Status.SURVEY])
def test_nobody_is_told_while_the_clock_pauses(status):
    make.officer()
    review = running(assignee=make.officer())
    stop_clock(review, HANDED_IN)
    fields = {"status": status, "decided_by": review.assignee, "decided_at": HANDED_IN}
    Review.objects.filter(pk=review.pk).update(clock_started_at=None, **fields)
    assert send_clock_alerts(day(30)) == 0
    assert pause_of(Review.objects.get(pk=review.pk)) == str(PAUSES[status].text)


@pytest.mark.django_db
def test_a_new_round_is_told_anew():
    make.officer()
    filing = make.submitted_filing()
    make.returned(review_of(filing, "safety"))
    resubmit(filing, filing.submitted_by)
    review = review_of(filing, "safety")
    for round_ in (1, 2):
        Review.objects.filter(pk=review.pk).update(round=round_, clock_started_at=HANDED_IN, due_on=day(9))
        send_clock_alerts(day(9))
    assert Message.objects.filter(event=DUE, about_id=str(review.pk)).values("created_at").distinct().count() == 2


@pytest.mark.django_db
def test_the_alert_shows_on_the_workbench_and_leads_to_the_desk(client):
    officer = make.officer()
    review = running(at=timezone.now())
    Review.objects.filter(pk=review.pk).update(due_on=today())
    watch_clocks()
    client.force_login(officer)
    message = Message.objects.get(user=officer, event=DUE)
    assert message.link == f"/review/{review.pk}/" and client.get(message.link).status_code == 200
    assert message.subject in client.get("/messages/").content.decode()
    page = client.get("/workbench/?show=due_soon").content.decode()
    assert str(review.filing) in page and "今日到期" in page
    assert {pile.code: pile.count for pile in piles_of(officer)}["due_soon"] == 1


@pytest.mark.django_db
def test_the_sweep_asks_the_database_equally_often(django_assert_num_queries):
    make.officer()
    for count in (1, 3):
        while Review.objects.filter(clock_started_at__isnull=False).count() < count:
            running()
        send_clock_alerts(day(9))
        with django_assert_num_queries(4):
            assert send_clock_alerts(day(9)) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_task_that_runs_twice_at_once_tells_once(attempt):
    officer = make.officer()
    running()
    assert together(*[lambda: send_clock_alerts(day(9))] * 4) == ["done"] * 4
    assert [message.user for message in Message.objects.filter(event=DUE)] == [officer]


# 60: the clock at midnight, and in another time zone


def moment(text):
    return datetime.fromisoformat(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("handed_in", "due"),
    [
        ("2026-11-02T00:00:00+08:00", 9),  # the first second of Monday is Monday
        ("2026-11-01T16:00:00+00:00", 9),  # the same moment, as a server in UTC writes it
        ("2026-11-01T15:59:59+00:00", 9),  # the last second of Sunday counts as Monday
        ("2026-11-02T17:30:00+08:00", 9),
        ("2026-11-02T17:30:01+08:00", 10),
        ("2026-11-02T23:59:59+08:00", 10),
        ("2026-11-03T00:00:00+08:00", 10),
        ("2026-11-02T16:00:00+00:00", 10),  # already Tuesday in the city
        ("2026-11-02T23:00:00-12:00", 11),  # Tuesday 19:00 in the city
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "Pacific/Auckland"])
def test_the_clock_at_midnight_goes_by_the_citys_dates(handed_in, due, zone):
    """§5.7 60: Asia/Shanghai, dates compared as local dates."""
    with timezone.override(zone):
        review = Review()
        start_clock(review, moment(handed_in))
        assert review.due_on == day(due)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "Pacific/Auckland"])
def test_a_stretch_ends_on_the_citys_day(zone):
    """§5.7 60: a decision at 00:30 belongs to the new day, whatever zone the worker runs in."""
    with timezone.override(zone):
        assert days_since(HANDED_IN, moment("2026-11-03T15:59:59+00:00")) == 1
        assert days_since(HANDED_IN, moment("2026-11-03T16:00:00+00:00")) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_today_is_the_citys(zone):
    """§5.7 60."""
    with timezone.override(zone):
        assert today() == datetime.now(CITY_TIME).date()


# 54: a holiday shift imported late


@pytest.mark.django_db
def test_a_running_clock_is_counted_by_the_calendar_as_it_is():
    review = running()
    WorkDay.objects.create(date=day(4), is_workday=False)
    assert (review.due_on, due_of(review)) == (day(9), day(10))
