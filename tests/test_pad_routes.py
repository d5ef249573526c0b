"""The score pad over HTTP: saved once and only once, refused with a status and a message and without a trace."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from inspection_app import access, pad_routes, scorepad
from inspection_app.core.duties import Scope
from inspection_app.places import VISITS_VARIABLE
from inspection_app.presence import TABLETS
from inspection_app.services import assign, consolidate, join, prepare, recuse, score
from inspection_app.store import file as store_file
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure
from tests.hub import free_port, hub
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    MARKS,
    MEMBERS,
    NOW,
    OTHER,
    SECRETARY,
    SITES,
    THIRD,
    Scene,
    create,
    dump,
    fill_in,
    log_of,
    mark_all,
)

NUMBERS = count(1)
CHANGE = {"item": "1", "client": "t1-p1", "sequence": 1, "base": 0, "answers": {"1": True}, "note": "看了纪要"}


@dataclass(frozen=True)
class Pad:
    """A tablet: where the hub is, whose sheet it shows, and the cookie it is signed in with."""

    url: str
    scene: Scene
    name: str
    cookie: str

    def get(self, path: str, **query: object) -> requests.Response:
        asked = {"visit": self.scene.file.slug, **query}
        return requests.get(self.url + path, params=asked, cookies=self._cookies(), timeout=20)

    def post(self, path: str, body: Mapping[str, Any] | bytes, **headers: str) -> requests.Response:
        sent = body if isinstance(body, bytes) else json.dumps({**self.whose(), **body}).encode()
        return requests.post(self.url + path, data=sent, cookies=self._cookies(), headers=headers, timeout=20)

    def answer(self, **changed: Any) -> requests.Response:
        return self.post("/pad/answers", {**CHANGE, **changed})

    def whose(self) -> dict[str, Any]:
        return {"visit": self.scene.file.slug, "member": self.scene.people[self.name].member_id}

    def _cookies(self) -> dict[str, str]:
        return {access.COOKIE: self.cookie} if self.cookie else {}


def signed(folder: Path, scene: Scene, name: str) -> str:
    """Return the cookie that the first code of this person gives on this hub."""
    session = access.Session(scene.file.slug, scene.people[name].member_id, 1)
    return access.sign_session(session, access.hub_secret(folder))


def build(folder: Path) -> Scene:
    """A visit in which scoring is open and figures are in; nothing is drawn, nothing is marked."""
    scene = create(folder)
    fill_in(scene)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    return scene


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub") / "visits"


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with hub(folder) as url:
        yield url


def copy(scene: Scene, folder: Path, slug: str) -> Scene:
    return replace(scene, file=VisitFile(Path(shutil.copy(scene.file.path, folder / f"{slug}.visit"))))


@pytest.fixture
def pads(url: str, folder: Path, built: Scene) -> dict[str, Pad]:
    """A visit of this test's own on the hub of all, and a tablet of everybody, by name."""
    scene = copy(built, folder, f"v{next(NUMBERS)}")
    return {name: Pad(url, scene, name, signed(folder, scene, name)) for name in MEMBERS}


@pytest.fixture
def pad(pads: dict[str, Pad]) -> Pad:
    return pads[EXPERT]


