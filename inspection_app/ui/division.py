"""A part of the page Duties: who scores which items, in one table, by one-tap patterns and by person."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from inspection_app.core.duties import Duty, all_to_all, by_aspect, by_group, deal
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import assign
from inspection_app.services.assign import Division
from inspection_app.ui import session, widgets

SIGNS = {Duty.ASSIGNED: "✓", Duty.NOT_ASSIGNED: "·", Duty.RECUSED: "⊘", Duty.BY_GROUP: "◌"}


def division(here: session.Here, found: Division) -> None:
    """The one-tap patterns and the whole table."""
    if here.may(Act.ASSIGN_ITEMS):
        patterns(here, found)
    if found.too_few:
        st.warning(_("Too few experts for these items: {items}. The method asks for {least} marks each.",
                     items=", ".join(found.too_few), least=found.least))  # fmt: skip
    many = "many" if len(found.scoring) > 6 else ""
    names = "".join(
        f'<th class="mark name">{widgets.escape(member.name)}<br><small>{widgets.escape(member.group)}</small></th>'
        for member in found.scoring
    )
    body = []
    rows = {row.item.no: row for row in found.matrix}
    span = len(found.scoring) + 2
    for aspect in here.rubric.aspects:
        body.append(f'<tr><th class="aspect" colspan="{span}">{widgets.escape(aspect.title)}</th></tr>')
        for item in aspect.items:
            row = rows[item.no]
            cells = "".join(f'<td class="mark {duty}">{SIGNS[duty]}</td>' for duty in row.by_member.values())
            sign = "" if row.enough else "⚠ "
            body.append(
                f'<tr class="{"" if row.enough else "few"}"><td>{widgets.escape(f"{item.no}　{item.content}")}</td>'
                f'{cells}<td class="enough">{sign}{row.marks} / {found.least}</td></tr>'
            )
    st.html(
        f'<div class="scroll"><table class="plain duties {many}"><thead><tr><th>{widgets.escape(_("Item"))}</th>'
        f'{names}<th class="mark name">{widgets.escape(_("Marks / least"))}</th></tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
    words = {
        Duty.ASSIGNED: _("assigned"), Duty.NOT_ASSIGNED: _("not assigned"), Duty.RECUSED: _("recused"),
        Duty.BY_GROUP: _("scored by the group, on one sheet"),
    }  # fmt: skip
    st.caption("　".join(f"{SIGNS[duty]} {words[duty]}" for duty in Duty))


def patterns(here: session.Here, found: Division) -> None:
    people = [member.id for member in found.scoring if not found.duties.recused_from_visit(member.id)]
    groups = found.duties.groups
    brings = {group.id: 1 if group.one_mark else len(group.members) for group in groups if group.members}
    alone = [id_ for id_ in people if not any(id_ in group.members for group in groups)]
    all_, aspects, grouped, undo = st.columns(4, vertical_alignment="center")
    if all_.button(_("Everybody, everything"), width="stretch"):
        give(here, found, all_to_all(here.rubric, people))
    dealt = _("Aspects are dealt out evenly, with enough experts each.")
    if aspects.button(_("By aspect"), width="stretch", help=dealt):
        give(here, found, by_aspect(here.rubric, deal(here.rubric, dict.fromkeys(people, 1), found.least)))
    if grouped.button(
        _("By group"), width="stretch", disabled=not brings,
        help=_("Aspects are dealt out to the groups; whoever is in no group scores everything."),
    ):  # fmt: skip
        aspects_of = deal(here.rubric, brings, max(1, found.least - len(alone)))
        give(here, found, by_group(groups, by_aspect(here.rubric, aspects_of)) | all_to_all(here.rubric, alone))
    with undo:
        widgets.undo_button()


def give(here: session.Here, found: Division, assignment: Mapping[int, frozenset[str]]) -> None:
    """Save a whole assignment and offer the way back to the one before."""
    before, file, actor = found.duties.assignment, here.file, here.actor

    def back() -> None:
        assign.assign_items(file, actor, before, session.now())
        session.forget("assigned-")

    def there() -> None:
        assign.assign_items(file, actor, assignment, session.now())
        session.forget("assigned-")
        session.offer_undo(_("Back to the assignment before"), back)

    session.attempt(there, done=_("Assigned. See the table; change it by person."))
    st.rerun()


def by_person(here: session.Here, found: Division) -> None:
    """Aspects by person, and the single items that differ from them."""
    st.caption(_("Tap aspects to give or take them. Under “Single items” tap what differs."))
    widgets.table(
        ["", _("Aspect"), _("Items")],
        [[a.id, a.title, f"{a.items[0].no} – {a.items[-1].no}"] for a in here.rubric.aspects],
    )
    given = {member.id: frozenset(found.duties.assignment.get(member.id, ())) for member in found.scoring}
    if session.remembered("assigned-from") != given:  # somebody else assigned meanwhile: begin with what is stored
        session.forget("assigned-")
        session.remember("assigned-from", given)
    items = [item.no for item in here.rubric.items]
    chosen: dict[int, frozenset[str]] = {}
    for member in found.scoring:
        has = given[member.id]
        mostly = [a.id for a in here.rubric.aspects if 2 * len(has & {item.no for item in a.items}) > len(a.items)]
        differ = has ^ by_aspect(here.rubric, {0: mostly})[0]
        key = f"assigned-{member.id}"
        session.begin_with(f"{key}-aspects", mostly)
        session.begin_with(f"{key}-items", [no for no in items if no in differ])
        name, *more = map(widgets.literal, (member.name, member.group, member.speciality))
        label = "　".join(filter(None, [f"**{name}**", *more]))
        picked = st.pills(label, [a.id for a in here.rubric.aspects], selection_mode="multi", key=f"{key}-aspects")
        flipped = session.remembered(f"{key}-items") or []
        count = f"　{len(flipped)}" if flipped else ""
        with st.expander(_("Single items of {name}", name=name) + count, key=f"open-{member.id}"):
            flipped = st.pills(
                _("Items that differ"), items, selection_mode="multi", key=f"{key}-items",
                label_visibility="collapsed",
            )  # fmt: skip
        chosen[member.id] = by_aspect(here.rubric, {0: picked})[0] ^ frozenset(flipped)
    if st.button(_("Save the assignment"), type="primary", width="stretch", disabled=chosen == given):
        give(here, found, chosen)
