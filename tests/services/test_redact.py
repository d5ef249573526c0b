"""Removing personal data: gone from the file's bytes, and scores, draws and the seal still prove themselves."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from inspection_app.cli import main
from inspection_app.core.programme import Agrees, Attendance, Attendee, Observation, ObservationKind, SiteCheck
from inspection_app.core.visit import Stage
from inspection_app.errors import InspectionError, NotFound, StageError, TamperError
from inspection_app.services import attach, consolidate, draw, feed_back, observe, redact, reopen, seal
from inspection_app.services.check import result_record, verify
from inspection_app.store.evidence import Evidence, Place
from inspection_app.store.file import VisitFile
from tests.services.conftest import (
    CITIZENS,
    ID_NUMBER,
    NOW,
    PDF,
    PHONES,
    Copy,
    Scene,
    confirm_all,
    decide_all,
    dump,
    log_of,
    members,
    photo,
    refused,
    rows,
    scene_at,
    seal_up,
)

GUESTS = ("许迎宾", "申必到")
SPEAKER, GUIDE = "群众路遥知", "厂长马力强"
MASKED = f"*{ID_NUMBER[-4:]}"  # as the roster keeps it


@pytest.fixture(autouse=True)
def one_connection() -> None:
    """None is kept open here: these tests look at the bytes of the file, which are whole when nobody has it open."""


def spoken(folder: Path) -> Scene:
    """A sealed visit in which people attended, spoke and showed a site round; attendance goes on after the seal."""
    scene = scene_at(folder, Stage.CONSOLIDATE)
    activities = observe.programme(scene.file).activities
    present = [Attendance(activities[0].id, Attendee.GUEST, name, remark=f"{name}代到") for name in GUESTS]
    observe.take_attendance(scene.file, scene.secretary, present, NOW)
    observe.take_attendance(scene.file, scene.secretary, present[:1], NOW)  # an upsert must not move its row
    meeting = next(one for one in activities if one.draws)
    observe.observe(scene.file, scene.secretary,
                    Observation(meeting.id, ObservationKind.OPINION, "道路很好", person=SPEAKER), NOW)  # fmt: skip
    drawn = draw.draw_state(scene.file, draw.SITES).standing_numbers[0]
    observe.check_site(scene.file, scene.expert, SiteCheck(drawn, next(iter(Agrees)), "一致", people=GUIDE), NOW, base=0)
    decide_all(scene)
    seal_up(scene)
    after = Attendance(activities[-1].id, Attendee.GUEST, GUESTS[1], remark="听反馈")
    observe.take_attendance(scene.file, scene.secretary, [after], NOW)
    return scene


@pytest.fixture
def sealed(copied: Copy, tmp_path: Path) -> Scene:
    return copied(spoken, tmp_path)


NAMES = (*CITIZENS, *GUESTS, SPEAKER, GUIDE)


def told(path: Path) -> list[str]:
    """Return which personal values stand anywhere in the bytes of a file or of what SQLite keeps beside it."""
    kept = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    return [value for value in (*NAMES, *PHONES, ID_NUMBER, MASKED) if value.encode() in kept]


def test_what_is_removed_is_gone_from_the_bytes(sealed: Scene) -> None:
    """No citizen's name, phone or number, no guest, speaker or guide stands in the file, and every total, draw and seal
    comes out as before."""
    before, found = result_record(sealed.file), verify(sealed.file.path)
    assert set(NAMES) | set(PHONES) <= set(told(sealed.file.path))
    count = len(log_of(sealed))
    removed = redact.redact(sealed.file, sealed.secretary, NOW)
    assert told(sealed.file.path) == []
    assert removed["citizen/name"] == removed["annex/identity"] == len(CITIZENS)
    assert (removed["attendance/who"], removed["attendance/remark"]) == (3, 3)
    after = verify(sealed.file.path, head=found.head)
    assert after.sealed == found.sealed
    assert after.result == found.result
    assert {**result_record(sealed.file), "head": ""} == {**before, "head": ""}
    said = [message.format(**context) for message, context in after.checks[len(found.checks):]]
    assert len(said) == 6 - (not rows(sealed, "roster_change"))
    assert all(NOW.isoformat() in line for line in said)
    (entry,) = log_of(sealed)[count:]
    assert entry.details["sealed"] == {**removed, "attendance/who": 2, "attendance/remark": 2}


def test_removed_again_nothing_is_removed(sealed: Scene) -> None:
    """What is gone is not counted twice."""
    redact.redact(sealed.file, sealed.secretary, NOW)
    assert redact.redact(sealed.file, sealed.secretary, NOW) == {}
    verify(sealed.file.path)


def test_rows_stay_where_they_were(sealed: Scene) -> None:
    """Writing the file anew moves no row of the attendance, of which the seal fixes the first ones by their place."""

    def places() -> list[tuple[int, ...]]:
        with closing(sqlite3.connect(sealed.file.path)) as db:
            return db.execute("SELECT rowid, activity, at FROM attendance ORDER BY rowid").fetchall()

    before = places()
    redact.redact(sealed.file, sealed.secretary, NOW)
    assert places() == before


def test_only_a_sealed_visit_is_redacted(consolidating: Scene) -> None:
    """Until then the panel needs it."""
    with refused(consolidating, StageError, "not-sealed"):
        redact.redact(consolidating.file, consolidating.secretary, NOW)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE citizen SET name = '别人' WHERE id = 1", "UPDATE citizen SET category = '群众代表', name = ''",
     "UPDATE annex SET number = number + 100, nonce = ''", "UPDATE attendance SET who = ''",
     "UPDATE site_check SET note = '', people = ''", "UPDATE observation SET text = ''", "DELETE FROM citizen"],
)  # fmt: skip
def test_under_a_seal_a_value_is_only_emptied(sealed: Scene, statement: str) -> None:
    """The file itself refuses everything else."""
    with (
        closing(sqlite3.connect(sealed.file.path)) as db,
        pytest.raises(sqlite3.IntegrityError, match=r"seal|removed|grows|FOREIGN"),
    ):
        db.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE citizen SET phone = ''", "UPDATE citizen SET phone = '' WHERE id = 1",
     "UPDATE seal_leaf SET nonce = '' WHERE place = 'citizen/1/phone'",
     "UPDATE citizen SET name = ''; UPDATE seal_leaf SET nonce = '' WHERE place LIKE 'citizen/%/name'"],
)  # fmt: skip
def test_a_removal_that_the_log_does_not_tell_is_found(sealed: Scene, statement: str) -> None:
    """Whoever empties values past the program, as the file lets them, is found out."""
    with closing(sqlite3.connect(sealed.file.path)) as db:
        db.executescript(statement)
    with pytest.raises(TamperError):
        verify(sealed.file.path)


def test_after_a_removal_more_is_found_too(sealed: Scene) -> None:
    """A hand-over's removal does not cover what was not removed then: not another column, not another row's value."""
    target = sealed.file.path.with_name("office.visit")
    redact.hand_over(sealed.file, sealed.secretary, target, NOW)
    for statement in ("UPDATE citizen SET township = '', name = '' WHERE id = 1", "UPDATE annex SET identity = ''"):
        copy = target.with_name("copy.visit")
        copy.write_bytes(target.read_bytes())
        with closing(sqlite3.connect(copy)) as db:
            db.execute(statement)
            db.commit()
        with pytest.raises(TamperError):
            verify(copy)


def test_a_copy_to_hand_over(sealed: Scene) -> None:
    """It lacks phones and identity numbers, keeps names, proves itself with the visit's own head; the visit stays."""
    before = dump(sealed.file)
    head = verify(sealed.file.path).head
    target = sealed.file.path.with_name("office.visit")
    removed = redact.hand_over(sealed.file, sealed.secretary, target, NOW)
    assert dump(sealed.file) == before
    assert sorted(removed) == ["annex/identity", "annex/nonce", "citizen/id_digest", "citizen/id_number", "citizen/phone"]
    assert set(NAMES) <= set(told(target))
    assert not {*PHONES, ID_NUMBER, MASKED} & set(told(target))
    found = verify(target, head=head)
    assert "earlier" in found.unproven[0]
    assert result_record(target)["digest"] == result_record(sealed.file)["digest"]
    assert [path.name for path in target.parent.glob("office*")] == ["office.visit"]
    with pytest.raises(InspectionError, match="already a file"):
        redact.hand_over(sealed.file, sealed.secretary, target, NOW)