def refused(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    """Hold an answer to what every refusal owes: its status, its code, and a Chinese message."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.json()["message"]
    assert "{" not in answer.json()["message"]
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json())


# --- the modules ---------------------------------------------------------------------------------------------------


def test_modules_are_fetched_once(url: str) -> None:
    """A module's address names its content, so a browser may keep it; another version or name is not found."""
    assert set(scorepad.modules()) == {"points", "outbox", "view"}
    for name, text in scorepad.modules().items():
        answer = requests.get(f"{url}/pad/{scorepad.version()}/{name}.js", timeout=20)
        assert (answer.status_code, answer.content.decode()) == (200, text)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/javascript")
    for path in ("0123456789abcdef/points.js", f"{scorepad.version()}/main.js", f"{scorepad.version()}/..%2fx.js"):
        assert requests.get(f"{url}/pad/{path}", timeout=20).status_code in {400, 404}


# --- the sheet -----------------------------------------------------------------------------------------------------


def test_the_sheet_has_everything_to_score_without_the_hub(pad: Pad) -> None:
    """Wording, tables, figures, own answers with their revision; packed for the way, kept by nobody in between."""
    pad.answer()
    answer = pad.get("/pad/sheet")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.headers["Content-Encoding"] == "gzip"
    sheet = answer.json()
    assert (sheet["visit"], sheet["slug"], sheet["name"]) == ("清溪县人民政府", pad.scene.file.slug, EXPERT)
    assert (sheet["stage"], sheet["writable"], sheet["why"], sheet["declared"]) == ("score", True, "", True)
    assert sheet["member"] == pad.scene.expert.member_id
    assert sheet["rubric"]["items"]["1"]["rule_text"] == "建立机构（1分）。召开会议（1分）。"
    assert sheet["figures"]["fund"]["value"] == "0.45"
    own = sheet["sheet"]["1"]
    assert (own["revision"], own["answers"], own["note"], own["duty"]) == (1, {"1": True}, "看了纪要", "own")
    assert datetime.fromisoformat(sheet["now"]).tzinfo


def test_the_sheet_holds_nobody_elses_marks(pads: dict[str, Pad]) -> None:
    """What others answered and noted is not in it, nor who they are."""
    mark_all(pads[OTHER].scene, OTHER, CHAIR)
    text = pads[EXPERT].get("/pad/sheet").text
    assert "会议只开了一次" not in text
    assert "现场所见" not in text
    assert OTHER not in text


def test_messages_are_in_the_readers_language(pads: dict[str, Pad]) -> None:
    """Chinese by default, English by the language cookie."""
    stranger = replace(pads[EXPERT], cookie="")
    chinese = refused(stranger.get("/pad/sheet"), 401, "not-signed-in")["message"]
    english = requests.get(stranger.url + "/pad/sheet", cookies={"inspection_language": "en"}, timeout=20).json()
    assert english["message"].startswith("Nobody is signed in")
    assert english["message"] != "" != chinese


# --- saving --------------------------------------------------------------------------------------------------------


def test_an_answer_is_saved_before_it_is_acknowledged(pad: Pad) -> None:
    """The answer names the revision and the time that are in the file, and the log has one entry more."""
    before = len(log_of(pad.scene))
    answer = pad.answer()
    assert answer.status_code == 200
    told = answer.json()
    (row,) = dump(pad.scene.file, "answer")["answer"]
    assert (row["answers"], row["note"], row["carrier"]) == ('{"1":true}', "看了纪要", "screen")
    assert (told["item"], told["revision"], told["at"], told["sequence"]) == ("1", 1, row["at"], 1)
    assert [entry.act for entry in log_of(pad.scene)[before:]] == ["answer-item"]


def test_the_same_request_again_changes_nothing(pad: Pad) -> None:
    """Sent three times it is one revision, one log entry, and the same answer each time."""
    first = pad.answer().json()
    before = dump(pad.scene.file)
    for _again in range(2):
        told = pad.answer().json()
        assert {**told, "now": ""} == {**first, "now": ""}
    assert dump(pad.scene.file) == before


def test_the_same_request_at_the_same_time_is_one_revision(pad: Pad) -> None:
    """Eight copies that arrive together are answered the same and saved once."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _number: pad.answer(), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({(answer.json()["revision"], answer.json()["at"]) for answer in answers}) == 1
    assert len(dump(pad.scene.file, "answer")["answer"]) == len(dump(pad.scene.file, "receipt")["receipt"]) == 1


def test_a_copy_that_was_held_up_changes_nothing(pad: Pad) -> None:
    """A first copy that comes after newer changes is answered as it was, and the newer ones stand."""
    first = pad.answer().json()
    pad.answer(sequence=2, base=1, answers={"1": False})
    pad.answer(sequence=3, base=2, answers={"1": True, "2": True})
    before = dump(pad.scene.file)
    assert pad.answer().json()["revision"] == first["revision"] == 1
    assert pad.answer(sequence=2, base=1, answers={"1": False}).json()["revision"] == 2
    assert dump(pad.scene.file) == before


def test_out_of_order_nothing_is_lost(pad: Pad) -> None:
    """The second change before the first is refused without a trace, and taken under the same number afterwards."""
    second = {"sequence": 2, "base": 1, "answers": {"1": True, "2": True}}
    before = dump(pad.scene.file)
    told = refused(pad.answer(**second), 409, "changed-elsewhere")
    assert told["latest"] == {"revision": 0, "answers": {}, "note": "", "at": None}
    assert dump(pad.scene.file) == before
    assert [pad.answer().json()["revision"], pad.answer(**second).json()["revision"]] == [1, 2]


def test_an_answer_that_was_missed_is_repeated_even_when_scoring_is_locked(pads: dict[str, Pad]) -> None:
    """What was saved stays saved: the repetition is acknowledged, while a new change is refused."""
    pad, scene = pads[EXPERT], pads[EXPERT].scene
    mark_all(scene, CHAIR, OTHER, THIRD)
    first = pad.answer().json()
    consolidate.open_marks(scene.file, scene.chair, NOW, reason="先行汇总")
    before = dump(scene.file)
    again = pad.answer()
    assert (again.status_code, again.json()["revision"], again.json()["at"]) == (200, 1, first["at"])
    refused(pad.answer(sequence=2, base=1, answers={"1": False}), 409, "wrong-stage")
    assert dump(scene.file) == before
    sheet = pad.get("/pad/sheet").json()
    assert (sheet["writable"], sheet["stage"]) == (False, "consolidate")
    assert sheet["why"]


def test_a_number_is_not_used_for_two_changes(pad: Pad) -> None:
    """Another content under a number that was used is refused: taken for the first it would be lost in silence."""
    pad.answer()
    before = dump(pad.scene.file)
    for other in ({"note": "另一句"}, {"answers": {"1": False}}, {"item": "2", "answers": {"1": 1}}):
        refused(pad.answer(**other), 409, "sequence-reused")
    assert dump(pad.scene.file) == before
    assert pad.answer(client="t1-p2", base=1, note="另一句").json()["revision"] == 2


def test_two_tablets_of_one_expert(pad: Pad) -> None:
    """The later one is shown the other version and nothing is overwritten; what the expert chooses is a new revision."""
    pad.answer()
    other = {"client": "t2-p1", "answers": {"1": False}, "note": "另一台"}
    before = dump(pad.scene.file)
    latest = refused(pad.answer(**other), 409, "changed-elsewhere")["latest"]
    assert (latest["revision"], latest["answers"], latest["note"]) == (1, {"1": True}, "看了纪要")
    assert dump(pad.scene.file) == before
    assert pad.answer(**other, sequence=2, base=1).json()["revision"] == 2
    assert [row["note"] for row in dump(pad.scene.file, "answer")["answer"]] == ["看了纪要", "另一台"]


def test_two_experts_do_not_meet(pads: dict[str, Pad]) -> None:
    """The same client and sequence on another expert's tablet is another change."""
    for name in (EXPERT, OTHER, THIRD, CHAIR):
        assert pads[name].answer().json()["revision"] == 1
    members = {row["member"] for row in dump(pads[EXPERT].scene.file, "answer")["answer"]}
    assert members == {pads[name].scene.people[name].member_id for name in (EXPERT, OTHER, THIRD, CHAIR)}


def test_many_tablets_at_once(pads: dict[str, Pad]) -> None:
    """Four people send their whole sheets at the same time: every answer is there once, and the log is unbroken."""
    changes = [
        (pads[name], {"item": item, "sequence": number, "answers": answers})
        for name, marks in MARKS.items()
        for number, (item, answers) in enumerate(marks.items(), 1)
    ]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: one[0].answer(**one[1]), changes))
    assert [answer.status_code for answer in answers] == [200] * len(changes)
    assert len(dump(pads[EXPERT].scene.file, "answer")["answer"]) == len(changes)
    for name, marks in MARKS.items():
        sheet = score.sheet_of(pads[name].scene.file, pads[name].scene.people[name])
        assert {item: dict(entry.answers) for item, entry in sheet.entries.items()} == {
            item: dict(answers) for item, answers in marks.items()
        }


