"""A part of pages with charts: horizontal bars, in one hue and grey, labelled where one looks.

They are plain markup, not a drawing: they follow the screen's width and colours, and are read out as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby

import streamlit as st

from inspection_app.ui.widgets import escape

Bar = tuple[str, str, Decimal, str]
"""Where a bar stands, what it is, how long it is, and what is said at its end."""


def draw(rows: Sequence[Bar], shades: Mapping[str, str], *, overlaid: bool = False) -> None:
    """Show horizontal bars in the given order, each with its label at its end.

    Args:
        rows: the bars of one place stand together.
        shades: by what a bar is, one of *blue*, *grey* and *pale*.
        overlaid: lay the bars of one place over each other, the longest first, instead of below each other.
    """
    longest = max((row[2] for row in rows), default=Decimal(0)) or Decimal(1)
    places = []
    for place, standing in groupby(rows, key=lambda row: row[0]):
        bars = [(shades[what], size, said) for _place, what, size, said in standing]
        lines = [bars] if overlaid else [[bar] for bar in bars]
        drawn = "".join(_line(line, line[0][1] / longest) for line in lines)
        places.append(f'<div class="at"><div class="name">{escape(place)}</div><div>{drawn}</div></div>')
    st.html(f'<div class="bars">{"".join(places)}</div>')


def _line(bars: Sequence[tuple[str, Decimal, str]], part: Decimal) -> str:
    """Return bars laid over the first of them, which takes this part of the line's room, and what is said of them."""
    whole = bars[0][1] or Decimal(1)
    laid = "".join(f'<i class="{shade}" style="width: {size / whole:.1%}"></i>' for shade, size, _said in bars)
    told = "".join(escape(said) for _shade, _size, said in bars)
    return f'<div class="bar" style="--part: {part:.4f}"><div class="over">{laid}</div><span>{told}</span></div>'
