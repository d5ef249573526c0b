"""Standing aside: nothing is scored undeclared, a recusal counts once the organiser approved it, the chair passes on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from inspection_app.core.duties import Duty, Recusal, Scope
from inspection_app.core.feedback import Recommendation
from inspection_app.core.scoring import State
from inspection_app.core.visit import Role, Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import assign, consolidate, prepare, score
from inspection_app.services.consolidate import consolidation
from inspection_app.services.hand_in import readiness
from inspection_app.services.open_marks import open_marks
from inspection_app.services.recuse import (
    decide_recusal,
    declare,
    declared,
    hand_over_chair,
    propose_recusal,
    sites_recused_from,
)
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    NOW,
    OTHER,
    SITES,
    THIRD,
    Scene,
    create,
    log_of,
    mark_all,
    members,
    open_up,
    refused,
    rows,
)

SITE = SITES[0].name


def propose(scene: Scene, name: str, scope: Scope = Scope.VISIT, ref: str = "", reason: str = "曾任该县顾问") -> int:
    who = scene.people[name]
    return propose_recusal(scene.file, who, who.member_id, scope, ref, reason, NOW)


def recuse(scene: Scene, name: str, scope: Scope = Scope.VISIT, ref: str = "", *, approved: bool = True) -> None:
    decide_recusal(scene.file, scene.secretary, propose(scene, name, scope, ref), "省质量办 李主任", approved, NOW)


def recusals(scene: Scene, name: str) -> tuple[Recusal, ...]:
    return assign.division(scene.file, scene.people[name]).duties.recusals


def undeclared(folder: Path) -> Scene:
    scene = create(folder)
    prepare.name_sites(scene.file, scene.secretary, SITES, NOW)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    return scene


# --- declarations --------------------------------------------------------------------------------------------------


def test_nothing_is_scored_undeclared(tmp_path: Path) -> None:
    """Until somebody has declared no mark of theirs is taken; others are not held up by it."""
    scene = undeclared(tmp_path)
    with refused(scene, StageError, "not-declared"):
        score.answer_item(scene.file, scene.expert, "1", {"1": True}, "", base=0, now=NOW)
    assert score.sheet_of(scene.file, scene.expert).declared is False
    declare(scene.file, scene.expert, "", True, NOW)
    score.answer_item(scene.file, scene.expert, "1", {"1": True}, "", base=0, now=NOW)
    assert score.sheet_of(scene.file, scene.expert).declared is True
    assert declared(scene.file) == {scene.expert.member_id}
    with refused(scene, StageError, "not-declared"):
        score.answer_item(scene.file, scene.other, "1", {"1": True}, "", base=0, now=NOW)


def test_without_confidence_there_is_no_declaration(tmp_path: Path) -> None:
    """A declaration that does not confirm confidence is refused."""
    scene = undeclared(tmp_path)
    with refused(scene, StageError, "not-confidential"):
        declare(scene.file, scene.expert, "", False, NOW)
    assert declared(scene.file) == frozenset()


def test_everybody_declares_and_may_declare_again(scoring: Scene) -> None:
    """The secretary too; the latest counts, the earlier stay; a declared conflict recuses nobody by itself."""
    assert declared(scoring.file) == {who.member_id for who in scoring.people.values()}
    declare(scoring.file, scoring.expert, " 配偶在该县任职 ", True, NOW)
    found = assign.division(scoring.file, scoring.expert)
    assert found.declarations[scoring.expert.member_id].conflict == "配偶在该县任职"
    assert found.duties.recusals == ()
    assert len(rows(scoring, "declaration")) == 6
    assert "配偶" not in repr(log_of(scoring))


def test_what_somebody_declared_is_for_the_office(scoring: Scene) -> None:
    """Secretary, chair and the member read the text of a conflict; the others see only that there is a declaration.
    So it is with the reason of a recusal, which whoever proposed it reads, too."""
    declare(scoring.file, scoring.expert, "配偶在该县任职", True, NOW)
    propose_recusal(scoring.file, scoring.other, scoring.expert.member_id, Scope.VISIT, "", "亲属关系", NOW)
    read = {
        name: (found.declarations[scoring.expert.member_id].conflict, found.duties.recusals[0].reason)
        for name, who in scoring.people.items()
        for found in [assign.division(scoring.file, who)]
    }
    whole = ("配偶在该县任职", "亲属关系")
    assert read == dict.fromkeys(read, whole) | {OTHER: ("", "亲属关系"), THIRD: ("", "")}


# --- recusals ------------------------------------------------------------------------------------------------------


def test_proposed_is_not_approved(scoring: Scene) -> None:
    """A proposed and a refused recusal change nothing; the organiser is on record either way."""
    id_ = propose(scoring, EXPERT)
    assert score.sheet_of(scoring.file, scoring.expert).assigned == frozenset("12345")
    decide_recusal(scoring.file, scoring.secretary, id_, " 省质量办 李主任 ", False, NOW)
    assert score.sheet_of(scoring.file, scoring.expert).assigned == frozenset("12345")
    (kept,) = recusals(scoring, EXPERT)
    assert (kept.approved, kept.organiser, kept.decided, kept.by) == (
        False, "省质量办 李主任", NOW, scoring.expert.member_id,
    )  # fmt: skip
    recuse(scoring, EXPERT)  # after a refusal it may be proposed again
    assert [one.approved for one in recusals(scoring, EXPERT)] == [False, True]


def test_recused_from_an_item(scoring: Scene) -> None:
    """The mark given before stays in the file and does not count; no other is taken; the mean is over the rest, and
    the result tells whose mark was set aside."""
    file, expert = scoring.file, scoring.expert
    mark_all(scoring)
    recuse(scoring, EXPERT, Scope.ITEM, "4")
    with refused(scoring, ScoreError, "recused"):
        score.answer_item(file, expert, "4", {"1": "1"}, "", base=1, now=NOW)
    sheet = score.sheet_of(file, expert)
    assert (sheet.scores["4"].state, sheet.scores["4"].points) == (State.RECUSED, None)
    assert (sheet.assigned, sheet.missing) == (frozenset("1235"), ())
    assert sheet.entries["4"].answers == {"1": "2.5"}
    open_up(scoring)
    found = consolidation(file)
    assert found.result.item("4").panel.working.startswith("0 3 4 → 2.33")  # without the expert's 2.5
    assert found.result.item("4").scores[expert.member_id].state is State.RECUSED
    assert found.result.item("4").unmarked == ()
    assert found.set_aside == {"4": (expert.member_id,)}
    assert expert.member_id not in found.notes["4"]
    assert expert.member_id in found.notes["2"]


def test_recused_from_the_visit(scoring: Scene) -> None:
    """No sheet is expected: nobody waits for it, and every item says recused. A figure alone sets no mark aside."""
    recuse(scoring, EXPERT)
    mark_all(scoring, CHAIR, OTHER, THIRD)
    mine = next(one for one in readiness(scoring.file).sheets if one.member.name == EXPERT)
    assert (mine.assigned, mine.marked, mine.recused) == (0, 0, True)
    open_up(scoring)
    found = consolidation(scoring.file)
    assert {one.scores[scoring.expert.member_id].state for one in found.result.items} == {State.RECUSED}
    assert found.result.item("1").panel.points == Decimal("1.17")  # (2 + 1.5 + 0) / 3
    assert found.set_aside == {}


def test_recused_by_everybody_is_open_not_zero(scoring: Scene) -> None:
    """An item that nobody may mark has no score until it is adjudicated."""
    mark_all(scoring)
    for name in (CHAIR, EXPERT, OTHER, THIRD):
        recuse(scoring, name, Scope.ITEM, "4")
    open_up(scoring)
    result = consolidation(scoring.file).result
    assert (result.item("4").points, result.open_items) == (None, ("4",))


def test_recused_from_a_site(scoring: Scene) -> None:
    """It is recorded with the site's name and takes no item off the sheet; the log does not name the site."""
    recuse(scoring, EXPERT, Scope.SITE, SITE)
    assert [(one.scope, one.ref) for one in recusals(scoring, OTHER)] == [(Scope.SITE, SITE)]
    assert score.sheet_of(scoring.file, scoring.expert).assigned == frozenset("12345")
    assert SITE not in repr(log_of(scoring))


