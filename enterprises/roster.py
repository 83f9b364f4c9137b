"""People of an enterprise as an Excel workbook: the template, reading one, and the rows that need mending.

Reading never runs anything: formulas are faults, within limits of size and rows, each cell through the field that 新建用户 has.
Writing never makes a formula (security G14).
"""

from __future__ import annotations

import io
import zipfile
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.forms.members import DepartmentField
from enterprises.models import Position
from portal.exports.workbook import FORMULA, cell, heading
from portal.forms import MobileField, PersonNameField, ResidentIdField
from portal.later import Later

if TYPE_CHECKING:
    import openpyxl
    import openpyxl.worksheet.datavalidation

    from portal.documents import checks
else:
    openpyxl, checks = Later("openpyxl"), Later("portal.documents.checks")

MB = 1024 * 1024
MOST_ROWS, MOST_BYTES, MOST_UNPACKED = 1000, 2 * MB, 16 * MB
MOST_CELLS, EXACT = 40, 10**15  # Excel keeps fifteen digits of a number
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LABELS = {
    "name": gettext_lazy("姓名"),
    "id_number": gettext_lazy("身份证号"),
    "phone": gettext_lazy("手机号"),
    "position": gettext_lazy("职务"),
    "department": gettext_lazy("部门"),
}
WIDTHS = {"name": 14, "id_number": 24, "phone": 18, "position": 24, "department": 24}
FIELDS = {
    "name": PersonNameField(),
    "id_number": ResidentIdField(),
    "phone": MobileField(),
    "department": DepartmentField(),
}


class Unreadable(Exception):
    """The file as a whole cannot be read; the text says why."""


class Row(NamedTuple):
    """A line of the file: its number, what was typed, what it means, and what is wrong by column."""

    number: int
    typed: dict[str, str]
    values: dict[str, str]
    faults: dict[str, str]


def read_roster(file: UploadedFile) -> list[Row]:
    """The filled rows of the first sheet, each checked by itself and against the rows above. Raises Unreadable."""
    table = cells_of(sound(file))
    columns = columns_of(table)
    posts = {one.name: one.pk for one in Position.objects.filter(is_active=True)}
    rows: list[Row] = []
    for number, cells in enumerate(table[1:], start=2):
        raw = {name: cells[at] for name, at in columns.items() if at < len(cells) and cells[at] not in (None, "")}
        if raw:
            rows.append(row_of(number, raw, posts))
    if not rows:
        raise Unreadable(_("没有读到人员。请从模板表头的下一行开始，每行填写一人。"))
    if len(rows) > MOST_ROWS:
        raise Unreadable(_("一次最多导入 %(most)d 人，请拆分成几个文件。") % {"most": MOST_ROWS})
    mark_repeated(rows)
    return rows


