"""Registering a draw that was made by hand (手工抽签): its result, who was there, photos of slips and signatures.

It takes the place of a ceremony and can be voided like one. Nothing of it can be recomputed, and it says so wherever
it is shown; the photos are what there is to check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from inspection_app.core.draw import draw_by_hand
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, DrawError, NotFound, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.draw import read_state
from inspection_app.services.type_in import MOST_PHOTO_BYTES, _kept
from inspection_app.store import lists
from inspection_app.store.file import VisitFile
from inspection_app.store.lists import Ceremony, Photo

__all__ = ["MOST_PHOTO_BYTES", "add_draw_photo", "draw_photos", "register_by_hand", "remove_draw_photo"]


def register_by_hand(
    file: VisitFile,
    actor: Actor,
    kind: str,
    drawn: Mapping[str, Sequence[int]],
    *,
    place: str,
    at: datetime,
    drawer: str,
    witnesses: Sequence[str],
    photos: Sequence[bytes] = (),
    now: datetime,
) -> int:
    """Register a draw that was made by hand from the locked list; return its number among the ceremonies.

    Args:
        drawn: the numbers of each category in the order they were drawn: the quota first, any more are reserves.
        place, at: where and when it was drawn.
        drawer: who drew.
        witnesses: who watched, two at least.
        photos: of the slips and signatures; more can follow (``add_draw_photo``).

    Raises:
        DrawError: the result does not fit the list, a name or the place is missing, or the time is still to come.
        ScoreError: a photo is too big, or no picture that can be read.
        StageError: the list is not locked, another ceremony stands (void that first, with a reason), or a rehearsal is
            under way.
    """
    kept = [_kept(content) for content in photos]
    with act(file, actor, Act.REGISTER_BY_HAND, now) as tx:
        found = read_state(tx.db, kind)
        if found.kept is None:
            raise StageError(N_("Lock the list first."), "not-locked")
        if found.current:
            raise StageError(N_("A ceremony is under way or done. Void it first, with a reason."), "ceremony-stands")
        if lists.locked(tx.db, lists.rehearsal_of(kind)):
            raise StageError(N_("A rehearsal of this draw is under way. End it first."), "rehearsal-stands")
        place, drawer = (" ".join(text.split()) for text in (place, drawer))
        watched = tuple(dict.fromkeys(filter(None, (" ".join(name.split()) for name in witnesses))))
        _check_record(place, drawer, watched, at, now)
        draw_by_hand(found.kept.locked, drawn)
        number = lists.register_by_hand(tx.db, found.kept.id, kind, place, at, drawer, watched, drawn)
        ceremony = lists.ceremonies(tx.db, kind)[-1]
        digests = [_keep(tx, ceremony, content) for content in kept]
        tx.record(
            kind=kind, ceremony=number, digest=found.kept.locked.digest, photos=digests,
            drawn={stratum: list(numbers) for stratum, numbers in drawn.items()},
            names=[tx.digest(name) for name in (drawer, *watched)],
        )  # fmt: skip
    return number


def add_draw_photo(file: VisitFile, actor: Actor, kind: str, content: bytes, now: datetime) -> None:
    """Keep another photo of a draw made by hand; the same photo again changes nothing.

    Raises:
        ScoreError: the file is too big, or no picture that can be read.
        StageError: no draw made by hand is registered.
    """
    kept = _kept(content)  # before the transaction: it takes a while, and nobody should wait for it
    with act(file, actor, Act.REGISTER_BY_HAND, now) as tx:
        ceremony = _by_hand(tx, kind)
        tx.record(kind=kind, ceremony=ceremony.number, photo=_keep(tx, ceremony, kept))


def remove_draw_photo(file: VisitFile, actor: Actor, kind: str, photo: int, now: datetime) -> None:
    """Take away a photo that does not belong there; its digest stays in the log.

    Raises:
        NotFound: the draw has no such photo.
        StageError: no draw made by hand is registered.
    """
    with act(file, actor, Act.REGISTER_BY_HAND, now) as tx:
        ceremony = _by_hand(tx, kind)
        found = next((one for one in lists.photos(tx.db, ceremony.id) if one.id == photo), None)
        if found is None:
            raise NotFound(N_("There is no such photo. Reload the page."), "no-photo")
        lists.remove_photo(tx.db, photo)
        tx.record(kind=kind, ceremony=ceremony.number, removed=found.digest)


def draw_photos(file: VisitFile, kind: str) -> tuple[Photo, ...]:
    """Return the photos of the draw made by hand that stands, none where there is no such draw."""
    with file.reading() as db:
        current = read_state(db, kind).current
        return lists.photos(db, current.id) if current else ()


def _keep(tx: Transaction, ceremony: Ceremony, kept: bytes) -> str:
    digest = hashlib.sha256(kept).hexdigest()
    if digest not in {photo.digest for photo in lists.photos(tx.db, ceremony.id)}:
        lists.add_photo(tx.db, ceremony.id, kept, "image/jpeg", digest, tx.now, tx.member.id)
    return digest


def _by_hand(tx: Transaction, kind: str) -> Ceremony:
    current = read_state(tx.db, kind).current
    if current is None or current.hand is None:
        raise StageError(N_("No draw made by hand is registered."), "not-by-hand")
    return current


def _check_record(place: str, drawer: str, witnesses: Sequence[str], at: datetime, now: datetime) -> None:
    if not place or not drawer:
        raise DrawError(N_("Write where it was drawn and who drew; both are printed."), "empty")
    if len(witnesses) < 2 or drawer in witnesses:
        raise DrawError(
            N_("A draw made by hand needs two witnesses at least, other than {name} who drew."),
            "witnesses", name=drawer,
        )  # fmt: skip
    if at.tzinfo is None or at > now:
        raise DrawError(N_("The time of the draw is still to come. Correct it."), "time")
