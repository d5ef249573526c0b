"""What a rubric may say: ends of ranges, what contradicts itself, and the schema that editors complete files by."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inspection_app.cli import main
from inspection_app.core.consistency import contradictions
from inspection_app.core.rubric import Check, Gate, Interval, Rubric, Scheme, Tick
from inspection_app.errors import NotFound
from inspection_app.places import shipped

SMALL: dict[str, Any] = {
    "id": "small",
    "version": 1,
    "title": "考核细则",
    "issuer": "某局",
    "year": 2026,
    "source": "附件",
    "stated_total": 6,
    "stated_bonus": 1,
    "scheme": {"prescribed": True, "activities": [], "candidate_sites": 5, "drawn_sites": [3, 4]},
    "figures": {"rate": {"title": "合格率", "unit": "%", "from": 0, "to": 100}},
    "aspects": [
        {
            "id": 1,
            "title": "一、基础",
            "points": 5,
            "items": [
                {
                    "no": 1,
                    "content": "制度",
                    "points": 3,
                    "rule_text": "有制度2分，落实1分。",
                    "criteria": [
                        {"id": 1, "kind": "tick", "text": "有制度", "points": 2},
                        {
                            "id": 2,
                            "kind": "tick",
                            "text": "落实",
                            "points": 1,
                            "checks": [{"text": "达到", "figure": "rate", "holds": {"from": 90}}],
                        },
                    ],
                },
                {
                    "no": 2,
                    "content": "合格率",
                    "points": 2,
                    "rule_text": "达到95%得2分，达到90%得1分。",
                    "criteria": [
                        {
                            "id": 1,
                            "kind": "step",
                            "text": "合格率",
                            "figure": "rate",
                            "bands": [
                                {"from": 95, "points": 2},
                                {"from": 90, "below": 95, "points": 1},
                                {"below": 90, "points": 0},
                            ],
                        }
                    ],
                },
            ],
        },
        {
            "id": 2,
            "title": "加分",
            "points": 1,
            "kind": "bonus",
            "items": [
                {
                    "no": 3,
                    "content": "创新",
                    "points": 1,
                    "rule_text": "有创新1分。",
                    "criteria": [{"id": 1, "kind": "tick", "text": "有创新", "points": 1}],
                }
            ],
        },
    ],
    "vetoes": [{"id": 1, "text": "重大事故", "effect": "取消资格"}],
    "gates": [{"id": 1, "text": "合格率超过90%", "figure": "rate", "holds": {"over": 90}}],
}


def changed(change: Callable[[dict[str, Any]], object]) -> Rubric:
    content = deepcopy(SMALL)
    change(content)
    return Rubric.model_validate(content)


def put(path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    """Return a change of the value at a path such as ``aspects/0/points``."""
    *way, last = path.split("/")

    def change(content: Any) -> None:
        for key in way:
            content = content[int(key)] if isinstance(content, list) else content[key]
        content[int(last) if isinstance(content, list) else last] = value

    return change


def found(rubric: Rubric) -> list[tuple[str, str]]:
    """Return path and sentence of every contradiction."""
    return [("/".join(map(str, path)), fault.text().removeprefix(": ")) for path, fault in contradictions(rubric)]


# --- ranges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "inside", "outside", "written"),
    [
        ({"from": "0.4"}, "0.4 9", "0.39", "≥ 0.4"),
        ({"over": "0.4"}, "0.41", "0.4", "> 0.4"),
        ({"to": 80}, "80 -1", "80.01", "≤ 80"),
        ({"below": 80}, "79.99", "80", "< 80"),
        ({"from": "0.2", "below": "0.4"}, "0.2 0.39", "0.19 0.4", "≥ 0.2, < 0.4"),
        ({"over": 0, "to": 5}, "0.1 5", "0 5.1", "> 0, ≤ 5"),
        ({"from": 0, "to": 0}, "0 0.00", "-0.1 0.1", "= 0"),
        ({}, "-9 0 9", "", ""),
    ],
)
def test_ends_are_open_or_closed(ends: dict[str, Any], inside: str, outside: str, written: str) -> None:
    """以上 and 达到 include their number, 超过 and 低于 do not, and each is written with its own sign."""
    interval = Interval.model_validate(ends)
    assert [interval.holds(Decimal(number)) for number in inside.split()] == [True] * len(inside.split())
    assert [interval.holds(Decimal(number)) for number in outside.split()] == [False] * len(outside.split())
    assert str(interval) == written


@pytest.mark.parametrize(
    "ends",
    [
        {"from": 1, "over": 0}, {"to": 1, "below": 2}, {"from": 2, "to": 1}, {"over": 1, "to": 1},
        {"from": 1, "below": 1}, {"over": 1, "below": 1}, {"from": True}, {"from": "nan"}, {"to": "inf"}, {"to": "?"},
    ],
)  # fmt: skip
def test_a_range_that_means_nothing_is_refused(ends: dict[str, Any]) -> None:
    """Two lower ends, an empty range, or an end that is no finite number."""
    with pytest.raises(ValidationError):
        Interval.model_validate(ends)


@settings(max_examples=60, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_are_the_decimals_that_were_written(number: float) -> None:
    """A YAML float becomes the decimal that stands in the file, not its binary neighbour."""
    assert Interval.model_validate({"from": number}).from_ == Decimal(str(number))


@pytest.mark.parametrize("points", [-1, 10001, "x", True, None, float("nan")])
def test_points_are_sensible_numbers(points: Any) -> None:
    """Points are finite, not negative, and no more than any table has."""
    with pytest.raises(ValidationError):
        Tick.model_validate({"kind": "tick", "id": 1, "text": "款", "points": points})


def test_a_figure_and_its_range_go_together() -> None:
    """A check or a gate with one of the two could never be decided."""
    for part, more in ((Check, {}), (Gate, {"id": "1"})):
        for half in ({"figure": "rate"}, {"holds": {"from": 1}}):
            with pytest.raises(ValidationError, match="go together"):
                part.model_validate({"text": "达到"} | more | half)


def test_no_more_sites_are_drawn_than_there_are() -> None:
    """A scheme that draws six of five, or none, is refused."""
    for count in (0, 6):
        with pytest.raises(ValidationError, match="drawn_sites"):
            Scheme.model_validate({"prescribed": True, "activities": [], "candidate_sites": 5, "drawn_sites": [count]})


# --- the rubric as a whole -----------------------------------------------------------------------------------------


def test_a_rubric_is_asked_by_number() -> None:
    """Items keep the official order, bonus included, and are found by their printed number, with their aspect."""
    rubric = changed(lambda content: None)
    assert [item.no for item in rubric.items] == ["1", "2", "3"]
    assert rubric.item("2").content == "合格率"
    assert rubric.aspect_of("3").title == "加分"
    assert (rubric.base_total, rubric.bonus_total) == (5, 1)
    with pytest.raises(NotFound, match="from 1 to 3"):
        rubric.item("4")
    with pytest.raises(NotFound, match="1, 2"):
        rubric.item("1").criterion("3")


def test_a_sound_rubric_contradicts_itself_nowhere() -> None:
    """The small rubric of these tests is without fault, so each fault below is the one that was put in."""
    assert found(changed(lambda content: None)) == []


@pytest.mark.parametrize(
    ("path", "value", "place", "sentence"),
    [
        ("aspects/1/id", 1, "aspects/1/id", "“1” stands here for the second time."),
        ("aspects/1/items/0/no", "2", "aspects/1/items/0/no", "“2” stands here for the second time."),
        ("aspects/0/items/0/criteria/1/id", 1, "aspects/0/items/0/criteria/1/id", "“1” stands here for the second"),
        ("aspects/0/items/1/criteria/0/figure", "rat", "aspects/0/items/1/criteria/0/figure", "figure “rat” is not"),
        ("aspects/0/items/0/criteria/1/checks/0/figure", "r", "aspects/0/items/0/criteria/1/checks/0/figure", "“r”"),
        ("gates/0/figure", "tare", "gates/0/figure", "The figure “tare” is not declared."),
        ("aspects/0/items/0/criteria/0/points", 1, "aspects/0/items/0/points",
         "can earn 2 points, but the item states 3"),
        ("aspects/0/points", 6, "aspects/0/points", "“一、基础” add up to 5 points, but its heading states 6"),
        ("stated_total", 5, "stated_total", "add up to 6 points, but the text states 5"),
        ("stated_bonus", 0, "stated_bonus", "add up to 1 points, but the text states 0"),
        ("aspects/0/items/1/criteria/0/bands/1", {"from": 90, "to": 95, "points": 1},
         "aspects/0/items/1/criteria/0/bands", "claims the value 95"),
        ("aspects/0/items/1/criteria/0/bands/2", {"to": 92, "points": 0},
         "aspects/0/items/1/criteria/0/bands", "claims the value 90"),
        ("aspects/0/items/1/criteria/0/bands/2", {"points": 0},
         "aspects/0/items/1/criteria/0/bands", "claims the value"),
    ],
)  # fmt: skip
def test_each_contradiction_is_found_where_it_is(path: str, value: Any, place: str, sentence: str) -> None:
    """One fault at a time: it alone is reported, at its place in the file, with a remedy."""
    ((where, text),) = found(changed(put(path, value)))
    assert where == place
    assert sentence in text
    assert text.count(".") >= 2  # the fault and the remedy


def test_repeated_vetoes_and_gates_are_found() -> None:
    """Decisions are kept by these identifiers, so each must be the only one."""

    def twice(content: dict[str, Any]) -> None:
        content["vetoes"] *= 2
        content["gates"] *= 3

    assert [place for place, _ in found(changed(twice))] == ["vetoes/1/id", "gates/1/id", "gates/2/id"]


def test_all_contradictions_are_found_at_once() -> None:
    """A file with several faults is not mended one run at a time."""

    def several(content: dict[str, Any]) -> None:
        content["aspects"][1]["items"][0]["no"] = "1"
        content["gates"][0]["figure"] = "tare"
        content["aspects"][0]["points"] = 7
        content["stated_total"] = 99

    places = [place for place, _ in found(changed(several))]
    assert places == ["aspects/1/items/0/no", "gates/0/figure", "aspects/0/points", "stated_total"]


@pytest.mark.parametrize(
    ("path", "wrong", "owner"),
    [
        ("aspects/0/items/0/criteria/0/points", 1, "aspects/0/items/0"),
        ("aspects/0/points", 6, "aspects/0"),
        ("stated_total", 5, ""),
    ],
)
def test_a_slip_of_the_official_text_is_accepted_once_it_is_listed(path: str, wrong: Any, owner: str) -> None:
    """Sums may differ where the text errs and the file says so; the listing is what makes the difference."""
    assert found(changed(put(path, wrong)))

    def listed(content: dict[str, Any]) -> None:
        put(path, wrong)(content)
        erratum = {"says": "印刷之误", "does": "照录", "about": about}
        put(f"{owner}/errata".removeprefix("/"), [erratum])(content)

    about = None
    assert found(changed(listed)), "an erratum about something else answers nothing"
    about = "sum"
    assert found(changed(listed)) == []


def test_the_committed_schema_is_the_exported_one() -> None:
    """What completes files in an editor is what ``inspection-app rubric schema`` prints today."""
    printed = CliRunner().invoke(main, ["rubric", "schema"])
    assert printed.exit_code == 0
    committed = (shipped("rubrics") / "rubric.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json.loads(printed.output) == Rubric.model_json_schema(by_alias=True)
