"""Removing personal values for good: what can be removed of a visit, and that nothing of it stays in the file's bytes.

A value is emptied, never its row: numbers, order and all other columns stay, and so do the digests that stand for the
values. Who may remove what, and when, is the services' business. Names that a certificate or a signature needs are not
among it: whoever wrote the cards, members of the panel, witnesses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing

from sqlite_utils import Database

from inspection_app.errors import N_, InspectionError
from inspection_app.store.file import VisitFile, configured

_EMPTIED: Mapping[str, str] = {
    "citizen/name": "UPDATE citizen SET name = '' WHERE name != ''",
    "citizen/gender": "UPDATE citizen SET gender = '' WHERE gender != ''",
    "citizen/birth": "UPDATE citizen SET birth = '' WHERE birth != ''",
    "citizen/phone": "UPDATE citizen SET phone = '' WHERE phone != ''",
    "citizen/id_number": "UPDATE citizen SET id_number = '' WHERE id_number != ''",
    "citizen/household": "UPDATE citizen SET household = '' WHERE household != ''",
    "citizen/township": "UPDATE citizen SET township = '' WHERE township != ''",
    "citizen/id_digest": "UPDATE citizen SET id_digest = '' WHERE id_digest != ''",
    "citizen/others": "UPDATE citizen SET others = '' WHERE others != ''",
    "annex/identity": "UPDATE annex SET identity = '' WHERE identity != '' AND locked_list IN "
    "(SELECT id FROM locked_list WHERE kind LIKE 'citizens%')",  # sites are nobody's data
    "annex/nonce": "UPDATE annex SET nonce = '' WHERE nonce != '' AND locked_list IN "
    "(SELECT id FROM locked_list WHERE kind LIKE 'citizens%')",  # sites are nobody's data
    "roster_change/before": "UPDATE roster_change SET before = '' WHERE before != ''",
    "roster_change/after": "UPDATE roster_change SET after = '' WHERE after != ''",
    # a guest is known by name, and two of them must not become one
    "attendance/who": "UPDATE attendance SET who = '#' || rowid WHERE kind = 'guest' AND who != '#' || rowid",
    "attendance/remark": "UPDATE attendance SET remark = '' WHERE remark != ''",
    "attendance/stand_in": "UPDATE attendance SET stand_in = '' WHERE stand_in != ''",
    "observation/person": "UPDATE observation SET person = '' WHERE person != ''",
    "site_check/people": "UPDATE site_check SET people = '' WHERE people != ''",
    "evidence_content/content": "UPDATE evidence_content SET content = x'' WHERE content != x''",
    "evidence_content/thumbnail": "UPDATE evidence_content SET thumbnail = x'' WHERE thumbnail != x''",
    "evidence/caption": "UPDATE evidence SET caption = '' WHERE caption != ''",
    "evidence/name": "UPDATE evidence SET name = '' WHERE name != ''",
    "evidence_change/caption": "UPDATE evidence_change SET caption = '' WHERE caption != ''",
}

PHOTOS = frozenset(column for column in _EMPTIED if column.startswith("evidence"))
"""Photos and files that were attached as evidence, and what was said of them, as ``table/column``."""

PERSONAL = frozenset(_EMPTIED) - PHOTOS
"""What else can be removed, as ``table/column``."""

REACHING = frozenset({
    "citizen/phone", "citizen/id_number", "citizen/id_digest", "citizen/others", "annex/identity", "annex/nonce",
    "roster_change/before", "roster_change/after",
})  # fmt: skip
"""By what somebody can be reached or their identity number be found out: the annex tells both, too."""


def remove(db: Database, columns: Iterable[str]) -> dict[str, int]:
    """Empty columns (of ``PERSONAL`` and ``PHOTOS``) and return how many values each of them lost; not to be undone."""
    removed = {column: db.execute(_EMPTIED[column]).rowcount for column in sorted(columns)}
    return {column: count for column, count in removed.items() if count}


def rewrite(file: VisitFile) -> None:
    """Write a file anew, so that what was removed is not in what SQLite had left over either; no row changes.

    Raises:
        InspectionError: somebody else has the file open, or there is no room for it.
    """
    try:
        with closing(sqlite3.connect(file.path, timeout=10, isolation_level=None)) as connection:
            configured(connection)
            _moved(connection)
            connection.execute("VACUUM")
            _moved(connection)
    except sqlite3.OperationalError as error:
        raise InspectionError(
            N_("It is removed, but older bytes may still be in the file ({reason}). Stop the hub and run it again."),
            "not-rewritten", reason=str(error),
        ) from error  # fmt: skip


def _moved(connection: sqlite3.Connection) -> None:
    """Move what waits in the log beside the file into it, and leave that log empty."""
    busy, *_counts = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("the file is in use")
