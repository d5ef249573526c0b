"""Reopening a stage that was locked wrongly: one of chair and secretary proposes, the other confirms."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import reopen
from inspection_app.store.reopenings import Reopening
from inspection_app.ui import session, widgets

here = session.signed_in()
names = {member.id: member.name for member in here.members}


def way(one: Reopening) -> str:
    return f"{_(widgets.STAGES[one.from_stage])} → {_(widgets.STAGES[one.to_stage])}"


def waiting(one: Reopening) -> None:
    name, reason = widgets.literal(names.get(one.by, "")), widgets.literal(one.reason)
    st.warning(_("{name} proposes to reopen: {way}. Reason: {reason}", name=name, way=way(one), reason=reason))
    left, right = st.columns(2)
    with left:
        if one.by == here.member.id:
            st.caption(_("Chair and secretary reopen together: now the other one confirms, on their own screen."))
        else:
            widgets.confirm(
                _("Confirm the reopening"),
                _("The visit goes back at once: {way}. Marks and answers stay. It is logged and printed.",
                  way=way(one)),
                lambda: session.attempt(
                    reopen.confirm_reopening, here.file, here.actor, one.id, session.now(), done=_("Reopened.")
                ),
                key="confirm-reopening",
            )
    if right.button(_("Withdraw the proposal"), width="stretch"):
        session.attempt(
            reopen.withdraw_reopening, here.file, here.actor, one.id, session.now(), done=_("Withdrawn.")
        )
        st.rerun()


def propose() -> None:
    back = reopen.BACK[here.visit.stage]
    stages = f"{_(widgets.STAGES[here.visit.stage])} → {_(widgets.STAGES[back])}"
    st.write(_("From here the visit can go back one stage: {way}.", way=stages))
    with st.form(f"propose-reopening-{len(told)}"):  # proposed, the next one begins empty
        reason = st.text_area(_("Reason (it is printed in the report)"))
        if st.form_submit_button(_("Propose to reopen"), type="primary"):
            session.attempt(
                reopen.propose_reopening, here.file, here.actor, back, reason, session.now(),
                done=_("Proposed. Now the other one confirms it."),
            )  # fmt: skip
            st.rerun()


def state(one: Reopening) -> str:
    if one.confirmed:
        who, at = names.get(one.confirmed_by or 0, ""), f"{one.confirmed:%m-%d %H:%M}"
        return widgets.badge("saved", "✓ " + _("confirmed by {name}, {at}", name=who, at=at))
    return widgets.badge("quiet", _("withdrawn")) if one.withdrawn else widgets.badge("waiting", _("waiting"))


st.title(_("Reopen"))
st.caption(_("Undoes a stage that was closed by mistake. A locked list is unlocked under Draws."))
pending, told = reopen.pending_reopening(here.file), reopen.reopenings(here.file)
if pending:
    waiting(pending)
elif here.may(Act.PROPOSE_REOPENING):
    propose()
else:
    st.info(_("At this stage nothing can be reopened."))
if told:
    widgets.table(
        [_("Time"), _("Stage"), _("Reason"), _("Proposed by"), _("State")],
        [[f"{one.at:%m-%d %H:%M}", way(one), one.reason, names.get(one.by, ""), widgets.Markup(state(one))]
         for one in told],
    )  # fmt: skip
