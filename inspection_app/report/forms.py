"""Set what is filled in by hand: forms, facts, signatures, cards to cut apart, and what is read across a room.

It answers with strips, as ``report.page_flow`` does, and does NOT know the page they stand on. Lengths are points.

Source: the forms of the official documents (申报表, 验收申请书): thick outside, thin inside, labels in 黑体.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from inspection_app.core.document import Align, Boxes, Card, Cards, Cell, Facts, Fine, Form, FormRow, Large, Signatures
from inspection_app.report.page_flow import THICK, THIN, Grid, Strip
from inspection_app.report.typesetting import INK, MM, Face, Fill, Mark, Rule, Style, break_lines, set_line

GREY = "#4d4d4d"
FAINT = "#9a9a9a"  # lines to write on, and where to cut
SHADE = "#ececec"
LABEL = Style(Face.SANS, 10.5, 15.5)
VALUE = Style(Face.SERIF, 10.5, 15.5)
SMALL_LABEL = Style(Face.SANS, 9, 13)
SMALL_VALUE = Style(Face.SERIF, 9, 13)
FINE = Style(Face.SERIF, 6, 7.6)
LARGE = Style(Face.BOLD, 54, 66)
NOTE = Style(Face.SERIF, 10.5, 16)
CARD_TITLE = Style(Face.BOLD, 14, 20)
CARD_OWNER = Style(Face.SANS, 14, 20)
BOXED = Style(Face.BOLD, 16, 24)

FACT_HEIGHT = 11.0  # of a row of facts, in mm
WRITING = 8.5 * MM  # from one line for handwriting to the next
QR_SIZE = 36 * MM
BOX = 10.5 * MM  # for a digit by hand


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────


def form_strips(form: Form, width: float) -> list[Strip]:
    """Set a form; its rows keep together."""
    return _rows(form.rows, width, whole=True)


def facts_strips(facts: Facts, width: float) -> list[Strip]:
    """Set labelled values: two short ones side by side, a long one across the whole width."""

    def row(*pairs: tuple[str, str]) -> FormRow:
        shares = (0.17, 0.33) if len(pairs) == 2 else (0.17, 0.83)
        cells = (
            Cell(text, share, label=label, align=Align.CENTER if label else Align.LEFT)
            for pair in pairs
            for text, share, label in zip(pair, shares, (True, False), strict=True)
        )
        return FormRow(tuple(cells), FACT_HEIGHT)

    rows: list[FormRow] = []
    pairs = list(facts.pairs)
    while pairs:
        if len(pairs) > 1 and _is_one_line(beside := row(pairs[0], pairs[1]), width):
            rows.append(beside)
            del pairs[:2]
        else:
            rows.append(row(pairs.pop(0)))
    made = _rows(rows, width, whole=False)
    for number in {0, len(rows) - 2} if len(rows) > 2 else ():  # none stands alone on a page
        made[number] = replace(made[number], keep=True)
    return made


def _is_one_line(row: FormRow, width: float) -> bool:
    grid, styles = _grid(row, width)
    return max(len(lines) for lines in grid.broken([cell.text for cell in row.cells], styles)) == 1


def _rows(rows: Sequence[FormRow], width: float, *, whole: bool) -> list[Strip]:
    if not rows:
        return []
    made = [_row(row, width, first=not number) for number, row in enumerate(rows)]
    if whole:
        made = [replace(strip, keep=True) for strip in made]
    made[0], made[-1] = replace(made[0], skip=7), replace(made[-1], keep=True)
    return [*made, Strip(0, (Rule(0, 0, width, 0, THICK),))]


def _grid(row: FormRow, width: float) -> tuple[Grid, list[Style]]:
    total = sum(cell.share for cell in row.cells)
    label, value = (SMALL_LABEL, SMALL_VALUE) if row.small else (LABEL, VALUE)
    grid = Grid([width * cell.share / total for cell in row.cells], [cell.align for cell in row.cells])
    return grid, [label if cell.label else value for cell in row.cells]


def _row(row: FormRow, width: float, *, first: bool) -> Strip:
    grid, styles = _grid(row, width)
    broken = grid.broken([cell.text for cell in row.cells], styles)
    shade = SHADE if row.shaded else ""
    strip = grid.row(broken, styles, shade=shade, above=THICK if first else THIN, floor=row.height * MM)
    lines: list[Mark] = []
    for cell, left, wide in zip(row.cells, grid.lefts, grid.widths, strict=True):
        if cell.ruled:
            lines += _writing_lines(left + 6, left + wide - 6, strip.height)
    return replace(
        strip,
        marks=(*strip.marks, *lines),
        foot=(Rule(0, 0, width, 0, THICK),),
        cut=lambda: grid.slices(broken, styles, shade=shade),
    )


def _writing_lines(left: float, right: float, height: float) -> Iterator[Rule]:
    """Rule the room for handwriting evenly; the cell's own lower edge is the last line."""
    count = max(1, round(height / WRITING))
    for number in range(1, count):
        y = height * number / count
        yield Rule(left, y, right, y, THIN, FAINT)


