"""Bringing in: facts of the form one by one, spreadsheets shown first and then taken whole or not at all."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from inspection_app.core.application import Change, DeskMark, SelfCheck
from inspection_app.core.audit import check_chain
from inspection_app.core.visit import Act, Actor, Stage
from inspection_app.errors import NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.files import parse_rubric
from inspection_app.services import prepare
from inspection_app.services.act import act
from inspection_app.services.bring import (
    application,
    bring_desk_marks,
    bring_self_check,
    enter_fact,
    personal_facts,
    preview_desk_marks,
    preview_self_check,
    remove_personal_facts,
    self_check_of,
)
from inspection_app.store import visits
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import DESCRIPTION, NOW, PANEL, RUBRIC, Scene, dump, log_of, places, refused, rows

LATER = NOW + timedelta(days=400)
FORM = """  form:
    - {id: unit, title: 创建单位, group: 基本信息}
    - {id: filled, title: 填表日期, kind: date}
    - {id: category, title: 类别, choices: [县, 区]}
    - {id: contact, title: 联系人, personal: true}
    - {id: mobile, title: 联系人手机, personal: true}
  activities:"""
FIGURES = """figures:
  own: {title: 自查评分, unit: 分, from: 0, to: 12, self_check: base}
  extra: {title: 自查加分, unit: 分, from: 0, to: 2, self_check: bonus}"""


@pytest.fixture(autouse=True)
def one_connection() -> None:
    """None is kept open here: these tests look at the bytes of the file, which are whole when nobody has it open."""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A new visit by the small rubric with a form and two figures that the self-check gives."""
    text = RUBRIC.replace("  activities:", FORM, 1).replace("figures:", FIGURES, 1)
    made = prepare.create_visit(tmp_path, parse_rubric(text, "small.yaml"), DESCRIPTION, PANEL, entropy=os.urandom, now=NOW)
    members = prepare.preparation(made.file).members
    return Scene(made.file, {member.name: Actor(member.id, member.role) for member in members}, {})


def xlsx(*table: Sequence[Any], titles: Sequence[str] = ("序号", "自查得分", "页码")) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "表"
    for row in (titles, *table):
        sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


WHOLE = xlsx((1, 2, "3"), (2, 4, "5-9"), (3, "1.5", ""), (4, 3, "12"), (5, 1, "20"))


def fact(scene: Scene, key: str, value: str, base: int = 0) -> str:
    return enter_fact(scene.file, scene.secretary, key, value, base=base, now=NOW).value


def agreed(scene: Scene) -> dict[str, AgreedFigure]:
    return dict(prepare.preparation(scene.file).figures)


# --- facts ---------------------------------------------------------------------------------------------------------


def test_the_latest_entry_of_a_fact_counts(scene: Scene) -> None:
    """Entries are added, never overwritten; dates are kept in one form; an empty entry takes a fact back."""
    assert fact(scene, "unit", " 清溪县人民政府 ") == "清溪县人民政府"
    first = application(scene.file).facts["unit"]
    assert fact(scene, "unit", "清溪县", first.revision) == "清溪县"
    assert fact(scene, "filled", "2026-04-06") == "2026年4月6日"
    kept = application(scene.file).facts
    assert (kept["unit"].value, kept["unit"].by, kept["unit"].at) == ("清溪县", scene.secretary.member_id, NOW)
    assert [row["value"] for row in rows(scene, "fact")] == ["清溪县人民政府", "清溪县", "2026年4月6日"]
    assert fact(scene, "unit", "", kept["unit"].revision) == ""
    assert application(scene.file).facts["unit"].value == ""


def test_the_same_value_again_is_no_new_entry(scene: Scene) -> None:
    """A field left as it was, or emptied while empty, writes nothing, whatever it was made from."""
    fact(scene, "unit", "清溪县")
    fact(scene, "unit", "清溪县", 0)
    fact(scene, "filled", "  ")
    assert len(rows(scene, "fact")) == 1


def test_the_second_of_two_people_sees_both_values(scene: Scene) -> None:
    """Who edits an older entry is refused and told what stands there now and what was to be entered."""
    fact(scene, "unit", "清溪县")
    old = application(scene.file).facts["unit"].revision
    enter_fact(scene.file, scene.chair, "unit", "清溪县政府", base=old, now=NOW)
    with refused(scene, ScoreError, "changed-elsewhere") as caught:
        fact(scene, "unit", "清溪县人民政府", old)
    assert (caught.value.context["theirs"], caught.value.context["yours"]) == ("清溪县政府", "清溪县人民政府")
    assert "清溪县政府" in caught.value.text()
    assert fact(scene, "unit", "清溪县人民政府", application(scene.file).facts["unit"].revision) == "清溪县人民政府"


