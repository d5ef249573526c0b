"""What is drawn from, and the draws: sites, roster, locked lists with their annexes, ceremonies with their cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.core.draw import LockedList, parse_list
from inspection_app.core.roster import Citizen, Site, masked

OPEN, DRAWN, VOID = "open", "drawn", "void"


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


def lock(db: Database, locked: LockedList, at: datetime) -> int:
    """Keep a locked list with its annex and return its id."""
    row = {"kind": locked.kind, "text": locked.text, "digest": locked.digest, "at": at.isoformat()}
    id_ = db.table("locked_list").insert(row, pk="id").last_pk
    assert isinstance(id_, int)
    db.table("annex").insert_all({"locked_list": id_, **row._asdict()} for row in locked.annex)
    return id_


def withdraw(db: Database, list_: int, at: datetime, reason: str) -> None:
    """End a lock; the list and its annex stay for the record."""
    db.table("locked_list").update(list_, {"withdrawn": at.isoformat(), "reason": reason})


def locked(db: Database, kind: str) -> Kept | None:
    """Return the list of this kind that is locked now, if any."""
    for row in db.query("SELECT * FROM locked_list WHERE kind = ? AND withdrawn IS NULL", [kind]):
        annex = db.query("SELECT number, identity FROM annex WHERE locked_list = ?", [row["id"]])
        return Kept(
            row["id"], parse_list(row["text"]), datetime.fromisoformat(row["at"]),
            {line["number"]: line["identity"] for line in annex},
        )  # fmt: skip
    return None


def begin_ceremony(db: Database, list_: int, kind: str, place: str, at: datetime, cards: Iterable[Card]) -> int:
    """Open the next ceremony of a kind and return its number."""
    number = int(db.execute("SELECT count(*) + 1 FROM ceremony WHERE kind = ?", [kind]).fetchone()[0])
    row = {"locked_list": list_, "kind": kind, "number": number, "place": place, "at": at.isoformat(), "state": OPEN}
    id_ = db.table("ceremony").insert(row, pk="id").last_pk
    db.table("card").insert_all({"ceremony": id_, **asdict(card)} for card in cards)
    return number


def set_public_digits(db: Database, ceremony: int, digits: str) -> None:
    db.table("ceremony").update(ceremony, {"public_digits": digits})


def close_ceremony(db: Database, ceremony: int, certificate: str, cards: Iterable[Card]) -> None:
    """Keep the opened cards and the certificate of a ceremony that ended in a draw."""
    for card in cards:
        db.table("card").update((ceremony, card.party, card.name), {"digits": card.digits})
    db.table("ceremony").update(ceremony, {"state": DRAWN, "certificate": certificate})


def void_ceremony(db: Database, ceremony: int, reason: str) -> None:
    db.table("ceremony").update(ceremony, {"state": VOID, "reason": reason})


def ceremonies(db: Database, kind: str) -> tuple[Ceremony, ...]:
    """Return every ceremony of a kind, voided ones included, in order."""
    return tuple(
        _ceremony(db, row) for row in db.query("SELECT * FROM ceremony WHERE kind = ? ORDER BY number", [kind])
    )


def _ceremony(db: Database, row: dict[str, Any]) -> Ceremony:
    cards = db.query("SELECT * FROM card WHERE ceremony = ? ORDER BY rowid", [row["id"]])
    return Ceremony(
        row["id"], row["kind"], row["number"], row["place"], datetime.fromisoformat(row["at"]), row["public_digits"],
        row["state"], row["reason"], row["certificate"],
        tuple(Card(card["party"], card["name"], card["digits"]) for card in cards),
    )  # fmt: skip
