"""The consolidated report (现场验收报告) as a plain structure of printed blocks: all that the visit was and found.

The visit's documents are Chinese, so this package's phrases are, too. It computes no score and sets no type.

Source: the report's order follows the acceptance visit itself (汇报交流, 实地考察, 群众座谈, 情况反馈).
"""

from __future__ import annotations

from collections.abc import Sequence

from inspection_app.core.document import (
    Align,
    Block,
    Code,
    Column,
    Contents,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Row,
    Signatures,
    Table,
)
from inspection_app.core.feedback.annexes import annexes
from inspection_app.core.feedback.charts import charts
from inspection_app.core.feedback.for_applicant import judgement_of
from inspection_app.core.feedback.material import (
    EVENT_TITLES,
    KIND_TITLES,
    RECOMMENDATION_TITLES,
    Drawn,
    Finding,
    FindingKind,
    Material,
    Recommendation,
)
from inspection_app.core.feedback.results import (
    adjudication_blocks,
    condition_blocks,
    condition_title,
    item_blocks,
    method_blocks,
    method_sentence,
    totals_blocks,
)
from inspection_app.core.papers.certificate_page import DIGITS_BY
from inspection_app.core.wording import (
    DRAW_TITLES,
    INTERNAL,
    PARTY_TITLES,
    ROLE_TITLES,
    chinese_date,
    chinese_time,
    halves,
    numeral,
)


def report(material: Material) -> Document:
    """Build the consolidated report (现场验收报告), the full internal record of a visit."""
    visit = material.visit
    sections: tuple[tuple[str, Sequence[Block]], ...] = (
        ("验收概况", _overview(material)),
        *([("验收过程", material.on_site)] if material.on_site else []),
        ("抽取情况", _draws(material)),
        (condition_title(material.rubric), condition_blocks(material)),
        ("评分结果", [*totals_blocks(material), *charts(material)]),
        ("各考核项得分及主要扣分原因", item_blocks(material)),
        ("合议定分", adjudication_blocks(material)),
        ("反馈要点", _findings(material)),
        *([("特别事项", _events(material))] if material.events else []),
        ("专家组建议", _opinion(material)),
        ("汇总方法和原文勘误", method_blocks(material)),
    )
    blocks: list[Block] = [Contents("目　录"), PageBreak()]
    for number, (title, content) in enumerate(sections, 1):
        blocks += [Heading(f"{numeral(number)}、{title}"), *content]
    return Document(
        title=f"{visit.description.applicant}\n现场验收报告",
        subtitle=material.rubric.title,
        date=chinese_date(material.now.date()),
        blocks=(*blocks, *_signing(material), *annexes(material)),
        marking=INTERNAL,
        imprint=(
            f"细则：{visit.rubric_id}（版本 {visit.rubric_version}） SHA-256 {visit.rubric_digest}",
            *_pinned(material),
            f"记录链末值：{material.log_head}",
            f"生成时间：{material.now.isoformat(sep=' ', timespec='minutes')}",
        ),
        draft=not material.sealed,
        subject="现场验收报告",
        keywords=(*(f"{name} {digest}" for name, digest in _pins(material)),),
    )


_PIN_TITLES = {
    "visit": "现场验收编号", "rubric": "细则摘要", "result": "汇总结果摘要", "seal": "定稿摘要", "log": "记录链末值",
}  # fmt: skip


def _pins(material: Material) -> list[tuple[str, str]]:
    """Return what says which content of which visit this is, by the names that QR code and description give it."""
    visit = material.visit
    return [
        ("visit", visit.id), ("rubric", visit.rubric_digest),
        *([("result", material.result_digest)] if material.result_digest else []),
        *([("seal", material.seal.digest)] if material.seal else []),
        ("log", material.log_head),
    ]  # fmt: skip


def _pinned(material: Material) -> list[str]:
    """Say what the signatures are under, and every seal; one that was lifted says so."""
    told = [f"汇总结果摘要：{material.result_digest}"] if material.result_digest else []
    for one in material.seals:
        lifted = f"；{chinese_time(one.lifted)}重新开启，本次定稿解除" if one.lifted else ""
        told.append(
            f"第{one.number}次定稿：{chinese_time(one.at)}，摘要 {one.digest}，定稿时记录链末值 {one.log_head}{lifted}"
        )
    return told


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


