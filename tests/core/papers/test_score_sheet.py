"""The printed score sheet: official words, a code for each clause, agreed figures, and what the applicant claims."""

from __future__ import annotations

from decimal import Decimal

from inspection_app.core.application import SelfCheck
from inspection_app.core.document import Document, Form, FormRow, Heading
from inspection_app.core.duties import Group
from inspection_app.core.papers.score_sheet import _stated, score_sheet
from inspection_app.core.rubric import Rubric
from inspection_app.files import parse_rubric
from tests.core.papers.conftest import CHAIR, EXPERT, HENAN, VISIT, said

ALL = [item.no for item in HENAN.items]


def forms(document: Document) -> dict[str, tuple[FormRow, ...]]:
    """The items of a score sheet by number."""
    found = [block.rows for block in document.blocks if isinstance(block, Form)]
    return {rows[0].cells[0].text: rows for rows in found}


def coded(document: Document) -> dict[str, FormRow]:
    """The criteria of a score sheet by the code they are typed in by."""
    return {row.cells[0].text: row for rows in forms(document).values() for row in rows[2:-1]}


def test_every_assigned_item_is_on_the_sheet_with_its_official_words() -> None:
    """Number, content, points and the rule to the letter, in official order; every clause under its code."""
    sheet = score_sheet(VISIT, HENAN, EXPERT, ALL)
    assert list(forms(sheet)) == ALL
    for item in HENAN.items:
        head, rule, *_, last = forms(sheet)[item.no]
        assert head.cells[1].text == item.content
        assert rule.cells[0].text.endswith(f"评分方法：{item.rule_text}")
        assert last.cells[2].text == "得分"
    assert list(coded(sheet)) == [f"{item.no}-{criterion.id}" for item in HENAN.items for criterion in item.criteria]


def test_what_is_not_assigned_is_named_and_not_on_the_sheet() -> None:
    """Only the assigned items can be filled in; the rest is listed shortly, recused ones apart."""
    sheet = score_sheet(VISIT, HENAN, EXPERT, ["6", "2", "7"], recused=["7"])
    assert list(forms(sheet)) == ["2", "6"]
    assert "本人评2项，回避1项（第7项），未分工34项（第1、3—5、8—37项）" in said(sheet)
    assert [block.text for block in sheet.blocks if isinstance(block, Heading)] == [
        "一、质量发展战略规划明确清晰（10分）", "二、质量文化特色鲜明（12分）",
    ]  # fmt: skip


def test_a_tick_has_three_boxes_with_their_points() -> None:
    """Reached, in part and not reached, each with what it earns."""
    row = coded(score_sheet(VISIT, HENAN, EXPERT, ALL))["6-2"]
    assert row.cells[1].text.startswith("获得河南省质量诚信体系建设A等工业企业5家以上，并进行宣传表彰")
    assert [cell.text for cell in row.cells[2:]] == ["□达到2　□部分1　□未达0", " / 2"]


def test_tiers_have_their_numbers_and_one_for_none_of_them() -> None:
    """The number beside each box is the one that is typed in; 0 means that none fits."""
    lines = coded(score_sheet(VISIT, HENAN, EXPERT, ALL))["12-1"].cells[1].text.split("\n")
    assert [line[:2] for line in lines] == ["□1", "□2", "□3", "□4", "□0"]
    assert lines[1] == "□2　由副县（市、区）长负责的得1.5分"


def test_a_figure_has_room_until_it_is_agreed() -> None:
    """Agreed, it is printed with its points, to be copied by nobody; without it there is a blank with the unit."""
    empty = coded(score_sheet(VISIT, HENAN, EXPERT, ALL))
    agreed = coded(score_sheet(VISIT, HENAN, EXPERT, ALL, {
        "quality_fund_share": {"value": "0.45"},
        "public_quality_satisfaction": {"value": "86.1", "last": "82.9"},
        "credit_grade_a_enterprises": {"value": "7"},
    }))  # fmt: skip
    assert empty["3-1"].cells[2].text.startswith("数据：＿＿＿＿‰\n≥ 0.6‰：3分\n")
    assert empty["3-1"].cells[3].text == " / 3"
    assert agreed["3-1"].cells[2].text.startswith("数据：0.45‰（已约定）\n")
    assert agreed["3-1"].cells[3].text == "2 / 3"
    assert agreed["34-2"].cells[2].text == "数据：86.1%，上年82.9%（已约定）"
    assert agreed["34-2"].cells[3].text == "2 / 2"
    assert agreed["6-2"].cells[1].text.endswith("［获得河南省质量诚信体系建设A等工业企业数量：7家（已约定）］")


