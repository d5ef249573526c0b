"""The Huiji district rubric against its official text, 附件2; expectations are typed from the text.

One reading is the file's: that 6.3–6.6 count every unit (分别加), each clause up to the 10 of all. The text would bear
"once each" too; it was taken over here so that a change of these numbers is seen.
"""

from decimal import Decimal
from typing import Any

import pytest

from inspection_app import load_rubric
from inspection_app.core.rubric import Rubric, Step
from inspection_app.core.scoring import State, score_item
from inspection_app.core.totals import score_sheet
from inspection_app.errors import ScoreError
from tests.rubrics.conftest import (
    Sheet,
    checked,
    clauses_in_order,
    ends,
    flags_follow_the_figures,
    line,
    measured,
    no_to_all,
    shape,
    squeezed,
    unofficial,
    with_answers,
    yes_to_all,
)

ROWS = [  # no, 考核要点, 分值, kind and points of each clause, 评分标准
    ("1", "制造业产品质量合格率", "10", "step 10",
     "1.达到当年度目标值，得10分；2.未达到目标值时，低于目标值1个百分点（含1个百分点）的扣1分；低于目标值1-3个百分点（含3个百分点）的扣2分；低于目标值3-5个百分点（含5个百分点）的扣3分；低于目标值5-10个百分点（含10个百分点）扣4分；低于目标值10-15个百分点（含15个百分点）扣5分；低于目标值超过15个百分点扣10分。"),
    ("2", "主要农产品质量安全监测合格率", "10", "step 10",
     "1.达到当年度目标值，得10分；2.未达到目标值时，低于目标值1个百分点（含1个百分点）的扣1分；低于目标值1-3个百分点（含3个百分点）的扣2分；低于目标值3-5个百分点（含5个百分点）的扣3分；低于目标值5-10个百分点（含10个百分点）扣5分；低于目标值超过10个百分点扣10分。"),
    ("3.1", "质量发展规划制定与实施", "2", "tick 0.5 | tick 0.5 | tick 1",
     "1.制定本地区质量发展规划，并将质量发展目标纳入本地区国民经济社会发展规划。（0.5分）2.根据我区贯彻《质量发展纲要》实施意见及年度行动计划，制定本地区年度具体工作方案。（0.5分）3.在产业、环境、科技、金融、财税、人才培养等方面，制定推动质量工作的相关配套政策和措施。（1分）"),
    ("3.2", "质量工作协调机制建立与运行", "3", "tick 0.5 | tick 0.5 | tick 0.5 | tick 1 | tick 0.5",
     "1.区政府召开有关会议，部署年度质量工作。(0.5分)2.建立质量强区工作领导小组或质量工作部门联席会议制度等质量工作协调机构，组织开展质量强区工作。(0.5分)3.将质量工作纳入绩效考核评价内容。(0.5分)4.建立对各成员单位的质量工作考核制度。(1分)5.组织开展全国“质量月”、“3·15”国际消费者权益日、中国旅游日、世界标准日、世界计量日、世界认可日等群众性质量活动。(0.5分)"),
    ("3.3", "质量强市创建工作", "8", "tick 1 | tick 2 | tick 1 | tick 1 | tick 1 | tick 2",
     "1.政府高度重视郑州市创建“全国质量强市示范城市”工作，制定区创建工作方案并组织实施。(1分)2.围绕城市质量精神广泛开展多种形式的质量宣传活动。(2分)3.围绕市民关注的焦点质量问题，出台相关政策措施解决实际问题(1分)；组织开展市民质量满意度评价活动。(1分)4.在大型骨干企业中推行首席质量官制度，并建立质量关键岗位考核机制。(1分)5.建立包括产品、工程、服务等质量示范点及城市辖区或部门示范点2个以上，有效推动创建工作。(2分)"),
    ("3.4", "品牌发展战略实施", "2", "tick 1 | tick 1",
     "1.建立健全政府质量奖奖励制度，并组织实施。(1分)2.制定并实施培育品牌发展的制度措施，开展知名品牌创建工作。(1分)"),
    ("3.5", "质量统计分析制度建立与开展", "2", "tick 1 | tick 1",
     "1.建立健全质量统计制度，开展产品质量合格率统计调查。(1分)2.建立本地区产品、工程、服务等质量状况分析报告制度，向社会公开质量安全信息。(1分)"),
    ("3.6", "质量投入机制运行", "3", "tick 2 | tick 1",
     "1.保障本地区产品、工程、服务等领域质量工作的财政经费投入，并逐年增加。(2分)2.有专项经费保障质量强区建设工作。(1分)"),
    ("3.7", "行业准入及产业政策落实", "5", "tick 1 | tick 0.5 | tick 1 | tick 1 | tick 1 | tick 0.5",
     "1.制定推动落实工业企业质量主体责任的相关措施，开展质量信誉承诺。（1分）2.制定鼓励工业企业采用先进标准、加强技术创新、提升产品质量的政策措施。（0.5分）3.制定推动工业企业推广先进质量管理方法的制度、措施，组织开展学习实践“质量标杆”活动。（1分）4.严格执行工业产品质量准入、工业行业准入制度和产业与技术政策。（1分）5.推进实施清洁生产促进工程，严格高耗能、高污染、质量低劣项目的准入和退出管理。（1分）6.推动燃煤工业锅炉节能环保综合提升工程，推广高效锅炉，淘汰、改造老旧低效锅炉。（0.5分）"),
    ("3.8", "质量基础（标准、计量、认证认可、质量工作信息化、质量人才队伍等）", "10", "tick 2 | tick 2 | tick 2 | tick 2 | tick 2",
     "1.建立标准化协调推进机制，形成广泛参与、共同推进的工作格局。（2分）2.将计量工作纳入地区经济社会发展相关规划，制定支持计量发展的政策措施，初步建立满足本地区工作需要的量传溯源体系。（2分）3.逐步建立培育和规范检测认证市场的工作机制。（2分）4.在推动质量工作信息化建设方面提供相关政策措施支持。（2分）5.制定质量安全监管人员培训制度并组织实施。（2分）"),
    ("4.1", "", "8", "tick 1.5 | tick 1.5 | tick 1 | tick 2 | tick 2",
     "1.建立健全产品、服务、工程质量监管法规、制度体系。（1.5分）2.建立健全处置重大质量违法突发案件快速反应机制、执法联动机制、行政执法与刑事司法衔接机制、重点质量案件挂牌督办制度。（1.5分）3.建立生产企业分类监管制度和工作体系。（1分）4.健全食品药品安全领导机制，建立对下级政府的食品药品安全目标考核制度，对重大食品药品安全问题有明确处理意见。（2分）5.加强农产品、畜产品质量安全监管能力建设，检测机构健全，并全面开展工作。（2分）"),
    ("4.2", "质量诚信建设", "4", "tick 1 | tick 0.5 | tick 0.5 | tick 1 | tick 1",
     "1.建立以组织机构代码实名制为基础的企业质量信用信息数据库（1分），着力推动质量信用评价体系建设。（0.5分）2.推动食品工业企业诚信体系建设。（0.5分）3.对旅游等服务行业提出质量诚信建设总体要求和推进规划，制定服务企业质量诚信标准，并组织实施。（1分）4.开展“计量惠民生、诚信促和谐”活动。（1分）"),
    ("4.3", "质量安全风险管理机制建设", "2", "tick 0.5 | tick 1 | tick 0.5",
     "1.建立本地区质量安全风险监测的制度措施。（0.5分）2.开展安全生产大检查，对发现的质量安全隐患及时采取有效措施。（1分）3.食品安全风险监测区域覆盖率达到要求。（0.5分）"),
    ("4.4", "打击假冒伪劣及专项整治", "8", "tick 2 | tick 2 | tick 1 | tick 1 | tick 2",
     "1.开展农产品、畜产品质量安全例行监测和专项整治，严厉打击制售假劣农资和饲料、兽药，在农产品、畜产品生产违法违规使用禁用、限用农业、畜牧业投入品的行为。（2分）2.制定打击假冒伪劣食品药品专项整治方案并按要求实施，建立公安、食品药品监管、商务部门等多部门联合打击食品药品安全违法行为工作机制。（2分）3.开展食品标签标识问题专项整治。组织开展学校食堂食品安全自查和监督检查，积极预防食物中毒等食品安全事故发生。（1分）4.开展严厉打击在食品中非法添加有毒有害物质和滥用食品添加剂行为专项行动。（1分）5.开展特种设备专项整治。（2分）"),
    ("4.5", "消费者维权机制建设", "2", "tick 0.5 | tick 1.5",
     "1.健全质量申诉投诉处理机制。（0.5分）2.完善12315、12365、12312、12331等质量申诉/投诉网络平台，指定或设立统一受理旅游投诉机构。（1.5分）"),
    ("4.6", "产品质量监管", "6", "tick 1 | tick 1 | tick 2 | tick 1 | tick 1",
     "1.建立完善产品质量监督检查(抽查)制度,开展重点产品质量提升工程。(1分)2.建立地方政府及相关部门特种设备监管“一岗双责”制度和特种设备重大安全隐患挂牌督办、公告制度。(1分)3.组织开展流通领域商品质量监督管理。(2分)4.开展农药、饲料、兽药质量市场抽查和专项监督检查。(1分)5.开展定量包装商品净含量计量专项抽查。(1分)"),
    ("4.7", "工程质量监管", "10", "tick 2 | tick 2 | tick 2 | tick 2 | tick 2",
     "1.建立健全工程质量管理制,出台相关政策措施。(2分)2.加强工程质量监督执法检查,按有关规定组织或参与工程质量事故质量问题的调查处理。(2分)3.本地区新开工建筑工程质量监督覆盖率达100%,建筑工程验收竣工合格率100%。(2分)4.有满足本地区工程建设规模要求的工程质量监督机构和人员。(2分)5.工程质量整体水平保持稳中有升,建设工程质量投诉率逐年下降。(2分)"),
    ("4.8", "服务质量监管", "5", "tick 1 | tick 1 | tick 1.5 | tick 1.5",
     "1.制定服务质量提升政策措施,建立行业服务质量监管制。(1分)2.建立政府牵头、部门分工负责的旅游质量综合监管、联合执法检查机制和旅游违法行为查处信息的共享机制。(1分)3.加强旅游市场安全监测,确保全年无重大旅游质量安全事故。(1.5分)4.提升公共服务质量,重点以公共交通引领城市发展为战略导向。(1.5分)"),
]  # fmt: skip

