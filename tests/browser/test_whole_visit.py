"""A two-day visit with nine people as panels really run it, in a browser: three groups, a recusal, a sheet on paper,
a site that cannot be visited, an adjudication, and the report that tells all of it.

Each of these is done by tapping; what would only repeat it (the other declarations, the other marks) goes through the
services, on the same visit file and while the hub is running. It does not walk what ``test_visit`` walks already.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from inspection_app import language, load_rubric
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.programme import AGREES_NAMES, Agrees
from inspection_app.core.rubric import Choice, Grade, Item, Tick
from inspection_app.core.visit import ROLE_NAMES, Actor, Role
from inspection_app.language import _
from inspection_app.places import shipped
from inspection_app.services import consolidate, draw, feed_back, hand_in, prepare, recuse, score, type_in
from inspection_app.services.assign import division
from inspection_app.services.join import actor_of, sign_in
from inspection_app.store.file import VisitFile, visit_files
from inspection_app.store.sheets import AgreedFigure, Carrier
from inspection_app.ui.widgets import RECOMMENDATIONS
from tests.browser.screen import Screen
from tests.browser.test_visit import decide, hold_a_draw
from tests.hub import hub

pytestmark = [pytest.mark.browser, pytest.mark.slow]

APPLICANT, PLACE = "青岚县人民政府", "青岚县行政中心"
SECRETARY, CHAIR = "周文静", "程立言"
EXPERTS = ("郑守一", "何若冰", "顾长川", "沈南乔", "陆时雨", "韩青竹", "宋知远")
RECUSED, ON_PAPER = EXPERTS[2], EXPERTS[6]
GROUPS = {"综合组": EXPERTS[:3], "标准计量组": EXPERTS[3:5], "工程农产品组": EXPERTS[5:]}
CONFLICT, ORGANISER = "曾任申报单位标准化项目顾问", "刘处长"
CLOSED, WITNESS = "检修停产，无法考察", "吴公证"
NOTE_ON_PAPER = "纸质评分表上的说明"
SEEN = "现场台账与申报材料一致"
ADJUDICATED, REASON = "20", "以省长质量奖提名文件为准，合议定为满分。"
FINDING = "检验检测能力覆盖主导产业，公共服务平台运行良好。"
PROOF = "县应急管理局2026年证明文件"

RUBRIC = load_rubric("henan-county")
SAMPLE = shipped("data") / "sample"
STILL = """() => Promise.allSettled(document.getAnimations()
  .filter(moving => moving.effect.getComputedTiming().endTime < Infinity).map(moving => moving.finished))"""
BOX = "input[role=combobox]"  # by its role as such it would not be found while it is open: the others are hidden then


def now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True)
class Walk:
    """The visit under way: its file, everybody's code, and how another tablet is taken into the hand."""

    file: VisitFile
    codes: Mapping[str, str]
    tablet: Callable[[], Screen]

    def actor(self, name: str) -> Actor:
        return actor_of(self.file, sign_in(self.file, self.codes[name]))[0]

    def screen(self, name: str) -> Screen:
        """A tablet on which this person is signed in."""
        screen = self.tablet()
        screen.come_in(self.file.slug, self.codes[name], language.current())
        return screen

    def items_of(self, name: str) -> list[str]:
        """What this person scores, in official order."""
        sheet = division(self.file, self.actor(SECRETARY)).duties.sheet(self.actor(name).member_id)
        return [item.no for item in RUBRIC.items if item.no in sheet]


