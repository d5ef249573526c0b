"""Disputing: an expert does not accept an agreed figure; the office answers, with or without changing it.

Scoring goes on with the figure as it stands meanwhile: a dispute changes no mark by itself.
"""

from __future__ import annotations

from datetime import datetime

from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, NotFound, ScoreError, StageError
from inspection_app.services.act import act
from inspection_app.services.prepare import checked_figure, figure_details, rubric_of
from inspection_app.store import disputes as stored
from inspection_app.store import sheets
from inspection_app.store.disputes import Dispute
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure


def disputes(file: VisitFile, *, key: str = "") -> tuple[Dispute, ...]:
    """Return the disputes, settled ones too, oldest first; only those about one figure where its key is given."""
    with file.reading() as db:
        return tuple(one for one in stored.disputes(db) if key in {"", one.key})


def dispute_figure(file: VisitFile, actor: Actor, key: str, note: str, now: datetime) -> int:
    """Say that a figure is not right, and why; return the dispute's id.

    Raises:
        NotFound: the rubric declares no such figure.
        ScoreError: the figure is not entered, there is no note, or one's earlier dispute about it is still open.
    """
    with act(file, actor, Act.DISPUTE_FIGURE, now) as tx:
        declared = _declared(rubric_of(tx.db), key)
        figure = sheets.figures(tx.db).get(key)
        if figure is None:
            raise ScoreError(
                N_("“{title}” is not entered, so there is nothing to dispute. Enter it, or ask the secretary to."),
                "not-entered", title=declared,
            )  # fmt: skip
        if not note.strip():
            raise ScoreError(N_("A dispute needs a note: say what you saw instead, and where."), "no-note")
        if any(one.open and (one.key, one.member) == (key, actor.member_id) for one in stored.disputes(tx.db)):
            raise ScoreError(
                N_("You have already disputed “{title}”. The office answers that first."),
                "already-disputed", title=declared,
            )  # fmt: skip
        id_ = stored.add(tx.db, key, actor.member_id, note.strip(), now)
        tx.record(dispute=id_, key=key, value=figure.value, note=tx.digest(note.strip()))
    return id_


def settle_dispute(
    file: VisitFile, actor: Actor, id_: int, answer: str, now: datetime, *, figure: AgreedFigure | None = None
) -> None:
    """Answer a dispute; with ``figure`` the agreed figure is changed in the same step, and all that reads it follows.

    Raises:
        NotFound: no such dispute.
        StageError: it is settled already.
        ScoreError: without an answer; or the changed figure is another one, is empty, or cannot be.
    """
    with act(file, actor, Act.SETTLE_DISPUTE, now) as tx:
        disputed = stored.dispute(tx.db, id_)
        if not disputed.open:
            raise StageError(N_("This dispute is already settled."), "already-settled")
        if not answer.strip():
            raise ScoreError(N_("The expert needs an answer: say what was checked, and where."), "no-answer")
        changed = {}
        if figure:
            rubric = rubric_of(tx.db)
            if figure.key != disputed.key or not figure.value.strip():
                raise ScoreError(
                    N_("“{title}” needs its new value. Leave the figure as it is where it is right."),
                    "no-value", title=rubric.figures[disputed.key].title,
                )  # fmt: skip
            checked = checked_figure(rubric, figure)
            sheets.add_figure(tx.db, checked, now, actor.member_id)
            changed = figure_details(tx, checked)
        stored.settle(tx.db, id_, answer.strip(), now)
        tx.record(dispute=id_, key=disputed.key, answer=tx.digest(answer.strip()), **changed)


def _declared(rubric: Rubric, key: str) -> str:
    if key not in rubric.figures:
        raise NotFound(N_("The rubric has no figure “{key}”."), "no-figure", key=key)
    return rubric.figures[key].title
