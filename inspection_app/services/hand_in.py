"""Handing in: experts hand in their score sheets and may take them back until the marks are opened; who is missing is
excused by the chair; and after the opening the chair may ask an expert to look at one item again.

A sheet that is in, or whose expert is excused, can only be read (``services.score`` refuses); no mark is changed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlite_utils import Database

from inspection_app.core.duties import Duties, Duty
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Score, State
from inspection_app.core.visit import Act, Actor, Member, Role, Stage, Visit, permitted
from inspection_app.errors import N_, Fault, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.services.recuse import refuse_recused
from inspection_app.services.score import all_scores
from inspection_app.services.type_in import unconfirmed_items
from inspection_app.store import duties, panel, sheets, visits
from inspection_app.store import hand_ins as stored
from inspection_app.store.file import VisitFile
from inspection_app.store.hand_ins import Asking, Ending, Excuse, HandIn
from inspection_app.store.sheets import Carrier, Entry


@dataclass(frozen=True)
class Again:
    """Who asked a member to look at an item again, and why."""

    by: str
    reason: str


@dataclass(frozen=True)
class PadStanding:
    """What a member may do with their own sheet now.

    ``editable`` are the items that they may change; ``again`` those that the chair asked them to look at again, by
    number; ``excused`` is the chair's reason where the sheet is closed for that.
    """

    handed_in: datetime | None = None
    may_hand_in: bool = False
    may_take_back: bool = False
    again: Mapping[str, Again] = field(default_factory=dict)
    editable: frozenset[str] = frozenset()
    excused: str = ""


@dataclass(frozen=True)
class SheetStanding:
    """Where one member's sheet stands: states and item numbers, no marks.

    ``missing`` are assigned items without a mark and ``unconfirmed`` those that were typed in and that the member has
    not confirmed, both in official order. ``carriers`` is how the entries came in, ``saved`` when the last one did.
    Who is ``recused`` from the visit has no sheet.
    """

    member: Member
    assigned: int
    missing: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    carriers: frozenset[Carrier] = frozenset()
    saved: datetime | None = None
    recused: bool = False
    handed_in: HandIn | None = None
    excuse: Excuse | None = None

    @property
    def marked(self) -> int:
        return self.assigned - len(self.missing)

    @property
    def complete(self) -> bool:
        return not (self.missing or self.unconfirmed)

    @property
    def settled(self) -> bool:
        """Say whether nothing more is waited for: handed in and still complete, excused, or nothing to mark."""
        return not self.assigned or self.excuse is not None or (self.handed_in is not None and self.complete)


@dataclass(frozen=True)
class Readiness:
    """How far the sheets are, for chair and secretary: counts and states, no marks.

    ``unseen`` are the items on which nobody has a mark: they are unmarked, or found not applicable. ``askings`` are
    those that are pending.
    """

    sheets: tuple[SheetStanding, ...]
    unseen: tuple[str, ...]
    askings: tuple[Asking, ...]


# --- one's own sheet ------------------------------------------------------------------------------------------------


def pad_standing(file: VisitFile, actor: Actor) -> PadStanding:
    """Return what the actor may do with their own sheet now."""
    with file.reading() as db:
        me = panel.member(db, actor.member_id)
        return own_standing(db, me, visits.read(db), duties.duties(db)) if me.scores else PadStanding()


def own_standing(db: Database, me: Member, visit: Visit, found: Duties) -> PadStanding:
    """Return what ``pad_standing`` does of somebody who scores, where the file is open and all this is read already."""
    own = found.sheet(me.id)
    given, excuse = stored.handed_in(db).get(me.id), stored.excuses(db).get(me.id)
    again: dict[str, Again] = {}
    if visit.stage is Stage.CONSOLIDATE:
        names = {member.id: member.name for member in panel.members(db)}
        again = {
            one.item: Again(names.get(one.by, ""), one.reason) for one in stored.pending(db, member=me.id)
            if one.item in own
        }  # fmt: skip
    writable = visit.stage is Stage.SCORE and duties.has_declared(db, me.id) and not (given or excuse)
    return PadStanding(
        given.at if given else None, writable and bool(own),
        given is not None and permitted(Act.TAKE_BACK, me.role, visit.stage),
        again, own if writable else frozenset(again), excuse.reason if excuse else "",
    )  # fmt: skip


def hand_in_sheet(file: VisitFile, actor: Actor, now: datetime) -> datetime:
    """Hand in one's own score sheet: it can only be read then. Return since when it is in; twice changes nothing.

    Raises:
        StageError: items lack their mark, or were typed in and are not confirmed, each named; the expert is excused;
            or there is nothing to hand in.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.HAND_IN, now) as tx:
        if given := stored.handed_in(tx.db).get(actor.member_id):
            tx.record(same=True)
            return given.at
        _hand_in(tx, _complete(tx, actor.member_id))
    return now


