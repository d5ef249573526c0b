"""The schema of a visit file, as it grew.

Personal data stands in columns of its own (``member.name``, the ``citizen`` and ``annex`` tables), so that it can be
removed later; everything else refers to ids and salted digests. Points are decimals stored as text. Tables that record
what people decided only ever grow: triggers refuse to change or delete their rows.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("visit")


@migrations()
def the_narrow_path(db: Database) -> None:
    for statement in _TABLES:
        db.execute(statement)
    _only_grow(db, "log", "answer", "adjudication", "veto_decision", "gate_decision", "figure")


@migrations()
def the_whole_visit(db: Database) -> None:
    for statement in _WHOLE_VISIT:
        db.execute(statement)
    _only_grow(db, "site_check", "fact", "declaration", "hand_over", "opening")


def _only_grow(db: Database, *tables: str) -> None:
    for table in tables:
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

_WHOLE_VISIT = (
    """CREATE TABLE activity (
        id INTEGER PRIMARY KEY, position INTEGER NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
        draws TEXT NOT NULL, day TEXT NOT NULL DEFAULT '', time TEXT NOT NULL DEFAULT '',
        place TEXT NOT NULL DEFAULT '', withdrawn TEXT) STRICT""",
    """CREATE TABLE attendance (
        activity INTEGER NOT NULL REFERENCES activity(id), kind TEXT NOT NULL, who TEXT NOT NULL,
        present INTEGER NOT NULL, remark TEXT NOT NULL DEFAULT '', at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id), PRIMARY KEY (activity, kind, who)) STRICT""",
    """CREATE TABLE observation (
        id INTEGER PRIMARY KEY, activity INTEGER NOT NULL REFERENCES activity(id), kind TEXT NOT NULL,
        text TEXT NOT NULL, person TEXT NOT NULL, item TEXT NOT NULL, site INTEGER NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id), withdrawn TEXT) STRICT""",
    """CREATE TABLE site_check (
        id INTEGER PRIMARY KEY, site INTEGER NOT NULL, agrees TEXT NOT NULL, note TEXT NOT NULL,
        people TEXT NOT NULL, documents TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE fact (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE self_check (
        item TEXT PRIMARY KEY, points TEXT NOT NULL, page TEXT NOT NULL) STRICT""",
    """CREATE TABLE desk_mark (
        item TEXT NOT NULL, name TEXT NOT NULL, points TEXT NOT NULL, note TEXT NOT NULL,
        PRIMARY KEY (item, name)) STRICT""",
    """CREATE TABLE panel_group (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, speciality TEXT NOT NULL,
        leader INTEGER REFERENCES member(id), one_mark INTEGER NOT NULL DEFAULT 0) STRICT""",
    "ALTER TABLE member ADD COLUMN panel_group INTEGER REFERENCES panel_group(id)",
    """CREATE TABLE declaration (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), conflict TEXT NOT NULL,
        confidential INTEGER NOT NULL, at TEXT NOT NULL) STRICT""",
    """CREATE TABLE recusal (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), scope TEXT NOT NULL,
        ref TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id),
        decided TEXT, approved INTEGER, organiser TEXT NOT NULL DEFAULT '') STRICT""",
    """CREATE TABLE hand_over (
        id INTEGER PRIMARY KEY, from_member INTEGER NOT NULL REFERENCES member(id),
        to_member INTEGER NOT NULL REFERENCES member(id), reason TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE figure_dispute (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, member INTEGER NOT NULL REFERENCES member(id),
        note TEXT NOT NULL, at TEXT NOT NULL, settled TEXT, answer TEXT NOT NULL DEFAULT '') STRICT""",
    "ALTER TABLE visit ADD COLUMN method TEXT NOT NULL DEFAULT 'mean'",
    "ALTER TABLE visit ADD COLUMN rounding TEXT NOT NULL DEFAULT 'items'",
    "ALTER TABLE visit ADD COLUMN min_marks INTEGER NOT NULL DEFAULT 1",
    """CREATE TABLE opening (
        id INTEGER PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE reopening (
        id INTEGER PRIMARY KEY, from_stage TEXT NOT NULL, to_stage TEXT NOT NULL, reason TEXT NOT NULL,
        at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id), confirmed TEXT,
        confirmed_by INTEGER REFERENCES member(id), withdrawn TEXT) STRICT""",
    """CREATE TABLE paper_sheet (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), photo BLOB NOT NULL,
        media TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id),
        confirmed TEXT) STRICT""",
    "ALTER TABLE answer ADD COLUMN carrier TEXT NOT NULL DEFAULT 'screen'",
    "ALTER TABLE answer ADD COLUMN by INTEGER REFERENCES member(id)",
    "ALTER TABLE answer ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE finding ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE finding ADD COLUMN observations TEXT NOT NULL DEFAULT '[]'",
)
