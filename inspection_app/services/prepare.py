"""Preparing a visit: making it, its panel, sites and figures, until scoring is opened.

The citizens' roster comes in by ``services.enlist``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from inspection_app import files
from inspection_app.access import hash_code, new_code
from inspection_app.core.duties import too_few
from inspection_app.core.roster import Citizen, Site, check_sites
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import check_range, parse_number
from inspection_app.core.visit import (
    Act,
    Actor,
    Appointment,
    Description,
    Member,
    Role,
    Stage,
    Visit,
    check_description,
    check_new_visit,
    check_panel,
    permit,
)
from inspection_app.errors import N_, Fault, NotFound, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.store import duties, lists, log, panel, sheets, visits
from inspection_app.store.file import VisitFile, new_file
from inspection_app.store.sheets import AgreedFigure

Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class Created:
    """A new visit and the codes of its people by member id; the codes are known only here and now."""

    file: VisitFile
    secretary: Actor
    codes: Mapping[int, str]


@dataclass(frozen=True)
class Outline:
    """What nearly every page shows of a visit, and little enough to be read at every run of one."""

    visit: Visit
    rubric: Rubric
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Preparation:
    """All that is prepared, for the pages to show."""

    visit: Visit
    rubric: Rubric
    members: tuple[Member, ...]
    assignment: Mapping[int, frozenset[str]]
    sites: tuple[Site, ...]
    roster: tuple[Citizen, ...]
    figures: Mapping[str, AgreedFigure]
    sites_locked: bool
    roster_locked: bool
    log_head: str

    def member(self, id_: int) -> Member | None:
        return next((member for member in self.members if member.id == id_), None)


def create_visit(
    folder: Path,
    rubric: files.RubricFile,
    description: Description,
    appointments: Sequence[Appointment],
    *,
    entropy: Entropy,
    now: datetime,
    like: Visit | None = None,
) -> Created:
    """Make a visit file: description, panel with personal codes, and all items assigned to everybody who scores.

    Args:
        like: the visit whose method this one takes; None: the method that every visit begins with.

    Raises:
        InspectionError: with every fault of description or panel; or a visit of that name exists.
    """
    check_new_visit(description, appointments)
    codes: dict[int, str] = {}
    salt = entropy(16)
    visit = Visit(
        entropy(8).hex(), description, Stage.PREPARE, rubric.rubric.id, rubric.rubric.version, rubric.digest,
        2, "", now,
    )  # fmt: skip
    if like:
        visit = replace(
            visit, method=like.method, places=like.places, rounding=like.rounding, min_marks=like.min_marks
        )
    with new_file(folder, _slug(description)) as (file, db):
        visits.insert(db, visit, rubric.text, salt)
        for appointment in appointments:
            member = panel.appoint(db, appointment)
            codes[member] = new_code(entropy)
            panel.set_code(db, member, hash_code(codes[member], salt))
        members = panel.members(db)
        panel.assign(db, _all_to_all(rubric.rubric, members))
        secretary = next(member for member in members if member.role is Role.SECRETARY)
        tx = Transaction(db, visit, secretary, now)
        log.append(
            db, now, secretary.id, str(Act.CREATE_VISIT),
            {"visit": visit.id, "rubric": rubric.digest, "applicant": tx.digest(description.applicant),
             "members": {str(m.id): [str(m.role), tx.digest(m.name)] for m in members},
             **({"like": like.id} if like else {})},
        )  # fmt: skip
    return Created(file, Actor(secretary.id, secretary.role), codes)


def copy_set_up(
    file: VisitFile, actor: Actor, description: Description, *, entropy: Entropy, now: datetime
) -> Created:
    """Make a new visit beside a sealed one, with its exact rubric and scheme, its panel and its method.

    Everybody has a new code. Nothing else comes along: no sites, roster, figures, answers, duties or recusals, which
    all belong to the applicant.

    Raises:
        PermissionDenied: only the sealed visit's secretary may.
        StageError: it is not sealed yet.
        InspectionError: with every fault of the description; or a visit of that name exists.
    """
    with file.reading() as db:
        before, members = visits.read(db), panel.members(db)
        permit(Act.CREATE_VISIT, panel.member(db, actor.member_id).role, Stage.PREPARE)  # where the new one stands
        if before.stage is not Stage.SEALED:
            raise StageError(N_("The set-up of a visit can be copied once the visit is sealed."), "not-sealed")
        rubric = files.parse_rubric(visits.rubric_text(db), before.rubric_id)
    return create_visit(
        file.path.parent, rubric, description, _appointments(members), entropy=entropy, now=now, like=before
    )


def _slug(description: Description) -> str:
    name = re.sub(r"[^\w]+", "-", description.applicant.strip()).strip("-_")[:40]
    return f"{name}-{description.starts.isoformat()}"


def _all_to_all(rubric: Rubric, members: Iterable[Member]) -> dict[int, frozenset[str]]:
    items = frozenset(item.no for item in rubric.items)
    return {member.id: items for member in members if member.scores}


_RUBRICS: dict[str, Rubric] = {}
"""Parsed rubrics by the digest of their text; a rubric never changes."""


def rubric_of(db: Database) -> Rubric:
    """Return the rubric the visit was made with, from the text kept in its file."""
    digest = visits.rubric_digest(db)
    if digest not in _RUBRICS:
        _RUBRICS[digest] = files.parse_rubric(visits.rubric_text(db), visits.read(db).rubric_id).rubric
    return _RUBRICS[digest]


def outline(file: VisitFile) -> Outline:
    """Return where the visit stands, with its rubric and its panel."""
    with file.reading() as db:
        return Outline(visits.read(db), rubric_of(db), panel.members(db))


def agreed_figures(file: VisitFile) -> dict[str, AgreedFigure]:
    """Return the figures that are entered, by key."""
    with file.reading() as db:
        return sheets.figures(db)


def preparation(file: VisitFile) -> Preparation:
    """Return everything that is prepared so far: the lists too, so ask for less where less is shown."""
    with file.reading() as db:
        return Preparation(
            visits.read(db), rubric_of(db), panel.members(db), panel.assignment(db), lists.sites(db),
            lists.roster(db), sheets.figures(db), lists.locked(db, "sites") is not None,
            lists.locked(db, "citizens") is not None, log.head(db),
        )  # fmt: skip


def describe_visit(file: VisitFile, actor: Actor, description: Description, now: datetime) -> None:
    """Change the visit's description.

    Raises:
        InspectionError: with every fault of it.
    """
    check_description(description)
    with act(file, actor, Act.DESCRIBE_VISIT, now) as tx:
        visits.describe(tx.db, description)
        tx.record(applicant=tx.digest(description.applicant))


def appoint_member(file: VisitFile, actor: Actor, appointment: Appointment, *, entropy: Entropy, now: datetime) -> str:
    """Add somebody to the panel, assign all items to them if they score, and return their code."""
    with act(file, actor, Act.APPOINT_MEMBER, now) as tx:
        check_panel([*_appointments(panel.members(tx.db)), appointment])
        member = panel.appoint(tx.db, appointment)
        code = new_code(entropy)
        panel.set_code(tx.db, member, hash_code(code, visits.salt(tx.db)))
        person = panel.member(tx.db, member)
        panel.assign(tx.db, {**panel.assignment(tx.db), **_all_to_all(rubric_of(tx.db), [person])})
        tx.record(member=member, role=str(appointment.role), name=tx.digest(appointment.name))
    return code


def change_member(file: VisitFile, actor: Actor, member: int, appointment: Appointment, now: datetime) -> None:
    """Correct a member's name, role, organisation or speciality."""
    with act(file, actor, Act.APPOINT_MEMBER, now) as tx:
        before = panel.member(tx.db, member)
        others = [person for person in panel.members(tx.db) if person.id != member]
        check_panel([*_appointments(others), appointment])
        panel.change(tx.db, member, appointment)
        assignment = panel.assignment(tx.db)
        if before.scores != panel.member(tx.db, member).scores:
            assignment.pop(member, None)
            assignment |= _all_to_all(rubric_of(tx.db), [panel.member(tx.db, member)])
            panel.assign(tx.db, assignment)
        tx.record(member=member, role=str(appointment.role), name=tx.digest(appointment.name))


