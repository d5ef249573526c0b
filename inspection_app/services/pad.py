"""What a tablet needs to score without the hub, as plain JSON; how a sheet stands; and quick phrases for notes.

One expert's own sheet only: nobody else's answers, marks or notes are in it. Answers are taken in by
``services.score``. Catalogue keys in ``why`` are translated by whoever sends them on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlite_utils import Database

from inspection_app.core.duties import Duties, Duty
from inspection_app.core.rubric import AnyCriterion, Aspect, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.table import item_table, part_choices, range_table
from inspection_app.core.visit import Act, Actor, Member, Stage, Visit, permit
from inspection_app.core.wording import plain
from inspection_app.errors import N_, ScoreError
from inspection_app.services.act import act
from inspection_app.services.hand_in import PadStanding, own_standing
from inspection_app.services.prepare import rubric_of
from inspection_app.store import application, disputes, duties, evidence, log, panel, sheets, visits
from inspection_app.store.evidence import Evidence
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import Entry

MOST_PHRASES = 50
MOST_PHRASE_CHARACTERS = 200

_DUTIES = {
    Duty.ASSIGNED: "own", Duty.RECUSED: "recused", Duty.BY_GROUP: "by_group", Duty.NOT_ASSIGNED: "not_assigned",
}  # fmt: skip


@dataclass(frozen=True)
class Pulse:
    """How a member's sheet stands: little enough to be asked every few seconds.

    ``why`` says why nothing can be changed, empty where it can; ``revisions`` are the latest by item number;
    ``figures``, ``duties``, ``hand_in`` and ``phrases`` are digests: another one means that there is something new in
    the sheet. ``restore`` is the hash of the log's latest restore, empty where there was none: after another one, the
    hub may lack what it has acknowledged.
    """

    stage: Stage
    writable: bool
    why: str
    declared: bool
    revisions: Mapping[str, int]
    figures: str
    duties: str
    hand_in: str
    phrases: str
    restore: str


def pulse(file: VisitFile, actor: Actor) -> Pulse:
    """Return how the actor's own sheet stands.

    Raises:
        PermissionDenied: who does not score has no sheet.
    """
    with file.reading() as db:
        member, visit, rubric = _scoring(db, actor.member_id)
        found = duties.duties(db)
        handed = own_standing(db, member, visit, found)
        declared, why = _standing(db, visit, member, handed)
        return Pulse(
            visit.stage, not why, why, declared, sheets.revisions(db, member.id), _digest(_figures(db, rubric)),
            _digest(_sheet_duties(found, rubric, member)), _digest(_hand_in(handed)),
            _digest(_phrases(db, member)), _latest_restore(db),
        )  # fmt: skip


def pad_sheet(file: VisitFile, actor: Actor) -> dict[str, Any]:
    """Return the actor's own sheet with everything it takes to score without the hub.

    Shape:
        ``{"visit", "slug", "member", "name", "stage", "writable", "why", "declared", "handed_in", "may_hand_in",
        "may_take_back", "again", "rubric", "figures", "sheet", "hints", "evidence", "phrases", "restore",
        "history"}``; points and numbers are strings. ``rubric`` is ``rubric_json``. ``visit`` is the applicant's name,
        ``slug`` what the visit is called in addresses. ``writable`` is about the sheet as a whole, ``editable`` of an
        item in ``sheet`` about this item;
        ``handed_in`` is a time or None; ``again`` is ``{item: {"by", "reason"}}``, the items that the chair asked the
        member to look at again; ``evidence`` is ``{place: [evidence_json, …]}`` by ``Place.name``, the member's own
        that stands; ``restore`` is as in ``Pulse``, and ``history`` is ``{item: [time of each revision]}``, empty
        without a restore: a tablet sees from it which of the revisions that it knows the hub still has.

    Raises:
        PermissionDenied: who does not score has no sheet.
    """
    with file.reading() as db:
        member, visit, rubric = _scoring(db, actor.member_id)
        found = duties.duties(db)
        handed = own_standing(db, member, visit, found)
        declared, why = _standing(db, visit, member, handed)
        entries = sheets.sheet(db, member.id)
        own = _sheet_duties(found, rubric, member)
        restore = _latest_restore(db)
        return {
            "visit": visit.description.applicant, "slug": file.slug, "member": member.id, "name": member.name,
            "stage": str(visit.stage), "writable": not why, "why": why, "declared": declared,
            **_hand_in(handed),
            "rubric": rubric_json(rubric, visit.rubric_digest),
            "figures": _figures(db, rubric),
            "sheet": {
                no: {**duty, **_entry(entries.get(no)), "editable": no in handed.editable}
                for no, duty in own.items()
            },
            "hints": _hints(db, rubric), "evidence": _evidence(db, member),
            "phrases": _phrases(db, member), "restore": restore,
            "history": _history(db, member, entries) if restore else {},
        }  # fmt: skip


def trial_sheet(rubric: Rubric, no: str) -> dict[str, Any]:
    """Return one item as a sheet of nobody's, to see it as an expert will and to try its rule.

    Shape:
        as ``pad_sheet``, with ``"trial"``; the rubric holds this item alone.

    Raises:
        NotFound: no such item.
    """
    alone = rubric.aspect_of(no).model_copy(update={"items": (rubric.item(no),)})
    entry = {"duty": "own", "group": "", **_entry(None), "editable": True}
    return {
        "trial": True, "item": no, "visit": "", "slug": f"trial-{rubric.id}", "member": 0, "name": "", "stage": "score",
        "writable": True, "why": "", "declared": True, "handed_in": None, "may_hand_in": False, "may_take_back": False,
        "again": {}, "rubric": _rubric(rubric, "", [alone]), "figures": {},
        "sheet": {no: entry}, "hints": {}, "evidence": {}, "phrases": {"own": [], "shared": []},
        "restore": "", "history": {},
    }  # fmt: skip


def keep_phrases(file: VisitFile, actor: Actor, phrases: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Replace the actor's own quick phrases and return them as they are kept: trimmed, without blanks and doubles.

    Raises:
        ScoreError: too many, or one is too long.
    """
    kept = _kept(phrases)
    with act(file, actor, Act.KEEP_PHRASES, now) as tx:
        sheets.set_phrases(tx.db, actor.member_id, kept)
        tx.record(count=len(kept), content=tx.digest("\n".join(kept)))
    return kept


