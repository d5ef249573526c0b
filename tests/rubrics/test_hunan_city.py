"""The Hunan city rubric against its official text, 附录A; expectations are typed from the text.

Two ends of figures are the file's and only pinned here: 10000 certificates for 10000 people (25), and ranks that begin
with 1 (29).
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from inspection_app import load_rubric
from inspection_app.core.rubric import Choice, Grade, Rubric, Tick
from inspection_app.core.scoring import Flag, State, score_item
from inspection_app.core.totals import SheetScore, score_sheet
from inspection_app.errors import ScoreError
from tests.rubrics.conftest import (
    Sheet,
    checked,
    clauses_in_order,
    decimals,
    ends,
    figured_checks,
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

ROWS = [  # no, 指标内容, 分值, kind and points of each clause, 考核评分方法
    ("1", "制定并出台城市质量发展规划", "20", "choice 20 10 0",
     "结合本城市（区）实际情况制定并已经出台质量发展战略规划，并制定了具体指导意见和具体工作措施的得20分；质量发展战略规划或意见、措施正在制定中，尚未出台的得10分；尚未着手制定质量发展战略规划的得0分。"),
    ("2", "为实施质量发展规划提供组织保障", "30", "tick 10 | tick 10 | tick 10",
     "建立质量工作部门联席会议制度或质量强市工作领导小组或类似工作机制（10分）；每年至少召开一次质量工作部门联席会议并且城市领导出席会议或针对会议研究的质量工作做出指示（10分）；城市政府主要负责人亲自担任质量强市工作领导小组组长（10分）。"),
    ("3", "为实施质量发展规划、创建质量强市提供经费保障", "30", "step 30",
     "城市政府明确每年本城市质量发展规划或创建质量强市工作提供专项经费，并且经费数额占年财政一般预算收入比例达到1‰的得30分，到达0.6‰的得20分，到达0.3‰的得10分，尚未对上述质量工作有专项经费保障的得0分。"),
    ("4", "形成符合城市特点的质量精神，并以多种形式宣传", "15", "choice 15 5 0",
     "形成专门的、符合城市特点的城市质量精神口号并通过展板、显示屏、横幅、路牌、橱窗以及电视、报纸、网络等途径宣传的得15分；形成专门的城市质量精神口号但宣传不充分，或没有形成专门的城市质量精神口号但在城市精神中体现出质量元素的得5分；尚未形成城市质量精神口号并且在城市精神中也未体现质量元素的得0分。"),
    ("5", "应加强中小学质量教育基地培育，定期组织中小学生参加基地活动", "20", "choice 20 10 0",
     "拥有1个以上中小学质量教育社会实践基地，且每年定期组织质量相关活动的得20分；已经筹建并已经提出申报中小学质量教育社会实践基地的得10分；尚未开展此项工作、未提出申报的得0分。"),
    ("6", "推动广大企业普遍开展质量攻关、质量改进、质量风险分析等活动", "15", "tick 5 | tick 5 | tick 5",
     "政府有关部门组织对企业开展质量攻关和改进活动进行指导、提出要求、组织经验交流或对开展好的企业进行表彰表扬（5分）；政府有关部门应引导企业采用先进质量管理方法，传播先进质量管理理念，每年至少组织1次企业质量首席质量官和企业负责人质量培训（5分）；政府有关部门应推动各行业开展QC小组等群众性质量活动（5分）。"),
    ("7", "建立起完善的质量诚信体系，质量诚信意识普遍增强", "20", "tick 6 | tick 3 | tick 3 | tick 3 | tick 3 | tick 2",
     "出台质量诚信体系建设的政策措施，建立城市各政府部门间的联动机制（6分）；建立质量失信惩戒制度，将失信企业纳入“黑名单”并向社会公布（3分）；建立企业质量信用档案，建档率不小于80%，实现各部门间的信息共享，并按要求及时录入全国企业质量信用档案数据库（3分）；预包装产品应建立以物品编码等为溯源手段的产品质量信用信息平台，建档率达到80%以上（3分）；对企业实施质量信用分级分类管理（3分）；引导和支持质量信用服务机构的发展，推进质量信用服务产品的运用（2分）。"),
    ("8", "大型骨干企业中严格实施企业岗位质量规范和质量考核制度", "20", "tick 10 | tick 5 | tick 5",
     "推动在市本级企业或大型骨干企业中推行首席质量官制度（10分）；推动在市本级企业或大型骨干企业中建立质量关键岗位考核机制（5分）；推动在市本级企业或大型骨干企业中建立质量安全一票否决机制（5分）。"),
    ("9", "每年9月政府推动开展质量月活动，重视质量舆论宣传", "20", "tick 10 | step 5 | tick 5",
     "政府应专门制定并印发文件对质量月活动进行部署和动员（10分）；政府领导应出席或参与2项以上质量月重点活动（5分）；引导市民广泛参与质量月活动，并及时宣传报导（5分）。"),
    ("10", "建设成完善的、与城市经济社会发展相适应的质量公共服务平台", "20", "tick 10 | tick 10",
     "建立与当地支柱产业相适应的国家级检测中心、重点实验室、计量、标准、认证等公共技术服务平台（10分）；建立与当地支柱产业相适应的省级级检测中心、重点实验室、计量、标准、认证等公共技术服务平台（10分）"),
    ("11", "实施标准化发展战略，完善标准化管理体制机制", "30", "tick 10 | tick 10 | tick 5 | tick 5",
     "建立标准化工作协调推进机制，出台相关政策措施（10分）；督促企业落实标准化主体责任，通过企业标准信息公共服务平台向社会公开企业生产的产品和提供的服务所执行的标准，消灭无标生产（10分）；应组织企业开展“对标、达标、提标、创标”提升专项行动，建立和实施企业标准“领跑者”制度（5分）；组织企业积极申报国家、省级标准化示范试点（5分）。"),
    ("12", "强化计量基础支撑工作，建立健全量值传递和溯源体系", "25", "tick 15 | tick 10",
     "城市计量体系基本满足城市发展需求（15分）；城市支持能源计量能力建设，建立起重点用能单位能源计量数据在线采集、实时检测平台（10分）。"),
    ("13", "证认可工作，完善认证认可体系", "25", "tick 5 | step 5 | tick 5 | tick 5 | tick 5",
     "出台政策措施鼓励企业开展环保、低碳、节能、节约资源认证（5分）；年度强制性产品认证获证产品监督抽查批次合格率达到95%以上（5分）；在质量、环境、职业健康、社会管理、文化教育、医疗卫生等领域推行管理体系认证（5分）；在城市骨干企业中大力推进食品安全领域良好农业规范（GAP）、危害分析和关键控制点（HACCP）等认证工作（5分）；探索在交通运输业、金融服务业、商务服务业、旅游业、体育产业推行服务质量管理认证（5分）。"),
    ("14", "加强出入境疫病疫情监控和进出口食品质量安全监管", "25", "tick 5 | tick 5 | tick 5 | tick 5 | tick 5",
     "建立出入境农产品质量安全监管体系（5分）；有口岸的城市，至少1个口岸被评为“世界卫生组织口岸核心能力达标单位”，无口岸的城市，此项为合理缺项（5分）；市级城市应建立有效的进出境检验检疫信息服务平台，区、县城市贯彻落实国家、省、市进出口的政策和规定（5分）；建立有效的进出境动植物疫情疫病防控体系及出入境人员疫情疫病防控体系（5分）；建立有效的食品进出口质量安全追溯体系，建立有效的食品进出口质量安全追溯体系，建设成国家级或省级食品进出口质量安全示范区或出口食品检验合格率到达99%以上（5分）。"),
    ("15", "城市政府成立专门的质量强市工作领导机构", "30", "choice 30 24 18 0",
     "成立了专门的质量强市（县、区）工作领导机构，机构由市（县、区）长负责，且定期召集和出席会议的得30分；成立了专门的质量强市工作领导机构，机构由副市（县、区）长负责的得24分；成立了专门的质量强市工作领导机构，负责人不是市（县、区）领导的得18分；未成立专门的质量强市工作领导机构得0分。"),
    ("16", "城市政府组织召开创建“质量强市（县、区）”动员大会", "20", "choice 20 10 0",
     "城市政府专门组织召开创建“质量强市（县、区）”动员部署大会的得20分；制定并下发文件对对创建“质量强市（县、区）”做出动员部署的得10分；未对创建“质量强市（县、区）”做出动员部署的不得分。"),
    ("17", "将质量工作纳入市（区、县）政府领导干部的绩效考核", "20", "choice 20 10 0",
     "将质量工作纳入政府年度绩效考核体系，绩效考核结果作为区县、镇（街）领导班子和领导干部综合考核评价内容，进行实际考核超过一年以上的得20分；尚未进行实际考核的得10分；目前尚未将质量指标纳入市政府年度绩效考核体系的得0分。"),
    ("18", "设立政府质量奖，鼓励企业重视质量工作", "20", "choice 20 10 0",
     "设立并实施政府质量奖的得20分；有文件证明政府质量奖设立工作正在筹划进行中的得10分；未开展政府质量奖工作的得0分。"),
    ("19", "建立起以预防为主的质量安全风险防控和管理体系", "20", "tick 5 | tick 5 | tick 5 | tick 5",
     "建立了重大质量安全事故报告制度（5分）；制定了质量安全风险应急预案和预警机制（5分）；建立了质量安全风险信息资源共享机制（5分）；建立健全有效的出入境动植物疫情疫病预警防控机制（5分）。"),
    ("20", "依法严厉打击质量违法行为，建立起执法联动机制", "20", "tick 5 | tick 5 | tick 5 | tick 5",
     "建立打击质量违法行为长效协作机制及对执法机构编制经费的保障措施（5分）；建立起质量安全风险排查长效机制及落实措施（5分）；制定区域整治方案，每年定期开展针对重点产品、重点工程、重点行业、重点地区和重点市场的专项执法整治（5分）；建立产品质量安全监管和执法重大信息报告制度和质量安全违法的执法联动机制（5分）。"),
    ("21", "探索建立产品质量伤害监测体系", "10", "choice 10 5 0",
     "已经在骨干医院推行开展产品质量伤害监测工作（10分）；正在着手研究探索在城市骨干医院开展产品质量伤害监测工作（5分）。"),
    ("22", "定期分析城市质量状况，为城市发展提供决策依据", "20", "tick 10 | tick 5 | step 5",
     "定期分析重点产业质量状况与发展前景，形成质量分析报告（10分）；及时向上级政府报告质量分析报告，并定期向社会发布分析结果（5分）；每年发布质量分析报告或监督抽查合格率、质量损失率等重点质量指标2次以上（5分）。"),
    ("23", "集中一批群众喜爱、市场认可、价值不断提升的知名品牌", "30", "tick 10 | tick 10 | tick 5 | tick 5",
     "积极组织本城市企业参加品牌价值评价工作，并且总体品牌价值占城市GDP比例居全省城市前列（10分）；城市每亿元GDP拥有中国名牌产品称号数量居全省前列（10分）；城市每亿元GDP拥有中国驰名商标称号数量居全省前列（5分）；城市每亿元农业增加值拥有地理标志产品称号数量居全国同级城市前列（5分）。"),
    ("24", "培育一批质量好、效益、市场占有率高、核心竞争力强的优势企业", "30", "choice 30 15 5",
     "积极组织企业积极申报国家、省、市、区和县级政府质量奖励，并且获奖企业数量居省内同级城市前列的得30分，居省内同级城市中游的得15分，其余得5分。"),
    ("25", "拥有一批专业素质高、服务意识强的质量人才队伍", "30", "tick 20 | step 10",
     "政府相关部门应制定提升企业质量工作者素质、技能以及待遇的相关政策文件（20分）；城市万名就业人员拥有质量专业技术人员职业资格证书数达到2张以上（10分），证书数达到1张以上（5分），证书数达不足1张（0分）。"),
    ("26", "多种渠道开展质量宣传，提高全民质量意识", "20", "grade 20",
     "由验收专家根据现场审核情况和城市居民质量满意度调查情况酌情打分，分三个档次，分别是20分、10分、5分。"),
    ("27", "产品质量安全指标全面达到国家强制性标准要求", "20", "step 10 | step 10",
     "生产企业产品质量监督合格率稳定在95%以上（10分）；企业生产的相关产品生产许可证、CCC目录内产品认证证书覆盖率达到100%（10分）。"),
    ("28", "农产品、食品等重点产品质量安全得到有效保障", "25", "step 5 | step 5 | tick 5 | tick 5 | tick 5",
     "本地农产品抽检合格率应达到98%以上（5分）；重点食品监督抽查合格率达到98%以上（5分）；建立食品安全事故应急预案，健全日常防控、舆情监测、隐患排查、紧急处置、事故调查、信息发布等制度（5分）；建立食品安全违法犯罪惩处机制并得到落实（5分）；建立健全食品安全综合协调机制，开展打击非法添加和滥用食品添加剂违法行为（5分）。"),
    ("29", "进出口商品质量安全水平稳步提升", "20", "tick 10 | tick 5 | tick 5",
     "进口商品法检检出率和出口商品法检合格率连续3年居全省前5位（10分）；当年出口商品未遭境外通报或退运，3年内生产的出口商品遭境外通报比率（通报次数/出口批次）低于全国平均水平（5分）；突发性进出口商品质量事件应得到及时有效处置（5分）。"),
    ("30", "特种设备质量安全得到有效保障", "25", "tick 10 | step 10 | tick 5",
     "建立特种设备安全保障长效机制及应急预案且运行良好（10分）；特种设备万台设备事故死亡率低于全国平均水平（10分）；建立特种设备安全状况分析报告制度和地方政府及相关部门特种设备“一岗双责”制度（5分）。"),
    ("31", "大中型工程一次验收合格率达到100%", "15", "rate 15",
     "大中型工程一次验收合格率达到100%的得15分，未达到100%者每下降0．5%减1分，直至0分。"),
    ("32", "其他工程一次验收合格率达到98%以上", "20", "rate 20",
     "其他工程一次验收合格率达到98%以上的得20分，未达到98%，每下降0．5%扣1分，直至0分。"),
    ("33", "建筑工程节能效率和工业化建造比重不断提高", "10", "tick 5 | tick 5",
     "城市节能建筑的比重和工业化建造比重均连续3年不断提高（5分）；工程项目严格执行工程建设强制性标准规范要求，严格执行节能标准规定，新开工建筑节能标准执行率达到100%（5分）。"),
    ("34", "有效保证保障房工程建设质量水平", "20", "step 10 | step 10",
     "城市新开工保障房受监工程覆盖率（施工许可、报监等开工前手续办理齐全率）达到100%（10分）；城市保障房工程质量一次验收合格率达到100%（10分）。"),
    ("35", "引入重大设备监理机制，有效保证设备工程质量和安全", "10", "choice 10 5 0",
     "在城市大型工程、重点工程建设中，有效发挥市场机制作用，针对保障设备制造、安装、运行引入了重大设备监理机制（10分）；城市政府正在探索、研究、推动引入重大设备监理机制（5分）。"),
    ("36", "进一步提升房屋住宅居住性能，满足人民群众需求", "20", "choice 20 10 0",
     "政府推进采纳国家标准《住宅性能评定技术标准》，在相关文件中体现提升住宅居住性能要求得20分，政府提出提升房屋住宅居住性能要求，但未推进采纳国家标准得10分，政府未对房屋居住性能提出要求且未开展推广标准的得0分。"),
    ("37", "建成一批国家级、省级服务业标准化试点", "15", "choice 15 12 8 0",
     "已建成有1个以上国家级服务业标准化试点的得15分，已建成有1个以上省级级服务业标准化试点的得12分，未建成服务业标准化试点但处于申报流程的得8分，未参与建设工作的得0分。"),
    ("38", "骨干企业和重点行业的服务质量达到国际先进水平", "20", "tick 10 | tick 10",
     "承办金融、通信、旅游、餐饮、零售等重点服务行业国际性会议（10分）。成功举办国内、国际大型博览会、展会（10分）"),
    ("39", "每年至少开展一次服务业顾客满意度测评", "20", "tick 20",
     "委托政府认可的第三方权威机构每年至少开展一次城市居民满意度测评，形成报告，及时向政府报告，得到主管领导批示后，向社会发布测评结果。"),
    ("40", "生产性服务业培育一批影响力大、竞争力强的大型企业", "15", "choice 15 10 0",
     "针对生产性服务业出台专项资金奖励政策或扶持政策，并组织聚集区、企业开展或参与“服务业示范集聚区”和“两业融合发展试点”评定工作的得15分，仅出台了专项资金奖励政策或扶持政策的得10分，未开展任何相关工作的得0分。"),
    ("41", "生活性服务业培育一批凝聚民族特色的品牌和项目", "15", "step 5 | step 5 | step 5",
     "城市旅游区、现代服务区中获得“服务业示范集聚区”称号1个以上（5分）；城市企业中获得“两业融合发展试点”在3个以上（5分）；城市服务业企业中获得服务业省级以上政府质量奖在1个以上（5分）。"),
    ("42", "服务质量不断改进，顾客满意指数不断提高", "10", "tick 5 | tick 5",
     "消费者对城市服务业满意度连续3年不断提高（5分）；城市服务业顾客满意度居全省同级城市前列（5分）。"),
    ("43", "城市环境质量达到生态环境保护规划指标", "30", "choice 30 0",
     "大气环境、地表水、地下水、集中式饮用水达到生态环境保护规划指标要求（30分）；大气环境、地表水、地下水、集中式饮用水中有一项没有达到生态环境保护规划指标要求的得0分"),
    ("44", "形成健全的质量投诉渠道，群众质量投诉能够及时解决", "15", "choice 25 15 5 0",
     "建立了完善的质量投诉信息平台，质量投诉热线畅通有效，公众对质量投诉信息平台认知度高的得25分；建立了质量投诉信息平台，且质量投诉热线畅通有效的得15分；建立了质量投诉信息平台，但质量投诉热线不通畅的5分；未建立质量投诉信息平台的得0分。"),
    ("45", "建立社会质量监督员制度，有效调节和处理质量纠纷", "15", "choice 25 15 0",
     "建立完善的社会质量监督员制度和消费维权渠道，质量监督员职责明确，对质量纠纷问题处理及时有效的得25分；建立社会质量监督员制度和消费维权渠道，质量监督员职责不够明确，对部分质量纠纷问题处理不够及时的得15分；未建立社会质量监督员制度得0分。"),
    ("46", "建立城市居民质量安全多元救济机制", "15", "tick 5 | tick 5 | tick 5",
     "推动建立起符合市场经济规则、有利于消费者维权的产品质量安全多元救济机制的（5分）；探索推动建立完善的产品侵权责任制度，建立起了产品质量安全责任保险制度，质量安全事故受害者得到合理、及时的补偿（5分）；探索推动建立企业、行业协会、保险以及评估机构合作降低质量安全风险、维护消费者合法权益的机制（5分）。"),
    ("47", "质量满意度居全省前列", "60", "tick 30 | tick 30",
     "委托政府认可的第三方权威机构，每年开展一次城市人民质量满意度调查测评，并提供经费支持（30分）；产品、工程、服务、环境以及公共管理质量满意度调查测评结果应居创建质量强市（县、区）前列（30分）。"),
    ("48", "质量工作在制度、方法或机制应具有示范引领作用和推广价值，", "20", "tick 10 | tick 10",
     "质量工作在制度、方法或机制上具有创新，并在宣传质量成果、普及质量知识、加强质量教育、推广质量文化等方面取得很好效果（10分）；质量工作在制度、方法或机制上的创新具有示范引领作用，具有推广价值（10分）"),
    ("49", "质量工作在制度、方法或机制应具有示范引领作用和推广价值，", "20", "tick 10 | tick 10",
     "质量工作在制度、方法或机制上具有创新，并动员全社会参与质量发展、推动各部门共同抓质量、推动广大企业重视质量工作方面取得很好效果（10分）；质量工作在制度、方法或机制上的创新具有示范引领作用，具有推广价值（10分）。"),
    ("50", "质量工作在制度、方法或机制应具有示范引领作用和推广价值，", "20", "tick 10 | tick 10",
     "质量工作在贯彻质量强省发展规划、创建“创建“质量强市（县、区）”活动中具有制度、方法或机制上的创新（10分）；质量工作在制度、方法或机制上的创新具有示范引领作用，具有推广价值（10分）。"),
]  # fmt: skip

ASPECTS = [  # 指标项, its items, what they add up to; the headings print no points
    ("质量发展战略规划", range(1, 4), "80"),
    ("质量文化", range(4, 10), "110"),
    ("质量基础保障", range(10, 15), "125"),
    ("质量工作组织", range(15, 23), "160"),
    ("质量宏观管理", range(23, 27), "110"),
    ("产品质量", range(27, 31), "90"),
    ("工程质量", range(31, 37), "95"),
    ("服务质量", range(37, 43), "95"),
    ("环境质量", range(43, 44), "30"),
    ("成果共享", range(44, 48), "105"),
    ("制度、方法和机制创新", range(48, 51), "60"),
]

AVERAGE = {"value": "0.25", "target": "0.26"}  # a death rate below the national average

MEASURED = [  # item, clause, lowest and highest value, [(value, points)]: both sides of every end
    ("3", "1", "0", "1000", [("1.5", "30"), ("1.01", "30"), ("1", "30"), ("0.99", "20"), ("0.61", "20"), ("0.6", "20"),
                             ("0.59", "10"), ("0.31", "10"), ("0.3", "10"), ("0", "0")]),  # 达到1‰ … 到达0.6‰ … 到达0.3‰
    ("9", "2", "0", "", [("0", "0"), ("1", "0"), ("1.99", "0"), ("2", "5"), ("3", "5")]),  # 2项以上
    ("13", "2", "0", "100", [("0", "0"), ("94.99", "0"), ("95", "5"), ("95.01", "5"), ("100", "5")]),  # 95%以上
    ("22", "3", "0", "", [("0", "0"), ("1", "0"), ("1.99", "0"), ("2", "5"), ("3", "5")]),  # 2次以上
    ("25", "2", "0", "10000", [("0", "0"), ("0.99", "0"), ("1", "5"), ("1.01", "5"), ("1.99", "5"), ("2", "10"), ("2.01", "10")]),
    ("27", "1", "0", "100", [("0", "0"), ("94.99", "0"), ("95", "10"), ("95.01", "10"), ("100", "10")]),  # 95%以上
    ("27", "2", "0", "100", [("0", "0"), ("99.99", "0"), ("100", "10")]),  # 达到100%
    ("28", "1", "0", "100", [("0", "0"), ("97.99", "0"), ("98", "5"), ("98.01", "5"), ("100", "5")]),  # 98%以上
    ("28", "2", "0", "100", [("0", "0"), ("97.99", "0"), ("98", "5"), ("98.01", "5"), ("100", "5")]),  # 98%以上
    ("30", "2", "0", "", [(AVERAGE, "10"), ({"value": "0", "target": "0.26"}, "10"),
                          ({"value": "0.26", "target": "0.26"}, "0"), ({"value": "0.2601", "target": "0.26"}, "0"),
                          ({"value": "0.2599", "target": "0.26"}, "10")]),  # 低于全国平均水平
    ("31", "1", "0", "100", [("100", "15"), ("99.99", "15"), ("99.51", "15"), ("99.5", "14"), ("99.49", "14"), ("99.01", "14"),
                             ("99", "13"), ("97.5", "10"), ("95", "5"), ("93.01", "2"), ("93", "1"), ("92.51", "1"),
                             ("92.5", "0"), ("92.49", "0"), ("50", "0"), ("0", "0")]),  # 每下降0．5%减1分，直至0分
    ("32", "1", "0", "100", [("100", "20"), ("98.01", "20"), ("98", "20"), ("97.99", "20"), ("97.51", "20"), ("97.5", "19"),
                             ("97.49", "19"), ("97.01", "19"), ("97", "18"), ("93", "10"), ("88.5", "1"), ("88.01", "1"),
                             ("88", "0"), ("87.99", "0"), ("40", "0"), ("0", "0")]),  # 每下降0．5%扣1分，直至0分
    ("34", "1", "0", "100", [("0", "0"), ("99.99", "0"), ("100", "10")]),  # 达到100%
    ("34", "2", "0", "100", [("0", "0"), ("99.99", "0"), ("100", "10")]),  # 达到100%
    ("41", "1", "0", "", [("0", "0"), ("0.99", "0"), ("1", "5"), ("2", "5")]),  # 1个以上
    ("41", "2", "0", "", [("0", "0"), ("2.99", "0"), ("3", "5"), ("4", "5")]),  # 3个以上
    ("41", "3", "0", "", [("0", "0"), ("0.99", "0"), ("1", "5"), ("2", "5")]),  # 1个以上
]  # fmt: skip

CHECKED = {  # figures behind a tick: the nearest value that fails, the last that holds, others that hold; the range
    ("7", "3"): [("79.99", "80", "100", "0", "100")],  # 建档率不小于80%
    ("7", "4"): [("79.99", "80", "100", "0", "100")],  # 建档率达到80%以上
    ("29", "1"): [("5.01", "5", "1", "1", "")] * 2,  # 检出率和合格率 … 居全省前5位
    ("33", "2"): [("99.99", "100", "100", "0", "100")],  # 执行率达到100%
}

BEST: dict[tuple[str, str], Any] = {
    ("3", "1"): "1", ("9", "2"): "2", ("13", "2"): "95", ("22", "3"): "2", ("25", "2"): "2", ("27", "1"): "95",
    ("27", "2"): "100", ("28", "1"): "98", ("28", "2"): "98", ("30", "2"): AVERAGE, ("31", "1"): "100",
    ("32", "1"): "98", ("34", "1"): "100", ("34", "2"): "100", ("41", "1"): "1", ("41", "2"): "3", ("41", "3"): "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric("hunan-city")


def overridden(points: str) -> dict[str, Any]:
    return {"item": {"override": points, "reason": "专家组合议"}}


def best(rubric: Rubric) -> Sheet:
    return with_answers(yes_to_all(rubric), BEST)


def without_260(rubric: Rubric) -> Sheet:
    """The best sheet with nine items at nought: 1060 − 60 − 3 × 20 − 4 × 30 − 20 = 800."""
    return best(rubric) | {no: overridden("0") for no in ("47", "48", "49", "50", "43", "15", "2", "23", "38")}


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_items_run_from_1_to_50(rubric: Rubric) -> None:
    """All 50 rows stand in the order of the table, counted through, since the print does not number them."""
    assert [item.no for item in rubric.items] == [row[0] for row in ROWS] == [str(no) for no in range(1, 51)]


@pytest.mark.parametrize(("no", "content", "points", "clauses", "rule"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_the_printed_row(rubric: Rubric, no: str, content: str, points: str, clauses: str, rule: str) -> None:
    """指标内容, 分值, 考核评分方法 and the kind and points of each clause are those of the printed table."""
    item = rubric.item(no)
    assert squeezed(item.content) == content
    assert squeezed(item.rule_text) == rule
    assert item.points == item.ceiling == Decimal(points)
    assert (item.cap, item.floor) == (None, 0)
    assert shape(item) == clauses
    assert [criterion.id for criterion in item.criteria] == [str(k + 1) for k in range(len(item.criteria))]


@pytest.mark.parametrize("no", [row[0] for row in ROWS if " | " in row[3]])
def test_every_clause_carries_the_points_printed_behind_it(rubric: Rubric, no: str) -> None:
    """In a rule of several clauses they stand in their order, each with its points in brackets right behind it."""
    item = rubric.item(no)
    printed = [Decimal(points) for _, points in clauses_in_order(item)]
    if no == "25":  # its second clause has three levels, the last of them 0
        assert printed.pop() == 0
    assert printed == [criterion.points for criterion in item.criteria][: len(printed)]


@pytest.mark.parametrize("no", [row[0] for row in ROWS if row[3].startswith("choice")])
def test_every_tier_is_worded_as_in_its_rule(rubric: Rubric, no: str) -> None:
    """Tiers stand in the rule in their order, word for word, with the points they give."""
    item = rubric.item(no)
    rule, position = squeezed(item.rule_text), 0
    (choice,) = item.criteria
    assert isinstance(choice, Choice)
    for tier in choice.tiers:
        if tier.official:
            text = squeezed(tier.text).rstrip("，。；")
            start = rule.index(text, position)
            position = start + len(text)
            words = text + rule[position : position + 5]
            assert f"{tier.points}分" in words or (tier.points == 0 and "不得分" in words) or no == "24"


def test_aspects_hold_their_items(rubric: Rubric) -> None:
    """The eleven 指标项 in order, also where the print repeats them on a new page; their headings state no points."""
    assert [(squeezed(aspect.title), [item.no for item in aspect.items]) for aspect in rubric.aspects] == [
        (title, [str(no) for no in items]) for title, items, _ in ASPECTS
    ]
    assert [aspect.ceiling for aspect in rubric.aspects] == [Decimal(points) for *_, points in ASPECTS]
    assert {(aspect.points, aspect.cap, str(aspect.kind)) for aspect in rubric.aspects} == {(None, None, "base")}


def test_the_total_is_1060_and_800_passes(rubric: Rubric) -> None:
    """评价总分为1060分 … 800分及以上为合格; there is no bonus and nothing comes off."""
    assert (rubric.stated_total, rubric.base_total, rubric.stated_bonus) == (1060, 1060, 0)
    assert (rubric.bonus_total, rubric.deduction_total, rubric.pass_line) == (0, 0, 800)
    assert "800分及以上为合格" in squeezed(rubric.verdict_text)


def test_only_three_places_are_not_the_texts_own(rubric: Rubric) -> None:
    """The zeros of 21 and 35 are ours, and so are the points of the clause of 39; everything else is printed."""
    assert unofficial(rubric) == {("21", "1", "3"), ("35", "1", "3"), ("39", "1")}


# --- every clause ---------------------------------------------------------------------------------------------------

CLAUSES = [
    (row[0], str(k), clause.split()[0], clause.split()[1:])
    for row in ROWS
    for k, clause in enumerate(row[3].split(" | "), start=1)
]


@pytest.mark.parametrize(
    ("no", "clause", "points"), [(no, k, points[0]) for no, k, kind, points in CLAUSES if kind == "tick"]
)
def test_a_tick_gives_its_points_or_none(rubric: Rubric, no: str, clause: str, points: str) -> None:
    """Yes gives the printed points, no gives none."""
    flags = (Flag.NO_POINTS,) if no == "39" else ()
    yes, nay = line(rubric.item(no), clause, True), line(rubric.item(no), clause, False)
    assert (yes.points, yes.flags, nay.points, nay.flags) == (Decimal(points), flags, 0, ())


@pytest.mark.parametrize(
    ("no", "tier", "points"),
    [(no, k, points) for no, _, kind, tiers in CLAUSES if kind == "choice" for k, points in enumerate(tiers, start=1)],
)
def test_a_tier_gives_its_points_and_no_others(rubric: Rubric, no: str, tier: int, points: str) -> None:
    """Tiers are exclusive: the chosen one's points are the item's, up to the points of the item (44, 45)."""
    score = score_item(rubric.item(no), {"1": tier})
    flags = {
        ("21", 3): (Flag.NO_TIER,),
        ("35", 3): (Flag.NO_TIER,),
        ("44", 1): (Flag.CAPPED,),
        ("45", 1): (Flag.CAPPED,),
    }
    assert score.points == min(Decimal(points), rubric.item(no).points)
    assert (score.state, score.flags) == (State.SCORED, flags.get((no, tier), ()))


@pytest.mark.parametrize("no", [row[0] for row in ROWS if row[3].startswith("choice")])
def test_no_tier_fits_gives_no_points(rubric: Rubric, no: str) -> None:
    """“None fits” is no zero: the item stays without points, and the chair is told."""
    score = score_item(rubric.item(no), {"1": 0})
    assert (score.points, score.state, score.flags) == (None, State.UNMARKED, (Flag.NO_TIER,))


@pytest.mark.parametrize(
    ("no", "clause", "value", "points"),
    [(no, clause, value, points) for no, clause, _, _, marks in MEASURED for value, points in marks],
)
def test_a_number_gives_the_points_of_its_range(rubric: Rubric, no: str, clause: str, value: Any, points: str) -> None:
    """以上, 达到 and 到达 include the number, 低于 does not; every end is tried from both sides."""
    mark = line(rubric.item(no), clause, value)
    assert (mark.points, mark.flags) == (Decimal(points), ())


def test_every_number_is_in_the_table_above(rubric: Rubric) -> None:
    """No clause reads a number, and no tick a figure, that these tests do not know."""
    assert measured(rubric) == {(no, clause) for no, clause, *_ in MEASURED} == set(BEST)
    assert checked(rubric) == set(CHECKED)


@pytest.mark.parametrize(("no", "clause", "low", "high"), [row[:4] for row in MEASURED])
def test_a_figure_has_its_natural_range(rubric: Rubric, no: str, clause: str, low: str, high: str) -> None:
    """Percentages lie between 0 and 100, permilles between 0 and 1000; counts and rates begin with 0."""
    assert ends(rubric, no, clause) == (Decimal(low), Decimal(high) if high else None)


@pytest.mark.parametrize(("no", "clause"), CHECKED)
def test_a_tick_against_an_agreed_figure_is_flagged(rubric: Rubric, no: str, clause: str) -> None:
    """A yes keeps its points; where an agreed figure says otherwise, the chair sees a flag."""
    flags_follow_the_figures(rubric, no, clause, CHECKED[no, clause])


# --- what this text has of its own ------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", ["0.29", "0.1", "0.01"])
def test_3_a_fund_below_the_last_tier_has_no_points(rubric: Rubric, share: str) -> None:
    """Between nothing and 0.3‰ the text has no tier: the item stays without points and is flagged."""
    score = score_item(rubric.item("3"), {"1": share})
    assert (score.points, score.state, score.flags) == (None, State.UNMARKED, (Flag.NO_TIER,))


def test_7_the_six_clauses_add_up(rubric: Rubric) -> None:
    """6 + 3 + 3 + 3 + 3 + 2: each clause counts by itself."""
    assert [scored(rubric, "7", {str(k): True}).points for k in range(1, 7)] == [6, 3, 3, 3, 3, 2]
    assert scored(rubric, "7", {str(k): True for k in range(1, 7)}).points == 20


@pytest.mark.parametrize(("national", "provincial", "points"), [(1, 1, 20), (1, 0, 10), (0, 1, 10), (0, 0, 0)])
def test_10_national_and_provincial_platforms_add_up(
    rubric: Rubric, national: int, provincial: int, points: int
) -> None:
    """A national and a provincial platform earn 10 each."""
    assert scored(rubric, "10", {"1": bool(national), "2": bool(provincial)}).points == points


def test_14_a_place_without_a_port_has_nothing_to_show(rubric: Rubric) -> None:
    """无口岸的城市，此项为合理缺项: 5 of the 25 points do not apply, the rest is scored as it stands."""
    item = rubric.item("14")
    score = score_item(item, {"1": True, "2": "na", "3": True, "4": True, "5": False})
    assert (score.points, score.state, score.ceiling, score.applicable) == (15, State.SCORED, 25, 20)
    with_port = score_item(item, {"1": True, "2": False, "3": True, "4": True, "5": False})
    assert (with_port.points, with_port.applicable) == (15, 25)


def test_14_an_override_leaves_the_missing_port_out_as_well(rubric: Rubric) -> None:
    """Other points for the item do not make the clause of the port applicable again."""
    answers = {"1": True, "2": "na", "3": True, "4": True, "5": False} | overridden("18")
    score = score_item(rubric.item("14"), answers)
    assert (score.points, score.applicable, score.computed) == (18, 20, 15)


def test_14_nothing_else_can_be_left_out(rubric: Rubric) -> None:
    """不适用 is allowed at the clause of the port alone, and never for a whole item."""
    assert [(item.no, c.id) for item in rubric.items for c in item.criteria if c.na] == [("14", "2")]
    assert "口岸" in rubric.item("14").criterion("2").na
    assert not any(item.na for item in rubric.items)
    for no, clause in (("14", "1"), ("14", "item"), ("19", "4")):
        with pytest.raises(ScoreError):
            score_item(rubric.item(no), {clause: "na"})


@pytest.mark.parametrize(("no", "points"), [("21", "10 5 0"), ("35", "10 5 0")])
def test_21_and_35_the_two_levels_exclude_each_other(rubric: Rubric, no: str, points: str) -> None:
    """10 or 5, never 15; the zero, which the text lacks, is flagged as ours."""
    item = rubric.item(no)
    assert [score_item(item, {"1": tier}).points for tier in (1, 2, 3)] == decimals(points)
    assert [score_item(item, {"1": tier}).flags for tier in (1, 2, 3)] == [(), (), (Flag.NO_TIER,)]
    assert item.errata


def test_24_has_no_zero(rubric: Rubric) -> None:
    """其余得5分 is the lowest level; that there is no zero stands beside the item."""
    assert score_item(rubric.item("24"), {"1": 3}).points == 5
    assert rubric.item("24").errata


@pytest.mark.parametrize(
    ("policy", "certificates", "points"),
    [(True, "2", 30), (True, "1", 25), (True, "0.5", 20), (False, "2", 10), (False, "1", 5), (False, "0", 0)],
)
def test_25_a_policy_and_one_of_three_levels(rubric: Rubric, policy: bool, certificates: str, points: int) -> None:
    """20 for the policy plus 10, 5 or nothing for the certificates: the levels do not add up."""
    assert scored(rubric, "25", {"1": policy, "2": certificates}).points == points


def test_26_the_expert_gives_20_10_or_5(rubric: Rubric) -> None:
    """分三个档次，分别是20分、10分、5分: no other value, not even a nought, can be given, by an override neither."""
    (grade,) = rubric.item("26").criteria
    assert isinstance(grade, Grade)
    assert (sorted(grade.allowed, reverse=True), grade.external) == ([20, 10, 5], False)
    for points in (20, 10, 5):
        assert score_item(rubric.item("26"), {"1": {"points": points, "reason": "现场情况"}}).points == points
    for points in ("0", "4", "6", "15", "19", "19.5", "21", "-5"):
        with pytest.raises(ScoreError):
            score_item(rubric.item("26"), {"1": {"points": points, "reason": "现场情况"}})
        with pytest.raises(ScoreError):
            score_item(rubric.item("26"), overridden(points))
    assert score_item(rubric.item("26"), overridden("10")).points == 10


def test_29_of_three_years_the_worst_rank_counts(rubric: Rubric) -> None:
    """连续3年居全省前5位: ranks 2, 9 and 4 do not reach it, so the figures ask for the largest number."""
    for check in figured_checks(rubric, "29", "1"):
        assert "数字最大" in rubric.figures[check.figure or ""].title


@pytest.mark.parametrize(("no", "full", "top", "bottom"), [("31", 15, "100", "92.5"), ("32", 20, "98", "88")])
def test_31_and_32_a_point_comes_off_for_each_whole_half_percentage_point(
    rubric: Rubric, no: str, full: int, top: str, bottom: str
) -> None:
    """From the threshold down every whole 0.5 costs one point, until nothing is left at 92.5 and at 88."""
    for steps in range(1, full + 5):
        value = Decimal(top) - Decimal("0.5") * steps
        assert score_item(rubric.item(no), {"1": str(value)}).points == max(full - steps, 0)
        assert score_item(rubric.item(no), {"1": str(value + Decimal("0.01"))}).points == max(full - steps + 1, 0)
    assert score_item(rubric.item(no), {"1": bottom}).points == 0
    assert score_item(rubric.item(no), {"1": str(Decimal(bottom) + Decimal("0.01"))}).points == 1


def test_39_prints_no_points(rubric: Rubric) -> None:
    """The rule of 39 names no points: all of the 20 or none, flagged as our reading; else only a flagged override."""
    item = rubric.item("39")
    yes, nay = score_item(item, {"1": True}), score_item(item, {"1": False})
    assert (yes.points, yes.flags, nay.points) == (20, (Flag.NO_POINTS,), 0)
    with pytest.raises(ScoreError):
        score_item(item, {"1": {"points": "10", "reason": "未向社会发布"}})
    other = score_item(item, {"1": False} | overridden("10"))
    assert (other.points, other.flags) == (10, (Flag.OVERRIDE,))
    assert item.errata


@pytest.mark.parametrize("no", ["44", "45"])
def test_44_and_45_print_25_for_items_of_15(rubric: Rubric, no: str) -> None:
    """The printed 25 stays in the file and is counted as 15, with a flag; the next level gives 15 without one."""
    item = rubric.item(no)
    (choice,) = item.criteria
    assert (choice.points, item.points) == (25, 15)
    first, second = score_item(item, {"1": 1}), score_item(item, {"1": 2})
    assert (first.points, first.flags) == (15, (Flag.CAPPED,))
    assert (second.points, second.flags) == (15, ())
    assert any("25" in erratum.says and "15" in erratum.does for erratum in item.errata)


def test_48_to_50_share_one_title(rubric: Rubric) -> None:
    """The merged title is each of the three items' own."""
    assert len({squeezed(rubric.item(no).content) for no in ("48", "49", "50")}) == 1


