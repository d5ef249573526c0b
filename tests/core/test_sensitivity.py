"""Whether another method would change the verdict: hand-worked, and held against the visit's own result."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from inspection_app.core.consolidation import ReadingChoice, Reckoning, VetoDecision, consolidate
from inspection_app.core.rubric import Rubric
from inspection_app.core.sensitivity import Sensitivity, sensitivity
from inspection_app.core.totals import Reading
from tests.core.test_consolidation import NOW, RUBRIC, adjudicated, sheet

WITH_LINE = Rubric.model_validate(RUBRIC.model_dump(mode="json", by_alias=True) | {"pass_line": 8})
PEOPLE = {number: sheet("2", *rest, "0") for number, rest in enumerate(
    [("4", "4"), ("4", "4"), ("4", "4"), ("0", "0"), ("0", "0")], 1)}  # fmt: skip


def told(rubric: Rubric = WITH_LINE, reckoning: Reckoning | None = None, **decided: Any) -> Sensitivity:
    own = reckoning or Reckoning()
    result = consolidate(rubric, PEOPLE, places=own.places, method=own.method, rounding=own.rounding,
                         min_marks=own.min_marks, **decided)  # fmt: skip
    return sensitivity(rubric, result, own)


def test_another_method_would_change_the_verdict() -> None:
    """2 + 2.4 + 2.4 = 6.8 by the mean, 2 + 2.67 + 2.67 = 7.34 without highest and lowest, 2 + 4 + 4 = 10 by the median;
    the line is at 8."""
    found = told()
    totals = {(one.reckoning.method, one.reckoning.rounding): str(one.total) for one in found.alternatives}
    assert totals == {
        ("mean", "items"): "6.80", ("mean", "total"): "6.80", ("drop_high_low", "items"): "7.34",
        ("drop_high_low", "total"): "7.33", ("median", "items"): "10.00", ("median", "total"): "10.00",
    }  # fmt: skip
    assert (found.chosen.reckoning, found.chosen.verdict, found.chosen.chosen) == (Reckoning(), "fail", True)
    assert {one.reckoning.method for one in found.otherwise} == {"median"}
    assert found.range == (Decimal("6.80"), Decimal("10.00"))
    assert found.text().startswith("Yes:")
    assert "Median" in found.text()


def test_the_visits_own_method_comes_first_and_is_not_reckoned_twice() -> None:
    """Six ways, whichever is the visit's; its line says what the result says."""
    for method in ("mean", "drop_high_low", "median"):
        own = Reckoning(method, 1, "total", 2)
        found = told(reckoning=own)
        assert len({(one.reckoning.method, one.reckoning.rounding) for one in found.alternatives}) == 6
        assert [one.chosen for one in found.alternatives] == [True] + [False] * 5
        result = consolidate(WITH_LINE, PEOPLE, method=method, places=1, rounding="total", min_marks=2)
        assert (found.chosen.total, found.chosen.verdict) == (result.total, result.verdict)


def test_an_adjudication_stands_in_every_method() -> None:
    """Items 2 and 3 at 4 points each: ten points, whatever the method."""
    found = told(adjudications=[adjudicated("2", "4"), adjudicated("3", "4")])
    assert found.range == (10, 10)
    assert found.text().startswith("No: every method")


def test_a_veto_decides_whatever_the_method() -> None:
    """The sentence says so, and no method would lead elsewhere."""
    found = told(vetoes=[VetoDecision("v1", True, "文件")])
    assert found.otherwise == ()
    assert found.text().startswith("No: a veto")


def test_where_the_text_is_silent_no_method_can_change_a_verdict() -> None:
    """Without a pass line only the totals differ."""
    found = told(RUBRIC)
    assert found.otherwise == ()
    assert "no pass line" in found.text()


def test_methods_without_marks_enough_are_told_and_not_compared() -> None:
    """Four marks: dropping two of them gives no total, and none is printed."""
    four = {member: marks for member, marks in PEOPLE.items() if member < 5}
    found = sensitivity(WITH_LINE, consolidate(WITH_LINE, four), Reckoning())
    assert {one.reckoning.method for one in found.alternatives if not one.complete} == {"drop_high_low"}
    assert {one.open_items for one in found.alternatives} == {(), ("1", "2", "3", "4")}
    open_ = sensitivity(WITH_LINE, consolidate(WITH_LINE, {1: sheet("1", None, "1", "1")}), Reckoning())
    assert open_.text().startswith("Items are open")
    assert open_.range is None


@pytest.mark.parametrize("reading", [None, Reading.FIRST])
def test_a_choice_of_readings_is_taken_over(reading: Reading | None) -> None:
    """Nothing here is not applicable, so the choice is not in force and changes no line."""
    assert told(readings=[ReadingChoice("", reading, "理由", NOW)]).chosen.verdict == "fail"
