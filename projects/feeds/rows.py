"""One row of a feed: which columns there are, how each is read, and what is wrong with it, in sentences.

The columns are documented in docs/feeds.md. Everything that comes is treated as if somebody had typed it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.places import District
from portal.search import indexed
from portal.validators import (
    check_permit_no,
    check_project_no,
    check_uscc,
    clean_name,
    clean_person_name,
    clean_text,
    normalise_permit_no,
    normalise_project_no,
    normalise_uscc,
)
from projects.models import ConstructionPermit, Feed, PartyType

Raw = Mapping[str, Any]

# 项目类别 (domain §3.6), by code and by name.
CATEGORIES = {"01": "房屋建筑工程", "02": "市政工程", "99": "其他"}
STATUSES = {
    "有效": ConstructionPermit.Status.VALID,
    "变更": ConstructionPermit.Status.CHANGED,
    "已变更": ConstructionPermit.Status.CHANGED,
    "失效": ConstructionPermit.Status.LAPSED,
    "已失效": ConstructionPermit.Status.LAPSED,
    "废止": ConstructionPermit.Status.LAPSED,
    "撤销": ConstructionPermit.Status.REVOKED,
    "已撤销": ConstructionPermit.Status.REVOKED,
    "注销": ConstructionPermit.Status.REVOKED,
    "吊销": ConstructionPermit.Status.REVOKED,
} | {status.value: status for status in ConstructionPermit.Status}

# The parties that a row may name, each with a name, a credit code and the head's name.
PARTIES = (PartyType.OWNER, PartyType.CONTRACTOR, PartyType.SUPERVISOR, PartyType.SURVEY, PartyType.DESIGN)
PARTY_TYPES = {str(kind.label): kind for kind in PartyType} | {kind.value: kind for kind in PartyType}
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")
LONGEST_RAW = 200  # characters of a value that are kept with a quarantined row


class Wrong(Exception):
    """A value cannot be taken in; the text says why."""


class BadRow(Exception):
    """A row cannot be taken in. `key` finds it again when it comes repaired."""

    def __init__(self, key: str, reasons: list[str]) -> None:
        super().__init__("；".join(reasons))
        self.key, self.reasons = key, reasons


@dataclass(slots=True)
class Row:
    """A sound row: its normalised number, its cells as COPY takes them, and a digest that changes with any of them."""

    number: str
    version: str
    status: str
    cells: list[str]  # of `cells_of`
    digest: str
    raw_digest: str = ""


@dataclass(frozen=True)
class Column:
    """A column of the feed: name in JSON, heading in files, and how it is read ("" for nothing)."""

    name: str
    heading: Any
    read: Callable[[Any], Any]
    needed: bool = False
    also: tuple[str, ...] = ()  # other headings


# How values are read


def spelled(value: Any) -> str:
    """The value as somebody would type it."""
    if type(value) is str:
        return value.strip()
    if value is None or isinstance(value, bool | list | dict):
        return "" if value is None else _refuse(_("不是文字"))
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # spreadsheets keep every number as a float
    if isinstance(value, datetime):
        value = value.date()
    return str(value).strip()


def _refuse(sentence: str) -> Any:
    raise Wrong(sentence)


def remembered(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same reading for columns whose few values stand in thousands of rows; only texts are remembered."""
    known = lru_cache(maxsize=4096)(read)
    return lambda value: known(value) if type(value) is str and len(value) < 200 else read(value)


def text(most: int, clean: Callable[[str], str] = clean_name) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        said = clean(spelled(value))
        return said if len(said) <= most else _refuse(_("超过 %(most)d 个字") % {"most": most})

    return read


def number(digits: int, places: int, *, least: Decimal | None = None, most: Decimal | None = None) -> Callable:
    limit, quantum = Decimal(10) ** (digits - places), Decimal(1).scaleb(-places)

    def read(value: Any) -> Decimal | None:
        said = spelled(value).replace(",", "")
        if not said:
            return None
        try:
            amount = Decimal(said)
        except (InvalidOperation, ValueError):
            return _refuse(_("不是数字（%(value)s）") % {"value": said[:20]})
        if not amount.is_finite() or amount.copy_abs() >= limit:
            return _refuse(_("超出范围（%(value)s）") % {"value": said[:20]})
        amount = amount.quantize(quantum)
        if least is not None and amount < least:
            return _refuse(_("不能小于 %(least)s（%(value)s）") % {"least": least, "value": said[:20]})
        if most is not None and amount > most:
            return _refuse(_("不能大于 %(most)s（%(value)s）") % {"most": most, "value": said[:20]})
        return amount

    return read


