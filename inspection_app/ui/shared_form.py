"""A part of several pages: a form that two people may have open at once; neither overwrites the other unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.ui import session


@dataclass(frozen=True)
class SharedForm:
    """A form by its key. It keeps what was stored when it was filled in (``base``), for its service to compare with."""

    key: str

    def fill(self, stored: Any, **fields: Any) -> Any:
        """Give the fields what is stored when they are first shown; return what was stored then."""
        absent = object()
        if session.remembered(self.key + next(iter(fields)), absent) is absent:
            session.remember(self.key + "base", stored)
            session.forget(self.key + "conflict")
            session.forget(self.key + "unsaved")
        for name, value in fields.items():
            session.begin_with(self.key + name, value)
        return session.remembered(self.key + "base")

    def clear(self) -> None:
        """Show what is stored from the next run on."""
        session.forget(self.key)

    @property
    def unsaved(self) -> bool:
        """Say whether what was entered last was refused and still stands in the fields."""
        return bool(session.remembered(self.key + "unsaved"))

    def refuse(self, text: str) -> None:
        """Say why nothing was saved; what was entered stays."""
        session.say("error", text)
        session.remember(self.key + "unsaved", True)
        st.rerun()

    def save(self, use_case: Callable[[], object], newest: Callable[[], Any]) -> None:
        """Save the form; where somebody else was faster, keep what was entered and show both from the next run on."""
        try:
            use_case()
        except InspectionError as error:
            if error.code != "changed-elsewhere":
                self.refuse(error.text(_))
            session.remember(self.key + "unsaved", True)
            session.remember(self.key + "conflict", error.text(_))
            session.remember(self.key + "base", newest())
        else:
            self.clear()
            session.say("success", _("Saved."))
        st.rerun()

    def conflict(self) -> str:
        """Show what somebody else entered meanwhile beside one's own; return what the form's button then says."""
        text = session.remembered(self.key + "conflict")
        if not text:
            return _("Save")
        st.warning(text)
        if st.button(_("Keep the other one"), key=self.key + "keep"):
            self.clear()
            st.rerun()
        return _("Use this one")
