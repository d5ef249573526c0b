"""Disputes: which agreed figures an expert does not accept, and what the office answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.errors import N_, NotFound


@dataclass(frozen=True)
class Dispute:
    """One member's doubt about a figure; open while ``settled`` is None."""

    id: int
    key: str
    member: int
    note: str
    at: datetime
    settled: datetime | None = None
    answer: str = ""

    @property
    def open(self) -> bool:
        return self.settled is None


def add(db: Database, key: str, member: int, note: str, at: datetime) -> int:
    """Add a dispute and return its id."""
    id_ = db.table("figure_dispute").insert(
        {"key": key, "member": member, "note": note, "at": at.isoformat()}, pk="id"
    ).last_pk  # fmt: skip
    assert isinstance(id_, int)
    return id_


def settle(db: Database, id_: int, answer: str, at: datetime) -> None:
    db.table("figure_dispute").update(id_, {"settled": at.isoformat(), "answer": answer})


def dispute(db: Database, id_: int) -> Dispute:
    """Return one dispute; raise NotFound where there is none such."""
    row = next(db.query("SELECT * FROM figure_dispute WHERE id = ?", [id_]), None)
    if row is None:
        raise NotFound(N_("There is no such dispute. Reload the page."), "no-dispute", dispute=id_)
    return _dispute(row)


def disputes(db: Database) -> tuple[Dispute, ...]:
    """Return all disputes, settled ones too, oldest first."""
    return tuple(map(_dispute, db.query("SELECT * FROM figure_dispute ORDER BY id")))


def _dispute(row: dict[str, Any]) -> Dispute:
    return Dispute(
        row["id"], row["key"], row["member"], row["note"], datetime.fromisoformat(row["at"]),
        datetime.fromisoformat(row["settled"]) if row["settled"] else None, row["answer"],
    )  # fmt: skip
