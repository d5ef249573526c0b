"""An expert's tablet with the score pad open on it, for the tests of the pad: what a person does at it, what the hub has.

The pad's times are shortened by its own arguments; the long forms are soak tests.
"""

from __future__ import annotations

import json
import re
from datetime import datetime

from playwright.sync_api import Locator, expect

from inspection_app import load_rubric
from inspection_app.core.rubric import Tick
from inspection_app.core.visit import Actor, Role
from inspection_app.language import _
from inspection_app.sample import Sample
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.score import revision, sheet_of
from inspection_app.store.file import VisitFile
from inspection_app.store.sheets import Entry
from tests.browser.screen import PATIENCE, Screen

RUBRIC = load_rubric("henan-county")
TICKED = [item.no for item in RUBRIC.items if all(isinstance(one, Tick) for one in item.criteria)]
TIMES = {
    "typing": 100, "send": 1500, "pulse": 300, "pulseAnswer": 1000, "backOff": 100, "backOffMost": 400, "adopt": 500,
    "photoAgain": 200,
}  # fmt: skip
"""Milliseconds."""
SHORT = f"window.scorePadTimes = {json.dumps(TIMES)};"


def experts(sample: Sample) -> list[str]:
    """Return the codes of the experts on the panel."""
    return [person.code for person in sample.codes if person.role is Role.EXPERT]


def actor(file: VisitFile, code: str) -> Actor:
    return actor_of(file, sign_in(file, code))[0]


def now() -> datetime:
    return datetime.now().astimezone()


class Tablet:
    """An expert's tablet with the pad open on it, and what the visit's file says of that expert's sheet."""

    def __init__(self, screen: Screen, sample: Sample, code: str) -> None:
        self.screen, self.page, self.file = screen, screen.page, sample.file
        self.code, self.who = code, actor(sample.file, code)
        screen.page.context.add_init_script(SHORT)

    def hurry(self, **times: int) -> None:
        """Give the pad other times, from the next loading on."""
        self.page.context.add_init_script(f"window.scorePadTimes = {json.dumps(TIMES | times)};")

    def open(self, no: str) -> Locator:
        self.screen.page.goto(f"{self.screen.hub}/join/{self.file.slug}/{self.code}")
        self.screen.page.goto(f"{self.screen.hub}/score?item={no}")
        self.shows(no)
        return self.screen.pad

    def shows(self, no: str) -> None:
        expect(self.screen.pad.locator(".title")).to_contain_text(RUBRIC.item(no).content)

    def tap(self, no: str, option: str, clause: int = 0) -> None:
        self.screen.pad_choose(RUBRIC.item(no).criteria[clause].text, option)

    def note(self) -> Locator:
        return self.screen.pad.get_by_label(_("Note"), exact=True)

    def badge(self, text: str | re.Pattern[str]) -> None:
        expect(self.screen.pad.locator(".foot .badge")).to_contain_text(text, timeout=PATIENCE)

    def waits(self, count: int) -> None:
        self.badge(_("waiting: {count} (oldest {age})", count=count, age="@").split("@")[0])

    def entry(self, no: str) -> Entry:
        return sheet_of(self.file, self.who).entries[no]

    def revision(self, no: str) -> int:
        found = sheet_of(self.file, self.who).entries.get(no)
        return found.revision if found else 0

    def stored(self) -> dict[str, dict[str, object]]:
        """What is in the tablet's own storage, by item."""
        text = self.page.evaluate("() => JSON.stringify({...localStorage})")
        prefix = f"pad/{self.file.slug}/{self.who.member_id}/"
        return {key.removeprefix(prefix): json.loads(value) for key, value in json.loads(text).items() if key.startswith(prefix)}

    def notes(self, no: str, after: int) -> list[str]:
        """Return the notes of all revisions after this one, as the hub has them."""
        found = (revision(self.file, self.who, no, number) for number in range(after + 1, self.revision(no) + 1))
        return [one.note for one in found if one]
