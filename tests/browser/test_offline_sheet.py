"""The offline sheet in a real browser, opened as a file while no hub runs at all.

The browser is closed and opened again on the same profile, as on a tablet that is put away between two places; what it
exported is then brought in by the hub's own services and compared with what was on the screen.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from inspection_app.core.merge import Kind
from inspection_app.core.visit import Actor, Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from inspection_app.services.bring_sheets import Upload, bring_in, preview
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.score import answer_item, sheet_of
from inspection_app.services.take_along import Language, offline_sheet
from inspection_app.sheets.offline import messages
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import Carrier
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET, SampleAt, VisitAt, killed_after, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MADE = datetime.now().astimezone()
NO_STORAGE = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });"
)
NO_DISK = (
    "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('denied', 'SecurityError'); } });"
)
NO_DIGEST = "Object.defineProperty(window.crypto, 'subtle', { value: undefined });"

KEPT = """note => new Promise((done, fail) => {
  const asked = indexedDB.open("sheet", 1);
  asked.onerror = () => fail(asked.error);
  asked.onsuccess = () => {
    const all = asked.result.transaction("kept").objectStore("kept").getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result.some((one) => one.includes(note))); };
  };
})"""
"""Say whether something is on the device's disk."""


class Opened:
    """An offline sheet on a tablet, and what a person does with it."""

    def __init__(self, page: Page, path: Path, shots: Path | None) -> None:
        self.page, self.path, self.shots = page, path, shots
        self.asked: list[str] = []
        self.faults: list[str] = []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        self.open()

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")) and request.url != self.path.as_uri():
            self.asked.append(request.url)

    def open(self) -> None:
        self.page.goto(self.path.as_uri())
        expect(self.page.locator(".foot")).to_be_visible()

    def sees(self, message: str, **values: object) -> None:
        text = _(message, **values).partition("@")[0]
        expect(self.page.locator(".offline-head").get_by_text(text).first).to_be_visible()

    def badge(self, text: str) -> None:
        expect(self.page.locator(".foot .badge")).to_contain_text(text)

    @property
    def no(self) -> str:
        return self.page.locator("article .title").inner_text().split("\u3000")[0]

    def go(self, no: str) -> None:
        self.page.locator(".to-overview").click()
        self.page.locator(f'.overview .entry[data-no="{no}"]').click()
        expect(self.page.locator("article .title")).to_contain_text(f"{no}\u3000")

    def mark(self, last: bool, note: str) -> None:
        """Answer everything on an item that is answered by tapping, with the first or last option, and write a note."""
        groups = self.page.locator("article .criterion [role=radiogroup]")
        for place in range(groups.count()):
            options = groups.nth(place).locator("[role=radio]:enabled")
            if options.count():
                (options.last if last else options.first).click()
        self.page.locator(".note textarea").first.fill(note)

    def shown(self) -> tuple[str, list[list[str | None]], str]:
        """Return what stands on the item: points, what is chosen, and the note."""
        chosen = self.page.locator("article .criterion [role=radiogroup]").evaluate_all(
            "groups => groups.map(group => [...group.querySelectorAll('[role=radio]')].map(one => one.ariaChecked))"
        )
        note = self.page.locator(".note textarea").first.input_value()
        return self.page.locator(".foot .score b").inner_text(), chosen, note

    def export(self) -> bytes:
        with self.page.expect_download() as download:
            self.page.locator(".offline-head").get_by_role("button", name=_("Export the answer file")).tap()
        self.sees("Nothing has changed since.")
        return Path(download.value.path()).read_bytes()

    def shot(self, name: str, page: Page | None = None) -> None:
        if self.shots:
            (page or self.page).screenshot(path=self.shots / f"offline-{name}.png")


Opening = Callable[..., AbstractContextManager[Opened]]
"""Take a file and what runs in the page before it; give the sheet."""


