"""Fill pages with strips that are never cut where they need not be: running text, and tables row by row.

It does NOT write PDF, breaks no line itself (``report.typesetting``) and does not know what a document is. All lengths
are points (1/72 inch); y grows downwards.

    text --paragraph_strips--> Strip, Strip, ...
    Table --table_strips-----> Strip, Strip, ... --paginate--> pages of (y, Strip)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from inspection_app.core.document import Align, Row, Table, Weight
from inspection_app.report.typesetting import (
    MM,
    Fill,
    Line,
    Mark,
    Rule,
    Style,
    Words,
    break_lines,
    clusters,
    set_line,
    visible,
    visible_paragraphs,
)

# ── strips and pages ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Strip:
    """A horizontal strip of a page; its marks are placed from its own top.

    ``skip``: room above it, given up at the head of a page. ``keep``: stays on one page with the strip that follows.
    ``head``: set again above it where it opens a page. ``foot``: drawn where a page ends below it. ``cut``: makes
    the same strip in slices, for the one case that it and what it keeps to are higher than a page.
    """

    height: float
    marks: tuple[Mark, ...] = ()
    skip: float = 0
    keep: bool = False
    head: Strip | None = None
    foot: tuple[Mark, ...] = ()
    cut: Callable[[], list[Strip]] | None = None


class NewPage:
    """Between strips: what follows begins a page."""


Page = list[tuple[float, Strip]]


def paginate(strips: Iterable[Strip | NewPage], height: float) -> list[Page]:
    """Fill pages of ``height`` with strips; each is placed as (its top, strip).

    Strips that keep together move to the next page together. If they are higher than a page, or so high that moving
    them would leave a hole, the highest one that can be cut is cut; one that cannot be cut runs over the foot of a page
    of its own.
    """
    pages: list[Page] = [[]]
    y = 0.0

    def end_page() -> None:
        nonlocal y
        top, last = pages[-1][-1]
        pages[-1].append((top + last.height, Strip(0, last.foot)))
        pages.append([])
        y = 0.0

    waiting = deque(strips)
    while waiting:
        chain = _next_chain(waiting)
        if not chain:
            if pages[-1]:
                end_page()
            continue
        opening = chain[0].head.height if chain[0].head else 0
        if opening + _depth(chain) - chain[0].skip > height + 0.01:
            cuttable = [number for number, strip in enumerate(chain) if strip.cut]
            if cuttable:
                tallest = max(cuttable, key=lambda number: chain[number].height)
                waiting.extendleft(reversed(_cut(chain, tallest)))
                continue
        elif pages[-1] and y + _depth(chain) > height + 0.01:
            if begun := _cut_to_fill(chain, height - y, height):
                waiting.extendleft(reversed(begun))
                continue
            end_page()
        for strip in chain:
            if pages[-1] and y + strip.skip + strip.height > height + 0.01:
                end_page()
            if pages[-1]:
                y += strip.skip
            elif strip.head:
                pages[-1].append((y, strip.head))
                y += strip.head.height
            pages[-1].append((y, strip))
            y += strip.height
    if not pages[-1] and len(pages) > 1:
        pages.pop()
    return pages


HOLE, LOW = 0.1, 0.14  # of a page: what a row may leave empty at most; the height up to which a row moves whole


def _depth(chain: Iterable[Strip]) -> float:
    return sum(strip.skip + strip.height for strip in chain)


def _cut_to_fill(chain: list[Strip], room: float, height: float) -> list[Strip]:
    """Return the chain with a high row cut, the last one possible, so that it begins in the ``room`` that is left.

    Empty where no room is worth it, or nothing can be cut so that it does.
    """
    if room <= HOLE * height:
        return []
    for number in reversed(range(len(chain))):
        if chain[number].cut and chain[number].height > LOW * height:
            parts = _cut(chain, number)
            if _depth(_next_chain(deque(parts))) <= room + 0.01:
                return parts
    return []


def _cut(chain: list[Strip], number: int) -> list[Strip]:
    """Put its slices in the place of a strip; the last one keeps to what the strip kept to."""
    whole = chain[number]
    slices = whole.cut() if whole.cut else [whole]
    first = replace(slices[0], skip=whole.skip)
    slices = [first, *slices[1:]]
    slices[-1] = replace(slices[-1], keep=whole.keep)
    return [*chain[:number], *slices, *chain[number + 1 :]]


def _next_chain(waiting: deque[Strip | NewPage]) -> list[Strip]:
    """Take the strips that keep together from the left; none stands for a new page."""
    chain: list[Strip] = []
    while waiting:
        first = waiting[0]
        if isinstance(first, NewPage):
            if not chain:
                waiting.popleft()
            break
        chain.append(first)
        waiting.popleft()
        if not first.keep:
            break
    return chain


def paragraph_strips(
    text: str, style: Style, width: float, *, indent: float = 0, measure: float = 0, skip: float = 0
) -> list[Strip]:
    """Set running text, both edges flush; no single first or last line stands alone on a page.

    ``measure`` is the width lines are broken for, where it differs from the ``width`` they are set to.
    """
    strips: list[Strip] = []
    for part in visible_paragraphs(text):
        lines = break_lines(part, style, measure or width, indent)
        for number, line in enumerate(lines):
            left = indent if number == 0 else 0
            words = set_line(line, left, style.drop, style, width - left, flush=True)
            keep = len(lines) > 1 and number in (0, len(lines) - 2)
            strips.append(Strip(style.leading, tuple(words), skip=0 if strips else skip, keep=keep))
    return strips


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────

SHADE = {Weight.SUBTOTAL: "#f0f0f0", Weight.TOTAL: "#e2e2e2"}
THIN, THICK = 0.5, 1.0
PAD = 4.0  # left and right of a cell's text
AIR = 3.5  # above and below it


@dataclass(frozen=True)
class TableStyle:
    """The faces of a table's parts; all share one size and leading."""

    plain: Style
    strong: Style
    head: Style
    air: float = AIR


