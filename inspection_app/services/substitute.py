"""After a draw: calling who was drawn, and bringing in the next reserve for whoever cannot come or be visited.

Nobody chooses who comes in: ``core.substitution`` says who is next. What was drawn stays on record as it was drawn.
By fresh public digits (``core.fresh_digits``) substitutes are drawn once for a draw that can be recomputed, after the
list of who is absent was closed and signed; until they are drawn nobody else comes in, and nothing is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from inspection_app.core.certificate import canonical_json, check_digits_by, digest_of
from inspection_app.core.fresh_digits import AbsentList, FreshDraw, check_absent, draw_fresh
from inspection_app.core.substitution import CallState, Substitution
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, DrawError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.draw import BALLS, CITIZENS, DrawState, absent_closed, read_state
from inspection_app.services.export_draw import certificate_of
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
        found, ceremony = _drawn(tx, kind)
        if not reason.strip():
            raise DrawError(N_("A reason is needed; it is printed. Say in a few words why."), "no-reason")
        if found.closed and len(ceremony.replaced) <= found.closed.replaced:
            raise StageError(
                N_("This substitution stands in the certificate that the list of who is absent was closed on."),
                "absent-closed",
            )
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


def close_absent(
    file: VisitFile, actor: Actor, kind: str, absent: Mapping[int, str], signed: Sequence[str], now: datetime
) -> AbsentList:
    """Close the list of who does not come, before fresh public digits are drawn for their substitutes.

    Args:
        absent: the numbers of who stands and does not come, with the reasons; printed.
        signed: the names of who signed the list, two at least.

    Raises:
        DrawError: somebody on it does not stand, a reason or a signature is missing, or no substitutes are left who
            keep the quotas.
        StageError: nothing is drawn, it was drawn by hand, or fresh digits were drawn or wait to be drawn already.
    """
    with act(file, actor, Act.CLOSE_ABSENT, now) as tx:
        found, ceremony = _drawn(tx, kind)
        if ceremony.hand is not None:
            raise StageError(
                N_("This draw was made by hand and has no certificate that fresh digits could follow. Read on in the "
                   "order of the reserves."), "by-hand",
            )  # fmt: skip
        if found.closed is not None:
            raise _drawn_already() if found.closed.public_digits else absent_closed()
        certificate = certificate_of(tx.db, found)
        closed = AbsentList(
            len(ceremony.closings) + 1, digest_of(certificate), now,
            tuple((number, " ".join(reason.split())) for number, reason in sorted(absent.items())),
            tuple(" ".join(name.split()) for name in signed if name.strip()),
        )  # fmt: skip
        assert found.result is not None
        check_absent(found.result, found.substitutions, closed)
        lists.close_absent(
            tx.db, ceremony.id, closed, canonical_json(certificate), len(ceremony.replaced), actor.member_id
        )
        tx.record(
            kind=kind, ceremony=ceremony.number, closing=closed.closing, absent=list(closed.numbers),
            certificate=closed.first_digest, signed=[tx.digest(name) for name in closed.signed],
        )  # fmt: skip
    return closed


def take_back_absent(file: VisitFile, actor: Actor, kind: str, reason: str, now: datetime) -> None:
    """Take the closed list of who is absent back while no fresh digits are written down; it keeps its number, and the
    reason is printed.

    Raises:
        DrawError: without a reason.
        StageError: no list is closed, or its digits are drawn.
    """
    with act(file, actor, Act.CLOSE_ABSENT, now) as tx:
        found, ceremony = _drawn(tx, kind)
        if not reason.strip():
            raise DrawError(N_("A reason is needed; it is printed. Say in a few words why."), "no-reason")
        if found.closed is None:
            raise _not_closed()
        if found.closed.public_digits:
            raise _drawn_already()
        lists.withdraw_absent(tx.db, found.closed.id, now, reason.strip())
        tx.record(
            kind=kind, ceremony=ceremony.number, closing=found.closed.absent.closing, taken_back=True,
            reason=tx.digest(reason.strip()),
        )  # fmt: skip


def draw_substitutes(
    file: VisitFile, actor: Actor, kind: str, digits: str, now: datetime, *, digits_by: str = BALLS
) -> FreshDraw:
    """Write down the fresh public digits and draw the substitutes of everybody on the closed list; once only.

    Args:
        digits_by: how the digits were drawn, one of ``core.draw.DIGITS_BY``.

    Raises:
        DrawError: not digits, or too few; another way of drawing them.
        StageError: the list of who is absent is not closed, or the digits are drawn.
    """
    with act(file, actor, Act.DRAW_FRESH, now) as tx:
        found, ceremony = _drawn(tx, kind)
        if found.closed is None:
            raise _not_closed()
        if found.closed.public_digits:
            raise _drawn_already()
        check_digits_by(digits_by)
        assert found.result is not None
        digits = "".join(digits.split())
        fresh = draw_fresh(found.result, found.substitutions, found.closed.absent, digits)
        lists.set_fresh_digits(tx.db, found.closed.id, digits, digits_by, now)
        tx.record(
            kind=kind, ceremony=ceremony.number, closing=found.closed.absent.closing, digits=digits,
            digits_by=digits_by, seed=fresh.seed, substitutes=[list(pair) for pair in fresh.substitutes],
        )  # fmt: skip
    return fresh


def _drawn_already() -> StageError:
    return StageError(
        N_("Fresh digits were drawn for this draw already. Whoever else does not come is replaced by reading on."),
        "fresh-drawn",
    )


def _not_closed() -> StageError:
    return StageError(N_("Close the list of who is absent first; then the digits are drawn."), "not-closed")


def _drawn(tx: Transaction, kind: str) -> tuple[DrawState, Ceremony]:
    found = read_state(tx.db, kind)
    if found.result is None or found.current is None:
        raise StageError(N_("Nothing is drawn yet. Hold the draw first, under Draws."), "not-drawn")
    return found, found.current


def _not_standing(number: int) -> DrawError:
    return DrawError(N_("Number {number} is not drawn, or was replaced already."), "not-standing", number=number)
