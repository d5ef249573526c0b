"""From the experts' marks to the panel's scores and the result of the visit.

Marks are never edited: an adjudication is a decision of its own beside them. What is not marked, not applicable,
recused or not assigned is left out of the mean, and never counts as zero. Pass lines are the rubric's; where its text
is silent there is no verdict here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from inspection_app.core.rubric import Item, Rubric
from inspection_app.core.scoring import Figures, Score, State, gate_holds, parse_number
from inspection_app.errors import N_, ScoreError


@dataclass(frozen=True)
class PanelScore:
    """What the method makes of the marks on one item; ``points`` is None where there is no mark."""

    points: Decimal | None
    used: tuple[Decimal, ...]
    working: str  # e.g. "4.5 5 5.5 → 5.00"


@dataclass(frozen=True)
class Adjudication:
    """The chair's reasoned decision on one item, in points; it stands beside the marks and replaces none."""

    item: str
    points: Decimal
    reason: str
    clause: str
    at: datetime


@dataclass(frozen=True)
class ItemResult:
    """One item of the result: every member's score by member id, and what the panel made of them."""

    item: Item
    scores: Mapping[int, Score]
    panel: PanelScore
    adjudication: Adjudication | None

    @property
    def points(self) -> Decimal | None:
        return self.adjudication.points if self.adjudication else self.panel.points

    @property
    def applicable(self) -> bool:
        """False where everybody who has the item found it not applicable: then it is not open, and earns nothing."""
        states = {score.state for score in self.scores.values()} - {State.NOT_ASSIGNED, State.RECUSED}
        return states != {State.NOT_APPLICABLE}

    @property
    def spread(self) -> Decimal:
        """The distance between the highest and the lowest mark, as a share of the item's ceiling (0..1)."""
        used = self.panel.used
        return (max(used) - min(used)) / self.item.ceiling if used and self.item.ceiling else Decimal(0)

    @property
    def unmarked(self) -> tuple[int, ...]:
        """The members who have the item but no mark on it."""
        return tuple(member for member, score in self.scores.items() if score.state is State.UNMARKED)

    @property
    def flagged(self) -> bool:
        return any(score.flags for score in self.scores.values())


@dataclass(frozen=True)
class AspectResult:
    id: str
    title: str
    bonus: bool
    points: Decimal
    ceiling: Decimal
    open_items: tuple[str, ...]


@dataclass(frozen=True)
class VetoDecision:
    """Whether a veto applies, with the proof; undecided while ``applies`` is None."""

    veto: str
    applies: bool | None = None
    proof: str = ""


@dataclass(frozen=True)
class GateDecision:
    """Whether a gate holds: by its figure, or confirmed with the proof; undecided while ``holds`` is None."""

    gate: str
    holds: bool | None = None
    proof: str = ""
    value: str = ""


@dataclass(frozen=True)
class Result:
    """The whole result; totals are sums of the rounded panel scores that are printed."""

    items: tuple[ItemResult, ...]
    aspects: tuple[AspectResult, ...]
    base: Decimal
    bonus: Decimal
    vetoes: tuple[VetoDecision, ...]
    gates: tuple[GateDecision, ...]

    @property
    def total(self) -> Decimal:
        return self.base + self.bonus

    @property
    def open_items(self) -> tuple[str, ...]:
        """Items without a panel score; as long as there are any, no total is final."""
        return tuple(no for aspect in self.aspects for no in aspect.open_items)

    @property
    def vetoed(self) -> tuple[str, ...]:
        return tuple(decision.veto for decision in self.vetoes if decision.applies)

    @property
    def failed_gates(self) -> tuple[str, ...]:
        return tuple(decision.gate for decision in self.gates if decision.holds is False)

    def item(self, no: str) -> ItemResult:
        return next(result for result in self.items if result.item.no == no)


