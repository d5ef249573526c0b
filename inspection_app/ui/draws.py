"""The two draws, each led step by step in front of everyone, what came out of them, and what the room sees of it."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.draw import DrawResult
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import draw
from inspection_app.services.screen import Step
from inspection_app.ui import after_draw, by_hand, ceremony, certificates, screen_control, session, widgets

here = session.signed_in()
scheme, place = here.rubric.scheme, here.visit.description.place
allowed = here.may(Act.DRAW)


def drawn(state: draw.DrawState) -> None:
    """The result, what it can be checked by, and what follows it."""
    result, current = state.result, state.current
    assert result is not None
    assert current is not None
    if state.by_hand:
        st.html(by_hand.label())
    after_draw.standing(state)
    screen_control.order(here, state.kind)
    with st.expander(_("Reserves, in order")):
        widgets.table(
            [_("Category"), _("Reserves")],
            [[s, "　".join(f"{n} {state.name(n)}" for n in numbers)] for s, numbers in result.reserves.items()],
        )
    if not state.rehearsal:
        after_draw.after(here, state, here.visit.stage)
    if isinstance(result, DrawResult):
        st.caption(
            _("Ceremony {number} at {place}. Anybody can recompute this draw from the certificate: under “Check a "
              "draw”, or at home with the program that comes with it.", number=current.number,
              place=widgets.literal(current.place))
        )  # fmt: skip
        st.html(f'<div class="digest">{result.seed}</div>')
    else:
        by_hand.on_record(here, state, allowed=allowed)
    certificates.handing_out(here, state)


ceremony.style()
st.title(_("Draws"))
kinds = {
    **({_("Sites"): draw.SITES} if scheme.drawn_sites else {}),
    **({_("Citizens"): draw.CITIZENS} if scheme.citizen_categories else {}),
}
if not kinds:
    widgets.empty(_("No draws"), _("The rubric's scheme has no draws for this visit."))
    st.stop()
screen_control.bar(here, tuple(kinds.values()))
chosen = st.segmented_control(
    _("Draw"), list(kinds), default=next(iter(kinds)), required=True, label_visibility="collapsed"
)
kind = kinds[chosen or next(iter(kinds))]
state = draw.on_the_table(here.file, kind) if allowed else draw.draw_state(here.file, kind)
match ceremony.head(here, state):
    case Step.LOCK:
        ceremony.lock(here, state)
    case Step.CARDS:
        ceremony.cards(here, state, place)
    case Step.DIGITS:
        ceremony.digits(here, state)
    case Step.OPEN:
        ceremony.open_cards(here, state)
    case Step.DRAWN:
        drawn(state)
if state.current is not None and allowed:
    ceremony.void(here, state)
ceremony.voided(state)
