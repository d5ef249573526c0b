"""Draw a ``core.document.Document`` as a PDF that looks like a Chinese official document.

It does NOT decide what the document says, and takes nothing from the clock: equal documents and dates give equal
bytes. Layout is ``report.page_flow``'s and its neighbours'; this module knows the page, the styles of running text,
and fpdf2.

The official fonts are used where the machine has them (``report.fonts_found``); equal bytes then mean equal fonts, too,
and the file's keywords name them.

Sources: GB/T 9704-2012 (page, margins, pitch, faces of headings, page numbers), followed as a reference; without the
official fonts 宋体 stands for 仿宋, because no free FangSong has every character of people's and places' names. Tables
in 五号 (10.5 pt) by custom.
"""

from __future__ import annotations

import io
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uharfbuzz as hb

from inspection_app.core.document import (
    Align,
    Block,
    Cards,
    Chart,
    Code,
    Contents,
    Document,
    Facts,
    Fine,
    Form,
    Heading,
    Large,
    PageBreak,
    Paragraph,
    Picture,
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
from inspection_app.report.illustrations import chart_strips, code_strips, contents_strips, picture_strips
from inspection_app.report.page_flow import (
    THIN,
    NewPage,
    Page,
    Strip,
    TableStyle,
    paginate,
    paragraph_strips,
    table_strips,
)
from inspection_app.report.typesetting import (
    INK,
    MM,
    STAND_IN,
    Bookmark,
    Dot,
    Face,
    Fill,
    Link,
    Mark,
    PageNumber,
    Photo,
    Rule,
    Style,
    Words,
    balanced_lines,
    break_lines,
    missing_from,
    set_line,
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
        official = self.body.face is Face.FANGSONG
        faces = {1: Face.HEITI if official else Face.SANS, 2: Face.KAITI if official else Face.KAI, 3: Face.BOLD}
        return {level: replace(self.body, face=face) for level, face in faces.items()}


OFFICIAL = Format(
    top=37 * MM,
    left=28 * MM,
    width=156 * MM,
    height=225 * MM,
    title=Style(Face.XIAOBIAOSONG, 22, 34),
    subtitle=Style(Face.KAITI, 16, 28),
    body=Style(Face.FANGSONG, 16, 225 * MM / 22),
    aside=Style(Face.KAITI, 14, 24, GREY),
    signing=Style(Face.FANGSONG, 14, 20),
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
SMALL_CELLS = TableStyle(
    plain=Style(Face.SERIF, 8.5, 12.5),
    strong=Style(Face.BOLD, 8.5, 12.5),
    head=Style(Face.SANS, 8.5, 12.5),
    air=1.6,
)
SNUG_CELLS = replace(
    SMALL_CELLS,
    plain=replace(SMALL_CELLS.plain, leading=11.5),
    strong=replace(SMALL_CELLS.strong, leading=11.5),
    head=replace(SMALL_CELLS.head, leading=11.5),
    air=1.0,
)
FACTS = Style(Face.SERIF, 9, 13.5)
DRAFT, DRAFT_SIZE, DRAFT_COLOUR = "草稿", 170.0, "#ededed"  # light enough to read over, dark enough to be copied


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
    leaves: list[_Leaf] = []
    for one in documents:
        pages, format_, first = lay_out(one), format_of(one), len(leaves)
        for number, page in enumerate(pages, 1):
            page.append((format_.height + FOLIO_GAP, _folio(number, len(pages), one.running, format_)))
            leaves.append(_Leaf(format_, page, first, one.draft))
    return _paint(leaves, documents[0], created)


def fonts_of(document: Document | Sequence[Document]) -> tuple[str, ...]:
    """Return the names of the fonts that a document is set in, as its keywords give them."""
    documents = [document] if isinstance(document, Document) else document
    return _font_names(_used_characters(page for one in documents for page in lay_out(one)))


@dataclass(frozen=True)
class _Leaf:
    """A page to paint; ``first`` is the place of its document's first page among all leaves."""

    format: Format
    page: Page
    first: int
    draft: bool


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
    for block, pictures in _with_pictures(document.blocks):
        if before and _belong_together(before, block) and isinstance(strips[-1], Strip):
            strips[-1] = replace(strips[-1], keep=True)
        if isinstance(block, PageBreak):
            strips.append(NewPage())
        elif isinstance(block, Picture):
            strips += picture_strips(pictures, format_.width)
        elif isinstance(block, Contents):
            strips += contents_strips(block, _chapters(document), format_.width)
        elif isinstance(block, Table) and block.small:
            strips += _small_table(block, strips, format_)
        else:
            strips += _block_strips(block, before, format_)
        before = block
    pages = paginate(strips, format_.height)
    _close(pages, _imprint(document, format_.width), format_)
    return _numbered(pages)


def _with_pictures(blocks: Sequence[Block]) -> Iterator[tuple[Block, list[Picture]]]:
    """Yield every block, pictures that follow each other together with the first of them."""
    for is_picture, together in groupby(blocks, lambda block: isinstance(block, Picture)):
        if is_picture:
            pictures = [block for block in together if isinstance(block, Picture)]
            yield pictures[0], pictures
        else:
            yield from ((block, []) for block in together)


def _chapters(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1]


def _numbered(pages: list[Page]) -> list[Page]:
    """Fill in the page numbers of the contents, each with a link over its line."""
    chapters = [
        number
        for number, page in enumerate(pages, 1)
        for _, strip in page
        for mark in strip.marks
        if isinstance(mark, Bookmark) and mark.level == 1
    ]

    def filled(mark: Mark) -> Iterator[Mark]:
        if not isinstance(mark, PageNumber):
            yield mark
            return
        number = chapters[mark.place]
        (line,) = break_lines(str(number), mark.style, mark.width)
        yield from set_line(line, 0, mark.y, mark.style, mark.right, Align.RIGHT)
        yield Link(mark.right - mark.width, mark.y - mark.style.drop, mark.width, mark.style.leading, number)

    def closed(strip: Strip) -> Strip:
        if not any(isinstance(mark, PageNumber) for mark in strip.marks):
            return strip
        return replace(strip, marks=tuple(new for mark in strip.marks for new in filled(mark)))

    return [[(y, closed(strip)) for y, strip in page] for page in pages]


def _belong_together(before: Block, block: Block) -> bool:
    """Say whether two blocks share a page: signatures follow text, a note follows its table."""
    match before, block:
        case (Paragraph(), Signatures()) | (Table() | Facts() | Chart(), Paragraph(small=True)):
            return True
        case (Paragraph(small=True), Code()):
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
            case Chart() | Picture() | Code() | Contents():
                yield from _illustration_texts(block)
            case Cards(cards=cards):
                for card in cards:
                    yield from (card.title, card.owner, *card.blanks, card.note)
                    yield from (text for boxes in card.boxes for text in (boxes.label, boxes.text, boxes.note))


def _illustration_texts(block: Chart | Picture | Code | Contents) -> Iterator[str]:
    match block:
        case Chart():
            yield from (block.caption, block.note)
            yield from (text for bar in block.bars for text in (bar.label, bar.text))
        case Picture():
            yield block.caption
        case Code():
            yield from block.lines
        case Contents():
            yield block.title


# ── the parts of a document ──────────────────────────────────────────────────────────────────────────────────


def _opening(document: Document, format_: Format) -> Iterator[Strip]:
    """Set marking, title, subtitle and date, closed by the red line."""
    width = format_.width
    if document.marking:
        yield from _centred(document.marking, format_.headings[1], width, Align.LEFT)
        yield Strip(format_.body.leading / 2)
    one_line = format_.title.width(document.plain_title) <= width
    for part in [document.plain_title] if one_line else document.title.split("\n"):
        yield from _centred(part, format_.title, width)
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
        case Paragraph():
            return _paragraph(block, before, format_)
        case Table():
            return _table(block, CELLS, format_)
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
        case Chart():
            return chart_strips(block, width)
        case Code():
            return code_strips(block, FACTS, width)
        case _:
            raise TypeError(f"no such block: {block!r}")


def _table(block: Table, cells: TableStyle, format_: Format) -> list[Strip]:
    width = format_.width
    caption = [replace(strip, keep=True) for strip in _centred(block.caption, CAPTION, width) if block.caption]
    made = [*caption, *table_strips(block, cells, width, format_.height)]
    return [replace(made[0], skip=8), *made[1:]] if made else []


def _small_table(block: Table, before: Sequence[Strip | NewPage], format_: Format) -> list[Strip]:
    """Set a table in small print; its rows stand closer where that spares a page with a few of them on it."""
    opened = max((place for place, one in enumerate(before) if isinstance(one, NewPage)), default=-1)
    above, note = before[opened + 1 :], Strip(SMALL.leading + 5)
    roomy, snug = (_table(block, cells, format_) for cells in (SMALL_CELLS, SNUG_CELLS))
    needed, spared = (len(paginate([*above, *made, note], format_.height)) for made in (roomy, snug))
    return snug if spared < needed else roomy


def _paragraph(block: Paragraph, before: Block | None, format_: Format) -> list[Strip]:
    if block.small:
        skip = 0 if isinstance(before, Paragraph) else 5
        return paragraph_strips(block.text, SMALL, format_.width, indent=2 * SMALL.size, skip=skip)
    skip = 0 if isinstance(before, Heading | Paragraph) else 8
    style = format_.aside if block.aside else format_.body
    return _running(block.text, style, format_, skip, indented=block.indent)


def _running(text: str, style: Style, format_: Format, skip: float = 0, *, indented: bool = True) -> list[Strip]:
    characters = format_.characters * format_.body.size / style.size
    indent = 2 * format_.width / characters if indented else 0
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
    """Set the imprint at the foot of the last page, or on pages of its own where it does not fit.

    One line finds room between the text and the page number.
    """
    if not imprint:
        return
    if len(imprint) == 1:
        pages[-1].append((format_.height + 3, imprint[0]))
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


def _paint(leaves: Sequence[_Leaf], document: Document, created: datetime) -> bytes:
    from fpdf import FPDF  # half a second: only when something is printed

    used = _used_characters(leaf.page for leaf in leaves)
    if any(leaf.draft for leaf in leaves):
        used[Face.SANS].update(DRAFT)
    pdf = FPDF(unit="pt", format=(PAGE_WIDTH, PAGE_HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_title(" ".join(document.plain_title.split()))
    if document.subject:
        pdf.set_subject(document.subject)
    pdf.set_keywords("; ".join([*document.keywords, f"fonts {', '.join(_font_names(used))}"]))
    pdf.set_lang("zh-CN")
    pdf.set_producer("inspection-app")
    pdf.set_creation_date(created)
    with tempfile.TemporaryDirectory() as folder:
        for face, characters in sorted(used.items()):
            path = Path(folder) / f"{face}.ttf"
            path.write_bytes(_subset(face, characters))
            pdf.add_font(face, fname=path)
            # The subset keeps its glyphs as they are, so their boxes need not be measured again.
            cast("TTFFont", pdf.fonts[face]).ttfont.recalcBBoxes = False
        for leaf in leaves:
            _paint_page(pdf, leaf)
        return bytes(pdf.output())


def _used_characters(pages: Iterable[Page]) -> dict[Face, set[str]]:
    used: dict[Face, set[str]] = defaultdict(set)
    for page in pages:
        for _, strip in page:
            for mark in strip.marks:
                if isinstance(mark, Words):
                    used[mark.face].update(mark.text)
    return used


def _font_names(faces: Iterable[Face]) -> tuple[str, ...]:
    return tuple(face.font.face.get_name(hb.OTNameIdPredefined.FULL_NAME) or str(face) for face in sorted(faces))


def _subset(face: Face, characters: Iterable[str]) -> bytes:
    """Cut a font down to what one document needs: fpdf2 then reads kilobytes instead of megabytes."""
    wanted = hb.SubsetInput()
    wanted.unicode_set.update(map(ord, characters))
    return bytes(hb.subset(face.font.face, wanted).blob.data)


def _paint_page(pdf: FPDF, leaf: _Leaf) -> None:
    """Paint a page from back to front: what lies under text first, so that text is never covered."""
    pdf.add_page()
    left, top = leaf.format.left, leaf.format.top
    if leaf.draft:
        _paint_draft(pdf)
    marks = [(top + y, mark) for y, strip in leaf.page for mark in strip.marks]
    for y, mark in marks:
        if isinstance(mark, Fill):
            pdf.set_fill_color(mark.colour)
            pdf.rect(left + mark.x, y + mark.y, mark.width, mark.height, "F")
    for y, mark in marks:
        if isinstance(mark, Photo):
            pdf.image(io.BytesIO(mark.content), left + mark.x, y + mark.y, mark.width, mark.height, alt_text=mark.alt)
    for y, mark in marks:
        if isinstance(mark, Rule):
            pdf.set_draw_color(mark.colour)
            pdf.set_line_width(mark.width)
            pdf.line(left + mark.x1, y + mark.y1, left + mark.x2, y + mark.y2)
        elif isinstance(mark, Dot):
            pdf.set_fill_color(mark.colour)
            pdf.circle(left + mark.x, y + mark.y, mark.radius, "F")
    pdf.set_fill_color(INK)
    for y, mark in marks:
        if isinstance(mark, Bookmark):
            pdf.set_y(y + mark.y)
            pdf.start_section(mark.title, mark.level - 1, strict=False)
        elif isinstance(mark, Link):
            target = pdf.add_link(page=leaf.first + mark.page)
            pdf.link(left + mark.x, y + mark.y, mark.width, mark.height, target)
    _paint_text(pdf, left, [(y, mark) for y, mark in marks if isinstance(mark, Words)])
    pdf.set_char_spacing(0)


def _paint_text(pdf: FPDF, left: float, placed: Sequence[tuple[float, Words]]) -> None:
    """Paint words in reading order; what laps over the next is told as one, or readers would part 》 from its ，."""
    lapping: list[tuple[float, Words]] = []
    for y, words in placed:
        lapping.append((y, words))
        if words.laps:
            continue
        if len(lapping) > 1:
            together = "".join(one.text for _, one in lapping)
            pdf._out(f"/Span <</ActualText <FEFF{together.encode('utf-16-be').hex().upper()}>>> BDC")
        for top, one in lapping:
            _paint_words(pdf, left + one.x, top + one.y, one)
        if len(lapping) > 1:
            pdf._out("EMC")
        lapping = []


def _paint_words(pdf: FPDF, x: float, y: float, words: Words) -> None:
    pdf.set_font(words.face, size=words.size)
    pdf.set_text_color(words.colour)
    pdf.set_char_spacing(round(words.spacing, 2))
    pdf.text(x, y, words.text)


def _paint_draft(pdf: FPDF) -> None:
    """Say across the page, below everything else, that this is a draft."""
    x, y = PAGE_WIDTH / 2, PAGE_HEIGHT / 2
    half = DRAFT_SIZE * len(DRAFT) / 2
    with pdf.rotation(50, x, y):
        _paint_words(pdf, x - half, y + 0.38 * DRAFT_SIZE, Words(0, 0, DRAFT, Face.SANS, DRAFT_SIZE, 0, DRAFT_COLOUR))
