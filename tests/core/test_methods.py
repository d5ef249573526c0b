"""The three methods and both rounding orders, by hand and against a second way of reckoning."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app.core.consolidation import (
    WIDE_SPREAD,
    Method,
    Rounding,
    check_method,
    consolidate,
    marks_needed,
    panel_score,
)
from inspection_app.core.scoring import Score, State
from inspection_app.errors import ScoreError
from tests.core.test_consolidation import RUBRIC, adjudicated, mark, sheet


def marks_of(text: str) -> list[Decimal | None]:
    return [None if one == "–" else Decimal(one) for one in text.split()]


@pytest.mark.parametrize(
    ("marks", "method", "working"),
    [
        ("5 4.5 6 5 4.5", "drop_high_low", "4.5 4.5 5 5 6 − 4.5, 6 → 4.83"),  # one of two equal lowest
        ("2 2 2 2 2", "drop_high_low", "2 2 2 2 2 − 2, 2 → 2.00"),
        ("0 6 6 6 6 6", "drop_high_low", "0 6 6 6 6 6 − 0, 6 → 6.00"),  # one highest, not all
        ("1 – 2 3 4 – 9", "drop_high_low", "1 2 3 4 9 − 1, 9 → 3.00"),  # missing marks are not the lowest
        ("0 0 0.01 0.02 0.015 1", "drop_high_low", "0 0 0.01 0.015 0.02 1 − 0, 1 → 0.01"),  # 0.01125
        ("1 5 4", "median", "1 [4] 5 → 4.00"),
        ("7 4 5 6", "median", "4 [5 6] 7 → 5.50"),  # even: the mean of the two in the middle
        ("3 3.25 1 4", "median", "1 [3 3.25] 4 → 3.13"),  # 3.125, half up
        ("2.5", "median", "[2.5] → 2.50"),
        ("– 2 –", "median", "[2] → 2.00"),
        ("4.5 5 5.5", "mean", "4.5 5 5.5 → 5.00"),
        ("1 – 1 0.99", "mean", "0.99 1 1 → 1.00"),  # 0.9966…, of the three that there are
        ("0.01 – 0.02", "mean", "0.01 0.02 → 0.02"),  # 0.015, half up
        ("0 0.01 0.01 0.01 0.02 9", "drop_high_low", "0 0.01 0.01 0.01 0.02 9 − 0, 9 → 0.01"),  # 0.0125
        ("0 0.01 0.01 0.01 0.03 9 –", "drop_high_low", "0 0.01 0.01 0.01 0.03 9 − 0, 9 → 0.02"),  # 0.015, half up
        ("3 3 3 – 3", "median", "3 [3 3] 3 → 3.00"),  # all alike
    ],
)
def test_each_method_by_hand(marks: str, method: str, working: str) -> None:
    """The printed working names every mark, what was dropped or stands in the middle, and the rounded score."""
    found = panel_score(marks_of(marks), method=method)
    assert found.working == working
    assert str(found.points) == working.rsplit(" ", 1)[1]


def test_dropped_marks_are_told_apart_from_used_ones() -> None:
    """Exactly one highest and one lowest are dropped; together with the used ones they are all marks there were."""
    found = panel_score(marks_of("6 4.5 5 4.5 5"), method="drop_high_low")
    assert (found.used, found.dropped) == ((Decimal("4.5"), 5, 5), (Decimal("4.5"), 6))
    assert found.marks == (Decimal("4.5"), Decimal("4.5"), 5, 5, 6)
    assert found.exact == Fraction(29, 6)


@pytest.mark.parametrize("marks", ["", "1", "1 2 3 4", "1 2 3 4 –"])
def test_dropping_needs_five_marks(marks: str) -> None:
    """Asked directly for fewer than five, the method refuses and says how many there are; missing ones do not count."""
    with pytest.raises(ScoreError) as caught:
        panel_score(marks_of(marks), method="drop_high_low")
    assert caught.value.code == "too-few"
    assert caught.value.context["count"] == len(marks.replace("–", "").split())


@pytest.mark.parametrize(
    ("method", "places", "rounding", "least", "code"),
    [
        ("average", 2, "items", 1, "unknown-method"), ("", 2, "items", 1, "unknown-method"),
        ("mean", 5, "items", 1, "bad-places"), ("median", -1, "items", 1, "bad-places"),
        ("mean", 2, "never", 1, "unknown-rounding"), ("mean", 2, "items", 0, "bad-min-marks"),
        ("mean", 2, "items", 16, "bad-min-marks"),
    ],
)  # fmt: skip
def test_a_method_that_does_not_exist(method: str, places: int, rounding: str, least: int, code: str) -> None:
    """Whoever asks, consolidating as well, is refused in the same words."""
    for ask in (
        lambda: check_method(method, places=places, rounding=rounding, min_marks=least),
        lambda: consolidate(RUBRIC, {}, method=method, places=places, rounding=rounding, min_marks=least),
    ):
        with pytest.raises(ScoreError) as caught:
            ask()
        assert caught.value.code == code


def test_too_few_marks_leave_an_item_open() -> None:
    """Below the least there is no score and the working says why; at the least there is one; nothing is not nought."""
    two = panel_score(marks_of("4 5 –"), min_marks=3)
    assert (two.points, two.exact, two.too_few, two.needed) == (None, None, True, 3)
    assert two.working == "4 5 → — (2 < 3)"
    assert panel_score(marks_of("4 5 5"), min_marks=3).points == Decimal("4.67")
    none = panel_score([None], min_marks=3)
    assert (none.points, none.too_few, none.working) == (None, False, "")


def people(*marks: str, item: str = "2") -> dict[int, dict[str, Score]]:
    return {number: {**sheet("1", None, "1", "1"), item: mark(points)} for number, points in enumerate(marks, 1)}


def test_consolidating_with_too_few_marks_does_not_break() -> None:
    """Four marks and a method that needs five: every item is open with its reason, and an adjudication closes one."""
    result = consolidate(RUBRIC, people("1", "2", "3", "4"), method="drop_high_low", adjudications=[adjudicated("2", "2")])
    assert result.open_items == ("1", "3", "4")
    assert result.item("1").panel.working == "1 1 1 1 → — (4 < 5)"
    assert (result.item("2").points, result.item("2").panel.points) == (2, None)
    assert (marks_needed("drop_high_low", 1), marks_needed("drop_high_low", 7), marks_needed("mean", 3)) == (5, 7, 3)


def test_the_least_counts_per_item_among_those_who_marked() -> None:
    """An item with three marks has a score and one with two has none; a recused expert's absence is no mark."""
    sheets = {1: sheet("2", "3", "4", "1"), 2: sheet("1", "3", "4", "1"), 3: sheet("1", "4", "3", "1")}
    sheets[3]["2"] = mark(None, State.RECUSED)
    result = consolidate(RUBRIC, sheets, min_marks=3)
    assert result.open_items == ("2",)
    assert result.item("2").panel.working == "3 3 → — (2 < 3)"


