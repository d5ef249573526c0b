"""A part of the page On site: whether each drawn site agrees with the application."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.programme import AGREES_NAMES, Agrees, Attendee, Observation, Programme, SiteCheck
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import observe
from inspection_app.services.recuse import sites_recused_from
from inspection_app.store.evidence import Place
from inspection_app.ui import session, widgets
from inspection_app.ui.evidence import evidence
from inspection_app.ui.shared_form import SharedForm

SIGNS = {Agrees.YES: "✓", Agrees.PARTLY: "◐", Agrees.NO: "✗"}
COLOURS = {Agrees.YES: "saved", Agrees.PARTLY: "waiting", Agrees.NO: "refused"}


def site_name(held: Programme, number: int) -> str:
    return f"{number}　{held.sites[number].name}" if number in held.sites else str(number)


def who_when(held: Programme, said: Observation | SiteCheck) -> str:
    return f"{held.name(Attendee.MEMBER, str(said.by))}　{said.at:%m-%d %H:%M}" if said.at else ""


def in_words(agrees: Agrees) -> str:
    return f"{SIGNS[agrees]} {_(AGREES_NAMES[agrees])}"


def site_checks(here: session.Here, held: Programme) -> None:
    """Show a card for each drawn site; those that nobody has checked yet are open."""
    st.subheader(_("Do the sites agree with the application?"))
    if not held.sites:
        widgets.empty(_("No sites are drawn yet"), _("Hold the draw first, under Draws."))
        return
    checked = sum(number in held.checks for number in held.sites)
    st.caption(_("{checked} of {count} drawn sites are checked.", checked=checked, count=len(held.sites)))
    recused = sites_recused_from(here.file, here.actor)
    for number, site in held.sites.items():
        check = held.checks.get(number)
        form = SharedForm(here.key("site", number))
        told = in_words(check.agrees) if check else _("not checked yet")
        title = f"**{widgets.literal(site_name(held, number))}**　{told}"
        mine = here.may(Act.CHECK_SITE) and site.name not in recused
        waits = check is None or form.unsaved or not mine
        if part := st.expander(title, expanded=True) if waits else widgets.folded(title, key=form.key):
            with part:
                where = " · ".join(filter(None, (site.address, site.feature)))
                st.html(f'<div class="meta">{widgets.escape(where)}</div>')
                if check:
                    st.html(f"{widgets.badge(COLOURS[check.agrees], in_words(check.agrees))} "
                            f'<span class="meta">{widgets.escape(who_when(held, check))}</span>')  # fmt: skip
                if site.name in recused:
                    badge = widgets.badge("quiet", "⊘ " + _("recused"))
                    why = _("You are recused from this site. Somebody else of the panel says what it showed.")
                    st.html(f"<div>{badge} {widgets.escape(why)}</div>")
                if mine:
                    edit(here, form, number, check)
                elif check:
                    read(check)
                evidence(here, Place(site=site.name), {one.id: one.name for one in here.members}, may=mine)


def read(check: SiteCheck) -> None:
    said = {"": check.note, _("People spoken to"): check.people, _("Documents seen"): check.documents}
    st.html("".join(
        f'<div><span class="meta">{widgets.escape(label)}</span> {widgets.escape(text)}</div>'
        for label, text in said.items()
        if text
    ))  # fmt: skip


def edit(here: session.Here, form: SharedForm, number: int, check: SiteCheck | None) -> None:
    shown = check or SiteCheck(number, Agrees.YES)
    base = form.fill(
        check.id if check else 0, agrees=check.agrees if check else None, note=shown.note, people=shown.people,
        documents=shown.documents,
    )  # fmt: skip
    button = form.conflict()
    with st.form(form.key + "form", border=False):
        agrees = st.segmented_control(
            _("Agrees with the application?"), list(Agrees), format_func=lambda a: _(AGREES_NAMES[a]),
            key=form.key + "agrees", required=True,
        )  # fmt: skip
        note = st.text_area(_("What was seen, and what does not agree"), key=form.key + "note", height=80)
        left, right = st.columns(2)
        people = left.text_input(_("People spoken to"), key=form.key + "people")
        documents = right.text_input(_("Documents seen"), key=form.key + "documents")
        if st.form_submit_button(button):
            if agrees is None:
                form.refuse(_("Choose first whether the site agrees with the application."))
            entered = SiteCheck(number, agrees or shown.agrees, note, people, documents)
            form.save(
                lambda: observe.check_site(here.file, here.actor, entered, session.now(), base=base),
                lambda: observe.programme(here.file).checks[number].id,
            )
