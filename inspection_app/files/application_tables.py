"""The tables that come with an application, as XLSX: self-check and desk marks in, and their empty forms out."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from inspection_app.core.application import DeskMark, SelfCheck, SelfCheckTable, self_check_table
from inspection_app.core.rubric import Rubric
from inspection_app.errors import N_
from inspection_app.files.spreadsheets import item_tables

SELF_CHECK_COLUMNS = {
    "item": ("序号", "考核项序号", "考核项", "项号", "编号"),
    "points": ("自查得分", "自查评分", "自查分"),
    "page": ("页码", "页码起止", "起止页码", "汇编页码", "资料汇编页码"),
}
DESK_MARK_COLUMNS = {
    "item": SELF_CHECK_COLUMNS["item"],
    "name": ("姓名", "评审人", "评审专家", "专家", "专家姓名"),
    "points": ("资料评审得分", "资料评审分", "评审得分"),
    "note": ("说明", "评审说明", "备注"),
}
"""The column titles that are understood, by field; the first of each stands in messages and in the empty forms."""


def parse_self_check(content: bytes, rubric: Rubric) -> SelfCheckTable:
    """Read self-check points and page references per item from an XLSX file.

    Every visible sheet with the three columns counts; the titles stand anywhere in its first ten rows. A row in which
    neither points nor page is entered is skipped, and so is a row of sums.

    Raises:
        ScoreError: no XLSX, too large, or with every fault of the file, each with its cell.
    """
    rows: dict[str, SelfCheck] = {}
    with item_tables(content, SELF_CHECK_COLUMNS, ("item", "points", "page")) as tables:
        for table in tables:
            for row in table.rows():
                item = table.item(row, rubric)
                points = table.points(row, item)
                page = table.text(row, "page", 60)
                if item and table.once(row, "item", item.no):
                    rows[item.no] = SelfCheck(item.no, points, page)
    return self_check_table(rubric, rows.values())


def parse_desk_marks(content: bytes, rubric: Rubric) -> tuple[DeskMark, ...]:
    """Read marks given from the documents before the visit: item, name, points and, where there is one, a note.

    Raises:
        ScoreError: as ``parse_self_check`` does.
    """
    marks = []
    with item_tables(content, DESK_MARK_COLUMNS, ("item", "name", "points")) as tables:
        for table in tables:
            for row in table.rows(but={"item", "name"}):
                item = table.item(row, rubric)
                points = table.points(row, item)
                name = table.text(row, "name", 40)
                note = table.text(row, "note", 1000)
                if not name:
                    table.fault(row, "name", N_("The name is missing."), N_("Enter who gave these points."))
                if points is None and table.value(row, "points") is None:
                    table.fault(row, "points", N_("The points are missing."), N_("Enter them, or empty the row."))
                if item and name and table.once(row, "item", item.no, name) and points is not None:
                    marks.append(DeskMark(item.no, name, points, note))
    return tuple(marks)


def self_check_template(rubric: Rubric) -> bytes:
    """Return an empty XLSX form for the self-check: numbers, contents and full points are filled in."""
    return _template("自查表", rubric, SELF_CHECK_COLUMNS, {"points": 12, "page": 20})


def desk_mark_template(rubric: Rubric) -> bytes:
    """Return an empty XLSX form for desk marks: numbers, contents and full points are filled in."""
    return _template("资料评审表", rubric, DESK_MARK_COLUMNS, {"name": 12, "points": 16, "note": 40})


def _template(title: str, rubric: Rubric, titles: Mapping[str, Sequence[str]], widths: Mapping[str, int]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    fields = ["item", "", "", *widths]
    sheet.append([titles["item"][0], "考核内容", "满分", *(titles[field][0] for field in widths)])
    line = Side(style="thin", color="FFD5D9E0")
    for number, item in enumerate(rubric.items, 2):
        sheet.append([item.no, item.content, item.ceiling, *("" for _ in widths)])
        for cell in (sheet.cell(number, 1), sheet.cell(number, 2)):
            cell.data_type = "s"  # a content that begins with "=" is no formula
        points = sheet.cell(number, fields.index("points") + 1)
        rule = DataValidation(
            type="decimal", operator="between", formula1="0", formula2=f"{item.ceiling:f}", allow_blank=True,
            showErrorMessage=True, errorTitle=titles["points"][0], error=f"0 – {item.ceiling:f}",
        )  # fmt: skip
        rule.add(points.coordinate)
        sheet.add_data_validation(rule)
    for row in sheet.iter_rows():
        for cell, field in zip(row, fields, strict=True):
            cell.border = Border(top=line, bottom=line, left=line, right=line)
            cell.alignment = Alignment(wrap_text=True, vertical="center")
            if field not in ("", "points"):
                cell.number_format = "@"  # as text: a page 3-5 must not become the third of May
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFF5F6F8")
    for number, width in enumerate((8, 50, 8, *widths.values()), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
