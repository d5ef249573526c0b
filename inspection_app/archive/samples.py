"""Plausible sealed visits by the hundred, for tests and benchmarks: the same to the last digest for the same seed.

Each goes through the services like any other, in one transaction of its own file, and verifies. What is invented is
what people would enter: regions differ in strength, items in difficulty, experts in severity. The sheets come in as
answer files, the panel signs the printed draft; citizens are not drawn. It is no way to make a visit that counts:
codes and nonces come of the seed.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from inspection_app.core.consolidation import half_up
from inspection_app.core.feedback import Recommendation
from inspection_app.core.merge import CarriedEntry, CarriedSheet, Stamp
from inspection_app.core.roster import Site
from inspection_app.core.rubric import AnyCriterion, AspectKind, Choice, Grade, Interval, Item, Rubric, Tick
from inspection_app.core.scoring import ITEM, State, check_measured, score_item
from inspection_app.core.table import part_choices, ranges, reading_of
from inspection_app.core.visit import Actor, Appointment, Description, Role
from inspection_app.errors import InspectionError
from inspection_app.files import RubricFile, load_rubric_file
from inspection_app.files.application_tables import SELF_CHECK_COLUMNS
from inspection_app.services.bring import bring_self_check
from inspection_app.services.bring_sheets import Upload, bring_in, preview
from inspection_app.services.check import breaches, result_now
from inspection_app.services.consolidate import adjudicate, decide_gate, decide_veto, recommend, result_of
from inspection_app.services.draw import (
    SITES,
    begin_ceremony,
    draw_list,
    enter_public_digits,
    lock_sites,
    void_ceremony,
)
from inspection_app.services.hand_in import hand_in_sheet
from inspection_app.services.open_marks import open_marks
from inspection_app.services.prepare import create_visit, enter_figure, name_sites, open_scoring
from inspection_app.services.recuse import declare
from inspection_app.services.seal import attach_scan, explain, seal
from inspection_app.sheets import write_answer_file
from inspection_app.store import visits
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure

RUBRICS = ("henan-county", "henan-county", "suzhou-town", "huiji-district", "hunan-city", "pingdingshan-city")
"""Whose turn it is: the county's text twice as often as the others."""

YEARS, PANEL = range(2021, 2027), range(5, 9)
_REGIONS = {"豫东市": 0.10, "豫南市": -0.08, "豫西市": -0.02, "豫北市": 0.04, "淮上市": 0.00, "湘中市": 0.07,
            "湘西州": -0.12, "皖北市": -0.04}  # fmt: skip
_FIRST = "云清临安永新武平长宁泰丰昌阳广东西南北中兴福嘉德文博青白金石"
_SECOND = "岭溪江河山川泉湖原陵岗城乡林海洲浦塘桥坪"
_KINDS = {"henan-county": "县", "suzhou-town": "镇", "huiji-district": "区", "hunan-city": "市",
          "pingdingshan-city": "市"}  # fmt: skip
_SURNAMES, _GIVEN = "陆秦白石苗简骆闻蓝许申邢柏鲁祝纪", "维衡澜川禾昕瑾群溪岳宁朗越庭舒"
_EXPERTS = 60
_PARTIES = (("applicant", "申报单位代表"), ("chair", "组长"), ("neither", "公证人员"))
_PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
_ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class _Expert:
    """Somebody who goes on many visits: ``severity`` is taken off what others would see."""

    name: str
    organisation: str
    severity: float


@dataclass(frozen=True)
class _Open(VisitFile):
    """A visit that stays open for one transaction: whoever reads or writes it does so in that one."""

    db: Database

    @contextmanager
    def reading(self) -> Iterator[Database]:
        yield self.db

    @contextmanager
    def writing(self) -> Iterator[Database]:
        yield self.db


class _Clock:
    def __init__(self, begins: datetime) -> None:
        self.now = begins

    def __call__(self, **later: float) -> datetime:
        self.now += timedelta(seconds=40) + timedelta(seconds=int(timedelta(**later).total_seconds()))
        return self.now


