"""The applicant's copy as a plain structure: what it says, and what it never says unless it is switched on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from inspection_app.core.consolidation import consolidate
from inspection_app.core.document import Document, Heading, Paragraph, Signatures, Table
from inspection_app.core.feedback import (
    Disclosure,
    Finding,
    FindingKind,
    Material,
    SealMade,
    feedback,
    score_card,
    undisclosed,
)
from inspection_app.core.feedback.material import bare_title
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import score_answers
from inspection_app.core.visit import Description, Member, Role, Stage, Visit

NOW = datetime.fromisoformat("2026-05-13T18:30:00+08:00")
PEOPLE = (
    Member(1, "简文昕", Role.SECRETARY),
    Member(2, "陆维岳", Role.CHAIR),
    Member(3, "秦思衡", Role.EXPERT),
    Member(4, "白若澜", Role.EXPERT),
)
VISIT = Visit(
    "ab", Description("云岭县人民政府", "县", date(2026, 5, 12), date(2026, 5, 13)), Stage.CONSOLIDATE, "small", "1",
    "d" * 64, 2, "pass", NOW,
)  # fmt: skip
FINDINGS = (
    Finding(FindingKind.HIGHLIGHT, "规划明确。", ("1",), 1),
    Finding(FindingKind.PROBLEM, "台账不全。", ("2",), 2),
    Finding(FindingKind.SUGGESTION, "建议完善台账。", ("2",), 3),
    Finding(FindingKind.SUGGESTION, "建议公开结果。", (), 4),
)
MARKS = ("3.4", "3.4", "3.3")  # on item 1: 3.37 of 4


def rubric() -> Rubric:
    def aspect(number: int, title: str) -> dict[str, Any]:
        row = {"no": number, "content": f"项{number}", "points": 4, "rule_text": "酌情",
               "criteria": [{"id": 1, "kind": "grade", "text": "酌情", "points": 4}]}  # fmt: skip
        return {"id": number, "title": title, "points": 4, "items": [row]}

    return Rubric.model_validate({
        "id": "small", "version": 1, "title": "小细则", "issuer": "某局", "year": 2026, "source": "附件",
        "stated_total": 8, "scheme": {"prescribed": False, "activities": []},
        "aspects": [aspect(1, "一、质量规划"), aspect(2, "二、质量基础")],
    })  # fmt: skip


def material(findings: Sequence[Finding] = FINDINGS, **changes: Any) -> Material:
    asked = rubric()
    scores = {
        member: score_answers(asked, {"1": {"1": {"points": mark, "reason": "酌情"}},
                                      "2": {"1": {"points": "2.5", "reason": "酌情"}}})
        for member, mark in zip((2, 3, 4), MARKS, strict=True)
    }  # fmt: skip
    told = Material(VISIT, asked, PEOPLE, [], consolidate(asked, scores), {}, findings, "h" * 64, NOW)
    return replace(told, held=("汇报交流", "实地考察"), **changes)


def said(document: Document) -> str:
    """Return every word of a document: title, blocks, small print and what stands in the file's description."""
    words = [document.title, document.subtitle, document.date, document.marking, document.running, document.subject]
    words += [*document.imprint, *document.keywords]
    for block in document.blocks:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                words.append(text)
            case Table():
                words += [cell for row in block.rows for cell in row.cells]
            case Signatures(lines=lines):
                words += [text for line in lines for text in line]
            case _:
                raise AssertionError(block)
    return "\n".join(words)


def test_it_says_the_findings_in_order_under_numbered_headings() -> None:
    """Judgement, highlights, problems, suggestions; one finding of a kind bears no number; an empty kind is left out."""
    document = feedback(material())
    assert [b.text for b in document.blocks if isinstance(b, Heading)] == [
        "一、总体评价", "二、主要亮点", "三、存在问题", "四、意见建议",
    ]  # fmt: skip
    text = said(document)
    assert "\n规划明确。\n" in text
    assert "1. 建议完善台账。\n2. 建议公开结果。\n" in text
    assert "2026年5月12日至2026年5月13日，专家组依据《小细则》，通过汇报交流、实地考察等方式" in text
    bare = feedback(material([FINDINGS[1]]))
    assert [b.text for b in bare.blocks if isinstance(b, Heading)] == ["一、总体评价", "二、存在问题"]


