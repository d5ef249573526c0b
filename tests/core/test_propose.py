"""Rules and rows as offices write them, read by hand first; the wording here is made up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection_app.core.clauses import read_rule
from inspection_app.core.consistency import contradictions
from inspection_app.core.propose import TableRow, propose
from inspection_app.core.rubric import AspectKind, Choice, Grade, Rate, Step, Tick
from inspection_app.errors import RubricError


def said(text: str, points: object = None, **kind: bool) -> list[str]:
    """Read a rule and write its criteria shortly: kind, points, and what they are made of."""
    read = read_rule(text, None if points is None else Decimal(str(points)), no="1", **kind)
    return [short(criterion) for criterion in read.criteria]


def short(criterion: object) -> str:
    match criterion:
        case Tick():
            return f"tick {criterion.points}" + ("" if criterion.parts else " all or nothing")
        case Choice():
            return "choice " + "/".join(str(tier.points) for tier in criterion.tiers)
        case Step():
            bands = "; ".join(f"{band} {band.points}{'' if band.official else '*'}" for band in criterion.bands)
            return f"step {criterion.measure.value} {bands}"
        case Rate():
            target = f" from {criterion.target}" if criterion.target is not None else ""
            return (f"rate {criterion.measure.value}{target}: {criterion.start} {criterion.each:+} per {criterion.unit}, "
                    f"most {criterion.points}")  # fmt: skip
        case Grade():
            allowed = "/".join(map(str, criterion.allowed))
            return " ".join(filter(None, ("grade", str(criterion.points), allowed, criterion.reason,
                                          "external" if criterion.external else "")))  # fmt: skip
    raise AssertionError(criterion)


@pytest.mark.parametrize(
    ("rule", "points", "criteria"),
    [
        ("制定规划（2分）。召开会议（1分）。", 3, ["tick 2", "tick 1"]),
        ("制定规划(0.5分)；召开会议(１．５分)", 2, ["tick 0.5", "tick 1.5"]),
        ("1.制定规划。（1分）2.召开会议。（1分）", 2, ["tick 1", "tick 1"]),
        ("制定规划得2分，正在制定得1分，未制定不得分。", 2, ["choice 2/1/0"]),
        ("制定规划得2分；召开会议得1分。", 3, ["tick 2", "tick 1"]),
        ("制定规划得2分；召开会议得1分。", 2, ["choice 2/1"]),
        ("五星级2分，四星级1分，三星级0.5分。", 2, ["choice 2/1/0.5"]),
        ("制定规划得3分；否则不得分。", 3, ["tick 3 all or nothing"]),
        ("定期开展测评并发布结果。", 5, ["tick 5 all or nothing"]),
    ],
)
def test_points_add_up_or_exclude_each_other_as_they_fit_the_item(rule: str, points: int, criteria: list[str]) -> None:
    """The same words are two clauses or two levels: what the item's points are decides."""
    assert said(rule, points) == criteria


@pytest.mark.parametrize(
    ("rule", "points", "criteria"),
    [
        ("合格率98%以上得4分，95%以上得2分，不足95%不得分。", 4, "step value ≥ 98 4; ≥ 95, < 98 2; < 95 0"),
        ("合格率达到98％得4分；达到95％得2分；其余得0分。", 4, "step value ≥ 98 4; ≥ 95, < 98 2; < 95 0"),
        ("合格率98%以上得4分，90%-98%得2分，90%以下不得分。", 4, "step value ≥ 98 4; ≥ 90, < 98 2; < 90 0"),
        ("合格率超过98%得4分，90%以上得2分，低于90%不得分。", 4, "step value > 98 4; ≥ 90, ≤ 98 2; < 90 0"),
        ("投诉率1%以下得3分，2%以下得1分，超过2%不得分。", 3, "step value ≤ 1 3; > 1, ≤ 2 1; > 2 0"),
        ("排名前10位（2分），前11-20位（1分）。", 2, "step value ≤ 10 2; > 10, ≤ 20 1; > 20 0*"),
        ("企业10万元以上(含10万)得5分,5-10万(含5万)得2分,少于5万不得分。", 5, "step value ≥ 10 5; ≥ 5, < 10 2; < 5 0"),
        ("经费比例达到0．4‰得2分；达到0.2‰得1分；没有经费的得0分。", 2, "step value ≥ 0.4 2; ≥ 0.2, < 0.4 1; = 0 0"),
        ("覆盖率达到95%以上（2分）。", 2, "step value ≥ 95 2; < 95 0"),
        ("覆盖率大于95%（2分）。", 2, "step value > 95 2; ≤ 95 0"),
        ("投诉不高于3起（2分）。", 2, "step value ≤ 3 2; > 3 0"),
        ("满意度不低于全省平均水平（2分）。", 2, "step above_target ≥ 0 2; < 0 0"),
        ("满意度较上年提升3个百分点以上（2分）。", 2, "step change ≥ 3 2; < 3 0"),
        ("经费投入较上一年增长超过20%（2分）。", 2, "step growth > 20 2; ≤ 20 0"),
        ("达到目标值，得10分；低于目标值1个百分点（含1个百分点）的扣1分；低于目标值1-3个百分点（含3个百分点）的扣2分；"
         "低于目标值超过3个百分点扣10分。", 10, "step shortfall ≤ 0 10; > 0, ≤ 1 9; > 1, ≤ 3 8; > 3 0"),
    ],
)  # fmt: skip
def test_levels_of_one_number_become_ranges_with_their_ends(rule: str, points: int, criteria: str) -> None:
    """以上, 以下, 达到 include their number, 超过, 大于, 低于 do not; a level ends where the better one begins."""
    assert said(rule, points) == [criteria]


