"""The pad's outbox in a real browser, with a line to a real hub that can be cut or swallow everything.

The promise, after each fault: every change that a person saw on the tablet is on the hub exactly once, or the tablet
shows it as waiting. ``test_pad_faults`` counts changes through more faults.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, expect

from inspection_app.core.visit import Stage
from inspection_app.language import _
from inspection_app.sample import Sample, build_sample
from inspection_app.services.score import answer_item, sheet_of
from tests.browser.conftest import Screens, killed_after, wait_until
from tests.browser.pad_tablet import TICKED, TIMES, Tablet, actor, experts, now
from tests.browser.screen import PATIENCE, Screen
from tests.hub import free_port, hub
from tests.soak.pad_faults import DISK_FULL
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NO_ROOM = "Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError'); };"
SETTLED = """note => new Promise((done, fail) => {
  const asked = indexedDB.open("pad", 1);
  asked.onerror = () => fail(asked.error);
  asked.onsuccess = () => {
    const all = asked.result.transaction("kept").objectStore("kept").getAll();
    all.onsuccess = () => {
      asked.result.close();
      done(all.result.some((one) => one.includes(note)) && !all.result.some((one) => /"(sent|next)"/.test(one)));
    };
  };
})"""
"""Say whether the tablet's disk has a change as acknowledged."""


@pytest.mark.parametrize("fault", ["cut", pytest.param("swallow", marks=pytest.mark.soak)])
def test_what_was_tapped_out_of_range_arrives_once(tablet: Tablet, line: Proxy, fault: str) -> None:
    """Changes made while the hub is out of reach wait, are counted, and arrive exactly once each, in order."""
    items = TICKED[:3]
    tablet.open(items[0])
    before = {no: tablet.revision(no) for no in items}
    word = _("Not reached") if fault == "cut" else _("Reached")
    getattr(line, fault)()
    tablet.badge(_("hub unreachable since {time}", time="@").split("@")[0])  # before anything is tapped
    for place, no in enumerate(items):
        if place:
            tablet.screen.pad.locator(".to-overview").tap()
            tablet.page.locator(f"dialog [data-no='{no}']").tap()
            tablet.shows(no)
        tablet.tap(no, _("Not reached"))
        tablet.tap(no, _("Reached"))
        tablet.tap(no, word)
        tablet.note().fill(f"{fault} {no}")
    tablet.waits(3)
    assert {no: tablet.revision(no) for no in items} == before
    line.mend()
    tablet.screen.pad_saved()
    for no in items:
        entry = tablet.entry(no)
        assert (entry.answers["1"], entry.note) == (word == _("Reached"), f"{fault} {no}")
        # What was on its way when the line went is one revision, what stands at the end another.
        assert before[no] < entry.revision <= before[no] + 2


def test_reload_and_closing_lose_nothing(tablet: Tablet, line: Proxy, tablets: Callable[[], Tablet]) -> None:
    """What waits survives a reload and a closed tab: it is sent when the sheet is opened again."""
    tablet.open("3")
    before = tablet.revision("3")
    tablet.page.context.route("**/pad/answers", lambda route: route.abort())
    tablet.note().fill("写到一半")
    tablet.waits(1)
    tablet.page.reload()
    tablet.shows("3")
    expect(tablet.note()).to_have_value("写到一半")
    again = tablet.page.context.new_page()
    line.cut()  # what a page sends while it closes passes by the route
    tablet.page.close()
    assert tablet.revision("3") == before
    again.context.unroute("**/pad/answers")
    line.mend()
    tablet.page = again
    tablet.screen.page = again
    again.goto(f"{line.url}/score?item=3")
    tablet.shows("3")
    tablet.screen.pad_saved()
    assert (tablet.entry("3").note, tablet.revision("3")) == ("写到一半", before + 1)


@pytest.mark.soak
def test_a_dead_battery_loses_nothing(
    scored: tuple[Sample, str], line: Proxy, chromium: Browser, tmp_path: Path
) -> None:
    """What was typed out of range is sent once when the tablet, whose browser died a second later, is started again."""
    sample = scored[0]
    code = experts(sample)[0]
    with killed_after(chromium, tmp_path / "profile") as page:
        tablet = Tablet(Screen(page, line.url), sample, code)
        tablet.open("14")
        before = tablet.revision("14")
        line.cut()
        tablet.note().fill("")
        tablet.note().focus()
        page.keyboard.type("断电之前")
        page.wait_for_timeout(1000)
    line.mend()
    assert tablet.revision("14") == before
    with killed_after(chromium, tmp_path / "profile") as page:
        tablet = Tablet(Screen(page, line.url), sample, code)
        tablet.open("14")
        expect(tablet.note()).to_have_value("断电之前")
        tablet.screen.pad_saved()
        assert not {"sent", "next"} & tablet.stored()["14"].keys()
    assert (tablet.entry("14").note, tablet.revision("14")) == ("断电之前", before + 1)


