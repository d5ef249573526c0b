"""The main job in a browser: a small panel goes from an empty folder to the report.

Everything that has a button is done with that button at least once. What would only repeat it (the last of 37 items, the
last gate) is done through the services, on the same visit file and while the hub is running, to keep this test short.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect
from pypdf import PdfReader

from inspection_app import load_rubric, verify
from inspection_app.core import wording
from inspection_app.core.feedback import FindingKind, Recommendation
from inspection_app.core.rubric import Choice, Item, Tick
from inspection_app.core.visit import ROLE_NAMES, Actor, Role
from inspection_app.errors import StageError
from inspection_app.language import _
from inspection_app.places import shipped
from inspection_app.services.consolidate import decide_gate, decide_veto
from inspection_app.services.draw import CITIZENS, SITES, draw_state
from inspection_app.services.hand_in import hand_in_sheet
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.prepare import enter_figure, preparation
from inspection_app.services.score import answer_item, sheet_of
from inspection_app.services.seal import sealing
from inspection_app.store.file import VisitFile, visit_files
from inspection_app.store.sheets import AgreedFigure
from inspection_app.ui.widgets import FINDINGS, RECOMMENDATIONS
from tests.browser.screen import Screen
from tests.hub import free_port, hub

pytestmark = [pytest.mark.browser, pytest.mark.slow]

APPLICANT = "豫溪县人民政府"
SECRETARY, CHAIR, FIRST, SECOND = "周文静", "程立言", "郑守一", "何若冰"
SITE_NAMES = [
    "豫溪县检验检测中心", "豫溪酱业有限公司", "清河社区服务中心", "滨河路学校建设工地", "豫溪县政务服务大厅",
]  # fmt: skip
CATEGORIES = ["群众代表", "人大代表", "政协委员", "社会监督员"]
SURNAMES, GIVEN = "赵钱孙李周吴", ["建民", "秀兰", "志强", "玉梅"]
ROSTER = "姓名,类别,性别,乡镇\n" + "".join(
    f"{surname}{given},{category},{'女' if given in ('秀兰', '玉梅') else '男'},清河镇\n"
    for category, given in zip(CATEGORIES, GIVEN, strict=True)
    for surname in SURNAMES
)

RUBRIC = load_rubric("henan-county")
OPEN_FIGURE = "agricultural_standardisation_rate"  # not agreed: each expert enters what they found
FIGURES = {
    key: AgreedFigure(key, **figure)
    for key, figure in yaml.safe_load((shipped("data") / "sample" / "figures.yaml").read_text("utf-8")).items()
    if key != OPEN_FIGURE
}

# What the three who score tap on the items 1, 4, 9 and 12, and what follows by the rubric, worked out by hand.
NOTES = {
    CHAIR: "规划文本第12页有专章，现场核对原件。",
    FIRST: "规划印发文件齐全，目标可量化。",
    SECOND: "规划无年度分解任务表。",
}
REACHED = {CHAIR: True, FIRST: True, SECOND: False}
REASONS = {CHAIR: "党委文件中只有一处提及", FIRST: "政府工作报告中未单列", SECOND: "定位只见于附件"}
TIERS = {CHAIR: 1, FIRST: 1, SECOND: 2}
RATES = {CHAIR: "41.3", FIRST: "36", SECOND: "28"}
OVERRIDES = {CHAIR: "1.5", FIRST: "1", SECOND: "0.5"}
OVERRIDE_REASON = "县长任组长，但去年只召集一次"
MARKS = {
    "1": {CHAIR: "3", FIRST: "3", SECOND: "1"},
    "4": {CHAIR: "2", FIRST: "2", SECOND: "1"},
    "9": {CHAIR: "3", FIRST: "3", SECOND: "2"},
    "12": OVERRIDES,
}
DISPUTED = "20"
ADJUDICATION = "以省长质量奖提名文件为准，按第一档定分。"
FINDING = "检验检测能力覆盖主导产业，公共服务平台运行良好。"
FINDING_TO_READ_OUT = "请进一步完善企业质量信用档案的更新制度。"
PROOF = "县应急管理局2026年证明文件"


def now() -> datetime:
    return datetime.now().astimezone()


@pytest.mark.soak
def test_from_an_empty_folder_to_the_report(
    tmp_path: Path, screens: Callable[[str], Screen], shots: Path | None
) -> None:
    """Secretary, chair and two experts hold a visit; what they tapped and wrote stands in the report at the end."""
    folder, port = tmp_path / "visits", free_port()
    with ExitStack() as running:
        url = running.enter_context(hub(folder, port))

        office = screens(url)
        codes = create_the_visit(office, tmp_path)
        (file,) = visit_files(folder)
        prepare(office, tmp_path)
        enter_other_figures(file, codes[SECRETARY])
        drawn = draw_sites(office, file, tmp_path)
        draw_citizens(office, file)
        office.turn_to(_("Prepare"))
        office.confirm(_("Open scoring"))
        office.sees(_("Scoring is open."))

        panel = {name: screens(url) for name in (CHAIR, FIRST, SECOND)}
        for name, screen in panel.items():
            enter_with_code(screen, file, codes[name])
            declare(screen)
            screen.open("/score?item=1")
            score_by_hand(screen, name)
            screen.shot(shots, f"walk-score-{name}")

        before = {name: shown(screen) for name, screen in panel.items()}
        panel[FIRST].reload()
        assert shown(panel[FIRST]) == before[FIRST]

        running.close()  # kill -9
        for screen in panel.values():
            screen.lost()
        running.enter_context(hub(folder, port))
        for name, screen in panel.items():
            screen.settle()
            assert shown(screen) == before[name]
        panel[SECOND].reload()
        panel[SECOND].sees(SECOND, within=".who")
        assert shown(panel[SECOND]) == before[SECOND]
        check_entries(file, codes)

        chair, expert = panel[CHAIR], panel[FIRST]
        chair.turn_to(_("Consolidate"))
        chair.sees(_("The chair's own score sheet comes first: it is handed in on the page Score."))
        assert chair.page.get_by_role("button", name=_("Open the marks")).count() == 0
        for name in panel:
            score_the_rest(file, codes[name], lowest_tier=name == SECOND)
        only_counts_are_shown(expert)
        for name in panel:
            hand_in_sheet(file, actor(file, codes[name]), now())

        chair.reload()
        chair.confirm(_("Open the marks"))
        chair.sees(_("The marks are open."))
        the_matrix_shows_the_marks(chair, shots)
        adjudicate(chair, shots)
        decide_conditions(chair, file, codes[CHAIR], shots)
        give_feedback(office, chair, shots)

        for screen in (expert, panel[SECOND], chair):
            confirm_the_result(screen)
        chair.confirm(_("Seal the visit"))
        chair.sees(_("The visit is sealed."))
        chair.shot(shots, "walk-sealed")
        the_sheet_is_read_only(expert, file, codes[FIRST])
        office.turn_to(_("Feedback"))
        report = office.download(_("Report (PDF)"), tmp_path / "report.pdf")
        the_report_tells(report, file, drawn)


def create_the_visit(screen: Screen, tmp_path: Path) -> Mapping[str, str]:
    """Make the visit on the start page of an empty hub and go on as the secretary; return everybody's code."""
    screen.open("/")
    screen.sees(_("No visit yet"))
    screen.turn_to(_("New visit"))
    screen.enter(_("Applicant"), APPLICANT)
    screen.enter(_("Place"), "豫溪县城关镇")
    for label, name in (
        (_(ROLE_NAMES[Role.SECRETARY]), SECRETARY),
        (_(ROLE_NAMES[Role.CHAIR]), CHAIR),
        (f"{_(ROLE_NAMES[Role.EXPERT])} 1", FIRST),
    ):
        screen.enter(_("{role}: name", role=label), name)
    # The last field is left by the tap on the button itself.
    screen.fill(_("{role}: name", role=f"{_(ROLE_NAMES[Role.EXPERT])} 2"), SECOND)
    screen.tap(_("Create the visit"))
    screen.sees(_("The visit is created"), within="h1")
    rows = [row.split("\t") for row in screen.page.locator("table.plain tbody tr").all_inner_texts()]
    codes = {name: code for _role, name, code in rows}
    assert list(codes) == [SECRETARY, CHAIR, FIRST, SECOND]
    slips = text_of(screen.download(_("Print the codes (PDF)"), tmp_path / "codes.pdf"))
    assert all(code in slips for code in codes.values())
    screen.page.get_by_role("link", name=_("Continue as secretary")).tap()
    screen.sees(SECRETARY, within=".who")
    screen.settle()
    return codes


