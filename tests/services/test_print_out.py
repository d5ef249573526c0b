"""The paper pack: what is in it at which point, and that the applicant's folder holds nothing that is not theirs."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import pytest
import zxingcpp
from openpyxl import Workbook
from PIL import Image
from pypdf import PdfReader

from inspection_app.access import new_code
from inspection_app.core.duties import Scope
from inspection_app.core.substitution import CallState
from inspection_app.core.visit import Stage
from inspection_app.errors import NotFound, PermissionDenied, StageError
from inspection_app.files import parse_rubric
from inspection_app.services import assign, bring, draw, join, observe, prepare, print_out, recuse, substitute
from tests.services.conftest import (
    CHAIR,
    CITIZENS,
    DESCRIPTION,
    EXPERT,
    MEMBERS,
    NOW,
    OTHER,
    PANEL,
    RUBRIC,
    SITES,
    Scene,
    dump,
    hold,
    lock,
    scene_at,
    small_rubric,
)

PANEL_FOLDER, APPLICANT_FOLDER = "专家组（内部）", "申报单位"


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def unpack(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def texts(pack: bytes) -> dict[str, str]:
    """What every paper of a pack says, by name without number and ending."""
    return {re.sub(r"/\d\d ", "/", name).removesuffix(".pdf"): text_of(pdf) for name, pdf in unpack(pack).items()}


def papers(found: Mapping[str, str], folder: str) -> dict[str, str]:
    return {name.partition("/")[2]: text for name, text in found.items() if name.startswith(f"{folder}/")}


@dataclass(frozen=True)
class Printed:
    """A visit and its pack, which is not made again for each look."""

    scene: Scene
    pack: bytes

    @cached_property
    def texts(self) -> dict[str, str]:
        return texts(self.pack)

    @property
    def inside(self) -> dict[str, str]:
        return papers(self.texts, PANEL_FOLDER)

    @property
    def outside(self) -> dict[str, str]:
        return papers(self.texts, APPLICANT_FOLDER)


def printed(folder: Path, *steps: Callable[[Scene, str], object]) -> Printed:
    scene = scene_at(folder, Stage.PREPARE)
    for kind in (draw.SITES, draw.CITIZENS):
        for step in steps:
            step(scene, kind)
    return Printed(scene, print_out.paper_pack(scene.file, NOW))


@pytest.fixture(scope="module")
def open_lists(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """Everything is entered, nothing is locked."""
    return printed(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """Both lists are locked, nothing is drawn."""
    return printed(tmp_path_factory.mktemp("locked"), lock)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """Both draws are held."""
    return printed(tmp_path_factory.mktemp("drawn"), lock, hold)


def test_before_the_lock_there_are_blank_cards_and_no_slips(open_lists: Printed) -> None:
    """Everything that can be known is there: one score sheet for each who scores, no slip, cards without a code."""
    inside = open_lists.inside
    assert [name for name in inside if "名单锁定单" in name] == []
    assert {"随机数字卡片（实地考察点）", "随机数字卡片（座谈群众）"} <= set(inside)
    assert [name for name in inside if name.startswith("评分表")] == [f"评分表 {name}" for name in MEMBERS[1:]]
    for name in ("现场验收日程安排", "主持词", "签到表", "回避声明和保密承诺书", "记录表", "实地考察记录表"):
        assert name in inside
    assert inside["实地考察记录表"].count("□部分一致") == 4  # one for each that may be drawn
    assert not re.search(r"\d{8}", inside["随机数字卡片（实地考察点）"])


def test_a_lock_prints_its_slip_and_its_code(locked: Printed) -> None:
    """The slip has digest and code of the list that is locked, and the cards bear the code."""
    for kind, title in ((draw.SITES, "实地考察点"), (draw.CITIZENS, "座谈群众")):
        kept = draw.draw_state(locked.scene.file, kind).kept
        assert kept is not None
        slip, cards = (locked.inside[f"{paper}（{title}）"] for paper in ("名单锁定单", "随机数字卡片"))
        digest, code = kept.locked.digest, kept.locked.short_code
        assert digest[:32] in slip
        assert digest[32:] in slip
        assert code in slip
        assert cards.count(code) == 3
    assert all(site.name in locked.inside["名单锁定单（实地考察点）"] for site in SITES)


def test_no_citizen_is_named_before_the_draw(locked: Printed) -> None:
    """Locked but not drawn: nobody's name is on any paper of the pack, the slip included."""
    assert "名单锁定单（座谈群众）" in locked.inside
    assert [(paper, name) for paper, text in locked.texts.items() for name in CITIZENS if name in text] == []


