"""Draw a ``core.document.Document`` as a PDF that looks like a Chinese official document.

It does NOT decide what the document says, and takes nothing from the clock: equal documents and dates give equal
bytes. Layout is ``report.typesetting``'s and ``report.forms``'; this module knows the page, the styles of running text,
and fpdf2.

Sources: GB/T 9704-2012 (page, margins, pitch, faces of headings, page numbers), followed as a reference; 宋体 stands
for its 仿宋, because no free FangSong has every character of people's and places' names. Tables in 五号 (10.5 pt) by
custom.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uharfbuzz as hb

from inspection_app.core.document import (
    Align,
    Block,
    Cards,
    Document,
    Facts,
    Fine,
    Form,
    Heading,
    Large,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
)
from inspection_app.report.forms import (
    GREY,
    card_strips,
    facts_strips,
    fine_strips,
    form_strips,
    large_strips,
    signature_strips,
)
from inspection_app.report.typesetting import (
    INK,
    MM,
    STAND_IN,
    THIN,
    Bookmark,
    Face,
    Fill,
    NewPage,
    Page,
    Rule,
    Strip,
    Style,
    TableStyle,
    Words,
    balanced_lines,
    break_lines,
    missing_from,
    paginate,
    paragraph_strips,
    set_line,
    table_strips,
)

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
FOLIO_GAP = 7 * MM  # from the text to the top of the page number
RED = "#a3212b"


@dataclass(frozen=True)
class Format:
    """A page and its running text: ``characters`` of the body stand on a line, squeezed or stretched to fit it."""

    top: float
    left: float
    width: float
    height: float
    title: Style
    subtitle: Style
    body: Style
    aside: Style
    signing: Style
    characters: int
    line: float  # how thick the line under the title is; 0: none

    @property
    def headings(self) -> dict[int, Style]:
        faces = {1: Face.SANS, 2: Face.KAI, 3: Face.BOLD}
        return {level: replace(self.body, face=face) for level, face in faces.items()}


OFFICIAL = Format(
    top=37 * MM,
    left=28 * MM,
    width=156 * MM,
    height=225 * MM,
    title=Style(Face.BOLD, 22, 34),
    subtitle=Style(Face.KAI, 16, 28),
    body=Style(Face.SERIF, 16, 225 * MM / 22),
    aside=Style(Face.KAI, 14, 24, GREY),
    signing=Style(Face.SERIF, 14, 20),
    characters=28,  # of 16 pt they are 2 mm wider than the text
    line=1.5,
)
FORM = Format(
    top=16 * MM,
    left=17 * MM,
    width=176 * MM,
    height=258 * MM,
    title=Style(Face.BOLD, 18, 28),
    subtitle=Style(Face.KAI, 12, 20),
    body=Style(Face.SERIF, 12, 21),
    aside=Style(Face.KAI, 12, 20, GREY),
    signing=Style(Face.SERIF, 12, 18),
    characters=41,
    line=0,
)
HEIGHT = OFFICIAL.height
SMALL = Style(Face.SERIF, 10.5, 17)
CAPTION = Style(Face.SANS, 12, 22)
FOLIO = Style(Face.SERIF, 14, 14)
RUNNING = Style(Face.SERIF, 9, 14, GREY)
IMPRINT = Style(Face.SERIF, 9, 14, GREY)
CELLS = TableStyle(
    plain=Style(Face.SERIF, 10.5, 15.5),
    strong=Style(Face.BOLD, 10.5, 15.5),
    head=Style(Face.SANS, 10.5, 15.5),
)


def format_of(document: Document) -> Format:
    """Return the format a document is set in."""
    return FORM if document.form else OFFICIAL


def render_pdf(document: Document | Sequence[Document], created: datetime) -> bytes:
    """Return the document as PDF bytes; of several, each begins a page and counts its own.

    A character that no shipped font has is printed as 〓, and the imprint says which ones; ``missing_characters``
    tells beforehand.

    Args:
        document: what to print; of several, the first one's title is the file's.
        created: the date of creation in the file; with its time zone, so that it does not depend on the machine's.

    Raises:
        ValueError: ``created`` has no time zone.
    """
    if created.tzinfo is None:
        raise ValueError("created needs a time zone")
    documents = [document] if isinstance(document, Document) else list(document)
    leaves: list[tuple[Format, Page]] = []
    for one in documents:
        pages, format_ = lay_out(one), format_of(one)
        for number, page in enumerate(pages, 1):
            page.append((format_.height + FOLIO_GAP, _folio(number, len(pages), one.running, format_)))
            leaves.append((format_, page))
    return _paint(leaves, documents[0].title, created)


def missing_characters(document: Document) -> tuple[str, ...]:
    """Return the characters of a document that will be printed as 〓, in the order of their code points."""
    missing: set[str] = set()
    for text in _texts(document):
        missing |= missing_from(text)
    return tuple(sorted(missing))


def lay_out(document: Document) -> list[Page]:
    """Return the document's pages: strips placed from the top left corner of the text."""
    format_ = format_of(document)
    strips: list[Strip | NewPage] = [*_opening(document, format_)]
    before: Block | None = None
    for block in document.blocks:
        if before and _belong_together(before, block) and isinstance(strips[-1], Strip):
            strips[-1] = replace(strips[-1], keep=True)
        strips += [NewPage()] if isinstance(block, PageBreak) else _block_strips(block, before, format_)
        before = block
    pages = paginate(strips, format_.height)
    _close(pages, _imprint(document, format_.width), format_)
    return pages