def prepare(screen: Screen, tmp_path: Path) -> None:
    screen.turn_to(_("Prepare"))
    screen.choose(_("Part"), _("Sites"))
    for number, name in enumerate(SITE_NAMES):
        screen.enter(_("Site {number}: name", number=number + 1), name)
        screen.enter(_("What it shows"), f"特色之{number + 1}", nth=number)
    screen.choose(_("Part"), _("Panel"))  # what was entered and not saved is still there afterwards
    screen.choose(_("Part"), _("Sites"))
    screen.sees(_("What was entered is not saved yet."))
    screen.tap(_("Save the sites"))
    screen.sees(_("Saved."))
    assert not screen.page.get_by_text(_("What was entered is not saved yet.")).is_visible()

    screen.choose(_("Part"), _("Roster"))
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER, encoding="gb18030")  # as Excel and WPS save it in China
    screen.upload(roster)
    screen.tap(_("Take this roster: {count} people", count=24))
    screen.sees(_("{count} people are on the roster.", count=24))

    screen.choose(_("Part"), _("Figures"))
    for key in ("quality_fund_share", "credit_grade_a_enterprises"):
        declared = RUBRIC.figures[key]
        part = screen.unfold(declared.title)
        part.get_by_label(f"{_('Value')} {declared.unit}", exact=True).fill(FIGURES[key].value)
        part.get_by_label(_("Source: document, page"), exact=True).fill(FIGURES[key].source)
        screen.tap(_("Save"), within=part)
        screen.sees(f"{FIGURES[key].value} {declared.unit}", within="summary")

    screen.open("/duties")
    screen.choose(_("Part"), _("Division"))
    screen.tap(_("Everybody, everything"))
    screen.sees(_("Assigned. See the table; change it by person."))


