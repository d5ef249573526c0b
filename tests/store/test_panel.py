"""The panel as it is kept: ids that are never given twice, an assignment without repetitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspection_app.core.visit import Appointment, Role
from inspection_app.errors import NotFound
from inspection_app.store import panel
from tests.services.conftest import CHAIR, SECRETARY, THIRD, Scene, create


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return create(tmp_path)


def test_an_id_is_never_given_twice(scene: Scene) -> None:
    """Whoever follows somebody who left gets an id of their own: the log and sign-ins go by ids."""
    left = scene.people[THIRD].member_id
    with scene.file.writing() as db:
        panel.dismiss(db, left)
        assert panel.appoint(db, Appointment("新来的", Role.EXPERT)) > left
        with pytest.raises(NotFound):
            panel.member(db, left)


def test_secretary_and_chair_come_first(scene: Scene) -> None:
    """People are listed secretary, chair, then experts as they were appointed."""
    with scene.file.writing() as db:
        panel.appoint(db, Appointment("副秘书", Role.SECRETARY))
        names = [member.name for member in panel.members(db)]
    assert names[:3] == [SECRETARY, "副秘书", CHAIR]


def test_an_item_named_twice_is_assigned_once(scene: Scene) -> None:
    """A list that repeats an item assigns it once."""
    chair = scene.chair.member_id
    with scene.file.writing() as db:
        panel.assign(db, {chair: ["1", "2", "1"]})
        assert panel.assignment(db) == {chair: frozenset({"1", "2"})}


def test_blanks_around_names_are_not_kept(scene: Scene) -> None:
    """What people type is kept without the blanks around it."""
    with scene.file.writing() as db:
        id_ = panel.appoint(db, Appointment("　柳 如烟 ", Role.EXPERT, " 省院 ", " 计量 "))
        member = panel.member(db, id_)
    assert (member.name, member.organisation, member.speciality) == ("柳 如烟", "省院", "计量")
