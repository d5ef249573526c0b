"""The method: how marks become panel scores; chosen before scoring, later changed only with a printed reason."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from inspection_app.core.consolidation import (
    FEWEST_TO_DROP,
    METHOD_TITLES,
    MOST_MARKS,
    MOST_PLACES,
    ROUNDING_TITLES,
    Method,
    Rounding,
    panel_score,
)
from inspection_app.core.visit import Act, Stage
from inspection_app.language import _, aside
from inspection_app.services.consolidate import change_method, choose_method, method_changes, short_items
from inspection_app.ui import session, widgets

EXAMPLE = tuple(map(Decimal, ("4.5", "4.5", "5", "5", "6")))

here = session.signed_in()
visit = here.visit


def choose() -> None:
    before = Method(visit.method)
    chosen_method = st.radio(
        _("From the marks on one item"), list(Method), list(Method).index(before),
        format_func=method_title, key="method",
    )  # fmt: skip
    method = chosen_method or before
    places = st.segmented_control(_("Decimals"), range(MOST_PLACES + 1), default=visit.places, key="places")
    places = visit.places if places is None else places
    rounding = st.radio(
        _("Rounding, half up"), list(Rounding), list(Rounding).index(Rounding(visit.rounding)),
        format_func=lambda one: _(ROUNDING_TITLES[one]), key="rounding",
        captions=[_("The totals are the sums of what is printed."),
                  _("The sums of what is printed may differ from the totals in the last decimal.")],
    )  # fmt: skip
    fewest = int(
        st.number_input(_("Fewest marks an item needs"), 1, MOST_MARKS, visit.min_marks, key="min-marks", width=280)
    )
    example(method, places)
    chosen = (str(method), places, str(rounding), fewest)
    same = chosen == (visit.method, visit.places, visit.rounding, visit.min_marks)
    if here.may(Act.CHANGE_METHOD):
        reason = st.text_input(_("Why the method is changed after scoring began; it is printed with the result"))
        # Never disabled: while the reason is being typed, the tap that leaves its field is the one on this button.
        if st.button(_("Change the method"), type="primary"):
            session.carry_out(here, change_method, *chosen, reason)
        return
    if st.button(_("Save"), type="primary", disabled=same):
        session.carry_out(here, choose_method, *chosen)


def method_title(method: Method) -> str:
    if method is not Method.DROP_HIGH_LOW:
        return _(METHOD_TITLES[method])
    return _(METHOD_TITLES[method]) + aside(_("at least {fewest} marks an item", fewest=FEWEST_TO_DROP))


def example(method: Method, places: int) -> None:
    st.write(_("Example: {working}", working=panel_score(EXAMPLE, method=method, places=places).working))


def read() -> None:
    st.info(
        _("The chair or the secretary chooses the method before scoring begins.") if visit.stage is Stage.PREPARE
        else _("Scoring has begun. Only the chair can still change the method, with a reason that is printed.")
    )  # fmt: skip
    method = Method(visit.method)
    widgets.table(
        [_("Method"), _("Choice")],
        [
            [_("From the marks on one item"), _(METHOD_TITLES[method])],
            [_("Decimals"), visit.places],
            [_("Rounding, half up"), _(ROUNDING_TITLES[Rounding(visit.rounding)])],
            [_("Fewest marks an item needs"), visit.min_marks],
        ],
    )
    example(method, visit.places)


st.title(_("Method"))
st.caption(_("Unmarked, not applicable, recused and not assigned stay out of it and never count as nought."))
for change in method_changes(here.file):
    widgets.method_change(change)
if here.may(Act.CHOOSE_METHOD):
    choose()
else:
    read()
    if here.may(Act.CHANGE_METHOD) and (part := widgets.folded(_("Change the method"), key="change-method")):
        with part:
            choose()
widgets.short_items(short_items(here.file))