# ── fine print ───────────────────────────────────────────────────────────────────────────────────────────────


def fine_strips(block: Fine, width: float) -> list[Strip]:
    """Set short texts side by side, row by row; what is wider than its column is cut off, so it should not be."""
    column = width / block.columns
    made: list[Strip] = []
    for start in range(0, len(block.texts), block.columns):
        marks: list[Mark] = []
        for place, text in enumerate(block.texts[start : start + block.columns]):
            line = break_lines(text, FINE, column)[:1]
            marks += [mark for one in line for mark in set_line(one, place * column, FINE.drop, FINE, column)]
        made.append(Strip(FINE.leading, tuple(marks), skip=0 if made else 4))
    return made


# ── signatures ───────────────────────────────────────────────────────────────────────────────────────────────

DATE_TO_FILL = "年　　月　　日"


FEW_SIGNERS = 6  # more stand closer, so that what they sign is on one page with them


def signature_strips(block: Signatures, style: Style, width: float) -> list[Strip]:
    """Set a line for each signer: who, a rule to sign on, and a date to fill in."""
    labels = [f"{role}（{name}）：" if name else f"{role}：" for role, name in block.lines]
    who = min(0.38 * width, max(map(style.width, labels), default=0)) + 6
    date = style.width(f"　　{DATE_TO_FILL}　")
    room = 2.3 if len(labels) <= FEW_SIGNERS else 1.6
    made: list[Strip] = []
    for label in labels:
        lines = break_lines(label, style, who - 5)
        height = max(room * style.leading, style.leading * len(lines) + 12)
        base = height - 12
        marks: list[Mark] = [Rule(who, base + 4, width - date - 6, base + 4, THIN)]
        for number, line in enumerate(reversed(lines)):
            marks += set_line(line, 0, base - number * style.leading, style, who)
        dates = break_lines(DATE_TO_FILL, style, width)
        marks += set_line(dates[0], width - date, base, style, date, Align.RIGHT)
        made.append(Strip(height, tuple(marks), skip=0 if made else 6, keep=True))
    return [*made[:-1], *(replace(strip, keep=False) for strip in made[-1:])]


# ── what is read across a room ───────────────────────────────────────────────────────────────────────────────


def large_strips(block: Large, width: float) -> list[Strip]:
    """Set one thing in large type with its note below, and at the right its QR code."""
    room = width - QR_SIZE - 5 * MM if block.qr else width
    style = replace(LARGE, size=min(LARGE.size, LARGE.size * (room - 4) / max(1, LARGE.width(block.text))))
    notes = break_lines(block.note, NOTE, room - 4) if block.note else []
    height = max(style.leading + NOTE.leading * len(notes), QR_SIZE if block.qr else 0)
    top = (height - style.leading - NOTE.leading * len(notes)) / 2
    marks: list[Mark] = []
    for line in break_lines(block.text, style, width):
        marks += set_line(line, 0, top + style.drop, style, room, Align.CENTER)
    for number, line in enumerate(notes):
        y = top + style.leading + number * NOTE.leading + NOTE.drop
        marks += set_line(line, 0, y, NOTE, room, Align.CENTER)
    if block.qr:
        marks += qr_marks(block.qr, width - QR_SIZE, (height - QR_SIZE) / 2, QR_SIZE)
    return [Strip(height, tuple(marks), skip=10)]


