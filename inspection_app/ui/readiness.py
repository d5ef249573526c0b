"""A part of the page Consolidate before the marks are opened: whose score sheet is in, who is excused, opening.

Counts and states only: what anybody marked is on no page until the chair opens the marks.
"""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import Act, Role, Stage
from inspection_app.language import _
from inspection_app.services import open_marks as opening
from inspection_app.services.consolidate import short_items
from inspection_app.services.hand_in import Readiness, end_excuse, excuse_expert, readiness
from inspection_app.ui import session, widgets
from inspection_app.ui.tablets import phrases, tablets


def readiness_panel(here: session.Here) -> None:
    """Show how far the sheets are; for the chair also the decision on who is missing, and the way to open the marks."""
    tablets(here)
    st.caption(_("Nobody sees another's marks until the chair, whose own sheet is in, opens them."))
    if here.visit.stage is Stage.PREPARE:
        st.info(_("Scoring is not open yet."))
    else:
        found = readiness(here.file)
        _unseen(found)
        _excuses(here, found)
    if here.member.role is not Role.EXPERT:
        phrases(here)
    if here.may(Act.OPEN_MARKS):
        _open(here)


def _unseen(found: Readiness) -> None:
    if found.unseen:
        with st.expander(_("Items without any mark: {count}", count=len(found.unseen))):
            st.write(", ".join(found.unseen))
            st.caption(_("Everybody left them unmarked or found them not applicable."))


def _excuses(here: session.Here, found: Readiness) -> None:
    """Show who is excused and why; let the chair decide on somebody who is missing, and take that back."""
    for sheet in found.sheets:
        if not sheet.excuse:
            continue
        left, right = st.columns([4, 1], vertical_alignment="center")
        name, reason = widgets.literal(sheet.member.name), widgets.literal(sheet.excuse.reason)
        left.write(
            _("⊘ {name} is excused. What is marked counts. Reason: {reason}", name=name, reason=reason)
            if sheet.excuse.counts
            else _("⊘ {name} is excused. Nothing of the sheet counts. Reason: {reason}", name=name, reason=reason)
        )
        key = here.key("end-excuse", sheet.member.id)
        if here.may(Act.EXCUSE) and right.button(_("Take back"), key=key, width="stretch"):
            session.attempt(end_excuse, here.file, here.actor, sheet.member.id, session.now(), done=_("Taken back."))
            st.rerun()
    missing = {
        sheet.member.id: sheet for sheet in found.sheets if not sheet.settled and sheet.member.role is not Role.CHAIR
    }
    if here.may(Act.EXCUSE) and missing:
        with st.expander(_("An expert is missing: go on without the rest of the sheet")):
            _excuse_form(
                here, {id_: f"{one.member.name}　{one.marked} / {one.assigned}" for id_, one in missing.items()}
            )


def _excuse_form(here: session.Here, missing: dict[int, str]) -> None:
    with st.form(here.key("excuse"), border=False):
        member = st.selectbox(_("Who is missing?"), list(missing), format_func=missing.__getitem__)
        counts = st.radio(
            _("What is marked on the sheet so far"), [True, False],
            format_func=lambda counted: _("counts") if counted else _("does not count"), index=None, horizontal=True,
        )  # fmt: skip
        reason = st.text_input(_("Reason (printed in the report)"))
        st.caption(_("What is not marked stays out of the mean; it is never a zero."))
        if st.form_submit_button(_("Excuse")):
            if counts is None:
                st.error(_("Choose whether what is marked counts."))
            else:
                session.carry_out(here, excuse_expert, member, reason, counts, done=_("Recorded."))


def _open(here: session.Here) -> None:
    waiting = opening.waited_for(here.file)
    widgets.still_open(waiting)
    widgets.short_items(short_items(here.file))
    if waiting and waiting.code != "figures-disputed":
        return
    reason = ""
    if waiting:
        reason = st.text_input(_("Why the panel goes on although figures are disputed (it is printed)"))
    widgets.confirm(
        _("Open the marks"),
        _("Scoring is locked for everybody and all marks are shown to the panel. Only chair and secretary together "
          "can reopen it."),
        lambda: session.attempt(
            opening.open_marks, here.file, here.actor, session.now(), reason=reason, done=_("The marks are open.")
        ),
        key="open-marks",
    )  # fmt: skip