def test_killed_between_commit_and_answer(tmp_path: Path, built: Scene) -> None:
    """A hub that was killed after it saved acknowledges the repetition after its restart, and saves nothing twice."""
    folder, port = tmp_path / "visits", free_port()
    folder.mkdir()
    scene = copy(built, folder, "killed")
    cookie = signed(folder, scene, EXPERT)
    with hub(folder, port) as url:
        first = Pad(url, scene, EXPERT, cookie).answer().json()
    before = dump(scene.file)
    with hub(folder, port) as url:
        again = Pad(url, scene, EXPERT, cookie).answer()
    assert (again.status_code, again.json()["at"]) == (200, first["at"])
    assert dump(scene.file) == before


# --- refusals ------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("path", ["answers", "phrases", "disputes"])
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
@pytest.mark.parametrize("path", ["answers", "phrases", "disputes", "sheet", "pulse"])
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
@pytest.mark.parametrize("path", ["answers", "phrases", "disputes"])
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


# --- the heartbeat, phrases, disputes ------------------------------------------------------------------------------


def test_the_heartbeat_tells_what_is_new(pads: dict[str, Pad]) -> None:
    """Stage, the hub's time and own revisions; the digest changes with a figure and with a dispute, nobody else's mark."""
    pad, scene = pads[EXPERT], pads[EXPERT].scene

    def beat() -> dict[str, Any]:
        answer = pad.get("/pad/pulse", member=pad.whose()["member"], client="t1", waiting=1, oldest="2.5")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    before = dump(scene.file)
    first = beat()
    assert dump(scene.file) == before
    assert (first["stage"], first["writable"], first["why"], first["revisions"]) == ("score", True, "", {})
    assert datetime.fromisoformat(first["now"]).tzinfo
    pads[OTHER].answer()
    assert {**beat(), "now": ""} == {**first, "now": ""}
    pad.answer()
    assert beat()["revisions"] == {"1": 1}
    prepare.enter_figure(scene.file, scene.secretary, AgreedFigure("fund", "0.5"), NOW)
    second = beat()
    assert second["figures"] != first["figures"]
    pad.post("/pad/disputes", {"figure": "fund", "note": "与年报不符"})
    assert beat()["figures"] != second["figures"]
    pad.post("/pad/phrases", {"own": ["看了"]})
    assert beat()["phrases"] != second["phrases"]
    assert beat()["duties"] == first["duties"]


