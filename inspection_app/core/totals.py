"""From points per item to the totals of a sheet, or of the panel, and to the verdict the text gives.

One place adds up: the base, capped by aspect where the text says so, less the deductions but never below nought, plus
the bonus. What is not applicable leaves the maximum, and the prorated total says what the base would be worth in full.
The verdict is the text's: a veto's grade, a pass line, or none where the text is silent; nothing is rounded before it
is compared. Sums are exact fractions; rounding belongs to consolidation.

Source: 800 分及以上为合格 (hunan-city); 考核结果一律为D级 (huiji-district, pingdingshan-city).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from inspection_app.core.rubric import Aspect, AspectKind, Rubric
from inspection_app.core.scoring import Answers, Figures, Score, State, score_answers
from inspection_app.errors import N_, NotFound


class Verdict(StrEnum):
    """What the text makes of a total, beside the grade that a veto may set."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNDECIDED = "undecided"  # items are open, the text is silent, or the two readings of the total differ


class Basis(StrEnum):
    """What a verdict rests on, or why there is none."""

    VETO = "veto"
    PASS_LINE = "pass_line"  # noqa: S105  it is a word, not a password
    READINGS = "readings"  # raw and prorated total lie on different sides of the pass line: the panel's choice decides
    OPEN = "open"  # items are open
    SILENT = "silent"  # the text has no pass line


class Reading(StrEnum):
    """Which of two readings of the text counts, where they lead to different verdicts."""

    FIRST = "first"  # of the totals: the raw one; of a gate: its figure as it is
    SECOND = "second"  # of the totals: the prorated one; of a gate: with the figure that is added


@dataclass(frozen=True)
class Standing:
    """Where an item stands: its points (None while missing or not applicable) and what of its ceiling applies."""

    points: Fraction | None
    applicable: Decimal
    missing: bool


@dataclass(frozen=True)
class AspectTotal:
    """An aspect's points so far, exact; of deductions: what comes off. ``applicable`` is the ceiling that applies."""

    id: str
    kind: AspectKind
    points: Fraction
    ceiling: Decimal
    applicable: Decimal
    open_items: tuple[str, ...]


@dataclass(frozen=True)
class Totals:
    """The sums, exact: ``total`` is base less deductions, not below nought, plus bonus; ``maximum`` is without bonus.

    ``prorated`` is the base less deductions as a share of what applies, times the maximum, plus the bonus; None where
    nothing applies. ``verdict`` is a ``Verdict`` or the grade that a veto sets, and rests on ``basis``.
    """

    aspects: tuple[AspectTotal, ...]
    base: Fraction
    bonus: Fraction
    deductions: Fraction
    total: Fraction
    maximum: Decimal
    applicable: Decimal
    prorated: Fraction | None
    verdict: str
    basis: Basis

    @property
    def open_items(self) -> tuple[str, ...]:
        return tuple(no for aspect in self.aspects for no in aspect.open_items)

    @property
    def in_part(self) -> bool:
        """True where some of the maximum does not apply: then raw and prorated total are both shown."""
        return self.applicable != self.maximum


@dataclass(frozen=True)
class SheetScore(Totals):
    """A whole sheet scored: its totals, and every item's score by item number."""

    items: Mapping[str, Score]

    @property
    def flags(self) -> Mapping[str, tuple[str, ...]]:
        """Why the chair should look, by item number; items without a flag are left out."""
        return {no: score.flags for no, score in self.items.items() if score.flags}


def score_sheet(
    rubric: Rubric,
    answers: Mapping[str, Answers],
    figures: Figures | None = None,
    *,
    vetoes: Collection[str] = (),
) -> SheetScore:
    """Score a whole sheet.

    Args:
        rubric: the rubric.
        answers: by item number, then by criterion id, as for ``score_item``.
        figures: the agreed figures by key.
        vetoes: the ids of the vetoes that apply.

    Raises:
        ScoreError: as ``score_item`` does.
        NotFound: an item or a veto that the rubric does not have.
    """
    for no in answers:
        rubric.item(no)
    items = score_answers(rubric, answers, figures)
    standings = {
        no: Standing(
            None if score.points is None else Fraction(score.points), score.applicable,
            score.state is State.UNMARKED,
        )
        for no, score in items.items()
    }  # fmt: skip
    return SheetScore(**vars(add_up(rubric, standings, vetoes=vetoes)), items=items)


