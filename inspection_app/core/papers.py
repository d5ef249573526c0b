"""The papers a visit is held with: programme, script, sign-in sheets, cards, slips, forms and printed score sheets.

Pure functions from what is known of a visit to documents; what is not known is room to write in. It does NOT decide
who is handed which paper (``services.print_out`` does) and sets no type. The visit's papers are Chinese, so these
phrases are, too.

Sources: 附件4 of the county rubric for the order of a visit and of its meetings; ``core.draw`` for the steps of a draw;
the rubric's own words for everything that is scored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from inspection_app.core.certificate import digits_wanted
from inspection_app.core.document import (
    Align,
    Block,
    Boxes,
    Card,
    Cards,
    Cell,
    Column,
    Document,
    Facts,
    Form,
    FormRow,
    Heading,
    Large,
    Paragraph,
    Row,
    Signatures,
    Table,
)
from inspection_app.core.draw import CARD_DIGITS, PUBLIC_DIGITS, LockedList
from inspection_app.core.feedback import ROLE_TITLES, chinese_date, plain
from inspection_app.core.paper import code
from inspection_app.core.roster import Site
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import part_choices, score_item
from inspection_app.core.visit import Member, Role, Visit

DRAW_TITLES = {"sites": "实地考察点", "citizens": "座谈群众"}
PARTY_TITLES = {"applicant": "申报单位", "chair": "专家组组长", "neither": "第三方见证人"}
CARD_BOXES = 8  # on a card, for the short code and for a party's own digits
INTERNAL = "内部资料　注意保存"
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十",
             *(f"十{ones}" for ones in "一二三四五六七八九"), "二十")  # fmt: skip
_BLANK = "＿＿＿＿"


@dataclass(frozen=True)
class ProgrammeEntry:
    """One line of the programme. ``internal``: the panel is by itself; what is empty is left to be written in."""

    title: str
    text: str = ""
    draws: Literal["", "sites", "citizens"] = ""
    day: str = ""
    time: str = ""
    place: str = ""
    who: str = ""
    internal: bool = False


# ── the programme and who was there ──────────────────────────────────────────────────────────────────────────


def programme(
    visit: Visit, rubric: Rubric, entries: Sequence[ProgrammeEntry], members: Sequence[Member], *,
    for_applicant: bool = False,
) -> Document:  # fmt: skip
    """Build the programme (现场验收日程安排); the applicant's says of the panel's own meetings only that they are."""
    rows = tuple(
        Row((
            "\n".join(part for part in (entry.day, entry.time) if part) or "　月　日\n　时　分",
            entry.title,
            "专家组内部会议，请提供会议室。" if for_applicant and entry.internal else entry.text,
            entry.place,
            entry.who or _attendance(entry),
        ))
        for entry in entries
    )  # fmt: skip
    columns = (
        Column("时间", 0.105, Align.CENTER), Column("活动", 0.11, Align.CENTER), Column("内容", 0.5),
        Column("地点", 0.125), Column("参加人员", 0.16),
    )  # fmt: skip
    return Document(
        title=f"{visit.description.applicant}现场验收日程安排",
        subtitle="",
        date="",
        blocks=(
            Facts((
                ("验收时间", _dates(visit)),
                ("验收地点", visit.description.place),
                ("专家组组长", _named(members, Role.CHAIR)),
                ("秘书", _named(members, Role.SECRETARY)),
                ("专家组成员", _named(members, Role.EXPERT)),
                ("验收依据", rubric.title),
            )),
            Table(columns, rows, height=12),
            Paragraph("具体时间和地点以专家组与申报单位商定的为准。", small=True),
        ),
        form=True,
        running=f"{visit.description.applicant}　现场验收日程安排",
    )  # fmt: skip


def _attendance(entry: ProgrammeEntry) -> str:
    if entry.internal:
        return "专家组"
    others = {"": "相关部门", "sites": "考察点人员", "citizens": "相关部门\n抽取的群众"}
    return f"专家组\n申报单位\n{others[entry.draws]}"


def sign_in_sheet(
    visit: Visit,
    entry: ProgrammeEntry,
    members: Sequence[Member],
    *,
    citizens: Sequence[tuple[str, str]] = (),
    citizen_rows: int = 0,
    guest_rows: int = 0,
) -> Document:
    """Build a sign-in sheet (签到表).

    Args:
        citizens: category and name of everybody who was drawn.
        citizen_rows: empty rows for citizens: before the draw all of them, after it those for reserves.
        guest_rows: empty rows for the applicant's people.
    """
    panel = [(member.name, f"{member.organisation}（{ROLE_TITLES[member.role]}）") for member in members]
    people = [(name, category) for category, name in citizens]
    groups = [
        ("专家组", "单位及职务", panel),
        ("群众", "类别", [*people, *[("", "")] * citizen_rows]),
        ("申报单位及有关人员", "单位及职务", [("", "")] * guest_rows),
    ]
    blocks: list[Block] = [
        Facts((("活动", entry.title), ("时间", _when(entry)), ("地点", entry.place), ("主持人", ""))),
    ]
    for numeral, (title, what, rows) in zip(_NUMERALS, (group for group in groups if group[2]), strict=False):
        columns = (
            Column("序号", 0.08, Align.CENTER), Column("姓名", 0.16, Align.CENTER), Column(what, 0.36),
            Column("联系电话", 0.19), Column("签名", 0.21),
        )  # fmt: skip
        blocks += [
            Heading(f"{numeral}、{title}"),
            Table(columns, tuple(Row((str(n), *row, "", "")) for n, row in enumerate(rows, 1)), height=9.5),
        ]
    return Document(
        title=f"{entry.title}签到表",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=tuple(blocks),
        form=True,
        running=f"{visit.description.applicant}　{entry.title}签到表",
    )


def _when(entry: ProgrammeEntry) -> str:
    return " ".join(part for part in (entry.day, entry.time) if part)


def _dates(visit: Visit) -> str:
    """Write the days of a visit shortly: 2026年5月12日至13日."""
    first, last = visit.description.starts, visit.description.ends
    until = chinese_date(last)
    if first.year == last.year:
        until = until.partition("年")[2]
        if first.month == last.month:
            until = until.partition("月")[2]
    return chinese_date(first) if first == last else f"{chinese_date(first)}至{until}"


def _named(members: Sequence[Member], *roles: Role) -> str:
    return "、".join(member.name for member in members if member.role in roles)


# ── the script ───────────────────────────────────────────────────────────────────────────────────────────────


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
    for numeral, (title, said) in zip(_NUMERALS, sections, strict=False):
        blocks += [Heading(f"{numeral}、{title}"), *said]
    return Document(
        title=f"{visit.description.applicant}现场验收主持词",
        subtitle=f"主持人：{_named(members, Role.CHAIR)}　　秘书：{_named(members, Role.SECRETARY)}",
        date=_dates(visit),
        blocks=tuple(blocks),
        marking=INTERNAL,
    )


def _opening_said(visit: Visit, rubric: Rubric, members: Sequence[Member]) -> list[Block]:
    scoring = [member for member in members if member.scores]
    bonus = f"，另有加分{plain(rubric.bonus_total)}分" if rubric.bonus_total else ""
    return [
        Paragraph(
            f"各位专家：按照工作安排，我们于{_dates(visit)}对{visit.description.applicant}进行现场验收。专家组共"
            f"{len(scoring)}人，组长{_named(members, Role.CHAIR)}，成员{_named(members, Role.EXPERT)}；"
            f"秘书{_named(members, Role.SECRETARY)}。"
        ),
        Paragraph(
            f"本次验收的依据是{rubric.title}，共{len(rubric.aspects)}个方面、{len(rubric.items)}项内容，"
            f"基本分{plain(rubric.base_total)}分{bonus}。"
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
        Paragraph("（请各位专家当场签署回避声明和保密承诺书，秘书收齐；秘书分发登录口令或者纸质评分表。）", aside=True),
        Paragraph("请各位专家核对本人负责的考核项，有不合适的，现在调整。"),
    ]


def _welcome_said(visit: Visit, members: Sequence[Member], public: Sequence[ProgrammeEntry]) -> list[Block]:
    people = "；".join(
        f"{member.name}，{member.organisation}" for member in members if member.role is not Role.SECRETARY
    )
    return [
        Paragraph(f"各位领导、同志们：现在开始对{visit.description.applicant}进行现场验收。"),
        Paragraph(f"首先介绍专家组成员。组长{people}。秘书{_named(members, Role.SECRETARY)}。"),
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
        *(Paragraph(f"第{numeral}项：{step}。") for numeral, step in zip(_NUMERALS, steps, strict=False)),
        Paragraph(f"{entry.title}到此结束，谢谢大家。"),
    ]


def _draws_said(rubric: Rubric, kinds: Sequence[str], locked: Mapping[str, LockedList]) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "下面当众抽取。抽取结果由各方写在卡片上的数字和当众抽出的公开数字共同决定，任何一方都不能单独左右，"
            "事后任何人都可以重新计算核对。"
        ),
    ]
    for numeral, kind in zip(_NUMERALS, kinds, strict=False):
        blocks += [Heading(f"（{numeral}）抽取{DRAW_TITLES[kind]}", 2), *_draw_said(rubric, kind, locked.get(kind))]
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
    short = f"{locked.short_code[:4]} {locked.short_code[4:]}" if locked else _BLANK * 2
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
    names = sites or [_BLANK * 3] * max(rubric.scheme.drawn_sites, default=3)
    return [
        Paragraph(f"下面进行{entry.title}。按抽取结果，依次考察："),
        *(Paragraph(f"{number}. {name}") for number, name in enumerate(names, 1)),
        Paragraph(
            "请各位专家在现场与有关人员交谈，查看工作资料，重点核对实际情况与申报材料是否一致，并填写实地考察记录表。"
        ),
        Paragraph("（秘书随行，记录每个点的到达、离开时间和陪同、交谈人员；由候补递补的，记录原因。）", aside=True),
    ]


def _citizens_said(entry: ProgrammeEntry) -> list[Block]:
    steps = zip(_NUMERALS, _steps(entry.text), strict=False)
    return [
        Paragraph("（会议由申报单位负责人组织召开，专家组出席。秘书核对到会群众与抽取结果，请群众签到。）", aside=True),
        Paragraph(f"各位代表：感谢大家参加{entry.title}。今天到会的群众由专家组当众抽取确定，请大家畅所欲言，"
                  "有什么说什么；发言只用于了解情况，不对外公开个人信息。"),
        *(Paragraph(f"第{numeral}项：{step}。") for numeral, step in steps),
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


# ── the draws ────────────────────────────────────────────────────────────────────────────────────────────────


def contribution_cards(visit: Visit, kind: str, short_code: str = "") -> Document:
    """Build the three cards of a draw, to be cut apart; the list's short code is written in where it is not known."""
    cards = tuple(
        Card(
            f"随机数字卡片（抽取{DRAW_TITLES[kind]}）",
            party,
            (
                Boxes("名单编码", CARD_BOXES, short_code, "照宣读的编码抄写"),
                Boxes("随机数字", CARD_BOXES, "", f"本人自行写下，从左起，至少{CARD_DIGITS}位"),
            ),
            ("姓名", "签名", "日期"),
            "写好后数字面朝下扣放在桌上，不给任何人看；公开数字抽完以前不得翻开。卡片与抽取记录单一并存档。",
        )
        for party in PARTY_TITLES.values()
    )
    return Document(
        title="随机数字卡片",
        subtitle=f"{visit.description.applicant}现场验收　抽取{DRAW_TITLES[kind]}",
        date="",
        blocks=(Paragraph("请沿虚线裁开，分别交给申报单位代表、专家组组长和第三方见证人。", small=True), Cards(cards)),
        form=True,
    )


