"""From the experts' marks to the panel's scores and the result of the visit.

Marks are never edited: an adjudication is a decision of its own beside them. What is not marked, not applicable,
recused or not assigned is left out of the mean, and never counts as zero. Pass lines are the rubric's; where its text
is silent there is no verdict here. Means are exact fractions until they are rounded, half up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal, Inexact
from enum import StrEnum
from fractions import Fraction
from functools import cached_property, lru_cache, reduce

from inspection_app.core.rubric import AspectKind, Choice, Item, Rubric
from inspection_app.core.scoring import Figures, Score, State, gate_holds, parse_number
from inspection_app.core.totals import Basis, Reading, Standing, Verdict, add_up
from inspection_app.errors import N_, ScoreError


class Method(StrEnum):
    """How the marks on one item become the panel's score; fixed before scoring begins."""

    MEAN = "mean"
    DROP_HIGH_LOW = "drop_high_low"  # without exactly one highest and one lowest mark
    MEDIAN = "median"


class Rounding(StrEnum):
    """What is rounded: it changes results, so it is part of the method and printed with it."""

    ITEMS = "items"  # each panel score; totals are sums of what is printed
    TOTAL = "total"  # exact panel scores are added and only the sums are rounded


METHOD_TITLES = {
    Method.MEAN: N_("Mean"),
    Method.DROP_HIGH_LOW: N_("Mean without the highest and the lowest mark"),
    Method.MEDIAN: N_("Median"),
}
ROUNDING_TITLES = {
    Rounding.ITEMS: N_("Round every item, then add"),
    Rounding.TOTAL: N_("Add exactly, round only the totals"),
}

FEWEST_TO_DROP = 5
"""Dropping two of fewer marks would leave the score to one or two experts."""

WIDE_SPREAD = Decimal("0.4")
"""From this share of an item's points on, a spread is shown as wide. Source: practice, no official text says so."""

MOST_PLACES, MOST_MARKS = 4, 15

_EXACT = Context(prec=100, traps=[Inexact])
"""Sums of marks as they are: ``parse_number`` takes twenty characters, and far more digits fit in here."""


@dataclass(frozen=True)
class Reckoning:
    """A method with all that belongs to it: decimals, rounding order, and the fewest marks an item needs."""

    method: str = Method.MEAN
    places: int = 2
    rounding: str = Rounding.ITEMS
    min_marks: int = 1


@dataclass(frozen=True)
class MethodChange:
    """The chair's reasoned change of the method after scoring began; it is printed with the result."""

    before: Reckoning
    after: Reckoning
    reason: str
    at: datetime
    opened: bool  # whether the marks were open by then


@dataclass(frozen=True)
class PanelScore:
    """What the method makes of the marks on one item; ``points`` is None where there are fewer than ``needed``."""

    points: Decimal | None
    used: tuple[Decimal, ...]
    dropped: tuple[Decimal, ...] = ()
    working: str = ""  # in signs that need no translation: "4.5 4.5 5 5 6 − 4.5, 6 → 4.83", "4 5 → — (2 < 3)"
    exact: Fraction | None = None  # before rounding
    needed: int = 1

    @property
    def marks(self) -> tuple[Decimal, ...]:
        """All marks, those that were dropped as well."""
        return tuple(sorted(self.used + self.dropped)) if self.dropped else self.used

    @property
    def too_few(self) -> bool:
        """True where there are marks, but not as many as the method needs."""
        return self.points is None and bool(self.used)


@dataclass(frozen=True)
class Adjudication:
    """The chair's reasoned decision on one item, in points; it stands beside the marks and replaces none.

    Without points it says that the method's score stands: after an adjudication, or after talking it over.
    """

    item: str
    points: Decimal | None
    reason: str
    clause: str
    at: datetime


