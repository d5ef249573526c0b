"""Findings, and the consolidated report as a plain structure of printed blocks.

The visit's documents are Chinese, so this module's phrases are, too. It computes no score and sets no type: it takes
the result as ``core.consolidation`` made it and says it in order.

Source: the report's order follows the acceptance visit itself (汇报交流, 实地考察, 群众座谈, 情况反馈).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from inspection_app.core.consolidation import AspectResult, GateDecision, ItemResult, Result
from inspection_app.core.document import (
    Align,
    Block,
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Row,
    Signatures,
    Table,
    Weight,
)
from inspection_app.core.duties import Group
from inspection_app.core.rubric import Gate, Rubric
from inspection_app.core.scoring import Flag, Line, Score, State
from inspection_app.core.totals import Basis, Verdict
from inspection_app.core.visit import Member, Stage, Visit
from inspection_app.core.wording import (
    ASPECT_KINDS,
    DRAW_TITLES,
    INTERNAL,
    PARTY_TITLES,
    ROLE_TITLES,
    chinese_date,
    chinese_time,
    fixed,
    numeral,
    plain,
)


class FindingKind(StrEnum):
    HIGHLIGHT = "highlight"
    PROBLEM = "problem"
    SUGGESTION = "suggestion"


class Recommendation(StrEnum):
    """What the panel proposes; the software never derives it from the score."""

    PASS = "pass"  # noqa: S105 - to pass, not a password
    PASS_AFTER_MENDING = "pass-after-mending"  # noqa: S105
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """A highlight, problem or suggestion, tied to items by number and to observations by id.

    ``id`` is 0 until it is stored; ``position`` is its place among those of its kind, equal places by id.
    """

    kind: FindingKind
    text: str
    items: tuple[str, ...] = ()
    id: int = 0
    observations: tuple[int, ...] = ()
    position: int = 0


@dataclass(frozen=True)
class Drawn:
    """One draw as the report tells it: ``names`` by number of the locked list, in the order of the draw."""

    kind: str
    ceremony: int
    at: datetime
    place: str
    list_digest: str
    short_code: str
    seed: str
    public_digits: str
    cards: tuple[tuple[str, str, str], ...]  # party, name, digits
    selected: tuple[tuple[str, int, str], ...]  # stratum, number, name
    reserves: tuple[tuple[str, int, str], ...]
    candidates: int
    voided: tuple[tuple[int, str], ...] = ()
    replaced: tuple[tuple[str, str, str, str], ...] = ()  # who is gone, who came, why, who witnessed it
    drawer: str = ""  # of a draw made by hand, which has neither cards nor seed
    witnesses: tuple[str, ...] = ()
    photos: int = 0


class EventKind(StrEnum):
    """What does not happen in every visit and is therefore told by itself."""

    RECUSAL = "recusal"
    HAND_OVER = "hand-over"
    REOPENING = "reopening"
    DISPUTE = "dispute"
    MARKS_MISSING = "marks-missing"


@dataclass(frozen=True)
class Event:
    """One of them: when, who (names as they are printed), what about, and why."""

    kind: EventKind
    at: datetime
    who: str
    about: str
    reason: str


@dataclass(frozen=True)
class Material:
    """Everything the report tells."""

    visit: Visit
    rubric: Rubric
    members: Sequence[Member]
    draws: Sequence[Drawn]
    result: Result
    notes: Mapping[str, Mapping[int, str]]  # item number → member id → note
    findings: Sequence[Finding]
    log_head: str
    now: datetime
    sources: Mapping[str, str] = field(default_factory=dict)  # figure key → source
    on_site: Sequence[Block] = ()  # what was done and noted during the visit, as core.programme tells it
    events: Sequence[Event] = ()
    evidence: Mapping[int, str] = field(default_factory=dict)  # observation id → as core.programme tells it
    set_aside: Mapping[str, Collection[int]] = field(default_factory=dict)  # item number → whose mark does not count
    groups: Sequence[Group] = ()


KIND_TITLES = {FindingKind.HIGHLIGHT: "亮点", FindingKind.PROBLEM: "问题", FindingKind.SUGGESTION: "建议"}
RECOMMENDATION_TITLES = {
    Recommendation.PASS: "建议通过",
    Recommendation.PASS_AFTER_MENDING: "整改后通过",
    Recommendation.FAIL: "不建议通过",
}


def report(material: Material) -> Document:
    """Build the consolidated report (现场验收报告), the full internal record of a visit."""
    visit = material.visit
    sections = (
        ("验收概况", _overview(material)),
        ("抽取情况", _draws(material)),
        *([("现场活动", material.on_site)] if material.on_site else []),
        ("评分结果", _totals(material)),
        ("否决条件和基本条件", _conditions(material)),
        ("各考核项得分及主要扣分原因", _items(material)),
        ("反馈要点", _findings(material)),
        *([("特别事项", _events(material))] if material.events else []),
        ("专家组意见", _opinion(material)),
    )
    blocks: list[Block] = []
    for number, (title, content) in enumerate(sections, 1):
        blocks += [Heading(f"{numeral(number)}、{title}"), *content]
    return Document(
        title=f"{visit.description.applicant}现场验收报告",
        subtitle=material.rubric.title,
        date=chinese_date(material.now.date()),
        blocks=tuple(blocks),
        marking=INTERNAL,
        imprint=(
            f"细则：{visit.rubric_id}（版本 {visit.rubric_version}） SHA-256 {visit.rubric_digest}",
            f"记录链末值：{material.log_head}",
            f"生成时间：{material.now.isoformat(sep=' ', timespec='minutes')}",
        ),
    )


def _overview(material: Material) -> list[Block]:
    visit, description = material.visit, material.visit.description
    first, last = chinese_date(description.starts), chinese_date(description.ends)
    dates = first if description.starts == description.ends else f"{first}至{last}"
    return [
        Facts((
            ("申报单位", description.applicant),
            ("类别", description.category or "—"),
            ("验收时间", dates),
            ("验收地点", description.place or "—"),
            ("验收依据", material.rubric.title),
            ("汇总方法", method_sentence(visit)),
        )),
        Heading("（一）专家组", 2),
        *_panel(material),
    ]  # fmt: skip


def _panel(material: Material) -> list[Block]:
    """List who is on the panel, in which group, and which groups handed in one mark for all of their members."""
    members = sorted(material.members, key=lambda member: list(ROLE_TITLES).index(member.role))
    grouped = any(member.group for member in members)
    columns = (
        Column("职责", 0.12, Align.CENTER), Column("姓名", 0.18), Column("单位", 0.3 if grouped else 0.4),
        Column("专业", 0.22 if grouped else 0.3), *([Column("组别", 0.18)] if grouped else []),
    )  # fmt: skip
    rows = tuple(
        Row((ROLE_TITLES[one.role], one.name, one.organisation, one.speciality, *([one.group] if grouped else [])))
        for one in members
    )
    names = {member.id: member.name for member in members}
    return [
        Table(columns, rows),
        *(
            Paragraph(f"{group.name}（{'、'.join(names.get(id_, '') for id_ in group.members)}）的评分由全组商定，"
                      "每项只计一份。", small=True)
            for group in material.groups
            if group.one_mark
        ),
    ]  # fmt: skip


_METHODS = {
    "mean": "取分工专家评分的算术平均值",
    "drop_high_low": "去掉一个最高分和一个最低分后，取其余评分的算术平均值",
    "median": "取分工专家评分的中位数",
}


def method_sentence(visit: Visit) -> str:
    """Say how the panel's scores are made, rounding order included."""
    rounding = (
        f"逐项四舍五入保留{visit.places}位小数后相加" if visit.rounding == "items"
        else f"逐项精确值相加，合计四舍五入保留{visit.places}位小数"
    )  # fmt: skip
    least = f"；每项至少{visit.min_marks}人评分" if visit.min_marks > 1 else ""
    return f"{_METHODS[visit.method]}，{rounding}{least}；未评分、回避和不适用的不计入，也不计为零分"


