"""Taking a roster in: nothing is taken while something is open, and what was done stays on record."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from inspection_app.core.cleaning import Decision, Severity, guess_columns
from inspection_app.core.draw import Band
from inspection_app.errors import DrawError, PermissionDenied, RosterError, StageError
from inspection_app.files import read_roster_tables
from inspection_app.places import shipped
from inspection_app.services import enlist
from inspection_app.store import lists, visits
from tests.services.conftest import CITIZENS, EXPERT, ID_NUMBER, NOW, Scene, lock, places, refused, rows

FILE = """某县群众代表名单,,,,
姓名,身份类别,身份证号,电话,乡镇
王　伟,人大,110105491231002,13800000001,城关镇
李娜,群众,,13800000003,白庙乡
李\u200b娜,政协,,13800000003,白庙乡
张敏,群众,,13800000004,城关镇
合计,4,,,
"""
DECISION = Decision((4, 5), (4,), "同一人，已电话核实")


def take(scene: Scene, text: str = FILE, *decisions: Decision, who: str = "secretary") -> int:
    (table,) = read_roster_tables(text.encode("gb18030"))
    actor = getattr(scene, who)
    return enlist.take_roster(scene.file, actor, table, guess_columns(table.rows), decisions, NOW)


def test_a_roster_with_something_to_decide_is_not_taken(prepared: Scene) -> None:
    """Looking tells what is open; taking is refused with it, and the earlier roster stays."""
    (table,) = read_roster_tables(FILE.encode())
    looked = enlist.look_at_roster(prepared.file, table, guess_columns(table.rows))
    assert not looked.ready
    with pytest.raises(RosterError, match="李娜 stands here 2 times and may be one person"):
        take(prepared)
    assert len(rows(prepared, "citizen")) == len(CITIZENS)


def test_a_decided_roster_is_taken_and_everything_done_is_on_record(prepared: Scene) -> None:
    """Three people; every change, the row left out with its reason, the sum; no plain ID number anywhere."""
    assert take(prepared, FILE, DECISION) == 3
    kept = rows(prepared, "citizen")
    assert [row["name"] for row in kept] == ["王伟", "李娜", "张敏"]
    assert kept[0]["id_number"] == "*" * 14 + "002X"
    assert len(kept[0]["id_digest"]) == 32
    assert kept[1]["id_digest"] == ""
    changes = enlist.roster_changes(prepared.file)
    assert {(one.row, one.field, one.after) for one in changes} >= {
        (3, "name", "王伟"), (3, "category", "人大代表"), (3, "birth", "1949-12-31"), (5, "name", "李娜"),
    }  # fmt: skip
    assert [(one.row, one.why) for one in changes if one.field == "left out"] == [
        (5, (DECISION.reason,)), (7, ("This is a sum.",)),
    ]  # fmt: skip
    assert "4912310" not in prepared.file.path.read_bytes().decode("latin-1")


def test_both_kept_is_on_record_too(prepared: Scene) -> None:
    """Who is kept beside a namesake is told with the reason."""
    assert take(prepared, FILE, Decision((4, 5), (4, 5), "姐妹同名")) == 4
    kept = [one for one in enlist.roster_changes(prepared.file) if one.field == "kept"]
    assert [(one.row, one.after, one.why) for one in kept] == [(5, "4", ("姐妹同名",))]


def test_a_spreadsheet_as_an_office_keeps_it(prepared: Scene) -> None:
    """Heading and titles over merged cells, one category merged over its people, ID numbers and phones that Excel has
    turned into numbers, a sum below: who is on it comes in, what is wrong is told by row, and every row that is not
    empty is a citizen or told as left out."""
    book = Workbook()
    sheet = book.worksheets[0]
    for line in (
        ["某县群众代表、人大代表名单"],
        ["序号", "身份类别", "姓　名", "联系方式", "证件", None],
        [None, None, None, None, "身份证号", "出生年月"],
        [1, "人大代表", "王 伟", 13800000001, 410101198001011234, "1980.01"],
        [2, None, "李娜\u200b", 13800000002.0, 1.10105491231002e14, None],
        [],
        [3, "群众", "买买提•阿不都", "138-0000-0003", "110105500101001", datetime(1950, 1, 1)],
        ["合计", None, 3],
    ):
        sheet.append(line)
    for cells in ("A1:F1", "A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:F2", "B4:B5"):
        sheet.merge_cells(cells)
    written = BytesIO()
    book.save(written)

    (table,) = read_roster_tables(written.getvalue())
    looked = enlist.look_at_roster(prepared.file, table, guess_columns(table.rows))
    (note,) = looked.of(Severity.NOTE)
    assert note.fault.text().startswith("Row 4, ID number: Excel has turned the number into 4.10101E+17")
    assert [(one.row, one.why) for one in looked.left_out] == [(8, "This is a sum.")]
    assert looked.rows == (4, 5, 7)

    assert enlist.load_roster(prepared.file, prepared.secretary, written.getvalue(), NOW) == 3
    kept = rows(prepared, "citizen")
    assert [(row["name"], row["category"], row["phone"], row["birth"]) for row in kept] == [
        ("王伟", "人大代表", "13800000001", "1980-01"),
        ("李娜", "人大代表", "13800000002", "1949-12-31"),
        ("买买提·阿不都", "群众代表", "13800000003", "1950-01-01"),
    ]
    changed = {(one.row, one.field) for one in enlist.roster_changes(prepared.file)}
    assert changed >= {(4, "name"), (4, "id_number"), (5, "category"), (7, "name"), (7, "phone"), (8, "left out")}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("姓名,类别\n甲,群众代表\n乙,干部\n,人大代表\n", ["Row 3, Category", "Row 4, Name"]),
        ("姓名,类别,电话\n甲,群众代表,1\n\n乙,人大代表,2\n甲,人大代表,1\n", ["Rows 2、5"]),
        ("姓名,类别,身份证号\n甲,群众代表,X1\n乙,群众代表,X1\n", ["Rows 2、3"]),
        ("姓名,类别\n", ["Roster"]),
        ("姓名,电话\n甲,1\n", ["Roster"]),
    ],
)
def test_a_roster_that_cannot_be_used(prepared: Scene, text: str, where: list[str]) -> None:
    """An unknown category, a person twice, a missing name, nobody, a missing column: everything at once, by row, and
    nothing changes."""
    with refused(prepared, RosterError, "roster-faults") as caught:
        enlist.load_roster(prepared.file, prepared.secretary, text.encode(), NOW)
    assert places(caught.value) == where


def test_a_roster_with_its_names(prepared: Scene) -> None:
    """The roster is there in the order of the file; of an identity number only the last four digits are kept."""
    with prepared.file.reading() as db:
        people = lists.roster(db)
    assert tuple(citizen.name for citizen in people) == CITIZENS
    assert people[0].id_number == "*" * 14 + ID_NUMBER[-4:]
    assert ID_NUMBER.encode() not in prepared.file.path.read_bytes()
    wal = prepared.file.path.with_name(prepared.file.path.name + "-wal")
    assert not wal.exists() or ID_NUMBER.encode() not in wal.read_bytes()


def test_the_next_roster_replaces_the_record(prepared: Scene) -> None:
    """What is on record is about the roster that is there."""
    take(prepared, FILE, DECISION)
    take(prepared, "姓名,类别\n王伟,人大代表\n")
    assert enlist.roster_changes(prepared.file) == ()


def test_a_locked_roster_stays(prepared: Scene) -> None:
    """Behind a locked list no other roster comes in."""
    lock(prepared, "citizens")
    with pytest.raises(StageError, match="locked for the draw"):
        take(prepared, FILE, DECISION)


def test_digests_of_id_numbers_are_salted(prepared: Scene) -> None:
    """The digest is keyed with the visit's secret salt: whoever knows the number alone cannot find it."""
    take(prepared, FILE, DECISION)
    with prepared.file.reading() as db:
        salt = visits.salt(db)
    expected = hmac.new(salt, b"11010519491231002X", hashlib.sha256).hexdigest()[:32]
    assert rows(prepared, "citizen")[0]["id_digest"] == expected


