"""Handing in: a sheet is complete or it is not taken, it is closed while it is in, and who is missing is never a zero."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from inspection_app.core.duties import Scope
from inspection_app.core.scoring import State
from inspection_app.core.visit import Stage
from inspection_app.errors import NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import assign, feed_back, prepare, recuse, reopen, score, type_in
from inspection_app.services.act import Act, act
from inspection_app.services.consolidate import adjudicate, consolidation
from inspection_app.services.hand_in import (
    SheetStanding,
    answered_again,
    ask_again,
    askings,
    content_digest,
    end_excuse,
    excuse_expert,
    hand_in_paper,
    hand_in_sheet,
    pad_standing,
    readiness,
    take_back_paper,
    take_back_sheet,
    withdraw_asking,
)
from inspection_app.services.open_marks import open_marks
from inspection_app.store import hand_ins, sheets
from inspection_app.store.hand_ins import Ending
from inspection_app.store.sheets import AgreedFigure, Carrier, Receipt
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    MARKS,
    NOW,
    OTHER,
    THIRD,
    Scene,
    hand_in_all,
    log_of,
    mark_all,
    open_up,
    photo,
    places,
    refused,
    rows,
)

LATER = NOW + timedelta(minutes=20)


def standing(scene: Scene, name: str = EXPERT) -> SheetStanding:
    return next(one for one in readiness(scene.file).sheets if one.member.name == name)


def answer(scene: Scene, item: str, answers: dict[str, object], base: int, receipt: Receipt | None = None) -> int:
    """Save an item of the expert's sheet and return its revision."""
    entry = score.answer_item(
        scene.file, scene.expert, item, answers, "", base=base, now=LATER, receipt=receipt
    )  # fmt: skip
    return entry.revision


def type_all(scene: Scene) -> None:
    for item in ("1", "2", "4"):
        type_in.type_in_item(
            scene.file, scene.secretary, scene.expert.member_id, item, MARKS[EXPERT][item], "", base=0, now=NOW
        )


def confirm(scene: Scene) -> None:
    seen = type_in.to_confirm(scene.file, scene.expert).seen
    type_in.confirm_typed(scene.file, scene.expert, NOW, seen=seen)


# --- handing in -----------------------------------------------------------------------------------------------------


def test_a_complete_sheet_is_handed_in(scoring: Scene) -> None:
    """The time, who did it, the revisions and their salted digest are kept; sent twice it is in since the first."""
    mark_all(scoring, EXPERT)
    assert pad_standing(scoring.file, scoring.expert).may_hand_in
    assert hand_in_sheet(scoring.file, scoring.expert, NOW) == NOW
    assert hand_in_sheet(scoring.file, scoring.expert, LATER) == NOW
    given = standing(scoring).handed_in
    assert given
    assert (given.at, given.by, given.revisions) == (NOW, scoring.expert.member_id, dict.fromkeys("12345", 1))
    with act(scoring.file, scoring.expert, Act.TAKE_BACK, NOW) as tx:
        assert content_digest(tx, sheets.sheet(tx.db, scoring.expert.member_id), given.revisions) == given.digest
    assert len(rows(scoring, "hand_in")) == 1
    told = pad_standing(scoring.file, scoring.expert)
    assert (told.handed_in, told.may_hand_in, told.may_take_back, told.editable) == (NOW, False, True, frozenset())


def test_a_sheet_with_gaps_is_not_taken(scoring: Scene) -> None:
    """Items without a mark are named; an answer that is only begun is none. Items 3 and 5 follow from the figures."""
    answer(scoring, "1", {"1": True}, 0)
    with refused(scoring, StageError, "sheet-incomplete") as caught:
        hand_in_sheet(scoring.file, scoring.expert, NOW)
    assert places(caught.value) == [EXPERT]
    assert caught.value.faults[0].context["items"] == "1, 2, 4"
    assert standing(scoring).missing == ("1", "2", "4")


