"""Write tables as CSV files that Excel and WPS open as they are, and in which nothing acts.

What stands in the tables is decided elsewhere.

Source: RFC 4180; OWASP, CSV Injection: a cell that begins with = + - @ or a tab may be run as a formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

Value = str | int | Decimal | None

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ACTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_table(titles: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Return a table as CSV in UTF-8 with its mark, lines ending as spreadsheet programs end them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(inert, titles))
    writer.writerows([inert(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def inert(value: Value) -> str:
    """Return what a cell holds as text that no spreadsheet program runs; numbers stay numbers.

    >>> [inert(value) for value in ("=HYPERLINK(1)", " @x", "-0.5", Decimal("4.50"), None)]
    ["'=HYPERLINK(1)", "' @x", '-0.5', '4.50', '']
    """
    if value is None:
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value).replace("\0", "")
    if _NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text.lstrip(" \u3000").startswith(_ACTS) or text.startswith(_ACTS) else text
