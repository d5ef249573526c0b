"""Photos on the score pad in a real browser: they wait as answers do, and arrive once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from inspection_app.language import _
from inspection_app.services.attach import evidence_of, read_evidence
from inspection_app.store.evidence import Place
from tests.browser.pad_tablet import Tablet
from tests.browser.screen import PATIENCE
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_photos_wait_with_the_answers_and_arrive_once(tablet: Tablet, line: Proxy, tmp_path: Path) -> None:
    """Out of range a photo is shown, captioned and counted as waiting, survives a reload, and is on the hub once; one that
    is removed before it left never gets there."""
    camera = tmp_path / "camera.jpg"
    Image.effect_noise((2600, 1950), 30).convert("RGB").save(camera, "JPEG", quality=80)
    tablet.open("6")
    line.cut()
    tablet.badge(_("hub unreachable since {time}", time="@").split("@")[0])
    photos = tablet.screen.pad.locator("figure.photo")
    for count in (1, 2):
        tablet.screen.pad.locator(".evidence input[type=file]").first.set_input_files(camera)
        expect(photos).to_have_count(count)
    photos.last.get_by_role("button", name=_("Remove"), exact=True).tap()
    expect(photos.last.locator(".badge")).to_have_text(_("Removed."))
    caption = photos.first.get_by_label(_("Caption (at most 30 characters)"))
    caption.fill("会议纪要首页")
    caption.blur()
    tablet.waits(1)
    tablet.page.context.route("**/pad/evidence?*", lambda route: route.abort())
    line.mend()
    tablet.page.reload()
    tablet.shows("6")
    expect(photos).to_have_count(1)
    tablet.waits(1)
    assert evidence_of(tablet.file, tablet.who, Place(item="6")) == ()
    tablet.page.context.unroute("**/pad/evidence?*")
    expect(photos.first.locator(".badge.saved")).to_be_visible(timeout=PATIENCE)
    tablet.screen.pad_saved()
    (kept,) = evidence_of(tablet.file, tablet.who, Place(item="6"))
    assert (kept.caption, kept.width, len(read_evidence(tablet.file, tablet.who, kept.id)[1]) <= 400_000) == ("会议纪要首页", 2000, True)
    tablet.page.reload()
    tablet.shows("6")
    expect(photos).to_have_count(1)
    expect(photos.locator("img")).to_have_js_property("complete", True)
    photos.get_by_role("button", name=_("Remove"), exact=True).tap()
    expect(photos.locator(".badge")).to_have_text(_("Removed."))
    tablet.screen.pad_saved()
    assert evidence_of(tablet.file, tablet.who, Place(item="6")) == ()
    photos.get_by_role("button", name=_("Undo"), exact=True).tap()
    expect(photos.locator(".badge.saved")).to_be_visible(timeout=PATIENCE)
    assert [one.id for one in evidence_of(tablet.file, tablet.who, Place(item="6"))] == [kept.id]
