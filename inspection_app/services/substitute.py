"""After a draw: calling who was drawn, and bringing in the next reserve for whoever cannot come or be visited.

Nobody chooses who comes in: ``core.substitution`` says who is next. What was drawn stays on record as it was drawn.
"""

from __future__ import annotations

from datetime import datetime

from inspection_app.core.substitution import CallState, Substitution
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, DrawError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.draw import CITIZENS, DrawState, read_state
from inspection_app.store import lists
from inspection_app.store.file import VisitFile
from inspection_app.store.lists import Ceremony


def call_citizen(file: VisitFile, actor: Actor, number: int, state: CallState, now: datetime) -> None:
    """Note what became of calling a drawn citizen; may be repeated, the latest counts.

    Raises:
        DrawError: the number is not drawn, or was replaced.
        StageError: nothing is drawn yet.
    """
    with act(file, actor, Act.CALL, now) as tx:
        found, ceremony = _drawn(tx, CITIZENS)
        if number not in found.standing_numbers:
            raise _not_standing(number)
        if ceremony.calls.get(number) != state:
            lists.add_call(tx.db, ceremony.id, number, CallState(state), now, actor.member_id)
        tx.record(ceremony=ceremony.number, number=number, state=str(state))


def substitute(
    file: VisitFile, actor: Actor, kind: str, gone: int, comes: int, reason: str, witness: str, now: datetime
) -> Substitution:
    """Bring in the next reserve for a citizen who does not come or a site that cannot be visited.

    Args:
        gone: the number of who stands now.
        comes: who comes by what the screen showed, the next reserve; nobody else can be named.
        reason: why; printed.
        witness: who saw that it was the next in order.

    Raises:
        DrawError: ``gone`` does not stand, no reserve is left, the reason or the witness is missing, or somebody
            replaced in between and now another is next (``changed-elsewhere``).
        StageError: nothing is drawn yet.
    """
    with act(file, actor, Act.SUBSTITUTE, now) as tx:
        found, ceremony = _drawn(tx, kind)
        reason, witness = reason.strip(), " ".join(witness.split())
        if not reason or not witness:
            raise DrawError(
                N_("A substitution needs its reason and a witness; both are printed. Write who saw it and why."),
                "no-witness" if reason else "no-reason",
            )
        following = found.next_reserve(gone)
        if following != comes:
            raise DrawError(
                N_("Meanwhile number {number} is next in order, not {shown}. Look again and repeat it."),
                "changed-elsewhere", number=following, shown=comes,
            )  # fmt: skip
        made = Substitution(gone, comes, reason, witness)
        lists.substitute(tx.db, ceremony.id, made, now, actor.member_id)
        tx.record(
            kind=kind, ceremony=ceremony.number, gone=gone, comes=comes, reason=tx.digest(reason),
            witness=tx.digest(witness),
        )  # fmt: skip
    return made


def take_back_substitution(file: VisitFile, actor: Actor, kind: str, comes: int, reason: str, now: datetime) -> None:
    """Take the latest substitution back, because it was entered wrongly; it stays on record with the reason.

    Args:
        comes: who came in by the latest substitution, as the screen showed it.

    Raises:
        DrawError: without a reason.
        StageError: there is none, or it is not the latest.
    """
    with act(file, actor, Act.SUBSTITUTE, now) as tx:
        _found, ceremony = _drawn(tx, kind)
        if not reason.strip():
            raise DrawError(N_("A reason is needed; it is printed. Say in a few words why."), "no-reason")
        if not ceremony.replaced or ceremony.replaced[-1].substitution.comes != comes:
            raise StageError(
                N_("Only the latest substitution can be taken back, and this is not it. Reload the page."), "not-latest"
            )
        latest = ceremony.replaced[-1]
        lists.withdraw_substitution(tx.db, latest.id, now, reason.strip())
        tx.record(
            kind=kind, ceremony=ceremony.number, gone=latest.substitution.gone, comes=comes, taken_back=True,
            reason=tx.digest(reason.strip()),
        )  # fmt: skip


def _drawn(tx: Transaction, kind: str) -> tuple[DrawState, Ceremony]:
    found = read_state(tx.db, kind)
    if found.result is None or found.current is None:
        raise StageError(N_("Nothing is drawn yet. Hold the draw first, under Draws."), "not-drawn")
    return found, found.current


def _not_standing(number: int) -> DrawError:
    return DrawError(N_("Number {number} is not drawn, or was replaced already."), "not-standing", number=number)
