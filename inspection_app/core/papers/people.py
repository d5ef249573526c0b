"""Papers for one person: the declaration of conflicts and confidence to sign, and the card with the personal code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspection_app.core.document import (
    Block,
    Cards,
    Cell,
    Document,
    Form,
    FormRow,
    Heading,
    Large,
    Paragraph,
    Signatures,
)
from inspection_app.core.papers.entries import BLANK, person_facts, visit_days
from inspection_app.core.visit import Member, Visit
from inspection_app.core.wording import ROLE_TITLES


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
            person_facts(member),
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
            Paragraph("（五）不把个人登录码告诉他人。"),
            Paragraph("以上承诺在验收结束后继续有效。"),
            Signatures(((f"{ROLE_TITLES[member.role]}签名", member.name),)),
        ),
        form=True,
    )  # fmt: skip


@dataclass(frozen=True)
class PersonalCard:
    """What one member is handed: the code, and the address that signs in with it ("" where the hub's is not known)."""

    member: Member
    code: str
    link: str = ""


def personal_cards(visit: Visit, cards: Sequence[PersonalCard], hub: str = "") -> Document:
    """Build the sheet of personal cards, to be cut apart and handed out.

    A card has the code in large type, and beside it the link as QR code.

    Args:
        hub: the address to type where a card cannot be scanned; empty where it is not known: room to write it in.
    """
    applicant = visit.description.applicant
    blocks: list[Block] = [
        Paragraph(
            "请沿虚线裁开，分别交给本人；登录码不告诉他人。登录码只在此处出现一次，系统不保存；遗失的，由秘书换发。",
            small=True,
        )
    ]
    for card in cards:
        by_hand = f"在平板电脑的浏览器中打开 {hub or BLANK * 4} ，输入登录码。"
        how = f"用平板电脑扫描二维码登录（微信扫描后，请在浏览器中打开）；或者{by_hand}" if card.link else by_hand
        blocks += [
            Cards(()),  # the line to cut along
            Heading(f"{card.member.name}　{ROLE_TITLES[card.member.role]}　　{applicant}现场验收"),
            Large(card.code, how, card.link),
        ]
    return Document(
        title="登录卡",
        subtitle=f"{applicant}现场验收　{visit_days(visit)}",
        date="",
        blocks=tuple(blocks),
        form=True,
    )
