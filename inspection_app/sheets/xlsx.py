"""An expert's score sheet as XLSX workbook: written to be filled in with WPS, Excel or LibreOffice, and read back.

The official wording is locked without a password; what is filled in is checked as it is typed, and points follow by
formulas from ``core.table``'s tables. Only functions that every Excel since 2007 and every WPS knows are used. Reading
goes by the hidden ids and never by place: columns may be moved, rows sorted or deleted. A cell that cannot be read
leaves its item out, with the cell's address; points are never read, the hub derives them itself. Whether an answer may
come in is decided by ``core.merge``.

A spreadsheet's numbers are binary: what is compared with an interval's end is rounded to nine decimals before.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from inspection_app.core.merge import CarriedEntry, CarriedSheet, Revision, Salvaged, Stamp
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import ITEM, NA, Figures, parse_number, score_item
from inspection_app.core.table import Range, part_choices, ranges, reading_of
from inspection_app.core.typed_line import code
from inspection_app.core.wording import aspect_heading, plain
from inspection_app.errors import N_, Fault, ScoreError
from inspection_app.files.limits import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, TITLE_ROWS
from inspection_app.files.spreadsheets import open_workbook

if TYPE_CHECKING:  # openpyxl is read only when a workbook is written or comes in
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FORMAT = "inspection-app score sheet 1"
REACHED, IN_PART, NOT_REACHED, NOT_APPLICABLE = "达到", "部分", "未达到", "不适用"
COMPARED = "比较结果"  # the number entered is what came of the comparison
UNMARKED, NO_REASON = "未评", "缺理由"
_COLUMNS = (
    ("code", "编号", 7), ("words", "评分点", 42), ("most", "分值", 6), ("answer", "判定", 10),
    ("number", "数据或得分", 11), ("other", "目标或上年", 11), ("reason", "理由、评分说明", 26), ("points", "得分", 8),
    ("key", "", 12), ("base", "", 6),
)  # fmt: skip
"""Ids, titles and widths (in characters) of the columns; the last two are hidden."""
_LETTER = {id_: "ABCDEFGHIJ"[place] for place, (id_, _title, _width) in enumerate(_COLUMNS)}
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


# --- out -------------------------------------------------------------------------------------------------------------


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
        for id_, _title, _width in _COLUMNS:
            self._put(id_, f"col:{id_}")
        for row in (1, _IDS_ROW):
            self.sheet.row_dimensions[row].hidden = True
        self._next()
        self._put("code", title).font = self._fonts[14, True]
        self._height(24)
        self._next()
        self._put("code", whose).font = self._fonts[10, False]
        self._progress = self.row
        self._next()
        for id_, column_title, _width in _COLUMNS[:8]:
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
        self._height(_lines(text, sum(width for _id, _title, width in _COLUMNS[:8])) * 13 + 5)

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
            {**own, "key": f"item|{item.no}", "base": base, "points": self._item_points(item, first, last)},
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
                    "key": f"criterion|{item.no}|{criterion.id}",
                },
                self._fields(item, criterion),
            )  # fmt: skip
        self._fill_in(
            {"words": "评分说明", "reason": revision.note, "key": f"note|{item.no}"}, Fields(open=frozenset({"reason"}))
        )

    def finish(self, imprint: str) -> None:
        """Set what holds for the whole sheet: widths, head, protection, checks, print."""
        from openpyxl.formatting.rule import FormulaRule
        from openpyxl.styles import Font
        from openpyxl.worksheet.datavalidation import DataValidation
        from openpyxl.worksheet.properties import PageSetupProperties

        sheet, last = self.sheet, self.row
        key, points = (f"${_LETTER[id_]}${_TITLES_ROW + 1}:${_LETTER[id_]}${last}" for id_ in ("key", "points"))
        progress = sheet.cell(self._progress, 7)
        done = f'SUMPRODUCT((LEFT({key},5)="item|")*({points}<>"{UNMARKED}")*({points}<>"{NO_REASON}"))'
        progress.value = f'="已评 "&{done}&" 项，共 "&SUMPRODUCT((LEFT({key},5)="item|")*1)&" 项"'
        progress.font = self._fonts[10, True]
        for id_, _title, width in _COLUMNS:
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
        for id_, _title, width in _COLUMNS[:8]:
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


# --- in --------------------------------------------------------------------------------------------------------------


def read_score_sheet(content: bytes, rubric: Rubric, rubric_digest: str) -> Salvaged:
    """Read a workbook that was filled in: every item whose cells can be read, and a fault for everything else.

    The entries' stamp is the workbook's own name with the item, and when the workbook was last saved.

    Args:
        rubric, rubric_digest: of the visit it is brought to; of a sheet of another rubric nothing but the head is read.

    Raises:
        ScoreError: it is too large, no XLSX file, or without the hidden ids that say whose sheet it is.
    """
    if len(content) > MOST_BYTES:
        raise ScoreError(N_("The file is larger than 5 MB. A score sheet is much smaller."), "too-large")
    book = open_workbook(content, ScoreError, formulas=True, row_by_row=True)
    saved = book.properties.modified or book.properties.created or datetime(1970, 1, 1, tzinfo=UTC)
    saved = saved if saved.tzinfo else saved.replace(tzinfo=UTC)
    for sheet in book.worksheets:
        cells = _cells_of(sheet)
        head, columns = _head(cells)
        if head:
            break
    else:
        raise ScoreError(
            N_("The hidden ids of the score sheet are missing: whose it is cannot be told. Download the score sheet "
               "again, and copy the answers into it."), "no-ids",
        )  # fmt: skip
    carried = CarriedSheet(head["visit"], head["rubric_digest"], head["member"], "xlsx", saved, ())
    if head["rubric_digest"] != rubric_digest:
        return Salvaged(
            carried, (Fault(N_("File"), N_("It was made for another version of the rubric."),
                            N_("Download the score sheet again, and copy the answers into it.")),),
        )  # fmt: skip
    sequence = max(0, int(saved.timestamp()))
    reader = _Reader(sheet.title, cells, rubric, columns)
    entries = tuple(
        CarriedEntry(no, answers, note, base, Stamp(f"{head['client']}/{no}", sequence))
        for no, answers, note, base in reader.entries()
    )
    return Salvaged(
        CarriedSheet(carried.visit, carried.rubric_digest, carried.member, "xlsx", saved, entries), tuple(reader.faults)
    )


def _cells_of(sheet: Worksheet) -> dict[tuple[int, int], Cell]:
    """Return the cells that hold anything, by row and column; what lies far off a score sheet is not looked at.

    Raises:
        ScoreError: the sheet's own part of the file is broken.
    """
    try:
        return {
            (int(cell.row or 0), int(cell.column or 0)): cell
            for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS)
            for cell in row
            if cell.value is not None
        }
    except Exception as error:  # openpyxl raises whatever a broken file leads it to
        raise ScoreError(
            N_("The file is no readable XLSX spreadsheet. Save it as .xlsx, without a password, in Excel or WPS."),
            "not-xlsx",
        ) from error


def _head(cells: Mapping[tuple[int, int], Cell]) -> tuple[dict[str, Any], dict[str, int]]:
    """Return what the hidden ids say: whose sheet it is, and which column is which; nothing where they are missing."""
    found: dict[str, Any] = {}
    columns: dict[str, int] = {}
    for (row, column), cell in cells.items():
        text = cell.value if row <= TITLE_ROWS and isinstance(cell.value, str) else ""
        if text.startswith("col:"):
            columns.setdefault(text.removeprefix("col:"), column)
        elif FORMAT in text and not found:
            try:
                found = json.loads(text)
            except (ValueError, RecursionError):
                continue
    texts = ("visit", "rubric_digest", "client")
    whole = (
        isinstance(found, dict)
        and found.get("format") == FORMAT
        and all(isinstance(found.get(key), str) and len(found[key]) <= 100 for key in texts)
        and type(found.get("member")) is int
        and {"key", "base", "answer", "number", "other", "reason"} <= set(columns)
    )
    return (found, columns) if whole else ({}, {})


@dataclass
class _Rows:
    """The rows of one item as they were found, by what they are."""

    own: int | None = None
    note: int | None = None
    criteria: dict[str, int] = field(default_factory=dict)


class _Unreadable(Exception):
    """A cell that leaves its item out; the fault is noted."""


class _Reader:
    """Reads the rows of one workbook by their hidden ids and gathers faults, each with its cell."""

    def __init__(
        self, title: str, cells: Mapping[tuple[int, int], Cell], rubric: Rubric, columns: Mapping[str, int]
    ) -> None:
        self.title, self.cells, self.rubric, self.columns = title, cells, rubric, columns
        self.faults: list[Fault] = []

    def entries(self) -> Iterator[tuple[str, dict[str, Any], str, int]]:
        """Yield number, answers, note and base revision of each item that can be read as a whole."""
        for no, rows in self._rows().items():
            item = self.rubric.item(no)
            missing = [code(item, one) for one in item.criteria if one.id not in rows.criteria]
            if missing or rows.own is None or rows.note is None:
                self._add(
                    N_("Item {item}"), N_("Rows of it were deleted: {missing}."),
                    N_("Enter the item on the score sheet, or restore the rows."), item=no,
                    missing=", ".join([*missing, *([no] if rows.own is None else []),
                                       *([f"{no} 评分说明"] if rows.note is None else [])]),
                )  # fmt: skip
                continue
            try:
                answers, extra = self._answers(item, rows)
                note = "\n".join(filter(None, [self._text(rows.note, "reason"), *extra]))
                base = self._value(rows.own, "base")
                if not isinstance(base, int) or isinstance(base, bool) or base < 0:
                    self._refuse(rows.own, "base", N_("The hidden revision was changed."),
                                 N_("Enter the item on the score sheet."))  # fmt: skip
            except _Unreadable:
                continue
            yield no, answers, note, int(base or 0)

    def _rows(self) -> dict[str, _Rows]:
        """Find the rows by their keys; an item with a key twice is left out."""
        known = {item.no: item for item in self.rubric.items}
        found: dict[str, _Rows] = {}
        twice: set[str] = set()
        met: set[str] = set()
        for (row, column), cell in self.cells.items():
            key = cell.value
            if column != self.columns["key"] or not isinstance(key, str):
                continue
            kind, no, *rest = [*key.split("|", 2), ""]
            if no not in known:
                continue
            rows = found.setdefault(no, _Rows())
            if key in met:
                if no not in twice:
                    self._at(row, "code", N_("This row stands here for the second time."), N_("Remove one of the two."))
                twice.add(no)
            met.add(key)
            match kind:
                case "item":
                    rows.own = row
                case "note":
                    rows.note = row
                case "criterion" if rest:
                    rows.criteria[rest[0]] = row
        return {no: rows for no, rows in found.items() if no not in twice}

    def _answers(self, item: Item, rows: _Rows) -> tuple[dict[str, Any], list[str]]:
        """Return an item's answers, and words that stand where no reason is asked for: they go to the note."""
        answers: dict[str, Any] = {}
        extra = []
        broken = False
        for criterion in item.criteria:
            row = rows.criteria[criterion.id]
            try:
                answer = self._answer(item, criterion, row)
                reason = self._text(row, "reason")
            except _Unreadable:
                broken = True  # the other cells are looked at all the same: every fault at once
                continue
            if answer is not None:
                answers[criterion.id] = answer
            if reason and not (isinstance(answer, Mapping) and answer.get("reason") == reason):
                extra.append(f"{code(item, criterion)}：{reason}")
        assert rows.own is not None
        word, number = self._word(rows.own, (NOT_APPLICABLE,)), self._number(rows.own, "number", item.no)
        reason = self._text(rows.own, "reason")
        if broken:
            raise _Unreadable
        if word:
            answers[ITEM] = NA
        elif number is not None:
            answers[ITEM] = {"override": number, "reason": reason}
        if reason and (word or number is None):
            extra.append(reason)
        return answers, extra

    def _answer(self, item: Item, criterion: AnyCriterion, row: int) -> Any:
        number = self._number(row, "number", item.no, getattr(criterion, "sign", ""))
        reason = self._text(row, "reason")
        match criterion:
            case Tick():
                word = self._word(row, (REACHED, IN_PART, NOT_REACHED, NOT_APPLICABLE))
                if word != IN_PART and number is not None:
                    self._refuse(row, "number", N_("Points stand here, but the answer is not “in part”."),
                                 N_("Empty this cell, or choose “in part”."))  # fmt: skip
                if word == IN_PART:
                    if number is None:
                        self._refuse(row, "number", N_("The points of the part are missing."), N_("Enter them."))
                    return {"points": number, "reason": reason}
                return {REACHED: True, NOT_REACHED: False, NOT_APPLICABLE: NA}.get(word)
            case Choice(tiers=tiers):
                word = self._word(row, (*map(str, range(len(tiers) + 1)), NOT_APPLICABLE))
                return NA if word == NOT_APPLICABLE else int(word) if word else None
            case Step() | Rate():
                return self._measured(item, criterion, row, number)
            case Grade():
                if self._word(row, (NOT_APPLICABLE,)):
                    return NA
                return {"points": number, "reason": reason} if reason and number is not None else number

    def _measured(self, item: Item, criterion: Step | Rate, row: int, number: str | None) -> Any:
        word = self._word(row, (*((COMPARED,) if criterion.against else ()), NOT_APPLICABLE))
        if word == NOT_APPLICABLE:
            return NA
        other = self._number(row, "other", item.no, criterion.sign) if criterion.against else None
        if number is None:
            if other is not None:
                self._refuse(row, "number", N_("The number to compare is missing."), N_("Enter both numbers."))
            return None
        if not criterion.against or word == COMPARED:
            return number
        if other is None:
            self._refuse(row, "other", N_("The number to compare with is missing."), N_("Enter both numbers."))
        return {"value": number, criterion.against: other}

    def _value(self, row: int, id_: str) -> Any:
        """Return what stands in a cell: texts without outer spaces, None where it is empty."""
        cell = self.cells.get((row, self.columns[id_]))
        if cell is None:
            return None
        if cell.data_type == "f":
            self._refuse(row, id_, N_("A formula stands here."), N_("Enter the value itself."))
        if cell.data_type == "e":
            self._refuse(row, id_, N_("An error value stands here."), N_("Enter the value itself."))
        value = cell.value
        if isinstance(value, (datetime, date, time, timedelta)):
            self._refuse(row, id_, N_("The spreadsheet has turned this into a date."),
                         N_("Format the cell as text and enter it again."))  # fmt: skip
        if isinstance(value, float):
            value = int(value) if value.is_integer() and abs(value) < 10**15 else f"{value:.15g}"
        return (value.strip() or None) if isinstance(value, str) else value

    def _text(self, row: int, id_: str) -> str:
        value = self._value(row, id_)
        if isinstance(value, bool):
            value = str(value)
        return "" if value is None else str(value)

    def _word(self, row: int, allowed: Sequence[str]) -> str:
        value = self._value(row, "answer")
        word = "" if value is None else str(value)
        if word and word not in allowed:
            self._refuse(
                row, "answer", N_("“{value}” is not one of the answers: {allowed}."), N_("Choose from the list."),
                value=word[:40], allowed="、".join(allowed),
            )  # fmt: skip
        return word

    def _number(self, row: int, id_: str, item: str, unit: str = "") -> str | None:
        """Return a number as its digits, None where the cell is empty."""
        value = self._value(row, id_)
        if value is None:
            return None
        try:
            return plain(parse_number(value, item=item, unit=unit or "分"))
        except ScoreError:
            pass
        self._refuse(row, id_, N_("“{value}” is not a number."), N_("Enter the number alone."), value=str(value)[:40])

    def _refuse(self, row: int, id_: str, fault: str, remedy: str, **context: object) -> NoReturn:
        self._at(row, id_, fault, remedy, **context)
        raise _Unreadable

    def _at(self, row: int, id_: str, fault: str, remedy: str, **context: object) -> None:
        from openpyxl.utils import get_column_letter

        column = self.columns.get(id_, self.columns["key"])
        self._add(f"{get_column_letter(column)}{row}", fault, remedy, **context)

    def _add(self, place: str, fault: str, remedy: str, **context: object) -> None:
        if "{" in place:
            self.faults.append(Fault(place, fault, remedy, context))
        else:
            self.faults.append(Fault(N_("{sheet}!{cell}"), fault, remedy,
                                     {"sheet": self.title, "cell": place, **context}))  # fmt: skip