def locked_list_slip(
    visit: Visit,
    locked: LockedList,
    at: datetime,
    members: Sequence[Member],
    *,
    sites: Mapping[int, Site] | None = None,
) -> Document:
    """Build the slip of a locked list (名单锁定单), to be signed by all parties.

    Of citizens it says numbers and categories only: no name is taken, so none can be printed.

    Args:
        at: when the list was locked.
        sites: the sites behind the numbers of a list of sites.
    """
    digest = [locked.digest[start : start + 4] for start in range(0, 64, 4)]
    groups = [digest[:8], digest[8:]]
    whole = len(locked.rows)
    unit = "个" if locked.kind == "sites" else "人"
    drawn = sum(quota.k for quota in locked.quotas)
    return Document(
        title=f"名单锁定单（{DRAW_TITLES[locked.kind]}）",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=(
            Facts((
                ("锁定时间", f"{chinese_date(at.date())}{at:%H:%M:%S}"),
                ("名单", f"共{whole}{unit}，抽取{drawn}{unit}"),
            )),
            Large(
                f"{locked.short_code[:4]} {locked.short_code[4:]}",
                "名单编码。宣读两遍，各方抄写到随机数字卡片上。",
                locked.digest,
            ),
            Form(
                tuple(
                    FormRow((
                        Cell("名单摘要\nSHA-256" if not number else "（共64位）", 1.6, label=True, align=Align.CENTER),
                        *(Cell(group, align=Align.CENTER) for group in row),
                    ), height=9)
                    for number, row in enumerate(groups)
                )
            ),
            _listed(locked, sites or {}),
            Paragraph(
                "名单已经锁定，不能更改；改动任何一处，摘要都会不同。二维码内容是名单摘要。名单全文（编号、类别、每个编号的"
                "加密摘要、名额和规则）载于抽取记录单，任何人都可以重新计算核对。",
                small=True,
            ),
            Paragraph("各方核对名单编码无误后签名："),
            Signatures((
                ("申报单位代表", ""),
                (PARTY_TITLES["chair"], _named(members, Role.CHAIR)),
                (PARTY_TITLES["neither"], ""),
                ("秘书", _named(members, Role.SECRETARY)),
            )),
        ),
        imprint=(f"现场验收编号：{visit.id}",),
        form=True,
        running=f"名单锁定单（{DRAW_TITLES[locked.kind]}）　编码 {locked.short_code}",
    )  # fmt: skip


