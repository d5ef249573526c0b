"""The seal: what stands against it, everybody's word, the seal itself, what comes after, reopening, and every tampering."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from inspection_app import consolidate as consolidate_visit
from inspection_app.cli import main
from inspection_app.core.duties import Scope
from inspection_app.core.programme import Attendance, Attendee
from inspection_app.core.visit import Act, Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, ScoreError, StageError, TamperError
from inspection_app.services import assign, bring, consolidate, hand_in, observe, prepare, recuse, reopen, score, seal
from inspection_app.services.check import result_record, verify
from inspection_app.services.consolidate import consolidation
from inspection_app.services.seal import Word, sealing
from inspection_app.store import content, log, seals
from inspection_app.store.read_only import ReadOnlyVisit
from tests.conftest import SampleAt
from tests.services.conftest import (
    CHAIR,
    EXPERT,
    MARKS,
    NOW,
    OTHER,
    PDF,
    THIRD,
    Scene,
    confirm_all,
    decide_all,
    dump,
    log_of,
    mark_all,
    open_up,
    photo,
    places,
    refused,
    rows,
    scene_at,
    seal_up,
)

HEX = 64


@pytest.fixture
def decided(consolidating: Scene) -> Scene:
    """Everything is decided; nobody has confirmed the result."""
    decide_all(consolidating)
    return consolidating


@pytest.fixture
def sealed(decided: Scene) -> Scene:
    confirm_all(decided)
    close(decided)
    return decided


def close(scene: Scene) -> seals.Seal:
    return seal.seal(scene.file, scene.chair, NOW, entropy=os.urandom)


def digest(scene: Scene) -> str:
    return sealing(scene.file).digest


def words(scene: Scene) -> list[Word]:
    found = sealing(scene.file)
    return [found.words[scene.people[name].member_id] for name in MARKS]


# --- what stands against the seal ------------------------------------------------------------------------------------


def test_all_that_is_open_is_named_at_once(consolidating: Scene) -> None:
    """Vetoes, gates, recommendation and everybody who has not confirmed; with all of it done the visit is sealed."""
    with refused(consolidating, StageError, "not-sealable") as caught:
        close(consolidating)
    assert places(caught.value) == ["Vetoes", "Gates", "Recommendation", CHAIR, EXPERT, OTHER, THIRD]
    assert str(sealing(consolidating.file).refusal) == str(caught.value)
    decide_all(consolidating)
    confirm_all(consolidating)
    assert sealing(consolidating.file).refusal is None
    made = close(consolidating)
    found = consolidation(consolidating.file).visit
    assert (found.stage, found.finished) == (Stage.SEALED, NOW)
    assert sealing(consolidating.file).held == made
    assert len(made.digest) == len(made.content) == HEX


def test_what_can_be_done_is_not_explained(consolidating: Scene) -> None:
    """A reason stands for nothing that the chair can simply decide; the list stays as it was."""
    (veto,) = (one for one in sealing(consolidating.file).points if one.breach.fault.place == "Vetoes")
    with refused(consolidating, StageError, "not-explainable"):
        seal.explain(consolidating.file, consolidating.chair, veto.breach.key, "来不及", NOW)
    with refused(consolidating, NotFound, "no-breach"):
        seal.explain(consolidating.file, consolidating.chair, "nothing", "来不及", NOW)


def test_a_pending_request_to_look_again_holds_up_the_seal(decided: Scene) -> None:
    """Until it is answered or withdrawn nobody confirms and nothing is sealed."""
    asked = hand_in.ask_again(decided.file, decided.chair, decided.expert.member_id, "4", "请再看现场照片", NOW)
    with refused(decided, StageError, "not-ready") as caught:
        seal.confirm_result(decided.file, decided.expert, digest(decided), NOW)
    assert EXPERT in caught.value.text()
    hand_in.withdraw_asking(decided.file, decided.chair, asked, NOW)
    seal_up(decided)


def test_an_item_without_a_score_is_adjudicated_or_explained(prepared: Scene) -> None:
    """The chair's reason is kept with what it explains; it stands for these items only."""
    everybody = {prepared.people[name].member_id: ["1", "2", "3", "5"] for name in (CHAIR, OTHER, THIRD)}
    assign.assign_items(prepared.file, prepared.secretary, everybody | {prepared.expert.member_id: ["4"]}, NOW)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    for name in (CHAIR, OTHER, THIRD):
        for item in ("1", "2", "3", "5"):
            score.answer_item(prepared.file, prepared.people[name], item, MARKS[name][item], "", base=0, now=NOW)
    open_up(prepared)
    decide_all(prepared)
    point = sealing(prepared.file).points[0]
    assert point.breach.fault.context["items"] == "4"
    for reason, code in (("  ", "no-reason"), ("长" * 2001, "too-long")):
        with refused(prepared, ScoreError, code):
            seal.explain(prepared.file, prepared.chair, point.breach.key, reason, NOW)
    seal.explain(prepared.file, prepared.chair, point.breach.key, "专家离会，无人可评", NOW)
    point = sealing(prepared.file).points[0]
    assert point.explained
    assert point.explanation is not None
    assert point.explanation.reason == "专家离会，无人可评"
    seal_up(prepared)


