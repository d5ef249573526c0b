"""Keeping a visit: what a hub keeps, what a restore takes away and leaves, and what is taken in from elsewhere."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from inspection_app.core.audit import check_chain
from inspection_app.core.visit import Act, Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, StageError, TamperError
from inspection_app.services import keep, prepare
from inspection_app.services.keep import EVERY, Keeper
from inspection_app.services.overview import overview
from inspection_app.store import file as file_module
from inspection_app.store import log, snapshots
from inspection_app.store.file import VisitFile, visit_files
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import EXPERT, NOW, Copy, Scene, create, dump, log_of, mark_all, open_up, refused, scene_at

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def one_connection() -> None:
    """None is kept open here: these tests look at the bytes of the file, which are whole when nobody has it open."""


@pytest.fixture
def scene(copied: Copy, tmp_path: Path) -> Scene:
    (tmp_path / "visits").mkdir()
    return copied(create, tmp_path / "visits")


def change(scene: Scene, value: str = "0.5") -> None:
    prepare.enter_figure(scene.file, scene.secretary, AgreedFigure("fund", value), NOW)


def damage(scene: Scene) -> None:
    path = scene.file.path
    path.write_bytes(path.read_bytes()[:5000] + b"noise" * 1000)


# --- the hub --------------------------------------------------------------------------------------------------------


def test_a_changed_visit_is_kept_every_few_minutes(scene: Scene) -> None:
    """At once, then not before the last is old enough, and not at all where nothing has changed."""
    keeper = Keeper(scene.file.path.parent)
    counts = []
    for minutes, changes in ((0, True), (1, True), (3, False), (4, False), (30, False), (31, True)):
        if changes:
            change(scene, f"0.{minutes + 1}")
        keeper.look(NOW + timedelta(minutes=minutes))
        counts.append(len(keep.taken(scene.file)))
    assert counts == [1, 1, 2, 2, 2, 3]
    assert timedelta(minutes=1) < EVERY <= timedelta(minutes=3)
    keeper.look(NOW + timedelta(minutes=32), ending=True)
    assert len(keep.taken(scene.file)) == 3
    change(scene, "0.9")
    keeper.look(NOW + timedelta(minutes=32), ending=True)
    assert len(keep.taken(scene.file)) == 4


def test_a_lock_is_preceded_by_a_snapshot(tmp_path: Path) -> None:
    """Where a hub keeps this folder, the state before an opening is kept; elsewhere nothing is written."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    assert keep.taken(scene.file) == ()
    before = dump(scene.file)
    keep.tell_keeper(Keeper(scene.file.path.parent))
    try:
        prepare.open_scoring(scene.file, scene.secretary, NOW)
    finally:
        keep.tell_keeper(None)
    (one,) = keep.taken(scene.file)
    assert one.before == Act.OPEN_SCORING
    assert dump(VisitFile(one.path)) == before


def test_a_stick_that_is_gone_stops_nothing_and_is_told(scene: Scene, tmp_path: Path) -> None:
    """The first place goes on; the trouble is there for the page, and gone when the stick is back with all copies."""
    stick = tmp_path / "stick"
    keeper = Keeper(scene.file.path.parent, stick)
    for minutes in (0, 5):
        change(scene, f"0.{minutes + 1}")
        keeper.look(NOW + timedelta(minutes=minutes))
    assert len(keep.taken(scene.file)) == 2
    assert keeper.troubles[scene.file.slug].code == "no-second-place"
    stick.mkdir()
    keeper.look(NOW + timedelta(minutes=6))
    assert keeper.troubles == {}
    assert len(snapshots.snapshots(stick / scene.file.slug)) == 2


def test_an_encrypted_copy(scene: Scene, tmp_path: Path) -> None:
    """On the stick nothing can be read without the passphrase; with it the copy is put back, here from nothing."""
    stick = tmp_path / "stick"
    stick.mkdir()
    passphrase = "7KQ4-PX2M-7KQ4-PX2M-7KQ4"
    Keeper(scene.file.path.parent, stick, keep.locking(passphrase, os.urandom)).look(NOW)
    (copy,) = snapshots.snapshots(stick / scene.file.slug)
    assert copy.locked
    assert b"SQLite" not in copy.path.read_bytes()
    with pytest.raises(InspectionError) as caught:
        keep.losses(scene.file, copy.path, "7KQ4-PX2M-7KQ4-PX2M-7KQ5")
    assert caught.value.code == "passphrase"
    content = bytearray(copy.path.read_bytes())
    content[-20] ^= 1
    copy.path.with_name("x.locked").write_bytes(content)
    with pytest.raises(InspectionError, match="passphrase"):
        keep.losses(scene.file, copy.path.with_name("x.locked"), passphrase)
    before = dump(scene.file)
    scene.file.path.unlink()
    keep.restore(scene.file, None, copy.path, NOW, passphrase)
    after = dump(scene.file)
    assert after.pop("log")[:-1] == before.pop("log")
    assert after == before


