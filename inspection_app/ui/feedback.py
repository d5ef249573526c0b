"""Feedback: findings, overall judgement, recommendation, and the documents, looked at before they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from inspection_app.core.feedback import Finding, FindingKind, Recommendation
from inspection_app.core.visit import Act
from inspection_app.language import _, aside
from inspection_app.services import consolidate, feed_back
from inspection_app.ui import session, widgets
from inspection_app.ui.documents import documents

here = session.signed_in()
titles = {item.no: f"{item.no}　{item.content}" for item in here.rubric.items}


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
    return replace(finding, kind=kind or finding.kind, text=text, items=tuple(items))


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


def move(id_: int, up: bool) -> None:
    session.attempt(feed_back.move_finding, here.file, here.actor, id_, session.now(), up=up)


def merge(ids: Sequence[int], text: str) -> None:
    merged = session.attempt(
        feed_back.merge_findings, here.file, here.actor, ids, text, session.now(), done=_("Merged into one.")
    )
    if merged:
        session.offer_undo(
            _("Findings were merged."),
            lambda: feed_back.part_findings(here.file, here.actor, merged, ids, session.now()),
        )
        session.forget("chosen-")
    st.rerun()


def findings() -> None:
    stated = feed_back.findings(here.file)
    editable = here.may(Act.STATE_FINDING)
    if not stated:
        widgets.empty(_("No findings yet"), _("Write highlights, problems and suggestions as they will be read out."))
    chosen = []
    for kind in FindingKind:
        of_kind = [finding for finding in stated if finding.kind is kind]
        if of_kind:
            st.subheader(_(widgets.FINDINGS[kind]))
        for number, finding in enumerate(of_kind, 1):
            if not editable:
                st.write(line(number, finding))
            elif row(number, finding, last=number == len(of_kind)):
                chosen.append(finding)
    if editable:
        if len(chosen) > 1:
            merging(chosen)
        add = st.expander(_("Add a finding"), expanded=not stated)
        key = f"new-{len(stated)}"  # stated, the next one begins empty
        with add, st.form(key, border=False):
            new = fields(key, Finding(FindingKind.HIGHLIGHT, ""))
            if st.form_submit_button(_("Add"), type="primary"):
                save(new)


def line(number: int, finding: Finding) -> str:
    items = aside("、".join(finding.items))
    notes = " " + _("notes: {count}", count=len(finding.observations)) if finding.observations else ""
    return widgets.literal(f"{number}. {finding.text}{items}{notes}")


def row(number: int, finding: Finding, *, last: bool) -> bool:
    """Show one finding to be edited, moved or chosen; return whether it is chosen for merging."""
    key = str(finding.id)
    middle, up, down, right = st.columns([8, 1.2, 1.2, 2], vertical_alignment="top", gap="small")
    with middle.expander(line(number, finding)), st.form(f"finding-{key}", border=False):
        changed = fields(key, finding)
        keep, drop = st.columns(2)
        if keep.form_submit_button(_("Save"), width="stretch"):
            save(changed)
        if drop.form_submit_button(_("Remove"), width="stretch"):
            remove(finding.id)
    up.button("↑", key=f"up-{key}", on_click=move, args=(finding.id, True), disabled=number == 1, help=_("Up"))
    down.button("↓", key=f"down-{key}", on_click=move, args=(finding.id, False), disabled=last, help=_("Down"))
    return right.checkbox(_("Merge"), key=f"chosen-{key}")


def merging(chosen: Sequence[Finding]) -> None:
    """Ask for the words of the finding that takes the place of those chosen."""
    ids = [finding.id for finding in chosen]
    with st.form("merge-" + "-".join(map(str, ids))):
        st.write(_("{count} findings become one, tied to all their items and notes.", count=len(ids)))
        text = st.text_area(_("In words that can be read out"), "".join(finding.text for finding in chosen))
        if st.form_submit_button(_("Merge these"), type="primary"):
            merge(ids, text)


def recommendation() -> None:
    st.subheader(_("The panel's recommendation"))
    stated = here.visit.recommendation
    current = Recommendation(stated) if stated else None
    if not here.may(Act.RECOMMEND):
        st.write(_(widgets.RECOMMENDATIONS[current]) if current else _("not stated yet"))
        return
    chosen = st.segmented_control(
        _("The panel's recommendation"), list(Recommendation), default=current,
        format_func=lambda r: _(widgets.RECOMMENDATIONS[r]), label_visibility="collapsed",
    )  # fmt: skip
    if chosen and chosen is not current:
        session.attempt(consolidate.recommend, here.file, here.actor, chosen, session.now(), done=_("Saved."))
        st.rerun()


def judgement() -> None:
    st.subheader(_("Overall judgement"))
    standing = feed_back.judgement(here.file)
    if not here.may(Act.STATE_JUDGEMENT):
        st.write(widgets.literal(standing.text))
        return
    if not standing.own:
        st.caption(_("Made of the findings, without figures. Reword it, or keep it as it stands."))
    with st.form("judgement", border=False):
        text = st.text_area(
            _("Overall judgement"), standing.text, height=160, label_visibility="collapsed",
            key=here.key("judgement", hash(standing.text)),
        )  # fmt: skip
        keep, back = st.columns(2)
        if keep.form_submit_button(_("Keep this wording"), width="stretch"):
            session.carry_out(here, feed_back.state_judgement, text)
        if back.form_submit_button(_("Make it of the findings again"), width="stretch", disabled=not standing.own):
            session.carry_out(here, feed_back.state_judgement, "")


title, undo = st.columns([5, 1], vertical_alignment="bottom")
title.title(_("Feedback"))
if here.may(Act.STATE_FINDING):
    with undo, st.container(horizontal_alignment="right"):
        widgets.undo_button()
findings()
judgement()
recommendation()
documents(here)