STAGE_TITLES = {Stage.PREPARE: "准备", Stage.SCORE: "评分", Stage.CONSOLIDATE: "汇总", Stage.DONE: "结束"}
_EVENT_TITLES = {
    EventKind.RECUSAL: "回避",
    EventKind.HAND_OVER: "组长职责移交",
    EventKind.REOPENING: "环节重新开启",
    EventKind.DISPUTE: "数据异议",
    EventKind.MARKS_MISSING: "缺评分亮分",
}


def _events(material: Material) -> list[Block]:
    columns = (Column("时间", 0.16), Column("事项", 0.12), Column("人员", 0.12), Column("内容", 0.2),
               Column("理由及处理", 0.4))  # fmt: skip
    rows = (
        Row((chinese_time(one.at), _EVENT_TITLES[one.kind], one.who, one.about, one.reason))
        for one in sorted(material.events, key=lambda one: one.at)
    )
    return [Table(columns, tuple(rows))]


def _draws(material: Material) -> list[Block]:
    blocks: list[Block] = []
    for place, drawn in enumerate(material.draws, 1):
        title = DRAW_TITLES[drawn.kind]
        strata = list(dict.fromkeys(stratum for stratum, _, _ in drawn.selected))
        rows = [
            Row((
                stratum,
                "、".join(f"{number}号 {name}" for s, number, name in drawn.selected if s == stratum),
                _first_reserves(drawn, stratum),
            ))
            for stratum in strata
        ]  # fmt: skip
        blocks += [
            Heading(f"（{numeral(place)}）{title}", 2),
            Paragraph(_draw_sentence(drawn)),
            Table((Column("类别", 0.16), Column("抽取结果", 0.5), Column("候补（依次）", 0.34)), tuple(rows)),
            *(Paragraph(f"递补：{gone}由{comes}递补，原因：{reason}；见证人：{witness}。")
              for gone, comes, reason, witness in drawn.replaced),
            *_proof(drawn),
        ]  # fmt: skip
        blocks += [
            Paragraph(f"第{number}次抽取程序作废，原因：{reason}。", small=True) for number, reason in drawn.voided
        ]
    return blocks or [Paragraph("本次验收未进行抽取。")]


