"""What the applicant handed in: every entry of every fact; self-check and desk marks as they stand.

A removed value leaves its row behind, with the time; SQLite overwrites what it frees (``store.file``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlite_utils import Database

from inspection_app.core.application import DeskMark, Fact, SelfCheck


def add_fact(db: Database, key: str, value: str, at: datetime, by: int) -> None:
    db.table("fact").insert({"key": key, "value": value, "at": at.isoformat(), "by": by})


def facts(db: Database) -> dict[str, Fact]:
    """Return the latest entry of each fact by key, those that were taken back (empty) too."""
    return {
        row["key"]: Fact(
            row["key"], row["value"], row["id"], datetime.fromisoformat(row["at"]), row["by"],
            datetime.fromisoformat(row["removed"]) if row["removed"] else None,
        )
        for row in db.query("SELECT * FROM fact ORDER BY id")
    }  # fmt: skip


def kept_facts(db: Database) -> frozenset[str]:
    """Return the keys of the facts of which any value is kept, be it an earlier one."""
    return frozenset(row["key"] for row in db.query("SELECT DISTINCT key FROM fact WHERE value != ''"))


def remove_values(db: Database, key: str, at: datetime) -> int:
    """Remove every value that one field ever had and return how many there were; not to be undone."""
    removed = db.execute(
        "UPDATE fact SET value = '', removed = ? WHERE key = ? AND removed IS NULL AND value != ''",
        [at.isoformat(), key],
    )
    return removed.rowcount


def set_self_check(db: Database, rows: Iterable[SelfCheck]) -> None:
    """Replace the self-check; an item without points is kept without, not as zero."""
    db.execute("DELETE FROM self_check")
    db.table("self_check").insert_all(
        {"item": row.item, "points": "" if row.points is None else f"{row.points:f}", "page": row.page} for row in rows
    )


def self_check(db: Database) -> dict[str, SelfCheck]:
    """Return the self-check by item number."""
    return {
        row["item"]: SelfCheck(row["item"], Decimal(row["points"]) if row["points"] else None, row["page"])
        for row in db.query("SELECT * FROM self_check")
    }


def set_desk_marks(db: Database, marks: Iterable[DeskMark]) -> None:
    """Replace the desk marks."""
    db.execute("DELETE FROM desk_mark")
    db.table("desk_mark").insert_all(
        {"item": mark.item, "name": mark.name, "points": f"{mark.points:f}", "note": mark.note} for mark in marks
    )


def desk_marks(db: Database) -> dict[str, tuple[DeskMark, ...]]:
    """Return the desk marks by item number, in the order they were brought."""
    found: dict[str, tuple[DeskMark, ...]] = {}
    for row in db.query("SELECT * FROM desk_mark ORDER BY rowid"):
        mark = DeskMark(row["item"], row["name"], Decimal(row["points"]), row["note"])
        found[mark.item] = (*found.get(mark.item, ()), mark)
    return found
