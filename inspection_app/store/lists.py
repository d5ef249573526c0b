"""What is drawn from, and the draws: sites, roster, locked lists with their annexes, ceremonies with their cards, and
what follows a draw: calls, substitutions, closed lists of who is absent. A draw made by hand is a ceremony with a
result in the place of cards.

Lists and ceremonies are kept by *track*: ``sites`` and ``citizens`` are the draws that count, rehearsals have tracks
of their own (``rehearsal_of``), so that whoever asks for a draw never meets its rehearsal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlite_utils import Database

from inspection_app.core.draw import LockedList, parse_list
from inspection_app.core.fresh_digits import AbsentList
from inspection_app.core.roster import Citizen, Site, masked
from inspection_app.core.substitution import CallState, Substitution

OPEN, DRAWN, VOID = "open", "drawn", "void"


def rehearsal_of(kind: str) -> str:
    """Return the track of a kind's rehearsals."""
    return f"{kind} rehearsal"


@dataclass(frozen=True)
class Kept:
    """A locked list as it is kept: its row's id, when it was locked, and who stands behind each number."""

    id: int
    locked: LockedList
    at: datetime
    identities: dict[int, str]


@dataclass(frozen=True)
class Card:
    """A card on the table; ``digits`` stay empty until the cards are opened."""

    party: str
    name: str
    digits: str = ""


@dataclass(frozen=True)
class HandDraw:
    """What is on record of a draw made by hand: who drew, who witnessed it, and what came out, in the order drawn."""

    drawer: str
    witnesses: tuple[str, ...]
    drawn: Mapping[str, tuple[int, ...]]
    photos: tuple[str, ...] = ()  # digests


@dataclass(frozen=True)
class Photo:
    """One photo of the slips or signatures of a draw; ``digest`` is the SHA-256 of ``content`` in hex."""

    id: int
    content: bytes
    media: str
    digest: str
    at: datetime
    by: int


@dataclass(frozen=True)
class Replaced:
    """A substitution as it is kept: its row's id, and when it was made and by whom."""

    id: int
    substitution: Substitution
    at: datetime
    by: int


@dataclass(frozen=True)
class Closing:
    """A closed list of who is absent as it is kept, and the fresh digits once they are drawn.

    ``certificate`` is the canonical JSON of the draw's as it was handed out until then; the first ``replaced`` of the
    ceremony's substitutions were made before. ``withdrawn_why`` is there when it was taken back.
    """

    id: int
    absent: AbsentList
    certificate: str
    replaced: int
    public_digits: str
    digits_by: str
    withdrawn_why: str


@dataclass(frozen=True)
class Ceremony:
    id: int
    kind: str
    number: int
    place: str
    at: datetime
    public_digits: str
    state: str
    reason: str
    certificate: str
    cards: tuple[Card, ...]
    hand: HandDraw | None = None
    replaced: tuple[Replaced, ...] = ()
    calls: Mapping[int, CallState] = field(default_factory=dict)
    digits_so_far: str = ""  # public digits while they are being drawn
    drawn: datetime | None = None
    digits_by: str = ""
    closings: tuple[Closing, ...] = ()


class Brief(NamedTuple):
    """A ceremony in a few words; ``substitutions`` counts those that stand."""

    track: str
    number: int
    state: str
    by_hand: bool
    substitutions: int


def set_sites(db: Database, sites: Iterable[Site]) -> None:
    """Replace the candidate sites."""
    db.execute("DELETE FROM site")
    db.table("site").insert_all(asdict(site) for site in sites)


def sites(db: Database) -> tuple[Site, ...]:
    rows = db.query("SELECT * FROM site ORDER BY id")
    return tuple(Site(row["name"], row["address"], row["feature"]) for row in rows)


def set_roster(db: Database, citizens: Iterable[Citizen]) -> None:
    """Replace the roster; of identity numbers only the masked form is kept."""
    db.execute("DELETE FROM citizen")
    db.table("citizen").insert_all(
        asdict(citizen) | {"id_number": masked(citizen.id_number)} for citizen in citizens
    )


def roster(db: Database) -> tuple[Citizen, ...]:
    rows = db.query("SELECT * FROM citizen ORDER BY id")
    return tuple(Citizen(**{key: value for key, value in row.items() if key != "id"}) for row in rows)


def lock(db: Database, track: str, locked: LockedList, at: datetime) -> int:
    """Keep a locked list with its annex and return its id."""
    row = {"kind": track, "text": locked.text, "digest": locked.digest, "at": at.isoformat()}
    id_ = db.table("locked_list").insert(row, pk="id").last_pk
    assert isinstance(id_, int)
    db.table("annex").insert_all({"locked_list": id_, **row._asdict()} for row in locked.annex)
    return id_


