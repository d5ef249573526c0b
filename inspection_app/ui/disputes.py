"""Disputes about agreed figures: an expert says what is wrong, the office answers and may change the figure."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from inspection_app.core.visit import Act
from inspection_app.language import _, aside, labelled
from inspection_app.services import dispute as services
from inspection_app.services.prepare import agreed_figures
from inspection_app.store.disputes import Dispute
from inspection_app.ui import session, widgets

here = session.signed_in()
figures, declared = agreed_figures(here.file), here.rubric.figures
names = {member.id: member.name for member in here.members}


def stands(key: str) -> str:
    if key not in figures:
        return _("not entered")
    return f"{figures[key].value} {declared[key].unit}{aside(figures[key].source)}"


def settle(one: Dispute) -> None:
    before = figures.get(one.key)
    with st.form(f"settle-{one.id}", border=False):
        answer = st.text_area(_("Answer: what was checked, and where"), key=f"answer-{one.id}")
        changed = before
        if before:
            left, right = st.columns([1, 2])
            value = left.text_input(f"{_('Value')} {declared[one.key].unit}", before.value, key=f"value-{one.id}")
            source = right.text_input(_("Source: document, page"), before.source, key=f"source-{one.id}")
            changed = replace(before, value=value, source=source)
        if st.form_submit_button(_("Settle"), type="primary"):
            session.attempt(
                services.settle_dispute, here.file, here.actor, one.id, answer, session.now(),
                figure=None if changed == before else changed, done=_("Settled."),
            )  # fmt: skip
            st.rerun()


def show(one: Dispute) -> None:
    with st.container(border=True):
        badge = widgets.badge("waiting", "⚐ " + _("open")) if one.open else widgets.badge("saved", "✓ " + _("settled"))
        st.html(
            f'<div class="clause"><span><b>{widgets.escape(declared[one.key].title)}</b>　'
            f"{widgets.escape(stands(one.key))}</span>{badge}</div>"
            f'<div class="meta">{one.at:%H:%M}　'
            f'{widgets.escape(labelled(names.get(one.member, ""), one.note))}</div>'
        )
        if one.settled:
            st.write(f"{one.settled:%H:%M}　{widgets.literal(one.answer)}")
        elif here.may(Act.SETTLE_DISPUTE):
            settle(one)


def raise_one() -> None:
    entered = [key for key in declared if key in figures]
    if not entered:
        st.info(_("No figure is entered yet, so there is nothing to dispute."))
        return
    asked = st.query_params.get("figure", "")
    with st.expander(_("Dispute a figure"), expanded=asked in entered or not raised):
        key = st.selectbox(
            _("Figure"), entered, entered.index(asked) if asked in entered else 0,
            format_func=lambda one: f"{declared[one].title}　{stands(one)}",
        )  # fmt: skip
        with st.form(f"dispute-{len(raised)}", border=False):  # recorded, the next one begins empty
            note = st.text_area(_("What is wrong, and where you saw it"))
            if st.form_submit_button(_("Dispute"), type="primary"):
                session.attempt(
                    services.dispute_figure, here.file, here.actor, key, note, session.now(),
                    done=_("Recorded. Scoring goes on with the figure as it stands until the office answers."),
                )  # fmt: skip
                st.rerun()


st.title(_("Disputes"))
raised = services.disputes(here.file)
for one in sorted(raised, key=lambda one: not one.open):
    show(one)
if not raised:
    widgets.empty(
        _("No figure is disputed"), _("Whoever scores may dispute an agreed figure here while scoring is open.")
    )
if here.may(Act.DISPUTE_FIGURE):
    raise_one()
