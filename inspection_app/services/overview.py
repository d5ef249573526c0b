"""A visit in one glance, for the list of visits: where it stands and what is missing, in counts and without names.

Anybody on the panel's network may see it, so it tells nothing of marks and nobody's name. It changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from inspection_app.core.visit import Description, Stage
from inspection_app.errors import N_
from inspection_app.services.hand_in import readiness
from inspection_app.services.prepare import outline, unprepared
from inspection_app.store import log
from inspection_app.store.file import VisitFile


@dataclass(frozen=True)
class Overview:
    """What a card shows of a visit; ``missing`` is a sentence whose placeholders ``context`` fills."""

    description: Description
    rubric: str
    year: str
    stage: Stage
    missing: str
    context: dict[str, object] = field(default_factory=dict)
    sealed: datetime | None = None


def overview(file: VisitFile) -> Overview:
    """Return a visit in one glance.

    Raises:
        InspectionError: the file cannot be read.
    """
    with file.reading() as db:
        head = log.head(db)
    return _overview(file.path, head)  # every change is in the log, so its head stands for all that can be seen


@lru_cache(maxsize=256)
def _overview(path: Path, _head: str) -> Overview:
    file = VisitFile(path)
    found = outline(file)
    visit, rubric = found.visit, found.rubric
    missing, context = _missing(file, visit.stage)
    return Overview(
        visit.description, rubric.title, str(rubric.year), visit.stage, missing, context,
        visit.finished if visit.stage is Stage.SEALED else None,
    )  # fmt: skip


def _missing(file: VisitFile, stage: Stage) -> tuple[str, dict[str, object]]:
    if stage is Stage.PREPARE:
        waits = unprepared(file)
        if waits is None:
            return N_("Everything is prepared: scoring can be opened."), {}
        return N_("Before scoring can be opened, {count} points are missing."), {"count": len(waits.faults)}
    if stage is Stage.SCORE:
        sheets = [sheet for sheet in readiness(file).sheets if sheet.assigned]
        settled = sum(sheet.settled for sheet in sheets)
        if settled == len(sheets):
            return N_("All score sheets are in: the chair can open the marks."), {}
        return N_("{done} of {all} score sheets are in."), {"done": settled, "all": len(sheets)}
    if stage is Stage.CONSOLIDATE:
        return N_("The marks are open: the panel deliberates, then the visit is sealed."), {}
    return N_("Sealed: nothing is missing."), {}
