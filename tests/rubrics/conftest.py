"""How the tests of the official texts read a rubric: its shape in words, one clause's mark, a whole sheet.

Nothing here knows what a text says; that is typed in each text's own test.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from inspection_app.core.rubric import Check, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import Flag, Line, Score, score_item

Sheet = dict[str, dict[str, Any]]


def squeezed(text: str) -> str:
    """Leave out the white space: what is printed in narrow columns breaks anywhere."""
    return "".join(text.split())


def decimals(text: str) -> list[Decimal]:
    return [Decimal(word) for word in text.split()]


def plain(number: Decimal) -> str:
    """Write 10.0 and 1E+1 alike.

    >>> plain(Decimal("10.0")), plain(Decimal("1E+1"))
    ('10', '10')
    """
    return f"{number.normalize():f}"


def shape(item: Item) -> str:
    """Say what an item's clauses are and what each can earn, a choice with all its tiers, in their order."""
    return " | ".join(
        f"choice {' '.join(plain(tier.points) for tier in criterion.tiers)}"
        if isinstance(criterion, Choice)
        else f"{criterion.kind} {plain(criterion.points)}"
        for criterion in item.criteria
    )


def line(item: Item, criterion: str, answer: Any, figures: Mapping[str, Any] | None = None) -> Line:
    """Score one clause alone."""
    (line,) = [line for line in score_item(item, {criterion: answer}, figures).lines if line.criterion == criterion]
    return line


def scored(rubric: Rubric, no: str, answers: Mapping[str, Any], figures: Mapping[str, Any] | None = None) -> Score:
    """Score an item whose ticks are all “no” unless answered."""
    item = rubric.item(no)
    noes = {criterion.id: False for criterion in item.criteria if isinstance(criterion, Tick)}
    return score_item(item, noes | dict(answers), figures)


def yes_to_all(rubric: Rubric) -> Sheet:
    """Say yes to every tick, take every first tier, give every grade in full; numbers are left open."""
    return {
        item.no: {c.id: _most(c) for c in item.criteria if isinstance(c, (Tick, Choice, Grade))}
        for item in rubric.items
    }


def no_to_all(rubric: Rubric) -> Sheet:
    """Say no to every tick, take every last tier, give as little as can be by judgement; numbers are left open."""
    return {
        item.no: {c.id: _least(c) for c in item.criteria if isinstance(c, (Tick, Choice, Grade))}
        for item in rubric.items
    }


def _most(criterion: Tick | Choice | Grade) -> Any:
    match criterion:
        case Tick():
            return True
        case Choice():
            return 1
        case Grade():
            return criterion.points


def _least(criterion: Tick | Choice | Grade) -> Any:
    match criterion:
        case Tick():
            return False
        case Choice():
            return len(criterion.tiers)
        case Grade():
            return {"points": min(criterion.allowed, default=0), "reason": "没有材料"}


def with_answers(sheet: Sheet, answers: Mapping[tuple[str, str], Any]) -> Sheet:
    """Lay answers, by item and criterion, over a sheet."""
    return {
        no: clauses | {criterion: answer for (item, criterion), answer in answers.items() if item == no}
        for no, clauses in sheet.items()
    }


def measured(rubric: Rubric) -> set[tuple[str, str]]:
    """List the clauses that read a number, by item and criterion."""
    return {
        (item.no, criterion.id)
        for item in rubric.items
        for criterion in item.criteria
        if not isinstance(criterion, (Tick, Choice, Grade))
    }


def checked(rubric: Rubric) -> set[tuple[str, str]]:
    """List the ticks behind which a figure stands, by item and criterion."""
    return {
        (item.no, criterion.id)
        for item in rubric.items
        for criterion in item.criteria
        if isinstance(criterion, Tick) and any(check.figure for check in criterion.checks)
    }


def ends(rubric: Rubric, no: str, criterion: str) -> tuple[Decimal | None, Decimal | None]:
    """Return the lowest and the highest value that the figure of a measured clause can have."""
    clause = rubric.item(no).criterion(criterion)
    assert isinstance(clause, (Step, Rate))
    figure = rubric.figures[clause.figure]
    return figure.from_, figure.to


def figured_checks(rubric: Rubric, no: str, criterion: str) -> list[Check]:
    """Return the conditions of a tick that a figure shows, in their order."""
    clause = rubric.item(no).criterion(criterion)
    assert isinstance(clause, Tick)
    return [check for check in clause.checks if check.figure]


def flags_follow_the_figures(rubric: Rubric, no: str, clause: str, typed: Iterable[tuple[str, str, str, str, str]]) -> None:
    """Assert of each of a tick's figures, typed as a value that fails, the end, one that holds, and its range: a yes
    keeps its points whatever is agreed, and carries a flag where the agreed figure says otherwise."""
    for check, (fails, end, holds, low, high) in zip(figured_checks(rubric, no, clause), typed, strict=True):
        for value, flags in ((fails, (Flag.FIGURE_CONTRADICTS,)), (end, ()), (holds, ())):
            mark = line(rubric.item(no), clause, True, {str(check.figure): value})
            assert (mark.points, mark.flags) == (rubric.item(no).criterion(clause).points, flags)
        figure = rubric.figures[str(check.figure)]
        assert (figure.from_, figure.to) == (Decimal(low), Decimal(high) if high else None)


def unofficial(rubric: Rubric) -> set[tuple[str, ...]]:
    """List what a file adds to its text: clauses by item and id, tiers and bands also by their place, from 1."""
    found: set[tuple[str, ...]] = set()
    for item in rubric.items:
        for criterion in item.criteria:
            levels = getattr(criterion, "tiers", getattr(criterion, "bands", ()))
            found |= {(item.no, criterion.id, str(k)) for k, level in enumerate(levels, 1) if not level.official}
            if not criterion.official:
                found.add((item.no, criterion.id))
    return found


def clauses_in_order(item: Item) -> list[tuple[str, str]]:
    """Find each clause in the rule, one behind the other; return it with what follows it there up to 分.

    A clause whose own words end with its points in brackets is returned with these.
    """
    rule, position, found = squeezed(item.rule_text), 0, []
    for criterion in item.criteria:
        text = squeezed(criterion.text).rstrip("，。；;、")
        start = rule.index(text, position)
        position = start + len(text)
        behind = text[text.rindex("（") :] if text.endswith(("分）", "分)")) else rule[position:]
        found.append((text, behind.split("分")[0].lstrip("。，；（(")))
    return found
