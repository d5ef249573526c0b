"""On site: who is there, what is seen and said, what the drawn sites show; an activity of the programme at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import streamlit as st

from inspection_app.core.programme import (
    AGREES_NAMES,
    KIND_NAMES,
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Draws,
    Observation,
    ObservationKind,
    SiteCheck,
)
from inspection_app.core.visit import Act, permitted
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.services import observe
from inspection_app.services.prepare import preparation
from inspection_app.ui import session, widgets

AGREES_SIGNS = {Agrees.YES: "✓", Agrees.PARTLY: "◐", Agrees.NO: "✗"}
AGREES_COLOURS = {Agrees.YES: "saved", Agrees.PARTLY: "waiting", Agrees.NO: "refused"}

here = session.signed_in()
found = preparation(here.file)
held = observe.programme(here.file)
titles = {item.no: f"{item.no}　{item.content}" for item in found.rubric.items}
standing = {activity.id: activity for activity in held.activities}
citizens = tuple(dict.fromkeys(citizen.name for citizen in held.citizens.values() if citizen.name))


def may(act: Act) -> bool:
    return permitted(act, here.member.role, found.visit.stage)


def key(*parts: object) -> str:
    return "-".join(map(str, ("on-site", here.file.slug, here.actor.member_id, *parts, "")))


def site_name(number: int) -> str:
    return f"{number}　{held.sites[number].name}" if number in held.sites else str(number)


# --- forms that two people may have open at the same time ------------------------------------------------------------


def fill(form: str, stored: Any, **fields: Any) -> Any:
    """Give a form's fields what is stored when they are first shown; return what was stored then."""
    absent = object()
    if session.remembered(form + next(iter(fields)), absent) is absent:
        session.remember(form + "base", stored)
        session.forget(form + "conflict")
        session.forget(form + "unsaved")
    for name, value in fields.items():
        session.begin_with(form + name, value)
    return session.remembered(form + "base")


def save(form: str, use_case: Callable[[], object], newest: Callable[[], Any]) -> None:
    """Save a form; where somebody else was faster, keep what was entered and show both from the next run on."""
    try:
        use_case()
    except InspectionError as error:
        session.remember(form + "unsaved", True)
        if error.code == "changed-elsewhere":
            session.remember(form + "conflict", error.text(_))
            session.remember(form + "base", newest())
        else:
            session.say("error", error.text(_))
    else:
        session.forget(form)
        session.say("success", _("Saved."))
    st.rerun()


def conflict(form: str) -> str:
    """Show what somebody else entered meanwhile beside one's own; return what the form's button then says."""
    text = session.remembered(form + "conflict")
    if not text:
        return _("Save")
    st.warning(text)
    if st.button(_("Keep the other one"), key=form + "keep"):
        session.forget(form)
        st.rerun()
    return _("Use this one")


# --- who is there ----------------------------------------------------------------------------------------------------


def attendance(activity: Activity) -> None:
    if not may(Act.TAKE_ATTENDANCE):
        for kind, label in ((Attendee.MEMBER, _("Panel")), (Attendee.CITIZEN, _("Drawn citizens"))):
            if held.expected(activity, kind):
                names = "、".join(held.name(kind, one.who) for one in held.present(activity, kind))
                st.html(f"<div>{widgets.escape(label)}　{counted(activity, kind)}　{widgets.escape(names)}</div>")
                away(activity, kind)
        if held.present(activity, Attendee.GUEST):
            others(activity)
        return
    roll(activity, Attendee.MEMBER, _("Panel"))
    if activity.draws is Draws.CITIZENS:
        if held.citizens:
            roll(activity, Attendee.CITIZEN, _("Drawn citizens"))
        else:
            widgets.empty(_("No citizens are drawn yet"), _("Hold the draw first, under Draws."))
    guests_of(activity)


def counted(activity: Activity, kind: Attendee) -> str:
    expected, present = len(held.expected(activity, kind)), len(held.present(activity, kind))
    if not held.taken(activity, kind):
        return widgets.badge("waiting", _("not taken yet"))
    return widgets.badge("saved" if present == expected else "quiet", f"{present} / {expected}")