def test_a_visit_under_way_is_handed_over_too(scoring: Scene) -> None:
    """Without a seal there is nothing that stands for what is gone; the copy verifies all the same."""
    target = scoring.file.path.with_name("office.visit")
    redact.hand_over(scoring.file, scoring.secretary, target, NOW)
    assert not set(PHONES) & set(told(target))
    verify(target)


CAPTIONS = ("窗口前的路人甲", "路人乙在窗口前")


def pictured(folder: Path) -> Scene:
    """A sealed visit with a photo, whose caption was changed, and a file."""
    scene = scene_at(folder, Stage.CONSOLIDATE)
    place = Place(activity=observe.programme(scene.file).activities[0].id)
    shot = attach.attach(scene.file, scene.expert, photo(), place, NOW, caption=CAPTIONS[0], name="路人.png")
    attach.change_evidence(scene.file, scene.expert, shot.id, NOW, caption=CAPTIONS[1])
    attach.attach(scene.file, scene.expert, PDF, place, NOW, name="名册.pdf")
    decide_all(scene)
    seal_up(scene)
    return scene


@pytest.fixture
def with_photos(copied: Copy, tmp_path: Path) -> Scene:
    return copied(pictured, tmp_path)


def attached(scene: Scene) -> list[Evidence]:
    return [one.evidence for one in attach.evidence_for_report(scene.file)]


