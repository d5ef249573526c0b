"""After the hub was put back to an earlier snapshot: tablets send again what it had acknowledged and lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from inspection_app.language import _
from inspection_app.services import keep
from inspection_app.services.attach import evidence_of
from inspection_app.services.score import answer_item
from inspection_app.store.evidence import Place
from tests.browser.pad_tablet import TIMES, Tablet, now
from tests.browser.screen import PATIENCE
from tests.tcp_proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def five_revisions(tablet: Tablet, no: str, word: str) -> tuple[int, Path]:
    """Save five revisions on the tablet; return how many were there before, and a snapshot from after the third."""
    tablet.open(no)
    before, place = tablet.revision(no), Path()
    for number in range(1, 6):
        tablet.note().fill(f"{word}{number}")
        tablet.note().blur()
        tablet.screen.pad_saved()
        assert tablet.entry(no).note == f"{word}{number}"
        if number == 3:
            place = keep.snapshot(tablet.file, now()).path
    assert tablet.revision(no) == before + 5
    return before, place


@pytest.mark.soak
@pytest.mark.parametrize("closed", [False, True])
def test_what_a_restore_took_is_sent_again(tablet: Tablet, tablets: Callable[[], Tablet], closed: bool) -> None:
    """What the hub had acknowledged and lost waits again, and is on the hub once, from whatever tablet knows it."""
    no = "17"
    before, snapshot = five_revisions(tablet, no, f"恢复{closed}")
    tablet.page.reload()
    tablet.shows(no)
    tablet.screen.pad_saved()
    if closed:
        tablet.page.goto("about:blank")
    else:
        other = tablets()
        other.open(no)
        tablet.page.route("**/pad/sheet?*", lambda route: route.abort())
    keep.restore(tablet.file, None, snapshot, now())
    assert tablet.revision(no) == before + 3
    if closed:
        tablet.open(no)
    else:
        other.page.close()
        tablet.badge(_("waiting: {count} (oldest {age})", count="@", age="").split("@")[0])
        tablet.page.unroute("**/pad/sheet?*")
    tablet.screen.pad_saved()
    expect(tablet.note()).to_have_value(f"恢复{closed}5")
    expected = [f"恢复{closed}{number}" for number in (1, 2, 3, 5)]
    assert tablet.notes(no, before) == expected
    tablet.page.reload()
    tablet.shows(no)
    tablet.page.wait_for_timeout(3 * TIMES["pulse"])
    tablet.screen.pad_saved()
    assert tablet.notes(no, before) == expected


@pytest.mark.soak
def test_a_restore_and_another_hand(tablet: Tablet, line: Proxy) -> None:
    """Where others counted up to the tablet's number after a restore, both versions are shown and neither is lost."""
    no = "18"
    before, snapshot = five_revisions(tablet, no, "本机")
    line.cut()
    tablet.badge(_("hub unreachable since {time}", time="@").split("@")[0])
    keep.restore(tablet.file, None, snapshot, now())
    for number in (4, 5):
        entry = tablet.entry(no)
        answer_item(tablet.file, tablet.who, no, entry.answers, f"别处{number}", base=entry.revision, now=now())
    assert tablet.revision(no) == before + 5
    line.mend()
    tablet.badge(_("two versions: choose one"))
    tablet.screen.pad.locator(".versions").get_by_role("button", name=_("Use this one")).tap()
    tablet.screen.pad_saved()
    assert tablet.notes(no, before) == ["本机1", "本机2", "本机3", "别处4", "别处5", "本机5"]


@pytest.mark.soak
def test_what_waits_goes_on_top_of_what_a_restore_took(tablet: Tablet, line: Proxy) -> None:
    """A change that was made from a lost revision arrives without a question, and the lost one stands before it."""
    no = "19"
    before, snapshot = five_revisions(tablet, no, "积压")
    line.cut()
    tablet.note().fill("积压6")
    tablet.note().blur()
    tablet.waits(1)
    keep.restore(tablet.file, None, snapshot, now())
    line.mend()
    tablet.screen.pad_saved()
    assert tablet.notes(no, before) == ["积压1", "积压2", "积压3", "积压5", "积压6"]


@pytest.mark.soak
@pytest.mark.parametrize("whole", [True, False])
def test_photos_that_a_restore_took_are_sent_again(tablet: Tablet, tmp_path: Path, whole: bool) -> None:
    """A photo that the hub had acknowledged and lost, and a caption and a removal, are there again once; of a photo that
    the tablet does not have whole any more it says so."""
    no, words = "20" if whole else "22", _("Caption (at most 30 characters)")
    if not whole:
        tablet.hurry(photoWhole=0)
    photos = tablet.open(no).locator("figure.photo")

    def take(number: int) -> None:
        Image.effect_noise((300 + number, 200), 30).convert("RGB").save(tmp_path / "one.jpg", "JPEG")
        tablet.screen.pad.locator(".evidence input[type=file]").first.set_input_files(tmp_path / "one.jpg")
        expect(photos.nth(number).locator(".badge.saved")).to_be_visible(timeout=PATIENCE)

    def has() -> list[tuple[str, int]]:
        return sorted((one.caption, one.width) for one in evidence_of(tablet.file, tablet.who, Place(item=no)))

    take(0)
    take(1)
    snapshot = keep.snapshot(tablet.file, now()).path
    photos.nth(0).get_by_label(words).fill("说明")
    photos.nth(0).get_by_label(words).blur()
    photos.nth(1).get_by_role("button", name=_("Remove"), exact=True).tap()
    tablet.screen.pad_saved()
    take(2)
    tablet.screen.pad_saved()
    assert has() == [("", 302), ("说明", 300)]
    keep.restore(tablet.file, None, snapshot, now())
    assert has() == [("", 300), ("", 301)]
    if whole:
        tablet.page.wait_for_timeout(2 * TIMES["pulse"])
        tablet.screen.pad_saved()
        assert has() == [("", 302), ("说明", 300)]
        tablet.page.reload()
        tablet.shows(no)
        expect(photos).to_have_count(2)
    else:
        expect(photos.nth(2).locator(".fault")).to_contain_text("✗", timeout=PATIENCE)
        tablet.badge(_("not saved: item {items}", items=no))
        photos.nth(2).get_by_role("button", name=_("Remove"), exact=True).tap()
    tablet.screen.pad_saved()
    assert has() == ([("", 302), ("说明", 300)] if whole else [("说明", 300)])