def _belong_together(before: Block, block: Block) -> bool:
    """Say whether two blocks share a page: signatures follow text, a note follows its table."""
    match before, block:
        case (Paragraph(), Signatures()) | (Table() | Facts(), Paragraph(small=True)):
            return True
        case _:
            return False


def _texts(document: Document) -> Iterator[str]:
    yield from (document.title, document.subtitle, document.date, document.marking, document.running)
    yield from document.imprint
    for block in document.blocks:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                yield text
            case Table():
                yield from (block.caption, *(column.title for column in block.columns))
                yield from (cell for row in block.rows for cell in row.cells)
            case Facts(pairs=pairs) | Signatures(lines=pairs):
                yield from (text for pair in pairs for text in pair)
            case Form(rows=rows):
                yield from (cell.text for row in rows for cell in row.cells)
            case Fine(texts=texts):
                yield from texts
            case Large():
                yield from (block.text, block.note)
            case Cards(cards=cards):
                for card in cards:
                    yield from (card.title, card.owner, *card.blanks, card.note)
                    yield from (text for boxes in card.boxes for text in (boxes.label, boxes.text, boxes.note))


# ── the parts of a document ──────────────────────────────────────────────────────────────────────────────────


def _opening(document: Document, format_: Format) -> Iterator[Strip]:
    """Set marking, title, subtitle and date, closed by the red line."""
    width = format_.width
    if document.marking:
        yield from _centred(document.marking, format_.headings[1], width, Align.LEFT)
        yield Strip(format_.body.leading / 2)
    yield from _centred(document.title, format_.title, width)
    if document.subtitle:
        yield Strip(4)
        yield from _centred(document.subtitle, format_.subtitle, width)
    if document.date:
        yield from _centred(document.date, format_.subtitle, width)
    if format_.line:
        yield Strip(10, (Rule(0, 9, width, 9, format_.line, RED),))
        yield Strip(16)
    else:
        yield Strip(4)


def _centred(text: str, style: Style, width: float, align: Align = Align.CENTER) -> Iterator[Strip]:
    for line in balanced_lines(text, style, width):
        yield Strip(style.leading, tuple(set_line(line, 0, style.drop, style, width, align)), keep=True)


def _block_strips(block: Block, before: Block | None, format_: Format) -> list[Strip]:
    width = format_.width
    match block:
        case Heading():
            return _heading(block, format_)
        case Paragraph(text=text, small=True):
            skip = 0 if isinstance(before, Paragraph) else 5
            return paragraph_strips(text, SMALL, width, indent=2 * SMALL.size, skip=skip)
        case Paragraph(text=text):
            skip = 0 if isinstance(before, Heading | Paragraph) else 8
            return _running(text, format_.aside if block.aside else format_.body, format_, skip)
        case Table():
            caption = [replace(strip, keep=True) for strip in _centred(block.caption, CAPTION, width) if block.caption]
            made = [*caption, *table_strips(block, CELLS, width, format_.height)]
            return [replace(made[0], skip=8), *made[1:]] if made else []
        case Facts():
            return facts_strips(block, width)
        case Form():
            return form_strips(block, width)
        case Fine():
            return fine_strips(block, width)
        case Large():
            return large_strips(block, width)
        case Cards():
            return card_strips(block, width)
        case Signatures():
            return signature_strips(block, format_.signing, width)
        case _:
            raise TypeError(f"no such block: {block!r}")


def _running(text: str, style: Style, format_: Format, skip: float = 0) -> list[Strip]:
    characters = format_.characters * format_.body.size / style.size
    indent = 2 * format_.width / characters
    measure = format_.characters * format_.body.size
    return paragraph_strips(text, style, format_.width, indent=indent, measure=measure, skip=skip)


def _heading(block: Heading, format_: Format) -> list[Strip]:
    style = format_.headings.get(block.level, format_.body)
    skip = 10 if block.level == 1 else 2
    made = [replace(strip, keep=True) for strip in _running(block.text, style, format_, skip)]
    entry = Bookmark(0, " ".join(block.text.split()), block.level)
    return [replace(made[0], marks=(entry, *made[0].marks)), *made[1:]]


