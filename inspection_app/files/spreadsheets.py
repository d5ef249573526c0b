"""XLSX files in, looked at before they are opened; tables of the rubric's items read cell by cell, every fault of a
file at once, each with its cell.

Which columns a table has, and what comes of its rows, is said by whoever reads it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from inspection_app.core.application import half_width
from inspection_app.core.rubric import Item, Rubric
from inspection_app.core.scoring import parse_number
from inspection_app.errors import N_, Fault, InspectionError, ScoreError
from inspection_app.files.limits import MOST_BYTES, MOST_COLUMNS, MOST_MEMBERS, MOST_ROWS, MOST_UNPACKED, TITLE_ROWS

if TYPE_CHECKING:  # openpyxl is read only when a spreadsheet comes in
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SUM_WORDS = {"合计", "小计", "总计"}


class ItemTable:
    """The rows of one worksheet below its titles, read cell by cell; faults are gathered for the whole file."""

    def __init__(
        self, sheet: Worksheet, formulas: Worksheet, titles: int, columns: Mapping[str, int], faults: list[Fault],
        met: dict[tuple[str, ...], str],
    ) -> None:  # fmt: skip
        self.sheet, self.columns, self.faults, self.met = sheet, columns, faults, met
        self._formulas = formulas
        used = set(columns.values())
        touching = [r for r in sheet.merged_cells.ranges if any(r.min_col <= c <= r.max_col for c in used)]
        self._first = max([titles, *(r.max_row for r in touching if r.min_row <= titles <= r.max_row)]) + 1
        self._merged: set[tuple[int, int]] = set()
        for one in sorted((r for r in touching if r.min_row >= self._first), key=lambda r: (r.min_row, r.min_col)):
            if one.min_row < one.max_row or self._entered(one.min_row, {"item"}):  # a heading across the table is none
                self._merged |= {(row, column) for row, column in one.cells if column in used}
                self._add(one.coord, N_("These cells are merged."), N_("Unmerge them and fill in each cell."))

    def rows(self, but: Iterable[str] = ("item",)) -> Iterator[int]:
        """Yield the numbers of the rows in which more than the fields ``but`` is entered; rows of sums are none."""
        last = self.sheet.max_row
        if last > self._first + MOST_ROWS:
            self._add(f"A{last}", N_("The sheet has more than {most} rows."),
                      N_("Delete everything below the table."), most=MOST_ROWS)  # fmt: skip
            return
        for row in range(self._first, last + 1):
            if self._entered(row, set(but)) and not self._sums(row):
                yield row

    def value(self, row: int, field: str) -> Any:
        """Return what a cell shows: texts without outer spaces, None where it is empty or cannot be read."""
        column = self.columns.get(field)
        if column is None or (row, column) in self._merged:
            return None
        value = self.sheet.cell(row, column).value
        if isinstance(value, float):
            value = f"{value:.15g}"  # as the spreadsheet shows it, without the dust of binary fractions
        return (value.strip() or None) if isinstance(value, str) else value

    def item(self, row: int, rubric: Rubric) -> Item | None:
        """Return the item a row is about; where there is none, that is a fault."""
        value = self.value(row, "item")
        if value is None:
            if not self._without_value(row, "item") and (row, self.columns["item"]) not in self._merged:
                self.fault(row, "item", N_("The item number is missing."), N_("Enter it, or empty the row."))
            return None
        no = half_width(str(value)).strip().rstrip("、.")
        found = next((item for item in rubric.items if item.no == no), None)
        if found is None:
            self.fault(
                row, "item", N_("The rubric has no item “{item}”."), N_("Its items run from {first} to {last}."),
                item=_short(value), first=rubric.items[0].no, last=rubric.items[-1].no,
            )  # fmt: skip
        return found

    def points(self, row: int, item: Item | None) -> Decimal | None:
        """Return the points of a row; None where there are none, or where they are a fault."""
        value = self.value(row, "points")
        if value is None:
            self._without_value(row, "points")
            return None
        try:
            if isinstance(value, (datetime, date, time, timedelta)):
                raise ScoreError(N_("a date"), "a-date")
            number = parse_number(value, item="", unit="分")
        except ScoreError:
            self.fault(row, "points", N_("“{value}” is not a number of points."), N_("Enter the points as a number."),
                       value=_short(value))  # fmt: skip
            return None
        if item and not 0 <= number <= item.ceiling:
            self.fault(
                row, "points", N_("{points} points are not between 0 and {ceiling}, item {item}'s full points."),
                N_("Correct the points."), points=number, ceiling=item.ceiling, item=item.no,
            )  # fmt: skip
            return None
        return number

    def text(self, row: int, field: str, most: int) -> str:
        """Return a cell's text of at most ``most`` characters, empty where there is none."""
        value = self.value(row, field)
        if value is None:
            self._without_value(row, field)
            return ""
        if isinstance(value, (datetime, date, time, timedelta)):
            self.fault(row, field, N_("The spreadsheet has turned this into a date."),
                       N_("Format the cell as text and enter it again."))  # fmt: skip
        elif self.sheet.cell(row, self.columns[field]).data_type == "e":
            self.fault(row, field, N_("The formula has failed: {value}."), N_("Enter the text itself."), value=value)
        elif len(str(value)) > most:
            self.fault(row, field, N_("The text is longer than {most} characters."), N_("Shorten it."), most=most)
        else:
            return str(value)
        return ""

    def once(self, row: int, field: str, *key: str) -> bool:
        """Say whether this is the first row of the file about this item (and person); a second one is a fault."""
        here = self.sheet.cell(row, self.columns[field]).coordinate
        if key not in self.met:
            self.met[key] = f"{self.sheet.title}!{here}"
            return True
        self.fault(row, field, N_("“{key}” stands here for the second time; it stands in {first} already."),
                   N_("Remove one of the two."), key=" ".join(key), first=self.met[key])  # fmt: skip
        return False

    def fault(self, row: int, field: str, fault: str, remedy: str, **context: object) -> None:
        self._add(self.sheet.cell(row, self.columns[field]).coordinate, fault, remedy, **context)

    def _add(self, cell: str, fault: str, remedy: str, **context: object) -> None:
        self.faults.append(
            Fault(N_("{sheet}!{cell}"), fault, remedy, {"sheet": self.sheet.title, "cell": cell, **context})
        )

    def _without_value(self, row: int, field: str) -> bool:
        """Say whether a cell holds a formula whose result was never stored; that is a fault."""
        column = self.columns.get(field)
        if column is None or self._formulas.cell(row, column).data_type != "f":
            return False
        if self.sheet.cell(row, column).value is None:
            self.fault(row, field, N_("The formula has no stored result."),
                       N_("Open the file in Excel or WPS and save it there, or enter the value itself."))  # fmt: skip
        return True

    def _entered(self, row: int, but: set[str]) -> bool:
        return any(
            self._formulas.cell(row, column).value not in (None, "")
            for field, column in self.columns.items()
            if field not in but
        )

    def _sums(self, row: int) -> bool:
        return any(plain_title(cell.value) in SUM_WORDS for cell in self.sheet[row][:MOST_COLUMNS])


