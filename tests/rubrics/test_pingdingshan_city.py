"""The Pingdingshan city rubric against its official text, 附件1 and 附件2; expectations are typed from the text.

That 考核要点 stands in 〔〕 behind the content, and the deductions in an aspect of their own, is the file's choice.
"""

import re
from decimal import Decimal
from typing import Any

import pytest

from inspection_app import load_rubric
from inspection_app.core.rubric import Grade, Rubric
from inspection_app.core.scoring import Flag, State, score_item
from inspection_app.core.totals import score_sheet
from inspection_app.errors import ScoreError
from tests.rubrics.conftest import (
    Sheet,
    checked,
    decimals,
    ends,
    line,
    measured,
    no_to_all,
    shape,
    squeezed,
    unofficial,
    with_answers,
    yes_to_all,
)

ROWS = [  # no, 考核要点, 具体内容 as printed, points, 评价部门
    ("1", "（一）质量发展·产品质量", "根据制造业产品质量合格率统计监测结果测算得分。（5分）", "5", "市场监督管理局"),
    ("2", "（一）质量发展·产品质量", "根据制造业质量竞争力指数第三方评价结果测算得分。（4分）", "4", "市场监督管理局"),
    ("3", "（一）质量发展·产品质量", "根据农业农村厅农产品质量监督抽检情况（农产品质量安全例行监测合格率、农产品质量安全监测定量检测量）测算得分。（2分）", "2", "农业农村局"),
    ("4", "（一）质量发展·产品质量", "根据交通运输领域产品质量监督抽查工作情况测算得分。（2分）", "2", "交通运输局"),
    ("5", "（一）质量发展·产品质量", "对生产、销售无线电发射设备监督检查情况得分。（1分）", "1", "无线电管理局"),
    ("6", "（一）质量发展·工程质量", "根据水利建设质量工作水平评价得分。（5分）", "5", "水利局"),
    ("7", "（一）质量发展·工程质量", "根据交通运输厅“平安百年品质工程”创建示范项目情况测算得分。（2分）", "2", "交通运输局"),
    ("8", "（一）质量发展·服务质量", "根据旅游市场服务质量监测结果测算得分。（3分）", "3", "文化广电和旅游局"),
    ("9", "（一）质量发展·服务质量", "根据重点服务业质量满意度和公共服务质量满意度监测结果测算得分。（3分）", "3", "市场监督管理局"),
    ("10", "（一）质量发展·服务质量", "根据食源性疾病监测情况测算得分。（3分）", "3", "卫生健康委员会"),
    ("11", "（三）建立质量工作领导机制", "建立“党委领导、政府主导、部门联合、企业主责、社会参与”的质量工作格局。（2分）", "2", "市场监督管理局"),
    ("12", "（四）加强质量工作统筹规划", "将质量工作纳入国民经济和社会发展总体规划。（1分）", "1", "市场监督管理局"),
    ("13", "（五）完善质量工作制度", "开展食用农产品合格证制度提升行动。（1分）", "1", "农业农村局"),
    ("14", "（五）完善质量工作制度", "推进农业标准化生产工作。（1分）", "1", "农业农村局"),
    ("15", "（五）完善质量工作制度", "建设农产品质量安全检验检测体系。（0.5分）", "0.5", "农业农村局"),
    ("16", "（五）完善质量工作制度", "建立公路水路工程质量保障体系。（1分）", "1", "交通运输局"),
    ("17", "（五）完善质量工作制度", "完善房屋市政工程质量监督管理体制。（4.5分）", "4.5", "住房和城乡建设局"),
    ("18", "（五）完善质量工作制度", "推动建立反不正当竞争工作协调机制，开展重点领域反不正当竞争执法。（1分）", "1", "市场监督管理局"),
    ("19", "（五）完善质量工作制度", "落实公平竞争审查制度。（1分）", "1", "市场监督管理局"),
    ("20", "（五）完善质量工作制度", "完善网络交易监管制度。（1分）", "1", "市场监督管理局"),
    ("21", "（六）加强质量安全风险管理", "加强产品质量安全风险监测。（0.5分）", "0.5", "市场监督管理局"),
    ("22", "（六）加强质量安全风险管理", "组织开展食品安全风险监测。（3分）", "3", "卫生健康委员会"),
    ("23", "（六）加强质量安全风险管理", "组织开展农产品质量安全风险排查监测。（0.5分）", "0.5", "农业农村局"),
    ("24", "（六）加强质量安全风险管理", "组织开展进出口商品质量安全风险监测。（3.5分）", "3.5", "平顶山海关 商务局"),
    ("25", "（七）加大质量监管力度", "加强农产品质量安全监管能力建设。（1分）", "1", "农业农村局"),
    ("26", "（七）加大质量监管力度", "开展农产品质量安全专项整治。（2分）", "2", "农业农村局"),
    ("27", "（七）加大质量监管力度", "推进农产品质量安全网格化监管。（1分）", "1", "农业农村局"),
    ("28", "（七）加大质量监管力度", "强化公路水路工程质量监管。（1分）", "1", "交通运输局"),
    ("29", "（七）加大质量监管力度", "加大房屋市政工程质量监管力度。（2分）", "2", "住房和城乡建设局"),
    ("30", "（七）加大质量监管力度", "落实旅游市场黑名单管理制度。（2分）", "2", "文化广电和旅游局"),
    ("31", "（七）加大质量监管力度", "加强产品质量监督管理。（1分）", "1", "市场监督管理局"),
    ("32", "（七）加大质量监管力度", "推进特种设备安全监管。（1分）", "1", "市场监督管理局"),
    ("33", "（八）严厉打击质量违法行为", "开展农资打假专项治理行动、食用农产品质量安全事件查办工作。（2分）", "2", "农业农村局"),
    ("34", "（八）严厉打击质量违法行为", "开展重点市场、重点商品等民生领域质量执法行动。（2分）", "2", "市场监督管理局"),
    ("35", "（八）严厉打击质量违法行为", "深入开展“昆仑2021”专项行动，依法严厉打击侵犯知识产权和生产、销售伪劣商品犯罪。（4分）", "4", "公安局"),
    ("36", "（八）严厉打击质量违法行为", "加强知识产权保护（商标、专利、地理标志保护等）。（3分）", "3", "市场监督管理局"),
    ("37", "（九）部署开展质量提升行动", "出台推动质量提升的具体政策措施。（1分）", "1", "市场监督管理局"),
    ("38", "（九）部署开展质量提升行动", "开展制造业专项质量提升行动。（1.5分）", "1.5", "工业和信息化局"),
    ("39", "（九）部署开展质量提升行动", "开展旅游服务质量提升行动。（2分）", "2", "文化广电和旅游局"),
    ("40", "（九）部署开展质量提升行动", "建立完善提高医养结合质量政策措施。（1分）", "1", "卫生健康委员会"),
    ("41", "（十）取得质量工作突出成效", "推进质量工作成效突出受到国务院办公厅督查激励或省委省政府表彰。（1分）", "1", "市场监督管理局"),
    ("42", "（十）取得质量工作突出成效", "推进职业教育改革工作成效明显受到国务院办公厅督查激励或省委省政府表彰。（1分）", "1", "教育体育局"),
    ("43", "（十一）加强质量工作保障", "设立工业领域质量提升政策和资金安排。（1分）", "1", "工业和信息化局"),
    ("44", "（十一）加强质量工作保障", "推动公安机关打击侵犯知识产权和生产、销售伪劣商品犯罪机构力量建设，完善制度机制建设。（1分）", "1", "公安局"),
    ("45", "（十一）加强质量工作保障", "加强知识产权保护工作保障。（1分）", "1", "市场监督管理局"),
    ("46", "（十二）推进质量社会共治", "加强全面质量管理，开展全国“质量月”活动，建立本级政府质量奖励制度。（2分）", "2", "市场监督管理局"),
    ("47", "（十二）推进质量社会共治", "推动工业企业开展质量改进。（1.5分）", "1.5", "工业和信息化局"),
    ("48", "（十二）推进质量社会共治", "加强消费者权益保护。（1.5分）", "1.5", "市场监督管理局"),
    ("49", "（十二）推进质量社会共治", "畅通工程质量投诉渠道。（0.5分）", "0.5", "住房和城乡建设局"),
    ("50", "（十三）加强质量基础设施协同服务", "推动质量基础设施“一站式”服务。（2分）", "2", "市场监督管理局"),
    ("51", "（十三）加强质量基础设施协同服务", "推动质量基础设施科技创新。（1分）", "1", "市场监督管理局"),
    ("52", "（十四）加强计量能力建设", "加强产业计量测试中心建设。（0.5分）", "0.5", "市场监督管理局"),
    ("53", "（十四）加强计量能力建设", "完善量值传递溯源体系、开展计量标准专项检查。（0.5分）", "0.5", "市场监督管理局"),
    ("54", "（十四）加强计量能力建设", "加强计量体系和能力建设。（0.5分）", "0.5", "市场监督管理局"),
    ("55", "（十五）推进标准化工作", "统筹推进标准化工作。（0.5分）", "0.5", "市场监督管理局"),
    ("56", "（十五）推进标准化工作", "参与国家标准制修订工作、开展标准化试点示范工作。（1分）", "1", "市场监督管理局"),
    ("57", "（十五）推进标准化工作", "建设推动本地区高质量发展的标准体系。（1分）", "1", "市场监督管理局"),
    ("58", "（十六）深化检验检测改革", "推进检验检测工作。（1.5分）", "1.5", "市场监督管理局"),
    ("59", "（十七）提升质量认证效能", "统筹推进质量认证工作。（0.5分）", "0.5", "市场监督管理局"),
    ("60", "（十七）提升质量认证效能", "推动开展产品、管理体系、服务认证，鼓励采信绿色、有机等产品认证和管理体系、服务认证结果。（0.2分）", "0.2", "市场监督管理局"),
    ("61", "（十七）提升质量认证效能", "开展小微企业质量管理体系认证提升行动。（0.7分）", "0.7", "市场监督管理局"),
    ("62", "（十七）提升质量认证效能", "加强强制性产品认证监管，做好CCC免办后续监管工作。（0.3分）", "0.3", "市场监督管理局"),
    ("63", "（十七）提升质量认证效能", "开展自愿性认证领域认证活动、认证结果“双随机、一公开”检查,做好结果的后处理工作。（0.3分）", "0.3", "市场监督管理局"),
]  # fmt: skip

