"""How far the experts' marks agree: ICC(2,1), ICC(2,k), Kendall's W and Krippendorff's alpha, for the panel only.

Nothing here enters a score, and nothing of it is told to the applicant. All four are ratios of sums, so they are
reckoned in exact fractions and rounded once, to four decimals: the order of the experts or of the items cannot change
them. Where the marks leave a figure undefined there is a reason in its place, never a number that looks like one.

Source: Shrout & Fleiss, Intraclass correlations, Psychological Bulletin 86 (1979), cases 2 (two-way random, absolute
agreement); Kendall & Gibbons, Rank Correlation Methods, 5th ed., ch. 6 (W, corrected for ties); Krippendorff, Content
Analysis, 4th ed., ch. 12 (alpha for interval data, with missing values).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from inspection_app.core.consolidation import half_up
from inspection_app.errors import N_, Message, ScoreError

Mark = Decimal | Fraction | float | int | None

PLACES = 4
FAR = Fraction(1, 10)
"""From this mean difference of score rates on, an expert is shown as far from the others. Source: practice."""
FEWEST_TO_COMPARE = 3
"""On fewer items than this, a difference to the others says nothing about an expert."""

TOO_FEW_EXPERTS = N_("There are fewer than two experts with marks.")
TOO_FEW_ITEMS = N_("Fewer than two items were marked by at least two experts.")
NO_COMPLETE_ITEMS = N_("Fewer than two items were marked by every expert; marks are missing.")
IDENTICAL = N_("All marks are the same share of the points, so that there is nothing to compare.")
ONLY_CHANCE = N_("The items do not differ from each other, so that the figure has no meaning.")


@dataclass(frozen=True)
class Statistic:
    """One figure, or the ``reason`` (a catalogue key) why there is none; ``items`` are those that it rests on."""

    value: Decimal | None
    reason: Message | None = None
    items: int = 0


@dataclass(frozen=True)
class Agreement:
    """The four figures. ICC and W rest on the items that every expert marked, alpha on those that two or more did.

    1 is full agreement. W lies between 0 and 1; the others are about 0, or below, where marks agree no better than
    chance. ``experts`` counts those with any mark, ``items`` the items with any.
    """

    icc_2_1: Statistic
    icc_2_k: Statistic
    kendall_w: Statistic
    alpha_interval: Statistic
    experts: int
    items: int


@dataclass(frozen=True)
class Leaning:
    """How far an expert marks above (positive) or below the others: a mean difference of score rates, −1..1.

    ``difference`` is None where the expert has no item in common with another.
    """

    difference: Decimal | None
    items: int

    @property
    def far(self) -> bool:
        """True where the panel should know; it says nothing about who is right."""
        return self.difference is not None and self.items >= FEWEST_TO_COMPARE and abs(self.difference) >= FAR


def agreement(matrix: Iterable[Sequence[Mark]]) -> Agreement:
    """Measure how far the experts agree.

    Args:
        matrix: a row for every item, a column for every expert; score rates (mark ÷ full mark) in 0..1, so that items
            worth more do not weigh more; None where there is no mark. Rows or columns without any mark say nothing.

    Raises:
        ScoreError: rows of different lengths, or a mark that is not a finite number.

    Source: see the head of this module. The example is Shrout & Fleiss (1979), table 2.

    >>> found = agreement([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found.icc_2_1.value, found.icc_2_k.value
    (Decimal('0.2898'), Decimal('0.6201'))
    """
    rows = _rows(matrix)
    present = [place for place in range(len(rows[0]) if rows else 0) if any(row[place] is not None for row in rows)]
    marked = [[row[place] for place in present] for row in rows]
    marked = [row for row in marked if any(mark is not None for mark in row)]
    complete = [found for row in marked if len(found := [mark for mark in row if mark is not None]) == len(present)]
    one, several = _icc(complete, len(present))
    return Agreement(
        one, several, _kendall_w(complete, len(present)), _alpha(marked, len(present)), len(present), len(marked)
    )


def leanings(matrix: Iterable[Sequence[Mark]]) -> tuple[Leaning, ...]:
    """Compare every expert with the mean of the others on the same items, by column; a hint, and no judgement.

    Args:
        matrix: as for ``agreement``.

    Raises:
        ScoreError: as ``agreement`` does.

    >>> [str(one.difference) for one in leanings([[0.9, 0.5, 0.5], [0.8, 0.4, None]])]
    ['0.4000', '-0.3000', '-0.2000']
    """
    rows = _rows(matrix)
    found = []
    for place in range(len(rows[0]) if rows else 0):
        apart = []
        for row in rows:
            own, others = row[place], [mark for at, mark in enumerate(row) if at != place and mark is not None]
            if own is not None and others:
                apart.append(own - sum(others, Fraction(0)) / len(others))
        mean = half_up(sum(apart, Fraction(0)) / len(apart), PLACES) if apart else None
        found.append(Leaning(mean, len(apart)))
    return tuple(found)


def _rows(matrix: Iterable[Sequence[Mark]]) -> list[list[Fraction | None]]:
    rows = [[None if mark is None else _exact(mark) for mark in row] for row in matrix]
    if len({len(row) for row in rows}) > 1:
        raise ScoreError(
            N_("The items have different numbers of experts. Give every item one mark, or none, for each expert."),
            "ragged",
        )
    return rows


def _exact(mark: Mark) -> Fraction:
    """Take a float as the decimal that it prints as."""
    try:
        return Fraction(str(mark) if isinstance(mark, float) else mark)  # type: ignore[arg-type]
    except (ValueError, OverflowError, TypeError):
        raise ScoreError(
            N_("“{value}” is not a mark that can be used. Give a number, or None where there is no mark."),
            "not-a-number", value=mark,
        ) from None  # fmt: skip


def _statistic(over: Fraction, under: Fraction, items: int, undefined: Message) -> Statistic:
    if under <= 0:
        return Statistic(None, undefined, items)
    return Statistic(half_up(over / under, PLACES), None, items)


def _too_few(rows: Sequence[object], experts: int, reason: Message) -> Statistic | None:
    if experts < 2:
        return Statistic(None, TOO_FEW_EXPERTS, len(rows))
    return Statistic(None, reason, len(rows)) if len(rows) < 2 else None


def _icc(rows: list[list[Fraction]], experts: int) -> tuple[Statistic, Statistic]:
    """Reckon ICC(2,1) and ICC(2,k) from the mean squares between items, between experts, and of the rest."""
    if refusal := _too_few(rows, experts, NO_COMPLETE_ITEMS):
        return refusal, refusal
    n, k = len(rows), experts
    whole = sum((sum(row, Fraction(0)) for row in rows), Fraction(0))
    middle = whole * whole / (n * k)
    squares = sum((mark * mark for row in rows for mark in row), Fraction(0)) - middle
    items = sum((sum(row, Fraction(0)) ** 2 for row in rows), Fraction(0)) / k - middle
    people = sum((sum(column, Fraction(0)) ** 2 for column in zip(*rows, strict=True)), Fraction(0)) / n - middle
    msr, msc = items / (n - 1), people / (k - 1)
    mse = (squares - items - people) / ((n - 1) * (k - 1))
    undefined = IDENTICAL if squares == 0 else ONLY_CHANCE
    return (
        _statistic(msr - mse, msr + (k - 1) * mse + k * (msc - mse) / n, n, undefined),
        _statistic(msr - mse, msr + (msc - mse) / n, n, undefined),
    )


def _kendall_w(rows: list[list[Fraction]], experts: int) -> Statistic:
    """Reckon W over mean ranks; every expert's ties make the greatest possible sum of squares smaller."""
    if refusal := _too_few(rows, experts, NO_COMPLETE_ITEMS):
        return refusal
    n, sums, tied = len(rows), [Fraction(0)] * len(rows), 0
    for column in zip(*rows, strict=True):
        counts = Counter(column)
        rank, ranks = Fraction(0), {}
        for mark in sorted(counts):
            ranks[mark] = rank + Fraction(counts[mark] + 1, 2)
            rank += counts[mark]
        sums = [before + ranks[mark] for before, mark in zip(sums, column, strict=True)]
        tied += sum(count**3 - count for count in counts.values())
    mean = Fraction(experts * (n + 1), 2)
    apart = sum(((one - mean) ** 2 for one in sums), Fraction(0))
    return _statistic(12 * apart, Fraction(experts**2 * (n**3 - n) - experts * tied), n, IDENTICAL)


def _alpha(rows: list[list[Fraction | None]], experts: int) -> Statistic:
    """Reckon 1 − observed ÷ expected disagreement, both as mean squared differences of pairs of marks."""
    units = [found for row in rows if len(found := [mark for mark in row if mark is not None]) > 1]
    if refusal := _too_few(units, experts, TOO_FEW_ITEMS):
        return refusal
    marks = [mark for unit in units for mark in unit]
    observed = sum((_squared_differences(unit) / (len(unit) - 1) for unit in units), Fraction(0)) / len(marks)
    expected = _squared_differences(marks) / (len(marks) * (len(marks) - 1))
    return _statistic(expected - observed, expected, len(units), IDENTICAL)


def _squared_differences(marks: Sequence[Fraction]) -> Fraction:
    """Sum up the squared differences of all ordered pairs."""
    whole = sum(marks, Fraction(0))
    return 2 * (len(marks) * sum((mark * mark for mark in marks), Fraction(0)) - whole * whole)
