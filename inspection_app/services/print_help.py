"""Printing the help: the leaves as PDF. It reads no visit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from inspection_app.core.help import Leaf
from inspection_app.core.papers.help import help_papers
from inspection_app.report.pdf import render_pdf


def help_pdf(leaves: Sequence[Leaf], say: Callable[[str], str], now: datetime) -> bytes:
    """Return the leaves as PDF, each on a page of its own.

    Args:
        say: turns a catalogue key into the reader's words.
    """
    return render_pdf(help_papers(leaves, say), now)
