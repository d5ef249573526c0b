"""From answers and figures to marks: every point names the clause it came from.

One function reads one item: ``score_item``. It does not know experts, assignments or visits; states that come from
those (recused, not assigned) are given by the caller of the whole sheet. Points are exact decimals.

Source: the meaning of the five kinds is the rubric's own text; 以上 and 达到 include the number, 超过 and 低于 do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from inspection_app.core.rubric import (
    AnyCriterion,
    Choice,
    Figure,
    Grade,
    Interval,
    Item,
    Rate,
    Rubric,
    Step,
    Tick,
)
from inspection_app.core.table import part_choices, ranges, reading_of
from inspection_app.errors import N_, ScoreError

Answers = Mapping[str, Any]
Figures = Mapping[str, Any]

ITEM = "item"
"""The key of an answer that speaks for the whole item: an override, or ``"na"``."""

NA = "na"
MOST_CHARACTERS = 2000
"""The longest reason that is taken, in characters."""


class State(StrEnum):
    """Where an item stands on one expert's score sheet."""

    SCORED = "scored"
    UNMARKED = "unmarked"
    NOT_APPLICABLE = "not_applicable"
    RECUSED = "recused"
    NOT_ASSIGNED = "not_assigned"
    EXCUSED = "excused"  # the chair went on without this mark


class Flag(StrEnum):
    """Why the chair should look at a mark."""

    OVERRIDE = "override"  # the expert replaced the computed points
    NO_TIER = "no_tier"  # the text has no tier for this situation
    FIGURE_CONTRADICTS = "figure_contradicts"  # ticked as reached, but an agreed figure says otherwise
    CAPPED = "capped"  # the clauses earn more than the item is worth
    NO_POINTS = "no_points"  # the text prints no points for the clause: these are the rubric file's reading


@dataclass(frozen=True)
class Line:
    """One clause of an item and what it earned: ``points`` is None while the clause is unmarked.

    ``text`` is the clause's official words, or those of the tier or band that applied.
    """

    criterion: str
    text: str
    points: Decimal | None
    ceiling: Decimal
    how: str = ""  # in signs that need no translation: "✓", "0.45 (≥ 0.4, < 0.6)"
    reason: str = ""
    flags: tuple[str, ...] = ()
    applicable: bool = True


@dataclass(frozen=True)
class Score:
    """What one sheet of answers earns on one item, in points.

    ``points`` is None unless the state is *scored*; ``partial`` is what is earned so far; ``applicable`` is the
    ceiling without the clauses that are not applicable; ``flags`` say what the chair should look at.
    """

    points: Decimal | None
    state: State
    partial: Decimal
    ceiling: Decimal
    applicable: Decimal
    flags: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    reason: str = ""  # of an override
    computed: Decimal | None = None  # what an override replaced, or a mark that does not count