def test_an_unclean_end_is_looked_over(scene: Scene) -> None:
    """What waited in the log beside the file, how far the visit has got, and what is wrong with it."""
    folder = scene.file.path.parent
    change(scene)
    (found,) = keep.look_over(folder, {scene.file.slug: 4152})
    assert (found.slug, found.waiting, found.fault) == (scene.file.slug, 4152, None)
    assert found.last == log_of(scene)[-1]
    damage(scene)
    (found,) = keep.look_over(folder, {})
    assert found.fault is not None


# --- restoring ------------------------------------------------------------------------------------------------------


def test_a_restore_tells_and_keeps_what_it_takes_away(scene: Scene) -> None:
    """The acts after the snapshot are named before; afterwards the visit is as it was then, its log says so, and the
    replaced file is a snapshot that can be put back in turn."""
    one = snapshots.take(scene.file, NOW)
    old = dump(scene.file)
    change(scene)
    change(scene, "0.6")
    new = dump(scene.file)
    head = log_of(scene)[-1].hash
    loss = keep.losses(scene.file, one.path)
    assert ([entry.act for entry in loss.acts], loss.head, loss.fault) == (["enter-figure"] * 2, head, None)
    assert keep.restore(scene.file, scene.secretary, one.path, LATER) == loss
    entry = log_of(scene)[-1]
    assert (entry.act, entry.actor) == ("restore", scene.secretary.member_id)
    assert entry.details == {"snapshot": old["log"][-1]["hash"], "lost": {"enter-figure": 2}, "replaced": head}
    check_chain(log_of(scene))
    assert dump(scene.file, "figure", "member", "visit") == {k: old[k] for k in ("figure", "member", "visit")}
    aside = next(one for one in keep.taken(scene.file) if one.before == "restore")
    assert dump(VisitFile(aside.path)) == new
    keep.restore(scene.file, scene.secretary, aside.path, LATER + timedelta(minutes=1))
    assert dump(scene.file, "figure") == {"figure": new["figure"]}


def test_what_everybody_saw_is_not_undone(tmp_path: Path) -> None:
    """The secretary alone cannot put a visit back before a draw, opened marks or a seal while its file is sound; when it
    is damaged, it is the only way."""
    scene = scene_at(tmp_path, Stage.SCORE)
    one = snapshots.take(scene.file, NOW)
    mark_all(scene)
    open_up(scene)
    with refused(scene, StageError, "not-undone"):
        keep.restore(scene.file, scene.secretary, one.path, LATER)
    damage(scene)
    assert keep.restore(scene.file, scene.secretary, one.path, LATER).fault is not None
    assert prepare.outline(scene.file).visit.stage is Stage.SCORE


def test_only_the_secretary_restores(scene: Scene) -> None:
    """And who they are is asked of the present file, too."""
    one = snapshots.take(scene.file, NOW)
    change(scene)
    for actor in (scene.chair, scene.expert):
        with refused(scene, PermissionDenied, "role-may-not"):
            keep.restore(scene.file, actor, one.path, LATER)


def test_another_visits_snapshot_is_refused(scene: Scene, tmp_path: Path) -> None:
    """A file of the same name from another visit is not this visit."""
    other = create(tmp_path / "other")
    with refused(scene, InspectionError, "another-visit"):
        keep.restore(scene.file, scene.secretary, snapshots.take(other.file, NOW).path, LATER)


def test_a_save_in_between_is_noticed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between what was shown and what is done nobody's save is lost."""
    one = snapshots.take(scene.file, NOW)
    change(scene)
    real = snapshots.put_back

    def meanwhile(*given: object) -> None:
        change(scene, "0.8")
        real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(snapshots, "put_back", meanwhile)
    with pytest.raises(InspectionError) as caught:
        keep.restore(scene.file, scene.secretary, one.path, LATER)
    assert caught.value.code == "saved-meanwhile"
    assert dump(scene.file, "figure")["figure"][-1]["value"] == "0.8"


# --- from elsewhere -------------------------------------------------------------------------------------------------


