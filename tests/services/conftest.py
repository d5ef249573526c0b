"""Small real visits, made through services only: a rubric of five items, a panel of five, twelve citizens.

``scene_at`` brings a visit to a stage. ``refused`` holds a service to its promise that a refusal changes nothing: it
compares every table of the file before and after.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from PIL import Image

from inspection_app.core.audit import Entry
from inspection_app.core.cleaning import guess_columns
from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.roster import Site
from inspection_app.core.visit import Actor, Appointment, Description, Member, Role, Stage
from inspection_app.errors import InspectionError
from inspection_app.files import RubricFile, parse_rubric, read_roster_tables
from inspection_app.services import (
    consolidate,
    draw,
    enlist,
    feed_back,
    hand_in,
    open_marks,
    prepare,
    recuse,
    score,
    seal,
)
from inspection_app.store import log
from inspection_app.store.file import VisitFile, kept_open
from inspection_app.store.sheets import AgreedFigure

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=timezone(timedelta(hours=8)))
CREATED = NOW - timedelta(days=4)

RUBRIC = """
id: small-county
version: "1"
title: 小细则
issuer: 测试单位
year: 2026
source: 虚构
stated_total: 14
stated_bonus: 2
scheme:
  prescribed: true
  candidate_sites: 5
  drawn_sites: [3, 4]
  citizen_categories: [群众代表, 人大代表, 政协委员]
  activities:
    - {id: site_visits, title: 实地考察, draws: sites}
    - {id: citizens_meeting, title: 群众座谈, draws: citizens}
figures:
  fund: {title: 专项经费占比, unit: ‰, from: 0, to: 1000}
  awards: {title: 获奖数量, unit: 项, from: 0}
aspects:
  - id: a
    title: 一、组织领导
    points: 6
    items:
      - no: 1
        content: 领导机构
        points: 2
        rule_text: 建立机构（1分）。召开会议（1分）。
        criteria:
          - {id: 1, kind: tick, points: 1, text: 建立机构}
          - {id: 2, kind: tick, points: 1, text: 召开会议}
      - no: 2
        content: 技术平台
        points: 4
        rule_text: 省级4分，市级2分，没有0分。
        criteria:
          - id: 1
            kind: choice
            text: 平台级别
            tiers:
              - {points: 4, text: 省级}
              - {points: 2, text: 市级}
              - {points: 0, text: 没有}
  - id: b
    title: 二、保障
    points: 6
    items:
      - no: 3
        content: 经费
        points: 2
        rule_text: 达到0.4‰得2分，0.2‰以上得1分。
        criteria:
          - id: 1
            kind: step
            text: 经费占比
            figure: fund
            bands:
              - {from: 0.4, points: 2}
              - {from: 0.2, below: 0.4, points: 1}
              - {below: 0.2, points: 0}
      - no: 4
        content: 成效
        points: 4
        rule_text: 酌情得分。
        criteria:
          - {id: 1, kind: grade, points: 4, text: 酌情得分}
  - id: c
    title: 三、加分
    points: 2
    kind: bonus
    items:
      - no: 5
        content: 获奖
        points: 2
        rule_text: 每项1分。
        criteria:
          - {id: 1, kind: rate, points: 2, each: 1, text: 每项1分, figure: awards}
vetoes:
  - {id: 1, effect: 取消申请资格, text: 发生重大事故。}
  - {id: 2, effect: 取消申请资格, text: 弄虚作假。}
gates:
  - {id: 1, text: 经费占比应超过0.3‰。, figure: fund, holds: {over: 0.3}}
  - {id: 2, text: 须成立领导小组。}
