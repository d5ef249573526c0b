"""Findings: collected from notes by a tap, tied to items and notes, merged, moved, reworded, and all of it undone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from inspection_app.core.feedback import Finding, FindingKind
from inspection_app.errors import NotFound, ScoreError
from inspection_app.services.feed_back import (
    collect_finding,
    findings,
    merge_findings,
    move_finding,
    part_findings,
    state_finding,
    withdraw_finding,
)
from tests.services.conftest import NOW, Scene, log_of, refused

HIGHLIGHT, PROBLEM, SUGGESTION = FindingKind


@pytest.fixture
def noted(scoring: Scene) -> Scene:
    """Scoring is open and two things were noted on site."""
    with closing(sqlite3.connect(scoring.file.path)) as connection:
        connection.execute("INSERT INTO activity (id, position, title, text, draws) VALUES (90, 90, '实地考察', '', '')")
        for id_, text in ((71, "车间台账缺三个月"), (72, "计量器具过期")):
            connection.execute(
                "INSERT INTO observation (id, activity, kind, text, person, item, site, at, by) "
                "VALUES (?, 90, 'note', ?, '', '1', 0, ?, ?)", [id_, text, NOW.isoformat(), scoring.expert.member_id]
            )  # fmt: skip
        connection.commit()
    return scoring


def state(scene: Scene, kind: FindingKind, text: str, *items: str) -> int:
    return state_finding(scene.file, scene.secretary, Finding(kind, text, items), NOW)


def texts(scene: Scene) -> str:
    return " ".join(finding.text for finding in findings(scene.file))


def test_findings_stand_by_kind_and_then_in_order(scoring: Scene) -> None:
    """Highlights, problems, suggestions, whatever was stated first; within a kind as they were stated."""
    for kind, text in ((SUGGESTION, "一"), (PROBLEM, "二"), (HIGHLIGHT, "三"), (PROBLEM, "四"), (HIGHLIGHT, "五")):
        state(scoring, kind, text)
    assert texts(scoring) == "三 五 二 四 一"


def test_a_note_is_collected_by_a_tap(noted: Scene) -> None:
    """The note's words become a finding tied to item and observation; a second tap finds it there already."""
    given = (noted.file, noted.chair, PROBLEM, " 车间台账缺三个月 ", ["1", "4"], [71], NOW)
    id_ = collect_finding(*given)
    assert findings(noted.file) == (Finding(PROBLEM, "车间台账缺三个月", ("1", "4"), id_, (71,)),)
    assert collect_finding(*given) == id_
    assert len(findings(noted.file)) == 1
    assert log_of(noted)[-1].details["same"] is True
    other = collect_finding(noted.file, noted.chair, SUGGESTION, "车间台账缺三个月", ["1", "4"], [71], NOW)
    assert other != id_
    withdraw_finding(noted.file, noted.chair, id_, NOW)
    assert collect_finding(*given) not in {id_, other}  # one that was taken back is not there


def test_a_collected_finding_that_cannot_be(noted: Scene) -> None:
    """Without words, of an item or an observation that does not exist: refused."""
    for text, items, observations, error, code in (
        ("  ", [], [], ScoreError, "no-text"), ("话", ["99"], [], NotFound, "unknown-item"),
        ("话", ["1"], [71, 73], NotFound, "no-observation"),
    ):  # fmt: skip
        with refused(noted, error, code):
            collect_finding(noted.file, noted.chair, PROBLEM, text, items, observations, NOW)


def test_rewording_keeps_place_and_ties(noted: Scene) -> None:
    """New words in the old place, still resting on the same note."""
    id_ = collect_finding(noted.file, noted.chair, PROBLEM, "台账不全", ["1"], [71], NOW)
    state(noted, PROBLEM, "其二")
    (first, _) = findings(noted.file)
    state_finding(noted.file, noted.secretary, replace(first, text="生产台账不完整。"), NOW)
    assert findings(noted.file)[0] == Finding(PROBLEM, "生产台账不完整。", ("1",), id_, (71,))


def test_moving_goes_one_place_within_its_kind(scoring: Scene) -> None:
    """Up and down by one, not past the ends and not into another kind; what is stated later comes last."""
    ids = {text: state(scoring, PROBLEM, text) for text in "甲乙丙"}
    state(scoring, HIGHLIGHT, "亮")
    for text, up, expected in (
        ("丙", True, "亮 甲 丙 乙"), ("丙", True, "亮 丙 甲 乙"), ("丙", True, "亮 丙 甲 乙"),
        ("甲", False, "亮 丙 乙 甲"), ("甲", False, "亮 丙 乙 甲"), ("乙", True, "亮 乙 丙 甲"),
    ):  # fmt: skip
        move_finding(scoring.file, scoring.chair, ids[text], NOW, up=up)
        assert texts(scoring) == expected
    state(scoring, PROBLEM, "丁")
    state(scoring, PROBLEM, "戊")
    assert texts(scoring) == "亮 乙 丙 甲 丁 戊"
    with refused(scoring, NotFound, "no-finding"):
        move_finding(scoring.file, scoring.chair, 99, NOW, up=True)


def test_merging_unites_ties_and_takes_the_first_place(noted: Scene) -> None:
    """The new one stands where the first stood, of its kind, tied to all items and notes once; the others are gone."""
    state(noted, PROBLEM, "甲", "2")
    first = collect_finding(noted.file, noted.chair, PROBLEM, "乙", ["1", "2"], [71], NOW)
    state(noted, PROBLEM, "丙")
    second = collect_finding(noted.file, noted.chair, PROBLEM, "丁", ["4", "1"], [72, 71], NOW)
    third = collect_finding(noted.file, noted.chair, SUGGESTION, "戊", ["5"], [], NOW)
    merged = merge_findings(noted.file, noted.secretary, [third, second, first], "合并后的话", NOW)
    assert texts(noted) == "甲 合并后的话 丙"
    one = findings(noted.file)[1]
    assert (one.id, one.kind, one.items, one.observations) == (merged, PROBLEM, ("1", "2", "4", "5"), (71, 72))
    assert log_of(noted)[-1].details["merged"] == [first, second, third]


def test_a_merging_can_be_undone(scoring: Scene) -> None:
    """All that were merged stand again in their old places, and the merged one does not."""
    ids = [state(scoring, PROBLEM, text) for text in "甲乙丙丁"]
    before = [(finding.id, finding.text) for finding in findings(scoring.file)]
    merged = merge_findings(scoring.file, scoring.chair, [ids[1], ids[3]], "合", NOW)
    assert texts(scoring) == "甲 合 丙"
    part_findings(scoring.file, scoring.chair, merged, [ids[1], ids[3]], NOW)
    assert [(finding.id, finding.text) for finding in findings(scoring.file)] == before


def test_a_merging_that_cannot_be(scoring: Scene) -> None:
    """Of one, of the same twice, of one that was taken back, without words: refused."""
    one, two, gone = (state(scoring, PROBLEM, text) for text in "甲乙丙")
    withdraw_finding(scoring.file, scoring.chair, gone, NOW)
    for ids, text, error, code in (
        ([one], "合", ScoreError, "too-few-findings"), ([one, one], "合", ScoreError, "too-few-findings"),
        ([], "合", ScoreError, "too-few-findings"), ([one, gone], "合", NotFound, "no-finding"),
        ([one, two], " ", ScoreError, "no-text"),
    ):  # fmt: skip
        with refused(scoring, error, code):
            merge_findings(scoring.file, scoring.chair, ids, text, NOW)
