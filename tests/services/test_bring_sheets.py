"""Sheets that travelled come in once, complete, with every conflict seen; nothing is overwritten or told."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from inspection_app.core.duties import Scope
from inspection_app.core.merge import CarriedEntry, CarriedSheet, Kind, Stamp
from inspection_app.core.visit import Actor
from inspection_app.errors import NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import bring_sheets, hand_in, prepare, recuse, score, type_in
from inspection_app.services.bring_sheets import HUB, Done, Preview, Upload
from inspection_app.services.check import breaches
from inspection_app.sheets import write_answer_file
from inspection_app.store.sheets import Carrier, Entry
from tests.services.conftest import (
    EXPERT,
    MARKS,
    NOW,
    OTHER,
    Scene,
    dump,
    log_of,
    mark_all,
    photo,
    refused,
    rows,
    small_rubric,
)

LATER = NOW + timedelta(hours=9)
YES, NO = {"1": True, "2": True}, {"1": False, "2": False}


def carried(scene: Scene, who: str, *entries: tuple[str, Mapping[str, Any], int, int], **head: Any) -> Upload:
    """An answer file of somebody's tablet: items with answers, base revision and sequence."""
    visit = prepare.preparation(scene.file).visit
    given: dict[str, Any] = {"visit": visit.id, "rubric_digest": visit.rubric_digest, "client": f"tablet-{who}"} | head
    sheet = CarriedSheet(
        given["visit"], given["rubric_digest"], scene.people[who].member_id, "file", NOW,
        tuple(CarriedEntry(item, answers, f"离线{item}", base, Stamp(given["client"], sequence))
              for item, answers, base, sequence in entries),
    )  # fmt: skip
    return Upload(f"{who}.json", write_answer_file(sheet))


def look(scene: Scene, *uploads: Upload, who: Actor | None = None) -> Preview:
    return bring_sheets.preview(scene.file, who or scene.expert, uploads)


def bring(scene: Scene, *uploads: Upload, who: Actor | None = None, **choices: int) -> Done:
    shown = look(scene, *uploads, who=who)
    chosen = {case.key: choices["item" + case.item] for case in shown.of(Kind.CONFLICTING) if "item" + case.item in choices}
    return bring_sheets.bring_in(scene.file, who or scene.expert, shown, chosen, LATER)


def kinds(shown: Preview) -> dict[str, Kind]:
    return {case.item: case.kind for case in shown.cases}


def entries(scene: Scene, who: str = EXPERT) -> Mapping[str, Entry]:
    return score.sheet_of(scene.file, scene.people[who]).entries


def answer(scene: Scene, item: str, answers: Mapping[str, Any], base: int) -> None:
    score.answer_item(scene.file, scene.expert, item, answers, "平板", base=base, now=NOW)


# --- preview and bringing in ------------------------------------------------------------------------------------------


def test_a_preview_changes_nothing(scoring: Scene) -> None:
    """Looking is free: no row of any table is different afterwards."""
    before = dump(scoring.file)
    assert kinds(look(scoring, carried(scoring, EXPERT, ("1", YES, 0, 1)))) == {"1": Kind.NEW}
    assert dump(scoring.file) == before


def test_the_experts_own_file_counts_at_once(scoring: Scene) -> None:
    """New entries become the first revisions, from a file, confirmed, with one entry of the log."""
    before = len(log_of(scoring))
    assert bring(scoring, carried(scoring, EXPERT, ("1", YES, 0, 1), ("2", {"1": 2}, 0, 2))) == Done(2, 0)
    found = entries(scoring)["1"]
    assert (found.revision, found.answers, found.note) == (1, YES, "离线1")
    assert (found.carrier, found.by, found.confirmed, found.at) == (Carrier.FILE, None, True, LATER)
    assert len(log_of(scoring)) == before + 1
    assert "离线" not in json.dumps([one.details for one in log_of(scoring)], ensure_ascii=False)


