"""Consolidation: marks stay closed until the chair may open them, and every decision is reasoned or refused."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from inspection_app.core.feedback import Recommendation
from inspection_app.core.scoring import State
from inspection_app.core.totals import Reading
from inspection_app.core.visit import Actor, Stage
from inspection_app.errors import NotFound, ScoreError, StageError
from inspection_app.files import parse_rubric
from inspection_app.services import assign, consolidate, prepare, score, seal
from inspection_app.services.consolidate import (
    adjudicate,
    choose_reading,
    consolidation,
    decide_gate,
    decide_veto,
    let_stand,
)
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import (
    CHAIR,
    DESCRIPTION,
    EXPERT,
    MARKS,
    NOW,
    OTHER,
    PANEL,
    RUBRIC,
    THIRD,
    Scene,
    decide_all,
    enter_figures,
    fill_in,
    mark_all,
    open_up,
    places,
    refused,
    rows,
    seal_up,
)


def points(scene: Scene, item: str) -> Decimal | None:
    return consolidation(scene.file).result.item(item).points


def adjudged(scene: Scene, item: str, given: object, reason: str = "合议一致", clause: str = "") -> None:
    adjudicate(scene.file, scene.chair, item, given, reason, clause, NOW)


def test_marks_are_closed_until_they_are_opened(scoring: Scene) -> None:
    """However far the sheets are, nobody gets at the marks before the chair has opened them."""
    mark_all(scoring)
    with refused(scoring, StageError, "marks-closed"):
        consolidation(scoring.file)
    open_up(scoring)
    opened = consolidation(scoring.file)
    assert [member.name for member in opened.members] == [CHAIR, EXPERT, OTHER, THIRD]
    assert opened.visit.stage is Stage.CONSOLIDATE


@pytest.mark.parametrize(("fund", "warned"), [("0.3", []), ("0.35", [("3", "1")]), ("0.4", [])])
def test_a_figure_between_two_thresholds_is_told(prepared: Scene, fund: str, warned: list[tuple[str, str]]) -> None:
    """0.35 ‰ holds the gate (over 0.3) and does not earn the item's full points (from 0.4): both are named."""
    enter_figures(prepared, fund=fund)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared)
    open_up(prepared)
    assert [(one.item, one.gate) for one in consolidation(prepared.file).threshold_warnings] == warned


@pytest.mark.parametrize(
    ("item", "working"),
    [
        ("1", "0 1 1.5 2 → 1.13"),  # (2 + 1 + 1.5 + 0) / 4 = 1.125, half up
        ("2", "0 2 2 4 → 2.00"),
        ("3", "2 2 2 2 → 2.00"),  # the figure, 0.45 ‰
        ("4", "0 2.5 3 4 → 2.38"),  # 2.375
        ("5", "1 1 1 1 → 1.00"),  # one award
    ],
)
def test_panel_scores_by_hand(consolidating: Scene, item: str, working: str) -> None:
    """The panel score is the mean of the marks, half up to two decimals."""
    assert consolidation(consolidating.file).result.item(item).panel.working == working


def test_totals_by_hand(consolidating: Scene) -> None:
    """Aspects add up their rounded items; the bonus stands apart."""
    result = consolidation(consolidating.file).result
    assert [aspect.points for aspect in result.aspects] == [Decimal("3.13"), Decimal("4.38"), Decimal("1.00")]
    assert (result.base, result.bonus, result.total) == (Decimal("7.51"), Decimal("1.00"), Decimal("8.51"))
    assert result.open_items == ()


