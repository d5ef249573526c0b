"""What a rubric file may say: a rubric, its aspects, items and criteria, its scheme, vetoes and gates.

The types carry the official wording beside its machine reading; ``core.scoring`` does the reading. Loading a file
is not done here (see ``files``), and no rubric's content is: a new rubric is a new file.

Numbers are exact decimals in points (``points``, ``cap``, ``floor``) or in the unit that the figure names.

Source: the model covers the five official texts of quality-strong counties, districts, cities and towns; kinds of
criteria as in the design (tick, choice, step, rate, grade).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, WithJsonSchema, model_validator

from inspection_app.errors import N_, NotFound


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


class SlipKind(StrEnum):
    """What a check can find wrong with an official text by itself; see ``core.consistency``."""

    SUM = "sum"  # parts do not add up to what is stated
    GAP = "gap"  # a value of a figure for which no band is printed
    NO_ZERO = "no_zero"  # levels without one that earns nothing


class Erratum(_Part):
    """What the official text gets wrong or leaves open, and what the software does about it."""

    says: str
    does: str
    about: SlipKind | None = Field(
        default=None, description="which finding of the check it answers, where the check can find it"
    )


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
    responsible: tuple[str, ...] = Field(default=(), description="the departments printed at this clause")
    official: bool = Field(default=True, description="false where the text prints no points for it; then it is flagged")
    errata: tuple[Erratum, ...] = ()


class Tick(_Criterion):
    """The clause's points, none, or a part of them with a reason."""

    kind: Literal["tick"]
    points: Points
    parts: bool = Field(default=True, description="false where the text leaves only yes or no")
    checks: tuple[Check, ...] = ()


class Choice(_Criterion):
    """Exclusive tiers in official order; the answer is a tier's number counted from 1, or 0: none fits."""

    kind: Literal["choice"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=2)]

    @property
    def points(self) -> Decimal:
        return max(tier.points for tier in self.tiers)


class Measure(StrEnum):
    """What is read from a figure: the value, or how it stands to the target or to last year's value."""

    VALUE = "value"
    ABOVE_TARGET = "above_target"  # value − target, in the figure's unit
    SHORTFALL = "shortfall"  # target − value
    CHANGE = "change"  # value − last year's value
    GROWTH = "growth"  # (value − last year's value) / last year's value, in percent


class _Measured(_Criterion):
    figure: Identifier = Field(description="the figure it reads, by its key in 'figures'")
    measure: Measure = Measure.VALUE
    target: Number | None = Field(default=None, description="the target, where the text itself names it")
    _sign: str = PrivateAttr("")

    @property
    def sign(self) -> str:
        """The unit of the figure that is read, as it may stand behind a number; the rubric tells it."""
        return self._sign

    @property
    def against(self) -> Literal["", "target", "last"]:
        """Which second number has to be entered beside the figure's value."""
        if self.measure in (Measure.CHANGE, Measure.GROWTH):
            return "last"
        return "target" if self.measure is not Measure.VALUE and self.target is None else ""

    @model_validator(mode="after")
    def _target_is_read(self) -> Self:
        if self.target is not None and self.measure not in (Measure.ABOVE_TARGET, Measure.SHORTFALL):
            raise ValueError("'target' goes with the measures 'above_target' and 'shortfall'")
        return self


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
    reason: Literal["", "points", "less"] = Field(
        default="", description="when a reason is needed: whenever points are given, or for less than all of them"
    )


AnyCriterion = Tick | Choice | Step | Rate | Grade
Criterion = Annotated[AnyCriterion, Field(discriminator="kind")]


