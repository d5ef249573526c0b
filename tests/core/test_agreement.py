"""How far experts agree: published examples, what cannot be reckoned, and what must not matter."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inspection_app
from inspection_app.core.agreement import (
    FAR,
    FEWEST_TO_COMPARE,
    IDENTICAL,
    NO_COMPLETE_ITEMS,
    ONLY_CHANCE,
    TOO_FEW_EXPERTS,
    TOO_FEW_ITEMS,
    Agreement,
    agreement,
    leanings,
)
from inspection_app.errors import ScoreError

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
NAMES = ("icc_2_1", "icc_2_k", "kendall_w", "alpha_interval")

KRIPPENDORFF = list(zip(*[  # four observers, twelve units
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
], strict=True))  # fmt: skip

BIRDS = list(zip(  # wing, tail and bill of twelve birds, in cm and mm: ties within each
    ["10.4", "10.8", "11.1", "10.2", "10.3", "10.2", "10.7", "10.5", "10.8", "11.2", "10.6", "11.4"],
    ["7.4", "7.6", "7.9", "7.2", "7.4", "7.1", "7.4", "7.2", "7.8", "7.7", "7.8", "8.3"],
    ["17", "17", "20", "14.5", "15.5", "13", "19.5", "16", "21", "20", "18", "22"],
    strict=True,
))  # fmt: skip


def reasons(found: Agreement) -> list[str | None]:
    return [getattr(found, name).reason for name in NAMES]


def test_the_example_of_shrout_and_fleiss() -> None:
    """Six targets, four judges: ICC(2,1) .29 and ICC(2,4) .62 as printed, .2898 and .6201 to four decimals."""
    found = inspection_app.agreement(SHROUT_FLEISS)
    assert (found.icc_2_1.value, found.icc_2_k.value) == (Decimal("0.2898"), Decimal("0.6201"))
    assert (found.icc_2_1.items, found.experts, found.items) == (6, 4, 6)


def test_the_example_of_krippendorff_with_missing_marks() -> None:
    """Four observers, twelve units, some missing: interval alpha .849; the unit with one mark pairs with nothing."""
    found = agreement(KRIPPENDORFF)
    assert found.alpha_interval.value == Decimal("0.8491")
    assert (found.alpha_interval.items, found.items) == (11, 12)


def test_a_published_w_with_ties() -> None:
    """Zar, Biostatistical Analysis, the example on the concordance of wing, tail and bill: corrected for ties .924;
    without the correction it would be .913."""
    found = agreement([[Decimal(one) for one in bird] for bird in BIRDS])
    assert found.kendall_w.value == Decimal("0.9241")


def test_w_by_hand() -> None:
    """Two experts, three items, one tie: ranks 1 2 3 and 1.5 1.5 3 give S = 6.5, and 12 · 6.5 / (96 − 12) = 13/14."""
    assert agreement([[1, 5], [2, 5], [3, 9]]).kendall_w.value == Decimal("0.9286")


def test_missing_marks_leave_icc_and_w_the_complete_items() -> None:
    """An item that one expert has not marked is left out of both, and the figures say on how many items they rest."""
    found = agreement([*SHROUT_FLEISS, [1, None, 9, 3]])
    assert found.icc_2_1 == agreement(SHROUT_FLEISS).icc_2_1
    assert found.kendall_w.items == 6
    assert found.alpha_interval.items == 7


def test_who_marked_nothing_is_not_an_expert_here() -> None:
    """An empty column, or a row without a mark, changes nothing."""
    padded = [[*row, None] for row in SHROUT_FLEISS] + [[None] * 5]
    assert agreement(padded) == agreement(SHROUT_FLEISS)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([], [TOO_FEW_EXPERTS] * 4),
        ([[1], [2], [3]], [TOO_FEW_EXPERTS] * 4),
        ([[None, None], [None, None]], [TOO_FEW_EXPERTS] * 4),
        ([[1, 2]], [NO_COMPLETE_ITEMS] * 3 + [TOO_FEW_ITEMS]),
        ([[1, None], [None, 2], [3, None]], [NO_COMPLETE_ITEMS] * 3 + [TOO_FEW_ITEMS]),
        ([[1, 1], [1, 1], [1, 1]], [IDENTICAL] * 4),
        ([[0, 1], [1, 0]], [ONLY_CHANCE, ONLY_CHANCE, None, None]),
    ],
)
def test_what_cannot_be_reckoned_says_why(matrix: list[list[Any]], said: list[str | None]) -> None:
    """There is a value or a reason, never both, and never a figure that means nothing."""
    found = agreement(matrix)
    assert reasons(found) == said
    for name in NAMES:
        one = getattr(found, name)
        assert (one.value is None) is (one.reason is not None)


def test_missing_marks_may_leave_only_alpha() -> None:
    """Three groups, each with items of its own: no item is complete, alpha is reckoned over the pairs."""
    found = agreement([[1, 1, None], [2, 2, None], [None, 3, 4], [None, 1, 1]])
    assert reasons(found)[:3] == [NO_COMPLETE_ITEMS] * 3
    assert found.alpha_interval.value is not None


@pytest.mark.parametrize("matrix", [[[1, 2], [1]], [[1, float("nan")]], [[1, "x"]]])
def test_a_matrix_that_is_none(matrix: list[list[Any]]) -> None:
    """Rows of different lengths, and what is no finite number, are refused."""
    with pytest.raises(ScoreError):
        agreement(matrix)


marks = st.none() | st.integers(0, 12).map(lambda twelfths: Fraction(twelfths, 12))
matrices = st.integers(1, 6).flatmap(lambda width: st.lists(st.lists(marks, min_size=width, max_size=width), max_size=8))


@settings(max_examples=150, deadline=None)
@given(matrices, st.randoms(use_true_random=False))
def test_the_order_of_experts_and_items_changes_nothing(matrix: list[list[Any]], random: Any) -> None:
    """Who sits first and which item stands first enter no figure."""
    columns = list(range(len(matrix[0]))) if matrix else []
    random.shuffle(columns)
    turned = [[row[place] for place in columns] for row in matrix]
    random.shuffle(turned)
    assert agreement(turned) == agreement(matrix)


@settings(max_examples=150, deadline=None)
@given(matrices)
def test_figures_keep_to_their_range(matrix: list[list[Any]]) -> None:
    """W lies between 0 and 1; nothing is above 1; equal columns agree fully."""
    found = agreement(matrix)
    for name in NAMES:
        value = getattr(found, name).value
        assert value is None or value <= 1
    assert found.kendall_w.value is None or found.kendall_w.value >= 0
    twice = agreement([[row[0], row[0]] for row in matrix])
    for name in NAMES:
        assert getattr(twice, name).value in {None, Decimal(1)}


def test_who_marks_far_above_the_others() -> None:
    """0.2 of the points above the mean of the two others on every item is a hint; 0.1 on two items is none yet."""
    found = leanings([[Decimal("0.9"), Decimal("0.7"), Decimal("0.7")]] * FEWEST_TO_COMPARE)
    assert [one.difference for one in found] == [Decimal("0.2000"), Decimal("-0.1000"), Decimal("-0.1000")]
    assert [one.far for one in found] == [True, True, True]
    assert not any(one.far for one in leanings([[1, 0]] * (FEWEST_TO_COMPARE - 1)))
    edge = [[Fraction(1, 2), Fraction(1, 2) - FAR + Fraction(1, 1000)]] * FEWEST_TO_COMPARE
    assert not any(one.far for one in leanings(edge))
    assert [one.difference for one in leanings([[1, None], [None, 1]])] == [None, None]
