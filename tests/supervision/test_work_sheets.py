"""单位工程信息 by Excel: a template, a preview that says what is wrong cell by cell, and all rows or none."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from supervision.actions import save_unit_works
from supervision.models import Filing, UnitWork
from supervision.unit_work_sheets import COLUMNS, MOST_ROWS, Unreadable, export, read_workbook, template
from tests import make
from tests.supervision.acts import submit
from tests.supervision.screen import form_on, words
from tests.supervision.test_corrections import give_back

pytestmark = pytest.mark.django_db
HEADS = ["*单位工程名称", "*结构类型", "*地上面积(m²)", "地上层数", "*造价(万元)", "装配式", "计划开工日期"]
HOUSE = ["1#楼", "剪力墙", 2000.5, 26, "1,200", "是", datetime(2026, 12, 1)]


@pytest.fixture
def author():
    return make.site_officer()


@pytest.fixture
def filing(author):
    return make.draft_filing(by=author, construction_area_m2=Decimal(3000), contract_amount_wan=Decimal(900))


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def url(filing, page="import/"):
    return f"/filing/{filing.pk}/edit/unit-works/{page}"


def xlsx(*rows, heads=HEADS, name="单位工程.xlsx"):
    book = Workbook()
    book.active.append(heads)
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return SimpleUploadedFile(name, buffer.getvalue())


def sent(browser, filing, *rows, **more):
    return browser.post(url(filing), {"file": xlsx(*rows, **more)})


def confirmed(browser, filing, page, mode="add"):
    return browser.post(
        url(filing), {name: values[-1] for name, values in form_on(page, "rows").items()} | {"mode": mode}
    )


def names(filing):
    return list(filing.unit_works.values_list("name", flat=True))


def read(file):
    return read_workbook(file)


# Reading


def test_cells_are_read_as_people_fill_them_in():
    reading = read(xlsx(HOUSE))
    assert (reading.faults, reading.unknown) == ([], [])
    assert reading.rows == [
        {
            "name": "1#楼",
            "structure_type": "005",
            "area_above_m2": "2000.5",
            "floors_above": "26",
            "cost_wan": "1,200",
            "is_prefabricated": "True",
            "planned_start_date": "2026-12-01",
        }
    ]


def test_each_wrong_cell_is_named_by_its_row_and_column():
    wrong = ["2#楼", "木结构", "约三千", 2.5, -1, "也许", "明年"]
    texts = [str(fault) for fault in read(xlsx(HOUSE, [], wrong)).faults]
    assert [text.split("：")[0] for text in texts] == [
        "第 4 行「结构类型」",
        "第 4 行「地上面积(m²)」",
        "第 4 行「地上层数」",
        "第 4 行「造价(万元)」",
        "第 4 行「装配式」",
        "第 4 行「计划开工日期」",
    ]


def test_a_fault_says_what_was_typed_and_what_the_column_takes():
    texts = [str(fault) for fault in read(xlsx(["2#楼", "木结构", "约三千"])).faults]
    assert texts[0].startswith("第 2 行「结构类型」：“木结构”不符合要求，应为：以下之一：砌体（砖混）、底框、")
    assert texts[1] == "第 2 行「地上面积(m²)」：“约三千”不符合要求，应为：不小于 0 的数值，最多 2 位小数。"


def test_a_row_without_a_name_says_so():
    assert [str(fault) for fault in read(xlsx(["", "框架", 100])).faults] == ["第 2 行「单位工程名称」：请填写名称。"]


def test_columns_may_stand_in_any_order_and_others_are_told():
    reading = read(xlsx([5, "1#楼", "x"], heads=["地上层数", "单位工程名称 *", "备注"]))
    assert (reading.rows, reading.unknown) == ([{"floors_above": "5", "name": "1#楼"}], ["备注"])


def test_a_formula_that_nobody_worked_out_is_a_fault():
    texts = [str(fault) for fault in read(xlsx(["1#楼", "框架", "=1+1"])).faults]
    assert texts == ["第 2 行「地上面积(m²)」：公式没有计算结果，请改为数值。"]


def with_member(name, text):
    source, target = io.BytesIO(xlsx(HOUSE).read()), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry.filename))
        new.writestr(name, text)
    return SimpleUploadedFile("a.xlsx", target.getvalue())


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (lambda: SimpleUploadedFile("a.xls", b"x"), "只支持 .xlsx"),
        (lambda: SimpleUploadedFile("a.csv", b"name"), "只支持 .xlsx"),
        (lambda: SimpleUploadedFile("a.xlsx", b"name"), "不是 Excel 文件"),
        (lambda: SimpleUploadedFile("a.xlsx", b"x" * (2 * 1024 * 1024 + 1)), "超过 2 M"),
        (lambda: make.pdf("a.xlsx"), "不是 Excel 文件"),
        (lambda: with_member("xl/vbaProject.bin", "x"), "含有宏"),
        (lambda: with_member("xl/media/bomb.txt", "0" * 21 * 1024 * 1024), "解压后过大"),
        (lambda: with_member("xl/worksheets/sheet1.xml", "<worksheet"), "无法读取"),
        (lambda: xlsx(["x"], heads=["列"]), "没有找到表头"),
        (lambda: xlsx(), "没有读到单位工程"),
        (lambda: xlsx(*[[f"{n}#"] for n in range(MOST_ROWS + 1)]), "最多导入 500 行"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(file, said):
    with pytest.raises(Unreadable, match=said):
        read(file())


# Writing


def test_the_template_explains_every_column_and_reads_back_empty():
    book = load_workbook(io.BytesIO(template()))
    assert book.sheetnames == ["单位工程信息", "填写说明"]
    assert [cell.value.lstrip("*") for cell in book.worksheets[0][1]] == [str(each.label) for each in COLUMNS.values()]
    told = [row[0].value for row in book.worksheets[1].iter_rows()]
    assert all(str(each.label) in told for each in COLUMNS.values())
    with pytest.raises(Unreadable, match="没有读到"):
        read(SimpleUploadedFile("a.xlsx", template()))


def test_what_is_exported_reads_back_the_same(author, filing):
    save_unit_works(
        filing,
        [
            {
                "name": "1#楼",
                "structure_type": "005",
                "area_above_m2": Decimal("12.50"),
                "is_prefabricated": False,
                "cost_wan": Decimal("3.0001"),
            }
        ],
        version=0,
        by=author,
    )
    reading = read(SimpleUploadedFile("a.xlsx", export(filing.unit_works.all())))
    assert reading.faults == []
    assert reading.rows == [
        {
            "name": "1#楼",
            "structure_type": "005",
            "area_above_m2": "12.5",
            "is_prefabricated": "False",
            "cost_wan": "3.0001",
        }
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", '=HYPERLINK("http://x")'])
def test_what_begins_like_a_formula_is_written_as_text(text):
    cell = load_workbook(io.BytesIO(export([UnitWork(name=text)]))).worksheets[0]["A2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)


# The pages


def test_a_preview_changes_nothing_and_confirming_adds_every_row(browser, filing, author):
    save_unit_works(filing, [{"name": "已有", "cost_wan": Decimal(5)}], version=0, by=author)
    page = sent(browser, filing, HOUSE, ["2#楼"])
    assert page.status_code == 200
    assert names(filing) == ["已有"]
    assert "读到 2 个单位工程，尚未导入" in words(page)
    answer = confirmed(browser, filing, page)
    assert answer["Location"] == url(filing, "")
    assert names(filing) == ["已有", "1#楼", "2#楼"]
    assert filing.unit_works.get(name="已有").cost_wan == 5
    house = filing.unit_works.get(name="1#楼")
    assert (house.structure_type, house.area_above_m2, house.is_prefabricated) == ("005", Decimal("2000.50"), True)


def test_replacing_leaves_only_what_was_imported_and_no_old_complaint(browser, filing, author):
    save_unit_works(
        filing, [{"key": "new1", "name": "已有"}], malformed={"new1.cost_wan": ("x", "应为数字")}, version=0, by=author
    )
    confirmed(browser, filing, sent(browser, filing, HOUSE), "replace")
    assert names(filing) == ["1#楼"]
    assert Filing.objects.get(pk=filing.pk).malformed == {}


def test_with_one_bad_cell_nothing_is_imported(browser, filing):
    page = sent(browser, filing, HOUSE, ["2#楼", "框架", "abc"])
    assert page.status_code == 422
    assert "第 3 行「地上面积(m²)」：" in words(page)
    assert names(filing) == []
    assert "错误：" in page.content.decode().split("</title>")[0]


def test_confirming_twice_imports_once(browser, filing):
    page = sent(browser, filing, HOUSE)
    assert [confirmed(browser, filing, page).status_code for _ in range(2)] == [302, 302]
    assert names(filing) == ["1#楼"]


def test_somebody_elses_save_meanwhile_is_not_overwritten(browser, filing, author):
    page = sent(browser, filing, HOUSE)
    save_unit_works(filing, [{"name": "同事的"}], version=0, by=author)
    again = confirmed(browser, filing, page, "replace")
    assert (again.status_code, names(filing)) == (409, ["同事的"])
    confirmed(browser, filing, again)
    assert names(filing) == ["同事的", "1#楼"]


def test_a_preview_that_was_tampered_with_or_is_of_another_filing_is_refused(browser, filing, author):
    other = make.draft_filing(by=author)
    values = {name: value[-1] for name, value in form_on(sent(browser, other, HOUSE), "rows").items()}
    for changes in ({}, {"rows": "x" + values["rows"]}):
        page = browser.post(url(filing), values | {"once": ""} | changes)
        assert (page.status_code, "没有导入任何内容" in words(page)) == (422, True)
    assert names(filing) == []


def test_too_many_together_are_refused_whole(browser, filing, author):
    save_unit_works(filing, [{"name": f"{n}#"} for n in range(MOST_ROWS)], version=0, by=author)
    answer = confirmed(browser, filing, sent(browser, filing, HOUSE))
    assert (answer.status_code, filing.unit_works.count()) == (409, MOST_ROWS)


def test_template_and_export_are_downloads(browser, filing):
    for page in ("template.xlsx", "export.xlsx"):
        answer = browser.get(url(filing, page))
        assert answer["Content-Disposition"].startswith("attachment")
        assert load_workbook(io.BytesIO(answer.content)).sheetnames[0] == "单位工程信息"


def test_a_return_that_does_not_ask_for_it_closes_the_import(browser, author):
    filing = submit(make.ready_filing(by=author), author)
    give_back(filing, ("basics", "works_name"))
    assert browser.get(url(filing))["Location"] == url(filing, "")


def test_strangers_find_nothing(browser):
    theirs = make.draft_filing()
    for page in ("import/", "template.xlsx", "export.xlsx"):
        assert browser.get(url(theirs, page)).status_code == 404


def test_the_sums_stand_beside_the_whole_with_the_way_there(browser, filing):
    confirmed(browser, filing, sent(browser, filing, HOUSE))
    page = browser.get(url(filing, ""))
    assert "面积合计 2000.5 m²，施工面积 3000 m²" in words(page)
    assert f"/filing/{filing.pk}/edit/basics/#construction_area_m2" in page.content.decode()
    assert "单位工程造价之和 1200 万元大于合同金额 900 万元" in words(page)