def sound(file: UploadedFile) -> bytes:
    """The bytes of a file that is an .xlsx of bearable size, without macros. Raises Unreadable."""
    if not (file.name or "").lower().endswith(".xlsx"):
        raise Unreadable(_("只支持 .xlsx 文件，请下载模板填写；.xls、.csv 请另存为 .xlsx。"))
    if (file.size or 0) > MOST_BYTES:
        raise Unreadable(_("文件超过 %(most)d M，请删除图片和多余的工作表。") % {"most": MOST_BYTES // MB})
    data = file.read()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Unreadable(_("文件解压后过大，请把人员复制到模板中再导入。"))
        checks.check_package(data, "xlsx")
    except zipfile.BadZipFile as error:
        raise Unreadable(_("文件不完整或不是 Excel 文件，请用办公软件打开后另存为 .xlsx。")) from error
    except checks.Unsound as problem:
        raise Unreadable(str(problem)) from problem
    return data


def cells_of(data: bytes) -> list[tuple[Any, ...]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        rows = sheet.iter_rows(max_col=MOST_CELLS, values_only=True)
        table = list(islice(rows, 4 * MOST_ROWS))
        if any(value not in (None, "") for cells in rows for value in cells):
            raise Unreadable(_("表格行数过多，一次最多导入 %(most)d 人，请拆分。") % {"most": MOST_ROWS})
        book.close()
    except Unreadable:
        raise
    except Exception as error:  # openpyxl answers damage with whatever it stumbles over
        raise Unreadable(_("文件内容无法读取，请把人员复制到模板中再导入。")) from error
    return table


def columns_of(table: list[tuple[Any, ...]]) -> dict[str, int]:
    """Where each column stands; 部门 may be missing. Raises Unreadable."""
    found = {
        str(value or "").strip(" *＊　\n"): at for at, value in reversed(list(enumerate(table[0] if table else ())))
    }
    missing = [str(label) for name, label in LABELS.items() if str(label) not in found and name != "department"]
    if missing:
        text = _("第一行没有表头“%(labels)s”，请下载模板填写，不要改动表头。")
        raise Unreadable(text % {"labels": "、".join(missing)})
    return {name: found[str(label)] for name, label in LABELS.items() if str(label) in found}


def row_of(number: int, raw: dict[str, Any], posts: dict[str, str]) -> Row:
    typed = {name: text_of(value) for name, value in raw.items()}
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    for name in LABELS:
        try:
            values[name] = checked(name, typed.get(name, ""), raw.get(name), posts)
        except ValidationError as error:
            faults[name] = str(error.messages[0])
    return Row(number, typed, values, faults)


def checked(name: str, text: str, value: Any, posts: dict[str, str]) -> str:
    """What the cell means. ValidationError with the sentence for the person who mends it."""
    if text.startswith(FORMULA) and not (name == "phone" and text.startswith("+86")):
        raise ValidationError(_("不能是公式，也不能以 = + - @ 开头。"))
    if name == "id_number" and isinstance(value, int | float) and abs(value) >= EXACT:
        raise ValidationError(_("Excel 已把末几位改成 0，请把这一格设为文本格式后重新输入。"))
    if name != "position":
        return FIELDS[name].clean(text)
    if text not in posts:
        raise ValidationError(_("“%(text)s”不在职务列表中，请从下拉列表中选择。") % {"text": text[:40]})
    return posts[text]


def text_of(value: Any) -> str:
    """A cell as somebody would type it."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()[:300]


def mark_repeated(rows: list[Row]) -> None:
    """The same ID number or phone in two rows is a fault of the later one."""
    for name in ("id_number", "phone"):
        first: dict[str, int] = {}
        for row in rows:
            if (value := row.values.get(name)) and first.setdefault(value, row.number) != row.number:
                row.faults.setdefault(name, _("与第 %(row)d 行重复。") % {"row": first[value]})


# Writing


def template() -> bytes:
    """An empty table whose posts are offered in a list."""
    return written([], with_faults=False)


def rows_to_mend(rows: list[tuple[dict[str, str], dict[str, str]]]) -> bytes:
    """The rows (typed, faults) as they were typed, and what is wrong in a last column: mend and upload this file."""
    return written(rows, with_faults=True)


def written(rows: list[tuple[dict[str, str], dict[str, str]]], *, with_faults: bool) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    table, posts = book.create_sheet(_("人员")), book.create_sheet(_("职务"))
    names = list(Position.objects.filter(is_active=True).values_list("name", flat=True))
    for at, name in enumerate(LABELS, start=1):
        column = table.column_dimensions[openpyxl.utils.get_column_letter(at)]
        column.width, column.number_format = WIDTHS[name], "@"  # long numbers stay as they are typed
    table.column_dimensions["F"].width = 60
    table.freeze_panes = "B2"
    offered = openpyxl.worksheet.datavalidation.DataValidation(
        type="list", formula1=f"'{_('职务')}'!$A$1:$A${max(len(names), 1)}", allow_blank=True
    )
    offered.add(f"D2:D{MOST_ROWS + 1}")
    table.data_validations.append(offered)
    heads = [f"{label}{'' if name == 'department' else '*'}" for name, label in LABELS.items()]
    table.append([heading(table, text) for text in heads + [_("需要更正")] * with_faults])
    for typed, faults in rows:
        said = "；".join(f"{LABELS[name]}：{text}" for name, text in faults.items())
        table.append([cell(table, typed.get(name, "")) for name in LABELS] + [cell(table, said)] * with_faults)
    for post in names:
        posts.append([cell(posts, post)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
