"""A real Chromium for the tests in this folder: skipped by name where there is none, except where there must be one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from inspection_app import language
from inspection_app.core.visit import Stage
from inspection_app.sample import Sample
from tests.browser.pad_tablet import Tablet, experts
from tests.browser.screen import PATIENCE, Screen
from tests.conftest import SampleAt
from tests.hub import hub
from tests.tcp_proxy import Proxy

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-software-rasterizer",
    "--animation-duration-scale=0",
]
TABLET = {"width": 820, "height": 1180}  # CSS pixels, held upright

Screens = Callable[[str], Screen]
"""Take a hub's address and give another tablet, signed in to nothing."""

VisitAt = Callable[[Stage], tuple[Sample, str]]
"""Take a stage and give the sample visit at it, and the address of the hub it is on."""


# Not for the whole session: while playwright runs, no other test of this process could run an event loop of its own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    named = os.environ.get("INSPECTION_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = f"no Chromium: none of {', '.join(NAMES)} is on the path and INSPECTION_CHROMIUM names none"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def screens(chromium: Browser, shots: Path | None) -> Iterator[Screens]:
    """Tablets, as many as a test asks for. None may ask anybody but the hub for anything."""
    opened: list[Screen] = []

    def another(hub: str) -> Screen:
        context = chromium.new_context(
            viewport={"width": TABLET["width"], "height": TABLET["height"]}, has_touch=True, locale="zh-CN",
            accept_downloads=True,
            bypass_csp=True,  # playwright's own waiting evaluates text in the page; test_policy.py goes without
        )  # fmt: skip
        opened.append(Screen(context.new_page(), hub))
        return opened[-1]

    yield another
    for number, screen in enumerate(opened):
        screen.shot(shots, f"last-{number}")  # where a test broke off, this shows why
        screen.page.context.close()
    assert [address for screen in opened for address in screen.foreign] == []


@pytest.fixture(scope="package")
def visit_at(tmp_path_factory: pytest.TempPathFactory, sample_at: SampleAt) -> Iterator[VisitAt]:
    """One hub for all tests that neither kill it nor look at the list of its visits; each has a visit of its own there."""
    folder = tmp_path_factory.mktemp("shared") / "visits"
    with hub(folder) as url:
        yield lambda stage: (sample_at(folder, stage), url)


# Tests of the score pad: a visit of the module's own, and tablets of one and the same expert behind a line that can fail.


@pytest.fixture(scope="module")
def scored(visit_at: VisitAt) -> tuple[Sample, str]:
    return visit_at(Stage.SCORE)


@pytest.fixture
def line(scored: tuple[Sample, str]) -> Iterator[Proxy]:
    between = Proxy(int(scored[1].rsplit(":", 1)[1]))
    yield between
    between.close()


@pytest.fixture
def tablets(scored: tuple[Sample, str], line: Proxy, screens: Screens) -> Callable[[], Tablet]:
    code = experts(scored[0])[0]
    return lambda: Tablet(screens(line.url), scored[0], code)


@pytest.fixture
def tablet(tablets: Callable[[], Tablet]) -> Tablet:
    return tablets()


@contextmanager
def killed_after(chromium: Browser, profile: Path) -> Iterator[Page]:
    """Start a browser of its own on a profile, and kill it as a dead battery would."""
    found = next(filter(None, map(shutil.which, NAMES)))
    told = profile / "DevToolsActivePort"
    told.unlink(missing_ok=True)
    command = [found, *ARGUMENTS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        [*command, "about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = monotonic() + PATIENCE / 1000
        while not (told.is_file() and told.read_text().count("\n")):
            assert monotonic() < until, "the browser did not start"
            sleep(0.05)
        browser = chromium.browser_type.connect_over_cdp(f"http://127.0.0.1:{told.read_text().split()[0]}")
        page = browser.contexts[0].pages[0]
        page.set_viewport_size({"width": TABLET["width"], "height": TABLET["height"]})
        yield page
    finally:
        process.kill()
        process.wait()


def wait_until(page: Page, script: str, given: str) -> None:
    """Wait until a script's promise gives true: ``wait_for_function`` takes the promise itself for true."""
    until = monotonic() + PATIENCE / 1000
    while not page.evaluate(script, given):
        assert monotonic() < until, "it did not come to pass"
        page.wait_for_timeout(20)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """The words that tests look for are those of the hub's own language, whatever a test before chose."""
    before = language.current()
    language.use(language.CHINESE)
    yield
    language.use(before)


@pytest.fixture(scope="session")
def shots() -> Path | None:
    """The folder for pictures of the pages, if somebody wants to look at them."""
    named = os.environ.get("INSPECTION_SHOTS")
    return Path(named).resolve() if named else None
