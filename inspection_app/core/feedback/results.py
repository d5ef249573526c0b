"""What the scores say, section by section: totals, conditions, each item with its reasons, adjudications, method.

It computes no score: it takes the result as ``core.consolidation`` made it and says it in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from inspection_app.core.consolidation import GateDecision, ItemResult, Method, ReadingChoice, Reckoning, Rounding
from inspection_app.core.document import Align, Block, Column, Heading, Paragraph, Row, Table, Weight
from inspection_app.core.feedback.material import Material, bare_title, earned
from inspection_app.core.rubric import Erratum, Gate, Rubric
from inspection_app.core.scoring import Flag, Line, Score, State
from inspection_app.core.sensitivity import Alternative, Sensitivity
from inspection_app.core.totals import Basis, Reading, Verdict
from inspection_app.core.visit import Visit
from inspection_app.core.wording import ASPECT_KINDS, chinese_time, fixed, numeral, plain


def totals_blocks(material: Material) -> list[Block]:
    """Say every aspect's points and the totals, and what the official text makes of them."""
    result, places = material.result, material.visit.places
    right = Align.RIGHT
    rows = [
        Row((aspect.title + ASPECT_KINDS[aspect.kind], plain(aspect.ceiling), fixed(points, places),
             rate(points, aspect.ceiling)))
        for aspect, points in earned(material)
    ]  # fmt: skip
    base, bonus = material.rubric.base_total, material.rubric.bonus_total

    def sum_row(title: str, ceiling: Decimal, points: Decimal, weight: Weight) -> Row:
        return Row((title, plain(ceiling), fixed(points, places), rate(points, ceiling)), weight)

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
    blocks += [Paragraph(words) for words in verdict_words(material)]
    if material.rubric.verdict_text:
        blocks.append(Paragraph(material.rubric.verdict_text, small=True))
    return blocks


def verdict_words(material: Material) -> list[str]:
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
            apart = f"实得分与折算分分处合格线（{line}分）两侧，"
            if result.verdict == Verdict.UNDECIDED:
                return [f"{apart}由组长决定采用哪一种。"]
            counts = _TOTALS[result.readings[""].reading or Reading.FIRST]
            reached = "达到" if result.verdict == Verdict.PASS else "未达到"
            return [f"{apart}组长决定采用{counts}，据此{reached}合格线。"]
    return []


_TOTALS = {Reading.FIRST: "实得分", Reading.SECOND: "折算分"}


def _minus(points: Decimal, places: int) -> str:
    return f"−{fixed(points, places)}" if points else fixed(points, places)


def rate(points: Decimal | None, ceiling: Decimal) -> str:
    """Write points as a percentage of what they could be, to one decimal."""
    if points is None or not ceiling:
        return "—"
    return f"{(points / ceiling * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def condition_title(rubric: Rubric) -> str:
    """Name the section of ``condition_blocks`` by what the rubric has."""
    named = [*(["否决条件"] if rubric.vetoes else []), *(["基本条件"] if rubric.gates else [])]
    return "和".join(named or ["否决条件", "基本条件"])


