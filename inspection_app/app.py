"""The Streamlit entry: page configuration, who is signed in, and which pages their role has."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from inspection_app.core.help import help_for
from inspection_app.core.visit import Role
from inspection_app.errors import N_
from inspection_app.language import _
from inspection_app.store.file import kept_open
from inspection_app.ui import session, widgets

OFFICE = frozenset({Role.SECRETARY, Role.CHAIR})
SCORING = frozenset({Role.CHAIR, Role.EXPERT})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Entry:
    """A page file, its title as a catalogue key, its address, and the roles that have it."""

    name: str
    title: str
    path: str
    roles: frozenset[Role] = EVERYBODY


session.choose_language()
st.set_page_config(page_title=_("Acceptance visit"), page_icon="📋", layout="wide")
widgets.style()

# Each row stands in the line at the top under its first page's name; its other pages follow below that line.
ROWS = (
    (
        Entry("home", N_("Home"), "home"),
        Entry("help", N_("Help"), "help"),
        Entry("check_up", N_("Check-up"), "check-up", frozenset({Role.SECRETARY})),
    ),
    (
        Entry("prepare", N_("Prepare"), "prepare", OFFICE),
        Entry("application", N_("Application"), "application"),
        Entry("duties", N_("Duties"), "duties"),
        Entry("method", N_("Method"), "method"),
        Entry("papers", N_("Papers"), "papers", OFFICE),
        Entry("rubric", N_("Rubric"), "rubric"),
    ),
    (Entry("draws", N_("Draws"), "draws"), Entry("verifying", N_("Check a draw"), "check-a-draw")),
    (Entry("on_site", N_("On site"), "on-site"),),
    (
        Entry("score", N_("Score"), "score", SCORING),
        Entry("confirm", N_("Typed in for you"), "confirm", SCORING),
        Entry("type_in", N_("Type in"), "type-in", frozenset({Role.SECRETARY})),
        Entry("disputes", N_("Disputes"), "disputes"),
    ),
    (
        Entry("consolidate", N_("Consolidate"), "consolidate"),
        Entry("charts", N_("Charts"), "charts"),
        Entry("seal", N_("Seal"), "seal"),
    ),
    (
        Entry("feedback", N_("Feedback"), "feedback", OFFICE),
        Entry("reopening", N_("Reopen"), "reopen", OFFICE),
    ),
)
START = (
    (Entry("visits", N_("Visits"), "visits"),),
    (Entry("rubric", N_("Rubric"), "rubric"),),
    (Entry("verifying", N_("Check a draw"), "check-a-draw"),),
    *(
        (
            (Entry("create", N_("New visit"), "new"),), (Entry("archive", N_("Archive"), "archive"),),
            (Entry("check_up", N_("Check-up"), "check-up"),),
        )
        if session.on_the_hub()
        else ()
    ),
    (Entry("help", N_("Help"), "help"),),
)

with kept_open(leave=True):  # one connection for the whole run
    here = session.find_here()
    rows: list[dict[st.Page, Entry]] = []
    for row in START if here is None else ROWS:
        entries = [entry for entry in row if here is None or here.member.role in entry.roles]
        rows.append({
            st.Page(
                f"ui/{entry.name}.py", title=_(entry.title), url_path=entry.path, default=not rows and not place,
                visibility="hidden" if place else "visible",
            ): entry
            for place, entry in enumerate(entries)
        })  # fmt: skip

    chosen = st.navigation([page for row in rows for page in row], position="top")
    if here is None:
        widgets.language_bar()
    else:
        widgets.header(
            here.file.slug, here.visit.description.applicant, here.visit.stage, here.member.name, here.member.role
        )
        beside = next(row for row in rows if chosen in row)
        widgets.lead_back(next(iter(beside)).url_path)
        helping = next(page for row in rows for page, entry in row.items() if entry.name == "help")
        with st.container(horizontal=True, key="beside"):
            for page in beside:
                st.page_link(page, disabled=page == chosen)
            if helping not in beside:
                leaf, point = help_for(beside[chosen].title, here.member.role)
                with st.container(key="context-help", width="content"):
                    st.page_link(helping, label="? " + _("Help"), query_params={"leaf": leaf, "point": str(point)})
    widgets.last_step()
    chosen.run()