def test_bringing_in_twice_changes_nothing(scoring: Scene) -> None:
    """Not a row, not even in the log."""
    file = carried(scoring, EXPERT, ("1", YES, 0, 1))
    bring(scoring, file)
    before = dump(scoring.file)
    assert bring(scoring, file, file) == Done(0, 0)
    assert dump(scoring.file) == before


def test_a_file_from_before_three_later_edits_does_no_harm(scoring: Scene) -> None:
    """It was sent, then the pad changed the item three times: the file is older, and nothing comes of it."""
    file = carried(scoring, EXPERT, ("1", YES, 0, 1))
    bring(scoring, file)
    for base, answers in enumerate((NO, {"1": True, "2": False}, {"1": False, "2": True}), 1):
        answer(scoring, "1", answers, base)
    assert kinds(look(scoring, file)) == {"1": Kind.OLDER}
    assert bring(scoring, file) == Done(0, 0)
    assert entries(scoring)["1"].answers == {"1": False, "2": True}


def test_a_later_export_of_the_same_tablet_is_newer_and_an_earlier_one_older(scoring: Scene) -> None:
    """In either order the later edit stands at the end, without a conflict."""
    early, late = carried(scoring, EXPERT, ("1", YES, 0, 1)), carried(scoring, EXPERT, ("1", NO, 0, 5))
    bring(scoring, early)
    assert kinds(look(scoring, late)) == {"1": Kind.NEWER}
    bring(scoring, late)
    assert kinds(look(scoring, early)) == {"1": Kind.OLDER}
    assert entries(scoring)["1"].answers == NO


def test_what_the_tablet_has_sent_by_itself_is_known(scoring: Scene) -> None:
    """A change that reached the hub by HTTP, and then comes once more in the file, is the same change."""
    receipt = score.Receipt(f"tablet-{EXPERT}", 1)
    score.answer_item(scoring.file, scoring.expert, "1", YES, "离线1", base=0, now=NOW, receipt=receipt)
    answer(scoring, "1", NO, 1)
    assert kinds(look(scoring, carried(scoring, EXPERT, ("1", YES, 0, 1)))) == {"1": Kind.OLDER}


# --- conflicts -------------------------------------------------------------------------------------------------------


def conflict(scene: Scene) -> Upload:
    """The pad and the file both began from nothing, and differ."""
    answer(scene, "1", NO, 0)
    return carried(scene, EXPERT, ("1", YES, 0, 1), ("2", {"1": 2}, 0, 2))


def test_a_conflict_shows_both_and_needs_a_choice(scoring: Scene) -> None:
    """Both versions are there to be compared; without a choice nothing of the whole upload comes in."""
    file = conflict(scoring)
    (case,) = look(scoring, file).of(Kind.CONFLICTING)
    assert case.standing
    assert (case.standing.answers, case.candidates[0].entry.answers) == (NO, YES)
    with refused(scoring, ScoreError, "no-choice"):
        bring(scoring, file)
    with refused(scoring, ScoreError, "no-choice"):
        bring(scoring, file, item1=7)


@pytest.mark.parametrize(("chosen", "last", "aside"), [(0, YES, 0), (HUB, NO, 1)])
def test_both_versions_of_a_conflict_are_kept(scoring: Scene, chosen: int, last: Mapping[str, Any], aside: int) -> None:
    """What was chosen is the latest revision, the other one is in the history; the same file then changes nothing."""
    file = conflict(scoring)
    assert bring(scoring, file, item1=chosen) == Done(2 - aside, aside)
    history = [json.loads(row["answers"]) for row in rows(scoring, "answer") if row["item"] == "1"]
    assert history[-1] == last
    assert YES in history
    assert NO in history
    assert kinds(look(scoring, file))["1"] in {Kind.SAME, Kind.OLDER}
    assert bring(scoring, file) == Done(0, 0)


