"""Pulling permits and awards over HTTP: from a sound source, and from every sort of bad one."""

import time
from datetime import timedelta
from threading import Thread

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from portal.notifications.models import Message
from projects.feeds import fetch, runs
from projects.feeds.reference_server import Source, permit
from projects.feeds.runs import take_lease, work_on
from projects.models import AwardRecord, ConstructionPermit, FeedRun, FeedState, QuarantinedRow
from projects.tasks import run_feeds
from tests import make


def counts(run):
    return (run.status, run.rows_read, run.rows_new, run.rows_changed, run.rows_unchanged, run.rows_quarantined)


def problems(run):
    return "；".join(problem["text"] for problem in run.problems)


# A sound source


def test_permits_come_in_with_everything_they_say(source, last_run):
    run_feeds()
    assert counts(last_run()) == ("done", 3, 3, 0, 0, 0)
    found = ConstructionPermit.objects.get(permit_no=permit(2)["permit_no"])
    said = permit(2)
    assert (found.works_name, found.district_id, str(found.construction_area_m2)) == (
        said["works_name"],
        "420102",
        "10002.00",
    )
    assert found.uscc_codes == sorted(party["uscc"] for party in said["parties"])
    assert [party["party_type"] for party in found.parties] == ["owner", "contractor", "supervisor"]
    assert FeedState.objects.get(feed="permits").cursor == "3"


def test_a_permit_is_found_by_two_characters_of_its_name(source):
    run_feeds()
    assert ConstructionPermit.objects.filter(search_tokens__contains=["住宅"]).count() == 3


def test_awards_come_in_too(awards, last_run):
    run_feeds()
    assert (counts(last_run()), AwardRecord.objects.count()) == (("done", 3, 3, 0, 0, 0), 3)


def test_pages_follow_one_another_by_the_cursor(source, last_run, monkeypatch):
    monkeypatch.setattr(fetch, "ROWS_ASKED", 2)
    source.rows = [permit(number) for number in range(1, 6)]
    run_feeds()
    assert [asked["cursor"] for asked in source.asked] == ["", "2", "4"]
    assert (last_run().pages, last_run().rows_new) == (3, 5)


def test_nothing_new_costs_one_small_answer_and_leaves_no_run(source, due):
    for _look in range(3):
        run_feeds()
        due()
    assert [asked["cursor"] for asked in source.asked] == ["", "3", "3"]
    assert source.asked[1]["etag"] == "" and source.asked[2]["etag"] != ""
    assert FeedRun.objects.count() == 1
    assert FeedState.objects.get(feed="permits").checked_at is not None


def test_a_source_is_left_alone_until_the_schedule_says_so(source):
    run_feeds()
    run_feeds()
    assert len(source.asked) == 1


def test_without_a_source_nothing_runs(db):
    assert run_feeds() == 0
    assert FeedRun.objects.count() == 0


def test_the_token_is_sent_and_a_wrong_one_is_said(source, last_run, due, monkeypatch):
    source.token = "abc"
    run_feeds()
    assert "请检查访问令牌" in problems(last_run())
    monkeypatch.setitem(settings.FEED_SOURCES, "permits", (source.url, "abc"))
    due()
    run_feeds()
    assert last_run().rows_new == 3


# The same rows again


def test_the_same_rows_again_change_nothing(source, last_run):
    run_feeds()
    before = list(ConstructionPermit.objects.order_by("pk").values())
    FeedState.objects.update(cursor="", etag="", last_page="", due_at=timezone.now())
    run_feeds()
    assert counts(last_run()) == ("done", 3, 0, 0, 3, 0)
    assert list(ConstructionPermit.objects.order_by("pk").values()) == before


def test_a_changed_row_is_written_over_and_a_missing_one_stays(source, last_run, due):
    run_feeds()
    source.rows = [permit(1) | {"works_name": "改名后的工程"}, permit(3)]
    FeedState.objects.update(cursor="", etag="", last_page="")
    due()
    run_feeds()
    assert counts(last_run()) == ("done", 2, 0, 1, 1, 0)
    assert set(ConstructionPermit.objects.values_list("works_name", flat=True)) == {
        "改名后的工程",
        permit(2)["works_name"],
        permit(3)["works_name"],
    }


