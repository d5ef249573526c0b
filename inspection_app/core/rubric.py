"""What a rubric file may say: a rubric, its aspects, items and criteria, its scheme, vetoes and gates.

The types carry the official wording beside its machine reading; ``core.scoring`` does the reading. Loading a file
is not done here (see ``files``), and no rubric's content is: a new rubric is a new file.

Numbers are exact decimals in points (``points``, ``cap``, ``floor``) or in the unit that the figure names.

Source: the model covers the five official texts of quality-strong counties, districts, cities and towns; kinds of
criteria as in the design (tick, choice, step, rate, grade).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from inspection_app.errors import N_, Fault, NotFound


def _exact(value: Any) -> Any:
    """Take YAML's integers, floats and strings as the decimal that was written."""
    if isinstance(value, bool):
        raise ValueError("a number is expected, not true or false")
    if isinstance(value, (int, float, str)):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise ValueError(f"a number is expected, not {value!r}") from None
        if not number.is_finite():
            raise ValueError("a finite number is expected")
        return number
    return value


def _text(value: Any) -> Any:
    """Let ``no: 3`` and ``id: 1`` be written without quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_NUMBER_SCHEMA = {"type": ["number", "string"], "pattern": r"^-?\d+(\.\d+)?$"}
Number = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema(_NUMBER_SCHEMA)]
Points = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=10000), WithJsonSchema(_NUMBER_SCHEMA)]
Identifier = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=40)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Erratum(_Part):
    """What the official text gets wrong or leaves open, and what the software does about it."""

    says: str
    does: str


class Interval(_Part):
    """A range of a figure; every end is optional, open (``over``, ``below``) or closed (``from``, ``to``)."""

    from_: Number | None = Field(default=None, alias="from", description="lowest value, included (以上, 达到)")
    over: Number | None = Field(default=None, description="lowest value, not included (超过, 大于)")
    to: Number | None = Field(default=None, description="highest value, included (以下)")
    below: Number | None = Field(default=None, description="highest value, not included (低于, 不满)")

    @model_validator(mode="after")
    def _one_end_each(self) -> Interval:
        if self.from_ is not None and self.over is not None:
            raise ValueError("'from' and 'over' exclude each other")
        if self.to is not None and self.below is not None:
            raise ValueError("'to' and 'below' exclude each other")
        low, high = self.low, self.high
        if low is not None and high is not None and (low > high or (low == high and not self._closed)):
            raise ValueError("the range is empty: its lower end lies above its upper end")
        return self

    @property
    def low(self) -> Decimal | None:
        return self.from_ if self.from_ is not None else self.over

    @property
    def high(self) -> Decimal | None:
        return self.to if self.to is not None else self.below

    @property
    def _closed(self) -> bool:
        return self.over is None and self.below is None

    def holds(self, value: Decimal) -> bool:
        """Say whether a value lies in the range.

        >>> Interval(over="80").holds(Decimal("80")), Interval.model_validate({"from": "80"}).holds(Decimal("80"))
        (False, True)
        """
        return not (
            (self.from_ is not None and value < self.from_)
            or (self.over is not None and value <= self.over)
            or (self.to is not None and value > self.to)
            or (self.below is not None and value >= self.below)
        )

    def __str__(self) -> str:
        """Write the range with the usual signs: ``≥ 0.4``, ``0.2 – < 0.4``."""
        if self._closed and self.low is not None and self.low == self.high:
            return f"= {self.low}"
        ends = (("≥ ", self.from_), ("> ", self.over), ("≤ ", self.to), ("< ", self.below))
        return ", ".join(f"{sign}{end}" for sign, end in ends if end is not None)


class Band(Interval):
    """A range of a step criterion and the points it earns."""

    points: Points
    text: str = Field(default="", description="the official words for this range")
    official: bool = Field(default=True, description="false where the text has no such tier; then it is flagged")


class Tier(_Part):
    """One of a choice's exclusive levels."""

    points: Points
    text: str
    official: bool = True


