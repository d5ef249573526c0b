"""Checking a whole visit: what still stands against its seal, and whether a file is what it says it is.

``breaches`` is asked before sealing, ``verify`` of any file at any time, by whoever has it: it believes nothing but the
log's head that was printed. It cannot see paper, and an unkeyed log proves little without its head.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from inspection_app.core.audit import GENESIS, Entry, check_chain
from inspection_app.core.certificate import verify_certificate
from inspection_app.core.consolidation import Result
from inspection_app.core.draw import DrawResult
from inspection_app.core.invariants import (
    Breach,
    Entered,
    Given,
    breach,
    recusals_ignored,
    strange_answers,
    strange_figures,
    undecided,
    unequal_totals,
)
from inspection_app.core.outcome import outcome, outcome_digest
from inspection_app.core.visit import Act, Stage, Visit
from inspection_app.errors import N_, InspectionError, Message, TamperError
from inspection_app.services.consolidate import result_of
from inspection_app.services.draw import CITIZENS, SITES, read_state
from inspection_app.services.prepare import rubric_of
from inspection_app.store import content, duties, hand_ins, log, panel, seals, sheets, visits
from inspection_app.store.file import VisitFile
from inspection_app.store.read_only import ReadOnlyVisit
from inspection_app.store.seals import Paper, Seal

_BACKUP = N_("Compare this file with the last backup.")

# what a broken file can make of code that reads it, once its structure was found right
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, InspectionError)


# --- what stands against the seal -----------------------------------------------------------------------------------


def breaches(db: Database, result: Result | None = None) -> tuple[Breach, ...]:
    """Return all that does not hold of a visit whose marks are opened, the worst first; see ``core.invariants``.

    Who has not confirmed the result yet is not among it (``services.seal``).

    Args:
        result: as it stands, where it is known already.
    """
    entries = log.entries(db)
    found = [*_record(db, entries)]
    found += _guarded(lambda: _answers(db, entries))
    found += _guarded(lambda: _draws(db))
    found += _guarded(lambda: _result(db, result or result_of(db)))
    return tuple(found)


def _guarded(check: Callable[[], Iterable[Breach]]) -> list[Breach]:
    """Return what a check finds; where it cannot even read what it checks, that is what it finds."""
    try:
        return list(check())
    except _BROKEN as error:
        told = error.text() if isinstance(error, InspectionError) else type(error).__name__
        return [
            breach("unreadable", N_("Content"), N_("Something in it cannot be read: {told}."), _BACKUP,
                   tampering=True, told=told)
        ]  # fmt: skip


def _record(db: Database, entries: tuple[Entry, ...]) -> Iterator[Breach]:
    try:
        check_chain(entries)
    except TamperError as error:
        yield breach("log", N_("Log"), N_("It is broken at entry {seq}."), _BACKUP, tampering=True,
                     seq=error.context["seq"])  # fmt: skip
    visit = visits.read(db)
    if hashlib.sha256(visits.rubric_text(db).encode()).hexdigest() != visit.rubric_digest:
        yield breach("rubric", N_("Rubric"), N_("Its text does not have its digest."), _BACKUP, tampering=True)
    attached = seals.attachments(db)
    told = sum(_counts(one, "emptied").get(_CONTENT, 0) for one in entries if one.act == Act.REMOVE_PERSONAL)
    as_told = sum(not found for _written, found in attached.values()) == told
    for place, (written, found) in attached.items():
        if written != found and (found or not as_told):
            yield breach("attachment", N_("Attachment {place}"), N_("It does not have its digest."), _BACKUP,
                         tampering=True, place=place)  # fmt: skip
    for list_ in seals.strange_lists(db):
        yield breach("list", N_("Locked list {list}"), N_("It does not have its digest."), _BACKUP,
                     tampering=True, list=list_)  # fmt: skip
    yield from _logged_answers(db, entries)


def _logged_answers(db: Database, entries: Iterable[Entry]) -> Iterator[Breach]:
    """Compare every revision of every answer with what the log pins of it."""
    salt = visits.salt(db)
    kept = {(row["member"], row["item"], row["revision"]): row for row in seals.answers(db)}
    pinned: dict[tuple[int, str, int], str] = {}
    for entry in entries:
        told: Mapping[str, Any] = entry.details
        member = told.get("member", entry.actor)
        if entry.act in {Act.ANSWER_ITEM, Act.TYPE_IN} and "item" in told:  # else a photo of the paper came or went
            for number, put_aside in told.get("aside", ()):
                pinned[member, told["item"], number] = put_aside
            if not told.get("same"):
                pinned[member, told["item"], told["revision"]] = told["content"]
        elif entry.act == Act.BRING_SHEETS:
            for whose, item, number, content in told["revisions"]:
                pinned[whose, item, number] = content
        elif entry.act == Act.CONFIRM_TYPED:
            pinned |= {(member, item, number): "" for item, number in told["items"].items()}
    for (member, item, number), row in kept.items():
        content_digest = pinned.pop((member, item, number), None)
        own = hmac.new(salt, f"{row['answers']}\n{row['note']}".encode(), hashlib.sha256).hexdigest()[:32]
        if content_digest is None or (content_digest and salt and content_digest != own):
            yield breach("answer", N_("Item {item}"), N_("An answer (member {member}, revision {revision}) is not the "
                         "one that the log pins."), _BACKUP, tampering=True, item=item, member=member,
                         revision=number)  # fmt: skip
    for member, item, number in pinned:
        yield breach("answer-gone", N_("Item {item}"), N_("An answer (member {member}, revision {revision}) that the "
                     "log names is gone."), _BACKUP, tampering=True, item=item, member=member,
                     revision=number)  # fmt: skip


def _answers(db: Database, entries: Iterable[Entry]) -> Iterator[Breach]:
    rubric = rubric_of(db)
    figures = sheets.figures(db)
    rows = seals.answers(db)
    latest = {(row["member"], row["item"]): row["revision"] for row in rows}
    given = (
        Given(row["member"], row["item"], row["revision"], json.loads(row["answers"]),
              datetime.fromisoformat(row["at"]), row["revision"] == latest[row["member"], row["item"]])
        for row in rows
    )  # fmt: skip
    then = [
        (datetime.fromisoformat(entry.at), {int(who): frozenset(items) for who, items in given_out.items()})
        for entry in entries
        if entry.act == Act.ASSIGN_ITEMS and isinstance(given_out := entry.details.get("assignment"), dict)
    ]
    agreed = {key: figure.reading() for key, figure in figures.items()}
    yield from strange_answers(rubric, panel.members(db), duties.duties(db), given, agreed, then)
    entered = (Entered(one.key, one.value, one.target, one.last) for one in figures.values())
    yield from strange_figures(rubric, entered)


def _draws(db: Database) -> Iterator[Breach]:
    """Recompute every draw that counts from its certificate, and compare that with the cards and digits kept."""
    for kind in (SITES, CITIZENS):
        state = read_state(db, kind)
        if state.certificate is None or state.by_hand:  # nothing is drawn, or nobody can recompute it
            continue
        found = verify_certificate(state.certificate)
        same = isinstance(state.result, DrawResult) and state.certificate["head"] == state.result.head.text
        if not (found.ok and same):
            yield breach("draw", N_("Draw of {kind}"), N_("The certificate does not follow from list, cards and digits "
                         "({checks})."), _BACKUP, tampering=True, kind=kind,
                         checks=", ".join(found.failed) or "head")  # fmt: skip


def _result(db: Database, result: Result) -> Iterator[Breach]:
    visit, rubric = visits.read(db), rubric_of(db)
    yield from undecided(result, visit)
    yield from recusals_ignored(result, duties.duties(db))
    yield from unequal_totals(rubric, visit, result)
    names = {member.id: member.name for member in panel.members(db)}
    for asked in hand_ins.pending(db):
        yield breach(
            "asked-again", N_("Item {item}"), N_("{name} is asked to look again and has not answered."),
            N_("Wait, withdraw it, or adjudicate the item."), explainable=False,
            item=asked.item, name=names.get(asked.member, ""),
        )  # fmt: skip


# --- whether a file is what it says it is ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Verified:
    """What a file turned out to be. ``checks`` are names with what was found, ``unproven`` what nobody can tell.

    Both are catalogue keys with what fills them.
    """

    head: str
    sealed: Seal | None
    result: str  # the digest of the result as it comes out now; empty while the marks are closed
    checks: tuple[tuple[Message, Mapping[str, object]], ...]
    unproven: tuple[Message, ...]


def verify(path: str | PathLike[str], head: str = "") -> Verified:
    """Re-derive everything from a visit file alone: log, answers, totals, draws, rubric, attachments, seal.

    Args:
        head: a head of the log as it was printed, 64 hex digits; without it some things cannot be proved.

    Raises:
        NotFound, InspectionError: no visit file, or one of a newer release.
        TamperError: something was changed; the first thing that is wrong is named, and all others with it.
    """
    with ReadOnlyVisit(Path(path)).reading() as db:
        if found := seals.damage(db):
            raise TamperError(
                N_("The file is damaged ({told}). Restore it from a backup."), "damaged", told="; ".join(found[:3])
            )
        wrong = _guarded(lambda: _everything(db, head.strip().lower()))
        if wrong:
            raise TamperError(
                N_("The file is not what was recorded:"), "changed", faults=[one.fault for one in wrong]
            )
        return _verified(db, head)


def _everything(db: Database, head: str) -> Iterator[Breach]:
    """Yield what is wrong; what merely stands against a seal is nothing wrong in a file that has none."""
    entries, visit = log.entries(db), visits.read(db)
    yield from _record(db, entries)
    if head and head not in {entry.hash for entry in entries}:
        yield breach("head", N_("Log"), N_("It does not hold the head that was printed."), _BACKUP, tampering=True)
    yield from _guarded(lambda: _seals(db, entries, visit))
    yield from (one for one in _guarded(lambda: _answers(db, entries)) if one.tampering)
    yield from _guarded(lambda: _draws(db))
    if visit.stage in {Stage.CONSOLIDATE, Stage.SEALED}:
        yield from (one for one in _guarded(lambda: unequal_totals(rubric_of(db), visit, result_of(db))))


def _seals(db: Database, entries: tuple[Entry, ...], visit: Visit) -> Iterator[Breach]:
    """Hold every seal against the log, and the one that holds against the content."""
    told = {entry.details["seal"]: entry for entry in entries if entry.act == Act.SEAL}
    lifted = {
        entry.details["seal"]: entry for entry in entries
        if entry.act == Act.CONFIRM_REOPENING and "seal" in entry.details
    }  # fmt: skip
    kept = {one.id: one for one in seals.seals(db)}

    def wrong(what: str, **context: Any) -> Breach:
        return breach("seal", N_("Seal"), what, _BACKUP, tampering=True, **context)

    for number in told.keys() ^ kept.keys():
        yield wrong(N_("Log and file do not name the same seals ({number})."), number=number)
    for number, one in kept.items():
        entry = told.get(number)
        again = seals.seal_digest(
            visit.id, one.id, one.content, one.result, one.log_head, one.at.isoformat(), one.by, one.last_attendance
        )
        pinned = entry and (entry.details["digest"], entry.previous, entry.at, entry.actor)
        if again != one.digest or pinned != (one.digest, one.log_head, one.at.isoformat(), one.by):
            yield wrong(N_("Seal {number} is not the one that the log pins."), number=number)
        ended = lifted.get(number)
        if (one.lifted.isoformat() if one.lifted else None) != (ended.at if ended else None):
            yield wrong(N_("Whether seal {number} was lifted is not what the log says."), number=number)
    held = seals.current(db)
    if (held is not None) != (visit.stage is Stage.SEALED) or (held and visit.finished != held.at):
        yield wrong(N_("The stage of the visit and its seal contradict each other."))
    if held:
        yield from _content(db, held, entries, wrong)
        if outcome_digest(visit, result_of(db)) != held.result:
            yield wrong(N_("The result does not come out as it was sealed."))
    yield from _papers(db, entries)


def _content(db: Database, held: Seal, entries: Iterable[Entry], wrong: Callable[..., Breach]) -> Iterator[Breach]:
    scope, leaves = seals.scope(db, held.id), seals.leaves(db, held.id)
    again = content.digest(db, scope, {place: leaf.digest for place, leaf in leaves.items()})
    if again != held.content:
        yield wrong(N_("The content is not what was sealed."))
    for table in content.rows_beyond(db, scope):
        yield wrong(N_("“{table}” has more rows than were sealed."), table=table)
    removed, places = seals.facts_removed(db), set()
    allowed = {
        (key, entry.at)
        for entry in entries if entry.act == Act.REMOVE_PERSONAL and isinstance(entry.details.get("removed"), dict)
        for key in entry.details["removed"]  # type: ignore[attr-defined]
    }  # fmt: skip
    if any(one not in allowed for one in removed.values()):
        yield wrong(N_("A value was removed without the log saying so."))
    told, found = _told_removed(entries, held), Counter[str]()
    for place, value in content.values(db, scope):
        places.add(place)
        leaf = leaves.get(place)
        if leaf and leaf.nonce and content.leaf_digest(place, leaf.nonce, value) == leaf.digest:
            continue
        table, number, _column = place.split("/")
        column = content.column_of(place)
        if leaf and not leaf.nonce and content.is_removed(place, value):
            if table == "fact" and int(number) in removed:
                continue
            found[column] += 1
            if column in told:
                continue
        yield wrong(N_("A personal value is not what was sealed ({place})."), place=place)
    for place in leaves.keys() - places:
        yield wrong(N_("A personal value is not what was sealed ({place})."), place=place)
    for column in told:
        if told[column] != found[column]:
            yield wrong(N_("Log and file do not say that the same values of {column} were removed."), column=column)


def _told_removed(entries: Iterable[Entry], held: Seal) -> Counter[str]:
    """Return how many sealed values of each column the log says were removed since the seal."""
    told, since = Counter[str](), False
    for entry in entries:
        since = since or (entry.act == Act.SEAL and entry.details.get("seal") == held.id)
        if since and entry.act == Act.REMOVE_PERSONAL and isinstance(sealed := entry.details.get("sealed"), dict):
            told.update({str(column): int(count) for column, count in sealed.items()})
    return told


_CONTENT = "evidence_content/content"

_REMOVED = {
    "citizen": N_("Removed on {at}, as the log says: {count} values of citizens"),
    "annex": N_("Removed on {at}, as the log says: {count} values of the citizens' sealed annex"),
    "roster_change": N_("Removed on {at}, as the log says: {count} values of what was changed of the roster"),
    "attendance": N_("Removed on {at}, as the log says: {count} values of who attended"),
    "observation": N_("Removed on {at}, as the log says: who said it, of {count} observations"),
    "site_check": N_("Removed on {at}, as the log says: the people of {count} site checks"),
    "fact": N_("Removed on {at}, as the log says: {count} personal values of the application"),
    "evidence_content": N_("Removed on {at}, as the log says: {count} contents and thumbnails of photos and files"),
    "evidence": N_("Removed on {at}, as the log says: {count} captions and names of photos and files"),
    "evidence_change": N_("Removed on {at}, as the log says: {count} later captions of photos and files"),
}


def _removals(entries: Iterable[Entry]) -> Iterator[tuple[Message, Mapping[str, object]]]:
    """Tell what the log says was removed, and when."""
    for entry in entries:
        if entry.act == Act.REMOVE_PERSONAL:
            counts = Counter[str]()
            for column, count in {**_counts(entry, "emptied"), **_counts(entry, "removed")}.items():
                table = column.partition("/")[0]
                counts[table if table in _REMOVED else "fact"] += count
            for table, count in counts.items():
                yield _REMOVED[table], {"at": entry.at, "count": count}


def _counts(entry: Entry, name: str) -> dict[str, int]:
    found = entry.details.get(name)
    return {str(column): int(count) for column, count in found.items()} if isinstance(found, dict) else {}


def _papers(db: Database, entries: Iterable[Entry]) -> Iterator[Breach]:
    """Hold signed scans and issued documents against the log: what was attached or sent, and nothing else."""
    salt = visits.salt(db)
    pinned = {
        (str(entry.act), (told := entry.details)["paper"]): (told["digest"], told["told"], entry.at, entry.actor)
        for entry in entries
        if entry.act in {Act.ATTACH_SCAN, Act.ISSUE}
    }
    kept: dict[tuple[str, object], Paper] = {(str(Act.ATTACH_SCAN), one.id): one for one in seals.scans(db)}
    kept |= {(str(Act.ISSUE), one.id): one for one in seals.issued(db)}
    for key in pinned.keys() ^ kept.keys():
        yield breach("paper", N_("Attachment {place}"), N_("Log and file do not name the same documents."), _BACKUP,
                     tampering=True, place=f"{key[0]} {key[1]}")  # fmt: skip
    for key in pinned.keys() & kept.keys():
        one = kept[key]
        own = hmac.new(salt, one.told.encode(), hashlib.sha256).hexdigest()[:32]
        if pinned[key] != (one.digest, own, one.at.isoformat(), one.by):
            yield breach("paper", N_("Attachment {place}"), N_("It is not the one that the log pins."), _BACKUP,
                         tampering=True, place=f"{key[0]} {key[1]}")  # fmt: skip


def _verified(db: Database, head: str) -> Verified:
    entries, visit, held = log.entries(db), visits.read(db), seals.current(db)
    opened = visit.stage in {Stage.CONSOLIDATE, Stage.SEALED}
    drawn = [read_state(db, kind) for kind in (SITES, CITIZENS)]
    last = entries[-1].hash if entries else GENESIS
    checks: list[tuple[Message, Mapping[str, object]]] = [
        (N_("Log: {count} entries, unbroken"), {"count": len(entries)}),
        (N_("Rubric: {rubric}, text and digest agree"), {"rubric": visit.rubric_id}),
        (N_("Answers: {count} revisions, each as the log pins it"), {"count": len(seals.answers(db))}),
        (N_("Draws: {count} recomputed"), {"count": sum(one.certificate is not None and not one.by_hand
                                                         for one in drawn)}),
        (N_("Attachments: {count} with their digests"), {"count": sum(map(all, seals.attachments(db).values()))}),
    ]  # fmt: skip
    if opened:
        checks.append((N_("Totals: worked out twice, the same"), {}))
    if held:
        checks.append((N_("Seal {number}: the content is what was sealed, digest {digest}"),
                       {"number": held.id, "digest": held.digest}))  # fmt: skip
    checks += _removals(entries)
    unproven = []
    if not head:
        unproven.append(
            N_("No head of the log was given. Whoever rewrites the whole file, log and seal included, is found only by "
               "comparing with a head or a seal digest that was printed: use --head.")
        )  # fmt: skip
    elif head.strip().lower() != last:
        unproven.append(
            N_("The head given is an earlier one: what was logged after it is unbroken, but not proved by that paper.")
        )
    if held is None:
        unproven.append(N_("The visit is not sealed: what is not in the log may still change."))
    if any(one.by_hand for one in drawn):
        unproven.append(N_("A draw was made by hand: nobody can recompute it. Its photos are what there is to check."))
    result = outcome_digest(visit, result_of(db)) if opened else ""
    return Verified(last, held, result, tuple(checks), tuple(unproven))


# --- the whole result -----------------------------------------------------------------------------------------------


def result_record(visit: VisitFile | str | PathLike[str]) -> dict[str, Any]:
    """Return the whole result of a visit as plain JSON values.

    Args:
        visit: a visit, or the path of its file, which is then only looked at.

    Shape:
        ``outcome`` (see ``core.outcome.outcome``) and its ``digest``; ``applicant``, ``stage``, ``members`` by id
        (``name``, ``role``), ``seal`` (``number``, ``digest``, ``at``) or None, and the log's ``head``.

    Raises:
        NotFound: there is no such file, or it is no visit file.
        StageError: the marks are not opened yet.
    """
    file = visit if isinstance(visit, VisitFile) else ReadOnlyVisit(Path(visit))
    with file.reading() as db:
        found, result = visits.read(db), result_of(db)
        held = seals.current(db)
        return {
            "applicant": found.description.applicant,
            "stage": str(found.stage),
            "members": {str(one.id): {"name": one.name, "role": str(one.role)} for one in panel.members(db)},
            "outcome": outcome(found, result),
            "digest": outcome_digest(found, result),
            "seal": held and {"number": held.id, "digest": held.digest, "at": held.at.isoformat()},
            "head": log.head(db),
        }


def consolidate(visit: VisitFile | str | PathLike[str]) -> Result:
    """Bring all score sheets of a visit together: every item's marks, working and points, and the totals.

    Args:
        visit: a visit, or the path of its file, which is then only looked at.

    Raises:
        NotFound: there is no such file, or it is no visit file.
        StageError: the marks are not opened yet.
    """
    file = visit if isinstance(visit, VisitFile) else ReadOnlyVisit(Path(visit))
    with file.reading() as db:
        return result_of(db)


def result_now(db: Database) -> tuple[Result, str]:
    """Return the result as it stands and its digest; raises as ``services.consolidate.result_of`` does."""
    result = result_of(db)
    return result, outcome_digest(visits.read(db), result)
