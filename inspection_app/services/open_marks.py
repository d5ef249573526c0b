"""Opening the marks: until the chair, whose own sheet is in, does it, nobody sees another's.

Every other sheet is in by then, or its expert is excused (``services.hand_in``); nothing goes on over a sheet that is
simply missing. It ends only by a reopening (``services.reopen``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.visit import Act, Actor, Role, Stage
from inspection_app.errors import N_, Fault, StageError
from inspection_app.services.act import act
from inspection_app.services.hand_in import SheetStanding, gaps, standings
from inspection_app.services.prepare import rubric_of
from inspection_app.services.recuse import refuse_recused
from inspection_app.store import decisions, disputes, panel, visits
from inspection_app.store import hand_ins as stored
from inspection_app.store.disputes import Dispute
from inspection_app.store.file import VisitFile


def open_marks(file: VisitFile, actor: Actor, now: datetime, *, reason: str = "") -> None:
    """Lock scoring and open everybody's marks.

    Args:
        reason: why the panel goes on although figures are disputed, which count as they stand.

    Raises:
        StageError: the chair's own sheet is not in; others' are neither in nor excused; or figures are disputed and
            there is no reason; each named.
    """
    with act(file, actor, Act.OPEN_MARKS, now) as tx:
        refuse_recused(tx)
        found = _waited_for(tx.db)
        refusal = found.refusal(tx.db)
        if refusal and (found.sheets or not reason.strip()):
            raise refusal
        visits.set_stage(tx.db, Stage.CONSOLIDATE)
        decisions.open_marks(tx.db, reason.strip() if found.disputed else "", now, actor.member_id)
        tx.record(
            stage=str(Stage.CONSOLIDATE), handed_in=sorted(stored.handed_in(tx.db)),
            excused=sorted(stored.excuses(tx.db)), disputes=[one.id for one in found.disputed],
            reason=tx.digest(reason.strip()) if found.disputed else "",
        )  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """When the marks were opened, and by whom, by name."""

    at: datetime
    by: str


def opening(file: VisitFile) -> Opening | None:
    """Return when and by whom the marks were opened; None while they are closed."""
    with file.reading() as db:
        if visits.read(db).stage not in {Stage.CONSOLIDATE, Stage.SEALED}:
            return None  # not yet, or they were closed again by a reopening
        at, by, _reason = decisions.openings(db)[-1]
        return Opening(at, panel.member(db, by).name)


def waited_for(file: VisitFile) -> StageError | None:
    """Return what ``open_marks`` would refuse without a reason, with everything still open; None where nothing is."""
    with file.reading() as db:
        return _waited_for(db).refusal(db)


@dataclass(frozen=True)
class _WaitedFor:
    """What comes before the marks are opened: sheets that are neither in nor excused, and disputed figures."""

    sheets: tuple[SheetStanding, ...]
    disputed: tuple[Dispute, ...]

    def refusal(self, db: Database) -> StageError | None:
        own = next((one for one in self.sheets if one.member.role is Role.CHAIR), None)
        faults = (*gaps(self.sheets), *self._disputes(db))
        if own:
            return StageError(
                N_("The chair's own score sheet comes first: it is handed in on the page Score."),
                "own-sheet-open", faults=faults,
            )  # fmt: skip
        if self.sheets:
            return StageError(
                N_("Score sheets are missing. Wait until they are handed in, or excuse the expert with a reason:"),
                "sheets-missing", faults=faults,
            )  # fmt: skip
        if self.disputed:
            return StageError(
                N_("Figures are disputed. Settle that first, or give the reason why the panel goes on:"),
                "figures-disputed", faults=faults,
            )  # fmt: skip
        return None

    def _disputes(self, db: Database) -> Iterable[Fault]:
        names, figures = {member.id: member.name for member in panel.members(db)}, rubric_of(db).figures
        for one in self.disputed:
            yield Fault(
                N_("{figure}"), N_("{name} disputes it: {note}"), N_("Settle it under Disputes."),
                {"figure": figures[one.key].title, "name": names.get(one.member, ""), "note": one.note},
            )  # fmt: skip


def _waited_for(db: Database) -> _WaitedFor:
    return _WaitedFor(
        tuple(one for one in standings(db) if not one.settled),
        tuple(one for one in disputes.disputes(db) if one.open),
    )
