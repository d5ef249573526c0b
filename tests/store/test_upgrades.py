"""A visit of every earlier release opens in this one, its content kept; one of a later release is refused in words."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError, TamperError
from inspection_app.services import keep, prepare, redact
from inspection_app.services.check import verify
from inspection_app.store import log, reopenings, snapshots, visits
from inspection_app.store.file import VisitFile, visit_files
from inspection_app.store.migrations import migrations
from inspection_app.store.read_only import ReadOnlyVisit
from tests.services.conftest import NOW, SITES, Scene, create, dump


def names() -> list[str]:
    return [one.name for one in migrations.pending(Database(memory=True))]


MADE = names()
EARLIER = len(MADE) - 3


def columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]


def of_release(scene: Scene, count: int, path: Path) -> dict[str, int]:
    """Build a visit as the release with the first so many migrations left it; return how many rows each table has."""
    db = Database(path)
    db.execute("PRAGMA synchronous = OFF")
    migrations.ensure_migrations_table(db)
    for one in list(migrations.pending(db))[:count]:
        one.fn(db)
        db.table("_sqlite_migrations").insert(
            {"migration_set": migrations.name, "name": one.name, "applied_at": NOW.isoformat()}
        )
    db.conn.commit()
    db.conn.close()
    kept = {}
    with closing(sqlite3.connect(path)) as old:
        old.execute("ATTACH ? AS source", [str(scene.file.path)])
        known = {name for (name,) in old.execute("SELECT name FROM source.sqlite_master WHERE type = 'table'")}
        for (table,) in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            if table in known and not table.startswith(("_", "sqlite_")):
                shared = ", ".join(columns(old, table))
                old.execute(f"INSERT INTO main.{table} ({shared}) SELECT {shared} FROM source.{table}")
                kept[table] = old.execute(f"SELECT count(*) FROM main.{table}").fetchone()[0]
        old.commit()
    return {table: count for table, count in kept.items() if count}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = create(tmp_path_factory.mktemp("built"))
    with closing(sqlite3.connect(scene.file.path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return scene


Old = tuple[Path, dict[str, int]]


@pytest.fixture(scope="module", params=range(1, len(MADE)), ids=lambda count: f"{count} {MADE[count - 1]}")
def built(request: pytest.FixtureRequest, scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Old:
    path = tmp_path_factory.mktemp("old") / "old.visit"
    rows = of_release(scene, request.param, path)
    assert rows["member"] == 5
    assert rows["log"] >= 1
    return path, rows


@pytest.fixture
def old(built: Old, tmp_path: Path) -> Old:
    return Path(shutil.copy(built[0], tmp_path)), built[1]


def test_an_old_visit_is_looked_at_without_being_changed(old: Old, scene: Scene) -> None:
    """It is brought up to date in memory; its bytes stay, nothing appears beside it, and its log still holds."""
    path, _rows = old
    before = path.read_bytes()
    found = verify(path)
    with ReadOnlyVisit(path).reading() as db, scene.file.reading() as new:
        assert visits.read(db) == visits.read(new)
    assert found.head
    assert (path.read_bytes(), [one.name for one in path.parent.iterdir()]) == (before, ["old.visit"])


def test_an_old_visit_is_taken_in_as_a_copy(old: Old, tmp_path: Path) -> None:
    """The copy has every row and every migration and can be worked on; the file that came stays as it was."""
    path, rows = old
    before = path.read_bytes()
    taken = keep.open_foreign(path, tmp_path / "visits")
    assert path.read_bytes() == before
    members = prepare.preparation(taken).members
    secretary = redact.secretary_of(taken.path)
    prepare.name_sites(taken, secretary, SITES, NOW)
    tables = dump(taken)
    assert {table: len(tables[table]) for table in rows if table != "log"} == {
        table: count for table, count in rows.items() if table != "log"
    }
    assert {row["name"] for row in tables["_sqlite_migrations"]} == set(MADE)
    assert len(members) == 5
    verify(taken.path)


def told(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every table of a file as it stands there, without bringing it up to date."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return {name: db.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall() for (name,) in tables}


def test_an_old_visit_in_the_folder_opens(old: Old) -> None:
    """The hub's own visit is brought up to date, and first a copy of it as it stood is kept, named after the migration
    it stood at, where no visit is looked for; opened again, nothing more is kept."""
    path, rows = old
    before = told(path)
    for _ in range(2):
        assert prepare.preparation(VisitFile(path)).visit.stage == "prepare"
        assert len(dump(VisitFile(path))["log"]) == rows["log"]
        (kept,) = keep.taken(VisitFile(path))
        assert kept.before == f"upgrade-from-{before['_sqlite_migrations'][-1][2]}".replace("_", "-")
        assert told(kept.path) == before
        assert visit_files(path.parent) == (VisitFile(path),)
    verify(path)


def test_every_migration_changes_the_schema_as_this_program_expects(old: Old) -> None:
    """Brought up to date, an old file has the very objects of a new one."""
    path, _rows = old
    prepare.preparation(VisitFile(path))
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(":memory:")) as fresh:
        migrations.apply(Database(fresh))
        statement = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        assert db.execute(statement).fetchall() == fresh.execute(statement).fetchall()


@pytest.fixture
def earlier(scene: Scene, tmp_path: Path) -> Path:
    """A visit as an earlier release left it, in the mode in which a hub has its visits; several migrations are due."""
    path = tmp_path / "old.visit"
    of_release(scene, EARLIER, path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    return path


def stands_at(path: Path) -> int:
    """Return how many migrations a file has."""
    return len(told(path)["_sqlite_migrations"])


def test_a_copy_that_is_there_is_not_written_over(earlier: Path) -> None:
    """An old file that is put there again, as it was or with more in it, leaves the first copy as it is."""
    again = earlier.read_bytes()
    prepare.preparation(VisitFile(earlier))
    (first,) = keep.taken(VisitFile(earlier))
    content = first.path.read_bytes()
    earlier.write_bytes(again)
    prepare.preparation(VisitFile(earlier))
    assert keep.taken(VisitFile(earlier)) == (first,)
    earlier.write_bytes(again)
    with closing(sqlite3.connect(earlier)) as db:
        log.append(Database(db), NOW, 1, "more", {})
        db.commit()
    prepare.preparation(VisitFile(earlier))
    assert len(keep.taken(VisitFile(earlier))) == 2
    assert first.path.read_bytes() == content


def test_several_open_an_old_visit_at_once(earlier: Path) -> None:
    """One brings it up to date and the others wait; a look that began before goes on at what it saw, a connection that
    was open goes on with what is there now, and nobody's save goes into a file without a name."""
    with closing(sqlite3.connect(earlier)) as looking, closing(sqlite3.connect(earlier)) as idle:
        count = "SELECT count(*) FROM _sqlite_migrations"
        looking.execute("BEGIN")
        assert looking.execute(count).fetchone() == idle.execute(count).fetchone() == (EARLIER,)
        with ThreadPoolExecutor(4) as four:
            found = list(four.map(lambda _: prepare.preparation(VisitFile(earlier)).visit.id, range(4)))
        assert len(set(found)) == 1
        assert looking.execute(count).fetchone() == (EARLIER,)
        assert idle.execute(count).fetchone() == (len(MADE),)
        idle.execute("UPDATE visit SET applicant = '县'")
        idle.commit()
    assert prepare.preparation(VisitFile(earlier)).visit.description.applicant == "县"
    assert len(keep.taken(VisitFile(earlier))) == 1