class Check(_Part):
    """One of several conditions behind a tick: all must hold for the full points."""

    text: str
    figure: Identifier | None = Field(default=None, description="the figure that shows whether it holds")
    holds: Interval | None = None

    @model_validator(mode="after")
    def _figure_and_range(self) -> Check:
        if (self.figure is None) != (self.holds is None):
            raise ValueError("'figure' and 'holds' go together")
        return self


class _Criterion(_Part):
    id: Identifier
    text: str = Field(description="the official words of the clause")
    na: str = Field(default="", description="the stated condition under which the clause is not applicable")
    errata: tuple[Erratum, ...] = ()


class Tick(_Criterion):
    """The clause's points, none, or a part of them with a reason."""

    kind: Literal["tick"]
    points: Points
    checks: tuple[Check, ...] = ()


class Choice(_Criterion):
    """Exclusive tiers in official order; the answer is a tier's number counted from 1, or 0: none fits."""

    kind: Literal["choice"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=2)]

    @property
    def points(self) -> Decimal:
        return max(tier.points for tier in self.tiers)


class _Measured(_Criterion):
    figure: Identifier = Field(description="the figure it reads, by its key in 'figures'")
    against: Literal["", "target", "last"] = Field(
        default="", description="read the figure minus its target, or minus last year's value"
    )


class Step(_Measured):
    """Ranges of a figure and the points each earns."""

    kind: Literal["step"]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]

    @property
    def points(self) -> Decimal:
        return max(band.points for band in self.bands)


class Rate(_Measured):
    """Points for each whole unit of a figure, up to the clause's points."""

    kind: Literal["rate"]
    points: Points
    each: Number = Field(description="points for each whole unit; negative where points come off")
    unit: Number = Field(default=Decimal(1), gt=0, description="how much of the figure is one unit")
    start: Number = Field(default=Decimal(0), description="points before any unit is counted")


class Grade(_Criterion):
    """Points from 0 to the clause's points by judgement, by a department's figure, or off by discretion."""

    kind: Literal["grade"]
    points: Points
    allowed: tuple[Points, ...] = Field(default=(), description="the only values allowed, where the text fixes them")
    external: bool = Field(default=False, description="the points come from a department outside the panel")


AnyCriterion = Tick | Choice | Step | Rate | Grade
Criterion = Annotated[AnyCriterion, Field(discriminator="kind")]


class Item(_Part):
    """One numbered row of the table."""

    no: Identifier
    content: str = Field(description="指标内容, the official words")
    points: Points = Field(description="分值 as printed: the item's ceiling")
    verification: tuple[str, ...] = Field(default=(), description="验收方式")
    rule_text: str = Field(description="考核评分方法, the official words")
    responsible: tuple[str, ...] = Field(default=(), description="responsible departments")
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    cap: Points | None = Field(default=None, description="a lower ceiling that the text states")
    floor: Points = Decimal(0)
    na: str = Field(default="", description="the stated condition under which the whole item is not applicable")
    errata: tuple[Erratum, ...] = ()

    @property
    def ceiling(self) -> Decimal:
        """The most the item can earn, in points."""
        return self.points if self.cap is None else min(self.points, self.cap)

    def criterion(self, id_: str) -> AnyCriterion:
        """Return a criterion by its id; raise NotFound where the item has none such."""
        for criterion in self.criteria:
            if criterion.id == id_:
                return criterion
        raise NotFound(
            N_("Item {item} has no criterion “{criterion}”. Its criteria are: {known}."),
            "unknown-criterion", item=self.no, criterion=id_, known=", ".join(c.id for c in self.criteria),
        )  # fmt: skip


class Aspect(_Part):
    """A chapter of the table."""

    id: Identifier
    title: str = Field(description="指标项, the official words")
    points: Points = Field(description="the points its heading states")
    requirement: str = Field(default="", description="总体要求, the official words")
    bonus: bool = Field(default=False, description="true where its points come on top of the base")
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    errata: tuple[Erratum, ...] = ()

    @property
    def ceiling(self) -> Decimal:
        return sum((item.ceiling for item in self.items), Decimal(0))