def test_whoever_is_recused_from_a_site_is_told_which(scoring: Scene) -> None:
    """The sites are named for whoever stands aside, once it is approved; all of them where it is the whole visit."""
    recuse(scoring, EXPERT, Scope.SITE, SITE)
    recuse(scoring, OTHER, Scope.SITE, SITE, approved=False)
    recuse(scoring, THIRD)
    told = [sites_recused_from(scoring.file, scoring.people[name]) for name in (EXPERT, OTHER, THIRD)]
    assert told == [{SITE}, set(), {site.name for site in SITES}]


def test_scoring_waits_for_an_item_that_nobody_would_score(prepared: Scene) -> None:
    """An item from which all who have it are recused holds up the opening and is named; one more expert mends it."""
    everything = {"1", "2", "3", "4", "5"}
    given = {prepared.people[name].member_id: everything - {"4"} for name in (CHAIR, OTHER, THIRD)}
    expert = {prepared.expert.member_id: everything}
    assign.assign_items(prepared.file, prepared.secretary, given | expert, NOW)
    recuse(prepared, EXPERT, Scope.ITEM, "4")
    with refused(prepared, StageError, "not-prepared") as caught:
        prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    assert [fault.context["items"] for fault in caught.value.faults] == ["4"]
    other = {prepared.other.member_id: everything}
    assign.assign_items(prepared.file, prepared.secretary, given | expert | other, NOW)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)


