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

from inspection_app.access import new_code
from inspection_app.core.audit import Entry
from inspection_app.core.cleaning import guess_columns
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import Disclosure, Finding, FindingKind, Recommendation
from inspection_app.core.programme import (
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Observation,
    ObservationKind,
    SiteCheck,
)
from inspection_app.core.roster import Site
from inspection_app.core.substitution import CallState
from inspection_app.core.totals import Reading
from inspection_app.core.visit import Act, Actor, Appointment, Description, Member, Role, Stage
from inspection_app.errors import InspectionError
from inspection_app.files import RubricFile, parse_rubric, read_roster_tables
from inspection_app.files.application_tables import DESK_MARK_COLUMNS, SELF_CHECK_COLUMNS
from inspection_app.services import (
    assign,
    attach,
    bring,
    bring_sheets,
    consolidate,
    dispute,
    draw,
    enlist,
    export_draw,
    feed_back,
    hand_in,
    join,
    keep,
    observe,
    open_marks,
    pad,
    prepare,
    recuse,
    redact,
    register,
    reopen,
    score,
    screen,
    seal,
    substitute,
    type_in,
)
from inspection_app.store import log, snapshots
from inspection_app.store.evidence import Place
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


def shown(scene: Scene) -> str:
    """The digest of the result on the screen; before there is one, something else."""
    try:
        return seal.sealing(scene.file).digest
    except InspectionError:
        return "0" * 64


def open_point(scene: Scene) -> str:
    """The key of something that can be explained; before there is any, something else."""
    try:
        return next((one.breach.key for one in seal.sealing(scene.file).points if one.breach.explainable), "none")
    except InspectionError:
        return "none"


def activity(scene: Scene) -> Activity:
    """The first activity of the programme, or a made-up one."""
    return next(iter(observe.programme(scene.file).activities), Activity(1, "座谈"))


def public_activity(scene: Scene) -> Activity:
    """The first activity that the room is part of."""
    return next(one for one in observe.programme(scene.file).activities if not one.internal)


def remark(scene: Scene) -> Observation:
    return Observation(activity(scene).id, ObservationKind.NOTE, "窗口齐全")


def table_of(columns: Mapping[str, Sequence[str]], **values: object) -> bytes:
    """A spreadsheet with one row, its columns titled as they are understood."""
    book = Workbook()
    assert book.active is not None
    for row in ([columns[name][0] for name in values], list(values.values())):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


Call = Callable[[Scene, Actor], object]

