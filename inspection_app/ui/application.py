"""The application: the form's facts, the self-check with page references, and desk marks, for everybody to read."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.application import threshold_warnings
from inspection_app.core.visit import Act, Stage, permitted
from inspection_app.language import _
from inspection_app.services.bring import application
from inspection_app.services.prepare import agreed_figures
from inspection_app.ui import session, widgets
from inspection_app.ui.application_form import form
from inspection_app.ui.spreadsheets import desk_marks, self_check

here = session.signed_in()

st.title(_("Application"))
agreed = {name: figure.reading() for name, figure in agreed_figures(here.file).items()}
for warning in threshold_warnings(here.rubric, agreed):
    widgets.threshold(warning)
if not permitted(Act.ENTER_FACT, here.member.role, Stage.PREPARE):
    st.caption(_("The office enters this part; everybody can read it."))
elif not here.may(Act.ENTER_FACT):
    st.info(_("The marks are opened; the application can no longer be changed and is shown for reading."))
parts = {_("Application form"): form, _("Self-check and pages"): self_check, _("Desk marks"): desk_marks}
chosen = st.segmented_control(_("Part"), list(parts), default=next(iter(parts)), label_visibility="collapsed")
parts[chosen or next(iter(parts))](here, application(here.file))