def test_rounding_order_changes_totals() -> None:
    """Means of a third: each rounded down and added, or added exactly and rounded once for each total."""
    thirds = {1: sheet("1", "1", "1", "0"), 2: sheet("1", "1", "1", "0"), 3: sheet("2", "2", "2", "1")}
    items = consolidate(RUBRIC, thirds, rounding="items")
    total = consolidate(RUBRIC, thirds, rounding="total")
    assert [str(one.points) for one in items.items] == [str(one.points) for one in total.items] == [
        "1.33", "1.33", "1.33", "0.33",
    ]  # fmt: skip
    assert [str(one.points) for one in items.aspects] == ["2.66", "1.33", "0.33"]
    assert [str(one.points) for one in total.aspects] == ["2.67", "1.33", "0.33"]
    assert (str(items.base), str(items.bonus), str(items.total)) == ("3.99", "0.33", "4.32")
    assert (str(total.base), str(total.bonus), str(total.total)) == ("4.00", "0.33", "4.33")


def test_an_adjudication_is_exact_in_both_orders() -> None:
    """It enters a total as it stands, in place of the exact mean."""
    thirds = {1: sheet("1", "1", "1", "0"), 2: sheet("1", "1", "1", "0"), 3: sheet("2", "2", "2", "1")}
    decided = [adjudicated("1", "1.5")]
    assert str(consolidate(RUBRIC, thirds, rounding="total", adjudications=decided).aspects[0].points) == "2.83"
    assert str(consolidate(RUBRIC, thirds, rounding="items", adjudications=decided).aspects[0].points) == "2.83"


