"""What happens on site as it is kept: positions, the latest word on attendance, records that come back, checks that
only grow."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from inspection_app.core.programme import (
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Draws,
    Observation,
    ObservationKind,
    SiteCheck,
)
from inspection_app.errors import NotFound
from inspection_app.store import programme
from tests.services.conftest import NOW, Scene, create

REPORT = Activity(1, "汇报交流", "听取汇报", Draws.NOTHING, None, "", "", 1)
VISITS = Activity(2, "实地考察", "", Draws.SITES, date(2026, 5, 12), "14:30", "各点", 2)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = create(tmp_path)
    with scene.file.writing() as db:
        programme.begin(db, [REPORT, VISITS])
    return scene


def test_activities_come_back_as_they_went_in(scene: Scene) -> None:
    """A day is a day again, a missing one is none; the ids are those of the programme that was begun."""
    with scene.file.reading() as db:
        assert programme.activities(db) == (REPORT, VISITS)


def test_an_added_activity_comes_last(scene: Scene) -> None:
    """Also after one that was withdrawn: bringing it back must not put two in one place."""
    with scene.file.writing() as db:
        programme.withdraw_activity(db, 2, NOW)
        id_ = programme.add_activity(db, Activity(0, "夜间走访", position=1))
        assert [a.id for a in programme.activities(db)] == [1, id_]
        assert programme.activities(db, withdrawn=True) == (VISITS,)
        programme.withdraw_activity(db, 2, None)
        assert [(a.id, a.position) for a in programme.activities(db)] == [(1, 1), (2, 2), (id_, 3)]
        assert programme.activities(db, withdrawn=True) == ()


def test_the_latest_word_on_attendance_counts(scene: Scene) -> None:
    """Marking somebody again leaves one row in its old place, with the later time."""
    secretary, later = scene.secretary.member_id, NOW + timedelta(minutes=5)
    first, second = Attendance(1, Attendee.GUEST, "申必达"), Attendance(1, Attendee.MEMBER, "2")
    with scene.file.writing() as db:
        programme.mark(db, first, NOW, secretary)
        programme.mark(db, second, NOW, secretary)
        programme.mark(db, Attendance(1, Attendee.GUEST, "申必达", False, "已离会"), later, secretary)
        assert programme.attendance(db) == (
            (Attendance(1, Attendee.GUEST, "申必达", False, "已离会"), later), (second, NOW),
        )  # fmt: skip


def test_an_observation_goes_and_comes_back(scene: Scene) -> None:
    """Reworded it keeps its id, its place and whose it is; withdrawn it is not listed; brought back it is."""
    by, later = scene.expert.member_id, NOW + timedelta(minutes=5)
    with scene.file.writing() as db:
        id_ = programme.add_observation(db, Observation(1, ObservationKind.NOTE, "好"), NOW, by)
        reworded = Observation(2, ObservationKind.QUESTION, "何时？", "王局长", "1", 3, id_, by, later)
        programme.reword_observation(db, reworded, later)
        assert programme.observations(db) == (reworded,)
        programme.withdraw_observation(db, id_, later)
        assert programme.observations(db) == ()
        assert programme.observation(db, id_) == reworded
        programme.withdraw_observation(db, id_, None)
        assert programme.observations(db) == (reworded,)
        with pytest.raises(NotFound):
            programme.observation(db, id_ + 1)


def test_checks_only_grow(scene: Scene) -> None:
    """Every check stays as it was entered; the database itself refuses to change one."""
    check = SiteCheck(3, Agrees.PARTLY, "产能不符", "车间主任", "台账")
    with scene.file.writing() as db:
        for _ in range(2):
            programme.add_check(db, check, NOW, scene.expert.member_id)
    with scene.file.reading() as db:
        assert [(c.id, c.site, c.agrees, c.note, c.at) for c in programme.checks(db)] == [
            (1, 3, Agrees.PARTLY, "产能不符", NOW), (2, 3, Agrees.PARTLY, "产能不符", NOW),
        ]  # fmt: skip
    for statement in ("UPDATE site_check SET note = ''", "DELETE FROM site_check"):
        with (
            closing(sqlite3.connect(scene.file.path)) as connection,
            pytest.raises(sqlite3.IntegrityError, match="only grows"),
        ):
            connection.execute(statement)
