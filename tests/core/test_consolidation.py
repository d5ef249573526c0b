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
    Result,
    VetoDecision,
    check_adjudication,
    consolidate,
    panel_score,
)
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Flag, Score, State
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
