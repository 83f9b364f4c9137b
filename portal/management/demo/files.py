"""The demo's papers and photos: real small files, drawn here, that say in large letters what they are."""

import io
import re
from functools import cache

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from portal.documents import storage
from portal.documents.checks import inspect
from portal.documents.kinds import extension_of
from portal.documents.tasks import claim, settle

FONT = settings.BASE_DIR / "portal/fonts/DroidSansFallbackFull.ttf"
SAMPLE = "演示样本 · 内容均为虚构"
PAGES = 3  # page images of a PDF
INK, PALE, RED = "#1f2d3d", "#c9d3df", "#b3261e"
# The Chinese font has no Latin letters and digits, so each line is drawn in runs of either.
RUNS = re.compile("[\\x20-\u024f\u2010-\u2027]+|[^\\x20-\u024f\u2010-\u2027]+")


@cache
def pdf_font() -> str:
    pdfmetrics.registerFont(TTFont("demo", str(FONT)))
    return "demo"


def font_of(run: str) -> str:
    return "Helvetica" if run[0] < "\u2100" else pdf_font()


def write(canvas: Canvas, x: float, y: float, text: str, size: float, *, align: float = 0) -> None:
    """Write one line; `align` 0 begins at x, 0.5 is centred there, 1 ends there."""
    runs = RUNS.findall(text)
    widths = [pdfmetrics.stringWidth(run, font_of(run), size) for run in runs]
    x -= sum(widths) * align
    for run, width in zip(runs, widths, strict=True):
        canvas.setFont(font_of(run), size)
        canvas.drawString(x, y, run)
        x += width


@cache
def image_font(size: int, *, latin: bool) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size) if latin else ImageFont.truetype(str(FONT), size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def paint(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, size: int, colour: str = INK) -> None:
    """Write one line whose base lies at y."""
    for run in RUNS.findall(text):
        font = image_font(size, latin=run[0] < "\u2100")
        draw.text((x, y), run, font=font, fill=colour, anchor="ls")
        x += font.getlength(run)


def paper(title: str, lines: list[str], *, seal: str = "", pages: int = 1) -> SimpleUploadedFile:
    """A PDF of A4 pages: title, lines of text, and a round seal with the name of who issued it."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1)
    for number in range(1, pages + 1):
        draw_page(canvas, title, lines, seal, f"第 {number} 页 / 共 {pages} 页")
        canvas.showPage()
    canvas.save()
    return SimpleUploadedFile(f"{file_name(title)}.pdf", buffer.getvalue(), content_type="application/pdf")


def draw_page(canvas: Canvas, title: str, lines: list[str], seal: str, foot: str) -> None:
    width, height = A4
    write(canvas, width / 2, height - 40 * mm, title, 18, align=0.5)
    for place, line in enumerate(lines):
        write(canvas, 25 * mm, height - (60 + 10 * place) * mm, line, 11)
    write(canvas, 25 * mm, 20 * mm, SAMPLE, 9)
    write(canvas, width - 25 * mm, 20 * mm, foot, 9, align=1)
    if seal:
        draw_seal(canvas, seal, width - 60 * mm, 70 * mm)


def draw_seal(canvas: Canvas, name: str, x: float, y: float) -> None:
    canvas.saveState()
    canvas.setStrokeColor(RED)
    canvas.setFillColor(RED)
    canvas.setLineWidth(2)
    canvas.circle(x, y, 20 * mm)
    half = (len(name) + 1) // 2
    write(canvas, x, y + 5 * mm, name[:half], 9, align=0.5)
    write(canvas, x, y, name[half:], 9, align=0.5)
    write(canvas, x, y - 9 * mm, "（样章）", 9, align=0.5)
    canvas.restoreState()


def photo(title: str, lines: list[str]) -> SimpleUploadedFile:
    """A JPEG the size of a phone's small picture: a frame, a title, lines of text."""
    image = Image.new("RGB", (960, 600), "#f4f7fb")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((30, 30, 930, 570), radius=24, outline=PALE, width=4)
    paint(draw, 80, 120, title, 44)
    for place, line in enumerate(lines):
        paint(draw, 80, 210 + 56 * place, line, 30)
    paint(draw, 80, 530, SAMPLE, 26, RED)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return SimpleUploadedFile(f"{file_name(title)}.jpg", buffer.getvalue(), content_type="image/jpeg")


def file_name(title: str) -> str:
    return title.replace(" / ", "或").replace("/", "或")


def check_at_once() -> int:
    """The check that a worker makes of every upload, here without a process of its own: the files are ours."""
    done = 0
    while document := claim():
        data = storage.read(document)
        found = inspect(data, extension_of(document.name), pages=PAGES)
        facts = {"media_type": found.media_type, "pages": found.pages, "width": found.width, "height": found.height}
        settle(document, facts, found.parts)
        done += 1
    return done
