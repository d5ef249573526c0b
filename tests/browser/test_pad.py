"""Answering on the score pad in a real browser: by finger, keys and input method, in range of the hub and out of it."""

from __future__ import annotations

from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from inspection_app.core.rubric import Rate, Step, Tick
from inspection_app.core.visit import Stage
from inspection_app.language import _
from inspection_app.services.dispute import disputes
from inspection_app.services.score import sheet_of
from tests.browser.conftest import Screens, VisitAt
from tests.browser.pad_tablet import RUBRIC, TICKED, TIMES, Tablet, experts
from tests.browser.screen import PATIENCE
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow]

USELESS = "article :is(.clear, .chip, .chooser, .na):visible, .undo:visible"
"""What nobody needs who cannot change anything."""


def test_saved_is_said_only_after_the_hubs_answer(tablet: Tablet, line: Proxy) -> None:
    """A change is in the tablet's storage before anything is sent, and the badge waits for the hub."""
    tablet.open("2")
    before = tablet.revision("2")
    line.swallow()
    tablet.tap("2", _("Not reached"))
    tablet.waits(1)
    record = tablet.stored()["2"]
    assert (record.get("sent") or record.get("next"))["answers"]["1"] is False  # type: ignore[index]
    assert tablet.revision("2") == before
    line.mend()
    tablet.screen.pad_saved()
    entry = tablet.entry("2")
    assert (entry.answers["1"], entry.revision) == (False, before + 1)
    tablet.badge(f"{entry.at:%H:%M:%S}")


def test_the_same_change_again_is_the_same_change(tablet: Tablet, line: Proxy) -> None:
    """An answer of the hub that is lost on the way makes the tablet send again, and changes nothing there."""
    tablet.open("5")
    before, sent = tablet.revision("5"), []

    def lose_the_answer(route) -> None:  # type: ignore[no-untyped-def]
        sent.append(route.request.post_data_json)
        answer = route.fetch()
        if len(sent) < 3:
            assert answer.status == 200
            route.abort()
        else:
            route.fulfill(response=answer)

    tablet.page.route("**/pad/answers", lose_the_answer)
    tablet.note().fill("第二次发送")
    tablet.note().blur()
    tablet.screen.pad_saved()
    assert len({(one["client"], one["sequence"]) for one in sent}) == 1
    assert len(sent) == 3
    assert tablet.revision("5") == before + 1


@pytest.mark.soak
def test_an_answer_without_its_reason_waits_for_it(tablet: Tablet) -> None:
    """A part takes one tap; without its reason it is kept here, told as not saved, and survives a reload."""
    no = next(no for no in TICKED if all(one.parts for one in RUBRIC.item(no).criteria if isinstance(one, Tick)))
    tablet.open(no)
    tablet.tap(no, _("Not reached"))
    tablet.screen.pad_saved()
    tablet.tap(no, _("In part"))
    tablet.badge(_("not saved yet: something is missing"))
    assert "1" not in tablet.entry(no).answers  # unmarked is never a zero
    tablet.page.reload()
    tablet.badge(_("not saved yet: something is missing"))
    clause = tablet.screen.pad.locator("[data-criterion='1']")
    expect(clause.get_by_role("radio", checked=True)).to_contain_text(_("In part"))
    clause.get_by_label(_("Why only in part?")).fill("只有一份文件")
    clause.get_by_label(_("Why only in part?")).blur()
    tablet.screen.pad_saved()
    assert tablet.entry(no).answers["1"]["reason"] == "只有一份文件"


def test_what_the_hub_refuses_stays(tablet: Tablet) -> None:
    """A change that the hub refuses stays on the tablet with the hub's words beside its field, and can be mended."""
    tablet.open("11")
    before = tablet.revision("11")
    tablet.note().fill("字" * 4001)
    tablet.note().blur()
    tablet.badge(_("not saved: the hub refused it"))
    expect(tablet.screen.pad.locator(".note .fault.refused")).to_contain_text("4000")
    expect(tablet.note()).to_have_value("字" * 4001)
    assert tablet.revision("11") == before
    tablet.note().fill("短")
    tablet.note().blur()
    tablet.screen.pad_saved()
    assert tablet.entry("11").note == "短"


