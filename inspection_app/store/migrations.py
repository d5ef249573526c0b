"""The schema of a visit file, as it grew.

Personal data stands in columns of its own (``member.name``, the ``citizen`` and ``annex`` tables), so that it can be
removed later; everything else refers to ids and salted digests. Points are decimals stored as text. Tables that record
what people decided only ever grow: triggers refuse to change or delete their rows.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("visit")

APPLICATION_ID = 0x56697374
"""Written in a visit file's head: "Vist"."""


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


@migrations()
def handing_in(db: Database) -> None:
    """Who has handed in the score sheet, who is excused, and who is asked to look again: the latest row counts."""
    for statement in _HANDING_IN:
        db.execute(statement)
    _only_grow(db, "hand_in", "excuse", "asking", "asking_end")


@migrations()
def fresh_public_digits(db: Database) -> None:
    """How public digits were drawn, and the closed lists of who is absent with the fresh digits drawn after them."""
    for statement in _FRESH_DIGITS:
        db.execute(statement)


@migrations()
def method_and_readings(db: Database) -> None:
    """Changes of the method after scoring began, and which of two readings of the text was chosen."""
    for statement in _METHOD_AND_READINGS:
        db.execute(statement)
    _only_grow(db, "method_change", "reading_choice")


@migrations()
def the_feedback(db: Database) -> None:
    """The overall judgement, and what the applicant's copy may say beyond the findings: the latest row counts."""
    for statement in _FEEDBACK:
        db.execute(statement)
    _only_grow(db, "judgement", "disclosure")


@migrations()
def the_seal(db: Database) -> None:
    """Explanations, confirmations and the seal; while a seal holds, the file itself refuses to change what it fixes.

    It comes last, for it guards every table that is there; a later migration guards its own (``_guarded``).
    """
    for statement in _SEAL:
        db.execute(statement)
    _only_grow(db, "explanation", "confirmation", "signed_scan", "issued")
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    _guarded(db, *(name for name in names if name not in _GROWS_ON))


@migrations()
def photos_and_files(db: Database) -> None:
    """Evidence of items, sites and activities: contents by digest; captions and withdrawals as they went."""
    for statement in _EVIDENCE:
        db.execute(statement)
    tables = ("evidence_content", "evidence", "evidence_change")
    _only_grow(db, *tables)
    _guarded(db, *tables)


