"""What happens on site: activities, attendance, observations and site checks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from inspection_app.core.programme import (
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Draws,
    Observation,
    ObservationKind,
    SiteCheck,
)
from inspection_app.errors import N_, NotFound


def begin(db: Database, activities: Iterable[Activity]) -> None:
    """Store a whole programme with the ids it has."""
    db.table("activity").insert_all({"id": activity.id, **_columns(activity)} for activity in activities)


def add_activity(db: Database, activity: Activity) -> int:
    """Add an activity at the end, whatever its position says, and return its id."""
    last = int(db.execute("SELECT coalesce(max(position), 0) FROM activity").fetchone()[0])
    id_ = db.table("activity").insert(_columns(activity) | {"position": last + 1}, pk="id").last_pk
    assert isinstance(id_, int)
    return id_


def change_activity(db: Database, activity: Activity) -> None:
    db.table("activity").update(activity.id, _columns(activity))


def withdraw_activity(db: Database, id_: int, at: datetime | None) -> None:
    """Take an activity out of the programme, or bring it back where ``at`` is None."""
    db.table("activity").update(id_, {"withdrawn": at.isoformat() if at else None})


def activities(db: Database, *, withdrawn: bool = False) -> tuple[Activity, ...]:
    """Return the activities that stand, in order, or those that were withdrawn."""
    return tuple(
        Activity(row["id"], row["title"], row["text"], Draws(row["draws"]),
                 date.fromisoformat(row["day"]) if row["day"] else None, row["time"], row["place"], row["position"])
        for row in db.query(
            "SELECT * FROM activity WHERE (withdrawn IS NOT NULL) = ? ORDER BY position, id", [withdrawn]
        )
    )  # fmt: skip


def _columns(activity: Activity) -> dict[str, str | int]:
    return {
        "position": activity.position, "title": activity.title, "text": activity.text, "draws": str(activity.draws),
        "day": activity.day.isoformat() if activity.day else "", "time": activity.time, "place": activity.place,
    }  # fmt: skip


def mark(db: Database, attendance: Attendance, at: datetime, by: int) -> None:
    """Say whether somebody was there; the latest word counts."""
    db.table("attendance").upsert(
        {"activity": attendance.activity, "kind": str(attendance.kind), "who": attendance.who,
         "present": int(attendance.present), "remark": attendance.remark, "stand_in": attendance.stand_in,
         "at": at.isoformat(), "by": by},
        pk=("activity", "kind", "who"),
    )  # fmt: skip


def attendance(db: Database) -> tuple[tuple[Attendance, datetime], ...]:
    """Return everybody's attendance in the order it was first taken, and when it was taken last."""
    return tuple(
        (Attendance(row["activity"], Attendee(row["kind"]), row["who"], bool(row["present"]), row["remark"],
                    row["stand_in"]),
         datetime.fromisoformat(row["at"]))
        for row in db.query("SELECT * FROM attendance ORDER BY rowid")
    )  # fmt: skip


def add_observation(db: Database, observation: Observation, at: datetime, by: int) -> int:
    id_ = db.table("observation").insert(
        _content(observation) | {"at": at.isoformat(), "by": by}, pk="id"
    ).last_pk
    assert isinstance(id_, int)
    return id_


def reword_observation(db: Database, observation: Observation, at: datetime) -> None:
    db.table("observation").update(observation.id, _content(observation) | {"at": at.isoformat()})


def withdraw_observation(db: Database, id_: int, at: datetime | None) -> None:
    """Take an observation back, or bring it back where ``at`` is None."""
    db.table("observation").update(id_, {"withdrawn": at.isoformat() if at else None})


def observation(db: Database, id_: int) -> Observation:
    """Return one observation, withdrawn or not; raise NotFound where there is none such."""
    try:
        return _observation(db.table("observation").get(id_))
    except NotFoundError as error:
        raise NotFound(N_("There is no such record. Reload the page."), "no-observation", observation=id_) from error


def observations(db: Database) -> tuple[Observation, ...]:
    """Return the observations that stand, in the order they were first made."""
    return tuple(map(_observation, db.query("SELECT * FROM observation WHERE withdrawn IS NULL ORDER BY id")))


def _content(observation: Observation) -> dict[str, str | int]:
    return {
        "activity": observation.activity, "kind": str(observation.kind), "text": observation.text,
        "person": observation.person, "item": observation.item, "site": observation.site,
    }  # fmt: skip


def _observation(row: dict[str, Any]) -> Observation:
    return Observation(
        row["activity"], ObservationKind(row["kind"]), row["text"], row["person"], row["item"], row["site"], row["id"],
        row["by"], datetime.fromisoformat(row["at"]),
    )  # fmt: skip


def add_check(db: Database, check: SiteCheck, at: datetime, by: int) -> int:
    id_ = db.table("site_check").insert(
        {"site": check.site, "agrees": str(check.agrees), "note": check.note, "people": check.people,
         "documents": check.documents, "at": at.isoformat(), "by": by}, pk="id"
    ).last_pk  # fmt: skip
    assert isinstance(id_, int)
    return id_


def checks(db: Database) -> tuple[SiteCheck, ...]:
    """Return every site check, oldest first."""
    return tuple(
        SiteCheck(row["site"], Agrees(row["agrees"]), row["note"], row["people"], row["documents"], row["id"],
                  row["by"], datetime.fromisoformat(row["at"]))
        for row in db.query("SELECT * FROM site_check ORDER BY id")
    )  # fmt: skip
