"""From an item's scoring rule, as offices write it, to proposed criteria, with what a person must decide beside them.

A rule's points stand in brackets (（2分）), are said (得2分, 不得分, 每起扣0.5分) or bare (4星级1分). Which
clauses add up and which exclude each other is seldom written: it follows from what they come to, against the item's
points.
Wording is only cut, never made; a figure's title is the wording in front of its number. Nothing is scored here, and a
proposal is not a rubric: somebody reads it against the text.

Source: 以上, 以下, 达到, 不低于 include their number, 超过, 大于, 低于, 不足 do not (the shipped texts' readings).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from inspection_app.core.rubric import (
    AnyCriterion,
    Band,
    Check,
    Choice,
    Figure,
    Grade,
    Interval,
    Measure,
    Rate,
    Step,
    Tick,
    Tier,
)
from inspection_app.core.thresholds import (
    COUNT_UNITS,
    ENUMERATED,
    UNIT,
    Bound,
    beyond,
    bounds_in,
    closed,
    ends_of,
    rest_of,
    same_unit,
    stands_for_several,
)
from inspection_app.errors import N_

_FOLD = str.maketrans("０１２３４５６７８９．％（）；：〔〕［］", "0123456789.%();:()()")
"""Character for character, so that a place in the folded text is the place in the wording."""
_NUM = r"(\d+(?:\.\d+)?)"
_GIVEN = "得加计记给"
_TAKEN = "扣减"
_BRACKET = re.compile(rf"[{_GIVEN}]?\((?:本项)?(满分|得|加|计|扣|减)?{_NUM}分\)")
_BRACKET_LIMIT = re.compile(rf"\((?:(每[^()]*?)([扣减加得]){_NUM}分[,，;、])?(?:最高|最多|至多)([扣减加得])?{_NUM}分\)")
_SAID = re.compile(rf"(不得分|不加分|不计分|不扣分|零分)|([{_GIVEN}{_TAKEN}])(?:到|为|分)?{_NUM}分(?![值数以])")
_BARE = re.compile(rf"(?<![\d.达到于过足满至\-—~]){_NUM}分(?=[,，;。、]|$)")
_LIMIT = re.compile(
    rf"(?:扣完(?:{_NUM}分)?为止|直至(?:扣完为止|{_NUM}分)|(?:本项)?(?:最高|最多|至多|累计|合计|满分)"
    rf"(?:不超过|得|扣|减|加|计|为)*{_NUM}分(?:为止)?|扣完为止)"
)
_PER = re.compile(r"每(?!年|季|月|半年|周|届|天|日|[一二两三四]年)([^,，;。]*)$")
_ONE = re.compile(r"(?:发现|发生|出现|缺少?|少)有?([一1][个项家次起件例位名人处][^,，;。]*)$")
_DISCRETION = re.compile(
    rf"酌情(?:给分|打分|评分|计分|加分)[,，]?(?:最高|最多|至多|不超过)(?:不超过|得|加|为)*{_NUM}分"
)
_ELSE = re.compile(r"^(?:否则|反之|未达到的?|没有的?|不符合的?)$")
_NUMBERED = re.compile(r"^(?:\d{1,2}[.、](?!\d)|\(\d{1,2}\)|[①-⑳])")
_COUNTED = re.compile(r"[一1](?:类|个|项|家|次|起|件|名|人)$")
_SEPARATORS = "，,；;。、 "
_LED = ("在", "由", "围绕", "根据", "按", "按照", "针对", "以", "经", "委托", "通过", "为", "对", "结合")


@dataclass(frozen=True)
class Doubt:
    """What a person must decide: about a criterion by its id, or about the whole item."""

    message: str  # a catalogue key whose placeholders the context fills
    criterion: str = ""
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What is proposed for one item's rule; ``points`` are the item's where its row prints none."""

    points: Decimal
    criteria: tuple[AnyCriterion, ...]
    figures: Mapping[str, Figure]
    cap: Decimal | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class _Clause:
    text: str  # the wording with its points, without separators
    words: str  # folded, without its points
    value: Decimal
    style: str  # bracket | said | bare
    verb: str = ""
    start: int = 0
    end: int = 0
    parted: bool = False  # a full stop stands before it
    numbered: bool = False
    limit: Decimal | None = None
    per: str = ""  # what stands behind 每
    off: Decimal = Decimal(0)  # what comes off, where the value is the level that is left

    @property
    def taken(self) -> bool:
        return self.verb in _TAKEN and bool(self.verb)


