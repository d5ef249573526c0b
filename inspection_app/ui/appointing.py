"""A part of the page Prepare: who is on the panel, and everybody's personal code."""

from __future__ import annotations

import os

import streamlit as st

from inspection_app.access import new_code
from inspection_app.core.visit import ROLE_NAMES, Act, Appointment, Member, Role
from inspection_app.language import _
from inspection_app.places import hub_address
from inspection_app.services import prepare
from inspection_app.services.join import issue_code
from inspection_app.services.print_out import personal_cards_pdf
from inspection_app.ui import session, widgets


def panel(here: session.Here) -> None:
    free = here.may(Act.APPOINT_MEMBER)
    if not free:
        st.info(_("The panel is fixed since scoring was opened; codes can still be replaced."))
    for member in here.members:
        title = widgets.literal(f"{_(ROLE_NAMES[member.role])}　{member.name}　{member.speciality}")
        if part := widgets.folded(title, key=here.key("member", member.id)):
            with part:
                edit(here, member, free)
    if free and (part := widgets.folded(_("Add somebody to the panel"), key=here.key("add-member"))):
        with part, st.form(f"add-member-{len(here.members)}", border=False):
            appointment = appointment_fields(f"new-{len(here.members)}", Appointment("", Role.EXPERT))
            if st.form_submit_button(_("Add")):
                code = session.attempt(
                    prepare.appoint_member, here.file, here.actor, appointment, entropy=os.urandom, now=session.now()
                )
                if code:
                    session.say("warning", _("Code of {name}: {code}. Write it down now; it is not shown again.",
                                             name=appointment.name, code=code))  # fmt: skip
                st.rerun()


def appointment_fields(key: str, before: Appointment) -> Appointment:
    name = st.text_input(_("Name"), before.name, key=f"name-{key}")
    chosen = st.radio(
        _("Role"), list(Role), list(Role).index(before.role), format_func=lambda r: _(ROLE_NAMES[r]),
        horizontal=True, key=f"role-{key}",
    )  # fmt: skip
    organisation = st.text_input(_("Organisation"), before.organisation, key=f"organisation-{key}")
    speciality = st.text_input(_("Speciality"), before.speciality, key=f"speciality-{key}")
    return Appointment(name, chosen or before.role, organisation, speciality)


def edit(here: session.Here, member: Member, free: bool) -> None:
    if free:
        with st.form(f"member-{member.id}", border=False):
            before = Appointment(member.name, member.role, member.organisation, member.speciality)
            appointment = appointment_fields(str(member.id), before)
            if st.form_submit_button(_("Save")):
                session.carry_out(here, prepare.change_member, member.id, appointment)
    left, right = st.columns(2)
    fresh = here.key("fresh-code", member.id)
    if left.button(_("New code"), key=f"code-{member.id}", disabled=not here.may(Act.ISSUE_CODE)):
        code = new_code(os.urandom)

        def issue() -> bool:
            issue_code(here.file, here.actor, member.id, code, session.now())
            return True

        told = _("New code of {name}: {code}. Write it down now; the old one no longer works.",
                 name=member.name, code=code)  # fmt: skip
        if session.attempt(issue, done=told):
            session.remember(fresh, {member.id: code})
        st.rerun()
    if codes := session.remembered(fresh):
        left.download_button(
            _("Card with the new code (PDF)"),
            lambda: personal_cards_pdf(here.file, codes, session.now(), hub=hub_address()),
            f"{here.file.slug}-{member.name}-card.pdf", "application/pdf", key=f"card-{member.id}", on_click="ignore",
        )  # fmt: skip
    if free and member.id != here.member.id:
        with right:
            widgets.confirm(
                _("Take off the panel"), _("{name} can then no longer sign in.", name=member.name),
                lambda: session.attempt(prepare.dismiss_member, here.file, here.actor, member.id, session.now()),
                key=f"dismiss-{member.id}", primary=False,
            )  # fmt: skip
