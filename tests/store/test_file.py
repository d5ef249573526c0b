"""A visit's file: made whole or not at all, opened safely, closed to everything that is no visit."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from sqlite_utils import Database

from inspection_app.core.audit import check_chain
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError, NotFound, ScoreError
from inspection_app.services import consolidate, prepare, score
from inspection_app.store import file as file_module
from inspection_app.store import sheets, snapshots, visits
from inspection_app.store.file import VisitFile, kept_open, new_file, visit_files
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    MEMBERS,
    NOW,
    OTHER,
    SECRETARY,
    Scene,
    create,
    decide_all,
    dump,
    log_of,
    mark_all,
    revision,
    rows,
    scene_at,
)

ROOT = Path(__file__).resolve().parents[2]

APPEND_ONLY = ("log", "answer", "adjudication", "veto_decision", "gate_decision", "figure")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A visit that is decided and not sealed yet, with a row in every table that only grows."""
    scene = scene_at(tmp_path_factory.mktemp("done"), Stage.CONSOLIDATE)
    consolidate.adjudicate(scene.file, scene.chair, "4", "3", "合议", "", NOW)
    decide_all(scene)
    return scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return create(tmp_path)


def test_a_connection_is_set_up_for_safety(scene: Scene) -> None:
    """Foreign keys are on, every commit reaches the disk (synchronous FULL is 2), and readers do not block a writer."""
    for opened in (scene.file.reading, scene.file.writing):
        with opened() as db:
            found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("foreign_keys", "synchronous")]
            assert (*found, db.execute("PRAGMA journal_mode").fetchone()[0]) == (1, 2, "wal")
    with scene.file.reading() as before, scene.file.writing() as db:
        assert visits.read(before).stage is Stage.PREPARE
        visits.set_stage(db, Stage.SCORE)
        assert visits.read(before).stage is Stage.PREPARE  # one look sees one state, whatever happens meanwhile


def test_the_file_itself_refuses_strangers(scene: Scene) -> None:
    """A row for a member who does not exist is refused by the file."""
    with pytest.raises(sqlite3.IntegrityError), scene.file.writing() as db:
        sheets.add_revision(db, 99, "1", 1, {}, "", NOW)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {table} SET rowid = rowid + 1000", "DELETE FROM {table}"])
def test_the_record_only_grows(done: Scene, table: str, statement: str) -> None:
    """Whatever writes to the file, triggers refuse to change or delete a row of what people decided."""
    before = dump(done.file, table)
    assert before[table]
    with closing(sqlite3.connect(done.file.path)) as db, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        db.execute(statement.format(table=table))
    assert dump(done.file, table) == before


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_record_is_not_replaced_either(done: Scene, table: str) -> None:
    """INSERT OR REPLACE, which deletes without asking SQLite's triggers by default, is refused like DELETE."""

    def replace_first() -> None:
        with done.file.writing() as db:
            row = next(db.query(f"SELECT * FROM {table}"))
            db.table(table).insert(row | {"at": "2030-01-01T00:00:00+08:00"}, replace=True)

    before = dump(done.file, table)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        replace_first()
    assert dump(done.file, table) == before


def test_a_failed_transaction_leaves_nothing(scene: Scene) -> None:
    """Whatever ends the transaction, Ctrl-C included, what it wrote is gone."""

    def break_off(error: BaseException) -> None:
        with scene.file.writing() as db:
            visits.set_stage(db, Stage.SEALED)
            raise error

    before = dump(scene.file)
    for error in (RuntimeError(), KeyboardInterrupt(), InspectionError("no", "no")):
        with pytest.raises(type(error)):
            break_off(error)
    assert dump(scene.file) == before


def test_reading_writes_nothing(scene: Scene) -> None:
    """What is written while only reading was asked for does not stay."""
    before = dump(scene.file)
    with scene.file.reading() as db:
        visits.set_stage(db, Stage.SEALED)
    assert dump(scene.file) == before