@remembered
def day(value: Any) -> date | None:
    said = spelled(value)
    if not said:
        return None
    if re.fullmatch(r"\d{8}", said):
        said = f"{said[:4]}-{said[4:6]}-{said[6:]}"
    found = DATE.fullmatch(said)
    try:
        return date(*map(int, found.groups())) if found else _refuse(_("不是日期（%(value)s）") % {"value": said[:20]})
    except ValueError:
        return _refuse(_("这一天不存在（%(value)s）") % {"value": said[:20]})


def past_day(value: Any) -> date | None:
    found = day(value)
    return _refuse(_("晚于今天（%(day)s）") % {"day": found}) if found and found > timezone.localdate() else found


def project_no(value: Any) -> str:
    said = spelled(value)
    if len(said) == 16 and said.isascii() and said.isdigit():  # beyond that a number can only be warned about
        return said
    said = normalise_project_no(said)
    if said:
        check_project_no(said)
    return said


@remembered
def category(value: Any) -> str:
    said = spelled(value)
    code = said if said in CATEGORIES else f"{said:0>2}" if said.isdigit() else ""
    code = code or next((code for code, name in CATEGORIES.items() if name == said), said)
    return code if not said or code in CATEGORIES else _refuse(_("不在目录中（%(value)s）") % {"value": said[:20]})


@remembered
def status(value: Any) -> str:
    said = spelled(value) or "valid"
    return STATUSES[said].value if said in STATUSES else _refuse(_("不认识（%(value)s）") % {"value": said[:20]})


COMMON = (
    Column("project_no", gettext_lazy("项目编号"), project_no),
    Column("project_name", gettext_lazy("项目名称"), text(200), needed=True),
    Column("works_name", gettext_lazy("工程名称"), text(200), needed=True),
    Column("category", gettext_lazy("项目类别"), category),
    Column("district", gettext_lazy("所属区域"), remembered(text(20))),
    Column("address", gettext_lazy("工程地址"), text(200), also=("建设地址",)),
    Column("longitude", gettext_lazy("GIS经度"), number(9, 6, least=Decimal(-180), most=Decimal(180)), also=("经度",)),
    Column("latitude", gettext_lazy("GIS纬度"), number(9, 6, least=Decimal(-90), most=Decimal(90)), also=("纬度",)),
    Column("construction_area_m2", gettext_lazy("施工面积(m²)"), number(14, 2, least=Decimal(0)), also=("施工面积",)),
    Column("contract_amount_wan", gettext_lazy("合同金额(万元)"), number(16, 4, least=Decimal(0)), also=("合同金额",)),
    Column("planned_start_date", gettext_lazy("计划开工日期"), day),
    Column("planned_completion_date", gettext_lazy("计划竣工日期"), day),
    Column("construction_scale", gettext_lazy("建设规模"), remembered(text(500, clean_text))),
    Column("version", gettext_lazy("数据版本"), remembered(text(60))),
)
COLUMNS: dict[str, tuple[Column, ...]] = {
    Feed.PERMITS: (
        Column("permit_no", gettext_lazy("施工许可证编号"), spelled, needed=True, also=("许可证编号",)),
        Column("status", gettext_lazy("状态"), status, also=("许可证状态",)),
        Column("issued_on", gettext_lazy("发证日期"), past_day),
        *COMMON,
    ),
    Feed.AWARDS: (
        Column("award_no", gettext_lazy("中标通知书编号"), spelled, needed=True, also=("中标编号",)),
        Column("awarded_on", gettext_lazy("中标日期"), past_day),
        *COMMON,
    ),
}
NUMBERS: dict[str, str] = {Feed.PERMITS: "permit_no", Feed.AWARDS: "award_no"}
PARTY_PARTS = {"unit_name": "", "uscc": gettext_lazy("统一社会信用代码"), "head_name": gettext_lazy("负责人")}


