"""Scoring one item: the five kinds on hand-worked cases, what is refused, and what holds for any answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app.core.rubric import Interval, Item, Tick
from inspection_app.core.scoring import (
    MOST_CHARACTERS,
    Flag,
    Score,
    State,
    gate_holds,
    parse_number,
    score_item,
)
from inspection_app.core.table import part_choices
from inspection_app.errors import InspectionError, ScoreError

MODERATE = settings(max_examples=120, deadline=None)


def item(*criteria: dict[str, Any], points: str, **more: Any) -> Item:
    named = [{"id": str(number), "text": f"第{number}款"} | criterion for number, criterion in enumerate(criteria, 1)]
    return Item.model_validate(
        {"no": "9", "content": "考核项", "rule_text": "评分方法", "points": points, "criteria": named} | more
    )


TICKS = item({"kind": "tick", "points": 2}, {"kind": "tick", "points": 1}, points="3")
CHOICE = item(
    {
        "kind": "choice",
        "tiers": [{"points": 2, "text": "好"}, {"points": "0.5", "text": "中"}, {"points": 0, "text": "差"}],
    },
    points="2",
)
FUND = item(  # the bands of a real item: 达到 includes the number, 超过 does not
    {
        "kind": "step",
        "figure": "share",
        "bands": [
            {"from": "0.6", "points": 3},
            {"from": "0.4", "below": "0.6", "points": 2, "text": "达到0.4"},
            {"over": 0, "below": "0.4", "points": "0.5", "official": False},
            {"from": 0, "to": 0, "points": 0},
        ],
    },
    points="3",
)
GROWTH = item(
    {"kind": "step", "figure": "rate", "measure": "change", "bands": [{"over": 0, "points": 1}, {"to": 0, "points": 0}]},
    points="1",
)
AWARDS = item({"kind": "rate", "figure": "awards", "points": 2, "each": "0.5"}, points="2")
ACCIDENTS = item({"kind": "rate", "figure": "accidents", "points": 3, "start": 3, "each": "-0.5"}, points="3")
GRADE = item({"kind": "grade", "points": 4}, points="4")
MAY_BE_NA = item({"kind": "tick", "points": 1, "na": "无此类企业的"}, {"kind": "tick", "points": 1}, points="2")


def points(asked: Item, answers: dict[str, Any], figures: dict[str, Any] | None = None) -> Decimal | None:
    return score_item(asked, answers, figures).points


def refused(asked: Item, answers: dict[str, Any], figures: dict[str, Any] | None = None) -> str:
    """Return the code of the error that the answers meet."""
    with pytest.raises(ScoreError) as caught:
        score_item(asked, answers, figures)
    assert asked.no in caught.value.text()
    return caught.value.code


# --- the five kinds ------------------------------------------------------------------------------------------------


def test_ticks_add_up() -> None:
    """Each clause that is reached brings its points, each that is not brings none, and the item is scored."""
    score = score_item(TICKS, {"1": True, "2": False})
    assert (score.points, score.state, score.partial, score.ceiling) == (2, State.SCORED, 2, 3)
    assert [(line.points, line.how) for line in score.lines] == [(2, "✓"), (0, "✗")]
    assert points(TICKS, {"1": True, "2": True}) == 3
    assert points(TICKS, {"1": False, "2": False}) == 0


def test_a_part_needs_one_of_the_steps_and_a_reason() -> None:
    """部分达到 gives half the clause's points by default, with a reason that is kept; nothing in between."""
    score = score_item(TICKS, {"1": {"points": "1", "reason": " 只有草案 "}, "2": True})
    assert (score.points, score.lines[0].reason, score.lines[0].how) == (2, "只有草案", "◐")
    assert refused(TICKS, {"1": {"points": "0.5", "reason": "少"}}) == "bad-part"
    for not_a_part in ("0", "2", "-1"):
        assert refused(TICKS, {"1": {"points": not_a_part, "reason": "少"}}) == "bad-part"
    for reason in (None, "", "  \n", 7, ["因"]):
        assert refused(TICKS, {"1": {"points": "1", "reason": reason}}) == "no-reason"
    assert refused(TICKS, {"1": {"points": "1", "reason": "长" * (MOST_CHARACTERS + 1)}}) == "reason-too-long"