def _imprint(document: Document, width: float) -> list[Strip]:
    missing = missing_characters(document)
    texts = [*document.imprint]
    if missing:
        codes = "、".join(f"U+{ord(char):04X}" for char in missing)
        texts.append(f"字库未收的字符以“{STAND_IN}”代替：{codes}。")
    return [strip for text in texts for strip in paragraph_strips(text, IMPRINT, width)]


def _close(pages: list[Page], imprint: list[Strip], format_: Format) -> None:
    """Set the imprint at the foot of the last page, or on pages of its own where it does not fit."""
    if not imprint:
        return
    own = paginate([Strip(6, (Rule(0, 0, format_.width, 0, THIN, GREY),), keep=True), *imprint], format_.height)
    last = own.pop()
    drop = format_.height - _depth(last)
    if own or _depth(pages[-1]) + 12 > drop:
        pages += [*own, []]
    pages[-1] += [(y + drop, strip) for y, strip in last]


def _depth(page: Page) -> float:
    return max((y + strip.height for y, strip in page), default=0)


def _folio(number: int, count: int, running: str, format_: Format) -> Strip:
    """Set a page number: outer side, one character in from the edge; or the running foot with it.

    A form of a single page has none.
    """
    width = format_.width
    if running or (format_ is FORM and count == 1):
        line = break_lines(running + (f"　　第{number}页　共{count}页" if count > 1 else ""), RUNNING, width)[0]
        return Strip(RUNNING.leading, tuple(set_line(line, 0, RUNNING.drop, RUNNING, width, Align.CENTER)))
    line = break_lines(f"— {number} —", FOLIO, width)[0]
    align = Align.RIGHT if number % 2 else Align.LEFT
    words = set_line(line, FOLIO.size, FOLIO.drop, FOLIO, width - 2 * FOLIO.size, align)
    return Strip(FOLIO.leading, tuple(words))


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────


def _paint(leaves: Sequence[tuple[Format, Page]], title: str, created: datetime) -> bytes:
    from fpdf import FPDF  # half a second: only when something is printed

    pdf = FPDF(unit="pt", format=(PAGE_WIDTH, PAGE_HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_title(" ".join(title.split()))
    pdf.set_lang("zh-CN")
    pdf.set_producer("inspection-app")
    pdf.set_creation_date(created)
    with tempfile.TemporaryDirectory() as folder:
        for face, used in sorted(_used_characters(page for _, page in leaves).items()):
            path = Path(folder) / f"{face}.ttf"
            path.write_bytes(_subset(face, used))
            pdf.add_font(face, fname=path)
            # The subset keeps its glyphs as they are, so their boxes need not be measured again.
            cast("TTFFont", pdf.fonts[face]).ttfont.recalcBBoxes = False
        for format_, page in leaves:
            _paint_page(pdf, page, format_)
        return bytes(pdf.output())


def _used_characters(pages: Iterable[Page]) -> dict[Face, set[str]]:
    used: dict[Face, set[str]] = defaultdict(set)
    for page in pages:
        for _, strip in page:
            for mark in strip.marks:
                if isinstance(mark, Words):
                    used[mark.face].update(mark.text)
    return used


def _subset(face: Face, characters: Iterable[str]) -> bytes:
    """Cut a font down to what one document needs: fpdf2 then reads kilobytes instead of megabytes."""
    wanted = hb.SubsetInput()
    wanted.unicode_set.update(map(ord, characters))
    return bytes(hb.subset(face.font.face, wanted).blob.data)


def _paint_page(pdf: FPDF, page: Page, format_: Format) -> None:
    pdf.add_page()
    left, top = format_.left, format_.top
    marks = [(y, mark) for y, strip in page for mark in strip.marks]
    for y, mark in marks:  # behind everything else
        if isinstance(mark, Fill):
            pdf.set_fill_color(mark.colour)
            pdf.rect(left + mark.x, top + y + mark.y, mark.width, mark.height, "F")
    pdf.set_fill_color(INK)
    for y, mark in marks:
        if isinstance(mark, Rule):
            pdf.set_draw_color(mark.colour)
            pdf.set_line_width(mark.width)
            pdf.line(left + mark.x1, top + y + mark.y1, left + mark.x2, top + y + mark.y2)
    for y, mark in marks:
        if isinstance(mark, Words):
            pdf.set_font(mark.face, size=mark.size)
            pdf.set_text_color(mark.colour)
            pdf.set_char_spacing(round(mark.spacing, 2))
            pdf.text(left + mark.x, top + y + mark.y, mark.text)
        elif isinstance(mark, Bookmark):
            pdf.set_y(top + y + mark.y)
            pdf.start_section(mark.title, mark.level - 1, strict=False)
    pdf.set_char_spacing(0)
