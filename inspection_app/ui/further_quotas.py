"""A part of the page Draws, folded away: quotas over attributes, with everybody's chance before the lock."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from inspection_app.core.quotas import ALL, Band, Chances
from inspection_app.language import _
from inspection_app.services import enlist
from inspection_app.ui import session, widgets


def further_quotas(here: session.Here, quotas: Mapping[str, int]) -> tuple[Band, ...]:
    """Show the quotas over attributes, let them be set, and return them; none is the plain case.

    Args:
        quotas: how many of each category are to be drawn.
    """
    kept = here.key("bands")
    bands: tuple[Band, ...] = session.remembered(kept, ())
    values = enlist.values(here.file)
    title = _("Further quotas: {count}", count=len(bands)) if bands else _("Further quotas")
    with st.expander(title, expanded=bool(bands)):
        st.caption(
            _("Not needed for a usual draw. They say how many of those drawn have an attribute, and become public with "
              "the list. Attempts are repeated until one meets all of them.")
        )  # fmt: skip
        if not values:
            st.caption(_("The roster says nothing to set quotas over."))
            return ()
        _listed(bands, kept)
        _add(here, bands, values, quotas, kept)
        if st.button(_("Show everybody's chance"), key=here.key("chances")):
            bar = st.progress(0.0, _("Working out the chances …"))
            found = session.attempt(enlist.expected, here.file, quotas, bands, progress=bar.progress)
            bar.empty()
            if found is None:
                widgets.messages()
            else:
                _table(found)
    return bands


def _listed(bands: tuple[Band, ...], kept: str) -> None:
    for at, band in enumerate(bands):
        text, button = st.columns([6, 2], vertical_alignment="center")
        where = _("of all") if band.stratum == ALL else band.stratum
        text.write(
            _("{where}: {attribute} {value}, at least {least}, at most {most}", where=where, attribute=band.attribute,
              value=band.value, least=band.least, most=band.most)
        )  # fmt: skip
        if button.button(_("Remove"), key=f"{kept}remove-{at}"):
            session.remember(kept, bands[:at] + bands[at + 1 :])
            st.rerun()


def _add(
    here: session.Here, bands: tuple[Band, ...], values: Mapping[str, Mapping[str, int]], quotas: Mapping[str, int],
    kept: str,
) -> None:  # fmt: skip
    left, right = st.columns(2)
    attribute = left.selectbox(_("Attribute"), list(values), key=here.key("band-attribute"))
    counts = values[attribute]
    value = right.selectbox(
        _("Its value"), list(counts), key=here.key("band-value", attribute),
        format_func=lambda one: _("{value} ({count} people)", value=one, count=counts[one]),
    )  # fmt: skip
    strata = [ALL, *quotas]
    stratum = st.selectbox(
        _("Among whom"), strata, key=here.key("band-stratum"),
        format_func=lambda one: _("all who are drawn ({count})", count=sum(quotas.values())) if one == ALL else one,
    )  # fmt: skip
    drawn = sum(quotas.values()) if stratum == ALL else quotas[stratum]
    left, right = st.columns(2)
    least = left.number_input(_("At least"), 0, drawn, 0, key=here.key("band-least", stratum))
    most = right.number_input(_("At most"), 0, drawn, drawn, key=here.key("band-most", stratum))
    if st.button(_("Add this quota"), key=here.key("band-add")):
        others = tuple(
            one for one in bands if (one.stratum, one.attribute, one.value) != (stratum, attribute, value)
        )
        session.remember(kept, (*others, Band(stratum, attribute, value, int(least), int(most))))
        st.rerun()


def _table(found: Chances) -> None:
    """Show the chance of everybody who has the same one in one line, and beside it the chance without these quotas."""
    widgets.table(
        [_("Category"), _("Attributes"), _("People"), _("Chance"), _("Without these quotas")],
        [
            [
                cell.stratum, "　".join(f"{name} {value}" for name, value in cell.attributes) or "—", len(cell.rows),
                f"{float(cell.chance):.1%}", f"{float(cell.plain):.1%}",
            ]
            for cell in found.cells
        ],
        numbers=[2, 3, 4],
    )  # fmt: skip
    st.caption(
        _("About one attempt in {attempts} meets the quotas.", attempts=f"{float(1 / found.acceptance):.1f}")
        + ("" if found.exact else " " + _("These chances are estimates, to about one percentage point."))
    )