MOST_CHARACTERS = 5_000
"""The longest rule that is read: the official texts have none of 300, and time grows with the square."""


def read_rule(
    text: str, points: Decimal | None, *, no: str, bonus: bool = False, deduction: bool = False, judged: bool = False
) -> Reading:
    """Propose the criteria of one item.

    Args:
        text: the scoring rule's wording, its white space normalised.
        points: the item's printed points; None where its row prints none.
        no: the item's number, for the keys of figures.
        bonus: the item stands in a section of bonus points.
        deduction: what it says comes off the total.
        judged: the table has no column of scoring rules: it says what is looked at, and points by judgement.

    >>> reading = read_rule("产品抽检合格率98%以上得4分，95%以上得2分，不足95%不得分。", Decimal(4), no="2")
    >>> [(str(band), str(band.points)) for band in reading.criteria[0].bands]
    [('≥ 98', '4'), ('≥ 95, < 98', '2'), ('< 95', '0')]
    """
    try:
        if len(text) > MOST_CHARACTERS:
            raise ValueError
        return _Reader(text, points, no, bonus, deduction, judged).read()
    except ValueError:  # too long, or numbers that no criterion can hold
        tick = Tick(id="1", kind="tick", text=_trimmed(text), points=points or Decimal(0), parts=False, official=False)
        return Reading(tick.points, (tick,), {}, doubts=(Doubt(N_("This rule could not be read."), "1"),))


