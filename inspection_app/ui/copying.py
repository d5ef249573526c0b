"""Parts of Home: taking a sealed visit's set-up over into a new visit, on the hub itself."""

from __future__ import annotations

import os
from datetime import timedelta

import streamlit as st

from inspection_app.core.visit import Description, Role, Stage
from inspection_app.language import _
from inspection_app.services.prepare import copy_set_up
from inspection_app.ui import session, widgets
from inspection_app.ui.new_codes import show_codes


def copied(here: session.Here) -> bool:
    """Show the codes of the visit that was just made, until they are said to be kept; say whether they are shown."""
    made = session.remembered(here.key("copied"))
    if made is None:
        return False
    show_codes(made)
    st.button(_("The codes are written down"), on_click=session.forget, args=(here.key("copied"),))
    return True


def part(here: session.Here) -> None:
    """Ask for the new applicant and the days; the codes are shown once, so only on the hub."""
    if (here.visit.stage, here.member.role) != (Stage.SEALED, Role.SECRETARY) or not session.on_the_hub():
        return
    folded = widgets.folded(_("Copy the set-up into a new visit"), key=here.key("copy"))
    if folded is None:
        return
    with folded:
        st.caption(_("The new visit has the same rubric, panel and method, and a new code for everybody. Sites, "
                     "roster, figures, duties and marks are not copied."))  # fmt: skip
        today, before = session.now().date(), here.visit.description
        with st.form(here.key("copy-form"), border=False):
            name, category = st.columns([3, 2])
            applicant = name.text_input(_("Applicant"), placeholder=_("County, district, city or town"))
            kind = category.text_input(_("Category"), before.category)
            first, last, where = st.columns([2, 2, 3])
            starts = first.date_input(_("First day"), today, format="YYYY-MM-DD")
            ends = last.date_input(_("Last day"), today + timedelta(days=1), format="YYYY-MM-DD")
            place = where.text_input(_("Place"))
            if st.form_submit_button(_("Create the visit"), type="primary"):
                new = session.attempt(
                    copy_set_up, here.file, here.actor, Description(applicant, kind, starts, ends, place),
                    entropy=os.urandom, now=session.now(),
                )  # fmt: skip
                session.remember(here.key("copied"), new)
                st.rerun()
