"""The append-only log of a visit."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.audit import GENESIS, Entry, broken, chained


def append(db: Database, at: datetime, actor: int, act: str, details: dict[str, object]) -> Entry:
    entry = chained(_last(db), at.isoformat(), actor, act, details)
    db.table("log").insert(
        {"seq": entry.seq, "at": entry.at, "actor": entry.actor, "act": entry.act,
         "details": json.dumps(entry.details, ensure_ascii=False, sort_keys=True), "previous": entry.previous,
         "hash": entry.hash}
    )  # fmt: skip
    return entry


def entries(db: Database) -> tuple[Entry, ...]:
    """Return the whole log, oldest first."""
    return tuple(map(_entry, db.query("SELECT * FROM log ORDER BY seq")))


def entries_of(db: Database, acts: Collection[str]) -> tuple[Entry, ...]:
    """Return the entries of these acts, oldest first."""
    asked = json.dumps(sorted(acts))
    rows = db.query("SELECT * FROM log WHERE act IN (SELECT value FROM json_each(?)) ORDER BY seq", [asked])
    return tuple(map(_entry, rows))


def head(db: Database) -> str:
    """Return the hash of the last entry: what is printed on slips and reports."""
    last = _last(db)
    return last.hash if last else GENESIS


def latest(db: Database, act: str) -> Entry | None:
    """Return the last entry of an act, None where it was never done."""
    return next(map(_entry, db.query("SELECT * FROM log WHERE act = ? ORDER BY seq DESC LIMIT 1", [act])), None)


def _last(db: Database) -> Entry | None:
    return next(map(_entry, db.query("SELECT * FROM log ORDER BY seq DESC LIMIT 1")), None)


def _entry(row: dict[str, Any]) -> Entry:
    try:
        details = json.loads(row["details"])
    except ValueError:
        raise broken(row["seq"]) from None
    return Entry(row["seq"], row["at"], row["actor"], row["act"], details, row["previous"], row["hash"])