@dataclass(frozen=True)
class ItemResult:
    """One item of the result: every member's score by member id, and what the panel made of them.

    ``adjudication`` is the latest decision on the item where it gave points; ``let_stand`` the latest where it said
    that the method's score stands.
    """

    item: Item
    scores: Mapping[int, Score]
    panel: PanelScore
    adjudication: Adjudication | None
    deduction: bool = False
    let_stand: Adjudication | None = None

    @property
    def points(self) -> Decimal | None:
        return self.panel.points if self.adjudication is None else self.adjudication.points

    @cached_property
    def applicable(self) -> bool:
        """False where everybody who has the item found it not applicable: then it is not open, and earns nothing."""
        states = {score.state for score in self.scores.values()} - {State.NOT_ASSIGNED, State.RECUSED, State.EXCUSED}
        return states != {State.NOT_APPLICABLE}

    @property
    def spread(self) -> Decimal:
        """The distance between the highest and the lowest mark, as a share of the item's ceiling (0..1)."""
        marks, ceiling = self.panel.marks, self.item.ceiling
        return (marks[-1] - marks[0]) / ceiling if marks and ceiling else Decimal(0)

    @property
    def wide(self) -> bool:
        """True where the marks lie so far apart that the panel should talk about it."""
        return self.spread >= WIDE_SPREAD

    @property
    def exact(self) -> Fraction | None:
        """The points before rounding; an adjudication is exact as it stands."""
        decided = self.adjudication.points if self.adjudication else None
        return self.panel.exact if decided is None else Fraction(decided)

    @property
    def lost(self) -> Decimal | None:
        """The points that are missing to the ceiling, or that come off; None where there is no panel score."""
        if self.points is None or self.deduction:
            return self.points
        return self.item.ceiling - self.points

    @cached_property
    def ceiling(self) -> Decimal:
        """What of the item's ceiling applies, in points: a clause is left out where nobody found it applicable."""
        found = [score.applicable for score in self.scores.values() if score.points is not None]
        if self.adjudication is None and not self.applicable:
            return Decimal(0)
        return max(found, default=self.item.ceiling)

    @property
    def unmarked(self) -> tuple[int, ...]:
        """The members who have the item but no mark on it."""
        return tuple(member for member, score in self.scores.items() if score.state is State.UNMARKED)

    @property
    def flags(self) -> frozenset[str]:
        """Why the chair should look, of all sheets together."""
        return frozenset(flag for score in self.scores.values() for flag in score.flags)

    @property
    def flagged(self) -> bool:
        return bool(self.flags)

    @property
    def settled(self) -> bool:
        """True where the chair has decided the item, or said that the method's score stands."""
        return self.adjudication is not None or (self.let_stand is not None and self.panel.points is not None)

    @property
    def tiers_apart(self) -> int:
        """The most levels that two experts lie apart on one tiered clause; they are counted as the text lists them."""
        most = 0
        for criterion in self.item.criteria:
            if isinstance(criterion, Choice):
                levels = {line.text: line.points for score in self.scores.values() if score.points is not None
                          for line in score.lines if line.criterion == criterion.id and line.points is not None}
                places = [at for at, tier in enumerate(criterion.tiers) if levels.get(tier.text) == tier.points]
                most = max(most, places[-1] - places[0] if places else 0)
        return most


@dataclass(frozen=True)
class AspectResult:
    """An aspect's points, rounded as the method says; of deductions: what comes off."""

    id: str
    title: str
    kind: AspectKind
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
    """Whether a gate holds: by its figure, or confirmed with the proof; undecided while ``holds`` is None.

    Where the text can be read in two ways (``Gate.plus``), ``other`` and ``other_holds`` are the second reading. It
    decides only where the two lead apart and it was ``chosen``; as long as nothing is, the first does.
    """

    gate: str
    holds: bool | None = None
    proof: str = ""
    value: str = ""
    other: str = ""
    other_holds: bool | None = None
    chosen: Reading | None = None  # only where the readings differ

    @property
    def readings_differ(self) -> bool:
        """True where the gate holds by one reading and fails by the other: the panel must be told."""
        return self.chosen is not None or (self.other_holds is not None and self.other_holds is not self.holds)


@dataclass(frozen=True)
class ReadingChoice:
    """The chair's reasoned choice between two readings of the text: of a gate by its id, or of the totals.

    ``gate`` is empty for the totals; ``reading`` is None where a choice was taken back.
    """

    gate: str
    reading: Reading | None
    reason: str
    at: datetime


