"""The answer file: it comes back as it was written, and what is cut off, edited or hostile is named."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from inspection_app.core.merge import CarriedEntry, CarriedSheet, Salvaged, Stamp
from inspection_app.errors import ScoreError
from inspection_app.sheets import read_answer_file, write_answer_file

AT = datetime(2026, 5, 12, 18, 3, 22, tzinfo=timezone(timedelta(hours=8)))
ENTRIES = tuple(
    CarriedEntry(str(no), {"1": True, "2": {"points": "0.5", "reason": "只看到“纪要”"}}, f'第{no}项 {{"6": {{', no % 3,
                 Stamp("tablet-1", 10 + no))
    for no in range(1, 21)
)  # fmt: skip
SHEET = CarriedSheet("visit-1", "digest", 3, "file", AT, ENTRIES)


def written() -> dict[str, Any]:
    return json.loads(write_answer_file(SHEET))


def read(content: dict[str, Any]) -> Any:
    return read_answer_file(json.dumps(content, ensure_ascii=False).encode())


def test_it_comes_back_as_it_was_written() -> None:
    """Every entry, with its stamp and base revision; nothing is complained of."""
    assert read_answer_file(write_answer_file(SHEET)) == Salvaged(SHEET)


def test_the_check_is_the_one_the_head_of_the_module_describes() -> None:
    """A check worked out from the description alone: the offline sheet's JavaScript has no other source."""
    content = '["visit-1","digest",3,"tablet-1","1",{"1":true,"2":{"points":"0.5","reason":"只看到“纪要”"}},' \
              '"第1项 {\\"6\\": {",1,11]'  # fmt: skip
    assert written()["entries"]["1"]["check"] == hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("kept", [0.999, 0.7, 0.5, 0.25])
def test_a_file_that_is_cut_off_gives_its_whole_entries(kept: float) -> None:
    """What stands whole before the cut is read and the cut is named; nothing is read that was not written."""
    content = write_answer_file(SHEET)
    found = read_answer_file(content[: int(len(content) * kept)])
    assert 0 < len(found.sheet.entries) < 21
    assert all(one in ENTRIES for one in found.sheet.entries)
    assert "cut off" in found.faults[0].text()


def test_damage_in_the_middle_costs_the_damaged_entry_alone() -> None:
    """Twenty entries, one broken byte: nineteen come in."""
    content = write_answer_file(SHEET)
    place = content.index("第9项".encode())
    found = read_answer_file(content[:place] + b"\xff" + content[place + 1 :])
    assert {one.item for one in found.sheet.entries} == {str(no) for no in range(1, 21)} - {"9"}
    assert any(fault.context.get("item") == "9" for fault in found.faults)


@pytest.mark.parametrize(
    ("field", "value"),
    [("answers", {"1": False}), ("note", "改了"), ("base_revision", 0), ("sequence", 99), ("check", "0" * 64)],
)
def test_an_entry_that_was_edited_by_hand_is_left_out(field: str, value: Any) -> None:
    """Any field of an entry: it is named, and all the others come in."""
    content = written()
    content["entries"]["4"][field] = value
    found = read(content)
    assert {one.item for one in found.sheet.entries} == {str(no) for no in range(1, 21)} - {"4"}
    assert [fault.context.get("item") for fault in found.faults] == ["4"]


@pytest.mark.parametrize(
    ("field", "value"), [("member", 4), ("visit", "visit-2"), ("rubric_digest", "x"), ("client", "y")]
)
def test_a_head_that_was_edited_by_hand_leaves_nothing(field: str, value: Any) -> None:
    """A sheet cannot be made somebody else's, or another visit's, by a change of its head."""
    assert read(written() | {field: value}).sheet.entries == ()


def test_an_entry_that_was_taken_out_is_noticed() -> None:
    """The file's own check names what no entry's check can."""
    content = written()
    del content["entries"]["7"]
    found = read(content)
    assert len(found.sheet.entries) == 19
    assert "by hand" in found.faults[0].text()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no-answer-file"),
        (b"\x00\x01\x02", "no-answer-file"),
        (b"[1, 2]", "no-answer-file"),
        (b'"text"', "no-answer-file"),
        (b'{"format": "something else"}', "no-answer-file"),
        (b'{"format": "inspection-app answers 1"}', "bad-head"),
        (b"[" * 10_000, "too-deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too-deep"),
        (b" " * 5_000_001, "too-large"),
        (bytes(200_000_000), "too-large"),
    ],
    ids=["empty", "binary", "list", "text", "other", "no head", "brackets", "deep", "5 MB", "200 MB"],
)  # fmt: skip
def test_what_is_no_answer_file_is_refused(content: bytes, code: str) -> None:
    """Each with its own reason, and none of them takes long or much memory."""
    with pytest.raises(ScoreError) as caught:
        read_answer_file(content)
    assert caught.value.code == code
    assert caught.value.text()


@pytest.mark.parametrize(
    "entry",
    [
        None, [], "x", {"answers": [], "note": "", "base_revision": 0, "sequence": 0},
        {"answers": {}, "note": 1, "base_revision": 0, "sequence": 0},
        {"answers": {}, "note": "", "base_revision": True, "sequence": 0},
        {"answers": {}, "note": "", "base_revision": -1, "sequence": 0},
        {"answers": {}, "note": "", "base_revision": 0, "sequence": 2**60},
        {"answers": {}, "note": "\ud800", "base_revision": 0, "sequence": 0},
    ],
)  # fmt: skip
def test_an_entry_of_another_shape_is_damaged(entry: Any) -> None:
    """Wrong types, numbers a browser cannot write, half characters: named, and left out."""
    content = written()
    content["entries"] = {"1": entry}
    found = read_answer_file(json.dumps(content).encode())
    assert found.sheet.entries == ()
    assert [fault.context.get("item") for fault in found.faults] == ["1"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_does_not_come_in(number: str) -> None:
    """What JSON does not know, or cannot hold, costs the entry that has it."""
    content = write_answer_file(SHEET).replace(b'"0.5"', number.encode(), 1)
    found = read_answer_file(content)
    assert {one.item for one in found.sheet.entries} == {str(no) for no in range(2, 21)}
    assert found.faults


def test_a_file_without_checks_is_read_and_said_to_be_unchecked() -> None:
    """A browser without SHA-256 writes no checks at all; a single missing one is still damage."""
    content = written()
    content["entries"]["4"]["check"] = ""
    assert len(read(content).sheet.entries) == 19
    content["check"] = ""
    for entry in content["entries"].values():
        entry["check"] = ""
    found = read(content)
    assert found.sheet.entries == ENTRIES
    assert ["no checks" in fault.text() for fault in found.faults] == [True]
