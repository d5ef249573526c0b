"""Write the score matrix as an XLSX workbook whose panel scores, sums and totals are living formulas.

A formula gives exactly what ``core.consolidation`` gives: it counts in whole units of the smallest point, so that no
binary fraction is ever rounded. It decides nothing: an adjudicated item carries the chair's points and reason. Equal
material gives equal bytes. Texts are texts, whatever they begin with.

Source: ECMA-376 part 1, 18.17 (formulas); whole numbers below 2^53 are exact in every spreadsheet program.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from inspection_app.core.consolidation import ItemResult, Method, Rounding, marks_needed
from inspection_app.core.feedback import Material, method_sentence
from inspection_app.core.rubric import AspectKind
from inspection_app.core.scoring import State
from inspection_app.core.wording import INTERNAL, chinese_date
from inspection_app.report.archive import packed, unpacked
from inspection_app.report.typesetting import visible_paragraphs

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell, MergedCell
    from openpyxl.styles import Alignment, Border, Font, PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

MOST_CHARACTERS = 32767  # a cell holds no more
STATES = {
    State.UNMARKED: "未评", State.NOT_APPLICABLE: "不适用", State.RECUSED: "回避", State.NOT_ASSIGNED: "／",
    State.EXCUSED: "缺席",
}  # fmt: skip
SCORES, NOTES = "评分汇总表", "说明"
HEAD_ROW = 4

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"([^>]*)><f>(.*?)</f><v ?/?>(?:</v>)?</c>', re.DOTALL)


def score_workbook(material: Material) -> bytes:
    """Return the score matrix as XLSX: a row an item, a column an expert, then what the panel makes of the marks.

    Every formula also carries the value the app gives, for readers that compute nothing.
    """
    from openpyxl import Workbook

    book = Workbook()
    matrix = _Matrix(book, material)
    matrix.write()
    _notes(book, material, matrix.units)
    about = book.properties
    about.title, about.creator = f"{_text(material.visit.description.applicant)}{SCORES}", "inspection-app"
    about.language, about.subject = "zh-CN", SCORES
    about.keywords = f"visit {material.visit.id}; rubric {material.visit.rubric_digest}; log {material.log_head}"
    about.created = about.modified = at = material.now.astimezone(UTC).replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    parts = unpacked(out.getvalue())
    sheet, core = "xl/worksheets/sheet1.xml", "docProps/core.xml"
    parts[sheet] = _with_values(parts[sheet].decode(), matrix.values).encode()
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}Z"  # openpyxl writes the time of saving
    parts[core] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), parts[core])
    return packed(parts)


def _with_values(xml: str, values: Mapping[str, Decimal | None]) -> str:
    """Put the value beside every formula; what is empty is an empty text."""

    def filled(found: re.Match[str]) -> str:
        place, attributes, formula = found.groups()
        value = values[place]
        attributes = re.sub(r' t="[^"]*"', "", attributes) + ("" if value is not None else ' t="str"')
        return f'<c r="{place}"{attributes}><f>{formula}</f><v>{"" if value is None else f"{value:f}"}</v></c>'

    return _FORMULA.sub(filled, xml)


@dataclass(frozen=True)
class Units:
    """The whole numbers that formulas count in: a point is ``ten**exponent`` × ``parts`` units.

    ``exponent`` covers the decimals of every mark; ``parts`` is a number that every count of marks divides, or 1 where
    each item is rounded before it is added.
    """

    exponent: int
    parts: int
    places: int

    def of(self, points: str) -> str:
        """Return the formula that turns points in a cell, or a sum of such, into units without the parts."""
        return f"ROUND({points}*{10**self.exponent},0)"

    def rounded(self, units: str, divisor: str) -> str:
        """Return the formula for ``units / divisor`` in points, halves up, where the divisor counts parts as well."""
        coarse = 10 ** (self.exponent - self.places)
        half = f"{divisor}*{coarse}" if coarse > 1 else divisor
        twice = f"2*{divisor}*{coarse}" if coarse > 1 else f"2*{divisor}"
        return f"QUOTIENT(2*{units}+{half},{twice})/{10**self.places}"


def units_of(material: Material) -> Units:
    """Return the units that hold every mark, adjudication and ceiling of a visit without a remainder."""
    result, visit = material.result, material.visit
    numbers = [mark for item in result.items for mark in item.panel.marks]
    numbers += [item.adjudication.points for item in result.items if item.adjudication and item.adjudication.points]
    numbers += [aspect.ceiling for aspect in result.aspects]
    exponent = max([visit.places, *(-int(number.normalize().as_tuple().exponent) for number in numbers)])
    counts = [len(item.panel.used) for item in result.items if item.panel.used]
    whole = visit.rounding == Rounding.ITEMS
    return Units(exponent, 1 if whole else math.lcm(*counts, 2), visit.places)


class _Matrix:
    """The sheet of scores while it is written; ``values`` are what its formulas come to, by cell."""

    def __init__(self, book: Workbook, material: Material) -> None:
        from openpyxl.worksheet.worksheet import Worksheet

        sheet = book.active
        assert isinstance(sheet, Worksheet)
        self.sheet = sheet
        self.material, self.units = material, units_of(material)
        self.experts = [member for member in material.members if member.scores]
        self.values: dict[str, Decimal | None] = {}
        first = 4
        names = ("count", "sum", "method", "decided", "points", "units", "applicable", "reason")
        self.marks = [_letter(first + place) for place in range(len(self.experts))]
        self.column = {
            name: _letter(first + len(self.experts) + place) for place, name in enumerate(names)
        }
        self.row = HEAD_ROW

    def write(self) -> None:
        sheet, visit = self.sheet, self.material.visit
        sheet.title = SCORES
        _put(sheet["A1"], f"{visit.description.applicant}现场验收评分汇总表", "title")
        _put(sheet["A2"], f"{self.material.rubric.title}　{method_sentence(visit)}", "note")
        _put(sheet["A3"], f"{INTERNAL}　{chinese_date(self.material.now.date())}"
             + ("" if self.material.sealed else "　草稿"), "note")  # fmt: skip
        titles = [
            "序号", "考核项", "满分", *(member.name for member in self.experts), "计入人数", "计入合计", "按方法得分",
            "合议定分", "专家组得分", "精确值（单位）", "适用满分", "合议理由和条款",
        ]  # fmt: skip
        for place, title in enumerate(titles, 1):
            _put(sheet.cell(HEAD_ROW, place), title, "head")
        sums = [self._aspect(number) for number in range(len(self.material.rubric.aspects))]
        self._totals(sums)
        self._set_up(len(titles))

    def _aspect(self, number: int) -> int:
        """Write an aspect's items and below them its sum; return the sum's row."""
        aspect, found = self.material.rubric.aspects[number], self.material.result.aspects[number]
        first = self.row + 1
        for item in aspect.items:
            self.row += 1
            self._item(self.material.result.item(item.no))
        last = self.row
        self.row += 1
        row, column, units = self.row, self.column, self.units
        _put(self.sheet[f"B{row}"], found.title, "sum")
        _put(self.sheet[f"C{row}"], found.ceiling, "sum")
        whole = 10**units.exponent * units.parts
        exact = f"MIN(SUM({column['units']}{first}:{column['units']}{last}),{units.of(f'C{row}')}*{units.parts})"
        self._formula(column["units"], exact, self._aspect_units(number), "sum")
        shown = f"{column['units']}{row}"
        self._formula(column["points"], self._shown(shown, whole), found.points, "sum", decimals=True)
        applicable = f"MIN(SUM({column['applicable']}{first}:{column['applicable']}{last}),C{row})"
        own = sum((self.material.result.item(item.no).ceiling for item in aspect.items), Decimal(0))
        self._formula(column["applicable"], applicable, min(own, found.ceiling), "sum")
        return row

    def _shown(self, units: str, whole: int) -> str:
        """Return the formula that shows units as points: rounded where the method rounds sums, else as they are."""
        if self.units.parts == 1 and self.material.visit.rounding == Rounding.ITEMS:
            return f"{units}/{whole}"
        return self.units.rounded(units, str(self.units.parts))

    def _item(self, result: ItemResult) -> None:
        sheet, row, column, units = self.sheet, self.row, self.column, self.units
        item, panel, decided = result.item, result.panel, result.adjudication
        _put(sheet[f"A{row}"], item.no, "centre")
        _put(sheet[f"B{row}"], item.content, "text")
        _put(sheet[f"C{row}"], item.ceiling, "number")
        for letter, member in zip(self.marks, self.experts, strict=True):
            score = result.scores.get(member.id)
            points = score.points if score else None
            said = STATES[State.NOT_ASSIGNED] if score is None else STATES.get(score.state, "")
            _put(sheet[f"{letter}{row}"], said if points is None else points, "number")
        visit = self.material.visit
        marks = f"{self.marks[0]}{row}:{self.marks[-1]}{row}" if self.marks else f"C{row + 1}:C{row}"
        count, summed, used = _counted(visit.method, marks, panel.used)
        enough = f"COUNT({marks})>={marks_needed(visit.method, visit.min_marks)}"
        there = panel.points is not None
        self._formula(column["count"], f"IF({enough},{count},0)", Decimal(len(used) if there else 0), "number")
        self._formula(column["sum"], f'IF({enough},{summed},"")', sum(used, Decimal(0)) if there else None, "number")
        n, total = f"{column['count']}{row}", f"{column['sum']}{row}"
        self._formula(column["method"], f'IF({n}=0,"",{units.rounded(units.of(total), n)})', panel.points, "number",
                      decimals=True)  # fmt: skip
        method, chosen = f"{column['method']}{row}", f"{column['decided']}{row}"
        if decided and decided.points is not None:
            _put(sheet[chosen], decided.points, "decided", self._format)
            clause = f"（{decided.clause}）" if decided.clause else ""
            _put(sheet[f"{column['reason']}{row}"], f"{decided.reason}{clause}", "text")
        self._formula(column["points"], f'IF({chosen}="",{method},{chosen})', result.points,
                      "decided" if decided else "number", decimals=True)  # fmt: skip
        given = f"{column['points']}{row}"
        whole = 10**units.exponent
        if units.parts == 1:
            exact = f'IF({given}="","",{units.of(given)})'
            value = None if result.points is None else result.points * whole
        else:
            exact = (f'IF({chosen}<>"",{units.of(chosen)}*{units.parts},'
                     f'IF({n}=0,"",{units.of(total)}*{units.parts}/{n}))')  # fmt: skip
            value = None if result.exact is None else _decimal(result.exact * whole * units.parts)
        self._formula(column["units"], exact, value, "small")
        _put(sheet[f"{column['applicable']}{row}"], result.ceiling, "number")

    def _aspect_units(self, number: int) -> Decimal:
        aspect, found = self.material.rubric.aspects[number], self.material.result.aspects[number]
        whole = 10**self.units.exponent * self.units.parts
        items = [self.material.result.item(item.no) for item in aspect.items]
        by_items = self.material.visit.rounding == Rounding.ITEMS
        parts = [Fraction(one.points) if by_items and one.points is not None else one.exact for one in items]
        sum_ = sum((one for one in parts if one is not None), Fraction(0))
        return _decimal(min(sum_, Fraction(found.ceiling)) * whole)

    def _totals(self, rows: Sequence[int]) -> None:
        """Write what the aspects come to: base, bonus, deductions, total, and where a part does not apply, that."""
        result, units, column = self.material.result, self.units, self.column
        kinds = {kind: [row for row, aspect in zip(rows, result.aspects, strict=True) if aspect.kind is kind]
                 for kind in AspectKind}  # fmt: skip
        shown = {AspectKind.BASE: ("基本分合计", result.base), AspectKind.BONUS: ("加分合计", result.bonus),
                 AspectKind.DEDUCTION: ("扣分合计", result.deductions)}  # fmt: skip
        own: dict[AspectKind, str] = {}
        exact = {
            kind: sum((self._aspect_units(rows.index(row)) for row in kinds[kind]), Decimal(0)) for kind in AspectKind
        }
        for kind, (title, points) in shown.items():
            if not kinds[kind] and kind is not AspectKind.BASE:
                continue
            cells = "+".join(f"{column['units']}{row}" for row in kinds[kind]) or "0"
            own[kind] = self._sum(title, cells, exact[kind], points)
        left = own[AspectKind.BASE]
        if AspectKind.DEDUCTION in own:
            left = f"MAX({left}-{own[AspectKind.DEDUCTION]},0)"
        bonus = own.get(AspectKind.BONUS, "0")
        remaining = max(exact[AspectKind.BASE] - exact[AspectKind.DEDUCTION], Decimal(0))
        self._sum("总分", f"{left}+{bonus}", remaining + exact[AspectKind.BONUS], result.total,
                  full=result.maximum, strong=True)  # fmt: skip
        if result.in_part and result.prorated is not None:
            applies = "+".join(f"{column['applicable']}{row}" for row in kinds[AspectKind.BASE])
            scale = 10 ** max(_decimals(result.maximum), _decimals(result.applicable))
            self.row += 1
            _put(self.sheet[f"B{self.row}"], f"折算总分（按适用满分折算为{result.maximum.normalize():f}分）", "total")
            self._formula(column["applicable"], applies, result.applicable, "total")
            part = f"ROUND({column['applicable']}{self.row}*{scale},0)"
            full = int(result.maximum * scale)
            prorated = units.rounded(f"(({left})*{full}+({bonus})*{part})", f"({part}*{units.parts})")
            self._formula(column["points"], prorated, result.prorated, "total", decimals=True)

    def _sum(
        self, title: str, cells: str, exact: Decimal, points: Decimal, *, full: Decimal | None = None,
        strong: bool = False,
    ) -> str:  # fmt: skip
        """Write a line of the totals; return the cell of its units."""
        self.row += 1
        style = "total" if strong else "sum"
        _put(self.sheet[f"B{self.row}"], title, style)
        if full is not None:
            _put(self.sheet[f"C{self.row}"], full, style)
        cell = f"{self.column['units']}{self.row}"
        self._formula(self.column["units"], cells, exact, style)
        shown = self._shown(cell, 10**self.units.exponent * self.units.parts)
        self._formula(self.column["points"], shown, points, style, decimals=True)
        return cell

    @property
    def _format(self) -> str:
        places = self.material.visit.places
        return "0." + "0" * places if places else "0"

    def _formula(
        self, letter: str, formula: str, value: Decimal | None, style: str, *, decimals: bool = False
    ) -> None:
        cell = self.sheet[f"{letter}{self.row}"]
        _put(cell, None, style, self._format if decimals else "")
        cell.value = f"={formula}"
        self.values[cell.coordinate] = value

    def _set_up(self, columns: int) -> None:
        """Freeze what is looked up, and print it on landscape pages as wide as the table, titles repeated."""
        sheet, last = self.sheet, _letter(columns)
        widths = dict.fromkeys(self.marks, 8.5) | dict.fromkeys(self.column.values(), 9.5)
        widths |= {"A": 6.0, "B": 34.0, "C": 7.0, self.column["units"]: 13.0, self.column["reason"]: 40.0}
        for letter, width in widths.items():
            sheet.column_dimensions[letter].width = width
        for row in sheet.iter_rows(min_row=HEAD_ROW + 1, max_row=self.row, max_col=columns):
            for cell in row:
                if not cell.has_style:
                    _put(cell, None, "text")
            _raise(sheet, row[0].row or 1, ("B", widths["B"]), (self.column["reason"], widths[self.column["reason"]]))
        _raise(sheet, HEAD_ROW, *((letter, widths[letter]) for letter in widths))
        sheet.freeze_panes = f"{self.marks[0] if self.marks else 'D'}{HEAD_ROW + 1}"
        sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
        sheet.print_area = f"A1:{last}{self.row}"
        _landscape(sheet)


def _counted(method: str, marks: str, used: Sequence[Decimal]) -> tuple[str, str, Sequence[Decimal]]:
    """Return the formulas of how many marks count and of their sum, and those marks."""
    if method == Method.DROP_HIGH_LOW:
        return f"COUNT({marks})-2", f"SUM({marks})-MAX({marks})-MIN({marks})", used
    if method == Method.MEDIAN:  # the sum of the two in the middle, of an odd count twice the one
        middle = (used[(len(used) - 1) // 2], used[len(used) // 2]) if used else ()
        return "2", f"2*MEDIAN({marks})", middle
    return f"COUNT({marks})", f"SUM({marks})", used


def _notes(book: Workbook, material: Material, units: Units) -> None:
    """Say on a sheet of its own what the numbers are and how anybody can follow them."""
    visit = material.visit
    sheet = book.create_sheet(NOTES)
    rows = (
        ("申报单位", visit.description.applicant),
        ("细则", f"{material.rubric.title}（{visit.rubric_id} {visit.rubric_version}）"),
        ("细则 SHA-256", visit.rubric_digest), ("记录链末值", material.log_head), ("现场验收编号", visit.id),
        ("汇总方法", method_sentence(visit)),
        ("计入人数、计入合计", "去掉最高最低分的，不含去掉的两个分；"
         "取中位数的，为居中两个分的个数与合计（单数时居中一个分计两次）。"),
        ("按方法得分", f"计入合计除以计入人数，四舍五入保留{visit.places}位小数。"
         "公式先化为整数再除，与按十进制计算完全一致。"),
        ("精确值（单位）", f"1分等于{10**units.exponent * units.parts}个单位；合计按单位相加，不产生二进制小数误差。"),
        ("合议定分", "有底色的为组长合议定分，代替按方法得分；理由和条款在最右一栏，专家评分照录。"),
        ("文字代替分数", "未评、不适用、回避、缺席和／（未分工）不计入，也不计为零分。"),
        ("生成时间", material.now.isoformat(sep=" ", timespec="minutes")),
    )  # fmt: skip
    for number, (label, text) in enumerate(rows, 1):
        _put(sheet.cell(number, 1), label, "head")
        _put(sheet.cell(number, 2), text, "text")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 22, 90
    _landscape(sheet)


def _landscape(sheet: Worksheet) -> None:
    """Print on A4 across, as wide as the table, with page numbers."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    if sheet.oddFooter:
        sheet.oddFooter.center.text = "第 &P 页　共 &N 页"