def test_two_files_that_differ_are_a_conflict_of_three(scoring: Scene) -> None:
    """Hub, tablet and workbook: one is chosen, and the history has all."""
    answer(scoring, "1", NO, 0)
    half = {"1": True, "2": False}
    files = carried(scoring, EXPERT, ("1", YES, 0, 1)), carried(scoring, EXPERT, ("1", half, 0, 1), client="手机")
    (case,) = look(scoring, *files).of(Kind.CONFLICTING)
    chosen = next(place for place, one in enumerate(case.candidates) if one.entry.answers == half)
    assert bring(scoring, *files, item1=chosen) == Done(1, 1)
    assert entries(scoring)["1"].answers == half
    assert len([row for row in rows(scoring, "answer") if row["item"] == "1"]) == 3


def test_what_changed_on_the_hub_since_the_preview_is_looked_at_again(scoring: Scene) -> None:
    """An answer saved in between makes another preview necessary; one on an item that is in no file does not."""
    shown = look(scoring, carried(scoring, EXPERT, ("1", YES, 0, 1)))
    answer(scoring, "2", {"1": 1}, 0)
    answer(scoring, "1", NO, 0)
    with refused(scoring, ScoreError, "changed-elsewhere"):
        bring_sheets.bring_in(scoring.file, scoring.expert, shown, {}, LATER)
    other = look(scoring, carried(scoring, EXPERT, ("4", {"1": "3"}, 0, 9)))
    answer(scoring, "2", {"1": 2}, 1)
    assert bring_sheets.bring_in(scoring.file, scoring.expert, other, {}, LATER) == Done(1, 0)


# --- whose --------------------------------------------------------------------------------------------------------


def test_what_the_secretary_brings_waits_for_the_expert(scoring: Scene) -> None:
    """Marked as brought by somebody else, not confirmed, until the expert confirms it like typed-in marks."""
    bring(scoring, carried(scoring, EXPERT, ("1", YES, 0, 1)), who=scoring.secretary)
    found = entries(scoring)["1"]
    assert (found.by, found.confirmed, found.carrier) == (scoring.secretary.member_id, False, Carrier.FILE)
    assert type_in.unconfirmed(scoring.file) == {scoring.expert.member_id: ("1",)}
    seen = type_in.to_confirm(scoring.file, scoring.expert).seen
    assert type_in.confirm_typed(scoring.file, scoring.expert, LATER, seen=seen) == ("1",)
    assert entries(scoring)["1"].confirmed


def test_the_secretary_does_not_see_the_experts_own_marks(scoring: Scene) -> None:
    """In a conflict with what the expert entered on screen the hub's version is not told; the choice is possible."""
    file = conflict(scoring)
    (case,) = look(scoring, file, who=scoring.secretary).of(Kind.CONFLICTING)
    assert (case.standing, case.hidden) == (None, True)
    bring(scoring, file, who=scoring.secretary, item1=HUB)
    found = entries(scoring)["1"]
    assert (found.answers, found.by, found.confirmed) == (NO, None, True)  # still the expert's own


def test_nobody_brings_anothers_sheet_but_the_secretary(scoring: Scene) -> None:
    """An expert, and the chair too: of another's file every entry is refused, and nothing comes in."""
    file = carried(scoring, OTHER, ("1", YES, 0, 1))
    for who in (scoring.expert, scoring.chair):
        (case,) = look(scoring, file, who=who).cases
        assert case.kind is Kind.REFUSED
        assert case.candidates[0].why
        assert case.candidates[0].why.code == "other-expert"
        assert bring(scoring, file, who=who) == Done(0, 0)
    assert rows(scoring, "answer") == []


def test_a_file_of_another_visit_is_named_and_left(scoring: Scene) -> None:
    """It says so at the file; no item of it is listed."""
    shown = look(scoring, carried(scoring, EXPERT, ("1", YES, 0, 1), visit="v-other"))
    assert shown.cases == ()
    assert "another visit" in shown.files[0].faults[0].text()