def test_a_wide_spread_is_told_from_the_marks_and_not_from_the_method() -> None:
    """Dropped marks still make the spread: two experts who disagree by 40 % or more are worth a talk."""
    dropped = consolidate(RUBRIC, people("0", "3", "3", "3", "4"), method="drop_high_low").item("2")
    assert (dropped.spread, dropped.wide) == (1, True)
    edge = [consolidate(RUBRIC, people("2", points)).item("2") for points in ("3.6", "3.59")]
    assert (edge[0].spread, [one.wide for one in edge]) == (WIDE_SPREAD, [True, False])


def test_points_lost() -> None:
    """What is missing to the ceiling; of an item without a score nothing is said."""
    result = consolidate(RUBRIC, {1: sheet("2", None, "1.5", "0")})
    assert [one.lost for one in result.items] == [0, None, Decimal("2.50"), 2]


marks = st.decimals(min_value=0, max_value=10, places=2)


@settings(max_examples=150, deadline=None)
@given(st.lists(marks, min_size=5, max_size=15), st.integers(0, 4), st.randoms(use_true_random=False))
def test_methods_against_a_second_reckoning(given_marks: list[Decimal], places: int, random: Any) -> None:
    """In fractions, in any order of the experts: the trimmed mean by subtraction, the median by the library."""
    shuffled = given_marks[:]
    random.shuffle(shuffled)
    exact = [Fraction(one) for one in given_marks]
    trimmed = (sum(exact) - max(exact) - min(exact)) / (len(exact) - 2)
    for method, expected in ((Method.DROP_HIGH_LOW, trimmed), (Method.MEDIAN, median(exact))):
        found = panel_score(shuffled, method=method, places=places)
        assert found.exact == expected
        assert found.points is not None
        assert Fraction(found.points) == Fraction((expected * 10**places + Fraction(1, 2)).__floor__(), 10**places)
        assert found == panel_score(given_marks, method=method, places=places)


some = st.lists(st.sampled_from(["0", "0.5", "1", "1.25", "2"]), min_size=4, max_size=4)


@settings(max_examples=100, deadline=None)
@given(st.lists(some, min_size=1, max_size=7), st.sampled_from(list(Method)), st.sampled_from(list(Rounding)))
def test_totals_hold_whatever_the_method(sheets: list[list[str]], method: Method, rounding: Rounding) -> None:
    """By items the totals are sums of what is printed; by total each is the rounded sum of the exact scores, and no
    more than half a unit an item away from what is printed."""
    given_sheets = {number: sheet(*points) for number, points in enumerate(sheets)}
    result = consolidate(RUBRIC, given_sheets, method=method, rounding=rounding)
    printed = sum((one.points for one in result.items if one.points is not None), Decimal(0))
    if rounding is Rounding.ITEMS:
        assert result.total == printed == result.base + result.bonus
    else:
        exact = sum((one.exact for one in result.items if one.exact is not None), Fraction(0))
        assert abs(Fraction(result.total) - exact) <= Fraction(1, 200)
        assert abs(result.total - printed) <= Decimal("0.005") * (len(result.items) + 1)
    again = consolidate(RUBRIC, dict(reversed(given_sheets.items())), method=method, rounding=rounding)
    assert [replace(one, scores={}) for one in again.items] == [replace(one, scores={}) for one in result.items]


@pytest.mark.parametrize("mark", ["x", True, float("nan"), "1,234"])
def test_a_mark_that_is_no_number_is_refused(mark: Any) -> None:
    """A mark is a decimal, an int, or text as people write numbers; anything else is told, not counted."""
    assert panel_score(["４．5", 5, Decimal("5.5")]).points == 5
    with pytest.raises(ScoreError):
        panel_score([Decimal(5), mark])
