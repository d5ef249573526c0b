"""A visit of every earlier release opens in this one, its content kept; one of a later release is refused in words."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from inspection_app.errors import InspectionError
from inspection_app.services import keep, prepare, redact
from inspection_app.services.check import verify
from inspection_app.store import visits
from inspection_app.store.file import VisitFile
from inspection_app.store.migrations import migrations
from inspection_app.store.read_only import ReadOnlyVisit
from tests.services.conftest import NOW, SITES, Scene, create, dump


def names() -> list[str]:
    return [one.name for one in migrations.pending(Database(memory=True))]


MADE = names()


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


def test_an_old_visit_in_the_folder_opens(old: Old) -> None:
    """The hub's own visits are brought up to date where they are, in one transaction."""
    path, rows = old
    assert prepare.preparation(VisitFile(path)).visit.stage == "prepare"
    assert len(dump(VisitFile(path))["log"]) == rows["log"]
    verify(path)


def test_every_migration_changes_the_schema_as_this_program_expects(old: Old) -> None:
    """Brought up to date, an old file has the very objects of a new one."""
    path, _rows = old
    prepare.preparation(VisitFile(path))
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(":memory:")) as fresh:
        migrations.apply(Database(fresh))
        statement = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        assert db.execute(statement).fetchall() == fresh.execute(statement).fetchall()


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
