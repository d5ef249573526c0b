"""A part of the page Consolidate: one item with everybody's mark side by side, and the chair's decision on it."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.consolidation import ItemResult
from inspection_app.core.scoring import Flag, Line, State
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import consolidate as services
from inspection_app.services.feed_back import findings
from inspection_app.ui import session, widgets
from inspection_app.ui.collect import collect


def deliberation(here: session.Here, found: services.Consolidation) -> None:
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
    for warning in found.threshold_warnings:
        if warning.item == no:
            widgets.threshold(warning)
    for one in found.disputed(no):
        st.warning(f"⚐ {found.rubric.figures[one.key].title}：" + _("disputed: {note}", note=one.note))
    for decision in [d for d in found.adjudications if d.item == no]:
        st.write(
            f"⚖ {decision.at:%H:%M} **{widgets.points(decision.points)}** / {widgets.points(item.item.ceiling)}　"
            f"{decision.reason}　{decision.clause}"
        )
    if here.may(Act.ADJUDICATE):
        decision_form(here, found, item)
    if here.may(Act.STATE_FINDING):
        to_findings(here, found, no)


def to_findings(here: session.Here, found: services.Consolidation, no: str) -> None:
    """Offer every note on an item as a finding, by a tap."""
    stated = findings(here.file)
    names = {member.id: member.name for member in found.members}
    for member, note in found.notes.get(no, {}).items():
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.write(f"{names.get(member, '')}：{note}")
        with right:
            collect(here, note, [no], [], stated, key=f"note-{no}-{member}")


def decision_form(here: session.Here, found: services.Consolidation, item: ItemResult) -> None:
    no = item.item.no
    taken = sum(decision.item == no for decision in found.adjudications)  # recorded, the next one begins empty
    with st.form(f"adjudicate-{no}-{taken}", border=True):
        st.markdown(f"**{_('Adjudicate')}**　" + _("The experts' marks stay as they are."))
        left, right = st.columns([1, 3])
        points = left.text_input(_("Points, 0 to {points}", points=widgets.points(item.item.ceiling)))
        clause = right.text_input(_("Clause it rests on"))
        reason = st.text_area(_("Reason"))
        if st.form_submit_button(_("Record the decision"), type="primary"):
            session.carry_out(here, services.adjudicate, no, points, reason, clause, done=_("Recorded."))


def earned(line: Line) -> str:
    """Say what one clause earned; where points were lost, in the words of the clause or tier."""
    points = f"{line.criterion}. {widgets.points(line.points)} / {widgets.points(line.ceiling)} {line.how}"
    if line.points is None:
        return points + (_("None of them fits") if Flag.NO_TIER in line.flags else "")
    lost = "" if line.points == line.ceiling else f" {line.text}"
    return points + lost + (f"（{line.reason}）" if line.reason else "")