@pytest.mark.parametrize(
    ("rule", "points", "criteria"),
    [
        ("每有一起投诉扣0.5分，扣完2分为止。", 2, ["rate value: 2 -0.5 per 1, most 2"]),
        ("每增加2家加1分，最高5分。", 5, ["rate value: 0 +1 per 2, most 5"]),
        ("获得认证的每个0.5分。满分4分。", 4, ["rate value: 0 +0.5 per 1, most 4"]),
        ("合格率达到100%的得15分，未达到100%者每下降0．5%减1分，直至0分。", 15,
         ["rate shortfall from 100: 15 -1 per 0.5, most 15"]),
        ("路面整洁得10分；发现一处垃圾扣2分，扣完为止。", 10, ["rate value: 10 -2 per 1, most 10"]),
        ("合格率98%以上得4分，不足98%不得分。每有一起投诉扣1分，扣完2分为止。", 6,
         ["step value ≥ 98 4; < 98 0", "rate value: 2 -1 per 1, most 2"]),
        ("未完成目标的，每差1个百分点扣0.5分，扣完为止。", 3, ["rate shortfall: 3 -0.5 per 1, most 3"]),
        ("每年召开会议得2分。", 2, ["tick 2"]),
        ("完成任务计5分，未完成任务扣5分。", 5, ["choice 5/0"]),
        ("办好示范片的计4分。未办宣传栏扣2分。", 6, ["tick 4", "grade 2 less"]),
        ("未制定方案扣2分，未总结扣1分。", 5, ["grade 5 less"]),
        ("由专家酌情打分，分别是20分、10分、5分。", 20, ["grade 20 20/10/5"]),
        ("设施完善,视情况酌情给分,最高1分;普及率达95%以上,得0.5分", 1.5,
         ["grade 1 points", "step value ≥ 95 0.5; < 95 0"]),
    ],
)  # fmt: skip
def test_what_is_counted_or_judged(rule: str, points: float, criteria: list[str]) -> None:
    """Points for each whole unit are a rate, up or down; several reasons for points off, and discretion, are judged."""
    assert said(rule, points) == criteria


def test_a_cap_is_the_items_where_it_is_a_sentence_of_its_own() -> None:
    """满分3分 behind clauses that earn more is a lower ceiling."""
    read = read_rule("标杆单位（1分）。示范单位（1分）。达到标准（2分）。满分3分。", Decimal(4), no="22")
    assert (read.cap, [short(one) for one in read.criteria]) == (Decimal(3), ["tick 1", "tick 1", "tick 2"])


