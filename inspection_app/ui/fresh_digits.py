"""A folded part of the draws page: fresh public digits for those who do not come, where the room does not want to read
on in an order that everybody knows. The default, one reserve after the other, stands in ``after_draw``."""

from __future__ import annotations

import re

import streamlit as st

from inspection_app.core.draw import PUBLIC_DIGITS
from inspection_app.core.fresh_digits import SIGNERS
from inspection_app.core.substitution import CallState
from inspection_app.language import _
from inspection_app.services import substitute
from inspection_app.services.draw import DrawState
from inspection_app.ui import session, widgets
from inspection_app.ui.ceremony import drawn_by, grouped, make_sure


def fresh_digits(here: session.Here, state: DrawState, allowed: bool) -> None:
    """Show the step that comes next: close the list, draw the digits, or what they gave."""
    closed = state.closed
    if state.result is None or state.by_hand or state.rehearsal or not (allowed or closed):
        return
    waiting = closed is not None and state.fresh is None
    with st.expander(_("Fresh public digits for those who do not come"), waiting, key=f"fresh-{state.kind}"):
        if closed is None:
            _close(here, state)
        elif state.fresh is None:
            _closed(state)
            if allowed:
                _draw(here, state)
                _take_back(here, state)
        else:
            _closed(state)
            st.html(f'<div class="code">{widgets.escape(grouped(closed.public_digits))}</div>')
            st.caption(_("The substitutes were drawn with these digits. Whoever else does not come is replaced by "
                         "reading on in their order."))  # fmt: skip


def _close(here: session.Here, state: DrawState) -> None:
    assert state.current is not None
    st.caption(
        _("Only if the room wants it: first the list of who does not come is closed and signed, then digits are drawn "
          "anew, and the substitutes follow from both. Otherwise the next reserve comes, as above.")
    )  # fmt: skip
    calls = state.current.calls
    key = here.key("absent", state.kind, len(state.current.closings))
    gone = st.multiselect(
        _("Who does not come?"), state.standing_numbers, format_func=lambda n: f"{n}　{state.name(n)}", key=key,
        default=[n for n in state.standing_numbers if calls.get(n) is CallState.NOT_COMING],
        placeholder=_("Choose"),
    )  # fmt: skip
    with st.form(key + "-form", border=False):
        reasons = {
            number: st.text_input(
                _("{name}: reason (it is printed)", name=f"{number}　{state.name(number)}"), key=f"{key}-why-{number}"
            )
            for number in gone
        }
        names = st.text_input(
            _("Who signed the list? At least {count} names, with 、 or a comma between them", count=SIGNERS),
            key=key + "-signed",
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            closing = st.form_submit_button(_("Close the list"), disabled=not gone)
    if closing:
        signed = [name.strip() for name in re.split("[、,，;；]", names)]
        if session.attempt(
            substitute.close_absent, here.file, here.actor, state.kind, reasons, signed, session.now(),
            done=_("The list is closed. Now draw the digits."),
        ):  # fmt: skip
            session.forget(key)
        st.rerun()


def _closed(state: DrawState) -> None:
    assert state.closed is not None
    absent = state.closed.absent
    widgets.table(
        [_("Gone"), _("Reason")], [[f"{number} {state.name(number)}", reason] for number, reason in absent.absent]
    )
    at, names = f"{absent.time:%Y-%m-%d %H:%M:%S}", "、".join(absent.signed)
    st.caption(_("Closed {time}, signed by {names}.", time=at, names=widgets.literal(names)))


def _draw(here: session.Here, state: DrawState) -> None:
    key = here.key("fresh", state.kind)
    way = drawn_by(key + "-way")
    with st.form(key, border=False):
        typed = st.text_input(_("Fresh public digits, in the order drawn"), key=key + "-typed")
        with st.container(horizontal=True, horizontal_alignment="right"):
            written = st.form_submit_button(_("Draw the substitutes"), type="primary")
    if not written:
        return
    digits = "".join(typed.split())

    def write() -> None:
        session.attempt(
            substitute.draw_substitutes, here.file, here.actor, state.kind, digits, session.now(), digits_by=way,
            done=_("The substitutes are drawn."),
        )  # fmt: skip

    if len(digits) < PUBLIC_DIGITS or not (digits.isascii() and digits.isdecimal()):
        write()  # which is refused with the words for it
        st.rerun()
    question = _("They cannot be changed afterwards. Has somebody else read them back?")
    make_sure(_("Draw the substitutes"), grouped(digits), question, write, f"fresh-write-{state.kind}")


def _take_back(here: session.Here, state: DrawState) -> None:
    key = here.key("absent-back", state.kind)
    reason = st.text_input(_("The list is wrong: reason to take it back (it is printed)"), key=key)
    if st.button(_("Take the list back"), key=key + "-go"):
        session.attempt(
            substitute.take_back_absent, here.file, here.actor, state.kind, reason, session.now()
        )
        st.rerun()