"""

SECRETARY, CHAIR, EXPERT, OTHER, THIRD = "高知微", "章北川", "江晚舟", "罗云岫", "方听澜"
MEMBERS = (SECRETARY, CHAIR, EXPERT, OTHER, THIRD)
PANEL = (
    Appointment(SECRETARY, Role.SECRETARY, "省质量办", "会务"),
    Appointment(CHAIR, Role.CHAIR, "省研究院", "质量管理"),
    Appointment(EXPERT, Role.EXPERT, "省标准院", "标准化"),
    Appointment(OTHER, Role.EXPERT, "省计量院", "计量"),
    Appointment(THIRD, Role.EXPERT, "省检验院", "检验"),
)
DESCRIPTION = Description("清溪县人民政府", "县", date(2026, 5, 12), date(2026, 5, 13), "县行政中心")
SITES = tuple(Site(f"第{sign}考察点", f"解放路{sign}号", "特色") for sign in "甲乙丙丁戊")
CITIZENS = (
    "蓝若水", "钟怀远", "丁小满", "白露生", "秋月白", "文竹君",
    "石敢言", "马识途", "苏幕遮", "谢春池", "风敲竹", "沈园柳",
)  # fmt: skip
CATEGORIES = ("群众代表",) * 6 + ("人大代表",) * 4 + ("政协委员",) * 2
PHONES = tuple(f"1390000{number:04}" for number in range(101, 113))
ID_NUMBER = "410101198001011234"
ROSTER = "姓名,类别,电话,身份证号\n" + "".join(
    f"{name},{category},{phone},{ID_NUMBER if name == CITIZENS[0] else ''}\n"
    for name, category, phone in zip(CITIZENS, CATEGORIES, PHONES, strict=True)
)
QUOTAS = {"群众代表": 3, "人大代表": 2, "政协委员": 1}
CARDS = (("applicant", "申必达"), ("chair", CHAIR), ("neither", "公证石"))
CARD_DIGITS = ("1234", "20260512", "98765")
PUBLIC_DIGITS = "314159265"

MARKS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    CHAIR: {"1": {"1": True, "2": True}, "2": {"1": 1}, "3": {}, "4": {"1": "3"}, "5": {}},
    EXPERT: {"1": {"1": True, "2": False}, "2": {"1": 2}, "3": {}, "4": {"1": "2.5"}, "5": {}},
    OTHER: {
        "1": {"1": True, "2": {"points": "0.5", "reason": "会议只开了一次"}}, "2": {"1": 2}, "3": {}, "4": {"1": "4"},
        "5": {},
    },
    THIRD: {"1": {"1": False, "2": False}, "2": {"1": 3}, "3": {}, "4": {"1": 0}, "5": {}},
}  # fmt: skip
"""What everybody answers; items 3 and 5 follow from the agreed figures."""


@dataclass(frozen=True)
class Scene:
    """A visit and its people: actors by name, codes by name."""

    file: VisitFile
    people: Mapping[str, Actor]
    codes: Mapping[str, str]

    @property
    def secretary(self) -> Actor:
        return self.people[SECRETARY]

    @property
    def chair(self) -> Actor:
        return self.people[CHAIR]

    @property
    def expert(self) -> Actor:
        return self.people[EXPERT]

    @property
    def other(self) -> Actor:
        return self.people[OTHER]


def photo(colour: str = "white") -> bytes:
    """A small picture, as a tablet takes one."""
    out = io.BytesIO()
    Image.new("RGB", (40, 60), colour).save(out, "PNG")
    return out.getvalue()


def small_rubric() -> RubricFile:
    return parse_rubric(RUBRIC, "small-county.yaml")


def create(folder: Path) -> Scene:
    """A new visit with nothing in it but its panel."""
    created = prepare.create_visit(folder, small_rubric(), DESCRIPTION, PANEL, entropy=os.urandom, now=CREATED)
    members = prepare.preparation(created.file).members
    return Scene(
        created.file,
        {member.name: Actor(member.id, member.role) for member in members},
        {member.name: created.codes[member.id] for member in members},
    )


def declare_all(scene: Scene) -> None:
    """Nobody has a conflict, everybody keeps confidence: without that no mark is taken."""
    for actor in scene.people.values():
        recuse.declare(scene.file, actor, "", True, NOW)


def fill_in(scene: Scene) -> None:
    """Sites, roster, both figures and the declarations: all that is prepared."""
    prepare.name_sites(scene.file, scene.secretary, SITES, NOW)
    enlist.load_roster(scene.file, scene.secretary, ROSTER.encode(), NOW)
    enter_figures(scene)
    declare_all(scene)


def take_roster(scene: Scene, who: Actor) -> None:
    (table,) = read_roster_tables(ROSTER.encode())
    enlist.take_roster(scene.file, who, table, guess_columns(table.rows), (), NOW)


def enter_figures(scene: Scene, fund: str = "0.45", awards: str = "1") -> None:
    for key, value in (("fund", fund), ("awards", awards)):
        prepare.enter_figure(scene.file, scene.secretary, AgreedFigure(key, value, source="财政局报表"), NOW)


def lock(scene: Scene, kind: str = draw.SITES) -> None:
    if kind == draw.SITES:
        draw.lock_sites(scene.file, scene.secretary, 3, entropy=os.urandom, now=NOW)
    else:
        draw.lock_citizens(scene.file, scene.secretary, QUOTAS, entropy=os.urandom, now=NOW)


def begin(scene: Scene, kind: str = draw.SITES) -> int:
    return draw.begin_ceremony(scene.file, scene.secretary, kind, "三楼会议室", CARDS, NOW)


def hold(scene: Scene, kind: str = draw.SITES) -> Mapping[str, Any]:
    """A whole ceremony on a list that is locked."""
    begin(scene, kind)
    draw.enter_public_digits(scene.file, scene.secretary, kind, PUBLIC_DIGITS, NOW)
    return draw.draw_list(scene.file, scene.secretary, kind, CARD_DIGITS, NOW)


def mark_all(scene: Scene, *names: str) -> None:
    """Enter the whole sheets of these people, of everybody by default."""
    for name in names or MARKS:
        for item, answers in MARKS[name].items():
            base = revision(scene, name, item)
            score.answer_item(scene.file, scene.people[name], item, answers, f"第{item}项现场所见", base=base, now=NOW)


def revision(scene: Scene, name: str, item: str) -> int:
    entry = score.sheet_of(scene.file, scene.people[name]).entries.get(item)
    return entry.revision if entry else 0


def hand_in_all(scene: Scene) -> None:
    """Everybody whose sheet is complete hands it in."""
    for one in hand_in.readiness(scene.file).sheets:
        if one.complete and not one.settled:
            hand_in.hand_in_sheet(scene.file, Actor(one.member.id, one.member.role), NOW)


def open_up(scene: Scene, reason: str = "") -> None:
    """Open the marks: who is not complete is excused, and what they marked counts."""
    hand_in_all(scene)
    sheets = hand_in.readiness(scene.file).sheets
    chair = next(Actor(one.member.id, one.member.role) for one in sheets if one.member.role is Role.CHAIR)
    for one in sheets:
        if not one.settled:
            hand_in.excuse_expert(scene.file, chair, one.member.id, "临时离会", True, NOW)
    open_marks.open_marks(scene.file, chair, NOW, reason=reason)


def decide_all(scene: Scene) -> None:
    """Vetoes, the gate that no figure decides, one finding, the recommendation."""
    file, chair = scene.file, scene.chair
    for veto in ("1", "2"):
        consolidate.decide_veto(file, chair, veto, False, "应急局证明", NOW)
    consolidate.decide_gate(file, chair, "2", True, "领导小组文件", NOW)
    feed_back.state_finding(file, scene.secretary, Finding(FindingKind.HIGHLIGHT, "机构健全。", ("1",)), NOW)
    consolidate.recommend(file, chair, Recommendation.PASS, NOW)


def confirm_all(scene: Scene, *names: str) -> None:
    """Everybody who scores, or these people, confirm the result as it stands."""
    digest = seal.sealing(scene.file).digest
    for name in names or MARKS:
        seal.confirm_result(scene.file, scene.people[name], digest, NOW)


def seal_up(scene: Scene) -> None:
    """Explain what can be explained, have everybody who is waited for confirm, and seal."""
    found = seal.sealing(scene.file)
    for point in found.points:
        if point.breach.explainable and not point.breach.key.startswith("unconfirmed"):
            seal.explain(scene.file, scene.chair, point.breach.key, "已核实", NOW)
    waiting = [one for one in found.members if found.words[one.id] in {seal.Word.WAITING, seal.Word.STALE}]
    for one in waiting:
        seal.confirm_result(scene.file, Actor(one.id, one.role), found.digest, NOW)
    seal.seal(scene.file, scene.chair, NOW, entropy=os.urandom)


def scene_at(folder: Path, stage: Stage) -> Scene:
    """A visit that has come to this stage in the ordinary way, both draws held."""
    scene = create(folder)
    fill_in(scene)
    if stage is Stage.PREPARE:
        return scene
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        hold(scene, kind)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    if stage is Stage.SCORE:
        return scene
    mark_all(scene)
    open_up(scene)
    if stage is Stage.CONSOLIDATE:
        return scene
    decide_all(scene)
    seal_up(scene)
    return scene


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Open a visit's file once a test, as the app does once a run of a page: most of a short act is opening it."""
    with kept_open():
        yield


