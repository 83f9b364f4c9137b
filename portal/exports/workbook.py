"""Writing a list as an Excel file, row by row, so that a hundred thousand rows need no more memory than one page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.later import Later
from portal.lists.kinds import Column

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = Later("openpyxl")

# A text that begins so could be taken for a formula, here or after it was copied elsewhere (security G14).
FORMULA = tuple("=+-@\t\r＝＋－＠")


def write_workbook(
    file: BinaryIO, columns: Iterable[Column], rows: Iterable[Any], *, title: str, facts: list[tuple[str, str]]
) -> int:
    """Write the rows under the columns' labels, and `facts` about the export on a second sheet; how many rows."""
    columns = list(columns)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "B2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(number)].width = column.width
    sheet.append([heading(sheet, str(column.label)) for column in columns])
    count = 0
    for row in rows:
        sheet.append([cell(sheet, column.value(row)) for column in columns])
        count += 1
    about = book.create_sheet(_("导出说明"))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 14, 80
    for label, text in [*facts, (_("条数"), str(count))]:
        about.append([heading(about, label), cell(about, text)])
    book.save(file)
    return count


def heading(sheet: Any, text: str) -> openpyxl.cell.WriteOnlyCell:
    bold = openpyxl.cell.WriteOnlyCell(sheet, value=text)
    bold.font = openpyxl.styles.Font(bold=True)
    return bold


def cell(sheet: Any, value: Any) -> Any:
    """Numbers and days as such; every text as a text, whatever it begins with."""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if value is None or isinstance(value, int | float) or hasattr(value, "as_tuple") or hasattr(value, "isoformat"):
        return value
    text = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", str(value))
    if not text.startswith(FORMULA):
        return text
    quoted = openpyxl.cell.WriteOnlyCell(sheet, value=text)
    quoted.data_type = "s"
    quoted.quotePrefix = True
    return quoted
