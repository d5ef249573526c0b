"""Preview equals authority: the pad's points and ``core.scoring`` agree, answer by answer, in a real browser."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from inspection_app import load_rubric, scorepad
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Rubric, Step, Tick
from inspection_app.core.scoring import score_item
from inspection_app.core.table import part_choices, ranges, reading_of
from inspection_app.errors import ScoreError
from inspection_app.places import shipped
from inspection_app.services.pad import rubric_json

pytestmark = pytest.mark.browser

RUBRICS = sorted(path.stem for path in shipped("rubrics").glob("*.yaml"))
LEAST = Decimal("0.000000001")  # beside the end of a range
WRONG: list[Any] = ["", " ", "abc", "1,234", "1e3", "--1", "9" * 21, "²", "0x10", ".", "∞", [], {}, ["1"], None, "na"]
REASON = "现场核对原件"

RUN = """async ([source, given]) => {
  const [items, cases] = JSON.parse(given);  // as text: thousands of values one by one take seconds to get here
  const points = await import('data:text/javascript;base64,' + source);
  return JSON.stringify(cases.map(([no, answers, figures]) => {
    const found = points.score(items[no], answers, figures);
    return found.refusal ? [found.refusal]
      : [found.points, found.state, found.partial, found.ceiling, found.applicable, found.flags];
  }));
}"""

Case = tuple[str, dict[str, Any], dict[str, Any]]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can reach nothing."""
    context = chromium.new_context(offline=True)
    yield context.new_page()
    context.close()


@cache
def rubric(name: str) -> Rubric:
    return load_rubric(name)


@pytest.mark.parametrize("name", RUBRICS)
def test_the_pad_and_the_hub_agree(page: Page, name: str, record_property: Any) -> None:
    """For every criterion of every shipped rubric: same points, state and flags, or the same refusal."""
    given = json.dumps([rubric_json(rubric(name), name)["items"], list(cases(rubric(name)))])
    found = json.loads(given)[1]
    source = base64.b64encode(scorepad.text("points.js").encode()).decode()
    previews = json.loads(page.evaluate(RUN, [source, given]))
    differing = [
        (case, preview, authority)
        for case, preview in zip(found, previews, strict=True)
        if normal(preview) != (authority := expected(rubric(name), *case))
    ]
    assert differing[:5] == []
    record_property("cases", len(found))
    print(f"{name}: {len(found)} cases, {sum(len(preview) == 1 for preview in previews)} of them refused by both")
    assert len(found) > 20 * sum(len(item.criteria) for item in rubric(name).items)


def test_every_criterion_is_asked(page: Page) -> None:
    """The generated answers reach every criterion, and every range and tier of it earns its points at least once."""
    for name in RUBRICS:
        earned: dict[tuple[str, str], set[Decimal]] = {}
        for no, answers, figures in cases(rubric(name)):
            try:
                lines = score_item(rubric(name).item(no), answers, figures, part_step=rubric(name).scheme.part_step).lines
            except ScoreError:
                continue
            for line in lines:
                if line.points is not None:
                    earned.setdefault((no, line.criterion), set()).add(line.points)
        for item in rubric(name).items:
            for criterion in item.criteria:
                assert reachable(criterion) <= earned[item.no, criterion.id], (name, item.no, criterion.id)


def reachable(criterion: AnyCriterion) -> set[Decimal]:
    match criterion:
        case Tick():
            return {Decimal(0), criterion.points}
        case Choice():
            return {tier.points for tier in criterion.tiers}
        case Step() | Rate():
            return {one.points for one in ranges(criterion)}
        case Grade():
            return set(criterion.allowed) or {Decimal(0), criterion.points}


def expected(of: Rubric, no: str, answers: dict[str, Any], figures: dict[str, Any]) -> list[Any]:
    try:
        score = score_item(of.item(no), answers, figures, part_step=of.scheme.part_step)
    except ScoreError as error:
        return [error.code]
    return [score.points, score.state, score.partial, score.ceiling, score.applicable, list(score.flags)]


def normal(preview: list[Any]) -> list[Any]:
    if len(preview) == 1:
        return preview
    points, state, partial, ceiling, applicable, flags = preview
    return [
        None if points is None else Decimal(points), state, Decimal(partial), Decimal(ceiling), Decimal(applicable), flags
    ]  # fmt: skip


