"""What a printed document is made of: blocks in order, plain data, no layout and no fonts.

``core.feedback`` and ``core.papers`` build documents out of these blocks and ``report`` sets them in type. Text is
Chinese, as the visit's documents are. Nothing here knows what a visit is. Heights are millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Weight(StrEnum):
    """How much a table row stands out."""

    PLAIN = "plain"
    SUBTOTAL = "subtotal"  # an aspect's line
    TOTAL = "total"  # the document's last word


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is "一、", 2 is "（一）", 3 is "1."; the number is part of the text."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """Running text, first line indented by two characters.

    ``small`` is for notes and sources, ``aside`` for a direction to whoever reads the rest aloud.
    """

    text: str
    small: bool = False
    aside: bool = False


@dataclass(frozen=True)
class Column:
    title: str
    share: float  # of the table's width; the shares of a table add up to 1
    align: Align = Align.LEFT


@dataclass(frozen=True)
class Row:
    """A table row with a cell for each column; a cell may hold line breaks and may be higher than a page."""

    cells: tuple[str, ...]
    weight: Weight = Weight.PLAIN


@dataclass(frozen=True)
class Table:
    """A table whose header is repeated on every page it reaches; ``height``: of a row at least, to write in."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    height: float = 0


@dataclass(frozen=True)
class Facts:
    """Labelled values in two columns, ruled like the head of an official form."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cell:
    """A cell of a form: printed text, or room to write in; ``ruled`` draws lines for longer handwriting."""

    text: str = ""
    share: float = 1  # of its row's width, in proportion to the other cells
    label: bool = False
    align: Align = Align.LEFT
    ruled: bool = False


@dataclass(frozen=True)
class FormRow:
    """A row of a form with cells of its own widths; ``small`` print is for official wording that is only looked up."""

    cells: tuple[Cell, ...]
    height: float = 0  # at least
    shaded: bool = False
    small: bool = False


@dataclass(frozen=True)
class Form:
    """Rows to fill in by hand, kept on one page unless they are higher than one."""

    rows: tuple[FormRow, ...]


@dataclass(frozen=True)
class Fine:
    """Short texts side by side in the smallest print, row by row: a long list that is looked up and not read."""

    texts: tuple[str, ...]
    columns: int


@dataclass(frozen=True)
class Large:
    """One thing to be read across a room, with a line about it; ``qr`` stands beside it as a QR code."""

    text: str
    note: str = ""
    qr: str = ""


@dataclass(frozen=True)
class Boxes:
    """A label and a box for every character; ``text`` is printed in the first ones."""

    label: str
    count: int
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class Card:
    """A card to fill in: what it is, whose it is, boxes, blanks to write on (their labels) and what to do with it."""

    title: str
    owner: str
    boxes: tuple[Boxes, ...]
    blanks: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Cards:
    """Cards of one size below each other, to be cut apart along broken lines."""

    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Signatures:
    """Lines to sign: a role, the printed name (may be empty), room for the signature and the date."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PageBreak:
    pass


Block = Heading | Paragraph | Table | Facts | Form | Fine | Large | Cards | Signatures | PageBreak


@dataclass(frozen=True)
class Document:
    """A whole document.

    ``marking`` stands at the head of the first page (e.g. 内部资料  注意保存); ``imprint`` is small print at the foot
    of the last page (digests, versions). ``date`` is printed under the title as it is. A ``form`` is a paper to fill
    in by hand: set smaller and with narrower margins than an official document. ``running`` is printed at the foot of
    every page with the number of all pages, for papers whose leaves may get mixed with others.
    """

    title: str
    subtitle: str
    date: str
    blocks: tuple[Block, ...]
    marking: str = ""
    imprint: tuple[str, ...] = ()
    form: bool = False
    running: str = ""
