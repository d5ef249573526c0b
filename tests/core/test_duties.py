"""Who scores what: patterns of assignment, one mark of a group, recusals, and whether marks are enough."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection_app.core.duties import (
    Duties,
    Duty,
    Group,
    Recusal,
    Scope,
    all_to_all,
    by_aspect,
    by_group,
    check_group,
    deal,
    matrix,
    too_few,
)
from inspection_app.core.visit import Member, Role
from inspection_app.errors import InspectionError
from tests.services.conftest import small_rubric

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=timezone(timedelta(hours=8)))
RUBRIC = small_rubric().rubric  # aspects a (1, 2), b (3, 4), c (5)
ALL = frozenset("12345")
CHAIR, ONE, TWO, THREE, SECRETARY = 1, 2, 3, 4, 5
PANEL = (
    Member(CHAIR, "章北川", Role.CHAIR), Member(ONE, "江晚舟", Role.EXPERT), Member(TWO, "罗云岫", Role.EXPERT),
    Member(THREE, "方听澜", Role.EXPERT), Member(SECRETARY, "高知微", Role.SECRETARY),
)  # fmt: skip
SCORING = PANEL[:4]
TOGETHER = Group(1, "一组", "计量", TWO, (ONE, TWO, THREE), one_mark=True)


def recusal(member: int, scope: Scope = Scope.VISIT, ref: str = "", approved: bool | None = True) -> Recusal:
    return Recusal(1, member, scope, ref, "曾任顾问", NOW, SECRETARY, NOW, approved, "省质量办")


@pytest.mark.parametrize(
    ("one", "first", "second"),
    [
        (recusal(ONE, Scope.SITE, "清溪阀门"), True, False),
        (recusal(ONE), True, True),
        (recusal(ONE, Scope.ITEM, "1"), False, False),
        (recusal(ONE, Scope.SITE, "清溪阀门", approved=None), False, False),
        (recusal(ONE, Scope.SITE, "清溪阀门", approved=False), False, False),
        (recusal(TWO, Scope.SITE, "清溪阀门"), False, False),
    ],
)
def test_recused_from_a_site(one: Recusal, first: bool, second: bool) -> None:
    """By the site's name or with the whole visit, once it is approved, and nobody but whom it is about."""
    duties = Duties({}, (), (one,))
    assert duties.recused_from_site(ONE, "清溪阀门") is first
    assert duties.recused_from_site(ONE, "城南市场") is second


def row(duties: Duties, item: str) -> list[Duty]:
    return [duties.duty(member.id, item) for member in SCORING]


def test_all_to_all() -> None:
    """Everybody has every item."""
    assert all_to_all(RUBRIC, [CHAIR, ONE]) == {CHAIR: ALL, ONE: ALL}


def test_by_aspect() -> None:
    """An aspect brings all of its items; no aspect, no item."""
    assert by_aspect(RUBRIC, {CHAIR: ["a", "c"], ONE: ["b"], TWO: []}) == {
        CHAIR: frozenset("125"), ONE: frozenset("34"), TWO: frozenset(),
    }  # fmt: skip


def test_by_group() -> None:
    """Everybody in a group has its items, given as items or as whole aspects."""
    first, second = Group(1, "一组", "", ONE, (ONE, TWO)), Group(2, "二组", "", THREE, (THREE,))
    assert by_group([first, second], {1: ["1", "4"]}) == {
        ONE: frozenset("14"), TWO: frozenset("14"), THREE: frozenset(),
    }  # fmt: skip
    assert by_group([first], by_aspect(RUBRIC, {1: ["b"]})) == {ONE: frozenset("34"), TWO: frozenset("34")}


def test_without_groups_and_recusals_the_assignment_stands() -> None:
    """What was entered is what everybody has; who is not named has nothing."""
    duties = Duties({CHAIR: ALL, ONE: frozenset("12")})
    assert row(duties, "1") == [Duty.ASSIGNED, Duty.ASSIGNED, Duty.NOT_ASSIGNED, Duty.NOT_ASSIGNED]
    assert row(duties, "3") == [Duty.ASSIGNED, Duty.NOT_ASSIGNED, Duty.NOT_ASSIGNED, Duty.NOT_ASSIGNED]
    assert (duties.sheet(ONE), duties.sheet(THREE)) == (frozenset("12"), frozenset())


def test_a_group_hands_in_one_mark() -> None:
    """The leader's sheet carries whatever anybody in the group was given; the others' are empty; it counts once."""
    duties = Duties({CHAIR: ALL, ONE: frozenset("12"), TWO: frozenset("3")}, (TOGETHER,))
    assert row(duties, "1") == [Duty.ASSIGNED, Duty.BY_GROUP, Duty.ASSIGNED, Duty.BY_GROUP]
    assert row(duties, "4") == [Duty.ASSIGNED] + [Duty.NOT_ASSIGNED] * 3
    assert [duties.sheet(member) for member in (ONE, TWO, THREE)] == [frozenset(), frozenset("123"), frozenset()]
    assert [duties.marks(item) for item in "1234"] == [2, 2, 2, 1]


def test_a_group_that_marks_one_by_one_changes_nothing() -> None:
    """Without one agreed mark a group is only a name."""
    group = Group(1, "一组", "", TWO, (ONE, TWO, THREE))
    duties = Duties(all_to_all(RUBRIC, [ONE, TWO, THREE]), (group,))
    assert [duties.sheet(member) for member in (ONE, TWO, THREE)] == [ALL] * 3
    assert duties.marks("1") == 3