def condition_blocks(material: Material) -> list[Block]:
    """Say how every veto and gate was decided, and by what."""
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
    both = bool(veto_rows and gate_rows)  # one alone is named by the section's own heading
    if veto_rows:
        blocks += [
            *([Heading("（一）否决条件", 2)] if both else []),
            Table((Column("情形", 0.5), Column("认定", 0.12, Align.CENTER), Column("依据", 0.38)), veto_rows),
        ]
        if result.vetoed:
            effects = "、".join(dict.fromkeys(vetoes[veto].effect for veto in result.vetoed))
            blocks.append(Paragraph(f"出现否决条件，按细则{effects}；评分结果保留备查。"))
    if gate_rows:
        blocks += [
            *([Heading("（二）基本条件", 2)] if both else []),
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
    told = f"；另一读法（含加分）{decision.other}，"
    if not decision.readings_differ:
        return f"{told}结论相同"
    if decision.chosen is None:
        return f"{told}结论相反，由组长决定采用哪一种"
    return f"{told}结论相反，组长决定采用{'含加分' if decision.chosen is Reading.SECOND else '不含加分'}的读法"


def _figure_text(rubric: Rubric, key: str, value: str, sources: Mapping[str, str]) -> str:
    source = sources.get(key, "")
    return f"{value}{rubric.figures[key].unit}" + (f"（{source}）" if source else "")


def item_blocks(material: Material) -> list[Block]:
    """Say every item's panel score, what it lost and why, aspect by aspect."""
    blocks: list[Block] = []
    columns = (
        Column("序号", 0.07, Align.CENTER), Column("考核项", 0.23), Column("满分", 0.08, Align.RIGHT),
        Column("得分", 0.1, Align.RIGHT), Column("主要扣分原因和评分说明", 0.52),
    )  # fmt: skip
    places = material.visit.places
    for place, (aspect, (total, points)) in enumerate(
        zip(material.rubric.aspects, earned(material), strict=True), 1
    ):
        rows = [
            Row((item.no, item.content, plain(item.points), fixed(material.result.item(item.no).points, places),
                 _why(material, material.result.item(item.no))))
            for item in aspect.items
        ]  # fmt: skip
        rows.append(Row(("", "小计", plain(total.ceiling), fixed(points, places), ""), Weight.SUBTOTAL))
        blocks += [Heading(f"（{numeral(place)}）{bare_title(aspect.title)}", 2), Table(columns, tuple(rows))]
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


def method_blocks(material: Material) -> list[Block]:
    """Say how the scores were made, what another method would make of them, and how the official text was read."""
    parts = (
        ("汇总方法", _method(material)),
        ("换用其他方法的结果", _sensitivity(material)),
        ("两种读法的取舍", _readings(material)),
        ("原文勘误", _slips(material)),
    )
    told = [(title, blocks) for title, found in parts if (blocks := [*found])]
    return [
        block
        for number, (title, blocks) in enumerate(told, 1)
        for block in (Heading(f"（{numeral(number)}）{title}", 2), *blocks)
    ]


def _method(material: Material) -> Iterator[Block]:
    yield Paragraph(f"各考核项{method_sentence(material.visit)}。中间结果按精确值计算，四舍五入只在上述环节进行一次。")
    yield Paragraph("不适用和回避的评分内容不计入满分；合议定分由组长提出并写明理由和条款，专家原评分照录，不作改动。")
    if changes := material.method_changes:
        yield Paragraph(f"评分开始后，组长变更汇总方法{len(changes)}次：")
        columns = (Column("时间", 0.2), Column("原方法", 0.25), Column("改为", 0.25), Column("理由", 0.3))
        yield Table(columns, tuple(
            Row((f"{chinese_time(one.at)}（{'亮分后' if one.opened else '亮分前'}）", _reckoning(one.before),
                 _reckoning(one.after), one.reason))
            for one in changes
        ))  # fmt: skip


_SHORT = {Method.MEAN: "平均值", Method.DROP_HIGH_LOW: "去掉最高分和最低分后的平均值", Method.MEDIAN: "中位数"}
_ORDERS = {Rounding.ITEMS: "逐项取舍后相加", Rounding.TOTAL: "精确相加后取舍"}


def _reckoning(one: Reckoning) -> str:
    least = f"，每项至少{one.min_marks}人评分" if one.min_marks > 1 else ""
    return f"{_SHORT[Method(one.method)]}，{_ORDERS[Rounding(one.rounding)]}，{one.places}位小数{least}"


def _sensitivity(material: Material) -> Iterator[Block]:
    """Say whether another method would have led to another verdict: it only tells, and changes nothing."""
    found, places = material.sensitivity, material.visit.places
    if found is None:
        return
    yield Paragraph(_would_differ(found, places) + "合议定分在各种方法下不变；本表仅作说明，不改变评分结果。")
    in_part = any(one.prorated is not None for one in found.alternatives)
    right = Align.RIGHT
    columns = (
        Column("方法", 0.5 if in_part else 0.6), Column("总分", 0.12, right),
        *([Column("折算", 0.12, right)] if in_part else []), Column("按原文", 0.26 if in_part else 0.28),
    )  # fmt: skip
    yield Table(columns, tuple(
        Row((
            f"{_SHORT[Method(one.reckoning.method)]}，{_ORDERS[Rounding(one.reckoning.rounding)]}"
            + ("（本次采用）" if one.chosen else ""),
            fixed(one.total if one.complete else None, places),
            *([fixed(one.prorated if one.complete else None, places)] if in_part else []),
            _by_the_text(one),
        ), Weight.SUBTOTAL if one.chosen else Weight.PLAIN)
        for one in found.alternatives
    ))  # fmt: skip


def _would_differ(found: Sensitivity, places: int) -> str:
    if not found.chosen.complete or found.range is None:
        return "尚有考核项没有专家组得分，换用其他方法结论是否不同，须待各项定分后判断。"
    low, high = (fixed(total, places) for total in found.range)
    range_ = f"各种方法的总分在{low}至{high}分之间。" if low != high else f"各种方法的总分均为{low}分。"
    if found.chosen.basis is Basis.VETO:
        return f"出现否决条件，结论与汇总方法无关。{range_}"
    if found.chosen.basis is Basis.SILENT:
        return f"原文未规定合格线，换用其他方法不改变结论。{range_}"
    if found.otherwise:
        others = "、".join(dict.fromkeys(_SHORT[Method(one.reckoning.method)] for one in found.otherwise))
        return f"换用其他方法（{others}），结论会不同。{range_}"
    return f"换用评分数足够的任何一种方法，结论都相同。{range_}"


def _by_the_text(one: Alternative) -> str:
    """Say what the text makes of one method's total."""
    if not one.complete:
        return f"{len(one.open_items)}项评分数不足"
    match one.basis:
        case Basis.SILENT:
            return "原文未规定"
        case Basis.VETO:
            return "否决" if one.verdict == Verdict.FAIL else f"否决，{one.verdict}级"
        case _:
            return {Verdict.PASS: "合格", Verdict.FAIL: "不合格"}.get(Verdict(one.verdict), "两种读法结论不同")


def _readings(material: Material) -> Iterator[Block]:
    """Tell every choice between two readings of the official text with its reason, and what is still to be chosen."""
    rubric, result = material.rubric, material.result
    gates = {gate.id: gate for gate in rubric.gates}
    if chosen := material.readings:
        yield Paragraph("原文有两种读法且结论不同的，由组长决定采用哪一种，并说明理由：")
        columns = (Column("事项", 0.34), Column("采用", 0.16), Column("理由", 0.3), Column("时间", 0.2))
        yield Table(columns, tuple(
            Row((
                gates[one.gate].text if one.gate else "总分与合格线",
                _reading_words(one), one.reason or "—", chinese_time(one.at),
            ))
            for one in chosen
            if not one.gate or one.gate in gates
        ))  # fmt: skip
    for gate in result.undecided_readings:
        what = f"基本条件“{gates[gate].text}”" if gate else "总分（实得分与折算分）"
        yield Paragraph(f"{what}的两种读法结论不同，尚未决定采用哪一种。")


def _reading_words(one: ReadingChoice) -> str:
    if one.reading is None:
        return "收回决定"
    if not one.gate:
        return _TOTALS[one.reading]
    return "含加分" if one.reading is Reading.SECOND else "不含加分"


def _slips(material: Material) -> Iterator[Block]:
    """Tell which slips of the official text bore on the result."""
    slips = tuple(_slips_that_mattered(material))
    if slips:
        columns = (Column("位置", 0.16), Column("原文情况", 0.42), Column("本次处理", 0.42))
        yield Paragraph("原文有下列情况，涉及有标记或合议的考核项，按右栏办法处理；全部勘误见评分细则摘要。")
        yield Table(columns, tuple(Row((where, slip.says, slip.does)) for where, slip in slips))
    elif any(item.all_errata for item in material.rubric.items) or material.rubric.errata:
        yield Paragraph("细则原文的勘误见评分细则摘要，未涉及有标记或合议的考核项。")


def _slips_that_mattered(material: Material) -> Iterator[tuple[str, Erratum]]:
    """Yield the errata of items that were flagged, adjudicated or capped by the text, and of gates read twice."""
    rubric, result = material.rubric, material.result
    for item in result.items:
        if item.flagged or item.adjudication or item.item.cap is not None:
            yield from ((f"考核项{item.item.no}", slip) for slip in item.item.all_errata)
    differing = {decision.gate for decision in result.gates if decision.readings_differ}
    yield from (("基本条件", slip) for gate in rubric.gates if gate.id in differing for slip in gate.errata)


def adjudication_blocks(material: Material) -> list[Block]:
    """Say every item that the chair decided: what the experts gave, what was decided, why and by which clause."""
    places = material.visit.places
    columns = (
        Column("考核项", 0.21), Column("专家评分", 0.17), Column("定分", 0.1, Align.RIGHT), Column("理由", 0.31),
        Column("依据条款", 0.21),
    )  # fmt: skip
    rows = tuple(
        Row((
            f"{item.item.no}　{item.item.content}", item.panel.working or "—", fixed(item.adjudication.points, places),
            item.adjudication.reason, item.adjudication.clause or "—",
        ))
        for item in material.result.items
        if item.adjudication
    )  # fmt: skip
    return [Table(columns, rows)] if rows else [Paragraph("各考核项均按汇总方法得出，没有合议定分。")]