@pytest.mark.soak
@pytest.mark.parametrize("tongue", language.LANGUAGES)
def test_two_days_with_nine_people(
    tmp_path: Path, screens: Callable[[str], Screen], shots: Path | None, tongue: str
) -> None:
    """Secretary, chair and seven experts hold the visit; whatever was out of the ordinary stands in the report."""
    language.use(tongue)
    folder = tmp_path / "visits"
    with hub(folder) as url:
        office = screens(url)
        office.open(f"/language/{tongue}")
        codes = create_the_visit(office)
        walk = Walk(visit_files(folder)[0], codes, lambda: screens(url))
        enter_what_is_drawn_from(walk)

        # The day before: groups, declarations, a recusal
        form_groups(office, shots)
        recused = recuse_an_expert(office, walk, shots)

        # The first day: the draw, a site that cannot be visited, what the others show
        office.turn_to(_("Draws"))
        hold_a_draw(office, public="3141592", cards=["2718", "1618", "0577"])
        gone, comes = swap_a_site(office, walk, shots)
        office.turn_to(_("Prepare"))
        office.confirm(_("Open scoring"))
        office.sees(_("Scoring is open."))
        check_the_site(office, walk, comes, gone, shots)

        # Score sheets: one on paper, the others on tablets
        for name in (CHAIR, *EXPERTS[:-1]):
            score_all(walk, name)
        type_a_sheet_in(office, walk, tmp_path, shots)
        confirm_the_sheet(walk, shots)
        hand_the_paper_in(office, walk, shots)

        # The second day: the marks are opened, one item is decided, the report is handed over
        chair = walk.screen(CHAIR)
        chair.open("/consolidate")
        chair.confirm(_("Open the marks"))
        chair.sees(_("The marks are open."))
        adjudicate(chair, shots)
        decide_the_rest(walk)
        chair.turn_to(_("Feedback"))
        chair.choose(_("The panel's recommendation"), _(RECOMMENDATIONS[Recommendation.PASS]))
        chair.sees(_("Saved."))
        office.turn_to(_("Feedback"))
        report = office.download(_("Report (PDF)"), tmp_path / "report.pdf")
        text = text_of(report)
        told = [
            APPLICANT, *codes, RECUSED, CONFLICT, ORGANISER, f"考核项{recused}", CLOSED, WITNESS, SEEN, NOTE_ON_PAPER,
            REASON, FINDING,
        ]  # fmt: skip
        assert [words for words in told if words not in text] == []
        assert visited(text) == set(draw_names(walk))
        assert (comes in visited(text), gone in visited(text)) == (True, False)


def create_the_visit(screen: Screen) -> Mapping[str, str]:
    """Name nine people on the start page of an empty hub; return everybody's code."""
    screen.turn_to(_("New visit"))
    for _more in range(len(EXPERTS) - 4):
        screen.tap(_("Add an expert"))
    screen.enter(_("Applicant"), APPLICANT)
    screen.enter(_("Place"), PLACE)
    titles = [_(ROLE_NAMES[Role.SECRETARY]), _(ROLE_NAMES[Role.CHAIR])]
    titles += [f"{_(ROLE_NAMES[Role.EXPERT])} {number}" for number in range(1, len(EXPERTS) + 1)]
    for title, name in zip(titles, (SECRETARY, CHAIR, *EXPERTS), strict=True):
        screen.enter(_("{role}: name", role=title), name)
    screen.tap(_("Create the visit"))
    screen.sees(_("The visit is created"), within="h1")
    rows = [row.split("\t") for row in screen.page.locator("table.plain tbody tr").all_inner_texts()]
    codes = {name: code for _role, name, code in rows}
    assert set(codes) == {SECRETARY, CHAIR, *EXPERTS}
    screen.page.get_by_role("link", name=_("Continue as secretary")).tap()
    screen.sees(SECRETARY, within=".who")
    screen.settle()
    return codes


def enter_what_is_drawn_from(walk: Walk) -> None:
    """Through the services: ``test_visit`` enters these with taps."""
    office = walk.actor(SECRETARY)
    sites = yaml.safe_load((SAMPLE / "sites.yaml").read_text("utf-8"))
    prepare.name_sites(walk.file, office, [draw.Site(**site) for site in sites], now())
    for key, figure in yaml.safe_load((SAMPLE / "figures.yaml").read_text("utf-8")).items():
        prepare.enter_figure(walk.file, office, AgreedFigure(key, **figure), now())


# --- the day before --------------------------------------------------------------------------------------------------


def form_groups(office: Screen, shots: Path | None) -> None:
    """Three groups by speciality; then the items are dealt out to them with one tap."""
    office.open("/duties")
    office.choose(_("Part"), _("Groups"))
    for number, (title, people) in enumerate(GROUPS.items()):
        if number:
            office.unfold(_("Form a group"))
        new = office.page.locator(".st-key-open-new-group")
        new.get_by_label(_("Name of the group"), exact=True).fill(title)
        for name in people:
            new.get_by_test_id("stButtonGroup").get_by_role("button", name=name, exact=True).tap()
        pick(office, new.locator(BOX), people[0])
        office.tap(_("Save"), within=new)
        office.sees(title, within="summary")
    office.shot(shots, f"whole-{language.current()}-groups")
    office.choose(_("Part"), _("Division"))
    office.tap(_("By group"))
    office.sees(_("Assigned. See the table; change it by person."))


