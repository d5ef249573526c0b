"""The check tells the slips of a text from the faults of a file."""

from typing import Any

import pytest

from inspection_app.core.consistency import contradictions, slips
from inspection_app.core.rubric import Rubric


def rubric(criterion: dict[str, Any], *, points: Any = 3, errata: Any = (), **item: Any) -> Rubric:
    row = {"no": "1", "content": "内容", "points": points, "rule_text": "…", "errata": errata} | item
    row["criteria"] = [{"id": "1", "text": "条款"} | criterion]
    return Rubric.model_validate({
        "id": "small", "version": "1", "title": "细则", "issuer": "某局", "year": "2026", "source": "自拟",
        "stated_total": points if item.get("cap") is None else item["cap"],
        "scheme": {"prescribed": False, "activities": []},
        "figures": {"f": {"title": "数据", "unit": "%", "from": 0, "to": 100}},
        "gates": [{"id": "g", "text": "…", "figure": "f", "holds": {"from": 1}}],
        "aspects": [{"id": "a", "title": "甲", "items": [row]}],
    })  # fmt: skip


def kinds(found: Rubric) -> list[tuple[str, bool]]:
    return [(str(slip.kind), slip.listed) for slip in slips(found)]


def step(*bands: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "step", "figure": "f", "bands": list(bands)} | more


FULL = step({"from": 80, "points": 3}, {"below": 80, "points": 0})


@pytest.mark.parametrize(
    ("criterion", "more", "found"),
    [
        (FULL, {}, []),
        (step({"from": 80, "points": 3}, {"below": 79, "points": 0}), {}, ["gap"]),
        (step({"over": 80, "points": 3}, {"below": 80, "points": 0}), {}, ["gap"]),
        (step({"from": 80, "points": 3}, {"from": 0, "below": 80, "points": 0}), {}, []),
        (step({"from": 80, "points": 3}, {"over": 0, "below": 80, "points": 0}), {}, ["gap"]),
        (step({"from": 80, "points": 3}, {"below": 80, "points": 0, "official": False}), {}, ["gap", "no_zero"]),
        (step({"from": 0, "points": 3}, {"from": -5, "below": 0, "points": 0}, measure="shortfall"), {}, ["gap"]),
        ({"kind": "choice", "tiers": [{"points": 3, "text": "好"}, {"points": 1, "text": "差"}]}, {}, ["no_zero"]),
        ({"kind": "choice", "tiers": [{"points": 3, "text": "好"}, {"points": 0, "text": "无"}]}, {}, []),
        ({"kind": "grade", "points": 3, "allowed": [3, 2, 1]}, {}, ["no_zero"]),
        ({"kind": "grade", "points": 3}, {}, []),
        ({"kind": "tick", "points": 2}, {}, ["sum"]),
        ({"kind": "tick", "points": 4}, {}, ["sum"]),
        ({"kind": "tick", "points": 4}, {"cap": 2}, ["sum"]),
        ({"kind": "tick", "points": 3}, {"cap": 3}, []),
        ({"kind": "tick", "points": 1}, {"cap": 2}, ["sum", "sum"]),
    ],
)
def test_what_shows_in_the_numbers_is_found(criterion: dict[str, Any], more: dict[str, Any], found: list[str]) -> None:
    """Gaps between bands and at the ends of the figure's range, levels without a nought, sums that do not match."""
    assert [kind for kind, _ in kinds(rubric(criterion, **more))] == found


def test_only_an_erratum_that_names_the_slip_answers_it() -> None:
    """An erratum about something else leaves the slip a fault of the file."""
    gap = step({"from": 80, "points": 3}, {"below": 79, "points": 0})
    other = rubric(gap, errata=[{"says": "错字", "does": "照录"}])
    assert kinds(other) == [("gap", False)]
    assert [fault.context["kind"] for _, fault in contradictions(other)] == ["gap"]
    listed = rubric(gap, errata=[{"says": "无对应档次", "does": "加标记", "about": "gap"}])
    assert (kinds(listed), list(contradictions(listed))) == ([("gap", True)], [])


@pytest.mark.parametrize(
    ("criterion", "more", "place"),
    [
        ({"kind": "rate", "points": 3, "each": -1, "start": 2, "figure": "f"}, {}, "start"),
        ({"kind": "rate", "points": 3, "each": 0, "figure": "f"}, {}, "start"),
        ({"kind": "grade", "points": 3, "allowed": [2, 0]}, {}, "allowed"),
        ({"kind": "grade", "points": 3, "allowed": [4, 0]}, {}, "allowed"),
        ({"kind": "tick", "points": 3}, {"floor": 4}, "floor"),
        ({"kind": "choice", "tiers": [{"points": 3, "text": "好"}, {"points": 0, "text": "好"}]}, {}, "text"),
    ],
)
def test_what_can_never_come_true_is_a_fault(criterion: dict[str, Any], more: dict[str, Any], place: str) -> None:
    """No erratum makes up for points that are never reached, or for one wording with two values."""
    assert [path[-1] for path, _ in contradictions(rubric(criterion, **more))] == [place]


@pytest.mark.parametrize(("holds", "possible"), [({"from": 100}, True), ({"over": 100}, False), ({"below": 0}, False)])
def test_a_condition_that_no_figure_can_meet_is_a_fault(holds: dict[str, Any], possible: bool) -> None:
    """Over 100 % is a slip of the pen, in a check as well as in a gate."""
    tick = rubric({"kind": "tick", "points": 3, "checks": [{"text": "合格率", "figure": "f", "holds": holds}]})
    assert [path[-1] for path, _ in contradictions(tick)] == ([] if possible else ["holds"])
    gates = [{"id": "g", "text": "合格率", "figure": "f", "holds": holds}]
    gate = Rubric.model_validate(rubric(FULL).model_dump(by_alias=True) | {"gates": gates})
    assert [path[0] for path, _ in contradictions(gate)] == ([] if possible else ["gates"])


def test_a_figure_that_nobody_reads_is_told() -> None:
    """A key that was changed at one end only would otherwise wait for a figure for ever."""
    unread = rubric(FULL)
    unread = unread.model_copy(update={"figures": unread.figures | {"g": unread.figures["f"]}})
    assert [path for path, _ in contradictions(unread)] == [("figures", "g")]
