"""What the applicant is told and handed (现场验收反馈意见): judgement, highlights, problems, suggestions.

Scores, the verdict and people's names stay inside unless the office has switched them on (``Disclosure``); what the
panel wrote itself is searched for them before it leaves (``undisclosed``). The report is ``core.feedback.report``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from inspection_app.core.document import (
    Align,
    Block,
    Column,
    Document,
    Heading,
    Paragraph,
    Row,
    Signatures,
    Table,
    Weight,
)
from inspection_app.core.feedback.material import (
    RECOMMENDATION_TITLES,
    Finding,
    FindingKind,
    Material,
    Recommendation,
    bare_title,
    earned,
)
from inspection_app.core.feedback.results import verdict_words
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Role, Visit
from inspection_app.core.wording import ASPECT_KINDS, ROLE_TITLES, chinese_date, fixed, numeral, plain

_SECTIONS = {
    FindingKind.HIGHLIGHT: "主要亮点",
    FindingKind.PROBLEM: "存在问题",
    FindingKind.SUGGESTION: "意见建议",
}
_NAMED = 3  # aspects in the default judgement


def feedback(material: Material) -> Document:
    """Build the feedback for the applicant, to be read out and handed over."""
    visit = material.visit
    applicant, disclosure = visit.description.applicant, material.disclosure
    sections: list[tuple[str, list[Block]]] = [("总体评价", [Paragraph(judgement_of(material))])]
    for kind, title in _SECTIONS.items():
        texts = [finding.text for finding in material.findings if finding.kind is kind]
        if texts:
            numbers = range(1, len(texts) + 1)
            sections.append((title, [
                Paragraph(f"{number}. {text}" if len(texts) > 1 else text)
                for number, text in zip(numbers, texts, strict=True)
            ]))  # fmt: skip
    if disclosure.scores:
        sections.append(("验收得分", [*_scores(material)]))
    if disclosure.verdict:
        sections.append(("专家组建议", [Paragraph(words) for words in _verdict(material)]))
    if disclosure.names:
        sections.append(("专家组成员", [Paragraph(_panel(material))]))
    blocks: list[Block] = [Paragraph(f"{applicant}：", indent=False), Paragraph(_opening(material))]
    for number, (title, content) in enumerate(sections, 1):
        blocks += [Heading(f"{numeral(number)}、{title}"), *content]
    seal = [f"seal {material.seal.digest}"] if material.seal else []
    chair = next((member.name for member in material.members if member.role is Role.CHAIR), "")
    blocks += [
        Paragraph(_closing(material)),
        Signatures((("专家组组长", chair if disclosure.names else ""), ("申报单位代表", ""))),
    ]
    return Document(
        title=f"{applicant}\n现场验收反馈意见",
        subtitle="",
        date=chinese_date(material.now.date()),
        blocks=tuple(blocks),
        imprint=(f"细则摘要 {visit.rubric_digest[:16]}　记录链末值 {material.log_head[:16]}",),
        draft=not material.sealed,
        subject="现场验收反馈意见",
        keywords=(f"visit {visit.id}", f"rubric {visit.rubric_digest}", *seal, f"log {material.log_head}"),
    )


def judgement_of(material: Material) -> str:
    """Return the overall judgement: the chair's words, or until there are any a sentence made of the findings."""
    return material.judgement or default_judgement(
        material.visit.description.applicant, material.rubric, material.findings
    )


def default_judgement(applicant: str, rubric: Rubric, findings: Sequence[Finding]) -> str:
    """Say in one sentence, without a figure, where the findings lie."""
    good, poor = (_about(rubric, findings, kind) for kind in (FindingKind.HIGHLIGHT, FindingKind.PROBLEM))
    strong, weak = _named(good), _named([title for title in poor if title not in good])
    parts = [f"{applicant}按照《{rubric.title}》的要求开展了创建工作"]
    parts += [f"在{strong}方面形成了亮点"] if strong else []
    parts += [f"在{weak}方面还存在不足，需要进一步改进"] if weak else []
    if not strong and not weak:
        parts.append("有关资料和现场情况已经专家组核查")
    return f"总的看，{'，'.join(parts)}。"


