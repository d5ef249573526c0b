"""Scoring: the one way every carrier's answers reach the visit, and what an expert sees of their own sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlite_utils import Database

from inspection_app.core.duties import Duties, Duty
from inspection_app.core.rubric import Item, Rubric
from inspection_app.core.scoring import Score, State, check_measured, score_item
from inspection_app.core.typed_line import line_of
from inspection_app.core.visit import Act, Actor, Stage, Visit
from inspection_app.errors import N_, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import duties, hand_ins, panel, paper, sheets, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.hand_ins import Excuse
from inspection_app.store.sheets import AgreedFigure, Carrier, Entry, Receipt

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
    declared: bool = True  # without a declaration no answer is taken
    by_group: Mapping[str, str] = field(default_factory=dict)  # item → whose agreed mark stands on another sheet
    agreed_for: str = ""  # the group whose agreed mark this sheet carries

    @property
    def missing(self) -> tuple[str, ...]:
        """Assigned items without a mark, in official order."""
        return tuple(no for no, score in self.scores.items() if no in self.assigned and score.state is State.UNMARKED)


def sheet_of(file: VisitFile, actor: Actor) -> Sheet:
    """Return the actor's own score sheet; nobody else's can be read this way."""
    with file.reading() as db:
        who, rubric, figures, found = actor.member_id, rubric_of(db), sheets.figures(db), duties.duties(db)
        assigned, entries = found.sheet(who), sheets.sheet(db, who)
        recused = found.recused_items(rubric, who)
        group = found.one_mark_group(who)
        return Sheet(
            visits.read(db), rubric, assigned, entries, score_answers(
                rubric, assigned, sheets.answers_of(entries), figures, recused
            ),
            figures, duties.has_declared(db, who),
            {item.no: group.name for item in rubric.items if group and found.duty(who, item.no) is Duty.BY_GROUP},
            group.name if group and assigned else "",
        )  # fmt: skip


def revision(file: VisitFile, actor: Actor, item: str, number: int) -> Entry | None:
    """Return one revision of the actor's own answers to an item; None for 0 and where there is none such."""
    with file.reading() as db:
        return sheets.revision(db, actor.member_id, item, number)


def score_answers(
    rubric: Rubric,
    assigned: frozenset[str],
    answers: Mapping[str, str],
    figures: Mapping[str, AgreedFigure],
    recused: frozenset[str] = frozenset(),
) -> dict[str, Score]:
    """Derive the scores of a sheet, by item number in official order; recused and not assigned beat every answer.

    A mark given before its expert was recused does not count; ``Score.computed`` says what it was.

    Args:
        answers: as they are kept (``Entry.text``), by item number.
    """
    return _sheet_scores(rubric.items, assigned, answers, _agreed_of(rubric, figures), recused)


class _Agreed(NamedTuple):
    """The agreed figures and the step of parts as scoring takes them, and both as one text."""

    readings: Mapping[str, Mapping[str, str]]
    part_step: Decimal
    text: str


def _agreed_of(rubric: Rubric, figures: Mapping[str, AgreedFigure]) -> _Agreed:
    readings = {key: figure.reading() for key, figure in figures.items()}
    step = rubric.scheme.part_step
    return _Agreed(readings, step, f"{sheets.canonical(readings)} {step}")


def _sheet_scores(
    items: Sequence[Item],
    assigned: frozenset[str],
    answers: Mapping[str, str],
    agreed: _Agreed,
    recused: frozenset[str],
) -> dict[str, Score]:
    scores = {}
    for item in items:
        no = item.no
        text = answers.get(no, _NOTHING)
        key = (id(item), text, agreed.text)
        kept = _SCORED.get(key)
        if kept is None:
            kept = item, score_item(item, json.loads(text), agreed.readings, part_step=agreed.part_step)
            if len(_SCORED) >= _MOST_SCORED:
                _SCORED.clear()
            _SCORED[key] = kept
        score = kept[1]
        if no in recused:
            score = Score(
                None, State.RECUSED, Decimal(0), item.ceiling, item.ceiling,
                computed=None if text == _NOTHING else score.points,
            )  # fmt: skip
        elif no not in assigned:
            score = Score(None, State.NOT_ASSIGNED, score.partial, item.ceiling, item.ceiling)
        scores[no] = score
    return scores


