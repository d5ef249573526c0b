"""Opening the marks: the chair's own sheet first, then everybody's, handed in or excused; a gap is never passed over."""

from __future__ import annotations

from datetime import timedelta

from inspection_app.core.visit import Stage
from inspection_app.errors import StageError
from inspection_app.services import reopen, score
from inspection_app.services.consolidate import consolidation
from inspection_app.services.dispute import dispute_figure
from inspection_app.services.hand_in import excuse_expert, hand_in_sheet, take_back_sheet
from inspection_app.services.open_marks import open_marks, opening, waited_for
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    NOW,
    OTHER,
    THIRD,
    Scene,
    hand_in_all,
    log_of,
    mark_all,
    open_up,
    places,
    refused,
)


def test_the_chairs_own_sheet_comes_first(scoring: Scene) -> None:
    """A chair whose own sheet is not in cannot look at the others', whatever the reason; complete is not enough."""
    mark_all(scoring, EXPERT, OTHER, THIRD)
    hand_in_all(scoring)
    score.answer_item(scoring.file, scoring.chair, "1", {"1": True}, "", base=0, now=NOW)
    for reason in ("", "时间不够"):
        with refused(scoring, StageError, "own-sheet-open") as caught:
            open_marks(scoring.file, scoring.chair, NOW, reason=reason)
        assert [fault.context["items"] for fault in caught.value.faults] == ["1, 2, 4"]
    mark_all(scoring, CHAIR)
    with refused(scoring, StageError, "own-sheet-open") as caught:
        open_marks(scoring.file, scoring.chair, NOW)
    assert "not handed in" in caught.value.text()
    hand_in_sheet(scoring.file, scoring.chair, NOW)
    open_marks(scoring.file, scoring.chair, NOW)


def test_no_reason_opens_over_a_missing_sheet(scoring: Scene) -> None:
    """Each sheet that is not in is named with what it lacks; only a hand-in or the chair's decision settles it."""
    mark_all(scoring, CHAIR, EXPERT)
    hand_in_sheet(scoring.file, scoring.chair, NOW)
    score.answer_item(scoring.file, scoring.other, "1", {"1": True, "2": True}, "", base=0, now=NOW)
    for reason in ("", "方听澜临时离会"):
        with refused(scoring, StageError, "sheets-missing") as caught:
            open_marks(scoring.file, scoring.chair, NOW, reason=reason)
        assert places(caught.value) == [EXPERT, OTHER, THIRD]
        assert [fault.context.get("items") for fault in caught.value.faults] == [None, "2, 4", "1, 2, 4"]
    hand_in_sheet(scoring.file, scoring.expert, NOW)
    for name, counts in ((OTHER, True), (THIRD, False)):
        excuse_expert(scoring.file, scoring.chair, scoring.people[name].member_id, "临时离会", counts, NOW)
    open_marks(scoring.file, scoring.chair, NOW)
    details = log_of(scoring)[-1].details
    assert details["handed_in"] == [scoring.chair.member_id, scoring.expert.member_id]
    assert details["excused"] == sorted(scoring.people[name].member_id for name in (OTHER, THIRD))
    second = consolidation(scoring.file).result.item("2")
    assert second.panel.working == "2 4 → 3.00"  # who did not mark is not a zero


def test_what_is_waited_for_is_told_before_it_is_refused(scoring: Scene) -> None:
    """The list beside the button is the refusal without a reason, word for word; with all sheets in there is none."""
    mark_all(scoring, CHAIR, EXPERT, OTHER)
    hand_in_all(scoring)
    waiting = waited_for(scoring.file)
    with refused(scoring, StageError, "sheets-missing") as caught:
        open_marks(scoring.file, scoring.chair, NOW)
    assert str(waiting) == str(caught.value)
    assert places(caught.value) == [THIRD]
    mark_all(scoring, THIRD)
    hand_in_all(scoring)
    assert waited_for(scoring.file) is None


def test_a_sheet_taken_back_is_waited_for_again(scoring: Scene) -> None:
    """However late somebody takes the sheet back, the marks stay closed until it is in again."""
    mark_all(scoring)
    hand_in_all(scoring)
    take_back_sheet(scoring.file, scoring.expert, NOW)
    with refused(scoring, StageError, "sheets-missing") as caught:
        open_marks(scoring.file, scoring.chair, NOW)
    assert places(caught.value) == [EXPERT]


def test_the_opening_is_told_to_everybody(scoring: Scene) -> None:
    """When and by whom; nothing while the marks are closed, before the opening and after a reopening; of several the
    last."""
    file, chair = scoring.file, scoring.chair
    mark_all(scoring)
    hand_in_all(scoring)
    assert opening(file) is None
    open_marks(file, chair, NOW)
    with refused(scoring, StageError, "wrong-stage"):
        open_marks(file, chair, NOW)
    told = opening(file)
    assert told
    assert (told.at, told.by) == (NOW, CHAIR)
    proposed = reopen.propose_reopening(file, chair, Stage.SCORE, "误锁", NOW)
    reopen.confirm_reopening(file, scoring.secretary, proposed, NOW)
    assert opening(file) is None
    later = NOW + timedelta(hours=1)
    open_marks(file, chair, later)
    again = opening(file)
    assert again
    assert again.at == later


def test_a_dispute_alone_is_passed_with_a_reason(scoring: Scene) -> None:
    """The reason is kept only where there is something it explains."""
    mark_all(scoring)
    dispute_figure(scoring.file, scoring.expert, "fund", "与年报不符", NOW)
    hand_in_all(scoring)
    with refused(scoring, StageError, "figures-disputed"):
        open_marks(scoring.file, scoring.chair, NOW, reason="  ")
    open_up(scoring, "现场无法核对")
    assert log_of(scoring)[-1].details["reason"]