def add_up(
    rubric: Rubric,
    standings: Mapping[str, Standing],
    *,
    vetoes: Collection[str] = (),
    reading: Reading | None = None,
) -> Totals:
    """Add up what stands for each item, and say what the text makes of it.

    Args:
        standings: by item number, for every item of the rubric.
        vetoes: the ids of the vetoes that apply.
        reading: the total that was chosen to count, where the raw and the prorated one lead to different verdicts.

    Raises:
        NotFound: a veto that the rubric does not have.
    """
    aspects = tuple(_aspect(aspect, standings) for aspect in rubric.aspects)
    sums = {kind: _sum(aspects, kind) for kind in AspectKind}
    left = max(sums[AspectKind.BASE] - sums[AspectKind.DEDUCTION], Fraction(0))
    maximum = rubric.base_total
    applicable = sum((aspect.applicable for aspect in aspects if aspect.kind is AspectKind.BASE), Decimal(0))
    total = left + sums[AspectKind.BONUS]
    prorated = left * Fraction(maximum) / Fraction(applicable) + sums[AspectKind.BONUS] if applicable else None
    open_ = any(aspect.open_items for aspect in aspects)
    return Totals(
        aspects, sums[AspectKind.BASE], sums[AspectKind.BONUS], sums[AspectKind.DEDUCTION], total, maximum,
        applicable, prorated, *_verdict(rubric, total, prorated, open_, vetoes, reading),
    )  # fmt: skip


def _aspect(aspect: Aspect, standings: Mapping[str, Standing]) -> AspectTotal:
    own = [standings[item.no] for item in aspect.items]
    points = sum((standing.points for standing in own if standing.points is not None), Fraction(0))
    applicable = sum((standing.applicable for standing in own), Decimal(0))
    return AspectTotal(
        aspect.id, aspect.kind, min(points, Fraction(aspect.ceiling)), aspect.ceiling,
        min(applicable, aspect.ceiling),
        tuple(item.no for item, standing in zip(aspect.items, own, strict=True) if standing.missing),
    )  # fmt: skip


def _sum(aspects: tuple[AspectTotal, ...], kind: AspectKind) -> Fraction:
    return sum((aspect.points for aspect in aspects if aspect.kind is kind), Fraction(0))


def _verdict(
    rubric: Rubric,
    total: Fraction,
    prorated: Fraction | None,
    open_: bool,
    vetoes: Collection[str],
    reading: Reading | None,
) -> tuple[str, Basis]:
    """Let a veto come first: it overrides the score, and does not wait for open items."""
    known = {veto.id: veto for veto in rubric.vetoes}
    for id_ in vetoes:
        if id_ not in known:
            raise NotFound(
                N_("The rubric “{rubric}” has no veto “{veto}”. Its vetoes are: {known}."),
                "unknown-veto", rubric=rubric.id, veto=id_, known=", ".join(known) or "—",
            )  # fmt: skip
    if vetoes:
        return next((known[id_].grade for id_ in vetoes if known[id_].grade), Verdict.FAIL), Basis.VETO
    if rubric.pass_line is None:
        return Verdict.UNDECIDED, Basis.SILENT
    if open_:
        return Verdict.UNDECIDED, Basis.OPEN
    passes = [one >= rubric.pass_line for one in (total, prorated) if one is not None]
    if len(set(passes)) == 1:
        return (Verdict.PASS if passes[0] else Verdict.FAIL), Basis.PASS_LINE
    if reading is None:
        return Verdict.UNDECIDED, Basis.READINGS
    return (Verdict.PASS if passes[reading is Reading.SECOND] else Verdict.FAIL), Basis.READINGS
