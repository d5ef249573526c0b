"""The 36 requirements of the Henan text's 附件4 to 附件6 on a visit, by number and phrase, and the test that shows each.

The phrases are typed from the official text. A requirement whose test is renamed or removed fails here.
"""


import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
HENAN = "rubrics/test_henan_county.py"

REQUIREMENTS = (
    (1, "近三年发生重大产品质量安全事故", HENAN, "test_four_vetoes_cancel_the_eligibility"),
    (2, "近三年出现重大安全生产、污染环境及其他严重违反国家法律法规等问题", HENAN, "test_four_vetoes_cancel_the_eligibility"),
    (3, "近三年产业出现严重产品质量问题，并造成严重影响的", HENAN, "test_four_vetoes_cancel_the_eligibility"),
    (4, "近三年有因质量安全问题导致重大群体性事件的", "services/test_consolidate.py", "test_a_veto_needs_proof"),
    (5, "农业标准化生产普及率应超过35%", HENAN, "test_between_30_and_35_percent_the_item_scores_and_the_gate_fails"),
    (6, "主要农产品质量安全抽检合格率应稳定在96%以上", HENAN, "test_thirteen_gates"),
    (7, "重点工业产品质量监督抽查合格率应稳定在95%以上", HENAN, "test_thirteen_gates"),
    (8, "大中型工程项目一次验收合格率应达到100%", HENAN, "test_thirteen_gates"),
    (9, "其他工程一次验收合格率应达到98%以上", HENAN, "test_thirteen_gates"),
    (10, "服务业顾客满意度应达到80以上", HENAN, "test_thirteen_gates"),
    (11, "须出台贯彻实施《质量发展纲要》的规划或计划", "services/test_consolidate.py", "test_a_gate_with_a_figure_is_the_figures"),
    (12, "须开展质量强县（市、区）活动", HENAN, "test_thirteen_gates"),
    (13, "须成立质量强县（市、区）示范县（市、区）工作领导小组，并召开了创建工作动员大会", HENAN, "test_thirteen_gates"),
    (14, "须建立起区域质量分析报告制度", HENAN, "test_thirteen_gates"),
    (15, "须建立政府质量奖励制度", HENAN, "test_thirteen_gates"),
    (16, "群众质量满意度达到80以上", HENAN, "test_one_fact_is_one_figure"),
    (17, "自查评分超过90分", "core/test_application.py", "test_the_first_reading_decides_and_the_second_is_shown"),
    (18, "形成在全省具有示范引领作用和推广价值的特色亮点", "services/test_findings.py", "test_findings_stand_by_kind_and_then_in_order"),
    (19, "创建成果视频展示", "core/test_programme.py", "test_the_programme_of_the_official_text"),
    (20, "创建单位负责人汇报", "services/test_observe.py", "test_attendance_is_taken"),
    (21, "相关部门补充汇报", "services/test_observe.py", "test_everybody_observes"),
    (22, "专家组听取汇报并提问交流", "services/test_observe.py", "test_everybody_observes"),
    (23, "由申报单位提供5个备选考察点并提供考察方案", "services/test_prepare.py", "test_sites_that_cannot_be_used"),
    (24, "专家组从5个备选点中抽取3至4个点进行考察", "services/test_draw.py", "test_the_scheme_says_how_many_sites"),
    (25, "在现场与相关人员对话", "services/test_observe.py", "test_a_drawn_site_is_checked"),
    (26, "查看创建活动计划、工作内容及取得成果的资料", "services/test_observe.py", "test_a_drawn_site_is_checked"),
    (27, "考察创建工作与申请材料的一致性", "core/test_programme.py", "test_what_does_not_agree_is_said"),
    (28, "群众名单由专家抽取并确定", "services/test_draw.py", "test_citizens_by_category"),
    (29, "邀请群众代表、人大代表、政协委员、社会监督员等人员参加", HENAN, "test_the_scheme_is_the_prescribed_one"),
    (30, "群众发表意见，提问交流", "core/test_programme.py", "test_the_report_says_all_of_it"),
    (31, "相关部门现场解答群众疑问", "core/test_programme.py", "test_the_report_says_all_of_it"),
    (32, "专家组统一汇总意见后，与申报单位创建工作领导小组反馈现场验收整体情况", "services/test_feed_back.py", "test_the_report_tells_everything"),
    (33, "批准创建时间（注明批准创建文号）", "core/test_application.py", "test_the_form_is_annex_5s"),
    (34, "注明测评机构、上报政府时间、政府领导批示等内容", "core/test_application.py", "test_the_form_is_annex_5s"),
    (35, "提供每一项验收条件的说明和支持资料，并注明页码", "services/test_bring.py", "test_a_self_check_is_taken_whole_in_place_of_the_earlier_one"),
    (36, "关于数据类资料，应尽量说明测算机构与计算方法，注明数据的来源", "services/test_prepare.py", "test_a_figure_as_people_write_it"),
)  # fmt: skip


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_there_are_36_of_them_in_order() -> None:
    """Nothing of the three annexes is left out by a slip of the numbering."""
    assert [number for number, *_ in REQUIREMENTS] == list(range(1, 37))


@pytest.mark.parametrize(("number", "phrase", "file", "name"), REQUIREMENTS)
def test_each_requirement_is_shown_by_a_test(number: int, phrase: str, file: str, name: str) -> None:
    """The named test exists."""
    assert phrase
    assert name in names_in(file), (number, file, name)
