"""The papers of a draw: cards for contributions and the slip of a locked list (名单锁定单)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from inspection_app.core.document import (
    Align,
    Boxes,
    Card,
    Cards,
    Cell,
    Column,
    Document,
    Facts,
    Form,
    FormRow,
    Large,
    Paragraph,
    Row,
    Signatures,
    Table,
)
from inspection_app.core.draw import CARD_DIGITS, LockedList
from inspection_app.core.papers.entries import named
from inspection_app.core.roster import Site
from inspection_app.core.visit import Member, Role, Visit
from inspection_app.core.wording import DRAW_TITLES, PARTY_TITLES, chinese_date

CARD_BOXES = 8  # on a card, for the short code and for a party's own digits


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
                (PARTY_TITLES["chair"], named(members, Role.CHAIR)),
                (PARTY_TITLES["neither"], ""),
                ("秘书", named(members, Role.SECRETARY)),
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
