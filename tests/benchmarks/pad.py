"""The score pad: from a tap to paint and to "saved", beside a page of Streamlit with one widget; many tablets; first load.

    python -m tests.benchmarks.pad [--taps 100] [--seconds 30] [--tablets 15 50 100 200] [--only paint|saved|many|load]

``--only saved`` takes nine times ``--seconds`` and a minute for building the visit and starting everything; ``many``,
``--seconds`` for each number of tablets. A load that gets no answer within 30 s ends with what it waited for.

One hub runs in a process of its own, the simulated tablets in another: real connections, which answer an item every 2 s
and send the heartbeat every 3 s as the pad does; one request in twenty is sent twice. A real Chromium measures what a
person sees: from the finger's first touch to the frame in which it stands on the screen. Frames come every 16.7 ms, so
that two ways may tie; when the page had changed, before the frame that shows it, is told too. Taps come at a person's pace
(`PACE`): what one of them leaves behind is not measured with the next. Goals: painted within 50 ms with the network
blocked; "saved" with 15 experts no later (p95) than the one-widget page paints under the same load; no answer lost or
doubled with 200 tablets; 4 requests and 150 kB of first load beyond Streamlit's own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from inspection_app import access, language, scorepad
from inspection_app.core.roster import Site
from inspection_app.core.rubric import Tick
from inspection_app.core.visit import Actor, Appointment, Description, Role
from inspection_app.files import load_rubric_file
from inspection_app.places import shipped
from inspection_app.services.prepare import create_visit, name_sites, open_scoring, outline
from inspection_app.services.recuse import declare
from inspection_app.services.score import latest, revision
from inspection_app.store.file import VisitFile
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET
from tests.hub import free_port, hub
from tests.tcp_proxy import Proxy

EXPERTS = 15
EVERY, PULSE = 2.0, 3.0  # seconds
TWICE = 20  # one request in so many is sent again
PATIENCE = 30.0  # seconds, for one answer
WARMING = 5.0  # seconds
PACE = 0.15, 0.25  # seconds between two taps, by chance: no tap keeps step with the frames
PAINT_GOAL, REQUEST_GOAL, BYTES_GOAL = 50, 4, 150_000

# How long it takes from the first touch until what is looked for has been painted; `seen` says whether it stands there.
WATCH = """(seen) => {
  const done = new MessageChannel();
  const there = new Function("return " + seen);
  window.measured = null;
  let began = null;
  addEventListener("pointerdown", (event) => { began = event.timeStamp; }, { capture: true, once: true });
  const look = () => {
    if (began === null || window.measured !== null || !there()) return;
    watcher.disconnect();
    window.changed = performance.now() - began;
    requestAnimationFrame(() => done.port2.postMessage(0));
  };
  done.port1.onmessage = () => { window.measured = performance.now() - began; };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@dataclass(frozen=True)
class Visit:
    """A visit in which everybody scores everything, and cookies for all of them."""

    file: VisitFile
    actors: tuple[Actor, ...]
    cookies: tuple[str, ...]
    ticks: tuple[tuple[str, str], ...]  # item and its first clause, which is ticked


def build(folder: Path) -> Visit:
    folder.mkdir(parents=True)
    now = datetime.now().astimezone()
    found = load_rubric_file("henan-county")
    people = [Appointment("秘书", Role.SECRETARY), Appointment("组长", Role.CHAIR)]
    people += [Appointment(f"专家{number}", Role.EXPERT) for number in range(1, EXPERTS)]
    about = Description("基准县人民政府", "县", date(2026, 5, 12), date(2026, 5, 13), "基准县")
    made = create_visit(folder, found, about, people, entropy=os.urandom, now=now)
    numbered = [Actor(id_, one.role) for id_, one in zip(sorted(made.codes), people, strict=True)]
    for actor in numbered:
        declare(made.file, actor, "", True, now)
    sites = yaml.safe_load((shipped("data") / "sample" / "sites.yaml").read_text("utf-8"))
    name_sites(made.file, numbered[0], [Site(**site) for site in sites], now)
    open_scoring(made.file, numbered[0], now)
    secret, visit = access.hub_secret(folder), outline(made.file).visit.id
    ticks = [(item.no, item.criteria[0].id) for item in found.rubric.items if isinstance(item.criteria[0], Tick)]
    return Visit(
        made.file, tuple(numbered[1:]),
        tuple(access.sign_session(access.Session(made.file.slug, one.member_id, 1, visit), secret) for one in numbered[1:]),
        tuple(ticks),
    )  # fmt: skip


# --- the load: in a process of its own -------------------------------------------------------------------------------


class Line:
    """One kept-alive connection to the hub."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any], float]:
        """Return status, answer and milliseconds; on a connection that has ended meanwhile ask again."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {access.COOKIE}={self.cookie}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        until = time.perf_counter() + PATIENCE
        while True:
            began = time.perf_counter()
            try:
                if self.streams is None:
                    self.streams = await asyncio.open_connection("127.0.0.1", self.port)
                reader, writer = self.streams
                writer.write(head.encode() + body)
                async with asyncio.timeout(PATIENCE):
                    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                    size = int(answer.split("content-length:")[1].split("\r\n")[0])
                    told = json.loads(await reader.readexactly(size))
                return int(answer.split()[1]), told, (time.perf_counter() - began) * 1000
            except TimeoutError:
                raise
            except (OSError, EOFError, asyncio.IncompleteReadError):
                if began > until:
                    raise
                self.streams = None
                await asyncio.sleep(0.02)


async def tablet(given: dict[str, Any], number: int, found: dict[str, Any]) -> None:
    """Answer one item of one expert again and again, each time with another note; note what the hub acknowledged."""
    members, ticks = given["members"], given["ticks"]
    member, cookie = members[number % len(members)]
    item, clause = ticks[number // len(members) % len(ticks)]
    line, base, began = Line(given["port"], cookie), given["bases"].get(f"{member}/{item}", 0), time.perf_counter()
    chance = random.Random(number)
    for turn in range(int(given["seconds"] / EVERY)):
        await asyncio.sleep(max(0.0, began + EVERY * (turn + chance.random()) - time.perf_counter()))
        note = f"{given['run']} {number} {turn}"
        body = json.dumps({
            "visit": given["slug"], "member": member, "item": item, "client": f"{given['run']}x{number}", "sequence": turn + 1,
            "base": base, "answers": {clause: turn % 2 == 0}, "note": note,
        }).encode()  # fmt: skip
        for _again in range(1 + (turn * given["tablets"] + number) % TWICE // (TWICE - 1)):
            status, told, took = await line.ask("POST", "/pad/answers", body)
            found["saves"].append(took)
            if status != 200:
                found["refused"].append([status, told.get("message", "")])
                return
        base = told["revision"]
        found["made"].setdefault(f"{member}/{item}", []).append([base, note])


async def heartbeat(given: dict[str, Any], number: int, found: dict[str, Any]) -> None:
    member, cookie = given["members"][number % len(given["members"])]
    line, query = Line(given["port"], cookie), f"visit={given['slug_in_address']}&member={member}&waiting=0&oldest="
    chance = random.Random(number)
    began = time.perf_counter()
    for turn in range(int(given["seconds"] / PULSE)):
        await asyncio.sleep(max(0.0, began + PULSE * (turn + chance.random()) - time.perf_counter()))
        status, told, took = await line.ask("GET", f"/pad/pulse?{query}&client=t{number}")
        found["pulses"].append(took)
        if status != 200:
            found["refused"].append([status, told.get("message", "")])


async def streamlit_expert(given: dict[str, Any], number: int, found: dict[str, Any]) -> None:
    """Ask a Streamlit page for a run every 2 s, as a tap on its only widget does."""
    async with connect(f"ws://127.0.0.1:{given['port']}/_stcore/stream", max_size=None) as socket:
        began, chance = time.perf_counter(), random.Random(number)
        for turn in range(int(given["seconds"] / EVERY)):
            await asyncio.sleep(max(0.0, began + EVERY * (turn + chance.random()) - time.perf_counter()))
            asked, sent = BackMsg(), time.perf_counter()
            asked.rerun_script.query_string = ""
            await socket.send(asked.SerializeToString())
            said = ForwardMsg()
            async with asyncio.timeout(PATIENCE):
                while said.WhichOneof("type") != "script_finished":
                    said = ForwardMsg()
                    said.ParseFromString(await socket.recv())
            found["runs"].append((time.perf_counter() - sent) * 1000)


async def load(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"saves": [], "pulses": [], "runs": [], "refused": [], "made": {}}
    kinds = [streamlit_expert] if given["kind"] == "streamlit" else [tablet, heartbeat]
    async with asyncio.TaskGroup() as group:
        for number in range(given["tablets"]):
            for kind in kinds:
                group.create_task(kind(given, number, found))
    return found


class Load:
    """Simulated tablets, working for so many seconds in another process."""

    runs = 0

    def __init__(self, visit: Visit, port: int, tablets: int, seconds: float, kind: str = "pad", spare: int = 0) -> None:
        from urllib.parse import quote

        Load.runs += 1
        self.visit = visit
        members = list(zip((one.member_id for one in visit.actors), visit.cookies, strict=True))
        ticks = visit.ticks[spare:]
        bases = {}
        for actor in visit.actors:
            for item, _clause in ticks:
                entry = latest(visit.file, actor, item)
                bases[f"{actor.member_id}/{item}"] = entry.revision if entry else 0
        self.bases = bases
        given = {
            "kind": kind, "port": port, "slug": visit.file.slug, "slug_in_address": quote(visit.file.slug), "members": members,
            "ticks": ticks, "tablets": tablets, "seconds": seconds, "run": f"r{Load.runs}", "bases": bases,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.pad", "--load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin
        self.process.stdin.write(json.dumps(given))
        self.process.stdin.close()
        self.process.stdin = None  # closed: communicate() has nothing to flush
        self.until = time.monotonic() + seconds + 2 * PATIENCE

    def result(self) -> dict[str, Any]:
        try:
            told, _ = self.process.communicate(timeout=self.until - time.monotonic())
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        found: dict[str, Any] = json.loads(told)
        return found

    def count(self, found: dict[str, Any]) -> tuple[int, int, int]:
        """Return how many answers were acknowledged, and how many of them are lost and doubled in the visit's file."""
        made = lost = extra = 0
        actors = {str(one.member_id): one for one in self.visit.actors}
        for key, answers in found["made"].items():
            member, item = key.split("/")
            actor = actors[member]
            made += len(answers)
            for number, note in answers:
                entry = revision(self.visit.file, actor, item, number)
                lost += entry is None or entry.note != note
            entry = latest(self.visit.file, actor, item)
            extra += (entry.revision if entry else 0) - self.bases[key] - len(answers)
        return made, lost, extra


# --- what a person sees ----------------------------------------------------------------------------------------------


class Pad:
    """A tablet of the chair with the pad open."""

    def __init__(self, browser: Browser, url: str, visit: Visit) -> None:
        self.context = tablet_of(browser)
        self.context.add_cookies([{"name": access.COOKIE, "value": visit.cookies[0], "url": url}])
        self.page = self.context.new_page()
        self.item, self.clause = visit.ticks[0]
        self.page.goto(f"{url}/score?item={self.item}")
        self.page.locator(".pad .foot").wait_for()
        self.times = 0

    def tap(self, seen: str) -> float:
        """Tap the clause's other answer, "reached" or "not reached"; milliseconds until `seen` was painted."""
        self.times += 1
        value = "yes" if self.times % 2 else "no"
        section = f"[data-criterion='{self.clause}']"
        return tap(self.page, f"{section} [data-value={value}]", seen.format(section=section, value=value))

    PAINTED = "document.querySelector(\"{section} [data-value={value}]\").getAttribute('aria-checked') === 'true'"
    SAVED = PAINTED + (
        " && document.querySelector('.foot .badge.saved')"
        " && !Object.values(window.__score_pad__)[0].state().waiting"
    )  # fmt: skip


class OneWidget:
    """A page of Streamlit with one button, in a browser."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.context = tablet_of(browser)
        self.page = self.context.new_page()
        self.page.goto(url)
        self.page.get_by_text("count 0.", exact=True).wait_for()
        self.times = 0

    def tap(self) -> float:
        self.times += 1
        seen = f"document.querySelector('[data-testid=stMarkdown]')?.textContent.includes('count {self.times}.')"
        return tap(self.page, "[data-testid=stButton] button", seen)


def tablet_of(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport=TABLET, has_touch=True, locale="zh-CN", bypass_csp=True)  # type: ignore[arg-type]


def tap(page: Page, target: str, seen: str) -> float:
    page.bring_to_front()
    page.wait_for_timeout(1000 * random.uniform(*PACE))
    page.evaluate(WATCH, seen)
    page.locator(target).tap()
    page.wait_for_function("() => window.measured !== null", polling=10)
    return float(page.evaluate("() => window.measured"))


def changed_after(page: Page) -> float:
    """Return how many milliseconds after the touch the page had changed, in the tap just measured."""
    return float(page.evaluate("() => window.changed"))


ONE_WIDGET = """
import streamlit as st
st.session_state.n = st.session_state.get("n", 0) + st.button("Tap")
st.markdown(f"count {st.session_state.n}.")
"""


@contextmanager
def one_widget(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve a page of Streamlit with one widget, set as fast as the hub is."""
    port, script = free_port(), folder / "one.py"
    script.write_text(ONE_WIDGET)
    options = {
        "runner.postScriptGC": "false", "runner.magicEnabled": "false", "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false", "server.headless": "true", "server.port": str(port),
        "server.address": "127.0.0.1",
    }  # fmt: skip
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        import socket

        until = time.monotonic() + 60
        while True:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < until, "streamlit did not come up"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/", port
    finally:
        process.kill()
        process.wait()


# --- measuring -------------------------------------------------------------------------------------------------------


def p95(found: Sequence[float]) -> float:
    return sorted(found)[math.ceil(0.95 * len(found)) - 1]


def told(name: str, found: Sequence[float], goal: float | None = None) -> None:
    sign = "" if goal is None else f"   goal {goal:.0f}: {'met' if p95(found) <= goal else 'MISSED'}"
    print(
        f"{name:66} median {statistics.median(found):7.1f}  p95 {p95(found):7.1f}  max {max(found):7.1f} ms"
        f"  n={len(found)}{sign}",
        flush=True,
    )  # fmt: skip


def load_of_machine() -> None:
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)


def paint(browser: Browser, url: str, visit: Visit, taps: int) -> None:
    """Tap to painted with the network blocked."""
    proxy = Proxy(int(url.rsplit(":", 1)[1]))
    pad = Pad(browser, proxy.url, visit)
    proxy.swallow()
    found = [pad.tap(Pad.PAINTED) for _tap in range(taps)]
    told("tap to painted, network blocked", found, PAINT_GOAL)
    pad.context.close()
    proxy.close()


def saved(browser: Browser, url: str, visit: Visit, folder: Path, taps: int, seconds: float) -> None:
    """Tap to "saved" beside the one-widget page, both with 15 experts, in turns."""
    port = int(url.rsplit(":", 1)[1])
    with one_widget(folder) as (plain, plain_port):
        pad, page = Pad(browser, url, visit), OneWidget(browser, plain)
        times: dict[str, list[float]] = {"pad": [], "alone": [], "loaded": [], "pad changed": [], "loaded changed": [], "saves": []}
        for turn in range(-1, 4):
            lasts = min(seconds, WARMING) if turn < 0 else seconds  # the first round warms everything up
            load, until = Load(visit, port, EXPERTS, lasts, spare=1), time.monotonic() + lasts
            time.sleep(1.5)  # until it has started
            pads, alone, changed = [], [], []
            while time.monotonic() < until and len(pads) < taps:
                pads.append(pad.tap(Pad.SAVED))
                changed.append(changed_after(pad.page))
                alone.append(page.tap())
            found = load.result()
            load = Load(visit, plain_port, EXPERTS, lasts, "streamlit")
            until = time.monotonic() + lasts
            time.sleep(1.5)
            loaded, loaded_changed = [], []
            while time.monotonic() < until and len(loaded) < taps:
                loaded.append(page.tap())
                loaded_changed.append(changed_after(page.page))
            load.result()
            if turn >= 0:
                for name, measured in zip(times, (pads, alone, loaded, changed, loaded_changed, found["saves"]), strict=True):
                    times[name] += measured
            assert not found["refused"], found["refused"][:1]
        pad.context.close()
        page.context.close()
    load_of_machine()
    told(f"tap to “saved”, {EXPERTS} experts on the hub", times["pad"])
    told(f"  one-widget Streamlit page, tap to painted, its own {EXPERTS} experts", times["loaded"])
    told(f"  the same page, nobody else on it, {EXPERTS} experts on the hub", times["alone"])
    ratio = p95(times["pad"]) / p95(times["loaded"])
    print(f"  p95 of “saved” is {ratio:.2f} × that of the one-widget page: {'met' if ratio <= 1 else 'MISSED'}")
    told("  tap to “saved”, until the page had changed", times["pad changed"])
    told("  one-widget Streamlit page, until the page had changed", times["loaded changed"])
    told("  an expert's save, seen from the load", times["saves"])


def many(url: str, visit: Visit, numbers: Sequence[int], seconds: float) -> None:
    """From few tablets to many: how the save slows down, and whether an answer is lost or doubled."""
    port, first = int(url.rsplit(":", 1)[1]), 0.0
    Load(visit, port, EXPERTS, 4).result()  # warm
    for number in numbers:
        load = Load(visit, port, number, seconds)
        found = load.result()
        made, lost, extra = load.count(found)
        wrong = f"{lost} lost, {extra} doubled, {len(found['refused'])} refused"
        told(f"{number} tablets: a save ({made} answers, {wrong})", found["saves"])
        told(f"{number} tablets: a heartbeat", found["pulses"])
        first = first or p95(found["saves"])
        print(f"  p95 is {p95(found['saves']) / first:.1f} × that of {numbers[0]} tablets", flush=True)
        if found["refused"]:
            print("  refused:", found["refused"][:2])


def first_load(browser: Browser, url: str, visit: Visit) -> None:
    """What the pad asks for, and how much that is, before it can be used."""
    pad = Pad(browser, url, visit)
    entries = pad.page.evaluate(
        "() => performance.getEntriesByType('resource').filter((one) => one.name.includes('/pad/'))"
        ".map((one) => [one.name, one.transferSize])"
    )
    first = [(name, size) for name, size in entries if "/pad/pulse" not in name]
    inside = len(scorepad.text("main.js").encode()) + len(scorepad.text("pad.css").encode())
    for name, size in first:
        print(f"  {size:7} bytes  {name.removeprefix(url).split('?')[0]}")
    print(f"  {inside:7} bytes  main.js and pad.css, with the page")
    size = sum(size for _name, size in first) + inside
    met = len(first) <= REQUEST_GOAL and size <= BYTES_GOAL
    print(f"first load beyond Streamlit's own: {len(first)} requests, {size / 1000:.1f} kB: {'met' if met else 'MISSED'}")
    pad.context.close()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--taps", type=int, default=100, help="at most so many a round")
    asked.add_argument("--seconds", type=float, default=30, help="how long each load works")
    asked.add_argument("--tablets", type=int, nargs="+", default=[15, 50, 100, 200])
    asked.add_argument("--only", choices=["paint", "saved", "many", "load"], action="append")
    asked.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.load:
        print(json.dumps(asyncio.run(load(json.load(sys.stdin)))))
        return
    language.use(language.CHINESE)
    wanted = options.only or ["paint", "saved", "many", "load"]
    load_of_machine()
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        visit = build(Path(kept) / "visits")
        found = next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        with hub(Path(kept) / "visits") as url:
            if "load" in wanted:
                first_load(browser, url, visit)
            if "paint" in wanted:
                paint(browser, url, visit, options.taps)
            if "saved" in wanted:
                saved(browser, url, visit, Path(kept), options.taps, options.seconds)
            if "many" in wanted:
                many(url, visit, options.tablets, options.seconds)
                load_of_machine()
        browser.close()


if __name__ == "__main__":
    main()