@pytest.fixture
def tablet(chromium: Browser, tmp_path: Path, shots: Path | None) -> Opening:
    """A browser with a profile of its own; each opening is a new process, and none may ask anybody for anything."""

    @contextmanager
    def opened(path: Path, before: str = "") -> Iterator[Opened]:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        context = chromium.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=found, args=ARGUMENTS, has_touch=True, locale="zh-CN",
            viewport={"width": TABLET["width"], "height": TABLET["height"]}, accept_downloads=True,
        )  # fmt: skip
        try:
            if before:
                context.add_init_script(before)
            sheet = Opened(context.pages[0], path, shots)
            yield sheet
            assert (sheet.asked, sheet.faults) == ([], [])
        finally:
            context.close()

    return opened


@pytest.fixture
def window(chromium: Browser, shots: Path | None) -> Iterator[Opening]:
    """The same without a new process: the windows of one test share what the device keeps, and nobody else's."""
    context = chromium.new_context(
        has_touch=True, locale="zh-CN", viewport={"width": TABLET["width"], "height": TABLET["height"]}
    )

    @contextmanager
    def opened(path: Path, before: str = "") -> Iterator[Opened]:
        page = context.new_page()
        if before:
            page.add_init_script(before)
        sheet = Opened(page, path, shots)
        yield sheet
        assert (sheet.asked, sheet.faults) == ([], [])
        page.close()

    yield opened
    context.close()


@pytest.fixture
def sample(sample_at: SampleAt, tmp_path: Path) -> Sample:
    """A sample visit of each test's own."""
    return sample_at(tmp_path, Stage.SCORE)


def person(sample: Sample, role: Role) -> Actor:
    """Return the person in a role who has most left to mark."""
    found = [actor_of(sample.file, sign_in(sample.file, one.code))[0] for one in sample.codes if one.role is role]
    return max(found, key=lambda who: len(sheet_of(sample.file, who).missing)) if role is Role.EXPERT else found[0]


def take(
    sample: Sample, who: Actor, path: Path, member: int | None = None, made: datetime = MADE, hub: str = ""
) -> Path:
    speaking = Language("zh-CN", {message: _(message) for message in messages()})
    path.write_bytes(offline_sheet(sample.file, who, member or who.member_id, made, language=speaking, hub=hub))
    return path


def bring(file: VisitFile, who: Actor, content: bytes, later: int = 1) -> tuple[list[Kind], int]:
    """Bring an answer file in; return what its items were, and how many came in."""
    shown = preview(file, who, [Upload("answers.json", content)])
    assert shown.files[0].faults == ()
    done = bring_in(file, who, shown, {}, datetime.now().astimezone() + timedelta(seconds=later))
    return [case.kind for case in shown.cases], done.taken


def score_offline(tablet: Opening, sample: Sample, path: Path, count: int, closings: int) -> None:
    """Score so many items, closing the browser in between, and compare what comes in with what was seen."""
    who = person(sample, Role.EXPERT)
    take(sample, who, path)
    before = sheet_of(sample.file, who)
    items = [item.no for item in before.rubric.items if item.no in before.assigned][:count]
    assert len(items) == count
    seen: dict[str, tuple[str, list[list[str | None]], str]] = {}
    exported = b""
    for turn in range(closings + 1):
        with tablet(path) as sheet:
            if turn:
                sheet.sees("This device keeps what you enter, seen since {time}.", time="@")
            else:
                sheet.sees("First opened on this device. Whether it keeps what you enter shows when you open the sheet "
                           "again: export before you close it for the first time.")  # fmt: skip
            for no, was in seen.items():
                sheet.go(no)
                assert sheet.shown() == was, no
            for no in items[turn :: closings + 1]:
                sheet.go(no)
                sheet.mark(int(no) % 2 == 0, f"第{no}项，第{turn}次打开时所见")
                sheet.badge(_("kept on this device {time}", time=""))
                seen[no] = sheet.shown()
            exported = sheet.export()
            sheet.shot(f"turn-{turn}")
    assert set(seen) == set(items)
    kinds, taken = bring(sample.file, who, exported)
    assert taken == count
    assert set(kinds) <= {Kind.NEW, Kind.NEWER}
    after = sheet_of(sample.file, who)
    entries = json.loads(exported)["entries"]
    for no, (points, _chosen, note) in seen.items():
        entry = after.entries[no]
        assert (entry.answers, entry.note, entry.carrier) == (entries[no]["answers"], note, Carrier.FILE)
        score = after.scores[no]
        assert Decimal(points.replace("—", "0")) == (score.partial if score.points is None else score.points), no
    kinds, taken = bring(sample.file, who, exported, 2)
    assert (set(kinds), taken) == ({Kind.SAME}, 0)


