"""A real Chromium for the tests in this folder: skipped by name where there is none, except where there must be one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from inspection_app import language
from tests.browser.screen import Screen

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TABLET = {"width": 820, "height": 1180}  # CSS pixels, held upright

Screens = Callable[[str], Screen]
"""Take a hub's address and give another tablet, signed in to nothing."""


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