def test_a_mark_that_was_put_in_past_the_program_is_found(decided: Scene) -> None:
    """An answer that the log does not know stands against the seal."""
    with closing(sqlite3.connect(decided.file.path)) as db:
        db.execute("INSERT INTO answer (member, item, revision, answers, note, at) VALUES (?, '4', 2, '{\"1\":\"4\"}', '', ?)",
                   [decided.expert.member_id, NOW.isoformat()])  # fmt: skip
        db.commit()
    assert [one.breach.tampering for one in sealing(decided.file).points][:1] == [True]
    with pytest.raises(TamperError):
        verify(decided.file.path)


def test_what_is_shown_is_never_older_than_the_file(decided: Scene) -> None:
    """What was found is kept while nobody writes; whoever writes past the program is seen at once, with their connection
    still open and after it, and whoever takes it back is seen as well."""

    def shown() -> tuple[list[str], bool]:
        tampered = [point.breach.key for point in sealing(decided.file).points if point.breach.tampering]
        return tampered, "改" in consolidation(decided.file).notes["4"].values()

    path, before = decided.file.path, sealing(decided.file)
    assert sealing(decided.file) is before
    assert consolidation(decided.file) is consolidation(decided.file)
    assert shown() == ([], False)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER answer_no_update")
        db.execute("CREATE TABLE as_it_was AS SELECT id, note FROM answer")
        db.execute("UPDATE answer SET note = '改' WHERE item = '4'")
        assert shown() == ([], False)
        db.commit()
        found, changed = shown()
        assert (found[0].startswith("answer"), changed) == (True, True)
    assert shown() == (found, True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE answer SET note = (SELECT note FROM as_it_was WHERE id = answer.id)")
        db.commit()
    assert shown() == ([], False)


# --- everybody's word -------------------------------------------------------------------------------------------------


def test_a_result_that_changed_a_second_before_is_not_confirmed(decided: Scene) -> None:
    """What was on the screen is what is confirmed, and a later change makes earlier words stale."""
    before = digest(decided)
    seal.confirm_result(decided.file, decided.other, before, NOW)
    consolidate.adjudicate(decided.file, decided.chair, "4", "3", "合议", "", NOW)
    with refused(decided, StageError, "result-changed"):
        seal.confirm_result(decided.file, decided.expert, before, NOW)
    with refused(decided, StageError, "result-changed"):
        seal.refuse_result(decided.file, decided.expert, before, "不同意", NOW)
    assert words(decided) == [Word.WAITING, Word.WAITING, Word.STALE, Word.WAITING]
    confirm_all(decided)
    assert words(decided) == [Word.CONFIRMED] * 4
    consolidate.decide_veto(decided.file, decided.chair, "1", True, "通报文件", NOW)
    assert words(decided) == [Word.STALE] * 4
    with refused(decided, StageError, "not-sealable") as caught:
        close(decided)
    assert places(caught.value) == [CHAIR, EXPERT, OTHER, THIRD]


def test_a_dissent_is_recorded_and_holds_up_nothing(decided: Scene) -> None:
    """It needs a reason, and the chair can seal with it."""
    with refused(decided, ScoreError, "no-reason"):
        seal.refuse_result(decided.file, decided.expert, digest(decided), " ", NOW)
    confirm_all(decided, CHAIR, OTHER, THIRD)
    seal.refuse_result(decided.file, decided.expert, digest(decided), "第4项依据不足", NOW)
    found = sealing(decided.file)
    said = found.said[decided.expert.member_id]
    assert (said.answer, said.reason) == ("refused", "第4项依据不足")
    assert words(decided) == [Word.CONFIRMED, Word.REFUSED, Word.CONFIRMED, Word.CONFIRMED]
    close(decided)


def test_the_secretary_attaches_what_was_signed_on_paper(decided: Scene) -> None:
    """A scan stands for the members who signed it; it bears the digest of the result, and is kept upright as a JPEG."""
    signed = [decided.expert.member_id, decided.other.member_id]
    with refused(decided, StageError, "result-changed"):
        seal.attach_scan(decided.file, decided.secretary, "签字稿", photo(), NOW, members=signed, shown="0" * HEX)
    kept = seal.attach_scan(
        decided.file, decided.secretary, " 签字稿 ", photo(), NOW, members=signed, shown=digest(decided)
    )
    assert (kept.title, kept.media) == ("签字稿", "image/jpeg")
    assert seal.paper(decided.file, kept.digest).startswith(b"\xff\xd8")
    assert words(decided) == [Word.WAITING, Word.SIGNED, Word.SIGNED, Word.WAITING]
    assert sealing(decided.file).said[signed[0]].scan == kept.digest
    with refused(decided, NotFound, "not-scoring"):
        seal.attach_scan(decided.file, decided.secretary, "签字稿", PDF, NOW, members=[decided.secretary.member_id],
                         shown=digest(decided))  # fmt: skip


@pytest.mark.parametrize(
    ("title", "paper", "code"),
    [("", PDF, "no-title"), ("签字稿", b"%PDF-1.7 cut off", "not-a-document"), ("签字稿", b"GIF89a", "not-a-photo"),
     ("签字稿", b"%PDF-" + bytes(30 * 1024 * 1024) + b"%%EOF", "paper-too-big")],
    ids=["no title", "half a PDF", "no picture", "too big"],
)  # fmt: skip
def test_a_scan_that_cannot_be_kept(decided: Scene, title: str, paper: bytes, code: str) -> None:
    """No title, no document or picture, too big: refused."""
    with refused(decided, ScoreError, code):
        seal.attach_scan(decided.file, decided.secretary, title, paper, NOW)


def test_who_is_recused_or_excused_does_not_confirm(scoring: Scene) -> None:
    """Nobody waits for them, and their word is not taken."""
    recuse.propose_recusal(scoring.file, scoring.other, scoring.other.member_id, Scope.VISIT, "", "亲属任职", NOW)
    recuse.decide_recusal(scoring.file, scoring.secretary, 1, "省质量办", True, NOW)
    mark_all(scoring, CHAIR, EXPERT)
    open_up(scoring)  # excuses the third expert, whose sheet is empty
    decide_all(scoring)
    assert words(scoring) == [Word.WAITING, Word.WAITING, Word.EXCUSED, Word.EXCUSED]
    for name in (OTHER, THIRD):
        with refused(scoring, StageError, "excused"):
            seal.confirm_result(scoring.file, scoring.people[name], digest(scoring), NOW)
    confirm_all(scoring, CHAIR, EXPERT)
    close(scoring)


# --- after the seal ---------------------------------------------------------------------------------------------------


def test_the_file_itself_refuses_to_change_what_is_sealed(sealed: Scene) -> None:
    """For every table that is content, triggers refuse to add, change or delete a row, whatever writes to the file."""
    growing = content.GROWING | {"fact"}
    with closing(sqlite3.connect(sealed.file.path)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        guarded = {name for name in names if name not in growing | {"log", "screen", "seal", "seal_leaf", "sqlite_sequence",
                                                                    "_sqlite_migrations"}}  # fmt: skip
        triggers = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        assert all(
            triggers & {f"{name}_sealed_{verb}", f"{name}_no_{verb}"}
            for name in guarded for verb in ("insert", "update", "delete")
        )  # fmt: skip
        assert not {name for name in triggers if name.endswith("_no_insert")}
        for statement in (
            "UPDATE visit SET recommendation = 'fail'", "UPDATE member SET name = 'x'", "DELETE FROM finding",
            "UPDATE finding SET text = 'x'", "UPDATE site SET name = 'x'", "DELETE FROM assignment",
            "UPDATE seal SET digest = 'x'", "DELETE FROM seal", "DELETE FROM seal_leaf",
            "INSERT INTO self_check VALUES ('1', '1', '')", "UPDATE visit SET stage = 'consolidate'",
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match=r"seal|stays"):
                db.execute(statement)


OTHERWISE = {"TEXT": "'another'", "INTEGER": "coalesce({column}, 0) + 1000", "BLOB": "x'01'"}


def test_no_row_of_a_sealed_visit_can_be_changed(sample_at: SampleAt, tmp_path: Path) -> None:
    """Of the whole sample visit: no table takes a row, gives one up, or another value in any column."""
    tried = Counter[str]()
    with closing(sqlite3.connect(sample_at(tmp_path, Stage.SEALED).file.path)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        outside = {"_sqlite_migrations", "sqlite_sequence", "log", "screen", "seal", "seal_leaf"}  # a seal can be lifted
        for name in set(names) - content.GROWING - outside:
            statements = [f"INSERT INTO {name} DEFAULT VALUES", f"DELETE FROM {name}"]
            for _at, column, kind, *_rest in db.execute(f"PRAGMA table_info({name})").fetchall():
                statements.append(f"UPDATE {name} SET {column} = {OTHERWISE[kind].format(column=column)}")
            filled = db.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
            for statement in statements if filled else statements[:1]:
                with pytest.raises(sqlite3.IntegrityError, match=r"sealed|only|stays"):
                    db.execute(statement)
                tried[statement.split()[0]] += 1
    assert tried["INSERT"] > 45
    assert tried["DELETE"] > 20  # of tables that are filled; what guards the others is named above
    assert tried["UPDATE"] > 150


def test_what_is_issued_is_kept_as_sent(sealed: Scene) -> None:
    """Bytes, digest, time and recipient; nothing is issued without a recipient, and nothing before the seal."""
    kept = seal.issue(sealed.file, sealed.secretary, "反馈意见", "清溪县人民政府", PDF, NOW)
    assert seal.paper(sealed.file, kept.digest) == PDF
    assert sealing(sealed.file).issued == (kept,)
    assert (kept.recipient, kept.at, kept.media) == ("清溪县人民政府", NOW, "application/pdf")
    with refused(sealed, ScoreError, "no-recipient"):
        seal.issue(sealed.file, sealed.secretary, "反馈意见", " ", PDF, NOW)
    with refused(sealed, ScoreError, "not-a-document"):
        seal.issue(sealed.file, sealed.secretary, "反馈意见", "清溪县人民政府", photo(), NOW)
    with refused(sealed, NotFound, "no-paper"):
        seal.paper(sealed.file, "0" * HEX)
    seal.attach_scan(sealed.file, sealed.secretary, "送达回执", photo(), NOW)
    with refused(sealed, StageError, "sealed"):
        seal.attach_scan(sealed.file, sealed.secretary, "签字稿", photo(), NOW, members=[sealed.expert.member_id])
    with closing(sqlite3.connect(sealed.file.path)) as db:
        for table in ("issued", "signed_scan"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                db.execute(f"DELETE FROM {table}")
    verify(sealed.file.path)


def test_removing_personal_data_breaks_no_seal(sealed: Scene) -> None:
    """A value that was removed by the service is gone with the nonce that hid it, and the seal still holds."""
    before = sealing(sealed.file).held
    bring.remove_personal_facts(sealed.file, sealed.secretary, NOW)
    verify(sealed.file.path)
    assert sealing(sealed.file).held == before


# --- reopening --------------------------------------------------------------------------------------------------------


def test_chair_and_secretary_reopen_together(sealed: Scene) -> None:
    """The seal is lifted and stays on record, everybody confirms anew, and the next seal is another."""
    file, chair, secretary = sealed.file, sealed.chair, sealed.secretary
    first = sealing(file).held
    assert first is not None
    with refused(sealed, ScoreError, "no-reason"):
        reopen.propose_reopening(file, chair, Stage.CONSOLIDATE, " ", NOW)
    id_ = reopen.propose_reopening(file, chair, Stage.CONSOLIDATE, "第四项合议记录有误", NOW)
    with refused(sealed, PermissionDenied, "not-the-other"):
        reopen.confirm_reopening(file, chair, id_, NOW)
    reopen.confirm_reopening(file, secretary, id_, NOW)
    found = sealing(file)
    assert (found.visit.stage, found.visit.finished, found.held) == (Stage.CONSOLIDATE, None, None)
    assert [(one.digest, one.lifted) for one in found.seals] == [(first.digest, NOW)]
    assert words(sealed) == [Word.WAITING] * 4  # though the result is the same
    verify(file.path)
    confirm_all(sealed)
    consolidate.adjudicate(file, chair, "4", "3", "合议", "", NOW)
    confirm_all(sealed)
    second = close(sealed)
    assert second.id == 2
    assert second.digest != first.digest
    verify(file.path, head=first.log_head)


# --- the file alone ---------------------------------------------------------------------------------------------------


def test_a_sealed_file_proves_itself(sealed: Scene) -> None:
    """Nothing appears beside it, and what no head can prove is said."""
    folder = sealed.file.path.parent
    before = sealed.file.path.read_bytes()
    listed = sorted(folder.iterdir())
    found = verify(sealed.file.path)
    assert (sorted(folder.iterdir()), sealed.file.path.read_bytes()) == (listed, before)
    assert found.head == log_of(sealed)[-1].hash
    assert found.sealed == sealing(sealed.file).held
    assert len(found.unproven) == 1
    assert verify(sealed.file.path, head=found.head).unproven == ()
    earlier = log_of(sealed)[3].hash
    assert "earlier" in verify(sealed.file.path, head=earlier.upper()).unproven[0]
    with pytest.raises(TamperError, match="head that was printed"):
        verify(sealed.file.path, head="0" * HEX)


def test_an_unsealed_file_can_be_verified_too(scoring: Scene) -> None:
    """It says that what is not in the log may change."""
    found = verify(scoring.file.path)
    assert (found.sealed, found.result) == (None, "")
    assert len(found.unproven) == 2


def test_the_result_for_programs(sealed: Scene) -> None:
    """The same from the visit and from its path: marks by member, points as text, and the digest that was confirmed."""
    found = result_record(sealed.file.path)
    assert found == result_record(sealed.file) == json.loads(json.dumps(found))
    assert found["digest"] == digest(sealed)
    item = next(one for one in found["outcome"]["items"] if one["no"] == "4")
    assert (item["panel"], item["used"]) == ("2.38", ["0", "2.5", "3", "4"])
    assert item["marks"][str(sealed.expert.member_id)] == {"state": "scored", "points": "2.5"}


def test_a_file_with_more_in_it_than_a_visit_is_refused(sealed: Scene) -> None:
    """A trigger, view or table more could act on whoever opens the file."""
    for statement in ("CREATE TRIGGER t AFTER INSERT ON log BEGIN SELECT 1; END", "CREATE VIEW v AS SELECT 1",
                      "CREATE TABLE x (a)", "DROP TRIGGER answer_no_update"):  # fmt: skip
        copy = sealed.file.path.with_name("copy.visit")
        shutil.copy(sealed.file.path, copy)
        with closing(sqlite3.connect(copy)) as db:
            db.execute(statement)
            db.commit()
        with pytest.raises(TamperError) as caught:
            verify(copy)
        assert caught.value.code == "strange-schema"


def test_a_file_that_is_only_looked_at_is_not_written(sealed: Scene) -> None:
    """Whoever would write through it is refused; no visit is refused too."""
    with pytest.raises(InspectionError, match="only looked at"):
        bring.remove_personal_facts(ReadOnlyVisit(sealed.file.path), sealed.secretary, NOW)
    for name, text in (("empty.visit", b""), ("text.visit", b"no database at all" * 100)):
        path = sealed.file.path.with_name(name)
        path.write_bytes(text)
        with pytest.raises(NotFound):
            verify(path)
    with pytest.raises(NotFound):
        verify(sealed.file.path.with_name("missing.visit"))


def test_a_copy_with_its_log_beside_it_is_read_whole(sealed: Scene) -> None:
    """What SQLite had not yet moved into the file counts, and nothing appears beside the copy."""
    folder = sealed.file.path.parent / "stick"
    folder.mkdir()
    with closing(sqlite3.connect(sealed.file.path)) as held:
        held.execute("SELECT id FROM visit").fetchall()
        seal.issue(sealed.file, sealed.secretary, "反馈意见", "清溪县人民政府", PDF, NOW)
        for ending in ("", "-wal"):
            shutil.copy(f"{sealed.file.path}{ending}", folder)
    path = folder / sealed.file.path.name
    assert verify(path).head == log_of(sealed)[-1].hash
    assert sorted(one.name for one in folder.iterdir()) == [path.name, f"{path.name}-wal"]


# --- tampering --------------------------------------------------------------------------------------------------------

def full(folder: Path) -> Scene:
    """A sealed visit with a row in as many tables as it can have, and documents after the seal."""
    scene = scene_at(folder, Stage.CONSOLIDATE)
    decide_all(scene)
    consolidate.adjudicate(scene.file, scene.chair, "4", "3", "合议", "第一款", NOW)
    seal.attach_scan(scene.file, scene.secretary, "签字稿", photo(), NOW, members=[scene.expert.member_id],
                     shown=digest(scene))  # fmt: skip
    seal_up(scene)
    seal.issue(scene.file, scene.secretary, "反馈意见", "清溪县人民政府", PDF, NOW)
    return scene


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
    return f"{value}0" if value is not None else "0"


def attacks(path: Path) -> Iterator[tuple[str, list[Any]]]:
    """Every cell of the first and the last row of every table changed, and every such row deleted and doubled."""
    skipped = {"_sqlite_migrations", "sqlite_sequence", "screen"}
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table in skipped:
                continue
            found = db.execute(f"SELECT rowid AS place, * FROM {table} ORDER BY rowid").fetchall()
            for row in {row["place"]: row for row in (found[:1] + found[-1:])}.values():
                for column in row.keys()[1:]:
                    if column in {"code_hash", "code_number", "removed"}:  # no content
                        continue
                    yield f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [changed(row[column]), row["place"]]
                yield f"DELETE FROM {table} WHERE rowid = ?", [row["place"]]


def unseen(path: Path, every: int) -> tuple[list[Any], int]:
    """Try every so manieth attack on copies of a file; return those that ``verify`` does not find, and how many it was."""
    copy, missed, tried = path.with_name("copy.visit"), [], 0
    with closing(sqlite3.connect(path)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for statement, values in list(attacks(path))[::every]:
        shutil.copy(path, copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            for name, _sql in triggers:
                db.execute(f"DROP TRIGGER {name}")
            try:
                db.execute(statement, values)
            except sqlite3.IntegrityError:
                continue  # the file cannot even say this
            for _name, sql in triggers:
                db.execute(sql)
            db.execute("COMMIT")
        tried += 1
        try:
            verify(copy)
        except (TamperError, NotFound):
            continue
        missed.append((statement, values))
    return missed, tried


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.soak)])
def test_every_change_of_a_sealed_visit_is_found(tmp_path: Path, every: int) -> None:
    """Somebody with the file and an SQLite shell drops the triggers, changes any cell or deletes any row, and puts the
    triggers back: the file no longer proves itself."""
    scene = full(tmp_path)
    verify(scene.file.path)
    missed, tried = unseen(scene.file.path, every)
    assert missed == []
    assert tried > 200 / every


def test_the_chain_says_what_was_sealed(sealed: Scene) -> None:
    """The log's entry of the seal pins its digest, and what was printed is in it."""
    held = sealing(sealed.file).held
    assert held is not None
    entry = log_of(sealed)[-1]
    assert (entry.act, entry.details["digest"], entry.previous) == (Act.SEAL, held.digest, held.log_head)
    with sealed.file.reading() as db:
        assert log.head(db) == entry.hash
    assert dump(sealed.file, "seal")["seal"][0]["digest"] == held.digest
    assert rows(sealed, "seal_leaf")
    assert observe.programme(sealed.file).activities


# --- the commands -----------------------------------------------------------------------------------------------------


def run(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(word) for word in ("visit", *words)])
    return done.exit_code, done.output


def test_the_commands(sealed: Scene, tmp_path: Path) -> None:
    """The result as JSON; 0 where nothing is wrong, 1 where there is no visit, 3 where something was changed."""
    code, said = run("result", sealed.file.path, "--json")
    assert (code, json.loads(said)["digest"]) == (0, digest(sealed))
    head = log_of(sealed)[-1].hash
    code, said = run("verify", sealed.file.path, "--head", head)
    assert code == 0
    assert head in said
    assert run("verify", tmp_path / "missing.visit")[0] == 1
    assert run("verify", sealed.file.path, "--head", "0" * HEX)[0] == 3
    with closing(sqlite3.connect(sealed.file.path)) as db:
        sql = db.execute("SELECT sql FROM sqlite_master WHERE name = 'finding_sealed_update'").fetchone()[0]
        db.execute("DROP TRIGGER finding_sealed_update")
        db.execute("UPDATE finding SET text = '机构不健全。'")
        db.execute(sql)
        db.commit()
    assert run("verify", sealed.file.path)[0] == 3


def test_the_api_takes_a_visit_or_its_path(sealed: Scene) -> None:
    """The same result either way, and nothing is written for it."""
    assert consolidate_visit(sealed.file.path) == consolidate_visit(sealed.file) == consolidation(sealed.file).result


def test_attendance_of_the_feedback_is_taken_after_the_seal(decided: Scene) -> None:
    """Who was there before is fixed, who comes to hear the feedback is not; what stays as it was may be sent again."""
    first, second = (one.id for one in observe.programme(decided.file).activities[:2])
    before = Attendance(first, Attendee.GUEST, "申必达", remark="县政府")
    observe.take_attendance(decided.file, decided.secretary, [before], NOW)
    seal_up(decided)
    after = Attendance(second, Attendee.GUEST, "申必达", remark="县政府")
    observe.take_attendance(decided.file, decided.secretary, [before, after], NOW)
    observe.take_attendance(decided.file, decided.secretary, [replace(after, present=False)], NOW)
    with refused(decided, StageError, "sealed"):
        observe.take_attendance(decided.file, decided.secretary, [replace(before, present=False)], NOW)
    verify(decided.file.path)