@pytest.mark.parametrize(
    ("no", "slip"),
    [
        ("10", "省级级检测中心"),
        ("13", "证认可工作"),
        ("14", "建立有效的食品进出口质量安全追溯体系，建立有效的食品进出口质量安全追溯体系，"),
        ("16", "制定并下发文件对对创建"),
        ("24", "培育一批质量好、效益、市场占有率高"),
        ("31", "每下降0．5%减1分"),
        ("37", "省级级服务业标准化试点"),
        ("50", "创建“创建“质量强市（县、区）”活动"),
    ],
)
def test_slips_are_kept_to_the_letter(rubric: Rubric, no: str, slip: str) -> None:
    """A slip of the official text is shown as printed."""
    item = rubric.item(no)
    assert slip in squeezed(item.content + item.rule_text)


# --- the whole sheet -------------------------------------------------------------------------------------------------


def test_the_best_sheet_earns_1060(rubric: Rubric) -> None:
    """Every item can be earned in full; only the slips are flagged."""
    sheet = score_sheet(rubric, best(rubric))
    assert (sheet.total, sheet.base, sheet.maximum, sheet.applicable, sheet.prorated) == (1060,) * 5
    assert (sheet.bonus, sheet.deductions, sheet.open_items, sheet.verdict) == (0, 0, (), "pass")
    assert dict(sheet.flags) == {"39": (Flag.NO_POINTS,), "44": (Flag.CAPPED,), "45": (Flag.CAPPED,)}
    assert [total.points for total in sheet.aspects] == [Decimal(points) for *_, points in ASPECTS]


