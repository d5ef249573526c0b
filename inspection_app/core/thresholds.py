"""What the words of a scoring rule say about a number: its range, its unit and how it is measured; and joined ranges.

It reads folded words (half-width digits and brackets). Which points a range earns is ``core.clauses``' business.

Source: 以上, 以下, 达到, 不低于 include their number, 超过, 大于, 低于, 不足 do not; （含…） and （不含…） decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from inspection_app.core.rubric import Band, Interval, Measure

_NUM = r"(\d+(?:\.\d+)?)"
UNIT = (
    r"(个百分点|百分点|%|‰|平方公里|平方米|分钟|小时|公里|万人|万元|亿元|人次|"
    r"[个项家次起件例位名人张类场期篇台套户条份处座所辆米吨天倍万分])?"
)
_AFTER = r"(?:\((不?含)[^)]*\))?(及以上|以上|及以下|以下|以内|及以内)?(?:\((不?含)[^)]*\))?"
_BEFORE = {
    "达到": "from", "到达": "from", "达": "from", "不低于": "from", "不少于": "from", "不小于": "from", "至少": "least",
    "超过": "over", "大于": "over", "高于": "over", "多于": "over",
    "低于": "below", "少于": "below", "小于": "below", "不足": "below", "不满": "below", "未达到": "below",
    "不高于": "to", "不超过": "to", "不大于": "to", "不多于": "to", "控制在": "to",
}  # fmt: skip
_RANGE = re.compile(rf"(前|第)?{_NUM}{UNIT}(?:\(不?含\)|及以上|以上)?[-—–~～至到]{_NUM}{UNIT}{_AFTER}")
_RANK = re.compile(rf"(?:前|第){_NUM}(位|名)")
_BOUND = re.compile(rf"({'|'.join(sorted(_BEFORE, key=len, reverse=True))})?了?{_NUM}{UNIT}{_AFTER}")
_AVERAGE = re.compile(
    r"(不低于|不高于|低于|高于|超过|达到|优于)((?:全国|全省|全市|全县|全区|省|市|上级)[^,，;。]{0,8}?平均(?:水平|值)?)"
)
ENUMERATED = re.compile(r"[、和及与]")
COUNT_UNITS = set("个项家次起件例位名人张类场期篇台套户条份处")


@dataclass(frozen=True)
class Bound:
    """What a clause says about a number: its range, its unit, and how it is measured."""

    range: Interval
    unit: str
    phrase: str
    subject: str
    measure: Measure = Measure.VALUE
    least: bool = False


def bounds_in(words: str) -> list[Bound]:
    """Find what a folded clause says about numbers, in the order of the text."""
    found: list[Bound] = []
    place = 0
    if match := _AVERAGE.search(words):
        end = {"低于": "below", "不高于": "to", "不低于": "from", "达到": "from"}.get(match.group(1), "over")
        return [Bound(Interval.model_validate({end: 0}), "%" if "率" in words else "", match.group(),
                       words[: match.start()], Measure.ABOVE_TARGET)]  # fmt: skip
    while place < len(words):
        bound, place = _next_bound(words, place)
        if bound:
            found.append(bound)
    return found


def _next_bound(words: str, place: int) -> tuple[Bound | None, int]:
    matches = [m for m in (_RANGE.search(words, place), _RANK.search(words, place), _BOUND.search(words, place)) if m]
    if not matches:
        return None, len(words)
    match = min(matches, key=lambda m: (m.start(), -m.end()))
    measure, subject = _measured(words, match)
    if match.re is _RANGE:
        low, high, unit = Decimal(match.group(2)), Decimal(match.group(4)), match.group(5) or match.group(3) or ""
        if low >= high or not unit:
            return None, match.end()
        said = re.search(rf"\((不?)含{_NUM}?", match.group())
        ends = {"from": low, "below" if said and said.group(1) else "to": high}
        if said and said.group(2) and not said.group(1) and Decimal(said.group(2)) == low:
            ends = {"from": low, "below": high}
        if measure is Measure.SHORTFALL:
            ends = {"over": low, "to": high}
        return Bound(Interval.model_validate(ends), unit, match.group(), subject, measure), match.end()
    if match.re is _RANK:
        return Bound(Interval(to=Decimal(match.group(1))), match.group(2), match.group(), subject, measure), match.end()
    return _threshold(words, match, measure, subject), match.end()


def _threshold(words: str, match: re.Match[str], measure: Measure, subject: str) -> Bound | None:
    before, number, unit, ahead, after, behind = match.groups()
    unit = unit or ""
    sign = _BEFORE.get(before or "", "")
    if after in ("及以上", "以上") and sign not in ("over", "below"):
        sign = "from" if sign != "least" else sign
    elif after in ("及以下", "以下", "以内", "及以内"):
        sign = "to"
    elif not sign and unit in ("%", "‰") and (measure is not Measure.VALUE or re.search(r"[率比重]$", subject)):
        sign = "from"
    if measure is Measure.SHORTFALL:
        sign = "over" if before == "超过" else "to"
    if not sign or (not unit and not after and not before):
        return None
    least = sign == "least"
    sign = "from" if least else sign
    if "不含" in (ahead or "", behind or ""):
        sign = {"from": "over", "to": "below"}.get(sign, sign)
    elif "含" in (ahead or "", behind or ""):
        sign = {"over": "from", "below": "to"}.get(sign, sign)
    if not unit and words[match.end() : match.end() + 1] in tuple("年月日号"):
        return None
    return Bound(Interval.model_validate({sign: Decimal(number)}), unit, match.group(), subject, measure, least)


def _measured(words: str, match: re.Match[str]) -> tuple[Measure, str]:
    """Tell how a number is read, by the words around it; the subject is what stands before."""
    subject = words[: match.start()]
    if re.search(r"低于目标值?(?:超过)?$|低于目标值?", subject[-8:]):
        return Measure.SHORTFALL, subject
    rises = re.search(r"(提升|提高|上升|增加|下降|降低|增长)(?:了)?$", subject)
    if rises and "百分点" in match.group():
        return Measure.CHANGE, subject
    if "%" in match.group() and (
        (rises and rises.group(1) in ("增长", "增加")) or re.search(r"(?:较|比)上一?年|同比", subject)
    ):
        return Measure.GROWTH, subject
    return Measure.VALUE, subject


def stands_for_several(bound: Bound) -> bool:
    """Say whether one threshold stands for several rates (…率、…率和…率达100%)."""
    names = ENUMERATED.split(re.sub(r"\([^()]*\)", "", bound.subject))
    return bound.unit in ("%", "位", "名") and len(names) > 1 and all("率" in name for name in names)


def same_unit(one: str, other: str) -> bool:
    return not one or not other or one.rstrip("元") == other.rstrip("元")


def closed(range_: Interval, better: Sequence[Band], unit: str) -> dict[str, object]:
    """Let a level end where the better one before it begins."""
    ends = ends_of(range_)
    if not better:
        return ends
    last = better[-1]
    if range_.low is not None and last.low is not None and range_.low < last.low:
        if range_.high is None or range_.high == last.low:
            ends.pop("to", None)
            ends.update({"below": last.from_} if last.from_ is not None else {"to": last.over})
    elif range_.high is None and range_.low == last.high and last.to is not None:
        ends = {"over": last.to}
    elif range_.low is None and range_.high == last.low and last.from_ is not None:
        ends = {"below": last.from_}  # both levels name the number; it stays with the better one
    elif range_.high is not None and last.high is not None and range_.high > last.high:
        follows = range_.low is not None and unit in COUNT_UNITS and range_.low == last.high + 1
        if range_.low is None or range_.low == last.high or follows:
            ends.pop("from", None)
            ends.pop("over", None)
            ends.update({"over": last.to} if last.to is not None else {"from": last.below})
    return {end: number for end, number in ends.items() if number is not None}


def rest_of(range_: Interval) -> dict[str, object]:
    """Return what lies below a range that is open upwards, or above one that is open downwards."""
    if range_.low is not None:
        return {"below": range_.from_} if range_.from_ is not None else {"to": range_.over}
    return {"over": range_.to} if range_.to is not None else {"from": range_.below}


def beyond(bands: Sequence[Band]) -> Band:
    """Return the level of no points beyond the lowest one."""
    last = bands[-1]
    downwards = len(bands) > 1 and last.low is not None and bands[0].low is not None and last.low < bands[0].low
    if downwards or last.high is None:
        ends: dict[str, object] = {"below": last.from_} if last.from_ is not None else {"to": last.over}
    else:
        ends = {"over": last.to} if last.to is not None else {"from": last.below}
    return Band.model_validate({**ends, "points": 0, "official": False})


def ends_of(range_: Interval) -> dict[str, object]:
    ends = {"from": range_.from_, "over": range_.over, "to": range_.to, "below": range_.below}
    return {end: number for end, number in ends.items() if number is not None}
