"""数据接入 as an operator sees it."""

import pytest
from django.conf import settings
from django.test import Client

from projects.feeds.reference_server import permit
from projects.models import FeedRun, QuarantinedRow
from projects.tasks import run_feeds
from tests import make
from tests.projects.feeds.test_import import as_csv, line
from tests.supervision.screen import form_on, words


@pytest.fixture
def browser(db):
    make.reference()
    client = Client()
    client.force_login(make.operator())
    return client


def test_the_page_says_that_no_source_is_configured(browser):
    page = browser.get("/console/feeds/")
    assert "未配置" in words(page)
    assert "重新运行" not in words(page)


def test_the_page_says_which_source_is_configured_and_never_its_secrets(browser, source, monkeypatch):
    monkeypatch.setitem(settings.FEED_SOURCES, "permits", (f"{source.url}?key=GEHEIM", "TOKEN"))
    text = browser.get("/console/feeds/").content.decode()
    assert source.url in text
    assert "GEHEIM" not in text and "TOKEN" not in text


def test_a_run_says_what_it_brought_and_what_was_wrong(browser, source, last_run):
    source.rows = [permit(1), permit(2) | {"construction_area_m2": -5}]
    run_feeds()
    text = words(browser.get(f"/console/feeds/runs/{last_run().pk}/"))
    for part in ("已完成", "第 2 行", "不能小于 0（-5）", "重新运行", "定时"):
        assert part in text


def test_an_operator_runs_it_again_and_lands_on_the_run(browser, source, last_run):
    answer = browser.post("/console/feeds/permits/run/")
    assert answer["Location"] == f"/console/feeds/runs/{last_run().pk}/"
    run_feeds()
    assert last_run().rows_new == 3


def test_a_file_is_imported_from_the_page_once_however_often_it_is_sent(browser):
    page = browser.get("/console/feeds/permits/import/")
    values = form_on(page, "once")
    first = browser.post("/console/feeds/permits/import/", values | {"file": as_csv(line(1))})
    second = browser.post("/console/feeds/permits/import/", values | {"file": as_csv(line(1))})
    assert first["Location"] == second["Location"] == f"/console/feeds/runs/{FeedRun.objects.get().pk}/"
    run_feeds()
    assert "已完成" in words(browser.get(first["Location"]))


def test_a_form_without_a_file_says_so(browser):
    page = browser.post("/console/feeds/permits/import/", {})
    assert page.status_code == 200
    assert "请选择文件" in words(page) or "请上传文件" in words(page)


def test_the_template_is_downloaded(browser):
    answer = browser.get("/console/feeds/permits/template/")
    assert answer["Content-Disposition"] == 'attachment; filename="permits-template.xlsx"'


def test_a_row_that_nobody_will_mend_is_put_away(browser, source):
    source.rows = [permit(1) | {"construction_area_m2": -5}]
    run_feeds()
    row = QuarantinedRow.objects.get()
    browser.post(f"/console/feeds/rows/{row.pk}/drop/")
    assert QuarantinedRow.objects.count() == 0


def test_an_unknown_feed_does_not_exist(browser):
    assert browser.get("/console/feeds/joint/import/").status_code == 404


@pytest.mark.parametrize("stranger", [make.auditor, make.officer, make.person, make.site_officer])
def test_for_strangers_there_is_nothing(db, source, last_run, stranger):
    make.reference()
    source.rows = [permit(1) | {"construction_area_m2": -5}]
    run_feeds()
    client = Client()
    client.force_login(stranger())
    run, row = last_run().pk, QuarantinedRow.objects.get().pk
    for path in ("", f"runs/{run}/", "permits/import/", "permits/template/"):
        assert client.get(f"/console/feeds/{path}").status_code == 404, path
    for path in ("permits/run/", f"runs/{run}/release/", f"runs/{run}/drop/", f"rows/{row}/drop/"):
        assert client.post(f"/console/feeds/{path}").status_code == 404, path


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_ask_the_same_however_long_they_are(browser, source, django_assert_num_queries, count):
    source.rows = [permit(number) | {"construction_area_m2": -5} for number in range(1, count + 1)]
    run_feeds()
    run = FeedRun.objects.get()
    for number in range(1, count):
        FeedRun.objects.create(feed="awards", kind="file", file_name=f"{number}.csv")
    browser.get("/console/feeds/")
    with django_assert_num_queries(9):
        browser.get("/console/feeds/")
    with django_assert_num_queries(6):
        browser.get(f"/console/feeds/runs/{run.pk}/")