@dataclass(frozen=True)
class Result:
    """The whole result. Rounded by items, every total is the sum of what is printed; rounded by total, each sum is
    rounded by itself, so that ``total`` may differ from its parts in the last decimal.

    ``total`` is base less deductions, not below nought, plus bonus. Where some of the ``maximum`` is not
    ``applicable``, ``prorated`` is the other reading. ``verdict`` is what the text makes of the totals before they are
    rounded (see ``core.totals``).
    """

    items: tuple[ItemResult, ...]
    aspects: tuple[AspectResult, ...]
    base: Decimal
    bonus: Decimal
    deductions: Decimal
    total: Decimal
    maximum: Decimal
    applicable: Decimal
    prorated: Decimal | None
    verdict: str
    basis: Basis
    vetoes: tuple[VetoDecision, ...]
    gates: tuple[GateDecision, ...]
    readings: Mapping[str, ReadingChoice] = field(default_factory=dict)  # those in force, as ``ReadingChoice.gate``

    @property
    def undecided_readings(self) -> tuple[str, ...]:
        """Where two readings lead to different verdicts and none is chosen: gates by id, the totals as ``""``."""
        total = [""] if self.basis is Basis.READINGS and self.verdict == Verdict.UNDECIDED else []
        return (*total, *(one.gate for one in self.gates if one.readings_differ and one.chosen is None))

    @property
    def open_items(self) -> tuple[str, ...]:
        """Items without a panel score; as long as there are any, no total is final."""
        return tuple(no for aspect in self.aspects for no in aspect.open_items)

    @property
    def in_part(self) -> bool:
        """True where some of the maximum does not apply: then raw and prorated total are both shown."""
        return self.applicable != self.maximum

    @property
    def vetoed(self) -> tuple[str, ...]:
        return tuple(decision.veto for decision in self.vetoes if decision.applies)

    def item(self, no: str) -> ItemResult:
        return next(result for result in self.items if result.item.no == no)


def panel_score(
    marks: Iterable[Decimal | int | float | str | None],
    *,
    method: str = Method.MEAN,
    places: int = 2,
    min_marks: int = 1,
) -> PanelScore:
    """Make one score of the marks that are there, rounded half up.

    Args:
        marks: points as ``core.scoring.parse_number`` takes them, or None where there is no mark.
        method: ``"mean"``, ``"drop_high_low"`` (without exactly one highest and one lowest) or ``"median"`` (of an
            even count: the mean of the two in the middle).
        places: decimals of the panel score, 0..4.
        min_marks: with fewer marks than this there is no panel score, 1..15.

    Raises:
        ScoreError: a mark is no number, there is no such method, a number is out of range, or fewer than 5 marks for
            ``"drop_high_low"``.

    >>> panel_score([Decimal("4.5"), None, Decimal(5), Decimal(5)]).points
    Decimal('4.83')
    >>> panel_score(["6", "4.5", "5", "4.5", "5"], method="drop_high_low").working
    '4.5 4.5 5 5 6 − 4.5, 6 → 4.83'
    """
    check_method(method, places=places, min_marks=min_marks)
    there = tuple(sorted(parse_number(mark, item="—") for mark in marks if mark is not None))
    if method == Method.DROP_HIGH_LOW and len(there) < FEWEST_TO_DROP:
        raise ScoreError(
            N_("There are {count} marks. Dropping the highest and the lowest needs at least {fewest}: use the mean or "
               "the median, or wait for more marks."),
            "too-few", count=len(there), fewest=FEWEST_TO_DROP,
        )  # fmt: skip
    return _panel_score(there, method, places, min_marks)


def marks_needed(method: str, min_marks: int) -> int:
    """Return how many marks an item needs to have a panel score."""
    return max(min_marks, FEWEST_TO_DROP) if method == Method.DROP_HIGH_LOW else min_marks


