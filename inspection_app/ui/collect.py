"""A part of several pages: a note becomes a finding by a tap on its kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from inspection_app.core.feedback import Finding, FindingKind
from inspection_app.language import _
from inspection_app.services.feed_back import collect_finding
from inspection_app.ui import session, widgets


def collect(
    here: session.Here,
    text: str,
    items: Sequence[str],
    observations: Sequence[int],
    stated: Collection[Finding],
    *,
    key: str,
) -> None:
    """Show a small button that asks which kind of finding a note is to be; one that was collected says so.

    Args:
        text: the note.
        items, observations: what the finding is then tied to, by number and by id.
        stated: the findings that stand, read once for the whole page.
        key: unlike that of any other note on the page.
    """
    same = (text.strip(), tuple(items), tuple(observations))
    if same in {(one.text, one.items, one.observations) for one in stated}:
        st.html(widgets.badge("saved", "✓ " + _("collected")))
        return
    with st.popover("→ " + _("Finding"), key=f"collect-{key}"):
        for kind in FindingKind:
            if st.button(_(widgets.FINDINGS[kind]), key=f"collect-{key}-{kind}", width="stretch"):
                session.attempt(
                    collect_finding, here.file, here.actor, kind, text, items, observations, session.now(),
                    done=_("Collected under Feedback."),
                )  # fmt: skip
                st.rerun()