def test_somebody_recused_while_preparing_needs_no_items(prepared: Scene) -> None:
    """Scoring opens although a recused expert was given nothing, and the matrix shows them recused."""
    recuse(prepared, THIRD)
    everything = list("12345")
    given = {prepared.people[name].member_id: everything for name in (CHAIR, EXPERT, OTHER)}
    assign.assign_items(prepared.file, prepared.secretary, given, NOW)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    (row, *_rest) = assign.division(prepared.file, prepared.chair).matrix
    assert row.by_member[prepared.people[THIRD].member_id] is Duty.RECUSED


@pytest.mark.parametrize(
    ("scope", "ref", "reason", "error", "code"),
    [
        (Scope.ITEM, "6", "顾问", NotFound, "unknown-item"),
        (Scope.ITEM, "", "顾问", NotFound, "unknown-item"),
        (Scope.SITE, "别处", "顾问", NotFound, "no-site"),
        (Scope.VISIT, "", " ", ScoreError, "no-reason"),
    ],
)
def test_a_proposal_that_cannot_be(
    scoring: Scene, scope: Scope, ref: str, reason: str, error: type[InspectionError], code: str
) -> None:
    """An item or site that is not there, no reason: each its own message."""
    with refused(scoring, error, code):
        propose(scoring, EXPERT, scope, ref, reason)


def test_a_recusal_is_proposed_and_decided_once(scoring: Scene) -> None:
    """Twice the same, for somebody who does not score, decided twice, by nobody, or not at all there: refused."""
    file, secretary = scoring.file, scoring.secretary
    id_ = propose(scoring, EXPERT, Scope.ITEM, "4")
    with refused(scoring, StageError, "already-proposed"):
        propose_recusal(file, scoring.chair, scoring.expert.member_id, Scope.ITEM, "4", "另一理由", NOW)
    with refused(scoring, NotFound, "not-scoring"):
        propose_recusal(file, secretary, secretary.member_id, Scope.VISIT, "", "亲属", NOW)
    with refused(scoring, ScoreError, "no-organiser"):
        decide_recusal(file, secretary, id_, " ", True, NOW)
    with refused(scoring, NotFound, "no-recusal"):
        decide_recusal(file, secretary, 9, "李主任", True, NOW)
    decide_recusal(file, secretary, id_, "李主任", True, NOW)
    for approved in (True, False):
        with refused(scoring, StageError, "already-decided"):
            decide_recusal(file, secretary, id_, "李主任", approved, NOW)
    with refused(scoring, StageError, "already-proposed"):
        propose(scoring, EXPERT, Scope.ITEM, "4")


# --- the chair -----------------------------------------------------------------------------------------------------


def roles(scene: Scene) -> dict[str, Role]:
    return {member.name: member.role for member in members(scene) if member.scores}


