"""The Streamlit entry: page configuration, who is signed in, and which pages their role has."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from inspection_app.core.visit import Role
from inspection_app.language import _
from inspection_app.store.file import kept_open
from inspection_app.ui import session, widgets

OFFICE = frozenset({Role.SECRETARY, Role.CHAIR})
SCORING = frozenset({Role.CHAIR, Role.EXPERT})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Entry:
    """A page file, its title and address, and the roles that have it."""

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
        Entry("home", _("Home"), "home"),
        Entry("help", _("Help"), "help"),
        Entry("check_up", _("Check-up"), "check-up", frozenset({Role.SECRETARY})),
    ),
    (
        Entry("prepare", _("Prepare"), "prepare", OFFICE),
        Entry("application", _("Application"), "application"),
        Entry("duties", _("Duties"), "duties"),
        Entry("method", _("Method"), "method"),
        Entry("papers", _("Papers"), "papers", OFFICE),
        Entry("rubric", _("Rubric"), "rubric"),
    ),
    (Entry("draws", _("Draws"), "draws"), Entry("verifying", _("Check a draw"), "check-a-draw")),
    (Entry("on_site", _("On site"), "on-site"),),
    (
        Entry("score", _("Score"), "score", SCORING),
        Entry("confirm", _("Typed in for you"), "confirm", SCORING),
        Entry("type_in", _("Type in"), "type-in", frozenset({Role.SECRETARY})),
        Entry("disputes", _("Disputes"), "disputes"),
    ),
    (
        Entry("consolidate", _("Consolidate"), "consolidate"),
        Entry("charts", _("Charts"), "charts"),
        Entry("seal", _("Seal"), "seal"),
    ),
    (
        Entry("feedback", _("Feedback"), "feedback", OFFICE),
        Entry("reopening", _("Reopen"), "reopen", OFFICE),
    ),
)
START = (
    (Entry("visits", _("Visits"), "visits"),),
    (Entry("rubric", _("Rubric"), "rubric"),),
    (Entry("verifying", _("Check a draw"), "check-a-draw"),),
    *(
        ((Entry("create", _("New visit"), "new"),), (Entry("check_up", _("Check-up"), "check-up"),))
        if session.on_the_hub()
        else ()
    ),
    (Entry("help", _("Help"), "help"),),
)

with kept_open():  # one connection for the whole run
    here = session.find_here()
    rows: list[list[st.Page]] = []
    for row in START if here is None else ROWS:
        entries = [entry for entry in row if here is None or here.member.role in entry.roles]
        rows.append([
            st.Page(
                f"ui/{entry.name}.py", title=entry.title, url_path=entry.path, default=not rows and not place,
                visibility="hidden" if place else "visible",
            )
            for place, entry in enumerate(entries)
        ])  # fmt: skip

    chosen = st.navigation([page for row in rows for page in row], position="top")
    if here is None:
        widgets.language_bar()
    else:
        widgets.header(
            here.file.slug, here.visit.description.applicant, here.visit.stage, here.member.name, here.member.role
        )
        beside = next(row for row in rows if chosen in row)
        if len(beside) > 1:
            with st.container(horizontal=True, key="beside"):
                for page in beside:
                    st.page_link(page, disabled=page == chosen)
    widgets.messages()
    chosen.run()