def _listed(locked: LockedList, sites: Mapping[int, Site]) -> Table:
    """List the rows by their public attributes: sites one by one, citizens by category or by what is public of each."""
    number = Column("编号", 0.1, Align.CENTER)
    if locked.kind == "sites":
        found = [(row.number, sites.get(row.number, Site(""))) for row in locked.rows]
        return Table(
            (number, Column("备选考察点", 0.45), Column("地址", 0.45)),
            tuple(Row((str(n), site.name, site.address)) for n, site in found),
            height=8,
        )
    if any(row.attributes for row in locked.rows):
        public = (
            (row, "、".join(f"{name}：{value}" for name, value in row.attributes)) for row in locked.rows
        )
        return Table(
            (number, Column("类别", 0.3), Column("公开信息", 0.6)),
            tuple(Row((str(row.number), row.stratum, attributes)) for row, attributes in public),
        )
    columns = (
        Column("类别", 0.28), Column("编号", 0.24, Align.CENTER), Column("人数", 0.16, Align.CENTER),
        Column("抽取", 0.16, Align.CENTER), Column("候补", 0.16, Align.CENTER),
    )  # fmt: skip
    rows = []
    for quota in locked.quotas:
        numbers = [row.number for row in locked.rows if row.stratum == quota.stratum]
        reserves = "其余各人" if quota.reserves is None else f"{quota.reserves}人"
        rows.append(
            Row((quota.stratum, f"{numbers[0]}—{numbers[-1]}", f"{len(numbers)}人", f"{quota.k}人", reserves))
        )
    return Table(columns, tuple(rows), height=8)