def test_the_worst_sheet_earns_ten(rubric: Rubric) -> None:
    """Two items have no nought: 24 gives at least 5, and so does 26."""
    nothing = dict.fromkeys(BEST, "0") | {("30", "2"): {"value": "1", "target": "0.26"}}
    sheet = score_sheet(rubric, with_answers(no_to_all(rubric), nothing))
    assert {no: score.points for no, score in sheet.items.items() if score.points} == {"24": 5, "26": 5}
    assert (sheet.total, sheet.verdict) == (10, "fail")


@pytest.mark.parametrize(
    ("points", "total", "verdict"),
    [("25", "800", "pass"), ("24.99", "799.99", "fail"), ("24.999", "799.999", "fail"), ("0", "775", "fail")],
)
def test_800_passes_and_799_99_does_not(rubric: Rubric, points: str, total: str, verdict: str) -> None:
    """800分及以上为合格, and nothing is rounded before the comparison."""
    sheet = score_sheet(rubric, without_260(rubric) | {"12": overridden(points)})
    assert (sheet.total, sheet.prorated, sheet.verdict) == (Decimal(total), Decimal(total), verdict)


def portless(rubric: Rubric, points: str) -> SheetScore:
    """Score 795 points of a place without a port, and some for item 38."""
    port = {"14": dict.fromkeys(("1", "3", "4"), True) | {"2": "na", "5": True}}
    return score_sheet(rubric, without_260(rubric) | port | {"38": overridden(points)})