PROMPTS = {  # 重点考核 of 附件2, as printed
    "11": "建立质量工作领导协调机制情况；党委政府专题部署质量工作情况；设立质量基础设施专项资金等特色做法情况。",
    "12": "加强质量强市（县）建设，将质量工作纳入国民经济和社会发展总体规划情况。",
    "13": "推进食用农产品合格证制度，加强对合格证制度的实施指导、监督管理，加强对带证农产品开展专项监督抽查或监测检查等情况。",
    "14": "开展农兽药残留限量食品安全国家标准宣贯情况；推进现代农业全产业链标准化生产情况；加大禁限用药物宣传力度情况；实施地理标志农产品保护工程，推动绿色有机地理标志农产品发展情况。",
    "15": "加强农产品质量安全检验检测体系情况。",
    "16": "建立企业负责、政府监管、社会监督的公路水路工程质量保障体系情况。",
    "17": "贯彻落实建设单位工程质量首要责任、工程质量安全手册制度情况；健全工程质量监督管理体制情况；创新工程质量管理制度，承担工程质量试点工作情况；本地区工程质量监督力量建设情况。",
    "18": "建立健全反不正当竞争工作机制情况；开展重点领域反不正当竞争执法专项行动情况；上级转办、交办、督办、指定管辖的不正当竞争案件处理、报送情况。",
    "19": "部署、开展本地政策措施抽查、公开、信息报送、宣传培训等情况；履行审查责任，规范审查程序等机制建设情况；政策措施审查质量和效果情况。",
    "20": "部署开展网剑行动及相关宣传、培训等情况；推动网络交易监管平台建设，提高市场监管行政执法工作效率情况；主体责任清单指南等制度建设情况。",
    "21": "加强产品质量安全风险隐患排查，督促企业落实产品质量主体责任，规范生产经营；落实《全国重点工业产品质量安全监管目录》、《河南省重点工业产品质量安全监管目录》，并结合本地区实际，通过监督抽查、专项整治、质量分析培训等手段切实加强质量安全监管，守护质量安全底线情况。",
    "22": "完成食品安全风险监测方案备案、开展食品安全风险监测、年度分析报告情况。",
    "23": "开展豇豆、韭菜常规药残超标大排查情况；本地农产品质量安全监督抽查问题情况。",
    "24": "开展进出口商品质量安全风险监测、推动有关部门与海关共享进出口商品质量安全风险信息、完善进出口商品质量安全风险预警监管体系情况。",
    "25": "乡镇农产品质量安全监管公共服务机构建设运行情况。",
    "26": "贯彻落实《食用农产品“治违禁、控药残、促提升”三年行动方案》情况；生产主体名录、生产者名录推进构建情况；推进常规农兽药残留速测情况；加强农产品质量安全监督检查和执法情况。",
    "27": "推进乡镇农产品质量安全网格化管理情况；强化农产品质量安全协管员（信息员）管理情况。",
    "28": "强化对公路水路工程质量监管,落实项目监管责任情况；组织开展监督执法检查情况。",
    "29": "开展预拌混凝土专项检查情况；加强工程质量检测管理，开展日常监督执法检查及检查结果向社会公开情况。",
    "30": "旅游市场黑名单管理制度落实情况。",
    "31": "全面加强产品质量监督抽查情况；开展建筑材料、学生儿童用品和网售产品质量安全监管情况；切实加强棉花等纤维质量监督情况；加强工业产品生产许可证获证企业事中事后监管情况。",
    "32": "推动建立完善以风险分级管控和隐患排查治理为重点的安全预防控制体系情况；宣传贯彻《生产安全事故应急条例》，制修订应急预案，推动建立96333电梯应急救援体系情况。",
    "33": "开展农资打假专项治理行动，加强部门协调配合，统筹推进农资打假工作情况；查办涉及违法违规使用禁限用药物和常规药物残留超标问题食用农产品质量安全案件情况；按要求向司法机关移送制售假劣农资、食用农产品质量安全案件情况。",
    "34": "部署开展2021民生领域案件查办“铁拳”行动中相应质量执法工作情况；对实体市场、重点商品质量执法力度及执法统计数据和典型案件报送情况。",
    "35": "部署开展“昆仑2021”专项行动情况；成功侦破重大刑事典型案件情况；规范侵权假冒商品销毁工作，依法销毁涉案侵权假冒商品及制假工具、原材料情况；开展知识产权刑事保护宣传工作情况。",
    "36": "专利侵权纠纷行政裁决工作开展情况；报送商标典型案例、专利典型案例和商标、专利指导案例情况；商标、专利执法业务指导工作开展情况；商标、专利、地理标志等知识产权保护工作开展情况；依法查办上级转办商标、专利、地理标志违法案件线索并及时反馈结果等情况。",
    "37": "本年度质量提升相关政策文件制定印发情况。",
    "38": "在消费品、装备、原材料、电子信息等领域质量提升工作开展情况。",
    "39": "旅游服务质量提升情况。",
    "40": "医养结合机构服务质量提升行动文件或方案制定情况；组织医养结合机构开展全面自查和进行实地抽查情况；督促医养结合机构整改情况。",
    "41": "推进质量工作成效突出受到国务院办公厅督查激励或省委省政府表彰情况。",
    "42": "推进职业教育改革成效受到国务院办公厅督查激励或省委省政府表彰情况。",
    "43": "工信部门出台的促进质量提升的奖励政策情况。",
    "44": "按照深化公安改革总体方向，推动食药侦警种打击知识产权犯罪队伍建设情况；深入推进“两法衔接”机制建设，完善相关制度规范情况。",
    "45": "党委、政府在加强知识产权保护方面作出顶层设计、加强队伍建设、给予软硬件保障、建立激励机制情况。",
    "46": "政府质量奖励制度和开展质量奖评选表彰情况；首席质量官制度推进情况。“质量月”活动开展情况。组织政府质量奖获奖者等开展质量管理交流推广活动，推动广大企业加强全面质量管理情况。",
    "47": "推荐质量标杆企业、开展质量管理小组活动、开展质量提升活动情况。",
    "48": "12315热线畅通情况；完成市场监管投诉举报线上线下一体化情况；12315平台举报按时核查率情况。",
    "49": "按规定受理、办理工程质量投诉，组织或参与工程质量事故、质量问题的调查处理情况。",
    "50": "推动质量基础设施“一站式”服务文件出台情况；质量基础设施“一站式”服务试点及效能评估情况。",
    "51": "围绕质量基础设施科技攻关，在地方科技计划中立项研究项目、课题或专题设立重点专项情况。",
    "52": "新增国家级或省级产业计量测试中心情况或对其他计量公务服务平台的支持情况。",
    "53": "本年度按要求组织实施计量标准专项监督检查和标准物质专项检查情况。",
    "54": "支持计量技术机构开展科研项目、对授权的计量技术机构开展专项监督检查情况。",
    "55": "将标准化工作纳入本级国民经济和社会发展规划情况。",
    "56": "参与国家或国际标准制修订工作及开展标准化试点示范工作情况。",
    "57": "实质性参与国际、国家和省标准化活动情况；实施企业标准“领跑者”制度情况；开展对标达标工作情况；开展地方标准备案工作情况；推进地方标准公开工作情况；开展地方标准监督管理情况。",
    "58": "在重点检验检测领域组织参加省局开展的能力验证及督促整改情况；“双随机、一公开”抽查比例情况；检验检测统计数据上报。",
    "59": "将质量认证纳入地方经济社会发展规划或同级党委、政府年度工作要点或重点工作部署情况。",
    "60": "贯彻落实质量认证政策和制度安排，推动开展产品、管理体系、服务认证情况；鼓励采信认证结果情况。",
    "61": "出台小微企业质量管理体系认证提升工作配套措施及成效情况。",
    "62": "开展查处无证出厂销售CCC目录内产品行为，按要求和时限完成CCC免办及后续监管情况。",
    "63": "部署开展自愿性认证领域认证活动、认证结果“双随机、一公开”检查、做好结果的后处理工作。",
}  # fmt: skip