Copy = Callable[[Callable[[Path], Scene], Path], Scene]


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Build a visit once and hand out copies of its file: copying is how a visit is handed over anyway."""
    built: dict[Callable[[Path], Scene], Scene] = {}

    def copy(build: Callable[[Path], Scene], folder: Path) -> Scene:
        if build not in built:
            with kept_open():
                built[build] = build(tmp_path_factory.mktemp("built"))
        path = shutil.copy(built[build].file.path, folder)
        return replace(built[build], file=VisitFile(Path(path)))

    return copy


def _prepared(folder: Path) -> Scene:
    return scene_at(folder, Stage.PREPARE)


def _scoring(folder: Path) -> Scene:
    scene = scene_at(folder, Stage.PREPARE)
    prepare.open_scoring(scene.file, scene.secretary, NOW)
    return scene


def _consolidating(folder: Path) -> Scene:
    return scene_at(folder, Stage.CONSOLIDATE)


@pytest.fixture
def new(copied: Copy, tmp_path: Path) -> Scene:
    """A visit with nothing in it but its panel."""
    return copied(create, tmp_path)


@pytest.fixture
def prepared(copied: Copy, tmp_path: Path) -> Scene:
    """Sites, roster and figures are in; nothing is locked, scoring is not open."""
    return copied(_prepared, tmp_path)


@pytest.fixture
def scoring(copied: Copy, tmp_path: Path) -> Scene:
    """Scoring is open; sites, roster and figures are in, nothing is drawn, nothing is marked."""
    return copied(_scoring, tmp_path)


@pytest.fixture
def consolidating(copied: Copy, tmp_path: Path) -> Scene:
    """Both draws are held, all sheets are in, the marks are opened; nothing is decided."""
    return copied(_consolidating, tmp_path)


PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"


def table_of(columns: Mapping[str, Sequence[str]], **values: object) -> bytes:
    """A spreadsheet with one row, its columns titled as they are understood."""
    book = Workbook()
    assert book.active is not None
    for row in ([columns[name][0] for name in values], list(values.values())):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


Dump = dict[str, list[dict[str, Any]]]


def dump(file: VisitFile, *tables: str) -> Dump:
    """Every row of these tables, of all tables by default, read past the store."""
    with closing(sqlite3.connect(file.path)) as connection:
        connection.row_factory = sqlite3.Row
        schema = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = tables or [row["name"] for row in schema]
        return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}


def rows(scene: Scene, table: str) -> list[dict[str, Any]]:
    """The rows of one table, in the order they were written."""
    return dump(scene.file, table)[table]


def members(scene: Scene) -> tuple[Member, ...]:
    return prepare.preparation(scene.file).members


def log_of(scene: Scene) -> tuple[Entry, ...]:
    with scene.file.reading() as db:
        return log.entries(db)


@contextmanager
def refused(scene: Scene, error: type[InspectionError], code: str) -> Iterator[pytest.ExceptionInfo[InspectionError]]:
    """What happens inside must be refused with this code and must leave every row as it was, the log's included."""
    before = dump(scene.file)
    with pytest.raises(error) as caught:
        yield caught
    assert caught.value.code == code
    assert caught.value.text()  # every placeholder of message and faults is filled
    assert dump(scene.file) == before


def places(error: InspectionError) -> list[str]:
    """Where each fault is, as people read it."""
    return [fault.place.format(**fault.context) for fault in error.faults]


