"""The Suzhou town rubric against its official text, 附件1; expectations are typed from the text.

That the 申报条件 are gates, and that 22's last clause is entered as a number, is the file's choice; words and numbers are the text's.
"""

from decimal import Decimal
from typing import Any

import pytest

from inspection_app import load_rubric
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Flag, State, gate_holds, score_item
from inspection_app.core.totals import score_sheet
from tests.rubrics.conftest import (
    Sheet,
    checked,
    clauses_in_order,
    decimals,
    ends,
    flags_follow_the_figures,
    line,
    measured,
    no_to_all,
    scored,
    shape,
    squeezed,
    unofficial,
    with_answers,
    yes_to_all,
)

ROWS = [  # no, 指标内容, 分数 (of the bonus: what its clauses add up to), kind and points of each clause, 评分方法
    ("1", "组织保障", "5", "tick 2 | tick 1 | tick 2",
     "成立党政主要领导双牵头的质量发展委员会，健全质量工作领导体制，明确质量工作职责，制定相关规章制度，建立学习培训、工作调度、宣传教育、考核激励等工作机制（2分）。将质量强镇（街道）创建纳入本地区经济社会发展规划，并列入政府年度重点工作，明确目标任务（1分）。组织召开质量发展委员会会议和质量强镇（街道）创建工作调度会，研究、部署、推进质量工作（2分）。"),
    ("2", "工作保障", "2", "tick 2",
     "制定质量强镇（街道）工作方案，创建方案规格高、措施有效、任务明确、责任明晰。创建工作有连续性，每年都有工作进展（2分）。"),
    ("3", "工作保障", "2", "tick 2",
     "制定出台促进质量发展的激励政策和措施并适时更新完善，激励引导企业夯实质量技术基础，促进质量提升，政策兑现到位，取得实效（2分）。"),
    ("4", "工作保障", "3", "tick 1 | tick 1 | tick 1",
     "办好一系列质量主题教育活动和专题培训。质量发展纳入中心组学习（1分）。开展质量强镇（街道）专题培训（1分）。培育标杆企业，开展质量提升经验交流观摩活动（1分）。"),
    ("5", "工作保障", "4", "tick 4",
     "围绕产业，开展专题调研，调研报告质量高（4分）。"),
    ("6", "工作保障", "2", "tick 1 | tick 1",
     "按质量强镇（街道）工作方案责任分解落实到各部门、各单位（1分）。建立健全可量化的质量工作绩效考核机制，并纳入年度目标管理考核（1分）。"),
    ("7", "工作保障", "2", "tick 2",
     "开展形式多样的质量宣传工作，弘扬先进质量文化（2分）。"),
    ("8", "经费保障", "2", "tick 1 | tick 1",
     "设立质量发展专项资金（1分）。财政经费保障有力，确保相关奖励扶持政策落实到位，质量发展专项资金用途明确并收到明显效果（1分）。"),
    ("9", "认证检测工作", "4", "step 2 | rate 4",
     "管理体系认证证书数在全市排名前25位（2分），前26-50位（1分）。获得有机产品、绿色产品认证的每个0.5分。满分4分。"),
    ("10", "标准化工作", "4", "tick 2 | tick 1 | tick 1",
     "乡镇（街道）政府制定符合当地经济和社会发展需要的标准化政策和激励措施，建立健全标准化工作协调推进领导机制（2分）；推动企业积极参与国家、行业、地方标准制定，鼓励社会团体、企业积极制定高于国家标准的团体标准和企业标准（1分）；支持开展标准化试点示范和宣传工作，推动全社会运用标准化方式组织生产、经营、管理和服务（1分）。"),
    ("11", "计量工作", "4", "tick 1 | tick 2 | tick 1",
     "完成1项及以上强制检定项目建设，并有效实施（1分）；建立重点用能单位能源计量数据在线采集、实时监测平台（2分）；企业计量器具配备及管理符合相关标准要求（1分）。"),
    ("12", "质量管理基础", "4", "tick 2 | choice 2 1 0.5",
     "成立质量小站，积极推行质量基础设施“一站式”服务并取得显著成效（2分）。辖区市场监管所获评5星级的2分，4星级1分，3星级0.5分。"),
    ("13", "产品质量", "4", "tick 2 | tick 1 | tick 1",
     "定期收集整理主导产业市场数据，开展质量状况比对分析（2分）。建立质量安全监管体制，监督落实质量安全主体责任，定期对生产基地、交易市场开展监督抽查和技术指导（1分），建立并实施主导产业产品质量追溯体系，推动实现质量诚信自律（1分）"),
    ("14", "产品质量", "3", "tick 3",
     "全面推行企业首席质量官制度。区域内“四上”企业首席质量官100%聘任到位、经过专业技能培训、认真履职到位，并且在市场监管部门备案（3分）。"),
    ("15", "产品质量", "8", "tick 2 | step 2 | step 2 | tick 2",
     "开展“铁拳”行动等打击假冒伪劣工作，加强线上线下一体化监管，未因产品质量安全监管工作被市以上监管部门通报批评（2分）。产品质量监督抽查不合格处置率100%（2分）。食品、种养环节初级食用农产品（农、林、渔）抽查合格率96%以上（2分）。开展产品质量技术帮扶工作，每年提供典型案例不少于2例（2分）。"),
    ("16", "工程质量", "3", "tick 2 | tick 1",
     "依法查处辖区内违章建筑并按季度通报整改结果(2分）；严格建房审批手续，辖区内民宅建设的丈量和申报申批资料齐全（1分）。"),
    ("17", "工程质量", "3", "rate 3 | rate 3",
     "住建、交通、水利等工程质量获国家级奖励一类（1分）、省级奖一类（0.5分）。满分3分。"),
    ("18", "工程质量", "5", "tick 1 | tick 1 | tick 1 | tick 1 | step 1",
     "落实省政府办公厅《关于完善质量保障体系提升建筑工程品质的若干措施》（皖政办秘〔2020〕14号相关举措。工程质量信息公示制度和工程竣工永久性标志牌制度（1分）；工程质量手册制度（1分）；工程质量检测结果不符合要求，及时报告工程所在地住房城乡建设主管部门制度（1分）；住宅工程实行业主开放日制度（1分）。住宅工程分户验收执行率100%（1分）。"),
    ("19", "工程质量", "4", "tick 2 | tick 1 | tick 1",
     "落实省交通运输厅《关于强化质量安全监管打造平安百年品质工程推进全省公路水运工程建设高质量发展意见》（皖交建[2021]84号）相关举措。健全监管机制，建立全过程质量安全体系。（2分）；提升设计环节质量，强化全寿命周期设计，深化绿色设计，突出标准化设计（1分）；加强施工组织管理（1分）；"),
    ("20", "服务质量", "2", "step 1 | step 1",
     "生产性服务业顾客满意度应达到80以上（1分）。生活性服务业顾客满意度应达到80以上（1分）。"),
    ("21", "服务质量", "2", "tick 1 | tick 1",
     "积极开展缺陷产品召回宣传及业务培训（1分）。建立消费品缺陷风险监测点，开展风险监测的（1分）。"),
    ("22", "服务质量", "4", "tick 1 | tick 0.5 | tick 1 | tick 1 | step 1",
     "获得全省旅游服务质量标杆单位（1分）。辖区内有单位被市一级认定或推荐评选的得（0.5分）。公共文化场馆达到三级及以上标准（1分），质量主题公园（1分），旅游星级饭店（四星级及以上）或等级民宿1家以上（1分）。满分3分。"),
    ("23", "服务质量", "2", "tick 1 | tick 1",
     "牵头旅游服务、绿色消费、商贸、养老、家政、物业等生活性服务业标准制定，参与制定国家标准、行业标准、省级地方标准，或主导制定市级地方标准的（1分）；牵头现代物流、信息、科技、商务等生产性服务业标准制定，参与制定国家标准、行业标准、省级地方标准，或主导制定市级地方标准的（1分）。"),
    ("24", "服务质量", "5", "tick 2 | tick 3",
     "政府各职能部门围绕公共服务质量出台提升方案，目标设定合理，措施得力（2分）。工作成绩突出，有3个单位获得市级及以上表扬，群众满意度高（3分）。"),
    ("25", "环境质量", "4", "tick 2 | tick 1.5 | step 0.5",
     "乡镇所在县区化学需氧量、氨氮、二氧化硫、氮氧化物等主要污染物排放总量达到国家下达指标要求（2分），创建期内空气质量、河道水质、区域噪声较创建前明显改善（1.5分），宿事速办平台全年涉及环境质量投诉记录不高于3起（0.5分）。"),
    ("26", "质量安全", "2", "tick 1 | step 1",
     "认真落实信用风险分类管理要求，双随机抽查差异化措施应用率不低于70%（1分）。企业年报公示率不低于全市平均水平（1分）。"),
    ("27", "质量安全", "2", "tick 1 | tick 1",
     "在创建过程中重视群众关注的质量问题，出台相关政策措施为群众解决实际问题（1分）。获得市以上“特色乡镇”称号（1分）。"),
    ("28", "质量安全", "3", "tick 1 | tick 1 | tick 1",
     "国抽省抽不合格后处理工作完成的（1分）。未发生涉刑假冒伪劣产商品案事件不移交公安机关行为（1分）。未出现被市级以上点名的区域性质量问题（1分）。"),
    ("29", "质量安全", "4", "tick 1 | tick 1 | tick 1 | tick 1",
     "未发生药品重大质量安全事故（1分）。未发生较大食品质量安全事故（1分）。未发生严重的工程质量事故（1分）。未有环境质量舆情受省、市领导批评情况（1分）"),
    ("30", "质量安全", "2", "tick 1 | tick 1",
     "未发生特种设备重大质量安全事故（1分）。特种设备的使用登记率、重点监控设备的定期检验率、重大隐患整改率达100%（1分）。"),
    ("31", "", "2", "tick 1 | tick 1",
     "质量工作形成先进做法或特色经验，获得市领导肯定（有批示），或者在省、市级会议上交流质量工作经验（1分）；产品质量安全监管有创新举措（1分）。"),
    ("32", "", "1", "tick 1",
     "中央主流媒体（人民日报、中央人民广播电台、中央电视台、中国质量报）正面报道当地质量工作（1分）。"),
    ("33", "", "1", "tick 1",
     "作为承办方或协办方在本地区举办具有示范性的省、市级或区域性质量主题活动（1分）。"),
    ("34", "", "1", "tick 1",
     "质量小站工作被评为市级质量基础“一站式”服务典型案例（1分）。"),
]  # fmt: skip

