"""Reopenings: who proposed to go back a stage and why, and who confirmed or withdrew it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.visit import Stage
from inspection_app.errors import N_, NotFound


@dataclass(frozen=True)
class Reopening:
    """A proposal to go back from one stage to the one before; ``by`` and ``confirmed_by`` are member ids."""

    id: int
    from_stage: Stage
    to_stage: Stage
    reason: str
    at: datetime
    by: int
    confirmed: datetime | None = None
    confirmed_by: int | None = None
    withdrawn: datetime | None = None

    @property
    def pending(self) -> bool:
        return self.confirmed is None and self.withdrawn is None


def propose(db: Database, from_stage: Stage, to_stage: Stage, reason: str, at: datetime, by: int) -> int:
    """Add a proposal and return its id."""
    id_ = db.table("reopening").insert(
        {"from_stage": str(from_stage), "to_stage": str(to_stage), "reason": reason, "at": at.isoformat(), "by": by},
        pk="id",
    ).last_pk  # fmt: skip
    assert isinstance(id_, int)
    return id_


def confirm(db: Database, id_: int, at: datetime, by: int) -> None:
    db.table("reopening").update(id_, {"confirmed": at.isoformat(), "confirmed_by": by})


def withdraw(db: Database, id_: int, at: datetime) -> None:
    db.table("reopening").update(id_, {"withdrawn": at.isoformat()})


def reopening(db: Database, id_: int) -> Reopening:
    """Return one proposal; raise NotFound where there is none such."""
    for one in reopenings(db):
        if one.id == id_:
            return one
    raise NotFound(N_("There is no such proposal. Reload the page."), "no-reopening", reopening=id_)


def reopenings(db: Database) -> tuple[Reopening, ...]:
    """Return all proposals, confirmed, withdrawn and pending, oldest first."""
    return tuple(map(_reopening, db.query("SELECT * FROM reopening ORDER BY id")))


def _reopening(row: dict[str, Any]) -> Reopening:
    return Reopening(
        row["id"], _stage(row["from_stage"]), _stage(row["to_stage"]), row["reason"],
        datetime.fromisoformat(row["at"]), row["by"],
        datetime.fromisoformat(row["confirmed"]) if row["confirmed"] else None, row["confirmed_by"],
        datetime.fromisoformat(row["withdrawn"]) if row["withdrawn"] else None,
    )  # fmt: skip


def _stage(name: str) -> Stage:
    """Return a stage by its name; what a seal covers is still called as it was when it was sealed."""
    return Stage.SEALED if name == "done" else Stage(name)
