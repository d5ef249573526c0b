"""Parts of pages: leading the public screen, with one tap for each picture and one that hides everything; its clock."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from inspection_app.core.visit import Act
from inspection_app.errors import N_
from inspection_app.language import _, labelled
from inspection_app.services import screen
from inspection_app.services.observe import programme
from inspection_app.services.screen import Shows
from inspection_app.store.file import VisitFile
from inspection_app.store.screen import Led
from inspection_app.ui import session, widgets

PICTURES = {
    Shows.WELCOME: N_("Welcome"),
    Shows.AGENDA: N_("Agenda"),
    Shows.LISTS: N_("Locked lists"),
    Shows.SITES: N_("Draw of sites"),
    Shows.CITIZENS: N_("Draw of citizens"),
    Shows.THANKS: N_("Thanks"),
}


def bar(here: session.Here, kinds: tuple[str, ...]) -> None:
    """Show what the room sees now, and let whoever leads the screen change it.

    Args:
        kinds: the draws of this visit.
    """
    if not here.may(Act.LEAD_SCREEN):
        return
    led = screen.screen_led(here.file)
    address = f"/screen/{quote(here.file.slug)}"
    with st.container(horizontal=True, vertical_alignment="center", key="on-screen"):
        shown = f"<b>{widgets.escape(_(PICTURES[Shows(led.shows)]))}</b>"
        st.html(f'<div class="on-screen">{labelled(widgets.escape(_("Public screen")), shown)}</div>', width="content")
        if st.button(_("Hide everything"), key="hide-everything", disabled=led.shows == Shows.WELCOME):
            session.attempt(screen.lead_screen, here.file, here.actor, Shows.WELCOME, session.now())
            st.rerun()
        st.html(
            f'<a class="alone" href="{address}?mirror" target="_self">'
            f'{widgets.escape(_("Only the public screen on this device"))}</a>',
            width="content",
        )
    if part := widgets.folded(_("Lead the public screen"), key=here.key("lead-screen")):
        with part:
            _pictures(here, led, kinds)
            _remote(here, led)
            st.caption(
                _("It needs no sign-in and shows no marks. On the computer at the projector, in the panel's own "
                  "network, open the hub's address with {ending} at the end.", ending="/screen")
            )  # fmt: skip


def _pictures(here: session.Here, led: Led, kinds: tuple[str, ...]) -> None:
    key = here.key("picture")
    session.remember(key, Shows(led.shows))

    def lead() -> None:
        session.attempt(screen.lead_screen, here.file, here.actor, session.remembered(key), session.now())

    st.segmented_control(
        _("Picture"), [one for one in Shows if one not in (Shows.SITES, Shows.CITIZENS) or one in kinds], key=key,
        on_change=lead, format_func=lambda one: _(PICTURES[one]), required=True,
    )  # fmt: skip
    if Shows.CITIZENS in kinds:
        named = here.key("masked-names")
        session.remember(named, led.names)

        def name() -> None:
            session.attempt(screen.name_citizens, here.file, here.actor, session.remembered(named), session.now())

        st.toggle(_("Show drawn citizens with masked names (otherwise their numbers only)"), key=named, on_change=name)


def clock(here: session.Here) -> None:
    """Show everybody the clock of the activity that is on, and let whoever leads the screen start and end it."""
    led = screen.screen_led(here.file)
    if led.clock:
        _running(here.file, led.clock.of)
    if here.may(Act.LEAD_SCREEN) and (part := widgets.folded(_("Clock on the public screen"), key=here.key("clock"))):
        with part:
            _remote(here, led)


@st.fragment(run_every=1)
def _running(file: VisitFile, of: str) -> None:
    """Count down by itself; what leads the clock has fields and stands outside."""
    running = screen.screen_led(file).clock
    if running is None or running.of != of:
        return
    seconds = round((running.ends - session.now()).total_seconds())
    word, kind = (_("Time left"), "quiet") if seconds >= 0 else (_("Over time"), "waiting")
    minutes, rest = divmod(abs(seconds), 60)
    st.html(
        f'<div class="clock">{widgets.badge(kind, f"{word} {minutes}:{rest:02}")} {widgets.escape(of)} '
        f'{widgets.escape(_("until {time}", time=f"{running.ends.astimezone():%H:%M}"))}</div>'
    )


def _remote(here: session.Here, led: Led) -> None:
    activities = [one for one in programme(here.file).activities if not one.internal]
    if not activities:
        return
    titles = {one.id: one.title for one in activities}
    left, right = st.columns([3, 1])
    chosen = left.selectbox(
        _("Activity"), list(titles), format_func=titles.__getitem__, key=here.key("clock-of")
    )
    minutes = right.number_input(_("Minutes"), 1, screen.MOST_MINUTES, 10, key=here.key("clock-minutes"))
    with st.container(horizontal=True):
        if st.button(_("Start"), key=here.key("clock-start")):
            session.attempt(screen.start_clock, here.file, here.actor, chosen, int(minutes), session.now())
            st.rerun()
        if st.button(_("+1 min"), key=here.key("clock-more"), disabled=led.clock is None):
            session.attempt(screen.give_a_minute, here.file, here.actor, session.now())
            st.rerun()
        if st.button(_("Stop"), key=here.key("clock-stop"), disabled=led.clock is None):
            session.attempt(screen.stop_clock, here.file, here.actor, session.now())
            st.rerun()


def order(here: session.Here, kind: str) -> None:
    """Let the order of a finished draw appear on the public screen, ticket by ticket, or stand there at once."""
    if not here.may(Act.LEAD_SCREEN):
        return
    led = screen.screen_led(here.file)
    with st.container(horizontal=True, key=f"order-{kind}"):
        if st.button(_("Let the order appear on the public screen"), key=f"appear-{kind}"):
            session.attempt(screen.lead_screen, here.file, here.actor, Shows(kind), session.now())
            st.rerun()
        if st.button(_("Show it at once"), key=f"whole-{kind}", disabled=led.shows != kind or led.whole):
            session.attempt(screen.show_whole_order, here.file, here.actor, session.now())
            st.rerun()
