"""Reopening: one of chair and secretary proposes, the other confirms, and what was entered stays."""

from __future__ import annotations

import pytest

from inspection_app.core.visit import Appointment, Role, Stage
from inspection_app.errors import NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import prepare
from inspection_app.services.consolidate import adjudicate, consolidation
from inspection_app.services.hand_in import take_back_sheet
from inspection_app.services.reopen import (
    confirm_reopening,
    pending_reopening,
    propose_reopening,
    reopenings,
    withdraw_reopening,
)
from inspection_app.services.score import answer_item
from tests.services.conftest import CHAIR, NOW, SECRETARY, Scene, dump, log_of, open_up, refused, revision

ENTERED = ("answer", "adjudication", "figure", "finding", "ceremony", "locked_list", "assignment")


def stage(scene: Scene) -> Stage:
    return prepare.preparation(scene.file).visit.stage


@pytest.mark.parametrize(("first", "second"), [(CHAIR, SECRETARY), (SECRETARY, CHAIR)])
def test_two_go_back_together(consolidating: Scene, first: str, second: str) -> None:
    """Whoever of the two begins: nothing changes until the other confirms; then the visit is back at scoring and
    everything that was entered is still there."""
    file, people = consolidating.file, consolidating.people
    adjudicate(file, consolidating.chair, "4", "3", "合议", "", NOW)
    before = dump(file, *ENTERED)
    id_ = propose_reopening(file, people[first], Stage.SCORE, " 误将评分锁定 ", NOW)
    assert stage(consolidating) is Stage.CONSOLIDATE
    found = pending_reopening(file)
    assert found
    assert (found.id, found.reason, found.by) == (id_, "误将评分锁定", people[first].member_id)
    confirm_reopening(file, people[second], id_, NOW)
    assert stage(consolidating) is Stage.SCORE
    assert dump(file, *ENTERED) == before
    (one,) = reopenings(file)
    assert (one.from_stage, one.to_stage, one.confirmed, one.confirmed_by) == (
        Stage.CONSOLIDATE, Stage.SCORE, NOW, people[second].member_id,
    )  # fmt: skip
    assert [entry.act for entry in log_of(consolidating)[-2:]] == ["propose-reopening", "confirm-reopening"]
    assert pending_reopening(file) is None
    with refused(consolidating, StageError, "marks-closed"):
        consolidation(file)
    open_up(consolidating)
    assert consolidation(file).result.item("4").adjudication


def test_scoring_goes_back_to_preparation(scoring: Scene) -> None:
    """Then panel and assignment can be changed again, and scoring opened once more."""
    id_ = propose_reopening(scoring.file, scoring.secretary, Stage.PREPARE, "分工有误", NOW)
    confirm_reopening(scoring.file, scoring.chair, id_, NOW)
    prepare.describe_visit(scoring.file, scoring.secretary, prepare.preparation(scoring.file).visit.description, NOW)
    prepare.open_scoring(scoring.file, scoring.secretary, NOW)
    assert stage(scoring) is Stage.SCORE


@pytest.mark.parametrize("who", [CHAIR, SECRETARY])
def test_nobody_reopens_alone(consolidating: Scene, who: str) -> None:
    """Who proposed it cannot confirm it."""
    actor = consolidating.people[who]
    id_ = propose_reopening(consolidating.file, actor, Stage.SCORE, "误锁", NOW)
    with refused(consolidating, PermissionDenied, "not-the-other"):
        confirm_reopening(consolidating.file, actor, id_, NOW)


def test_two_secretaries_are_not_chair_and_secretary(prepared: Scene) -> None:
    """The office cannot go back without the chair, however many secretaries there are."""
    prepare.change_member(prepared.file, prepared.chair, prepared.other.member_id, Appointment("二秘书", Role.SECRETARY), NOW)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    id_ = propose_reopening(prepared.file, prepared.secretary, Stage.PREPARE, "误锁", NOW)
    with refused(prepared, PermissionDenied, "not-the-other"):
        confirm_reopening(prepared.file, prepared.other, id_, NOW)
    confirm_reopening(prepared.file, prepared.chair, id_, NOW)
    assert stage(prepared) is Stage.PREPARE


@pytest.mark.parametrize("to", [Stage.PREPARE, Stage.CONSOLIDATE, Stage.SEALED])
def test_only_the_stage_before(consolidating: Scene, to: Stage) -> None:
    """No jump over a stage, no way forward, no standing still."""
    with refused(consolidating, StageError, "not-the-stage-before"):
        propose_reopening(consolidating.file, consolidating.chair, to, "误锁", NOW)


def test_a_proposal_that_cannot_be(consolidating: Scene) -> None:
    """Without a reason, or while another is waiting: refused."""
    file, chair = consolidating.file, consolidating.chair
    with refused(consolidating, ScoreError, "no-reason"):
        propose_reopening(file, chair, Stage.SCORE, "  ", NOW)
    propose_reopening(file, chair, Stage.SCORE, "误锁", NOW)
    with refused(consolidating, StageError, "already-proposed"):
        propose_reopening(file, consolidating.secretary, Stage.SCORE, "也说误锁", NOW)


def test_a_proposal_can_be_withdrawn(consolidating: Scene) -> None:
    """By either of the two; it can no longer be confirmed then, stays on record, and another may be made."""
    file, chair, secretary = consolidating.file, consolidating.chair, consolidating.secretary
    for who in (chair, secretary):
        id_ = propose_reopening(file, chair, Stage.SCORE, "误锁", NOW)
        withdraw_reopening(file, who, id_, NOW)
        for again in (confirm_reopening, withdraw_reopening):
            with refused(consolidating, StageError, "not-pending"):
                again(file, secretary, id_, NOW)
    assert [(one.withdrawn, one.confirmed) for one in reopenings(file)] == [(NOW, None)] * 2
    with refused(consolidating, NotFound, "no-reopening"):
        confirm_reopening(file, secretary, 9, NOW)


def test_a_proposal_does_not_outlive_its_stage(consolidating: Scene) -> None:
    """One that was overtaken by the opening of the marks cannot be confirmed, and does not come back to life when
    scoring is reopened."""
    file, chair, secretary = consolidating.file, consolidating.chair, consolidating.secretary
    confirm_reopening(file, secretary, propose_reopening(file, chair, Stage.SCORE, "误锁", NOW), NOW)
    stale = propose_reopening(file, chair, Stage.PREPARE, "分工有误", NOW)
    open_up(consolidating)
    assert pending_reopening(file) is None
    with refused(consolidating, StageError, "moved-on"):
        confirm_reopening(file, secretary, stale, NOW)
    confirm_reopening(file, secretary, propose_reopening(file, chair, Stage.SCORE, "又误锁", NOW), NOW)
    assert pending_reopening(file) is None
    with refused(consolidating, StageError, "not-pending"):
        confirm_reopening(file, secretary, stale, NOW)


def test_marks_can_be_changed_after_reopening(consolidating: Scene) -> None:
    """Who takes the sheet back goes on from the answers that are there."""
    file = consolidating.file
    id_ = propose_reopening(file, consolidating.secretary, Stage.SCORE, "漏评", NOW)
    confirm_reopening(file, consolidating.chair, id_, NOW)
    take_back_sheet(file, consolidating.chair, NOW)
    base = revision(consolidating, CHAIR, "4")
    answer_item(file, consolidating.chair, "4", {"1": "1"}, "再看一遍", base=base, now=NOW)
    assert revision(consolidating, CHAIR, "4") == base + 1
