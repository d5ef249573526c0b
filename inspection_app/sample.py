"""Build the sample visit: a fictional county, the same to the last digest each time.

It walks the way a panel walks and calls nothing but services, so what it makes is a visit like any other. What people
enter lies in ``data/sample``:

    visit.yaml        applicant, panel, and when each part of the visit begins
    sites.yaml        the five candidate sites            roster.csv       the 120 citizens
    figures.yaml      the agreed figures                  ceremonies.yaml  cards and public digits of both draws
    marks.yaml        every expert's answers and notes    decisions.yaml   what the panel decides together
    application.yaml  the application form                self-check.xlsx  the applicant's own points and pages
    on-site.yaml      activities, records and a dispute   desk-marks.xlsx  marks from the documents alone

A visit built to a later stage begins with exactly the log of an earlier one. It writes no row of its own, and it is no
way to make a visit that counts: everybody can compute its codes and nonces, for they come from ``_Counter``.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.programme import Agrees, Attendance, Attendee, Observation, ObservationKind, SiteCheck
from inspection_app.core.roster import Site
from inspection_app.core.visit import Actor, Appointment, Description, Role, Stage
from inspection_app.files import load_rubric_file, load_yaml
from inspection_app.places import shipped
from inspection_app.services.bring import bring_desk_marks, bring_self_check, enter_fact
from inspection_app.services.consolidate import adjudicate, decide_gate, decide_veto, recommend
from inspection_app.services.dispute import dispute_figure, disputes, settle_dispute
from inspection_app.services.draw import (
    CITIZENS,
    SITES,
    begin_ceremony,
    draw_list,
    enter_public_digits,
    lock_citizens,
    lock_sites,
)
from inspection_app.services.enlist import load_roster
from inspection_app.services.feed_back import state_finding
from inspection_app.services.hand_in import hand_in_sheet
from inspection_app.services.observe import change_activity, check_site, observe, programme, take_attendance
from inspection_app.services.open_marks import open_marks
from inspection_app.services.prepare import create_visit, enter_figure, name_sites, open_scoring
from inspection_app.services.recuse import declare
from inspection_app.services.score import answer_item, sheet_of
from inspection_app.services.seal import confirm_result, seal, sealing
from inspection_app.store.file import VisitFile, kept_open
from inspection_app.store.sheets import AgreedFigure


@dataclass(frozen=True)
class PersonalCode:
    """Whom to sign in as, and with which code."""

    name: str
    role: Role
    code: str


@dataclass(frozen=True)
class Sample:
    """The sample visit and the codes of its people, in the panel's order."""

    file: VisitFile
    codes: tuple[PersonalCode, ...]


