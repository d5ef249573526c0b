"""A part of the deliberation: the marks on one item as labelled dots along its points, readable without colour."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from inspection_app.core.wording import plain
from inspection_app.ui.widgets import escape

WIDTH, ROW, LETTER = 300, 28, 17  # pixels: the narrowest place, a row of dots, a Chinese character

Dot = tuple[str, Decimal, bool]
"""Whose mark it is, the mark, and whether the method counts it."""


def strip(dots: tuple[Dot, ...], ceiling: Decimal, panel: Decimal | None, said: str) -> None:
    """Show the marks on an item; those that the method dropped are hollow, the panel's score is a line.

    Args:
        ceiling: the item's points, where the axis ends.
        panel: the panel's score, if there is one.
        said: what stands at its line.
    """

    def at(points: Decimal) -> str:
        return f"left: {float(points / ceiling) * 100 if ceiling else 0:.2f}%"

    drawn, ends = [], list[float]()  # ``ends``: where the last label of each row ends
    for label, mark, counts in sorted(dots, key=lambda dot: dot[1]):
        begin = float(mark / ceiling) * WIDTH if ceiling else 0
        row = next((row for row, end in enumerate(ends) if end < begin - 10), len(ends))
        ends[row : row + 1] = [begin + 24 + LETTER * len(label)]
        kind = "dot" if counts else "dot dropped"
        drawn.append(f'<span class="{kind}" style="{at(mark)}; bottom: {row * ROW + 6}px">{escape(label)}</span>')
    if panel is not None:
        side = " left" if panel * 2 > ceiling else ""
        drawn.append(f'<span class="panel{side}" style="{at(panel)}"><b>{escape(said)}</b></span>')
    ticks = "".join(f'<span class="tick" style="{at(tick)}">{plain(tick)}</span>' for tick in _ticks(ceiling))
    room = LETTER * max((len(dot[0]) for dot in dots), default=0) + 24
    height = ROW * (len(ends) + 1) + 8
    st.html(f'<div class="strip" style="height: {height}px; margin-right: {room}px">{"".join(drawn)}{ticks}</div>')


def _ticks(ceiling: Decimal) -> list[Decimal]:
    """Mark whole points, at most ten of them, and the end of the axis.

    >>> [str(tick) for tick in _ticks(Decimal("2.5"))]
    ['0', '1', '2', '2.5']
    """
    step = max(int(ceiling) // 10, 1)
    whole = [Decimal(tick) for tick in range(0, int(ceiling) + 1, step)]
    return whole if whole[-1] == ceiling else [*whole, ceiling]
