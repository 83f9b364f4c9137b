"""The receipt as a PDF page, from the facts that anyone may verify; the QR code leads to /verify/<code>/."""

import io
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table, TableStyle

from accounts.models import Target
from enterprises.shown import named_then, present_names
from supervision.models import Receipt

FONTS = settings.BASE_DIR / "portal" / "fonts"
CHINESE, LATIN = "Chinese", "Latin"  # the Chinese font has no letters and digits of its own
FONT_FILES = {CHINESE: FONTS / "DroidSansFallbackFull.ttf", LATIN: FONTS / "DejaVuSans.ttf"}
MISSING = "〓"  # the printers' sign for a missing sort
MARGIN = 22 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, PALE, LINE, BLUE = HexColor("#1f2933"), HexColor("#f5f7fa"), HexColor("#c9d1da"), HexColor("#0b5cad")

TITLE = "报监回执"
EARLY_NOTE = "本回执仅表示监督机构已提前介入（提供服务），不代表准予开工，建设单位应依法取得施工许可证后方可施工。"
VERIFY_NOTE = "扫描二维码或打开以下网址可核验本回执："
ROLES = {Target.SAFETY: "安全监督", Target.QUALITY: "质量监督"}


@cache
def glyphs() -> dict[str, set[int]]:
    """What each font can show; read once a process. reportlab embeds only the glyphs that a document uses."""
    loaded = {name: TTFont(name, str(file)) for name, file in FONT_FILES.items()}
    for font in loaded.values():
        pdfmetrics.registerFont(font)
    return {name: set(font.face.charToGlyph) for name, font in loaded.items()}


def font_for(sign: str) -> str:
    """The font that shows a character, or nothing."""
    return next((name for name, known in glyphs().items() if sign.isspace() or ord(sign) in known), "")


def spelled(sign: str) -> str:
    """The character itself; where no font has it the same in plain signs (⒈ as 1.), else 〓."""
    if font_for(sign):
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return plain if all(map(font_for, plain)) else MISSING


def missing_glyphs(text: str) -> set[str]:
    """The characters that cannot be shown."""
    return {sign for sign in text if spelled(sign) == MISSING != sign}


def drawable(text: Any) -> str:
    """The text as a Paragraph takes it: escaped, each run in the font that has its glyphs."""
    shown = "".join(map(spelled, str(text)))
    runs = [(font, escape("".join(signs))) for font, signs in groupby(shown, key=font_for)]
    return "".join(run if font == CHINESE else f'<font name="{font}">{run}</font>' for font, run in runs)


def verify_url(receipt: Receipt) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse("receipt-verify", args=[receipt.code])


def receipt_pdf(receipt: Receipt) -> bytes:
    """One A4 page."""
    glyphs()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.setTitle(f"{TITLE} {receipt.facts['number']}")
    canvas.setAuthor(settings.PLATFORM_NAME)
    top = heading(canvas, receipt)
    top = facts_table(canvas, receipt, top)
    if receipt.facts["is_early"]:
        top = early_note(canvas, top)
    verification(canvas, receipt, top)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def style(size: float, *, leading: float = 1.5, colour: Any = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        CHINESE, fontName=CHINESE, fontSize=size, leading=size * leading, textColor=colour, wordWrap="CJK", **more
    )


def draw(canvas: Canvas, flowable: Any, top: float, *, left: float = MARGIN, width: float = WIDTH) -> float:
    """Draw a flowable below `top` and tell where it ends."""
    _width, height = flowable.wrapOn(canvas, width, A4[1])
    flowable.drawOn(canvas, left, top - height)
    return top - height


def heading(canvas: Canvas, receipt: Receipt) -> float:
    top = A4[1] - 24 * mm
    top = draw(canvas, Paragraph(drawable(settings.PLATFORM_NAME), style(11, colour=BLUE, alignment=TA_CENTER)), top)
    top = draw(canvas, Paragraph(drawable(TITLE), style(24, alignment=TA_CENTER)), top - 2 * mm)
    number = f"报监编号：{receipt.facts['number']}"
    return draw(canvas, Paragraph(drawable(number), style(11, alignment=TA_CENTER)), top - 1 * mm) - 7 * mm


