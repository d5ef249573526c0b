"""Draw sites and citizens so that nobody can bend the draw and anybody can check it.

The difficulty. Five sites are proposed by the very office that is being inspected; the citizens come from a list
that it wrote. Whoever could steer which of them the panel meets could steer the result. Balls in a box convince
those who stand around the box, and nobody else afterwards. A computer's "random" convinces nobody at all. This
module turns digits that the whole room has produced into an order that the whole room, and anybody years later,
can compute again.

1. **The list is locked first** (``lock_list``). Its rows are put in an order that does not depend on how they were
   entered (by stratum, then by the identity text's code points) and are numbered 1, 2, 3 … Names are not public, so
   a row carries a *leaf* instead: SHA-256 of 16 secret random bytes (the nonce) followed by the identity text. Nobody
   can read a name out of a leaf, and nobody can find another name for it: number 17 stays who it was. Rows,
   quotas, numbers of reserves and rules are one text; its SHA-256 is the *list digest*. It is printed and signed.
   The last eight decimal digits of that digest, taken as a number, are the *short code*: it is read out and copied
   onto every card.
2. **Then the room makes the randomness** (``Head``). The applicant, the chair and somebody of neither side each
   write digits on a card and lay it face down. Then digits are drawn in public, with numbered balls or ten-sided
   dice. Only then are the cards opened. Who wrote a card did not know the public digits; who drew the public digits
   did not know the cards. So only all of them together could choose the outcome, and a single honest one prevents
   it. Everything else in the head (place, time, ceremony number) must stand on the screen before the first card
   is opened, or whoever types it could try out seconds until the result pleases. A withheld card or a restart
   voids the ceremony: the next one has the next number, and the certificate lists the voided ones with their reasons.
3. **The seed is SHA-256 of the head** (``seed_of``), a text of a dozen lines that holds the list digest, the cards
   and the public digits. The program adds nothing: no clock, no random number generator.
4. **The order** (``draw_order``). Every number gets a *ticket*, a fraction between 0 and 1 hashed from seed and number
   alone; lowest ticket first. Each stratum's quota is filled from the front; the next in line are its reserves.
   With a given seed, a ticket depends on no other row: leaving a row out lets nobody pass anybody else.
5. **Attempts.** Tickets are hashed from ``seed/0``. Where a list carries bands (at least so many women, at most so
   many of one township), ``seed/1``, ``seed/2`` … follow until the front of every stratum together meets all of them:
   a selection that does not meet them is passed over whole, so that every admissible selection stays equally likely.
   Bands that cannot be met, or hardly ever, are refused before the lock (``core.quotas``), which also tells everybody's
   chance. Attributes that no band speaks of have no business in a list that is made public.
6. **Absence.** Who cannot come is replaced by the first in line, of the same stratum and not yet called, with whom the
   group still meets every band (``core.substitution``); who was passed over for a band stays in line. Where the room
   does not want to read on in an order that everybody knows, it closes the list of who is absent and draws fresh public
   digits (``core.fresh_digits``).
7. **The certificate** (``core.certificate``) holds list, head and result; ``inspection_app/verify.py`` recomputes it.

The list, fields divided by tabs, lines ended by LF, in UTF-8 and NFC::

    inspection-app list 1
    kind <sites or citizens>
    visit <id>
    quota <stratum> <rows in it> <to be drawn> <reserves, or "all">              one or more
    band <stratum or *> <attribute> <value> <at least> <at most>                 none or more
    rule <sentence>                                                              none or more
    row <number> <stratum> <leaf> <attribute=value> <attribute=value> …          one or more

The head, one space after the first word (so that it can be typed from paper)::

    inspection-app draw 1
    ceremony <number, counted from 1 for every kind and visit>
    mode <real or REHEARSAL>
    visit <id>
    kind <sites or citizens>
    place <words>
    time <ISO 8601 to the second, with offset>
    list <list digest>
    contribution <applicant, chair or neither> <digits> <name>                   three or more, by party and name
    public <digits>

It reads no file, no clock and no source of randomness (time and nonces are arguments), and does not know who may do
what. Names leave it only in ``LockedList.annex``, which is to be kept sealed, and where a message quotes an entry.

Sources: tickets are those of consistent_sampler (Ronald L. Rivest), as used in election audits; commitments before
public randomness follow RFC 3797 (publicly verifiable selection), whose idea this is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nsmallest
from typing import NamedTuple, TypeVar

from consistent_sampler import sampler
from consistent_sampler.consistent_sampler import first_fraction, sha256_hex

from inspection_app.core.quotas import MOST_TICKETS, check_bands, meets
from inspection_app.core.quotas import Band as Band  # noqa: PLC0414 - part of a list, and so of this module's words
from inspection_app.core.quotas import Quota as Quota  # noqa: PLC0414
from inspection_app.errors import N_, DrawError

KINDS = ("sites", "citizens")
PARTIES = {  # and what is said when a party's card is missing
    "applicant": N_("The applicant's card is missing: this ceremony is void. Start the next one."),
    "chair": N_("The chair's card is missing: this ceremony is void. Start the next one."),
    "neither": N_("The card of somebody from neither side is missing: this ceremony is void. Start the next one."),
}
NONCE_BYTES = 16
CARD_DIGITS = 4  # at least, on each card
PUBLIC_DIGITS = 6  # at least
MOST_DIGITS = 999  # so that nobody can stall a verifier
RULES = (
    "Tickets: consistent_sampler 1.0, generation 1, over the row numbers with seed/attempt; lowest first.",
    "Attempt: the first of 0, 1, 2 and so on whose selection meets every band.",
    "Absence: the next reserve of the same stratum that keeps every band.",
)
DIGITS_BY = {  # how public digits are drawn: what the room trusts
    "balls": N_("Numbered balls or slips"),
    "dice": N_("Ten-sided dice"),
}

Id = TypeVar("Id", str, int)


@dataclass(frozen=True)
class Entry:
    """Somebody or something to draw: the identity stays sealed, stratum and attributes become public."""

    identity: str
    stratum: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    number: int
    stratum: str
    leaf: str
    attributes: tuple[tuple[str, str], ...] = ()


class AnnexRow(NamedTuple):
    """What opens a leaf: to be kept sealed."""

    number: int
    identity: str
    nonce: str


@dataclass(frozen=True)
class LockedList:
    """A list that can no longer change; everything but ``annex`` is public and part of ``text``."""

    kind: str
    visit_id: str
    quotas: tuple[Quota, ...]
    bands: tuple[Band, ...]
    rules: tuple[str, ...]
    rows: tuple[Row, ...]
    annex: tuple[AnnexRow, ...] = field(default=(), repr=False, compare=False)

    @property
    def text(self) -> str:
        """The canonical text; its format stands at the head of this module."""
        sizes = Counter(row.stratum for row in self.rows)
        lines: list[tuple[object, ...]] = [
            ("inspection-app list 1",),
            ("kind", self.kind),
            ("visit", self.visit_id),
            *(
                (
                    "quota",
                    quota.stratum,
                    sizes[quota.stratum],
                    quota.k,
                    "all" if quota.reserves is None else quota.reserves,
                )
                for quota in self.quotas
            ),
            *(("band", band.stratum, band.attribute, band.value, band.least, band.most) for band in self.bands),
            *(("rule", rule) for rule in self.rules),
            *(
                ("row", row.number, row.stratum, row.leaf, *(f"{name}={value}" for name, value in row.attributes))
                for row in self.rows
            ),
        ]
        return "".join("\t".join(str(part) for part in line) + "\n" for line in lines)

    @property
    def digest(self) -> str:
        """SHA-256 of the text, 64 hex digits."""
        return _sha256(self.text)

    @property
    def short_code(self) -> str:
        """Eight decimal digits to read out: the digest as a number, modulo 10 to the 8th, with leading zeros."""
        return f"{int(self.digest, 16) % 10**8:08d}"


@dataclass(frozen=True)
class Contribution:
    """One card: which party wrote it, who held the pen, and the digits on it."""

    party: str
    name: str
    digits: str


@dataclass(frozen=True)
class Head:
    """What the room fixed in one ceremony; ``text`` is the seed's only source.

    Raises:
        DrawError: on making one, when a party's card is missing, something else than digits or too few stand on a
            card, the time has no offset, or a field cannot stand in a line of its own.
    """

    ceremony: int
    visit_id: str
    kind: str
    place: str
    time: datetime
    list_digest: str
    contributions: tuple[Contribution, ...]
    public_digits: str
    rehearsal: bool = False

    def __post_init__(self) -> None:
        if self.ceremony < 1:
            raise DrawError(N_("Ceremonies are numbered from 1, not {number}."), "ceremony", number=self.ceremony)
        if self.time.tzinfo is None:
            raise DrawError(N_("The ceremony's time needs its offset from UTC, such as +08:00."), "time")
        if not re.fullmatch("[0-9a-f]{64}", self.list_digest):
            raise DrawError(N_("The list digest must be 64 hex digits."), "digest")
        _check_kind(self.kind)
        for party, message in PARTIES.items():
            if party not in {card.party for card in self.contributions}:
                raise DrawError(message, "card-missing")
        for card in self.contributions:
            if card.party not in PARTIES:
                raise DrawError(
                    N_("{party} is no party to a draw; use one of: {allowed}."),
                    "party",
                    party=card.party,
                    allowed=", ".join(PARTIES),
                )
            one_line(card.name)
            check_digits(card.digits, CARD_DIGITS)
        check_digits(self.public_digits, PUBLIC_DIGITS)
        one_line(self.visit_id)
        one_line(self.place)

    @property
    def text(self) -> str:
        """The canonical text; its format stands at the head of this module.

        Cards are sorted, or else whoever types them in could choose among the orders.
        """
        cards = sorted(self.contributions, key=lambda card: ([*PARTIES].index(card.party), card.name, card.digits))
        lines = [
            "inspection-app draw 1",
            f"ceremony {self.ceremony}",
            f"mode {'REHEARSAL' if self.rehearsal else 'real'}",
            f"visit {one_line(self.visit_id)}",
            f"kind {self.kind}",
            f"place {one_line(self.place)}",
            f"time {self.time.isoformat(timespec='seconds')}",
            f"list {self.list_digest}",
            *(f"contribution {card.party} {card.digits} {one_line(card.name)}" for card in cards),
            f"public {self.public_digits}",
        ]
        return "".join(line + "\n" for line in lines)


class Ticket(NamedTuple):
    """Where a row stands: ``fraction`` is "0." and 64 to 78 digits, lowest first."""

    id: str
    fraction: str


@dataclass(frozen=True)
class Selection:
    """Who is drawn from a list, and who comes next: numbers of rows by stratum, in the order drawn."""

    locked: LockedList
    selected: dict[str, tuple[int, ...]]
    reserves: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class DrawResult(Selection):
    """What follows from a list and a head; anybody can compute it again."""

    head: Head
    seed: str
    attempt: int
    tickets: tuple[Ticket, ...]

    @property
    def order(self) -> tuple[int, ...]:
        return tuple(int(ticket.id) for ticket in self.tickets)


def lock_list(
    kind: str,
    visit_id: str,
    entries: Iterable[Entry],
    nonces: Sequence[bytes],
    quotas: Sequence[Quota],
    *,
    bands: Sequence[Band] = (),
    rules: Sequence[str] = RULES,
    allowed: Collection[int] | None = None,
) -> LockedList:
    """Lock a list: order and number its rows, and seal the identities behind leaves.

    Args:
        kind: ``"sites"`` (one stratum) or ``"citizens"``.
        visit_id: what tells this visit from every other.
        entries: who or what can be drawn, in any order.
        nonces: 16 random bytes for each entry; the first belongs to row 1, so entering order cannot matter.
        quotas: one for each stratum, in the order in which the strata are to be listed.
        bands: further quotas over attributes; every row they concern must say the attribute.
        rules: sentences that are locked with the list.
        allowed: the numbers to draw that the rubric's scheme permits, where it says so (sites: 3 and 4).

    Raises:
        DrawError: when a quota asks for more than there are, a stratum has no quota or no rows, an entry or a nonce
            occurs twice, a text cannot stand in a line of its own, or for the bands as ``check_bands`` says.
    """
    _check_kind(kind)
    entries = [replace(entry, stratum=one_line(entry.stratum)) for entry in entries]
    quotas = [replace(quota, stratum=one_line(quota.stratum)) for quota in quotas]
    strata = [quota.stratum for quota in quotas]
    _refuse_twice(strata, N_("The stratum {what} has two quotas; give each one."))
    _refuse_twice([entry.identity for entry in entries], N_("The list has this entry twice: {what}. Remove one."))
    sizes = Counter(entry.stratum for entry in entries)
    for stratum in sizes:
        if stratum not in strata:
            raise DrawError(N_("{stratum} has entries but no quota; set how many are drawn."), "quota", stratum=stratum)
    for quota in quotas:
        _check_quota(quota, sizes[quota.stratum], allowed)
    bands = [
        replace(band, stratum=one_line(band.stratum), attribute=one_line(band.attribute), value=one_line(band.value))
        for band in bands
    ]
    check_bands(quotas, bands, [(entry.stratum, dict(_attributes(entry.attributes))) for entry in entries])
    if kind == "sites" and len(quotas) != 1:
        raise DrawError(N_("Sites are drawn from one stratum, not {count}."), "quota", count=len(quotas))
    if len(nonces) != len(entries) or len(set(nonces)) != len(nonces) or {len(n) for n in nonces} != {NONCE_BYTES}:
        raise DrawError(
            N_("Locking needs {count} different nonces of {size} bytes each."),
            "nonces",
            count=len(entries),
            size=NONCE_BYTES,
        )
    ranked = sorted(entries, key=lambda entry: (strata.index(entry.stratum), entry.identity))
    rows, annex = [], []
    for number, (entry, nonce) in enumerate(zip(ranked, nonces, strict=True), start=1):
        leaf = leaf_of(entry.identity, nonce)
        rows.append(Row(number, entry.stratum, leaf, _attributes(entry.attributes)))
        annex.append(AnnexRow(number, entry.identity, nonce.hex()))
    return LockedList(
        kind=kind,
        visit_id=one_line(visit_id),
        quotas=tuple(quotas),
        bands=tuple(bands),
        rules=tuple(one_line(rule) for rule in rules),
        rows=tuple(rows),
        annex=tuple(annex),
    )


def leaf_of(identity: str, nonce: bytes) -> str:
    """Return SHA-256 of nonce and identity text (UTF-8), 64 hex digits."""
    return hashlib.sha256(nonce + identity.encode()).hexdigest()


def parse_list(text: str) -> LockedList:
    """Return the locked list whose canonical text this is; the annex is not in it.

    Raises:
        DrawError: when the text is anything else, to the byte.
    """
    facts: dict[str, list[list[str]]] = {}
    for line in text.split("\n"):
        word, *rest = line.split("\t")
        facts.setdefault(word, []).append(rest)
    try:
        locked = LockedList(
            kind=facts["kind"][0][0],
            visit_id=facts["visit"][0][0],
            quotas=tuple(Quota(s, int(k), None if n == "all" else int(n)) for s, _, k, n in facts["quota"]),
            bands=tuple(Band(s, a, value, int(lo), int(hi)) for s, a, value, lo, hi in facts.get("band", [])),
            rules=tuple(rule for (rule,) in facts.get("rule", [])),
            rows=tuple(
                Row(int(number), stratum, leaf, tuple((a.split("=", 1)[0], a.split("=", 1)[1]) for a in attributes))
                for number, stratum, leaf, *attributes in facts["row"]
            ),
        )
    except (KeyError, ValueError, IndexError):
        locked = None
    if locked is None or locked.text != text:
        raise DrawError(N_("This is not the text of a locked list (inspection-app list 1)."), "list-text")
    return locked


def seed_of(head: Head | str) -> str:
    """Return the seed: SHA-256 of the head's text, 64 hex digits."""
    return _sha256(head if isinstance(head, str) else head.text)