def declare(screen: Screen) -> None:
    """Declare no conflict and promise confidence: before that no answer is taken."""
    screen.open("/duties")
    screen.page.get_by_test_id("stForm").get_by_test_id("stCheckbox").locator("label").first.tap()
    screen.tap(_("I declare"))
    screen.sees(_("Declared."))


def enter_other_figures(file: VisitFile, code: str) -> None:
    """Through the service: the form is the same for each."""
    for key, figure in FIGURES.items():
        if key not in preparation(file).figures:
            enter_figure(file, actor(file, code), figure, now())


def draw_sites(screen: Screen, file: VisitFile, tmp_path: Path) -> list[str]:
    """Draw 3 of the 5 sites; check the certificate with the strangers' verifier; return the names drawn."""
    screen.turn_to(_("Draws"))
    screen.choose(_("How many of the {count} sites are drawn?", count=5), "4")
    screen.choose(_("How many of the {count} sites are drawn?", count=5), "3")
    hold_a_draw(screen, public="3141 592", cards=["2718", "1618", "0577"])
    names = screen.page.locator("table.plain").first.locator("tbody tr td:last-child").all_inner_texts()
    assert len(set(names)) == 3
    assert set(names) <= set(SITE_NAMES)
    certificate = screen.download(_("Only the file (JSON)"), tmp_path / "certificate.json")
    kept = draw_state(file, SITES).kept
    assert kept is not None
    for slip, code in ((kept.locked.short_code, 0), (f"{int(kept.locked.short_code) ^ 1:08d}", 3)):
        command = [sys.executable, "-I", verify.__file__, str(certificate), "--slip", slip]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == code, checked.stdout
    return names


def draw_citizens(screen: Screen, file: VisitFile) -> None:
    screen.choose(_("Draw"), _("Citizens"))
    screen.enter(_("{category}: how many of {size}?", category=CATEGORIES[0], size=6), "2")
    hold_a_draw(screen, public="0 1 1 2 3 5 8 13 21 34", cards=["1100", "2200", "3300"])
    result = draw_state(file, CITIZENS).result
    assert result is not None
    assert [len(numbers) for numbers in result.selected.values()] == [2, 4, 4, 4]


def hold_a_draw(screen: Screen, public: str, cards: list[str]) -> None:
    screen.tap(_("Lock the list"))
    for party, name in ((_("Applicant"), "孙立"), (_("Chair"), CHAIR), (_("Neither side"), "吴公证")):
        screen.fill(_("{party}: who wrote the card?", party=party), name)
    screen.tap(_("The cards lie face down"))
    screen.fill(_("Public digits, in the order drawn"), public[:3])
    screen.tap(_("Write them down"), refused=True)
    screen.fill(_("Public digits, in the order drawn"), public)
    screen.confirm(_("Write them down"))
    for party, name, digits in zip(
        (_("Applicant"), _("Chair"), _("Neither side")), ("孙立", CHAIR, "吴公证"), cards, strict=True
    ):
        screen.fill(f"{party}　{name}", digits)
    screen.confirm(_("Draw"))
    screen.sees(_("Drawn."))