def test_not_applicable_is_an_answer(scoring: Scene) -> None:
    """What nobody could see is no gap where the expert says so by an override with a reason; unmarked stays one."""
    mark_all(scoring, EXPERT)
    answer(scoring, "4", {}, 1)
    with refused(scoring, StageError, "sheet-incomplete") as caught:
        hand_in_sheet(scoring.file, scoring.expert, NOW)
    assert caught.value.faults[0].context["items"] == "4"
    with refused(scoring, ScoreError, "na-not-allowed"):  # this rubric has no item that may be left out
        answer(scoring, "4", {"item": "na"}, 2)
    answer(scoring, "4", {"item": {"override": "0", "reason": "现场无法查看"}}, 2)
    hand_in_sheet(scoring.file, scoring.expert, NOW)


def test_a_typed_in_sheet_waits_for_its_expert(scoring: Scene) -> None:
    """Neither the expert nor the secretary hands in what the expert has not confirmed."""
    type_all(scoring)
    for give in (
        lambda: hand_in_sheet(scoring.file, scoring.expert, NOW),
        lambda: hand_in_paper(scoring.file, scoring.secretary, scoring.expert.member_id, NOW),
    ):
        with refused(scoring, StageError, "sheet-incomplete") as caught:
            give()
        assert caught.value.faults[0].fault.startswith("{count} items were typed in")


def test_a_confirmed_paper_is_handed_in_by_the_secretary(scoring: Scene) -> None:
    """The sheet says that the secretary did it, and so does the report; the secretary takes it back for a mistake."""
    expert, secretary = scoring.expert.member_id, scoring.secretary
    type_all(scoring)
    confirm(scoring)
    hand_in_paper(scoring.file, secretary, expert, NOW)
    given = standing(scoring).handed_in
    assert given
    assert (given.by, standing(scoring).carriers) == (secretary.member_id, {Carrier.PAPER})
    with refused(scoring, StageError, "handed-in"):
        hand_in_paper(scoring.file, secretary, expert, LATER)
    take_back_paper(scoring.file, secretary, expert, NOW)
    assert standing(scoring).handed_in is None
    hand_in_paper(scoring.file, secretary, expert, NOW)
    mark_all(scoring, CHAIR, OTHER, THIRD)
    open_up(scoring)
    assert "代交纸质评分表" in repr(feed_back.report_document(scoring.file, NOW))


def test_what_came_by_tablet_is_not_handed_in_by_the_secretary(scoring: Scene) -> None:
    """A sheet without anything from paper is its expert's own to hand in and to take back."""
    mark_all(scoring, EXPERT)
    with refused(scoring, StageError, "not-on-paper"):
        hand_in_paper(scoring.file, scoring.secretary, scoring.expert.member_id, NOW)
    with refused(scoring, NotFound, "no-member"):
        hand_in_paper(scoring.file, scoring.secretary, 99, NOW)
    with refused(scoring, StageError, "nothing-to-hand-in"):
        hand_in_paper(scoring.file, scoring.secretary, scoring.secretary.member_id, NOW)
    hand_in_sheet(scoring.file, scoring.expert, NOW)
    with refused(scoring, StageError, "not-on-paper"):
        take_back_paper(scoring.file, scoring.secretary, scoring.expert.member_id, NOW)


def test_a_sheet_that_is_in_can_only_be_read(scoring: Scene) -> None:
    """Neither the pad, nor typing in, nor a photo changes it, and the message says what to do; taken back it is as
    before."""
    file, secretary, expert = scoring.file, scoring.secretary, scoring.expert
    mark_all(scoring, EXPERT)
    hand_in_sheet(file, expert, NOW)
    changes: tuple[Callable[[], object], ...] = (
        lambda: answer(scoring, "2", {"1": 3}, 1),
        lambda: answer(scoring, "2", dict(MARKS[EXPERT]["2"]), 1),  # even where it is nothing new
        lambda: type_in.type_in_item(file, secretary, expert.member_id, "2", {"1": 3}, "", base=1, now=NOW),
        lambda: type_in.attach_photo(file, secretary, expert.member_id, photo(), NOW),
    )
    for change in changes:
        with refused(scoring, StageError, "handed-in") as caught:
            change()
        assert "back" in caught.value.text()
    take_back_sheet(file, expert, NOW)
    with refused(scoring, StageError, "not-handed-in"):
        take_back_sheet(file, expert, NOW)
    assert answer(scoring, "2", {"1": 3}, 1) == 2


