"""Snapshots: what is copied, which are kept, and that putting one back is one step that others wait for."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inspection_app.errors import InspectionError, TamperError
from inspection_app.services import prepare
from inspection_app.store import log, snapshots
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure
from inspection_app.store.snapshots import Snapshot, check, kept, place_of, take
from tests.services.conftest import NOW, Scene, create, dump

T = datetime(2026, 5, 12, 12, tzinfo=UTC)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return create(tmp_path)


def change(scene: Scene, value: str = "0.5") -> None:
    prepare.enter_figure(scene.file, scene.secretary, AgreedFigure("fund", value), NOW)


def test_a_snapshot_holds_what_was_committed(scene: Scene) -> None:
    """Taken while another connection writes, it holds every committed row and nothing of what is not committed."""
    change(scene)
    before = dump(scene.file)
    with scene.file.writing() as db:
        db.execute("UPDATE visit SET applicant = 'half'")
        one = take(scene.file, NOW)
    assert dump(VisitFile(one.path)) == before
    assert check(one.path) is not None
    assert [path.name for path in place_of(scene.file).iterdir()] == [one.path.name]


def test_its_name_tells_what_it_is(scene: Scene) -> None:
    """Listing a folder gives back time, place in the log and act; other files there are no snapshots."""
    one = take(scene.file, NOW, "seal")
    (place_of(scene.file) / "notes.txt").write_text("x")
    assert snapshots.snapshots(place_of(scene.file)) == (one,)
    with scene.file.reading() as db:
        entries = log.entries(db)
    assert (one.taken, one.seq, one.before) == (NOW, entries[-1].seq, "seal")
    assert entries[-1].hash.startswith(one.head)


def test_nothing_new_is_not_kept_twice(scene: Scene) -> None:
    """Whoever is refused a lock a hundred times fills no disk."""
    one = take(scene.file, NOW, "seal")
    assert not snapshots.changed(scene.file)
    assert take(scene.file, NOW + timedelta(hours=1), "seal") == one
    change(scene)
    assert snapshots.changed(scene.file)
    assert take(scene.file, NOW + timedelta(hours=1), "seal") != one


def at(age: timedelta, before: str = "") -> Snapshot:
    return Snapshot(Path(f"{age}{before}"), T - age, 1, "0" * 12, before)


def test_what_is_kept() -> None:
    """All of the last hour, the last of each hour for a day, the last of each day after that, before acts always."""
    minutes = [at(timedelta(minutes=3 * n)) for n in range(1, 20 * 72)]  # three days, every three minutes
    locks = [at(timedelta(days=2, minutes=7), "seal"), at(timedelta(days=400), "lock-list")]
    stay = kept([*minutes, *locks], T)
    assert set(locks) <= stay
    ages = sorted(T - one.taken for one in stay if not one.before)
    assert [age for age in ages if age <= timedelta(hours=1)] == [timedelta(minutes=3 * n) for n in range(1, 21)]
    assert len([age for age in ages if timedelta(hours=1) < age <= timedelta(days=1)]) in {23, 24}
    assert len({(T - age).date() for age in ages}) == 4
    assert len([age for age in ages if age > timedelta(days=1)]) in {3, 4}


def test_the_last_one_always_stays() -> None:
    """However old it is, and whatever the clock says."""
    for age in (timedelta(days=900), timedelta(hours=-5)):
        assert kept([at(age)], T) == {at(age)}


def test_what_need_not_be_kept_is_removed(scene: Scene) -> None:
    """Files go, and only those."""
    ages = (timedelta(days=3, minutes=9), timedelta(days=3, minutes=3), timedelta())
    for number, age in enumerate(ages):
        change(scene, f"0.{number}")
        take(scene.file, T - age)
    snapshots.forget(place_of(scene.file), T)
    assert [T - one.taken for one in snapshots.snapshots(place_of(scene.file))] == [timedelta(), ages[1]]


def test_what_a_killed_hub_left_half_made_is_removed(scene: Scene) -> None:
    """A day later; what another program may be making just now stays."""
    place = place_of(scene.file)
    old, new = place / ".taking-old", place / ".taking-new"
    for folder, age in ((old, timedelta(days=2)), (new, timedelta(hours=1))):
        folder.mkdir(parents=True)
        (folder / "half.visit").write_bytes(b"half")
        os.utime(folder, ((T - age).timestamp(), (T - age).timestamp()))
    snapshots.forget(place, T)
    assert list(place.iterdir()) == [new]


@pytest.mark.parametrize("fault", ["page", "entry", "trigger", "row"])
def test_a_bad_copy_is_noticed(scene: Scene, fault: str) -> None:
    """A page of noise, a changed log, a trigger more, a row for nobody: each is refused when it is checked."""
    path = take(scene.file, NOW).path
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        if fault == "entry":
            db.execute("DROP TRIGGER log_no_update")
            (sql,) = sqlite3.connect(scene.file.path).execute(
                "SELECT sql FROM sqlite_master WHERE name = 'log_no_update'"
            ).fetchone()  # fmt: skip
            db.execute("UPDATE log SET at = '2030-01-01T00:00:00+08:00'")
            db.execute(sql)
        elif fault == "trigger":
            db.execute("CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM site; END")
        elif fault == "row":
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("INSERT INTO assignment VALUES (99, '1')")
        else:
            (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'site'").fetchone()
            (size,) = db.execute("PRAGMA page_size").fetchone()
    if fault == "page":
        content = bytearray(path.read_bytes())
        content[(page - 1) * size : page * size] = bytes(size)
        path.write_bytes(content)
    with pytest.raises(InspectionError):
        check(path)


def test_a_file_of_another_program_is_refused(scene: Scene) -> None:
    """A mark in the head that is not ours."""
    path = take(scene.file, NOW).path
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 7")
    with pytest.raises(InspectionError, match="another program"):
        check(path)


def test_a_second_place(scene: Scene, tmp_path: Path) -> None:
    """What is kept is copied once; a stick that is not there is named and nothing is written where it should be."""
    second = tmp_path / "stick"
    take(scene.file, NOW)
    with pytest.raises(InspectionError, match="stick"):
        snapshots.second_copies(scene.file, second, NOW)
    assert not second.exists()
    second.mkdir()
    assert [snapshots.second_copies(scene.file, second, NOW) for _ in range(2)] == [1, 0]
    (copy,) = snapshots.snapshots(second / scene.file.slug)
    assert dump(VisitFile(copy.path)) == dump(scene.file)


def test_no_room_is_told_and_leaves_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes nothing is named; no half snapshot stays, and the visit is untouched."""
    before = dump(scene.file)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots.os, "fsync", full)
    with pytest.raises(InspectionError, match="No space left"):
        take(scene.file, NOW)
    assert list(place_of(scene.file).iterdir()) == []
    assert dump(scene.file) == before


