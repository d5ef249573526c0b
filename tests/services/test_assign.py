"""Dividing the labour: groups, the one mark they may hand in, and what everybody sees of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from inspection_app.core.duties import Duty
from inspection_app.core.scoring import State
from inspection_app.errors import InspectionError, NotFound, ScoreError
from inspection_app.services import assign, consolidate, prepare, score
from inspection_app.services.consolidate import consolidation
from inspection_app.services.hand_in import readiness
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    MARKS,
    NOW,
    OTHER,
    SECRETARY,
    THIRD,
    Scene,
    decide_all,
    log_of,
    mark_all,
    members,
    open_up,
    refused,
    rows,
    scene_at,
    seal_up,
)

ALL = list("12345")


def form(scene: Scene, *names: str, one_mark: bool = True, name: str = "一组") -> int:
    """A group led by the first named."""
    ids = [scene.people[one].member_id for one in names]
    return assign.form_group(scene.file, scene.secretary, name, "计量", ids[0], ids, one_mark, NOW)


def duty(scene: Scene, name: str, item: str) -> Duty:
    return assign.division(scene.file, scene.secretary).duties.duty(scene.people[name].member_id, item)


def test_a_group_is_formed_changed_and_dissolved(prepared: Scene) -> None:
    """Members carry their group's name; a change replaces it whole; dissolved, everybody is on their own again."""
    file, secretary = prepared.file, prepared.secretary
    group = form(prepared, OTHER, EXPERT)
    assert {member.name: member.group for member in members(prepared) if member.group} == {OTHER: "一组", EXPERT: "一组"}
    ids = [prepared.people[name].member_id for name in (THIRD, OTHER)]
    assign.change_group(file, secretary, group, "检测组", "检测", ids[0], ids, False, NOW)
    (kept,) = assign.division(file, secretary).duties.groups
    assert (kept.name, kept.speciality, kept.leader, set(kept.members), kept.one_mark) == (
        "检测组", "检测", ids[0], set(ids), False,
    )  # fmt: skip
    assert {member.name for member in members(prepared) if member.group} == {THIRD, OTHER}
    assign.dissolve_group(file, secretary, group, NOW)
    assert not any(member.group for member in members(prepared))
    assert assign.division(file, secretary).duties.groups == ()
    assert [entry.act for entry in log_of(prepared)[-3:]] == ["form-groups"] * 3
    assert "检测组" not in repr(log_of(prepared))


def test_a_group_that_cannot_be(prepared: Scene) -> None:
    """A taken name or member and a group that is not there are refused, and nothing changes."""
    file, secretary = prepared.file, prepared.secretary
    group = form(prepared, OTHER, EXPERT)
    with refused(prepared, InspectionError, "not-usable"):
        form(prepared, EXPERT, name="二组")
    with refused(prepared, InspectionError, "not-usable"):
        form(prepared, THIRD, name=" 一组 ")
    with refused(prepared, InspectionError, "not-usable"):
        form(prepared, SECRETARY, name="二组")
    expert = prepared.expert.member_id
    assign.change_group(file, secretary, group, "一组", "", expert, [expert], True, NOW)  # its own name is free
    for call in (
        lambda: assign.dissolve_group(file, secretary, 7, NOW),
        lambda: assign.change_group(file, secretary, 7, "二组", "", expert, [expert], True, NOW),
    ):
        with refused(prepared, NotFound, "no-group"):
            call()


def test_whoever_leaves_the_panel_leaves_the_group(new: Scene) -> None:
    """A leader taken off the panel leaves a group whose agreed mark the next one carries."""
    form(new, OTHER, EXPERT)
    prepare.dismiss_member(new.file, new.secretary, new.other.member_id, NOW)
    (group,) = assign.division(new.file, new.secretary).duties.groups
    assert (group.leader, group.members) == (None, (new.expert.member_id,))
    assert duty(new, EXPERT, "1") is Duty.ASSIGNED


