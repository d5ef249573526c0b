"""From one sealed visit file to the archive's rows: read-only, everything derived anew by the core.

It does not check whether the file was tampered with (``services.check.verify`` does). The region is the first folder
that the file lies in below the archive's, else the district that the applicant's name begins with, else empty: the
visit itself does not tell it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from sqlite_utils import Database

from inspection_app.archive.tables import points
from inspection_app.core.audit import Entry
from inspection_app.core.consolidation import ItemResult, Result
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import State
from inspection_app.core.visit import STAGES, Act, Member, Stage, Visit
from inspection_app.services.consolidate import result_of
from inspection_app.services.prepare import rubric_of
from inspection_app.store import application, lists, log, panel, seals, visits
from inspection_app.store.read_only import ReadOnlyVisit

_DISTRICT = re.compile(r"^.{1,10}?(?:省|自治区|特别行政区|市|自治州|州|盟|地区)(?=.*[省市州盟区县旗镇乡])")

Row = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class OpenVisit:
    """A visit that is not sealed: it is listed and not counted."""

    visit: str
    head: str
    stage: Stage


@dataclass(frozen=True)
class SealedVisit:
    """A sealed visit. ``signature`` tells two contents apart: the log's head with every mark.

    ``keys`` is what every row of it begins with; ``columns`` is the rest by table, a column each, empty where there are
    no rows.
    """

    visit: str
    head: str
    signature: str
    rubric: str
    rubric_digest: str
    year: int
    keys: Row
    columns: Mapping[str, Columns]
    experts: Mapping[str, tuple[str, str]]  # by pseudonym: name and organisation


def read_visit(path: Path, place: PurePosixPath, key: bytes) -> OpenVisit | SealedVisit:
    """Read a visit file.

    Args:
        place: where the file lies below the archive's folder.
        key: what pseudonyms of experts are made with; the same expert has the same one in all visits.

    Raises:
        NotFound, TamperError, InspectionError: it is no visit file, damaged, of strange structure or a newer release.
    """
    with ReadOnlyVisit(path).reading() as db:
        visit, head = visits.read(db), log.head(db)
        seal = seals.current(db)
        if visit.stage is not Stage.SEALED or seal is None:
            return OpenVisit(visit.id, head, visit.stage)
        rubric, result, members = rubric_of(db), result_of(db), panel.members(db)
        pseudonyms = {one.id: pseudonym(one, key) for one in members if one.scores}
        keys = (visit.id, visit.rubric_id, visit.description.starts.year, region(place, visit.description.applicant))
        told = {no: one.points for no, one in application.self_check(db).items()}
        rows: dict[str, Iterable[Row]] = {
            "visits": [_visit(visit, rubric, result, seal.digest, len(pseudonyms), place)],
            "aspects": _aspects(rubric, result, told),
            "items": _items(rubric, result, told),
            "gates": _gates(rubric, result),
            "draws": _draws(db),
            "stages": _stages(log.entries_of(db, _MOVING)),
        }
        columns: dict[str, Columns] = {table: tuple(zip(*own, strict=True)) for table, own in rows.items()}
        columns["marks"] = _marks(rubric, result, pseudonyms)
    experts = {pseudonyms[one.id]: (one.name, one.organisation) for one in members if one.id in pseudonyms}
    marks = " ".join(str(score.points) for one in result.items for score in one.scores.values())
    signature = hashlib.sha256(f"{head} {seal.digest} {result.total} {marks}".encode()).hexdigest()
    return SealedVisit(
        visit.id, head, signature, visit.rubric_id, visit.rubric_digest, visit.description.starts.year, keys, columns,
        experts,
    )  # fmt: skip


def heads_of(path: Path) -> frozenset[str]:
    """Return every head that a visit's log ever had: what an earlier copy of it has as its last."""
    with ReadOnlyVisit(path).reading() as db:
        return frozenset(entry.hash for entry in log.entries(db))


def region(place: PurePosixPath, applicant: str) -> str:
    """Return where an applicant lies, as its folder or its name tells it.

    >>> region(PurePosixPath("豫北市/a.visit"), "云岭县人民政府")
    '豫北市'
    >>> region(PurePosixPath("a.visit"), "豫北市云岭县人民政府"), region(PurePosixPath("a.visit"), "云岭县人民政府")
    ('豫北市', '')
    """
    if len(place.parts) > 1:
        return place.parts[0]
    found = _DISTRICT.match(applicant.strip())
    return found[0] if found else ""


def pseudonym(member: Member, key: bytes) -> str:
    """Return what an expert is called in the dataset: nobody without the key can find out who it is by trying names."""
    told = "\n".join(" ".join(part.split()) for part in (member.name, member.organisation))
    return "E" + hmac.new(key, told.encode(), hashlib.sha256).hexdigest()[:12]


def _visit(visit: Visit, rubric: Rubric, result: Result, seal: str, experts: int, place: PurePosixPath) -> Row:
    told = visit.description
    return (
        told.applicant, told.category, told.starts.isoformat(), told.ends.isoformat(),
        visit.finished.isoformat() if visit.finished else "", rubric.title, visit.rubric_version, visit.rubric_digest,
        seal, place.as_posix(), visit.method, experts,
        *map(points, (result.base, result.bonus, result.deductions, result.total, result.maximum, result.applicable,
                      result.prorated)),
        str(result.verdict), str(result.basis), visit.recommendation, len(result.vetoed),
    )  # fmt: skip


