"""What holds for any answers to any shipped rubric."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app import load_rubric, score_item, score_sheet
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Measure, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import ITEM, NA, State
from inspection_app.core.table import part_choices, ranges
from inspection_app.files import rubric_ids

MODERATE = settings(max_examples=60, deadline=None)
HALF = Decimal("0.5")
shipped = cache(load_rubric)


def readings(criterion: Step | Rate) -> list[Decimal]:
    """Every end of the clause's ranges, with a value on either side of it."""
    ends = {end for one in ranges(criterion) for end in (one.low, one.high) if end is not None} or {Decimal(1)}
    return sorted({end + step for end in ends for step in (Decimal("-0.01"), Decimal(0), Decimal("0.01"))})


def answers_to(criterion: AnyCriterion) -> st.SearchStrategy[Any]:
    match criterion:
        case Tick():
            parts = [{"points": str(part), "reason": "部分"} for part in part_choices(criterion, HALF)]
            found: list[Any] = [True, False, *parts]
        case Choice():
            found = list(range(len(criterion.tiers) + 1))
        case Step() | Rate():
            values = readings(criterion)
            if criterion.measure is Measure.VALUE:
                found = [str(value) for value in values]
            elif criterion.target is not None:
                found = [str(criterion.target - value) for value in values]
            else:
                sign = -1 if criterion.measure is Measure.SHORTFALL else 1
                found = [{"value": str(100 + sign * value), criterion.against: "100"} for value in values]
        case Grade():
            allowed = criterion.allowed or (Decimal(0), criterion.points / 2, criterion.points)
            found = [{"points": str(points), "reason": "酌情"} for points in allowed]
    return st.sampled_from([*found, None, *([NA] if criterion.na else [])])


@st.composite
def answered(draw: st.DrawFn, item: Item) -> dict[str, Any]:
    found = {criterion.id: draw(answers_to(criterion)) for criterion in item.criteria}
    return {id_: answer for id_, answer in found.items() if answer is not None}



@pytest.mark.parametrize("id_", rubric_ids())
@MODERATE
@given(st.data())
def test_points_stay_between_floor_and_ceiling_and_unmarked_is_never_zero(id_: str, data: st.DataObject) -> None:
    """Whatever is answered: scored points lie in the item's range, anything open leaves the item without points."""
    item = data.draw(st.sampled_from(shipped(id_).items))
    given_ = data.draw(answered(item))
    score = score_item(item, given_)
    assert score.ceiling == item.ceiling <= item.points
    assert item.floor <= score.partial <= item.ceiling
    open_ = [line for line in score.lines if line.applicable and line.points is None]
    if open_:
        assert (score.points, score.state) == (None, State.UNMARKED)
    elif score.state is State.SCORED:
        assert score.points == score.partial
    assert all(line.points is None or 0 <= line.points <= line.ceiling for line in score.lines)
    if set(given_) != {criterion.id for criterion in item.criteria}:
        assert score.points is None


@pytest.mark.parametrize("id_", rubric_ids())
@MODERATE
@given(st.data())
def test_the_order_of_answering_is_irrelevant(id_: str, data: st.DataObject) -> None:
    """The same answers in any order, to items and to their criteria, are the same sheet."""
    rubric = shipped(id_)
    chosen = data.draw(st.lists(st.sampled_from(rubric.items), min_size=1, max_size=4, unique_by=lambda i: i.no))
    sheet = {item.no: data.draw(answered(item)) for item in chosen}
    turned = {no: dict(reversed(list(sheet[no].items()))) for no in reversed(list(sheet))}
    assert score_sheet(rubric, sheet) == score_sheet(rubric, turned)


@pytest.mark.parametrize("id_", rubric_ids())
def test_points_move_one_way_with_the_figure(id_: str) -> None:
    """Every step and rate of the five texts rises, or falls, with what is read: no value is worth less than a worse."""
    seen = 0
    for item in shipped(id_).items:
        for criterion in item.criteria:
            if isinstance(criterion, (Step, Rate)):
                earned = [next((one.points for one in ranges(criterion) if one.holds(value)), None)
                          for value in readings(criterion)]  # fmt: skip
                known = [points for points in earned if points is not None]
                assert known in (sorted(known), sorted(known, reverse=True)), (item.no, criterion.id)
                seen += 1
    assert seen


@pytest.mark.parametrize("id_", rubric_ids())
def test_ticking_more_never_earns_less(id_: str) -> None:
    """One more clause reached adds points or, at a cap, nothing."""
    for item in shipped(id_).items:
        ticks = [criterion for criterion in item.criteria if isinstance(criterion, Tick)]
        noes = {criterion.id: False for criterion in ticks}
        best = Decimal(-1)
        for count in range(len(ticks) + 1):
            score = score_item(item, noes | {criterion.id: True for criterion in ticks[:count]})
            assert score.partial >= best, item.no
            best = score.partial


@pytest.mark.parametrize("id_", rubric_ids())
def test_an_empty_sheet_is_open_and_not_nought(id_: str) -> None:
    """Every item of an empty sheet is unmarked; nothing counts as a zero, and there is no verdict."""
    rubric: Rubric = shipped(id_)
    sheet = score_sheet(rubric, {})
    assert sheet.open_items == tuple(item.no for item in rubric.items)
    assert {score.points for score in sheet.items.values()} == {None}
    assert sheet.verdict == "undecided"


@pytest.mark.parametrize("id_", rubric_ids())
def test_an_override_is_within_the_ceiling_and_flagged(id_: str) -> None:
    """The ceiling can be given by override with a reason, with a flag; a hundredth more cannot."""
    for item in shipped(id_).items:
        whole = {ITEM: {"override": str(item.ceiling), "reason": "复核"}}
        score = score_item(item, whole)
        assert (score.points, "override" in score.flags) == (item.ceiling, True)
        with pytest.raises(Exception, match=item.no):
            score_item(item, {ITEM: {"override": str(item.ceiling + Decimal("0.01")), "reason": "复核"}})
