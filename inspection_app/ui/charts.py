"""Charts for the panel, once the marks are open: one hue and grey, labelled where one looks."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from inspection_app.core.visit import Stage
from inspection_app.core.wording import fixed, plain
from inspection_app.language import _, aside
from inspection_app.services.consolidate import Consolidation, consolidation
from inspection_app.ui import session, widgets
from inspection_app.ui.bars import Bar, draw

MOST_ITEMS = 15

here = session.signed_in()


def by_aspect(found: Consolidation) -> None:
    st.subheader(_("Points by aspect, against the maximum"))
    rows: list[Bar] = []
    for one in found.result.aspects:
        rows.append((one.title, "full", one.ceiling, f"{fixed(one.points, found.visit.places)} / {plain(one.ceiling)}"))
        rows.append((one.title, "points", one.points, ""))
    draw(rows, {"full": "pale", "points": "blue"}, overlaid=True)
    if found.result.open_items:
        st.caption(_("Not final: these items have no panel score: {items}.", items=", ".join(found.result.open_items)))


def against_self_check(found: Consolidation) -> None:
    """Only items that have both are compared, so that nothing missing looks like a loss."""
    st.subheader(_("Self-check against panel"))
    rows: list[Bar] = []
    for aspect in found.rubric.aspects:
        own = panel = Decimal(0)
        for item in aspect.items:
            claimed, points = found.self_check.get(item.no), found.result.item(item.no).points
            if claimed and claimed.points is not None and points is not None:
                own, panel = own + claimed.points, panel + points
        rows.append((aspect.title, "own", own, f"{_('Self-check')} {plain(own)}"))
        rows.append((aspect.title, "panel", panel, f"{_('Panel')} {plain(panel)}"))
    draw(rows, {"own": "grey", "panel": "blue"})
    st.caption(_("Only items with both a self-check and a panel score are compared."))


def gaps(found: Consolidation) -> None:
    """Items where the applicant and the panel are furthest apart come first; where they agree there is no bar."""
    st.subheader(_("Self-check against panel, item by item"))
    own = {no: one.points for no, one in found.self_check.items() if one.points is not None}
    apart = [(one, one.points - own[one.item.no]) for one in found.result.items
             if one.points is not None and one.item.no in own and one.points != own[one.item.no]]  # fmt: skip
    if not apart:
        st.info(_("The panel gave every item the points of the self-check."))
        return
    apart.sort(key=lambda pair: -abs(pair[1]))  # stable: equal gaps stay in official order
    rows: list[Bar] = []
    for one, gap in apart[:MOST_ITEMS]:
        place, places = f"{one.item.no}　{shortened(one.item.content)}", found.visit.places
        given = f"{_('Panel')} {fixed(one.points, places)}{aside(('+' if gap > 0 else '−') + fixed(abs(gap), places))}"
        rows.append((place, "own", own[one.item.no], f"{_('Self-check')} {plain(own[one.item.no])}"))
        rows.append((place, "panel", one.points or Decimal(0), given))
    draw(rows, {"own": "grey", "panel": "blue"})
    if len(apart) > MOST_ITEMS:
        st.caption(_("The {count} largest of {all} differences.", count=MOST_ITEMS, all=len(apart)))


def lost(found: Consolidation) -> None:
    st.subheader(_("Points lost by item"))
    losing = sorted((one for one in found.result.items if one.lost), key=lambda one: -(one.lost or 0))[:MOST_ITEMS]
    if not losing:
        st.info(_("No item lost points."))
        return
    rows = [
        (f"{one.item.no}　{shortened(one.item.content)}", "lost", one.lost or Decimal(0),
         f"−{fixed(one.lost, found.visit.places)} / {plain(one.item.ceiling)}")
        for one in losing
    ]  # fmt: skip
    draw(rows, {"lost": "blue"})


def shortened(text: str, most: int = 18) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


st.title(_("Charts"))
if here.visit.stage in {Stage.PREPARE, Stage.SCORE}:
    widgets.empty(
        _("The marks are not open yet"),
        _("Charts are drawn from the panel's scores once the chair has opened the marks."),
    )
    st.stop()
found = consolidation(here.file)
by_aspect(found)
if any(one.points is not None for one in found.self_check.values()):
    against_self_check(found)
    gaps(found)
lost(found)