@pytest.mark.soak
def test_typing_while_the_hub_is_dead(tmp_path: Path, screens: Screens) -> None:
    """A hundred characters typed while the hub is dead stay, with the focus, and are on the hub after its restart."""
    sample = build_sample(tmp_path / "visits", Stage.SCORE)
    code = experts(sample)[0]
    port, text = free_port(), "质量强县现场验收" * 12 + "一二三四"
    with ExitStack() as life:
        url = life.enter_context(hub(tmp_path / "visits", port))
        tablet = Tablet(screens(url), sample, code)
        tablet.open("4")
        tablet.note().fill("")
        tablet.note().focus()
        tablet.page.keyboard.type(text[:50])
        life.close()  # kill -9
        tablet.page.keyboard.type(text[50:])
        tablet.badge(_("hub unreachable since {time}", time="@").split("@")[0])
        expect(tablet.note()).to_have_value(text)
        expect(tablet.note()).to_be_focused()
        life.enter_context(hub(tmp_path / "visits", port))
        tablet.screen.pad_saved()
        expect(tablet.note()).to_be_focused()
        assert tablet.entry("4").note == text


def test_two_tabs_send_a_change_once(tablet: Tablet, line: Proxy) -> None:
    """Two tabs of one expert show the same, and a change made in one is never sent under another sequence."""
    tablet.open("7")
    before, pairs = tablet.revision("7"), set()
    other = tablet.page.context.new_page()
    for page in (tablet.page, other):
        page.on("request", lambda request: pairs.add(tuple(request.post_data_json[key] for key in ("client", "sequence")))
                if request.url.endswith("/pad/answers") else None)  # fmt: skip
    other.goto(f"{line.url}/score?item=7")
    other.locator(".pad .foot").wait_for()
    line.swallow()
    tablet.note().fill("一处改动")
    tablet.note().blur()
    expect(other.get_by_label(_("Note"), exact=True)).to_have_value("一处改动")
    other.wait_for_timeout(2 * TIMES["adopt"])  # long enough for the other tab to take it over
    line.mend()
    tablet.screen.pad_saved()
    expect(other.locator(".foot .badge.saved")).to_be_visible(timeout=PATIENCE)
    assert len(pairs) == 1
    assert (tablet.entry("7").note, tablet.revision("7")) == ("一处改动", before + 1)


@pytest.mark.soak
def test_what_waits_is_sent_from_other_pages_too(tablet: Tablet) -> None:
    """Turning to another page does not keep back what waits."""
    tablet.open("15")
    refused: list[str] = []
    tablet.page.route("**/pad/answers", lambda route: (refused.append(""), route.abort()))
    tablet.note().fill("翻到别页")
    tablet.note().blur()
    tablet.waits(1)
    tablet.screen.turn_to(_("On site"))
    tablet.page.unroute("**/pad/answers")
    until = monotonic() + PATIENCE / 1000
    while tablet.entry("15").note != "翻到别页":
        assert monotonic() < until
        tablet.page.wait_for_timeout(50)


@pytest.mark.soak
def test_signing_in_again_sends_what_waited(tablet: Tablet, scored: tuple[Sample, str]) -> None:
    """Signed out, and with somebody else signed in on the same tablet, an expert's changes wait for that expert."""
    other = experts(scored[0])[1]
    stranger = actor(tablet.file, other)
    before = sheet_of(tablet.file, stranger).entries["16"]
    tablet.open("16")
    tablet.page.context.clear_cookies()
    tablet.note().fill("我的说明")
    tablet.note().blur()
    tablet.badge(_("signed out"))
    tablet.screen.page.goto(f"{tablet.screen.hub}/join/{tablet.file.slug}/{other}")
    tablet.screen.page.goto(f"{tablet.screen.hub}/score?item=16")
    tablet.shows("16")
    expect(tablet.note()).to_have_value(before.note)
    tablet.page.wait_for_timeout(3 * TIMES["adopt"])
    assert sheet_of(tablet.file, stranger).entries["16"] == before
    tablet.open("16")
    tablet.screen.pad_saved()
    assert tablet.entry("16").note == "我的说明"