def make_samples(
    folder: Path, count: int, *, seed: int = 1, panel: range = PANEL, workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:  # fmt: skip
    """Make so many sealed visits in a folder, in a folder below it for each region; return their files.

    Args:
        seed: the same seed, panel and number make the same visit.
        panel: how many people may score in a visit, 3..15.
        workers: processes that make them, 1 for none beside this one.
        progress: called with how many are made, and of how many.

    Raises:
        InspectionError: a visit of that name is there already, or the disk refused it.
    """
    made = []
    numbers = range(1, count + 1)
    if workers <= 1 or count < 4:
        done: Iterator[Path] = (make_sample(folder, number, seed, panel) for number in numbers)
        made = list(_counted(done, count, progress))
    else:
        with ProcessPoolExecutor(workers) as pool:
            waiting = [pool.submit(make_sample, folder, number, seed, panel) for number in numbers]
            made = list(_counted((one.result() for one in waiting), count, progress))
    return made


def _counted(made: Iterator[Path], of: int, progress: Callable[[int, int], None] | None) -> Iterator[Path]:
    for done, one in enumerate(made, 1):
        if progress:
            progress(done, of)
        yield one


def make_sample(folder: Path, number: int, seed: int = 1, panel: range = PANEL) -> Path:
    """Make one sealed visit; see ``make_samples``."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311 - nothing secret
    given = _rubric(RUBRICS[number % len(RUBRICS)])
    begins = date(chance.choice(YEARS), chance.randint(3, 11), chance.randint(1, 28))
    place = chance.choice(list(_REGIONS))
    name = _FIRST[number % len(_FIRST)] + _SECOND[number // len(_FIRST) % len(_SECOND)]
    many = str(number // (len(_FIRST) * len(_SECOND)) or "")
    applicant = f"{name}{many}{_KINDS[given.rubric.id]}人民政府"
    people = chance.sample(experts(seed), chance.choice(panel))
    clock = _Clock(datetime(begins.year, begins.month, begins.day, 9, tzinfo=_ZONE) - timedelta(days=5))
    appointed = [Appointment(one.name, Role.EXPERT if turn else Role.CHAIR, one.organisation)
                 for turn, one in enumerate(people)]  # fmt: skip
    appointed.append(Appointment("简文昕", Role.SECRETARY, "省质量工作办公室"))
    created = create_visit(
        folder / place, given, Description(applicant, _KINDS[given.rubric.id], begins, begins + timedelta(days=1)),
        appointed, entropy=chance.randbytes, now=clock.now,
    )  # fmt: skip
    with created.file.writing() as db:
        making = _Making(_Open(created.file.path, db), given, chance, clock, people, _REGIONS[place])
        making.walk()
    return created.file.path


@cache
def _rubric(id_: str) -> RubricFile:
    return load_rubric_file(id_)


@cache
def experts(seed: int) -> tuple[_Expert, ...]:
    """Return the experts that all visits of a seed choose from."""
    chance = random.Random(f"{seed} experts")  # noqa: S311
    names = [first + second for first in _SURNAMES for second in _GIVEN]
    return tuple(
        _Expert(name, f"省质量专家库第{1 + place % 6}组", chance.gauss(0, 0.06))
        for place, name in enumerate(chance.sample(names, _EXPERTS))
    )


@cache
def _difficulty(rubric: str, item: str) -> float:
    return random.Random(f"{rubric} {item}").gauss(0, 0.15)  # noqa: S311


class _Making:
    """One visit on its way from the preparation to the seal."""

    def __init__(
        self, file: _Open, given: RubricFile, chance: random.Random, clock: _Clock, people: Sequence[_Expert],
        strength: float,
    ) -> None:  # fmt: skip
        self.file, self.given, self.chance, self.clock, self.people = file, given, chance, clock, people
        self.rubric: Rubric = given.rubric
        self.strength = 0.64 + strength + chance.gauss(0, 0.05)
        self.scoring = [Actor(number, Role.EXPERT if turn else Role.CHAIR) for turn, number in
                        enumerate(range(1, len(people) + 1))]  # fmt: skip
        self.chair = self.scoring[0]
        self.secretary = Actor(len(people) + 1, Role.SECRETARY)
        self.figures: dict[str, dict[str, str]] = {}

    def walk(self) -> None:
        """Go the way a panel goes."""
        self._prepare()
        self._draw_sites()
        open_scoring(self.file, self.secretary, self.clock(days=self.chance.uniform(1, 4)))
        self._score()
        open_marks(self.file, self.chair, self.clock(hours=self.chance.uniform(0.2, 3)))
        self._decide()

    def _prepare(self) -> None:
        for one in (*self.scoring, self.secretary):
            declare(self.file, one, "", True, self.clock())
        sites = [Site(f"备选考察点{number}号", f"{number}号路", "示范点") for number in range(1, 6)]
        name_sites(self.file, self.secretary, sites[: self.rubric.scheme.candidate_sites], self.clock())
        for gate in self.rubric.gates:
            if gate.figure and gate.figure not in self.figures:
                self._agree(gate.figure, _inside(gate.holds, holds=self.chance.random() < 0.93))
        content = _self_check(self.rubric, self.chance, self.strength)
        bring_self_check(self.file, self.secretary, content, self.clock(hours=2))

    def _agree(self, key: str, value: Decimal) -> None:
        declared = self.rubric.figures[key]
        value = value if declared.from_ is None else max(value, declared.from_)
        value = value if declared.to is None else min(value, declared.to)
        enter_figure(self.file, self.secretary, AgreedFigure(key, f"{value:f}", source="统计年报"), self.clock())
        self.figures[key] = {"value": f"{value:f}"}

    def _draw_sites(self) -> None:
        scheme = self.rubric.scheme
        if not scheme.drawn_sites:
            return
        count = self.chance.choice(scheme.drawn_sites)
        lock_sites(self.file, self.secretary, count, entropy=self.chance.randbytes, now=self.clock(hours=1))
        for turn in range(2):
            begin_ceremony(self.file, self.secretary, SITES, "会议室", _PARTIES, self.clock())
            if turn or self.chance.random() > 0.06:
                break
            void_ceremony(self.file, self.secretary, SITES, "卡片提前翻开，重新进行", self.clock())
        digits = [f"{self.chance.randrange(10**8):08}" for _card in _PARTIES]
        enter_public_digits(self.file, self.secretary, SITES, f"{self.chance.randrange(10**8):08}", self.clock())
        draw_list(self.file, self.secretary, SITES, digits, self.clock())

    def _score(self) -> None:
        seen = {item.no: self.strength + _difficulty(self.rubric.id, item.no) + self.chance.gauss(0, 0.12)
                for item in self.rubric.items}  # fmt: skip
        measured = {item.no: self._measured(item, seen[item.no]) for item in self.rubric.items}
        visit = visits.read(self.file.db).id
        for actor, expert in zip(self.scoring, self.people, strict=True):
            client = f"sample-{self.chance.randrange(10**9)}"
            entries = []
            for sequence, item in enumerate(self.rubric.items, 1):
                quality = seen[item.no] - expert.severity + self.chance.gauss(0, 0.07)
                answers = self._answers(item, quality, measured[item.no])
                entries.append(CarriedEntry(item.no, answers, "", 0, Stamp(client, sequence)))
            at = self.clock(hours=self.chance.uniform(0.3, 1.5))
            sheet = CarriedSheet(visit, self.given.digest, actor.member_id, "file", at, tuple(entries))
            shown = preview(self.file, actor, [Upload("答卷.json", write_answer_file(sheet))])
            bring_in(self.file, actor, shown, {}, at)
            hand_in_sheet(self.file, actor, self.clock())

    def _measured(self, item: Item, quality: float) -> dict[str, Any]:
        """Return what is measured for an item: everybody finds the same."""
        aspect = self.rubric.aspect_of(item.no)
        found: dict[str, Any] = {}
        for criterion in item.criteria:
            if isinstance(criterion, (Tick, Choice, Grade)):
                continue
            offered = sorted(ranges(criterion), key=lambda one: one.points)
            share = 1 - quality if aspect.kind is AspectKind.DEDUCTION else quality
            chosen = offered[min(int(max(share, 0) * len(offered)), len(offered) - 1)]
            reading = _between(chosen.low, chosen.low_in, chosen.high, chosen.high_in)
            told = reading_of(criterion)
            if told.against:  # a number alone is what came of the comparison
                found[criterion.id] = f"{reading:f}"
            else:
                value = (reading - told.constant) * told.value
                found[criterion.id] = {"value": f"{value:f}"}
            try:
                check_measured(self.rubric, item, {criterion.id: found[criterion.id]})
            except InspectionError:
                found.pop(criterion.id)
        return found

    def _answers(self, item: Item, quality: float, measured: Mapping[str, Any]) -> dict[str, Any]:
        kind = self.rubric.aspect_of(item.no).kind
        if kind is AspectKind.BONUS:
            quality -= 0.2
        if kind is AspectKind.DEDUCTION:
            quality = 0.55 - quality  # points come off where things are bad, and seldom
        answers = {criterion.id: self._answer(criterion, quality) for criterion in item.criteria
                   if isinstance(criterion, (Tick, Choice, Grade))}  # fmt: skip
        answers |= measured
        step = self.rubric.scheme.part_step
        try:
            if score_item(item, answers, self.figures, part_step=step).state is State.SCORED:
                return answers
        except InspectionError:
            pass
        share = Decimal(str(round(min(max(quality, 0.0), 1.0), 1)))
        only = item.criteria[0]
        if len(item.criteria) == 1 and isinstance(only, Grade) and only.allowed:
            points = min(only.allowed, key=lambda one: abs(one - item.ceiling * share))
        else:
            points = min(half_up(Fraction(item.ceiling * share), 1), item.ceiling)
        return {ITEM: {"override": f"{points:f}", "reason": "按现场核查情况定分"}}

    def _answer(self, criterion: AnyCriterion, quality: float) -> Any:
        quality += self.chance.gauss(0, 0.05)
        if isinstance(criterion, Tick):
            parts = part_choices(criterion, self.rubric.scheme.part_step)
            if quality > 0.6 or (not parts and quality > 0.5):
                return True
            return {"points": f"{parts[0]:f}", "reason": "部分达到，材料不全"} if parts and quality > 0.35 else False
        if isinstance(criterion, Choice):
            tiers = sorted(range(len(criterion.tiers)), key=lambda place: criterion.tiers[place].points)
            return 1 + tiers[min(int(max(quality + 0.1, 0) * len(tiers)), len(tiers) - 1)]
        assert isinstance(criterion, Grade)
        share = Decimal(str(round(min(max(quality + 0.15, 0.0), 1.0), 2)))
        wanted = criterion.points * share
        if criterion.allowed:
            wanted = min(criterion.allowed, key=lambda one: abs(one - wanted))
        return {"points": f"{wanted if criterion.allowed else half_up(Fraction(wanted), 1):f}",
                "reason": "按核查记录评定"}  # fmt: skip

    def _decide(self) -> None:
        result = result_of(self.file.db)
        for one in result.items:
            if one.panel.points is None or (one.wide and self.chance.random() < 0.5):
                points = one.panel.points if one.panel.points is not None else Decimal(0)
                adjudicate(self.file, self.chair, one.item.no, points, "合议后按多数意见定分", "原文评分方法",
                           self.clock())  # fmt: skip
        for gate in self.rubric.gates:
            if not gate.figure or gate.figure not in self.figures:
                holds = self.chance.random() < 0.95
                decide_gate(self.file, self.chair, gate.id, holds, "原件核对", self.clock())
        for veto in self.rubric.vetoes:
            applies = self.chance.random() < 0.01
            decide_veto(self.file, self.chair, veto.id, applies, "主管部门书面证明", self.clock())
        share = float(result.total / result.maximum) if result.maximum else 0
        words = [Recommendation.FAIL, Recommendation.PASS_AFTER_MENDING, Recommendation.PASS]
        recommend(self.file, self.chair, words[(share > 0.6) + (share > 0.8)], self.clock())
        for found in breaches(self.file.db):
            if found.explainable:
                explain(self.file, self.chair, found.key, "已核实，按实际情况汇总", self.clock())
        _result, digest = result_now(self.file.db)
        attach_scan(
            self.file, self.secretary, "签字稿", _PDF, self.clock(hours=self.chance.uniform(0.2, 1)),
            members=[one.member_id for one in self.scoring], shown=digest,
        )  # fmt: skip
        seal(self.file, self.chair, self.clock(), entropy=self.chance.randbytes)


def _inside(interval: Interval | None, *, holds: bool) -> Decimal:
    """Return a number that lies in an interval, or just outside."""
    assert interval is not None
    low, high = interval.low, interval.high
    if low is not None:
        return low - 1 if not holds else low if low > 99 else low + Decimal("0.5")
    return (high or Decimal(1)) / 2 if holds else (high or Decimal(1)) + 1


def _between(low: Decimal | None, low_in: bool, high: Decimal | None, high_in: bool) -> Decimal:
    """Return a reading that lies between two ends, on one of them where it is included."""
    if low is not None and low_in:
        return low
    if high is not None and high_in:
        return high
    if low is not None and high is not None:
        return (low + high) / 2
    return low + 1 if low is not None else (high or Decimal(1)) / 2


def _self_check(rubric: Rubric, chance: random.Random, strength: float) -> bytes:
    """Fill in the form for self-checks: applicants see themselves a little better than the panel will."""
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    book.active.append([titles[0] for titles in SELF_CHECK_COLUMNS.values()])
    for page, item in enumerate(rubric.items, 1):
        kind = rubric.aspect_of(item.no).kind
        share = min(max(strength + 0.12 + chance.gauss(0, 0.1), 0.0), 1.0) if kind is AspectKind.BASE else 0.0
        points = half_up(Fraction(item.ceiling) * Fraction(round(share * 10), 10), 1)
        book.active.append([item.no, float(points), str(page)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