def lines(receipt: Receipt) -> Iterator[tuple[str, str]]:
    """What the receipt says, label and text; nothing personal."""
    facts = receipt.facts
    yield "工程名称", facts["works_name"]
    yield "项目名称", facts["project_name"]
    if facts["project_no"]:
        yield "项目编号", facts["project_no"]
    if facts["permit_no"]:
        yield "施工许可证编号", facts["permit_no"]
    yield "报监模块", facts["module"]
    in_address = facts["address"].startswith(facts["district"])
    yield "工程地址", facts["address"] if in_address else f"{facts['district']}{facts['address']}"
    then = units_then(receipt)
    for unit in facts["units"]:
        yield unit["type"], then.get(unit["name"], unit["name"])
    for station in facts["stations"]:
        text = f"{station['station']}\n监督注册号：{station['number'] or '—'}"
        text += f"\n单位工程：{station['works']}" if station.get("works") else ""
        yield f"{ROLES[Target(station['role'])]}机构", text
    yield "报监完毕日期", formats.date_format(date.fromisoformat(facts["filed_on"]), "Y年n月j日")


def units_then(receipt: Receipt) -> dict[str, str]:
    """The units as the receipt names them, with today's name where they were renamed since (domain §5.7 25)."""
    codes = {party["unit_name"]: party["uscc"] for party in receipt.version.data["parties"]}
    present = present_names(codes.values())
    return {name: named_then(name, code, present) for name, code in codes.items()}


def facts_table(canvas: Canvas, receipt: Receipt, top: float) -> float:
    rows = [
        [Paragraph(drawable(label), style(10.5)), Paragraph("<br/>".join(map(drawable, text.split("\n"))), style(10.5))]
        for label, text in lines(receipt)
    ]
    table = Table(rows, colWidths=[38 * mm, WIDTH - 38 * mm])
    cells = [("GRID", (0, 0), (-1, -1), 0.5, LINE), ("BACKGROUND", (0, 0), (0, -1), PALE)]
    spacing = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("TOPPADDING", (0, 0), (-1, -1), 4)]
    table.setStyle(TableStyle([*cells, *spacing, ("BOTTOMPADDING", (0, 0), (-1, -1), 6)]))
    return draw(canvas, table, top) - 6 * mm


def early_note(canvas: Canvas, top: float) -> float:
    """Early filings are no permission to start (domain §2.5)."""
    box = Table([[Paragraph(drawable(EARLY_NOTE), style(10.5))]], colWidths=[WIDTH])
    box.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 1, INK), ("BOTTOMPADDING", (0, 0), (-1, -1), 8)]))
    return draw(canvas, box, top) - 6 * mm


def verification(canvas: Canvas, receipt: Receipt, top: float) -> None:
    side = 34 * mm
    renderPDF.draw(qr_drawing(verify_url(receipt), side), canvas, MARGIN, top - side)
    issued = formats.date_format(timezone.localtime(receipt.issued_at), "Y年n月j日 H:i")
    texts = [VERIFY_NOTE, verify_url(receipt), f"回执生成时间：{issued}", f"内容摘要：{receipt.facts['digest'][:16]}"]
    for text in texts:
        paragraph = Paragraph(drawable(text), style(9.5))
        top = draw(canvas, paragraph, top, left=MARGIN + side + 6 * mm, width=WIDTH - side - 6 * mm) - 1 * mm


def qr_drawing(text: str, side: float) -> Drawing:
    """The code drawn as shapes, so that it prints sharply at any size."""
    code = QrCodeWidget(text, barLevel="M")
    left, bottom, right, upper = code.getBounds()
    scale = [side / (right - left), 0, 0, side / (upper - bottom), 0, 0]
    drawing = Drawing(side, side, transform=scale)
    drawing.add(code)
    return drawing
