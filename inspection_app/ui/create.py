"""Creating a visit on the hub laptop: rubric, applicant, dates and panel; then the personal codes, shown once."""

from __future__ import annotations

import os
from datetime import date, timedelta

import streamlit as st

from inspection_app.core.visit import MAX_MEMBERS, ROLE_NAMES, Appointment, Description, Role
from inspection_app.files import rubrics_to_choose
from inspection_app.language import _
from inspection_app.places import rubrics_folder, visits_folder
from inspection_app.services.prepare import create_visit
from inspection_app.ui import session, widgets
from inspection_app.ui.new_codes import show_codes

CREATED = "created-visit"


def person(role: Role, number: int) -> Appointment:
    """Ask for one member; an empty name means nobody."""
    label = f"{_(ROLE_NAMES[role])} {number}" if role is Role.EXPERT else _(ROLE_NAMES[role])
    name, organisation, speciality = st.columns([2, 3, 2])
    return Appointment(
        name.text_input(_("{role}: name", role=label), key=f"name-{role}-{number}"),
        role,
        organisation.text_input(_("Organisation"), key=f"organisation-{role}-{number}"),
        speciality.text_input(_("Speciality"), key=f"speciality-{role}-{number}"),
    )


if session.remembered(CREATED):
    show_codes(session.remembered(CREATED))
    st.stop()

st.title(_("New visit"))
own = rubrics_folder(visits_folder())
rubrics, refused = rubrics_to_choose(own)
chosen = st.selectbox(_("Rubric"), list(rubrics), format_func=lambda id_: rubrics[id_].rubric.title,
                      help=_("An office's own rubrics are taken from {folder}.", folder=str(own)))  # fmt: skip
for error in refused:
    widgets.still_open(error)
applicant, category = st.columns([3, 2])
applicant_name = applicant.text_input(_("Applicant"), placeholder=_("County, district, city or town"))
category_name = category.text_input(_("Category"), placeholder=_("e.g. county, district"))
first, last, place = st.columns([2, 2, 3])
today = date.today()  # noqa: DTZ011 - the hub's calendar is what the secretary reads
starts = first.date_input(_("First day"), today, format="YYYY-MM-DD")
ends = last.date_input(_("Last day"), today + timedelta(days=1), format="YYYY-MM-DD")
place_name = place.text_input(_("Place"))

st.subheader(_("Panel"))
st.caption(_("One secretary, one chair and up to 14 experts. Rows without a name are left out."))
appointments = [person(Role.SECRETARY, 1), person(Role.CHAIR, 1)]
rows = session.remembered("expert-rows", 4)
appointments += [person(Role.EXPERT, number) for number in range(1, rows + 1)]
if rows < MAX_MEMBERS - 1:
    st.button(_("Add an expert"), on_click=session.remember, args=("expert-rows", rows + 1))

if st.button(_("Create the visit"), type="primary"):
    named = [a for a in appointments if a.role is not Role.EXPERT or a.name.strip()]
    description = Description(applicant_name, category_name, starts, ends, place_name)
    new = session.attempt(
        create_visit, visits_folder(), rubrics[chosen], description, named, entropy=os.urandom, now=session.now()
    )
    session.remember(CREATED, new)
    st.rerun()