def test_what_quotas_can_be_set_over(prepared: Scene) -> None:
    """Attributes with more than one value, with how many have each; what nobody says is 未填."""
    take(prepared, FILE, DECISION)
    assert enlist.values(prepared.file) == {
        "性别": {"女": 1, "未填": 2},
        "年龄段": {"60岁及以上": 1, "未填": 2},
        "乡镇街道": {"城关镇": 2, "白庙乡": 1},
    }


def test_chances_before_the_lock(prepared: Scene) -> None:
    """Everybody's chance is there before anything is locked; quotas that cannot be met are refused with the shortfall."""
    people = "姓名,类别,乡镇\n" + "".join(
        f"王{name},人大代表,{'城关镇' if at < 2 else '白庙乡'}\n" for at, name in enumerate("甲乙丙丁")
    )
    take(prepared, people)
    found = enlist.expected(prepared.file, {"人大代表": 2}, [Band("*", "乡镇街道", "城关镇", 1, 1)])
    assert [float(found.of(at)) for at in range(4)] == [0.5] * 4
    assert float(found.acceptance) == pytest.approx(4 / 6)
    with pytest.raises(DrawError, match="short by 1"):
        enlist.expected(prepared.file, {"人大代表": 3}, [Band("*", "乡镇街道", "城关镇", 3, 3)])


def test_only_attributes_that_quotas_speak_of_become_public(prepared: Scene) -> None:
    """Gender and age of everybody are nobody's business where only townships are banded."""
    take(prepared, FILE, DECISION)
    with prepared.file.reading() as db:
        people = lists.roster(db)
    entries = enlist.entries_of(people, [Band("*", "乡镇街道", "城关镇", 1, 1)], NOW.date())
    assert [dict(entry.attributes) for entry in entries] == [{"乡镇街道": town} for town in ("城关镇", "白庙乡", "城关镇")]
    assert [dict(entry.attributes) for entry in enlist.entries_of(people, [], NOW.date())] == [{}] * 3


def test_the_sample_roster_is_taken_as_it_is(prepared: Scene) -> None:
    """A file in order needs no decision: 120 people, nothing changed but what nobody sees."""
    categories = "社会监督员,"  # the one category that the small rubric of these tests has not
    content = (shipped("data") / "sample" / "roster.csv").read_text("utf-8-sig")
    lines = [line for line in content.splitlines() if categories not in line]
    assert enlist.load_roster(prepared.file, prepared.secretary, "\n".join(lines).encode(), NOW) == 100
    assert enlist.roster_changes(prepared.file) == ()


def test_experts_take_no_roster(prepared: Scene) -> None:
    """The permission is the one of loading a roster."""
    with pytest.raises(PermissionDenied):
        enlist.load_roster(prepared.file, prepared.people[EXPERT], FILE.encode(), NOW)