@pytest.mark.parametrize(
    ("points", "raw", "verdict"),
    [
        ("0", "795", "fail"),
        ("1.22", "796.22", "fail"),  # prorated 799.9937…
        ("1.23", "796.23", "undecided"),  # prorated 800.0037…
        ("4.99", "799.99", "undecided"),
        ("5", "800", "pass"),
    ],
)
def test_without_a_port_both_totals_are_shown(rubric: Rubric, points: str, raw: str, verdict: str) -> None:
    """Raw score, applicable maximum and prorated score; where they lead to different verdicts the chair decides."""
    sheet = portless(rubric, points)
    assert (sheet.total, sheet.maximum, sheet.applicable) == (Decimal(raw), 1060, 1055)
    assert sheet.prorated == Fraction(raw) * 1060 / 1055
    assert sheet.verdict == verdict


def test_an_open_item_leaves_the_verdict_open(rubric: Rubric) -> None:
    """Unmarked is never zero: one open item, and there is no verdict."""
    sheet = score_sheet(rubric, best(rubric) | {"1": {}})
    assert (sheet.open_items, sheet.verdict, sheet.total) == (("1",), "undecided", 1040)


def test_four_vetoes_keep_an_application_from_being_accepted(rubric: Rubric) -> None:
    """The four 不予受理 situations, word for word; the score is kept, the result is not a pass."""
    assert [squeezed(veto.text).rstrip("；;。") for veto in rubric.vetoes] == [
        "近三年城市发生重大产品质量安全事故，出现系统性、区域性质量安全问题",
        "近三年城市出现重大安全生产、污染环境及其他严重违反国家政策等问题",
        "近三年城市产业出现严重产品质量问题，被国外通报、退货、索赔并造成严重影响的",
        "近三年城市有因质量安全问题导致重大群体性事件的",
    ]
    assert {(veto.effect, veto.grade) for veto in rubric.vetoes} == {("不予受理", "")}
    for veto in rubric.vetoes:
        sheet = score_sheet(rubric, best(rubric), vetoes=[veto.id])
        assert (sheet.total, sheet.verdict) == (1060, "fail")


