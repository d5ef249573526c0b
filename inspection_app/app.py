"""The Streamlit entry: page configuration, who is signed in, and which pages their role has."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import Role
from inspection_app.language import _
from inspection_app.services.prepare import preparation
from inspection_app.ui import session, widgets

session.choose_language()
st.set_page_config(page_title=_("Acceptance visit"), page_icon="📋", layout="wide")
widgets.style()

here = session.here()


def page(name: str, title: str, path: str, *, default: bool = False) -> st.Page:
    return st.Page(f"ui/{name}.py", title=title, url_path=path, default=default)


if here is None:
    pages = [page("visits", _("Visits"), "visits", default=True)]
    if session.on_the_hub():
        pages.append(page("create", _("New visit"), "new"))
else:
    office, scores = here.member.role in {Role.SECRETARY, Role.CHAIR}, here.member.scores
    pages = [
        page("home", _("Home"), "home", default=True),
        *([page("prepare", _("Prepare"), "prepare")] if office else []),
        page("draws", _("Draws"), "draws"),
        *([page("score", _("Score"), "score")] if scores else []),
        page("consolidate", _("Consolidate"), "consolidate"),
        *([page("feedback", _("Feedback"), "feedback")] if office else []),
    ]

chosen = st.navigation(pages, position="top")
if here is None:
    widgets.language_bar()
else:
    visit = preparation(here.file).visit
    widgets.header(visit.description.applicant, visit.stage, here.member.name, here.member.role)
widgets.messages()
chosen.run()