def test_an_override_keeps_what_is_not_applicable() -> None:
    """A clause that does not apply leaves the maximum also where the whole item is overridden."""
    whole = {"override": "1", "reason": "复核"}
    assert score_item(MAY_BE_NA, {"1": "na", "2": True, "item": whole}).applicable == 1
    assert score_item(MAY_BE_NA, {"1": True, "2": True, "item": whole}).applicable == MAY_BE_NA.ceiling


def test_fixed_levels_bind_an_override_too() -> None:
    """Where the text leaves only 20, 10 or 5, no override gives 15."""
    levels = item({"kind": "grade", "points": 20, "allowed": [20, 10, 5]}, points="20")
    assert refused(levels, {"1": 15}) == "not-allowed"
    assert refused(levels, {"item": {"override": "15", "reason": "折中"}}) == "not-allowed"
    assert score_item(levels, {"item": {"override": "10", "reason": "复核"}}).points == 10


def test_parts_follow_the_step_of_the_scheme() -> None:
    """A step of a quarter offers three parts; a step that does not divide the whole stays below it."""

    def parts(points: int, step: str, **more: Any) -> tuple[Decimal, ...]:
        tick = {"id": "1", "kind": "tick", "text": "条款", "points": points} | more
        return part_choices(Tick.model_validate(tick), Decimal(step))

    assert parts(2, "0.25") == (Decimal("0.5"), Decimal(1), Decimal("1.5"))
    assert parts(1, "0.4") == (Decimal("0.4"), Decimal("0.8"))
    assert parts(0, "0.5") == ()
    assert parts(200, "0.5")[0].as_tuple().exponent == 0  # 100, never 1E+2
    assert parts(2, "0.5", parts=False) == ()
    half = score_item(TICKS, {"1": {"points": "0.5", "reason": "少"}, "2": True}, part_step=Decimal("0.25"))
    assert half.points == Decimal("1.5")


@pytest.mark.parametrize("answer", [1, 0, "true", "yes", "✓", [], {}, {"points": "1", "other": 2}, {"reason": "因"}])
def test_a_tick_takes_nothing_that_only_resembles_yes(answer: Any) -> None:
    """Numbers and words are no ticks: what is meant is never guessed."""
    assert refused(TICKS, {"1": answer}) == "wrong-form"


def test_a_choice_counts_tiers_from_one() -> None:
    """The answer is a tier's number in official order; the line carries that tier's own words."""
    assert [points(CHOICE, {"1": number}) for number in (1, 2, 3)] == [2, Decimal("0.5"), 0]
    assert points(CHOICE, {"1": "2"}) == Decimal("0.5")
    score = score_item(CHOICE, {"1": 2})
    assert score.lines[0].text == "中"


def test_no_tier_fits_is_an_answer_without_points() -> None:
    """Choice 0 leaves the item unmarked and flagged until an override with a reason; it is not a zero."""
    score = score_item(CHOICE, {"1": 0})
    assert (score.points, score.state, score.flags) == (None, State.UNMARKED, (Flag.NO_TIER,))
    decided = score_item(CHOICE, {"1": 0, "item": {"override": "1", "reason": "介于两档之间"}})
    assert (decided.points, decided.state) == (1, State.SCORED)
    assert decided.flags == (Flag.NO_TIER, Flag.OVERRIDE)


@pytest.mark.parametrize("answer", [-1, 4, "4", "", "二", "١", "1.0", 1.0, True, False, [1], {"tier": 1}])
def test_a_choice_takes_only_a_tier(answer: Any) -> None:
    """Numbers outside the tiers, booleans and other writings are refused."""
    assert refused(CHOICE, {"1": answer}) == "bad-tier"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.6", "3"), ("7", "3"), ("0.59999", "2"), ("0.4", "2"), ("0.39999", "0.5"), ("0.00001", "0.5"), ("0", "0")],
)
def test_a_step_keeps_to_its_ends(value: str, expected: str) -> None:
    """A value on a closed end belongs to the band, one on an open end does not."""
    assert points(FUND, {"1": value}) == Decimal(expected)