def _proof(drawn: Drawn) -> list[Block]:
    """Say what a draw followed from: digits that anybody can compute it from again, or hands and eyes."""
    if drawn.drawer:
        photos = f"照片{drawn.photos}张存档" if drawn.photos else "没有照片"
        return [
            Paragraph(f"手工抽签，不可复算：由{drawn.drawer}抽取，{'、'.join(drawn.witnesses)}见证，{photos}。"
                      f"名单编码 {drawn.short_code}，名单摘要 {drawn.list_digest}。", small=True)
        ]  # fmt: skip
    cards = "；".join(f"{PARTY_TITLES[party]}（{name}）{digits}" for party, name, digits in drawn.cards)
    return [
        Paragraph(f"随机数字：{cards}；公开数字 {drawn.public_digits}。", small=True),
        Paragraph(f"名单编码 {drawn.short_code}，名单摘要 {drawn.list_digest}，种子 {drawn.seed}。"
                  "凭抽取记录单可由任何人重新计算验证。", small=True),
    ]  # fmt: skip


def _draw_sentence(drawn: Drawn) -> str:
    unit = "个备选考察点" if drawn.kind == "sites" else "名群众"
    return (
        f"{chinese_time(drawn.at)}，在{drawn.place}当众抽取。名单锁定后共有{drawn.candidates}{unit}，"
        f"经第{drawn.ceremony}次抽取程序抽出{len(drawn.selected)}{unit[0]}。"
    )


