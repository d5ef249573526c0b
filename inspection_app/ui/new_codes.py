"""A part of pages: everybody's code of a visit that was just made, the only time that they are known."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from inspection_app.core.visit import ROLE_NAMES
from inspection_app.language import _
from inspection_app.places import hub_address
from inspection_app.services.prepare import Created, outline
from inspection_app.services.print_out import personal_cards_pdf
from inspection_app.ui import session, widgets


def show_codes(new: Created) -> None:
    """Show everybody's code, to be written down or printed now."""
    st.title(_("The visit is created"))
    st.warning(_("Write these codes down or print them now: only their hashes are kept, and nobody can look them up."))
    widgets.table(
        [_("Role"), _("Name"), _("Code")],
        [[_(ROLE_NAMES[m.role]), m.name, new.codes[m.id]] for m in outline(new.file).members],
    )
    left, right = st.columns(2)
    left.download_button(
        _("Print the codes (PDF)"),
        lambda: personal_cards_pdf(new.file, new.codes, session.now(), hub=hub_address()),
        f"{new.file.slug}-codes.pdf", "application/pdf", on_click="ignore", width="stretch",
    )  # fmt: skip
    code = new.codes[new.secretary.member_id]
    right.html(
        f'<div class="card-action"><a class="go" target="_self" href="/join/{quote(new.file.slug)}/{code}">'
        f'{widgets.escape(_("Continue as secretary"))}</a></div>'
    )
