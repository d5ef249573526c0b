"""The overall judgement in the chair's words, and what the office lets the applicant's copy say."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.feedback import Disclosure


def state_judgement(db: Database, text: str, at: datetime, by: int) -> None:
    """Keep the overall judgement; an empty one gives the place back to the sentence made of the findings."""
    db.table("judgement").insert({"text": text, "at": at.isoformat(), "by": by})


def judgement(db: Database) -> str:
    """Return the latest overall judgement, empty where there is none."""
    row = db.execute("SELECT text FROM judgement ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def disclose(db: Database, disclosure: Disclosure, at: datetime, by: int) -> None:
    db.table("disclosure").insert(
        {"scores": disclosure.scores, "verdict": disclosure.verdict, "names": disclosure.names, "at": at.isoformat(),
         "by": by}
    )  # fmt: skip


def disclosure(db: Database) -> Disclosure:
    """Return what is switched on now; nothing where nobody has switched."""
    row = db.execute("SELECT scores, verdict, names FROM disclosure ORDER BY id DESC LIMIT 1").fetchone()
    return Disclosure(*map(bool, row)) if row else Disclosure()