def test_what_is_drawn_is_printed(drawn: Printed) -> None:
    """A check form for each drawn site; the drawn citizens, and only they, on the sign-in sheet; the slip names none."""
    sites, citizens = (draw.draw_state(drawn.scene.file, kind) for kind in (draw.SITES, draw.CITIZENS))
    assert sites.result is not None
    assert citizens.result is not None
    chosen = {sites.name(number) for number in sites.result.selected[draw.SITE_STRATUM]}
    assert {site.name for site in SITES if site.name in drawn.inside["实地考察记录表"]} == chosen
    invited = {citizens.name(number) for numbers in citizens.result.selected.values() for number in numbers}
    assert {name for name in CITIZENS if name in drawn.outside["签到表（群众座谈）"]} == invited
    assert [name for name in CITIZENS if name in drawn.inside["名单锁定单（座谈群众）"]] == []


def test_the_applicants_folder_holds_only_what_is_theirs(drawn: Printed) -> None:
    """Programme, sign-in sheets and the slip of sites: no scores, declarations, notes, cards, scripts or sheets."""
    assert list(drawn.outside) == ["现场验收日程安排", "签到表（群众座谈）", "名单锁定单（实地考察点）"]
    for name, text in drawn.outside.items():
        for word in ("评分", "得分", "分值", "合议", "回避", "保密", "否决", "主持词", "内部资料"):
            assert word not in text, (name, word)


