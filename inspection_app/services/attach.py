"""Photos and files attached to an item, a site or an activity: who may attach, caption, withdraw and see them.

On an item evidence goes with the answers: who may change them may attach, and until the marks are opened only they,
the chair and the secretary see it. Nothing is deleted: what is withdrawn can be brought back.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from inspection_app.core.visit import Act, Actor, Role, Stage, permit
from inspection_app.errors import N_, InspectionError, NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.files.images import JPEG, check_file
from inspection_app.services.act import Transaction, act
from inspection_app.services.observe import _begun
from inspection_app.services.prepare import rubric_of
from inspection_app.services.score import _check_duty, refuse_closed
from inspection_app.store import duties, lists, panel, programme, visits
from inspection_app.store import evidence as stored
from inspection_app.store.evidence import Evidence, Place
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import Receipt

MOST_CAPTION_CHARACTERS = 30
MOST_OF_A_PLACE = 50
_MOST_NAME_CHARACTERS = 120
_OPENED = (Stage.CONSOLIDATE, Stage.SEALED)


@dataclass(frozen=True)
class Exhibit:
    """A piece of evidence as the report shows it: where it belongs, in words, and whose it is.

    ``content`` is a JPEG; empty for a file that is no picture, which the report names only.
    """

    evidence: Evidence
    place: str
    by: str
    content: bytes


# --- attaching ------------------------------------------------------------------------------------------------------


def attach(
    file: VisitFile,
    actor: Actor,
    content: bytes,
    place: Place,
    now: datetime,
    *,
    caption: str = "",
    name: str = "",
    taken: datetime | None = None,
    receipt: Receipt | None = None,
) -> Evidence:
    """Attach a photo or a PDF to an item, a site or an activity.

    Args:
        content: a file as ``files.images.check_file`` takes it; a photo is kept without its metadata.
        caption: what is on it, at most 30 characters.
        name: what the file is called on the device.
        taken: when, where the photo itself does not say; otherwise now. Without an offset it is the hub's.
        receipt: what the tablet knows this photo by. Sent again it changes nothing, whatever has happened since.

    Returns:
        The evidence as it stands. The same file of the same member at the same place is attached once.

    Raises:
        InspectionError: no usable file (``check_file``), the caption is too long, or there is too much here already.
        NotFound: no such item, site or activity.
        ScoreError: the item is not this member's to mark, or another file has this receipt (``sequence-reused``).
        StageError, PermissionDenied: the item's answers cannot be changed (not declared, handed in, excused), one is
            recused from the site, not now, or not by this person.
    """
    sent = hashlib.sha256(content).hexdigest()
    with file.reading() as db:
        if before := _received(db, actor.member_id, receipt, sent):
            return before
    said = _caption(caption)
    found = check_file(content)
    digest = hashlib.sha256(found.content).hexdigest()
    with act(file, actor, Act.ATTACH_EVIDENCE, now) as tx:
        if before := _received(tx.db, tx.member.id, receipt, sent) or _same(tx, place, sent):
            tx.record(evidence=before.id, same=True)
            return before
        _check_place(tx, place)
        if sum(one.by == tx.member.id and not one.withdrawn for one in stored.of(tx.db, place)) >= MOST_OF_A_PLACE:
            raise InspectionError(
                N_("You have attached {most} photos and files here. Withdraw one to attach another."),
                "too-much-evidence", most=MOST_OF_A_PLACE,
            )  # fmt: skip
        stored.add_content(tx.db, digest, found.content, found.thumbnail)
        new = Evidence(
            0, place, said, found.media, digest, _tidy(name)[:_MOST_NAME_CHARACTERS], found.width, found.height,
            _taken(found.taken or taken, now), now, tx.member.id,
        )  # fmt: skip
        id_ = stored.add(tx.db, new, sent, receipt)
        tx.record(
            evidence=id_, item=place.item, site=place.site, activity=place.activity, digest=digest,
            caption=tx.digest(said) if said else "",
        )  # fmt: skip
        return stored.one(tx.db, id_)


def change_evidence(
    file: VisitFile, actor: Actor, id_: int, now: datetime, *, caption: str | None = None, withdrawn: bool | None = None
) -> Evidence:
    """Say anew what is on a photo of one's own, withdraw it, or bring it back; what was before stays on file.

    Args:
        caption, withdrawn: None where it stays as it is.

    Returns:
        The evidence as it stands. Saying what is already there changes nothing.

    Raises:
        NotFound: no such evidence.
        InspectionError: the caption is too long.
        PermissionDenied, ScoreError, StageError: it is somebody else's; otherwise as for ``attach``.
    """
    said = None if caption is None else _caption(caption)
    with act(file, actor, Act.ATTACH_EVIDENCE, now) as tx:
        found = _own(tx, id_)
        wanted = replace(
            found, caption=found.caption if said is None else said,
            withdrawn=found.withdrawn if withdrawn is None else withdrawn,
        )  # fmt: skip
        if wanted != found:
            stored.change(tx.db, id_, wanted.caption, wanted.withdrawn, now, tx.member.id)
        tx.record(
            evidence=id_, withdrawn=wanted.withdrawn, caption=tx.digest(wanted.caption) if wanted.caption else ""
        )
        return wanted


def _own(tx: Transaction, id_: int) -> Evidence:
    found = stored.one(tx.db, id_)
    if found.by != tx.member.id:
        raise PermissionDenied(N_("Only who attached a photo or file changes it."), "not-yours")
    _check_place(tx, found.place)
    return found


def _check_place(tx: Transaction, place: Place) -> None:
    """Refuse a place that there is not, or where this person may not attach anything now."""
    if place.item:
        permit(Act.ANSWER_ITEM, tx.member.role, tx.visit.stage)
        rubric_of(tx.db).item(place.item)
        _check_duty(tx, tx.member.id, place.item)
        refuse_closed(tx, tx.member.id, place.item)
    elif place.site:
        if place.site not in {site.name for site in lists.sites(tx.db)}:
            raise NotFound(N_("There is no site “{site}” in this visit."), "no-site", site=place.site)
        if duties.duties(tx.db).recused_from_site(tx.member.id, place.site):
            raise StageError(
                N_("You are recused from “{site}”. Somebody else of the panel says what it showed."),
                "recused", site=place.site,
            )  # fmt: skip
    else:
        _begun(tx).activity(place.activity)


def _received(db: Database, member: int, receipt: Receipt | None, sent: str) -> Evidence | None:
    known = stored.received(db, member, receipt) if receipt else None
    if known is None:
        return None
    id_, before = known
    if before != sent:
        raise ScoreError(
            N_("This tablet has already sent another photo under the same number. Nothing was changed; attach it "
               "again."),
            "sequence-reused",
        )  # fmt: skip
    return stored.one(db, id_)


def _same(tx: Transaction, place: Place, sent: str) -> Evidence | None:
    id_ = stored.same(tx.db, tx.member.id, place, sent)
    return stored.one(tx.db, id_) if id_ else None


def _tidy(text: str) -> str:
    """Return a text on one line, without control characters."""
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in text).split())


def _caption(text: str) -> str:
    said = _tidy(text)
    if len(said) > MOST_CAPTION_CHARACTERS:
        raise InspectionError(
            N_("The caption has more than {most} characters. Shorten it."),
            "caption-too-long", most=MOST_CAPTION_CHARACTERS,
        )  # fmt: skip
    return said


def _taken(said: datetime | None, now: datetime) -> datetime:
    """Return when a photo was taken; what a wrong clock says of the future is not believed."""
    if said is None:
        return now
    taken = said if said.tzinfo else said.replace(tzinfo=now.tzinfo)
    return min(taken, now) if taken < now + timedelta(days=1) else now


# --- seeing ---------------------------------------------------------------------------------------------------------


def evidence_of(file: VisitFile, actor: Actor, place: Place) -> tuple[Evidence, ...]:
    """Return what stands at a place and the actor may see, in the order in which it was taken."""
    with file.reading() as db:
        return tuple(one for one in stored.of(db, place) if not one.withdrawn and _may_see(db, actor.member_id, one))


def photos_of(file: VisitFile, item: str) -> tuple[Evidence, ...]:
    """Return what everybody attached to an item, once the marks are opened; nothing before."""
    with file.reading() as db:
        if visits.read(db).stage not in _OPENED:
            return ()
        return tuple(one for one in stored.of(db, Place(item=item)) if not one.withdrawn)


def read_evidence(
    file: VisitFile, actor: Actor, id_: int, *, thumbnail: bool = False
) -> tuple[Evidence, bytes]:
    """Return evidence with its content, or with its thumbnail, which is a JPEG and empty for what is no picture.

    Raises:
        NotFound: no such evidence.
        PermissionDenied: it is somebody else's, and the marks are not opened.
    """
    with file.reading() as db:
        found = stored.one(db, id_)
        if not _may_see(db, actor.member_id, found):
            raise PermissionDenied(
                N_("Until the marks are opened a photo is seen by who attached it, the chair and the secretary."),
                "not-opened",
            )
        return found, stored.content(db, found.digest, thumbnail=thumbnail)


def _may_see(db: Database, member: int, found: Evidence) -> bool:
    if found.by == member:
        return True
    role = panel.member(db, member).role
    return role in {Role.CHAIR, Role.SECRETARY} or visits.read(db).stage in _OPENED


def evidence_for_report(file: VisitFile) -> tuple[Exhibit, ...]:
    """Return all evidence that stands, by items in official order, then sites, then activities in their order."""
    with file.reading() as db:
        rubric = rubric_of(db)
        items = {item.no: (number, f"{item.no}　{item.content}") for number, item in enumerate(rubric.items)}
        sites = {site.name: number for number, site in enumerate(lists.sites(db))}
        held = {activity.id: activity for activity in programme.activities(db)}
        names = {member.id: member.name for member in panel.members(db)}

        def order(one: Evidence) -> tuple[int, int]:
            place = one.place
            if place.item:
                return 0, items[place.item][0]
            if place.site:
                return 1, sites.get(place.site, len(sites))
            return 2, held[place.activity].position if place.activity in held else len(held)

        def words(place: Place) -> str:
            if place.item:
                return items[place.item][1]
            return place.site or (held[place.activity].title if place.activity in held else "")

        standing = sorted((one for one in stored.every(db) if not one.withdrawn), key=order)
        return tuple(
            Exhibit(
                one, words(one.place), names.get(one.by, ""),
                stored.content(db, one.digest) if one.media == JPEG else b"",
            )
            for one in standing
        )  # fmt: skip