class _Reader:
    def __init__(self, text: str, points: Decimal | None, no: str, bonus: bool, deduction: bool, judged: bool) -> None:
        self.text, self.folded, self.printed = text, text.translate(_FOLD), points
        self.no, self.bonus, self.deduction, self.judged = no, bonus, deduction, judged
        self.cap: Decimal | None = None
        self.criteria: list[AnyCriterion] = []
        self.figures: dict[str, Figure] = {}
        self.doubts: list[Doubt] = []
        self._cased = False
        self._count = 0

    def read(self) -> Reading:
        if not (self._by_discretion() or self._taken_off()):
            clauses = self._clauses()
            self._count = len(clauses)
            if not clauses:
                self._without_points()
            elif self.judged and len(clauses) == 1:
                self._by_judgement(clauses[0])
            elif all(clause.taken and not clause.per for clause in clauses):
                self._off_by_judgement(clauses)
            else:
                for group in self._grouped(_as_levels(clauses)):
                    self._add(group)
        if self.printed is None and not self.criteria[0].official:
            self.doubt(N_("Neither the row nor its rule prints points; 0 stands here."))
        return Reading(self._points(), tuple(self.criteria), self.figures, self.cap, tuple(self.doubts))

    def doubt(self, message: str, criterion: str = "", **context: object) -> None:
        self.doubts.append(Doubt(message, criterion, context))

    # --- whole rules ---

    def _by_discretion(self) -> bool:
        """酌情打分, with the only values allowed where the text lists them."""
        others = any(style != "bare" and verb != "酌" for *_, style, verb in self._marks())
        if not re.search(r"酌情|视情", self.folded) or _BRACKET_LIMIT.search(self.folded) or others:
            return False
        listed = re.search(rf"{_NUM}分(?:[、,，和或/]{_NUM}分)+", self.folded)
        allowed = tuple(Decimal(n) for n in re.findall(r"(\d+(?:\.\d+)?)分", listed.group())) if listed else ()
        self._discretion(_trimmed(self.text), max([*allowed, self.printed or Decimal(0)]), allowed)
        return True

    def _discretion(self, text: str, points: Decimal, allowed: tuple[Decimal, ...] = ()) -> None:
        if not allowed:
            self.doubt(
                N_("The text leaves the points to discretion: must a reason be given, are only some values allowed?"),
                self._id,
            )
        self.criteria.append(
            Grade(id=self._id, kind="grade", text=text, points=points, allowed=allowed,
                  reason="" if allowed else "points")
        )  # fmt: skip

    def _taken_off(self) -> bool:
        """（每项扣1分，最高扣2分）, （最高扣1分）: counted, or by discretion up to a limit."""
        found = _BRACKET_LIMIT.search(self.folded)
        if not found or not (self.deduction or found.group(4) in ("扣", "减", None)):
            return False
        words, most = _trimmed(self.text[: found.start()]), Decimal(found.group(5))
        if found.group(1):
            sign = 1 if self.deduction else -1
            self._rate(words, most, Decimal(found.group(3)) * sign, found.group(1)[1:], Decimal(1))
        else:
            self.criteria.append(Grade(id="1", kind="grade", text=words, points=most, reason="points"))
        return True

    def _without_points(self) -> None:
        external = re.search(r"(?:测算|核算|评价|情况)?得分$", _trimmed(self.folded))
        points = self.printed or Decimal(0)
        words = _trimmed(self.text)
        if external and words:
            self.criteria.append(Grade(id="1", kind="grade", text=words, points=points, external=True))
            return
        self.criteria.append(
            Tick(id="1", kind="tick", text=words, points=points, parts=False, official=False,
                 checks=self._checks(words, "1"))
        )  # fmt: skip
        self.doubt(N_("The text prints no points for this clause; proposed as all or nothing."), "1")

    def _by_judgement(self, clause: _Clause) -> None:
        words = _trimmed(self._unbracketed(clause.text))
        if re.search(r"得分$", clause.words.rstrip(_SEPARATORS)):
            self.criteria.append(Grade(id="1", kind="grade", text=words, points=clause.value, external=True))
        elif re.search(r"(?:受到|获得|荣获)[^,，;。]*(?:激励|表彰|奖励|表扬|称号)$", clause.words.rstrip(_SEPARATORS)):
            self.criteria.append(Tick(id="1", kind="tick", text=words, points=clause.value, parts=False))
        else:
            self.criteria.append(Grade(id="1", kind="grade", text=words, points=clause.value, reason="less"))

    def _off_by_judgement(self, clauses: Sequence[_Clause]) -> None:
        """Points that come off for this and that, none of them counted: the panel judges, with a reason."""
        stated = [clause.limit for clause in clauses if clause.limit]
        alone = not self.criteria and len(clauses) == self._count
        text = _trimmed(self.text if alone else self.text[clauses[0].start : clauses[-1].end])
        whole = self.printed if alone else None
        points = stated[-1] if stated else whole or sum((c.value for c in clauses), Decimal(0))
        reason = "points" if self.deduction else "less"
        self.doubt(N_("Points come off here for several reasons; proposed as judgement with a reason."), self._id)
        self.criteria.append(Grade.model_validate(
            {"id": self._id, "kind": "grade", "text": text, "points": points, "reason": reason}
        ))  # fmt: skip

    # --- clauses ---

    def _clauses(self) -> list[_Clause]:
        """Cut the rule behind each statement of points; a limit belongs to the clause before it, or to the item."""
        marks = self._marks()
        clauses: list[_Clause] = []
        cursor = 0
        for number, (start, end, value, style, verb) in enumerate(marks):
            between = self.folded[cursor:start]
            parted = not clauses or "。" in between[:2]
            offset = cursor + len(between) - len(between.lstrip(_SEPARATORS))
            numbered = bool(match := _NUMBERED.match(self.folded[offset:start]))
            offset += match.end() if match else 0
            lead = self.folded[offset:start].rstrip(_SEPARATORS).rfind("。")
            if lead >= 0 and number == 0 and len(marks) > 1 and not numbered:
                offset += lead + 1  # what introduces several clauses has no points of its own
            words = self.folded[offset:start]
            per = self._per(words.rstrip(_SEPARATORS), value, style, verb)
            clauses.append(
                _Clause(self.text[offset : start if style == "bracket" else end], words, value, style, verb, offset,
                        end, parted, numbered, per=per)
            )  # fmt: skip
            cursor = self._limited(clauses, end)
        return clauses

    def _per(self, words: str, value: Decimal, style: str, verb: str) -> str:
        """Return what points are given or taken for, again and again; nothing where they are for once."""
        if style == "bracket":
            return ""
        if not value:
            return ""
        if match := _PER.search(words):
            return match.group(1) or " "
        match = _ONE.search(words) if verb in _TAKEN and verb and value < (self.printed or 0) else None
        return match.group(1) if match else ""

    def _marks(self) -> list[tuple[int, int, Decimal, str, str]]:
        free_of = [match.span() for match in _DISCRETION.finditer(self.folded)]
        limits = [m.span() for m in _LIMIT.finditer(self.folded) if not any(a <= m.start() < b for a, b in free_of)]
        found: list[tuple[int, int, Decimal, str, str]] = []

        def free(start: int, end: int) -> bool:
            return not any(a < end and start < b for a, b in [*limits, *((m[0], m[1]) for m in found)])

        for match in _BRACKET.finditer(self.folded):
            if match.group(1) != "满分":
                found.append((match.start(), match.end(), Decimal(match.group(2)), "bracket", match.group(1) or ""))
        for match in _DISCRETION.finditer(self.folded):
            found.append((match.start(), match.end(), Decimal(match.group(1)), "said", "酌"))
        for match in _SAID.finditer(self.folded):
            if free(*match.span()):
                found.append((match.start(), match.end(), Decimal(match.group(3) or 0), "said", match.group(2) or "得"))
        for match in _BARE.finditer(self.folded):
            if free(*match.span()):
                found.append((match.start(), match.end(), Decimal(match.group(1)), "bare", ""))
        return sorted(found)

    def _limited(self, clauses: list[_Clause], end: int) -> int:
        """Give a limit behind a clause to it, or to the item where it is a sentence of its own; return its end."""
        rest = self.folded[end:]
        lead = len(rest) - len(rest.lstrip(_SEPARATORS))
        match = _LIMIT.match(rest[lead:])
        if not match:
            return end
        number = next((group for group in match.groups() if group), None)
        if number and Decimal(number):
            if ("。" in rest[:lead] and not clauses[-1].per) or ("。" in rest[:lead] and len(clauses) > 1):
                self.cap = Decimal(number)
            else:
                clauses[-1] = replace(clauses[-1], limit=Decimal(number))
        clauses[-1] = replace(clauses[-1], end=end + lead + match.end())
        return end + lead + match.end()

    # --- which clauses add up, which exclude each other ---

    def _grouped(self, clauses: Sequence[_Clause]) -> list[list[_Clause]]:
        """Choose the grouping whose sums fit the item's points best, and that the wording suggests."""
        self._cased = self._by_case(clauses)
        if self._cased:
            self.doubt(N_("Read as points for every case anew, up to the most that counts: compare with the text."))
            clauses = [replace(c, per=c.per or " ", limit=c.limit or self.cap or self.printed) for c in clauses]
        best: tuple[int, list[list[_Clause]]] | None = None
        for joined in range(1 << max(0, len(clauses) - 1) if len(clauses) <= 12 else 1):
            groups, cost = [[clauses[0]]], 0
            for place, (before, clause) in enumerate(pairwise(clauses)):
                merge = bool(joined >> place & 1)
                cost += self._cost(before, clause, merge)
                if merge:
                    groups[-1].append(clause)
                else:
                    groups.append([clause])
            cost += self._misfit(groups)
            if best is None or cost < best[0]:
                best = (cost, groups)
        assert best is not None
        if best[0] >= 5 and self.printed is not None:
            self.doubt(
                N_("It is not certain which clauses add up and which exclude each other; compare with the text.")
            )
        return best[1]

    def _by_case(self, clauses: Sequence[_Clause]) -> bool:
        """Say whether values far below the stated most are earned for every case anew."""
        most = self.cap or self.printed
        total = sum((clause.value for clause in clauses), Decimal(0))
        if most is None or total >= most or any(clause.per for clause in clauses):
            return False
        return all(_COUNTED.search(clause.words) for clause in clauses) or (
            self.bonus and len(clauses) > 1 and all(clause.verb == "加" for clause in clauses)
        )

    def _cost(self, before: _Clause, clause: _Clause, merge: bool) -> int:
        if clause.per or before.per:
            fits = clause.per and (_short_of(before, clause) or _from_full(before, clause))
            return (
                (0 if _short_of(before, clause) else 1 if fits else 99)
                if merge
                else (3 if fits and _short_of(before, clause) else 0)
            )
        falling = clause.value < before.value
        if merge:
            if not falling or clause.numbered:
                return 99
            if clause.style == "bracket":
                return 0 if _continues(before, clause) else 4
            return 4 if clause.verb == "加" else int(clause.parted)
        if clause.value == 0:
            return 30
        if clause.style != "bracket" and falling and clause.verb != "加" and not clause.numbered:
            return 1 if clause.parted else 2
        return 2 if clause.style == "bracket" and falling and _continues(before, clause) else 0

    def _misfit(self, groups: Sequence[Sequence[_Clause]]) -> int:
        if any(len(group) > 2 and any(c.per for c in group) for group in groups):
            return 99
        if self._cased or (self.printed is None and self.cap is None):
            return 0
        total = sum((_worth(group) for group in groups), Decimal(0))
        if self.cap is not None and total >= self.cap:
            return 0
        rest = (self.printed or Decimal(0)) - total
        counted = any(group[0].per and group[0].limit is None for group in groups)
        return 0 if (rest > 0 if counted else rest == 0) else 5

    # --- one group of clauses, one criterion ---

    def _add(self, group: Sequence[_Clause]) -> None:
        if len(group) == 2 and group[1].per and _short_of(*group):
            self._shortfall_rate(*group)
        elif len(group) == 2 and group[1].per:
            full, off = group
            text = _trimmed(self.text[full.start : off.end])
            self._rate(text, full.value, -off.value, off.per, *_per_unit(off.per))
        elif group[0].per:
            self._counted(group[0])
        elif group[0].verb == "酌":
            self._discretion(_trimmed(group[0].text), group[0].value)
        elif len(group) > 1:
            self._levels(group)
        elif group[0].taken or group[0].off:
            self._off_by_judgement([replace(group[0], value=group[0].off or group[0].value)])
        else:
            self._condition(group[0])

    @property
    def _id(self) -> str:
        return str(len(self.criteria) + 1)

    def _counted(self, clause: _Clause) -> None:
        most = clause.limit or self.cap
        if most is None:
            others = sum((c.points for c in self.criteria), Decimal(0))
            most = max((self.printed or clause.value) - others, clause.value)
            if not clause.taken or others or self._count > 1:  # alone, points come off the item's
                self.doubt(N_("The text states no most for what is counted; {points} points are left of the item."),
                           self._id, points=most)  # fmt: skip
        each = -clause.value if clause.taken and not self.deduction else clause.value
        self._rate(_trimmed(clause.text), most, each, clause.per, *_per_unit(clause.per))

    def _rate(self, text: str, points: Decimal, each: Decimal, per: str, unit: Decimal, sign: str = "") -> None:
        key = self._figure(_what_counts(text, per), sign or _count_unit(per))
        growth = re.search(r"较上一?年|比上一?年|同比", text)
        measure = (Measure.CHANGE if "百分点" in text else Measure.GROWTH) if growth else Measure.VALUE
        if measure is Measure.VALUE and "目标" in text and re.match(r"(?:下降|降低|低于?|差|相差|少)", per):
            measure = Measure.SHORTFALL
        start = points if each < 0 else Decimal(0)
        self.criteria.append(
            Rate(id=self._id, kind="rate", text=text, points=points, figure=key, measure=measure, each=each, unit=unit,
                 start=start)
        )  # fmt: skip

    def _shortfall_rate(self, full: _Clause, off: _Clause) -> None:
        bound = next(iter(bounds_in(full.words)))
        unit, sign = _per_unit(off.per)
        text = _trimmed(self.text[full.start : off.end])
        key = self._figure(bound.subject, sign or bound.unit)
        self.criteria.append(
            Rate(id=self._id, kind="rate", text=text, points=full.value, figure=key, measure=Measure.SHORTFALL,
                 target=bound.range.low, each=-off.value, unit=unit, start=full.value)
        )  # fmt: skip

    def _levels(self, group: Sequence[_Clause]) -> None:
        text = _trimmed(self.text[group[0].start : group[-1].end])
        if group[-1].style == "bracket":
            text = _trimmed(text)
        if len(group) == 2 and group[1].value == 0 and _ELSE.match(group[1].words.strip(_SEPARATORS)):
            self.criteria.append(Tick(id=self._id, kind="tick", text=text, points=group[0].value, parts=False))
            return
        bands, bound = self._bands(group)
        if bound is not None:
            key = self._figure(bound.subject, bound.unit, bound.measure)
            if not any(band.points == 0 for band in bands):
                bands.append(beyond(bands))
                self.doubt(N_("No level earns nothing; a level of 0 points is added and marked as not official."),
                           self._id)  # fmt: skip
            self.criteria.append(
                Step(id=self._id, kind="step", text=text, figure=key, measure=bound.measure, bands=tuple(bands))
            )
            return
        if all(clause.style == "bracket" for clause in group):
            self.doubt(
                N_("These points do not add up to the item's: read as levels that exclude each other."), self._id
            )
        tiers = [Tier(points=clause.value, text=_trimmed(clause.text)) for clause in group]
        if len({tier.text for tier in tiers}) < len(tiers):
            raise ValueError("levels of one wording")
        self.criteria.append(Choice(id=self._id, kind="choice", text=text, tiers=tuple(tiers)))

    def _condition(self, clause: _Clause) -> None:
        text = _trimmed(clause.text)
        parts = _conditions(clause.words)
        bounds = [bounds_in(part) for part in parts]
        if re.search(r"酌情|视情", clause.words):
            self._discretion(text, clause.value)
            return
        missing = re.search(r"([^,，;。]*[,，]?此项(?:为合理缺项|不计分|不适用))", clause.words)
        if missing:
            self.criteria.append(
                Tick(id=self._id, kind="tick", points=clause.value, text=text, na=_trimmed(self._at(clause, missing)))
            )
            self.doubt(N_("The clause names a case in which it does not apply: compare “na” with the text."), self._id)
            return
        bound = bounds[0][0] if len(parts) == 1 and bounds[0] else None
        if bound and re.search(r"且|并|或|同时|以及", clause.words.split(bound.phrase, 1)[1]):
            self.doubt(N_("A number stands beside another condition: say what must hold, or let a figure show it."),
                       self._id)  # fmt: skip
        elif bound and not bound.least and not stands_for_several(bound):
            if bound.measure in (Measure.CHANGE, Measure.GROWTH):
                self.doubt(N_("It reads how the figure has changed since last year: compare with the text."), self._id)
            key = self._figure(bound.subject, "" if bound.measure is Measure.GROWTH else bound.unit, bound.measure)
            reached = Band.model_validate(
                {**ends_of(bound.range), "points": clause.value, "text": self._wording(clause, bound.phrase)}
            )
            self.criteria.append(
                Step(id=self._id, kind="step", text=text, figure=key, measure=bound.measure,
                     bands=(reached, Band.model_validate({**rest_of(bound.range), "points": 0})))
            )  # fmt: skip
            return
        checks = self._checks(text, self._id)
        self.criteria.append(Tick(id=self._id, kind="tick", points=clause.value, text=text, checks=checks))

    def _checks(self, text: str, id_: str) -> tuple[Check, ...]:
        """List the conditions behind one value, as its commas part them; figures where they name a number."""
        folded = text.translate(_FOLD)
        parts = _conditions(folded)
        if len(parts) == 1:
            bounds = bounds_in(folded)
            names = ENUMERATED.split(bounds[0].subject) if bounds and stands_for_several(bounds[0]) else []
            return tuple(self._check(name, bounds[0]) for name in names)
        if any(part.startswith("或") for part in parts[1:]):
            self.doubt(
                N_("“{word}” stands between conditions behind one value: say which of them must hold."), id_, word="或"
            )
            return ()
        place, checks = 0, []
        for part in parts:
            place = folded.index(part, place)
            wording = text[place : place + len(part)]
            bound = next((b for b in bounds_in(part) if b.measure is Measure.VALUE and not b.least), None)
            checks.append(self._check(wording, bound))
            place += len(part)
        return tuple(checks)

    def _check(self, wording: str, bound: Bound | None) -> Check:
        if bound is None or bound.measure is not Measure.VALUE:
            return Check(text=wording)
        return Check(text=wording, figure=self._figure(wording, bound.unit), holds=bound.range)

    def _bands(self, group: Sequence[_Clause]) -> tuple[list[Band], Bound | None]:
        """Return the bands of levels that all depend on one number, and what it is; else nothing."""
        found = [next(reversed(bounds_in(clause.words)), None) for clause in group]
        first = found[0]
        if first is None and len(group) > 2 and found[1] is not None and found[1].measure is Measure.SHORTFALL:
            first = Bound(Interval(to=Decimal(0)), found[1].unit, "", group[0].words, Measure.SHORTFALL)
            found[0] = first
        if first is None or first.least:
            return [], None
        try:
            return self._joined_bands(group, found, first), first
        except ValueError:  # what the clauses say does not make ranges
            return [], None

    def _joined_bands(self, group: Sequence[_Clause], found: Sequence[Bound | None], first: Bound) -> list[Band]:
        bands: list[Band] = []
        for clause, bound in zip(group, found, strict=True):
            if bound is None:
                if clause.value or clause is not group[-1]:
                    raise ValueError("a level without a number")
                rest = re.search(r"其余|其他|其它|否则|以外|不符合|未达", clause.words)
                least = first.unit in COUNT_UNITS and bands[-1].from_ == 1  # of what is counted, none is fewer than one
                ends = ends_of(beyond(bands)) if rest or least else {"from": 0, "to": 0}
            elif not same_unit(bound.unit, first.unit) or bound.measure is not first.measure:
                raise ValueError("levels of different numbers")
            else:
                ends = closed(bound.range, bands, bound.unit)
            bands.append(Band.model_validate({**ends, "points": clause.value, "text": _trimmed(clause.text)}))
        return bands

    def _figure(self, subject: str, unit: str, measure: Measure = Measure.VALUE) -> str:
        """Declare a figure under a key of its own; its title is the wording it stands in."""
        key = f"item_{re.sub(r'[^0-9A-Za-z]+', '_', self.no)}_{len(self.figures) + 1}"
        unit = unit.replace("个百分点", "%").replace("百分点", "%")
        ranges = {"%": (0, 100), "‰": (0, 1000), "位": (1, None), "名": (1, None)}
        low, high = ranges.get(unit, (0, None))
        place = self.folded.find(subject) if subject else -1
        title = _title(self.text[place : place + len(subject)] if place >= 0 else subject) or _trimmed(self.text)
        self.figures[key] = Figure.model_validate({"title": title, "unit": unit, "from": low, "to": high})
        if (measure is Measure.SHORTFALL or not unit) and not self._cased:
            self.doubt(N_("Title and unit of the figure “{key}” are for you to say."), self._id, key=key)
        return key

    def _points(self) -> Decimal:
        if self.printed is not None:
            return self.printed
        total = sum((criterion.points for criterion in self.criteria), Decimal(0))
        return total if self.cap is None else min(total, self.cap)

    def _at(self, clause: _Clause, match: re.Match[str]) -> str:
        return self.text[clause.start + match.start() : clause.start + match.end()]

    def _wording(self, clause: _Clause, phrase: str) -> str:
        place = clause.words.find(phrase)
        return self.text[clause.start + place : clause.start + place + len(phrase)]

    @staticmethod
    def _unbracketed(text: str) -> str:
        for match in reversed(list(_BRACKET.finditer(text.translate(_FOLD)))):
            text = text[: match.start()] + text[match.end() :]
        return text


