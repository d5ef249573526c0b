"""What the parts of a rubric say against each other: faults of the file, and slips of the official text.

A fault is the file's own and has to be mended: an identifier twice, a figure that is not declared, bands that overlap.
A slip is the text's: sums that do not match, values without a band, levels without a nought. The wording stays as it is
printed, so a slip has to be listed under ``errata`` with the word that names it (``about: sum``, ``gap``, ``no_zero``);
then readers see what the software does about it. Meaning that only a reader can judge is not checked here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from inspection_app.core.rubric import (
    AnyCriterion,
    Choice,
    Erratum,
    Grade,
    Interval,
    Item,
    Measure,
    Rate,
    Rubric,
    SlipKind,
    Step,
    Tick,
)
from inspection_app.errors import N_, Fault

Path = tuple[str | int, ...]
_REMEDY = N_("Correct the file. If the official text itself says so, list it under 'errata' with 'about: {kind}'.")


@dataclass(frozen=True)
class Slip:
    """Something that the check finds by itself; ``listed`` where an erratum answers it."""

    kind: SlipKind
    path: Path
    fault: Fault
    listed: bool


def contradictions(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    """Find what has to be mended in a rubric file, each with the path of the place.

    Args:
        rubric: a rubric whose structure is already valid.

    Yields:
        ``(path, fault)``; the path is a tuple of keys and indexes into the file, the fault's place is empty.
    """
    yield from _repeated(rubric)
    yield from _unknown_figures(rubric)
    yield from _impossible(rubric)
    yield from _overlaps(rubric)
    yield from ((slip.path, slip.fault) for slip in slips(rubric) if not slip.listed)


def slips(rubric: Rubric) -> Iterator[Slip]:
    """Find the slips of the official text that show in the numbers, listed under ``errata`` or not."""
    for path, item in _items(rubric):
        yield from _item_slips(rubric, path, item)
    for i, aspect in enumerate(rubric.aspects):
        if aspect.points is not None and aspect.ceiling != aspect.points:
            yield _slip(
                SlipKind.SUM, ("aspects", i, "points"), aspect.errata,
                N_("The items of “{aspect}” add up to {most} points, but its heading states {stated}."),
                aspect=aspect.title, most=aspect.ceiling, stated=aspect.points,
            )  # fmt: skip
    totals = (("stated_total", rubric.base_total + rubric.bonus_total), ("stated_bonus", rubric.bonus_total))
    for key, most in totals:
        stated = getattr(rubric, key)
        if most != stated:
            yield _slip(
                SlipKind.SUM, (key,), rubric.errata,
                N_("The aspects add up to {most} points, but the text states {stated}."), most=most, stated=stated,
            )  # fmt: skip


def _slip(kind: SlipKind, path: Path, errata: Sequence[Erratum], fault: str, **context: object) -> Slip:
    listed = any(erratum.about is kind for erratum in errata)
    return Slip(kind, path, Fault("", fault, _REMEDY, {"kind": kind, **context}), listed)


def _item_slips(rubric: Rubric, path: Path, item: Item) -> Iterator[Slip]:
    most = sum((criterion.points for criterion in item.criteria), Decimal(0))
    if item.cap is not None and item.cap != item.points:
        yield _slip(
            SlipKind.SUM, (*path, "cap"), item.errata,
            N_("Item {item} states {stated} points, but a cap of {most}."),
            item=item.no, most=item.cap, stated=item.points,
        )  # fmt: skip
    if most < item.ceiling or (most > item.ceiling and item.cap is None):
        yield _slip(
            SlipKind.SUM, (*path, "points"), item.errata,
            N_("The criteria of item {item} can earn {most} points, but the item states {stated}."),
            item=item.no, most=most, stated=item.ceiling,
        )  # fmt: skip
    for k, criterion in enumerate(item.criteria):
        place = (*path, "criteria", k)
        errata = (*criterion.errata, *item.errata)
        if isinstance(criterion, Step):
            for value in _uncovered(rubric, criterion):
                yield _slip(
                    SlipKind.GAP, (*place, "bands"), errata,
                    N_("Item {item}, criterion {criterion}: the text has no band for {value}."),
                    item=item.no, criterion=criterion.id, value=value,
                )  # fmt: skip
                break
        if _without_zero(criterion):
            yield _slip(
                SlipKind.NO_ZERO, place, errata,
                N_("Item {item}, criterion {criterion}: no level earns nothing."),
                item=item.no, criterion=criterion.id,
            )  # fmt: skip


def _without_zero(criterion: AnyCriterion) -> bool:
    """Levels of which even the lowest earns points leave no answer for whoever did nothing."""
    if isinstance(criterion, Choice):
        return all(tier.points > 0 for tier in criterion.tiers if tier.official)
    if isinstance(criterion, Step):
        return all(band.points > 0 for band in criterion.bands if band.official)
    if isinstance(criterion, Grade):
        return bool(criterion.allowed) and min(criterion.allowed) > 0
    return False


def _uncovered(rubric: Rubric, step: Step) -> Iterator[Decimal]:
    """Find values that the figure may have and no official band holds: every range between two ends is tried."""
    official = [band for band in step.bands if band.official]
    figure = rubric.figures.get(step.figure)
    low, high = (figure.from_, figure.to) if figure and step.measure is Measure.VALUE else (None, None)
    for value in _probes(step.bands, low, high):
        if not any(band.holds(value) for band in official):
            yield value


def _probes(bands: Sequence[Interval], low: Decimal | None, high: Decimal | None) -> list[Decimal]:
    """Return every end of the bands, a value between each two and one beyond the last, inside the figure's range."""
    ends = {end for band in bands for end in (band.low, band.high) if end is not None}
    ends |= {end for end in (low, high) if end is not None}
    if not ends:
        return [Decimal(0)]
    ordered = sorted(ends)
    beyond = [ordered[0] - 1, ordered[-1] + 1]
    values = sorted([*ordered, *((a + b) / 2 for a, b in pairwise(ordered)), *beyond])
    return [value for value in values if (low is None or value >= low) and (high is None or value <= high)]


