"""The papers of one draw's table: the slip of the locked list and the cards, to print when they are needed.

The same papers lie in the paper pack (``services.print_out``). Those of a rehearsal say so at their head and foot, so
that nobody can take them for the draw's. It changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inspection_app.core.document import Cards, Document
from inspection_app.core.papers.draws import contribution_cards, locked_list_slip
from inspection_app.core.roster import Site
from inspection_app.errors import N_, StageError
from inspection_app.report.pdf import render_pdf
from inspection_app.services.draw import draw_state
from inspection_app.services.prepare import outline
from inspection_app.store.file import VisitFile

REHEARSAL = "演练 REHEARSAL"
"""Stands wherever a rehearsal is printed."""


def slip_pdf(file: VisitFile, kind: str, now: datetime, *, rehearsal: bool = False) -> bytes:
    """Return the slip of the locked list, for all parties to sign.

    Args:
        now: the time in the PDF, with its offset.

    Raises:
        StageError: the list is not locked.
    """
    state, found = draw_state(file, kind, rehearsal=rehearsal), outline(file)
    if state.kept is None:
        raise StageError(N_("Lock the list first."), "not-locked")
    people = {number: state.person(number) for number in state.kept.identities}
    sites = {number: site for number, site in people.items() if isinstance(site, Site)}
    slip = locked_list_slip(found.visit, state.kept.locked, state.kept.at, found.members, sites=sites)
    return render_pdf(_marked(slip, rehearsal), now)


def cards_pdf(file: VisitFile, kind: str, now: datetime, *, rehearsal: bool = False) -> bytes:
    """Return the cards of the three parties, with the short code on them where the list is locked."""
    state, found = draw_state(file, kind, rehearsal=rehearsal), outline(file)
    cards = contribution_cards(found.visit, kind, state.kept.locked.short_code if state.kept else "")
    return render_pdf(_marked(cards, rehearsal), now)


def _marked(document: Document, rehearsal: bool) -> Document:
    if not rehearsal:
        return document
    blocks = tuple(
        Cards(tuple(replace(card, title=f"【{REHEARSAL}】{card.title}") for card in block.cards))  # they are cut apart
        if isinstance(block, Cards) else block
        for block in document.blocks
    )  # fmt: skip
    running = f"{REHEARSAL}　{document.running}" if document.running else REHEARSAL
    return replace(
        document, title=f"【{REHEARSAL}】{document.title}", blocks=blocks, marking=REHEARSAL, running=running
    )
