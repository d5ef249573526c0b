"""Every question over three small visits, worked out by hand.

    item                     1                2              3       4                5        total
    清溪县 2025 豫东市        2 1 2 → 1.67     4 2 4 → 合议 4   2       3 2.5 3.5 → 3    1        11.67
    白川县 2025 豫东市        1 1 1 → 1        2 2 2 → 2        1       2 1 3 → 2        0         6
    青原县 2026 豫西市        0 0 0 → 0        0 0 0 → 0        0       0 4 2 → 2        2         4
    full points              2                4                2       4                2 (bonus) 12
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from inspection_app.archive.engines import opened
from inspection_app.archive.questions import QUESTIONS, Answer, Narrowed, ask
from inspection_app.errors import NotFound


def answer(three: Path, name: str, narrowed: Narrowed | None = None, *, names: bool = False) -> Answer:
    with opened(three / "archive", names=names) as archive:
        return ask(archive, name, narrowed)


def test_visits_and_totals_by_year(three: Path) -> None:
    """(11.67 + 6) / 2 = 8.835 in 2025, 4 in 2026; the small text has no pass line, so nobody passes or fails."""
    found = answer(three, "years")
    assert [row[1:7] for row in found.rows] == [
        (2025, 2, 8.835, Decimal(6), Decimal("11.67"), 0), (2026, 1, 4.0, Decimal(4), Decimal(4), 0),
    ]  # fmt: skip
    assert found.visits == 3


def test_score_by_aspect_and_region(three: Path) -> None:
    """豫东市, aspect a: 1.67 + 4 + 1 + 2 = 8.67 of 12; b: 2 + 3 + 1 + 2 = 8 of 12; the bonus 1 of 4."""
    rows = {(row["aspect"], row["region"]): row for row in answer(three, "aspects").dicts()}
    told = {key: (row["visits"], row["mean"], row["share"]) for key, row in rows.items()}
    assert told == {
        ("a", "豫东市"): (2, 4.335, 0.7225), ("a", "豫西市"): (1, 0.0, 0.0),
        ("b", "豫东市"): (2, 4.0, pytest.approx(8 / 12)), ("b", "豫西市"): (1, 2.0, pytest.approx(2 / 6)),
        ("c", "豫东市"): (2, 0.5, 0.25), ("c", "豫西市"): (1, 2.0, 1.0),
    }  # fmt: skip


def test_items_where_points_are_lost_most(three: Path) -> None:
    """Item 2 loses 0 + 2 + 4, item 4 loses 1 + 2 + 2, item 1 0.33 + 1 + 2; items 3 and 5 lose 3 each."""
    rows = answer(three, "losses").dicts()
    assert [(row["item"], row["lost"], row["full"]) for row in rows] == [
        ("2", Decimal(6), 1), ("4", Decimal(5), 0), ("1", Decimal("3.33"), 0), ("3", Decimal(3), 1),
        ("5", Decimal(3), 1),
    ]  # fmt: skip
    assert (rows[0]["mean_lost"], rows[0]["share"]) == (2.0, 0.5)


def test_self_check_against_panel(three: Path) -> None:
    """Two visits have a self-check: item 4 claimed 8 and got 5 of 8, item 1 claimed 4 and got 2.67 of 4."""
    rows = answer(three, "self-check").dicts()
    assert [(row["item"], row["gap"], row["claimed_more"]) for row in rows] == [
        ("4", 0.375, 2), ("1", pytest.approx(1.33 / 4), 2), ("2", 0.25, 1), ("3", 0.25, 1),
    ]  # fmt: skip
    assert rows[0]["visits"] == 2


def test_spread_and_adjudications(three: Path) -> None:
    """Item 4: (1/4 + 2/4 + 4/4) / 3, wide in two visits; item 2 was wide once (2/4) and adjudicated once."""
    rows = {row["item"]: row for row in answer(three, "spread").dicts()}
    told = {no: (row["mean_spread"], row["wide"], row["adjudicated"]) for no, row in rows.items()}
    assert told == {
        "4": (pytest.approx(1.75 / 3), 2, 0), "1": (pytest.approx(0.5 / 3), 1, 0), "2": (pytest.approx(0.5 / 3), 1, 1),
        "3": (0.0, 0, 0), "5": (0.0, 0, 0),
    }  # fmt: skip
    assert next(iter(rows)) == "4"


def test_experts_who_mark_far_from_the_others(three: Path) -> None:
    """Each has 15 marks beside others'. 江晚舟: −1/2 − 2/4 − 0.75/4 − 1.5/4 + 3/4; the three sum up to nought."""
    rows = answer(three, "severity", names=True).dicts()
    assert [(row["name"], row["visits"], row["marks"], row["mean_apart"]) for row in rows] == [
        ("江晚舟", 3, 15, pytest.approx(-0.8125 / 15)), ("章北川", 3, 15, pytest.approx(-0.25 / 15)),
        ("罗云岫", 3, 15, pytest.approx(1.0625 / 15)),
    ]  # fmt: skip


def test_gates_failed(three: Path) -> None:
    """The fund of 0.25 and 0.1 is not over 0.3; one visit found no leading group; no veto applies."""
    rows = answer(three, "gates").dicts()
    assert [(row["kind"], row["gate"], row["visits"], row["failed"]) for row in rows] == [
        ("gate", "1", 3, 2), ("gate", "2", 3, 1), ("veto", "1", 3, 0), ("veto", "2", 3, 0),
    ]  # fmt: skip


def test_draws_voided(three: Path) -> None:
    """Three ceremonies in 2025, one of them voided; the visit of 2026 held none."""
    (row,) = answer(three, "draws").dicts()
    assert (row["year"], row["ceremonies"], row["drawn"], row["voided"]) == (2025, 3, 2, 1)
    assert row["share_voided"] == pytest.approx(1 / 3)


def test_time_per_stage(three: Path) -> None:
    """2, 4 and 2 hours in preparation, 3, 5 and 3 of scoring, 1, 3 and 1 until the seal."""
    rows = answer(three, "stages").dicts()
    assert [(row["stage"], row["mean_hours"], row["shortest_hours"], row["longest_hours"]) for row in rows] == [
        ("prepare", pytest.approx(8 / 3), 2.0, 4.0), ("score", pytest.approx(11 / 3), 3.0, 5.0),
        ("consolidate", pytest.approx(5 / 3), 1.0, 3.0),
    ]  # fmt: skip


def test_a_question_is_narrowed(three: Path) -> None:
    """By year and by region; an answer says how many visits it rests on."""
    assert [row["applicant"] for row in answer(three, "visits", Narrowed(years=(2026,))).dicts()] == ["青原县人民政府"]
    found = answer(three, "losses", Narrowed(regions=("豫东市",)))
    assert found.visits == 2
    assert {row["visits"] for row in found.dicts()} == {2}
    assert answer(three, "years", Narrowed(rubrics=("another",))).rows == ()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
def test_every_column_has_a_title(three: Path, question: object) -> None:
    """What an answer holds is what the question says it holds, names only where they are asked for."""
    found = answer(three, question.name, names=question.name == "severity")  # type: ignore[attr-defined]
    assert set(found.columns) == set(question.columns)  # type: ignore[attr-defined]


def test_a_question_that_does_not_exist(three: Path) -> None:
    """It is refused, and those that exist are named."""
    with pytest.raises(NotFound, match="losses") as caught:
        answer(three, "beauty")
    assert caught.value.code == "no-question"