# ── forms to take notes on ───────────────────────────────────────────────────────────────────────────────────


def minutes_form(visit: Visit, entry: ProgrammeEntry, members: Sequence[Member] = ()) -> Document:
    """Build the form for the minutes of one activity (记录表)."""
    parts = (
        (("为群众办的\n实事", 34), ("群众意见\n和提问", 85), ("现场解答", 51))
        if entry.draws == "citizens"
        else (("记录内容", 128), ("意见建议", 42))
    )
    wide = 0.83
    return Document(
        title=f"{entry.title}记录表",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=(
            Form((
                _pair_row(("时间", _when(entry)), ("地点", entry.place)),
                _pair_row(("主持人", ""), ("记录人", "")),
                FormRow((_label("参加人员"), Cell("", wide, ruled=True)), 18),
                *(FormRow((_label(title), Cell("", wide, ruled=True)), height) for title, height in parts),
            )),
            Signatures((("记录人", _named(members, Role.SECRETARY)),)),
        ),
        form=True,
        running=f"{visit.description.applicant}　{entry.title}记录表",
    )  # fmt: skip


def site_check_form(visit: Visit, site: Site | None = None) -> Document:
    """Build the form for what is seen at one site (实地考察记录表); without a site all is left to be written in."""
    site = site or Site("")
    wide = 0.83
    return Document(
        title="实地考察记录表",
        subtitle=f"{visit.description.applicant}现场验收",
        date="",
        blocks=(
            Form((
                FormRow((_label("考察点"), Cell(site.name, wide)), 10),
                FormRow((_label("地址"), Cell(site.address, wide)), 10),
                FormRow((_label("申报材料所述\n亮点和特色"), Cell(site.feature, wide)), 14),
                _pair_row(("到达时间", ""), ("离开时间", "")),
                FormRow((_label("交谈人员\n（姓名、职务）"), Cell("", wide, ruled=True)), 26),
                FormRow((_label("查看资料"), Cell("", wide, ruled=True)), 26),
                FormRow((_label("所见情况"), Cell("", wide, ruled=True)), 52),
                FormRow((_label("与申报材料\n是否一致"), Cell("□一致　　　□部分一致　　　□不一致", wide)), 12),
                FormRow((_label("不一致之处\n的说明"), Cell("", wide, ruled=True)), 26),
                _pair_row(("对应考核项", ""), ("照片、附件", "")),
            )),
            Signatures((("专家", ""), ("考察点负责人", ""))),
        ),
        form=True,
        running=f"{visit.description.applicant}　实地考察记录表　{site.name}".rstrip("　"),
    )  # fmt: skip


