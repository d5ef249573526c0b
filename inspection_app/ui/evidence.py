"""A part of several pages: the photos and files of a site, an activity or an item, and attaching more.

Pictures are fetched by the browser from the hub's own route, which asks anew who may see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import streamlit as st

from inspection_app.core.visit import Act
from inspection_app.files.images import JPEG, MOST_FILE_BYTES
from inspection_app.language import _
from inspection_app.services import attach
from inspection_app.store.evidence import Evidence, Place
from inspection_app.ui import session, widgets


def evidence(here: session.Here, place: Place, names: Mapping[int, str], *, may: bool = True) -> None:
    """Show what is attached at a place, and let those who may attach more, caption it and withdraw their own.

    Args:
        names: who is who, by member id.
        may: false where this person may only look.
    """
    found, writable = attach.evidence_of(here.file, here.actor, place), may and here.may(Act.ATTACH_EVIDENCE)
    if not (found or writable):
        return
    key = here.key("evidence", place.item, place.site, place.activity)
    count = f"（{len(found)}）" if found else ""
    st.markdown(f"**{_('Photos and files')}**{count}")
    own = [one for one in found if writable and one.by == here.actor.member_id]
    gallery(here, [one for one in found if one not in own], names)
    for one in own:
        _own(here, one)
    if writable:
        _more(here, place, key)


def gallery(here: session.Here, found: Iterable[Evidence], names: Mapping[int, str]) -> None:
    """Show photos side by side with what is said of them; a tap opens one in full."""
    cards = [
        f'<figure><a href="{_address(here, one)}" target="_blank">{_thumbnail(here, one)}</a>'
        f'<figcaption>{widgets.escape(one.caption)}<div class="meta">'
        f"{widgets.escape(names.get(one.by, ''))}　{one.taken:%m-%d %H:%M}</div></figcaption></figure>"
        for one in found
    ]
    if cards:
        st.html(f'<div class="gallery">{"".join(cards)}</div>')


def _own(here: session.Here, one: Evidence) -> None:
    """One's own: what is on it can be said anew, and it can be withdrawn."""
    key = here.key("evidence-own", one.id)
    session.begin_with(key, one.caption)

    def say() -> None:
        session.attempt(attach.change_evidence, here.file, here.actor, one.id, session.now(),
                        caption=session.remembered(key))  # fmt: skip

    def withdraw(*, withdrawn: bool) -> bool:
        attach.change_evidence(here.file, here.actor, one.id, session.now(), withdrawn=withdrawn)
        return True

    picture, caption, remove = st.columns([2, 5, 2], vertical_alignment="center")
    picture.html(
        f'<div class="gallery"><a href="{_address(here, one)}" target="_blank">{_thumbnail(here, one)}</a></div>'
    )
    caption.text_input(
        _("Caption (at most 30 characters)"), key=key, max_chars=attach.MOST_CAPTION_CHARACTERS,
        placeholder=f"{_('What is on it')}　{one.taken:%m-%d %H:%M}", on_change=say, label_visibility="collapsed",
    )  # fmt: skip
    if remove.button(_("Remove"), key=key + "remove", width="stretch"):
        if session.attempt(withdraw, withdrawn=True):
            session.offer_undo(_("A photo was removed."), lambda: withdraw(withdrawn=False))
        st.rerun()


def _more(here: session.Here, place: Place, key: str) -> None:
    """Take photos in as soon as they are there: they are kept in no other place."""
    round_ = session.remembered(key + "round", 0)
    taken = st.file_uploader(
        _("Add photos: taken now, or from the gallery"), "image", True, key=f"{key}{round_}",
        max_upload_size=MOST_FILE_BYTES // 1024**2,
    )  # fmt: skip
    if taken:
        for one in taken:
            session.attempt(
                attach.attach, here.file, here.actor, one.getvalue(), place, session.now(), name=one.name
            )
        session.remember(key + "round", round_ + 1)
        st.rerun()


def _address(here: session.Here, one: Evidence, **asked: str) -> str:
    return widgets.escape(f"/pad/evidence/{one.id}?{urlencode({'visit': here.file.slug, **asked})}")


def _thumbnail(here: session.Here, one: Evidence) -> str:
    if one.media != JPEG:
        return f"📄 {widgets.escape(one.name or 'PDF')}"
    alt = widgets.escape(one.caption or _("Photo"))
    return f'<img src="{_address(here, one, size="thumbnail")}" alt="{alt}" loading="lazy">'
