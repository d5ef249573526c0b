"""Photos and files that were attached to an item, a site or an activity, each content kept once by its SHA-256.

Every table only grows: a caption that was changed, a withdrawal and its undoing are later rows, and the latest counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from inspection_app.errors import N_, NotFound
from inspection_app.store.sheets import Receipt


@dataclass(frozen=True)
class Place:
    """What evidence belongs to: an item by its number, a site by its name, or an activity by its id; one of them."""

    item: str = ""
    site: str = ""
    activity: int = 0

    @property
    def name(self) -> str:
        """What tablets call it: an item by its number, others as ``site/…`` and ``activity/…``."""
        return self.item or (f"site/{self.site}" if self.site else f"activity/{self.activity}")


@dataclass(frozen=True)
class Evidence:
    """A photo or file as it stands, without its content; ``digest`` is the SHA-256 of that in hex.

    ``taken`` is when, by the photo or the tablet that took it; ``at`` is when it reached the hub, and ``by`` whose it
    is. ``name`` is what a file was called. What was removed for good counts as withdrawn.
    """

    id: int
    place: Place
    caption: str
    media: str
    digest: str
    name: str
    width: int
    height: int
    taken: datetime
    at: datetime
    by: int
    withdrawn: bool = False


def add_content(db: Database, digest: str, content: bytes, thumbnail: bytes) -> None:
    """Keep a content by its digest; what is there already stays."""
    db.execute(
        "INSERT INTO evidence_content (digest, content, thumbnail) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [digest, content, thumbnail],
    )


def add(db: Database, found: Evidence, sent: str, receipt: Receipt | None) -> int:
    """Attach a content that is kept already and return the evidence's id.

    Args:
        sent: the SHA-256 of what was sent, before it was made anew.
    """
    id_ = db.table("evidence").insert(
        {"item": found.place.item, "site": found.place.site, "activity": found.place.activity or None,
         "caption": found.caption, "media": found.media, "digest": found.digest, "name": found.name,
         "width": found.width, "height": found.height, "taken": found.taken.isoformat(), "at": found.at.isoformat(),
         "by": found.by, "sent": sent, "client": receipt.client if receipt else None,
         "sequence": receipt.sequence if receipt else None},
        pk="id",
    ).last_pk  # fmt: skip
    assert isinstance(id_, int)
    return id_


def change(db: Database, id_: int, caption: str, withdrawn: bool, at: datetime, by: int) -> None:
    db.table("evidence_change").insert(
        {"evidence": id_, "caption": caption, "withdrawn": int(withdrawn), "at": at.isoformat(), "by": by}
    )


_STANDING = (  # what was removed for good shows no more than what was withdrawn
    "SELECT evidence.*, coalesce(latest.caption, evidence.caption) AS says, coalesce(latest.withdrawn, 0) OR EXISTS "
    "(SELECT 1 FROM evidence_content WHERE digest = evidence.digest AND length(content) = 0) AS gone "
    "FROM evidence LEFT JOIN evidence_change latest ON latest.id = "
    "(SELECT max(id) FROM evidence_change WHERE evidence = evidence.id)"
)


def every(db: Database) -> tuple[Evidence, ...]:
    """Return all evidence in the order in which it was taken, what was withdrawn too."""
    return _read(db.query(f"{_STANDING} ORDER BY evidence.taken, evidence.id"))


def of(db: Database, place: Place) -> tuple[Evidence, ...]:
    """Return the evidence of one place in the order in which it was taken, what was withdrawn too."""
    where = "item = ? AND site = ? AND activity IS ? ORDER BY evidence.taken, evidence.id"
    return _read(db.query(f"{_STANDING} WHERE {where}", [place.item, place.site, place.activity or None]))


def of_member(db: Database, member: int) -> tuple[Evidence, ...]:
    """Return what a member attached, in the order in which it was taken, what they withdrew too."""
    return _read(db.query(f"{_STANDING} WHERE evidence.by = ? ORDER BY evidence.taken, evidence.id", [member]))


def one(db: Database, id_: int) -> Evidence:
    """Return one piece of evidence; raise NotFound where there is none such."""
    with suppress(OverflowError):  # a number larger than SQLite's is nobody's
        for found in _read(db.query(f"{_STANDING} WHERE evidence.id = ?", [id_])):
            return found
    raise NotFound(N_("There is no such photo or file. Reload the page."), "no-evidence", evidence=id_)


def received(db: Database, member: int, receipt: Receipt) -> tuple[int, str] | None:
    """Return the id of what a tablet sent under this receipt, and the digest of what it sent; None where nothing."""
    row = db.execute(
        "SELECT id, sent FROM evidence WHERE by = ? AND client = ? AND sequence = ?",
        [member, receipt.client, receipt.sequence],
    ).fetchone()
    return None if row is None else (row[0], row[1])


def same(db: Database, member: int, place: Place, sent: str) -> int | None:
    """Return the id of the same file of the same member at the same place, where it stands."""
    rows = db.query(
        f"{_STANDING} WHERE evidence.by = ? AND item = ? AND site = ? AND activity IS ? AND sent = ? AND gone = 0",
        [member, place.item, place.site, place.activity or None, sent],
    )
    return next((row["id"] for row in rows), None)


def content(db: Database, digest: str, *, thumbnail: bool = False) -> bytes:
    """Return the content, or its thumbnail, of evidence that there is; a PDF's thumbnail is empty.

    Raises:
        NotFound: it was removed for good.
    """
    there, kept = db.execute(
        "SELECT length(content) > 0, CASE WHEN ? THEN thumbnail ELSE content END FROM evidence_content "
        "WHERE digest = ?", [thumbnail, digest],
    ).fetchone()  # fmt: skip
    if not there:
        raise NotFound(
            N_("This photo or file was removed together with the personal data. Its digest is kept."), "removed"
        )
    return bytes(kept)


def _read(rows: Iterable[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            row["id"], Place(row["item"], row["site"], row["activity"] or 0), row["says"], row["media"],
            row["digest"], row["name"], row["width"], row["height"], datetime.fromisoformat(row["taken"]),
            datetime.fromisoformat(row["at"]), row["by"], bool(row["gone"]),
        )
        for row in rows
    )  # fmt: skip