def take_back_sheet(file: VisitFile, actor: Actor, now: datetime) -> None:
    """Take one's own score sheet back to go on with it; it is handed in again before the marks are opened.

    Raises:
        StageError: it is not handed in.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.TAKE_BACK, now) as tx:
        _take_back(tx, actor.member_id)


def hand_in_paper(file: VisitFile, actor: Actor, member: int, now: datetime) -> None:
    """Hand in for an expert on paper, who has confirmed what was typed in; the sheet says who handed it in.

    Raises:
        NotFound: no such member.
        StageError: nothing of it came on paper, so that the expert hands it in on the tablet; or as for
            ``hand_in_sheet``.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.HAND_IN_PAPER, now) as tx:
        if member in stored.handed_in(tx.db):
            raise StageError(N_("This score sheet is handed in already."), "handed-in")
        standing = _complete(tx, member)
        if Carrier.PAPER not in standing.carriers:
            raise StageError(
                N_("Nothing of this score sheet came on paper. {name} hands it in on the tablet."),
                "not-on-paper", name=standing.member.name,
            )  # fmt: skip
        _hand_in(tx, standing)


def take_back_paper(file: VisitFile, actor: Actor, member: int, now: datetime) -> None:
    """Take back a score sheet that was handed in for an expert on paper.

    Raises:
        NotFound: no such member.
        StageError: it is not handed in, or the expert did so on the tablet.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.HAND_IN_PAPER, now) as tx:
        whose, given = panel.member(tx.db, member), stored.handed_in(tx.db).get(member)
        if given and given.by == member:
            raise StageError(
                N_("{name} handed the score sheet in on the tablet, and takes it back there."),
                "not-on-paper", name=whose.name,
            )  # fmt: skip
        _take_back(tx, member)


def _complete(tx: Transaction, member: int) -> SheetStanding:
    """Return where a member's sheet stands, or say what it lacks to be handed in."""
    whose = panel.member(tx.db, member)
    standing = next((one for one in standings(tx.db) if one.member.id == member), None)
    if standing is None or not standing.assigned:
        raise StageError(N_("{name} has no items to hand in."), "nothing-to-hand-in", name=whose.name)
    if standing.excuse:
        raise StageError(
            N_("The chair excused {name}. The chair takes that back first, under Consolidate."),
            "excused", name=whose.name,
        )  # fmt: skip
    if not standing.complete:
        raise StageError(N_("The score sheet cannot be handed in yet:"), "sheet-incomplete", faults=_gaps(standing))
    return standing


def _hand_in(tx: Transaction, standing: SheetStanding) -> None:
    member = standing.member.id
    entries = sheets.sheet(tx.db, member)
    revisions = {no: entries[no].revision for no in sorted(duties.duties(tx.db).sheet(member)) if no in entries}
    given = HandIn(member, tx.now, tx.member.id, revisions, content_digest(tx, entries, revisions))
    stored.hand_in(tx.db, given)
    tx.record(member=member, items=len(revisions), content=given.digest)


def _take_back(tx: Transaction, member: int) -> None:
    if member not in stored.handed_in(tx.db):
        raise StageError(N_("This score sheet is not handed in."), "not-handed-in")
    stored.take_back(tx.db, member, tx.now, tx.member.id)
    tx.record(member=member)


def content_digest(tx: Transaction, entries: Mapping[str, Entry], items: Iterable[str]) -> str:
    """Return the salted digest of these entries of a sheet, with their revisions."""
    content = [[no, entries[no].revision, entries[no].text, entries[no].note] for no in items]
    return tx.digest(json.dumps(content, ensure_ascii=False))


# --- experts who are missing ----------------------------------------------------------------------------------------


