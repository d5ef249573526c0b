"""Three small sealed visits, made through services only, whose every total can be worked out by hand.

They follow the rubric of five items of ``tests.services.conftest``: the panel is the chair and two experts, items 3 and
5 follow from the agreed figures, the method is the mean with two decimals.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from inspection_app.archive.index import Indexed, index
from inspection_app.core.visit import Actor, Appointment, Description, Role
from inspection_app.files.application_tables import SELF_CHECK_COLUMNS
from inspection_app.services import bring, check, consolidate, draw, hand_in, open_marks, prepare, recuse, score, seal
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import CARD_DIGITS, CARDS, PDF, PUBLIC_DIGITS, SITES, small_rubric

ZONE = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=ZONE)
CHAIR, EXPERT, OTHER, SECRETARY = "章北川", "江晚舟", "罗云岫", "高知微"
PANEL = (
    Appointment(CHAIR, Role.CHAIR, "省研究院"), Appointment(EXPERT, Role.EXPERT, "省标准院"),
    Appointment(OTHER, Role.EXPERT, "省计量院"), Appointment(SECRETARY, Role.SECRETARY, "省质量办"),
)  # fmt: skip
YES, ONE, NO = {"1": True, "2": True}, {"1": True, "2": False}, {"1": False, "2": False}


@dataclass(frozen=True)
class Small:
    """What is entered in one visit; marks of items 1, 2 and 4 are by person: chair, expert, other."""

    applicant: str
    place: str
    day: date
    fund: str
    awards: str
    marks: Mapping[str, Sequence[Mapping[str, Any]]]
    self_check: Mapping[str, int] = field(default_factory=dict)
    adjudicated: Mapping[str, str] = field(default_factory=dict)
    group_found: bool = True
    ceremonies: int = 0
    hours: Sequence[int] = (2, 3, 1)  # in preparation, scoring, consolidation


THREE = (
    Small(
        "清溪县人民政府", "豫东市", date(2025, 5, 12), "0.5", "1",
        {"1": (YES, ONE, YES), "2": ({"1": 1}, {"1": 2}, {"1": 1}), "4": ({"1": "3"}, {"1": "2.5"}, {"1": "3.5"})},
        self_check={"1": 2, "2": 4, "3": 2, "4": 4}, adjudicated={"2": "4"}, ceremonies=2,
    ),
    Small(
        "白川县人民政府", "豫东市", date(2025, 9, 1), "0.25", "0",
        {"1": (ONE, ONE, ONE), "2": ({"1": 2},) * 3, "4": ({"1": "2"}, {"1": "1"}, {"1": "3"})},
        self_check={"1": 2, "2": 4, "3": 2, "4": 4}, group_found=False, ceremonies=1, hours=(4, 5, 3),
    ),
    Small(
        "青原县人民政府", "豫西市", date(2026, 3, 3), "0.1", "3",
        {"1": (NO, NO, NO), "2": ({"1": 3},) * 3, "4": ({"1": 0}, {"1": "4"}, {"1": "2"})},
    ),
)  # fmt: skip


def make(folder: Path, small: Small, *, sealed: bool = True) -> VisitFile:
    """Make a small visit below a folder, up to the seal or only up to scoring."""
    begun = datetime(small.day.year, small.day.month, small.day.day, 9, tzinfo=ZONE)
    created = prepare.create_visit(
        folder / small.place, small_rubric(), Description(small.applicant, "县", small.day, small.day), PANEL,
        entropy=os.urandom, now=begun,
    )  # fmt: skip
    file = created.file
    chair, expert, other, secretary = (Actor(number, one.role) for number, one in enumerate(PANEL, 1))
    for actor in (chair, expert, other, secretary):
        recuse.declare(file, actor, "", True, begun)
    prepare.name_sites(file, secretary, SITES, begun)
    prepare.enter_figure(file, secretary, AgreedFigure("fund", small.fund), begun)
    prepare.enter_figure(file, secretary, AgreedFigure("awards", small.awards), begun)
    if small.self_check:
        bring.bring_self_check(file, secretary, _table(small.self_check), begun)
    if small.ceremonies:
        draw.lock_sites(file, secretary, 3, entropy=os.urandom, now=begun)
    for turn in range(small.ceremonies):
        if turn:
            draw.void_ceremony(file, secretary, draw.SITES, "卡片提前翻开", begun)
        draw.begin_ceremony(file, secretary, draw.SITES, "会议室", CARDS, begun)
        draw.enter_public_digits(file, secretary, draw.SITES, PUBLIC_DIGITS, begun)
        draw.draw_list(file, secretary, draw.SITES, CARD_DIGITS, begun)
    prepared, scored, consolidated = small.hours
    at = begun + timedelta(hours=prepared)
    prepare.open_scoring(file, secretary, at)
    for item, answers in small.marks.items():
        for actor, given in zip((chair, expert, other), answers, strict=True):
            score.answer_item(file, actor, item, dict(given), "", base=0, now=at)
    if not sealed:
        return file
    for actor in (chair, expert, other):
        hand_in.hand_in_sheet(file, actor, at)
    at += timedelta(hours=scored)
    open_marks.open_marks(file, chair, at)
    for item, points in small.adjudicated.items():
        consolidate.adjudicate(file, chair, item, points, "合议", "第一款", at)
    consolidate.decide_gate(file, chair, "2", small.group_found, "文件核对", at)
    for veto in ("1", "2"):
        consolidate.decide_veto(file, chair, veto, False, "证明", at)
    consolidate.recommend(file, chair, "pass", at)
    with file.reading() as db:
        found, (_result, digest) = check.breaches(db), check.result_now(db)
    for one in found:
        seal.explain(file, chair, one.key, "已核实", at)
    seal.attach_scan(file, secretary, "签字稿", PDF, at, members=[1, 2, 3], shown=digest)
    seal.seal(file, chair, at + timedelta(hours=consolidated), entropy=os.urandom)
    return file


def _table(points: Mapping[str, int]) -> bytes:
    import io

    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    for row in ([titles[0] for titles in SELF_CHECK_COLUMNS.values()], *([no, own, "1"] for no, own in points.items())):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def indexed(folder: Path, **asked: Any) -> Indexed:
    """Index a folder's visits into ``archive`` below it."""
    return index(folder, now=NOW, entropy=os.urandom, **{"verify": False} | asked)


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three visits and their archive; nobody changes it."""
    folder = tmp_path_factory.mktemp("archive")
    for small in THREE:
        make(folder, small)
    indexed(folder, names=True, verify=True)
    return folder


@pytest.fixture
def copied(three: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copies of the sealed visits in a folder of one's own: by place of the visit, under the name given."""
    import shutil

    files = [next((three / small.place).glob(f"{small.applicant}*.visit")) for small in THREE]

    def copy(number: int, name: str) -> Path:
        target = tmp_path / "visits" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(files[number], target)
        return target

    return copy
