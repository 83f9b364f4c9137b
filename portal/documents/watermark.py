"""Photos of identity cards are shown with who looks at them and when written across (security PIPL 28; features F10).

The stored photo stays clean: the marks are drawn anew for each look, so a copy that turns up somewhere tells whose
look it was.
"""

from __future__ import annotations

import io
import re
from functools import cache
from typing import IO, TYPE_CHECKING

from django.conf import settings

from portal.later import Later

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
else:
    Image, ImageDraw, ImageFont = Later("PIL.Image"), Later("PIL.ImageDraw"), Later("PIL.ImageFont")

FONTS = settings.BASE_DIR / "portal/fonts"
CHINESE, LATIN = "DroidSansFallbackFull.ttf", "DejaVuSans.ttf"  # the first has no Latin letters
RUN = re.compile(r"[\x20-\x7e·]+|[^\x20-\x7e·]+")
ANGLE = 24  # degrees
LINES_ACROSS = 18  # letters are this part of the shorter side: no useful corner can be cut out unmarked
SMALLEST = 10  # pixels
INK, EDGE = (255, 255, 255, 170), (0, 0, 0, 140)  # light with a dark edge, to be read on any ground
QUALITY = 85


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / name, size)


def marked(photo: IO[bytes], text: str) -> io.BytesIO:
    """The photo as JPEG with `text` repeated across all of it."""
    with Image.open(photo) as opened:
        image = opened.convert("RGB")
    mark = line_of(text, max(SMALLEST, min(image.size) // LINES_ACROSS)).rotate(ANGLE, expand=True)
    step_x, step_y = max(mark.width * 3 // 4, 1), max(mark.height * 2 // 3, 1)
    for row, top in enumerate(range(-mark.height // 2, image.height, step_y)):
        for left in range(-(row % 2) * step_x // 2 - mark.width // 3, image.width, step_x):
            image.paste(mark, (left, top), mark)
    result = io.BytesIO()
    image.save(result, "JPEG", quality=QUALITY)
    result.seek(0)
    return result


def line_of(text: str, size: int) -> Image.Image:
    """The text once, on a clear ground; `size` is the height of its letters in pixels."""
    runs = [(run, font(LATIN if run[0].isascii() or run[0] == "·" else CHINESE, size)) for run in RUN.findall(text)]
    width = int(sum(letters.getlength(run) for run, letters in runs))
    line = Image.new("RGBA", (width + 4, size * 3 // 2), (*EDGE[:3], 0))
    pen, left = ImageDraw.Draw(line), 2.0
    for run, letters in runs:
        pen.text((left, size), run, font=letters, fill=INK, stroke_width=1, stroke_fill=EDGE, anchor="ls")
        left += letters.getlength(run)
    return line