def _panel_score(marks: tuple[Decimal, ...], method: str, places: int, min_marks: int) -> PanelScore:
    """Make one score of sorted marks, or say why there is none."""
    needed = marks_needed(method, min_marks)
    if len(marks) < needed:
        why = f"{_signs(marks)} → — ({len(marks)} < {needed})" if marks else ""
        return PanelScore(None, marks, (), why, None, needed)
    used, middle, shown = marks, marks, _signs(marks)
    dropped: tuple[Decimal, ...] = ()
    if method == Method.DROP_HIGH_LOW:
        used = middle = marks[1:-1]
        dropped = (marks[0], marks[-1])
        shown += f" − {_signs(dropped, ', ')}"
    elif method == Method.MEDIAN:
        first, last = (len(marks) - 1) // 2, len(marks) // 2 + 1
        middle = marks[first:last]
        shown = " ".join(filter(None, (_signs(marks[:first]), f"[{_signs(middle)}]", _signs(marks[last:]))))
    over, under = reduce(_EXACT.add, middle).as_integer_ratio()
    exact = Fraction(over, under * len(middle))
    points = half_up(exact, places)
    return PanelScore(points, used, dropped, f"{shown} → {points}", exact, needed)


def _signs(marks: Sequence[Decimal], between: str = " ") -> str:
    return between.join(map(_sign, marks))


@lru_cache(maxsize=10_000)
def _sign(mark: Decimal) -> str:
    return f"{mark.normalize():f}"  # the same for 5 and 5.0, which are one key


def half_up(number: Fraction, places: int) -> Decimal:
    """Round a fraction at once, halves away from nought; a division of decimals would have rounded it before."""
    over, under = number.as_integer_ratio()
    whole = (2 * abs(over) * 10**places + under) // (2 * under)  # whole numbers throughout: exact, and quicker
    return Decimal(whole if over >= 0 else -whole).scaleb(-places)


def check_method(method: str, *, places: int, rounding: str = Rounding.ITEMS, min_marks: int = 1) -> None:
    """Refuse a way of consolidating that does not exist.

    Raises:
        ScoreError: an unknown method or rounding, ``places`` outside 0..4, ``min_marks`` outside 1..15.
    """
    if method not in list(Method):
        raise ScoreError(
            N_("There is no method “{method}”. Choose mean, drop_high_low or median."), "unknown-method", method=method
        )
    if not 0 <= places <= MOST_PLACES:
        raise ScoreError(N_("{places} decimals cannot be used. Choose 0 to 4."), "bad-places", places=places)
    if rounding not in list(Rounding):
        raise ScoreError(
            N_("There is no rounding “{rounding}”. Choose items or total."), "unknown-rounding", rounding=rounding
        )
    if not 1 <= min_marks <= MOST_MARKS:
        raise ScoreError(
            N_("{count} marks an item cannot be asked for. Choose 1 to {most}."),
            "bad-min-marks", count=min_marks, most=MOST_MARKS,
        )  # fmt: skip