@contextmanager
def item_tables(
    content: bytes, titles: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Iterator[tuple[ItemTable, ...]]:
    """Open the tables of an XLSX file whose titles are found; raise all faults together when they have been read."""
    values, formulas = open_workbooks(content)
    visible = [sheet for sheet in values.worksheets if sheet.sheet_state == "visible"]
    faults: list[Fault] = []
    met: dict[tuple[str, ...], str] = {}
    tables, best = [], (-1, "", list(needed))
    for sheet in visible:
        row, columns = max(_title_rows(sheet, titles), key=lambda found: len(set(found[1]) & set(needed)))
        missing = [field for field in needed if field not in columns]
        if not missing:
            tables.append(ItemTable(sheet, formulas[sheet.title], row, columns, faults, met))
        elif len(columns) > best[0]:
            best = (len(columns), sheet.title, missing)
    if not tables:
        raise ScoreError(
            N_("The columns {columns} are not in the first {rows} rows of any sheet (nearest: {sheet}). Enter these "
               "titles, or use the empty form."),
            "no-columns", columns="、".join(titles[field][0] for field in best[2]), rows=TITLE_ROWS, sheet=best[1],
        )  # fmt: skip
    yield tuple(tables)
    if faults:
        raise ScoreError(
            N_("The spreadsheet cannot be taken; faults found: {count}. Nothing was changed."),
            "xlsx-faults", faults=faults, count=len(faults),
        )  # fmt: skip
    if not met:
        raise ScoreError(N_("Nothing is entered in the table. Fill it in first."), "xlsx-empty")


def _title_rows(sheet: Worksheet, titles: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, dict[str, int]]]:
    """Yield each of the first rows with the columns whose titles it holds; of two equal titles the first counts."""
    meant = {alias: field for field, aliases in titles.items() for alias in aliases}
    for row in sheet.iter_rows(max_row=TITLE_ROWS, max_col=MOST_COLUMNS):
        columns: dict[str, int] = {}
        for cell in row:
            if (field := meant.get(plain_title(cell.value))) and cell.column:
                columns.setdefault(field, cell.column)
        yield int(row[0].row or 0), columns


def plain_title(value: object) -> str:
    """Fold a title: no spaces or line breaks, nothing in brackets behind it."""
    return re.sub(r"\(.*\)$", "", "".join(half_width(str(value or "")).split()))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"


def open_workbooks(content: bytes) -> tuple[Workbook, Workbook]:
    """Open an XLSX file twice, by its stored values and by its formulas; raises as ``open_workbook`` does."""
    if len(content) > MOST_BYTES:
        raise ScoreError(N_("The file is larger than 5 MB. A table of the items is much smaller."), "too-large")
    return open_workbook(content, ScoreError), open_workbook(content, ScoreError, formulas=True)


def open_workbook(
    content: bytes, refused: type[InspectionError], *, formulas: bool = False, row_by_row: bool = False
) -> Workbook:
    """Open an XLSX file after a look at what it unpacks to. Links to other files are not followed.

    Args:
        content: no more than ``MOST_BYTES``.
        refused: the error that tells what is wrong.
        formulas: cells hold their formulas instead of the values stored for them.
        row_by_row: only values are wanted, and each sheet once from its first row.

    Raises:
        InspectionError: ``refused``, when it is no readable spreadsheet or unpacks to far more than a table.
    """
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
                raise refused(
                    N_("The file unpacks to far more than a table. Copy the table into a new file."), "too-large"
                )
            for member in members:
                with archive.open(member) as stream:  # in pieces: a member that is larger than it says ends in an error
                    text = b"".join(iter(lambda: stream.read(65536), b""))
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise zipfile.BadZipFile("no spreadsheet program declares entities")
        return load_workbook(io.BytesIO(content), row_by_row, data_only=not formulas, keep_links=False)
    except refused:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file leads it to
        raise refused(
            N_("The file is no readable XLSX spreadsheet. Save it as .xlsx, without a password, in Excel or WPS."),
            "not-xlsx",
        ) from error
