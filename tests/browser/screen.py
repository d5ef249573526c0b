"""One tablet's screen: what a person does at it, in the words on it, and what must hold on every page.

It knows how Streamlit tells that a page is ready; it knows nothing of a visit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import quote, unquote, urlsplit

from playwright.sync_api import Locator, Page, Request, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 20_000  # milliseconds; a ceiling that a busy machine may need, no waiting time
APP = "[data-testid=stApp]"
MAIN = "[data-testid=stMain]"
READY = f'{APP}[data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
LOST = f'{APP}:not([data-test-connection-state="CONNECTED"])'
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
FAULTS = "[data-testid=stException], [data-testid=stAlertContentError]"


def ran(frame: bytes | str) -> bool:
    """Say whether a message of the hub's ends a run that was neither stopped nor followed by another."""
    message = ForwardMsg()
    return isinstance(frame, bytes) and bool(message.ParseFromString(frame)) and (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished == ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
    )  # fmt: skip


class Screen:
    """A page in a browser context of its own, so that each screen is signed in by itself."""

    def __init__(self, page: Page, hub: str) -> None:
        self.page = page
        self.hub = hub
        self.foreign: list[str] = []
        self.runs = 0
        page.set_default_timeout(PATIENCE)
        page.on("request", self._note)
        page.on("websocket", self._listen)

    def _note(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != urlsplit(self.hub).netloc:
            self.foreign.append(request.url)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: bytes | str) -> None:
        self.runs += ran(frame)

    # Waiting

    def settle(self) -> None:
        """Wait until the page is shown as the hub last made it; there must be no fault on it."""
        self.page.locator(f"{READY} .where").wait_for()
        assert self.faults() == [], (self.faults(), self.page.url)

    def faults(self) -> list[str]:
        return self.page.locator(FAULTS).all_inner_texts()

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Wait after an act until the hub has run the page again."""
        before = self.runs
        yield
        self._wait_for_run(before)

    def _wait_for_run(self, before: int) -> None:
        until = monotonic() + PATIENCE / 1000
        while self.runs == before:
            assert monotonic() < until, "the hub did not answer"
            self.page.wait_for_timeout(10)  # playwright hears the browser only while it is waiting itself
        self.page.evaluate(PAINTED)  # the message has come; let the page take it in
        self.page.locator(READY).wait_for()

    def lost(self) -> None:
        """Wait until the page knows that the hub is gone."""
        self.page.locator(LOST).wait_for()

    # Going somewhere

    def come_in(self, visit: str, code: str, tongue: str = "") -> None:
        """Take the cookies that a personal card's address gives, and a language's, without showing where they lead."""
        paths = [f"/join/{quote(visit)}/{code}", *([f"/language/{tongue}"] if tongue else [])]
        for path in paths:
            answer = self.page.context.request.get(self.hub + path, max_redirects=0)
            assert (path, answer.status) == (path, 303)

    def open(self, path: str) -> None:
        with self.answered():  # the page is ready for a moment before its first run, and between two of them
            self.page.goto(self.hub + path)
        self.settle()

    def reload(self) -> None:
        with self.answered():
            self.page.reload()
        self.settle()

    def turn_to(self, title: str) -> None:
        """Tap a page's name in the line at the top."""
        with self.answered():
            self.page.get_by_test_id("stTopNavLink").get_by_text(title, exact=True).tap()
        self.sees(title, within="h1")
        self.settle()

    # Acting. Whatever needs the hub waits for its answer.

    def tap(self, name: str, *, within: Locator | None = None, refused: bool = False) -> list[str]:
        """Tap a button; return what the page then refuses, which must be nothing unless it is expected."""
        with self.answered():
            (within or self.page).get_by_role("button", name=name, exact=True).last.tap()
        faults = self.faults()
        assert bool(faults) == refused, faults
        return faults

    def confirm(self, name: str, *, refused: bool = False) -> list[str]:
        """Tap a button that asks once more, and then the same words in its question."""
        self.tap(name)
        return self.tap(name, within=self.page.get_by_role("dialog"), refused=refused)

    def choose(self, label: str, option: str | re.Pattern[str]) -> None:
        """Tap one of a row of options, a radio button or a pill, unless it is chosen already."""
        group = self.page.get_by_role("radiogroup", name=label, exact=True)
        wording = re.compile(rf"^\s*{re.escape(option)}\s*$") if isinstance(option, str) else option
        target = group.locator("button, label").filter(has_text=wording)
        if target.get_attribute("data-selected") == "true":
            return
        with self.answered():
            target.tap()
        assert self.faults() == []

    def fill(self, label: str, text: str, nth: int = 0) -> None:
        """Type into a field of a form: the hub gets it with the form."""
        self.page.get_by_label(label, exact=True).nth(nth).fill(text)

    def enter(self, label: str, text: str, nth: int = 0) -> None:
        """Type into a field that is sent as soon as it is left."""
        field = self.page.get_by_label(label, exact=True).nth(nth)
        field.fill(text)
        with self.answered():
            field.blur()
        assert self.faults() == []

    def unfold(self, title: str | re.Pattern[str]) -> Locator:
        """Open a folded part unless it is open, and return it."""
        part = self.page.get_by_test_id("stExpander").filter(has=self.page.locator("summary", has_text=title)).first
        if part.locator("details[open]").count() == 0:
            part.locator("summary").tap()
        part.locator("details[open]").wait_for()
        return part

    def upload(self, path: Path) -> None:
        with self.answered():
            self.page.locator("input[type=file]").set_input_files(path)

    def download(self, name: str, to: Path) -> Path:
        """Tap a button that hands over a file, and keep the file."""
        with self.page.expect_download(timeout=PATIENCE) as under_way:
            self.page.get_by_role("button", name=name, exact=True).tap()
        under_way.value.save_as(to)
        return to

    # The score pad. It saves by itself: what is waited for is its own badge, not a run of the page.

    @property
    def pad(self) -> Locator:
        """The pad, as soon as an item is open on it."""
        self.page.locator(".pad .foot").wait_for()
        return self.page.locator(".pad-root")

    def pad_choose(self, label: str, option: str | re.Pattern[str]) -> None:
        """Tap one of a clause's answers: of the clause with these words, without its number."""
        group = self.pad.get_by_role("radiogroup", name=re.compile(rf"^\d+\. {re.escape(label)}$"))
        wording = re.compile(rf"^\s*{re.escape(option)}\s*$") if isinstance(option, str) else option
        target = group.get_by_role("radio").filter(has=self.page.locator(".text", has_text=wording))
        target.tap()
        expect(target).to_have_attribute("aria-checked", "true")

    def pad_enter(self, label: str, text: str) -> None:
        """Type into a field of the pad and leave it."""
        field = self.pad.get_by_label(label, exact=True).locator("visible=true")
        field.fill(text)
        field.blur()

    def pad_saved(self) -> None:
        """Wait until the hub has acknowledged everything, and says so."""
        expect(self.pad.locator(".foot .badge.saved")).to_be_visible(timeout=PATIENCE)

    # Looking

    def sees(self, text: str | re.Pattern[str], within: str = MAIN) -> None:
        """Wait until some text stands on the page."""
        expect(self.page.locator(within).filter(has_text=text).first).to_be_visible(timeout=PATIENCE)

    def text(self) -> str:
        return self.page.locator(MAIN).inner_text()

    def shot(self, folder: Path | None, name: str) -> None:
        """Save the whole page as a picture, as far down as it goes; a page that was closed has none."""
        if folder is None or self.page.is_closed():
            return
        folder.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size
        assert size is not None
        main = self.page.locator(MAIN)
        needed = main.evaluate("main => main.scrollHeight") if main.count() else size["height"]
        self.page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(needed, 6000))})
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)
        self.page.set_viewport_size(size)

    def place(self) -> str:
        """The address without the hub, readable."""
        return unquote(self.page.url.removeprefix(self.hub))
