"""What a visit does to tablets and to the hub, and whether each change that a person saw is on the hub exactly once.

``python -m tests.soak.pad_faults [WORD]... [--seconds N] [--every N] [--rounds N]`` runs the faults (those whose name has
one of the words) in their long forms, with the pad's own times, and prints for each: changes made, found, waiting, lost,
doubled. ``tests/browser/test_pad_faults.py`` runs the same faults in their short forms. A change adds a word of its own to
a note and taps another answer; found is what the visit's file holds, waiting what the tablet says it still has.

Not here: a hub whose clock is set back needs a shifted clock in its process; ``tests/services/test_pad.py`` tests it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count, cycle, islice, pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from inspection_app import language
from inspection_app.core.visit import Role, Stage
from inspection_app.sample import build_sample
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.score import revision, sheet_of
from inspection_app.store.sheets import Entry, canonical
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET
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
CONTENT_THAT_FILLS = "x"
_SERVE = """
import os, sys
from pathlib import Path
from inspection_app import server
Path(sys.argv[3]).write_text(str(os.getpid()))
server.run(Path(sys.argv[1]), int(sys.argv[2]), host="127.0.0.1", open_browser=False)
"""
_NUMBERS = count(1)
_OUTBOX = "Object.values(window.__score_pad__)[0]"
_PATIENCE = 30_000


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

    def start(self) -> None:
        self._pid = self.folder.with_name("pid")
        command = [sys.executable, "-c", _SERVE, str(self.folder), str(self.port), str(self._pid)]
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
        context = self.browser.new_context(viewport=TABLET, has_touch=True, locale="zh-CN")  # type: ignore[arg-type]
        context.add_init_script(f"window.scorePadTimes = {json.dumps(dict(self.times))};")
        context.set_default_timeout(_PATIENCE)
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
        self._sees(no)

    def _sees(self, no: str) -> None:
        expect(self.pad.locator(".title")).to_contain_text(f"{no}\u3000", timeout=_PATIENCE)
        self.pad.locator(".foot").wait_for()

    def turn_to(self, no: str) -> None:
        self.page.bring_to_front()  # in a tab behind another one nothing is painted
        if self.pad.locator(".title").inner_text().startswith(f"{no}\u3000"):
            return
        self.pad.locator(".to-overview").tap()
        self.page.locator(f"dialog.overview [data-no='{no}']").tap()
        self._sees(no)

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
          const outbox = {_OUTBOX};
          return Object.fromEntries({json.dumps(self.bed.items)}.map((no) => {{
            const standing = outbox.standing(no);
            const waits = standing.waiting || Boolean(standing.conflict || standing.refused);
            return [no, {{...outbox.shows(no), waits, text: JSON.stringify([outbox.shows(no), standing])}}];
          }}));
        }}"""
        found: dict[str, dict[str, Any]] = self.page.evaluate(script)
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(f"() => {_OUTBOX}.state()")
        return found

    def notices(self) -> None:
        """Wait until the tablet says that it cannot reach the hub."""
        self.page.wait_for_function(f"() => {_OUTBOX}.state().since !== null", timeout=_PATIENCE)
        expect(self.pad.locator(".foot .badge:not(.saved)")).to_be_visible()

    def waits(self) -> None:
        """Wait until the badge says that changes wait, and how many."""
        expect(self.pad.locator(".foot .badge:not(.saved)")).to_contain_text(str(self.state()["waiting"]))
        assert self.state()["waiting"] > 0

    def settles(self) -> None:
        """Wait until the badge says that everything is saved."""
        self.page.wait_for_function(
            f"() => {{ const s = {_OUTBOX}.state(); return !s.waiting && s.since === null && !s.full; }}",
            timeout=2 * _PATIENCE,
        )
        expect(self.pad.locator(".foot .badge.saved")).to_be_visible(timeout=_PATIENCE)

    def reopen(self) -> None:
        """Close the tab without ado and open the sheet in another one."""
        context, no = self.page.context, self.bed.items[0]
        self.page.close(run_before_unload=False)
        self.page = context.new_page()
        self.open(no)


def _until(tablet: Tablet, true: Callable[[], bool]) -> None:
    """Wait for something that is not to be seen on the tablet."""
    until = time.monotonic() + _PATIENCE / 1000
    while not true():
        assert time.monotonic() < until, "it did not come to pass"
        tablet.page.wait_for_timeout(20)


# --- the faults: each takes a bed and gives the tablet whose sheet is to be judged ----------------------------------


