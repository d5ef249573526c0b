"""The application: what a field may hold, sums of the self-check, figures between two thresholds, a gate read twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from inspection_app import load_rubric
from inspection_app.core.application import (
    Change,
    SelfCheck,
    changes,
    check_fact,
    self_check_figures,
    self_check_table,
    threshold_warnings,
)
from inspection_app.core.consistency import contradictions
from inspection_app.core.consolidation import GateDecision, consolidate
from inspection_app.core.rubric import FormField, Gate, Rubric
from inspection_app.errors import ScoreError


@pytest.fixture(scope="module")
def henan() -> Rubric:
    return load_rubric("henan-county")


def asked(kind: str = "text", **more: Any) -> FormField:
    return FormField.model_validate({"id": "f", "title": "填表日期", "kind": kind, **more})


def checks(henan: Rubric, **points: str) -> list[SelfCheck]:
    """A self-check with 2 points for each item but those named (``i9="1.5"``; empty: without points)."""
    rows = []
    for item in henan.items:
        given = points.get(f"i{item.no}", "2")
        rows.append(SelfCheck(item.no, Decimal(given) if given else None, "41"))
    return rows


# --- facts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("2026年4月6日", "2026年4月6日"),
        ("2026-04-06", "2026年4月6日"),
        (" 2026/4/6 ", "2026年4月6日"),
        ("2026.4", "2026年4月"),
        ("２０２６年 ４月", "2026年4月"),
        ("", ""),
    ],
)
def test_dates_are_kept_in_one_form(entered: str, kept: str) -> None:
    """However a date is written, it is kept as documents write it; the form itself leaves the day out."""
    assert check_fact(asked("date"), entered) == kept


@pytest.mark.parametrize("entered", ["2026-13", "2026年4月31日", "20260406", "四月", "2026-412", "26年4月", "2026年46日"])
def test_what_is_no_date_is_refused(entered: str) -> None:
    """A day that does not exist, or text that could be read in two ways, is not guessed at."""
    with pytest.raises(ScoreError) as caught:
        check_fact(asked("date"), entered)
    assert caught.value.code == "not-a-date"
    assert "填表日期" in caught.value.text()


def test_numbers_choices_and_lengths() -> None:
    """Numbers are understood as everywhere; a printed box is one of the boxes; the form's limits of length hold."""
    assert check_fact(asked("number"), "８６．１") == "86.1"
    with pytest.raises(ScoreError, match="abc"):
        check_fact(asked("number"), "abc")
    assert check_fact(asked(choices=["区", "县"]), "区") == "区"
    with pytest.raises(ScoreError, match="区 / 县"):
        check_fact(asked(choices=["区", "县"]), "市")
    assert len(check_fact(asked("long", most=10), "字" * 10)) == 10
    for field, text in ((asked("long", most=10), "字" * 11), (asked(), "字" * 301)):
        with pytest.raises(ScoreError) as caught:
            check_fact(field, text)
        assert caught.value.code == "fact-too-long"


def test_the_form_is_annex_5s(henan: Rubric) -> None:
    """附件5: 创建单位, 批准创建时间（注明批准创建文号）, 类别, 联系人 … 群众质量满意度测评, each in its part of the form."""
    form = {field.id: field for field in henan.scheme.form}
    assert len(form) == len(henan.scheme.form)
    titles = [field.title for field in henan.scheme.form]
    assert titles[3:8] == ["创建单位", "批准创建时间", "类别", "行政负责人", "行政负责人职务"]
    assert form["approval"].hint == "（注明批准创建文号）"
    assert form["category"].choices == ("省直管县", "县（市）", "区")
    for words in ("创建计划实施情况总体说明", "自查及整改情况总体说明", "测评机构", "上报政府时间", "政府领导批示"):
        assert words in titles
    limits = [form[key].most for key in ("application_report", "innovation", "problems_solved")]
    assert limits == [10000, 5000, 6000]


def test_a_field_twice_is_a_fault_of_the_rubric(henan: Rubric) -> None:
    """Two fields of one id would overwrite each other."""
    scheme = henan.scheme.model_copy(update={"form": (asked(), asked())})
    faults = [path for path, _ in contradictions(henan.model_copy(update={"scheme": scheme}))]
    assert faults == [("scheme", "form", 1, "id")]


# --- the self-check ------------------------------------------------------------------------------------------------


def test_sums_keep_the_bonus_apart(henan: Rubric) -> None:
    """34 items of 2 points and three of the bonus: 68 and 6, and both go into the figures that the gate reads."""
    table = self_check_table(henan, checks(henan))
    assert (table.base, table.bonus, table.missing) == (68, 6, ())
    assert self_check_figures(henan, table) == {"self_check_score": 68, "self_check_bonus": 6}


def test_what_is_missing_is_not_zero(henan: Rubric) -> None:
    """An item without points, or not in the table at all, is named; no figure follows from a sum with gaps."""
    rows = [row for row in checks(henan, i9="") if row.item != "12"]
    table = self_check_table(henan, reversed(rows))
    assert table.missing == ("9", "12")
    assert table.base == 64
    assert [row.item for row in table.rows][:3] == ["1", "2", "3"]
    assert self_check_figures(henan, table) == {}
    assert self_check_table(henan, checks(henan, i9="0")).missing == ()


