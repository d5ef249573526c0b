"""Set Chinese text: break it into lines, build tables, and fill pages with strips that are never cut.

It does NOT write PDF and does not know what a document is: it answers with marks (words, rules, fills) at places on
pages, which ``report.pdf`` draws. All lengths are points (1/72 inch); y grows downwards.

    text --break_lines--> lines --set_line--> Words
    Table --table_strips--> Strip, Strip, ... --paginate--> pages of (y, Strip)

Sources: GB/T 15834-2011 section 5.1 (which punctuation may not begin or end a line); the fonts' own advance widths.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import uharfbuzz as hb

from inspection_app.core.document import Align, Row, Table, Weight
from inspection_app.report.fonts_found import find_official_fonts

MM = 72 / 25.4
INK = "#1a1a1a"
STAND_IN = "〓"  # the printer's geta: stands for a character that no font has


# ── fonts ────────────────────────────────────────────────────────────────────────────────────────────────────


class Face(StrEnum):
    """What text can be set in: the shipped fonts, whose value is the file's name, and the official ones.

    The official fonts are not free and never shipped: where the machine has none (``report.fonts_found``), the shipped
    one of the same kind stands in.
    """

    SERIF = "serif"  # 宋体: tables, and everything another face lacks
    BOLD = "serif-bold"
    SANS = "sans"
    KAI = "kai"
    FANGSONG = "fangsong"  # 仿宋: running text
    KAITI = "kaiti"  # 楷体
    HEITI = "heiti"  # 黑体
    XIAOBIAOSONG = "xiaobiaosong"  # 小标宋: titles

    @property
    def stand_in(self) -> Face:
        """The shipped face of the same kind; of a shipped face itself."""
        return _STAND_INS.get(self, self)

    @property
    def here(self) -> Face:
        """The face that is really used on this machine."""
        return self if self in official_fonts() else self.stand_in

    @property
    def font(self) -> hb.Font:
        return _font(self.here)


_STAND_INS = {
    Face.FANGSONG: Face.SERIF, Face.KAITI: Face.KAI, Face.HEITI: Face.SANS, Face.XIAOBIAOSONG: Face.BOLD,
}  # fmt: skip


@cache
def official_fonts() -> Mapping[Face, Path]:
    """Return the official fonts of this machine by the face they are used for; looked for once."""
    return {Face(name): path for name, path in find_official_fonts().items()}


@cache
def _font(face: Face) -> hb.Font:
    with resources.as_file(resources.files("inspection_app.report") / "fonts" / f"{face}.ttf") as shipped:
        blob = hb.Blob.from_file_path(official_fonts().get(face, shipped))  # mapped: only what is used is read
    font = hb.Font(hb.Face(blob))
    font.scale = (1000, 1000)  # advances in thousandths of the size
    return font


class Glyph(NamedTuple):
    """What stands on paper for one character."""

    char: str
    face: Face
    advance: float  # of a size of 1 pt
    missing: bool = False
    tight: bool = False  # its advance was shortened: what follows must be placed anew


@cache
def glyph(char: str, face: Face) -> Glyph:
    """Return the character in ``face``, else in the first font that has it, else the stand-in 〓."""
    for candidate in (face.here, face.stand_in, Face.SERIF, Face.KAI):
        index = candidate.font.get_nominal_glyph(ord(char))
        if index:
            return Glyph(char, candidate, candidate.font.get_glyph_h_advance(index) / 1000)
    return glyph(STAND_IN, Face.SERIF)._replace(missing=True)


_CLOSING, _OPENING = "，。、；：）》〉」』】〕〗”’", "（《〈「『【〔〖“‘"
_ADJACENT = re.compile(f"[{_CLOSING}](?=[{_CLOSING}{_OPENING}])|[{_OPENING}](?=[{_OPENING}])")


def glyphs(text: str, face: Face) -> list[Glyph]:
    """Return the glyphs of a text; of two adjoining full-width punctuation marks one gives up its empty half."""
    made = [glyph(char, face) for char in text]
    for found in _ADJACENT.finditer(text):
        first = found.start()
        emptied = first if text[first] in _CLOSING else first + 1
        if made[emptied].advance == 1:
            made[first] = made[first]._replace(advance=made[first].advance - 0.5, tight=True)
    return made


@dataclass(frozen=True)
class Style:
    """How text looks: ``size`` of the letters, ``leading`` from line to line."""

    face: Face
    size: float
    leading: float
    colour: str = INK

    @property
    def drop(self) -> float:
        """From the top of a line to its baseline: the em box (0.88 above, 0.12 below) stands in the middle."""
        return (self.leading - self.size) / 2 + 0.88 * self.size

    def width(self, text: str) -> float:
        return self.size * sum(one.advance for one in glyphs(text, self.face))

    def blank(self, text: str) -> float:
        """Return the empty half of a closing punctuation mark at the text's end, else 0."""
        closes = text[-1:] in _CLOSING and text and glyph(text[-1], self.face).advance == 1
        return self.size / 2 if closes else 0


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────

