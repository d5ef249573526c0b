"""From marks to panel scores: the mean half up, what stays out of it, adjudications, totals, vetoes and gates."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app.core.consolidation import (
    Adjudication,
    GateDecision,
    ReadingChoice,
    Result,
    VetoDecision,
    check_adjudication,
    consolidate,
    panel_score,
)
from inspection_app.core.disagreement import Why, order_of_disagreement
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Flag, Score, State, score_item
from inspection_app.core.totals import Basis, Reading
from inspection_app.errors import ScoreError

NOW = datetime.fromisoformat("2026-05-13T16:00:00+08:00")


def graded(no: int, points: int) -> dict[str, Any]:
    criterion = {"id": 1, "kind": "grade", "text": "款", "points": points}
    return {"no": no, "content": "项", "points": points, "rule_text": "评分", "criteria": [criterion]}


RUBRIC = Rubric.model_validate({
    "id": "small", "version": 1, "title": "细则", "issuer": "某局", "year": 2026, "source": "附件", "stated_total": 12,
    "stated_bonus": 2, "scheme": {"prescribed": False, "activities": []},
    "figures": {"rate": {"title": "合格率", "unit": "%"}, "score": {"title": "自查评分", "unit": "分"}},
    "aspects": [
        {"id": "a", "title": "一", "points": 6, "items": [graded(1, 2), graded(2, 4)]},
        {"id": "b", "title": "二", "points": 4, "items": [graded(3, 4)]},
        {"id": "c", "title": "加分", "points": 2, "kind": "bonus", "items": [graded(4, 2)]},
    ],
    "vetoes": [{"id": "v1", "text": "事故", "effect": "取消"}, {"id": "v2", "text": "事件", "effect": "取消"}],
    "gates": [
        {"id": "g1", "text": "合格率95%以上", "figure": "rate", "holds": {"from": 95}},
        {"id": "g2", "text": "自查评分超过90分", "figure": "score", "holds": {"over": 90}},
        {"id": "g3", "text": "出台规划"},
    ],
})  # fmt: skip


def mark(points: str | None, state: State = State.SCORED, flags: tuple[str, ...] = ()) -> Score:
    number = None if points is None else Decimal(points)
    return Score(number, State.UNMARKED if points is None and state is State.SCORED else state, Decimal(0), Decimal(4),
                 Decimal(4), flags)  # fmt: skip


def sheet(*points: str | None) -> dict[str, Score]:
    return {str(no): mark(value) for no, value in enumerate(points, 1)}


SHEETS = {1: sheet("2", "3", "4", "1"), 2: sheet("1", "3.5", "4", "0"), 3: sheet("1", "4", "3", "0")}


def adjudicated(item: str, points: str) -> Adjudication:
    return Adjudication(item, Decimal(points), "理由", "第一款", NOW)


# --- the mean ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "places", "expected"),
    [
        ("4.5 5 5.5", 2, "5.00"),
        ("4.5 5 5", 2, "4.83"),
        ("1 2", 0, "2"),  # 1.5 up, not to the even neighbour
        ("0 1", 0, "1"),  # 0.5 up
        ("2 3", 0, "3"),  # 2.5 up; half to even would say 2
        ("0.01 0.02", 2, "0.02"),  # 0.015 up
        ("0.12 0.13", 2, "0.13"),  # 0.125 up; half to even would say 0.12
        ("2.675", 2, "2.68"),  # a binary float would say 2.67
        ("1.005", 2, "1.01"),
        ("1 1 2", 4, "1.3333"),
        ("0 0 0", 2, "0.00"),
        ("3", 1, "3.0"),
    ],
)
def test_the_mean_is_rounded_half_up(marks: str, places: int, expected: str) -> None:
    """Exact decimals, halves up, with all the decimals of the method."""
    found = panel_score(map(Decimal, marks.split()), places=places)
    assert str(found.points) == expected
    assert found.working.endswith(f" → {expected}")


def test_missing_marks_stay_out_of_the_mean() -> None:
    """Two marks of three have the mean of the two; a mark of nought counts as one."""
    assert panel_score([Decimal(4), None, Decimal(3)]).points == Decimal("3.50")
    assert panel_score([Decimal(4), Decimal(0), Decimal(3)]).points == Decimal("2.33")


def test_without_any_mark_there_is_no_score() -> None:
    """Nothing is not nought."""
    for marks in ([], [None, None]):
        assert panel_score(marks).points is None
        assert panel_score(marks).working == ""


def test_the_working_shows_the_marks_in_order_of_size() -> None:
    """Anybody can recompute the mean from what is printed; whose mark is which does not show."""
    assert panel_score([Decimal("10"), None, Decimal("4.50"), Decimal(5)]).working == "4.5 5 10 → 6.50"


@pytest.mark.parametrize("places", [-1, 5])
def test_decimals_out_of_reason_are_refused(places: int) -> None:
    """The method knows nought to four decimals."""
    with pytest.raises(ScoreError, match="Choose 0 to 4"):
        panel_score([Decimal(1)], places=places)


marks = st.decimals(min_value=0, max_value=10, places=3).map(lambda mark: mark.normalize())


@settings(max_examples=150, deadline=None)
@given(st.lists(marks, min_size=1, max_size=15), st.integers(0, 4))
def test_the_mean_is_the_exact_one_rounded(given_marks: list[Decimal], places: int) -> None:
    """Against rational arithmetic: floor(mean × 10ⁿ + ½) / 10ⁿ, and never outside the marks by more than rounding."""
    exact = sum(map(Fraction, given_marks), Fraction(0)) / len(given_marks)
    expected = Fraction((exact * 10**places + Fraction(1, 2)).__floor__(), 10**places)
    found = panel_score(given_marks, places=places).points
    assert found is not None
    assert Fraction(found) == expected
    assert -found.as_tuple().exponent == places  # type: ignore[operator]


# --- the result ----------------------------------------------------------------------------------------------------


def test_a_small_panel_by_hand() -> None:
    """Three experts, four items: means, aspects, base, bonus apart, and the total of both."""
    result = consolidate(RUBRIC, SHEETS)
    assert [str(one.points) for one in result.items] == ["1.33", "3.50", "3.67", "0.33"]
    assert [str(aspect.points) for aspect in result.aspects] == ["4.83", "3.67", "0.33"]
    assert (str(result.base), str(result.bonus), str(result.total)) == ("8.50", "0.33", "8.83")
    assert result.open_items == ()


@pytest.mark.parametrize("state", [State.UNMARKED, State.NOT_APPLICABLE, State.RECUSED, State.NOT_ASSIGNED])
def test_only_marks_enter_the_mean(state: State) -> None:
    """Whatever the reason there is no mark, the others' mean stands; only the unmarked is asked after."""
    sheets = SHEETS | {4: SHEETS[1] | {"2": mark(None, state)}}
    found = consolidate(RUBRIC, sheets).item("2")
    assert found.points == Decimal("3.50")
    assert found.unmarked == ((4,) if state is State.UNMARKED else ())


