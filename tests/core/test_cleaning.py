"""Cleaning a roster: what is guessed, what is changed and shown, what stops, what a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection_app.core.cleaning import (
    Cleaned,
    Columns,
    Decision,
    Severity,
    clean,
    guess_columns,
    titles_of,
)
from inspection_app.core.id_number import check_digit, eighteen, is_right
from inspection_app.errors import RosterError

CATEGORIES = ("群众代表", "人大代表", "政协委员", "社会监督员")
TITLES = ["序号", "姓名", "类别", "性别", "身份证号", "出生日期", "电话", "户主", "乡镇"]
FIELDS = ["", "name", "category", "gender", "id_number", "birth", "phone", "household", "township"]
RIGHT = "11010519491231002X"


def row(name: str = "王伟", category: str = "群众代表", **fields: str) -> list[str]:
    given = {"name": name, "category": category, **fields}
    return ["1", *(given.get(field, "") for field in FIELDS[1:])]


def cleaned(*rows: Sequence[str], decisions: Sequence[Decision] = ()) -> Cleaned:
    table = [TITLES, *rows]
    return clean(table, guess_columns(table), CATEGORIES, decisions=decisions)


def texts(found: Cleaned, severity: Severity) -> list[str]:
    return [finding.fault.text() for finding in found.of(severity)]


# --- columns -----------------------------------------------------------------------------------------------------


def test_titles_are_found_below_headings_and_in_other_words() -> None:
    """Title lines above, spaces in titles, a wrapped heading row and other names for the columns do not matter."""
    table = [
        ["某县群众代表名单", "", "", "", ""],
        ["（2026年5月）"],
        ["基本信息", "", "", "联系", ""],
        ["序 号", "姓　名", "代表 身份类别", "公民身份号码（18位）", "手机号"],
        ["1", "王伟", "群众", RIGHT, "13800000001"],
    ]
    assert guess_columns(table) == Columns(4, {"name": 1, "category": 2, "id_number": 3, "phone": 4})


def test_columns_without_titles_are_known_by_what_stands_in_them() -> None:
    """A bare table of names, sexes, numbers and categories is understood; a column of towns is not taken for names."""
    rows = [
        ["城关镇", f"{name}{n}伟"[:1] + "伟强英秀"[n], "男女"[n % 2], f"1380000000{n}", "人大代表"]
        for n, name in enumerate("王李张刘")
    ]
    assert guess_columns(rows) == Columns(0, {"name": 1, "gender": 2, "phone": 3, "category": 4})
    assert titles_of(rows, guess_columns(rows)) == ["A", "B", "C", "D", "E"]


def test_the_name_of_a_householder_is_not_the_citizens() -> None:
    """户主姓名 holds 姓名, too, but is the household."""
    fields = guess_columns([["户主姓名", "姓名", "类别"], ["赵一", "赵二", "群众"]]).fields
    assert (fields["household"], fields["name"]) == (0, 1)


def test_columns_that_must_be_there_are_asked_for() -> None:
    """Without a category column there is one stop that says so, and nobody is taken."""
    found = clean([["姓名"], ["王伟"]], Columns(1, {"name": 0}), CATEGORIES)
    assert texts(found, Severity.STOP) == ["Roster: No column is chosen for: Category. Choose the columns that hold it."]
    assert (found.citizens, found.ready) == ((), False)


# --- single cells ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("name", "王\u200b伟", "王伟"),
        ("name", "王　伟", "王伟"),
        ("name", "\ufeff王\u00ad伟\ufe0f", "王伟"),
        ("name", "买买提•阿不都", "买买提·阿不都"),
        ("name", "买买提 ‧ 阿不都", "买买提·阿不都"),
        ("name", "买买提・阿不都", "买买提·阿不都"),
        ("name", "⽼王", "老王"),
        ("name", "金\uf90a", "金金"),
        ("category", "人大", "人大代表"),
        ("category", "县人大代表", "人大代表"),
        ("category", "人大代表（市级）", "人大代表"),
        ("category", "居民", "群众代表"),
        ("category", "市民代表", "群众代表"),
        ("category", "政协", "政协委员"),
        ("category", "特邀监督员", "社会监督员"),
        ("gender", "男性", "男"),
        ("gender", "F", "女"),
        ("birth", "１９８０年５月７日", "1980-05-07"),
        ("birth", "1980/5/7", "1980-05-07"),
        ("birth", "1980.05", "1980-05"),
        ("birth", "198005", "1980-05"),
        ("birth", "19800507.0", "1980-05-07"),
        ("birth", "1980-05-07 00:00:00", "1980-05-07"),
        ("birth", "1980年", "1980"),
        ("birth", "29348", "1980-05-07"),
        ("phone", "１３８００００００01", "13800000001"),
        ("phone", "13800000001.0", "13800000001"),
        ("phone", "+86 138-0000-0001", "13800000001"),
        ("township", " 城关镇\u200b", "城关镇"),
    ],
)
def test_what_is_mended_is_shown_before_and_after(field: str, before: str, after: str) -> None:
    """Each of these is taken as it was meant, and every one of them is one change with both texts and a reason."""
    found = cleaned(row(**{field: before}))
    assert getattr(found.citizens[0], field) == after
    (change,) = found.changes
    assert (change.row, change.field, change.before, change.after) == (2, field, before.strip(), after)
    assert change.why
    assert found.ready


def test_a_clean_row_is_not_changed() -> None:
    """What was right stays as it is, and nothing is said about it."""
    found = cleaned(row(gender="女", birth="1949-12-31", phone="13800000001", household="王一", township="城关镇"))
    assert (found.changes, found.findings, found.left_out) == ((), (), ())


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("name", "王\ue123", "private font"),
        ("name", "王Х", "another script"),
        ("name", "Wаng", "another script"),
        ("name", "呂伟", "variant form"),
        ("name", "王?", "a character was lost"),
        ("gender", "未知", "no gender"),
        ("birth", "五月", "no date of birth"),
        ("birth", "1980-02-30", "no date of birth"),
        ("birth", "1980.1", "January or"),
        ("phone", "1234", "hardly a phone number"),
        ("phone", "1.38E+10", "its last digits are lost"),
        ("id_number", "4.10101E+17", "its last digits are lost"),
        ("id_number", "110105194912310021", "check digit of the ID number is wrong"),
        ("id_number", "110105194912310000", "Excel rounds long numbers"),
        ("id_number", "11010519490231002X", "date in the ID number does not exist"),
        ("id_number", "G12345678", "no ID number of 18 digits"),
    ],
)
def test_what_only_a_person_can_judge_is_told_with_row_and_remedy(field: str, text: str, said: str) -> None:
    """A note says where, what and what to do; the roster can be taken nevertheless."""
    found = cleaned(row(**{field: text}))
    (note,) = found.of(Severity.NOTE)
    assert note.rows == (2,)
    assert said in note.fault.text()
    assert note.fault.remedy
    assert found.ready


@pytest.mark.parametrize("category", ["", "记者", "代表", "人大代表、群众代表"])
def test_a_category_that_is_none_or_two_stops(category: str) -> None:
    """An unknown or ambiguous category is not guessed."""
    assert "is not one of this visit's" in texts(cleaned(row(category=category)), Severity.STOP)[0]


def test_a_missing_name_stops() -> None:
    """A row without a name, or with one of invisible characters only, is no citizen yet."""
    found = cleaned(row(name="\u200b", phone="13800000001"))
    assert texts(found, Severity.STOP) == ["Row 2, Name: The name is missing. Enter the name or remove the row."]


def test_birth_and_gender_come_from_the_id_number_and_contradictions_are_told() -> None:
    """A right number fills what is empty or less exact, as a change; what contradicts it stays and is told."""
    filled = cleaned(row(id_number=RIGHT, birth="1949-12"))
    assert (filled.citizens[0].birth, filled.citizens[0].gender) == ("1949-12-31", "女")
    assert {(one.field, one.before, one.after) for one in filled.changes} == {
        ("birth", "1949-12", "1949-12-31"), ("gender", "", "女"),
    }  # fmt: skip
    told = cleaned(row(id_number=RIGHT, birth="1950-01-01", gender="男"))
    assert (told.citizens[0].birth, told.citizens[0].gender) == ("1950-01-01", "男")
    assert len(told.of(Severity.NOTE)) == 2


def test_id_numbers_leave_masked_and_as_a_digest_only() -> None:
    """Neither the citizens nor changes nor findings hold a plain number; the digest is of the 18 digits."""
    table = [TITLES, row(id_number="１1010549123100 2"), row("李娜", id_number="110105194912310021")]
    found = clean(table, guess_columns(table), CATEGORIES, digest=lambda number: f"digest of {number}")
    assert [one.id_number for one in found.citizens] == ["*" * 14 + "002X", "*" * 14 + "0021"]
    assert found.citizens[0].id_digest == f"digest of {RIGHT}"
    assert "1949123100" not in repr([found.changes, [one.fault.text() for one in found.findings]])
    assert "4912310" not in repr([found.changes, [one.fault.text() for one in found.findings]])


def test_a_masked_number_has_no_digest_and_is_nobodys() -> None:
    """Numbers that come masked are kept so; two that end alike are not one person."""
    found = cleaned(row(id_number="410***********1234"), row("李娜", id_number="410***********1234"))
    assert found.ready
    assert [one.id_digest for one in found.citizens] == ["", ""]


def test_further_columns_are_kept_on_request() -> None:
    """A column that a person chose becomes an attribute, tidied; others are not read."""
    table = [[*TITLES, "职业", "学历"], [*row(), "教 师\u200b", "本科"]]
    found = clean(table, Columns(1, {"name": 1, "category": 2}, {"职业": 9}), CATEGORIES)
    attributes = found.citizens[0].attributes(date(2026, 5, 12))
    assert attributes["职业"] == "教 师"
    assert "学历" not in attributes


# --- rows --------------------------------------------------------------------------------------------------------


def test_rows_that_are_no_person_are_left_out_and_told() -> None:
    """Repeated titles, sums, headings and remarks are left out, each with its text and why; empty rows are not told."""
    found = cleaned(
        row(), [""] * 9, TITLES, row("李娜"), ["二、人大代表名单（由县人大常委会提供）"], ["合 计", "2", "", "2"], ["备注", *[""] * 8]
    )
    assert [one.name for one in found.citizens] == ["王伟", "李娜"]
    assert found.rows == (2, 5)
    assert [one.row for one in found.left_out] == [4, 6, 7, 8]


def test_an_empty_roster_stops() -> None:
    """Titles without anybody below are not a roster."""
    assert texts(cleaned(), Severity.STOP) == ["Roster: Nobody is on it. Enter at least as many people as will be drawn."]


def test_text_from_a_merged_cell_is_told() -> None:
    """What a row has only because a cell was merged over it is a change."""
    table = [TITLES, row(), row("李娜")]
    found = clean(table, guess_columns(table), CATEGORIES, merged={(3, 2): "群众代表"})
    assert [(one.row, one.field, one.before, one.after) for one in found.changes] == [(3, "category", "", "群众代表")]


# --- rows together -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [RIGHT, RIGHT.lower(), "110105491231002", " 110105 19491231 002X"])
def test_the_same_id_number_is_a_hard_stop(number: str) -> None:
    """In whatever form it is written and under whatever name: no decision lets it through."""
    decision = Decision((2, 3), (2, 3), "不是同一人")
    found = cleaned(row(id_number=RIGHT), row("李娜", id_number=number), decisions=[decision])
    assert texts(found, Severity.STOP) == [
        "Rows 2、3: 王伟、李娜 have the same ID number. "
        "Leave only one of these rows in the file, or correct the numbers."
    ]


PAIRS = [
    ({"birth": "1980-05-07"}, {"birth": "1980年5月7日"}, "Born"),
    ({"birth": "1980-05-07"}, {"birth": "1980.05"}, "Born"),
    ({"phone": "13800000001"}, {"phone": "138 0000 0001"}, "Phone"),
    ({"household": "王一"}, {"household": "王 一"}, "Household"),
    ({"phone": "13800000001"}, {"birth": "1980-05-07"}, "nothing tells them apart"),
    ({"phone": "13800000001", "id_number": RIGHT}, {"phone": "13800000001", "id_number": "410***********1234"}, "Phone"),
]


@pytest.mark.parametrize(("one", "other", "shared"), PAIRS)
@pytest.mark.parametrize(
    "names", [("王伟", "王伟"), ("王伟", "王\u200b伟"), ("王伟", "王　伟"), ("吕伟", "呂偉"), ("Wang", "ＷＡＮＧ")]
)
def test_one_name_twice_has_to_be_decided(
    one: dict[str, str], other: dict[str, str], shared: str, names: tuple[str, str]
) -> None:
    """The same name with something in common, or nothing that tells apart, waits for a person; the category does not
    make two people of one."""
    found = cleaned(row(names[0], **one), row(names[1], "人大代表", **other))
    (finding,) = found.of(Severity.DECIDE)
    assert finding.rows == (2, 3)
    assert f"the same: {shared}" in finding.fault.text()
    with pytest.raises(RosterError, match="may be one person"):
        found.require()


def test_namesakes_whom_something_tells_apart_are_two_people() -> None:
    """Other birth dates, other phones or other ID numbers: nothing to decide."""
    found = cleaned(
        row(birth="1980-01-01"), row(birth="1991-05-06"), row("李娜", phone="13800000001"),
        row("李娜", phone="13800000002"), row("张敏", id_number=RIGHT),
        row("张敏", id_number=eighteen("110105500101001")),
    )  # fmt: skip
    assert found.ready


@pytest.mark.parametrize(
    ("keep", "left_out"), [((2, 3), []), ((2,), [3]), ((3,), [2])], ids=["two people", "the first", "the second"]
)
def test_a_decision_is_followed_and_kept_with_its_reason(keep: tuple[int, ...], left_out: list[int]) -> None:
    """Keeping both, or leaving one out, needs a reason and somebody who stays; who is left out is told with it."""
    pair = row(phone="13800000001"), row(phone="13800000001")
    for void in (Decision((2, 3), keep, "  "), Decision((2, 3), (), "重复"), Decision((2, 3), (9,), "重复")):
        assert not cleaned(*pair, decisions=[void]).ready
    found = cleaned(*pair, decisions=[Decision((2, 3), keep, "已核对身份证")])
    found.require()
    assert found.rows == keep
    assert [(one.row, one.why) for one in found.left_out] == [(row, "已核对身份证") for row in left_out]
    assert len(found.decisions) == 1


def test_three_of_one_name_are_one_question() -> None:
    """All who may be one person are decided at once; a decision on other rows than these does not count."""
    people = [row(phone="13800000001")] * 3
    (finding,) = cleaned(*people).of(Severity.DECIDE)
    assert finding.rows == (2, 3, 4)
    assert finding.fault.text().startswith("Rows 2、3、4: 王伟 stands here 3 times and may be one person; the same: Phone.")
    older = [Decision((2, 3), (2,), "重复"), Decision((7, 8), (7, 8), "无关")]
    assert not cleaned(*people, decisions=older).ready
    decided = Decision((2, 3, 4), (3, 4), "父子同名")
    found = cleaned(*people, decisions=[*older, decided])
    assert (found.rows, found.ready, found.decisions) == ((3, 4), True, (decided,))


def test_a_decision_holds_for_the_same_people_in_a_corrected_file() -> None:
    """They stand in other rows there; whoever was changed, or has somebody new beside them, is asked about again."""
    pair = [row(phone="13800000001"), row(phone="13800000001", birth="1980")]
    first = cleaned(row("李娜"), *pair)
    decision = Decision((3, 4), (4,), "同一人，已电话核实")
    settled = first.settled(decision)
    assert (settled.people, settled.stay) == (first.citizens[1:], (1,))
    corrected = cleaned(row("李娜"), row("张敏"), *pair)
    assert corrected.carried([settled]) == (replace(decision, rows=(4, 5), keep=(5,)),)
    assert cleaned(row("李娜"), row("张敏"), *pair, decisions=corrected.carried([settled])).ready
    for other in ([*pair, row(phone="13800000001")], [pair[0], row(phone="13800000001", birth="1981")]):
        again = cleaned(*other)
        assert again.of(Severity.DECIDE)
        assert again.carried([settled]) == ()


def test_a_row_that_says_little_joins_those_that_it_may_be() -> None:
    """Two people told apart by their phones, and a row with nothing but the name: which of them it is, is asked once;
    whoever the third is told apart from by a birth date stays out of it."""
    apart = [row(phone="13800000001", birth="1980"), row(phone="13800000002", birth="1990")]
    assert cleaned(*apart).ready
    assert [one.rows for one in cleaned(*apart, row()).of(Severity.DECIDE)] == [(2, 3, 4)]
    assert [one.rows for one in cleaned(*apart, row(birth="1990-05")).of(Severity.DECIDE)] == [(3, 4)]


def test_a_name_on_every_row_is_one_finding() -> None:
    """A file in which thousands say the same is told in one line, which stays short."""
    (finding,) = cleaned(*[row()] * 2000).of(Severity.DECIDE)
    assert len(finding.rows) == 2000
    assert finding.fault.text().startswith("Rows 2、3、4、5、6、7、8、9、10、11…: 王伟 stands here 2000 times")
    (stop,) = cleaned(*[row(id_number=RIGHT)] * 2000).of(Severity.STOP)
    assert len(stop.rows) == 2000


KNOWN = st.fixed_dictionaries({
    "birth": st.sampled_from(["", "1980", "1980-05", "1980-05-07", "1990-05"]),
    "phone": st.sampled_from(["", "13800000001", "13800000002"]),
    "household": st.sampled_from(["", "王一", "王 一", "王二"]),
    "id_number": st.sampled_from(["", "410***********1234", "410***********5678"]),
})  # fmt: skip


def may_be_one(one: dict[str, str], other: dict[str, str]) -> bool:
    """The rule for two rows, said as plainly as it can be."""
    told = [
        (one[what].replace(" ", ""), other[what].replace(" ", "")) for what in ("birth", "phone", "household")
        if one[what] and other[what]
    ]  # fmt: skip
    if told:
        return any(mine.startswith(theirs) or theirs.startswith(mine) for mine, theirs in told)
    return not (one["id_number"] and other["id_number"]) or one["id_number"] == other["id_number"]


@given(st.lists(KNOWN, min_size=1, max_size=7))
def test_groups_are_what_comparing_each_with_each_gives(people: list[dict[str, str]]) -> None:
    """Though not every pair is compared, whoever may be somebody else is in one group with them, and nobody else is."""
    groups = [{at} for at in range(len(people))]
    for at, one in enumerate(people):
        for earlier in range(at):
            if may_be_one(people[earlier], one):
                mine, theirs = (next(group for group in groups if who in group) for who in (at, earlier))
                if mine is not theirs:
                    groups.remove(theirs)
                    mine |= theirs
    found = cleaned(*(row(**one) for one in people)).of(Severity.DECIDE)
    expected = sorted(tuple(at + 2 for at in sorted(group)) for group in groups if len(group) > 1)
    assert [finding.rows for finding in found] == expected


# --- identity numbers --------------------------------------------------------------------------------------------


@given(st.integers(0, 999_999), st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_every_old_number_becomes_a_right_one(area: int, born: date, order: int) -> None:
    """15 digits made 18 pass the check digit, and no other last character does."""
    full = eighteen(f"{area:06d}{born:%y%m%d}{order:03d}")
    assert len(full) == 18
    assert is_right(full)
    assert not any(is_right(full[:17] + other) for other in "0123456789X" if other != check_digit(full[:17]))


cells = st.text(st.sampled_from("王伟\u200b 　0123456789X.+E-/年月·•男女群众代表人大"), max_size=12)


@given(st.lists(st.lists(cells, min_size=9, max_size=9), max_size=8))
def test_nothing_is_dropped_in_silence(rows: list[list[str]]) -> None:
    """Whatever stands in the file: every row that is not empty is a citizen or told as left out, never both, and
    cleaning raises nothing."""
    table = [TITLES, *rows]
    found = clean(table, Columns(1, {field: at for at, field in enumerate(FIELDS) if field}), CATEGORIES)
    filled = {number for number, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)}
    assert filled == {*found.rows} | {one.row for one in found.left_out}
    assert not {*found.rows} & {one.row for one in found.left_out}
