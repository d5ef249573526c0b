"""Spreadsheets in: self-check and desk marks as offices really send them, and every fault by its cell, all at once."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from inspection_app import load_rubric
from inspection_app.core.application import DeskMark, SelfCheck
from inspection_app.core.rubric import Rubric
from inspection_app.errors import ScoreError
from inspection_app.files import (
    MOST_BYTES,
    desk_mark_template,
    parse_desk_marks,
    parse_self_check,
    self_check_template,
)

TITLES = ("序号", "自查得分", "页码")
Row = Sequence[Any]


@pytest.fixture(scope="module")
def henan() -> Rubric:
    return load_rubric("henan-county")


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def sheet_of(*rows: Row, titles: Row = TITLES, change: Callable[[Worksheet], None] | None = None) -> bytes:
    """An XLSX file of one sheet, 工作表1, with these titles and rows, changed at the end where something is to be."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "工作表1"
    for row in (titles, *rows):
        sheet.append(list(row))
    if change:
        change(sheet)
    return saved(book)


def faults(read: Callable[[bytes, Rubric], object], content: bytes, rubric: Rubric) -> dict[str, str]:
    """The faults of a file: what is wrong, by cell."""
    with pytest.raises(ScoreError) as caught:
        read(content, rubric)
    assert caught.value.code == "xlsx-faults"
    assert caught.value.text()
    found: dict[str, str] = {}
    for fault in caught.value.faults:
        place = fault.place.format(**fault.context)
        assert place not in found, f"{place} is named twice"
        found[place] = fault.fault.format(**fault.context)
    return found


def refused(content: bytes, rubric: Rubric) -> str:
    with pytest.raises(ScoreError) as caught:
        parse_self_check(content, rubric)
    assert caught.value.text()
    return caught.value.code


# --- what is understood --------------------------------------------------------------------------------------------


def test_numbers_are_understood_where_their_meaning_is_certain(henan: Rubric) -> None:
    """Numbers, numbers as text, full-width digits and the unit; an item as number, text or 1.0; pages as they stand."""
    content = sheet_of(
        (1, 4, 12), ("2", "2.5", "13-15"), ("３", "２．５分", " p. 16 "), (4.0, 1.9000000000000001, None), ("5、", 0, "第二册20")
    )
    assert parse_self_check(content, henan).rows == (
        SelfCheck("1", Decimal(4), "12"), SelfCheck("2", Decimal("2.5"), "13-15"),
        SelfCheck("3", Decimal("2.5"), "p. 16"), SelfCheck("4", Decimal("1.9"), ""),
        SelfCheck("5", Decimal(0), "第二册20"),
    )  # fmt: skip


def test_points_are_exact_decimals(henan: Rubric) -> None:
    """The dust of binary fractions in a computed cell is not taken for precision."""
    content = sheet_of((1, 0.1 + 0.2, ""), (2, "0.30", ""))
    assert [row.points for row in parse_self_check(content, henan).rows] == [Decimal("0.3"), Decimal("0.30")]


def test_titles_anywhere_in_the_first_ten_rows(henan: Rubric) -> None:
    """A merged heading above, titles over two rows, line breaks and units in titles, columns in between: all usual."""

    def laid_out(sheet: Worksheet) -> None:
        sheet.insert_rows(1, 3)
        sheet["A1"] = "清溪县自查评分表"
        sheet.merge_cells("A1:F1")
        sheet["A4"], sheet["B4"], sheet["C4"] = "考核项\n序号", "指标内容", "自查得分（分）"
        sheet["D4"], sheet["E4"], sheet["F4"] = "责任部门", "页 码", "备注"
        sheet["C5"] = "县自评"
        for column in "ABCDEF":
            sheet.merge_cells(f"{column}4:{column}5") if column != "C" else None
        for row, (no, points, page) in enumerate(((1, 4, "7"), (2, 3, "9")), 6):
            sheet.cell(row, 1, no), sheet.cell(row, 2, "内容"), sheet.cell(row, 3, points)
            sheet.cell(row, 4, "质监局"), sheet.cell(row, 5, page), sheet.cell(row, 6, "=1/0")
        sheet["C5"] = None
        sheet.merge_cells("C4:C5")

    table = parse_self_check(sheet_of(titles=(), change=laid_out), henan)
    assert table.rows == (SelfCheck("1", Decimal(4), "7"), SelfCheck("2", Decimal(3), "9"))


