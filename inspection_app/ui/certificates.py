"""A part of the draws page: what is handed out after a draw: certificate and verifier, the sealed annex, somebody's own
proof."""

from __future__ import annotations

import os
from functools import partial

import streamlit as st

from inspection_app.core.certificate import canonical_json
from inspection_app.core.visit import Act
from inspection_app.language import _
from inspection_app.services import export_draw
from inspection_app.services.draw import DrawState
from inspection_app.ui import session, widgets


def handing_out(here: session.Here, state: DrawState) -> None:
    """Show what may go to anybody, and to people of the office what names people."""
    name = f"{here.file.slug}-{state.kind}{'-rehearsal' if state.rehearsal else ''}"
    _certificate(here, state, name)
    if not here.may(Act.HAND_OUT_ANNEX):
        return
    if annex := widgets.folded(_("Names and nonces (sealed annex)"), key=here.key("annex", name)):
        with annex:
            _sealing(here, state, name)
            _opening(here, state, name)
    if proof := widgets.folded(_("Somebody asks whether they were in the list"), key=here.key("proof", name)):
        with proof:
            _proof(here, state, name)


def _certificate(here: session.Here, state: DrawState, name: str) -> None:
    page = _("Record to sign (PDF)") if state.by_hand else _("Certificate to sign (PDF)")
    package = _("Record (ZIP)") if state.by_hand else _("Certificate with the program that checks it (ZIP)")
    row = st.container(horizontal=True)  # in English the labels are too unequal for columns
    asked = (here.file, state.kind)
    row.download_button(
        page, partial(export_draw.certificate_pdf, *asked, session.now(), rehearsal=state.rehearsal), f"{name}.pdf",
        "application/pdf", key=f"certificate-pdf-{name}", on_click="ignore", type="primary",
    )  # fmt: skip
    row.download_button(
        package, partial(export_draw.draw_package, *asked, session.now(), rehearsal=state.rehearsal), f"{name}.zip",
        "application/zip", key=f"certificate-zip-{name}", on_click="ignore",
    )  # fmt: skip
    row.download_button(
        _("Only the file (JSON)"), lambda: canonical_json(export_draw.handed_out(*asked, rehearsal=state.rehearsal)),
        f"{name}.json", "application/json", key=f"certificate-{name}", on_click="ignore",
    )  # fmt: skip
    st.caption(_("None of these names a citizen; they may be given to anybody."))


def _sealing(here: session.Here, state: DrawState, name: str) -> None:
    st.write(_("The annex says who stands behind each number. It leaves the hub encrypted only; keep file and "
               "passphrase apart."))  # fmt: skip
    key = here.key("sealed-annex", state.kind, state.rehearsal)
    if st.button(_("Make the encrypted file"), key=f"seal-{name}"):
        sealed = session.attempt(
            export_draw.seal_annex, here.file, here.actor, state.kind, entropy=os.urandom, now=session.now(),
            rehearsal=state.rehearsal,
        )  # fmt: skip
        if sealed is None:
            st.rerun()
        session.remember(key, sealed)
    sealed = session.remembered(key)
    if sealed is None:
        return
    st.html(f'<div class="code">{widgets.escape(sealed.passphrase)}</div>')
    st.warning(_("Write this passphrase down now. It is shown this once and kept nowhere; without it nobody opens the "
                 "file."))  # fmt: skip
    st.download_button(
        _("Encrypted annex"), sealed.content, f"{name}-annex.encrypted.json", "application/json", key=f"sealed-{name}",
        on_click="ignore",
    )  # fmt: skip
    if st.button(_("It is written down and saved"), key=f"written-{name}"):
        session.forget(key)
        st.rerun()


def _opening(here: session.Here, state: DrawState, name: str) -> None:
    st.divider()
    with st.form(f"open-annex-{name}", border=False):
        uploaded = st.file_uploader(_("Open an encrypted annex"), type="json", key=f"annex-file-{name}")
        passphrase = st.text_input(_("Passphrase"), type="password", key=f"annex-passphrase-{name}")
        asked = st.form_submit_button(_("Open and compare with this draw"))
    if not (asked and uploaded):
        return
    certificate = export_draw.handed_out(here.file, state.kind, rehearsal=state.rehearsal)
    with st.spinner(_("Opening …")):
        annex = session.attempt(export_draw.open_annex, uploaded.getvalue(), passphrase, certificate)
    widgets.messages()
    if annex is None:
        return
    st.success(_("Every number is who was locked: {count} of {count}.", count=len(annex.rows)))
    widgets.table([_("Number"), _("Identity")], [[row.number, row.identity] for row in annex.rows], numbers=[0])


def _proof(here: session.Here, state: DrawState, name: str) -> None:
    assert state.kept is not None
    st.write(_("Hand this page to that person only. With it anybody can check under which number they were locked."))
    numbers = [row.number for row in state.kept.locked.rows]
    number = st.selectbox(
        _("Who?"), numbers, None, format_func=lambda one: f"{one}　{state.name(one)}", key=f"proof-number-{name}",
        placeholder=_("Choose"),
    )  # fmt: skip
    if number is None:
        return
    key = here.key("own-proof", state.kind, state.rehearsal, number)
    if st.button(_("Make the proof"), key=f"proof-make-{name}"):
        made = session.attempt(
            export_draw.own_proof, here.file, here.actor, state.kind, number, session.now(), rehearsal=state.rehearsal
        )
        if made is None:
            st.rerun()
        session.remember(key, made)
    made = session.remembered(key)
    if made is not None:
        st.download_button(
            _("Proof (PDF)"), made, f"{name}-{number}.pdf", "application/pdf", key=f"proof-{name}-{number}",
            on_click="ignore",
        )  # fmt: skip