def test_a_step_tells_the_band_and_flags_what_the_text_has_not() -> None:
    """The line names number and band; a band that the text does not have is flagged, and no band means unmarked."""
    line = score_item(FUND, {"1": "0.45"}).lines[0]
    assert (line.text, line.how, line.flags) == ("达到0.4", "0.45 (≥ 0.4, < 0.6)", ())
    assert score_item(FUND, {"1": "0.1"}).flags == (Flag.NO_TIER,)
    outside = score_item(FUND, {"1": "-0.1"})
    assert (outside.points, outside.state, outside.flags) == (None, State.UNMARKED, (Flag.NO_TIER,))


def test_a_difference_needs_both_numbers() -> None:
    """A criterion against last year's value takes the difference of two numbers, or one difference by itself."""
    assert points(GROWTH, {"1": {"value": "98.1", "last": "98.0"}}) == 1
    assert points(GROWTH, {"1": {"value": "98.0", "last": "98.0"}}) == 0
    assert points(GROWTH, {"1": "0.2"}) == 1
    assert refused(GROWTH, {"1": {"value": "98.1"}}) == "no-comparison"
    assert refused(GROWTH, {"1": {"value": "98.1", "target": "98"}}) == "no-comparison"
    assert refused(GROWTH, {"1": {"last": "98.1"}}) == "wrong-form"
    assert refused(GROWTH, {"1": {"value": "98.1", "last": "?"}}) == "not-a-number"


@pytest.mark.parametrize(("value", "expected"), [("0", "0"), ("1", "0.5"), ("3.9", "1.5"), ("4", "2"), ("400", "2")])
def test_a_rate_counts_whole_units_up_to_the_clause(value: str, expected: str) -> None:
    """Half a point for each award, none for a part of one, and never more than the clause has."""
    assert points(AWARDS, {"1": value}) == Decimal(expected)


@pytest.mark.parametrize(("value", "expected"), [("0", "3"), ("1", "2.5"), ("5.5", "0.5"), ("6", "0"), ("9", "0")])
def test_a_rate_takes_off_and_never_falls_below_nothing(value: str, expected: str) -> None:
    """Half a point off for each accident, from three points down to none."""
    assert points(ACCIDENTS, {"1": value}) == Decimal(expected)


def test_a_unit_may_be_a_distance() -> None:
    """One point for each whole 0.5 of a percentage point."""
    asked = item({"kind": "rate", "figure": "f", "points": 9, "each": 1, "unit": "0.5"}, points="9")
    assert [points(asked, {"1": value}) for value in ("0.49", "0.5", "1.49", "1.5")] == [0, 1, 2, 3]


def test_a_grade_lies_between_nothing_and_the_clause() -> None:
    """Any points in the range are taken, with or without a reason; beyond it, or beside fixed values, none."""
    assert [points(GRADE, {"1": value}) for value in ("0", "3.7", 4)] == [0, Decimal("3.7"), 4]
    score = score_item(GRADE, {"1": {"points": "2", "reason": "资料不全"}})
    assert (score.points, score.lines[0].reason) == (2, "资料不全")
    for beyond in ("4.01", "-0.01"):
        assert refused(GRADE, {"1": beyond}) == "out-of-range"
    fixed = item({"kind": "grade", "points": 2, "allowed": [0, 1, 2]}, points="2")
    assert points(fixed, {"1": "1.0"}) == 1
    assert refused(fixed, {"1": "1.5"}) == "not-allowed"
    assert refused(GRADE, {"1": {"reason": "因"}}) == "wrong-form"
    assert refused(GRADE, {"1": {"points": 1, "reason": 5}}) == "no-reason"


def test_an_item_keeps_to_its_cap_and_floor() -> None:
    """The text's lower ceiling cuts the sum; its floor lifts it."""
    capped = item({"kind": "tick", "points": 2}, {"kind": "tick", "points": 2}, points="4", cap="3")
    assert score_item(capped, {"1": True, "2": True}).points == capped.ceiling == 3
    floored = item({"kind": "tick", "points": 2}, points="2", floor="0.5")
    assert points(floored, {"1": False}) == Decimal("0.5")


# --- states --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [TICKS, CHOICE, FUND, GROWTH, AWARDS, ACCIDENTS, GRADE, MAY_BE_NA])
def test_unmarked_is_never_zero(asked: Item) -> None:
    """Without answers, whatever the kind, there are no points, and none is not nought."""
    score = score_item(asked, {})
    assert (score.points, score.state, score.partial) == (None, State.UNMARKED, 0)
    assert all(line.points is None for line in score.lines)


