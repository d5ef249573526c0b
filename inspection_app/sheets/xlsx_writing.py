"""An expert's score sheet as XLSX workbook, written to be filled in with WPS, Excel or LibreOffice.

The official wording is locked without a password; what is filled in is checked as it is typed, and points follow by
formulas from ``core.table``'s tables. Only functions that every Excel since 2007 and every WPS knows are used. What is
filled in is read back by ``xlsx_reading``.

A spreadsheet's numbers are binary: what is compared with an interval's end is rounded to nine decimals before.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inspection_app.core.merge import Revision
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import ITEM, NA, Figures, score_item
from inspection_app.core.table import Range, part_choices, ranges, reading_of
from inspection_app.core.typed_line import code
from inspection_app.core.wording import aspect_heading, plain
from inspection_app.sheets.xlsx_layout import (
    COLUMN_ID,
    COLUMNS,
    COMPARED,
    CRITERION_ROW,
    FORMAT,
    IN_PART,
    ITEM_ROW,
    NOT_APPLICABLE,
    NOT_REACHED,
    NOTE_ROW,
    REACHED,
    row_key,
)

if TYPE_CHECKING:  # openpyxl is read only when a workbook is written
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

UNMARKED, NO_REASON = "未评", "缺理由"
_LETTER = {id_: "ABCDEFGHIJ"[place] for place, (id_, _title, _width) in enumerate(COLUMNS)}
_IDS_ROW, _TITLES_ROW = 2, 5
_HOW_TO_FILL = (
    "白色格填写，灰色格为原文，不能改动。判定从下拉列表中选；“部分”须填得分和理由，档次均不符合的选0。"
    "改定本项得分填在考核项一行，并写明理由。写0是零分，空着是未评。填完保存，由本人或秘书带回系统。"
)
_GREY, _LINE, _HEAD = "FFF0F2F5", "FFB8BEC8", "FFE3E7ED"


@dataclass(frozen=True)
class Fields:
    """What can be filled in on a row beside the note: which cells are open, and what may stand in them."""

    answers: tuple[str, ...] = ()
    numbers: tuple[Decimal, ...] = ()  # the only numbers, where there are few
    most: Decimal | None = None
    open: frozenset[str] = frozenset()


def score_sheet_xlsx(
    rubric: Rubric,
    *,
    visit: str,
    rubric_digest: str,
    member: int,
    name: str,
    applicant: str,
    assigned: Collection[str],
    standing: Mapping[str, tuple[int, Revision]],
    figures: Figures,
    client: str,
) -> bytes:
    """Return an expert's workbook with what they have entered so far.

    Args:
        visit, rubric_digest, member: whose sheet of which visit it is; they come back with it.
        name, applicant: what its head says.
        assigned: numbers of the items on this sheet.
        standing: by item the hub's latest revision and its number.
        figures: the agreed figures by key, as ``core.scoring`` takes them.
        client: the workbook's own name, used once only.
    """
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "评分表"
    writer = _Writer(sheet, rubric, figures)
    head = {"format": FORMAT, "visit": visit, "rubric_digest": rubric_digest, "member": member, "client": client}
    writer.head(json.dumps(head), f"{rubric.title}　专家评分表", f"{applicant}　{name}")
    for aspect in rubric.aspects:
        items = [item for item in aspect.items if item.no in assigned]
        if items:
            writer.line(aspect_heading(aspect), _HEAD, bold=True)
        for item in items:
            writer.item(item, *standing.get(item.no, (0, Revision({}, ""))))
    writer.finish(f"{rubric.id} {rubric.version}")
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


class _Writer:
    """Writes the rows of one workbook, and gathers the checks of its cells."""

    def __init__(self, sheet: Worksheet, rubric: Rubric, figures: Figures) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

        self.sheet, self.rubric, self.figures, self.row = sheet, rubric, figures, 0
        self.checks: dict[tuple[object, ...], list[str]] = {}
        side = Side(style="thin", color=_LINE)
        self._border = Border(left=side, right=side, top=side, bottom=side)
        self._fills = {colour: PatternFill("solid", fgColor=colour) for colour in (_GREY, _HEAD)}
        self._fonts = {
            (size, bold): Font(name="宋体", size=size, bold=bold) for size in (9, 10, 14) for bold in (False, True)
        }
        self._left = Alignment(wrap_text=True, vertical="center")
        self._centre = Alignment(wrap_text=True, vertical="center", horizontal="center")
        self._open = Protection(locked=False)

    def head(self, hidden: str, title: str, whose: str) -> None:
        self._next()
        self._put("key", hidden)
        self._next()
        for id_, _title, _width in COLUMNS:
            self._put(id_, f"{COLUMN_ID}{id_}")
        for row in (1, _IDS_ROW):
            self.sheet.row_dimensions[row].hidden = True
        self._next()
        self._put("code", title).font = self._fonts[14, True]
        self._height(24)
        self._next()
        self._put("code", whose).font = self._fonts[10, False]
        self._progress = self.row
        self._next()
        for id_, column_title, _width in COLUMNS[:8]:
            cell = self._put(id_, column_title)
            cell.font, cell.fill, cell.border = self._fonts[10, True], self._fills[_HEAD], self._border
            cell.alignment = self._centre
        self._height(22)
        self.line(_HOW_TO_FILL, "")

    def line(self, text: str, colour: str, *, bold: bool = False, key: str = "") -> None:
        """Write a line of words across the table."""
        self._next()
        cell = self._put("code", text)
        cell.font, cell.alignment = self._fonts[10 if bold else 9, bold], self._left
        if colour:
            cell.fill = self._fills[colour]
        if key:
            self._put("key", key)
        self.sheet.merge_cells(f"A{self.row}:H{self.row}")
        self._height(_lines(text, sum(width for _id, _title, width in COLUMNS[:8])) * 13 + 5)

    def item(self, item: Item, base: int, revision: Revision) -> None:
        """Write an item: its own row, its rule, a row for each criterion, and the note."""
        answers, first = revision.answers, self.row + 3
        last = first + len(item.criteria) - 1
        whole = answers.get(ITEM)
        own = {"code": item.no, "words": item.content, "most": item.points}
        own |= {"answer": NOT_APPLICABLE} if whole == NA else {}
        own |= {"number": whole["override"], "reason": whole["reason"]} if isinstance(whole, Mapping) else {}
        na = (NOT_APPLICABLE,) if item.na else ()
        cells = frozenset({"number", "reason"} | ({"answer"} if na else set()))
        self._fill_in(
            {**own, "key": row_key(ITEM_ROW, item.no), "base": base, "points": self._item_points(item, first, last)},
            Fields(na, most=item.ceiling, open=cells), bold=True,
        )  # fmt: skip
        ways = f"验收方式：{'、'.join(item.verification)}。" if item.verification else ""
        self.line(f"{ways}评分方法：{item.rule_text}", _GREY)
        for criterion in item.criteria:
            self._next_points = self._criterion_points(item, criterion, self.row + 1)
            self._fill_in(
                {
                    "code": code(item, criterion), "words": self._words(criterion), "most": criterion.points,
                    **_cells(criterion, answers.get(criterion.id)), "points": self._next_points,
                    "key": row_key(CRITERION_ROW, item.no, criterion.id),
                },
                self._fields(item, criterion),
            )  # fmt: skip
        self._fill_in(
            {"words": "评分说明", "reason": revision.note, "key": row_key(NOTE_ROW, item.no)},
            Fields(open=frozenset({"reason"})),
        )  # fmt: skip

    def finish(self, imprint: str) -> None:
        """Set what holds for the whole sheet: widths, head, protection, checks, print."""
        from openpyxl.formatting.rule import FormulaRule
        from openpyxl.styles import Font
        from openpyxl.worksheet.datavalidation import DataValidation
        from openpyxl.worksheet.properties import PageSetupProperties

        sheet, last = self.sheet, self.row
        key, points = (f"${_LETTER[id_]}${_TITLES_ROW + 1}:${_LETTER[id_]}${last}" for id_ in ("key", "points"))
        progress = sheet.cell(self._progress, 7)
        items = f'(LEFT({key},{len(ITEM_ROW) + 1})="{ITEM_ROW}|")'
        done = f'SUMPRODUCT({items}*({points}<>"{UNMARKED}")*({points}<>"{NO_REASON}"))'
        progress.value = f'="已评 "&{done}&" 项，共 "&SUMPRODUCT({items}*1)&" 项"'
        progress.font = self._fonts[10, True]
        for id_, _title, width in COLUMNS:
            sheet.column_dimensions[_LETTER[id_]].width = width
            sheet.column_dimensions[_LETTER[id_]].hidden = id_ in ("key", "base")
        for check, cells in self.checks.items():
            kind, first, second, text = check
            rule = DataValidation(
                type="list" if kind == "list" else "decimal", formula1=str(first),
                formula2=None if second is None else str(second),
                operator="between" if kind == "decimal" else None, allow_blank=True, showErrorMessage=True,
                errorTitle="不能这样填", error=str(text),
            )  # fmt: skip
            sheet.add_data_validation(rule)
            for one in cells:
                rule.add(one)
        amber = Font(color="FF8A5200", bold=True)
        top = f"$H{_TITLES_ROW + 1}"
        lacking = FormulaRule(  # type: ignore[no-untyped-call]
            formula=[f'OR({top}="{UNMARKED}",{top}="{NO_REASON}")'], font=amber
        )
        sheet.conditional_formatting.add(f"H{_TITLES_ROW + 1}:H{last}", lacking)
        sheet.freeze_panes = f"B{_TITLES_ROW + 1}"
        sheet.protection.sheet = True
        sheet.protection.formatColumns = sheet.protection.formatRows = False  # that is: allowed
        sheet.print_title_rows = f"{_TITLES_ROW}:{_TITLES_ROW}"
        sheet.print_area = f"A3:H{last}"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top = sheet.page_margins.bottom = 0.5
        footer = sheet.oddFooter
        assert footer is not None
        footer.left.text, footer.right.text = imprint, "第&P页，共&N页"

    def _next(self) -> None:
        self.row += 1

    def _height(self, points: float) -> None:
        self.sheet.row_dimensions[self.row].height = min(400.0, points)

    def _put(self, id_: str, value: object) -> Cell:
        cell: Cell = self.sheet[f"{_LETTER[id_]}{self.row}"]
        formula = id_ == "points" and isinstance(value, str) and value.startswith("=")
        if isinstance(value, str) and id_ in ("number", "other"):
            value = _as_number(value)
        cell.value = value  # type: ignore[assignment]
        if isinstance(value, str) and not formula:
            cell.data_type = "s"  # wording or a note that begins with "=" is no formula
        return cell

    def _fill_in(self, values: Mapping[str, object], fields: Fields, *, bold: bool = False) -> None:
        """Write a row: what may be filled in is white and open, the rest is grey and locked."""
        self._next()
        most = 1
        for id_, _title, width in COLUMNS[:8]:
            cell = self._put(id_, None if values.get(id_) == "" else values.get(id_))
            cell.border, cell.font = self._border, self._fonts[10, bold and id_ not in ("reason",)]
            cell.alignment = self._left if id_ in ("words", "reason") else self._centre
            if id_ in fields.open:
                cell.protection = self._open
            else:
                cell.fill = self._fills[_GREY]
            if id_ in ("words", "reason"):
                most = max(most, _lines(str(values.get(id_) or ""), width))
        for id_ in ("key", "base"):
            if id_ in values:
                self._put(id_, values[id_])
        self._height(max(26.0, most * 14.0 + 6))
        self._check(fields)

    def _check(self, fields: Fields) -> None:
        if fields.answers:
            words = ",".join(fields.answers)
            self._validate("answer", ("list", f'"{words}"', None, f"请从列表中选：{words.replace(',', '、')}。"))
        if fields.numbers:
            words = ",".join(plain(one) for one in fields.numbers)
            self._validate("number", ("list", f'"{words}"', None, f"只能填：{words.replace(',', '、')}。"))
        elif fields.most is not None:
            self._validate("number", ("decimal", 0, plain(fields.most), f"请填0到{plain(fields.most)}之间的数字。"))
        elif "number" in fields.open:
            self._validate("number", ("decimal", -(10**15), 10**15, "请填数字，不带单位。"))
        if "other" in fields.open:
            self._validate("other", ("decimal", -(10**15), 10**15, "请填数字，不带单位。"))

    def _validate(self, id_: str, check: tuple[object, ...]) -> None:
        self.checks.setdefault(check, []).append(f"{_LETTER[id_]}{self.row}")

    def _words(self, criterion: AnyCriterion) -> str:
        """Return a criterion's words, its levels with their points, and the figure that is agreed."""
        lines = [criterion.text]
        match criterion:
            case Choice(tiers=tiers):
                lines = [f"{n}　{tier.text}（{plain(tier.points)}分）" for n, tier in enumerate(tiers, 1)]
            case Step(bands=bands) if len(bands) > 2:
                lines.append("；".join(f"{band}：{plain(band.points)}分" for band in bands))
        if isinstance(criterion, (Step, Rate)):
            declared = self.rubric.figures[criterion.figure]
            lines.append(f"数据：{declared.title}（{declared.unit}）")
            agreed = self.figures.get(criterion.figure)
            if isinstance(agreed, Mapping) and agreed.get("value"):
                other = agreed.get(criterion.against, "") if criterion.against else ""
                against = {"target": "，目标", "last": "，上年"}.get(criterion.against, "")
                lines.append(f"已约定：{agreed['value']}{against}{other}，可不填")
        if isinstance(criterion, Grade):
            lines.append({"points": "须写明理由", "less": "不足满分须写明理由"}.get(criterion.reason, ""))
        return "\n".join(filter(None, lines))

    def _fields(self, item: Item, criterion: AnyCriterion) -> Fields:
        na = (NOT_APPLICABLE,) if criterion.na or item.na else ()
        step = self.rubric.scheme.part_step
        match criterion:
            case Tick():
                parts = part_choices(criterion, step)
                words = (REACHED, IN_PART, NOT_REACHED, *na) if parts else (REACHED, NOT_REACHED, *na)
                return Fields(words, parts, open=frozenset({"answer", "reason", *(["number"] if parts else [])}))
            case Choice(tiers=tiers):
                return Fields((*(str(n) for n in range(1, len(tiers) + 1)), "0", *na), open=frozenset({"answer"}))
            case Step() | Rate():
                words = (*((COMPARED,) if criterion.against else ()), *na)
                cells = {"number", *(["answer"] if words else []), *(["other"] if criterion.against else [])}
                return Fields(words, open=frozenset(cells))
            case Grade():
                return Fields(na, criterion.allowed, criterion.points,
                              frozenset({"number", "reason", *(["answer"] if na else [])}))  # fmt: skip

    # --- points by formulas

    def _criterion_points(self, item: Item, criterion: AnyCriterion, row: int) -> str:
        answer, number, other, reason = (f"{_LETTER[id_]}{row}" for id_ in ("answer", "number", "other", "reason"))
        match criterion:
            case Tick():
                parts = part_choices(criterion, self.rubric.scheme.part_step)
                part = f'IF({reason}="","{NO_REASON}",{number})'
                part = f'IF({_any_of(number, parts)},{part},"")' if parts else '""'
                found = (
                    f'IF({answer}="{REACHED}",{plain(criterion.points)},IF({answer}="{NOT_REACHED}",0,'
                    f'IF({answer}="{IN_PART}",{part},"")))'
                )
            case Choice(tiers=tiers):
                found = '""'
                for n, tier in reversed(list(enumerate(tiers, 1))):
                    found = f'IF({answer}&""="{n}",{plain(tier.points)},{found})'
            case Step() | Rate():
                found = self._by_range(item, criterion, answer, number, other)
            case Grade(points=points):
                within = f"AND({number}>=0,{number}<={plain(points)})"
                if criterion.allowed:
                    within = _any_of(number, criterion.allowed)
                needed = {"points": f"{number}>0", "less": f"{number}<{plain(points)}"}.get(criterion.reason)
                given = f'IF(AND({needed},{reason}=""),"{NO_REASON}",{number})' if needed else number
                found = f'IF(ISNUMBER({number}),IF({within},{given},""),"")'
        if criterion.na or item.na:
            found = f'IF({answer}="{NOT_APPLICABLE}","{NOT_APPLICABLE}",{found})'
        return f"={found}"

    def _by_range(self, item: Item, criterion: Step | Rate, answer: str, number: str, other: str) -> str:
        reading = reading_of(criterion)
        lines = score_item(item, {}, self.figures).lines
        agreed = next(line.points for line in lines if line.criterion == criterion.id)
        constant = f"+({plain(reading.constant)})" if reading.constant else ""
        sign = "-" if reading.value < 0 else ""
        if not reading.against:
            found = f'IF(ISNUMBER({number}),{_in_ranges(criterion, f"ROUND({sign}{number}{constant},9)")},"")'
        else:
            compared = f"{sign}{number}{'+' if reading.other > 0 else '-'}{other}{constant}"
            if reading.share:
                compared = f"({compared})*100/{other}"
            both = f"AND(ISNUMBER({number}),ISNUMBER({other}){f',N({other})>0' if reading.share else ''})"
            found = (
                f'IF({answer}="{COMPARED}",IF(ISNUMBER({number}),{_in_ranges(criterion, f"ROUND({number},9)")},""),'
                f'IF({both},{_in_ranges(criterion, f"ROUND({compared},9)")},""))'
            )
        return f'IF({number}="",{_worth(agreed)},{found})'

    def _item_points(self, item: Item, first: int, last: int) -> str:
        answer, number, reason = (f"{_LETTER[id_]}{first - 2}" for id_ in ("answer", "number", "reason"))
        marks = f"H{first}:H{last}"
        places = max(-int(one.normalize().as_tuple().exponent) for one in self._all_points(item))
        earned = f"ROUND(MAX(MIN(SUM({marks}),{plain(item.ceiling)}),{plain(item.floor)}),{max(places, 0)})"
        found = (
            f'IF(COUNT({marks})+COUNTIF({marks},"{NOT_APPLICABLE}")<{len(item.criteria)},"{UNMARKED}",'
            f'IF(COUNT({marks})=0,"{NOT_APPLICABLE}",{earned}))'
        )
        within = f"AND({number}>=0,{number}<={plain(item.ceiling)})"
        found = f'IF(ISNUMBER({number}),IF({within},IF({reason}="","{NO_REASON}",{number}),"{UNMARKED}"),{found})'
        if item.na:
            found = f'IF({answer}="{NOT_APPLICABLE}","{NOT_APPLICABLE}",{found})'
        return f"={found}"

    def _all_points(self, item: Item) -> Iterator[Decimal]:
        yield from (item.ceiling, item.floor)
        for criterion in item.criteria:
            yield criterion.points
            match criterion:
                case Tick():
                    yield from part_choices(criterion, self.rubric.scheme.part_step)
                case Choice(tiers=tiers):
                    yield from (tier.points for tier in tiers)
                case Step() | Rate():
                    yield from (one.points for one in ranges(criterion))
                case Grade():
                    yield Decimal("0.0001")  # judgement may have any decimals


