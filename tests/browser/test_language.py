"""What runs without the entry script, a dialog and the callback of a field, speaks the reader's language all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inspection_app import language
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from tests.browser.conftest import VisitAt
from tests.browser.screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("tongue", [pytest.param(language.CHINESE, marks=pytest.mark.soak), language.ENGLISH])
def test_dialogs_and_callbacks_speak_the_readers_language(
    visit_at: VisitAt, screens: Callable[[str], Screen], tongue: str
) -> None:
    """The question before scoring is opened, and the refusal of a date as soon as its field is left."""
    sample, url = visit_at(Stage.PREPARE)
    code = next(person.code for person in sample.codes if person.role is Role.SECRETARY)
    language.use(tongue)
    screen = screens(url)
    screen.come_in(sample.file.slug, code, tongue)
    screen.open("/prepare")
    screen.tap(_("Open scoring"))
    screen.sees(_("Experts can then score; panel and assignment can no longer be changed. Draws stay possible."),
                within="[role=dialog]")  # fmt: skip
    screen.open("/application")
    field = screen.page.get_by_label("填表日期", exact=True)
    field.fill("明天")
    with screen.answered():
        field.blur()
    assert screen.faults() == [
        _("{title}: “{value}” is not a date. Write it like 2026年4月6日 or 2026年4月.", title="填表日期", value="明天")
    ]
    screen.open("/")  # without the fault: the last look at a screen expects none