def test_a_change_whose_reply_was_lost_is_still_answered(scoring: Scene) -> None:
    """A tablet that sends a saved change again after the hand-in hears that it is saved; a new one is refused."""
    mark_all(scoring, EXPERT)
    answer(scoring, "2", {"1": 3}, 1, Receipt("tablet", 1))
    hand_in_sheet(scoring.file, scoring.expert, NOW)
    assert answer(scoring, "2", {"1": 3}, 1, Receipt("tablet", 1)) == 2
    with refused(scoring, StageError, "handed-in"):
        answer(scoring, "2", {"1": 1}, 2, Receipt("tablet", 2))


def test_it_may_be_taken_back_until_the_marks_are_opened(scoring: Scene) -> None:
    """Afterwards only a reopening by chair and secretary gives it back."""
    file, expert = scoring.file, scoring.expert
    mark_all(scoring)
    open_up(scoring)
    for refuse in (take_back_sheet, hand_in_sheet):
        with refused(scoring, StageError, "wrong-stage"):
            refuse(file, expert, LATER)
    proposed = reopen.propose_reopening(file, scoring.chair, Stage.SCORE, "误锁", NOW)
    reopen.confirm_reopening(file, scoring.secretary, proposed, NOW)
    assert pad_standing(file, expert).handed_in == NOW
    take_back_sheet(file, expert, LATER)
    assert answer(scoring, "2", {"1": 3}, 1) == 2


def test_whose_items_are_on_another_sheet_has_nothing_to_hand_in(prepared: Scene) -> None:
    """In a group with one mark only the leader hands in; nobody waits for the others, or for who is recused."""
    file, third = prepared.file, prepared.people[THIRD]
    assign.form_group(
        file, prepared.secretary, "一组", "", prepared.other.member_id, [prepared.other.member_id, third.member_id],
        True, NOW,
    )  # fmt: skip
    prepare.open_scoring(file, prepared.secretary, NOW)
    mark_all(prepared, CHAIR, OTHER)
    assert not pad_standing(file, third).may_hand_in
    with refused(prepared, StageError, "nothing-to-hand-in"):
        hand_in_sheet(file, third, NOW)
    id_ = recuse.propose_recusal(file, prepared.secretary, prepared.expert.member_id, Scope.VISIT, "", "曾任顾问", NOW)
    recuse.decide_recusal(file, prepared.secretary, id_, "省质量办", True, NOW)
    hand_in_all(prepared)
    assert {one.member.name for one in readiness(file).sheets if one.settled} == {CHAIR, EXPERT, OTHER, THIRD}
    open_marks(file, prepared.chair, NOW)


def test_a_figure_taken_away_reopens_what_was_in(scoring: Scene) -> None:
    """A sheet that is in and lacks a mark since is waited for again: a removed figure leaves items 5 without one."""
    mark_all(scoring)
    hand_in_all(scoring)
    prepare.enter_figure(scoring.file, scoring.secretary, AgreedFigure("awards", ""), NOW)
    assert (standing(scoring).settled, standing(scoring).missing) == (False, ("5",))
    with refused(scoring, StageError, "own-sheet-open"):
        open_marks(scoring.file, scoring.chair, NOW)
    prepare.enter_figure(scoring.file, scoring.secretary, AgreedFigure("awards", "1"), NOW)
    open_marks(scoring.file, scoring.chair, NOW)


# --- experts who are missing ----------------------------------------------------------------------------------------


def excused(scene: Scene, counts: bool, name: str = EXPERT) -> None:
    excuse_expert(scene.file, scene.chair, scene.people[name].member_id, " 突发疾病离会 ", counts, NOW)


