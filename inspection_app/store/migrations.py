"""The schema of a visit file, as it grew.

Personal data stands in columns of its own (``member.name``, the ``citizen`` and ``annex`` tables), so that it can be
removed later; everything else refers to ids and salted digests. Points are decimals stored as text. Tables that record
what people decided only ever grow: triggers refuse to change or delete their rows.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("visit")

_APPEND_ONLY = ("log", "answer", "adjudication", "veto_decision", "gate_decision", "figure")


@migrations()
def the_narrow_path(db: Database) -> None:
    for statement in _TABLES:
        db.execute(statement)
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )


_TABLES = (
    """CREATE TABLE visit (
        id TEXT PRIMARY KEY, applicant TEXT NOT NULL, category TEXT NOT NULL, starts TEXT NOT NULL,
        ends TEXT NOT NULL, place TEXT NOT NULL, stage TEXT NOT NULL, rubric_id TEXT NOT NULL,
        rubric_version TEXT NOT NULL, rubric_digest TEXT NOT NULL, rubric_text TEXT NOT NULL,
        places INTEGER NOT NULL, recommendation TEXT NOT NULL DEFAULT '', salt BLOB NOT NULL,
        created TEXT NOT NULL, finished TEXT) STRICT""",
    # AUTOINCREMENT: the id of somebody who left is never given to another, or old sign-ins would be theirs
    """CREATE TABLE member (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, organisation TEXT NOT NULL, speciality TEXT NOT NULL,
        role TEXT NOT NULL, code_hash TEXT NOT NULL DEFAULT '', code_number INTEGER NOT NULL DEFAULT 0) STRICT""",
    """CREATE TABLE assignment (
        member INTEGER NOT NULL REFERENCES member(id) ON DELETE CASCADE, item TEXT NOT NULL,
        PRIMARY KEY (member, item)) STRICT""",
    """CREATE TABLE site (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, feature TEXT NOT NULL)
        STRICT""",
    """CREATE TABLE citizen (
        id INTEGER PRIMARY KEY, category TEXT NOT NULL, name TEXT NOT NULL, gender TEXT NOT NULL,
        birth TEXT NOT NULL, phone TEXT NOT NULL, id_number TEXT NOT NULL, household TEXT NOT NULL,
        township TEXT NOT NULL) STRICT""",
    """CREATE TABLE locked_list (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, digest TEXT NOT NULL,
        at TEXT NOT NULL, withdrawn TEXT, reason TEXT NOT NULL DEFAULT '') STRICT""",
    """CREATE TABLE annex (
        locked_list INTEGER NOT NULL REFERENCES locked_list(id), number INTEGER NOT NULL, identity TEXT NOT NULL,
        nonce TEXT NOT NULL, PRIMARY KEY (locked_list, number)) STRICT""",
    "CREATE UNIQUE INDEX one_locked_list ON locked_list(kind) WHERE withdrawn IS NULL",
    """CREATE TABLE ceremony (
        id INTEGER PRIMARY KEY, locked_list INTEGER NOT NULL REFERENCES locked_list(id), kind TEXT NOT NULL,
        number INTEGER NOT NULL, place TEXT NOT NULL, at TEXT NOT NULL, public_digits TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', certificate TEXT NOT NULL DEFAULT '',
        UNIQUE (kind, number)) STRICT""",
    """CREATE TABLE card (
        ceremony INTEGER NOT NULL REFERENCES ceremony(id), party TEXT NOT NULL, name TEXT NOT NULL,
        digits TEXT NOT NULL DEFAULT '', PRIMARY KEY (ceremony, party, name)) STRICT""",
    """CREATE TABLE figure (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, target TEXT NOT NULL, last TEXT NOT NULL,
        source TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE answer (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), item TEXT NOT NULL,
        revision INTEGER NOT NULL, answers TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
        UNIQUE (member, item, revision)) STRICT""",
    """CREATE TABLE adjudication (
        id INTEGER PRIMARY KEY, item TEXT NOT NULL, points TEXT NOT NULL, reason TEXT NOT NULL,
        clause TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE veto_decision (
        id INTEGER PRIMARY KEY, veto TEXT NOT NULL, applies INTEGER, proof TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE gate_decision (
        id INTEGER PRIMARY KEY, gate TEXT NOT NULL, holds INTEGER, proof TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE finding (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, items TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id), withdrawn TEXT) STRICT""",
    """CREATE TABLE log (
        seq INTEGER PRIMARY KEY, at TEXT NOT NULL, actor INTEGER NOT NULL, act TEXT NOT NULL,
        details TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL) STRICT""",
)
