"""Draw a ``core.document.Document`` as a PDF that looks like a Chinese official document.

It does NOT decide what the document says, and takes nothing from the clock: equal documents and dates give equal
bytes. Layout is ``report.typesetting``'s; this module knows the page, the styles of each block, and fpdf2.

Sources: GB/T 9704-2012 (page, margins, pitch, faces of headings, page numbers), followed as a reference; 宋体 stands
for its 仿宋, because no free FangSong has every character of people's and places' names. Tables in 五号 (10.5 pt) by
custom.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uharfbuzz as hb

from inspection_app.core.document import (
    Align,
    Block,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
)
from inspection_app.report.typesetting import (
    AIR,
    INK,
    STAND_IN,
    THICK,
    THIN,
    Bookmark,
    Face,
    Fill,
    Grid,
    Mark,
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

MM = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
TOP, LEFT = 37 * MM, 28 * MM
WIDTH, HEIGHT = 156 * MM, 225 * MM
FOLIO_GAP = 7 * MM  # from the text to the top of the page number

RED = "#a3212b"
GREY = "#4d4d4d"

BODY = Style(Face.SERIF, 16, HEIGHT / 22)
TITLE = Style(Face.BOLD, 22, 34)
SUBTITLE = Style(Face.KAI, 16, 28)
HEADINGS = {
    1: replace(BODY, face=Face.SANS),
    2: replace(BODY, face=Face.KAI),
    3: replace(BODY, face=Face.BOLD),
}
SMALL = Style(Face.SERIF, 10.5, 17)
CAPTION = Style(Face.SANS, 12, 22)
FOLIO = Style(Face.SERIF, 14, 14)
IMPRINT = Style(Face.SERIF, 9, 14, GREY)
CELLS = TableStyle(
    plain=Style(Face.SERIF, 10.5, 15.5),
    strong=Style(Face.BOLD, 10.5, 15.5),
    head=Style(Face.SANS, 10.5, 15.5),
)
LABEL = Style(Face.SANS, 10.5, 17)
VALUE = Style(Face.SERIF, 10.5, 17)
SIGNING = Style(Face.SERIF, 14, 20)

CHARACTERS = 28  # on a line; 28 of 16 pt are 2 mm wider than the page's text, so each line is squeezed a little
DATE_TO_FILL = "年　　月　　日"


def render_pdf(document: Document, created: datetime) -> bytes:
    """Return the document as PDF bytes.

    A character that no shipped font has is printed as 〓, and the imprint says which ones; ``missing_characters``
    tells beforehand.

    Args:
        document: what to print.
        created: the date of creation in the file; with its time zone, so that it does not depend on the machine's.

    Raises:
        ValueError: ``created`` has no time zone.
    """
    if created.tzinfo is None:
        raise ValueError("created needs a time zone")
    pages = lay_out(document)
    for number, page in enumerate(pages, 1):
        page.append((HEIGHT + FOLIO_GAP, _folio(number)))
    return _paint(pages, document.title, created)


def missing_characters(document: Document) -> tuple[str, ...]:
    """Return the characters of a document that will be printed as 〓, in the order of their code points."""
    missing: set[str] = set()
    for text in _texts(document):
        missing |= missing_from(text)
    return tuple(sorted(missing))


def lay_out(document: Document) -> list[Page]:
    """Return the document's pages: strips placed from the top left corner of the text."""
    strips: list[Strip | NewPage] = [*_opening(document)]
    before: Block | None = None
    for block in document.blocks:
        if before and _belong_together(before, block) and isinstance(strips[-1], Strip):
            strips[-1] = replace(strips[-1], keep=True)
        strips += [NewPage()] if isinstance(block, PageBreak) else _block_strips(block, before)
        before = block
    pages = paginate(strips, HEIGHT)
    _close(pages, _imprint(document))
    return pages


def _belong_together(before: Block, block: Block) -> bool:
    """Say whether two blocks share a page: signatures follow text, a note follows its table."""
    match before, block:
        case (Paragraph(), Signatures()) | (Table() | Facts(), Paragraph(small=True)):
            return True
        case _:
            return False


def _texts(document: Document) -> Iterator[str]:
    yield from (document.title, document.subtitle, document.date, document.marking, *document.imprint)
    for block in document.blocks:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                yield text
            case Table():
                yield from (block.caption, *(column.title for column in block.columns))
                yield from (cell for row in block.rows for cell in row.cells)
            case Facts(pairs=pairs) | Signatures(lines=pairs):
                yield from (text for pair in pairs for text in pair)


