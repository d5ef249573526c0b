"""The method of a visit: chosen before scoring, kept, followed by the result, and fixed afterwards."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inspection_app.core.consolidation import Reckoning
from inspection_app.core.visit import Stage
from inspection_app.errors import ScoreError, StageError
from inspection_app.services import assign, prepare
from inspection_app.services.consolidate import (
    adjudicate,
    change_method,
    choose_method,
    consolidation,
    method_changes,
    short_items,
)
from tests.services.conftest import CHAIR, EXPERT, MARKS, NOW, Scene, decide_all, log_of, mark_all, open_up, refused


def opened(scene: Scene) -> Scene:
    """The same visit with scoring opened, everybody's marks in, and the marks opened."""
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    mark_all(scene)
    open_up(scene)
    return scene


def test_a_new_visit_takes_the_mean(new: Scene) -> None:
    """Until somebody chooses, it is the mean, two decimals, rounded by items, of at least one mark."""
    visit = prepare.preparation(new.file).visit
    assert (visit.method, visit.places, visit.rounding, visit.min_marks) == ("mean", 2, "items", 1)


def test_the_result_follows_the_method(prepared: Scene) -> None:
    """The median to one decimal, totals rounded once: 0 1 1.5 2 and 0 2 2 4 and 0 2.5 3 4 by hand."""
    choose_method(prepared.file, prepared.secretary, "median", 1, "total", 2, NOW)
    assert log_of(prepared)[-1].details == {"method": "median", "places": 1, "rounding": "total", "min_marks": 2}
    result = consolidation(opened(prepared).file).result
    assert [one.panel.working for one in result.items] == [
        "0 [1 1.5] 2 → 1.3", "0 [2 2] 4 → 2.0", "2 [2 2] 2 → 2.0", "0 [2.5 3] 4 → 2.8", "1 [1 1] 1 → 1.0",
    ]  # fmt: skip
    assert (result.base, result.bonus) == (Decimal("8.0"), Decimal("1.0"))  # 1.25 + 2 + 2 + 2.75, not 8.1


def test_too_few_for_the_method_leaves_every_item_open(prepared: Scene) -> None:
    """Four experts cannot lose two marks: it is said before scoring, and afterwards every item waits for the panel."""
    assert short_items(prepared.file) == ()
    choose_method(prepared.file, prepared.chair, "drop_high_low", 2, "items", 1, NOW)
    assert short_items(prepared.file) == ("1", "2", "3", "4", "5")
    result = consolidation(opened(prepared).file).result
    assert result.open_items == ("1", "2", "3", "4", "5")
    assert result.item("1").panel.working == "0 1 1.5 2 → — (4 < 5)"


def test_short_items_look_at_each_item(prepared: Scene) -> None:
    """With three marks asked for, the item of two experts is named, those of three and four are not."""
    choose_method(prepared.file, prepared.secretary, "mean", 2, "items", 3, NOW)
    assert short_items(prepared.file) == ()
    everything = ["1", "2", "3", "4", "5"]
    without = {CHAIR: ["4"], EXPERT: ["4", "5"]}
    given = {
        prepared.people[name].member_id: [no for no in everything if no not in without.get(name, ())] for name in MARKS
    }
    assign.assign_items(prepared.file, prepared.secretary, given, NOW)
    assert short_items(prepared.file) == ("4",)
    assert prepare.unprepared(prepared.file) is None  # it is told, and does not hold up the visit
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (("mode", 2, "items", 1), "unknown-method"), (("mean", 5, "items", 1), "bad-places"),
        (("mean", 2, "up", 1), "unknown-rounding"), (("mean", 2, "items", 0), "bad-min-marks"),
        (("mean", 2, "items", 16), "bad-min-marks"),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be(prepared: Scene, choice: tuple[str, int, str, int], code: str) -> None:
    """What does not exist or is out of range is refused and the method stays."""
    with refused(prepared, ScoreError, code):
        choose_method(prepared.file, prepared.secretary, *choice, NOW)


def test_the_method_is_fixed_before_scoring(scoring: Scene, consolidating: Scene) -> None:
    """Once scoring is open nobody chooses how it will be reckoned; a change is an act of its own."""
    for scene in (scoring, consolidating):
        with refused(scene, StageError, "wrong-stage"):
            choose_method(scene.file, scene.chair, "median", 2, "items", 1, NOW)


def test_the_whole_visit_keeps_its_method(prepared: Scene) -> None:
    """To the end of the visit the choice is read back as it was made."""
    choose_method(prepared.file, prepared.secretary, "median", 3, "total", 4, NOW)
    opened(prepared)
    decide_all(prepared)
    visit = consolidation(prepared.file).visit
    assert (visit.method, visit.places, visit.rounding, visit.min_marks) == ("median", 3, "total", 4)
    assert visit.stage is Stage.CONSOLIDATE


def test_a_change_after_scoring_began_is_kept_with_its_reason(scoring: Scene) -> None:
    """The chair changes it twice, before and after opening: the result follows, and both changes are told in order."""
    file, chair = scoring.file, scoring.chair
    change_method(file, chair, "median", 2, "items", 1, " 一名专家临时离会 ", NOW)
    mark_all(scoring)
    open_up(scoring)
    assert consolidation(file).result.item("4").panel.working == "0 [2.5 3] 4 → 2.75"
    change_method(file, chair, "mean", 1, "total", 2, "上级通知统一用平均", NOW)
    assert consolidation(file).result.item("4").panel.working == "0 2.5 3 4 → 2.4"
    first, second = method_changes(file)
    assert (first.before, first.after) == (Reckoning(), Reckoning("median"))
    assert (first.reason, first.opened, first.at) == ("一名专家临时离会", False, NOW)
    assert (second.before, second.after, second.opened) == (first.after, Reckoning("mean", 1, "total", 2), True)
    assert consolidation(file).method_changes == (first, second)
    told = log_of(scoring)[-1].details
    assert (told["before"], told["after"]) == (
        {"method": "median", "places": 2, "rounding": "items", "min_marks": 1},
        {"method": "mean", "places": 1, "rounding": "total", "min_marks": 2},
    )  # fmt: skip
    assert "上级" not in str(told)


@pytest.mark.parametrize(
    ("choice", "reason", "code"),
    [
        (("median", 2, "items", 1), " ", "no-reason"), (("mean", 2, "items", 1), "理由", "same-method"),
        (("mode", 2, "items", 1), "理由", "unknown-method"), (("mean", 5, "items", 1), "理由", "bad-places"),
        (("mean", 2, "items", 16), "理由", "bad-min-marks"), (("mean", 1, "items", 1), "理由", "too-fine"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be(
    consolidating: Scene, choice: tuple[str, int, str, int], reason: str, code: str
) -> None:
    """Without a reason, without a change, out of range, or coarser than what was adjudicated: refused."""
    adjudicate(consolidating.file, consolidating.chair, "4", "3.25", "合议", "", NOW)
    with refused(consolidating, ScoreError, code):
        change_method(consolidating.file, consolidating.chair, *choice, reason, NOW)
