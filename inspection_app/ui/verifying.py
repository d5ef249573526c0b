"""Check a draw's certificate: a file comes in, and in plain words what was checked and what nobody can check for you.

It says nothing that ``verify.py`` did not find: the page runs that very file (``services.check_draw``). No visit is
needed.
"""

from __future__ import annotations

import streamlit as st

from inspection_app.core.certificate import Check
from inspection_app.core.papers.certificate_page import certificate_brief
from inspection_app.errors import N_, DrawError, Message
from inspection_app.language import _
from inspection_app.services.check_draw import check_apart
from inspection_app.services.export_draw import verifier_digest
from inspection_app.ui import widgets
from inspection_app.verify import LIMIT

CHECKS: dict[str, Message] = {
    "list_digest": N_("The list has not been changed since its digest was taken."),
    "short_code": N_("The eight digits that are read out belong to this list."),
    "slip": N_("The code you typed from the signed slip is this list's."),
    "form": N_("List and head can be read in one way only."),
    "head": N_("The ceremony was held for this list and this visit."),
    "seed": N_("The seed follows from place, time, cards and public digits, and from nothing else."),
    "order": N_("The order follows from the seed."),
    "tickets": N_("Everybody's ticket follows from the seed."),
    "selected": N_("The first in the order were drawn, as many as the quotas say."),
    "reserves": N_("The reserves are the next in the order."),
    "entropy": N_("The amount of chance is calculated rightly."),
    "attempt": N_("It is the first attempt that meets every further quota."),
    "rehearsal": N_("Whether it was a rehearsal is said as it was locked into the draw."),
    "substitutions": N_("Whoever came in was the next reserve in order."),
    "voided": N_("Every earlier ceremony is listed as void."),
    "fresh.form": N_("The list of who is absent and the fresh digits can be read in one way only."),
    "fresh.head": N_("The list of who is absent was closed on this very certificate."),
    "fresh.seed": N_("The fresh seed follows from the closed list and the fresh digits, and from nothing else."),
    "fresh.order": N_("The fresh order follows from its seed."),
    "fresh.tickets": N_("Everybody's fresh ticket follows from its seed."),
    "fresh.reserves": N_("Whoever comes after the substitutes is the next in the fresh order."),
    "fresh.substitutes": N_("The first in the fresh order came for the absent."),
    "fresh.entropy": N_("The amount of chance of the fresh digits is calculated rightly."),
    "fresh.attempt": N_("It is the first attempt of the fresh digits that meets every further quota."),
    "fresh.substitutions": N_("Whoever came in after the fresh digits was the next in their order."),
    "fresh.voided": N_("Every list of who is absent that was taken back is told."),
}
UNCHECKED = (
    N_("whether the digits in the file are those on the signed cards, and the public digits those that were drawn"),
    N_("whether the names, reasons, witnesses and signatures are true, and how the digits were drawn"),
    N_("who stands behind a number: for that somebody's own proof or the sealed annex is needed"),
)
NO_SLIP = N_("whether this is the list on the signed slip: type the slip's code above")


def shown() -> None:
    st.title(_("Check a draw"))
    st.write(_("Anybody may check a draw here. The file is looked at on this laptop and not kept."))
    uploaded = st.file_uploader(_("Certificate (certificate.json)"), type="json", key="verify-file")
    slip = st.text_input(
        _("Code on the signed slip (eight digits), if you have it"), key="verify-slip",
        help=_("The whole digest of 64 signs does as well, and so does the text of the certificate's QR code."),
    )  # fmt: skip
    if uploaded is None:
        return
    typed = " ".join(slip.split())
    brief = typed.startswith("inspection-app draw")
    bar = st.empty()

    def waiting(share: float) -> None:
        bar.progress(share, _("Computing again. Whoever works on this hub is not held up by it."))

    try:
        if uploaded.size > LIMIT:
            st.error(_("This file is larger than {most} MB and no certificate.", most=LIMIT // 1_000_000))
            return
        asked = "" if brief else typed.replace(" ", "").lower()
        checked = check_apart(uploaded.getvalue(), asked, waiting=waiting)
    except DrawError as error:
        bar.empty()
        told = st.warning if error.code in ("by-hand", "too-long", "busy") else st.error
        told(error.text(_))
        return
    bar.empty()
    found, certificate = checked.verification, checked.certificate
    checks = [*found.checks]
    if brief:
        same = typed == " ".join(certificate_brief(certificate).split()) if found.ok else False
        checks.append(Check("qr", same, ""))
    _tell(checks, certificate, bool(typed))


def _tell(checks: list[Check], certificate: dict[str, object], compared: bool) -> None:
    if all(check.ok for check in checks):
        st.success(_("Everything that can be recomputed is right: {count} checks.", count=len(checks)))
    else:
        failed = sum(not check.ok for check in checks)
        st.error(_("This certificate was changed: {count} checks fail. Do not rely on it.", count=failed))
    if certificate.get("rehearsal") is True:
        st.warning(_("It is the certificate of a rehearsal and decides nothing."))
    texts = CHECKS | {"qr": N_("The page whose QR code you gave is of this draw.")}
    st.subheader(_("What was checked"))
    widgets.table(["", _("Check")], [_row(check, texts) for check in sorted(checks, key=lambda check: check.ok)])
    st.subheader(_("What was not checked"))
    open_ = [*([] if compared else [NO_SLIP]), *UNCHECKED]
    st.markdown("\n".join(f"- {_(one)}" for one in open_))
    digest = certificate.get("verifier_digest")
    if digest and digest != verifier_digest():
        st.caption(_("The file was handed out with another version of verify.py than this software's."))
    else:
        st.caption(_("The same checks are made by verify.py, without this software."))


def _row(check: Check, texts: dict[str, Message]) -> list[object]:
    """Return a check as it is told; of one that fails, verify.py's own words stand below."""
    told = widgets.escape(_(texts[check.name]) if check.name in texts else check.name)
    if check.ok:
        return [widgets.Markup(widgets.badge("saved", f"✓ {_('holds')}")), widgets.Markup(told)]
    words = f'{told}<div class="meta">verify.py: {widgets.escape(check.explanation)}</div>'
    return [widgets.Markup(widgets.badge("refused", f"✗ {_('changed')}")), widgets.Markup(words)]


shown()