@pytest.mark.parametrize(
    ("counts", "first", "fourth"),
    [
        (True, "0 1 1.5 2 → 1.13", "0 3 4 → 2.33"),  # the expert's 1 is in; item 4 has the others' (3 + 4 + 0) / 3
        (False, "0 1.5 2 → 1.17", "0 3 4 → 2.33"),  # (2 + 1.5 + 0) / 3 = 1.166…
    ],
)
def test_an_excused_expert_is_no_zero(scoring: Scene, counts: bool, first: str, fourth: str) -> None:
    """What was marked before counts or does not, as the chair decided; what was not marked stays out of the mean."""
    mark_all(scoring, CHAIR, OTHER, THIRD)
    answer(scoring, "1", dict(MARKS[EXPERT]["1"]), 0)
    excused(scoring, counts)
    hand_in_all(scoring)
    open_marks(scoring.file, scoring.chair, NOW)
    found, who = consolidation(scoring.file), scoring.expert.member_id
    assert found.result.item("1").panel.working == first
    assert found.result.item("4").panel.working == fourth
    assert found.result.item("4").scores[who].state is State.EXCUSED
    assert found.result.item("1").scores[who].state is (State.SCORED if counts else State.EXCUSED)
    assert found.result.item("4").unmarked == ()
    report = repr(feed_back.report_document(scoring.file, NOW))
    assert ("突发疾病离会" in report, ("已评分计入" if counts else "均不计入") in report) == (True, True)


def test_an_excused_sheet_is_closed_until_that_is_taken_back(scoring: Scene) -> None:
    """Nothing is added to what the chair decided on; taken back, the sheet is waited for and open again."""
    answer(scoring, "1", dict(MARKS[EXPERT]["1"]), 0)
    excused(scoring, True)
    told = pad_standing(scoring.file, scoring.expert)
    assert (told.may_hand_in, told.editable, told.excused) == (False, frozenset(), "突发疾病离会")
    with refused(scoring, StageError, "excused"):
        answer(scoring, "2", {"1": 1}, 0)
    with refused(scoring, StageError, "excused"):
        type_all(scoring)
    with refused(scoring, StageError, "excused"):
        hand_in_sheet(scoring.file, scoring.expert, NOW)
    assert standing(scoring).settled
    end_excuse(scoring.file, scoring.chair, scoring.expert.member_id, NOW)
    assert not standing(scoring).settled
    assert answer(scoring, "2", {"1": 1}, 0) == 1
    with refused(scoring, StageError, "not-excused"):
        end_excuse(scoring.file, scoring.chair, scoring.expert.member_id, NOW)


def test_an_excuse_that_cannot_be(scoring: Scene) -> None:
    """Without a reason, of the chair, of nobody, of who is in or is excused already: refused."""
    file, chair, expert = scoring.file, scoring.chair, scoring.expert.member_id
    with refused(scoring, ScoreError, "no-reason"):
        excuse_expert(file, chair, expert, " ", True, NOW)
    with refused(scoring, StageError, "own-sheet"):
        excuse_expert(file, chair, chair.member_id, "有事", True, NOW)
    with refused(scoring, NotFound, "no-member"):
        excuse_expert(file, chair, 99, "有事", True, NOW)
    with refused(scoring, StageError, "not-missing"):
        excuse_expert(file, chair, scoring.secretary.member_id, "有事", True, NOW)
    excused(scoring, False)
    with refused(scoring, StageError, "not-missing"):
        excused(scoring, True)
    mark_all(scoring, OTHER)
    hand_in_sheet(file, scoring.other, NOW)
    with refused(scoring, StageError, "not-missing"):
        excused(scoring, True, OTHER)
    with refused(scoring, PermissionDenied, "role-may-not"):
        excuse_expert(file, scoring.secretary, scoring.people[THIRD].member_id, "有事", True, NOW)


def test_the_log_says_what_was_missing(scoring: Scene) -> None:
    """The items are there, the reason only as a digest."""
    answer(scoring, "1", dict(MARKS[EXPERT]["1"]), 0)
    excused(scoring, True)
    details = log_of(scoring)[-1].details
    assert (details["missing"], details["counts"], details["member"]) == (["2", "4"], True, scoring.expert.member_id)
    assert "疾病" not in repr(log_of(scoring))


# --- looking again --------------------------------------------------------------------------------------------------


