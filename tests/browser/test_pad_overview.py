"""The score pad as a whole in a real browser: the overview, handing in, sizes on several screens, the first load."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from inspection_app import scorepad
from inspection_app.core.rubric import Grade
from inspection_app.language import _
from inspection_app.services import hand_in
from inspection_app.services.score import answer_item, sheet_of
from tests.browser.pad_tablet import RUBRIC, Tablet, now
from tests.browser.screen import PATIENCE
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(820, 1180), (1180, 820), (390, 844)]


def test_the_overview_finds(tablet: Tablet) -> None:
    """The overview tells missing, flagged and noted items apart, finds by number and by words, and changes in place."""
    tablet.open("2")
    sheet = sheet_of(tablet.file, tablet.who)
    tablet.screen.pad.locator(".to-overview").tap()
    dialog = tablet.page.locator("dialog.overview")

    def listed(word: str) -> list[str | None]:
        dialog.get_by_role("button", name=word, exact=True).tap()
        return [one.get_attribute("data-no") for one in dialog.locator(".entry:visible").all()]

    assert listed(_("All")) == [item.no for item in RUBRIC.items]
    assert listed(_("Missing")) == list(sheet.missing)
    assert listed(_("Flagged")) == [no for no, score in sheet.scores.items() if score.flags and no in sheet.assigned]
    assert listed(_("With note")) == [item.no for item in RUBRIC.items if item.no in sheet.entries and sheet.entries[item.no].note]
    listed(_("All"))
    dialog.get_by_label(_("Search")).fill("老字号")
    expect(dialog.locator(".entry:visible")).to_have_count(1)
    assert dialog.locator(".entry:visible").get_attribute("data-no") == "31"
    dialog.get_by_label(_("Search")).fill("")
    count = dialog.locator(".entry").evaluate_all("all => { window.entries = all; return all.length; }")
    entry = tablet.entry("2")
    answer_item(tablet.file, tablet.who, "2", entry.answers, f"{entry.note}。", base=entry.revision, now=now())
    answer_item(tablet.file, tablet.who, "2", {}, "", base=entry.revision + 1, now=now())
    expect(dialog.locator(".entry[data-no='2'].unmarked")).to_be_visible()  # from another screen, while it is open
    assert dialog.locator(".entry").evaluate_all("all => all.every((one, place) => one === window.entries[place])")
    assert count == len(RUBRIC.items)


def test_handing_in_and_taking_back(tablet: Tablet, line: Proxy, shots: Path | None) -> None:
    """What is missing stands there first, what waits keeps the sheet here; then it can only be read, until taken back."""
    tablet.open("2")
    pad, dialog = tablet.screen.pad, tablet.page.locator("dialog.overview")
    pad.locator(".to-overview").tap()
    dialog.get_by_role("button", name=_("Hand in the score sheet")).tap()
    sure = dialog.get_by_role("button", name=_("Hand it in now"))
    sheet = sheet_of(tablet.file, tablet.who)
    assert sheet.missing
    expect(dialog.locator(".told .ways-to button")).to_have_text(sheet.missing)
    expect(sure).to_be_disabled()
    if shots:
        tablet.page.screenshot(path=shots / "pad-hand-in-missing.png")
    for no in sheet.missing:
        (first, *others), entry = RUBRIC.item(no).criteria, sheet.entries.get(no)
        points = first.allowed[0] if isinstance(first, Grade) and first.allowed and not others else 0
        answers = {"item": {"override": str(points), "reason": "未见材料"}}
        answer_item(tablet.file, tablet.who, no, answers, "", base=entry.revision if entry else 0, now=now())
    expect(sure).to_be_enabled(timeout=PATIENCE)
    dialog.get_by_role("button", name=_("Close")).tap()
    line.cut()
    tablet.note().fill("提交之前")
    tablet.note().blur()
    tablet.waits(1)
    pad.locator(".to-overview").tap()
    dialog.get_by_role("button", name=_("Hand in the score sheet")).tap()
    expect(sure).to_be_disabled()
    line.mend()
    expect(sure).to_be_enabled(timeout=PATIENCE)
    sure.tap()
    notice = pad.locator(".notice")
    expect(notice).to_contain_text(_("Handed in {time}: read-only.", time="@").split("@")[1], timeout=PATIENCE)
    handed = hand_in.pad_standing(tablet.file, tablet.who)
    assert handed.handed_in
    expect(notice).to_contain_text(f"{handed.handed_in:%H:%M}")
    expect(tablet.note()).not_to_be_editable()
    expect(pad.locator(".undo")).not_to_be_visible()  # though there is something that it could undo
    assert tablet.entry("2").note == "提交之前"
    if shots:
        tablet.page.screenshot(path=shots / "pad-handed-in.png")
    notice.get_by_role("button", name=_("Take it back")).tap()
    expect(tablet.note()).to_be_editable(timeout=PATIENCE)
    expect(pad.locator(".undo")).to_be_enabled()
    assert hand_in.pad_standing(tablet.file, tablet.who).handed_in is None


@pytest.mark.parametrize("size", [SIZES[0], *(pytest.param(size, marks=pytest.mark.soak) for size in SIZES[1:])])
def test_the_foot_is_in_sight_and_targets_are_large(tablet: Tablet, shots: Path | None, size: tuple[int, int]) -> None:
    """Points, previous, overview and next are in sight wherever one is in an item, and fingers meet every target."""
    tablet.page.set_viewport_size({"width": size[0], "height": size[1]})
    for no in ("6", "8", "31"):
        tablet.open(no)
        for there in ("as it is opened", "start", "end"):
            if there in {"start", "end"}:
                tablet.screen.pad.locator("article").evaluate(f"one => one.scrollIntoView({{block: '{there}'}})")
            for part in (".foot .score", ".foot .primary", ".foot .to-overview", ".foot .undo"):
                expect(tablet.screen.pad.locator(part)).to_be_in_viewport(ratio=1)
        low = tablet.screen.pad.evaluate("""pad => [...pad.querySelectorAll('button, summary, input, textarea')]
            .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44).map(one => one.outerHTML)""")
        assert low == []
        assert tablet.screen.pad.evaluate("pad => pad.scrollWidth - pad.clientWidth") <= 0
        if shots:
            tablet.page.screenshot(path=shots / f"pad-{no}-{size[0]}.png")


def test_the_first_load_is_small(tablet: Tablet) -> None:
    """Beyond Streamlit's own the pad asks twice and weighs less than 150 kB."""
    asked: list[str] = []
    tablet.page.on("requestfinished", lambda request: asked.append(request.url) if "/pad/" in request.url else None)
    tablet.open("2")
    first = [url for url in asked if "/pad/pulse" not in url]
    assert len(first) == 2
    sizes = tablet.page.evaluate(
        "() => performance.getEntriesByType('resource').filter(one => one.name.includes('/pad/')).map(one => one.encodedBodySize)"
    )
    assert sum(sizes) + len(scorepad.text("main.js").encode()) + len(scorepad.text("pad.css").encode()) < 150_000
