"""Draw substitutes with fresh public digits, instead of reading on in an order that everybody knows.

Who comes next after a draw is public from that day on. Where days pass until the hearing, an office could lean on the
reserves, or see to it that just enough of the drawn fall ill. So the room may decide, once, to do it this way: the list
of who is absent is closed and signed; then new digits are drawn in public; the substitutes follow from both. Nobody who
closes the list knows who will come, and nobody who draws the digits can still change the list. The rule that is locked
with a list is to read on; that this room does otherwise is what the signatures under the closed list say.

1. The **closed list** says who does not come and why, and who signed. It carries the digest of the certificate as it
   was handed out until then (SHA-256 of its canonical JSON), so it belongs to that draw and no other.
2. The **seed** is SHA-256 of the head, which is the closed list and the fresh digits.
3. **Order.** Everybody of the same stratum who was neither drawn nor called since gets a ticket from ``seed/0``; the
   first in order come for the absent, who are taken as they stand. If the group would then miss a band, ``seed/1``,
   ``seed/2`` … follow, as in the draw itself: every admissible group of substitutes stays equally likely. Whoever does
   not come after that is replaced by reading on in this order.

The head, one space after the first word::

    inspection-app fresh digits 1
    first <digest of the certificate>
    closing <number, counted from 1: a list taken back before the digits keeps its number>
    time <ISO 8601 to the second, with offset: when the list was closed>
    absent <number> <reason>                              one or more, by number
    signed <name>                                         two or more, by name
    public <digits>

It reads no file and no clock, and ``inspection_app/verify.py`` recomputes what it says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import comb, prod

from inspection_app.core.draw import (
    PUBLIC_DIGITS,
    Selection,
    Ticket,
    check_digits,
    first_attempt,
    one_line,
    people_of,
    tickets_of,
)
from inspection_app.core.quotas import Quota, check_bands
from inspection_app.core.substitution import Substitution, standing
from inspection_app.errors import N_, DrawError

SIGNERS = 2  # at least


@dataclass(frozen=True)
class AbsentList:
    """Who does not come and why, closed and signed before the fresh digits are drawn.

    Raises:
        DrawError: on making one, when it names nobody, somebody without a reason or twice, fewer than two signers, or a
            time without offset.
    """

    closing: int
    first_digest: str
    time: datetime
    absent: tuple[tuple[int, str], ...]
    signed: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.closing < 1 or self.time.tzinfo is None or not re.fullmatch("[0-9a-f]{64}", self.first_digest):
            raise DrawError(N_("A list of who is absent needs its number, a time with offset and a digest."), "absent")
        numbers = [number for number, _reason in self.absent]
        if not numbers or len(set(numbers)) != len(numbers):
            raise DrawError(N_("Say who does not come, each number once."), "absent")
        if not all(reason.strip() for _number, reason in self.absent):
            raise DrawError(N_("Say of everybody why they do not come; it is printed."), "no-reason")
        if len({one_line(name) for name in self.signed}) < max(SIGNERS, len(self.signed)):
            raise DrawError(
                N_("At least {count} different people sign that the list is closed."), "no-witness", count=SIGNERS
            )
        _ = self.text("0" * PUBLIC_DIGITS)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(number for number, _reason in self.absent)

    def text(self, public_digits: str) -> str:
        """Return the head's text; its format stands at the head of this module."""
        lines = [
            "inspection-app fresh digits 1",
            f"first {self.first_digest}",
            f"closing {self.closing}",
            f"time {self.time.isoformat(timespec='seconds')}",
            *(f"absent {number} {one_line(reason)}" for number, reason in sorted(self.absent)),
            *(f"signed {name}" for name in sorted(map(one_line, self.signed))),
            f"public {public_digits}",
        ]
        return "".join(line + "\n" for line in lines)


@dataclass(frozen=True)
class FreshDraw(Selection):
    """Who stands after fresh digits, as a selection to go on from: ``reserves`` are in the new order."""

    head: str
    public_digits: str
    seed: str
    attempt: int
    tickets: tuple[Ticket, ...]
    substitutes: tuple[tuple[int, int], ...]  # who is absent, who comes

    @property
    def selections(self) -> int:
        """How many different groups of substitutes there could have been, bands aside."""
        return prod(
            comb(len(reserves) + came, came)
            for stratum, reserves in self.reserves.items()
            for came in [sum(comes in self.selected[stratum] for _gone, comes in self.substitutes)]
        )


