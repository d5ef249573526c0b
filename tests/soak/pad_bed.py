"""A real hub, tablets in a real browser and a line between them that can fail; and the count of what became of changes.

A change adds a word of its own to a note and taps another answer; found is what the visit's file holds, waiting what the
tablet says it still has. What is done to hub, line and tablets stands in ``pad_faults``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, cycle, pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from inspection_app.core.visit import Role, Stage
from inspection_app.sample import build_sample
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.score import revision, sheet_of
from inspection_app.store.sheets import Entry, canonical
from tests.browser.conftest import TABLET
from tests.hub import free_port, serving
from tests.tcp_proxy import Proxy

SHORT = {
    "typing": 100,
    "send": 1000,
    "pulse": 300,
    "pulseAnswer": 700,
    "backOff": 100,
    "backOffMost": 300,
    "adopt": 500,
}
"""The pad's times in the short forms, in milliseconds."""

ANSWERS = b"POST /pad/answers"
_SERVE = """
import os, sys
from datetime import timedelta
from pathlib import Path
from inspection_app import pad_routes
right, ahead = pad_routes.now, timedelta(hours=float(sys.argv[4]))
pad_routes.now = lambda: right() + ahead
from inspection_app import server
Path(sys.argv[3]).write_text(str(os.getpid()))
server.run(Path(sys.argv[1]), int(sys.argv[2]), host="127.0.0.1", open_browser=False)
"""
_NUMBERS = count(1)
OUTBOX = "Object.values(window.__score_pad__)[0]"
PATIENCE = 30_000


@dataclass(frozen=True)
class Verdict:
    """What became of the changes that were made on a sheet."""

    made: int
    found: int
    waiting: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    differing: tuple[str, ...]  # items that show something else than the hub has, with nothing waiting

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.differing) and self.found + self.waiting == self.made

    def __str__(self) -> str:
        told = f"made {self.made:4}  found {self.found:4}  waiting {self.waiting:3}  lost {len(self.lost)}  doubled {len(self.doubled)}"
        wrong = [f"{name}: {found}" for name, found in vars(self).items() if isinstance(found, tuple) and found]
        return "  ".join([told, *wrong])


class Bed:
    """A hub with the sample visit, a line to it, and tablets of one expert behind the line."""

    def __init__(self, folder: Path, browser: Browser, times: Mapping[str, int]) -> None:
        self.folder, self.browser, self.times = folder / "visits", browser, times
        self.sample = build_sample(self.folder, Stage.SCORE)
        self.file = self.sample.file
        self.code = next(person.code for person in self.sample.codes if person.role is Role.EXPERT)
        self.who = actor_of(self.file, sign_in(self.file, self.code))[0]
        sheet = sheet_of(self.file, self.who)
        self.items = [item.no for item in sheet.rubric.items if item.no in sheet.assigned]
        self.port, self.life = free_port(), ExitStack()
        self.proxy = Proxy(self.port)
        self.tablets: list[Tablet] = []
        self.made: dict[str, str] = {}
        self.start()

    # The hub

    def start(self, ahead: float = 0) -> None:
        """Start the hub, with the clock of its routes so many hours ahead."""
        self._pid = self.folder.with_name("pid")
        command = [sys.executable, "-c", _SERVE, str(self.folder), str(self.port), str(self._pid), str(ahead)]
        self.life.enter_context(serving(command, self.port, self.folder))
        self.running = True

    @property
    def pid(self) -> int:
        return int(self._pid.read_text())

    def kill(self) -> None:
        """``kill -9``."""
        self.running = False
        self.life.close()

    def clear(self) -> None:
        """Close the tablets, mend everything, and forget what was made."""
        for tablet in self.tablets:
            tablet.page.context.close()
        self.tablets.clear()
        self.made.clear()
        self.proxy.mend(lost=True)
        if not self.running:
            self.start()

    def close(self) -> None:
        for tablet in self.tablets:
            tablet.page.context.close()
        self.proxy.close()
        self.kill()

    def entry(self, no: str) -> Entry | None:
        return sheet_of(self.file, self.who).entries.get(no)

    def number(self, no: str) -> int:
        found = self.entry(no)
        return found.revision if found else 0

    # The tablets

    def tablet(self, url: str = "") -> Tablet:
        """Open the sheet on another tablet of the expert, behind the line or at another address."""
        context = self.browser.new_context(viewport=TABLET, has_touch=True, locale="zh-CN", bypass_csp=True)  # type: ignore[arg-type]
        context.add_init_script(f"window.scorePadTimes = {json.dumps(dict(self.times))};")
        context.set_default_timeout(PATIENCE)
        found = Tablet(self, context.new_page(), url or self.proxy.url)
        context.request.get(f"{found.url}/join/{self.file.slug}/{self.code}")
        self.tablets.append(found)
        found.open(self.items[0])
        return found

    def word(self, no: str) -> str:
        """Return a word that was never used before, and note that it is to be found in the notes of this item."""
        word = f"第{next(_NUMBERS)}次。"
        self.made[word] = no
        return word

    def verdict(self, tablet: Tablet) -> Verdict:
        """Compare what was done with what the hub has and with what the tablet says."""
        entries = sheet_of(self.file, self.who).entries
        shown = tablet.shown()
        notes = {no: entry.note for no, entry in entries.items()}
        lost, doubled, found, waiting = [], [], 0, 0
        for word, no in self.made.items():
            times = notes.get(no, "").count(word)
            if times > 1:
                doubled.append(word)
            elif times:
                found += 1
            elif shown[no]["waits"] and word in shown[no]["text"]:
                waiting += 1
            else:
                lost.append(word)
        differing = []
        for no, one in shown.items():
            entry = entries.get(no)
            has = [canonical(entry.answers) if entry else "{}", entry.note if entry else ""]
            if not one["waits"] and [canonical(one["answers"]), one["note"]] != has:
                differing.append(no)
        doubled += [no for no in set(self.made.values()) if self._repeated(no)]
        return Verdict(len(self.made), found, waiting, tuple(lost), tuple(doubled), tuple(differing))

    def _repeated(self, no: str) -> bool:
        """Say whether two revisions of an item that follow each other say the same: one change taken in twice."""
        latest = self.number(no)
        texts = [
            (canonical(one.answers), one.note)
            for number in range(1, latest + 1)
            if (one := revision(self.file, self.who, no, number))
        ]
        return len(texts) != latest or any(one == other for one, other in pairwise(texts))


