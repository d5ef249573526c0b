"""Consolidation: method, opening the marks, result, adjudications, vetoes and gates, recommendation, the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.application import SelfCheck, ThresholdWarning, threshold_warnings
from inspection_app.core.consolidation import (
    Adjudication,
    GateDecision,
    Result,
    VetoDecision,
    check_adjudication,
    check_method,
    consolidate,
    marks_needed,
)
from inspection_app.core.duties import too_few
from inspection_app.core.feedback import Recommendation
from inspection_app.core.rubric import Rate, Rubric, Step, Tick
from inspection_app.core.scoring import Score, State
from inspection_app.core.visit import Act, Actor, Member, Stage, Visit
from inspection_app.errors import N_, Fault, NotFound, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.services.score import all_scores
from inspection_app.services.type_in import unconfirmed_items
from inspection_app.store import application, decisions, disputes, duties, panel, sheets, visits
from inspection_app.store.disputes import Dispute
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
    disputes: tuple[Dispute, ...] = ()
    self_check: Mapping[str, SelfCheck] = field(default_factory=dict)

    @property
    def set_aside(self) -> Mapping[str, tuple[int, ...]]:
        """By item number the members whose mark, given before they were recused, does not count."""
        found = {
            result.item.no: tuple(
                member
                for member, score in result.scores.items()
                if score.state is State.RECUSED and score.computed is not None
            )
            for result in self.result.items
        }
        return {no: members for no, members in found.items() if members}

    @property
    def unfinished(self) -> StageError | None:
        """What ``finish`` would refuse, with everything still open; None where nothing is."""
        return _unfinished(self.result, self.visit)

    @property
    def threshold_warnings(self) -> tuple[ThresholdWarning, ...]:
        """The figures that meet one of two thresholds of the official text and not the other."""
        return threshold_warnings(self.rubric, {key: figure.reading() for key, figure in self.figures.items()})

    def disputed(self, item: str) -> tuple[Dispute, ...]:
        """Return the open disputes about figures that an item reads: the panel went on without settling them."""
        read: set[str | None] = set()
        for criterion in self.rubric.item(item).criteria:
            read |= {criterion.figure} if isinstance(criterion, (Step, Rate)) else set()
            read |= {check.figure for check in criterion.checks} if isinstance(criterion, Tick) else set()
        return tuple(one for one in self.disputes if one.open and one.key in read)


def choose_method(
    file: VisitFile,
    actor: Actor,
    method: str,
    places: int,
    rounding: str,
    min_marks: int,
    now: datetime,
) -> None:
    """Fix how marks become panel scores, before scoring begins (see ``core.consolidation.consolidate``).

    Raises:
        ScoreError: there is no such method or rounding, or a number is out of range.
    """
    with act(file, actor, Act.CHOOSE_METHOD, now) as tx:
        check_method(method, places=places, rounding=rounding, min_marks=min_marks)
        visits.choose_method(tx.db, str(method), places, str(rounding), min_marks)
        tx.record(method=str(method), places=places, rounding=str(rounding), min_marks=min_marks)


def short_items(file: VisitFile) -> tuple[str, ...]:
    """Return the items that fewer people are to score than the method needs marks; they would stay open."""
    with file.reading() as db:
        visit, found = visits.read(db), duties.duties(db)
        needed = marks_needed(visit.method, visit.min_marks)
        return too_few(rubric_of(db), found.assignment, found.recusals, needed, found.groups)


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
        everybody, found = sheets.sheets(db), duties.duties(db)
        members = tuple(member for member in panel.members(db) if member.scores)
        notes: dict[str, dict[int, str]] = {}
        for member in members:
            for no, entry in everybody.get(member.id, {}).items():
                if entry.note and not found.recused(member.id, no):
                    notes.setdefault(no, {})[member.id] = entry.note
        result = _result(db, visit, all_scores(db, everybody, found))
        return Consolidation(
            visit, rubric_of(db), members, result, notes, decisions.adjudications(db), sheets.figures(db),
            disputes.disputes(db), application.self_check(db),
        )  # fmt: skip


def _result(db: Database, visit: Visit, scores: Mapping[int, Mapping[str, Score]]) -> Result:
    figures = sheets.figures(db)
    return consolidate(
        rubric_of(db), scores, adjudications=decisions.adjudications(db), vetoes=decisions.vetoes(db),
        gates=decisions.gates(db), figures={key: figure.reading() for key, figure in figures.items()},
        places=visit.places, method=visit.method, rounding=visit.rounding, min_marks=visit.min_marks,
    )  # fmt: skip


def unmarked(file: VisitFile) -> dict[int, tuple[str, ...]]:
    """Return by member id the assigned items that have no mark yet."""
    with file.reading() as db:
        return _unmarked(db)


def _unmarked(db: Database) -> dict[int, tuple[str, ...]]:
    return {
        member: tuple(no for no, score in scores.items() if score.state is State.UNMARKED)
        for member, scores in all_scores(db).items()
    }


def open_marks(file: VisitFile, actor: Actor, now: datetime, *, reason: str = "") -> None:
    """Lock scoring and open everybody's marks.

    Args:
        reason: why the panel goes on although marks are missing, which stay out of the mean, or figures are disputed,
            which count as they stand.

    Raises:
        StageError: the chair's own sheet is not complete; or marks are missing or figures disputed and there is no
            reason, each named.
    """
    with act(file, actor, Act.OPEN_MARKS, now) as tx:
        _refuse_recused(tx)
        found = _waited_for(tx.db)
        missing = found.missing
        if actor.member_id in missing:
            raise StageError(
                N_("Your own score sheet comes first. Still without a mark: {items}."),
                "own-sheet-open", items=", ".join(missing[actor.member_id]),
            )  # fmt: skip
        incomplete = found.refusal(tx.db)
        if incomplete and not reason.strip():
            raise incomplete
        visits.set_stage(tx.db, Stage.CONSOLIDATE)
        decisions.open_marks(tx.db, reason.strip() if incomplete else "", now, actor.member_id)
        tx.record(
            stage=str(Stage.CONSOLIDATE), missing={str(member): items for member, items in missing.items()},
            disputes=[one.id for one in found.disputed], reason=tx.digest(reason) if incomplete else "",
        )  # fmt: skip


@dataclass(frozen=True)
class _WaitedFor:
    """What may still come before the marks are opened: items by member id without a mark or not confirmed, disputes."""

    missing: Mapping[int, tuple[str, ...]]
    typed: Mapping[int, tuple[str, ...]]
    disputed: tuple[Dispute, ...]

    def refusal(self, db: Database) -> StageError | None:
        if not (self.missing or self.typed or self.disputed):
            return None
        marks = bool(self.missing or self.typed)
        return StageError(
            N_("Marks are missing. Wait for them, or give the reason why the panel goes on without them:")
            if marks
            else N_("Figures are disputed. Settle that first, or give the reason why the panel goes on:"),
            "marks-missing" if marks else "figures-disputed",
            faults=self._faults(db),
        )

    def _faults(self, db: Database) -> Iterable[Fault]:
        names, figures = {member.id: member.name for member in panel.members(db)}, rubric_of(db).figures
        for said, waiting in (
            (N_("{count} items without a mark: {items}."), self.missing),
            (N_("{count} items were typed in and not confirmed: {items}."), self.typed),
        ):
            for member, items in waiting.items():
                yield Fault(N_("{name}"), said, "",
                            {"name": names[member], "count": len(items), "items": ", ".join(items)})  # fmt: skip
        for one in self.disputed:
            yield Fault(
                N_("{figure}"), N_("{name} disputes it: {note}"), N_("Settle it under Disputes."),
                {"figure": figures[one.key].title, "name": names.get(one.member, ""), "note": one.note},
            )  # fmt: skip


def _waited_for(db: Database) -> _WaitedFor:
    return _WaitedFor(
        {member: items for member, items in _unmarked(db).items() if items},
        unconfirmed_items(db, rubric_of(db)),
        tuple(one for one in disputes.disputes(db) if one.open),
    )


def waited_for(file: VisitFile) -> StageError | None:
    """Return what ``open_marks`` would refuse without a reason, with everything still open; None where nothing is."""
    with file.reading() as db:
        return _waited_for(db).refusal(db)


def _refuse_recused(tx: Transaction, item: str = "") -> None:
    """Whoever stands aside decides nothing either; the duties of the chair pass on first."""
    found = duties.duties(tx.db)
    if found.excused(tx.member.id):
        raise StageError(
            N_("You are recused from this visit. The secretary hands the chair over first, under Duties."),
            "chair-recused",
        )
    if item and found.recused(tx.member.id, item):
        raise StageError(
            N_("You are recused from item {item}. To decide it, the secretary hands the chair over, under Duties."),
            "chair-recused", item=item,
        )  # fmt: skip


def adjudicate(
    file: VisitFile, actor: Actor, item: str, points: object, reason: str, clause: str, now: datetime
) -> None:
    """Decide one item's panel score with a reason; the experts' marks stay as they are.

    Raises:
        ScoreError: points outside 0..ceiling or too fine, or no reason.
    """
    with act(file, actor, Act.ADJUDICATE, now) as tx:
        _refuse_recused(tx, item)
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
        _refuse_recused(tx)
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
        _refuse_recused(tx)
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
        _refuse_recused(tx)
        visits.recommend(tx.db, str(recommendation))
        tx.record(recommendation=str(recommendation))


def finish(file: VisitFile, actor: Actor, now: datetime) -> None:
    """End the visit: nothing can be changed afterwards.

    Raises:
        StageError: with everything that is still open (see ``Consolidation.unfinished``).
    """
    with act(file, actor, Act.FINISH, now) as tx:
        _refuse_recused(tx)
        if unfinished := _unfinished(_result(tx.db, tx.visit, all_scores(tx.db)), tx.visit):
            raise unfinished
        visits.finish(tx.db, now)
        tx.record(stage=str(Stage.DONE))


def _unfinished(result: Result, visit: Visit) -> StageError | None:
    faults = list(_still_open(result, visit))
    return StageError(N_("The visit cannot be finished yet:"), "unfinished", faults=faults) if faults else None


def _still_open(result: Result, visit: Visit) -> Iterable[Fault]:
    if result.open_items:
        yield Fault(N_("Items"), N_("These have no panel score: {items}."), N_("Adjudicate them with a reason."),
                    {"items": ", ".join(result.open_items)})  # fmt: skip
    if any(decision.applies is None for decision in result.vetoes):
        yield Fault(N_("Vetoes"), N_("Not every veto is decided."), N_("Decide each under Consolidate."))
    if any(decision.holds is None for decision in result.gates):
        yield Fault(N_("Gates"), N_("Not every gate is decided."), N_("Decide each under Consolidate."))
    if not visit.recommendation:
        yield Fault(N_("Recommendation"), N_("The panel's recommendation is missing."), N_("Choose it under Feedback."))