def enter_with_code(screen: Screen, file: VisitFile, code: str) -> None:
    """Sign in as a tablet does: the hub's address, then the code from the slip, as a keyboard in small letters gives it."""
    screen.page.goto(screen.hub + "/sign-in")
    screen.page.get_by_label(_("Your personal code")).fill(code.lower().replace("-", " "))
    screen.page.get_by_role("button", name=_("Enter")).tap()
    screen.settle()
    screen.tap(_("Continue scoring"))
    screen.sees(item_title("1"), within=".item-head")


def score_by_hand(screen: Screen, name: str) -> None:
    """Score four items with taps: ticks, a part with its reason, a note, a tier, a figure, an override."""
    first, second = RUBRIC.item("1").criteria
    screen.pad_choose(first.text, _("Reached") if REACHED[name] else _("Not reached"))
    screen.pad_choose(second.text, _("In part"))
    screen.pad_enter(_("Why only in part?"), REASONS[name])
    screen.pad_enter(_("Note"), NOTES[name])
    points_are(screen, "1", name)

    go_over_the_overview(screen, "4")
    (only,) = RUBRIC.item("4").criteria
    assert isinstance(only, Choice)
    screen.pad_choose(clause("4", only.text), re.compile("^" + re.escape(only.tiers[TIERS[name] - 1].text)))
    points_are(screen, "4", name)

    go_over_the_overview(screen, "9")
    ticked, _figure, missed, also = RUBRIC.item("9").criteria
    screen.pad_choose(ticked.text, _("Reached"))
    declared = RUBRIC.figures[OPEN_FIGURE]
    screen.pad_enter(f"{declared.title}（{declared.unit}）", RATES[name])
    screen.pad_choose(missed.text, _("Not reached"))
    screen.pad_choose(also.text, _("Reached"))
    points_are(screen, "9", name)

    go_over_the_overview(screen, "11")
    step_on(screen)
    screen.sees(item_title("12"), within=".item-head")
    (only,) = RUBRIC.item("12").criteria
    screen.pad_choose(clause("12", only.text), _("None of them fits"))
    screen.pad.locator("summary", has_text=_("Replace the points, with a reason")).tap()
    screen.pad_enter(_("Points"), OVERRIDES[name])
    screen.pad_enter(_("Reason (the chair sees it)"), OVERRIDE_REASON)
    points_are(screen, "12", name)


def clause(no: str, text: str) -> str:
    """A clause's words on the pad: where the tiers are the whole rule, the rule stands above already."""
    return _("Choose the tier that holds") if text.rstrip("。") == RUBRIC.item(no).rule_text.rstrip("。") else text


def step_on(screen: Screen) -> None:
    screen.pad.get_by_role("button", name=_("Next") + " ›", exact=True).tap()


def go_over_the_overview(screen: Screen, no: str) -> None:
    screen.pad.locator(".to-overview").tap()
    screen.page.locator(f"dialog [data-no='{no}']").tap()
    screen.sees(item_title(no), within=".item-head")


def item_title(no: str) -> str:
    return RUBRIC.item(no).content


def points_are(screen: Screen, no: str, name: str) -> None:
    """The points of an item stand at the foot of the page as soon as the last answer is in, and that it is saved."""
    expect(screen.pad.locator(".foot .score b")).to_have_text(MARKS[no][name])
    screen.pad_saved()


def shown(screen: Screen) -> Mapping[str, str]:
    """What stands on a score page: the item, every answer, every word typed, the points."""
    page = screen.pad
    found = {"item": page.locator(".title").inner_text(), "points": page.locator(".foot .score").inner_text()}
    for clause in page.locator("[data-criterion]").all():
        chosen = clause.get_by_role("radio", checked=True)
        found[clause.get_attribute("data-criterion") or ""] = chosen.inner_text() if chosen.count() else ""
    for number, field in enumerate(page.locator("article input[type=text], article textarea").all()):
        found[f"field {number}"] = field.input_value()
    return found