def test_one_clause_missing_keeps_the_item_unmarked() -> None:
    """What is earned so far is told apart from points."""
    score = score_item(TICKS, {"1": True, "2": None})
    assert (score.points, score.state, score.partial) == (None, State.UNMARKED, 2)


def test_not_applicable_only_where_the_rubric_says_so() -> None:
    """A clause with the stated condition leaves the sum; elsewhere the answer is refused with the way out."""
    score = score_item(MAY_BE_NA, {"1": "na", "2": True})
    assert (score.points, score.state, score.lines[0].applicable) == (1, State.SCORED, False)
    assert score_item(MAY_BE_NA, {"1": "na"}).state is State.UNMARKED
    assert refused(MAY_BE_NA, {"1": True, "2": "na"}) == "na-not-allowed"
    assert refused(MAY_BE_NA, {"item": "na"}) == "na-not-allowed"
    alone = item({"kind": "tick", "points": 1, "na": "无"}, points="1")
    assert score_item(alone, {"1": "na"}).state is State.NOT_APPLICABLE
    whole = item({"kind": "tick", "points": 1}, points="1", na="无电梯的")
    for answers in ({"item": "na"}, {"1": "na"}, {"1": True, "item": "na"}):
        score = score_item(whole, answers)
        assert (score.points, score.state) == (None, State.NOT_APPLICABLE)


def test_an_override_replaces_what_was_computed_and_says_so() -> None:
    """Points, reason and the computed value are kept, flagged; the clauses stay as they were answered."""
    score = score_item(TICKS, {"1": True, "2": False, "item": {"override": "2.5", "reason": "现场补交"}})
    assert (score.points, score.state, score.flags) == (Decimal("2.5"), State.SCORED, (Flag.OVERRIDE,))
    assert (score.reason, score.computed, score.lines[0].points) == ("现场补交", 2, 2)
    assert score_item(TICKS, {"1": True, "item": {"override": 0, "reason": "因"}}).computed is None


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        ({"override": "2"}, "no-reason"),
        ({"override": "2", "reason": " "}, "no-reason"),
        ({"override": "3.01", "reason": "因"}, "out-of-range"),
        ({"override": "-1", "reason": "因"}, "out-of-range"),
        ({"override": "二", "reason": "因"}, "not-a-number"),
        ({"override": True, "reason": "因"}, "not-a-number"),
        ({"override": "2", "reason": "因", "by": "我"}, "bad-override"),
        ({"reason": "因"}, "bad-override"),
        ("2", "bad-override"),
        (2, "bad-override"),
        (True, "bad-override"),
    ],
)
def test_an_override_that_is_refused(whole: Any, code: str) -> None:
    """No reason, points beyond the ceiling or another form: each has its own message."""
    assert refused(TICKS, {"1": True, "2": True, "item": whole}) == code


def test_an_unknown_criterion_is_refused_and_the_known_ones_are_named() -> None:
    """An answer is never dropped in silence."""
    with pytest.raises(ScoreError, match=r"no criterion “3”.*1, 2") as caught:
        score_item(TICKS, {"1": True, "3": True})
    assert caught.value.code == "unknown-criterion"


# --- figures -------------------------------------------------------------------------------------------------------


def test_figures_fill_in_where_the_answers_hold_none() -> None:
    """The agreed figure scores the clause by itself, and an expert's own number goes before it."""
    assert points(FUND, {}, {"share": {"value": "0.45"}}) == 2
    assert points(FUND, {}, {"share": "0.45"}) == 2
    assert points(FUND, {"1": "0.7"}, {"share": {"value": "0.45"}}) == 3
    assert points(FUND, {}, {"other": "0.45"}) is None
    assert points(AWARDS, {}, {"awards": {"value": "3"}}) == Decimal("1.5")


def test_a_figure_without_its_comparison_is_no_difference() -> None:
    """This year's value alone must not pass for the growth over last year."""
    assert score_item(GROWTH, {}, {"rate": {"value": "98"}}).state is State.UNMARKED
    assert score_item(GROWTH, {}, {"rate": "98"}).state is State.UNMARKED
    assert points(GROWTH, {}, {"rate": {"value": "98", "last": "97"}}) == 1