@pytest.mark.parametrize("mine", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_two_versions_wait_for_the_expert(tablet: Tablet, line: Proxy, mine: bool) -> None:
    """Where another screen changed the item, both versions are shown, the expert chooses, and neither is lost."""
    no, own, others = "10", f"本屏幕{mine}", f"另一屏幕{mine}"
    tablet.open(no)
    line.swallow()
    tablet.note().fill(own)
    tablet.note().blur()
    tablet.waits(1)
    entry = tablet.entry(no)
    answer_item(tablet.file, tablet.who, no, entry.answers, others, base=entry.revision, now=now())
    line.mend()
    tablet.badge(_("two versions: choose one"))
    versions = tablet.screen.pad.locator(".versions")
    expect(versions).to_contain_text(own)
    expect(versions).to_contain_text(others)
    assert tablet.entry(no).note == others
    versions.get_by_role("button", name=_("Use this one") if mine else _("Keep the other one")).tap()
    tablet.screen.pad_saved()
    expect(tablet.note()).to_have_value(own if mine else others)
    assert tablet.entry(no).note == (own if mine else others)
    expect(versions).to_contain_text(others if mine else own)  # put aside, not lost
    # on the hub too, with what was chosen as the newest
    assert tablet.notes(no, entry.revision) == ([others, own] if mine else [others, own, others])


def test_a_full_storage_is_told(tablet: Tablet, line: Proxy) -> None:
    """Where the tablet's storage is full it says so loudly, and what is in memory is sent all the same."""
    tablet.page.context.add_init_script(NO_ROOM + DISK_FULL)
    tablet.open("13")
    line.cut()
    tablet.note().fill("只在内存里")
    tablet.note().blur()
    tablet.badge(_("storage full"))
    expect(tablet.screen.pad.locator(".notice .refused")).to_be_visible()
    line.mend()
    waiting = _("waiting: {count} (oldest {age})", count=1, age="@").split("@")[0]
    expect(tablet.screen.pad.locator(".foot .badge")).not_to_contain_text(waiting, timeout=PATIENCE)
    assert tablet.entry("13").note == "只在内存里"


@pytest.mark.soak
def test_one_storage_is_enough(tablet: Tablet) -> None:
    """Where only one of the tablet's two storages takes anything, what waits survives a reload, and nothing is called full."""
    tablet.page.context.add_init_script(NO_ROOM)
    tablet.open("15")
    before = tablet.revision("15")
    tablet.page.context.route("**/pad/answers", lambda route: route.abort())
    tablet.note().fill("只有一种存储")
    tablet.waits(1)
    tablet.page.wait_for_timeout(2 * TIMES["pulse"])
    tablet.waits(1)
    tablet.page.reload()
    tablet.shows("15")
    expect(tablet.note()).to_have_value("只有一种存储")
    tablet.page.context.unroute("**/pad/answers")
    tablet.screen.pad_saved()
    assert (tablet.entry("15").note, tablet.revision("15")) == ("只有一种存储", before + 1)


def test_what_was_acknowledged_is_not_sent_again(tablet: Tablet, line: Proxy) -> None:
    """Emptying the quick storage brings nothing back that the hub has, and loses nothing that it has not."""
    tablet.open("16")
    before = tablet.revision("16")
    tablet.note().fill("已送达")
    tablet.screen.pad_saved()
    asked = []
    tablet.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/pad/answers") else None)
    wait_until(tablet.page, SETTLED, "已送达")
    tablet.page.evaluate("() => localStorage.clear()")
    tablet.page.reload()
    tablet.shows("16")
    tablet.screen.pad_saved()
    tablet.page.wait_for_timeout(2 * TIMES["adopt"])
    assert (asked, tablet.entry("16").note, tablet.revision("16")) == ([], "已送达", before + 1)
    line.cut()
    tablet.note().fill("还没送达")
    tablet.note().blur()
    tablet.waits(1)
    tablet.page.evaluate("() => localStorage.clear()")
    tablet.page.wait_for_function("() => Object.keys(localStorage).some((key) => key.endsWith('/16'))")
    line.mend()
    tablet.screen.pad_saved()
    assert (tablet.entry("16").note, tablet.revision("16")) == ("还没送达", before + 2)
