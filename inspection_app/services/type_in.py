"""Typing in a score sheet that was filled in on paper (代录): the lines, the photos, and the expert's confirmation.

Every answer goes through the one rule of ``services.score``; what the expert entered or confirmed is never typed over.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Score, State
from inspection_app.core.visit import Act, Actor, Member, Role, Stage, Visit, permit
from inspection_app.errors import N_, InspectionError, NotFound, PermissionDenied, ScoreError
from inspection_app.files.images import MOST_PIXELS, PICTURE_SIDE, read_picture
from inspection_app.services.act import act
from inspection_app.services.prepare import rubric_of
from inspection_app.services.score import _revise, refuse_closed, score_answers
from inspection_app.store import duties, panel, paper, sheets, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.paper import Photo
from inspection_app.store.sheets import AgreedFigure, Carrier, Entry

MOST_PHOTO_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class TypedSheet:
    """A member's sheet as far as whoever types it in may see it: what came from the paper, and nothing else.

    ``own`` are the items that the member answered on screen; their marks are not here.
    """

    visit: Visit
    rubric: Rubric
    member: Member
    assigned: frozenset[str]
    entries: Mapping[str, Entry]
    own: frozenset[str]
    scores: Mapping[str, Score]
    figures: Mapping[str, AgreedFigure]
    photos: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Assigned items without a mark, in official order."""
        return tuple(
            no for no, score in self.scores.items()
            if no in self.assigned and no not in self.own and score.state is State.UNMARKED
        )  # fmt: skip


@dataclass(frozen=True)
class Confirmation:
    """What a member is asked to confirm: the typed-in entries in official order, with the scores that follow."""

    rubric: Rubric
    entries: tuple[Entry, ...]
    scores: Mapping[str, Score]
    photos: tuple[Photo, ...]

    @property
    def seen(self) -> dict[str, int]:
        """The revisions on show, by item number: what ``confirm_typed`` confirms."""
        return {entry.item: entry.revision for entry in self.entries}


def typed_sheet(file: VisitFile, actor: Actor, member: int) -> TypedSheet:
    """Return what was typed in of a member's sheet.

    Raises:
        PermissionDenied: not by this person.
        NotFound: no such member.
    """
    with file.reading() as db:
        permit(Act.TYPE_IN, panel.member(db, actor.member_id).role, Stage.SCORE)  # at any stage it may be read
        rubric, figures = rubric_of(db), sheets.figures(db)
        found, entries = duties.duties(db), sheets.sheet(db, member)
        assigned, recused = found.sheet(member), found.recused_items(rubric, member)
        typed = {no: entry for no, entry in entries.items() if entry.carrier is Carrier.PAPER or entry.empty}
        return TypedSheet(
            visits.read(db), rubric, panel.member(db, member), assigned, typed, frozenset(entries) - frozenset(typed),
            score_answers(rubric, assigned, sheets.answers_of(typed), figures, recused), figures,
            len(paper.digests(db, member)),
        )  # fmt: skip


def type_in_item(
    file: VisitFile,
    actor: Actor,
    member: int,
    item: str,
    answers: Mapping[str, Any],
    note: str,
    *,
    base: int,
    now: datetime,
) -> Entry:
    """Type one item of a member's paper sheet in, as a new revision that waits for the member's confirmation.

    Args:
        member: whose sheet it is.
        item, answers, note, base, now: as for ``services.score.answer_item``.

    Returns:
        The entry as it stands. Typing in what is already there changes nothing.

    Raises:
        NotFound: no such member or item.
        ScoreError: the member answered or confirmed the item otherwise (``own-answer``: what the paper says, and
            beside it the member's own answer where a photo of the paper is attached); not assigned; an answer that
            cannot be taken; or somebody saved in between (``changed-elsewhere``).
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.TYPE_IN, now) as tx:
        panel.member(tx.db, member)
        tx.record(member=member)
        return _revise(tx, member, item, answers, note, base=base, carrier=Carrier.PAPER)


def attach_photo(file: VisitFile, actor: Actor, member: int, content: bytes, now: datetime) -> Photo:
    """Keep a photo of a member's paper sheet: upright, at most 2,000 pixels wide or high, without its metadata.

    Args:
        content: a JPEG, PNG, WebP or HEIC file of at most 20 MB and 50 megapixels.

    Returns:
        The photo as it is kept. Attaching the same photo again changes nothing.

    Raises:
        NotFound: no such member.
        ScoreError: the file is too big, or no picture that can be read.
        StageError, PermissionDenied: not now, or not by this person.
    """
    kept = _kept(content)  # before the transaction: it takes a while, and nobody should wait for it
    digest = hashlib.sha256(kept).hexdigest()
    with act(file, actor, Act.TYPE_IN, now) as tx:
        whose = panel.member(tx.db, member)
        if not whose.scores:
            raise NotFound(N_("{name} has no score sheet. Choose an expert."), "no-sheet", name=whose.name)
        refuse_closed(tx, member)
        same = digest in paper.digests(tx.db, member)
        if not same:
            paper.add_photo(tx.db, member, kept, "image/jpeg", digest, now, actor.member_id)
        tx.record(member=member, photo=digest, **({"same": True} if same else {}))
        return next(photo for photo in paper.photos(tx.db, member) if photo.digest == digest)


def remove_photo(file: VisitFile, actor: Actor, member: int, photo: int, now: datetime) -> None:
    """Take away a photo that was attached to the wrong sheet; its digest stays in the log.

    Raises:
        NotFound: the member's sheet has no such photo, or the member has confirmed it.
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.TYPE_IN, now) as tx:
        found = next((one for one in paper.photos(tx.db, member) if one.id == photo and not one.confirmed), None)
        if found is None:
            raise NotFound(N_("There is no such photo, or it is confirmed already. Nothing was changed."), "no-photo")
        refuse_closed(tx, member)
        paper.remove_photo(tx.db, photo)
        tx.record(member=member, removed=found.digest)