def test_the_chair_passes_on(scoring: Scene) -> None:
    """The new chair has the duties, the old one has not; both keep their sheets; the log tells who and when."""
    file = scoring.file
    mark_all(scoring)
    hand_over_chair(file, scoring.secretary, scoring.other.member_id, "组长因急事离会", NOW)
    assert roles(scoring) == {CHAIR: Role.EXPERT, EXPERT: Role.EXPERT, OTHER: Role.CHAIR, THIRD: Role.EXPERT}
    entry = log_of(scoring)[-1]
    assert (entry.act, entry.details["from_member"], entry.details["to_member"]) == (
        "hand-over-chair", scoring.chair.member_id, scoring.other.member_id,
    )  # fmt: skip
    (kept,) = assign.division(file, scoring.expert).hand_overs
    assert (kept.from_member, kept.to_member, kept.reason, kept.at) == (
        scoring.chair.member_id, scoring.other.member_id, "组长因急事离会", NOW,
    )  # fmt: skip
    with refused(scoring, PermissionDenied, "role-may-not"):
        open_marks(file, scoring.chair, NOW)
    open_up(scoring)
    assert len(consolidation(file).result.item("1").panel.used) == 4


def test_a_recused_chair_decides_nothing(scoring: Scene) -> None:
    """Approved, the chair's own recusal asks for a hand-over: until then nothing of the chair's can be done; after it
    the new chair goes on and the old one has no sheet that counts."""
    file, secretary, chair, heir = scoring.file, scoring.secretary, scoring.chair, scoring.other
    mark_all(scoring)
    assert assign.division(file, secretary).recused_chair is None
    recuse(scoring, CHAIR)
    waiting = assign.division(file, secretary).recused_chair
    assert waiting
    assert waiting.name == CHAIR
    with refused(scoring, StageError, "chair-recused"):
        open_marks(file, chair, NOW)
    hand_over_chair(file, secretary, heir.member_id, "组长回避", NOW)
    assert assign.division(file, secretary).recused_chair is None
    open_up(scoring)
    assert consolidation(file).result.item("4").panel.working.startswith("0 2.5 4 → 2.17")


def test_a_chair_does_not_decide_what_they_are_recused_from(scoring: Scene) -> None:
    """Recused from an item the chair adjudicates the others, and that one only after the chair has passed on."""
    file, chair = scoring.file, scoring.chair
    mark_all(scoring)
    recuse(scoring, CHAIR, Scope.ITEM, "4")
    open_up(scoring)
    consolidate.adjudicate(file, chair, "1", "1", "合议", "", NOW)
    with refused(scoring, StageError, "chair-recused"):
        consolidate.adjudicate(file, chair, "4", "3", "合议", "", NOW)
    hand_over_chair(file, scoring.secretary, scoring.expert.member_id, "组长对第4项回避", NOW)
    consolidate.adjudicate(file, scoring.expert, "4", "3", "合议", "", NOW)
    assert consolidation(file).result.item("4").points == Decimal(3)


@pytest.mark.parametrize("stage", [Stage.PREPARE, Stage.SCORE, Stage.CONSOLIDATE])
def test_the_chair_passes_on_at_any_stage(
    stage: Stage, prepared: Scene, scoring: Scene, consolidating: Scene
) -> None:
    """Somebody can fall ill on any day: until the visit is finished the duties can pass on, and back."""
    scene = {Stage.PREPARE: prepared, Stage.SCORE: scoring, Stage.CONSOLIDATE: consolidating}[stage]
    hand_over_chair(scene.file, scene.secretary, scene.expert.member_id, "离会", NOW)
    hand_over_chair(scene.file, scene.secretary, scene.chair.member_id, "返回", NOW)
    assert roles(scene)[CHAIR] is Role.CHAIR
    assert list(roles(scene).values()).count(Role.CHAIR) == 1
    if stage is Stage.CONSOLIDATE:
        consolidate.recommend(scene.file, scene.chair, Recommendation.PASS, NOW)


def test_not_everybody_can_take_over(scoring: Scene) -> None:
    """Nobody who is recused, chair already, secretary or a stranger; and not without a reason."""
    file, secretary = scoring.file, scoring.secretary
    recuse(scoring, THIRD)
    with refused(scoring, StageError, "recused"):
        hand_over_chair(file, secretary, scoring.people[THIRD].member_id, "离会", NOW)
    for nobody in (scoring.chair, secretary):
        with refused(scoring, StageError, "not-an-expert"):
            hand_over_chair(file, secretary, nobody.member_id, "离会", NOW)
    with refused(scoring, NotFound, "no-member"):
        hand_over_chair(file, secretary, 99, "离会", NOW)
    with refused(scoring, ScoreError, "no-reason"):
        hand_over_chair(file, secretary, scoring.expert.member_id, " ", NOW)
