"""What the chair decides: adjudications, vetoes and gates, readings, another method; and the findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from inspection_app.core.consolidation import (
    Adjudication,
    GateDecision,
    MethodChange,
    ReadingChoice,
    Reckoning,
    VetoDecision,
)
from inspection_app.core.feedback import Finding, FindingKind
from inspection_app.core.totals import Reading
from inspection_app.errors import N_, NotFound


def adjudicate(db: Database, decision: Adjudication, by: int) -> None:
    db.table("adjudication").insert(
        {"item": decision.item, "points": "" if decision.points is None else str(decision.points),
         "reason": decision.reason, "clause": decision.clause, "at": decision.at.isoformat(), "by": by}
    )  # fmt: skip


def adjudications(db: Database) -> tuple[Adjudication, ...]:
    """Return every adjudication, oldest first; without points where the method's score was let stand."""
    return tuple(
        Adjudication(row["item"], Decimal(row["points"]) if row["points"] else None, row["reason"], row["clause"],
                     datetime.fromisoformat(row["at"]))
        for row in db.query("SELECT * FROM adjudication ORDER BY id")
    )  # fmt: skip


def open_marks(db: Database, reason: str, at: datetime, by: int) -> None:
    """Keep that the marks were opened, and why before every mark was in, where that is so."""
    db.table("opening").insert({"reason": reason, "at": at.isoformat(), "by": by})


def openings(db: Database) -> tuple[tuple[datetime, int, str], ...]:
    """Return when the marks were opened, by whom, and the reason where marks were missing; oldest first."""
    rows = db.query("SELECT * FROM opening ORDER BY id")
    return tuple((datetime.fromisoformat(row["at"]), row["by"], row["reason"]) for row in rows)


def decide_veto(db: Database, decision: VetoDecision, at: datetime, by: int) -> None:
    db.table("veto_decision").insert(
        {"veto": decision.veto, "applies": decision.applies, "proof": decision.proof, "at": at.isoformat(), "by": by}
    )


def vetoes(db: Database) -> tuple[VetoDecision, ...]:
    """Return every decision on a veto, oldest first."""
    return tuple(
        VetoDecision(row["veto"], _truth(row["applies"]), row["proof"])
        for row in db.query("SELECT * FROM veto_decision ORDER BY id")
    )


def decide_gate(db: Database, decision: GateDecision, at: datetime, by: int) -> None:
    db.table("gate_decision").insert(
        {"gate": decision.gate, "holds": decision.holds, "proof": decision.proof, "at": at.isoformat(), "by": by}
    )


def gates(db: Database) -> tuple[GateDecision, ...]:
    """Return every decision on a gate, oldest first."""
    return tuple(
        GateDecision(row["gate"], _truth(row["holds"]), row["proof"])
        for row in db.query("SELECT * FROM gate_decision ORDER BY id")
    )


def change_method(db: Database, change: MethodChange, by: int) -> None:
    db.table("method_change").insert(
        {"before": json.dumps(asdict(change.before)), "after": json.dumps(asdict(change.after)),
         "reason": change.reason, "opened": int(change.opened), "at": change.at.isoformat(), "by": by}
    )  # fmt: skip


def method_changes(db: Database) -> tuple[MethodChange, ...]:
    """Return every change of the method after scoring began, oldest first."""
    return tuple(
        MethodChange(
            Reckoning(**json.loads(row["before"])), Reckoning(**json.loads(row["after"])), row["reason"],
            datetime.fromisoformat(row["at"]), bool(row["opened"]),
        )
        for row in db.query("SELECT * FROM method_change ORDER BY id")
    )  # fmt: skip


def choose_reading(db: Database, choice: ReadingChoice, by: int) -> None:
    db.table("reading_choice").insert(
        {"gate": choice.gate, "reading": choice.reading and str(choice.reading), "reason": choice.reason,
         "at": choice.at.isoformat(), "by": by}
    )  # fmt: skip


def readings(db: Database) -> tuple[ReadingChoice, ...]:
    """Return every choice between two readings of the text, oldest first."""
    return tuple(
        ReadingChoice(
            row["gate"], Reading(row["reading"]) if row["reading"] else None, row["reason"],
            datetime.fromisoformat(row["at"]),
        )
        for row in db.query("SELECT * FROM reading_choice ORDER BY id")
    )  # fmt: skip


def state_finding(db: Database, finding: Finding, at: datetime, by: int) -> int:
    """Add a finding behind all others and return its id; its own ``id`` and ``position`` are not asked."""
    last = db.execute("SELECT coalesce(max(position), 0) FROM finding").fetchone()[0]
    id_ = db.table("finding").insert(
        _finding_columns(finding) | {"position": last, "at": at.isoformat(), "by": by}, pk="id"
    ).last_pk  # fmt: skip
    assert isinstance(id_, int)
    return id_


def reword_finding(db: Database, id_: int, finding: Finding) -> None:
    """Give a finding another kind, text or ties; its place stays."""
    _update_finding(db, id_, _finding_columns(finding))


def place_findings(db: Database, ids: Iterable[int]) -> None:
    """Put findings in this order, from the first place on."""
    for position, id_ in enumerate(ids):
        _update_finding(db, id_, {"position": position})


def withdraw_finding(db: Database, id_: int, at: datetime | None) -> None:
    """Take a finding back, or bring it back where ``at`` is None."""
    _update_finding(db, id_, {"withdrawn": at.isoformat() if at else None})


def _finding_columns(finding: Finding) -> dict[str, str | int | None]:
    return {
        "kind": str(finding.kind), "text": finding.text, "items": json.dumps(finding.items),
        "observations": json.dumps(finding.observations),
    }  # fmt: skip


def _update_finding(db: Database, id_: int, columns: Mapping[str, str | int | None]) -> None:
    try:
        db.table("finding").update(id_, dict(columns))
    except NotFoundError as error:
        raise NotFound(N_("There is no such finding. Reload the page."), "no-finding", finding=id_) from error


def findings(db: Database) -> tuple[Finding, ...]:
    """Return the findings that stand: highlights, problems, suggestions, each in their own order."""
    found = (
        Finding(
            FindingKind(row["kind"]), row["text"], tuple(json.loads(row["items"])), row["id"],
            tuple(json.loads(row["observations"])), row["position"],
        )
        for row in db.query("SELECT * FROM finding WHERE withdrawn IS NULL ORDER BY position, id")
    )  # fmt: skip
    return tuple(sorted(found, key=lambda finding: list(FindingKind).index(finding.kind)))


def observation_ids(db: Database) -> frozenset[int]:
    """Return every observation that was ever noted: what a finding can rest on."""
    return frozenset(row["id"] for row in db.query("SELECT id FROM observation"))


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)
