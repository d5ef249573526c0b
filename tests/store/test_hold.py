"""What a run leaves open is taken up by the next one, and changes when SQLite tidies up, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from inspection_app.errors import NotFound
from inspection_app.services import score
from inspection_app.store import hold
from inspection_app.store.file import VisitFile, kept_open
from tests.services.conftest import EXPERT, MARKS, NOW, SITES, create, declare_all, prepare


def test_a_second_later_copying_the_file_is_the_backup_again(tmp_path: Path) -> None:
    """While it is open what was committed stands beside the file; after that the file alone has it all."""
    scene = create(tmp_path)
    prepare.name_sites(scene.file, scene.secretary, SITES, NOW)
    declare_all(scene)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    beside = scene.file.path.with_name(scene.file.path.name + "-wal")
    assert not beside.exists()
    answers = MARKS[EXPERT]["1"]
    with kept_open(leave=True):
        score.answer_item(scene.file, scene.expert, "1", answers, "", base=0, now=NOW)
    assert beside.exists()
    while beside.exists():
        time.sleep(0.01)
    copied = VisitFile(Path(shutil.copy(scene.file.path, tmp_path / "copied.visit")))
    assert score.sheet_of(copied, scene.expert).entries["1"].answers == answers


def connection_of_a_run(file: VisitFile) -> int:
    """Look at a file in a run of another thread; return which connection that was."""
    found = []

    def run() -> None:
        with kept_open(leave=True), file.reading() as db:
            found.append(id(db.conn))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def test_the_next_run_takes_up_what_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread's run goes on with the same connection and sees what was written meanwhile; two runs at a time have
    one each; and once it was let go, or another file has taken the name, nobody meets it again."""
    monkeypatch.setattr(hold.leave, "__defaults__", (60.0,))
    file = create(tmp_path).file
    first = connection_of_a_run(file)
    with kept_open(leave=True), file.reading() as db:
        assert id(db.conn) == first
        assert connection_of_a_run(file) != first
    with file.writing() as other:
        other.execute("UPDATE member SET name = '丙'")
    with kept_open(leave=True), file.reading() as db:
        assert {row["name"] for row in db.query("SELECT name FROM member")} == {"丙"}
        left = db.conn
    hold.let_go(file.path)
    with pytest.raises(sqlite3.ProgrammingError):
        left.execute("SELECT 1")
    with kept_open(leave=True), file.reading() as db:
        left = db.conn
    shutil.move(shutil.copy(file.path, tmp_path / "other"), file.path)
    with kept_open(leave=True), file.reading() as db:
        assert db.conn is not left
    hold.let_go(file.path)


def test_a_look_that_failed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which something went wrong is closed, not left to the next run."""
    monkeypatch.setattr(hold.leave, "__defaults__", (60.0,))
    file = create(tmp_path).file
    first = connection_of_a_run(file)
    with kept_open(leave=True):
        with pytest.raises(NotFound), file.reading() as db:
            db.execute("SELECT 1 FROM nowhere")
        assert id(db.conn) == first
        with pytest.raises(sqlite3.ProgrammingError):
            db.execute("SELECT 1")
    hold.let_go(file.path)