def _label(text: str) -> Cell:
    return Cell(text, 0.17, label=True, align=Align.CENTER)


def _pair_row(*pairs: tuple[str, str], height: float = 10) -> FormRow:
    """Make a row of labels with what is beside each."""
    share = 1 / len(pairs) - 0.17
    return FormRow(tuple(cell for label, text in pairs for cell in (_label(label), Cell(text, share))), height)


# ── declarations ─────────────────────────────────────────────────────────────────────────────────────────────


def declarations(visit: Visit, member: Member) -> Document:
    """Build one member's declaration of conflicts and promise of confidentiality, on one page to sign."""
    applicant = visit.description.applicant
    scoring = (
        "独立评分，不打听、不干预其他专家的评分；" if member.scores else "不打听、不干预专家的评分；"
    )
    return Document(
        title="回避声明和保密承诺书",
        subtitle="",
        date="",
        blocks=(
            _person(member),
            Heading("一、回避声明"),
            Paragraph(f"本人参加{applicant}现场验收工作，现就是否有下列情形声明如下："),
            Paragraph("（一）近三年内在申报单位及其所属部门、备选考察点任职或者兼职的；"),
            Paragraph("（二）与申报单位、备选考察点负责人有夫妻、直系血亲、三代以内旁系血亲或者近姻亲关系的；"),
            Paragraph("（三）近三年内为申报单位的创建工作有偿提供咨询、培训、测评、检验检测等服务的；"),
            Paragraph("（四）有其他可能影响公正验收的情形的。"),
            Form((
                FormRow((Cell("□没有上述情形，不需要回避。"),), 9),
                FormRow((Cell("□有上述第（　　）项情形，具体是："),), 14),
                FormRow((Cell("申请回避：　□全部工作　　□考察点：　　　　　　　　　　□考核项："),), 9),
                FormRow((
                    Cell("组织单位意见：　□同意回避　□不需要回避", 0.53),
                    Cell("签名：　　　　　　　年　　月　　日", 0.47),
                ), 10),
            )),
            Paragraph("组织单位对回避情形另有规定的，从其规定。验收中出现上述情形的，本人将主动报告。", small=True),
            Heading("二、保密承诺"),
            Paragraph("（一）不向专家组以外的任何人透露评分、评议意见和尚未公布的验收结果；"),
            Paragraph("（二）妥善保管申报材料、评分表、群众名单等资料，结束后如数交回，不复制、不留存、不外传；"),
            Paragraph("（三）不泄露验收中知悉的国家秘密、商业秘密和个人信息；"),
            Paragraph(f"（四）{scoring}"),
            Paragraph("（五）不把个人登录口令告诉他人。"),
            Paragraph("以上承诺在验收结束后继续有效。"),
            Signatures(((f"{ROLE_TITLES[member.role]}签名", member.name),)),
        ),
        form=True,
    )  # fmt: skip


def _person(member: Member) -> Facts:
    return Facts((
        ("姓名", member.name),
        ("职责", ROLE_TITLES[member.role]),
        ("单位", member.organisation),
        ("专业", member.speciality),
    ))  # fmt: skip