ACTS: Mapping[Act, tuple[Call, ...]] = {
    Act.DESCRIBE_VISIT: (lambda s, who: prepare.describe_visit(s.file, who, DESCRIPTION, NOW),),
    Act.APPOINT_MEMBER: (
        lambda s, who: prepare.appoint_member(
            s.file, who, Appointment("新来的", Role.EXPERT), entropy=os.urandom, now=NOW
        ),
        lambda s, who: prepare.change_member(s.file, who, s.expert.member_id, Appointment("改名", Role.EXPERT), NOW),
        lambda s, who: prepare.dismiss_member(s.file, who, max(m.id for m in members(s)), NOW),
    ),
    Act.ISSUE_CODE: (lambda s, who: join.issue_code(s.file, who, s.expert.member_id, new_code(os.urandom), NOW),),
    Act.ASSIGN_ITEMS: (
        lambda s, who: assign.assign_items(
            s.file, who, {m.id: ["1", "2", "3", "4", "5"] for m in members(s) if m.scores}, NOW
        ),
    ),
    Act.NAME_SITES: (lambda s, who: prepare.name_sites(s.file, who, SITES, NOW),),
    Act.LOAD_ROSTER: (
        lambda s, who: enlist.load_roster(s.file, who, ROSTER.encode(), NOW),
        take_roster,
    ),
    Act.ENTER_FIGURE: (lambda s, who: prepare.enter_figure(s.file, who, AgreedFigure("fund", "0.5"), NOW),),
    Act.LOCK_LIST: (
        lambda s, who: draw.lock_sites(s.file, who, 3, entropy=os.urandom, now=NOW),
        lambda s, who: draw.lock_citizens(s.file, who, QUOTAS, entropy=os.urandom, now=NOW),
    ),
    Act.UNLOCK_LIST: (
        lambda s, who: draw.unlock_list(s.file, who, draw.SITES, "名单有误", NOW),
        lambda s, who: draw.end_rehearsal(s.file, who, draw.SITES, NOW),
    ),
    Act.BEGIN_CEREMONY: (
        lambda s, who: draw.begin_ceremony(s.file, who, draw.SITES, "会议室", CARDS, NOW),
        lambda s, who: draw.correct_ceremony(s.file, who, draw.SITES, "会议室", CARDS, NOW),
    ),
    Act.VOID_CEREMONY: (lambda s, who: draw.void_ceremony(s.file, who, draw.SITES, "程序有误", NOW),),
    Act.ENTER_PUBLIC_DIGITS: (
        lambda s, who: draw.enter_public_digits(s.file, who, draw.SITES, PUBLIC_DIGITS, NOW),
        lambda s, who: draw.note_digits_so_far(s.file, who, draw.SITES, "314", NOW),
    ),
    Act.DRAW: (lambda s, who: draw.draw_list(s.file, who, draw.SITES, CARD_DIGITS, NOW),),
    Act.REGISTER_BY_HAND: (
        lambda s, who: register.register_by_hand(
            s.file, who, draw.SITES, {draw.SITE_STRATUM: [3, 1, 5]}, place="会议室", at=NOW, drawer="申必达",
            witnesses=["公证石", CHAIR], now=NOW,
        ),
        lambda s, who: register.add_draw_photo(s.file, who, draw.SITES, photo(), NOW),
        lambda s, who: register.remove_draw_photo(s.file, who, draw.SITES, 1, NOW),
    ),
    Act.CALL: (lambda s, who: substitute.call_citizen(s.file, who, 1, CallState.COMING, NOW),),
    Act.SUBSTITUTE: (
        lambda s, who: substitute.substitute(s.file, who, draw.SITES, 1, 2, "停业", "公证石", NOW),
        lambda s, who: substitute.take_back_substitution(s.file, who, draw.SITES, 2, "误录", NOW),
    ),
    Act.CLOSE_ABSENT: (
        lambda s, who: substitute.close_absent(s.file, who, draw.SITES, {1: "停业"}, ["公证石", "申必达"], NOW),
        lambda s, who: substitute.take_back_absent(s.file, who, draw.SITES, "误录", NOW),
    ),
    Act.DRAW_FRESH: (lambda s, who: substitute.draw_substitutes(s.file, who, draw.SITES, PUBLIC_DIGITS, NOW),),
    Act.OPEN_SCORING: (lambda s, who: prepare.open_scoring(s.file, who, NOW),),
    Act.ANSWER_ITEM: (
        lambda s, who: score.answer_item(s.file, who, "1", {"1": True, "2": True}, "再看一遍", base=0, now=NOW),
    ),
    Act.TYPE_IN: (
        lambda s, who: type_in.type_in_item(
            s.file, who, s.expert.member_id, "1", {"1": True, "2": True}, "", base=0, now=NOW
        ),
        lambda s, who: type_in.attach_photo(s.file, who, s.expert.member_id, photo("blue"), NOW),
        lambda s, who: type_in.remove_photo(s.file, who, s.expert.member_id, 1, NOW),
    ),
    Act.BRING_SHEETS: (
        lambda s, who: bring_sheets.bring_in(
            s.file, who, bring_sheets.Preview(small_rubric().rubric, (), (), ()), {}, NOW
        ),
    ),
    Act.CONFIRM_TYPED: (lambda s, who: type_in.confirm_typed(s.file, who, NOW, seen={}),),
    Act.ATTACH_EVIDENCE: (
        lambda s, who: attach.attach(s.file, who, photo("red"), Place(site=SITES[0].name), NOW),
        lambda s, who: attach.change_evidence(s.file, who, 1, NOW, caption="车间"),
    ),
    Act.KEEP_PHRASES: (lambda s, who: pad.keep_phrases(s.file, who, ["查阅原件"], NOW),),
    Act.SHARE_PHRASES: (lambda s, who: pad.share_phrases(s.file, who, ["查阅原件"], NOW),),
    Act.RESTORE: (lambda s, who: keep.restore(s.file, who, snapshots.take(s.file, NOW).path, NOW),),
    Act.HAND_OUT_ANNEX: (
        lambda s, who: export_draw.seal_annex(s.file, who, draw.SITES, entropy=os.urandom, now=NOW),
        lambda s, who: export_draw.own_proof(s.file, who, draw.SITES, 1, NOW),
    ),
    Act.LEAD_SCREEN: (
        lambda s, who: screen.lead_screen(s.file, who, screen.Shows.THANKS, NOW),
        lambda s, who: screen.name_citizens(s.file, who, True, NOW),
        lambda s, who: screen.show_whole_order(s.file, who, NOW),
        lambda s, who: screen.start_clock(s.file, who, public_activity(s).id, 10, NOW),
        lambda s, who: screen.give_a_minute(s.file, who, NOW),
        lambda s, who: screen.stop_clock(s.file, who, NOW),
    ),
    Act.DISPUTE_FIGURE: (lambda s, who: dispute.dispute_figure(s.file, who, "fund", "与年报不符", NOW),),
    Act.SETTLE_DISPUTE: (lambda s, who: dispute.settle_dispute(s.file, who, 1, "已核对", NOW),),
    Act.PROPOSE_REOPENING: (
        lambda s, who: reopen.propose_reopening(s.file, who, Stage.PREPARE, "误锁", NOW),
        lambda s, who: reopen.withdraw_reopening(s.file, who, 1, NOW),
    ),
    Act.CONFIRM_REOPENING: (lambda s, who: reopen.confirm_reopening(s.file, who, 1, NOW),),
    Act.CHOOSE_METHOD: (lambda s, who: consolidate.choose_method(s.file, who, "mean", 2, "items", 1, NOW),),
    Act.CHANGE_METHOD: (
        lambda s, who: consolidate.change_method(s.file, who, "median", 2, "items", 1, "专家临时离会", NOW),
    ),
    Act.CHOOSE_READING: (lambda s, who: consolidate.choose_reading(s.file, who, "", Reading.FIRST, "按原文", NOW),),
    Act.HAND_IN: (lambda s, who: hand_in.hand_in_sheet(s.file, who, NOW),),
    Act.TAKE_BACK: (lambda s, who: hand_in.take_back_sheet(s.file, who, NOW),),
    Act.HAND_IN_PAPER: (
        lambda s, who: hand_in.hand_in_paper(s.file, who, s.expert.member_id, NOW),
        lambda s, who: hand_in.take_back_paper(s.file, who, s.expert.member_id, NOW),
    ),
    Act.EXCUSE: (
        lambda s, who: hand_in.excuse_expert(s.file, who, s.expert.member_id, "因病离会", True, NOW),
        lambda s, who: hand_in.end_excuse(s.file, who, s.expert.member_id, NOW),
    ),
    Act.OPEN_MARKS: (lambda s, who: open_marks.open_marks(s.file, who, NOW, reason="先行汇总"),),
    Act.ASK_AGAIN: (
        lambda s, who: hand_in.ask_again(s.file, who, s.expert.member_id, "4", "与现场所见不符", NOW),
        lambda s, who: hand_in.withdraw_asking(s.file, who, 1, NOW),
    ),
    Act.LOOK_AGAIN: (lambda s, who: hand_in.answered_again(s.file, who, "4", NOW),),
    Act.ADJUDICATE: (
        lambda s, who: consolidate.adjudicate(s.file, who, "1", "1", "合议", "第一款", NOW),
        lambda s, who: consolidate.let_stand(s.file, who, "1", "合议后不作调整", NOW),
    ),
    Act.DECIDE_VETO: (lambda s, who: consolidate.decide_veto(s.file, who, "1", True, "通报文件", NOW),),
    Act.DECIDE_GATE: (lambda s, who: consolidate.decide_gate(s.file, who, "2", False, "查无文件", NOW),),
    Act.STATE_FINDING: (
        lambda s, who: feed_back.state_finding(s.file, who, Finding(FindingKind.PROBLEM, "档案不全。"), NOW),
        lambda s, who: feed_back.withdraw_finding(s.file, who, 1, NOW),
        lambda s, who: feed_back.collect_finding(s.file, who, FindingKind.PROBLEM, "台账缺页。", ["1"], [], NOW),
        lambda s, who: feed_back.merge_findings(s.file, who, [1, 2], "两处合一。", NOW),
        lambda s, who: feed_back.part_findings(s.file, who, 1, [2], NOW),
        lambda s, who: feed_back.move_finding(s.file, who, 1, NOW, up=True),
    ),
    Act.STATE_JUDGEMENT: (lambda s, who: feed_back.state_judgement(s.file, who, "总体较好。", NOW),),
    Act.DISCLOSE: (lambda s, who: feed_back.disclose(s.file, who, Disclosure(scores=True), NOW),),
    Act.RECOMMEND: (lambda s, who: consolidate.recommend(s.file, who, Recommendation.FAIL, NOW),),
    Act.EXPLAIN: (lambda s, who: seal.explain(s.file, who, open_point(s), "已核实", NOW),),
    Act.CONFIRM_RESULT: (
        lambda s, who: seal.confirm_result(s.file, who, shown(s), NOW),
        lambda s, who: seal.refuse_result(s.file, who, shown(s), "第四项依据不足", NOW),
    ),
    Act.ATTACH_SCAN: (lambda s, who: seal.attach_scan(s.file, who, "签字稿", photo(), NOW),),
    Act.SEAL: (lambda s, who: seal.seal(s.file, who, NOW, entropy=os.urandom),),
    Act.ISSUE: (lambda s, who: seal.issue(s.file, who, "反馈意见", "清溪县人民政府", PDF, NOW),),
    Act.FORM_GROUPS: (
        lambda s, who: assign.form_group(
            s.file, who, "一组", "计量", s.other.member_id, [s.other.member_id, s.expert.member_id], True, NOW
        ),
        lambda s, who: assign.change_group(
            s.file, who, 1, "一组", "计量", s.other.member_id, [s.other.member_id], False, NOW
        ),
        lambda s, who: assign.dissolve_group(s.file, who, 1, NOW),
    ),
    Act.PLAN_ACTIVITIES: (
        lambda s, who: observe.add_activity(s.file, who, Activity(0, "碰头会"), NOW),
        lambda s, who: observe.change_activity(
            s.file, who, replace(activity(s), title="实地看"), NOW, base=activity(s)
        ),
        lambda s, who: observe.move_activity(s.file, who, activity(s).id, 1, NOW),
        lambda s, who: observe.withdraw_activity(s.file, who, activity(s).id, NOW),
    ),
    Act.TAKE_ATTENDANCE: (
        lambda s, who: observe.take_attendance(
            s.file, who, [Attendance(activity(s).id, Attendee.GUEST, "许迎宾")], NOW
        ),
    ),
    Act.OBSERVE: (
        lambda s, who: observe.observe(s.file, who, remark(s), NOW),
        lambda s, who: observe.reword_observation(s.file, who, replace(remark(s), id=1), NOW, base=remark(s)),
        lambda s, who: observe.withdraw_observation(s.file, who, 1, NOW),
    ),
    Act.CHECK_SITE: (
        lambda s, who: observe.check_site(s.file, who, SiteCheck(1, Agrees.YES, "一致"), NOW, base=0),
    ),
    Act.ENTER_FACT: (lambda s, who: bring.enter_fact(s.file, who, "located", "县城", base=0, now=NOW),),
    Act.BRING_SELF_CHECK: (
        lambda s, who: bring.bring_self_check(s.file, who, table_of(SELF_CHECK_COLUMNS, item="1", points=1, page="3"), NOW),
        lambda s, who: bring.bring_desk_marks(s.file, who, table_of(DESK_MARK_COLUMNS, item="1", name=OTHER, points=1), NOW),
    ),
    Act.REMOVE_PERSONAL: (
        lambda s, who: bring.remove_personal_facts(s.file, who, NOW),
        lambda s, who: redact.redact(s.file, who, NOW),
        lambda s, who: redact.hand_over(s.file, who, s.file.path.with_name(f"{os.urandom(8).hex()}.copy"), NOW),
    ),
    Act.DECLARE: (lambda s, who: recuse.declare(s.file, who, "", True, NOW),),
    Act.PROPOSE_RECUSAL: (
        lambda s, who: recuse.propose_recusal(s.file, who, s.other.member_id, Scope.ITEM, "2", "曾任顾问", NOW),
    ),
    Act.DECIDE_RECUSAL: (lambda s, who: recuse.decide_recusal(s.file, who, 1, "省质量办", False, NOW),),
    Act.HAND_OVER_CHAIR: (
        lambda s, who: recuse.hand_over_chair(s.file, who, s.other.member_id, "组长离会", NOW),
    ),
}
"""Every service that changes a visit which is there, by the act it is permitted as."""

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