def test_what_a_field_cannot_have_is_refused(scene: Scene) -> None:
    """Unknown fields, dates that are none, choices that are not printed."""
    with refused(scene, NotFound, "no-fact"):
        fact(scene, "phone", "1")
    with refused(scene, ScoreError, "not-a-date"):
        fact(scene, "filled", "四月")
    with refused(scene, ScoreError, "not-a-choice"):
        fact(scene, "category", "市")


def test_the_log_does_not_tell_what_was_entered(scene: Scene) -> None:
    """The log pins what was entered by a digest."""
    fact(scene, "unit", "联系人蓝若水")
    details = log_of(scene)[-1].details
    assert details["key"] == "unit"
    assert "蓝若水" not in str(details)
    assert len(str(details["value"])) == 32


# --- removing what is personal -----------------------------------------------------------------------------------

MOBILES = ("13900007531", "13900008642")


def enter_contacts(scene: Scene) -> None:
    fact(scene, "unit", "清溪县")
    fact(scene, "contact", "蓝若水")
    fact(scene, "mobile", MOBILES[0])
    fact(scene, "mobile", MOBILES[1], application(scene.file).facts["mobile"].revision)


def kept(scene: Scene) -> bytes:
    """Every byte of the visit on the disk."""
    return b"".join(path.read_bytes() for path in sorted(scene.file.path.parent.iterdir()))


def test_personal_values_are_removed_for_good(scene: Scene) -> None:
    """Earlier entries too, down to the bytes of the file; when and by whom they were entered stays, and so does what is
    not personal."""
    enter_contacts(scene)
    secrets = ["蓝若水".encode(), *(mobile.encode() for mobile in MOBILES)]
    assert all(secret in kept(scene) for secret in secrets)
    before = rows(scene, "fact")
    assert remove_personal_facts(scene.file, scene.secretary, LATER) == ("contact", "mobile")
    assert [secret for secret in secrets if secret in kept(scene)] == []
    after = rows(scene, "fact")
    assert [row["value"] for row in after] == ["清溪县", "", "", ""]
    assert [row["removed"] for row in after] == [None, *[LATER.isoformat()] * 3]
    assert [{**row, "value": "", "removed": ""} for row in after] == [
        {**row, "value": "", "removed": ""} for row in before
    ]
    facts = application(scene.file).facts
    assert (facts["mobile"].value, facts["mobile"].removed, facts["unit"].removed) == ("", LATER, None)


def test_nothing_stays_in_the_free_space_of_the_file(scene: Scene) -> None:
    """What SQLite frees it overwrites: of many longer entries no byte is left, in no part of the file."""
    for number in range(20):
        contacts = application(scene.file).facts
        base = contacts["contact"].revision if contacts else 0
        fact(scene, "contact", f"蓝若水{number:03}，" + "县行政中心" * 15, base)
    assert "蓝若水".encode() in kept(scene)
    remove_personal_facts(scene.file, scene.secretary, LATER)
    assert "蓝若水".encode() not in kept(scene)


def test_the_chain_holds_after_a_removal(scene: Scene) -> None:
    """The log is as it was, with one entry more that counts what was removed; it never held a personal value, not even
    a digest by which a telephone number could be found."""
    enter_contacts(scene)
    before = log_of(scene)
    assert [entry.details for entry in before[-3:]] == [
        {"key": "contact", "personal": True}, *[{"key": "mobile", "personal": True}] * 2,
    ]  # fmt: skip
    remove_personal_facts(scene.file, scene.secretary, LATER)
    after = log_of(scene)
    assert after[:-1] == before
    assert (after[-1].act, after[-1].details) == ("remove-personal", {"removed": {"contact": 1, "mobile": 2}})
    assert check_chain(after) == after[-1].hash


def test_removing_again_removes_what_was_entered_since(scene: Scene) -> None:
    """A field can be filled in again, and removed again; where nothing is left, nothing is."""
    enter_contacts(scene)
    remove_personal_facts(scene.file, scene.secretary, LATER)
    assert remove_personal_facts(scene.file, scene.secretary, LATER) == ()
    fact(scene, "contact", "秋月白", application(scene.file).facts["contact"].revision)
    assert application(scene.file).facts["contact"].removed is None
    assert remove_personal_facts(scene.file, scene.secretary, LATER) == ("contact",)


