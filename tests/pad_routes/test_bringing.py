"""The page that takes an offline sheet from the window that opened it: what it may do, what it shows, what it refuses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from inspection_app.core.visit import Role
from inspection_app.services.score import sheet_of
from tests.pad_routes.conftest import Pad, refused
from tests.services.conftest import CHAIR, EXPERT, OTHER, SECRETARY, dump
from tests.services.test_bring_sheets import NO, YES, answer, carried

PAGE, LOOK = "/pad/bring", "/pad/bring/look"


def text(pad: Pad, *entries: Any, who: str = EXPERT, **head: Any) -> dict[str, str]:
    """An answer file of somebody's tablet, as the page sends it."""
    return {"answers": carried(pad.scene, who, *entries, **head).content.decode()}


def test_the_page_knows_its_opener_and_asks_the_hub_alone(pad: Pad) -> None:
    """Of all pages this one may be spoken to by the window that opened it; it runs its own script and nothing else, and
    stands in no frame. Whoever is not signed in gets the same page without the script."""
    shown = pad.get(PAGE)
    policy = shown.headers["Content-Security-Policy"]
    assert (shown.status_code, shown.headers["Cross-Origin-Opener-Policy"]) == (200, "unsafe-none")
    assert EXPERT in shown.text
    for rule in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'"):
        assert rule in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    stranger = requests.get(pad.url + PAGE, timeout=20)
    assert (stranger.status_code, "<script" in stranger.text, "/sign-in" in stranger.text) == (401, False, True)
    others = requests.get(f"{pad.url}/sign-in", cookies=pad._cookies(), timeout=20)
    assert others.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_who_is_signed_in_to_another_visit_is_told(pads: dict[str, Pad]) -> None:
    """The page says so and has no script: the sheet has nobody to give anything to."""
    shown = requests.get(f"{pads[EXPERT].url}{PAGE}?visit=elsewhere", cookies=pads[EXPERT]._cookies(), timeout=20)
    assert (shown.status_code, "<script" in shown.text, "另一次" in shown.text) == (401, False, True)


def test_what_is_looked_at_changes_nothing_and_what_is_brought_is_the_experts_own(pad: Pad) -> None:
    """Looking leaves no row; one tap makes the entries theirs, from a file; again, there is nothing to bring."""
    before, sent = dump(pad.scene.file), text(pad, ("1", YES, 0, 1), ("2", {"1": 2}, 0, 2))
    seen = pad.post(LOOK, sent).json()
    assert dump(pad.scene.file) == before
    assert (seen["rows"], seen["faults"], seen["note"]) == (
        [{"colour": "saved", "kind": "新增", "text": "第1、2项"}], [], "",
    )  # fmt: skip
    assert "2" in seen["button"]
    assert pad.post(PAGE, sent).json()["whole"] is True
    found = sheet_of(pad.scene.file, pad.scene.expert).entries
    assert [(found[no].note, found[no].carrier, found[no].confirmed) for no in "12"] == [
        ("离线1", "file", True), ("离线2", "file", True),
    ]  # fmt: skip
    before, again = dump(pad.scene.file), pad.post(LOOK, sent).json()
    assert (again["button"], bool(again["note"]), [row["colour"] for row in again["rows"]]) == ("", True, ["quiet"])
    assert pad.post(PAGE, sent).status_code == 200
    assert dump(pad.scene.file) == before


def test_a_conflict_is_not_settled_here(pad: Pad) -> None:
    """What differs from the hub is named and offers no button; sent all the same, nothing of the file comes in."""
    answer(pad.scene, "1", NO, 0)
    sent = text(pad, ("1", YES, 0, 1), ("2", {"1": 2}, 0, 2))
    seen = pad.post(LOOK, sent).json()
    assert (seen["button"], bool(seen["note"])) == ("", True)
    assert {row["colour"] for row in seen["rows"]} == {"waiting", "saved"}
    before = dump(pad.scene.file)
    refused(pad.post(PAGE, sent), 422, "no-choice")
    assert dump(pad.scene.file) == before


def test_whose_it_is_decides_as_for_an_upload(pads: dict[str, Pad]) -> None:
    """Another expert and the chair bring nothing of it; what the secretary brings waits for the expert; a sheet that
    came in half is not called whole."""
    pad = pads[EXPERT]
    sent = text(pad, ("1", YES, 0, 1))
    before = dump(pad.scene.file)
    for name in (OTHER, CHAIR):
        seen = pads[name].post(LOOK, sent).json()
        assert ([row["colour"] for row in seen["rows"]], seen["button"]) == (["refused"], "")
        assert pads[name].post(PAGE, sent).json()["whole"] is False
    assert dump(pad.scene.file) == before
    assert "确认" in pads[SECRETARY].post(LOOK, sent).json()["note"]
    assert pads[SECRETARY].post(PAGE, sent).json()["whole"] is True
    assert not sheet_of(pad.scene.file, pad.scene.expert).entries["1"].confirmed
    assert pad.post(PAGE, text(pad, ("2", {"1": 2}, 0, 2), ("999", YES, 0, 3))).json()["whole"] is False


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ("", "答案文件"), ("{", "答案文件"), ("[" * 10_000, "层"), ("PK\x03\x04", "."), ("\ud800", "答案文件"),
        ('{"format": "inspection-app answers 1"}', "."), (" " * 5_000_001, "5 MB"),
    ],
    ids=["nothing", "cut", "10,000 deep", "a workbook", "half a character", "no head", "5 MB"],
)  # fmt: skip
def test_what_is_no_answer_file_is_named(pad: Pad, answers: str, fault: str) -> None:
    """It stands as a fault where the items would, and nothing can be brought in."""
    before = dump(pad.scene.file)
    seen = pad.post(LOOK, {"answers": answers}).json()
    assert (seen["rows"], seen["button"], len(seen["faults"])) == ([], "", 1)
    assert re.search(fault, seen["faults"][0])
    assert pad.post(PAGE, {"answers": answers}).json()["whole"] is False
    assert dump(pad.scene.file) == before


def test_what_is_sent_in_another_way_is_refused(pads: dict[str, Pad]) -> None:
    """No JSON, 11 MB of it, without an answer file, under another's name, without a cookie, by a page of a device's
    storage or of another website: each with its status, and nothing changes."""
    pad = pads[EXPERT]
    sent, before = text(pad, ("1", YES, 0, 1)), dump(pad.scene.file)
    whole = json.dumps({**pad.whose(), **sent}).encode()
    for path in (PAGE, LOOK):
        for body in (b"", b"\xff", b"[]", whole[:-5], b" " * 11_000_000 + whole):
            refused(pad.post(path, body), 400, "not-json")
        refused(pad.post(path, {"answers": {}}), 400, "no-field")
        refused(pads[OTHER].post(path, whole), 403, "another-sheet")
        refused(requests.post(pad.url + path, data=whole, timeout=20), 401, "not-signed-in")
        for origin in ("null", "http://elsewhere.example"):
            assert pad.post(path, whole, Origin=origin).status_code == 403
    assert dump(pad.scene.file) == before
    assert pad.scene.expert.role is Role.EXPERT