def ask(scene: Scene, item: str = "4", name: str = EXPERT) -> int:
    return ask_again(scene.file, scene.chair, scene.people[name].member_id, item, " 与现场所见不符 ", NOW)


def test_a_mark_is_kept_after_another_look(consolidating: Scene) -> None:
    """While asked, the expert may change this item alone; that it is kept ends it."""
    file, expert = consolidating.file, consolidating.expert
    ask(consolidating)
    told = pad_standing(file, expert)
    assert (told.editable, told.again["4"].by, told.again["4"].reason) == ({"4"}, CHAIR, "与现场所见不符")
    assert pad_standing(file, consolidating.other).editable == frozenset()
    assert [one.pending for one in readiness(file).askings] == [True]
    with refused(consolidating, StageError, "wrong-stage"):
        answer(consolidating, "2", {"1": 3}, 1)
    ended = answered_again(file, expert, "4", LATER)
    assert (ended.how, ended.before, ended.after, ended.ended) == (Ending.KEPT, 1, 1, LATER)
    assert (pad_standing(file, expert).editable, readiness(file).askings) == (frozenset(), ())
    with refused(consolidating, StageError, "wrong-stage"):
        answer(consolidating, "4", {"1": "3.5"}, 1)
    with refused(consolidating, StageError, "no-asking"):
        answered_again(file, expert, "4", LATER)


def test_a_mark_is_changed_after_another_look(consolidating: Scene) -> None:
    """The new mark counts from then on, the old one stays in the history, and the report tells both sides of it."""
    file, expert = consolidating.file, consolidating.expert
    assert consolidation(file).result.item("4").panel.working == "0 2.5 3 4 → 2.38"
    ask(consolidating)
    assert answer(consolidating, "4", {"1": "3.5"}, 1) == 2
    ended = answered_again(file, expert, "4", LATER)
    assert (ended.how, ended.before, ended.after) == (Ending.CHANGED, 1, 2)
    assert consolidation(file).result.item("4").panel.working == "0 3 3.5 4 → 2.63"  # 10.5 / 4 = 2.625, half up
    old, new = (score.revision(file, expert, "4", number) for number in (ended.before, ended.after))
    assert old
    assert new
    assert (old.answers, new.answers) == ({"1": "2.5"}, {"1": "3.5"})
    report = repr(feed_back.report_document(file, NOW))
    assert ("请专家复核" in report, "已修改评分" in report) == (True, True)


def test_a_look_again_ends_with_a_mark(consolidating: Scene) -> None:
    """An expert who took the mark away gives another first, and the chair cannot withdraw over the gap."""
    file = consolidating.file
    id_ = ask(consolidating)
    answer(consolidating, "4", {}, 1)
    with refused(consolidating, StageError, "unmarked"):
        answered_again(file, consolidating.expert, "4", LATER)
    with refused(consolidating, StageError, "unmarked"):
        withdraw_asking(file, consolidating.chair, id_, LATER)
    adjudicate(file, consolidating.chair, "4", "3", "合议一致", "", LATER)
    assert [one.how for one in askings(file)] == [Ending.ADJUDICATED]


def test_the_chair_withdraws_or_decides(consolidating: Scene) -> None:
    """Both end it: the item is closed to the expert again. An adjudication ends that of every expert, and no other
    item's."""
    file, chair = consolidating.file, consolidating.chair
    withdraw_asking(file, chair, ask(consolidating), LATER)
    with refused(consolidating, StageError, "ended"):
        withdraw_asking(file, chair, 1, LATER)
    with refused(consolidating, NotFound, "no-asking"):
        withdraw_asking(file, chair, 9, LATER)
    for item, name in (("4", EXPERT), ("4", THIRD), ("2", EXPERT), ("1", CHAIR)):
        ask(consolidating, item, name)
    adjudicate(file, chair, "4", "3", "合议一致", "", LATER)
    assert [(one.item, one.how) for one in askings(file)] == [
        ("4", Ending.WITHDRAWN), ("4", Ending.ADJUDICATED), ("4", Ending.ADJUDICATED), ("2", None), ("1", None),
    ]  # fmt: skip
    assert pad_standing(file, consolidating.expert).editable == {"2"}
    assert pad_standing(file, chair).editable == {"1"}
    with refused(consolidating, StageError, "wrong-stage"):
        answer(consolidating, "4", {"1": "3.5"}, 1)


