"""The visit's own row: description, stage, rubric, salt."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.visit import Description, Stage, Visit


def insert(db: Database, visit: Visit, rubric_text: str, salt: bytes) -> None:
    row = _columns(visit.description) | {
        "id": visit.id, "stage": str(visit.stage), "rubric_id": visit.rubric_id,
        "rubric_version": visit.rubric_version, "rubric_digest": visit.rubric_digest, "rubric_text": rubric_text,
        "places": visit.places, "recommendation": visit.recommendation, "salt": salt,
        "created": visit.created.isoformat(), "method": visit.method, "rounding": visit.rounding,
        "min_marks": visit.min_marks,
    }  # fmt: skip
    db.table("visit").insert(row)


def read(db: Database) -> Visit:
    """Return the visit of this file."""
    row = _row(db)
    return Visit(
        row["id"],
        Description(
            row["applicant"], row["category"], date.fromisoformat(row["starts"]), date.fromisoformat(row["ends"]),
            row["place"],
        ),
        Stage(row["stage"]), row["rubric_id"], row["rubric_version"], row["rubric_digest"], row["places"],
        row["recommendation"], datetime.fromisoformat(row["created"]),
        datetime.fromisoformat(row["finished"]) if row["finished"] else None, row["method"], row["rounding"],
        row["min_marks"],
    )  # fmt: skip


def rubric_digest(db: Database) -> str:
    found = db.execute("SELECT rubric_digest FROM visit").fetchone()
    if found is None:
        raise _no_visit()
    return str(found[0])


def rubric_text(db: Database) -> str:
    """Return the exact rubric file the visit was made with; it is long, so ask for it only when it is needed."""
    return str(db.execute("SELECT rubric_text FROM visit").fetchone()[0])


def salt(db: Database) -> bytes:
    """Return the visit's secret: what makes digests of personal data useless to whoever guesses."""
    value: bytes = _row(db)["salt"]
    return value


def describe(db: Database, description: Description) -> None:
    _update(db, _columns(description))


def set_stage(db: Database, stage: Stage) -> None:
    _update(db, {"stage": str(stage)})


def choose_method(db: Database, method: str, places: int, rounding: str, min_marks: int) -> None:
    _update(db, {"method": method, "places": places, "rounding": rounding, "min_marks": min_marks})


def finish(db: Database, at: datetime) -> None:
    _update(db, {"stage": str(Stage.SEALED), "finished": at.isoformat()})


def reopen(db: Database, stage: Stage) -> None:
    """Go back to a stage; a visit that was sealed is finished no more."""
    _update(db, {"stage": str(stage), "finished": None})


def recommend(db: Database, recommendation: str) -> None:
    _update(db, {"recommendation": recommendation})


_WITHOUT_TEXT = (
    "SELECT id, applicant, category, starts, ends, place, stage, rubric_id, rubric_version, rubric_digest, places, "
    "recommendation, salt, created, finished, method, rounding, min_marks FROM visit"
)


def _row(db: Database) -> dict[str, Any]:
    row = next(db.query(_WITHOUT_TEXT), None)
    if row is None:
        raise _no_visit()
    return dict(row)


def _no_visit() -> sqlite3.DatabaseError:
    return sqlite3.DatabaseError("it holds no visit")  # as the file says of any other that is none


def _update(db: Database, columns: dict[str, Any]) -> None:
    db.table("visit").update(_row(db)["id"], columns)


def _columns(description: Description) -> dict[str, Any]:
    return {
        "applicant": description.applicant, "category": description.category,
        "starts": description.starts.isoformat(), "ends": description.ends.isoformat(), "place": description.place,
    }  # fmt: skip