def _events(material: Material) -> list[Block]:
    columns = (Column("时间", 0.2), Column("事项", 0.12), Column("人员", 0.12), Column("内容", 0.19),
               Column("理由及处理", 0.37))  # fmt: skip
    rows = (
        Row((chinese_time(one.at), EVENT_TITLES[one.kind], one.who, one.about, one.reason))
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
            *_fresh(drawn),
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
    needed, got = drawn.entropy
    facts = (
        f"名单编码 {drawn.short_code}",
        f"名单摘要 {drawn.list_digest}",
        f"随机数字：{cards}；公开数字 {_digits(drawn.public_digits, drawn.digits_by)}",
        f"种子 {drawn.seed}",
        *([f"取用轮次 种子/{drawn.attempt}；随机量需{needed}比特，公开数字有{got}比特"] if needed else []),
        "凭抽取记录单可由任何人重新计算验证。" + ("二维码是记录单的摘要。" if drawn.brief else ""),
    )
    if drawn.brief:
        return [Code(drawn.brief, facts, f"{DRAW_TITLES[drawn.kind]}抽取记录单的摘要")]
    return [Paragraph(line, small=True) for line in facts]


def _digits(public: str, by: str) -> str:
    return f"{public}（{DIGITS_BY[by]}）" if by in DIGITS_BY else public


def _fresh(drawn: Drawn) -> list[Block]:
    """Say how substitutes were drawn anew with fresh digits, with all that they can be computed from again."""
    fresh = drawn.fresh
    if fresh is None:
        return []
    absent = "；".join(f"{who}（{why}）" for who, why in fresh.absent)
    needed, got = fresh.entropy
    return [
        Paragraph(
            f"{chinese_time(fresh.closed)}，缺席名单闭合，由{'、'.join(fresh.signed)}签名：{absent}。名单闭合后当众另取公开数字，"
            f"递补人员由缺席名单和公开数字共同确定。"
        ),
        Facts((
            ("补抽公开数字", _digits(fresh.public_digits, fresh.digits_by)),
            ("随机量", f"需{needed}比特，公开数字有{got}比特"),
            ("补抽种子", halves(fresh.seed)),
            ("取用轮次", f"种子/{fresh.attempt}"),
            ("原抽取记录单", halves(fresh.first_digest)),
        )),
        *(Paragraph(f"第{number}次缺席名单收回，原因：{reason}。", small=True) for number, reason in fresh.voided),
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


def _findings(material: Material) -> list[Block]:
    blocks: list[Block] = [Paragraph(f"总体评价：{judgement_of(material)}")]
    kinds = [kind for kind in FindingKind if any(finding.kind is kind for finding in material.findings)]
    for place, kind in enumerate(kinds, 1):
        blocks.append(Heading(f"（{numeral(place)}）{KIND_TITLES[kind]}", 2))
        found = [finding for finding in material.findings if finding.kind is kind]
        for number, finding in enumerate(found, 1):
            items = f"（考核项{'、'.join(finding.items)}）" if finding.items else ""
            blocks.append(Paragraph(f"{number}. {finding.text}{items}"))
            if finding.observations:
                blocks.append(Paragraph(f"依据：{_evidence(material, finding)}。", small=True))
            blocks += material.pictures.get(finding.id, ())
    return blocks if kinds else [*blocks, Paragraph("尚未形成反馈要点。")]


def _evidence(material: Material, finding: Finding) -> str:
    """Tell the records that a finding rests on; of one that was taken back afterwards, that it was."""
    told = [material.evidence.get(id_, "") for id_ in finding.observations]
    taken_back = [f"另有{gone}条记录已撤回" if any(told) else "所依据的记录已撤回"] if (gone := told.count("")) else []
    return "；".join([*(text.rstrip("。；") for text in told if text), *taken_back])


def _opinion(material: Material) -> list[Block]:
    recommendation = material.visit.recommendation
    text = RECOMMENDATION_TITLES[Recommendation(recommendation)] if recommendation else "尚未形成"
    return [Paragraph(f"专家组建议：{text}。"), Paragraph("以上建议由专家组形成，不由分数自动得出。", small=True)]


def _signing(material: Material) -> list[Block]:
    """Set the page that is signed, with what pins the content that the signatures are under."""
    scoring = [member for member in material.members if member.scores]
    pins = _pins(material)
    said = [f"{one.who} {one.word}{f'（{chinese_time(one.at)}）' if one.at else ''}" for one in material.said]
    seal = material.seal
    return [
        PageBreak(),
        Heading("专家组签字稿"),
        Paragraph("本报告各项得分由专家组成员独立评分后汇总，合议定分均附理由。以下签名确认汇总结果。"),
        Signatures(tuple((ROLE_TITLES[member.role], member.name) for member in scoring)),
        *([Paragraph(f"打印时的确认情况：{'；'.join(said)}。", small=True)] if said else []),
        *([Paragraph(f"本次验收已于{chinese_time(seal.at)}定稿归档。", small=True)] if seal else []),
        Code(
            "\n".join(["inspection-app report 1", *(f"{name} {digest}" for name, digest in pins)]),
            (*(f"{_PIN_TITLES[name]} {digest}" for name, digest in pins),
             "二维码内容同上，可凭它核对本页、其他各页和现场验收文件是否一致。"),
            "本报告的编号和摘要",
        ),
    ]  # fmt: skip