def roll(activity: Activity, kind: Attendee, label: str) -> None:
    """One tap for each person; every tap is saved, and what others tap meanwhile stays."""
    expected = held.expected(activity, kind)
    present = [one.who for one in held.present(activity, kind) if one.who in expected]
    picked = key("roll", activity.id, kind)
    session.remember(picked, present)

    def mark(now_present: list[str]) -> None:
        changed = [
            Attendance(activity.id, kind, who, who in now_present)
            for who in expected
            if (who in now_present) != (who in present)
        ]
        session.attempt(observe.take_attendance, here.file, here.actor, changed, session.now())

    def name(who: str) -> str:
        return f"{who} {held.name(kind, who)}" if kind is Attendee.CITIZEN else held.name(kind, who)

    left, right = st.columns([4, 1], vertical_alignment="center")
    left.html(f"<div>{widgets.escape(label)}　{counted(activity, kind)}</div>")
    right.button(
        _("All are here"), on_click=mark, args=(list(expected),), key=picked + "all", width="stretch",
        disabled=len(present) == len(expected),
    )  # fmt: skip
    st.pills(
        label, expected, format_func=name, selection_mode="multi", key=picked, label_visibility="collapsed",
        on_change=lambda: mark(session.remembered(picked)),
    )  # fmt: skip
    away(activity, kind)


def away(activity: Activity, kind: Attendee) -> None:
    """Who is not there, and why."""
    absent = {one.who: one for one in held.absent(activity, kind)}
    if not absent:
        return
    names = {who: held.name(kind, who) for who in absent}
    told = "、".join(f"{names[who]}（{one.remark}）" if one.remark else names[who] for who, one in absent.items())
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.html(f'<div class="meta">{widgets.escape(_("Not there: {names}", names=told))}</div>')
    if not may(Act.TAKE_ATTENDANCE):
        return
    form = key("away", activity.id, kind)
    with right.popover(_("Why?"), width="stretch"), st.form(form + "form", clear_on_submit=True, border=False):
        who = st.selectbox(_("Name"), list(absent), format_func=names.__getitem__, key=form + "who")
        reason = st.text_input(_("Reason"), key=form + "reason")
        if st.form_submit_button(_("Save")):
            marked = replace(absent[who], remark=reason)
            session.attempt(observe.take_attendance, here.file, here.actor, [marked], session.now())
            st.rerun()


def others(activity: Activity) -> None:
    guests = held.present(activity, Attendee.GUEST)
    names = widgets.escape("、".join(map(guest_name, guests)))
    st.html(f"<div>{widgets.escape(_('Others'))}　{widgets.badge('quiet', str(len(guests)))}　{names}</div>")


def guest_name(one: Attendance) -> str:
    return f"{one.who}（{one.remark}）" if one.remark else one.who


def guests_of(activity: Activity) -> None:
    """People of the applicant and others by name; a tap on a name takes it back."""
    guests = {one.who: one for one in held.present(activity, Attendee.GUEST)}
    picked = key("guests", activity.id)
    session.remember(picked, list(guests))

    def take(one: Attendance) -> None:
        session.attempt(observe.take_attendance, here.file, here.actor, [one], session.now())

    def dropped() -> None:
        for who in set(guests) - set(session.remembered(picked)):
            take(replace(guests[who], present=False))
            session.offer_undo(_("{name} was taken off the list.", name=who), partial(take, guests[who]))

    others(activity)
    with st.expander(_("Enter others, such as the applicant's people"), key=key("others")):
        if guests:
            st.pills(
                _("Others"), list(guests), format_func=lambda who: f"{guest_name(guests[who])} ✕", key=picked,
                selection_mode="multi", on_change=dropped, label_visibility="collapsed",
            )  # fmt: skip
        with st.form(key("guest", activity.id), clear_on_submit=True, border=False):
            left, middle, right = st.columns([2, 3, 1], vertical_alignment="bottom")
            name = left.text_input(_("Name"), key=key("guest-name", activity.id))
            office = middle.text_input(_("Organisation and office"), key=key("guest-office", activity.id))
            if right.form_submit_button(_("Add"), width="stretch"):
                take(Attendance(activity.id, Attendee.GUEST, name, True, office))
                st.rerun()