class Tablet:
    """One page with the pad open, and what a person does on it."""

    def __init__(self, bed: Bed, page: Page, url: str) -> None:
        self.bed, self.page, self.url = bed, page, url

    @property
    def pad(self) -> Locator:
        return self.page.locator(".pad-root")

    @property
    def note(self) -> Locator:
        return self.pad.locator(".note textarea").first

    def open(self, no: str) -> None:
        self.page.goto(f"{self.url}/score?item={no}")
        self.sees(no)

    def sees(self, no: str) -> None:
        expect(self.pad.locator(".title")).to_contain_text(f"{no}\u3000", timeout=PATIENCE)
        self.pad.locator(".foot").wait_for()

    def turn_to(self, no: str) -> None:
        self.page.bring_to_front()  # in a tab behind another one nothing is painted
        if self.pad.locator(".title").inner_text().startswith(f"{no}\u3000"):
            return
        self.pad.locator(".to-overview").tap()
        self.page.locator(f"dialog.overview [data-no='{no}']").tap()
        self.sees(no)

    def write(self, no: str) -> str:
        """Add a word to the note of an item, key by key, and see it there."""
        self.turn_to(no)
        word = self.bed.word(no)
        self.note.focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(word)
        assert self.note.input_value().endswith(word)
        return word

    def change(self, no: str) -> str:
        """Tap another answer to the first clause that has answers to tap, and add a word to the note."""
        self.turn_to(no)
        complete = ":is([data-value=yes], [data-value=no])"  # "in part" would ask for a reason
        other = self.pad.locator(f"[role=radio][aria-checked=false]:enabled{complete}").first
        if other.count():
            other.tap()
        return self.write(no)

    def keep_changing(self, seconds: float, every: float, items: list[str] | None = None) -> None:
        """Change one item after the other for so long, and at least once."""
        until = time.monotonic() + seconds
        for no in cycle(items or self.bed.items):
            began = time.monotonic()
            self.change(no)
            self.page.wait_for_timeout(max(0.0, every - (time.monotonic() - began)) * 1000)
            if time.monotonic() >= until:
                return

    def shown(self) -> dict[str, dict[str, Any]]:
        """What each item of the sheet shows, and whether the tablet says that some of it is not on the hub yet."""
        script = f"""() => {{
          const outbox = {OUTBOX};
          return Object.fromEntries({json.dumps(self.bed.items)}.map((no) => {{
            const standing = outbox.standing(no);
            const waits = standing.waiting || Boolean(standing.conflict || standing.refused);
            return [no, {{...outbox.shows(no), waits, text: JSON.stringify([outbox.shows(no), standing])}}];
          }}));
        }}"""
        found: dict[str, dict[str, Any]] = self.page.evaluate(script)
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(f"() => {OUTBOX}.state()")
        return found

    def notices(self) -> None:
        """Wait until the tablet says that it cannot reach the hub."""
        self.page.wait_for_function(f"() => {OUTBOX}.state().since !== null", timeout=PATIENCE)
        expect(self.pad.locator(".foot .badge:not(.saved)")).to_be_visible()

    def waits(self) -> None:
        """Wait until the badge says that changes wait, and how many."""
        expect(self.pad.locator(".foot .badge:not(.saved)")).to_contain_text(str(self.state()["waiting"]))
        assert self.state()["waiting"] > 0

    def settles(self) -> None:
        """Wait until the badge says that everything is saved."""
        self.page.wait_for_function(
            f"() => {{ const s = {OUTBOX}.state(); return !s.waiting && s.since === null && !s.full; }}",
            timeout=2 * PATIENCE,
        )
        expect(self.pad.locator(".foot .badge.saved")).to_be_visible(timeout=PATIENCE)

    def reopen(self) -> None:
        """Close the tab without ado and open the sheet in another one."""
        context, no = self.page.context, self.bed.items[0]
        self.page.close(run_before_unload=False)
        self.page = context.new_page()
        self.open(no)


def until(tablet: Tablet, true: Callable[[], bool]) -> None:
    """Wait for something that is not to be seen on the tablet."""
    until = time.monotonic() + PATIENCE / 1000
    while not true():
        assert time.monotonic() < until, "it did not come to pass"
        tablet.page.wait_for_timeout(20)


@contextmanager
def bed_for(browser: Browser, times: Mapping[str, int]) -> Iterator[Bed]:
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(Path(folder), browser, times)
        try:
            yield bed
        finally:
            bed.close()