def test_headings_sums_and_empty_rows_are_no_items(henan: Rubric) -> None:
    """A chapter's heading merged across the table, rows of sums, rows still empty and a closing line are passed over."""
    content = sheet_of(
        ("一、质量发展战略规划明确清晰",), (1, 4, "7"), (2,), (), ("小计", "=SUM(B3:B4)"), (3, 3, ""), ("填表人：某某",),
        change=lambda sheet: sheet.merge_cells("A2:C2"),
    )  # fmt: skip
    assert [row.item for row in parse_self_check(content, henan).rows] == ["1", "3"]


def test_sheets_without_the_titles_and_hidden_ones_do_not_count(henan: Rubric) -> None:
    """A cover sheet is passed over; tables on several sheets add up; what nobody sees is not taken."""
    book = Workbook()
    book.worksheets[0]["A1"] = "封面"
    for name, rows in (("一", [(1, 4, "7")]), ("二", [(5, 2, "9")]), ("旧", [(1, 1, "1")])):
        sheet = book.create_sheet(name)
        for row in (TITLES, *rows):
            sheet.append(row)
    book["旧"].sheet_state = "hidden"
    assert [row.item for row in parse_self_check(saved(book), henan).rows] == ["1", "5"]


def test_pages_without_points_are_kept_without_points(henan: Rubric) -> None:
    """A page reference alone is worth bringing; the points stay missing and are no zero."""
    table = parse_self_check(sheet_of((1, 4, ""), (2, None, "9")), henan)
    assert table.rows[1] == SelfCheck("2", None, "9")
    assert "2" in table.missing
    assert "1" not in table.missing


