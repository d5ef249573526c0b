"""Totals of a sheet and the verdict that the text gives."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection_app import load_rubric, score_sheet
from inspection_app.core.rubric import Rubric
from inspection_app.core.totals import Basis, Verdict
from inspection_app.errors import NotFound


def graded(no: str, points: Any, **more: Any) -> dict[str, Any]:
    criteria = [{"id": "1", "kind": "grade", "points": points, "text": "酌情"}]
    return {"no": no, "content": "内容", "points": points, "rule_text": "酌情", "criteria": criteria} | more


def rubric(**changed: Any) -> Rubric:
    port = {"id": "2", "kind": "tick", "points": 4, "text": "口岸", "na": "无口岸"}
    return Rubric.model_validate({
        "id": "small", "version": "1", "title": "细则", "issuer": "某局", "year": "2026", "source": "自拟",
        "stated_total": 33, "stated_bonus": 3, "pass_line": 24,
        "scheme": {"prescribed": False, "activities": []},
        "aspects": [
            {"id": "a", "title": "甲", "points": 20, "items": [graded("1", 20)]},
            {"id": "b", "title": "乙", "points": 10, "items": [
                {"no": "2", "content": "口岸", "points": 10, "rule_text": "…", "criteria": [
                    {"id": "1", "kind": "tick", "points": 6, "text": "制度"}, port]},
            ]},
            {"id": "d", "title": "扣分", "kind": "deduction", "items": [graded("D1", 2), graded("D2", 1)]},
            {"id": "e", "title": "加分", "kind": "bonus", "cap": 3, "points": 3, "items": [graded("3", 2), graded("4", 2)]},
        ],
        "vetoes": [{"id": "v", "text": "事件", "effect": "D级", "grade": "D"}, {"id": "w", "text": "事故", "effect": "取消"}],
    } | changed)  # fmt: skip


def answers(**changed: Any) -> dict[str, dict[str, Any]]:
    plain = {"1": {"1": 15}, "2": {"1": True, "2": True}, "D1": {"1": 0}, "D2": {"1": 0}, "3": {"1": 0}, "4": {"1": 0}}
    return plain | {no.removeprefix("n"): answer for no, answer in changed.items()}


def test_base_less_deductions_plus_the_capped_bonus() -> None:
    """15 + 10 − 1.5 + min(2 + 2, 3) = 26.5; the cap counts for the bonus as a whole."""
    sheet = score_sheet(rubric(), answers(nD1={"1": "1.5"}, n3={"1": 2}, n4={"1": 2}))
    assert (sheet.base, sheet.deductions, sheet.bonus) == (25, Fraction(3, 2), 3)
    assert sheet.total == Fraction(53, 2)
    assert (sheet.verdict, sheet.basis) == (Verdict.PASS, Basis.PASS_LINE)


def test_deductions_take_no_more_than_there_is() -> None:
    """The floor is nought for what is left of the base; a bonus stays."""
    nothing = answers(n1={"1": 0}, n2={"1": False, "2": False}, nD1={"1": 2}, n3={"1": 1})
    assert score_sheet(rubric(), nothing).total == 1


@pytest.mark.parametrize(("points", "verdict"), [("14", "pass"), ("13.99", "fail"), ("13.995", "fail")])
def test_the_pass_line_is_included_and_nothing_is_rounded_before(points: str, verdict: str) -> None:
    """24 passes; 23.995 fails although it would be rounded up to 24.00."""
    assert score_sheet(rubric(), answers(n1={"1": points})).verdict == verdict


def test_what_is_not_applicable_leaves_the_maximum_and_the_other_reading_is_told() -> None:
    """13 + 6 of 26 that apply are 21.92 of 30: raw and prorated are both told."""
    sheet = score_sheet(rubric(), answers(n1={"1": 13}, n2={"1": True, "2": "na"}))
    assert (sheet.total, sheet.maximum, sheet.applicable) == (19, 30, 26)
    assert sheet.prorated == Fraction(19 * 30, 26)
    assert sheet.in_part
    assert sheet.verdict == Verdict.FAIL


def test_readings_on_both_sides_of_the_line_leave_the_verdict_open() -> None:
    """22 of 26 fails by the raw total and passes prorated (25.38): the chair decides, not the software."""
    sheet = score_sheet(rubric(), answers(n1={"1": 16}, n2={"1": True, "2": "na"}))
    assert sheet.total < 24 <= (sheet.prorated or 0)
    assert (sheet.verdict, sheet.basis) == (Verdict.UNDECIDED, Basis.READINGS)


def test_open_items_leave_the_verdict_open() -> None:
    """A total without all its items is not final, however high it is; what is unmarked is listed and is not zero."""
    given = answers()
    del given["2"]
    sheet = score_sheet(rubric(), given | {"1": {"1": 20}})
    assert (sheet.open_items, sheet.verdict, sheet.basis) == (("2",), Verdict.UNDECIDED, Basis.OPEN)


def test_a_silent_text_gives_no_verdict() -> None:
    """Without a pass line the software invents none."""
    sheet = score_sheet(rubric(pass_line=None), answers(n1={"1": 20}))
    assert (sheet.verdict, sheet.basis) == (Verdict.UNDECIDED, Basis.SILENT)


@pytest.mark.parametrize(("veto", "verdict"), [("v", "D"), ("w", "fail")])
def test_a_veto_sets_the_grade_and_keeps_the_score(veto: str, verdict: str) -> None:
    """The points stay what they are; the verdict is the veto's, items open or not."""
    sheet = score_sheet(rubric(), answers(n1={"1": 20}), vetoes=[veto])
    assert (sheet.total, sheet.verdict, sheet.basis) == (30, verdict, Basis.VETO)
    assert score_sheet(rubric(), {}, vetoes=[veto]).verdict == verdict


def test_what_the_rubric_does_not_have_is_refused() -> None:
    """An item or a veto of another rubric is a mistake, not nothing."""
    with pytest.raises(NotFound, match="no item 99"):
        score_sheet(rubric(), {"99": {"1": True}})
    with pytest.raises(NotFound, match="no veto “x”"):
        score_sheet(rubric(), {}, vetoes=["x"])


@given(st.permutations(["1", "2", "D1", "D2", "3", "4"]), st.integers(0, 40))
def test_the_order_of_answering_is_irrelevant(order: list[str], halves: int) -> None:
    """The same answers in another order are the same sheet."""
    given = answers(n1={"1": str(Decimal(halves) / 2)})
    assert score_sheet(rubric(), {no: given[no] for no in order}).total == score_sheet(rubric(), given).total


def test_a_shipped_rubric_in_full() -> None:
    """Henan without figures: every tick makes 65 of 100, the rest is open."""
    henan = load_rubric("henan-county")
    ticks = {i.no: {c.id: True for c in i.criteria if c.kind == "tick"} for i in henan.items}
    sheet = score_sheet(henan, ticks)
    earned = sum(c.points for a in henan.aspects if not a.bonus for i in a.items for c in i.criteria
                 if c.kind == "tick" and all(other.kind == "tick" for other in i.criteria))  # fmt: skip
    assert sheet.base >= Fraction(earned)
    assert sheet.bonus == 6
    assert "3" in sheet.open_items