def _about(rubric: Rubric, findings: Sequence[Finding], kind: FindingKind) -> list[str]:
    """Return the aspects that findings of a kind rest on, those with most of them first."""
    counts: dict[str, int] = {}
    for finding in findings:
        if finding.kind is kind:
            for title in dict.fromkeys(bare_title(rubric.aspect_of(no).title) for no in finding.items):
                counts[title] = counts.get(title, 0) + 1
    return sorted(counts, key=lambda title: -counts[title])


def _named(titles: Sequence[str]) -> str:
    return "、".join(f"“{title}”" for title in titles[:_NAMED]) + ("等" if titles[_NAMED:] else "")


def _opening(material: Material) -> str:
    description = material.visit.description
    first, last = chinese_date(description.starts), chinese_date(description.ends)
    dates = first if first == last else f"{first}至{last}"
    held = f"通过{'、'.join(material.held)}等方式，" if material.held else ""
    return (
        f"{dates}，专家组依据《{material.rubric.title}》，{held}对{description.applicant}的创建工作进行了现场验收。"
        "现将有关情况反馈如下。"
    )


def _closing(material: Material) -> str:
    if material.disclosure.verdict:
        return "请对照以上意见认真研究，抓好改进。专家组建议不代表最终结果，以组织部门公布的为准。"
    return "请对照以上意见认真研究，抓好改进。验收结果以组织部门公布的为准。"


def _scores(material: Material) -> Iterator[Block]:
    result, places, rubric = material.result, material.visit.places, material.rubric
    rows = [
        Row((bare_title(aspect.title) + ASPECT_KINDS[aspect.kind], plain(aspect.ceiling), fixed(points, places)))
        for aspect, points in earned(material)
    ]
    full = rubric.base_total + rubric.bonus_total
    rows.append(Row(("总分", plain(full), fixed(result.total, places)), Weight.TOTAL))
    columns = (Column("指标项", 0.6), Column("满分", 0.2, Align.RIGHT), Column("得分", 0.2, Align.RIGHT))
    yield Table(columns, tuple(rows))


def _verdict(material: Material) -> Iterator[str]:
    chosen = material.visit.recommendation
    yield f"专家组建议：{RECOMMENDATION_TITLES[Recommendation(chosen)] if chosen else '尚未形成'}。"
    if material.disclosure.scores:  # in the text's words it is told by the figures
        yield from verdict_words(material)


def _panel(material: Material) -> str:
    order = [*ROLE_TITLES]
    members = sorted(material.members, key=lambda one: order.index(one.role))
    return "；".join(f"{ROLE_TITLES[one.role]}：{one.name}" for one in members) + "。"


def undisclosed(material: Material, names: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return what the panel's own words give away although it is not switched on, as (text, what it gives away).

    Args:
        names: of the experts and citizens of the visit.
    """
    texts = [judgement_of(material), *(finding.text for finding in material.findings)]
    told: list[tuple[str, str]] = []
    for text in texts:
        if not material.disclosure.names:
            told += [(text, name) for name in sorted(set(names)) if name and name in text]
        if not material.disclosure.scores:
            told += [(text, words) for words in _scores_in(text, material)]
    return tuple(told)


def _scores_in(text: str, material: Material) -> Iterator[str]:
    """Find the totals wherever they stand, and everybody's and every item's points where 分 follows them."""
    result, visit = material.result, material.visit
    totals = {result.total, result.base, result.prorated}
    points: set[Decimal | None] = {result.bonus, result.deductions, *(aspect.points for aspect in result.aspects)}
    points |= {item.points for item in result.items}
    points |= {score.points for item in result.items for score in item.scores.values()}
    for number in totals | points:
        for written in _written(number, visit):
            anywhere = number in totals and "." in written  # a bare whole number may be anything
            behind = r"(?![\d.%％‰])" if anywhere else r"(?=\s*分(?![之钟]))"
            if re.search(rf"(?<![\d.]){re.escape(written)}{behind}", text):
                yield written


def _written(number: Decimal | None, visit: Visit) -> set[str]:
    return {plain(number), fixed(number, visit.places)} if number else set()