def excuse_expert(file: VisitFile, actor: Actor, member: int, reason: str, counts: bool, now: datetime) -> None:
    """Go on without the rest of an expert's sheet, or without any of it; what is not marked is never a zero.

    Args:
        reason: why the expert is missing; printed in the report.
        counts: whether what they marked so far counts.

    Raises:
        NotFound: no such member.
        ScoreError: no reason.
        StageError: it is the chair's own sheet, it is in, nothing is waited for, or the expert is excused already.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.EXCUSE, now) as tx:
        refuse_recused(tx)
        whose = panel.member(tx.db, member)
        if whose.role is Role.CHAIR:
            raise StageError(
                N_("The chair's own score sheet cannot be left out. If the chair leaves, the secretary hands the "
                   "chair over first, under Duties."),
                "own-sheet",
            )  # fmt: skip
        standing = next((one for one in standings(tx.db) if one.member.id == member), None)
        if standing is None or standing.settled:
            raise StageError(
                N_("Nothing is waited for from {name}: the score sheet is in, there is none, or it is excused."),
                "not-missing", name=whose.name,
            )  # fmt: skip
        if not reason.strip():
            raise ScoreError(N_("A reason is needed: it is printed in the report."), "no-reason")
        stored.excuse(tx.db, Excuse(member, reason.strip(), counts, now, actor.member_id))
        tx.record(
            member=member, counts=counts, missing=list(standing.missing), unconfirmed=list(standing.unconfirmed),
            reason=tx.digest(reason.strip()),
        )  # fmt: skip


def end_excuse(file: VisitFile, actor: Actor, member: int, now: datetime) -> None:
    """Take back that an expert is excused: their sheet is waited for again.

    Raises:
        NotFound: no such member.
        StageError: they are not excused.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.EXCUSE, now) as tx:
        refuse_recused(tx)
        whose = panel.member(tx.db, member)
        if member not in stored.excuses(tx.db):
            raise StageError(N_("{name} is not excused."), "not-excused", name=whose.name)
        stored.end_excuse(tx.db, member, now, actor.member_id)
        tx.record(member=member, taken_back=True)


# --- looking again --------------------------------------------------------------------------------------------------


def ask_again(file: VisitFile, actor: Actor, member: int, item: str, reason: str, now: datetime) -> int:
    """Ask an expert to look at one item again; until that ends they may change this item. Return the asking's id.

    Args:
        member: whose mark it is; the chair may ask themselves.

    Raises:
        NotFound: no such member or item.
        ScoreError: no reason.
        StageError: the item is not theirs to mark, their marks do not count, or they are asked already; or the chair
            is recused.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.ASK_AGAIN, now) as tx:
        refuse_recused(tx, item)
        whose, asked = panel.member(tx.db, member), rubric_of(tx.db).item(item)
        excuse = stored.excuses(tx.db).get(member)
        if duties.duties(tx.db).duty(member, item) is not Duty.ASSIGNED or (excuse and not excuse.counts):
            raise StageError(
                N_("{name} has no mark on item {item} that counts."), "no-mark", name=whose.name, item=item
            )
        if stored.pending(tx.db, member=member, item=item):
            raise StageError(
                N_("{name} is asked about item {item} already. Wait, or withdraw that first."),
                "already-asked", name=whose.name, item=item,
            )  # fmt: skip
        if not reason.strip():
            raise ScoreError(N_("A reason is needed: the expert reads it on the tablet."), "no-reason")
        before = _revision(tx.db, member, item)
        id_ = stored.ask(tx.db, member, asked.no, reason.strip(), before, now, actor.member_id)
        tx.record(asking=id_, member=member, item=item, revision=before, reason=tx.digest(reason.strip()))
    return id_


def answered_again(file: VisitFile, actor: Actor, item: str, now: datetime) -> Asking:
    """Say that one has looked at an item again: the mark is kept as it is, or as it was changed since.

    Raises:
        StageError: nobody asked, or it has ended (``no-asking``); the item is without a mark.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.LOOK_AGAIN, now) as tx:
        waiting = stored.pending(tx.db, member=actor.member_id)
        asked = next((one for one in waiting if one.item == item), None)  # no item named is none, not any
        if asked is None:
            raise StageError(
                N_("Item {item}: the chair is not waiting for you to look again; it was withdrawn or decided."),
                "no-asking", item=item,
            )  # fmt: skip
        _refuse_unmarked(tx, asked)
        after = _revision(tx.db, actor.member_id, item)
        ended = Ending.KEPT if after == asked.before else Ending.CHANGED
        stored.end_asking(tx.db, asked, ended, after, now, actor.member_id)
        tx.record(asking=asked.id, item=item, how=str(ended), before=asked.before, revision=after)
        return stored.asking(tx.db, asked.id)


