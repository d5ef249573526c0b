"""The XLSX score sheet: what is filled in comes back, whatever became of the workbook's shape; what cannot be read is
named by its cell; and LibreOffice reckons as the hub does."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from inspection_app import load_rubric
from inspection_app.core.merge import Revision, Salvaged, said
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Measure, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import ITEM, NA, Score, State, score_item
from inspection_app.core.table import part_choices, ranges
from inspection_app.errors import ScoreError
from inspection_app.files import rubric_ids
from inspection_app.sheets import read_score_sheet
from tests.sheets.conftest import DIGEST, Filled, workbook

ANSWERS: dict[str, dict[str, Any]] = {
    "1": {"1": True, "2": {"points": "0.5", "reason": "会议只开了一次"}},
    "2": {"1": 2},
    "3": {"1": "0.45"},
    "4": {"1": {"points": "2.5", "reason": "酌情"}, ITEM: {"override": "3", "reason": "另有成效"}},
    "5": {"1": "2"},
    "6": {"1": {"value": "110", "last": "100"}},
}


def read(content: bytes, rubric: Rubric) -> Salvaged:
    return read_score_sheet(content, rubric, DIGEST)


def answers(found: Salvaged) -> dict[str, Any]:
    return {one.item: one.answers for one in found.sheet.entries if one.answers}


def fault_cells(found: Salvaged) -> list[Any]:
    return [fault.context.get("cell") for fault in found.faults]


# --- out and in ------------------------------------------------------------------------------------------------------


def test_what_stands_on_the_hub_comes_back_as_it_was(rubric: Rubric) -> None:
    """Every kind of answer, a part with its reason, an override, notes, base revisions: nothing is lost in a cell."""
    standing = {no: (int(no), Revision(one, f"=第{no}项")) for no, one in ANSWERS.items()}
    found = read(workbook(rubric, standing), rubric)
    assert found.faults == ()
    assert (found.sheet.visit, found.sheet.member, found.sheet.carrier) == ("visit-1", 3, "xlsx")
    for one in found.sheet.entries:
        assert said(one.answers, one.note) == said(ANSWERS[one.item], f"=第{one.item}项")
        assert (one.base, one.stamp.client) == (int(one.item), f"xlsx-1/{one.item}")


@pytest.mark.parametrize(
    ("item", "given"),
    [
        ("6", {"1": "7.5"}), ("6", {"1": NA}), ("6", {ITEM: NA}), ("1", {"1": False}), ("2", {"1": 0}), ("4", {"1": "0"}),
    ],
)  # fmt: skip
def test_other_answers_come_back_too(rubric: Rubric, item: str, given: dict[str, Any]) -> None:
    """What came of a comparison, not applicable, no, none of the tiers, a nought."""
    found = read(workbook(rubric, {item: (1, Revision(given, ""))}), rubric)
    assert found.faults == ()
    assert said(answers(found)[item], "") == said(given, "")


def test_a_blank_sheet_answers_nothing(rubric: Rubric, blank: bytes) -> None:
    """Unmarked is no zero."""
    assert (answers(read(blank, rubric)), read(blank, rubric).faults) == ({}, ())


def test_what_is_filled_in_is_read(rubric: Rubric, blank: bytes) -> None:
    """Words from the lists, numbers, reasons and notes, as a person enters them."""
    filled = Filled(blank)
    filled.put("criterion|1|1", answer="达到").put("criterion|1|2", answer="部分", number=0.5, reason="一次")
    filled.put("criterion|2|1", answer=3).put("criterion|3|1", number=0.45).put("criterion|4|1", number="２．５")
    filled.put("criterion|6|1", number=110, other=100).put("note|2", reason="市级文件").put("criterion|1|1", reason="有文")
    found = read(filled.saved(), rubric)
    assert found.faults == ()
    assert answers(found) == {
        "1": {"1": True, "2": {"points": "0.5", "reason": "一次"}}, "2": {"1": 3}, "3": {"1": "0.45"},
        "4": {"1": "2.5"}, "6": {"1": {"value": "110", "last": "100"}},
    }  # fmt: skip
    notes = {one.item: one.note for one in found.sheet.entries}
    assert (notes["2"], notes["1"]) == ("市级文件", "1-1：有文")  # words where no reason is asked for are kept


def test_only_what_is_assigned_is_on_it(rubric: Rubric) -> None:
    """Other people's items have no row."""
    assert [one.item for one in read(workbook(rubric, assigned=["2", "4"]), rubric).sheet.entries] == ["2", "4"]