# ── the parts of a document ──────────────────────────────────────────────────────────────────────────────────


def _opening(document: Document) -> Iterator[Strip]:
    """Set marking, title, subtitle and date, closed by the red line."""
    if document.marking:
        yield from _centred(document.marking, HEADINGS[1], Align.LEFT)
        yield Strip(BODY.leading / 2)
    yield from _centred(document.title, TITLE)
    if document.subtitle:
        yield Strip(4)
        yield from _centred(document.subtitle, SUBTITLE)
    if document.date:
        yield from _centred(document.date, SUBTITLE)
    yield Strip(10, (Rule(0, 9, WIDTH, 9, 1.5, RED),))
    yield Strip(16)


def _centred(text: str, style: Style, align: Align = Align.CENTER) -> Iterator[Strip]:
    for line in balanced_lines(text, style, WIDTH):
        yield Strip(style.leading, tuple(set_line(line, 0, style.drop, style, WIDTH, align)), keep=True)


def _block_strips(block: Block, before: Block | None) -> list[Strip]:
    match block:
        case Heading():
            return _heading(block)
        case Paragraph(text=text, small=True):
            skip = 0 if isinstance(before, Paragraph) else 5
            return paragraph_strips(text, SMALL, WIDTH, indent=2 * SMALL.size, skip=skip)
        case Paragraph(text=text):
            return _running(text, BODY, skip=0 if isinstance(before, Heading | Paragraph) else 8)
        case Table():
            caption = _caption(block.caption) if block.caption else []
            made = [*caption, *table_strips(block, CELLS, WIDTH, HEIGHT)]
            return [replace(made[0], skip=8), *made[1:]] if made else []
        case Facts():
            return _facts(block)
        case Signatures():
            return _signatures(block)
        case _:
            raise TypeError(f"no such block: {block!r}")


def _running(text: str, style: Style, skip: float = 0) -> list[Strip]:
    em = WIDTH / CHARACTERS
    return paragraph_strips(text, style, WIDTH, indent=2 * em, measure=CHARACTERS * style.size, skip=skip)


def _heading(block: Heading) -> list[Strip]:
    style = HEADINGS.get(block.level, BODY)
    made = [replace(strip, keep=True) for strip in _running(block.text, style, skip=10 if block.level == 1 else 2)]
    entry = Bookmark(0, " ".join(block.text.split()), block.level)
    return [replace(made[0], marks=(entry, *made[0].marks)), *made[1:]]


def _caption(text: str) -> list[Strip]:
    return [replace(strip, keep=True) for strip in _centred(text, CAPTION)]


def _facts(block: Facts) -> list[Strip]:
    """Set a form: two short facts side by side, a long one across the whole width."""
    label, value = 0.17 * WIDTH, 0.33 * WIDTH
    half = Grid([label, value, label, value], [Align.CENTER, Align.LEFT, Align.CENTER, Align.LEFT])
    whole = Grid([label, WIDTH - label], [Align.CENTER, Align.LEFT])

    def short(pair: tuple[str, str]) -> bool:
        cells = half.broken([*pair, "", ""], [LABEL, VALUE, LABEL, VALUE])
        return max(map(len, cells)) == 1

    rows: list[tuple[Grid, list[str]]] = []
    pairs = list(block.pairs)
    while pairs:
        if len(pairs) > 1 and short(pairs[0]) and short(pairs[1]):
            rows.append((half, [*pairs.pop(0), *pairs.pop(0)]))
        else:
            rows.append((whole, [*pairs.pop(0)]))
    made = [_form_row(grid, cells, first=not number) for number, (grid, cells) in enumerate(rows)]
    if not made:
        return []
    closing = Strip(0, (Rule(0, 0, WIDTH, 0, THICK),))
    made[0], made[-1] = replace(made[0], skip=8), replace(made[-1], keep=True)
    return [*made, closing]


