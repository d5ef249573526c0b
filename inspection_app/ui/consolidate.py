"""Consolidating: readiness and opening the marks, totals, matrix, one item at a time, vetoes and gates."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from inspection_app.core.consolidation import METHOD_TITLES, ROUNDING_TITLES, Method, Rounding
from inspection_app.core.rubric import AspectKind
from inspection_app.core.scoring import State
from inspection_app.core.sensitivity import Alternative
from inspection_app.core.totals import Basis, Verdict
from inspection_app.core.visit import Role, Stage
from inspection_app.core.wording import fixed
from inspection_app.errors import N_
from inspection_app.language import _, aside
from inspection_app.services import consolidate as services
from inspection_app.services.open_marks import opening
from inspection_app.ui import session, widgets
from inspection_app.ui.agreement import agreement_part
from inspection_app.ui.conditions import conditions, reading_choice
from inspection_app.ui.deliberation import deliberation
from inspection_app.ui.readiness import readiness_panel

VERDICTS = {
    Verdict.PASS: N_("pass line reached"),
    Verdict.FAIL: N_("pass line not reached"),
    Verdict.UNDECIDED: N_("undecided: two readings"),
}

here = session.signed_in()


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
    kinds = {AspectKind.BASE: "", AspectKind.BONUS: aside(_("bonus")), AspectKind.DEDUCTION: aside(_("deductions"))}
    rows = [[a.title + kinds[a.kind], widgets.points(a.ceiling), fixed(a.points, places)] for a in result.aspects]
    rows.append([_("Base"), widgets.points(rubric.base_total), fixed(result.base, places)])
    if rubric.deduction_total:
        rows.append([_("Deductions"), widgets.points(rubric.deduction_total), minus(result.deductions, places)])
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
    verdict(found)
    st.caption(rubric.verdict_text)
    for change in found.method_changes:
        widgets.method_change(change)
    with_other_methods(found)
    if here.member.role is Role.CHAIR and (part := widgets.folded(_("Agreement of the experts"), key="agreement")):
        with part:
            agreement_part(found)


def minus(points: Decimal, places: int) -> str:
    return ("−" if points else "") + fixed(points, places)


def verdict(found: services.Consolidation) -> None:
    """Say what the official text makes of the total, where it says anything."""
    result = found.result
    line = widgets.points(found.rubric.pass_line)
    match result.basis:
        case Basis.VETO if result.verdict != Verdict.FAIL:
            st.error(_("By the text the grade is {grade}: a veto applies. The score is kept.", grade=result.verdict))
        case Basis.PASS_LINE if result.verdict == Verdict.PASS:
            st.success(_("The pass line of the text ({line}) is reached.", line=line))
        case Basis.PASS_LINE:
            st.error(_("The pass line of the text ({line}) is not reached.", line=line))
        case Basis.READINGS if result.verdict != Verdict.UNDECIDED:
            reached = result.verdict == Verdict.PASS
            (st.success if reached else st.error)(
                _("By the reading that the chair chose, the pass line of the text ({line}) is reached.", line=line)
                if reached
                else _("By the reading that the chair chose, the pass line of the text ({line}) is not reached.",
                       line=line)
            )
            reading_choice(here, found, "")
        case Basis.READINGS:
            st.warning(_("The raw and the prorated total lie on different sides of the pass line ({line}). The text "
                         "does not say which one counts: the chair decides.", line=line))  # fmt: skip
            reading_choice(here, found, "")


def with_other_methods(found: services.Consolidation) -> None:
    """Say whether another method would have changed the verdict; reckoned only while it is open."""
    if (part := widgets.folded(_("With other methods"), key="sensitivity")) is None:
        return
    told, places = found.sensitivity(), found.visit.places
    rows = []
    for one in told.alternatives:
        method, rounding = Method(one.reckoning.method), Rounding(one.reckoning.rounding)
        title = f"{_(METHOD_TITLES[method])}　{_(ROUNDING_TITLES[rounding])}"
        total = fixed(one.total, places) if one.complete else "—"
        if one.complete and one.prorated is not None:
            total += aside(_("prorated {points}", points=fixed(one.prorated, places)))
        rows.append([title + (" ✓" if one.chosen else ""), total, verdict_word(one)])
    with part:
        st.write(told.text(_))
        widgets.table([_("Method"), _("Total"), _("Verdict of the text")], rows, numbers=[1], key="methods")
        st.caption(_("✓ is the visit's own method. Nothing here changes the result."))


def verdict_word(one: Alternative) -> str:
    if not one.complete:
        return _("too few marks: {count} items", count=len(one.open_items))
    if one.verdict in VERDICTS:
        return _("none: the text is silent") if one.basis is Basis.SILENT else _(VERDICTS[Verdict(one.verdict)])
    return _("grade {grade}", grade=one.verdict)


st.title(_("Consolidate"))
if here.visit.stage in {Stage.PREPARE, Stage.SCORE}:
    readiness_panel(here)
    st.stop()
found = services.consolidation(here.file)
widgets.opened(opening(here.file))
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
