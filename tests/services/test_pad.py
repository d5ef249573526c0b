"""The pad's services: a sheet that needs no hub, receipts that make a repetition harmless, phrases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inspection_app.core.application import DeskMark, SelfCheck
from inspection_app.core.audit import check_chain
from inspection_app.core.scoring import State
from inspection_app.core.table import item_table
from inspection_app.core.visit import Act, Actor, Appointment, Role
from inspection_app.errors import PermissionDenied, ScoreError
from inspection_app.files import load_rubric
from inspection_app.places import shipped
from inspection_app.services import dispute, keep, pad, prepare, score, type_in
from inspection_app.services.act import act
from inspection_app.store import application
from inspection_app.store.sheets import AgreedFigure, Entry, Receipt
from tests.services.conftest import NOW, Scene, log_of, members, refused, rows, small_rubric

FIRST = Receipt("tablet", 1)


def answer(
    scene: Scene, answers: Mapping[str, Any], *, base: int = 0, receipt: Receipt | None = FIRST, later: float = 0,
    note: str = "",
) -> Entry:  # fmt: skip
    now = NOW + timedelta(seconds=later)
    return score.answer_item(scene.file, scene.expert, "1", answers, note, base=base, now=now, receipt=receipt)


def test_the_sheet_is_json_and_says_what_the_rubric_says(scoring: Scene) -> None:
    """Items in official order, their words, and the very table that scoring applies; all of it survives JSON."""
    sheet = pad.pad_sheet(scoring.file, scoring.expert)
    assert json.loads(json.dumps(sheet)) == sheet
    rubric = small_rubric().rubric
    told = sheet["rubric"]
    assert [no for aspect in told["aspects"] for no in aspect["items"]] == [item.no for item in rubric.items]
    for item in rubric.items:
        assert told["items"][item.no]["table"] == item_table(item, rubric.scheme.part_step)
    assert told["aspects"][2] == {"id": "c", "title": "三、加分", "kind": "bonus", "ceiling": "2", "items": ["5"]}
    tick, choice, step, grade, rate = (told["items"][no]["criteria"][0] for no in "12345")
    assert (tick["kind"], tick["points"], tick["parts"]) == ("tick", "1", ["0.5"])
    assert choice["tiers"][1] == {"text": "市级", "points": "2"}
    assert step["figure"] == {"key": "fund", "title": "专项经费占比", "unit": "‰", "against": ""}
    assert [tier["text"] for tier in step["tiers"]] == ["≥ 0.4", "≥ 0.2, < 0.4", "< 0.2"]
    assert (grade["figure"], grade["allowed"], grade["external"]) == (None, [], False)
    assert (rate["figure"]["key"], rate["tiers"]) == ("awards", [])


@pytest.mark.parametrize("path", sorted(shipped("rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_rubric_fits_on_a_tablet(path: Path) -> None:
    """Each can be written as JSON, with every item and criterion, and without a number that is no string or table."""
    rubric = load_rubric(path)
    told = pad.rubric_json(rubric, f"test-{path.stem}")
    assert json.loads(json.dumps(told)) == told
    assert list(told["items"]) == [item.no for item in rubric.items]
    for item in rubric.items:
        assert [one["id"] for one in told["items"][item.no]["criteria"]] == [one.id for one in item.criteria]
        assert Decimal(told["items"][item.no]["ceiling"]) == item.ceiling


def test_what_was_handed_in_stands_beside_the_item(scoring: Scene) -> None:
    """Self-check and page, marks from the desk; of an item without any of it there is nothing."""
    with act(scoring.file, scoring.secretary, Act.BRING_SELF_CHECK, NOW) as tx:
        application.set_self_check(tx.db, [SelfCheck("1", Decimal("1.50"), "41"), SelfCheck("2", None, "7")])
        application.set_desk_marks(tx.db, [DeskMark("2", "书面组", Decimal(3))])
    assert pad.pad_sheet(scoring.file, scoring.expert)["hints"] == {
        "1": {"self_check": "1.5", "page": "41", "desk": []},
        "2": {"self_check": "", "page": "7", "desk": [{"points": "3", "name": "书面组"}]},
    }


def test_figures_say_where_they_come_from_and_whether_somebody_doubts(scoring: Scene) -> None:
    """Only what is entered is there; an open dispute, anybody's, shows; a settled one does not."""
    prepare.enter_figure(scoring.file, scoring.secretary, AgreedFigure("awards", ""), NOW)
    id_ = dispute.dispute_figure(scoring.file, scoring.other, "fund", "与年报不符", NOW)
    figures = pad.pad_sheet(scoring.file, scoring.expert)["figures"]
    assert set(figures) == {"fund"}
    assert (figures["fund"]["source"], figures["fund"]["unit"], figures["fund"]["disputed"]) == ("财政局报表", "‰", True)
    dispute.settle_dispute(scoring.file, scoring.secretary, id_, "已核对", NOW)
    assert pad.pad_sheet(scoring.file, scoring.expert)["figures"]["fund"]["disputed"] is False


