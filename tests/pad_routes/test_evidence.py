"""Photos over the pad's routes: taken in once, shown to few, and what is refused with a status and without a trace."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
import requests
from PIL import Image

from inspection_app.core.duties import Scope
from inspection_app.core.visit import Stage
from inspection_app.files.images import MOST_FILE_BYTES
from inspection_app.services import hand_in, observe, recuse
from inspection_app.services.pad import pad_sheet
from inspection_app.store import visits
from tests.pad_routes.conftest import Pad, refused
from tests.services.conftest import CHAIR, EXPERT, NOW, OTHER, PDF, SECRETARY, SITES, dump, mark_all, photo
from tests.services.test_attach import HEIC, claimed

TOLD: dict[str, Any] = {"item": "1", "client": "t1-p1", "sequence": 1, "caption": "会议纪要", "taken": "", "ago": "90"}


def send(pad: Pad, content: bytes = photo(), headers: dict[str, str] | None = None, **changed: Any) -> requests.Response:
    asked = {**pad.whose(), **TOLD, **changed}
    return requests.post(
        f"{pad.url}/pad/evidence", params=asked, data=content, cookies=pad._cookies(), headers=headers, timeout=30
    )


def test_a_photo_goes_in_and_comes_back(pad: Pad) -> None:
    """It is acknowledged with its id, stands in the sheet, and is shown as a picture that no page can run."""
    answer = send(pad)
    told = answer.json()
    assert (answer.status_code, told["place"], told["sequence"], told["caption"]) == (200, "1", 1, "会议纪要")
    assert pad_sheet(pad.scene.file, pad.scene.expert)["evidence"]["1"][0]["evidence"] == told["evidence"]
    for size, side in (("", 60), ("thumbnail", 60)):
        shown = pad.get(f"/pad/evidence/{told['evidence']}", size=size)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        with Image.open(io.BytesIO(shown.content)) as picture:
            assert picture.height == side


def test_a_pdf_is_handed_out_to_be_saved(pad: Pad) -> None:
    """As it came in, under its name, and never inside a page."""
    id_ = send(pad, PDF, name="纪要 1.pdf").json()["evidence"]
    shown = pad.get(f"/pad/evidence/{id_}")
    assert (shown.content, shown.headers["Content-Type"]) == (PDF, "application/pdf")
    assert shown.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E7%BA%AA%E8%A6%81%201.pdf"


def test_the_same_photo_sent_again(pad: Pad) -> None:
    """The same answer and one row, whatever was lost on the way, even when the sheet is handed in meanwhile."""
    first = send(pad).json()
    mark_all(pad.scene, EXPERT)
    hand_in.hand_in_sheet(pad.scene.file, pad.scene.expert, NOW)
    before = dump(pad.scene.file)
    again = send(pad)
    assert (again.status_code, again.json()["evidence"]) == (200, first["evidence"])
    refused(send(pad, photo("red")), 409, "sequence-reused")
    refused(send(pad, photo("red"), sequence=2), 409, "handed-in")
    assert dump(pad.scene.file) == before


@pytest.mark.parametrize(
    ("content", "changed", "status", "code"),
    [
        (photo(), {"visit": "elsewhere"}, 403, "another-visit"),
        (photo(), {"member": 999}, 403, "another-sheet"),
        (photo(), {"member": "x"}, 400, "no-field"),
        (photo(), {"client": ""}, 400, "no-field"),
        (photo(), {"sequence": 0}, 400, "no-field"),
        (photo(), {"item": ""}, 400, "no-field"),
        (photo(), {"item": "99"}, 404, "unknown-item"),
        (photo(), {"item": "", "site": "别处"}, 404, "no-site"),
        (photo(), {"item": "", "activity": 99}, 404, "no-activity"),
        (photo(), {"item": "", "activity": 0}, 400, "no-field"),
        (photo(), {"item": "", "activity": "座谈"}, 400, "no-field"),
        (photo(), {"site": SITES[0].name}, 400, "no-field"),
        (photo(), {"item": "", "site": SITES[0].name, "activity": 1}, 400, "no-field"),
        (photo(), {"caption": "长" * 31}, 422, "caption-too-long"),
        (b"no photo", {}, 422, "not-evidence"),
        (b"", {}, 422, "not-evidence"),
        (HEIC[:300], {}, 422, "not-evidence"),
        (b"<html><script>alert(1)</script>", {}, 422, "not-evidence"),
        (claimed(50_000), {}, 413, "too-many-pixels"),
        (bytes(MOST_FILE_BYTES + 1), {}, 413, "file-too-big"),
        (bytes(3 * MOST_FILE_BYTES), {}, 413, "file-too-big"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_cannot_be_taken(pad: Pad, content: bytes, changed: dict[str, Any], status: int, code: str) -> None:
    """Each is refused with its status and a message, and no row of the file changes, the log's included."""
    before = dump(pad.scene.file)
    refused(send(pad, content, **changed), status, code)
    assert dump(pad.scene.file) == before


