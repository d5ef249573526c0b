"""After a draw: what became of calling the drawn, and who stands in for whom.

A drawn citizen may be ill, a drawn site closed. Who comes instead is no choice, it was settled by the draw: the first
reserve of the same stratum with whom the selection still meets every band. A reserve who cannot come either first comes
in and is then replaced in the same way, so that nobody is passed over in silence; who was passed over for a band stays
in line. Substitutions are told in the order they happened, each with its reason and somebody who witnessed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspection_app.core.draw import Selection, people_of
from inspection_app.core.quotas import meets
from inspection_app.errors import N_, DrawError


class CallState(StrEnum):
    """What became of calling somebody who is drawn; whoever is not called yet has none of these."""

    NOTIFIED = "notified"
    COMING = "coming"
    NOT_COMING = "not-coming"


CALL_NAMES = {
    CallState.NOTIFIED: N_("Notified"),
    CallState.COMING: N_("Can come"),
    CallState.NOT_COMING: N_("Cannot come"),
}


@dataclass(frozen=True)
class Substitution:
    """``comes`` stands in for ``gone`` (numbers of the locked list): why, and who witnessed it."""

    gone: int
    comes: int
    reason: str
    witness: str

    def certified(self) -> dict[str, object]:
        """Return it by the names that a certificate gives it (``core.certificate``)."""
        return {"out": self.gone, "in": self.comes, "reason": self.reason, "witness": self.witness}


def standing(selection: Selection, substitutions: Iterable[Substitution] = ()) -> dict[str, tuple[int, ...]]:
    """Return who stands now by stratum: everybody drawn, and in the place of whoever is gone who came for them."""
    found = {stratum: list(numbers) for stratum, numbers in selection.selected.items()}
    for one in substitutions:
        for numbers in found.values():
            if one.gone in numbers:
                numbers[numbers.index(one.gone)] = one.comes
    return {stratum: tuple(numbers) for stratum, numbers in found.items()}


def next_reserve(selection: Selection, substitutions: Sequence[Substitution], gone: int) -> int:
    """Return who comes for ``gone``: the first reserve of the stratum who did not come yet and keeps every band.

    Raises:
        DrawError: ``gone`` does not stand, or no such reserve is left.
    """
    now = standing(selection, substitutions)
    stratum = next((stratum for stratum, numbers in now.items() if gone in numbers), None)
    if stratum is None:
        raise DrawError(N_("Number {number} is not drawn, or was replaced already."), "not-standing", number=gone)
    people, came = people_of(selection.locked), {one.comes for one in substitutions}
    others = [people[number - 1] for numbers in now.values() for number in numbers if number != gone]
    for reserve in selection.reserves[stratum]:
        if reserve not in came and meets(selection.locked.bands, [*others, people[reserve - 1]]):
            return reserve
    raise DrawError(
        N_("{stratum}: no reserve is left who keeps the quotas. The place stays empty, or the draw is held again."),
        "no-reserve", stratum=stratum,
    )  # fmt: skip
