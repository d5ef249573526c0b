"""The log as it lies in the file: a chain that shows whatever was changed behind the store's back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspection_app.core.audit import GENESIS, check_chain
from inspection_app.errors import TamperError
from inspection_app.store import log
from inspection_app.store.file import new_file
from tests.services.conftest import NOW, Scene, create, fill_in, log_of


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A visit with at least five entries: made, sites, roster, two figures."""
    scene = create(tmp_path)
    fill_in(scene)
    return scene


def behind_its_back(scene: Scene, statement: str) -> None:
    """Change the log as somebody would who knows SQLite and removes the triggers first."""
    with closing(sqlite3.connect(scene.file.path)) as connection, connection:
        connection.executescript("DROP TRIGGER log_no_update; DROP TRIGGER log_no_delete; " + statement)


def test_an_empty_log_has_a_head(tmp_path: Path) -> None:
    """Before the first entry the head is 64 zeros, which the first entry names."""
    with new_file(tmp_path, "x") as (_, db):
        assert log.head(db) == GENESIS
        first = log.append(db, NOW, 1, "create-visit", {"visit": "县"})
        assert (first.seq, first.previous) == (1, GENESIS)
        second = log.append(db, NOW, 1, "open-scoring", {})
        assert (second.seq, second.previous, log.head(db)) == (2, first.hash, second.hash)
        assert log.entries(db) == (first, second)


def test_the_latest_of_an_act(tmp_path: Path) -> None:
    """Of several entries the last one of this act is found, and nothing where the act was never done."""
    with new_file(tmp_path, "x") as (_, db):
        assert log.latest(db, "restore") is None
        found = [
            log.append(db, NOW, 1, act, {"n": place}) for place, act in enumerate(["restore", "restore", "answer"])
        ]
        assert (log.latest(db, "restore"), log.latest(db, "answer"), log.latest(db, "seal")) == (*found[1:], None)


def test_what_was_recorded_reads_back(scene: Scene) -> None:
    """Numbers, texts, lists and nothing in an entry's details come back as they went in, so that its hash holds."""
    details: dict[str, object] = {"字": "䶮", "list": ["1", "2"], "n": 3, "yes": True, "none": None}
    details["in"] = {"b": 1, "a": 2}
    with scene.file.writing() as db:
        log.append(db, NOW, 1, "test", details)
    assert log_of(scene)[-1].details == details
    with scene.file.reading() as db:
        assert check_chain(log.entries(db)) == log.head(db)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE log SET at = '2026-01-01T00:00:00+08:00' WHERE seq = 2", 2),
        ("UPDATE log SET actor = 99 WHERE seq = 3", 3),
        ("UPDATE log SET details = '{}' WHERE seq = 4", 4),
        ("DELETE FROM log WHERE seq = 1", 1),
        ("DELETE FROM log WHERE seq = 3", 3),
        ("UPDATE log SET seq = 99 WHERE seq = 2; UPDATE log SET seq = 2 WHERE seq = 3", 2),
    ],
)
def test_the_chain_shows_what_was_changed(scene: Scene, statement: str, broken: int) -> None:
    """Changing, removing or moving an entry behind the store's back breaks the chain at that entry."""
    check_chain(log_of(scene))
    behind_its_back(scene, statement)
    with pytest.raises(TamperError) as caught:
        check_chain(log_of(scene))
    assert caught.value.context["seq"] == broken
    assert caught.value.exit_code == 3


def test_cutting_the_end_off_shows_in_the_head(scene: Scene) -> None:
    """A log without its last entries is a chain still: only the head that was printed tells."""
    printed = log_of(scene)[-1].hash
    behind_its_back(scene, f"DELETE FROM log WHERE seq = {len(log_of(scene))}")
    assert check_chain(log_of(scene)) != printed
