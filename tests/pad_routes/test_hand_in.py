"""The score pad's routes for handing in, taking back and looking again: answered after the commit."""

from __future__ import annotations

from typing import Any

from inspection_app.services import hand_in
from tests.pad_routes.conftest import Pad, refused
from tests.services.conftest import CHAIR, EXPERT, MARKS, NOW, OTHER, dump, mark_all, open_up


def changed(pad: Pad, path: str, **body: object) -> dict[str, Any]:
    answer = pad.post(f"/pad/{path}", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def beat(pad: Pad) -> dict[str, Any]:
    return dict(pad.get("/pad/pulse", member=pad.whose()["member"], client="t1", waiting=0).json())


def test_a_sheet_is_handed_in_and_taken_back(pads: dict[str, Pad]) -> None:
    """Handed in it can only be read, on every tablet from the next heartbeat on; sent again it is the same hand-in."""
    pad, scene = pads[EXPERT], pads[EXPERT].scene
    mark_all(scene, EXPERT)
    sheet, first = pad.get("/pad/sheet").json(), beat(pad)
    assert (sheet["handed_in"], sheet["may_hand_in"], sheet["may_take_back"], sheet["again"]) == (None, True, False, {})
    assert {one["editable"] for one in sheet["sheet"].values()} == {True}
    told = changed(pad, "hand-in")
    before = dump(scene.file)
    assert changed(pad, "hand-in")["handed_in"] == told["handed_in"]
    assert {**dump(scene.file), "log": []} == {**before, "log": []}
    sheet, second = pad.get("/pad/sheet").json(), beat(pad)
    assert (sheet["handed_in"], sheet["may_hand_in"], sheet["may_take_back"]) == (told["handed_in"], False, True)
    assert (sheet["writable"], {one["editable"] for one in sheet["sheet"].values()}) == (False, {False})
    assert sheet["why"]
    assert (second["writable"], second["hand_in"] == first["hand_in"]) == (False, False)
    before = dump(scene.file)
    refused(pad.answer(base=1, note="再改"), 409, "handed-in")
    assert dump(scene.file) == before
    assert changed(pad, "take-back")["handed_in"] is None
    assert {**beat(pad), "now": ""} == {**first, "now": ""}
    assert pad.answer(base=1, note="再改").json()["revision"] == 2
    before = dump(scene.file)
    refused(pad.post("/pad/take-back", {}), 409, "not-handed-in")
    assert dump(scene.file) == before


def test_an_incomplete_sheet_is_not_handed_in(pad: Pad) -> None:
    """The message names the items without a mark."""
    pad.answer(item="2", answers={"1": 1})
    before = dump(pad.scene.file)
    message = refused(pad.post("/pad/hand-in", {}), 409, "sheet-incomplete")["message"]
    assert message.endswith("：1, 4。"), message
    assert dump(pad.scene.file) == before


def test_looking_again_opens_one_item(pads: dict[str, Pad]) -> None:
    """After the opening only the item that the chair asked about can be changed, and only until one has looked."""
    pad, scene = pads[EXPERT], pads[EXPERT].scene
    mark_all(scene)
    open_up(scene)
    first = beat(pad)
    refused(pad.answer(base=1, note="再改"), 409, "wrong-stage")
    hand_in.ask_again(scene.file, scene.chair, scene.expert.member_id, "1", "请核对会议次数", NOW)
    sheet = pad.get("/pad/sheet").json()
    assert sheet["again"] == {"1": {"by": CHAIR, "reason": "请核对会议次数"}}
    assert [no for no, one in sheet["sheet"].items() if one["editable"]] == ["1"]
    assert (sheet["writable"], beat(pad)["hand_in"] == first["hand_in"]) == (False, False)
    assert pads[OTHER].get("/pad/sheet").json()["again"] == {}
    refused(pad.answer(item="2", sequence=2, base=1, answers={"1": 1}), 409, "wrong-stage")
    assert pad.answer(sequence=3, base=1, note="再改").json()["revision"] == 2
    refused(pads[OTHER].post("/pad/looked-again", {"item": "1"}), 409, "no-asking")
    refused(pad.post("/pad/looked-again", {"item": 1}), 400, "no-field")
    pad.answer(sequence=4, base=2, answers=MARKS[EXPERT]["1"])
    assert changed(pad, "looked-again", item="1")["item"] == "1"
    assert pad.get("/pad/sheet").json()["again"] == {}
    before = dump(scene.file)
    refused(pad.post("/pad/looked-again", {"item": "1"}), 409, "no-asking")
    refused(pad.answer(sequence=5, base=3, note="还改"), 409, "wrong-stage")
    assert dump(scene.file) == before
