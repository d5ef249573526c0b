"""Whatever people type or leave out, the documents are sound: set with the real engine, read back with pypdf."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from pypdf import PdfReader

from inspection_app.core.consolidation import consolidate
from inspection_app.core.document import Document, Picture
from inspection_app.core.feedback import Finding, FindingKind, feedback, report, score_card
from inspection_app.core.scoring import score_answers
from inspection_app.report.pdf import OFFICIAL, format_of, lay_out, missing_characters, render_pdf
from inspection_app.report.typesetting import NO_END, NO_START, Words
from tests.core.test_feedback_applicant import NOW, PEOPLE, VISIT, material, rubric

UGLY = {
    "10,000 characters": "现场查看资料齐全，台账完整。" * 715,
    "no spaces": "x" * 10_000,
    "emoji": "很好👍👨‍👩‍👧，继续🎉",
    "right to left": "מסמך العربية 说明",
    "control characters": "甲\x00乙\x07丙\x1b[31m丁\u202e戊",
    "markup": "<b>加粗</b> <script>alert(1)</script> &amp; **粗** # 标题 [链接](http://attack.example)",
    "formula": '=HYPERLINK("http://attack.example","点击")',
    "blank": " \n\t\u3000",
}


def text_of(document: Document) -> str:
    reader = PdfReader(io.BytesIO(render_pdf(document, NOW)))
    return re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))


@pytest.mark.parametrize("name", UGLY)
def test_ugly_notes_and_findings(name: str) -> None:
    """Each is printed as it stands, or with a stand-in that the imprint explains; nothing leaves the text area."""
    ugly = UGLY[name]
    told = replace(
        material([Finding(FindingKind.PROBLEM, ugly, ("1",), 1)]), notes={"1": {3: ugly}}, judgement=ugly.strip()[:4000]
    )
    scores = score_answers(rubric(), {"1": {"1": {"points": "3", "reason": (ugly.strip() or "无")[:2000]}}})
    card = score_card(VISIT, rubric(), PEOPLE[2], scores, {"1": ugly}, NOW)
    for document in (feedback(told), report(told), card):
        pages = lay_out(document)
        height = format_of(document).height + 20  # an imprint of one line stands below the text
        assert max(top + strip.height for page in pages for top, strip in page) <= height
        text = text_of(document)
        assert "\x00" not in text
        if missing_characters(document):
            assert "〓" in text
        if name in {"markup", "formula", "10,000 characters"}:
            assert re.sub(r"\s", "", ugly)[:40] in text


def test_a_cell_longer_than_a_page_keeps_all_of_it() -> None:
    """A note of 10,000 characters runs on over pages of the report and of the card, complete."""
    ugly = "甲" * 9_999 + "乙"
    told = replace(material(), notes={"1": {3: ugly}})
    scores = score_answers(rubric(), {"1": {"1": {"points": "3", "reason": "酌情"}}})
    for document in (report(told), score_card(VISIT, rubric(), PEOPLE[2], scores, {"1": ugly}, NOW)):
        text = text_of(document)
        assert (text.count("甲"), text.count("乙")) == (9_999, 1)


def test_no_findings_one_expert_and_a_long_name() -> None:
    """The feedback has its judgement alone; one expert is a panel; a name of 80 characters is broken evenly."""
    applicant = "云岭县人民政府" * 11 + "云岭县"
    visit = replace(VISIT, description=replace(VISIT.description, applicant=applicant))
    scores = {2: score_answers(rubric(), {"1": {"1": {"points": "3", "reason": "酌情"}}})}
    told = replace(material([]), visit=visit, members=PEOPLE[:2], result=consolidate(rubric(), scores))
    for document in (feedback(told), report(told)):
        text = text_of(document)
        assert applicant in text
        assert "总的看" in text
        title = [strip for _, strip in lay_out(document)[0] if strip.height == OFFICIAL.title.leading]
        assert len(title) > 3
        assert all(mark.x >= 0 for strip in title for mark in strip.marks if isinstance(mark, Words))
    assert "尚未形成反馈要点。" in text_of(report(told))


def test_a_photo_that_is_no_image_leaves_a_frame_that_says_so() -> None:
    """The report is made, the caption stands, and nothing else of the file does."""
    broken = Picture(b"no image", "现场的台账", "台账")
    for changes in ({"pictures": {1: [broken]}}, {"shown": [("1　规划", [broken])]}):
        text = text_of(report(material(**changes)))
        assert "（照片无法读取）" in text
        assert "现场的台账" in text
        assert "noimage" not in text


@pytest.mark.parametrize("which", ["feedback", "report"])
def test_no_bad_line_starts_ends_and_no_cut_number(which: str) -> None:
    """Over all lines of running text: none starts or ends with what may not, and no number is cut in two."""
    texts = [
        "2025年专项经费占财政一般预算收入的0.52‰，较上年增长12.5%（其中：县级1,286.40万元；乡级98.6万元），“回头看”已完成；GB/T 9704—2012执行率100%。" * 3,
        "抽检合格率98.6％、满意度86.1％；投诉12,315件（办结率99.9%），……其余——见附件《清单》第3—5页。" * 3,
    ]  # fmt: skip
    findings = [Finding(kind, text, ("1",), 1) for kind in FindingKind for text in texts]
    told = replace(material(findings), notes={"1": {3: texts[0]}, "2": {4: texts[1]}})
    pages = lay_out(feedback(told) if which == "feedback" else report(told))
    lines: dict[tuple[int, float], list[Words]] = {}
    for number, page in enumerate(pages):
        for top, strip in page:
            for mark in strip.marks:
                if isinstance(mark, Words) and mark.size == OFFICIAL.body.size:
                    lines.setdefault((number, round(top + mark.y, 1)), []).append(mark)
    told_lines = ["".join(mark.text for mark in sorted(line, key=lambda mark: mark.x)).strip() for _, line in sorted(lines.items())]
    assert len(told_lines) > 20
    assert [line for line in told_lines if line[0] in NO_START or line[-1] in NO_END] == []
    cut = [(a, b) for a, b in pairwise(told_lines) if a[-1].isdigit() and b[0].isdigit()]
    assert cut == []


def test_the_same_input_is_the_same_file() -> None:
    """Feedback, report and card are equal byte for byte when they are made again, drafts and charts included."""
    for make in (feedback, report):
        assert render_pdf(make(material()), NOW) == render_pdf(make(material()), NOW)