def _first_reserves(drawn: Drawn, stratum: str, shown: int = 3) -> str:
    """List the first reserves only: with a roster of a hundred the rest stands on the certificate."""
    names = [f"{number}号 {name}" for s, number, name in drawn.reserves if s == stratum]
    more = f"等{len(names)}人" if len(names) > shown else ""
    return "、".join(names[:shown]) + more


def _totals(material: Material) -> list[Block]:
    result, places = material.result, material.visit.places
    right = Align.RIGHT
    rows = [
        Row((aspect.title + ASPECT_KINDS[aspect.kind], plain(aspect.ceiling), fixed(points, places),
             _rate(points, aspect.ceiling)))
        for aspect, points in _earned(material)
    ]  # fmt: skip
    base, bonus = material.rubric.base_total, material.rubric.bonus_total

    def sum_row(title: str, ceiling: Decimal, points: Decimal, weight: Weight) -> Row:
        return Row((title, plain(ceiling), fixed(points, places), _rate(points, ceiling)), weight)

    off = material.rubric.deduction_total
    rows.append(sum_row("基本分合计", base, result.base, Weight.SUBTOTAL))
    if off:
        rows.append(Row(("扣分合计", f"至多−{plain(off)}", _minus(result.deductions, places), ""), Weight.SUBTOTAL))
    if bonus:
        rows.append(sum_row("加分合计", bonus, result.bonus, Weight.SUBTOTAL))
    if bonus or off:
        rows.append(sum_row("总分（含加分）" if bonus else "总分", base + bonus, result.total, Weight.TOTAL))
    blocks: list[Block] = [
        Table((Column("指标项", 0.52), Column("满分", 0.16, right), Column("得分", 0.16, right),
               Column("得分率", 0.16, right)), tuple(rows)),
    ]  # fmt: skip
    if result.open_items:
        blocks.append(Paragraph(f"第{'、'.join(result.open_items)}项尚无专家组得分，以上合计不含这些项目，不是最终结果。"))
    if result.in_part and result.prorated is not None:
        blocks.append(Paragraph(
            f"部分评分内容按原文为合理缺项：适用满分{plain(result.applicable)}分（全部满分{plain(result.maximum)}分），"
            f"实得{fixed(result.total, places)}分，按适用满分折算为{fixed(result.prorated, places)}分。"
        ))  # fmt: skip
    blocks += [Paragraph(words) for words in _verdict_words(material)]
    if material.rubric.verdict_text:
        blocks.append(Paragraph(material.rubric.verdict_text, small=True))
    return blocks


def _verdict_words(material: Material) -> list[str]:
    """Say what the official text makes of the total, where it says anything."""
    result, line = material.result, plain(material.rubric.pass_line)
    match result.basis:
        case Basis.VETO if result.verdict != Verdict.FAIL:
            return [f"出现否决条件，按原文考核结果为{result.verdict}级；以上得分照录。"]
        case Basis.PASS_LINE if result.verdict == Verdict.PASS:
            return [f"达到原文规定的合格线（{line}分及以上）。"]
        case Basis.PASS_LINE:
            return [f"未达到原文规定的合格线（{line}分）。"]
        case Basis.READINGS:
            return [f"实得分与折算分分处合格线（{line}分）两侧，由组长决定采用哪一种。"]
    return []


def _minus(points: Decimal, places: int) -> str:
    return f"−{fixed(points, places)}" if points else fixed(points, places)


def _earned(material: Material) -> list[tuple[AspectResult, Decimal | None]]:
    """Return every aspect with its points: None while none of its items has any, for that is not a zero."""
    pairs = zip(material.rubric.aspects, material.result.aspects, strict=True)
    return [(found, None if len(found.open_items) == len(aspect.items) else found.points) for aspect, found in pairs]