@pytest.mark.parametrize("code", ["not-assigned", "recused", "handed-in", "excused", "other-rubric"])
def test_what_is_refused_says_why(scoring: Scene, code: str) -> None:
    """After the sheet is in or excused, of items of others, of another rubric: each with its reason, nothing changed."""
    head: dict[str, Any] = {}
    match code:
        case "recused":
            recuse.propose_recusal(scoring.file, scoring.expert, scoring.expert.member_id, Scope.ITEM, "1", "曾任顾问", NOW)
            recuse.decide_recusal(scoring.file, scoring.secretary, 1, "省质量办", True, NOW)
        case "handed-in":
            mark_all(scoring, EXPERT)
            hand_in.hand_in_sheet(scoring.file, scoring.expert, NOW)
        case "excused":
            hand_in.excuse_expert(scoring.file, scoring.chair, scoring.expert.member_id, "因病", True, NOW)
        case "other-rubric":
            head["rubric_digest"] = "f" * 64
    item = "999" if code == "not-assigned" else "1"
    shown = look(scoring, carried(scoring, EXPERT, (item, YES, 0, 1), **head))
    (case,) = shown.cases
    assert case.kind is Kind.REFUSED
    assert case.candidates[0].why
    assert case.candidates[0].why.code == {"not-assigned": "unknown-item"}.get(code, code)


def test_items_of_which_the_same_is_said_stand_together(scoring: Scene) -> None:
    """Runs of numbers in official order, unknown ones after them; what another file changes is not called the same."""
    file = carried(scoring, EXPERT, *((no, answers, 0, int(no)) for no, answers in MARKS[EXPERT].items()))
    bring(scoring, file)
    other = carried(scoring, EXPERT, ("2", {"1": 1}, 1, 1), ("999", YES, 0, 2), ("998", YES, 0, 3), client="手机")
    shown = look(scoring, file, other)
    found = {kind: [one.items for one in shown.alike(kind)] for kind in Kind}
    assert (found[Kind.SAME], found[Kind.NEWER], found[Kind.REFUSED]) == (["1、3–5"], ["2"], ["998", "999"])
    assert [one.items for one in look(scoring, file).alike(Kind.SAME)] == ["1–5"]


def test_not_after_the_lock(consolidating: Scene) -> None:
    """Once the marks are opened, no file is brought in."""
    with refused(consolidating, StageError, "wrong-stage"):
        look(consolidating, carried(consolidating, EXPERT, ("1", NO, 1, 1)))
    shown = Preview(small_rubric().rubric, (), (), ())
    with refused(consolidating, StageError, "wrong-stage"):
        bring_sheets.bring_in(consolidating.file, consolidating.expert, shown, {}, LATER)


def test_a_broken_file_takes_no_other_with_it(scoring: Scene) -> None:
    """Of three files one is no answer file and one is cut off: each is named, and what is whole comes in."""
    whole = carried(scoring, EXPERT, ("1", YES, 0, 1))
    cut = carried(scoring, EXPERT, ("2", {"1": 2}, 0, 2), ("4", {"1": "3"}, 0, 3))
    shown = look(scoring, Upload("x.json", b"{"), Upload("y.json", cut.content[: len(cut.content) - 150]), whole)
    assert [len(one.faults) for one in shown.files] == [1, 1, 0]
    assert kinds(shown) == {"1": Kind.NEW, "2": Kind.NEW}
    with refused(scoring, ScoreError, "too-many-files"):
        look(scoring, *[whole] * 61)


