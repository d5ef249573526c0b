"""How the visit's documents say what is in all of them: numerals, dates, points, and the names of roles and draws.

The documents are Chinese, so this module's words are, too. It builds no document and knows no visit.

Source: dates and numerals as official documents write them (GB/T 9704-2012).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from inspection_app.core.rubric import Aspect, AspectKind
from inspection_app.core.visit import Role

ROLE_TITLES = {Role.CHAIR: "组长", Role.EXPERT: "专家", Role.SECRETARY: "秘书"}
DRAW_TITLES = {"sites": "实地考察点", "citizens": "座谈群众"}
PARTY_TITLES = {"applicant": "申报单位", "chair": "专家组组长", "neither": "第三方见证人"}
ASPECT_KINDS = {AspectKind.BASE: "", AspectKind.BONUS: "（加分）", AspectKind.DEDUCTION: "（扣分）"}
INTERNAL = "内部资料　注意保存"

_DIGITS = "一二三四五六七八九"


def numeral(number: int) -> str:
    """Write a number from 1 to 99 as headings do; beyond, where no heading of an office goes, in figures.

    >>> [numeral(number) for number in (1, 10, 12, 20, 35, 100)]
    ['一', '十', '十二', '二十', '三十五', '100']
    """
    if number > 99:
        return str(number)
    tens, ones = divmod(number, 10)
    many = f"{_DIGITS[tens - 1] if tens > 1 else ''}十" if tens else ""
    return many + (_DIGITS[ones - 1] if ones else "")


def chinese_date(day: date) -> str:
    """Write a date as official documents do, without leading zeros.

    >>> chinese_date(date(2026, 4, 6))
    '2026年4月6日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_time(at: datetime) -> str:
    """Write a date with its time.

    >>> chinese_time(datetime(2026, 4, 6, 9, 5))
    '2026年4月6日09:05'
    """
    return f"{chinese_date(at.date())}{at:%H:%M}"


def halves(digest: str) -> str:
    """Write a digest on two lines, where one has no room for it.

    >>> halves("9f86d081")
    '9f86\\nd081'
    """
    middle = (len(digest) + 1) // 2
    return f"{digest[:middle]}\n{digest[middle:]}"


def plain(points: Decimal | None) -> str:
    """Write points without needless zeros; what is not scored is a dash, never a zero.

    >>> plain(Decimal("4.50")), plain(None)
    ('4.5', '—')
    """
    return "—" if points is None else f"{points.normalize():f}"


def aspect_heading(aspect: Aspect) -> str:
    """Head an aspect on a score sheet: its title, and what it is worth or takes off at most."""
    kind = {AspectKind.BASE: "", AspectKind.BONUS: "加分，", AspectKind.DEDUCTION: "扣分，至多"}[aspect.kind]
    return f"{aspect.title}（{kind}{plain(aspect.worth)}分）"


def fixed(points: Decimal | None, places: int) -> str:
    """Write a panel score with all its decimals, so that a column of them lines up.

    >>> fixed(Decimal("8.6"), 2)
    '8.60'
    """
    return "—" if points is None else f"{points:.{places}f}"
