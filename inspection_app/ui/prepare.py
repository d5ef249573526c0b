"""Preparing: description, panel, assignment, sites, roster and figures, until scoring is opened."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from inspection_app.core.roster import Site
from inspection_app.core.visit import Act, Description
from inspection_app.language import _
from inspection_app.services import prepare
from inspection_app.services.consolidate import short_items
from inspection_app.ui import session, widgets
from inspection_app.ui.appointing import panel
from inspection_app.ui.figures import figures
from inspection_app.ui.roster import roster

here = session.signed_in()


def describe() -> None:
    description = here.visit.description
    if not here.may(Act.DESCRIBE_VISIT):
        widgets.closed(
            [_("Applicant"), _("Category"), _("First day"), _("Last day"), _("Place")],
            [[description.applicant, description.category, description.starts, description.ends, description.place]],
        )
        return
    with st.form("description", border=False):
        applicant = st.text_input(_("Applicant"), description.applicant)
        category = st.text_input(_("Category"), description.category)
        left, right = st.columns(2)
        starts = left.date_input(_("First day"), description.starts, format="YYYY-MM-DD")
        ends = right.date_input(_("Last day"), description.ends, format="YYYY-MM-DD")
        place = st.text_input(_("Place"), description.place)
        if st.form_submit_button(_("Save"), type="primary"):
            described = Description(applicant, category, starts, ends, place)
            session.carry_out(here, prepare.describe_visit, described)


def sites() -> None:
    found = prepare.preparation(here.file)
    count = here.rubric.scheme.candidate_sites
    if found.sites_locked or not here.may(Act.NAME_SITES):
        if found.sites_locked:
            st.info(_("The list is locked for the draw. It can be unlocked under Draws, with a reason."))
        widgets.table(
            [_("Site"), _("Address"), _("What it shows")], [[s.name, s.address, s.feature] for s in found.sites]
        )
        return
    st.caption(_("The applicant proposes exactly {count} candidate sites.", count=count))
    stored = [*found.sites, *[Site("")] * count][:count]
    entered = [_site(number, before) for number, before in enumerate(stored, 1)]
    if entered != stored:
        st.caption(_("What was entered is not saved yet."))
    if st.button(_("Save the sites"), type="primary", key=here.key("save-sites")):
        session.carry_out(here, prepare.name_sites, entered)


def _site(number: int, before: Site) -> Site:
    name = widgets.unsaved_text(
        _("Site {number}: name", number=number), before.name, key=here.key("site-name", number)
    )  # fmt: skip
    left, right = st.columns(2)
    return Site(
        name,
        widgets.unsaved_text(_("Address"), before.address, key=here.key("site-address", number), place=left),
        widgets.unsaved_text(_("What it shows"), before.feature, key=here.key("site-feature", number), place=right),
    )


st.title(_("Prepare"))
parts: dict[str, Callable[[], None]] = {
    _("Visit"): describe,
    _("Panel"): lambda: panel(here),
    **({_("Sites"): sites} if here.rubric.scheme.candidate_sites else {}),
    **({_("Roster"): lambda: roster(here)} if here.rubric.scheme.citizen_categories else {}),
    **({_("Figures"): lambda: figures(here)} if here.rubric.figures else {}),
}
chosen = st.segmented_control(
    _("Part"), list(parts), default=next(iter(parts)), required=True, label_visibility="collapsed"
)
parts[chosen or next(iter(parts))]()

if here.may(Act.OPEN_SCORING):
    st.divider()
    widgets.still_open(prepare.unprepared(here.file))
    widgets.short_items(short_items(here.file))
    widgets.confirm(
        _("Open scoring"),
        _("Experts can then score; panel and assignment can no longer be changed. Draws stay possible."),
        lambda: session.attempt(
            prepare.open_scoring, here.file, here.actor, session.now(), done=_("Scoring is open.")
        ),
        key="open-scoring", primary=False,
    )
