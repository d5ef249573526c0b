"""The papers of a draw: the code read out stands on them, and a rehearsal's cannot pass for the draw's."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest
from pypdf import PdfReader

from inspection_app.errors import StageError
from inspection_app.services import draw
from inspection_app.services.draw import SITES
from inspection_app.services.draw_papers import REHEARSAL, cards_pdf, slip_pdf
from tests.services.conftest import NOW, Scene, lock


def text(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("paper", [slip_pdf, cards_pdf])
def test_a_rehearsals_papers_say_so(prepared: Scene, paper: Callable[..., bytes]) -> None:
    """Each sheet, and each of the cards that are cut apart, carries the mark; the draw's papers carry none."""
    draw.lock_sites(prepared.file, prepared.secretary, 3, entropy=os.urandom, now=NOW, rehearsal=True)
    found = text(paper(prepared.file, SITES, NOW, rehearsal=True))
    assert found.count(REHEARSAL) >= (6 if paper is cards_pdf else 3)
    draw.end_rehearsal(prepared.file, prepared.secretary, SITES, NOW)
    lock(prepared)
    assert REHEARSAL not in text(paper(prepared.file, SITES, NOW))


def test_the_slip_carries_the_whole_digest(prepared: Scene) -> None:
    """All 64 hex digits stand on it, and the eight decimal ones; without a lock there is no slip."""
    with pytest.raises(StageError, match="Lock the list first"):
        slip_pdf(prepared.file, SITES, NOW)
    lock(prepared)
    kept = draw.draw_state(prepared.file, SITES).kept
    assert kept
    found = "".join(text(slip_pdf(prepared.file, SITES, NOW)).split())
    assert kept.locked.short_code in found
    assert all(kept.locked.digest[at : at + 4] in found for at in range(0, 64, 4))
