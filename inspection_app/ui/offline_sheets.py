"""A part of the page part on score sheets as files: offline sheets to take along, one's own or everybody's."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from inspection_app import language
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _, labelled
from inspection_app.places import hub_address
from inspection_app.services import take_along
from inspection_app.sheets.offline import messages
from inspection_app.ui import session, widgets

SIZE = 300
"""Kilobytes of an offline sheet, about."""
_CODES = {language.CHINESE: "zh-CN", language.ENGLISH: "en"}


def offline_sheets(here: session.Here) -> None:
    """Offer what this person may take along or hand out, and say of whom there is nothing, and why."""
    office = here.member.role is Role.SECRETARY
    st.caption(
        _("Offline sheet: one HTML file of about {size} kB with everything in it, for places without the hub. Open it "
          "with the browser of a tablet or laptop (Chrome, Edge, Firefox), not inside WeChat. iPads cannot open it: "
          "take XLSX or paper there. In range it is sent to the hub by a tap; otherwise it exports an answer file, "
          "which is brought in below.", size=SIZE)
    )  # fmt: skip
    if here.visit.stage is not Stage.SCORE:
        st.caption(_("Offline sheets can be made while scoring is open."))
        return
    found = take_along.takeable(here.file, here.actor)
    ready = {one.member.id: one.member.name for one in found if not one.why}
    speaking = _language()
    if office and ready:
        st.caption(_("Handed out by you they hold nobody's marks but those that came on paper or by files."))
        left, middle, right = st.columns(3, vertical_alignment="bottom")
        left.download_button(
            _("All offline sheets (ZIP)"), partial(_everybodys, here, speaking), f"{here.file.slug}-offline.zip",
            "application/zip", on_click="ignore", width="stretch", key=here.key("offline-all"),
        )  # fmt: skip
        whose = middle.selectbox(_("Expert"), list(ready), format_func=ready.__getitem__, key=here.key("offline-whose"))
        _one(here, right, whose, ready[whose], speaking)
    elif ready:
        _one(here, st.container(width=400), here.member.id, here.member.name, speaking)
    for other in found:
        if other.why:
            st.caption(labelled(widgets.literal(other.member.name), _(other.why)) if office else _(other.why))


def _one(here: session.Here, where: DeltaGenerator, member: int, name: str, speaking: take_along.Language) -> None:
    where.download_button(
        _("Offline sheet (HTML)"), partial(_members, here, member, speaking), f"{here.file.slug}-{name}.html",
        "text/html", on_click="ignore", width="stretch", key=here.key("offline-one"),
    )  # fmt: skip


def _members(here: session.Here, member: int, speaking: take_along.Language) -> bytes:
    make = partial(take_along.offline_sheet, language=speaking, hub=hub_address())
    return session.attempt(make, here.file, here.actor, member, session.now()) or b""


def _everybodys(here: session.Here, speaking: take_along.Language) -> bytes:
    make = partial(take_along.offline_sheets, language=speaking, hub=hub_address())
    return session.attempt(make, here.file, here.actor, session.now()) or b""


def _language() -> take_along.Language:
    """Return the reader's language as the sheet will speak it."""
    return take_along.Language(_CODES[language.current()], {message: _(message) for message in messages()})
