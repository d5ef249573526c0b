"""The two draws, step by step in front of everyone: lock, cards and public digits, draw, certificate."""

from __future__ import annotations

import os

import streamlit as st

from inspection_app.core.draw import CARD_DIGITS
from inspection_app.core.visit import Act, permitted
from inspection_app.language import _
from inspection_app.services import draw
from inspection_app.services.prepare import preparation
from inspection_app.store import lists
from inspection_app.ui import session, widgets

here = session.signed_in()
found = preparation(here.file)
scheme = found.rubric.scheme
allowed = permitted(Act.DRAW, here.member.role, found.visit.stage)


def lock(state: draw.DrawState) -> None:
    """Step 1: how many are drawn, then the lock."""
    if not allowed:
        widgets.empty(_("Not locked yet"), _("The secretary or the chair locks the list before the draw."))
        return
    if not (state.sites or state.roster):
        widgets.empty(_("Nothing to draw from yet"), _("Enter the list under Prepare first."))
        return
    if state.kind == draw.SITES:
        count = st.radio(
            _("How many of the {count} sites are drawn?", count=len(state.sites)), scheme.drawn_sites, horizontal=True
        )
        if st.button(_("Lock the list"), type="primary", key="lock-sites"):
            session.attempt(draw.lock_sites, here.file, here.actor, count, entropy=os.urandom, now=session.now())
            st.rerun()
        return
    quotas = {}
    for category in scheme.citizen_categories:
        size = sum(citizen.category == category for citizen in state.roster)
        if size:
            quotas[category] = st.number_input(
                _("{category}: how many of {size}?", category=category, size=size), 1, size, min(4, size)
            )
    if st.button(_("Lock the list"), type="primary", key="lock-citizens"):
        session.attempt(draw.lock_citizens, here.file, here.actor, quotas, entropy=os.urandom, now=session.now())
        st.rerun()


def begin(state: draw.DrawState) -> None:
    """Step 2: the code is read out, cards are written and laid face down."""
    assert state.kept is not None
    st.write(_("Read out this code of the locked list. Everybody copies it onto their card, with at least "
          "{count} digits of their own.", count=CARD_DIGITS))
    code = state.kept.locked.short_code
    st.html(f'<div class="code">{code[:4]} {code[4:]}</div><div class="digest">{state.kept.locked.digest}</div>')
    if not allowed:
        return
    with st.form(f"begin-{state.kind}", border=False):
        place = st.text_input(_("Place of the draw"), found.visit.description.place)
        names = [
            st.text_input(_("{party}: who wrote the card?", party=_(title)), key=f"{state.kind}-{party}")
            for party, title in widgets.PARTIES.items()
        ]
        if st.form_submit_button(_("The cards lie face down"), type="primary"):
            cards = list(zip(widgets.PARTIES, names, strict=True))
            session.attempt(
                draw.begin_ceremony, here.file, here.actor, state.kind, place, cards, session.now()
            )
            st.rerun()
    with st.expander(_("Unlock the list")):
        reason = st.text_input(_("Reason (it is kept)"), key=f"unlock-reason-{state.kind}")
        if st.button(_("Unlock"), key=f"unlock-{state.kind}"):
            session.attempt(draw.unlock_list, here.file, here.actor, state.kind, reason, session.now())
            st.rerun()


def public_digits(state: draw.DrawState) -> None:
    """Step 3: digits are drawn in public while the cards are still face down."""
    st.write(
        _("Now draw digits in public, with numbered balls, slips or ten-sided dice, by two people. "
          "The cards stay face down. At least {count} digits give every selection its chance.",
          count=max(6, state.digits_wanted))
    )  # fmt: skip
    if allowed:
        with st.form(f"digits-{state.kind}", border=False):
            digits = st.text_input(_("Public digits, in the order drawn"))
            if st.form_submit_button(_("Write them down"), type="primary"):
                session.attempt(draw.enter_public_digits, here.file, here.actor, state.kind, digits, session.now())
                st.rerun()