def parse_number(value: Any, *, item: str, unit: str = "") -> Decimal:
    """Read a number the way people write it: full-width digits, a decimal comma and the figure's unit are understood.

    A comma before exactly three digits may as well part thousands: then the meaning is not certain.

    Args:
        value: an int, a Decimal or a string; a float is taken as the decimal it prints as.
        item: the item's number, for the message.
        unit: the unit that may stand behind the number.

    Raises:
        ScoreError: where the meaning is not certain, or the number is not a finite one of sensible size.

    >>> parse_number("０．45‰", item="3", unit="‰")
    Decimal('0.45')
    >>> parse_number("0,6", item="3")
    Decimal('0.6')
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise _bad(item, value)
    text = _written(value).translate(_FULL_WIDTH).strip()
    for suffix in {unit, unicodedata.normalize("NFKC", unit)} - {""}:
        text = text.removesuffix(suffix).strip()
    text = _DECIMAL_COMMA.sub(r"\1.\2", text)
    if len(text) > 20 or not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text, re.ASCII):
        raise _bad(item, value)
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern admits nothing that Decimal refuses
        raise _bad(item, value) from None


_FULL_WIDTH = {0x3000: " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
"""Full-width forms and what they stand for; a wider folding would read 5² as 52."""


_DECIMAL_COMMA = re.compile(r"^([+-]?0+|[+-]?\d+(?=,(?!\d{3}$))),(\d+)$", re.ASCII)


def _written(value: Any) -> str:
    try:
        return f"{value:f}" if isinstance(value, Decimal) else str(value)  # not as 1E+1
    except (ValueError, RecursionError):  # too many digits, or nested too deeply, for Python to write down
        return "…"


def check_range(declared: Figure, number: Decimal) -> None:
    """Refuse a value that its figure cannot have.

    Raises:
        ScoreError: outside the range that the rubric declares to make sense.
    """
    if (declared.from_ is not None and number < declared.from_) or (declared.to is not None and number > declared.to):
        raise ScoreError(
            N_("{title}: {number}{unit} cannot be right. It must lie between {low} and {high}."),
            "figure-range", title=declared.title, number=number, unit=declared.unit,
            low="−∞" if declared.from_ is None else declared.from_,
            high="∞" if declared.to is None else declared.to,
        )  # fmt: skip


def check_measured(rubric: Rubric, item: Item, answers: Answers) -> None:
    """Refuse measured numbers among the answers to an item that their figures cannot have (see ``check_range``)."""
    for criterion in item.criteria:
        answer = answers.get(criterion.id)
        if not isinstance(criterion, (Step, Rate)) or answer in (None, NA):
            continue
        declared = rubric.figures[criterion.figure]
        alone = () if criterion.against else (answer,)  # a difference has no range
        for number in answer.values() if isinstance(answer, Mapping) else alone:
            check_range(declared, parse_number(number, item=item.no, unit=declared.unit))


def _bad(item: str, value: Any) -> ScoreError:
    return ScoreError(
        N_("Item {item}: “{value}” is not a number that can be used. Enter digits with a point, such as 0.45."),
        "not-a-number", item=item, value=_written(value)[:40],
    )  # fmt: skip


def needs_reason(criterion: Grade, points: Decimal) -> bool:
    """Say whether points by judgement have to be given with a reason."""
    return (criterion.reason == "points" and points > 0) or (criterion.reason == "less" and points < criterion.points)


def score_item(
    item: Item, answers: Answers, figures: Figures | None = None, *, part_step: Decimal = Decimal("0.5")
) -> Score:
    """Score one item from the answers to its criteria.

    Args:
        item: an item of a rubric.
        answers: by criterion id. A tick takes true, false or ``{"points": …, "reason": …}`` for a part; a choice
            the tier's number counted from 1, or 0 for "none fits"; a step or rate the measured number (with
            something to compare with: what comes of the comparison), or ``{"value": …, "target": …}`` /
            ``{"value": …, "last": …}``; a grade the points. ``"na"`` where the
            rubric allows it. Under ``"item"``: ``{"override": points, "reason": …}`` or ``"na"``. Absent: unmarked.
        figures: the visit's agreed figures by key, used where the answers hold none; values as for a step.
        part_step: the share of a tick's points in which parts come (the scheme's ``part_step``).

    Returns:
        Score: ``points`` is None unless every applicable criterion is answered or the item is overridden.

    Raises:
        ScoreError: an answer to a criterion that does not exist, of the wrong type, or out of range.
    """
    figures = figures or {}
    known = {criterion.id for criterion in item.criteria} | {ITEM}
    for key in answers:
        if key not in known:
            raise ScoreError(
                N_("Item {item} has no criterion “{criterion}”. Its criteria are: {known}."),
                "unknown-criterion", item=item.no, criterion=key, known=", ".join(c.id for c in item.criteria),
            )  # fmt: skip
    lines = tuple(
        _line(item, criterion, answers.get(criterion.id), figures, part_step) for criterion in item.criteria
    )
    whole = answers.get(ITEM)
    if whole == NA:
        if not item.na:
            raise _na_refused(item)
        return Score(None, State.NOT_APPLICABLE, Decimal(0), item.ceiling, Decimal(0), lines=lines)
    counted = sum((line.points for line in lines if line.points is not None), Decimal(0))
    earned = max(min(counted, item.ceiling), item.floor)
    open_ = [line for line in lines if line.applicable and line.points is None]
    applicable = min(sum((line.ceiling for line in lines if line.applicable), Decimal(0)), item.ceiling)
    flags = tuple(dict.fromkeys(flag for line in lines for flag in line.flags))
    if counted > item.ceiling:
        flags += (Flag.CAPPED,)
    if whole is not None:
        points, reason = _override(item, whole)
        return Score(points, State.SCORED, points, item.ceiling, max(applicable, points), (*flags, Flag.OVERRIDE),
                     lines, reason, None if open_ else earned)  # fmt: skip
    if not any(line.applicable for line in lines):
        return Score(None, State.NOT_APPLICABLE, Decimal(0), item.ceiling, Decimal(0), flags, lines)
    if open_:
        return Score(None, State.UNMARKED, earned, item.ceiling, applicable, flags, lines)
    return Score(earned, State.SCORED, earned, item.ceiling, applicable, flags, lines)


def score_answers(rubric: Rubric, sheet: Mapping[str, Answers], figures: Figures | None = None) -> dict[str, Score]:
    """Score every item of a rubric from one sheet: answers by item number, then by criterion id."""
    step = rubric.scheme.part_step
    return {item.no: score_item(item, sheet.get(item.no, {}), figures, part_step=step) for item in rubric.items}


def gate_holds(interval: Interval | None, value: Any) -> bool | None:
    """Say whether an agreed figure meets a gate: None while there is no figure or the gate is not numeric."""
    if interval is None or value is None:
        return None
    number = value.get("value") if isinstance(value, Mapping) else value
    return None if number is None else interval.holds(parse_number(number, item=""))


def _override(item: Item, whole: Any) -> tuple[Decimal, str]:
    if not isinstance(whole, Mapping) or set(whole) - {"override", "reason"} or "override" not in whole:
        raise ScoreError(
            N_("Item {item}: the answer for the whole item must be an override with points and a reason."),
            "bad-override", item=item.no,
        )  # fmt: skip
    points = parse_number(whole["override"], item=item.no)
    _within(item, points, item.ceiling)
    if len(item.criteria) == 1 and isinstance(only := item.criteria[0], Grade):
        _allowed(item, only, points)
    return points, _reason(item, whole.get("reason"))


def _within(item: Item, points: Decimal, ceiling: Decimal) -> None:
    if not 0 <= points <= ceiling:
        raise ScoreError(
            N_("Item {item}: {points} points are not between 0 and {ceiling}. Enter points in this range."),
            "out-of-range", item=item.no, points=points, ceiling=ceiling,
        )  # fmt: skip


def _reason(item: Item, reason: Any) -> str:
    if not isinstance(reason, str) or not reason.strip():
        raise ScoreError(
            N_("Item {item}: a reason is needed here. Say in a few words why."), "no-reason", item=item.no
        )
    if len(reason) > MOST_CHARACTERS:
        raise ScoreError(
            N_("Item {item}: the reason is longer than {most} characters. Shorten it, or use the note."),
            "reason-too-long", item=item.no, most=MOST_CHARACTERS,
        )  # fmt: skip
    return reason.strip()


def _na_refused(item: Item) -> ScoreError:
    return ScoreError(
        N_("Item {item}: the rubric does not allow “not applicable” here. Score it, or override it with a reason."),
        "na-not-allowed", item=item.no,
    )  # fmt: skip


def _line(item: Item, criterion: AnyCriterion, answer: Any, figures: Figures, part_step: Decimal) -> Line:
    line = _answered(item, criterion, answer, figures, part_step)
    if criterion.official or not line.points:
        return line
    return replace(line, flags=(*line.flags, Flag.NO_POINTS))


def _answered(item: Item, criterion: AnyCriterion, answer: Any, figures: Figures, part_step: Decimal) -> Line:
    blank = Line(criterion.id, criterion.text, None, criterion.points)
    if answer == NA:
        if not (criterion.na or item.na):
            raise _na_refused(item)
        return Line(criterion.id, criterion.text, None, criterion.points, "–", applicable=False)
    if isinstance(criterion, (Step, Rate)) and answer is None:
        answer = _agreed(criterion, figures)
    if answer is None:
        return blank
    match criterion:
        case Tick():
            return _tick(item, criterion, answer, blank, figures, part_step)
        case Choice():
            return _choice(item, criterion, answer, blank)
        case Step() | Rate():
            return _by_range(item, criterion, answer, blank)
        case Grade():
            return _grade(item, criterion, answer, blank)


def _agreed(criterion: Step | Rate, figures: Figures) -> Any:
    """Return the agreed figure a criterion reads: None while it lacks the value it is to be compared with.

    A gate may need no more than this year's value, and alone it must not pass for a difference.
    """
    figure = figures.get(criterion.figure)
    compared = isinstance(figure, Mapping) and figure.get(criterion.against) is not None
    return figure if compared or not criterion.against else None


def _tick(item: Item, criterion: Tick, answer: Any, blank: Line, figures: Figures, part_step: Decimal) -> Line:
    if answer is False:
        return replace(blank, points=Decimal(0), how="✗")
    if answer is True:
        contradicted = any(
            check.figure and gate_holds(check.holds, figures.get(check.figure)) is False for check in criterion.checks
        )
        flags = (Flag.FIGURE_CONTRADICTS,) if contradicted else ()
        return replace(blank, points=criterion.points, how="✓", flags=flags)
    if isinstance(answer, Mapping) and "points" in answer and not set(answer) - {"points", "reason"}:
        points = parse_number(answer["points"], item=item.no)
        parts = part_choices(criterion, part_step)
        if not parts:
            raise _wrong(item, criterion.id, N_("yes or no"))
        if points not in parts:
            raise ScoreError(
                N_("Item {item}, criterion {criterion}: {points} points are not among the parts offered: {parts}."),
                "bad-part", item=item.no, criterion=criterion.id, points=points, parts=", ".join(map(str, parts)),
            )  # fmt: skip
        return replace(blank, points=points, how="◐", reason=_reason(item, answer.get("reason")))
    raise _wrong(item, criterion.id, N_("yes, no, or a part with points and a reason"))


def _choice(item: Item, criterion: Choice, answer: Any, blank: Line) -> Line:
    if isinstance(answer, str) and answer.isascii() and answer.isdigit() and len(answer) <= 3:
        answer = int(answer)
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer <= len(criterion.tiers):
        raise ScoreError(
            N_("Item {item}, criterion {criterion}: choose a tier from 1 to {count}, or 0 where none fits."),
            "bad-tier", item=item.no, criterion=criterion.id, count=len(criterion.tiers),
        )  # fmt: skip
    if answer == 0:
        return replace(blank, flags=(Flag.NO_TIER,))
    tier = criterion.tiers[answer - 1]
    return replace(
        blank, text=tier.text, points=tier.points, flags=() if tier.official else (Flag.NO_TIER,)
    )


def _measured(item: Item, criterion: Step | Rate, answer: Any) -> Decimal:
    """Return what the clause reads: the value, or how it stands to the target or to last year's value."""
    reading = reading_of(criterion)
    if not isinstance(answer, Mapping):
        value = parse_number(answer, item=item.no, unit=criterion.sign)
        return value if reading.against else reading.of(value)  # a bare number is what came of the comparison
    if "value" not in answer:
        raise _wrong(item, criterion.id, N_("a measured number"))
    value = parse_number(answer["value"], item=item.no, unit=criterion.sign)
    if not reading.against:
        return reading.of(value)
    if reading.against not in answer:
        raise ScoreError(
            N_("Item {item}, criterion {criterion}: the value to compare with is missing. Enter both numbers."),
            "no-comparison", item=item.no, criterion=criterion.id,
        )  # fmt: skip
    other = parse_number(answer[reading.against], item=item.no, unit=criterion.sign)
    try:
        return reading.of(value, other)
    except ZeroDivisionError:
        raise ScoreError(
            N_("Item {item}, criterion {criterion}: there is no growth from {last}. Check last year's value; where it "
               "really is {last}, override the item with a reason."),
            "no-growth", item=item.no, criterion=criterion.id, last=other,
        ) from None  # fmt: skip


