"""Set Chinese text in lines: which font has a character, where a line may end, where every run of it stands.

It does NOT write PDF and knows neither pages nor tables (``report.page_flow``): it answers with marks (words, rules,
fills), which ``report.pdf`` draws. All lengths are points (1/72 inch); y grows downwards.

    text --break_lines--> lines --set_line--> Words

Sources: GB/T 15834-2011 section 5.1 (which punctuation may not begin or end a line); the fonts' own advance widths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import uharfbuzz as hb

from inspection_app.core.document import Align
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
# its unit after, and the parts of a date (12月).
_RUN = "[!-~\u00a1-\u024f\u0370-\u03ff]"
_WHOLE = re.compile(
    r"—+|…+|＿+| +|"
    rf"[±−＋≤≥≈＜＞]?{_RUN}+(?: (?=[%‰])|(?<=\d) (?=[A-Za-zμ]{{1,3}}(?![A-Za-z])))?{_RUN}*"
    r"(?:[％‰℃°′″㎡²³½]+|(?<=\d)[年月日])?|.",
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
    """Text in one face, from x along the baseline y.

    ``laps``: the next words begin within the empty half of its last character (``glyphs``); whoever reads the page by
    where characters stand has to be told that both belong together.
    """

    x: float
    y: float
    text: str
    face: Face
    size: float
    spacing: float  # between characters
    colour: str
    laps: bool = False


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
    gaps = sum(1 if latin else len(text) for text, _, latin, _, _ in pieces) - 1
    spacing = 0.0
    if flush and gaps > 0 and (not line.last or line.width > width):
        spacing = min((width - line.width + style.blank(line.text)) / gaps, STRETCH * style.size)
    free = width - line.width
    if align is not Align.LEFT and free > 0:
        x += free if align is Align.RIGHT else free / 2
    words = []
    for text, face, latin, advance, laps in pieces:
        words.append(Words(x, y, text, face, style.size, 0.0 if latin else spacing, style.colour, laps))
        x += advance * style.size + spacing * (1 if latin else len(text))
    return words


def _pieces(text: str, face: Face) -> Iterator[tuple[str, Face, bool, float, bool]]:
    """Yield what can be drawn in one go as (text, face, is Latin, advance at 1 pt, laps over the next).

    Marks that close up stand by themselves, so that only they are told to belong together.
    """
    run: list[Glyph] = []
    lapped = False  # the run began within the character before it
    for one in glyphs(text, face):
        if run and (lapped or run[-1].tight or one.tight or _kind(run[-1]) != _kind(one)):
            yield _joined(run)
            lapped = run[-1].tight
            run = []
        run.append(one)
    if run:
        yield _joined(run)


def _kind(one: Glyph) -> tuple[Face, bool]:
    return one.face, bool(_LATIN.match(one.char))


def _joined(run: list[Glyph]) -> tuple[str, Face, bool, float, bool]:
    return "".join(one.char for one in run), *_kind(run[0]), sum(one.advance for one in run), run[-1].tight


# ── what no font has ─────────────────────────────────────────────────────────────────────────────────────────


def missing_from(text: str) -> set[str]:
    """Return the visible characters of a text that no shipped font has."""
    return {char for char in set(visible(text.replace("\n", " "))) if glyph(char, Face.SERIF).missing}
