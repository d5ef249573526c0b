"""Division of labour and standing aside: who scores which item, which mark of a group counts, and who is recused.

An assignment as the office entered it says less than the whole: a group may hand in one agreed mark, and a recusal
beats every assignment. ``Duties`` brings the three together and is the only answer to "who marks this item". Nothing
here reads a mark, stores or shows anything.

Source: 分工, 回避 and 保密 as the acceptance rules ask for them; how many marks are enough is the visit's own method.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from inspection_app.core.rubric import Item, Rubric
from inspection_app.core.visit import Member
from inspection_app.errors import N_, Fault, InspectionError

Assignment = Mapping[int, Collection[str]]
"""Item numbers by member id, as the office entered them."""


class Scope(StrEnum):
    """What a recusal is about."""

    VISIT = "visit"
    SITE = "site"
    ITEM = "item"


class Duty(StrEnum):
    """What one member has to do with one item."""

    ASSIGNED = "assigned"
    NOT_ASSIGNED = "not-assigned"
    BY_GROUP = "by-group"  # the member's group hands in one agreed mark, on another's sheet
    RECUSED = "recused"


@dataclass(frozen=True)
class Group:
    """Experts of one speciality. With ``one_mark`` they hand in one agreed mark, on the leader's sheet."""

    id: int
    name: str
    speciality: str
    leader: int | None
    members: tuple[int, ...]
    one_mark: bool = False


@dataclass(frozen=True)
class Declaration:
    """What a member declared: a conflict of interest in their own words, or none, and that they keep confidence."""

    member: int
    conflict: str
    confidential: bool
    at: datetime


@dataclass(frozen=True)
class Recusal:
    """That a member should stand aside, and what the organiser said; undecided while ``approved`` is None.

    ``ref`` is the item's number or the site's name, empty for the whole visit.
    """

    id: int
    member: int
    scope: Scope
    ref: str
    reason: str
    at: datetime
    by: int
    decided: datetime | None = None
    approved: bool | None = None
    organiser: str = ""


@dataclass(frozen=True)
class HandOver:
    """The duties of the chair passing from one member to another."""

    from_member: int
    to_member: int
    reason: str
    at: datetime
    by: int


@dataclass(frozen=True)
class Duties:
    """The assignment as entered, and what groups and recusals make of it."""

    assignment: Assignment
    groups: tuple[Group, ...] = ()
    recusals: tuple[Recusal, ...] = ()  # also refused and undecided ones; they change nothing

    @cached_property
    def _approved(self) -> frozenset[tuple[int, Scope, str]]:
        """Every recusal that counts: who, how far, and from what of that."""
        return frozenset(
            (one.member, one.scope, "" if one.scope is Scope.VISIT else one.ref)
            for one in self.recusals if one.approved
        )

    def recused_from_visit(self, member: int) -> bool:
        """Say whether a member is recused from the whole visit: no sheet is expected."""
        return (member, Scope.VISIT, "") in self._approved

    def recused(self, member: int, item: str) -> bool:
        """Say whether a member is recused from an item, by itself or with the whole visit."""
        return (member, Scope.ITEM, item) in self._approved or self.recused_from_visit(member)

    def recused_from_site(self, member: int, site: str) -> bool:
        """Say whether a member is recused from a candidate site, by its name, or from the whole visit."""
        return (member, Scope.SITE, site) in self._approved or self.recused_from_visit(member)

    def one_mark_group(self, member: int) -> Group | None:
        """Return the group that hands in one agreed mark with this member in it, if there is one."""
        return next((group for group in self.groups if group.one_mark and member in group.members), None)

    def carrier(self, group: Group, item: str) -> int | None:
        """Return on whose sheet a group's agreed mark stands: the leader's, or the next one's who is not recused."""
        if not any(item in self.assignment.get(member, ()) for member in group.members):
            return None
        order = sorted(group.members, key=lambda member: member != group.leader)  # stable: the others keep their order
        return next((member for member in order if not self.recused(member, item)), None)

    def duty(self, member: int, item: str) -> Duty:
        """Say what a member has to do with an item; recused beats assigned."""
        if self.recused(member, item):
            return Duty.RECUSED
        group = self.one_mark_group(member)
        if group is None:
            return Duty.ASSIGNED if item in self.assignment.get(member, ()) else Duty.NOT_ASSIGNED
        carrier = self.carrier(group, item)
        if carrier is None:
            return Duty.NOT_ASSIGNED
        return Duty.ASSIGNED if carrier == member else Duty.BY_GROUP

    def sheet(self, member: int) -> frozenset[str]:
        """Return the items that a member's own sheet has to carry."""
        if not self.groups and not self._approved:
            return frozenset(self.assignment.get(member, ()))
        group = self.one_mark_group(member)
        sources = group.members if group else (member,)
        given = {item for source in sources for item in self.assignment.get(source, ())}
        return frozenset(item for item in given if self.duty(member, item) is Duty.ASSIGNED)

    def recused_items(self, rubric: Rubric, member: int) -> frozenset[str]:
        """Return the items that a member is recused from."""
        if not self._approved:
            return frozenset()
        return frozenset(item.no for item in rubric.items if self.recused(member, item.no))

    def marks(self, item: str) -> int:
        """Count the marks that an item will have when all sheets are in; a group's agreed mark is one."""
        people = {*self.assignment, *(member for group in self.groups for member in group.members)}
        return sum(self.duty(member, item) is Duty.ASSIGNED for member in people)