def _aspects(rubric: Rubric, result: Result, told: Mapping[str, Decimal | None]) -> Iterator[Row]:
    by_item = {one.item.no: one for one in result.items}
    for position, (aspect, found) in enumerate(zip(rubric.aspects, result.aspects, strict=True)):
        own = panel_ = Decimal(0)
        for item in aspect.items:
            claimed, earned = told.get(item.no), by_item[item.no].points
            if claimed is not None and earned is not None:
                own, panel_ = own + claimed, panel_ + earned
        applicable = min(sum((by_item[item.no].ceiling for item in aspect.items), Decimal(0)), aspect.ceiling)
        yield (aspect.id, position, aspect.title, str(aspect.kind),
               *map(points, (found.points, applicable, own, panel_)))  # fmt: skip


def _items(rubric: Rubric, result: Result, told: Mapping[str, Decimal | None]) -> Iterator[Row]:
    for position, one in enumerate(result.items):
        not_applicable = [score.state for score in one.scores.values()].count(State.NOT_APPLICABLE)
        lost = one.points if one.deduction or one.points is None else max(one.ceiling - one.points, Decimal(0))
        yield (
            rubric.aspect_of(one.item.no).id, one.item.no, position, one.item.content or one.item.rule_text[:60],
            *map(points, (one.item.ceiling, one.ceiling, one.points, lost, told.get(one.item.no))),
            len(one.panel.marks), not_applicable, points(one.spread), one.wide, one.adjudication is not None,
        )  # fmt: skip


def _marks(rubric: Rubric, result: Result, pseudonyms: Mapping[int, str]) -> Columns:
    """Return every mark. Whoever does not have an item has none on it: a row for that would say nothing."""
    found: tuple[list[Any], ...] = tuple([] for _column in range(7))
    aspects, items, experts, states, kept, ceilings, aparts = found
    for one in result.items:
        scores = {member: score for member, score in one.scores.items() if score.state is not State.NOT_ASSIGNED}
        given = [score.points for score in scores.values() if score.points is not None]
        sum_, others = sum(given, Decimal(0)), len(given) - 1
        told: dict[Decimal | None, tuple[Decimal | None, Decimal | None]] = {None: (None, None)}
        for mark in set(given):  # many marks are the same
            told[mark] = points(mark), _apart(one, mark, sum_ - mark, others)
        aspects += [rubric.aspect_of(one.item.no).id] * len(scores)
        items += [one.item.no] * len(scores)
        experts += [pseudonyms[member] for member in scores]
        states += [score.state for score in scores.values()]
        kept += [told[score.points][0] for score in scores.values()]
        ceilings += [points(one.item.ceiling)] * len(scores)
        aparts += [told[score.points][1] for score in scores.values()]
    return found


def _apart(one: ItemResult, mark: Decimal, rest: Decimal, others: int) -> Decimal | None:
    """Return how far a mark lies from the mean of the others', as a share of the item's points."""
    if not others or not one.item.ceiling:
        return None
    further = mark * others - rest
    return points((-further if one.deduction else further) / (others * one.item.ceiling))


def _gates(rubric: Rubric, result: Result) -> Iterator[Row]:
    for position, (gate, found) in enumerate(zip(rubric.gates, result.gates, strict=True)):
        yield "gate", gate.id, position, gate.text, found.holds, bool(found.value)
    for position, (veto, decided) in enumerate(zip(rubric.vetoes, result.vetoes, strict=True)):
        yield "veto", veto.id, position, veto.text, None if decided.applies is None else not decided.applies, False


def _draws(db: Database) -> Iterator[Row]:
    rehearsed = {lists.rehearsal_of(kind): kind for kind in ("sites", "citizens")}
    for one in lists.briefly(db):
        kind = rehearsed.get(one.track, one.track)
        yield kind, one.number, one.state, one.by_hand, one.track in rehearsed, one.substitutions


def _stages(entries: tuple[Entry, ...]) -> Iterator[Row]:
    """Add up how long a visit stood at each stage: it can come back to one by a reopening.

    Args:
        entries: that it was created, first, and what can move it (``_MOVING``).
    """
    seconds, entered = dict.fromkeys(STAGES, 0), dict.fromkeys(STAGES, 0)
    stage, since = Stage.PREPARE, datetime.fromisoformat(entries[0].at)
    entered[stage] = 1
    for entry in entries:
        if (told := entry.details.get("stage")) and told != stage:
            at = datetime.fromisoformat(entry.at)
            seconds[stage] += int((at - since).total_seconds())
            stage, since = Stage(str(told)), at
            entered[stage] += 1
    for position, one in enumerate(STAGES):
        if one is not Stage.SEALED:
            yield str(one), position, seconds[one], entered[one]


_MOVING = frozenset({Act.CREATE_VISIT, Act.OPEN_SCORING, Act.OPEN_MARKS, Act.SEAL, Act.CONFIRM_REOPENING})
