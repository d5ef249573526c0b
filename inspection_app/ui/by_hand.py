"""A part of the draws page: registering a draw that was made by hand, and showing what is on record of it."""

from __future__ import annotations

import re

import streamlit as st

from inspection_app.language import _
from inspection_app.services import register
from inspection_app.services.draw import DrawState
from inspection_app.ui import session, widgets


def label() -> str:
    """Return the mark that a draw made by hand carries wherever it is shown."""
    return widgets.badge("waiting", "⚠ " + _("Drawn by hand: cannot be recomputed"))


def registering(here: session.Here, state: DrawState, place: str) -> None:
    """Take the result of a draw by hand, with who was there and photos of the slips and signatures."""
    assert state.kept is not None
    st.caption(
        _("Where the room draws by hand instead: register the result here. It takes the place of a ceremony, and "
          "everything says that it cannot be recomputed.")
    )  # fmt: skip
    form = f"by-hand-{here.file.slug}-{state.kind}-{len(state.ceremonies)}"
    session.begin_with(form + "-place", place)
    session.begin_with(form + "-at", session.now().replace(second=0, microsecond=0, tzinfo=None))
    rows = state.kept.locked.rows
    with st.form(form, border=False):
        drawn = {
            quota.stratum: st.multiselect(
                _("{category}: the numbers in the order drawn, {count} and then reserves", category=quota.stratum,
                  count=quota.k),
                [row.number for row in rows if row.stratum == quota.stratum],
                format_func=lambda number: f"{number}　{state.name(number)}", key=f"{form}-{quota.stratum}",
                placeholder=_("Choose"),
            )
            for quota in state.kept.locked.quotas
        }  # fmt: skip
        left, right = st.columns(2)
        where = left.text_input(_("Place of the draw"), key=form + "-place")
        at = right.datetime_input(_("Time of the draw"), key=form + "-at")
        drawer = left.text_input(_("Who drew"), key=form + "-drawer")
        witnesses = right.text_input(_("Witnesses, two at least"), key=form + "-witnesses",
                                     placeholder=_("Names with commas between"))  # fmt: skip
        photos = st.file_uploader(
            _("Photos of the slips and signatures"), "image", accept_multiple_files=True, key=form + "-photos",
            max_upload_size=register.MOST_PHOTO_BYTES // 1024**2,
        )
        if st.form_submit_button(_("Register the draw by hand")):
            names = re.split("[、，,；;]", witnesses)
            number = session.attempt(
                register.register_by_hand, here.file, here.actor, state.kind, drawn, place=where,
                at=at.replace(tzinfo=session.now().tzinfo), drawer=drawer, witnesses=names,
                photos=[photo.getvalue() for photo in photos], now=session.now(), done=_("Registered."),
            )  # fmt: skip
            if number:
                session.forget(form)
            st.rerun()


def on_record(here: session.Here, state: DrawState, *, allowed: bool) -> None:
    """Show who drew and who watched, and the photos when asked for."""
    assert state.current is not None
    hand = state.current.hand
    assert hand is not None
    witnesses = "、".join(hand.witnesses)
    st.caption(
        _("Ceremony {number} at {place}, {at}, by hand: {drawer} drew, {witnesses} watched.",
          number=state.current.number, place=state.current.place, at=f"{state.current.at:%Y-%m-%d %H:%M}",
          drawer=hand.drawer, witnesses=witnesses)
    )  # fmt: skip
    count = len(hand.photos)
    title = _("Photos of slips and signatures ({count})", count=count)
    with st.expander(title, expanded=not count and allowed, key=f"draw-photos-of-{state.kind}-{count}"):
        if not count:
            st.warning(_("There is no photo yet of the slips and the signatures."))
        if allowed:
            key = f"draw-photos-{state.kind}-{state.current.number}-{count}"
            taken = st.file_uploader(
                _("Photos of the slips and signatures"), "image", accept_multiple_files=True, key=key,
                max_upload_size=register.MOST_PHOTO_BYTES // 1024**2,
            )  # fmt: skip
            if taken:
                for one in taken:
                    session.attempt(
                        register.add_draw_photo, here.file, here.actor, state.kind, one.getvalue(), session.now()
                    )
                session.forget(key)
                st.rerun()
        if count and st.toggle(_("Show the photos"), key=f"show-photos-{state.kind}"):
            for photo in register.draw_photos(here.file, state.kind):
                st.image(photo.content, width="stretch")
                if allowed and st.button(_("Remove this photo"), key=f"remove-photo-{photo.id}"):
                    session.attempt(
                        register.remove_draw_photo, here.file, here.actor, state.kind, photo.id, session.now()
                    )
                    st.rerun()