def test_only_the_assigned_count(prepared: Scene) -> None:
    """The mean is over those who have the item; a mark given before the item was taken away does not count."""
    everything = ["1", "2", "3", "4", "5"]
    some = {prepared.people[name].member_id: everything for name in (CHAIR, OTHER)}
    rest = {prepared.people[name].member_id: ["1", "3", "5"] for name in (EXPERT, THIRD)}
    assign.assign_items(prepared.file, prepared.secretary, some | rest, NOW)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared, CHAIR, OTHER)
    for name in (EXPERT, THIRD):
        for item in ("1", "3", "5"):
            answers = MARKS[name][item]
            score.answer_item(prepared.file, prepared.people[name], item, answers, "", base=0, now=NOW)
    open_up(prepared)
    fourth = consolidation(prepared.file).result.item("4")
    assert fourth.panel.working == "3 4 → 3.50"
    assert fourth.scores[prepared.expert.member_id].state is State.NOT_ASSIGNED
    assert fourth.unmarked == ()


def test_notes_are_told_with_their_writers(consolidating: Scene) -> None:
    """Once the marks are opened every note is there, by item and who wrote it."""
    notes = consolidation(consolidating.file).notes
    assert notes["4"] == {consolidating.people[name].member_id: "第4项现场所见" for name in MARKS}


def test_an_adjudication_stands_beside_the_marks(consolidating: Scene) -> None:
    """The chair's decision counts, the latest of them; the experts' marks and their mean stay as they were."""
    adjudged(consolidating, "4", "3.5", "合议后以现场为准", "酌情得分")
    adjudged(consolidating, "4", "3.25", " 复核后更正 ", " 酌情得分 ")
    item = consolidation(consolidating.file).result.item("4")
    assert (item.points, item.panel.points) == (Decimal("3.25"), Decimal("2.38"))
    assert item.adjudication
    assert (item.adjudication.reason, item.adjudication.clause) == ("复核后更正", "酌情得分")
    assert [one.points for one in consolidation(consolidating.file).adjudications] == [Decimal("3.5"), Decimal("3.25")]
    assert len(rows(consolidating, "answer")) == 20


@pytest.mark.parametrize(
    ("item", "given", "reason", "error", "code"),
    [
        ("4", "4.01", "合议", ScoreError, "out-of-range"),
        ("4", "-0.5", "合议", ScoreError, "out-of-range"),
        ("4", "2.345", "合议", ScoreError, "too-fine"),
        ("4", "三分", "合议", ScoreError, "not-a-number"),
        ("4", None, "合议", ScoreError, "not-a-number"),
        ("4", "3", " ", ScoreError, "no-reason"),
        ("6", "1", "合议", NotFound, "unknown-item"),
    ],
)
def test_an_adjudication_that_cannot_be(
    consolidating: Scene, item: str, given: object, reason: str, error: type[ScoreError], code: str
) -> None:
    """Outside 0 to the ceiling, too fine, no number, without reason, for no item: refused, each its own way."""
    with refused(consolidating, error, code):
        adjudged(consolidating, item, given, reason)


@pytest.mark.parametrize("given", ["0", "4", "4.00", "３．５", 2])
def test_an_adjudication_at_the_ends(consolidating: Scene, given: object) -> None:
    """Nothing and everything are points too."""
    adjudged(consolidating, "4", given)
    assert 0 <= (points(consolidating, "4") or Decimal(0)) <= 4


def test_a_veto_needs_proof(consolidating: Scene) -> None:
    """That a veto applies is said with a proof only; that it does not, or that it is undecided again, without."""
    file, chair = consolidating.file, consolidating.chair

    def decided() -> list[tuple[bool | None, str]]:
        return [(one.applies, one.proof) for one in consolidation(file).result.vetoes]

    assert decided() == [(None, ""), (None, "")]
    with refused(consolidating, ScoreError, "no-proof"):
        decide_veto(file, chair, "1", True, " ", NOW)
    with refused(consolidating, NotFound, "no-veto"):
        decide_veto(file, chair, "3", True, "文件", NOW)
    decide_veto(file, chair, "1", True, " 应急局2025年通报 ", NOW)
    decide_veto(file, chair, "2", False, "", NOW)
    assert decided() == [(True, "应急局2025年通报"), (False, "")]
    assert consolidation(file).result.vetoed == ("1",)
    decide_veto(file, chair, "1", None, "", NOW)
    assert decided() == [(None, ""), (False, "")]


