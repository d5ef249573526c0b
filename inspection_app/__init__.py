"""On-site acceptance visits of quality-strong counties, districts, cities and towns.

The names re-exported here are the public Python API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspection_app.core.agreement import Agreement, Statistic, agreement
from inspection_app.core.certificate import Verification, certify, verify_certificate
from inspection_app.core.consolidation import PanelScore, panel_score
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
    "Agreement",
    "Band",
    "Contribution",
    "DrawResult",
    "Entry",
    "Head",
    "LockedList",
    "PanelScore",
    "Quota",
    "Score",
    "SheetScore",
    "Statistic",
    "Verification",
    "__version__",
    "agreement",
    "certify",
    "consolidate",
    "draw",
    "draw_order",
    "load_rubric",
    "lock_list",
    "panel_score",
    "score_item",
    "score_sheet",
    "seed_of",
    "verify_certificate",
]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from os import PathLike

    from inspection_app.core.consolidation import Result
    from inspection_app.store.file import VisitFile


def consolidate(visit: VisitFile | str | PathLike[str]) -> Result:
    """Return the whole result of a visit; of a path, its file is only looked at. See ``services.check.consolidate``.

    Raises:
        NotFound: there is no such file, or it is no visit file.
        StageError: the marks are not opened yet.
    """
    from inspection_app.services.check import consolidate as whole  # brings the database along: not before it is asked

    return whole(visit)