def withdraw_asking(file: VisitFile, actor: Actor, id_: int, now: datetime) -> None:
    """Stop waiting for an expert to look again; what they changed so far stands.

    Raises:
        NotFound: no such asking.
        StageError: it has ended; or the expert has taken the mark away and given no other: then it is adjudicated.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.ASK_AGAIN, now) as tx:
        asked = stored.asking(tx.db, id_)
        if not asked.pending:
            raise StageError(N_("This has ended already: the expert has looked again, or it was decided."), "ended")
        _refuse_unmarked(tx, asked)
        _end_asking(tx, asked, Ending.WITHDRAWN)


def _end_asking(tx: Transaction, asked: Asking, how: Ending) -> None:
    """End an asking inside the chair's own transaction."""
    after = _revision(tx.db, asked.member, asked.item)
    stored.end_asking(tx.db, asked, how, after, tx.now, tx.member.id)
    ended = tx.details.setdefault("askings", [])
    assert isinstance(ended, list)
    ended.append({"asking": asked.id, "how": str(how), "before": asked.before, "revision": after})


def _refuse_unmarked(tx: Transaction, asked: Asking) -> None:
    if asked.before and all_scores(tx.db)[asked.member][asked.item].state is State.UNMARKED:
        raise StageError(
            N_("Item {item} is without a mark now. {name} marks it first, or the chair adjudicates it."),
            "unmarked", item=asked.item, name=panel.member(tx.db, asked.member).name,
        )  # fmt: skip


def _revision(db: Database, member: int, item: str) -> int:
    return sheets.revisions(db, member).get(item, 0)


def askings(file: VisitFile) -> tuple[Asking, ...]:
    """Return every asking, ended ones too, oldest first."""
    with file.reading() as db:
        return stored.askings(db)


# --- readiness ------------------------------------------------------------------------------------------------------


def readiness(file: VisitFile) -> Readiness:
    """Return how far the sheets are."""
    return _readiness(file, file.as_written())


@lru_cache(maxsize=16)
def _readiness(file: VisitFile, _written: tuple[object, ...]) -> Readiness:
    """Keep what was found while nobody writes to the file: home pages of the whole panel ask for it."""
    with file.reading() as db:
        return Readiness(standings(db), _unseen(rubric_of(db), all_scores(db)), stored.pending(db))


def standings(db: Database) -> tuple[SheetStanding, ...]:
    """Return where every sheet stands, in the panel's order; the chair's and the experts'."""
    found, everybody, unconfirmed = duties.duties(db), sheets.sheets(db), unconfirmed_items(db, rubric_of(db))
    scores = all_scores(db, everybody, found, excuses={})  # what is on the sheet, whether it counts or not
    given, excuses = stored.handed_in(db), stored.excuses(db)
    told = []
    for member in panel.members(db):
        if not member.scores:
            continue
        own, entries = found.sheet(member.id), everybody.get(member.id, {})
        told.append(
            SheetStanding(
                member, len(own),
                tuple(no for no, score in scores[member.id].items() if score.state is State.UNMARKED),
                unconfirmed.get(member.id, ()),
                frozenset(entry.carrier for no, entry in entries.items() if no in own and not entry.empty),
                max((entry.at for entry in entries.values()), default=None), found.recused_from_visit(member.id),
                given.get(member.id), excuses.get(member.id),
            )
        )  # fmt: skip
    return tuple(told)


def _unseen(rubric: Rubric, scores: Mapping[int, Mapping[str, Score]]) -> tuple[str, ...]:
    unseen = {State.UNMARKED, State.NOT_APPLICABLE, State.EXCUSED}
    return tuple(
        item.no for item in rubric.items
        if all(of[item.no].state in unseen | {State.RECUSED, State.NOT_ASSIGNED} for of in scores.values())
        and any(of[item.no].state in unseen for of in scores.values())
    )  # fmt: skip


def gaps(standings: Iterable[SheetStanding]) -> tuple[Fault, ...]:
    """Say of every sheet that is waited for what it lacks, by the expert's name."""
    return tuple(fault for one in standings if not one.settled for fault in (_gaps(one) or (_not_in(one),)))


def _gaps(standing: SheetStanding) -> tuple[Fault, ...]:
    return tuple(
        Fault(N_("{name}"), said, "", {"name": standing.member.name, "count": len(items), "items": ", ".join(items)})
        for said, items in (
            (N_("{count} items without a mark: {items}."), standing.missing),
            (N_("{count} items were typed in and not confirmed: {items}."), standing.unconfirmed),
        )
        if items
    )


def _not_in(standing: SheetStanding) -> Fault:
    return Fault(N_("{name}"), N_("The score sheet is complete and not handed in."), "", {"name": standing.member.name})
