"""What leaves a visit to be worked on, and whether a paper that comes back belongs to it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from docx import Document as open_document
from openpyxl import load_workbook

from inspection_app import places
from inspection_app.core.feedback import Disclosure, Finding, FindingKind
from inspection_app.core.visit import Stage
from inspection_app.core.wording import fixed, plain
from inspection_app.errors import PermissionDenied, StageError
from inspection_app.files.export_tables import csv_table
from inspection_app.report.archive import packed, unpacked
from inspection_app.report.docx_template import shipped_template
from inspection_app.report.pdf import render_pdf
from inspection_app.report.workbook import SCORES
from inspection_app.services import consolidate, export, feed_back, seal
from inspection_app.services.match_report import report_belongs
from tests.services.conftest import (
    CHAIR,
    CITIZENS,
    EXPERT,
    ID_NUMBER,
    MARKS,
    MEMBERS,
    NOW,
    PDF,
    PHONES,
    Scene,
    confirm_all,
    decide_all,
    dump,
    refused,
    scene_at,
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scene_at(tmp_path_factory.mktemp("sealed"), Stage.SEALED)


def all_text(content: bytes) -> str:
    """Every text and attribute of every part of a DOCX file."""
    return "\n".join(unescape(part.decode()) for name, part in unpacked(content).items() if not name.startswith("word/media"))


def tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    parts = unpacked(content)
    return {
        name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(part.decode("utf-8-sig"))))
        for name, part in parts.items() if name.endswith(".csv")
    }  # fmt: skip


# --- documents -----------------------------------------------------------------------------------------------------


def test_both_documents_come_as_word_files(done: Scene) -> None:
    """Report and feedback say in DOCX what they say in PDF: title, headings and the panel's words."""
    for kind, document in ((export.REPORT, feed_back.report_document(done.file, NOW)),
                           (export.FEEDBACK, feed_back.feedback_document(done.file, NOW))):  # fmt: skip
        made = export.word_file(done.file, kind, NOW)
        assert made.refused is None
        opened = open_document(io.BytesIO(made.content))
        headings = [one.text for one in opened.paragraphs if one.style.name == "Heading 1"]
        assert headings == [one.text for one in document.blocks if getattr(one, "level", 0) == 1]
        assert opened.core_properties.title == document.plain_title
        assert made.content == export.word_file(done.file, kind, NOW).content


def test_the_applicants_word_file_gives_nothing_away(done: Scene) -> None:
    """No score, no expert, no citizen of the visit in the text, the description or any other part of the file."""
    found = consolidate.consolidation(done.file)
    content = export.word_file(done.file, export.FEEDBACK, NOW).content
    text = all_text(content)
    words = "".join(open_document(io.BytesIO(content)).element.body.itertext())
    assert not [name for name in (*MEMBERS, *CITIZENS, *PHONES, ID_NUMBER) if name in text]
    points = {found.result.total, found.result.base, *(one.points for one in found.result.aspects)}
    points |= {one.points for one in found.result.items}
    written = {one for number in points if number is not None for one in (plain(number), fixed(number, 2)) if "." in one}
    assert written
    assert not [one for one in written if re.search(rf"(?<![\d.]){re.escape(one)}(?![\d.])", words)]
    assert not re.search(r"\d分(?!之)", words)


def test_what_the_office_switches_on_is_told(consolidating: Scene) -> None:
    """The search above is not blind: with names and scores switched on, it finds both."""
    decide_all(consolidating)
    feed_back.disclose(consolidating.file, consolidating.secretary, Disclosure(scores=True, names=True), NOW)
    text = all_text(export.word_file(consolidating.file, export.FEEDBACK, NOW).content)
    assert CHAIR in text
    assert fixed(consolidate.consolidation(consolidating.file).result.total, 2) in text
    assert "草稿" in text


