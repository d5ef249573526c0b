"""Rosters as offices really send them: encodings, dividers, sheets, merged cells, numbers and dates out of Excel."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from inspection_app.core.cleaning import clean, guess_columns
from inspection_app.errors import InspectionError, RosterError
from inspection_app.files import MOST_BYTES, RosterTable, read_roster_tables

TEXT = "姓名,类别,电话\n王伟,人大代表,13800000001\n\n买买提·阿不都,群众代表,\n"


def book(fill: Callable[[Worksheet], object], *more: Callable[[Worksheet], object]) -> bytes:
    made = Workbook()
    fill(made.worksheets[0])
    for other in more:
        other(made.create_sheet())
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def one(content: bytes) -> RosterTable:
    (table,) = read_roster_tables(content)
    return table


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gbk", "GB18030"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")],
)
@pytest.mark.parametrize("divider", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_csv_in_every_usual_form_is_the_same_table(encoding: str, told: str, divider: str, ending: str) -> None:
    """Encoding, divider and line ends do not matter; rows keep their numbers, the empty one included."""
    table = one(TEXT.replace(",", divider).replace("\n", ending).encode(encoding))
    assert table.encoding == told
    assert [row[:2] for row in table.rows] == [
        ("姓名", "类别"), ("王伟", "人大代表"), (), ("买买提·阿不都", "群众代表"),
    ]  # fmt: skip


def test_rare_characters_of_gb_18030_are_read() -> None:
    """A name with a character of four bytes, which GBK has not, comes in whole."""
    assert one("姓名,类别\n王𠀀,群众\n".encode("gb18030")).rows[1][0] == "王𠀀"


def test_a_quoted_line_break_begins_no_row() -> None:
    """Rows are counted as a spreadsheet counts them."""
    assert one('姓名,类别\n"王\n伟",群众\n李娜,群众\n'.encode()).rows[2][0] == "李娜"


def test_cells_of_a_spreadsheet_are_told_as_they_are_shown() -> None:
    """Dates lose their midnight, whole numbers their .0; a number too long for Excel is told as Excel shows it."""
    values = [datetime(1980, 5, 7), 13800000001, 13800000001.0, 410101198001011200, 110105491231002, 3.5, " 王伟 "]
    table = one(book(lambda sheet: sheet.append(["姓名", *values])))
    assert table.rows[0] == (
        "姓名", "1980-05-07", "13800000001", "13800000001", "4.10101E+17", "110105491231002", "3.5", "王伟",
    )  # fmt: skip


def test_cells_merged_over_rows_give_every_row_their_text() -> None:
    """A category merged over three people is theirs, and is told as such; a heading across the table stands once."""

    def fill(sheet: Worksheet) -> None:
        for row in (["县群众名单"], ["类别", "姓名"], ["人大代表", "王伟"], [None, "李娜"], [None, "张敏"]):
            sheet.append(row)
        sheet.merge_cells("A1:B1")
        sheet.merge_cells("A3:A5")

    table = one(book(fill))
    assert table.rows == (("县群众名单", ""), ("类别", "姓名"), *(("人大代表", name) for name in ("王伟", "李娜", "张敏")))
    assert table.merged == {(4, 0): "人大代表", (5, 0): "人大代表"}
    found = clean(table.rows, guess_columns(table.rows), ["人大代表"], merged=table.merged)
    assert [citizen.category for citizen in found.citizens] == ["人大代表"] * 3
    assert [change.row for change in found.changes] == [4, 5]


def test_visible_sheets_with_anything_in_them_are_tables() -> None:
    """Empty and hidden sheets are none; formatting a million rows down makes none of them a row."""

    def hidden(sheet: Worksheet) -> None:
        sheet.append(["姓名", "旧"])
        sheet.sheet_state = "hidden"

    def long(sheet: Worksheet) -> None:
        sheet.append(["姓名", "类别"])
        sheet["A900000"].number_format = "@"

    tables = read_roster_tables(book(long, lambda sheet: None, hidden))
    assert [(table.sheet, len(table.rows)) for table in tables] == [("Sheet", 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Nothing stands in the file"),
        (b" , ,\n\n", "Nothing stands in the file"),
        (book(lambda sheet: None), "Nothing stands in the file"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 100, "old .xls file, or one with a password"),
        (b"PK\x03\x04 no archive", "no readable XLSX"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "neither UTF-8 nor GB 18030|no table of text"),
        (b"a\0b,c\n", "no table of text"),
        (b"x" * (MOST_BYTES + 1), "larger than 5 MB"),
        ("姓名\n".encode() * 20_001, "more than 20000 rows"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_table_is_refused_in_words(content: bytes, message: str) -> None:
    """Whatever somebody uploads by mistake gets one sentence that says what to do."""
    with pytest.raises(RosterError, match=message):
        read_roster_tables(content)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text("姓名类别,\"'\r\n;\x00 张", max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_message(content: bytes) -> None:
    """Whatever is handed in, nothing but a RosterError comes out; cleaning a table that was read raises nothing."""
    try:
        tables = read_roster_tables(content)
    except InspectionError as error:
        assert isinstance(error, RosterError)  # noqa: PT017
    else:
        for table in tables:
            clean(table.rows, guess_columns(table.rows), ["群众代表"], merged=table.merged)