ASPECTS = [  # 类别, points of its heading, its items, what they can earn
    ("质量发展促进机制", "22", range(1, 9), "22"),
    ("质量技术服务机制", "16", range(9, 13), "16"),
    ("质量工作成效", "48", range(13, 26), "48"),  # 49 as printed, less the one that 22 cannot earn
    ("质量安全水平", "14", range(26, 31), "13"),
    ("加分项", "5", range(31, 35), "5"),
]

MEASURED = [  # item, clause, lowest and highest value, [(value, points)]: both sides of every end
    ("9", "1", "1", "", [("1", "2"), ("24", "2"), ("25", "2"), ("25.01", "1"), ("26", "1"), ("49", "1"), ("50", "1")]),  # 前25位, 前26-50位
    ("9", "2", "0", "", [("0", "0"), ("1", "0.5"), ("2", "1"), ("4", "2"), ("7", "3.5"), ("8", "4"), ("9", "4")]),  # 每个0.5分
    ("15", "2", "0", "100", [("0", "0"), ("99.99", "0"), ("100", "2")]),  # 100%
    ("15", "3", "0", "100", [("0", "0"), ("95.99", "0"), ("96", "2"), ("96.01", "2"), ("100", "2")]),  # 96%以上
    ("17", "1", "0", "", [("0", "0"), ("1", "1"), ("2", "2"), ("3", "3"), ("4", "3")]),  # 国家级奖励一类（1分）
    ("17", "2", "0", "", [("0", "0"), ("1", "0.5"), ("2", "1"), ("5", "2.5"), ("6", "3"), ("7", "3")]),  # 省级奖一类（0.5分）
    ("18", "5", "0", "100", [("0", "0"), ("99.99", "0"), ("100", "1")]),  # 100%
    ("20", "1", "0", "100", [("0", "0"), ("79.99", "0"), ("80", "1"), ("80.01", "1"), ("100", "1")]),  # 80以上
    ("20", "2", "0", "100", [("0", "0"), ("79.99", "0"), ("80", "1"), ("80.01", "1"), ("100", "1")]),  # 80以上
    ("22", "5", "0", "", [("0", "0"), ("0.99", "0"), ("1", "1"), ("2", "1")]),  # 1家以上
    ("25", "3", "0", "", [("0", "0.5"), ("2", "0.5"), ("3", "0.5"), ("3.01", "0"), ("4", "0"), ("10", "0")]),  # 不高于3起
    ("26", "2", "0", "100", [({"value": "90", "target": "90"}, "1"), ({"value": "90.01", "target": "90"}, "1"),
                             ({"value": "89.99", "target": "90"}, "0"), ({"value": "0", "target": "90"}, "0"),
                             ({"value": "100", "target": "90"}, "1")]),  # 不低于全市平均水平
]  # fmt: skip

