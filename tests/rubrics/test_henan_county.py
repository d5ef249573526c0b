"""The Henan county rubric against its official text; every expectation is typed from the text, none from the file."""

from decimal import Decimal
from typing import Any

import pytest

from inspection_app import load_rubric
from inspection_app.core.rubric import Choice, Rubric, Step, Tick
from inspection_app.core.scoring import Flag, State, gate_holds, score_answers, score_item
from tests.rubrics.conftest import decimals, scored

ROWS = [  # no, 指标内容, 分值, points of each criterion, 验收方式
    ("1", "制定并出台质量发展战略规划", "4", "2 2", "听取汇报 查阅文件"),
    ("2", "为实施质量发展战略规划提供组织保障", "3", "1 1 1", "听取汇报 查阅文件会议纪要"),
    ("3", "为实施质量发展战略规划、创建质量强县提供经费保障", "3", "3", "听取汇报 查阅文件"),
    ("4", "形成符合本地特点的质量精神", "2", "2", "听取汇报 查阅文件 现场检查"),
    ("5", "以多种形式宣传质量精神", "2", "1 1", "听取汇报 查阅文件 现场检查"),
    ("6", "建立完善的质量诚信体系，质量诚信意识普遍增强", "6", "1 2 1 1 1", "听取汇报 查阅文件 现场检查"),
    ("7", "每年9月政府推动开展质量月活动，重视质量舆论宣传", "2", "0.5 0.5 0.5 0.5", "听取汇报 查阅记载活动的文件和资料"),
    ("8", "建立完善的、与经济社会发展相适应的质量技术基础平台", "4", "4", "查阅文件 现场查验检验检测中心"),
    ("9", "实施标准化发展战略，完善标准化管理体制机制", "4", "1 1 1 1", "听取汇报 查阅文件 现场检查"),
    ("10", "强化计量基础支撑工作，建立健全量值传递和溯源体系", "4", "1 1 1 1", "听取汇报 查阅文件 现场检查"),
    ("11", "加强认证认可工作，完善认证认可体系", "3", "1 1 1", "听取汇报 查阅文件 现场检查"),
    ("12", "政府成立专门的质量强县（市、区）工作领导机构", "2", "2", "听取汇报 查阅文件"),
    ("13", "政府组织召开创建“河南省质量强县示范县”动员大会", "2", "2", "听取汇报 查阅文件 查阅影像"),
    ("14", "将质量工作纳入区县政府领导干部的绩效考核", "2", "2", "听取汇报 查阅文件"),
    ("15", "设立政府质量奖，鼓励企业重视质量工作", "2", "1 1", "听取汇报 查阅文件"),
    ("16", "建立起以预防为主的质量安全风险防控和管理体系", "2", "1 1", "听取汇报 查阅文件 现场抽查"),
    ("17", "依法严厉打击质量违法行为，建立起执法联动机制", "2", "1 1", "听取汇报 查阅执法办案记录"),
    ("18", "定期分析地区发展质量状况", "3", "1 1 1", "听取汇报 查阅报告"),
    ("19", "制定品牌发展规划", "3", "1 1 1", "听取汇报 查阅文件"),
    ("20", "培育一批优势企业", "3", "3", "听取汇报 查阅文件"),
    ("21", "形成一批知名品牌示范区", "3", "3", "听取汇报 查阅文件"),
    ("22", "提高企业经营管理人员和一线质量工作者的质量素质与质量技能，打造“工匠精神”。", "3", "1.5 1.5", "听取汇报 查阅文件"),
    ("23", "产品质量安全指标全面达到国家强制性标准要求", "3.5", "2 1.5", "听取汇报 查阅文件 现场抽查"),
    ("24", "农产品、食品等重点产品质量安全得到有效保障", "3.5", "1 1 1 0.5", "听取汇报 查阅文件"),
    ("25", "特种设备质量安全得到有效保障", "3", "1 1 1", "听取汇报 查阅文件 现场抽查"),
    ("26", "落实工程质量责任，加强建筑安全监管，发展新型建造方式", "4", "1 1 1 1", "听取汇报 查阅文件"),
    ("27", "建筑工程节能效率和工业化建造比重不断提高", "2", "1 1", "听取汇报 查阅文件"),
    ("28", "进一步提升房屋住宅居住性能，满足人民群众需求", "2", "2", "听取汇报 查阅文件 群众走访"),
    ("29", "建成一批省级以上综合服务业标准化试点", "3", "3", "听取汇报 查阅文件"),
    ("30", "定期开展服务业顾客满意度测评", "3", "1 1 1", "查阅文件 调取权威机构数据"),
    ("31", "培育一批区域文化特色的服务业品牌和项目", "2", "1 1", "听取汇报 查阅文件"),
    ("32", "形成健全的质量投诉渠道，群众质量投诉能够及时解决", "2.5", "2.5", "听取汇报 查阅质量投诉和解决记录 随机抽查"),
    ("33", "建立社会质量监督员制度，有效调节和处理质量纠纷", "2.5", "2.5", "听取汇报 查阅资料 与社会质量监督员交流"),
    ("34", "群众质量满意度居全省前列", "5", "3 2", "听取汇报 查阅资料"),
    ("35", "在宣传质量意识、普及质量知识、加强质量教育、推广质量文化等方面实现制度创新、方法创新和机制创新", "2", "1 1", "听取汇报 查阅文件"),
    ("36", "在动员全社会参与质量发展、推动各部门共同抓质量、推动广大企业重视质量工作等方面实现制度创新、方法创新和机制创新", "2", "1 1", "听取汇报 查阅资料"),
    ("37", "在创建“河南省质量强县示范县”工作实现制度创新、方法创新和机制创新", "2", "1 1", "听取汇报 查阅文件"),
]  # fmt: skip

