"""补正告知书 and 不予通过决定书 as PDF, from the facts that were fixed when the station decided; checked at /verify/<code>/."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from accounts.models import Target
from supervision.copy_pdf import MARGIN, WIDTH, facts_table, foot
from supervision.models import DecisionNotice
from supervision.receipt_pdf import BLUE, ROLES, drawable, glyphs, qr_drawing, style


@dataclass(frozen=True)
class Letter:
    """What a paper is called, how it begins, and what the applicant may do; `source` of its rules."""

    title: str | Promise
    opening: str | Promise
    ways: tuple[str | Promise, ...]
    source: str


LETTERS: dict[str, Letter] = {
    "return": Letter(
        _("补正告知书"),
        _("你单位提交的下列报监，经审核需要补正，现一次性告知需要补正的全部内容："),
        (
            _("请登录平台逐项修改或者说明后重新提交，未列出的内容无需改动。等待补正期间不计入办理期限。"),
            _("对补正内容有疑问的，可以在平台与本机构沟通，或拨打联系电话。"),
        ),
        "《中华人民共和国行政许可法》第三十二条",
    ),
    "reject": Letter(
        _("不予通过决定书"),
        _("你单位提交的下列报监，经审核不符合要求，决定不予通过。理由如下："),
        (
            _("填写的内容和材料已保留，可以在平台复制为新的报监，修改后重新提交。"),
            _("对本决定有异议的，可以向本机构提出，也可以依法申请行政复议或者提起行政诉讼。"),
        ),
        "《中华人民共和国行政许可法》第三十八条",
    ),
}


def letter_of(notice: DecisionNotice) -> Letter:
    return LETTERS[notice.facts["kind"]]


def file_name(notice: DecisionNotice) -> str:
    facts = notice.facts
    return f"{letter_of(notice).title}-{facts['number']}-{Target(facts['role']).label}-{facts['round']}.pdf"


def notice_url(notice: DecisionNotice) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse("receipt-verify", args=[notice.code])


def day_text(day: str) -> str:
    return formats.date_format(date.fromisoformat(day), "Y年n月j日")


def notice_pdf(notice: DecisionNotice) -> bytes:
    """As many A4 pages as it takes, the number of the filing on each."""
    glyphs()
    buffer = io.BytesIO()
    title = f"{letter_of(notice).title} {notice.facts['number']}"
    margins = {"leftMargin": MARGIN, "rightMargin": MARGIN, "topMargin": 18 * mm, "bottomMargin": 22 * mm}
    document = SimpleDocTemplate(buffer, pagesize=A4, title=title, author=settings.PLATFORM_NAME, **margins)
    footer = partial(foot, text=title)
    document.build(list(flow(notice)), onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def flow(notice: DecisionNotice) -> Iterator[Flowable]:
    letter, facts = letter_of(notice), notice.facts
    yield Paragraph(drawable(settings.PLATFORM_NAME), style(11, colour=BLUE, alignment=TA_CENTER))
    yield Paragraph(drawable(letter.title), style(22, alignment=TA_CENTER, spaceAfter=6))
    if notice.revoked_at:
        day = formats.date_format(timezone.localtime(notice.revoked_at), "Y年n月j日")
        yield Paragraph(drawable(f"本决定已于{day}撤销，不再具有效力。"), style(12, spaceAfter=6))
    if facts["enterprise"]:
        yield Paragraph(drawable(f"{facts['enterprise']}："), style(11))
    yield Paragraph(drawable(letter.opening), style(11, firstLineIndent=22, spaceAfter=6))
    yield facts_table(list(rows_of(notice)))
    yield Spacer(1, 3 * mm)
    yield from reasons(notice)
    for way in (*letter.ways, f"依据：{letter.source}"):
        yield Paragraph(drawable(way), style(10, spaceBefore=3))
    yield KeepTogether([Spacer(1, 5 * mm), *ending(notice)])


def rows_of(notice: DecisionNotice) -> Iterator[tuple[str, str]]:
    """What it is about, label and text; no person."""
    facts = notice.facts
    yield "报监编号", f"{facts['number']}（{facts['module']}）"
    yield "工程名称", facts["works_name"]
    yield f"{ROLES[Target(facts['role'])]}机构", facts["station"]
    yield "审核的内容", f"第 {facts['version']} 版（第 {facts['round']} 轮）"
    if facts["phone"]:
        yield "联系电话", facts["phone"]


def reasons(notice: DecisionNotice) -> Iterator[Flowable]:
    for nth, item in enumerate(notice.facts["items"], 1):
        basis = f"<br/>{drawable('依据：' + item['basis'])}" if item["basis"] else ""
        text = f"{drawable(str(nth) + '. ' + item['where'] + '：')}{drawable(item['text'])}{basis}"
        yield Paragraph(text, style(10.5, spaceBefore=4, leftIndent=5 * mm))
    if notice.facts["opinion"]:
        lead = "审核意见：" if notice.facts["items"] else ""
        for line in f"{lead}{notice.facts['opinion']}".split("\n"):
            yield Paragraph(drawable(line), style(10.5, spaceBefore=4, leftIndent=5 * mm))
    yield Spacer(1, 3 * mm)


def ending(notice: DecisionNotice) -> list[Flowable]:
    """The body and the day at the right, and how to check the paper."""
    facts, side = notice.facts, 30 * mm
    signed: list[Any] = [
        Paragraph(drawable(text), style(11, alignment=TA_RIGHT))
        for text in (facts["station"], day_text(facts["decided_on"]))
    ]
    texts = ["扫描二维码或打开以下网址可核验本文书：", notice_url(notice), f"内容摘要：{facts['digest'][:16]}"]
    check = [Paragraph(drawable(text), style(9)) for text in texts]
    code = Table([[qr_drawing(notice_url(notice), side), check]], colWidths=[side + 6 * mm, WIDTH - side - 6 * mm])
    return [*signed, Spacer(1, 4 * mm), code]
