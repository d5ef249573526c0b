"""The whole result of a visit as plain JSON values, and the digest that a panel member confirms.

Names are not in it: marks stand by member id. Who reads it and in which words is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

from inspection_app.core.consolidation import ItemResult, Result
from inspection_app.core.visit import Visit

FORMAT = "inspection-app result 1"


def outcome(visit: Visit, result: Result) -> dict[str, Any]:
    """Return what a result says and rests on.

    Shape:
        ``items``: ``no``, ``ceiling``, ``marks`` by member id (``state``, ``points``), ``used``, ``dropped``,
        ``working``, ``panel`` (by the method), ``adjudication`` (``points``, ``reason``, ``clause``) or None, and
        ``points``. ``aspects``, ``vetoes`` and ``gates``: as ``core.consolidation.Result`` has them. Points are
        decimals as text, None where there are none.
    """
    return {
        "format": FORMAT,
        "visit": visit.id,
        "rubric": {"id": visit.rubric_id, "version": visit.rubric_version, "digest": visit.rubric_digest},
        "method": {
            "name": visit.method, "places": visit.places, "rounding": visit.rounding, "min_marks": visit.min_marks
        },
        "items": [_item(one) for one in result.items],
        "aspects": [
            {"id": one.id, "title": one.title, "kind": str(one.kind), "points": _text(one.points),
             "ceiling": _text(one.ceiling), "open_items": list(one.open_items)}
            for one in result.aspects
        ],
        "base": _text(result.base),
        "bonus": _text(result.bonus),
        "deductions": _text(result.deductions),
        "total": _text(result.total),
        "maximum": _text(result.maximum),
        "applicable": _text(result.applicable),
        "prorated": _text(result.prorated),
        "verdict": {"says": str(result.verdict), "basis": str(result.basis)},
        "vetoes": [{"id": one.veto, "applies": one.applies, "proof": one.proof} for one in result.vetoes],
        "gates": [
            {"id": one.gate, "holds": one.holds, "value": one.value, "proof": one.proof, "other": one.other,
             "other_holds": one.other_holds}
            for one in result.gates
        ],
        "readings": [
            {"of": gate, "reading": str(one.reading), "reason": one.reason}
            for gate, one in sorted(result.readings.items())
        ],
        "recommendation": visit.recommendation,
    }  # fmt: skip


def outcome_digest(visit: Visit, result: Result) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical text of ``outcome``: any change of the result changes it."""
    text = json.dumps(outcome(visit, result), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _item(one: ItemResult) -> dict[str, Any]:
    decided = one.adjudication
    return {
        "no": one.item.no,
        "ceiling": _text(one.item.ceiling),
        "marks": {
            str(member): {"state": str(score.state), "points": _text(score.points)}
            for member, score in one.scores.items()
        },
        "used": [_text(mark) for mark in one.panel.used],
        "dropped": [_text(mark) for mark in one.panel.dropped],
        "working": one.panel.working,
        "panel": _text(one.panel.points),
        "exact": None if one.panel.exact is None else _fraction(one.panel.exact),
        "adjudication": decided
        and {"points": _text(decided.points), "reason": decided.reason, "clause": decided.clause},
        "points": _text(one.points),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def _fraction(number: Fraction) -> str:
    return f"{number.numerator}/{number.denominator}"
