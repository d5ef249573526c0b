"""Duties: who scores what, alone or in groups, who has declared, who stands aside, and who chairs."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import ROLE_NAMES, Act, Role
from inspection_app.language import _
from inspection_app.services import assign, recuse
from inspection_app.services.assign import Division
from inspection_app.ui import session, widgets
from inspection_app.ui.division import by_person, division
from inspection_app.ui.groups import groups
from inspection_app.ui.recusals import hand_over, recusals

here = session.signed_in()
found = assign.division(here.file, here.actor)


def declarations(here: session.Here, found: Division) -> None:
    mine = found.declarations.get(here.member.id)
    if here.may(Act.DECLARE):
        title = _("Change my declaration") if mine else _("My declaration")
        with st.expander(title, expanded=not mine, key="declaration"), st.form("declare", border=False):
            conflict = st.text_area(
                _("Conflicts of interest: work, kinship, consulting, money or disputes with the applicant. "
                  "Leave empty if there are none."), mine.conflict if mine else "",
            )  # fmt: skip
            confidential = st.checkbox(_("I keep marks, deliberation and documents confidential and use them for "
                                         "nothing else."))  # fmt: skip
            if st.form_submit_button(_("I declare"), type="primary"):
                session.carry_out(here, recuse.declare, conflict, confidential, done=_("Declared."))
    if mine and here.may(Act.ANSWER_ITEM) and st.button(_("To my score sheet"), type="primary"):
        st.switch_page("ui/score.py")
    if mine and mine.conflict and not any(one.member == here.member.id for one in found.duties.recusals):
        st.warning(_("You declared a conflict. It recuses you from nothing by itself: propose a recusal under "
                     "“Recusals”, and the organiser decides."))  # fmt: skip
    rows, office = [], here.member.role is not Role.EXPERT
    for member in found.members:
        said = found.declarations.get(member.id)
        if said is None:
            state = widgets.badge("waiting", "○ " + _("not declared"))
        else:
            state = widgets.badge("saved", f"✓ {_('declared')} {said.at:%m-%d %H:%M}")
        told = [said.conflict if said else ""] if office else []
        rows.append([_(ROLE_NAMES[member.role]), member.name, member.group, widgets.Markup(state), *told])
    more = [_("Conflict (office only)")] if office else []
    widgets.table([_("Role"), _("Name"), _("Group"), _("State"), *more], rows)


st.title(_("Duties"))
if found.recused_chair:
    st.error(_("{name} chairs the panel and is recused from the visit. Nothing of the chair's can be done until the "
               "secretary hands the chair over.", name=widgets.literal(found.recused_chair.name)))  # fmt: skip
    if here.may(Act.HAND_OVER_CHAIR):
        hand_over(here, found)
declared = here.member.id in found.declarations
if not declared and here.may(Act.DECLARE):
    st.warning(
        _("You have not declared conflicts and confidence yet. Do it below; scoring waits for it.")
        if here.member.scores
        else _("You have not declared conflicts and confidence yet. Do it below.")
    )
parts = {
    _("Division"): division,
    **({_("By person"): by_person} if here.may(Act.ASSIGN_ITEMS) else {}),
    _("Groups"): groups,
    _("Declarations"): declarations,
    _("Recusals"): recusals,
}
first = _("Division") if declared else _("Declarations")
chosen = st.segmented_control(
    _("Part"), list(parts), default=first, required=True, label_visibility="collapsed", key="part-of-duties"
)
parts[chosen or first](here, found)
