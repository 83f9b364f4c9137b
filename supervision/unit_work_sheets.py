"""单位工程信息 as an Excel workbook: the blank template, the rows as they are, and reading one back.

Reading never runs anything: values only, within limits of size and rows, and every cell goes through the same form
as on the page. Writing never makes a formula: what begins like one is text.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from portal.later import Later
from supervision.actions.sections import MOST_ROWS
from supervision.forms.fields import CountField, DayField, MeasureField, YesNoField, as_typed
from supervision.forms.unit_works import UnitWorkForm
from supervision.gaps import UNIT_WORK_STARRED
from supervision.models import UnitWork

if TYPE_CHECKING:
    import openpyxl
    import openpyxl.worksheet.datavalidation

    from portal.documents import checks
else:
    openpyxl, checks = Later("openpyxl"), Later("portal.documents.checks")

MB = 1024 * 1024
MOST_BYTES, MOST_UNPACKED = 2 * MB, 8 * MB
ROWS_LOOKED_AT = 4 * MOST_ROWS  # blank rows between the filled ones count here
HEADER_WITHIN = 5  # rows
MOST_CELLS = 60  # of a row
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: dict[str, Any] = {name: each for name, each in UnitWorkForm.base_fields.items() if name != "id"}
EXAMPLE = {
    "name": "1#楼",
    "structure_type": "剪力墙",
    "area_above_m2": "12500.50",
    "area_below_m2": "0",
    "floors_above": "26",
    "floors_below": "1",
    "height_m": "78.00",
    "cost_wan": "4600",
    "code": "001",
    "span_m": "8.4",
    "length_m": "3200",
    "is_prefabricated": "否",
    "foundation_type": "桩基础",
    "seismic_grade": "三级",
    "fire_class": "一级",
    "drawing_review_cert_no": "420100-2026-0001",
    "planned_start_date": "2026-12-01",
    "planned_completion_date": "2028-11-30",
}
SAME = str.maketrans("（）²", "()2", "* 　\n")  # how labels are compared
WITH_LABELS = {name for name, each in COLUMNS.items() if hasattr(each, "choices")}


class Unreadable(Exception):
    """The file as a whole cannot be read; the text says why and what to do."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell."""

    row: int  # as Excel counts
    column: str
    text: str

    def __str__(self) -> str:
        return _("第 %(row)d 行「%(column)s」：%(text)s") % {"row": self.row, "column": self.column, "text": self.text}


