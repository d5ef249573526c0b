"""Groups, declarations, recusals and hand-overs of the chair. The assignment itself is in ``store.panel``."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.duties import Declaration, Duties, Group, HandOver, Recusal, Scope
from inspection_app.core.visit import SCORING_ROLES
from inspection_app.store import panel


def duties(db: Database) -> Duties:
    """Return who scores what: assignment, groups and recusals together."""
    return Duties(panel.assignment(db), groups(db), recusals(db))


def add_group(db: Database, group: Group) -> int:
    """Keep a new group with its members and return its id."""
    id_ = db.table("panel_group").insert(_group_row(group), pk="id").last_pk
    assert isinstance(id_, int)
    panel.set_group(db, id_, group.members)
    return id_


def change_group(db: Database, group: Group) -> None:
    db.table("panel_group").update(group.id, _group_row(group))
    panel.set_group(db, group.id, group.members)


def dissolve_group(db: Database, group: int) -> None:
    panel.set_group(db, group, ())
    db.table("panel_group").delete(group)


def groups(db: Database) -> tuple[Group, ...]:
    """Return all groups with those of their members who score."""
    members: dict[int, list[int]] = {}
    for row in db.query("SELECT id, role, panel_group FROM member WHERE panel_group IS NOT NULL ORDER BY id"):
        if row["role"] in SCORING_ROLES:
            members.setdefault(row["panel_group"], []).append(row["id"])
    return tuple(
        Group(row["id"], row["name"], row["speciality"], row["leader"], tuple(members.get(row["id"], ())),
              bool(row["one_mark"]))
        for row in db.query("SELECT * FROM panel_group ORDER BY id")
    )  # fmt: skip


def _group_row(group: Group) -> dict[str, object]:
    return {
        "name": group.name.strip(), "speciality": group.speciality.strip(), "leader": group.leader,
        "one_mark": int(group.one_mark),
    }  # fmt: skip


def declare(db: Database, declaration: Declaration) -> None:
    db.table("declaration").insert(
        {"member": declaration.member, "conflict": declaration.conflict,
         "confidential": int(declaration.confidential), "at": declaration.at.isoformat()}
    )  # fmt: skip


def declarations(db: Database) -> dict[int, Declaration]:
    """Return everybody's latest declaration by member id."""
    return {
        row["member"]: Declaration(
            row["member"], row["conflict"], bool(row["confidential"]), datetime.fromisoformat(row["at"])
        )
        for row in db.query("SELECT * FROM declaration ORDER BY id")
    }


def has_declared(db: Database, member: int) -> bool:
    rows = db.query("SELECT confidential FROM declaration WHERE member = ? ORDER BY id DESC LIMIT 1", [member])
    return any(row["confidential"] for row in rows)


def propose(db: Database, member: int, scope: Scope, ref: str, reason: str, at: datetime, by: int) -> int:
    """Keep a proposed recusal and return its id."""
    row = {"member": member, "scope": str(scope), "ref": ref, "reason": reason, "at": at.isoformat(), "by": by}
    id_ = db.table("recusal").insert(row, pk="id").last_pk
    assert isinstance(id_, int)
    return id_


def decide(db: Database, recusal: int, approved: bool, organiser: str, at: datetime) -> None:
    db.table("recusal").update(
        recusal, {"decided": at.isoformat(), "approved": int(approved), "organiser": organiser}
    )


def recusals(db: Database) -> tuple[Recusal, ...]:
    """Return all recusals in the order they were proposed, decided or not."""
    return tuple(
        Recusal(
            row["id"], row["member"], Scope(row["scope"]), row["ref"], row["reason"],
            datetime.fromisoformat(row["at"]), row["by"],
            datetime.fromisoformat(row["decided"]) if row["decided"] else None,
            None if row["approved"] is None else bool(row["approved"]), row["organiser"],
        )
        for row in db.query("SELECT * FROM recusal ORDER BY id")
    )  # fmt: skip


def hand_over(db: Database, given: HandOver) -> None:
    db.table("hand_over").insert(
        {"from_member": given.from_member, "to_member": given.to_member, "reason": given.reason,
         "at": given.at.isoformat(), "by": given.by}
    )  # fmt: skip


def hand_overs(db: Database) -> tuple[HandOver, ...]:
    """Return how the chair's duties passed on, oldest first."""
    return tuple(
        HandOver(
            row["from_member"], row["to_member"], row["reason"], datetime.fromisoformat(row["at"]), row["by"]
        )
        for row in db.query("SELECT * FROM hand_over ORDER BY id")
    )
