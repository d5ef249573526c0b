"""Scoring: every answer a revision of its own, taken only from whom, when and how it may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inspection_app.core.scoring import State
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import assign, consolidate, prepare, score
from inspection_app.services.hand_in import readiness
from inspection_app.store.sheets import AgreedFigure, Entry
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    MARKS,
    NOW,
    OTHER,
    THIRD,
    Scene,
    create,
    enter_figures,
    fill_in,
    log_of,
    mark_all,
    open_up,
    refused,
    rows,
)

MOST = score.MOST_NOTE_CHARACTERS


def answer(scene: Scene, item: str, answers: Mapping[str, Any], note: str = "", base: int = 0) -> Entry:
    return score.answer_item(scene.file, scene.expert, item, answers, note, base=base, now=NOW)


def test_points_follow_at_once(scoring: Scene) -> None:
    """A saved answer is on the sheet with its revision, note, time and the points that follow."""
    entry = answer(scoring, "1", {"1": True, "2": {"points": "0.5", "reason": "只开了一次"}}, "看了纪要")
    sheet = score.sheet_of(scoring.file, scoring.expert)
    assert sheet.entries["1"] == entry
    assert (entry.revision, entry.note, entry.at) == (1, "看了纪要", NOW)
    assert (sheet.scores["1"].points, sheet.scores["1"].state) == (Decimal("1.5"), State.SCORED)
    assert sheet.missing == ("2", "4")  # 3 and 5 follow from figures


def test_every_change_is_a_revision(scoring: Scene) -> None:
    """Three saves are three rows; the earlier ones stay as they were."""
    for revision, answers in enumerate([{"1": True}, {"1": True, "2": True}, {"2": True}]):
        assert answer(scoring, "1", answers, base=revision).revision == revision + 1
    kept = [(row["revision"], row["answers"]) for row in rows(scoring, "answer")]
    assert kept == [(1, '{"1":true}'), (2, '{"1":true,"2":true}'), (3, '{"2":true}')]
    assert score.sheet_of(scoring.file, scoring.expert).entries["1"].answers == {"2": True}


def test_saving_the_same_again_adds_no_revision(scoring: Scene) -> None:
    """A tablet that repeats a save because it missed the reply is told the revision that stands, from whatever base."""
    first = answer(scoring, "1", {"1": True, "2": False}, "所见")
    for base in (0, 1, 7):
        assert answer(scoring, "1", {"2": False, "1": True}, "所见", base) == first
    assert len(rows(scoring, "answer")) == 1


def test_what_comes_too_late_is_not_taken(scoring: Scene) -> None:
    """An answer made from an older revision is refused and changes nothing; so is one from a revision to come."""
    answer(scoring, "1", {"1": True})
    answer(scoring, "1", {"1": True, "2": True}, base=1)
    for base in (0, 1, 3):
        with refused(scoring, ScoreError, "changed-elsewhere"):
            answer(scoring, "1", {"1": False}, base=base)
    with refused(scoring, ScoreError, "changed-elsewhere"):
        answer(scoring, "1", {"1": True, "2": True}, "另一说明", base=1)


def test_decimals_are_kept_as_digits(scoring: Scene) -> None:
    """A Decimal, which scoring takes, can be saved, reads back as digits and is the same when saved again."""
    entry = answer(scoring, "4", {"1": Decimal("2.50")})
    assert entry.answers == {"1": "2.50"} == score.sheet_of(scoring.file, scoring.expert).entries["4"].answers
    assert answer(scoring, "4", {"1": Decimal("2.50")}) == entry


@pytest.mark.parametrize(
    ("item", "answers", "error", "code"),
    [
        ("4", {"1": "4.5"}, ScoreError, "out-of-range"),
        ("4", {"1": "-1"}, ScoreError, "out-of-range"),
        ("4", {"1": "NaN"}, ScoreError, "not-a-number"),
        ("4", {"1": float("inf")}, ScoreError, "not-a-number"),
        ("1", {"item": {"override": "3", "reason": "突出"}}, ScoreError, "out-of-range"),
        ("1", {"item": {"override": "1", "reason": " "}}, ScoreError, "no-reason"),
        ("1", {"1": {"points": "0.3", "reason": "部分"}}, ScoreError, "bad-part"),
        ("1", {"1": {"points": "0.5"}}, ScoreError, "no-reason"),
        ("1", {"1": "yes"}, ScoreError, "wrong-form"),
        ("1", {"1": "na"}, ScoreError, "na-not-allowed"),
        ("1", {"9": True}, ScoreError, "unknown-criterion"),
        ("2", {"1": 4}, ScoreError, "bad-tier"),
        ("2", {"1": True}, ScoreError, "bad-tier"),
        ("3", {"1": "半数"}, ScoreError, "not-a-number"),
        ("6", {}, NotFound, "unknown-item"),
        ("", {}, NotFound, "unknown-item"),
    ],
)
def test_an_answer_that_cannot_be(
    scoring: Scene, item: str, answers: Mapping[str, Any], error: type[InspectionError], code: str
) -> None:
    """Points above the ceiling, an unknown item or criterion, the wrong form: each its own message, nothing saved."""
    with refused(scoring, error, code):
        answer(scoring, item, answers)


def test_a_note_has_an_end(scoring: Scene) -> None:
    """4,000 characters are taken whole, one more is refused; characters beyond 16 bits count as one."""
    assert answer(scoring, "1", {}, "𬴊" * MOST).note == "𬴊" * MOST
    with refused(scoring, ScoreError, "note-too-long"):
        answer(scoring, "1", {}, "字" * (MOST + 1), base=1)


def test_a_note_alone_marks_nothing(scoring: Scene) -> None:
    """A note without an answer is kept, and the item stays unmarked: it is no zero."""
    answer(scoring, "1", {}, "待查")
    sheet = score.sheet_of(scoring.file, scoring.expert)
    assert (sheet.scores["1"].state, sheet.scores["1"].points) == (State.UNMARKED, None)


def test_only_what_is_assigned(tmp_path: Path) -> None:
    """An item that is somebody else's is refused, and is marked as not assigned on the sheet."""
    scene = create(tmp_path)
    fill_in(scene)
    people = {scene.people[name].member_id: ["1", "2", "3", "4", "5"] for name in (CHAIR, OTHER, THIRD)}
    assign.assign_items(scene.file, scene.secretary, people | {scene.expert.member_id: ["1", "2"]}, NOW)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    with refused(scene, ScoreError, "not-assigned"):
        answer(scene, "4", {"1": "1"})
    sheet = score.sheet_of(scene.file, scene.expert)
    assert sheet.assigned == {"1", "2"}
    assert sheet.missing == ("1", "2")
    assert [no for no, one in sheet.scores.items() if one.state is State.NOT_ASSIGNED] == ["3", "4", "5"]