def test_nothing_inside_is_told_until_it_is_switched_on() -> None:
    """Every score, the recommendation and every name stay inside, each until its own switch is on."""
    told = material()
    scores = {"5.87", "3.37", "2.50", "3.4", "3.3", "2.5"}
    names = {member.name for member in PEOPLE}

    def leaks(disclosure: Disclosure) -> tuple[bool, bool, bool]:
        text = said(feedback(replace(told, disclosure=disclosure)))
        return any(score in text for score in scores), "建议通过" in text, any(name in text for name in names)

    assert leaks(Disclosure()) == (False, False, False)
    assert leaks(Disclosure(scores=True)) == (True, False, False)
    assert leaks(Disclosure(verdict=True)) == (False, True, False)
    assert leaks(Disclosure(names=True)) == (False, False, True)


def test_the_judgement_is_the_chairs_or_made_of_the_findings() -> None:
    """Without words of the chair's own, aspects with highlights and with problems are named, and no figure."""
    made = feedback(material()).blocks[3]
    assert isinstance(made, Paragraph)
    assert made.text == (
        "总的看，云岭县人民政府按照《小细则》的要求开展了创建工作，在“质量规划”方面形成了亮点，在“质量基础”方面还存在不足，"
        "需要进一步改进。"
    )
    assert not any(char.isdigit() for char in made.text)
    assert feedback(material(judgement="总体良好。")).blocks[3] == Paragraph("总体良好。")
    bare = feedback(material([])).blocks[3]
    assert isinstance(bare, Paragraph)
    assert bare.text.endswith("有关资料和现场情况已经专家组核查。")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("秦思衡指出台账不全。", ["秦思衡"]),
        ("王小明反映路灯太暗。", ["王小明"]),
        ("本次总分5.87分。", ["5.87"]),
        ("总分为5.87。", ["5.87"]),
        ("此项仅得2.5分。", ["2.5"]),
        ("合格率5.87%。", []),
        ("增长2.5个百分点，2.5分钟内办结，共15.87万元。", []),
        ("满分之外无话可说。", []),
    ],
)
def test_what_the_panel_wrote_is_searched(text: str, found: list[str]) -> None:
    """A name, a total, an item's points before 分 are found; other figures that merely look like them are not."""
    told = material([Finding(FindingKind.PROBLEM, text)])
    names = ["陆维岳", "秦思衡", "白若澜", "王小明"]
    assert [word for _, word in undisclosed(told, names)] == found
    both = replace(told, disclosure=Disclosure(scores=True, names=True))
    assert undisclosed(both, names) == ()


def test_a_draft_until_it_is_sealed() -> None:
    """What is not sealed says so across its pages."""
    assert feedback(material()).draft
    assert not feedback(material(seals=[SealMade(1, "e" * 64, NOW, "h" * 64)])).draft


@pytest.mark.parametrize(
    ("title", "bare"),
    [("二、质量文化", "质量文化"), ("（二）质量文化", "质量文化"), ("质量文化", "质量文化"), ("十一、其他", "其他")],
)
def test_a_title_without_its_number(title: str, bare: str) -> None:
    """The number printed before an aspect goes, its words stay."""
    assert bare_title(title) == bare


def test_a_score_card_has_every_mark_and_note() -> None:
    """Each item of one's own with mark, clause and note; what is unmarked says so and leaves the sum; a line to sign."""
    asked = rubric()
    scores = score_answers(asked, {"1": {"1": {"points": "3.5", "reason": "缺附件"}}, "2": {}})
    card = score_card(VISIT, asked, PEOPLE[2], scores, {"1": "见第3册", "2": "待补"}, NOW, draft=True)
    rows = [row.cells for block in card.blocks if isinstance(block, Table) for row in block.rows]
    assert rows == [
        ("1", "项1", "4", "3.5", "酌情［3.5］ 3.5/4（缺附件）\n说明：见第3册"),
        ("2", "项2", "4", "未评", "酌情 —/4\n说明：待补"),
        ("本人评分合计（2项）", "3.5"),
    ]
    assert "第2项未评分" in str(card.blocks)
    assert card.blocks[-1] == Signatures((("专家", "秦思衡"),))
    assert card.draft
    nothing = score_card(VISIT, asked, PEOPLE[2], {}, {}, NOW)
    assert Paragraph("没有分工的考核项。") in nothing.blocks