# --- what the drawn sites show ---------------------------------------------------------------------------------------


def sites() -> None:
    st.subheader(_("Do the sites agree with the application?"))
    if not held.sites:
        widgets.empty(_("No sites are drawn yet"), _("Hold the draw first, under Draws."))
        return
    checked = sum(number in held.checks for number in held.sites)
    st.caption(_("{checked} of {count} drawn sites are checked.", checked=checked, count=len(held.sites)))
    for number in held.sites:
        check = held.checks.get(number)
        state = f"{AGREES_SIGNS[check.agrees]} {_(AGREES_NAMES[check.agrees])}" if check else _("not checked yet")
        unsaved = bool(session.remembered(key("site", number) + "unsaved"))
        opened = check is None or unsaved or not may(Act.CHECK_SITE)
        with st.expander(f"**{site_name(number)}**　{state}", expanded=opened):
            site_card(number, check)


def site_card(number: int, check: SiteCheck | None) -> None:
    site = held.sites[number]
    st.html(f'<div class="meta">{widgets.escape(" · ".join(filter(None, (site.address, site.feature))))}</div>')
    if check:
        colour, state = AGREES_COLOURS[check.agrees], f"{AGREES_SIGNS[check.agrees]} {_(AGREES_NAMES[check.agrees])}"
        st.html(f'{widgets.badge(colour, state)} <span class="meta">{widgets.escape(who_when(check))}</span>')
    if not may(Act.CHECK_SITE):
        if check:
            said = {"": check.note, _("People spoken to"): check.people, _("Documents seen"): check.documents}
            st.html("".join(
                f'<div><span class="meta">{widgets.escape(label)}</span> {widgets.escape(text)}</div>'
                for label, text in said.items()
                if text
            ))  # fmt: skip
        return
    form = key("site", number)
    shown = check or SiteCheck(number, Agrees.YES)
    base = fill(
        form, check.id if check else 0, agrees=check.agrees if check else None, note=shown.note, people=shown.people,
        documents=shown.documents,
    )  # fmt: skip
    button = conflict(form)
    with st.form(form + "form", border=False):
        agrees = st.segmented_control(
            _("Agrees with the application?"), list(Agrees), format_func=lambda a: _(AGREES_NAMES[a]),
            key=form + "agrees", required=True,
        )  # fmt: skip
        note = st.text_area(_("What was seen, and what does not agree"), key=form + "note", height=80)
        left, right = st.columns(2)
        people = left.text_input(_("People spoken to"), key=form + "people")
        documents = right.text_input(_("Documents seen"), key=form + "documents")
        if st.form_submit_button(button):
            if agrees is None:
                session.say("error", _("Choose first whether the site agrees with the application."))
                session.remember(form + "unsaved", True)
                st.rerun()
            entered = SiteCheck(number, agrees, note, people, documents)
            save(
                form, lambda: observe.check_site(here.file, here.actor, entered, session.now(), base=base),
                lambda: observe.programme(here.file).checks[number].id,
            )  # fmt: skip


def who_when(said: Observation | SiteCheck | None) -> str:
    if said is None or said.at is None:
        return ""
    return f"{held.name(Attendee.MEMBER, str(said.by))}　{said.at:%m-%d %H:%M}"


# --- what is seen and said -------------------------------------------------------------------------------------------