BONUS = [  # no, kind and points of each clause (a clause that counts units: up to the 10 of all), the printed clause
    ("6.1", "2", "step 2", "各镇(街道)对质量工作经费投入较上一年增长超过20%的加2分。"),
    ("6.2", "2", "tick 2", "积极争创“河南省质量强县示范县”，本年度获批创建的加2分。"),
    ("6.3", "10", "rate 10 | rate 10 | rate 10", "本年度辖区内有获得中国质量奖的单位加3分；省长质量奖的单位加2分；郑州市市长质量奖的单位加1分。"),
    ("6.4", "10", "rate 10 | rate 10", "本年度辖区有获得国家级检测机构的加2分、省级加1分。"),
    ("6.5", "10", "rate 10 | rate 10", "本年度辖区内通过国家级品牌示范区、AAAA级标准化良好行为认定的单位分别加2分，本年度通过省级标准化示范项目或通过省级品牌示范区认定的分别加1分。"),
    ("6.6", "10", "rate 10 | rate 10", "本年度辖区内有新获得国家鲁班奖、全国市政金杯奖、中国驰名商标、中华老字号、达标百货店单位的分别加2分；有新获得省市政金杯奖、省建设工程“中州杯”奖、“河南老字号”、“河南豫菜品牌示范店”单位的分别加1分。"),
]  # fmt: skip

