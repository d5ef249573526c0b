"""Consolidating: who is outstanding, opening the marks, totals, matrix, one item at a time, vetoes and gates."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.consolidation import METHOD_TITLES, ROUNDING_TITLES, Method, Result, Rounding
from inspection_app.core.rubric import AspectKind, Rubric
from inspection_app.core.scoring import State
from inspection_app.core.totals import Basis, Verdict
from inspection_app.core.visit import Act, Role, Stage
from inspection_app.core.wording import fixed
from inspection_app.language import _
from inspection_app.services import consolidate as services
from inspection_app.ui import session, widgets
from inspection_app.ui.conditions import conditions
from inspection_app.ui.deliberation import deliberation
from inspection_app.ui.tablets import phrases, tablets

here = session.signed_in()


def outstanding() -> None:
    """Before the marks are opened: counts only, and for the chair the way to open them."""
    tablets(here)
    st.caption(_("Nobody sees another's marks until the chair, whose own sheet is in, opens them."))
    if here.visit.stage is Stage.PREPARE:
        st.info(_("Scoring is not open yet."))
    if here.member.role is not Role.EXPERT:
        phrases(here)
    if not here.may(Act.OPEN_MARKS):
        return
    waiting = services.waited_for(here.file)
    widgets.still_open(waiting)
    widgets.short_items(services.short_items(here.file))
    reason = ""
    if waiting:
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


def totals(found: services.Consolidation) -> None:
    result, rubric, places = found.result, found.rubric, found.visit.places
    kinds = {AspectKind.BASE: "", AspectKind.BONUS: f"（{_('bonus')}）", AspectKind.DEDUCTION: f"（{_('deductions')}）"}
    rows = [[a.title + kinds[a.kind], widgets.points(a.ceiling), fixed(a.points, places)] for a in result.aspects]
    rows.append([_("Base"), widgets.points(rubric.base_total), fixed(result.base, places)])
    if rubric.deduction_total:
        rows.append([_("Deductions"), widgets.points(rubric.deduction_total), fixed(-result.deductions, places)])
    if rubric.bonus_total:
        rows.append([_("Bonus"), widgets.points(rubric.bonus_total), fixed(result.bonus, places)])
    if rubric.bonus_total or rubric.deduction_total:
        title = _("Total with bonus") if rubric.bonus_total else _("Total")
        rows.append([title, widgets.points(rubric.base_total + rubric.bonus_total), fixed(result.total, places)])
    if result.in_part:
        rows.append([_("Prorated: {applicable} of {maximum} apply", applicable=widgets.points(result.applicable),
                       maximum=widgets.points(result.maximum)), "", fixed(result.prorated, places)])  # fmt: skip
    widgets.table([_("Aspect"), _("Out of"), _("Points")], rows, numbers=[1, 2], key="totals")
    method, rounding = METHOD_TITLES[Method(found.visit.method)], ROUNDING_TITLES[Rounding(found.visit.rounding)]
    st.caption(f"{_(method)}　{_(rounding)}　" + _("{places} decimals", places=places))
    if result.open_items:
        st.warning(_("Not final: these items have no panel score: {items}.", items=", ".join(result.open_items)))
    verdict(result, rubric)
    st.caption(rubric.verdict_text)
    finish()


def verdict(result: Result, rubric: Rubric) -> None:
    """Say what the official text makes of the total, where it says anything."""
    line = widgets.points(rubric.pass_line)
    match result.basis:
        case Basis.VETO if result.verdict != Verdict.FAIL:
            st.error(_("By the text the grade is {grade}: a veto applies. The score is kept.", grade=result.verdict))
        case Basis.PASS_LINE if result.verdict == Verdict.PASS:
            st.success(_("The pass line of the text ({line}) is reached.", line=line))
        case Basis.PASS_LINE:
            st.error(_("The pass line of the text ({line}) is not reached.", line=line))
        case Basis.READINGS:
            st.warning(_("The raw and the prorated total lie on different sides of the pass line ({line}). The text "
                         "does not say which one counts: the chair decides.", line=line))  # fmt: skip


def finish() -> None:
    """The end of the visit stands under the totals, where all of it is in view."""
    if here.may(Act.FINISH):
        st.divider()
        widgets.still_open(found.unfinished)
        widgets.confirm(
            _("Finish the visit"),
            _("Nothing can be changed afterwards: not the marks, not the decisions, not the findings."),
            lambda: session.attempt(
                services.finish, here.file, here.actor, session.now(), done=_("The visit is finished.")
            ),
            key="finish",
        )


st.title(_("Consolidate"))
if here.visit.stage in {Stage.PREPARE, Stage.SCORE}:
    outstanding()
    st.stop()
found = services.consolidation(here.file)
parts = {
    _("Totals"): lambda: totals(found),
    _("Marks"): lambda: matrix(found),
    _("Deliberation"): lambda: deliberation(here, found),
    _("Vetoes and gates"): lambda: conditions(here, found),
}
chosen = st.segmented_control(
    _("Part"), list(parts), default=next(iter(parts)), required=True, label_visibility="collapsed"
)
parts[chosen or next(iter(parts))]()