def test_an_item_without_any_mark_is_open_and_not_nought() -> None:
    """It has no points, its aspect says which it is, and the totals are of the others."""
    result = consolidate(RUBRIC, {1: sheet("2", None, "4", "1"), 2: {"1": mark("1")}})
    assert (result.item("2").points, result.open_items) == (None, ("2",))
    assert result.aspects[0].open_items == ("2",)
    assert result.aspects[0].points == Decimal("1.50")
    assert consolidate(RUBRIC, {}).open_items == ("1", "2", "3", "4")


def test_an_adjudication_stands_beside_the_marks_and_the_latest_counts() -> None:
    """It takes the place of the mean in every total; the marks and their mean stay as they were."""
    decided = [adjudicated("2", "1"), adjudicated("1", "2"), adjudicated("2", "2.25")]
    result = consolidate(RUBRIC, SHEETS, adjudications=decided)
    found = result.item("2")
    assert (found.points, found.panel.points, found.panel.used) == (
        Decimal("2.25"), Decimal("3.50"), (3, Decimal("3.5"), 4),
    )  # fmt: skip
    assert result.aspects[0].points == Decimal("4.25")
    opened = consolidate(RUBRIC, {1: sheet("2", None, "4", "1")}, adjudications=[adjudicated("2", "0")])
    assert (opened.open_items, opened.item("2").points) == ((), 0)


