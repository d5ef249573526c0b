"""An answer as a file: JSON and CSV for programs and spreadsheets, XLSX to read, Parquet to go on with.

Titles are translated by whoever asks; keys of JSON and Parquet stay as they are. A text that a spreadsheet would take
for a formula is written so that it is none.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from inspection_app.archive.questions import Answer
from inspection_app.errors import N_

Translate = Callable[[str], str]


def as_json(answer: Answer) -> str:
    """Return rows as JSON: points as text, exact; shares as numbers."""
    told = {"question": answer.question.name, "visits": answer.visits, "rows": answer.dicts()}
    return json.dumps(told, ensure_ascii=False, indent=2, default=lambda value: f"{value:f}")


def as_csv(answer: Answer, translate: Translate) -> bytes:
    """Return rows as CSV that spreadsheets open with their characters right (UTF-8 with a mark at the beginning)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles(answer, translate))
    for row in answer.rows:
        writer.writerow([_cell(name, value, translate) for name, value in zip(answer.columns, row, strict=True)])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(answer: Answer, translate: Translate) -> bytes:
    """Return rows as a workbook with one sheet; its title is in the first row."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([translate(answer.question.title)])
    sheet.append(titles(answer, translate))
    for cell in (*sheet[1], *sheet[2]):
        cell.font = Font(bold=True)
    for row in answer.rows:
        sheet.append([float(value) if isinstance(value, Decimal) else _cell(name, value, translate)
                      for name, value in zip(answer.columns, row, strict=True)])  # fmt: skip
    for place, column in enumerate(answer.columns, 1):
        if column in _SHARES:
            for cell in sheet[get_column_letter(place)][2:]:
                cell.number_format = "0.0%"
        longest = max((len(str(row[place - 1])) for row in answer.rows), default=0)
        sheet.column_dimensions[get_column_letter(place)].width = min(max(longest, 10), 48) + 2
    sheet.freeze_panes = "A3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_parquet(answer: Answer) -> bytes:
    """Return rows as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(answer.dicts()) if answer.rows else pa.table({name: [] for name in answer.columns})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def titles(answer: Answer, translate: Translate) -> list[str]:
    """Return the columns' titles in the reader's language."""
    return [translate(answer.question.columns[name]) for name in answer.columns]


def shown(column: str, value: Any, translate: Translate) -> str:
    """Return a cell as people read it: words for codes, shares in percent, other fractions with two decimals."""
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.1%}" if column in _SHARES else f"{value:.2f}"
    if isinstance(value, Decimal):  # two decimals, so that a column's stand below each other; more where there are more
        return f"{value.quantize(_CENTS) if value == round(value, 2) else value:f}"
    return str(_worded(column, value, translate))


_CENTS = Decimal("0.01")
_SHARES = frozenset({"share", "share_wide", "share_voided", "gap", "mean_spread", "mean_apart"})
_WORDS = {
    "stage": {"prepare": N_("Prepare"), "score": N_("Score"), "consolidate": N_("Consolidate")},
    "kind": {
        "gate": N_("Basic condition"), "veto": N_("Veto"), "sites": N_("Sites"), "citizens": N_("Citizens"),
        "base": N_("Base"), "bonus": N_("Bonus"), "deduction": N_("Deduction"),
    },
    "verdict": {"pass": N_("Passed"), "fail": N_("Not passed"), "undecided": N_("Undecided")},
    "recommendation": {
        "pass": N_("Recommended to pass"), "pass-after-mending": N_("To pass after mending"),
        "fail": N_("Not recommended to pass"),
    },
}  # fmt: skip


def _worded(column: str, value: Any, translate: Translate) -> Any:
    found = _WORDS.get(column, {}).get(value)
    return value if found is None else translate(found)


def _cell(column: str, value: Any, translate: Translate) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    value = _worded(column, value, translate)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value
