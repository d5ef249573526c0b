"""Consolidation: opening the marks, the result, adjudications, vetoes and gates, the recommendation, the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.consolidation import (
    Adjudication,
    GateDecision,
    Result,
    VetoDecision,
    check_adjudication,
    consolidate,
)
from inspection_app.core.feedback import Recommendation
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import State
from inspection_app.core.visit import Act, Actor, Member, Stage, Visit
from inspection_app.errors import N_, Fault, NotFound, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.services.score import score_entries
from inspection_app.store import decisions, panel, sheets, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure


@dataclass(frozen=True)
class Consolidation:
    """Everything the panel sees once the marks are opened. ``notes`` are by item number and member id."""

    visit: Visit
    rubric: Rubric
    members: tuple[Member, ...]
    result: Result
    notes: Mapping[str, Mapping[int, str]]
    adjudications: tuple[Adjudication, ...]
    figures: Mapping[str, AgreedFigure]


def consolidation(file: VisitFile) -> Consolidation:
    """Return the marks of everybody and the result.

    Raises:
        StageError: the chair has not opened the marks yet; until then nobody sees another's.
    """
    with file.reading() as db:
        visit = visits.read(db)
        if visit.stage not in {Stage.CONSOLIDATE, Stage.DONE}:
            raise StageError(
                N_("The marks are not opened yet. The chair opens them when all score sheets are in."), "marks-closed"
            )
        everybody = sheets.sheets(db)
        members = tuple(member for member in panel.members(db) if member.scores)
        notes: dict[str, dict[int, str]] = {}
        for member in members:
            for no, entry in everybody.get(member.id, {}).items():
                if entry.note:
                    notes.setdefault(no, {})[member.id] = entry.note
        return Consolidation(
            visit, rubric_of(db), members, _result(db, visit), notes, decisions.adjudications(db), sheets.figures(db)
        )


def _result(db: Database, visit: Visit) -> Result:
    rubric, figures, assignment = rubric_of(db), sheets.figures(db), panel.assignment(db)
    everybody = sheets.sheets(db)
    scores = {
        member.id: score_entries(
            rubric, assignment.get(member.id, frozenset()), everybody.get(member.id, {}), figures
        )
        for member in panel.members(db)
        if member.scores
    }
    return consolidate(
        rubric, scores, adjudications=decisions.adjudications(db), vetoes=decisions.vetoes(db),
        gates=decisions.gates(db), figures={key: figure.reading() for key, figure in figures.items()},
        places=visit.places,
    )  # fmt: skip


def unmarked(file: VisitFile) -> dict[int, tuple[str, ...]]:
    """Return by member id the assigned items that have no mark yet."""
    with file.reading() as db:
        return _unmarked(db)


def _unmarked(db: Database) -> dict[int, tuple[str, ...]]:
    rubric, figures, assignment = rubric_of(db), sheets.figures(db), panel.assignment(db)
    everybody = sheets.sheets(db)
    found = {}
    for member in panel.members(db):
        if member.scores:
            assigned = assignment.get(member.id, frozenset())
            scores = score_entries(rubric, assigned, everybody.get(member.id, {}), figures)
            found[member.id] = tuple(no for no in scores if scores[no].state is State.UNMARKED)
    return found


def open_marks(file: VisitFile, actor: Actor, now: datetime, *, reason: str = "") -> None:
    """Lock scoring and open everybody's marks.

    Args:
        reason: why the panel goes on although marks are missing; what is missing stays out of the mean.

    Raises:
        StageError: the chair's own sheet is not complete; or marks are missing and there is no reason, each named.
    """
    with act(file, actor, Act.OPEN_MARKS, now) as tx:
        missing = {member: items for member, items in _unmarked(tx.db).items() if items}
        if actor.member_id in missing:
            raise StageError(
                N_("Your own score sheet comes first. Still without a mark: {items}."),
                "own-sheet-open", items=", ".join(missing[actor.member_id]),
            )  # fmt: skip
        if missing and not reason.strip():
            names = {member.id: member.name for member in panel.members(tx.db)}
            raise StageError(
                N_("Marks are missing. Wait for them, or give the reason why the panel goes on without them:"),
                "marks-missing",
                faults=[
                    Fault(N_("{name}"), N_("{count} items without a mark: {items}."), "",
                          {"name": names[member], "count": len(items), "items": ", ".join(items)})
                    for member, items in missing.items()
                ],
            )  # fmt: skip
        visits.set_stage(tx.db, Stage.CONSOLIDATE)
        tx.record(
            stage=str(Stage.CONSOLIDATE), missing={str(member): items for member, items in missing.items()},
            reason=tx.digest(reason) if missing else "",
        )  # fmt: skip


def adjudicate(
    file: VisitFile, actor: Actor, item: str, points: object, reason: str, clause: str, now: datetime
) -> None:
    """Decide one item's panel score with a reason; the experts' marks stay as they are.

    Raises:
        ScoreError: points outside 0..ceiling or too fine, or no reason.
    """
    with act(file, actor, Act.ADJUDICATE, now) as tx:
        asked = rubric_of(tx.db).item(item)
        number = check_adjudication(asked, points, reason, places=tx.visit.places)
        decisions.adjudicate(
            tx.db, Adjudication(item, number, reason.strip(), clause.strip(), now), actor.member_id
        )
        tx.record(item=item, points=str(number), reason=tx.digest(reason), clause=tx.digest(clause))


def decide_veto(
    file: VisitFile, actor: Actor, veto: str, applies: bool | None, proof: str, now: datetime
) -> None:
    """Decide whether a veto applies; that it does needs a proof (document, department). None takes it back."""
    with act(file, actor, Act.DECIDE_VETO, now) as tx:
        if veto not in {known.id for known in rubric_of(tx.db).vetoes}:
            raise NotFound(N_("The rubric has no veto “{veto}”."), "no-veto", veto=veto)
        if applies:
            _proof(proof)
        decisions.decide_veto(tx.db, VetoDecision(veto, applies, proof.strip()), now, actor.member_id)
        tx.record(veto=veto, applies=applies, proof=tx.digest(proof))


def decide_gate(
    file: VisitFile, actor: Actor, gate: str, holds: bool | None, proof: str, now: datetime
) -> None:
    """Decide whether a gate holds that no figure decides; that it does not needs a proof. None takes it back."""
    with act(file, actor, Act.DECIDE_GATE, now) as tx:
        known = next((one for one in rubric_of(tx.db).gates if one.id == gate), None)
        if known is None:
            raise NotFound(N_("The rubric has no gate “{gate}”."), "no-gate", gate=gate)
        if known.figure in sheets.figures(tx.db):
            raise ScoreError(N_("This gate is decided by its figure alone."), "figure-decides", gate=gate)
        if holds is False:
            _proof(proof)
        decisions.decide_gate(tx.db, GateDecision(gate, holds, proof.strip()), now, actor.member_id)
        tx.record(gate=gate, holds=holds, proof=tx.digest(proof))


def _proof(proof: str) -> None:
    if not proof.strip():
        raise ScoreError(N_("A proof is needed: name the document and the department."), "no-proof")


def recommend(file: VisitFile, actor: Actor, recommendation: Recommendation, now: datetime) -> None:
    """Record the panel's recommendation; it is the panel's own and derived from nothing."""
    with act(file, actor, Act.RECOMMEND, now) as tx:
        visits.recommend(tx.db, str(recommendation))
        tx.record(recommendation=str(recommendation))


def finish(file: VisitFile, actor: Actor, now: datetime) -> None:
    """End the visit: nothing can be changed afterwards.

    Raises:
        StageError: with everything that is still open.
    """
    with act(file, actor, Act.FINISH, now) as tx:
        faults = list(_unfinished(tx))
        if faults:
            raise StageError(N_("The visit cannot be finished yet:"), "unfinished", faults=faults)
        visits.finish(tx.db, now)
        tx.record(stage=str(Stage.DONE))


def _unfinished(tx: Transaction) -> Iterable[Fault]:
    result = _result(tx.db, tx.visit)
    if result.open_items:
        yield Fault(N_("Items"), N_("These have no panel score: {items}."), N_("Adjudicate them with a reason."),
                    {"items": ", ".join(result.open_items)})  # fmt: skip
    if any(decision.applies is None for decision in result.vetoes):
        yield Fault(N_("Vetoes"), N_("Not every veto is decided."), N_("Decide each under Consolidate."))
    if any(decision.holds is None for decision in result.gates):
        yield Fault(N_("Gates"), N_("Not every gate is decided."), N_("Decide each under Consolidate."))
    if not tx.visit.recommendation:
        yield Fault(N_("Recommendation"), N_("The panel's recommendation is missing."), N_("Choose it under Feedback."))
