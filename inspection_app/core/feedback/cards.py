"""The score card: what one expert marked and wrote, on paper for signature (评分卡).

It prints the sheet as it stands and changes nothing; the empty sheet to fill in by hand is ``core.papers.score_sheet``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from inspection_app.core.document import (
    Align,
    Block,
    Column,
    Document,
    Facts,
    Paragraph,
    Row,
    Signatures,
    Table,
    Weight,
)
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Line, Score, State
from inspection_app.core.visit import Member, Visit
from inspection_app.core.wording import ASPECT_KINDS, ROLE_TITLES, chinese_date, chinese_time, plain

_STATES = {
    State.UNMARKED: "未评", State.NOT_APPLICABLE: "不适用", State.RECUSED: "回避", State.NOT_ASSIGNED: "未分工",
    State.EXCUSED: "缺席",
}  # fmt: skip


def score_card(
    visit: Visit,
    rubric: Rubric,
    member: Member,
    scores: Mapping[str, Score],
    notes: Mapping[str, str],
    now: datetime,
    *,
    log_head: str = "",
    draft: bool = False,
) -> Document:
    """Build one expert's score card: every item of theirs with mark, clauses and note, and a line to sign.

    Args:
        scores, notes: by item number; an item without a score, or not assigned, is left out.
        draft: while the sheet may still change.
    """
    blocks: list[Block] = [
        Facts((
            ("申报单位", visit.description.applicant), (ROLE_TITLES[member.role], member.name),
            ("单位", member.organisation or "—"), ("专业", member.speciality or "—"),
        )),
    ]  # fmt: skip
    columns = (
        Column("序号", 0.07, Align.CENTER), Column("考核项", 0.22), Column("满分", 0.07, Align.RIGHT),
        Column("评分", 0.09, Align.RIGHT), Column("判定和评分说明", 0.55),
    )  # fmt: skip
    sum_, open_, mine = Decimal(0), [], 0
    for aspect in rubric.aspects:
        rows = []
        for item in aspect.items:
            score = scores.get(item.no)
            if score is None or score.state is State.NOT_ASSIGNED:
                continue
            mine += 1
            if score.state is State.UNMARKED:
                open_.append(item.no)
            if score.points is not None:
                sum_ += -score.points if aspect.deduction else score.points
            shown = plain(score.points) if score.state is State.SCORED else _STATES[score.state]
            rows.append(Row((item.no, item.content, plain(item.ceiling), shown, _told(score, notes.get(item.no, "")))))
        if rows:
            blocks.append(Table(columns, tuple(rows), caption=f"{aspect.title}{ASPECT_KINDS[aspect.kind]}", small=True))
    if mine:
        total = Row((f"本人评分合计（{mine}项）", plain(sum_)), Weight.TOTAL)
        blocks.append(Table((Column("", 0.8), Column("", 0.2, Align.RIGHT)), (total,)))
    else:
        blocks.append(Paragraph("没有分工的考核项。"))
    if open_:
        blocks.append(Paragraph(f"第{'、'.join(open_)}项未评分，以上合计不含这些项目。", small=True))
    blocks += [
        Paragraph("以上评分和说明由本人独立作出，经核对无误。", small=True),
        Signatures(((ROLE_TITLES[member.role], member.name),)),
    ]
    return Document(
        title="专家评分卡",
        subtitle=rubric.title,
        date=chinese_date(now.date()),
        blocks=tuple(blocks),
        imprint=(f"细则 SHA-256 {visit.rubric_digest}", f"打印时间 {chinese_time(now)}　记录链末值 {log_head}"),
        form=True,
        running=f"{visit.description.applicant}　评分卡　{member.name}",
        draft=draft,
        subject="专家评分卡",
        keywords=(f"visit {visit.id}", f"rubric {visit.rubric_digest}", f"log {log_head}"),
    )


def _told(score: Score, note: str) -> str:
    lines = [_clause(line) for line in score.lines]
    if score.computed is not None and score.state is State.SCORED:
        lines.append(f"调整：按条款{plain(score.computed)}分，改为{plain(score.points)}分，理由：{score.reason}")
    return "\n".join([*lines, *([f"说明：{note}"] if note else [])])


def _clause(line: Line) -> str:
    reason = f"（{line.reason}）" if line.reason else ""
    how = f"［{line.how}］" if line.how else ""
    return f"{line.text}{how} {plain(line.points)}/{plain(line.ceiling)}{reason}"