def with_results(content: bytes, results: dict[str, str]) -> bytes:
    """Store results in cells with formulas, as Excel does and openpyxl does not."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for member in old.infolist():
            text = old.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                for formula, value in results.items():
                    before = f"<f>{formula}</f><v></v>".encode("ascii", "xmlcharrefreplace")
                    if before not in text:  # openpyxl writes it otherwise where there is no lxml
                        before = f"<f>{formula}</f><v />".encode()
                    assert before in text
                    text = text.replace(before, f"<f>{formula}</f><v>{value}</v>".encode())
            new.writestr(member, text)
    return written.getvalue()


def test_a_formula_counts_by_its_stored_result(henan: Rubric) -> None:
    """What Excel has computed is taken; also from a file that is linked and not there."""
    content = sheet_of((1, "=1+2.5", ""), (2, "=[1]别处!A1", ""))
    table = parse_self_check(with_results(content, {"1+2.5": "3.5", "[1]别处!A1": "2"}), henan)
    assert [row.points for row in table.rows] == [Decimal("3.5"), Decimal(2)]


# --- what is wrong -------------------------------------------------------------------------------------------------


def test_every_fault_is_named_by_its_cell_at_once(henan: Rubric) -> None:
    """Unknown items, items twice, text for numbers, points out of range, missing numbers, dates, merged cells."""
    content = sheet_of(
        (1, "优秀", "7"),  # 2
        (38, 2, ""),  # 3
        (2, 3.5, ""),  # 4: 3 at most
        (3, -1, ""),  # 5
        (4, 2, ""),  # 6
        ("4", 2, ""),  # 7: again
        (None, 2, ""),  # 8
        (5, 2, datetime(2026, 3, 5)),  # 9: 3-5
        (6, "=B6+1", ""),  # 10: never computed
        (7, 1, "页" * 61),  # 11
        (8, True, ""),  # 12
        (9, 1, "30"),  # 13, merged with 14
        (10, None, ""),  # 14
        (11, datetime(2026, 3, 5), ""),  # 15
        (12, "五²", ""),  # 16
        (13, 1, "=ZZ1&\"\""),  # 17
        change=lambda sheet: sheet.merge_cells("C13:C14"),
    )  # fmt: skip
    found = faults(parse_self_check, content, henan)
    assert list(found) == [
        "工作表1!C13:C14", "工作表1!B2", "工作表1!A3", "工作表1!B4", "工作表1!B5", "工作表1!A7", "工作表1!A8",
        "工作表1!C9", "工作表1!B10", "工作表1!C11", "工作表1!B12", "工作表1!B15", "工作表1!B16", "工作表1!C17",
    ]  # fmt: skip
    assert "优秀" in found["工作表1!B2"]
    assert "38" in found["工作表1!A3"]
    assert "3.5" in found["工作表1!B4"]
    assert "工作表1!A6" in found["工作表1!A7"]
    assert "merged" in found["工作表1!C13:C14"]
    assert "date" in found["工作表1!C9"]
    assert "no stored result" in found["工作表1!B10"]


def test_one_number_for_two_rows_is_not_guessed(henan: Rubric) -> None:
    """A number merged over two rows leaves open which item the second row is; the other faults there still show."""
    content = sheet_of(
        (1, 9, ""), (None, 3, ""), (None, "x", ""), change=lambda sheet: sheet.merge_cells("A2:A4")
    )
    assert set(faults(parse_self_check, content, henan)) == {"工作表1!A2:A4", "工作表1!B4"}


def test_items_on_two_sheets_are_named_with_both(henan: Rubric) -> None:
    """The second one is told where the first stands."""
    book = load_workbook(io.BytesIO(sheet_of((1, 4, ""))))
    again = book.create_sheet("补充")
    for row in (TITLES, (1, 4, "")):
        again.append(row)
    found = faults(parse_self_check, saved(book), henan)
    assert list(found) == ["补充!A2"]
    assert "工作表1!A2" in found["补充!A2"]


@pytest.mark.parametrize(
    ("titles", "missing"), [(("序号", "自查得分"), "页码"), (("序号", "得分", "页码"), "自查得分"), (("甲",), "序号、自查得分、页码")]
)
def test_missing_columns_are_named(henan: Rubric, titles: Row, missing: str) -> None:
    """A table without one of its columns is not read as if it had it."""
    with pytest.raises(ScoreError) as caught:
        parse_self_check(sheet_of((1, 2, 3), titles=titles), henan)
    assert (caught.value.code, caught.value.context["columns"]) == ("no-columns", missing)


def test_titles_below_the_tenth_row_are_not_found(henan: Rubric) -> None:
    """Ten rows of heading are more than any table has."""
    for above, found in ((9, True), (10, False)):
        content = sheet_of((1, 2, ""), change=lambda sheet, n=above: sheet.insert_rows(1, n))
        assert (refused(content, henan) == "no-columns") if not found else parse_self_check(content, henan).rows


def test_an_empty_form_is_not_taken_for_a_self_check(henan: Rubric) -> None:
    """Bringing an empty table would wipe the earlier one out."""
    assert refused(self_check_template(henan), henan) == "xlsx-empty"


def test_a_cell_far_below_the_table_is_refused(henan: Rubric) -> None:
    """A stray entry in the last row of the sheet must not make the reading crawl over a million rows."""
    content = sheet_of((1, 2, ""), change=lambda sheet: sheet.cell(1_048_576, 1, "x") and None)
    assert list(faults(parse_self_check, content, henan)) == ["工作表1!A1048576"]


# --- files that are none -------------------------------------------------------------------------------------------


def packed(*members: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return content.getvalue()


def with_document_type(henan: Rubric) -> bytes:
    """A spreadsheet whose sheet names a document type of its own."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(self_check_template(henan))) as old, zipfile.ZipFile(written, "w") as new:
        for member in old.infolist():
            text = old.read(member)
            if member.filename == "xl/worksheets/sheet1.xml":
                assert b"<worksheet" in text
                text = text.replace(b"<worksheet", b'<!DOCTYPE worksheet SYSTEM "x.dtd"><worksheet', 1)
            new.writestr(member, text)
    return written.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "序号,自查得分".encode(), packed(), packed(("a.txt", b"a")), b"PK\x03\x04"],
    ids=["empty", "xls or password", "csv", "empty zip", "other zip", "cut off"],
)
def test_what_is_no_xlsx_is_refused(henan: Rubric, content: bytes) -> None:
    """Nothing but a readable spreadsheet gets further."""
    assert refused(content, henan) == "not-xlsx"