def test_an_offices_own_template_or_why_not(consolidating: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A template beside the visits is used; one that cannot be used is named, and the shipped one serves."""
    decide_all(consolidating)
    folder = export.templates_folder(consolidating.file)
    folder.mkdir()
    own = unpacked(shipped_template())
    own["word/document.xml"] = own["word/document.xml"].replace(b"{{ title }}", "市质量办{{ title }}".encode())
    (folder / "report.docx").write_bytes(packed(own))
    made = export.word_file(consolidating.file, export.REPORT, NOW)
    assert made.refused is None
    assert "市质量办清溪县人民政府现场验收报告" in all_text(made.content)
    assert "市质量办" not in all_text(export.word_file(consolidating.file, export.FEEDBACK, NOW).content)
    (folder / "report.docx").write_bytes(b"broken")
    made = export.word_file(consolidating.file, export.REPORT, NOW)
    assert made.refused is not None
    assert made.refused.code == "bad-template"
    assert str(export.template_fault(consolidating.file, export.REPORT)) == str(made.refused)
    assert export.template_fault(consolidating.file, export.FEEDBACK) is None
    assert "清溪县人民政府现场验收报告" in all_text(made.content)
    monkeypatch.setenv(places.TEMPLATES_VARIABLE, str(tmp_path / "elsewhere"))
    assert export.word_file(consolidating.file, export.REPORT, NOW).refused is None


# --- the score matrix and the whole record -------------------------------------------------------------------------


def test_the_matrix_has_the_results_figures(done: Scene) -> None:
    """The workbook's total is the result's; all experts have their column."""
    sheet = load_workbook(io.BytesIO(export.score_matrix(done.file, done.secretary, NOW)), data_only=True)[SCORES]
    values = [cell.value for row in sheet.iter_rows() for cell in row]
    assert {CHAIR, EXPERT} <= set(values)
    assert float(consolidate.consolidation(done.file).result.total) in values


def test_the_whole_record(done: Scene) -> None:
    """Every revision of every answer, every mark, decision, certificate and log entry is in it, once as JSON and once as
    tables; equal times give equal bytes, and nothing is written to the visit."""
    before = dump(done.file)
    content = export.everything(done.file, done.chair, NOW)
    assert content == export.everything(done.file, done.secretary, NOW)
    assert dump(done.file) == before
    record = json.loads(unpacked(content)["visit.json"])
    found = tables(content)
    assert len(record["answers"]) == len(found["answers"]) == len(before["answer"]) >= 20
    assert len(record["log"]) == len(found["log"]) == len(before["log"])
    assert record["log"][-1]["hash"] == record["log_head"]
    assert [one["name"] for one in found["panel"]] == [one["name"] for one in record["panel"]]
    assert {one["name"] for one in found["panel"]} == set(MEMBERS)
    assert len(found["marks"]) == 5 * len(MARKS)
    assert [one["points"] for one in found["panel_scores"]] == [one["points"] for one in record["result"]["items"]]
    assert set(record["certificates"]) == {"sites", "citizens"}
    assert record["result_digest"] == seal.sealing(done.file).digest
    assert [one["number"] for one in record["seals"]] == [1]
    assert found["findings"][0]["text"] == "机构健全。"


def test_the_record_names_no_citizen(done: Scene) -> None:
    """No citizen's name, number or telephone is in any part of what leaves."""
    told = "\n".join(part.decode("utf-8-sig") for part in unpacked(export.everything(done.file, done.chair, NOW)).values())
    assert not [word for word in (*CITIZENS, *PHONES, ID_NUMBER) if word in told]
    with done.file.reading() as db:
        hashes = [row["code_hash"] for row in db.query("SELECT code_hash FROM member")]
    assert not [one for one in hashes if one and one in told]


def test_only_chair_and_secretary_take_marks_along(done: Scene, scoring: Scene) -> None:
    """An expert is refused the matrix and the record, and before the marks are opened everybody is."""
    for make in (export.score_matrix, export.everything):
        with refused(done, PermissionDenied, "office-only"):
            make(done.file, done.expert, NOW)
        with refused(scoring, StageError, "marks-closed"):
            make(scoring.file, scoring.secretary, NOW)


def test_notes_do_not_act_in_tables(consolidating: Scene) -> None:
    """A cell that a spreadsheet program might run begins with an apostrophe; numbers, negative ones too, stay as they are."""
    feed_back.state_finding(
        consolidating.file, consolidating.secretary, Finding(FindingKind.PROBLEM, '=HYPERLINK("http://x.example","y")'), NOW
    )
    (finding,) = tables(export.everything(consolidating.file, consolidating.chair, NOW))["findings"]
    assert finding["text"] == '\'=HYPERLINK("http://x.example","y")'
    rows = [["=1", "+a", "-b", "@c", "\td", " =e", "＝f"], ["-1", "+0.5", "甲", "a=b", None, 0, "1-2"]]
    titles, acting, plain_ones = csv.reader(io.StringIO(csv_table("ABCDEFG", rows).decode("utf-8-sig")))
    assert titles == list("ABCDEFG")
    assert all(cell.startswith("'") for cell in acting)
    assert plain_ones == ["-1", "+0.5", "甲", "a=b", "", "0", "1-2"]


# --- does this paper belong to this visit? -------------------------------------------------------------------------


def told(scene: Scene, pdf: bytes) -> list[tuple[str, bool | None]]:
    return [(one.said.format(**one.context), one.holds) for one in report_belongs(scene.file, pdf)]


def verdict(scene: Scene, pdf: bytes) -> bool | None:
    """False where any check fails, None where one cannot tell, else True."""
    held = [holds for _, holds in told(scene, pdf)]
    return False if False in held else None if None in held else True


def test_its_own_papers_belong_to_it(done: Scene) -> None:
    """Report and feedback come out of the visit again byte for byte, also from the file alone and some days later."""
    for make in (feed_back.report_pdf, feed_back.feedback_pdf):
        pdf = make(done.file, NOW)
        assert told(done, pdf)[-1] == ("The visit gives the same document, byte for byte.", True)
        assert [one.holds for one in report_belongs(done.file.path, pdf)] == [True] * 4


def test_a_draft_still_belongs_after_the_seal(consolidating: Scene) -> None:
    """What was printed before the seal is compared with the visit as it stood then, and what was issued is known."""
    decide_all(consolidating)
    found = seal.sealing(consolidating.file)
    for point in found.points:
        if point.breach.explainable and not point.breach.key.startswith("unconfirmed"):
            seal.explain(consolidating.file, consolidating.chair, point.breach.key, "已核实", NOW)
    confirm_all(consolidating)
    draft = feed_back.report_pdf(consolidating.file, NOW)
    seal.seal(consolidating.file, consolidating.chair, NOW, entropy=os.urandom)
    final = feed_back.report_pdf(consolidating.file, NOW)
    seal.issue(consolidating.file, consolidating.secretary, "反馈意见", "清溪县人民政府", final, NOW + timedelta(hours=1))
    for pdf, since in ((draft, 2), (final, 1)):
        *_, made, last = told(consolidating, pdf)
        assert f"entries since: {since}." in made[0]
        assert last == ("The visit gives the same document, byte for byte.", True)
    first, holds = told(consolidating, final)[0]
    assert (first, holds) == ("It is, byte for byte, the document “反馈意见” that was issued to 清溪县人民政府.", True)


def test_a_changed_figure_is_found(done: Scene) -> None:
    """A report with one figure changed on a page keeps its description, and does not belong to the visit any more."""
    document = feed_back.report_document(done.file, NOW)
    total = fixed(consolidate.consolidation(done.file).result.total, 2)

    def changed(block: object) -> object:
        rows = getattr(block, "rows", ())
        if not any(total in getattr(row, "cells", ()) for row in rows):
            return block
        return replace(block, rows=tuple(replace(row, cells=tuple("99.99" if c == total else c for c in row.cells)) for row in rows))

    forged = replace(document, blocks=tuple(map(changed, document.blocks)))
    assert forged != document
    pdf = render_pdf(forged, NOW)
    words, holds = told(done, pdf)[-1]
    assert holds is False
    assert "not changed since" in words


def test_a_paper_of_another_visit(done: Scene, consolidating: Scene) -> None:
    """Another visit's report, a score card and what is no PDF do not belong to it."""
    assert verdict(done, feed_back.report_pdf(consolidating.file, NOW)) is False
    assert verdict(done, feed_back.score_card_pdf(done.file, done.chair, done.chair.member_id, NOW)) is False
    assert verdict(done, b"no paper") is False
    assert verdict(done, PDF) is False


def test_a_visit_that_was_changed_since(consolidating: Scene) -> None:
    """A paper from before a later decision cannot be derived any more: that is said, and it is not called false."""
    pdf = feed_back.report_pdf(consolidating.file, NOW)
    consolidate.adjudicate(consolidating.file, consolidating.chair, "4", "3.5", "依据材料", "", NOW)
    assert verdict(consolidating, pdf) is None
    assert "entries since: 1" in told(consolidating, pdf)[-2][0]


def test_nothing_else_is_in_the_zip(done: Scene) -> None:
    """The archive opens anywhere: plain names, one date, tables in UTF-8 with its mark."""
    with zipfile.ZipFile(io.BytesIO(export.everything(done.file, done.chair, NOW))) as archive:
        assert archive.testzip() is None
        for one in archive.infolist():
            assert one.date_time == (1980, 1, 1, 0, 0, 0)
            assert one.filename.endswith(".csv") is archive.read(one).startswith(b"\xef\xbb\xbf")