def contents(scene: Scene) -> list[bytes]:
    return [row[column] for row in rows(scene, "evidence_content") for column in ("content", "thumbnail") if row[column]]


def test_photos_stay_unless_they_are_to_go(with_photos: Scene) -> None:
    """Without being asked to, a removal leaves every photo, file and caption."""
    before = dump(with_photos.file, "evidence", "evidence_change", "evidence_content")
    redact.redact(with_photos.file, with_photos.secretary, NOW)
    assert dump(with_photos.file, "evidence", "evidence_change", "evidence_content") == before
    assert len(attached(with_photos)) == 2
    verify(with_photos.file.path)


def test_photos_are_removed_and_their_digests_stay(with_photos: Scene) -> None:
    """No photo, file, caption or file name stands in the file's bytes; seal, result and log verify as before, the report
    is printed without them, and what asks for one is told that it is gone."""
    kept, shown = contents(with_photos), attached(with_photos)
    words = [*(text.encode() for text in (*CAPTIONS, "路人.png", "名册.pdf")), *kept]
    digests = [row["digest"] for row in rows(with_photos, "evidence_content")]
    found, record = verify(with_photos.file.path), result_record(with_photos.file)
    assert len(kept) == 3
    removed = redact.redact(with_photos.file, with_photos.secretary, NOW, photos=True)
    held = b"".join(one.read_bytes() for one in with_photos.file.path.parent.glob(f"{with_photos.file.path.name}*"))
    assert [value for value in words if value in held] == []
    assert {column: count for column, count in removed.items() if column.startswith("evidence")} == {
        "evidence/caption": 1, "evidence/name": 2, "evidence_change/caption": 1, "evidence_content/content": 2,
        "evidence_content/thumbnail": 1,
    }  # fmt: skip
    after = verify(with_photos.file.path, head=found.head)
    assert (after.sealed, after.result) == (found.sealed, found.result)
    assert {**result_record(with_photos.file), "head": ""} == {**record, "head": ""}
    assert "Attachments: 0" in str([message.format(**context) for message, context in after.checks])
    assert [row["digest"] for row in rows(with_photos, "evidence_content")] == digests
    assert attached(with_photos) == []
    with pytest.raises(NotFound, match="removed"):
        attach.read_evidence(with_photos.file, with_photos.expert, shown[0].id)
    assert feed_back.report_pdf(with_photos.file, NOW).startswith(b"%PDF-")
    assert redact.redact(with_photos.file, with_photos.secretary, NOW, photos=True) == {}
    id_ = reopen.propose_reopening(with_photos.file, with_photos.chair, Stage.CONSOLIDATE, "合议记录有误", NOW)
    reopen.confirm_reopening(with_photos.file, with_photos.secretary, id_, NOW)
    confirm_all(with_photos)
    seal.seal(with_photos.file, with_photos.chair, NOW, entropy=os.urandom)
    verify(with_photos.file.path)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE evidence_content SET content = x'' WHERE id = 1", "UPDATE evidence_content SET thumbnail = x''",
     "UPDATE evidence SET caption = ''; UPDATE seal_leaf SET nonce = '' WHERE place LIKE 'evidence/%/caption'",
     "UPDATE evidence_content SET content = x'', thumbnail = x''; UPDATE seal_leaf SET nonce = '' WHERE place LIKE "
     "'evidence_content/%'"],
)  # fmt: skip
def test_a_photo_that_is_gone_without_the_log_saying_so_is_found(with_photos: Scene, statement: str) -> None:
    """Under the seal whoever empties one past the program is found out."""
    with closing(sqlite3.connect(with_photos.file.path)) as db:
        db.executescript(statement)
    with pytest.raises(TamperError):
        verify(with_photos.file.path)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE evidence_content SET content = x'00' WHERE id = 1", "UPDATE evidence_content SET digest = ''",
     "UPDATE evidence SET caption = '另一个人'", "UPDATE evidence SET item = '1'", "DELETE FROM evidence_content",
     "UPDATE evidence_change SET withdrawn = 1", "UPDATE evidence_change SET caption = '另一个人'"],
)  # fmt: skip
def test_a_photo_is_only_emptied(with_photos: Scene, statement: str) -> None:
    """The file itself refuses everything else."""
    with (
        closing(sqlite3.connect(with_photos.file.path)) as db,
        pytest.raises(sqlite3.IntegrityError, match=r"seal|grows|FOREIGN"),
    ):
        db.execute(statement)


