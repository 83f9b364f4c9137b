"""Working days, holidays and the clock of the stations (domain §2.4)."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.utils import timezone

from portal.audit.models import AuditEntry
from portal.calendar import (
    CITY_TIME,
    CalendarYear,
    WorkDay,
    add_workdays,
    due_day,
    first_counting_day,
    is_workday,
    overrides,
    workdays_between,
)
from portal.errors import Refused
from portal.holidays.actions import missing_year, set_day, take_notice, warn_of_missing_year
from portal.notifications.models import Message
from tests import make
from tests.supervision.acts import together

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


# Kept by operators: one day, or a year's notice

NEW_YEAR = "元旦：1月1日（周五）至3日（周日）放假，共3天。"
SPRING = "春节：2月5日（周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月13日（周六）上班。"


def entries():
    return list(AuditEntry.objects.filter(event="calendar.changed").order_by("id"))


def test_an_operator_says_of_one_day_what_it_is_and_why():
    operator = make.operator()
    set_day(MONDAY, is_workday=False, note="防汛", reason="市政府通知", by=operator)
    assert not is_workday(MONDAY)
    assert (entries()[0].actor, entries()[0].subject_id) == (operator, "2026-11-23")
    assert entries()[0].details["days"] == [{"date": "2026-11-23", "old": "", "new": "休 防汛"}]
    assert entries()[0].details["reason"] == "市政府通知"


def test_a_day_that_is_again_like_any_other_keeps_no_row():
    operator = make.operator()
    set_day(MONDAY, is_workday=False, reason="一", by=operator)
    set_day(MONDAY, is_workday=True, reason="二", by=operator)
    assert is_workday(MONDAY) and not WorkDay.objects.exists()
    assert entries()[1].details["days"] == [{"date": "2026-11-23", "old": "休", "new": "班"}]


def test_a_change_without_a_reason_is_refused():
    with pytest.raises(Refused, match="请填写调整原因"):
        set_day(MONDAY, is_workday=False, reason=" ", by=make.operator())
    assert not WorkDay.objects.exists()


@pytest.mark.parametrize("stranger", [make.auditor, make.officer, make.site_officer])
def test_nobody_but_an_operator_changes_the_calendar_or_finds_its_pages(client, stranger):
    person = stranger()
    with pytest.raises(Http404):
        set_day(MONDAY, is_workday=False, reason="好", by=person)
    with pytest.raises(Http404):
        take_notice(2027, text=NEW_YEAR, by=person)
    client.force_login(person)
    for page in (
        "/console/calendar/",
        "/console/calendar/2027/",
        "/console/calendar/2027-01-04/",
        "/console/calendar/import/",
    ):
        assert client.get(page).status_code == 404


def test_a_notice_is_taken_whole_and_taking_it_again_changes_nothing():
    operator = make.operator()
    assert take_notice(2027, text=f"{NEW_YEAR}\n{SPRING}", source="国办发明电〔2026〕1号", by=operator).days == 12
    assert not is_workday(date(2027, 2, 9)) and is_workday(date(2027, 1, 31))
    assert take_notice(2027, text=f"{NEW_YEAR}\n{SPRING}", by=operator).days == 0
    assert CalendarYear.objects.get().year == 2027
    assert len(entries()) == 2


def test_a_notice_leaves_the_days_that_it_does_not_name():
    operator = make.operator()
    set_day(date(2027, 7, 5), is_workday=False, reason="好", by=operator)
    take_notice(2027, text=NEW_YEAR, by=operator)
    assert not is_workday(date(2027, 7, 5))


def test_a_text_without_days_is_refused():
    with pytest.raises(Refused, match="没有读出任何日期"):
        take_notice(2027, text="节日快乐", by=make.operator())
    assert not CalendarYear.objects.exists()


@pytest.mark.parametrize(
    ("day", "known", "missing"),
    [
        (date(2026, 10, 31), [2026], None),
        (date(2026, 11, 1), [2026], 2027),
        (date(2026, 12, 31), [2026], 2027),
        (date(2026, 12, 31), [2026, 2027], None),
        (date(2027, 1, 1), [2026], 2027),
    ],
)
def test_next_years_calendar_is_missed_from_november_on(day, known, missing):
    operator = make.operator()
    for year in known:
        CalendarYear.objects.create(year=year, text="…", taken_by=operator)
    assert missing_year(day) == missing


def test_the_operators_are_warned_once_and_the_warning_goes_when_the_notice_is_taken(client):
    operator, colleague = make.operator(), make.operator()
    make.auditor()
    november = date(2026, 11, 1)
    CalendarYear.objects.create(year=2026, text="…", taken_by=operator)
    assert [warn_of_missing_year(november), warn_of_missing_year(november)] == [True, False]
    told = Message.objects.filter(event="calendar.missing")
    assert {message.user for message in told} == {operator, colleague}

    client.force_login(operator)
    assert "2027 年节假日安排尚未录入" in client.get("/home/").content.decode()
    take_notice(2027, text=NEW_YEAR, by=operator)
    assert "2027 年节假日安排尚未录入" not in client.get("/home/").content.decode()
    assert not told.filter(handled_at=None).exists()


def test_nobody_to_warn_settles_nothing():
    assert not warn_of_missing_year(date(2026, 11, 1))
    operator = make.operator()
    assert warn_of_missing_year(date(2026, 11, 2))
    assert Message.objects.get().user == operator


# Pages


@pytest.fixture
def desk(client):
    client.force_login(make.operator())
    return client


def test_a_year_is_shown_month_by_month_with_what_differs(desk, national_day):
    page = desk.get("/console/calendar/2026/").content.decode()
    assert page.count("<caption>") == 12
    assert page.count('href="/console/calendar/2026-') == 365
    assert '>1<small>休</small><span class="vh">国庆节、中秋节</span>' in page
    assert '>10<small>班</small><span class="vh">调休</span>' in page


def test_a_year_asks_the_database_equally_often(desk, national_day, django_assert_num_queries):
    desk.get("/console/calendar/2025/")
    for year in (2025, 2026):
        with django_assert_num_queries(6):
            desk.get(f"/console/calendar/{year}/")


@pytest.mark.parametrize(
    "address", ["/console/calendar/1999/", "/console/calendar/2026-02-30/", "/console/calendar/2026-13-01/"]
)
def test_what_is_no_day_has_no_page(desk, address):
    assert desk.get(address).status_code == 404


def test_one_day_is_changed_on_its_page(desk):
    assert "现为工作日" in desk.get("/console/calendar/2026-11-23/").content.decode()
    answer = {"is_workday": "no", "note": "防汛", "reason": "市政府通知"}
    page = desk.post("/console/calendar/2026-11-23/", answer, follow=True).content.decode()
    assert "已更新 1 天" in page and not is_workday(MONDAY)
    assert desk.post("/console/calendar/2026-11-23/", {"is_workday": "no"}).status_code == 200
    assert len(entries()) == 1


def test_a_notice_is_looked_at_before_it_is_taken(desk):
    given = {"year": "2027", "source": "国办发明电〔2026〕1号", "text": f"{NEW_YEAR}\n{SPRING}"}
    page = desk.post("/console/calendar/import/", given).content.decode()
    assert "共读出 12 天" in page and "2027-02-09" in page
    assert not WorkDay.objects.exists() and not CalendarYear.objects.exists()

    page = desk.post("/console/calendar/import/", given | {"take": "1"}, follow=True).content.decode()
    assert "已更新 12 天" in page and "国办发明电〔2026〕1号" in page
    assert CalendarYear.objects.get().year == 2027


def test_what_was_not_read_is_shown_and_has_to_be_ticked(desk):
    given = {"year": "2027", "text": f"{NEW_YEAR}春节：2月5日（周六）放假。"}
    page = desk.post("/console/calendar/import/", given).content.decode()
    assert page.count("2027年2月5日是周五，不是周六") == 1
    page = desk.post("/console/calendar/import/", given | {"take": "1"}).content.decode()
    assert "请先核对下面没有读出的内容" in page and not WorkDay.objects.exists()
    desk.post("/console/calendar/import/", given | {"take": "1", "checked": "on"})
    assert WorkDay.objects.count() == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_however_the_program_wrote_it(desk, encoding):
    table = "日期,是否工作日,说明\n2027-01-01,休息日,元旦\n".encode(encoding)
    file = SimpleUploadedFile("放假.csv", table, content_type="text/csv")
    page = desk.post("/console/calendar/import/", {"year": "2027", "file": file}).content.decode()
    assert "共读出 1 天" in page and "元旦" in page


@pytest.mark.parametrize(
    "given", [{"text": ""}, {"text": "x" * 200_001}, {"file": SimpleUploadedFile("a.csv", b"\xff\xff\x80")}]
)
def test_what_is_no_notice_is_refused_on_the_form(desk, given):
    page = desk.post("/console/calendar/import/", {"year": "2027"} | given).content.decode()
    assert "errorlist" in page or "summary" in page
    assert not CalendarYear.objects.exists()


def test_the_operators_desk_leads_to_the_calendar(desk):
    assert 'href="/console/calendar/"' in desk.get("/console/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_the_same_moment_tell_once():
    operator = make.operator()
    outcomes = together(*[lambda: warn_of_missing_year(date(2026, 11, 1))] * 4)
    assert outcomes == ["done"] * 4
    assert [message.user for message in Message.objects.filter(event="calendar.missing")] == [operator]
