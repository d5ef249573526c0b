"""What a visit does to tablets and to the hub, and whether each change that a person saw is on the hub exactly once.

``python -m tests.soak.pad_faults [WORD]... [--seconds N] [--every N] [--rounds N]`` runs the faults (those whose name has
one of the words) in their long forms, with the pad's own times, and prints for each: changes made, found, waiting, lost,
doubled. ``tests/browser/test_pad_faults.py`` runs the same faults in their short forms. What a
change is, and how it is counted, stands in ``pad_bed``.
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
import time
from collections.abc import Callable
from contextlib import closing
from itertools import cycle, islice
from typing import Any

from playwright.sync_api import expect, sync_playwright

from inspection_app import language
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.soak.pad_bed import ANSWERS, OUTBOX, PATIENCE, SHORT, Bed, Tablet, bed_for, until

CONTENT_THAT_FILLS = "x"
DISK_FULL = """(() => {
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (...values) {
    const request = put.apply(this, values);
    this.transaction.abort();
    return request;
  };
})();"""
"""What a browser does whose disk is full: it takes everything back. (A quota of its own shows only after minutes.)"""


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
    until(tablet, lambda: bed.number(no) > before)
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
    tablet.sees(bed.items[2])
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
    tablet.page.evaluate(DISK_FULL)
    bed.proxy.cut()
    for no in bed.items[:4]:
        tablet.change(no)
    expect(tablet.pad.locator(".foot .badge.refused")).to_be_visible()
    assert tablet.state()["full"] == 4
    bed.proxy.mend()
    tablet.page.wait_for_function(f"() => !{OUTBOX}.state().waiting", timeout=PATIENCE)
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
    tablet.page.wait_for_function(f"() => {OUTBOX}.state().trouble", timeout=PATIENCE)
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
    until(tablet, lambda: bed.number(no) > before)
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
                tablet.page.wait_for_function(f"() => !{OUTBOX}._load({json.dumps(no)}).sent")
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
    tablet.page.wait_for_function(f"() => {OUTBOX}._load({json.dumps(bed.items[0])}).sent")
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


def hubs_clock(bed: Bed) -> Tablet:
    """The hub's clock is set back an hour while a change waits, and put right again; what was saved later counts."""
    tablet, no = bed.tablet(), bed.items[0]
    tablet.write(no)
    tablet.settles()
    before = bed.entry(no)
    bed.kill()
    tablet.write(bed.items[1])
    tablet.write(no)
    bed.start(ahead=-1)
    tablet.settles()
    after = bed.entry(no)
    assert before
    assert after
    assert (after.revision, after.at < before.at) == (before.revision + 1, True)
    tablet.change(no)
    tablet.settles()
    bed.kill()
    bed.start()
    tablet.change(no)
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
    (sleep, {"seconds": 120}), (composing, {}), (typing_while_dead, {"characters": 500}), (tablets_clock, {}), (hubs_clock, {}),
)  # fmt: skip

_noticed: list[float] = []


def bed_noticed(seconds: float) -> None:
    """Keep how long it took a tablet to say that the hub is out of reach."""
    _noticed.append(seconds)


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
