"""Reading a year's holiday notice: the text of the State Council's, or a table. Pure; nothing is guessed.

    元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。

What names a day and cannot be read whole is said with the reason, so that nobody trusts half a notice.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

LONGEST = 20  # days of one holiday; more is a typing error
MOST_LINES = 400
NOTE_LENGTH = 60
DAY_PATTERN = r"(?:(?P<{0}y>\d{{4}})年)?(?:(?P<{0}m>\d{{1,2}})月)?(?P<{0}d>\d{{1,2}})日(?:\((?P<{0}w>[^)]*)\))?"
ONE_DAY = DAY_PATTERN.format("a")
SPAN = re.compile(f"{ONE_DAY}(?:(?:至|到|-|~|—){DAY_PATTERN.format('b')})?")
TITLE = re.compile(r"(\d{4})年.{0,4}节假日安排")
SIGNED = re.compile(r"^(国务院办公厅)?\s*(\d{4}年\d{1,2}月\d{1,2}日)?$")  # who issued it, and when
HEADING = re.compile(r"^\s*[一二三四五六七八九十]+\s*、\s*")
TOTAL = re.compile(r"共(\d+)天|放假(\d+)天")
WEEKDAYS = "一二三四五六日"
# what no other text says: a line with one of these words is about days, so it must be understood or shown
SPEAKS = re.compile(r"\d日|放假|上班|补休|调休")
# sentences of every notice that carry no day of their own
PROSE = ("通知如下", "各地区", "鼓励", "值班", "国办", "结合带薪")
WORKED = {"工作日", "上班", "是", "1", "true", "yes", "班"}
FREE = {"休息日", "休息", "放假", "节假日", "假日", "否", "0", "false", "no", "休"}
TABLE_DATE = re.compile(r"^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$")


@dataclass(frozen=True)
class Day:
    """A day as the notice has it."""

    date: date
    is_workday: bool
    note: str = ""


@dataclass(frozen=True)
class Unread:
    """What could not be read, in its own words, and why."""

    text: str
    why: str


@dataclass
class Reading:
    """What a notice says: its days in order, each once, and what was not understood."""

    days: list[Day] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


class NotUnderstood(ValueError):
    """The reason is the sentence for the person who pasted the text."""


def read_notice(text: str, year: int) -> Reading:
    """The days of the notice for `year`, from its prose or from lines of 日期,是否工作日,说明."""
    lines = [line.strip() for line in plain(text).splitlines() if line.strip()]
    found: list[Day] = []
    unread = [Unread(line, _("内容过长，从这里起没有读取。")) for line in lines[MOST_LINES : MOST_LINES + 1]]
    if (titled := TITLE.search("".join(lines[:5]))) and int(titled[1]) != year:
        facts = {"said": titled[1], "year": year}
        unread.append(Unread(titled[0], _("这是 %(said)s 年的通知，选择的是 %(year)d 年。") % facts))
    for line in lines[:MOST_LINES]:
        for piece in row_of(line, year) if is_row(line) else sentences_of(line, year):
            if isinstance(piece, Unread):
                unread.append(piece)
            else:
                found.append(piece)
    return settled(found, unread)


def plain(text: str) -> str:
    """One way of writing: half-width digits, brackets and commas, no spaces."""
    return unicodedata.normalize("NFKC", text.lstrip("\ufeff")).replace(" ", "")


def settled(days: Iterable[Day], unread: list[Unread]) -> Reading:
    """Each day once. A day that is both free and worked is not taken."""
    by_date: dict[date, Day] = {}
    torn: set[date] = set()
    for day in days:
        if by_date.setdefault(day.date, day).is_workday != day.is_workday:
            torn.add(day.date)
    unread += [Unread(str(day), _("这一天既放假又上班，没有采用。")) for day in sorted(torn)]
    return Reading([by_date[day] for day in sorted(by_date) if day not in torn], unread)


# Prose


def sentences_of(line: str, year: int) -> Iterator[Day | Unread]:
    """The days of one holiday: the line begins with its name."""
    if SIGNED.match(line) or TITLE.search(line):
        return
    line = HEADING.sub("", line)
    name, colon, said = line.partition(":")
    if not colon or SPEAKS.search(name):
        name, said = "", line
    for sentence in filter(None, said.split("。")):
        try:
            yield from days_of(sentence, name, year)
        except NotUnderstood as fault:
            yield Unread(sentence, str(fault))


def days_of(sentence: str, name: str, year: int) -> list[Day]:
    """The days of one sentence; NotUnderstood unless it is understood to its last date."""
    spans = list(SPAN.finditer(sentence))
    if not spans:
        if SPEAKS.search(sentence) and not any(word in sentence for word in PROSE):
            raise NotUnderstood(_("没有写明日期。"))
        return []
    is_workday, is_free = "上班" in sentence, "放假" in sentence
    if is_workday == is_free or "半天" in sentence:
        raise NotUnderstood(_("没有说明这些日子是放假还是上班，或两者都有。"))
    months: list[int] = []
    dates = [day for span in spans for day in dates_of(span, year, months)]
    require_total(sentence, dates if is_free else [])
    note = name[:NOTE_LENGTH] if is_free else f"{name}{_('调休')}"[:NOTE_LENGTH]
    return [Day(day, is_workday, note) for day in dates]


def dates_of(span: re.Match, year: int, months: list[int]) -> list[date]:
    """All dates from the first to the last of a span; `months` remembers the month that was named last."""
    first = date_of(span, "a", year, months)
    if span["bd"] is None:
        return [first]
    last = date_of(span, "b", int(span["ay"] or year), months)
    if span["by"] is None and span["ay"] is not None and last < first:
        raise NotUnderstood(_("跨年的日期请在两端都写明年份。"))
    if not first <= last < first + timedelta(days=LONGEST):
        raise NotUnderstood(_("起止日期的先后或长度不对；跨年的请写明年份。"))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def date_of(span: re.Match, end: str, year: int, months: list[int]) -> date:
    if span[f"{end}m"]:
        months.append(int(span[f"{end}m"]))
    if not months:
        raise NotUnderstood(_("日期没有写明月份。"))
    day = made(int(span[f"{end}y"] or year), months[-1], int(span[f"{end}d"]))
    require_weekday(day, span[f"{end}w"] or "")
    return day


def made(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        facts = {"month": month, "day": day}
        raise NotUnderstood(_("没有 %(month)d月%(day)d日 这一天。") % facts) from None


def require_weekday(day: date, said: str) -> None:
    """The weekday in brackets tells a notice of another year, or a wrong digit."""
    named = re.search(r"(?:周|星期)([一二三四五六日天])", said)
    if named and WEEKDAYS.index(named[1].replace("天", "日")) != day.weekday():
        facts = {"day": f"{day.year}年{day.month}月{day.day}日", "is": WEEKDAYS[day.weekday()], "said": named[1]}
        raise NotUnderstood(_("%(day)s是周%(is)s，不是周%(said)s，请核对年份和日期。") % facts)


def require_total(sentence: str, dates: list[date]) -> None:
    """共3天 must be three days."""
    if dates and (total := TOTAL.search(sentence)) and int(total[1] or total[2]) != len(dates):
        facts = {"said": total[0], "count": len(dates)}
        raise NotUnderstood(_("写的是“%(said)s”，按日期计算是 %(count)d 天。") % facts)


# Table


def is_row(line: str) -> bool:
    cells = cells_of(line)
    return len(cells) > 1 and (bool(TABLE_DATE.match(cells[0])) or cells[0] in {"日期", "date"})


def cells_of(line: str) -> list[str]:
    separator = "\t" if "\t" in line else ","
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])] or [""]


def row_of(line: str, year: int) -> Iterator[Day | Unread]:
    """日期,是否工作日,说明; the heading is passed over."""
    cells = cells_of(line)
    if not (named := TABLE_DATE.match(cells[0])):
        return
    try:
        day = made(*(int(part) for part in named.groups()))
    except NotUnderstood as fault:
        yield Unread(line, str(fault))
        return
    word = cells[1].lower() if len(cells) > 1 else ""
    if abs(day.year - year) > 1:
        yield Unread(line, _("不是 %(year)d 年前后的日期。") % {"year": year})
    elif word not in WORKED | FREE:
        yield Unread(line, _("第二列请写“工作日”或“休息日”。"))
    else:
        yield Day(day, word in WORKED, (cells[2] if len(cells) > 2 else "")[:NOTE_LENGTH])
