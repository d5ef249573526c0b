"""The line by which a paper score sheet is typed in: one sign for each criterion, made for the numeric keypad.

``1 0 5 - =4.5``: a tick's 1 (reached), 0 (not reached), 5 (in part) or ``5/0.5`` (in part, with its points); a choice's
tier, 0 where none fits; a measured number, ``7/8`` where it is compared with another; points; ``-`` unmarked; ``*`` not
applicable; and for the whole item ``=4.5`` (points of one's own) or ``=*``. Signs stand in the order of the criteria or
behind their codes: ``6-2 1 6-4 0``. Reasons are words and are given apart.

It neither scores nor saves: whether an answer can be taken is decided where every answer is, in ``core.scoring``.

Source: the codes are the ones printed on the paper sheet: item number, hyphen, criterion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Step, Tick
from inspection_app.core.scoring import ITEM, NA, parse_number
from inspection_app.core.table import part_choices
from inspection_app.errors import N_, ScoreError

REACHED, NOT_REACHED, IN_PART, UNMARKED, NOT_APPLICABLE, WHOLE = "1", "0", "5", "-", "*", "="

_HALF = Decimal("0.5")
_FOLDED = {0x3000: " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    map(ord, "‐‑‒–—―−"), "-"
) | {ord("×"): "*"}  # fmt: skip
"""Full-width forms, and the dashes and crosses that keyboards put in place of a hyphen and an asterisk."""


def code(item: Item, criterion: AnyCriterion) -> str:
    """Return the code that the paper sheet prints beside a criterion, such as ``6-2``."""
    return f"{item.no}-{criterion.id}"


def parse_line(
    item: Item, text: str, reasons: Mapping[str, str] | None = None, *, part_step: Decimal = _HALF
) -> dict[str, Any]:
    """Read what was typed in for one item.

    Args:
        item: an item of a rubric.
        text: the line; an empty one marks nothing.
        reasons: by criterion id, for parts and graded points, and under ``"item"`` for points of one's own. A reason
            that is missing is left empty: saving refuses the answer until it is there.
        part_step: the share of a tick's points in which parts come (the scheme's ``part_step``).

    Returns:
        Answers as ``core.scoring.score_item`` takes them.

    Raises:
        ScoreError: the line is not understood; says at which criterion and what is expected there.
    """
    reasons = reasons or {}
    signs = re.sub(r"=\s+", "=", text.translate(_FOLDED)).split()
    marks = [sign for sign in signs if not sign.startswith(WHOLE)]
    wholes = [sign.removeprefix(WHOLE) for sign in signs if sign.startswith(WHOLE)]
    coded = bool(marks) and re.fullmatch(r"[^/]+-.+", marks[0]) is not None
    answers = {}
    for criterion, sign in (_by_code if coded else _in_order)(item, marks):
        answer = _answer(item, criterion, sign, reasons.get(criterion.id, ""), part_step)
        if answer is not None:
            answers[criterion.id] = answer
    if len(wholes) > 1:
        raise ScoreError(
            N_("Item {item}: “=” stands twice. Type the points for the whole item once, such as =4.5."),
            "twice", item=item.no,
        )  # fmt: skip
    if wholes:
        answers[ITEM] = _whole(item, wholes[0], reasons.get(ITEM, ""))
    return answers


def line_of(item: Item, answers: Mapping[str, Any], *, part_step: Decimal = _HALF) -> str:
    """Write answers as the line that ``parse_line`` reads; reasons are left out (see ``reasons_of``)."""
    signs = [_sign(criterion, answers.get(criterion.id), part_step) for criterion in item.criteria]
    if all(sign == UNMARKED for sign in signs):
        signs = []
    whole = answers.get(ITEM)
    if whole is not None:
        signs.append(WHOLE + (NOT_APPLICABLE if whole == NA else str(whole["override"])))
    return " ".join(signs)


def reasons_of(answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the reasons that stand in answers, by criterion id and ``"item"``; empty where one is still missing.

    >>> reasons_of({"1": True, "2": {"points": "0.5", "reason": ""}})
    {'2': ''}
    """
    return {
        key: answer["reason"] for key, answer in answers.items() if isinstance(answer, Mapping) and "reason" in answer
    }


def _in_order(item: Item, marks: list[str]) -> list[tuple[AnyCriterion, str]]:
    if marks and len(marks) != len(item.criteria):
        raise ScoreError(
            N_("Item {item}: {count} signs are expected ({codes}), {typed} were typed. Type - for what is unmarked."),
            "sign-count", item=item.no, count=len(item.criteria), typed=len(marks),
            codes=", ".join(code(item, criterion) for criterion in item.criteria),
        )  # fmt: skip
    return list(zip(item.criteria, marks, strict=False))