def test_a_visit_appears_when_it_is_complete(tmp_path: Path) -> None:
    """While a visit is made nobody finds it; an error in between leaves the folder empty."""

    def make(error: Exception | None) -> None:
        with new_file(tmp_path, "县") as (_, db):
            assert visit_files(tmp_path) == ()
            assert db.table("visit").exists()
            if error:
                raise error

    with pytest.raises(RuntimeError):
        make(RuntimeError())
    assert list(tmp_path.iterdir()) == []
    make(None)
    assert visit_files(tmp_path) == (VisitFile(tmp_path / "县.visit"),) == tuple(map(VisitFile, tmp_path.iterdir()))


@pytest.mark.parametrize("links", [True, False])
def test_of_two_visits_of_one_name_the_first_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Made at the same moment, the one that is complete first keeps the name; also on a stick that knows no links."""

    def no_links(*_: object) -> None:
        raise OSError("not supported")

    def make(answer: str) -> None:
        with new_file(tmp_path, "县") as (_, db):
            db.execute("CREATE TABLE whose (answer TEXT)")
            db.table("whose").insert({"answer": answer})
            if answer == "late":
                make("early")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(InspectionError) as caught:
        make("late")
    assert caught.value.code == "visit-exists"
    assert [path.name for path in tmp_path.iterdir()] == ["县.visit"]
    with VisitFile(tmp_path / "县.visit").reading() as db:
        assert list(db.query("SELECT answer FROM whose")) == [{"answer": "early"}]


def test_what_a_deleted_visit_left_behind_is_not_read(tmp_path: Path) -> None:
    """When somebody deletes a visit's file but not the journal beside it, a new visit of that name is new."""
    path = create(tmp_path / "old").file.path
    with VisitFile(path).writing() as db:
        visits.recommend(db, "fail")
        with VisitFile(path).reading():
            pass
        db.conn.execute("COMMIT")
        journal = path.with_name(path.name + "-wal").read_bytes()
        db.conn.execute("BEGIN")
    (tmp_path / (path.name + "-wal")).write_bytes(journal)
    scene = create(tmp_path)
    assert rows(scene, "visit")[0]["id"] != dump(VisitFile(path), "visit")["visit"][0]["id"]
    assert prepare.preparation(scene.file).visit.recommendation == ""


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("这不是验收文件" * 200, encoding="utf-8")


