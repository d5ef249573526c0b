"""The score page: mounts the score pad, which saves to the hub by itself and needs no run of this page."""

from __future__ import annotations

import streamlit as st

from inspection_app import language, scorepad
from inspection_app.language import _
from inspection_app.services.open_marks import opening
from inspection_app.ui import session, widgets
from inspection_app.ui.bring_sheets import bring_sheets

here = session.signed_in()
widgets.opened(opening(here.file))
score_pad = st.components.v2.component(
    "score_pad", js=scorepad.text("main.js"), css=scorepad.text("pad.css"), isolate_styles=False
)
score_pad(
    key=f"score-pad-{here.file.slug}-{here.member.id}",
    data={
        "slug": here.file.slug, "language": language.current(), "version": scorepad.version(),
        "words": {
            "loading": _(scorepad.LOADING), "unreachable": _(scorepad.UNREACHABLE),
            "sign_in": _(scorepad.SIGN_IN_AGAIN), "too_old": _(scorepad.TOO_OLD),
        },
    },
)  # fmt: skip
bring_sheets(here)
