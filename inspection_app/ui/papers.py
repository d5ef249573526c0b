"""The papers to print: the whole pack in two folders, and each expert's score sheet."""

from __future__ import annotations

from functools import partial

import streamlit as st

from inspection_app.language import _
from inspection_app.services.print_out import paper_pack, score_sheet_pdf
from inspection_app.ui import session, widgets

here = session.signed_in()

st.title(_("Papers"))
st.write(
    _("Everything the visit needs on paper: programme, host's script, sign-in sheets, cards for the draws and, once "
      "a list is locked, its slip, forms for minutes and sites, declarations, score sheets. The applicant's copies lie "
      "in a folder of their own, with nothing internal in it.")
)  # fmt: skip


def pack() -> bytes:
    with st.spinner(_("Setting the papers …")):
        return paper_pack(here.file, session.now())


st.download_button(
    _("Paper pack (ZIP)"), pack, f"{here.file.slug}-papers.zip", "application/zip", type="primary", on_click="ignore"
)

st.subheader(_("Score sheets"))
st.caption(_("A code stands at each item and criterion; the secretary types them in under “Type in”."))
for member in here.members:
    if member.scores:
        st.download_button(
            f"{widgets.literal(member.name)}（PDF）", partial(score_sheet_pdf, here.file, member.id, session.now()),
            f"{here.file.slug}-{member.name}.pdf", "application/pdf", on_click="ignore", key=f"sheet-{member.id}",
        )  # fmt: skip
