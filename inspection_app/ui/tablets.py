"""A part of pages for chair and secretary: who has scored what, whose tablet is there, and who is outstanding.

Counts and states only: before the marks are opened nobody sees what was answered. It is drawn again every few seconds
and holds no field, so that nothing typed beside it can be lost.
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from inspection_app.core.visit import Stage
from inspection_app.errors import N_
from inspection_app.language import _
from inspection_app.presence import TABLETS, Tablet
from inspection_app.services.hand_in import SheetStanding, readiness
from inspection_app.services.pad import share_phrases, shared_phrases
from inspection_app.store.sheets import Carrier
from inspection_app.ui import session, widgets

SECONDS = 5
CARRIERS = {
    Carrier.SCREEN: N_("pad"), Carrier.PAPER: N_("paper"), Carrier.FILE: N_("offline sheet"), Carrier.XLSX: N_("XLSX"),
}  # fmt: skip


@st.fragment(run_every=SECONDS)
def tablets(here: session.Here) -> None:
    """Show a table of everybody who scores, and in one sentence who is outstanding."""
    sheets, there = readiness(here.file).sheets, TABLETS.tablets(here.file.slug)
    outstanding = [sheet.member.name for sheet in sheets if not sheet.settled]
    if outstanding:
        count = widgets.badge("waiting", "○ " + _("outstanding: {count}", count=len(outstanding)))
        st.html(f"<div>{count} {widgets.escape(' · '.join(outstanding))}</div>")
    else:
        st.html(widgets.badge("saved", "✓ " + _("All score sheets are in.")))
    now = session.now()
    widgets.table(
        [_("Name"), _("Marked"), _("Handed in"), _("Carrier"), _("Last saved"), _("Tablets")],
        [_row(here, sheet, [one for one in there if one.member == sheet.member.id], now) for sheet in sheets],
        numbers=(1,), key="tablets",
    )  # fmt: skip
    st.caption(
        _("Updated {time}. Tablets report every few seconds; after a restart of the hub they appear again.",
          time=f"{now:%H:%M:%S}")
    )  # fmt: skip


def _row(here: session.Here, sheet: SheetStanding, there: list[Tablet], now: datetime) -> list[object]:
    if sheet.recused:
        return [sheet.member.name, "—", widgets.Markup(widgets.badge("quiet", "⊘ " + _("recused"))), "", "", ""]
    known = [one.saved for one in there if one.saved is not None]
    # the tablets' ages are by a steady clock; only what was saved before the hub started is dated by the wall clock
    age = min(known) if known else max((now - sheet.saved).total_seconds(), 0) if sheet.saved else None
    saved = "—"
    if sheet.saved and age is not None:  # from a day on the date says more than a count of hours
        recent = f"{sheet.saved:%H:%M:%S} · {_('{age} ago', age=_span(age))}"
        saved = recent if age < 86400 else f"{sheet.saved:%Y-%m-%d %H:%M}"
    lines = [f'<div style="margin-bottom: 4px">{_tablet(one)}</div>' for one in there]
    tablets = "".join(lines) or widgets.badge("quiet", _("not seen"))
    return [
        sheet.member.name, f"{sheet.marked} / {sheet.assigned}", widgets.Markup(_state(here, sheet)),
        " / ".join(_(CARRIERS[one]) for one in CARRIERS if one in sheet.carriers) or "—", saved,
        widgets.Markup(tablets),
    ]  # fmt: skip


def _state(here: session.Here, sheet: SheetStanding) -> str:
    """Say whether the sheet is in, and what it lacks; one that is in may lack something that fell to it since."""
    if not sheet.assigned:
        return widgets.badge("quiet", _("no items"))
    told, gap = [], "quiet" if sheet.excuse else "waiting"
    if sheet.excuse:
        counts = _("excused, the marks count") if sheet.excuse.counts else _("excused, no mark counts")
        told.append(widgets.badge("quiet", "⊘ " + counts))
    elif sheet.handed_in:
        told.append(widgets.badge("saved", f"✓ {sheet.handed_in.at:%H:%M:%S}"))
        if sheet.handed_in.by != sheet.member.id:
            by = next((one.name for one in here.members if one.id == sheet.handed_in.by), "")
            told.append(widgets.badge("quiet", _("by {name}, for the paper", name=by)))
    elif sheet.complete:
        told.append(widgets.badge("waiting", "○ " + _("complete, not handed in")))
    if sheet.missing:
        told.append(widgets.badge(gap, "○ " + _("missing: {count}", count=len(sheet.missing))))
    if sheet.unconfirmed:
        told.append(widgets.badge(gap, "○ " + _("not confirmed: {count}", count=len(sheet.unconfirmed))))
    return "".join(f'<div style="margin-bottom: 4px">{one}</div>' for one in told)


def _tablet(one: Tablet) -> str:
    state = (
        widgets.badge("saved", "● " + _("connected"))
        if one.connected
        else widgets.badge("waiting", "○ " + _("silent for {age}", age=_span(one.silent)))
    )
    if one.saved is not None:
        state += f' <span class="meta">{widgets.escape(_("saved {age} ago", age=_span(one.saved)))}</span>'
    if not one.waiting:
        return state
    waiting = _("{count} waiting, the oldest for {age}", count=one.waiting, age=_span(one.oldest or 0))
    return state + " " + widgets.badge("waiting", "○ " + waiting)


def _span(seconds: float) -> str:
    if seconds < 60:
        return _("{number} s", number=int(seconds))
    if seconds < 3600:
        return _("{number} min", number=int(seconds // 60))
    return _("{number} h", number=int(seconds // 3600))


def phrases(here: session.Here) -> None:
    """Let the office edit the quick phrases that every tablet offers for notes."""
    if here.visit.stage not in {Stage.PREPARE, Stage.SCORE}:
        return
    with st.expander(_("Quick phrases for everybody's notes")):
        key = here.key("shared-phrases")
        session.begin_with(key, "\n".join(shared_phrases(here.file)))
        st.text_area(_("One phrase a line"), key=key)
        if st.button(_("Save"), key=here.key("save-phrases")):
            lines = str(session.remembered(key) or "").splitlines()
            session.carry_out(here, share_phrases, lines)
