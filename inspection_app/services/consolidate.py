"""Consolidation: method, result, adjudications, vetoes and gates, recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from sqlite_utils import Database

from inspection_app.core.application import SelfCheck, ThresholdWarning, threshold_warnings
from inspection_app.core.consolidation import (
    Adjudication,
    GateDecision,
    MethodChange,
    ReadingChoice,
    Reckoning,
    Result,
    VetoDecision,
    check_adjudication,
    check_method,
    consolidate,
    marks_needed,
)
from inspection_app.core.disagreement import Disagreement, order_of_disagreement
from inspection_app.core.duties import too_few
from inspection_app.core.feedback import Recommendation
from inspection_app.core.rubric import Rate, Rubric, Step, Tick
from inspection_app.core.scoring import Score, State
from inspection_app.core.sensitivity import Sensitivity, sensitivity
from inspection_app.core.totals import Reading
from inspection_app.core.visit import Act, Actor, Member, Stage, Visit
from inspection_app.errors import N_, NotFound, ScoreError, StageError
from inspection_app.services.act import act
from inspection_app.services.hand_in import _end_asking
from inspection_app.services.prepare import rubric_of
from inspection_app.services.recuse import refuse_recused
from inspection_app.services.score import all_scores
from inspection_app.store import application, decisions, disputes, duties, hand_ins, panel, sheets, visits
from inspection_app.store.disputes import Dispute
from inspection_app.store.file import VisitFile
from inspection_app.store.hand_ins import Asking
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
    askings: tuple[Asking, ...] = ()
    method_changes: tuple[MethodChange, ...] = ()

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
    def reckoning(self) -> Reckoning:
        """The visit's method with all that belongs to it."""
        return reckoning(self.visit)

    @property
    def queue(self) -> tuple[Disagreement, ...]:
        """The items in the order in which the panel should talk about them, with the reasons."""
        disputed = {result.item.no for result in self.result.items if self.disputed(result.item.no)}
        return order_of_disagreement(
            self.result.items, disputed=disputed, asked={one.item for one in self.askings if one.pending}
        )

    @property
    def score_rates(self) -> tuple[tuple[Fraction | None, ...], ...]:
        """Every item's marks as shares of its full mark, in the order of the members: what agreement is measured on."""
        rates = []
        for one in self.result.items:
            marks = [one.scores[member.id].points for member in self.members]
            if one.item.ceiling:
                full = Fraction(one.item.ceiling)
                rates.append(tuple(None if mark is None else Fraction(mark) / full for mark in marks))
        return tuple(rates)

    def sensitivity(self) -> Sensitivity:
        """Return what every other method would have made of the same marks and decisions."""
        return sensitivity(self.rubric, self.result, self.reckoning)

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
        StageError: scoring has begun (see ``change_method``).
    """
    with act(file, actor, Act.CHOOSE_METHOD, now) as tx:
        check_method(method, places=places, rounding=rounding, min_marks=min_marks)
        visits.choose_method(tx.db, str(method), places, str(rounding), min_marks)
        tx.record(method=str(method), places=places, rounding=str(rounding), min_marks=min_marks)


def change_method(
    file: VisitFile,
    actor: Actor,
    method: str,
    places: int,
    rounding: str,
    min_marks: int,
    reason: str,
    now: datetime,
) -> None:
    """Take another method after scoring began; the change and its reason are printed with the result.

    Raises:
        ScoreError: as ``choose_method`` does; no reason; nothing would change; or an adjudication that stands is finer
            than the new decimals.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.CHANGE_METHOD, now) as tx:
        refuse_recused(tx)
        check_method(method, places=places, rounding=rounding, min_marks=min_marks)
        before, after = reckoning(tx.visit), Reckoning(str(method), places, str(rounding), min_marks)
        if before == after:
            raise ScoreError(N_("This is the method already. Nothing was changed."), "same-method")
        if not reason.strip():
            raise ScoreError(
                N_("A reason is needed: scoring has begun, and the change is printed with the result."), "no-reason"
            )
        _refuse_finer(tx.db, places)
        decisions.change_method(
            tx.db, MethodChange(before, after, reason.strip(), now, tx.visit.stage is Stage.CONSOLIDATE),
            actor.member_id,
        )  # fmt: skip
        visits.choose_method(tx.db, after.method, places, after.rounding, min_marks)
        tx.record(before=asdict(before), after=asdict(after), reason=tx.digest(reason.strip()))


def _refuse_finer(db: Database, places: int) -> None:
    latest = {one.item: one.points for one in decisions.adjudications(db)}
    finer = [
        no for no, points in latest.items()
        if points is not None and points != points.quantize(Decimal(1).scaleb(-places))
    ]  # fmt: skip
    if finer:
        raise ScoreError(
            N_("{places} decimals are too few for what was adjudicated on these items: {items}. Adjudicate them anew "
               "first, or keep more decimals."),
            "too-fine", places=places, items=", ".join(finer),
        )  # fmt: skip


def reckoning(visit: Visit) -> Reckoning:
    """Return a visit's method with all that belongs to it."""
    return Reckoning(visit.method, visit.places, visit.rounding, visit.min_marks)


def method_changes(file: VisitFile) -> tuple[MethodChange, ...]:
    """Return every change of the method after scoring began, oldest first; everybody may know."""
    with file.reading() as db:
        return decisions.method_changes(db)


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
    return _consolidation(file, file.as_written())


