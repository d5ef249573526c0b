"""One item between the screen and the hub: what the widgets show, what is stored, and bringing the two together.

Every change is saved by the widget's own ``on_change``. That is not enough: Streamlit calls none in the session that
follows a restart of the hub, and another screen of the same expert may have saved in between. So each run compares
the screen with the hub once more (``reconcile``). What this screen was made from (``base``) stands in the address and
outlives the hub. Nothing here decides what an answer means.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from inspection_app.core.paper import line_of
from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Step, Tick
from inspection_app.core.scoring import ITEM, NA, part_choices
from inspection_app.errors import InspectionError
from inspection_app.language import _
from inspection_app.services.score import Sheet, answer_item, revision
from inspection_app.ui import session, widgets

YES, PART, NO = "yes", "part", "no"
BASE = "base"

Shown = tuple[dict[str, Any], str]
"""Answers and note."""


class Answering:
    """The answers to one item in one run of the page; its widgets are named by ``key``."""

    def __init__(self, here: session.Here, sheet: Sheet, item: Item) -> None:
        self.here, self.sheet, self.item = here, sheet, item
        entry = sheet.entries.get(item.no)
        self.latest = entry.revision if entry else 0
        self.stored: Shown = (entry.answers, entry.note) if entry else ({}, "")
        self._name = f"sheet-{here.file.slug}-{here.actor.member_id}-{item.no}"
        asked = st.query_params.get(BASE, "")
        if not asked.isdecimal():
            st.query_params[BASE] = asked = str(self.latest)
        self.base = int(asked)

    def key(self, part: str) -> str:
        """Name a widget; after the stored version was taken over, the widgets are new ones."""
        return f"{self._name}-{session.remembered(f'{self._name}-turn', 0)}-{part}"

    def held(self, part: str) -> str:
        """Return the words in one of the item's text fields."""
        return str(session.remembered(self.key(part)) or "").strip()

    # What the widgets begin with

    def first(self, criterion: AnyCriterion) -> tuple[Any, str, str]:
        """Return what the widgets of a criterion show at first: the answer, a part's points, a reason."""
        answer = self.stored[0].get(criterion.id)
        told = answer if isinstance(answer, dict) else {}
        match criterion:
            case Tick():
                chosen = PART if told else {True: YES, False: NO, None: None}[answer]
                return chosen, str(told.get("points", "")), told.get("reason", "")
            case Choice():
                return answer, "", ""
            case Step() | Rate():
                value = told.get("value", "") if told else ("" if answer is None else str(answer))
                return value, told.get(criterion.against, ""), ""
            case Grade():
                points = told.get("points", "") if told else ("" if answer is None else answer)
                return str(points), "", told.get("reason", "")

    @property
    def first_override(self) -> tuple[str, str]:
        whole = self.stored[0].get(ITEM)
        return (str(whole["override"]), whole["reason"]) if isinstance(whole, dict) else ("", "")

    @property
    def first_na(self) -> bool:
        return self.stored[0].get(ITEM) == NA

    # What they show now

    def _entered(self, criterion: AnyCriterion) -> Any:
        """Read one criterion off its widgets; None where it is unmarked or not yet complete."""
        chosen, part = session.remembered(self.key(criterion.id)), self.held(f"{criterion.id}-part")
        reason = self.held(f"{criterion.id}-reason")
        match criterion:
            case Tick():
                if chosen == PART:
                    parts = part_choices(criterion.points, self.sheet.rubric.scheme.part_step)
                    return {"points": part or str(parts[-1]), "reason": reason} if reason else None
                return {YES: True, NO: False}.get(chosen)
            case Choice():
                return chosen
            case Step() | Rate():
                value = self.held(criterion.id)
                return {"value": value, criterion.against: part} if value and part else value or None
            case Grade():
                points = self.held(criterion.id)
                return {"points": points, "reason": reason} if points and reason else points or None

    def shown(self) -> Shown:
        """Read the whole item off the widgets."""
        answers = {c.id: value for c in self.item.criteria if (value := self._entered(c)) is not None}
        if session.remembered(self.key("na")):
            answers = {ITEM: NA}
        if self.held("override") and self.held("why"):
            answers[ITEM] = {"override": self.held("override"), "reason": self.held("why")}
        return answers, session.remembered(self.key("note")) or ""

    def incomplete(self) -> bool:
        """Say whether the screen shows something that cannot be saved until its reason is there."""
        parts = [c.id for c in self.item.criteria if session.remembered(self.key(c.id)) == PART]
        half = bool(self.held("override")) != bool(self.held("why"))
        return half or not all(self.held(f"{id_}-reason") for id_ in parts)

    # Saving

    def commit(self) -> None:
        """Save a change: every widget's ``on_change``, also when the same tap leads on to another item."""
        if self.shown() != self.stored:
            self._save(self.shown(), self.base)

    def _save(self, shown: Shown, base: int) -> bool:
        """Save what a screen shows; say what is wrong with it, once."""
        no, refused = self.item.no, self.key("refused")
        if session.remembered(refused) == shown:
            return False
        try:
            entry = answer_item(
                self.here.file, self.here.actor, no, shown[0], shown[1], base=base, now=session.now()
            )
        except InspectionError as error:
            if error.code != "changed-elsewhere":  # that is told with both versions
                session.remember(refused, shown)
                session.say("error", error.text(_))
            return False
        if st.query_params.get("item", no) == no:
            st.query_params[BASE] = str(entry.revision)
        session.offer_undo(
            _("Item {item}: last change saved at {time}", item=no, time=f"{entry.at:%H:%M:%S}"),
            lambda: self._take_back(entry.revision),
        )
        return True

    def _take_back(self, base: int) -> None:
        """Undo by a new revision that says what the one before said."""
        answers, note = self.stored
        answer_item(
            self.here.file, self.here.actor, self.item.no, answers, note, base=base, now=session.now()
        )
        self._take_stored()

    def _take_stored(self) -> None:
        """Let the next run show what is stored instead of what the widgets hold."""
        session.remember(f"{self._name}-turn", session.remembered(f"{self._name}-turn", 0) + 1)
        if st.query_params.get("item", self.item.no) == self.item.no:
            st.query_params.pop(BASE, None)

    def reconcile(self) -> None:
        """Compare screen and hub after the widgets are read, and bring them together."""
        shown = self.shown()
        if shown == self.stored:
            if self.base != self.latest:
                st.query_params[BASE] = str(self.latest)
        elif self.base == self.latest:
            if self._save(shown, self.base):
                st.rerun()
        else:
            seen = revision(self.here.file, self.here.actor, self.item.no, self.base)
            if shown == ((seen.answers, seen.note) if seen else ({}, "")):
                self._take_stored()  # nothing was changed here
                st.rerun()
            self._choose(shown)

    def _choose(self, shown: Shown) -> None:
        """Two screens changed the item: show both, let the expert choose; both stay in the history."""
        st.warning(_("This item was changed on another screen in the meantime. Both versions are kept; choose one."))
        versions = ((_("Other screen"), self.stored), (_("This screen"), shown))
        widgets.table(
            ["", _("Answers"), _("Note")],
            [[whose, line_of(self.item, answers), note] for whose, (answers, note) in versions],
        )
        left, right = st.columns(2)
        if left.button(_("Keep the other one"), width="stretch"):
            self._take_stored()
            st.rerun()
        if right.button(_("Use this one"), width="stretch") and self._save(shown, self.latest):
            st.rerun()