def test_one_number_in_two_spellings_is_one_permit(source):
    number = permit(1)["permit_no"]
    source.rows = [permit(1), permit(1) | {"permit_no": f" {number[:6]}-{number[6:14]} {number[14:]}"}]
    run_feeds()
    assert ConstructionPermit.objects.count() == 1


def test_an_older_version_is_ignored(source, last_run, due):
    source.rows = [permit(1, version=10)]
    run_feeds()
    source.rows.append(permit(1, version=9) | {"works_name": "旧名"})
    due()
    run_feeds()
    assert (last_run().rows_outdated, ConstructionPermit.objects.get().works_name) == (1, permit(1)["works_name"])


# Bad rows


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"construction_area_m2": -5}, "施工面积(m²)：不能小于 0（-5）"),
        ({"works_name": ""}, "工程名称：没有填写"),
        ({"works_name": "长" * 201}, "工程名称：超过 200 个字"),
        ({"issued_on": "2026-02-30"}, "发证日期：这一天不存在（2026-02-30）"),
        ({"issued_on": "2999-01-01"}, "发证日期：晚于今天（2999-01-01）"),
        ({"district": "999999"}, "所属区域：不在行政区划目录中（999999）"),
        ({"status": "绿色"}, "状态：不认识（绿色）"),
        ({"planned_completion_date": "2020-01-01"}, "计划竣工日期早于计划开工日期"),
        ({"parties": []}, "没有任何单位的统一社会信用代码，无法确定哪些企业可以看到"),
        (
            {"parties": [{"party_type": "owner", "unit_name": "甲", "uscc": "91420102MAXC000831"}]},
            "建设单位：统一社会信用代码的校验码不符，请逐位与营业执照核对",
        ),
        ({"contract_amount_wan": "四千"}, "合同金额(万元)：不是数字（四千）"),
        ({"longitude": None}, "经度和纬度要成对"),
        ({"works_name": {"a": 1}}, "工程名称：不是文字"),
        ({"contract_amount_wan": "1e999"}, "合同金额(万元)：超出范围（1e999）"),
    ],
)
def test_a_bad_row_is_kept_aside_with_its_reason_and_the_others_come_in(source, last_run, wrong, reason):
    source.rows = [permit(1), permit(2) | wrong, permit(3)]
    run_feeds()
    assert counts(last_run()) == ("done", 3, 2, 0, 0, 1)
    aside = QuarantinedRow.objects.get()
    assert (aside.row_no, aside.reasons, aside.key) == (2, [reason], permit(2)["permit_no"])


def test_a_row_says_everything_that_is_wrong_with_it(source):
    source.rows = [permit(1) | {"permit_no": "?", "construction_area_m2": -1}]
    run_feeds()
    assert len(QuarantinedRow.objects.get().reasons) == 2


def test_a_repaired_row_leaves_quarantine(source, due):
    source.rows = [permit(1) | {"construction_area_m2": -5}]
    run_feeds()
    source.rows.append(permit(1))
    due()
    run_feeds()
    assert (QuarantinedRow.objects.count(), ConstructionPermit.objects.count()) == (0, 1)


@pytest.mark.parametrize("row", [None, 7, "text", [], {"permit_no": "\x00\ud800", "works_name": "\ud800"}])
def test_rows_that_are_no_rows_are_kept_aside_and_break_nothing(source, last_run, row):
    source.rows = [row, permit(1)]
    run_feeds()
    assert counts(last_run()) == ("done", 2, 1, 0, 0, 1)


def test_script_in_a_name_is_text(source):
    source.rows = [permit(1) | {"works_name": "<script>alert('x')</script>工程"}]
    run_feeds()
    assert ConstructionPermit.objects.get().works_name == "<script>alert（'x'）</script>工程"


# Bad sources


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("broken", "来源返回错误（500）"),
        ("cut", "中途断开"),
        ("html", "来源返回的不是 JSON（text/html）"),
        ("count", "来源声称本页 1000 行，实际 3 行，本页未采用"),
        ("circle", "来源反复返回同一页"),
        ("redirect", "来源要求跳转到其他地址（302），已拒绝"),
    ],
)
def test_a_bad_source_is_noticed_said_and_tried_again(source, last_run, due, mode, said):
    source.mode = mode
    run_feeds()
    run = last_run()
    assert (run.status, run.attempts, run.rows_new) == ("retrying", 1, 0)
    assert said in problems(run)
    assert run.due_at > timezone.now() + timedelta(seconds=20)
    source.mode = "sound"
    due()
    run_feeds()
    assert (last_run().pk, last_run().status, last_run().rows_new) == (run.pk, "done", 3)


