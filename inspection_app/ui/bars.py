"""A part of pages with charts: horizontal bars, in one hue and grey, labelled where one looks.

A module of its own, and not in a page, because a page is read afresh at every run and would keep nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import altair as alt
import streamlit as st

INK, BLUE, GREY, PALE = "#1B2433", "#1D4E89", "#5B6575", "#D5D9E0"
ROW = 34  # pixels

Bar = tuple[str, str, Decimal, str]
"""Where a bar stands, what it is, how long it is, and what is said at its end."""


def draw(rows: Sequence[Bar], colours: dict[str, str], *, overlaid: bool = False) -> None:
    """Show horizontal bars in the given order, each with its label at its end.

    Args:
        colours: by what a bar is, in the order in which they stand or are laid over each other.
        overlaid: draw the bars of one place over each other instead of below each other.
    """
    st.vega_lite_chart(json.loads(bars(tuple(rows), tuple(colours.items()), overlaid)), width="stretch")


@lru_cache(maxsize=64)
def bars(rows: tuple[Bar, ...], colours: tuple[tuple[str, str], ...], overlaid: bool) -> str:
    """Return a chart's specification; kept, because Altair takes longer to check one than the page has."""
    kinds, shades = [kind for kind, _shade in colours], [shade for _kind, shade in colours]
    places = len({row[0] for row in rows})
    longest = max((float(row[2]) for row in rows), default=0) or 1
    values = [{"place": place, "what": what, "size": float(size), "said": said} for place, what, size, said in rows]
    base = alt.Chart(alt.InlineData(values)).encode(
        y=alt.Y("place:N", sort=None, title=None,
                axis=alt.Axis(labelLimit=330, labelFontSize=14, labelColor=INK, ticks=False, domain=False)),
        x=alt.X("size:Q", title=None, axis=None, stack=None, scale=alt.Scale(domain=[0, longest * 1.3])),
    )  # fmt: skip
    if not overlaid:
        base = base.encode(yOffset=alt.YOffset("what:N", sort=kinds))
    colour = alt.Color("what:N", legend=None, scale=alt.Scale(domain=kinds, range=shades))
    drawn = base.mark_bar(height=16).encode(color=colour)
    words = base.mark_text(align="left", dx=6, color=INK, fontSize=14).encode(text="said:N")
    height = ROW * places if overlaid or len(kinds) == 1 else 0.85 * ROW * places * len(kinds)
    return json.dumps(alt.layer(drawn, words).properties(height=height).to_dict())
