"""What the public screen was told to show; the latest row counts, and the earlier ones stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database


@dataclass(frozen=True)
class Clock:
    """The time given to an activity, ``of`` its title."""

    of: str
    begun: datetime
    ends: datetime


@dataclass(frozen=True)
class Led:
    """What the screen shows (``services.screen.Shows``) and since when; ``names``: citizens by masked name too;
    ``whole``: the order of a draw at once instead of one ticket after the other; ``clock`` where one runs."""

    shows: str
    since: datetime
    names: bool = False
    whole: bool = False
    clock: Clock | None = None


def lead(db: Database, led: Led, at: datetime, by: int) -> None:
    one = led.clock
    db.table("screen").insert(
        {"shows": led.shows, "since": led.since.isoformat(), "names": int(led.names), "whole": int(led.whole),
         "at": at.isoformat(), "by": by, "clock_of": one.of if one else "",
         "clock_begun": one.begun.isoformat() if one else "", "clock_ends": one.ends.isoformat() if one else ""}
    )  # fmt: skip


def led(db: Database) -> Led | None:
    """Return what was last chosen, None where nobody has chosen yet."""
    for row in db.query("SELECT * FROM screen ORDER BY id DESC LIMIT 1"):
        clock = Clock(row["clock_of"], datetime.fromisoformat(row["clock_begun"]),
                      datetime.fromisoformat(row["clock_ends"])) if row["clock_of"] else None  # fmt: skip
        return Led(row["shows"], datetime.fromisoformat(row["since"]), bool(row["names"]), bool(row["whole"]), clock)
    return None