def test_an_asking_that_cannot_be(consolidating: Scene) -> None:
    """Without a reason, twice, about nothing, to nobody, by anybody else: refused."""
    file, chair, expert = consolidating.file, consolidating.chair, consolidating.expert.member_id
    with refused(consolidating, ScoreError, "no-reason"):
        ask_again(file, chair, expert, "4", "  ", NOW)
    with refused(consolidating, NotFound, "unknown-item"):
        ask_again(file, chair, expert, "6", "看", NOW)
    with refused(consolidating, NotFound, "no-member"):
        ask_again(file, chair, 99, "4", "看", NOW)
    with refused(consolidating, StageError, "no-mark"):
        ask_again(file, chair, consolidating.secretary.member_id, "4", "看", NOW)
    ask(consolidating)
    with refused(consolidating, StageError, "already-asked"):
        ask(consolidating)
    with refused(consolidating, PermissionDenied, "role-may-not"):
        ask_again(file, consolidating.other, expert, "2", "看", NOW)
    with refused(consolidating, StageError, "no-asking"):
        answered_again(file, consolidating.other, "4", NOW)


def test_whose_marks_do_not_count_is_not_asked(scoring: Scene) -> None:
    """An excused expert is asked only where what they marked counts; then they may fill a gap."""
    mark_all(scoring, CHAIR, OTHER)
    answer(scoring, "1", dict(MARKS[EXPERT]["1"]), 0)
    excused(scoring, True)
    excused(scoring, False, THIRD)
    hand_in_all(scoring)
    open_marks(scoring.file, scoring.chair, NOW)
    with refused(scoring, StageError, "no-mark"):
        ask(scoring, "4", THIRD)
    ask(scoring)
    answer(scoring, "4", {"1": "2.5"}, 0)
    assert answered_again(scoring.file, scoring.expert, "4", LATER).how is Ending.CHANGED
    assert consolidation(scoring.file).result.item("4").panel.points == Decimal("3.17")  # (3 + 4 + 2.5) / 3


# --- readiness ------------------------------------------------------------------------------------------------------


def test_readiness_counts_and_names_no_mark(scoring: Scene) -> None:
    """Per expert: items, gaps, carrier, hand-in and excuse; and the items that nobody has a mark on."""
    mark_all(scoring, CHAIR)
    answer(scoring, "1", {"1": True, "2": {"points": "0.5", "reason": "会议只开了一次"}}, 0)
    hand_in_sheet(scoring.file, scoring.chair, NOW)
    excused(scoring, False, THIRD)
    found = readiness(scoring.file)
    told = {one.member.name: (one.marked, one.assigned, one.complete, one.settled) for one in found.sheets}
    assert told == {
        CHAIR: (5, 5, True, True), EXPERT: (3, 5, False, False), OTHER: (2, 5, False, False), THIRD: (2, 5, False, True),
    }  # fmt: skip
    assert standing(scoring, CHAIR).carriers == {Carrier.SCREEN}
    assert (found.unseen, found.askings) == ((), ())
    assert "会议只开了一次" not in repr(found)
    take_back_sheet(scoring.file, scoring.chair, NOW)
    score.answer_item(scoring.file, scoring.chair, "4", {}, "", base=1, now=NOW)
    assert readiness(scoring.file).unseen == ("4",)


def test_what_was_decided_is_never_rewritten(consolidating: Scene) -> None:
    """Hand-ins, excuses and askings only grow: the file itself refuses to change or delete a row."""
    ask(consolidating)
    with consolidating.file.reading() as db:
        assert len(hand_ins.handed_in(db)) == 4
    for table in ("hand_in", "asking"):
        with (
            pytest.raises(Exception, match="only grows"),
            act(consolidating.file, consolidating.chair, Act.ASK_AGAIN, NOW) as tx,
        ):
            tx.db.execute(f"DELETE FROM {table}")