def test_conditions_behind_one_value_are_listed_with_the_numbers_they_name() -> None:
    """Commas part conditions, not the commas within quotes or brackets, nor what only leads in."""
    read = read_rule("在年度内，建立档案，建档率大于80%，并录入“甲，乙”库（1分）。", Decimal(1), no="6")
    checks = read.criteria[0].checks  # type: ignore[union-attr]
    assert [check.text for check in checks] == ["在年度内，建立档案", "建档率大于80%", "并录入“甲，乙”库"]
    assert [str(check.holds) if check.holds else "" for check in checks] == ["", "> 80", ""]
    assert [figure.unit for figure in read.figures.values()] == ["%"]


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("获得市领导肯定，或者在省级会议上交流（1分）。", "between conditions"),
        ("处理率达70%或增长明显得1分。", "another condition"),
        ("由专家酌情加分（1分）。", ""),
        ("有口岸的城市，口岸达标，无口岸的城市，此项为合理缺项（1分）。", "does not apply"),
    ],
)
def test_what_words_leave_open_is_marked(rule: str, word: str) -> None:
    """“或” between conditions, a number beside another condition, a stated exception: a person decides."""
    read = read_rule(rule, Decimal(1), no="1")
    assert isinstance(read.criteria[0], (Tick, Grade))
    if word:
        assert any(word in doubt.message for doubt in read.doubts)


def test_a_rule_longer_than_any_is_not_taken_apart() -> None:
    """It would take minutes: it stands as one criterion with its words, and says that it could not be read."""
    text = "A" * 70_000 + "得1分。"
    read = read_rule(text, Decimal(4), no="1")
    assert [(short(one), one.text) for one in read.criteria] == [("tick 4 all or nothing", text.rstrip("。"))]
    assert [doubt.message for doubt in read.doubts] == ["This rule could not be read."]


def test_a_doubt_names_its_criterion() -> None:
    """Every doubt is about the item, or about a criterion that it has."""
    read = read_rule("办好示范片的计4分。未办宣传栏扣2分。每起事故扣1分。", Decimal(9), no="1")
    assert [(short(one), one.id) for one in read.criteria][1:2] == [("grade 2 less", "2")]
    assert "2" in {doubt.criterion for doubt in read.doubts if "come off" in doubt.message}
    assert {doubt.criterion for doubt in read.doubts} <= {"", *(one.id for one in read.criteria)}


def test_points_that_fit_no_reading_are_marked() -> None:
    """Clauses that come to neither the sum nor the highest are kept as they stand, and said to be uncertain."""
    read = read_rule("制定规划（2分）。召开会议（2分）。", Decimal(7), no="1")
    assert [short(one) for one in read.criteria] == ["tick 2", "tick 2"]
    assert any("not certain" in doubt.message for doubt in read.doubts)


def row(rule: str, aspect: str = "一、质量（10分）", *, content: str = "内容", points: str = "", above: str = "",
        **cells: str) -> TableRow:  # fmt: skip
    said = {"aspect": aspect, "content": content, "points": points, "rule_text": rule} | cells
    return TableRow("Sheet!1", {name: text for name, text in said.items() if text}, frozenset(above.split()))


def proposed(*rows: TableRow, judged: bool = False):
    return propose(rows, id="a-town", title="细则", source="table.xlsx", judged=judged)


def test_chapters_take_points_bonus_and_cap_from_their_headings() -> None:
    """（22分） is a heading's points; 加分项（最高5分） is a bonus with a cap; what comes off stands by itself."""
    rubric = proposed(
        row("做到（22分）。", "机制（22分）", points="22"),
        row("1.增长超过20%的加2分。2.获得国家奖的单位加3分；省级奖的单位加1分。", "加分项（此项最高5分）", points="5"),
        row("发生事故。（每起扣1分，最高扣2分）", "安全"),
    ).rubric
    assert [(a.title, a.points, a.kind, a.cap) for a in rubric.aspects] == [
        ("机制", Decimal(22), AspectKind.BASE, None),
        ("加分项", Decimal(5), AspectKind.BONUS, Decimal(5)),
        ("安全", None, AspectKind.DEDUCTION, None),
    ]
    assert [len(aspect.items) for aspect in rubric.aspects] == [1, 2, 1]
    assert (rubric.stated_total, rubric.stated_bonus) == (Decimal(27), Decimal(5))
    assert [short(c) for c in rubric.aspects[2].items[0].criteria] == ["rate value: 0 +1 per 1, most 2"]


def test_lines_across_the_table_are_chapters_and_requirements() -> None:
    """A table for each chapter has its heading above; the column of chapters may repeat it without points."""
    rubric = proposed(
        TableRow("S!1", banner="一、规划（满分2分)"), TableRow("S!2", banner="总体要求：政府重视。"),
        row("做到（2分）。", "一、规划", points="2"),
        TableRow("S!5", banner="二、文化（满分1分）"), row("做到（1分）。", "二、文化", points="1"),
    ).rubric  # fmt: skip
    found = [(a.title, a.points, a.requirement) for a in rubric.aspects]
    assert found == [("一、规划", Decimal(2), "政府重视。"), ("二、文化", Decimal(1), "")]