def panel_score(marks: Iterable[Decimal | None], *, places: int = 2) -> PanelScore:
    """Take the mean of the marks that are there, rounded half up.

    Args:
        marks: points, or None where there is no mark.
        places: decimals of the panel score, 0..4.

    Raises:
        ScoreError: ``places`` is out of range.

    >>> panel_score([Decimal("4.5"), None, Decimal(5), Decimal(5)]).points
    Decimal('4.83')
    """
    if not 0 <= places <= 4:
        raise ScoreError(N_("{places} decimals cannot be used. Choose 0 to 4."), "bad-places", places=places)
    used = tuple(sorted(mark for mark in marks if mark is not None))
    if not used:
        return PanelScore(None, (), "")
    mean = (sum(used, Decimal(0)) / len(used)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return PanelScore(mean, used, f"{' '.join(f'{mark.normalize():f}' for mark in used)} → {mean}")


def consolidate(
    rubric: Rubric,
    scores: Mapping[int, Mapping[str, Score]],
    *,
    adjudications: Sequence[Adjudication] = (),
    vetoes: Sequence[VetoDecision] = (),
    gates: Sequence[GateDecision] = (),
    figures: Figures | None = None,
    places: int = 2,
) -> Result:
    """Bring all score sheets together.

    Args:
        rubric: the visit's rubric.
        scores: by member id, then by item number; items without an entry count as not assigned.
        adjudications: oldest first; the latest on an item counts.
        vetoes, gates: the latest decision on each; a gate whose figure is entered is decided by the figure alone.
        figures: the visit's agreed figures by key.
        places: decimals of each panel score.
    """
    decided = {adjudication.item: adjudication for adjudication in adjudications}
    items = tuple(
        ItemResult(
            item,
            {member: sheet[item.no] for member, sheet in scores.items() if item.no in sheet},
            panel_score(
                (sheet[item.no].points for sheet in scores.values() if item.no in sheet), places=places
            ),
            decided.get(item.no),
        )
        for item in rubric.items
    )
    by_no = {result.item.no: result for result in items}
    aspects = []
    for aspect in rubric.aspects:
        results = [by_no[item.no] for item in aspect.items]
        aspects.append(
            AspectResult(
                aspect.id, aspect.title, aspect.bonus,
                sum((result.points for result in results if result.points is not None), Decimal(0)),
                aspect.ceiling,
                tuple(result.item.no for result in results if result.points is None and result.applicable),
            )
        )  # fmt: skip
    return Result(
        items,
        tuple(aspects),
        sum((aspect.points for aspect in aspects if not aspect.bonus), Decimal(0)),
        sum((aspect.points for aspect in aspects if aspect.bonus), Decimal(0)),
        _veto_decisions(rubric, vetoes),
        _gate_decisions(rubric, gates, figures or {}),
    )


def check_adjudication(item: Item, points: object, reason: str, *, places: int) -> Decimal:
    """Return an adjudication's points as a decimal.

    Raises:
        ScoreError: points outside 0..ceiling or finer than the method's decimals, or no reason.
    """
    number = parse_number(points, item=item.no)
    if not 0 <= number <= item.ceiling:
        raise ScoreError(
            N_("Item {item}: {points} points are not between 0 and {ceiling}. Enter points in this range."),
            "out-of-range", item=item.no, points=number, ceiling=item.ceiling,
        )  # fmt: skip
    if number != number.quantize(Decimal(1).scaleb(-places)):
        raise ScoreError(
            N_("Item {item}: panel scores have {places} decimals. Round {points} to them."),
            "too-fine", item=item.no, places=places, points=number,
        )  # fmt: skip
    if not reason.strip():
        raise ScoreError(
            N_("Item {item}: an adjudication needs a reason. Say which clause and why."), "no-reason", item=item.no
        )
    return number


def _veto_decisions(rubric: Rubric, decisions: Sequence[VetoDecision]) -> tuple[VetoDecision, ...]:
    latest = {decision.veto: decision for decision in decisions}
    return tuple(latest.get(veto.id, VetoDecision(veto.id)) for veto in rubric.vetoes)


def _gate_decisions(rubric: Rubric, decisions: Sequence[GateDecision], figures: Figures) -> tuple[GateDecision, ...]:
    latest = {decision.gate: decision for decision in decisions}
    found = []
    for gate in rubric.gates:
        value = figures.get(gate.figure) if gate.figure else None
        if value is None:  # nothing to compare: the panel's own decision counts
            found.append(latest.get(gate.id, GateDecision(gate.id)))
            continue
        shown = value.get("value") if isinstance(value, Mapping) else value
        found.append(
            GateDecision(gate.id, gate_holds(gate.holds, value), value="" if shown is None else str(shown))
        )
    return tuple(found)
