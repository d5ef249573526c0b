"""What somebody is entering stays where it is: after a refusal, the last mark of an item, the overview, a restart."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inspection_app.core.rubric import Choice, Tick
from inspection_app.core.visit import Actor, Role, Stage
from inspection_app.language import _
from inspection_app.services.score import sheet_of
from inspection_app.store.file import VisitFile
from tests.browser.conftest import VisitAt
from tests.browser.screen import Screen
from tests.browser.test_visit import RUBRIC, actor, go_over_the_overview, item_title, step_on
from tests.conftest import SampleAt
from tests.hub import free_port, hub

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REASON = "以省长质量奖提名文件为准，按第一档定分。"
NOTE = "规划印发文件齐全，目标可量化。"


@pytest.mark.soak
def test_what_was_written_stays_when_it_is_refused(visit_at: VisitAt, screens: Callable[[str], Screen]) -> None:
    """Points above the ceiling are refused, and the reason that was written for them is still there."""
    sample, url = visit_at(Stage.CONSOLIDATE)
    screen = screens(url)
    screen.come_in(sample.file.slug, next(person.code for person in sample.codes if person.role is Role.CHAIR))
    screen.open("/consolidate")
    screen.choose(_("Part"), _("Deliberation"))
    screen.page.get_by_test_id("stForm").get_by_role("textbox").first.fill("99")
    screen.fill(_("Reason"), REASON)
    screen.tap(_("Record the decision"), refused=True)
    expect(screen.page.get_by_label(_("Reason"), exact=True)).to_have_value(REASON)


@pytest.fixture
def scoring(visit_at: VisitAt, screens: Callable[[str], Screen]) -> tuple[Screen, VisitFile, Actor]:
    """An expert's tablet in the sample visit half-way through scoring."""
    sample, url = visit_at(Stage.SCORE)
    code = next(person.code for person in sample.codes if person.role is Role.EXPERT)
    screen = screens(url)
    screen.come_in(sample.file.slug, code)
    return screen, sample.file, actor(sample.file, code)


def test_an_item_stays_open_until_its_expert_leaves_it(scoring: tuple[Screen, VisitFile, Actor]) -> None:
    """Where the address names no item the first missing one is open, and it stays open when its last mark is in."""
    screen, file, who = scoring
    first, second, *_others = sheet_of(file, who).missing
    screen.open("/score")
    screen.sees(item_title(first), within=".item-head")
    for criterion in RUBRIC.item(first).criteria:
        assert isinstance(criterion, Tick)  # in the sample as it is
        screen.pad_choose(criterion.text, _("Reached"))
    screen.pad_enter(_("Note"), NOTE)
    screen.pad_saved()
    screen.sees(item_title(first), within=".item-head")
    entries = sheet_of(file, who).entries
    assert entries[first].note == NOTE
    assert second not in entries


def test_an_answer_stays_with_its_item_after_the_overview(scoring: tuple[Screen, VisitFile, Actor]) -> None:
    """What was picked in the overview is not picked again by an answer given after going on to the next item."""
    screen, file, who = scoring
    screen.open("/score?item=30")
    for no in ("4", "11"):
        go_over_the_overview(screen, no)
    step_on(screen)
    screen.sees(item_title("12"), within=".item-head")
    (only,) = RUBRIC.item("12").criteria
    assert isinstance(only, Choice)
    screen.pad_choose(_("Choose the tier that holds"), re.compile("^" + re.escape(only.tiers[2].text)))
    screen.pad_saved()
    screen.sees(item_title("12"), within=".item-head")
    assert sheet_of(file, who).entries["12"].answers["1"] == 3


@pytest.mark.soak
def test_the_first_change_after_a_restart_is_kept(
    tmp_path: Path, sample_at: SampleAt, screens: Callable[[str], Screen]
) -> None:
    """A tap or a note made right after the hub came back, on the page as it was, is saved like any other."""
    sample = sample_at(tmp_path / "visits", Stage.SCORE)
    code = next(person.code for person in sample.codes if person.role is Role.EXPERT)
    who, port = actor(sample.file, code), free_port()
    with ExitStack() as running:
        url = running.enter_context(hub(tmp_path / "visits", port))
        screen = screens(url)
        screen.open(f"/join/{sample.file.slug}/{code}")
        screen.open("/score?item=2")
        screen.pad.get_by_label(_("Note"), exact=True).wait_for()
        changes: tuple[Callable[[], None], ...] = (
            lambda: screen.pad_choose(RUBRIC.item("2").criteria[0].text, _("Not reached")),
            lambda: screen.pad_enter(_("Note"), NOTE),
        )
        for change in changes:
            running.close()
            screen.lost()
            running.enter_context(hub(tmp_path / "visits", port))
            screen.settle()
            change()
            screen.pad_saved()
    entry = sheet_of(sample.file, who).entries["2"]
    assert (entry.answers["1"], entry.note) == (False, NOTE)
