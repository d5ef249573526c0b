"""Typing in from paper: the line of signs reads as what was meant or says what is expected; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection_app.core.rubric import Item, Step, Tick
from inspection_app.core.scoring import ITEM, NA, score_item
from inspection_app.core.table import part_choices
from inspection_app.core.typed_line import code, line_of, parse_line, reasons_of
from inspection_app.errors import ScoreError

ITEM_6 = Item.model_validate({
    "no": 6, "content": "六类评分点", "points": 20, "rule_text": "略", "na": "没有此项的",
    "criteria": [
        {"id": 1, "kind": "tick", "points": 1, "text": "机构"},
        {"id": 2, "kind": "tick", "points": 3, "text": "会议", "na": "无会议的"},
        {"id": "c", "kind": "choice", "text": "级别", "tiers": [{"points": 2, "text": "省"}, {"points": 1, "text": "市"}]},
        {"id": 4, "kind": "step", "text": "占比", "figure": "f", "bands": [{"from": 0, "points": 1}]},
        {"id": 5, "kind": "step", "text": "增长", "figure": "f", "measure": "change", "bands": [{"from": -9, "points": 1}]},
        {"id": 6, "kind": "rate", "text": "每项", "figure": "f", "points": 2, "each": 1},
        {"id": 7, "kind": "grade", "text": "酌情", "points": 4},
    ],
})  # fmt: skip
TICKS = Item.model_validate({
    "no": "12", "content": "两个判断点", "points": 4, "rule_text": "略",
    "criteria": [{"id": n, "kind": "tick", "points": 2, "text": "点"} for n in (1, 2)],
})  # fmt: skip
WHOLE_LINE = "1 5 2 0.45 7/8 -1 3.5"
MEANT = {
    "1": True, "2": {"points": "1.5", "reason": "只开一次"}, "c": 2, "4": "0.45", "5": {"value": "7", "last": "8"},
    "6": "-1", "7": "3.5",
}  # fmt: skip


def read(text: str, **reasons: str) -> dict[str, Any]:
    return parse_line(TICKS, text, {key.removeprefix("c"): reason for key, reason in reasons.items()})


@pytest.mark.parametrize(
    "text",
    [
        WHOLE_LINE,
        "　１　５　２　０．４５　７／８　－１　３．５　",  # a Chinese keyboard's signs
        "  1\t5 2 0.45 7/8 −1 3.5",
        "6-1 1 6-2 5 6-c 2 6-4 0.45 6-5 7/8 6-6 -1 6-7 3.5",
        "6-7 3.5 6－C 2 6—4 0.45 6-5 7/8 6-6 -1 6-2 5 6-1 1",  # codes in any order, however the hyphen came out
    ],
)
def test_a_line_of_every_kind(text: str) -> None:
    """One sign a criterion, in order or by the printed codes, in half or full width: the same answers."""
    assert parse_line(ITEM_6, text, {"2": " 只开一次 "}) == MEANT


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("", {}),
        ("　", {}),
        ("- -", {}),
        ("1 -", {"1": True}),
        ("- 0", {"2": False}),
        ("12-2 0", {"2": False}),
        ("12-2 - 12-1 1", {"1": True}),
        ("=4.5", {ITEM: {"override": "4.5", "reason": ""}}),
        ("1 0 = 3", {"1": True, "2": False, ITEM: {"override": "3", "reason": ""}}),
        ("＝３ 1 0", {"1": True, "2": False, ITEM: {"override": "3", "reason": ""}}),
        ("=*", {ITEM: NA}),
        ("* 1", {"1": NA, "2": True}),
        ("5/1.0 5", {"1": {"points": "1.0", "reason": ""}, "2": {"points": "1", "reason": ""}}),
    ],
)
def test_what_is_left_out(text: str, answers: Mapping[str, Any]) -> None:
    """A hyphen or nothing leaves unmarked, which is no zero; the whole item has a sign of its own."""
    assert read(text) == answers


@pytest.mark.parametrize(
    ("text", "code_", "named"),
    [
        ("1", "sign-count", ["12-1, 12-2", "2", "1"]),
        ("1 1 1", "sign-count", ["2", "3"]),
        ("11", "sign-count", ["2", "1"]),
        ("1 2", "not-understood", ["criterion 2", "“2”", "1 for reached", "5 for in part"]),
        ("01 1", "not-understood", ["criterion 1", "“01”"]),
        ("5/x 1", "not-understood", ["criterion 1"]),
        ("1/1 1", "not-understood", ["criterion 1"]),
        ("12-3 1", "unknown-code", ["12-3", "12-1, 12-2"]),
        ("6-1 1", "unknown-code", ["6-1"]),
        ("12-1 1 12-1 0", "twice", ["12-1"]),
        ("12-1 1 12-2", "not-understood", ["criterion 2"]),
        ("=1 =2", "twice", ["="]),
        ("=", "not-a-number", ["12"]),
        ("=x", "not-a-number", ["“x”"]),
        ("1,0", "sign-count", []),
    ],
)
def test_what_is_not_understood(text: str, code_: str, named: list[str]) -> None:
    """A line that could be read in two ways is refused; the message names item, criterion and what is expected."""
    with pytest.raises(ScoreError) as caught:
        read(text)
    assert caught.value.code == code_
    assert "Item 12" in str(caught.value)
    assert [part for part in named if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("place", "sign", "expected"),
    [
        (2, "省", "1 to 2, 0 where none fits"),
        (2, "-1", "1 to 2"),
        (2, "1.0", "1 to 2"),
        (3, "半", "the measured number"),
        (3, "7/8", "the measured number"),  # nothing to compare it with
        (4, "7/", "7/8"),
        (6, "4分", "0 to 4"),
    ],
)
def test_each_kind_says_what_it_expects(place: int, sign: str, expected: str) -> None:
    """A wrong sign names its own criterion, wherever in the line it stands, and the form that fits it."""
    signs = WHOLE_LINE.split()
    signs[place] = sign
    with pytest.raises(ScoreError) as caught:
        parse_line(ITEM_6, " ".join(signs))
    assert f"criterion {ITEM_6.criteria[place].id}:" in str(caught.value)
    assert expected in str(caught.value)


def test_reasons_are_given_apart() -> None:
    """A part without its reason is read, but scoring refuses it; with the reason it is taken."""
    half = read("5 1")
    assert reasons_of(half) == {"1": ""}
    with pytest.raises(ScoreError, match="reason"):
        score_item(TICKS, half)
    assert reasons_of(read("5 1 =3", c1="缺一次", item="突出")) == {"1": "缺一次", ITEM: "突出"}
    assert score_item(TICKS, read("5 1", c1="缺一次")).points == Decimal(3)
    assert parse_line(ITEM_6, "6-7 3", {"7": "材料不全"}) == {"7": {"points": "3", "reason": "材料不全"}}


def test_a_plain_5_is_half() -> None:
    """5 alone is half the points where the scheme offers half, else the largest part; others are written out."""
    thirds, quarters = Decimal(1) / 3, Decimal("0.25")
    assert parse_line(TICKS, "5 1", part_step=quarters)["1"]["points"] == "1"
    assert parse_line(TICKS, "5/0.5 1", part_step=quarters)["1"]["points"] == "0.5"
    largest = parse_line(TICKS, "5 1", part_step=thirds)["1"]["points"]
    assert Decimal(largest) == part_choices(TICKS.criteria[0], thirds)[-1]


def test_codes_are_the_printed_ones() -> None:
    """Item number, hyphen, criterion."""
    assert [code(ITEM_6, criterion) for criterion in ITEM_6.criteria][:3] == ["6-1", "6-2", "6-c"]


def test_answers_from_the_screen_read_as_a_line() -> None:
    """Answers as a screen saves them, with numbers of any type, are written as the line that reads the same."""
    saved = MEANT | {"4": 0.45, "6": -1, "c": "2", ITEM: {"override": Decimal("9.5"), "reason": "合计"}}
    line = line_of(ITEM_6, saved)
    assert line == WHOLE_LINE + " =9.5"
    assert parse_line(ITEM_6, line, reasons_of(saved)) == MEANT | {ITEM: {"override": "9.5", "reason": "合计"}}
    assert line_of(ITEM_6, {}) == ""


NUMBERS = st.decimals(-99, 99, places=2).map(lambda number: f"{number:f}")
REASONS = st.text(min_size=1).map(str.strip).filter(bool)


@st.composite
def whole_answers(draw: st.DrawFn) -> dict[str, Any]:
    """Any answers that the kinds of criteria of item 6 can hold."""
    found: dict[str, Any] = {}
    for criterion in ITEM_6.criteria:
        match criterion:
            case Tick():
                points = str(draw(st.sampled_from(part_choices(criterion, Decimal("0.25")))))
                answer = st.booleans() | st.builds(lambda r, p=points: {"points": p, "reason": r}, REASONS)
            case Step() if criterion.against:
                answer = NUMBERS | st.fixed_dictionaries({"value": NUMBERS, "last": NUMBERS})
            case _ if criterion.kind == "choice":
                answer = st.integers(0, 2)
            case _ if criterion.kind == "grade":
                answer = NUMBERS | st.fixed_dictionaries({"points": NUMBERS, "reason": REASONS})
            case _:
                answer = NUMBERS
        found[criterion.id] = draw(st.none() | st.just(NA) | answer)
    found[ITEM] = draw(st.none() | st.just(NA) | st.fixed_dictionaries({"override": NUMBERS, "reason": REASONS}))
    return {key: answer for key, answer in found.items() if answer is not None}


@given(whole_answers())
def test_line_and_answers_are_one(answers: dict[str, Any]) -> None:
    """Whatever can be answered can be written as a line with its reasons, and reads back as exactly that."""
    step = Decimal("0.25")
    line = line_of(ITEM_6, answers, part_step=step)
    assert parse_line(ITEM_6, line, reasons_of(answers), part_step=step) == answers


@given(st.text(alphabet="0123456789-/*= .6c　＝－", max_size=30))
def test_any_typing_is_read_or_refused(text: str) -> None:
    """Whatever the keypad sends is either understood, and then writes as a line of the same meaning, or refused."""
    try:
        answers = parse_line(ITEM_6, text)
    except ScoreError:
        return
    assert parse_line(ITEM_6, line_of(ITEM_6, answers)) == answers