def dismiss_member(file: VisitFile, actor: Actor, member: int, now: datetime) -> None:
    """Take somebody off the panel, while nothing has been scored yet.

    Raises:
        StageError: it is oneself.
    """
    with act(file, actor, Act.APPOINT_MEMBER, now) as tx:
        if member == actor.member_id:
            raise StageError(N_("You cannot take yourself off the panel. Let somebody else do it."), "oneself")
        person = panel.member(tx.db, member)
        check_panel(_appointments(other for other in panel.members(tx.db) if other.id != member))
        panel.dismiss(tx.db, person.id)
        tx.record(dismissed=member)


def _appointments(members: Iterable[Member]) -> list[Appointment]:
    return [Appointment(m.name, m.role, m.organisation, m.speciality) for m in members]


def name_sites(file: VisitFile, actor: Actor, sites: Sequence[Site], now: datetime) -> None:
    """Enter the candidate sites, exactly as many as the scheme asks for.

    Raises:
        RosterError: with every fault.
        StageError: the list is locked.
    """
    with act(file, actor, Act.NAME_SITES, now) as tx:
        refuse_locked(tx, "sites")
        check_sites(sites, rubric_of(tx.db).scheme.candidate_sites)
        lists.set_sites(tx.db, sites)
        tx.record(sites=[tx.digest(site.identity) for site in sites])


