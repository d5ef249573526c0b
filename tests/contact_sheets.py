"""Walk each role through the sample visit in a real browser and put every screen on contact sheets, to be looked at.

    python -m tests.contact_sheets --to FOLDER [--walk NAME …] [--language zh_CN|en …] [--size 820x1180 …] [--axe]

A walk is a stage and a role (``score-expert``), ``before`` (nobody signed in) or ``screen`` (the public screen). Each
page is loaded once and then shown in every size; parts that are folded at first are taken unfolded as well. Beside the
sheets it writes ``findings.json``: English words on Chinese screens, pages to be pushed sideways, messages of the
browser's console, and with ``--axe`` what axe-core finds. It judges nothing: ``tests/browser`` does.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from inspection_app import language
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample, build_sample
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.screen import Shows, lead_screen
from tests.browser import looks
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.browser.screen import FAULTS, MAIN, READY, Screen
from tests.browser.test_pages import PAGES
from tests.hub import hub

SIZES = ((820, 1180), (1180, 820), (390, 844), (1366, 768), (1920, 1080))
WALKS = {
    "before": (Stage.SCORE, None),
    "screen": (Stage.SCORE, None),
    "prepare-secretary": (Stage.PREPARE, Role.SECRETARY),
    "score-expert": (Stage.SCORE, Role.EXPERT),
    "consolidate-secretary": (Stage.CONSOLIDATE, Role.SECRETARY),
    "consolidate-chair": (Stage.CONSOLIDATE, Role.CHAIR),
    "sealed-chair": (Stage.SEALED, Role.CHAIR),
    "sealed-secretary": (Stage.SEALED, Role.SECRETARY),
}
BEFORE = ("/sign-in", "/", "/new", "/check-up", "/help", "/rubric", "/check-a-draw")
HIGHEST = 3600  # pixels of a page that are taken
SHEET_WIDTH = 2000
FOLDED = "[data-testid=stExpander] details:not([open]) > summary"


@dataclass
class Walk:
    """What one walk has seen: pictures by size, and what was measured on the way."""

    folder: Path
    sizes: tuple[tuple[int, int], ...]
    axe: bool
    taken: dict[tuple[int, int], list[Path]] = field(default_factory=lambda: defaultdict(list))
    english: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wide: dict[str, list[int]] = field(default_factory=dict)
    console: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    grave: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[str, list[str]] = field(default_factory=dict)

    def take(self, page: Page, name: str, *, chinese: bool, whole: bool = True) -> None:
        """Take a picture in every size and measure."""
        if chinese:
            for text in looks.english_words(page):
                self.english[text].append(name)
        if self.axe:
            for one in looks.grave_findings(page):
                self.grave[f"{one['rule']} {one['target']} | {one['html']} | {one['why']}"].append(name)
        for size in self.sizes:
            width, height = size
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(250)  # charts are drawn anew
            if wide := looks.too_wide(page):
                self.wide[f"{name} {width}"] = wide
            main = page.locator(MAIN)
            needed = main.evaluate("main => main.scrollHeight") if main.count() else height
            if whole and needed > height:
                page.set_viewport_size({"width": width, "height": min(needed, HIGHEST)})
                page.wait_for_timeout(150)
            path = self.folder / f"{width}" / f"{len(self.taken[size]):03}-{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path, animations="disabled", full_page=not main.count())
            self.taken[size].append(path)
        first = self.sizes[0]
        page.set_viewport_size({"width": first[0], "height": first[1]})


def unfold_all(page: Page) -> bool:
    """Open every folded part, those inside others too; say whether there was any."""
    opened = False
    for _turn in range(40):
        folded = page.locator(FOLDED).locator("visible=true")
        if not folded.count():
            break
        opened = True
        folded.first.evaluate("summary => summary.click()")
        page.wait_for_timeout(120)
        page.locator(READY).wait_for()
    page.wait_for_timeout(200)
    return opened


def pages_of(role: Role) -> Iterator[tuple[str, str, str]]:
    """Yield each page and part that a role has: address, name of the row of parts, part."""
    for path, roles, row, parts in PAGES:
        if role in roles:
            for part in parts or ("",):
                yield path, row, part


def walk_pages(screen: Screen, sample: Sample, role: Role, tongue: str, seen: Walk, only: str) -> None:
    code = next(person.code for person in sample.codes if person.role is role)
    screen.come_in(sample.file.slug, code, tongue)
    for path, row, part in pages_of(role):
        name = f"{path.strip('/').replace('?item=', '-') or 'home'}-{part}".strip("-").replace(" ", "-")
        if only and only not in name:
            continue
        if screen.place() != path:
            screen.page.goto(screen.hub + path)
            screen.page.locator(f"{READY} .where").wait_for()
        if part:
            row_of_parts = screen.page.get_by_role("radiogroup", name=_(row), exact=True)
            try:
                row_of_parts.wait_for(timeout=4000)
            except TimeoutError:
                continue  # no parts while the marks are closed
            screen.choose(_(row), _(part))
        screen.page.wait_for_timeout(400)
        seen.take(screen.page, name, chinese=tongue == language.CHINESE)
        if faults := screen.page.locator(FAULTS).all_inner_texts():
            seen.faults[name] = faults
        if not path.startswith("/score") and unfold_all(screen.page):
            seen.take(screen.page, name + "-unfolded", chinese=tongue == language.CHINESE)


def walk_before(screen: Screen, tongue: str, seen: Walk) -> None:
    page = screen.page
    page.context.request.get(f"{screen.hub}/language/{tongue}", max_redirects=0)
    for path in BEFORE:
        page.goto(screen.hub + path)
        if path != "/sign-in":
            page.locator(READY).wait_for()
            page.wait_for_timeout(500)
        seen.take(page, "before-" + (path.strip("/") or "visits"), chinese=tongue == language.CHINESE)
        if path != "/sign-in" and unfold_all(page):
            seen.take(page, f"before-{path.strip('/') or 'visits'}-unfolded", chinese=tongue == language.CHINESE)


def walk_screen(screen: Screen, sample: Sample, tongue: str, seen: Walk) -> None:
    """Take each picture of the public screen: what the room sees."""
    page = screen.page
    page.context.request.get(f"{screen.hub}/language/{tongue}", max_redirects=0)
    code = next(person.code for person in sample.codes if person.role is Role.SECRETARY)
    actor, _member = actor_of(sample.file, sign_in(sample.file, code))
    page.goto(f"{screen.hub}/screen/{sample.file.slug}")
    for shows in Shows:
        lead_screen(sample.file, actor, shows, datetime.now().astimezone())
        page.wait_for_timeout(2500 if shows not in (Shows.SITES, Shows.CITIZENS) else 22_000)
        seen.take(page, f"screen-{shows}", chinese=tongue == language.CHINESE, whole=False)
    page.route("**/now", lambda route: route.abort())
    page.locator("body.frozen").wait_for()
    seen.take(page, "screen-frozen", chinese=tongue == language.CHINESE, whole=False)


def sheets(pictures: list[Path], to: Path) -> list[Path]:
    """Put pictures of one size side by side, so many to a sheet that words can still be read."""
    if not pictures:
        return []
    width = Image.open(pictures[0]).width
    columns = {390: 6, 820: 4, 1180: 3, 1366: 3, 1920: 2}.get(width, 3)
    scale = SHEET_WIDTH / columns / width
    font = ImageFont.load_default(18)
    made, rows = [], [pictures[at : at + columns] for at in range(0, len(pictures), columns)]
    lined: list[tuple[list[tuple[Path, Image.Image]], int]] = []
    for row in rows:
        small = []
        for path in row:
            one = Image.open(path).convert("RGB")
            small.append((path, one.resize((int(one.width * scale) - 8, int(one.height * scale)), Image.Resampling.LANCZOS)))
        lined.append((small, max(one.height for _path, one in small) + 30))
    while lined:
        height, taken = 0, []
        while lined and (not taken or height + lined[0][1] <= 2000):
            taken.append(lined.pop(0))
            height += taken[-1][1]
        sheet = Image.new("RGB", (SHEET_WIDTH, height), "#99A1AD")
        draw, y = ImageDraw.Draw(sheet), 0
        for small, high in taken:
            for at, (path, one) in enumerate(small):
                x = at * SHEET_WIDTH // columns
                draw.text((x + 4, y + 4), path.stem, fill="black", font=font)
                sheet.paste(one, (x + 4, y + 28))
            y += high
        made.append(to.with_name(f"{to.name}-{len(made) + 1:02}.png"))
        sheet.save(made[-1])
    return made


def browser_screen(browser: Browser, url: str, seen: Walk, dark: bool) -> Screen:
    width, height = seen.sizes[0]
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, locale="zh-CN", bypass_csp=True,
        color_scheme="dark" if dark else "light",
    )  # fmt: skip
    screen = Screen(context.new_page(), url)
    screen.page.on("console", lambda said: seen.console[f"{said.type}: {said.text[:200]}"].append(screen.place())
                   if said.type == "error" else None)  # fmt: skip
    screen.page.on("response", lambda got: seen.console[f"{got.status} {got.url}"].append(screen.place())
                   if got.status >= 400 else None)  # fmt: skip
    screen.page.emulate_media(reduced_motion="reduce")
    return screen


def main() -> None:
    asked = argparse.ArgumentParser(description="Every screen of the sample visit on contact sheets.")
    asked.add_argument("--to", type=Path, required=True)
    asked.add_argument("--walk", nargs="*", choices=list(WALKS), default=list(WALKS))
    asked.add_argument("--language", nargs="*", choices=list(language.LANGUAGES), default=list(language.LANGUAGES))
    asked.add_argument("--size", nargs="*", default=[f"{width}x{height}" for width, height in SIZES])
    asked.add_argument("--only", default="", help="pages whose name has this in it")
    asked.add_argument("--axe", action="store_true")
    asked.add_argument("--dark", action="store_true", help="as on a device that is set to dark")
    given = asked.parse_args()
    sizes = tuple((int(width), int(height)) for width, height in (size.split("x") for size in given.size))
    chromium = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name in given.walk:
            stage, role = WALKS[name]
            folder = given.to / name
            shutil.rmtree(folder / "visits", ignore_errors=True)
            sample = build_sample(folder / "visits", stage)
            with hub(folder / "visits") as url:
                for tongue in given.language:
                    language.use(tongue)
                    seen = Walk(folder / tongue, sizes, given.axe)
                    screen = browser_screen(browser, url, seen, given.dark)
                    if role:
                        walk_pages(screen, sample, role, tongue, seen, given.only)
                    elif name == "before":
                        walk_before(screen, tongue, seen)
                    else:
                        walk_screen(screen, sample, tongue, seen)
                    screen.page.context.close()
                    for size, pictures in seen.taken.items():
                        for sheet in sheets(pictures, given.to / f"{name}-{tongue}-{size[0]}"):
                            print(sheet)
                    findings = {
                        "english": seen.english, "wide": seen.wide, "console": seen.console, "grave": seen.grave,
                        "faults": seen.faults,
                    }  # fmt: skip
                    (folder / tongue).mkdir(parents=True, exist_ok=True)  # of a walk without such a page, too
                    (folder / tongue / "findings.json").write_text(json.dumps(findings, ensure_ascii=False, indent=1), "utf-8")
        browser.close()


if __name__ == "__main__":
    main()
