"""A part of the draws page: who stands after a draw, calling the drawn citizens, and who comes for whom."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.roster import Citizen
from inspection_app.core.substitution import CALL_NAMES, CallState
from inspection_app.core.visit import Act, Role, Stage, permitted
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.services import substitute
from inspection_app.services.draw import CITIZENS, SITES, DrawState
from inspection_app.services.print_out import call_list_pdf
from inspection_app.ui import session, widgets
from inspection_app.ui.fresh_digits import fresh_digits

SIGNS = {CallState.NOTIFIED: "○", CallState.COMING: "✓", CallState.NOT_COMING: "✗"}
COLOURS = {CallState.NOTIFIED: "waiting", CallState.COMING: "saved", CallState.NOT_COMING: "refused"}


def standing(state: DrawState) -> None:
    """Show who stands now in the order of the draw, and whom they came for."""
    came = {one.comes: one.gone for one in state.substitutions}
    rows = [
        [stratum, place, number, widgets.Markup(_name(state, number, came.get(number)))]
        for stratum, numbers in state.standing.items()
        for place, number in enumerate(numbers, 1)
    ]
    widgets.table([_("Category"), _("Order"), _("Number"), _("Name or site")], rows, numbers=[1, 2])


def _name(state: DrawState, number: int, gone: int | None) -> str:
    name = widgets.escape(state.name(number))
    if gone is None:
        return name
    told = _("in the place of {number} {name}", number=gone, name=state.name(gone))
    return f"{name} {widgets.badge('quiet', told)}"


def after(here: session.Here, state: DrawState, stage: Stage) -> None:
    """Show what follows a draw; people of the office change it while the marks are closed."""
    allowed = permitted(Act.SUBSTITUTE, here.member.role, stage)
    if state.kind == CITIZENS and here.member.role in {Role.SECRETARY, Role.CHAIR}:
        _calls(here, state, allowed)
    elif allowed and state.kind == SITES:
        with st.expander(_("A drawn site cannot be visited"), key=f"swap-{here.file.slug}"):
            gone = st.radio(
                _("Which one?"), state.standing_numbers, None,
                format_func=lambda n: f"{n}　{widgets.literal(state.name(n))}",
                key=f"swap-which-{here.file.slug}",
            )  # fmt: skip
            if gone:
                _replace(here, state, gone)
    fresh_digits(here, state, allowed)
    _replaced(here, state, allowed)


def _calls(here: session.Here, state: DrawState, allowed: bool) -> None:
    """The call list: one tap for each answer; whoever cannot come is replaced below their name."""
    assert state.current is not None
    calls = state.current.calls
    numbers = state.standing_numbers
    coming = sum(calls.get(number) is CallState.COMING for number in numbers)
    label = _("Call list: {coming} of {count} can come", coming=coming, count=len(numbers))
    if part := widgets.folded(label, key=here.key("calls")):
        with part:
            for stratum, among in state.standing.items():
                st.markdown(f"**{widgets.literal(stratum)}**")
                for number in among:
                    _call(here, state, number, calls.get(number), allowed)
            if here.may(Act.CALL):
                st.download_button(
                    _("Call list on paper (PDF)"), lambda: call_list_pdf(here.file, here.actor, session.now()),
                    f"{here.file.slug}-calls.pdf", "application/pdf", key=here.key("call-list"), on_click="ignore",
                )  # fmt: skip


def _call(here: session.Here, state: DrawState, number: int, call: CallState | None, allowed: bool) -> None:
    person, key = state.person(number), f"call-{here.file.slug}-{number}"
    phone = person.phone if isinstance(person, Citizen) else ""
    left, right = st.columns([4, 7], vertical_alignment="center")
    told = f"{number}　{widgets.escape(state.name(number))}"
    left.html(f"<div>{told}　<span class=\"meta\">{widgets.escape(phone)}</span></div>")
    if not allowed:
        told = widgets.badge(COLOURS[call], f"{SIGNS[call]} {_(CALL_NAMES[call])}") if call else ""
        right.html(f"<div>{told or widgets.badge('quiet', _('not called'))}</div>")
        return
    session.remember(key, call)

    def save() -> None:
        said = session.remembered(key)
        if said:
            session.attempt(substitute.call_citizen, here.file, here.actor, number, said, session.now())

    right.segmented_control(
        _("Answer of {name}", name=widgets.literal(state.name(number))), list(CallState), key=key, on_change=save,
        format_func=lambda one: f"{SIGNS[one]} {_(CALL_NAMES[one])}", label_visibility="collapsed", required=True,
    )  # fmt: skip
    if call is CallState.NOT_COMING:
        with st.container(border=True):
            _replace(here, state, number)


def _replace(here: session.Here, state: DrawState, gone: int) -> None:
    """Name who is next, and take reason and witness."""
    try:
        comes = state.next_reserve(gone)
    except InspectionError as error:
        st.warning(widgets.literal(error.text(_)))
        return
    st.markdown(
        _("For {gone} comes the next in order: {comes}.", gone=f"{gone}　{widgets.literal(state.name(gone))}",
          comes=f"**{comes}　{widgets.literal(state.name(comes))}**")
    )  # fmt: skip
    form = f"replace-{here.file.slug}-{state.kind}-{gone}"
    with st.form(form, border=False):
        left, right = st.columns(2)
        reason = left.text_input(_("Reason (it is printed)"), key=form + "-reason")
        witness = right.text_input(_("Witness"), key=form + "-witness")
        if st.form_submit_button(_("Replace"), type="primary"):
            made = session.attempt(
                substitute.substitute, here.file, here.actor, state.kind, gone, comes, reason, witness, session.now(),
                done=_("{name} comes.", name=state.name(comes)),
            )  # fmt: skip
            if made:
                session.forget(form)
            st.rerun()


def _replaced(here: session.Here, state: DrawState, allowed: bool) -> None:
    """Tell the substitutions in their order; the latest can be taken back with a reason."""
    if not state.substitutions:
        return
    st.subheader(_("Substitutions"))
    widgets.table(
        [_("Gone"), _("Comes"), _("Reason"), _("Witness")],
        [
            [f"{one.gone} {state.name(one.gone)}", f"{one.comes} {state.name(one.comes)}", one.reason, one.witness]
            for one in state.substitutions
        ],
    )
    latest = state.substitutions[-1]
    certified = state.closed is not None and len(state.substitutions) <= state.closed.replaced
    if allowed and not certified:
        with st.expander(_("Take the latest substitution back"), key=f"back-{state.kind}-{latest.comes}"):
            reason = st.text_input(_("Reason (it is kept)"), key=f"back-reason-{state.kind}-{latest.comes}")
            if st.button(_("Take it back"), key=f"back-go-{state.kind}"):
                session.attempt(
                    substitute.take_back_substitution, here.file, here.actor, state.kind, latest.comes, reason,
                    session.now(),
                )  # fmt: skip
                st.rerun()
