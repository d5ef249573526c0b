"""A part of the page Prepare: the agreed figures, each entered once with its source."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from inspection_app.core.application import threshold_warnings
from inspection_app.core.rubric import Figure, Rate, Step
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import prepare
from inspection_app.store.sheets import AgreedFigure
from inspection_app.ui import session, widgets


def figures(here: session.Here) -> None:
    """Show every figure with its value; each is entered by itself."""
    entered = prepare.agreed_figures(here.file)
    warnings = threshold_warnings(here.rubric, {key: figure.reading() for key, figure in entered.items()})
    st.caption(_("Facts about the applicant, entered once with their source; criteria and gates follow them."))
    if not here.may(Act.ENTER_FIGURE):
        widgets.closed(
            [_("Figure"), _("Value"), _("Source")],
            [
                [declared.title, f"{entered[key].value}\N{NO-BREAK SPACE}{declared.unit}", entered[key].source]
                if key in entered
                else [declared.title, _("not entered"), ""]
                for key, declared in here.rubric.figures.items()
            ],
        )
        for warning in warnings:
            widgets.threshold(warning)
        return
    compared = {
        criterion.figure: criterion.against
        for item in here.rubric.items
        for criterion in item.criteria
        if isinstance(criterion, (Step, Rate)) and criterion.against
    }
    for key, declared in here.rubric.figures.items():
        before = entered.get(key, AgreedFigure(key, ""))
        shown = f"{before.value}\N{NO-BREAK SPACE}{declared.unit}" if before.value else _("not entered")
        if part := widgets.folded(f"{declared.title}　**{shown}**", key=here.key("figure", key)):
            with part, st.form(f"figure-{key}", border=False):
                edit(here, declared, before, compared.get(key))
        for warning in warnings:
            if warning.figure == key:
                widgets.threshold(warning)


def edit(here: session.Here, declared: Figure, before: AgreedFigure, against: str | None) -> None:
    left, middle, right = st.columns([2, 2, 4])
    figure = replace(before, value=left.text_input(f"{_('Value')} {declared.unit}".strip(), before.value))
    if against == "target":
        figure = replace(figure, target=middle.text_input(_("To compare with"), before.target))
    elif against == "last":
        figure = replace(figure, last=middle.text_input(_("Last year"), before.last))
    figure = replace(figure, source=right.text_input(_("Source: document, page"), before.source))
    if st.form_submit_button(_("Save")):
        session.carry_out(here, prepare.enter_figure, figure)