_NOTHING = sheets.canonical({})

_SCORED: dict[tuple[int, str, str], tuple[Item, Score]] = {}
"""Scores by all that they follow from: the item, the answers, and the agreed figures with the step of parts as text.
Every screen of every member derives everybody's, and few answers are new. An item stands for itself: it is kept beside
its score, so that no other item gets its place in memory."""

_MOST_SCORED = 20_000


def all_scores(
    db: Database,
    entries: Mapping[int, Mapping[str, Entry]] | None = None,
    found: Duties | None = None,
    excuses: Mapping[int, Excuse] | None = None,
) -> dict[int, dict[str, Score]]:
    """Return the scores of everybody who scores, by member id: what counts after groups, recusals and excuses.

    Args:
        entries, found: everybody's entries and the duties, where they are read already.
        excuses: by member id; none of them for the sheets as they were filled in.
    """
    rubric = rubric_of(db)
    items, agreed = rubric.items, _agreed_of(rubric, sheets.figures(db))
    found = duties.duties(db) if found is None else found
    answers = (
        sheets.answers(db) if entries is None
        else {member: sheets.answers_of(sheet) for member, sheet in entries.items()}
    )  # fmt: skip
    excuses = hand_ins.excuses(db) if excuses is None else excuses
    scores = {
        member.id: _sheet_scores(
            items, found.sheet(member.id), answers.get(member.id, {}), agreed, found.recused_items(rubric, member.id)
        )
        for member in panel.members(db)
        if member.scores
    }  # fmt: skip
    for member, excuse in excuses.items():
        scores[member] = {no: _excused(score, excuse) for no, score in scores[member].items()}
    return scores


def _excused(score: Score, excuse: Excuse) -> Score:
    """Leave a mark out that is missing or does not count; it is no zero."""
    kept = {State.RECUSED, State.NOT_ASSIGNED} | ({State.SCORED, State.NOT_APPLICABLE} if excuse.counts else set())
    if score.state in kept:
        return score
    return Score(None, State.EXCUSED, score.partial, score.ceiling, score.ceiling, computed=score.points)


def _check_duty(tx: Transaction, member: int, item: str) -> None:
    """Refuse a mark that is not this member's to give, whoever enters it."""
    own = member == tx.member.id
    if not duties.has_declared(tx.db, member):
        raise StageError(
            N_("Declare first: conflicts of interest and confidence, under Duties. It takes a minute.")
            if own
            else N_("This expert has not declared conflicts of interest and confidence yet; they do so under Duties."),
            "not-declared",
        )
    found = duties.duties(tx.db)
    duty = found.duty(member, item)
    if duty is Duty.RECUSED:
        raise ScoreError(
            N_("You are recused from item {item}. Others score it.")
            if own
            else N_("This expert is recused from item {item}. Others score it."),
            "recused", item=item,
        )  # fmt: skip
    if duty is Duty.BY_GROUP:
        group = found.one_mark_group(member)
        raise ScoreError(
            N_("Item {item} is scored by the group “{group}” together: the agreed mark is on its leader's sheet."),
            "scored-by-group", item=item, group=group.name if group else "",
        )  # fmt: skip
    if duty is Duty.NOT_ASSIGNED:
        raise ScoreError(
            N_("Item {item} is not assigned to you. Your items are those on your own list.")
            if own
            else N_("Item {item} is not assigned to this expert. Their items are those on their own list."),
            "not-assigned", item=item,
        )  # fmt: skip