def test_a_gate_with_a_figure_is_the_figures(consolidating: Scene) -> None:
    """Where the figure is there nobody decides the gate by hand; the other gate is decided with a proof against."""
    file, chair = consolidating.file, consolidating.chair
    for holds in (True, False, None):
        with refused(consolidating, ScoreError, "figure-decides"):
            decide_gate(file, chair, "1", holds, "财政局证明", NOW)
    with refused(consolidating, ScoreError, "no-proof"):
        decide_gate(file, chair, "2", False, "", NOW)
    with refused(consolidating, NotFound, "no-gate"):
        decide_gate(file, chair, "3", True, "", NOW)
    decide_gate(file, chair, "2", False, "查无任命文件", NOW)
    result = consolidation(file).result
    assert [(one.holds, one.value, one.proof) for one in result.gates] == [
        (True, "0.45", ""), (False, "", "查无任命文件"),
    ]  # fmt: skip
    assert [one.gate for one in result.gates if one.holds is False] == ["2"]


def test_a_gate_whose_figure_is_missing_is_the_panels(scoring: Scene) -> None:
    """Figures can no longer be entered once the marks are opened: the panel decides such a gate, or the visit could
    never be finished."""
    file, chair = scoring.file, scoring.chair
    for key in ("fund", "awards"):
        prepare.enter_figure(file, scoring.secretary, AgreedFigure(key, ""), NOW)
    for name in MARKS:
        for item in MARKS[name]:
            answers = MARKS[name][item] or {"1": "0.5"}
            score.answer_item(file, scoring.people[name], item, answers, "", base=0, now=NOW)
    open_up(scoring)
    with refused(scoring, StageError, "wrong-stage"):
        prepare.enter_figure(file, scoring.secretary, AgreedFigure("fund", "0.5"), NOW)
    decide_gate(file, chair, "1", True, "预算草案", NOW)
    assert consolidation(file).result.gates[0].holds is True
    decide_all(scoring)
    seal_up(scoring)


def test_the_recommendation_is_the_panels(consolidating: Scene) -> None:
    """It follows from nothing: a panel may recommend against a high score, and change its mind."""
    for recommendation in (Recommendation.FAIL, Recommendation.PASS_AFTER_MENDING):
        consolidate.recommend(consolidating.file, consolidating.chair, recommendation, NOW)
        assert consolidation(consolidating.file).visit.recommendation == recommendation


def test_an_item_without_a_mark_is_open_until_adjudicated(prepared: Scene) -> None:
    """An item that nobody marked has no score and holds up the end; an adjudication closes it."""
    chair_only = {prepared.chair.member_id: ["1", "2", "3", "5"], prepared.expert.member_id: ["4"]}
    assign.assign_items(
        prepared.file, prepared.secretary,
        chair_only | {prepared.people[name].member_id: ["1"] for name in (OTHER, THIRD)}, NOW,
    )  # fmt: skip
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    for item in ("1", "2", "3", "5"):
        score.answer_item(prepared.file, prepared.chair, item, MARKS[CHAIR][item], "", base=0, now=NOW)
    open_up(prepared)
    decide_all(prepared)
    assert points(prepared, "4") is None
    with refused(prepared, StageError, "not-sealable") as caught:
        seal.seal(prepared.file, prepared.chair, NOW, entropy=os.urandom)
    assert places(caught.value)[0] == "Items"
    assert caught.value.faults[0].context["items"] == "4"
    adjudged(prepared, "4", "3", "现场共同查看")
    seal_up(prepared)
    assert consolidation(prepared.file).result.base == Decimal("11.00")  # 2 + 4 + 2 + 3