def codes_sheet(visit: Visit, members: Sequence[Member], codes: Mapping[int, str]) -> Document:
    """Build the list of personal codes, to be cut apart and handed out."""
    rows = tuple(Row((ROLE_TITLES[member.role], member.name, codes[member.id])) for member in members)
    columns = (Column("职责", 0.25, Align.CENTER), Column("姓名", 0.35), Column("登录口令", 0.4, Align.CENTER))
    return Document(
        title="专家组登录口令",
        subtitle=visit.description.applicant,
        date=chinese_date(visit.description.starts),
        blocks=(
            Paragraph("请裁开后分别交给本人。口令只在此处出现一次，系统不保存；遗失的，由秘书换发。"),
            Table(columns, rows),
        ),
    )


# ── score sheets ─────────────────────────────────────────────────────────────────────────────────────────────

Figures = Mapping[str, Mapping[str, str]]
_CODE, _CLAUSE, _ANSWER, _POINTS = 0.07, 0.48, 0.34, 0.11  # shares of a row


def score_sheet(
    visit: Visit,
    rubric: Rubric,
    member: Member,
    assigned: Collection[str],
    figures: Figures | None = None,
    *,
    recused: Collection[str] = (),
) -> Document:
    """Build one expert's printed score sheet: what is assigned, each clause under the code it is typed in by.

    Args:
        assigned: numbers of the items this expert scores.
        figures: the agreed figures by key, as ``core.scoring`` takes them (``value``, ``target``, ``last``).
        recused: numbers of the items this expert stands aside from.
    """
    figures = figures or {}
    mine = [item.no for item in rubric.items if item.no in assigned and item.no not in recused]
    aside = [item.no for item in rubric.items if item.no in recused]
    others = [item.no for item in rubric.items if item.no not in mine and item.no not in recused]
    blocks: list[Block] = [
        _person(member),
        Paragraph(
            f"填写说明：共{len(rubric.items)}项，本人评{len(mine)}项"
            + (f"，回避{len(aside)}项（第{_ranges(aside)}项）" if aside else "")
            + (f"，未分工{len(others)}项（第{_ranges(others)}项）" if others else "")
            + "。在方框内打“√”，每个评分点只选一个；“部分”须在评分说明中写明理由。档次均不符合的选0，并写明理由。"
            "得分与各评分点合计不同的，写明理由。写0是零分，空着是未评。需要回避的项目写“回避”并告知秘书。"
            "左栏编号（如6-2）供录入时核对。标“已约定”的数据由专家组统一采用，有异议的写在评分说明中。",
            small=True,
        ),
    ]
    for aspect in rubric.aspects:
        bonus = "加分，" if aspect.bonus else ""
        forms = [Form(tuple(_item_rows(item, figures, rubric))) for item in aspect.items if item.no in mine]
        if forms:
            blocks += [Heading(f"{aspect.title}（{bonus}{plain(aspect.points)}分）"), *forms]
    return Document(
        title="专家评分表",
        subtitle=f"{visit.description.applicant}现场验收　{_dates(visit)}",
        date="",
        blocks=(
            *blocks,
            Paragraph("以上由本人独立评分。"),
            Signatures(((ROLE_TITLES[member.role], member.name), ("代录人", ""), ("录入后本人核对", ""))),
        ),
        imprint=(
            f"{rubric.title}（{visit.rubric_id}，版本 {visit.rubric_version}）",
            f"现场验收编号：{visit.id}",
        ),
        form=True,
        running=f"{visit.description.applicant}　专家评分表　{member.name}",
    )


def _ranges(numbers: Sequence[str]) -> str:
    """Write item numbers shortly, in the order given.

    >>> _ranges(["1", "2", "3", "7", "9", "10"])
    '1—3、7、9、10'
    """
    runs: list[list[str]] = []
    for no in numbers:
        if runs and no.isdecimal() and runs[-1][-1].isdecimal() and int(no) == int(runs[-1][-1]) + 1:
            runs[-1].append(no)
        else:
            runs.append([no])
    return "、".join(f"{run[0]}—{run[-1]}" if len(run) > 2 else "、".join(run) for run in runs)


