"""A part of several pages: the photos and files of a site or an activity, and attaching more.

One's own are shown and sent by the tablet's box of photos (``scorepad``), so that they wait there while the hub is out
of range. Others' pictures are fetched by the browser from the hub's own route, which asks anew who may see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import streamlit as st

from inspection_app import language, scorepad
from inspection_app.core.visit import Act
from inspection_app.files.images import JPEG
from inspection_app.language import _, aside
from inspection_app.services import attach
from inspection_app.services.pad import own_evidence
from inspection_app.store.evidence import Evidence, Place
from inspection_app.ui import session, widgets


def evidence(here: session.Here, place: Place, names: Mapping[int, str], *, may: bool = True) -> None:
    """Show what is attached at a place, and let those who may attach more, caption it and withdraw their own.

    Args:
        names: who is who, by member id.
        may: false where this person may only look.
    """
    _own(here, place, editable=may and here.may(Act.ATTACH_EVIDENCE))
    found = attach.evidence_of(here.file, here.actor, place)
    others = [one for one in found if one.by != here.actor.member_id]
    if others:
        st.markdown(f"**{_('Photos and files of others')}**{aside(len(others))}")
        gallery(here, others, names)


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


def _own(here: session.Here, place: Place, *, editable: bool) -> None:
    """Mount one's own photos: what waits on this tablet shows there also where nothing can be added any more."""
    photos = st.components.v2.component(
        "photos", js=scorepad.text("main.js"), css=scorepad.text("pad.css"), isolate_styles=False
    )
    photos(
        key=here.key("photos", place.name),
        data={
            "slug": here.file.slug, "language": language.current(), "version": scorepad.version(),
            "photos": {
                **own_evidence(here.file, here.actor), "place": place.name, "editable": editable,
                "words": {word: _(word) for word in scorepad.PHOTO_WORDS},
            },
            "words": {
                "loading": _(scorepad.PHOTOS_LOADING), "unreachable": _(scorepad.PHOTOS_UNREACHABLE),
                "sign_in": _(scorepad.SIGN_IN_AGAIN), "too_old": _(scorepad.TOO_OLD),
            },
        },
    )  # fmt: skip


def _address(here: session.Here, one: Evidence, **asked: str) -> str:
    return widgets.escape(f"/pad/evidence/{one.id}?{urlencode({'visit': here.file.slug, **asked})}")


def _thumbnail(here: session.Here, one: Evidence) -> str:
    if one.media != JPEG:
        return f"📄 {widgets.escape(one.name or 'PDF')}"
    alt = widgets.escape(one.caption or _("Photo"))
    return f'<img src="{_address(here, one, size="thumbnail")}" alt="{alt}" loading="lazy">'
