"""What the score pad's routes refuse: each with a status and a message, and without a trace."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspection_app import access
from inspection_app.core.duties import Scope
from inspection_app.services import assign, join, prepare, recuse
from tests.pad_routes.conftest import CHANGE, Pad, copy, refused, signed
from tests.services.conftest import CHAIR, EXPERT, NOW, OTHER, SECRETARY, SITES, THIRD, Scene, create, dump, fill_in


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"item": "99"}, 404, "unknown-item"),
        ({"answers": {"9": True}}, 422, "unknown-criterion"),
        ({"answers": {"1": "yes"}}, 422, "wrong-form"),
        ({"answers": {"item": {"override": "2.5", "reason": "高"}}}, 422, "out-of-range"),
        ({"answers": {"item": {"override": "1"}}}, 422, "no-reason"),
        ({"answers": {"item": "na"}}, 422, "na-not-allowed"),
        ({"item": "4", "answers": {"1": "4.01"}}, 422, "out-of-range"),
        ({"item": "4", "answers": {"1": "-1"}}, 422, "out-of-range"),
        ({"item": "4", "answers": {"1": "1e3"}}, 422, "not-a-number"),
        ({"item": "3", "answers": {"1": "1001"}}, 422, "figure-range"),
        ({"note": "长" * 4001}, 422, "note-too-long"),
        ({"base": 7}, 409, "changed-elsewhere"),
        ({"member": 999}, 403, "another-sheet"),
        ({"visit": "elsewhere"}, 403, "another-visit"),
        ({"member": "3x"}, 400, "no-field"),
        ({"client": ""}, 400, "no-field"),
        ({"client": "x" * 65}, 400, "no-field"),
        ({"client": "a\nb"}, 400, "no-field"),
        ({"sequence": 0}, 400, "no-field"),
        ({"sequence": True}, 400, "no-field"),
        ({"sequence": 2**53}, 400, "no-field"),
        ({"sequence": 1.5}, 400, "no-field"),
        ({"base": -1}, 400, "no-field"),
        ({"base": None}, 400, "no-field"),
        ({"answers": []}, 400, "no-field"),
        ({"note": None}, 400, "no-field"),
        ({"item": 1}, 400, "no-field"),
        ({"note": "\ud800"}, 400, "not-json"),
        ({"note": "x" * 66_000}, 413, "body-too-large"),
        ({"note": "x" * 3_000_000}, 413, "body-too-large"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_taken(pad: Pad, changed: dict[str, Any], status: int, code: str) -> None:
    """Each is refused with its status and a message, and no row of the file changes, the log's included."""
    before = dump(pad.scene.file)
    refused(pad.answer(**changed), status, code)
    assert dump(pad.scene.file) == before