def check_absent(selection: Selection, substitutions: Sequence[Substitution], absent: AbsentList) -> None:
    """Refuse a closed list for which no substitutes could be drawn, before anybody draws a digit.

    Args:
        selection: the draw.
        substitutions: everybody who came for somebody until now.
        absent: who does not come.

    Raises:
        DrawError: somebody on it does not stand, a stratum has fewer left than are absent, or no substitutes, or hardly
            any, would keep the bands.
    """
    now, waiting, wanted = _places(selection, substitutions, absent)
    people = people_of(selection.locked)
    staying = [people[one - 1] for numbers in now.values() for one in numbers if one not in absent.numbers]
    left = [people[one - 1] for stratum in wanted for one in waiting[stratum]]
    bands = []
    for band in selection.locked.bands:  # what the substitutes have to bring
        having = sum(band.counts(*one) for one in staying)
        still = replace(band, least=max(0, band.least - having), most=band.most - having)
        if still.least or any(band.counts(*one) for one in left):
            bands.append(still)
    check_bands([Quota(stratum, len(gone)) for stratum, gone in wanted.items()], bands, left)


def draw_fresh(
    selection: Selection, substitutions: Sequence[Substitution], absent: AbsentList, public_digits: str
) -> FreshDraw:
    """Draw the substitutes of everybody on a closed list.

    Args:
        selection: the draw.
        substitutions: everybody who came for somebody until the list was closed.
        absent: the closed list.
        public_digits: drawn after it was closed.

    Raises:
        DrawError: too few digits or something else; somebody on the list does not stand; fewer are left than are
            absent; no attempt keeps the bands.
    """
    check_digits(public_digits, PUBLIC_DIGITS)
    now, waiting, wanted = _places(selection, substitutions, absent)
    head = absent.text(public_digits)
    seed = hashlib.sha256(head.encode()).hexdigest()
    locked = selection.locked
    staying = [number for numbers in now.values() for number in numbers if number not in absent.numbers]
    attempt = first_attempt(locked, seed, waiting, {stratum: len(gone) for stratum, gone in wanted.items()}, staying)
    tickets = tickets_of((str(number) for numbers in waiting.values() for number in numbers), f"{seed}/{attempt}")
    rank = {int(ticket.id): place for place, ticket in enumerate(tickets)}
    ranked = {stratum: sorted(numbers, key=rank.__getitem__) for stratum, numbers in waiting.items()}
    came = {gone: ranked[stratum][at] for stratum, out in wanted.items() for at, gone in enumerate(out)}
    return FreshDraw(
        locked,
        {stratum: tuple(came.get(number, number) for number in numbers) for stratum, numbers in now.items()},
        {stratum: tuple(ranked[stratum][len(wanted.get(stratum, ())) :]) for stratum in now},
        head, public_digits, seed, attempt, tickets, tuple(came.items()),
    )  # fmt: skip


_Numbers = dict[str, Sequence[int]]


def _places(
    selection: Selection, substitutions: Sequence[Substitution], absent: AbsentList
) -> tuple[_Numbers, _Numbers, _Numbers]:
    """Return by stratum who stands, who was never called, and who of those that stand is absent."""
    now: _Numbers = dict(standing(selection, substitutions))
    missing = set(absent.numbers) - {number for numbers in now.values() for number in numbers}
    if missing:
        raise DrawError(
            N_("Number {number} is not drawn, or was replaced already."), "not-standing", number=min(missing)
        )
    called = {number for numbers in selection.selected.values() for number in numbers}
    called |= {one.comes for one in substitutions}
    waiting: _Numbers = {
        stratum: [row.number for row in selection.locked.rows if row.stratum == stratum and row.number not in called]
        for stratum in now
    }
    wanted: _Numbers = {
        stratum: gone
        for stratum, numbers in now.items()
        if (gone := [number for number in numbers if number in absent.numbers])
    }
    for stratum, out in wanted.items():
        if len(waiting[stratum]) < len(out):
            raise DrawError(
                N_("{stratum}: {gone} are absent, and only {left} were not called yet."),
                "no-reserve", stratum=stratum, gone=len(out), left=len(waiting[stratum]),
            )  # fmt: skip
    return now, waiting, wanted