def test_what_the_secretary_typed_in_is_told_as_unconfirmed(scoring: Scene) -> None:
    """A revision that somebody else entered raises the number that the heartbeat tells, and waits for a confirmation."""
    type_in.type_in_item(
        scoring.file, scoring.secretary, scoring.expert.member_id, "1", {"1": True}, "", base=0, now=NOW
    )
    assert pad.pulse(scoring.file, scoring.expert).revisions == {"1": 1}
    assert pad.pad_sheet(scoring.file, scoring.expert)["sheet"]["1"]["confirmed"] is False
    answer(scoring, {"1": True}, base=1)
    assert pad.pad_sheet(scoring.file, scoring.expert)["sheet"]["1"]["confirmed"] is True


def test_only_who_scores_has_a_sheet(scoring: Scene) -> None:
    """The secretary is refused the sheet and the heartbeat."""
    for read in (pad.pad_sheet, pad.pulse):
        with refused(scoring, PermissionDenied, "role-may-not"):
            read(scoring.file, scoring.secretary)


def test_a_change_sent_again_leaves_no_trace(scoring: Scene) -> None:
    """Neither revision nor receipt nor log entry comes of it, before and after newer changes."""
    first = answer(scoring, {"1": True})
    length = len(log_of(scoring))
    assert answer(scoring, {"1": True}, later=60) == first
    second = answer(scoring, {"1": False}, base=1, receipt=Receipt("tablet", 2))
    assert answer(scoring, {"1": True}, later=120) == first
    assert (second.revision, len(log_of(scoring)), len(rows(scoring, "answer"))) == (2, length + 1, 2)
    assert score.sheet_of(scoring.file, scoring.expert).entries["1"] == second


def test_what_is_refused_has_no_receipt(scoring: Scene) -> None:
    """A refused change may be sent again under its number when it is right."""
    with refused(scoring, ScoreError, "changed-elsewhere"):
        answer(scoring, {"1": True}, base=3)
    with refused(scoring, ScoreError, "unknown-criterion"):
        answer(scoring, {"9": True})
    assert answer(scoring, {"1": True}).revision == 1


def test_another_change_under_the_same_number(scoring: Scene) -> None:
    """Another note, answer or item is not taken for the first one, and not dropped in silence either."""
    answer(scoring, {"1": True}, note="所见")
    for answers, note in (({"1": True}, "另见"), ({"1": False}, "所见")):
        with refused(scoring, ScoreError, "sequence-reused"):
            answer(scoring, answers, note=note, base=1)


def test_saving_what_stands_has_a_receipt_too(scoring: Scene) -> None:
    """Another tablet that sends what is there already is told its revision, again and again."""
    answer(scoring, {"1": True})
    other = Receipt("another", 1)
    assert [answer(scoring, {"1": True}, receipt=other).revision for _again in range(2)] == [1, 1]
    assert [row["client"] for row in rows(scoring, "receipt")] == ["tablet", "another"]


def test_a_version_not_chosen_stays_in_the_history(scoring: Scene) -> None:
    """It is a revision before the one that was chosen, in one transaction and one entry of the log; again: nothing new."""
    answer(scoring, {"1": True}, note="另一台的")
    length = len(log_of(scoring))
    for _again in range(2):
        chosen = score.answer_item(
            scoring.file, scoring.expert, "1", {"1": True}, "另一台的", base=1, now=NOW, receipt=Receipt("tablet", 2),
            aside=[({"1": False}, "本机的")],
        )  # fmt: skip
        assert (chosen.revision, chosen.note) == (3, "另一台的")
    history = [score.revision(scoring.file, scoring.expert, "1", number) for number in (1, 2, 3)]
    assert [(one.answers["1"], one.note) for one in history if one] == [
        (True, "另一台的"), (False, "本机的"), (True, "另一台的"),
    ]  # fmt: skip
    (entry,) = log_of(scoring)[length:]
    assert (entry.details["revision"], entry.details["aside"][0][0]) == (3, 2)
    assert "same" not in entry.details
    assert "本机的" not in json.dumps(entry.details, ensure_ascii=False)
    check_chain(log_of(scoring))


def test_a_version_not_chosen_is_held_to_what_every_answer_is(scoring: Scene) -> None:
    """One that cannot be taken, or made from what no longer is the latest, takes the choice with it: nothing is saved."""
    answer(scoring, {"1": True})
    for base, aside, code in ((1, {"1": "yes"}, "wrong-form"), (0, {"1": False}, "changed-elsewhere")):
        with refused(scoring, ScoreError, code):
            score.answer_item(
                scoring.file, scoring.expert, "1", {"1": True}, "选定", base=base, now=NOW,
                receipt=Receipt("tablet", 2), aside=[(aside, "")],
            )  # fmt: skip


