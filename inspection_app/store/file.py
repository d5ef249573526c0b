"""A visit's file: opening, creating and finding it. One visit is one SQLite file; copying it is the backup.

A connection is opened for each run and never shared between threads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from inspection_app.errors import N_, InspectionError, NotFound
from inspection_app.store.migrations import migrations

SUFFIX = ".visit"
_BUSY_SECONDS = 10


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
            db.conn.execute("BEGIN")
            try:
                yield db
            finally:
                db.conn.rollback()

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """Open the file for one transaction: committed at the end, rolled back by any error.

        Raises:
            NotFound: there is no such file, or it is no visit file.
            InspectionError: the file stayed busy, or the disk refused to take the change.
        """
        with self._open() as db:
            try:
                db.conn.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                    db.conn.execute("COMMIT")
                except BaseException:
                    db.conn.rollback()
                    raise
            except sqlite3.OperationalError as error:
                raise InspectionError(
                    N_("The visit file could not be written ({reason}). Nothing was changed; try again."),
                    "not-written", reason=str(error),
                ) from error  # fmt: skip

    @contextmanager
    def _open(self) -> Iterator[Database]:
        if not self.path.is_file():
            raise NotFound(N_("There is no visit “{slug}” in this folder."), "no-visit", slug=self.slug)
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        try:
            try:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA synchronous = FULL")
                db = Database(connection)
                if migrations.pending(db):
                    connection.execute("PRAGMA journal_mode = WAL")
                    migrations.apply(db)
            except sqlite3.DatabaseError as error:
                raise NotFound(
                    N_("“{slug}” is not a readable visit file ({reason}). Restore it from a backup."),
                    "not-a-visit", slug=self.slug, reason=str(error),
                ) from error  # fmt: skip
            yield db
        finally:
            connection.close()


def create_file(folder: Path, slug: str) -> VisitFile:
    """Make an empty visit file.

    Raises:
        InspectionError: a visit of that name exists.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = VisitFile(folder / f"{slug}{SUFFIX}")
    try:
        file.path.touch(exist_ok=False)
    except FileExistsError:
        raise InspectionError(
            N_("There is already a visit “{slug}”. Choose another applicant name or date."), "visit-exists", slug=slug
        ) from None
    return file


def visit_files(folder: Path) -> tuple[VisitFile, ...]:
    """List the visit files of a folder by name."""
    return tuple(VisitFile(path) for path in sorted(folder.glob(f"*{SUFFIX}")) if path.is_file())
