"""A rubric's score sheet as XLSX, to print or to fill in by hand in WPS or Excel; it is not read back.

The official wording is locked without a password; value, mark and note are open. No visit is known here.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.wording import aspect_heading, plain

if TYPE_CHECKING:  # openpyxl is read only when a spreadsheet is written
    from openpyxl.worksheet.worksheet import Worksheet

COLUMNS = (
    ("序号", 6),
    ("考核内容", 22),
    ("分值", 6),
    ("评分方法", 44),
    ("评分点", 44),
    ("判定或数据", 18),
    ("得分", 8),
    ("评分说明", 20),
)
"""Titles and widths (in characters): no, content, points, rule, criterion, value, mark, note."""
_OPEN = {6, 7, 8}  # columns that are filled in
_TEXT = "@"
_BODY, _SMALL = 9, 8  # points of type


def rubric_sheet_xlsx(rubric: Rubric) -> bytes:
    """Return the sheet: a row for each criterion, an item's own cells merged, A4 across, its titles on every page."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "评分表"
    shaded: list[int] = [2]
    _line(sheet, rubric.title)
    sheet.append([title for title, _width in COLUMNS])
    for aspect in rubric.aspects:
        _line(sheet, aspect_heading(aspect))
        shaded.append(sheet.max_row)
        for item in aspect.items:
            _item(sheet, item, rubric)
    line = Side(style="thin", color="FF8A8F99")
    for row in sheet.iter_rows(min_row=2):
        heights = []
        for cell, (_title, width) in zip(row, COLUMNS, strict=True):
            cell.border = Border(top=line, bottom=line, left=line, right=line)
            cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center" if width < 10 else "left")
            cell.font = Font(name="宋体", size=_SMALL if cell.column == 4 else _BODY, bold=row[0].row in shaded)
            cell.protection = Protection(locked=cell.column not in _OPEN or row[0].row in shaded)
            if row[0].row in shaded:
                cell.fill = PatternFill("solid", fgColor="FFF0F2F5")
            heights.append(_height(cell.value, width if row[0].row not in shaded[1:] else 160))
        sheet.row_dimensions[int(row[0].row or 0)].height = max(heights)
    _even_out(sheet)
    sheet["A1"].font = Font(name="黑体", size=14, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.row_dimensions[1].height = 24
    for number, (_title, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # room for longer handwriting
    sheet.freeze_panes = "A3"
    sheet.print_title_rows = "2:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    footer = sheet.oddFooter
    assert footer is not None
    footer.left.text, footer.right.text = f"{rubric.id} {rubric.version}", "第&P页，共&N页"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _line(sheet: Worksheet, text: str) -> None:
    """Write a line of text across the table."""
    sheet.append([text])
    row = sheet.max_row
    sheet.cell(row, 1).data_type = "s"
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(COLUMNS))


def _item(sheet: Worksheet, item: Item, rubric: Rubric) -> None:
    first = sheet.max_row + 1
    for criterion in item.criteria:
        sheet.append([item.no, item.content, item.points, item.rule_text, _words(criterion),
                      _room(criterion, rubric), None, None])  # fmt: skip
        for cell in sheet[sheet.max_row]:
            cell.number_format = _TEXT if cell.column not in (3, 7) else "General"
            if isinstance(cell.value, str):
                cell.data_type = "s"  # wording that begins with "=" is no formula
    for column in (1, 2, 3, 4) if sheet.max_row > first else ():
        for row in range(first + 1, sheet.max_row + 1):
            sheet.cell(row, column).value = None
        sheet.merge_cells(start_row=first, end_row=sheet.max_row, start_column=column, end_column=column)


def _words(criterion: AnyCriterion) -> str:
    """Return a criterion's words and its most; levels with their points, one a line."""
    match criterion:
        case Choice(tiers=tiers):
            return "\n".join(f"□{n} {tier.text}（{plain(tier.points)}分）" for n, tier in enumerate(tiers, 1))
        case Step(bands=bands) if len(bands) > 2:
            return "\n".join([criterion.text, *(f"{band}：{plain(band.points)}分" for band in bands)])
        case _:
            return f"{criterion.text}（{plain(criterion.points)}分）"


def _room(criterion: AnyCriterion, rubric: Rubric) -> str:
    """Return the boxes to tick, or room for a figure with its unit."""
    not_applicable = "\n□不适用" if criterion.na else ""
    match criterion:
        case Tick(parts=parts):
            return "□达到 " + ("□部分 " if parts else "") + "□未达" + not_applicable
        case Choice():
            return "选____（0：均不符合）" + not_applicable
        case Step() | Rate():
            unit = rubric.figures[criterion.figure].unit
            other = {"target": f"\n对比值____{unit}", "last": f"\n上年____{unit}"}.get(criterion.against, "")
            return f"____{unit}{other}{not_applicable}"
        case Grade(allowed=allowed) if allowed:
            return " ".join(f"□{plain(points)}" for points in allowed) + not_applicable
        case _:
            return f"0—{plain(criterion.points)}分，写明理由" + not_applicable


def _height(value: object, width: int) -> float:
    """Return the points of height that a cell's words need: two characters of the width to an ideograph."""
    room = max(1, int(width * 1.08) // 2)
    lines = sum(max(1, -(-len(part) // room)) for part in str(value or "").split("\n"))
    return min(400.0, max(20.0, (12.5 if width < 160 else 14.0) * lines + 4))


def _even_out(sheet: Worksheet) -> None:
    """Let the rows of a merged cell be high enough together, and no row higher than its own words need."""
    for merged in [one for one in sheet.merged_cells.ranges if one.max_row > one.min_row and one.min_col == 1]:
        rows = range(merged.min_row, merged.max_row + 1)
        needed = [
            max(_height(sheet.cell(row, column).value, COLUMNS[column - 1][1]) for column in (5, 6)) for row in rows
        ]
        whole = max(_height(sheet.cell(merged.min_row, column).value, COLUMNS[column - 1][1]) for column in (2, 4))
        more = max(0.0, whole - sum(needed)) / len(needed)
        for row, height in zip(rows, needed, strict=True):
            sheet.row_dimensions[row].height = height + more
