"""Preparing: description, panel, assignment, sites, roster and figures, until scoring is opened."""

from __future__ import annotations

import os
from dataclasses import replace

import streamlit as st

from inspection_app.access import new_code
from inspection_app.core.roster import Site
from inspection_app.core.rubric import Rate, Step
from inspection_app.core.visit import ROLE_NAMES, Act, Appointment, Description, Member, Role, permitted
from inspection_app.language import _
from inspection_app.services import prepare
from inspection_app.services.join import issue_code
from inspection_app.store.sheets import AgreedFigure
from inspection_app.ui import session, widgets

here = session.signed_in()
found = prepare.preparation(here.file)
role, stage = here.member.role, found.visit.stage


def may(act: Act) -> bool:
    return permitted(act, role, stage)


def closed(columns: list[str], rows: list[list[object]]) -> None:
    """Show for reading what can no longer be changed, and say why."""
    st.info(_("This part is fixed since scoring was opened; it is shown for reading."))
    widgets.table(columns, rows)


def describe() -> None:
    description = found.visit.description
    if not may(Act.DESCRIBE_VISIT):
        closed(
            [_("Applicant"), _("Category"), _("First day"), _("Last day"), _("Place")],
            [[description.applicant, description.category, description.starts, description.ends, description.place]],
        )
        return
    with st.form("description", border=False):
        applicant = st.text_input(_("Applicant"), description.applicant)
        category = st.text_input(_("Category"), description.category)
        left, right = st.columns(2)
        starts = left.date_input(_("First day"), description.starts, format="YYYY-MM-DD")
        ends = right.date_input(_("Last day"), description.ends, format="YYYY-MM-DD")
        place = st.text_input(_("Place"), description.place)
        if st.form_submit_button(_("Save"), type="primary"):
            session.attempt(
                prepare.describe_visit, here.file, here.actor,
                Description(applicant, category, starts, ends, place), session.now(), done=_("Saved."),
            )  # fmt: skip
            st.rerun()


def panel() -> None:
    free = may(Act.APPOINT_MEMBER)
    if not free:
        st.info(_("The panel is fixed since scoring was opened; codes can still be replaced."))
    for member in found.members:
        with st.expander(f"{_(ROLE_NAMES[member.role])}　{member.name}　{member.speciality}"):
            edit(member, free)
    if free:
        with st.expander(_("Add somebody to the panel")), st.form(f"add-member-{len(found.members)}", border=False):
            appointment = appointment_fields(f"new-{len(found.members)}", Appointment("", Role.EXPERT))
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


def edit(member: Member, free: bool) -> None:
    if free:
        with st.form(f"member-{member.id}", border=False):
            before = Appointment(member.name, member.role, member.organisation, member.speciality)
            appointment = appointment_fields(str(member.id), before)
            if st.form_submit_button(_("Save")):
                session.attempt(
                    prepare.change_member, here.file, here.actor, member.id, appointment, session.now(),
                    done=_("Saved."),
                )  # fmt: skip
                st.rerun()
    left, right = st.columns(2)
    if left.button(_("New code"), key=f"code-{member.id}", disabled=not may(Act.ISSUE_CODE)):
        code = new_code(os.urandom)
        session.attempt(
            issue_code, here.file, here.actor, member.id, code, session.now(),
            done=_("New code of {name}: {code}. Write it down now; the old one no longer works.",
                   name=member.name, code=code),
        )  # fmt: skip
        st.rerun()
    if free and member.id != here.member.id:
        with right:
            widgets.confirm(
                _("Take off the panel"), _("{name} can then no longer sign in.", name=member.name),
                lambda: session.attempt(prepare.dismiss_member, here.file, here.actor, member.id, session.now()),
                key=f"dismiss-{member.id}", primary=False,
            )  # fmt: skip