def test_a_cursor_that_goes_backwards_is_noticed(source, last_run, monkeypatch):
    monkeypatch.setattr(fetch, "ROWS_ASKED", 1)
    source.mode = "backwards"
    run_feeds()
    assert "来源的游标倒退（2 → 1），本页未采用" in problems(last_run())
    assert FeedState.objects.get(feed="permits").cursor == "2"


def test_the_same_page_for_ever_is_noticed_though_its_cursor_moves(source, last_run):
    source.mode = "again"
    run_feeds()
    assert "来源反复返回同一页（内容与上一页完全相同）" in problems(last_run())
    assert len(source.asked) == 2


def test_a_silent_source_is_given_up_in_time(source, last_run, monkeypatch):
    monkeypatch.setattr(settings, "FEED_TIMEOUT", 0.2)
    source.mode, source.pause = "slow", 2
    begun = time.monotonic()
    run_feeds()
    assert time.monotonic() - begun < 1.5
    assert "来源没有在规定时间内应答" in problems(last_run())


def test_a_source_that_drips_is_hung_up_on(source, last_run, monkeypatch):
    monkeypatch.setattr(fetch, "PAGE_SECONDS", 0.5)
    source.mode, source.pause = "drip", 0.05
    begun = time.monotonic()
    run_feeds()
    assert time.monotonic() - begun < 2
    assert "来源没有在规定时间内应答" in problems(last_run())


def test_a_slow_source_is_waited_for(source, last_run):
    source.mode = "slow"
    run_feeds()
    assert last_run().rows_new == 3


