"""Where the visit stands: what is missing, in sentences, and the one thing to do next."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state
from inspection_app.services.hand_in import pad_standing, readiness
from inspection_app.services.open_marks import opening
from inspection_app.ui import copying, keep, screen_control, session, widgets

here = session.signed_in()
scheme, stage, role = here.rubric.scheme, here.visit.stage, here.member.role
sites, citizens = draw_state(here.file, SITES), draw_state(here.file, CITIZENS)
office = role in {Role.SECRETARY, Role.CHAIR}

if copying.copied(here):
    st.stop()
st.title(_("Home"))
st.caption(here.rubric.title)
if role is Role.SECRETARY:
    keep.standing(here)


def line(done: bool, what: str, state: str) -> list[object]:
    mark = widgets.Markup(widgets.badge("saved", "✓ " + state) if done else widgets.badge("waiting", "○ " + state))
    return [what, mark]


def drawn(state: DrawState) -> str:
    if state.by_hand:
        return _("drawn by hand, cannot be recomputed")
    return _("drawn") if state.result else _("not drawn")


rows = []
if scheme.candidate_sites:
    rows.append(line(bool(sites.sites), _("Candidate sites"),
                     _("{count} entered", count=len(sites.sites)) if sites.sites else _("not entered")))  # fmt: skip
    rows.append(line(sites.result is not None, _("Draw of sites"), drawn(sites)))
if scheme.citizen_categories:
    people = len(citizens.roster)
    entered = _("{count} people", count=people) if people else _("not loaded")
    rows.append(line(people > 0, _("Citizens' roster"), entered))
    rows.append(line(citizens.result is not None, _("Draw of citizens"), drawn(citizens)))
sheets = [sheet for sheet in readiness(here.file).sheets if sheet.assigned]
handed_in = sum(sheet.handed_in is not None for sheet in sheets)
counted = _("{done} of {all} handed in", done=handed_in, all=len(sheets))
if excused := sum(sheet.excuse is not None for sheet in sheets):
    counted += "　" + _("excused: {count}", count=excused)
rows.append(line(all(sheet.settled for sheet in sheets), _("Score sheets"), counted))
opened = opening(here.file)
rows.append(line(opened is not None, _("Marks"), _("closed") if opened is None else _(
    "opened {time} by {name}", time=f"{opened.at:%Y-%m-%d %H:%M}", name=opened.by)))  # fmt: skip
widgets.table([_("Part of the visit"), _("State")], rows)

mine = next((sheet for sheet in sheets if sheet.member.id == here.member.id), None)
asked = pad_standing(here.file, here.actor).again if stage is Stage.CONSOLIDATE and here.member.scores else ()
again = next(iter(asked), "")
next_page, label = {
    Stage.PREPARE: ("prepare", _("Continue preparing")) if office else ("draws", _("See the draws")),
    Stage.SCORE: ("score", _("Continue scoring")) if mine and not mine.settled and mine.missing
    else ("score", _("Hand in the score sheet")) if mine and not mine.settled
    else ("consolidate", _("See who is outstanding")),
    Stage.CONSOLIDATE: ("score", _("Look again at item {item}", item=again)) if again
    else ("consolidate", _("Continue consolidating")) if office
    else ("seal", _("See and confirm the result")),
    Stage.SEALED: ("feedback", _("Open the report")) if office else ("consolidate", _("See the result")),
}[stage]  # fmt: skip
st.write("")
if st.button(label, type="primary"):
    st.switch_page(f"ui/{next_page}.py", query_params={"item": again} if again else None)
screen_control.clock(here)
if role is Role.SECRETARY:
    copying.part(here)
    keep.part(here)
