"""From the command to the first page in Chromium: ``inspection-app serve`` and ``demo`` beside ``streamlit hello``.

    python -m tests.benchmarks.first_page [ROUNDS]

Prints the median of each in seconds of wall time and its ratio to ``streamlit hello`` of the same run.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, NAMES
from tests.hub import free_port

READY = '[data-testid="stApp"][data-test-script-state="notRunning"] [data-testid="stMain"] :is(h1, h2, h3, a.go)'


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


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    scripts = Path(sys.executable).parent
    times: dict[str, list[float]] = {"streamlit hello": [], "inspection-app serve": [], "inspection-app demo": []}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
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
        browser.close()
    base = statistics.median(times["streamlit hello"])
    for name, measured in times.items():
        median = statistics.median(measured)
        spread = f"{min(measured):.2f}–{max(measured):.2f}"
        print(f"{name:24} median {median:5.2f} s  ({spread} s, {rounds} rounds)  {median / base:4.2f} × streamlit hello")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