def test_spread_and_flags_lead_the_chair_to_the_item() -> None:
    """The distance between the marks as a share of the ceiling; any expert's flag flags the item."""
    result = consolidate(RUBRIC, SHEETS | {4: SHEETS[1] | {"3": mark("4", flags=(Flag.OVERRIDE,))}})
    assert (result.item("1").spread, result.item("2").spread) == (Decimal("0.5"), Decimal("0.25"))
    assert [one.item.no for one in result.items if one.flagged] == ["3"]
    assert consolidate(RUBRIC, {}).item("1").spread == 0


def test_vetoes_are_decided_by_the_latest_word_and_change_no_points() -> None:
    """Undecided is told apart from no; a veto that applies leaves the score as it is."""
    plain = consolidate(RUBRIC, SHEETS)
    assert [decision.applies for decision in plain.vetoes] == [None, None]
    decided = [VetoDecision("v2", True, "文件"), VetoDecision("v1", True, "文件"), VetoDecision("v1", False)]
    result = consolidate(RUBRIC, SHEETS, vetoes=decided)
    assert [decision.applies for decision in result.vetoes] == [False, True]
    assert result.vetoed == ("v2",)
    assert result.total == plain.total


@pytest.mark.parametrize(
    ("rate", "score", "failed"),
    [("95", "90.01", ()), ("94.99", "91", ("g1",)), ("95", "90", ("g2",)), ("0", "0", ("g1", "g2"))],
)
def test_gates_keep_to_their_numbers(rate: str, score: str, failed: tuple[str, ...]) -> None:
    """95 is 95 or more; 90 is not more than 90. A figure decides alone: no decision of the panel overrules it."""
    panel = [GateDecision("g1", True, "口头"), GateDecision("g2", True, "口头")]
    result = consolidate(RUBRIC, SHEETS, gates=panel, figures={"rate": {"value": rate}, "score": {"value": score}})
    assert tuple(one.gate for one in result.gates if one.holds is False) == failed
    assert [decision.value for decision in result.gates] == [rate, score, ""]


def test_a_gate_without_its_figure_is_the_panels() -> None:
    """No figure entered, or none to enter: undecided until the panel decides, by its latest word."""
    assert [decision.holds for decision in consolidate(RUBRIC, SHEETS).gates] == [None, None, None]
    decided = [GateDecision("g1", False, "报告"), GateDecision("g3", False), GateDecision("g3", True, "规划")]
    result = consolidate(RUBRIC, SHEETS, gates=decided)
    assert [decision.holds for decision in result.gates] == [False, None, True]
    assert [one.gate for one in result.gates if one.holds is False] == ["g1"]


some_points = st.none() | st.sampled_from(["0", "0.5", "1", "1.25", "2"])
sheets = st.dictionaries(
    st.integers(1, 15), st.fixed_dictionaries({}, optional=dict.fromkeys("1234", some_points)), max_size=6
).map(lambda people: {who: {no: mark(points) for no, points in given.items()} for who, given in people.items()})


def without_scores(result: Result) -> Result:
    return replace(result, items=tuple(replace(one, scores={}) for one in result.items))


@settings(max_examples=100, deadline=None)
@given(sheets, st.randoms(use_true_random=False))
def test_the_order_of_the_experts_changes_nothing(people: dict[int, dict[str, Score]], random: Any) -> None:
    """Who stands first in the panel, and whose marks are whose, does not enter the result."""
    order = list(people.items())
    random.shuffle(order)
    names = random.sample(range(100), len(order))
    renamed = {name: marks for name, (_, marks) in zip(names, order, strict=True)}
    assert without_scores(consolidate(RUBRIC, renamed)) == without_scores(consolidate(RUBRIC, people))


@settings(max_examples=100, deadline=None)
@given(sheets, st.integers(0, 4), st.lists(st.builds(adjudicated, st.sampled_from("1234"), st.just("1.5")), max_size=2))
def test_totals_are_the_sums_of_what_is_printed(
    people: dict[int, dict[str, Score]], places: int, decided: list[Adjudication]
) -> None:
    """A reader who adds up the printed scores gets the printed totals, to the last decimal."""
    result = consolidate(RUBRIC, people, adjudications=decided, places=places)
    printed = {one.item.no: one.points or Decimal(0) for one in result.items}
    by_aspect = [sum(printed[item.no] for item in aspect.items) for aspect in RUBRIC.aspects]
    assert [aspect.points for aspect in result.aspects] == by_aspect
    assert (result.base, result.bonus) == (by_aspect[0] + by_aspect[1], by_aspect[2])
    assert result.total == sum(printed.values())


