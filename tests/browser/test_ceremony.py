"""Both ceremonies as a room sees them: the secretary's tablet leads, a projector without any sign-in follows."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from inspection_app import verify
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from inspection_app.services.draw import CITIZENS, SITES, draw_state
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.screen import Shows, lead_screen, masked_name
from tests.browser.conftest import SampleAt, VisitAt
from tests.browser.screen import PATIENCE, Screen
from tests.browser.test_whole_visit import BOX, pick
from tests.hub import free_port, hub
from tests.test_verify import of_size

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"1920x1080": (1920, 1080), "1024x768": (1024, 768), "820x1180": (820, 1180)}
FITS = "() => document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
BALLS = "3141592"
CARDS = ["2718", "1618", "0577"]


class Projector:
    """A browser at the projector: signed in to nothing, it keeps no cookie and must ask nobody but the hub."""

    def __init__(self, browser: Browser, hub: str, slug: str) -> None:
        self.context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN", bypass_csp=True)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.foreign: list[str] = []
        self.told: list[str] = []
        self.page.on("request", lambda one: None if one.url.startswith(hub) or one.url.startswith("data:")
                     else self.foreign.append(one.url))  # fmt: skip
        self.page.on("response", lambda one: self.told.append(one.text()) if one.url.endswith("/now") and one.ok else None)
        self.page.goto(f"{hub}/screen/{quote(slug)}")

    def sees(self, text: str, within: str = "body") -> None:
        expect(self.page.locator(within).filter(has_text=text).first).to_be_visible(timeout=PATIENCE)

    def shot(self, folder: Path | None, name: str) -> None:
        """Take a picture at each size; nothing may need to be scrolled on a projector, or sideways on a tablet."""
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                self.page.screenshot(path=folder / f"{name}-{size}.png", animations="disabled")
            assert self.page.evaluate(FITS), (name, size)
        self.page.set_viewport_size({"width": 1920, "height": 1080})


@pytest.fixture
def prepared(visit_at: VisitAt) -> tuple[Sample, str]:
    return visit_at(Stage.PREPARE)


@pytest.fixture
def projector(prepared: tuple[Sample, str], chromium: Browser) -> Iterator[Projector]:
    sample, url = prepared
    made = Projector(chromium, url, sample.file.slug)
    yield made
    made.context.close()


def office_of(sample: Sample, screen: Screen) -> Screen:
    code = next(person.code for person in sample.codes if person.role is Role.SECRETARY)
    screen.come_in(sample.file.slug, code)
    screen.open("/draws")
    return screen


def lead(office: Screen, picture: str) -> None:
    office.unfold(_("Lead the public screen"))
    office.choose(_("Picture"), _(picture))


def shots_of_the_tablet(office: Screen, shots: Path | None, name: str) -> None:
    for size, (width, height) in SIZES.items():
        office.page.set_viewport_size({"width": width, "height": height})
        office.shot(shots, f"{name}-{size}")
    office.page.set_viewport_size({"width": 820, "height": 1180})


def lay_the_cards(office: Screen) -> None:
    for party, name in ((_("Applicant"), "孙立"), (_("Chair"), "程立言"), (_("Neither side"), "吴公证")):
        office.fill(_("{party}: who wrote the card?", party=party), name)
    office.tap(_("The cards lie face down"))


def draw_balls(office: Screen, digits: str) -> None:
    for digit in digits:
        office.tap(digit)


def open_the_cards(office: Screen) -> None:
    fields = office.page.get_by_test_id("stForm").get_by_role("textbox")
    for at, digits in enumerate(CARDS):
        fields.nth(at).fill(digits)
    office.confirm(_("Draw"))
    office.sees(_("Drawn."))


@pytest.mark.soak
def test_the_room_follows_both_ceremonies(
    prepared: tuple[Sample, str], screens: Callable[[str], Screen], projector: Projector, shots: Path | None
) -> None:
    """Each step stands on the projector as it happens; what comes out is what the visit keeps; nobody is named."""
    sample, url = prepared
    office = office_of(sample, screens(url))
    projector.sees("云岭县人民政府")
    projector.shot(shots, "ceremony-welcome")
    lead(office, "Agenda")
    projector.sees(_("Agenda"))
    projector.shot(shots, "ceremony-agenda")

    lead(office, "Draw of sites")
    projector.sees(_("The secretary locks the list. After that nobody can change it."))
    shots_of_the_tablet(office, shots, "ceremony-office-lock")
    office.tap(_("Lock the list"))
    kept = draw_state(sample.file, SITES).kept
    assert kept is not None
    code = f"{kept.locked.short_code[:4]} {kept.locked.short_code[4:]}"
    projector.sees(code, ".large")
    projector.sees(kept.locked.digest, ".digest")
    projector.shot(shots, "ceremony-sites-cards")
    shots_of_the_tablet(office, shots, "ceremony-office-cards")

    lay_the_cards(office)
    projector.sees("吴公证", ".witnesses")
    draw_balls(office, "314")
    projector.sees("314", ".large")
    office.tap("↶ " + _("Take the last digit back"))
    expect(projector.page.locator(".large")).to_have_text("31")
    draw_balls(office, BALLS[2:])
    projector.sees("314 159 2", ".large")
    projector.shot(shots, "ceremony-sites-digits")
    shots_of_the_tablet(office, shots, "ceremony-office-digits")
    office.confirm(_("Write them down"))
    projector.sees(_("The public digits are written down. Now the cards are opened."))
    shots_of_the_tablet(office, shots, "ceremony-office-open")

    open_the_cards(office)
    projector.sees(_("The order appears, one number after the other."))
    assert projector.page.locator(".place.empty").count() > 0
    projector.shot(shots, "ceremony-sites-appearing")
    expect(projector.page.locator(".place.empty")).to_have_count(0, timeout=PATIENCE)
    result = draw_state(sample.file, SITES).result
    assert result is not None
    (drawn,) = result.selected.values()
    assert projector.page.locator(".place b").all_inner_texts() == [str(number) for number in drawn]
    projector.shot(shots, "ceremony-sites-drawn")
    shots_of_the_tablet(office, shots, "ceremony-office-drawn")

    office.choose(_("Draw"), _("Citizens"))
    shots_of_the_tablet(office, shots, "ceremony-office-citizens-lock")
    office.tap(_("Lock the list"))
    lead(office, "Locked lists")
    projector.sees(_("Roster of citizens"))
    projector.shot(shots, "ceremony-lists")
    lead(office, "Draw of citizens")
    lay_the_cards(office)
    state = draw_state(sample.file, CITIZENS)
    office.choose(_("How the digits are drawn"), _("Ten-sided dice"))
    office.fill(_("Public digits, in the order drawn"), "0112358132134558914423337761098715972584")
    office.confirm(_("Write them down"))
    open_the_cards(office)
    projector.sees(_("The order appears, one number after the other."))
    projector.shot(shots, "ceremony-citizens-appearing")
    shots_of_the_tablet(office, shots, "ceremony-office-citizens-drawn")
    office.tap(_("Show it at once"))
    expect(projector.page.locator(".place.empty")).to_have_count(0, timeout=PATIENCE)
    projector.shot(shots, "ceremony-citizens-drawn")
    everything = projector.page.content() + "".join(projector.told)
    assert [one.name for one in state.roster if one.name in everything] == []

    certificate = draw_state(sample.file, CITIZENS).certificate
    assert certificate
    assert certificate["digits_by"] == "dice"

    office.unfold(_("Lead the public screen"))
    office.page.get_by_text(_("Show drawn citizens with masked names (otherwise their numbers only)")).tap()
    state = draw_state(sample.file, CITIZENS)
    assert state.result is not None
    first = next(iter(state.result.selected.values()))[0]
    projector.sees(masked_name(state.name(first)), ".place .name")
    projector.shot(shots, "ceremony-citizens-masked")
    everything = projector.page.content() + "".join(projector.told)
    assert [one.name for one in state.roster if one.name in everything] == []

    office.tap(_("Hide everything"))
    projector.sees("云岭县人民政府", ".large")
    assert projector.page.locator(".place").count() == 0
    assert projector.foreign == []
    assert projector.context.cookies() == []


def test_the_screen_never_shows_a_mark(visit_at: VisitAt) -> None:
    """Of a visit that is finished, with all its marks, no picture tells more than the visit, the agenda and the draws:
    the JSON has exactly the names that are known to be harmless, without any cookie."""
    sample, url = visit_at(Stage.SEALED)
    code = next(person.code for person in sample.codes if person.role is Role.SECRETARY)
    actor, _member = actor_of(sample.file, sign_in(sample.file, code))
    harmless = {
        "shows", "applicant", "title", "large", "small", "agenda", "lists", "sentence", "mark", "steps", "witnesses",
        "voided", "facts", "tickets", "count",
    }  # fmt: skip
    for shows in Shows:
        lead_screen(sample.file, actor, shows, datetime.now().astimezone())
        with urllib.request.urlopen(f"{url}/screen/{quote(sample.file.slug)}/now") as answer:
            assert answer.headers.get("set-cookie") is None
            told = json.load(answer)
        assert set(told["picture"]) <= harmless, shows
        assert told["picture"]["shows"] == shows
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{url}/screen/somebody-else/now")
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(f"{url}/screen/{quote(sample.file.slug)}/now", data=b"{}")


@pytest.mark.soak
def test_a_rehearsal_says_so_everywhere(
    prepared: tuple[Sample, str], screens: Callable[[str], Screen], projector: Projector, shots: Path | None, tmp_path: Path
) -> None:
    """A whole rehearsal carries its mark on both screens and in its certificate, the strangers' verifier reports it,
    and afterwards nothing is locked or drawn."""
    sample, url = prepared
    office = office_of(sample, screens(url))
    mark = _("REHEARSAL – this does not count")
    lead(office, "Draw of sites")
    office.tap(_("Rehearse first"))
    office.sees(mark)
    projector.sees(mark, "#mark")
    lay_the_cards(office)
    draw_balls(office, BALLS)
    office.confirm(_("Write them down"))
    open_the_cards(office)
    expect(projector.page.locator(".place.empty")).to_have_count(0, timeout=PATIENCE)
    projector.shot(shots, "ceremony-rehearsal")
    shots_of_the_tablet(office, shots, "ceremony-office-rehearsal")
    certificate = office.download(_("Only the file (JSON)"), tmp_path / "rehearsal.json")
    command = [sys.executable, "-I", verify.__file__, str(certificate)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0
    assert "rehearsal: True" in checked.stdout
    assert draw_state(sample.file, SITES).kept is None
    office.tap(_("End the rehearsal"))
    office.sees(_("The rehearsal is over. Nothing of it counts; it can be held again."))
    assert office.page.get_by_text(mark).count() == 0
    assert draw_state(sample.file, SITES).ceremonies == ()
    expect(projector.page.locator("#mark")).to_have_text("")


@pytest.mark.soak
def test_a_picture_without_its_hub_is_frozen(
    tmp_path: Path, sample_at: SampleAt, chromium: Browser, shots: Path | None
) -> None:
    """When the hub is gone the picture stays and the screen says since when; when it is back the line goes away."""
    sample, port = sample_at(tmp_path / "visits", Stage.PREPARE), free_port()
    with ExitStack() as running:
        url = running.enter_context(hub(tmp_path / "visits", port))
        projector = Projector(chromium, url, sample.file.slug)
        projector.sees("云岭县人民政府", ".large")
        running.close()  # kill -9
        since = _("The hub cannot be reached. This picture is frozen since {time}.").split("{time}")[0]
        projector.sees(since, "#frozen")
        projector.sees("云岭县人民政府", ".large")
        projector.shot(shots, "ceremony-frozen")
        running.enter_context(hub(tmp_path / "visits", port))
        expect(projector.page.locator("#frozen")).to_have_text("", timeout=PATIENCE)
        projector.context.close()


@pytest.mark.soak
def test_one_tap_hides_everything_else_on_the_laptop(
    prepared: tuple[Sample, str], screens: Callable[[str], Screen], chromium: Browser
) -> None:
    """From the draws page one tap puts the public screen alone on this device; its way back needs somebody's sign-in."""
    sample, url = prepared
    office = office_of(sample, screens(url))
    office.page.get_by_text(_("Only the public screen on this device")).tap()
    office.page.locator("#main .large").wait_for()
    assert office.page.locator("[data-testid=stApp]").count() == 0
    office.page.get_by_text(_("Back to the panel's pages")).tap()
    office.sees(_("Draws"), within="h1")
    stranger = Projector(chromium, url, sample.file.slug)
    stranger.page.goto(f"{url}/draws")
    stranger.page.locator("[data-testid=stApp]").wait_for()
    expect(stranger.page.get_by_text(_("Lead the public screen"))).to_have_count(0)
    stranger.context.close()