NO_START = frozenset(
    "！），．：；？］｝、。，〉》」』】〕〗〞’”·・…—～〜々％‰℃°′″㎡%!),.:;?]}¢﹐﹒﹔﹕﹖﹗﹚﹜﹞–-/／½²³"
)
NO_END = frozenset("（［｛〈《「『【〔〖〝‘“([{￥＄¥$￡£№＃±□☐")  # a box to tick stays with the word behind it

# What is never cut: a dash, an ellipsis, a blank to fill in; a run of Latin letters and digits with its sign before and
# its unit after.
_RUN = "[!-~\u00a1-\u024f\u0370-\u03ff]"
_WHOLE = re.compile(
    r"—+|…+|＿+| +|"
    rf"[±−＋≤≥≈＜＞]?{_RUN}+(?: (?=[%‰])|(?<=\d) (?=[A-Za-zμ]{{1,3}}(?![A-Za-z])))?{_RUN}*[％‰℃°′″㎡²³½]*|.",
    re.DOTALL,
)
_LIST_GAP = re.compile(r"(?<=[,;|&])(?=[^\d\W])")  # "apples,pears" may break after its comma, "1,234" may not


class Line(NamedTuple):
    text: str
    width: float  # natural, without the spaces at its end
    last: bool  # of its paragraph


# Controls, soft hyphen, zero-width characters, direction marks, variation selectors: nothing of them is seen.
_SHAPELESS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)


def visible(text: str) -> str:
    """Drop the characters that have no shape; tabs and unbreakable spaces become spaces."""
    return _SHAPELESS.sub("", text.replace("\t", " ").replace("\u00a0", " "))


def clusters(text: str) -> Iterator[str]:
    """Yield the pieces between which a line may end.

    >>> list(clusters("达到98.5%，（同比＋0.45‰）；GB/T 9704"))
    ['达', '到', '98.5%，', '（同', '比', '＋0.45‰）；', 'GB/T ', '9704']

    Source: GB/T 15834-2011, 5.1.
    """
    held = ""  # what the next piece has to be joined to
    for whole in _WHOLE.findall(text):
        for piece in _LIST_GAP.split(whole) if whole[0].isascii() else (whole,):
            if held and not (piece[0] in NO_START or piece[0] == " " or held[-1] in NO_END):
                yield held
                held = ""
            held += piece
    if held:
        yield held


def break_lines(text: str, style: Style, width: float, indent: float = 0) -> list[Line]:
    """Break text into lines no wider than ``width``; a line feed ends a paragraph, whose next begins at ``indent``.

    Where the line is narrower than a number with its punctuation, the punctuation moves to the next line; a number or
    word is cut only if it is wider than a line itself. A single character is always placed, so a column narrower than
    one character gives one character a line.
    """
    lines: list[Line] = []
    for paragraph in visible_paragraphs(text):
        lines += _break_paragraph(paragraph, style, width, indent)
    return lines


def visible_paragraphs(text: str) -> list[str]:
    return [visible(part).rstrip() for part in re.split(r"\r\n|[\n\r\u2028\u2029]", text)]


def _break_paragraph(text: str, style: Style, width: float, indent: float) -> list[Line]:
    lines: list[Line] = []
    held, used, room = "", 0.0, width - indent  # used: the width of held with its spaces

    def end_line(last: bool) -> None:
        nonlocal held, used, room
        kept = held.rstrip(" \u3000")
        lines.append(Line(kept, style.width(kept), last))
        held, used, room = "", 0.0, width

    for cluster in clusters(text):
        wide = style.width(cluster)
        if cluster[0] in _OPENING:
            wide -= style.blank(held)
        shown = cluster.rstrip(" \u3000")
        bare = wide - style.width(cluster[len(shown) :]) - style.blank(shown)
        if used + bare > room + 0.01 and held:
            end_line(last=False)
            wide = style.width(cluster)
        if bare <= room + 0.01:
            held, used = held + cluster, used + wide
            continue
        # Wider than a line: rather punctuation at a line's start than a number in two.
        cut = False
        for piece in _WHOLE.findall(cluster):
            parts = [piece] if style.width(piece) <= width else list(piece)
            for part in parts:
                advance = style.width(part)
                if held and used + advance - style.blank(part) > room + 0.01:
                    carried = ""
                    if part in NO_START and cut and len(held) > 1:  # a cut word lends its last character
                        held, carried = held[:-1], held[-1]
                    end_line(last=False)
                    held, used = carried, style.width(carried)
                held, used = held + part, used + advance
            cut = len(parts) > 1
    end_line(last=True)
    return lines


def balanced_lines(text: str, style: Style, width: float) -> list[Line]:
    """Break a title into as few lines as needed, all about equally long."""
    lines = break_lines(text, style, width)
    if len(lines) > 1:
        low, high = max(line.width for line in lines) / 2, width
        while high - low > style.size / 4:
            middle = (low + high) / 2
            if len(break_lines(text, style, middle)) > len(lines):
                low = middle
            else:
                high = middle
        lines = break_lines(text, style, high)
    return lines


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────


class Words(NamedTuple):
    """Text in one face, from x along the baseline y."""

    x: float
    y: float
    text: str
    face: Face
    size: float
    spacing: float  # between characters
    colour: str