def qr_matrix(text: str) -> list[list[bool]]:
    """Return the modules of a QR code without its quiet zone; true is dark."""
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M

    code = QRCode(border=0, error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    return [list(map(bool, row)) for row in code.get_matrix()]


def qr_marks(text: str, x: float, y: float, size: float) -> Iterator[Fill]:
    """Draw the runs of dark modules; the rows overlap by a hair, or printers would show white lines between them."""
    matrix = qr_matrix(text)
    module = size / len(matrix)
    for row, modules in enumerate(matrix):
        column = 0
        for dark, run in groupby(modules):
            count = len(list(run))
            if dark:
                yield Fill(x + column * module, y + row * module, count * module, 1.02 * module, INK)
            column += count


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────


def card_strips(block: Cards, width: float) -> list[Strip]:
    """Set cards below each other with broken lines between them to cut along."""
    return [Strip(0, tuple(_broken_line(0, width)), skip=10, keep=True), *(_card(card, width) for card in block.cards)]


def _card(card: Card, width: float) -> Strip:
    marks: list[Mark] = []
    y = 12.0
    for text, style, align in ((card.title, CARD_TITLE, Align.LEFT), (card.owner, CARD_OWNER, Align.RIGHT)):
        marks += set_line(break_lines(text, style, width)[0], 6, y + style.drop, style, width - 12, align)
    y += CARD_TITLE.leading + 12
    for boxes in card.boxes:
        marks += _boxes(boxes, y, width)
        y += BOX + 9
    y += 12
    slot = (width - 12) / max(1, len(card.blanks))
    for number, label in enumerate(card.blanks):
        left = 6 + number * slot
        marks += set_line(break_lines(f"{label}：", LABEL, slot)[0], left, y + LABEL.drop, LABEL, slot)
        under = y + LABEL.drop + 4
        marks.append(Rule(left + LABEL.width(f"{label}："), under, left + slot - 10, under, THIN))
    y += LABEL.leading + 10
    for note in break_lines(card.note, SMALL_VALUE, width - 12):
        marks += set_line(note, 6, y + SMALL_VALUE.drop, SMALL_VALUE, width - 12)
        y += SMALL_VALUE.leading
    y += 12
    return Strip(y, (*marks, *_broken_line(y, width)))


def _boxes(boxes: Boxes, y: float, width: float) -> Iterator[Mark]:
    middle = y + (BOX - BOXED.leading) / 2 + BOXED.drop
    base = y + (BOX - LABEL.leading) / 2 + LABEL.drop
    label = 22 * MM
    yield from set_line(break_lines(boxes.label, LABEL, label)[0], 6, base, LABEL, label)
    for number in range(boxes.count):
        left = 6 + label + number * BOX
        edges = ((left, y, left + BOX, y), (left, y + BOX, left + BOX, y + BOX), (left, y, left, y + BOX),
                 (left + BOX, y, left + BOX, y + BOX))  # fmt: skip
        yield from (Rule(*edge, THIN) for edge in edges)
        if number < len(boxes.text):
            yield from set_line(break_lines(boxes.text[number], BOXED, BOX)[0], left, middle, BOXED, BOX, Align.CENTER)
    left = 6 + label + boxes.count * BOX + 8
    room = width - left - 6
    lines = break_lines(boxes.note, SMALL_VALUE, room) if boxes.note else []
    top = y + (BOX - SMALL_VALUE.leading * len(lines)) / 2 + SMALL_VALUE.drop
    for number, line in enumerate(lines):
        yield from set_line(line, left, top + number * SMALL_VALUE.leading, SMALL_VALUE, room)


def _broken_line(y: float, width: float) -> Iterator[Rule]:
    dash, gap = 5.0, 3.0
    count = int((width + gap) / (dash + gap))
    for number in range(count):
        x = number * (width - dash) / (count - 1)
        yield Rule(x, y, x + dash, y, THIN, FAINT)
