"""In what order the panel talks about items, and why about each. It decides nothing and reads only the result."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from inspection_app.core.consolidation import ItemResult
from inspection_app.core.scoring import Flag, State


class Why(StrEnum):
    """Why the panel should talk about an item."""

    NO_SCORE = "no_score"  # the method gives none
    SPREAD = "spread"  # the marks lie far apart
    TIERS = "tiers"  # experts chose different tiers of one clause
    DISPUTED = "disputed"  # an expert disputes a figure that the item reads
    OVERRIDE = "override"
    NO_TIER = "no_tier"
    CONTRADICTS = "contradicts"
    ASKED = "asked"  # somebody is asked to look again
    PARTLY_NA = "partly_na"  # some found the item not applicable, others marked it


@dataclass(frozen=True)
class Disagreement:
    """Where an item stands in the deliberation, and why it is on the table; without a reason nobody need talk."""

    result: ItemResult
    why: tuple[Why, ...]

    @property
    def left(self) -> bool:
        """True where there is something to decide that is not decided yet."""
        return bool(self.why) and not self.result.settled


_FLAGS = {Flag.OVERRIDE: Why.OVERRIDE, Flag.NO_TIER: Why.NO_TIER, Flag.FIGURE_CONTRADICTS: Why.CONTRADICTS}


def order_of_disagreement(
    items: Iterable[ItemResult], *, disputed: Collection[str] = (), asked: Collection[str] = ()
) -> tuple[Disagreement, ...]:
    """Put items in the order in which the panel should talk about them.

    First those without a score, then by spread as a share of the item's points, then by how much else speaks for a
    talk; equals stay in official order. A decision moves nothing, so that the queue stands still while it is worked
    through.

    Args:
        items: the items of a result, in official order.
        disputed, asked: the numbers of the items that read a disputed figure, and of those that somebody is asked to
            look at again.
    """
    found = [Disagreement(one, tuple(_why(one, disputed, asked))) for one in items]
    return tuple(
        sorted(found, key=lambda one: (Why.NO_SCORE not in one.why, -one.result.spread, -len(set(one.why) - _MOVING)))
    )


_MOVING = {Why.ASKED}
"""What comes and goes while the panel talks must not move the queue."""


def _why(one: ItemResult, disputed: Collection[str], asked: Collection[str]) -> Iterable[Why]:
    states = {score.state for score in one.scores.values()}
    if one.panel.points is None and one.applicable:
        yield Why.NO_SCORE
    if one.wide:
        yield Why.SPREAD
    if one.tiers_apart:
        yield Why.TIERS
    if one.item.no in disputed:
        yield Why.DISPUTED
    yield from (why for flag, why in _FLAGS.items() if flag in one.flags)
    if {State.SCORED, State.NOT_APPLICABLE} <= states:
        yield Why.PARTLY_NA
    if one.item.no in asked:
        yield Why.ASKED