def test_a_copy_can_be_put_back(earlier: Path) -> None:
    """It is listed among the snapshots, and put back it is brought up to date like any old visit."""
    file = VisitFile(earlier)
    prepare.name_sites(file, redact.secretary_of(earlier), SITES, NOW)
    (kept,) = keep.taken(file)
    loss = keep.restore(file, None, kept.path, NOW)
    assert [entry.act for entry in loss.acts] == ["name-sites"]
    assert stands_at(earlier) == len(MADE)
    assert prepare.preparation(file).sites == ()
    verify(earlier)


@pytest.mark.parametrize("sealed", [True, False])
def test_what_was_done_is_sealed_now(earlier: Path, sealed: bool) -> None:
    """The last stage had another name; without a seal a visit goes back to where it can be sealed. What a reopening
    says of it stays as it was written and is understood."""
    with closing(sqlite3.connect(earlier)) as db:
        db.execute("UPDATE visit SET stage = 'done', finished = ?", [NOW.isoformat()])
        db.execute("INSERT INTO reopening (from_stage, to_stage, reason, at, by) VALUES ('done', 'consolidate', '', ?, 1)",
                   [NOW.isoformat()])  # fmt: skip
        if sealed:
            db.execute("INSERT INTO seal (content, scope, result, log_head, digest, at, by, last_attendance) "
                       "VALUES ('', '{}', '', '', '', ?, 1, 0)", [NOW.isoformat()])  # fmt: skip
        db.commit()
    for file in (ReadOnlyVisit(earlier), VisitFile(earlier)):
        with file.reading() as new:
            found, (reopening,) = visits.read(new), reopenings.reopenings(new)
        expected = (Stage.SEALED, NOW) if sealed else (Stage.CONSOLIDATE, None)
        assert (found.stage, found.finished, reopening.from_stage) == (*expected, Stage.SEALED)
    assert told(earlier)["reopening"][0][1] == "done"