def refuse_closed(tx: Transaction, member: int, item: str = "") -> None:
    """Refuse a change to a sheet that can only be read, whoever makes it.

    Args:
        item: what is to be changed; after the opening it may be where the chair asked the member to look again.

    Raises:
        StageError: the sheet is handed in, its expert is excused, or the marks are opened.
    """
    if tx.visit.stage is Stage.CONSOLIDATE:
        if not hand_ins.pending(tx.db, member=member, item=item):
            raise StageError(
                N_("The marks are opened: only an item that the chair asked you to look at again can be changed."),
                "wrong-stage", item=item,
            )  # fmt: skip
        return
    own, name = member == tx.member.id, panel.member(tx.db, member).name
    if member in hand_ins.excuses(tx.db):
        raise StageError(
            N_("{name} is excused: the panel goes on with the sheet as it is. The chair takes that back first."),
            "excused", name=name,
        )  # fmt: skip
    if member in hand_ins.handed_in(tx.db):
        raise StageError(
            N_("The score sheet is handed in and can only be read. Take it back to change something.")
            if own
            else N_("{name}'s score sheet is handed in. To correct it, it is taken back first."),
            "handed-in", name=name,
        )  # fmt: skip


class _Received(Exception):
    """The change that a tablet sends again was taken before: what is open is left without a trace."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry


def answer_item(
    file: VisitFile,
    actor: Actor,
    item: str,
    answers: Mapping[str, Any],
    note: str,
    *,
    base: int,
    now: datetime,
    receipt: Receipt | None = None,
    aside: Sequence[tuple[Mapping[str, Any], str]] = (),
) -> Entry:
    """Save one expert's answers and note to one item as a new revision; nothing is overwritten.

    Args:
        item: the item's number.
        answers: by criterion id, as ``core.scoring.score_item`` takes them; unmarked criteria are left out.
        note: free text, at most 4,000 characters.
        base: the revision these answers were made from, 0 for none.
        now: the time, with its offset.
        receipt: what the tablet knows this change by. Sent again it changes nothing, whatever has happened since.
        aside: answers and notes of versions that the expert saw and did not choose. Each becomes a revision before
            the one that was chosen, in the same transaction: the history has all, and what counts is the choice.

    Returns:
        The entry as it stands; of a change sent again, the entry that it became. Saving what is already there changes
        nothing.

    Raises:
        NotFound: no such item.
        ScoreError: not this member's to mark (assigned, recused, their group's), an answer that cannot be taken,
            somebody saved in between (``changed-elsewhere``), or another change has this receipt (``sequence-reused``).
        StageError, PermissionDenied: not declared yet (``not-declared``), the sheet is handed in (``handed-in``) or
            its expert excused (``excused``), not now, or not by this person.
    """
    try:
        with act(file, actor, Act.ANSWER_ITEM, now) as tx:
            if before := _received(tx.db, actor.member_id, receipt, item, answers, note):
                raise _Received(before)
            put_aside = []
            for others, others_note in aside:
                base = _revise(tx, actor.member_id, item, others, others_note, base=base).revision
                put_aside.append([base, tx.digest(sheets.canonical(others) + "\n" + others_note)])
            if put_aside:
                tx.details.clear()
                tx.record(aside=put_aside)
            entry = _revise(tx, actor.member_id, item, answers, note, base=base)
            if receipt:
                sheets.add_receipt(tx.db, actor.member_id, receipt, entry)
            return entry
    except _Received as again:
        return again.entry
    except StageError:  # the tablet missed the reply, and scoring has ended meanwhile: what was saved is saved
        with file.reading() as db:
            before = _received(db, actor.member_id, receipt, item, answers, note)
        if before is None:
            raise
        return before


def latest(file: VisitFile, actor: Actor, item: str) -> Entry | None:
    """Return the actor's own entry for an item as it stands."""
    with file.reading() as db:
        return sheets.entry(db, actor.member_id, item)