class Figure(_Part):
    """A fact about the applicant that criteria or gates read."""

    title: str
    unit: str = ""
    from_: Number | None = Field(default=None, alias="from", description="the lowest value that makes sense")
    to: Number | None = Field(default=None, description="the highest value that makes sense")
    self_check: Literal["", "base", "bonus"] = Field(
        default="", description="the sum of the applicant's self-check it stands for: without the bonus, or the bonus"
    )


class Veto(_Part):
    """A fact that overrides the result; the score is kept."""

    id: Identifier
    text: str
    effect: str = Field(description="what the text says follows, e.g. 取消申请资格")


class Gate(_Part):
    """A condition that must hold, by a figure and its range or confirmed by the panel."""

    id: Identifier
    group: str = ""
    text: str
    figure: Identifier | None = None
    holds: Interval | None = None
    plus: Identifier | None = Field(
        default=None, description="where the text can be read in two ways: the other reading adds this figure"
    )
    errata: tuple[Erratum, ...] = ()

    @model_validator(mode="after")
    def _figure_and_range(self) -> Gate:
        if (self.figure is None) != (self.holds is None):
            raise ValueError("'figure' and 'holds' go together")
        if self.plus is not None and self.figure is None:
            raise ValueError("'plus' needs a 'figure' that it is added to")
        return self


class Activity(_Part):
    """One part of the visit as the official text describes it."""

    id: Identifier
    title: str
    text: str = ""
    draws: Literal["", "sites", "citizens"] = ""


class FormField(_Part):
    """One field of the form that the applicant hands in."""

    id: Identifier
    title: str = Field(description="the official words")
    kind: Literal["text", "long", "date", "number"] = "text"
    group: str = Field(default="", description="the part of the form it stands in, the official words")
    hint: str = Field(default="", description="what the form asks for here, the official words")
    choices: tuple[str, ...] = Field(default=(), description="the only answers, where the form prints boxes")
    most: Annotated[int, Field(gt=0, le=20000)] | None = Field(
        default=None, description="how many characters the form allows"
    )

    @model_validator(mode="after")
    def _choices_are_text(self) -> FormField:
        if self.choices and self.kind != "text":
            raise ValueError("'choices' go with the kind 'text'")
        return self


class Scheme(_Part):
    """Which activities, draws and application form a visit by this rubric has."""

    prescribed: bool = Field(description="false where the text is silent and the file only offers this scheme")
    activities: tuple[Activity, ...]
    candidate_sites: Annotated[int, Field(ge=0, le=50)] = 0
    drawn_sites: tuple[int, ...] = Field(default=(), description="the numbers of sites that may be drawn")
    citizen_categories: tuple[str, ...] = ()
    form: tuple[FormField, ...] = Field(default=(), description="the fields of the application form, in its order")
    part_step: Annotated[Number, Field(gt=0, lt=1)] = Field(
        default=Decimal("0.5"), description="a tick's part (部分达到) comes in steps of this share of its points"
    )

    @model_validator(mode="after")
    def _draw_possible(self) -> Scheme:
        if any(not 0 < count <= self.candidate_sites for count in self.drawn_sites):
            raise ValueError("'drawn_sites' must lie between 1 and 'candidate_sites'")
        return self