class Grid:
    """The columns of a table in points, and the drawing of one row."""

    def __init__(self, widths: Sequence[float], aligns: Sequence[Align], air: float = AIR) -> None:
        self.air = air
        self.widths = tuple(widths)
        self.aligns = tuple(aligns)
        self.lefts = tuple(sum(self.widths[:number]) for number in range(len(self.widths)))
        self.width = sum(self.widths)

    def broken(self, cells: Sequence[str], styles: Sequence[Style]) -> list[list[Line]]:
        """Break every cell's text for its column."""
        return [
            break_lines(text, style, wide - 2 * self.pad(wide)) if text.strip() else []
            for text, style, wide in zip(cells, styles, self.widths, strict=True)
        ]

    @staticmethod
    def pad(width: float) -> float:
        return min(PAD, width * 0.12)

    def row(
        self,
        cells: Sequence[list[Line]],
        styles: Sequence[Style],
        *,
        shade: str = "",
        above: float = THIN,
        below: float = THIN,
        floor: float = 0,
    ) -> Strip:
        """Draw a whole row, every cell's lines in the middle of its height (at least ``floor``)."""
        leading = styles[0].leading
        height = max(floor, leading * max(1, *map(len, cells)) + 2 * self.air)
        marks = self._frame(height, shade, above, below)
        for number, (lines, style) in enumerate(zip(cells, styles, strict=True)):
            top = (height - leading * len(lines)) / 2
            for index, line in enumerate(lines):
                marks += self._words(number, line, top + index * leading + style.drop, style)
        return Strip(height, tuple(marks))

    def slices(self, cells: Sequence[list[Line]], styles: Sequence[Style], *, shade: str = "") -> list[Strip]:
        """Draw a row as one strip for each line, so that a row higher than a page can be cut between lines."""
        leading, count = styles[0].leading, max(1, *map(len, cells))
        strips = []
        for index in range(count):
            first, last = index == 0, index == count - 1
            air = self.air if first else 0
            height = leading + air + (self.air if last else 0)
            marks = self._frame(height, shade, THIN if first else 0, THIN if last else 0)
            for number, (lines, style) in enumerate(zip(cells, styles, strict=True)):
                if index < len(lines):
                    marks += self._words(number, lines[index], air + style.drop, style)
            keep = not last and (index < 2 or index == count - 2)  # three lines below, two above
            strips.append(Strip(height, tuple(marks), keep=keep))
        return strips

    def lead(self, header: Strip) -> Strip:
        """Return a header for a page that opens inside a row: with the air that the row's first line has."""
        frame = [Rule(r.x1, header.height, r.x2, header.height + self.air, r.width) for r in self._sides(self.air)]
        return Strip(header.height + self.air, (*header.marks, *frame))

    def again(self, line: Line, top: float, style: Style) -> list[Words]:
        """Set the only line of a row's first cell once more, beside the line that begins at ``top``."""
        return self._words(0, line, top + style.drop, style)

    def _sides(self, height: float) -> list[Rule]:
        inner = [Rule(left, 0, left, height, THIN) for left in self.lefts[1:]]
        return [*inner, *(Rule(x, 0, x, height, THICK) for x in (0, self.width))]

    def _frame(self, height: float, shade: str, above: float, below: float) -> list[Mark]:
        marks: list[Mark] = [Fill(0, 0, self.width, height, shade)] if shade else []
        marks += self._sides(height)
        marks += [Rule(0, y, self.width, y, wide) for y, wide in ((0, above), (height, below)) if wide]
        return marks

    def _words(self, number: int, line: Line, y: float, style: Style) -> list[Words]:
        wide = self.widths[number]
        pad = self.pad(wide)
        align = self.aligns[number]
        return set_line(line, self.lefts[number] + pad, y, style, wide - 2 * pad, align, flush=align is Align.LEFT)