def recuse_an_expert(office: Screen, walk: Walk, shots: Path | None) -> str:
    """An expert declares a conflict and proposes to stand aside from an item; the secretary records the approval."""
    for name in walk.codes:
        if name != RECUSED:
            recuse.declare(walk.file, walk.actor(name), "", True, now())
    no = walk.items_of(RECUSED)[-1]
    expert = walk.screen(RECUSED)
    expert.open("/duties")
    form = expert.page.get_by_test_id("stForm")
    form.get_by_role("textbox").fill(CONFLICT)
    form.get_by_test_id("stCheckbox").locator("label").first.tap()
    expert.tap(_("I declare"))
    expert.sees(_("Declared."))
    expert.choose(_("Part"), _("Recusals"))
    part = expert.unfold(_("Propose a recusal"))
    with expert.answered():
        pick(expert, part.locator(BOX).nth(1), RUBRIC.item(no).content)
    expert.tap(_("Propose"))
    expert.sees(_("waiting for the organiser"))
    assert no in walk.items_of(RECUSED)  # a proposal alone changes nothing

    office.choose(_("Part"), _("Recusals"))
    office.fill(_("Who decides for the organiser: name and office"), ORGANISER)
    office.tap(_("Approved"))
    office.sees(ORGANISER, within="table")
    office.shot(shots, f"whole-{language.current()}-recusal")
    assert no not in walk.items_of(RECUSED)
    (recorded,) = division(walk.file, walk.actor(SECRETARY)).duties.recusals
    assert (recorded.scope, recorded.ref, recorded.approved) == (Scope.ITEM, no, True)
    return no


# --- the first day ---------------------------------------------------------------------------------------------------


def swap_a_site(office: Screen, walk: Walk, shots: Path | None) -> tuple[str, str]:
    """The second drawn site is closed: the next in order takes its place. Return both names."""
    before = draw.draw_state(walk.file, draw.SITES)
    number = before.standing_numbers[1]
    gone, comes = before.name(number), before.name(before.next_reserve(number))
    part = office.unfold(_("A drawn site cannot be visited"))
    with office.answered():
        part.get_by_test_id("stRadioOption").filter(has_text=gone).tap()
    expect(part).to_contain_text(comes)
    part.get_by_label(_("Reason (it is printed)"), exact=True).fill(CLOSED)
    part.get_by_label(_("Witness"), exact=True).fill(WITNESS)
    office.tap(_("Replace"), within=part)
    office.sees(CLOSED, within="table")
    row = office.page.locator("table.plain").first.locator("tbody tr").nth(1)
    expect(row).to_contain_text(comes)
    expect(row).to_contain_text(_("in the place of {number} {name}", number=number, name=gone))
    office.shot(shots, f"whole-{language.current()}-swap")
    return gone, comes


def check_the_site(office: Screen, walk: Walk, comes: str, gone: str, shots: Path | None) -> None:
    """On site the panel sees the site that came, and not the one that is closed."""
    office.turn_to(_("On site"))
    office.choose(_("Activity"), "实地考察")
    office.tap(_("All are here"))
    office.sees(f"{len(walk.codes)} / {len(walk.codes)}", within=".badge.saved")
    assert gone not in office.text()
    part = office.unfold(comes)
    part.get_by_role("radio", name=_(AGREES_NAMES[Agrees.YES]), exact=True).tap()
    part.get_by_label(_("What was seen, and what does not agree"), exact=True).fill(SEEN)
    office.tap(_("Save"), within=part)
    office.sees(_(AGREES_NAMES[Agrees.YES]), within="summary")
    office.shot(shots, f"whole-{language.current()}-on-site")


# --- the sheets ------------------------------------------------------------------------------------------------------


def answered(item: Item, *, lowest: bool) -> Iterator[tuple[str, Any]]:
    """All clauses reached and the first tier, or the last one; the agreed figures answer the rest."""
    for criterion in item.criteria:
        match criterion:
            case Tick():
                yield criterion.id, True
            case Choice():
                yield criterion.id, len(criterion.tiers) if lowest else 1
            case Grade():
                yield criterion.id, str(criterion.points)


def score_all(walk: Walk, name: str) -> None:
    who = walk.actor(name)
    for no in walk.items_of(name):
        answers = dict(answered(RUBRIC.item(no), lowest=name != CHAIR and no == ADJUDICATED))
        score.answer_item(walk.file, who, no, answers, "", base=0, now=now())
    assert score.sheet_of(walk.file, who).missing == ()
    if walk.items_of(name):
        hand_in.hand_in_sheet(walk.file, who, now())


def type_a_sheet_in(office: Screen, walk: Walk, folder: Path, shots: Path | None) -> None:
    """The secretary takes a photo of the paper and types the first item in; the others are typed by the services."""
    picture = folder / "sheet.jpg"
    drawing = Image.new("RGB", (1240, 1754), "white")
    ImageDraw.Draw(drawing).rectangle((100, 100, 1140, 1654), outline="black", width=4)
    out = io.BytesIO()
    drawing.save(out, "JPEG")
    picture.write_bytes(out.getvalue())
    member = walk.actor(ON_PAPER).member_id
    office.open(f"/type-in?expert={member}")
    office.upload(picture)
    office.sees(_("Photos of the paper ({count})", count=1), within="summary")
    first, *others = walk.items_of(ON_PAPER)
    signs = ["1" if isinstance(c, Tick | Choice) else "-" for c in RUBRIC.item(first).criteria]
    office.enter(_("Item {item}: signs", item=first), " ".join(signs))
    office.enter(_("Item {item}: note", item=first), NOTE_ON_PAPER)
    office.sees(_("not confirmed"), within=".badge")
    office.shot(shots, f"whole-{language.current()}-type-in")
    for no in others:
        type_in.type_in_item(
            walk.file, walk.actor(SECRETARY), member, no, dict(answered(RUBRIC.item(no), lowest=False)), "", base=0,
            now=now(),
        )  # fmt: skip