def test_one_agreed_mark(prepared: Scene) -> None:
    """The leader's sheet carries the group's mark; the others are refused with the group's name and owe nothing; the
    mean counts the mark once."""
    file = prepared.file
    form(prepared, OTHER, EXPERT, THIRD)
    prepare.open_scoring(file, prepared.secretary, NOW)
    with refused(prepared, ScoreError, "scored-by-group") as caught:
        score.answer_item(file, prepared.expert, "4", {"1": "1"}, "", base=0, now=NOW)
    assert caught.value.context["group"] == "一组"
    sheet = score.sheet_of(file, prepared.expert)
    assert (sheet.assigned, sheet.missing, sheet.agreed_for) == (frozenset(), (), "")
    assert sheet.by_group == dict.fromkeys(ALL, "一组")
    assert {one.state for one in sheet.scores.values()} == {State.NOT_ASSIGNED}
    leader = score.sheet_of(file, prepared.other)
    assert (leader.assigned, leader.by_group, leader.agreed_for) == (frozenset(ALL), {}, "一组")
    mark_all(prepared, CHAIR, OTHER)
    told = {one.member.name: (one.assigned, one.marked) for one in readiness(file).sheets}
    assert told == {CHAIR: (5, 5), EXPERT: (0, 0), OTHER: (5, 5), THIRD: (0, 0)}
    open_up(prepared)
    item = consolidation(file).result.item("4")
    assert item.panel.working.startswith("3 4 → 3.50")
    assert item.scores[prepared.expert.member_id].state is State.NOT_ASSIGNED
    decide_all(prepared)
    seal_up(prepared)


def test_members_of_a_group_need_no_items_of_their_own(prepared: Scene) -> None:
    """Items given to the leader alone are the group's: nobody else of it holds up the opening of scoring."""
    form(prepared, OTHER, EXPERT, THIRD)
    given = {prepared.chair.member_id: ALL, prepared.other.member_id: ALL}
    assign.assign_items(prepared.file, prepared.secretary, given, NOW)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    assert score.sheet_of(prepared.file, prepared.expert).by_group == dict.fromkeys(ALL, "一组")


def test_a_group_without_one_mark_marks_one_by_one(prepared: Scene) -> None:
    """Everybody in it marks alone, and every mark counts."""
    form(prepared, OTHER, EXPERT, THIRD, one_mark=False)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared)
    open_up(prepared)
    assert consolidation(prepared.file).result.item("4").panel.points == Decimal("2.38")


def test_not_assigned_stays_not_assigned(tmp_path: Path) -> None:
    """A divided panel: the matrix, every sheet and the result say the same of who has what."""
    scene = scene_at(tmp_path, prepare.Stage.PREPARE)
    chair, expert = scene.chair.member_id, scene.expert.member_id
    given = {member.id: ["1", "2"] for member in members(scene) if member.scores} | {chair: ALL, expert: ["3", "4"]}
    assign.assign_items(scene.file, scene.secretary, given, NOW)
    found = assign.division(scene.file, scene.expert)
    assert [(row.item.no, row.marks) for row in found.matrix] == [("1", 3), ("2", 3), ("3", 2), ("4", 2), ("5", 1)]
    assert found.too_few == ()  # one mark is enough unless the visit's method asks for more
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    for name, items in ((CHAIR, ALL), (EXPERT, "34"), (OTHER, "12"), (THIRD, "12")):
        for item in items:
            score.answer_item(scene.file, scene.people[name], item, MARKS[name][item], "", base=0, now=NOW)
    open_up(scene)
    for row in found.matrix:
        states = consolidation(scene.file).result.item(row.item.no).scores
        assert [states[member].state is State.SCORED for member in row.by_member] == [
            one is Duty.ASSIGNED for one in row.by_member.values()
        ]


def test_too_few_follows_the_method(prepared: Scene) -> None:
    """What the division calls too few is what consolidation would leave open."""
    chair, expert = prepared.chair.member_id, prepared.expert.member_id
    assign.assign_items(prepared.file, prepared.secretary, {chair: ALL, expert: ["1", "2"]}, NOW)
    consolidate.choose_method(prepared.file, prepared.secretary, "mean", 2, "items", 2, NOW)
    assert assign.division(prepared.file, prepared.chair).too_few == ("3", "4", "5")
    assert consolidate.short_items(prepared.file) == ("3", "4", "5")
    form(prepared, CHAIR, EXPERT)
    assert consolidate.short_items(prepared.file) == tuple(ALL)


def test_groups_are_kept_by_member(prepared: Scene) -> None:
    """Nobody is in two groups at once: the file has one place for it."""
    form(prepared, OTHER, EXPERT)
    form(prepared, THIRD, name="二组")
    assert [row["panel_group"] for row in rows(prepared, "member")] == [None, None, 1, 1, 2]