ASPECTS = [  # 考核指标, points of its heading, its items
    ("产品质量量化指标", "20", "1 2"),
    ("质量宏观管理", "35", "3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8"),
    ("质量安全监管", "45", "4.1 4.2 4.3 4.4 4.5 4.6 4.7 4.8"),
    ("创先争优", "10", "6.1 6.2 6.3 6.4 6.5 6.6"),
]

MEMBERS = "各成员单位 各镇（街道）"
OFFICE = "领导小组办公室"
MARKET = "区工商质监局 各镇（街道）"
FARMING = "区农委 各镇（街道）"
FOOD = "区食药监局 各镇（街道）"
SITES = "区工商质监局 区住建局 区文化旅游局 各镇（街道）"
INDUSTRY = "区发改统计局 区科工委 各镇（街道）"
HONESTY = "区科工委 区食药监局 区文化旅游局 各镇（街道）"

OWNERS = {  # 责任部门 of each clause
    "1": [MARKET],
    "2": [FARMING],
    "3.1": [MEMBERS] * 3,
    "3.2": [OFFICE, OFFICE, "区督考办", OFFICE, "区工商质监局 区文化旅游局 各镇（街道）"],
    "3.3": [OFFICE, MEMBERS, MEMBERS, MEMBERS, SITES, SITES],
    "3.4": [OFFICE, MARKET],
    "3.5": [MEMBERS, "区工商质监局 区住建局 区文化旅游局 区食药监局 区农委 区环保局 各镇（街道）"],
    "3.6": ["区财政局"] * 2,
    "3.7": [INDUSTRY] * 5 + ["区环保局 各镇（街道）"],
    "3.8": [MARKET] * 5,
    "4.1": ["区工商质监局 区文化旅游局 区住建局 各镇（街道）", MEMBERS, MARKET, FOOD, FARMING],
    "4.2": [HONESTY] * 4 + [MARKET],
    "4.3": ["区科工委 区工商质监局 各镇（街道）", "区安监局 各镇（街道）", FOOD],
    "4.4": [FARMING, FOOD, FOOD, FOOD, MARKET],
    "4.5": ["区工商质监局 区文化旅游局 区食药监局 各镇（街道）"] * 2,
    # the last page prints half-width brackets
    "4.6": ["区工商质监局 各镇(街道)"] * 3 + ["区农委 各镇(街道)", "区工商质监局 各镇(街道)"],
    "4.7": ["区住建局 各镇(街道)"] * 5,
    "4.8": ["区文化旅游局 区交运局 各镇(街道)"] * 4,
}

