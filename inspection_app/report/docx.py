"""Write a ``core.document.Document`` as a Word file: the form that can be edited, and read aloud by a machine.

A template (DOCX, with docxtpl's ``{{ … }}``) says how pages, letterhead and type look; the body is written here in the
template's own styles. An office may use a template of its own; styles it lacks are taken from the shipped one. Text is
never read as template or markup. It does NOT break pages: Word does. Equal documents, dates and templates give equal
bytes.

Sources: ECMA-376 part 1 (WordprocessingML); GB/T 9704-2012 for the shipped template, followed as a reference.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

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
    Row,
    Signatures,
    Table,
    Weight,
)
from inspection_app.report.archive import packed, unpacked
from inspection_app.report.docx_template import (
    ANCHOR,
    EMU,
    PLAIN_TABLE,
    STYLES,
    TABLE_STYLE,
    fill,
    open_template,
    shipped_template,
    style_ids,
    text_width,
)
from inspection_app.report.docx_xml import one_line, quoted, text_lines, text_of, w_tag
from inspection_app.report.forms import DATE_TO_FILL
from inspection_app.report.illustrations import PICTURE_WIDTH, fit_photo
from inspection_app.report.pictures import chart_picture, qr_picture
from inspection_app.report.typesetting import MM

if TYPE_CHECKING:
    from docxtpl import DocxTemplate

TWIP = 20  # to a point
LONG = 200  # characters: a row with such a cell may be split, or pages would end in a hole
LONG_TITLE = 20  # characters: does not stand on one line of the shipped template
QR_SIZE = 38 * MM  # with its quiet zone

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="http://schemas.openxmlformats.org/{rest}"'
    for prefix, rest in (
        ("w", "wordprocessingml/2006/main"), ("r", "officeDocument/2006/relationships"),
        ("wp", "drawingml/2006/wordprocessingDrawing"), ("a", "drawingml/2006/main"), ("pic", "drawingml/2006/picture"),
    )
)  # fmt: skip
_ALIGN = {Align.LEFT: "left", Align.CENTER: "center", Align.RIGHT: "right"}


def render_docx(document: Document, created: datetime, template: bytes | None = None) -> bytes:
    """Return the document as a DOCX file.

    Args:
        created: the date of creation in the file, with its time zone.
        template: an office's own, else the shipped one.

    Raises:
        InspectionError: the template cannot be used, with every fault.
        ValueError: ``created`` has no time zone.
    """
    if created.tzinfo is None:
        raise ValueError("created needs a time zone")
    opened = open_template(shipped_template() if template is None else template)
    values = {
        "title": document.title if len(document.plain_title) > LONG_TITLE else document.plain_title,
        "subtitle": document.subtitle, "date": document.date,
        "marking": document.marking, "running": document.running, "imprint": document.imprint, "draft": document.draft,
    }  # fmt: skip
    fill(opened, values)
    anchor = next(one for one in opened.docx.element.body.iter(w_tag("p")) if text_of(one) == ANCHOR)
    writer = _Writer(opened, text_width(opened))
    for element in writer.elements(document.blocks):
        anchor.addprevious(element)
    anchor.getparent().remove(anchor)
    about = opened.docx.core_properties
    about.title, about.subject = one_line(document.plain_title)[:255], one_line(document.subject)[:255]
    about.keywords = one_line("; ".join(document.keywords))[:255]
    about.author, about.last_modified_by, about.comments = "inspection-app", "", ""
    about.language, about.revision = "zh-CN", 1
    about.created = about.modified = created.astimezone(UTC).replace(tzinfo=None)
    out = io.BytesIO()
    opened.docx.save(out)
    return packed(unpacked(out.getvalue()))


class _Writer:
    """Blocks in, elements of the body out, in the styles of one template; ``width`` of the text in points."""

    def __init__(self, opened: DocxTemplate, width: float) -> None:
        self._part = opened.docx.part
        self._ids = style_ids(opened)
        self._width = width
        self._drawn = 0  # every picture and bookmark has a number of its own
        self._headings = 0

    def elements(self, blocks: Sequence[Block]) -> Iterator[Any]:
        from docx.oxml import parse_xml

        text = "".join(self._written(blocks))
        yield from list(parse_xml(f"<w:body {_NAMESPACES}>{text}</w:body>"))

    def _written(self, blocks: Sequence[Block]) -> Iterator[str]:
        breaks = False
        before: Block | None = None
        for is_picture, together in groupby(blocks, lambda block: isinstance(block, Picture)):
            if is_picture:
                yield self._pictures([block for block in together if isinstance(block, Picture)])
                before = None
                continue
            for block in together:
                if isinstance(block, PageBreak):
                    breaks = True
                    continue
                if breaks and not isinstance(block, Heading):
                    yield self._paragraph("image", '<w:r><w:br w:type="page"/></w:r>')
                elif isinstance(before, Table | Facts | Form) and isinstance(block, Table | Facts | Form):
                    yield self._paragraph("image", "")  # tables that touch would become one
                yield self._block(block, blocks, breaks)
                breaks, before = False, block
        if before is None or isinstance(before, Table | Facts | Form | Signatures | Code | Fine | Cards):
            yield self._paragraph("image", "")  # nothing of ours ends in a table: Word wants a paragraph there

    def _block(self, block: Block, blocks: Sequence[Block], breaks: bool) -> str:  # noqa: PLR0912  one line a block
        match block:
            case Heading():
                return self._heading(block, breaks)
            case Paragraph():
                name = "note" if block.small else "aside" if block.aside else "body" if block.indent else "salutation"
                return "".join(self._paragraph(name, self._runs(line)) for line in text_lines(block.text))
            case Table():
                caption = [self._paragraph("caption", self._runs(one_line(block.caption)))] if block.caption else []
                return "".join([*caption, self._table(block)])
            case Facts():
                return self._facts(block)
            case Form():
                return self._form(block)
            case Fine():
                return self._fine(block)
            case Signatures():
                return self._signatures(block)
            case Large():
                return self._large(block)
            case Cards():
                return self._cards(block)
            case Chart():
                return self._chart(block)
            case Code():
                return self._code(block)
            case Contents():
                return self._contents(block, blocks)
            case _:
                raise TypeError(f"no such block: {block!r}")

    # -- paragraphs

    def _paragraph(self, style: str, runs: str, more: str = "") -> str:
        return f'<w:p><w:pPr><w:pStyle w:val="{self._ids[STYLES[style]]}"/>{more}</w:pPr>{runs}</w:p>'

    def _runs(self, text: str) -> str:
        lines = text_lines(text)
        return "<w:r>{}</w:r>".format(
            "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in lines)
        )

    def _heading(self, heading: Heading, breaks: bool) -> str:
        level = min(max(heading.level, 1), 3)
        runs = self._runs(one_line(heading.text))
        if level == 1:
            self._headings += 1
            id_, mark = self._number(), _bookmark(self._headings)
            runs = f'<w:bookmarkStart w:id="{id_}" w:name="{mark}"/>{runs}<w:bookmarkEnd w:id="{id_}"/>'
        return self._paragraph(f"heading {level}", runs, "<w:pageBreakBefore/>" if breaks else "")

    def _contents(self, contents: Contents, blocks: Sequence[Block]) -> str:
        """List the headings with links; a reader computes the pages as soon as it opens the file."""
        titles = [one_line(block.text) for block in blocks if isinstance(block, Heading) and block.level <= 1]
        made = [self._paragraph("contents", self._runs(one_line(contents.title)))]
        start = _field('TOC \\o "1-1" \\h \\z \\u', open_=True)
        for number, title in enumerate(titles, 1):
            mark = _bookmark(number)
            page = _field(f"PAGEREF {mark} \\h", dirty=True)
            text = f"{self._runs(title)}<w:r><w:tab/></w:r>{page}"
            link = f'<w:hyperlink w:anchor="{mark}" w:history="1">{text}</w:hyperlink>'
            end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>' if number == len(titles) else ""
            stop = f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{round(self._width * TWIP)}"/></w:tabs>'
            made.append(self._paragraph("entry", (start if number == 1 else "") + link + end, stop))
        return "".join(made)

    def _number(self) -> int:
        self._drawn += 1
        return self._drawn

    # -- tables

    def _grid(
        self, shares: Sequence[float], rows: Iterable[str], *, about: str = "", ruled: bool = True, head: bool = False,
        labels: bool = False,
    ) -> str:  # fmt: skip
        total = sum(shares) or 1
        columns = "".join(f'<w:gridCol w:w="{self._twips(share / total)}"/>' for share in shares)
        style = self._ids[TABLE_STYLE if ruled else PLAIN_TABLE]
        told = f"<w:tblCaption w:val={quoted(about)}/>" if about else ""
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{self._twips(1)}" w:type="dxa"/>'
            f'<w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
            f'<w:tblLook w:val="0000" w:firstRow="{int(head)}" w:lastRow="0" w:firstColumn="{int(labels)}" '
            f'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>{told}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>'
            f"{''.join(rows)}</w:tbl>"
        )

    def _twips(self, share: float) -> int:
        return round(self._width * share * TWIP)

    def _row(self, cells: Iterable[str], *, head: bool = False, height: float = 0, split: bool = False) -> str:
        told = "" if split else "<w:cantSplit/>"
        told += f'<w:trHeight w:val="{round(height * MM * TWIP)}" w:hRule="atLeast"/>' if height else ""
        told += "<w:tblHeader/>" if head else ""
        return f"<w:tr><w:trPr>{told}</w:trPr>{''.join(cells)}</w:tr>"

    def _cell(
        self, share: float, style: str, text: str, align: Align = Align.LEFT, *, span: int = 1, shade: bool = False
    ) -> str:
        runs = "".join(self._paragraph(style, self._runs(line), _aligned(align)) for line in text_lines(text))
        return self._box(share, runs, span=span, shade=shade)

    def _box(self, share: float, content: str, *, span: int = 1, shade: bool = False) -> str:
        more = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
        more += '<w:shd w:val="clear" w:color="auto" w:fill="ECECEC"/>' if shade else ""
        return (
            f'<w:tc><w:tcPr><w:tcW w:w="{self._twips(share)}" w:type="dxa"/>{more}<w:vAlign w:val="center"/></w:tcPr>'
            f"{content}</w:tc>"
        )

    def _table(self, table: Table) -> str:
        small = "small " if table.small else ""
        shares = [column.share for column in table.columns]
        aligns = [column.align for column in table.columns]
        styles = {Weight.PLAIN: f"{small}cell"}

        def row(one: Row) -> str:
            style = styles.get(one.weight, f"{small}total")
            cells = (
                self._cell(share, style, text, align, shade=one.weight is not Weight.PLAIN)
                for share, text, align in zip(shares, one.cells, aligns, strict=True)
            )
            return self._row(cells, height=table.height, split=max(map(len, one.cells), default=0) > LONG)

        titles = (
            self._cell(column.share, f"{small}head", column.title, Align.CENTER) for column in table.columns
        )
        return self._grid(shares, [self._row(titles, head=True), *map(row, table.rows)], about=table.caption, head=True)

    def _facts(self, facts: Facts) -> str:
        rows = (
            self._row([self._cell(0.2, "head", label, Align.CENTER), self._cell(0.8, "cell", value)],
                      split=len(value) > LONG)
            for label, value in facts.pairs
        )  # fmt: skip
        return self._grid((0.2, 0.8), rows, labels=True)

    def _form(self, form: Form) -> str:
        """Rows of cells of their own widths share one grid: every edge of any row is an edge of it."""
        ends = [_ends([cell.share for cell in row.cells]) for row in form.rows]
        edges = sorted({0, *(edge for row in ends for edge in row)})
        rows = []
        for row, own in zip(form.rows, ends, strict=True):
            small = "small " if row.small else ""
            cells = [
                self._cell((end - start) / 1000, f"{small}{'head' if cell.label else 'cell'}", cell.text, cell.align,
                           span=edges.index(end) - edges.index(start), shade=row.shaded)
                for cell, (start, end) in zip(row.cells, pairwise([0, *own]), strict=True)
            ]  # fmt: skip
            rows.append(self._row(cells, height=row.height))
        return self._grid([end - start for start, end in pairwise(edges)], rows)

    def _fine(self, fine: Fine) -> str:
        share = 1 / fine.columns
        lines = [fine.texts[start : start + fine.columns] for start in range(0, len(fine.texts), fine.columns)]
        rows = (
            self._row(self._cell(share, "small cell", text) for text in [*line, *[""] * (fine.columns - len(line))])
            for line in lines
        )
        return self._grid([share] * fine.columns, rows, ruled=False)

    def _signatures(self, signatures: Signatures) -> str:
        """A line for each signer: who, a rule to sign on, and a date to fill in."""
        shares = (0.38, 0.32, 0.3)
        rows = [
            self._row((
                self._cell(shares[0], "signing", f"{role}（{name}）：" if name else f"{role}："),
                _ruled_below(self._cell(shares[1], "signing", "")),
                self._cell(shares[2], "signing", DATE_TO_FILL, Align.RIGHT),
            ))
            for role, name in signatures.lines
        ]  # fmt: skip
        return self._grid(shares, rows, ruled=False) if rows else ""

    def _cards(self, cards: Cards) -> str:
        made = []
        for card in cards.cards:
            rows = [self._row([self._cell(0.3, "head", card.title), self._cell(0.7, "cell", card.owner)])]
            rows += [
                self._row([self._cell(0.3, "cell", one.label), self._cell(0.7, "cell", f"{one.text}　{one.note}")],
                          height=12)
                for one in card.boxes
            ]  # fmt: skip
            blanks = ([self._cell(0.3, "cell", one), self._cell(0.7, "cell", "")] for one in card.blanks)
            rows += [self._row(cells, height=12) for cells in blanks]
            made.append(self._grid((0.3, 0.7), rows) + self._paragraph("note", self._runs(card.note)))
        return "".join(made)

    # -- what is looked at

    def _large(self, large: Large) -> str:
        made = self._paragraph("large", self._runs(large.text))
        made += self._paragraph("image caption", self._runs(large.note)) if large.note else ""
        return made + (self._paragraph("image", self._qr(large.qr, large.note)) if large.qr else "")

    def _chart(self, chart: Chart) -> str:
        if not chart.bars:
            return ""
        told = "；".join(f"{bar.label} {bar.text}" for bar in chart.bars)
        content, width, height = chart_picture(chart, self._width)
        return (
            self._paragraph("caption", self._runs(one_line(chart.caption)))
            + self._paragraph("image", self._image(content, width, height, f"{chart.caption}：{told}"), "<w:keepNext/>")
            + self._paragraph("image caption", self._runs(one_line(chart.note)))
        )

    def _pictures(self, pictures: Sequence[Picture]) -> str:
        rows = []
        for start in range(0, len(pictures), 2):
            pair = pictures[start : start + 2]
            cells = [self._box(0.5, self._photo(one)) for one in pair]
            rows.append(self._row([*cells, *[self._cell(0.5, "image", "")] * (2 - len(pair))]))
        return self._grid((0.5, 0.5), rows, ruled=False)

    def _photo(self, picture: Picture) -> str:
        fitted = fit_photo(picture.content)
        if fitted is None:
            shown = self._runs("（照片无法读取）")
        else:
            content, width, height = fitted
            scale = min(1.0, (self._width / 2 - 9) / PICTURE_WIDTH)
            shown = self._image(content, width * scale, height * scale, picture.alt or picture.caption)
        return self._paragraph("image", shown) + self._paragraph("image caption", self._runs(one_line(picture.caption)))

    def _code(self, code: Code) -> str:
        left = (QR_SIZE + 12) / self._width
        lines = "".join(self._paragraph("small cell", self._runs(line)) for line in code.lines)
        lines = lines or self._paragraph("small cell", "")
        about = code.alt or one_line("；".join(code.lines))
        cells = (self._box(left, self._paragraph("image", self._qr(code.qr, about))), self._box(1 - left, lines))
        return self._grid((left, 1 - left), [self._row(cells)], ruled=False)

    def _qr(self, text: str, about: str) -> str:
        return self._image(qr_picture(text), QR_SIZE, QR_SIZE, f"二维码：{about}" if about else "二维码")

    def _image(self, content: bytes, width: float, height: float, alt: str) -> str:
        id_, _ = self._part.get_or_add_image(io.BytesIO(content))
        number = self._number()
        size = f'cx="{round(width * EMU)}" cy="{round(height * EMU)}"'
        return (
            f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
            f'<wp:docPr id="{number}" name="picture {number}" descr={quoted(alt)}/><a:graphic>'
            '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
            f'<pic:cNvPr id="{number}" name="picture {number}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
            f'<a:blip r:embed="{id_}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
            f'<a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
            "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
        )


def _bookmark(number: int) -> str:
    return f"_Toc{number:06d}"


def _field(code: str, *, open_: bool = False, dirty: bool = False) -> str:
    begin = '<w:fldChar w:fldCharType="begin"{}/>'.format(' w:dirty="true"' if dirty else "")
    told = f'<w:instrText xml:space="preserve"> {escape(code)} </w:instrText>'
    parts = [begin, told, '<w:fldChar w:fldCharType="separate"/>']
    parts += [] if open_ else ["<w:t></w:t>", '<w:fldChar w:fldCharType="end"/>']
    return "".join(f"<w:r>{part}</w:r>" for part in parts)


def _aligned(align: Align) -> str:
    return f'<w:jc w:val="{_ALIGN[align]}"/>'


def _ruled_below(cell: str) -> str:
    rule = '<w:tcBorders><w:bottom w:val="single" w:sz="4" w:space="0" w:color="000000"/></w:tcBorders>'
    return cell.replace('<w:vAlign w:val="center"/>', f'{rule}<w:vAlign w:val="bottom"/>', 1)


def _ends(shares: Sequence[float]) -> list[int]:
    """Return where each of a row's cells ends, in thousandths of its width."""
    total, ends, end = sum(shares) or 1, [], 0.0
    for share in shares:
        end += share
        ends.append(round(end / total * 1000))
    return ends
