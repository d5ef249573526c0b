"""Part of the Feedback page: what leaves the visit to be worked on, as Word, Excel and plain tables."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.services import export
from inspection_app.ui import session, widgets
from inspection_app.ui.session import Here

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exports(here: Here) -> None:
    """Offer the documents as Word files, and to chair and secretary the score matrix and the whole record."""
    if here.visit.stage not in {Stage.CONSOLIDATE, Stage.SEALED}:
        return
    part = widgets.folded(_("Word, Excel and tables"), key=here.key("exports"))
    if part is None:
        return
    with part:
        st.caption(_("To be worked on. The PDF is the paper that counts; changes in these files change no result."))
        for kind in (export.REPORT, export.FEEDBACK):
            if fault := export.template_fault(here.file, kind):
                st.warning(widgets.literal(fault.text(_)) + "\n\n" + _("The shipped template is used instead."))
        left, right = st.columns(2)
        _offer(here, left, _("Feedback for the applicant (DOCX)"), "feedback.docx", DOCX, _word(here, export.FEEDBACK))
        if here.member.role is Role.EXPERT:
            return
        _offer(here, right, _("Report (DOCX)"), "report.docx", DOCX, _word(here, export.REPORT))
        _offer(here, left, _("Score matrix with formulas (XLSX)"), "scores.xlsx", XLSX,
               lambda: export.score_matrix(here.file, here.actor, session.now()))  # fmt: skip
        _offer(here, right, _("Everything as tables (CSV and JSON)"), "record.zip", "application/zip",
               lambda: export.everything(here.file, here.actor, session.now()))  # fmt: skip
        st.caption(
            _("An office's own Word template is taken from {folder}.", folder=str(export.templates_folder(here.file)))
        )
        st.download_button(
            _("The shipped template, to begin with"), export.word_template, "official.docx", DOCX, on_click="ignore",
            key=here.key("template"),
        )  # fmt: skip


def _word(here: Here, kind: str) -> Callable[[], bytes]:
    def made() -> bytes:
        return export.word_file(here.file, kind, session.now()).content

    return made


def _offer(
    here: Here, where: DeltaGenerator, label: str, name: str, media: str, make: Callable[[], bytes]
) -> None:
    def made() -> bytes:
        with st.spinner(_("Making the document …")):
            return make()

    where.download_button(
        label, made, f"{here.file.slug}-{name}", media, on_click="ignore", width="stretch", key=here.key("get", name)
    )
