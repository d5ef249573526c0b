"""The check-up before leaving the office: everything about this laptop in one list, each green or with what to do."""

from __future__ import annotations

import streamlit as st

from inspection_app import __version__
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.places import hub_address, visits_folder
from inspection_app.services.check_up import Check, State, check_up, this_machine, trial_page_pdf
from inspection_app.ui import session, widgets

FOUND = "check-up"


def told(check: Check, seen: bool) -> str:
    """Show one check: its name, its state in a word, what was found and what to do."""
    context = {
        name: value.text(_) if isinstance(value, InspectionError) else value for name, value in check.context.items()
    }
    badge = {
        State.FINE: widgets.badge("saved", "✓ " + _("fine")),
        State.LOOK: widgets.badge("saved", "✓ " + _("seen")) if seen
        else widgets.badge("waiting", "○ " + _("look yourself")),
        State.MEND: widgets.badge("refused", "✕ " + _("to mend")),
    }[check.state]  # fmt: skip
    remedy = f'<div class="remedy">→ {widgets.escape(_(check.remedy, **context))}</div>' if check.remedy else ""
    return (
        f'<div class="checked-up"><b>{widgets.escape(_(check.name))}</b><span>{badge}</span>'
        f"<span>{widgets.escape(_(check.said, **context))}</span>{remedy}</div>"
    )


def run() -> None:
    session.forget(FOUND)
    now = session.now()
    machine = this_machine(visits_folder(), hub_address(), __version__)
    session.remember(FOUND, (now, check_up(machine, now)))


st.title(_("Check-up"))
if session.visitor() is None and not session.on_the_hub():
    widgets.empty(_("This page is on the hub laptop"), _("Open it there, or sign in as secretary."))
    st.stop()
found = session.remembered(FOUND)
if found is None:
    widgets.empty(
        _("Before you leave the office"),
        _("This looks at fonts, disk, clock, network, power, snapshots and visits of the hub, and says what to do."),
    )
    st.button(_("Check everything now"), type="primary", on_click=run)
    st.stop()

at, checks = found
seen = {place: bool(session.remembered(f"{FOUND}-{place}")) for place in range(len(checks))}
for place, check in enumerate(checks):
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.html(told(check, seen[place]))
    if check.state is State.LOOK:
        right.checkbox(_("Seen"), key=f"{FOUND}-{place}")
mend = sum(check.state is State.MEND for check in checks)
look = sum(check.state is State.LOOK and not seen[place] for place, check in enumerate(checks))
if mend:
    st.error(_("Not yet: {count} points are to be mended.", count=mend))
elif look:
    st.warning(_("Nothing is to be mended. Look at {count} points yourself and tick them.", count=look))
else:
    st.success(_("Ready to leave."))
st.caption(_("Checked at {time}.", time=f"{at:%Y-%m-%d %H:%M:%S}"))
with st.container(horizontal=True):
    st.button(_("Check again"), type="primary", on_click=run)
    st.download_button(
        _("Trial page (PDF)"), lambda: trial_page_pdf(session.now()), "trial-page.pdf", "application/pdf",
        on_click="ignore",
    )  # fmt: skip
