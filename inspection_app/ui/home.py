"""Where the visit stands: what is missing, in sentences, and the one thing to do next."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.services.draw import CITIZENS, SITES, draw_state
from inspection_app.services.prepare import preparation
from inspection_app.services.score import progress
from inspection_app.ui import session, widgets

here = session.signed_in()
found = preparation(here.file)
scheme, stage, role = found.rubric.scheme, found.visit.stage, here.member.role
sites, citizens = draw_state(here.file, SITES), draw_state(here.file, CITIZENS)
office = role in {Role.SECRETARY, Role.CHAIR}

st.title(_("Home"))
st.caption(found.rubric.title)


def line(done: bool, what: str, state: str) -> list[object]:
    mark = widgets.Markup(widgets.badge("saved", "✓ " + state) if done else widgets.badge("waiting", "○ " + state))
    return [what, mark]


rows = []
if scheme.candidate_sites:
    rows.append(line(bool(found.sites), _("Candidate sites"),
                     _("{count} entered", count=len(found.sites)) if found.sites else _("not entered")))  # fmt: skip
    rows.append(line(sites.result is not None, _("Draw of sites"), _("drawn") if sites.result else _("not drawn")))
if scheme.citizen_categories:
    rows.append(line(bool(found.roster), _("Citizens' roster"),
                     _("{count} people", count=len(found.roster)) if found.roster else _("not loaded")))  # fmt: skip
    rows.append(
        line(citizens.result is not None, _("Draw of citizens"), _("drawn") if citizens.result else _("not drawn"))
    )
sheets = [sheet for sheet in progress(here.file) if not sheet.excused]
complete = sum(sheet.complete for sheet in sheets)
counted = _("{done} of {all} complete", done=complete, all=len(sheets))
rows.append(line(complete == len(sheets), _("Score sheets"), counted))
widgets.table([_("Part of the visit"), _("State")], rows)

mine = next((sheet for sheet in sheets if sheet.member.id == here.member.id), None)
next_page, label = {
    Stage.PREPARE: ("prepare", _("Continue preparing")) if office else ("draws", _("See the draws")),
    Stage.SCORE: ("score", _("Continue scoring")) if mine and mine.marked < mine.assigned
    else ("consolidate", _("See who is outstanding")),
    Stage.CONSOLIDATE: ("consolidate", _("Continue consolidating")),
    Stage.DONE: ("feedback", _("Open the report")) if office else ("consolidate", _("See the result")),
}[stage]  # fmt: skip
st.write("")
if st.button(label, type="primary"):
    st.switch_page(f"ui/{next_page}.py")
