"""Would another method have led to another verdict? The same marks and decisions, reckoned in every other way.

It only tells: nothing here is a result, and the visit's method is not changed by it. Decimals and the fewest marks an
item needs stay as they are; an adjudication stands in every method, as it would have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from inspection_app.core.consolidation import METHOD_TITLES, Method, Reckoning, Result, Rounding, consolidate
from inspection_app.core.rubric import Rubric
from inspection_app.core.totals import Basis
from inspection_app.errors import N_, Message


@dataclass(frozen=True)
class Alternative:
    """What one method would have made of it; no total counts where ``open_items`` have too few marks for it."""

    reckoning: Reckoning
    chosen: bool
    total: Decimal
    prorated: Decimal | None  # only where some of the maximum does not apply
    verdict: str
    basis: Basis
    open_items: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.open_items


@dataclass(frozen=True)
class Sensitivity:
    """Every method and rounding order: the visit's own first, then the others in the order of the methods."""

    alternatives: tuple[Alternative, ...]

    @property
    def chosen(self) -> Alternative:
        return self.alternatives[0]

    @property
    def complete(self) -> tuple[Alternative, ...]:
        """The methods for which every item has marks enough."""
        return tuple(one for one in self.alternatives if one.complete)

    @property
    def otherwise(self) -> tuple[Alternative, ...]:
        """The methods that would lead to another verdict."""
        return tuple(
            one for one in self.complete if (one.verdict, one.basis) != (self.chosen.verdict, self.chosen.basis)
        )

    @property
    def range(self) -> tuple[Decimal, Decimal] | None:
        """The lowest and the highest total; None where no method has a complete one."""
        totals = [one.total for one in self.complete]
        return (min(totals), max(totals)) if totals else None

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Say in one sentence whether another method would change the verdict."""
        said, others = self._sentence(), ", ".join(dict.fromkeys(
            translate(METHOD_TITLES[Method(one.reckoning.method)]) for one in self.otherwise
        ))  # fmt: skip
        low, high = self.range or ("—", "—")
        return translate(said).format(methods=others, low=low, high=high)

    def _sentence(self) -> Message:
        if not self.chosen.complete:
            return N_("Items are open. Whether another method would change the verdict can be said when all are "
                      "decided.")  # fmt: skip
        if self.chosen.basis is Basis.VETO:
            return N_("No: a veto decides, whatever the method. The totals lie between {low} and {high}.")
        if self.chosen.basis is Basis.SILENT:
            return N_("The text has no pass line, so that no method can change a verdict. The totals lie between {low} "
                      "and {high}.")  # fmt: skip
        if self.otherwise:
            return N_("Yes: another method would lead to another verdict ({methods}). The totals lie between {low} and "
                      "{high}.")  # fmt: skip
        return N_("No: every method for which there are marks enough leads to the same verdict. The totals lie between "
                  "{low} and {high}.")  # fmt: skip


def sensitivity(rubric: Rubric, result: Result, reckoning: Reckoning) -> Sensitivity:
    """Reckon a result anew by every method and rounding order.

    Args:
        rubric: the visit's rubric.
        result: what the visit's own method made of the marks; its marks, adjudications, vetoes and chosen readings
            are used as they stand. Gates do not depend on the method.
        reckoning: the visit's own.

    Raises:
        ScoreError: the reckoning is out of range (see ``core.consolidation.check_method``).
    """
    scores = {
        member: {one.item.no: one.scores[member] for one in result.items if member in one.scores}
        for member in dict.fromkeys(member for one in result.items for member in one.scores)
    }
    adjudications = [one.adjudication for one in result.items if one.adjudication]
    own = replace(reckoning, method=str(reckoning.method), rounding=str(reckoning.rounding))
    others = [
        replace(own, method=str(method), rounding=str(rounding)) for method in Method for rounding in Rounding
    ]
    found = []
    for one in [own, *(other for other in others if other != own)]:
        made = consolidate(
            rubric, scores, adjudications=adjudications, vetoes=result.vetoes, readings=tuple(result.readings.values()),
            places=one.places, method=one.method, rounding=one.rounding, min_marks=one.min_marks,
        )  # fmt: skip
        found.append(Alternative(
            one, one == own, made.total, made.prorated if made.in_part else None, made.verdict, made.basis,
            made.open_items,
        ))  # fmt: skip
    return Sensitivity(tuple(found))