def test_document_types_are_refused(henan: Rubric) -> None:
    """XML that could declare entities of its own is no spreadsheet that an office program has written."""
    assert refused(with_document_type(henan), henan) == "not-xlsx"


def test_bombs_are_refused_before_they_unpack(henan: Rubric) -> None:
    """Too many bytes, too many once unpacked, too many members, and a member that says it is smaller than it is."""
    bomb = packed(("xl/workbook.xml", b"0" * 30_000_000))
    assert len(bomb) < 100_000
    assert refused(b"0" * (MOST_BYTES + 1), henan) == "too-large"
    assert refused(bomb, henan) == "too-large"
    assert refused(packed(*((f"m{number}", b"") for number in range(600))), henan) == "too-large"
    lying = bomb.replace(struct.pack("<I", 30_000_000), struct.pack("<I", 100))
    assert refused(lying, henan) == "not-xlsx"


# --- desk marks ----------------------------------------------------------------------------------------------------

DESK = ("序号", "姓名", "资料评审得分", "说明")


def test_desk_marks_are_read_with_name_and_note(henan: Rubric) -> None:
    """Several people may have marked one item; 评审人 is understood for 姓名, and the note may be missing altogether."""
    content = sheet_of((1, "甲", 3, "规划未附批文"), (1, "乙", "4", None), (2, "甲", 2.5, ""), (3, "甲", "", ""), titles=DESK)
    assert parse_desk_marks(content, henan) == (
        DeskMark("1", "甲", Decimal(3), "规划未附批文"), DeskMark("1", "乙", Decimal(4)), DeskMark("2", "甲", Decimal("2.5")),
    )  # fmt: skip
    bare = sheet_of((1, "甲", 3), titles=("考核项序号", "评审人", "资料评审得分"))
    assert parse_desk_marks(bare, henan) == (DeskMark("1", "甲", Decimal(3)),)


def test_faults_of_desk_marks_by_cell(henan: Rubric) -> None:
    """A mark without a name, a note without points, somebody twice on one item, points above the ceiling."""
    content = sheet_of(
        (1, "", 3, ""), (2, "甲", "", "只看了目录"), (3, "甲", 2, ""), (3, "甲", 3, ""), (4, "乙", 99, ""), titles=DESK
    )
    assert list(faults(parse_desk_marks, content, henan)) == ["工作表1!B2", "工作表1!C3", "工作表1!A5", "工作表1!C6"]


# --- empty forms ---------------------------------------------------------------------------------------------------


def test_the_empty_form_can_be_filled_in_and_read(henan: Rubric) -> None:
    """Numbers, contents and full points are there; what is entered comes back; every points cell knows its range."""
    book = load_workbook(io.BytesIO(self_check_template(henan)))
    sheet = book.worksheets[0]
    assert [sheet.cell(row, 1).value for row in range(2, 39)] == [item.no for item in henan.items]
    assert sheet["B2"].value == "制定并出台质量发展战略规划"
    assert sheet["C2"].value == 4
    ranges = {str(rule.sqref): rule.formula2 for rule in sheet.data_validations.dataValidation}
    assert (ranges["D2"], ranges["D38"], len(ranges)) == ("4", "2", 37)
    assert sheet["E2"].number_format == "@"  # or a page 3-5 becomes a date
    for row in range(2, 39):
        sheet.cell(row, 4, sheet.cell(row, 3).value)
        sheet.cell(row, 5, f"{row}-{row + 1}")
    table = parse_self_check(saved(book), henan)
    assert (table.base, table.bonus, table.missing) == (100, 6, ())
    assert table.rows[0] == SelfCheck("1", Decimal(4), "2-3")


def test_the_empty_form_for_desk_marks_can_be_read(henan: Rubric) -> None:
    """The same with a name; rows that stay empty are passed over."""
    book = load_workbook(io.BytesIO(desk_mark_template(henan)))
    sheet = book.worksheets[0]
    sheet["D3"], sheet["E3"], sheet["F3"] = "甲", 2, "齐全"
    assert parse_desk_marks(saved(book), henan) == (DeskMark("2", "甲", Decimal(2), "齐全"),)
