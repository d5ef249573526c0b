"""Make the pictures of the READMEs anew: the sample visit's pages as a tablet shows them, and two pages of its report.

    python -m tests.screenshots [FOLDER]

Writes ``data/screenshots/*.webp`` and prints their sizes. Run it when a page has changed, and look at what it made.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from inspection_app.core.visit import Role, Stage
from inspection_app.sample import build_sample
from inspection_app.services.feed_back import report_pdf
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET
from tests.browser.screen import Screen
from tests.hub import ROOT, hub

HERE = ROOT / "data" / "screenshots"
LARGEST = 150_000  # bytes
PAGES = (
    # name, stage, role, path, what is tapped there, what stands there when the page is whole
    ("score", Stage.SCORE, Role.EXPERT, "/score?item=22", "", ".pad .foot"),
    ("deliberation", Stage.CONSOLIDATE, Role.CHAIR, "/consolidate", "逐项评议", "h1"),
    ("draws", Stage.SEALED, Role.CHAIR, "/draws", "", "h1"),
)
SHEETS = (0, 10)  # of the report: its head, and the marks by aspect


def pictures(browser: Browser, folder: Path) -> Iterator[tuple[str, Image.Image]]:
    for stage in dict.fromkeys(page[1] for page in PAGES):
        sample = build_sample(folder / str(stage), stage)
        with hub(folder / str(stage)) as url:
            for name, its_stage, role, path, tapped, whole in PAGES:
                if its_stage is stage:
                    code = next(who.code for who in sample.codes if who.role is role)
                    yield name, shown(browser, url, f"/join/{quote(sample.file.slug)}/{code}", path, tapped, whole)
        if stage is Stage.SEALED:
            yield "report", opened(report_pdf(sample.file, datetime.now().astimezone()))


def shown(browser: Browser, url: str, card: str, path: str, tapped: str, whole: str) -> Image.Image:
    """Sign in by a person's card, as at the visit, and take the page as high as the tablet is."""
    with browser.new_context(viewport={"width": TABLET["width"], "height": TABLET["height"]}, has_touch=True,
                             locale="zh-CN", bypass_csp=True) as context:  # fmt: skip
        screen = Screen(context.new_page(), url)
        screen.open(card)
        screen.open(path)
        if tapped:
            with screen.answered():
                screen.page.get_by_text(tapped, exact=True).first.tap()
            screen.settle()
        screen.page.locator(whole).first.wait_for()
        screen.page.wait_for_timeout(1500)  # charts and pictures draw themselves after the page is there
        return Image.open(io.BytesIO(screen.page.screenshot()))


def opened(pdf: bytes) -> Image.Image:
    """Lay two sheets of the report side by side."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [document[number].render(scale=1.2).to_pil() for number in SHEETS]
    gap = 24
    both = Image.new("RGB", (sum(page.width for page in pages) + 3 * gap, pages[0].height + 2 * gap), "#5B6575")
    for number, page in enumerate(pages):
        both.paste(page, (gap + number * (pages[0].width + gap), gap))
    return both


def main(to: Path = HERE) -> None:
    to.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("INSPECTION_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, picture in pictures(browser, Path(folder)):
            path = to / f"{name}.webp"
            picture.convert("RGB").save(path, "WEBP", quality=80, method=6)
            size = path.stat().st_size
            print(f"{path.name:20} {picture.width} × {picture.height}  {size:>8,} bytes")
            if size > LARGEST:
                sys.exit(f"{path.name} is larger than {LARGEST:,} bytes")
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