def share_phrases(file: VisitFile, actor: Actor, phrases: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Replace the quick phrases that everybody on the panel is offered, and return them as they are kept.

    Raises:
        ScoreError: too many, or one is too long.
    """
    kept = _kept(phrases)
    with act(file, actor, Act.SHARE_PHRASES, now) as tx:
        sheets.set_phrases(tx.db, None, kept)
        tx.record(count=len(kept), content=tx.digest("\n".join(kept)))
    return kept


def shared_phrases(file: VisitFile) -> tuple[str, ...]:
    """Return the quick phrases that everybody on the panel is offered."""
    with file.reading() as db:
        return sheets.phrases(db, None)


def rubric_json(rubric: Rubric, digest: str) -> dict[str, Any]:
    """Write a rubric as plain JSON: the official words, and for each item the table that its points come from.

    Shape:
        ``{"id", "digest", "title", "part_step", "aspects": [{"id", "title", "kind", "ceiling", "items"}], "items"}``;
        items by number, each with its words, its criteria and ``"table"`` (``core.table.item_table``).
    """
    if digest not in _RUBRICS:
        _RUBRICS[digest] = _rubric(rubric, digest, rubric.aspects)
    return _RUBRICS[digest]


_RUBRICS: dict[str, dict[str, Any]] = {}
"""By digest: what is written once for all tablets."""


def _rubric(rubric: Rubric, digest: str, aspects: Iterable[Aspect]) -> dict[str, Any]:
    step, aspects = rubric.scheme.part_step, tuple(aspects)
    return {
        "id": rubric.id, "digest": digest, "title": rubric.title, "part_step": plain(step),
        "aspects": [
            {"id": aspect.id, "title": aspect.title, "kind": str(aspect.kind), "ceiling": plain(aspect.ceiling),
             "items": [item.no for item in aspect.items]}
            for aspect in aspects
        ],
        "items": {item.no: _item(rubric, aspect, item, step) for aspect in aspects for item in aspect.items},
    }  # fmt: skip


def _item(rubric: Rubric, aspect: Aspect, item: Item, step: Decimal) -> dict[str, Any]:
    errata = (*item.all_errata, *aspect.errata)
    return {
        "content": item.content, "points": plain(item.points), "ceiling": plain(item.ceiling),
        "verification": list(item.verification), "rule_text": item.rule_text, "prompts": list(item.prompts),
        "na": item.na, "responsible": list(item.responsible),
        "errata": [{"says": one.says, "does": one.does} for one in errata],
        "criteria": [_criterion(rubric, criterion, step) for criterion in item.criteria],
        "table": item_table(item, step),
    }  # fmt: skip


def _criterion(rubric: Rubric, criterion: AnyCriterion, step: Decimal) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": criterion.id, "kind": criterion.kind, "text": criterion.text, "points": plain(criterion.points),
        "na": criterion.na, "official": criterion.official, "checks": [], "tiers": [], "parts": [], "figure": None,
        "allowed": [], "external": False,
    }  # fmt: skip
    match criterion:
        case Tick():
            told["checks"] = [
                {"text": check.text, "figure": check.figure, "holds": range_table(check.holds)}
                for check in criterion.checks
            ]
            told["parts"] = [plain(part) for part in part_choices(criterion, step)]
        case Choice():
            told["tiers"] = [{"text": tier.text, "points": plain(tier.points)} for tier in criterion.tiers]
        case Step() | Rate():
            declared = rubric.figures[criterion.figure]
            told["figure"] = {
                "key": criterion.figure, "title": declared.title, "unit": declared.unit, "against": criterion.against,
            }  # fmt: skip
            if isinstance(criterion, Step):
                told["tiers"] = [
                    {"text": band.text or str(band), "points": plain(band.points)} for band in criterion.bands
                ]
        case Grade():
            told["allowed"] = [plain(points) for points in criterion.allowed]
            told["external"] = criterion.external
    return told


def _scoring(db: Database, id_: int) -> tuple[Member, Visit, Rubric]:
    member = panel.member(db, id_)
    permit(Act.ANSWER_ITEM, member.role, Stage.SCORE)
    return member, visits.read(db), rubric_of(db)


def _standing(db: Database, visit: Visit, member: Member, handed: PadStanding) -> tuple[bool, str]:
    """Say whether a member has declared, and why the sheet cannot be changed, in nothing where it can."""
    declared = duties.has_declared(db, member.id)
    if visit.stage is not Stage.SCORE:  # afterwards single items may be open again; that is no open sheet
        return declared, (
            N_("Scoring is not open yet. You can read the items; answers come when the secretary opens scoring.")
            if visit.stage is Stage.PREPARE
            else N_("Scoring is locked since the marks were opened. Your sheet is shown for reading.")
        )
    if not declared:
        return declared, N_("Before you score, declare conflicts of interest and confidence. It takes a minute.")
    if handed.excused:
        return declared, N_("The chair goes on without the rest of this sheet. It is shown for reading.")
    if handed.handed_in:
        return declared, N_("The score sheet is handed in and can only be read. Take it back to change something.")
    return declared, ""


def _hand_in(handed: PadStanding) -> dict[str, Any]:
    return {
        "handed_in": handed.handed_in.isoformat() if handed.handed_in else None,
        "may_hand_in": handed.may_hand_in, "may_take_back": handed.may_take_back,
        "again": {no: {"by": asked.by, "reason": asked.reason} for no, asked in handed.again.items()},
    }  # fmt: skip


def _sheet_duties(found: Duties, rubric: Rubric, member: Member) -> dict[str, dict[str, str]]:
    group = found.one_mark_group(member.id)
    name = group.name if group else ""
    told = {item.no: found.duty(member.id, item.no) for item in rubric.items}
    return {
        no: {"duty": _DUTIES[duty], "group": name if duty in {Duty.BY_GROUP, Duty.ASSIGNED} else ""}
        for no, duty in told.items()
    }


def _entry(entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {"revision": 0, "answers": {}, "note": "", "at": None, "confirmed": True}
    return {
        "revision": entry.revision, "answers": entry.answers, "note": entry.note, "at": entry.at.isoformat(),
        "confirmed": entry.confirmed,
    }  # fmt: skip


def _latest_restore(db: Database) -> str:
    """Return the hash of the latest restore in the log, nothing where there was none."""
    found = log.latest(db, Act.RESTORE)
    return found.hash if found else ""


def _history(db: Database, member: Member, entries: Mapping[str, Entry]) -> dict[str, list[str]]:
    told = {
        no: [sheets.revision(db, member.id, no, number) for number in range(1, latest.revision + 1)]
        for no, latest in entries.items()
    }
    return {no: [one.at.isoformat() if one else "" for one in revisions] for no, revisions in told.items()}


def _figures(db: Database, rubric: Rubric) -> dict[str, dict[str, Any]]:
    disputed = {one.key for one in disputes.disputes(db) if one.open}
    return {
        key: {
            "value": figure.value, "target": figure.target, "last": figure.last, "source": figure.source,
            "unit": rubric.figures[key].unit, "title": rubric.figures[key].title, "disputed": key in disputed,
        }
        for key, figure in sheets.figures(db).items()
    }  # fmt: skip


def _hints(db: Database, rubric: Rubric) -> dict[str, dict[str, Any]]:
    own, desk = application.self_check(db), application.desk_marks(db)
    return {
        item.no: {
            "self_check": plain(given.points) if given and given.points is not None else "",
            "page": given.page if given else "",
            "desk": [{"points": plain(mark.points), "name": mark.name} for mark in desk.get(item.no, ())],
        }
        for item in rubric.items
        if (given := own.get(item.no)) or item.no in desk
    }  # fmt: skip


def _evidence(db: Database, member: Member) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in evidence.of_member(db, member.id):
        if not one.withdrawn:
            found.setdefault(one.place.name, []).append(evidence_json(one))
    return found


def own_evidence(file: VisitFile, actor: Actor) -> dict[str, Any]:
    """Return what the actor attached anywhere and what stands, as a page with photos and no score sheet needs it.

    Shape:
        ``{"member", "evidence", "restore"}``, as in ``pad_sheet``.
    """
    with file.reading() as db:
        member = panel.member(db, actor.member_id)
        return {"member": member.id, "evidence": _evidence(db, member), "restore": _latest_restore(db)}


def evidence_json(found: Evidence) -> dict[str, Any]:
    """Write a photo or file as the tablet knows it."""
    return {
        "evidence": found.id, "caption": found.caption, "media": found.media, "name": found.name,
        "taken": found.taken.isoformat(), "at": found.at.isoformat(), "withdrawn": found.withdrawn,
    }  # fmt: skip


def _phrases(db: Database, member: Member) -> dict[str, list[str]]:
    return {"own": list(sheets.phrases(db, member.id)), "shared": list(sheets.phrases(db, None))}


def _kept(phrases: Iterable[str]) -> tuple[str, ...]:
    kept = tuple(dict.fromkeys(filter(None, (phrase.strip() for phrase in phrases))))
    if len(kept) > MOST_PHRASES:
        raise ScoreError(
            N_("There are {count} phrases; at most {most} can be kept. Remove some."),
            "too-many-phrases", count=len(kept), most=MOST_PHRASES,
        )  # fmt: skip
    for phrase in kept:
        if len(phrase) > MOST_PHRASE_CHARACTERS:
            raise ScoreError(
                N_("“{phrase}…” is longer than {most} characters. Shorten it."),
                "phrase-too-long", phrase=phrase[:20], most=MOST_PHRASE_CHARACTERS,
            )  # fmt: skip
    return kept


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]