@dataclass(frozen=True)
class ItemDuties:
    """One row of the matrix: an item, what every member has to do with it, and whether that makes marks enough."""

    item: Item
    by_member: Mapping[int, Duty]
    marks: int
    enough: bool


def matrix(rubric: Rubric, members: Iterable[Member], duties: Duties, least: int) -> tuple[ItemDuties, ...]:
    """Lay out items × members in official order.

    Args:
        members: those who score, in the order of the columns.
        least: how many marks an item needs (the visit's method), 1 or more.
    """
    columns = [member.id for member in members]
    rows = []
    for item in rubric.items:
        by_member = {member: duties.duty(member, item.no) for member in columns}
        marks = sum(duty is Duty.ASSIGNED for duty in by_member.values())
        rows.append(ItemDuties(item, by_member, marks, marks >= least))
    return tuple(rows)


def too_few(
    rubric: Rubric, assignment: Assignment, recusals: Sequence[Recusal], least: int, groups: Sequence[Group] = ()
) -> tuple[str, ...]:
    """Return the items with fewer experts than the method asks for, in official order.

    A group that hands in one agreed mark counts as one expert, and whoever is recused as none.
    """
    duties = Duties(assignment, tuple(groups), tuple(recusals))
    return tuple(item.no for item in rubric.items if duties.marks(item.no) < least)


# --- patterns: each returns a whole assignment, to be looked at and then saved ------------------------------------


def all_to_all(rubric: Rubric, members: Iterable[int]) -> dict[int, frozenset[str]]:
    """Give every item to everybody."""
    everything = frozenset(item.no for item in rubric.items)
    return dict.fromkeys(members, everything)


def by_aspect(rubric: Rubric, aspects: Mapping[int, Collection[str]]) -> dict[int, frozenset[str]]:
    """Turn aspects by member (or by group) id into items by the same id."""
    return {
        key: frozenset(item.no for aspect in rubric.aspects if aspect.id in chosen for item in aspect.items)
        for key, chosen in aspects.items()
    }


def by_group(groups: Iterable[Group], items: Mapping[int, Collection[str]]) -> dict[int, frozenset[str]]:
    """Give the items of each group, by its id, to all of its members. For whole aspects see ``by_aspect``."""
    return {member: frozenset(items.get(group.id, ())) for group in groups for member in group.members}


def deal(rubric: Rubric, marks: Mapping[int, int], least: int) -> dict[int, tuple[str, ...]]:
    """Deal the aspects out evenly, so that each has enough marks: a first proposal, to be changed by hand.

    Args:
        marks: by member or group id, in the order of dealing, how many marks each brings to an item: a person or a
            group with one agreed mark brings 1, any other group as many as it has members.
        least: how many marks each aspect should have; more than there are gives every aspect to everybody.

    Returns:
        Aspect ids by the same id, in official order. Nobody is left without one, as far as there are aspects.
    """
    load = dict.fromkeys(marks, 0)
    order = list(marks)
    dealt: dict[str, list[int]] = {}
    for aspect in sorted(rubric.aspects, key=lambda aspect: -len(aspect.items)):  # the large ones first, for balance
        takers: list[int] = []
        while sum(marks[key] for key in takers) < least and len(takers) < len(order):
            taker = min((key for key in order if key not in takers), key=lambda key: (load[key], order.index(key)))
            takers.append(taker)
            load[taker] += len(aspect.items)
        dealt[aspect.id] = takers
    for key in order:
        if not load[key] and dealt:  # more people than turns: they join where the fewest are
            fewest = min(dealt, key=lambda aspect: sum(marks[taker] for taker in dealt[aspect]))
            dealt[fewest].append(key)
    return {key: tuple(aspect.id for aspect in rubric.aspects if key in dealt[aspect.id]) for key in order}


# --- checks --------------------------------------------------------------------------------------------------------


def check_group(group: Group, others: Iterable[Group], members: Iterable[Member]) -> None:
    """Refuse a group that cannot work; every fault at once.

    Args:
        group: as it is to be.
        others: all groups but this one.
        members: the panel.

    Raises:
        InspectionError: no name or one that is taken, nobody in it, a leader from outside, or somebody who does not
            score or is in another group.
    """
    others, panel = list(others), {member.id: member for member in members}
    faults = []

    def fault(what: str, remedy: str, **context: object) -> None:
        faults.append(Fault(N_("Group"), what, remedy, context))

    if not group.name.strip():
        fault(N_("The name is missing."), N_("Enter the name."))
    if group.name.strip() in {other.name for other in others}:
        fault(N_("“{name}” is named twice."), N_("Choose another name."), name=group.name.strip())
    if not group.members:
        fault(N_("Nobody is in it."), N_("Choose its members."))
    if group.leader not in group.members:
        fault(N_("The leader is not one of its members."), N_("Choose the leader among the members."))
    for member in group.members:
        person = panel.get(member)
        if person is None or not person.scores:
            fault(N_("Somebody in it does not score."), N_("Choose among the chair and the experts."))
            continue
        taken = next((other for other in others if member in other.members), None)
        if taken:
            fault(N_("{person} is already in the group “{group}”."), N_("Take them out there first."),
                  person=person.name, group=taken.name)  # fmt: skip
    if faults:
        raise InspectionError(N_("This group cannot be saved yet:"), "not-usable", faults=faults)