def party_columns() -> dict[str, str]:
    """The columns of parties in a file: {"建设单位": "owner.unit_name", …}."""
    return {f"{kind.label}{part}": f"{kind}.{name}" for kind in PARTIES for name, part in PARTY_PARTS.items()}


# Reading a row


@dataclass
class Reader:
    """Reads the rows of one feed; it knows the districts, asked once."""

    feed: str
    districts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code, name in District.objects.values_list("code", "name"):
            self.districts |= {code: code, name: code}

    def row(self, raw: Any) -> Row:
        """The row as it is stored. Raises BadRow with everything that is wrong with it."""
        if not isinstance(raw, Mapping):
            raise BadRow(key_of("", raw), [_("这一行不是对象")])
        reasons: list[str] = []
        values = {column.name: self.value(column, raw, reasons) for column in COLUMNS[self.feed]}
        shown = values.pop(NUMBERS[self.feed]) or ""
        number = self.checked_number(shown, reasons)
        parties, codes = parties_of(raw.get("parties"), reasons)
        self.check_together(values, reasons)
        if reasons:
            raise BadRow(key_of(number, raw), reasons)
        return finished(self.feed, number, shown, values | {"parties": parties, "uscc_codes": codes})

    def value(self, column: Column, raw: Raw, reasons: list[str]) -> Any:
        try:
            value = column.read(raw.get(column.name))
            if column.needed and not value:
                raise Wrong(_("没有填写"))
            return self.district(value) if column.name == "district" else value
        except (Wrong, ValidationError) as error:
            reasons.append(f"{column.heading}：{first_sentence(error)}")
            return None

    def district(self, said: str) -> str | None:
        if said and said not in self.districts:
            raise Wrong(_("不在行政区划目录中（%(value)s）") % {"value": said})
        return self.districts[said] if said else None

    def checked_number(self, shown: str, reasons: list[str]) -> str:
        number = normalise_permit_no(shown)
        try:
            if number and not is_standard(number):
                check_permit_no(number)
            return number
        except ValidationError as error:
            sentence = first_sentence(error)
            reasons.append(sentence if self.feed == Feed.PERMITS else sentence.replace("施工许可证", "中标通知书"))
            return ""

    def check_together(self, values: dict[str, Any], reasons: list[str]) -> None:
        start, end = values["planned_start_date"], values["planned_completion_date"]
        if start and end and end < start:
            reasons.append(_("计划竣工日期早于计划开工日期"))
        if (values["longitude"] is None) != (values["latitude"] is None):
            reasons.append(_("经度和纬度要成对"))


def is_standard(number: str) -> bool:
    """Eighteen digits, about which there can only be warnings (domain §3.4)."""
    return len(number) == 18 and number.isascii() and number.isdigit()


def first_sentence(error: Exception) -> str:
    return error.messages[0].rstrip("。") if isinstance(error, ValidationError) else str(error)


def parties_of(said: Any, reasons: list[str]) -> tuple[str, list[str]]:
    """The parties as JSON, as they are stored, and the codes of the enterprises that may see the row."""
    if said is not None and not isinstance(said, list):
        reasons.append(_("责任主体：不是列表"))
        return "[]", []
    parties = [party for one in said or [] if (party := party_of(one, reasons))]
    codes = sorted({uscc for _json, uscc in parties if uscc})
    if not codes and not reasons:
        reasons.append(_("没有任何单位的统一社会信用代码，无法确定哪些企业可以看到"))
    return f"[{', '.join(plain for plain, _uscc in parties)}]", codes


def party_of(said: Any, reasons: list[str]) -> tuple[str, str] | None:
    """One party as JSON with its code; None for one without a name or with a mistake."""
    if not isinstance(said, Mapping):
        reasons.append(_("责任主体：不是对象"))
        return None
    kind = PARTY_TYPES.get(str(said.get("party_type")))
    if kind is None:
        reasons.append(_("责任主体：不认识的类型（%(value)s）") % {"value": str(said.get("party_type"))[:20]})
        return None
    try:
        parts = (spelled(said.get("unit_name")), spelled(said.get("uscc")), spelled(said.get("head_name")))
        return checked_unit(kind.value, *parts)
    except (Wrong, ValidationError) as error:
        reasons.append(f"{kind.label}：{first_sentence(error)}")
        return None


