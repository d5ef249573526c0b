"""What was changed of the roster's file when it was taken in. The citizens themselves are ``store.lists``' business."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from inspection_app.core.cleaning import Cleaned

LEFT_OUT, KEPT = "left out", "kept"
"""As a field: the row is not on the roster; the row was kept beside another that may be the same person."""


@dataclass(frozen=True)
class KeptChange:
    """One thing that was done when the roster was taken in; ``why`` are catalogue keys, or the reason somebody gave."""

    row: int
    field: str
    before: str
    after: str
    why: tuple[str, ...]


def set_changes(db: Database, cleaned: Cleaned) -> None:
    """Replace what is known of the last roster's taking in."""
    db.execute("DELETE FROM roster_change")
    rows = [KeptChange(one.row, one.field, one.before, one.after, one.why) for one in cleaned.changes]
    rows += [
        KeptChange(row, KEPT, "", str(one.keep[0]), (one.reason.strip(),))
        for one in cleaned.decisions
        for row in one.keep[1:]
    ]
    rows += [KeptChange(one.row, LEFT_OUT, one.text, "", (one.why,)) for one in cleaned.left_out]
    db.table("roster_change").insert_all(
        {"row": one.row, "field": one.field, "before": one.before, "after": one.after,
         "why": json.dumps([str(why) for why in one.why], ensure_ascii=False)}
        for one in rows
    )  # fmt: skip


def changes(db: Database) -> tuple[KeptChange, ...]:
    """Return everything that was done when the roster was taken in, by row."""
    return tuple(
        KeptChange(row["row"], row["field"], row["before"], row["after"], tuple(json.loads(row["why"])))
        for row in db.query("SELECT * FROM roster_change ORDER BY row, id")
    )
