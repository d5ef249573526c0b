"""Sealing: what stands against it, everybody's word on the result, the seal; then what is signed and sent."""

from __future__ import annotations

import os
from functools import partial

import streamlit as st

from inspection_app.core.visit import Act, Role, Stage
from inspection_app.core.wording import fixed
from inspection_app.language import _
from inspection_app.services import feed_back
from inspection_app.services import seal as services
from inspection_app.services.seal import OpenPoint, Word
from inspection_app.store.seals import Paper
from inspection_app.ui import session, widgets

here = session.signed_in()

st.title(_("Seal"))
if here.visit.stage not in {Stage.CONSOLIDATE, Stage.SEALED}:
    widgets.empty(
        _("Not yet"),
        _("When all is decided, each panel member confirms the result here and the chair seals the visit."),
    )
    st.stop()

found = services.sealing(here.file)
names = {member.id: member.name for member in here.members}
WORDS = {
    Word.CONFIRMED: ("saved", _("confirmed")),
    Word.SIGNED: ("saved", _("signed on paper")),
    Word.REFUSED: ("refused", _("does not agree")),
    Word.STALE: ("waiting", _("the result has changed since")),
    Word.WAITING: ("waiting", _("waiting")),
    Word.EXCUSED: ("quiet", _("excused")),
}


def grouped(digest: str) -> str:
    """Write 64 hex digits so that two people can compare them."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def result() -> None:
    """Show what is confirmed: total, verdict in the panel's words, and the digest that stands for all of it."""
    places, stated = found.visit.places, found.visit.recommendation
    recommended = next((_(text) for kind, text in widgets.RECOMMENDATIONS.items() if kind == stated), "—")
    shown = ((_("Total"), fixed(found.result.total, places)), (_("The panel's recommendation"), recommended))
    told = "".join(f"<div><span>{widgets.escape(what)}</span><b>{widgets.escape(how)}</b></div>" for what, how in shown)
    st.html(f'<div class="verdict">{told}</div>')
    with st.expander(_("Digest of the result (it is on the printed draft)")):
        st.code(grouped(found.digest), language=None, wrap_lines=True)


def against() -> None:
    """List what stands against the seal, each with the chair's reason or a field for it."""
    st.subheader(_("Before the seal"))
    points = [one for one in found.points if not one.breach.key.startswith("unconfirmed")]
    if not points:
        st.success(_("Checked: answers, figures, totals, draws and log agree, and everything is decided."))
    for point in points:
        text = widgets.literal(point.breach.fault.text(_))
        if point.explained and point.explanation:
            st.info(f"{text}　{_('Explained: {reason}', reason=widgets.literal(point.explanation.reason))}")
        else:
            st.warning(text)
        if here.may(Act.EXPLAIN) and point.breach.explainable:
            reasoned(point)


def reasoned(point: OpenPoint) -> None:
    key = here.key("explain", point.breach.key)
    with st.form(key, border=False, clear_on_submit=True):
        reason = st.text_input(_("Why the panel goes on all the same (it is printed in the report)"))
        if st.form_submit_button(_("Record the reason")):
            session.attempt(
                services.explain, here.file, here.actor, point.breach.key, reason, session.now(), done=_("Recorded.")
            )
            st.rerun()


def confirmations() -> None:
    st.subheader(_("Everybody's word"))
    rows = []
    for member in found.members:
        kind, text = WORDS[found.words[member.id]]
        said = found.said.get(member.id)
        rows.append([
            member.name, widgets.Markup(widgets.badge(kind, text)),
            f"{said.at:%m\N{NON-BREAKING HYPHEN}%d\N{NO-BREAK SPACE}%H:%M}" if said else "",
            said.reason if said else "",
        ])  # fmt: skip
    widgets.table([_("Member"), _("State"), _("Time"), _("Reason")], rows)
    if here.may(Act.CONFIRM_RESULT) and found.words.get(here.member.id) in {Word.WAITING, Word.STALE}:
        own_word()


def own_word() -> None:
    """Let a member confirm on their own tablet what is on this screen, or say why not."""
    if found.ready:
        st.caption(_("First everything listed above is settled or explained; then each member confirms the result."))
        return
    shown = found.digest
    widgets.confirm(
        _("Confirm the result"),
        _("You confirm the result as it is shown here. If it changes afterwards, you are asked again."),
        lambda: session.attempt(
            services.confirm_result, here.file, here.actor, shown, session.now(), done=_("Confirmed.")
        ),
        key="confirm-result",
    )
    with st.expander(_("I do not agree")), st.form(here.key("refuse-result"), border=False):
        reason = st.text_area(_("Reason (it is printed in the report)"))
        if st.form_submit_button(_("Record that I do not agree")):
            session.attempt(
                services.refuse_result, here.file, here.actor, shown, reason, session.now(), done=_("Recorded.")
            )
            st.rerun()