def draw_order(ids: Iterable[Id], seed: str) -> list[Id]:
    """Return the ids in ticket order.

    Raises:
        DrawError: when two ids have the same text.

    Source: consistent_sampler 1.0.10, sampling without replacement.

    >>> draw_order(["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"], "314159")
    ['B-2', 'B-3', 'A-3', 'A-2', 'B-1', 'A-1']
    """
    texts = [(str(id_), id_) for id_ in ids]
    id_of = dict(texts)
    return [id_of[ticket.id] for ticket in tickets_of((text for text, _ in texts), seed)]


def tickets_of(ids: Iterable[str], seed: str) -> tuple[Ticket, ...]:
    """Return every id's ticket, lowest first; raises as ``draw_order`` does."""
    ids = list(ids)
    _refuse_twice(ids, N_("The number {what} is in the draw twice."))  # sampler only asserts it: gone under -O
    drawn = sampler(ids, seed, output="ticket", digits=100)  # more than a ticket has: untrimmed
    return tuple(Ticket(ticket.id, ticket.ticket_number) for ticket in drawn)


def draw(locked: LockedList, head: Head) -> DrawResult:
    """Draw from a locked list with what the room contributed.

    Raises:
        DrawError: when the head was made for another list, visit or kind, or no attempt meets the bands (a list that
            ``lock_list`` accepted comes to this once in 400 million draws).
    """
    if (head.list_digest, one_line(head.visit_id), head.kind) != (locked.digest, locked.visit_id, locked.kind):
        raise DrawError(
            N_("This ceremony was held for another list; its cards and digits cannot be used for this one."),
            "other-list",
        )
    seed = seed_of(head)
    numbers = {quota.stratum: [row.number for row in locked.rows if row.stratum == quota.stratum]
               for quota in locked.quotas}  # fmt: skip
    attempt = first_attempt(locked, seed, numbers, {quota.stratum: quota.k for quota in locked.quotas})
    tickets = tickets_of((str(row.number) for row in locked.rows), f"{seed}/{attempt}")
    rank = {int(ticket.id): place for place, ticket in enumerate(tickets)}
    selected, reserves = {}, {}
    for quota in locked.quotas:
        ranked = sorted(numbers[quota.stratum], key=rank.__getitem__)
        end = len(ranked) if quota.reserves is None else quota.k + quota.reserves
        selected[quota.stratum] = tuple(ranked[: quota.k])
        reserves[quota.stratum] = tuple(ranked[quota.k : end])
    return DrawResult(locked, selected, reserves, head, seed, attempt, tickets)