def check_entries(file: VisitFile, codes: Mapping[str, str]) -> None:
    """What was tapped is what the visit's file holds."""
    for name in (CHAIR, FIRST, SECOND):
        sheet = sheet_of(file, actor(file, codes[name]))
        assert {no: entry.answers for no, entry in sheet.entries.items()} == {
            "1": {"1": REACHED[name], "2": {"points": "1", "reason": REASONS[name]}},
            "4": {"1": TIERS[name]},
            "9": {"1": True, "2": RATES[name], "3": False, "4": True},
            "12": {"1": 0, "item": {"override": OVERRIDES[name], "reason": OVERRIDE_REASON}},
        }
        assert sheet.entries["1"].note == NOTES[name]
        assert {no: str(sheet.scores[no].points) for no in MARKS} == {no: marks[name] for no, marks in MARKS.items()}


def score_the_rest(file: VisitFile, code: str, *, lowest_tier: bool) -> None:
    """Through the service: 33 more items a person would only repeat the taps above."""
    who = actor(file, code)
    sheet = sheet_of(file, who)
    for item in RUBRIC.items:
        if item.no not in sheet.entries:
            answers = dict(answered(item, lowest_tier=lowest_tier and item.no == DISPUTED))
            answer_item(file, who, item.no, answers, "", base=0, now=now())
    assert sheet_of(file, who).missing == ()


def answered(item: Item, *, lowest_tier: bool) -> Iterator[tuple[str, Any]]:
    """All clauses reached and the first tier everywhere; the agreed figures answer the rest."""
    for criterion in item.criteria:
        if isinstance(criterion, Tick):
            yield criterion.id, True
        elif isinstance(criterion, Choice):
            yield criterion.id, len(criterion.tiers) if lowest_tier else 1


def only_counts_are_shown(screen: Screen) -> None:
    """Before the chair opens the marks, an expert sees how far everybody is and nothing else."""
    screen.turn_to(_("Consolidate"))
    screen.sees(_("Nobody sees another's marks until the chair, whose own sheet is in, opens them."))
    rows = [row.split("\t")[:2] for row in screen.page.locator("table.plain tbody tr").all_inner_texts()]
    assert rows == [[name, "37 / 37"] for name in (CHAIR, FIRST, SECOND)]
    text = screen.text()
    assert [secret for secret in (*NOTES.values(), *REASONS.values(), OVERRIDE_REASON) if secret in text] == []
    assert screen.page.get_by_role("button", name=_("Open the marks")).count() == 0


def the_matrix_shows_the_marks(screen: Screen, shots: Path | None) -> None:
    screen.shot(shots, "walk-totals")
    screen.choose(_("Part"), _("Marks"))
    table = screen.page.locator("table.matrix")
    table.wait_for()
    head = table.locator("thead th").all_inner_texts()
    assert head[2:5] == [CHAIR, FIRST, SECOND]
    for no, marks in MARKS.items():
        row = table.locator("tbody tr").filter(has_text=re.compile(rf"^{no}　"))
        cells = row.locator("td").all_inner_texts()
        assert [cell.split()[0] for cell in cells[2:5]] == list(marks.values())
    flagged = table.locator("tbody tr").filter(has_text=re.compile("^12　"))
    assert flagged.inner_text().count("⚑") == 3
    screen.shot(shots, "walk-matrix")


def adjudicate(screen: Screen, shots: Path | None) -> None:
    """The item people disagree on most comes first; the chair decides it with a reason."""
    screen.choose(_("Part"), _("Deliberation"))
    expect(screen.page.locator(".official").first).to_contain_text(RUBRIC.item(DISPUTED).rule_text[:20])
    decide(screen, DISPUTED, "3", "第20项第一档", ADJUDICATION)
    screen.shot(shots, "walk-deliberation")


def decide(screen: Screen, no: str, points: str, clause: str, reason: str) -> None:
    """Adjudicate the item that is on the table: points, the clause in the chair's own words, the reason."""
    screen.fill(_("Points, 0 to {points}", points=wording.plain(RUBRIC.item(no).ceiling)), points)
    field = screen.page.get_by_test_id("stForm").locator("input[role=combobox]")
    field.fill(clause)
    field.press("Enter")
    screen.fill(_("Reason"), reason)
    screen.tap(_("Record the decision"))
    screen.sees(reason)


