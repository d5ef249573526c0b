"""The chair's evening in a browser: five disputed items are resolved with four experts connected, and the visit is sealed.

What comes before the evening (the sheets, handed in with one figure disputed) and what only repeats it (the items on
which nobody disagrees for long, vetoes and gates) goes through the services. Sealed, the visit is then tried by every
way there is: pages, routes, services.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader, PdfWriter

from inspection_app import load_rubric
from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.programme import Observation, ObservationKind
from inspection_app.core.totals import Reading
from inspection_app.core.visit import Act, Actor, Role, Stage
from inspection_app.errors import StageError
from inspection_app.files import load_yaml
from inspection_app.language import _
from inspection_app.places import shipped
from inspection_app.sample import Sample
from inspection_app.services import (
    consolidate,
    dispute,
    draw,
    feed_back,
    hand_in,
    observe,
    open_marks,
    pad,
    prepare,
    score,
    seal,
    type_in,
)  # fmt: skip
from inspection_app.services.check import verify
from inspection_app.services.join import actor_of, sign_in
from inspection_app.store import log
from inspection_app.store.file import VisitFile
from inspection_app.store.seals import Answer
from inspection_app.store.sheets import AgreedFigure
from tests.browser.conftest import VisitAt
from tests.browser.pad_tablet import SHORT
from tests.browser.screen import PATIENCE, Screen
from tests.browser.test_visit import confirm_the_result, decide, text_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUBRIC = load_rubric("henan-county")
DECISIONS = load_yaml(shipped("data") / "sample" / "decisions.yaml")
MARKS = load_yaml(shipped("data") / "sample" / "marks.yaml")

AGAIN, STANDS = "27", "20"
ADJUDICATED = {  # points, the clause in the chair's words, the reason
    "28": ("1.5", "第28项第二档", "评定申报书在2025年9月，只能算提出要求，合议定1.5分。"),
    "4": ("2", "第4项第一档", "征集和审定的过程材料齐全，合议定为满分。"),
    "26": ("2.9", "分户验收覆盖率达到100%", "有两栋安置房没有分户验收记录，该评分点不计分。"),
}
WHY_OPENED = "分户验收覆盖率按议定数据先行评议，不再等待核对"
LOOK_AT = "请看第二个评分点的现场记录"
SCAN = "签字稿扫描件"


@dataclass(frozen=True)
class Evening:
    """The visit on its last evening, and everybody's tablet."""

    file: VisitFile
    actors: Mapping[str, Actor]
    screens: Mapping[str, Screen]
    chair: str
    experts: tuple[str, ...]
    secretary: str

    @property
    def content(self) -> tuple[object, ...]:
        """What must not change any more: the seal as it verifies, every entry of the log, and the result."""
        verified = verify(self.file.path)
        return verified.head, verified.sealed, verified.result


def now() -> datetime:
    return datetime.now().astimezone()


@pytest.fixture
def evening(visit_at: VisitAt, screens: Callable[[str], Screen]) -> Evening:
    """Five sheets are in, a figure is disputed; chair, four experts and the secretary each hold a tablet."""
    sample, url = visit_at(Stage.SCORE)
    actors = {person.name: actor_of(sample.file, sign_in(sample.file, person.code))[0] for person in sample.codes}
    for name, sheet in MARKS.items():
        entered = score.sheet_of(sample.file, actors[name]).entries
        for no, entry in sheet["items"].items():
            if no not in entered:
                answers = {criterion: answer for criterion, answer in entry.items() if criterion != "note"}
                score.answer_item(sample.file, actors[name], no, answers, entry.get("note", ""), base=0, now=now())
        hand_in.hand_in_sheet(sample.file, actors[name], now())
    named = {role: [person.name for person in sample.codes if person.role is role] for role in Role}
    tablets = {person.name: tablet(screens(url), sample, person.code) for person in sample.codes}
    return Evening(
        sample.file, actors, tablets, named[Role.CHAIR][0], tuple(named[Role.EXPERT]), named[Role.SECRETARY][0]
    )


def tablet(screen: Screen, sample: Sample, code: str) -> Screen:
    """Sign in on a tablet whose pad looks for news more often than it does in use."""
    screen.page.context.add_init_script(SHORT)
    screen.come_in(sample.file.slug, code)
    return screen