def first_attempt(
    locked: LockedList, seed: str, numbers: Mapping[str, Sequence[int]], taken: Mapping[str, int],
    staying: Iterable[int] = (),
) -> int:  # fmt: skip
    """Return the first attempt whose front of every stratum meets every band.

    Args:
        numbers: who is in line, by stratum.
        taken: how many of each stratum are taken.
        staying: numbers that count for the bands in any case.

    Raises:
        DrawError: no attempt does.
    """
    if not locked.bands:
        return 0
    people = people_of(locked)
    there = [people[number - 1] for number in staying]
    for attempt in range(most_attempts(len(locked.rows))):
        hashed = sha256_hex(f"{seed}/{attempt}")
        front = [
            people[number - 1]
            for stratum, k in taken.items()
            for number in nsmallest(
                k, numbers[stratum], key=lambda number: first_fraction(str(number), seed, hashed)
            )
        ]
        if meets(locked.bands, [*there, *front]):
            return attempt
    raise DrawError(
        N_("None of {count} attempts met the quotas: void this ceremony and hold another."), "attempts",
        count=most_attempts(len(locked.rows)),
    )  # fmt: skip


def people_of(locked: LockedList) -> list[tuple[str, dict[str, str]]]:
    """Return every row's stratum and attributes in the order of the numbers, as ``core.quotas`` takes them."""
    return [(row.stratum, dict(row.attributes)) for row in locked.rows]