def _trimmed(text: str) -> str:
    return text.strip(_SEPARATORS)


def _title(subject: str) -> str:
    """Leave out what only joins a figure's words to its number."""
    return re.sub(r"(?:应当?|须|均|稳定在|保持在|控制在|在|为|的|达)$", "", _trimmed(subject))


def _what_counts(text: str, per: str) -> str:
    """Return the words for what is counted: before 每, else behind it without number and unit."""
    before = text.split("每", maxsplit=1)[0].strip(_SEPARATORS) if "每" in text else text
    if before:
        return before
    behind = re.sub(r"^(?:有|发生|出现|发现|每)*(?:[一二两\d]+[个项家次起件例位名人类处]?)?", "", per)
    return re.sub(r"(?:的|者)?[扣减加得计]?$", "", behind)


def _as_levels(clauses: Sequence[_Clause]) -> list[_Clause]:
    """Read points that come off a full mark (得10分；…扣1分；…扣2分) as the levels that are left."""
    levels: list[_Clause] = []
    full: Decimal | None = None
    for clause in clauses:
        if clause.taken and not clause.per and full is not None:
            levels.append(replace(clause, value=full - clause.value, verb="得", numbered=False, off=clause.value))
            continue
        if clause.style == "said" and clause.verb in ("得", "计", "记"):
            full = clause.value
        levels.append(clause)
    return levels