def test_merged_rows_are_one_item_and_one_number_for_several_is_told_apart() -> None:
    """Content and points merged over two rows make one item; 序号 merged over items is counted on: 3.1, 3.2."""
    rubric = proposed(
        row("甲（1分）。", points="2", no="3"), row("乙（1分）。", points="2", above="content points no", no="3"),
        row("丙（1分）。", points="1", above="no", no="3"),
    ).rubric  # fmt: skip
    assert [(item.no, item.rule_text, len(item.criteria)) for item in rubric.items] == [
        ("3.1", "甲（1分）。乙（1分）。", 2), ("3.2", "丙（1分）。", 1),
    ]  # fmt: skip


def test_vetoes_are_no_items() -> None:
    """考核结果一律为D级 is a fact that sets a grade; 一票否决机制 within a scored clause is none."""
    proposal = proposed(
        row("发生重大事故的，考核结果一律为D级。", points=""), row("建立一票否决机制（5分）。", points="5")
    )
    veto = proposal.rubric.vetoes[0]
    assert (veto.effect, veto.grade, len(proposal.rubric.items)) == ("考核结果一律为D级", "D", 1)


def test_a_table_without_rules_is_judged() -> None:
    """Where a table only lists what is assessed, points are judgement, or come from a department."""
    rubric = proposed(
        row("完善监管体制。（4.5分）", content=""), row("根据监测结果测算得分。（5分）", content=""),
        row("受到省政府表彰。（1分）", content=""), judged=True,
    ).rubric  # fmt: skip
    assert [short(item.criteria[0]) for item in rubric.items] == [
        "grade 4.5 less", "grade 5 external", "tick 1 all or nothing",
    ]  # fmt: skip
    assert rubric.items[0].content == "完善监管体制"


def test_slips_of_the_text_are_listed_and_to_be_decided() -> None:
    """What the check would find is written under errata, each with a decision, so that the file can be tried at once."""
    proposal = proposed(row("甲得25分；乙得15分；丙得5分。", "一、质量（20分）", points="15", no="44"))
    rubric = proposal.rubric
    assert {erratum.about for erratum in rubric.items[0].errata} == {"sum", "no_zero"}
    assert [erratum.about for erratum in rubric.aspects[0].errata] == ["sum"]
    assert list(contradictions(rubric)) == []
    assert len([one for one in proposal.about(item="44") if "errata" in one.message]) == 2


def test_no_item_is_a_fault() -> None:
    """A table with titles and nothing below them is refused."""
    with pytest.raises(RubricError) as error:
        proposed(TableRow("S!1", banner="一、规划"))
    assert error.value.code == "no-items"


PIECES = st.lists(
    st.sampled_from(
        ["制定规划", "合格率", "达到", "98%", "0．5‰", "以上", "不足", "得2分", "得1分", "不得分", "扣0.5分", "（2分）", "(1分)", "每",
         "有一起", "，", "；", "。", "1.", "前10位", "10-20%", "（含20%）", "最高扣3分", "扣完为止", "满分4分", "加1分", "酌情", "其余",
         "低于目标值", "3个百分点", "全省平均水平", "较上年", "提升", "或", "“", "（", "分", "20000分", "每增加0家"]
    ), max_size=14,
)  # fmt: skip


@given(PIECES, st.one_of(st.none(), st.integers(0, 20)), st.booleans(), st.booleans(), st.booleans())
def test_any_rule_becomes_a_rubric_that_holds_together(
    pieces: list[str], points: int | None, bonus: bool, deduction: bool, judged: bool
) -> None:
    """Whatever a cell says, the proposal has no fault left that a reader of the file would be stopped by."""
    rule = "".join(pieces)
    read_rule(rule, None if points is None else Decimal(points), no="1", bonus=bonus, deduction=deduction)
    aspect = "加分项（最高5分）" if bonus else "一、质量"
    cells = row(rule, aspect, points="" if points is None else str(points))
    assert list(contradictions(proposed(cells, row("甲（1分）", points="1"), judged=judged).rubric)) == []
