"""What a carried sheet is merged with: every revision of a member's answers, and the stamps each is known by.

Revisions and stamps are written by ``store.sheets``.
"""

from __future__ import annotations

from sqlite_utils import Database

from inspection_app.core.merge import Revision, Stamp
from inspection_app.store import sheets
from inspection_app.store.sheets import Entry


def history(db: Database, member: int) -> dict[str, tuple[Entry, ...]]:
    """Return every revision of a member's answers by item number, from the first."""
    found: dict[str, list[Entry]] = {}
    for row in db.query("SELECT * FROM answer WHERE member = ? ORDER BY revision", [member]):
        found.setdefault(row["item"], []).append(sheets._entry(row))
    return {item: tuple(entries) for item, entries in found.items()}


def stamps(db: Database, member: int) -> dict[tuple[str, int], frozenset[Stamp]]:
    """Return the stamps of a member's revisions, by item number and revision."""
    found: dict[tuple[str, int], frozenset[Stamp]] = {}
    for row in db.query("SELECT * FROM receipt WHERE member = ?", [member]):
        place = row["item"], row["revision"]
        found[place] = found.get(place, frozenset()) | {Stamp(row["client"], row["sequence"])}
    return found


def stamped(entries: tuple[Entry, ...], found: dict[tuple[str, int], frozenset[Stamp]]) -> tuple[Revision, ...]:
    """Return revisions as ``core.merge`` reads them."""
    return tuple(
        Revision(one.answers, one.note, found.get((one.item, one.revision), frozenset())) for one in entries
    )