def test_an_input_method_is_not_disturbed(tablet: Tablet) -> None:
    """While a word is composed, acknowledgements arrive and nothing is sent or written over; then the word is saved."""
    tablet.open("14")
    tablet.note().fill("已有")
    tablet.note().focus()
    tablet.page.keyboard.press("End")
    session = tablet.page.context.new_cdp_session(tablet.page)
    before = tablet.revision("14")
    for typed in ("z", "zh", "zhi", "zhil", "zhiliang"):
        session.send("Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)})
        tablet.page.wait_for_timeout(TIMES["typing"])  # the note before it is saved meanwhile
    expect(tablet.note()).to_have_value("已有zhiliang")
    session.send("Input.insertText", {"text": "质量"})
    expect(tablet.note()).to_have_value("已有质量")
    tablet.screen.pad_saved()
    assert tablet.entry("14").note == "已有质量"
    assert tablet.revision("14") <= before + 2


def test_the_keyboard_is_enough(tablet: Tablet) -> None:
    """Tab reaches a clause once, arrows move within it, space chooses, and the way on is reached as well."""
    tablet.open("2")
    radios = tablet.screen.pad.locator("[data-criterion='1'] [role=radio]")
    assert [radios.nth(place).get_attribute("tabindex") for place in range(radios.count())].count("0") == 1
    radios.locator("nth=0").evaluate("one => [...one.parentElement.children].find(one => one.tabIndex === 0).focus()")
    at = tablet.page.evaluate("() => [...document.activeElement.parentElement.children].indexOf(document.activeElement)")
    tablet.page.keyboard.press("ArrowRight")
    tablet.page.keyboard.press("Space")
    expect(radios.nth((at + 1) % radios.count())).to_have_attribute("aria-checked", "true")
    tablet.screen.pad.get_by_role("button", name=_("Undo the last change")).focus()
    tablet.page.keyboard.press("Enter")
    expect(radios.nth(at)).to_have_attribute("aria-checked", "true")
    tablet.screen.pad.get_by_role("button", name=_("Next") + " ›").focus()
    tablet.page.keyboard.press("Enter")
    tablet.shows("3")
    expect(tablet.screen.pad.locator(".title")).to_be_focused()
    tablet.screen.pad_saved()


def test_showing_only_changes_nothing(tablet: Tablet) -> None:
    """A tablet that is shown to somebody can be read through and not changed, until its expert goes on."""
    tablet.open("2")
    tablet.tap("2", _("Reached"))
    useless = tablet.screen.pad.locator(USELESS)
    expect(useless).not_to_have_count(0)
    tablet.screen.pad.locator(".to-overview").tap()
    tablet.page.get_by_role("button", name=_("Show only (nothing can be changed)")).tap()
    expect(useless).to_have_count(0)
    for radio in tablet.screen.pad.locator("article [role=radio]").all():
        expect(radio).to_be_disabled()
    expect(tablet.note()).not_to_be_editable()
    tablet.screen.pad.locator(".notice").get_by_role("button", name=_("Continue scoring")).tap()
    expect(tablet.note()).to_be_editable()


def test_after_the_opening_nothing_is_offered(visit_at: VisitAt, screens: Screens) -> None:
    """A sheet whose marks are opened can be read; undo, photos, phrases and "try again" are not there to be tapped."""
    sample, url = visit_at(Stage.CONSOLIDATE)
    tablet = Tablet(screens(url), sample, experts(sample)[0])
    expect(tablet.open("2").locator(".notice .line")).to_be_visible()
    expect(tablet.screen.pad.locator(USELESS)).to_have_count(0)
    expect(tablet.note()).not_to_be_editable()


@pytest.mark.soak
def test_trying_a_rubric_saves_nothing(tablet: Tablet) -> None:
    """On the Rubric page the same pad shows the points of every tap and takes it back, and the hub is told nothing."""
    tablet.open("2")
    asked: list[str] = []
    tablet.page.goto(f"{tablet.screen.hub}/rubric?item=2")
    tablet.shows("2")
    tablet.page.on("request", lambda request: asked.append(request.url) if "/pad/" in request.url else None)
    for place in range(len(RUBRIC.item("2").criteria)):
        tablet.tap("2", _("Reached"), place)
    tablet.badge(_("for trying out: nothing is saved"))
    points = tablet.screen.pad.locator(".foot .score b")
    expect(points).to_have_text(str(RUBRIC.item("2").points))
    tablet.screen.pad.locator(".undo").tap()
    expect(points).not_to_have_text(str(RUBRIC.item("2").points))
    tablet.page.wait_for_timeout(3 * TIMES["pulse"])
    assert asked == []


def test_a_figure_is_disputed_and_a_phrase_added(tablet: Tablet) -> None:
    """A tap and a sentence dispute an agreed figure; a phrase of one's own is kept, and a tap puts it into the note."""
    figures = sheet_of(tablet.file, tablet.who).figures
    no, key = next(
        (item.no, one.figure) for item in RUBRIC.items for one in item.criteria
        if isinstance(one, Step | Rate) and one.figure in figures and not one.against
    )  # fmt: skip
    tablet.open(no)
    pad = tablet.screen.pad
    pad.get_by_role("button", name=_("Dispute")).tap()
    pad.get_by_label(_("What is wrong, and where you saw it")).fill("与年报不符")
    pad.get_by_role("button", name=_("Send the dispute")).tap()
    expect(pad.locator(".agreed .badge.waiting")).to_be_visible()
    assert [one.note for one in disputes(tablet.file, key=key) if one.open] == ["与年报不符"]
    if not pad.get_by_text(_("Edit my phrases")).is_visible():
        pad.get_by_text(_("Phrases"), exact=True).tap()
    pad.get_by_text(_("Edit my phrases")).tap()
    pad.get_by_label(_("One phrase a line")).fill("查阅了原件\n\n缺一份纪要")
    pad.get_by_role("button", name=_("Save my phrases")).tap()
    pad.get_by_role("button", name="缺一份纪要").tap()
    tablet.screen.pad_saved()
    assert tablet.entry(no).note.endswith("缺一份纪要")
    tablet.page.reload()
    expect(pad.get_by_role("button", name="查阅了原件")).to_be_attached()


def test_from_tap_to_paint_without_the_hub(tablet: Tablet, line: Proxy) -> None:
    """A tap is painted without asking anybody: the points have changed in the next frame after it."""
    tablet.open("6")
    line.cut()
    page: Page = tablet.page
    changed = page.evaluate("""async () => {
      const radios = [...document.querySelectorAll('[data-criterion="1"] [role=radio]')];
      const seen = [];
      for (const place of [0, 2, 0]) {
        radios[place].click();
        await new Promise(done => requestAnimationFrame(done));
        seen.push([radios[place].getAttribute('aria-checked'), document.querySelector('.foot .score b').textContent]);
      }
      return seen;
    }""")
    assert [checked for checked, _points in changed] == ["true"] * 3
    assert changed[0][1] == changed[2][1] != changed[1][1]
    until = monotonic() + PATIENCE / 1000
    line.mend()
    while "6" in tablet.stored() and tablet.stored()["6"].get("sent"):
        assert monotonic() < until
        page.wait_for_timeout(50)
