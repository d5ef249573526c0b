"""Disputes: an expert's doubt about an agreed figure is noted, answered, and settled or accepted before marks open."""

from __future__ import annotations

import pytest

from inspection_app.core.visit import Stage
from inspection_app.errors import NotFound, ScoreError, StageError
from inspection_app.services import prepare, score
from inspection_app.services.consolidate import consolidation
from inspection_app.services.dispute import dispute_figure, disputes, settle_dispute
from inspection_app.services.open_marks import open_marks
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import (
    EXPERT,
    NOW,
    Scene,
    enter_figures,
    hand_in_all,
    log_of,
    mark_all,
    open_up,
    places,
    refused,
    rows,
)

NOTE = "预算执行表第7页为0.35‰"


def test_a_dispute_stands_beside_the_figure(scoring: Scene) -> None:
    """It keeps who, what and when; the figure and all marks that follow from it stay until the office answers."""
    mark_all(scoring, EXPERT)
    before = score.sheet_of(scoring.file, scoring.expert)
    id_ = dispute_figure(scoring.file, scoring.expert, "fund", f" {NOTE} ", NOW)
    (found,) = disputes(scoring.file)
    assert (found.id, found.key, found.member, found.note, found.at, found.open) == (
        id_, "fund", scoring.expert.member_id, NOTE, NOW, True,
    )  # fmt: skip
    after = score.sheet_of(scoring.file, scoring.expert)
    assert (after.figures, after.scores) == (before.figures, before.scores)
    assert disputes(scoring.file, key="awards") == ()
    assert disputes(scoring.file, key="fund") == (found,)
    assert NOTE not in repr(log_of(scoring))


def test_several_may_dispute_one_figure_each_once(scoring: Scene) -> None:
    """The chair and two experts may; a second one by the same person waits for the answer to the first."""
    for who in (scoring.chair, scoring.expert, scoring.other):
        dispute_figure(scoring.file, who, "fund", NOTE, NOW)
    with refused(scoring, ScoreError, "already-disputed"):
        dispute_figure(scoring.file, scoring.expert, "fund", "再说一遍", NOW)
    dispute_figure(scoring.file, scoring.expert, "awards", "奖项重复计算", NOW)
    settle_dispute(scoring.file, scoring.secretary, 2, "已核对原件", NOW)
    dispute_figure(scoring.file, scoring.expert, "fund", "原件有涂改", NOW)
    assert [one.open for one in disputes(scoring.file)] == [True, False, True, True, True]


def test_a_dispute_that_cannot_be(scoring: Scene) -> None:
    """Without a note, about a figure that the rubric does not have or that nobody entered: refused."""
    file, expert = scoring.file, scoring.expert
    with refused(scoring, ScoreError, "no-note"):
        dispute_figure(file, expert, "fund", " ", NOW)
    with refused(scoring, NotFound, "no-figure"):
        dispute_figure(file, expert, "gdp", NOTE, NOW)
    prepare.enter_figure(file, scoring.secretary, AgreedFigure("awards", ""), NOW)
    with refused(scoring, ScoreError, "not-entered"):
        dispute_figure(file, expert, "awards", NOTE, NOW)


def test_settling_without_a_change(scoring: Scene) -> None:
    """The answer and its time are kept, the figure stays as it is."""
    id_ = dispute_figure(scoring.file, scoring.expert, "fund", NOTE, NOW)
    before = rows(scoring, "figure")
    settle_dispute(scoring.file, scoring.chair, id_, " 已与财政局核对，原数无误 ", NOW)
    (found,) = disputes(scoring.file)
    assert (found.open, found.settled, found.answer) == (False, NOW, "已与财政局核对，原数无误")
    assert rows(scoring, "figure") == before


