"""A photo of 12 megapixels on the pad: from choosing it to its thumbnail on the screen, to "saved", and bytes on the wire.

    python -m tests.benchmarks.photos [--photos 5] [--shots FOLDER]

A hub in a process of its own, a real Chromium of a tablet's size. The clock begins when the browser hands the chosen file
to the page and ends with the frame in which its thumbnail is painted. Goals: 2 s to the screen, 400 kB on the wire.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect, sync_playwright

from inspection_app.core.visit import Role, Stage
from inspection_app.sample import build_sample
from inspection_app.services.attach import evidence_for_report
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET
from tests.hub import hub

SIZE = (4000, 3000)

WATCH = """() => {
  window.photoTimes = [];
  document.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    const began = performance.now();
    const before = document.querySelectorAll("figure.photo").length;
    const look = () => {
      const figures = [...document.querySelectorAll("figure.photo img")];
      if (figures.length <= before || !figures.at(-1).complete || !figures.at(-1).naturalWidth) return requestAnimationFrame(look);
      requestAnimationFrame(() => requestAnimationFrame(() => window.photoTimes.push(performance.now() - began)));
    };
    look();
  }, true);
}"""


def camera(number: int, size: tuple[int, int] = SIZE) -> bytes:
    """A photo as a tablet's camera makes one: 12 megapixels of paper, print, shadow and grain, with its time in it."""
    width, height = size
    paper = Image.linear_gradient("L").resize(size).point(lambda level: 150 + level // 3)
    grain = Image.effect_noise((width // 2, height // 2), 40).resize(size)
    picture = Image.merge("RGB", [Image.blend(paper, grain, 0.12)] * 3)
    pen = ImageDraw.Draw(picture)
    for line in range(60):
        for word in range(40):
            left, top = 120 + word * width // 42, 100 + line * height // 62
            pen.rectangle((left, top, left + (word * 7 + line * 3 + number) % 70, top + 22), fill=(40, 40, 46 + word))
    pen.ellipse((width // 2, height // 3, width // 2 + 900, height // 3 + 900), outline=(190, 20, 30), width=30)
    exif = Image.Exif()
    exif[0x010F] = "camera"
    exif.get_ifd(0x8769)[0x9003] = f"2026:05:12 10:20:{number % 60:02}"
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=93, exif=exif)
    return out.getvalue()


def attached(page: Page, photo: Path) -> tuple[float, int]:
    """Choose a photo on the open item; return milliseconds to the screen and bytes on the wire."""
    before = page.evaluate("window.photoTimes.length")
    with page.expect_event(
        "requestfinished", lambda asked: "/pad/evidence?" in asked.url, timeout=60_000
    ) as under_way:
        page.locator(".evidence input[type=file]").first.set_input_files(photo)
    while page.evaluate("window.photoTimes.length") == before:  # the hub's pages let no text be run as a script
        page.wait_for_timeout(50)
    return page.evaluate("window.photoTimes.at(-1)"), int(under_way.value.all_headers()["content-length"])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--photos", type=int, default=5)
    asked.add_argument("--shots", type=Path)
    given = asked.parse_args()
    chromium = os.environ.get("INSPECTION_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        sample = build_sample(Path(folder) / "visits", Stage.SCORE)
        code = next(person.code for person in sample.codes if person.role is Role.EXPERT)
        with hub(Path(folder) / "visits") as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": TABLET["width"], "height": TABLET["height"]}, has_touch=True, locale="zh-CN")
            page.goto(f"{url}/join/{sample.file.slug}/{code}")
            page.goto(f"{url}/score?item=1")
            page.locator(".pad .evidence").wait_for()
            page.evaluate(WATCH)
            times, sizes, sent = [], [], []
            for number in range(given.photos):
                photo = Path(folder) / f"{number}.jpg"
                photo.write_bytes(camera(number))
                took, size = attached(page, photo)
                expect(page.locator("figure.photo .badge.saved")).to_have_count(number + 1, timeout=60_000)
                times.append(took)
                sizes.append(size)
                sent.append(photo.stat().st_size)
            if given.shots:
                page.locator(".pad .evidence").scroll_into_view_if_needed()
                page.screenshot(path=given.shots / "photos.png")
            kept = [len(one.content) for one in evidence_for_report(sample.file)]
            taken = [f"{one.evidence.taken:%H:%M:%S}" for one in evidence_for_report(sample.file)]
            browser.close()
    print(f"{SIZE[0] * SIZE[1] / 1e6:.0f} MP, {statistics.mean(sent) / 1e6:.1f} MB each; {given.photos} photos")
    print(f"on the screen: median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms (goal 2000)")
    print(f"on the wire: median {statistics.median(sizes) / 1000:.0f} kB, largest {max(sizes) / 1000:.0f} kB (goal 400)")
    print(f"kept on the hub: median {statistics.median(kept) / 1000:.0f} kB; their times: {', '.join(taken)}")


if __name__ == "__main__":
    main()
