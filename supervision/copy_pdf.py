"""The complete copy as a PDF of as many pages as it takes; page numbers and the number of the filing on each."""

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.conf import settings
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from supervision.printed import Block, Copy
from supervision.receipt_pdf import BLUE, EARLY_NOTE, INK, LINE, PALE, drawable, glyphs, style

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
TITLE = "报监资料"
# How wide the columns of a table are, in parts: unit works have nine, attachments four.
PARTS = {9: (3, 2, 2, 2, 1.5, 1.5, 2, 4, 5), 4: (4, 5, 1.5, 3)}
SMALL = 8


def copy_pdf(copy: Copy, *, early: bool) -> bytes:
    """All pages; `early` filings say that they are no permission to start."""
    glyphs()
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=18 * mm,
        bottomMargin=22 * mm,
        title=f"{TITLE} {copy.number}",
        author=settings.PLATFORM_NAME,
    )
    footer = partial(foot, text=" · ".join(filter(None, [copy.number, copy.printed])))
    document.build(list(flow(copy, early)), onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def foot(canvas: Canvas, document: Any, *, text: str) -> None:
    lines = [text, f"第 {canvas.getPageNumber()} 页"]
    top = 17 * mm
    for line in lines:
        paragraph = Paragraph(drawable(line), style(SMALL))
        _width, height = paragraph.wrapOn(canvas, WIDTH, A4[1])
        top -= height
        paragraph.drawOn(canvas, MARGIN, top)


def flow(copy: Copy, early: bool) -> Iterator[Flowable]:
    yield Paragraph(drawable(settings.PLATFORM_NAME), style(10, colour=BLUE))
    yield Paragraph(drawable(copy.title), style(18))
    yield Paragraph(drawable(copy.status), style(11))
    if early:
        yield Paragraph(drawable(EARLY_NOTE), style(10, borderWidth=1, borderColor=INK, borderPadding=5, spaceBefore=8))
    for block in copy.blocks:
        yield Paragraph(drawable(block.heading), style(13 if block.level == 2 else 11, spaceBefore=9, keepWithNext=1))
        yield from body(block)


def body(block: Block) -> Iterator[Flowable]:
    if block.facts:
        yield facts_table(block.facts)
    elif block.heads:
        yield rows_table(block) if block.rows else Paragraph(drawable("没有内容"), style(10))
    for line, text in block.lines:
        if line:
            yield Paragraph(drawable(line), style(9.5, spaceBefore=3))
        for part in filter(None, text.split("\n")):
            yield Paragraph(drawable(part), style(9.5, leftIndent=5 * mm))
    yield Spacer(1, 2 * mm)


GRID = [("GRID", (0, 0), (-1, -1), 0.5, LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]


def facts_table(facts: list[tuple[Any, Any]]) -> Flowable:
    """Label and value, one below the other."""
    rows = [[cell(label, 9.5), cell(value or "—", 9.5)] for label, value in facts]
    table = LongTable(rows, colWidths=[42 * mm, WIDTH - 42 * mm])
    table.setStyle(TableStyle([*GRID, ("BACKGROUND", (0, 0), (0, -1), PALE)]))
    return table


def rows_table(block: Block) -> Flowable:
    parts = PARTS.get(len(block.heads), (1,) * len(block.heads))
    widths = [WIDTH * part / sum(parts) for part in parts]
    rows = [[cell(head, SMALL) for head in block.heads], *[[cell(text, SMALL) for text in row] for row in block.rows]]
    table = LongTable(rows, colWidths=widths, repeatRows=1)
    table.setStyle(TableStyle([*GRID, ("BACKGROUND", (0, 0), (-1, 0), PALE)]))
    return table


def cell(text: Any, size: float) -> Paragraph:
    return Paragraph("<br/>".join(map(drawable, str(text).split("\n"))), style(size))