@pytest.mark.parametrize("asked", [{"client": ""}, {"waiting": "x"}, {"waiting": -1}, {"member": "x"}, {"member": ""}])
def test_a_heartbeat_that_makes_no_sense(pad: Pad, asked: dict[str, Any]) -> None:
    """What is missing or no number is refused as what it is."""
    query = {"member": pad.whose()["member"], "client": "t1", "waiting": 0, **asked}
    refused(pad.get("/pad/pulse", **query), 400, "no-field")


def test_own_phrases(pads: dict[str, Pad]) -> None:
    """They are kept trimmed and without doubles, are on the next sheet, and on nobody else's."""
    answer = pads[EXPERT].post("/pad/phrases", {"own": [" 查阅原件 ", "", "查阅原件", "缺一份"]})
    assert answer.json()["own"] == ["查阅原件", "缺一份"]
    assert pads[EXPERT].get("/pad/sheet").json()["phrases"] == {"own": ["查阅原件", "缺一份"], "shared": []}
    assert pads[OTHER].get("/pad/sheet").json()["phrases"] == {"own": [], "shared": []}
    before = dump(pads[EXPERT].scene.file)
    refused(pads[EXPERT].post("/pad/phrases", {"own": ["长" * 201]}), 422, "phrase-too-long")
    refused(pads[EXPERT].post("/pad/phrases", {"own": [str(n) for n in range(51)]}), 422, "too-many-phrases")
    refused(pads[EXPERT].post("/pad/phrases", {"own": [1]}), 400, "no-field")
    assert dump(pads[EXPERT].scene.file) == before


def test_a_dispute_that_is_sent_again_is_the_same(pads: dict[str, Pad]) -> None:
    """The repetition is answered with the dispute that is open; another note has to wait for the office's answer."""
    pad = pads[EXPERT]
    first = pad.post("/pad/disputes", {"figure": "fund", "note": "与年报不符"})
    assert first.status_code == 200
    before = dump(pad.scene.file)
    assert pad.post("/pad/disputes", {"figure": "fund", "note": " 与年报不符 "}).json()["dispute"] == first.json()["dispute"]
    refused(pad.post("/pad/disputes", {"figure": "fund", "note": "还是不符"}), 409, "already-disputed")
    refused(pad.post("/pad/disputes", {"figure": "fund", "note": " "}), 422, "no-note")
    refused(pad.post("/pad/disputes", {"figure": "none", "note": "不符"}), 404, "no-figure")
    assert dump(pad.scene.file) == before
    assert pads[OTHER].get("/pad/sheet").json()["figures"]["fund"]["disputed"] is True