@dataclass
class Reading:
    """A workbook that was read: rows as the form takes them, cell by cell what is wrong, and what was left out."""

    rows: list[dict[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # columns that the list does not have


# Reading


def read_workbook(file: UploadedFile) -> Reading:
    """The unit works of an .xlsx file. Raises Unreadable."""
    data = sound(file)
    table = cells_of(data)
    number, names = header_of(table)
    reading = Reading(unknown=[text for text in names.values() if text not in by_label()])
    columns = {at: by_label()[text] for at, text in names.items() if text in by_label()}
    blank_formulas = formulas_without_result(data)
    for row, cells in enumerate(table[number:], start=number + 1):
        typed = {name: cells[at] for at, name in columns.items() if at < len(cells) and cells[at] not in (None, "")}
        missing = [name for at, name in columns.items() if (row, at) in blank_formulas]
        if typed or missing:
            take_row(reading, row, typed, missing)
    if not reading.rows and not reading.faults:
        raise Unreadable(_("没有读到单位工程。请从模板表头的下一行开始，每行填写一个。"))
    if len(reading.rows) > MOST_ROWS:
        raise Unreadable(
            _("文件中有 %(count)d 行，一次最多导入 %(most)d 行，请拆分。")
            % {"count": len(reading.rows), "most": MOST_ROWS}
        )
    return reading


def sound(file: UploadedFile) -> bytes:
    """The bytes of a file that is an .xlsx of bearable size, without macros. Raises Unreadable."""
    if not (file.name or "").lower().endswith(".xlsx"):
        raise Unreadable(_("只支持 .xlsx 文件。.xls、.csv 等请用办公软件另存为 .xlsx 后再导入。"))
    if (file.size or 0) > MOST_BYTES:
        raise Unreadable(_("文件超过 %(most)d M，请删除多余的工作表和图片后再导入。") % {"most": MOST_BYTES // MB})
    data = file.read()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("文件解压后过大，请把单位工程复制到模板中再导入。"))
        checks.check_package(data, "xlsx")
    except zipfile.BadZipFile as error:
        raise Unreadable(_("文件不完整或不是 Excel 文件，请用办公软件打开后另存为 .xlsx 再导入。")) from error
    except checks.Unsound as problem:
        raise Unreadable(str(problem)) from problem
    return data


def cells_of(data: bytes) -> list[tuple[Any, ...]]:
    """The values of the first sheet, formulas by their last result."""
    return list(walk(data, values=True))


def walk(data: bytes, *, values: bool) -> Iterator[tuple[Any, ...]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        rows = sheet.iter_rows(max_col=MOST_CELLS, values_only=True)
        yield from islice(rows, ROWS_LOOKED_AT)
        if any(cell not in (None, "") for cells in rows for cell in cells):  # at most what MOST_UNPACKED holds
            raise Unreadable(_("表格中间空行过多，请删除空行，一次最多导入 %(most)d 行。") % {"most": MOST_ROWS})
        book.close()
    except (
        openpyxl.utils.exceptions.InvalidFileException,
        KeyError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        SyntaxError,
    ) as error:
        raise Unreadable(_("文件内容无法读取，请把单位工程复制到模板中再导入。")) from error


def formulas_without_result(data: bytes) -> set[tuple[int, int]]:
    """(row, column) of the formulas that no office program has worked out."""
    pairs = zip(walk(data, values=True), walk(data, values=False), strict=False)
    return {
        (row, at)
        for row, (results, cells) in enumerate(pairs, start=1)
        for at, cell in enumerate(cells)
        if isinstance(cell, str) and cell.startswith("=") and (at >= len(results) or results[at] is None)
    }


def header_of(table: list[tuple[Any, ...]]) -> tuple[int, dict[int, str]]:
    """The number of the header row, and its labels by column. Raises Unreadable."""
    for number, cells in enumerate(table[:HEADER_WITHIN], start=1):
        labels = {at: bare_label(cell) for at, cell in enumerate(cells) if cell not in (None, "")}
        if bare_label(COLUMNS["name"].label) in labels.values():
            return number, labels
    label = COLUMNS["name"].label
    raise Unreadable(_("没有找到表头“%(label)s”，请下载模板填写，不要改动表头。") % {"label": label})


def by_label() -> dict[str, str]:
    return {bare_label(each.label): name for name, each in COLUMNS.items()}


def bare_label(text: Any) -> str:
    """A label as people may have changed it: without star and spaces, brackets made uniform."""
    return str(text).translate(SAME)


def take_row(reading: Reading, row: int, cells: dict[str, Any], missing: list[str]) -> None:
    typed = {name: text_of(name, value) for name, value in cells.items()}
    form = UnitWorkForm({f"row.{name}": text for name, text in typed.items()}, prefix="row")
    form.is_valid()
    found = {name: explained(name, typed.get(name, ""), str(messages[0])) for name, messages in form.errors.items()}
    found |= {name: _("公式没有计算结果，请改为数值。") for name in missing}
    if not typed.get("name") and "name" not in found:
        found["name"] = _("请填写名称。")
    reading.faults += [Fault(row, str(COLUMNS[name].label), found[name]) for name in COLUMNS if name in found]
    reading.rows.append(typed)


def explained(name: str, typed: str, message: str) -> str:
    """What is wrong with a cell: for numbers and choices what was typed and what the column takes."""
    if not isinstance(COLUMNS[name], MeasureField | CountField) and name not in WITH_LABELS:
        return message
    facts = {"typed": typed, "takes": takes(name, COLUMNS[name])}
    return _("“%(typed)s”不符合要求，应为：%(takes)s。") % facts


def values_of_rows(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The rows that were read as `save_unit_works` takes them."""
    forms = [UnitWorkForm({f"row.{name}": text for name, text in row.items()}, prefix="row") for row in rows]
    return [form.values() for form in forms]


def text_of(name: str, value: Any) -> str:
    """A cell as somebody would type it; the label of a choice as its code."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        value = Decimal(repr(value))
    text = as_typed(value) if isinstance(value, Decimal | int | date) else str(value).strip()
    return codes_of(name).get(bare_label(text), text) if name in WITH_LABELS else text


def codes_of(name: str) -> dict[str, str]:
    return {bare_label(label): str(code) for code, label in COLUMNS[name].choices if code}


# Writing


def template() -> bytes:
    """An empty table, and a sheet that says how to fill it in."""
    return written([])


def export(works: Iterable[UnitWork]) -> bytes:
    """The rows as they are, in the columns of the template, so that they can be changed and read back."""
    return written([[shown(work, name) for name in COLUMNS] for work in works])


def shown(work: UnitWork, name: str) -> Any:
    value = getattr(work, name)
    if name in WITH_LABELS:
        code = as_typed(value) if not isinstance(value, bool) else str(value)
        return next((str(label) for key, label in COLUMNS[name].choices if key and str(key) == code), "")
    return value


def written(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    table = book.active
    assert table is not None
    table.title = _("单位工程信息")
    for at, (name, each) in enumerate(COLUMNS.items(), start=1):
        star = "*" if name in UNIT_WORK_STARRED else ""
        head(put(table.cell(1, at), f"{star}{each.label}"))
        table.column_dimensions[openpyxl.utils.get_column_letter(at)].width = max(12, 2 * len(str(each.label)) + 4)
        if name in WITH_LABELS:
            table.add_data_validation(offered(name, openpyxl.utils.get_column_letter(at)))
    for nth, row in enumerate(rows, start=2):
        for at, value in enumerate(row, start=1):
            put(table.cell(nth, at), value)
    table.freeze_panes = "B2"
    explain(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def put(cell: Any, value: Any) -> openpyxl.cell.Cell:
    """Write a value; text is text, also where it begins like a formula (security G14)."""
    if isinstance(value, str):
        cell.value, cell.data_type = value, "s"
        cell.quotePrefix = value[:1] in "=+-@\t\r＝＋－＠"
        cell.number_format = "@"
    elif value is not None:
        cell.value = value
    return cell


def head(cell: openpyxl.cell.Cell) -> None:
    cell.font = openpyxl.styles.Font(bold=True)
    cell.fill = openpyxl.styles.PatternFill("solid", fgColor="DCE6F5")
    cell.alignment = openpyxl.styles.Alignment(horizontal="center", vertical="center", wrap_text=True)


def offered(name: str, column: str) -> openpyxl.worksheet.datavalidation.DataValidation:
    labels = ",".join(str(label) for code, label in COLUMNS[name].choices if code)
    rule = openpyxl.worksheet.datavalidation.DataValidation(
        type="list", formula1=f'"{labels}"', allow_blank=True, showErrorMessage=False
    )
    rule.add(f"{column}2:{column}{MOST_ROWS + 1}")
    return rule


def explain(book: openpyxl.Workbook) -> None:
    """填写说明: each column with what it takes, and an example."""
    sheet = book.create_sheet(_("填写说明"))
    lines = [
        _("在“单位工程信息”表中每行填写一个单位工程，最多 %(most)d 行；不要改动表头，列的顺序可以调整。"),
        _("带 * 的列在报监前必须填写；市政工程可用长度代替面积。面积单位 m²，造价单位万元，日期如 2026-12-01。"),
        _("导入前会逐格检查，有错误时不会导入任何一行；本表不会被读取。"),
    ]
    for line in lines:
        sheet.append([line % {"most": MOST_ROWS}])
    sheet.append([])
    for at, text in enumerate((_("列"), _("是否必填"), _("格式"), _("示例")), start=1):
        head(put(sheet.cell(len(lines) + 2, at), text))
    for name, each in COLUMNS.items():
        need = _("必填") if name in UNIT_WORK_STARRED else _("选填")
        sheet.append([str(each.label), need, takes(name, each), EXAMPLE[name]])
    for column, width in zip("ABCD", (26, 10, 70, 22), strict=True):
        sheet.column_dimensions[column].width = width


def takes(name: str, each: Any) -> str:
    """What a column takes, in words."""
    if isinstance(each, MeasureField):
        return _("不小于 0 的数值，最多 %(places)d 位小数") % {"places": each.decimal_places or 0}
    if isinstance(each, CountField):
        return _("0 至 %(most)d 的整数") % {"most": each.max_value}
    if isinstance(each, DayField):
        return _("日期，如 2026-12-01")
    if isinstance(each, YesNoField) or name in WITH_LABELS:
        return _("以下之一：%(labels)s") % {"labels": "、".join(str(label) for code, label in each.choices if code)}
    return _("文字，最多 %(most)d 字") % {"most": each.max_length}
