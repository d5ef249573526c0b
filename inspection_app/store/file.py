"""A visit's file: opening, creating and finding it. One visit is one SQLite file; copying it is the backup.

A connection is opened for each run, and serves one thread at a time. Within ``kept_open`` a run opens each file once,
or takes up what the run before has left (``hold``): most of what a short look costs is SQLite reading the schema anew.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlite_utils import Database

from inspection_app.errors import N_, InspectionError, NotFound
from inspection_app.store import hold, log
from inspection_app.store.migrations import migrations

SUFFIX = ".visit"
_BUSY_SECONDS = 10
_OUTSIDE = frozenset({
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM,
})  # fmt: skip
"""What is wrong around a file and not in it."""
_run = threading.local()


@contextmanager
def kept_open(*, leave: bool = False) -> Iterator[None]:
    """Let this thread go on with one connection a file until the end of the block.

    Args:
        leave: leave them to whoever comes within a second, instead of closing them at once.
    """
    before = getattr(_run, "kept", None)
    _run.kept = {}
    try:
        yield
    finally:
        for path, opened in _run.kept.items():
            if leave:
                hold.leave(path, opened)
            else:
                opened.close()
        _run.kept = before


@dataclass(frozen=True)
class VisitFile:
    """Where a visit is kept. ``slug`` is the file's name without its ending, and the visit's name in addresses."""

    path: Path

    @property
    def slug(self) -> str:
        return self.path.name.removesuffix(SUFFIX)

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Open the file for one consistent look at it.

        Raises:
            NotFound: there is no such file, or it is no visit file.
        """
        with self._open() as db:
            try:
                db.conn.execute("BEGIN")
                yield db
            except sqlite3.DatabaseError as error:
                raise self._unreadable(error) from error
            finally:
                db.conn.rollback()

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """Open the file for one transaction: committed at the end, rolled back by any error.

        Raises:
            NotFound: there is no such file, or it is no visit file.
            InspectionError: the file stayed busy, or the disk refused to take the change.
        """
        with self._open() as db, transaction(db):
            yield db

    def as_written(self) -> tuple[object, ...]:
        """Return what stays the same as long as nobody writes to the file: what is found in it may be kept by that.

        The log's head stands for every change that the app makes. What was changed behind its back is to be met as
        well, so which file it is, its size and time, and those of the log beside it, belong to it too.
        """
        on_disk: list[object] = []
        for path in (self.path, self.path.with_name(self.path.name + "-wal")):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            if found.st_size:  # whoever only reads makes an empty one beside the file, and takes it away again
                on_disk += [path.name, found.st_ino, found.st_size, found.st_mtime_ns]
        with self.reading() as db:  # after the look at the disk: what is kept may be newer than its key, never older
            return (log.head(db), *on_disk)

    @contextmanager
    def _open(self) -> Iterator[Database]:
        if not self.path.is_file():
            raise NotFound(N_("There is no visit “{slug}” in this folder."), "no-visit", slug=self.slug)
        kept: dict[Path, hold.Opened] | None = getattr(_run, "kept", None)
        inode = self.path.stat().st_ino
        if kept is not None and self.path not in kept and (left := hold.take_up(self.path, inode)):
            kept[self.path] = left
        known = kept.get(self.path) if kept else None
        # another file of this name, or one in use just now, is opened anew
        if kept and known and known.inode == inode and not known.connection.in_transaction:
            try:
                yield known.db
            except BaseException as error:
                if isinstance(error, InspectionError) and error.__cause__ is None:  # refused; SQLite has no part in it
                    known.connection.end_look()
                else:  # whatever it was, the next look begins afresh
                    del kept[self.path]
                    known.close()
                raise
            known.connection.end_look()
            return
        with ExitStack() as ending:
            # one thread at a time, and not always the one that opened it: see ``hold``
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, factory=hold.Connection, check_same_thread=False
            )
            ending.enter_context(closing(connection))
            try:
                db = configured(connection)
                if not _up_to_date(db):
                    if not migrations.applied(db):  # somebody else's database, or an empty file: not to be touched
                        raise sqlite3.DatabaseError("it holds no visit")
                    from inspection_app.store.upgrades import upgrade  # it is built on this module

                    upgrade(self, db)
            except sqlite3.DatabaseError as error:
                raise self._unreadable(error) from error
            yield db
            if kept is not None and self.path not in kept:
                connection.end_look()
                kept[self.path] = hold.Opened(inode, db, connection)
                ending.pop_all()

    def _unreadable(self, error: sqlite3.DatabaseError) -> InspectionError:
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF  # what the more exact codes have in common
        if kind == sqlite3.SQLITE_BUSY:
            return InspectionError(
                N_("The visit file could not be read ({reason}). Try again."), "not-read", reason=str(error)
            )
        if kind in _OUTSIDE:  # nobody must go and restore a backup for it
            return InspectionError(
                N_("The visit file could not be opened ({reason}). Nothing was changed. See whether the disk is full "
                   "or was pulled out, and try again."), "not-read", reason=str(error),
            )  # fmt: skip
        return NotFound(
            N_("“{slug}” is not a readable visit file ({reason}). Restore it from a backup."),
            "not-a-visit", slug=self.slug, reason=str(error),
        )  # fmt: skip


