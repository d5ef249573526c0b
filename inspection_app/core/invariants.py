"""What must hold of a whole visit before it is sealed, each as a pure check that returns what does not.

A breach that the panel goes on with is explained by the chair, and printed. What these checks say of totals is worked
out here a second time, in another way than ``core.totals`` and ``core.consolidation`` do it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from inspection_app.core.consolidation import Method, Result, Rounding
from inspection_app.core.duties import Assignment, Duties, Duty
from inspection_app.core.rubric import AspectKind, Rubric
from inspection_app.core.scoring import State, check_range, parse_number, score_item
from inspection_app.core.visit import Member, Visit
from inspection_app.errors import N_, Fault, InspectionError


@dataclass(frozen=True)
class Breach:
    """One thing that does not hold: where, what, and how to mend it.

    ``key`` stays the same while the breach does, so that an explanation belongs to this and to no other. What is not
    ``explainable`` can simply be done; ``tampering`` cannot come from ordinary use.
    """

    key: str
    fault: Fault
    explainable: bool = True
    tampering: bool = False


@dataclass(frozen=True)
class Given:
    """One revision of one member's answers to one item; only the ``latest`` counts."""

    member: int
    item: str
    revision: int
    answers: Mapping[str, Any]
    at: datetime
    latest: bool = True


@dataclass(frozen=True)
class Entered:
    """An agreed figure as entered: numbers as text, empty where there is none."""

    key: str
    value: str
    target: str = ""
    last: str = ""


def breach(
    code: str, place: str, fault: str, remedy: str, /, *, explainable: bool = True, tampering: bool = False,
    **context: object,
) -> Breach:  # fmt: skip
    """Make a breach whose key follows from what it says."""
    said = repr([code, place, fault, sorted(context.items())])
    key = f"{code}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"
    return Breach(key, Fault(place, fault, remedy, context), explainable, tampering)


def undecided(result: Result, visit: Visit) -> Iterator[Breach]:
    """Tell what the panel has still to decide: items without a score, vetoes, gates, the recommendation."""
    if result.open_items:
        yield breach(
            "open-items", N_("Items"), N_("These have no panel score: {items}."), N_("Adjudicate them with a reason."),
            items=", ".join(result.open_items),
        )  # fmt: skip
    if any(decision.applies is None for decision in result.vetoes):
        yield breach(
            "open-vetoes", N_("Vetoes"), N_("Not every veto is decided."), N_("Decide each under Consolidate."),
            explainable=False,
        )  # fmt: skip
    if any(decision.holds is None for decision in result.gates):
        yield breach(
            "open-gates", N_("Gates"), N_("Not every gate is decided."), N_("Decide each under Consolidate."),
            explainable=False,
        )  # fmt: skip
    if result.undecided_readings:
        yield breach(
            "open-readings", N_("Readings"), N_("Two readings of the text lead to different verdicts."),
            N_("Choose one under Consolidate."), explainable=False,
        )  # fmt: skip
    if not visit.recommendation:
        yield breach(
            "no-recommendation", N_("Recommendation"), N_("The panel's recommendation is missing."),
            N_("Choose it under Feedback."), explainable=False,
        )  # fmt: skip


def strange_answers(
    rubric: Rubric,
    members: Iterable[Member],
    duties: Duties,
    answers: Iterable[Given],
    figures: Mapping[str, Mapping[str, str]],
    assigned_then: Iterable[tuple[datetime, Assignment]] = (),
) -> Iterator[Breach]:
    """Tell which answers belong to no item or clause of the rubric, or to nobody who had the item.

    Args:
        answers: every revision.
        figures: the agreed figures by key, as scoring takes them.
        assigned_then: earlier assignments with their times, oldest first: an answer given under one of them is right.
    """
    scoring, then = {member.id for member in members if member.scores}, list(assigned_then)
    numbers = {item.no for item in rubric.items}
    not_theirs: dict[int, list[str]] = {}
    for one in answers:
        where: dict[str, Any] = {"item": one.item, "member": one.member, "revision": one.revision}
        if one.item not in numbers or one.member not in scoring:
            yield breach(
                "strange-answer", N_("Item {item}"),
                N_("An answer (member {member}, revision {revision}) belongs to no item or to nobody who scores."),
                N_("Compare this file with the last backup."), tampering=True, **where,
            )  # fmt: skip
            continue
        try:
            score_item(
                rubric.item(one.item), one.answers, figures if one.latest else {}, part_step=rubric.scheme.part_step
            )
        except InspectionError:
            yield breach(
                "broken-answer", N_("Item {item}"),
                N_("An answer (member {member}, revision {revision}) does not fit the item's clauses."),
                N_("Compare this file with the last backup."), tampering=True, **where,
            )  # fmt: skip
        before = [assignment for at, assignment in then if at <= one.at]
        had = not before or one.item in before[-1].get(one.member, (one.item,))  # at first everybody has everything
        outside = duties.duty(one.member, one.item) in {Duty.NOT_ASSIGNED, Duty.BY_GROUP}
        if one.latest and one.answers and outside and not had:
            not_theirs.setdefault(one.member, []).append(one.item)
    names = {member.id: member.name for member in members}
    for member, items in not_theirs.items():
        yield breach(
            "not-assigned", N_("{name}"), N_("Answered without having the items, so they do not count: {items}."),
            N_("Explain how this came about."), name=names.get(member, str(member)), items=", ".join(items),
        )  # fmt: skip


