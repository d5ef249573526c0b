"""Consolidating: who is outstanding, opening the marks, totals, matrix, one item at a time, vetoes and gates."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from inspection_app.core.consolidation import METHOD_TITLES, ROUNDING_TITLES, ItemResult, Method, Rounding
from inspection_app.core.feedback import fixed
from inspection_app.core.scoring import Flag, Line, State
from inspection_app.core.visit import Act, Stage, permitted
from inspection_app.language import _
from inspection_app.services import consolidate as services
from inspection_app.services.dispute import disputes
from inspection_app.services.feed_back import findings
from inspection_app.services.prepare import preparation
from inspection_app.services.score import progress
from inspection_app.ui import session, widgets
from inspection_app.ui.collect import collect

here = session.signed_in()
prepared = preparation(here.file)
visit = prepared.visit


def may(act: Act) -> bool:
    return permitted(act, here.member.role, visit.stage)


def outstanding() -> None:
    """Before the marks are opened: counts only, and for the chair the way to open them."""
    rows = []
    for sheet in progress(here.file):
        if sheet.excused:
            state = widgets.badge("quiet", "⊘ " + _("recused"))
        elif sheet.complete:
            state = widgets.badge("saved", "✓ " + _("complete"))
        elif sheet.marked < sheet.assigned:
            state = widgets.badge("waiting", _("missing: {count}", count=sheet.assigned - sheet.marked))
        else:
            state = widgets.badge("waiting", _("not confirmed: {count}", count=sheet.unconfirmed))
        saved = f"{sheet.saved:%H:%M:%S}" if sheet.saved else "—"
        rows.append([sheet.member.name, f"{sheet.marked} / {sheet.assigned}", widgets.Markup(state), saved])
    widgets.table([_("Name"), _("Marked"), _("State"), _("Last saved")], rows, numbers=[1])
    st.caption(_("Nobody sees another's marks until the chair, whose own sheet is in, opens them."))
    if visit.stage is Stage.PREPARE:
        st.info(_("Scoring is not open yet."))
    if not may(Act.OPEN_MARKS):
        return
    incomplete = any(not sheet.complete for sheet in progress(here.file))
    unsettled = [one for one in disputes(here.file) if one.open]
    for one in unsettled:
        disputed = _("disputed: {note}", note=one.note)
        st.html(f'<div class="clause"><span>{widgets.escape(prepared.rubric.figures[one.key].title)}</span>'
                f"{widgets.badge('waiting', f'⚐ {disputed}')}</div>")  # fmt: skip
    reason = ""
    if incomplete or unsettled:
        reason = st.text_input(
            _("If marks stay missing or figures disputed: why the panel goes on all the same (it is kept)")
        )
    widgets.confirm(
        _("Open the marks"),
        _("Scoring is locked for everybody and all marks are shown to the panel. This cannot be undone."),
        lambda: session.attempt(
            services.open_marks, here.file, here.actor, session.now(), reason=reason, done=_("The marks are open.")
        ),
        key="open-marks",
    )


def matrix(found: services.Consolidation) -> None:
    """Items by experts, with the spread; what is not a mark never looks like one."""
    columns = [_("Item"), _("Out of"), *(member.name for member in found.members), _("Panel"), _("Spread")]
    rows = []
    for item in found.result.items:
        cells: list[object] = [f"{item.item.no}　{item.item.content}", widgets.points(item.item.ceiling)]
        for member in found.members:
            score = item.scores[member.id]
            flag = " ⚑" if score.flags else ""
            cells.append(
                widgets.points(score.points) + flag
                if score.state is State.SCORED
                else widgets.Markup(widgets.badge("quiet", _(widgets.STATES[score.state])))
            )
        adjudicated = " ⚖" if item.adjudication else ""
        cells.append(fixed(item.points, found.visit.places) + adjudicated)
        spread = f"{item.spread:.0%}" if item.spread else ""
        cells.append(widgets.Markup(widgets.badge("waiting", f"⚠ {spread}")) if item.wide else spread)
        rows.append(cells)
    widgets.table(columns, rows, numbers=range(1, len(columns)), key="matrix")
    st.caption("⚑ " + _("flagged") + "　⚖ " + _("adjudicated") + "　⚠ " + _("marks far apart"))


def deliberation(found: services.Consolidation) -> None:
    """One item: every expert's mark, clauses and note side by side; then the chair's decision."""
    queue = sorted(
        found.result.items,
        key=lambda r: (r.points is not None, -r.spread, not r.flagged, not found.disputed(r.item.no)),
    )

    def title(no: str) -> str:
        result = found.result.item(no)
        spread = f"　（{_('spread {share}', share=f'{result.spread:.0%}')}）" if result.spread else ""
        return f"{no}　{result.item.content}{spread}"

    no = st.selectbox(_("Item, by disagreement"), [r.item.no for r in queue], format_func=title)
    item = found.result.item(no)
    st.html(f'<div class="official">{widgets.escape(item.item.rule_text)}</div>')
    rows = []
    for member in found.members:
        score = item.scores[member.id]
        clauses = "\n".join(earned(line) for line in score.lines)
        if score.reason:
            replaced = widgets.points(score.points)
            clauses += "\n" + _("Replaced by {points}: {reason}", points=replaced, reason=score.reason)
        mark = widgets.points(score.points) if score.state is State.SCORED else _(widgets.STATES[score.state])
        rows.append([member.name, mark, clauses, found.notes.get(no, {}).get(member.id, "")])
    widgets.table([_("Name"), _("Mark"), _("Clauses"), _("Note")], rows, numbers=[1], key="people")
    st.write(_("Panel score: {working}", working=item.panel.working or "—"))
    if item.wide:
        st.html(widgets.badge("waiting", f"⚠ {_('marks far apart')}　{item.spread:.0%}"))
    if item.panel.too_few:
        st.warning(_("Too few marks for the method: {count} of at least {needed}. The panel decides this item.",
                     count=len(item.panel.marks), needed=item.panel.needed))  # fmt: skip
    for one in found.disputed(no):
        st.warning(f"⚐ {found.rubric.figures[one.key].title}：" + _("disputed: {note}", note=one.note))
    for decision in [d for d in found.adjudications if d.item == no]:
        st.write(
            f"⚖ {decision.at:%H:%M} **{widgets.points(decision.points)}** / {widgets.points(item.item.ceiling)}　"
            f"{decision.reason}　{decision.clause}"
        )
    if may(Act.ADJUDICATE):
        decision_form(item)
    if may(Act.STATE_FINDING):
        to_findings(found, no)


def to_findings(found: services.Consolidation, no: str) -> None:
    """Offer every note on an item as a finding, by a tap."""
    stated = findings(here.file)
    names = {member.id: member.name for member in found.members}
    for member, note in found.notes.get(no, {}).items():
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.write(f"{names.get(member, '')}：{note}")
        with right:
            collect(here, note, [no], [], stated, key=f"note-{no}-{member}")


def decision_form(item: ItemResult) -> None:
    no = item.item.no
    taken = sum(decision.item == no for decision in found.adjudications)  # recorded, the next one begins empty
    with st.form(f"adjudicate-{no}-{taken}", border=True):
        st.markdown(f"**{_('Adjudicate')}**　" + _("The experts' marks stay as they are."))
        left, right = st.columns([1, 3])
        points = left.text_input(_("Points, 0 to {points}", points=widgets.points(item.item.ceiling)))
        clause = right.text_input(_("Clause it rests on"))
        reason = st.text_area(_("Reason"))
        if st.form_submit_button(_("Record the decision"), type="primary"):
            session.attempt(
                services.adjudicate, here.file, here.actor, no, points, reason, clause, session.now(),
                done=_("Recorded."),
            )  # fmt: skip
            st.rerun()


def earned(line: Line) -> str:
    """Say what one clause earned; where points were lost, in the words of the clause or tier."""
    points = f"{line.criterion}. {widgets.points(line.points)} / {widgets.points(line.ceiling)} {line.how}"
    if line.points is None:
        return points + (_("None of them fits") if Flag.NO_TIER in line.flags else "")
    lost = "" if line.points == line.ceiling else f" {line.text}"
    return points + lost + (f"（{line.reason}）" if line.reason else "")


def conditions(found: services.Consolidation) -> None:
    """Vetoes and gates, each decided with its proof."""
    st.subheader(_("Vetoes"))
    veto_words = {None: _("undecided"), True: _("applies"), False: _("does not apply")}
    for veto, ruling in zip(found.rubric.vetoes, found.result.vetoes, strict=True):
        decide(Act.DECIDE_VETO, services.decide_veto, veto.id, veto.text, ruling.applies, ruling.proof, veto_words)
    effects = dict.fromkeys(veto.effect for veto in found.rubric.vetoes if veto.id in found.result.vetoed)
    if effects:
        st.error(_("A veto applies: {effect}. The score is kept.", effect="、".join(effects)))
    st.subheader(_("Gates"))
    gate_words = {None: _("undecided"), True: _("holds"), False: _("does not hold")}
    for gate, decision in zip(found.rubric.gates, found.result.gates, strict=True):
        if not decision.value:
            ruling_of = (decision.holds, decision.proof, gate_words)
            decide(Act.DECIDE_GATE, services.decide_gate, gate.id, gate.text, *ruling_of)
            continue
        declared = found.rubric.figures[gate.figure or ""]
        figure = f"{declared.title}：{decision.value} {declared.unit}（{gate.holds}）"
        if decision.other:
            figure += _("; with bonus {other}", other=decision.other)
        if decision.readings_differ:
            figure += " ⚠ " + _("the two readings differ; the first decides")
        kind, sign = ("saved", "✓") if decision.holds else ("refused", "✗")
        st.html(
            f'<div class="clause"><span>{widgets.escape(gate.text)}<br><span class="meta">{widgets.escape(figure)}'
            f"</span></span>{widgets.badge(kind, f'{sign} {gate_words[decision.holds]}')}</div>"
        )


def decide(
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
    if not may(act):
        if proof:
            st.caption(proof)
        return
    left, middle, right = st.columns([5, 8, 2], vertical_alignment="bottom")
    chosen = left.segmented_control(
        text, [True, False], format_func=words.__getitem__, default=current, key=f"{act}-{id_}",
        label_visibility="collapsed",
    )  # fmt: skip
    new_proof = middle.text_input(_("Proof: document, department"), proof, key=f"{act}-{id_}-proof")
    if right.button(_("Save"), key=f"{act}-{id_}-save", disabled=(chosen, new_proof) == (current, proof)):
        session.attempt(service, here.file, here.actor, id_, chosen, new_proof, session.now(), done=_("Saved."))
        st.rerun()


def totals(found: services.Consolidation) -> None:
    result, rubric, places = found.result, found.rubric, found.visit.places
    rows = [[a.title + (f"（{_('bonus')}）" if a.bonus else ""), widgets.points(a.ceiling), fixed(a.points, places)]
            for a in result.aspects]  # fmt: skip
    rows.append([_("Base"), widgets.points(rubric.base_total), fixed(result.base, places)])
    if rubric.bonus_total:
        rows.append([_("Bonus"), widgets.points(rubric.bonus_total), fixed(result.bonus, places)])
        rows.append([_("Total with bonus"), widgets.points(rubric.base_total + rubric.bonus_total),
                     fixed(result.total, places)])  # fmt: skip
    widgets.table([_("Aspect"), _("Out of"), _("Points")], rows, numbers=[1, 2], key="totals")
    method, rounding = METHOD_TITLES[Method(found.visit.method)], ROUNDING_TITLES[Rounding(found.visit.rounding)]
    st.caption(f"{_(method)}　{_(rounding)}　" + _("{places} decimals", places=places))
    if result.open_items:
        st.warning(_("Not final: these items have no panel score: {items}.", items=", ".join(result.open_items)))
    st.caption(rubric.verdict_text)


def finish(found: services.Consolidation) -> None:
    if may(Act.FINISH):
        st.divider()
        widgets.confirm(
            _("Finish the visit"),
            _("Nothing can be changed afterwards: not the marks, not the decisions, not the findings."),
            lambda: session.attempt(
                services.finish, here.file, here.actor, session.now(), done=_("The visit is finished.")
            ),
            key="finish",
        )


st.title(_("Consolidate"))
if visit.stage in {Stage.PREPARE, Stage.SCORE}:
    outstanding()
    st.stop()
found = services.consolidation(here.file)
parts = {
    _("Totals"): totals,
    _("Marks"): matrix,
    _("Deliberation"): deliberation,
    _("Vetoes and gates"): conditions,
}
chosen = st.segmented_control(
    _("Part"), list(parts), default=next(iter(parts)), required=True, label_visibility="collapsed"
)
parts[chosen or next(iter(parts))](found)
finish(found)
