"""The score pad in a real browser, with a real hub and a line between them that can be cut or swallow everything.

The promise, after each fault: every change that a person saw on the tablet is on the hub exactly once, or the tablet
shows it as waiting. Times are shortened by the pad's own arguments; the long forms are soak tests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import monotonic

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from inspection_app import load_rubric, scorepad
from inspection_app.core.rubric import Grade, Rate, Step, Tick
from inspection_app.core.visit import Actor, Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample, build_sample
from inspection_app.services import hand_in, keep
from inspection_app.services.attach import evidence_of, read_evidence
from inspection_app.services.dispute import disputes
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.score import answer_item, revision, sheet_of
from inspection_app.store.evidence import Place
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import Entry
from tests.browser.conftest import killed_after, wait_until
from tests.browser.screen import PATIENCE, Screen
from tests.hub import free_port, hub
from tests.soak.pad_faults import DISK_FULL
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUBRIC = load_rubric("henan-county")
TIMES = {"typing": 100, "send": 1500, "pulse": 300, "pulseAnswer": 1000, "backOff": 100, "backOffMost": 400, "adopt": 500, "photoAgain": 200}
SHORT = f"window.scorePadTimes = {json.dumps(TIMES)};"
NO_ROOM = "Storage.prototype.setItem = function () { throw new DOMException('full', 'QuotaExceededError'); };"
SIZES = [(820, 1180), (1180, 820), (390, 844)]
TICKED = [item.no for item in RUBRIC.items if all(isinstance(one, Tick) for one in item.criteria)]


class Tablet:
    """An expert's tablet with the pad open on it, and what the visit's file says of that expert's sheet."""

    def __init__(self, screen: Screen, sample: Sample, code: str) -> None:
        self.screen, self.page, self.file = screen, screen.page, sample.file
        self.code, self.who = code, actor(sample.file, code)
        screen.page.context.add_init_script(SHORT)

    def open(self, no: str) -> Locator:
        self.screen.page.goto(f"{self.screen.hub}/join/{self.file.slug}/{self.code}")
        self.screen.page.goto(f"{self.screen.hub}/score?item={no}")
        self.shows(no)
        return self.screen.pad

    def shows(self, no: str) -> None:
        expect(self.screen.pad.locator(".title")).to_contain_text(RUBRIC.item(no).content)

    def tap(self, no: str, option: str, clause: int = 0) -> None:
        self.screen.pad_choose(RUBRIC.item(no).criteria[clause].text, option)

    def note(self) -> Locator:
        return self.screen.pad.get_by_label(_("Note"), exact=True)

    def badge(self, text: str | re.Pattern[str]) -> None:
        expect(self.screen.pad.locator(".foot .badge")).to_contain_text(text, timeout=PATIENCE)

    def waits(self, count: int) -> None:
        self.badge(_("waiting: {count} (oldest {age})", count=count, age="@").split("@")[0])

    def entry(self, no: str) -> Entry:
        return sheet_of(self.file, self.who).entries[no]

    def revision(self, no: str) -> int:
        found = sheet_of(self.file, self.who).entries.get(no)
        return found.revision if found else 0

    def stored(self) -> dict[str, dict[str, object]]:
        """What is in the tablet's own storage, by item."""
        text = self.page.evaluate("() => JSON.stringify({...localStorage})")
        prefix = f"pad/{self.file.slug}/{self.who.member_id}/"
        return {key.removeprefix(prefix): json.loads(value) for key, value in json.loads(text).items() if key.startswith(prefix)}


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


def actor(file: VisitFile, code: str) -> Actor:
    return actor_of(file, sign_in(file, code))[0]


def now() -> datetime:
    return datetime.now().astimezone()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sample, int]]:
    folder, port = tmp_path_factory.mktemp("pad") / "visits", free_port()
    sample = build_sample(folder, Stage.SCORE)
    with hub(folder, port):
        yield sample, port


@pytest.fixture
def line(running: tuple[Sample, int]) -> Iterator[Proxy]:
    between = Proxy(running[1])
    yield between
    between.close()


@pytest.fixture
def tablets(
    running: tuple[Sample, int], line: Proxy, screens: Callable[[str], Screen]
) -> Callable[[], Tablet]:
    """Tablets of one and the same expert, each behind the line."""
    code = next(person.code for person in running[0].codes if person.role is Role.EXPERT)
    return lambda: Tablet(screens(line.url), running[0], code)


