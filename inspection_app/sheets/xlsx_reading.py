"""An XLSX score sheet that was filled in, read back: every item that can be read, and a fault for everything else.

Reading goes by the hidden ids and never by place: columns may be moved, rows sorted or deleted. A cell that cannot be
read leaves its item out, with the cell's address; points are never read, the hub derives them itself. Whether an answer
may come in is decided by ``core.merge``. What the sheet looks like is said by ``xlsx_layout``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from inspection_app.core.merge import CarriedEntry, CarriedSheet, Salvaged, Stamp
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import ITEM, NA, parse_number
from inspection_app.core.typed_line import code
from inspection_app.core.wording import plain
from inspection_app.errors import N_, Fault, ScoreError
from inspection_app.files.limits import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, TITLE_ROWS
from inspection_app.files.spreadsheets import open_workbook
from inspection_app.sheets.xlsx_layout import (
    COLUMN_ID,
    COMPARED,
    CRITERION_ROW,
    FORMAT,
    IN_PART,
    ITEM_ROW,
    NOT_APPLICABLE,
    NOT_REACHED,
    NOTE_ROW,
    REACHED,
    key_parts,
)

if TYPE_CHECKING:  # openpyxl is read only when a workbook comes in
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet


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
        if text.startswith(COLUMN_ID):
            columns.setdefault(text.removeprefix(COLUMN_ID), column)
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
            kind, no, criterion = key_parts(key)
            if no not in known:
                continue
            rows = found.setdefault(no, _Rows())
            if key in met:
                if no not in twice:
                    self._at(row, "code", N_("This row stands here for the second time."), N_("Remove one of the two."))
                twice.add(no)
            met.add(key)
            if kind == ITEM_ROW:
                rows.own = row
            elif kind == NOTE_ROW:
                rows.note = row
            elif kind == CRITERION_ROW:
                rows.criteria[criterion] = row
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