class Rubric(_Part):
    """A scoring table with everything a visit by it needs."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    version: Identifier
    title: str
    issuer: str
    year: Identifier
    source: str = Field(description="the document the wording was taken from")
    preamble: str = ""
    stated_total: Points = Field(description="the total the text states, bonus included where it is")
    stated_bonus: Points = Decimal(0)
    verdict_text: str = Field(default="", description="what the text says, or that it is silent, about passing")
    scheme: Scheme
    figures: dict[str, Figure] = Field(default_factory=dict)
    aspects: Annotated[tuple[Aspect, ...], Field(min_length=1)]
    vetoes: tuple[Veto, ...] = ()
    gates: tuple[Gate, ...] = ()
    errata: tuple[Erratum, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in official order, deductions and bonus included."""
        return tuple(item for aspect in self.aspects for item in aspect.items)

    @cached_property
    def _by_no(self) -> dict[str, tuple[Item, Aspect]]:
        return {item.no: (item, aspect) for aspect in self.aspects for item in aspect.items}

    def item(self, no: str) -> Item:
        """Return an item by its printed number; raise NotFound where there is none."""
        return self._found(no)[0]

    def aspect_of(self, no: str) -> Aspect:
        """Return the aspect an item belongs to; raise NotFound where there is no such item."""
        return self._found(no)[1]

    def _found(self, no: str) -> tuple[Item, Aspect]:
        try:
            return self._by_no[no]
        except KeyError:
            raise NotFound(
                N_("The rubric “{rubric}” has no item {item}. Its items run from {first} to {last}."),
                "unknown-item", rubric=self.id, item=no, first=self.items[0].no, last=self.items[-1].no,
            ) from None  # fmt: skip

    @property
    def base_total(self) -> Decimal:
        """The full score without the bonus, in points, as the parts add up."""
        return sum((aspect.ceiling for aspect in self.aspects if not aspect.bonus), Decimal(0))

    @property
    def bonus_total(self) -> Decimal:
        return sum((aspect.ceiling for aspect in self.aspects if aspect.bonus), Decimal(0))


Path = tuple[str | int, ...]


def contradictions(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    """Find what the parts of a rubric say against each other, each with the path of the place in the file.

    Args:
        rubric: a rubric whose structure is already valid.

    Yields:
        ``(path, fault)``; the path is a tuple of keys and indexes into the file, the fault's place is empty.
    """
    yield from _repeated(rubric)
    yield from _unknown_figures(rubric)
    yield from _sums(rubric)
    yield from _overlaps(rubric)


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


def _sums(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    remedy = N_("Correct the points, or list the slip of the official text under 'errata'.")
    for path, item in _items(rubric):
        most = sum((criterion.points for criterion in item.criteria), Decimal(0))
        if most != item.ceiling and not item.errata:
            yield (*path, "points"), Fault(
                "", N_("The criteria of item {item} can earn {most} points, but the item states {stated}."), remedy,
                {"item": item.no, "most": most, "stated": item.ceiling})  # fmt: skip
    for i, aspect in enumerate(rubric.aspects):
        if aspect.ceiling != aspect.points and not aspect.errata:
            yield ("aspects", i, "points"), Fault(
                "", N_("The items of “{aspect}” add up to {most} points, but its heading states {stated}."), remedy,
                {"aspect": aspect.title, "most": aspect.ceiling, "stated": aspect.points})  # fmt: skip
    totals = (("stated_total", rubric.base_total + rubric.bonus_total), ("stated_bonus", rubric.bonus_total))
    for key, most in totals:
        stated = getattr(rubric, key)
        if most != stated and not rubric.errata:
            yield (key,), Fault("", N_("The aspects add up to {most} points, but the text states {stated}."), remedy,
                                {"most": most, "stated": stated})  # fmt: skip


def _overlaps(rubric: Rubric) -> Iterator[tuple[Path, Fault]]:
    """Find values that two bands of one step claim: at the ends of bands, where any overlap must show."""
    for path, item in _items(rubric):
        for k, criterion in enumerate(item.criteria):
            if not isinstance(criterion, Step):
                continue
            ends = sorted({end for band in criterion.bands for end in (band.low, band.high) if end is not None})
            between = [(a + b) / 2 for a, b in pairwise(ends)]
            outside = [ends[0] - 1, ends[-1] + 1] if ends else []
            for value in sorted([*ends, *between, *outside]):
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
