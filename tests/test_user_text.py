"""What people enter stays text: no name, note or finding becomes Markdown, HTML, a formula, a template or a path."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from inspection_app.core.feedback import Finding, FindingKind
from inspection_app.core.roster import Site
from inspection_app.core.visit import Appointment, Role, Stage
from inspection_app.services import draw, enlist, export, feed_back, prepare, score
from inspection_app.ui import widgets
from tests.services.conftest import (
    CITIZENS,
    DESCRIPTION,
    EXPERT,
    MARKS,
    NOW,
    ROSTER,
    THIRD,
    Scene,
    decide_all,
    hold,
    lock,
    mark_all,
    open_up,
    revision,
    scene_at,
    seal_up,
    small_rubric,
)

HOSTILE = ("<b>粗</b>", "**星**", "$x^2$", ":red[红]", "{{7*7}}", "=1+1", "../../x", "+SUM(A1)", "@cmd", "-2+3|x")
EVERYTHING = " ".join(HOSTILE)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A sealed visit in which every free text is hostile."""
    scene = scene_at(tmp_path_factory.mktemp("visits"), Stage.PREPARE)
    file, secretary = scene.file, scene.secretary
    prepare.describe_visit(file, secretary, replace(DESCRIPTION, applicant=f"=县{EVERYTHING}", place="../../x"), NOW)
    third = scene.people[THIRD].member_id
    prepare.change_member(file, secretary, third, Appointment("=1+1<b>", Role.EXPERT, HOSTILE[4], HOSTILE[2]), NOW)
    prepare.name_sites(file, secretary, [Site(text, text, text) for text in HOSTILE[:5]], NOW)
    enlist.load_roster(file, secretary, ROSTER.replace(CITIZENS[1], "=1+1").encode(), NOW)
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        hold(scene, kind)
    prepare.open_scoring(file, secretary, NOW)
    mark_all(scene)
    score.answer_item(file, scene.expert, "4", MARKS[EXPERT]["4"], f"={EVERYTHING}",
                      base=revision(scene, EXPERT, "4"), now=NOW)  # fmt: skip
    open_up(scene)
    decide_all(scene)
    for text in HOSTILE:
        feed_back.state_finding(file, secretary, Finding(FindingKind.PROBLEM, f"{text}不全。", ("4",)), NOW)
    seal_up(scene)
    return scene


def exported(scene: Scene) -> Iterator[tuple[str, bytes]]:
    """Every file that leaves the visit as a table, those inside packed ones too."""
    yield "matrix.xlsx", export.score_matrix(scene.file, scene.secretary, NOW)
    with zipfile.ZipFile(io.BytesIO(export.everything(scene.file, scene.secretary, NOW))) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def test_no_cell_is_a_formula(scene: Scene) -> None:
    """In workbooks what begins with an equals sign is text; in CSV it does not begin with what a spreadsheet runs."""
    seen = 0
    for name, content in exported(scene):
        if name.endswith(".xlsx"):
            for sheet in load_workbook(io.BytesIO(content)):
                for row in sheet.iter_rows():
                    for cell in row:
                        if any(text in str(cell.value) for text in HOSTILE):
                            seen += 1
                            assert cell.data_type == "s", (name, cell.coordinate, cell.value)
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
                for cell_text in row:
                    seen += any(text in cell_text for text in HOSTILE)
                    assert not cell_text.startswith(("=", "+", "@", "\t")), (name, cell_text)
    assert seen > 10


def test_the_report_prints_the_signs(scene: Scene) -> None:
    """Nothing is set bold, worked out or left out: every sign stands in the report as it was entered."""
    pages = PdfReader(io.BytesIO(feed_back.report_pdf(scene.file, NOW))).pages
    printed = "".join("".join(page.extract_text().split()) for page in pages)
    assert [text for text in HOSTILE if "".join(text.split()) + "不全" not in printed] == []
    assert "49不全" not in printed


def test_no_name_is_a_path(scene: Scene, tmp_path: Path) -> None:
    """Whatever the applicant is called, its file stands in the visits' folder, and files in an archive stay in it."""
    hostile = replace(DESCRIPTION, applicant="../../x/<b>")
    folder = tmp_path / "visits"
    made = prepare.create_visit(folder, small_rubric(), hostile, [
        Appointment("../秘书", Role.SECRETARY), Appointment("组长", Role.CHAIR)
    ], entropy=lambda count: bytes(range(count)), now=NOW).file  # fmt: skip
    assert made.path.resolve().parent == folder.resolve()
    assert [path.name for path in tmp_path.iterdir()] == ["visits"]
    for name, _content in exported(scene):
        assert not name.startswith(("/", "\\"))
        assert ".." not in Path(name).parts


def test_pages_escape() -> None:
    """What a page puts into HTML of its own is escaped first."""
    assert widgets.escape("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