def _rate(points: Decimal | None, ceiling: Decimal) -> str:
    if points is None or not ceiling:
        return "—"
    return f"{(points / ceiling * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def _conditions(material: Material) -> list[Block]:
    rubric, result = material.rubric, material.result
    vetoes = {veto.id: veto for veto in rubric.vetoes}
    gates = {gate.id: gate for gate in rubric.gates}
    words = {None: "未认定", True: "出现", False: "未出现"}
    veto_rows = tuple(
        Row((vetoes[d.veto].text, words[d.applies], d.proof), Weight.TOTAL if d.applies else Weight.PLAIN)
        for d in result.vetoes
    )
    words = {None: "未认定", True: "符合", False: "不符合"}
    gate_rows = tuple(
        Row((gates[d.gate].text, words[d.holds], _gate_proof(material, gates[d.gate], d)),
            Weight.TOTAL if d.holds is False else Weight.PLAIN)
        for d in result.gates
    )  # fmt: skip
    blocks: list[Block] = []
    if veto_rows:
        blocks += [
            Heading("（一）否决条件", 2),
            Table((Column("情形", 0.5), Column("认定", 0.12, Align.CENTER), Column("依据", 0.38)), veto_rows),
        ]
        if result.vetoed:
            effects = "、".join(dict.fromkeys(vetoes[veto].effect for veto in result.vetoed))
            blocks.append(Paragraph(f"出现否决条件，按细则{effects}；评分结果保留备查。"))
    if gate_rows:
        blocks += [
            Heading("（二）基本条件", 2),
            Table((Column("条件", 0.5), Column("认定", 0.12, Align.CENTER), Column("数据或依据", 0.38)), gate_rows),
        ]
    return blocks or [Paragraph("细则未设否决条件和基本条件。")]


def _gate_proof(material: Material, gate: Gate, decision: GateDecision) -> str:
    """Tell what a gate was decided by: its figure with the source, or the panel's proof."""
    if decision.value:
        figure = _figure_text(material.rubric, gate.figure or "", decision.value, material.sources)
        return figure + _second_reading(decision)
    return decision.proof or ("尚无数据" if gate.figure else "")


def _second_reading(decision: GateDecision) -> str:
    """Tell the figure by the text's other reading, and whether that would change anything."""
    if not decision.other:
        return ""
    would = "结论相反，已提请专家组注意" if decision.readings_differ else "结论相同"
    return f"；另一读法（含加分）{decision.other}，{would}"


def _figure_text(rubric: Rubric, key: str, value: str, sources: Mapping[str, str]) -> str:
    source = sources.get(key, "")
    return f"{value}{rubric.figures[key].unit}" + (f"（{source}）" if source else "")


def _items(material: Material) -> list[Block]:
    blocks: list[Block] = []
    columns = (
        Column("序号", 0.07, Align.CENTER), Column("考核项", 0.23), Column("满分", 0.08, Align.RIGHT),
        Column("得分", 0.1, Align.RIGHT), Column("主要扣分原因和评分说明", 0.52),
    )  # fmt: skip
    places = material.visit.places
    for place, (aspect, (total, earned)) in enumerate(
        zip(material.rubric.aspects, _earned(material), strict=True), 1
    ):
        number = numeral(place)
        rows = [
            Row((item.no, item.content, plain(item.points), fixed(material.result.item(item.no).points, places),
                 _why(material, material.result.item(item.no))))
            for item in aspect.items
        ]  # fmt: skip
        rows.append(Row(("", "小计", plain(total.ceiling), fixed(earned, places), ""), Weight.SUBTOTAL))
        blocks += [Heading(f"（{number}）{aspect.title.removeprefix(f'{number}、')}", 2), Table(columns, tuple(rows))]
    return blocks