SHORTFALLS = [  # value against a target of 95 %, points of item 1, points of item 2
    ("100", "10", "10"), ("95.01", "10", "10"), ("95", "10", "10"),  # 达到当年度目标值
    ("94.99", "9", "9"), ("94.01", "9", "9"), ("94", "9", "9"),  # 1个百分点（含1个百分点）
    ("93.99", "8", "8"), ("92.01", "8", "8"), ("92", "8", "8"),  # 1-3（含3）
    ("91.99", "7", "7"), ("90.01", "7", "7"), ("90", "7", "7"),  # 3-5（含5）
    ("89.99", "6", "5"), ("85.01", "6", "5"), ("85", "6", "5"),  # 5-10（含10）: 扣4分, 扣5分
    ("84.99", "5", "0"), ("80.01", "5", "0"), ("80", "5", "0"),  # 10-15（含15）: 扣5分; 超过10个百分点扣10分
    ("79.99", "0", "0"), ("50", "0", "0"), ("0", "0", "0"),  # 超过15个百分点扣10分
]  # fmt: skip

UNITS = {  # bonus clauses that count units: points for each
    ("6.3", "1"): 3, ("6.3", "2"): 2, ("6.3", "3"): 1, ("6.4", "1"): 2, ("6.4", "2"): 1,
    ("6.5", "1"): 2, ("6.5", "2"): 1, ("6.6", "1"): 2, ("6.6", "2"): 1,
}  # fmt: skip

CHECKED = {  # figures behind a tick: the nearest value that fails, the first that holds, another; the range
    ("3.3", "5"): [("1.99", "2", "3", "0", "")],  # 示范点2个以上
    ("4.7", "3"): [("99.99", "100", "100", "0", "100")] * 2,  # 覆盖率达100%, 合格率100%
}

TARGET = {"value": "95", "target": "95"}
BEST: dict[tuple[str, str], Any] = {
    ("1", "1"): TARGET, ("2", "1"): TARGET, ("6.1", "1"): {"value": "121", "last": "100"}, **dict.fromkeys(UNITS, "1"),
}  # fmt: skip
NOTHING: dict[tuple[str, str], Any] = {
    ("1", "1"): {"value": "79", "target": "95"}, ("2", "1"): {"value": "84", "target": "95"},
    ("6.1", "1"): {"value": "100", "last": "100"}, **dict.fromkeys(UNITS, "0"),
}  # fmt: skip


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric("huiji-district")


def best(rubric: Rubric) -> Sheet:
    return with_answers(yes_to_all(rubric), BEST)