@contextmanager
def new_file(folder: Path, slug: str) -> Iterator[tuple[VisitFile, Database]]:
    """Make a visit file in one transaction: it takes its name only when it is complete, so nobody meets half a visit.

    Raises:
        InspectionError: a visit of that name exists, or the disk refused to take the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = VisitFile(folder / f"{slug}{SUFFIX}")
    if file.path.exists():
        raise _exists(slug)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as aside:
        building = Path(aside) / file.path.name
        with closing(sqlite3.connect(building)) as connection:
            db = configured(connection)
            db.conn.execute("PRAGMA journal_mode = WAL")
            with transaction(db):
                migrations.apply(db)
            with transaction(db):
                yield file, db
        take_name(building, file)


def take_name(building: Path, file: VisitFile) -> None:
    """Give a complete file its name among the visits.

    Raises:
        InspectionError: a visit of that name exists.
    """
    if not file.path.exists():  # what a deleted visit of this name left behind would be read into the new one
        for rest in ("-wal", "-shm"):
            file.path.with_name(file.path.name + rest).unlink(missing_ok=True)
    try:
        os.link(building, file.path)  # unlike a rename, it never takes the place of another file
    except FileExistsError:
        raise _exists(file.slug) from None
    except OSError:  # a file system without links, such as a memory stick's
        if file.path.exists():
            raise _exists(file.slug) from None
        os.replace(building, file.path)


def _exists(slug: str) -> InspectionError:
    return InspectionError(
        N_("There is already a visit “{slug}”. Choose another applicant name or date."), "visit-exists", slug=slug
    )


def configured(connection: sqlite3.Connection) -> Database:
    """Set a connection up so that every commit reaches the disk and the file's own rules hold."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is removed for good is overwritten, not only forgotten
    return Database(connection)  # which turns recursive triggers on: INSERT OR REPLACE must not pass the triggers by


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Hold the file against other writers to the end of the block: committed there, rolled back by any error.

    Raises:
        InspectionError: the file stayed busy, or the disk refused to take the change.
    """
    try:
        db.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.conn.execute("COMMIT")
        except BaseException:
            db.conn.rollback()
            raise
    except sqlite3.OperationalError as error:
        raise InspectionError(
            N_("The visit file could not be written ({reason}). Nothing was changed; try again."),
            "not-written", reason=str(error),
        ) from error  # fmt: skip


@cache
def every_migration() -> tuple[str, ...]:
    """Return the names of the migrations in their order."""
    with closing(Database(memory=True).conn) as nothing:
        return tuple(migration.name for migration in migrations.pending(Database(nothing)))


def refuse_newer(applied: Iterable[str]) -> None:
    """Refuse a file with migrations that are not known here: written to, it might lose what they added.

    Raises:
        InspectionError: it was made by a newer release.
    """
    if newer := set(applied) - set(every_migration()):
        raise InspectionError(
            N_("This visit was made by a newer release ({newer}). Open it with that one."),
            "newer", newer=", ".join(sorted(newer)),
        )  # fmt: skip


def _up_to_date(db: Database) -> bool:
    """Say whether a file has every migration: one look at it, because it is asked at every opening."""
    try:
        rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", [migrations.name])
        applied = {str(name) for (name,) in rows}
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # there is no such table
            return False
        raise
    refuse_newer(applied)
    return applied >= set(every_migration())


def visit_files(folder: Path) -> tuple[VisitFile, ...]:
    """List the visit files of a folder by name."""
    return tuple(VisitFile(path) for path in sorted(folder.glob(f"*{SUFFIX}")) if path.is_file())