def test_the_wording_is_locked_and_what_is_filled_in_is_not(blank: bytes) -> None:
    """Protection is on, without a password, and opens exactly the cells that are read."""
    filled = Filled(blank)
    assert filled.sheet.protection.sheet
    assert not filled.sheet.protection.password
    free = {c.coordinate for row in filled.sheet.iter_rows() for c in row if not c.protection.locked}
    assert filled.at("criterion|1|2", "number") in free
    assert filled.at("note|1", "reason") in free
    for key, id_ in (("criterion|2|1", "number"), ("item|1", "words"), ("criterion|1|1", "points"), ("item|1", "base")):
        assert filled.at(key, id_) not in free


# --- what becomes of workbooks ----------------------------------------------------------------------------------------


def filled_in(blank: bytes) -> Filled:
    return Filled(blank).put("criterion|1|1", answer="达到").put("criterion|1|2", answer="未达到").put(
        "criterion|2|1", answer=1
    )


def test_moved_columns_and_sorted_rows_are_read(rubric: Rubric, blank: bytes) -> None:
    """Columns in the opposite order and rows upside down below the ids: the same answers."""
    before = filled_in(blank)
    expected = answers(read(before.saved(), rubric))
    book = openpyxl.Workbook()
    (sheet,) = book.worksheets
    rows = [[cell.value for cell in row][::-1] for row in before.sheet.iter_rows()]
    for row in [*rows[:5], *rows[:4:-1]]:
        sheet.append(["", *row])
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.value = 1  # points are never read
    assert answers(read(Filled.saved(_of(book)), rubric)) == expected == {"1": {"1": True, "2": False}, "2": {"1": 1}}


def _of(book: Any) -> Filled:
    filled = Filled.__new__(Filled)
    filled.book = book
    return filled


def test_deleted_rows_leave_out_their_item_alone(rubric: Rubric, blank: bytes) -> None:
    """One criterion's row is gone: its item is not taken in half, and is named; the rest is."""
    filled = filled_in(blank)
    for merged in list(filled.sheet.merged_cells.ranges):
        filled.sheet.unmerge_cells(str(merged))  # openpyxl does not move them
    filled.sheet.delete_rows(filled.row("criterion|1|2"))
    found = read(filled.saved(), rubric)
    assert answers(found) == {"2": {"1": 1}}
    assert [fault.context["missing"] for fault in found.faults] == ["1-2"]


def test_a_row_that_stands_twice_is_named(rubric: Rubric, blank: bytes) -> None:
    """A copied row could mean either: its item is left out."""
    filled = filled_in(blank)
    filled.sheet.append([cell.value for cell in filled.sheet[filled.row("criterion|1|1")]])
    found = read(filled.saved(), rubric)
    assert "1" not in answers(found)
    assert len(found.faults) == 1