@pytest.mark.soak
def test_five_disputed_items_then_the_seal(evening: Evening, tmp_path: Path, shots: Path | None) -> None:
    """The chair opens, has one mark looked at again, decides the rest, all confirm or sign, and nothing changes after."""
    chair = evening.screens[evening.chair]
    (asked,) = (name for name in evening.experts if mark(evening.file, evening.actors[name], AGAIN) == "1")
    for name in evening.experts:
        evening.screens[name].page.goto(f"{chair.hub}/score?item={AGAIN}")

    open_the_marks(evening, shots)
    let_the_others_stand(evening)
    resolve_five_items(evening, asked, shots)
    decide_conditions(evening)
    everybody_says_so(evening, tmp_path, shots)
    before = evening.content

    pages_offer_nothing_more(evening)
    routes_refuse(evening)
    services_refuse(evening)
    assert evening.content == before


# --- the evening -----------------------------------------------------------------------------------------------------


def mark(file: VisitFile, who: Actor, no: str) -> str:
    return str(score.sheet_of(file, who).scores[no].points)


def open_the_marks(evening: Evening, shots: Path | None) -> None:
    """Only with a reason while a figure is disputed; no sheet is taken back any more, and every tablet shows that."""
    chair = evening.screens[evening.chair]
    for name in evening.experts:
        own = evening.screens[name]
        expect(own.pad.locator(".notice").get_by_role("button", name=_("Take it back"))).to_be_visible()
    chair.open("/consolidate")
    chair.enter(_("Why the panel goes on although figures are disputed (it is printed)"), WHY_OPENED)
    chair.shot(shots, "evening-ready")
    chair.confirm(_("Open the marks"))
    chair.sees(_("The marks are open."))
    for name in evening.experts:
        expect(evening.screens[name].pad.get_by_role("button", name=_("Take it back"))).to_have_count(0)
    with evening.file.reading() as db:
        assert log.entries(db)[-1].act == Act.OPEN_MARKS


def let_the_others_stand(evening: Evening) -> None:
    """Five items are left to talk about: one with an override, one with a disputed figure, all with marks apart."""
    who, five = evening.actors[evening.chair], {*ADJUDICATED, AGAIN, STANDS}
    for one in consolidate.consolidation(evening.file).queue:
        if one.left and one.result.item.no not in five:
            consolidate.let_stand(evening.file, who, one.result.item.no, "", now())
    left = [one.result.item.no for one in consolidate.consolidation(evening.file).queue if one.left]
    assert set(left) == five


def resolve_five_items(evening: Evening, asked: str, shots: Path | None) -> None:
    """The queue leads from one to the next; the one that is looked at again is settled by the expert alone."""
    chair = evening.screens[evening.chair]
    chair.open("/consolidate")
    chair.choose(_("Part"), _("Deliberation"))
    met = []
    for count in range(5, 0, -1):
        chair.sees(_("{count} left to decide", count=count))
        title = chair.page.locator(".item-head .title").inner_text()
        no = re.split(r"\s", title)[0]
        met.append(no)
        chair.shot(shots, f"evening-{no}")
        if no == AGAIN:
            have_it_looked_at(evening, asked)
            chair.reload()
            chair.choose(_("Part"), _("Deliberation"))
        elif no == STANDS:
            points = consolidate.consolidation(evening.file).result.item(no).points
            chair.tap(_("Let {points} stand", points=points))
        else:
            decide(chair, no, *ADJUDICATED[no])
        if count > 1 and chair.page.locator(".item-head .title").inner_text() == title:  # after a reload it is the next
            chair.tap(_("{count} left to decide", count=count - 1) + " »")
    assert set(met) == {*ADJUDICATED, AGAIN, STANDS}
    chair.sees(_("{count} left to decide", count=0))
    found = consolidate.consolidation(evening.file)
    assert [one.result.item.no for one in found.queue if one.left] == []
    assert {no: str(found.result.item(no).points) for no in ADJUDICATED} == {no: of[0] for no, of in ADJUDICATED.items()}


def have_it_looked_at(evening: Evening, asked: str) -> None:
    """The expert reads on the tablet what the chair asks, changes the mark there and says so; nobody else may."""
    chair, expert = evening.screens[evening.chair], evening.screens[asked]
    part = chair.unfold(_("Ask to look again"))
    part.get_by_test_id("stRadioOption").filter(has_text=asked).tap()
    part.get_by_label(_("What to look at; the expert reads it on the tablet"), exact=True).fill(LOOK_AT)
    chair.tap(_("Ask"), within=part)
    chair.sees(_("Asked. The item is open again on the expert's tablet."))
    again = expert.pad.locator(".look-again")
    expect(again).to_contain_text(LOOK_AT, timeout=PATIENCE)
    for criterion in RUBRIC.item(AGAIN).criteria:
        expert.pad_choose(criterion.text, _("Reached"))
    expert.pad_saved()
    again.get_by_role("button", name=_("I have looked again")).tap()
    expect(again).to_have_count(0, timeout=PATIENCE)
    assert mark(evening.file, evening.actors[asked], AGAIN) == "2"


