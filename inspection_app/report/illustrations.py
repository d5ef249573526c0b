"""Set what is looked at: charts, photos and QR codes with their facts. Lengths are points.

Charts are drawn with the engine's own rules and fills: sharp at every size, in the document's own type, their figures
searchable, and nothing has to be started to make them. They use one hue and grey, so that they read the same without
colour. It answers with strips, as ``report.page_flow`` does.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspection_app.core.document import Align, Bar, Chart, Code, Contents, Picture
from inspection_app.report.forms import GREY, QR_SIZE, qr_marks
from inspection_app.report.page_flow import THIN, Strip
from inspection_app.report.typesetting import (
    INK,
    MM,
    Dot,
    Face,
    Fill,
    Line,
    Mark,
    PageNumber,
    Photo,
    Rule,
    Style,
    Words,
    balanced_lines,
    break_lines,
    set_line,
)

HUE, TRACK = "#1d4e89", "#e4e7eb"  # far apart in brightness, too
TITLE = Style(Face.SANS, 10.5, 18)
LABEL = Style(Face.SERIF, 9, 12)
FIGURE = Style(Face.SERIF, 9, 12)
NOTE = Style(Face.SERIF, 9, 14, GREY)
ENTRY = Style(Face.SERIF, 14, 27)
CONTENTS_HEIGHT = 405.0  # of the entries

THICKNESS = 9.0  # of a bar
ROW = 18.0  # at least
DOT = 2.6
PICTURE_WIDTH, PICTURE_HEIGHT = 74 * MM, 55 * MM
PIXELS = 200 / 72  # to a point: 200 dpi
QUALITY = 80


# ── charts ───────────────────────────────────────────────────────────────────────────────────────────────────


def chart_strips(chart: Chart, width: float) -> list[Strip]:
    """Set a chart: its caption, a line for each bar, its note; all on one page."""
    if not chart.bars:
        return []
    labels = min(0.4 * width, max(LABEL.width(bar.label) for bar in chart.bars) + 2)
    figures = min(0.3 * width, max(FIGURE.width(bar.text) for bar in chart.bars) + 2)
    left, room = labels + 8, width - labels - figures - 16
    made = [_line(chart.caption, TITLE, width, Align.CENTER)]
    made += [_bar(bar, labels, left, room, figures, whole=chart.whole) for bar in chart.bars]
    made += [_line(line, NOTE, width, Align.CENTER) for line in break_lines(chart.note, NOTE, width) if chart.note]
    return [replace(made[0], skip=10), *made[1:-1], replace(made[-1], keep=False)] if len(made) > 1 else made


def _line(text: str | Line, style: Style, width: float, align: Align) -> Strip:
    lines = break_lines(text, style, width) if isinstance(text, str) else [text]
    marks = [
        mark
        for number, line in enumerate(lines)
        for mark in set_line(line, 0, number * style.leading + style.drop, style, width, align)
    ]
    return Strip(style.leading * len(lines), tuple(marks), keep=True)


def _bar(bar: Bar, labels: float, left: float, room: float, figures: float, *, whole: bool) -> Strip:
    names = _at_most(break_lines(bar.label, LABEL, labels), 2, labels)
    height = max(ROW, LABEL.leading * len(names) + 6)
    middle = height / 2
    marks: list[Mark] = []
    for number, line in enumerate(names):
        y = middle - LABEL.leading * len(names) / 2 + number * LABEL.leading + LABEL.drop
        marks += set_line(line, 0, y, LABEL, labels, Align.RIGHT)
    if bar.length is None:
        marks.append(Rule(left, middle, left + room, middle, THIN, "#8a919c"))
        marks += [Rule(x, middle - 2.5, x, middle + 2.5, THIN, "#8a919c") for x in (left, left + room)]
    else:
        if whole:
            marks.append(Fill(left, middle - THICKNESS / 2, room, THICKNESS, TRACK))
        marks.append(Fill(left, middle - THICKNESS / 2, room * float(bar.length), THICKNESS, HUE))
    if bar.tick is not None:
        x = left + room * float(bar.tick)
        marks.append(Rule(x, middle - THICKNESS / 2 - 2.5, x, middle + THICKNESS / 2 + 2.5, 1.6, INK))
    marks += _dots(bar, left, room, middle)
    for line in break_lines(bar.text, FIGURE, figures)[:1]:
        marks += set_line(line, left + room + 8, middle - FIGURE.leading / 2 + FIGURE.drop, FIGURE, figures)
    return Strip(height, tuple(marks), keep=True)


def _dots(bar: Bar, left: float, room: float, middle: float) -> Iterator[Dot]:
    """Place a dot for each mark; equal marks stand beside each other, so that none hides another."""
    seen: dict[float, int] = {}
    for share in bar.dots:
        x = left + room * float(share)
        count = seen[x] = seen.get(x, -1) + 1
        offset = (count + 1) // 2 * (1 if count % 2 else -1) * DOT * 1.1
        yield Dot(x, middle + offset, DOT, HUE)


def _at_most(lines: Sequence[Line], most: int, width: float) -> list[Line]:
    """Keep the first lines of a label; that there was more is said by an ellipsis."""
    if len(lines) <= most:
        return list(lines)
    kept = list(lines[:most])
    text = kept[-1].text
    while text and LABEL.width(f"{text}…") > width:
        text = text[:-1]
    kept[-1] = Line(f"{text}…", LABEL.width(f"{text}…"), True)
    return kept


# ── photos ───────────────────────────────────────────────────────────────────────────────────────────────────


def picture_strips(pictures: Sequence[Picture], width: float) -> list[Strip]:
    """Set photos two in a row, each with its caption below; one that cannot be read leaves a frame that says so."""
    gap = width - 2 * PICTURE_WIDTH
    made: list[Strip] = []
    for start in range(0, len(pictures), 2):
        pair = pictures[start : start + 2]
        lefts = (0.0, PICTURE_WIDTH + gap) if len(pair) == 2 else ((width - PICTURE_WIDTH) / 2,)
        photos = [_photo(picture, left) for picture, left in zip(pair, lefts, strict=True)]
        tallest = max(height for _, height in photos)
        captions = [balanced_lines(one.caption, LABEL, PICTURE_WIDTH) if one.caption else [] for one in pair]
        marks: list[Mark] = []
        for (drawn, height), left, lines in zip(photos, lefts, captions, strict=True):
            marks += [_lowered(mark, tallest - height) for mark in drawn]
            for number, line in enumerate(lines):
                y = tallest + 4 + number * LABEL.leading + LABEL.drop
                marks += set_line(line, left, y, LABEL, PICTURE_WIDTH, Align.CENTER)
        height = tallest + 4 + LABEL.leading * max(map(len, captions), default=0)
        made.append(Strip(height, tuple(marks), skip=8))
    return made


def _lowered(mark: Mark, by: float) -> Mark:
    if isinstance(mark, Rule):
        return mark._replace(y1=mark.y1 + by, y2=mark.y2 + by)
    return mark._replace(y=mark.y + by) if isinstance(mark, Photo | Fill | Words) else mark


def _photo(picture: Picture, left: float) -> tuple[list[Mark], float]:
    """Return a photo in the middle of its column, no larger than print needs, and its height."""
    fitted = fit_photo(picture.content)
    if fitted is None:
        height = PICTURE_HEIGHT / 2
        frame = [Fill(left, 0, PICTURE_WIDTH, height, TRACK)]
        told = break_lines("（照片无法读取）", LABEL, PICTURE_WIDTH)
        y = height / 2 - LABEL.leading / 2 + LABEL.drop
        words = (word for line in told for word in set_line(line, left, y, LABEL, PICTURE_WIDTH, Align.CENTER))
        return [*frame, *words], height
    content, width, height = fitted
    return [Photo(left + (PICTURE_WIDTH - width) / 2, 0, width, height, content, picture.alt)], height


def fit_photo(content: bytes) -> tuple[bytes, float, float] | None:
    """Return a photo as a JPEG of at most 200 dpi in its place, upright, with its size; None where it is no photo.

    What a camera writes beside the picture (place, time, device) is left behind.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.draft("RGB", (int(PICTURE_WIDTH * PIXELS), int(PICTURE_HEIGHT * PIXELS)))  # JPEG: read it smaller
            image = ImageOps.exif_transpose(opened)
            scale = min(PICTURE_WIDTH / image.width, PICTURE_HEIGHT / image.height)
            width, height = image.width * scale, image.height * scale
            image.thumbnail((max(1, int(width * PIXELS)), max(1, int(height * PIXELS))))
            if image.mode != "RGB":
                flat = Image.new("RGB", image.size, "white")
                rich = image.convert("RGBA")
                flat.paste(rich, mask=rich.getchannel("A"))
                image = flat
            out = io.BytesIO()
            image.save(out, "JPEG", quality=QUALITY)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return out.getvalue(), width, height


