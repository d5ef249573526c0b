"""Scoring: the one way every carrier's answers reach the visit, and what an expert sees of their own sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Score, State, check_measured, score_item
from inspection_app.core.visit import Act, Actor, Member, Visit
from inspection_app.errors import N_, ScoreError
from inspection_app.services.act import act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import panel, sheets, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure, Entry

MOST_NOTE_CHARACTERS = 4000


@dataclass(frozen=True)
class Sheet:
    """One member's score sheet: what is assigned, the latest entries, and the scores that follow."""

    visit: Visit
    rubric: Rubric
    assigned: frozenset[str]
    entries: Mapping[str, Entry]
    scores: Mapping[str, Score]
    figures: Mapping[str, AgreedFigure]

    @property
    def missing(self) -> tuple[str, ...]:
        """Assigned items without a mark, in official order."""
        return tuple(no for no, score in self.scores.items() if no in self.assigned and score.state is State.UNMARKED)


@dataclass(frozen=True)
class Progress:
    """How far a member is: counts only, no marks."""

    member: Member
    assigned: int
    marked: int
    saved: datetime | None


def sheet_of(file: VisitFile, actor: Actor) -> Sheet:
    """Return the actor's own score sheet; nobody else's can be read this way."""
    with file.reading() as db:
        assigned = panel.assignment(db).get(actor.member_id, frozenset())
        entries = sheets.sheet(db, actor.member_id)
        rubric, figures = rubric_of(db), sheets.figures(db)
        return Sheet(
            visits.read(db), rubric, assigned, entries, score_entries(rubric, assigned, entries, figures), figures
        )


def score_entries(
    rubric: Rubric, assigned: frozenset[str], entries: Mapping[str, Entry], figures: Mapping[str, AgreedFigure]
) -> dict[str, Score]:
    """Derive the scores of a sheet, by item number in official order; what is not assigned says so."""
    agreed = {key: figure.reading() for key, figure in figures.items()}
    step = rubric.scheme.part_step
    scores = {}
    for item in rubric.items:
        answers = entries[item.no].answers if item.no in entries else {}
        score = score_item(item, answers, agreed, part_step=step)
        if item.no not in assigned:
            score = Score(None, State.NOT_ASSIGNED, score.partial, item.ceiling)
        scores[item.no] = score
    return scores


def progress(file: VisitFile) -> tuple[Progress, ...]:
    """Return how far everybody who scores is."""
    with file.reading() as db:
        rubric, figures, assignment = rubric_of(db), sheets.figures(db), panel.assignment(db)
        everybody = sheets.sheets(db)
        found = []
        for member in panel.members(db):
            if not member.scores:
                continue
            entries, assigned = everybody.get(member.id, {}), assignment.get(member.id, frozenset())
            scores = score_entries(rubric, assigned, entries, figures)
            marked = sum(scores[no].state is not State.UNMARKED for no in assigned)
            saved = max((entry.at for entry in entries.values()), default=None)
            found.append(Progress(member, len(assigned), marked, saved))
        return tuple(found)


def answer_item(
    file: VisitFile, actor: Actor, item: str, answers: Mapping[str, Any], note: str, *, base: int, now: datetime
) -> Entry:
    """Save one expert's answers and note to one item as a new revision; nothing is overwritten.

    Args:
        item: the item's number.
        answers: by criterion id, as ``core.scoring.score_item`` takes them; unmarked criteria are left out.
        note: free text, at most 4,000 characters.
        base: the revision these answers were made from, 0 for none.
        now: the time, with its offset.

    Returns:
        The entry as it stands. Saving what is already there changes nothing.

    Raises:
        NotFound: no such item.
        ScoreError: not assigned, an answer that cannot be taken, or somebody saved in between (``changed-elsewhere``).
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.ANSWER_ITEM, now) as tx:
        rubric = rubric_of(tx.db)
        asked = rubric.item(item)
        if item not in panel.assignment(tx.db).get(actor.member_id, frozenset()):
            raise ScoreError(
                N_("Item {item} is not assigned to you. Your items are those on your own list."),
                "not-assigned", item=item,
            )  # fmt: skip
        if len(note) > MOST_NOTE_CHARACTERS:
            raise ScoreError(
                N_("Item {item}: the note is longer than {most} characters. Shorten it."),
                "note-too-long", item=item, most=MOST_NOTE_CHARACTERS,
            )  # fmt: skip
        score_item(asked, answers, _agreed(tx.db), part_step=rubric.scheme.part_step)
        check_measured(rubric, asked, answers)
        latest = sheets.entry(tx.db, actor.member_id, item)
        if latest and (sheets.canonical(latest.answers), latest.note) == (sheets.canonical(answers), note):
            tx.record(item=item, revision=latest.revision, same=True)
            return latest
        if base != (latest.revision if latest else 0):
            raise ScoreError(
                N_("Item {item} was changed on another screen in the meantime. Both versions are shown; choose one."),
                "changed-elsewhere", item=item,
            )  # fmt: skip
        sheets.add_revision(tx.db, actor.member_id, item, base + 1, answers, note, now)
        tx.record(item=item, revision=base + 1, content=tx.digest(sheets.canonical(answers) + "\n" + note))
        entry = sheets.entry(tx.db, actor.member_id, item)
        assert entry
    return entry


def _agreed(db: Database) -> dict[str, dict[str, str]]:
    return {key: figure.reading() for key, figure in sheets.figures(db).items()}
