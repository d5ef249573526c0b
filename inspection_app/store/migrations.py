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


@migrations()
def the_draws(db: Database) -> None:
    for statement in _DRAWS:
        db.execute(statement)
    _only_grow(db, "hand_draw", "call")


@migrations()
def removals_and_stand_ins(db: Database) -> None:
    """A fact's value can be removed for good; its row stays, and nothing else about it changes."""
    db.execute("ALTER TABLE attendance ADD COLUMN stand_in TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE fact ADD COLUMN removed TEXT")
    db.execute("DROP TRIGGER fact_no_update")
    db.execute(
        "CREATE TRIGGER fact_no_update BEFORE UPDATE ON fact WHEN NOT ("
        "NEW.value = '' AND NEW.removed IS NOT NULL AND OLD.removed IS NULL "
        "AND (NEW.id, NEW.key, NEW.at, NEW.by) = (OLD.id, OLD.key, OLD.at, OLD.by)) "
        "BEGIN SELECT RAISE(ABORT, 'of a fact only the value can be removed'); END"
    )


@migrations()
def the_roster(db: Database) -> None:
    for statement in _ROSTER:
        db.execute(statement)


@migrations()
def the_pad(db: Database) -> None:
    for statement in _PAD:
        db.execute(statement)
    _only_grow(db, "receipt")


@migrations()
def the_public_screen(db: Database) -> None:
    """What the room sees, and the ceremony as it is seen there: the digits as they are drawn, when it ended."""
    for statement in _SCREEN:
        db.execute(statement)
    _only_grow(db, "screen")


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

_DRAWS = (
    """CREATE TABLE hand_draw (
        ceremony INTEGER PRIMARY KEY REFERENCES ceremony(id), drawer TEXT NOT NULL, witnesses TEXT NOT NULL,
        drawn TEXT NOT NULL) STRICT""",
    """CREATE TABLE draw_photo (
        id INTEGER PRIMARY KEY, ceremony INTEGER NOT NULL REFERENCES ceremony(id), photo BLOB NOT NULL,
        media TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id))
        STRICT""",
    """CREATE TABLE call (
        id INTEGER PRIMARY KEY, ceremony INTEGER NOT NULL REFERENCES ceremony(id), number INTEGER NOT NULL,
        state TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE substitution (
        id INTEGER PRIMARY KEY, ceremony INTEGER NOT NULL REFERENCES ceremony(id), gone INTEGER NOT NULL,
        comes INTEGER NOT NULL, reason TEXT NOT NULL, witness TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id), withdrawn TEXT, withdrawn_why TEXT NOT NULL DEFAULT '') STRICT""",
)

_ROSTER = (
    "ALTER TABLE citizen ADD COLUMN id_digest TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE citizen ADD COLUMN others TEXT NOT NULL DEFAULT ''",
    # what was changed of the file, left out or decided when the roster was taken in: personal data, like the roster
    """CREATE TABLE roster_change (
        id INTEGER PRIMARY KEY, row INTEGER NOT NULL, field TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
        why TEXT NOT NULL) STRICT""",
)

_PAD = (
    # which change of which tablet became which revision, so that the same one sent twice is taken once
    """CREATE TABLE receipt (
        member INTEGER NOT NULL REFERENCES member(id), client TEXT NOT NULL, sequence INTEGER NOT NULL,
        item TEXT NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (member, client, sequence),
        FOREIGN KEY (member, item, revision) REFERENCES answer(member, item, revision)) STRICT""",
    # quick phrases for notes; those without a member are everybody's
    """CREATE TABLE phrase (
        id INTEGER PRIMARY KEY, member INTEGER REFERENCES member(id) ON DELETE CASCADE, text TEXT NOT NULL) STRICT""",
)

_SCREEN = (
    # the latest row counts; ``since``: from when on the order of a draw appears, ticket by ticket
    """CREATE TABLE screen (
        id INTEGER PRIMARY KEY, shows TEXT NOT NULL, since TEXT NOT NULL, names INTEGER NOT NULL,
        whole INTEGER NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    "ALTER TABLE ceremony ADD COLUMN digits_so_far TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ceremony ADD COLUMN drawn TEXT",
)
