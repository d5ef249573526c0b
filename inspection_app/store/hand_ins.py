"""Handing in: which score sheets are in, who is excused, and which items the chair asked an expert to look at again.

Every table only grows: of a member's hand-ins and excuses the latest row counts, and an asking ends with a row of its
own. What an expert answers stands in ``store.sheets``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from inspection_app.errors import N_, NotFound


@dataclass(frozen=True)
class HandIn:
    """A score sheet that is in: when, by whom, and what it held.

    ``revisions`` by item number pin the content, ``digest`` is the salted digest of it.
    """

    member: int
    at: datetime
    by: int
    revisions: Mapping[str, int]
    digest: str


@dataclass(frozen=True)
class Excuse:
    """The chair's decision on an expert who is missing; ``counts`` says whether what they marked so far does."""

    member: int
    reason: str
    counts: bool
    at: datetime
    by: int


class Ending(StrEnum):
    """How an asking ended."""

    KEPT = "kept"  # the expert looked again and left the mark
    CHANGED = "changed"  # there are new revisions
    WITHDRAWN = "withdrawn"
    ADJUDICATED = "adjudicated"


@dataclass(frozen=True)
class Asking:
    """The chair's wish that an expert look at one item again; pending while ``ended`` is None.

    ``before`` and ``after`` are the expert's revisions of the item when it was asked and when it ended, 0 for none.
    """

    id: int
    member: int
    item: str
    reason: str
    before: int
    at: datetime
    by: int
    ended: datetime | None = None
    how: Ending | None = None
    after: int = 0

    @property
    def pending(self) -> bool:
        return self.ended is None


def hand_in(db: Database, given: HandIn) -> None:
    _add_hand_in(db, given, True)


def take_back(db: Database, member: int, at: datetime, by: int) -> None:
    _add_hand_in(db, HandIn(member, at, by, {}, ""), False)


def _add_hand_in(db: Database, given: HandIn, stands: bool) -> None:
    db.table("hand_in").insert(
        {"member": given.member, "stands": int(stands), "revisions": json.dumps(given.revisions),
         "digest": given.digest, "at": given.at.isoformat(), "by": given.by}
    )  # fmt: skip


def handed_in(db: Database) -> dict[int, HandIn]:
    """Return the hand-ins that stand, by member id."""
    latest = {row["member"]: row for row in db.query("SELECT * FROM hand_in ORDER BY id")}
    return {
        member: HandIn(
            member, datetime.fromisoformat(row["at"]), row["by"], json.loads(row["revisions"]), row["digest"]
        )
        for member, row in latest.items()
        if row["stands"]
    }  # fmt: skip


def excuse(db: Database, decided: Excuse) -> None:
    _add_excuse(db, decided, True)


def end_excuse(db: Database, member: int, at: datetime, by: int) -> None:
    _add_excuse(db, Excuse(member, "", False, at, by), False)


def _add_excuse(db: Database, decided: Excuse, stands: bool) -> None:
    db.table("excuse").insert(
        {"member": decided.member, "stands": int(stands), "reason": decided.reason, "counts": int(decided.counts),
         "at": decided.at.isoformat(), "by": decided.by}
    )  # fmt: skip


def excuses(db: Database) -> dict[int, Excuse]:
    """Return the excuses that stand, by member id."""
    latest = {row["member"]: row for row in db.query("SELECT * FROM excuse ORDER BY id")}
    return {
        member: Excuse(
            member, row["reason"], bool(row["counts"]), datetime.fromisoformat(row["at"]), row["by"]
        )
        for member, row in latest.items()
        if row["stands"]
    }  # fmt: skip


def ask(db: Database, member: int, item: str, reason: str, before: int, at: datetime, by: int) -> int:
    """Add an asking and return its id."""
    id_ = db.table("asking").insert(
        {"member": member, "item": item, "reason": reason, "before": before, "at": at.isoformat(), "by": by}, pk="id"
    ).last_pk  # fmt: skip
    assert isinstance(id_, int)
    return id_


def end_asking(db: Database, asked: Asking, how: Ending, after: int, at: datetime, by: int) -> None:
    db.table("asking_end").insert({"asking": asked.id, "how": str(how), "after": after, "at": at.isoformat(), "by": by})


def askings(db: Database) -> tuple[Asking, ...]:
    """Return every asking, ended ones too, oldest first."""
    rows = db.query(
        "SELECT asking.*, asking_end.at AS ended, how, after FROM asking "
        "LEFT JOIN asking_end ON asking_end.asking = asking.id ORDER BY asking.id"
    )
    return tuple(map(_asking, rows))


def asking(db: Database, id_: int) -> Asking:
    """Return one asking; raise NotFound where there is none such."""
    for one in askings(db):
        if one.id == id_:
            return one
    raise NotFound(N_("Nobody was asked this. Reload the page."), "no-asking", asking=id_)


def pending(db: Database, *, member: int | None = None, item: str = "") -> tuple[Asking, ...]:
    """Return the pending askings; only those of a member or about an item where these are given."""
    return tuple(
        one for one in askings(db)
        if one.pending and member in {None, one.member} and item in {"", one.item}
    )  # fmt: skip


def _asking(row: dict[str, Any]) -> Asking:
    ended = datetime.fromisoformat(row["ended"]) if row["ended"] else None
    return Asking(
        row["id"], row["member"], row["item"], row["reason"], row["before"], datetime.fromisoformat(row["at"]),
        row["by"], ended, Ending(row["how"]) if row["how"] else None, row["after"] or 0,
    )  # fmt: skip