def _from_full(full: _Clause, off: _Clause) -> bool:
    """Say whether points may come off the full points named just before."""
    return off.taken and full.style == "said" and full.verb == "得" and not full.per and full.value > off.value


def _short_of(full: _Clause, off: _Clause) -> bool:
    """Say whether points come off for each unit by which a threshold just named is missed."""
    bounds = bounds_in(full.words)
    return bool(
        off.taken and full.style == "said" and bounds and bounds[0].range.low is not None
        and re.search(r"每(?:下降|降低|低于?|少|减少|差)", off.words)
    )  # fmt: skip


def _continues(before: _Clause, clause: _Clause) -> bool:
    """Say whether a clause names another level of what the clause before it is about."""
    ours, theirs = bounds_in(clause.words), bounds_in(before.words)
    if not ours or not theirs or ours[-1].unit != theirs[-1].unit or clause.parted:
        return False
    subject = _trimmed(ours[-1].subject)
    return len(subject) <= 1 or subject[:3] in before.words


def _worth(group: Sequence[_Clause]) -> Decimal:
    first = group[0]
    if first.per:
        return first.limit or Decimal(0)
    return first.off if first.off else max(clause.value for clause in group)


def _count_unit(per: str) -> str:
    match = re.search(r"(?:[一二两1-9])?([个项家次起件例位名人张类场期篇台套户条份处])", per)
    return match.group(1) if match else ""


