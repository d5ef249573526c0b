"""What a printed document is made of: blocks in order, plain data, no layout and no fonts.

``core.feedback`` builds documents out of these blocks and ``report`` sets them in type. Text is Chinese, as the
visit's documents are. Nothing here knows what a visit is.
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
    """Running text, first line indented by two characters; ``small`` is for notes and sources."""

    text: str
    small: bool = False


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
    """A table whose header is repeated on every page it reaches."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""


@dataclass(frozen=True)
class Facts:
    """Labelled values in two columns, ruled like the head of an official form."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Signatures:
    """Lines to sign: a role, the printed name (may be empty), room for the signature and the date."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PageBreak:
    pass


Block = Heading | Paragraph | Table | Facts | Signatures | PageBreak


@dataclass(frozen=True)
class Document:
    """A whole document.

    ``marking`` stands at the head of the first page (e.g. 内部资料  注意保存); ``imprint`` is small print at the foot
    of the last page (digests, versions). ``date`` is printed under the title as it is.
    """

    title: str
    subtitle: str
    date: str
    blocks: tuple[Block, ...]
    marking: str = ""
    imprint: tuple[str, ...] = ()
