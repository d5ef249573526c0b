"""``act``: permission, stage, transaction and log are one thing, and what the log and the public texts do not tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from inspection_app.core.audit import check_chain
from inspection_app.core.visit import PERMITS, Act, Actor, Appointment, Role, Stage
from inspection_app.errors import DrawError, NotFound, PermissionDenied
from inspection_app.services import consolidate, draw, hand_in, prepare, score
from inspection_app.services.act import act
from inspection_app.store import lists, panel, visits
from tests.services.acts import ACTS
from tests.services.conftest import (
    CARDS,
    CHAIR,
    CITIZENS,
    DESCRIPTION,
    EXPERT,
    ID_NUMBER,
    MEMBERS,
    NOW,
    OTHER,
    PHONES,
    SITES,
    THIRD,
    Scene,
    decide_all,
    dump,
    hold,
    lock,
    log_of,
    mark_all,
    members,
    open_up,
    refused,
    rows,
    scene_at,
    seal_up,
)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Stage, Scene]:
    """A visit at every stage; refusals must leave them as they are."""
    return {stage: scene_at(tmp_path_factory.mktemp(stage), stage) for stage in Stage}


def test_what_can_be_done_after_the_end() -> None:
    """Nothing that changes a result: who came to the feedback, removing personal data, the screen, annexes, what is
    signed and sent, and reopening, which chair and secretary do together."""
    after = {what for what, permit in PERMITS.items() if Stage.SEALED in permit.stages}
    assert after == set(AFTER_THE_END)


AFTER_THE_END = (
    Act.TAKE_ATTENDANCE, Act.REMOVE_PERSONAL, Act.LEAD_SCREEN, Act.HAND_OUT_ANNEX, Act.ATTACH_SCAN, Act.ISSUE,
    Act.PROPOSE_REOPENING, Act.CONFIRM_REOPENING, Act.RESTORE,
)  # fmt: skip


def test_the_role_is_read_from_the_file(stages: Mapping[Stage, Scene]) -> None:
    """An actor who claims to be the chair is still the expert of the file, and one who claims less is the chair."""
    scene = stages[Stage.CONSOLIDATE]
    with refused(scene, PermissionDenied, "role-may-not"):
        consolidate.adjudicate(scene.file, Actor(scene.expert.member_id, Role.CHAIR), "1", "1", "合议", "", NOW)
    with act(scene.file, Actor(scene.chair.member_id, Role.EXPERT), Act.ADJUDICATE, NOW) as tx:
        assert tx.member.role is Role.CHAIR


def test_nobody_of_the_panel_may_do_nothing(stages: Mapping[Stage, Scene]) -> None:
    """An actor who is no member is refused."""
    with refused(stages[Stage.SCORE], NotFound, "no-member"):
        score.answer_item(stages[Stage.SCORE].file, Actor(99, Role.CHAIR), "1", {}, "", base=0, now=NOW)


def test_an_error_in_the_middle_undoes_everything(prepared: Scene) -> None:
    """What was written before an error is gone after it, and the log has no entry of it."""

    def open_scoring_badly() -> None:
        with act(prepared.file, prepared.secretary, Act.OPEN_SCORING, NOW) as tx:
            visits.set_stage(tx.db, Stage.SEALED)
            panel.assign(tx.db, {})
            lists.set_sites(tx.db, [])
            lists.set_roster(tx.db, [])
            tx.record(count=1 // 0)

    before = dump(prepared.file)
    with pytest.raises(ZeroDivisionError):
        open_scoring_badly()
    assert dump(prepared.file) == before


def test_a_service_refused_after_writing_undoes_it(prepared: Scene) -> None:
    """A ceremony whose place is empty is noticed after its row is in; no row stays, and its number is free again."""
    lock(prepared)
    with refused(prepared, DrawError, "empty"):
        draw.begin_ceremony(prepared.file, prepared.secretary, draw.SITES, "  ", CARDS, NOW)
    assert hold(prepared)["head"].split("\n")[1] == "ceremony 1"


def test_each_act_adds_one_entry(prepared: Scene) -> None:
    """Through a whole visit every service that succeeds adds exactly one entry, with its act and who did it."""
    scene = prepared

    def done(what: Act, who: Actor, which: int = 0) -> None:
        count = len(log_of(scene))
        ACTS[what][which](scene, who)
        (entry,) = log_of(scene)[count:]
        assert (entry.act, entry.actor, entry.at) == (what, who.member_id, NOW.isoformat())

    secretary, chair = scene.secretary, scene.chair
    done(Act.DESCRIBE_VISIT, secretary)
    done(Act.ISSUE_CODE, chair)
    for which in range(3):
        done(Act.APPOINT_MEMBER, secretary, which)
    for what in (Act.ASSIGN_ITEMS, Act.NAME_SITES, Act.LOAD_ROSTER, Act.ENTER_FIGURE):
        done(what, secretary)
    done(Act.LOCK_LIST, secretary, 1)
    for what in (Act.LOCK_LIST, Act.BEGIN_CEREMONY, Act.ENTER_PUBLIC_DIGITS, Act.DRAW, Act.VOID_CEREMONY):
        done(what, secretary)
    done(Act.UNLOCK_LIST, chair)
    done(Act.CHOOSE_METHOD, secretary)
    done(Act.OPEN_SCORING, chair)
    mark_all(scene, CHAIR)
    done(Act.ANSWER_ITEM, scene.other)
    for what in (Act.HAND_IN, Act.TAKE_BACK, Act.HAND_IN):
        done(what, chair)
    for which in (0, 1, 0):
        done(Act.EXCUSE, chair, which)
    for name in (OTHER, THIRD):
        hand_in.excuse_expert(scene.file, chair, scene.people[name].member_id, "离会", False, NOW)
    done(Act.OPEN_MARKS, chair)
    done(Act.ASK_AGAIN, chair)
    done(Act.LOOK_AGAIN, scene.expert)
    decide_all(scene)
    for what in (Act.ADJUDICATE, Act.DECIDE_VETO, Act.DECIDE_GATE, Act.STATE_FINDING, Act.RECOMMEND):
        done(what, chair)
    done(Act.STATE_FINDING, secretary, 1)
    seal_up(scene)
    done(Act.ISSUE, secretary)
    assert check_chain(log_of(scene)) == log_of(scene)[-1].hash


def test_the_record_names_nobody(tmp_path: Path) -> None:
    """Log, locked lists and certificates of a whole visit hold no name, phone or identity number; of the people who
    wrote the cards the certificates alone do, since they sign them."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    file, secretary, chair = scene.file, scene.secretary, scene.chair
    ACTS[Act.DESCRIBE_VISIT][0](scene, secretary)
    newcomer = Appointment("柳新来", Role.EXPERT)
    prepare.appoint_member(file, chair, newcomer, entropy=os.urandom, now=NOW)
    (id_,) = (member.id for member in members(scene) if member.name == newcomer.name)
    prepare.change_member(file, secretary, id_, newcomer, NOW)
    prepare.dismiss_member(file, secretary, id_, NOW)
    lock(scene)
    hold(scene)
    draw.void_ceremony(file, secretary, draw.SITES, "公开数字读错", NOW)
    draw.unlock_list(file, secretary, draw.SITES, f"{SITES[0].name}停业", NOW)
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        hold(scene, kind)
    prepare.open_scoring(file, secretary, NOW)
    mark_all(scene, CHAIR, EXPERT)
    open_up(scene)
    decide_all(scene)
    consolidate.adjudicate(scene.file, scene.chair, "4", "3", f"{EXPERT}与{OTHER}说明后合议", f"{CITIZENS[0]}反映", NOW)
    seal_up(scene)
    writers = {name for _, name in CARDS}
    sealed = {*MEMBERS, newcomer.name, *CITIZENS, *PHONES, *writers, ID_NUMBER, DESCRIPTION.applicant}
    sealed |= {site.name for site in SITES}
    record = repr(rows(scene, "log")) + repr([row["text"] for row in rows(scene, "locked_list")])
    assert [secret for secret in sealed if secret in record] == []
    certificates = repr([row["certificate"] for row in rows(scene, "ceremony")])
    assert [secret for secret in sealed - writers if secret in certificates] == []
    assert all(name in certificates for name in writers)


def test_what_the_record_pins_can_be_checked(scoring: Scene) -> None:
    """The log's digest of an answer is that of the answer kept, so that neither can be exchanged unnoticed."""
    note = "材料齐全"
    score.answer_item(scoring.file, scoring.expert, "1", {"1": True, "2": False}, note, base=0, now=NOW)
    with act(scoring.file, scoring.expert, Act.ANSWER_ITEM, NOW) as tx:
        pinned = tx.digest('{"1":true,"2":false}' + "\n" + note)
    assert log_of(scoring)[-2].details == {"item": "1", "revision": 1, "content": pinned}