# ── QR codes with their facts ────────────────────────────────────────────────────────────────────────────────


def code_strips(code: Code, style: Style, width: float) -> list[Strip]:
    """Set a QR code at the left and its facts beside it, on one page."""
    left = QR_SIZE + 5 * MM
    lines = [line for text in code.lines for line in break_lines(text, style, width - left)]
    height = max(QR_SIZE, style.leading * len(lines))
    top = (height - style.leading * len(lines)) / 2
    marks: list[Mark] = [*qr_marks(code.qr, 0, (height - QR_SIZE) / 2, QR_SIZE)]
    for number, line in enumerate(lines):
        marks += set_line(line, left, top + number * style.leading + style.drop, style, width - left, flush=True)
    return [Strip(height, tuple(marks), skip=10)]


# ── contents ─────────────────────────────────────────────────────────────────────────────────────────────────


def contents_strips(block: Contents, headings: Sequence[str], width: float) -> list[Strip]:
    """Set a line for each heading with a dotted leader; the page numbers are filled in when they are known.

    Where there are many they stand closer, so that a title of two lines leaves room for all on the first page.
    """
    entry = replace(ENTRY, leading=max(20.0, min(ENTRY.leading, CONTENTS_HEIGHT / max(1, len(headings)))))
    made = [_line(block.title, replace(ENTRY, face=Face.HEITI), width, Align.CENTER)]
    figures = entry.width("000")
    for place, text in enumerate(headings):
        lines = break_lines(text, entry, width - figures - 20)
        for number, line in enumerate(lines):
            marks: list[Mark] = [*set_line(line, 0, entry.drop, entry, width)]
            if number == len(lines) - 1:
                marks += _leader(line.width + 6, width - figures - 4, entry.drop - 3)
                marks.append(PageNumber(width, entry.drop, entry, place, width))
            made.append(Strip(entry.leading, tuple(marks), keep=number < len(lines) - 1))
    return made


def _leader(left: float, right: float, y: float) -> Iterator[Dot]:
    step = 5.0
    first = int(left / step) + 1  # on one grid, so that the dots of all lines stand below each other
    return (Dot(place * step, y, 0.5, GREY) for place in range(first, int(right / step) + 1))