@pytest.mark.soak
def test_fresh_digits_for_who_does_not_come(
    tmp_path: Path, visit_at: VisitAt, screens: Callable[[str], Screen], shots: Path | None
) -> None:
    """On the draws page: the list of who is absent is closed, digits are drawn, somebody else comes, and the
    certificate that is downloaded says so to a stranger's verifier."""
    sample, url = visit_at(Stage.SCORE)
    office = office_of(sample, screens(url))
    office.choose(_("Draw"), _("Citizens"))
    before = draw_state(sample.file, CITIZENS)
    gone = before.standing_numbers[0]
    part = office.unfold(_("Fresh public digits for those who do not come"))
    with office.answered():
        pick(office, part.locator(BOX), f"{gone}　{before.name(gone)}")
    office.page.keyboard.press("Escape")
    office.fill(_("{name}: reason (it is printed)", name=f"{gone}　{before.name(gone)}"), "出差")
    names = _("Who signed the list? At least {count} names, with 、 or a comma between them", count=2)
    office.fill(names, "吴公证")
    shots_of_the_tablet(office, shots, "fresh-absent")
    office.tap(_("Close the list"), refused=True)
    office.fill(names, "吴公证、孙立")
    office.tap(_("Close the list"))
    office.sees(_("The list is closed. Now draw the digits."))
    shots_of_the_tablet(office, shots, "fresh-closed")
    office.fill(_("Fresh public digits, in the order drawn"), "271828")
    office.confirm(_("Draw the substitutes"))
    office.sees(_("The substitutes are drawn."))
    office.unfold(_("Fresh public digits for those who do not come"))
    shots_of_the_tablet(office, shots, "fresh-drawn")
    after = draw_state(sample.file, CITIZENS)
    assert after.fresh
    assert after.fresh.substitutes == ((gone, after.standing_numbers[0]),)
    certificate = office.download(_("Only the file (JSON)"), tmp_path / "fresh.json")
    command = [sys.executable, "-I", verify.__file__, str(certificate)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "ok      fresh.substitutes" in checked.stdout
    office.page.goto(f"{url}/check-a-draw")
    office.upload(certificate)
    office.sees(_("The first in the fresh order came for the absent."))
    shots_of_the_tablet(office, shots, "fresh-verified")


@pytest.mark.soak
def test_a_hostile_certificate_holds_nobody_up(
    prepared: tuple[Sample, str], screens: Callable[[str], Screen], tmp_path: Path, shots: Path | None
) -> None:
    """While the hub works at a certificate that takes it for ever, everybody else's pages open; leaving ends it."""
    sample, url = prepared
    office = office_of(sample, screens(url))
    other = office_of(sample, screens(url))
    bad = tmp_path / "endless.json"
    bad.write_text(of_size(200, 199_999, band="band\t*\tx\ty\t1\t1\n"), "utf-8")
    office.page.goto(f"{url}/check-a-draw")
    office.settle()
    office.page.locator("input[type=file]").set_input_files(bad)
    working = office.page.get_by_role("progressbar")
    expect(working).to_be_visible(timeout=PATIENCE)
    for title in (_("Home"), _("Draws")):
        other.turn_to(title)
    expect(working).to_be_visible()
    office.shot(shots, "verify-working")
    office.page.goto(f"{url}/check-a-draw")
    office.settle()
    expect(working).to_have_count(0)
