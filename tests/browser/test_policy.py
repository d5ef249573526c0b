"""What a page may load (the content security policy) hinders none of ours. The other tests here go without it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from inspection_app.core.visit import Role, Stage
from tests.browser.conftest import VisitAt

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.soak
def test_no_page_is_hindered(chromium: Browser, visit_at: VisitAt) -> None:
    """The chair's home page, the score pad, which runs as a component, and the charts come up, and the browser refuses
    nothing on them."""
    sample, url = visit_at(Stage.CONSOLIDATE)
    chair = next(who.code for who in sample.codes if who.role is Role.CHAIR)
    refused: list[str] = []
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
    join = f"/join/{sample.file.slug}/{chair}"  # it leads home
    for path, there in ((join, ".where"), ("/score", ".foot .badge"), ("/charts", "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")):
        page.goto(url + path)
        expect(page.locator(there).first).to_be_visible(timeout=30_000)
    context.close()
    assert refused == []