def _raise(sheet: Worksheet, row: int, *columns: tuple[str, float]) -> None:
    """Make a row as high as its longest wrapped text; not every program does so by itself."""

    def lines(text: object, width: float) -> int:
        parts = str(text or "").split("\n")
        rooms = (sum(1 if char < "\u2e80" else 2 for char in part) / (width - 1.5) for part in parts)
        return sum(max(1, math.ceil(room)) for room in rooms)

    most = max(lines(sheet[f"{letter}{row}"].value, width) for letter, width in columns)
    sheet.row_dimensions[row].height = min(409, 4 + 14 * most)


# ── cells ────────────────────────────────────────────────────────────────────────────────────────────────────


def _put(cell: Cell | MergedCell, value: str | Decimal | None, style: str, number_format: str = "") -> None:
    """Write a value as what it is: text never becomes a formula, a number, a date or an error."""
    cell.font, cell.fill, cell.border, cell.alignment = _look(style, word=isinstance(value, str))
    if isinstance(value, str):
        cell.value = _text(value)
        cell.data_type = "s"
        cell.quotePrefix = value.lstrip()[:1] in set("=+-@")
    elif value is not None:
        cell.value = value
    if number_format:
        cell.number_format = number_format


@cache
def _look(style: str, *, word: bool) -> tuple[Font, PatternFill, Border, Alignment]:
    """Return how a cell of a style looks; a word in the place of a mark stands in the middle."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    font = Font(
        name="宋体", size={"title": 16, "note": 9, "small": 9}.get(style, 10.5),
        bold=style in {"title", "head", "sum", "total"}, color="808080" if style == "small" else "000000",
    )  # fmt: skip
    shade = {"head": "ECECEC", "sum": "F3F3F3", "total": "E1E7EE", "decided": "FFF2CC"}.get(style)
    edge = None if style in {"title", "note"} else Side("thin", color="8A919C")
    across = {"head": "center", "centre": "center", "text": "left", "title": "left", "note": "left"}.get(style)
    across = "center" if word and style in {"number", "decided"} else across
    wrapped = style in {"head", "text", "sum", "total"}
    return (
        font, PatternFill("solid", start_color=shade) if shade else PatternFill(),
        Border(left=edge, right=edge, top=edge, bottom=edge),
        Alignment(horizontal=across, vertical="center", wrap_text=wrapped),
    )  # fmt: skip


def _text(text: str) -> str:
    clean = "\n".join(_NO_XML.sub("", line) for line in visible_paragraphs(text))
    return clean if len(clean) <= MOST_CHARACTERS else clean[: MOST_CHARACTERS - 1] + "…"


def _letter(number: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(number)


def _decimal(number: Fraction) -> Decimal:
    """Write a fraction that is a decimal as one."""
    return Decimal(number.numerator) / Decimal(number.denominator)


def _decimals(number: Decimal) -> int:
    return max(0, -int(number.normalize().as_tuple().exponent))
