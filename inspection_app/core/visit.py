"""One visit: who takes part, where it stands, and who may do what when, in one table.

``PERMITS`` is that table: every use case names its act and ``permit`` decides. Nothing here stores or shows anything.
Which activities and draws a visit has is the rubric's scheme; the four stages below only say what may be edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from inspection_app.errors import N_, Fault, InspectionError, PermissionDenied, StageError


class Role(StrEnum):
    SECRETARY = "secretary"
    CHAIR = "chair"
    EXPERT = "expert"


ROLE_NAMES = {Role.SECRETARY: N_("Secretary"), Role.CHAIR: N_("Chair"), Role.EXPERT: N_("Expert")}


class Stage(StrEnum):
    """Where a visit stands, in order."""

    PREPARE = "prepare"
    SCORE = "score"
    CONSOLIDATE = "consolidate"
    SEALED = "sealed"


STAGES = tuple(Stage)
SCORING_ROLES = frozenset({Role.CHAIR, Role.EXPERT})


class Act(StrEnum):
    """Everything that changes a visit."""

    CREATE_VISIT = "create-visit"
    DESCRIBE_VISIT = "describe-visit"
    APPOINT_MEMBER = "appoint-member"
    ISSUE_CODE = "issue-code"
    ASSIGN_ITEMS = "assign-items"
    NAME_SITES = "name-sites"
    LOAD_ROSTER = "load-roster"
    ENTER_FIGURE = "enter-figure"
    LOCK_LIST = "lock-list"
    UNLOCK_LIST = "unlock-list"
    BEGIN_CEREMONY = "begin-ceremony"
    VOID_CEREMONY = "void-ceremony"
    ENTER_PUBLIC_DIGITS = "enter-public-digits"
    DRAW = "draw"
    REGISTER_BY_HAND = "register-by-hand"
    CALL = "call"
    SUBSTITUTE = "substitute"
    CLOSE_ABSENT = "close-absent"
    DRAW_FRESH = "draw-fresh"
    HAND_OUT_ANNEX = "hand-out-annex"
    OPEN_SCORING = "open-scoring"
    ANSWER_ITEM = "answer-item"
    HAND_IN = "hand-in"
    TAKE_BACK = "take-back"
    HAND_IN_PAPER = "hand-in-paper"
    EXCUSE = "excuse"
    OPEN_MARKS = "open-marks"
    ASK_AGAIN = "ask-again"
    LOOK_AGAIN = "look-again"
    ADJUDICATE = "adjudicate"
    DECIDE_VETO = "decide-veto"
    DECIDE_GATE = "decide-gate"
    STATE_FINDING = "state-finding"
    STATE_JUDGEMENT = "state-judgement"
    DISCLOSE = "disclose"
    RECOMMEND = "recommend"
    EXPLAIN = "explain"
    CONFIRM_RESULT = "confirm-result"
    ATTACH_SCAN = "attach-scan"
    SEAL = "seal"
    ISSUE = "issue"
    PLAN_ACTIVITIES = "plan-activities"
    TAKE_ATTENDANCE = "take-attendance"
    OBSERVE = "observe"
    CHECK_SITE = "check-site"
    ATTACH_EVIDENCE = "attach-evidence"
    ENTER_FACT = "enter-fact"
    REMOVE_PERSONAL = "remove-personal"
    BRING_SELF_CHECK = "bring-self-check"
    FORM_GROUPS = "form-groups"
    DECLARE = "declare"
    PROPOSE_RECUSAL = "propose-recusal"
    DECIDE_RECUSAL = "decide-recusal"
    HAND_OVER_CHAIR = "hand-over-chair"
    DISPUTE_FIGURE = "dispute-figure"
    SETTLE_DISPUTE = "settle-dispute"
    CHOOSE_METHOD = "choose-method"
    CHANGE_METHOD = "change-method"
    CHOOSE_READING = "choose-reading"
    PROPOSE_REOPENING = "propose-reopening"
    CONFIRM_REOPENING = "confirm-reopening"
    TYPE_IN = "type-in"
    CONFIRM_TYPED = "confirm-typed"
    BRING_SHEETS = "bring-sheets"
    KEEP_PHRASES = "keep-phrases"
    SHARE_PHRASES = "share-phrases"
    LEAD_SCREEN = "lead-screen"
    RESTORE = "restore"


KEPT_BEFORE = frozenset({
    Act.LOCK_LIST, Act.UNLOCK_LIST, Act.DRAW, Act.DRAW_FRESH, Act.REGISTER_BY_HAND, Act.OPEN_SCORING, Act.OPEN_MARKS,
    Act.SEAL, Act.CONFIRM_REOPENING,
})  # fmt: skip
"""Acts that end something: the hub keeps a snapshot of the visit as it stood before."""


@dataclass(frozen=True)
class Permit:
    roles: frozenset[Role]
    stages: frozenset[Stage]


def _permit(roles: Iterable[Role], stages: Iterable[Stage]) -> Permit:
    return Permit(frozenset(roles), frozenset(stages))


_OFFICE = (Role.SECRETARY, Role.CHAIR)
_BEFORE_MARKS_OPEN = (Stage.PREPARE, Stage.SCORE)
_UNTIL_SEALED = (Stage.PREPARE, Stage.SCORE, Stage.CONSOLIDATE)

PERMITS: Mapping[Act, Permit] = {
    Act.CREATE_VISIT: _permit([Role.SECRETARY], [Stage.PREPARE]),
    Act.DESCRIBE_VISIT: _permit(_OFFICE, [Stage.PREPARE]),
    Act.APPOINT_MEMBER: _permit(_OFFICE, [Stage.PREPARE]),
    Act.ISSUE_CODE: _permit(_OFFICE, [Stage.PREPARE, Stage.SCORE, Stage.CONSOLIDATE]),
    Act.ASSIGN_ITEMS: _permit(_OFFICE, [Stage.PREPARE]),
    Act.NAME_SITES: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.LOAD_ROSTER: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.ENTER_FIGURE: _permit(Role, _BEFORE_MARKS_OPEN),
    Act.LOCK_LIST: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.UNLOCK_LIST: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.BEGIN_CEREMONY: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.VOID_CEREMONY: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.ENTER_PUBLIC_DIGITS: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.DRAW: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.REGISTER_BY_HAND: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.CALL: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.SUBSTITUTE: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.CLOSE_ABSENT: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.DRAW_FRESH: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.HAND_OUT_ANNEX: _permit(_OFFICE, Stage),  # a citizen may ask years later
    Act.OPEN_SCORING: _permit(_OFFICE, [Stage.PREPARE]),
    Act.ANSWER_ITEM: _permit(SCORING_ROLES, [Stage.SCORE, Stage.CONSOLIDATE]),  # then only what one is asked again
    Act.HAND_IN: _permit(SCORING_ROLES, [Stage.SCORE]),
    Act.TAKE_BACK: _permit(SCORING_ROLES, [Stage.SCORE]),
    Act.HAND_IN_PAPER: _permit([Role.SECRETARY], [Stage.SCORE]),
    Act.EXCUSE: _permit([Role.CHAIR], [Stage.SCORE]),
    Act.OPEN_MARKS: _permit([Role.CHAIR], [Stage.SCORE]),
    Act.ASK_AGAIN: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.LOOK_AGAIN: _permit(SCORING_ROLES, [Stage.CONSOLIDATE]),
    Act.ADJUDICATE: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.DECIDE_VETO: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.DECIDE_GATE: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.STATE_FINDING: _permit(_OFFICE, [Stage.SCORE, Stage.CONSOLIDATE]),
    Act.STATE_JUDGEMENT: _permit([Role.CHAIR], [Stage.SCORE, Stage.CONSOLIDATE]),
    Act.DISCLOSE: _permit([Role.SECRETARY], [Stage.SCORE, Stage.CONSOLIDATE]),  # the office's decision, not the panel's
    Act.RECOMMEND: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.EXPLAIN: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.CONFIRM_RESULT: _permit(SCORING_ROLES, [Stage.CONSOLIDATE]),
    Act.ATTACH_SCAN: _permit([Role.SECRETARY], [Stage.CONSOLIDATE, Stage.SEALED]),  # signed papers come back later, too
    Act.SEAL: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.ISSUE: _permit(_OFFICE, [Stage.SEALED]),
    Act.PLAN_ACTIVITIES: _permit(_OFFICE, _UNTIL_SEALED),
    Act.TAKE_ATTENDANCE: _permit(_OFFICE, Stage),  # the feedback is given when the scores are closed
    Act.OBSERVE: _permit(Role, _UNTIL_SEALED),
    Act.CHECK_SITE: _permit(Role, _UNTIL_SEALED),
    Act.ATTACH_EVIDENCE: _permit(Role, _UNTIL_SEALED),  # on an item only while its answers can be changed
    Act.ENTER_FACT: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.REMOVE_PERSONAL: _permit([Role.SECRETARY], Stage),  # even of a finished visit: it changes no result
    Act.BRING_SELF_CHECK: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.FORM_GROUPS: _permit(_OFFICE, [Stage.PREPARE]),
    Act.DECLARE: _permit(Role, _BEFORE_MARKS_OPEN),
    Act.PROPOSE_RECUSAL: _permit(Role, _BEFORE_MARKS_OPEN),
    Act.DECIDE_RECUSAL: _permit([Role.SECRETARY], _BEFORE_MARKS_OPEN),
    Act.HAND_OVER_CHAIR: _permit([Role.SECRETARY], _UNTIL_SEALED),
    Act.DISPUTE_FIGURE: _permit(SCORING_ROLES, [Stage.SCORE]),
    Act.SETTLE_DISPUTE: _permit(_OFFICE, [Stage.SCORE]),
    Act.CHOOSE_METHOD: _permit(_OFFICE, [Stage.PREPARE]),
    Act.CHANGE_METHOD: _permit([Role.CHAIR], [Stage.SCORE, Stage.CONSOLIDATE]),  # with a reason that is printed
    Act.CHOOSE_READING: _permit([Role.CHAIR], [Stage.CONSOLIDATE]),
    Act.PROPOSE_REOPENING: _permit(_OFFICE, [Stage.SCORE, Stage.CONSOLIDATE, Stage.SEALED]),
    Act.CONFIRM_REOPENING: _permit(_OFFICE, [Stage.SCORE, Stage.CONSOLIDATE, Stage.SEALED]),
    Act.TYPE_IN: _permit([Role.SECRETARY], [Stage.SCORE]),
    Act.CONFIRM_TYPED: _permit(SCORING_ROLES, [Stage.SCORE]),
    Act.BRING_SHEETS: _permit(Role, [Stage.SCORE]),  # the secretary everybody's, whoever scores their own
    Act.KEEP_PHRASES: _permit(SCORING_ROLES, _BEFORE_MARKS_OPEN),
    Act.SHARE_PHRASES: _permit(_OFFICE, _BEFORE_MARKS_OPEN),
    Act.LEAD_SCREEN: _permit(_OFFICE, Stage),  # thanks are said when everything is closed
    Act.RESTORE: _permit([Role.SECRETARY], Stage),  # a sealed file can be damaged, too
}


def permitted(act: Act, role: Role, stage: Stage) -> bool:
    """Say whether somebody in this role may do this at this stage: pages hide by the rule that services enforce."""
    return role in PERMITS[act].roles and stage in PERMITS[act].stages


def permit(act: Act, role: Role, stage: Stage) -> None:
    """Let an act pass.

    Raises:
        PermissionDenied: the role may never do this.
        StageError: the role may, but not at this stage.
    """
    rule = PERMITS[act]
    if role not in rule.roles:
        raise PermissionDenied(
            N_("Only {roles} may do this. Ask them, or sign in with the code of that role."),
            "role-may-not", roles=tuple(ROLE_NAMES[one] for one in Role if one in rule.roles), act=str(act),
        )  # fmt: skip
    if stage not in rule.stages:
        raise StageError(_STAGE_MESSAGES[stage], "wrong-stage", act=str(act), stage=str(stage))


_STAGE_MESSAGES = {
    Stage.PREPARE: N_("The visit is still being prepared. Open scoring first."),
    Stage.SCORE: N_("Scoring is open, so this can no longer be changed or cannot be done yet."),
    Stage.CONSOLIDATE: N_("The marks are opened and scoring is locked. Nothing was changed."),
    Stage.SEALED: N_("The visit is sealed and can no longer be changed. Chair and secretary can reopen it together."),
}


@dataclass(frozen=True)
class Actor:
    """Somebody who is signed in to a visit."""

    member_id: int
    role: Role


@dataclass(frozen=True)
class Member:
    """A panel member or the secretary."""

    id: int
    name: str
    role: Role
    organisation: str = ""
    speciality: str = ""
    group: str = ""  # the name of the group they work in

    @property
    def scores(self) -> bool:
        return self.role in SCORING_ROLES


@dataclass(frozen=True)
class Appointment:
    """What is entered about a member before they have an id."""

    name: str
    role: Role
    organisation: str = ""
    speciality: str = ""


@dataclass(frozen=True)
class Description:
    """What is entered about a visit: the applicant and the dates (``ends`` included)."""

    applicant: str
    category: str
    starts: date
    ends: date
    place: str = ""


@dataclass(frozen=True)
class Visit:
    """A visit as it is stored, without the people and lists."""

    id: str
    description: Description
    stage: Stage
    rubric_id: str
    rubric_version: str
    rubric_digest: str
    places: int
    recommendation: str
    created: datetime
    finished: datetime | None = None
    method: str = "mean"  # see core.consolidation.Method and Rounding
    rounding: str = "items"
    min_marks: int = 1


MAX_MEMBERS = 15


def check_new_visit(description: Description, appointments: Iterable[Appointment]) -> None:
    """Refuse a visit that cannot begin; every fault at once.

    Raises:
        InspectionError: with the faults of ``check_description`` and ``check_panel``.
    """
    _refuse([*_description_faults(description), *_panel_faults(appointments)])


def check_description(description: Description) -> None:
    """Refuse a description that is not usable; every fault at once.

    Raises:
        InspectionError: with a fault for the missing applicant and for dates in the wrong order.
    """
    _refuse(_description_faults(description))


def _description_faults(description: Description) -> list[Fault]:
    faults = []
    if not description.applicant.strip():
        faults.append(Fault(N_("Applicant"), N_("The name is missing."), N_("Enter the applicant's name.")))
    if description.ends < description.starts:
        faults.append(
            Fault(N_("Dates"), N_("The visit ends before it begins."), N_("Correct the first or the last day."))
        )
    return faults


def check_panel(appointments: Iterable[Appointment]) -> None:
    """Refuse a panel that cannot work: names, exactly one chair, a secretary, at most 15 people who score.

    Raises:
        InspectionError: with every fault.
    """
    _refuse(_panel_faults(appointments))


def _panel_faults(appointments: Iterable[Appointment]) -> list[Fault]:
    people = list(appointments)
    faults = []
    for number, person in enumerate(people, 1):
        if not person.name.strip():
            faults.append(
                Fault(N_("Panel member {number}"), N_("The name is missing."), N_("Enter the name."),
                      {"number": number})
            )  # fmt: skip
    chairs = sum(person.role is Role.CHAIR for person in people)
    if chairs != 1:
        faults.append(
            Fault(N_("Panel"), N_("There are {count} chairs."), N_("Name exactly one chair."), {"count": chairs})
        )
    if not any(person.role is Role.SECRETARY for person in people):
        faults.append(Fault(N_("Panel"), N_("There is no secretary."), N_("Name a secretary.")))
    scoring = sum(person.role in SCORING_ROLES for person in people)
    if scoring > MAX_MEMBERS:
        faults.append(
            Fault(N_("Panel"), N_("{count} people would score."), N_("A panel has at most {most} experts."),
                  {"count": scoring, "most": MAX_MEMBERS})
        )  # fmt: skip
    names = [person.name.strip() for person in people if person.name.strip()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.append(
            Fault(N_("Panel"), N_("“{name}” is named twice."), N_("Remove one, or tell the two apart."), {"name": name})
        )
    return faults


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InspectionError(N_("This cannot be saved yet:"), "not-usable", faults=faults)
