"""Handing out offline sheets: to whom, of whom, with whose marks, and when not."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from inspection_app.errors import NotFound, PermissionDenied, StageError
from inspection_app.files import load_rubric
from inspection_app.places import shipped
from inspection_app.services import score
from inspection_app.services.pad import pad_sheet, rubric_json
from inspection_app.services.take_along import Language, offline_sheet, offline_sheets, takeable
from inspection_app.sheets.offline import offline_sheet_html
from tests.services.conftest import NOW, Scene, refused

ENGLISH = Language("en", {})


def given(page: bytes) -> dict[str, Any]:
    """Return what is embedded in a sheet beside its modules, as a browser would find it."""
    found = re.findall(r'<script type="application/json" id="given">(.*?)</script>', page.decode(), re.DOTALL)
    assert len(found) == 1
    told: dict[str, Any] = json.loads(found[0])
    return told


def test_a_sheet_says_whose_it_is_and_from_which_revision(scoring: Scene) -> None:
    """Visit, rubric, member, time and the revision of every item go along: what comes back can be compared."""
    entry = score.answer_item(scoring.file, scoring.expert, "1", {"1": True}, "看过", base=0, now=NOW)
    told = given(offline_sheet(scoring.file, scoring.expert, scoring.expert.member_id, NOW, language=ENGLISH))
    sheet = told["sheet"]
    with scoring.file.reading() as db:
        id_, digest = next(db.query("SELECT id, rubric_digest FROM visit")).values()
    assert (told["visit"], sheet["rubric"]["digest"], sheet["member"]) == (id_, digest, scoring.expert.member_id)
    assert told["made_at"] == NOW.isoformat(timespec="seconds")
    own = sheet["sheet"]["1"]
    assert (own["revision"], own["answers"], own["note"]) == (entry.revision, {"1": True}, "看过")
    assert sheet["rubric"] == pad_sheet(scoring.file, scoring.expert)["rubric"]
    assert (sheet["may_hand_in"], sheet["may_take_back"]) == (False, False)


def test_the_secretary_carries_no_marks(scoring: Scene) -> None:
    """What an expert marked on screen is in their own sheet only; in the secretary's copy the item is blank, from
    nothing, so that the hub asks which of both counts."""
    score.answer_item(scoring.file, scoring.expert, "1", {"1": True}, "只给本人看", base=0, now=NOW)
    page = offline_sheet(scoring.file, scoring.secretary, scoring.expert.member_id, NOW, language=ENGLISH)
    blank = given(page)["sheet"]["sheet"]["1"]
    assert (blank["revision"], blank["answers"], blank["note"]) == (0, {}, "")
    assert "只给本人看" not in page.decode()
    whole = offline_sheets(scoring.file, scoring.secretary, NOW, language=ENGLISH)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert [given(archive.read(name))["sheet"]["name"] for name in archive.namelist()] == [
            one.member.name for one in takeable(scoring.file, scoring.secretary) if not one.why
        ]
        assert all("只给本人看" not in archive.read(name).decode() for name in archive.namelist())


def test_nobody_else_is_handed_a_sheet(scoring: Scene) -> None:
    """An expert has the own sheet only, and who does not score has none."""
    mine = scoring.expert.member_id
    assert [one.member.id for one in takeable(scoring.file, scoring.expert)] == [mine]
    with refused(scoring, PermissionDenied, "not-yours"):
        offline_sheet(scoring.file, scoring.chair, mine, NOW, language=ENGLISH)
    with refused(scoring, PermissionDenied, "not-yours"):
        offline_sheets(scoring.file, scoring.chair, NOW, language=ENGLISH)
    with refused(scoring, NotFound, "no-sheet"):
        offline_sheet(scoring.file, scoring.secretary, scoring.secretary.member_id, NOW, language=ENGLISH)


def test_a_sheet_that_could_not_come_back_is_not_made(prepared: Scene) -> None:
    """Before scoring is open nothing could be brought in: the reason is said instead of a file made."""
    assert all(one.why for one in takeable(prepared.file, prepared.secretary))
    with refused(prepared, StageError, "nobody-scores"):
        offline_sheets(prepared.file, prepared.secretary, NOW, language=ENGLISH)


@pytest.mark.parametrize("path", sorted(shipped("rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_sheet_of_every_shipped_rubric_is_small(path: Path) -> None:
    """Modules and rubric leave room for words, notes and hints below the 500 kB that a message carries easily."""
    rubric = load_rubric(path)
    sheet = {"visit": "县", "name": "甲", "rubric": rubric_json(rubric, path.stem)}
    assert len(offline_sheet_html(sheet, visit="v", made_at=NOW, words={}, language="zh-CN")) < 400_000
