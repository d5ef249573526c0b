"""What a printed document is made of: blocks in order, plain data, no layout and no fonts.

``core.feedback`` and ``core.papers`` build documents out of these blocks and ``report`` sets them in type. Text is
Chinese, as the visit's documents are. Nothing here knows what a visit is. Heights are millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
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

    ``small`` is for notes and sources, ``aside`` for a direction to whoever reads the rest aloud; whom a letter is
    addressed to stands without ``indent``.
    """

    text: str
    small: bool = False
    aside: bool = False
    indent: bool = True


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
    """A table whose header is repeated on every page it reaches; ``height``: of a row at least, to write in.

    ``small`` print is for tables of many columns that are looked up and not read.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    height: float = 0
    small: bool = False


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
class Bar:
    """One line of a chart. All lengths are shares (0..1) of the room for bars; ``text`` says the same in figures.

    ``length`` is drawn as a bar on its track, each of ``dots`` as a dot, ``tick`` as a stroke across to compare with.
    """

    label: str
    text: str
    length: Decimal | None = None
    dots: tuple[Decimal, ...] = ()
    tick: Decimal | None = None


@dataclass(frozen=True)
class Chart:
    """Bars below each other, labelled directly; ``note`` says what bar, dot and stroke are, in place of a legend.

    ``whole``: the room for bars means something (full points), so it is shown behind them.
    """

    caption: str
    bars: tuple[Bar, ...]
    note: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Picture:
    """A photo (JPEG or PNG) with its caption; ``alt`` tells what is on it to whoever cannot see it.

    Pictures that follow each other stand two in a row.
    """

    content: bytes
    caption: str
    alt: str


@dataclass(frozen=True)
class Code:
    """A QR code, and beside it line by line what belongs to it; ``alt`` says what it holds."""

    qr: str
    lines: tuple[str, ...]
    alt: str = ""


@dataclass(frozen=True)
class Contents:
    """The list of the document's first-level headings with their pages."""

    title: str


@dataclass(frozen=True)
class PageBreak:
    pass


Block = (
    Heading | Paragraph | Table | Facts | Form | Fine | Large | Cards | Signatures | Chart | Picture | Code | Contents
    | PageBreak
)  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A whole document. A line feed in the ``title`` is where it is broken if it does not stand on one line.

    ``marking`` stands at the head of the first page (e.g. 内部资料  注意保存); ``imprint`` is small print at the foot
    of the last page (digests, versions). ``date`` is printed under the title as it is. A ``form`` is a paper to fill
    in by hand: set smaller and with narrower margins than an official document. ``running`` is printed at the foot of
    every page with the number of all pages, for papers whose leaves may get mixed with others. A ``draft`` says so
    across every page. ``subject`` and ``keywords`` stand in the file's own description, where no page shows them.
    """

    title: str
    subtitle: str
    date: str
    blocks: tuple[Block, ...]
    marking: str = ""
    imprint: tuple[str, ...] = ()
    form: bool = False
    running: str = ""
    draft: bool = False
    subject: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def plain_title(self) -> str:
        """The title in one line, as the file's own description has it."""
        return self.title.replace("\n", "")