def strange_figures(rubric: Rubric, figures: Iterable[Entered]) -> Iterator[Breach]:
    """Tell which agreed figures the rubric does not know, or whose numbers cannot be right."""
    for one in figures:
        declared = rubric.figures.get(one.key)
        if declared is None:
            yield breach(
                "unknown-figure", N_("Figures"), N_("The rubric has no figure “{figure}”."),
                N_("Compare this file with the last backup."), tampering=True, figure=one.key,
            )  # fmt: skip
            continue
        try:
            for number in filter(None, (one.value, one.target, one.last)):
                check_range(declared, parse_number(number, item="", unit=declared.unit))
        except InspectionError:
            yield breach(
                "strange-figure", N_("Figures"), N_("“{figure}” holds what is no number that it can have."),
                N_("Reopen scoring and correct it."), figure=declared.title,
            )  # fmt: skip


def recusals_ignored(result: Result, duties: Duties) -> Iterator[Breach]:
    """Tell where a mark of somebody who is recused counts."""
    for one in result.items:
        for member, score in one.scores.items():
            if duties.recused(member, one.item.no) and (score.points is not None or score.state is not State.RECUSED):
                yield breach(
                    "recusal", N_("Item {item}"), N_("A mark of a recused expert counts (member {member})."),
                    N_("Report this: it is a fault of the program."), item=one.item.no, member=member,
                )  # fmt: skip


def unequal_totals(rubric: Rubric, visit: Visit, result: Result) -> Iterator[Breach]:
    """Tell which panel scores and totals come out otherwise when they are worked out a second time."""
    found = dict(_recount(rubric, visit, result))
    told: dict[str, Decimal | None] = {f"item {one.item.no}": one.points for one in result.items}
    told |= {f"aspect {one.id}": one.points for one in result.aspects}
    told |= {"base": result.base, "deductions": result.deductions, "bonus": result.bonus, "total": result.total}
    for what, points in told.items():
        if points != found[what]:
            yield breach(
                "totals", N_("Totals"), N_("{what} is {told}, and {again} when it is worked out again."),
                N_("Report this: it is a fault of the program."),
                what=what, told=points, again=found[what],
            )  # fmt: skip


_PRECISE = Context(prec=60, rounding=ROUND_HALF_UP)


def _recount(rubric: Rubric, visit: Visit, result: Result) -> Iterator[tuple[str, Decimal | None]]:
    """Work out every score and total from the marks: decimals of 60 digits, sums aspect by aspect."""
    by_items, exact = visit.rounding == Rounding.ITEMS, dict[str, Decimal | None]()
    for one in result.items:
        marks = sorted(score.points for score in one.scores.values() if score.points is not None)
        decided = one.adjudication.points if one.adjudication else None
        mean = _middle(marks, visit.method, visit.min_marks) if decided is None else decided
        shown = _rounded(mean, visit.places) if decided is None and mean is not None else mean
        exact[one.item.no] = shown if by_items else mean
        yield f"item {one.item.no}", shown
    sums = dict.fromkeys(AspectKind, Decimal(0))
    for aspect in rubric.aspects:
        points = Decimal(0)
        for item in aspect.items:
            points = _PRECISE.add(points, exact[item.no] or Decimal(0))
        points = min(points, aspect.ceiling)
        sums[aspect.kind] = _PRECISE.add(sums[aspect.kind], points)
        yield f"aspect {aspect.id}", _shown(points, visit.places, by_items)
    left = max(_PRECISE.subtract(sums[AspectKind.BASE], sums[AspectKind.DEDUCTION]), Decimal(0))
    total = _PRECISE.add(left, sums[AspectKind.BONUS])
    for what, points in (
        ("base", sums[AspectKind.BASE]), ("deductions", sums[AspectKind.DEDUCTION]), ("bonus", sums[AspectKind.BONUS]),
        ("total", total),
    ):  # fmt: skip
        yield what, _shown(points, visit.places, by_items)


def _middle(marks: list[Decimal], method: str, min_marks: int) -> Decimal | None:
    count = len(marks)
    if count < min_marks or (method == Method.DROP_HIGH_LOW and count < 5) or not marks:
        return None
    if method == Method.DROP_HIGH_LOW:
        marks = marks[1:-1]
    elif method == Method.MEDIAN:
        marks = [marks[(count - 1) // 2], marks[count // 2]]
    whole = sum(map(Fraction, marks), Fraction(0)) / len(marks)
    return _PRECISE.divide(Decimal(whole.numerator), Decimal(whole.denominator))


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_PRECISE)


def _shown(number: Decimal, places: int, by_items: bool) -> Decimal:
    """Return a sum as it is printed: what is added up from rounded items needs no rounding."""
    rounded = _rounded(number, places)
    return number if by_items and number != rounded else rounded


def unconfirmed(members: Iterable[Member], waiting: Collection[int]) -> Iterator[Breach]:
    """Tell who has said nothing of the result, or of an earlier one only.

    Args:
        waiting: the ids of those who are waited for.
    """
    for member in members:
        if member.id in waiting:
            yield breach(
                "unconfirmed", N_("{name}"), N_("has not confirmed the result."),
                N_("They confirm it on their own tablet, or sign the printed draft."), name=member.name,
            )  # fmt: skip