def most_attempts(rows: int) -> int:
    """Return how many attempts a list of so many rows is given: twenty times as many as ``check_bands`` lets it need
    on average."""
    return 20 * min(10_000, MOST_TICKETS // rows)


def draw_by_hand(locked: LockedList, drawn: Mapping[str, Sequence[int]]) -> Selection:
    """Return what was drawn from a locked list by hand (手工抽签); nobody can compute it again.

    Args:
        drawn: the numbers of each stratum in the order they were drawn: the quota first, whoever follows is a reserve.

    Raises:
        DrawError: fewer than the quota, a number twice, one that is not of this stratum, or a band is not met.
    """
    selected, reserves = {}, {}
    for quota in locked.quotas:
        numbers = tuple(drawn.get(quota.stratum, ()))
        _refuse_twice([str(number) for number in numbers], N_("The number {what} is in the draw twice."))
        strangers = set(numbers) - {row.number for row in locked.rows if row.stratum == quota.stratum}
        if strangers:
            raise DrawError(
                N_("{stratum}: the number {number} is not on the locked list."),
                "not-listed", stratum=quota.stratum, number=min(strangers),
            )  # fmt: skip
        if len(numbers) < quota.k:
            raise DrawError(
                N_("{stratum}: {k} are to be drawn, and {count} are entered."),
                "too-few", stratum=quota.stratum, k=quota.k, count=len(numbers),
            )  # fmt: skip
        end = len(numbers) if quota.reserves is None else quota.k + quota.reserves
        selected[quota.stratum], reserves[quota.stratum] = numbers[: quota.k], numbers[quota.k : end]
    people = people_of(locked)
    if not meets(locked.bands, [people[number - 1] for numbers in selected.values() for number in numbers]):
        raise DrawError(N_("This selection does not meet the quotas locked with the list. Draw again."), "bands")
    return Selection(locked, selected, reserves)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def one_line(text: str) -> str:
    """Return a text as it can stand in a line: NFC, single spaces; refuse what would end a line or a field."""
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text):
        raise DrawError(
            N_("There is a line break, tab or control character in {text!r}; remove it."), "control", text=text
        )
    cleaned = " ".join(unicodedata.normalize("NFC", text).split())
    if not cleaned:
        raise DrawError(N_("A name, place, category, attribute or rule is empty; fill it in."), "empty")
    return cleaned