# --- adjudicating --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "reason", "code"),
    [
        ("4.01", "理由", "out-of-range"), ("-0.5", "理由", "out-of-range"), ("1.005", "理由", "too-fine"),
        ("1", "  ", "no-reason"), ("一", "理由", "not-a-number"), (None, "理由", "not-a-number"),
        (True, "理由", "not-a-number"),
    ],
)  # fmt: skip
def test_an_adjudication_that_is_refused(points: object, reason: str, code: str) -> None:
    """Beyond the item, finer than the method, or without a reason."""
    with pytest.raises(ScoreError) as caught:
        check_adjudication(RUBRIC.item("2"), points, reason, places=2)
    assert caught.value.code == code
    assert "Item 2" in caught.value.text()


def test_an_adjudication_takes_the_ends_of_the_range() -> None:
    """From nought to the ceiling, with the decimals of the method."""
    assert [check_adjudication(RUBRIC.item("2"), value, "因", places=2) for value in ("0", 4, "2.250")] == [
        0, 4, Decimal("2.25"),
    ]  # fmt: skip


# --- letting the method's score stand --------------------------------------------------------------------------------


def test_the_methods_score_can_be_taken_again() -> None:
    """A decision without points takes the place of an adjudication: the mean counts, and the item is settled."""
    stands = Adjudication("2", None, "复核后维持", "", NOW)
    found = consolidate(RUBRIC, SHEETS, adjudications=[adjudicated("2", "1"), stands]).item("2")
    assert (found.points, found.adjudication, found.let_stand) == (Decimal("3.50"), None, stands)
    assert found.settled
    again = consolidate(RUBRIC, SHEETS, adjudications=[stands, adjudicated("2", "1")]).item("2")
    assert (again.points, again.let_stand) == (Decimal("1"), None)


def test_what_stands_needs_a_score() -> None:
    """Where the method gives none any more, nothing is settled by letting it stand."""
    stands = Adjudication("2", None, "", "", NOW)
    assert not consolidate(RUBRIC, {1: sheet("2", None, "4", "1")}, adjudications=[stands]).item("2").settled


# --- two readings of the text ----------------------------------------------------------------------------------------


def part_applicable() -> dict[int, dict[str, Score]]:
    """Item 3 does not apply: 5 of 6 points raw, 8.33 of 10 prorated, either side of a line at 8."""
    return {1: sheet("2", "3", None, "0") | {"3": mark(None, State.NOT_APPLICABLE)}}


LINED = Rubric.model_validate(RUBRIC.model_dump(mode="json", by_alias=True) | {"pass_line": 8})


def chosen(gate: str, reading: Reading | None) -> ReadingChoice:
    return ReadingChoice(gate, reading, "理由", NOW)


@pytest.mark.parametrize(
    ("readings", "verdict", "left"),
    [
        ([], "undecided", ("",)), ([chosen("", Reading.FIRST)], "fail", ()), ([chosen("", Reading.SECOND)], "pass", ()),
        ([chosen("", Reading.FIRST), chosen("", Reading.SECOND)], "pass", ()),
        ([chosen("", Reading.SECOND), chosen("", None)], "undecided", ("",)),
        ([chosen("g1", Reading.SECOND)], "undecided", ("",)),
    ],
)  # fmt: skip
def test_the_verdict_follows_the_chosen_total(readings: list[ReadingChoice], verdict: str, left: tuple[str, ...]) -> None:
    """Raw fails and prorated passes: the latest choice decides, its basis stays that there are two readings."""
    result = consolidate(LINED, part_applicable(), readings=readings)
    assert (str(result.total), str(result.prorated)) == ("5.00", "8.33")
    assert (result.verdict, result.basis, result.undecided_readings) == (verdict, Basis.READINGS, left)
    assert tuple(result.readings) == (("",) if verdict != "undecided" else ())


def test_a_choice_counts_only_where_the_readings_differ() -> None:
    """Chosen before the marks changed: with everything applicable there is one verdict, and no choice in force."""
    result = consolidate(LINED, SHEETS, readings=[chosen("", Reading.SECOND)])
    assert (result.verdict, result.basis, result.readings) == ("pass", Basis.PASS_LINE, {})