def column_widths(table: Table, styles: TableStyle, width: float) -> list[float]:
    """Share out ``width``; a column too narrow for a number or word in it takes room from the others."""
    total = sum(column.share for column in table.columns) or 1
    wished = [width * column.share / total for column in table.columns]
    floors = []
    for number in range(len(wished)):
        pieces = {piece.rstrip() for row in table.rows for piece in clusters(visible(row.cells[number]))}
        widest = max(map(styles.strong.width, pieces), default=0)
        floors.append(min(widest, width / 3) + 2 * PAD + 0.1)
    raised = sum(max(0, floor - wish) for floor, wish in zip(floors, wished, strict=True))
    slack = sum(max(0, wish - floor) for floor, wish in zip(floors, wished, strict=True))
    if raised > slack:
        return wished
    return [
        floor if floor > wish else wish - (wish - floor) * raised / (slack or 1)
        for floor, wish in zip(floors, wished, strict=True)
    ]


def table_strips(table: Table, styles: TableStyle, width: float, page: float) -> list[Strip]:
    """Set a table for pages of height ``page``.

    The header stands again at the head of every page. A row moves whole to the next page unless it is higher than
    a page. A total and the last row stay with the row above them, and a subtotal with the rows it belongs to: those
    above, or those below where the table opens with a subtotal.
    """
    if not table.columns:
        return []
    grid = Grid(column_widths(table, styles, width), [column.align for column in table.columns], styles.air)
    strips: list[Strip] = []
    header: Strip | None = None
    if any(column.title for column in table.columns):
        header = _header(table, grid.widths, styles, page)
        strips.append(replace(header, keep=True))
        if header.height > page / 3:  # repeated, it would leave no room for the rows
            header = None
    leads = bool(table.rows) and table.rows[0].weight is Weight.SUBTOTAL
    for number, row in enumerate(table.rows):
        following = table.rows[number + 1] if number + 1 < len(table.rows) else None
        made = _row_strip(row, grid, styles, header, table.height * MM)
        closes = number + 2 == len(table.rows)  # one row alone on a page looks forgotten
        opens = number == 0 and following is not None and made.height < page / 12
        keep = opens or (closes and made.height < page / 4) or _belongs_below(row, following, leads)
        strips.append(replace(made, keep=keep))
    if strips:
        strips[-1] = replace(strips[-1], keep=False)
        closing = Rule(0, 0, grid.width, 0, THICK)
        strips.append(Strip(0, (closing,)))
        strips[-2] = replace(strips[-2], keep=True)
    return strips


def _header(table: Table, widths: Sequence[float], styles: TableStyle, page: float) -> Strip:
    centred = Grid(widths, [Align.CENTER] * len(widths), styles.air)
    heads = [styles.head] * len(widths)
    cells = centred.broken([column.title for column in table.columns], heads)
    return replace(centred.row(cells, heads, above=THICK), cut=lambda: centred.slices(cells, heads))


def _row_strip(row: Row, grid: Grid, styles: TableStyle, header: Strip | None, floor: float) -> Strip:
    faces = [styles.plain if row.weight is Weight.PLAIN else styles.strong] * len(grid.widths)
    cells = grid.broken(row.cells, faces)
    shade = SHADE.get(row.weight, "")
    foot = (Rule(0, 0, grid.width, 0, THICK),)

    def cut() -> list[Strip]:
        first, *rest = grid.slices(cells, faces, shade=shade)
        lead = grid.lead(header) if header else None
        if lead and grid.aligns[0] is Align.CENTER and len(cells[0]) == 1:  # say again which row goes on
            lead = replace(lead, marks=(*lead.marks, *grid.again(cells[0][0], lead.height, faces[0])))
        return [replace(first, head=header, foot=foot), *(replace(strip, head=lead, foot=foot) for strip in rest)]

    return replace(grid.row(cells, faces, shade=shade, floor=floor), head=header, foot=foot, cut=cut)


def _belongs_below(row: Row, following: Row | None, leads: bool) -> bool:
    if following is None:
        return False
    if following.weight is Weight.TOTAL:
        return True
    if leads:
        return row.weight is Weight.SUBTOTAL
    return following.weight is Weight.SUBTOTAL