def test_only_while_scoring_is_open(prepared: Scene) -> None:
    """Before scoring opens and after the marks are opened no answer is taken, and the messages differ."""
    with refused(prepared, StageError, "wrong-stage") as early:
        answer(prepared, "1", {"1": True})
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared)
    open_up(prepared)
    with refused(prepared, StageError, "wrong-stage") as late:
        answer(prepared, "1", {"1": False, "2": False}, base=1)
    assert early.value.message != late.value.message


def test_the_secretary_has_no_sheet(scoring: Scene) -> None:
    """The secretary may not answer, and has nothing to read as a sheet either."""
    with refused(scoring, PermissionDenied, "role-may-not"):
        score.answer_item(scoring.file, scoring.secretary, "1", {}, "", base=0, now=NOW)
    sheet = score.sheet_of(scoring.file, scoring.secretary)
    assert (sheet.assigned, sheet.entries, sheet.missing) == (frozenset(), {}, ())


def test_nobody_sees_another_sheet(scoring: Scene) -> None:
    """Until the marks are opened a sheet holds the actor's own answers only, and readiness counts without marks."""
    mark_all(scoring, EXPERT, OTHER)
    own = score.sheet_of(scoring.file, scoring.expert)
    assert {no: entry.answers for no, entry in own.entries.items()} == MARKS[EXPERT]
    assert score.sheet_of(scoring.file, scoring.chair).entries == {}
    assert "会议只开了一次" not in repr(own)  # what the other expert wrote
    with refused(scoring, StageError, "marks-closed"):
        consolidate.consolidation(scoring.file)
    told = {one.member.name: (one.assigned, one.marked) for one in readiness(scoring.file).sheets}
    assert told == {CHAIR: (5, 2), EXPERT: (5, 5), OTHER: (5, 5), THIRD: (5, 2)}


def test_readiness_tells_when_somebody_last_saved(scoring: Scene) -> None:
    """Readiness names the time of the last save, and nothing for somebody who has not begun."""
    answer(scoring, "1", {"1": True})
    later = NOW + timedelta(minutes=5)
    score.answer_item(scoring.file, scoring.expert, "2", {"1": 1}, "", base=0, now=later)
    answer(scoring, "4", {"1": "1"})
    saved = {one.member.name: one.saved for one in readiness(scoring.file).sheets}
    assert saved == {CHAIR: None, EXPERT: later, OTHER: None, THIRD: None}


def test_figures_feed_what_is_measured(scoring: Scene) -> None:
    """Steps and rates follow the agreed figures on everybody's sheet, change with them, and stop with them; an
    expert's own number goes before."""

    def points() -> list[Decimal | None]:
        scores = score.sheet_of(scoring.file, scoring.expert).scores
        return [scores[no].points for no in ("3", "5")]

    assert points() == [Decimal(2), Decimal(1)]
    enter_figures(scoring, fund="0.399", awards="3")
    assert points() == [Decimal(1), Decimal(2)]
    answer(scoring, "3", {"1": "0.19"})
    assert points() == [Decimal(0), Decimal(2)]
    prepare.enter_figure(scoring.file, scoring.secretary, AgreedFigure("awards", ""), NOW)
    assert points() == [Decimal(0), None]


def test_the_sheet_is_the_visits(scoring: Scene) -> None:
    """The sheet carries visit, rubric and figures, so that a page needs one look only."""
    sheet = score.sheet_of(scoring.file, scoring.expert)
    assert sheet.visit.stage is Stage.SCORE
    assert [item.no for item in sheet.rubric.items] == list("12345") == list(sheet.scores)
    assert sheet.figures["fund"].value == "0.45"
    assert log_of(scoring)[-1].act == "open-scoring"  # looking leaves no trace