@lru_cache(maxsize=10_000)  # the same enterprises stand in thousands of rows
def checked_unit(kind: str, name: str, uscc: str, head: str) -> tuple[str, str] | None:
    name, uscc, head = text(200)(name), normalise_uscc(uscc), text(100, clean_person_name)(head)
    if uscc:
        check_uscc(uscc)
    if uscc and not name:
        raise Wrong(_("没有填写名称"))
    party = {"party_type": kind, "unit_name": name, "uscc": uscc, "head_name": head}
    return (json.dumps(party, ensure_ascii=False), uscc) if name else None


# A row as the database takes it: the text format of COPY, made once for the digest and for the way in

NOTHING = "\x01"  # stands for NULL: no value can contain it
STORED = (
    "project_no project_name works_name category district_id address longitude latitude construction_area_m2 "
    "contract_amount_wan planned_start_date planned_completion_date construction_scale parties uscc_codes"
).split()
STORED_OF = {Feed.PERMITS: ["permit_no_shown", "status", "issued_on"], Feed.AWARDS: ["awarded_on"]}
SOUGHT = ["search_tokens", "search_text"]
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ESCAPED = re.compile(r"[\\\t\n\r]")


def cells_of(feed: str) -> list[str]:
    """The columns of a row's cells, in their order."""
    return [*STORED, *STORED_OF[Feed(feed)], *SOUGHT]


def finished(feed: str, number: str, shown: str, values: dict[str, Any]) -> Row:
    """The row with what is worked out from it: how it is found, and its digest."""
    texts = [values["works_name"], values["project_name"], values["project_no"], number]
    said = {"status": values["status"]} if feed == Feed.PERMITS else {}
    values |= {"district_id": values["district"], "permit_no_shown": shown[:60]}
    cells = [cell(values[name]) for name in (*STORED, *STORED_OF[Feed(feed)])]
    plain = hashlib.sha256("\t".join(cells).encode()).hexdigest()
    tokens, words = indexed(*texts, **said)
    return Row(number, values["version"], said.get("status", ""), [*cells, cell(tokens), cell(words)], plain)


def cell(value: Any) -> str:
    """A value as COPY reads it; lists hold codes and tokens, which need no more than their quotes."""
    if value is None:
        return NOTHING
    if type(value) is list:
        value = '{"' + '","'.join(value) + '"}' if value else "{}"
    elif type(value) is not str:
        return str(value)
    return value.translate(ESCAPES) if ESCAPED.search(value) else value


# Rows that come again as they were

READ_AS = "1"  # another number where rows are to be read anew, because the rules above have changed
as_it_came = json.JSONEncoder(default=str).encode


def digest_of(raw: Any) -> str:
    """What a row was like before it was read."""
    return hashlib.sha256(f"{READ_AS}{as_it_came(raw)}".encode()).hexdigest()[:32]


def number_in(raw: Any, feed: str) -> str:
    """The number of a row that has not been read yet, or nothing."""
    try:
        number = normalise_permit_no(spelled(raw.get(NUMBERS[feed]))) if isinstance(raw, Mapping) else ""
    except Wrong:
        return ""
    return number if number.isprintable() else ""  # the database refuses the rest


# Rows that stay aside


def key_of(number: str, raw: Any) -> str:
    """How a row is known while it is kept aside: by its number, or by what it says where it has none."""
    if number:
        return number
    plain = json.dumps(raw, default=str, sort_keys=True)
    return "row:" + hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:64]


def kept(raw: Any, feed: str) -> dict[str, str]:
    """The columns that we know, as they came, cut to what the database can keep."""
    if not isinstance(raw, Mapping):
        return {"": storable(raw)}
    names = [column.name for column in COLUMNS[feed]] + ["parties"]
    return {name: storable(raw[name]) for name in names if raw.get(name) not in (None, "")}


def storable(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return said.encode("utf-8", "replace").decode().replace("\x00", "")[:LONGEST_RAW]


def order_of(mark: str) -> tuple[int, int, str]:
    """How versions and cursors follow one another: numbers as numbers, other texts as texts, nothing before all."""
    if not mark:
        return (-1, 0, "")
    return (0, int(mark), "") if mark.isascii() and mark.isdigit() and len(mark) < 40 else (1, 0, mark)


def headings(feed: str) -> Iterable[str]:
    """The first line of a file."""
    return [str(column.heading) for column in COLUMNS[feed]] + list(party_columns())