def _strange(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM site; END")


def _unchained(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'log_no_update'").fetchone()
        db.executescript(f"DROP TRIGGER log_no_update; UPDATE log SET act = 'other' WHERE seq = 1; {sql}")


def _no_room(path: Path) -> None:
    (path.parent / snapshots.FOLDER).write_text("no folder can be made here")


@pytest.mark.parametrize("spoil", [_strange, _unchained, _no_room])
def test_what_cannot_be_brought_up_to_date_safely_stays(earlier: Path, spoil: Callable[[Path], None]) -> None:
    """A structure that is no visit's, a log that was changed, or no place for a copy: refused, and nothing is changed."""
    spoil(earlier)
    before = told(earlier)
    for _ in range(2):
        with pytest.raises(InspectionError) as caught:
            prepare.preparation(VisitFile(earlier))
        assert isinstance(caught.value, TamperError) or caught.value.code == "no-snapshot"
    assert told(earlier) == before
    assert keep.taken(VisitFile(earlier)) == ()


class Dying(sqlite3.Connection):
    """A connection that counts what all of its kind are asked to do, and ends the process before one of them."""

    asked, last = 0, 0

    def execute(self, *args: Any) -> sqlite3.Cursor:
        Dying.asked += 1
        if Dying.asked == Dying.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*args)


def opened_by_a_child(path: Path, last: int) -> int:
    """Open a visit in a process that is killed before it asks SQLite for the so manieth time; return how often it asked.

    The child is a fork, which has no time to lose on starting Python."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            Dying.last, connect = last, sqlite3.connect

            def dying(*given: Any, factory: type[sqlite3.Connection] = sqlite3.Connection, **also: Any) -> Any:
                bases = (Dying,) if factory is sqlite3.Connection else (Dying, factory)
                return connect(*given, factory=type("Both", bases, {}), **also)

            sqlite3.connect = dying
            prepare.preparation(VisitFile(path))
            os.write(there, str(Dying.asked).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(there)
    with os.fdopen(here) as said:
        asked = said.read()
    _, status = os.waitpid(child, 0)
    assert (os.WIFSIGNALED(status), bool(asked)) in {(True, False), (False, True)}
    return int(asked or 0)


@pytest.mark.skipif(sys.platform == "win32", reason="the hub's lives are forked")
@pytest.mark.parametrize("places", [5, pytest.param(200, marks=pytest.mark.soak)])
def test_killed_in_between_the_old_visit_is_whole(earlier: Path, places: int) -> None:
    """Whenever the program is killed on the way, the file is the old one or the new one with nothing in between; when
    it is the new one the copy of the old one is there; and opened again it is brought up to date."""
    old, copy = told(earlier), earlier.read_bytes()
    prepare.preparation(VisitFile(earlier))  # a child need not find out what this process knows by now
    new = told(earlier)
    assert len(new["_sqlite_migrations"]) == len(MADE)
    earlier.write_bytes(copy)
    steps = opened_by_a_child(earlier, 0)
    met = set()
    for last in range(steps, 0, -max(1, steps // places)):
        for path in (earlier, *(earlier.with_name(earlier.name + rest) for rest in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
        shutil.rmtree(earlier.parent / snapshots.FOLDER, ignore_errors=True)
        earlier.write_bytes(copy)
        assert opened_by_a_child(earlier, last) == 0
        found = told(earlier)
        tables = [name for name in found if name != "_sqlite_migrations"]
        whole = old if len(found["_sqlite_migrations"]) < len(MADE) else new
        assert {name: found[name] for name in tables} == {name: whole[name] for name in tables}
        kept = keep.taken(VisitFile(earlier))
        assert [told(one.path) for one in kept] == [old] * len(kept)
        assert kept or whole is old
        met.add((whole is new, len(kept)))
        prepare.preparation(VisitFile(earlier))
        assert stands_at(earlier) == len(MADE)
        assert len(keep.taken(VisitFile(earlier))) == 1
    assert met == {(False, 0), (False, 1), (True, 1)}


def newer(scene: Scene, path: Path) -> Path:
    shutil.copy(scene.file.path, path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE of_tomorrow (id INTEGER PRIMARY KEY) STRICT")
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, 'tomorrow', '')",
                   [migrations.name])  # fmt: skip
        db.commit()
    return path


def test_a_newer_visit_is_refused_in_words(scene: Scene, tmp_path: Path) -> None:
    """Looked at or taken in, it is named what it is, and not a byte changes."""
    path = newer(scene, tmp_path / "newer.visit")
    before = path.read_bytes()
    for look in (
        lambda: verify(path),
        lambda: keep.open_foreign(path, tmp_path / "visits"),
    ):
        with pytest.raises(InspectionError) as caught:
            look()
        assert caught.value.code == "newer"
        assert "tomorrow" in caught.value.text()
    assert path.read_bytes() == before


def test_a_newer_visit_among_the_hubs_own_is_refused(scene: Scene, tmp_path: Path) -> None:
    """After a step back to an earlier release, its visits are not written to by a program that does not know them."""
    path = newer(scene, tmp_path / "newer.visit")
    with pytest.raises(InspectionError) as caught:
        prepare.preparation(VisitFile(path))
    assert caught.value.code == "newer"