def test_a_tick_that_an_agreed_figure_contradicts_is_flagged() -> None:
    """The expert's tick stands, and the chair is told; without a figure, or where it agrees, there is no flag."""
    check = {"text": "达到95%", "figure": "rate", "holds": {"from": 95}}
    asked = item({"kind": "tick", "points": 1, "checks": [check, {"text": "并公示"}]}, points="1")
    score = score_item(asked, {"1": True}, {"rate": {"value": "94.9"}})
    assert (score.points, score.flags) == (1, (Flag.FIGURE_CONTRADICTS,))
    for figures in ({}, {"rate": {"value": "95"}}, {"rate": {"target": "95"}}):
        assert score_item(asked, {"1": True}, figures).flags == ()
    assert score_item(asked, {"1": False}, {"rate": {"value": "94.9"}}).flags == ()


def test_a_gate_is_undecided_without_its_figure() -> None:
    """No figure or no range: neither held nor failed. A strict end excludes its number."""
    strict = Interval(over=Decimal(90))
    assert [gate_holds(strict, value) for value in ("90", "90.01", {"value": "91"})] == [False, True, True]
    assert gate_holds(strict, None) is None
    assert gate_holds(strict, {"target": "91"}) is None
    assert gate_holds(None, "91") is None


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.45", "0.45"), ("０．４５", "0.45"), (" 12 ", "12"), ("\u300012", "12"), ("+3", "3"), ("－3", "-3"),
        ("5.", "5"), (".5", "0.5"), ("007", "7"), (7, "7"), (0.1, "0.1"), (Decimal("2.50"), "2.5"),
        ("0.45 ‰", "0.45"), ("0.45‰", "0.45"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(written: Any, expected: str) -> None:
    """Full-width digits, blanks and the figure's own unit do not change a number."""
    assert parse_number(written, item="9", unit="‰") == Decimal(expected)


def test_a_full_width_percent_sign_is_the_unit() -> None:
    """％ and % are one unit, on either side."""
    assert parse_number("98％", item="9", unit="%") == parse_number("98%", item="9", unit="％") == 98


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "nan", "NaN", "inf", "-Infinity", "1e999", "1E3", "1e-7", "1,000", "1，000", "1.000,5", "1 000",
        "1_000", "0x10", "½", "1/2", "5²", "①", "⒈", "٣", "१", "−1", "--1", "3分", "约3", "十", "0.45%", "1.2.3",
        "9" * 21, "9" * 100_000, True, False, None, [], {}, [1], float("nan"), float("inf"), 1e999, 1e22,
        10**5000, -(10**5000), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999999"),
    ],
    ids=lambda written: repr(written)[:20] if not isinstance(written, int) else f"int of {written.bit_length()} bits",
)  # fmt: skip
def test_what_is_not_certainly_a_number_is_refused(written: Any) -> None:
    """Separators, exponents, fractions, superscripts, other units, booleans, sizes out of reason: none is guessed."""
    with pytest.raises(ScoreError) as caught:
        parse_number(written, item="9", unit="‰")
    assert caught.value.code == "not-a-number"
    assert len(caught.value.text()) < 200  # the message does not repeat a flood


# --- whatever is answered ------------------------------------------------------------------------------------------

