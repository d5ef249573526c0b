"""Dividing the labour: who scores which items, alone or in groups, until scoring is opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from inspection_app.core.consolidation import marks_needed
from inspection_app.core.duties import (
    Declaration,
    Duties,
    Group,
    HandOver,
    ItemDuties,
    check_group,
    matrix,
)
from inspection_app.core.roster import Site
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Act, Actor, Member, Role, Visit
from inspection_app.errors import N_, NotFound, ScoreError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import duties, lists, panel, visits
from inspection_app.store.file import VisitFile


@dataclass(frozen=True)
class Division:
    """The division of labour with all that bears on it, as the actor may see it.

    What others declared and why somebody should stand aside is for the office and those concerned: the texts are
    empty for everybody else.
    """

    visit: Visit
    rubric: Rubric
    members: tuple[Member, ...]
    duties: Duties
    matrix: tuple[ItemDuties, ...]
    least: int
    declarations: Mapping[int, Declaration]
    hand_overs: tuple[HandOver, ...]
    sites: tuple[Site, ...]

    @property
    def scoring(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.scores)

    @property
    def too_few(self) -> tuple[str, ...]:
        """The items that will have fewer marks than the method asks for."""
        return tuple(row.item.no for row in self.matrix if not row.enough)

    @property
    def recused_chair(self) -> Member | None:
        """The chair, where recused from the whole visit: the duties have to pass on."""
        chairs = (one for one in self.members if one.role is Role.CHAIR)
        return next((one for one in chairs if self.duties.recused_from_visit(one.id)), None)

    def name(self, member: int) -> str:
        return next((one.name for one in self.members if one.id == member), "")


def division(file: VisitFile, actor: Actor) -> Division:
    """Return who scores what, who declared what, and who stands aside."""
    with file.reading() as db:
        visit, rubric, members, found = visits.read(db), rubric_of(db), panel.members(db), duties.duties(db)
        least = marks_needed(visit.method, visit.min_marks)
        office = panel.member(db, actor.member_id).role in {Role.SECRETARY, Role.CHAIR}
        seen = replace(
            found,
            recusals=tuple(
                one if office or actor.member_id in {one.member, one.by} else replace(one, reason="")
                for one in found.recusals
            ),
        )
        declared = {
            member: one if office or member == actor.member_id else replace(one, conflict="")
            for member, one in duties.declarations(db).items()
        }
        scoring = [member for member in members if member.scores]
        return Division(
            visit, rubric, members, seen, matrix(rubric, scoring, found, least), least, declared,
            duties.hand_overs(db), lists.sites(db),
        )  # fmt: skip


def assign_items(file: VisitFile, actor: Actor, assignment: Mapping[int, Collection[str]], now: datetime) -> None:
    """Say who scores which items, for the whole panel at once.

    Raises:
        NotFound: an item or member that does not exist.
        ScoreError: with every item that nobody would score.
    """
    with act(file, actor, Act.ASSIGN_ITEMS, now) as tx:
        rubric = rubric_of(tx.db)
        scoring = {member.id for member in panel.members(tx.db) if member.scores}
        for member, items in assignment.items():
            if member not in scoring:
                raise NotFound(N_("Only the chair and the experts can be given items."), "not-scoring", member=member)
            for item in items:
                rubric.item(item)
        given = {item for items in assignment.values() for item in items}
        orphans = [item.no for item in rubric.items if item.no not in given]
        if orphans:
            raise ScoreError(
                N_("Nobody would score these items: {items}. Give each to at least one expert."),
                "orphans", items=", ".join(orphans),
            )  # fmt: skip
        panel.assign(tx.db, assignment)
        tx.record(assignment={str(member): sorted(items) for member, items in assignment.items()})


def form_group(
    file: VisitFile,
    actor: Actor,
    name: str,
    speciality: str,
    leader: int | None,
    members: Collection[int],
    one_mark: bool,
    now: datetime,
) -> int:
    """Form a group of experts and return its id. What they score is assigned as ever (``assign_items``).

    Args:
        one_mark: the group hands in one agreed mark: it stands on the leader's sheet and counts once.

    Raises:
        InspectionError: with every fault of it (see ``core.duties.check_group``).
    """
    with act(file, actor, Act.FORM_GROUPS, now) as tx:
        group = Group(0, name, speciality, leader, tuple(members), one_mark)
        check_group(group, duties.groups(tx.db), panel.members(tx.db))
        id_ = duties.add_group(tx.db, group)
        _record(tx, replace(group, id=id_))
    return id_


def change_group(
    file: VisitFile,
    actor: Actor,
    group: int,
    name: str,
    speciality: str,
    leader: int | None,
    members: Collection[int],
    one_mark: bool,
    now: datetime,
) -> None:
    """Change a group's name, speciality, leader, members or way of marking.

    Raises:
        NotFound: no such group.
        InspectionError: with every fault of it.
    """
    with act(file, actor, Act.FORM_GROUPS, now) as tx:
        known = _group(tx, group)
        changed = Group(known.id, name, speciality, leader, tuple(members), one_mark)
        others = [other for other in duties.groups(tx.db) if other.id != group]
        check_group(changed, others, panel.members(tx.db))
        duties.change_group(tx.db, changed)
        _record(tx, changed)


def dissolve_group(file: VisitFile, actor: Actor, group: int, now: datetime) -> None:
    """Dissolve a group; its members keep their items and mark them on their own.

    Raises:
        NotFound: no such group.
    """
    with act(file, actor, Act.FORM_GROUPS, now) as tx:
        duties.dissolve_group(tx.db, _group(tx, group).id)
        tx.record(dissolved=group)


def _group(tx: Transaction, id_: int) -> Group:
    for group in duties.groups(tx.db):
        if group.id == id_:
            return group
    raise NotFound(N_("There is no such group any more."), "no-group", group=id_)


def _record(tx: Transaction, group: Group) -> None:
    tx.record(
        group=group.id, name=tx.digest(group.name), leader=group.leader, members=sorted(group.members),
        one_mark=group.one_mark,
    )  # fmt: skip