def decide_conditions(screen: Screen, file: VisitFile, code: str, shots: Path | None) -> None:
    """A veto and a gate with taps, the others through the services."""
    screen.choose(_("Part"), _("Vetoes and gates"))
    open_gates = [gate for gate in RUBRIC.gates if gate.figure not in FIGURES]
    for kind, text, id_, word in (
        ("decide-veto", RUBRIC.vetoes[0].text, RUBRIC.vetoes[0].id, _("does not apply")),
        ("decide-gate", open_gates[0].text, open_gates[0].id, _("holds")),
    ):
        screen.choose(text, word)
        proof = screen.page.locator(f".st-key-{kind}-{id_}-proof input")
        proof.fill(PROOF)
        with screen.answered():
            proof.blur()
        with screen.answered():
            screen.page.locator(f".st-key-{kind}-{id_}-save button").tap()
        screen.sees(word, within=".clause .badge.saved")
    screen.shot(shots, "walk-conditions")
    who = actor(file, code)
    for veto in RUBRIC.vetoes[1:]:
        decide_veto(file, who, veto.id, False, PROOF, now())
    for gate in open_gates[1:]:
        decide_gate(file, who, gate.id, True, PROOF, now())


def give_feedback(office: Screen, chair: Screen, shots: Path | None) -> None:
    """The secretary writes what will be read out, the chair recommends."""
    office.turn_to(_("Feedback"))
    for number, (kind, text) in enumerate(
        ((FindingKind.HIGHLIGHT, FINDING), (FindingKind.SUGGESTION, FINDING_TO_READ_OUT))
    ):
        if number:
            office.unfold(_("Add a finding"))
        new = office.page.get_by_test_id("stForm").last
        new.get_by_role("radio", name=_(FINDINGS[kind]), exact=True).tap()
        new.get_by_label(_("In words that can be read out"), exact=True).fill(text)
        office.tap(_("Add"), within=new)
        office.sees(text)
    chair.turn_to(_("Feedback"))
    chair.sees(FINDING)
    chair.choose(_("The panel's recommendation"), _(RECOMMENDATIONS[Recommendation.PASS]))
    chair.sees(_("Saved."))
    chair.shot(shots, "walk-feedback")


def confirm_the_result(screen: Screen) -> None:
    """Everybody confirms, on their own tablet, the result that it shows."""
    screen.open("/seal")
    screen.confirm(_("Confirm the result"))
    expect(screen.page.get_by_role("button", name=_("Confirm the result"))).to_have_count(0)
    screen.sees(_("confirmed"), within=".badge.saved")


def the_report_tells(path: Path, file: VisitFile, drawn: list[str]) -> None:
    """The sealed report holds what was tapped and written, and the seal; it is no draft any more."""
    text, held = text_of(path), sealing(file).held
    assert held is not None
    told = [
        APPLICANT, SECRETARY, CHAIR, FIRST, SECOND, *drawn, ADJUDICATION, FINDING, FINDING_TO_READ_OUT,
        *NOTES.values(), OVERRIDE_REASON, f"{date.today().year}年", held.digest,
    ]  # fmt: skip
    assert [words for words in told if "".join(words.split()) not in text] == []
    assert [item.no for item in RUBRIC.items if item.content not in text] == []
    assert "草稿" not in text


def text_of(pdf: Path) -> str:
    """The words of a PDF in their order, without the white space that lines and columns bring."""
    return "".join("".join(page.extract_text() for page in PdfReader(pdf).pages).split())


def the_sheet_is_read_only(screen: Screen, file: VisitFile, code: str) -> None:
    """After the end an expert reads their sheet and can change nothing, by no way."""
    screen.open("/score?item=1")
    screen.sees(_("Handed in {time}: read-only.", time="@").split("@")[1], within=".pad .notice")
    first, _second = RUBRIC.item("1").criteria
    group = screen.pad.get_by_role("radiogroup", name=f"1. {first.text}", exact=True)
    expect(group.get_by_role("radio", checked=True)).to_have_text(_("Reached"))
    for radio in group.get_by_role("radio").all():
        expect(radio).to_be_disabled()
    expect(screen.pad.get_by_label(_("Note"), exact=True)).not_to_be_editable()
    with pytest.raises(StageError):
        answer_item(file, actor(file, code), "1", {}, "", base=1, now=now())


def actor(file: VisitFile, code: str) -> Actor:
    return actor_of(file, sign_in(file, code))[0]