def _received(
    db: Database, member: int, receipt: Receipt | None, item: str, answers: Mapping[str, Any], note: str
) -> Entry | None:
    entry = sheets.received(db, member, receipt) if receipt else None
    same = entry and (entry.item, entry.text, entry.note) == (
        item, sheets.canonical(answers), note,
    )  # fmt: skip
    if entry and not same:  # rather refused than taken for what it is not
        raise ScoreError(
            N_("Item {item}: this tablet has already sent another change under the same number. Nothing was changed; "
               "send it again under a new one."),
            "sequence-reused", item=item,
        )  # fmt: skip
    return entry


def _revise(
    tx: Transaction,
    member: int,
    item: str,
    answers: Mapping[str, Any],
    note: str,
    *,
    base: int,
    carrier: Carrier = Carrier.SCREEN,
) -> Entry:
    """Add a revision to a member's sheet: the one rule for every carrier, and for whoever types for a member."""
    own = member == tx.member.id
    rubric = rubric_of(tx.db)
    asked = rubric.item(item)
    _check_duty(tx, member, item)
    refuse_closed(tx, member, item)
    if len(note) > MOST_NOTE_CHARACTERS:
        raise ScoreError(
            N_("Item {item}: the note is longer than {most} characters. Shorten it."),
            "note-too-long", item=item, most=MOST_NOTE_CHARACTERS,
        )  # fmt: skip
    agreed = _agreed_of(rubric, sheets.figures(tx.db))
    score_item(asked, answers, agreed.readings, part_step=agreed.part_step)
    check_measured(rubric, asked, answers)
    latest = sheets.entry(tx.db, member, item)
    same = latest and (latest.text, latest.note) == (sheets.canonical(answers), note)
    if latest and same and (latest.confirmed or not own):  # else saving it is the member's confirmation
        tx.record(item=item, revision=latest.revision, same=True)
        return latest
    if latest and latest.confirmed and not latest.empty and not own:
        raise _own_answer(tx, member, asked, latest, answers)
    if base != (latest.revision if latest else 0):
        raise ScoreError(
            N_("Item {item} was changed on another screen in the meantime. Both versions are shown; choose one."),
            "changed-elsewhere", item=item,
        )  # fmt: skip
    by = None if own else tx.member.id
    sheets.add_revision(tx.db, member, item, base + 1, answers, note, tx.now, carrier=carrier, by=by, confirmed=own)
    tx.record(item=item, revision=base + 1, content=tx.digest(sheets.canonical(answers) + "\n" + note))
    entry = sheets.entry(tx.db, member, item)
    assert entry
    return entry


def _own_answer(tx: Transaction, member: int, item: Item, own: Entry, answers: Mapping[str, Any]) -> ScoreError:
    step = rubric_of(tx.db).scheme.part_step
    name, at, said = panel.member(tx.db, member).name, f"{own.at:%H:%M:%S}", line_of(item, answers, part_step=step)
    # Nobody sees another's marks: only a photo, which is on record and before the member's eyes, makes the two
    # readings one matter.
    if not paper.digests(tx.db, member):
        return ScoreError(
            N_(
                "Item {item}: {name} saved an answer of their own at {time}. Nothing was changed. On paper: {paper}. "
                "Attach the photo to see both, or ask {name} to correct it on screen."
            ),
            "own-answer", item=item.no, name=name, time=at, paper=said or "—",
        )  # fmt: skip
    screen = " ".join(filter(None, [line_of(item, own.answers, part_step=step), own.note]))
    return ScoreError(
        N_(
            "Item {item}: {name} saved an answer of their own at {time}. Nothing was changed. On paper: {paper}; "
            "their own: {screen}. Only {name} can correct it, on screen."
        ),
        "own-answer", item=item.no, name=name, time=at, paper=said or "—", screen=screen or "—",
    )  # fmt: skip