@lru_cache(maxsize=16)
def _consolidation(file: VisitFile, _written: tuple[object, ...]) -> Consolidation:
    """Keep what was scored and brought together, while nobody writes to the file."""
    with file.reading() as db:
        visit = _opened(db)
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
            disputes.disputes(db), application.self_check(db), hand_ins.askings(db), decisions.method_changes(db),
        )  # fmt: skip


def result_of(db: Database) -> Result:
    """Return the result as it stands, inside a transaction; raises as ``consolidation`` does."""
    return _result(db, _opened(db), all_scores(db))


def _opened(db: Database) -> Visit:
    visit = visits.read(db)
    if visit.stage not in {Stage.CONSOLIDATE, Stage.SEALED}:
        raise StageError(
            N_("The marks are not opened yet. The chair opens them when all score sheets are in."), "marks-closed"
        )
    return visit


def _result(db: Database, visit: Visit, scores: Mapping[int, Mapping[str, Score]]) -> Result:
    figures = sheets.figures(db)
    return consolidate(
        rubric_of(db), scores, adjudications=decisions.adjudications(db), vetoes=decisions.vetoes(db),
        gates=decisions.gates(db), readings=decisions.readings(db),
        figures={key: figure.reading() for key, figure in figures.items()},
        places=visit.places, method=visit.method, rounding=visit.rounding, min_marks=visit.min_marks,
    )  # fmt: skip


def adjudicate(
    file: VisitFile, actor: Actor, item: str, points: object, reason: str, clause: str, now: datetime
) -> None:
    """Decide one item's panel score with a reason; the experts' marks stay as they are, and none is asked for again.

    Raises:
        ScoreError: points outside 0..ceiling or too fine, or no reason.
    """
    with act(file, actor, Act.ADJUDICATE, now) as tx:
        refuse_recused(tx, item)
        asked = rubric_of(tx.db).item(item)
        number = check_adjudication(asked, points, reason, places=tx.visit.places)
        decisions.adjudicate(
            tx.db, Adjudication(item, number, reason.strip(), clause.strip(), now), actor.member_id
        )
        for one in hand_ins.pending(tx.db, item=item):  # it is decided: nobody need look again
            _end_asking(tx, one, hand_ins.Ending.ADJUDICATED)
        tx.record(item=item, points=str(number), reason=tx.digest(reason), clause=tx.digest(clause))


def let_stand(file: VisitFile, actor: Actor, item: str, reason: str, now: datetime) -> None:
    """Say that the method's score of an item stands, after talking it over or in place of an adjudication.

    Args:
        reason: needed where an adjudication is taken back.

    Raises:
        NotFound: no such item.
        ScoreError: the method gives no score, or an adjudication is taken back without a reason.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.ADJUDICATE, now) as tx:
        refuse_recused(tx, item)
        asked = rubric_of(tx.db).item(item)
        before = _result(tx.db, tx.visit, all_scores(tx.db)).item(asked.no)
        if before.panel.points is None:
            raise ScoreError(
                N_("Item {item}: the method gives no score. Adjudicate it with a reason."), "no-score", item=item
            )
        if before.adjudication and not reason.strip():
            raise ScoreError(
                N_("Item {item}: say why the adjudication is taken back."), "no-reason", item=item
            )
        decisions.adjudicate(tx.db, Adjudication(asked.no, None, reason.strip(), "", now), actor.member_id)
        for one in hand_ins.pending(tx.db, item=item):
            _end_asking(tx, one, hand_ins.Ending.ADJUDICATED)
        tx.record(item=item, points=None, reason=tx.digest(reason.strip()))


def choose_reading(
    file: VisitFile, actor: Actor, gate: str, reading: Reading | None, reason: str, now: datetime
) -> None:
    """Choose between two readings of the text that lead to different verdicts.

    Args:
        gate: the gate's id, or ``""`` for the totals (raw or prorated against the pass line).
        reading: None takes the choice back.
        reason: printed with the verdict; needed for a choice.

    Raises:
        NotFound: no such gate.
        ScoreError: the readings do not lead to different verdicts, or no reason.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.CHOOSE_READING, now) as tx:
        refuse_recused(tx)
        if gate and gate not in {known.id for known in rubric_of(tx.db).gates}:
            raise NotFound(N_("The rubric has no gate “{gate}”."), "no-gate", gate=gate)
        result = _result(tx.db, tx.visit, all_scores(tx.db))
        if gate not in {*result.undecided_readings, *result.readings}:
            raise ScoreError(
                N_("There is nothing to choose: both readings lead to the same verdict."), "same-verdict", gate=gate
            )
        if reading is not None and not reason.strip():
            raise ScoreError(N_("A reason is needed: it is printed with the verdict."), "no-reason", gate=gate)
        decisions.choose_reading(tx.db, ReadingChoice(gate, reading, reason.strip(), now), actor.member_id)
        tx.record(gate=gate, reading=reading and str(reading), reason=tx.digest(reason.strip()))


def decide_veto(
    file: VisitFile, actor: Actor, veto: str, applies: bool | None, proof: str, now: datetime
) -> None:
    """Decide whether a veto applies; that it does needs a proof (document, department). None takes it back."""
    with act(file, actor, Act.DECIDE_VETO, now) as tx:
        refuse_recused(tx)
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
        refuse_recused(tx)
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
        refuse_recused(tx)
        visits.recommend(tx.db, str(recommendation))
        tx.record(recommendation=str(recommendation))