def open_cards(state: draw.DrawState) -> None:
    """Step 4: the cards are opened and the draw follows."""
    assert state.current is not None
    st.write(_("Public digits"))
    st.html(f'<div class="code">{widgets.escape(state.current.public_digits)}</div>')
    st.write(_("Now open the cards and type what stands on them."))
    if allowed:
        with st.form(f"cards-{state.kind}", border=False):
            digits = [
                st.text_input(f"{_(widgets.PARTIES[card.party])}　{card.name}", key=f"card-{state.kind}-{number}")
                for number, card in enumerate(state.current.cards)
            ]
            if st.form_submit_button(_("Draw"), type="primary"):
                session.attempt(
                    draw.draw_list, here.file, here.actor, state.kind, digits, session.now(), done=_("Drawn.")
                )
                st.rerun()


def drawn(state: draw.DrawState) -> None:
    """The result, and the certificate to check it by."""
    result, current = state.result, state.current
    assert result is not None
    assert current is not None
    rows = [
        [stratum, place, number, state.name(number)]
        for stratum, numbers in result.selected.items()
        for place, number in enumerate(numbers, 1)
    ]
    widgets.table([_("Category"), _("Order"), _("Number"), _("Name or site")], rows, numbers=[1, 2])
    with st.expander(_("Reserves, in order")):
        widgets.table(
            [_("Category"), _("Reserves")],
            [[s, "　".join(f"{n} {state.name(n)}" for n in numbers)] for s, numbers in result.reserves.items()],
        )
    st.caption(
        _("Ceremony {number} at {place}. Anybody can recompute this draw from the certificate with "
          "“inspection-app draw verify”.", number=current.number, place=current.place)
    )  # fmt: skip
    st.html(f'<div class="digest">{result.seed}</div>')
    st.download_button(
        _("Certificate (JSON)"), current.certificate, f"{here.file.slug}-{state.kind}.json", "application/json",
        key=f"certificate-{state.kind}", on_click="ignore",
    )  # fmt: skip


def void(state: draw.DrawState) -> None:
    with st.expander(_("Void this ceremony")):
        st.caption(_("A withheld card or any restart voids it. It keeps its number and is printed with the reason."))
        reason = st.text_input(_("Reason (it is printed)"), key=f"void-reason-{state.kind}")
        if st.button(_("Void"), key=f"void-{state.kind}"):
            session.attempt(draw.void_ceremony, here.file, here.actor, state.kind, reason, session.now())
            st.rerun()


def steps(state: draw.DrawState) -> tuple[int, str]:
    """Return the step a draw is at, counted from 0, and what happens now."""
    if state.kept is None:
        return 0, _("Lock the list")
    if state.current is None:
        return 1, _("Write the cards")
    if state.current.state == lists.DRAWN:
        return 4, _("Drawn")
    return (3, _("Open the cards")) if state.current.public_digits else (2, _("Draw public digits"))


st.title(_("Draws"))
kinds = {
    **({_("Sites"): draw.SITES} if scheme.drawn_sites else {}),
    **({_("Citizens"): draw.CITIZENS} if scheme.citizen_categories else {}),
}
if not kinds:
    widgets.empty(_("No draws"), _("The rubric's scheme has no draws for this visit."))
    st.stop()
chosen = st.segmented_control(
    _("Draw"), list(kinds), default=next(iter(kinds)), required=True, label_visibility="collapsed"
)
state = draw.draw_state(here.file, kinds[chosen or next(iter(kinds))])
step, now_happens = steps(state)
names = [_("Lock the list"), _("Write the cards"), _("Draw public digits"), _("Open the cards"), _("Drawn")]
st.html(
    '<div class="stages">'
    + "".join(f'<span class="{"reached" if i <= step else "ahead"}">{"●" if i <= step else "○"} {n}</span>'
              for i, n in enumerate(names))
    + "</div>"
)  # fmt: skip
st.subheader(now_happens)
[lock, begin, public_digits, open_cards, drawn][step](state)
if state.current is not None and allowed:
    void(state)
for ceremony in state.voided:
    st.caption(_("Ceremony {number} was voided: {reason}", number=ceremony.number, reason=ceremony.reason))