def _in_ranges(criterion: Step | Rate, reading: str) -> str:
    """Return the formula for what a reading earns."""
    found = ranges(criterion)
    if isinstance(criterion, Rate):  # many ranges without a gap, of which LOOKUP finds the last that has begun
        lows = ",".join("-1E+99" if one.low is None else plain(one.low) for one in found)
        return f"LOOKUP({reading},{{{lows}}},{{{','.join(plain(one.points) for one in found)}}})"
    formula = '""'
    for one in reversed(found):
        formula = f"IF({_holds(one, reading)},{plain(one.points)},{formula})"
    return formula


def _holds(one: Range, reading: str) -> str:
    ends = []
    if one.low is not None:
        ends.append(f"{reading}{'>=' if one.low_in else '>'}{plain(one.low)}")
    if one.high is not None:
        ends.append(f"{reading}{'<=' if one.high_in else '<'}{plain(one.high)}")
    return f"AND({','.join(ends)})" if ends else "TRUE"


def _any_of(cell: str, numbers: Sequence[Decimal]) -> str:
    return f"OR({','.join(f'{cell}={plain(one)}' for one in numbers)})"


def _worth(points: Decimal | None) -> str:
    return '""' if points is None else plain(points)


def _lines(text: str, width: int) -> int:
    """Count the lines that words take in a cell: two characters of the width to an ideograph."""
    room = max(1, int(width * 1.05) // 2)
    return sum(max(1, -(-len(part) // room)) for part in text.split("\n"))


def _as_number(text: str) -> object:
    """Return a number as a spreadsheet's own, where it says the same; else the text."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    return number if number.is_finite() and Decimal(f"{float(number):.15g}") == number else text


def _cells(criterion: AnyCriterion, answer: Any) -> dict[str, Any]:
    """Return what an answer looks like in the cells of its row."""
    if answer is None:
        return {}
    if answer == NA:
        return {"answer": NOT_APPLICABLE}
    parts = answer if isinstance(answer, Mapping) else {}
    match criterion:
        case Tick():
            if parts:
                return {"answer": IN_PART, "number": str(parts["points"]), "reason": parts.get("reason", "")}
            return {"answer": REACHED if answer else NOT_REACHED}
        case Choice():
            return {"answer": int(answer)}
        case Step() | Rate():
            if parts:
                return {"number": str(parts["value"]), "other": str(parts.get(criterion.against) or "")}
            return {"answer": COMPARED if criterion.against else "", "number": str(answer)}
        case Grade():
            return {"number": str(parts.get("points", answer) if parts else answer), "reason": parts.get("reason", "")}
