"""How the pages look to somebody who sees badly, reads Chinese only, or whose device is set to dark.

What is measured is in ``looks``; what only an eye can judge is put on sheets by ``tests.contact_sheets``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from inspection_app import language
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from tests.browser.conftest import TABLET, VisitAt
from tests.browser.looks import english_words, grave_findings
from tests.browser.screen import Screen
from tests.browser.test_pages import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Screens = Callable[[str], Screen]

# What axe-core holds against Streamlit's own parts and neither labels nor style can mend: rule, a piece of the part's
# HTML, and why it may stay. Whatever is ours is mended and not listed.
STREAMLITS_OWN: tuple[tuple[str, str, str], ...] = ()

ONE_PAGE_EACH = (
    (Stage.PREPARE, Role.SECRETARY, "/duties"),
    (Stage.CONSOLIDATE, Role.CHAIR, "/feedback"),
    (Stage.SCORE, Role.EXPERT, "/score?item=6"),
)


def come_in(screen: Screen, sample: Sample, role: Role, tongue: str = language.CHINESE) -> None:
    language.use(tongue)
    screen.come_in(sample.file.slug, next(person.code for person in sample.codes if person.role is role), tongue)


def ours(page: Page) -> list[str]:
    """Return what axe-core finds, without what is listed as Streamlit's own."""
    return [
        f"{one['rule']}: {one['html']} {one['why']}"
        for one in grave_findings(page)
        if not any(one["rule"] == rule and piece in one["html"] for rule, piece, _why in STREAMLITS_OWN)
    ]


def refused(page: Page) -> list[str]:
    """Return a list that fills with what the page asks for in vain and what it complains of."""
    found: list[str] = []
    page.on("response", lambda got: found.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    return found


def test_a_page_of_each_role(visit_at: VisitAt, screens: Screens) -> None:
    """No serious finding of axe-core (contrast and size of targets included), no word of English on a Chinese screen,
    and nothing asked for in vain."""
    for stage, role, path in ONE_PAGE_EACH:
        sample, url = visit_at(stage)
        screen = screens(url)
        complaints = refused(screen.page)
        come_in(screen, sample, role)
        screen.open(path)
        if path.startswith("/score"):
            assert screen.pad
        assert ours(screen.page) == [], path
        assert english_words(screen.page) == [], path
        assert complaints == [], path


def test_the_pages_before_signing_in(visit_at: VisitAt, screens: Screens) -> None:
    """The same of the sign-in page, of the public screen, and of both on a device that is set to dark."""
    sample, url = visit_at(Stage.SCORE)
    page = screens(url).page
    for path in (f"/sign-in?visit={sample.file.slug}", f"/screen/{sample.file.slug}"):
        page.goto(url + path)
        page.locator("h1, #main p.large").first.wait_for()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert ours(page) == [], (path, scheme)
        assert english_words(page) == [], path


def pages_of(screen: Screen, role: Role, stage: Stage) -> Iterator[str]:
    """Open every page that a role has, every part of it, and everything that is folded; yield where that is."""
    for path, roles, row, parts in PAGES:
        if role not in roles:
            continue
        screen.open(path)
        closed = path == "/consolidate" and stage is not Stage.CONSOLIDATE
        for part in ("",) if closed or not parts else parts:
            if part:
                screen.choose(_(row), _(part))
            if path.startswith("/score"):
                assert screen.pad
            yield f"{path} {part}"


@pytest.mark.soak
@pytest.mark.parametrize("tongue", language.LANGUAGES)
@pytest.mark.parametrize(
    ("stage", "role"),
    [(Stage.PREPARE, Role.SECRETARY), (Stage.CONSOLIDATE, Role.CHAIR), (Stage.SCORE, Role.EXPERT),
     (Stage.SEALED, Role.SECRETARY)],
)  # fmt: skip
def test_every_page(visit_at: VisitAt, screens: Screens, stage: Stage, role: Role, tongue: str) -> None:
    """The same of every page and part that each role has, in both languages."""
    sample, url = visit_at(stage)
    screen = screens(url)
    complaints = refused(screen.page)
    come_in(screen, sample, role, tongue)
    found = {}
    for where in pages_of(screen, role, stage):
        found[where] = ours(screen.page) + (english_words(screen.page) if tongue == language.CHINESE else [])
    assert {where: what for where, what in found.items() if what} == {}
    assert complaints == []


@pytest.mark.soak
def test_dark(chromium: Browser, visit_at: VisitAt) -> None:
    """On a device that is set to dark the pages are dark, and everything on them can be read: contrast as in light."""
    sample, url = visit_at(Stage.CONSOLIDATE)
    context = chromium.new_context(
        viewport={"width": TABLET["width"], "height": TABLET["height"]}, has_touch=True, locale="zh-CN", bypass_csp=True,
        color_scheme="dark",
    )  # fmt: skip
    screen = Screen(context.new_page(), url)
    come_in(screen, sample, Role.CHAIR)
    found = {where: ours(screen.page) for where in pages_of(screen, Role.CHAIR, Stage.CONSOLIDATE)}
    dark = screen.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    context.close()
    assert dark == "rgb(20, 24, 31)"
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.soak
def test_help_is_one_tap_away(visit_at: VisitAt, screens: Screens) -> None:
    """From a page of the visit the help opens at the very point that explains the page, and the line at the top says
    all the while where one is."""
    sample, url = visit_at(Stage.SCORE)
    screen = screens(url)
    come_in(screen, sample, Role.EXPERT)
    screen.open("/disputes")
    lit = "links => links.map(link => getComputedStyle(link).fontWeight)"
    weights = screen.page.get_by_test_id("stTopNavLink").evaluate_all(lit)
    titles = screen.page.get_by_test_id("stTopNavLink").all_inner_texts()
    assert [title for title, weight in zip(titles, weights, strict=True) if weight == "600"] == [_("Score")]
    screen.page.locator(".st-key-context-help a").tap()
    screen.sees(_("Help"), within="h1")
    asked = screen.page.locator(".leaf .asked")
    asked.wait_for()
    assert _("Disputes") in asked.inner_text()