def test_twenty_items_scored_without_a_hub_arrive_as_they_were_seen(
    tablet: Opening, sample: Sample, tmp_path: Path
) -> None:
    """Score 20 items, close, reopen, export, import: points, choices and notes are those of the screen; twice changes
    nothing, and the sheet asks nobody for anything."""
    score_offline(tablet, sample, tmp_path / "sheet.html", 20, 1)


@pytest.mark.soak
def test_a_whole_sheet_over_many_closings_arrives_as_it_was_seen(
    tablet: Opening, sample: Sample, tmp_path: Path
) -> None:
    """The same over all items of a sheet and six closings."""
    who = person(sample, Role.EXPERT)
    score_offline(tablet, sample, tmp_path / "sheet.html", len(sheet_of(sample.file, who).assigned), 6)


def test_a_device_that_keeps_nothing_is_named(window: Opening, sample: Sample, tmp_path: Path) -> None:
    """Where the storage is forbidden that is said at once and in the badge, and what is entered can be exported."""
    path = take(sample, person(sample, Role.EXPERT), tmp_path / "sheet.html")
    with window(path, NO_STORAGE + NO_DISK) as sheet:
        sheet.sees("This device cannot keep what you enter here. Export before you close or reload this page, or it is "
                   "lost.")  # fmt: skip
        sheet.mark(False, "只在内存里")
        sheet.badge(_("only in this page's memory"))
        entries = json.loads(sheet.export())["entries"]
        assert entries[sheet.no]["note"] == "只在内存里"
        sheet.shot("no-storage")


@pytest.mark.soak
def test_without_checks_the_sheet_says_so(window: Opening, sample: Sample, tmp_path: Path) -> None:
    """Where the browser has no digest for the page, the file goes out without checks, and the page says it."""
    path = take(sample, person(sample, Role.EXPERT), tmp_path / "sheet.html")
    with window(path, NO_DIGEST) as sheet:
        sheet.mark(False, "没有校验")
        content = json.loads(sheet.export())
        assert content["check"] == "" == content["entries"][sheet.no]["check"]
        sheet.sees("This browser cannot write the checks against damage here; the hub says so when the file comes in.")


@pytest.mark.soak
def test_what_is_changed_back_is_still_exported(window: Opening, sample: Sample, tmp_path: Path) -> None:
    """After an export came in, changing an item back to what the hub had first reaches the hub as well."""
    who = person(sample, Role.EXPERT)
    path = take(sample, who, tmp_path / "sheet.html")
    with window(path) as sheet:
        no = sheet.no
        note = sheet.shown()[2]
        sheet.page.locator(".note textarea").first.fill("改过")
        first = sheet.export()
        sheet.page.locator(".note textarea").first.fill(note)
        sheet.badge(_("not exported: {count}", count=1))
        second = sheet.export()
    assert bring(sample.file, who, first)[1] == 1
    assert sheet_of(sample.file, who).entries[no].note == "改过"
    assert bring(sample.file, who, second, 2)[1] == 1
    assert sheet_of(sample.file, who).entries[no].note == note
    assert bring(sample.file, who, first, 3) == ([Kind.OLDER], 0)


@pytest.mark.soak
def test_two_sheets_of_one_person_do_not_mix(window: Opening, sample: Sample, tmp_path: Path) -> None:
    """A sheet made later begins with what the hub had; the earlier one's answers stay in it and are pointed at."""
    who = person(sample, Role.EXPERT)
    early = take(sample, who, tmp_path / "early.html")
    late = take(sample, who, tmp_path / "late.html", made=MADE + timedelta(hours=3))
    with window(early) as sheet:
        sheet.mark(False, "早的一份")
        no = sheet.no
    with window(late) as sheet:
        sheet.go(no)
        assert sheet.shown()[2] != "早的一份"
        made = f"{MADE:%Y-%m-%d %H:%M}"
        sheet.sees("Another offline sheet of yours on this device, of {time}, holds what was never exported. Open that "
                   "one too.", time=made)  # fmt: skip
        assert sheet.page.locator(".offline-head button").is_disabled()