@pytest.fixture
def tablet(tablets: Callable[[], Tablet]) -> Tablet:
    return tablets()


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
    tablet.page.close()
    assert tablet.revision("3") == before
    again.context.unroute("**/pad/answers")
    tablet.page = again
    tablet.screen.page = again
    again.goto(f"{line.url}/score?item=3")
    tablet.shows("3")
    tablet.screen.pad_saved()
    assert (tablet.entry("3").note, tablet.revision("3")) == ("写到一半", before + 1)


@pytest.mark.soak
def test_a_dead_battery_loses_nothing(
    running: tuple[Sample, int], line: Proxy, chromium: Browser, tmp_path: Path
) -> None:
    """What was typed out of range is sent once when the tablet, whose browser died a second later, is started again."""
    sample = running[0]
    code = next(person.code for person in sample.codes if person.role is Role.EXPERT)
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
def test_typing_while_the_hub_is_dead(tmp_path: Path, screens: Callable[[str], Screen]) -> None:
    """A hundred characters typed while the hub is dead stay, with the focus, and are on the hub after its restart."""
    sample = build_sample(tmp_path / "visits", Stage.SCORE)
    code = next(person.code for person in sample.codes if person.role is Role.EXPERT)
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
def test_signing_in_again_sends_what_waited(tablet: Tablet, running: tuple[Sample, int]) -> None:
    """Signed out, and with somebody else signed in on the same tablet, an expert's changes wait for that expert."""
    other = [person.code for person in running[0].codes if person.role is Role.EXPERT][1]
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
    history = [revision(tablet.file, tablet.who, no, number) for number in range(entry.revision + 1, tablet.revision(no) + 1)]
    told = [others, own] if mine else [others, own, others]  # on the hub too, with what was chosen as the newest
    assert [one.note for one in history if one] == told


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
    useless = tablet.screen.pad.locator("article :is(.clear, .chip, .chooser, .na):visible, .undo:visible")
    expect(useless).not_to_have_count(0)
    tablet.screen.pad.locator(".to-overview").tap()
    tablet.page.get_by_role("button", name=_("Show only (nothing can be changed)")).tap()
    expect(useless).to_have_count(0)
    for radio in tablet.screen.pad.locator("article [role=radio]").all():
        expect(radio).to_be_disabled()
    expect(tablet.note()).not_to_be_editable()
    tablet.screen.pad.locator(".notice").get_by_role("button", name=_("Continue scoring")).tap()
    expect(tablet.note()).to_be_editable()


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
    assert tablet.entry("2").note == "提交之前"
    if shots:
        tablet.page.screenshot(path=shots / "pad-handed-in.png")
    notice.get_by_role("button", name=_("Take it back")).tap()
    expect(tablet.note()).to_be_editable(timeout=PATIENCE)
    assert hand_in.pad_standing(tablet.file, tablet.who).handed_in is None


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


def test_photos_wait_with_the_answers_and_arrive_once(tablet: Tablet, line: Proxy, tmp_path: Path) -> None:
    """Out of range a photo is shown, captioned and counted as waiting, survives a reload, and is on the hub once; one that
    is removed before it left never gets there."""
    camera = tmp_path / "camera.jpg"
    Image.effect_noise((2600, 1950), 30).convert("RGB").save(camera, "JPEG", quality=80)
    tablet.open("6")
    line.cut()
    tablet.badge(_("hub unreachable since {time}", time="@").split("@")[0])
    photos = tablet.screen.pad.locator("figure.photo")
    for count in (1, 2):
        tablet.screen.pad.locator(".evidence input[type=file]").first.set_input_files(camera)
        expect(photos).to_have_count(count)
    photos.last.get_by_role("button", name=_("Remove"), exact=True).tap()
    expect(photos.last.locator(".badge")).to_have_text(_("Removed."))
    caption = photos.first.get_by_label(_("Caption (at most 30 characters)"))
    caption.fill("会议纪要首页")
    caption.blur()
    tablet.waits(1)
    tablet.page.context.route("**/pad/evidence?*", lambda route: route.abort())
    line.mend()
    tablet.page.reload()
    tablet.shows("6")
    expect(photos).to_have_count(1)
    tablet.waits(1)
    assert evidence_of(tablet.file, tablet.who, Place(item="6")) == ()
    tablet.page.context.unroute("**/pad/evidence?*")
    expect(photos.first.locator(".badge.saved")).to_be_visible(timeout=PATIENCE)
    tablet.screen.pad_saved()
    (kept,) = evidence_of(tablet.file, tablet.who, Place(item="6"))
    assert (kept.caption, kept.width, len(read_evidence(tablet.file, tablet.who, kept.id)[1]) <= 400_000) == ("会议纪要首页", 2000, True)
    tablet.page.reload()
    tablet.shows("6")
    expect(photos).to_have_count(1)
    expect(photos.locator("img")).to_have_js_property("complete", True)
    photos.get_by_role("button", name=_("Remove"), exact=True).tap()
    expect(photos.locator(".badge")).to_have_text(_("Removed."))
    tablet.screen.pad_saved()
    assert evidence_of(tablet.file, tablet.who, Place(item="6")) == ()
    photos.get_by_role("button", name=_("Undo"), exact=True).tap()
    expect(photos.locator(".badge.saved")).to_be_visible(timeout=PATIENCE)
    assert [one.id for one in evidence_of(tablet.file, tablet.who, Place(item="6"))] == [kept.id]


