"""A rule as a small table: what an answer earns, in integers of the item's smallest point.

``core.scoring`` and the score pad on the tablets apply the same tables, so there is one rule engine and the pad holds
no rule. Three shapes are enough for the five kinds of criteria: points by answer (tick, choice), points by the range in
which a reading lies (step, and rate once its whole units are written out), and points entered within bounds (grade).
What is read is a linear form of the value entered and of the number it is compared with, divided by the latter for
growth. Deciding what an answer looks like on the wire, and every message, is left to ``core.scoring``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Interval, Item, Measure, Rate, Step, Tick

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Reading:
    """How a reading comes of the value and of ``against`` (a target, or last year's value): see ``of``."""

    against: str = ""
    value: int = 1
    other: int = 0
    constant: Decimal = Decimal(0)
    share: bool = False  # in percent of the number compared with

    def of(self, value: Decimal, other: Decimal | None = None) -> Decimal:
        """Return value × ``value`` + other × ``other`` + ``constant``, in percent of the other where it is a share.

        Raises:
            ZeroDivisionError: a share of nought or less.

        >>> Reading("target", -1, 1).of(Decimal("97.5"), Decimal(100))
        Decimal('2.5')
        """
        reading = value * self.value + (other or Decimal(0)) * self.other + self.constant
        if not self.share:
            return reading
        if other is None or other <= 0:
            raise ZeroDivisionError
        return reading * 100 / other


_READINGS = {
    Measure.VALUE: Reading(),
    Measure.CHANGE: Reading("last", 1, -1),
    Measure.GROWTH: Reading("last", 1, -1, share=True),
    Measure.ABOVE_TARGET: Reading("target", 1, -1),
    Measure.SHORTFALL: Reading("target", -1, 1),
}


@dataclass(frozen=True)
class Range:
    """A range of a reading and what it earns; an end that is None is open to that side."""

    points: Decimal
    low: Decimal | None = None
    low_in: bool = True
    high: Decimal | None = None
    high_in: bool = False
    official: bool = True
    text: str = ""

    def holds(self, reading: Decimal) -> bool:
        return not (
            (self.low is not None and (reading < self.low or (reading == self.low and not self.low_in)))
            or (self.high is not None and (reading > self.high or (reading == self.high and not self.high_in)))
        )


def reading_of(criterion: Step | Rate) -> Reading:
    """Return what a measured clause reads; a target that the text names is a constant of it."""
    reading = _READINGS[criterion.measure]
    if criterion.target is None:
        return reading
    return Reading("", reading.value, 0, criterion.target * reading.other)


def ranges(criterion: Step | Rate) -> tuple[Range, ...]:
    """Return the ranges of a measured clause in printed order; of a rate, one for each whole number of units."""
    if isinstance(criterion, Step):
        return tuple(
            Range(b.points, b.low, b.over is None, b.high, b.below is None, b.official, b.text) for b in criterion.bands
        )
    return tuple(_units(criterion))


def _units(rate: Rate) -> Iterator[Range]:
    """Write out a rate: units are whole, fewer than none are none, and beyond the last change nothing changes."""
    count, points = 0, rate.start
    while True:
        following = max(min(rate.start + (count + 1) * rate.each, rate.points), Decimal(0))
        low = None if count == 0 else rate.unit * count
        if following == points:
            yield Range(points, low)
            return
        yield Range(points, low, True, rate.unit * (count + 1))
        count, points = count + 1, following


def part_choices(tick: Tick, step: Decimal) -> tuple[Decimal, ...]:
    """List the parts of a tick's points that 部分达到 may give, by the scheme's step (a share of the points)."""
    if not tick.parts:
        return ()
    count = int(1 / step)
    parts = ((tick.points * step * k).normalize() for k in range(1, count + 1))
    return tuple(Decimal(f"{part:f}") for part in parts if 0 < part < tick.points)


def item_table(item: Item, part_step: Decimal) -> Mapping[str, Any]:
    """Write an item's rule as plain JSON for the pad.

    Shape:
        ``{"scale", "ceiling", "floor", "na", "criteria": [{"id", "na", "official", "ceiling", …}]}``: points are
        integers of 1/``scale``; a criterion has ``"by_answer"`` (points by answer, and which of them the text does not
        print), ``"by_range"`` (``"reading"`` and ``"ranges"``), or ``"entered"`` (bounds, allowed values, when a reason
        is needed). Readings and their ends are decimal strings.
    """
    scale = _scale(item, part_step)
    return {
        "scale": scale,
        "ceiling": _whole(item.ceiling, scale),
        "floor": _whole(item.floor, scale),
        "na": bool(item.na),
        "criteria": [_criterion(criterion, scale, part_step, bool(item.na)) for criterion in item.criteria],
    }


def _criterion(criterion: AnyCriterion, scale: int, part_step: Decimal, na: bool) -> dict[str, Any]:
    table: dict[str, Any] = {
        "id": criterion.id, "na": na or bool(criterion.na), "official": criterion.official,
        "ceiling": _whole(criterion.points, scale),
    }  # fmt: skip
    match criterion:
        case Tick():
            parts = [_whole(part, scale) for part in part_choices(criterion, part_step)]
            table["by_answer"] = {YES: _whole(criterion.points, scale), NO: 0}
            table["parts"] = parts
        case Choice():
            table["by_answer"] = {str(n): _whole(tier.points, scale) for n, tier in enumerate(criterion.tiers, 1)}
            table["unofficial"] = [str(n) for n, tier in enumerate(criterion.tiers, 1) if not tier.official]
        case Step() | Rate():
            reading = reading_of(criterion)
            table["reading"] = {
                "against": reading.against, "value": reading.value, "other": reading.other,
                "constant": str(reading.constant), "share": reading.share,
            }  # fmt: skip
            table["ranges"] = [
                {"points": _whole(one.points, scale), "official": one.official, **_ends(one)}
                for one in ranges(criterion)
            ]
        case Grade():
            table["entered"] = {
                "allowed": [_whole(points, scale) for points in criterion.allowed], "reason": criterion.reason,
            }  # fmt: skip
    return table


def range_table(condition: Interval | None) -> Mapping[str, Any] | None:
    """Write a condition on a figure as plain JSON, with the ends that ``item_table`` gives its ranges."""
    if condition is None:
        return None
    return _ends(Range(Decimal(0), condition.low, condition.over is None, condition.high, condition.below is None))


def _ends(one: Range) -> dict[str, Any]:
    return {"low": _end(one.low), "low_in": one.low_in, "high": _end(one.high), "high_in": one.high_in}


def _end(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def _scale(item: Item, part_step: Decimal) -> int:
    """Return how many of the item's smallest point make one point."""
    points = [item.ceiling, item.floor]
    for criterion in item.criteria:
        points.append(criterion.points)
        match criterion:
            case Tick():
                points += part_choices(criterion, part_step)
            case Choice():
                points += [tier.points for tier in criterion.tiers]
            case Step() | Rate():
                points += [one.points for one in ranges(criterion)]
            case Grade():
                points += criterion.allowed
    places: int = max(max(0, -int(point.normalize().as_tuple().exponent)) for point in points)
    return int(10**places)


def _whole(points: Decimal, scale: int) -> int:
    return int(points * Decimal(scale))