def confirm_the_sheet(walk: Walk, shots: Path | None) -> None:
    """The expert compares it with the photo and makes the marks their own."""
    expert, who = walk.screen(ON_PAPER), walk.actor(ON_PAPER)
    count = len(type_in.to_confirm(walk.file, who).entries)
    assert count == len(walk.items_of(ON_PAPER))
    expert.open("/confirm")
    expect(expert.page.locator("[data-testid=stImage] img")).to_have_count(1)
    expert.sees(NOTE_ON_PAPER)
    expert.shot(shots, f"whole-{language.current()}-confirm")
    expert.tap(_("Confirm all {count} items", count=count))
    expert.sees(_("Confirmed. These marks are yours."))
    entries = score.sheet_of(walk.file, who).entries
    assert all(entry.confirmed for entry in entries.values())
    assert {entry.carrier for entry in entries.values()} == {Carrier.PAPER}


def hand_the_paper_in(office: Screen, walk: Walk, shots: Path | None) -> None:
    """The secretary hands it in for the expert, who has no tablet to do so; then it can only be read."""
    office.open(f"/type-in?expert={walk.actor(ON_PAPER).member_id}")
    office.tap(_("Hand in for {name}", name=ON_PAPER))
    office.sees(_("Handed in."))
    office.shot(shots, f"whole-{language.current()}-handed-in")
    standing = next(one for one in hand_in.readiness(walk.file).sheets if one.member.name == ON_PAPER)
    assert standing.handed_in
    assert standing.handed_in.by == walk.actor(SECRETARY).member_id
    assert office.page.get_by_role("button", name=_("Take back"), exact=True).count() == 1


# --- the second day --------------------------------------------------------------------------------------------------


def adjudicate(chair: Screen, shots: Path | None) -> None:
    """The item on which the chair and the group are far apart comes first; the chair decides it with a reason."""
    chair.choose(_("Part"), _("Deliberation"))
    expect(chair.page.locator(".official").first).to_contain_text(RUBRIC.item(ADJUDICATED).rule_text[:15])
    decide(chair, ADJUDICATED, str(RUBRIC.item(ADJUDICATED).points), "第20项第一档", REASON)
    chair.shot(shots, f"whole-{language.current()}-deliberation")


def decide_the_rest(walk: Walk) -> None:
    """Vetoes, gates and a finding, through the services: ``test_visit`` decides them with taps."""
    chair = walk.actor(CHAIR)
    for veto in RUBRIC.vetoes:
        consolidate.decide_veto(walk.file, chair, veto.id, False, PROOF, now())
    for gate in RUBRIC.gates:
        if not gate.figure:
            consolidate.decide_gate(walk.file, chair, gate.id, True, PROOF, now())
    feed_back.state_finding(walk.file, walk.actor(SECRETARY), Finding(FindingKind.HIGHLIGHT, FINDING), now())


# --- looking ---------------------------------------------------------------------------------------------------------


def pick(screen: Screen, box: Locator, looked_for: str) -> None:
    """Choose from a list that opens at a tap; of a long one only a part is there until it is looked for."""
    screen.page.evaluate(STILL)
    box.tap()
    expect(box).to_have_attribute("aria-expanded", "true")
    box.fill(looked_for)
    screen.page.get_by_role("option").filter(has_text=looked_for).first.tap()


def draw_names(walk: Walk) -> Iterable[str]:
    state = draw.draw_state(walk.file, draw.SITES)
    return [state.name(number) for number in state.standing_numbers]


def visited(text: str) -> set[str]:
    """The sites that the report's table of site checks names."""
    table = text[text.index("考察点是否一致") :]
    sites = [site["name"] for site in yaml.safe_load((SAMPLE / "sites.yaml").read_text("utf-8"))]
    return {name for name in sites if re.search(rf"\d号{re.escape(name)}(一致|未核查)", table)}


def text_of(pdf: Path) -> str:
    """The words of a PDF in their order, without the white space that lines and columns bring."""
    return "".join("".join(page.extract_text() for page in PdfReader(pdf).pages).split())
