"""What is handed to the applicant tells nothing of what stays inside: by every rubric, on paper, in Word, in metadata."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from pypdf import PdfReader

from inspection_app.core.consolidation import Adjudication, consolidate
from inspection_app.core.feedback import (
    Disclosure,
    Drawn,
    Event,
    EventKind,
    Finding,
    FindingKind,
    Material,
    Said,
    SealMade,
    feedback,
)
from inspection_app.core.scoring import score_answers
from inspection_app.core.visit import Description, Member, Role, Stage, Visit
from inspection_app.core.wording import fixed, plain
from inspection_app.files import load_rubric_file
from inspection_app.report.docx import render_docx
from inspection_app.report.pdf import render_pdf

NOW = datetime.fromisoformat("2026-05-13T18:30:00+08:00")
RUBRICS = ("henan-county", "huiji-district", "hunan-city", "pingdingshan-city", "suzhou-town")
EXPERTS = ("欧阳甲辰", "司徒乙巳", "诸葛丙午")
CITIZENS = ("慕容丁未", "尉迟戊申")
OFFICE = "东方己酉"


def visit_by(name: str) -> Material:
    """A visit in which everybody has marked every item with odd points, and every name stands wherever one can."""
    found = load_rubric_file(name)
    rubric, members = found.rubric, [Member(1, OFFICE, Role.SECRETARY)]
    members += [Member(n, one, Role.CHAIR if n == 2 else Role.EXPERT) for n, one in enumerate(EXPERTS, 2)]
    scores = {
        member.id: score_answers(rubric, {
            item.no: {"item": {"override": str(item.ceiling - Decimal(f"0.{member.id}7") * min(item.ceiling, 1)),
                               "reason": f"{member.name}认为不足"}}
            for item in rubric.items if not any(getattr(one, "allowed", ()) for one in item.criteria)
        })
        for member in members[1:]
    }  # fmt: skip
    first = rubric.items[0]
    decided = Adjudication(first.no, first.ceiling / 2 + Decimal("0.01"), f"{EXPERTS[0]}提出", "", NOW)
    visit = Visit(
        "0" * 16, Description("鹰城市人民政府", "市", date(2026, 5, 12), date(2026, 5, 13)), Stage.SEALED, rubric.id, "1",
        found.digest, 2, "pass", NOW,
    )  # fmt: skip
    drawn = Drawn(
        "citizens", 1, NOW, "会议室", "a" * 64, "12345678", "b" * 64, "87654321", (("chair", EXPERTS[0], "42"),),
        (("群众代表", 4, CITIZENS[0]),), (("群众代表", 5, CITIZENS[1]),), 9,
    )  # fmt: skip
    findings = [Finding(kind, "台账管理规范，群众反映良好。", (first.no,), n) for n, kind in enumerate(FindingKind, 1)]
    return Material(
        visit, rubric, members, [drawn], consolidate(rubric, scores, adjudications=[decided]),
        {first.no: {2: f"{CITIZENS[0]}反映"}}, findings, "c" * 64, NOW, result_digest="d" * 64,
        events=[Event(EventKind.DISSENT, NOW, EXPERTS[1], "汇总结果", f"{CITIZENS[1]}的意见未采纳")],
        said=[Said(EXPERTS[2], "已确认", NOW)], seals=[SealMade(1, "e" * 64, NOW, "f" * 64)],
        held=("汇报交流", "实地考察"),
    )  # fmt: skip


def everything(told: Material) -> tuple[str, str]:
    """Return all that PDF and DOCX of the applicant's copy hold, the files' descriptions among it, a text a line."""
    document = feedback(told)
    reader = PdfReader(io.BytesIO(render_pdf(document, NOW)))
    about = map(str, (reader.metadata or {}).values())
    on_paper = "\n".join([*(page.extract_text() for page in reader.pages), *about])
    with zipfile.ZipFile(io.BytesIO(render_docx(document, NOW))) as archive:
        in_word = "\n".join(
            re.sub(r"<[^>]+>", "", archive.read(name).decode().replace("</w:p>", "\n")) for name in archive.namelist()
            if name.startswith(("word/document", "word/header", "word/footer", "word/footnotes", "docProps/"))
        )  # fmt: skip
    return on_paper, in_word


@pytest.mark.parametrize("name", RUBRICS)
def test_the_applicants_copy_holds_no_score_and_no_name(name: str) -> None:
    """No total, panel score or mark, no expert, secretary or citizen, no recommendation; switched on, all are found."""
    told = visit_by(name)
    result = told.result
    points = [result.total, result.base, result.prorated, *(item.points for item in result.items)]
    points += [score.points for item in result.items for score in item.scores.values()]
    scores = {written for one in points if one for written in (plain(one), fixed(one, 2)) if "." in written}
    names = {*EXPERTS, *CITIZENS, OFFICE}
    assert len(scores) > 15

    def found(text: str) -> set[str]:
        return {score for score in scores if re.search(rf"(?<![\d.]){re.escape(score)}(?![\d.])", text)} | {
            word for word in (*names, "建议通过") if word in re.sub(r"\s", "", text)
        }

    assert [found(text) for text in everything(told)] == [set(), set()]
    for text in everything(replace(told, disclosure=Disclosure(scores=True, verdict=True, names=True))):
        assert found(text) >= {*EXPERTS, OFFICE, "建议通过", fixed(result.total, 2)}
        assert not found(text) & {*CITIZENS}
