"""The first page: after the command on the hub, and on a tablet over the panel's Wi-Fi.

    python -m tests.benchmarks.first_page [ROUNDS] [--only start|tablet]

``start``: from the command to the page in Chromium, ``inspection-app serve`` and ``demo`` beside ``streamlit hello``: the
median of each in seconds of wall time and its ratio to ``streamlit hello`` of the same run.

``tablet``: a hub that is up, a browser that has never been there (820 × 1180, nothing cached), a line of 10 Mbit/s with
5 ms each way as Chromium imitates it: seconds until the first meaningful screen, requests, bytes over the line, and what
the largest of them are. The goal is 3 s. Hub and tablet share this machine's processors here, so other work on it counts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from inspection_app.core.visit import Role, Stage
from inspection_app.sample import build_sample
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET
from tests.hub import free_port, hub

READY = '[data-testid="stApp"][data-test-script-state="notRunning"] [data-testid="stMain"] :is(h1, h2, h3, a.go)'

MBIT, LATENCY, GOAL = 10, 5, 3  # the line between hub and tablet: its rate, milliseconds each way; seconds


def seconds_to_first_page(page: Page, command: list[str], port: int, path: str) -> float:
    """Start a command, load its page as soon as it answers, wait until the script has run; then end it."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not listening(port):  # asked by a socket: a browser that fails to load takes the processor itself
            if process.poll() is not None or time.perf_counter() - began > 120:
                raise RuntimeError(f"{command[0]} did not come up")
            time.sleep(0.02)
        page.goto(f"http://localhost:{port}{path}", wait_until="commit")
        page.wait_for_selector(READY, timeout=120_000)
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def listening(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Traffic:
    """What went over the line, as the browser tells: bytes as they were sent, compressed where they were."""

    requests: int = 0
    bytes: int = 0
    largest: dict[str, int] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)

    def asked(self, event: dict[str, Any]) -> None:
        self.requests += 1
        self._paths[event["requestId"]] = urlsplit(event["request"]["url"]).path

    def came(self, event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        self.bytes += size
        self.largest[self._paths.get(event["requestId"], "?")] = size

    def frame(self, event: dict[str, Any]) -> None:
        size = len(event["response"]["payloadData"])
        self.bytes += size * 3 // 4 if event["response"]["opcode"] == 2 else size  # binary frames are told in base64


def over_the_line(browser: Browser, address: str, ready: str, mbit: float | None = MBIT) -> tuple[float, Traffic]:
    """Open an address as a new tablet does, and return the seconds until something stands there, and the traffic."""
    with browser.new_context(viewport={"width": TABLET["width"], "height": TABLET["height"]}, has_touch=True,
                             locale="zh-CN", bypass_csp=True) as context:  # fmt: skip
        page = context.new_page()
        line, traffic = context.new_cdp_session(page), Traffic()
        line.on("Network.requestWillBeSent", traffic.asked)
        line.on("Network.loadingFinished", traffic.came)
        line.on("Network.webSocketFrameReceived", traffic.frame)
        line.send("Network.enable")
        if mbit:
            rate = mbit * 1_000_000 / 8
            conditions = {"offline": False, "latency": LATENCY, "downloadThroughput": rate, "uploadThroughput": rate}
            line.send("Network.emulateNetworkConditions", conditions)
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(ready, timeout=120_000)
        return time.perf_counter() - began, traffic


def tablet(browser: Browser, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sample = build_sample(Path(folder) / "visits", Stage.SCORE)
        code = next(who.code for who in sample.codes if who.role is Role.EXPERT)
        with hub(Path(folder) / "visits") as url:
            joined = f"{url}/join/{quote(sample.file.slug)}/{code}"
            over_the_line(browser, url, READY, None)  # what the hub loads at its first page
            over_the_line(browser, joined, READY, None)
            print(f"tablet, {MBIT} Mbit/s, {LATENCY} ms, nothing cached; goal {GOAL} s; {rounds} rounds")
            for name, address in (("list of visits", url), ("expert's card scanned", joined)):
                found = [over_the_line(browser, address, READY) for _ in range(rounds)]
                times, (_, traffic) = [seconds for seconds, _ in found], found[0]
                print(
                    f"{name:24} median {statistics.median(times):5.2f} s  ({min(times):.2f}–{max(times):.2f} s)  "
                    f"{traffic.requests} requests  {traffic.bytes:,} bytes"
                )
                for path, size in sorted(traffic.largest.items(), key=lambda one: -one[1])[:5]:
                    print(f"    {size:>9,}  {path}")


def start(browser: Browser, rounds: int) -> None:
    scripts = Path(sys.executable).parent
    times: dict[str, list[float]] = {"streamlit hello": [], "inspection-app serve": [], "inspection-app demo": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            port = free_port()
            hello = [
                scripts / "streamlit", "hello", "--server.port", port, "--server.headless", "true",
                "--browser.gatherUsageStats", "false",
            ]  # fmt: skip
            ours = ["--port", port, "--no-browser", "--folder", Path(folder) / "visits"]
            commands = {
                "streamlit hello": hello,
                "inspection-app serve": [scripts / "inspection-app", "serve", *ours],
                "inspection-app demo": [scripts / "inspection-app", "demo", *ours],
            }
            for name, command in commands.items():
                with browser.new_context() as context:
                    argv = [str(word) for word in command]
                    times[name].append(seconds_to_first_page(context.new_page(), argv, port, "/"))
    base = statistics.median(times["streamlit hello"])
    for name, measured in times.items():
        median = statistics.median(measured)
        spread = f"{min(measured):.2f}–{max(measured):.2f}"
        print(f"{name:24} median {median:5.2f} s  ({spread} s, {rounds} rounds)  {median / base:4.2f} × streamlit hello")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("rounds", type=int, nargs="?", default=5)
    asked.add_argument("--only", choices=("start", "tablet"))
    words = asked.parse_args()
    with sync_playwright() as playwright:
        chromium = os.environ.get("INSPECTION_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, measure in (("start", start), ("tablet", tablet)):
            if words.only in (None, name):
                measure(browser, words.rounds)
        browser.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