def _per_unit(per: str) -> tuple[Decimal, str]:
    """Return how much of the figure is one unit, and its sign: 每下降0.5%, 每增加2家, 每起."""
    match = re.search(rf"{_NUM}{UNIT}", per)
    if match and (match.group(2) or "") != "分":
        return Decimal(match.group(1)) or Decimal(1), match.group(2) or ""
    return Decimal(1), ""


def _conditions(folded: str) -> list[str]:
    """Part a clause at its commas and stops outside brackets and quotes; what only leads in stays with what follows."""
    parts, depth, start = [], 0, 0
    for place, char in enumerate(folded):
        if char in "(《“「":
            depth += 1
        elif char in ")》”」":
            depth = max(0, depth - 1)
        elif char in "，,；;。" and not depth:
            parts.append(folded[start:place])
            start = place + 1
    parts.append(folded[start:])
    joined: list[str] = []
    lead = ""
    for part in (part for part in parts if part.strip()):
        whole = f"{lead},{part}" if lead else part
        lead = ""
        if part.startswith(_LED) and part is not parts[-1] and not joined and len(part) < 40:
            lead = whole
        else:
            joined.append(whole)
    if lead:
        joined.append(lead)
    return [part.strip() for part in _as_written(folded, joined)]


def _as_written(folded: str, parts: Sequence[str]) -> Iterator[str]:
    """Give joined parts the separators of the wording back."""
    place = 0
    for part in parts:
        place = folded.index(part[:1], place)
        yield folded[place : place + len(part)]
        place += len(part)