@pytest.mark.soak
def test_a_second_open_copy_shows_what_the_first_one_kept(window: Opening, sample: Sample, tmp_path: Path) -> None:
    """The file opened twice at the same time is one sheet: no number is used twice, and both show the same."""
    path = take(sample, person(sample, Role.EXPERT), tmp_path / "sheet.html")
    with window(path) as sheet:
        no = sheet.no
        other = Opened(sheet.page.context.new_page(), path, None)
        other.go(no)
        sheet.page.bring_to_front()
        sheet.mark(False, "第一个窗口")
        expect(other.page.locator(".note textarea").first).to_have_value("第一个窗口")
        other.page.bring_to_front()
        other.page.get_by_role("button", name=_("Next")).tap()
        other.mark(True, "第二个窗口")
        entries = json.loads(other.export())["entries"]
        assert {entry["note"] for entry in entries.values()} == {"第一个窗口", "第二个窗口"}
        numbers = [entry["sequence"] for entry in entries.values()]
        assert len(set(numbers)) == len(numbers)
        assert other.faults == []


@pytest.mark.soak
def test_a_device_with_only_one_storage_keeps_the_sheet(tablet: Opening, sample: Sample, tmp_path: Path) -> None:
    """Where the page is denied the quick storage, the other one keeps what is entered over closing."""
    path = take(sample, person(sample, Role.EXPERT), tmp_path / "sheet.html")
    with tablet(path, NO_STORAGE) as sheet:
        sheet.mark(False, "只有一种存储")
        sheet.badge(_("kept on this device {time}", time=""))
        no = sheet.no
        wait_until(sheet.page, KEPT, "只有一种存储")
    with tablet(path, NO_STORAGE) as sheet:
        sheet.sees("This device keeps what you enter, seen since {time}.", time="@")
        sheet.go(no)
        assert sheet.shown()[2] == "只有一种存储"


@pytest.mark.soak
def test_what_was_entered_outlives_a_dead_battery(chromium: Browser, sample: Sample, tmp_path: Path) -> None:
    """A browser that is killed right after an entry has it when it is started again."""
    path = take(sample, person(sample, Role.EXPERT), tmp_path / "sheet.html")
    with killed_after(chromium, tmp_path / "profile") as page:
        sheet = Opened(page, path, None)
        no = sheet.no
        sheet.mark(False, "断电之前")
        wait_until(page, KEPT, "断电之前")
    with killed_after(chromium, tmp_path / "profile") as page:
        sheet = Opened(page, path, None)
        sheet.go(no)
        assert sheet.shown()[2] == "断电之前"


# --- in range: the sheet hands itself over to a page of the hub ------------------------------------------------------

FOREIGN_OPENER = """<!doctype html><script>
  const opened = window.open("HUB");
  addEventListener("message", () => { opened.postMessage({ answers: "{}" }, "*"); opened.postMessage("that was all", "*"); });
</script>"""
LISTENING = "addEventListener('message', (event) => { window.last = event.data; });"


def code_of(sample: Sample, who: Actor) -> str:
    return next(one.code for one in sample.codes if actor_of(sample.file, sign_in(sample.file, one.code))[0] == who)


def name_of(sample: Sample, who: Actor) -> str:
    return actor_of(sample.file, sign_in(sample.file, code_of(sample, who)))[1].name


def page_of(url: str, sample: Sample) -> str:
    return f"{url}/pad/bring?visit={quote(sample.file.slug)}"


def come_in(page: Page, url: str, sample: Sample, who: Actor) -> None:
    answer = page.context.request.get(f"{url}/join/{quote(sample.file.slug)}/{code_of(sample, who)}", max_redirects=0)
    assert answer.status == 303


@contextmanager
def hub_page(sheet: Opened) -> Iterator[Page]:
    """Tap what sends, and give the hub's page that opens."""
    with sheet.page.context.expect_page() as opening:
        sheet.page.get_by_role("button", name=_("Send to the hub")).tap()
    yield opening.value
    opening.value.close()