def sites() -> None:
    count = found.rubric.scheme.candidate_sites
    if found.sites_locked or not may(Act.NAME_SITES):
        if found.sites_locked:
            st.info(_("The list is locked for the draw. It can be unlocked under Draws, with a reason."))
        widgets.table(
            [_("Name"), _("Address"), _("What it shows")], [[s.name, s.address, s.feature] for s in found.sites]
        )
        return
    st.caption(_("The applicant proposes exactly {count} candidate sites.", count=count))
    with st.form("sites", border=False):
        entered = []
        for number in range(count):
            before = found.sites[number] if number < len(found.sites) else Site("")
            name = st.text_input(_("Site {number}: name", number=number + 1), before.name)
            address, feature = st.columns(2)
            entered.append(
                Site(
                    name,
                    address.text_input(_("Address"), before.address, key=f"address-{number}"),
                    feature.text_input(_("What it shows"), before.feature, key=f"feature-{number}"),
                )
            )
        if st.form_submit_button(_("Save the sites"), type="primary"):
            session.attempt(prepare.name_sites, here.file, here.actor, entered, session.now(), done=_("Saved."))
            st.rerun()


def roster() -> None:
    categories = found.rubric.scheme.citizen_categories
    if found.roster:
        counts = {c: sum(citizen.category == c for citizen in found.roster) for c in categories}
        widgets.table([_("Category"), _("People")], [[c, n] for c, n in counts.items()], numbers=[1])
    else:
        widgets.empty(
            _("No roster yet"),
            _("Upload a CSV file in UTF-8 with the columns 姓名 and 类别; 性别, 出生年月, 电话, 乡镇 may follow. "
              "The categories are: {categories}.", categories="、".join(categories)),
        )  # fmt: skip
    if found.roster_locked:
        st.info(_("The list is locked for the draw. It can be unlocked under Draws, with a reason."))
        return
    uploaded = st.file_uploader(_("Roster (CSV, UTF-8)"), type=["csv"], disabled=not may(Act.LOAD_ROSTER))
    if uploaded and st.button(_("Take this roster"), type="primary"):
        with st.spinner(_("Reading the roster …")):
            count = session.attempt(
                prepare.load_roster, here.file, here.actor, uploaded.getvalue(), session.now()
            )
        if count:
            session.say("success", _("{count} people are on the roster.", count=count))
        st.rerun()


def figures() -> None:
    st.caption(_("Facts about the applicant, entered once with their source; criteria and gates follow them."))
    if not may(Act.ENTER_FIGURE):
        closed(
            [_("Figure"), _("Value"), _("Source")],
            [
                [declared.title, f"{found.figures[key].value} {declared.unit}", found.figures[key].source]
                if key in found.figures
                else [declared.title, _("not entered"), ""]
                for key, declared in found.rubric.figures.items()
            ],
        )
        return
    compared = {
        criterion.figure: criterion.against
        for item in found.rubric.items
        for criterion in item.criteria
        if isinstance(criterion, (Step, Rate)) and criterion.against
    }
    for key, declared in found.rubric.figures.items():
        before = found.figures.get(key, AgreedFigure(key, ""))
        shown = f"{before.value} {declared.unit}" if before.value else _("not entered")
        with st.expander(f"{declared.title}　**{shown}**"), st.form(f"figure-{key}", border=False):
            left, middle, right = st.columns([2, 2, 4])
            value = left.text_input(f"{_('Value')} {declared.unit}".strip(), before.value)
            figure = replace(before, value=value)
            if compared.get(key) == "target":
                figure = replace(figure, target=middle.text_input(_("To compare with"), before.target))
            elif compared.get(key) == "last":
                figure = replace(figure, last=middle.text_input(_("Last year"), before.last))
            figure = replace(figure, source=right.text_input(_("Source: document, page"), before.source))
            if st.form_submit_button(_("Save")):
                session.attempt(prepare.enter_figure, here.file, here.actor, figure, session.now(), done=_("Saved."))
                st.rerun()


st.title(_("Prepare"))
parts = {
    _("Visit"): describe,
    _("Panel"): panel,
    **({_("Sites"): sites} if found.rubric.scheme.candidate_sites else {}),
    **({_("Roster"): roster} if found.rubric.scheme.citizen_categories else {}),
    **({_("Figures"): figures} if found.rubric.figures else {}),
}
chosen = st.segmented_control(
    _("Part"), list(parts), default=next(iter(parts)), required=True, label_visibility="collapsed"
)
parts[chosen or next(iter(parts))]()

if may(Act.OPEN_SCORING):
    st.divider()
    widgets.confirm(
        _("Open scoring"),
        _("Experts can then score; panel and assignment can no longer be changed. Draws stay possible."),
        lambda: session.attempt(
            prepare.open_scoring, here.file, here.actor, session.now(), done=_("Scoring is open.")
        ),
        key="open-scoring", primary=False,
    )
