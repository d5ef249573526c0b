"""A part of the page On site: what is seen and said during an activity, tied to items, sites and people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from inspection_app.core.programme import KIND_NAMES, Activity, Draws, Observation, ObservationKind, Programme
from inspection_app.core.visit import Act
from inspection_app.language import _, aside
from inspection_app.services import observe
from inspection_app.store.evidence import Place
from inspection_app.ui import session, widgets
from inspection_app.ui.evidence import evidence
from inspection_app.ui.shared_form import SharedForm
from inspection_app.ui.site_checks import site_name, who_when


def records(here: session.Here, held: Programme, activity: Activity) -> None:
    """Show what was noted, and let everybody add to it and change what is their own."""
    observed, writable = held.observed(activity), here.may(Act.OBSERVE)
    st.subheader(_("Records") + aside(len(observed)))
    if writable:
        add(here, held, activity)
    elif not observed:
        widgets.empty(_("No records"), _("Nothing was noted during this activity."))
    for one in reversed(observed) if writable else observed:  # what was just added stands below its form
        if writable and one.by == here.actor.member_id:
            # Somebody's own records grow many; the fields of one are built when it is unfolded.
            title = widgets.literal(f"{_(KIND_NAMES[one.kind])}　{one.text}")
            form = SharedForm(here.key("record", one.id))
            if part := widgets.folded(title, key=form.key):
                with part:
                    own(here, held, activity, one, form)
        else:
            st.html(
                f'<div class="card">{widgets.badge("quiet", _(KIND_NAMES[one.kind]))} {widgets.escape(one.text)}'
                f'<div class="meta">{widgets.escape(ties(here, held, one))}</div></div>'
            )
    evidence(here, Place(activity=activity.id), {one.id: one.name for one in here.members})


def titles(here: session.Here) -> dict[str, str]:
    return {item.no: f"{item.no}　{item.content}" for item in here.rubric.items}


def ties(here: session.Here, held: Programme, one: Observation) -> str:
    """Say what a record is about, who made it and when."""
    site = site_name(held, one.site) if one.site else ""
    return " · ".join(
        filter(None, (titles(here).get(one.item, one.item), site, one.person, who_when(held, one)))
    )


def names(held: Programme) -> tuple[str, ...]:
    return tuple(dict.fromkeys(citizen.name for citizen in held.citizens.values() if citizen.name))


def fill(form: SharedForm, held: Programme, one: Observation, stored: Observation | None) -> Observation | None:
    """Give the fields what a record says; return what was stored when they were filled."""
    known = one.person in names(held)
    base: Observation | None = form.fill(
        stored, kind=one.kind, text=one.text, item=one.item, site=one.site,
        citizen=one.person if known else "", person="" if known else one.person,
    )  # fmt: skip
    return base


def fields(here: session.Here, held: Programme, activity: Activity, key: str) -> Observation:
    """Show the fields of a record and return what they say."""
    kind = st.segmented_control(
        _("Kind"), list(ObservationKind), format_func=lambda k: _(KIND_NAMES[k]), key=key + "kind",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    text = st.text_area(
        _("Record"), key=key + "text", placeholder=_("What was seen or said"), label_visibility="collapsed", height=100
    )
    items, citizens = titles(here), names(held) if activity.draws is Draws.CITIZENS else []
    left, *middle, right = st.columns(3 if citizens or held.sites else 2)  # before a draw there is nobody to choose
    item = left.selectbox(_("Item"), ["", *items], format_func=lambda no: items.get(no, _("None")), key=key + "item")
    citizen, site = "", session.remembered(key + "site", 0)
    if citizens:
        citizen = middle[0].selectbox(
            _("Drawn citizen"), ["", *citizens], format_func=lambda name: name or _("None"), key=key + "citizen"
        )
    elif held.sites:
        site = middle[0].selectbox(
            _("Drawn site"), [0, *held.sites], format_func=lambda n: site_name(held, n) if n else _("None"),
            key=key + "site",
        )  # fmt: skip
    person = right.text_input(_("Who said it"), key=key + "person", placeholder=_("May stay empty"))
    return Observation(activity.id, kind or ObservationKind.NOTE, text, person or citizen or "", item or "", site or 0)


def add(here: session.Here, held: Programme, activity: Activity) -> None:
    form = SharedForm(here.key("record", "new", activity.id))
    usual = ObservationKind.OPINION if activity.draws is Draws.CITIZENS else ObservationKind.NOTE
    fill(form, held, Observation(activity.id, usual, ""), None)
    with st.form(form.key + "form", border=True):
        entered = fields(here, held, activity, form.key)
        if st.form_submit_button(_("Add"), type="primary"):
            if session.attempt(observe.observe, here.file, here.actor, entered, session.now()):
                form.clear()
                session.begin_with(form.key + "kind", entered.kind)  # the next is often of the same kind
            st.rerun()


def own(here: session.Here, held: Programme, activity: Activity, one: Observation, form: SharedForm) -> None:
    """Let somebody reword or withdraw what they noted themselves."""
    st.caption(ties(here, held, one))
    base = fill(form, held, one, one) or one
    button = form.conflict()
    with st.form(form.key + "form", border=False):
        entered = replace(fields(here, held, activity, form.key), id=one.id)
        left, right = st.columns(2)
        if left.form_submit_button(button, width="stretch"):
            form.save(
                lambda: observe.reword_observation(here.file, here.actor, entered, session.now(), base=base),
                lambda: next(other for other in observe.programme(here.file).observations if other.id == one.id),
            )
        if right.form_submit_button(_("Withdraw"), width="stretch"):
            take_back(here, observe.withdraw_observation, one.id, _("A record was withdrawn."))


def take_back(here: session.Here, use_case: Callable[..., None], id_: int, undone: str) -> None:
    """Withdraw something and offer the way back."""

    def withdraw(*, back: bool) -> bool:
        use_case(here.file, here.actor, id_, session.now(), back=back)
        return True

    if session.attempt(withdraw, back=False):
        session.offer_undo(undone, lambda: withdraw(back=True))
    st.rerun()
