"""A part of the deliberation: the marks on one item as labelled dots along its points, readable without colour."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import altair as alt
import streamlit as st

from inspection_app.ui.bars import BLUE, GREY, INK

WIDTH, ROW, LETTER = 460, 26, 15  # pixels: the narrowest place, a row of dots, a Chinese character

Dot = tuple[str, Decimal, bool]
"""Whose mark it is, the mark, and whether the method counts it."""


def strip(dots: tuple[Dot, ...], ceiling: Decimal, panel: Decimal | None, said: str) -> None:
    """Show the marks on an item; those that the method dropped are hollow, the panel's score is a line.

    Args:
        ceiling: the item's points, where the axis ends.
        panel: the panel's score, if there is one.
        said: what stands at its line.
    """
    st.vega_lite_chart(json.loads(_strip(dots, ceiling, panel, said)), width="stretch")


@lru_cache(maxsize=256)
def _strip(dots: tuple[Dot, ...], ceiling: Decimal, panel: Decimal | None, said: str) -> str:
    """Return the chart's specification; kept, because Altair takes longer to check one than the page has."""
    ends: list[float] = []  # where the last label of each row ends
    values = []
    for label, mark, counts in sorted(dots, key=lambda dot: dot[1]):
        begin = float(mark / ceiling) * WIDTH if ceiling else 0
        row = next((row for row, end in enumerate(ends) if end < begin - 10), len(ends))
        ends[row : row + 1] = [begin + 16 + LETTER * len(label)]
        values.append({"mark": float(mark), "row": row, "said": label, "counts": counts})
    rows = max(len(ends), 1)
    room = float(ceiling) * (1 + (16 + LETTER * max((len(dot[0]) for dot in dots), default=0)) / WIDTH)
    across = alt.X(
        "mark:Q", title=None, scale=alt.Scale(domain=[0, room], nice=False),
        axis=alt.Axis(values=_ticks(ceiling), labelFontSize=14, labelColor=INK, grid=False, domainColor=GREY,
                      tickColor=GREY),
    )  # fmt: skip
    up = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[-0.6, rows + 0.4], nice=False))
    dotted = alt.Chart(alt.InlineData(values)).encode(x=across, y=up)
    layers = [
        dotted.mark_point(size=130, strokeWidth=2, opacity=1).encode(
            fill=alt.condition("datum.counts", alt.value(BLUE), alt.value("white")), stroke=alt.value(BLUE)
        ),
        dotted.mark_text(align="left", dx=11, fontSize=14, color=INK).encode(text="said:N"),
    ]
    if panel is not None:
        line = alt.Chart(alt.InlineData([{"mark": float(panel), "row": rows, "said": said}])).encode(x=across)
        side: Literal["left", "right"] = "right" if panel * 2 > ceiling else "left"
        layers += [
            line.mark_rule(color=INK, strokeDash=[5, 4]),
            line.encode(y=up).mark_text(
                align=side, dx=-6 if side == "right" else 6, fontSize=14, fontWeight="bold", color=INK
            ).encode(text="said:N"),
        ]
    return json.dumps(alt.layer(*layers).properties(height=ROW * (rows + 1) + 20).to_dict())


def _ticks(ceiling: Decimal) -> list[float]:
    """Mark whole points, at most ten of them, and the end of the axis."""
    step = max(int(ceiling) // 10, 1)
    return [*(float(tick) for tick in range(0, int(ceiling), step)), float(ceiling)]