def test_settling_with_a_changed_figure(scoring: Scene) -> None:
    """One step changes the figure and settles: every mark that reads it follows at once."""
    file = scoring.file
    id_ = dispute_figure(file, scoring.expert, "fund", NOTE, NOW)
    assert score.sheet_of(file, scoring.expert).scores["3"].points == 2
    changed = AgreedFigure("fund", "０．35‰", source=" 预算执行表第7页 ")
    settle_dispute(file, scoring.secretary, id_, "以执行表为准", NOW, figure=changed)
    figure = prepare.preparation(file).figures["fund"]
    assert (figure.value, figure.source) == ("0.35", "预算执行表第7页")
    assert score.sheet_of(file, scoring.expert).scores["3"].points == 1
    assert log_of(scoring)[-1].act == "settle-dispute"
    assert len(rows(scoring, "figure")) == 3  # both first entries and the change


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (AgreedFigure("fund", "很多"), "not-a-number"), (AgreedFigure("fund", "1001"), "figure-range"),
        (AgreedFigure("fund", " "), "no-value"), (AgreedFigure("awards", "2"), "no-value"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be(scoring: Scene, figure: AgreedFigure, code: str) -> None:
    """A bad value, none, or another figure's: nothing changes and the dispute stays open."""
    id_ = dispute_figure(scoring.file, scoring.expert, "fund", NOTE, NOW)
    with refused(scoring, ScoreError, code):
        settle_dispute(scoring.file, scoring.secretary, id_, "改", NOW, figure=figure)


def test_a_settlement_that_cannot_be(scoring: Scene) -> None:
    """Without an answer, twice, or of a dispute that is not there: refused."""
    file, office = scoring.file, scoring.secretary
    id_ = dispute_figure(file, scoring.expert, "fund", NOTE, NOW)
    with refused(scoring, ScoreError, "no-answer"):
        settle_dispute(file, office, id_, "", NOW)
    with refused(scoring, NotFound, "no-dispute"):
        settle_dispute(file, office, 9, "已核对", NOW)
    settle_dispute(file, office, id_, "已核对", NOW)
    with refused(scoring, StageError, "already-settled"):
        settle_dispute(file, office, id_, "又核对", NOW)


def test_marks_open_when_disputes_are_settled(scoring: Scene) -> None:
    """An open dispute is named, with the figure, the expert and the note; settled it stands in nobody's way."""
    enter_figures(scoring)
    mark_all(scoring)
    id_ = dispute_figure(scoring.file, scoring.expert, "fund", NOTE, NOW)
    hand_in_all(scoring)
    with refused(scoring, StageError, "figures-disputed") as caught:
        open_marks(scoring.file, scoring.chair, NOW)
    assert places(caught.value) == ["专项经费占比"]
    assert (EXPERT in caught.value.text(), NOTE in caught.value.text()) == (True, True)
    settle_dispute(scoring.file, scoring.secretary, id_, "已核对", NOW)
    open_up(scoring)
    assert log_of(scoring)[-1].details["disputes"] == []


def test_marks_open_over_a_dispute_with_a_reason(scoring: Scene) -> None:
    """With a reason the panel goes on with the figure as it stands; the log keeps which, and the item that reads it
    says so in the deliberation."""
    mark_all(scoring)
    id_ = dispute_figure(scoring.file, scoring.expert, "fund", NOTE, NOW)
    open_up(scoring, "财政局下班，现场无法核对")
    assert log_of(scoring)[-1].details["disputes"] == [id_]
    found = consolidation(scoring.file)
    assert found.visit.stage is Stage.CONSOLIDATE
    assert [one.id for one in found.disputed("3")] == [id_]
    assert [no for no in ("1", "2", "4", "5") if found.disputed(no)] == []


def test_missing_marks_and_disputes_are_told_together(scoring: Scene) -> None:
    """One refusal names both, so that the chair need not try twice."""
    mark_all(scoring, *[name for name in scoring.people if name not in {"高知微", "方听澜"}])
    dispute_figure(scoring.file, scoring.expert, "fund", NOTE, NOW)
    hand_in_all(scoring)
    with refused(scoring, StageError, "sheets-missing") as caught:
        open_marks(scoring.file, scoring.chair, NOW, reason="现场无法核对")
    assert places(caught.value) == ["方听澜", "专项经费占比"]