def _item_rows(item: Item, figures: Figures, rubric: Rubric) -> Iterator[FormRow]:
    """Yield an item's rows: its words, its clauses, and room for the note and the points."""
    yield FormRow(
        (
            Cell(item.no, _CODE, label=True, align=Align.CENTER),
            Cell(item.content, _CLAUSE + _ANSWER, label=True),
            Cell(f"{plain(item.points)}分", _POINTS, label=True, align=Align.CENTER),
        ),
        shaded=True,
    )
    ways = f"验收方式：{'、'.join(item.verification)}。" if item.verification else ""
    yield FormRow((Cell(f"{ways}评分方法：{item.rule_text}"),), small=True)
    for criterion in item.criteria:
        yield _criterion_row(item, criterion, figures, rubric)
    not_applicable = f"□本项不适用（{item.na}）" if item.na else ""
    yield FormRow(
        (
            Cell("评分\n说明", _CODE, label=True, align=Align.CENTER),
            Cell(not_applicable, 1 - _CODE - 0.1 - _POINTS),
            Cell("得分", 0.1, label=True, align=Align.CENTER),
            _points_box(item.ceiling),
        ),
        height=13,
    )


def _criterion_row(item: Item, criterion: AnyCriterion, figures: Figures, rubric: Rubric) -> FormRow:
    coded = Cell(code(item, criterion), _CODE, align=Align.CENTER)
    if isinstance(criterion, Choice):
        tiers = [
            f"□{number}　{tier.text}{_stated(tier.text, tier.points)}" for number, tier in enumerate(criterion.tiers, 1)
        ]
        text = [] if all(tier.text in criterion.text for tier in criterion.tiers) else [criterion.text]
        words = "\n".join([*text, *tiers, f"□0　以上均不符合{_not_applicable(criterion)}"])
        return FormRow((coded, Cell(words, _CLAUSE + _ANSWER), _points_box(criterion.points)))
    words = criterion.text
    if isinstance(criterion, Tick):
        words += "".join(
            f"\n［{rubric.figures[check.figure].title}：{_agreed(rubric, figures, check.figure)}］"
            for check in criterion.checks
            if check.figure and check.figure in figures
        )
    points = None
    if isinstance(criterion, (Step, Rate)):
        lines = {line.criterion: line for line in score_item(item, {}, figures).lines}
        points = lines[criterion.id].points
    return FormRow((
        coded,
        Cell(words, _CLAUSE),
        Cell(_answer(criterion, figures, rubric) + _not_applicable(criterion), _ANSWER),
        _points_box(criterion.points, points),
    ))  # fmt: skip


def _points_box(ceiling: Decimal, points: Decimal | None = None) -> Cell:
    return Cell(f"{'' if points is None else plain(points)} / {plain(ceiling)}", _POINTS, align=Align.RIGHT)


def _answer(criterion: AnyCriterion, figures: Figures, rubric: Rubric) -> str:
    """Return the boxes to tick, the room for a figure, or the agreed figure."""
    match criterion:
        case Tick():
            parts = part_choices(criterion.points, rubric.scheme.part_step)
            part = "/".join(plain(one) for one in parts)
            boxes = f"□部分{part}" if len(parts) == 1 else f"□部分（{part}）＿＿"
            return f"□达到{plain(criterion.points)}　{boxes}　□未达0"
        case Step() | Rate():
            bands = criterion.bands if isinstance(criterion, Step) and len(criterion.bands) > 2 else ()
            unit = rubric.figures[criterion.figure].unit
            scale = "".join(f"\n{band}{unit}：{plain(band.points)}分" for band in bands)
            return f"数据：{_agreed(rubric, figures, criterion.figure, criterion.against)}{scale}"
        case Grade(allowed=allowed) if allowed:
            return "　".join(f"□{plain(points)}" for points in allowed)
        case Grade():
            return f"0至{plain(criterion.points)}分，写明理由" + ("（由有关部门提供）" if criterion.external else "")
        case _:
            raise TypeError(f"no such criterion: {criterion!r}")


_COMPARED = {"target": "对比值", "last": "上年"}


def _agreed(rubric: Rubric, figures: Figures, key: str, against: str = "") -> str:
    """Write an agreed figure with its unit, or room for what is not agreed yet."""
    figure, unit = figures.get(key, {}), rubric.figures[key].unit
    value = figure.get("value", "")
    compared = figure.get(against, "") if against else ""
    words = f"{value or _BLANK}{unit}"
    if against:
        words += f"，{_COMPARED[against]}{compared or _BLANK}{unit}"
    return words + ("（已约定）" if value and (compared or not against) else "")


def _stated(text: str, points: Decimal) -> str:
    """Return a tier's points where its official words do not say them."""
    said = f"得{plain(points)}分" in text or (not points and "不得分" in text)
    return "" if said else f"（{plain(points)}分）"


def _not_applicable(criterion: AnyCriterion) -> str:
    return f" □不适用（{criterion.na}）" if criterion.na else ""