def test_putting_back_is_one_step(scene: Scene) -> None:
    """Whoever has the file open goes on with what was restored; a writer that waited finds the restored file."""
    one = take(scene.file, NOW)
    old = dump(scene.file)
    change(scene)
    now = dump(scene.file)
    waited: list[str] = []

    def late() -> None:
        change(scene, "0.7")
        waited.append("wrote")

    writer = threading.Thread(target=late)

    def keep_aside() -> None:
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()  # it waits
        assert dump(scene.file) == now

    with scene.file.reading() as reader:
        assert len(log.entries(reader)) == 2
        snapshots.put_back(scene.file, one.path, keep_aside)
        assert len(log.entries(reader)) == 2  # one look sees one state
    writer.join()
    found = dump(scene.file)
    assert waited == ["wrote"]
    assert len(found["log"]) == len(old["log"]) + 1
    assert [row["value"] for row in found["figure"]] == ["0.7"]
    with scene.file.reading() as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        snapshots.sound(db)


def test_what_cannot_be_kept_aside_is_not_replaced(scene: Scene) -> None:
    """Where the present file cannot be kept, nothing is put back."""
    one = take(scene.file, NOW)
    change(scene)
    now = dump(scene.file)

    def full() -> None:
        raise InspectionError("the disk is full", "no-snapshot")

    with pytest.raises(InspectionError, match="disk is full"):
        snapshots.put_back(scene.file, one.path, full)
    assert dump(scene.file) == now


def test_a_damaged_file_is_moved_aside_as_it_is(scene: Scene) -> None:
    """Its bytes, and its log's, are still there for whoever can read more of them; they do not reach the restored."""
    one = take(scene.file, NOW)
    scene.file.path.write_bytes(b"noise" * 1000)
    waiting = scene.file.path.with_name(scene.file.path.name + "-wal")
    waiting.write_bytes(b"more noise")
    copy = scene.file.path.with_name("copy")
    shutil.copy(one.path, copy)
    aside = snapshots.put_in_place(scene.file, copy, NOW)
    assert aside
    assert (aside / scene.file.path.name).read_bytes() == b"noise" * 1000
    assert (aside / waiting.name).read_bytes() == b"more noise"
    assert dump(scene.file) == dump(VisitFile(one.path))


def test_damage_is_named(scene: Scene) -> None:
    """The check of an open visit says where it is damaged."""
    with closing(sqlite3.connect(scene.file.path)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("INSERT INTO assignment VALUES (99, '1')")
        db.commit()
    with scene.file.reading() as db, pytest.raises(TamperError, match="assignment"):
        snapshots.sound(db)