def test_an_endless_page_is_not_read_to_its_end(source, last_run, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_BYTES", 1024 * 1024)
    source.mode = "huge"
    run_feeds()
    assert "超过 1 MB" in problems(last_run())


def test_a_busy_source_decides_when_it_is_asked_again(source, last_run):
    source.mode = "busy"
    run_feeds()
    assert last_run().due_at > timezone.now() + timedelta(seconds=590)


def test_pauses_double_and_differ():
    assert 22 <= runs.pause_after(1) <= 38
    assert 90 <= runs.pause_after(3) <= 150
    assert runs.pause_after(30) <= 1.25 * runs.LONGEST_PAUSE
    assert len({runs.pause_after(1) for _try in range(20)}) > 1


def test_after_six_failures_the_run_ends_and_operators_are_told(source, last_run, due):
    operator = make.operator()
    source.mode = "broken"
    for _attempt in range(runs.MOST_ATTEMPTS):
        run_feeds()
        due()
    assert (last_run().status, FeedRun.objects.count()) == ("failed", 1)
    assert Message.objects.get(user=operator, event="feed.failed").link == f"/console/feeds/runs/{last_run().pk}/"


def test_a_source_that_is_away_is_said(db, last_run, monkeypatch):
    monkeypatch.setitem(settings.FEED_SOURCES, "permits", ("http://127.0.0.1:1/permits", ""))
    run_feeds()
    assert "连接来源失败" in problems(last_run())


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"])
def test_no_source_lives_at_a_cloud_s_metadata(settings, address):
    settings.FEED_PRIVATE_NETWORK = True
    assert not fetch.may_talk_to(address)


def test_sources_inside_our_network_are_a_setting(source, last_run, monkeypatch):
    monkeypatch.setattr(settings, "FEED_PRIVATE_NETWORK", False)
    run_feeds()
    assert "来源解析到不允许访问的地址" in problems(last_run())
    assert source.asked == []


# What is not believable waits for a person


def test_a_source_that_revokes_many_permits_at_once_is_stopped_before_it_is_written(source, last_run, due):
    make.operator()
    source.rows = [permit(number) for number in range(1, 101)]
    run_feeds()
    source.rows += [row | {"status": "revoked"} for row in source.rows[:30]]
    due()
    run_feeds()
    assert last_run().status == "held"
    assert "将有 30 个许可证变为“已撤销”，超过现有数据的 5%" in problems(last_run())
    assert not ConstructionPermit.objects.filter(status="revoked").exists()
    assert Message.objects.filter(event="feed.held").count() == User.objects.filter(duty="operator").count()


def test_a_source_that_changes_a_fifth_of_everything_is_stopped(source, last_run, due):
    source.rows = [permit(number) for number in range(1, 301)]
    run_feeds()
    source.rows += [row | {"address": "别处"} for row in source.rows]
    due()
    run_feeds()
    assert (last_run().status, ConstructionPermit.objects.filter(address="别处").count()) == ("held", 0)


# Dying and going on


def test_a_run_that_dies_goes_on_from_the_page_it_had_reached(source, last_run, due, monkeypatch):
    monkeypatch.setattr(fetch, "ROWS_ASKED", 2)
    source.rows = [permit(number) for number in range(1, 7)]
    real, taken = runs.take_page, []

    def die_on_the_second_page(*given, **facts):
        if len(taken) == 1:
            raise KeyboardInterrupt
        taken.append(1)
        real(*given, **facts)

    monkeypatch.setattr(runs, "take_page", die_on_the_second_page)
    with pytest.raises(KeyboardInterrupt):
        run_feeds()
    run = last_run()
    assert (run.status, run.rows_new, ConstructionPermit.objects.count()) == ("running", 2, 2)
    monkeypatch.setattr(runs, "take_page", real)
    run_feeds()
    assert (last_run().pk, last_run().status, last_run().rows_new) == (run.pk, "done", 6)
    assert [asked["cursor"] for asked in source.asked] == ["", "2", "2", "4"]


def test_a_page_that_fails_while_it_is_written_leaves_neither_rows_nor_cursor(source, last_run, monkeypatch):
    def fail(*_given):
        raise RuntimeError("disk")

    monkeypatch.setattr(runs, "nudge", fail)
    run_feeds()
    assert (ConstructionPermit.objects.count(), FeedState.objects.get(feed="permits").cursor) == (0, "")
    assert (last_run().status, last_run().rows_new, problems(last_run())) == (
        "retrying",
        0,
        "处理时出错，详情见服务器日志",
    )


def test_a_source_that_was_restarted_is_gone_on_with(db, last_run, due, monkeypatch):
    make.reference()
    monkeypatch.setattr(fetch, "ROWS_ASKED", 2)
    with Source([permit(1), permit(2)]) as first:
        monkeypatch.setitem(settings.FEED_SOURCES, "permits", (first.url, ""))
        run_feeds()
    due()
    run_feeds()
    assert "连接来源失败" in problems(last_run())
    with Source([permit(number) for number in range(1, 6)]) as second:
        monkeypatch.setitem(settings.FEED_SOURCES, "permits", (second.url, ""))
        due()
        run_feeds()
        assert [asked["cursor"] for asked in second.asked] == ["2", "4"]
    assert (last_run().status, ConstructionPermit.objects.count()) == ("done", 5)


def test_who_lost_the_lease_writes_nothing(source, last_run, monkeypatch):
    real = runs.fetch_page

    def taken_over(*given):
        page = real(*given)
        FeedState.objects.update(holder=None)
        return page

    monkeypatch.setattr(runs, "fetch_page", taken_over)
    work_on("permits")
    assert (ConstructionPermit.objects.count(), FeedState.objects.get(feed="permits").cursor) == (0, "")


def test_a_lease_ends_by_itself(db):
    assert take_lease("permits") is not None
    assert take_lease("permits") is None
    FeedState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert take_lease("permits") is not None


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_read_one_feed_at_once(monkeypatch):
    make.reference()
    with Source([permit(number) for number in range(1, 9)], mode="slow") as source:
        monkeypatch.setitem(settings.FEED_SOURCES, "permits", (source.url, ""))
        monkeypatch.setattr(fetch, "ROWS_ASKED", 2)
        outcomes = []

        def work():
            outcomes.append(work_on("permits"))
            connection.close()

        threads = [Thread(target=work) for _worker in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(outcomes) == [0, 4]
    assert [asked["cursor"] for asked in source.asked] == ["", "2", "4", "6"]
    assert FeedRun.objects.get().rows_new == 8
