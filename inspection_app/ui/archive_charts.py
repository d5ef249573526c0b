"""A part of the archive's page: horizontal bars drawn by Altair, on either side of nought, labelled where one looks.

A module of its own, and not in the page, because a page is read afresh at every run and would keep nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import streamlit as st

_ROW, _LETTER = 34, 15  # pixels: a row, a label
_LIGHT, _DARK = ("#1B2433", "#1D4E89", "#5B6575"), ("#E6EAF0", "#93BCEC", "#A9B3C1")
"""Ink, and the bars to the right and to the left of nought, on a light and on a dark screen; those of ``style.css``."""

Bar = tuple[str, float, str]
"""Where a bar stands, how long it is, and what is said at its end."""


def draw(rows: Sequence[Bar], said: str) -> None:
    """Show bars in the given order.

    Args:
        said: what the chart is, for those who have the page read to them.
    """
    colours = _DARK if st.context.theme.type == "dark" else _LIGHT
    st.vega_lite_chart(json.loads(_specification(tuple(rows), said, colours)), width="stretch")


@lru_cache(maxsize=64)
def _specification(rows: tuple[Bar, ...], said: str, colours: tuple[str, str, str]) -> str:
    """Return a chart's specification; kept, because Altair takes longer to check one than the page has."""
    ink, right, left = colours
    furthest = max((abs(size) for _place, size, _said in rows), default=0.0) or 1.0
    lowest = min((size for _place, size, _said in rows), default=0.0)
    domain = [-1.6 * furthest if lowest < 0 else 0, 1.6 * furthest]
    values = [{"place": place, "size": size, "said": end} for place, size, end in rows]
    base = alt.Chart(alt.InlineData(values)).encode(
        y=alt.Y("place:N", sort=None, title=None,
                axis=alt.Axis(labelLimit=300, labelFontSize=_LETTER, labelColor=ink, ticks=False, domain=False)),
        x=alt.X("size:Q", title=None, axis=None, scale=alt.Scale(domain=domain)),
    )  # fmt: skip
    drawn = base.mark_bar(height=16).encode(
        color=alt.condition(alt.datum.size < 0, alt.value(left), alt.value(right))
    )
    words: dict[str, Any] = {"color": ink, "fontSize": _LETTER}
    ends = [
        base.transform_filter(alt.datum.size >= 0).mark_text(align="left", dx=6, **words).encode(text="said:N"),
        base.transform_filter(alt.datum.size < 0).mark_text(align="right", dx=-6, **words).encode(text="said:N"),
    ]
    return json.dumps(alt.layer(drawn, *ends).properties(height=_ROW * len(rows), description=said).to_dict())
