"""The score pad's routes in this process: what cannot be done to a hub from outside."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from inspection_app import pad_routes
from inspection_app.places import VISITS_VARIABLE
from inspection_app.presence import TABLETS
from inspection_app.services import score
from inspection_app.store import file as store_file
from inspection_app.store import hold
from tests.hub import free_port
from tests.pad_routes.conftest import CHANGE, NUMBERS, Pad, copy, refused, signed
from tests.services.conftest import EXPERT, Scene, dump


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
        hold.let_go(here.scene.file.path)  # the connection that knows no more room
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
    assert (tablet.member, tablet.client, tablet.waiting, tablet.saved, tablet.connected) == (
        member,
        "t1",
        3,
        None,
        True,
    )
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