def withdraw(db: Database, list_: int, at: datetime, reason: str) -> None:
    """End a lock; the list and its annex stay for the record."""
    db.table("locked_list").update(list_, {"withdrawn": at.isoformat(), "reason": reason})


def locked(db: Database, track: str) -> Kept | None:
    """Return the list of this track that is locked now, if any."""
    for row in db.query("SELECT * FROM locked_list WHERE kind = ? AND withdrawn IS NULL", [track]):
        annex = db.query("SELECT number, identity FROM annex WHERE locked_list = ?", [row["id"]])
        return Kept(
            row["id"], parse_list(row["text"]), datetime.fromisoformat(row["at"]),
            {line["number"]: line["identity"] for line in annex},
        )  # fmt: skip
    return None


def begin_ceremony(db: Database, list_: int, track: str, place: str, at: datetime, cards: Iterable[Card]) -> int:
    """Open the next ceremony of a track and return its number."""
    number = int(db.execute("SELECT count(*) + 1 FROM ceremony WHERE kind = ?", [track]).fetchone()[0])
    row = {"locked_list": list_, "kind": track, "number": number, "place": place, "at": at.isoformat(), "state": OPEN}
    id_ = db.table("ceremony").insert(row, pk="id").last_pk
    db.table("card").insert_all({"ceremony": id_, **asdict(card)} for card in cards)
    return number


def correct_ceremony(db: Database, ceremony: int, place: str, cards: Iterable[Card]) -> None:
    """Replace the place and the cards of a ceremony; its number and time stay."""
    db.table("ceremony").update(ceremony, {"place": place})
    db.execute("DELETE FROM card WHERE ceremony = ?", [ceremony])
    db.table("card").insert_all({"ceremony": ceremony, **asdict(card)} for card in cards)


def set_digits_so_far(db: Database, ceremony: int, digits: str) -> None:
    db.table("ceremony").update(ceremony, {"digits_so_far": digits})


def set_public_digits(db: Database, ceremony: int, digits: str, digits_by: str) -> None:
    db.table("ceremony").update(ceremony, {"public_digits": digits, "digits_by": digits_by})


def close_ceremony(db: Database, ceremony: int, certificate: str, cards: Iterable[Card], at: datetime) -> None:
    """Keep the opened cards and the certificate of a ceremony that ended in a draw."""
    for card in cards:
        db.table("card").update((ceremony, card.party, card.name), {"digits": card.digits})
    db.table("ceremony").update(ceremony, {"state": DRAWN, "certificate": certificate, "drawn": at.isoformat()})


def void_ceremony(db: Database, ceremony: int, reason: str) -> None:
    db.table("ceremony").update(ceremony, {"state": VOID, "reason": reason})


def register_by_hand(
    db: Database, list_: int, kind: str, place: str, at: datetime, drawer: str, witnesses: Sequence[str],
    drawn: Mapping[str, Sequence[int]],
) -> int:  # fmt: skip
    """Keep a draw that was made by hand as the next ceremony of its kind, drawn; return its number."""
    number = begin_ceremony(db, list_, kind, place, at, ())
    ceremony = ceremonies(db, kind)[-1].id
    db.table("ceremony").update(ceremony, {"state": DRAWN})
    db.table("hand_draw").insert({
        "ceremony": ceremony, "drawer": drawer, "witnesses": json.dumps(list(witnesses), ensure_ascii=False),
        "drawn": json.dumps({stratum: list(numbers) for stratum, numbers in drawn.items()}, ensure_ascii=False),
    })  # fmt: skip
    return number


def add_photo(db: Database, ceremony: int, content: bytes, media: str, digest: str, at: datetime, by: int) -> None:
    """Keep a photo of a draw made by hand."""
    db.table("draw_photo").insert(
        {"ceremony": ceremony, "photo": content, "media": media, "digest": digest, "at": at.isoformat(), "by": by}
    )


def remove_photo(db: Database, id_: int) -> None:
    db.execute("DELETE FROM draw_photo WHERE id = ?", [id_])


def photos(db: Database, ceremony: int) -> tuple[Photo, ...]:
    """Return the photos of a draw made by hand, in the order they were attached."""
    return tuple(
        Photo(row["id"], row["photo"], row["media"], row["digest"], datetime.fromisoformat(row["at"]), row["by"])
        for row in db.query("SELECT * FROM draw_photo WHERE ceremony = ? ORDER BY id", [ceremony])
    )


def add_call(db: Database, ceremony: int, number: int, state: CallState, at: datetime, by: int) -> None:
    """Note what became of calling somebody drawn; the latest counts."""
    db.table("call").insert(
        {"ceremony": ceremony, "number": number, "state": str(state), "at": at.isoformat(), "by": by}
    )