def test_the_pack_is_the_same_to_the_byte(drawn: Printed) -> None:
    """Printed twice for the same time, it does not differ, and printing leaves no trace in the visit."""
    before = dump(drawn.scene.file)
    assert print_out.paper_pack(drawn.scene.file, NOW) == drawn.pack
    assert dump(drawn.scene.file) == before
    with zipfile.ZipFile(io.BytesIO(drawn.pack)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_paper_is_numbered_and_readable_by_name(drawn: Printed) -> None:
    """Names are Chinese, in an order, unique, and hold nothing that a file system refuses."""
    names = list(unpack(drawn.pack))
    for folder in (PANEL_FOLDER, APPLICANT_FOLDER):
        numbers = [int(name.partition("/")[2][:2]) for name in names if name.startswith(folder)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert all(re.fullmatch(r"[^/\\:*?\"<>|]+/\d\d [^/\\:*?\"<>|]+\.pdf", name) for name in names)
    assert print_out._file_name('a/b\\c:d*e?f"g<h>i|j. ') == "abcdefghij"


def test_the_visits_own_programme_is_printed(prepared: Scene) -> None:
    """What was changed in the visit, and not the rubric's scheme, stands on programme and sign-in sheets."""
    meeting = next(one for one in observe.programme(prepared.file).activities if one.title == "群众座谈")
    changed = replace(meeting, title="群众代表座谈会", day=date(2026, 5, 13), time="9:00", place="二楼会议室")
    observe.change_activity(prepared.file, prepared.secretary, changed, NOW, base=meeting)
    found = papers(texts(print_out.paper_pack(prepared.file, NOW)), APPLICANT_FOLDER)
    assert "签到表（群众代表座谈会）" in found
    assert "5月13日9:00群众代表座谈会" in found["现场验收日程安排"]
    assert "二楼会议室" in found["签到表（群众代表座谈会）"]


def test_recused_items_are_not_on_the_sheet(prepared: Scene) -> None:
    """An approved recusal takes the item off the printed sheet, which says so."""
    file, expert = prepared.file, prepared.expert.member_id
    assert "2-1" in text_of(print_out.score_sheet_pdf(file, expert, NOW))
    id_ = recuse.propose_recusal(file, prepared.secretary, expert, Scope.ITEM, "2", "曾任顾问", NOW)
    recuse.decide_recusal(file, prepared.secretary, id_, "省质量办", True, NOW)
    sheet = text_of(print_out.score_sheet_pdf(file, expert, NOW))
    assert "回避1项（第2项）" in sheet
    assert "2-1" not in sheet


def test_who_stands_aside_from_the_visit_has_no_sheet_in_the_pack(prepared: Scene) -> None:
    """Recused from the whole visit, an expert is handed nothing to score; the declaration stays."""
    secretary, expert = prepared.secretary, prepared.expert.member_id
    id_ = recuse.propose_recusal(prepared.file, secretary, expert, Scope.VISIT, "", "亲属任职", NOW)
    recuse.decide_recusal(prepared.file, secretary, id_, "省质量办", True, NOW)
    inside = papers(texts(print_out.paper_pack(prepared.file, NOW)), PANEL_FOLDER)
    assert f"评分表 {EXPERT}" not in inside
    assert f"评分表 {CHAIR}" in inside
    assert EXPERT in inside["回避声明和保密承诺书"]


def test_the_agreed_figures_are_on_the_score_sheets(prepared: Scene) -> None:
    """What the visit has agreed is printed with its value, so that nobody enters another."""
    sheet = text_of(print_out.score_sheet_pdf(prepared.file, prepared.expert.member_id, NOW))
    assert "0.45‰（已约定）" in sheet
    assert EXPERT in sheet
    assert CHAIR not in sheet


def test_the_applicants_own_points_and_pages_are_on_the_score_sheets(prepared: Scene) -> None:
    """Once the self-check is brought in, each expert finds the documents by the printed sheet."""
    assert "自查得分" not in text_of(print_out.score_sheet_pdf(prepared.file, prepared.expert.member_id, NOW))
    book = Workbook()
    for row in (("序号", "自查得分", "页码"), ("1", 1.5, "12—15"), ("4", None, "附册3")):
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    bring.bring_self_check(prepared.file, prepared.secretary, content.getvalue(), NOW)
    sheet = text_of(print_out.score_sheet_pdf(prepared.file, prepared.expert.member_id, NOW))
    assert "自查得分：1.5分汇编页码：12—15" in sheet
    assert "自查得分：未填汇编页码：附册3" in sheet
    assert sheet.count("汇编页码") == 2


def test_a_groups_agreed_mark_is_printed_once_and_as_the_groups(prepared: Scene) -> None:
    """The leader's sheet says whose mark it is; the others of the group have none."""
    file, leader, other = prepared.file, prepared.expert.member_id, prepared.other.member_id
    assign.form_group(file, prepared.secretary, "计量组", "计量", leader, [leader, other], True, NOW)
    inside = papers(texts(print_out.paper_pack(file, NOW)), PANEL_FOLDER)
    assert "本表是计量组的统一评分" in inside[f"评分表 {EXPERT}"]
    assert f"评分表 {OTHER}" not in inside
    assert "统一评分" not in inside[f"评分表 {CHAIR}"]


def test_only_those_who_score_have_a_sheet(prepared: Scene) -> None:
    """The secretary and people who are not on the panel have none."""
    for member in (prepared.secretary.member_id, 999):
        with pytest.raises(NotFound) as caught:
            print_out.score_sheet_pdf(prepared.file, member, NOW)
        assert caught.value.code == "no-sheet"


def test_a_scheme_without_draws_has_no_papers_for_them(tmp_path: Path) -> None:
    """No cards, slips, site forms or citizens where the rubric knows of no draw."""
    bare = re.sub(r"  candidate_sites.*?activities:\n.*?\n.*?\n", "  activities: [{id: talk, title: 汇报交流}]\n", RUBRIC,
                  flags=re.DOTALL)  # fmt: skip
    created = prepare.create_visit(
        tmp_path, parse_rubric(bare, "bare.yaml"), DESCRIPTION, PANEL, entropy=os.urandom, now=NOW
    )
    scene = Scene(created.file, {}, {})
    found = texts(print_out.paper_pack(scene.file, NOW))
    assert [name for name in found if "卡片" in name or "锁定" in name or "考察" in name] == []
    assert "抽取" not in found[f"{PANEL_FOLDER}/主持词"]


def test_the_call_list_has_who_is_drawn_and_the_reserves_they_may_need(prepared: Scene) -> None:
    """By category in the order of the draw, with telephones, with who came for whom, and no more reserves than were
    drawn beyond those that came; nothing before the draw."""
    file, office = prepared.file, prepared.secretary
    lock(prepared, draw.CITIZENS)
    with pytest.raises(StageError, match="Draw the citizens first"):
        print_out.call_list_pdf(file, office, NOW)
    hold(prepared, draw.CITIZENS)
    gone = next(iter(draw.draw_state(file, draw.CITIZENS).standing.values()))[0]
    comes = draw.draw_state(file, draw.CITIZENS).next_reserve(gone)
    substitute.call_citizen(file, office, gone, CallState.NOT_COMING, NOW)
    substitute.substitute(file, office, draw.CITIZENS, gone, comes, "生病", "公证石", NOW)
    state = draw.draw_state(file, draw.CITIZENS)
    text = text_of(print_out.call_list_pdf(file, office, NOW))
    expected = []
    for category, drawn in state.result.selected.items():
        came = 1 if gone in drawn else 0  # in plain order, so the first in line
        expected += [*drawn, *state.result.reserves[category][: came + len(drawn)]]
    places = [text.index(state.name(number)) for number in expected]
    assert places == sorted(places)
    everybody = {number for numbers in state.result.reserves.values() for number in numbers}
    assert [n for n in everybody - set(expected) if state.name(n) in text] == []
    for number in expected:
        assert state.person(number).phone in text
    assert f"{comes}号" in text
    assert f"替{gone}号" in text
    assert "内部资料" in text


def test_only_the_office_gets_the_call_list(prepared: Scene) -> None:
    """The chair has it, an expert is refused."""
    for kind in (draw.SITES, draw.CITIZENS):
        lock(prepared, kind)
        hold(prepared, kind)
    assert print_out.call_list_pdf(prepared.file, prepared.chair, NOW)
    with pytest.raises(PermissionDenied):
        print_out.call_list_pdf(prepared.file, prepared.expert, NOW)


def test_after_the_marks_are_opened_nobody_is_called(consolidating: Scene) -> None:
    """Then names and telephones are not printed any more."""
    with pytest.raises(StageError, match="opened"):
        print_out.call_list_pdf(consolidating.file, consolidating.secretary, NOW)


def test_codes_are_printed_for_everybody(tmp_path: Path) -> None:
    """The cards have each name and code once, and the address where it is known."""
    created = prepare.create_visit(tmp_path, small_rubric(), DESCRIPTION, PANEL, entropy=os.urandom, now=NOW)
    for hub in ("", "http://192.168.8.2:8501"):
        text = text_of(print_out.personal_cards_pdf(created.file, created.codes, NOW, hub=hub))
        assert [text.count(name) for name in MEMBERS] == [1] * len(MEMBERS)
        assert [text.count(code) for code in created.codes.values()] == [1] * len(MEMBERS)
        assert text.count("http://192.168.8.2:8501") == (len(MEMBERS) if hub else 0)


@pytest.mark.skipif(not shutil.which("pdftoppm"), reason="needs poppler's pdftoppm")
def test_a_new_codes_card_signs_in(prepared: Scene, tmp_path: Path) -> None:
    """The card of one member alone; its QR code has the visit's name in an address and the code that signs in."""
    member, code = prepared.expert.member_id, new_code(os.urandom)
    join.issue_code(prepared.file, prepared.secretary, member, code, NOW)
    path = tmp_path / "card.pdf"
    path.write_bytes(print_out.personal_cards_pdf(prepared.file, {member: code}, NOW, hub="http://192.168.8.2:8501"))
    done = subprocess.run(["pdftoppm", "-r", "120", "-gray", "-png", str(path)], capture_output=True, check=True)
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(done.stdout)))
    hub, slug, scanned = re.fullmatch(r"(http://[\d.]+:\d+)/join/([\w%.-]+)/(.+)", found.text, re.ASCII).groups()
    assert (hub, unquote(slug)) == ("http://192.168.8.2:8501", prepared.file.slug)
    assert join.sign_in(prepared.file, scanned).member == member
