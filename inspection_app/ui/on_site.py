"""On site: who is there, what is seen and said, what the drawn sites show; an activity of the programme at a time."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.programme import Activity, Draws
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import observe
from inspection_app.ui import session, widgets
from inspection_app.ui.adjusting import adjust, extend
from inspection_app.ui.attendance import attendance
from inspection_app.ui.records import records
from inspection_app.ui.site_checks import site_checks

here = session.signed_in()
held = observe.programme(here.file)


def choose() -> Activity | None:
    """Show the programme in order; the address names the activity that is open."""
    standing = {activity.id: activity for activity in held.activities}
    if not standing:
        return None
    asked = st.query_params.get("activity", "")
    current = int(asked) if asked.isdecimal() and int(asked) in standing else next(iter(standing))
    session.remember("activity-picked", current)

    def picked() -> None:
        st.query_params["activity"] = str(session.remembered("activity-picked"))

    st.segmented_control(
        _("Activity"), list(standing), format_func=lambda id_: widgets.literal(standing[id_].title),
        key="activity-picked", on_change=picked, label_visibility="collapsed", required=True,
    )  # fmt: skip
    return standing[current]


def head(activity: Activity) -> None:
    planned = (activity.day.isoformat() if activity.day else "", activity.time, activity.place)
    facts = " · ".join(filter(None, planned)) or _("Day, time and place are not fixed yet")
    st.html(f'<div class="meta">{widgets.escape(facts)}</div>')
    if activity.text:
        with st.expander(_("What the rubric's scheme says")):
            st.html(f'<div class="official">{widgets.escape(activity.text)}</div>')


title, undo = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("On site"))
with undo, st.container(horizontal_alignment="right"):
    widgets.undo_button()
if not here.may(Act.OBSERVE):
    st.info(
        _("The visit is finished. What was recorded on site is shown for reading; attendance can still be marked.")
        if here.may(Act.TAKE_ATTENDANCE)
        else _("The visit is finished. What was recorded on site is shown for reading.")
    )
activity = choose()
if activity is None:
    widgets.empty(_("No activities"), _("Every activity was taken out. Bring one back or add another."))
else:
    head(activity)
    attendance(here, held, activity)
    if activity.draws is Draws.SITES:
        site_checks(here, held)
    records(here, held, activity)
if here.may(Act.PLAN_ACTIVITIES) and (part := widgets.folded(_("Adjust the programme"), key=here.key("plan"))):
    with part:
        if activity is not None:
            adjust(here, held, activity)
        extend(here, held)