def photos(file: VisitFile, actor: Actor, member: int) -> tuple[Photo, ...]:
    """Return the photos of a member's paper sheet: for the member and for whoever types it in.

    Raises:
        PermissionDenied: it is somebody else's sheet.
    """
    with file.reading() as db:
        if actor.member_id != member and panel.member(db, actor.member_id).role is not Role.SECRETARY:
            raise PermissionDenied(N_("A paper sheet is shown to its owner and to the secretary only."), "not-yours")
        return paper.photos(db, member)


def to_confirm(file: VisitFile, actor: Actor) -> Confirmation:
    """Return what was typed in from the actor's own paper sheet and waits for their confirmation."""
    with file.reading() as db:
        member = actor.member_id
        rubric, entries = rubric_of(db), sheets.sheet(db, member)
        waiting = unconfirmed_items(db, rubric).get(member, ())
        scores = score_answers(rubric, duties.duties(db).sheet(member), sheets.answers_of(entries), sheets.figures(db))
        return Confirmation(rubric, tuple(entries[no] for no in waiting), scores, paper.photos(db, member))


def confirm_typed(file: VisitFile, actor: Actor, now: datetime, *, seen: Mapping[str, int]) -> tuple[str, ...]:
    """Confirm everything that was typed in from one's own paper sheet: a new revision of each item.

    Args:
        seen: the revision of each item that was on show (``Confirmation.seen``), so that nothing else is confirmed.

    Returns:
        The items' numbers in official order.

    Raises:
        ScoreError: nothing waits (``nothing-typed``), or something was typed in since (``changed-elsewhere``).
        StageError, PermissionDenied: not now, or not by this person.
    """
    with act(file, actor, Act.CONFIRM_TYPED, now) as tx:
        member = actor.member_id
        items = unconfirmed_items(tx.db, rubric_of(tx.db)).get(member, ())
        if not items:
            raise ScoreError(N_("Nothing that was typed in waits for your confirmation."), "nothing-typed")
        refuse_closed(tx, member)
        entries = sheets.sheet(tx.db, member)
        if {no: entries[no].revision for no in items} != dict(seen):
            raise ScoreError(
                N_("Something was typed in while you were reading. Look at it once more, then confirm."),
                "changed-elsewhere",
            )
        for no in items:
            entry = entries[no]
            sheets.add_revision(
                tx.db, member, no, entry.revision + 1, entry.answers, entry.note, now, carrier=entry.carrier, by=member
            )
        paper.confirm_photos(tx.db, member, now)
        content = "\n".join(entries[no].text + "\n" + entries[no].note for no in items)
        tx.record(
            items={no: entries[no].revision + 1 for no in items}, content=tx.digest(content),
            photos=list(paper.digests(tx.db, member)),
        )  # fmt: skip
    return items


def unconfirmed(file: VisitFile) -> dict[int, tuple[str, ...]]:
    """Return by member id the assigned items that were typed in and that the member has not confirmed, in official
    order; members without any are left out."""
    with file.reading() as db:
        return unconfirmed_items(db, rubric_of(db))


def unconfirmed_items(db: Database, rubric: Rubric) -> dict[int, tuple[str, ...]]:
    """Return what ``unconfirmed`` does, inside a transaction."""
    due, found = duties.duties(db), {}
    for member, entries in sheets.sheets(db).items():
        waiting = {no for no, entry in entries.items() if not entry.confirmed} & due.sheet(member)
        if waiting:
            found[member] = tuple(item.no for item in rubric.items if item.no in waiting)
    return found


def _kept(content: bytes) -> bytes:
    """Return a photo as it is kept; the picture alone is copied, so that no metadata comes along."""
    if len(content) > MOST_PHOTO_BYTES:
        raise ScoreError(
            N_("The photo has more than {most} MB. Take it again at a lower resolution."),
            "photo-too-big", most=MOST_PHOTO_BYTES // 1024**2,
        )  # fmt: skip
    try:
        picture, _taken = read_picture(content)
    except InspectionError as error:
        if error.code == "too-many-pixels":
            raise ScoreError(
                N_("The photo has more than {most} megapixels. Take it again at a lower resolution."),
                "photo-too-big", most=MOST_PIXELS // 1_000_000,
            ) from error  # fmt: skip
        raise ScoreError(
            N_("The file is no photo (JPEG, PNG, WebP, HEIC) that can be read. Take it again, or make a screenshot of "
               "it and use that."),
            "not-a-photo",
        ) from error  # fmt: skip
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)  # no fixed number of bytes: handwriting stays readable
    return out.getvalue()
