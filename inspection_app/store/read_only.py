"""A visit file that is only looked at: nothing is written to it or beside it, and nothing in it is believed.

Its schema must be exactly what the migrations it names make: no table, trigger or view more, for such things could act
on whoever opens the file. A file of an earlier release is brought up to date in a database that goes with the
connection.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NoReturn

from sqlite_utils import Database

from inspection_app.errors import N_, InspectionError, NotFound, TamperError
from inspection_app.store.file import VisitFile, every_migration, refuse_newer
from inspection_app.store.migrations import migrations

MOST_BYTES = 4 * 1024**3


@dataclass(frozen=True)
class ReadOnlyVisit(VisitFile):
    """A visit for everything that only reads; whoever would write is refused."""

    def writing(self) -> NoReturn:
        raise InspectionError(N_("This visit file is only looked at; nothing in it is changed."), "read-only")

    @contextmanager
    def _open(self) -> Iterator[Database]:
        if not self.path.is_file():
            raise NotFound(N_("There is no file “{path}”."), "no-visit", path=str(self.path))
        if self.path.stat().st_size > MOST_BYTES:
            raise InspectionError(N_("“{path}” is larger than any visit."), "too-big", path=str(self.path))
        with ExitStack() as opened:
            try:
                connection = opened.enter_context(_connected(self.path))
                _distrust(connection)
                applied = _applied(connection)
                refuse_strange(connection, applied)
                db: Database = _Looked(connection)
                if set(applied) != set(every_migration()):
                    newer = opened.enter_context(closing(sqlite3.connect("")))  # on the disk where it is large
                    connection.backup(newer)
                    db = Database(newer)
                    migrations.apply(db)
            except sqlite3.DatabaseError as error:
                raise self._unreadable(error) from error
            except UnicodeDecodeError as error:  # what SQLite says of a broken schema repeats the schema's bytes
                raise self._unreadable(sqlite3.DatabaseError("its structure is damaged")) from error
            yield db


class _Looked(Database):
    """A database that refuses to be written to: no question needs the savepoint that the library sets."""

    def query(self, sql: str, params: Sequence[Any] | dict[str, Any] | None = None) -> Generator[dict[str, Any]]:
        rows = self.conn.execute(sql, params or ())
        names = [column[0] for column in rows.description]
        return (dict(zip(names, row, strict=True)) for row in rows)


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file so that nothing appears beside it: SQLite makes two files for whoever reads one in WAL mode."""
    waiting, shared = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    with ExitStack() as opened:
        if waiting.is_file() and not shared.is_file():  # copied with its log, which has still to be read
            aside = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            for one in (path, waiting):
                shutil.copy(one, aside / one.name)
            path = aside / path.name
        way = "mode=rw" if path.parent != waiting.parent else "mode=ro" if waiting.is_file() else "immutable=1"
        yield opened.enter_context(closing(sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True, timeout=10)))


def _distrust(connection: sqlite3.Connection) -> None:
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")


def _applied(connection: sqlite3.Connection) -> tuple[str, ...]:
    try:
        rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", [migrations.name])
        applied = tuple(str(name) for (name,) in rows)
    except sqlite3.OperationalError as error:
        raise sqlite3.DatabaseError("it holds no visit") from error
    if not applied:
        raise sqlite3.DatabaseError("it holds no visit")
    refuse_newer(applied)
    return applied


def refuse_strange(connection: sqlite3.Connection, applied: Iterable[str]) -> None:
    """Refuse a file whose schema is not what the migrations make that it has.

    Raises:
        TamperError: a table, index, trigger or view is missing, is there beyond them, or is another.
    """
    rows = _rows(connection)
    asked = frozenset(applied)
    if _ALIKE.get(asked) == rows:
        return
    found = _schema(rows)
    expected = _expected(asked)
    strange = sorted(f"{kind} {name}" for kind, name in found.keys() ^ expected.keys())
    strange += sorted(f"{kind} {name}" for kind, name in found.keys() & expected.keys()
                      if found[kind, name] != expected[kind, name])  # fmt: skip
    if strange:
        raise TamperError(
            N_("The file's structure is not that of a visit: {objects}. Compare it with the last backup."),
            "strange-schema", objects=", ".join(strange[:5]),
        )  # fmt: skip
    _ALIKE[asked] = rows


_ALIKE: dict[frozenset[str], list[tuple[str, str, str]]] = {}
"""By what was applied, the last structure that was found right, letter by letter: most files have the very same."""


@cache
def _expected(applied: frozenset[str]) -> dict[tuple[str, str], str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        db = Database(connection)
        migrations.ensure_migrations_table(db)
        for migration in migrations.pending(db):
            if migration.name in applied:
                migration.fn(db)
        return _schema(_rows(connection))


def _rows(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()


def _schema(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    return {(str(kind), str(name)): _one_line(str(sql or "")) for kind, name, sql in rows}  # bytes may stand there


@lru_cache(maxsize=1000)
def _one_line(sql: str) -> str:
    return " ".join(sql.split())
