"""The list by which the drawn citizens are called (群众座谈通知登记表), with what is known of the calls filled in.

It names people and their telephones, so it is for the panel's office only; who gets it is not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspection_app.core.document import Align, Block, Column, Document, Paragraph, Row, Signatures, Table
from inspection_app.core.papers.entries import named
from inspection_app.core.substitution import CallState
from inspection_app.core.visit import Member, Role, Visit
from inspection_app.core.wording import INTERNAL

_COLUMNS = (
    Column("顺序", 0.075, Align.CENTER),
    Column("编号", 0.075, Align.CENTER),
    Column("姓名", 0.145),
    Column("电话", 0.145, Align.CENTER),
    Column("已通知", 0.08, Align.CENTER),
    Column("能到会", 0.08, Align.CENTER),
    Column("不能\n到会", 0.07, Align.CENTER),
    Column("由谁递补\n（编号）", 0.11, Align.CENTER),
    Column("通知\n时间", 0.1, Align.CENTER),
    Column("通知人\n签名", 0.12, Align.CENTER),
)
_OPEN, _TICKED = "□", "√"


@dataclass(frozen=True)
class Callee:
    """Somebody to call: the number on the locked list, and what is known of the call.

    ``replaced_by`` is the number of who comes instead, ``instead_of`` of who a reserve comes for; 0 where nobody.
    """

    number: int
    name: str
    phone: str = ""
    call: CallState | None = None
    replaced_by: int = 0
    instead_of: int = 0


@dataclass(frozen=True)
class CategoryCalls:
    """Who is to be called of one category, in the order of the draw; ``waiting``: reserves that are not listed."""

    category: str
    drawn: Sequence[Callee]
    reserves: Sequence[Callee] = ()
    waiting: int = 0


def call_list(visit: Visit, calls: Sequence[CategoryCalls], members: Sequence[Member] = ()) -> Document:
    """Build the list of calls, a table for each category: first who is drawn, then the reserves in their order."""
    applicant = visit.description.applicant
    tables: list[Block] = []
    for one in calls:
        rows = [_row(str(place), callee) for place, callee in enumerate(one.drawn, 1)]
        rows += [_row(f"候{place}", callee) for place, callee in enumerate(one.reserves, 1)]
        tables.append(Table(_COLUMNS, tuple(rows), f"{one.category}（抽取{len(one.drawn)}人）", height=9))
        if one.waiting:
            tables.append(Paragraph(f"后面还有候补{one.waiting}人，此处未列；需要时重新打印。", small=True))
    return Document(
        title="群众座谈通知登记表",
        subtitle=f"{applicant}现场验收",
        date="",
        blocks=(
            Paragraph(
                "按抽取顺序逐人通知，在方框内打“√”，填写通知时间并签名；已登记的情况已经打上“√”。不能到会的，由本类别候补人员"
                "按抽取顺序递补，以登记时系统给出的人选为准。标“候”的为候补人员，未轮到的不通知。",
                small=True,
            ),
            *tables,
            Signatures((("秘书", named(members, Role.SECRETARY)),)),
        ),
        marking=INTERNAL,
        imprint=("本表含个人信息，仅供通知使用，不得外传；用后与抽取记录单一并存档。", f"现场验收编号：{visit.id}"),
        form=True,
        running=f"{applicant}　群众座谈通知登记表",
    )


def _row(place: str, callee: Callee) -> Row:
    name = f"{callee.name}\n（替{callee.instead_of}号）" if callee.instead_of else callee.name
    answers = (
        callee.call is not None,  # whoever gave an answer was notified
        callee.call is CallState.COMING,
        callee.call is CallState.NOT_COMING,
    )
    ticks = (_TICKED if yes else _OPEN for yes in answers)
    replaced = f"{callee.replaced_by}号" if callee.replaced_by else ""
    return Row((place, str(callee.number), name, callee.phone, *ticks, replaced, "", ""))