CHECKED = {  # figures behind a tick: the nearest value that fails, the first that holds, another; the range
    ("11", "1"): [("0.99", "1", "2", "0", "")],  # 1项及以上
    ("14", "1"): [("99.99", "100", "100", "0", "100")],  # 100%聘任到位
    ("15", "4"): [("1.99", "2", "3", "0", "")],  # 不少于2例
    ("24", "2"): [("2.99", "3", "4", "0", "")],  # 有3个单位
    ("26", "1"): [("69.99", "70", "100", "0", "100")],  # 不低于70%
    ("30", "2"): [("99.99", "100", "100", "0", "100")] * 3,  # 登记率、检验率、整改率达100%
}

BEST: dict[tuple[str, str], Any] = {
    ("9", "1"): "25", ("9", "2"): "4", ("15", "2"): "100", ("15", "3"): "96", ("17", "1"): "3", ("17", "2"): "0",
    ("18", "5"): "100", ("20", "1"): "80", ("20", "2"): "80", ("22", "5"): "1",
    ("25", "3"): "3",
    ("26", "2"): {"value": "90", "target": "90"},
}  # fmt: skip
NOTHING: dict[tuple[str, str], Any] = dict.fromkeys(BEST, "0") | {
    ("9", "1"): "51", ("25", "3"): "4", ("26", "2"): {"value": "89", "target": "90"},
}  # fmt: skip


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric("suzhou-town")