@pytest.mark.soak
def test_in_range_the_sheet_sends_itself_after_one_tap(window: Opening, visit_at: VisitAt, tmp_path: Path) -> None:
    """From a file, the hub running: who is signed in sees what would come in, taps once, and the sheet knows it; sent
    again nothing changes; what differs from the hub is not brought in here, and nobody else's is."""
    sample, url = visit_at(Stage.SCORE)
    who = person(sample, Role.EXPERT)
    path = take(sample, who, tmp_path / "sheet.html", hub=url)
    with window(path) as sheet:
        before = sheet_of(sample.file, who)
        items = [item.no for item in before.rubric.items if item.no in before.assigned]
        for no in items[:3]:
            sheet.go(no)
            sheet.mark(False, f"第{no}项，现场所见")
        sheet.page.mouse.wheel(0, -9000)
        with hub_page(sheet) as page:
            expect(page.get_by_role("link", name=_("Sign in"))).to_be_visible()
            sheet.shot("bring-stranger", page)
        assert sheet_of(sample.file, who).entries == before.entries
        come_in(sheet.page, url, sample, who)
        with hub_page(sheet) as page:
            expect(page.locator("#told h2")).to_contain_text(name_of(sample, who))
            sheet.shot("bring-shown", page)
            page.get_by_role("button", name=_("Bring in {count} items", count=3)).tap()
            expect(page.locator(".done")).to_contain_text(_("{taken} items were brought in.", taken=3))
            sheet.shot("bring-done", page)
        sheet.sees("Brought in on the hub {time}.", time="@")
        sheet.sees("Nothing has changed since.")
        sheet.shot("sent")
        after = sheet_of(sample.file, who)
        assert {(after.entries[no].note, after.entries[no].carrier) for no in items[:3]} == {
            (f"第{no}项，现场所见", Carrier.FILE) for no in items[:3]
        }
        with hub_page(sheet) as page:
            expect(page.get_by_text(_("Nothing here is new: there is nothing to bring in."))).to_be_visible()
            expect(page.get_by_role("button")).to_have_count(0)
        latest = after.entries[items[0]]
        answer_item(sample.file, who, items[0], latest.answers, "平板上改过", base=latest.revision,
                    now=datetime.now().astimezone())
        sheet.go(items[0])
        sheet.mark(False, "离线又改过")
        with hub_page(sheet) as page:
            expect(page.get_by_text(_("On some items the hub has something else. Export the answer file, and bring it "
                                      "in on the Score page: there you choose which counts."))).to_be_visible()
            expect(page.get_by_role("button")).to_have_count(0)
            sheet.shot("bring-conflict", page)
        come_in(sheet.page, url, sample, person(sample, Role.CHAIR))
        with hub_page(sheet) as page:
            expect(page.locator(".kinds .refused")).to_have_text(_("not taken"))
            expect(page.get_by_role("button")).to_have_count(0)
    assert sheet_of(sample.file, who).entries[items[0]].note == "平板上改过"


@pytest.mark.soak
def test_the_page_that_takes_sheets_does_not_listen_to_a_website(
    chromium: Browser, visit_at: VisitAt, tmp_path: Path
) -> None:
    """A page of the web that opens it as a sheet would, with the expert's cookie, is told it is there and no more."""
    sample, url = visit_at(Stage.SCORE)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(FOREIGN_OPENER.replace("HUB", page_of(url, sample)), "utf-8")
    context = chromium.new_context(locale="zh-CN", bypass_csp=True)  # the test looks at what the page has taken
    context.add_init_script(LISTENING)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = context.new_page()
        come_in(page, url, sample, person(sample, Role.EXPERT))
        with context.expect_page() as opening:
            page.goto(f"http://localhost:{server.server_port}/")
        opening.value.wait_for_function("window.last === 'that was all'")
        assert opening.value.evaluate("answers") is None
        expect(opening.value.get_by_text(_("Waiting for the offline sheet …"))).to_be_visible()
        server.shutdown()
    context.close()