def _form_row(grid: Grid, cells: Sequence[str], *, first: bool) -> Strip:
    styles = [LABEL, VALUE] * (len(cells) // 2)
    broken = grid.broken(cells, styles)
    return replace(
        grid.row(broken, styles, above=THICK if first else THIN, floor=LABEL.leading + 4 * AIR),
        foot=(Rule(0, 0, WIDTH, 0, THICK),),
        cut=lambda: grid.slices(broken, styles),
    )


def _signatures(block: Signatures) -> list[Strip]:
    """Set a line for each signer: who, a rule to sign on, and a date to fill in."""
    labels = [f"{role}（{name}）：" if name else f"{role}：" for role, name in block.lines]
    who = min(0.38 * WIDTH, max(map(SIGNING.width, labels), default=0)) + 6
    date = SIGNING.width(f"　　{DATE_TO_FILL}　")
    made: list[Strip] = []
    for label in labels:
        lines = break_lines(label, SIGNING, who - 5)
        height = max(46, SIGNING.leading * len(lines) + 16)
        base = height - 12
        marks: list[Mark] = [Rule(who, base + 4, WIDTH - date - 6, base + 4, THIN)]
        for number, line in enumerate(reversed(lines)):
            marks += set_line(line, 0, base - number * SIGNING.leading, SIGNING, who)
        dates = break_lines(DATE_TO_FILL, SIGNING, WIDTH)
        marks += set_line(dates[0], WIDTH - date, base, SIGNING, date, Align.RIGHT)
        made.append(Strip(height, tuple(marks), skip=0 if made else 6, keep=True))
    return [*made[:-1], *(replace(strip, keep=False) for strip in made[-1:])]


def _imprint(document: Document) -> list[Strip]:
    missing = missing_characters(document)
    texts = [*document.imprint]
    if missing:
        codes = "、".join(f"U+{ord(char):04X}" for char in missing)
        texts.append(f"字库未收的字符以“{STAND_IN}”代替：{codes}。")
    return [strip for text in texts for strip in paragraph_strips(text, IMPRINT, WIDTH)]


def _close(pages: list[Page], imprint: list[Strip]) -> None:
    """Set the imprint at the foot of the last page, or on pages of its own where it does not fit."""
    if not imprint:
        return
    own = paginate([Strip(6, (Rule(0, 0, WIDTH, 0, THIN, GREY),), keep=True), *imprint], HEIGHT)
    last = own.pop()
    drop = HEIGHT - _depth(last)
    if own or _depth(pages[-1]) + 12 > drop:
        pages += [*own, []]
    pages[-1] += [(y + drop, strip) for y, strip in last]


def _depth(page: Page) -> float:
    return max((y + strip.height for y, strip in page), default=0)


def _folio(number: int) -> Strip:
    """Set a page number: outer side, one character in from the edge."""
    lines = break_lines(f"— {number} —", FOLIO, WIDTH)
    align = Align.RIGHT if number % 2 else Align.LEFT
    words = set_line(lines[0], FOLIO.size, FOLIO.drop, FOLIO, WIDTH - 2 * FOLIO.size, align)
    return Strip(FOLIO.leading, tuple(words))


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────


def _paint(pages: Sequence[Page], title: str, created: datetime) -> bytes:
    from fpdf import FPDF  # half a second: only when something is printed

    pdf = FPDF(unit="pt", format=(PAGE_WIDTH, PAGE_HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_title(" ".join(title.split()))
    pdf.set_lang("zh-CN")
    pdf.set_producer("inspection-app")
    pdf.set_creation_date(created)
    with tempfile.TemporaryDirectory() as folder:
        for face, used in sorted(_used_characters(pages).items()):
            path = Path(folder) / f"{face}.ttf"
            path.write_bytes(_subset(face, used))
            pdf.add_font(face, fname=path)
            # The subset keeps its glyphs as they are, so their boxes need not be measured again.
            cast("TTFFont", pdf.fonts[face]).ttfont.recalcBBoxes = False
        for page in pages:
            _paint_page(pdf, page)
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


def _paint_page(pdf: FPDF, page: Page) -> None:
    pdf.add_page()
    marks = [(y, mark) for y, strip in page for mark in strip.marks]
    for y, mark in marks:  # behind everything else
        if isinstance(mark, Fill):
            pdf.set_fill_color(mark.colour)
            pdf.rect(LEFT + mark.x, TOP + y + mark.y, mark.width, mark.height, "F")
    pdf.set_fill_color(INK)
    for y, mark in marks:
        if isinstance(mark, Rule):
            pdf.set_draw_color(mark.colour)
            pdf.set_line_width(mark.width)
            pdf.line(LEFT + mark.x1, TOP + y + mark.y1, LEFT + mark.x2, TOP + y + mark.y2)
    for y, mark in marks:
        if isinstance(mark, Words):
            pdf.set_font(mark.face, size=mark.size)
            pdf.set_text_color(mark.colour)
            pdf.set_char_spacing(round(mark.spacing, 2))
            pdf.text(LEFT + mark.x, TOP + y + mark.y, mark.text)
        elif isinstance(mark, Bookmark):
            pdf.set_y(TOP + y + mark.y)
            pdf.start_section(mark.title, mark.level - 1, strict=False)
    pdf.set_char_spacing(0)
