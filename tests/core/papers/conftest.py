"""A visit to print papers of, and what a paper says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime

from inspection_app.core.document import Cards, Document, Facts, Form, Heading, Large, Paragraph, Table
from inspection_app.core.draw import Entry, LockedList, Quota, lock_list
from inspection_app.core.papers.entries import ProgrammeEntry
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.visit import Description, Member, Role, Stage, Visit
from inspection_app.files import load_rubric_file

AT = datetime.fromisoformat("2026-05-12T10:41:10+08:00")
CHAIR, EXPERT, SECRETARY = (
    Member(1, "章北川", Role.CHAIR, "省研究院", "质量管理"),
    Member(2, "江晚舟", Role.EXPERT, "省标准院", "标准化"),
    Member(3, "高知微", Role.SECRETARY, "省质量办", "会务"),
)
MEMBERS = (CHAIR, EXPERT, SECRETARY)
VISIT = Visit(
    "a1b2c3", Description("清溪县人民政府", "县", date(2026, 5, 12), date(2026, 5, 13), "县行政中心"), Stage.PREPARE,
    "henan-county", "1", "0" * 64, 2, "", AT,
)  # fmt: skip
HENAN = load_rubric_file("henan-county").rubric
ENTRIES = (
    ProgrammeEntry("预备会", "讨论评分分工。", internal=True),
    *(ProgrammeEntry(one.title, one.text, one.draws) for one in HENAN.scheme.activities[:-1]),
    ProgrammeEntry("内部评议", "合议评分。", internal=True),
    *(ProgrammeEntry(one.title, one.text, one.draws) for one in HENAN.scheme.activities[-1:]),
)
SITES = [Site(f"第{sign}考察点", f"解放路{sign}号", f"特色{sign}") for sign in "甲乙丙丁戊"]
CITIZENS = [Citizen(f"群众{n}", category) for category in ("群众代表", "人大代表") for n in "一二三四五六"]
NONCES = [bytes([n]) * 16 for n in range(1, 20)]


def locked_sites() -> LockedList:
    entries = [Entry(site.identity, "备选考察点") for site in SITES]
    return lock_list("sites", VISIT.id, entries, NONCES[:5], [Quota("备选考察点", 3)])


def locked_citizens() -> LockedList:
    entries = [Entry(citizen.identity, citizen.category) for citizen in CITIZENS]
    return lock_list("citizens", VISIT.id, entries, NONCES[:12], [Quota("群众代表", 4), Quota("人大代表", 2, 3)])


def words(document: Document) -> Iterator[str]:
    """Everything a document prints."""
    yield from (document.title, document.subtitle, document.date, document.marking, document.running)
    yield from document.imprint
    for block in document.blocks:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                yield text
            case Table():
                yield from (column.title for column in block.columns)
                yield from (cell for row in block.rows for cell in row.cells)
            case Facts(pairs=pairs):
                yield from itertools.chain(*pairs)
            case Form():
                yield from (cell.text for row in block.rows for cell in row.cells)
            case Large():
                yield from (block.text, block.note)
            case Cards(cards=cards):
                for card in cards:
                    yield from (card.title, card.owner, card.note, *(boxes.text for boxes in card.boxes))


def said(document: Document) -> str:
    return "\n".join(words(document))


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]
