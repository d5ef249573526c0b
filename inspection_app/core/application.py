"""What the applicant handed in: the facts of its application, its self-check with page references, and desk marks.

Here it is checked, added up and compared; spreadsheets are read by ``files``. What is missing is never zero.

Source: the form of 附件5 and the compilation of 附件6 (page references per item); which fields and figures there are is
the rubric's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from inspection_app.core.rubric import AnyCriterion, FormField, Interval, Rubric, Step, Tick
from inspection_app.core.scoring import Figures, gate_holds, parse_number
from inspection_app.errors import N_, Fault, Message, ScoreError

SELF_CHECK_SOURCE = "自查表"
"""The source that figures get which are sums of the applicant's self-check."""
MOST_LINE_CHARACTERS = 300
MOST_LONG_CHARACTERS = 20000

T = TypeVar("T")


@dataclass(frozen=True)
class Fact:
    """The latest entry of one field of the form. ``revision`` names it for whoever edits it next.

    ``removed`` is when a personal value was removed for good; the value is empty since.
    """

    key: str
    value: str
    revision: int
    at: datetime
    by: int
    removed: datetime | None = None


@dataclass(frozen=True)
class SelfCheck:
    """What the applicant says of one item: its own points, None where it gives none, and where the documents are."""

    item: str
    points: Decimal | None
    page: str = ""


@dataclass(frozen=True)
class DeskMark:
    """Points that somebody gave an item from the documents alone, before the visit."""

    item: str
    name: str
    points: Decimal
    note: str = ""


@dataclass(frozen=True)
class SelfCheckTable:
    """A whole self-check: its rows, the sums without and of the bonus, and the items without points."""

    rows: tuple[SelfCheck, ...]
    base: Decimal
    bonus: Decimal
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Change(Generic[T]):
    """What one item had before and would have afterwards; None where there is nothing."""

    item: str
    old: T | None
    new: T | None

    @property
    def changed(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True)
class Application:
    """Everything that was handed in and is kept; facts by field, the rest by item number."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    self_check: Mapping[str, SelfCheck] = field(default_factory=dict)
    desk_marks: Mapping[str, tuple[DeskMark, ...]] = field(default_factory=dict)


def check_fact(asked: FormField, value: str) -> str:
    """Return what is entered in a field as it is kept; empty stays empty.

    Args:
        asked: the field.
        value: text; a date as 2026年4月6日, 2026-4-6 or without the day; a number as people write it.

    Raises:
        ScoreError: too long, no date, no number, or none of the printed choices.

    >>> check_fact(FormField(id="filled", title="填表日期", kind="date"), "2026-04-06")
    '2026年4月6日'
    """
    text = value.strip()
    if not text:
        return ""
    most = asked.most or (MOST_LONG_CHARACTERS if asked.kind == "long" else MOST_LINE_CHARACTERS)
    if len(text) > most:
        raise ScoreError(
            N_("{title}: {count} characters are entered; at most {most} are allowed. Shorten the text."),
            "fact-too-long", title=asked.title, count=len(text), most=most,
        )  # fmt: skip
    if asked.choices and text not in asked.choices:
        raise ScoreError(
            N_("{title}: “{value}” is not one of the printed choices: {choices}."),
            "not-a-choice", title=asked.title, value=text, choices=asked.choices,
        )  # fmt: skip
    if asked.kind == "date":
        return _date(asked, text)
    return f"{parse_number(text, item=asked.title):f}" if asked.kind == "number" else text


_DATES = re.compile(r"(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?|(\d{4})[-./](\d{1,2})(?:[-./](\d{1,2}))?", re.ASCII)


def _date(asked: FormField, text: str) -> str:
    found = _DATES.fullmatch("".join(half_width(text).split()))
    parts = found.groups("0") if found else ("0",) * 6
    year, month, day = (max(int(one), int(other)) for one, other in zip(parts[:3], parts[3:], strict=True))
    try:
        date(year, month, day or 1)
    except ValueError:
        raise ScoreError(
            N_("{title}: “{value}” is not a date. Write it like 2026年4月6日 or 2026年4月."),
            "not-a-date", title=asked.title, value=text[:40],
        ) from None  # fmt: skip
    return f"{year}年{month}月" + (f"{day}日" if day else "")


def half_width(text: str) -> str:
    """Return a text with full-width letters, digits and signs as plain ones; nothing else is folded.

    >>> half_width("（３．５）"), half_width("5²")
    ('(3.5)', '5²')
    """
    return "".join(chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else one for one in text).replace("\u3000", " ")


def self_check_table(rubric: Rubric, rows: Iterable[SelfCheck]) -> SelfCheckTable:
    """Add up a self-check, its rows in official order."""
    given = {row.item: row for row in rows}
    sums = {True: Decimal(0), False: Decimal(0)}
    missing = []
    for item in rubric.items:
        points = given[item.no].points if item.no in given else None
        if points is None:
            missing.append(item.no)
        else:
            sums[rubric.aspect_of(item.no).bonus] += points
    ordered = tuple(given[item.no] for item in rubric.items if item.no in given)
    return SelfCheckTable(ordered, sums[False], sums[True], tuple(missing))


def self_check_figures(rubric: Rubric, table: SelfCheckTable) -> dict[str, Decimal]:
    """Return the figures that a self-check gives by itself, by key; none as long as an item is without points."""
    if table.missing:
        return {}
    sums = {"base": table.base, "bonus": table.bonus}
    return {key: sums[figure.self_check] for key, figure in rubric.figures.items() if figure.self_check}


def changes(order: Sequence[str], old: Mapping[str, T], new: Mapping[str, T]) -> tuple[Change[T], ...]:
    """Set two states side by side, item by item in order; items in neither are left out."""
    return tuple(Change(item, old.get(item), new.get(item)) for item in order if item in old or item in new)


@dataclass(frozen=True)
class ThresholdWarning:
    """One figure that meets one of two thresholds for the same fact and not the other.

    ``full`` is the range that earns item ``item`` its full points, ``holds`` the range of gate ``gate``; ``earned`` is
    true where the points are earned and the gate fails, false where the gate holds and the points are not full.
    """

    item: str
    criterion: str
    gate: str
    figure: str
    title: str
    unit: str
    value: Decimal
    full: str
    holds: str
    earned: bool

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the warning as one sentence with its remedy, in the reader's language."""
        return Fault(N_("Item {item} and gate {gate}"), _WARNINGS[self.earned], _REMEDY, vars(self)).text(translate)


