"""The visits of this hub as cards: where each stands, what is missing, and the way in."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import streamlit as st

from inspection_app.core.visit import Stage
from inspection_app.core.wording import chinese_date
from inspection_app.errors import InspectionError
from inspection_app.language import ENGLISH, _, current
from inspection_app.places import visits_folder
from inspection_app.services.overview import Overview, overview
from inspection_app.store.file import VisitFile, visit_files
from inspection_app.ui import keep, session, widgets

MOST_WITHOUT_SEARCH = 5


def card(file: VisitFile, found: Overview) -> str:
    first, last = found.description.starts, found.description.ends
    written = date.isoformat if current() == ENGLISH else chinese_date
    days = written(first) + (f" – {written(last)}" if last != first else "")
    year = f" · {found.year}" if found.year.isdigit() and found.year not in found.rubric else ""  # or it is not stated
    missing = _(found.missing, **found.context)
    go = _("Open") if found.stage is Stage.SEALED else _("Continue")
    return (
        f'<div class="card"><h3>{widgets.escape(found.description.applicant)}</h3>'
        f"<p>{widgets.escape(found.rubric + year)}</p><p>{days}</p>{widgets.stage_dots(found.stage)}"
        f'<p class="missing">{widgets.escape(missing)}</p>'
        f'<a class="go" target="_self" href="/sign-in?visit={quote(file.slug)}">{widgets.escape(go)}</a></div>'
    )


st.title(_("Visits"))
files = visit_files(visits_folder())
if not files:
    widgets.empty(
        _("No visit yet"),
        _("A visit is one acceptance visit to one applicant. Create the first one under “New visit”.")
        if session.on_the_hub()
        else _("A visit is created on the hub laptop, under “New visit”. It appears here as soon as it is there."),
    )
wanted = ""
if len(files) > MOST_WITHOUT_SEARCH:
    wanted = st.text_input(_("Search: applicant, rubric or date"), key="search").strip().casefold()
cards, broken = [], []
for file in files:
    try:
        found = overview(file)
    except InspectionError as error:
        broken.append((file, error))
        continue
    words = " ".join((file.slug, found.description.applicant, found.rubric, found.year,
                      chinese_date(found.description.starts))).casefold()  # fmt: skip
    if all(word in words for word in wanted.split()):
        cards.append((found.stage is Stage.SEALED, -found.description.starts.toordinal(), card(file, found)))
if cards:  # what is still to be done first, then the latest
    st.html(f'<div class="cards">{"".join(one for _sealed, _day, one in sorted(cards))}</div>')
elif wanted:
    widgets.empty(_("No visit found"), _("No visit has all of these words. Search for fewer of them."))
for file, fault in broken:
    st.error(widgets.literal(fault.text(_)))
    keep.mend(file)
if session.on_the_hub():
    keep.bring_in()
