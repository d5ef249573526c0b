"""Every page as each role sees it on a tablet held upright, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from inspection_app import language
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from tests.browser.conftest import SampleAt
from tests.browser.looks import english_words, too_wide
from tests.browser.screen import Screen
from tests.hub import hub

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TAGS = {language.CHINESE: "zh-CN", language.ENGLISH: "en"}
OFFICE, SCORING = {Role.SECRETARY, Role.CHAIR}, {Role.CHAIR, Role.EXPERT}

# Page, who has it, the name of its row of parts, and the parts.
PAGES: list[tuple[str, set[Role], str, tuple[str, ...]]] = [
    ("/", set(Role), "", ()),
    ("/help", set(Role), "", ()),
    ("/check-up", {Role.SECRETARY}, "", ()),
    ("/prepare", OFFICE, "Part", ("Visit", "Panel", "Sites", "Roster", "Figures")),
    ("/duties", set(Role), "Part", ("Division", "Groups", "Declarations", "Recusals")),
    ("/method", set(Role), "", ()),
    ("/papers", OFFICE, "", ()),
    ("/rubric", set(Role), "", ()),
    ("/rubric?item=6", set(Role), "", ()),
    ("/on-site", set(Role), "", ()),
    ("/disputes", set(Role), "", ()),
    ("/confirm", SCORING, "", ()),
    ("/type-in", {Role.SECRETARY}, "", ()),
    ("/charts", set(Role), "", ()),
    ("/reopen", OFFICE, "", ()),
    ("/seal", set(Role), "", ()),
    ("/draws", set(Role), "Draw", ("Sites", "Citizens")),
    ("/score?item=6", SCORING, "", ()),  # ticks, sub-checks that figures decide
    ("/score?item=8", SCORING, "", ()),  # tiers
    ("/score?item=31", SCORING, "", ()),  # figures only
    ("/consolidate", set(Role), "Part", ("Totals", "Marks", "Deliberation", "Vetoes and gates")),
    ("/feedback", OFFICE, "", ()),
]

LOWEST = 44  # CSS pixels: what a finger meets without looking
TARGETS = "button, summary, [role=button], [data-testid=stRadioOption], nav a, .who a, a.go"
LOW = """([targets, lowest]) => [...document.querySelectorAll(targets)]
  .filter(target => target.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter(target => !target.closest('[inert], [data-testid=stElementToolbar]'))
  .map(target => [Math.round(target.getBoundingClientRect().height), target])
  .filter(([height]) => height > 0 && height < lowest)
  .map(([height, target]) => height + ' px: ' + (target.getAttribute('data-testid') || target.tagName) + ' '
    + (target.innerText || target.getAttribute('aria-label') || target.title || '').slice(0, 30))"""
Hubs = Callable[[Stage], tuple[Sample, str]]


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory, sample_at: SampleAt) -> Iterator[Hubs]:
    """Give the sample visit at a stage and the address of the hub it is on."""
    with ExitStack() as running:

        @cache
        def at(stage: Stage) -> tuple[Sample, str]:
            folder = tmp_path_factory.mktemp(stage) / "visits"
            return sample_at(folder, stage), running.enter_context(hub(folder))

        yield at


WALKS = [(Stage.PREPARE, Role.SECRETARY), (Stage.SCORE, Role.EXPERT), *((Stage.CONSOLIDATE, role) for role in Role)]


@pytest.mark.soak  # a page of each role is looked at every time: test_looks.py
@pytest.mark.parametrize(
    ("stage", "role", "tongue"), [(*walk, tongue) for walk in WALKS for tongue in language.LANGUAGES]
)
def test_pages_fit_the_tablet(
    hubs: Hubs, screens: Callable[[str], Screen], shots: Path | None, stage: Stage, role: Role, tongue: str
) -> None:
    """No page shows a fault, none must be pushed sideways, every target is high enough for a finger, and on a Chinese
    screen there is no word of English."""
    sample, url = hubs(stage)
    language.use(tongue)
    screen = screens(url)
    code = next(person.code for person in sample.codes if person.role is role)
    screen.come_in(sample.file.slug, code, tongue)
    screen.open("/")
    assert screen.page.get_by_test_id("stTopNavLink").all_inner_texts() == [
        _(title) for title, shown in (
            ("Home", True), ("Prepare" if role in OFFICE else "Application", True), ("Draws", True), ("On site", True),
            ("Score" if role in SCORING else "Type in", True), ("Consolidate", True), ("Feedback", role in OFFICE),
        ) if shown
    ]  # fmt: skip
    low: dict[str, str] = {}
    wide: dict[str, list[int]] = {}
    english: dict[str, str] = {}
    for path, roles, row, parts in PAGES:
        if role not in roles:
            continue
        if screen.place() != path:
            screen.open(path)
        closed = path == "/consolidate" and stage is not Stage.CONSOLIDATE  # no parts while the marks are closed
        for part in ("",) if closed or not parts else parts:
            if part:
                screen.choose(_(row), _(part))
            name = f"{stage}-{role}-{tongue}-{path.strip('/').replace('?item=', '-') or 'home'}"
            where = f"{path} {part}".strip()
            for offender in screen.page.evaluate(LOW, [TARGETS, LOWEST]):
                low.setdefault(offender, where)  # one place for each is enough to find it
            if width := too_wide(screen.page):
                wide[where] = width
            if tongue == language.CHINESE:
                english |= dict.fromkeys(english_words(screen.page), where)
            screen.shot(shots, f"{name}-{part}".strip("-").replace(" ", "-"))
    assert wide == {}
    assert low == {}
    assert english == {}


@pytest.mark.soak
@pytest.mark.parametrize("tongue", ["zh_CN", "en"])
def test_pages_before_signing_in(
    tmp_path: Path, hubs: Hubs, screens: Callable[[str], Screen], shots: Path | None, tongue: str
) -> None:
    """The start pages are fit for a tablet too, and the sign-in page says which language it is in."""
    sample, url = hubs(Stage.PREPARE)
    language.use(tongue)
    screen = screens(url)
    screen.page.goto(f"{url}/language/{tongue}?back=/sign-in")
    assert screen.place() == f"/sign-in?visit={sample.file.slug}"
    assert screen.page.locator("html").get_attribute("lang") == TAGS[tongue]
    assert screen.page.get_by_role("button", name=_("Enter")).is_visible()
    low, wide = {}, {}
    for path in ("/sign-in", "/", "/new", "/archive", "/check-up", "/help"):
        if path == "/sign-in":
            screen.page.goto(url + path)
        else:
            screen.open(path)
        low[path] = screen.page.evaluate(LOW, [TARGETS, LOWEST])
        wide[path] = too_wide(screen.page)
        screen.shot(shots, f"before-{tongue}-{path.strip('/') or 'visits'}")
    assert not any(wide.values()), wide
    assert not any(low.values()), low