def _why(material: Material, result: ItemResult) -> str:
    """Say what an item lost and why: clauses by how much the panel took off them, notes, the adjudication."""
    parts = []
    if result.adjudication:
        clause = f"（{result.adjudication.clause}）" if result.adjudication.clause else ""
        parts.append(
            f"合议定分 {plain(result.adjudication.points)}{clause}：{result.adjudication.reason}"
            f"［专家评分 {result.panel.working or '—'}］"
        )
    else:
        parts += _lost(result)
    names = {member.id: member.name for member in material.members}
    overrides = [
        f"{names.get(id_, '')}调整为{plain(score.points)}：{score.reason}"
        for id_, score in result.scores.items()
        if Flag.OVERRIDE in score.flags
    ]
    aside = [
        f"{names.get(id_, '')}回避前评{plain(result.scores[id_].computed)}分，不计入"
        for id_ in material.set_aside.get(result.item.no, ())
    ]
    notes = [f"{names.get(id_, '')}：{note}" for id_, note in material.notes.get(result.item.no, {}).items() if note]
    if any(Flag.FIGURE_CONTRADICTS in score.flags for score in result.scores.values()):
        parts.append("数据不符：有专家判定达到，但约定数据未达到")
    if all(score.state is State.NOT_APPLICABLE for score in result.scores.values()) and result.scores:
        parts.append("不适用")
    return "\n".join([*parts, *overrides, *aside, *notes])


def _lost(result: ItemResult, most: int = 3) -> list[str]:
    """List the clauses that lost the most, averaged over the experts who answered them."""
    lines: dict[str, list[Line]] = {}
    for score in result.scores.values():
        for line in _computed(score):
            lines.setdefault(line.criterion, []).append(line)
    losses = []
    for answered in lines.values():
        earned = [(line.points, line.ceiling) for line in answered if line.points is not None]
        taken = [points if result.deduction else ceiling - points for points, ceiling in earned]
        mean = sum(taken, Decimal(0)) / len(taken) if taken else Decimal(0)
        if mean:
            reasons = "；".join(dict.fromkeys(line.reason for line in answered if line.reason))
            told = f"（{reasons}）" if reasons else ""
            clauses = "；".join(dict.fromkeys(line.text for line in answered if _took(result, line)))
            losses.append((mean, f"扣{plain(mean.quantize(Decimal('0.01')))}：{clauses}{told}"))
    losses.sort(key=lambda loss: -loss[0])
    return [text for _, text in losses[:most]]


def _took(result: ItemResult, line: Line) -> bool:
    return bool(line.points) if result.deduction else line.points != line.ceiling


def _computed(score: Score) -> tuple[Line, ...]:
    return score.lines if score.state is State.SCORED and Flag.OVERRIDE not in score.flags else ()


def _findings(material: Material) -> list[Block]:
    blocks: list[Block] = []
    kinds = [kind for kind in FindingKind if any(finding.kind is kind for finding in material.findings)]
    for place, kind in enumerate(kinds, 1):
        blocks.append(Heading(f"（{numeral(place)}）{KIND_TITLES[kind]}", 2))
        found = [finding for finding in material.findings if finding.kind is kind]
        for number, finding in enumerate(found, 1):
            items = f"（考核项{'、'.join(finding.items)}）" if finding.items else ""
            blocks.append(Paragraph(f"{number}. {finding.text}{items}"))
            if finding.observations:
                blocks.append(Paragraph(f"依据：{_evidence(material, finding)}。", small=True))
    return blocks or [Paragraph("尚未形成反馈要点。")]


def _evidence(material: Material, finding: Finding) -> str:
    """Tell the records that a finding rests on; of one that was taken back afterwards, that it was."""
    told = [material.evidence.get(id_, "") for id_ in finding.observations]
    taken_back = [f"另有{gone}条记录已撤回" if any(told) else "所依据的记录已撤回"] if (gone := told.count("")) else []
    return "；".join([*(text.rstrip("。；") for text in told if text), *taken_back])


def _opinion(material: Material) -> list[Block]:
    recommendation = material.visit.recommendation
    text = RECOMMENDATION_TITLES[Recommendation(recommendation)] if recommendation else "尚未形成"
    scoring = [member for member in material.members if member.scores]
    return [
        Paragraph(f"专家组建议：{text}。"),
        Paragraph("本报告各项得分由专家组成员独立评分后汇总，合议定分均附理由。以下签名确认。"),
        Signatures(tuple((ROLE_TITLES[member.role], member.name) for member in scoring)),
    ]
