"""The report's annexes: every mark of every expert, what the log holds, which rubric it all was measured by, photos.

They let a reader recompute each figure of the report; they judge nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from inspection_app.core.consolidation import ItemResult
from inspection_app.core.document import Align, Block, Column, Facts, Heading, PageBreak, Paragraph, Row, Table, Weight
from inspection_app.core.feedback.material import Material, earned
from inspection_app.core.rubric import Erratum
from inspection_app.core.scoring import State
from inspection_app.core.visit import Member
from inspection_app.core.wording import chinese_time, fixed, halves, plain

_STATES = {
    State.UNMARKED: "未评", State.NOT_APPLICABLE: "不适用", State.RECUSED: "回避", State.NOT_ASSIGNED: "／",
    State.EXCUSED: "缺席",
}  # fmt: skip
_TITLED = 7  # up to so many experts the matrix has room for the items' titles

ACT_TITLES = {
    "create-visit": "建立现场验收", "describe-visit": "填写基本信息", "appoint-member": "任命专家组成员",
    "issue-code": "发放个人码", "assign-items": "分工", "name-sites": "填写备选考察点", "load-roster": "导入群众名单",
    "enter-figure": "填写数据", "lock-list": "名单锁定", "unlock-list": "名单解锁", "begin-ceremony": "抽取开始",
    "void-ceremony": "抽取作废", "enter-public-digits": "登记公开数字", "draw": "抽取",
    "register-by-hand": "登记手工抽签", "call": "联系群众", "substitute": "递补", "close-absent": "缺席名单",
    "draw-fresh": "另取公开数字",
    "hand-out-annex": "交付名单附件", "open-scoring": "开始评分", "answer-item": "评分", "hand-in": "提交评分表",
    "take-back": "撤回评分表", "hand-in-paper": "提交纸质评分表", "excuse": "不再等待评分表", "ask-again": "请专家复核",
    "look-again": "专家复核", "open-marks": "亮分", "adjudicate": "合议定分", "decide-veto": "认定否决条件",
    "decide-gate": "认定基本条件", "explain": "说明", "confirm-result": "确认结果", "attach-scan": "附签字扫描件",
    "seal": "定稿归档", "issue": "签发文件", "state-finding": "编写反馈要点", "state-judgement": "编写总体评价",
    "disclose": "设定反馈意见内容", "recommend": "提出建议", "plan-activities": "日程安排", "take-attendance": "签到",
    "observe": "现场记录", "check-site": "考察点核查", "enter-fact": "填写申报表", "remove-personal": "删除个人信息",
    "bring-self-check": "导入自查和资料评分", "form-groups": "分组", "declare": "声明和承诺",
    "propose-recusal": "提出回避",
    "decide-recusal": "决定回避", "hand-over-chair": "移交组长职责", "dispute-figure": "数据异议",
    "settle-dispute": "处理异议", "choose-method": "选定汇总方法", "propose-reopening": "提出重新开启",
    "confirm-reopening": "确认重新开启", "type-in": "代录", "confirm-typed": "确认代录",
    "bring-sheets": "带回评分表", "keep-phrases": "常用语",
    "share-phrases": "共用常用语", "lead-screen": "大屏显示", "attach-evidence": "附照片和材料",
    "change-method": "变更汇总方法", "choose-reading": "决定读法", "restore": "恢复备份",
}  # fmt: skip
"""What the log's acts are called in the report; one that is not named here is printed by its code."""


def annexes(material: Material) -> Iterator[Block]:
    """Yield the annexes, each on a page of its own; those of photos and documents only where there are any."""
    parts = [("评分汇总表", _matrix(material)), ("操作记录摘要", _log(material)), ("评分细则摘要", _rubric(material))]
    if material.shown:
        parts.append(("其他现场照片", _photos(material)))
    if material.attached:
        parts.append(("附存文件清单", _attached(material)))
    for number, (title, blocks) in enumerate(parts, 1):
        yield PageBreak()
        yield Heading(f"附件{number}　{title}")
        yield from blocks


