"""A hub with visits of each test's own, and the tablets of everybody on the panel."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from inspection_app import access
from inspection_app.services import prepare
from inspection_app.store.file import VisitFile
from tests.hub import hub
from tests.services.conftest import EXPERT, MEMBERS, NOW, Scene, create, fill_in

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
    session = access.Session(scene.file.slug, scene.people[name].member_id, 1, prepare.outline(scene.file).visit.id)
    return access.sign_session(session, access.hub_secret(folder))


def build(folder: Path) -> Scene:
    """A visit in which scoring is open and figures are in; nothing is drawn, nothing is marked."""
    scene = create(folder)
    fill_in(scene)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    return scene


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub") / "visits"


@pytest.fixture(scope="session")
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
