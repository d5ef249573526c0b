"""The list of visits, a finished visit's set-up, the check-up and the clock, as people meet them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inspection_app.core.visit import Appointment, Description, Role, Stage
from inspection_app.files import load_rubric_file
from inspection_app.language import _
from inspection_app.sample import Sample, build_sample
from inspection_app.services.prepare import create_visit
from inspection_app.services.screen import screen_led
from inspection_app.store.file import visit_files
from tests.browser.screen import PATIENCE, Screen
from tests.hub import hub
from tests.services.conftest import NOW

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def sign_in(screen: Screen, sample: Sample, role: Role) -> None:
    code = next(person.code for person in sample.codes if person.role is role)
    screen.open(f"/join/{sample.file.slug}/{code}")


def create(folder: Path, applicant: str, day: int) -> None:
    panel = [Appointment("高知微", Role.SECRETARY), Appointment("章北川", Role.CHAIR), Appointment("江晚舟", Role.EXPERT)]
    described = Description(applicant, "县", date(2026, 6, day), date(2026, 6, day + 1))
    create_visit(folder, load_rubric_file("henan-county"), described, panel, entropy=os.urandom, now=NOW)


@pytest.mark.soak
def test_visits_are_found(tmp_path: Path, screens: Callable[[str], Screen]) -> None:
    """A card a visit with its stage and what is missing; from six on there is a search, and it says when it finds none."""
    folder = tmp_path / "visits"
    sample = build_sample(folder, Stage.SCORE)
    for day, name in enumerate(("甲县", "乙县", "丙县", "丁县"), 1):
        create(folder, name, day)
    with hub(folder) as url:
        screen = screens(url)
        screen.open("/")
        cards = screen.page.locator(".cards .card")
        expect(cards).to_have_count(5)
        assert screen.page.get_by_label(_("Search: applicant, rubric or date")).count() == 0
        create(folder, "戊县", 9)
        screen.reload()
        screen.enter(_("Search: applicant, rubric or date"), "云岭 2026")
        expect(cards).to_have_count(1)
        assert _("{done} of {all} score sheets are in.", done=0, all=5) in cards.inner_text()
        screen.enter(_("Search: applicant, rubric or date"), "没有这个县")
        screen.sees(_("No visit found"))
        screen.enter(_("Search: applicant, rubric or date"), "云岭")
        cards.locator("a.go").tap()
        screen.page.wait_for_url(f"**/sign-in?visit={'*'}")
        assert sample.file.slug in screen.place()


@pytest.mark.soak
def test_a_sealed_visits_set_up_makes_a_new_one(tmp_path: Path, screens: Callable[[str], Screen]) -> None:
    """The secretary gives applicant and days, the codes are shown once, and the way leads into the new visit."""
    folder = tmp_path / "visits"
    sample = build_sample(folder, Stage.SEALED)
    with hub(folder) as url:
        screen = screens(url)
        sign_in(screen, sample, Role.SECRETARY)
        screen.unfold(_("Copy the set-up into a new visit"))
        screen.fill(_("Applicant"), "白水县人民政府")
        screen.tap(_("Create the visit"))
        screen.sees(_("The visit is created"))
        screen.page.get_by_role("link", name=_("Continue as secretary")).tap()
        expect(screen.page.locator(".where b")).to_have_text("白水县人民政府", timeout=PATIENCE)
    assert len(visit_files(folder)) == 2


@pytest.mark.soak
def test_the_clock_is_led_on_home_and_seen_in_the_room(tmp_path: Path, screens: Callable[[str], Screen]) -> None:
    """Started by the secretary, a minute more, seen on the projector and by an expert, and taken off again."""
    folder = tmp_path / "visits"
    sample = build_sample(folder, Stage.SCORE)
    with hub(folder) as url:
        office, expert, projector = screens(url), screens(url), screens(url).page
        projector.goto(f"{url}/screen/{sample.file.slug}")
        expect(projector.locator("#left")).to_be_hidden()
        sign_in(office, sample, Role.SECRETARY)
        office.unfold(_("Clock on the public screen"))
        office.tap(_("Start"))
        office.tap(_("+1 min"))
        expect(projector.locator("#left b")).to_contain_text("10:", timeout=PATIENCE)
        expect(projector.locator("tr.now")).to_have_count(1)
        sign_in(expert, sample, Role.EXPERT)
        expert.sees(_("Time left"))
        assert expert.page.get_by_text(_("Clock on the public screen")).count() == 0
        projector.route("**/now", lambda route: route.abort())
        expect(projector.locator("body.frozen #frozen")).to_contain_text(":", timeout=PATIENCE)
        projector.unroute("**/now")
        expect(projector.locator("#frozen")).to_have_text("", timeout=PATIENCE)
        office.tap(_("Stop"))
        expect(projector.locator("#left")).to_be_hidden(timeout=PATIENCE)
    assert screen_led(sample.file).clock is None


@pytest.mark.soak
def test_the_check_up_ends_in_one_line(tmp_path: Path, screens: Callable[[str], Screen]) -> None:
    """Whoever ticks what to look at, and has nothing to mend, is ready; this hub is in no network, so it is not."""
    folder = tmp_path / "visits"
    build_sample(folder, Stage.PREPARE)
    (folder / "broken.visit").write_bytes(b"no visit" * 1000)
    with hub(folder) as url:
        screen = screens(url)
        screen.open("/check-up")
        with screen.answered():
            screen.page.get_by_role("button", name=_("Check everything now")).tap()
        rows = screen.page.locator(".checked-up")
        expect(rows.first).to_be_visible(timeout=PATIENCE)
        assert rows.count() >= 9
        look = screen.page.locator(".checked-up .badge.waiting")
        before = look.count()
        with screen.answered():
            screen.page.get_by_text(_("Seen"), exact=True).first.tap()
        expect(look).to_have_count(before - 1)
        assert screen.page.get_by_text(_("This laptop is in no network that tablets could reach it by.")).is_visible()
        screen.sees(_("Put a snapshot of “{slug}” back under “Visits”.", slug="broken"))
        mend = screen.page.locator(".checked-up .badge.refused").count()
        assert _("Not yet: {count} points are to be mended.", count=mend) in screen.faults()
