"""Part of the Feedback page: the documents before they are final - what is missing, what leaves, preview and print."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from inspection_app.core.feedback import Disclosure
from inspection_app.core.visit import Act, Role, Stage
from inspection_app.language import _
from inspection_app.services import feed_back
from inspection_app.store.file import VisitFile
from inspection_app.ui import session, widgets
from inspection_app.ui.exports import exports
from inspection_app.ui.session import Here


def documents(here: Here) -> None:
    """Show what the documents still lack, let the office choose what leaves, and offer preview and print."""
    st.subheader(_("Documents"))
    if here.visit.stage not in {Stage.CONSOLIDATE, Stage.SEALED}:
        st.info(_("The documents can be made once the chair has opened the marks."))
        return
    disclosure(here)
    if here.visit.stage is Stage.CONSOLIDATE:
        st.caption(_("Every page is marked as a draft until the visit is sealed."))
        missing = session.attempt(feed_back.still_missing, here.file, session.now())
        widgets.still_open(missing)
    left, right = st.columns(2)
    download(here, left, _("Feedback for the applicant (PDF)"), feed_back.feedback_pdf, "feedback")
    download(here, right, _("Report (PDF)"), feed_back.report_pdf, "report")
    preview(here)
    exports(here)
    cards(here)


def disclosure(here: Here) -> None:
    """Let the office decide what the applicant's copy says beyond the findings."""
    shown = feed_back.disclosure(here.file)
    part = widgets.folded(_("What the applicant's copy says beyond the findings"), key=here.key("disclosure"))
    if part is None:
        return
    locked = not here.may(Act.DISCLOSE)
    with part:
        st.caption(
            _("All off: no score, no verdict, no name. The secretary switches them on for the office; it is kept.")
        )
        scores = st.toggle(_("Scores"), shown.scores, disabled=locked, key=here.key("scores"))
        verdict = st.toggle(_("The panel's recommendation"), shown.verdict, disabled=locked, key=here.key("verdict"))
        names = st.toggle(_("Names of the panel"), shown.names, disabled=locked, key=here.key("names"))
        chosen = Disclosure(scores, verdict, names)
    if chosen != shown and not locked:
        session.carry_out(here, feed_back.disclose, chosen)


def download(
    here: Here, where: DeltaGenerator, label: str, make: Callable[[VisitFile, datetime], bytes], name: str
) -> None:
    def made() -> bytes:
        with st.spinner(_("Making the document …")):
            return make(here.file, session.now())

    file_name = f"{here.file.slug}-{name}.pdf"
    first = name == "feedback" and here.visit.stage is Stage.SEALED  # before the seal it is a draft, to look at
    where.download_button(
        label, made, file_name, "application/pdf", type="primary" if first else "secondary", on_click="ignore",
        width="stretch", key=f"get-{name}",
    )  # fmt: skip


def preview(here: Here) -> None:
    """Show a document page by page as it would be printed now."""
    part = widgets.folded(_("Preview, page by page"), key=here.key("preview"))
    if part is None:
        return
    with part:
        kinds = {"feedback": _("Feedback for the applicant"), "report": _("Report")}
        kind = st.segmented_control(
            _("Document"), list(kinds), default="feedback", format_func=kinds.__getitem__, label_visibility="collapsed",
            key=here.key("previewed"),
        ) or "feedback"  # fmt: skip
        shown = session.attempt(rendered, here, kind)
        if shown is None:
            widgets.messages()
            return
        pdf, fonts = shown
        count = feed_back.preview(pdf, 1)[1]
        number = int(st.number_input(_("Page, of {count}", count=count), 1, count, key=here.key("page", kind)))
        st.image(feed_back.preview(pdf, number)[0], width="stretch", alt=f"{kinds[kind]}, {number} / {count}")
        st.caption(_("Fonts: {fonts}", fonts=", ".join(fonts)))


def rendered(here: Here, kind: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a document as PDF with its fonts; made anew only when something in the visit has changed."""
    key, head = here.key("rendered", kind), feed_back.log_head(here.file)
    kept = session.remembered(key)
    if kept and kept[0] == head:
        return kept[1], kept[2]
    make = feed_back.feedback_document if kind == "feedback" else feed_back.report_document
    with st.spinner(_("Making the document …")):
        now = session.now()
        document = make(here.file, now)
        pdf, fonts = feed_back.pdf_of(document, now), feed_back.fonts_used(document)
    session.remember(key, (head, pdf, fonts))
    return pdf, fonts


def cards(here: Here) -> None:
    """Offer the score cards for signature: everybody's to chair and secretary, else one's own."""
    st.subheader(_("Score cards"))
    st.caption(_("Every mark and note of one expert, with a line to sign."))
    if here.member.role is Role.EXPERT:
        own = partial(feed_back.score_card_pdf, here.file, here.actor, here.member.id, session.now())
        label, name = _("Own score card (PDF)"), f"{here.file.slug}-card-{here.member.id}.pdf"
    else:
        own = partial(feed_back.score_cards_pdf, here.file, here.actor, session.now())
        label, name = _("All score cards (PDF)"), f"{here.file.slug}-cards.pdf"
    st.download_button(label, own, name, "application/pdf", on_click="ignore", key="cards")