def cut(bed: Bed, seconds: float = 60, every: float = 2) -> Tablet:
    """Connections are reset and refused while somebody goes on scoring."""
    tablet = bed.tablet()
    tablet.change(bed.items[0])
    bed.proxy.cut()
    tablet.keep_changing(seconds, every)
    tablet.waits()
    bed.proxy.mend()
    tablet.settles()
    return tablet


def black_hole(bed: Bed, seconds: float = 100, every: float = 2, lost: bool = True) -> Tablet:
    """Packets vanish while somebody goes on scoring; afterwards they are lost, or come late."""
    tablet = bed.tablet()
    tablet.change(bed.items[0])
    bed.proxy.swallow()
    began = time.monotonic()
    tablet.notices()
    bed_noticed(time.monotonic() - began)
    tablet.keep_changing(seconds - (time.monotonic() - began), every)
    tablet.waits()
    bed.proxy.mend(lost=lost)
    tablet.settles()
    return tablet


def late_hole(bed: Bed, seconds: float = 30, every: float = 2) -> Tablet:
    """Packets are only late: what the tablet has given up and sent again reaches the hub after all, out of order."""
    return black_hole(bed, seconds, every, lost=False)


def killed_before_commit(bed: Bed) -> Tablet:
    """The hub is killed when it has the request and has saved nothing: the file is locked by somebody else."""
    tablet, no = bed.tablet(), bed.items[0]
    before = bed.number(no)
    with closing(sqlite3.connect(bed.file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        bed.proxy.forget()
        tablet.write(no)
        bed.proxy.wait_for(ANSWERS)
        tablet.waits()
        bed.kill()
        other.execute("ROLLBACK")
    assert bed.number(no) == before
    tablet.write(bed.items[1])
    bed.start()
    tablet.settles()
    return tablet


def killed_before_answering(bed: Bed) -> Tablet:
    """The hub is killed after its COMMIT, before its answer has arrived."""
    tablet, no = bed.tablet(), bed.items[0]
    before = bed.number(no)
    bed.proxy.swallow(frozenset({"answers"}))
    tablet.write(no)
    _until(tablet, lambda: bed.number(no) > before)
    tablet.waits()
    bed.kill()
    bed.proxy.mend(lost=True)
    tablet.write(bed.items[1])
    bed.start()
    tablet.settles()
    return tablet


def killed_after_answering(bed: Bed) -> Tablet:
    """The hub is killed as soon as the tablet says that everything is saved."""
    tablet = bed.tablet()
    tablet.change(bed.items[0])
    tablet.settles()
    bed.kill()
    tablet.notices()
    tablet.change(bed.items[1])
    tablet.waits()
    bed.start()
    tablet.settles()
    return tablet


def killed_at_any_moment(bed: Bed, rounds: int = 10, every: float = 0.3) -> Tablet:
    """The hub is killed again and again, a few milliseconds after a request has come."""
    tablet, chance = bed.tablet(), random.Random(6)
    for no in islice(cycle(bed.items), rounds):
        bed.proxy.forget()
        tablet.write(no)
        bed.proxy.wait_for(ANSWERS)
        time.sleep(chance.uniform(0, 0.03))
        bed.kill()
        tablet.keep_changing(0.5, every)
        bed.start()
    tablet.settles()
    return tablet


def reload_and_close(bed: Bed) -> Tablet:
    """The page is reloaded and closed while changes wait, and opened again in another tab."""
    tablet = bed.tablet()
    bed.proxy.swallow(frozenset({"answers"}))
    tablet.change(bed.items[0])
    tablet.change(bed.items[1])
    bed.proxy.cut()
    tablet.write(bed.items[2])
    bed.proxy.mend()
    held = bed.proxy.hold_next(ANSWERS)
    tablet.page.reload()
    tablet._sees(bed.items[2])
    held.caught()
    tablet.write(bed.items[3])  # not yet sent: the tab is closed in the middle of typing
    tablet.reopen()
    held.release()
    tablet.settles()
    return tablet


def storage_full(bed: Bed) -> Tablet:
    """The tablet's storage has no room left, out of range; then the hub is back, and nobody has reloaded the page."""
    tablet = bed.tablet()
    tablet.page.evaluate(f"""() => {{
      let size = 1 << 20;
      for (let n = 0; size; ) {{
        try {{ localStorage.setItem(`other-${{n}}`, '{CONTENT_THAT_FILLS}'.repeat(size)); n += 1; }} catch {{ size >>= 1; }}
      }}
    }}""")
    bed.proxy.cut()
    for no in bed.items[:4]:
        tablet.change(no)
    expect(tablet.pad.locator(".foot .badge.refused")).to_be_visible()
    assert tablet.state()["full"] == 4
    bed.proxy.mend()
    tablet.page.wait_for_function(f"() => !{_OUTBOX}.state().waiting", timeout=_PATIENCE)
    return tablet


def disk_full(bed: Bed) -> Tablet:
    """The hub's disk takes nothing more, and after a while it does: files of its process may not grow meanwhile."""
    tablet = bed.tablet()
    tablet.change(bed.items[0])
    tablet.settles()
    _soft, hard = resource.prlimit(bed.pid, resource.RLIMIT_FSIZE)
    time.sleep(1.5)  # until the file's log is taken in: a new one has to grow from nothing
    resource.prlimit(bed.pid, resource.RLIMIT_FSIZE, (8192, hard))
    for no in bed.items[1:4]:
        tablet.change(no)
    tablet.page.wait_for_function(f"() => {_OUTBOX}.state().trouble", timeout=_PATIENCE)
    tablet.waits()
    assert tablet.state()["waiting"] == 3
    resource.prlimit(bed.pid, resource.RLIMIT_FSIZE, (hard, hard))
    tablet.settles()
    return tablet


def two_tabs(bed: Bed) -> Tablet:
    """Two tabs of one expert: items changed in one, in the other, and in both by turns, while the hub is away."""
    tablet = bed.tablet()
    other = Tablet(bed, tablet.page.context.new_page(), tablet.url)
    other.open(bed.items[1])
    bed.proxy.cut()
    tablet.change(bed.items[0])
    other.change(bed.items[1])
    for one in (tablet, other, tablet):
        word = one.write(bed.items[2])
        for two in (tablet, other):
            two.turn_to(bed.items[2])
            expect(two.note).to_have_value(re.compile(word))
            two.turn_to(bed.items[3])
    other.write(bed.items[3])
    other.page.close()
    bed.proxy.mend()
    tablet.settles()
    return tablet


def two_tablets(bed: Bed) -> Tablet:
    """A saved change whose answer was lost is sent again after the expert went on with the item on another tablet."""
    tablet, no = bed.tablet(), bed.items[0]
    before = bed.number(no)
    bed.proxy.swallow(frozenset({"answers"}))
    first = tablet.write(no)
    _until(tablet, lambda: bed.number(no) > before)
    other = bed.tablet(f"http://127.0.0.1:{bed.port}")
    expect(other.note).to_have_value(re.compile(first))
    second = other.write(no)
    other.settles()
    tablet.waits()
    bed.proxy.mend(lost=True)
    tablet.settles()
    tablet.page.keyboard.press("Tab")  # a field that somebody is in is not written to
    expect(tablet.note).to_have_value(re.compile(first + second))
    assert bed.number(no) == before + 2
    return tablet


def late_request(bed: Bed) -> Tablet:
    """A request is held up; it is sent again, then a newer one is, and only then the first reaches the hub."""
    tablet, no = bed.tablet(), bed.items[0]
    held = bed.proxy.hold_next(ANSWERS)
    tablet.write(no)
    held.caught()
    tablet.settles()
    tablet.write(no)
    tablet.settles()
    before = bed.number(no)
    bed.proxy.forget()
    held.release()
    tablet.write(bed.items[1])  # and what comes after goes on as always
    tablet.settles()
    tablet.page.wait_for_timeout(300)
    assert bed.number(no) == before
    return tablet


def sleep(bed: Bed, seconds: float = 120) -> Tablet:
    """The tablet sleeps for longer than it ever waits, in the middle of a request; its connections are dead after."""
    tablet = bed.tablet()
    processes = bed.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    bed.proxy.swallow()
    tablet.change(bed.items[0])
    tablet.page.wait_for_timeout(bed.times.get("typing", 500) + 100)
    tablet.write(bed.items[1])
    ids = [int(one["id"]) for one in processes]
    try:
        for id_ in ids:
            os.kill(id_, signal.SIGSTOP)
        bed.proxy.mend(lost=True)
        time.sleep(seconds)
    finally:
        for id_ in ids:
            os.kill(id_, signal.SIGCONT)
    tablet.write(bed.items[1])
    tablet.settles()
    return tablet


def composing(bed: Bed) -> Tablet:
    """A word of an input method grows while what was typed before it is acknowledged; nothing is taken from under it."""
    tablet, no = bed.tablet(), bed.items[0]
    keys = tablet.page.context.new_cdp_session(tablet.page)
    for _turn in range(3):
        held = bed.proxy.hold_next(ANSWERS)
        before = tablet.write(no)
        held.caught()
        note = tablet.note.input_value()
        for place, typed in enumerate(("z", "zh", "zhi", "zhil", "zhiliang")):
            keys.send(
                "Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)}
            )
            if place == 2:  # in the middle of the word the answer to what stands before it comes
                held.release()
                tablet.page.wait_for_function(f"() => !{_OUTBOX}._load({json.dumps(no)}).sent")
        tablet.page.wait_for_timeout(2 * bed.times.get("typing", 500))  # time enough to send half a word
        assert tablet.note.input_value() == note + "zhiliang"
        latest = bed.entry(no)
        assert latest
        assert latest.note.endswith(before)  # half a word is not sent
        word = bed.word(no)
        keys.send("Input.insertText", {"text": word})
        assert tablet.note.input_value() == note + word
    tablet.settles()
    return tablet


def typing_while_dead(bed: Bed, characters: int = 100) -> Tablet:
    """Characters are typed while the hub is dead, and typing goes on while it comes back."""
    tablet, no = bed.tablet(), bed.items[0]
    tablet.note.focus()
    bed.kill()
    start = len(tablet.note.input_value())
    while len(tablet.note.input_value()) < start + characters:
        tablet.write(no)
    tablet.notices()
    bed.start()
    for _turn in range(5):
        tablet.write(no)
    expect(tablet.note).to_be_focused()
    tablet.settles()
    return tablet


def tablets_clock(bed: Bed) -> Tablet:
    """The tablet's own clock is set back an hour while changes wait, and forward again."""
    tablet = bed.tablet()
    bed.proxy.cut()
    tablet.write(bed.items[0])
    tablet.page.wait_for_function(f"() => {_OUTBOX}._load({json.dumps(bed.items[0])}).sent")
    tablet.page.evaluate(
        "() => { const now = Date.now; window.shift = -3600000; Date.now = () => now() + window.shift; }"
    )
    tablet.write(bed.items[1])
    bed.proxy.mend()
    tablet.settles()
    tablet.page.evaluate("() => { window.shift = 0; }")
    tablet.write(bed.items[2])
    tablet.settles()
    return tablet


Fault = Callable[..., Tablet]
LONG: tuple[tuple[Fault, dict[str, Any]], ...] = (
    *((cut, {"seconds": seconds}) for seconds in (5, 60, 300)),
    *((black_hole, {"seconds": seconds}) for seconds in (30, 100, 300)),
    *((late_hole, {"seconds": seconds}) for seconds in (30, 100)),
    (killed_before_commit, {}), (killed_before_answering, {}), (killed_after_answering, {}),
    (killed_at_any_moment, {"rounds": 30}),
    (reload_and_close, {}), (storage_full, {}), (disk_full, {}), (two_tabs, {}), (two_tablets, {}), (late_request, {}),
    (sleep, {"seconds": 120}), (composing, {}), (typing_while_dead, {"characters": 500}), (tablets_clock, {}),
)  # fmt: skip

_noticed: list[float] = []


def bed_noticed(seconds: float) -> None:
    """Keep how long it took a tablet to say that the hub is out of reach."""
    _noticed.append(seconds)


@contextmanager
def bed_for(browser: Browser, times: Mapping[str, int]) -> Iterator[Bed]:
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(Path(folder), browser, times)
        try:
            yield bed
        finally:
            bed.close()


def main() -> None:
    import shutil

    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("words", nargs="*", help="only faults whose name has one of these words")
    asked.add_argument("--seconds", type=float, help="how long each cut, hole and sleep lasts")
    asked.add_argument("--every", type=float, help="seconds between two changes")
    asked.add_argument("--rounds", type=int, help="how often the hub is killed")
    asked.add_argument("--short", action="store_true", help="with the short times of the suite")
    options = asked.parse_args()
    language.use(language.CHINESE)
    bad = 0
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        for fault, given in LONG:
            if options.words and not any(word in fault.__name__ for word in options.words):
                continue
            wanted = fault.__annotations__
            arguments = given | {
                name: value for name in ("seconds", "every", "rounds")
                if name in wanted and (value := getattr(options, name)) is not None
            }  # fmt: skip
            name = f"{fault.__name__} {' '.join(f'{key}={value}' for key, value in arguments.items())}"
            _noticed.clear()
            try:
                with bed_for(browser, SHORT if options.short else {}) as bed:
                    verdict = bed.verdict(fault(bed, **arguments))
                    noticed = f"  noticed after {_noticed[0]:.1f} s" if _noticed else ""
                    print(f"{'good' if verdict.good else 'BAD '} {name:42} {verdict}{noticed}", flush=True)
                    bad += not verdict.good
            except Exception as error:  # the other faults are worth seeing too
                print(f"BAD  {name:42} {type(error).__name__}: {str(error)[:600]}", flush=True)
                bad += 1
        browser.close()
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
