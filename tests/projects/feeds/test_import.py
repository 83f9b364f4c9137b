"""Importing permits from a file: what people really hand in."""

import csv
import io
import zipfile
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from openpyxl import Workbook, load_workbook

from portal.audit.models import AuditEntry
from portal.errors import Refused
from projects.actions import drop_row, drop_run, import_file, release_run, request_run
from projects.feeds import files, runs
from projects.feeds.files import template
from projects.feeds.reference_server import permit
from projects.feeds.rows import headings
from projects.models import AwardRecord, ConstructionPermit, FeedRun, QuarantinedRow
from projects.tasks import run_feeds
from tests import make


@pytest.fixture
def operator(db):
    make.reference()
    return make.operator()


def line(number, **wrong):
    """A row of the file for a permit, by heading."""
    said = permit(number)
    cells = dict.fromkeys(headings("permits"), "")
    cells |= {
        "施工许可证编号": said["permit_no"],
        "状态": "有效",
        "发证日期": "2026/3/15",
        "项目名称": said["project_name"],
        "工程名称": said["works_name"],
        "项目类别": "房屋建筑工程",
        "所属区域": "江岸区",
        "施工面积(m²)": "12,860.50",
        "建设单位": said["parties"][0]["unit_name"],
        "建设单位统一社会信用代码": said["parties"][0]["uscc"],
        "施工单位": said["parties"][1]["unit_name"],
        "施工单位统一社会信用代码": said["parties"][1]["uscc"].lower(),
    }
    return list((cells | wrong).values())


def as_csv(*rows, encoding="utf-8-sig", heads=None):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads or list(headings("permits")))
    writer.writerows(rows)
    return SimpleUploadedFile("许可证.csv", text.getvalue().encode(encoding))


def as_xlsx(*rows, heads=None):
    book = Workbook()
    book.active.append(heads or list(headings("permits")))
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return SimpleUploadedFile("许可证.XLSX", data.getvalue())


def imported(file, by, feed="permits"):
    run = import_file(feed, file, by=by)
    run_feeds()
    return FeedRun.objects.get(pk=run.pk)


def said_by(run):
    return "；".join(problem["text"] for problem in run.problems)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_comes_in_in_both_encodings(operator, encoding):
    run = imported(as_csv(line(1), line(2), encoding=encoding), operator)
    assert (run.status, run.rows_read, run.rows_new) == ("done", 2, 2)
    found = ConstructionPermit.objects.get(permit_no=permit(1)["permit_no"])
    assert (found.category, found.district_id, found.issued_on) == ("01", "420102", date(2026, 3, 15))
    assert str(found.construction_area_m2) == "12860.50"
    assert found.uscc_codes == sorted(party["uscc"] for party in permit(1)["parties"][:2])


def test_a_workbook_comes_in_with_its_numbers_and_dates(operator):
    rows = line(1), line(2, 发证日期=date(2026, 3, 15), **{"施工面积(m²)": 12860.5, "项目类别": 1})
    run = imported(as_xlsx(*rows), operator)
    assert (run.status, run.rows_new) == ("done", 2)
    found = ConstructionPermit.objects.get(permit_no=permit(2)["permit_no"])
    assert (str(found.construction_area_m2), found.issued_on, found.category) == (
        "12860.50",
        date(2026, 3, 15),
        "01",
    )


def test_the_template_says_every_column_and_can_be_handed_in_again(operator):
    book = load_workbook(io.BytesIO(template("permits")))
    assert [cell.value for cell in book.worksheets[0][1]] == list(headings("permits"))
    run = imported(SimpleUploadedFile("模板.xlsx", template("awards")), operator, "awards")
    assert (run.status, run.rows_read, AwardRecord.objects.count()) == ("done", 0, 0)


def test_headings_may_be_in_another_order_and_unknown_ones_are_left_out(operator):
    heads, row = list(headings("permits")), line(1)
    run = imported(as_csv(["x", *reversed(row)], heads=["备注栏", *reversed(heads)]), operator)
    assert (run.status, run.rows_new) == ("done", 1)


def test_a_bad_row_says_its_line_and_the_others_come_in(operator):
    run = imported(as_csv(line(1), line(2, **{"施工面积(m²)": "-3"}), [], line(3, 工程名称="")), operator)
    assert (run.rows_new, run.rows_quarantined) == (1, 2)
    aside = QuarantinedRow.objects.order_by("row_no")
    assert [(row.row_no, row.reasons) for row in aside] == [
        (3, ["施工面积(m²)：不能小于 0（-3）"]),
        (5, ["工程名称：没有填写"]),
    ]


def test_the_same_file_again_changes_nothing_and_a_repaired_row_leaves_quarantine(operator):
    imported(as_csv(line(1), line(2, 工程名称="")), operator)
    run = imported(as_csv(line(1), line(2)), operator)
    assert (run.rows_new, run.rows_changed, run.rows_unchanged) == (1, 0, 1)
    assert QuarantinedRow.objects.count() == 0