DEDUCTIONS = [  # no, kind and points of its clause, 具体内容 as printed, 评价部门
    ("D1", "rate 2", "发生重大产品和服务质量事件。（每项扣1分，最高扣2分）", "市场监督管理局"),
    ("D2", "grade 1", "发生特种设备安全重大事故。（最高扣1分）", "市场监督管理局"),
    ("D3", "grade 1", "发生重大农产品质量事故。（最高扣1分）", "农业农村局"),
    ("D4", "grade 1", "发生重大旅游服务质量事件。（最高扣1分）", "文化广电和旅游局"),
    ("D5", "grade 1", "发生房屋市政工程重大质量事故。（最高扣1分）", "住房和城乡建设局"),
]

ASPECTS = [  # 考核领域, points of its heading, its items
    ("一、质量水平状况", "30", range(1, 11)),
    ("二、质量政策体系", "14", range(11, 21)),
    ("三、质量安全监管", "29.5", range(21, 37)),
    ("四、质量促进措施", "16", range(37, 50)),
    ("五、质量基础设施", "10.5", range(50, 64)),
]

KEY_POINTS = {  # the seventeen 考核要点, each with what its items add up to
    "（一）质量发展": "30", "（三）建立质量工作领导机制": "2", "（四）加强质量工作统筹规划": "1",
    "（五）完善质量工作制度": "11", "（六）加强质量安全风险管理": "7.5", "（七）加大质量监管力度": "11",
    "（八）严厉打击质量违法行为": "11", "（九）部署开展质量提升行动": "5.5", "（十）取得质量工作突出成效": "2",
    "（十一）加强质量工作保障": "3", "（十二）推进质量社会共治": "5.5", "（十三）加强质量基础设施协同服务": "3",
    "（十四）加强计量能力建设": "1.5", "（十五）推进标准化工作": "2.5", "（十六）深化检验检测改革": "1.5",
    "（十七）提升质量认证效能": "2",
}  # fmt: skip