def fields(form: str, activity: Activity) -> Observation:
    """Show the fields of an observation and return what they say."""
    kind = st.segmented_control(
        _("Kind"), list(ObservationKind), format_func=lambda k: _(KIND_NAMES[k]), key=form + "kind",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    text = st.text_area(
        _("Record"), key=form + "text", placeholder=_("What was seen or said"), label_visibility="collapsed", height=100
    )
    left, middle, right = st.columns(3)
    item = left.selectbox(
        _("Item"), ["", *titles], format_func=lambda no: titles.get(no, _("None")), key=form + "item"
    )
    citizen, site = "", session.remembered(form + "site", 0)
    if activity.draws is Draws.CITIZENS and held.citizens:
        citizen = middle.selectbox(
            _("Drawn citizen"), ["", *citizens], format_func=lambda name: name or _("None"), key=form + "citizen"
        )
    elif held.sites:
        site = middle.selectbox(
            _("Drawn site"), [0, *held.sites], format_func=lambda n: site_name(n) if n else _("None"),
            key=form + "site",
        )  # fmt: skip
    person = right.text_input(_("Who said it"), key=form + "person", placeholder=_("May stay empty"))
    return Observation(activity.id, kind or ObservationKind.NOTE, text, person or citizen or "", item or "", site or 0)


def fill_observation(form: str, one: Observation, stored: Observation | None) -> Any:
    known = one.person in citizens
    return fill(
        form, stored, kind=one.kind, text=one.text, item=one.item, site=one.site,
        citizen=one.person if known else "", person="" if known else one.person,
    )  # fmt: skip


def observations(activity: Activity) -> None:
    observed = held.observed(activity)
    st.subheader(f"{_('Records')}（{len(observed)}）")
    if may(Act.OBSERVE):
        form = key("new", activity.id)
        usual = ObservationKind.OPINION if activity.draws is Draws.CITIZENS else ObservationKind.NOTE
        fill_observation(form, Observation(activity.id, usual, ""), None)
        with st.form(form + "form", border=True):
            entered = fields(form, activity)
            if st.form_submit_button(_("Add"), type="primary"):
                add(form, entered)
    elif not observed:
        widgets.empty(_("No records"), _("Nothing was noted during this activity."))
    for one in reversed(observed) if may(Act.OBSERVE) else observed:  # what was just added stands below its form
        if one.by == here.actor.member_id and may(Act.OBSERVE):
            with st.expander(f"{_(KIND_NAMES[one.kind])}　{one.text}"):
                own(one, activity)
        else:
            st.html(
                f'<div class="card">{widgets.badge("quiet", _(KIND_NAMES[one.kind]))} {widgets.escape(one.text)}'
                f'<div class="meta">{widgets.escape(" · ".join(ties(one)))}</div></div>'
            )


def ties(one: Observation) -> list[str]:
    tied = (titles.get(one.item, one.item), site_name(one.site) if one.site else "", one.person, who_when(one))
    return [tie for tie in tied if tie]


def add(form: str, entered: Observation) -> None:
    if session.attempt(observe.observe, here.file, here.actor, entered, session.now()):
        session.forget(form)
        session.begin_with(form + "kind", entered.kind)  # the next is often of the same kind
    st.rerun()


def own(one: Observation, activity: Activity) -> None:
    st.caption(" · ".join(ties(one)))
    form = key("own", one.id)
    base = fill_observation(form, one, one)
    button = conflict(form)
    with st.form(form + "form", border=False):
        entered = replace(fields(form, activity), id=one.id)
        left, right = st.columns(2)
        if left.form_submit_button(button, width="stretch"):
            save(
                form,
                lambda: observe.reword_observation(here.file, here.actor, entered, session.now(), base=base),
                lambda: next(o for o in observe.programme(here.file).observations if o.id == one.id),
            )
        if right.form_submit_button(_("Withdraw"), width="stretch"):
            take_back(observe.withdraw_observation, one.id, _("A record was withdrawn."))


def take_back(use_case: Callable[..., None], id_: int, undone: str) -> None:
    """Withdraw something and offer the way back."""

    def withdraw(*, back: bool) -> bool:
        use_case(here.file, here.actor, id_, session.now(), back=back)
        return True

    if session.attempt(withdraw, back=False):
        session.offer_undo(undone, lambda: withdraw(back=True))
    st.rerun()


# --- the programme ---------------------------------------------------------------------------------------------------


def plan(activity: Activity) -> None:
    """Let the office fit the programme to the visit."""
    form = key("activity", activity.id)
    described = found.visit.description
    days = [described.starts + timedelta(n) for n in range((described.ends - described.starts).days + 1)]
    options = ["", *(day.isoformat() for day in sorted({*days, activity.day or days[0]}))]
    planned = activity.day.isoformat() if activity.day else ""
    base = fill(form, activity, title=activity.title, day=planned, time=activity.time, place=activity.place)
    button = conflict(form)
    with st.form(form + "form", border=False):
        left, right = st.columns(2)
        title = left.text_input(_("Title"), key=form + "title")
        place = right.text_input(_("Where"), key=form + "place")
        day = left.selectbox(_("Day"), options, format_func=lambda day: day or _("not fixed"), key=form + "day")
        time = right.text_input(_("Time"), key=form + "time", placeholder="9:00—10:30")
        if st.form_submit_button(button):
            chosen = date.fromisoformat(day) if day else None
            entered = replace(activity, title=title, day=chosen, time=time, place=place)
            save(
                form, lambda: observe.change_activity(here.file, here.actor, entered, session.now(), base=base),
                lambda: next(a for a in observe.programme(here.file).activities if a.id == activity.id),
            )  # fmt: skip
    order = list(standing)
    earlier, later, away = st.columns(3)

    def move(steps: int) -> None:
        session.attempt(observe.move_activity, here.file, here.actor, activity.id, steps, session.now())

    earlier.button("‹ " + _("Earlier"), on_click=move, args=(-1,), disabled=activity.id == order[0], width="stretch")
    later.button(_("Later") + " ›", on_click=move, args=(1,), disabled=activity.id == order[-1], width="stretch")
    if away.button(_("Take out"), width="stretch"):
        take_back(observe.withdraw_activity, activity.id, _("“{title}” was taken out.", title=activity.title))


def extend() -> None:
    """Add an activity, or bring one back that was taken out."""
    with st.form(key("add"), clear_on_submit=True, border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        title = left.text_input(_("Another activity"), key=key("add-title"))
        if right.form_submit_button(_("Add"), width="stretch"):
            added = session.attempt(
                observe.add_activity, here.file, here.actor, Activity(0, title), session.now()
            )
            if added:
                st.query_params["activity"] = str(added)
            st.rerun()
    for activity in held.withdrawn:
        if st.button(_("Bring back “{title}”", title=activity.title), key=key("back", activity.id)):
            session.attempt(
                observe.withdraw_activity, here.file, here.actor, activity.id, session.now(), back=True
            )
            st.rerun()


def choose() -> Activity | None:
    """Show the programme in order; the address names the activity that is open."""
    if not standing:
        return None
    asked = st.query_params.get("activity", "")
    current = int(asked) if asked.isdecimal() and int(asked) in standing else next(iter(standing))
    session.remember("activity-picked", current)

    def picked() -> None:
        st.query_params["activity"] = str(session.remembered("activity-picked"))

    st.segmented_control(
        _("Activity"), list(standing), format_func=lambda id_: standing[id_].title, key="activity-picked",
        on_change=picked, label_visibility="collapsed", required=True,
    )  # fmt: skip
    return standing[current]


title, undo = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("On site"))
with undo:
    widgets.undo_button()
if not may(Act.OBSERVE):
    st.info(_("The visit is finished. What was recorded on site is shown for reading."))
activity = choose()
if activity is None:
    widgets.empty(_("No activities"), _("Every activity was taken out. Bring one back or add another."))
else:
    planned = (activity.day.isoformat() if activity.day else "", activity.time, activity.place)
    facts = " · ".join(filter(None, planned)) or _("Day, time and place are not fixed yet")
    st.html(f'<div class="meta">{widgets.escape(facts)}</div>')
    if activity.text:
        with st.expander(_("What the rubric's scheme says")):
            st.html(f'<div class="official">{widgets.escape(activity.text)}</div>')
    attendance(activity)
    if activity.draws is Draws.SITES:
        sites()
    observations(activity)
if may(Act.PLAN_ACTIVITIES):
    with st.expander(_("Adjust the programme"), key=key("plan")):
        if activity is not None:
            plan(activity)
        extend()