_WARNINGS: Mapping[bool, Message] = {
    True: N_("{title} is {value} {unit}: that is enough for the item's full points ({full}) and not for the gate "
             "({holds})."),
    False: N_("{title} is {value} {unit}: that is enough for the gate ({holds}) and not for the item's full points "
              "({full})."),
}  # fmt: skip
_REMEDY = N_("The official text states both thresholds; check the figure and tell the panel.")


def threshold_warnings(rubric: Rubric, figures: Figures) -> tuple[ThresholdWarning, ...]:
    """Find figures that lie between the threshold of a criterion's full points and that of a gate.

    Args:
        rubric: criteria that read growth or a distance to a target are not comparable and left out.
        figures: the agreed figures by key.

    Source: such pairs are in official texts, e.g. 30 % (item 9) and 35 % (gate) for one rate in Henan's.
    """
    found = []
    for gate in rubric.gates:
        agreed = figures.get(gate.figure) if gate.figure else None
        value = agreed.get("value") if isinstance(agreed, Mapping) else agreed
        if gate.holds is None or value in (None, ""):
            continue
        number, holds = parse_number(value, item=""), gate_holds(gate.holds, value)
        for item in rubric.items:
            for criterion in item.criteria:
                for figure, ranges in _full_points(criterion):
                    earned = any(one.holds(number) for one in ranges)
                    if figure == gate.figure and earned is not holds:
                        declared = rubric.figures[figure]
                        full = " / ".join(map(str, ranges))
                        found.append(ThresholdWarning(
                            item.no, criterion.id, gate.id, figure, declared.title, declared.unit, number, full,
                            str(gate.holds), earned,
                        ))  # fmt: skip
    return tuple(found)


def _full_points(criterion: AnyCriterion) -> Iterator[tuple[str, tuple[Interval, ...]]]:
    """Yield each figure that a criterion compares as it is, with the ranges that earn the full points."""
    if isinstance(criterion, Step) and not criterion.against:
        yield criterion.figure, tuple(band for band in criterion.bands if band.points == criterion.points)
    if isinstance(criterion, Tick):
        for check in criterion.checks:
            if check.figure and check.holds:
                yield check.figure, (check.holds,)
