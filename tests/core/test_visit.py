"""Who may do what when, and which descriptions and panels are usable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest

from inspection_app.core.visit import (
    MAX_MEMBERS,
    PERMITS,
    Act,
    Appointment,
    Description,
    Member,
    Role,
    Stage,
    check_description,
    check_new_visit,
    check_panel,
    permit,
    permitted,
)
from inspection_app.errors import InspectionError, PermissionDenied, StageError

S, C, E = Role.SECRETARY, Role.CHAIR, Role.EXPERT

MATRIX = {  # typed from the rules: prepare, score, consolidate, done; s, c, e = secretary, chair, expert
    Act.DESCRIBE_VISIT: "sc - - -",
    Act.ASSIGN_ITEMS: "sc - - -",
    Act.LOAD_ROSTER: "sc sc - -",
    Act.DRAW: "sc sc - -",
    Act.ISSUE_CODE: "sc sc sc -",
    Act.OPEN_SCORING: "sc - - -",
    Act.ANSWER_ITEM: "- ce ce -",
    Act.HAND_IN: "- ce - -",
    Act.TAKE_BACK: "- ce - -",
    Act.HAND_IN_PAPER: "- s - -",
    Act.EXCUSE: "- c - -",
    Act.OPEN_MARKS: "- c - -",
    Act.ASK_AGAIN: "- - c -",
    Act.LOOK_AGAIN: "- - ce -",
    Act.ADJUDICATE: "- - c -",
    Act.DECIDE_VETO: "- - c -",
    Act.STATE_FINDING: "- sc sc -",
    Act.SEAL: "- - c -",
    Act.CONFIRM_RESULT: "- - ce -",
    Act.ATTACH_SCAN: "- - s s",
    Act.ISSUE: "- - - sc",
    Act.OBSERVE: "sce sce sce -",
    Act.TAKE_ATTENDANCE: "sc sc sc sc",
}


def outcome(act: Act, role: Role, stage: Stage) -> str:
    try:
        permit(act, role, stage)
    except PermissionDenied:
        return "never"
    except StageError:
        return "not now"
    return "yes"


def test_every_act_has_its_permit() -> None:
    """An act without a row in the table could not be decided; a row grants something to somebody."""
    assert set(PERMITS) == set(Act)
    assert all(rule.roles and rule.stages for rule in PERMITS.values())


@pytest.mark.parametrize("act", MATRIX)
def test_the_table_says_what_the_rules_say(act: Act) -> None:
    """For each role at each stage: allowed, not at this stage, or never for this role."""
    cells = MATRIX[act].split()
    ever = set("".join(cells)) - {"-"}
    for stage, cell in zip(Stage, cells, strict=True):
        for role, letter in ((S, "s"), (C, "c"), (E, "e")):
            expected = "yes" if letter in cell else "not now" if letter in ever else "never"
            assert outcome(act, role, stage) == expected, (act, role, stage)


@pytest.mark.parametrize("act", Act)
def test_pages_hide_by_the_rule_that_services_enforce(act: Act) -> None:
    """``permitted`` and ``permit`` never disagree."""
    for role in Role:
        for stage in Stage:
            assert permitted(act, role, stage) == (outcome(act, role, stage) == "yes")


def test_a_finished_visit_is_closed_to_everybody() -> None:
    """Once the visit is done: who came to hear the feedback, the public screen, handing out annexes and proofs, taking
    personal data out, what is signed or sent, and reopening; nothing else."""
    still = {act for act in Act for role in Role if permitted(act, role, Stage.SEALED)}
    assert still == {
        Act.TAKE_ATTENDANCE, Act.REMOVE_PERSONAL, Act.LEAD_SCREEN, Act.HAND_OUT_ANNEX,
        Act.ATTACH_SCAN, Act.ISSUE, Act.PROPOSE_REOPENING, Act.CONFIRM_REOPENING, Act.RESTORE,
    }  # fmt: skip


def test_nobody_but_who_scores_answers_and_an_expert_speaks_for_themselves_only() -> None:
    """The secretary never scores; an expert scores, observes and declares, and decides nothing for others."""
    assert outcome(Act.ANSWER_ITEM, S, Stage.SCORE) == "never"
    assert {act for act in Act if E in PERMITS[act].roles} == {
        Act.ANSWER_ITEM, Act.CONFIRM_TYPED, Act.ENTER_FIGURE, Act.DISPUTE_FIGURE, Act.OBSERVE, Act.CHECK_SITE,
        Act.DECLARE, Act.PROPOSE_RECUSAL, Act.KEEP_PHRASES, Act.HAND_IN, Act.TAKE_BACK, Act.LOOK_AGAIN,
        Act.CONFIRM_RESULT, Act.BRING_SHEETS, Act.ATTACH_EVIDENCE,
    }  # fmt: skip


def test_a_refusal_says_who_may_and_what_comes_first() -> None:
    """A wrong role names the right ones; a wrong stage names the step that is missing."""
    with pytest.raises(PermissionDenied, match="Only Chair may"):
        permit(Act.ADJUDICATE, E, Stage.CONSOLIDATE)
    with pytest.raises(PermissionDenied, match="Only Secretary / Chair may"):
        permit(Act.DRAW, E, Stage.SCORE)
    messages = set()
    for act, role, stage in (
        (Act.ANSWER_ITEM, E, Stage.PREPARE), (Act.ASSIGN_ITEMS, S, Stage.SCORE),
        (Act.DISPUTE_FIGURE, E, Stage.CONSOLIDATE), (Act.SEAL, C, Stage.SEALED),
    ):  # fmt: skip
        with pytest.raises(StageError) as caught:
            permit(act, role, stage)
        messages.add(caught.value.text())
    assert len(messages) == 4


def test_the_secretary_is_a_member_who_does_not_score() -> None:
    """Chair and experts score."""
    assert [Member(1, "某", role).scores for role in (S, C, E)] == [False, True, True]


# --- forms ---------------------------------------------------------------------------------------------------------


def described(applicant: str = "云岭县", starts: str = "2026-05-12", ends: str = "2026-05-13") -> Description:
    return Description(applicant, "县", date.fromisoformat(starts), date.fromisoformat(ends))


def faults(check: object, *values: object) -> list[str]:
    with pytest.raises(InspectionError) as caught:
        check(*values)  # type: ignore[operator]
    return [fault.text() for fault in caught.value.faults]


def test_a_description_needs_a_name_and_days_in_order() -> None:
    """Both faults are told at once; one day is a visit, too."""
    check_description(described())
    check_description(described(ends="2026-05-12"))
    assert faults(check_description, described(" ", ends="2026-05-11")) == [
        "Applicant: The name is missing. Enter the applicant's name.",
        "Dates: The visit ends before it begins. Correct the first or the last day.",
    ]


def people(*named: tuple[str, Role]) -> Iterable[Appointment]:
    return [Appointment(name, role) for name, role in named]


def test_a_panel_has_a_chair_a_secretary_and_names() -> None:
    """Every fault of a panel is told at once, each with what to do."""
    check_panel(people(("甲", S), ("乙", C)))
    check_panel(people(("甲", S), ("乙", C), ("丙", E), ("丁", S)))
    assert faults(check_panel, people((" ", E), ("乙", C), ("丙", C), ("乙 ", E))) == [
        "Panel member 1: The name is missing. Enter the name.",
        "Panel: There are 2 chairs. Name exactly one chair.",
        "Panel: There is no secretary. Name a secretary.",
        "Panel: “乙” is named twice. Remove one, or tell the two apart.",
    ]
    assert len(faults(check_panel, [])) == 2
    nothing = described(" ", ends="2026-05-11")
    assert len(faults(check_new_visit, nothing, [])) == 4  # both at once: nobody mends one to hear of the other


def test_a_panel_is_no_larger_than_the_rules_allow() -> None:
    """Fifteen score, the chair among them; the secretaries do not count; sixteen are refused."""
    experts = [(f"专家{number}", E) for number in range(1, MAX_MEMBERS + 1)]
    check_panel(people(("甲", S), ("乙", S), ("丙", C), *experts[:-1]))
    assert faults(check_panel, people(("甲", S), ("丙", C), *experts)) == [
        "Panel: 16 people would score. A panel has at most 15 experts."
    ]