def test_what_would_be_removed_is_told(scene: Scene) -> None:
    """The personal fields that hold something are named in the form's order, also where only an earlier entry does."""
    assert personal_facts(scene.file) == ()
    enter_contacts(scene)
    fact(scene, "mobile", "", application(scene.file).facts["mobile"].revision)
    assert [asked.title for asked in personal_facts(scene.file)] == ["联系人", "联系人手机"]
    assert remove_personal_facts(scene.file, scene.secretary, LATER) == ("contact", "mobile")
    assert personal_facts(scene.file) == ()


def test_only_the_secretary_removes_even_after_the_end(scene: Scene) -> None:
    """Neither chair nor expert; and the end of a visit is no reason to keep telephone numbers."""
    enter_contacts(scene)
    for who in (scene.chair, scene.expert):
        with refused(scene, PermissionDenied, "role-may-not"):
            remove_personal_facts(scene.file, who, LATER)
    with act(scene.file, scene.secretary, Act.OPEN_SCORING, NOW) as tx:
        visits.set_stage(tx.db, Stage.SEALED)
    assert remove_personal_facts(scene.file, scene.secretary, LATER) == ("contact", "mobile")


@pytest.mark.parametrize(
    "change",
    [
        "value = 'x'", "value = '', removed = NULL", "value = 'x', removed = 'now'",
        "value = '', removed = 'now', at = 'then'", "value = '', removed = 'now', by = 2",
    ],
)  # fmt: skip
def test_nothing_else_of_a_fact_can_be_changed(scene: Scene, change: str) -> None:
    """The file itself refuses to change a fact in any other way, and to delete it."""
    enter_contacts(scene)
    with closing(sqlite3.connect(scene.file.path)) as connection:
        for statement in (f"UPDATE fact SET {change}", "DELETE FROM fact"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
    remove_personal_facts(scene.file, scene.secretary, LATER)
    with closing(sqlite3.connect(scene.file.path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE fact SET value = '', removed = 'again' WHERE removed IS NOT NULL")


# --- the self-check ------------------------------------------------------------------------------------------------


def test_a_preview_changes_nothing(scene: Scene) -> None:
    """What would change is shown old and new, with the sums; every row of the file stays as it is."""
    bring_self_check(scene.file, scene.secretary, xlsx((1, 1, "3"), (2, 4, "5-9")), NOW)
    before = dump(scene.file)
    preview = preview_self_check(scene.file, WHOLE)
    assert dump(scene.file) == before
    assert (preview.table.base, preview.table.bonus, preview.table.missing) == (Decimal("10.5"), 1, ())
    assert preview.rows[0] == Change("1", SelfCheck("1", Decimal(1), "3"), SelfCheck("1", Decimal(2), "3"))
    assert [row.item for row in preview.rows if row.changed] == ["1", "3", "4", "5"]
    assert preview.figures == {"own": ("", Decimal("10.5")), "extra": ("", Decimal(1))}


def test_a_self_check_is_taken_whole_in_place_of_the_earlier_one(scene: Scene) -> None:
    """Points, missing points and pages of all items; what the new file leaves out is gone, as its preview says."""
    bring_self_check(scene.file, scene.secretary, WHOLE, NOW)
    again = xlsx((1, 0, "4"), (2, None, "6"))
    assert [row.new for row in preview_self_check(scene.file, again).rows][2:] == [None, None, None]
    bring_self_check(scene.file, scene.chair, again, NOW)
    assert application(scene.file).self_check == {"1": SelfCheck("1", Decimal(0), "4"), "2": SelfCheck("2", None, "6")}
    assert self_check_of(scene.file).missing == ("2", "3", "4", "5")


def test_a_faulty_file_changes_nothing(scene: Scene) -> None:
    """Preview and taking name the same cells, and the earlier self-check stays."""
    bring_self_check(scene.file, scene.secretary, WHOLE, NOW)
    faulty = xlsx((1, 1, ""), (9, 1, ""), (2, "好", ""), (3, 2.5, ""))
    with refused(scene, ScoreError, "xlsx-faults") as shown:
        preview_self_check(scene.file, faulty)
    with refused(scene, ScoreError, "xlsx-faults") as taken:
        bring_self_check(scene.file, scene.secretary, faulty, NOW)
    assert places(shown.value) == places(taken.value) == ["表!A3", "表!B4", "表!B5"]


def test_figures_are_entered_only_when_asked_for(scene: Scene) -> None:
    """The sums are an offer; taken up, they are figures with their source, and the log says so."""
    bring_self_check(scene.file, scene.secretary, WHOLE, NOW)
    assert agreed(scene) == {}
    bring_self_check(scene.file, scene.secretary, WHOLE, NOW, enter_figures=True)
    assert agreed(scene) == {
        "own": AgreedFigure("own", "10.5", source="自查表"), "extra": AgreedFigure("extra", "1", source="自查表"),
    }  # fmt: skip
    assert log_of(scene)[-1].details["figures"] == {"own": "10.5", "extra": "1"}


def test_no_figure_follows_from_a_sum_with_gaps(scene: Scene) -> None:
    """Missing points are not zero: the items are named and nothing is taken, not even the table."""
    gaps = xlsx((1, 2, ""), (2, 4, ""), (3, "", "7"), (4, 3, ""))
    assert preview_self_check(scene.file, gaps).figures == {}
    with refused(scene, ScoreError, "incomplete-self-check") as caught:
        bring_self_check(scene.file, scene.secretary, gaps, NOW, enter_figures=True)
    assert caught.value.context["items"] == "3, 5"
    bring_self_check(scene.file, scene.secretary, gaps, NOW)
    assert len(application(scene.file).self_check) == 4


def test_a_table_brought_in_between_is_not_overwritten_unseen(scene: Scene) -> None:
    """Who confirms changes that are no longer those of the preview is asked to look again."""
    base = preview_self_check(scene.file, WHOLE).base
    bring_self_check(scene.file, scene.chair, xlsx((1, 1, "")), NOW)
    with refused(scene, ScoreError, "changed-elsewhere"):
        bring_self_check(scene.file, scene.secretary, WHOLE, NOW, base=base)
    bring_self_check(scene.file, scene.secretary, WHOLE, NOW, base=preview_self_check(scene.file, WHOLE).base)
    assert len(application(scene.file).self_check) == 5


# --- desk marks ----------------------------------------------------------------------------------------------------

DESK = ("序号", "姓名", "资料评审得分", "说明")


def test_desk_marks_are_brought_along(scene: Scene) -> None:
    """Several people's marks on one item, with notes; a later file takes the place of the earlier one."""
    content = xlsx((1, "甲", 2, "齐全"), (1, "乙", "1.5", ""), (4, "甲", 3, ""), titles=DESK)
    preview = preview_desk_marks(scene.file, content)
    assert [(row.item, row.old) for row in preview.rows] == [("1", None), ("4", None)]
    assert rows(scene, "desk_mark") == []
    bring_desk_marks(scene.file, scene.secretary, content, NOW, base=preview.base)
    assert application(scene.file).desk_marks == {
        "1": (DeskMark("1", "甲", Decimal(2), "齐全"), DeskMark("1", "乙", Decimal("1.5"))),
        "4": (DeskMark("4", "甲", Decimal(3)),),
    }
    with refused(scene, ScoreError, "changed-elsewhere"):
        bring_desk_marks(scene.file, scene.secretary, content, NOW, base=preview.base)
    bring_desk_marks(scene.file, scene.secretary, xlsx((2, "丙", 4, ""), titles=DESK), NOW)
    assert list(application(scene.file).desk_marks) == ["2"]
    assert "甲" not in str(log_of(scene)[-2].details)


def test_desk_marks_with_faults_change_nothing(scene: Scene) -> None:
    """Every fault by its cell."""
    with refused(scene, ScoreError, "xlsx-faults") as caught:
        bring_desk_marks(scene.file, scene.secretary, xlsx((1, "", 2, ""), (2, "甲", 5, ""), titles=DESK), NOW)
    assert places(caught.value) == ["表!B2", "表!C3"]


# --- who and when --------------------------------------------------------------------------------------------------


def test_the_office_brings_in_and_everybody_reads(scene: Scene) -> None:
    """An expert can bring in nothing, and reads all of it."""
    desk = xlsx((1, "甲", 2, ""), titles=DESK)
    for attempt in (
        lambda: enter_fact(scene.file, scene.expert, "unit", "某县", base=0, now=NOW),
        lambda: bring_self_check(scene.file, scene.expert, WHOLE, NOW),
        lambda: bring_desk_marks(scene.file, scene.expert, desk, NOW),
    ):
        with refused(scene, PermissionDenied, "role-may-not"):
            attempt()
    assert application(scene.file).self_check == {}


def test_nothing_is_brought_in_once_the_marks_are_open(consolidating: Scene) -> None:
    """The stage that used the application is locked, and with it the application."""
    with refused(consolidating, StageError, "wrong-stage"):
        bring_self_check(consolidating.file, consolidating.secretary, WHOLE, NOW)