ASPECTS = [  # 指标项, points of its heading, its items
    ("一、质量发展战略规划明确清晰", "10", "1 2 3"),
    ("二、质量文化特色鲜明", "12", "4 5 6 7"),
    ("三、质量基础保障有力", "15", "8 9 10 11"),
    ("四、质量工作组织坚强有力", "15", "12 13 14 15 16 17 18"),
    ("五、质量宏观管理成效明显", "12", "19 20 21 22"),
    ("六、产品质量显著提升", "10", "23 24 25"),
    ("七、工程质量大幅提高", "8", "26 27 28"),
    ("八、服务质量满意度不断提高", "8", "29 30 31"),
    ("九、质量发展成果全民共享", "10", "32 33 34"),
    ("质量发展实现制度创新、方法创新和机制创新", "6", "35 36 37"),
]

TIERS = {  # points of each tier in official order
    "4": "2 1 0",
    "8": "4 3 2 1 0",
    "12": "2 1.5 1 0",
    "13": "2 1 0",
    "14": "2 1 0",
    "20": "3 1.5 0.5",
    "21": "3 2 1 0",
    "28": "2 1 0",
    "29": "3 2 1 0",
    "32": "2.5 1.5 0.5 0",
    "33": "2.5 1.5 0",
}

NO_TIER = (Flag.NO_TIER,)


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric("henan-county")


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_items_run_from_1_to_37(rubric: Rubric) -> None:
    """All 37 items stand in official order under their printed numbers."""
    assert [item.no for item in rubric.items] == [row[0] for row in ROWS] == [str(no) for no in range(1, 38)]