def decide_conditions(evening: Evening) -> None:
    """Through the services: ``test_visit`` decides them with taps."""
    file, who = evening.file, evening.actors[evening.chair]
    for veto, decision in DECISIONS["vetoes"].items():
        consolidate.decide_veto(file, who, veto, decision["applies"], decision["proof"], now())
    for gate, decision in DECISIONS["gates"].items():
        consolidate.decide_gate(file, who, gate, decision["holds"], decision["proof"], now())
    consolidate.recommend(file, who, Recommendation.PASS_AFTER_MENDING, now())


def everybody_says_so(evening: Evening, tmp_path: Path, shots: Path | None) -> None:
    """Three experts and the chair confirm on their tablets, one signs the printed draft; then the chair can seal."""
    chair, office = evening.screens[evening.chair], evening.screens[evening.secretary]
    *on_tablet, on_paper = evening.experts
    for name in (*on_tablet, evening.chair):
        confirm_the_result(evening.screens[name])
    expect(chair.page.get_by_role("button", name=_("Seal the visit"))).to_be_disabled()

    office.open("/seal")
    part = office.unfold(_("Attach a signed scan"))
    part.get_by_label(_("Title"), exact=True).fill(SCAN)
    part.get_by_test_id("stButtonGroup").get_by_role("button", name=on_paper, exact=True).tap()
    part.locator("input[type=file]").set_input_files(signed(tmp_path / "signed.pdf"))  # the hub gets it with the form
    expect(part.get_by_text("signed.pdf")).to_be_visible()
    office.tap(_("Attach"), within=part)
    office.sees(_("signed on paper"), within=".badge.saved")
    office.shot(shots, "evening-signed")

    chair.reload()
    chair.shot(shots, "evening-before-the-seal")
    chair.confirm(_("Seal the visit"))
    chair.sees(_("The visit is sealed."))
    chair.shot(shots, "evening-sealed")
    sealing = seal.sealing(evening.file)
    assert sealing.held is not None
    said = {member.name: sealing.said[member.id].answer for member in sealing.members}
    assert said == dict.fromkeys((evening.chair, *on_tablet), Answer.CONFIRMED) | {on_paper: Answer.SIGNED}
    assert sealing.held.digest[:8] in chair.text()

    office.open("/feedback")
    report = text_of(office.download(_("Report (PDF)"), tmp_path / "report.pdf"))
    told = [sealing.held.digest, WHY_OPENED, *(reason for _points, _clause, reason in ADJUDICATED.values())]
    assert [words for words in told if "".join(words.split()) not in report] == []


def signed(path: Path) -> Path:
    """Stand for a scan: a page of PDF."""
    paper, content = PdfWriter(), io.BytesIO()
    paper.add_blank_page(595, 842)
    paper.write(content)
    path.write_bytes(content.getvalue())
    assert len(PdfReader(path).pages) == 1
    return path


# --- sealed ----------------------------------------------------------------------------------------------------------


def pages_offer_nothing_more(evening: Evening) -> None:
    """What changed something before is gone from the pages, and the pad can only be read."""
    chair, expert = evening.screens[evening.chair], evening.screens[evening.experts[0]]
    gone = [
        _("Record the decision"), _("Ask to look again"), _("Confirm the result"), _("Seal the visit"), _("Save"),
        _("Record the reason"), _("Add"), _("I do not agree"), _("Open scoring"), _("Open the marks"),
    ]  # fmt: skip
    offered = {}
    for path in ("/consolidate", "/seal", "/feedback", "/prepare", "/method"):
        chair.open(path)
        for part in (_("Deliberation"), _("Vetoes and gates")) if path == "/consolidate" else ("",):
            if part:
                chair.choose(_("Part"), part)
            buttons = chair.page.get_by_test_id("stMain").locator("button, summary").all_inner_texts()
            offered[path + part] = [text for text in gone if text in [button.strip() for button in buttons]]
    assert not any(offered.values()), offered
    expert.open(f"/score?item={AGAIN}")
    radios = expert.pad.get_by_role("radio")
    assert radios.count()
    for radio in radios.all():
        expect(radio).to_be_disabled()
    expect(expert.pad.get_by_label(_("Note"), exact=True)).not_to_be_editable()
    expect(expert.pad.get_by_role("button", name=_("Take it back"))).to_have_count(0)


