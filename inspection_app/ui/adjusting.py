"""A part of the page On site: the office fits the programme to the visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from inspection_app.core.programme import Activity, Programme
from inspection_app.language import _
from inspection_app.services import observe
from inspection_app.ui import session, widgets
from inspection_app.ui.records import take_back
from inspection_app.ui.shared_form import SharedForm


def adjust(here: session.Here, held: Programme, activity: Activity) -> None:
    """Change an activity's title, time and place; move it or take it out."""
    form = SharedForm(here.key("activity", activity.id))
    described = here.visit.description
    days = [described.starts + timedelta(n) for n in range((described.ends - described.starts).days + 1)]
    options = ["", *(day.isoformat() for day in sorted({*days, activity.day or days[0]}))]
    planned = activity.day.isoformat() if activity.day else ""
    base = form.fill(activity, title=activity.title, day=planned, time=activity.time, place=activity.place)
    button = form.conflict()
    with st.form(form.key + "form", border=False):
        left, right = st.columns(2)
        title = left.text_input(_("Title"), key=form.key + "title")
        place = right.text_input(_("Where"), key=form.key + "place")
        day = left.selectbox(_("Day"), options, format_func=lambda day: day or _("not fixed"), key=form.key + "day")
        time = right.text_input(_("Time"), key=form.key + "time", placeholder="9:00—10:30")
        if st.form_submit_button(button):
            chosen = date.fromisoformat(day) if day else None
            entered = replace(activity, title=title, day=chosen, time=time, place=place)
            form.save(
                lambda: observe.change_activity(here.file, here.actor, entered, session.now(), base=base),
                lambda: next(one for one in observe.programme(here.file).activities if one.id == activity.id),
            )

    def move(steps: int) -> None:
        session.attempt(observe.move_activity, here.file, here.actor, activity.id, steps, session.now())

    order = [one.id for one in held.activities]
    earlier, later, away = st.columns(3)
    earlier.button("‹ " + _("Earlier"), on_click=move, args=(-1,), disabled=activity.id == order[0], width="stretch")
    later.button(_("Later") + " ›", on_click=move, args=(1,), disabled=activity.id == order[-1], width="stretch")
    if away.button(_("Take out"), width="stretch"):
        take_back(
            here, observe.withdraw_activity, activity.id, _("“{title}” was taken out.", title=activity.title)
        )


def extend(here: session.Here, held: Programme) -> None:
    """Add an activity, or bring one back that was taken out."""
    form = here.key("activity", "new")
    session.begin_with(form + "title", "")
    with st.form(form + "form", border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        title = left.text_input(_("Another activity"), key=form + "title")
        if right.form_submit_button(_("Add"), width="stretch"):
            added = session.attempt(
                observe.add_activity, here.file, here.actor, Activity(0, title), session.now()
            )
            if added:
                session.forget(form)
                st.query_params["activity"] = str(added)
            st.rerun()
    for activity in held.withdrawn:
        label = _("Bring back “{title}”", title=widgets.literal(activity.title))
        if st.button(label, key=here.key("back", activity.id)):
            session.attempt(
                observe.withdraw_activity, here.file, here.actor, activity.id, session.now(), back=True
            )
            st.rerun()