numbers = st.decimals(min_value=-5, max_value=120, places=2, allow_nan=False).map(str)
reasons = st.text(min_size=1, max_size=5).filter(str.strip)
KEYS = ["points", "reason", "value", "last", "target", "override", "x"]
garbage = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("na"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
ITEMS = {
    "ticks": TICKS, "choice": CHOICE, "fund": FUND, "growth": GROWTH, "awards": AWARDS, "accidents": ACCIDENTS,
    "grade": GRADE, "na": MAY_BE_NA,
    "mixed": item(
        {"kind": "tick", "points": 1, "checks": [{"text": "达到", "figure": "f", "holds": {"from": 3}}]},
        {"kind": "choice", "tiers": [{"points": 2, "text": "好"}, {"points": 0, "text": "差"}]},
        {"kind": "rate", "figure": "f", "points": 2, "each": "-0.3", "unit": "0.7", "start": 2},
        {"kind": "grade", "points": "1.5"},
        points="6", cap="5.5", floor="0.25",
    ),
}  # fmt: skip


def sensible(kind: str) -> st.SearchStrategy[Any]:
    """Answers a person may give to a criterion of a kind, right or wrong."""
    measured = numbers | st.fixed_dictionaries({"value": numbers}, optional={"last": numbers, "target": numbers})
    return {
        "tick": st.booleans() | st.fixed_dictionaries({"points": numbers, "reason": reasons}),
        "choice": st.integers(-1, 4),
        "step": measured,
        "rate": measured,
        "grade": numbers | st.fixed_dictionaries({"points": numbers}, optional={"reason": reasons}),
    }[kind]


Sheet = tuple[Item, dict[str, Any], dict[str, Any]]


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """An item, answers to some of its criteria, and figures."""
    asked = draw(st.sampled_from(sorted(ITEMS)).map(ITEMS.__getitem__))
    answers = draw(st.fixed_dictionaries({}, optional={c.id: sensible(c.kind) for c in asked.criteria}))
    if draw(st.integers(0, 4)) == 0:
        answers["item"] = {"override": draw(numbers), "reason": draw(reasons)}
    figures = draw(st.dictionaries(st.sampled_from(["share", "rate", "awards", "accidents", "f"]), numbers, max_size=3))
    return asked, answers, figures


def scored_or_refused(asked: Item, answers: Any, figures: Any) -> Score | None:
    try:
        return score_item(asked, answers, figures)
    except InspectionError as error:
        error.text()  # its placeholders must all be filled
        return None


@MODERATE
@given(sheets())
def test_points_stay_between_nothing_and_the_ceiling(sheet: Sheet) -> None:
    """Whatever is answered and taken, points and what is earned so far lie in 0..ceiling."""
    asked, answers, figures = sheet
    score = scored_or_refused(asked, answers, figures)
    if score is not None:
        assert 0 <= score.partial <= asked.ceiling
        assert (score.points is None) == (score.state is not State.SCORED)
        assert score.points is None or score.points == score.partial
        assert all(line.points is None or 0 <= line.points <= line.ceiling for line in score.lines)


@MODERATE
@given(sheets(), st.randoms(use_true_random=False))
def test_the_order_of_answering_does_not_matter(sheet: Sheet, random: Any) -> None:
    """The same answers in another order are the same score."""
    asked, answers, figures = sheet
    pairs = list(answers.items())
    random.shuffle(pairs)
    assert scored_or_refused(asked, dict(pairs), figures) == scored_or_refused(asked, answers, figures)


@MODERATE
@given(
    st.lists(st.sampled_from(["0.5", "1", "2", "3"]), min_size=2, max_size=6),
    st.data(),
)
def test_one_more_tick_never_lowers_what_is_earned(worths: list[str], data: st.DataObject) -> None:
    """Answering another clause leaves what the first ones earned or adds to it."""
    asked = item(*({"kind": "tick", "points": worth} for worth in worths), points="40")
    answers = data.draw(st.fixed_dictionaries({}, optional={c.id: st.booleans() for c in asked.criteria}))
    open_ = [criterion.id for criterion in asked.criteria if criterion.id not in answers]
    before = score_item(asked, answers)
    if open_:
        after = score_item(asked, answers | {open_[0]: data.draw(st.booleans())})
        assert after.partial >= before.partial
        assert before.points is None


@settings(MODERATE, max_examples=400)
@given(
    st.sampled_from(sorted(ITEMS)).map(ITEMS.__getitem__),
    st.dictionaries(st.sampled_from(["1", "2", "3", "4", "item", "x", ""]), garbage, max_size=4),
    st.dictionaries(st.sampled_from(["share", "rate", "awards", "accidents", "f"]), garbage, max_size=3),
)
def test_garbage_meets_a_message_and_nothing_else(
    asked: Item, answers: dict[str, Any], figures: dict[str, Any]
) -> None:
    """Anything that JSON can say is scored or refused in words; no other exception comes out."""
    score = scored_or_refused(asked, answers, figures)
    assert score is None or 0 <= score.partial <= asked.ceiling


def test_an_answer_nested_without_end_is_refused() -> None:
    """Depth beyond Python's own limit is a message, too."""
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    assert refused(FUND, {"1": nested}) == "not-a-number"
    assert refused(TICKS, {"1": nested}) == "wrong-form"
    assert refused(GRADE, {"1": {"points": 1, "reason": nested}}) == "no-reason"
    while nested:  # taken apart by hand: the interpreter would do it by recursion
        nested = nested[0]
