"""The panel: members with the group each is in, the hashes of their codes, and which items they score."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from sqlite_utils import Database

from inspection_app.core.visit import Appointment, Member, Role
from inspection_app.errors import N_, NotFound, StageError


def appoint(db: Database, appointment: Appointment) -> int:
    """Add a member and return the id."""
    row = {
        "name": appointment.name.strip(), "organisation": appointment.organisation.strip(),
        "speciality": appointment.speciality.strip(), "role": str(appointment.role),
    }  # fmt: skip
    id_ = db.table("member").insert(row, pk="id").last_pk
    assert isinstance(id_, int)
    return id_


def change(db: Database, member: int, appointment: Appointment) -> None:
    db.table("member").update(
        member,
        {"name": appointment.name.strip(), "organisation": appointment.organisation.strip(),
         "speciality": appointment.speciality.strip(), "role": str(appointment.role)},
    )  # fmt: skip


def dismiss(db: Database, member: int) -> None:
    """Take a member off; raise StageError where the record says that they did something."""
    db.execute("UPDATE panel_group SET leader = NULL WHERE leader = ?", [member])
    try:
        db.table("member").delete(member)
    except sqlite3.IntegrityError as error:
        raise StageError(
            N_("This person has declared or entered something, and the record keeps who did. "
               "Change their role, or record a recusal."),
            "on-record",
        ) from error


def members(db: Database) -> tuple[Member, ...]:
    """Return everybody, the secretary and the chair first, then in the order they were appointed."""
    order = {Role.SECRETARY: 0, Role.CHAIR: 1, Role.EXPERT: 2}
    rows = (
        Member(row["id"], row["name"], Role(row["role"]), row["organisation"], row["speciality"], row["group"] or "")
        for row in db.query(
            'SELECT member.*, panel_group.name AS "group" FROM member '
            "LEFT JOIN panel_group ON panel_group.id = member.panel_group ORDER BY member.id"
        )
    )
    return tuple(sorted(rows, key=lambda member: order[member.role]))


def member(db: Database, id_: int) -> Member:
    """Return one member; raise NotFound where there is none such."""
    for person in members(db):
        if person.id == id_:
            return person
    raise NotFound(N_("This person is no longer on the panel. Sign in again."), "no-member")


def set_role(db: Database, id_: int, role: Role) -> None:
    db.table("member").update(id_, {"role": str(role)})


def set_group(db: Database, group: int, ids: Collection[int]) -> None:
    """Make these members, and nobody else, a group's."""
    db.execute("UPDATE member SET panel_group = NULL WHERE panel_group = ?", [group])
    for id_ in ids:
        db.execute("UPDATE member SET panel_group = ? WHERE id = ?", [group, id_])


def set_code(db: Database, id_: int, code_hash: str) -> int:
    """Replace a member's code and return how many codes they have had: sign-ins with older ones end."""
    db.execute("UPDATE member SET code_hash = ?, code_number = code_number + 1 WHERE id = ?", [code_hash, id_])
    return code_number(db, id_)


def code_number(db: Database, id_: int) -> int:
    row = db.execute("SELECT code_number FROM member WHERE id = ?", [id_]).fetchone()
    return int(row[0]) if row else 0


def code_hashes(db: Database) -> dict[int, str]:
    return {row["id"]: row["code_hash"] for row in db.query("SELECT id, code_hash FROM member WHERE code_hash != ''")}


def assign(db: Database, assignment: Mapping[int, Iterable[str]]) -> None:
    """Replace the whole assignment: item numbers by member id."""
    db.execute("DELETE FROM assignment")
    # in one order always: rows by number are what the seal fixes
    db.table("assignment").insert_all(
        {"member": id_, "item": item} for id_, items in sorted(assignment.items()) for item in sorted(set(items))
    )


def assignment(db: Database) -> dict[int, frozenset[str]]:
    """Return the item numbers each scoring member has, by member id."""
    # hundreds of rows, read for every save: SQLite brings each member's together
    rows = db.execute("SELECT member, json_group_array(item) FROM assignment GROUP BY member")
    return {member: frozenset(json.loads(items)) for member, items in rows}
