"""The photos of paper score sheets that were typed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database


@dataclass(frozen=True)
class Photo:
    """One photographed page of a member's paper sheet; ``digest`` is the SHA-256 of ``content`` in hex."""

    id: int
    content: bytes
    media: str
    digest: str
    at: datetime
    by: int
    confirmed: datetime | None = None


def add_photo(
    db: Database, member: int, content: bytes, media: str, digest: str, at: datetime, by: int
) -> int:
    """Keep a photo and return its id."""
    row = {"member": member, "photo": content, "media": media, "digest": digest, "at": at.isoformat(), "by": by}
    id_ = db.table("paper_sheet").insert(row, pk="id").last_pk
    assert isinstance(id_, int)
    return id_


def photos(db: Database, member: int) -> tuple[Photo, ...]:
    """Return the photos of a member's paper sheet, in the order they were attached."""
    return tuple(
        Photo(
            row["id"], row["photo"], row["media"], row["digest"], datetime.fromisoformat(row["at"]), row["by"],
            datetime.fromisoformat(row["confirmed"]) if row["confirmed"] else None,
        )
        for row in db.query("SELECT * FROM paper_sheet WHERE member = ? ORDER BY id", [member])
    )  # fmt: skip


def digests(db: Database, member: int) -> tuple[str, ...]:
    """Return the photos' digests without their content."""
    rows = db.query("SELECT digest FROM paper_sheet WHERE member = ? ORDER BY id", [member])
    return tuple(row["digest"] for row in rows)


def confirm_photos(db: Database, member: int, at: datetime) -> None:
    """Note that the member confirmed what was typed in from these photos."""
    db.execute(
        "UPDATE paper_sheet SET confirmed = ? WHERE member = ? AND confirmed IS NULL", [at.isoformat(), member]
    )


def remove_photo(db: Database, id_: int) -> None:
    db.execute("DELETE FROM paper_sheet WHERE id = ?", [id_])