def routes_refuse(evening: Evening) -> None:
    """Every route that the pad writes by refuses because the visit is sealed, to the expert's own page."""
    name = evening.experts[0]
    screen, who, slug = evening.screens[name], evening.actors[name], evening.file.slug
    revision = score.sheet_of(evening.file, who).entries[AGAIN].revision
    own = {"visit": slug, "member": who.member_id}
    answers = {
        "client": "evening-1", "sequence": 1, "item": AGAIN, "base": revision, "answers": {"1": False, "2": False}, "note": "",
    }  # fmt: skip
    (figure,) = {one.key for one in dispute.disputes(evening.file)}
    for path, body in {
        "/pad/answers": own | answers,
        "/pad/hand-in": own,
        "/pad/take-back": own,
        "/pad/looked-again": own | {"item": AGAIN},
        "/pad/phrases": own | {"own": ["定稿之后"]},
        "/pad/disputes": own | {"figure": figure, "note": "定稿之后"},
    }.items():
        status, told = screen.page.evaluate(
            """async ([path, body]) => {
              const headers = {"Content-Type": "application/json"};
              const response = await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
              return [response.status, await response.json()];
            }""",
            [path, body],
        )
        assert (path, status, told["code"]) == (path, 409, "wrong-stage")


def services_refuse(evening: Evening) -> None:
    """Every service that decided something on the way refuses to do it once more."""
    file, chair, expert = evening.file, evening.actors[evening.chair], evening.actors[evening.experts[0]]
    office, at = evening.actors[evening.secretary], now()
    digest = seal.sealing(file).digest
    figure = AgreedFigure("quality_fund_share", "9", "之后")
    calls: dict[str, Callable[[], Any]] = {
        "answer": lambda: score.answer_item(file, expert, AGAIN, {}, "", base=1, now=at),
        "hand in": lambda: hand_in.hand_in_sheet(file, expert, at),
        "take back": lambda: hand_in.take_back_sheet(file, expert, at),
        "type in": lambda: type_in.type_in_item(file, office, expert.member_id, AGAIN, {}, "", base=1, now=at),
        "phrases": lambda: pad.share_phrases(file, office, ["之后"], at),
        "open": lambda: open_marks.open_marks(file, chair, at, reason="再开"),
        "ask": lambda: hand_in.ask_again(file, chair, expert.member_id, AGAIN, "再看", at),
        "adjudicate": lambda: consolidate.adjudicate(file, chair, AGAIN, "0", "改", "", at),
        "let stand": lambda: consolidate.let_stand(file, chair, AGAIN, "", at),
        "veto": lambda: consolidate.decide_veto(file, chair, RUBRIC.vetoes[0].id, True, "改", at),
        "gate": lambda: consolidate.decide_gate(file, chair, "7", False, "改", at),
        "reading": lambda: consolidate.choose_reading(file, chair, "", Reading.FIRST, "改", at),
        "method": lambda: consolidate.change_method(file, chair, "median", 2, "items", 1, "改", at),
        "recommend": lambda: consolidate.recommend(file, chair, Recommendation.PASS, at),
        "finding": lambda: feed_back.state_finding(file, office, Finding(FindingKind.PROBLEM, "之后"), at),
        "figure": lambda: prepare.enter_figure(file, office, figure, at),
        "settle": lambda: dispute.settle_dispute(file, office, 1, "之后", at),
        "observe": lambda: observe.observe(file, office, Observation(1, ObservationKind.NOTE, "之后"), at),
        "sites": lambda: prepare.name_sites(file, office, [], at),
        "draw": lambda: draw.lock_sites(file, office, 3, entropy=os.urandom, now=at),
        "explain": lambda: seal.explain(file, chair, "open-items", "改", at),
        "confirm": lambda: seal.confirm_result(file, expert, digest, at),
        "seal": lambda: seal.seal(file, chair, at, entropy=os.urandom),
    }  # fmt: skip
    for name, call in calls.items():
        with pytest.raises(StageError) as refused:
            call()
        assert (name, refused.value.code) == (name, "wrong-stage")
