"""Tables of people as offices send them, CSV or XLSX, as rows of text. What the columns mean and who may be on a roster
is core's business (``core.cleaning``).

Sources: GB 18030 is read where a text is not UTF-8, since it contains GBK and GB 2312; Excel keeps 15 digits of a
number, so a longer one that was stored as a number is told as Excel shows it (4.10101E+17) and not as if it were exact.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from inspection_app.errors import N_, RosterError
from inspection_app.files.limits import MOST_BYTES, MOST_COLUMNS
from inspection_app.files.spreadsheets import open_workbook

if TYPE_CHECKING:  # openpyxl is read only when a spreadsheet comes in
    from openpyxl.worksheet.worksheet import Worksheet

MOST_PEOPLE = 20_000
"""Rows of one table."""
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_EXACT = 10**15  # whole numbers that a spreadsheet keeps exactly end here


@dataclass(frozen=True)
class RosterTable:
    """One table: its rows from row 1 on, empty ones included, every cell as text.

    ``merged`` names, by row (from 1) and column (from 0), the cells that have their text only as part of a merged one;
    cells merged within one row, such as a heading across the table, have it once.
    """

    sheet: str
    encoding: str
    rows: tuple[tuple[str, ...], ...]
    merged: Mapping[tuple[int, int], str] = field(default_factory=dict)


def read_roster_tables(content: bytes) -> tuple[RosterTable, ...]:
    """Read every visible sheet of an XLSX file, or the one table of a CSV file, that has anything in it.

    CSV may be UTF-8 or UTF-16 with a byte order mark, UTF-8 without, GBK or GB 18030, and divided by commas, semicolons
    or tabs.

    Raises:
        RosterError: too large, no readable table (an old .xls, or with a password, is none), or an empty one.
    """
    if len(content) > MOST_BYTES:
        raise RosterError(N_("The file is larger than 5 MB. A roster of citizens is much smaller."), "too-large")
    if content.startswith(_OLE):
        raise RosterError(
            N_("This is an old .xls file, or one with a password. Open it in Excel or WPS and save it as .xlsx."), "xls"
        )
    tables = _sheets(content) if content.startswith(b"PK") else (_csv(content),)
    found = tuple(table for table in tables if any(any(row) for row in table.rows))
    if not found:
        raise RosterError(N_("Nothing stands in the file."), "empty")
    return found


def _csv(content: bytes) -> RosterTable:
    text, encoding = _decoded(content)
    if "\0" in text:
        raise RosterError(N_("The file is no table of text. Save the roster as .xlsx or .csv."), "not-csv")
    head = text[:20_000]
    divider = max(",;\t", key=lambda sign: (head.count(sign), sign == ","))
    try:
        rows = [row[:MOST_COLUMNS] for row in csv.reader(io.StringIO(text, newline=None), delimiter=divider)]
    except csv.Error as error:
        raise RosterError(
            N_("The file is not a readable CSV table ({reason})."), "not-csv", reason=str(error)
        ) from None
    _refuse_too_many(len(rows))
    return RosterTable("", encoding, tuple(tuple(cell.strip() for cell in row) for row in rows))


def _decoded(content: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig").upper()
        except UnicodeDecodeError:
            continue
    raise RosterError(
        N_("The file is neither UTF-8 nor GB 18030 text. Save it as .xlsx, or as “CSV UTF-8”, in Excel or WPS."),
        "encoding",
    )


def _sheets(content: bytes) -> tuple[RosterTable, ...]:
    book = open_workbook(content, RosterError)
    return tuple(_sheet(sheet) for sheet in book.worksheets if sheet.sheet_state == "visible")


def _sheet(sheet: Worksheet) -> RosterTable:
    width = min(sheet.max_column or 0, MOST_COLUMNS)
    _refuse_too_many(_last_row(sheet))
    rows = [
        [_text(cell) for cell in row]
        for row in sheet.iter_rows(max_row=_last_row(sheet), max_col=width, values_only=True)
    ]
    merged: dict[tuple[int, int], str] = {}
    for one in sheet.merged_cells.ranges:
        if one.min_row == one.max_row or one.min_row > len(rows) or one.min_col > width:
            continue
        text = rows[one.min_row - 1][one.min_col - 1]
        for row in range(one.min_row + 1, min(one.max_row, len(rows)) + 1):
            rows[row - 1][one.min_col - 1] = text
            merged[row, one.min_col - 1] = text
    return RosterTable(sheet.title, "XLSX", tuple(tuple(row) for row in rows), merged)


def _last_row(sheet: Worksheet) -> int:
    """Return the last row with anything in it: sheets are often formatted down to the million-and-first."""
    filled = [row for (row, _), cell in sheet._cells.items() if cell.value is not None]
    return max(filled, default=0)


def _text(value: object) -> str:
    """Return what a cell shows."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        if abs(value) >= _EXACT:
            return f"{value:.5E}"
        return str(int(value)) if value == int(value) else f"{value:.15g}"
    return str(value).strip()


def _refuse_too_many(rows: int) -> None:
    if rows > MOST_PEOPLE:
        raise RosterError(
            N_("The table has more than {most} rows. Delete everything below the roster."), "too-many",
            most=MOST_PEOPLE,
        )  # fmt: skip