def test_the_methods_score_is_taken_again(consolidating: Scene) -> None:
    """An adjudication is taken back with a reason; both decisions stay on record, and the item stays settled."""
    file, chair = consolidating.file, consolidating.chair
    adjudged(consolidating, "4", "3.5", "合议后以现场为准", "酌情得分")
    with refused(consolidating, ScoreError, "no-reason"):
        let_stand(file, chair, "4", " ", NOW)
    let_stand(file, chair, "4", " 复核后维持 ", NOW)
    found = consolidation(file)
    item = found.result.item("4")
    assert (item.points, item.adjudication, item.settled) == (Decimal("2.38"), None, True)
    assert [(one.points, one.reason) for one in found.adjudications] == [
        (Decimal("3.5"), "合议后以现场为准"), (None, "复核后维持"),
    ]  # fmt: skip


def test_what_was_talked_over_is_no_longer_left(consolidating: Scene) -> None:
    """Marks of 0 to 4 are on the table until the chair lets the mean stand; that needs no reason."""
    def left() -> set[str]:
        return {one.result.item.no for one in consolidation(consolidating.file).queue if one.left}

    before = left()
    assert "4" in before
    let_stand(consolidating.file, consolidating.chair, "4", "", NOW)
    assert left() == before - {"4"}


def test_no_score_cannot_stand(scoring: Scene) -> None:
    """Where nobody marked an item there is nothing to let stand."""
    mark_all(scoring, CHAIR)
    consolidate.change_method(scoring.file, scoring.chair, "mean", 2, "items", 3, "人少", NOW)
    open_up(scoring)
    with refused(scoring, ScoreError, "no-score"):
        let_stand(scoring.file, scoring.chair, "4", "合议", NOW)


def test_there_is_nothing_to_choose_where_the_readings_agree(consolidating: Scene) -> None:
    """The text has no pass line and no gate that can be read twice."""
    for gate in ("", "1"):
        with refused(consolidating, ScoreError, "same-verdict"):
            choose_reading(consolidating.file, consolidating.chair, gate, Reading.FIRST, "按原文", NOW)
    with refused(consolidating, NotFound, "no-gate"):
        choose_reading(consolidating.file, consolidating.chair, "9", Reading.FIRST, "按原文", NOW)


def test_a_chosen_reading_decides_the_gate(tmp_path: Path) -> None:
    """0.25 ‰ fails above 0.3, 0.25 and one award more holds: the chair chooses with a reason, and takes it back."""
    text = RUBRIC.replace("holds: {over: 0.3}}", "holds: {over: 0.3}, plus: awards}")
    created = prepare.create_visit(
        tmp_path, parse_rubric(text, "small-county.yaml"), DESCRIPTION, PANEL, entropy=os.urandom, now=NOW
    )
    members = prepare.preparation(created.file).members
    scene = Scene(created.file, {one.name: Actor(one.id, one.role) for one in members}, {})
    fill_in(scene)
    prepare.enter_figure(scene.file, scene.secretary, AgreedFigure("fund", "0.25", source="报表"), NOW)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    mark_all(scene)
    open_up(scene)

    def gate() -> tuple[bool | None, tuple[str, ...]]:
        result = consolidation(scene.file).result
        return result.gates[0].holds, result.undecided_readings

    assert gate() == (False, ("1",))
    with refused(scene, ScoreError, "no-reason"):
        choose_reading(scene.file, scene.chair, "1", Reading.SECOND, " ", NOW)
    choose_reading(scene.file, scene.chair, "1", Reading.SECOND, " 省局答复含加分 ", NOW)
    assert gate() == (True, ())
    assert consolidation(scene.file).result.readings["1"].reason == "省局答复含加分"
    choose_reading(scene.file, scene.chair, "1", None, "", NOW)
    assert gate() == (False, ("1",))
    assert [row["reading"] for row in rows(scene, "reading_choice")] == ["second", None]
