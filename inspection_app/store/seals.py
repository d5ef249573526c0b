"""What surrounds the seal: the chair's explanations, the members' confirmations, the seals themselves, and what comes
after them (signed scans, issued documents). Everything here only grows; of a seal only its lifting is added."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from inspection_app.store import content

FORMAT = "inspection-app seal 1"


class Answer(StrEnum):
    """What a member says of the result."""

    CONFIRMED = "confirmed"
    SIGNED = "signed"  # the printed draft, of which a scan is attached
    REFUSED = "refused"


@dataclass(frozen=True)
class Explanation:
    """Why the panel goes on although a check finds something; ``breach`` is the key of what it finds."""

    breach: str
    reason: str
    at: datetime
    by: int


@dataclass(frozen=True)
class Confirmation:
    """A member's word on the result of this digest; ``scan`` is the digest of the scan that bears the signature."""

    member: int
    result: str
    answer: Answer
    reason: str
    scan: str
    at: datetime
    by: int
    round: int = 0


@dataclass(frozen=True)
class Seal:
    """A visit fixed: digests of content and result (64 hex digits), and the log's head before it was sealed.

    ``lifted`` is when the visit was reopened, None while the seal holds.
    """

    id: int
    content: str
    result: str
    log_head: str
    digest: str
    at: datetime
    by: int
    last_attendance: int  # the rowid of the last attendance that is fixed
    lifted: datetime | None = None


@dataclass(frozen=True)
class Paper:
    """A document that is kept as it is: a signed scan, or what was issued, then with its recipient."""

    id: int
    title: str
    media: str
    digest: str
    at: datetime
    by: int
    recipient: str = ""

    @property
    def told(self) -> str:
        """Return what the log pins of it beside the content's digest."""
        return json.dumps([self.title, self.media, self.recipient], ensure_ascii=False)


# --- before ---------------------------------------------------------------------------------------------------------


def explain(db: Database, given: Explanation) -> None:
    db.table("explanation").insert(
        {"breach": given.breach, "reason": given.reason, "at": given.at.isoformat(), "by": given.by}
    )


def explanations(db: Database) -> dict[str, Explanation]:
    """Return the latest explanation by the breach's key."""
    return {
        row["breach"]: Explanation(row["breach"], row["reason"], datetime.fromisoformat(row["at"]), row["by"])
        for row in db.query("SELECT * FROM explanation ORDER BY id")
    }


def confirm(db: Database, given: Confirmation) -> None:
    """Keep a member's word on the result; the round is the one under way, whatever it says of it."""
    db.table("confirmation").insert(
        {"member": given.member, "result": given.result, "answer": str(given.answer), "reason": given.reason,
         "scan": given.scan, "at": given.at.isoformat(), "by": given.by, "round": _lifted(db)}
    )  # fmt: skip


def confirmations(db: Database) -> dict[int, Confirmation]:
    """Return everybody's latest word since the visit was last reopened, by member id."""
    rows = db.query("SELECT * FROM confirmation WHERE round = ? ORDER BY id", [_lifted(db)])
    return {
        row["member"]: Confirmation(
            row["member"], row["result"], Answer(row["answer"]), row["reason"], row["scan"],
            datetime.fromisoformat(row["at"]), row["by"], row["round"],
        )
        for row in rows
    }  # fmt: skip


