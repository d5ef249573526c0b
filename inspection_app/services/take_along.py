"""Handing out offline sheets: each expert's own as one HTML file, everybody's as ZIP for the secretary.

Nothing is changed. What comes back is brought in by ``services.bring_sheets``. Words are given by whoever knows the
reader's language.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inspection_app.core.visit import Actor, Member, Role
from inspection_app.errors import N_, NotFound, PermissionDenied, StageError
from inspection_app.services.pad import pad_sheet
from inspection_app.sheets.offline import offline_sheet_html
from inspection_app.store import duties, panel, sheets, visits
from inspection_app.store.file import VisitFile

NO_ITEMS = N_("No items are assigned to this expert.")


@dataclass(frozen=True)
class Language:
    """What an offline sheet says to its reader: the language, and ``sheets.offline.messages()`` in it."""

    code: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class Takeable:
    """One member's sheet; ``why`` says why there is nothing to take along now, empty where there is."""

    member: Member
    why: str


def takeable(file: VisitFile, actor: Actor) -> tuple[Takeable, ...]:
    """Return whose sheets the actor may hand out or take along, and which of them cannot be scored now."""
    with file.reading() as db:
        me = panel.member(db, actor.member_id)
        people = [one for one in panel.members(db) if one.scores and (me.role is Role.SECRETARY or one.id == me.id)]
        assigned = {one.id for one in people if duties.duties(db).sheet(one.id)}
    return tuple(
        Takeable(one, _sheet(file, one)["why"] if one.id in assigned else NO_ITEMS) for one in people
    )  # fmt: skip


def offline_sheet(
    file: VisitFile, actor: Actor, member: int, now: datetime, *, language: Language, hub: str = ""
) -> bytes:
    """Return a member's offline sheet.

    For the member with everything they have entered; for the secretary with nothing in it but what came on paper or by
    files, since nobody sees what another has marked on screen: where both are filled in, the hub asks later which
    counts.

    Args:
        hub: the hub's address, to be opened in its range.

    Raises:
        PermissionDenied: it is somebody else's.
        NotFound: the member does not score, or has no items.
        StageError: nothing can be entered on it now, with the reason.
    """
    with file.reading() as db:
        me, whose = panel.member(db, actor.member_id), panel.member(db, member)
        if me.role is not Role.SECRETARY and me.id != whose.id:
            raise PermissionDenied(
                N_("A score sheet is handed out to its owner and to the secretary only."), "not-yours"
            )
        if not whose.scores or not duties.duties(db).sheet(member):
            raise NotFound(N_("{name} has no score sheet. Choose an expert."), "no-sheet", name=whose.name)
        visit = visits.read(db)
        hidden = {
            no for no, entry in sheets.sheet(db, member).items()
            if me.id != whose.id and entry.by is None and not entry.empty
        }  # fmt: skip
    sheet = _sheet(file, whose)
    if sheet["why"]:
        raise StageError(sheet["why"], "not-writable")
    if me.id != whose.id:
        sheet["phrases"] = {**sheet["phrases"], "own": []}
    blank = {"revision": 0, "answers": {}, "note": "", "at": None, "confirmed": True}
    sheet["sheet"] = {no: one | blank if no in hidden else one for no, one in sheet["sheet"].items()}
    return offline_sheet_html(
        sheet, visit=visit.id, made_at=now, words=language.words, language=language.code, hub=hub
    )


def offline_sheets(file: VisitFile, actor: Actor, now: datetime, *, language: Language, hub: str = "") -> bytes:
    """Return the offline sheets of everybody who can score now, as ZIP.

    Raises:
        PermissionDenied: by somebody other than the secretary.
        StageError: nobody can score now.
    """
    with file.reading() as db:
        if panel.member(db, actor.member_id).role is not Role.SECRETARY:
            raise PermissionDenied(
                N_("A score sheet is handed out to its owner and to the secretary only."), "not-yours"
            )
    people = [one.member for one in takeable(file, actor) if not one.why]
    if not people:
        raise StageError(N_("Nobody can score now, so there is no sheet to take along."), "nobody-scores")
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, member in enumerate(people, 1):
            entry = zipfile.ZipInfo(f"{place:02} {_file_name(member.name)}.html", now.timetuple()[:6])
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, offline_sheet(file, actor, member.id, now, language=language, hub=hub))
    return pack.getvalue()


def _sheet(file: VisitFile, member: Member) -> dict[str, Any]:
    """Return a member's sheet; handing in, asking back and photos are the hub's alone."""
    return {
        **pad_sheet(file, Actor(member.id, member.role)),
        "may_hand_in": False, "may_take_back": False, "handed_in": None, "again": {}, "evidence": {},
    }  # fmt: skip


def _file_name(name: str) -> str:
    return "".join("_" if sign in '\\/:*?"<>|' or sign < " " else sign for sign in name)