class Item(_Part):
    """One numbered row of the table."""

    no: Identifier
    content: str = Field(description="指标内容, the official words; empty where the text prints none")
    points: Points = Field(description="分值 as printed: the item's ceiling")
    verification: tuple[str, ...] = Field(default=(), description="验收方式")
    rule_text: str = Field(description="考核评分方法, the official words")
    responsible: tuple[str, ...] = Field(default=(), description="responsible departments")
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    cap: Points | None = Field(default=None, description="a lower ceiling that the text states")
    floor: Points = Decimal(0)
    na: str = Field(default="", description="the stated condition under which the whole item is not applicable")
    prompts: tuple[str, ...] = Field(default=(), description="what the text asks to look at, without points (重点考核)")
    errata: tuple[Erratum, ...] = ()

    @property
    def ceiling(self) -> Decimal:
        """The most the item can earn, in points."""
        return self.points if self.cap is None else min(self.points, self.cap)

    @property
    def all_errata(self) -> tuple[Erratum, ...]:
        """The errata of the item, then those of its criteria."""
        return (*self.errata, *(erratum for criterion in self.criteria for erratum in criterion.errata))

    def criterion(self, id_: str) -> AnyCriterion:
        """Return a criterion by its id; raise NotFound where the item has none such."""
        for criterion in self.criteria:
            if criterion.id == id_:
                return criterion
        raise NotFound(
            N_("Item {item} has no criterion “{criterion}”. Its criteria are: {known}."),
            "unknown-criterion", item=self.no, criterion=id_, known=", ".join(c.id for c in self.criteria),
        )  # fmt: skip


class AspectKind(StrEnum):
    """What an aspect's points do to the total."""

    BASE = "base"
    BONUS = "bonus"  # on top of the base
    DEDUCTION = "deduction"  # off the base, which does not fall below nought


class Aspect(_Part):
    """A chapter of the table."""

    id: Identifier
    title: str = Field(description="指标项, the official words")
    points: Points | None = Field(default=None, description="the points its heading states, if it states any")
    requirement: str = Field(default="", description="总体要求, the official words")
    kind: AspectKind = AspectKind.BASE
    cap: Points | None = Field(default=None, description="the most its items count together, where the text says so")
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    errata: tuple[Erratum, ...] = ()

    @property
    def ceiling(self) -> Decimal:
        """The most its items count together, in points; of deductions: the most that comes off."""
        most = sum((item.ceiling for item in self.items), Decimal(0))
        return most if self.cap is None else min(most, self.cap)

    @property
    def worth(self) -> Decimal:
        """The points that its heading states; where it states none, the most its items count together."""
        return self.ceiling if self.points is None else self.points

    @property
    def bonus(self) -> bool:
        return self.kind is AspectKind.BONUS

    @property
    def deduction(self) -> bool:
        return self.kind is AspectKind.DEDUCTION


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
    grade: str = Field(default="", description="the grade that it sets, where the text names one")


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
    personal: bool = Field(default=False, description="names or reaches a person: can be removed for good later")
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
    pass_line: Points | None = Field(default=None, description="the lowest total that passes, where the text has one")
    scheme: Scheme
    figures: dict[str, Figure] = Field(default_factory=dict)
    aspects: Annotated[tuple[Aspect, ...], Field(min_length=1)]
    vetoes: tuple[Veto, ...] = ()
    gates: tuple[Gate, ...] = ()
    errata: tuple[Erratum, ...] = ()

    @model_validator(mode="after")
    def _tell_units(self) -> Self:
        """Let each measured clause know its figure's unit, so that an item can be scored without its rubric."""
        for item in self.items:
            for criterion in item.criteria:
                if isinstance(criterion, _Measured) and criterion.figure in self.figures:
                    criterion._sign = self.figures[criterion.figure].unit
        return self

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
        """The full score without bonus and deductions, in points, as the parts add up."""
        return self._ceiling(AspectKind.BASE)

    @property
    def bonus_total(self) -> Decimal:
        return self._ceiling(AspectKind.BONUS)

    @property
    def deduction_total(self) -> Decimal:
        """The most that can come off."""
        return self._ceiling(AspectKind.DEDUCTION)

    def _ceiling(self, kind: AspectKind) -> Decimal:
        return sum((aspect.ceiling for aspect in self.aspects if aspect.kind is kind), Decimal(0))
