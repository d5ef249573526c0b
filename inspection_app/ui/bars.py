"""A part of pages with charts: horizontal bars drawn by Altair, in one hue and grey, labelled where one looks.

What a bar is stands above it and what it says at its end, so that a telephone has the same chart as a projector. A
module of its own, and not in a page, because a page is read afresh at every run and would keep nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any

import altair as alt
import streamlit as st

LINE, BAR, GAP, LETTER = 22, 16, 10, 15  # pixels: a line of words or a bar with its room, a bar, between places, words
_ROOM = 1.6  # the axis goes on beyond the longest bar, for the words at its end
_LIGHT = {"ink": "#1B2433", "blue": "#1D4E89", "grey": "#5B6575", "pale": "#D5D9E0"}
_DARK = {"ink": "#E6EAF0", "blue": "#93BCEC", "grey": "#A9B3C1", "pale": "#3B4656"}
"""The colours of ``style.css``, which a chart cannot read."""

Bar = tuple[str, str, Decimal | float, str]
"""Where a bar stands, what it is, how long it is (below nought it goes to the left), and what is said at its end."""


def draw(rows: Sequence[Bar], shades: Mapping[str, str], *, overlaid: bool = False) -> None:
    """Show horizontal bars in the given order.

    Args:
        rows: the bars of one place stand together.
        shades: by what a bar is, one of *blue*, *grey* and *pale*.
        overlaid: lay the bars of one place over each other, the longest first, instead of below each other.
    """
    dark = st.context.theme.type == "dark"
    st.vega_lite_chart(json.loads(_chart(tuple(rows), tuple(shades.items()), overlaid, dark)), width="stretch")


@lru_cache(maxsize=64)
def _chart(rows: tuple[Bar, ...], shades: tuple[tuple[str, str], ...], overlaid: bool, dark: bool) -> str:
    """Return a chart's specification; kept, because Altair takes longer to check one than the page has."""
    colours = _DARK if dark else _LIGHT
    places, bars, bottom = [], [], 0
    for place, standing in groupby(rows, key=lambda row: row[0]):
        places.append({"place": place, "y": bottom + LINE / 2})
        bottom += LINE
        for number, (_place, what, size, said) in enumerate(standing):
            bottom += 0 if overlaid and number else LINE
            bars.append({
                "what": what, "from": 0, "size": float(size), "said": said,
                "top": bottom - LINE + (LINE - BAR) / 2, "y": bottom - LINE / 2, "below": bottom - (LINE - BAR) / 2,
            })  # fmt: skip
        bottom += GAP
    sizes = [0.0, *(float(row[2]) for row in rows)]
    furthest = max(map(abs, sizes)) or 1.0
    across = alt.Scale(domain=[_ROOM * min(sizes) and -_ROOM * furthest, _ROOM * furthest], nice=False)
    down = alt.Scale(domain=[0, bottom], range=[0, bottom], nice=False)
    kinds = alt.Scale(domain=[kind for kind, _shade in shades], range=[colours[shade] for _kind, shade in shades])

    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", axis=None, scale=across)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", axis=None, scale=down)

    words: dict[str, Any] = {"fontSize": LETTER, "color": colours["ink"], "baseline": "middle"}
    drawn, named = alt.Chart(alt.InlineData(bars)), alt.Chart(alt.InlineData(places))
    layers = (
        drawn.mark_rect().encode(x("from"), y("top"), alt.X2("size:Q"), alt.Y2("below:Q"),
                                 alt.Color("what:N", legend=None, scale=kinds)),
        drawn.transform_filter(alt.datum.size >= 0).mark_text(align="left", dx=6, **words).encode(
            x("size"), y("y"), text="said:N"),
        drawn.transform_filter(alt.datum.size < 0).mark_text(align="right", dx=-6, **words).encode(
            x("size"), y("y"), text="said:N"),
        named.mark_text(align="left", x=0, **words).encode(y("y"), text="place:N"),
    )  # fmt: skip
    told = "; ".join(f"{place}: {said}" for place, _what, _size, said in rows if said)
    return json.dumps(alt.layer(*layers).properties(height=bottom, description=told).to_dict())
