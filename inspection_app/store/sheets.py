"""Score sheets: every revision of every answer, which tablet sent it, the agreed figures, and phrases for notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlite_utils import Database


class Carrier(StrEnum):
    """What brought a revision in."""

    SCREEN = "screen"
    PAPER = "paper"
    FILE = "file"  # the offline sheet's answer file
    XLSX = "xlsx"


@dataclass(frozen=True)
class Entry:
    """The latest revision of one member's answers to one item.

    ``text`` is the answers as they are kept (``canonical``): read only where somebody asks for them. ``by`` is who
    entered it, None where that is the member; ``confirmed`` is false while the member has not confirmed what somebody
    else typed in.
    """

    item: str
    revision: int
    text: str
    note: str
    at: datetime
    carrier: Carrier = Carrier.SCREEN
    by: int | None = None
    confirmed: bool = True

    @cached_property
    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def empty(self) -> bool:
        """Say whether nothing is entered, or all of it was taken back."""
        return not self.answers and not self.note


@dataclass(frozen=True)
class Receipt:
    """What a change is known by on the tablet that sends it: the tablet's own name, and a number used only once."""

    client: str
    sequence: int


@dataclass(frozen=True)
class AgreedFigure:
    """A figure as entered: numbers as text in the figure's unit, empty where there is none."""

    key: str
    value: str
    target: str = ""
    last: str = ""
    source: str = ""

    def reading(self) -> dict[str, str]:
        """Return the value in the form that scoring takes."""
        return {"value": self.value} | {
            key: number for key, number in (("target", self.target), ("last", self.last)) if number
        }


def add_revision(
    db: Database,
    member: int,
    item: str,
    revision: int,
    answers: Mapping[str, Any],
    note: str,
    at: datetime,
    *,
    carrier: Carrier = Carrier.SCREEN,
    by: int | None = None,
    confirmed: bool = True,
) -> None:
    db.table("answer").insert(
        {"member": member, "item": item, "revision": revision, "answers": canonical(answers), "note": note,
         "at": at.isoformat(), "carrier": str(carrier), "by": by, "confirmed": int(confirmed)}
    )  # fmt: skip


def entry(db: Database, member: int, item: str) -> Entry | None:
    rows = db.query("SELECT * FROM answer WHERE member = ? AND item = ? ORDER BY revision DESC LIMIT 1", [member, item])
    return next(map(_entry, rows), None)


def revision(db: Database, member: int, item: str, number: int) -> Entry | None:
    """Return one revision from the history, or None where there is none such."""
    rows = db.query("SELECT * FROM answer WHERE member = ? AND item = ? AND revision = ?", [member, item, number])
    return next(map(_entry, rows), None)


def sheet(db: Database, member: int) -> dict[str, Entry]:
    """Return a member's latest entries by item number."""
    rows = db.query("SELECT * FROM answer WHERE member = ? ORDER BY revision", [member])
    latest = {row["item"]: row for row in rows}
    return {item: _entry(row) for item, row in latest.items()}


def sheets(db: Database) -> dict[int, dict[str, Entry]]:
    """Return everybody's latest entries, by member id and item number."""
    latest = {(row["member"], row["item"]): row for row in db.query("SELECT * FROM answer ORDER BY revision")}
    found: dict[int, dict[str, Entry]] = {}
    for (member, item), row in latest.items():
        found.setdefault(member, {})[item] = _entry(row)
    return found


def answers(db: Database) -> dict[int, dict[str, str]]:
    """Return everybody's latest answers as they are kept (``Entry.text``), by member id and item number."""
    found: dict[int, dict[str, str]] = {}
    for member, item, text in db.execute("SELECT member, item, answers FROM answer ORDER BY revision"):
        found.setdefault(member, {})[item] = text
    return found


def answers_of(entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return a sheet's answers as they are kept, by item number."""
    return {item: entry.text for item, entry in entries.items()}


def revisions(db: Database, member: int) -> dict[str, int]:
    """Return the latest revision of each item that a member has entered anything for."""
    rows = db.query("SELECT item, MAX(revision) AS latest FROM answer WHERE member = ? GROUP BY item", [member])
    return {row["item"]: row["latest"] for row in rows}


def add_receipt(db: Database, member: int, receipt: Receipt, entry: Entry) -> None:
    """Keep which revision a tablet's change became."""
    db.table("receipt").insert(
        {"member": member, "client": receipt.client, "sequence": receipt.sequence, "item": entry.item,
         "revision": entry.revision}
    )  # fmt: skip


def received(db: Database, member: int, receipt: Receipt) -> Entry | None:
    """Return the revision that a tablet's change became; None where it never arrived."""
    rows = db.query(
        "SELECT answer.* FROM receipt JOIN answer USING (member, item, revision) "
        "WHERE member = ? AND client = ? AND sequence = ?",
        [member, receipt.client, receipt.sequence],
    )
    return next(map(_entry, rows), None)


def canonical(answers: Mapping[str, Any]) -> str:
    """Return the text that answers are kept as; a Decimal is kept as its digits."""
    return _WRITER.encode(answers)


def _digits(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"not an answer: {value!r}")


_WRITER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_digits
)


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        row["item"], row["revision"], row["answers"], row["note"], datetime.fromisoformat(row["at"]),
        Carrier(row["carrier"]), row["by"], bool(row["confirmed"]),
    )  # fmt: skip


def add_figure(db: Database, figure: AgreedFigure, at: datetime, by: int) -> None:
    db.table("figure").insert(
        {"key": figure.key, "value": figure.value, "target": figure.target, "last": figure.last,
         "source": figure.source, "at": at.isoformat(), "by": by}
    )  # fmt: skip


def figures(db: Database) -> dict[str, AgreedFigure]:
    """Return the latest entry of each figure that has a value, by key."""
    latest = {
        row["key"]: AgreedFigure(row["key"], row["value"], row["target"], row["last"], row["source"])
        for row in db.query("SELECT * FROM figure ORDER BY id")
    }
    return {key: figure for key, figure in latest.items() if figure.value}


def set_phrases(db: Database, member: int | None, phrases: Iterable[str]) -> None:
    """Replace a member's own phrases, or with None those of everybody."""
    db.execute("DELETE FROM phrase WHERE member IS ?", [member])
    db.table("phrase").insert_all({"member": member, "text": phrase} for phrase in phrases)


def phrases(db: Database, member: int | None) -> tuple[str, ...]:
    """Return a member's own phrases, or with None those of everybody, in their order."""
    return tuple(row["text"] for row in db.query("SELECT text FROM phrase WHERE member IS ? ORDER BY id", [member]))