def cases(of: Rubric) -> Iterator[Case]:
    """Answers to each criterion alone, then whole items, then what speaks for a whole item."""
    chance = random.Random(of.id)
    for item in of.items:
        choices = {criterion.id: list(answers_to(criterion, of)) for criterion in item.criteria}
        for id_, answers in choices.items():
            for answer in (*answers, *WRONG):
                yield item.no, {id_: answer}, {}
        for _round in range(40):
            drawn = {id_: chance.choice(answers) for id_, answers in choices.items() if chance.random() < 0.9}
            yield item.no, drawn, {}
            yield item.no, drawn, dict(agreed(item, of, chance))
        for whole in whole_answers(item):
            yield item.no, {"item": whole}, {}
            yield item.no, {id_: chance.choice(answers) for id_, answers in choices.items()} | {"item": whole}, {}
        yield item.no, {"no-such": True}, {}
        for _round in range(10):
            yield item.no, {}, dict(agreed(item, of, chance))
            ticked = {criterion.id: True for criterion in item.criteria if isinstance(criterion, Tick)}
            yield item.no, ticked, dict(agreed(item, of, chance))


def whole_answers(item: Item) -> Iterator[Any]:
    yield from WRONG
    for points in ("0", str(item.ceiling), str(item.ceiling + LEAST), "-1", "０.５", str(item.ceiling / 3)[:8]):
        yield {"override": points, "reason": REASON}
    yield from ({"override": "1"}, {"reason": REASON}, {"override": "1", "reason": " "}, {"override": "x", "reason": "y"})
    yield {"override": "0", "reason": "字" * 2001}
    yield {"override": "0", "reason": REASON, "more": 1}


def answers_to(criterion: AnyCriterion, of: Rubric) -> Iterator[Any]:
    match criterion:
        case Tick():
            yield from (True, False, 0, 1, "yes")
            for part in (*part_choices(criterion, of.scheme.part_step), criterion.points, Decimal("0.3")):
                yield {"points": str(part), "reason": REASON}
                yield {"points": f"{part}０", "reason": f" {REASON} "}
            yield from ({"points": "0.5"}, {"points": "0.5", "reason": ""}, {"points": "?", "reason": "y"}, {"reason": "y"})
        case Choice():
            yield from range(-1, len(criterion.tiers) + 2)
            yield from ("1", "0", "１", True, 1.5, "99", "0001")
        case Step() | Rate():
            yield from readings(criterion)
        case Grade():
            values = {Decimal(0), criterion.points, criterion.points + LEAST, -LEAST, criterion.points / 2, *criterion.allowed}
            for value in sorted(values):
                yield f"{value:f}"
                yield {"points": f"{value:f}", "reason": REASON}
                yield {"points": f"{value:f}分", "reason": ""}
            yield from ({"points": "1", "reason": 5}, {"points": "1", "reason": "  "}, {"reason": "y"}, {"points": "1", "x": 1})
            yield from (1, "１", "1。5", "1，5", "0,5")


def readings(criterion: Step | Rate) -> Iterator[Any]:
    """Numbers at, below and above every end of every range, as they come out of what is entered."""
    reading, unit = reading_of(criterion), criterion.sign
    ends = {end for one in ranges(criterion) for end in (one.low, one.high) if end is not None} | {Decimal(0), Decimal(50)}
    for end in sorted(ends):
        for wanted in (end - LEAST, end, end + LEAST, end - 1, end + 1):
            yield f"{wanted:f}"
            if not reading.against:
                value = (wanted - reading.constant) * reading.value  # its factor is 1 or -1
                yield {"value": f"{value:f}"}
                yield f"{value:f}{unit}"
                yield full_width(f"{value:f}") + unit
                continue
            for other in (Decimal(100), Decimal("3"), Decimal("0.7"), Decimal(0), Decimal(-2)):
                if reading.share:
                    value = other + wanted * other / 100
                else:
                    value = (wanted - other * reading.other) * reading.value
                yield {"value": f"{value:f}", reading.against: f"{other:f}"}
                yield {"value": f"{full_width(f'{value:f}')}{unit}", reading.against: f"{other:f} "}
    yield from (7, 7.25, "7,5", "+7", "7.", ".5", "　７．５　", "7 " + unit, {"value": "7"}, {"target": "1"}, {"value": "x"})


def agreed(item: Item, of: Rubric, chance: random.Random) -> Iterator[tuple[str, dict[str, str]]]:
    """Agreed figures for what the item reads, some of them without the value to compare with."""
    for criterion in item.criteria:
        if isinstance(criterion, (Step, Rate)):
            answers = [answer for answer in readings(criterion) if isinstance(answer, dict) and "value" in answer]
            plain = [{"value": answer} for answer in readings(criterion) if isinstance(answer, str)]
            yield criterion.figure, chance.choice(answers + plain)
        elif isinstance(criterion, Tick):
            for check in criterion.checks:
                if check.figure and check.holds and chance.random() < 0.8:
                    ends = [end for end in (check.holds.low, check.holds.high) if end is not None]
                    yield check.figure, {"value": f"{chance.choice(ends) + chance.choice([-LEAST, LEAST, Decimal(0)]):f}"}


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
