"""Reopening: chair and secretary together take a visit back one stage; marks, answers and decisions stay.

It undoes a wrong lock of a stage, the seal too: the seal then stays on record, lifted, and everybody confirms the
result anew. A list that was locked wrongly is unlocked where it is drawn from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from inspection_app.core.visit import Act, Actor, Role, Stage
from inspection_app.errors import N_, PermissionDenied, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.store import panel, seals, visits
from inspection_app.store import reopenings as stored
from inspection_app.store.file import VisitFile
from inspection_app.store.reopenings import Reopening

BACK: Mapping[Stage, Stage] = {
    Stage.SEALED: Stage.CONSOLIDATE, Stage.CONSOLIDATE: Stage.SCORE, Stage.SCORE: Stage.PREPARE
}  # fmt: skip
"""The stage that each can be taken back to: one at a time."""


def reopenings(file: VisitFile) -> tuple[Reopening, ...]:
    """Return every proposal, oldest first; those that are confirmed are printed in the report."""
    with file.reading() as db:
        return stored.reopenings(db)


def pending_reopening(file: VisitFile) -> Reopening | None:
    """Return the proposal that waits for the other's word, if there is one that still fits the stage."""
    with file.reading() as db:
        stage = visits.read(db).stage
        return next((one for one in stored.reopenings(db) if one.pending and one.from_stage is stage), None)


def propose_reopening(file: VisitFile, actor: Actor, to_stage: Stage, reason: str, now: datetime) -> int:
    """Propose to go back to the stage before; nothing changes until the other confirms. Return the proposal's id.

    Raises:
        StageError: it is not the stage before, or another proposal is waiting.
        ScoreError: without a reason.
    """
    with act(file, actor, Act.PROPOSE_REOPENING, now) as tx:
        if BACK[tx.visit.stage] is not to_stage:
            raise StageError(
                N_("A visit goes back one stage at a time. From here only the stage before can be reopened."),
                "not-the-stage-before",
            )
        if not reason.strip():
            raise ScoreError(N_("A reopening needs a reason: it is printed in the report."), "no-reason")
        for one in stored.reopenings(tx.db):
            if one.pending and one.from_stage is tx.visit.stage:
                raise StageError(
                    N_("A reopening is already proposed. Confirm or withdraw that one first."), "already-proposed"
                )
        id_ = stored.propose(tx.db, tx.visit.stage, to_stage, reason.strip(), now, actor.member_id)
        tx.record(reopening=id_, to=str(to_stage), reason=tx.digest(reason.strip()))
    return id_


def confirm_reopening(file: VisitFile, actor: Actor, id_: int, now: datetime) -> None:
    """Confirm the other's proposal: the visit goes back at once.

    Raises:
        NotFound: no such proposal.
        StageError: it is no longer pending, or the visit has moved on since.
        PermissionDenied: chair and secretary are not both in it.
    """
    with act(file, actor, Act.CONFIRM_REOPENING, now) as tx:
        proposal = _pending(tx, id_)
        if proposal.from_stage is not tx.visit.stage:
            raise StageError(N_("The visit has moved on since this was proposed. Propose it again."), "moved-on")
        proposer = panel.member(tx.db, proposal.by)
        if {proposer.role, tx.member.role} != {Role.CHAIR, Role.SECRETARY}:
            raise PermissionDenied(
                N_("Chair and secretary reopen together: who proposed it cannot confirm it, the other one does."),
                "not-the-other",
            )
        held = seals.current(tx.db)
        if held:
            seals.lift(tx.db, held.id, now)
        stored.confirm(tx.db, id_, now, actor.member_id)
        for stale in stored.reopenings(tx.db):  # one that no longer fits must not come back to life at its old stage
            if stale.pending:
                stored.withdraw(tx.db, stale.id, now)
        visits.reopen(tx.db, proposal.to_stage)
        lifted = {"seal": held.id} if held else {}
        tx.record(reopening=id_, stage=str(proposal.to_stage), proposed_by=proposal.by, **lifted)


def withdraw_reopening(file: VisitFile, actor: Actor, id_: int, now: datetime) -> None:
    """Take a proposal back, one's own or the other's.

    Raises:
        NotFound: no such proposal.
        StageError: it is no longer pending.
    """
    with act(file, actor, Act.PROPOSE_REOPENING, now) as tx:
        _pending(tx, id_)
        stored.withdraw(tx.db, id_, now)
        tx.record(reopening=id_, withdrawn=True)


def _pending(tx: Transaction, id_: int) -> Reopening:
    proposal = stored.reopening(tx.db, id_)
    if not proposal.pending:
        raise StageError(N_("This proposal was already confirmed or withdrawn."), "not-pending")
    return proposal
