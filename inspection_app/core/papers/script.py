"""What the chair reads out from the first meeting to the last (主持词), with directions for the secretary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from inspection_app.core.certificate import digits_wanted
from inspection_app.core.document import Block, Document, Heading, Paragraph
from inspection_app.core.draw import CARD_DIGITS, PUBLIC_DIGITS, LockedList
from inspection_app.core.papers.draws import CARD_BOXES
from inspection_app.core.papers.entries import BLANK, ProgrammeEntry, named, visit_days
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Member, Role, Visit
from inspection_app.core.wording import DRAW_TITLES, INTERNAL, numeral, plain


def host_script(
    visit: Visit,
    rubric: Rubric,
    entries: Sequence[ProgrammeEntry],
    members: Sequence[Member],
    *,
    locked: Mapping[str, LockedList] | None = None,
    sites: Sequence[str] = (),
) -> Document:
    """Build what the chair reads out (主持词), with directions for the secretary.

    What is said at an entry follows from its place: the panel's meeting before anything public, the first public
    entry, those with a draw, the panel's deliberation, and what comes last after it.

    Args:
        locked: the lists that are locked, by kind, for their codes and numbers.
        sites: the names of the drawn sites, in order.
    """
    public = [entry for entry in entries if not entry.internal]
    drawing = [entry for entry in public if entry.draws]
    sections: list[tuple[str, list[Block]]] = []
    for number, entry in enumerate(entries):
        before = entries[:number]
        if drawing and entry is drawing[0]:
            kinds = list(dict.fromkeys(one.draws for one in drawing if one.draws))
            sections.append(("当众抽取", _draws_said(rubric, kinds, locked or {})))
        if entry.internal and not any(not one.internal for one in before):
            said = _opening_said(visit, rubric, members)
        elif entry.internal:
            said = _deliberation_said(rubric)
        elif entry is public[-1] and any(one.internal for one in before[-1:]):
            said = _feedback_said(visit)
        elif entry.draws == "sites":
            said = _sites_said(rubric, entry, sites)
        elif entry.draws == "citizens":
            said = _citizens_said(entry)
        elif entry is public[0]:
            said = [*_welcome_said(visit, members, public), *_steps_said(entry)]
        else:
            said = [Paragraph(f"下面进行{entry.title}。"), *_steps_said(entry)]
        sections.append((entry.title, said))
    blocks: list[Block] = []
    for number, (title, said) in enumerate(sections, 1):
        blocks += [Heading(f"{numeral(number)}、{title}"), *said]
    return Document(
        title=f"{visit.description.applicant}现场验收主持词",
        subtitle=f"主持人：{named(members, Role.CHAIR)}　　秘书：{named(members, Role.SECRETARY)}",
        date=visit_days(visit),
        blocks=tuple(blocks),
        marking=INTERNAL,
    )


def _opening_said(visit: Visit, rubric: Rubric, members: Sequence[Member]) -> list[Block]:
    scoring = [member for member in members if member.scores]
    counted = [aspect for aspect in rubric.aspects if not aspect.deduction]
    bonus = f"，另有加分{plain(rubric.bonus_total)}分" if rubric.bonus_total else ""
    off = f"，另有扣分项，至多扣{plain(rubric.deduction_total)}分" if rubric.deduction_total else ""
    return [
        Paragraph(
            f"各位专家：按照工作安排，我们于{visit_days(visit)}对{visit.description.applicant}进行现场验收。专家组共"
            f"{len(scoring)}人，组长{named(members, Role.CHAIR)}，成员{named(members, Role.EXPERT)}；"
            f"秘书{named(members, Role.SECRETARY)}。"
        ),
        Paragraph(
            f"本次验收的依据是{rubric.title}，共{len(counted)}个方面、"
            f"{sum(len(aspect.items) for aspect in counted)}项内容，基本分{plain(rubric.base_total)}分{bonus}{off}。"
        ),
        Paragraph("下面明确三项纪律。"),
        Paragraph(
            "一是回避。与申报单位、备选考察点有利害关系或者其他可能影响公正情形的，请现在提出，并在回避声明中如实填写；"
            "过程中发现的，随时提出。"
        ),
        Paragraph(
            "二是保密。评分、评议意见和尚未公布的结果，不得向专家组以外的任何人透露；资料和评分表妥善保管，结束后交回。"
        ),
        Paragraph("三是独立评分。每位专家对照细则、依据现场所见独立评分，汇总打开以前，不打听、不商量分数。"),
        Paragraph("（请各位专家当场签署回避声明和保密承诺书，秘书收齐；秘书分发登录码或者纸质评分表。）", aside=True),
        Paragraph("请各位专家核对本人负责的考核项，有不合适的，现在调整。"),
    ]


def _welcome_said(visit: Visit, members: Sequence[Member], public: Sequence[ProgrammeEntry]) -> list[Block]:
    people = "；".join(
        "，".join(filter(None, (member.name, member.organisation)))
        for member in members if member.role is not Role.SECRETARY
    )
    return [
        Paragraph(f"各位领导、同志们：现在开始对{visit.description.applicant}进行现场验收。"),
        Paragraph(f"首先介绍专家组成员。组长{people}。秘书{named(members, Role.SECRETARY)}。"),
        Paragraph("请申报单位介绍参加会议的人员。"),
        Paragraph(f"本次现场验收安排{'、'.join(entry.title for entry in public)}{len(public)}项活动。"
                  f"下面进行{public[0].title}。"),
    ]  # fmt: skip


def _steps(text: str) -> tuple[str, ...]:
    """Return the steps that the official text names.

    >>> _steps("领导小组汇报。基本程序：视频展示；负责人汇报。旨在考查。")
    ('视频展示', '负责人汇报')
    """
    found = re.search(r"基本程序：([^。]+)", text)
    return tuple(step.strip() for step in found[1].split("；")) if found else ()


def _steps_said(entry: ProgrammeEntry) -> list[Block]:
    steps = _steps(entry.text)
    if not steps:
        said: list[Block] = [Paragraph(f"（{entry.text}）", aside=True)] if entry.text else []
        return [*said, Paragraph("请申报单位有关人员在场，提供资料、回答询问。")]
    return [
        *(Paragraph(f"第{numeral(number)}项：{step}。") for number, step in enumerate(steps, 1)),
        Paragraph(f"{entry.title}到此结束，谢谢大家。"),
    ]


def _draws_said(rubric: Rubric, kinds: Sequence[str], locked: Mapping[str, LockedList]) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "下面当众抽取。抽取结果由各方写在卡片上的数字和当众抽出的公开数字共同决定，任何一方都不能单独左右，"
            "事后任何人都可以重新计算核对。"
        ),
    ]
    for number, kind in enumerate(kinds, 1):
        title = f"（{numeral(number)}）抽取{DRAW_TITLES[kind]}"
        blocks += [Heading(title, 2), *_draw_said(rubric, kind, locked.get(kind))]
    return [
        *blocks,
        Paragraph(
            "（有卡片不交出或者需要重来的，主持人宣布本次抽取程序作废，秘书录入原因。作废的次数编号保留，连同原因印入抽取记录单；"
            "下一次从写卡片重新开始。）",
            aside=True,
        ),
    ]


def _draw_said(rubric: Rubric, kind: str, locked: LockedList | None) -> list[Block]:
    scheme = rubric.scheme
    if kind == "sites":
        count = str(locked.quotas[0].k) if locked else "或".join(map(str, scheme.drawn_sites))
        first = f"申报单位提供了{scheme.candidate_sites}个备选考察点，现在从中抽取{count}个进行实地考察。"
        result = "抽中的考察点和候补的顺序见屏幕，由秘书宣读。抽中的点无法考察的，由候补依次递补。"
    else:
        sizes = Counter(row.stratum for row in locked.rows) if locked else Counter()
        quotas = {quota.stratum: quota.k for quota in locked.quotas} if locked else {}
        parts = "、".join(
            f"{category}从{sizes.get(category, '＿＿')}人中抽{quotas.get(category, '＿＿')}人"
            for category in (quotas or scheme.citizen_categories)
        )
        first = f"申报单位提供了群众名单，现在按类别抽取：{parts}。屏幕和锁定单上只有编号和类别，没有姓名。"
        result = "抽中的编号和候补见屏幕，由秘书宣读。因故不能到会的，由同一类别的候补依次递补。"
    short = f"{locked.short_code[:4]} {locked.short_code[4:]}" if locked else BLANK * 2
    digits = max(PUBLIC_DIGITS, digits_wanted(locked)) if locked else None
    return [
        Paragraph(first),
        Paragraph("第一步，锁定名单。名单锁定后不能更改。"),
        Paragraph("（秘书锁定名单，打印名单锁定单；各方核对屏幕与锁定单上的编码一致后签名。）", aside=True),
        Paragraph(f"名单编码是：{short}。（逐位宣读两遍）"),
        Paragraph(
            f"第二步，写卡片。请申报单位代表、专家组组长和第三方见证人把编码抄在卡片上，各自写下{CARD_DIGITS}至{CARD_BOXES}"
            "位随机数字并签名，数字面朝下扣放在桌上，不给任何人看。"
        ),
        Paragraph("（秘书录入抽取地点和三位写卡人的姓名，点击“卡片已扣放”，屏幕显示编码。）", aside=True),
        Paragraph(
            "第三步，抽公开数字。请两位同志用号码球、号码签或者十面骰子，当众逐位抽取0至9的数字，"
            f"共{digits or '＿＿'}位，抽一位、报一位。卡片保持扣放。"
        ),
        Paragraph(
            f"（至少{PUBLIC_DIGITS}位，屏幕提示更多的按提示。秘书按抽出的先后录入，报数人核对屏幕后再保存，保存后不能更改。）",
            aside=True,
        ),
        Paragraph("第四步，翻开卡片。请三位写卡人依次翻开卡片，逐位读出随机数字。"),
        Paragraph("（秘书录入，写卡人核对屏幕。）", aside=True),
        Paragraph("第五步，抽取。请秘书点击“抽取”。"),
        Paragraph(result),
        Paragraph("第六步，签名。请各方在抽取记录单上签名，卡片附后存档。"),
    ]


def _sites_said(rubric: Rubric, entry: ProgrammeEntry, sites: Sequence[str]) -> list[Block]:
    names = sites or [BLANK * 3] * max(rubric.scheme.drawn_sites, default=3)
    return [
        Paragraph(f"下面进行{entry.title}。按抽取结果，依次考察："),
        *(Paragraph(f"{number}. {name}") for number, name in enumerate(names, 1)),
        Paragraph(
            "请各位专家在现场与有关人员交谈，查看工作资料，重点核对实际情况与申报材料是否一致，并填写实地考察记录表。"
        ),
        Paragraph("（秘书随行，记录每个点的到达、离开时间和陪同、交谈人员；由候补递补的，记录原因。）", aside=True),
    ]


def _citizens_said(entry: ProgrammeEntry) -> list[Block]:
    return [
        Paragraph("（会议由申报单位负责人组织召开，专家组出席。秘书核对到会群众与抽取结果，请群众签到。）", aside=True),
        Paragraph(f"各位代表：感谢大家参加{entry.title}。今天到会的群众由专家组当众抽取确定，请大家畅所欲言，"
                  "有什么说什么；发言只用于了解情况，不对外公开个人信息。"),
        *(Paragraph(f"第{numeral(number)}项：{step}。") for number, step in enumerate(_steps(entry.text), 1)),
        Paragraph("（专家组了解意见和建议，对群众意见不当场评判；秘书记录意见和答复。）", aside=True),
    ]  # fmt: skip


def _deliberation_said(rubric: Rubric) -> list[Block]:
    decided = [*(["否决条件"] if rubric.vetoes else []), *(["基本条件"] if rubric.gates else [])]
    return [
        Paragraph("（专家组单独开会，其他人员离场。）", aside=True),
        Paragraph("请还没有完成评分的专家现在独立完成。没有评分的不计为零分，但会影响汇总。"),
        Paragraph("评分已经收齐，现在打开汇总。分歧较大的项目，请有关专家说明依据；需要定分的，由组长合议定分并写明理由。"),
        *([Paragraph(f"下面逐条认定{'和'.join(decided)}，请说明依据。")] if decided else []),
        Paragraph("请大家提出亮点、问题和建议，形成反馈要点；并对是否建议通过发表意见。"),
    ]


def _feedback_said(visit: Visit) -> list[Block]:
    return [
        Paragraph(
            f"各位领导、同志们：对{visit.description.applicant}的现场验收各项活动已经完成。受专家组委托，现在反馈情况。"
        ),
        Paragraph("第一，亮点。（宣读反馈意见）"),
        Paragraph("第二，问题。（宣读反馈意见）"),
        Paragraph("第三，建议。（宣读反馈意见）"),
        Paragraph("各项得分和专家个人意见不在会上公布，验收结果由组织单位按程序确定。"),
        Paragraph("请申报单位负责人讲话。"),
        Paragraph("现场验收到此结束，谢谢大家。"),
    ]
