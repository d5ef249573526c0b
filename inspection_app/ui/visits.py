"""The visits of this hub as cards: where each stands, and the way in."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from inspection_app.core.wording import chinese_date
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.places import visits_folder
from inspection_app.services.prepare import outline
from inspection_app.store.file import visit_files
from inspection_app.ui import keep, session, widgets

st.title(_("Visits"))
files = visit_files(visits_folder())
if not files:
    widgets.empty(
        _("No visit yet"),
        _("A visit is one acceptance visit to one applicant. Create the first one under “New visit”.")
        if session.on_the_hub()
        else _("A visit is created on the hub laptop, under “New visit”. It appears here as soon as it is there."),
    )
for file in files:
    try:
        found = outline(file)
    except InspectionError as error:
        st.error(error.text(_))
        keep.mend(file)
        continue
    description = found.visit.description
    st.html(
        f'<div class="card"><h3>{widgets.escape(description.applicant)}</h3>'
        f"<p>{widgets.escape(found.rubric.title)}</p>"
        f"<p>{chinese_date(description.starts)} – {chinese_date(description.ends)} · "
        f"{widgets.escape(_(widgets.STAGES[found.visit.stage]))}</p>"
        f'<a class="go" target="_self" href="/sign-in?visit={quote(file.slug)}">'
        f"{widgets.escape(_('Sign in'))}</a></div>"
    )
if session.on_the_hub():
    keep.bring_in()
