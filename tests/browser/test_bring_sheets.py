"""Bringing score sheets in on the Score page: everything is seen before anything comes in, and once is enough."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inspection_app import language
from inspection_app.core.merge import KIND_NAMES, CarriedEntry, CarriedSheet, Kind, Stamp
from inspection_app.core.visit import Actor, Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from inspection_app.services.bring_sheets import score_sheet_file
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.prepare import preparation
from inspection_app.services.score import Sheet, sheet_of
from inspection_app.sheets import write_answer_file
from inspection_app.store.sheets import Carrier
from tests.browser.conftest import Screens, VisitAt
from tests.browser.screen import Screen
from tests.sheets.conftest import Filled

pytestmark = [pytest.mark.browser, pytest.mark.soak]

NOTE = "离线评分表：查阅了会议纪要原件"
AT = datetime.now().astimezone()


def expert(sample: Sample) -> tuple[Actor, str]:
    """Return the expert who has most left to mark, and the code."""
    found = [
        (actor_of(sample.file, sign_in(sample.file, one.code))[0], one.code)
        for one in sample.codes if one.role is Role.EXPERT
    ]  # fmt: skip
    return max(found, key=lambda one: len(sheet_of(sample.file, one[0]).missing))


class Carried:
    """Three files of one expert, and the items by what they must be found to be."""

    def __init__(self, sample: Sample, who: Actor, folder: Path) -> None:
        sheet, visit = sheet_of(sample.file, who), preparation(sample.file).visit
        mine = [item.no for item in sheet.rubric.items if item.no in sheet.assigned]
        marked = [no for no in mine if no in sheet.entries and sheet.entries[no].answers]
        unmarked = [no for no in mine if no not in sheet.entries]
        self.new, self.same, self.newer, self.conflicting, self.from_workbook = unmarked[0], *marked[:4]
        entries = (
            self._entry(sheet, self.new, 0, {}, NOTE),
            self._entry(sheet, self.same, 0, None, None),
            self._entry(sheet, self.newer, sheet.entries[self.newer].revision, None, NOTE),
            self._entry(sheet, self.conflicting, 0, None, NOTE),
            self._entry(sheet, "999", 0, {"1": True}, NOTE),
        )
        own = CarriedSheet(visit.id, visit.rubric_digest, who.member_id, "file", AT, entries)
        book = Filled(score_sheet_file(sample.file, who, who.member_id, AT))
        book.put(f"note|{self.from_workbook}", reason="在WPS中补写的说明")
        self.files = [folder / name for name in ("离线评分表.json", "评分表.xlsx", "外县评分表.json")]
        contents = write_answer_file(own), book.saved(), write_answer_file(replace(own, visit="another-visit"))
        for path, content in zip(self.files, contents, strict=True):
            path.write_bytes(content)

    @staticmethod
    def _entry(sheet: Sheet, no: str, base: int, answers: dict[str, object] | None, note: str | None) -> CarriedEntry:
        standing = sheet.entries.get(no)
        return CarriedEntry(
            no, dict(standing.answers) if standing and answers is None else answers or {},
            standing.note if standing and note is None else note or "", base,
            Stamp("tablet", int(hashlib.sha256(no.encode()).hexdigest()[:6], 16)),
        )  # fmt: skip


def choose_files(screen: Screen, files: list[Path]) -> None:
    part = screen.unfold(_("Score without the hub: file or XLSX"))
    with screen.answered():
        part.locator("input[type=file]").set_input_files(files)


@pytest.mark.parametrize("tongue", [language.CHINESE, language.ENGLISH])
def test_every_outcome_is_seen_before_anything_comes_in(
    screens: Screens, visit_at: VisitAt, tmp_path: Path, shots: Path | None, tongue: str
) -> None:
    """An offline sheet's file, a workbook and a file of another visit: new, newer, same, conflicting and refused stand
    on the page while nothing is changed; one tap brings in what was chosen; the same files then change nothing."""
    sample, url = visit_at(Stage.SCORE)
    who, code = expert(sample)
    carried = Carried(sample, who, tmp_path)
    before = sheet_of(sample.file, who).entries
    language.use(tongue)
    screen = screens(url)
    screen.come_in(sample.file.slug, code, tongue)
    screen.open("/score")
    choose_files(screen, carried.files)
    for kind in Kind:
        if kind is not Kind.OLDER:
            screen.sees(_(KIND_NAMES[kind]))
    screen.sees(_("It belongs to another visit."))
    screen.sees(NOTE)
    screen.sees("在WPS中补写的说明")
    button = screen.page.get_by_role("button", name=_("Bring in {count} items", count=4), exact=True)
    expect(button).to_be_disabled()
    screen.shot(shots, f"bring-{tongue}-seen")
    assert sheet_of(sample.file, who).entries == before
    screen.choose(_("Which version counts?"), re.compile(_("offline sheet")))
    screen.shot(shots, f"bring-{tongue}-chosen")
    screen.tap(_("Bring in {count} items", count=4))
    screen.sees(_("{taken} items were brought in.", taken=4))
    expect(screen.pad.locator(".note textarea").first).to_have_value(NOTE)  # the pad heard of it by itself
    screen.shot(shots, f"bring-{tongue}-done")
    after = sheet_of(sample.file, who).entries
    changed = {no: (entry.note, entry.carrier) for no, entry in after.items() if before.get(no) != entry}
    assert changed == {
        **dict.fromkeys((carried.new, carried.newer, carried.conflicting), (NOTE, Carrier.FILE)),
        carried.from_workbook: ("在WPS中补写的说明", Carrier.XLSX),
    }
    choose_files(screen, carried.files)
    screen.sees(_("Nothing here is new: there is nothing to bring in."))
    expect(button).to_have_count(0)
    screen.shot(shots, f"bring-{tongue}-again")
    assert sheet_of(sample.file, who).entries == after
