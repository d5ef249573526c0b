"""A part of the page Consolidate: vetoes and gates, each decided with its proof."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from inspection_app.core.totals import Reading
from inspection_app.core.visit import Act
from inspection_app.core.wording import fixed, plain
from inspection_app.language import _, aside, labelled
from inspection_app.services import consolidate as services
from inspection_app.ui import session, widgets


def conditions(here: session.Here, found: services.Consolidation) -> None:
    """Vetoes and gates, each decided with its proof."""
    st.subheader(_("Vetoes"))
    veto_words = {None: _("undecided"), True: _("applies"), False: _("does not apply")}
    for veto, ruling in zip(found.rubric.vetoes, found.result.vetoes, strict=True):
        ruled = (ruling.applies, ruling.proof, veto_words)
        decide(here, Act.DECIDE_VETO, services.decide_veto, veto.id, veto.text, *ruled)
    effects = dict.fromkeys(veto.effect for veto in found.rubric.vetoes if veto.id in found.result.vetoed)
    if effects:
        st.error(_("A veto applies: {effect}. The score is kept.", effect="、".join(effects)))
    st.subheader(_("Gates"))
    warnings = found.threshold_warnings
    gate_words = {None: _("undecided"), True: _("holds"), False: _("does not hold")}
    for gate, decision in zip(found.rubric.gates, found.result.gates, strict=True):
        if not decision.value:
            ruled = (decision.holds, decision.proof, gate_words)
            decide(here, Act.DECIDE_GATE, services.decide_gate, gate.id, gate.text, *ruled)
            continue
        declared = found.rubric.figures[gate.figure or ""]
        figure = labelled(declared.title, f"{decision.value} {declared.unit}{aside(gate.holds)}")
        if decision.other:
            figure += _("; with bonus {other}", other=decision.other)
        if decision.readings_differ:
            figure += " ⚠ " + _("the two readings differ")
        kind, sign = ("saved", "✓") if decision.holds else ("refused", "✗")
        st.html(
            f'<div class="clause"><span>{widgets.escape(gate.text)}<br><span class="meta">{widgets.escape(figure)}'
            f"</span></span>{widgets.badge(kind, f'{sign} {gate_words[decision.holds]}')}</div>"
        )
        if decision.readings_differ:
            reading_choice(here, found, gate.id)
        for warning in warnings:
            if warning.gate == gate.id:
                widgets.threshold(warning)


def reading_choice(here: session.Here, found: services.Consolidation, gate: str) -> None:
    """Show both readings of the text with what each leads to, and let the chair choose with a reason.

    Args:
        gate: the gate's id, or empty for the totals.
    """
    words, choice = _readings(found, gate), found.result.readings.get(gate)
    if choice or not here.may(Act.CHOOSE_READING):  # else the field below says both
        for reading, said in words.items():
            st.write(f"{'✓' if choice and choice.reading is reading else '○'} {said}")
    if choice:
        st.caption(_("Chosen on {time}: {reason}", time=f"{choice.at:%Y-%m-%d %H:%M}",
                     reason=widgets.literal(choice.reason)))  # fmt: skip
    if not here.may(Act.CHOOSE_READING):
        return
    taken = f"{choice.at.isoformat()}" if choice else "none"
    with st.form(f"reading-{gate}-{taken}", border=True):
        chosen = st.radio(
            _("Which reading counts"), list(words), format_func=words.__getitem__,
            index=list(words).index(choice.reading) if choice and choice.reading else None,
        )  # fmt: skip
        reason = st.text_input(_("Reason; it is printed with the verdict"))
        if st.form_submit_button(_("Record the choice"), type="primary") and chosen is not None:
            session.carry_out(here, services.choose_reading, gate, chosen, reason, done=_("Recorded."))


def _readings(found: services.Consolidation, gate: str) -> dict[Reading, str]:
    result, places = found.result, found.visit.places
    if not gate:
        line = found.rubric.pass_line
        totals = {Reading.FIRST: (_("Raw total"), result.total), Reading.SECOND: (_("Prorated total"), result.prorated)}
        over = _("pass line {line} reached", line=plain(line))
        under = _("pass line {line} not reached", line=plain(line))
        return {
            reading: labelled(f"{title} {fixed(points, places)}", over if points and line and points >= line else under)
            for reading, (title, points) in totals.items()
        }
    decision = next(one for one in result.gates if one.gate == gate)
    first = not decision.other_holds  # the two lead to different verdicts
    words = {True: _("holds"), False: _("does not hold")}
    return {
        Reading.FIRST: labelled(f"{_('The figure as it is')} {decision.value}", words[first]),
        Reading.SECOND: labelled(f"{_('With bonus')} {decision.other}", words[not first]),
    }


def decide(
    here: session.Here,
    act: Act,
    service: Callable[..., None],
    id_: str,
    text: str,
    current: bool | None,
    proof: str,
    words: dict[bool | None, str],
) -> None:
    """Show one condition and let the chair decide it; a veto that applies and a gate that does not hold are red."""
    bad = act is Act.DECIDE_VETO
    kind = "quiet" if current is None else ("refused" if current is bad else "saved")
    st.html(f'<div class="clause"><span>{widgets.escape(text)}</span>{widgets.badge(kind, words[current])}</div>')
    if not here.may(act):
        if proof:
            st.caption(widgets.literal(proof))
        return
    left, middle, right = st.columns([6, 7, 2], vertical_alignment="bottom")
    chosen = left.segmented_control(
        text, [True, False], format_func=words.__getitem__, default=current, key=f"{act}-{id_}",
        label_visibility="collapsed",
    )  # fmt: skip
    new_proof = middle.text_input(_("Proof: document, department"), proof, key=f"{act}-{id_}-proof")
    # Never disabled: while the proof is being typed, the tap that leaves its field is the one on this button.
    if right.button(_("Save"), key=f"{act}-{id_}-save") and (chosen, new_proof) != (current, proof):
        session.carry_out(here, service, id_, chosen, new_proof)