def test_there_are_no_gates(rubric: Rubric) -> None:
    """The text has no basic conditions beside the four situations, and prints no departments."""
    assert rubric.gates == ()
    assert not any(item.responsible or any(c.responsible for c in item.criteria) for item in rubric.items)


@pytest.mark.parametrize("no", ["3", "14", "21", "24", "31", "32", "35", "39", "44", "45"])
def test_what_the_text_leaves_open_is_said_beside_the_item(rubric: Rubric, no: str) -> None:
    """Items whose text needs a reading carry an erratum that says what is open and what the software does."""
    item = rubric.item(no)
    errata = [*item.errata, *(erratum for criterion in item.criteria for erratum in criterion.errata)]
    assert errata
    assert all(erratum.says and erratum.does for erratum in errata)


def test_part_of_a_tick_is_half_of_it(rubric: Rubric) -> None:
    """部分达到 gives half of the clause's points with a reason, and is not flagged; only 39 is all or nothing."""
    whole = [item.no for item in rubric.items for c in item.criteria if isinstance(c, Tick) and not c.parts]
    assert whole == ["39"]
    item = rubric.item("2")
    assert isinstance(item.criterion("1"), Tick)
    mark = line(item, "1", {"points": "5", "reason": "未召开会议"})
    assert (mark.points, mark.flags) == (5, ())