def test_who_may_not(pads: dict[str, Pad]) -> None:
    """Nobody, another website, the secretary on an item; changing another's; seeing another's before the opening."""
    pad = pads[EXPERT]
    id_ = send(pad).json()["evidence"]
    before = dump(pad.scene.file)
    stranger = replace(pad, cookie="")
    changed = {"evidence": id_, "caption": "", "withdrawn": True}
    refused(send(stranger, sequence=2), 401, "not-signed-in")
    refused(stranger.post("/pad/evidence/change", changed), 401, "not-signed-in")
    refused(stranger.get(f"/pad/evidence/{id_}"), 401, "not-signed-in")
    assert send(pad, headers={"Origin": "http://evil.example"}, sequence=2).status_code == 403
    refused(send(pads[SECRETARY], sequence=2), 403, "role-may-not")
    refused(pads[CHAIR].post("/pad/evidence/change", changed), 403, "not-yours")
    refused(pads[OTHER].get(f"/pad/evidence/{id_}"), 403, "not-opened")
    refused(pad.get("/pad/evidence/99"), 404, "no-evidence")
    for raw in ({**changed, "withdrawn": 1}, {**changed, "caption": None}, {**changed, "evidence": "x"}):
        refused(pad.post("/pad/evidence/change", raw), 400, "no-field")
    assert dump(pad.scene.file) == before
    assert [pads[name].get(f"/pad/evidence/{id_}").status_code for name in (EXPERT, CHAIR, SECRETARY)] == [200] * 3


def test_photos_of_sites_and_activities(pads: dict[str, Pad]) -> None:
    """Everybody on the panel takes them, the secretary too, and is told what is their own, by place and nothing else."""
    held = observe.programme(pads[EXPERT].scene.file).activities[-1].id
    site = {"item": "", "site": SITES[0].name}
    assert send(pads[SECRETARY], **site).json()["place"] == f"site/{SITES[0].name}"
    own = send(pads[EXPERT], **site).json()
    assert send(pads[EXPERT], item="", activity=held, sequence=2).json()["place"] == f"activity/{held}"
    assert send(pads[EXPERT], **site).json()["evidence"] == own["evidence"]  # sent again, it is the same
    told = pads[EXPERT].get("/pad/evidence", **pads[EXPERT].whose()).json()
    assert {place: len(found) for place, found in told["evidence"].items()} == {own["place"]: 1, f"activity/{held}": 1}
    assert (told["member"], told["restore"]) == (pads[EXPERT].whose()["member"], "")
    refused(replace(pads[EXPERT], cookie="").get("/pad/evidence", **pads[EXPERT].whose()), 401, "not-signed-in")
    refused(pads[OTHER].get("/pad/evidence", **pads[EXPERT].whose()), 403, "another-sheet")


def test_a_site_that_is_closed_to_somebody(pads: dict[str, Pad]) -> None:
    """Who is recused from it sends none, and after the sealing nobody does; nothing changes."""
    pad, site = pads[EXPERT], {"item": "", "site": SITES[0].name}
    scene = pad.scene
    recuse.propose_recusal(scene.file, scene.expert, pad.whose()["member"], Scope.SITE, SITES[0].name, "曾任顾问", NOW)
    recuse.decide_recusal(scene.file, scene.secretary, 1, "省质量办", True, NOW)
    before = dump(scene.file)
    refused(send(pad, **site), 403, "recused")
    assert dump(scene.file) == before
    with scene.file.writing() as db:
        visits.set_stage(db, Stage.SEALED)
    before = dump(scene.file)
    for name in (OTHER, SECRETARY):
        refused(send(pads[name], **site), 409, "wrong-stage")
    assert dump(scene.file) == before


def test_withdrawn_and_brought_back(pad: Pad) -> None:
    """Said twice it is the same, and the sheet shows what stands."""
    id_ = send(pad).json()["evidence"]
    for withdrawn, count in ((True, 0), (True, 0), (False, 1)):
        told = pad.post("/pad/evidence/change", {"evidence": id_, "caption": "改", "withdrawn": withdrawn}).json()
        assert (told["evidence"], told["caption"], told["withdrawn"]) == (id_, "改", withdrawn)
        assert len(pad.get("/pad/sheet").json()["evidence"].get("1", [])) == count