def test_a_recused_leader_leaves_the_group_its_mark() -> None:
    """Where the leader is recused the next of the group carries the mark; where all are recused nobody does."""
    given = {TWO: frozenset("12")}
    duties = Duties(given, (TOGETHER,), (recusal(TWO, Scope.ITEM, "1"),))
    assert row(duties, "1") == [Duty.NOT_ASSIGNED, Duty.ASSIGNED, Duty.RECUSED, Duty.BY_GROUP]
    assert row(duties, "2") == [Duty.NOT_ASSIGNED, Duty.BY_GROUP, Duty.ASSIGNED, Duty.BY_GROUP]
    duties = Duties(given, (TOGETHER,), tuple(recusal(member) for member in (ONE, TWO, THREE)))
    assert row(duties, "1") == [Duty.NOT_ASSIGNED] + [Duty.RECUSED] * 3
    assert duties.marks("1") == 0


@pytest.mark.parametrize(
    ("given", "recused"),
    [
        (recusal(ONE), ALL),
        (recusal(ONE, Scope.ITEM, "3"), frozenset("3")),
        (recusal(ONE, Scope.SITE, "政务中心"), frozenset()),  # recorded and shown; a site has no marks
        (recusal(ONE, approved=None), frozenset()),
        (recusal(ONE, approved=False), frozenset()),
    ],
)
def test_recused_beats_assigned(given: Recusal, recused: frozenset[str]) -> None:
    """An approved recusal takes the item, or all of them, off the sheet; a proposed or refused one takes nothing."""
    duties = Duties(all_to_all(RUBRIC, [CHAIR, ONE]), (), (given,))
    assert duties.recused_items(RUBRIC, ONE) == recused
    assert duties.sheet(ONE) == ALL - recused
    assert duties.sheet(CHAIR) == ALL
    assert duties.recused_from_visit(ONE) == (recused == ALL)


def test_recused_says_so_even_where_nothing_was_assigned() -> None:
    """A recusal is told apart from a mere gap in the assignment."""
    duties = Duties({CHAIR: ALL}, (), (recusal(ONE, Scope.ITEM, "3"),))
    assert (duties.duty(ONE, "3"), duties.duty(ONE, "2")) == (Duty.RECUSED, Duty.NOT_ASSIGNED)


def test_too_few() -> None:
    """Exactly the items below the number are named, in official order; one mark of a group is one expert."""
    given = {CHAIR: ALL, ONE: frozenset("123"), TWO: frozenset("1")}
    assert too_few(RUBRIC, given, (), 1) == ()
    assert too_few(RUBRIC, given, (), 2) == ("4", "5")
    assert too_few(RUBRIC, given, (), 3) == ("2", "3", "4", "5")
    assert too_few(RUBRIC, given, (recusal(ONE, Scope.ITEM, "2"),), 2) == ("2", "4", "5")
    everybody = all_to_all(RUBRIC, [CHAIR, ONE, TWO, THREE])
    assert too_few(RUBRIC, everybody, (), 3) == ()
    assert too_few(RUBRIC, everybody, (), 3, (TOGETHER,)) == tuple("12345")


def test_the_matrix() -> None:
    """A row for each item with everybody's duty and the count of marks; rows with too few say so."""
    duties = Duties({CHAIR: ALL, ONE: frozenset("1")}, (), (recusal(TWO),))
    rows = matrix(RUBRIC, SCORING, duties, least=2)
    assert [one.item.no for one in rows] == list("12345")
    assert list(rows[0].by_member.values()) == [Duty.ASSIGNED, Duty.ASSIGNED, Duty.RECUSED, Duty.NOT_ASSIGNED]
    assert [(one.marks, one.enough) for one in rows] == [(2, True)] + [(1, False)] * 4


@given(people=st.integers(1, 8), least=st.integers(1, 9))
def test_dealing_gives_enough_to_all(people: int, least: int) -> None:
    """Every aspect has as many experts as asked for, or all there are; nobody is left without one."""
    dealt = deal(RUBRIC, dict.fromkeys(range(people), 1), least)
    assert list(dealt) == list(range(people))
    assert all(dealt.values())
    for aspect in RUBRIC.aspects:
        assert sum(aspect.id in chosen for chosen in dealt.values()) >= min(least, people)
    given = by_aspect(RUBRIC, dealt)
    assert too_few(RUBRIC, given, (), min(least, people)) == ()


def test_dealing_counts_what_a_group_brings() -> None:
    """A group of three who mark one by one brings three marks, so that an aspect needs no second group."""
    assert deal(RUBRIC, {1: 3, 2: 3}, 3) == {1: ("a", "c"), 2: ("b",)}
    assert deal(RUBRIC, {1: 1, 2: 1}, 2) == {1: ("a", "b", "c"), 2: ("a", "b", "c")}


def faults(group: Group, *others: Group) -> list[str]:
    with pytest.raises(InspectionError) as caught:
        check_group(group, others, PANEL)
    return [fault.text() for fault in caught.value.faults]


def test_a_group_that_cannot_be() -> None:
    """No name, nobody in it, a leader from outside, a secretary, a taken name, somebody from another group."""
    other = Group(2, "二组", "", CHAIR, (CHAIR,))
    check_group(TOGETHER, [other], PANEL)
    assert len(faults(Group(1, " ", "", None, ()))) == 3
    assert faults(Group(1, "一组", "", CHAIR, (ONE,))) == [
        "Group: The leader is not one of its members. Choose the leader among the members."
    ]
    assert faults(Group(1, "一组", "", SECRETARY, (SECRETARY,)))[0].startswith("Group: Somebody in it does not score.")
    assert faults(Group(1, "二组", "", ONE, (ONE, CHAIR)), other) == [
        "Group: “二组” is named twice. Choose another name.",
        "Group: 章北川 is already in the group “二组”. Take them out there first.",
    ]