@pytest.mark.parametrize(
    ("key", "id_", "value"),
    [
        ("criterion|3|1", "number", "很多"),
        ("criterion|3|1", "number", "=0.4+0.05"),
        ("criterion|3|1", "number", "='[1]别的.xlsx'!A1"),
        ("criterion|3|1", "number", datetime(2026, 4, 5)),
        ("criterion|3|1", "number", True),
        ("criterion|3|1", "number", "1,234"),
        ("criterion|1|1", "answer", "大概"),
        ("criterion|1|1", "answer", "=IF(1,\"达到\",\"\")"),
        ("criterion|1|1", "number", 0.5),
        ("criterion|2|1", "answer", 4),
        ("criterion|2|1", "answer", 1.5),
        ("criterion|6|1", "other", 100),
        ("criterion|6|1", "number", 100),
        ("item|4", "number", "满分"),
        ("item|4", "base", -1),
        ("item|4", "base", "x"),
        ("note|4", "reason", "=A1"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_named_and_its_item_left_out(
    rubric: Rubric, blank: bytes, key: str, id_: str, value: Any
) -> None:
    """Text for a number, a formula, a date, a link, a word from no list: one fault with the cell, all other items in."""
    filled = filled_in(blank).put("criterion|5|1", number=1).put(key, **{id_: value})
    found = read(filled.saved(), rubric)
    item = key.split("|")[1]
    assert item not in {one.item for one in found.sheet.entries}
    assert {one.item for one in found.sheet.entries} == {"1", "2", "3", "4", "5", "6"} - {item}
    (cell,) = fault_cells(found)
    wrong = {"other": "number", "number": "other"}.get(id_, id_) if key == "criterion|6|1" else id_
    assert cell == filled.at(key, wrong)
    assert found.faults[0].text()


def test_a_link_to_another_file_is_not_followed(rubric: Rubric, blank: bytes) -> None:
    """A workbook that names another file, and takes an answer from it: the cell is named, the rest comes in, and the
    other file, which is there, is not looked at."""
    from openpyxl.packaging.relationship import Relationship
    from openpyxl.workbook.external_link import ExternalLink

    filled = filled_in(blank).put("criterion|3|1", number="=[1]Sheet1!$A$1")
    link = ExternalLink()
    link.file_link = Relationship(type="externalLinkPath", Target="file:///etc/hostname", TargetMode="External", Id="rId1")
    filled.book._external_links.append(link)
    content = filled.saved()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert any(b"etc/hostname" in archive.read(name) for name in archive.namelist())
    found = read(content, rubric)
    assert fault_cells(found) == [filled.at("criterion|3|1", "number")]
    assert answers(found) == {"1": {"1": True, "2": False}, "2": {"1": 1}}


def test_every_fault_of_a_sheet_is_named_at_once(rubric: Rubric, blank: bytes) -> None:
    """Two cells of one item and one of another: three faults."""
    filled = Filled(blank).put("criterion|1|1", answer="大概").put("criterion|1|2", answer="也许")
    assert len(read(filled.put("criterion|3|1", number="x").saved(), rubric).faults) == 3


def test_without_the_hidden_ids_nothing_is_guessed(rubric: Rubric, blank: bytes) -> None:
    """The hidden columns are gone, or it is another workbook: refused, with what to do."""
    for content in (Filled(blank).change(lambda sheet: sheet.delete_cols(9, 2)).saved(), _of(openpyxl.Workbook()).saved()):
        with pytest.raises(ScoreError) as caught:
            read(content, rubric)
        assert caught.value.code == "no-ids"


def test_a_sheet_of_another_rubric_is_not_read(rubric: Rubric, blank: bytes) -> None:
    """Its answers would be read by the wrong criteria."""
    found = read_score_sheet(blank, rubric, "another digest")
    assert (found.sheet.entries, len(found.faults)) == ((), 1)


def lying_bomb() -> bytes:
    """A bomb that says it unpacks to nothing much."""
    content = bytearray(bomb())
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(signature) + at
        content[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


@cache
def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(300_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: b"PK\x03\x04 nothing", "not-xlsx"), (lambda: bytes(5_000_001), "too-large"),
        (lambda: bytes(200_000_000), "too-large"), (bomb, "too-large"), (lying_bomb, "not-xlsx"),
    ],
    ids=["no zip", "5 MB", "200 MB", "zip bomb", "zip bomb that lies"],
)  # fmt: skip
def test_what_is_no_workbook_is_refused(rubric: Rubric, content: Callable[[], bytes], code: str) -> None:
    """Before anything is unpacked."""
    with pytest.raises(ScoreError) as caught:
        read(content(), rubric)
    assert caught.value.code == code


# --- LibreOffice -----------------------------------------------------------------------------------------------------

SOFFICE = shutil.which("soffice")
HALF = Decimal("0.5")


def some_answer(criterion: AnyCriterion, choose: random.Random) -> Any:
    """An answer to a criterion, often at the very end of a range; None now and then."""
    found: list[Any] = [NA] if criterion.na else []
    match criterion:
        case Tick():
            found += [True, False, *({"points": str(part), "reason": "部分"} for part in part_choices(criterion, HALF))]
        case Choice(tiers=tiers):
            found += range(len(tiers) + 1)
        case Step() | Rate():
            ends = {end for one in ranges(criterion) for end in (one.low, one.high) if end is not None} or {Decimal(1)}
            values = [end + step for end in ends for step in (Decimal("-0.01"), Decimal(0), Decimal("0.01"))]
            if criterion.measure is Measure.VALUE:
                found += map(str, values)
            elif criterion.target is not None:
                found += [str(criterion.target - value) for value in values]
            else:
                sign = -1 if criterion.measure is Measure.SHORTFALL else 1
                found += [{"value": str(100 + sign * value), criterion.against: "100"} for value in values]
                found += map(str, values)
        case Grade():
            allowed = criterion.allowed or (Decimal(0), criterion.points / 2, criterion.points)
            found += [{"points": str(points), "reason": "酌情"} for points in allowed]
    return choose.choice(found) if choose.random() < 0.96 else None


def some_answers(item: Item, choose: random.Random) -> dict[str, Any]:
    found = {one.id: some_answer(one, choose) for one in item.criteria}
    found = {id_: answer for id_, answer in found.items() if answer is not None}
    single = item.criteria[0] if len(item.criteria) == 1 else None
    if choose.random() < 0.08 and not (isinstance(single, Grade) and single.allowed):
        found[ITEM] = {"override": str(item.ceiling / 2), "reason": "另有依据"}
    elif item.na and choose.random() < 0.1:
        found[ITEM] = NA
    return found


def shown(score: Score) -> object:
    return {State.SCORED: score.points, State.UNMARKED: "未评", State.NOT_APPLICABLE: "不适用"}[score.state]


def through_libreoffice(folder: Path, contents: dict[str, bytes]) -> dict[str, bytes]:
    """Let LibreOffice open, reckon and save workbooks."""
    sources = []
    for name, content in contents.items():
        sources.append(folder / f"{name}.xlsx")
        sources[-1].write_bytes(content)
    out = folder / "out"
    assert SOFFICE
    subprocess.run(
        [SOFFICE, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(out), *map(str, sources)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return {name: (out / f"{name}.xlsx").read_bytes() for name in contents}


@pytest.mark.skipif(SOFFICE is None, reason="needs soffice (libreoffice-calc)")
@pytest.mark.parametrize("sheets", [1, pytest.param(20, marks=pytest.mark.soak)])
def test_libreoffice_reckons_as_the_hub_does_and_what_it_saves_comes_in(tmp_path: Path, sheets: int) -> None:
    """Generated answers to all items of all shipped rubrics: the points that LibreOffice works out are those of
    ``core.scoring``, and the file that it saves says what was filled in."""
    choose = random.Random(sheets)
    given: dict[str, dict[str, dict[str, Any]]] = {}
    contents = {}
    for id_ in rubric_ids():
        rubric = load_rubric(id_)
        for n in range(sheets):
            name = f"{id_}-{n}"
            given[name] = {item.no: some_answers(item, choose) for item in rubric.items}
            standing = {no: (1, Revision(one, "")) for no, one in given[name].items()}
            contents[name] = workbook(rubric, standing)
    compared = 0
    for name, saved in through_libreoffice(tmp_path, contents).items():
        rubric = load_rubric(name.rsplit("-", 1)[0])
        found = read(saved, rubric)
        assert found.faults == (), [fault.text() for fault in found.faults]
        assert {one.item: said(one.answers, "") for one in found.sheet.entries} == {
            no: said(one, "") for no, one in given[name].items()
        }
        (sheet,) = openpyxl.load_workbook(io.BytesIO(saved), data_only=True).worksheets
        for row in range(6, sheet.max_row + 1):
            kind, _bar, no = str(sheet.cell(row, 9).value).partition("|")
            if kind == "item":
                score = score_item(rubric.item(no), given[name][no], {}, part_step=rubric.scheme.part_step)
                value = sheet.cell(row, 8).value
                reckoned = Decimal(f"{value:.12g}") if isinstance(value, (int, float)) else value
                assert reckoned == shown(score), (name, no, given[name][no])
                compared += 1
    assert compared == sheets * sum(len(load_rubric(id_).items) for id_ in rubric_ids())
