"""Bringing a visit's file of an earlier release up to date: never without an untouched copy, and whole or not at all.

The copy is kept among the visit's snapshots, under a name that says at which migration the file stood. It is taken when
nobody else can write any more, and the migrations are tried on it first, as they are on a file from elsewhere. Then
they run on the file in one transaction of SQLite: up to its COMMIT what they write stands in the log beside the file,
so that without power, or killed, the file is the old one. What came out is checked before the COMMIT.

The migrated copy does not take the file's name: whoever has the file open, such as an older program beside this one,
would go on saving into a file that nobody finds any more, with a log that would then belong to two files.

Sources: sqlite.org/atomiccommit.html; sqlite.org/howtocorrupt.html, 2.5 on renaming a file that is in use.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database

from inspection_app.store import log, snapshots
from inspection_app.store.file import VisitFile, every_migration, transaction
from inspection_app.store.migrations import migrations
from inspection_app.store.read_only import refuse_strange

BEFORE = "upgrade-from-"
"""How a copy's ``before`` begins; the name of the last migration that the file had follows."""


def upgrade(file: VisitFile, db: Database) -> None:
    """Bring an open visit's file up to date; whoever comes second waits, and finds nothing to do.

    Raises:
        TamperError: the file is damaged or was changed behind the program's back; it stays as it was.
        InspectionError: no copy could be kept, or the file is in use or cannot be written; it stays as it was.
    """
    with transaction(db):
        if not migrations.pending(db):
            return
        entries, stands_at = log.entries(db), migrations.applied(db)[-1].name
        # by the time of what was done last, not by the clock: the same state is the same copy, however often it is met
        at = datetime.fromisoformat(entries[-1].at) if entries else datetime.fromtimestamp(0, UTC)
        snapshots.take(file, at, BEFORE + stands_at.replace("_", "-"))
        migrations.apply(db)
        refuse_strange(db.conn, every_migration())
        snapshots.sound(db)
