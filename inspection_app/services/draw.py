"""The two draws: locking a list, holding the ceremony, drawing, and what everybody may see of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from inspection_app.core.certificate import canonical_json, certify, digits_wanted
from inspection_app.core.draw import (
    NONCE_BYTES,
    Contribution,
    DrawResult,
    Entry,
    Head,
    LockedList,
    Quota,
    draw,
    lock_list,
)
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, DrawError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import lists
from inspection_app.store.file import VisitFile
from inspection_app.store.lists import Card, Ceremony, Kept

Entropy = Callable[[int], bytes]
SITES, CITIZENS = "sites", "citizens"
SITE_STRATUM = "备选考察点"
_STAND_IN = "0" * 8


@dataclass(frozen=True)
class DrawState:
    """Where a draw stands. ``names`` tells by number who or what a row is; ``result`` is there once it is drawn."""

    kind: str
    kept: Kept | None
    ceremonies: tuple[Ceremony, ...]
    sites: tuple[Site, ...]
    roster: tuple[Citizen, ...]

    @property
    def current(self) -> Ceremony | None:
        """The ceremony that is open or has drawn; voided ones are history."""
        return next((c for c in reversed(self.ceremonies) if c.state != lists.VOID), None)

    @property
    def voided(self) -> tuple[Ceremony, ...]:
        return tuple(c for c in self.ceremonies if c.state == lists.VOID)

    @property
    def certificate(self) -> Mapping[str, Any] | None:
        current = self.current
        if current is None or not current.certificate:
            return None
        certificate: dict[str, Any] = json.loads(current.certificate)
        return certificate

    @property
    def digits_wanted(self) -> int:
        """How many public digits let every possible selection come out."""
        return digits_wanted(self.kept.locked) if self.kept else 0

    @property
    def result(self) -> DrawResult | None:
        """Draw again from what was written down: the result is derived, never stored."""
        current = self.current
        if self.kept is None or current is None or current.state != lists.DRAWN:
            return None
        return draw(self.kept.locked, _head(self.kept.locked, current))

    @cached_property
    def _names(self) -> dict[str, str]:
        people: Sequence[Site | Citizen] = (*self.sites, *self.roster)
        return {one.identity: one.name for one in people}

    def name(self, number: int) -> str:
        """Return the site's or citizen's name behind a number of the locked list."""
        return self._names.get(self.kept.identities.get(number, ""), "") if self.kept else ""


def draw_state(file: VisitFile, kind: str) -> DrawState:
    """Return where the draw of this kind (``"sites"`` or ``"citizens"``) stands."""
    with file.reading() as db:
        return DrawState(
            kind, lists.locked(db, kind), lists.ceremonies(db, kind),
            lists.sites(db) if kind == SITES else (), lists.roster(db) if kind == CITIZENS else (),
        )  # fmt: skip


def lock_sites(file: VisitFile, actor: Actor, count: int, *, entropy: Entropy, now: datetime) -> None:
    """Lock the candidate sites for a draw of ``count`` of them.

    Raises:
        DrawError: the scheme does not allow this number, or the sites are not entered.
    """
    with act(file, actor, Act.LOCK_LIST, now) as tx:
        scheme = rubric_of(tx.db).scheme
        entries = [Entry(site.identity, SITE_STRATUM) for site in lists.sites(tx.db)]
        _lock(tx, SITES, entries, [Quota(SITE_STRATUM, count)], entropy, allowed=scheme.drawn_sites)


def lock_citizens(
    file: VisitFile, actor: Actor, quotas: Mapping[str, int], *, entropy: Entropy, now: datetime
) -> None:
    """Lock the roster for a draw of so many citizens of each category; everybody else is a reserve.

    Raises:
        DrawError: a quota exceeds its category, a category is unknown, or the roster is empty.
    """
    with act(file, actor, Act.LOCK_LIST, now) as tx:
        entries = [Entry(citizen.identity, citizen.category) for citizen in lists.roster(tx.db)]
        present = {entry.stratum for entry in entries}
        allowed = rubric_of(tx.db).scheme.citizen_categories
        for category in quotas:
            if category not in allowed:
                raise DrawError(
                    N_("The category {category} is not one of this visit's."), "category", category=category
                )
        categories = [category for category in allowed if quotas.get(category) or category in present]
        _lock(tx, CITIZENS, entries, [Quota(category, quotas.get(category, 0)) for category in categories], entropy)


def _lock(
    tx: Transaction, kind: str, entries: list[Entry], quotas: list[Quota], entropy: Entropy,
    allowed: Sequence[int] | None = None,
) -> None:  # fmt: skip
    if not entries:
        raise DrawError(N_("There is nothing to draw from yet. Enter the list under Prepare first."), "empty-list")
    if lists.locked(tx.db, kind):
        raise StageError(N_("This list is locked already."), "list-locked")
    nonces = [entropy(NONCE_BYTES) for _ in entries]
    locked = lock_list(kind, tx.visit.id, entries, nonces, quotas, allowed=allowed)
    lists.lock(tx.db, locked, tx.now)
    tx.record(kind=kind, digest=locked.digest, rows=len(locked.rows))


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
    file: VisitFile, actor: Actor, kind: str, place: str, cards: Sequence[tuple[str, str]], now: datetime
) -> int:
    """Begin a ceremony: its number, place and time, and who has laid a card on the table. Returns the number.

    Args:
        cards: party (``applicant``, ``chair``, ``neither``) and name of everybody who wrote one.

    Raises:
        DrawError: a party is missing, somebody wrote two cards, or a name or the place is empty.
        StageError: the list is not locked, or another ceremony stands.
    """
    with act(file, actor, Act.BEGIN_CEREMONY, now) as tx:
        kept = _kept(tx, kind)
        if _current(tx, kind):
            raise StageError(N_("A ceremony is under way or done. Void it first, with a reason."), "ceremony-stands")
        laid = [Card(party, " ".join(name.split())) for party, name in cards]
        _refuse_two_cards(laid)
        number = lists.begin_ceremony(tx.db, kept.id, kind, " ".join(place.split()), now, laid)
        _check_head(kept.locked, lists.ceremonies(tx.db, kind)[-1])
        tx.record(kind=kind, ceremony=number, digest=kept.locked.digest, names=[tx.digest(card.name) for card in laid])
    return number


def enter_public_digits(file: VisitFile, actor: Actor, kind: str, digits: str, now: datetime) -> None:
    """Write down the digits that were drawn in public; once only, before the cards are opened.

    Raises:
        DrawError: not digits, or too few.
        StageError: no ceremony is open, or the digits are already there.
    """
    with act(file, actor, Act.ENTER_PUBLIC_DIGITS, now) as tx:
        kept, ceremony = _kept(tx, kind), _open(tx, kind)
        if ceremony.public_digits:
            raise StageError(
                N_("The public digits are already written down. To change them, void the ceremony."), "digits-stand"
            )
        digits = "".join(digits.split())
        _check_head(kept.locked, ceremony, digits)
        lists.set_public_digits(tx.db, ceremony.id, digits)
        tx.record(kind=kind, ceremony=ceremony.number, digits=digits)


def draw_list(
    file: VisitFile, actor: Actor, kind: str, card_digits: Sequence[str], now: datetime
) -> Mapping[str, Any]:
    """Open the cards and draw; return the certificate.

    Args:
        card_digits: what stands on each card, in the order in which the cards were laid.

    Raises:
        DrawError: a card without digits; the ceremony stays open and can be voided.
        StageError: no ceremony is open, or the public digits are missing.
    """
    with act(file, actor, Act.DRAW, now) as tx:
        kept, ceremony = _kept(tx, kind), _open(tx, kind)
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
        result = draw(kept.locked, _head(kept.locked, replace(ceremony, cards=opened)))
        voided = [(c.number, c.reason) for c in lists.ceremonies(tx.db, kind) if c.state == lists.VOID]
        certificate = certify(
            result, voided=voided, signatures=[(card.party, card.name) for card in opened]
        )
        lists.close_ceremony(tx.db, ceremony.id, canonical_json(certificate), opened)
        tx.record(kind=kind, ceremony=ceremony.number, seed=result.seed, order=list(result.order))
    return certificate


def void_ceremony(file: VisitFile, actor: Actor, kind: str, reason: str, now: datetime) -> None:
    """Void the ceremony that stands, drawn or not; it keeps its number and is printed with the reason.

    Raises:
        DrawError: without a reason.
        StageError: none stands.
    """
    with act(file, actor, Act.VOID_CEREMONY, now) as tx:
        _reason(reason)
        ceremony = _current(tx, kind)
        if ceremony is None:
            raise StageError(N_("There is no ceremony to void."), "no-ceremony")
        lists.void_ceremony(tx.db, ceremony.id, reason.strip())
        tx.record(kind=kind, ceremony=ceremony.number, state=ceremony.state, reason=tx.digest(reason))


def _kept(tx: Transaction, kind: str) -> Kept:
    kept = lists.locked(tx.db, kind)
    if kept is None:
        raise StageError(N_("Lock the list first."), "not-locked")
    return kept


def _current(tx: Transaction, kind: str) -> Ceremony | None:
    return next((c for c in lists.ceremonies(tx.db, kind) if c.state != lists.VOID), None)


def _open(tx: Transaction, kind: str) -> Ceremony:
    ceremony = _current(tx, kind)
    if ceremony is None or ceremony.state != lists.OPEN:
        raise StageError(N_("No ceremony is open."), "no-ceremony")
    return ceremony


def _head(locked: LockedList, ceremony: Ceremony) -> Head:
    return Head(
        ceremony.number, locked.visit_id, locked.kind, ceremony.place, ceremony.at, locked.digest,
        tuple(Contribution(card.party, card.name, card.digits) for card in ceremony.cards), ceremony.public_digits,
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