def test_what_is_no_score_sheet_changes_nothing(scoring: Scene) -> None:
    """Empty, 200 MB, nested 10,000 deep, a zip bomb, a picture, a page: each is named at its file, beside one that is
    whole; looked at and brought in, only that one is there."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(30_000_000))
    bad = [b"", bytes(200_000_000), b"[" * 10_000, bomb.getvalue(), b"PK\x03\x04", photo(), b"<html></html>"]
    uploads = [Upload(f"{place}.xlsx", content) for place, content in enumerate(bad)]
    before = dump(scoring.file)
    shown = look(scoring, *uploads, carried(scoring, EXPERT, ("1", YES, 0, 1)))
    assert [len(one.faults) for one in shown.files] == [1] * len(bad) + [0]
    assert dump(scoring.file) == before
    assert bring_sheets.bring_in(scoring.file, scoring.expert, shown, {}, LATER) == Done(1, 0)
    assert list(entries(scoring)) == ["1"]


# --- XLSX ------------------------------------------------------------------------------------------------------------


def workbook(scene: Scene, who: Actor | None = None) -> Any:
    content = bring_sheets.score_sheet_file(scene.file, who or scene.expert, scene.expert.member_id, NOW)
    return openpyxl.load_workbook(io.BytesIO(content))


def put(book: Any, key: str, column: int, value: object) -> Upload:
    (sheet,) = book.worksheets
    row = next(n for n in range(1, sheet.max_row + 1) if sheet.cell(n, 9).value == key)
    sheet.cell(row, column).value = value
    out = io.BytesIO()
    book.save(out)
    return Upload("评分表.xlsx", out.getvalue())


def test_a_workbook_goes_out_and_comes_back(scoring: Scene) -> None:
    """One cell is changed: that item is newer, everything else the same; it comes in as XLSX."""
    mark_all(scoring, EXPERT)
    file = put(workbook(scoring), "criterion|1|2", 4, "达到")
    found = kinds(look(scoring, file))
    assert (found.pop("1"), set(found.values())) == (Kind.NEWER, {Kind.SAME})
    assert bring(scoring, file) == Done(1, 0)
    assert (entries(scoring)["1"].answers, entries(scoring)["1"].carrier) == (YES, Carrier.XLSX)


def test_an_untouched_workbook_does_not_undo_the_pad(scoring: Scene) -> None:
    """Handed out empty, never filled in, brought back after the pad was used: nothing is taken away."""
    book = workbook(scoring)
    mark_all(scoring, EXPERT)
    out = io.BytesIO()
    book.save(out)
    assert set(kinds(look(scoring, Upload("x.xlsx", out.getvalue()))).values()) <= {Kind.OLDER, Kind.SAME}


def test_the_secretarys_workbook_does_not_tell_an_experts_own_marks(scoring: Scene) -> None:
    """What was entered on screen is not in it; for the expert it is."""
    mark_all(scoring, EXPERT)
    texts = [str(cell.value) for row in workbook(scoring, scoring.secretary).worksheets[0].iter_rows() for cell in row]
    assert "第1项现场所见" not in texts
    own = [str(cell.value) for row in workbook(scoring).worksheets[0].iter_rows() for cell in row]
    assert "第1项现场所见" in own


def test_workbooks_are_handed_to_their_owner_and_the_secretary(scoring: Scene) -> None:
    """Not to another expert, not the chair's to everybody; the secretary has no sheet of their own."""
    for who in (scoring.other, scoring.chair):
        with refused(scoring, PermissionDenied, "not-yours"):
            bring_sheets.score_sheet_file(scoring.file, who, scoring.expert.member_id, NOW)
        with refused(scoring, PermissionDenied, "not-yours"):
            bring_sheets.score_sheet_files(scoring.file, who, NOW)
    with refused(scoring, NotFound, "no-sheet"):
        bring_sheets.score_sheet_file(scoring.file, scoring.secretary, scoring.secretary.member_id, NOW)
    pack = zipfile.ZipFile(io.BytesIO(bring_sheets.score_sheet_files(scoring.file, scoring.secretary, NOW)))
    assert len(pack.namelist()) == len(MARKS)


def test_the_seals_check_finds_every_brought_revision_pinned(scoring: Scene) -> None:
    """The log pins what came in: the check of the whole visit finds no answer that is not the logged one."""
    file = conflict(scoring)
    bring(scoring, file, item1=HUB)
    with scoring.file.reading() as db:
        assert [one for one in breaches(db) if one.key.startswith("answer")] == []