def _attributes(attributes: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the attributes that have a value, cleaned and sorted by name."""
    for name in attributes:
        if "=" in name:
            raise DrawError(N_("An attribute's name cannot have an equals sign: {name}"), "attribute", name=name)
    return tuple(sorted((one_line(name), one_line(value)) for name, value in attributes.items() if value.strip()))


def _refuse_twice(texts: Sequence[str], message: str) -> None:
    for text, count in Counter(texts).items():
        if count > 1:
            raise DrawError(message, "twice", what=text)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise DrawError(N_("{kind} is not drawn; use one of: {allowed}."), "kind", kind=kind, allowed=", ".join(KINDS))


def _check_quota(quota: Quota, size: int, allowed: Collection[int] | None) -> None:
    if allowed is not None and quota.k not in allowed:
        raise DrawError(
            N_("{stratum}: the scheme lets {allowed} be drawn, not {k}."),
            "quota",
            stratum=quota.stratum,
            allowed=" / ".join(str(k) for k in sorted(allowed)),
            k=quota.k,
        )
    wanted = quota.k + (quota.reserves or 0)
    if quota.k < 1 or (quota.reserves or 0) < 0:
        raise DrawError(N_("{stratum}: at least one must be drawn."), "quota", stratum=quota.stratum)
    if wanted > size:
        raise DrawError(
            N_("{stratum}: {wanted} are wanted (reserves included) but the list has {size}; short by {short}."),
            "shortfall",
            stratum=quota.stratum,
            wanted=wanted,
            size=size,
            short=wanted - size,
        )


def check_digits(digits: str, least: int) -> None:
    if not set(digits) <= set("0123456789"):
        raise DrawError(N_("Only the digits 0 to 9 may be used, without spaces: {digits!r}."), "digits", digits=digits)
    if not least <= len(digits) <= MOST_DIGITS:
        raise DrawError(
            N_("There are {count} digits in {digits!r}; at least {least} are needed, at most {most}."),
            "digits",
            digits=digits[:40],
            count=len(digits),
            least=least,
            most=MOST_DIGITS,
        )
