"""A part of the page Type in: a row for an item, with one field of signs, what stands behind each, and the note."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from inspection_app.core.rubric import AnyCriterion, Choice, Grade, Item, Rate, Step
from inspection_app.core.scoring import ITEM, State
from inspection_app.core.typed_line import UNMARKED, code, line_of, parse_line, reasons_of
from inspection_app.errors import InspectionError
from inspection_app.language import _, aside, labelled
from inspection_app.services.type_in import TypedSheet, type_in_item
from inspection_app.ui import session, widgets

MOST_CHARACTERS = 13
"""So much of a clause's words: the paper, which has them all, lies beside the keyboard."""


def short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


@dataclass(frozen=True)
class TypedRow:
    """One item of somebody's paper sheet, as the typist sees it; every change of a field is saved."""

    here: session.Here
    sheet: TypedSheet
    item: Item
    writable: bool

    @property
    def _step(self) -> Decimal:
        return self.sheet.rubric.scheme.part_step

    def _key(self, part: str) -> str:
        return f"typed-{self.here.file.slug}-{self.sheet.member.id}-{self.item.no}-{part}"

    def show(self) -> None:
        self._fill()
        no, locked = self.item.no, not self.writable
        words, signs, note = st.columns([6, 4, 3])
        words.html(
            f'<div id="item-{widgets.escape(no)}" class="typed-item"><b>{widgets.escape(no)}</b>　'
            f"{widgets.escape(short(self.item.content))}</div>"
            + "".join(self._legend(criterion) for criterion in self.item.criteria)
        )
        with signs:
            st.text_input(
                _("Item {item}: signs", item=no), key=self._key("line"), on_change=self._save, disabled=locked,
                placeholder=_("signs: {count}", count=len(self.item.criteria)), label_visibility="collapsed",
            )  # fmt: skip
            if fault := session.remembered(self._key("fault")):
                st.html(f'<div class="fault">✗ {widgets.escape(fault)}</div>')
                st.button(_("Show what is saved"), key=self._key("again"), on_click=self._start_over)
            else:
                st.html(f"<div>{self._state()}</div>")
        note.text_area(
            _("Item {item}: note", item=no), key=self._key("note"), on_change=self._save, disabled=locked, height=68,
            placeholder=_("Note"), label_visibility="collapsed",
        )  # fmt: skip
        self._reasons()

    def _fill(self) -> None:
        """Give the fields what is stored; what was not understood stays as it was typed."""
        if session.remembered(self._key("line")) is not None:
            return
        entry, kept = self.sheet.entries.get(self.item.no), session.remembered(self._key("kept"))
        stored = line_of(self.item, entry.answers, part_step=self._step) if entry else ""
        session.remember(self._key("line"), kept[0] if kept else stored)
        session.remember(self._key("note"), kept[1] if kept else entry.note if entry else "")
        session.remember(self._key("base"), entry.revision if entry else 0)

    def _save(self) -> None:
        """Save the item as its fields show it."""
        line, note = (session.remembered(self._key(part)) or "" for part in ("line", "note"))
        stored = self._stored_reasons()
        places = [*(criterion.id for criterion in self.item.criteria), ITEM]
        given = {id_: session.remembered(self._key(f"reason-{id_}"), stored.get(id_, "")) or "" for id_ in places}
        try:
            answers = parse_line(self.item, line, given, part_step=self._step)
            if "" in reasons_of(answers).values():
                fault = _("not saved yet: a reason is missing")
            else:
                done = type_in_item(
                    self.here.file, self.here.actor, self.sheet.member.id, self.item.no, answers, note,
                    base=session.remembered(self._key("base"), 0), now=session.now(),
                )  # fmt: skip
                session.remember(self._key("base"), done.revision)
                session.remember(self._key("line"), line_of(self.item, done.answers, part_step=self._step))
                fault = ""
        except InspectionError as error:
            fault = error.text(_)
        session.remember(self._key("fault"), fault)
        session.remember(self._key("kept"), (line, note) if fault else None)

    def _start_over(self) -> None:
        session.forget(self._key(""))

    def _legend(self, criterion: AnyCriterion) -> str:
        """Say what stands behind one code."""
        match criterion:
            case Choice():
                worth = [_("{points} pt", points=widgets.points(tier.points)) for tier in criterion.tiers]
                signs = [*enumerate(worth, 1), (0, _("None of them fits"))]
                words = "　".join(f'<span class="sign"><b>{sign}</b> {widgets.escape(of)}</span>' for sign, of in signs)
            case Step() | Rate():
                declared = self.sheet.rubric.figures[criterion.figure]
                words = widgets.escape(short(declared.title) + aside(declared.unit))
                if agreed := self.sheet.figures.get(criterion.figure):
                    known = widgets.escape(f"{_('agreed figure')} {agreed.value}")
                    words += " " + labelled(known, f"<b>{UNMARKED}</b>")
            case Grade():
                words = f"{widgets.escape(short(criterion.text))} <b>0–{widgets.points(criterion.points)}</b>"
            case _:
                words = widgets.escape(short(criterion.text) + aside(widgets.points(criterion.points)))
        return f'<div class="meta"><b>{widgets.escape(code(self.item, criterion))}</b>　{words}</div>'

    def _state(self) -> str:
        """Say what is saved of the item and what it earns."""
        score, entry = self.sheet.scores[self.item.no], self.sheet.entries.get(self.item.no)
        if self.item.no in self.sheet.own:
            return widgets.badge("quiet", _("answered on screen"))
        if score.state is State.UNMARKED:
            return widgets.badge("waiting", "□ " + _(widgets.STATES[score.state]))
        kind, sign = ("saved", "✓ ") if entry and entry.confirmed else ("waiting", "✓ ") if entry else ("quiet", "")
        word = _("confirmed") if kind == "saved" else _("not confirmed") if entry else _("agreed figure")
        points = f"<b>{widgets.points(score.points)}</b> / {widgets.points(self.item.ceiling)}"
        return f"{points} {widgets.badge(kind, sign + word)}"

    def _stored_reasons(self) -> dict[str, str]:
        entry = self.sheet.entries.get(self.item.no)
        return reasons_of(entry.answers) if entry else {}

    def _reasons(self) -> None:
        """Ask for the reason of every part and of points of one's own."""
        try:
            line = session.remembered(self._key("line")) or ""
            asked = reasons_of(parse_line(self.item, line, part_step=self._step))
        except InspectionError:
            return
        stored = self._stored_reasons()
        for id_ in asked:
            key = self._key(f"reason-{id_}")
            session.begin_with(key, stored.get(id_, ""))
            label = (
                _("Reason (the chair sees it)")
                if id_ == ITEM
                else _("Why only in part?") + aside(f"{self.item.no}-{id_}")
            )
            st.text_input(label, key=key, on_change=self._save, disabled=not self.writable)
