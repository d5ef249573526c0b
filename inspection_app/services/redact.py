"""Removing personal data: from a sealed visit for good when it must no longer be kept, and from a copy to hand over.

Scores, draws and the seal stay verifiable: digests stand for what is gone, and the log says how much of what was
removed and when. What a draw's certificate or somebody's signature says stays (names of those who wrote the cards, of
the panel, of witnesses), and so do documents as they were issued or signed, findings and observations as they were
written, and the notes on items: a note is the reason for its marks, and the log pins answer and note together, so that
without it nobody could show that the marks are those that were given. Photos and files that were attached as evidence
stay unless the office wants them removed; their digests stay in any case.
The log's salted digests stay, too: whoever has the file and a guess can still try whether a guest's name fits one.
Other copies of the file, snapshots among them, are not touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from inspection_app.core.visit import Act, Actor, Role
from inspection_app.errors import N_, InspectionError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import application, panel, redactions, seals, snapshots
from inspection_app.store.file import VisitFile, take_name
from inspection_app.store.read_only import ReadOnlyVisit


def redact(file: VisitFile, actor: Actor, now: datetime, *, photos: bool = False) -> Mapping[str, int]:
    """Remove all personal data from a sealed visit, for good; done again, it removes what came since.

    Args:
        photos: also what photos and files attached as evidence show, their captions and file names.

    Returns:
        How many values were removed, by ``table/column``, or by the field's id for the application's.

    Raises:
        StageError: the visit is not sealed, or it was sealed before photos could be removed.
        InspectionError: it is removed, but the file could not be written anew because somebody has it open.
    """
    with act(file, actor, Act.REMOVE_PERSONAL, now) as tx:
        held = seals.current(tx.db)
        if held is None:
            raise StageError(
                N_("Personal data is removed from a sealed visit: until then the panel needs it. Seal it first."),
                "not-sealed",
            )
        columns = redactions.PERSONAL | (redactions.PHOTOS if photos else frozenset())
        if columns & seals.written_out(tx.db, held.id):
            raise StageError(
                N_("This visit was sealed by an earlier release, with the photos themselves under the seal. Chair and "
                   "secretary reopen it and it is sealed anew; then photos can be removed."),
                "photos-sealed",
            )  # fmt: skip
        removed = _remove(tx, columns)
    redactions.rewrite(file)
    return removed


def hand_over(file: VisitFile, actor: Actor, target: Path, now: datetime) -> Mapping[str, int]:
    """Write a copy of a visit without phones, identity numbers and their digests, and without the citizens' annex.

    The visit itself is not changed. The copy's log says what it lacks, and it is verified like any visit.

    Args:
        target: the file to write, whose name ends with ``.visit``.

    Returns:
        How many values the copy lacks, as ``redact`` does.

    Raises:
        InspectionError: there is such a file already, or it cannot be written.
    """
    if target.exists():
        raise InspectionError(
            N_("There is already a file “{path}”. Name another one."), "target-exists", path=str(target)
        )
    with tempfile.TemporaryDirectory(prefix=".handing-over-", dir=target.parent) as aside:
        copy = VisitFile(Path(aside) / target.name)
        snapshots.copy_visit(file.path, copy.path)
        with act(copy, actor, Act.REMOVE_PERSONAL, now) as tx:
            removed = _remove(tx, redactions.REACHING)
        redactions.rewrite(copy)
        take_name(copy.path, VisitFile(target))
    return removed


def secretary_of(path: Path) -> Actor:
    """Return the secretary of a visit's file: whoever sits at the hub's own console acts in that name."""
    with ReadOnlyVisit(path).reading() as db:
        member = next(one for one in panel.members(db) if one.role is Role.SECRETARY)
    return Actor(member.id, member.role)


def _remove(tx: Transaction, columns: Iterable[str]) -> dict[str, int]:
    """Empty columns and the application's personal fields, and say so in the log: numbers only, nothing personal."""
    personal = [asked.id for asked in rubric_of(tx.db).scheme.form if asked.personal]
    facts = {key: count for key in personal if (count := application.remove_values(tx.db, key, tx.now))}
    emptied = redactions.remove(tx.db, columns)
    sealed = seals.forget_removed(tx.db)
    tx.record(removed=facts, emptied=emptied, sealed={one: count for one, count in sealed.items() if one in emptied})
    return emptied | facts
