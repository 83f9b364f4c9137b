"""Rows from a file: CSV in UTF-8 or GB18030, or an Excel workbook, read piece by piece within limits."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from portal.later import Later
from projects.feeds.rows import COLUMNS, headings, party_columns
from projects.models import Feed

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = Later("openpyxl")

EXTENSIONS = ("csv", "xlsx")
MOST_BYTES = 50 * 1024 * 1024
MOST_UNPACKED = 400 * 1024 * 1024  # of a workbook, all parts together
MOST_STRINGS = 100 * 1024 * 1024  # of its table of texts, which is held in memory
MOST_PARTS = 500
MOST_ROWS = 300_000
MOST_COLUMNS = 200
CHUNK = 1024 * 1024


class FileFault(Exception):
    """The file cannot be read at all; the text is for the run page."""


def rows_of(file: IO[bytes], name: str, feed: str) -> Generator[tuple[int, dict[str, Any]], None, None]:
    """Each row with its number in the file. Raises FileFault."""
    with closing(workbook_lines(file) if name.lower().endswith(".xlsx") else csv_lines(file)) as lines:
        first = next(lines, None)
        if first is None:
            raise FileFault(_("文件是空的"))
        places = places_of(first[1], feed)
        filled = ((row_no, cells) for row_no, cells in lines if any(cell not in (None, "") for cell in cells))
        for count, (row_no, cells) in enumerate(filled, start=1):
            if count > MOST_ROWS:
                raise FileFault(_("文件超过 %(most)d 行，请拆分后导入") % {"most": MOST_ROWS})
            yield row_no, raw_of(cells, places)


# Which column is which


def places_of(cells: Iterable[Any], feed: str) -> dict[int, str]:
    """{place: column}, from the first line. Raises FileFault when it is not the template's."""
    names = party_columns()
    for column in COLUMNS[feed]:
        names |= {plain(heading): column.name for heading in (column.heading, column.name, *column.also)}
    names = {plain(heading): name for heading, name in names.items()}
    places: dict[int, str] = {}
    for place, cell in enumerate(cells):
        name = names.get(plain(cell)) if cell else None
        if name in places.values():
            raise FileFault(_("表头“%(heading)s”重复") % {"heading": str(cell)[:30]})
        if name:
            places[place] = name
    needed = [column for column in COLUMNS[feed] if column.needed and column.name not in places.values()]
    if needed:
        missing = "、".join(str(column.heading) for column in needed)
        raise FileFault(_("表头缺少：%(missing)s。请使用模板") % {"missing": missing})
    return places


def plain(heading: Any) -> str:
    """A heading without what people change in it: brackets, stars, spaces."""
    return str(heading).translate(str.maketrans("（）", "()")).replace("*", "").replace(" ", "").strip().lower()


def raw_of(cells: list[Any], places: dict[int, str]) -> dict[str, Any]:
    """A row as the interface would bring it: parties as a list."""
    found = {name: cells[place] for place, name in places.items() if place < len(cells)}
    raw = {name: value for name, value in found.items() if "." not in name}
    parties: dict[str, dict[str, Any]] = {}
    for name, value in found.items():
        kind, dot, part = name.partition(".")
        if dot and value not in (None, ""):
            parties.setdefault(kind, {"party_type": kind})[part] = value
    return raw | {"parties": list(parties.values())}


# CSV


def csv_lines(file: IO[bytes]) -> Generator[tuple[int, list[str]], None, None]:
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, strict=False)
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise FileFault(_("第 %(line)d 行的列数过多") % {"line": reader.line_num})
            yield reader.line_num, cells
    except csv.Error:
        raise FileFault(
            _("第 %(line)d 行附近不是规范的 CSV（引号没有成对，或有二进制内容）") % {"line": reader.line_num}
        ) from None
    finally:
        text.detach()


def encoding_of(file: IO[bytes]) -> str:
    """utf-8-sig or gb18030, whichever the whole file is. Raises FileFault for neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        if is_written_in(file, encoding):
            return encoding
    raise FileFault(_("无法识别文件的编码，请另存为 UTF-8 或 GB18030 编码的 CSV"))


def is_written_in(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            if "\x00" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


# Excel


def workbook_lines(file: IO[bytes]) -> Generator[tuple[int, list[Any]], None, None]:
    require_harmless(file)
    file.seek(0)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says about its size is not believed
        for row_no, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
            yield row_no, list(cells)
        book.close()
    except FileFault:
        raise
    except Exception as error:  # openpyxl answers damage with whatever it stumbles over
        raise FileFault(_("无法读取工作簿（%(why)s），请用模板另存后重试") % {"why": type(error).__name__}) from None


def require_harmless(file: IO[bytes]) -> None:
    """Refuse what unpacks into too much, and XML that declares entities, before anything parses it."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise FileFault(_("工作簿解压后过大"))
            for part in parts:
                if "sharedstrings" in part.filename.lower() and part.file_size > MOST_STRINGS:
                    raise FileFault(_("工作簿解压后过大"))
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as stream:
                        if b"<!DOCTYPE" in stream.read(4096):
                            raise FileFault(_("工作簿含有不允许的内容"))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise FileFault(_("不是有效的 Excel 工作簿（.xlsx）")) from None


# The template

SAMPLES = {
    "project_name": "示例住宅项目",
    "works_name": "示例住宅项目（1#楼）",
    "category": "01",
    "district": "江岸区",
    "issued_on": "2026-03-15",
    "awarded_on": "2026-03-15",
    "status": "有效",
    "longitude": "114.318200",
    "latitude": "30.642100",
    "construction_area_m2": "12860.50",
    "contract_amount_wan": "4628.0000",
}


def template(feed: str) -> bytes:
    """A workbook with the headings, and a second sheet that says how the columns are filled in."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = str(Feed(feed).label)
    sheet.append(list(headings(feed)))
    for cell in sheet[1]:
        cell.font = openpyxl.styles.Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = max(12, 2 * len(str(cell.value)) + 2)
    sheet.freeze_panes = "A2"
    notes = book.create_sheet(_("填写说明"))
    notes.append([_("列"), _("必填"), _("示例")])
    for column in COLUMNS[feed]:
        notes.append([str(column.heading), _("是") if column.needed else "", SAMPLES.get(column.name, "")])
    number = COLUMNS[feed][0].heading
    notes.append([_("同一%(number)s再次导入即更新；缺少的行不会被删除。") % {"number": number}])
    notes.append([_("建设、施工、监理单位至少填写一个统一社会信用代码，名称与代码所列的企业可以看到。")])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