def closing() -> None:
    if not here.may(Act.SEAL):
        return
    st.subheader(_("Seal the visit"))
    absent()
    if found.refusal:
        st.caption(_("Still open: {count}. All of it is listed above.", count=len(found.refusal.faults)))
        st.button(_("Seal the visit"), disabled=True)
        return
    widgets.confirm(
        _("Seal the visit"),
        _("The content is fixed by a digest and nothing can be changed any more. Only chair and secretary together can "
          "reopen it, and that is printed."),
        lambda: session.attempt(
            services.seal, here.file, here.actor, session.now(), entropy=os.urandom, done=_("The visit is sealed.")
        ),
        key="seal",
    )  # fmt: skip


def absent() -> None:
    """Let the chair go on without the word of somebody who cannot give it."""
    silent = {one.breach.fault.context["name"]: one for one in found.points if one.breach.key.startswith("unconfirmed")}
    for name, point in silent.items():
        if point.explained and point.explanation:
            st.info(widgets.literal(f"{name}　{_('Explained: {reason}', reason=point.explanation.reason)}"))
    if waiting := [name for name, point in silent.items() if not point.explained]:
        with st.expander(_("Somebody can neither confirm nor sign")):
            reasoned(silent[st.selectbox(_("Member"), waiting)])


def sealed() -> None:
    """Show the seal as it is printed, and those that were lifted."""
    held = found.held
    if held:
        st.success(_("Sealed by {name}, {at}. Nothing can be changed any more.", name=names.get(held.by, ""),
                     at=f"{held.at:%Y-%m-%d %H:%M}"))  # fmt: skip
        st.write(_("Digest of the seal: compare it with the printed one."))
        st.code(grouped(held.digest), language=None, wrap_lines=True)
    for one in found.seals:
        if one.lifted:
            st.caption(_("Seal {number} was lifted at {at}: {digest} …", number=one.id,
                         at=f"{one.lifted:%Y-%m-%d %H:%M}", digest=one.digest[:16]))  # fmt: skip


def attach() -> None:
    """Let the secretary attach what was signed: before the seal it may stand for members' word."""
    if not here.may(Act.ATTACH_SCAN):
        return
    before = here.visit.stage is Stage.CONSOLIDATE
    waiting = [one for one in found.members if found.words[one.id] in {Word.WAITING, Word.STALE}]
    part = st.expander(_("Attach a signed scan"))
    with part, st.form(here.key("scan", len(found.scans)), border=False):
        title = st.text_input(_("Title"), _("Signed draft") if before else "")
        file = st.file_uploader(_("PDF, or a photo"), ["pdf", "jpg", "jpeg", "png", "webp"])
        signed = []
        if before and waiting:
            st.caption(_("The draft to sign is the report, printed under Feedback: it bears the digest of the result."))
            signed = st.pills(
                _("Who signed the printed draft"), waiting, format_func=lambda one: widgets.literal(one.name),
                selection_mode="multi",
            )
        if st.form_submit_button(_("Attach"), type="primary") and file:
            session.attempt(
                services.attach_scan, here.file, here.actor, title, file.getvalue(), session.now(),
                members=[one.id for one in signed], shown=found.digest, done=_("Attached."),
            )  # fmt: skip
            st.rerun()


def issue() -> None:
    """Make the report as it is sent and keep these very bytes."""
    if not here.may(Act.ISSUE):
        return
    part = st.expander(_("Issue a document"))
    with part, st.form(here.key("issue", len(found.issued)), border=False):
        title = st.text_input(_("Title"), _("Acceptance report"))
        recipient = st.text_input(_("Sent to"))
        file = st.file_uploader(_("PDF or DOCX; without one the report is made"), ["pdf", "docx"])
        if st.form_submit_button(_("Keep as sent"), type="primary"):
            with st.spinner(_("Making the report …")):
                paper = file.getvalue() if file else feed_back.report_pdf(here.file, session.now())
            session.attempt(
                services.issue, here.file, here.actor, title, recipient, paper, session.now(), done=_("Kept.")
            )
            st.rerun()


def papers(title: str, listed: tuple[Paper, ...]) -> None:
    if not listed or here.member.role is Role.EXPERT:
        return
    st.subheader(title)
    for one in listed:
        to = f"　→ {one.recipient}" if one.recipient else ""
        ending = {"application/pdf": "pdf", "image/jpeg": "jpg"}.get(one.media, "docx")
        st.download_button(
            widgets.literal(f"{one.title}{to}　{one.at:%m-%d %H:%M}　{one.digest[:8]}"),
            partial(services.paper, here.file, one.digest), f"{one.title}.{ending}", one.media,
            key=f"{title}-{one.id}", on_click="ignore",
        )  # fmt: skip


if here.visit.stage is Stage.SEALED:
    sealed()
result()
if here.visit.stage is Stage.CONSOLIDATE:
    against()
confirmations()
closing()
attach()
issue()
papers(_("Signed scans"), found.scans)
papers(_("Issued documents"), found.issued)