def test_two_states_side_by_side() -> None:
    """What is in neither is left out; equal numbers written differently are no change."""
    old = {"1": SelfCheck("1", Decimal("2"), "4"), "2": SelfCheck("2", Decimal("1.50"))}
    new = {"2": SelfCheck("2", Decimal("1.5")), "4": SelfCheck("4", None, "9")}
    found = changes(["1", "2", "3", "4"], old, new)
    assert found == (Change("1", old["1"], None), Change("2", old["2"], new["2"]), Change("4", None, new["4"]))
    assert [change.changed for change in found] == [True, False, True]


# --- two thresholds for one figure ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "warned"), [("29.99", False), ("30", True), ("32", True), ("35", True), ("35.01", False)]
)
def test_between_30_and_35_percent_there_is_a_warning(henan: Rubric, rate: str, warned: bool) -> None:
    """农业标准化生产普及率: item 9 asks for 30 % or more, the gate for over 35 %: in between both are named."""
    found = threshold_warnings(henan, {"agricultural_standardisation_rate": {"value": rate}})
    assert [(one.item, one.gate, one.full, one.holds, one.earned) for one in found] == (
        [("9", "1", "≥ 30", "> 35", True)] if warned else []
    )
    for one in found:
        assert all(words in one.text() for words in ("Item 9", "gate 1", "农业标准化生产普及率", rate, "≥ 30", "> 35"))


def test_agreeing_thresholds_warn_of_nothing(henan: Rubric) -> None:
    """Where item and gate ask for the same, no value is between; growth is not compared with a level."""
    figures = {"farm_product_pass_rate": "95.9", "key_industrial_product_pass_rate": "95",
               "large_project_first_pass_rate": "99.9", "public_quality_satisfaction": {"value": "86", "last": "85"}}  # fmt: skip
    assert threshold_warnings(henan, figures) == ()
    assert threshold_warnings(henan, {}) == ()


def test_the_other_way_round_is_told_too(henan: Rubric) -> None:
    """A gate that is easier than the full points: the gate holds, the points are not full, and that is said."""
    gate = Gate.model_validate({"id": "x", "text": "超过20%", "figure": "agricultural_standardisation_rate",
                                "holds": {"over": 20}})  # fmt: skip
    easy = henan.model_copy(update={"gates": (gate,)})
    (found,) = threshold_warnings(easy, {"agricultural_standardisation_rate": "25"})
    assert (found.earned, found.item, found.gate) == (False, "9", "x")
    assert found.text() != threshold_warnings(henan, {"agricultural_standardisation_rate": "32"})[0].text()


def test_a_condition_behind_a_tick_is_a_threshold(henan: Rubric) -> None:
    """Conditions of a tick count like the bands of a step."""
    gate = Gate.model_validate({"id": "x", "text": "99%", "figure": "other_project_first_pass_rate",
                                "holds": {"from": 99}})  # fmt: skip
    (found,) = threshold_warnings(henan.model_copy(update={"gates": (gate,)}), {"other_project_first_pass_rate": "98"})
    assert (found.item, found.criterion, found.full, found.holds) == ("26", "2", "≥ 98", "≥ 99")


# --- a gate that can be read in two ways ---------------------------------------------------------------------------


def self_check_gate(henan: Rubric, score: str | None, bonus: str | None) -> GateDecision:
    figures = {key: {"value": value} for key, value in (("self_check_score", score), ("self_check_bonus", bonus)) if value}
    return consolidate(henan, {}, figures=figures).gates[-1]


@pytest.mark.parametrize(
    ("score", "bonus", "other", "holds", "other_holds", "differ"),
    [
        ("95.5", "5", "100.5", True, True, False),
        ("88", "5", "93", False, True, True),
        ("90", "0", "90", False, False, False),  # 超过: 90 itself is not enough
        ("90", "0.1", "90.1", False, True, True),
        ("80", "5", "85", False, False, False),
        ("95.5", None, "", True, None, False),
    ],
)
def test_the_first_reading_decides_and_the_second_is_shown(
    henan: Rubric, score: str, bonus: str | None, other: str, holds: bool, other_holds: bool | None, differ: bool
) -> None:
    """自查评分超过90分: decided without the bonus; the sum with it stands beside, and where they differ it is said."""
    decision = self_check_gate(henan, score, bonus)
    assert (decision.value, decision.holds) == (score, holds)
    assert (decision.other, decision.other_holds, decision.readings_differ) == (other, other_holds, differ)


def test_without_the_first_figure_there_is_no_second_reading(henan: Rubric) -> None:
    """The bonus alone is no reading of the gate; other gates have none at all."""
    assert self_check_gate(henan, None, "5") == GateDecision("13")
    rate = {"agricultural_standardisation_rate": {"value": "40"}}
    assert consolidate(henan, {}, figures=rate).gates[0] == GateDecision("1", True, "", "40")


def test_a_second_reading_needs_declared_figures(henan: Rubric) -> None:
    """``plus`` without a figure is refused; a figure that is not declared is a fault of the file."""
    with pytest.raises(ValueError, match="'plus' needs"):
        Gate.model_validate({"id": "x", "text": "x", "plus": "self_check_bonus"})
    gates = (*henan.gates[:-1], henan.gates[-1].model_copy(update={"plus": "nothing"}))
    (fault,) = contradictions(henan.model_copy(update={"gates": gates}))
    assert fault[0] == ("gates", 12, "plus")
