"""Pages of a list: counted once, never out of range."""

from datetime import date, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Length
from django.test import RequestFactory

from portal import pages
from portal.calendar import WorkDay
from portal.pages import page_of

pytestmark = pytest.mark.django_db


def days(count):
    first = date(2026, 1, 1)
    WorkDay.objects.bulk_create([WorkDay(date=first + timedelta(n), is_workday=True) for n in range(count)])
    return WorkDay.objects.order_by("date")


def ask(queryset, **query):
    return page_of(RequestFactory().get("/list/", query), queryset)


@pytest.fixture
def few(monkeypatch):
    """As if nobody counted past 30 rows."""
    monkeypatch.setattr(pages, "CAP", 30)
    monkeypatch.setattr(pages, "capped_count", lambda queryset: min(queryset.count(), 31))


def test_the_first_page_says_how_many_there_are():
    page = ask(days(128))
    assert [row.date.day for row in page] == list(range(1, 11))
    assert (page.total, page.total_text, page.number, page.last, page.per_page) == (128, "共 128 条", 1, 13, 10)
    assert (page.has_previous, page.has_next, page.start_index, len(page)) == (False, True, 1, 10)


@pytest.mark.parametrize("rows", [1, 3, 45])
def test_one_query_counts_and_one_fetches(django_assert_num_queries, rows):
    queryset = days(rows)
    with django_assert_num_queries(2) as asked:
        page = ask(queryset, page="2")
        assert (list(page.rows), page.total, page.window) is not None
    assert sum("COUNT" in query["sql"] for query in asked.captured_queries) == 1


def test_an_empty_list_is_one_page_and_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        page = ask(WorkDay.objects.all())
    assert (page.rows, page.total_text, page.number, page.last, page.window) == ([], "共 0 条", 1, 1, [1])
    assert (page.start_index, page.has_next, page.has_previous) == (0, False, False)


def test_a_page_too_far_is_the_last_one():
    page = ask(days(45), page="99")
    assert (page.number, page.start_index, len(page), page.has_next) == (5, 41, 5, False)


@pytest.mark.parametrize("number", ["0", "-1", "", "abc", "1.5", "²", "１", "9" * 5000, "1\0"])
def test_nonsense_is_a_page_all_the_same(number):
    assert ask(days(45), page=number).number == 1


@pytest.mark.parametrize("size, shown", [("20", 20), ("50", 45), ("10", 10), ("1000000", 10), ("x", 10), ("0", 10)])
def test_only_offered_sizes_are_served(size, shown):
    assert len(ask(days(45), per_page=size)) == shown


def test_the_other_parameters_stay_in_the_links():
    page = ask(days(45), page="2", per_page="20", keyword="云栖", status=["draft", "returned"])
    assert page.query.getlist("status") == ["draft", "returned"]
    assert dict(page.query.lists()) == {"per_page": ["20"], "keyword": ["云栖"], "status": ["draft", "returned"]}


@pytest.mark.parametrize(
    "number, last, window",
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 13, [1, 2, 3, None, 13]),
        (4, 13, [1, 2, 3, 4, 5, 6, None, 13]),
        (5, 13, [1, 2, 3, 4, 5, 6, 7, None, 13]),
        (7, 13, [1, None, 5, 6, 7, 8, 9, None, 13]),
        (13, 13, [1, None, 11, 12, 13]),
    ],
)
def test_the_window_shows_both_ends_and_the_neighbours(number, last, window):
    page = ask(days(last * 10), page=str(number))
    assert page.window == window


def test_what_is_not_counted_is_not_offered(few):
    page = ask(days(45), page="5")
    assert (page.total_text, page.number, page.last, page.has_next) == ("共 30+ 条", 3, 3, False)
    assert [row.date.day for row in page] == list(range(21, 31))


def test_exactly_as_many_as_are_counted_are_shown_as_counted(few):
    page = ask(days(30), page="3")
    assert (page.total_text, page.last) == ("共 30 条", 3)


def test_without_an_order_the_newest_come_first():
    days(12)
    page = ask(WorkDay.objects.order_by())
    assert [row.date.day for row in page] == list(range(12, 2, -1))


@pytest.mark.parametrize("query", [{}, {"page": "3"}, {"per_page": "20", "page": "2"}])
def test_pages_follow_each_other_without_gaps(query):
    page = ask(days(45), **query)
    assert [row.date for row in page] == [
        date(2026, 1, 1) + timedelta(page.start_index - 1 + n) for n in range(len(page))
    ]


@pytest.mark.parametrize(
    "order",
    [
        ["-date"],
        ["note", "-pk"],
        [F("note").desc(), "pk"],
        [F("note").asc(nulls_last=True), "-date"],
        [Length("note"), "pk"],
    ],
)
def test_sorted_pages_keep_the_order_that_was_asked_for(order):
    days(45)
    WorkDay.objects.filter(date__day__gt=15).update(note="调休")
    queryset = WorkDay.objects.order_by(*order)
    assert [row.pk for row in ask(queryset, page="2")] == list(queryset.values_list("pk", flat=True)[10:20])


def test_the_order_of_the_model_is_kept():
    days(12)
    assert ask(WorkDay.objects.all()).rows == list(WorkDay.objects.all()[:10])


def test_few_rows_are_sorted_and_many_are_walked(few, django_assert_num_queries):
    queryset = days(30)
    with django_assert_num_queries(2) as asked:
        ask(queryset)
    assert "ORDER BY GREATEST" in asked.captured_queries[-1]["sql"]
    WorkDay.objects.create(date=date(2027, 1, 1), is_workday=False)
    with django_assert_num_queries(2) as asked:
        ask(WorkDay.objects.order_by("date"))
    assert "ORDER BY GREATEST" not in asked.captured_queries[-1]["sql"]


def test_distinct_rows_are_paged_as_they_are():
    assert len(ask(days(12).distinct())) == 10