def _by_code(item: Item, marks: list[str]) -> list[tuple[AnyCriterion, str]]:
    known = {code(item, criterion).casefold(): criterion for criterion in item.criteria}
    found: dict[str, tuple[AnyCriterion, str]] = {}
    for place in range(0, len(marks), 2):
        at, sign = marks[place], marks[place + 1] if place + 1 < len(marks) else ""
        criterion = known.get(at.casefold())
        if criterion is None:
            raise ScoreError(
                N_("Item {item}: “{text}” is not one of its codes. They are: {codes}."),
                "unknown-code", item=item.no, text=at[:40], codes=", ".join(known),
            )  # fmt: skip
        if criterion.id in found:
            raise ScoreError(
                N_("Item {item}: the code {twice} stands twice. Type each code once."),
                "twice", item=item.no, twice=code(item, criterion),
            )  # fmt: skip
        if not sign:
            raise _not_understood(item, criterion, sign)
        found[criterion.id] = (criterion, sign)
    return list(found.values())


def _answer(item: Item, criterion: AnyCriterion, sign: str, reason: str, part_step: Decimal) -> Any:
    if sign == UNMARKED:
        return None
    if sign == NOT_APPLICABLE:
        return NA
    first, slash, second = sign.partition("/")
    try:
        match criterion:
            case Tick():
                if sign in {REACHED, NOT_REACHED}:
                    return sign == REACHED
                if first == IN_PART:
                    points = _number(item, second) if slash else _plain_part(criterion, part_step)
                    return {"points": points, "reason": reason.strip()}
            case Choice():
                if re.fullmatch(r"\d{1,3}", sign, re.ASCII):
                    return int(sign)
            case Step() | Rate():
                if slash and criterion.against:
                    return {"value": _number(item, first), criterion.against: _number(item, second)}
                return _number(item, sign)
            case Grade():
                points = _number(item, sign)
                return {"points": points, "reason": reason.strip()} if reason.strip() else points
    except ScoreError:
        pass  # the message below says more than that this is no number
    raise _not_understood(item, criterion, sign)


def _whole(item: Item, sign: str, reason: str) -> Any:
    if sign == NOT_APPLICABLE:
        return NA
    return {"override": _number(item, sign), "reason": reason.strip()}


def _number(item: Item, text: str) -> str:
    return f"{parse_number(text, item=item.no):f}"


def _plain_part(criterion: Tick, part_step: Decimal) -> str:
    """Return the points that a bare 5 stands for: half of the clause's, where there is no half the largest part."""
    parts = part_choices(criterion, part_step)
    largest = parts[-1] if parts else criterion.points  # which is refused where there are no parts
    return str(next((part for part in parts if part == criterion.points / 2), largest))


def _sign(criterion: AnyCriterion, answer: Any, part_step: Decimal) -> str:
    if answer is None:
        return UNMARKED
    if answer == NA:
        return NOT_APPLICABLE
    if isinstance(answer, bool):
        return REACHED if answer else NOT_REACHED
    if not isinstance(answer, Mapping):
        return str(answer).strip()
    match criterion:
        case Tick():
            points = str(answer["points"]).strip()
            plain = Decimal(points) == Decimal(_plain_part(criterion, part_step))
            return IN_PART if plain else f"{IN_PART}/{points}"
        case Step() | Rate():
            compared = answer.get(criterion.against) if criterion.against else None
            return str(answer["value"]).strip() + ("" if compared is None else f"/{str(compared).strip()}")
    return str(answer["points"]).strip()


def _not_understood(item: Item, criterion: AnyCriterion, sign: str) -> ScoreError:
    expected: object = None
    match criterion:
        case Tick():
            message = N_(
                "Item {item}, criterion {criterion}: “{text}” is not understood. "
                "Type 1 for reached, 0 for not reached, 5 for in part, - for unmarked."
            )
        case Choice():
            expected = len(criterion.tiers)
            message = N_(
                "Item {item}, criterion {criterion}: “{text}” is not understood. "
                "Type the tier's number, 1 to {expected}, 0 where none fits, - for unmarked."
            )
        case Step() | Rate() if criterion.against:
            message = N_(
                "Item {item}, criterion {criterion}: “{text}” is not understood. "
                "Type the measured number and what it is compared with, such as 7/8; - for unmarked."
            )
        case Step() | Rate():
            message = N_(
                "Item {item}, criterion {criterion}: “{text}” is not understood. "
                "Type the measured number, - for unmarked."
            )
        case Grade():
            expected = criterion.points
            message = N_(
                "Item {item}, criterion {criterion}: “{text}” is not understood. "
                "Type points from 0 to {expected}, - for unmarked."
            )
    return ScoreError(
        message, "not-understood", item=item.no, criterion=criterion.id, text=sign[:40], expected=expected
    )