# --- in this process: what cannot be done to a hub from outside ----------------------------------------------------


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The routes alone, served by a thread of this process; the address and the folder of the visits."""
    folder, port = tmp_path_factory.mktemp("inside"), free_port()
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=pad_routes.ROUTES), port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VISITS_VARIABLE, str(folder))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}", folder
        server.should_exit = True
        thread.join()


@pytest.fixture
def here(inside: tuple[str, Path], built: Scene) -> Pad:
    """A tablet on a visit of this test's own, served by this process."""
    url, folder = inside
    scene = copy(built, folder, f"here{next(NUMBERS)}")
    return Pad(url, scene, EXPERT, signed(folder, scene, EXPERT))


def test_the_hubs_disk_is_full(here: Pad, monkeypatch: pytest.MonkeyPatch) -> None:
    """507 with a message, nothing half-saved; with room again the same request is taken."""
    connect = sqlite3.connect

    def no_room(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size: not a page more
        return connection

    long = {"note": "长" * 4000}
    before = dump(here.scene.file)
    with monkeypatch.context() as full:
        full.setattr(store_file.sqlite3, "connect", no_room)
        refused(here.answer(**long), 507, "not-written")
        assert here.get("/pad/sheet").status_code == 200
    assert dump(here.scene.file) == before
    assert here.answer(**long).json()["revision"] == 1


def test_the_visit_is_busy(here: Pad, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that somebody else keeps locked is 503: the tablet tries again."""
    monkeypatch.setattr(store_file, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(here.scene.file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused(here.answer(), 503, "not-written")
    other.execute("ROLLBACK")
    other.close()
    assert here.answer().status_code == 200


def test_the_visits_cannot_be_reached(here: Pad) -> None:
    """A visit that is gone for a while (a pulled stick) is 503, not a refusal: the tablet keeps what waits."""
    path = here.scene.file.path
    aside = path.rename(path.with_suffix(".aside"))
    refused(here.answer(), 503, "no-visit")
    aside.rename(path)
    assert here.answer().status_code == 200


def test_who_is_there(here: Pad) -> None:
    """The heartbeat tells how much waits and for how long, a save that there was one; pages of one tablet are one."""
    member = here.whose()["member"]
    here.get("/pad/pulse", member=member, client="t1", waiting=3, oldest="40")
    (tablet,) = TABLETS.tablets(here.scene.file.slug)
    assert (tablet.member, tablet.client, tablet.waiting, tablet.saved, tablet.connected) == (member, "t1", 3, None, True)
    assert tablet.oldest is not None
    assert tablet.oldest >= 40
    assert here.answer(client="t1-page").status_code == 200
    (tablet,) = TABLETS.tablets(here.scene.file.slug)
    assert tablet.saved is not None
    for nonsense in ("", "nan", "inf", "-5", "2026-05-12T09:30:00Z"):
        assert here.get("/pad/pulse", member=member, client="t1", waiting=1, oldest=nonsense).status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["1", "2", "item", "points", "reason", "value", "override", "target"]) | st.text(max_size=3),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@given(body=st.dictionaries(st.sampled_from([*CHANGE, "member", "visit"]), JSON, max_size=4), answers=JSON,
       item=st.sampled_from("12345"))  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_sent_breaks_the_hub(here: Pad, body: dict[str, Any], answers: Any, item: str) -> None:
    """Whatever stands in the fields is saved or refused; what is refused changes nothing."""
    base = score.latest(here.scene.file, here.scene.expert, item)
    sent = {"item": item, "answers": answers, "base": base.revision if base else 0, "sequence": 10**9 + len(str(body))}
    for one in (body, sent):
        before = dump(here.scene.file)
        answer = here.answer(**one)
        assert answer.status_code in {200, 400, 403, 404, 409, 422}, answer.text
        if answer.status_code != 200:
            assert answer.json()["message"]
            assert dump(here.scene.file) == before