def test_receipts_only_grow(scoring: Scene) -> None:
    """What was acknowledged cannot be taken back, and no receipt stands without its revision."""
    answer(scoring, {"1": True})
    for statement in (
        "DELETE FROM receipt", "UPDATE receipt SET revision = 2",
        "INSERT INTO receipt VALUES (3, 'tablet', 9, '1', 7)",
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"only grows|FOREIGN KEY"), scoring.file.writing() as db:
            db.execute(statement)


def test_a_clock_set_back_loses_nothing(scoring: Scene) -> None:
    """Revisions count, not times: an hour earlier the later change still is the latest, and the log is unbroken."""
    answer(scoring, {"1": True})
    later = answer(scoring, {"1": True, "2": True}, base=1, receipt=Receipt("tablet", 2), later=-3600)
    sheet = score.sheet_of(scoring.file, scoring.expert)
    assert sheet.entries["1"] == later
    assert (sheet.scores["1"].points, sheet.scores["1"].state) == (Decimal(2), State.SCORED)
    assert pad.pulse(scoring.file, scoring.expert).revisions == {"1": 2}
    assert answer(scoring, {"1": True}, later=-7200).revision == 1
    check_chain(log_of(scoring))


def test_phrases_of_ones_own_and_of_everybody(scoring: Scene) -> None:
    """Own ones replace own ones; those of the office are on every sheet; the log tells no words."""
    pad.keep_phrases(scoring.file, scoring.expert, ["甲", " 乙 ", "甲", ""], NOW)
    pad.keep_phrases(scoring.file, scoring.expert, ["乙", "甲"], NOW)
    pad.share_phrases(scoring.file, scoring.secretary, ["查阅原件"], NOW)
    assert pad.pad_sheet(scoring.file, scoring.expert)["phrases"] == {"own": ["乙", "甲"], "shared": ["查阅原件"]}
    assert pad.pad_sheet(scoring.file, scoring.other)["phrases"] == {"own": [], "shared": ["查阅原件"]}
    assert pad.shared_phrases(scoring.file) == ("查阅原件",)
    assert "查阅原件" not in json.dumps([entry.details for entry in log_of(scoring)], ensure_ascii=False)


def test_phrases_have_bounds(scoring: Scene) -> None:
    """Fifty of 200 characters are kept, not one more of either; refused ones leave the old as they were."""
    pad.keep_phrases(scoring.file, scoring.expert, [f"{number:03}{'长' * 197}" for number in range(50)], NOW)
    with refused(scoring, ScoreError, "too-many-phrases"):
        pad.keep_phrases(scoring.file, scoring.expert, map(str, range(51)), NOW)
    with refused(scoring, ScoreError, "phrase-too-long"):
        pad.share_phrases(scoring.file, scoring.secretary, ["长" * 201], NOW)


def test_phrases_keep_nobody_on_the_panel(prepared: Scene) -> None:
    """Whoever has only written phrases can still be taken off, and the phrases go with them."""
    newcomer = max(member.id for member in members(prepared)) + 1
    prepare.appoint_member(
        prepared.file, prepared.secretary, Appointment("新来的", Role.EXPERT), entropy=bytes, now=NOW
    )
    pad.keep_phrases(prepared.file, Actor(newcomer, Role.EXPERT), ["甲"], NOW)
    prepare.dismiss_member(prepared.file, prepared.secretary, newcomer, NOW)
    assert rows(prepared, "phrase") == []


def test_a_restore_is_told_with_what_is_left(scoring: Scene) -> None:
    """Heartbeat and sheet name the latest restore, the sheet also the time of every revision that it left."""
    for number in range(3):
        answer(scoring, {}, base=number, receipt=None, later=number, note=f"第{number}次")
    snapshot = keep.snapshot(scoring.file, NOW)
    answer(scoring, {}, base=3, receipt=None, later=3, note="之后")
    before = pad.pad_sheet(scoring.file, scoring.expert)
    assert (pad.pulse(scoring.file, scoring.expert).restore, before["restore"], before["history"]) == ("", "", {})
    told = []
    for hours in (1, 2):
        keep.restore(scoring.file, scoring.secretary, snapshot.path, NOW + timedelta(hours=hours))
        sheet = pad.pad_sheet(scoring.file, scoring.expert)
        assert sheet["history"] == {"1": [(NOW + timedelta(seconds=number)).isoformat() for number in range(3)]}
        assert pad.pulse(scoring.file, scoring.expert).restore == sheet["restore"] == log_of(scoring)[-1].hash
        told.append(sheet["restore"])
        answer(scoring, {}, base=3, receipt=None, later=hours, note="又一次")
        assert pad.pulse(scoring.file, scoring.expert).restore == told[-1]
    assert len(set(told)) == 2