def _lifted(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM seal WHERE lifted IS NOT NULL").fetchone()[0])


# --- the seal -------------------------------------------------------------------------------------------------------


def seal_digest(visit: str, *said_of_it: str | int) -> str:
    """Return the digest that is printed: SHA-256 over the canonical text of everything that a seal says.

    Args:
        said_of_it: number, content, result, the log's head, time, member and last attendance, as they are kept.
    """
    said = json.dumps([FORMAT, visit, *said_of_it], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def seal(
    db: Database, visit: str, result: str, log_head: str, at: datetime, by: int, entropy: Callable[[int], bytes]
) -> Seal:
    """Fix the content as it stands; from then on the file itself refuses to change it."""
    number = int(db.execute("SELECT count(*) + 1 FROM seal").fetchone()[0])
    scope = content.scope_of(db)
    leaves = list(content.leaves(db, scope, entropy))
    fixed = content.digest(db, scope, {leaf.place: leaf.digest for leaf in leaves})
    last = int(db.execute("SELECT coalesce(max(rowid), 0) FROM attendance").fetchone()[0])
    digest = seal_digest(visit, number, fixed, result, log_head, at.isoformat(), by, last)
    db.table("seal_leaf").insert_all(
        {"seal": number, "place": leaf.place, "nonce": leaf.nonce, "digest": leaf.digest} for leaf in leaves
    )
    db.table("seal").insert(
        {"id": number, "content": fixed, "scope": content.canonical_scope(scope), "result": result,
         "log_head": log_head, "digest": digest, "at": at.isoformat(), "by": by, "last_attendance": last}
    )  # fmt: skip
    return Seal(number, fixed, result, log_head, digest, at, by, last)


def lift(db: Database, number: int, at: datetime) -> None:
    """End a seal; it stays on record without its leaves, which prove nothing once the content changes."""
    db.table("seal").update(number, {"lifted": at.isoformat()})
    db.execute("DELETE FROM seal_leaf WHERE seal = ?", [number])


def seals(db: Database) -> tuple[Seal, ...]:
    """Return every seal, oldest first."""
    return tuple(map(_seal, db.query("SELECT * FROM seal ORDER BY id")))


def current(db: Database) -> Seal | None:
    """Return the seal that holds, None where there is none."""
    return next(map(_seal, db.query("SELECT * FROM seal WHERE lifted IS NULL ORDER BY id DESC LIMIT 1")), None)


def scope(db: Database, number: int) -> content.Scope:
    """Return what a seal covers; raises as ``content.parse_scope`` does."""
    return content.parse_scope(db.execute("SELECT scope FROM seal WHERE id = ?", [number]).fetchone()[0])


def written_out(db: Database, number: int) -> frozenset[str]:
    """Return, as ``table/column``, what a seal covers by the very values and not by leaves: removed, they break it."""
    parts = scope(db, number).items()
    return frozenset(f"{table}/{column}" for table, part in parts if part.rows for column in part.columns)


def leaves(db: Database, number: int) -> Mapping[str, content.Leaf]:
    """Return a seal's leaves by place."""
    rows = db.query("SELECT * FROM seal_leaf WHERE seal = ?", [number])
    return {row["place"]: content.Leaf(row["place"], row["nonce"], row["digest"]) for row in rows}


def forget_removed(db: Database) -> dict[str, int]:
    """Empty the nonces of values that were removed from a sealed visit, so that nobody can try out what they were.

    Returns:
        How many they are, by ``table/column``; empty where the visit is not sealed.
    """
    held, forgotten = current(db), Counter[str]()
    if held is None:
        return {}
    kept = leaves(db, held.id)
    for place, value in list(content.values(db, scope(db, held.id))):
        leaf = kept[place]
        if leaf.nonce and content.leaf_digest(place, leaf.nonce, value) != leaf.digest:
            db.table("seal_leaf").update((held.id, place), {"nonce": ""})
            forgotten[content.column_of(place)] += 1
    return dict(forgotten)


def fixed_attendance(db: Database) -> frozenset[tuple[int, str, str]]:
    """Return activity, kind and name of the attendance that a seal fixes; none where the visit is not sealed."""
    rows = db.query(
        "SELECT activity, kind, who FROM attendance WHERE rowid <= "
        "coalesce((SELECT max(last_attendance) FROM seal WHERE lifted IS NULL), 0)"
    )
    return frozenset((row["activity"], row["kind"], row["who"]) for row in rows)


def _seal(row: dict[str, Any]) -> Seal:
    return Seal(
        row["id"], row["content"], row["result"], row["log_head"], row["digest"], datetime.fromisoformat(row["at"]),
        row["by"], row["last_attendance"], datetime.fromisoformat(row["lifted"]) if row["lifted"] else None,
    )  # fmt: skip


# --- papers ---------------------------------------------------------------------------------------------------------


def add_scan(db: Database, title: str, paper: bytes, media: str, digest: str, at: datetime, by: int) -> Paper:
    """Keep a scan of something signed."""
    return _add(db, "signed_scan", title, paper, media, digest, at, by)


def issue(
    db: Database, title: str, paper: bytes, media: str, digest: str, recipient: str, at: datetime, by: int
) -> Paper:
    """Keep a document as it was sent."""
    return _add(db, "issued", title, paper, media, digest, at, by, recipient)


def _add(
    db: Database, table: str, title: str, paper: bytes, media: str, digest: str, at: datetime, by: int,
    recipient: str = "",
) -> Paper:  # fmt: skip
    row: dict[str, object] = {
        "title": title, "content": paper, "media": media, "digest": digest, "at": at.isoformat(), "by": by
    }  # fmt: skip
    if table == "issued":
        row["recipient"] = recipient
    id_ = db.table(table).insert(row, pk="id").last_pk
    assert isinstance(id_, int)
    return Paper(id_, title, media, digest, at, by, recipient)


def scans(db: Database) -> tuple[Paper, ...]:
    """Return the signed scans, oldest first, without their content."""
    return tuple(
        _paper(row) for row in db.query("SELECT id, title, media, digest, at, by FROM signed_scan ORDER BY id")
    )


def issued(db: Database) -> tuple[Paper, ...]:
    """Return the issued documents, oldest first, without their content."""
    return tuple(
        _paper(row) for row in db.query("SELECT id, title, media, digest, at, by, recipient FROM issued ORDER BY id")
    )


def paper(db: Database, digest: str) -> bytes | None:
    """Return a scan or an issued document by its digest; None where there is none such."""
    row = db.execute(
        "SELECT content FROM signed_scan WHERE digest = ? UNION ALL SELECT content FROM issued WHERE digest = ?",
        [digest, digest],
    ).fetchone()
    return None if row is None else bytes(row[0])


def _paper(row: dict[str, Any]) -> Paper:
    return Paper(
        row["id"], row["title"], row["media"], row["digest"], datetime.fromisoformat(row["at"]), row["by"],
        row.get("recipient", ""),
    )  # fmt: skip


def attachments(db: Database) -> dict[str, tuple[str, str]]:
    """Return by ``table/id`` every photo's, scan's and document's digest as it is written and as its content has it:
    an empty text for evidence whose content was removed."""
    found = {}
    for table, column in (
        ("paper_sheet", "photo"), ("draw_photo", "photo"), ("signed_scan", "content"), ("issued", "content"),
        ("evidence_content", "content"),
    ):  # fmt: skip
        for row in db.table(table).rows_where(select=f"id, digest, {column}", order_by="id"):
            removed = table == "evidence_content" and not row[column]
            found[f"{table}/{row['id']}"] = (
                row["digest"], "" if removed else hashlib.sha256(row[column]).hexdigest()
            )  # fmt: skip
    return found


def strange_lists(db: Database) -> tuple[int, ...]:
    """Return the ids of the locked lists whose text does not have the digest that was made public."""
    rows = db.execute("SELECT id, text, digest FROM locked_list ORDER BY id")
    return tuple(id_ for id_, text, digest in rows if hashlib.sha256(text.encode()).hexdigest() != digest)


def answers(db: Database) -> list[dict[str, Any]]:
    """Return every revision of every answer as it is kept, oldest first."""
    return list(db.query("SELECT id, member, item, revision, answers, note, at FROM answer ORDER BY revision, id"))


def damage(db: Database) -> tuple[str, ...]:
    """Return what SQLite itself finds wrong in the file, and references to what is not there."""
    told = [str(line) for (line,) in db.execute("PRAGMA integrity_check(5)") if line != "ok"]
    if db.execute("SELECT count(*) FROM visit").fetchone()[0] != 1:
        told.append("visit")
    return (*told, *(f"{table} {row}" for table, row, *_ in db.execute("PRAGMA foreign_key_check")))


def facts_removed(db: Database) -> dict[int, tuple[str, str]]:
    """Return key and time of every fact whose value was removed, by its number in the order of entry."""
    rows = db.execute("SELECT key, removed FROM fact ORDER BY rowid")
    return {number: (key, removed) for number, (key, removed) in enumerate(rows, 1) if removed}
