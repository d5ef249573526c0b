"""Help, offline: what to do in one's role, when something goes wrong, and how the network is set up."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.help import LEAVES, Leaf, leaves_for
from inspection_app.language import _
from inspection_app.services.print_help import help_pdf
from inspection_app.ui import session, widgets

here = session.visitor()


def shown(leaf: Leaf) -> str:
    title, opening = widgets.escape(_(leaf.title)), widgets.escape(_(leaf.opening))
    if leaf.steps:
        points = "".join(f"<li>{widgets.escape(_(point.text))}</li>" for point in leaf.points)
        body = f"<ol>{points}</ol>"
    else:
        body = "".join(
            f"<h3>{widgets.escape(_(point.title))}</h3><p>{widgets.escape(_(point.text))}</p>" for point in leaf.points
        )
    return f'<section class="leaf"><h2>{title}</h2><p class="opening">{opening}</p>{body}</section>'


st.title(_("Help"))
leaves = {leaf.name: leaf for leaf in leaves_for(here.member.role if here else None)}
asked = st.query_params.get("leaf", "")
names = list(leaves)
chosen = st.segmented_control(
    _("Leaf"), names, default=asked if asked in names else names[0], required=True, label_visibility="collapsed",
    format_func=lambda name: _(leaves[name].title),
)  # fmt: skip
st.html(shown(leaves[chosen]))
with st.container(horizontal=True):
    st.download_button(
        _("This page (PDF)"), lambda: help_pdf([leaves[chosen]], _, session.now()), f"help-{chosen}.pdf",
        "application/pdf", on_click="ignore", type="primary",
    )  # fmt: skip
    st.download_button(
        _("All pages (PDF)"), lambda: help_pdf(LEAVES, _, session.now()), "help.pdf", "application/pdf",
        on_click="ignore",
    )  # fmt: skip