def build_sample(folder: Path, stage: Stage = Stage.SEALED) -> Sample:
    """Build the sample visit in a folder, in place of an earlier one.

    Args:
        folder: where the visit's file goes; made where it is missing.
        stage: how far the visit goes. *prepare*: all entered, nothing locked or drawn; *score*: both draws done,
            sheets and records as they stand after the first day, one figure disputed; *consolidate*: all sheets and
            records in, the dispute settled and the marks opened; *sealed*: decided, recommended, confirmed and sealed.

    Raises:
        NotFound: the sample's input is missing from this installation.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Built aside and then moved: nobody meets half a visit, and an earlier one stays if building fails.
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        with kept_open():
            building = _create(Path(aside))
            for reached, step in _STEPS.items():
                step(building)
                if reached is stage:
                    break
        path = folder / building.file.path.name
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.replace(building.file.path, path)
    return Sample(VisitFile(path), building.codes)


class _Counter:
    """A repeatable stand-in for ``os.urandom``: SHA-256 over a counter, secret to nobody."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._turn = 0

    def __call__(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            self._turn += 1
            found += hashlib.sha256(f"{self._seed} {self._turn}".encode()).digest()
        return found[:count]


class _Clock:
    """The visit's own time: set at the beginning of each part, then a little later at every look."""

    _STEP = timedelta(seconds=70)

    def __init__(self, timetable: Mapping[str, str]) -> None:
        self._timetable = {part: datetime.fromisoformat(begins) for part, begins in timetable.items()}
        self._now = min(self._timetable.values())

    def begin(self, part: str) -> None:
        """Turn to the beginning of a part; never backwards."""
        self._now = max(self._timetable[part], self._now)

    def __call__(self) -> datetime:
        self._now += self._STEP
        return self._now


@dataclass(frozen=True)
class _Building:
    """A visit under construction."""

    file: VisitFile
    actors: Mapping[str, Actor]  # by name
    codes: tuple[PersonalCode, ...]
    clock: _Clock
    entropy: _Counter

    def the(self, role: Role) -> Actor:
        return next(actor for actor in self.actors.values() if actor.role is role)


def _create(folder: Path) -> _Building:
    given = _read("visit.yaml")
    clock, entropy = _Clock(given["timetable"]), _Counter("inspection-app sample visit")
    description = Description(
        given["applicant"], given["category"], date.fromisoformat(given["starts"]), date.fromisoformat(given["ends"]),
        given["place"],
    )  # fmt: skip
    panel = [Appointment(**person | {"role": Role(person["role"])}) for person in given["panel"]]
    begun = clock()
    created = create_visit(folder, load_rubric_file(given["rubric"]), description, panel, entropy=entropy, now=begun)
    # members are appointed, and so numbered, in the panel's order
    numbered = list(zip(sorted(created.codes), panel, strict=True))
    for member, person in numbered:  # at one time, so that what follows keeps its own
        declare(created.file, Actor(member, person.role), "", True, begun)
    return _Building(
        created.file,
        {person.name: Actor(member, person.role) for member, person in numbered},
        tuple(PersonalCode(person.name, person.role, created.codes[member]) for member, person in numbered),
        clock,
        entropy,
    )


def _prepare(building: _Building) -> None:
    file, secretary, clock = building.file, building.the(Role.SECRETARY), building.clock
    name_sites(file, secretary, [Site(**site) for site in _read("sites.yaml")], clock())
    load_roster(file, secretary, (_folder() / "roster.csv").read_bytes(), clock())
    for key, figure in _read("figures.yaml").items():
        enter_figure(file, secretary, AgreedFigure(key=key, **figure), clock())
    clock.begin("application")
    for key, value in _read("application.yaml").items():
        enter_fact(file, secretary, key, value, base=0, now=clock())
    bring_self_check(file, secretary, (_folder() / "self-check.xlsx").read_bytes(), clock())
    bring_desk_marks(file, secretary, (_folder() / "desk-marks.xlsx").read_bytes(), clock())
    clock.begin("programme")
    for planned in programme(file).activities:
        held = _read("on-site.yaml")[planned.title]
        wanted = replace(planned, day=date.fromisoformat(held["day"]), time=held["time"], place=held["place"])
        change_activity(file, secretary, wanted, clock(), base=planned)


def _draw_and_score(building: _Building) -> None:
    file, secretary, clock = building.file, building.the(Role.SECRETARY), building.clock
    ceremonies = _read("ceremonies.yaml")
    _record(building, "预备会")
    _record(building, "汇报交流")
    clock.begin("draw_sites")
    lock_sites(file, secretary, ceremonies[SITES]["count"], entropy=building.entropy, now=clock())
    _hold(building, SITES, ceremonies[SITES])
    clock.begin("draw_citizens")
    lock_citizens(file, secretary, ceremonies[CITIZENS]["quotas"], entropy=building.entropy, now=clock())
    _hold(building, CITIZENS, ceremonies[CITIZENS])
    open_scoring(file, secretary, clock())
    _record(building, "查阅资料")
    clock.begin("first_day")
    _answer(building, lambda sheet: sheet["first_day"])
    _record(building, "实地考察")
    dispute = _read("on-site.yaml")["dispute"]
    clock.begin("dispute")
    dispute_figure(file, building.actors[dispute["by"]], dispute["figure"], dispute["note"], clock())


def _hold(building: _Building, kind: str, ceremony: Mapping[str, Any]) -> None:
    file, secretary, clock = building.file, building.the(Role.SECRETARY), building.clock
    cards = ceremony["cards"]
    begin_ceremony(file, secretary, kind, ceremony["place"], [(card["party"], card["name"]) for card in cards], clock())
    enter_public_digits(file, secretary, kind, ceremony["public"], clock())
    draw_list(file, secretary, kind, [card["digits"] for card in cards], clock())


def _record(building: _Building, title: str) -> None:
    """Record an activity: who was there, the checks of the drawn sites, and what was noted."""
    file, clock, held = building.file, building.clock, _read("on-site.yaml")[title]
    clock.begin(title)
    found = programme(file)
    activity = next(one for one in found.activities if one.title == title)
    away, guests = held.get("away", {}), held.get("guests", {})
    attendance = [Attendance(activity.id, Attendee.GUEST, name, remark=office) for name, office in guests.items()]
    for kind in (Attendee.MEMBER, Attendee.CITIZEN):
        for who in found.expected(activity, kind):
            name = found.name(kind, who)
            attendance.append(Attendance(activity.id, kind, who, name not in away, away.get(name, "")))
    take_attendance(file, building.the(Role.SECRETARY), attendance, clock())
    numbers = {site.name: number for number, site in found.sites.items()}
    for site, check in held.get("sites", {}).items():
        seen = SiteCheck(numbers[site], Agrees(check["agrees"]), check["note"], check["people"], check["documents"])
        check_site(file, building.actors[check["by"]], seen, clock(), base=0)
    for one in held.get("observations", []):
        noted = Observation(
            activity.id, ObservationKind(one["kind"]), one["text"], one.get("person", ""), one.get("item", ""),
            numbers[one["site"]] if "site" in one else 0,
        )  # fmt: skip
        observe(file, building.actors[one["by"]], noted, clock())


def _complete_sheets(building: _Building) -> None:
    file, clock = building.file, building.clock
    _record(building, "群众座谈")
    clock.begin("second_day")
    _answer(building, lambda sheet: len(sheet["items"]))
    clock.begin("settlement")
    (disputed,) = disputes(file)
    settle_dispute(file, building.the(Role.SECRETARY), disputed.id, _read("on-site.yaml")["dispute"]["answer"], clock())
    for name in _read("marks.yaml"):
        hand_in_sheet(file, building.actors[name], clock())
    _record(building, "内部评议")
    clock.begin("consolidate")
    open_marks(file, building.the(Role.CHAIR), clock())


def _answer(building: _Building, until: Callable[[Mapping[str, Any]], int]) -> None:
    """Enter every sheet up to the item that ``until`` names, side by side as a panel does, leaving out what is in."""
    sheets = _read("marks.yaml")
    entered = {name: len(sheet_of(building.file, building.actors[name]).entries) for name in sheets}
    rounds = max(len(sheet["items"]) for sheet in sheets.values())
    for place in range(rounds):
        for name, sheet in sheets.items():
            if entered[name] <= place < until(sheet):
                item, entry = list(sheet["items"].items())[place]
                answers = {criterion: answer for criterion, answer in entry.items() if criterion != "note"}
                answer_item(
                    building.file, building.actors[name], item, answers, entry.get("note", ""), base=0,
                    now=building.clock(),
                )  # fmt: skip


def _decide(building: _Building) -> None:
    file, chair, clock = building.file, building.the(Role.CHAIR), building.clock
    decisions = _read("decisions.yaml")
    for one in decisions["adjudications"]:
        adjudicate(file, chair, one["item"], one["points"], one["reason"], one["clause"], clock())
    for veto, decision in decisions["vetoes"].items():
        decide_veto(file, chair, veto, decision["applies"], decision["proof"], clock())
    for gate, decision in decisions["gates"].items():
        decide_gate(file, chair, gate, decision["holds"], decision["proof"], clock())
    for finding in decisions["findings"]:
        stated = Finding(FindingKind(finding["kind"]), finding["text"], tuple(finding["items"]))
        state_finding(file, building.the(Role.SECRETARY), stated, clock())
    recommend(file, chair, Recommendation(decisions["recommendation"]), clock())
    for member in sealing(file).members:
        confirm_result(file, Actor(member.id, member.role), sealing(file).digest, clock())
    seal(file, chair, clock(), entropy=building.entropy)


_STEPS: Mapping[Stage, Callable[[_Building], None]] = {
    Stage.PREPARE: _prepare,
    Stage.SCORE: _draw_and_score,
    Stage.CONSOLIDATE: _complete_sheets,
    Stage.SEALED: _decide,
}
"""What brings the visit to each stage from the one before."""


def _folder() -> Path:
    return shipped("data") / "sample"


@cache
def _read(name: str) -> Any:
    """Return an input file's content, which nobody changes: several steps look into the same file."""
    return load_yaml(_folder() / name)