@pytest.mark.parametrize(
    ("reading", "holds", "left"), [(None, False, ("g2",)), (Reading.FIRST, False, ()), (Reading.SECOND, True, ())]
)
def test_a_gate_read_twice_follows_the_choice(reading: Reading | None, holds: bool, left: tuple[str, ...]) -> None:
    """88 points fail, 88 and 3 of bonus hold; until the chair chooses the first reading stands and the choice is open."""
    plain = RUBRIC.model_dump(mode="json", by_alias=True)
    plain["gates"][1] |= {"plus": "rate"}
    result = consolidate(
        Rubric.model_validate(plain), SHEETS, figures={"score": {"value": "88"}, "rate": {"value": "3"}},
        readings=[chosen("g2", reading)] if reading else [],
    )  # fmt: skip
    gate = result.gates[1]
    assert (gate.holds, gate.other, gate.other_holds, gate.chosen) == (holds, "91", True, reading)
    assert gate.readings_differ
    assert result.undecided_readings == left


# --- the order of disagreement ---------------------------------------------------------------------------------------


def test_the_queue_is_by_disagreement_with_its_reasons() -> None:
    """Without a score first; then the widest spread; then what else speaks for a talk; then official order."""
    sheets = {
        1: {"1": mark("2"), "2": mark("4"), "4": mark("1")},
        2: {"1": mark("2", flags=(Flag.OVERRIDE,)), "2": mark("0"), "4": mark("1")},
    }
    queue = order_of_disagreement(consolidate(RUBRIC, sheets).items, disputed={"4"})
    assert [(one.result.item.no, one.why) for one in queue] == [
        ("3", (Why.NO_SCORE,)), ("2", (Why.SPREAD,)), ("1", (Why.OVERRIDE,)), ("4", (Why.DISPUTED,)),
    ]  # fmt: skip


def test_agreed_items_have_no_reason_and_are_not_left() -> None:
    """Who agrees need not talk."""
    queue = order_of_disagreement(consolidate(RUBRIC, {1: sheet("1", "2", "3", "1"), 2: sheet("1", "2", "3", "1")}).items)
    assert [one.result.item.no for one in queue] == ["1", "2", "3", "4"]
    assert not any(one.why or one.left for one in queue)


def test_decisions_do_not_move_the_queue() -> None:
    """An adjudication, a score let stand or a wish to look again settles or marks an item where it is."""
    before = order_of_disagreement(consolidate(RUBRIC, SHEETS).items)
    decided = consolidate(RUBRIC, SHEETS, adjudications=[adjudicated("1", "2"), Adjudication("4", None, "", "", NOW)])
    after = order_of_disagreement(decided.items, asked={"3"})
    assert [one.result.item.no for one in after] == [one.result.item.no for one in before] == ["1", "4", "2", "3"]
    assert [one.left for one in before] == [True, True, False, False]
    assert [one.left for one in after] == [False, False, False, True]


def test_different_tiers_of_one_clause_are_a_reason() -> None:
    """Two experts two tiers apart disagree about the same fact, however few points that is."""
    tiers = [{"points": points, "text": text} for points, text in ((2, "省级"), ("1.9", "市级"), ("1.8", "没有"))]
    plain = RUBRIC.model_dump(mode="json", by_alias=True)
    plain["aspects"][0]["items"][0]["criteria"] = [{"id": "1", "kind": "choice", "text": "平台", "tiers": tiers}]
    tiered = Rubric.model_validate(plain)
    sheets = {who: {"1": score_item(tiered.item("1"), {"1": tier})} for who, tier in ((1, 1), (2, 3))}
    found = consolidate(tiered, sheets).item("1")
    assert (found.tiers_apart, found.wide) == (2, False)
    assert order_of_disagreement([found])[0].why == (Why.TIERS,)
    assert consolidate(tiered, {1: sheets[1]}).item("1").tiers_apart == 0


def test_applicable_to_some_only_is_a_reason() -> None:
    """One found that it does not apply, the other marked it."""
    sheets = {1: sheet("1", "2", "3", "1"), 2: sheet("1", "2", "3", "1") | {"3": mark(None, State.NOT_APPLICABLE)}}
    queue = order_of_disagreement(consolidate(RUBRIC, sheets).items)
    assert {one.result.item.no: one.why for one in queue if one.why} == {"3": (Why.PARTLY_NA,)}