def best(rubric: Rubric) -> Sheet:
    return with_answers(yes_to_all(rubric), BEST)


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_items_run_from_1_to_34(rubric: Rubric) -> None:
    """30 items and four of bonus under their printed numbers; the empty row after 13 is no item."""
    assert [item.no for item in rubric.items] == [row[0] for row in ROWS] == [str(no) for no in range(1, 35)]


@pytest.mark.parametrize(("no", "content", "points", "clauses", "rule"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_the_printed_row(rubric: Rubric, no: str, content: str, points: str, clauses: str, rule: str) -> None:
    """指标内容 (merged cells repeated), 分数, 评分方法 and the kind and points of each clause are those of the print."""
    item = rubric.item(no)
    assert squeezed(item.content) == content
    assert squeezed(item.rule_text) == rule
    assert item.points == Decimal(points)
    assert shape(item) == clauses
    assert [criterion.id for criterion in item.criteria] == [str(k + 1) for k in range(len(item.criteria))]


@pytest.mark.parametrize("no", [row[0] for row in ROWS if row[0] not in ("9", "12", "17")])
def test_every_clause_carries_the_points_printed_behind_it(rubric: Rubric, no: str) -> None:
    """The clauses stand in the rule in their order, each with its points in brackets right behind it."""
    item = rubric.item(no)
    assert [Decimal(points) for _, points in clauses_in_order(item)] == [
        criterion.points for criterion in item.criteria
    ]


def test_only_9_17_and_22_have_a_cap(rubric: Rubric) -> None:
    """满分4分 of 9 and 满分3分 of 17 are the items' own points; 满分3分 of 22 is below its 4."""
    ceilings = {item.no: item.ceiling for item in rubric.items if item.ceiling != item.points}
    assert ceilings == {"22": 3}
    assert all(item.cap in (None, item.points) for item in rubric.items if item.no in ("9", "17"))
    assert {item.no for item in rubric.items if item.cap is not None} <= {"9", "17", "22"}
    assert {item.floor for item in rubric.items} == {0}


def test_aspects_hold_their_items_and_points(rubric: Rubric) -> None:
    """22, 16, 48, 14 and 5 are the printed headings, whatever the items add up to."""
    assert [
        (squeezed(aspect.title).split("（")[0], aspect.points, [item.no for item in aspect.items])
        for aspect in rubric.aspects
    ] == [(title, Decimal(points), [str(no) for no in items]) for title, points, items, _ in ASPECTS]
    assert [aspect.ceiling for aspect in rubric.aspects] == [Decimal(most) for *_, most in ASPECTS]
    assert [str(aspect.kind) for aspect in rubric.aspects] == ["base"] * 4 + ["bonus"]
    assert all(aspect.cap in (None, aspect.points) for aspect in rubric.aspects)


def test_headings_of_48_and_14_stand_against_sums_of_49_and_13(rubric: Rubric) -> None:
    """Both are shown: the heading as printed, and an erratum that names the sum of the printed points."""
    for aspect, heading, printed in ((rubric.aspects[2], "48", "49"), (rubric.aspects[3], "14", "13")):
        assert aspect.points == Decimal(heading)
        assert sum(item.points for item in aspect.items) == Decimal(printed)
        assert any(heading in erratum.says and printed in erratum.says for erratum in aspect.errata)


def test_the_headings_state_100_and_5(rubric: Rubric) -> None:
    """22 + 16 + 48 + 14 = 100 by the headings, and 5 of bonus; 99 can be earned, since 22 stops at 3."""
    assert (rubric.stated_total - rubric.stated_bonus, rubric.stated_bonus) == (100, 5)
    assert sum(item.points for item in rubric.items) == 105
    assert (rubric.base_total, rubric.bonus_total, rubric.deduction_total, rubric.pass_line) == (99, 5, 0, None)


def test_only_the_rank_beyond_50_is_not_the_texts_own(rubric: Rubric) -> None:
    """A rank beyond 50 gives nothing by our reading; every other tier, band and clause is printed."""
    assert unofficial(rubric) == {("9", "1", "3")}


def test_nothing_can_be_left_out_and_no_department_is_named(rubric: Rubric) -> None:
    """The text knows no item that does not apply, and prints no departments."""
    assert not any(item.na or any(criterion.na for criterion in item.criteria) for item in rubric.items)
    assert not any(item.responsible or any(c.responsible for c in item.criteria) for item in rubric.items)


# --- every clause ---------------------------------------------------------------------------------------------------


def test_a_tick_gives_its_points_or_none(rubric: Rubric) -> None:
    """Yes gives the printed points, no gives none."""
    for no, _, _, clauses, _ in ROWS:
        item = rubric.item(no)
        for k, clause in enumerate(clauses.split(" | "), start=1):
            if clause.startswith("tick"):
                points = Decimal(clause.removeprefix("tick "))
                yes, nay = line(item, str(k), True), line(item, str(k), False)
                assert (yes.points, yes.flags, nay.points, nay.flags) == (points, (), 0, ()), (no, k)


@pytest.mark.parametrize(
    ("no", "clause", "value", "points"),
    [(no, clause, value, points) for no, clause, _, _, marks in MEASURED for value, points in marks],
)
def test_a_number_gives_the_points_of_its_range(rubric: Rubric, no: str, clause: str, value: Any, points: str) -> None:
    """以上, 不低于, 不高于, 不少于 include the number; every end is tried from both sides."""
    mark = line(rubric.item(no), clause, value)
    assert (mark.points, mark.flags) == (Decimal(points), ())


def test_every_number_is_in_the_tables_above(rubric: Rubric) -> None:
    """No clause reads a number, and no tick a figure, that these tests do not know."""
    assert measured(rubric) == {(no, clause) for no, clause, *_ in MEASURED} == set(BEST)
    assert checked(rubric) == set(CHECKED)


@pytest.mark.parametrize(("no", "clause", "low", "high"), [row[:4] for row in MEASURED])
def test_a_figure_has_its_natural_range(rubric: Rubric, no: str, clause: str, low: str, high: str) -> None:
    """Percentages and satisfaction lie between 0 and 100; counts begin with 0, ranks with 1."""
    assert ends(rubric, no, clause) == (Decimal(low), Decimal(high) if high else None)


@pytest.mark.parametrize(("no", "clause"), CHECKED)
def test_a_tick_against_an_agreed_figure_is_flagged(rubric: Rubric, no: str, clause: str) -> None:
    """A yes keeps its points; where an agreed figure says otherwise, the chair sees a flag."""
    flags_follow_the_figures(rubric, no, clause, CHECKED[no, clause])


# --- what this text has of its own ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", ["50.01", "51", "52", "100"])
def test_9_a_rank_beyond_50_gives_nothing(rubric: Rubric, rank: str) -> None:
    """The text has no level beyond 50: nothing, flagged, and certificates of products still count."""
    mark = line(rubric.item("9"), "1", rank)
    assert (mark.points, mark.flags) == (0, (Flag.NO_TIER,))
    assert score_item(rubric.item("9"), {"1": rank, "2": "8"}).points == 4


@pytest.mark.parametrize(
    ("rank", "certificates", "points", "flags"),
    [
        ("25", "3", "3.5", ()),
        ("25", "4", "4", ()),
        ("25", "5", "4", (Flag.CAPPED,)),
        ("26", "6", "4", ()),
        ("50", "5", "3.5", ()),
        ("50", "7", "4", (Flag.CAPPED,)),
    ],
)
def test_9_stops_at_4(rubric: Rubric, rank: str, certificates: str, points: str, flags: tuple[str, ...]) -> None:
    """满分4分 for the rank and the certificates together."""
    score = score_item(rubric.item("9"), {"1": rank, "2": certificates})
    assert (score.points, score.flags) == (Decimal(points), flags)


@pytest.mark.parametrize(("tier", "points"), [(1, "2"), (2, "1"), (3, "0.5")])
def test_12_five_four_or_three_stars(rubric: Rubric, tier: int, points: str) -> None:
    """5星级的2分，4星级1分，3星级0.5分: one of them, beside the 2 of the first clause."""
    mark = line(rubric.item("12"), "2", tier)
    assert (mark.points, mark.flags) == (Decimal(points), ())
    assert mark.text.count("星级") == 1
    assert scored(rubric, "12", {"1": True, "2": tier}).points == 2 + Decimal(points)


def test_12_below_three_stars_there_is_no_tier(rubric: Rubric) -> None:
    """An office with fewer stars has no level in the text: no points are made up, and the chair is told."""
    score = score_item(rubric.item("12"), {"1": True, "2": 0})
    assert (score.points, score.state, score.flags) == (None, State.UNMARKED, (Flag.NO_TIER,))


@pytest.mark.parametrize(
    ("national", "provincial", "points", "flags"),
    [("0", "0", "0", ()), ("1", "1", "1.5", ()), ("2", "2", "3", ()), ("2", "1", "2.5", ()), ("3", "0", "3", ()),
     ("3", "1", "3", (Flag.CAPPED,)), ("0", "6", "3", ()), ("1", "5", "3", (Flag.CAPPED,))],
)  # fmt: skip
def test_17_awards_count_by_category_and_level(
    rubric: Rubric, national: str, provincial: str, points: str, flags: tuple[str, ...]
) -> None:
    """1 for each category with a national award, 0.5 for each with a provincial one, 3 at most."""
    score = score_item(rubric.item("17"), {"1": national, "2": provincial})
    assert (score.points, score.flags) == (Decimal(points), flags)


@pytest.mark.parametrize(
    ("ticks", "hotels", "points", "flags"),
    [
        ("", "0", "0", ()),
        ("2", "0", "0.5", ()),
        ("1 3", "0", "2", ()),
        ("1 2 3", "0", "2.5", ()),
        ("1 3 4", "0", "3", ()),
        ("3 4", "1", "3", ()),
        ("1 2 3 4", "0", "3", (Flag.CAPPED,)),
        ("1 2 3 4", "1", "3", (Flag.CAPPED,)),
    ],
)
def test_22_stops_at_3_of_its_4(rubric: Rubric, ticks: str, hotels: str, points: str, flags: tuple[str, ...]) -> None:
    """分数 4, clauses of 4.5, 满分3分: the cap is 3, the printed 4 is shown, and the chair is told when it bites."""
    item = rubric.item("22")
    score = scored(rubric, "22", dict.fromkeys(ticks.split(), True) | {"5": hotels})
    assert (item.points, item.cap, item.ceiling) == (4, 3, 3)
    assert (score.points, score.ceiling, score.flags) == (Decimal(points), 3, flags)
    assert any("4" in erratum.says and "3" in erratum.says for erratum in item.errata)


def test_28_no_failed_sample_is_the_full_point(rubric: Rubric) -> None:
    """国抽省抽不合格后处理工作完成的（1分）: where nothing failed, there is nothing to follow up, and the point stands."""
    assert line(rubric.item("28"), "1", True).points == 1
    errata = [*rubric.item("28").errata, *rubric.item("28").criterion("1").errata]
    assert any("没有不合格" in erratum.says and "1分" in erratum.does for erratum in errata)


@pytest.mark.parametrize("no", ["9", "12", "17", "22", "24", "28"])
def test_what_the_text_leaves_open_is_said_beside_the_item(rubric: Rubric, no: str) -> None:
    """Items whose text needs a reading carry an erratum that says what is open and what the software does."""
    errata = [*rubric.item(no).errata, *(e for c in rubric.item(no).criteria for e in c.errata)]
    assert errata
    assert all(erratum.says and erratum.does for erratum in errata)


# --- the whole sheet -------------------------------------------------------------------------------------------------


def test_the_best_sheet_earns_99_and_5(rubric: Rubric) -> None:
    """22 + 16 + 48 + 13 points can be earned, and 5 of bonus; only the cap of 22 is flagged."""
    sheet = score_sheet(rubric, best(rubric))
    assert [total.points for total in sheet.aspects] == decimals("22 16 48 13 5")
    assert (sheet.base, sheet.bonus, sheet.total, sheet.maximum, sheet.applicable, sheet.prorated) == (
        99, 5, 104, 99, 99, 104,
    )  # fmt: skip
    assert (sheet.open_items, dict(sheet.flags), sheet.verdict) == ((), {"22": (Flag.CAPPED,)}, "undecided")


def test_the_worst_sheet_earns_half_a_point(rubric: Rubric) -> None:
    """12 has no level below three stars; everything else can be lost in full."""
    sheet = score_sheet(rubric, with_answers(no_to_all(rubric), NOTHING))
    assert {no: score.points for no, score in sheet.items.items() if score.points} == {"12": Decimal("0.5")}
    assert (sheet.total, sheet.open_items, sheet.verdict) == (Decimal("0.5"), (), "undecided")


@pytest.mark.parametrize(("no", "bonus"), [("31", 2), ("32", 1), ("33", 1), ("34", 1)])
def test_a_bonus_item_counts_on_top(rubric: Rubric, no: str, bonus: int) -> None:
    """31 brings two points, one for each of its clauses; 32, 33 and 34 bring one each."""
    sheet = score_sheet(rubric, with_answers(no_to_all(rubric), NOTHING) | {no: yes_to_all(rubric)[no]})
    assert (sheet.bonus, sheet.base, sheet.total) == (bonus, Decimal("0.5"), bonus + Decimal("0.5"))


CONDITIONS = [  # 四、申报条件
    "开展质量强镇（街道）活动。把质量战略确定为乡镇（街道）区域发展战略，质量建设目标纳入经济社会发展规划，把质量强镇（街道）创建工作列为本地年度重点工作。",
    "有创建计划和年度实施方案。明确创建目标、任务和措施，落实责任单位、责任人，取得阶段性成效。",
    "建立质量工作绩效考核机制。质量建设政策明确，工作经费财政保障有力。",
    "市场主体活跃且发展势头良好。辖区内“四上企业”（规模以上工业、服务业，限额以上批发零售业、住宿餐饮业）达到10家以上，首席质量官、标准总监、质量安全员聘任率100%并有效发挥作用。",
    "质量安全监管体制机制健全。党委政府对质量安全负总责。企业质量安全主体责任落实，连续三年没有发生造成恶劣社会影响的重大质量安全事件。",
    "大力弘扬质量文化。广泛开展质量宣传、教育、培训，畅通质量诉求渠道，重视解决群众普遍关心的各类质量安全问题，及时处理群众的有关意见建议。",
]  # fmt: skip


def test_the_conditions_of_the_application_are_gates(rubric: Rubric) -> None:
    """The six 申报条件 word for word, in their order; the two halves of the fourth may stand apart."""

    def words(texts: list[str]) -> str:
        return "".join(letter for letter in "".join(texts) if letter not in "，。；" and not letter.isspace())

    assert words([gate.text for gate in rubric.gates]) == words(CONDITIONS)


def test_ten_enterprises_are_the_only_gate_with_a_figure(rubric: Rubric) -> None:
    """“四上企业”达到10家以上: ten are enough, nine are not; the other conditions are confirmed by the panel."""
    (gate,) = [gate for gate in rubric.gates if gate.figure]
    assert "达到10家以上" in gate.text
    assert not any(gate_holds(gate.holds, count) for count in ("0", "9", "9.99"))
    assert all(gate_holds(gate.holds, count) for count in ("10", "11", "200"))
    assert gate.plus is None
    figure = rubric.figures[str(gate.figure)]
    assert (figure.from_, figure.to) == (0, None)


def test_the_text_has_no_result_rule(rubric: Rubric) -> None:
    """A draft for review: no pass line, no veto, and the file says that the text is silent."""
    assert (rubric.pass_line, rubric.vetoes) == (None, ())
    assert rubric.verdict_text