GRADED = [row for row in ROWS if row[0] not in ("41", "42")]


def half(points: str) -> str:
    return str(Decimal(points) / 2)


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric("pingdingshan-city")


def best(rubric: Rubric) -> Sheet:
    """Every item in full, and nothing that comes off."""
    return yes_to_all(rubric) | {"D1": {"1": "0"}} | {no: {"1": "0"} for no in ("D2", "D3", "D4", "D5")}


def off(points: str) -> dict[str, Any]:
    return {"1": {"points": points, "reason": "通报认定"}}


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_items_run_from_1_to_63_and_d1_to_d5(rubric: Rubric) -> None:
    """63 rows in the order of 附件1; the five deductions stand in an order of their own."""
    numbers = [item.no for item in rubric.items]
    assert [no for no in numbers if no[0] != "D"] == [row[0] for row in ROWS] == [str(no) for no in range(1, 64)]
    assert [no for no in numbers if no[0] == "D"] == [row[0] for row in DEDUCTIONS]


@pytest.mark.parametrize(("no", "key_point", "text", "points", "owners"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_the_printed_row(rubric: Rubric, no: str, key_point: str, text: str, points: str, owners: str) -> None:
    """考核要点, 具体内容, its points and 评价部门 are those of 附件1; each row is one clause worth all of them."""
    item = rubric.item(no)
    assert squeezed(item.rule_text) == text
    assert squeezed(item.content).startswith(text.split("。（", maxsplit=1)[0])
    assert key_point in squeezed(item.content)
    assert item.points == item.ceiling == Decimal(points)
    assert (item.cap, item.floor) == (None, 0)
    assert shape(item) == f"{'tick' if no in ('41', '42') else 'grade'} {points}"
    assert [criterion.id for criterion in item.criteria] == ["1"]
    assert squeezed(item.criteria[0].text).rstrip("。") == text.split("。（", maxsplit=1)[0]
    assert (item.responsible or item.criteria[0].responsible) == tuple(owners.split())


@pytest.mark.parametrize(("no", "clause", "text", "owners"), DEDUCTIONS, ids=[row[0] for row in DEDUCTIONS])
def test_a_deduction_is_the_printed_one(rubric: Rubric, no: str, clause: str, text: str, owners: str) -> None:
    """The five events of （二）质量安全 with the most that each can cost, and who says so."""
    item = rubric.item(no)
    assert squeezed(item.rule_text) == text
    assert squeezed(item.content).rstrip("。") == text.split("。（", maxsplit=1)[0]
    assert item.points == item.ceiling == Decimal(clause.split()[1])
    assert item.cap in (None, item.points)
    assert item.floor == 0
    assert shape(item) == clause
    assert (item.responsible or item.criteria[0].responsible) == tuple(owners.split())


@pytest.mark.parametrize("no", PROMPTS)
def test_the_prompts_are_what_is_looked_at(rubric: Rubric, no: str) -> None:
    """重点考核 of 附件2 is a checklist of prompts, one for each part of the sentence, without points."""
    expected = [part for part in re.split("[；。]", PROMPTS[no]) if part]
    assert [squeezed(prompt).rstrip("；。") for prompt in rubric.item(no).prompts] == expected


def test_only_11_to_63_have_prompts(rubric: Rubric) -> None:
    """附件2 has 53 checklists, for 11 to 63; figures from departments and deductions have none."""
    assert list(PROMPTS) == [str(no) for no in range(11, 64)]
    assert {item.no for item in rubric.items if item.prompts} == set(PROMPTS)
    assert sum(len(item.prompts) for item in rubric.items) == 106


def test_aspects_hold_their_items_and_points(rubric: Rubric) -> None:
    """30 + 14 + 29.5 + 16 + 10.5 points in five 考核领域; the items add up to their headings."""
    base = [aspect for aspect in rubric.aspects if not aspect.deduction]
    assert [
        (squeezed(aspect.title).split("（")[0], aspect.points, [item.no for item in aspect.items]) for aspect in base
    ] == [(title, Decimal(points), [str(no) for no in items]) for title, points, items in ASPECTS]
    assert [aspect.ceiling for aspect in base] == decimals("30 14 29.5 16 10.5")
    assert {(str(aspect.kind), aspect.cap) for aspect in base} == {("base", None)}


def test_key_points_add_up(rubric: Rubric) -> None:
    """What the items under each 考核要点 are worth together."""
    sums = {
        key_point: sum(item.points for item in rubric.items if key_point in squeezed(item.content))
        for key_point in KEY_POINTS
    }
    assert sums == {key_point: Decimal(points) for key_point, points in KEY_POINTS.items()}


def test_deductions_stand_under_their_area(rubric: Rubric) -> None:
    """The deductions belong to （二）质量安全 of the first area and follow it; six points at most come off."""
    (aspect,) = [aspect for aspect in rubric.aspects if aspect.deduction]
    assert rubric.aspects.index(aspect) == 1
    assert all(words in squeezed(aspect.title) for words in ("质量水平状况", "（二）质量安全"))
    assert [item.no for item in aspect.items] == ["D1", "D2", "D3", "D4", "D5"]
    assert (aspect.ceiling, rubric.deduction_total) == (6, 6)
    assert aspect.points in (None, 6)
    assert aspect.cap in (None, 6)


def test_the_total_is_100(rubric: Rubric) -> None:
    """The five areas make 100; there is no bonus and no pass line."""
    assert (rubric.stated_total, rubric.base_total, rubric.stated_bonus, rubric.bonus_total) == (100, 100, 0, 0)
    assert rubric.pass_line is None
    assert rubric.verdict_text


def test_nothing_is_added_to_the_text(rubric: Rubric) -> None:
    """Every clause is the text's own; nothing may be left out; no number but the events of D1 is read."""
    assert unofficial(rubric) == set()
    assert not any(item.na or any(criterion.na for criterion in item.criteria) for item in rubric.items)
    assert (measured(rubric), checked(rubric), rubric.gates) == ({("D1", "1")}, set(), ())


# --- every item -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("no", "points"), [(row[0], row[3]) for row in GRADED])
def test_judgement_gives_nought_to_the_printed_points(rubric: Rubric, no: str, points: str) -> None:
    """Anything from 0 to the printed points can be given, and nothing beyond them."""
    item = rubric.item(no)
    for given in ("0", half(points), points):
        score = score_item(item, {"1": {"points": given, "reason": "核查材料"}})
        assert (score.points, score.state, score.flags) == (Decimal(given), State.SCORED, ())
    for given in (str(Decimal(points) + Decimal("0.01")), "-0.01"):
        with pytest.raises(ScoreError):
            score_item(item, {"1": {"points": given, "reason": "核查材料"}})


def test_1_to_10_are_figures_from_departments(rubric: Rubric) -> None:
    """部门打分: 1 to 10 come from outside the panel; all other items are the panel's judgement."""
    external = {
        item.no
        for item in rubric.items
        for criterion in item.criteria
        if isinstance(criterion, Grade) and criterion.external
    }
    assert external == {str(no) for no in range(1, 11)}
    assert not any(c.allowed for item in rubric.items for c in item.criteria if isinstance(c, Grade))


@pytest.mark.parametrize("no", ["41", "42"])
def test_41_and_42_are_yes_or_no(rubric: Rubric, no: str) -> None:
    """受到国务院办公厅督查激励或省委省政府表彰: it happened or it did not; half of it takes an override, with a flag."""
    assert [score_item(rubric.item(no), {"1": answer}).points for answer in (True, False)] == [1, 0]
    with pytest.raises(ScoreError):
        score_item(rubric.item(no), {"1": {"points": "0.5", "reason": "已推荐"}})
    other = score_item(rubric.item(no), {"1": False, "item": {"override": "0.5", "reason": "已推荐"}})
    assert (other.points, other.flags) == (Decimal("0.5"), (Flag.OVERRIDE,))


def test_24_has_two_owners_and_one_score(rubric: Rubric) -> None:
    """平顶山海关 and 商务局 share the item; its 3.5 points count once."""
    item = rubric.item("24")
    assert (item.responsible or item.criteria[0].responsible) == ("平顶山海关", "商务局")
    assert len(item.criteria) == 1
    sheet = score_sheet(rubric, best(rubric) | {"24": {"1": {"points": "0", "reason": "无材料"}}})
    assert sheet.total == Decimal("96.5")


# --- deductions, veto and the whole sheet -------------------------------------------------------------------------------


@pytest.mark.parametrize(("events", "points"), [("0", 0), ("1", 1), ("2", 2), ("3", 2), ("10", 2)])
def test_d1_costs_one_a_time_and_two_at_most(rubric: Rubric, events: str, points: int) -> None:
    """每项扣1分，最高扣2分; the number of events begins with 0."""
    mark = line(rubric.item("D1"), "1", events)
    assert (mark.points, mark.flags) == (points, ())
    assert ends(rubric, "D1", "1") == (0, None)
    assert score_sheet(rubric, best(rubric) | {"D1": {"1": events}}).total == 100 - points


@pytest.mark.parametrize("no", ["D2", "D3", "D4", "D5"])
def test_d2_to_d5_cost_up_to_one_with_a_reason(rubric: Rubric, no: str) -> None:
    """最高扣1分，酌情扣分: between 0 and 1; what comes off needs a reason, nothing coming off needs none."""
    item = rubric.item(no)
    assert [score_item(item, off(points)).points for points in ("0", "0.3", "1")] == decimals("0 0.3 1")
    assert score_item(item, {"1": "0"}).points == 0
    for answer in ({"1": "1"}, {"1": "0.5"}, off("1.01"), off("-0.5")):
        with pytest.raises(ScoreError):
            score_item(item, answer)


def test_the_best_sheet_earns_100(rubric: Rubric) -> None:
    """Every item can be earned in full; nothing is flagged, and without a pass line there is no verdict."""
    sheet = score_sheet(rubric, best(rubric))
    assert (sheet.base, sheet.deductions, sheet.total, sheet.maximum, sheet.applicable, sheet.prorated) == (
        100, 0, 100, 100, 100, 100,
    )  # fmt: skip
    assert [total.points for total in sheet.aspects if str(total.kind) == "base"] == decimals("30 14 29.5 16 10.5")
    assert (sheet.open_items, dict(sheet.flags), sheet.verdict, sheet.bonus) == ((), {}, "undecided", 0)


def test_deductions_come_off_the_total(rubric: Rubric) -> None:
    """Three events of D1, the whole of D2 and D3, parts of D4 and D5: 2 + 1 + 1 + 0.5 + 0.25 come off."""
    happened = {"D1": {"1": "3"}, "D2": off("1"), "D3": off("1"), "D4": off("0.5"), "D5": off("0.25")}
    sheet = score_sheet(rubric, best(rubric) | happened)
    assert (sheet.base, sheet.deductions, sheet.total) == (100, Decimal("4.75"), Decimal("95.25"))
    (own,) = [total for total in sheet.aspects if str(total.kind) == "deduction"]
    assert own.points == Decimal("4.75")


def test_the_total_does_not_fall_below_nought(rubric: Rubric) -> None:
    """With nothing earned and everything coming off, the total is 0."""
    everything = {"D1": {"1": "2"}} | {no: off("1") for no in ("D2", "D3", "D4", "D5")}
    sheet = score_sheet(rubric, no_to_all(rubric) | everything)
    assert (sheet.base, sheet.deductions, sheet.total) == (0, 6, 0)
    little = score_sheet(rubric, no_to_all(rubric) | everything | {"6": off("5")})
    assert (little.base, little.deductions, little.total) == (5, 6, 0)
    more = score_sheet(rubric, no_to_all(rubric) | everything | {"6": off("5"), "1": off("5")})
    assert more.total == 4


def test_an_event_not_yet_answered_is_open(rubric: Rubric) -> None:
    """An unanswered deduction is no zero: it is among the open items."""
    assert score_sheet(rubric, best(rubric) | {"D1": {}}).open_items == ("D1",)


def test_the_veto_sets_grade_d_and_keeps_the_score(rubric: Rubric) -> None:
    """发生区域性、系统性产品质量安全事件的，考核结果一律为D级."""
    (veto,) = rubric.vetoes
    assert "发生区域性、系统性产品质量安全事件" in squeezed(veto.text)
    assert "D级" in squeezed(veto.effect)
    assert veto.grade == "D"
    sheet = score_sheet(rubric, with_answers(best(rubric), {}), vetoes=[veto.id])
    assert (sheet.total, sheet.verdict) == (100, "D")