def test_a_visit_is_copied_out_as_it_stands(scene: Scene, tmp_path: Path) -> None:
    """What was committed a moment ago is in the copy, and it is a sound visit that another hub takes in."""
    change(scene, "0.7")
    with scene.file.reading() as db:  # open, so that the log beside the file has not been brought in
        copied = keep.copied(scene.file)
        head = log.head(db)
    (tmp_path / "copied.visit").write_bytes(copied)
    taken = keep.open_foreign(tmp_path / "copied.visit", tmp_path / "other")
    with taken.reading() as db:
        assert log.head(db) == head


def test_a_visit_from_elsewhere_is_copied(scene: Scene, tmp_path: Path) -> None:
    """Under a free name, whole, and the file itself stays as it is, with nothing beside it."""
    source = tmp_path / "from" / "甲 县 (1).visit"
    source.parent.mkdir()
    snapshots.copy_visit(scene.file.path, source)
    before = source.read_bytes()
    files = [keep.open_foreign(source, tmp_path / "visits") for _ in range(2)]
    assert [file.slug for file in files] == ["甲-县-1", "甲-县-1-2"]
    assert set(files) < set(visit_files(tmp_path / "visits"))
    assert dump(files[0]) == dump(scene.file)
    assert source.read_bytes() == before
    assert [path.name for path in source.parent.iterdir()] == [source.name]


HOSTILE = {
    "trigger": "CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM site; END",
    "view": "CREATE VIEW more AS SELECT name FROM member",
    "bytes for a name": "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = x'ff00' WHERE name = 'answer'",
    "table": "CREATE TABLE more (a TEXT)",
    "virtual": "CREATE VIRTUAL TABLE more USING fts5(a)",
    "a trigger less": "DROP TRIGGER log_no_delete",
    "newer": "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('visit', 'of_2031', '')",
    "another program's": "PRAGMA application_id = 77",
}


@pytest.mark.parametrize("what", [*HOSTILE, "noise", "cut", "empty", "text"])
def test_what_is_no_plain_visit_is_refused(scene: Scene, tmp_path: Path, what: str) -> None:
    """Whatever could act on whoever opens it, is damaged, or is newer than this program, stays outside."""
    source, folder = tmp_path / "from.visit", tmp_path / "empty"
    snapshots.copy_visit(scene.file.path, source)
    if what in HOSTILE:
        with closing(sqlite3.connect(source, isolation_level=None)) as db:
            db.executescript(HOSTILE[what])
    else:
        content = source.read_bytes()
        source.write_bytes({
            "noise": content[:9000] + os.urandom(8000) + content[17000:], "cut": content[:-5000], "empty": b"",
            "text": b"x" * 9000,
        }[what])  # fmt: skip
    with pytest.raises(InspectionError):
        keep.open_foreign(source, folder)
    assert not folder.exists()


@pytest.mark.parametrize("change_", [
    "DELETE FROM visit", "UPDATE answer SET note = '另写'", "UPDATE log SET details = '{' WHERE seq = 3",
])
def test_what_was_not_recorded_does_not_come_in(scoring: Scene, tmp_path: Path, change_: str) -> None:
    """A sound file with every trigger in place whose content is not what its log tells is refused, and none is copied;
    where it lies among the visits already, the list says so in words."""
    mark_all(scoring, EXPERT)
    source, folder = tmp_path / "from.visit", tmp_path / "empty"
    snapshots.copy_visit(scoring.file.path, source)
    with closing(sqlite3.connect(source, isolation_level=None)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(change_)
        for _name, sql in triggers:
            db.execute(sql)
    with pytest.raises(TamperError):
        keep.open_foreign(source, folder)
    assert visit_files(folder) == ()
    if change_ == "DELETE FROM visit":
        with pytest.raises(NotFound, match="it holds no visit"):
            overview(VisitFile(source))


def test_an_older_file_is_brought_up_to_date_in_the_copy(scene: Scene, tmp_path: Path) -> None:
    """The migration is made on the copy; the file from elsewhere has not got it."""
    source = tmp_path / "from.visit"
    snapshots.copy_visit(scene.file.path, source)
    before = source.read_bytes()
    from inspection_app.store import read_only

    try:
        file_module.migrations(name="later")(lambda db: db.execute("CREATE TABLE later (id INTEGER)"))
        for cached in (file_module.every_migration, read_only._expected):
            cached.cache_clear()
        made = keep.open_foreign(source, tmp_path / "in")
        assert dump(made, "later") == {"later": []}
        assert source.read_bytes() == before
    finally:
        file_module.migrations._migrations.pop()
        for cached in (file_module.every_migration, read_only._expected):
            cached.cache_clear()
