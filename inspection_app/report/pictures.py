"""Draw charts and QR codes as PNG pictures, for documents that do not take lines and type from us.

A chart is laid out by ``report.illustrations`` as for print and only painted here. Lengths are points.
"""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from inspection_app.core.document import Chart
from inspection_app.report.forms import qr_matrix
from inspection_app.report.illustrations import chart_strips
from inspection_app.report.typesetting import Dot, Face, Fill, Mark, Rule, Words, official_fonts

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

RESOLUTION = 220 / 72  # pixels to a point
FINER = 2  # drawn larger by this and then reduced: round dots and even edges
COLOURS = 32
MODULE, QUIET = 6, 4  # pixels of a QR module; light modules about it, as the standard asks


def chart_picture(chart: Chart, width: float) -> tuple[bytes, float, float]:
    """Return a chart without its caption and note, as PNG, with its width and height in points."""
    from PIL import Image, ImageDraw

    strips = chart_strips(replace(chart, caption="", note=""), width)[1:]  # the first is the caption's
    height = max(1.0, sum(strip.height for strip in strips))
    scale = RESOLUTION * FINER
    image = Image.new("RGB", (round(width * scale), round(height * scale)), "white")
    canvas = ImageDraw.Draw(image)
    top = 0.0
    for strip in strips:
        for kind in (Fill, Rule, Dot, Words):  # from back to front, so that nothing hides text
            for mark in strip.marks:
                if isinstance(mark, kind):
                    _paint(canvas, mark, top, scale)
        top += strip.height
    image = image.reduce(FINER).quantize(COLOURS)
    return _png(image), width, height


def qr_picture(text: str) -> bytes:
    """Return a QR code with its quiet zone as PNG."""
    from PIL import Image

    matrix = qr_matrix(text)
    image = Image.new("1", (len(matrix) + 2 * QUIET,) * 2, 1)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + QUIET, y + QUIET), 0)
    return _png(image.resize((image.width * MODULE,) * 2, Image.Resampling.NEAREST))


def _paint(canvas: ImageDraw, mark: Mark, top: float, scale: float) -> None:
    def place(*lengths: float) -> list[float]:
        return [length * scale for length in lengths]

    match mark:
        case Fill(x, y, width, height, colour):
            canvas.rectangle(place(x, top + y, x + width, top + y + height), colour)
        case Rule(x1, y1, x2, y2, width, colour):
            canvas.line(place(x1, top + y1, x2, top + y2), colour, max(1, round(width * scale)))
        case Dot(x, y, radius, colour):
            canvas.ellipse(place(x - radius, top + y - radius, x + radius, top + y + radius), colour)
        case Words(x, y, text, face, size, _, colour):
            x, y = place(x, top + y)
            canvas.text((x, y), text, colour, _font(face, round(size * scale)), anchor="ls")


@cache
def _font(face: Face, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    with resources.as_file(resources.files("inspection_app.report") / "fonts" / f"{face}.ttf") as shipped:
        return ImageFont.truetype(str(official_fonts().get(face, shipped)), size)


def _png(image: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False)  # type: ignore[attr-defined]
    return out.getvalue()