def nothing(rubric: Rubric) -> Sheet:
    return with_answers(no_to_all(rubric), NOTHING)


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_items_are_the_eighteen_of_the_table_and_six_of_bonus(rubric: Rubric) -> None:
    """1, 2, 3.1–3.8, 4.1–4.8 in the order of the print; 5 is the veto, 6.1–6.6 the clauses of the bonus."""
    assert [item.no for item in rubric.items] == [row[0] for row in ROWS] + [row[0] for row in BONUS]
    assert len(ROWS) == 18


@pytest.mark.parametrize(("no", "content", "points", "clauses", "rule"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_the_printed_row(rubric: Rubric, no: str, content: str, points: str, clauses: str, rule: str) -> None:
    """考核要点, 分值, 评分标准 and the kind and points of each clause are those of the printed table."""
    item = rubric.item(no)
    assert squeezed(item.content) == content
    assert squeezed(item.rule_text) == rule
    assert item.points == item.ceiling == Decimal(points)
    assert (item.cap, item.floor) == (None, 0)
    assert shape(item) == clauses


@pytest.mark.parametrize(("no", "points", "clauses", "text"), BONUS, ids=[row[0] for row in BONUS])
def test_a_bonus_clause_is_the_printed_clause(rubric: Rubric, no: str, points: str, clauses: str, text: str) -> None:
    """Each numbered clause of 加分项 is an item, worded as printed; none can bring more than the 10 of all of them."""
    item = rubric.item(no)
    assert text in squeezed(item.rule_text)
    assert item.points == item.ceiling == Decimal(points)
    assert item.cap in (None, item.points)
    assert item.floor == 0
    assert shape(item) == clauses


def test_clauses_are_numbered_as_printed(rubric: Rubric) -> None:
    """Clauses carry their printed numbers; 3.3-3 and 4.2-1 carry two values each."""
    for no, _, _, clauses, _ in ROWS:
        ids = [str(k) for k in range(1, clauses.count("|") + 2)]
        expected = {"3.3": ["1", "2", "3a", "3b", "4", "5"], "4.2": ["1a", "1b", "2", "3", "4"]}.get(no, ids)
        assert [criterion.id for criterion in rubric.item(no).criteria] == expected
    for no, _, clauses, _ in BONUS:
        assert [c.id for c in rubric.item(no).criteria] == [str(k) for k in range(1, clauses.count("|") + 2)]


@pytest.mark.parametrize("no", [row[0] for row in ROWS[2:]])
def test_every_clause_carries_the_points_printed_behind_it(rubric: Rubric, no: str) -> None:
    """The clauses stand in the rule in their order, each with its points in brackets right behind it."""
    item = rubric.item(no)
    assert [Decimal(points) for _, points in clauses_in_order(item)] == [
        criterion.points for criterion in item.criteria
    ]


def test_aspects_hold_their_items_and_points(rubric: Rubric) -> None:
    """20 + 35 + 45 points in three 考核指标, and a bonus of at most 10; the items add up to their headings."""
    assert [
        (squeezed(aspect.title), aspect.points, " ".join(item.no for item in aspect.items)) for aspect in rubric.aspects
    ] == [(title, Decimal(points), items) for title, points, items in ASPECTS]
    assert [str(aspect.kind) for aspect in rubric.aspects] == ["base", "base", "base", "bonus"]
    assert [aspect.cap for aspect in rubric.aspects] == [None, None, None, 10]
    assert [aspect.ceiling for aspect in rubric.aspects] == [20, 35, 45, 10]


def test_the_total_is_100_and_10_of_bonus(rubric: Rubric) -> None:
    """质量目标20分 + 质量措施80分; 加分项此项最高10分; no pass line is invented."""
    assert (rubric.base_total, rubric.bonus_total, rubric.deduction_total) == (100, 10, 0)
    assert (rubric.stated_total - rubric.stated_bonus, rubric.stated_bonus) == (100, 10)
    assert rubric.pass_line is None


@pytest.mark.parametrize("no", OWNERS)
def test_every_clause_has_its_departments(rubric: Rubric, no: str) -> None:
    """责任部门 stay with the clause they are printed at; where the print does not divide them, with the item."""
    item = rubric.item(no)
    owners = [list(criterion.responsible or item.responsible) for criterion in item.criteria]
    assert owners == [text.split() for text in OWNERS[no]]


def test_nothing_is_added_to_the_text(rubric: Rubric) -> None:
    """Every tier, band and clause is the text's own, and nothing may be left out as not applicable."""
    assert unofficial(rubric) == set()
    assert not any(item.na or any(criterion.na for criterion in item.criteria) for item in rubric.items)


# --- every clause ---------------------------------------------------------------------------------------------------


def test_a_tick_gives_its_points_or_none(rubric: Rubric) -> None:
    """Yes gives the printed points, no gives none."""
    for no, _, _, clauses, _ in ROWS[2:]:
        item = rubric.item(no)
        for criterion, clause in zip(item.criteria, clauses.split(" | "), strict=True):
            points = Decimal(clause.removeprefix("tick "))
            yes, nay = line(item, criterion.id, True), line(item, criterion.id, False)
            assert (yes.points, yes.flags, nay.points, nay.flags) == (points, (), 0, ()), (no, criterion.id)


@pytest.mark.parametrize(("value", "first", "second"), SHORTFALLS)
def test_1_and_2_bands_of_shortfall(rubric: Rubric, value: str, first: str, second: str) -> None:
    """Each band includes its far end; 5–10 percentage points cost 4 in item 1 and 5 in item 2."""
    answer = {"1": {"value": value, "target": "95"}}
    for no, points in (("1", first), ("2", second)):
        score = score_item(rubric.item(no), answer)
        assert (score.points, score.state, score.flags) == (Decimal(points), State.SCORED, ())


@pytest.mark.parametrize("no", ["1", "2"])
def test_1_and_2_count_percentage_points_against_a_target_that_is_entered(rubric: Rubric, no: str) -> None:
    """The target is an input, for the text leaves it to each year; without it the item cannot be scored."""
    (clause,) = rubric.item(no).criteria
    assert isinstance(clause, Step)
    assert (clause.against, clause.target) == ("target", None)
    assert (rubric.figures[clause.figure].unit, *ends(rubric, no, "1")) == ("%", 0, 100)
    assert score_item(rubric.item(no), {"1": {"value": "49", "target": "50"}}).points == 9  # points, not per cent
    with pytest.raises(ScoreError):
        score_item(rubric.item(no), {"1": {"value": "95"}})


def test_4_1_has_no_title(rubric: Rubric) -> None:
    """The print has no 考核要点 for 4.1: it stays empty, and an erratum says so."""
    assert rubric.item("4.1").content == ""
    assert rubric.item("4.1").errata


def test_3_3_and_4_2_carry_two_values_in_one_clause(rubric: Rubric) -> None:
    """3.3-3 is worth 1 and 1, 4.2-1 is worth 1 and 0.5; each half is ticked by itself."""
    assert [line(rubric.item("3.3"), clause, True).points for clause in ("3a", "3b")] == [1, 1]
    assert [line(rubric.item("4.2"), clause, True).points for clause in ("1a", "1b")] == [1, Decimal("0.5")]


def test_every_number_is_known_here(rubric: Rubric) -> None:
    """No clause reads a number, and no tick a figure, that these tests do not know."""
    assert measured(rubric) == {("1", "1"), ("2", "1"), ("6.1", "1"), *UNITS} == set(BEST)
    assert checked(rubric) == set(CHECKED)


@pytest.mark.parametrize(("no", "clause"), CHECKED)
def test_a_tick_against_an_agreed_figure_is_flagged(rubric: Rubric, no: str, clause: str) -> None:
    """A yes keeps its points; where an agreed figure says otherwise, the chair sees a flag."""
    flags_follow_the_figures(rubric, no, clause, CHECKED[no, clause])


# --- bonus and veto -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "last", "points"),
    [("120", "100", 0), ("120.01", "100", 2), ("121", "100", 2), ("119.99", "100", 0), ("80", "100", 0),
     ("60", "50", 0), ("60.01", "50", 2), ("240", "200", 0), ("0", "100", 0), ("300", "100", 2)],
)  # fmt: skip
def test_6_1_the_funds_grow_by_more_than_20_percent(rubric: Rubric, value: str, last: str, points: int) -> None:
    """增长超过20% is strict, and measured against last year."""
    score = score_item(rubric.item("6.1"), {"1": {"value": value, "last": last}})
    assert (score.points, score.flags) == (points, ())


def test_6_1_no_growth_from_nothing(rubric: Rubric) -> None:
    """Last year 0 is an error, not a number; funds themselves begin with 0 and have no upper end."""
    with pytest.raises(ScoreError):
        score_item(rubric.item("6.1"), {"1": {"value": "10", "last": "0"}})
    assert ends(rubric, "6.1", "1") == (0, None)


@pytest.mark.parametrize(("approved", "points"), [(True, 2), (False, 0)])
def test_6_2_an_approved_application(rubric: Rubric, approved: bool, points: int) -> None:
    """本年度获批创建的加2分."""
    assert score_item(rubric.item("6.2"), {"1": approved}).points == points


@pytest.mark.parametrize(("no", "clause"), UNITS)
def test_6_3_to_6_6_points_for_each_unit(rubric: Rubric, no: str, clause: str) -> None:
    """Each unit brings its points, up to the 10 of the whole bonus; counts begin with 0."""
    each = UNITS[no, clause]
    for count in range(13):
        mark = line(rubric.item(no), clause, str(count))
        assert (mark.points, mark.flags) == (min(each * count, 10), ())
    assert ends(rubric, no, clause) == (0, None)


@pytest.mark.parametrize(
    ("answers", "bonus"),
    [
        ({}, 0),
        ({("6.2", "1"): True}, 2),
        ({("6.2", "1"): True, ("6.3", "1"): "1"}, 5),
        ({("6.2", "1"): True, ("6.3", "1"): "1", ("6.3", "2"): "1", ("6.3", "3"): "1"}, 8),
        ({("6.2", "1"): True, ("6.3", "1"): "1", ("6.3", "2"): "1", ("6.4", "1"): "1"}, 9),
        ({("6.2", "1"): True, ("6.3", "1"): "1", ("6.3", "2"): "1", ("6.4", "1"): "1", ("6.4", "2"): "1"}, 10),
        ({("6.2", "1"): True, ("6.3", "1"): "1", ("6.3", "2"): "1", ("6.4", "1"): "1", ("6.6", "1"): "1"}, 10),
        ({("6.3", "1"): "3", ("6.5", "2"): "1"}, 10),
        ({("6.3", "1"): "9", ("6.6", "1"): "9"}, 10),
    ],
)
def test_the_bonus_stacks_up_to_ten(rubric: Rubric, answers: dict[tuple[str, str], Any], bonus: int) -> None:
    """此项最高10分: the clauses add up, and all of them together bring 10 at most."""
    sheet = score_sheet(rubric, with_answers(nothing(rubric), answers))
    assert (sheet.bonus, sheet.total, sheet.aspects[-1].points) == (bonus, bonus, bonus)


def test_the_best_sheet_earns_110(rubric: Rubric) -> None:
    """All 100 points and the bonus up to its cap; nothing is flagged; without a pass line there is no verdict."""
    sheet = score_sheet(rubric, best(rubric))
    assert (sheet.base, sheet.bonus, sheet.total, sheet.maximum, sheet.applicable, sheet.prorated) == (
        100, 10, 110, 100, 100, 110,
    )  # fmt: skip
    assert [total.points for total in sheet.aspects] == [20, 35, 45, 10]
    assert (sheet.open_items, dict(sheet.flags), sheet.verdict) == ((), {}, "undecided")


def test_the_worst_sheet_earns_nothing(rubric: Rubric) -> None:
    """Every item can be lost in full."""
    sheet = score_sheet(rubric, nothing(rubric))
    assert (sheet.total, sheet.open_items, sheet.verdict) == (0, (), "undecided")


def test_the_veto_sets_grade_d_and_keeps_the_score(rubric: Rubric) -> None:
    """5: 发生区域性、系统性产品质量安全事件的，考核结果一律为D级."""
    (veto,) = rubric.vetoes
    assert "发生区域性、系统性产品质量安全事件" in squeezed(veto.text)
    assert "D级" in veto.effect
    assert veto.grade == "D"
    sheet = score_sheet(rubric, best(rubric), vetoes=[veto.id])
    assert (sheet.total, sheet.verdict) == (110, "D")


def test_there_are_no_gates_and_no_pass_line(rubric: Rubric) -> None:
    """The text has a D for the veto event and nothing else, and the file says that it is silent."""
    assert rubric.gates == ()
    assert rubric.verdict_text
