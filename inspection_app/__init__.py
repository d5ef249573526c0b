"""On-site acceptance visits of quality-strong counties, districts, cities and towns.

The names re-exported here are the public Python API.
"""

from inspection_app.core.certificate import Verification, certify, verify_certificate
from inspection_app.core.draw import (
    Band,
    Contribution,
    DrawResult,
    Entry,
    Head,
    LockedList,
    Quota,
    draw,
    draw_order,
    lock_list,
    seed_of,
)
from inspection_app.core.scoring import Score, score_item
from inspection_app.core.totals import SheetScore, score_sheet
from inspection_app.files import load_rubric

__all__ = [
    "Band",
    "Contribution",
    "DrawResult",
    "Entry",
    "Head",
    "LockedList",
    "Quota",
    "Score",
    "SheetScore",
    "Verification",
    "__version__",
    "certify",
    "draw",
    "draw_order",
    "load_rubric",
    "lock_list",
    "score_item",
    "score_sheet",
    "seed_of",
    "verify_certificate",
]
__version__ = "0.1.0"