def _matrix(material: Material) -> Iterator[Block]:
    experts = [member for member in material.members if member.scores]
    titled = len(experts) <= _TITLED
    fixed_shares = (0.07, 0.31 if titled else 0.0, 0.07, 0.09)
    each = (1 - sum(fixed_shares)) / max(1, len(experts))
    columns = (
        Column("项号", fixed_shares[0], Align.CENTER), *([Column("考核项", fixed_shares[1])] if titled else []),
        Column("满分", fixed_shares[2], Align.RIGHT), *(Column(one.name, each, Align.RIGHT) for one in experts),
        Column("专家组", fixed_shares[3], Align.RIGHT),
    )  # fmt: skip
    places, blank = material.visit.places, [""] * len(experts)
    rows: list[Row] = []
    for aspect, (found, points) in zip(material.rubric.aspects, earned(material), strict=True):
        for item in aspect.items:
            result = material.result.item(item.no)
            score = fixed(result.points, places) + ("※" if result.adjudication else "")
            marks = (_mark(result, one) for one in experts)
            rows.append(Row((item.no, *([item.content] if titled else []), plain(item.ceiling), *marks, score)))
        title = [found.title] if titled else []
        rows.append(Row(("" if titled else "小计", *title, plain(found.ceiling), *blank, fixed(points, places)),
                        Weight.SUBTOTAL))  # fmt: skip
    yield Table(columns, tuple(rows), small=True)
    yield Paragraph("※为合议定分。／为未分工；未评、回避和不适用不计入平均，也不计为零分。", small=True)


def _mark(result: ItemResult, member: Member) -> str:
    score = result.scores.get(member.id)
    if score is None:
        return _STATES[State.NOT_ASSIGNED]
    return plain(score.points) if score.state is State.SCORED else _STATES[score.state]


def _log(material: Material) -> Iterator[Block]:
    log = material.log
    if not log:
        yield Paragraph("没有操作记录。")
        return
    yield Facts((
        ("记录条数", str(len(log))),
        ("起止时间", f"{_when(log[0].at)}至{_when(log[-1].at)}"),
        ("末条哈希", halves(material.log_head)),
    ))  # fmt: skip
    yield Paragraph(
        "记录只增不改，每条的哈希覆盖该条内容和上一条的哈希；末条哈希印在本报告上，改动任何一条都会与它不符。",
        small=True,
    )
    acts: dict[str, list[str]] = {}
    for entry in log:
        acts.setdefault(entry.act, []).append(entry.at)
    columns = (
        Column("事项", 0.28), Column("次数", 0.12, Align.RIGHT), Column("首次", 0.3), Column("末次", 0.3),
    )  # fmt: skip
    rows = (Row((ACT_TITLES.get(act, act), str(len(at)), _when(at[0]), _when(at[-1]))) for act, at in acts.items())
    yield Table(columns, tuple(rows), small=True)


def _when(at: str) -> str:
    return chinese_time(datetime.fromisoformat(at))


def _rubric(material: Material) -> Iterator[Block]:
    rubric, visit = material.rubric, material.visit
    sums = [f"基本分{plain(rubric.base_total)}"]
    sums += [f"加分至多{plain(rubric.bonus_total)}"] if rubric.bonus_total else []
    sums += [f"扣分至多{plain(rubric.deduction_total)}"] if rubric.deduction_total else []
    yield Facts((
        ("名称", rubric.title), ("发布单位", rubric.issuer), ("年份", rubric.year),
        ("编号和版本", f"{rubric.id}　{rubric.version}"),
        ("来源", rubric.source), ("考核项", f"{len(rubric.aspects)}个指标项，{len(rubric.items)}项"),
        ("满分", f"{'，'.join(sums)}（原文标明{plain(rubric.stated_total)}）"),
        ("SHA-256", halves(visit.rubric_digest)),
    ))  # fmt: skip
    slips = [*_all_slips(material)]
    if slips:
        yield Heading("原文勘误", 3)
        columns = (Column("位置", 0.14), Column("原文情况", 0.43), Column("处理办法", 0.43))
        yield Table(columns, tuple(Row((where, slip.says, slip.does)) for where, slip in slips), small=True)


def _photos(material: Material) -> Iterator[Block]:
    for place, pictures in material.shown:
        yield Heading(place, 3)
        yield from pictures


def _attached(material: Material) -> Iterator[Block]:
    """List the documents that are not printed here by what tells each from any other."""
    yield Paragraph("下列文件原样存入本次现场验收文件，未在本报告中印出；摘要为文件内容SHA-256的前16位。", small=True)
    columns = (
        Column("序号", 0.07, Align.CENTER), Column("文件", 0.28), Column("所属", 0.23), Column("存入人", 0.1),
        Column("存入时间", 0.17), Column("摘要", 0.15),
    )  # fmt: skip
    yield Table(columns, tuple(
        Row((str(number), one.title, one.about, one.by, chinese_time(one.at), one.digest[:16]))
        for number, one in enumerate(material.attached, 1)
    ), small=True)  # fmt: skip


def _all_slips(material: Material) -> Iterator[tuple[str, Erratum]]:
    rubric = material.rubric
    yield from (("全文", slip) for slip in rubric.errata)
    for aspect in rubric.aspects:
        yield from ((aspect.title, slip) for slip in aspect.errata)
        yield from ((f"考核项{item.no}", slip) for item in aspect.items for slip in item.all_errata)
    yield from (("基本条件", slip) for gate in rubric.gates for slip in gate.errata)