def test_a_figure_is_not_agreed_while_what_it_is_compared_with_is_missing() -> None:
    """This year's value is printed, last year's is a blank, and no points follow."""
    figures = {"public_quality_satisfaction": {"value": "86.1"}}
    row = coded(score_sheet(VISIT, HENAN, EXPERT, ALL, figures))["34-2"]
    assert [cell.text for cell in row.cells[2:]] == ["数据：86.1%，上年＿＿＿＿%", " / 2"]


def other_kinds() -> Rubric:
    return parse_rubric(
        """
id: kinds
version: "1"
title: 细则
issuer: 测试
year: 2026
source: 虚构
stated_total: 8
scheme: {prescribed: false, activities: [], part_step: 0.2}
figures: {awards: {title: 获奖数量, unit: 项}}
aspects:
  - id: a
    title: 一、其他
    points: 8
    items:
      - no: 1
        content: 各种评分点
        points: 8
        rule_text: 原文。
        na: 没有此项业务的
        criteria:
          - {id: 1, kind: rate, points: 2, each: 1, text: 每项1分, figure: awards}
          - {id: 2, kind: grade, points: 2, text: 酌情得分, external: true}
          - {id: 3, kind: grade, points: 2, text: 只有三档, allowed: [0, 1, 2]}
          - {id: 4, kind: tick, points: 2, text: 可分五步, na: 无此情形}
""",
        "kinds.yaml",
    ).rubric


def test_the_other_kinds_of_clauses_can_be_filled_in_by_hand() -> None:
    """A rate asks for its figure, a grade for points or one of the allowed ones, a finer tick for its part."""
    sheet = score_sheet(VISIT, other_kinds(), EXPERT, ["1"])
    answers = {code: row.cells[2].text for code, row in coded(sheet).items()}
    assert answers == {
        "1-1": "数据：＿＿＿＿项",
        "1-2": "0至2分，写明理由（由有关部门提供）",
        "1-3": "□0　□1　□2",
        "1-4": "□达到2　□部分（0.4/0.8/1.2/1.6）＿＿　□未达0 □不适用（无此情形）",
    }
    assert forms(sheet)["1"][-1].cells[1].text == "□本项不适用（没有此项业务的）"


def test_a_tiers_points_are_added_where_its_words_do_not_say_them() -> None:
    """得4分 is not said twice; a bare word gets its points in brackets."""
    assert _stated("省级的得4分", Decimal(4)) == ""
    assert _stated("没有的不得分", Decimal(0)) == ""
    assert _stated("省级", Decimal(4)) == "（4分）"


def test_the_sheet_says_whose_it_is_on_every_page_and_is_signed() -> None:
    """The running foot has applicant and expert; the expert, who typed it in, and the expert again sign."""
    sheet = score_sheet(VISIT, HENAN, EXPERT, ALL)
    assert sheet.running == "清溪县人民政府　专家评分表　江晚舟"
    assert sheet.blocks[-1].lines == (("专家", "江晚舟"), ("代录人", ""), ("录入后本人核对", ""))  # type: ignore[union-attr]


def test_what_the_applicant_claims_stands_under_the_item() -> None:
    """Its own points and its pages; points that are missing say so, missing pages say nothing, and an item of which
    nothing was handed in has no such line."""
    claims = [SelfCheck("1", Decimal("3.50"), "12—15"), SelfCheck("2", None, "20"), SelfCheck("3", Decimal(0))]
    found = forms(score_sheet(VISIT, HENAN, EXPERT, ALL, self_check={one.item: one for one in claims}))
    assert [found[no][2].cells[0].text for no in "123"] == [
        "自查得分：3.5分　　汇编页码：12—15", "自查得分：未填　　汇编页码：20", "自查得分：0分",
    ]  # fmt: skip
    bare = forms(score_sheet(VISIT, HENAN, EXPERT, ALL))
    assert [len(found[no]) - len(bare[no]) for no in "1234"] == [1, 1, 1, 0]
    assert "自查" not in said(score_sheet(VISIT, HENAN, EXPERT, ["2"]))


def test_a_groups_sheet_says_that_it_is_the_groups() -> None:
    """Whoever carries the one agreed mark of a group signs for the group and not for independent judgement."""
    group = Group(1, "计量组", "计量", EXPERT.id, (EXPERT.id, CHAIR.id), one_mark=True)
    sheet = said(score_sheet(VISIT, HENAN, EXPERT, ALL, agreed_for=group))
    assert "本表是计量组的统一评分：全组商定，每项只填一份，由江晚舟填写。" in sheet
    assert "以上由计量组全组商定。" in sheet
    assert "以上由本人独立评分" not in sheet
    assert "以上由本人独立评分。" in said(score_sheet(VISIT, HENAN, EXPERT, ALL))