@migrations()
def the_mark(db: Database) -> None:
    """The file says in its head whose it is: what carries another program's mark is refused."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@migrations()
def removals_under_the_seal(db: Database) -> None:
    """Personal values can be emptied while a seal holds: its digests stand for them. Nothing else of a row changes."""
    for table, removable in _REMOVABLE.items():
        emptied = _only_emptied(db, table, removable)
        db.execute(f"DROP TRIGGER {table}_sealed_update")
        held = "SELECT 1 FROM seal WHERE lifted IS NULL"
        if table == "attendance":
            held += " AND OLD.rowid <= last_attendance"
        db.execute(
            f"CREATE TRIGGER {table}_sealed_update BEFORE UPDATE ON {table} "
            f"WHEN EXISTS ({held}) AND NOT ({emptied}) BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END"
        )
    db.execute("DROP TRIGGER site_check_no_update")
    emptied = _only_emptied(db, "site_check", _REMOVABLE["site_check"])
    db.execute(
        f"CREATE TRIGGER site_check_no_update BEFORE UPDATE ON site_check WHEN NOT ({emptied}) "
        "BEGIN SELECT RAISE(ABORT, 'site_check only grows, or its people are removed'); END"
    )


@migrations()
def the_clock(db: Database) -> None:
    """The clock of an activity on the public screen: what it is of, and from when until when."""
    for column in ("clock_of", "clock_begun", "clock_ends"):
        db.execute(f"ALTER TABLE screen ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


@migrations()
def removals_of_photos(db: Database) -> None:
    """Photos and files can be emptied for good, with what was said of them; rows and digests stay."""
    for table, removable in _REMOVABLE_PHOTOS.items():
        emptied = _only_emptied(db, table, removable)
        for trigger, held, why in (
            ("no_update", "", f"{table} only grows, or is emptied"),
            ("sealed_update", "EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL) AND ", "the visit is sealed"),
        ):
            db.execute(f"DROP TRIGGER {table}_{trigger}")
            db.execute(
                f"CREATE TRIGGER {table}_{trigger} BEFORE UPDATE ON {table} "
                f"WHEN {held}NOT ({emptied}) BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )


@migrations()
def the_stage_sealed(db: Database) -> None:
    """The last stage was called done; a seal that holds does not cover the stage, which is no content. A visit that was
    done before there were seals goes back to be sealed: nothing fixes its result."""
    guards = db.table("visit").triggers_dict
    for name in guards:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(
        "UPDATE visit SET stage = 'sealed' WHERE stage = 'done' AND EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL)"
    )
    db.execute("UPDATE visit SET stage = 'consolidate', finished = NULL WHERE stage = 'done'")
    for statement in guards.values():
        db.execute(statement)


@migrations()
def refused_once(db: Database) -> None:
    """A table that only grows refuses what a seal would: the seal's own guard beside it took each opening's time."""
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    for name in sorted(names):
        if "_sealed_" in name and name.replace("_sealed_", "_no_") in names:
            db.execute(f"DROP TRIGGER {name}")


def _only_emptied(db: Database, table: str, removable: tuple[str, ...]) -> str:
    """Return the condition under which an update does nothing but empty values that can be removed."""
    kept = [name for name in db.table(table).columns_dict if name not in removable]
    # a guest is known by name, and two of them must not become one
    empty = {"who": "'#' || OLD.rowid", "content": "x''", "thumbnail": "x''"}
    conditions = [f"NEW.{name} IS OLD.{name}" for name in kept]
    conditions += [f"(NEW.{name} IS OLD.{name} OR NEW.{name} = {empty.get(name, _NOTHING)})" for name in removable]
    return " AND ".join(conditions)


_NOTHING = "''"

_REMOVABLE = {
    "citizen": ("name", "gender", "birth", "phone", "id_number", "household", "township", "id_digest", "others"),
    "annex": ("identity", "nonce"),
    "roster_change": ("before", "after"),
    "attendance": ("who", "remark", "stand_in"),
    "observation": ("person",),
    "site_check": ("people",),
}

_REMOVABLE_PHOTOS = {
    "evidence_content": ("content", "thumbnail"),
    "evidence": ("caption", "name"),
    "evidence_change": ("caption",),
}


_GROWS_ON = frozenset({
    "_sqlite_migrations", "sqlite_sequence", "log", "screen", "seal", "seal_leaf", "attendance", "fact", "issued",
    "reopening", "signed_scan",
})  # fmt: skip
"""What a seal leaves open: each has triggers of its own, or is no content."""


_SEALED = (
    "WHEN EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL) BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END"
)


def _guarded(db: Database, *tables: str) -> None:
    for table in tables:
        for verb in ("INSERT", "UPDATE", "DELETE"):
            when = f"{table}_sealed_{verb.lower()} BEFORE {verb} ON {table} {_SEALED}"
            db.execute(f"CREATE TRIGGER {when}")


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

_METHOD_AND_READINGS = (
    """CREATE TABLE method_change (
        id INTEGER PRIMARY KEY, before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT NOT NULL,
        opened INTEGER NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    # ``gate`` is empty for the totals; without a reading a choice is taken back
    """CREATE TABLE reading_choice (
        id INTEGER PRIMARY KEY, gate TEXT NOT NULL, reading TEXT, reason TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
)

_SCREEN = (
    # the latest row counts; ``since``: from when on the order of a draw appears, ticket by ticket
    """CREATE TABLE screen (
        id INTEGER PRIMARY KEY, shows TEXT NOT NULL, since TEXT NOT NULL, names INTEGER NOT NULL,
        whole INTEGER NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    "ALTER TABLE ceremony ADD COLUMN digits_so_far TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE ceremony ADD COLUMN drawn TEXT",
)

_HANDING_IN = (
    # ``stands`` is 0 where a sheet was taken back; ``revisions`` by item pin what was handed in
    """CREATE TABLE hand_in (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), stands INTEGER NOT NULL,
        revisions TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id))
        STRICT""",
    """CREATE TABLE excuse (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), stands INTEGER NOT NULL,
        reason TEXT NOT NULL, counts INTEGER NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id))
        STRICT""",
    """CREATE TABLE asking (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), item TEXT NOT NULL,
        reason TEXT NOT NULL, before INTEGER NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id))
        STRICT""",
    """CREATE TABLE asking_end (
        asking INTEGER PRIMARY KEY REFERENCES asking(id), how TEXT NOT NULL, after INTEGER NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
)

_FRESH_DIGITS = (
    "ALTER TABLE ceremony ADD COLUMN digits_by TEXT NOT NULL DEFAULT ''",
    # ``certificate``: as it was handed out until then; ``replaced``: how many substitutions stood before
    """CREATE TABLE absent_list (
        id INTEGER PRIMARY KEY, ceremony INTEGER NOT NULL REFERENCES ceremony(id), closing INTEGER NOT NULL,
        certificate TEXT NOT NULL, replaced INTEGER NOT NULL, absent TEXT NOT NULL, signed TEXT NOT NULL,
        at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id), public_digits TEXT NOT NULL DEFAULT '',
        digits_by TEXT NOT NULL DEFAULT '', drawn TEXT, withdrawn TEXT, withdrawn_why TEXT NOT NULL DEFAULT '',
        UNIQUE (ceremony, closing)) STRICT""",
)

_SEAL = (
    """CREATE TABLE explanation (
        id INTEGER PRIMARY KEY, breach TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    # ``round``: how often the visit had been sealed and reopened before
    """CREATE TABLE confirmation (
        id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member(id), result TEXT NOT NULL,
        answer TEXT NOT NULL, reason TEXT NOT NULL, scan TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id), round INTEGER NOT NULL) STRICT""",
    """CREATE TABLE signed_scan (
        id INTEGER PRIMARY KEY, title TEXT NOT NULL, content BLOB NOT NULL, media TEXT NOT NULL,
        digest TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE issued (
        id INTEGER PRIMARY KEY, title TEXT NOT NULL, content BLOB NOT NULL, media TEXT NOT NULL,
        digest TEXT NOT NULL, recipient TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    """CREATE TABLE seal (
        id INTEGER PRIMARY KEY, content TEXT NOT NULL, scope TEXT NOT NULL, result TEXT NOT NULL,
        log_head TEXT NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id),
        last_attendance INTEGER NOT NULL, lifted TEXT) STRICT""",
    # a personal value's digest stands for it, and a value that was removed leaves no nonce to try others with
    """CREATE TABLE seal_leaf (
        seal INTEGER NOT NULL, place TEXT NOT NULL, nonce TEXT NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (seal, place)) STRICT""",
    """CREATE TRIGGER seal_only_lifted BEFORE UPDATE ON seal WHEN NOT (
        OLD.lifted IS NULL AND NEW.lifted IS NOT NULL
        AND (NEW.id, NEW.content, NEW.scope, NEW.result, NEW.log_head, NEW.digest, NEW.at, NEW.by, NEW.last_attendance)
        = (OLD.id, OLD.content, OLD.scope, OLD.result, OLD.log_head, OLD.digest, OLD.at, OLD.by, OLD.last_attendance))
        BEGIN SELECT RAISE(ABORT, 'a seal is only lifted'); END""",
    """CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal
        BEGIN SELECT RAISE(ABORT, 'a seal stays on record'); END""",
    """CREATE TRIGGER seal_one BEFORE INSERT ON seal WHEN EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL)
        BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END""",
    """CREATE TRIGGER seal_leaf_only_emptied BEFORE UPDATE ON seal_leaf WHEN NOT (
        NEW.nonce = '' AND (NEW.seal, NEW.place, NEW.digest) = (OLD.seal, OLD.place, OLD.digest))
        BEGIN SELECT RAISE(ABORT, 'of a leaf only the nonce is removed'); END""",
    """CREATE TRIGGER seal_leaf_no_delete BEFORE DELETE ON seal_leaf
        WHEN EXISTS (SELECT 1 FROM seal WHERE id = OLD.seal AND lifted IS NULL)
        BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END""",
    """CREATE TRIGGER fact_sealed_insert BEFORE INSERT ON fact WHEN EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL)
        BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END""",
    """CREATE TRIGGER attendance_sealed_update BEFORE UPDATE ON attendance
        WHEN EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL AND OLD.rowid <= last_attendance)
        BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END""",
    """CREATE TRIGGER attendance_sealed_delete BEFORE DELETE ON attendance
        WHEN EXISTS (SELECT 1 FROM seal WHERE lifted IS NULL AND OLD.rowid <= last_attendance)
        BEGIN SELECT RAISE(ABORT, 'the visit is sealed'); END""",
    """CREATE TRIGGER reopening_decided BEFORE UPDATE ON reopening
        WHEN OLD.confirmed IS NOT NULL OR OLD.withdrawn IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'this reopening is decided'); END""",
    """CREATE TRIGGER reopening_no_delete BEFORE DELETE ON reopening
        BEGIN SELECT RAISE(ABORT, 'reopening only grows'); END""",
)

_FEEDBACK = (
    """CREATE TABLE judgement (
        id INTEGER PRIMARY KEY, text TEXT NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id))
        STRICT""",
    """CREATE TABLE disclosure (
        id INTEGER PRIMARY KEY, scores INTEGER NOT NULL, verdict INTEGER NOT NULL, names INTEGER NOT NULL,
        at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
)

_EVIDENCE = (
    # ``thumbnail`` is empty for what is no picture
    """CREATE TABLE evidence_content (
        id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, content BLOB NOT NULL, thumbnail BLOB NOT NULL) STRICT""",
    # ``sent``: the digest of what came, which was made anew; with client and sequence it tells a repetition
    """CREATE TABLE evidence (
        id INTEGER PRIMARY KEY, item TEXT NOT NULL, site TEXT NOT NULL, activity INTEGER REFERENCES activity(id),
        caption TEXT NOT NULL, media TEXT NOT NULL, digest TEXT NOT NULL REFERENCES evidence_content(digest),
        name TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, taken TEXT NOT NULL, at TEXT NOT NULL,
        by INTEGER NOT NULL REFERENCES member(id), sent TEXT NOT NULL, client TEXT, sequence INTEGER,
        UNIQUE (by, client, sequence)) STRICT""",
    """CREATE TABLE evidence_change (
        id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL REFERENCES evidence(id), caption TEXT NOT NULL,
        withdrawn INTEGER NOT NULL, at TEXT NOT NULL, by INTEGER NOT NULL REFERENCES member(id)) STRICT""",
    "CREATE INDEX evidence_latest ON evidence_change (evidence, id)",
)
