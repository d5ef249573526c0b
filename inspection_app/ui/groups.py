"""A part of the page Duties: groups by speciality, each of which may hand in one agreed mark."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.duties import Group
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import assign
from inspection_app.services.assign import Division
from inspection_app.ui import session, widgets


def groups(here: session.Here, found: Division) -> None:
    st.caption(
        _("A group may hand in one agreed mark: then its leader's sheet carries everything that anybody in the group "
          "was given, and the mark counts once.")
    )  # fmt: skip
    how = {True: _("one agreed mark"), False: _("everybody marks")}
    if not here.may(Act.FORM_GROUPS):
        rows = [
            [one.name, one.speciality, found.name(one.leader or 0), "、".join(map(found.name, one.members)),
             how[one.one_mark]]
            for one in found.duties.groups
        ]  # fmt: skip
        columns = [_("Group"), _("Speciality"), _("Leader"), _("Members"), _("How it marks")]
        widgets.table(columns, rows) if rows else st.info(_("There are no groups; everybody marks alone."))
        return
    for group in found.duties.groups:
        people = "、".join(map(found.name, group.members))
        told = widgets.literal(f"{group.name}　{people}　{how[group.one_mark]}")
        with st.expander(told, key=f"open-group-{group.id}"):
            edit_group(here, found, group)
    with st.expander(_("Form a group"), expanded=not found.duties.groups, key="open-new-group"):
        edit_group(here, found, Group(0, "", "", None, ()))


def edit_group(here: session.Here, found: Division, group: Group) -> None:
    key = f"group-{group.id or f'new-{len(found.duties.groups)}'}"  # formed, the next one begins empty
    ids = [member.id for member in found.scoring]
    with st.form(key, border=False):
        left, right = st.columns(2)
        name = left.text_input(_("Name of the group"), group.name, key=f"{key}-name")
        speciality = right.text_input(_("Speciality"), group.speciality, key=f"{key}-speciality")
        members = st.pills(_("Members"), ids, selection_mode="multi", default=group.members, key=f"{key}-members",
                           format_func=lambda id_: widgets.literal(found.name(id_)))  # fmt: skip
        place = ids.index(group.leader) if group.leader in ids else None
        leader = st.selectbox(_("Leader"), ids, place, format_func=found.name, key=f"{key}-leader",
                              placeholder=_("Choose"))  # fmt: skip
        one_mark = st.checkbox(_("The group hands in one agreed mark"), group.one_mark, key=f"{key}-one")
        if st.form_submit_button(_("Save"), type="primary"):
            entered = (name, speciality, leader, members, one_mark)
            if group.id:
                session.carry_out(here, assign.change_group, group.id, *entered)
            session.carry_out(here, assign.form_group, *entered)
    if group.id:
        widgets.confirm(
            _("Dissolve the group"), _("Its members keep their items and mark alone."),
            lambda: session.attempt(assign.dissolve_group, here.file, here.actor, group.id, session.now()),
            key=f"{key}-dissolve", primary=False,
        )  # fmt: skip
