"""The two draws: locking a list, holding the ceremony, drawing, and what everybody may see of it.

A draw made by hand is registered by ``services.register``, and ``services.substitute`` is what follows a draw. Whoever
wants to know which sites are visited or which citizens are expected reads ``DrawState.standing``.

A rehearsal (演练) goes through the same functions with ``rehearsal=True``: with a lock, numbers and a certificate of
its own that say REHEARSAL, kept apart, so that it never counts as the draw. One of the two is on the table at a time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlite_utils import Database

from inspection_app.core.certificate import (
    canonical_json,
    certify,
    certify_fresh,
    check_digits_by,
    digits_wanted,
    record_by_hand,
)
from inspection_app.core.draw import (
    NONCE_BYTES,
    Band,
    Contribution,
    Entry,
    Head,
    LockedList,
    Quota,
    Selection,
    draw,
    draw_by_hand,
    lock_list,
)
from inspection_app.core.fresh_digits import FreshDraw, draw_fresh
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.substitution import Substitution, next_reserve, standing
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, DrawError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.enlist import AGES, entries_of
from inspection_app.services.prepare import rubric_of
from inspection_app.store import lists
from inspection_app.store.file import VisitFile
from inspection_app.store.lists import Card, Ceremony, Closing, Kept

Entropy = Callable[[int], bytes]
SITES, CITIZENS = "sites", "citizens"
SITE_STRATUM = "备选考察点"
BALLS = "balls"
REHEARSED = "演练结束"
"""The reason why a rehearsal that is over is void; it stands in the certificates of later ones, which are Chinese."""
_STAND_IN = "0" * 8


@dataclass(frozen=True)
class DrawState:
    """Where a draw stands. ``names`` tells by number who or what a row is; ``result`` is there once it is drawn."""

    kind: str
    kept: Kept | None
    ceremonies: tuple[Ceremony, ...]
    sites: tuple[Site, ...]
    roster: tuple[Citizen, ...]
    rehearsal: bool = False

    @property
    def current(self) -> Ceremony | None:
        """The ceremony that is open or has drawn; voided ones are history."""
        return next((c for c in reversed(self.ceremonies) if c.state != lists.VOID), None)

    @property
    def voided(self) -> tuple[Ceremony, ...]:
        return tuple(c for c in self.ceremonies if c.state == lists.VOID)

    @property
    def by_hand(self) -> bool:
        """Whether what was drawn was drawn by hand, so that nobody can recompute it (手工抽签，不可复算)."""
        return self.current is not None and self.current.hand is not None

    @property
    def substitutions(self) -> tuple[Substitution, ...]:
        """Who stands in for whom, in the order it happened; those by fresh digits are witnessed by who signed."""
        if self.current is None:
            return ()
        made = tuple(one.substitution for one in self.current.replaced)
        if self.closed is None or self.fresh is None:
            return made
        before, why = self.closed.replaced, dict(self.closed.absent.absent)
        by_digits = (
            Substitution(gone, comes, why[gone], "、".join(self.closed.absent.signed))
            for gone, comes in self.fresh.substitutes
        )
        return (*made[:before], *by_digits, *made[before:])

    @property
    def closed(self) -> Closing | None:
        """The closed list of who is absent, if one stands; those taken back are history."""
        found = (one for one in self.current.closings if not one.withdrawn_why) if self.current else iter(())
        return next(found, None)

    @cached_property
    def fresh(self) -> FreshDraw | None:
        """What fresh digits gave, once they are drawn: drawn again, like ``result``."""
        closed, result = self.closed, self.result
        if closed is None or result is None or self.current is None or not closed.public_digits:
            return None
        before = [one.substitution for one in self.current.replaced[: closed.replaced]]
        return draw_fresh(result, before, closed.absent, closed.public_digits)

    @property
    def certificate(self) -> Mapping[str, Any] | None:
        """The certificate, or the record of a draw made by hand, with the substitutions up to now."""
        current, result = self.current, self.result
        if current is None or result is None:
            return None
        if self.closed is not None:  # the certificate of the draw is not touched any more: its digest is in the head
            first: dict[str, Any] = json.loads(self.closed.certificate)
            if self.fresh is None:
                return first
            return certify_fresh(
                first, self.fresh, digits_by=self.closed.digits_by,
                substitutions=[one.substitution.certified() for one in current.replaced[self.closed.replaced :]],
                voided=[(one.absent.closing, one.withdrawn_why) for one in current.closings if one.withdrawn_why],
            )  # fmt: skip
        substitutions = [one.certified() for one in self.substitutions]
        if current.hand is None:
            certificate: dict[str, Any] = json.loads(current.certificate)
            return certificate | {"substitutions": substitutions}
        return record_by_hand(
            result, current.number, current.place, current.at, substitutions=substitutions,
            voided=[(one.number, one.reason) for one in self.voided], photos=current.hand.photos,
            signatures=[("drawer", current.hand.drawer), *(("witness", name) for name in current.hand.witnesses)],
        )  # fmt: skip

    @property
    def digits_wanted(self) -> int:
        """How many public digits let every possible selection come out."""
        return digits_wanted(self.kept.locked) if self.kept else 0

    @cached_property
    def result(self) -> Selection | None:
        """Who was drawn, without substitutions: drawn again from what was written down, for it is never stored; or
        what was registered by hand. A draw that can be recomputed is a ``DrawResult``."""
        current = self.current
        if self.kept is None or current is None or current.state != lists.DRAWN:
            return None
        if current.hand:
            return draw_by_hand(self.kept.locked, current.hand.drawn)
        return draw(self.kept.locked, _head(self.kept.locked, current, self.rehearsal))

    @property
    def standing(self) -> Mapping[str, tuple[int, ...]]:
        """Who is visited or expected now, numbers by category: the drawn, with whoever came for those that are gone."""
        return standing(self.result, self.substitutions) if self.result else {}

    @property
    def standing_numbers(self) -> tuple[int, ...]:
        """The same in one row."""
        return tuple(number for numbers in self.standing.values() for number in numbers)

    def next_reserve(self, gone: int) -> int:
        """Return who comes for whoever is gone; raises as ``core.substitution.next_reserve`` does, and while the list
        of who is absent is closed and waits for its fresh digits."""
        assert self.result is not None
        assert self.current is not None
        if self.closed is None:
            return next_reserve(self.result, self.substitutions, gone)
        if self.fresh is None:
            raise absent_closed()
        since = [one.substitution for one in self.current.replaced[self.closed.replaced :]]
        return next_reserve(self.fresh, since, gone)

    @cached_property
    def _people(self) -> dict[str, Site | Citizen]:
        people: Sequence[Site | Citizen] = (*self.sites, *self.roster)
        return {one.identity: one for one in people}

    def person(self, number: int) -> Site | Citizen | None:
        """Return the site or citizen behind a number of the locked list, None where it was removed from the visit."""
        return self._people.get(self.kept.identities.get(number, "")) if self.kept else None

    def name(self, number: int) -> str:
        """Return the site's or citizen's name behind a number of the locked list."""
        person = self.person(number)
        return person.name if person else ""


def absent_closed() -> StageError:
    return StageError(
        N_("The list of who is absent is closed: draw the fresh digits, or take the list back."), "absent-closed"
    )


def draw_state(file: VisitFile, kind: str, *, rehearsal: bool = False) -> DrawState:
    """Return where the draw of this kind (``"sites"`` or ``"citizens"``), or its rehearsal, stands."""
    return _draw_state(file, file.as_written(), kind, rehearsal)


@lru_cache(maxsize=32)
def _draw_state(file: VisitFile, _written: tuple[object, ...], kind: str, rehearsal: bool) -> DrawState:
    """Keep what was read and computed while nobody writes to the file."""
    with file.reading() as db:
        return read_state(db, kind, rehearsal=rehearsal)


def read_state(db: Database, kind: str, *, rehearsal: bool = False) -> DrawState:
    """Return what ``draw_state`` does, inside a transaction."""
    track = _track(kind, rehearsal)
    return DrawState(
        kind, lists.locked(db, track), lists.ceremonies(db, track),
        lists.sites(db) if kind == SITES else (), lists.roster(db) if kind == CITIZENS else (), rehearsal,
    )  # fmt: skip


def on_the_table(file: VisitFile, kind: str) -> DrawState:
    """Return the draw of this kind, or its rehearsal while one is under way."""
    with file.reading() as db:
        return read_on_the_table(db, kind)


def read_on_the_table(db: Database, kind: str) -> DrawState:
    """Return what ``on_the_table`` does, inside a transaction."""
    found = read_state(db, kind)
    rehearsed = found.current is None and lists.locked(db, lists.rehearsal_of(kind))
    return read_state(db, kind, rehearsal=True) if rehearsed else found


def _track(kind: str, rehearsal: bool) -> str:
    return lists.rehearsal_of(kind) if rehearsal else kind


def lock_sites(
    file: VisitFile, actor: Actor, count: int, *, entropy: Entropy, now: datetime, rehearsal: bool = False
) -> None:
    """Lock the candidate sites for a draw of ``count`` of them.

    Raises:
        DrawError: the scheme does not allow this number, or the sites are not entered.
        StageError: the list is locked already, or the draw and its rehearsal would be under way together.
    """
    with act(file, actor, Act.LOCK_LIST, now) as tx:
        scheme = rubric_of(tx.db).scheme
        entries = [Entry(site.identity, SITE_STRATUM) for site in lists.sites(tx.db)]
        _lock(
            tx, SITES, entries, [Quota(SITE_STRATUM, count)], entropy, allowed=scheme.drawn_sites, rehearsal=rehearsal
        )


def lock_citizens(
    file: VisitFile, actor: Actor, quotas: Mapping[str, int], *, entropy: Entropy, now: datetime,
    bands: Sequence[Band] = (), ages: Sequence[int] = AGES, rehearsal: bool = False,
) -> None:  # fmt: skip
    """Lock the roster for a draw of so many citizens of each category; everybody else is a reserve.

    Args:
        bands: quotas over attributes (``services.enlist`` says over which); what they speak of becomes public.
        ages: where the age bands begin.

    Raises:
        DrawError: a quota exceeds its category, a category is unknown, the roster is empty, or the quotas together
            cannot be met, or hardly ever.
        StageError: as for ``lock_sites``.
    """
    with act(file, actor, Act.LOCK_LIST, now) as tx:
        entries = entries_of(lists.roster(tx.db), bands, tx.visit.description.starts, ages)
        present = {entry.stratum for entry in entries}
        allowed = rubric_of(tx.db).scheme.citizen_categories
        for category in quotas:
            if category not in allowed:
                raise DrawError(
                    N_("The category {category} is not one of this visit's."), "category", category=category
                )
        categories = [category for category in allowed if quotas.get(category) or category in present]
        wanted = [Quota(category, quotas.get(category, 0)) for category in categories]
        _lock(tx, CITIZENS, entries, wanted, entropy, bands=bands, rehearsal=rehearsal)


def _lock(
    tx: Transaction, kind: str, entries: list[Entry], quotas: list[Quota], entropy: Entropy, *,
    allowed: Sequence[int] | None = None, bands: Sequence[Band] = (), rehearsal: bool,
) -> None:  # fmt: skip
    if not entries:
        raise DrawError(N_("There is nothing to draw from yet. Enter the list under Prepare first."), "empty-list")
    if lists.locked(tx.db, _track(kind, rehearsal)):
        raise StageError(N_("This list is locked already."), "list-locked")
    _refuse_both(tx, kind, rehearsal)
    nonces = [entropy(NONCE_BYTES) for _ in entries]
    locked = lock_list(kind, tx.visit.id, entries, nonces, quotas, bands=bands, allowed=allowed)
    lists.lock(tx.db, _track(kind, rehearsal), locked, tx.now)
    tx.record(**_told(kind, rehearsal), digest=locked.digest, rows=len(locked.rows))


def _refuse_both(tx: Transaction, kind: str, rehearsal: bool) -> None:
    """The room must never wonder which of the two it is looking at."""
    if rehearsal and _current(tx, kind):
        raise StageError(N_("The draw itself is under way or done; there is nothing to rehearse."), "draw-stands")
    if not rehearsal and lists.locked(tx.db, lists.rehearsal_of(kind)):
        raise StageError(N_("A rehearsal of this draw is under way. End it first."), "rehearsal-stands")


def _told(kind: str, rehearsal: bool) -> dict[str, object]:
    return {"kind": kind, "rehearsal": True} if rehearsal else {"kind": kind}


def end_rehearsal(file: VisitFile, actor: Actor, kind: str, now: datetime) -> None:
    """End a rehearsal, however far it went; its lock and ceremonies stay on record, and it can be held again.

    Raises:
        StageError: none is under way.
    """
    with act(file, actor, Act.UNLOCK_LIST, now) as tx:
        kept = lists.locked(tx.db, lists.rehearsal_of(kind))
        if kept is None:
            raise StageError(N_("No rehearsal is under way."), "no-rehearsal")
        ceremony = _current(tx, kind, True)
        if ceremony:
            lists.void_ceremony(tx.db, ceremony.id, REHEARSED)
        lists.withdraw(tx.db, kept.id, now, REHEARSED)
        tx.record(**_told(kind, True), digest=kept.locked.digest)


def unlock_list(file: VisitFile, actor: Actor, kind: str, reason: str, now: datetime) -> None:
    """Take a lock back so that the list can be corrected; the locked text stays on record with the reason.

    Raises:
        DrawError: without a reason.
        StageError: no lock, or a ceremony stands on it (void that first).
    """
    with act(file, actor, Act.UNLOCK_LIST, now) as tx:
        kept = _kept(tx, kind)
        _reason(reason)
        if _current(tx, kind):
            raise StageError(N_("A ceremony stands on this list. Void it first, with a reason."), "ceremony-stands")
        lists.withdraw(tx.db, kept.id, now, reason.strip())
        tx.record(kind=kind, digest=kept.locked.digest, reason=tx.digest(reason))


def begin_ceremony(
    file: VisitFile, actor: Actor, kind: str, place: str, cards: Sequence[tuple[str, str]], now: datetime, *,
    rehearsal: bool = False,
) -> int:  # fmt: skip
    """Begin a ceremony: its number, place and time, and who has laid a card on the table. Returns the number.

    Args:
        cards: party (``applicant``, ``chair``, ``neither``) and name of everybody who wrote one.

    Raises:
        DrawError: a party is missing, somebody wrote two cards, or a name or the place is empty.
        StageError: the list is not locked, or another ceremony stands.
    """
    with act(file, actor, Act.BEGIN_CEREMONY, now) as tx:
        kept, track = _kept(tx, kind, rehearsal), _track(kind, rehearsal)
        if _current(tx, kind, rehearsal):
            raise StageError(N_("A ceremony is under way or done. Void it first, with a reason."), "ceremony-stands")
        _refuse_both(tx, kind, rehearsal)
        laid = _laid(cards)
        number = lists.begin_ceremony(tx.db, kept.id, track, " ".join(place.split()), now, laid)
        _check_head(kept.locked, lists.ceremonies(tx.db, track)[-1])
        tx.record(
            **_told(kind, rehearsal), ceremony=number, digest=kept.locked.digest,
            names=[tx.digest(card.name) for card in laid],
        )  # fmt: skip
    return number


def correct_ceremony(
    file: VisitFile, actor: Actor, kind: str, place: str, cards: Sequence[tuple[str, str]], now: datetime, *,
    rehearsal: bool = False,
) -> None:  # fmt: skip
    """Correct the place and the names on the cards while nothing public was drawn yet; number and time stay.

    Raises:
        DrawError: as for ``begin_ceremony``.
        StageError: no ceremony is open, or public digits are there: a slip of the pen now means to void it.
    """
    with act(file, actor, Act.BEGIN_CEREMONY, now) as tx:
        kept, ceremony = _kept(tx, kind, rehearsal), _open(tx, kind, rehearsal)
        if ceremony.public_digits or ceremony.digits_so_far:
            raise StageError(
                N_("Public digits are drawn already. To change the names or the place, void the ceremony."),
                "digits-stand",
            )
        laid = _laid(cards)
        lists.correct_ceremony(tx.db, ceremony.id, " ".join(place.split()), laid)
        _check_head(kept.locked, _open(tx, kind, rehearsal))
        tx.record(
            **_told(kind, rehearsal), ceremony=ceremony.number, corrected=True,
            names=[tx.digest(card.name) for card in laid],
        )  # fmt: skip


def _laid(cards: Sequence[tuple[str, str]]) -> list[Card]:
    laid = [Card(party, " ".join(name.split())) for party, name in cards]
    _refuse_two_cards(laid)
    return laid


def note_digits_so_far(
    file: VisitFile, actor: Actor, kind: str, digits: str, now: datetime, *, rehearsal: bool = False
) -> None:
    """Note which public digits are drawn so far, for the room to see each at once; they can still be corrected.

    Raises:
        DrawError: something else than the digits 0 to 9, or too many.
        StageError: no ceremony is open, or the digits are already written down.
    """
    with act(file, actor, Act.ENTER_PUBLIC_DIGITS, now) as tx:
        kept, ceremony = _kept(tx, kind, rehearsal), _open(tx, kind, rehearsal)
        _refuse_written(ceremony)
        digits = "".join(digits.split())
        _check_head(kept.locked, ceremony, digits.ljust(len(_STAND_IN), "0"))
        lists.set_digits_so_far(tx.db, ceremony.id, digits)
        tx.record(**_told(kind, rehearsal), ceremony=ceremony.number, so_far=digits)


def _refuse_written(ceremony: Ceremony) -> None:
    if ceremony.public_digits:
        raise StageError(
            N_("The public digits are already written down. To change them, void the ceremony."), "digits-stand"
        )


def enter_public_digits(
    file: VisitFile, actor: Actor, kind: str, digits: str, now: datetime, *, digits_by: str = BALLS,
    rehearsal: bool = False,
) -> None:  # fmt: skip
    """Write down the digits that were drawn in public; once only, before the cards are opened.

    Args:
        digits_by: how they were drawn, one of ``core.draw.DIGITS_BY``.

    Raises:
        DrawError: not digits, or too few; another way of drawing them.
        StageError: no ceremony is open, or the digits are already there.
    """
    with act(file, actor, Act.ENTER_PUBLIC_DIGITS, now) as tx:
        kept, ceremony = _kept(tx, kind, rehearsal), _open(tx, kind, rehearsal)
        _refuse_written(ceremony)
        digits = "".join(digits.split())
        _check_head(kept.locked, ceremony, digits)
        check_digits_by(digits_by)
        lists.set_public_digits(tx.db, ceremony.id, digits, digits_by)
        tx.record(**_told(kind, rehearsal), ceremony=ceremony.number, digits=digits, digits_by=digits_by)


def draw_list(
    file: VisitFile, actor: Actor, kind: str, card_digits: Sequence[str], now: datetime, *, rehearsal: bool = False
) -> Mapping[str, Any]:
    """Open the cards and draw; return the certificate.

    Args:
        card_digits: what stands on each card, in the order in which the cards were laid.

    Raises:
        DrawError: a card without digits; the ceremony stays open and can be voided.
        StageError: no ceremony is open, or the public digits are missing.
    """
    with act(file, actor, Act.DRAW, now) as tx:
        kept, ceremony = _kept(tx, kind, rehearsal), _open(tx, kind, rehearsal)
        if not ceremony.public_digits:
            raise StageError(N_("Draw the public digits first; the cards are opened after that."), "no-digits")
        if len(card_digits) != len(ceremony.cards):
            raise DrawError(
                N_("There are {count} cards on the table. Open each, or void the ceremony."),
                "cards", count=len(ceremony.cards),
            )  # fmt: skip
        opened = tuple(
            replace(card, digits="".join(digits.split()))
            for card, digits in zip(ceremony.cards, card_digits, strict=True)
        )
        result = draw(kept.locked, _head(kept.locked, replace(ceremony, cards=opened), rehearsal))
        track = _track(kind, rehearsal)
        voided = [(c.number, c.reason) for c in lists.ceremonies(tx.db, track) if c.state == lists.VOID]
        certificate = certify(
            result, voided=voided, signatures=[(card.party, card.name) for card in opened],
            digits_by=ceremony.digits_by,
        )  # fmt: skip
        lists.close_ceremony(tx.db, ceremony.id, canonical_json(certificate), opened, now)
        tx.record(
            **_told(kind, rehearsal), ceremony=ceremony.number, seed=result.seed, order=list(result.order)
        )
    return certificate


def void_ceremony(
    file: VisitFile, actor: Actor, kind: str, reason: str, now: datetime, *, rehearsal: bool = False
) -> None:
    """Void the ceremony that stands, drawn or not; it keeps its number and is printed with the reason.

    Raises:
        DrawError: without a reason.
        StageError: none stands.
    """
    with act(file, actor, Act.VOID_CEREMONY, now) as tx:
        _reason(reason)
        ceremony = _current(tx, kind, rehearsal)
        if ceremony is None:
            raise StageError(N_("There is no ceremony to void."), "no-ceremony")
        lists.void_ceremony(tx.db, ceremony.id, reason.strip())
        tx.record(
            **_told(kind, rehearsal), ceremony=ceremony.number, state=ceremony.state, reason=tx.digest(reason)
        )


def _kept(tx: Transaction, kind: str, rehearsal: bool = False) -> Kept:
    kept = lists.locked(tx.db, _track(kind, rehearsal))
    if kept is None:
        raise StageError(N_("Lock the list first."), "not-locked")
    return kept


def _current(tx: Transaction, kind: str, rehearsal: bool = False) -> Ceremony | None:
    return next((c for c in lists.ceremonies(tx.db, _track(kind, rehearsal)) if c.state != lists.VOID), None)


def _open(tx: Transaction, kind: str, rehearsal: bool = False) -> Ceremony:
    ceremony = _current(tx, kind, rehearsal)
    if ceremony is None or ceremony.state != lists.OPEN:
        raise StageError(N_("No ceremony is open."), "no-ceremony")
    return ceremony


def _head(locked: LockedList, ceremony: Ceremony, rehearsal: bool = False) -> Head:
    return Head(
        ceremony.number, locked.visit_id, locked.kind, ceremony.place, ceremony.at, locked.digest,
        tuple(Contribution(card.party, card.name, card.digits) for card in ceremony.cards), ceremony.public_digits,
        rehearsal,
    )  # fmt: skip


def _check_head(locked: LockedList, ceremony: Ceremony, public_digits: str = _STAND_IN) -> None:
    """Refuse early what would only be refused when the cards are open: stand-in digits for what is not there yet."""
    cards = tuple(replace(card, digits=_STAND_IN) for card in ceremony.cards)
    _head(locked, replace(ceremony, cards=cards, public_digits=public_digits))


def _refuse_two_cards(cards: Sequence[Card]) -> None:
    """One hand on the cards of two parties would be one party."""
    for name, count in Counter(card.name for card in cards).items():
        if name and count > 1:
            raise DrawError(
                N_("{name} cannot write two cards. Let different people write them, or tell their names apart."),
                "two-cards", name=name,
            )  # fmt: skip


def _reason(reason: str) -> None:
    if not reason.strip():
        raise DrawError(N_("A reason is needed; it is printed. Say in a few words why."), "no-reason")