class Rule(NamedTuple):
    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    colour: str = INK


class Fill(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    colour: str


class Bookmark(NamedTuple):
    """An entry in the outline that a PDF reader shows beside the pages."""

    y: float
    title: str
    level: int  # from 1


class Dot(NamedTuple):
    """A round dot about (x, y)."""

    x: float
    y: float
    radius: float
    colour: str


class Photo(NamedTuple):
    """A picture, already as many pixels as it needs, with what it shows for whoever cannot see it."""

    x: float
    y: float
    width: float
    height: float
    content: bytes
    alt: str


class PageNumber(NamedTuple):
    """The number of the page that a heading came to stand on, and a link to it over the whole line.

    It is known when all pages are filled: ``right`` is where the figures end, ``place`` counts the headings of level 1.
    """

    right: float
    y: float
    style: Style
    place: int
    width: float  # of the line that is linked


class Link(NamedTuple):
    """What is tapped to come to another page of the same document, numbered from 1."""

    x: float
    y: float
    width: float
    height: float
    page: int


Mark = Words | Rule | Fill | Bookmark | Dot | Photo | PageNumber | Link

STRETCH = 0.08  # of the size: wider gaps would be read as spaces between words
_LATIN = re.compile(f"{_RUN}+")


def set_line(
    line: Line, x: float, y: float, style: Style, width: float, align: Align = Align.LEFT, flush: bool = False
) -> list[Words]:
    """Place one line whose baseline is y between x and x + width.

    ``flush`` stretches (or, where the line is wider than ``width``, squeezes) the gaps of every line but a paragraph's
    last so that it ends at the right edge; numbers and Latin words keep their shape.
    """
    pieces = list(_pieces(line.text, style.face))
    gaps = sum(1 if latin else len(text) for text, _, latin, _ in pieces) - 1
    spacing = 0.0
    if flush and gaps > 0 and (not line.last or line.width > width):
        spacing = min((width - line.width + style.blank(line.text)) / gaps, STRETCH * style.size)
    free = width - line.width
    if align is not Align.LEFT and free > 0:
        x += free if align is Align.RIGHT else free / 2
    words = []
    for text, face, latin, advance in pieces:
        words.append(Words(x, y, text, face, style.size, 0.0 if latin else spacing, style.colour))
        x += advance * style.size + spacing * (1 if latin else len(text))
    return words


def _pieces(text: str, face: Face) -> Iterator[tuple[str, Face, bool, float]]:
    """Yield what can be drawn in one go as (text, face, is Latin, advance at 1 pt)."""
    run: list[Glyph] = []
    for one in glyphs(text, face):
        if run and (run[-1].tight or _kind(run[-1]) != _kind(one)):
            yield _joined(run)
            run = []
        run.append(one)
    if run:
        yield _joined(run)


def _kind(one: Glyph) -> tuple[Face, bool]:
    return one.face, bool(_LATIN.match(one.char))


def _joined(run: list[Glyph]) -> tuple[str, Face, bool, float]:
    return "".join(one.char for one in run), *_kind(run[0]), sum(one.advance for one in run)


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
        if opening + sum(strip.skip + strip.height for strip in chain) - chain[0].skip > height + 0.01:
            cuttable = [number for number, strip in enumerate(chain) if strip.cut]
            if cuttable:
                waiting.extendleft(reversed(_cut(chain, cuttable)))
                continue
        elif pages[-1] and y + sum(strip.skip + strip.height for strip in chain) > height + 0.01:
            high = [number for number, strip in enumerate(chain) if strip.cut and strip.height > HOLE * height]
            if high and height - y > HOLE * height:
                waiting.extendleft(reversed(_cut(chain, high)))
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


HOLE = 0.2  # of a page: what a row may leave empty at most; a lower row moves whole


def _cut(chain: list[Strip], cuttable: Sequence[int]) -> list[Strip]:
    """Put its slices in the place of the highest strip; the last one keeps to what the strip kept to."""
    tallest = max(cuttable, key=lambda number: chain[number].height)
    whole = chain[tallest]
    slices = whole.cut() if whole.cut else [whole]
    first = replace(slices[0], skip=whole.skip)
    slices = [first, *slices[1:]]
    slices[-1] = replace(slices[-1], keep=whole.keep)
    return [*chain[:tallest], *slices, *chain[tallest + 1 :]]


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
            keep = not last and (first or index == count - 2)
            strips.append(Strip(height, tuple(marks), keep=keep))
        return strips

    def lead(self, header: Strip) -> Strip:
        """Return a header for a page that opens inside a row: with the air that the row's first line has."""
        frame = [Rule(r.x1, header.height, r.x2, header.height + self.air, r.width) for r in self._sides(self.air)]
        return Strip(header.height + self.air, (*header.marks, *frame))

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
        keep = made.height < page / 4 and (closes or _belongs_below(row, following, leads))
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


# ── what no font has ─────────────────────────────────────────────────────────────────────────────────────────


def missing_from(text: str) -> set[str]:
    """Return the visible characters of a text that no shipped font has."""
    return {char for char in set(visible(text.replace("\n", " "))) if glyph(char, Face.SERIF).missing}