def refuse_locked(tx: Transaction, kind: str) -> None:
    """Raise StageError when a list (``"sites"`` or ``"citizens"``) is locked for the draw."""
    if lists.locked(tx.db, kind):
        raise StageError(
            N_("This list is locked for the draw and cannot be changed. Unlock it first, with a reason."), "list-locked"
        )


def enter_figure(file: VisitFile, actor: Actor, figure: AgreedFigure, now: datetime) -> None:
    """Enter a figure for the whole visit; criteria and gates that read it follow. An empty value takes it back.

    Raises:
        NotFound: the rubric declares no such figure.
        ScoreError: not a number, or outside the range that makes sense.
    """
    with act(file, actor, Act.ENTER_FIGURE, now) as tx:
        checked = checked_figure(rubric_of(tx.db), figure)
        sheets.add_figure(tx.db, checked, now, actor.member_id)
        tx.record(key=checked.key, **figure_details(tx, checked))


def checked_figure(rubric: Rubric, figure: AgreedFigure) -> AgreedFigure:
    """Return a figure as it is kept: plain numbers without the unit, empty where none is entered.

    Raises:
        NotFound: the rubric declares no such figure.
        ScoreError: not a number, or outside the range that makes sense.
    """
    declared = rubric.figures.get(figure.key)
    if declared is None:
        raise NotFound(N_("The rubric has no figure “{key}”."), "no-figure", key=figure.key)
    numbers = {"value": "", "target": "", "last": ""}
    for part in numbers:
        if text := getattr(figure, part).strip():
            number = parse_number(text, item=declared.title, unit=declared.unit)
            check_range(declared, number)
            numbers[part] = f"{number:f}"
    return replace(figure, **numbers, source=figure.source.strip())


def figure_details(tx: Transaction, figure: AgreedFigure) -> dict[str, str]:
    """Return what the log says of an agreed figure."""
    return {
        "value": figure.value, "target": figure.target, "last": figure.last, "source": tx.digest(figure.source)
    }  # fmt: skip


def open_scoring(file: VisitFile, actor: Actor, now: datetime) -> None:
    """End the preparation: from here experts score, and panel and assignment are fixed.

    Raises:
        StageError: with everything that is still missing (see ``unprepared``).
    """
    with act(file, actor, Act.OPEN_SCORING, now) as tx:
        if missing := _unprepared(tx.db):
            raise missing
        visits.set_stage(tx.db, Stage.SCORE)
        tx.record(stage=str(Stage.SCORE))


def unprepared(file: VisitFile) -> StageError | None:
    """Return what ``open_scoring`` would refuse, with everything that is missing; None where nothing is.

    An item with fewer experts than the method asks for is no such thing: see ``services.consolidate.short_items``.
    """
    with file.reading() as db:
        return _unprepared(db)


def _unprepared(db: Database) -> StageError | None:
    faults = list(_missing(db))
    return StageError(N_("Scoring cannot be opened yet:"), "not-prepared", faults=faults) if faults else None


def _missing(db: Database) -> Iterable[Fault]:
    rubric = rubric_of(db)
    scheme = rubric.scheme
    if scheme.prescribed and len(lists.sites(db)) != scheme.candidate_sites:
        yield Fault(
            N_("Candidate sites"), N_("The {count} candidate sites are not entered yet."),
            N_("Enter them under Prepare."),
            {"count": scheme.candidate_sites},
        )  # fmt: skip
    found = duties.duties(db)
    for member in panel.members(db):
        without_sheet = found.recused_from_visit(member.id) or found.one_mark_group(member.id)
        if member.scores and not found.assignment.get(member.id) and not without_sheet:
            yield Fault(
                N_("Assignment"), N_("{name} has no items to score."), N_("Assign some, or take them off the panel."),
                {"name": member.name},
            )  # fmt: skip
    if orphans := too_few(rubric, found.assignment, found.recusals, 1, found.groups):
        yield Fault(
            N_("Assignment"), N_("Nobody would score these items: {items}."), N_("Give each to at least one expert."),
            {"items": ", ".join(orphans)},
        )  # fmt: skip
