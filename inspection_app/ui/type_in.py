"""Typing in a paper score sheet: whose, its photos, then a row for each item with one field of signs and the note."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.visit import Act
from inspection_app.language import _, aside
from inspection_app.services import type_in as services
from inspection_app.services.hand_in import hand_in_paper, readiness, take_back_paper
from inspection_app.store.sheets import Carrier
from inspection_app.ui import session, widgets
from inspection_app.ui.bring_sheets import bring_sheets
from inspection_app.ui.typed_row import TypedRow

here = session.signed_in()


def choose_expert() -> services.TypedSheet:
    """Let the typist choose whose paper it is; the address remembers it."""
    people = {member.id: member.name for member in here.members if member.scores}
    asked = st.query_params.get("expert", "")
    place = list(people).index(int(asked)) if asked.isdigit() and int(asked) in people else 0
    chosen = st.selectbox(_("Whose paper score sheet?"), list(people), index=place, format_func=people.__getitem__)
    st.query_params["expert"] = str(chosen)
    return services.typed_sheet(here.file, here.actor, chosen)


st.title(_("Type in"))
bring_sheets(here)
sheet = choose_expert()
if not sheet.assigned:
    widgets.empty(_("Nothing to type in"), _("No item is assigned to this expert, or others score for them."))
    st.stop()
standing = next(one for one in readiness(here.file).sheets if one.member.id == sheet.member.id)
writable = here.may(Act.TYPE_IN) and not (standing.handed_in or standing.excuse)


def photo_part() -> None:
    """The pages of the paper: taken in at once, shown when asked for, taken away while they are not confirmed."""
    if not (writable or sheet.photos):
        return
    key = here.key("photos", sheet.member.id)
    with st.expander(_("Photos of the paper ({count})", count=sheet.photos), expanded=not sheet.photos):
        round_ = session.remembered(key + "round", 0)
        if writable and (taken := st.file_uploader(
            _("One photo for each page: JPEG, PNG, WebP or HEIC"), "image", True, key=f"{key}{round_}",
            max_upload_size=services.MOST_PHOTO_BYTES // 1024**2,
        )):  # fmt: skip
            for one in taken:
                session.attempt(
                    services.attach_photo, here.file, here.actor, sheet.member.id, one.getvalue(), session.now()
                )
            session.remember(key + "round", round_ + 1)
            st.rerun()
        if sheet.photos and st.toggle(_("Show the photos"), key=key + "show"):
            for photo in services.photos(here.file, here.actor, sheet.member.id):
                st.image(photo.content, width="stretch")
                if writable and not photo.confirmed and st.button(_("Remove this photo"), key=f"{key}r{photo.id}"):
                    session.attempt(
                        services.remove_photo, here.file, here.actor, sheet.member.id, photo.id, session.now()
                    )
                    st.rerun()


def foot(shown: frozenset[str]) -> None:
    """Say what is missing, and lead to the first of it; ``shown`` are the items on the page."""
    left, right = st.columns([3, 2], vertical_alignment="center")
    waiting = sum(not entry.confirmed for entry in sheet.entries.values())
    left.html(
        widgets.badge("waiting" if sheet.missing else "saved", _("missing: {count}", count=len(sheet.missing)))
        + "　" + widgets.badge("waiting" if waiting else "saved", _("not confirmed: {count}", count=waiting))
    )  # fmt: skip
    if not following:
        return
    label = _("Next missing: {item}", item=following) + " ›"
    if following in shown:
        address = f"#item-{widgets.escape(following)}"
        link = f'<a class="go" href="{address}" target="_self">{widgets.escape(label)}</a>'
        right.html(f'<div style="text-align: right">{link}</div>')
    else:
        aspect = sheet.rubric.aspect_of(following).id
        right.button(label, type="primary", width="stretch", on_click=show_aspect, args=(aspect,))


def hand_in_part() -> None:
    """Whose paper is typed in and confirmed has the sheet handed in by the typist, and taken back for a correction."""
    if standing.handed_in:
        by = next((one.name for one in here.members if one.id == standing.handed_in.by), "")
        st.info(_("Handed in at {time} by {name}; it can only be read.",
                  time=f"{standing.handed_in.at:%H:%M:%S}", name=widgets.literal(by)))  # fmt: skip
        on_paper = standing.handed_in.by != standing.member.id
        if here.may(Act.HAND_IN_PAPER) and on_paper and st.button(_("Take back")):
            session.carry_out(here, take_back_paper, standing.member.id, done=_("Taken back."))
    elif standing.excuse:
        st.info(_("The chair excused this expert; the sheet can only be read."))
    elif here.may(Act.HAND_IN_PAPER) and Carrier.PAPER in standing.carriers and standing.complete:
        st.info(_("Every item is marked and confirmed."))
        if st.button(_("Hand in for {name}", name=widgets.literal(standing.member.name)), type="primary"):
            session.carry_out(here, hand_in_paper, standing.member.id, done=_("Handed in."))


def show_aspect(id_: str) -> None:
    st.query_params["aspect"] = id_


def title(id_: str) -> str:
    count = sum(item.no in sheet.missing for item in aspects[id_].items)
    return aspects[id_].title + (aside(_("missing: {count}", count=count)) if count else " ✓")


st.caption(
    _("Signs in the order of the paper, with spaces between: 1 reached, 0 not reached, 5 in part, - unmarked, * not "
      "applicable; =4.5 for points of one's own. Or behind the code: 6-2 1. Tab leads to the next field.")
)  # fmt: skip
hand_in_part()
if not (here.may(Act.TYPE_IN) or standing.handed_in or standing.excuse):
    st.info(_("Score sheets are typed in while scoring is open. What was typed in is shown for reading."))
photo_part()
aspects = {
    aspect.id: aspect for aspect in sheet.rubric.aspects if any(item.no in sheet.assigned for item in aspect.items)
}
following = next(iter(sheet.missing), None)
asked = st.query_params.get("aspect", sheet.rubric.aspect_of(following).id if following else "")
place = list(aspects).index(asked) if asked in aspects else 0
chosen = st.selectbox(_("Aspect"), list(aspects), index=place, format_func=title)  # the address keeps it: titles change
st.query_params["aspect"] = chosen
items = [item for item in aspects[chosen].items if item.no in sheet.assigned]
for item in items:
    TypedRow(here, sheet, item, writable).show()
with st.container(key="foot"):
    foot(frozenset(item.no for item in aspects[chosen].items))