def substitute(db: Database, ceremony: int, one: Substitution, at: datetime, by: int) -> None:
    """Keep a substitution, after those that are there."""
    db.table("substitution").insert(asdict(one) | {"ceremony": ceremony, "at": at.isoformat(), "by": by})


def withdraw_substitution(db: Database, id_: int, at: datetime, why: str) -> None:
    """Take a substitution back; it stays on record with the reason."""
    db.table("substitution").update(id_, {"withdrawn": at.isoformat(), "withdrawn_why": why})


def close_absent(
    db: Database, ceremony: int, absent: AbsentList, certificate: str, replaced: int, by: int
) -> None:
    """Keep a closed list of who is absent."""
    db.table("absent_list").insert({
        "ceremony": ceremony, "closing": absent.closing, "certificate": certificate, "replaced": replaced,
        "absent": json.dumps(absent.absent, ensure_ascii=False), "at": absent.time.isoformat(), "by": by,
        "signed": json.dumps(absent.signed, ensure_ascii=False),
    })  # fmt: skip


def withdraw_absent(db: Database, id_: int, at: datetime, why: str) -> None:
    """Take a closed list back; it stays on record with its number and the reason."""
    db.table("absent_list").update(id_, {"withdrawn": at.isoformat(), "withdrawn_why": why})


def set_fresh_digits(db: Database, id_: int, digits: str, digits_by: str, at: datetime) -> None:
    """Keep the fresh digits of a closed list."""
    db.table("absent_list").update(
        id_, {"public_digits": digits, "digits_by": digits_by, "drawn": at.isoformat()}
    )


def ceremonies(db: Database, track: str) -> tuple[Ceremony, ...]:
    """Return every ceremony of a track, voided ones included, in order."""
    return tuple(
        _ceremony(db, row) for row in db.query("SELECT * FROM ceremony WHERE kind = ? ORDER BY number", [track])
    )


def briefly(db: Database) -> tuple[Brief, ...]:
    """Return what statistics need of every ceremony of every track, voided ones included."""
    rows = db.execute(
        "SELECT kind, number, state, EXISTS (SELECT 1 FROM hand_draw WHERE ceremony = ceremony.id), (SELECT count(*) "
        "FROM substitution WHERE ceremony = ceremony.id AND withdrawn IS NULL) FROM ceremony ORDER BY kind, number"
    )
    return tuple(Brief(track, number, state, bool(by_hand), count) for track, number, state, by_hand, count in rows)


def _ceremony(db: Database, row: dict[str, Any]) -> Ceremony:
    id_ = row["id"]
    cards = db.query("SELECT * FROM card WHERE ceremony = ? ORDER BY rowid", [id_])
    replaced = db.query("SELECT * FROM substitution WHERE ceremony = ? AND withdrawn IS NULL ORDER BY id", [id_])
    calls = db.query("SELECT number, state FROM call WHERE ceremony = ? ORDER BY id", [id_])
    return Ceremony(
        id_, row["kind"], row["number"], row["place"], datetime.fromisoformat(row["at"]), row["public_digits"],
        row["state"], row["reason"], row["certificate"],
        tuple(Card(card["party"], card["name"], card["digits"]) for card in cards),
        _hand(db, id_),
        tuple(
            Replaced(
                one["id"], Substitution(one["gone"], one["comes"], one["reason"], one["witness"]),
                datetime.fromisoformat(one["at"]), one["by"],
            )
            for one in replaced
        ),
        {call["number"]: CallState(call["state"]) for call in calls},
        row["digits_so_far"],
        datetime.fromisoformat(row["drawn"]) if row["drawn"] else None,
        row["digits_by"],
        tuple(
            _closing(one) for one in db.query("SELECT * FROM absent_list WHERE ceremony = ? ORDER BY closing", [id_])
        ),
    )  # fmt: skip


def _closing(row: dict[str, Any]) -> Closing:
    absent = AbsentList(
        row["closing"], hashlib.sha256(row["certificate"].encode()).hexdigest(), datetime.fromisoformat(row["at"]),
        tuple((number, reason) for number, reason in json.loads(row["absent"])), tuple(json.loads(row["signed"])),
    )  # fmt: skip
    return Closing(
        row["id"], absent, row["certificate"], row["replaced"], row["public_digits"], row["digits_by"],
        row["withdrawn_why"],
    )  # fmt: skip


def _hand(db: Database, ceremony: int) -> HandDraw | None:
    for row in db.query("SELECT * FROM hand_draw WHERE ceremony = ?", [ceremony]):
        digests = db.query("SELECT digest FROM draw_photo WHERE ceremony = ? ORDER BY id", [ceremony])
        return HandDraw(
            row["drawer"], tuple(json.loads(row["witnesses"])),
            {stratum: tuple(numbers) for stratum, numbers in json.loads(row["drawn"]).items()},
            tuple(photo["digest"] for photo in digests),
        )  # fmt: skip
    return None