def consolidate(
    rubric: Rubric,
    scores: Mapping[int, Mapping[str, Score]],
    *,
    adjudications: Sequence[Adjudication] = (),
    vetoes: Sequence[VetoDecision] = (),
    gates: Sequence[GateDecision] = (),
    readings: Sequence[ReadingChoice] = (),
    figures: Figures | None = None,
    places: int = 2,
    method: str = Method.MEAN,
    rounding: str = Rounding.ITEMS,
    min_marks: int = 1,
) -> Result:
    """Bring all score sheets together.

    Args:
        rubric: the visit's rubric.
        scores: by member id, then by item number; items without an entry count as not assigned.
        adjudications: oldest first; the latest on an item counts.
        vetoes, gates: the latest decision on each; a gate whose figure is entered is decided by the figure alone.
        readings: oldest first; the latest on each counts, and only where the readings lead to different verdicts.
        figures: the visit's agreed figures by key.
        method, places, min_marks: as for ``panel_score``; an item with too few marks stays open.
        rounding: ``"items"`` or ``"total"``.

    Raises:
        ScoreError: as ``check_method`` does.
    """
    check_method(method, places=places, rounding=rounding, min_marks=min_marks)
    decided = {adjudication.item: adjudication for adjudication in adjudications}
    chosen = {choice.gate: choice for choice in readings}

    def item_result(item: Item, deduction: bool) -> ItemResult:
        no = item.no
        own = {member: sheet[no] for member, sheet in scores.items() if no in sheet}
        marks = sorted([score.points for score in own.values() if score.points is not None])
        panel = _panel_score(tuple(marks), method, places, min_marks)
        latest = decided.get(no)
        if latest is None:
            return ItemResult(item, own, panel, None, deduction)
        stands = latest.points is None
        return ItemResult(item, own, panel, None if stands else latest, deduction, latest if stands else None)

    items = tuple(item_result(item, aspect.deduction) for aspect in rubric.aspects for item in aspect.items)
    veto_decisions = _veto_decisions(rubric, vetoes)
    by_items = rounding == Rounding.ITEMS
    totals = add_up(
        rubric,
        {result.item.no: _standing(result, by_items) for result in items},
        vetoes=[decision.veto for decision in veto_decisions if decision.applies],
        reading=chosen[""].reading if "" in chosen else None,
    )
    gate_decisions = _gate_decisions(rubric, gates, figures or {}, chosen)
    in_force = {one.gate for one in gate_decisions if one.chosen}
    if totals.basis is Basis.READINGS and totals.verdict != Verdict.UNDECIDED:
        in_force.add("")

    def shown(exact: Fraction) -> Decimal:
        rounded = half_up(exact, places)
        return rounded if not by_items or rounded == exact else _decimal(exact)

    aspects = tuple(
        AspectResult(aspect.id, aspect.title, aspect.kind, shown(sums.points), aspect.ceiling, sums.open_items)
        for aspect, sums in zip(rubric.aspects, totals.aspects, strict=True)
    )
    return Result(
        items,
        aspects,
        shown(totals.base),
        shown(totals.bonus),
        shown(totals.deductions),
        shown(totals.total),
        totals.maximum,
        totals.applicable,
        None if totals.prorated is None else half_up(totals.prorated, places),
        totals.verdict,
        totals.basis,
        veto_decisions,
        gate_decisions,
        {gate: choice for gate, choice in chosen.items() if gate in in_force},
    )


def _decimal(sum_: Fraction) -> Decimal:
    """Write a sum of decimals as a decimal again; nothing is lost."""
    return Decimal(sum_.numerator) / Decimal(sum_.denominator)


def _standing(result: ItemResult, rounded: bool) -> Standing:
    points = result.points if rounded else result.exact
    return Standing(
        None if points is None else Fraction(*points.as_integer_ratio()), result.ceiling,
        result.points is None and result.applicable,
    )  # fmt: skip


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


def _gate_decisions(
    rubric: Rubric, decisions: Sequence[GateDecision], figures: Figures, chosen: Mapping[str, ReadingChoice]
) -> tuple[GateDecision, ...]:
    latest = {decision.gate: decision for decision in decisions}
    found = []
    for gate in rubric.gates:
        value = figures.get(gate.figure) if gate.figure else None
        if value is None:  # nothing to compare: the panel's own decision counts
            found.append(latest.get(gate.id, GateDecision(gate.id)))
            continue
        shown = _shown(value)
        other = _sum(shown, _shown(figures.get(gate.plus))) if gate.plus else ""
        holds, other_holds = gate_holds(gate.holds, value), gate_holds(gate.holds, other) if other else None
        reading = chosen[gate.id].reading if gate.id in chosen and other_holds not in {None, holds} else None
        counts = other_holds if reading is Reading.SECOND else holds
        found.append(GateDecision(gate.id, counts, "", shown, other, other_holds, reading))
    return tuple(found)


def _shown(value: object) -> str:
    entered = value.get("value") if isinstance(value, Mapping) else value
    return "" if entered is None else str(entered)


def _sum(value: str, addend: str) -> str:
    """Add two figures as they were entered; nothing where one of them is missing."""
    return f"{parse_number(value, item='') + parse_number(addend, item=''):f}" if value and addend else ""
