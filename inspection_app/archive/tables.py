"""Which tables the dataset has and what stands in their columns. It reads and writes nothing.

Every table begins with the visit's id, its rubric, year and region, so that most questions need no join. Points are
decimals with six places, shares are decimals between 0 and 1. No person is in them but experts by a pseudonym.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

FORMAT = "inspection-app archive 1"
"""What the manifest calls itself; a dataset of another format is neither read nor written."""

TEXT, WHOLE, POINTS, TRUTH = "text", "whole", "points", "truth"
PLACES = 6
_UNIT = Decimal(1).scaleb(-PLACES)

KEYS = {"visit": TEXT, "rubric": TEXT, "year": WHOLE, "region": TEXT}
"""What every row begins with."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "visits": KEYS | {
        "applicant": TEXT, "category": TEXT, "starts": TEXT, "ends": TEXT, "sealed": TEXT, "rubric_title": TEXT,
        "rubric_version": TEXT, "rubric_digest": TEXT, "seal": TEXT, "file": TEXT, "method": TEXT, "experts": WHOLE,
        "base": POINTS, "bonus": POINTS, "deductions": POINTS, "total": POINTS, "maximum": POINTS,
        "applicable": POINTS, "prorated": POINTS, "verdict": TEXT, "basis": TEXT, "recommendation": TEXT,
        "vetoes": WHOLE,
    },
    # ``self_points`` and ``panel_points`` add up only items that have both
    "aspects": KEYS | {
        "aspect": TEXT, "position": WHOLE, "title": TEXT, "kind": TEXT, "points": POINTS, "applicable": POINTS,
        "self_points": POINTS, "panel_points": POINTS,
    },
    # ``spread`` is a share of the item's points; ``lost`` is what is missing to what applies, or what comes off
    "items": KEYS | {
        "aspect": TEXT, "item": TEXT, "position": WHOLE, "content": TEXT, "ceiling": POINTS, "applicable": POINTS,
        "points": POINTS, "lost": POINTS, "self_points": POINTS, "marks": WHOLE, "not_applicable": WHOLE,
        "spread": POINTS, "wide": TRUTH, "adjudicated": TRUTH,
    },
    # ``apart``: how far the mark lies from the mean of the others', as a share of the item's points; above nought where
    # the expert is the milder one, also where points come off
    "marks": KEYS | {
        "aspect": TEXT, "item": TEXT, "expert": TEXT, "state": TEXT, "points": POINTS, "ceiling": POINTS,
        "apart": POINTS,
    },
    "gates": KEYS | {"kind": TEXT, "gate": TEXT, "position": WHOLE, "text": TEXT, "holds": TRUTH, "by_figure": TRUTH},
    "draws": KEYS | {
        "kind": TEXT, "number": WHOLE, "state": TEXT, "by_hand": TRUTH, "rehearsal": TRUTH, "substitutions": WHOLE,
    },
    "stages": KEYS | {"stage": TEXT, "position": WHOLE, "seconds": WHOLE, "entered": WHOLE},
}  # fmt: skip

EXPERTS: Mapping[str, str] = {"expert": TEXT, "name": TEXT, "organisation": TEXT}
"""The one table with names: it is there only where the office switched that on, and stands in a file of its own."""


def points(value: Decimal | None) -> Decimal | None:
    """Return points as they are kept, rounded half up to six places."""
    return None if value is None else value.quantize(_UNIT, ROUND_HALF_UP)