@pytest.mark.parametrize("path", ["answers", "phrases", "disputes", "hand-in", "take-back", "looked-again"])
def test_what_is_not_json(pad: Pad, path: str) -> None:
    """No route trips over a body that is no JSON object, nor over numbers that are none."""
    before = dump(pad.scene.file)
    for raw in (
        b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe{}", b"[" * 60_000, b'{"sequence": NaN}',
        b'{"answers": {"1": Infinity}}', b'{"sequence": ' + b"9" * 5000 + b"}", b"visit=a&item=1",
    ):  # fmt: skip
        refused(pad.post(f"/pad/{path}", raw), 400, "not-json")
    assert dump(pad.scene.file) == before


def test_a_number_beyond_all_numbers(pad: Pad) -> None:
    """What JSON allows and no mark can be is refused where marks are read."""
    body = json.dumps({**pad.whose(), **CHANGE, "item": "4"}).replace('{"1": true}', '{"1": 1e999}').encode()
    before = dump(pad.scene.file)
    refused(pad.post("/pad/answers", body), 422, "not-a-number")
    assert dump(pad.scene.file) == before


def test_numbers_are_kept_as_they_were_written(pad: Pad) -> None:
    """A tablet that sends a number instead of its digits does not get it rounded."""
    body = json.dumps({**pad.whose(), **CHANGE, "item": "4"}).replace('{"1": true}', '{"1": 2.10}').encode()
    assert pad.post("/pad/answers", body).status_code == 200
    assert [row["answers"] for row in dump(pad.scene.file, "answer")["answer"]] == ['{"1":"2.10"}']


@pytest.mark.parametrize("cookie", ["", "nonsense", "WyJhIiwxLDFd.c2lnbmVkLWJ5LW5vYm9keQ"])
@pytest.mark.parametrize(
    "path", ["answers", "phrases", "disputes", "hand-in", "take-back", "looked-again", "sheet", "pulse"]
)
def test_nobody_gets_in_without_a_cookie_of_this_hub(pad: Pad, path: str, cookie: str) -> None:
    """No cookie, or one that this hub did not sign, is 401 on every route, whatever else is sent."""
    stranger = replace(pad, cookie=cookie)
    before = dump(pad.scene.file)
    if path in {"sheet", "pulse"}:
        refused(stranger.get(f"/pad/{path}", member=3, client="t", waiting=0), 401, "not-signed-in")
    else:
        refused(stranger.post(f"/pad/{path}", CHANGE), 401, "not-signed-in")
        refused(stranger.post(f"/pad/{path}", b"{"), 401, "not-signed-in")
    assert dump(pad.scene.file) == before


def test_a_code_that_was_replaced_ends_every_tablet_signed_in_with_it(pad: Pad) -> None:
    """After the secretary gave out a new code the old sign-in is refused, and what it sends is not saved."""
    scene = pad.scene
    join.issue_code(scene.file, scene.secretary, scene.expert.member_id, access.new_code(os.urandom), NOW)
    before = dump(scene.file)
    refused(pad.answer(), 401, "code-replaced")
    refused(pad.get("/pad/sheet"), 401, "code-replaced")
    assert dump(scene.file) == before


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("path", ["answers", "phrases", "disputes", "hand-in", "take-back", "looked-again"])
def test_what_another_website_sends_is_refused(pad: Pad, path: str, origin: str) -> None:
    """With a cookie or not: a foreign Origin is 403 and changes nothing; our own is taken."""
    before = dump(pad.scene.file)
    answer = pad.post(f"/pad/{path}", CHANGE, Origin=origin)
    assert (answer.status_code, bool(answer.text)) == (403, True)
    assert dump(pad.scene.file) == before
    assert pad.post("/pad/answers", CHANGE, Origin=pad.url).status_code == 200


def test_another_experts_and_another_visits_sheet(pads: dict[str, Pad], url: str, folder: Path, built: Scene) -> None:
    """A tablet that changed hands saves nothing under the wrong name, and a cookie is good for one visit only."""
    elsewhere = copy(built, folder, f"{pads[EXPERT].scene.file.slug}-other")
    crossed = replace(pads[EXPERT], cookie=pads[OTHER].cookie)
    before = dump(crossed.scene.file), dump(elsewhere.file)
    refused(crossed.answer(), 403, "another-sheet")
    refused(crossed.get("/pad/pulse", member=crossed.whose()["member"], client="t", waiting=0), 403, "another-sheet")
    refused(replace(pads[EXPERT], scene=elsewhere).answer(), 403, "another-visit")
    refused(replace(pads[EXPERT], scene=elsewhere).get("/pad/sheet"), 403, "another-visit")
    assert (dump(crossed.scene.file), dump(elsewhere.file)) == before


def test_the_secretary_has_no_sheet(pads: dict[str, Pad]) -> None:
    """Who does not score is refused on every route."""
    pad = pads[SECRETARY]
    before = dump(pad.scene.file)
    refused(pad.answer(), 403, "role-may-not")
    refused(pad.get("/pad/sheet"), 403, "role-may-not")
    refused(pad.post("/pad/phrases", {"own": ["看了"]}), 403, "role-may-not")
    refused(pad.post("/pad/disputes", {"figure": "fund", "note": "不符"}), 403, "role-may-not")
    for path in ("hand-in", "take-back", "looked-again"):
        refused(pad.post(f"/pad/{path}", {"item": "1"}), 403, "role-may-not")
    assert dump(pad.scene.file) == before


def test_before_scoring_and_before_declaring(url: str, folder: Path, tmp_path: Path) -> None:
    """At the wrong stage, and without the declaration, nothing is taken; the sheet can be read and says why."""
    scene = copy(create(tmp_path), folder, "early")
    prepare.name_sites(scene.file, scene.secretary, SITES, NOW)
    pad = Pad(url, scene, EXPERT, signed(folder, scene, EXPERT))
    before = dump(scene.file)
    refused(pad.answer(), 409, "wrong-stage")
    assert dump(scene.file) == before
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    before = dump(scene.file)
    refused(pad.answer(), 409, "not-declared")
    assert dump(scene.file) == before
    sheet = pad.get("/pad/sheet").json()
    assert (sheet["writable"], sheet["declared"]) == (False, False)
    assert sheet["why"]


def test_items_of_others(url: str, folder: Path, tmp_path: Path) -> None:
    """An item that is not assigned, that one is recused from, or that one's group marks is refused, each by its name."""
    scene = create(tmp_path)
    everything = ["1", "2", "3", "4", "5"]
    given_out = {scene.people[name].member_id: everything for name in (CHAIR, OTHER, THIRD)}
    given_out[scene.expert.member_id] = ["1", "2"]
    assign.assign_items(scene.file, scene.secretary, given_out, NOW)
    people = [scene.other.member_id, scene.people[THIRD].member_id]
    assign.form_group(scene.file, scene.secretary, "一组", "计量", people[0], people, True, NOW)
    fill_in(scene)
    recusal = recuse.propose_recusal(
        scene.file, scene.secretary, scene.expert.member_id, Scope.ITEM, "2", "曾任顾问", NOW
    )
    recuse.decide_recusal(scene.file, scene.secretary, recusal, "省质量办", True, NOW)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    scene = copy(scene, folder, "others")
    before = dump(scene.file)
    for name, item, code in ((EXPERT, "3", "not-assigned"), (EXPERT, "2", "recused"), (THIRD, "1", "scored-by-group")):
        pad = Pad(url, scene, name, signed(folder, scene, name))
        refused(pad.answer(item=item, answers={"1": 1} if item == "2" else {}), 403, code)
    assert dump(scene.file) == before
    duties = {
        name: {
            no: one["duty"]
            for no, one in Pad(url, scene, name, signed(folder, scene, name)).get("/pad/sheet").json()["sheet"].items()
        }
        for name in (EXPERT, OTHER, THIRD)
    }
    assert duties[EXPERT] == {"1": "own", "2": "recused", "3": "not_assigned", "4": "not_assigned", "5": "not_assigned"}
    assert set(duties[OTHER].values()) == {"own"}
    assert set(duties[THIRD].values()) == {"by_group"}
