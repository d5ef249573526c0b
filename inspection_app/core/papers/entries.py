"""What all papers need of a visit: an entry of its programme, its days, and its people as they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from inspection_app.core.document import Facts
from inspection_app.core.visit import Member, Role, Visit
from inspection_app.core.wording import ROLE_TITLES, chinese_date

BLANK = "＿＿＿＿"  # room for a word by hand


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


def held_when(entry: ProgrammeEntry) -> str:
    return " ".join(part for part in (entry.day, entry.time) if part)


def visit_days(visit: Visit) -> str:
    """Write the days of a visit shortly: 2026年5月12日至13日."""
    first, last = visit.description.starts, visit.description.ends
    until = chinese_date(last)
    if first.year == last.year:
        until = until.partition("年")[2]
        if first.month == last.month:
            until = until.partition("月")[2]
    return chinese_date(first) if first == last else f"{chinese_date(first)}至{until}"


def named(members: Sequence[Member], *roles: Role) -> str:
    return "、".join(member.name for member in members if member.role in roles)


def person_facts(member: Member) -> Facts:
    return Facts((
        ("姓名", member.name),
        ("职责", ROLE_TITLES[member.role]),
        ("单位", member.organisation),
        ("专业", member.speciality),
    ))  # fmt: skip
