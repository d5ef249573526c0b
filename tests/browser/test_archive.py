"""The archive's page in a real browser, on the hub: made by one button, asked, narrowed, and taken away as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inspection_app.archive.samples import make_samples
from inspection_app.language import _
from tests.browser.screen import Screen
from tests.hub import hub

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.soak]


def test_the_office_asks_its_archive(tmp_path: Path, screens: Callable[[str], Screen], shots: Path | None) -> None:
    """Six sample visits: the page brings them in, draws, answers another question, and hands out files and a report."""
    folder = tmp_path / "visits"
    make_samples(folder, 6, panel=range(3, 5), workers=2)
    with hub(folder) as url:
        screen = screens(url)
        screen.open("/archive")
        screen.tap(_("Bring the archive up to date"))
        screen.sees(_("Rests on {count} sealed visits.", count=6))
        screen.shot(shots, "archive-years")
        screen.page.locator(".st-key-question input").click()
        with screen.answered():
            screen.page.get_by_role("option").nth(2).click()
        screen.sees(_("Lost in a visit, mean"))
        assert screen.page.locator("[data-testid=stVegaLiteChart]").count() >= 1
        screen.shot(shots, "archive-losses")
        for name, head in (("XLSX", b"PK"), ("CSV", b"\xef\xbb\xbf"), ("Parquet", b"PAR1")):
            assert screen.download(name, tmp_path / name).read_bytes().startswith(head)
        assert screen.download(_("Report of the year (PDF)"), tmp_path / "pdf").read_bytes().startswith(b"%PDF-")
