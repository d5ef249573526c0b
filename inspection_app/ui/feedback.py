"""Feedback: findings, the panel's recommendation, and the report as PDF in one tap."""

from __future__ import annotations

import streamlit as st

from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.visit import Act, Stage, permitted
from inspection_app.language import _
from inspection_app.services import consolidate, feed_back
from inspection_app.services.prepare import preparation
from inspection_app.ui import session, widgets

here = session.signed_in()
found = preparation(here.file)
titles = {item.no: f"{item.no}　{item.content}" for item in found.rubric.items}


def may(act: Act) -> bool:
    return permitted(act, here.member.role, found.visit.stage)


def fields(key: str, finding: Finding) -> Finding:
    kind = st.segmented_control(
        _("Kind"), list(FindingKind), format_func=lambda k: _(widgets.FINDINGS[k]), default=finding.kind,
        key=f"kind-{key}",
    )  # fmt: skip
    text = st.text_area(_("In words that can be read out"), finding.text, key=f"text-{key}")
    items = st.multiselect(
        _("Items it rests on"), list(titles), list(finding.items), format_func=titles.__getitem__, key=f"items-{key}",
        placeholder=_("None"),
    )  # fmt: skip
    return Finding(kind or finding.kind, text, tuple(items), finding.id)


def save(finding: Finding) -> None:
    session.attempt(feed_back.state_finding, here.file, here.actor, finding, session.now(), done=_("Saved."))
    st.rerun()


def remove(id_: int) -> None:
    session.attempt(feed_back.withdraw_finding, here.file, here.actor, id_, session.now())
    session.offer_undo(
        _("A finding was removed."),
        lambda: feed_back.withdraw_finding(here.file, here.actor, id_, session.now(), back=True),
    )
    st.rerun()


def findings() -> None:
    stated = feed_back.findings(here.file)
    if not stated:
        widgets.empty(_("No findings yet"), _("Write highlights, problems and suggestions as they will be read out."))
    for kind in FindingKind:
        of_kind = [finding for finding in stated if finding.kind is kind]
        if of_kind:
            st.subheader(_(widgets.FINDINGS[kind]))
        for number, finding in enumerate(of_kind, 1):
            items = f"（{'、'.join(finding.items)}）" if finding.items else ""
            if not may(Act.STATE_FINDING):
                st.write(f"{number}. {finding.text}{items}")
                continue
            with st.expander(f"{number}. {finding.text}{items}"), st.form(f"finding-{finding.id}", border=False):
                changed = fields(str(finding.id), finding)
                left, right = st.columns(2)
                if left.form_submit_button(_("Save"), width="stretch"):
                    save(changed)
                if right.form_submit_button(_("Remove"), width="stretch"):
                    remove(finding.id)
    if may(Act.STATE_FINDING):
        widgets.undo_button()
        add = st.expander(_("Add a finding"), expanded=not stated)
        with add, st.form("new-finding", clear_on_submit=True, border=False):
            new = fields("new", Finding(FindingKind.HIGHLIGHT, ""))
            if st.form_submit_button(_("Add"), type="primary"):
                save(new)


def recommendation() -> None:
    st.subheader(_("The panel's recommendation"))
    stated = found.visit.recommendation
    current = Recommendation(stated) if stated else None
    if not may(Act.RECOMMEND):
        st.write(_(widgets.RECOMMENDATIONS[current]) if current else _("not stated yet"))
        return
    chosen = st.segmented_control(
        _("The panel's recommendation"), list(Recommendation), default=current,
        format_func=lambda r: _(widgets.RECOMMENDATIONS[r]), label_visibility="collapsed",
    )  # fmt: skip
    if chosen and chosen is not current:
        session.attempt(consolidate.recommend, here.file, here.actor, chosen, session.now(), done=_("Saved."))
        st.rerun()


def report() -> None:
    st.subheader(_("Report"))
    if found.visit.stage not in {Stage.CONSOLIDATE, Stage.DONE}:
        st.info(_("The report can be made once the chair has opened the marks."))
        return

    def made() -> bytes:
        with st.spinner(_("Making the report …")):
            return feed_back.report_pdf(here.file, session.now())

    st.download_button(
        _("Report (PDF)"), made, f"{here.file.slug}-report.pdf", "application/pdf", type="primary", on_click="ignore"
    )


st.title(_("Feedback"))
findings()
recommendation()
report()