@pytest.mark.parametrize(("no", "content", "points", "parts", "verification"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_the_printed_row(
    rubric: Rubric, no: str, content: str, points: str, parts: str, verification: str
) -> None:
    """Content, points, ways of verification and the points of each clause are those of the printed table."""
    item = rubric.item(no)
    assert item.content == content
    assert item.points == item.ceiling == Decimal(points)
    assert [criterion.points for criterion in item.criteria] == decimals(parts)
    assert [criterion.id for criterion in item.criteria] == [str(k + 1) for k in range(len(item.criteria))]
    assert item.verification == tuple(verification.split())


def test_every_clause_carries_the_points_printed_behind_it(rubric: Rubric) -> None:
    """In each rule the clauses stand in their order, each with its points in brackets right behind it."""
    for item in rubric.items:
        position = 0
        for criterion in item.criteria:
            start = item.rule_text.index(criterion.text, position)
            position = start + len(criterion.text)
            if isinstance(criterion, Tick) or len(item.criteria) > 1:
                bracket = item.rule_text[position:].split("分")[0]
                assert bracket[0] in "（("
                assert Decimal(bracket[1:]) == criterion.points, item.no


def test_every_tier_is_worded_as_in_its_rule(rubric: Rubric) -> None:
    """Tiers stand in the rule in their order, word for word, with the points they give."""
    for item in rubric.items:
        (choice, *_) = item.criteria
        if isinstance(choice, Choice):
            assert [tier.points for tier in choice.tiers] == decimals(TIERS[item.no]), item.no
            places = [item.rule_text.index(tier.text) for tier in choice.tiers]
            assert places == sorted(places)
            for tier in choice.tiers:
                assert f"得{tier.points}分" in tier.text or (tier.points == 0 and "不得分" in tier.text)
    assert {item.no for item in rubric.items if isinstance(item.criteria[0], Choice)} == set(TIERS)


def test_the_aspects_add_up_as_their_headings_say(rubric: Rubric) -> None:
    """Ten aspects with their headings' points; 106 points are 100 and a bonus of 6."""
    assert [(aspect.title, aspect.points, " ".join(item.no for item in aspect.items)) for aspect in rubric.aspects] == [
        (title, Decimal(points), items) for title, points, items in ASPECTS
    ]
    assert [aspect.ceiling for aspect in rubric.aspects] == [Decimal(points) for _, points, _ in ASPECTS]
    assert [aspect.id for aspect in rubric.aspects if aspect.bonus] == ["10"]
    assert (rubric.stated_total, rubric.base_total, rubric.bonus_total, rubric.stated_bonus) == (106, 100, 6, 6)


@pytest.mark.parametrize(
    ("place", "slip"),
    [
        ("aspect 1", "不断加大对质宏观量管理和质量安全保障能力的投入"),
        ("aspect 3", "确保保质量安全，促进质量发展。"),
        ("item 3", "达到0.6‰得3分；达到0．4‰得2分；达到0.2‰得1分"),
        ("item 10", "计量体系基本满足区域发展需求(1分)。建立计量测试中心(1分)。"),
        ("item 13", "“河南省质量强县（市、区）示县（市、区）”做出动员部署的得1分"),
        ("item 20", '申报"中国质量奖”和省、市、县级政府质量奖，获奖企业数量居全省同级县(市、区)前列的得3分；获奖企业数量居全省同级县(市、区）中游'),
    ],
)  # fmt: skip
def test_slips_are_kept_to_the_letter(rubric: Rubric, place: str, slip: str) -> None:
    """A slip of the official text is shown as printed, and an erratum stands beside it."""
    kind, no = place.split()
    if kind == "aspect":
        aspect = next(aspect for aspect in rubric.aspects if aspect.id == no)
        assert slip in aspect.requirement
        assert aspect.errata
    else:
        assert slip in rubric.item(no).rule_text
        assert rubric.item(no).errata or "半角" in rubric.errata[-1].says


def test_no_requirement_carries_the_pointer_to_the_table(rubric: Rubric) -> None:
    """The 总体要求 of every aspect is there, ends with a full stop and leaves out 考核要点：见下表."""
    for aspect in rubric.aspects:
        assert aspect.requirement.endswith("。")
        assert "考核要点" not in aspect.requirement
        assert "总体要求" not in aspect.requirement


def test_official_wording_has_no_white_space_of_the_print(rubric: Rubric) -> None:
    """Line breaks and blanks of the printed table are gone from the wording."""
    for item in rubric.items:
        for text in (item.content, item.rule_text, *item.verification, *(c.text for c in item.criteria)):
            assert "".join(text.split()) == text, item.no


@pytest.mark.parametrize("no", ["3", "6", "8", "9", "20", "26", "29", "34"])
def test_what_the_text_leaves_open_is_said_beside_the_item(rubric: Rubric, no: str) -> None:
    """Items whose text needs a reading carry an erratum that says what is open and what the software does."""
    assert rubric.item(no).errata
    assert all(erratum.says and erratum.does for erratum in rubric.item(no).errata)


# --- scores and their boundaries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "points", "flags"),
    [
        ("0.61", "3", ()),
        ("0.6", "3", ()),
        ("0.59", "2", ()),
        ("0.45", "2", ()),
        ("0.4", "2", ()),
        ("0.39", "1", ()),
        ("0.2", "1", ()),
        ("0.19", "0", NO_TIER),
        ("0.1", "0", NO_TIER),
        ("0", "0", ()),
    ],
)
def test_3_the_fund_reaches_its_tiers(rubric: Rubric, share: str, points: str, flags: tuple[str, ...]) -> None:
    """达到 includes the number; a fund below 0.2‰ has no tier: 0 with a flag, while no fund at all is 0 without."""
    score = score_item(rubric.item("3"), {"1": share})
    assert (score.points, score.state, score.flags) == (Decimal(points), State.SCORED, flags)


@pytest.mark.parametrize(
    ("no", "answers", "points"),
    [
        # 农业标准化生产普及率达到30%以上
        ("9", {"2": "29.99"}, "0"),
        ("9", {"2": "30"}, "1"),
        # 合格率达到95%以上(2分)；覆盖率达到100%(1.5分)
        ("23", {"1": "95", "2": "100"}, "3.5"),
        ("23", {"1": "94.99", "2": "100"}, "1.5"),
        ("23", {"1": "95", "2": "99.99"}, "2"),
        ("23", {"1": "94.99", "2": "99.99"}, "0"),
        # 农产品96%以上，重点食品95%以上
        ("24", {"1": "96", "2": "95"}, "2"),
        ("24", {"1": "95.99", "2": "95"}, "1"),
        ("24", {"1": "96", "2": "94.99"}, "1"),
        ("24", {"1": "95", "2": "94", "4": True}, "0.5"),
        # 低于全省平均水平
        ("25", {"2": {"value": "0.25", "target": "0.26"}}, "1"),
        ("25", {"2": {"value": "0.26", "target": "0.26"}}, "0"),
        ("25", {"2": {"value": "0.27", "target": "0.26"}}, "0"),
        ("25", {"2": {"value": "0", "target": "0.26"}}, "1"),
        # 2个以上市级以上奖项
        ("26", {"4": "1"}, "0"),
        ("26", {"4": "2"}, "1"),
        # 1个以上
        ("31", {"1": "1", "2": "0"}, "1"),
        ("31", {"1": "0", "2": "0"}, "0"),
        ("31", {"1": "3", "2": "1"}, "2"),
        # 提升3个百分点以上
        ("34", {"2": {"value": "83", "last": "80"}}, "2"),
        ("34", {"2": {"value": "82.9", "last": "80"}}, "0"),
        ("34", {"2": {"value": "78", "last": "80"}}, "0"),
        ("34", {"1": True, "2": {"value": "79", "last": "75.5"}}, "5"),
    ],
)
def test_thresholds_include_or_exclude_their_number_as_worded(
    rubric: Rubric, no: str, answers: dict[str, Any], points: str
) -> None:
    """以上 and 达到 include the number, 低于 does not; item 34 is scored below a satisfaction of 80 as well."""
    score = scored(rubric, no, answers)
    assert (score.points, score.state, score.flags) == (Decimal(points), State.SCORED, ())


@pytest.mark.parametrize(
    ("no", "criterion", "figures", "contradicted"),
    [
        ("6", "2", {"credit_grade_a_enterprises": "4"}, True),  # 5家以上
        ("6", "2", {"credit_grade_a_enterprises": "5"}, False),
        ("6", "4", {"enterprise_credit_file_rate": "80"}, True),  # 大于80%
        ("6", "4", {"enterprise_credit_file_rate": "80.1"}, False),
        ("11", "1", {"licence_and_ccc_coverage": "99.9"}, True),  # 100%持证生产
        ("11", "1", {"licence_and_ccc_coverage": "100"}, False),
        ("26", "2", {"completed_project_pass_rate": "99.9"}, True),
        ("26", "2", {"large_project_first_pass_rate": "99"}, True),
        ("26", "2", {"other_project_first_pass_rate": "97.9"}, True),
        ("26", "2", {"large_project_first_pass_rate": "100", "other_project_first_pass_rate": "98"}, False),
        ("26", "3", {"household_acceptance_coverage": "99"}, True),
        ("26", "3", {"structural_complaint_rate": "0.51"}, True),  # 0.5%以下
        ("26", "3", {"general_complaint_rate": "1.1"}, True),  # 1%以下
        ("26", "3", {"structural_complaint_rate": "0.5", "general_complaint_rate": "1"}, False),
        ("27", "2", {"energy_standard_compliance_rate": "99.5"}, True),
        ("27", "2", {"energy_standard_compliance_rate": "100"}, False),
    ],
)
def test_a_tick_against_an_agreed_figure_is_flagged(
    rubric: Rubric, no: str, criterion: str, figures: dict[str, str], contradicted: bool
) -> None:
    """A yes keeps its points; where an agreed figure says otherwise, the chair sees a flag."""
    (line,) = [line for line in scored(rubric, no, {criterion: True}, figures).lines if line.criterion == criterion]
    assert line.points == rubric.item(no).criterion(criterion).points
    assert line.flags == ((Flag.FIGURE_CONTRADICTS,) if contradicted else ())


@pytest.mark.parametrize(("no", "tier", "points"), [
    (no, tier, points) for no, row in TIERS.items() for tier, points in enumerate(decimals(row), start=1)
])  # fmt: skip
def test_a_tier_gives_its_points_and_no_others(rubric: Rubric, no: str, tier: int, points: Decimal) -> None:
    """Tiers are exclusive: the chosen one's points are the item's; 其余 of item 20 gives 0.5, the lowest there is."""
    score = score_item(rubric.item(no), {"1": tier})
    assert (score.points, score.state, score.flags) == (points, State.SCORED, ())


@pytest.mark.parametrize("no", TIERS)
def test_no_tier_fits_gives_no_points_until_an_override(rubric: Rubric, no: str) -> None:
    """“None fits” stays without points and flagged; an override with a reason then gives them, flagged too."""
    item = rubric.item(no)
    score = score_item(item, {"1": 0})
    assert (score.points, score.state, score.flags) == (None, State.UNMARKED, NO_TIER)
    decided = score_item(item, {"1": 0, "item": {"override": "1.5", "reason": "由县长负责，但未定期召集会议"}})
    assert (decided.points, decided.flags) == (Decimal("1.5"), (Flag.NO_TIER, Flag.OVERRIDE))


def perfect(rubric: Rubric) -> dict[str, dict[str, Any]]:
    """All ticks yes, all first tiers."""
    return {
        item.no: {
            criterion.id: True if isinstance(criterion, Tick) else 1
            for criterion in item.criteria
            if not isinstance(criterion, Step)
        }
        for item in rubric.items
    }


BEST = {
    "quality_fund_share": "0.6",
    "agricultural_standardisation_rate": "36",
    "key_industrial_product_pass_rate": "95",
    "licence_and_ccc_coverage": "100",
    "farm_product_pass_rate": "96",
    "key_food_pass_rate": "95",
    "special_equipment_death_rate": {"value": "0.1", "target": "0.2"},
    "construction_awards": "2",
    "time_honoured_titles": "1",
    "service_brand_titles": "1",
    "public_quality_satisfaction": {"value": "84", "last": "81"},
}


def test_the_best_sheet_earns_106_and_the_worst_half_a_point(rubric: Rubric) -> None:
    """Nothing above 106 can be earned; because item 20 has no zero, nothing below 0.5 either."""
    best = score_answers(rubric, perfect(rubric), BEST)
    assert sum(score.points or 0 for score in best.values()) == 106
    assert not any(score.flags for score in best.values())
    no_to_all = {
        item.no: {
            c.id: False if isinstance(c, Tick) else len(c.tiers) for c in item.criteria if not isinstance(c, Step)
        }
        for item in rubric.items
    }
    nothing = dict.fromkeys(BEST, "0") | {
        "special_equipment_death_rate": {"value": "0.2", "target": "0.2"},
        "public_quality_satisfaction": {"value": "70", "last": "70"},
    }
    worst = score_answers(rubric, no_to_all, nothing)
    assert all(score.state == State.SCORED for score in worst.values())
    assert {no: score.points for no, score in worst.items() if score.points} == {"20": Decimal("0.5")}


def test_34_this_years_satisfaction_alone_is_no_rise(rubric: Rubric) -> None:
    """The gate needs only this year's value; item 34 stays unmarked until the earlier one is agreed too."""
    score = score_item(rubric.item("34"), {"1": True}, {"public_quality_satisfaction": "85"})
    assert (score.points, score.state, score.partial) == (None, State.UNMARKED, Decimal(3))
    entered = {"public_quality_satisfaction": {"value": "85"}}
    assert score_item(rubric.item("34"), {"1": True}, entered).state == State.UNMARKED


# --- vetoes, gates, scheme -----------------------------------------------------------------------------------------


def test_four_vetoes_cancel_the_eligibility(rubric: Rubric) -> None:
    """The four 否决条件 of 附件4 with their official effect."""
    assert [veto.text for veto in rubric.vetoes] == [
        "近三年发生重大产品质量安全事故，出现区域性、系统性、行业性质量安全问题。",
        "近三年出现重大安全生产、污染环境及其他严重违反国家法律法规等问题。",
        "近三年产业出现严重产品质量问题，并造成严重影响的。",
        "近三年有因质量安全问题导致重大群体性事件的。",
    ]
    assert {veto.effect for veto in rubric.vetoes} == {"取消申请资格"}


GATES = [  # group, text, the last value that fails and the first that holds; none where the panel confirms it
    ("产品质量指标", "农业标准化生产普及率应超过35%。", "35", "35.01"),
    ("产品质量指标", "主要农产品质量安全抽检合格率应稳定在96%以上。", "95.99", "96"),
    ("产品质量指标", "重点工业产品质量监督抽查合格率应稳定在95%以上。", "94.99", "95"),
    ("工程质量指标", "大中型工程项目一次验收合格率应达到100%。", "99.99", "100"),
    ("工程质量指标", "其他工程一次验收合格率应达到98%以上。", "97.99", "98"),
    ("服务质量指标", "服务业顾客满意度应达到80以上。", "79.99", "80"),
    ("质量工作基本机制体制", "须出台贯彻实施《质量发展纲要》的规划或计划。", None, None),
    ("质量工作基本机制体制", "须开展质量强县（市、区）活动。", None, None),
    ("质量工作基本机制体制", "须成立质量强县（市、区）示范县（市、区）工作领导小组，并召开了创建工作动员大会。", None, None),
    ("质量工作基本机制体制", "须建立起区域质量分析报告制度。", None, None),
    ("质量工作基本机制体制", "须建立政府质量奖励制度。", None, None),
    ("质量工作基本机制体制", "须开展群众质量满意度测评，群众质量满意度达到80以上。", "79.99", "80"),
    ("自查", "创建工作开展比较全面。按照《“河南省质量强县（市、区）示范县（市、区）”考核验收细则》进行自查，自查评分超过90分。", "90", "90.01"),
]  # fmt: skip


def test_thirteen_gates(rubric: Rubric) -> None:
    """Twelve basic conditions of 附件4 and the self-check, word for word; 超过 excludes its number, 以上 does not."""
    assert [(gate.group, gate.text) for gate in rubric.gates] == [(group, text) for group, text, *_ in GATES]
    for gate, (_, _, fails, holds) in zip(rubric.gates, GATES, strict=True):
        assert gate_holds(gate.holds, fails) is (None if fails is None else False), gate.text
        assert gate_holds(gate.holds, holds) is (None if holds is None else True), gate.text


def test_one_fact_is_one_figure(rubric: Rubric) -> None:
    """A gate and the item about the same fact read the same figure, so it is entered once."""
    read = {
        no: {getattr(part, "figure", None) for c in rubric.item(no).criteria for part in (c, *getattr(c, "checks", ()))}
        for no in ("9", "23", "24", "26", "34")
    }
    shared = dict(zip(("1", "3", "2", "4", "5", "12"), ("9", "23", "24", "26", "26", "34"), strict=True))
    for gate in rubric.gates:
        if gate.id in shared:
            assert gate.figure in read[shared[gate.id]], gate.text


def test_between_30_and_35_percent_the_item_scores_and_the_gate_fails(rubric: Rubric) -> None:
    """Item 9's 30% and the gate's 35% are two thresholds for one figure, and both places say so."""
    assert scored(rubric, "9", {}, {"agricultural_standardisation_rate": "32"}).points == 1
    gate = rubric.gates[0]
    assert gate_holds(gate.holds, "32") is False
    assert any("35%" in erratum.says for erratum in rubric.item("9").errata)
    assert any("30%" in erratum.says for erratum in gate.errata)


def test_the_self_check_says_that_its_base_is_a_reading(rubric: Rubric) -> None:
    """That 90 is measured against 100 without the bonus is our reading; the figure with the bonus can be shown too."""
    (erratum,) = rubric.gates[-1].errata
    assert "106" in erratum.says
    assert "理解" in erratum.does
    assert (rubric.figures["self_check_score"].to, rubric.figures["self_check_bonus"].to) == (100, 6)


def test_the_scheme_is_the_prescribed_one(rubric: Rubric) -> None:
    """Five candidate sites, three or four of them drawn; four categories of citizens; four activities in order."""
    scheme = rubric.scheme
    assert scheme.prescribed
    assert (scheme.candidate_sites, scheme.drawn_sites) == (5, (3, 4))
    assert scheme.citizen_categories == ("群众代表", "人大代表", "政协委员", "社会监督员")
    assert [(activity.title, activity.draws) for activity in scheme.activities] == [
        ("汇报交流", ""),
        ("实地考察", "sites"),
        ("群众座谈", "citizens"),
        ("情况反馈", ""),
    ]
    assert "专家组从5个备选点中抽取3至4个点进行考察。" in scheme.activities[1].text
    assert "邀请群众代表、人大代表、政协委员、社会监督员等人员参加。" in scheme.activities[2].text


def test_no_pass_line_is_invented(rubric: Rubric) -> None:
    """The text states no pass line for the experts' score, and the rubric says exactly that."""
    assert "未规定专家评分的合格分数线" in rubric.verdict_text


def test_no_consequence_of_a_missed_gate_is_invented(rubric: Rubric) -> None:
    """附件4 says 应 and 须, not 全部; its （三）创新和示范内容 names no limit: no gate, and the file says so."""
    assert "须全部满足" not in rubric.verdict_text
    assert "创新和示范内容" in rubric.verdict_text
    words = "形成在全省具有示范引领作用和推广价值的特色亮点。"
    assert not any(words in gate.text for gate in rubric.gates)
    (erratum,) = [erratum for erratum in rubric.errata if words in erratum.says]
    assert "不作为基本条件" in erratum.does


def test_what_the_form_says_of_persons_can_be_removed(rubric: Rubric) -> None:
    """附件5 names the 行政负责人 and two contacts, these with telephone, mobile and e-mail."""
    assert [field.title for field in rubric.scheme.form if field.personal] == [
        "行政负责人", "联系人", "联系人电话", "联系人手机", "联系人电子邮箱", "质监（工商质监）部门联系人",
        "质监（工商质监）部门联系人电话", "质监（工商质监）部门联系人手机", "质监（工商质监）部门联系人电子邮箱",
    ]  # fmt: skip


def test_the_limit_of_a_whole_report_is_none_of_its_parts(rubric: Rubric) -> None:
    """1万字以内 is said of the whole 群众质量满意度测评情况报告: it stands in a hint and bounds no single field."""
    report = [field for field in rubric.scheme.form if field.group == "群众质量满意度测评情况报告"]
    assert {field.most for field in report} == {None}
    assert "1万字以内" in report[0].hint


@pytest.mark.parametrize(
    ("no", "conditions"), [("1", ["质量发展战略规划", "具体工作措施"]), ("27", ["节能建筑的比重", "工业化建造比重"])]
)
def test_two_conditions_behind_one_value_are_listed(rubric: Rubric, no: str, conditions: list[str]) -> None:
    """规划及其具体工作措施; 节能建筑的比重和工业化建造比重均: both must hold for the points."""
    clause = rubric.item(no).criterion("1")
    assert isinstance(clause, Tick)
    for check, words in zip(clause.checks, conditions, strict=True):
        assert words in check.text


def test_figures_have_chinese_titles_units_and_sensible_ranges(rubric: Rubric) -> None:
    """Every figure carries its unit and lower end; percentages lie between 0 and 100."""
    for key, figure in rubric.figures.items():
        assert figure.unit, key
        assert figure.from_ == 0, key
        assert "一" <= figure.title[0] <= "鿿", key
        if figure.unit in "%‰":
            assert figure.to == {"%": 100, "‰": 1000}[figure.unit], key
