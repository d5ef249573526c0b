"""The score pad over HTTP: the sheet, changes saved once and only once, the heartbeat, phrases and disputes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from inspection_app import scorepad
from inspection_app.services import prepare, score
from inspection_app.store.sheets import AgreedFigure
from tests.hub import free_port, hub
from tests.pad_routes.conftest import Pad, copy, refused, signed
from tests.services.conftest import CHAIR, EXPERT, MARKS, NOW, OTHER, THIRD, Scene, dump, log_of, mark_all, open_up

# --- the modules ---------------------------------------------------------------------------------------------------


def test_modules_are_fetched_once(url: str) -> None:
    """One address names the content of all modules, so a browser may keep it; another version is not found."""
    answer = requests.get(f"{url}/pad/{scorepad.version()}/modules.json", timeout=20)
    assert (answer.status_code, list(answer.json().items())) == (200, list(scorepad.modules().items()))
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    refused(requests.get(f"{url}/pad/0123456789abcdef/modules.json", timeout=20), 404, "other-version")
    for path in (f"{scorepad.version()}/points.js", f"{scorepad.version()}/..%2fx.js"):
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
    open_up(scene)
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


def test_both_versions_are_kept(pad: Pad) -> None:
    """The version that was not chosen goes along with the choice: two revisions, the choice last; sent again, no more."""
    pad.answer()
    own = {"answers": {"1": False}, "note": "本机的"}
    choice = {"sequence": 2, "base": 1, "aside": [own]}
    assert [pad.answer(**choice).json()["revision"] for _again in range(2)] == [3, 3]
    history = [(row["revision"], row["answers"], row["note"]) for row in dump(pad.scene.file, "answer")["answer"]]
    assert history == [(1, '{"1":true}', "看了纪要"), (2, '{"1":false}', "本机的"), (3, '{"1":true}', "看了纪要")]
    before = dump(pad.scene.file)
    again = {"sequence": 3, "base": 3, "note": "再改"}
    for aside in (
        "x",
        [own] * 6,
        [None],
        [{"answers": {}}],
        [{"answers": [], "note": ""}],
        [{"answers": {}, "note": 1}],
    ):
        refused(pad.answer(**again, aside=aside), 400, "no-field")
    refused(pad.answer(**again, aside=[{"answers": {"9": True}, "note": ""}]), 422, "unknown-criterion")
    refused(pad.answer(sequence=3, base=2, note="再改", aside=[{"answers": {}, "note": ""}]), 409, "changed-elsewhere")
    assert dump(pad.scene.file) == before


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
    assert (
        pad.post("/pad/disputes", {"figure": "fund", "note": " 与年报不符 "}).json()["dispute"]
        == first.json()["dispute"]
    )
    refused(pad.post("/pad/disputes", {"figure": "fund", "note": "还是不符"}), 409, "already-disputed")
    refused(pad.post("/pad/disputes", {"figure": "fund", "note": " "}), 422, "no-note")
    refused(pad.post("/pad/disputes", {"figure": "none", "note": "不符"}), 404, "no-figure")
    assert dump(pad.scene.file) == before
    assert pads[OTHER].get("/pad/sheet").json()["figures"]["fund"]["disputed"] is True


def test_a_revision_is_told_by_its_time_too(pad: Pad) -> None:
    """What was made from a revision that a restore took is refused though another has its number; sent again it counts."""
    first = pad.answer().json()
    other = refused(pad.answer(sequence=2, base=1, base_at="2026-01-01T00:00:00+08:00", note="另一次"), 409, "changed-elsewhere")
    assert (other["latest"]["revision"], other["latest"]["at"]) == (1, first["at"])
    assert pad.answer(sequence=2, base=1, base_at=first["at"], note="另一次").json()["revision"] == 2
    assert pad.answer(base_at="2026-01-01T00:00:00+08:00", base=1).json()["revision"] == 1
    refused(pad.answer(sequence=3, base=2, base_at=7), 400, "no-field")
