"""Help, offline: what to do in one's role, when something goes wrong, and how the network is set up."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.help import LEAVES, Leaf, leaves_for
from inspection_app.language import _
from inspection_app.services.print_help import help_pdf
from inspection_app.ui import session, widgets

here = session.visitor()


def shown(leaf: Leaf, asked: int) -> str:
    """Return a leaf, the point that was asked for (1 the first) marked in it."""
    title, opening = widgets.escape(_(leaf.title)), widgets.escape(_(leaf.opening))
    marks = [' class="asked"' if number == asked else "" for number in range(1, len(leaf.points) + 1)]
    texts = [widgets.escape(_(point.text)) for point in leaf.points]
    if leaf.steps:
        points = "".join(f"<li{mark}>{text}</li>" for mark, text in zip(marks, texts, strict=True))
        body = f"<ol>{points}</ol>"
    else:
        titles = [widgets.escape(_(point.title)) for point in leaf.points]
        body = "".join(
            f"<h3>{title}</h3><p{mark}>{text}</p>" for mark, title, text in zip(marks, titles, texts, strict=True)
        )
    return f'<section class="leaf"><h2>{title}</h2><p class="opening">{opening}</p>{body}</section>'


st.title(_("Help"))
leaves = {leaf.name: leaf for leaf in leaves_for(here.member.role if here else None)}
asked, point = st.query_params.get("leaf", ""), st.query_params.get("point", "")
names = list(leaves)
chosen = st.segmented_control(
    _("Leaf"), names, default=asked if asked in names else names[0], required=True, label_visibility="collapsed",
    format_func=lambda name: _(leaves[name].title),
)  # fmt: skip
st.html(shown(leaves[chosen], int(point) if chosen == asked and point.isdecimal() else 0))
with st.container(horizontal=True):
    st.download_button(
        _("This page (PDF)"), lambda: help_pdf([leaves[chosen]], _, session.now()), f"help-{chosen}.pdf",
        "application/pdf", on_click="ignore", type="primary",
    )  # fmt: skip
    st.download_button(
        _("All pages (PDF)"), lambda: help_pdf(LEAVES, _, session.now()), "help.pdf", "application/pdf",
        on_click="ignore",
    )  # fmt: skip