def test_a_formula_is_text(operator):
    imported(as_csv(line(1, 工程名称="=HYPERLINK(1)")), operator)
    assert ConstructionPermit.objects.get().works_name == "=HYPERLINK（1）"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (SimpleUploadedFile("a.csv", b"\xff\xfe\x00\x01"), "无法识别文件的编码"),
        (SimpleUploadedFile("a.csv", "甲,乙\n1,2\n".encode()), "表头缺少：施工许可证编号、项目名称、工程名称"),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04 broken"), "不是有效的 Excel 工作簿"),
        (SimpleUploadedFile("a.csv", b"\n"), "表头缺少"),
        (as_csv(heads=["施工许可证编号", "施工许可证编号", "项目名称", "工程名称"]), "表头“施工许可证编号”重复"),
    ],
    ids=["encoding", "headings", "workbook", "empty", "twice"],
)
def test_a_file_that_cannot_be_read_says_why_at_once(operator, file, said):
    file.seek(0)
    run = imported(file, operator)
    assert run.status == "failed"
    assert said in said_by(run)


def test_a_workbook_that_unpacks_without_end_is_refused(operator, monkeypatch):
    monkeypatch.setattr(files, "MOST_UNPACKED", 1024 * 1024)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2 * 1024 * 1024)
    assert "工作簿解压后过大" in said_by(imported(SimpleUploadedFile("bomb.xlsx", data.getvalue()), operator))


def test_a_workbook_that_declares_entities_is_refused(operator):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    assert "工作簿含有不允许的内容" in said_by(imported(SimpleUploadedFile("xxe.xlsx", data.getvalue()), operator))


def test_an_import_that_dies_goes_on_after_the_rows_that_are_done_with(operator, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    run = import_file("permits", as_csv(*[line(number) for number in range(1, 6)]), by=operator)
    real, taken = runs.take_batch, []

    def die_on_the_second(*given, **facts):
        if len(taken) == 1:
            raise KeyboardInterrupt
        taken.append(1)
        real(*given, **facts)

    monkeypatch.setattr(runs, "take_batch", die_on_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_feeds()
    assert (FeedRun.objects.get(pk=run.pk).position, ConstructionPermit.objects.count()) == (2, 2)
    monkeypatch.setattr(runs, "take_batch", real)
    run_feeds()
    run.refresh_from_db()
    assert (run.status, run.rows_read, run.rows_new) == ("done", 5, 5)


@pytest.mark.django_db(transaction=True)
def test_the_file_is_deleted_once_its_run_has_ended():
    make.reference()
    run = import_file("permits", as_csv(line(1)), by=make.operator())
    assert default_storage.exists(run.file_key)
    run_feeds()
    assert not default_storage.exists(run.file_key)


@pytest.mark.parametrize("name", ["a.xls", "a.pdf", "a", "a.csv.exe"])
def test_other_files_are_refused(operator, name):
    with pytest.raises(Refused, match="只能导入"):
        import_file("permits", SimpleUploadedFile(name, b"x"), by=operator)


# Who may


@pytest.mark.parametrize("stranger", [make.auditor, make.officer, make.person])
def test_nobody_but_operators_may(db, stranger):
    make.reference()
    by = stranger()
    run = FeedRun.objects.create(feed="permits", kind="file", status="held")
    row = QuarantinedRow.objects.create(feed="permits", run=run, key="k", row_no=1, raw={}, reasons=["x"])
    for act in (
        lambda: import_file("permits", as_csv(line(1)), by=by),
        lambda: request_run("permits", by=by),
        lambda: release_run(run, by=by),
        lambda: drop_run(run, by=by),
        lambda: drop_row(row, by=by),
    ):
        with pytest.raises(Http404):
            act()


def test_asking_for_a_run_without_a_source_is_refused(operator):
    with pytest.raises(Refused, match="没有配置来源"):
        request_run("permits", by=operator)


def test_asking_twice_is_one_run(operator, source):
    assert request_run("permits", by=operator).pk == request_run("permits", by=operator).pk
    assert AuditEntry.objects.filter(event="feed.requested", actor=operator).count() == 2


def test_reading_from_the_start_reads_everything_again(operator, source, last_run):
    run_feeds()
    request_run("permits", from_start=True, by=operator)
    run_feeds()
    assert (last_run().rows_read, last_run().rows_unchanged, last_run().requested_by) == (3, 3, operator)


def test_a_held_run_goes_on_when_an_operator_has_looked(operator, source, last_run, due):
    source.rows = [permit(number) for number in range(1, 101)]
    run_feeds()
    source.rows += [row | {"status": "revoked"} for row in source.rows[:30]]
    due()
    run_feeds()
    with pytest.raises(Refused):
        request_run("permits", by=operator)
    release_run(last_run(), by=operator)
    run_feeds()
    assert (last_run().status, ConstructionPermit.objects.filter(status="revoked").count()) == ("done", 30)


def test_a_held_run_can_be_given_up(operator, source, last_run, due):
    source.rows = [permit(number) for number in range(1, 101)]
    run_feeds()
    source.rows += [row | {"status": "revoked"} for row in source.rows[:30]]
    due()
    run_feeds()
    drop_run(last_run(), by=operator)
    assert last_run().status == "failed"
    with pytest.raises(Refused):
        drop_run(last_run(), by=operator)