def five_revisions(tablet: Tablet, no: str, word: str) -> tuple[int, Path]:
    """Save five revisions on the tablet; return how many were there before, and a snapshot from after the third."""
    tablet.open(no)
    before, place = tablet.revision(no), Path()
    for number in range(1, 6):
        tablet.note().fill(f"{word}{number}")
        tablet.note().blur()
        tablet.screen.pad_saved()
        assert tablet.entry(no).note == f"{word}{number}"
        if number == 3:
            place = keep.snapshot(tablet.file, now()).path
    assert tablet.revision(no) == before + 5
    return before, place


def notes(tablet: Tablet, no: str, after: int) -> list[str]:
    found = (revision(tablet.file, tablet.who, no, number) for number in range(after + 1, tablet.revision(no) + 1))
    return [one.note for one in found if one]


@pytest.mark.parametrize("closed", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_what_a_restore_took_is_sent_again(tablet: Tablet, tablets: Callable[[], Tablet], closed: bool) -> None:
    """What the hub had acknowledged and lost waits again, and is on the hub once, from whatever tablet knows it."""
    no = "17"
    before, snapshot = five_revisions(tablet, no, f"恢复{closed}")
    tablet.page.reload()
    tablet.shows(no)
    tablet.screen.pad_saved()
    if closed:
        tablet.page.goto("about:blank")
    else:
        other = tablets()
        other.open(no)
        tablet.page.route("**/pad/sheet?*", lambda route: route.abort())
    keep.restore(tablet.file, None, snapshot, now())
    assert tablet.revision(no) == before + 3
    if closed:
        tablet.open(no)
    else:
        other.page.close()
        tablet.badge(_("waiting: {count} (oldest {age})", count="@", age="").split("@")[0])
        tablet.page.unroute("**/pad/sheet?*")
    tablet.screen.pad_saved()
    expect(tablet.note()).to_have_value(f"恢复{closed}5")
    expected = [f"恢复{closed}{number}" for number in (1, 2, 3, 5)]
    assert notes(tablet, no, before) == expected
    tablet.page.reload()
    tablet.shows(no)
    tablet.page.wait_for_timeout(3 * TIMES["pulse"])
    tablet.screen.pad_saved()
    assert notes(tablet, no, before) == expected


@pytest.mark.soak
def test_a_restore_and_another_hand(tablet: Tablet, line: Proxy) -> None:
    """Where others counted up to the tablet's number after a restore, both versions are shown and neither is lost."""
    no = "18"
    before, snapshot = five_revisions(tablet, no, "本机")
    line.cut()
    tablet.badge(_("hub unreachable since {time}", time="@").split("@")[0])
    keep.restore(tablet.file, None, snapshot, now())
    for number in (4, 5):
        entry = tablet.entry(no)
        answer_item(tablet.file, tablet.who, no, entry.answers, f"别处{number}", base=entry.revision, now=now())
    assert tablet.revision(no) == before + 5
    line.mend()
    tablet.badge(_("two versions: choose one"))
    tablet.screen.pad.locator(".versions").get_by_role("button", name=_("Use this one")).tap()
    tablet.screen.pad_saved()
    assert notes(tablet, no, before) == ["本机1", "本机2", "本机3", "别处4", "别处5", "本机5"]


@pytest.mark.soak
def test_what_waits_goes_on_top_of_what_a_restore_took(tablet: Tablet, line: Proxy) -> None:
    """A change that was made from a lost revision arrives without a question, and the lost one stands before it."""
    no = "19"
    before, snapshot = five_revisions(tablet, no, "积压")
    line.cut()
    tablet.note().fill("积压6")
    tablet.note().blur()
    tablet.waits(1)
    keep.restore(tablet.file, None, snapshot, now())
    line.mend()
    tablet.screen.pad_saved()
    assert notes(tablet, no, before) == ["积压1", "积压2", "积压3", "积压5", "积压6"]