def _by_range(item: Item, criterion: Step | Rate, answer: Any, blank: Line) -> Line:
    reading = _measured(item, criterion, answer)
    found = next((one for one in ranges(criterion) if one.holds(reading)), None)
    if found is None:
        return replace(blank, how=_short(reading), flags=(Flag.NO_TIER,))
    if isinstance(criterion, Rate):
        units = max((reading / criterion.unit).to_integral_value(ROUND_FLOOR), Decimal(0))
        how = f"{_short(reading)}: {units} × {criterion.each}"
    else:
        how = f"{_short(reading)} ({next(band for band in criterion.bands if band.holds(reading))})"
    return replace(
        blank, text=found.text or blank.text, points=found.points, how=how,
        flags=() if found.official else (Flag.NO_TIER,),
    )  # fmt: skip


def _short(value: Decimal) -> str:
    """Write a number without the tail of a division."""
    return f"{value:f}" if len(value.as_tuple().digits) <= 20 else f"{value:.4f}…"


def _grade(item: Item, criterion: Grade, answer: Any, blank: Line) -> Line:
    reason = ""
    if isinstance(answer, Mapping):
        if "points" not in answer or set(answer) - {"points", "reason"}:
            raise _wrong(item, criterion.id, N_("points"))
        reason = _reason(item, answer["reason"]) if answer.get("reason") else ""
        answer = answer["points"]
    points = parse_number(answer, item=item.no, unit="分")
    _within(item, points, criterion.points)
    if not reason and needs_reason(criterion, points):
        raise ScoreError(
            N_("Item {item}: {points} points need a reason here. Say in a few words why."),
            "no-reason", item=item.no, points=points,
        )  # fmt: skip
    _allowed(item, criterion, points)
    return replace(blank, points=points, how=str(points), reason=reason)


def _allowed(item: Item, criterion: Grade, points: Decimal) -> None:
    """Fixed levels without a rule allow no others, not by an override either."""
    if criterion.allowed and points not in criterion.allowed:
        raise ScoreError(
            N_("Item {item}, criterion {criterion}: only these points are possible: {allowed}."),
            "not-allowed", item=item.no, criterion=criterion.id, allowed=", ".join(map(str, criterion.allowed)),
        )  # fmt: skip


def _wrong(item: Item, criterion: str, expected: str) -> ScoreError:
    return ScoreError(
        N_("Item {item}, criterion {criterion}: the answer has the wrong form. Expected: {expected}."),
        "wrong-form", item=item.no, criterion=criterion, expected=expected,
    )  # fmt: skip