def _repeated(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    def twice(ids: list[tuple[str, Path]]) -> Iterator[tuple[Path, Fault]]:
        counts = Counter(id_ for id_, _ in ids)
        seen: set[str] = set()
        for id_, path in ids:
            if counts[id_] > 1 and id_ in seen:
                yield path, Fault("", N_("“{id}” stands here for the second time."),
                                  N_("Give each one an identifier of its own."), {"id": id_})  # fmt: skip
            seen.add(id_)

    yield from twice([(a.id, ("aspects", i, "id")) for i, a in enumerate(rubric.aspects)])
    yield from twice([(item.no, (*path, "no")) for path, item in _items(rubric)])
    for path, item in _items(rubric):
        yield from twice([(c.id, (*path, "criteria", k, "id")) for k, c in enumerate(item.criteria)])
        for k, criterion in enumerate(item.criteria):
            if isinstance(criterion, Choice):
                place = (*path, "criteria", k, "tiers")
                yield from twice([(tier.text, (*place, t, "text")) for t, tier in enumerate(criterion.tiers)])
    yield from twice([(v.id, ("vetoes", i, "id")) for i, v in enumerate(rubric.vetoes)])
    yield from twice([(g.id, ("gates", i, "id")) for i, g in enumerate(rubric.gates)])
    yield from twice([(f.id, ("scheme", "form", i, "id")) for i, f in enumerate(rubric.scheme.form)])


def _unknown_figures(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    reads: list[tuple[Path, str]] = [
        (("gates", i, "figure"), gate.figure) for i, gate in enumerate(rubric.gates) if gate.figure
    ]
    reads += [(("gates", i, "plus"), gate.plus) for i, gate in enumerate(rubric.gates) if gate.plus]
    for path, item in _items(rubric):
        for k, criterion in enumerate(item.criteria):
            if isinstance(criterion, (Step, Rate)):
                reads.append(((*path, "criteria", k, "figure"), criterion.figure))
            if isinstance(criterion, Tick):
                reads += [
                    ((*path, "criteria", k, "checks", c, "figure"), check.figure)
                    for c, check in enumerate(criterion.checks)
                    if check.figure
                ]
    for path, key in reads:
        if key not in rubric.figures:
            yield path, Fault("", N_("The figure “{key}” is not declared."),
                              N_("Add it under 'figures' with its title and unit."), {"key": key})  # fmt: skip
    unread = set(rubric.figures) - {key for _, key in reads}
    for key in rubric.figures:
        if key in unread and not rubric.figures[key].self_check:
            yield ("figures", key), Fault("", N_("Nothing reads the figure “{key}”."),
                                          N_("Let a criterion or a gate read it, or delete it."),
                                          {"key": key})  # fmt: skip


def _impossible(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    """Find numbers that can never come true."""
    for key, figure in rubric.figures.items():
        if figure.from_ is not None and figure.to is not None and figure.from_ >= figure.to:
            yield ("figures", key, "from"), Fault("", N_("The figure “{key}” has no room between “from” and “to”."),
                                                  N_("Correct its range."), {"key": key})  # fmt: skip
    for place, key, condition in _conditions(rubric):
        read = rubric.figures.get(key)
        if read and not any(condition.holds(value) for value in _probes([condition], read.from_, read.to)):
            yield place, Fault("", N_("The figure “{key}” can never meet this condition."),
                               N_("Correct the condition, or the range of the figure."), {"key": key})  # fmt: skip
    for path, item in _items(rubric):
        if item.floor > item.ceiling:
            yield (*path, "floor"), Fault("", N_("The floor of item {item} lies above its ceiling."),
                                          N_("Correct the floor."), {"item": item.no})  # fmt: skip
        for k, criterion in enumerate(item.criteria):
            if isinstance(criterion, Grade) and criterion.allowed and max(criterion.allowed) != criterion.points:
                yield (*path, "criteria", k, "allowed"), Fault(
                    "", N_("Item {item}, criterion {criterion}: the highest value allowed is not its points."),
                    N_("Let the highest value of 'allowed' be the points."),
                    {"item": item.no, "criterion": criterion.id})  # fmt: skip
            if isinstance(criterion, Rate) and not _reaches(criterion):
                yield (*path, "criteria", k, "start"), Fault(
                    "", N_("Item {item}, criterion {criterion}: its points are never reached."),
                    N_("Points that come off start at the full points; points that are counted rise from the start."),
                    {"item": item.no, "criterion": criterion.id})  # fmt: skip


def _conditions(rubric: Rubric) -> Iterator[tuple[Path, str, Interval]]:
    """Yield every condition that a figure has to meet: of gates, and behind ticks."""
    for i, gate in enumerate(rubric.gates):
        if gate.figure and gate.holds:
            yield ("gates", i, "holds"), gate.figure, gate.holds
    for path, item in _items(rubric):
        for k, criterion in enumerate(item.criteria):
            for c, check in enumerate(criterion.checks if isinstance(criterion, Tick) else ()):
                if check.figure and check.holds:
                    yield (*path, "criteria", k, "checks", c, "holds"), check.figure, check.holds


def _reaches(rate: Rate) -> bool:
    return rate.start == rate.points if rate.each < 0 else rate.each > 0 and rate.start < rate.points


def _overlaps(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    """Find values that two bands of one step claim: at the ends of bands, where any overlap must show."""
    for path, item in _items(rubric):
        for k, criterion in enumerate(item.criteria):
            if not isinstance(criterion, Step):
                continue
            for value in _probes(criterion.bands, None, None):
                if sum(band.holds(value) for band in criterion.bands) > 1:
                    yield (*path, "criteria", k, "bands"), Fault(
                        "", N_("More than one band of item {item} claims the value {value}."),
                        N_("Let the bands meet without overlapping: 'from' includes its end, 'below' does not."),
                        {"item": item.no, "value": value})  # fmt: skip
                    break


def _items(rubric: Rubric) -> Iterator[tuple[Path, Item]]:
    for i, aspect in enumerate(rubric.aspects):
        for j, item in enumerate(aspect.items):
            yield ("aspects", i, "items", j), item
