"""Photos of sites and activities on the page On site, in a real browser: they wait on the tablet, and arrive once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from inspection_app.core.programme import Draws
from inspection_app.language import _
from inspection_app.services import keep, observe
from inspection_app.services.attach import evidence_of, read_evidence
from inspection_app.store.evidence import Place
from tests.browser.pad_tablet import Tablet, now
from tests.browser.screen import PATIENCE
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.soak]


def picture(folder: Path, side: int = 2600) -> Path:
    Image.effect_noise((side, 1950), 30).convert("RGB").save(folder / "camera.jpg", "JPEG", quality=80)
    return folder / "camera.jpg"


def on_site(tablet: Tablet) -> tuple[int, str]:
    """Open the page at the visiting of sites; return the activity and the first site."""
    tablet.hurry(look=300)
    held = observe.programme(tablet.file)
    activity = next(one.id for one in held.activities if one.draws is Draws.SITES)
    tablet.screen.come_in(tablet.file.slug, tablet.code)
    tablet.screen.open(f"/on-site?activity={activity}")
    return activity, next(iter(held.sites.values())).name


def unfolded(tablet: Tablet, site: str) -> Locator:
    """Unfold a site and return its box."""
    part = tablet.page.get_by_test_id("stExpander").filter(has_text=site)
    with tablet.screen.answered():
        part.locator("summary").tap()
    box = part.locator(".pad.alone")
    expect(box.get_by_text(_("Photo"), exact=False).first).to_be_visible(timeout=PATIENCE)
    return box


def test_a_photo_of_a_site_waits_and_arrives_once(tablet: Tablet, line: Proxy, tmp_path: Path) -> None:
    """Out of range it is shown as waiting at once, and its caption is kept; it outlives a reload, goes on from the box of
    another place on the page, and is on the hub once, small."""
    _activity, site = on_site(tablet)
    box = unfolded(tablet, site)
    line.cut()
    tablet.screen.lost()
    box.locator("input[type=file]").first.set_input_files(picture(tmp_path))
    photo = box.locator("figure.photo")
    expect(photo.locator(".badge.waiting")).to_contain_text(_("waiting to be sent for {age}", age="@").split("@")[0])
    photo.get_by_label(_("Caption (at most 30 characters)")).fill("检测大厅")
    photo.get_by_label(_("Caption (at most 30 characters)")).blur()
    tablet.page.context.route("**/pad/evidence?*site=*", lambda route: route.abort())
    line.mend()
    tablet.screen.reload()
    waits = _("Waiting on this tablet, with those of other places: {count}", count=1)
    expect(tablet.page.locator(".pad.alone").last.get_by_text(waits)).to_be_visible(timeout=PATIENCE)
    box = unfolded(tablet, site)
    expect(photo.locator(".badge.waiting")).to_contain_text(_("waiting to be sent for {age}", age="@").split("@")[0])
    assert evidence_of(tablet.file, tablet.who, Place(site=site)) == ()
    tablet.page.context.unroute("**/pad/evidence?*site=*")
    expect(photo.locator(".badge.saved")).to_be_visible(timeout=PATIENCE)
    (kept,) = evidence_of(tablet.file, tablet.who, Place(site=site))
    size = len(read_evidence(tablet.file, tablet.who, kept.id)[1])
    assert (kept.caption, kept.width, size <= 400_000) == ("检测大厅", 2000, True)
    photo.get_by_role("button", name=_("Remove"), exact=True).tap()
    expect(photo.locator(".badge")).to_have_text(_("Removed."))
    photo.get_by_role("button", name=_("Undo"), exact=True).tap()
    expect(photo.locator(".badge.saved")).to_be_visible(timeout=PATIENCE)
    assert [one.id for one in evidence_of(tablet.file, tablet.who, Place(site=site))] == [kept.id]


def test_a_photo_of_an_activity_that_a_restore_took(tablet: Tablet, tmp_path: Path) -> None:
    """The page notices by itself that the hub was put back, and the photo is there again, once."""
    activity, _site = on_site(tablet)
    snapshot = keep.snapshot(tablet.file, now()).path
    box = tablet.page.locator(".pad.alone").last
    box.locator("input[type=file]").first.set_input_files(picture(tmp_path, 300))
    expect(box.locator("figure.photo .badge.saved")).to_be_visible(timeout=PATIENCE)
    keep.restore(tablet.file, None, snapshot, now())
    assert evidence_of(tablet.file, tablet.who, Place(activity=activity)) == ()
    with tablet.page.expect_response("**/pad/evidence?*activity=*"):
        pass
    expect(box.locator("figure.photo .badge.saved")).to_be_visible(timeout=PATIENCE)
    assert len(evidence_of(tablet.file, tablet.who, Place(activity=activity))) == 1


def test_the_score_pad_sends_what_was_taken_on_site(tablet: Tablet, line: Proxy, tmp_path: Path) -> None:
    """A photo that waits goes on when the score sheet is opened in the same window, and there is one sender."""
    activity, _site = on_site(tablet)
    box = tablet.page.locator(".pad.alone").last
    before = len(evidence_of(tablet.file, tablet.who, Place(activity=activity)))
    tablet.page.context.route("**/pad/evidence?*", lambda route: route.abort())
    box.locator("input[type=file]").first.set_input_files(picture(tmp_path, 301))
    expect(box.locator("figure.photo .badge.waiting")).to_be_visible(timeout=PATIENCE)
    tablet.page.get_by_test_id("stTopNavLink").get_by_text(_("Score"), exact=True).tap()
    tablet.waits(1)
    tablet.page.context.unroute("**/pad/evidence?*")
    expect(tablet.screen.pad.locator(".foot .badge.waiting")).to_have_count(0, timeout=PATIENCE)
    assert len(evidence_of(tablet.file, tablet.who, Place(activity=activity))) == before + 1
    tablet.page.get_by_test_id("stTopNavLink").get_by_text(_("On site"), exact=True).tap()
    tablet.screen.choose(
        _("Activity"), next(one.title for one in observe.programme(tablet.file).activities if one.id == activity)
    )
    expect(tablet.page.locator(".pad.alone .badge.saved").last).to_be_visible(timeout=PATIENCE)