def test_before_the_seal_an_emptied_photo_is_found_too(consolidating: Scene) -> None:
    """Its bytes do not have its digest, and no entry of the log says that they were removed."""
    place = Place(activity=observe.programme(consolidating.file).activities[0].id)
    attach.attach(consolidating.file, consolidating.expert, photo(), place, NOW)
    with closing(sqlite3.connect(consolidating.file.path)) as db:
        db.executescript("UPDATE evidence_content SET content = x''")
    with pytest.raises(TamperError, match="digest"):
        verify(consolidating.file.path)


def test_under_an_earlier_seal_photos_are_not_removed(with_photos: Scene) -> None:
    """A seal of an earlier release covers the photos themselves: refused in words, and nothing is removed."""
    with closing(sqlite3.connect(with_photos.file.path)) as db:
        (told_scope,) = db.execute("SELECT scope FROM seal").fetchone()
        columns, leaves, count = json.loads(told_scope)["evidence_content"]
        scope = json.loads(told_scope) | {"evidence_content": [sorted(columns + leaves), [], count]}
        db.execute("DROP TRIGGER seal_only_lifted")
        db.execute("UPDATE seal SET scope = ?", [json.dumps(scope)])
        db.commit()
    with refused(with_photos, StageError, "photos-sealed"):
        redact.redact(with_photos.file, with_photos.secretary, NOW, photos=True)
    assert redact.redact(with_photos.file, with_photos.secretary, NOW)


def test_papers_are_printed_without_what_is_gone(sealed: Scene) -> None:
    """Reports and draws are still told, with numbers where names were."""
    redact.redact(sealed.file, sealed.secretary, NOW)
    state = draw.draw_state(sealed.file, draw.CITIZENS)
    assert state.certificate is not None
    assert {state.name(number) for number in state.standing_numbers} == {""}
    assert observe.programme(sealed.file).attendance
    assert feed_back.report_pdf(sealed.file, NOW).startswith(b"%PDF-")



def test_a_redacted_visit_can_be_reopened_and_sealed_again(sealed: Scene) -> None:
    """The next seal covers what is left, and what was removed before it is no part of it."""
    redact.redact(sealed.file, sealed.secretary, NOW)
    id_ = reopen.propose_reopening(sealed.file, sealed.chair, Stage.CONSOLIDATE, "合议记录有误", NOW)
    reopen.confirm_reopening(sealed.file, sealed.secretary, id_, NOW)
    verify(sealed.file.path)
    consolidate.adjudicate(sealed.file, sealed.chair, "4", "3", "合议", "", NOW)
    confirm_all(sealed)
    seal.seal(sealed.file, sealed.chair, NOW, entropy=os.urandom)
    verify(sealed.file.path)
    assert redact.redact(sealed.file, sealed.secretary, NOW) == {}
    verify(sealed.file.path)


def test_the_commands(sealed: Scene, tmp_path: Path) -> None:
    """The copy first, then the removal, which asks; both tell what they took and leave a file that verifies."""
    target = tmp_path / "office.visit"

    def run(*words: str | Path, given: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(main, ["visit", *map(str, words)], input=given)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done.exit_code, done.output

    code, said = run("hand-over", sealed.file.path, target)
    assert (code, "citizen/phone: 12" in said) == (0, True), said
    assert run("hand-over", sealed.file.path, target)[0] == 1
    assert run("redact", sealed.file.path, given="n\n")[0] == 1
    assert told(sealed.file.path)
    code, said = run("redact", sealed.file.path, given="y\n")
    assert (code, "citizen/name: 12" in said) == (0, True), said
    assert run("redact", target, "--yes", "--photos")[0] == 0
    assert run("redact", target, "--photos", given="n\n")[0] == 1
    assert told(sealed.file.path) == told(target) == []
    assert run("verify", sealed.file.path)[0] == 0
    assert VisitFile(target).path.is_file()
    assert len(members(sealed)) == 5
