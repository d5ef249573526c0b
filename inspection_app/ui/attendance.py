"""A part of the page On site: who is there, a tap for each person, and why somebody is not and who came instead."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from inspection_app.core.programme import Activity, Attendance, Attendee, Draws, Programme
from inspection_app.core.visit import Act
from inspection_app.language import _, aside
from inspection_app.services import observe
from inspection_app.ui import session, widgets


def attendance(here: session.Here, held: Programme, activity: Activity) -> None:
    """Show who is at an activity, and let the office mark it."""
    kinds = {Attendee.MEMBER: _("Panel"), Attendee.CITIZEN: _("Drawn citizens")}
    if not here.may(Act.TAKE_ATTENDANCE):
        for kind, label in kinds.items():
            if held.expected(activity, kind):
                names = "、".join(held.name(kind, one.who) for one in held.present(activity, kind))
                st.html(f"<div>{widgets.escape(label)}　{counted(held, activity, kind)}　{widgets.escape(names)}</div>")
                away(here, held, activity, kind)
        if held.present(activity, Attendee.GUEST):
            others(held, activity)
        return
    roll(here, held, activity, Attendee.MEMBER, kinds[Attendee.MEMBER])
    if activity.draws is Draws.CITIZENS:
        if held.citizens:
            roll(here, held, activity, Attendee.CITIZEN, kinds[Attendee.CITIZEN])
        else:
            widgets.empty(_("No citizens are drawn yet"), _("Hold the draw first, under Draws."))
    guests_of(here, held, activity)


def take(here: session.Here, *changed: Attendance) -> bool:
    """Save changes; say whether they were taken."""

    def taking() -> bool:
        observe.take_attendance(here.file, here.actor, changed, session.now())
        return True

    return bool(session.attempt(taking))


def counted(held: Programme, activity: Activity, kind: Attendee) -> str:
    expected, present = len(held.expected(activity, kind)), len(held.present(activity, kind))
    if not held.taken(activity, kind):
        return widgets.badge("waiting", _("not taken yet"))
    return widgets.badge("saved" if present == expected else "quiet", f"{present} / {expected}")


def roll(here: session.Here, held: Programme, activity: Activity, kind: Attendee, label: str) -> None:
    """One tap for each person; every tap is saved, and what others tap meanwhile stays."""
    expected = held.expected(activity, kind)
    present = [one.who for one in held.present(activity, kind) if one.who in expected]
    picked = here.key("roll", activity.id, kind)
    session.remember(picked, present)

    def mark(now_present: list[str]) -> None:
        take(here, *(
            Attendance(activity.id, kind, who, who in now_present)
            for who in expected
            if (who in now_present) != (who in present)
        ))  # fmt: skip

    def name(who: str) -> str:
        return f"{who} {held.name(kind, who)}" if kind is Attendee.CITIZEN else held.name(kind, who)

    left, right = st.columns([4, 1], vertical_alignment="center")
    left.html(f"<div>{widgets.escape(label)}　{counted(held, activity, kind)}</div>")
    right.button(
        _("All are here"), on_click=mark, args=(list(expected),), key=picked + "all", width="stretch",
        disabled=len(present) == len(expected),
    )  # fmt: skip
    st.pills(
        label, expected, format_func=lambda who: widgets.literal(name(who)), selection_mode="multi", key=picked,
        label_visibility="collapsed", on_change=lambda: mark(session.remembered(picked)),
    )  # fmt: skip
    away(here, held, activity, kind)


def away(here: session.Here, held: Programme, activity: Activity, kind: Attendee) -> None:
    """Who is not there, and why; for a drawn citizen also who came instead without being drawn."""
    absent = {one.who: one for one in held.absent(activity, kind)}
    if not absent:
        return
    names = {who: held.name(kind, who) for who in absent}
    told = "、".join(away_name(names[who], one) for who, one in absent.items())
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.html(f'<div class="meta">{widgets.escape(_("Not there: {names}", names=told))}</div>')
    if not here.may(Act.TAKE_ATTENDANCE):
        return
    form = here.key("away", activity.id, kind)
    with right.popover(_("Why?"), width="stretch"):
        # Not in the form: whoever is chosen shows at once what is stored of them.
        who = st.selectbox(_("Name"), list(absent), format_func=names.__getitem__, key=form + "who")
        one = absent[who]
        session.begin_with(form + f"reason-{who}", one.remark)
        session.begin_with(form + f"instead-{who}", one.stand_in)
        with st.form(form + "form", border=False):
            reason, came = st.text_input(_("Reason"), key=form + f"reason-{who}"), one.stand_in
            if kind is Attendee.CITIZEN:
                came = st.text_input(
                    _("Who came instead"), key=form + f"instead-{who}",
                    help=_("Somebody who was not drawn. A reserve comes in under Draws, in the order drawn."),
                )  # fmt: skip
            if st.form_submit_button(_("Save")):
                if take(here, replace(one, remark=reason, stand_in=came)):
                    session.forget(form)
                st.rerun()


def away_name(name: str, one: Attendance) -> str:
    instead = _("{name} came instead, not drawn", name=one.stand_in) if one.stand_in else ""
    told = "；".join(filter(None, (one.remark, instead)))
    return f"{name}{aside(told)}"


def others(held: Programme, activity: Activity) -> None:
    guests = held.present(activity, Attendee.GUEST)
    names = widgets.escape("、".join(map(guest_name, guests)))
    st.html(f"<div>{widgets.escape(_('Others'))}　{widgets.badge('quiet', str(len(guests)))}　{names}</div>")


def guest_name(one: Attendance) -> str:
    return f"{one.who}{aside(one.remark)}"


def guests_of(here: session.Here, held: Programme, activity: Activity) -> None:
    """People of the applicant and others by name; a tap on a name takes it back."""
    guests = {one.who: one for one in held.present(activity, Attendee.GUEST)}
    picked = here.key("guests", activity.id)
    session.remember(picked, list(guests))

    def dropped() -> None:
        for who in set(guests) - set(session.remembered(picked)):
            take(here, replace(guests[who], present=False))
            session.offer_undo(_("{name} was taken off the list.", name=who), partial(take, here, guests[who]))

    others(held, activity)
    with st.expander(_("Enter others, such as the applicant's people"), key=here.key("others")):
        if guests:
            st.pills(
                _("Others"), list(guests), key=picked,
                format_func=lambda who: f"{widgets.literal(guest_name(guests[who]))} ✕",
                selection_mode="multi", on_change=dropped, label_visibility="collapsed",
            )  # fmt: skip
        form = here.key("guest", activity.id)
        session.begin_with(form + "name", "")
        session.begin_with(form + "office", "")
        with st.form(form + "form", border=False):
            left, middle, right = st.columns([2, 3, 1], vertical_alignment="bottom")
            name = left.text_input(_("Name"), key=form + "name")
            office = middle.text_input(_("Organisation and office"), key=form + "office")
            if right.form_submit_button(_("Add"), width="stretch"):
                if take(here, Attendance(activity.id, Attendee.GUEST, name, True, office)):
                    session.forget(form)
                st.rerun()