def _somebody_elses(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipe (title TEXT)")


def _cut_short(path: Path) -> None:
    content = create(path.parent / "whole").file.path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _damaged(path: Path) -> None:
    whole = create(path.parent / "whole").file.path
    with closing(sqlite3.connect(whole)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'member'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(whole.read_bytes())
    content[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(content)


@pytest.mark.parametrize("make", [_empty, _text, _somebody_elses, _cut_short, _damaged])
def test_what_is_no_visit_is_refused_and_left_alone(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """An empty, foreign or damaged file gets a message that names it, on reading and writing, and stays as it is."""
    path = tmp_path / "甲县.visit"
    make(path)
    before = path.read_bytes()
    with pytest.raises(NotFound) as caught:
        prepare.preparation(VisitFile(path))
    assert caught.value.code == "not-a-visit"
    assert "甲县" in caught.value.text()
    assert path.read_bytes() == before


def test_an_older_file_is_brought_up_to_date(scene: Scene) -> None:
    """A file that lacks a migration gets it when it is opened next, though a file of its name was opened before."""
    assert prepare.preparation(scene.file).visit.stage is Stage.PREPARE
    newest = file_module.migrations.pending(Database(memory=True))[-1].name
    lacking = "the test's own"
    try:
        file_module.migrations(name=lacking)(lambda db: db.execute("CREATE TABLE later (id INTEGER)"))
        file_module.every_migration.cache_clear()
        for _ in range(2):
            with scene.file.reading() as db:
                applied = [one.name for one in file_module.migrations.applied(db)]
                assert applied[-2:] == [newest, lacking]
                assert "later" in db.table_names()
    finally:
        file_module.migrations._migrations.pop()
        file_module.every_migration.cache_clear()


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Opening a visit that is not there makes no file and says which is missing."""
    for opened in (VisitFile(tmp_path / "乙县.visit").reading, VisitFile(tmp_path / "乙县.visit").writing):
        with pytest.raises(NotFound, match="乙县"), opened():
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_busy_file_is_not_called_broken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program holds is said to be busy, not damaged: nobody must go and restore a backup."""
    monkeypatch.setattr(file_module, "_BUSY_SECONDS", 0)
    with closing(sqlite3.connect(scene.file.path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        for opened in (scene.file.reading, scene.file.writing):
            with pytest.raises(InspectionError) as caught, opened() as db:
                visits.read(db)
            assert caught.value.code in {"not-read", "not-written"}


def test_a_second_writer_waits_and_is_then_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer takes its place before it reads, so that nobody decides on what another is just changing."""
    monkeypatch.setattr(file_module, "_BUSY_SECONDS", 0)
    entered = []
    with scene.file.writing(), pytest.raises(InspectionError) as caught, scene.file.writing():
        entered.append("a second writer")
    assert caught.value.code == "not-written"
    assert entered == []


WRITER = """
import itertools, sys
from pathlib import Path
from inspection_app.core.visit import Actor, Role
from inspection_app.services.score import answer_item, sheet_of
from inspection_app.store.file import VisitFile
from tests.services.conftest import NOW
file, actor = VisitFile(Path(sys.argv[1])), Actor(int(sys.argv[2]), Role.EXPERT)
entries = dict(sheet_of(file, actor).entries)
for turn in itertools.count():
    item = str(turn % 5 + 1)
    base = entries[item].revision if item in entries else 0
    entries[item] = answer_item(file, actor, item, {}, f"note {turn} " + "x" * 500, base=base, now=NOW)
    print(item, entries[item].revision, flush=True)
"""


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path, seed: int) -> None:
    """Two processes save answers to one file and are killed in the middle: every answer that they were told is saved
    is in the file, the file is sound, the log tells of exactly the answers that are there, and work goes on."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    names = (EXPERT, OTHER)
    writers = [_writer(scene, name) for name in names]
    told = dict.fromkeys(names, "")
    for turn in range(random.Random(seed).randrange(10, 60)):
        told[names[turn % 2]] += _output(writers[turn % 2]).readline()
    for writer in writers:
        writer.kill()
    for name, writer in zip(names, writers, strict=True):
        told[name] += _output(writer).read()
        writer.wait()
        _output(writer).close()

    kept = {(row["member"], row["item"], row["revision"]) for row in rows(scene, "answer")}
    for name in names:
        saved = [line.split() for line in told[name].splitlines()]
        assert len(saved) >= 5
        assert {(scene.people[name].member_id, item, int(number)) for item, number in saved} <= kept
    with closing(sqlite3.connect(scene.file.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check_chain(log_of(scene))
    logged = [(e.actor, e.details["item"], e.details["revision"]) for e in log_of(scene) if e.act == "answer-item"]
    assert sorted(logged) == sorted(kept)
    mark_all(scene, EXPERT, CHAIR)


def _writer(scene: Scene, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(scene.file.path), str(scene.people[name].member_id)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True)


def _output(writer: subprocess.Popen[str]) -> IO[str]:
    assert writer.stdout
    return writer.stdout


def test_five_tablets_save_at_once(tmp_path: Path) -> None:
    """Four experts and the secretary save twenty times each at the same time: nobody is turned away, nothing is lost,
    and the log has each in its place."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    begun = len(log_of(scene))

    def save(name: str) -> None:
        for turn in range(20):
            item = str(turn % 5 + 1)
            if name == SECRETARY:
                figure = AgreedFigure("awards", str(turn))
                prepare.enter_figure(scene.file, scene.secretary, figure, NOW)
            else:
                base = revision(scene, name, item)
                score.answer_item(scene.file, scene.people[name], item, {}, f"{name} {turn}", base=base, now=NOW)

    with ThreadPoolExecutor(5) as tablets:
        for finished in [tablets.submit(save, name) for name in MEMBERS]:
            finished.result()
    assert len(log_of(scene)) == begun + 5 * 20
    check_chain(log_of(scene))
    notes = [row["note"] for row in rows(scene, "answer")]
    assert sorted(notes) == sorted(f"{name} {turn}" for name in MEMBERS if name != SECRETARY for turn in range(20))
    assert {revision(scene, EXPERT, str(item)) for item in range(1, 6)} == {4}


def test_one_tablet_and_its_twin(tmp_path: Path) -> None:
    """The same expert on two screens at once: of two saves from one base one is taken and the other told so."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    start = threading.Barrier(2)

    def save(screen: str) -> str:
        start.wait()
        try:
            score.answer_item(scene.file, scene.expert, "1", {}, screen, base=0, now=NOW)
        except ScoreError as error:
            return error.code
        return "saved"

    with ThreadPoolExecutor(2) as screens:
        assert sorted(screens.map(save, ("one", "other"))) == ["changed-elsewhere", "saved"]
    assert len(rows(scene, "answer")) == 1


def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    """Whatever part of the log beside the file reached the disk, at the end of a frame or in its middle, torn or whole:
    the file opens, holds the first saves and no half one, and every save whose frames are there."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    path, log = scene.file.path, scene.file.path.with_name(scene.file.path.name + "-wal")
    saves = 6
    with closing(sqlite3.connect(path)) as held:  # while somebody has it open, the log is not taken in
        held.execute("SELECT id FROM visit").fetchall()
        begun, ends = path.read_bytes(), []
        for turn in range(saves):
            score.answer_item(scene.file, scene.expert, "1", {}, f"note {turn}", base=turn, now=NOW)
            ends.append(log.stat().st_size)
        assert path.read_bytes() == begun
        content = log.read_bytes()
        (size,) = held.execute("PRAGMA page_size").fetchone()
    frame = 24 + size
    assert (ends[-1] - 32) % frame == 0
    parts = (24, frame // 2, frame)
    places = [0, 16, 32, *(32 + frame * n + part for n in range((ends[-1] - 32) // frame) for part in parts)]
    seen = set()
    for number, place in enumerate(places):
        whole = sum(end <= place for end in ends)
        for torn in (b"", b"\xff" * 64):
            copy = VisitFile(tmp_path / f"cut-{number}-{len(torn)}.visit")
            copy.path.write_bytes(begun)
            copy.path.with_name(copy.path.name + "-wal").write_bytes(content[:place] + torn)
            found = dump(copy, "answer")["answer"]
            assert [row["note"] for row in found] == [f"note {turn}" for turn in range(whole)]
            with copy.reading() as db:
                assert snapshots.sound(db)
            copy.path.unlink()
        seen.add(whole)
    assert seen == set(range(saves + 1))


FULL = """
import resource, sys
from pathlib import Path
from inspection_app.core.visit import Actor, Role
from inspection_app.errors import InspectionError
from inspection_app.services import keep, score
from inspection_app.store.file import VisitFile
from tests.services.conftest import NOW
file, actor = VisitFile(Path(sys.argv[1])), Actor(int(sys.argv[2]), Role.EXPERT)
score.sheet_of(file, actor)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
for call in (
    lambda: score.answer_item(file, actor, "1", {}, "x" * 500, base=0, now=NOW),
    lambda: keep.snapshot(file, NOW),
):
    try:
        call()
        print("done")
    except InspectionError as error:
        print(error.code)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
score.answer_item(file, actor, "1", {}, "there is room again", base=0, now=NOW)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_refused_politely(tmp_path: Path) -> None:
    """Where files may not grow, a save and a snapshot are refused in words and leave nothing; with room they work."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    before = dump(scene.file)
    command = [sys.executable, "-c", FULL, str(scene.file.path), str(scene.expert.member_id)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.stdout.split(), done.returncode) == (["not-read", "no-snapshot"], 0), done.stderr
    after = dump(scene.file)
    assert [row["note"] for row in after["answer"]] == ["there is room again"]
    assert len(after["log"]) == len(before["log"]) + 1
    assert not list(snapshots.place_of(scene.file).iterdir())


def test_a_run_sees_what_others_write_while_it_keeps_the_file_open(tmp_path: Path) -> None:
    """One connection serves the whole run; each look is at what is there then, and a fault costs only that look."""
    file = create(tmp_path).file
    with kept_open():
        with file.reading() as first:
            before = first.execute("SELECT count(*) FROM member").fetchone()
        other = sqlite3.connect(file.path)
        other.execute("INSERT INTO member (name, organisation, speciality, role) VALUES ('乙', '', '', 'expert')")
        other.commit()
        other.close()
        with file.reading() as second, file.reading() as nested:
            assert second is first
            assert nested is not first
            assert second.execute("SELECT count(*) FROM member").fetchone() == (before[0] + 1,)
        with pytest.raises(NotFound), file.reading() as third:
            third.execute("SELECT * FROM nowhere")
        with file.writing() as fourth:
            assert fourth is not first
            fourth.execute("UPDATE member SET name = '丙'")
        with file.reading() as fifth:
            assert {row["name"] for row in fifth.query("SELECT name FROM member")} == {"丙"}
    with pytest.raises(sqlite3.ProgrammingError):
        fifth.execute("SELECT 1")
    with file.reading() as after:
        assert after is not fifth


def refused(file: VisitFile) -> None:
    with file.writing() as db:
        db.execute("UPDATE member SET name = '丙'")
        next(db.query("SELECT name FROM member"))
        raise NotFound("Nobody has this code.", "nobody")


def test_a_refusal_costs_no_connection(tmp_path: Path) -> None:
    """Whoever is refused has changed nothing, and the run goes on with the connection it has."""
    file = create(tmp_path).file
    before = dump(file, "member")
    with kept_open():
        with file.reading() as first:
            pass
        with pytest.raises(NotFound, match="Nobody"):
            refused(file)
        with file.reading() as again:
            assert again is first
    assert dump(file, "member") == before


def test_what_a_look_left_unread_holds_no_later_look_back(tmp_path: Path) -> None:
    """SQLite goes on reading what was not read to its end, as it was then, even past the end of a transaction: in a run
    that keeps its file open the rest is given up with the look, and the next look and a save are at what is there."""
    file = create(tmp_path).file
    with kept_open():
        with file.reading() as db:
            unread = db.query("SELECT name FROM member")
            next(unread)
            also_unread = db.conn.execute("SELECT name FROM member")
        with closing(sqlite3.connect(file.path)) as other:
            other.execute("UPDATE member SET name = '丙'")
            other.commit()
        with file.reading() as later:
            assert later is db
            assert {row["name"] for row in later.query("SELECT name FROM member")} == {"丙"}
        for rest in (unread, also_unread):
            with pytest.raises(sqlite3.ProgrammingError):
                next(rest)
        with file.writing() as last:
            last.execute("UPDATE member SET name = '丁'")
    assert {row["name"] for row in dump(file, "member")["member"]} == {"丁"}


def test_whoever_writes_to_a_file_is_noticed(tmp_path: Path) -> None:
    """What a look found may be kept until the file is written to: by the app, past it, or by another file that takes its
    place with the same size and time; looking at it is not writing."""
    scene = create(tmp_path)
    file, seen = scene.file, {scene.file.as_written()}
    prepare.preparation(file)
    assert file.as_written() in seen

    def noticed() -> bool:
        found = file.as_written()
        new = found not in seen
        seen.add(found)
        return new and file.as_written() == found

    prepare.enter_figure(file, scene.secretary, AgreedFigure("fund", "0.5"), NOW)
    assert noticed()
    with closing(sqlite3.connect(file.path)) as db:
        db.execute("UPDATE visit SET applicant = '甲'")
        assert not noticed()
        db.commit()
        assert noticed()
    assert noticed()  # with the last connection what stood beside the file came into it
    content, times = file.path.read_bytes(), file.path.stat()
    other = file.path.with_name("other")
    other.write_bytes(content.replace("甲".encode(), "乙".encode()))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(file.path)
    assert (file.path.stat().st_size, file.path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert noticed()
